//! Independent coin flips: each trial draws with probability ½ whether the control or
//! the rival is tried. Closed form in the four counts.
//!
//! For a pair of opening rates (tc, tr) with tr < tc and m their middle, the factor of
//! one trial is the chance of its outcome in its arm over the chance in the middle,
//! which averages to exactly 1 over the two sides of the coin. One-sided by
//! construction: every point has the rival open less often.
//!
//! Not for permuted blocks; those carry more evidence ([`crate::block`]).

use crate::certificate::TwoByTwo;
use crate::numbers::{LogE, ln, log_sum_exp};

/// A point of the grid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GridPoint {
    /// Opening rate of controls.
    pub control: f64,
    /// Opening rate of the rival; smaller.
    pub rival: f64,
    /// Weight; the weights of a grid sum to 1.
    pub weight: f64,
}

/// Pairs of opening rates with weights, fixed before the first trial.
///
/// ```
/// use moongate_stats::{certificate::TwoByTwo, grid::Grid};
/// let counts = TwoByTwo { controls_opened: 6, rivals_failed: 6, ..TwoByTwo::default() };
/// assert!((Grid::informed().log_e(counts).ln() - 7.2424657323402215).abs() < 1e-10);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    points: Vec<GridPoint>,
}

const INFORMED_CONTROL: [(f64, f64); 3] = [(0.95, 0.25), (0.98, 0.5), (0.995, 0.25)];
const INFORMED_RIVAL: [(f64, f64); 5] = [
    (0.005, 0.35),
    (0.2, 0.1),
    (0.5, 0.2),
    (0.8, 0.2),
    (0.9, 0.15),
];
const UNIFORM_RATES: [f64; 11] = [0.005, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.995];

impl Grid {
    /// For arms that open nearly always unless somebody interferes.
    pub fn informed() -> Grid {
        let points = INFORMED_CONTROL.iter().flat_map(|(control, wc)| {
            INFORMED_RIVAL.iter().map(move |(rival, wr)| GridPoint {
                control: *control,
                rival: *rival,
                weight: wc * wr,
            })
        });
        Grid {
            points: points.collect(),
        }
    }

    /// All pairs of .005, .1, .2, …, .9, .995 with the rival below, weighted equally.
    pub fn uniform() -> Grid {
        let pairs = UNIFORM_RATES.iter().flat_map(|control| {
            UNIFORM_RATES
                .iter()
                .filter(move |rival| *rival < control)
                .map(|r| (*control, *r))
        });
        let pairs: Vec<(f64, f64)> = pairs.collect();
        let weight = 1.0 / pairs.len() as f64;
        let point = |(control, rival)| GridPoint {
            control,
            rival,
            weight,
        };
        Grid {
            points: pairs.into_iter().map(point).collect(),
        }
    }

    /// The points.
    pub fn points(&self) -> &[GridPoint] {
        &self.points
    }

    /// Evidence that the rival opens less often.
    pub fn log_e(&self, counts: TwoByTwo) -> LogE {
        let Some([c1, c0, r1, r0]) = counts.exact() else {
            return LogE::ZERO;
        };
        let term = |point: &GridPoint| {
            let (tc, tr) = (point.control, point.rival);
            let m = f64::midpoint(tc, tr);
            ln(point.weight)
                + c1 * ln(tc / m)
                + c0 * ln((1.0 - tc) / (1.0 - m))
                + r1 * ln(tr / m)
                + r0 * ln((1.0 - tr) / (1.0 - m))
        };
        let terms: Vec<f64> = self.points.iter().map(term).collect();
        LogE::guarded(log_sum_exp(&terms))
    }

    /// Evidence that the rival opens *more* often: the arms exchanged.
    pub fn log_e_better(&self, counts: TwoByTwo) -> LogE {
        self.log_e(TwoByTwo {
            controls_opened: counts.rivals_opened,
            controls_failed: counts.rivals_failed,
            rivals_opened: counts.controls_opened,
            rivals_failed: counts.controls_failed,
        })
    }

    /// Evidence of a difference either way: the average of both directions.
    ///
    /// ```
    /// use moongate_stats::{certificate::TwoByTwo, grid::Grid};
    /// let counts = TwoByTwo { rivals_opened: 9, controls_failed: 9, ..TwoByTwo::default() };
    /// let grid = Grid::informed();
    /// assert!(grid.log_e(counts).ln() < 0.0);
    /// assert!(grid.log_e_two_sided(counts).ln() > f64::ln(100.0));
    /// ```
    pub fn log_e_two_sided(&self, counts: TwoByTwo) -> LogE {
        self.log_e(counts).average(self.log_e_better(counts))
    }
}
