//! What is wrong with a file, said so that its author can mend it: where, what was
//! found, what was expected, and the remedy; as data and drawn with the source line.
//!
//! This module knows positions and drawing. It is not for deciding what is a mistake.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use serde::Serialize;

/// Bytes of a file: start (included) and end (excluded), counted after a byte-order mark.
pub type Span = Range<usize>;

/// The largest file that is read, in bytes. An order is a few kilobytes.
pub const LARGEST_FILE_BYTES: usize = 4 << 20;

/// Mistakes kept of one file; further ones are only counted.
const MOST_MISTAKES: usize = 200;

/// Bytes of one source line that are drawn around a mistake before the line is clipped.
const WIDEST_LINE_BYTES: usize = 400;

/// One mistake, as data.
///
/// `line` and `column` count from 1; a column is one character, whatever its width on
/// the screen, so that editors jump to the right place in Chinese text as well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// The name the file was given by the caller.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// A stable name for this kind of mistake, such as `unknown-key`.
    pub code: &'static str,
    /// What stands there.
    pub found: String,
    /// What should stand there.
    pub expected: String,
    /// What to do about it.
    pub remedy: String,
    /// The bytes in question.
    pub span: Span,
    /// Other places that explain the mistake, such as the first of two equal ids.
    pub also: Vec<Also>,
}

/// Another place that helps to understand a mistake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Also {
    /// The bytes in question.
    pub span: Span,
    /// Line, from 1.
    pub line: usize,
    /// What is to be seen there.
    pub note: String,
}

/// A mistake before its place is known in lines and columns.
///
/// ```
/// use moongate_order::{Diagnostics, Mistake};
///
/// let mut diagnostics = Diagnostics::new("links.toml", "port = 99999\n");
/// diagnostics.add(
///     Mistake::new("out-of-range", 7..12)
///         .found("the port 99999")
///         .expected("a port between 1 and 65535")
///         .remedy("leave the key out to use 443"),
/// );
/// let drawn = diagnostics.render(false);
/// assert!(drawn.contains("links.toml:1:8"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    code: &'static str,
    span: Span,
    found: String,
    expected: String,
    remedy: String,
    also: Vec<(Span, String)>,
}

impl Mistake {
    /// A mistake of the kind `code` at `span`.
    #[must_use]
    pub fn new(code: &'static str, span: Span) -> Self {
        Self {
            code,
            span,
            found: String::new(),
            expected: String::new(),
            remedy: String::new(),
            also: Vec::new(),
        }
    }

    /// What stands there; reads on from "found".
    #[must_use]
    pub fn found(mut self, found: impl Into<String>) -> Self {
        self.found = found.into();
        self
    }

    /// What should stand there; reads on from "expected".
    #[must_use]
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = expected.into();
        self
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = remedy.into();
        self
    }

    /// Another place that explains the mistake.
    #[must_use]
    pub fn also(mut self, span: Span, note: impl Into<String>) -> Self {
        self.also.push((span, note.into()));
        self
    }
}

/// All mistakes of one file, in the order of their places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostics {
    file: Arc<str>,
    text: Arc<str>,
    list: Vec<Diagnostic>,
    omitted: usize,
}

impl Diagnostics {
    /// No mistakes yet in `text`, which the caller calls `file_name`.
    #[must_use]
    pub fn new(file_name: &str, text: &str) -> Self {
        Self {
            file: file_name.into(),
            text: without_byte_order_mark(text).into(),
            list: Vec::new(),
            omitted: 0,
        }
    }

