//! Counting what was seen, for people. No decision rests on it.

use std::collections::BTreeMap;

use moongate_glossary::{Outcome, Tally};

use crate::ArmReading;

/// Counts one more, void slots under the side that failed.
pub(crate) fn add(tally: &mut Tally, arm: &ArmReading) {
    if let Some(reason) = &arm.direct_failed {
        count(&mut tally.inconclusive, reason);
        return;
    }
    match &arm.reading.outcome {
        Outcome::Met => tally.met += 1,
        Outcome::NotMet { reason } => count(&mut tally.not_met, reason),
        Outcome::Inconclusive { side, reason } => {
            let code = format!("{}/{reason}", side.word());
            count(&mut tally.inconclusive, &code);
        }
        Outcome::NotApplicable { reason } => count(&mut tally.not_applicable, reason),
    }
}

/// Most reasons are seen again and again: the key is made for the first only.
fn count(counts: &mut BTreeMap<String, u64>, reason: &str) {
    match counts.get_mut(reason) {
        Some(count) => *count += 1,
        None => {
            counts.insert(reason.to_owned(), 1);
        }
    }
}
