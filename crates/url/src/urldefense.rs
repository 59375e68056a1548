//! Links rewritten by Proofpoint URL Defense, forms v2 and v3.
//!
//! Source: Proofpoint help centre, URL Defense decoder (the form, not its code). In v3 the
//! target stands between `__` and the last `__;`; each character that was taken out
//! left a `*`, a run of them `**` and a letter for its length; the characters taken out
//! follow, as base64url of their UTF-8, up to `!`.

use crate::base64_text;

/// Lengths of runs are written as digits of base64url, counted from 2.
const RUN_LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// v2: `-` stands for `%` and `_` for `/`; the outcome is still percent-encoded.
pub(crate) fn v2(value: &str) -> Option<String> {
    let spelled: String = value
        .chars()
        .map(|letter| match letter {
            '-' => '%',
            '_' => '/',
            other => other,
        })
        .collect();
    crate::percent::decode(&spelled).or(Some(spelled))
}

/// v3: the target of a whole link. `None` where the form is not kept.
pub(crate) fn v3(link: &str) -> Option<String> {
    let (_, rest) = link.split_once("/v3/__")?;
    let (body, tail) = rest.rsplit_once("__;")?;
    let (taken, _) = tail.split_once('!')?;
    let taken = base64_text::decode(taken)?;
    let target = put_back(body, &taken)?;
    Some(mend_slashes(target))
}

fn put_back(body: &str, taken: &str) -> Option<String> {
    let mut taken = taken.chars();
    let mut letters = body.chars().peekable();
    let mut out = String::with_capacity(body.len());
    while let Some(letter) = letters.next() {
        if letter != '*' {
            out.push(letter);
            continue;
        }
        let run = if letters.next_if_eq(&'*').is_some() {
            RUN_LETTERS.find(letters.next()?)? + 2
        } else {
            1
        };
        for _ in 0..run {
            out.push(taken.next()?);
        }
    }
    Some(out)
}

/// Mail programs fold `https://` inside a path into `https:/`.
fn mend_slashes(target: String) -> String {
    for scheme in ["https:/", "http:/"] {
        if let Some(rest) = target.strip_prefix(scheme)
            && !rest.starts_with('/')
        {
            return format!("{scheme}/{rest}");
        }
    }
    target
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v3_puts_characters_back() {
        for (link, expected) in [
            (
                "https://urldefense.com/v3/__https://example.com/a__;!!tok$",
                Some("https://example.com/a"),
            ),
            (
                "https://urldefense.com/v3/__https:/example.com/a__;!!tok$",
                Some("https://example.com/a"),
            ),
            // `#` was taken out: base64 of "#" is Iw
            (
                "https://urldefense.com/v3/__https://example.com/a*b__;Iw!!tok$",
                Some("https://example.com/a#b"),
            ),
            // a run of two, "你好": 5L2g5aW9, `**A` = 2
            (
                "https://urldefense.com/v3/__https://example.com/**A/c__;5L2g5aW9!!tok$",
                Some("https://example.com/你好/c"),
            ),
            (
                "https://urldefense.com/v3/__https://example.com/*__;!!tok$",
                None,
            ),
            (
                "https://urldefense.com/v3/__https://example.com/**__;Iw!!tok$",
                None,
            ),
            ("https://urldefense.com/v3/nothing", None),
        ] {
            assert_eq!(v3(link).as_deref(), expected, "{link}");
        }
    }

    #[test]
    fn v2_undoes_its_two_letters() {
        assert_eq!(
            v2("https-3A__example.com_a-3Fb-3D1").as_deref(),
            Some("https://example.com/a?b=1")
        );
    }
}
