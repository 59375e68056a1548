//! From a links file and a seed to trials: permuted blocks of rivals and
//! controls. Pure; the seed comes in.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use moongate_check::{Budget, JudgedCell};
use moongate_glossary::{Arm, Cell, Ground, Plan, Round, Seed, Slot, Trial};
use moongate_order::{Clause, Obligation, Order};

use crate::clause::{ClauseKind, NAME};
use crate::links_file::{Comparison, DatedRound, LinksFile};

/// All trials, interleaved: the first trial of every comparison of a round,
/// then the second of every one, so that no platform's trials bunch at one
/// hour.
pub fn plan(order: &Order, file: &LinksFile, budget: Budget, seed: &Seed) -> Plan {
    let mut trials = Vec::new();
    for (position, round) in file.rounds.iter().enumerate() {
        for turn in 0..budget.trials {
            for (number, comparison) in in_round(file, round) {
                let id = format!("{position:03}-{turn:05}-{number:03}");
                trials.push(trial(id, round, turn, comparison, seed));
            }
        }
    }
    Plan {
        format: Plan::FORMAT,
        order: order.id.clone(),
        rounds: file.rounds.iter().map(as_planned).collect(),
        trials,
    }
}

fn as_planned(round: &DatedRound) -> Round {
    Round {
        id: round.id.clone(),
        as_of_ms: round.as_of.map_or(0, Timestamp::as_millisecond),
        name: round.name.en.clone(),
    }
}

fn in_round<'a>(
    file: &'a LinksFile,
    round: &'a DatedRound,
) -> impl Iterator<Item = (usize, &'a Comparison)> {
    file.comparisons
        .iter()
        .enumerate()
        .filter(|(_, comparison)| {
            comparison
                .round
                .as_ref()
                .is_none_or(|named| *named == round.id)
        })
}

fn trial(id: String, round: &DatedRound, turn: u32, comparison: &Comparison, seed: &Seed) -> Trial {
    let slot = |arm| {
        move |id: &String| Slot {
            destination: id.clone(),
            arm,
        }
    };
    let mut slots: Vec<Slot> = comparison
        .rivals
        .iter()
        .map(slot(Arm::Rival))
        .chain(comparison.controls.iter().map(slot(Arm::Control)))
        .collect();
    seed.shuffle(&id, &mut slots, |slot| &slot.destination);
    let agents = &comparison.user_agents;
    let agent = agents.get(turn as usize % agents.len().max(1));
    Trial {
        id,
        round: round.id.clone(),
        check: NAME.to_owned(),
        platform: comparison.platform.clone(),
        scene: comparison.scene.clone(),
        factors: agent
            .map(|agent| BTreeMap::from([("user-agent".to_owned(), agent.clone())]))
            .unwrap_or_default(),
        slots,
    }
}

/// A factor of trials that somebody else measured.
pub const ORIGIN: &str = "origin";
/// Its value.
pub const IMPORTED: &str = "imported";

/// Whether somebody else measured this trial.
pub fn is_imported(trial: &Trial) -> bool {
    trial
        .factors
        .get(ORIGIN)
        .is_some_and(|origin| origin == IMPORTED)
}

/// Every cell that the plan attempts and the order speaks of.
pub fn cells(order: &Order, file: &LinksFile, plan: &Plan) -> Vec<JudgedCell> {
    let in_force = orders_in_force(order, plan);
    let mut cells: BTreeMap<Cell, JudgedCell> = BTreeMap::new();
    for scene in scenes(plan) {
        let Some(order) = in_force.get(scene.round) else {
            continue;
        };
        for obligation in order.obligations.iter().filter(|item| item.check == NAME) {
            for cell in cells_of(order, file, &scene, obligation) {
                cells.insert(cell.cell.clone(), cell);
            }
        }
    }
    cells.into_values().collect()
}

/// The order as it stood in each round.
fn orders_in_force<'a>(order: &Order, plan: &'a Plan) -> BTreeMap<&'a str, Order> {
    plan.rounds
        .iter()
        .map(|round| {
            let instant = Timestamp::from_millisecond(round.as_of_ms).unwrap_or_default();
            let undated = round.as_of_ms == 0;
            let in_force = if undated {
                order.clone()
            } else {
                order.in_force_on(instant.to_zoned(TimeZone::UTC).date())
            };
            (round.id.as_str(), in_force)
        })
        .collect()
}

/// One scene in one round, with the rivals the plan opens there.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct PlannedScene<'a> {
    round: &'a str,
    platform: &'a str,
    scene: &'a str,
    imported: bool,
    rival: &'a str,
}

fn scenes(plan: &Plan) -> BTreeSet<PlannedScene<'_>> {
    plan.trials.iter().flat_map(scenes_of_trial).collect()
}

fn scenes_of_trial(trial: &Trial) -> impl Iterator<Item = PlannedScene<'_>> {
    let imported = is_imported(trial);
    trial.of_arm(Arm::Rival).map(move |rival| PlannedScene {
        round: &trial.round,
        platform: &trial.platform,
        scene: &trial.scene,
        imported,
        rival,
    })
}

fn cells_of(
    order: &Order,
    file: &LinksFile,
    scene: &PlannedScene<'_>,
    obligation: &Obligation,
) -> Vec<JudgedCell> {
    let Some(platform) = order.platform(scene.platform) else {
        return Vec::new();
    };
    if !file.is_lawful(scene.rival) {
        return Vec::new();
    }
    let cell = |clause: &Clause| {
        let kind = ClauseKind::from_word(&clause.kind)?;
        // A table of figures says nothing of pages.
        let told = !scene.imported || kind == ClauseKind::NoDelay;
        (told && order.binds(obligation, clause, platform, scene.scene)).then(|| JudgedCell {
            cell: Cell {
                obligation: obligation.id.clone(),
                clause: clause.id.clone(),
                platform: scene.platform.to_owned(),
                scene: scene.scene.to_owned(),
                destination: scene.rival.to_owned(),
                round: scene.round.to_owned(),
            },
            subject: platform.subject.clone(),
            clause_kind: clause.kind.clone(),
            method: kind.method(clause),
            ground: if scene.imported {
                Ground::ExchangeableWithinHour
            } else {
                ground(kind)
            },
        })
    };
    obligation.clauses.iter().filter_map(cell).collect()
}

fn ground(kind: ClauseKind) -> Ground {
    match kind {
        ClauseKind::DirectOpen | ClauseKind::NoCopying => Ground::ToleranceGivenPast,
        ClauseKind::SameForm | ClauseKind::NoExtraStep | ClauseKind::NoDelay => Ground::Randomised,
    }
}
