//! Blocks of two independent arms with learned rates (Turner, Ly and Grünwald 2024,
//! arXiv:2106.02693).
//!
//! Each block's factor is the chance of its outcomes under rates learned from earlier
//! blocks (Beta priors), over their chance under the common rate. It assumes that the
//! slots of a block are independent given the past, which a rate limiter breaks; so it
//! is for planning and comparison, not for accusing. For that, see [`crate::block`].

use crate::many::{DECISION_GUARD, log_threshold};
use crate::numbers::{LogE, ln};
use crate::predictable::Bounds;

/// How one arm is filled and believed beforehand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arm {
    /// Slots in each block.
    pub slots: u32,
    /// The Beta prior's weight of openings and of failures; both above 0.
    pub prior: (f64, f64),
}

/// The process, block after block. The order of blocks matters: not mergeable.
///
/// ```
/// use moongate_stats::two_sample::{Arm, TwoSample};
/// let arm = Arm { slots: 1, prior: (0.18, 0.18) };
/// let mut process = TwoSample::new(arm, arm).unwrap();
/// for _ in 0..3 {
///     process.add_block(1, 0);
/// }
/// assert!((process.log_e().e() - 10.2776816608997).abs() < 1e-10);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TwoSample {
    first: Arm,
    second: Arm,
    opened: (f64, f64),
    blocks: f64,
    log_e: LogE,
}

impl TwoSample {
    /// Nothing where a prior weight is not positive and finite or an arm has no slots.
    pub fn new(first: Arm, second: Arm) -> Option<TwoSample> {
        let usable = |arm: &Arm| {
            let weight = |w: f64| w > 0.0 && w.is_finite();
            arm.slots > 0 && weight(arm.prior.0) && weight(arm.prior.1)
        };
        (usable(&first) && usable(&second)).then_some(TwoSample {
            first,
            second,
            opened: (0.0, 0.0),
            blocks: 0.0,
            log_e: LogE::ONE,
        })
    }

    /// Takes the openings in each arm of one block; more openings than slots make the
    /// evidence 0 for good.
    pub fn add_block(&mut self, first: u32, second: u32) {
        if first > self.first.slots || second > self.second.slots {
            self.log_e = LogE::ZERO;
            return;
        }
        let (n1, n2) = (f64::from(self.first.slots), f64::from(self.second.slots));
        let (y1, y2) = (f64::from(first), f64::from(second));
        let rate = |arm: Arm, opened: f64| {
            let (a, b) = arm.prior;
            (a + opened) / (a + b + self.blocks * f64::from(arm.slots))
        };
        let (p1, p2) = (
            rate(self.first, self.opened.0),
            rate(self.second, self.opened.1),
        );
        let common = (n1 * p1 + n2 * p2) / (n1 + n2);
        let step = gain(y1, n1, p1, common) + gain(y2, n2, p2, common);
        self.log_e = LogE::guarded(self.log_e.ln() + step);
        self.opened = (self.opened.0 + y1, self.opened.1 + y2);
        self.blocks += 1.0;
    }

    /// Evidence that the two arms open at different rates.
    pub fn log_e(&self) -> LogE {
        self.log_e
    }
}

/// Evidence against "the second arm opens more often by exactly `difference`" after each
/// block of openings: rates learned from earlier blocks, over the nearest pair of rates
/// with that difference. Nothing for a difference outside (−1, 1) or where
/// [`TwoSample::new`] gives nothing. Slots of a block must be independent.
pub fn log_e_difference(
    blocks: &[(u32, u32)],
    first: Arm,
    second: Arm,
    difference: f64,
) -> Option<Vec<LogE>> {
    TwoSample::new(first, second)?;
    if !(difference > -1.0 && difference < 1.0) {
        return None;
    }
    let (n1, n2) = (f64::from(first.slots), f64::from(second.slots));
    let (mut opened, mut log_e) = ((0.0, 0.0), LogE::ONE);
    let step = |(seen, (y1, y2)): (usize, &(u32, u32))| {
        if *y1 > first.slots || *y2 > second.slots {
            log_e = LogE::ZERO;
        }
        let (p1, p2) = (
            learned(first, opened.0, seen),
            learned(second, opened.1, seen),
        );
        let (q1, q2) = nearest_with_difference((n1, p1), (n2, p2), difference);
        let (y1, y2) = (f64::from(*y1), f64::from(*y2));
        log_e = LogE::guarded(log_e.ln() + gain(y1, n1, p1, q1) + gain(y2, n2, p2, q2));
        opened = (opened.0 + y1, opened.1 + y2);
        log_e
    };
    Some(blocks.iter().enumerate().map(step).collect())
}

/// An arm's rate as learned from `opened` in `blocks` blocks.
fn learned(arm: Arm, opened: f64, blocks: usize) -> f64 {
    let (a, b) = arm.prior;
    (a + opened) / (a + b + blocks as f64 * f64::from(arm.slots))
}

/// ln of the chance of y of n at rate p, over that at rate q.
fn gain(y: f64, n: f64, p: f64, q: f64) -> f64 {
    y * ln(p / q) + (n - y) * ln((1.0 - p) / (1.0 - q))
}

