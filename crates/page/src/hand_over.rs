//! Whether a response hands over to another address by itself.
//!
//! By status, by header, by `<meta>`, or by a script simple enough to follow.
//! A target that stands on the page only as a link or as text is no hand-over,
//! and neither is a redirect that waits for a click. The common page, which
//! hands over to nothing, is passed by one search over its bytes.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;
use regex::bytes::Regex as BytesRegex;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::html::{Piece, Tag, pieces};
use crate::script;
use crate::text::decode_text;
use crate::visit::HowReached;

/// Bytes of a page that are searched.
const SEARCHED: usize = 1 << 20;
/// Bytes of all scripts of a page that are followed.
const SCRIPTED: usize = 512 << 10;
/// A page that moves on later than this shows itself; it does not hand over.
const LONGEST_WAIT_S: f64 = 120.0;

/// Where a response sends the visitor, with no doing of theirs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HandOver {
    /// The next address; http or https.
    pub to: Url,
    /// By what, and after what announced wait.
    pub how: HowReached,
}

/// Whether the response to `base` hands over, and where to.
///
/// `headers` are as in [`crate::Hop::headers`]; `body` is decompressed and
/// may be cut short. Targets that are not http or https (an app's own scheme)
/// are not followed and give `None`.
///
/// ```
/// use moongate_page::{hand_over, HowReached};
/// let base = url::Url::parse("https://t.example/abc")?;
/// let headers = [("location".to_owned(), "//shop.example/x".to_owned())];
/// let over = hand_over(&base, 302, &headers, b"").unwrap();
/// assert_eq!(over.to.as_str(), "https://shop.example/x");
/// assert_eq!(over.how, HowReached::Location { status: 302 });
/// assert!(hand_over(&base, 200, &[], b"https://shop.example/x").is_none());
/// # Ok::<(), url::ParseError>(())
/// ```
pub fn hand_over(
    base: &Url,
    status: u16,
    headers: &[(String, String)],
    body: &[u8],
) -> Option<HandOver> {
    if matches!(status, 301 | 302 | 303 | 307 | 308)
        && let Some(to) = values(headers, "location").find_map(|value| address(base, value))
    {
        let how = HowReached::Location { status };
        return Some(HandOver { to, how });
    }
    by_refresh_header(base, headers).or_else(|| by_page(base, headers, body))
}

fn values<'a>(headers: &'a [(String, String)], name: &str) -> impl Iterator<Item = &'a str> {
    headers
        .iter()
        .filter(move |(found, _)| found.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}

/// `written`, resolved; `None` unless it leads somewhere over http or https.
fn address(base: &Url, written: &str) -> Option<Url> {
    let written = written.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    if written.is_empty() {
        return None;
    }
    let to = base.join(written).ok()?;
    (matches!(to.scheme(), "http" | "https") && to.has_host()).then_some(to)
}

/// As [`address`], but not the page itself: that is a page kept fresh.
fn other_address(base: &Url, from: &Url, written: &str) -> Option<Url> {
    let to = address(base, written)?;
    let (mut bare, mut here) = (to.clone(), from.clone());
    bare.set_fragment(None);
    here.set_fragment(None);
    (bare != here).then_some(to)
}

fn by_refresh_header(base: &Url, headers: &[(String, String)]) -> Option<HandOver> {
    values(headers, "refresh").find_map(|value| {
        let (delay_s, written) = refresh(value)?;
        let to = other_address(base, base, &written)?;
        let how = HowReached::RefreshHeader { delay_s };
        (delay_s <= LONGEST_WAIT_S).then_some(HandOver { to, how })
    })
}

/// Reads `5; url=…` as the HTML standard does ("shared declarative refresh
/// steps"), but keeps a fraction of a second.
fn refresh(value: &str) -> Option<(f64, String)> {
    let value = value.trim_start();
    let digits = value
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(value.len());
    let (time, rest) = value.split_at_checked(digits)?;
    let whole = time.split('.').next().unwrap_or_default();
    let delay_s: f64 = match time.parse() {
        Ok(delay) => delay,
        Err(_) if !whole.is_empty() => whole.parse().ok()?,
        Err(_) if time.starts_with('.') => 0.0,
        Err(_) => return None,
    };
    let separated = rest.trim_start();
    let written = match separated.strip_prefix([';', ',']) {
        Some(after) => after.trim_start(),
        None if separated.len() < rest.len() => separated,
        None => return None,
    };
    let written = without_url_prefix(written);
    let written = match written.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let inside = written.get(1..).unwrap_or_default();
            inside.split(quote).next().unwrap_or_default()
        }
        _ => written,
    };
    Some((delay_s, written.trim().to_owned()))
}

fn without_url_prefix(written: &str) -> &str {
    let is_prefixed = written
        .get(..3)
        .is_some_and(|start| start.eq_ignore_ascii_case("url"));
    let after = is_prefixed
        .then(|| written.get(3..))
        .flatten()
        .and_then(|rest| rest.trim_start().strip_prefix('='));
    after.map_or(written, str::trim_start)
}

/// What a page must hold to hand over at all.
static MAY_HAND_OVER: LazyLock<Option<BytesRegex>> = LazyLock::new(|| {
    BytesRegex::new(
        r"(?i-u)http-equiv|location|_self|_top|_parent|navigate\s*\(|\.click\(\)|http-&|\\x6c|\\u006c",
    )
    .ok()
});

/// What a script must hold to be worth following.
static MAY_REDIRECT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"location["']?\s*\]?\s*(?:[=\[]|\.\s*(?:href|replace|assign))|_self|_top|_parent|\bnavigate\s*\(|\.click\(\)"#,
    )
    .ok()
});

