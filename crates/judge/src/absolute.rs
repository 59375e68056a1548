//! Absolute clauses: does the rival's link fare badly more often than the
//! clause tolerates, whatever happens to the controls?
//!
//! The controls are not compared with. They only show that the platform was
//! there: a failing that could as well be the platform falling over is read
//! as inconclusive by the check unless a control of the same trial opened.

use moongate_stats::absolute::Share;

use crate::Trial;
use crate::path::{Certificate, EffectSource, Path};

/// Walks the trials of one cell.
pub(crate) fn walk(trials: &[Trial], tolerance: f64, margin: f64) -> Path {
    let mut seen = Share::default();
    let mut cautious = Share::default();
    let mut path = Path::default();
    for trial in trials {
        if let Some(reason) = void_reason(trial) {
            path.void(reason);
            continue;
        }
        let failed = trial
            .rival
            .reading
            .severities
            .iter()
            .any(|level| *level > 0);
        if trial.rival.counts() {
            seen.add_of(u32::from(failed), 1);
        }
        cautious.add_of(u32::from(failed || !trial.rival.counts()), 1);
        path.step(seen.log_e_above(tolerance), cautious.log_e_below(margin));
    }
    path.certificate = Certificate::Share(cautious);
    path.effect = EffectSource::Share(seen);
    path
}

fn void_reason(trial: &Trial) -> Option<&'static str> {
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
