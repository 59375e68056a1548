//! Bets against the mean of a bounded variable: the common core of
//! [`crate::absolute`] and [`crate::certificate`].
//!
//! If x ∈ [0, 1] has conditional mean at most m whatever the past, the wealth
//! Π (1 + λ (x − m)) with 0 ≤ λ ≤ 1/m is a non-negative supermartingale. With
//! λ = g/m and g in a fixed grid of fractions the average wealth is one as well, falls
//! in m for every sample, and depends on the sample only through how often each value
//! was seen. So one candidate rejected means that all on its far side are rejected,
//! and a bound for the mean holds for all candidates at once.
//!
//! Source: Waudby-Smith and Ramdas 2024, "Estimating means of bounded random variables
//! by betting" (arXiv:2010.09686).

use crate::numbers::{LogE, ln_1p, log_mean_exp};

/// Values of x ∈ [0, 1] with how often each was seen; the counts already exact.
pub(crate) type Sample = [(f64, f64)];

/// Null means below this are raised to it: it keeps bets finite and can only weaken
/// the evidence.
pub(crate) const SMALLEST_NULL: f64 = 1e-6;

/// Evidence that the mean exceeds `m`, averaged over the stakes `fractions`.
pub(crate) fn log_e_mean_above(sample: &Sample, m: f64, fractions: &[f64]) -> LogE {
    if m.is_nan() {
        return LogE::ZERO;
    }
    if m >= 1.0 {
        return LogE::ONE;
    }
    let m = m.max(SMALLEST_NULL);
    let wealth = |fraction: &f64| -> f64 {
        let stake = fraction / m;
        sample.iter().map(|(x, n)| n * ln_1p(stake * (x - m))).sum()
    };
    let per_stake: Vec<f64> = fractions.iter().map(wealth).collect();
    LogE::guarded(log_mean_exp(&per_stake))
}

/// Evidence that the mean is below `m`.
pub(crate) fn log_e_mean_below(sample: &Sample, m: f64, fractions: &[f64]) -> LogE {
    let mirrored: Vec<(f64, f64)> = sample.iter().map(|(x, n)| (1.0 - x, *n)).collect();
    log_e_mean_above(&mirrored, 1.0 - m, fractions)
}

/// The ends of the confidence sequence for the mean, on the grid 0, 1/cells, …, 1:
/// the largest grid value that the sample exceeds and the smallest that it stays
/// below, each at error `alpha`/2. What is rejected at a grid value is rejected
/// beyond it, so both ends are rounded outward.
pub(crate) fn mean_bounds(
    sample: &Sample,
    alpha: f64,
    fractions: &[f64],
    cells: u32,
) -> (f64, f64) {
    let grid = |index: u32| f64::from(index) / f64::from(cells);
    let passes = |log_e: LogE| crate::many::accuse(log_e, alpha / 2.0, 1);
    // The first grid index at which nothing is rejected any more.
    let first_kept = |rejects: &dyn Fn(u32) -> bool| -> u32 {
        let (mut low, mut high) = (0, cells);
        while low < high {
            let middle = low + (high - low) / 2;
            if rejects(middle) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    };
    let above = first_kept(&|i| passes(log_e_mean_above(sample, grid(i), fractions)));
    let below = first_kept(&|i| passes(log_e_mean_below(sample, grid(cells - i), fractions)));
    (
        above.checked_sub(1).map_or(0.0, grid),
        below
            .checked_sub(1)
            .map_or(1.0, |index| grid(cells - index)),
    )
}

/// Margins are sought at 1/1000, 2/1000, … of the unit.
const MARGIN_CELLS: u32 = 1000;

/// A margin given in thousandths.
pub(crate) fn margin(thousandths: u32) -> f64 {
    f64::from(thousandths) / f64::from(MARGIN_CELLS)
}

/// The smallest margin that reaches the threshold, for evidence that rises with it.
pub(crate) fn smallest_margin(log_threshold: f64, log_e: impl Fn(f64) -> LogE) -> Option<f64> {
    let certified = |index: u32| log_e(margin(index)).ln() >= log_threshold;
    let (mut open, mut reached) = (0, MARGIN_CELLS - 1);
    if !log_threshold.is_finite() || !certified(reached) {
        return None;
    }
    while reached - open > 1 {
        let middle = open + (reached - open) / 2;
        if certified(middle) {
            reached = middle;
        } else {
            open = middle;
        }
    }
    Some(margin(reached))
}
