//! Blocks whose slots end on an ordered scale of severity.
//!
//! A slot ends at a level 0 (best) to `levels − 1` (worst). For every threshold j from
//! 1 to `levels − 1` the block e-process of [`crate::block`] is run on "level ≥ j";
//! the evidence is their weighted average. So an offence at any height of the scale is
//! found, and which numbers the levels bear never matters, only their order.
//!
//! **Inconclusive slots.** A slot may be inconclusive. If the rival's is, the block
//! contributes the factor 1; inconclusive controls are left out, as if the block had
//! been smaller. The expectation stays exactly 1 under the null: given which positions
//! are conclusive and how all of them ended, the rival stands in an inconclusive one
//! (factor 1) or is uniform over the conclusive ones (mean 1). This needs a rule for
//! "inconclusive" that was fixed beforehand and does not look at who stands in
//! the slot; a rule that does look is outside this guarantee.

use crate::block::{BlockCounts, BlockShape};
use crate::numbers::{LogE, Mismatch, ln, log_sum_exp};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The largest number of levels a scale may have.
pub const MAX_LEVELS: usize = 16;

/// How much of the evidence each threshold speaks for; sums to 1.
///
/// Weights must be fixed before the first block is seen. Serialised as texts, because
/// not every reader of JSON numbers gives back the same bits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct ThresholdWeights(Vec<f64>);

/// Weights that cannot be used.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum BadWeights {
    /// A weight is negative, infinite or NaN, or all are 0.
    #[error("threshold weights must be finite, not negative and not all 0; got {0:?}")]
    NotWeights(Vec<f64>),
    /// More thresholds than a scale may have.
    #[error("{0} thresholds; a scale has at most 15 (16 levels)")]
    TooMany(usize),
}

impl ThresholdWeights {
    /// Equal weights for a scale of `levels` levels, that is `levels − 1` thresholds.
    pub fn equal(levels: usize) -> ThresholdWeights {
        let thresholds = levels.clamp(1, MAX_LEVELS) - 1;
        ThresholdWeights(vec![1.0 / thresholds as f64; thresholds])
    }

    /// Weights for the thresholds 1, 2, …; scaled to sum to 1.
    ///
    /// # Errors
    /// [`BadWeights`] where they cannot be scaled or are too many.
    pub fn new(weights: Vec<f64>) -> Result<ThresholdWeights, BadWeights> {
        if weights.len() >= MAX_LEVELS {
            return Err(BadWeights::TooMany(weights.len()));
        }
        let sum: f64 = weights.iter().sum();
        let usable = weights.iter().all(|w| w.is_finite() && *w >= 0.0);
        if !usable || !sum.is_finite() || (sum <= 0.0 && !weights.is_empty()) {
            return Err(BadWeights::NotWeights(weights));
        }
        Ok(ThresholdWeights(weights.iter().map(|w| w / sum).collect()))
    }

    /// The weights of the thresholds 1, 2, ….
    pub fn as_slice(&self) -> &[f64] {
        &self.0
    }
}

impl TryFrom<Vec<String>> for ThresholdWeights {
    type Error = BadWeights;
    fn try_from(texts: Vec<String>) -> Result<Self, BadWeights> {
        let parsed = texts.iter().map(|text| text.parse().unwrap_or(f64::NAN));
        let weights: Vec<f64> = parsed.collect();
        let scaled = ThresholdWeights::new(weights.clone())?;
        // Weights that already sum to 1 are kept to the bit, so that a state read back
        // gives the same evidence.
        if (weights.iter().sum::<f64>() - 1.0).abs() < 1e-12 {
            return Ok(ThresholdWeights(weights));
        }
        Ok(scaled)
    }
}

impl From<ThresholdWeights> for Vec<String> {
    fn from(weights: ThresholdWeights) -> Self {
        weights.0.iter().map(f64::to_string).collect()
    }
}

/// The state of the ordinal block e-process: block counts for each threshold.
///
/// ```
/// use moongate_stats::ordinal::Ordinal;
/// let mut evidence = Ordinal::new(6);
/// for _ in 0..8 {
///     evidence.add_block(Some(4), &[Some(0), Some(0), None, Some(1)]);
/// }
/// assert!(evidence.log_e().ln() > f64::ln(100.0));
/// evidence.add_block(None, &[Some(0), Some(0)]); // says nothing
/// assert_eq!(evidence.blocks(), 8);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RawOrdinal")]
pub struct Ordinal {
    weights: ThresholdWeights,
    /// Blocks whose slots did not all end alike.
    thresholds: Vec<BlockCounts>,
    /// Blocks whose slots all ended alike: their factor is 1 at every threshold.
    alike: u64,
}

#[derive(Deserialize)]
struct RawOrdinal {
    weights: ThresholdWeights,
    thresholds: Vec<BlockCounts>,
    #[serde(default)]
    alike: u64,
}

