//! The arithmetic behind a finding, laid out so that it can be done again by
//! hand: which blocks were seen how often, what each is worth at each stake,
//! and what they come to.

use std::collections::BTreeMap;

use moongate_stats::LogE;
use moongate_stats::absolute::STAKES as SHARE_STAKES;
use moongate_stats::block::{BlockCounts, BlockShape, LN_OMEGA, ShapeCount};
use moongate_stats::certificate::STAKES as PARITY_STAKES;
use moongate_stats::many::log_threshold;
use moongate_stats::numbers::log_sum_exp;
use moongate_stats::watch::Watch;

use crate::{ArmReading, Bounds, Method, ReadCell, Trial, absolute, as_judged, parity};

const DAY_MS: i64 = 86_400_000;

/// Everything that one finding was computed from.
#[derive(Debug, Clone, PartialEq)]
pub struct Arithmetic {
    /// What the evidence must reach: ln(m/α).
    pub log_needed: f64,
    /// Against the clause being kept.
    pub broken: Accusation,
    /// For its being kept.
    pub kept: Stakes,
}

/// The evidence against the clause being kept.
#[derive(Debug, Clone, PartialEq)]
pub enum Accusation {
    /// By permuted blocks: the average over the ladders of the average over
    /// their thresholds.
    Blocks(Vec<Threshold>),
    /// By the share of failings against the tolerance.
    Share(Stakes),
}

/// One threshold of one ladder: "at least this bad".
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    /// Which ladder, from 1.
    pub ladder: usize,
    /// The level from which on an opening counts as failed.
    pub level: u8,
    /// How much of the evidence it speaks for; all of them sum to 1.
    pub weight: f64,
    /// The blocks, by shape.
    pub shapes: Vec<ShapeCount>,
    /// For each ln ω: Σ blocks · ln S.
    pub sums: Vec<(f64, f64)>,
    /// The evidence value, ln: the average over ω.
    pub log_e: f64,
    /// The same for a difference that begins on some later day, ln.
    pub log_e_later: f64,
}

/// A bet at several stakes: Π (1 + stake · gain), averaged.
#[derive(Debug, Clone, PartialEq)]
pub struct Stakes {
    /// What it is about: a margin or a tolerance.
    pub against: f64,
    /// Each gain with how often it was seen.
    pub gains: Vec<(f64, u64)>,
    /// Each stake with Σ count · ln(1 + stake · gain).
    pub sums: Vec<(f64, f64)>,
    /// The evidence value, ln: the average over the stakes.
    pub log_e: f64,
}

/// Lays out the arithmetic of one cell.
pub fn arithmetic(cell: &ReadCell, bounds: Bounds) -> Arithmetic {
    let trials = as_judged(cell);
    let method = &cell.judged.method;
    let (broken, kept) = match method {
        Method::Absolute { tolerance, margin } => {
            let counted = trials
                .iter()
                .filter(|it| absolute::void_reason(it).is_none());
            let counted: Vec<&Trial> = counted.collect();
            (
                Accusation::Share(above(&counted, *tolerance)),
                below(&counted, *margin),
            )
        }
        Method::Parity { ladders, .. } => {
            let levels: Vec<usize> = ladders.iter().map(|it| it.levels).collect();
            by_blocks(&trials, &levels, method.margin())
        }
        Method::Delay { material_ms, .. } => {
            let levels = crate::delay::Delays::new(*material_ms).ladder().levels;
            by_blocks(&trials, &[levels], method.margin())
        }
    };
    Arithmetic {
        log_needed: log_threshold(bounds.alpha, bounds.cells).unwrap_or(f64::MAX),
        broken,
        kept,
    }
}

impl Arithmetic {
    /// What the accusation comes to, ln: nine tenths on a difference from the
    /// first trial on, one tenth on one that begins later.
    pub fn log_e_broken(&self) -> f64 {
        match &self.broken {
            Accusation::Share(stakes) => stakes.log_e,
            Accusation::Blocks(thresholds) => {
                let both = |it: &Threshold| {
                    [
                        ln(it.weight * 0.9) + it.log_e,
                        ln(it.weight * 0.1) + it.log_e_later,
                    ]
                };
                let terms: Vec<f64> = thresholds.iter().flat_map(both).collect();
                log_sum_exp(&terms)
            }
        }
    }
}

fn by_blocks(trials: &[Trial], levels: &[usize], margin: f64) -> (Accusation, Stakes) {
    let counted = trials.iter().filter(|it| parity::void_reason(it).is_none());
    let counted: Vec<&Trial> = counted.collect();
    let mut thresholds = Vec::new();
    for (ladder, count) in levels.iter().enumerate() {
        let weight = 1.0 / (levels.len() * (count - 1).max(1)) as f64;
        for level in 1..*count {
            let level = u8::try_from(level).unwrap_or(u8::MAX);
            thresholds.push(Threshold {
                weight,
                ..threshold(&counted, ladder, level)
            });
        }
    }
    (
        Accusation::Blocks(thresholds),
        not_worse(&counted, levels.len(), margin),
    )
}

