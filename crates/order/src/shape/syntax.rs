//! TOML into values with spans, past syntax errors.
//!
//! After a syntax error the statement that holds it is blanked and the rest is read
//! again, so that one slip yields one diagnostic and the other mistakes of the file are
//! found in the same run. Depth and size are bounded whatever the input.

use std::ops::Range;

use jiff::Timestamp;
use jiff::civil::Date;
use toml::de::{DeTable, DeValue, Error};

use super::value::{Entries, Entry, Spanned, Value};
use crate::diagnostic::{Diagnostics, Mistake, Span, visible, without_byte_order_mark};

/// Syntax errors looked for in one file.
const MOST_SYNTAX_ERRORS: usize = 20;

/// Tables and lists within each other; an order needs five.
const DEEPEST: usize = 32;

/// Reads `text`; what cannot be read is diagnosed and left out.
pub(super) fn parse(text: &str, diagnostics: &mut Diagnostics) -> Entries {
    let mut readable = without_byte_order_mark(text).to_owned();
    for _ in 0..MOST_SYNTAX_ERRORS {
        let (table, errors) = DeTable::parse_recoverable(&readable);
        let table = DeValue::Table(table.into_inner());
        let Some(error) = first(errors) else {
            return convert(table, readable.len(), diagnostics);
        };
        dismantle(table);
        let trouble = Trouble::locate(&readable, &error);
        diagnostics.add(trouble.explain(&readable, &error));
        if !blank(&mut readable, trouble.statement) {
            break;
        }
    }
    Entries::default()
}

fn first(errors: Vec<Error>) -> Option<Error> {
    errors
        .into_iter()
        .min_by_key(|error| error.span().map_or(usize::MAX, |span| span.start))
}

/// A syntax error with the statement that must be blanked to read on.
struct Trouble {
    span: Span,
    statement: Span,
    unclosed: bool,
}

impl Trouble {
    fn locate(text: &str, error: &Error) -> Self {
        let Some(span) = error.span() else {
            return Self {
                span: 0..0,
                statement: 0..text.len(),
                unclosed: false,
            };
        };
        let line = line_of(text, span.start);
        let message = error.message();
        // A header read as a value means that a list before it was never closed.
        let in_brackets = message.contains("inline table")
            || message.contains("array") && !message.contains("array table")
            || message.contains("must be quoted") && is_header(text, &line);
        if in_brackets && let Some(opening) = opening_before(text, &line) {
            let closed = !message.starts_with("unclosed") && !begins_statement(text, &line);
            return Self::in_brackets(text, span, line, opening, closed);
        }
        if let Some(quotes) = open_quotes(text, span.start, message) {
            return Self {
                statement: line_of(text, quotes.start).start..text.len(),
                span: quotes,
                unclosed: true,
            };
        }
        let begins_table = text
            .get(line.clone())
            .is_some_and(|line| line.trim_start().starts_with('['));
        let end = if begins_table {
            next_header(text, line.end)
        } else {
            line.end
        };
        Self {
            span,
            statement: line.start..end,
            unclosed: false,
        }
    }

    /// An error inside brackets that were opened on an earlier line: either a slip between
    /// them, or they were never closed and ran into the next statement.
    fn in_brackets(text: &str, span: Span, line: Span, opening: usize, closed: bool) -> Self {
        let start = line_of(text, opening).start;
        if closed || start == line.start {
            Self {
                span,
                statement: start..line.end,
                unclosed: false,
            }
        } else {
            let unfinished = begins_statement(text, &line);
            Self {
                span: opening..opening + 1,
                statement: start..if unfinished { line.start } else { line.end },
                unclosed: true,
            }
        }
    }

