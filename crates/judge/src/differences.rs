//! Differences in milliseconds, in bounded memory: the first ones as they are,
//! then counted in bins of two per cent, from whose edges intervals are
//! rounded outward.

use std::collections::BTreeMap;

use moongate_glossary::{Effect, EffectUnit, Span};
use moongate_stats::interval::{median, quantile_ranks};

/// So many are kept as they are.
const MOST_EXACT: usize = 512;
/// Below this a difference counts as none, milliseconds.
const SMALLEST_MS: f64 = 0.1;
/// Above this they are not told apart, milliseconds.
const LARGEST_MS: f64 = 1e9;
/// From one edge of a bin to the next.
const BIN_RATIO: f64 = 1.02;

/// What an effect in milliseconds is computed from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Differences {
    exact: Vec<f64>,
    /// By bin, once there are too many to be kept; empty before.
    bins: BTreeMap<i32, u64>,
}

impl Differences {
    /// Adds one; what is no number is left out.
    pub(crate) fn add(&mut self, difference_ms: f64) {
        if !difference_ms.is_finite() {
            return;
        }
        if !self.bins.is_empty() {
            self.count(difference_ms);
            return;
        }
        self.exact.push(difference_ms);
        if self.exact.len() > MOST_EXACT {
            for early in std::mem::take(&mut self.exact) {
                self.count(early);
            }
        }
    }

    fn count(&mut self, difference_ms: f64) {
        *self.bins.entry(bin(difference_ms)).or_default() += 1;
    }

    /// The median, with an interval where there are enough.
    pub(crate) fn effect(&self, alpha: f64) -> Option<Effect> {
        let (point, interval) = if self.bins.is_empty() {
            let interval = median(&self.exact, alpha);
            let span = interval.map(|it| Span {
                low: it.low,
                high: it.high,
            });
            let point = interval.map(|it| it.point);
            // Too few for an interval: what was seen is said without one.
            (
                point.or_else(|| crate::delay::median(self.exact.clone()))?,
                span,
            )
        } else {
            self.binned(alpha)?
        };
        Some(Effect {
            point,
            interval,
            unit: EffectUnit::Milliseconds,
        })
    }

    fn binned(&self, alpha: f64) -> Option<(f64, Option<Span>)> {
        let count: u64 = self.bins.values().sum();
        let middle = self.bin_of_rank(count / 2)?;
        let point = f64::midpoint(lower_edge(middle), upper_edge(middle));
        let ranks = quantile_ranks(usize::try_from(count).ok()?, 0.5, alpha);
        let span = ranks.and_then(|(low, high)| {
            Some(Span {
                low: lower_edge(self.bin_of_rank(low as u64)?),
                high: upper_edge(self.bin_of_rank(high as u64)?),
            })
        });
        Some((point, span))
    }

    /// The bin of the difference that stands at `rank` from the smallest.
    fn bin_of_rank(&self, rank: u64) -> Option<i32> {
        let mut below = 0;
        for (bin, count) in &self.bins {
            below += count;
            if rank < below {
                return Some(*bin);
            }
        }
        None
    }
}

/// 0 for none; the n-th bin above or below it.
fn bin(difference_ms: f64) -> i32 {
    let size = difference_ms.abs().min(LARGEST_MS);
    if size < SMALLEST_MS {
        return 0;
    }
    let mut steps = (libm::log(size / SMALLEST_MS) / libm::log(BIN_RATIO)) as i32 + 1;
    // Rounding may put a difference that lies on an edge beside its bin.
    while size < edge(steps - 1) {
        steps -= 1;
    }
    while size >= edge(steps) {
        steps += 1;
    }
    if difference_ms < 0.0 { -steps } else { steps }
}

fn edge(steps: i32) -> f64 {
    SMALLEST_MS * libm::pow(BIN_RATIO, f64::from(steps))
}

fn lower_edge(bin: i32) -> f64 {
    match bin {
        0 => -SMALLEST_MS,
        1.. => edge(bin - 1),
        _ => -edge(-bin),
    }
}

fn upper_edge(bin: i32) -> f64 {
    -lower_edge(-bin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_difference_lies_in_its_bin() {
        for size in [0.0, 0.05, 0.1, 0.102, 1.0, 37.25, 2506.2, 1e6, 9.9e8] {
            for difference in [size, -size] {
                let bin = bin(difference);
                assert!(lower_edge(bin) <= difference, "{difference} in {bin}");
                assert!(difference <= upper_edge(bin), "{difference} in {bin}");
            }
        }
    }

    #[test]
    fn many_differences_give_nearly_what_few_give() {
        let sample = |n: u32| 2500.0 + f64::from(n % 11);
        let mut few = Differences::default();
        let mut many = Differences::default();
        (0..500).for_each(|n| few.add(sample(n)));
        (0..5000).for_each(|n| many.add(sample(n)));
        let (few, many) = (few.effect(0.01).unwrap(), many.effect(0.01).unwrap());
        assert!((few.point / many.point - 1.0).abs() < 0.02);
        let span = many.interval.unwrap();
        assert!(span.low <= 2505.0 && 2505.0 <= span.high);
        assert!(span.high / span.low < 1.05, "{span:?}");
    }

    #[test]
    fn what_is_no_number_says_nothing() {
        let mut none = Differences::default();
        none.add(f64::NAN);
        none.add(f64::INFINITY);
        assert!(none.effect(0.01).is_none());
    }
}
