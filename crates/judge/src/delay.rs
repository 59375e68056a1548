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

use crate::{ArmReading, Ladder, Trial};

/// Above the clause's own threshold, the next ones, milliseconds.
const HIGHER_THRESHOLDS_MS: [f64; 3] = [1000.0, 2000.0, 4000.0];

/// The scale on which openings are placed.
#[derive(Debug, Clone)]
pub(crate) struct Delays {
    thresholds_ms: Vec<f64>,
}

impl Delays {
    pub(crate) fn new(material_ms: f64) -> Self {
        let higher = HIGHER_THRESHOLDS_MS
            .into_iter()
            .filter(|threshold| *threshold > material_ms);
        Self {
            thresholds_ms: std::iter::once(material_ms).chain(higher).collect(),
        }
    }

    pub(crate) fn ladder(&self) -> Ladder {
        Ladder {
            levels: self.thresholds_ms.len() + 1,
        }
    }

    /// The trial with each opening placed by its excess; one without a usable
    /// amount becomes inconclusive.
    pub(crate) fn place(&self, trial: &Trial) -> Trial {
        let everyone = std::iter::once(&trial.rival).chain(&trial.controls);
        let middle = median(everyone.filter_map(amount_ms).collect());
        let placed = |arm: &ArmReading| {
            let Some((amount, middle)) = amount_ms(arm).zip(middle) else {
                return unusable(arm);
            };
            self.placed(arm, amount, middle)
        };
        Trial {
            id: trial.id.clone(),
            at_ms: trial.at_ms,
            rival: placed(&trial.rival),
            controls: trial.controls.iter().map(placed).collect(),
        }
    }

    fn placed(&self, arm: &ArmReading, amount: f64, middle: f64) -> ArmReading {
        let excess = amount - middle;
        let reached = |threshold: &&f64| excess >= **threshold;
        let level = self.thresholds_ms.iter().filter(reached).count();
        let outcome = match level {
            0 => Outcome::Met,
            _ => Outcome::NotMet {
                reason: "late".to_owned(),
            },
        };
        ArmReading {
            reading: Reading {
                outcome,
                severities: vec![u8::try_from(level).unwrap_or(u8::MAX)],
                amount: Some(amount),
            },
            direct_failed: arm.direct_failed.clone(),
        }
    }

    /// The rival's delay less the controls' median.
    pub(crate) fn difference_ms(trial: &Trial) -> Option<f64> {
        let controls = median(trial.controls.iter().filter_map(amount_ms).collect())?;
        amount_ms(&trial.rival).map(|amount| amount - controls)
    }
}

fn amount_ms(arm: &ArmReading) -> Option<f64> {
    arm.reading
        .amount
        .filter(|amount| arm.counts() && amount.is_finite())
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

pub(crate) fn median(mut amounts: Vec<f64>) -> Option<f64> {
    amounts.sort_by(f64::total_cmp);
    let upper = *amounts.get(amounts.len() / 2)?;
    let lower = *amounts.get((amounts.len() - 1) / 2)?;
    Some(f64::midpoint(lower, upper))
}
