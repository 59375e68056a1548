//! Absolute clauses: does the rival's link fare badly more often than the
//! clause tolerates, whatever happens to the controls?
//!
//! The controls are not compared with. They only show that the platform was
//! there: a failing that could as well be the platform falling over is read
//! as inconclusive by the check unless a control of the same trial opened.

use moongate_stats::LogE;
use moongate_stats::absolute::Share;

use crate::Trial;

/// The shares of failings that one cell has shown.
#[derive(Debug, Clone)]
pub(crate) struct Shares {
    tolerance: f64,
    margin: f64,
    /// Conclusive slots only.
    seen: Share,
    /// With what was withheld counted as failed: nobody is certified by being
    /// impossible to measure.
    cautious: Share,
}

impl Shares {
    pub(crate) fn new(tolerance: f64, margin: f64) -> Self {
        Self {
            tolerance,
            margin,
            seen: Share::default(),
            cautious: Share::default(),
        }
    }

    pub(crate) fn add(&mut self, trial: &Trial) {
        let reading = &trial.rival.reading;
        let failed = reading.severities.iter().any(|level| *level > 0);
        let counts = trial.rival.counts();
        if counts {
            self.seen.add_of(u32::from(failed), 1);
        }
        self.cautious.add_of(u32::from(failed || !counts), 1);
    }

    pub(crate) fn log_e_broken(&self) -> LogE {
        self.seen.log_e_above(self.tolerance)
    }

    pub(crate) fn log_e_kept(&self) -> LogE {
        self.cautious.log_e_below(self.margin)
    }

    pub(crate) fn seen(&self) -> &Share {
        &self.seen
    }

    /// The smallest share, in hundredths, that is certified not to be reached.
    /// The evidence rises with the share, so the first one found is the
    /// smallest.
    pub(crate) fn smallest_margin(&self, log_threshold: f64) -> Option<f64> {
        (1..100)
            .map(|percent| f64::from(percent) / 100.0)
            .find(|margin| self.cautious.log_e_below(*margin).ln() >= log_threshold)
    }
}

/// Why a trial cannot count for its rival.
pub(crate) fn void_reason(trial: &Trial) -> Option<&'static str> {
    let rival = &trial.rival;
    if rival.direct_failed.is_some() {
        return Some("direct-control-failed");
    }
    if rival.withheld() {
        // The platform answered nobody: nothing is withheld from the rival.
        let answered = trial.controls.iter().any(crate::ArmReading::counts);
        return (!answered).then_some("no-control-conclusive");
    }
    (!rival.counts()).then_some("rival-inconclusive")
}
