//! Permuted blocks with shared controls: evidence from the random order alone.
//!
//! One block puts one rival and c controls into c + 1 slots in an order drawn
//! uniformly at random. Under the null "what happens in a slot does not depend on
//! which of them stands there", the rival is equally likely to stand in any slot,
//! whatever happened in the slots. With f failures among the c + 1 slots,
//! s = c + 1 − f, and an odds ratio ω > 1, the block's factor
//!
//! ```text
//! S = (c+1)·ω / (f·ω + s)  if the rival failed
//! S = (c+1)   / (f·ω + s)  if it did not
//! ```
//!
//! averages to exactly 1 over the c + 1 places of the rival. Nothing is assumed about
//! the outcomes: they may drift, depend on each other or answer to earlier blocks.
//! Products over blocks are e-processes for each ω; their average over a fixed grid of
//! ω is one as well, and depends on the data only through integer counts of block
//! shapes. So counts are the state, and states of disjoint blocks may be merged.
//!
//! Several rivals may share the controls of a block: for each of them, given where the
//! others stand, the same argument holds over the remaining c + 1 slots.
//!
//! Evidence is read between blocks, never inside one.
//!
//! Source: model-X e-processes (Grünwald, Henzi and Lardy 2022, arXiv:2209.12637;
//! Duan, Ramdas and Wasserman 2020, arXiv:2009.05892).

use crate::numbers::{LogE, exact, ln, log_mean_exp};
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;
use thiserror::Error;

/// The grid of ln ω over which evidence is averaged, with equal weights.
pub const LN_OMEGA: [f64; 12] = [0.7, 1.2, 1.7, 2.2, 2.7, 3.2, 3.7, 4.2, 5.0, 6.0, 7.5, 9.0];

/// What one block looked like for one rival, as far as the evidence is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "RawShape")]
pub struct BlockShape {
    controls: u32,
    failures: u32,
    rival_failed: bool,
}

/// A block shape that cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "a block of {controls} controls and one rival cannot have {failures} failures \
     with rival_failed = {rival_failed}; count the rival among the failures if it failed"
)]
pub struct ImpossibleShape {
    /// Controls in the block.
    pub controls: u32,
    /// Failures claimed, the rival's included.
    pub failures: u32,
    /// Whether the rival was claimed to have failed.
    pub rival_failed: bool,
}

#[derive(Deserialize)]
struct RawShape {
    controls: u32,
    failures: u32,
    rival_failed: bool,
}

impl TryFrom<RawShape> for BlockShape {
    type Error = ImpossibleShape;
    fn try_from(raw: RawShape) -> Result<Self, ImpossibleShape> {
        BlockShape::new(raw.controls, raw.failures, raw.rival_failed)
    }
}

impl BlockShape {
    /// `failures` counts all failing slots among the `controls + 1`, the rival's
    /// included.
    ///
    /// # Errors
    /// [`ImpossibleShape`] where the numbers contradict each other.
    pub const fn new(
        controls: u32,
        failures: u32,
        rival_failed: bool,
    ) -> Result<BlockShape, ImpossibleShape> {
        let possible = if rival_failed {
            failures >= 1 && failures - 1 <= controls
        } else {
            failures <= controls
        };
        if possible {
            Ok(BlockShape {
                controls,
                failures,
                rival_failed,
            })
        } else {
            Err(ImpossibleShape {
                controls,
                failures,
                rival_failed,
            })
        }
    }

    /// How many controls stood in the block.
    pub const fn controls(self) -> u32 {
        self.controls
    }

    /// How many of the controls failed.
    pub const fn control_failures(self) -> u32 {
        self.failures - self.rival_failed as u32
    }

    /// Whether the rival failed.
    pub const fn rival_failed(self) -> bool {
        self.rival_failed
    }

    /// Share of failing rivals minus share of failing controls: j/c − x, in [−1, 1];
    /// nothing without controls.
    pub fn difference(self) -> Option<f64> {
        if self.controls == 0 {
            return None;
        }
        let rival = f64::from(u8::from(self.rival_failed));
        Some(rival - f64::from(self.control_failures()) / f64::from(self.controls))
    }

    /// Blocks in which all slots ended alike carry no evidence: S = 1.
    const fn is_informative(self) -> bool {
        self.failures != 0 && self.failures - 1 != self.controls
    }

