//! One arm alone: is the mean of a bounded variable above or below a fixed number?
//!
//! Needs no comparison and no randomised order. The null says that the conditional
//! mean of x ∈ [0, 1], given everything before, is at most (or at least) the number;
//! the variable need not be Bernoulli, nor identically distributed.
//!
//! Not for comparing two arms; see [`crate::block`] and [`crate::certificate`].

use crate::betting;
use crate::numbers::{Interval, LogE, error_rate, exact};
use serde::{Deserialize, Serialize};

/// The stakes, as fractions of the largest allowed, with equal weights. The large
/// ones make a certificate quick where no failure is ever seen.
pub const STAKES: [f64; 10] = [0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.85, 0.95, 0.99];

/// Grid on which the interval for the mean is found.
const CELLS: u32 = 1000;

/// How often each value x ∈ [0, 1] was seen: the state of a one-armed process.
///
/// ```
/// use moongate_stats::absolute::Share;
/// let mut share = Share::default();
/// for _ in 0..20 {
///     share.add_of(1, 1); // failed each time
/// }
/// assert!(share.log_e_above(0.05).ln() > f64::ln(1e6));
/// assert!(share.log_e_below(0.05).ln() < 0.0);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Vec<ValueCount>", into = "Vec<ValueCount>")]
pub struct Share {
    /// Sorted by value, each value once, all within [0, 1].
    rows: Vec<ValueCount>,
}

/// One row of [`Share`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ValueCount {
    /// The value, in [0, 1]; serialised as text.
    #[serde(with = "crate::numbers::as_text")]
    pub value: f64,
    /// How often it was seen.
    pub count: u64,
}

impl From<Vec<ValueCount>> for Share {
    fn from(rows: Vec<ValueCount>) -> Self {
        let mut share = Share::default();
        for row in rows {
            share.add_many(row.value, row.count);
        }
        share
    }
}

impl From<Share> for Vec<ValueCount> {
    fn from(share: Share) -> Self {
        share.rows
    }
}

impl Share {
    /// Adds one value. What is not a number in [0, 1] is not added.
    pub fn add(&mut self, x: f64) {
        self.add_many(x, 1);
    }

    /// Adds the share `failures` / `of` of one block. Nothing is added where `of` is
    /// 0 or smaller than `failures`.
    pub fn add_of(&mut self, failures: u32, of: u32) {
        if of > 0 && failures <= of {
            self.add(f64::from(failures) / f64::from(of));
        }
    }

    /// Adds one value `count` times.
    pub fn add_many(&mut self, x: f64, count: u64) {
        if !(0.0..=1.0).contains(&x) || count == 0 {
            return;
        }
        let x = x + 0.0; // −0 becomes 0
        match self.rows.binary_search_by(|row| row.value.total_cmp(&x)) {
            Ok(at) => {
                if let Some(row) = self.rows.get_mut(at) {
                    row.count = row.count.saturating_add(count);
                }
            }
            Err(at) => self.rows.insert(at, ValueCount { value: x, count }),
        }
    }

    /// Adds the values of another state.
    pub fn merge(&mut self, other: &Share) {
        for row in &other.rows {
            self.add_many(row.value, row.count);
        }
    }

    /// How many values were added, saturating.
    pub fn count(&self) -> u64 {
        self.rows
            .iter()
            .fold(0, |sum, row| sum.saturating_add(row.count))
    }

    /// The average of the values; nothing without any.
    pub fn mean(&self) -> Option<f64> {
        let sample = self.sample()?;
        let count: f64 = sample.iter().map(|(_, n)| n).sum();
        let sum: f64 = sample.iter().map(|(x, n)| x * n).sum();
        (count > 0.0).then(|| (sum / count).clamp(0.0, 1.0))
    }

    /// Evidence that the mean exceeds `p0`. A `p0` below 10⁻⁶ is taken as 10⁻⁶.
    pub fn log_e_above(&self, p0: f64) -> LogE {
        self.sample().map_or(LogE::ZERO, |sample| {
            betting::log_e_mean_above(&sample, p0, &STAKES)
        })
    }

    /// Certificate that the mean is below `delta`: evidence against "the mean is at
    /// least `delta`".
    pub fn log_e_below(&self, delta: f64) -> LogE {
        self.sample().map_or(LogE::ZERO, |sample| {
            betting::log_e_mean_below(&sample, delta, &STAKES)
        })
    }

    /// The smallest `delta` in thousandths at which [`Share::log_e_below`] reaches
    /// `log_threshold` (such as ln(1/α)); nothing if none below 1 does. The evidence
    /// rises with `delta` for every sample, so the error bound for one covers the
    /// smallest one certified at any time.
    pub fn smallest_margin(&self, log_threshold: f64) -> Option<f64> {
        betting::smallest_margin(log_threshold, |delta| self.log_e_below(delta))
    }

    /// Confidence sequence for the mean: holds at all times at once with probability
    /// at least 1 − `alpha`, as long as the conditional mean does not change. Found on
    /// a grid of 1/1000, rounded outward. Nothing without values or for an `alpha`
    /// outside (0, 1).
    pub fn interval(&self, alpha: f64) -> Option<Interval> {
        let alpha = error_rate(alpha)?;
        let point = self.mean()?;
        let (low, high) = betting::mean_bounds(&self.sample()?, alpha, &STAKES, CELLS);
        Some(Interval {
            low: low.min(point),
            high: high.max(point),
            point,
        })
    }

    /// The values with exact counts, or nothing if they are too many to be exact.
    fn sample(&self) -> Option<Vec<(f64, f64)>> {
        exact(self.count())?;
        Some(
            self.rows
                .iter()
                .map(|row| (row.value, row.count as f64))
                .collect(),
        )
    }
}
