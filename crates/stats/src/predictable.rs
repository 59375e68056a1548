//! Confidence sequences for the mean of a bounded variable whose bets follow the data.
//!
//! The stake on an observation may depend on all before it, so the order of the
//! observations matters and a state made of counts is not enough: these cannot be
//! merged. Where blocks may be merged, use [`crate::absolute`] or
//! [`crate::certificate`]; they need a little more data.
//!
//! Observations are in [0, 1]; functions give nothing where one is not, or where a rate
//! is outside (0, 1). Bounds found on a grid are widened by one cell.
//!
//! Sources: Waudby-Smith and Ramdas 2024 (arXiv:2010.09686): predictable plug-in
//! empirical Bernstein and Hoeffding, hedged capital, approximate and diversified Kelly.

use crate::numbers::{error_rate, ln, ln_1p, log_sum_exp};
use serde::{Deserialize, Serialize};

/// Cells of the grid on [0, 1].
const CELLS: u32 = 1000;

/// Ends of a confidence sequence after one more observation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bounds {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

fn bounded(x: &[f64]) -> Option<()> {
    x.iter().all(|x| (0.0..=1.0).contains(x)).then_some(())
}

/// Mean and variance as estimated *before* each observation, drawn towards ½ and ¼ by
/// one imagined observation.
fn running_moments(x: &[f64]) -> impl Iterator<Item = (f64, f64)> {
    let (mut count, mut sum, mut squares) = (1.0, 0.5, 0.25);
    x.iter().map(move |x| {
        let before = (sum / count, squares / count);
        count += 1.0;
        sum += x;
        let residual = x - (sum / count).min(1.0);
        squares += residual * residual;
        before
    })
}

/// Predictable plug-in stakes √(2 ln(1/α) / (t ln(1+t) σ̂²)).
pub fn plug_in_stakes(x: &[f64], alpha: f64) -> Option<Vec<f64>> {
    bounded(x)?;
    let scale = 2.0 * -ln(error_rate(alpha)?);
    let stakes = (1_u32..).zip(running_moments(x)).map(|(t, (_, variance))| {
        let t = f64::from(t);
        libm::sqrt(scale / (t * ln_1p(t) * variance))
    });
    Some(stakes.collect())
}

/// Approximate Kelly stakes against the mean `m` in (0, 1).
pub fn kelly_stakes(x: &[f64], m: f64) -> Option<Vec<f64>> {
    bounded(x)?;
    error_rate(m)?;
    let stakes = running_moments(x).map(|(mean, variance)| {
        let edge = mean - m;
        (edge / (variance + edge * edge)).clamp(-1.0 / (1.0 - m), 1.0 / m)
    });
    Some(stakes.collect())
}

/// ln of the wealth of betting on x above m with given stakes, after each observation.
/// A candidate that an observation makes impossible has wealth +∞.
fn log_wealth(x: &[f64], m: f64, stakes: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut wealth = 0.0;
    let step = |(x, stake): (&f64, f64)| {
        let edge = x - m;
        let gain = if edge == 0.0 {
            0.0
        } else {
            ln_1p(stake * edge)
        };
        wealth = if gain.is_nan() {
            f64::NEG_INFINITY
        } else {
            wealth + gain
        };
        wealth
    };
    x.iter().zip(stakes).map(step).collect()
}

/// The larger of two halved wealths: stakes at most half of what `m` allows, once on x
/// above `m` and once below.
pub fn hedged_log_wealth(x: &[f64], m: f64, alpha: f64) -> Option<Vec<f64>> {
    let stakes = plug_in_stakes(x, alpha / 2.0)?;
    if !(0.0..=1.0).contains(&m) {
        return None;
    }
    Some(hedged_with(x, &stakes, m))
}

fn hedged_with(x: &[f64], stakes: &[f64], m: f64) -> Vec<f64> {
    let up = log_wealth(x, m, stakes.iter().map(|s| s.min(0.5 / m)));
    let down = log_wealth(x, m, stakes.iter().map(|s| -s.min(0.5 / (1.0 - m))));
    up.iter()
        .zip(down)
        .map(|(up, down)| up.max(down) + ln(0.5))
        .collect()
}

/// Hedged capital confidence sequence. `intersect` keeps the ends from ever widening.
pub fn hedged_bounds(x: &[f64], alpha: f64, intersect: bool) -> Option<Vec<Bounds>> {
    let stakes = plug_in_stakes(x, alpha / 2.0)?;
    Some(invert(x.len(), alpha, intersect, |m| {
        hedged_with(x, &stakes, m)
    }))
}

