//! Which hosts belong together: public suffixes and registrable domains.
//!
//! Source: the Public Suffix List, compiled in by `psl`; both of its sections count, so
//! two people's pages under `github.io` are two sites, as browsers see it.

use url::{Host, Url};

/// The registrable domain of a URL (`m.weibo.cn` → `weibo.cn`); `None` for addresses,
/// for public suffixes themselves and for single labels such as `localhost`.
///
/// ```
/// let url = url::Url::parse("https://a.b.example.com.cn/").unwrap();
/// assert_eq!(moongate_url::registrable_domain(&url).as_deref(), Some("example.com.cn"));
/// ```
pub fn registrable_domain(url: &Url) -> Option<String> {
    registrable(url.domain()?)
}

/// [`registrable_domain`] of a host name.
pub(crate) fn registrable(host: &str) -> Option<String> {
    let host = host.strip_suffix('.').unwrap_or(host);
    psl::domain_str(host).map(str::to_owned)
}

/// Whether two URLs are of one site: the same registrable domain or, where there is
/// none, the same host. Scheme and port do not count (HTML standard, "same site",
/// without the scheme).
pub fn same_site(a: &Url, b: &Url) -> bool {
    match (registrable_domain(a), registrable_domain(b)) {
        (Some(a), Some(b)) => a == b,
        (None, None) => a.host().is_some() && bare_host(a) == bare_host(b),
        _ => false,
    }
}

fn bare_host(url: &Url) -> Option<Host<&str>> {
    Some(match url.host()? {
        Host::Domain(name) => Host::Domain(name.strip_suffix('.').unwrap_or(name)),
        address => address,
    })
}

/// Whether a (lower-case, ASCII or Unicode) host stands under a suffix that the ICANN
/// section of the list names, and is more than that suffix.
pub(crate) fn is_under_icann_suffix(host: &str) -> bool {
    let Some(suffix) = psl::suffix(host.as_bytes()) else {
        return false;
    };
    // A name under a private suffix (`me.github.io`) stands under an ICANN one as well.
    suffix.is_known()
        && psl::domain(host.as_bytes()).is_some()
        && host.split('.').all(|label| !label.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn registrable_domains() {
        for (text, expected) in [
            ("https://www.taobao.com/", Some("taobao.com")),
            ("https://a.b.com.cn./", Some("b.com.cn")),
            ("https://me.github.io/", Some("me.github.io")),
            ("https://github.io/", None),
            ("https://com.cn/", None),
            ("https://localhost/", None),
            ("https://127.0.0.1/", None),
            ("https://[::1]/", None),
            ("https://chat.wechat.test/", Some("wechat.test")),
            ("mailto:a@b.com", None),
        ] {
            assert_eq!(
                registrable_domain(&url(text)).as_deref(),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn sites() {
        for (a, b, same) in [
            ("https://m.jd.com/", "http://www.jd.com:8080/x", true),
            ("https://a.github.io/", "https://b.github.io/", false),
            ("http://127.0.0.1:80/", "http://127.1:81/", true),
            ("http://127.0.0.1/", "http://127.0.0.2/", false),
            ("http://localhost/", "http://localhost./", true),
            ("http://taobao.com.evil.com/", "http://taobao.com/", false),
            ("mailto:a@b.com", "mailto:a@b.com", false),
        ] {
            assert_eq!(same_site(&url(a), &url(b)), same, "{a} {b}");
        }
    }
}
