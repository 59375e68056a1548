//! The few things the town must know of an address: its host, and percent
//! encoding. Not a URL parser: the town is handed what its own pages contain.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What browsers leave as it is inside a query value.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// The host of an absolute address, without user, port and path; empty if
/// there is none.
///
/// ```
/// assert_eq!(moongate_town::address::host("http://item.taobao.test:81/i/1"), "item.taobao.test");
/// ```
pub fn host(address: &str) -> &str {
    let rest = address.split_once("://").map_or("", |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    host.split(':').next().unwrap_or_default()
}

/// The address without its query and fragment.
pub fn without_query(address: &str) -> &str {
    address.split(['?', '#']).next().unwrap_or_default()
}

/// A value percent-encoded for a query.
pub fn encode(value: &str) -> String {
    utf8_percent_encode(value, VALUE).to_string()
}

/// The first value of `name` in a query or form, decoded (`+` is a space).
///
/// ```
/// use moongate_town::address::value;
/// assert_eq!(value("a=1&text=x%20y+z", "text").as_deref(), Some("x y z"));
/// ```
pub fn value(pairs: &str, name: &str) -> Option<String> {
    pairs.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (key == name).then(|| {
            percent_decode_str(&value.replace('+', " "))
                .decode_utf8_lossy()
                .into_owned()
        })
    })
}

/// Whether a host is `domain` or below it.
pub fn is_under(host: &str, domain: &str) -> bool {
    host == domain
        || host
            .strip_suffix(domain)
            .is_some_and(|front| front.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_found_where_they_stand() {
        let table = [
            ("http://a.test/", "a.test"),
            ("https://a.test?x=http://b.test/", "a.test"),
            ("https://u:p@a.test:8/", "a.test"),
            ("http://a.test\\@b.test/", "a.test"),
            ("a.test/", ""),
            ("", ""),
        ];
        for (address, host) in table {
            assert_eq!(super::host(address), host, "{address}");
        }
        assert!(is_under("item.jd.test", "jd.test"));
        assert!(!is_under("notjd.test", "jd.test"));
    }

    #[test]
    fn what_is_encoded_comes_back() {
        let odd = "http://a.test/?x=1&y=ü+%20#m";
        assert_eq!(
            value(&format!("u={}", encode(odd)), "u").as_deref(),
            Some(odd)
        );
    }
}
