//! Finding links in a message as a chat program shows it.
//!
//! A link ends where Chinese text or punctuation begins: chat programs cut there, and
//! full-width characters are never a part of an address. 口令 (pass codes such as
//! `￥AbC123￥` that an app reads from the clipboard) are no links. Host names in Chinese
//! count after a scheme only; bare addresses such as `1.2.3.4` do not count.
//!
//! Not for links inside HTML: there the `href` says it.

use std::ops::Range;

use crate::embedded::scheme_before;
use crate::link::{Link, MAX_LINK_BYTES};
use crate::site;

/// A link found in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundLink {
    /// Octets of the text where it stands.
    pub range: Range<usize>,
    /// The link.
    pub link: Link,
}

/// The links of a message, in order, none overlapping another.
///
/// ```
/// let text = "看看这个https://v.douyin.com/iRNBho6/，复制打开";
/// let found = moongate_url::links_in_text(text);
/// assert_eq!(found[0].link.as_seen(), "https://v.douyin.com/iRNBho6/");
/// ```
pub fn links_in_text(text: &str) -> Vec<FoundLink> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(range) = next_run(text, at) {
        at = range.end;
        let run = text.get(range.clone()).unwrap_or_default();
        links_in_run(text, run, range.start, &mut found);
    }
    // A run of a scheme may reach past its ASCII part, into a Chinese host.
    let mut end = 0;
    found.retain(|one| {
        let keep = one.range.start >= end;
        if keep {
            end = one.range.end;
        }
        keep
    });
    found
}

/// The next run of characters that an address may be made of.
fn next_run(text: &str, from: usize) -> Option<Range<usize>> {
    let rest = text.get(from..)?;
    let start = from + rest.find(is_address_char)?;
    let tail = text.get(start..)?;
    let end = start
        + tail
            .find(|letter| !is_address_char(letter))
            .unwrap_or(tail.len());
    Some(start..end)
}

fn is_address_char(letter: char) -> bool {
    letter.is_ascii_graphic()
        && !matches!(letter, '"' | '<' | '>' | '`' | '{' | '}' | '|' | '\\' | '^')
}

fn links_in_run(text: &str, run: &str, offset: usize, found: &mut Vec<FoundLink>) {
    let mut at = 0;
    while let Some(rest) = run.get(at..) {
        let Some(start) = scheme_in(rest) else {
            bare_in(text, rest, offset + at, found);
            return;
        };
        let before = rest.get(..start).unwrap_or_default();
        bare_in(text, before, offset + at, found);
        at += start;
        if let Some(one) = with_scheme(text, offset + at, offset + run.len()) {
            at = one.range.end.saturating_sub(offset).max(at + 1);
            found.push(one);
        } else {
            at += "http://".len();
        }
    }
}

fn scheme_in(run: &str) -> Option<usize> {
    run.match_indices("://")
        .find_map(|(at, _)| scheme_before(run, at))
}

/// The link with a scheme that starts at `start`; `run_end` is where ASCII ends.
fn with_scheme(text: &str, start: usize, run_end: usize) -> Option<FoundLink> {
    let after = start + text.get(start..)?.find("://")? + 3;
    let host_end = after + host_length(text.get(after..)?);
    // Who fails, fails by the part before the path: asked first, so that a hostile text
    // of many failures is not read to its end for each.
    let path = text
        .get(after..run_end.max(host_end))?
        .find(['/', '?', '#']);
    if let Some(path) = path {
        Link::parse(text.get(start..after + path)?).ok()?;
    }
    let mut end = host_end;
    let tail = text.get(host_end..run_end).unwrap_or_default();
    if tail.starts_with([':', '/', '?', '#', '@']) {
        // A second address right after the host of the first: `https://a.comhttps://b.com`.
        let stop = scheme_in(tail).filter(|at| *at == 0 || tail.starts_with("://"));
        end = host_end + stop.unwrap_or(tail.len());
    } else if host_end > run_end {
        // The host was Chinese; what follows it is ASCII again.
        let tail = text.get(host_end..)?;
        if tail.starts_with([':', '/', '?', '#']) {
            end = host_end
                + tail
                    .find(|letter| !is_address_char(letter))
                    .unwrap_or(tail.len());
        }
    }
    if end - start > MAX_LINK_BYTES {
        return None;
    }
    let end = start + trimmed(text.get(start..end)?).len();
    make(text, start..end)
}