    /// ln S for the odds ratio `exp(ln_omega)`.
    ///
    /// ```
    /// use moongate_stats::block::BlockShape;
    /// let shape = BlockShape::new(4, 1, true)?;
    /// let s = shape.ln_factor(f64::ln(2.0)).exp();
    /// assert!((s - 5.0 * 2.0 / (1.0 * 2.0 + 4.0)).abs() < 1e-12);
    /// # Ok::<(), moongate_stats::block::ImpossibleShape>(())
    /// ```
    pub fn ln_factor(self, ln_omega: f64) -> f64 {
        if !self.is_informative() {
            return 0.0;
        }
        let slots = f64::from(self.controls) + 1.0;
        let failures = f64::from(self.failures);
        let weight = (failures * libm::exp(ln_omega) + (slots - failures)) / slots;
        let tilt = if self.rival_failed { ln_omega } else { 0.0 };
        tilt - ln(weight)
    }
}

/// How often each block shape was seen: the state of the block e-process.
///
/// Adding and merging commute, so the order in which rows arrive leaves no trace.
///
/// ```
/// use moongate_stats::block::{BlockCounts, BlockShape};
/// let mut counts = BlockCounts::default();
/// for _ in 0..6 {
///     counts.add(BlockShape::new(4, 1, true)?); // only the rival failed
/// }
/// assert!(counts.log_e().ln() > f64::ln(100.0));
/// # Ok::<(), moongate_stats::block::ImpossibleShape>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "Vec<ShapeCount>", into = "Vec<ShapeCount>")]
pub struct BlockCounts {
    /// Sorted by shape, each shape once.
    rows: Vec<ShapeCount>,
    /// The product of all factors at each point of the grid, held within
    /// [`LEAST_WEALTH`] and [`MOST_WEALTH`]: what the evidence is screened by.
    wealth: [f64; LN_OMEGA.len()],
}

/// One block's factors over the grid.
#[derive(Clone, Copy, Debug)]
struct Factors {
    /// ln S.
    ln: [f64; LN_OMEGA.len()],
    /// S.
    plain: [f64; LN_OMEGA.len()],
}

/// Blocks of up to so many controls have their factors in a table, so that neither
/// counting a block nor reading the evidence costs logarithms.
const TABLE_CONTROLS: u32 = 16;

/// The factors of every shape of up to [`TABLE_CONTROLS`] controls; a function of
/// nothing, made when first asked for.
static TABLE: LazyLock<Vec<Factors>> = LazyLock::new(|| {
    let shapes = (0..=TABLE_CONTROLS).flat_map(|controls| {
        let of_controls = (0..=controls + 1).flat_map(move |failures| {
            [false, true].map(|rival_failed| BlockShape {
                controls,
                failures,
                rival_failed,
            })
        });
        of_controls.map(Factors::compute)
    });
    shapes.collect()
});

impl Factors {
    fn of(shape: BlockShape) -> Factors {
        let known = (shape.controls <= TABLE_CONTROLS).then(|| {
            // Before it: 2 (c + 2) shapes for each smaller number c of controls.
            let before = shape.controls * (shape.controls + 3);
            before + 2 * shape.failures + u32::from(shape.rival_failed)
        });
        let found = known.and_then(|at| TABLE.get(at as usize));
        found.copied().unwrap_or_else(|| Factors::compute(shape))
    }

    fn compute(shape: BlockShape) -> Factors {
        let ln = LN_OMEGA.map(|ln_omega| shape.ln_factor(ln_omega));
        Factors {
            ln,
            plain: ln.map(libm::exp),
        }
    }
}

/// A product that would fall below this is held here: too much, never too little.
const LEAST_WEALTH: f64 = 1e-250;
/// A product that would rise above this is held here: enough for any decision that a
/// screen is asked about.
const MOST_WEALTH: f64 = 1e250;

/// One row of [`BlockCounts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShapeCount {
    /// The shape.
    pub shape: BlockShape,
    /// Blocks of that shape.
    pub blocks: u64,
}

impl Default for BlockCounts {
    fn default() -> Self {
        BlockCounts {
            rows: Vec::new(),
            wealth: [1.0; LN_OMEGA.len()],
        }
    }
}

impl PartialEq for BlockCounts {
    fn eq(&self, other: &BlockCounts) -> bool {
        self.rows == other.rows
    }
}

impl Eq for BlockCounts {}

