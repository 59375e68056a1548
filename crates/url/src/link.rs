//! A link as somebody sent it, with what a browser makes of it.
//!
//! Not for app links (`weixin://`, `taobao://`): they open no page that can be compared.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::site;

/// Longer texts are refused: browsers and servers stop far earlier, and what strangers
/// send must not decide how much memory is used.
pub const MAX_LINK_BYTES: usize = 64 * 1024;

/// A link to a web page: the exact text, and the parsed URL.
///
/// ```
/// let link = moongate_url::Link::parse("HTTP://Example.com:80")?;
/// assert_eq!(link.as_seen(), "HTTP://Example.com:80");
/// assert_eq!(link.parsed().as_str(), "http://example.com/");
/// # Ok::<(), moongate_url::NotALink>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Link {
    as_seen: String,
    parsed: Url,
    scheme_assumed: bool,
}

/// Why a text is no link to a web page.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotALink {
    /// Nothing but white space.
    #[error("the link is empty; write a web address such as https://example.com/")]
    Empty,
    /// Longer than [`MAX_LINK_BYTES`].
    #[error("the link has {bytes} bytes; at most {MAX_LINK_BYTES} are read")]
    TooLong {
        /// Length of the text.
        bytes: usize,
    },
    /// A URL, but of something else than a web page.
    #[error("`{scheme}:` opens no web page; write a link that starts with http:// or https://")]
    NotWeb {
        /// The scheme found.
        scheme: String,
    },
    /// Neither a URL nor a host name under a known public suffix.
    #[error("this is not a web address ({cause}); write it out as https://host/path")]
    Unreadable {
        /// What the URL parser says.
        cause: url::ParseError,
    },
}

impl Link {
    /// Reads a link. `http` and `https` URLs are taken as a browser takes them; a text
    /// without a scheme is taken as `http://…`, as chat programs do, when its host stands
    /// under a public suffix of the ICANN list (`weibo.com/u/1`).
    ///
    /// # Errors
    /// [`NotALink`] says what stands there instead.
    pub fn parse(as_seen: &str) -> Result<Self, NotALink> {
        if as_seen.len() > MAX_LINK_BYTES {
            let bytes = as_seen.len();
            return Err(NotALink::TooLong { bytes });
        }
        let text = as_seen.trim();
        if text.is_empty() {
            return Err(NotALink::Empty);
        }
        let (parsed, scheme_assumed) = read(text)?;
        let as_seen = as_seen.to_owned();
        Ok(Self {
            as_seen,
            parsed,
            scheme_assumed,
        })
    }

    /// The exact text that was read.
    pub fn as_seen(&self) -> &str {
        &self.as_seen
    }

    /// The URL by the WHATWG standard; its scheme is `http` or `https`, and it has a host.
    pub fn parsed(&self) -> &Url {
        &self.parsed
    }

    /// Whether the text had no scheme and `http` was put before it.
    pub fn scheme_assumed(&self) -> bool {
        self.scheme_assumed
    }
}

fn read(text: &str) -> Result<(Url, bool), NotALink> {
    match Url::parse(text) {
        Ok(url) if is_web(&url) => Ok((url, false)),
        // `example.com:8080/x` parses as the scheme `example.com`.
        Ok(url) => without_scheme(text)
            .map(|url| (url, true))
            .ok_or_else(|| NotALink::NotWeb {
                scheme: url.scheme().to_owned(),
            }),
        Err(cause) => without_scheme(text)
            .map(|url| (url, true))
            .ok_or(NotALink::Unreadable { cause }),
    }
}

/// Reads `host[:port][/…]` when the host is under a suffix of the ICANN list.
pub(crate) fn without_scheme(text: &str) -> Option<Url> {
    if text.starts_with(['/', '\\', '?', '#', '@']) {
        return None;
    }
    let url = Url::parse(&format!("http://{text}")).ok()?;
    let host = url.domain()?;
    let plain = url.username().is_empty() && url.password().is_none();
    (plain && site::is_under_icann_suffix(host)).then_some(url)
}

/// Whether a URL can be opened as a web page.
pub(crate) fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.has_host()
}

impl TryFrom<String> for Link {
    type Error = NotALink;

    fn try_from(text: String) -> Result<Self, NotALink> {
        Self::parse(&text)
    }
}

impl From<Link> for String {
    fn from(link: Link) -> Self {
        link.as_seen
    }
}

impl std::str::FromStr for Link {
    type Err = NotALink;

    fn from_str(text: &str) -> Result<Self, NotALink> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_as_browsers_and_chats_do() {
        for (text, parsed, assumed) in [
            ("https://a.com", "https://a.com/", false),
            (" https://a.com/b ", "https://a.com/b", false),
            ("weibo.com", "http://weibo.com/", true),
            ("weibo.com:8080/u", "http://weibo.com:8080/u", true),
            ("https:/a.com", "https://a.com/", false),
            ("http://127.1/", "http://127.0.0.1/", false),
            ("http://2130706433", "http://127.0.0.1/", false),
            ("http://0x7f.1", "http://127.0.0.1/", false),
            ("http://中文.com/", "http://xn--fiq228c.com/", false),
        ] {
            let link = Link::parse(text).unwrap();
            assert_eq!(link.parsed().as_str(), parsed, "{text}");
            assert_eq!(link.scheme_assumed(), assumed, "{text}");
            assert_eq!(link.as_seen(), text);
        }
    }

    #[test]
    fn says_what_stands_there_instead() {
        assert_eq!(Link::parse(" \n"), Err(NotALink::Empty));
        assert!(
            matches!(Link::parse("weixin://dl/business"), Err(NotALink::NotWeb { scheme }) if scheme == "weixin")
        );
        assert!(matches!(
            Link::parse("javascript:alert(1)"),
            Err(NotALink::NotWeb { .. })
        ));
        for text in [
            "hello",
            "口令",
            "https://",
            "/relative",
            "1.2.3",
            "http://[::1",
            "a@weibo.com",
        ] {
            assert!(
                matches!(Link::parse(text), Err(NotALink::Unreadable { .. })),
                "{text}"
            );
        }
        let long = format!("https://a.com/{}", "a".repeat(MAX_LINK_BYTES));
        assert!(matches!(Link::parse(&long), Err(NotALink::TooLong { .. })));
    }

    #[test]
    fn goes_through_serde_as_seen() {
        let link = Link::parse("weibo.com").unwrap();
        let json = serde_json::to_string(&link).unwrap();
        assert_eq!(json, "\"weibo.com\"");
        assert_eq!(serde_json::from_str::<Link>(&json).unwrap(), link);
    }
}
