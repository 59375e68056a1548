//! Watching for ever: differences that begin on some later day, when they began, and
//! whether they have stopped.
//!
//! Evidence that is a product over all days forgets nothing: forty quiet days weigh
//! against a difference that begins on the forty-first. So the stake is spread over all
//! days on which it might begin. Day j gets the part `w_j = 1/(j (j + 1))`, which sums to
//! 1 over all days, and bets on nothing but what happens from day j on. For each odds
//! ratio, with `f_t` the factor of day t,
//!
//! ```text
//! M_t = f_t (M_{t−1} + w_t),     E_t = M_t + Σ_{j > t} w_j = M_t + 1/(t + 1)
//! ```
//!
//! E is an e-process that begins at 1: what is not yet staked is kept. A difference
//! that begins on day j costs ln (j (j + 1)) nats more than one awaited on that day. The
//! state is one number for each odds ratio, whatever the number of days.
//!
//! Days are numbers from 1; days without blocks may be left out. Days follow each other,
//! so a state **cannot be merged** with another: there is no such method.
//!
//! ```compile_fail,E0599
//! use moongate_stats::watch::Watch;
//! let mut one = Watch::default();
//! one.merge(&Watch::default()); // days follow each other
//! ```
//!
//! Not for deciding; that is [`crate::many`].
//!
//! Sources: Shin, Ramdas and Rinaldo 2022, "E-detectors" (arXiv:2203.03532) for restarts;
//! Saha and Ramdas 2025, "Post-detection inference for sequential changepoint
//! localization" (arXiv:2502.06096) for confidence sets by inversion.

use crate::block::{BlockCounts, LN_OMEGA, ShapeFactors};
use crate::certificate::{self, STAKES};
use crate::many::{DECISION_GUARD, accuse, log_threshold};
use crate::numbers::{
    LogE, Mismatch, as_texts, error_rate, ln, log_add_exp, log_mean_exp, log_sum_exp,
};
use crate::ordinal::{Ordinal, ThresholdWeights};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A day that does not come after those already seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "day {day} does not come after day {last}; add days in order, each once and whole, from 1 on"
)]
pub struct NotLater {
    /// The day that was given.
    pub day: u32,
    /// The last day seen; 0 if none.
    pub last: u32,
}

/// The restart mixture itself, over some points each with its own factors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Restart {
    last_day: u32,
    /// ln M for each point.
    #[serde(with = "as_texts")]
    ln_m: Vec<f64>,
}

impl Restart {
    fn new(points: usize) -> Restart {
        Restart {
            last_day: 0,
            ln_m: vec![f64::NEG_INFINITY; points],
        }
    }

    /// ln Σ w over the days after the last one up to and with `day`.
    fn ln_staked_until(&self, day: u32) -> f64 {
        let (from, to) = (f64::from(self.last_day) + 1.0, f64::from(day) + 1.0);
        // 1/from − 1/to without cancellation.
        ln((to - from) / (from * to))
    }

    fn after(&self, day: u32, factors: Option<&[f64]>) -> Result<Restart, NotLater> {
        if day <= self.last_day {
            return Err(NotLater {
                day,
                last: self.last_day,
            });
        }
        let staked = self.ln_staked_until(day);
        let next = |(point, ln_m): (usize, &f64)| {
            let factor = factors.and_then(|factors| factors.get(point).copied());
            // A day that cannot be evaluated loses what was staked on it.
            let ln_f = factor.unwrap_or(f64::NEG_INFINITY);
            LogE::guarded(log_add_exp(*ln_m, staked) + ln_f).ln()
        };
        Ok(Restart {
            last_day: day,
            ln_m: self.ln_m.iter().enumerate().map(next).collect(),
        })
    }

    fn log_e(&self) -> LogE {
        let kept = -ln(f64::from(self.last_day) + 1.0);
        LogE::guarded(log_add_exp(log_mean_exp(&self.ln_m), kept))
    }

    fn usable(&self, points: usize) -> Result<(), Mismatch> {
        let numbers = self.ln_m.iter().all(|m| LogE::new(*m).is_ok());
        if self.ln_m.len() == points && numbers {
            return Ok(());
        }
        Err(Mismatch {
            what: "evidence at each point",
        })
    }
}

