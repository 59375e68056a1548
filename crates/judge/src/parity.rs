//! Parity on ordered scales: is the rival's link handled worse than the
//! controls in the same trial?

use std::borrow::Cow;

use moongate_stats::LogE;
use moongate_stats::certificate::Parity;
use moongate_stats::numbers::log_sum_exp;
use moongate_stats::ordinal::Ordinal;

use crate::watched::Watched;
use crate::{ArmReading, Ladder, Trial};

/// Why a trial cannot count for its rival. Fixed beforehand; what it looks at
/// does not depend on the slot the rival stood in.
pub(crate) fn void_reason(trial: &Trial) -> Option<&'static str> {
    let rival = &trial.rival;
    if rival.direct_failed.is_some() {
        return Some("direct-control-failed");
    }
    if !rival.counts() && !rival.withheld() {
        return Some("rival-inconclusive");
    }
    if !trial.controls.iter().any(ArmReading::counts) {
        return Some("no-control-conclusive");
    }
    None
}

/// The evidence of one comparison, on all its ladders at once.
///
/// Nine tenths of the stake are laid on a difference that was there from the
/// first trial, one tenth on one that begins on some later day: an average of
/// evidence values is one, and a slowdown that begins on the fortieth day is
/// found nearly as soon as if everything before had not been seen.
#[derive(Debug, Clone)]
pub(crate) struct Comparison {
    ladders: Vec<Ordinal>,
    watched: Watched,
    /// Conclusive slots only.
    seen: Parity,
    /// Trials that the platform withheld from the rival, counted as failed.
    withheld: Parity,
    margin: f64,
}

/// The stake on a difference that was there from the first trial.
const FROM_THE_FIRST: f64 = 0.9;

impl Comparison {
    pub(crate) fn new(ladders: &[Ladder], margin: f64) -> Self {
        let ladders: Vec<Ordinal> = ladders.iter().map(|it| Ordinal::new(it.levels)).collect();
        Self {
            watched: Watched::new(&ladders),
            ladders,
            seen: Parity::default(),
            withheld: Parity::default(),
            margin,
        }
    }

    /// Adds one trial. Returns whether it can have changed the evidence.
    pub(crate) fn add(&mut self, trial: &Trial) -> bool {
        self.watched.begin(trial.at_ms);
        let mut changed = false;
        let mut controls: Vec<Option<u8>> = Vec::with_capacity(trial.controls.len());
        for (index, ladder) in self.ladders.iter_mut().enumerate() {
            controls.clear();
            controls.extend(trial.controls.iter().map(|control| level(control, index)));
            let rival = level(&trial.rival, index);
            if ladder.add_block(rival, &controls) {
                self.watched.add_block(index, rival, &controls);
                changed = true;
            }
        }
        let count = self.ladders.len();
        let failed =
            |arm: &ArmReading| (0..count).any(|ladder| level(arm, ladder).is_some_and(|it| it > 0));
        self.count_shares(trial, failed);
        changed
    }

    fn count_shares(&mut self, trial: &Trial, failed: impl Fn(&ArmReading) -> bool) {
        let conclusive = || trial.controls.iter().filter(|control| control.counts());
        let controls = u32::try_from(conclusive().count()).unwrap_or(u32::MAX);
        let failures = conclusive().filter(|control| failed(control)).count();
        let failures = u32::try_from(failures).unwrap_or(u32::MAX);
        let rival_failed = failed(&trial.rival);
        if trial.rival.counts() {
            self.seen.add_block(rival_failed, failures, controls);
            self.watched.count(rival_failed, failures, controls);
        } else {
            self.withheld.add_block(true, failures, controls);
        }
    }

    /// The average over the ladders of both stakes.
    pub(crate) fn log_e(&self) -> LogE {
        let from_the_first = average(self.ladders.iter().map(Ordinal::log_e));
        let from_some_day = average(self.watched.log_e().into_iter());
        let stake = |share| LogE::from_e(share).map_or(0.0, LogE::ln);
        let terms = [
            stake(FROM_THE_FIRST) + from_the_first.ln(),
            stake(1.0 - FROM_THE_FIRST) + from_some_day.ln(),
        ];
        LogE::new(log_sum_exp(&terms)).unwrap_or(LogE::ZERO)
    }

    /// Hardly ever, and by rounding only, smaller than the exact value: below
    /// what is needed, nobody need look closer.
    pub(crate) fn screening_e(&self) -> f64 {
        let count = self.ladders.len().max(1) as f64;
        let early: f64 = self.ladders.iter().map(Ordinal::screening_e).sum();
        (FROM_THE_FIRST * early + (1.0 - FROM_THE_FIRST) * self.watched.screening_sum()) / count
    }

    pub(crate) fn log_e_kept(&self) -> LogE {
        self.cautious().log_e_not_worse_by(self.margin)
    }

    /// What certificates are computed from: with what was withheld counted as
    /// failed, so that nobody is certified by being impossible to measure.
    pub(crate) fn cautious(&self) -> Cow<'_, Parity> {
        if self.withheld.blocks() == 0 {
            return Cow::Borrowed(&self.seen);
        }
        let mut both = self.seen.clone();
        both.merge(&self.withheld);
        Cow::Owned(both)
    }

    /// What the effect is computed from.
    pub(crate) fn seen(&self) -> &Parity {
        &self.seen
    }

    /// Day by day.
    pub(crate) fn watched(&self) -> &Watched {
        &self.watched
    }

    /// The margin of its certificates.
    pub(crate) fn margin(&self) -> f64 {
        self.margin
    }
}

fn average(each: impl Iterator<Item = LogE>) -> LogE {
    let each: Vec<f64> = each.map(LogE::ln).collect();
    match each.as_slice() {
        [only] => LogE::new(*only).unwrap_or(LogE::ZERO),
        several => {
            let count = LogE::from_e(several.len() as f64).map_or(0.0, LogE::ln);
            LogE::new(log_sum_exp(several) - count).unwrap_or(LogE::ZERO)
        }
    }
}

fn level(arm: &ArmReading, ladder: usize) -> Option<u8> {
    if !arm.counts() {
        return None;
    }
    arm.reading.severities.get(ladder).copied()
}
