//! HTML cut into tags, texts and comments, in one pass over the bytes.
//!
//! Not a tree builder: a page that hides its continue button behind a million
//! open `<div>` must cost no more than its length. Raw text elements, quoted
//! attributes, comments and character references are read as browsers read
//! them; implied end tags and the like are left to the reader of the pieces.

use std::borrow::Cow;

/// One piece of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A start tag.
    Open(Tag<'a>),
    /// An end tag; the name in lower case.
    Close(Cow<'a, str>),
    /// Text between tags, character references not yet read.
    Text(&'a str),
    /// The inside of an element whose content is not markup, such as
    /// `script`, `style`, `title` and `textarea`. Its tags are not given again.
    Raw(Tag<'a>, &'a str),
}

/// A start tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag<'a> {
    /// In lower case.
    pub name: Cow<'a, str>,
    attributes: &'a str,
}

impl<'a> Tag<'a> {
    /// The attributes in order: name in lower case, value with its character
    /// references read.
    pub fn attributes(&self) -> Attributes<'a> {
        Attributes {
            rest: self.attributes,
        }
    }

    /// The first attribute of this name.
    pub fn get(&self, name: &str) -> Option<Cow<'a, str>> {
        self.attributes()
            .find(|(found, _)| found == name)
            .map(|(_, value)| value)
    }
}

/// Cuts `html` into pieces; comments, doctypes and processing instructions
/// are passed over.
pub fn pieces(html: &str) -> Pieces<'_> {
    Pieces { html, at: 0 }
}

/// See [`pieces`].
#[derive(Debug, Clone)]
pub struct Pieces<'a> {
    html: &'a str,
    at: usize,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        loop {
            let rest = self.html.get(self.at..)?;
            if rest.is_empty() {
                return None;
            }
            let Some(text_length) = markup_start(rest) else {
                self.at = self.html.len();
                return Some(Piece::Text(rest));
            };
            if text_length > 0 {
                self.at += text_length;
                return Some(Piece::Text(rest.get(..text_length)?));
            }
            if let Some(piece) = self.markup(rest) {
                return Some(piece);
            }
        }
    }
}

/// Where the first `<` stands that begins markup rather than text.
fn markup_start(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(offset) = text.get(from..)?.find('<') {
        let at = from + offset;
        match bytes.get(at + 1) {
            Some(b) if b.is_ascii_alphabetic() || matches!(b, b'/' | b'!' | b'?') => {
                return Some(at);
            }
            _ => from = at + 1,
        }
    }
    None
}

impl<'a> Pieces<'a> {
    /// Reads the markup at the start of `rest` and moves past it. `None` for
    /// markup that gives no piece.
    fn markup(&mut self, rest: &'a str) -> Option<Piece<'a>> {
        match rest.as_bytes().get(1) {
            Some(b'!') => {
                self.at += comment_length(rest);
                None
            }
            Some(b'?') => {
                self.at += rest.find('>').map_or(rest.len(), |end| end + 1);
                None
            }
            Some(b'/') => {
                let length = tag_length(rest);
                self.at += length.unwrap_or(rest.len());
                let name = tag_name(rest.get(2..)?);
                (length.is_some() && !name.is_empty()).then(|| Piece::Close(lower(name)))
            }
            _ => self.start_tag(rest),
        }
    }

    fn start_tag(&mut self, rest: &'a str) -> Option<Piece<'a>> {
        let Some(length) = tag_length(rest) else {
            self.at = self.html.len();
            return None;
        };
        self.at += length;
        let name = tag_name(rest.get(1..)?);
        let tag = Tag {
            name: lower(name),
            attributes: rest.get(1 + name.len()..length - 1).unwrap_or_default(),
        };
        if !is_raw(&tag.name) {
            return Some(Piece::Open(tag));
        }
        let inside = self.html.get(self.at..)?;
        let (text, close) = raw_content(inside, &tag.name);
        self.at += text.len() + close;
        Some(Piece::Raw(tag, text))
    }
}

fn is_raw(name: &str) -> bool {
    matches!(
        name,
        "script"
            | "style"
            | "textarea"
            | "title"
            | "xmp"
            | "iframe"
            | "noembed"
            | "noframes"
            | "plaintext"
    )
}

/// The text up to the end tag of `name`, and the end tag's length.
fn raw_content<'a>(inside: &'a str, name: &str) -> (&'a str, usize) {
    if name == "plaintext" {
        return (inside, 0);
    }
    let bytes = inside.as_bytes();
    let mut from = 0;
    while let Some(offset) = inside.get(from..).and_then(|rest| rest.find("</")) {
        let at = from + offset;
        let after = at + 2 + name.len();
        let named = bytes
            .get(at + 2..after)
            .is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()));
        let ended = bytes
            .get(after)
            .is_none_or(|b| b.is_ascii_whitespace() || matches!(b, b'>' | b'/'));
        if named && ended {
            let text = inside.get(..at).unwrap_or_default();
            let close = inside.get(at..).unwrap_or_default();
            return (text, tag_length(close).unwrap_or(close.len()));
        }
        from = at + 2;
    }
    (inside, 0)
}