fn by_page(base: &Url, headers: &[(String, String)], body: &[u8]) -> Option<HandOver> {
    let body = body.get(..SEARCHED).unwrap_or(body);
    let passes = |regex: &LazyLock<Option<BytesRegex>>| {
        regex.as_ref().is_none_or(|regex| regex.is_match(body))
    };
    if !is_page(headers, body) || !(passes(&MAY_HAND_OVER) || has_wide_units(body)) {
        return None;
    }
    let html = match std::str::from_utf8(body) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(decode_text(headers, body).0),
    };
    Reading::of(base, &html).hand_over(base)
}

/// UTF-16, where no ASCII pattern matches.
fn has_wide_units(body: &[u8]) -> bool {
    body.starts_with(&[0xff, 0xfe]) || body.starts_with(&[0xfe, 0xff])
}

/// Whether a browser would show the body as a page.
pub(crate) fn is_page(headers: &[(String, String)], body: &[u8]) -> bool {
    match values(headers, "content-type").next() {
        Some(kind) => {
            let kind = kind.trim().to_ascii_lowercase();
            kind.is_empty() || kind.contains("html") || kind.contains("*/*")
        }
        None => body.contains(&b'<'),
    }
}

/// What of a page may make it hand over.
struct Reading<'a> {
    html: &'a str,
    base: Url,
    meta: Option<(f64, String)>,
    noscript_meta: Option<(f64, String)>,
    scripts: Vec<Cow<'a, str>>,
    onload: Option<String>,
}

impl<'a> Reading<'a> {
    fn of(base: &Url, html: &'a str) -> Self {
        let mut reading = Self {
            html,
            base: base.clone(),
            meta: None,
            noscript_meta: None,
            scripts: Vec::new(),
            onload: None,
        };
        let (mut templates, mut noscripts) = (0_u32, 0_u32);
        for piece in pieces(html) {
            match piece {
                Piece::Open(tag) if tag.name == "template" => templates += 1,
                Piece::Close(name) if name == "template" => {
                    templates = templates.saturating_sub(1);
                }
                _ if templates > 0 => {}
                Piece::Open(tag) if tag.name == "noscript" => noscripts += 1,
                Piece::Close(name) if name == "noscript" => {
                    noscripts = noscripts.saturating_sub(1);
                }
                Piece::Open(tag) => reading.open(&tag, noscripts > 0),
                Piece::Raw(tag, text)
                    if tag.name == "script" && noscripts == 0 && is_javascript(&tag) =>
                {
                    reading.scripts.push(Cow::Borrowed(text));
                }
                _ => {}
            }
        }
        reading
    }

    fn open(&mut self, tag: &Tag<'_>, in_noscript: bool) {
        match tag.name.as_ref() {
            "base" => {
                if let Some(base) = tag.get("href").and_then(|href| address(&self.base, &href)) {
                    self.base = base;
                }
            }
            "meta" => {
                let is_refresh = tag
                    .get("http-equiv")
                    .is_some_and(|value| value.trim().eq_ignore_ascii_case("refresh"));
                let slot = if in_noscript {
                    &mut self.noscript_meta
                } else {
                    &mut self.meta
                };
                if is_refresh && slot.is_none() {
                    *slot = tag
                        .get("content")
                        .and_then(|content| refresh(&content))
                        .filter(|(_, written)| !written.is_empty());
                }
            }
            "body" if self.onload.is_none() => {
                self.onload = tag.get("onload").map(Cow::into_owned);
            }
            _ => {}
        }
    }

    fn hand_over(self, from: &Url) -> Option<HandOver> {
        let script = self.by_script(from);
        let by_meta = |meta: &Option<(f64, String)>| {
            let (delay_s, written) = meta.as_ref()?;
            let to = other_address(&self.base, from, written)?;
            let how = HowReached::MetaRefresh { delay_s: *delay_s };
            (*delay_s <= LONGEST_WAIT_S).then_some((*delay_s, HandOver { to, how }))
        };
        let first = match (script, by_meta(&self.meta)) {
            (Some(script), Some(meta)) if meta.0 < script.0 => Some(meta.1),
            (Some(script), _) => Some(script.1),
            (None, meta) => meta.map(|meta| meta.1),
        };
        first.or_else(|| {
            // Within one site this is how pages send away visitors without
            // scripts; between sites it is a redirect.
            let over = by_meta(&self.noscript_meta)?.1;
            let is_same_site = over.to.origin() == from.origin();
            (self.scripts.is_empty() || !is_same_site).then_some(over)
        })
    }

    fn by_script(&self, from: &Url) -> Option<(f64, HandOver)> {
        let worth = |text: &str| {
            MAY_REDIRECT
                .as_ref()
                .is_none_or(|regex| regex.is_match(text))
        };
        let any = self.scripts.iter().any(|script| worth(script))
            || self.onload.as_deref().is_some_and(worth);
        if !any {
            return None;
        }
        let mut page = script::Page::new(from, script::Elements::of(self.html));
        let mut left = SCRIPTED;
        for source in &self.scripts {
            if source.len() <= left {
                left -= source.len();
                page.run(source);
            }
        }
        if let Some(onload) = &self.onload {
            page.run(onload);
        }
        let found = page.wait(LONGEST_WAIT_S * 1000.0)?;
        let to = other_address(&self.base, from, &found.to)?;
        let delay_s = found.after_ms / 1000.0;
        let form = found.form.to_owned();
        let how = HowReached::Script { form, delay_s };
        Some((delay_s, HandOver { to, how }))
    }
}

fn is_javascript(tag: &Tag<'_>) -> bool {
    let kind = tag
        .get("type")
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    tag.get("src").is_none_or(|src| src.is_empty())
        && (kind.is_empty()
            || kind == "module"
            || kind.contains("javascript")
            || kind.contains("ecmascript"))
}

#[cfg(test)]
mod tests;
