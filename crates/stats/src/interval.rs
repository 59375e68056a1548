//! Intervals for quantiles of a sample that hold at every moment at once.
//!
//! For each candidate θ the indicator "d ≤ θ" is a yes-or-no variable, and if θ is the
//! q-quantile its rate is at least q, that of "d ≥ θ" at least 1 − q. Both are watched
//! with the closed form of [`crate::bernoulli`], each at error α/2. What is rejected
//! depends on ranks alone, so the ends are order statistics; a candidate is given up
//! only when it is rejected itself, so they lie outward.
//!
//! Nothing is assumed of the distribution; ties are allowed. The quantile must stay the
//! same over time (given the past).
//!
//! Intervals for means are in [`crate::certificate`] and [`crate::absolute`], for a rate
//! in [`crate::bernoulli`].

use crate::bernoulli;
use crate::many::accuse;
use crate::numbers::{Interval, error_rate};

/// Confidence sequence for the median; see [`quantile`].
///
/// ```
/// use moongate_stats::interval::median;
/// let seconds: Vec<f64> = (0..30).map(|i| 2.5 + 0.01 * f64::from(i)).collect();
/// let effect = median(&seconds, 0.05).unwrap();
/// assert!(effect.low > 2.5 && effect.high < 2.8);
/// assert!(median(&seconds[..3], 0.05).is_none()); // too few to say anything
/// ```
pub fn median(differences: &[f64], alpha: f64) -> Option<Interval> {
    quantile(differences, 0.5, alpha)
}

/// Confidence sequence for the `q`-quantile, error `alpha` over all times together.
///
/// Nothing if the sample is too small to bound it on both sides, if any value is not
/// finite, or for `q` or `alpha` outside (0, 1).
pub fn quantile(sample: &[f64], q: f64, alpha: f64) -> Option<Interval> {
    let alpha = error_rate(alpha)?;
    if !(q > 0.0 && q < 1.0) || sample.iter().any(|d| !d.is_finite()) {
        return None;
    }
    let mut sorted = sample.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (low, high) = quantile_ranks(sorted.len(), q, alpha)?;
    let (low, high) = (*sorted.get(low)?, *sorted.get(high)?);
    let point = empirical_quantile(&sorted, q)?;
    (low <= point && point <= high).then_some(Interval { low, high, point })
}

/// Which two of `n` values, sorted and counted from 0, bound the `q`-quantile: for a
/// sample that is kept as counts only. Nothing where [`quantile`] says nothing.
///
/// ```
/// use moongate_stats::interval::quantile_ranks;
/// let (low, high) = quantile_ranks(1000, 0.5, 0.05).unwrap();
/// assert!(400 < low && low < 500 && 500 <= high && high < 600);
/// ```
pub fn quantile_ranks(n: usize, q: f64, alpha: f64) -> Option<(usize, usize)> {
    let alpha = error_rate(alpha)?;
    if !(q > 0.0 && q < 1.0) {
        return None;
    }
    let given_up_below = most_given_up(n, q, alpha / 2.0)?;
    let given_up_above = most_given_up(n, 1.0 - q, alpha / 2.0)?;
    let high = n.checked_sub(given_up_above + 1)?;
    (given_up_below <= high).then_some((given_up_below, high))
}

/// Upper bound for the `q`-quantile alone, error `alpha` over all times together: an
/// order statistic of the sample. It is +∞ only if the sample holds that.
///
/// Nothing if the sample is too small, holds NaN, or `q` or `alpha` is outside (0, 1).
///
/// ```
/// use moongate_stats::interval::quantile_at_most;
/// let ms: Vec<f64> = (0..50).map(f64::from).collect();
/// let bound = quantile_at_most(&ms, 0.5, 0.05).unwrap();
/// assert!(bound > 25.0 && bound < 40.0);
/// ```
pub fn quantile_at_most(sample: &[f64], q: f64, alpha: f64) -> Option<f64> {
    let alpha = error_rate(alpha)?;
    if !(q > 0.0 && q < 1.0) || sample.iter().any(|d| d.is_nan()) {
        return None;
    }
    let mut sorted = sample.to_vec();
    sorted.sort_by(f64::total_cmp);
    let given_up = most_given_up(sorted.len(), 1.0 - q, alpha)?;
    sorted.get(sorted.len().checked_sub(given_up + 1)?).copied()
}

/// Lower bound for the `q`-quantile alone; the mirror image of [`quantile_at_most`].
pub fn quantile_at_least(sample: &[f64], q: f64, alpha: f64) -> Option<f64> {
    let mirrored: Vec<f64> = sample.iter().map(|d| -d).collect();
    quantile_at_most(&mirrored, 1.0 - q, alpha).map(|bound| -bound)
}

/// The largest count k at which "yes k times of n" rejects a rate of at least `rate`.
/// The evidence falls with k, so bisection finds it. Nothing if not even 0 rejects.
fn most_given_up(n: usize, rate: f64, alpha: f64) -> Option<usize> {
    let rejects = |k: usize| {
        let evidence = bernoulli::log_e_below(k as u64, (n - k) as u64, rate);
        accuse(evidence, alpha, 1)
    };
    if n == 0 || !rejects(0) {
        return None;
    }
    let (mut rejected, mut kept) = (0, n);
    while kept - rejected > 1 {
        let middle = rejected + (kept - rejected) / 2;
        if rejects(middle) {
            rejected = middle;
        } else {
            kept = middle;
        }
    }
    Some(rejected)
}

/// The middle between the lower and the upper empirical quantile.
fn empirical_quantile(sorted: &[f64], q: f64) -> Option<f64> {
    let position = q * sorted.len() as f64;
    let upper = (position.floor() as usize).min(sorted.len().checked_sub(1)?);
    let lower = (position.ceil() as usize).max(1) - 1;
    Some(f64::midpoint(
        *sorted.get(lower.min(upper))?,
        *sorted.get(upper)?,
    ))
}