/// Bytes of the `<!…` at the start of `rest`.
fn comment_length(rest: &str) -> usize {
    if !rest.starts_with("<!--") {
        return rest.find('>').map_or(rest.len(), |end| end + 1);
    }
    if rest.starts_with("<!-->") {
        return 5;
    }
    if rest.starts_with("<!--->") {
        return 6;
    }
    let inside = rest.get(4..).unwrap_or_default();
    let ends = ["-->", "--!>"]
        .iter()
        .filter_map(|end| inside.find(end).map(|at| (at, end.len())));
    ends.min()
        .map_or(rest.len(), |(at, length)| 4 + at + length)
}

/// Bytes of the tag at the start of `rest`, `>` included; quoted attribute
/// values may hold a `>`. `None` if the page ends inside the tag.
fn tag_length(rest: &str) -> Option<usize> {
    let mut quote = None;
    let mut after_equals = false;
    for (at, byte) in rest.bytes().enumerate().skip(1) {
        match (quote, byte) {
            (Some(open), _) => quote = (open != byte).then_some(open),
            (None, b'>') => return Some(at + 1),
            (None, b'"' | b'\'') if after_equals => {
                quote = Some(byte);
                after_equals = false;
            }
            (None, b'=') => after_equals = true,
            (None, b' ' | b'\t' | b'\n' | b'\r' | 0x0c) => {}
            (None, _) => after_equals = false,
        }
    }
    None
}

fn tag_name(text: &str) -> &str {
    let end = text
        .bytes()
        .position(|b| b.is_ascii_whitespace() || matches!(b, b'>' | b'/'))
        .unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

fn lower(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

/// See [`Tag::attributes`].
#[derive(Debug, Clone)]
pub struct Attributes<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (Cow<'a, str>, Cow<'a, str>);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self
            .rest
            .trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if rest.is_empty() {
            self.rest = rest;
            return None;
        }
        let name_end = rest
            .char_indices()
            .position_of(|(at, c)| {
                at > 0 && (c == '=' || c == '/' || c == '>') || c.is_ascii_whitespace()
            })
            .unwrap_or(rest.len());
        let (name, after) = rest.split_at_checked(name_end)?;
        let spaceless = after.trim_start_matches(|c: char| c.is_ascii_whitespace());
        let Some(value) = spaceless.strip_prefix('=') else {
            self.rest = after;
            return Some((lower(name), Cow::Borrowed("")));
        };
        let value = value.trim_start_matches(|c: char| c.is_ascii_whitespace());
        let (value, after) = attribute_value(value);
        self.rest = after;
        Some((lower(name), unescape(value)))
    }
}

fn attribute_value(text: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(inside) = text.strip_prefix(quote) {
            return inside.split_once(quote).unwrap_or((inside, ""));
        }
    }
    let end = text
        .find(|c: char| c.is_ascii_whitespace())
        .unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// Finds the byte offset of the first pair a test accepts.
