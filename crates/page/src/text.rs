//! The text of a page: its characters, its title, and what a visitor can see.

use std::sync::LazyLock;

use encoding_rs::{Encoding, UTF_8};
use regex::bytes::Regex;

use crate::html::{Piece, Tag, pieces, unescape};

/// Where a `<meta charset>` is looked for; the standard asks for the first
/// 1,024 bytes, pages do not always keep to it.
const CHARSET_WITHIN: usize = 4096;

static META_CHARSET: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?i-u)<meta[^>]{0,200}?charset\s*=\s*["']?\s*([a-z0-9_:.-]{2,40})"#).ok()
});

/// The characters of a body and the name of the encoding they were read in.
///
/// In the order of the HTML standard: byte order mark, `Content-Type` header,
/// `<meta>`; then UTF-8 if it is valid, and GB 18030 or windows-1252
/// otherwise. Never fails: what cannot be read becomes U+FFFD.
///
/// ```
/// let headers = [("content-type".to_owned(), "text/html; charset=GBK".to_owned())];
/// let (text, name) = moongate_page::decode_text(&headers, b"\xbc\xcc\xd0\xf8");
/// assert_eq!((text.as_str(), name), ("继续", "GBK"));
/// ```
pub fn decode_text(headers: &[(String, String)], body: &[u8]) -> (String, &'static str) {
    if let Some((encoding, mark)) = Encoding::for_bom(body) {
        let rest = body.get(mark..).unwrap_or_default();
        return (
            encoding.decode_without_bom_handling(rest).0.into_owned(),
            encoding.name(),
        );
    }
    let encoding = from_header(headers)
        .or_else(|| from_meta(body))
        .unwrap_or_else(|| guessed(body));
    let text = encoding.decode_without_bom_handling(body).0;
    (text.into_owned(), encoding.name())
}

fn from_header(headers: &[(String, String)]) -> Option<&'static Encoding> {
    let (_, kind) = headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-type"))?;
    let lower = kind.to_ascii_lowercase();
    let at = lower.find("charset=")?;
    let label = lower.get(at + 8..)?.trim_start_matches(['"', '\'', ' ']);
    let end = label
        .find(|c: char| matches!(c, '"' | '\'' | ';' | ',') || c.is_whitespace())
        .unwrap_or(label.len());
    Encoding::for_label(label.get(..end)?.as_bytes())
}

fn from_meta(body: &[u8]) -> Option<&'static Encoding> {
    let start = body.get(..CHARSET_WITHIN).unwrap_or(body);
    let captures = META_CHARSET.as_ref()?.captures(start)?;
    let encoding = Encoding::for_label(captures.get(1)?.as_bytes())?;
    // A page whose <meta> could be read as ASCII is not in UTF-16.
    Some(
        if encoding == encoding_rs::UTF_16LE || encoding == encoding_rs::UTF_16BE {
            UTF_8
        } else {
            encoding
        },
    )
}

fn guessed(body: &[u8]) -> &'static Encoding {
    let valid_to = match std::str::from_utf8(body) {
        Ok(_) => return UTF_8,
        Err(error) => error.valid_up_to(),
    };
    // A body cut short in the middle of a character is still UTF-8.
    if body.len() - valid_to < 4 {
        return UTF_8;
    }
    let start = body.get(..65_536).unwrap_or(body);
    let (_, bad) = encoding_rs::GB18030.decode_without_bom_handling(start);
    if bad {
        encoding_rs::WINDOWS_1252
    } else {
        encoding_rs::GB18030
    }
}

/// The text of the first `<title>`, white space collapsed.
///
/// ```
/// assert_eq!(moongate_page::title("<title> A &amp;\n B</title>").as_deref(), Some("A & B"));
/// ```
pub fn title(html: &str) -> Option<String> {
    pieces(html).find_map(|piece| match piece {
        Piece::Raw(tag, text) if tag.name == "title" => {
            let text = collapsed(&unescape(text));
            (!text.is_empty()).then_some(text)
        }
        _ => None,
    })
}

