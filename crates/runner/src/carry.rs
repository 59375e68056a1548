//! Carrying a plan out: what is left of it, so many trials at a time, round by
//! round, each stored as it finishes.
//!
//! A trial that is stored is never carried out again, and one that is not
//! stored leaves nothing behind: killed at any instant, the next run goes on
//! with exactly the rest.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use moongate_carrier::Exchange;
use moongate_case::{CaseError, CaseFolder, EvidenceKind, EvidenceRecord, Finished};
use moongate_check::{Bound, Measured, World};
use moongate_glossary::{Observation, Plan, Round, Trial};

use crate::choose::Choose;

/// What a plan is carried out with.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// The checks its trials belong to.
    pub checks: &'a [&'a dyn Bound],
    /// The ways to reach the world.
    pub world: &'a World<'a>,
    /// Trials in flight at once. The carrier keeps to each host's own limit
    /// besides.
    pub in_flight: usize,
    /// Once true, no further trial is begun.
    pub stop: &'a AtomicBool,
}

/// Told how far it is.
pub trait Progress {
    /// A round begins; so many of its trials are still to be done.
    fn round(&mut self, round: &Round, left: usize, done: usize);
    /// A trial was stored.
    fn stored(&mut self, trial: &Trial, measured: &Measured);
}

/// Why a run ended before its plan did, or did not begin.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The case could not be written.
    #[error(transparent)]
    Case(#[from] CaseError),
    /// The plan asks for a check that is not bound.
    #[error("the plan asks for the check `{0}`, which is not known; use a newer Moongate")]
    UnknownCheck(String),
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Every planned trial is stored.
    Done,
    /// No trial that is left was worth beginning: every comparison is decided,
    /// or what may be asked of its platform is used up.
    Enough {
        /// Trials not yet stored.
        left: usize,
    },
    /// It was asked to stop; so many trials are left.
    Stopped {
        /// Trials not yet stored.
        left: usize,
    },
}

/// Carries out what is left of the plan, in the order that `choose` says.
///
/// `begin_round` is called before the first trial of each round that has any
/// left. When `stop` becomes true, no further trial is begun, and those in
/// flight are finished and stored.
///
/// # Errors
/// Where the case cannot be written; what was stored stays stored.
pub async fn carry_out<'p>(
    case: &mut CaseFolder,
    plan: &'p Plan,
    run: Run<'_>,
    choose: &mut dyn Choose<'p>,
    begin_round: &mut dyn FnMut(&Round),
    progress: &mut dyn Progress,
) -> Result<Ended, RunError> {
    for round in &plan.rounds {
        let of_round: Vec<&Trial> = plan
            .trials
            .iter()
            .filter(|trial| trial.round == round.id)
            .collect();
        let left: Vec<&Trial> = of_round
            .iter()
            .copied()
            .filter(|trial| !case.finished_trials().contains(&trial.id))
            .collect();
        progress.round(round, left.len(), of_round.len() - left.len());
        if left.is_empty() {
            continue;
        }
        begin_round(round);
        choose.begin_round(left);
        carry_out_round(case, run, choose, progress).await?;
        if run.stop.load(Ordering::Relaxed) {
            break;
        }
    }
    case.sync()?;
    let left = plan
        .trials
        .len()
        .saturating_sub(case.finished_trials().len());
    Ok(match left {
        0 => Ended::Done,
        left if run.stop.load(Ordering::Relaxed) => Ended::Stopped { left },
        left => Ended::Enough { left },
    })
}

async fn carry_out_round(
    case: &mut CaseFolder,
    run: Run<'_>,
    choose: &mut dyn Choose<'_>,
    progress: &mut dyn Progress,
) -> Result<(), RunError> {
    let mut in_flight = FuturesUnordered::new();
    loop {
        while in_flight.len() < run.in_flight.max(1) && !run.stop.load(Ordering::Relaxed) {
            let Some(trial) = choose.next() else { break };
            let check = run
                .checks
                .iter()
                .find(|check| check.name() == trial.check)
                .ok_or_else(|| RunError::UnknownCheck(trial.check.clone()))?;
            let steps = check.carry_out(trial, run.world);
            in_flight.push(async move { (trial, steps.await) });
        }
        let Some((trial, measured)) = in_flight.next().await else {
            return Ok(());
        };
        store(case, &trial.id, &measured)?;
        choose.stored(trial, &measured);
        progress.stored(trial, &measured);
    }
}

/// One exchange in the form the case keeps it in.
fn record<'a>(exchange: &'a Exchange, address: &'a str) -> EvidenceRecord<'a> {
    EvidenceRecord {
        digest: exchange.digest,
        kind: EvidenceKind::Exchange {
            url: &exchange.url,
            at_ms: exchange.started_at_ms,
            address: Some(address),
            request_head: &exchange.request_head,
            response_head: &exchange.response_head,
            body: &exchange.body,
            truncated: false,
        },
    }
}

/// Stores one trial with its evidence, as the one step it is.
///
/// # Errors
/// Where the case cannot be written.
pub fn store(case: &mut CaseFolder, trial: &str, measured: &Measured) -> Result<(), CaseError> {
    let addresses = addresses(measured);
    let records = records(measured, &addresses);
    case.finish_trial(trial, &measured.observations, &records)
}

/// Stores trials that finished together, each as the one step it is and all
/// with as few writes as one.
///
/// # Errors
/// Where the case cannot be written.
pub fn store_all(case: &mut CaseFolder, done: &mut [(String, Measured)]) -> Result<(), CaseError> {
    let addresses: Vec<Vec<String>> = done.iter().map(|(_, of)| addresses(of)).collect();
    let observations: Vec<Vec<Observation>> = done
        .iter_mut()
        .map(|(_, of)| std::mem::take(&mut of.observations))
        .collect();
    let finished = done.iter().zip(&addresses).zip(observations);
    let finished = finished.map(|(((trial, of), addresses), observations)| Finished {
        trial,
        observations,
        records: records(of, addresses),
    });
    case.finish_trials(finished.collect())
}

fn addresses(measured: &Measured) -> Vec<String> {
    let exchanges = measured.exchanges.iter();
    exchanges
        .map(|exchange| exchange.address.ip().to_string())
        .collect()
}

fn records<'a>(measured: &'a Measured, addresses: &'a [String]) -> Vec<EvidenceRecord<'a>> {
    let exchanges = measured.exchanges.iter().zip(addresses);
    exchanges
        .map(|(exchange, address)| record(exchange, address))
        .collect()
}
