//! The normal form of a URL, and whether two URLs name the same page.
//!
//! Normal form = WHATWG parsing, then RFC 3986 §6.2.2 for percent-encoding, then what is
//! known not to name a page is left out: user information, fragments that are no route,
//! tracking parameters, an empty query, the dot after a host name. The order of the
//! query is kept: some servers care.
//!
//! Not for opening: a link is opened as it was seen.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::link::is_web;
use crate::{percent, site, tracking};

/// A URL in normal form. Equal normal forms name the same page.
///
/// ```
/// use moongate_url::normal;
/// let a = url::Url::parse("HTTPS://Example.com:443/%7ea/./b?utm_source=x&id=1#top").unwrap();
/// assert_eq!(normal(&a).to_string(), "https://example.com/~a/b?id=1");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Normal(String);

impl Normal {
    /// The text of the normal form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Normal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Normal> for String {
    fn from(form: Normal) -> Self {
        form.0
    }
}

impl TryFrom<String> for Normal {
    type Error = url::ParseError;

    fn try_from(text: String) -> Result<Self, url::ParseError> {
        Url::parse(&text).map(|url| normal(&url))
    }
}

/// The normal form of a URL. URLs that are not of the web are kept as they are, without
/// their fragment.
pub fn normal(url: &Url) -> Normal {
    if !is_web(url) {
        let mut plain = url.clone();
        plain.set_fragment(None);
        return Normal(plain.into());
    }
    let mut text = format!("{}://{}", url.scheme(), normal_host(url));
    if let Some(port) = url.port() {
        text.extend([":", &port.to_string()]);
    }
    text.push_str(&percent::normalise(url.path()));
    if let Some(query) = normal_query(url) {
        text.push('?');
        text.push_str(&query);
    }
    if let Some(route) = url.fragment().filter(|part| is_route(part)) {
        text.push('#');
        text.push_str(&percent::normalise(route));
    }
    Normal(text)
}

fn normal_host(url: &Url) -> String {
    match url.host() {
        Some(Host::Domain(name)) => without_dots(name).to_owned(),
        Some(address) => address.to_string(),
        None => String::new(),
    }
}

/// Leaves the dots after a host name out, unless that would make something else of it:
/// `.` is a host to the URL standard, and so is `a.0x1..`, but `a.0x1` is none.
fn without_dots(name: &str) -> &str {
    let bare = name.trim_end_matches('.');
    match Host::parse(bare) {
        Ok(host) if host.to_string() == bare => bare,
        _ => name,
    }
}

/// A fragment that a page reads as its address: `#/…` and `#!…`.
fn is_route(fragment: &str) -> bool {
    fragment.starts_with(['/', '!'])
}

fn normal_query(url: &Url) -> Option<String> {
    let host = url.host_str().unwrap_or_default();
    let query = percent::normalise(url.query()?);
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| {
            let name = pair.split('=').next().unwrap_or_default();
            tracking::is_tracking(name, host).is_none()
        })
        .collect();
    kept.iter()
        .any(|pair| !pair.is_empty())
        .then(|| kept.join("&"))
}

/// How two URLs compare as names of a page: what had to be overlooked, each judgment
/// apart, so that a reader can disagree with one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageComparison {
    /// Everything that was compared is the same once the allowances are made.
    pub same: bool,
    /// One is `http`, the other `https`, each on its default port.
    pub scheme_differs: bool,
    /// One host is the other's with `www.` before it.
    pub www_differs: bool,
    /// One path is the other's with a `/` after it.
    pub trailing_slash_differs: bool,
}

impl PageComparison {
    /// The same with nothing overlooked: equal normal forms.
    pub fn is_exact(self) -> bool {
        self.same && !(self.scheme_differs || self.www_differs || self.trailing_slash_differs)
    }
}

