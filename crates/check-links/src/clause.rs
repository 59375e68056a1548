//! The clauses this check understands, with the parameters an order may set
//! and the statistics each is judged by.
//!
//! The five clauses follow the standard reported of the ministry's meeting of
//! 9 September 2021 (same form; direct opening; no extra step and no copying)
//! and, for delays, the finding of 2023 that a shortener held back links to
//! rivals. What counts as better or worse is in [`crate::outcome`].

use moongate_judge::{Ladder, Method};
use moongate_order::{CheckWords, Clause, ClauseWords, ParameterKind, ParameterWords};

use crate::outcome::{FORM_LEVELS, HANDLING_LEVELS};

/// The check's name in an order.
pub const NAME: &str = "links";

/// One kind of clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClauseKind {
    /// Shown and opened in the same form as links of the same kind.
    SameForm,
    /// Opens directly, inside the app, as a page.
    DirectOpen,
    /// No additional step that links of the same kind do not need.
    NoExtraStep,
    /// Nobody has to copy the link into another browser.
    NoCopying,
    /// Handed over no later than links of the same kind.
    NoDelay,
}

impl ClauseKind {
    /// All kinds, in the order in which they are listed.
    pub const ALL: [Self; 5] = [
        Self::SameForm,
        Self::DirectOpen,
        Self::NoExtraStep,
        Self::NoCopying,
        Self::NoDelay,
    ];

    /// The word an order uses.
    pub fn word(self) -> &'static str {
        match self {
            Self::SameForm => "same-form",
            Self::DirectOpen => "direct-open",
            Self::NoExtraStep => "no-extra-step",
            Self::NoCopying => "no-copying",
            Self::NoDelay => "no-delay",
        }
    }

    /// The kind an order's word means.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    fn doc(self) -> &'static str {
        match self {
            Self::SameForm => {
                "links to the same kind of product or service are shown and opened in the same form"
            }
            Self::DirectOpen => {
                "a lawful link opens directly inside the app, as a page, with nothing in between"
            }
            Self::NoExtraStep => {
                "no additional steps for the links of particular products or services"
            }
            Self::NoCopying => "nobody is required to copy the link into another browser",
            Self::NoDelay => "a link is handed over no later than links of the same kind",
        }
    }

    /// How the clause is judged, with the order's parameters.
    pub fn method(self, clause: &Clause) -> Method {
        let number = |name: &str, default: f64| clause.number(name).unwrap_or(default);
        let margin = number("margin", DEFAULT_MARGIN);
        let parity = |levels: &[usize]| Method::Parity {
            ladders: levels
                .iter()
                .map(|levels| Ladder { levels: *levels })
                .collect(),
            margin,
        };
        match self {
            Self::SameForm => parity(&[HANDLING_LEVELS, FORM_LEVELS]),
            Self::NoExtraStep => parity(&[HANDLING_LEVELS]),
            Self::NoDelay => Method::Delay {
                material_ms: number("material_ms", DEFAULT_MATERIAL_MS),
                margin,
            },
            Self::DirectOpen | Self::NoCopying => Method::Absolute {
                tolerance: number("tolerance", DEFAULT_TOLERANCE),
                margin,
            },
        }
    }

    fn parameters(self) -> Vec<ParameterWords> {
        let margin = fraction(
            "margin",
            DEFAULT_MARGIN,
            "Kept is certified as: the share of failings is below (absolute clauses), or exceeds \
             the controls' by less than (comparisons), this",
        );
        match self {
            Self::SameForm | Self::NoExtraStep => vec![margin],
            Self::DirectOpen | Self::NoCopying => vec![
                fraction(
                    "tolerance",
                    DEFAULT_TOLERANCE,
                    "the share of failings up to which the clause counts as kept",
                ),
                margin,
            ],
            Self::NoDelay => vec![
                ParameterWords {
                    name: "material_ms".to_owned(),
                    kind: ParameterKind::Milliseconds,
                    doc: "an opening is late from this many milliseconds above the middle one of \
                          its trial"
                        .to_owned(),
                    default: Some(DEFAULT_MATERIAL_MS),
                },
                margin,
            ],
        }
    }
}

const DEFAULT_MARGIN: f64 = 0.2;
const DEFAULT_TOLERANCE: f64 = 0.05;
const DEFAULT_MATERIAL_MS: f64 = 250.0;

fn fraction(name: &str, default: f64, doc: &str) -> ParameterWords {
    ParameterWords {
        name: name.to_owned(),
        kind: ParameterKind::Fraction,
        doc: doc.to_owned(),
        default: Some(default),
    }
}

/// What an order may say of this check.
pub fn words() -> CheckWords {
    CheckWords {
        name: NAME.to_owned(),
        doc: "Are links that lead elsewhere shown and opened as the platform's own are?".to_owned(),
        clause_kinds: ClauseKind::ALL
            .into_iter()
            .map(|kind| ClauseWords {
                kind: kind.word().to_owned(),
                doc: kind.doc().to_owned(),
                parameters: kind.parameters(),
            })
            .collect(),
    }
}
