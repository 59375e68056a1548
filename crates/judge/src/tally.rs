//! Counting what was seen, for people. No decision rests on it.

use moongate_glossary::{Outcome, Tally};

use crate::ArmReading;

/// How often each outcome was seen, void slots under the side `target`.
pub(crate) fn of<'a>(readings: impl Iterator<Item = &'a ArmReading>) -> Tally {
    let mut tally = Tally::default();
    for reading in readings {
        add(&mut tally, reading);
    }
    tally
}

fn add(tally: &mut Tally, arm: &ArmReading) {
    if let Some(reason) = &arm.direct_failed {
        *tally.inconclusive.entry(reason.clone()).or_default() += 1;
        return;
    }
    match &arm.reading.outcome {
        Outcome::Met => tally.met += 1,
        Outcome::NotMet { reason } => *tally.not_met.entry(reason.clone()).or_default() += 1,
        Outcome::Inconclusive { side, reason } => {
            *tally
                .inconclusive
                .entry(format!("{}/{reason}", side.word()))
                .or_default() += 1;
        }
        Outcome::NotApplicable { reason } => {
            *tally.not_applicable.entry(reason.clone()).or_default() += 1;
        }
    }
}
