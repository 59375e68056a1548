//! Making the link that a platform's redirector would show, from a template and a target.
//!
//! Not for signatures: a shim that checks one gets a link without it.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

/// As JavaScript's `encodeURIComponent` does it, and stricter by `!*'()`.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Why a template cannot be filled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadTemplate {
    /// Nowhere to put the target.
    #[error(
        "the template has no place for the target; write {{url}} where it belongs, as in https://link.example/?target={{url}}"
    )]
    NoPlace,
    /// A place that is not known.
    #[error(
        "`{{{found}}}` is no place for a target; write {{url}}, {{url:twice}}, {{url:base64}}, {{url:base64url}} or {{url:raw}}"
    )]
    UnknownPlace {
        /// What stands between the braces.
        found: String,
    },
    /// A brace without its partner.
    #[error("a `{{` is never closed; write {{url}}")]
    Unclosed,
    /// Filled, but no URL.
    #[error("the filled template is no URL ({cause}); it must start with https:// and a host")]
    NotAUrl {
        /// What the URL parser says.
        cause: url::ParseError,
    },
}

/// Fills a redirector's template with a target.
///
/// Places: `{url}` percent-encoded, `{url:twice}` percent-encoded twice, `{url:base64}`
/// (percent-encoded after, so that it may stand in a query), `{url:base64url}` (without
/// padding), `{url:raw}` as it is.
///
/// # Errors
/// [`BadTemplate`], with the remedy.
///
/// ```
/// let target = url::Url::parse("https://a.com/?b=1").unwrap();
/// let link = moongate_url::fill_template("https://link.example/?target={url}", &target)?;
/// assert_eq!(link.as_str(), "https://link.example/?target=https%3A%2F%2Fa.com%2F%3Fb%3D1");
/// # Ok::<(), moongate_url::BadTemplate>(())
/// ```
pub fn fill_template(template: &str, target: &Url) -> Result<Url, BadTemplate> {
    let mut out = String::new();
    let mut rest = template;
    let mut filled = false;
    while let Some((before, after)) = rest.split_once('{') {
        let (place, tail) = after.split_once('}').ok_or(BadTemplate::Unclosed)?;
        out.push_str(before);
        out.push_str(&spell(place, target.as_str())?);
        filled = true;
        rest = tail;
    }
    if !filled {
        return Err(BadTemplate::NoPlace);
    }
    out.push_str(rest);
    Url::parse(&out).map_err(|cause| BadTemplate::NotAUrl { cause })
}

fn spell(place: &str, target: &str) -> Result<String, BadTemplate> {
    let once = |text: &str| utf8_percent_encode(text, COMPONENT).to_string();
    match place {
        "url" => Ok(once(target)),
        "url:twice" => Ok(once(&once(target))),
        "url:base64" => Ok(once(&STANDARD.encode(target))),
        "url:base64url" => Ok(URL_SAFE_NO_PAD.encode(target)),
        "url:raw" => Ok(target.to_owned()),
        _ => Err(BadTemplate::UnknownPlace {
            found: place.to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let target = Url::parse("https://a.com/?b=1").unwrap();
        for (template, expected) in [
            (
                "https://l.com/?t={url}&x=1",
                "https://l.com/?t=https%3A%2F%2Fa.com%2F%3Fb%3D1&x=1",
            ),
            (
                "https://l.com/?t={url:twice}",
                "https://l.com/?t=https%253A%252F%252Fa.com%252F%253Fb%253D1",
            ),
            (
                "https://l.com/?t={url:base64}",
                "https://l.com/?t=aHR0cHM6Ly9hLmNvbS8%2FYj0x",
            ),
            (
                "https://l.com/{url:base64url}",
                "https://l.com/aHR0cHM6Ly9hLmNvbS8_Yj0x",
            ),
            (
                "https://l.com/?{url:raw}",
                "https://l.com/?https://a.com/?b=1",
            ),
        ] {
            assert_eq!(fill_template(template, &target).unwrap().as_str(), expected);
        }
        assert_eq!(
            fill_template("https://l.com/", &target),
            Err(BadTemplate::NoPlace)
        );
        assert_eq!(
            fill_template("https://l.com/{url", &target),
            Err(BadTemplate::Unclosed)
        );
        assert!(
            matches!(fill_template("https://l.com/{uri}", &target), Err(BadTemplate::UnknownPlace { found }) if found == "uri")
        );
        assert!(matches!(
            fill_template("l.com/{url}", &target),
            Err(BadTemplate::NotAUrl { .. })
        ));
    }
}
