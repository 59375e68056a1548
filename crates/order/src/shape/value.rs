//! A TOML file as written: every key and value with its span, in the order of the file.
//!
//! It is not for judging whether they belong there.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::diagnostic::{Span, visible};

/// Something with the bytes it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Spanned<T> {
    /// The thing.
    pub value: T,
    /// Its bytes in the file.
    pub span: Span,
}

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Text.
    Text(String),
    /// A whole number that fits 64 bits.
    Integer(i64),
    /// A number with a point or exponent; may be infinite or not a number.
    Number(f64),
    /// `true` or `false`.
    Flag(bool),
    /// A date without a time.
    Date(Date),
    /// A date and time with an offset from UTC.
    Instant(Timestamp),
    /// A list.
    List(Vec<Spanned<Value>>),
    /// A table.
    Table(Entries),
    /// What TOML knows and we have no use for: a time without a date, a date and time
    /// without offset, a whole number beyond 64 bits. The words say what it is.
    Other(String),
}

impl Value {
    /// What this is, for the sentence "found …".
    pub fn describe(&self) -> String {
        match self {
            Self::Text(text) => format!("the text \"{}\"", visible(text, 60)),
            Self::Integer(number) => format!("the whole number {number}"),
            Self::Number(number) => format!("the number {number}"),
            Self::Flag(flag) => format!("the flag {flag}"),
            Self::Date(date) => format!("the date {date}"),
            Self::Instant(instant) => format!("the instant {instant}"),
            Self::List(list) => match list.len() {
                0 => "an empty list".to_owned(),
                1 => "a list of one value".to_owned(),
                n => format!("a list of {n} values"),
            },
            Self::Table(_) => "a table".to_owned(),
            Self::Other(words) => words.clone(),
        }
    }
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: Spanned<String>,
    /// The value.
    pub value: Spanned<Value>,
}

/// The keys and values of one table, in the order of the file.
///
/// The getters answer `None` for an absent key as for one of another kind: after a
/// successful reading only the first can happen.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Entries {
    /// The header of the table, or its braces.
    pub span: Span,
    /// The entries.
    pub list: Vec<Entry>,
}

impl Entries {
    /// The value behind `key`.
    pub fn get(&self, key: &str) -> Option<&Spanned<Value>> {
        self.list
            .iter()
            .find(|entry| entry.key.value == key)
            .map(|entry| &entry.value)
    }

    /// Where the value behind `key` stands; the table's header if it is absent.
    pub fn span_of(&self, key: &str) -> Span {
        self.get(key)
            .map_or_else(|| self.span.clone(), |value| value.span.clone())
    }

    /// A table that holds this one behind `key`.
    pub(crate) fn under(self, key: &str) -> Self {
        let span = self.span.clone();
        Self {
            span: span.clone(),
            list: vec![Entry {
                key: Spanned {
                    value: key.to_owned(),
                    span: span.clone(),
                },
                value: Spanned {
                    value: Value::Table(self),
                    span,
                },
            }],
        }
    }

    /// The text behind `key`.
    pub fn text(&self, key: &str) -> Option<&str> {
        match &self.get(key)?.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The whole number behind `key`.
    pub fn integer(&self, key: &str) -> Option<i64> {
        match self.get(key)?.value {
            Value::Integer(number) => Some(number),
            _ => None,
        }
    }

    /// The number behind `key`, whole or not.
    pub fn number(&self, key: &str) -> Option<f64> {
        match self.get(key)?.value {
            Value::Number(number) => Some(number),
            Value::Integer(number) => Some(number as f64),
            _ => None,
        }
    }

    /// The flag behind `key`.
    pub fn flag(&self, key: &str) -> Option<bool> {
        match self.get(key)?.value {
            Value::Flag(flag) => Some(flag),
            _ => None,
        }
    }

    /// The date behind `key`.
    pub fn date(&self, key: &str) -> Option<Date> {
        match self.get(key)?.value {
            Value::Date(date) => Some(date),
            _ => None,
        }
    }

    /// The table behind `key`.
    pub fn table(&self, key: &str) -> Option<&Entries> {
        match &self.get(key)?.value {
            Value::Table(entries) => Some(entries),
            _ => None,
        }
    }

    /// The list behind `key`; empty if it is absent.
    pub fn values(&self, key: &str) -> &[Spanned<Value>] {
        match self.get(key).map(|value| &value.value) {
            Some(Value::List(list)) => list,
            _ => &[],
        }
    }

    /// The tables of the array behind `key`.
    pub fn tables(&self, key: &str) -> impl Iterator<Item = &Entries> {
        self.values(key)
            .iter()
            .filter_map(|value| match &value.value {
                Value::Table(entries) => Some(entries),
                _ => None,
            })
    }

    /// The texts of the list behind `key`.
    pub fn texts(&self, key: &str) -> Vec<String> {
        spanned_texts(self.values(key))
            .map(|text| text.value.to_owned())
            .collect()
    }
}

/// The texts among `values`, each with its span.
pub(crate) fn spanned_texts(values: &[Spanned<Value>]) -> impl Iterator<Item = Spanned<&str>> {
    values.iter().filter_map(|value| match &value.value {
        Value::Text(text) => Some(Spanned {
            value: text.as_str(),
            span: value.span.clone(),
        }),
        _ => None,
    })
}