trait PositionOf {
    fn position_of(self, accepts: impl Fn((usize, char)) -> bool) -> Option<usize>;
}

impl PositionOf for std::str::CharIndices<'_> {
    fn position_of(mut self, accepts: impl Fn((usize, char)) -> bool) -> Option<usize> {
        self.find(|pair| accepts(*pair)).map(|(at, _)| at)
    }
}

/// Reads the character references of `text`: all numeric ones, and the named
/// ones that occur in addresses and in the languages of western Europe.
pub fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, after) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        if let Some((character, length)) = reference(after) {
            out.push_str(&character);
            rest = after.get(length..).unwrap_or_default();
        } else {
            out.push('&');
            rest = after.get(1..).unwrap_or_default();
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The character reference at the start of `text` and its length.
fn reference(text: &str) -> Option<(String, usize)> {
    let inside = text.get(1..)?;
    if let Some(number) = inside.strip_prefix('#') {
        let (radix, digits) = match number.strip_prefix(['x', 'X']) {
            Some(hex) => (16, hex),
            None => (10, number),
        };
        let length = digits
            .bytes()
            .take_while(|b| (*b as char).is_digit(radix))
            .count();
        let code = u32::from_str_radix(digits.get(..length.min(9))?, radix).ok()?;
        let character = char::from_u32(code)
            .filter(|c| *c != '\0')
            .unwrap_or('\u{fffd}');
        let prefix = if radix == 16 { 3 } else { 2 };
        let semicolon = usize::from(digits.as_bytes().get(length) == Some(&b';'));
        return Some((character.to_string(), prefix + length + semicolon));
    }
    let length = inside
        .bytes()
        .take(10)
        .take_while(u8::is_ascii_alphanumeric)
        .count();
    let name = inside.get(..length)?;
    let semicolon = inside.as_bytes().get(length) == Some(&b';');
    let character = NAMED.iter().find(|(found, _)| *found == name)?.1;
    // Without its semicolon a reference counts only where it cannot be the
    // name of a query parameter.
    let bare = matches!(name, "amp" | "lt" | "gt" | "quot" | "nbsp")
        && inside.as_bytes().get(length) != Some(&b'=');
    (semicolon || bare).then(|| (character.to_string(), 1 + length + usize::from(semicolon)))
}

/// Source: the named character references of the HTML standard, section 13.5.
const NAMED: &[(&str, &str)] = &[
    ("amp", "&"),
    ("lt", "<"),
    ("gt", ">"),
    ("quot", "\""),
    ("apos", "'"),
    ("nbsp", "\u{a0}"),
    ("colon", ":"),
    ("sol", "/"),
    ("bsol", "\\"),
    ("quest", "?"),
    ("equals", "="),
    ("num", "#"),
    ("percnt", "%"),
    ("period", "."),
    ("comma", ","),
    ("semi", ";"),
    ("lpar", "("),
    ("rpar", ")"),
    ("lowbar", "_"),
    ("commat", "@"),
    ("excl", "!"),
    ("plus", "+"),
    ("ast", "*"),
    ("Tab", "\t"),
    ("NewLine", "\n"),
    ("ldquo", "\u{201c}"),
    ("rdquo", "\u{201d}"),
    ("lsquo", "\u{2018}"),
    ("rsquo", "\u{2019}"),
    ("laquo", "\u{ab}"),
    ("raquo", "\u{bb}"),
    ("hellip", "\u{2026}"),
    ("ndash", "\u{2013}"),
    ("mdash", "\u{2014}"),
    ("middot", "\u{b7}"),
    ("bull", "\u{2022}"),
    ("copy", "\u{a9}"),
    ("reg", "\u{ae}"),
    ("trade", "\u{2122}"),
    ("deg", "\u{b0}"),
    ("times", "\u{d7}"),
    ("rarr", "\u{2192}"),
    ("larr", "\u{2190}"),
    ("rsaquo", "\u{203a}"),
    ("lsaquo", "\u{2039}"),
    ("ensp", "\u{2002}"),
    ("emsp", "\u{2003}"),
    ("thinsp", "\u{2009}"),
    ("zwj", "\u{200d}"),
    ("zwnj", "\u{200c}"),
    ("shy", "\u{ad}"),
    ("euro", "\u{20ac}"),
    ("agrave", "à"),
    ("aacute", "á"),
    ("acirc", "â"),
    ("atilde", "ã"),
    ("auml", "ä"),
    ("aring", "å"),
    ("aelig", "æ"),
    ("ccedil", "ç"),
    ("egrave", "è"),
    ("eacute", "é"),
    ("ecirc", "ê"),
    ("euml", "ë"),
    ("igrave", "ì"),
    ("iacute", "í"),
    ("icirc", "î"),
    ("iuml", "ï"),
    ("ntilde", "ñ"),
    ("ograve", "ò"),
    ("oacute", "ó"),
    ("ocirc", "ô"),
    ("otilde", "õ"),
    ("ouml", "ö"),
    ("oslash", "ø"),
    ("ugrave", "ù"),
    ("uacute", "ú"),
    ("ucirc", "û"),
    ("uuml", "ü"),
    ("szlig", "ß"),
    ("Agrave", "À"),
    ("Aacute", "Á"),
    ("Acirc", "Â"),
    ("Auml", "Ä"),
    ("Ccedil", "Ç"),
    ("Egrave", "È"),
    ("Eacute", "É"),
    ("Ecirc", "Ê"),
    ("Ouml", "Ö"),
    ("Uuml", "Ü"),
    ("oelig", "œ"),
    ("iexcl", "¡"),
    ("iquest", "¿"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(html: &str) -> Vec<String> {
        pieces(html)
            .map(|piece| match piece {
                Piece::Open(tag) => format!("<{}", tag.name),
                Piece::Close(name) => format!("/{name}"),
                Piece::Text(text) => text.to_owned(),
                Piece::Raw(tag, text) => format!("{}[{text}]", tag.name),
            })
            .collect()
    }

    #[test]
    fn pages_are_cut_as_browsers_cut_them() {
        let table: &[(&str, &[&str])] = &[
            ("a<b>c</b>", &["a", "<b", "c", "/b"]),
            ("<!-- <a> -->x", &["x"]),
            ("<!--><a>", &["<a"]),
            ("<!--a--!>x", &["x"]),
            ("1 < 2 <3", &["1 < 2 <3"]),
            ("<SCRIPT>a</b></Script >x", &["script[a</b>]", "x"]),
            ("<textarea><a></textarea>", &["textarea[<a>]"]),
            ("<a title='>'>x", &["<a", "x"]),
            ("<a title=\"x", &[]),
            ("<title>never closed", &["title[never closed]"]),
            ("<!DOCTYPE html><?php ?>x", &["x"]),
        ];
        for (html, expected) in table {
            assert_eq!(names(html), *expected, "{html}");
        }
    }

    #[test]
    fn attributes_are_read_with_or_without_quotes() {
        let html = "<a HREF=x data-x = 'y&amp;z' checked q=\"&#x4e2d;&copy=1\"/>";
        let Some(Piece::Open(tag)) = pieces(html).next() else {
            panic!("no tag");
        };
        let found: Vec<_> = tag.attributes().collect();
        let expected = [
            ("href", "x"),
            ("data-x", "y&z"),
            ("checked", ""),
            ("q", "中&copy=1"),
        ];
        assert_eq!(found.len(), expected.len());
        for ((name, value), (want_name, want_value)) in found.iter().zip(expected) {
            assert_eq!((name.as_ref(), value.as_ref()), (want_name, want_value));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_cut_to_its_end(html in "(<|>|</|<!--|-->|script|style|'|\"|=| |&|#|;|é){0,60}") {
            for piece in pieces(&html) {
                if let Piece::Open(tag) | Piece::Raw(tag, _) = piece {
                    prop_assert!(tag.attributes().count() <= html.len());
                }
            }
        }
    }
}