/// Compares two URLs by normal form, with the allowances of [`PageComparison`]. The
/// allowances are reported only where the URLs are otherwise the same.
pub fn compare_pages(a: &Url, b: &Url) -> PageComparison {
    let (left, right) = (Parts::of(a), Parts::of(b));
    let same = left.bare == right.bare;
    PageComparison {
        same,
        scheme_differs: same && left.scheme != right.scheme,
        www_differs: same && left.www != right.www,
        trailing_slash_differs: same && left.slash != right.slash,
    }
}

/// Whether two URLs name the same page: [`compare_pages`] with every allowance made.
///
/// ```
/// let url = |text| url::Url::parse(text).unwrap();
/// assert!(moongate_url::same_page(&url("http://www.jd.com/a/"), &url("https://jd.com/a")));
/// assert!(!moongate_url::same_page(&url("https://jd.com/a"), &url("https://jd.com/b")));
/// ```
pub fn same_page(a: &Url, b: &Url) -> bool {
    compare_pages(a, b).same
}

/// A normal form taken apart into what is compared and what is overlooked.
struct Parts {
    bare: String,
    scheme: String,
    www: bool,
    slash: bool,
}

impl Parts {
    fn of(url: &Url) -> Self {
        let form = normal(url).0;
        let web = is_web(url);
        let (scheme, rest) = match form.split_once("://") {
            Some((scheme, rest)) if web => (scheme, rest),
            _ => ("", form.as_str()),
        };
        let www = web && has_www(url);
        let rest = if www {
            rest.get(4..).unwrap_or(rest)
        } else {
            rest
        };
        let split = rest.find(['?', '#']).unwrap_or(rest.len());
        let (path, tail) = rest.split_at(split);
        let slash = web && path.ends_with('/');
        let path = if slash {
            path.strip_suffix('/').unwrap_or(path)
        } else {
            path
        };
        Self {
            bare: format!("{path}{tail}"),
            scheme: scheme.to_owned(),
            www,
            slash,
        }
    }
}