/// Watches whether the rival begins to fail more often than the controls.
///
/// ```
/// use moongate_stats::block::{BlockCounts, BlockShape};
/// use moongate_stats::{many::accuse, watch::Watch};
/// let day = |rival_failed: bool| -> Result<BlockCounts, Box<dyn std::error::Error>> {
///     let mut counts = BlockCounts::default();
///     counts.add(BlockShape::new(4, u32::from(rival_failed), rival_failed)?);
///     Ok(counts)
/// };
/// let mut watch = Watch::default();
/// for quiet in 1..40 {
///     watch.add_day(quiet, &day(false)?)?;
/// }
/// let mut found = 40;
/// while !accuse(watch.log_e(), 0.01, 1) {
///     watch.add_day(found, &day(true)?)?;
///     found += 1;
/// }
/// assert!(found <= 49);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RawWatch")]
pub struct Watch {
    restart: Restart,
}

#[derive(Deserialize)]
struct RawWatch {
    restart: Restart,
}

impl TryFrom<RawWatch> for Watch {
    type Error = Mismatch;
    fn try_from(raw: RawWatch) -> Result<Self, Mismatch> {
        raw.restart.usable(LN_OMEGA.len())?;
        Ok(Watch {
            restart: raw.restart,
        })
    }
}

impl Default for Watch {
    fn default() -> Self {
        Watch::new()
    }
}

impl Watch {
    /// Begins, before day 1.
    pub fn new() -> Watch {
        Watch {
            restart: Restart::new(LN_OMEGA.len()),
        }
    }

    /// Takes all blocks of one day, which is then over.
    ///
    /// # Errors
    /// [`NotLater`] if the day is not after the last one; nothing is changed.
    pub fn add_day(&mut self, day: u32, counts: &BlockCounts) -> Result<(), NotLater> {
        *self = self.with_day(day, counts)?;
        Ok(())
    }

    /// What the state would be if the day ended now: evidence may be read after every
    /// block of a day, because the day's stake was laid before its first block.
    ///
    /// # Errors
    /// [`NotLater`] if the day is not after the last one.
    pub fn with_day(&self, day: u32, counts: &BlockCounts) -> Result<Watch, NotLater> {
        let factors = counts.log_e_per_point();
        let factors = factors.as_ref().map(<[f64; LN_OMEGA.len()]>::as_slice);
        Ok(Watch {
            restart: self.restart.after(day, factors)?,
        })
    }

    /// Begins a day whose blocks are added one by one: what [`Watch::with_day`] says
    /// after each of them, at the cost of a few additions.
    ///
    /// # Errors
    /// [`NotLater`] if the day is not after the last one.
    pub fn open_day(&self, day: u32) -> Result<OpenDay, NotLater> {
        let nothing = [0.0; LN_OMEGA.len()];
        Ok(OpenDay {
            restart: self.restart.after(day, Some(&nothing))?,
        })
    }

    /// The last day that was added; 0 before the first.
    pub fn last_day(&self) -> u32 {
        self.restart.last_day
    }

    /// Evidence that the rival fails more often, from some day on.
    pub fn log_e(&self) -> LogE {
        self.restart.log_e()
    }
}

/// A day of a [`Watch`] that is not over. As [`crate::block::RunningEvidence`], it is for
/// simulations and planning.
///
/// ```
/// use moongate_stats::block::{BlockCounts, BlockShape};
/// use moongate_stats::watch::Watch;
/// let shape = BlockShape::new(4, 1, true)?;
/// let mut counts = BlockCounts::default();
/// let mut day = Watch::default().open_day(3)?;
/// for _ in 0..6 {
///     day.add(&shape.factors());
///     counts.add(shape);
/// }
/// let whole = Watch::default().with_day(3, &counts)?;
/// assert!((day.log_e().ln() - whole.log_e().ln()).abs() < 1e-12);
/// assert!(day.ceiling() >= day.log_e().ln());
/// assert_eq!(day.close().last_day(), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct OpenDay {
    restart: Restart,
}

impl OpenDay {
    /// Adds one block.
    pub fn add(&mut self, factors: &ShapeFactors) {
        for (ln_m, factor) in self.restart.ln_m.iter_mut().zip(factors.0) {
            *ln_m = LogE::guarded(*ln_m + factor).ln();
        }
    }

    /// Something that log e does not exceed, without a single exponential: twice the
    /// larger of what is staked, at its best point, and what is kept.
    pub fn ceiling(&self) -> f64 {
        let staked = self.restart.ln_m.iter().copied();
        staked.fold(0.0, f64::max) + std::f64::consts::LN_2
    }