    /// Adds a mistake; one that says the same of the same place is kept once.
    pub fn add(&mut self, mistake: Mistake) {
        let span = self.within(mistake.span);
        if let Some(known) = self
            .list
            .iter()
            .find(|known| known.span == span && known.code == mistake.code)
            && known.found == mistake.found
        {
            return;
        }
        if self.is_full() {
            self.omitted += 1;
            return;
        }
        let (line, column) = position(&self.text, span.start);
        let also = mistake
            .also
            .into_iter()
            .map(|(span, note)| {
                let span = self.within(span);
                let (line, _) = position(&self.text, span.start);
                Also { span, line, note }
            })
            .collect();
        let place = self
            .list
            .partition_point(|known| known.span.start <= span.start);
        self.list.insert(
            place,
            Diagnostic {
                file: self.file.to_string(),
                line,
                column,
                code: mistake.code,
                found: mistake.found,
                expected: mistake.expected,
                remedy: mistake.remedy,
                span,
                also,
            },
        );
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether further mistakes are only counted.
    pub(crate) fn is_full(&self) -> bool {
        self.list.len() >= MOST_MISTAKES
    }

    /// How many mistakes there are, those too many to keep included.
    pub fn len(&self) -> usize {
        self.list.len() + self.omitted
    }

    /// The mistakes, in the order of their places.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.list.iter()
    }

    /// The name the file was given by the caller.
    pub fn file_name(&self) -> &str {
        &self.file
    }

    /// Keeps only the mistakes for which `keep` holds.
    pub(crate) fn retain(&mut self, keep: impl FnMut(&Diagnostic) -> bool) {
        self.list.retain(keep);
    }

