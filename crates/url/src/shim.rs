//! The table of redirectors and leave pages (`data/shims.toml`), and finding the rows
//! that speak of a URL.
//!
//! A row is a fact about the form of a platform's links, not about what the platform
//! does today: that is measured. Not for following links.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use url::Url;

/// What a shim was reported to do with a reader. A hint for planning, never a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Does {
    /// Sends the reader on at once.
    Redirect,
    /// Shows a page with a button that leads on.
    LeavePage,
    /// Shows a page that asks to copy the address into another browser.
    CopyPage,
    /// Looks the address up first, then sends on or stops.
    Check,
    /// Sends on at once to some hosts and shows a leave page for the others.
    AllowListed,
    /// Shows its own copy of the page.
    Render,
}

/// How well the form of a row's links is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// Concluded from names or habit.
    Inferred,
    /// Written down by somebody else.
    Reported,
    /// A published link together with its target.
    Vector,
}

/// How a query parameter spells its target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Spelling {
    #[default]
    Plain,
    PercentTwice,
    Base64,
    Base64url,
}

/// Where the target stands in the URL.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "in", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Target {
    Query {
        names: Vec<String>,
        #[serde(default)]
        encoding: Spelling,
        #[serde(default)]
        prefix: String,
        #[serde(default)]
        scheme_less: bool,
    },
    WholeQuery {},
    Path {
        after: String,
        #[serde(default)]
        encoding: Spelling,
    },
    Fragment {
        #[serde(default)]
        encoding: Spelling,
    },
    #[serde(rename = "urldefense-v2")]
    UrldefenseV2 {
        names: Vec<String>,
    },
    #[serde(rename = "urldefense-v3")]
    UrldefenseV3 {},
    Opaque {
        why: String,
    },
}

/// One row: one kind of shim of one operator.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Shim {
    /// Stable short name; it stands in evidence.
    pub id: String,
    /// Who runs it.
    pub operator: String,
    /// Exact hosts, or `*.suffix`.
    pub hosts: Vec<String>,
    /// Exact paths (one trailing slash more or less is the same), or `prefix*`.
    pub paths: Vec<String>,
    /// Parameters that must be there: `name` or `name=value`.
    #[serde(default)]
    pub needs: Vec<String>,
    pub(crate) target: Target,
    /// What it was reported to do.
    pub does: Does,
    /// What must be valid before it lets through, where anything is known.
    pub gated: Option<String>,
    /// Keys into the table of sources.
    pub sources: Vec<String>,
    /// How well its form is known.
    pub confidence: Confidence,
}

impl Shim {
    /// Whether the target stands in the page or on a server only, never in the URL.
    pub fn is_opaque(&self) -> bool {
        matches!(self.target, Target::Opaque { .. })
    }

    /// A template of this shim for [`fill_template`](crate::fill_template), where its
    /// links can be made by anyone: the target stands in the query. Signatures that a
    /// platform adds are not in it (see [`Shim::gated`]).
    pub fn template(&self) -> Option<String> {
        let host = self.hosts.first()?.replace('*', "www");
        let path = self.paths.first()?.replace('*', "x");
        let (name, slot) = match &self.target {
            Target::WholeQuery {} => return Some(format!("https://{host}{path}?{{url}}")),
            Target::Query {
                names,
                encoding,
                prefix,
                ..
            } => {
                let slot = match encoding {
                    Spelling::Plain => "{url}",
                    Spelling::PercentTwice => "{url:twice}",
                    Spelling::Base64 => "{url:base64}",
                    Spelling::Base64url => "{url:base64url}",
                };
                (names.first()?, format!("{prefix}{slot}"))
            }
            _ => return None,
        };
        let mut text = format!("https://{host}{path}?");
        for need in self.needs.iter().filter(|need| *need != name) {
            text.push_str(need);
            text.push('&');
        }
        Some(format!("{text}{name}={slot}"))
    }

    fn is_for(&self, url: &Url) -> bool {
        self.paths.iter().any(|path| path_fits(path, url.path()))
            && self.needs.iter().all(|need| has_parameter(url, need))
    }
}

fn path_fits(pattern: &str, path: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => path.len() > prefix.len() && path.starts_with(prefix),
        None => strip_slash(pattern) == strip_slash(path),
    }
}

fn strip_slash(path: &str) -> &str {
    path.strip_suffix('/').unwrap_or(path)
}

