//! Cookies of one trial and account: a jar is made by the caller, given to
//! every visit of the trial, and thrown away.
//!
//! Source: RFC 6265 with the prefixes and caps of its revision (6265bis);
//! `SameSite` is not kept, since every visit is a navigation of its own.
//! Pure: the time is an argument.

use url::{Host, Url};

use crate::dates::unix_seconds;

/// Cookies kept in all, and for one domain.
const MOST: usize = 300;
const MOST_OF_DOMAIN: usize = 50;
/// Bytes of a cookie's name and value together.
const MOST_BYTES: usize = 4096;
/// Longest life of a cookie, seconds (400 days).
const LONGEST: i64 = 400 * 86_400;

/// Cookies, as one browser profile holds them.
///
/// ```
/// use moongate_carrier::Jar;
/// let mut jar = Jar::new();
/// let url = url::Url::parse("http://chat.example/a")?;
/// assert!(jar.store(&url, b"session=1; Path=/", 0));
/// assert_eq!(jar.header(&url, 0).as_deref(), Some(&b"session=1"[..]));
/// # Ok::<(), url::ParseError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Jar {
    cookies: Vec<Cookie>,
    /// Rises with every change, so that two states can be told apart.
    changes: u64,
}

#[derive(Debug, Clone)]
struct Cookie {
    name: Vec<u8>,
    value: Vec<u8>,
    domain: String,
    host_only: bool,
    path: String,
    secure: bool,
    expires: Option<i64>,
}

#[derive(Default)]
struct Attributes<'a> {
    domain: Option<&'a str>,
    path: Option<&'a str>,
    secure: bool,
    expires: Option<i64>,
    max_age: Option<i64>,
}

impl Jar {
    /// An empty jar.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many cookies it holds, expired ones included.
    pub fn len(&self) -> usize {
        self.cookies.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.cookies.is_empty()
    }

    pub(crate) fn changes(&self) -> u64 {
        self.changes
    }

    /// Takes in the value of one `Set-Cookie` header that `url` sent, at
    /// `now` (seconds since 1970). Says whether the jar changed.
    pub fn store(&mut self, url: &Url, set_cookie: &[u8], now: i64) -> bool {
        let Some(cookie) = read(url, set_cookie, now) else {
            return false;
        };
        let changed = self.put(cookie, now);
        self.changes += u64::from(changed);
        changed
    }

    /// The value of the `Cookie` header for a request to `url` at `now`
    /// (seconds since 1970); none if no cookie goes there.
    pub fn header(&self, url: &Url, now: i64) -> Option<Vec<u8>> {
        if self.cookies.is_empty() {
            return None;
        }
        let mut sent: Vec<_> = self
            .cookies
            .iter()
            .filter(|c| c.goes_to(url, now))
            .collect();
        // The sort is stable: equally long paths stay in order of creation.
        sent.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let mut line = Vec::new();
        for cookie in sent {
            if !line.is_empty() {
                line.extend_from_slice(b"; ");
            }
            if !cookie.name.is_empty() {
                line.extend_from_slice(&cookie.name);
                line.push(b'=');
            }
            line.extend_from_slice(&cookie.value);
        }
        (!line.is_empty()).then_some(line)
    }

    fn put(&mut self, cookie: Cookie, now: i64) -> bool {
        let same = |old: &Cookie| {
            old.name == cookie.name
                && old.domain == cookie.domain
                && old.host_only == cookie.host_only
                && old.path == cookie.path
        };
        let at = self.cookies.iter().position(same);
        if cookie.expires.is_some_and(|at| at <= now) {
            return at.map(|at| self.cookies.remove(at)).is_some();
        }
        if let Some(old) = at.and_then(|at| self.cookies.get_mut(at)) {
            let changed = old.value != cookie.value || old.secure != cookie.secure;
            *old = cookie;
            return changed;
        }
        self.make_room(&cookie.domain, now);
        self.cookies.push(cookie);
        true
    }