/// How much of a text is a host: ASCII as far as it goes, and further if that makes a
/// host under a known public suffix (`中国移动.cn` but not `example.com看看`).
fn host_length(text: &str) -> usize {
    let ascii = text
        .find(|letter: char| !is_ascii_host(letter))
        .unwrap_or(text.len());
    let ascii_host = text.get(..ascii).unwrap_or_default();
    // `https://a.comhttps://b.com`: the host ends before the second scheme.
    if text
        .get(ascii..)
        .is_some_and(|rest| rest.starts_with("://"))
        && let Some(at) = scheme_before(text, ascii).filter(|at| *at > 0)
    {
        return at;
    }
    let wide = text
        .find(|letter: char| {
            !(is_ascii_host(letter) || letter.is_alphabetic() && !is_full_width(letter))
        })
        .unwrap_or(text.len())
        .min(512);
    if wide == ascii || site::is_under_icann_suffix(&ascii_host.to_ascii_lowercase()) {
        return ascii;
    }
    text.char_indices()
        .map(|(at, letter)| at + letter.len_utf8())
        .take_while(|end| *end <= wide)
        .filter(|end| *end > ascii)
        .filter(|end| {
            text.get(..*end)
                .is_some_and(|host| site::is_under_icann_suffix(&host.to_lowercase()))
        })
        .last()
        .unwrap_or(ascii)
}

fn is_ascii_host(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_' | '[' | ']')
}

fn is_full_width(letter: char) -> bool {
    matches!(letter, '\u{FF00}'..='\u{FFEF}')
}

/// Takes sentence punctuation off the end, and a closing bracket that nothing opened.
fn trimmed(text: &str) -> &str {
    let is_mark = |last: char| ".,;:!?'*~$([".contains(last);
    let text = text.trim_end_matches(is_mark);
    if !text.ends_with([')', ']']) {
        return text;
    }
    // Closing brackets too many, of each kind; counted once, for a hostile text has many.
    let surplus = |open, close| {
        let closed = text.matches(close).count();
        closed.saturating_sub(text.matches(open).count())
    };
    let (mut round, mut square) = (surplus('(', ')'), surplus('[', ']'));
    text.trim_end_matches(|last: char| match last {
        ')' => take_one(&mut round),
        ']' => take_one(&mut square),
        other => is_mark(other),
    })
}

/// Whether there was one left to take.
fn take_one(left: &mut usize) -> bool {
    let any = *left > 0;
    *left = left.saturating_sub(1);
    any
}

/// Links without a scheme in a run that holds none with one.
fn bare_in(text: &str, run: &str, offset: usize, found: &mut Vec<FoundLink>) {
    let mut at = 0;
    while let Some(rest) = run.get(at..).filter(|rest| !rest.is_empty()) {
        let is_host = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-');
        let Some(start) = rest.find(is_host).map(|start| at + start) else {
            return;
        };
        let tail = run.get(start..).unwrap_or_default();
        let length = tail.find(|letter| !is_host(letter)).unwrap_or(tail.len());
        at = start + length;
        let host = tail.get(..length).unwrap_or_default();
        let host = host.trim_end_matches(['.', '-']);
        let after = tail.get(host.len()..).unwrap_or_default();
        if !is_bare_link(text, offset + start, host, after) {
            // A path or a name with `@` is skipped as a whole, lest its parts be found.
            if after.starts_with(['/', '@', ':', '_']) {
                at += after.find(',').unwrap_or(after.len());
            }
            continue;
        }
        let length = bare_length(tail, host.len());
        let range = offset + start..offset + start + length;
        at = start + length;
        found.extend(make(text, range));
    }
}

fn bare_length(tail: &str, host: usize) -> usize {
    let after = tail.get(host..).unwrap_or_default();
    let goes_on = after.starts_with(['/', '?', '#'])
        || after
            .strip_prefix(':')
            .is_some_and(|port| port.starts_with(|digit: char| digit.is_ascii_digit()));
    if goes_on {
        trimmed(tail).len().max(host)
    } else {
        host
    }
}

/// Names that end like a country but are files; chat programs tell them apart alike.
const FILE_ENDINGS: &[&str] = &["md", "rs", "py", "sh", "zip", "mov", "pl", "ps"];

fn is_bare_link(text: &str, start: usize, host: &str, after: &str) -> bool {
    let before = text.get(..start).and_then(|text| text.chars().last());
    if before.is_some_and(|letter| {
        matches!(letter, '@' | '/' | '.' | '-' | '_' | '%' | '#' | '&' | '\\')
            || is_currency(letter)
    }) {
        return false;
    }
    let next = text
        .get(start + host.len()..)
        .and_then(|text| text.chars().next());
    if after.starts_with(['@', '_']) || next.is_some_and(is_currency) {
        return false;
    }
    let Some((_, suffix)) = host.rsplit_once('.') else {
        return false;
    };
    // `end.It`: a capital after the dot starts a sentence.
    if suffix.chars().any(|letter| letter.is_ascii_uppercase()) {
        return false;
    }
    let has_path = after.starts_with(['/', '?', '#']);
    let is_www = host
        .get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case("www."));
    if FILE_ENDINGS.contains(&suffix) && !has_path && !is_www {
        return false;
    }
    host.len() <= 253 && site::is_under_icann_suffix(&host.to_ascii_lowercase())
}

/// The signs that 口令 are written between.
fn is_currency(letter: char) -> bool {
    matches!(
        letter,
        '$' | '£' | '¥' | '€' | '₤' | '₳' | '¢' | '￥' | '＄' | '￠' | '￡'
    )
}

