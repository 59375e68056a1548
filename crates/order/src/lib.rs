//! Orders as code: reads the file that says who must do what by when.
//!
//! An order is TOML. It is first *parsed* ([`parse`]): held against the one description of
//! an order's tables and keys, every value kept with its place in the file. Then it is
//! *bound* ([`bind`]): references resolved, dates put in order, clauses held against the
//! words that the program's checks bring ([`Vocabulary`]). Every mistake of both steps is
//! answered at once with its place, what was found, what was expected, and the remedy
//! ([`Diagnostics`]).
//!
//! The same description makes the JSON Schema for editors ([`json_schema`]) and a
//! reference for people ([`markdown_reference`]); other kinds of file are read in the same
//! manner with [`shape`].
//!
//! This crate opens no file, knows no check, and decides nothing about anybody.
//!
//! ```
//! use moongate_order::{CheckWords, ClauseWords, Vocabulary, read};
//!
//! let vocabulary = Vocabulary {
//!     checks: vec![CheckWords {
//!         name: "links".into(),
//!         doc: "Links between platforms.".into(),
//!         clause_kinds: vec![ClauseWords {
//!             kind: "same-form".into(),
//!             doc: "Links open in the same form.".into(),
//!             parameters: vec![],
//!         }],
//!     }],
//! };
//! let diagnostics = read("order.toml", "format = 1\nissued = \"2021-09-09\"\n", &vocabulary)
//!     .unwrap_err();
//! let quoted = diagnostics.iter().find(|d| d.code == "wrong-type").unwrap();
//! assert_eq!((quoted.line, quoted.column), (2, 10));
//! assert_eq!(quoted.remedy, "remove the quotes: 2021-09-09");
//! ```

mod amend;
mod bind;
mod diagnostic;
mod order;
pub mod shape;
mod vocabulary;
mod words;

pub use diagnostic::{
    Also, Diagnostic, Diagnostics, LARGEST_FILE_BYTES, Mistake, Span, decode, visible,
};
pub use order::{
    Amendment, Change, Clause, Consequence, Due, Obligation, Order, Parameter, Platform, Scene,
    Source, Stage, Status, Subject, Text,
};
pub use vocabulary::{CheckWords, ClauseWords, ParameterKind, ParameterWords, Vocabulary};
pub use words::FORMAT;

use shape::{Entries, Table};

/// An order as written: its values with their places in the file, each of the right kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    file_name: String,
    text: String,
    entries: Entries,
}

impl Parsed {
    /// The tables, keys and values as written.
    pub fn entries(&self) -> &Entries {
        &self.entries
    }

    /// The name the file was given by the caller.
    pub fn file_name(&self) -> &str {
        &self.file_name
    }

    /// The text of the file, to which all spans belong.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// Reads an order as written. `file_name` is only named in diagnostics.
///
/// # Errors
/// All mistakes of syntax, keys and kinds of value.
pub fn parse(file_name: &str, text: &str) -> Result<Parsed, Diagnostics> {
    let (parsed, diagnostics) = parse_leniently(file_name, text);
    diagnostics.into_outcome(parsed)
}

/// Binds a parsed order under the words of the program's checks.
///
/// # Errors
/// All mistakes in how the order hangs together: references, dates, clauses, amendments.
pub fn bind(parsed: &Parsed, vocabulary: &Vocabulary) -> Result<Order, Diagnostics> {
    let diagnostics = Diagnostics::new(&parsed.file_name, &parsed.text);
    bind_onto(parsed, vocabulary, diagnostics)
}

/// Parses and binds.
///
/// # Errors
/// All mistakes of both steps at once.
pub fn read(file_name: &str, text: &str, vocabulary: &Vocabulary) -> Result<Order, Diagnostics> {
    let (parsed, diagnostics) = parse_leniently(file_name, text);
    if diagnostics.iter().any(|found| stops_binding(found.code)) {
        return Err(diagnostics);
    }
    bind_onto(&parsed, vocabulary, diagnostics)
}

/// Mistakes after which references and dates cannot be judged: part of the file is not
/// known, or the whole of it means something else.
fn stops_binding(code: &str) -> bool {
    matches!(
        code,
        "syntax"
            | "duplicate-key"
            | "nested-too-deep"
            | "unknown-format"
            | "empty-file"
            | "too-large"
    )
}

fn bind_onto(
    parsed: &Parsed,
    vocabulary: &Vocabulary,
    mut diagnostics: Diagnostics,
) -> Result<Order, Diagnostics> {
    let order = bind::bind(&parsed.entries, vocabulary, &mut diagnostics);
    if order.is_none() && diagnostics.is_empty() {
        // Cannot happen while every hole is diagnosed; an order with a hole must not pass.
        diagnostics.add(
            Mistake::new("incomplete", 0..0)
                .found("an order that cannot be used")
                .expected("all of its keys")
                .remedy("compare it with a shipped order"),
        );
    }
    match order {
        Some(order) => diagnostics.into_outcome(order),
        None => Err(diagnostics),
    }
}

fn parse_leniently(file_name: &str, text: &str) -> (Parsed, Diagnostics) {
    let (entries, mut diagnostics) = shape::read_leniently(file_name, text, &words::order());
    if let Some(format) = entries.integer("format")
        && format != FORMAT
    {
        // What the other keys mean in that format is not known here.
        diagnostics = Diagnostics::new(file_name, text);
        diagnostics.add(
            Mistake::new("unknown-format", entries.span_of("format"))
                .found(format!("the format version {format}"))
                .expected(format!("{FORMAT}"))
                .remedy("read it with a newer program, or write it in the format named"),
        );
    }
    let parsed = Parsed {
        file_name: file_name.to_owned(),
        text: diagnostic::without_byte_order_mark(text).to_owned(),
        entries,
    };
    (parsed, diagnostics)
}

/// The JSON Schema (draft 2020-12) of an order under these checks, for editors.
///
/// A schema cannot say everything: references, dates in order and the uniqueness of ids
/// are checked by [`read`] alone.
pub fn json_schema(vocabulary: &Vocabulary) -> serde_json::Value {
    words::json_schema(vocabulary)
}

/// The reference of an order's tables, keys and words in Markdown.
pub fn markdown_reference(vocabulary: &Vocabulary) -> String {
    words::markdown(vocabulary)
}

/// The shape of an order under these checks.
pub fn order_shape(vocabulary: &Vocabulary) -> Table {
    words::order_in(vocabulary)
}
