//! Certificates of parity: evidence *against* a difference of a stated size.
//!
//! Two kinds. [`Parity`] is robust: it needs only that the mean difference of a block,
//! given the past, is what the null says. [`ripr_log_e`] is faster and needs
//! independence within a block; the null is met at its worst point, found by reverse
//! information projection.
//!
//! A certificate "not worse by δ" for a δ chosen after the data is still honest when δ
//! is the smallest one certified: see [`Parity::smallest_margin`].
//!
//! Not for finding a difference; that is [`crate::block`].
//!
//! Sources: Waudby-Smith and Ramdas 2024 (arXiv:2010.09686) for the bets; Turner, Ly
//! and Grünwald 2024, "Generic e-variables for exact sequential k-sample tests"
//! (arXiv:2106.02693) for the projection.

use crate::betting;
use crate::block::{BlockCounts, BlockShape};
use crate::many::log_threshold;
use crate::numbers::{Interval, LogE, error_rate, exact, ln, ln_1p, log_sum_exp};
use serde::{Deserialize, Serialize};

/// The stakes λ(1 − δ) of the robust certificate, with equal weights.
pub const STAKES: [f64; 10] = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/// The mean difference in [−1, 1] is found to 1/1000.
const DIFFERENCE_CELLS: u32 = 2000;
/// The fast certificate's largest margin, in thousandths.
const LARGEST_RIPR_MARGIN: u32 = 950;

/// Blocks of one rival and its controls, for the robust certificate and the interval
/// of the difference of failure rates.
///
/// D = (rival failed) − (share of controls that failed), in [−1, 1].
///
/// ```
/// use moongate_stats::certificate::Parity;
/// let mut parity = Parity::default();
/// for _ in 0..150 {
///     parity.add_block(false, 0, 4);
/// }
/// assert!(parity.log_e_not_worse_by(0.1).ln() > f64::ln(100.0));
/// let margin = parity.smallest_margin(f64::ln(100.0)).unwrap();
/// assert!(margin < 0.1);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Parity {
    blocks: BlockCounts,
}

/// On which side of 0 the difference is held to lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Above,
    Below,
}

impl Parity {
    /// Counts one block. A block without controls, or with more failing controls than
    /// controls, says nothing and is not counted.
    pub fn add_block(&mut self, rival_failed: bool, control_failures: u32, controls: u32) {
        let failures = control_failures.checked_add(u32::from(rival_failed));
        let shape = failures.map(|f| BlockShape::new(controls, f, rival_failed));
        if let (Some(Ok(shape)), true) = (shape, controls > 0) {
            self.blocks.add(shape);
        }
    }

    /// Adds the counts of disjoint blocks.
    pub fn merge(&mut self, other: &Parity) {
        self.blocks.merge(&other.blocks);
    }

    /// Blocks that were counted, saturating.
    pub fn blocks(&self) -> u64 {
        self.blocks.blocks()
    }

    /// The state, as counts of block shapes.
    pub fn counts(&self) -> &BlockCounts {
        &self.blocks
    }

    /// Mean of D over the blocks; nothing without blocks.
    pub fn mean_difference(&self) -> Option<f64> {
        let sum = self
            .blocks
            .sum_over(|shape| shape.difference().unwrap_or(0.0))?;
        let blocks = exact(self.blocks())?;
        (blocks > 0.0).then(|| (sum / blocks).clamp(-1.0, 1.0))
    }

    /// Evidence against "the rival's failure rate exceeds the controls' by at least
    /// `delta`", for `delta` in (−1, 1).
    pub fn log_e_not_worse_by(&self, delta: f64) -> LogE {
        self.log_e(Side::Below, delta)
    }

    /// Evidence against "the controls' failure rate exceeds the rival's by at least
    /// `delta`".
    pub fn log_e_not_better_by(&self, delta: f64) -> LogE {
        self.log_e(Side::Above, -delta)
    }

    /// Evidence that the two differ by less than `delta` either way: the smaller of
    /// the two one-sided ones.
    pub fn log_e_equivalent_within(&self, delta: f64) -> LogE {
        self.log_e_not_worse_by(delta)
            .min(self.log_e_not_better_by(delta))
    }