    /// Evidence that the rival fails more often, from some day on.
    pub fn log_e(&self) -> LogE {
        self.restart.log_e()
    }

    /// The day is over.
    pub fn close(self) -> Watch {
        Watch {
            restart: self.restart,
        }
    }
}

/// Watches a scale of severity: the weighted average of one [`Watch`] for each threshold.
///
/// ```
/// use moongate_stats::{ordinal::Ordinal, watch::OrdinalWatch};
/// let mut watch = OrdinalWatch::new(6);
/// for day in 1..=12 {
///     let mut blocks = Ordinal::new(6);
///     blocks.add_block(Some(4), &[Some(0); 4]);
///     watch.add_day(day, &blocks)?;
/// }
/// assert!(watch.log_e().ln() > f64::ln(100.0));
/// # Ok::<(), moongate_stats::watch::NotLater>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RawOrdinalWatch")]
pub struct OrdinalWatch {
    weights: ThresholdWeights,
    last_day: u32,
    watches: Vec<Watch>,
}

#[derive(Deserialize)]
struct RawOrdinalWatch {
    weights: ThresholdWeights,
    last_day: u32,
    watches: Vec<Watch>,
}

impl TryFrom<RawOrdinalWatch> for OrdinalWatch {
    type Error = Mismatch;
    fn try_from(raw: RawOrdinalWatch) -> Result<Self, Mismatch> {
        if raw.weights.as_slice().len() != raw.watches.len() {
            return Err(Mismatch {
                what: "number of thresholds",
            });
        }
        if raw.watches.iter().any(|w| w.last_day() != raw.last_day) {
            return Err(Mismatch { what: "last day" });
        }
        Ok(OrdinalWatch {
            weights: raw.weights,
            last_day: raw.last_day,
            watches: raw.watches,
        })
    }
}

impl OrdinalWatch {
    /// A scale with the levels 0 to `levels − 1`, equal weights; as [`Ordinal::new`].
    pub fn new(levels: usize) -> OrdinalWatch {
        OrdinalWatch::weighted(ThresholdWeights::equal(levels))
    }

    /// A scale with one threshold for each weight.
    pub fn weighted(weights: ThresholdWeights) -> OrdinalWatch {
        let watches = vec![Watch::new(); weights.as_slice().len()];
        OrdinalWatch {
            weights,
            last_day: 0,
            watches,
        }
    }

    /// Takes all blocks of one day. The scale of `blocks` counts up to the length of
    /// this one; thresholds it lacks saw nothing.
    ///
    /// # Errors
    /// [`NotLater`] if the day is not after the last one; nothing is changed.
    pub fn add_day(&mut self, day: u32, blocks: &Ordinal) -> Result<(), NotLater> {
        *self = self.with_day(day, blocks)?;
        Ok(())
    }

    /// What the state would be if the day ended now; see [`Watch::with_day`].
    ///
    /// # Errors
    /// [`NotLater`] if the day is not after the last one.
    pub fn with_day(&self, day: u32, blocks: &Ordinal) -> Result<OrdinalWatch, NotLater> {
        if day <= self.last_day {
            return Err(NotLater {
                day,
                last: self.last_day,
            });
        }
        let nothing = BlockCounts::default();
        let step = |(index, watch): (usize, &Watch)| {
            watch.with_day(day, blocks.at_least(index + 1).unwrap_or(&nothing))
        };
        let watches: Result<Vec<Watch>, NotLater> =
            self.watches.iter().enumerate().map(step).collect();
        Ok(OrdinalWatch {
            weights: self.weights.clone(),
            last_day: day,
            watches: watches?,
        })
    }

    /// The last day that was added; 0 before the first.
    pub fn last_day(&self) -> u32 {
        self.last_day
    }

    /// Evidence that the rival ends worse, from some day on.
    pub fn log_e(&self) -> LogE {
        if self.watches.is_empty() {
            return LogE::ONE;
        }
        let each = self.weights.as_slice().iter().zip(&self.watches);
        let terms: Vec<f64> = each.map(|(w, watch)| ln(*w) + watch.log_e().ln()).collect();
        LogE::guarded(log_sum_exp(&terms))
    }
}

/// What an [`OrdinalWatch`] will say on one day, for those who read it after every block
/// of every cell: the stakes of the day laid out as plain numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct DayScreen {
    /// For each threshold: its weight, and what stands at each point of the grid.
    stakes: Vec<(f64, [f64; LN_OMEGA.len()])>,
    kept: f64,
}

