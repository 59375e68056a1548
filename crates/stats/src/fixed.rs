//! Fixed-sample tests, for comparison and planning only.
//!
//! They are valid at one sample size fixed beforehand and looked at once. Moongate looks
//! whenever it likes, so no finding rests on these; they show what a fixed plan would
//! have needed.
//!
//! Sources: Fisher 1935; Boschloo 1970; `McNemar` 1947; Farrington and Manning 1990;
//! Miettinen and Nurminen 1985; Mann and Whitney 1947.

use crate::certificate::TwoByTwo;
use crate::numbers::ln;
use crate::special::{ln_gamma, normal_cdf};

/// Tables equally likely up to rounding count as such.
const TIE: f64 = 1.0 + 1e-7;
/// Largest count taken; the sums below are over all tables.
const LARGEST: u64 = 1_000_000;

fn ln_choose(n: f64, k: f64) -> f64 {
    ln_gamma(n + 1.0) - ln_gamma(k + 1.0) - ln_gamma(n - k + 1.0)
}

/// The four counts, if there is something in both arms and not too much.
fn counts(table: TwoByTwo) -> Option<[u64; 4]> {
    let all = [
        table.controls_opened,
        table.controls_failed,
        table.rivals_opened,
        table.rivals_failed,
    ];
    all.iter().all(|n| *n <= LARGEST).then_some(all)
}

/// Chances of all tables with the same margins, by openings of controls.
fn hypergeometric(table: TwoByTwo) -> Option<(u64, Vec<f64>)> {
    let [c1, c0, r1, r0] = counts(table)?;
    let (n, m, opened) = (c1 + c0, r1 + r0, c1 + r1);
    let (low, high) = (opened.saturating_sub(m), opened.min(n));
    let chance = |k: u64| {
        let (k, opened) = (k as f64, opened as f64);
        let log = ln_choose(n as f64, k) + ln_choose(m as f64, opened - k)
            - ln_choose((n + m) as f64, opened);
        libm::exp(log)
    };
    Some((low, (low..=high).map(chance).collect()))
}

/// Fisher's exact p-value for "controls open more often"; 1 where nothing is known.
pub fn fisher_greater(table: TwoByTwo) -> f64 {
    let Some((low, chances)) = hypergeometric(table) else {
        return 1.0;
    };
    let skip = (table.controls_opened - low) as usize;
    chances.iter().skip(skip).sum::<f64>().min(1.0)
}

/// Fisher's exact p-value, two-sided: all tables no likelier than this one.
pub fn fisher_two_sided(table: TwoByTwo) -> f64 {
    let Some((low, chances)) = hypergeometric(table) else {
        return 1.0;
    };
    let at = (table.controls_opened - low) as usize;
    let Some(seen) = chances.get(at) else {
        return 1.0;
    };
    chances
        .iter()
        .filter(|chance| **chance <= seen * TIE)
        .sum::<f64>()
        .min(1.0)
}

/// Boschloo's exact p-value for "controls open more often": Fisher's p as statistic,
/// the common rate at its worst, found on a grid and refined. At most 200 in each arm,
/// otherwise Fisher's p.
pub fn boschloo_greater(table: TwoByTwo) -> f64 {
    let [c1, c0, r1, r0] = [
        table.controls_opened,
        table.controls_failed,
        table.rivals_opened,
        table.rivals_failed,
    ];
    let seen = fisher_greater(table);
    let (n, m) = (c1.saturating_add(c0), r1.saturating_add(r0));
    if n > 200 || m > 200 {
        return seen;
    }
    let cells = (0..=n).flat_map(|a| (0..=m).map(move |b| (a, b)));
    let extreme: Vec<(f64, f64)> = cells
        .filter(|(a, b)| {
            let other = TwoByTwo {
                controls_opened: *a,
                controls_failed: n - a,
                rivals_opened: *b,
                rivals_failed: m - b,
            };
            fisher_greater(other) <= seen * TIE
        })
        .map(|(a, b)| {
            let ways = ln_choose(n as f64, a as f64) + ln_choose(m as f64, b as f64);
            (ways, (a + b) as f64)
        })
        .collect();
    let all = (n + m) as f64;
    let size = |p: f64| -> f64 {
        let chance = |(ways, opened): &(f64, f64)| {
            libm::exp(ways + opened * ln(p) + (all - opened) * ln(1.0 - p))
        };
        extreme.iter().map(chance).sum()
    };
    worst(size).clamp(0.0, 1.0)
}

/// The largest value of a smooth function on (0, 1).
fn worst(f: impl Fn(f64) -> f64) -> f64 {
    const CELLS: u32 = 400;
    let grid = |i: u32| f64::from(i) / f64::from(CELLS);
    let best = (1..CELLS)
        .max_by(|a, b| f(grid(*a)).total_cmp(&f(grid(*b))))
        .unwrap_or(1);
    let (mut low, mut high) = (grid(best - 1), grid(best + 1));
    for _ in 0..60 {
        let (left, right) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
        if f(left) < f(right) {
            low = left;
        } else {
            high = right;
        }
    }
    f(f64::midpoint(low, high))
}

