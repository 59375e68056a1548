//! The judge: readings in, findings out.
//!
//! A check says how each observation reads under a clause and which
//! [`Method`] the clause is judged by; the judge does the arithmetic, for all
//! cells of an order together, and says **Kept**, **Broken** or **Open**. It
//! knows no HTTP, no law and no check by name; it reads no clock, no file and
//! no earlier finding. The same readings give the same bytes.
//!
//! What each decision is worth:
//!
//! * *Broken* is said when an evidence value reaches m/α for the m cells of
//!   the order (Ville and Bonferroni), so that over everything that is ever
//!   watched under the order, at whatever moment anyone looks, the chance of
//!   a single false accusation is at most α. It is never taken back by more
//!   evidence.
//! * *Kept* is said when the evidence against "worse by the margin or more"
//!   passes e-BH over the m cells: of all certificates given, at most the
//!   share α is expected to be false.
//! * *Open* is everything else; no data is Open.
//!
//! Trials may be handed over as they arrive ([`Judge`]) or all at once
//! ([`judge`]); what a cell keeps is bounded, and looking changes nothing.
//!
//! ```
//! use moongate_glossary::{Cell, Decision, Ground, Outcome, Reading};
//! use moongate_judge::{ArmReading, Bounds, Judge, JudgedCell, Ladder, Method, Trial};
//!
//! let level = |severity: u8| ArmReading::of(Reading {
//!     outcome: if severity == 0 { Outcome::Met } else { Outcome::NotMet { reason: "blocked".into() } },
//!     severities: vec![severity],
//!     amount: None,
//! });
//! let cell = Cell {
//!     obligation: "links".into(), clause: "same-form".into(), platform: "p".into(),
//!     scene: "group".into(), destination: "rival".into(), round: "r1".into(),
//! };
//! let judged = JudgedCell {
//!     cell,
//!     subject: "company".into(),
//!     clause_kind: "same-form".into(),
//!     method: Method::Parity { ladders: vec![Ladder { levels: 6 }], margin: 0.2 },
//!     ground: Ground::Randomised,
//! };
//! let mut judge = Judge::new(vec![judged], Bounds { alpha: 0.01, cells: 1 });
//! for n in 0..8 {
//!     let trial = Trial {
//!         id: format!("t{n}"),
//!         at_ms: 0,
//!         rival: level(4),
//!         controls: vec![level(0); 4],
//!     };
//!     judge.add(&[(0, &trial)]);
//! }
//! assert_eq!(judge.findings()[0].decision, Decision::Broken);
//! ```

mod absolute;
pub mod arithmetic;
mod course;
mod delay;
mod differences;
mod evidence;
pub mod foresight;
mod groups;
mod parity;
mod sitting;
mod tally;
mod watched;

use std::borrow::Cow;
use std::collections::BTreeMap;

use moongate_glossary::{Cell, Finding, Ground, GroupFinding, Outcome, Reading};
use serde::{Deserialize, Serialize};

pub use sitting::{Judge, Progress};

/// The judge's version: changes whenever the same readings could give another
/// finding. What each one changed stands in [`CHANGES`].
pub const VERSION: &str = "2";

/// What each version of the judge changed, the first one first: the version,
/// in English, in Simplified Chinese.
pub const CHANGES: [(&str, &str, &str); 2] = [
    ("1", "the first judge", "第一版"),
    (
        "2",
        "a tenth of the stake is laid on differences that begin on some later day, whose day is \
         told; scenes, platforms and subjects are judged as well; the interval of an effect in milliseconds is read from bins of two per cent where more \
         than 512 trials counted; from when on Kept stands is told to the nearest point of the \
         path where a path has more than 128",
        "十分之一的赌注押在日后才开始的差异上，并给出其开始之日；场景、平台和主体也一并评判；试验超过 512 次时，毫秒效应的区间由百分之二宽的分组得出；路径超过 128 个点时，“遵守”自何时起成立只精确到路径上最近的一点",
    ),
];

/// One scale of severity that readings are placed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ladder {
    /// Number of levels, the good one included; 2 to 16.
    pub levels: usize,
}

/// How a clause is judged. Declared by the check, done here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "by")]
pub enum Method {
    /// The rival's link must fare no worse than the controls in the same
    /// trial. Accuses by permuted blocks on every threshold of every ladder
    /// (`statistics.md` 2); certifies that the rival's share of failings
    /// exceeds the controls' by less than `margin` (5, robust).
    Parity {
        /// The scales, in the order of [`Reading::severities`].
        ladders: Vec<Ladder>,
        /// A difference of shares, 0 to 1.
        margin: f64,
    },
    /// As parity, on amounts in milliseconds: an opening fails when it took
    /// at least `material_ms` longer than the middle one of its trial.
    Delay {
        /// From here on a delay matters, milliseconds.
        material_ms: f64,
        /// A difference of shares, 0 to 1.
        margin: f64,
    },
    /// The rival's link must fare well, whatever the controls do. Accuses
    /// when the share of failings exceeds `tolerance`; certifies that it is
    /// below `margin`.
    Absolute {
        /// A share, 0 to 1.
        tolerance: f64,
        /// A share, 0 to 1.
        margin: f64,
    },
}

