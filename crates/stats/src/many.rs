//! Decisions over many cells: what evidence is enough, and how errors are bounded.
//!
//! [`accuse`] is Ville's inequality with Bonferroni's correction: whoever looks at
//! whatever moment, over `cells` cells in any dependence, is wrong about any of them
//! with probability at most α. More evidence never takes an accusation back, because
//! one that stood at some moment is counted by the bound at that moment.
//!
//! [`e_bh`] and [`Lond`] bound the *share* of wrong discoveries instead. They need
//! e-values of one moment; a running maximum is not an e-value. So they take
//! [`CurrentE`] only, and a [`PeakE`] becomes one only through an [`Adjuster`].
//!
//! Sources: Wang and Ramdas 2022 (arXiv:2009.02824) for e-BH; Xu and Ramdas 2024
//! (arXiv:2311.06412) for e-LOND; Dawid, de Rooij, Shafer, Shen, Vereshchagin and Vovk
//! 2011 (arXiv:0905.4365) for adjusters; Vovk and Wang 2021 (arXiv:1912.06116) for
//! p-to-e calibrators.

use crate::numbers::{LogE, error_rate, exact, ln};

/// Added to every threshold, so that a rounding error never decides.
pub const DECISION_GUARD: f64 = 1e-9;

/// ln(`cells`/`alpha`), which the evidence of one of `cells` cells must reach; nothing
/// for an `alpha` outside (0, 1), no cells, or more cells than can be counted exactly.
pub fn log_threshold(alpha: f64, cells: u64) -> Option<f64> {
    let alpha = error_rate(alpha)?;
    let cells = exact(cells).filter(|cells| *cells >= 1.0)?;
    Some(ln(cells / alpha)).filter(|threshold| threshold.is_finite())
}

/// Whether the evidence is enough for one of `cells` cells at error `alpha` over all
/// of them. All cells ever attempted belong into `cells`. Never true where `alpha` or
/// `cells` make no sense.
///
/// ```
/// use moongate_stats::{LogE, many::accuse};
/// let e = LogE::from_e(7000.0)?;
/// assert!(accuse(e, 0.01, 63));
/// assert!(!accuse(e, 0.01, 71));
/// assert!(!accuse(e, f64::NAN, 1));
/// # Ok::<(), moongate_stats::numbers::NotEvidence>(())
/// ```
pub fn accuse(log_e: LogE, alpha: f64, cells: u64) -> bool {
    log_threshold(alpha, cells).is_some_and(|needed| log_e.ln() >= needed + DECISION_GUARD)
}

/// An e-value of this moment: what a process says now.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct CurrentE(LogE);

/// The largest value that a process ever had. Enough for [`accuse`]; not an e-value.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct PeakE(LogE);

/// A process as it went: its value now and the largest it ever had.
///
/// ```
/// use moongate_stats::{LogE, many::{Adjuster, Trail, accuse}};
/// let mut trail = Trail::default();
/// trail.advance(LogE::from_e(200.0)?);
/// trail.advance(LogE::from_e(3.0)?);
/// assert!(accuse(trail.peak().log_e(), 0.01, 1)); // Ville: holds for the peak
/// let adjusted = trail.peak().adjust(Adjuster::Lookback);
/// assert!(adjusted.log_e() < LogE::from_e(200.0)?);
/// # Ok::<(), moongate_stats::numbers::NotEvidence>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trail {
    now: LogE,
    peak: LogE,
}

impl Default for Trail {
    fn default() -> Self {
        Trail {
            now: LogE::ONE,
            peak: LogE::ONE,
        }
    }
}

impl Trail {
    /// The process takes its next value.
    pub fn advance(&mut self, now: LogE) {
        self.now = now;
        self.peak = self.peak.max(now);
    }

    /// What it says now.
    pub fn current(&self) -> CurrentE {
        CurrentE(self.now)
    }

    /// The largest value it ever had, at least 1.
    pub fn peak(&self) -> PeakE {
        PeakE(self.peak)
    }
}

impl CurrentE {
    /// Declares an e-value to be one of this moment, not a maximum over moments.
    pub fn new(log_e: LogE) -> CurrentE {
        CurrentE(log_e)
    }

    /// The evidence.
    pub fn log_e(self) -> LogE {
        self.0
    }
}

impl PeakE {
    /// Declares a value to be a maximum over moments; below 1 it counts as 1, where
    /// every process begins.
    pub fn new(log_e: LogE) -> PeakE {
        PeakE(log_e.max(LogE::ONE))
    }

    /// The maximum, for [`accuse`].
    pub fn log_e(self) -> LogE {
        self.0
    }

    /// What remains of it as an e-value.
    pub fn adjust(self, adjuster: Adjuster) -> CurrentE {
        CurrentE(LogE::guarded(adjuster.log_adjusted(self.0.ln())))
    }
}