    /// The smallest margin in thousandths at which "not worse by" reaches
    /// `log_threshold` (such as ln(1/α)); nothing if none below 1 does. The evidence
    /// rises with the margin for every sample, so the error bound for one margin
    /// covers the smallest one certified at any time.
    pub fn smallest_margin(&self, log_threshold: f64) -> Option<f64> {
        betting::smallest_margin(log_threshold, |delta| self.log_e_not_worse_by(delta))
    }

    /// As [`Parity::smallest_margin`], for a difference either way.
    pub fn smallest_equivalence_margin(&self, log_threshold: f64) -> Option<f64> {
        betting::smallest_margin(log_threshold, |delta| self.log_e_equivalent_within(delta))
    }

    /// Confidence sequence for the mean of D, rival minus controls: holds at all times
    /// at once with probability at least 1 − `alpha`, as long as the conditional mean
    /// does not change. Found on a grid of 1/1000 and rounded outward; the whole of
    /// [−1, 1], with the estimate 0, where nothing is known.
    pub fn interval(&self, alpha: f64) -> Interval {
        let unknown = Interval {
            low: -1.0,
            high: 1.0,
            point: 0.0,
        };
        let known = || -> Option<Interval> {
            let point = self.mean_difference()?;
            let alpha = error_rate(alpha).unwrap_or(0.0);
            let (low, high) =
                betting::mean_bounds(&self.halved()?, alpha, &STAKES, DIFFERENCE_CELLS);
            let (low, high) = (2.0 * low - 1.0, 2.0 * high - 1.0);
            Some(Interval {
                low: low.min(point),
                high: high.max(point),
                point,
            })
        };
        known().unwrap_or(unknown)
    }

    fn log_e(&self, side: Side, delta: f64) -> LogE {
        if !(delta > -1.0 && delta < 1.0) {
            return LogE::ZERO;
        }
        let Some(sample) = self.halved() else {
            return LogE::ZERO;
        };
        let m = f64::midpoint(1.0, delta);
        match side {
            Side::Above => betting::log_e_mean_above(&sample, m, &STAKES),
            Side::Below => betting::log_e_mean_below(&sample, m, &STAKES),
        }
    }

    /// (D + 1)/2 ∈ [0, 1] with exact counts. The bet 1 + λ(δ − D) with λ = g/(1 − δ)
    /// reads the same in this scale.
    fn halved(&self) -> Option<Vec<(f64, f64)>> {
        exact(self.blocks())?;
        let rows = self.blocks.rows().iter();
        Some(
            rows.filter_map(|row| Some((row.shape.difference()?, row.blocks)))
                .map(|(d, blocks)| (f64::midpoint(1.0, d), blocks as f64))
                .collect(),
        )
    }
}

/// ln Π (1 + λ(δ − D)) over the blocks for each stake; nothing for a margin outside
/// (−1, 1) or counts too large to be exact.
pub(crate) fn wealth_not_worse_by(counts: &BlockCounts, delta: f64) -> Option<[f64; STAKES.len()]> {
    if !(delta > -1.0 && delta < 1.0) {
        return None;
    }
    exact(counts.blocks())?;
    let mut wealth = [0.0; STAKES.len()];
    for row in counts.rows() {
        let Some(difference) = row.shape.difference() else {
            continue;
        };
        let edge = (delta - difference) / (1.0 - delta);
        for (sum, stake) in wealth.iter_mut().zip(STAKES) {
            *sum += row.blocks as f64 * ln_1p(stake * edge);
        }
    }
    Some(wealth)
}

/// Openings and failures in the two arms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TwoByTwo {
    /// Controls that opened.
    pub controls_opened: u64,
    /// Controls that failed.
    pub controls_failed: u64,
    /// Rivals that opened.
    pub rivals_opened: u64,
    /// Rivals that failed.
    pub rivals_failed: u64,
}

impl TwoByTwo {
    /// The four counts as exact numbers, or nothing.
    pub(crate) fn exact(self) -> Option<[f64; 4]> {
        Some([
            exact(self.controls_opened)?,
            exact(self.controls_failed)?,
            exact(self.rivals_opened)?,
            exact(self.rivals_failed)?,
        ])
    }

    /// Adds the counts of disjoint trials, saturating.
    pub fn merge(&mut self, other: &TwoByTwo) {
        let add = |mine: &mut u64, theirs: u64| *mine = mine.saturating_add(theirs);
        add(&mut self.controls_opened, other.controls_opened);
        add(&mut self.controls_failed, other.controls_failed);
        add(&mut self.rivals_opened, other.rivals_opened);
        add(&mut self.rivals_failed, other.rivals_failed);
    }
}