fn threshold(trials: &[&Trial], ladder: usize, level: u8) -> Threshold {
    let mut days: BTreeMap<i64, BlockCounts> = BTreeMap::new();
    let mut all = BlockCounts::default();
    let mut today = i64::MIN;
    for trial in trials {
        // Days only go on; see the module on watching.
        today = today.max(trial.at_ms.div_euclid(DAY_MS));
        let Some(shape) = shape(trial, ladder, level) else {
            continue;
        };
        all.add(shape);
        days.entry(today).or_default().add(shape);
    }
    let sums = LN_OMEGA.map(|ln_omega| (ln_omega, all.log_e_at(ln_omega).ln()));
    Threshold {
        ladder: ladder + 1,
        level,
        weight: 0.0,
        shapes: all.rows().to_vec(),
        sums: sums.to_vec(),
        log_e: all.log_e().ln(),
        log_e_later: later(trials, &days).ln(),
    }
}

fn later(trials: &[&Trial], days: &BTreeMap<i64, BlockCounts>) -> LogE {
    let Some(first) = trials.first().map(|it| it.at_ms.div_euclid(DAY_MS)) else {
        return LogE::ONE;
    };
    let mut watch = Watch::new();
    for (day, counts) in days {
        let number = u32::try_from(day.saturating_sub(first).saturating_add(1)).unwrap_or(u32::MAX);
        if watch.add_day(number, counts).is_err() {
            return LogE::ZERO;
        }
    }
    watch.log_e()
}

fn shape(trial: &Trial, ladder: usize, level: u8) -> Option<BlockShape> {
    let failed = |arm: &ArmReading| {
        let reached = *arm.reading.severities.get(ladder)?;
        arm.counts().then_some(reached >= level)
    };
    let rival_failed = failed(&trial.rival)?;
    let controls: Vec<bool> = trial.controls.iter().filter_map(failed).collect();
    let failures = controls.iter().filter(|it| **it).count() + usize::from(rival_failed);
    BlockShape::new(
        u32::try_from(controls.len()).ok()?,
        u32::try_from(failures).ok()?,
        rival_failed,
    )
    .ok()
}

/// For the clause being kept: the controls' share of failings less the
/// rival's, plus the margin, is gained at each stake.
fn not_worse(trials: &[&Trial], ladders: usize, margin: f64) -> Stakes {
    let failed = |arm: &ArmReading| {
        let levels = arm.reading.severities.iter().take(ladders);
        arm.counts() && levels.clone().any(|level| *level > 0)
    };
    let gain = |trial: &&Trial| {
        let controls: Vec<&ArmReading> = trial.controls.iter().filter(|it| it.counts()).collect();
        let share = controls.iter().filter(|it| failed(it)).count() as f64 / controls.len() as f64;
        let rival = failed(&trial.rival) || !trial.rival.counts();
        margin + share - f64::from(u8::from(rival))
    };
    let stakes = PARITY_STAKES.map(|fraction| fraction / (1.0 - margin));
    stakes_of(margin, trials.iter().map(gain), &stakes)
}

fn above(trials: &[&Trial], tolerance: f64) -> Stakes {
    let conclusive = trials.iter().filter(|it| it.rival.counts());
    let gain = |trial: &&Trial| f64::from(u8::from(fails(trial))) - tolerance;
    let stakes = SHARE_STAKES.map(|fraction| fraction / tolerance.max(1e-6));
    stakes_of(tolerance, conclusive.map(gain), &stakes)
}

fn below(trials: &[&Trial], margin: f64) -> Stakes {
    let gain = |trial: &&Trial| {
        let failed = fails(trial) || !trial.rival.counts();
        margin - f64::from(u8::from(failed))
    };
    let stakes = SHARE_STAKES.map(|fraction| fraction / (1.0 - margin));
    stakes_of(margin, trials.iter().map(gain), &stakes)
}

fn fails(trial: &Trial) -> bool {
    let mut levels = trial.rival.reading.severities.iter();
    trial.rival.counts() && levels.any(|level| *level > 0)
}

fn stakes_of(against: f64, gains: impl Iterator<Item = f64>, stakes: &[f64]) -> Stakes {
    let mut counted: Vec<(f64, u64)> = Vec::new();
    for gain in gains {
        match counted
            .iter_mut()
            .find(|(known, _)| known.to_bits() == gain.to_bits())
        {
            Some((_, count)) => *count += 1,
            None => counted.push((gain, 1)),
        }
    }
    counted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let sum = |stake: &f64| -> f64 {
        let each = counted
            .iter()
            .map(|(gain, count)| *count as f64 * libm::log1p(stake * gain));
        each.sum()
    };
    let sums: Vec<(f64, f64)> = stakes.iter().map(|stake| (*stake, sum(stake))).collect();
    let each: Vec<f64> = sums.iter().map(|(_, sum)| *sum).collect();
    Stakes {
        against,
        gains: counted,
        log_e: log_sum_exp(&each) - ln(stakes.len() as f64),
        sums,
    }
}

fn ln(x: f64) -> f64 {
    libm::log(x)
}