/// The pair (a, a + difference) nearest to the rates, by reverse information projection.
fn nearest_with_difference(first: (f64, f64), second: (f64, f64), difference: f64) -> (f64, f64) {
    let slope = |(n, p): (f64, f64), q: f64| n * ((1.0 - p) / (1.0 - q) - p / q);
    let (mut low, mut high) = ((-difference).max(0.0), (1.0 - difference).min(1.0));
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            break;
        }
        if slope(first, middle) + slope(second, middle + difference) < 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    let a = f64::midpoint(low, high);
    (a, a + difference)
}

/// Confidence sequence for the difference of the rates, second minus first, by inversion
/// of [`log_e_difference`] on `cells` + 1 differences from −.99 to .99, over all blocks
/// together and widened by one cell. With the whole of [−1, 1] where nothing is known.
/// For block counts without an assumption of independence, see
/// [`crate::certificate::Parity::interval`].
///
/// ```
/// use moongate_stats::two_sample::{Arm, difference_interval};
/// let arm = Arm { slots: 1, prior: (0.18, 0.18) };
/// let ends = difference_interval(&[(1, 0); 40], arm, arm, 0.05, 99).unwrap();
/// assert!(ends.low <= -0.99 && ends.high < -0.6);
/// ```
pub fn difference_interval(
    blocks: &[(u32, u32)],
    first: Arm,
    second: Arm,
    alpha: f64,
    cells: u32,
) -> Option<Bounds> {
    let needed = log_threshold(alpha, 1)? + DECISION_GUARD;
    if cells == 0 {
        return None;
    }
    let cell = 1.98 / f64::from(cells);
    let mut kept: Option<(f64, f64)> = None;
    for index in 0..=cells {
        let difference = -0.99 + f64::from(index) * cell;
        let trail = log_e_difference(blocks, first, second, difference)?;
        if trail.iter().all(|log_e| log_e.ln() < needed) {
            kept = Some((kept.map_or(difference, |(low, _)| low), difference));
        }
    }
    let (low, high) = kept.unwrap_or((-1.0, 1.0));
    Some(Bounds {
        low: (low - cell).max(-1.0),
        high: (high + cell).min(1.0),
    })
}

/// Points on which a restricted alternative is learned.
const RESTRICTED_POINTS: u32 = 1000;

/// Evidence that the two arms open at different rates, after each block, by bets that
/// take for granted that the second opens more often by `difference`: quicker if that is
/// so. The first arm's rate is learned, with the first arm's prior. Nothing for a
/// difference outside (−1, 1) or where [`TwoSample::new`] gives nothing.
pub fn log_e_restricted(
    blocks: &[(u32, u32)],
    first: Arm,
    second: Arm,
    difference: f64,
) -> Option<Vec<LogE>> {
    TwoSample::new(first, second)?;
    if !(difference > -1.0 && difference < 1.0) {
        return None;
    }
    let (n1, n2) = (f64::from(first.slots), f64::from(second.slots));
    let mut points = restricted_points(first.prior, difference);
    let mut log_e = LogE::ONE;
    let step = |(y1, y2): &(u32, u32)| {
        if *y1 > first.slots || *y2 > second.slots {
            log_e = LogE::ZERO;
        }
        let all: f64 = points.iter().map(|(weight, _)| weight).sum();
        let p1 = points.iter().map(|(w, rate)| w * rate).sum::<f64>() / all;
        let p2 = p1 + difference;
        let common = (n1 * p1 + n2 * p2) / (n1 + n2);
        let (y1, y2) = (f64::from(*y1), f64::from(*y2));
        log_e = LogE::guarded(log_e.ln() + gain(y1, n1, p1, common) + gain(y2, n2, p2, common));
        for (weight, rate) in &mut points {
            let (q1, q2) = (*rate, *rate + difference);
            let likely = gain(y1, n1, q1, p1) + gain(y2, n2, q2, p2);
            *weight *= libm::exp(likely) / all;
        }
        log_e
    };
    Some(blocks.iter().map(step).collect())
}

/// Rates of the first arm that leave room for the second, with prior weights.
fn restricted_points((a, b): (f64, f64), difference: f64) -> Vec<(f64, f64)> {
    let (low, high) = ((-difference).max(0.0), (1.0 - difference).min(1.0));
    let step = 1.0 / f64::from(RESTRICTED_POINTS);
    let inner = (1.0 - 2.0 * step) / f64::from(RESTRICTED_POINTS - 1);
    let point = |index: u32| {
        let share = step + f64::from(index) * inner;
        let weight = libm::exp((a - 1.0) * ln(share) + (b - 1.0) * ln(1.0 - share));
        (weight, low + share * (high - low))
    };
    (0..RESTRICTED_POINTS).map(point).collect()
}

/// Nats that a pair of one control and one rival is worth on average, at best, when
/// they open at the rates `control` and `rival`: kl(control, m) + kl(rival, m).
///
/// ```
/// use moongate_stats::two_sample::nats_per_pair;
/// assert!((nats_per_pair(0.98, 0.5).unwrap() - 0.35492754042316343).abs() < 1e-12);
/// ```
pub fn nats_per_pair(control: f64, rival: f64) -> Option<f64> {
    let rate = |p: f64| (0.0..=1.0).contains(&p);
    if !(rate(control) && rate(rival)) {
        return None;
    }
    let m = f64::midpoint(control, rival);
    let part = |p: f64, q: f64| if p > 0.0 { p * ln(p / q) } else { 0.0 };
    let kl = |p: f64| part(p, m) + part(1.0 - p, 1.0 - m);
    Some(kl(control) + kl(rival))
}
