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
//! ```
//! use moongate_glossary::{Cell, Decision, Ground, Outcome, Reading};
//! use moongate_judge::{ArmReading, Bounds, Ladder, Method, Subject, Trial, judge};
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
//! let subject = Subject {
//!     cell,
//!     clause_kind: "same-form".into(),
//!     method: Method::Parity { ladders: vec![Ladder { levels: 6 }], margin: 0.2 },
//!     ground: Ground::Randomised,
//!     trials: (0..8)
//!         .map(|n| Trial { id: format!("t{n}"), rival: level(4), controls: vec![level(0); 4] })
//!         .collect(),
//! };
//! let findings = judge(&[subject], Bounds { alpha: 0.01, cells: 1 });
//! assert_eq!(findings[0].decision, Decision::Broken);
//! ```

mod absolute;
mod delay;
mod parity;
mod path;
mod tally;

use std::borrow::Cow;

use moongate_glossary::{Cell, Decision, Effect, Finding, Ground, Outcome, Reading};
use moongate_stats::LogE;
use moongate_stats::many::{CurrentE, DECISION_GUARD, accuse, e_bh, log_threshold};
use serde::{Deserialize, Serialize};

use path::Path;
pub use path::VERSION;

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
    /// The rival's slot.
    pub rival: ArmReading,
    /// The controls' slots, in any order.
    pub controls: Vec<ArmReading>,
}

/// All that one finding is made from.
#[derive(Debug, Clone, PartialEq)]
pub struct Subject {
    /// What the finding will be about.
    pub cell: Cell,
    /// The clause's kind, handed through.
    pub clause_kind: String,
    /// How it is judged.
    pub method: Method,
    /// What the error bound rests on.
    pub ground: Ground,
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

/// Judges all cells of an order together.
///
/// Findings come in the order of `subjects`. Cells that were planned and not
/// reached belong in `bounds.cells` all the same.
pub fn judge(subjects: &[Subject], bounds: Bounds) -> Vec<Finding> {
    let cells = bounds.cells.max(subjects.len() as u64);
    let paths: Vec<Path> = subjects.iter().map(walk).collect();
    let threshold_kept = kept_threshold(&paths, bounds.alpha, cells);
    subjects
        .iter()
        .zip(paths)
        .map(|(subject, path)| {
            conclude(
                subject,
                &path,
                Bounds {
                    alpha: bounds.alpha,
                    cells,
                },
                threshold_kept,
            )
        })
        .collect()
}

/// The trials with their outcomes as the method reads them: whether an
/// opening was late shows only beside the others of its trial.
pub fn as_judged(subject: &Subject) -> Cow<'_, [Trial]> {
    match subject.method {
        Method::Delay { material_ms, .. } => {
            Cow::Owned(delay::placed(&subject.trials, material_ms))
        }
        Method::Parity { .. } | Method::Absolute { .. } => Cow::Borrowed(&subject.trials),
    }
}

fn walk(subject: &Subject) -> Path {
    match &subject.method {
        Method::Parity { ladders, margin } => parity::walk(&subject.trials, ladders, *margin),
        Method::Delay {
            material_ms,
            margin,
        } => delay::walk(&subject.trials, *material_ms, *margin),
        Method::Absolute { tolerance, margin } => {
            absolute::walk(&subject.trials, *tolerance, *margin)
        }
    }
}

/// ln(m / (α k)) for the k certificates that e-BH grants; that of one
/// certificate where it grants none.
fn kept_threshold(paths: &[Path], alpha: f64, cells: u64) -> f64 {
    let mut evidence: Vec<CurrentE> = paths
        .iter()
        .map(|path| CurrentE::new(path.kept_now()))
        .collect();
    // Cells that were not reached carry no evidence, and count.
    let attempted = usize::try_from(cells).unwrap_or(usize::MAX).min(MOST_CELLS);
    evidence.resize(attempted.max(evidence.len()), CurrentE::new(LogE::ZERO));
    let granted = e_bh(&evidence, alpha)
        .into_iter()
        .filter(|granted| *granted)
        .count();
    threshold(alpha, cells) - LogE::from_e(granted.max(1) as f64).map_or(0.0, LogE::ln)
}

/// More unreached cells than this are not laid out one by one; e-BH is then
/// stricter than it need be only if that many were judged.
const MOST_CELLS: usize = 10_000_000;

/// What one cell's evidence must reach; unreachable where the bounds make no
/// sense.
fn threshold(alpha: f64, cells: u64) -> f64 {
    log_threshold(alpha, cells).unwrap_or(f64::MAX)
}

fn conclude(subject: &Subject, path: &Path, bounds: Bounds, threshold_kept: f64) -> Finding {
    let Bounds { alpha, cells } = bounds;
    let broken_after = path
        .broken
        .iter()
        .position(|log_e| accuse(*log_e, alpha, cells));
    let reached = |log_e: &LogE| log_e.ln() >= threshold_kept + DECISION_GUARD;
    let kept_after = path.kept.iter().position(reached);
    let decision = match (broken_after, reached(&path.kept_now())) {
        (Some(_), _) => Decision::Broken,
        (None, true) => Decision::Kept,
        (None, false) => Decision::Open,
    };
    let after = |index: usize| index as u64 + 1;
    let trials = as_judged(subject);
    Finding {
        format: Finding::FORMAT,
        judge: VERSION.to_owned(),
        cell: subject.cell.clone(),
        clause_kind: subject.clause_kind.clone(),
        decision,
        log_e_broken: finite(path.broken_now()),
        log_e_kept: finite(path.kept_now()),
        log_threshold_broken: threshold(alpha, cells),
        log_threshold_kept: threshold_kept,
        margin: subject.method.margin(),
        tolerance: subject.method.tolerance(),
        certified_margin: path.certified_margin(threshold_kept),
        effect: path.effect(alpha),
        ground: subject.ground,
        alpha,
        cells,
        trials_used: path.broken.len() as u64,
        trials_void: path.void.clone(),
        broken_after: broken_after.map(after),
        kept_after: kept_after.filter(|_| decision == Decision::Kept).map(after),
        path_broken: path.broken.iter().map(|log_e| finite(*log_e)).collect(),
        path_kept: path.kept.iter().map(|log_e| finite(*log_e)).collect(),
        rival: tally::of(trials.iter().map(|trial| &trial.rival)),
        controls: tally::of(trials.iter().flat_map(|trial| &trial.controls)),
        stated_reason: None,
        neutral_amount: None,
    }
}

/// JSON has no −∞; an e-value of 0 is written as the smallest finite number.
fn finite(log_e: LogE) -> f64 {
    log_e.ln().max(f64::MIN)
}

/// The effect types shared by the methods.
pub(crate) fn effect(
    interval: Option<moongate_stats::Interval>,
    unit: moongate_glossary::EffectUnit,
) -> Option<Effect> {
    interval.map(|interval| Effect {
        point: interval.point,
        interval: Some(moongate_glossary::Span {
            low: interval.low,
            high: interval.high,
        }),
        unit,
    })
}
