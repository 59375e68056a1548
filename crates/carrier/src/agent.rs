//! Who the carrier says it is: the user agent is a factor of every
//! measurement, so the exact headers of each stand here.
//!
//! Every request begins with `Host` and, after the headers of the agent,
//! carries those of the caller, then `Cookie`; names are written in Title-Case.

use std::sync::LazyLock;

use hyper::header::{self, HeaderName, HeaderValue};

/// What the carrier shows itself as.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UserAgent {
    /// Chrome on Windows, opening a link somebody sent. Headers, in order:
    /// `Connection: keep-alive`; over https only `Sec-Ch-Ua`,
    /// `Sec-Ch-Ua-Mobile: ?0`, `Sec-Ch-Ua-Platform: "Windows"`;
    /// `Upgrade-Insecure-Requests: 1`; `User-Agent`; `Accept` (pages and
    /// images); over https only `Sec-Fetch-Site: none`, `-Mode: navigate`,
    /// `-User: ?1`, `-Dest: document`; `Accept-Encoding: gzip, deflate, br,
    /// zstd`; `Accept-Language: zh-CN,zh;q=0.9,en;q=0.8`.
    Browser,
    /// Chrome on Android; headers as [`Self::Browser`], with
    /// `Sec-Ch-Ua-Mobile: ?1` and `Sec-Ch-Ua-Platform: "Android"`.
    Phone,
    /// This program under its own name: `User-Agent: Moongate/0.1 (+link
    /// check)`, `Accept: */*`, `Accept-Encoding: gzip, deflate, br, zstd`.
    Plain,
    /// A client named by the caller (an app's built-in browser, for one):
    /// this `User-Agent` with the browser's `Connection`,
    /// `Upgrade-Insecure-Requests`, `Accept`, `Accept-Encoding` and
    /// `Accept-Language`. Characters that no header may carry are dropped.
    Other(String),
}

/// Headers of the caller's own, checked once and sent with every request of a
/// visit.
///
/// ```
/// use moongate_carrier::ExtraHeaders;
/// let headers = ExtraHeaders::new([("x-account", "a")])?;
/// assert!(ExtraHeaders::new([("x", "a\r\nhost: b")]).is_err());
/// # Ok::<(), moongate_carrier::BadHeader>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct ExtraHeaders(pub(crate) Vec<(HeaderName, HeaderValue)>);

/// A header that cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadHeader {
    /// The name or value has characters that no header may carry.
    #[error("the header `{name}` cannot be sent; remove control characters and line breaks")]
    Unsendable {
        /// Its name.
        name: String,
    },
    /// The carrier itself writes this header.
    #[error("the header `{name}` is written by the carrier; leave it out")]
    Reserved {
        /// Its name.
        name: String,
    },
}

impl ExtraHeaders {
    /// Checks the headers.
    ///
    /// # Errors
    ///
    /// [`BadHeader`] if one cannot be sent, or is one that the carrier writes
    /// (`Host`, `Content-Length`, `Content-Type`, `Transfer-Encoding`,
    /// `Connection`, `Cookie`, `User-Agent`, `Accept-Encoding`, `Expect`,
    /// `Upgrade`, `Te`, `Trailer`).
    pub fn new<'a>(
        headers: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, BadHeader> {
        let checked = headers
            .into_iter()
            .map(|(name, value)| checked(name, value));
        checked.collect::<Result<_, _>>().map(Self)
    }
}

fn checked(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), BadHeader> {
    const RESERVED: [HeaderName; 12] = [
        header::HOST,
        header::CONTENT_LENGTH,
        header::CONTENT_TYPE,
        header::TRANSFER_ENCODING,
        header::CONNECTION,
        header::COOKIE,
        header::USER_AGENT,
        header::ACCEPT_ENCODING,
        header::EXPECT,
        header::UPGRADE,
        header::TE,
        header::TRAILER,
    ];
    let unsendable = || BadHeader::Unsendable {
        name: name.to_owned(),
    };
    let parsed = HeaderName::try_from(name).map_err(|_| unsendable())?;
    if RESERVED.contains(&parsed) {
        return Err(BadHeader::Reserved {
            name: name.to_owned(),
        });
    }
    let value = HeaderValue::from_str(value).map_err(|_| unsendable())?;
    Ok((parsed, value))
}

/// The headers of an agent, for http and for https.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    plain: Vec<(HeaderName, HeaderValue)>,
    secure: Vec<(HeaderName, HeaderValue)>,
}