    fn explain(&self, text: &str, error: &Error) -> Mistake {
        let (description, expected) = error
            .message()
            .split_once(", expected ")
            .unwrap_or((error.message(), "something else"));
        let written = text.get(self.span.clone()).unwrap_or_default();
        let found = visible(written, 60);
        if self.unclosed {
            return Mistake::new("syntax", self.span.clone())
                .found(format!("`{found}` that is never closed"))
                .expected("its other half")
                .remedy("close it where the value ends");
        }
        if description.contains("recurs") {
            return Mistake::new("nested-too-deep", self.span.clone())
                .found("values nested too deeply to be read")
                .expected(format!("at most {DEEPEST} levels"))
                .remedy("write the value flat, with a table of its own");
        }
        let mistake = match description {
            "duplicate key" => Mistake::new("duplicate-key", self.span.clone())
                .found(format!("the key `{found}` a second time"))
                .expected("each key once in a table")
                .remedy("remove one of the two, or write `[[…]]` if several rows were meant"),
            "string values must be quoted" if written.trim().is_empty() => {
                Mistake::new("syntax", self.span.clone())
                    .found("no value behind `=`")
                    .expected("a value")
                    .remedy("write the value, or remove the line")
            }
            "string values must be quoted" => Mistake::new("syntax", self.span.clone())
                .found(format!("`{found}` without quotes"))
                .expected("a value; text stands in quotes")
                .remedy(format!("write \"{found}\"")),
            _ if description.starts_with("invalid date") && looks_like_date(written) => {
                Mistake::new("impossible-date", self.span.clone())
                    .found(format!("the date `{found}`, which no calendar has"))
                    .expected(format!("a {expected}"))
                    .remedy("correct the date; it is written year-month-day")
            }
            _ if is_about_time(description) => Mistake::new("bad-date", self.span.clone())
                .found(format!("`{found}`, which is no date or time"))
                .expected(expected)
                .remedy("write a date as 2021-09-17, an instant as 2021-09-17T18:00:00+08:00"),
            _ => Mistake::new("syntax", self.span.clone())
                .found(if found.trim().is_empty() {
                    format!("a slip in the TOML: {description}")
                } else {
                    format!("a slip in the TOML at `{found}`: {description}")
                })
                .expected(expected)
                .remedy("correct the line; the form of TOML is told at https://toml.io"),
        };
        match description {
            "key with no value" => mistake.remedy("write `key = value`"),
            "unclosed table" | "unclosed array table" => {
                mistake.remedy("close the header: `[name]` for a table, `[[name]]` for a row")
            }
            _ => mistake,
        }
    }
}

fn is_about_time(description: &str) -> bool {
    ["invalid date", "invalid time", "invalid offset"]
        .iter()
        .any(|start| description.starts_with(start))
}

/// Whether `written` has the form of a date, so that only its calendar can be wrong.
fn looks_like_date(written: &str) -> bool {
    let mut bytes = written.bytes();
    "dddd-dd-dd".bytes().all(|form| match (form, bytes.next()) {
        (b'd', Some(byte)) => byte.is_ascii_digit(),
        (_, byte) => byte == Some(b'-'),
    })
}

/// The line that holds the byte `at`, with its line break; at the end of the text the
/// last line that is not empty.
fn line_of(text: &str, at: usize) -> Span {
    let before = text.get(..at).unwrap_or(text);
    let before = if at >= text.len() {
        before.trim_end()
    } else {
        before
    };
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let rest = text.get(start..).unwrap_or_default();
    let end = start + rest.find('\n').map_or(rest.len(), |newline| newline + 1);
    start..end
}

/// Whether the line reads `key = …` or `[header]`.
fn begins_statement(text: &str, line: &Span) -> bool {
    let content = text.get(line.clone()).unwrap_or_default();
    is_header(text, line)
        || content
            .split_once('=')
            .is_some_and(|(key, _)| is_bare(key.trim()))
}

/// Whether the line reads `[header]` or `[[header]]`.
fn is_header(text: &str, line: &Span) -> bool {
    let line = text.get(line.clone()).unwrap_or_default().trim();
    line.starts_with('[')
        && line.ends_with(']')
        && is_bare(line.trim_matches(|c| c == '[' || c == ']'))
}

fn is_bare(key: &str) -> bool {
    !key.is_empty()
        && key
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_. ".contains(c))
}

/// The bracket or brace behind the `=` of the last statement that opens one, at or before
/// `line`.
fn opening_before(text: &str, line: &Span) -> Option<usize> {
    let mut end = line.end;
    while end > 0 {
        let line = line_of(text, end - 1);
        let content = text.get(line.clone())?;
        if let Some(equals) = content.find('=')
            && begins_statement(text, &line)
        {
            let value = content.get(equals + 1..)?;
            let blanks = value.len() - value.trim_start().len();
            if value.trim_start().starts_with(['[', '{']) {
                return Some(line.start + equals + 1 + blanks);
            }
        }
        end = line.start;
    }
    None
}

/// The opening quotes of a multi-line text that never ends.
fn open_quotes(text: &str, at: usize, message: &str) -> Option<Span> {
    if !message.contains("multi-line") || at < text.trim_end().len() {
        return None;
    }
    let quotes = if message.contains("literal") {
        "'''"
    } else {
        "\"\"\""
    };
    let start = text.rfind(quotes)?;
    Some(start..start + quotes.len())
}

/// Where the next line that begins with `[` starts.
fn next_header(text: &str, from: usize) -> usize {
    let mut at = from;
    for line in text.get(from..).unwrap_or_default().split_inclusive('\n') {
        if line.trim_start().starts_with('[') {
            return at;
        }
        at += line.len();
    }
    at
}