impl OrdinalWatch {
    /// The stakes of `day`, as they were laid before its first block.
    ///
    /// # Errors
    /// [`NotLater`] if the day is not after the last one.
    pub fn screen(&self, day: u32) -> Result<DayScreen, NotLater> {
        let quiet = self.with_day(day, &Ordinal::weighted(self.weights.clone()))?;
        let weights = self.weights.as_slice().iter().copied();
        let stake = |watch: &Watch| {
            let mut plain = [0.0; LN_OMEGA.len()];
            for (plain, ln_m) in plain.iter_mut().zip(&watch.restart.ln_m) {
                // Held within what a product with a running value can be told by.
                *plain = libm::exp(*ln_m).clamp(1e-50, 1e50);
            }
            plain
        };
        Ok(DayScreen {
            stakes: weights.zip(quiet.watches.iter().map(stake)).collect(),
            kept: 1.0 / (f64::from(day) + 1.0),
        })
    }
}

impl DayScreen {
    /// About what [`OrdinalWatch::with_day`] would say of the blocks of the day so far:
    /// by more than rounding never less, until that exceeds 10⁵⁰. Decide on the latter.
    ///
    /// ```
    /// use moongate_stats::{ordinal::Ordinal, watch::OrdinalWatch};
    /// let watch = OrdinalWatch::new(6);
    /// let mut today = Ordinal::new(6);
    /// for _ in 0..6 {
    ///     today.add_block(Some(4), &[Some(0); 4]);
    /// }
    /// let exact = watch.with_day(1, &today)?.log_e().e();
    /// assert!((watch.screen(1)?.e(&today) / exact - 1.0).abs() < 1e-9);
    /// # Ok::<(), moongate_stats::watch::NotLater>(())
    /// ```
    pub fn e(&self, today: &Ordinal) -> f64 {
        let at = |(index, (weight, stakes)): (usize, &(f64, [f64; LN_OMEGA.len()]))| {
            let running = today.at_least(index + 1).map(BlockCounts::running);
            let running = running.unwrap_or([1.0; LN_OMEGA.len()]);
            let wealth: f64 = stakes.iter().zip(running).map(|(m, f)| m * f).sum();
            weight * (wealth / LN_OMEGA.len() as f64 + self.kept)
        };
        self.stakes.iter().enumerate().map(at).sum()
    }
}

/// The reverse question, for ever: is the rival, from some day on, no longer worse by a
/// margin? A restart mixture of the robust certificates of
/// [`crate::certificate::Parity`], with the same state of constant size.
///
/// The null that it speaks against: on every block of every day, the rival's failure
/// rate exceeds the controls' by at least the margin on average, given the past. When it
/// is gone, [`stopped`] says since when.
///
/// ```
/// use moongate_stats::block::{BlockCounts, BlockShape};
/// use moongate_stats::watch::RecoveryWatch;
/// let mut watch = RecoveryWatch::new(0.3);
/// for day in 1..=60 {
///     let rival_failed = day <= 30; // it stops on day 31
///     let mut counts = BlockCounts::default();
///     counts.add(BlockShape::new(4, u32::from(rival_failed), rival_failed)?);
///     watch.add_day(day, &counts)?;
/// }
/// assert!(watch.log_e().ln() > f64::ln(10.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RawRecoveryWatch")]
pub struct RecoveryWatch {
    #[serde(with = "crate::numbers::as_text")]
    margin: f64,
    restart: Restart,
}

#[derive(Deserialize)]
struct RawRecoveryWatch {
    #[serde(with = "crate::numbers::as_text")]
    margin: f64,
    restart: Restart,
}

impl TryFrom<RawRecoveryWatch> for RecoveryWatch {
    type Error = Mismatch;
    fn try_from(raw: RawRecoveryWatch) -> Result<Self, Mismatch> {
        raw.restart.usable(STAKES.len())?;
        Ok(RecoveryWatch {
            margin: raw.margin,
            restart: raw.restart,
        })
    }
}

impl RecoveryWatch {
    /// Begins, before day 1, with a margin in (−1, 1); with any other it never yields
    /// evidence.
    pub fn new(margin: f64) -> RecoveryWatch {
        RecoveryWatch {
            margin,
            restart: Restart::new(STAKES.len()),
        }
    }

