//! A yes-or-no variable against a fixed rate: closed forms in the two counts.
//!
//! One-sided evidence averages the likelihood ratio over all rates on the far side of
//! `p0`, uniformly. For each such rate it is a supermartingale under every conditional
//! rate on the near side, so the null may drift. The two-sided interval uses the
//! Beta(½, ½) mixture and is valid at all times for a rate that stays the same.
//!
//! Source: Robbins 1970, "Statistical methods related to the law of the iterated
//! logarithm"; Howard, Ramdas, `McAuliffe` and Sekhon 2021 (arXiv:1810.08240).

use crate::many::{DECISION_GUARD, log_threshold};
use crate::numbers::{Interval, LogE, exact, ln, ln_1p};
use crate::special::{ln_beta, ln_beta_share};

/// Evidence that the rate of yes is below `p0`: with c yes and b no,
/// ln E = ln B(c+1, b+1) + ln `I_p0`(c+1, b+1) − (c+1) ln p0 − b ln(1−p0).
///
/// ```
/// use moongate_stats::bernoulli::log_e_below;
/// assert!(log_e_below(0, 100, 0.1).ln() > 6.0);
/// assert!(log_e_below(10, 90, 0.1).ln() < 1.0);
/// ```
pub fn log_e_below(yes: u64, no: u64, p0: f64) -> LogE {
    let (Some(yes), Some(no)) = (exact(yes), exact(no)) else {
        return LogE::ZERO;
    };
    if !(p0 > 0.0 && p0 < 1.0) {
        return LogE::ZERO;
    }
    let mixture = ln_beta(yes + 1.0, no + 1.0) + ln_beta_share(yes + 1.0, no + 1.0, p0);
    LogE::guarded(mixture - (yes + 1.0) * ln(p0) - no * ln_1p(-p0))
}

/// Evidence that the rate of yes exceeds `p0`.
pub fn log_e_above(yes: u64, no: u64, p0: f64) -> LogE {
    log_e_below(no, yes, 1.0 - p0)
}

/// Confidence sequence for the rate of yes, error `alpha` over all times together;
/// nothing without trials or for an `alpha` outside (0, 1). Ends are the nearest
/// rejected rates, so outward.
///
/// ```
/// use moongate_stats::bernoulli::interval;
/// let rate = interval(98, 2, 0.05).unwrap();
/// assert!(rate.low > 0.85 && rate.low < 0.98 && rate.high < 1.0);
/// ```
pub fn interval(yes: u64, no: u64, alpha: f64) -> Option<Interval> {
    let needed = log_threshold(alpha, 1)? + DECISION_GUARD;
    let (yes, no) = (exact(yes)?, exact(no)?);
    if yes + no <= 0.0 {
        return None;
    }
    let point = yes / (yes + no);
    let mixture = ln_beta(yes + 0.5, no + 0.5) - ln_beta(0.5, 0.5);
    let rejected = |p: f64| {
        let yes_part = if yes > 0.0 { yes * ln(p) } else { 0.0 };
        let no_part = if no > 0.0 { no * ln_1p(-p) } else { 0.0 };
        mixture - yes_part - no_part >= needed
    };
    let low = if rejected(0.0) {
        nearest_rejected(0.0, point, &rejected)
    } else {
        0.0
    };
    let high = if rejected(1.0) {
        nearest_rejected(1.0, point, &rejected)
    } else {
        1.0
    };
    Some(Interval { low, high, point })
}

/// Bisects between a rejected and a kept rate; gives the rejected one.
fn nearest_rejected(mut out: f64, mut kept: f64, rejected: &impl Fn(f64) -> bool) -> f64 {
    for _ in 0..1100 {
        let middle = f64::midpoint(out, kept);
        if (out - kept).abs() < 1e-12 {
            break;
        }
        if rejected(middle) {
            out = middle;
        } else {
            kept = middle;
        }
    }
    out
}
