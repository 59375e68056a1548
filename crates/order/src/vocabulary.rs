//! The words that checks bring to orders: their names, their kinds of clause, and the
//! parameters of each.
//!
//! This crate knows no check. Whoever assembles the program hands over the list, and so
//! each clause's mistakes are answered like any other.

use std::ops::Bound;

use crate::shape::{Bounds, Field, Kind, Table, Word};

/// All checks of a program.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Vocabulary {
    /// The checks, in the order in which they are shown.
    pub checks: Vec<CheckWords>,
}

/// The words of one check.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CheckWords {
    /// The name that an obligation gives as its `check`, such as `links`.
    pub name: String,
    /// What the check tests, in a sentence.
    pub doc: String,
    /// The kinds of clause it understands.
    pub clause_kinds: Vec<ClauseWords>,
}

/// One kind of clause.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClauseWords {
    /// The name that a clause gives as its `kind`, such as `same-form`.
    pub kind: String,
    /// What the clause demands, in a sentence.
    pub doc: String,
    /// Its parameters.
    pub parameters: Vec<ParameterWords>,
}

/// One parameter of a kind of clause.
#[derive(Debug, Clone, PartialEq)]
pub struct ParameterWords {
    /// The key inside `parameters`, with its unit last, such as `material_ms`.
    pub name: String,
    /// What it is measured in, and so its range.
    pub kind: ParameterKind,
    /// What it is for, in a sentence.
    pub doc: String,
    /// What it stands for when it is left out; without one it must be given.
    pub default: Option<f64>,
}

/// What a parameter is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterKind {
    /// A share: at least 0 and below 1. A share of 1 would excuse everything.
    Fraction,
    /// A time in milliseconds: above 0 and at most ten minutes.
    Milliseconds,
    /// A whole number of at least 1.
    Count,
    /// Any finite number.
    Number,
    /// `true` or `false`; as a number 1 or 0.
    Flag,
}

impl Vocabulary {
    /// The check of this name.
    pub fn check(&self, name: &str) -> Option<&CheckWords> {
        self.checks.iter().find(|check| check.name == name)
    }
}

impl CheckWords {
    /// The kind of clause of this name.
    pub fn clause(&self, kind: &str) -> Option<&ClauseWords> {
        self.clause_kinds.iter().find(|clause| clause.kind == kind)
    }
}

impl ClauseWords {
    /// The shape of this clause's `parameters`.
    pub fn shape(&self) -> Table {
        let mut table = Table::new(
            "parameters",
            &format!("Parameters of a `{}` clause.", self.kind),
        );
        for parameter in &self.parameters {
            table = table.field(parameter.field());
        }
        table
    }
}

impl ParameterWords {
    fn field(&self) -> Field {
        let kind = self.kind.in_shape();
        match self.default {
            Some(default) => {
                let default = match self.kind {
                    ParameterKind::Flag => (default != 0.0).to_string(),
                    _ => default.to_string(),
                };
                Field::defaulted(&self.name, kind, &default, &self.doc)
            }
            None => Field::required(&self.name, kind, &self.doc),
        }
    }
}

impl ParameterKind {
    fn in_shape(self) -> Kind {
        match self {
            Self::Fraction => Kind::Number(Bounds {
                from: Bound::Included(0.0),
                to: Bound::Excluded(1.0),
            }),
            Self::Milliseconds => Kind::Number(Bounds {
                from: Bound::Excluded(0.0),
                to: Bound::Included(600_000.0),
            }),
            Self::Count => Kind::Integer(Bounds::at_least(1.0)),
            Self::Number => Kind::Number(Bounds::ANY),
            Self::Flag => Kind::Flag,
        }
    }
}

/// The names of all checks with their meanings.
pub(crate) fn check_names(vocabulary: &Vocabulary) -> Vec<Word> {
    vocabulary
        .checks
        .iter()
        .map(|check| Word::new(&check.name, &check.doc))
        .collect()
}

/// The kinds of clause of all checks with their meanings, each once.
pub(crate) fn clause_kinds(vocabulary: &Vocabulary) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    for clause in vocabulary.checks.iter().flat_map(|c| &c.clause_kinds) {
        if words.iter().all(|word| word.name != clause.kind) {
            words.push(Word::new(&clause.kind, &clause.doc));
        }
    }
    words
}