/// Overwrites the bytes of `range` with blanks, keeping line breaks and so all offsets;
/// answers whether anything changed.
fn blank(text: &mut String, range: Range<usize>) -> bool {
    let (Some(before), Some(inside), Some(after)) = (
        text.get(..range.start),
        text.get(range.clone()),
        text.get(range.end..),
    ) else {
        return false;
    };
    if inside.trim().is_empty() {
        return false;
    }
    let mut blanked = String::with_capacity(text.len());
    blanked.push_str(before);
    for character in inside.chars() {
        if character == '\n' {
            blanked.push('\n');
        } else {
            blanked.extend(std::iter::repeat_n(' ', character.len_utf8()));
        }
    }
    blanked.push_str(after);
    *text = blanked;
    true
}

/// The values of the outermost table.
fn convert(table: DeValue<'_>, length: usize, diagnostics: &mut Diagnostics) -> Entries {
    let mut entries = Entries::default();
    if let DeValue::Table(table) = table {
        entries = convert_table(table, 0..0, DEEPEST, diagnostics);
    }
    debug_assert!(entries.span.end <= length);
    entries
}

fn convert_table(
    table: DeTable<'_>,
    span: Span,
    levels: usize,
    diagnostics: &mut Diagnostics,
) -> Entries {
    let mut list: Vec<Entry> = table
        .into_iter()
        .map(|(key, value)| {
            let key_span = key.span();
            let value_span = value.span();
            Entry {
                key: Spanned {
                    value: key.into_inner().into_owned(),
                    span: key_span,
                },
                value: Spanned {
                    value: convert_value(value.into_inner(), &value_span, levels, diagnostics),
                    span: value_span,
                },
            }
        })
        .collect();
    list.sort_by_key(|entry| entry.key.span.start);
    Entries { span, list }
}

fn convert_value(
    value: DeValue<'_>,
    span: &Span,
    levels: usize,
    diagnostics: &mut Diagnostics,
) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.into_owned()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(
                |_| Value::Other("a whole number beyond 64 bits".to_owned()),
                Value::Integer,
            ),
        DeValue::Float(number) => number.as_str().parse().map_or_else(
            |_| Value::Other("a number that cannot be read".to_owned()),
            Value::Number,
        ),
        DeValue::Boolean(flag) => Value::Flag(flag),
        DeValue::Datetime(datetime) => convert_datetime(
            &datetime.to_string(),
            datetime.date.is_some(),
            datetime.time.is_some(),
            datetime.offset.is_some(),
        ),
        nested if levels == 0 => {
            dismantle(nested);
            diagnostics.add(
                Mistake::new("nested-too-deep", span.clone())
                    .found("values nested too deeply")
                    .expected(format!("at most {DEEPEST} levels"))
                    .remedy("write the value flat, with a table of its own"),
            );
            Value::Other("a value nested too deeply".to_owned())
        }
        DeValue::Array(array) => Value::List(
            array
                .into_iter()
                .map(|item| {
                    let span = item.span();
                    Spanned {
                        value: convert_value(item.into_inner(), &span, levels - 1, diagnostics),
                        span,
                    }
                })
                .collect(),
        ),
        DeValue::Table(table) => {
            Value::Table(convert_table(table, span.clone(), levels - 1, diagnostics))
        }
    }
}

fn convert_datetime(written: &str, date: bool, time: bool, offset: bool) -> Value {
    match (date, time, offset) {
        (true, false, false) => written.parse::<Date>().map_or_else(
            |_| Value::Other(format!("the date {written}, which no calendar has")),
            Value::Date,
        ),
        (true, true, true) => written.parse::<Timestamp>().map_or_else(
            |_| Value::Other(format!("the instant {written}, which cannot be reckoned")),
            Value::Instant,
        ),
        (true, true, false) => Value::Other(format!(
            "the date and time {written} without its offset from UTC"
        )),
        _ => Value::Other(format!("the time of day {written}")),
    }
}

/// Takes nested values apart without recursion: dotted keys inside inline tables reach
/// thousands of levels, and dropping those one inside the other would exhaust the stack.
fn dismantle(value: DeValue<'_>) {
    let mut waiting = vec![value];
    while let Some(value) = waiting.pop() {
        match value {
            DeValue::Array(array) => {
                waiting.extend(array.into_iter().map(toml::Spanned::into_inner));
            }
            DeValue::Table(table) => {
                waiting.extend(table.into_iter().map(|(_, value)| value.into_inner()));
            }
            _ => {}
        }
    }
}
