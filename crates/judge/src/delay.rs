//! Parity on delays: is the rival's link handed over materially later than
//! the controls in the same trial?
//!
//! An opening's *excess* is its delay less the median delay of its trial, over
//! the rival and the controls together. The median does not depend on who
//! stood where, so the excesses are as exchangeable as the delays, and the
//! bound of permuted blocks holds; and a platform that is slow for everyone,
//! or slow at noon, is slow in the median as well. Excesses are placed on a
//! scale of *material* thresholds: finer ones accused the innocent on real
//! data (`statistics.md` 4).

use moongate_glossary::{Outcome, Reading};

use crate::parity::{Comparison, void_reason};
use crate::path::{EffectSource, Path};
use crate::{ArmReading, Ladder, Trial};

/// Above the clause's own threshold, the next ones, milliseconds.
const HIGHER_THRESHOLDS_MS: [f64; 3] = [1000.0, 2000.0, 4000.0];

/// Walks the trials of one cell.
pub(crate) fn walk(trials: &[Trial], material_ms: f64, margin: f64) -> Path {
    let thresholds = thresholds_ms(material_ms);
    let ladder = Ladder {
        levels: thresholds.len() + 1,
    };
    let mut comparison = Comparison::new(&[ladder], margin);
    let mut path = Path::default();
    let mut differences = Vec::new();
    for trial in trials {
        if let Some(reason) = void_reason(trial) {
            path.void(reason);
            continue;
        }
        differences.extend(difference_ms(trial));
        let placed = place(trial, &thresholds);
        comparison.add(&placed, |reading, _| reading.severities.first().copied());
        path.step(comparison.log_e(), comparison.log_e_kept());
    }
    comparison.close(&mut path);
    path.effect = EffectSource::Milliseconds(differences);
    path
}

/// The trials with every opening placed, for people.
pub(crate) fn placed(trials: &[Trial], material_ms: f64) -> Vec<Trial> {
    let thresholds = thresholds_ms(material_ms);
    trials
        .iter()
        .map(|trial| place(trial, &thresholds))
        .collect()
}

fn thresholds_ms(material_ms: f64) -> Vec<f64> {
    std::iter::once(material_ms)
        .chain(
            HIGHER_THRESHOLDS_MS
                .into_iter()
                .filter(|threshold| *threshold > material_ms),
        )
        .collect()
}

fn amount_ms(arm: &ArmReading) -> Option<f64> {
    arm.reading
        .amount
        .filter(|amount| arm.counts() && amount.is_finite())
}

/// The trial with each opening placed by its excess; one without a usable
/// amount becomes inconclusive.
fn place(trial: &Trial, thresholds: &[f64]) -> Trial {
    let everyone = std::iter::once(&trial.rival).chain(&trial.controls);
    let middle = median(everyone.filter_map(amount_ms).collect());
    let placed = |arm: &ArmReading| {
        let Some((amount, middle)) = amount_ms(arm).zip(middle) else {
            return unusable(arm);
        };
        let excess = amount - middle;
        let level = thresholds
            .iter()
            .filter(|threshold| excess >= **threshold)
            .count();
        let severities = vec![u8::try_from(level).unwrap_or(u8::MAX)];
        let outcome = match level {
            0 => Outcome::Met,
            _ => Outcome::NotMet {
                reason: "late".to_owned(),
            },
        };
        ArmReading {
            reading: Reading {
                outcome,
                severities,
                amount: Some(amount),
            },
            ..arm.clone()
        }
    };
    Trial {
        id: trial.id.clone(),
        rival: placed(&trial.rival),
        controls: trial.controls.iter().map(placed).collect(),
    }
}

fn unusable(arm: &ArmReading) -> ArmReading {
    if !arm.counts() {
        return arm.clone();
    }
    let reading = Reading::inconclusive(moongate_glossary::Side::Unknown, "no-usable-amount");
    ArmReading {
        reading,
        ..arm.clone()
    }
}

/// The rival's delay less the controls' median.
fn difference_ms(trial: &Trial) -> Option<f64> {
    let controls = median(trial.controls.iter().filter_map(amount_ms).collect())?;
    amount_ms(&trial.rival).map(|amount| amount - controls)
}

pub(crate) fn median(mut amounts: Vec<f64>) -> Option<f64> {
    amounts.sort_by(f64::total_cmp);
    let upper = *amounts.get(amounts.len() / 2)?;
    let lower = *amounts.get((amounts.len() - 1) / 2)?;
    Some(f64::midpoint(lower, upper))
}