/// How many slots of a block each arm fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocation {
    /// Controls in a block.
    pub controls: u32,
    /// Rivals in a block.
    pub rivals: u32,
}

impl Allocation {
    /// One of each.
    pub const PAIR: Allocation = Allocation {
        controls: 1,
        rivals: 1,
    };
}

/// The alternatives of the fast certificate: opening rate of controls, of the rival,
/// and weight.
pub const ALTERNATIVES: [(f64, f64, f64); 5] = [
    (0.9, 0.9, 0.1),
    (0.95, 0.95, 0.2),
    (0.98, 0.98, 0.4),
    (0.995, 0.995, 0.2),
    (0.98, 0.96, 0.1),
];

/// The point (a, a − δ) of the null "controls open more often by at least δ" that is
/// nearest to the alternative (tc, tr): the root of the projection's equation, to the
/// last bit. Nothing if the alternative itself lies in the null or a number is not
/// inside its range.
///
/// ```
/// use moongate_stats::certificate::{Allocation, projection};
/// let (a, b) = projection(0.98, 0.98, 0.1, Allocation::PAIR).unwrap();
/// assert!((a - 0.9895343468504767).abs() < 1e-12);
/// assert!((a - b - 0.1).abs() < 1e-12);
/// ```
pub fn projection(tc: f64, tr: f64, delta: f64, per_block: Allocation) -> Option<(f64, f64)> {
    let inside = |p: f64| p > 0.0 && p < 1.0;
    if !(inside(tc) && inside(tr) && inside(delta) && tc - tr < delta) {
        return None;
    }
    let (nc, nr) = (f64::from(per_block.controls), f64::from(per_block.rivals));
    if per_block.controls == 0 || per_block.rivals == 0 {
        return None;
    }
    let slope = |t: f64, p: f64| (1.0 - t) / (1.0 - p) - t / p;
    let rises = |a: f64| nc * slope(tc, a) + nr * slope(tr, a - delta);
    let (mut low, mut high) = (delta, 1.0);
    loop {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            break;
        }
        if rises(middle) < 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    let a = f64::midpoint(low, high);
    (a < 1.0 && a - delta > 0.0).then_some((a, a - delta))
}

/// The fast certificate: evidence against "controls open more often than the rival by
/// at least `delta`", from whole blocks of independent openings.
///
/// Counts must be those of whole blocks of the given allocation, otherwise the e-value
/// is 0. An alternative that lies in the null stakes nothing (factor 1).
pub fn ripr_log_e(counts: TwoByTwo, delta: f64, per_block: Allocation) -> LogE {
    let Some(numbers) = counts.exact() else {
        return LogE::ZERO;
    };
    let [c1, c0, r1, r0] = numbers;
    let whole = (c1 + c0) * f64::from(per_block.rivals) - (r1 + r0) * f64::from(per_block.controls);
    if !(delta > 0.0 && delta < 1.0) || whole != 0.0 {
        return LogE::ZERO;
    }
    let terms = ALTERNATIVES.map(|(tc, tr, weight)| {
        let bet = projection(tc, tr, delta, per_block).map_or(0.0, |(a, b)| {
            c1 * ln(tc / a)
                + c0 * ln((1.0 - tc) / (1.0 - a))
                + r1 * ln(tr / b)
                + r0 * ln((1.0 - tr) / (1.0 - b))
        });
        ln(weight) + bet
    });
    LogE::guarded(log_sum_exp(&terms))
}

/// The smallest margin in thousandths, up to .95, that the fast certificate reaches
/// with error `alpha`; nothing if there is none.
pub fn ripr_smallest_margin(counts: TwoByTwo, alpha: f64, per_block: Allocation) -> Option<f64> {
    let threshold = log_threshold(alpha, 1)?;
    // Walks down from the largest margin while all are certified. If the true difference
    // is μ, a wrong margin below μ then needs the evidence at the last grid value up to
    // μ to pass: one fixed e-process, whatever shape the evidence has in the margin.
    (1..=LARGEST_RIPR_MARGIN)
        .rev()
        .map(betting::margin)
        .take_while(|delta| ripr_log_e(counts, *delta, per_block).ln() >= threshold)
        .last()
}