/// What a visitor can read on the page, as far as the page itself tells:
/// no scripts, styles, comments and templates, nothing under `hidden` or an
/// inline `display:none`. Blocks stand on lines of their own.
///
/// ```
/// let text = moongate_page::visible_text("<p>a<b hidden>b</b><script>c</script><p>d");
/// assert_eq!(text, "a\nd");
/// ```
pub fn visible_text(html: &str) -> String {
    let mut sight = Sight::default();
    let mut out = String::new();
    for piece in pieces(html) {
        sight.step(&piece);
        match &piece {
            Piece::Text(text) if sight.is_open() => out.push_str(&unescape(text)),
            Piece::Raw(tag, text) if tag.name == "textarea" && sight.is_open() => {
                out.push_str(&unescape(text));
            }
            Piece::Open(tag) if is_block(&tag.name) => out.push('\n'),
            Piece::Close(name) if is_block(name) => out.push('\n'),
            _ => {}
        }
    }
    let lines = out.lines().map(collapsed).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

/// Follows, piece by piece, whether what comes is shown.
///
/// An element that is hidden hides what it holds until its own end tag; end
/// tags are matched by counting those of the same name, so no tree is needed.
#[derive(Debug, Default)]
pub(crate) struct Sight {
    /// The hidden element we are in, and how many of its name are open in it.
    hidden_by: Option<(String, u32)>,
}

impl Sight {
    /// Takes in a piece; afterwards [`Sight::is_open`] holds for it.
    pub(crate) fn step(&mut self, piece: &Piece<'_>) {
        match (piece, &mut self.hidden_by) {
            (Piece::Open(tag), Some((name, open))) if tag.name == *name => *open += 1,
            (Piece::Close(closed), Some((name, open))) if closed == name => {
                *open -= 1;
                if *open == 0 {
                    self.hidden_by = None;
                }
            }
            (Piece::Open(tag), None) if is_hidden(tag) && !is_void(&tag.name) => {
                self.hidden_by = Some((tag.name.to_string(), 1));
            }
            _ => {}
        }
    }

    /// Whether what stands here is shown.
    pub(crate) fn is_open(&self) -> bool {
        self.hidden_by.is_none()
    }
}

/// Whether the tag alone hides its element.
pub(crate) fn is_hidden(tag: &Tag<'_>) -> bool {
    if matches!(
        tag.name.as_ref(),
        "template" | "noscript" | "head" | "datalist"
    ) {
        return true;
    }
    tag.attributes().any(|(name, value)| match name.as_ref() {
        "hidden" => !value.eq_ignore_ascii_case("false"),
        "style" => hides(&value),
        _ => false,
    })
}

fn hides(style: &str) -> bool {
    let plain: String = style
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect::<String>()
        .to_ascii_lowercase();
    plain.split(';').any(|rule| {
        let rule = rule.trim_end_matches("!important");
        matches!(
            rule,
            "display:none" | "visibility:hidden" | "opacity:0" | "font-size:0"
        )
    })
}

pub(crate) fn is_void(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "br"
            | "col"
            | "embed"
            | "hr"
            | "img"
            | "input"
            | "link"
            | "meta"
            | "source"
            | "track"
            | "wbr"
    )
}

pub(crate) fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "body"
            | "br"
            | "button"
            | "dd"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figure"
            | "footer"
            | "form"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "hr"
            | "li"
            | "main"
            | "nav"
            | "ol"
            | "option"
            | "p"
            | "pre"
            | "section"
            | "select"
            | "table"
            | "td"
            | "textarea"
            | "th"
            | "title"
            | "tr"
            | "ul"
    )
}

/// White space runs made one space, ends trimmed.
pub(crate) fn collapsed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace() || matches!(c, '\u{200b}' | '\u{feff}')) {
        if !word.is_empty() {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(word);
        }
    }
    out
}
