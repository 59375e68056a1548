//! The shape of a TOML file, said once: which tables and keys it has, what stands in
//! them, and what each is for.
//!
//! From one [`Table`] are made the reader's diagnostics with their "did you mean", the
//! JSON Schema that editors check against ([`Table::json_schema`]), and a reference in
//! Markdown ([`Table::markdown`]). The module knows nothing of orders: any file that
//! people write by hand can be read with it.
//!
//! ```
//! use moongate_order::shape::{Field, Kind, Table, read_table};
//!
//! let links = Table::new("links", "Links to be opened.").field(
//!     Field::required(
//!         "link",
//!         Kind::tables(Table::new("link", "One link.")
//!             .field(Field::required("id", Kind::Id, "Its name."))
//!             .field(Field::required("url", Kind::Url, "Where it leads."))),
//!         "The links.",
//!     ),
//! );
//!
//! let text = "[[link]]\nid = \"shop\"\nurl = \"https://example.com/\"\n";
//! let read = read_table("links.toml", text, &links).unwrap();
//! let first = read.tables("link").next().unwrap();
//! assert_eq!(first.text("url"), Some("https://example.com/"));
//!
//! let broken = "[[link]]\nid = \"shop\"\nurk = \"https://example.com/\"\n";
//! let diagnostics = read_table("links.toml", broken, &links).unwrap_err();
//! let unknown = diagnostics.iter().find(|d| d.code == "unknown-key").unwrap();
//! assert_eq!((unknown.line, unknown.remedy.as_str()), (3, "did you mean `url`?"));
//! ```

mod fit;
mod hints;
mod markdown;
mod references;
mod schema;
mod syntax;
mod value;

use std::ops::Bound;

use crate::diagnostic::{Diagnostics, LARGEST_FILE_BYTES, too_large};

pub use fit::fit;
pub use hints::{closest, one_of};
pub use references::resolve;
pub(crate) use value::spanned_texts;
pub use value::{Entries, Entry, Spanned, Value};

/// A table of the file: its name, what it is for, and its keys.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// The key under which it stands, or the kind of file for the outermost one.
    pub name: String,
    /// What it is for, in one or two sentences.
    pub doc: String,
    /// Its keys, in the order in which people write them.
    pub fields: Vec<Field>,
}

impl Table {
    /// A table without keys.
    #[must_use]
    pub fn new(name: &str, doc: &str) -> Self {
        Self {
            name: name.to_owned(),
            doc: doc.to_owned(),
            fields: Vec::new(),
        }
    }

    /// The same with one more key.
    #[must_use]
    pub fn field(mut self, field: Field) -> Self {
        self.fields.push(field);
        self
    }

    /// The field with this key.
    pub fn get(&self, key: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.key == key)
    }

    /// The JSON Schema (draft 2020-12) of this table, without `$schema` and `$id`.
    ///
    /// TOML dates are taken as strings, as editors for TOML do.
    pub fn json_schema(&self) -> serde_json::Value {
        schema::of_table(self)
    }

    /// A reference of all tables and keys in Markdown.
    pub fn markdown(&self) -> String {
        markdown::of_table(self)
    }
}

/// One key of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The key as written.
    pub key: String,
    /// What stands behind it.
    pub kind: Kind,
    /// Whether it may be left out.
    pub presence: Presence,
    /// What it is for.
    pub doc: String,
}

impl Field {
    /// A key that must be there.
    #[must_use]
    pub fn required(key: &str, kind: Kind, doc: &str) -> Self {
        Self::new(key, kind, Presence::Required, doc)
    }

    /// A key that may be left out.
    #[must_use]
    pub fn optional(key: &str, kind: Kind, doc: &str) -> Self {
        Self::new(key, kind, Presence::Optional, doc)
    }

    /// A key that stands for `default` when it is left out; `default` is as one would
    /// write it in TOML.
    #[must_use]
    pub fn defaulted(key: &str, kind: Kind, default: &str, doc: &str) -> Self {
        Self::new(key, kind, Presence::Default(default.to_owned()), doc)
    }

    fn new(key: &str, kind: Kind, presence: Presence, doc: &str) -> Self {
        Self {
            key: key.to_owned(),
            kind,
            presence,
            doc: doc.to_owned(),
        }
    }
}

/// Whether a key may be left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    /// It must be there.
    Required,
    /// It may be left out.
    Optional,
    /// It may be left out and then stands for this, as written in TOML.
    Default(String),
}