    /// Drops what has expired, then the oldest, so that one more fits.
    fn make_room(&mut self, domain: &str, now: i64) {
        self.cookies.retain(|c| c.expires.is_none_or(|at| at > now));
        let of_domain = self.cookies.iter().filter(|c| c.domain == domain).count();
        let oldest = if of_domain >= MOST_OF_DOMAIN {
            self.cookies.iter().position(|c| c.domain == domain)
        } else {
            (self.cookies.len() >= MOST).then_some(0)
        };
        if let Some(at) = oldest {
            self.cookies.remove(at);
        }
    }
}

impl Cookie {
    fn goes_to(&self, url: &Url, now: i64) -> bool {
        self.expires.is_none_or(|at| at > now)
            && (!self.secure || url.scheme() == "https")
            && path_matches(url.path(), &self.path)
            && url.host_str().is_some_and(|host| {
                host == self.domain || (!self.host_only && is_below(host, &self.domain))
            })
    }
}

fn read(url: &Url, line: &[u8], now: i64) -> Option<Cookie> {
    let mut parts = line.split(|b| *b == b';');
    let pair = parts.next()?.trim_ascii();
    let (name, value) = match pair.iter().position(|b| *b == b'=') {
        Some(at) => (
            pair.get(..at)?.trim_ascii(),
            pair.get(at + 1..)?.trim_ascii(),
        ),
        None => (&[][..], pair),
    };
    let sendable = |bytes: &[u8]| {
        bytes
            .iter()
            .all(|b| (*b >= 0x20 && *b != 0x7f) || *b == b'\t')
    };
    let length = name.len() + value.len();
    if length == 0 || length > MOST_BYTES || !sendable(name) || !sendable(value) {
        return None;
    }
    let attributes = attributes(parts, now);
    let (domain, host_only) = domain_of(url, attributes.domain)?;
    let secure_origin = url.scheme() == "https";
    if attributes.secure && !secure_origin {
        return None;
    }
    let path = match attributes.path {
        Some(path) if path.starts_with('/') => path.to_owned(),
        _ => default_path(url).to_owned(),
    };
    let bound_to_host = host_only && path == "/" && attributes.path.is_some();
    let prefix = |prefix: &[u8]| {
        name.get(..prefix.len())
            .is_some_and(|n| n.eq_ignore_ascii_case(prefix))
    };
    if (prefix(b"__Secure-") || prefix(b"__Host-")) && !attributes.secure
        || prefix(b"__Host-") && !bound_to_host
    {
        return None;
    }
    let expires = attributes.max_age.or(attributes.expires);
    Some(Cookie {
        name: name.to_owned(),
        value: value.to_owned(),
        domain,
        host_only,
        path,
        secure: attributes.secure,
        expires: expires.map(|at| at.min(now.saturating_add(LONGEST))),
    })
}

fn attributes<'a>(parts: impl Iterator<Item = &'a [u8]>, now: i64) -> Attributes<'a> {
    let mut found = Attributes::default();
    for part in parts.take(32).filter(|part| part.len() <= 1024) {
        let Ok(part) = std::str::from_utf8(part) else {
            continue;
        };
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let value = value.trim();
        match name.trim().to_ascii_lowercase().as_str() {
            "domain" if !value.is_empty() => found.domain = Some(value),
            "path" => found.path = Some(value),
            "secure" => found.secure = true,
            "expires" => found.expires = unix_seconds(value).or(found.expires),
            "max-age" => found.max_age = max_age(value, now).or(found.max_age),
            _ => {}
        }
    }
    found
}

fn max_age(value: &str, now: i64) -> Option<i64> {
    let digits = value.strip_prefix('-').unwrap_or(value);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let seconds = match value.parse::<i64>() {
        Ok(seconds) => seconds,
        Err(_) if value.starts_with('-') => i64::MIN,
        Err(_) => i64::MAX,
    };
    Some(if seconds <= 0 {
        i64::MIN
    } else {
        now.saturating_add(seconds)
    })
}