fn has_parameter(url: &Url, need: &str) -> bool {
    let (name, value) = match need.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (need, None),
    };
    url.query_pairs()
        .any(|(key, found)| key == name && value.is_none_or(|value| found == value))
}

/// Why a table of shims cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ShimDataError {
    /// Not TOML, or a column is missing, misspelt or of the wrong type.
    #[error("the table of shims does not read: {0}; the columns are described in data/shims.toml")]
    Form(#[from] toml_edit::de::Error),
    /// Two rows with one name.
    #[error("two shims are named `{id}`; give one of them another name")]
    Twice {
        /// The name.
        id: String,
    },
    /// A row that can never be found, or that says nothing.
    #[error("shim `{id}`: {what}")]
    Row {
        /// The row's name.
        id: String,
        /// What is wrong and what to write.
        what: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    sources: HashMap<String, String>,
    shim: Vec<Shim>,
}

/// A table of shims, ready to be asked about URLs.
#[derive(Debug, Default)]
pub struct Shims {
    rows: Vec<Shim>,
    sources: HashMap<String, String>,
    exact: HashMap<String, Vec<usize>>,
    suffix: HashMap<String, Vec<usize>>,
}

const EMBEDDED: &str = include_str!("../data/shims.toml");

// The table is compiled in and a test parses it, so the empty fallback is never taken.
static TABLE: LazyLock<Shims> = LazyLock::new(|| Shims::parse(EMBEDDED).unwrap_or_default());

impl Shims {
    /// The table that comes with Moongate.
    pub fn embedded() -> &'static Self {
        &TABLE
    }

    /// Reads a table in the form of `data/shims.toml`, so that a case can bring its own
    /// (the town does).
    ///
    /// # Errors
    /// [`ShimDataError`] names the row and the remedy.
    pub fn parse(text: &str) -> Result<Self, ShimDataError> {
        let file: File = toml_edit::de::from_str(text)?;
        let mut names = HashSet::new();
        let mut table = Self {
            sources: file.sources,
            ..Self::default()
        };
        for (at, row) in file.shim.iter().enumerate() {
            if !names.insert(row.id.as_str()) {
                return Err(ShimDataError::Twice { id: row.id.clone() });
            }
            table.examine(row)?;
            for host in &row.hosts {
                let (map, key) = match host.strip_prefix("*.") {
                    Some(suffix) => (&mut table.suffix, suffix),
                    None => (&mut table.exact, host.as_str()),
                };
                map.entry(key.to_owned()).or_default().push(at);
            }
        }
        table.rows = file.shim;
        Ok(table)
    }

    fn examine(&self, row: &Shim) -> Result<(), ShimDataError> {
        let wrong = |what: String| {
            let id = row.id.clone();
            Err(ShimDataError::Row { id, what })
        };
        if row.id.is_empty() || row.operator.is_empty() || row.hosts.is_empty() {
            return wrong("a shim needs a name, an operator and at least one host".into());
        }
        if let Some(path) = row.paths.iter().find(|path| !path.starts_with('/')) {
            return wrong(format!("path `{path}` must start with `/`"));
        }
        if row.paths.is_empty() {
            return wrong("no path; write `/` or `/*`".into());
        }
        for host in &row.hosts {
            let name = host.strip_prefix("*.").unwrap_or(host);
            if name.contains(['*', '/', ':']) || name != name.to_ascii_lowercase() {
                return wrong(format!(
                    "host `{host}` must be lower case, without scheme or port; `*.` may stand at its start"
                ));
            }
        }
        if let Some(key) = row
            .sources
            .iter()
            .find(|key| !self.sources.contains_key(*key))
        {
            return wrong(format!("source `{key}` is not in [sources]"));
        }
        if row.sources.is_empty() {
            return wrong("no source; say where the fact was read".into());
        }
        if let Target::Query { names, .. } | Target::UrldefenseV2 { names } = &row.target
            && names.is_empty()
        {
            return wrong("target.names is empty; name the parameter".into());
        }
        Ok(())
    }

    /// The rows, in the order of the file.
    pub fn rows(&self) -> &[Shim] {
        &self.rows
    }

    /// The sources of a row, written out.
    pub fn sources_of<'a>(&'a self, row: &'a Shim) -> impl Iterator<Item = &'a str> {
        row.sources
            .iter()
            .filter_map(|key| self.sources.get(key))
            .map(String::as_str)
    }

    /// The rows that speak of a URL, in the order of the file: its host, its path and the
    /// parameters they need all fit.
    pub fn matching(&self, url: &Url) -> Vec<&Shim> {
        let host = url.domain().unwrap_or_default();
        let host = host.strip_suffix('.').unwrap_or(host);
        let mut found: Vec<usize> = self.exact.get(host).cloned().unwrap_or_default();
        let mut rest = (!self.suffix.is_empty()).then_some(host);
        while let Some(name) = rest {
            found.extend(self.suffix.get(name).into_iter().flatten());
            rest = name.split_once('.').map(|(_, parent)| parent);
        }
        found.sort_unstable();
        found.dedup();
        let web = matches!(url.scheme(), "http" | "https");
        found
            .into_iter()
            .filter_map(|at| self.rows.get(at))
            .filter(|row| web && row.is_for(url))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedded_table_reads() {
        let table = Shims::parse(EMBEDDED).unwrap();
        assert!(table.rows().len() > 80, "{}", table.rows().len());
        for row in table.rows() {
            assert!(table.sources_of(row).count() > 0, "{}", row.id);
        }
        let used: HashSet<&String> = table.rows().iter().flat_map(|row| &row.sources).collect();
        assert_eq!(used.len(), table.sources.len(), "a source is never used");
        assert_eq!(Shims::embedded().rows().len(), table.rows().len());
    }

    #[test]
    fn mistakes_are_named() {
        let row = |extra: &str| {
            format!(
                "[sources]\na=\"x\"\n[[shim]]\nid=\"i\"\noperator=\"o\"\nhosts=[\"h.com\"]\npaths=[\"/\"]\ndoes=\"redirect\"\nconfidence=\"reported\"\n{extra}\n"
            )
        };
        let good = row("sources=[\"a\"]\ntarget={in=\"whole-query\"}");
        assert!(Shims::parse(&good).is_ok());
        for (text, expected) in [
            (
                row("sources=[\"b\"]\ntarget={in=\"whole-query\"}"),
                "source `b`",
            ),
            (row("sources=[]\ntarget={in=\"whole-query\"}"), "no source"),
            (
                row("sources=[\"a\"]\ntarget={in=\"query\",names=[]}"),
                "target.names",
            ),
            (
                row("sources=[\"a\"]\ntarget={in=\"elsewhere\"}"),
                "elsewhere",
            ),
            (
                good.replace("h.com", "https://h.com"),
                "host `https://h.com`",
            ),
            (good.replace("\"/\"", "\"x\""), "path `x`"),
            (
                format!(
                    "{good}{}",
                    good.split_once("[[shim]]")
                        .map(|(_, r)| format!("[[shim]]{r}"))
                        .unwrap()
                ),
                "two shims",
            ),
        ] {
            let error = Shims::parse(&text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error} lacks {expected}");
        }
    }

    #[test]
    fn hosts_and_paths() {
        for (text, expected) in [
            ("https://link.zhihu.com/?target=x", Some("zhihu")),
            ("https://link.zhihu.com./?target=x", Some("zhihu")),
            ("https://zhihu.com/?target=x", None),
            ("https://link.zhihu.com.evil.com/?target=x", None),
            (
                "https://eur01.safelinks.protection.outlook.com/?url=x",
                Some("outlook-safelinks"),
            ),
            ("https://xsafelinks.protection.outlook.com/?url=x", None),
            (
                "https://steamcommunity.com/linkfilter?u=x",
                Some("steam-linkfilter"),
            ),
            (
                "https://steamcommunity.com/linkfilter/?u=x",
                Some("steam-linkfilter"),
            ),
            ("https://steamcommunity.com/linkfilters?u=x", None),
            ("https://t.co/", None),
            ("https://t.co/abc", Some("x-t-co")),
            (
                "https://mail.qq.com/cgi-bin/mail_spam?action=other&url=x",
                None,
            ),
            (
                "https://mail.qq.com/cgi-bin/mail_spam?action=check_link&url=x",
                Some("qqmail-spam"),
            ),
            ("ftp://t.co/abc", None),
        ] {
            let url = Url::parse(text).unwrap();
            let found = Shims::embedded()
                .matching(&url)
                .first()
                .map(|row| row.id.as_str());
            assert_eq!(found, expected, "{text}");
        }
    }
}