    /// Takes all blocks of one day.
    ///
    /// # Errors
    /// [`NotLater`] if the day is not after the last one; nothing is changed.
    pub fn add_day(&mut self, day: u32, counts: &BlockCounts) -> Result<(), NotLater> {
        let factors = certificate::wealth_not_worse_by(counts, self.margin);
        let factors = factors.as_ref().map(<[f64; STAKES.len()]>::as_slice);
        self.restart = self.restart.after(day, factors)?;
        Ok(())
    }

    /// Evidence that the rival is, from some day on, not worse by the margin throughout.
    pub fn log_e(&self) -> LogE {
        self.restart.log_e()
    }
}

/// All blocks of one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// Its number, from 1.
    pub day: u32,
    /// What its blocks looked like.
    pub counts: BlockCounts,
}

/// When a difference began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Onset {
    /// The day it most likely began.
    pub day: u32,
    /// It began no earlier than on this day. If that is the first day there is, it may
    /// have begun before.
    pub from: u32,
    /// It began no later than on this day.
    pub to: u32,
}

/// When the difference began: the most likely day, and a confidence set of days.
///
/// Let T be the day with the first block in which the rival is treated differently.
/// A day j is given up as a candidate for T
///
/// * if the days *before* j already hold evidence 2/α of a difference: were j the day,
///   they would be without any, and a [`Watch`] over them passes 2/α with probability
///   at most α/2. Nothing is assumed;
/// * if the days *after* j hold, at some time, evidence 2/α that the rival is not worse
///   by `least_difference`: were j the day, and **were the rival's failure rate from
///   then on higher by at least `least_difference`** in every block on average given
///   the past, a certificate that starts after j passes 2/α with probability at most
///   α/2. Day j itself is left out, since a difference may begin at noon.
///
/// The true day is given up with probability at most `alpha`, at whatever moments
/// somebody asks. Without any difference at all, an onset is reported with probability
/// at most `alpha`/2. The set is every day that was not given up, from the first to the
/// last. The most likely day is the one from which the blocks, up to the moment of
/// strongest evidence, speak most for a difference.
///
/// Nothing where evidence does not reach 2/α, where no day is left (the assumption does
/// not hold), where days are not in order from 1, or where a number is out of its range.
///
/// ```
/// use moongate_stats::block::{BlockCounts, BlockShape};
/// use moongate_stats::watch::{Day, onset};
/// let day = |day: u32| -> Result<Day, moongate_stats::block::ImpossibleShape> {
///     let rival_failed = day >= 40;
///     let mut counts = BlockCounts::default();
///     counts.add_many(BlockShape::new(4, u32::from(rival_failed), rival_failed)?, 4);
///     Ok(Day { day, counts })
/// };
/// let days: Vec<Day> = (1..=60).map(day).collect::<Result<_, _>>()?;
/// let began = onset(&days, 0.05, 0.3).unwrap();
/// assert_eq!(began.day, 40);
/// assert!(began.from <= 40 && 40 <= began.to && began.to - began.from < 12);
/// # Ok::<(), moongate_stats::block::ImpossibleShape>(())
/// ```
pub fn onset(days: &[Day], alpha: f64, least_difference: f64) -> Option<Onset> {
    in_order(days)?;
    let needed = log_threshold(error_rate(alpha)? / 2.0, 1)? + DECISION_GUARD;
    if !(least_difference > -1.0 && least_difference < 1.0) {
        return None;
    }
    let trail = evidence_after_each(days);
    let last = trail.iter().position(|log_e| log_e.ln() >= needed)?;
    let kept = |at: &usize| !certified_after(days, *at, least_difference, needed);
    let first = (0..=last).find(kept)?;
    let from = match first.checked_sub(1).and_then(|before| days.get(before)) {
        Some(before) => before.day.saturating_add(1),
        None => days.first()?.day,
    };
    let strongest =
        (last..trail.len()).max_by(|a, b| ln_at(&trail, *a).total_cmp(&ln_at(&trail, *b)))?;
    let start = likeliest_start(days.get(..=strongest)?, first, last)?;
    Some(Onset {
        day: days.get(start)?.day,
        from,
        to: days.get(last)?.day,
    })
}

fn ln_at(trail: &[LogE], at: usize) -> f64 {
    trail.get(at).map_or(f64::NEG_INFINITY, |log_e| log_e.ln())
}

fn in_order(days: &[Day]) -> Option<()> {
    let rising = days
        .windows(2)
        .all(|pair| matches!(pair, [a, b] if a.day < b.day));
    (rising && days.first()?.day >= 1).then_some(())
}

