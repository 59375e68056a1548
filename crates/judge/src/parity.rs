//! Parity on ordered scales: is the rival's link handled worse than the
//! controls in the same trial?

use moongate_stats::LogE;
use moongate_stats::certificate::Parity;
use moongate_stats::numbers::log_sum_exp;
use moongate_stats::ordinal::Ordinal;

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
#[derive(Debug, Clone)]
pub(crate) struct Comparison {
    ladders: Vec<Ordinal>,
    /// With what was withheld counted as failed: nobody is certified by being
    /// impossible to measure.
    cautious: Parity,
    /// Conclusive slots only.
    seen: Parity,
    margin: f64,
}

impl Comparison {
    pub(crate) fn new(ladders: &[Ladder], margin: f64) -> Self {
        Self {
            ladders: ladders
                .iter()
                .map(|ladder| Ordinal::new(ladder.levels))
                .collect(),
            cautious: Parity::default(),
            seen: Parity::default(),
            margin,
        }
    }

    /// Adds one trial.
    pub(crate) fn add(&mut self, trial: &Trial) {
        let mut controls: Vec<Option<u8>> = Vec::with_capacity(trial.controls.len());
        for (index, ladder) in self.ladders.iter_mut().enumerate() {
            controls.clear();
            controls.extend(trial.controls.iter().map(|control| level(control, index)));
            ladder.add_block(level(&trial.rival, index), &controls);
        }
        let count = self.ladders.len();
        let failed =
            |arm: &ArmReading| (0..count).any(|ladder| level(arm, ladder).is_some_and(|it| it > 0));
        self.count_shares(trial, failed);
    }

    fn count_shares(&mut self, trial: &Trial, failed: impl Fn(&ArmReading) -> bool) {
        let conclusive = || trial.controls.iter().filter(|control| control.counts());
        let controls = u32::try_from(conclusive().count()).unwrap_or(u32::MAX);
        let failures = conclusive().filter(|control| failed(control)).count();
        let failures = u32::try_from(failures).unwrap_or(u32::MAX);
        let rival_failed = failed(&trial.rival);
        self.cautious
            .add_block(rival_failed || !trial.rival.counts(), failures, controls);
        if trial.rival.counts() {
            self.seen.add_block(rival_failed, failures, controls);
        }
    }

    /// The average over the ladders: an average of e-values is an e-value.
    pub(crate) fn log_e(&self) -> LogE {
        if let [ladder] = self.ladders.as_slice() {
            return ladder.log_e();
        }
        let each: Vec<f64> = self
            .ladders
            .iter()
            .map(|ladder| ladder.log_e().ln())
            .collect();
        let count = LogE::from_e(each.len() as f64).map_or(0.0, LogE::ln);
        LogE::new(log_sum_exp(&each) - count).unwrap_or(LogE::ZERO)
    }

    /// Hardly ever, and by rounding only, smaller than the exact value: below
    /// what is needed, nobody need look closer.
    pub(crate) fn screening_e(&self) -> f64 {
        let total: f64 = self.ladders.iter().map(Ordinal::screening_e).sum();
        total / self.ladders.len().max(1) as f64
    }

    pub(crate) fn log_e_kept(&self) -> LogE {
        self.cautious.log_e_not_worse_by(self.margin)
    }

    /// What certificates are computed from.
    pub(crate) fn cautious(&self) -> &Parity {
        &self.cautious
    }

    /// What the effect is computed from.
    pub(crate) fn seen(&self) -> &Parity {
        &self.seen
    }
}

fn level(arm: &ArmReading, ladder: usize) -> Option<u8> {
    if !arm.counts() {
        return None;
    }
    arm.reading.severities.get(ladder).copied()
}
