//! Blocks of two independent arms with learned rates (Turner, Ly and Grünwald 2024,
//! arXiv:2106.02693).
//!
//! Each block's factor is the chance of its outcomes under rates learned from earlier
//! blocks (Beta priors), over their chance under the common rate. It assumes that the
//! slots of a block are independent given the past, which a rate limiter breaks; so it
//! is for planning and comparison, not for accusing. For that, see [`crate::block`].

use crate::numbers::{LogE, ln};

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
        let gain =
            |y: f64, n: f64, p: f64| y * ln(p / common) + (n - y) * ln((1.0 - p) / (1.0 - common));
        let step = gain(y1, n1, p1) + gain(y2, n2, p2);
        self.log_e = LogE::guarded(self.log_e.ln() + step);
        self.opened = (self.opened.0 + y1, self.opened.1 + y2);
        self.blocks += 1.0;
    }

    /// Evidence that the two arms open at different rates.
    pub fn log_e(&self) -> LogE {
        self.log_e
    }
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