/// `www.` counts as decoration only before a registrable domain, never as its first label.
fn has_www(url: &Url) -> bool {
    url.domain()
        .and_then(|host| host.strip_prefix("www."))
        .is_some_and(|rest| site::registrable(rest).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn normal_forms() {
        for (text, expected) in [
            ("http://EXAMPLE.com", "http://example.com/"),
            ("https://example.com:443/", "https://example.com/"),
            ("https://example.com:8443/", "https://example.com:8443/"),
            ("https://example.com./a", "https://example.com/a"),
            ("https://me:pw@example.com/", "https://example.com/"),
            ("http://./", "http://./"),
            ("http://a.0x1../", "http://a.0x1../"),
            ("https://example.com/a/../b/./c", "https://example.com/b/c"),
            ("https://example.com/%2e%2e/x", "https://example.com/x"),
            ("https://example.com/%7Ea%2fb", "https://example.com/~a%2Fb"),
            ("https://example.com/#top", "https://example.com/"),
            ("https://example.com/#:~:text=x", "https://example.com/"),
            (
                "https://example.com/#/item/1",
                "https://example.com/#/item/1",
            ),
            ("https://example.com/#!item", "https://example.com/#!item"),
            ("https://example.com/?", "https://example.com/"),
            (
                "https://example.com/?b=2&a=1",
                "https://example.com/?b=2&a=1",
            ),
            (
                "https://example.com/?utm_source=a&id=1&fbclid=2",
                "https://example.com/?id=1",
            ),
            (
                "https://example.com/?%75tm_source=a",
                "https://example.com/",
            ),
            ("https://example.com/?nsukey=abc%3D", "https://example.com/"),
            (
                "https://detail.tmall.com/i?id=1&spm=a1z.2&scm=3",
                "https://detail.tmall.com/i?id=1",
            ),
            ("https://example.com/?scm=3", "https://example.com/?scm=3"),
            ("https://中文.com/你", "https://xn--fiq228c.com/%E4%BD%A0"),
            ("http://0x7f.1/", "http://127.0.0.1/"),
            ("http://2130706433/", "http://127.0.0.1/"),
            ("http://127.1/", "http://127.0.0.1/"),
            ("http://017700000001/", "http://127.0.0.1/"),
            ("http://[0:0::1]:80/", "http://[::1]/"),
            ("weixin://dl/Business?t=A#x", "weixin://dl/Business?t=A"),
            ("mailto:a@b.com", "mailto:a@b.com"),
        ] {
            assert_eq!(normal(&url(text)).as_str(), expected, "{text}");
        }
    }

    #[test]
    #[allow(clippy::too_many_lines, reason = "a table")]
    fn same_page_and_each_judgment_apart() {
        // a, b, same, scheme, www, slash
        for (a, b, expected) in [
            ("http://a.com/", "http://a.com", [true, false, false, false]),
            (
                "http://a.com/x",
                "https://a.com/x",
                [true, true, false, false],
            ),
            (
                "https://www.a.com/x",
                "https://a.com/x",
                [true, false, true, false],
            ),
            (
                "https://a.com/x/",
                "https://a.com/x",
                [true, false, false, true],
            ),
            (
                "http://www.a.com/x/?q=1",
                "https://a.com/x?q=1",
                [true, true, true, true],
            ),
            (
                "https://a.com:8443/",
                "http://a.com/",
                [false, false, false, false],
            ),
            (
                "https://m.a.com/",
                "https://a.com/",
                [false, false, false, false],
            ),
            (
                "https://a.com/x?q=1",
                "https://a.com/x?q=2",
                [false, false, false, false],
            ),
            (
                "https://a.com/#/x",
                "https://a.com/#/y",
                [false, false, false, false],
            ),
            (
                "https://www.com/",
                "https://com/",
                [false, false, false, false],
            ),
            (
                "https://a.com/?u=b/",
                "https://a.com/?u=b",
                [false, false, false, false],
            ),
        ] {
            let found = compare_pages(&url(a), &url(b));
            let flags = [
                found.same,
                found.scheme_differs,
                found.www_differs,
                found.trailing_slash_differs,
            ];
            assert_eq!(flags, expected, "{a} {b}");
            assert_eq!(
                found,
                compare_pages(&url(b), &url(a)),
                "not symmetric: {a} {b}"
            );
            assert_eq!(
                found.is_exact(),
                normal(&url(a)) == normal(&url(b)),
                "{a} {b}"
            );
        }
    }

    #[test]
    fn serde_keeps_the_form_normal() {
        let form: Normal = serde_json::from_str("\"HTTPS://A.com/?utm_id=1\"").unwrap();
        assert_eq!(form.as_str(), "https://a.com/");
        assert_eq!(serde_json::to_string(&form).unwrap(), "\"https://a.com/\"");
        assert!(serde_json::from_str::<Normal>("\"nothing\"").is_err());
    }

    fn urls() -> impl Strategy<Value = String> {
        prop_oneof![
            "https?://[a-zA-Z0-9.-]{1,20}\\.com\\.?(:[0-9]{1,4})?/[ -~]{0,40}",
            "https?://a\\.com/[%a-f0-9./~\\\\]{0,20}\\?([&=%a-z0-9_ut*m.]{0,20})(#[/!]?[%a-z0-9 ]{0,10})?",
            "[a-z]{2,8}:\\PC{0,30}",
            "https?://\\PC{1,30}",
        ]
    }

    proptest! {
        #[test]
        fn normal_is_idempotent(text in urls()) {
            if let Ok(url) = Url::parse(&text) {
                let once = normal(&url);
                let again = Url::parse(once.as_str());
                prop_assert!(again.is_ok(), "{once} does not parse");
                prop_assert_eq!(normal(&again.unwrap()), once);
            }
        }

        #[test]
        fn a_url_is_the_same_page_as_itself_in_normal_form(text in urls()) {
            if let Ok(url) = Url::parse(&text) {
                let form = Url::parse(normal(&url).as_str()).unwrap();
                prop_assert!(compare_pages(&url, &form).is_exact());
            }
        }
    }
}