/// The domain of a cookie and whether it goes to that host alone; `None` if
/// the sender may not set it.
fn domain_of(url: &Url, attribute: Option<&str>) -> Option<(String, bool)> {
    let host = url.host_str()?;
    let Some(asked) = attribute else {
        return Some((host.to_owned(), true));
    };
    let asked = asked.strip_prefix('.').unwrap_or(asked);
    let asked = match Host::parse(asked).ok()? {
        Host::Domain(name) => name,
        address => return (address.to_string() == host).then(|| (host.to_owned(), true)),
    };
    if psl::suffix_str(&asked) == Some(asked.as_str()) {
        return (asked == host).then_some((asked, true));
    }
    (asked == host || is_below(host, &asked)).then_some((asked, false))
}

/// Whether `host` is a name under `domain`.
fn is_below(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain)
        .is_some_and(|front| front.ends_with('.'))
        && host.parse::<std::net::Ipv4Addr>().is_err()
}

fn default_path(url: &Url) -> &str {
    match url.path().rfind('/') {
        Some(at) if at > 0 => url.path().get(..at).unwrap_or("/"),
        _ => "/",
    }
}

fn path_matches(asked: &str, path: &str) -> bool {
    asked
        .strip_prefix(path)
        .is_some_and(|rest| rest.is_empty() || path.ends_with('/') || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    /// What `asked` is sent after `sender` set these cookies.
    fn sent(sender: &str, lines: &[&str], asked: &str, now: i64) -> String {
        let mut jar = Jar::new();
        for line in lines {
            jar.store(&url(sender), line.as_bytes(), 1000);
        }
        String::from_utf8(jar.header(&url(asked), now).unwrap_or_default()).unwrap()
    }

    #[test]
    fn where_cookies_go() {
        let chat = "https://m.chat.com/a/b";
        #[rustfmt::skip]
        let table: &[(&str, &[&str], &str, &str)] = &[
            (chat, &["x=1"], "https://m.chat.com/a/c", "x=1"),
            (chat, &["x=1"], "https://m.chat.com/other", ""),
            (chat, &["x=1; path=/"], "https://m.chat.com/other", "x=1"),
            (chat, &["x=1; path=/ab"], "https://m.chat.com/abc", ""),
            (chat, &["x=1; path=/ab"], "https://m.chat.com/ab/c", "x=1"),
            (chat, &["x=1; path=/"], "https://chat.com/", ""),
            (chat, &["x=1; path=/"], "https://a.m.chat.com/", ""),
            (chat, &["x=1; path=/; domain=chat.com"], "https://chat.com/", "x=1"),
            (chat, &["x=1; path=/; domain=.CHAT.com"], "https://z.chat.com/", "x=1"),
            (chat, &["x=1; path=/; domain=chat.com"], "https://xchat.com/", ""),
            (chat, &["x=1; domain=other.com"], "https://other.com/a/b", ""),
            (chat, &["x=1; domain=z.chat.com"], "https://z.chat.com/a/b", ""),
            (chat, &["x=1; path=/; domain=com"], "https://m.chat.com/", ""),
            ("https://a.com.cn/", &["x=1; domain=com.cn"], "https://b.com.cn/", ""),
            ("https://me.github.io/", &["x=1; domain=github.io"], "https://you.github.io/", ""),
            ("https://github.io/", &["x=1; domain=github.io"], "https://github.io/", "x=1"),
            ("https://github.io/", &["x=1; domain=github.io"], "https://me.github.io/", ""),
            ("http://127.0.0.1/", &["x=1; domain=127.0.0.1"], "http://127.0.0.1:8/", "x=1"),
            ("http://127.0.0.1/", &["x=1; domain=0.0.1"], "http://127.0.0.1/", ""),
            ("http://[::1]/", &["x=1"], "http://[::1]/", "x=1"),
            (chat, &["x=1; secure; path=/"], "http://m.chat.com/", ""),
            (chat, &["x=1; secure; path=/"], "https://m.chat.com/", "x=1"),
            ("http://chat.com/", &["x=1; secure"], "https://chat.com/", ""),
            (chat, &["__Host-x=1; secure; path=/"], "https://m.chat.com/", "__Host-x=1"),
            (chat, &["__Host-x=1; path=/"], "https://m.chat.com/", ""),
            (chat, &["__Host-x=1; secure; path=/; domain=chat.com"], "https://m.chat.com/", ""),
            (chat, &["__secure-x=1; path=/"], "https://m.chat.com/", ""),
            (chat, &["x=1; path=/", "y=2; path=/a", "x=3; path=/"], "https://m.chat.com/a", "y=2; x=3"),
            (chat, &["nameless"], chat, "nameless"),
            (chat, &["=v"], chat, "v"),
            (chat, &["="], chat, ""),
            (chat, &["x=a=b \t; HttpOnly; SameSite=Lax"], chat, "x=a=b"),
            (chat, &["x=a\x01b"], chat, ""),
        ];
        for (sender, lines, asked, expected) in table {
            assert_eq!(
                sent(sender, lines, asked, 1001),
                *expected,
                "{lines:?} from {sender} to {asked}"
            );
        }
    }

    #[test]
    fn when_cookies_end() {
        let chat = "https://chat.com/";
        for (lines, now, expected) in [
            (&["x=1; max-age=10"][..], 1009, "x=1"),
            (&["x=1; max-age=10"], 1010, ""),
            (&["x=1; max-age=99999999999999999999"], 2000, "x=1"),
            (&["x=1; max-age=99999999999999999999"], 1000 + LONGEST, ""),
            (&["x=1", "x=2; max-age=0"], 1001, ""),
            (&["x=1", "x=2; max-age=-1"], 1001, ""),
            (
                &["x=1", "x=; expires=Thu, 01 Jan 1970 00:00:00 GMT"],
                1001,
                "",
            ),
            (&["x=1; expires=Thu, 01 Jan 1970 01:00:00 GMT"], 3599, "x=1"),
            (&["x=1; expires=Thu, 01 Jan 1970 01:00:00 GMT"], 3600, ""),
            (
                &["x=1; max-age=5; expires=Fri, 01 Jan 2100 01:00:00 GMT"],
                1005,
                "",
            ),
            (&["x=1; expires=never"], i64::MAX, "x=1"),
        ] {
            assert_eq!(sent(chat, lines, chat, now), expected, "{lines:?} at {now}");
        }
    }

    #[test]
    fn only_changes_count_as_changes() {
        let (mut jar, link) = (Jar::new(), url("https://chat.com/"));
        assert!(jar.store(&link, b"x=1", 0));
        assert!(!jar.store(&link, b"x=1", 1));
        assert!(jar.store(&link, b"x=2", 1));
        assert!(!jar.store(&link, b"y=1; max-age=0", 1));
    }

    #[test]
    fn jars_are_capped() {
        let mut jar = Jar::new();
        for i in 0..200 {
            jar.store(&url("https://one.com/"), format!("n{i}=1").as_bytes(), 0);
        }
        assert_eq!(jar.len(), MOST_OF_DOMAIN);
        for i in 0..2000 {
            jar.store(&url(&format!("https://d{i}.com/")), b"x=1", 0);
        }
        assert_eq!(jar.len(), MOST);
        let long = format!("x={}", "a".repeat(MOST_BYTES));
        assert!(!jar.store(&url("https://one.com/"), long.as_bytes(), 0));
    }

    proptest! {
        #[test]
        fn any_line_is_answered(line in prop::collection::vec(any::<u8>(), 0..200), now: i64) {
            let (mut jar, link) = (Jar::new(), url("https://a.chat.com/"));
            jar.store(&link, &line, now);
            if let Some(header) = jar.header(&link, now) {
                prop_assert!(!header.contains(&b'\n') && !header.contains(&b'\r'));
            }
        }
    }
}