    /// `value` if nothing is wrong, otherwise the mistakes.
    ///
    /// # Errors
    /// These diagnostics themselves, when there is at least one mistake.
    pub fn into_outcome<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() {
            Ok(value)
        } else {
            Err(self)
        }
    }

    /// Draws every mistake with its source line, with terminal colours or without.
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        let mut drawn = String::new();
        for diagnostic in &self.list {
            drawn.push_str(&self.draw(diagnostic, &renderer));
            drawn.push_str("\n\n");
        }
        drawn.push_str(&self.closing_line());
        drawn
    }

    fn closing_line(&self) -> String {
        let file = visible(&self.file, 200);
        let more = match self.omitted {
            0 => String::new(),
            n => format!(", of which the last {n} are not shown"),
        };
        match self.len() {
            0 => format!("{file}: no mistakes\n"),
            1 => format!("{file}: 1 mistake\n"),
            n => format!("{file}: {n} mistakes{more}\n"),
        }
    }

    fn draw(&self, diagnostic: &Diagnostic, renderer: &Renderer) -> String {
        let excerpt = Excerpt::around(&self.text, diagnostic);
        let label = format!("expected {}", diagnostic.expected);
        let mut snippet = Snippet::source(excerpt.text.as_str())
            .line_start(excerpt.first_line)
            .annotation(
                AnnotationKind::Primary
                    .span(excerpt.primary.clone())
                    .label(label.as_str()),
            );
        for (span, note) in &excerpt.also {
            snippet = snippet.annotation(
                AnnotationKind::Context
                    .span(span.clone())
                    .label(note.as_str()),
            );
        }
        let title = format!("found {}", diagnostic.found);
        let title = Level::ERROR
            .primary_title(title.as_str())
            .id(diagnostic.code);
        let mut group = Group::with_title(title);
        let file = visible(&self.file, 200);
        if excerpt.clipped {
            // The drawn line begins in its middle, so its place must be said apart.
            let origin = Origin::path(file).line(diagnostic.line);
            group = group.element(origin.char_column(diagnostic.column));
        } else {
            snippet = snippet.path(file);
        }
        group = group.element(snippet);
        if !diagnostic.remedy.is_empty() {
            group = group.element(Level::HELP.message(diagnostic.remedy.as_str()));
        }
        renderer.render(&[group])
    }

    /// `span` moved inside the text and onto character boundaries.
    fn within(&self, span: Span) -> Span {
        let start = floor_boundary(&self.text, span.start);
        let end = floor_boundary(&self.text, span.end.max(start));
        start..end.max(start)
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Diagnostics {}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The part of the text that is drawn for one mistake, with spans moved into it.
struct Excerpt {
    text: String,
    first_line: usize,
    primary: Span,
    also: Vec<(Span, String)>,
    clipped: bool,
}

impl Excerpt {
    /// Lines from the first to the last place of the mistake; only the mistake's own line,
    /// clipped, where that would be too much to draw.
    fn around(text: &str, diagnostic: &Diagnostic) -> Self {
        let starts = diagnostic.also.iter().map(|also| also.span.start);
        let first = starts.clone().fold(diagnostic.span.start, usize::min);
        let last = starts.fold(diagnostic.span.start, usize::max);
        let from = line_start(text, first);
        let to = line_end(text, last);
        let widest = text
            .get(from..to)
            .map_or(0, |lines| lines.lines().map(str::len).max().unwrap_or(0));
        if widest > WIDEST_LINE_BYTES || to - from > 64 * WIDEST_LINE_BYTES {
            return Self::clipped(text, diagnostic);
        }
        let moved = |span: &Span| {
            let end = line_end(text, span.start).min(span.end).max(span.start);
            span.start - from..end - from
        };
        Self {
            text: text.get(from..to).unwrap_or_default().to_owned(),
            first_line: position(text, from).0,
            primary: moved(&diagnostic.span),
            also: diagnostic
                .also
                .iter()
                .map(|also| (moved(&also.span), also.note.clone()))
                .collect(),
            clipped: false,
        }
    }

    fn clipped(text: &str, diagnostic: &Diagnostic) -> Self {
        let start = diagnostic.span.start;
        let half = WIDEST_LINE_BYTES / 4;
        let from = line_start(text, start).max(floor_boundary(text, start.saturating_sub(half)));
        let to = line_end(text, start).min(floor_boundary(text, start + half));
        let end = diagnostic.span.end.min(to).max(start);
        Self {
            text: text.get(from..to).unwrap_or_default().to_owned(),
            first_line: diagnostic.line,
            primary: start - from..end - from,
            also: Vec::new(),
            clipped: true,
        }
    }
}

/// Turns the bytes of a file into text, or says why they are none.
///
/// # Errors
/// One diagnostic when the file is larger than [`LARGEST_FILE_BYTES`] or is not UTF-8;
/// UTF-16 is recognised by its byte-order mark and named.
pub fn decode(file_name: &str, bytes: &[u8]) -> Result<String, Diagnostics> {
    if bytes.len() > LARGEST_FILE_BYTES {
        return Err(too_large(file_name, bytes.len()));
    }
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return Ok(without_byte_order_mark(text).to_owned()),
        Err(error) => error,
    };
    let utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    let at = error.valid_up_to();
    let byte = bytes.get(at).copied().unwrap_or_default();
    // The readable part before the bad byte keeps its offsets; the bad byte becomes U+FFFD.
    let text = String::from_utf8_lossy(bytes);
    let mark = text.len() - without_byte_order_mark(&text).len();
    let mut diagnostics = Diagnostics::new(file_name, &text);
    let at = at.saturating_sub(mark);
    let mistake = Mistake::new("not-utf-8", at..at + '\u{fffd}'.len_utf8())
        .expected("text in UTF-8")
        .remedy("save the file as UTF-8 in your editor, then read it again");
    diagnostics.add(if utf16 {
        mistake.found("a file in UTF-16 (it begins with that byte-order mark)")
    } else {
        mistake.found(format!(
            "the byte 0x{byte:02x}, which is not UTF-8 (the file may be in GBK, Big5 or another older encoding)"
        ))
    });
    Err(diagnostics)
}

/// The diagnostic for a file too large to read.
pub(crate) fn too_large(file_name: &str, bytes: usize) -> Diagnostics {
    let mut diagnostics = Diagnostics::new(file_name, "");
    diagnostics.add(
        Mistake::new("too-large", 0..0)
            .found(format!("a file of {bytes} bytes"))
            .expected(format!("at most {LARGEST_FILE_BYTES} bytes"))
            .remedy("check that this is the right file"),
    );
    diagnostics
}