impl Template {
    pub(crate) fn of(agent: &UserAgent) -> std::borrow::Cow<'static, Self> {
        use std::borrow::Cow;
        static BROWSER: LazyLock<Template> =
            LazyLock::new(|| browser(CHROME, [CHROME_BRANDS, "?0", "\"Windows\""]));
        static PHONE: LazyLock<Template> =
            LazyLock::new(|| browser(CHROME_ANDROID, [CHROME_BRANDS, "?1", "\"Android\""]));
        static PLAIN: LazyLock<Template> = LazyLock::new(plain);
        match agent {
            UserAgent::Browser => Cow::Borrowed(&*BROWSER),
            UserAgent::Phone => Cow::Borrowed(&*PHONE),
            UserAgent::Plain => Cow::Borrowed(&*PLAIN),
            UserAgent::Other(name) => Cow::Owned(other(name)),
        }
    }

    pub(crate) fn headers(&self, secure: bool) -> &[(HeaderName, HeaderValue)] {
        if secure { &self.secure } else { &self.plain }
    }
}

const CHROME: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 \
    (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36";
const CHROME_ANDROID: &str = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 \
    (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36";
const CHROME_BRANDS: &str =
    "\"Google Chrome\";v=\"141\", \"Not?A_Brand\";v=\"8\", \"Chromium\";v=\"141\"";
const PAGES: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,\
    image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7";
const ENCODINGS: &str = "gzip, deflate, br, zstd";
const LANGUAGES: &str = "zh-CN,zh;q=0.9,en;q=0.8";
const OURS: &str = "Moongate/0.1 (+link check)";

fn lines(lines: &[(&'static str, &'static str)]) -> Vec<(HeaderName, HeaderValue)> {
    lines
        .iter()
        .map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        })
        .collect()
}

fn browser(agent: &'static str, [brands, mobile, system]: [&'static str; 3]) -> Template {
    let hints = [
        ("sec-ch-ua", brands),
        ("sec-ch-ua-mobile", mobile),
        ("sec-ch-ua-platform", system),
    ];
    let fetch = [
        ("sec-fetch-site", "none"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-user", "?1"),
        ("sec-fetch-dest", "document"),
    ];
    let write = |hints: &[_], fetch: &[_]| {
        let mut all = vec![("connection", "keep-alive")];
        all.extend_from_slice(hints);
        all.push(("upgrade-insecure-requests", "1"));
        all.extend([("user-agent", agent), ("accept", PAGES)]);
        all.extend_from_slice(fetch);
        all.extend([
            ("accept-encoding", ENCODINGS),
            ("accept-language", LANGUAGES),
        ]);
        lines(&all)
    };
    Template {
        plain: write(&[], &[]),
        secure: write(&hints, &fetch),
    }
}

fn plain() -> Template {
    let all = lines(&[
        ("user-agent", OURS),
        ("accept", "*/*"),
        ("accept-encoding", ENCODINGS),
    ]);
    Template {
        plain: all.clone(),
        secure: all,
    }
}

fn other(name: &str) -> Template {
    let name: String = name.chars().filter(|c| !c.is_control()).collect();
    let value = HeaderValue::try_from(name.trim()).unwrap_or(HeaderValue::from_static(OURS));
    let mut all = browser("", [""; 3]).plain;
    for (header, old) in &mut all {
        if *header == header::USER_AGENT {
            old.clone_from(&value);
        }
    }
    Template {
        plain: all.clone(),
        secure: all,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(agent: &UserAgent, secure: bool) -> String {
        let template = Template::of(agent);
        let lines = template.headers(secure).iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            format!("{name}: {value}\n")
        });
        lines.collect::<Vec<_>>().concat()
    }

    #[test]
    fn golden_headers() {
        for (agent, secure, golden) in [
            (
                UserAgent::Browser,
                true,
                include_str!("../golden/browser-https.txt"),
            ),
            (
                UserAgent::Browser,
                false,
                include_str!("../golden/browser-http.txt"),
            ),
            (
                UserAgent::Phone,
                true,
                include_str!("../golden/phone-https.txt"),
            ),
            (UserAgent::Plain, true, include_str!("../golden/plain.txt")),
        ] {
            assert_eq!(
                written(&agent, secure),
                golden,
                "{agent:?}, secure: {secure}"
            );
        }
    }

    #[test]
    fn other_agents_cannot_inject_headers() {
        let agent = UserAgent::Other("MicroMessenger/8.0\r\nx: 1 微信".to_owned());
        let written = written(&agent, true);
        assert!(
            written.contains("user-agent: MicroMessenger/8.0x: 1 微信\n"),
            "{written}"
        );
    }

    #[test]
    fn reserved_and_unsendable_headers() {
        for (name, value, expected) in [
            ("x-account", "a", true),
            ("Cookie", "a=b", false),
            ("content-length", "3", false),
            ("x\r\n", "a", false),
            ("x", "a\r\nb: c", false),
            ("x", "a\0", false),
        ] {
            assert_eq!(
                ExtraHeaders::new([(name, value)]).is_ok(),
                expected,
                "{name:?}"
            );
        }
    }
}