impl From<Vec<ShapeCount>> for BlockCounts {
    fn from(rows: Vec<ShapeCount>) -> Self {
        rows.into_iter().collect()
    }
}

impl From<BlockCounts> for Vec<ShapeCount> {
    fn from(counts: BlockCounts) -> Self {
        counts.rows
    }
}

impl FromIterator<ShapeCount> for BlockCounts {
    fn from_iter<I: IntoIterator<Item = ShapeCount>>(rows: I) -> Self {
        let mut counts = BlockCounts::default();
        for row in rows {
            counts.add_many(row.shape, row.blocks);
        }
        counts
    }
}

impl BlockCounts {
    /// Counts one more block.
    pub fn add(&mut self, shape: BlockShape) {
        self.add_many(shape, 1);
    }

    /// Counts `blocks` more blocks of one shape. Sums saturate; what is too large to
    /// be exact yields the e-value 0 later.
    pub fn add_many(&mut self, shape: BlockShape, blocks: u64) {
        if blocks == 0 {
            return;
        }
        match self.rows.binary_search_by(|row| row.shape.cmp(&shape)) {
            Ok(at) => {
                if let Some(row) = self.rows.get_mut(at) {
                    row.blocks = row.blocks.saturating_add(blocks);
                }
            }
            Err(at) => self.rows.insert(at, ShapeCount { shape, blocks }),
        }
        if shape.is_informative() {
            self.multiply(&Factors::of(shape), blocks);
        }
    }

    fn multiply(&mut self, factors: &Factors, blocks: u64) {
        let powers = if blocks == 1 {
            factors.plain
        } else {
            factors.ln.map(|ln| libm::exp(ln * blocks as f64))
        };
        for (wealth, power) in self.wealth.iter_mut().zip(&powers) {
            *wealth = (*wealth * power).clamp(LEAST_WEALTH, MOST_WEALTH);
        }
    }

    /// Adds the counts of disjoint blocks.
    pub fn merge(&mut self, other: &BlockCounts) {
        for row in &other.rows {
            self.add_many(row.shape, row.blocks);
        }
    }

    /// The rows, sorted by shape.
    pub fn rows(&self) -> &[ShapeCount] {
        &self.rows
    }

    /// Blocks counted, saturating.
    pub fn blocks(&self) -> u64 {
        self.rows
            .iter()
            .fold(0, |sum, row| sum.saturating_add(row.blocks))
    }

    /// Σ blocks · g(shape), or nothing if a count is not exact.
    pub(crate) fn sum_over(&self, g: impl Fn(BlockShape) -> f64) -> Option<f64> {
        exact(self.blocks())?;
        let terms = self.rows.iter().map(|row| row.blocks as f64 * g(row.shape));
        Some(terms.sum())
    }

    /// Evidence for one odds ratio alone.
    pub fn log_e_at(&self, ln_omega: f64) -> LogE {
        if !(ln_omega.is_finite() && ln_omega.abs() <= 700.0) {
            return LogE::ZERO;
        }
        self.sum_over(|shape| shape.ln_factor(ln_omega))
            .map_or(LogE::ZERO, LogE::guarded)
    }

    /// Evidence that the rival fails more often than the controls, averaged over the
    /// grid [`LN_OMEGA`].
    pub fn log_e(&self) -> LogE {
        self.log_e_per_point().map_or(LogE::ZERO, |per_point| {
            LogE::guarded(log_mean_exp(&per_point))
        })
    }

    /// The same for each point of the grid [`LN_OMEGA`]; nothing if the blocks are too
    /// many to be exact.
    pub(crate) fn log_e_per_point(&self) -> Option<[f64; LN_OMEGA.len()]> {
        exact(self.blocks())?;
        let mut per_point = [0.0; LN_OMEGA.len()];
        for row in self.rows.iter().filter(|row| row.shape.is_informative()) {
            let factors = Factors::of(row.shape);
            for (sum, factor) in per_point.iter_mut().zip(&factors.ln) {
                *sum += row.blocks as f64 * factor;
            }
        }
        Some(per_point)
    }

    /// Evidence that the rival fails *less* often than the controls: the same with the
    /// inverse odds ratios.
    pub fn log_e_better(&self) -> LogE {
        let terms = LN_OMEGA.map(|ln_omega| self.log_e_at(-ln_omega).ln());
        LogE::guarded(log_mean_exp(&terms))
    }

