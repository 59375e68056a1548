//! Every web address hidden in a URL, wherever it stands and however it is spelt: what an
//! unknown leave page may have been meant to lead to.
//!
//! Not for saying that a URL *is* a redirector: a share button hides addresses as well.

use serde::{Deserialize, Serialize};
use url::{Url, form_urlencoded};

use crate::link::is_web;
use crate::{base64_text, percent};

/// At most so many are listed for one URL.
const MAX_EMBEDDED: usize = 32;

/// Where in a URL an address was found.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// The value of a query parameter.
    Query {
        /// Its name.
        name: String,
    },
    /// The whole query string.
    WholeQuery,
    /// The path.
    Path,
    /// The fragment.
    Fragment,
}

/// How it was spelt there, beyond what the place itself asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// As it is (in a query: encoded once, as queries are).
    Plain,
    /// Percent-encoded once more.
    Percent,
    /// Percent-encoded twice more.
    PercentTwice,
    /// Base64, either alphabet.
    Base64,
}

/// A web address found inside a URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Embedded {
    /// The address.
    pub url: Url,
    /// Where it stood.
    #[serde(rename = "where")]
    pub place: Place,
    /// How it was spelt.
    pub encoding: Encoding,
}

/// Every absolute `http` or `https` URL hidden in a URL, in the order query, path,
/// fragment, each once. What is hidden inside a hidden one is not looked for: ask again.
///
/// ```
/// use moongate_url::{Place, embedded_targets};
/// let url = url::Url::parse("https://x.com/go?id=1&to=aHR0cHM6Ly9hLmNvbS8").unwrap();
/// let found = embedded_targets(&url);
/// assert_eq!(found[0].url.as_str(), "https://a.com/");
/// assert_eq!(found[0].place, Place::Query { name: "to".into() });
/// ```
pub fn embedded_targets(url: &Url) -> Vec<Embedded> {
    let mut found = Found(Vec::new());
    found.in_query(url);
    if !url.cannot_be_a_base() {
        found.look(url.path(), &Place::Path);
        // An unencoded target in the path brings its query along.
        if let (Some(query), Some(last)) = (url.query(), found.0.last_mut())
            && last.place == Place::Path
            && last.encoding == Encoding::Plain
        {
            last.url.set_query(Some(query));
        }
    }
    if let Some(fragment) = url.fragment() {
        found.look(fragment, &Place::Fragment);
        for (_, value) in form_urlencoded::parse(route_query(fragment).as_bytes()) {
            found.look(&value, &Place::Fragment);
        }
    }
    found.0
}

/// The query of a route: `#/go?url=…`.
fn route_query(fragment: &str) -> &str {
    fragment.split_once('?').map_or("", |(_, query)| query)
}

struct Found(Vec<Embedded>);

impl Found {
    fn in_query(&mut self, url: &Url) {
        let Some(query) = url.query() else { return };
        if starts_as_address(query)
            || percent::decode(query).is_some_and(|text| starts_as_address(&text))
        {
            self.look(query, &Place::WholeQuery);
            return;
        }
        for (name, value) in url.query_pairs() {
            if value.is_empty() && !name.is_empty() {
                self.look(&name, &Place::WholeQuery);
            } else {
                let name = name.into_owned();
                self.look(&value, &Place::Query { name });
            }
        }
    }

    /// Looks at a text as it is, percent-decoded once and twice, and as base64.
    fn look(&mut self, text: &str, place: &Place) {
        let mut spelt = Some(text.to_owned());
        for encoding in [Encoding::Plain, Encoding::Percent, Encoding::PercentTwice] {
            let Some(current) = spelt else { return };
            if let Some(url) = address_in(&current) {
                self.add(url, place, encoding);
                return;
            }
            if let Some(url) = base64_in(&current) {
                self.add(url, place, Encoding::Base64);
                return;
            }
            spelt = percent::decode(&current);
        }
    }

    fn add(&mut self, url: Url, place: &Place, encoding: Encoding) {
        let known = self.0.iter().any(|other| other.url == url);
        if !known && self.0.len() < MAX_EMBEDDED {
            let place = place.clone();
            self.0.push(Embedded {
                url,
                place,
                encoding,
            });
        }
    }
}

fn starts_as_address(text: &str) -> bool {
    find_scheme(text) == Some(0)
}

/// Where `http://` or `https://` starts, in any case of letters.
pub(crate) fn find_scheme(text: &str) -> Option<usize> {
    text.match_indices("://")
        .find_map(|(at, _)| scheme_before(text, at))
}

/// The start of `http` or `https` that ends at `at`.
pub(crate) fn scheme_before(text: &str, at: usize) -> Option<usize> {
    let before = text.get(..at)?.as_bytes();
    ["https", "http"].iter().find_map(|scheme| {
        let start = before.len().checked_sub(scheme.len())?;
        let found = before.get(start..)?;
        found
            .eq_ignore_ascii_case(scheme.as_bytes())
            .then_some(start)
    })
}