impl Method {
    /// The share of failings that an absolute clause allows.
    pub fn tolerance(&self) -> Option<f64> {
        match self {
            Self::Absolute { tolerance, .. } => Some(*tolerance),
            Self::Parity { .. } | Self::Delay { .. } => None,
        }
    }

    /// The margin that *Kept* is stated with.
    pub fn margin(&self) -> f64 {
        match self {
            Self::Parity { margin, .. }
            | Self::Delay { margin, .. }
            | Self::Absolute { margin, .. } => *margin,
        }
    }
}

/// One slot's reading, with what its direct control says.
#[derive(Debug, Clone, PartialEq)]
pub struct ArmReading {
    /// How the opening through the platform reads.
    pub reading: Reading,
    /// Why the direct control failed, if it did: the slot is then void,
    /// whatever the platform showed, and whichever arm it belongs to.
    pub direct_failed: Option<String>,
}

impl ArmReading {
    /// A slot whose direct control was fine.
    pub fn of(reading: Reading) -> Self {
        Self {
            reading,
            direct_failed: None,
        }
    }

    fn counts(&self) -> bool {
        self.direct_failed.is_none() && self.reading.is_conclusive()
    }

    /// Nothing could be measured, and it was the platform or nobody knows
    /// who: never held against it, but no ground for a certificate either.
    fn withheld(&self) -> bool {
        use moongate_glossary::Side::{Carrier, Unknown};
        let outcome = &self.reading.outcome;
        self.direct_failed.is_none()
            && matches!(
                outcome,
                Outcome::Inconclusive {
                    side: Carrier | Unknown,
                    ..
                }
            )
    }
}

/// One trial as one cell sees it: its rival and the shared controls.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// The trial's id; trials are judged in the order given.
    pub id: String,
    /// When it began, Unix milliseconds.
    pub at_ms: i64,
    /// The rival's slot.
    pub rival: ArmReading,
    /// The controls' slots, in any order.
    pub controls: Vec<ArmReading>,
}

/// A cell, and all that is fixed about judging it.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedCell {
    /// The cell.
    pub cell: Cell,
    /// The company whose platform it is.
    pub subject: String,
    /// The clause's kind, handed through.
    pub clause_kind: String,
    /// How it is judged.
    pub method: Method,
    /// What the error bound rests on.
    pub ground: Ground,
}

/// All that one finding is made from.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadCell {
    /// The cell.
    pub judged: JudgedCell,
    /// Whole trials only, in the order in which they were done.
    pub trials: Vec<Trial>,
}

/// What bounds the errors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// Over the whole order.
    pub alpha: f64,
    /// All cells attempted under the order; at least as many as are judged.
    pub cells: u64,
}

/// Judges all cells of an order together, from trials that are all there.
///
/// Findings come in the order of `cells`. Cells that were planned and not
/// reached belong in `bounds.cells` all the same. Trials that bear the same id
/// are one trial that several cells see; ids sort in the order in which the
/// trials were done.
pub fn judge(cells: &[ReadCell], bounds: Bounds) -> (Vec<Finding>, Vec<GroupFinding>) {
    let judged = cells.iter().map(|cell| cell.judged.clone()).collect();
    let mut judge = Judge::new(judged, bounds);
    let mut by_id: BTreeMap<&str, Vec<(usize, &Trial)>> = BTreeMap::new();
    for (index, cell) in cells.iter().enumerate() {
        for trial in &cell.trials {
            by_id.entry(&trial.id).or_default().push((index, trial));
        }
    }
    for seen_by in by_id.values() {
        judge.add(seen_by);
    }
    (judge.findings(), judge.groups())
}

/// The trials with their outcomes as the method reads them: whether an
/// opening was late shows only beside the others of its trial.
pub fn as_judged(cell: &ReadCell) -> Cow<'_, [Trial]> {
    match cell.judged.method {
        Method::Delay { material_ms, .. } => {
            let delays = delay::Delays::new(material_ms);
            Cow::Owned(cell.trials.iter().map(|it| delays.place(it)).collect())
        }
        Method::Parity { .. } | Method::Absolute { .. } => Cow::Borrowed(&cell.trials),
    }
}