/// What a watch says at the end of each day.
fn evidence_after_each(days: &[Day]) -> Vec<LogE> {
    let mut watch = Watch::new();
    let step = |day: &Day| match watch.add_day(day.day, &day.counts) {
        Ok(()) => watch.log_e(),
        Err(NotLater { .. }) => LogE::ZERO,
    };
    days.iter().map(step).collect()
}

/// Whether the days after the `at`-th ever certify that the rival is not worse.
fn certified_after(days: &[Day], at: usize, margin: f64, needed: f64) -> bool {
    let mut wealth = [0.0; STAKES.len()];
    days.iter().skip(at + 1).any(|day| {
        let Some(factors) = certificate::wealth_not_worse_by(&day.counts, margin) else {
            wealth = [f64::NEG_INFINITY; STAKES.len()];
            return false;
        };
        for (sum, factor) in wealth.iter_mut().zip(factors) {
            *sum += factor;
        }
        log_mean_exp(&wealth) >= needed
    })
}

/// The day among those from `first` to `last` from which the blocks speak most for a
/// difference until the end.
fn likeliest_start(days: &[Day], first: usize, last: usize) -> Option<usize> {
    let mut sums = [0.0; LN_OMEGA.len()];
    let mut best: Option<(f64, usize)> = None;
    for (at, day) in days.iter().enumerate().skip(first).rev() {
        for (sum, factor) in sums.iter_mut().zip(day.counts.log_e_per_point()?) {
            *sum += factor;
        }
        let log_e = log_mean_exp(&sums);
        if at <= last && best.is_none_or(|(most, _)| log_e > most) {
            best = Some((log_e, at));
        }
    }
    best.map(|(_, at)| at)
}

/// Since when a difference is gone.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stopped {
    /// Since this day, until the last one there is.
    pub since: u32,
    /// The evidence for it; at least ln(1/α).
    pub log_e: LogE,
}

/// Since which day the rival is not worse by `margin`, if that stands at error `alpha`.
///
/// For each day s of the given ones, the j-th of them, the certificate of
/// [`crate::certificate::Parity`] over the days from s to the last is staked with weight
/// 1/(j (j + 1)). Day s is claimed only if the weighted evidence is at least 1/α *now*;
/// of those, the day with the most evidence is named. So with probability at least
/// 1 − `alpha`, at all moments and for all days together, no day s is claimed from which
/// on the rival was in truth worse by `margin` in every block on average, given the past.
/// What is ruled out is that it went on throughout; single bad hours are not.
///
/// Give the days since the difference was found; the question is asked from then on.
/// Nothing where no day stands, where days are not in order from 1, or where a number is
/// out of its range.
///
/// ```
/// use moongate_stats::block::{BlockCounts, BlockShape};
/// use moongate_stats::watch::{Day, stopped};
/// let day = |day: u32| -> Result<Day, moongate_stats::block::ImpossibleShape> {
///     let rival_failed = day < 20;
///     let mut counts = BlockCounts::default();
///     counts.add_many(BlockShape::new(4, u32::from(rival_failed), rival_failed)?, 4);
///     Ok(Day { day, counts })
/// };
/// let days: Vec<Day> = (1..=40).map(day).collect::<Result<_, _>>()?;
/// assert_eq!(stopped(&days, 0.01, 0.3).unwrap().since, 20);
/// assert!(stopped(&days[..20], 0.01, 0.3).is_none());
/// # Ok::<(), moongate_stats::block::ImpossibleShape>(())
/// ```
pub fn stopped(days: &[Day], alpha: f64, margin: f64) -> Option<Stopped> {
    in_order(days)?;
    log_threshold(alpha, 1)?;
    let mut wealth = [0.0; STAKES.len()];
    let mut best: Option<Stopped> = None;
    for (at, day) in days.iter().enumerate().rev() {
        let factors = certificate::wealth_not_worse_by(&day.counts, margin)?;
        for (sum, factor) in wealth.iter_mut().zip(factors) {
            *sum += factor;
        }
        let j = at as f64 + 1.0;
        let log_e = LogE::guarded(log_mean_exp(&wealth) - ln(j * (j + 1.0)));
        if best.is_none_or(|most| log_e > most.log_e) {
            best = Some(Stopped {
                since: day.day,
                log_e,
            });
        }
    }
    best.filter(|most| accuse(most.log_e, alpha, 1))
}