/// Chance of at least `k` yes among `n` flips of a fair coin: `McNemar`'s exact
/// one-sided p-value for `k` of `n` discordant pairs.
pub fn mcnemar_exact_greater(k: u64, n: u64) -> f64 {
    if n > LARGEST {
        return 1.0;
    }
    let whole = n as f64 * std::f64::consts::LN_2;
    let tail: f64 = (k..=n)
        .map(|j| libm::exp(ln_choose(n as f64, j as f64) - whole))
        .sum();
    tail.min(1.0)
}

/// Score test (Farrington and Manning) of "rivals' opening rate minus controls' is at
/// most `margin`" against "more": the statistic and its p-value. Nothing for empty
/// arms or a margin outside (−1, 1).
pub fn score_non_inferiority(table: TwoByTwo, margin: f64) -> Option<(f64, f64)> {
    let z = score_statistic(table, margin)?;
    Some((z, normal_cdf(-z)))
}

/// Two one-sided score tests: p-value for "the rates differ by at least `margin`".
pub fn score_equivalence(table: TwoByTwo, margin: f64) -> Option<f64> {
    let above = normal_cdf(-score_statistic(table, -margin)?);
    let below = normal_cdf(score_statistic(table, margin)?);
    Some(above.max(below))
}

fn score_statistic(table: TwoByTwo, margin: f64) -> Option<f64> {
    let [c1, c0, r1, r0] = counts(table)?.map(|n| n as f64);
    let (n1, n2) = (r1 + r0, c1 + c0);
    if n1 <= 0.0 || n2 <= 0.0 || !(margin > -1.0 && margin < 1.0) {
        return None;
    }
    let (low, high) = ((-margin).max(0.0), (1.0 - margin).min(1.0));
    // The score of the likelihood at (p + margin, p) falls in p; its root is the
    // constrained estimate.
    let slope = |opened: f64, failed: f64, p: f64| {
        let up = if opened > 0.0 { opened / p } else { 0.0 };
        let down = if failed > 0.0 {
            failed / (1.0 - p)
        } else {
            0.0
        };
        up - down
    };
    let (mut below, mut above) = (low, high);
    for _ in 0..200 {
        let p = f64::midpoint(below, above);
        if slope(r1, r0, p + margin) + slope(c1, c0, p) > 0.0 {
            below = p;
        } else {
            above = p;
        }
    }
    let p2 = f64::midpoint(below, above);
    let p1 = p2 + margin;
    let total = n1 + n2;
    let variance = (p1 * (1.0 - p1) / n1 + p2 * (1.0 - p2) / n2) * (total / (total - 1.0));
    let z = (r1 / n1 - c1 / n2 - margin) / libm::sqrt(variance);
    z.is_finite().then_some(z)
}

/// Exact Mann–Whitney p-value for "the first sample tends to be smaller", without ties.
/// Nothing for ties, NaN, empty samples, or more than 200 values in one.
pub fn mann_whitney_less(first: &[f64], second: &[f64]) -> Option<f64> {
    let (n, m) = (first.len(), second.len());
    let usable = |sample: &[f64]| {
        !sample.is_empty() && sample.len() <= 200 && sample.iter().all(|x| x.is_finite())
    };
    let mut all: Vec<f64> = first.iter().chain(second).copied().collect();
    all.sort_by(f64::total_cmp);
    if !usable(first) || !usable(second) || all.windows(2).any(|w| w.first() == w.last()) {
        return None;
    }
    let above = first
        .iter()
        .map(|x| second.iter().filter(|y| *y < x).count())
        .sum::<usize>();
    // chances[i][u]: with the values taken so far in ascending order, i of the first
    // sample among them and u pairs in which the first sample's value is the larger.
    let mut chances = vec![vec![0.0_f64; n * m + 1]; n + 1];
    if let Some(start) = chances.first_mut().and_then(|row| row.first_mut()) {
        *start = 1.0;
    }
    for taken in 0..n + m {
        let mut next = vec![vec![0.0_f64; n * m + 1]; n + 1];
        for (i, row) in chances.iter().enumerate() {
            let Some(j) = taken.checked_sub(i).filter(|j| *j <= m) else {
                continue;
            };
            let left = (n + m - taken) as f64;
            for (u, chance) in row.iter().enumerate().filter(|(_, chance)| **chance > 0.0) {
                let to_first = next.get_mut(i + 1).and_then(|row| row.get_mut(u + j));
                if let Some(cell) = to_first {
                    *cell += chance * (n - i) as f64 / left;
                }
                if let Some(cell) = next.get_mut(i).and_then(|row| row.get_mut(u)) {
                    *cell += chance * (m - j) as f64 / left;
                }
            }
        }
        chances = next;
    }
    Some(chances.last()?.iter().take(above + 1).sum::<f64>().min(1.0))
}