/// The first address in a text; it ends where white space, a quote or a bracket that no
/// address holds ends it.
fn address_in(text: &str) -> Option<Url> {
    let start = find_scheme(text)?;
    let rest = text.get(start..)?;
    let whole = start == 0;
    let ends = |letter: char| {
        matches!(letter, '"' | '<' | '>' | '\\' | '`') || (!whole && letter.is_whitespace())
    };
    let end = rest.find(ends).unwrap_or(rest.len());
    let url = Url::parse(rest.get(..end)?).ok()?;
    is_web(&url).then_some(url)
}

/// The first base64 of an address: it shows by its first letters, whatever marker a
/// platform puts before it.
fn base64_in(text: &str) -> Option<Url> {
    // base64 of "http:" and "https"
    let start = ["aHR0cDo", "aHR0cHM"]
        .iter()
        .filter_map(|sign| text.find(sign))
        .min()?;
    let rest = text.get(start..)?;
    let is_base64 = |letter: char| {
        letter.is_ascii_alphanumeric() || matches!(letter, '+' | '/' | '-' | '_' | '=' | ' ')
    };
    let end = rest.find(|letter| !is_base64(letter)).unwrap_or(rest.len());
    let piece = rest.get(..end)?;
    // In a path the next segment may follow at once: the longest piece that decodes wins.
    let mut ends: Vec<usize> = vec![piece.len()];
    ends.extend(piece.match_indices('/').map(|(at, _)| at).rev().take(8));
    ends.iter()
        .filter_map(|end| base64_text::decode(piece.get(..*end)?))
        .find_map(|text| address_in(&text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn query(name: &str) -> Place {
        Place::Query { name: name.into() }
    }

    #[test]
    #[allow(clippy::too_many_lines, reason = "a table")]
    fn hidden_addresses() {
        for (text, expected) in [
            (
                "https://x.com/?u=https%3A%2F%2Fa.com%2Fb%3Fc%3D1",
                vec![("https://a.com/b?c=1", query("u"), Encoding::Plain)],
            ),
            (
                "https://x.com/?u=https%253A%252F%252Fa.com",
                vec![("https://a.com/", query("u"), Encoding::Percent)],
            ),
            (
                "https://x.com/?u=https%25253A%25252F%25252Fa.com",
                vec![("https://a.com/", query("u"), Encoding::PercentTwice)],
            ),
            (
                "https://x.com/?u=aHR0cHM6Ly9hLmNvbS8%3D",
                vec![("https://a.com/", query("u"), Encoding::Base64)],
            ),
            (
                "https://x.com/?u=a1aHR0cHM6Ly9hLmNvbS8",
                vec![("https://a.com/", query("u"), Encoding::Base64)],
            ),
            (
                "https://x.com/?https://a.com/b?c=1&d=2",
                vec![(
                    "https://a.com/b?c=1&d=2",
                    Place::WholeQuery,
                    Encoding::Plain,
                )],
            ),
            (
                "https://x.com/?https%3A%2F%2Fa.com%2Fb",
                vec![("https://a.com/b", Place::WholeQuery, Encoding::Percent)],
            ),
            (
                "https://x.com/go/https://a.com/b?c=1",
                vec![("https://a.com/b?c=1", Place::Path, Encoding::Plain)],
            ),
            (
                "https://x.com/go/https%3A%2F%2Fa.com%2Fb",
                vec![("https://a.com/b", Place::Path, Encoding::Percent)],
            ),
            (
                "https://x.com/go/aHR0cHM6Ly9hLmNvbS8/next",
                vec![("https://a.com/", Place::Path, Encoding::Base64)],
            ),
            (
                "https://x.com/#https://a.com/",
                vec![("https://a.com/", Place::Fragment, Encoding::Plain)],
            ),
            (
                "https://x.com/#/go?url=https%3A%2F%2Fa.com%2F",
                vec![("https://a.com/", Place::Fragment, Encoding::Percent)],
            ),
            (
                "https://x.com/?d=%7B%22url%22%3A%22https%3A%2F%2Fa.com%2F%22%7D",
                vec![("https://a.com/", query("d"), Encoding::Plain)],
            ),
            (
                "https://x.com/?a=http%3A%2F%2Fa.com&b=HTTPS%3A%2F%2Fb.com&c=http%3A%2F%2Fa.com",
                vec![
                    ("http://a.com/", query("a"), Encoding::Plain),
                    ("https://b.com/", query("b"), Encoding::Plain),
                ],
            ),
            ("https://x.com/?u=weibo.com&v=ftp%3A%2F%2Fa.com", vec![]),
            ("https://x.com/", vec![]),
            ("mailto:a@b.com", vec![]),
        ] {
            let found = embedded_targets(&Url::parse(text).unwrap());
            let found: Vec<_> = found
                .iter()
                .map(|e| (e.url.as_str(), e.place.clone(), e.encoding))
                .collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn looks_at_anything_and_is_bounded(text in "https?://a\\.com/\\PC{0,80}") {
            if let Ok(url) = Url::parse(&text) {
                let found = embedded_targets(&url);
                prop_assert!(found.len() <= MAX_EMBEDDED);
                prop_assert!(found.iter().all(|one| is_web(&one.url)));
            }
        }
    }
}
