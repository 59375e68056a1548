//! Query parameters that say where a click came from, from `data/tracking.toml`.
//!
//! Not for deciding what is private; only for comparing pages.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::site;

/// One row of the table of tracking parameters.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct TrackingParameter {
    /// Exact name, or `prefix*`.
    pub name: String,
    /// Registrable domains on which it counts; empty: everywhere.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Why it does not name a page.
    pub reason: String,
    /// Who says so.
    pub source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    parameter: Vec<TrackingParameter>,
}

fn parse(text: &str) -> Result<Vec<TrackingParameter>, toml_edit::de::Error> {
    toml_edit::de::from_str::<Table>(text).map(|table| table.parameter)
}

const EMBEDDED: &str = include_str!("../data/tracking.toml");

// The table is compiled in and a test parses it, so the empty fallback is never taken.
static TABLE: LazyLock<Vec<TrackingParameter>> =
    LazyLock::new(|| parse(EMBEDDED).unwrap_or_default());

/// The table of tracking parameters, with reason and source a row.
pub fn tracking_parameters() -> &'static [TrackingParameter] {
    &TABLE
}

/// The row by which a parameter of a page on `host` only tracks, if there is one.
///
/// ```
/// use moongate_url::is_tracking;
/// assert!(is_tracking("utm_source", "example.com").is_some());
/// assert!(is_tracking("si", "www.youtube.com").is_some());
/// assert!(is_tracking("si", "example.com").is_none());
/// ```
pub fn is_tracking(name: &str, host: &str) -> Option<&'static TrackingParameter> {
    TABLE
        .iter()
        .filter(|row| match row.name.strip_suffix('*') {
            Some(prefix) => name.starts_with(prefix),
            None => name == row.name,
        })
        .find(|row| row.hosts.is_empty() || is_on(host, &row.hosts))
}

fn is_on(host: &str, domains: &[String]) -> bool {
    site::registrable(host).is_some_and(|domain| domains.contains(&domain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedded_table_parses_and_every_row_says_why() {
        let rows = parse(EMBEDDED).unwrap();
        assert!(rows.len() > 30);
        for row in &rows {
            assert!(
                !row.reason.is_empty() && !row.source.is_empty(),
                "{}",
                row.name
            );
            assert!(row.name.trim_end_matches('*').len() >= 2, "{}", row.name);
            for host in &row.hosts {
                assert_eq!(site::registrable(host).as_deref(), Some(host.as_str()));
            }
        }
        let mut names: Vec<_> = rows.iter().map(|row| &row.name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), rows.len(), "a name stands twice");
    }
}