/// What stands behind a key.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Text that is not empty.
    Text,
    /// A name in kebab-case: lower-case letters, digits and single hyphens.
    ///
    /// The key `id` of an array of tables names its rows; [`resolve`] holds them apart.
    Id,
    /// The id of a row elsewhere, such as `source` or `platform.scene`.
    Reference(String),
    /// One of these words.
    Word(Vec<Word>),
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Integer(Bounds),
    /// A number.
    Number(Bounds),
    /// A date, such as `2021-09-17`.
    Date,
    /// A date, or an instant with its offset from UTC.
    DateOrInstant,
    /// An address that begins with `http://` or `https://`.
    Url,
    /// A host name that belongs to one owner: below a public suffix, not one itself.
    Domain,
    /// A time zone of the IANA database, such as `Asia/Shanghai`.
    TimeZone,
    /// A list.
    List {
        /// What stands in it.
        of: Box<Kind>,
        /// How many at least.
        at_least: usize,
    },
    /// One word, or a list.
    WordOrList {
        /// The word.
        word: Word,
        /// What stands in the list; it holds at least one.
        of: Box<Kind>,
    },
    /// A table.
    Table(Table),
    /// An array of tables, `[[name]]`.
    Tables {
        /// The shape of each.
        table: Table,
        /// How many at least.
        at_least: usize,
    },
    /// A table with keys of the author's choice.
    Map(Box<Kind>),
    /// Anything; somebody else looks at it later.
    Any,
}

impl Kind {
    /// A list of at least one.
    #[must_use]
    pub fn list(of: Kind) -> Self {
        Self::List {
            of: Box::new(of),
            at_least: 1,
        }
    }

    /// An array of at least one table.
    #[must_use]
    pub fn tables(table: Table) -> Self {
        Self::Tables { table, at_least: 1 }
    }

    /// An array of tables that may be absent.
    #[must_use]
    pub fn any_tables(table: Table) -> Self {
        Self::Tables { table, at_least: 0 }
    }

    /// The id of a row of `table`.
    #[must_use]
    pub fn reference(table: &str) -> Self {
        Self::Reference(table.to_owned())
    }

    /// One of these words, each with what it means.
    #[must_use]
    pub fn words(words: &[(&str, &str)]) -> Self {
        Self::Word(
            words
                .iter()
                .map(|(name, doc)| Word::new(name, doc))
                .collect(),
        )
    }
}

/// A word with a fixed meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// As written.
    pub name: String,
    /// What it means.
    pub doc: String,
}

impl Word {
    /// A word and its meaning.
    #[must_use]
    pub fn new(name: &str, doc: &str) -> Self {
        Self {
            name: name.to_owned(),
            doc: doc.to_owned(),
        }
    }
}

/// The range in which a number must lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// From here.
    pub from: Bound<f64>,
    /// To here.
    pub to: Bound<f64>,
}

impl Bounds {
    /// Any number.
    pub const ANY: Self = Self {
        from: Bound::Unbounded,
        to: Bound::Unbounded,
    };

    /// At least `from`.
    pub const fn at_least(from: f64) -> Self {
        Self {
            from: Bound::Included(from),
            to: Bound::Unbounded,
        }
    }

    /// From `from` to `to`, both allowed.
    pub const fn between(from: f64, to: f64) -> Self {
        Self {
            from: Bound::Included(from),
            to: Bound::Included(to),
        }
    }

    /// Whether `number` lies in the range; not-a-number never does.
    pub fn hold(&self, number: f64) -> bool {
        let above = match self.from {
            Bound::Included(from) => number >= from,
            Bound::Excluded(from) => number > from,
            Bound::Unbounded => true,
        };
        let below = match self.to {
            Bound::Included(to) => number <= to,
            Bound::Excluded(to) => number < to,
            Bound::Unbounded => true,
        };
        number.is_finite() && above && below
    }

    /// The range in words, with a leading space, or nothing.
    pub(crate) fn in_words(&self) -> String {
        let from = match self.from {
            Bound::Included(from) => Some(format!("at least {from}")),
            Bound::Excluded(from) => Some(format!("above {from}")),
            Bound::Unbounded => None,
        };
        let to = match self.to {
            Bound::Included(to) => Some(format!("at most {to}")),
            Bound::Excluded(to) => Some(format!("below {to}")),
            Bound::Unbounded => None,
        };
        match (from, to) {
            (Some(from), Some(to)) => format!(" {from} and {to}"),
            (Some(one), None) | (None, Some(one)) => format!(" {one}"),
            (None, None) => String::new(),
        }
    }
}

/// Reads a file of the given shape; references are resolved and ids held apart.
///
/// # Errors
/// All mistakes of the file at once: of syntax, shape and references.
pub fn read_table(file_name: &str, text: &str, shape: &Table) -> Result<Entries, Diagnostics> {
    let (entries, mut diagnostics) = read_leniently(file_name, text, shape);
    resolve(shape, &entries, &mut diagnostics);
    diagnostics.into_outcome(entries)
}

/// Reads what can be read; what is wrong is left out of the entries and diagnosed.
///
/// References are not resolved: see [`resolve`]. A caller that adds its own diagnostics
/// to these must not use the entries' content when there is any.
pub fn read_leniently(file_name: &str, text: &str, shape: &Table) -> (Entries, Diagnostics) {
    if text.len() > LARGEST_FILE_BYTES {
        return (Entries::default(), too_large(file_name, text.len()));
    }
    let mut diagnostics = Diagnostics::new(file_name, text);
    let raw = syntax::parse(text, &mut diagnostics);
    let broken = !diagnostics.is_empty();
    let entries = fit(shape, &raw, &mut diagnostics);
    if broken {
        // What the broken lines held is not known, so nothing can be called missing.
        diagnostics.retain(|diagnostic| !fit::is_absence(diagnostic.code));
    }
    (entries, diagnostics)
}