/// `text` without the byte-order mark that some editors put in front.
pub(crate) fn without_byte_order_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// Text from a file, made fit for a sentence: control characters escaped, at most
/// `longest` characters.
pub fn visible(text: &str, longest: usize) -> String {
    let mut shown = String::new();
    for (count, character) in text.chars().enumerate() {
        if count == longest {
            shown.push('…');
            break;
        }
        if character.is_control() || is_bidirectional_control(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Characters that reorder a line on the screen and so make it lie.
fn is_bidirectional_control(character: char) -> bool {
    matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Line and column, both from 1, of the byte `at`.
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let start = line_start(text, at);
    let column = before.get(start..).map_or(0, |line| line.chars().count()) + 1;
    (line, column)
}

fn line_start(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or(text);
    before.rfind('\n').map_or(0, |newline| newline + 1)
}

/// The end of the line that holds the byte `at`, without its line break.
fn line_end(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    let length = rest.find('\n').unwrap_or(rest.len());
    let line = rest.get(..length).unwrap_or_default();
    at.min(text.len()) + line.strip_suffix('\r').unwrap_or(line).len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_not_bytes() {
        let text = "标题 = \"链接\" x\n";
        let at = text.find('x').unwrap();
        assert_eq!(position(text, at), (1, 11));
        assert_eq!(position("a\r\nb", 3), (2, 1));
    }

    #[test]
    fn the_mark_stands_under_the_word_in_chinese_text() {
        let text = "标题 = \"链接\" x\n";
        let at = text.find('x').unwrap();
        let mut diagnostics = Diagnostics::new("f.toml", text);
        diagnostics.add(Mistake::new("c", at..at + 1).found("a").expected("b"));
        let drawn = diagnostics.render(false);
        // Each Chinese character is two columns wide: 2·2 + 3 + 1 + 2·2 + 2 = 14.
        assert!(
            drawn.contains(&format!("\n  | {}^ expected b", " ".repeat(14))),
            "{drawn}"
        );
        assert!(drawn.contains("f.toml:1:11"), "{drawn}");
    }

    #[test]
    fn bytes_that_are_no_text_are_located() {
        let outcome = decode("f.toml", b"a = 1\nb = \"\xc4\xe3\"\n");
        let diagnostics = outcome.unwrap_err();
        let first = diagnostics.iter().next().unwrap();
        assert_eq!((first.line, first.column, first.code), (2, 6, "not-utf-8"));
        let utf16 = decode("f.toml", b"\xff\xfea\0").unwrap_err();
        assert!(utf16.iter().next().unwrap().found.contains("UTF-16"));
        assert_eq!(decode("f", "\u{feff}a".as_bytes()).unwrap(), "a");
    }

    #[test]
    fn a_file_that_is_too_large_is_refused() {
        let bytes = vec![b'#'; LARGEST_FILE_BYTES + 1];
        let diagnostics = decode("f.toml", &bytes).unwrap_err();
        assert_eq!(diagnostics.iter().next().unwrap().code, "too-large");
    }

    #[test]
    fn a_very_long_line_is_clipped() {
        let text = format!("a = \"{}\" oops {}", "长".repeat(9000), "z".repeat(9000));
        let at = text.find("oops").unwrap();
        let mut diagnostics = Diagnostics::new("f.toml", &text);
        diagnostics.add(Mistake::new("c", at..at + 4).found("a").expected("b"));
        let drawn = diagnostics.render(false);
        assert!(drawn.len() < 2000, "{}", drawn.len());
        assert!(drawn.contains("oops"));
    }

    #[test]
    fn escapes_cannot_reach_the_terminal() {
        assert_eq!(
            visible("a\u{1b}[31m\u{202e}b", 99),
            "a\\u{1b}[31m\\u{202e}b"
        );
        assert_eq!(visible("abcdef", 3), "abc…");
    }
}