/// Confidence sequence from `stakes` evenly spaced constant fractions on either side,
/// intersected over time.
pub fn diversified_kelly_bounds(x: &[f64], stakes: u32, alpha: f64) -> Option<Vec<Bounds>> {
    bounded(x)?;
    error_rate(alpha)?;
    if stakes == 0 {
        return None;
    }
    let mixture = |m: f64| {
        let each = (1..=stakes).flat_map(|i| {
            let fraction = f64::from(i) / f64::from(stakes + 1);
            let constant = |stake: f64| log_wealth(x, m, std::iter::repeat(stake));
            [constant(fraction / m), constant(-fraction / (1.0 - m))]
        });
        average(&each.collect::<Vec<_>>())
    };
    Some(invert(x.len(), alpha, true, mixture))
}

/// ln of the average wealth at each time.
fn average(wealths: &[Vec<f64>]) -> Vec<f64> {
    let times = wealths.first().map_or(0, Vec::len);
    let at = |time: usize| {
        let terms: Vec<f64> = wealths
            .iter()
            .filter_map(|w| w.get(time).copied())
            .collect();
        if terms.contains(&f64::INFINITY) {
            return f64::INFINITY;
        }
        log_sum_exp(&terms) - ln(terms.len() as f64)
    };
    (0..times).map(at).collect()
}

/// Keeps the candidates whose wealth never told against them at that time.
fn invert(
    times: usize,
    alpha: f64,
    intersect: bool,
    log_wealth: impl Fn(f64) -> Vec<f64>,
) -> Vec<Bounds> {
    let threshold = -ln(alpha);
    let cell = 1.0 / f64::from(CELLS);
    let mut kept: Vec<Option<(f64, f64)>> = vec![None; times];
    for index in 0..=CELLS {
        let m = f64::from(index) * cell;
        for (range, wealth) in kept.iter_mut().zip(log_wealth(m)) {
            if wealth <= threshold {
                *range = Some((range.map_or(m, |(low, _)| low), m));
            }
        }
    }
    let mut so_far = Bounds {
        low: 0.0,
        high: 1.0,
    };
    let widen = |range: Option<(f64, f64)>| {
        let (low, high) = range.unwrap_or((0.0, 1.0));
        let now = Bounds {
            low: (low - cell).max(0.0),
            high: (high + cell).min(1.0),
        };
        if !intersect {
            return now;
        }
        so_far = Bounds {
            low: so_far.low.max(now.low),
            high: so_far.high.min(now.high),
        };
        so_far
    };
    kept.into_iter().map(widen).collect()
}

/// Predictable plug-in empirical Bernstein confidence sequence.
pub fn empirical_bernstein_bounds(x: &[f64], alpha: f64) -> Option<Vec<Bounds>> {
    two_sided(x, alpha, |x, alpha| {
        let stakes = plug_in_stakes(x, alpha)?.into_iter().map(|s| s.min(0.5));
        let psi = |stake: f64| -ln_1p(-stake) - stake;
        let (mut count, mut sum) = (0.0, 0.0);
        let spread = x.iter().map(move |x| {
            let before = if count > 0.0 { sum / count } else { 0.0 };
            count += 1.0;
            sum += x;
            (x - before) * (x - before)
        });
        Some(stakes.zip(spread).map(|(s, v)| (s, v * psi(s))).collect())
    })
}

/// Predictable plug-in Hoeffding confidence sequence.
pub fn hoeffding_bounds(x: &[f64], alpha: f64) -> Option<Vec<Bounds>> {
    two_sided(x, alpha, |x, alpha| {
        let scale = 8.0 * -ln(alpha);
        let stakes = (1_u32..).zip(x).map(|(t, _)| {
            let t = f64::from(t);
            libm::sqrt(scale / (t * ln_1p(t))).min(1.0)
        });
        Some(stakes.map(|s| (s, s * s / 8.0)).collect())
    })
}

/// Both ends from a lower bound, given as (stake, cost) for each observation.
fn two_sided(
    x: &[f64],
    alpha: f64,
    stakes: impl Fn(&[f64], f64) -> Option<Vec<(f64, f64)>>,
) -> Option<Vec<Bounds>> {
    bounded(x)?;
    let alpha = error_rate(alpha)? / 2.0;
    let lower = |x: &[f64]| -> Option<Vec<f64>> {
        let (mut staked, mut won, mut cost) = (0.0, 0.0, -ln(alpha));
        let step = |(x, (stake, price)): (&f64, (f64, f64))| {
            staked += stake;
            won += stake * x;
            cost += price;
            ((won - cost) / staked).max(0.0)
        };
        Some(x.iter().zip(stakes(x, alpha)?).map(step).collect())
    };
    let mirrored: Vec<f64> = x.iter().map(|x| 1.0 - x).collect();
    let (low, high) = (lower(x)?, lower(&mirrored)?);
    Some(
        low.into_iter()
            .zip(high)
            .map(|(low, high)| Bounds {
                low,
                high: 1.0 - high,
            })
            .collect(),
    )
}