    /// Evidence of a difference either way: the average of both directions.
    ///
    /// ```
    /// use moongate_stats::block::{BlockCounts, BlockShape};
    /// let mut counts = BlockCounts::default();
    /// for _ in 0..40 {
    ///     counts.add(BlockShape::new(1, 1, false)?); // only the control failed
    /// }
    /// assert!(counts.log_e().ln() < 0.0);
    /// assert!(counts.log_e_two_sided().ln() > f64::ln(100.0));
    /// # Ok::<(), moongate_stats::block::ImpossibleShape>(())
    /// ```
    pub fn log_e_two_sided(&self) -> LogE {
        self.log_e().average(self.log_e_better())
    }

    /// The evidence value as a running product makes it: cheap, and never
    /// smaller than the exact one by more than rounding, until that exceeds 10²⁴⁸.
    pub(crate) fn running_e(&self) -> f64 {
        self.wealth.iter().sum::<f64>() / LN_OMEGA.len() as f64
    }

    /// The running products at each point of the grid.
    pub(crate) fn running(&self) -> [f64; LN_OMEGA.len()] {
        self.wealth
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_holds_what_would_be_computed() {
        for controls in 0..=TABLE_CONTROLS + 1 {
            for failures in 0..=controls + 1 {
                for rival_failed in [false, true] {
                    let Ok(shape) = BlockShape::new(controls, failures, rival_failed) else {
                        continue;
                    };
                    let pairs = Factors::of(shape)
                        .ln
                        .into_iter()
                        .zip(Factors::compute(shape).ln);
                    for (one, other) in pairs {
                        assert_eq!(one.to_bits(), other.to_bits(), "{shape:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn running_products_are_the_exact_ones() {
        let shape = |failures, rival_failed| BlockShape::new(4, failures, rival_failed).unwrap();
        let mut counts = BlockCounts::default();
        for n in 0..3000_u32 {
            counts.add(match n % 7 {
                0 => shape(1, true),
                1 | 2 => shape(1, false),
                _ => shape(0, false),
            });
            let held = counts
                .running()
                .iter()
                .any(|w| *w <= LEAST_WEALTH || *w >= MOST_WEALTH);
            let ratio = counts.running_e() / counts.log_e().e();
            assert!(ratio > 1.0 - 1e-9, "{n}: {ratio}");
            assert!(held || ratio < 1.0 + 1e-9, "{n}: {ratio}");
        }
    }
}

/// What one block of a shape brings at each point of [`LN_OMEGA`]: ln S.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShapeFactors(pub(crate) [f64; LN_OMEGA.len()]);

impl BlockShape {
    /// Its factors, worth keeping where many blocks are alike.
    pub fn factors(self) -> ShapeFactors {
        ShapeFactors(LN_OMEGA.map(|ln_omega| self.ln_factor(ln_omega)))
    }
}

/// The evidence of [`BlockCounts`] kept block by block instead of as counts: a few
/// additions a block. For simulations and planning; it rounds in the order of blocks, so
/// what is kept and published is made of counts.
///
/// ```
/// use moongate_stats::block::{BlockCounts, BlockShape, RunningEvidence};
/// let shape = BlockShape::new(4, 1, true)?;
/// let (mut running, mut counts) = (RunningEvidence::default(), BlockCounts::default());
/// for _ in 0..6 {
///     running.add(&shape.factors());
///     counts.add(shape);
/// }
/// assert!((running.log_e().ln() - counts.log_e().ln()).abs() < 1e-12);
/// assert!(running.ceiling() >= running.log_e().ln());
/// # Ok::<(), moongate_stats::block::ImpossibleShape>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RunningEvidence {
    per_point: [f64; LN_OMEGA.len()],
}

impl RunningEvidence {
    /// Adds one block.
    pub fn add(&mut self, factors: &ShapeFactors) {
        for (sum, factor) in self.per_point.iter_mut().zip(factors.0) {
            *sum += factor;
        }
    }

    /// Something that log e does not exceed, without a single exponential: the largest of
    /// what is averaged.
    pub fn ceiling(&self) -> f64 {
        self.per_point.into_iter().fold(f64::NEG_INFINITY, f64::max)
    }

    /// Evidence that the rival fails more often.
    pub fn log_e(&self) -> LogE {
        LogE::guarded(log_mean_exp(&self.per_point))
    }
}
