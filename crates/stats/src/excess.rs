//! How much more one arm takes than the other: certificates and bounds for paired
//! differences, in whatever unit they are measured.
//!
//! Two claims, each with its error, at whatever moment somebody looks:
//!
//! * the share of differences of at least a threshold is below δ
//!   ([`Excess::log_e_rarer_than`], [`Excess::smallest_share`]);
//! * the median, or another quantile, of the differences is at most so much
//!   ([`Excess::quantile_at_most`]), with a confidence sequence for it
//!   ([`Excess::interval`]).
//!
//! The null of the first: given the past, each difference reaches the threshold with
//! probability at least δ. That of the second: each is at least the bound with
//! probability at least 1 − q. Differences need not be alike distributed.
//!
//! Not for finding that one arm takes longer; place the differences on a scale and use
//! [`crate::ordinal`], which needs no assumption.

use crate::absolute::Share;
use crate::interval;
use crate::numbers::{Interval, LogE, as_texts};
use serde::{Deserialize, Serialize};

/// Paired differences, rival minus controls: the sample itself is the state.
///
/// ```
/// use moongate_stats::excess::Excess;
/// let mut excess = Excess::default();
/// for i in 0..120 {
///     excess.add(f64::from(i % 10)); // milliseconds
/// }
/// assert!(excess.log_e_rarer_than(250.0, 0.05).ln() > f64::ln(100.0));
/// assert!(excess.smallest_share(250.0, f64::ln(100.0)).unwrap() <= 0.05);
/// assert!(excess.quantile_at_most(0.5, 0.01).unwrap() <= 7.0);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Texts", into = "Texts")]
pub struct Excess {
    /// Ascending.
    sorted: Vec<f64>,
}

#[derive(Serialize, Deserialize)]
struct Texts(#[serde(with = "as_texts")] Vec<f64>);

impl From<Texts> for Excess {
    fn from(texts: Texts) -> Self {
        let mut excess = Excess::default();
        for difference in texts.0 {
            excess.add(difference);
        }
        excess
    }
}

impl From<Excess> for Texts {
    fn from(excess: Excess) -> Self {
        Texts(excess.sorted)
    }
}

impl Excess {
    /// Adds one difference. What is not a number counts as +∞: nobody is certified by
    /// what could not be measured.
    pub fn add(&mut self, difference: f64) {
        let difference = if difference.is_nan() {
            f64::INFINITY
        } else {
            difference + 0.0 // −0 becomes 0
        };
        let at = self.sorted.partition_point(|seen| *seen <= difference);
        self.sorted.insert(at, difference);
    }

    /// Adds the differences of other pairs.
    pub fn merge(&mut self, other: &Excess) {
        self.sorted.extend(&other.sorted);
        self.sorted.sort_by(f64::total_cmp);
    }

    /// The differences, ascending.
    pub fn sorted(&self) -> &[f64] {
        &self.sorted
    }

    /// How often the threshold was reached or not: a [`Share`] of ones and zeros.
    fn reaching(&self, threshold: f64) -> Option<Share> {
        if threshold.is_nan() {
            return None;
        }
        let below = self.sorted.partition_point(|seen| *seen < threshold);
        let mut share = Share::default();
        share.add_many(0.0, below as u64);
        share.add_many(1.0, (self.sorted.len() - below) as u64);
        Some(share)
    }

    /// Evidence against "a difference reaches `threshold` with probability at least
    /// `delta`".
    pub fn log_e_rarer_than(&self, threshold: f64, delta: f64) -> LogE {
        self.reaching(threshold)
            .map_or(LogE::ZERO, |share| share.log_e_below(delta))
    }

    /// The smallest share in thousandths for which [`Excess::log_e_rarer_than`] reaches
    /// `log_threshold` (such as ln(1/α)); see [`Share::smallest_margin`].
    pub fn smallest_share(&self, threshold: f64, log_threshold: f64) -> Option<f64> {
        self.reaching(threshold)?.smallest_margin(log_threshold)
    }

    /// Certified upper bound for the `q`-quantile of the differences; see
    /// [`interval::quantile_at_most`].
    pub fn quantile_at_most(&self, q: f64, alpha: f64) -> Option<f64> {
        interval::quantile_at_most(&self.sorted, q, alpha)
    }

    /// Confidence sequence for the `q`-quantile of the differences; see
    /// [`interval::quantile`].
    pub fn interval(&self, q: f64, alpha: f64) -> Option<Interval> {
        interval::quantile(&self.sorted, q, alpha)
    }
}