fn make(text: &str, range: Range<usize>) -> Option<FoundLink> {
    if range.len() > MAX_LINK_BYTES {
        return None;
    }
    let link = Link::parse(text.get(range.clone())?).ok()?;
    Some(FoundLink { range, link })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seen(text: &str) -> Vec<String> {
        let found = links_in_text(text);
        found
            .iter()
            .map(|one| one.link.as_seen().to_owned())
            .collect()
    }

    #[test]
    fn links_as_chats_show_them() {
        for (text, expected) in [
            ("https://a.com", vec!["https://a.com"]),
            ("看https://a.com/b看", vec!["https://a.com/b"]),
            ("看 https://example.com看看", vec!["https://example.com"]),
            ("（https://a.com/b）", vec!["https://a.com/b"]),
            ("“https://a.com/b”。", vec!["https://a.com/b"]),
            (
                "https://a.com/b，https://c.com/d。",
                vec!["https://a.com/b", "https://c.com/d"],
            ),
            ("https://a.com/b、c.com", vec!["https://a.com/b", "c.com"]),
            ("(https://a.com/b)", vec!["https://a.com/b"]),
            ("https://a.com/b_(c)", vec!["https://a.com/b_(c)"]),
            ("See https://a.com/b. And", vec!["https://a.com/b"]),
            ("<https://a.com/b>", vec!["https://a.com/b"]),
            (
                "https://a.comhttps://b.com/x",
                vec!["https://a.com", "https://b.com/x"],
            ),
            (
                "https://x.com/transfer?https://y.com/z",
                vec!["https://x.com/transfer?https://y.com/z"],
            ),
            ("HTTPS://A.COM/B", vec!["HTTPS://A.COM/B"]),
            ("https://中国移动.cn/a请看", vec!["https://中国移动.cn/a"]),
            ("https://中国移动.cn请看", vec!["https://中国移动.cn"]),
            ("http://127.0.0.1:8080/x", vec!["http://127.0.0.1:8080/x"]),
            ("http://[::1]:8080/x", vec!["http://[::1]:8080/x"]),
            (
                "http://chat.wechat.test:81/x",
                vec!["http://chat.wechat.test:81/x"],
            ),
            ("打开www.taobao.com看看", vec!["www.taobao.com"]),
            ("网址:v.douyin.com/abc/。", vec!["v.douyin.com/abc/"]),
            ("ｈｔｔｐｓ：／／ａ．ｃｏｍ", vec![]),
            ("https：//a.com/b", vec![]),
            ("me@weibo.com first.last@weibo.com", vec![]),
            ("readme.md main.rs 1.2.3 v1.0 e.g. end.It no.1", vec![]),
            ("weixin://dl/business taobao://item.taobao.com/1", vec![]),
            ("￥AbC123￥ 复制", vec![]),
            ("￥AbC.de￥ €x.com€ $y.cn$", vec![]),
            ("https://", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(seen(text), expected, "{text}");
        }
    }

    #[test]
    fn share_texts_hold_one_link_each() {
        for (text, expected) in [
            (
                "7.43 复制打开抖音，看看【某某的作品】今天 # 日常 https://v.douyin.com/iRNBho6/ 05/12 q@R.kP Njc:/ ",
                "https://v.douyin.com/iRNBho6/",
            ),
            (
                "【淘宝】https://m.tb.cn/h.5AbCdEf?tk=XyZ12345678 CZ0001 「商品」\n点击链接直接打开 或者 淘宝搜索直接打开",
                "https://m.tb.cn/h.5AbCdEf?tk=XyZ12345678",
            ),
            (
                "6@5.com :7pm 长按复制此条消息 https://v.kuaishou.com/abc",
                "https://v.kuaishou.com/abc",
            ),
            (
                "58 小明发布了一篇小红书笔记，快来看吧！ 😆 AbCdE 😆 http://xhslink.com/a/bC，复制本条信息",
                "http://xhslink.com/a/bC",
            ),
        ] {
            assert_eq!(seen(text), [expected], "{text}");
        }
    }

    /// Would not come to an end in anybody's patience if the search were quadratic.
    #[test]
    fn hostile_lengths_end() {
        for (piece, links) in [
            ("https://a:x/", 0),
            ("https://", 0),
            (")", 0),
            ("a.", 0),
            ("a.com,", 40_000),
            ("x/y", 0),
        ] {
            let found = links_in_text(&piece.repeat(40_000));
            assert!(found.len() >= links, "{piece}: {}", found.len());
        }
        let brackets = format!("https://a.com/{}", ")".repeat(60_000));
        assert_eq!(seen(&brackets), ["https://a.com/"]);
    }

    proptest! {
        #[test]
        fn ranges_are_exact_and_apart(text in "(?s)(.{0,10}|(https?://|www\\.)[a-z中。，.:/?#()]{0,20}|[a-z]{1,4}\\.(com|cn)){0,6}") {
            let mut end = 0;
            for one in links_in_text(&text) {
                prop_assert!(one.range.start >= end && one.range.end > one.range.start);
                prop_assert_eq!(text.get(one.range.clone()), Some(one.link.as_seen()));
                end = one.range.end;
            }
        }
    }
}