impl TryFrom<RawOrdinal> for Ordinal {
    type Error = Mismatch;
    fn try_from(raw: RawOrdinal) -> Result<Self, Mismatch> {
        if raw.weights.0.len() != raw.thresholds.len() {
            return Err(Mismatch {
                what: "number of thresholds",
            });
        }
        let same_blocks = raw.thresholds.windows(2).all(|pair| match pair {
            [a, b] => a.blocks() == b.blocks(),
            _ => true,
        });
        if !same_blocks {
            return Err(Mismatch {
                what: "blocks counted at each threshold",
            });
        }
        Ok(Ordinal {
            weights: raw.weights,
            thresholds: raw.thresholds,
            alike: raw.alike,
        })
    }
}

impl Ordinal {
    /// A scale with the levels 0 to `levels − 1`, equal weights. More than
    /// [`MAX_LEVELS`] levels are taken as that many; a scale of fewer than two levels
    /// never yields evidence.
    pub fn new(levels: usize) -> Ordinal {
        Ordinal::weighted(ThresholdWeights::equal(levels))
    }

    /// A scale with one threshold for each weight.
    pub fn weighted(weights: ThresholdWeights) -> Ordinal {
        let thresholds = vec![BlockCounts::default(); weights.0.len()];
        Ordinal {
            weights,
            thresholds,
            alike: 0,
        }
    }

    /// Counts one block: the level the rival ended at, and those of the controls;
    /// `None` is an inconclusive slot. Levels beyond the scale count as its worst.
    /// Returns whether the block can change the evidence: not if its rival was
    /// inconclusive, nor if all slots ended alike.
    pub fn add_block(&mut self, rival: Option<u8>, controls: &[Option<u8>]) -> bool {
        let Some(rival) = rival else { return false };
        let conclusive = || controls.iter().filter_map(|level| *level);
        let Ok(count) = u32::try_from(conclusive().count()) else {
            return false;
        };
        if conclusive().all(|level| level == rival) {
            self.alike = self.alike.saturating_add(1);
            return false;
        }
        let worst = self.thresholds.len();
        let level = |raw: u8| usize::from(raw).min(worst);
        for (index, counts) in self.thresholds.iter_mut().enumerate() {
            let reached = |raw: u8| level(raw) > index;
            let rival_failed = reached(rival);
            let control_failures = conclusive().filter(|raw| reached(*raw)).count() as u32;
            let failures = control_failures.saturating_add(u32::from(rival_failed));
            if let Ok(shape) = BlockShape::new(count, failures, rival_failed) {
                counts.add(shape);
            }
        }
        true
    }

    /// Adds the counts of disjoint blocks.
    ///
    /// # Errors
    /// [`Mismatch`] if the two have other thresholds or weights; nothing is changed.
    pub fn merge(&mut self, other: &Ordinal) -> Result<(), Mismatch> {
        if self.weights != other.weights {
            return Err(Mismatch {
                what: "levels or threshold weights",
            });
        }
        for (mine, theirs) in self.thresholds.iter_mut().zip(&other.thresholds) {
            mine.merge(theirs);
        }
        self.alike = self.alike.saturating_add(other.alike);
        Ok(())
    }

    /// Number of levels of the scale.
    pub fn levels(&self) -> usize {
        self.thresholds.len() + 1
    }

    /// Blocks in which the rival's slot was conclusive.
    pub fn blocks(&self) -> u64 {
        let unlike = self.thresholds.first().map_or(0, BlockCounts::blocks);
        unlike.saturating_add(self.alike)
    }

    /// The counts for "level ≥ `level`", without blocks whose slots all ended alike,
    /// which say nothing; nothing outside 1 ..= levels − 1.
    pub fn at_least(&self, level: usize) -> Option<&BlockCounts> {
        self.thresholds.get(level.checked_sub(1)?)
    }

    /// Evidence that the rival ends worse than the controls.
    pub fn log_e(&self) -> LogE {
        if self.thresholds.is_empty() {
            return LogE::ONE;
        }
        let weights = self.weights.0.iter();
        let terms: Vec<f64> = weights
            .zip(&self.thresholds)
            .map(|(weight, counts)| ln(*weight) + counts.log_e().ln())
            .collect();
        LogE::guarded(log_sum_exp(&terms))
    }

    /// The evidence value as running products make it: cheap enough to be read after
    /// every block of every cell. By more than rounding (a millionth is plenty) it is
    /// never smaller than `log_e().e()`, until that exceeds 10²⁴⁶; so whoever finds it
    /// below what is needed need not look closer. Decide on [`Ordinal::log_e`].
    ///
    /// ```
    /// use moongate_stats::ordinal::Ordinal;
    /// let mut evidence = Ordinal::new(6);
    /// for _ in 0..8 {
    ///     evidence.add_block(Some(4), &[Some(0), Some(0), None, Some(1)]);
    /// }
    /// assert!((evidence.screening_e() / evidence.log_e().e() - 1.0).abs() < 1e-9);
    /// ```
    pub fn screening_e(&self) -> f64 {
        if self.thresholds.is_empty() {
            return 1.0;
        }
        let weights = self.weights.0.iter();
        weights
            .zip(&self.thresholds)
            .map(|(weight, counts)| weight * counts.running_e())
            .sum()
    }
}
