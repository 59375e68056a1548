//! How one observation reads under a clause.

use serde::{Deserialize, Serialize};

/// Whose side failed when nothing could be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// The destination the link leads to.
    Target,
    /// The network between.
    Path,
    /// What carries the link: the platform answered, but with no handling of
    /// the link (an error of its own, a bot wall, a rate limit, a login wall).
    Carrier,
    /// Our own machine, network or software.
    Ours,
    /// It cannot be said.
    Unknown,
}

impl Side {
    /// All sides, in the order in which they are listed.
    pub const ALL: [Self; 5] = [
        Self::Target,
        Self::Path,
        Self::Carrier,
        Self::Ours,
        Self::Unknown,
    ];

    /// The word used in files and tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Target => "target",
            Self::Path => "path",
            Self::Carrier => "carrier",
            Self::Ours => "ours",
            Self::Unknown => "unknown",
        }
    }
}

/// How one observation reads under a clause. Reasons are stable codes in
/// kebab-case, which the check explains.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum Outcome {
    /// What the clause demands was seen.
    Met,
    /// What the clause forbids was seen.
    NotMet {
        /// Why, as a code of the check.
        reason: String,
    },
    /// Nothing can be said; never held against anyone.
    Inconclusive {
        /// Whose side failed.
        side: Side,
        /// Why, as a code of the check.
        reason: String,
    },
    /// The clause does not speak of this.
    NotApplicable {
        /// Why, as a code of the check.
        reason: String,
    },
}

/// How bad what was seen is, on the ladder of a clause: 0 is as good as can
/// be. Only the order of the levels carries meaning.
pub type Severity = u8;

/// One observation read under one clause, in the form the judge needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// The outcome, for people and tallies.
    pub outcome: Outcome,
    /// The level on each of the clause's ladders; empty unless the
    /// observation is conclusive. Which ladders there are is declared with
    /// the clause.
    pub severities: Vec<Severity>,
    /// The measured amount the clause speaks of, in the clause's unit
    /// (milliseconds for a delay), where it speaks of one.
    pub amount: Option<f64>,
}

impl Reading {
    /// Whether this observation counts for or against the clause.
    pub fn is_conclusive(&self) -> bool {
        matches!(self.outcome, Outcome::Met | Outcome::NotMet { .. })
    }

    /// A reading that says nothing, with the side that failed.
    pub fn inconclusive(side: Side, reason: impl Into<String>) -> Self {
        Self {
            outcome: Outcome::Inconclusive {
                side,
                reason: reason.into(),
            },
            severities: Vec::new(),
            amount: None,
        }
    }
}