/// Ways to turn the maximum of a process into an e-value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adjuster {
    /// A(e) = (e − 1 − ln e)/(ln e)².
    Lookback,
    /// A(e) = √e − 1.
    SquareRoot,
}

impl Adjuster {
    /// ln A(exp(`log_peak`)) for `log_peak` ≥ 0.
    fn log_adjusted(self, log_peak: f64) -> f64 {
        let l = log_peak.max(0.0);
        match self {
            Adjuster::Lookback if l < 1e-2 => {
                // Σ lᵏ/(k + 2)!: the quotient would cancel.
                let series =
                    0.5 + l * (1.0 / 6.0 + l * (1.0 / 24.0 + l * (1.0 / 120.0 + l / 720.0)));
                ln(series)
            }
            Adjuster::Lookback if l < 700.0 => ln((libm::expm1(l) - l) / (l * l)),
            Adjuster::Lookback => l - 2.0 * ln(l),
            Adjuster::SquareRoot if l < 700.0 => ln(libm::expm1(l / 2.0)),
            Adjuster::SquareRoot => l / 2.0,
        }
    }
}

/// e-BH: which of the cells stand when at most the share `alpha` of those named may be
/// wrong on average, under any dependence between cells. One answer a cell, in order.
///
/// ```
/// use moongate_stats::{LogE, many::{CurrentE, e_bh}};
/// let cells: Vec<CurrentE> = [1200.0, 1100.0, 990.0, 400.0, 20.0, 3.0, 1.0, 0.5, 0.2, 0.0]
///     .iter()
///     .filter_map(|e| LogE::from_e(*e).ok())
///     .map(CurrentE::new)
///     .collect();
/// assert_eq!(e_bh(&cells, 0.01).iter().filter(|stands| **stands).count(), 4);
/// ```
pub fn e_bh(cells: &[CurrentE], alpha: f64) -> Vec<bool> {
    let nothing = vec![false; cells.len()];
    let Some(threshold) = log_threshold(alpha, cells.len() as u64) else {
        return nothing;
    };
    let mut sorted: Vec<f64> = cells.iter().map(|cell| cell.0.ln()).collect();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let needed = |rank: usize| threshold - ln(rank as f64) + DECISION_GUARD;
    let last = (1..=sorted.len())
        .rev()
        .find(|rank| sorted.get(rank - 1).is_some_and(|e| *e >= needed(*rank)));
    last.map_or(nothing, |rank| {
        cells
            .iter()
            .map(|cell| cell.0.ln() >= needed(rank))
            .collect()
    })
}

/// e-LOND: cells that arrive one after another, each decided at once and for good,
/// with the share of wrong discoveries at most α on average, under any dependence.
///
/// The t-th cell is tried at the level α · γ(t) · (discoveries before + 1) with
/// γ(t) = 0.07720838 · ln(max(t, 2)) / (t · exp(√ln t)), which sums to less than 1.
///
/// ```
/// use moongate_stats::{LogE, many::{CurrentE, Lond}};
/// let mut lond = Lond::new(0.05).unwrap();
/// assert!(lond.decide(CurrentE::new(LogE::from_e(700.0)?)).discovered);
/// assert!(!lond.decide(CurrentE::new(LogE::from_e(10.0)?)).discovered);
/// # Ok::<(), moongate_stats::numbers::NotEvidence>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lond {
    alpha: f64,
    seen: u64,
    discoveries: u64,
}

/// What [`Lond`] says on one cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LondDecision {
    /// Whether the cell stands.
    pub discovered: bool,
    /// The level it was tried at.
    pub level: f64,
}

impl Lond {
    /// Begins; nothing for an `alpha` outside (0, 1).
    pub fn new(alpha: f64) -> Option<Lond> {
        Some(Lond {
            alpha: error_rate(alpha)?,
            seen: 0,
            discoveries: 0,
        })
    }

    /// Decides the next cell.
    pub fn decide(&mut self, cell: CurrentE) -> LondDecision {
        self.seen = self.seen.saturating_add(1);
        let t = self.seen as f64;
        let gamma = 0.077_208_38 * ln(t.max(2.0)) / (t * libm::exp(libm::sqrt(ln(t))));
        let level = self.alpha * gamma * (self.discoveries.saturating_add(1) as f64);
        let discovered = cell.0.ln() >= -ln(level) + DECISION_GUARD;
        self.discoveries = self.discoveries.saturating_add(u64::from(discovered));
        LondDecision { discovered, level }
    }
}

/// Turns a p-value into an e-value: κ p^(κ − 1), for κ in (0, 1). The e-value 0 where p
/// is not in (0, 1] or κ not in (0, 1).
pub fn p_to_e(p: f64, kappa: f64) -> LogE {
    if !(p > 0.0 && p <= 1.0 && kappa > 0.0 && kappa < 1.0) {
        return LogE::ZERO;
    }
    LogE::guarded(ln(kappa) + (kappa - 1.0) * ln(p))
}
