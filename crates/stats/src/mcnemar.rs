//! The sequential `McNemar` test: pairs of one control and one rival in random order.
//!
//! It is the permuted block with c = 1 and another prior: instead of a grid of odds
//! ratios, the chance that it is the control which opens in a pair where only one does,
//! uniform over (½, 1). Closed form in the two counts of discordant pairs.

use crate::bernoulli;
use crate::numbers::LogE;
use serde::{Deserialize, Serialize};

/// Counts of discordant pairs; pairs that ended alike say nothing.
///
/// ```
/// use moongate_stats::mcnemar::Discordant;
/// let pairs = Discordant { control_only: 8, rival_only: 0 };
/// assert!((pairs.log_e().ln() - 4.039145012867485).abs() < 1e-12);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discordant {
    /// Pairs in which only the control opened.
    pub control_only: u64,
    /// Pairs in which only the rival opened.
    pub rival_only: u64,
}

impl Discordant {
    /// Counts one pair.
    pub fn add(&mut self, control_opened: bool, rival_opened: bool) {
        let only_control = control_opened && !rival_opened;
        let only_rival = rival_opened && !control_opened;
        self.control_only = self.control_only.saturating_add(u64::from(only_control));
        self.rival_only = self.rival_only.saturating_add(u64::from(only_rival));
    }

    /// Adds the counts of disjoint pairs, saturating.
    pub fn merge(&mut self, other: &Discordant) {
        self.control_only = self.control_only.saturating_add(other.control_only);
        self.rival_only = self.rival_only.saturating_add(other.rival_only);
    }

    /// Evidence that the rival fails more often: with b pairs of only the control and
    /// c of only the rival, (b+c+1) ln 2 + ln B(b+1, c+1) + ln I½(c+1, b+1).
    pub fn log_e(&self) -> LogE {
        bernoulli::log_e_below(self.rival_only, self.control_only, 0.5)
    }

    /// Evidence that the rival fails *less* often.
    pub fn log_e_better(&self) -> LogE {
        bernoulli::log_e_below(self.control_only, self.rival_only, 0.5)
    }

    /// Evidence of a difference either way: the average of both directions, which is
    /// the mixture uniform over all of (0, 1).
    ///
    /// ```
    /// use moongate_stats::mcnemar::Discordant;
    /// let pairs = Discordant { control_only: 3, rival_only: 4 };
    /// // 2⁷ B(4, 5)
    /// assert!((pairs.log_e_two_sided().e() - 128.0 / 280.0).abs() < 1e-12);
    /// ```
    pub fn log_e_two_sided(&self) -> LogE {
        self.log_e().average(self.log_e_better())
    }
}
