//! From a links file and a seed to trials: permuted blocks of rivals and
//! controls. Pure; the seed comes in.

use std::collections::BTreeMap;

use moongate_check::{Budget, JudgedCell};
use moongate_glossary::{Arm, Cell, Ground, Plan, Round, Seed, Slot, Trial};
use moongate_order::{Obligation, Order};

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
        as_of_ms: round.as_of.map_or(0, |instant| instant.as_millisecond()),
        name: round.name.en.clone(),
    }
}

fn in_round<'a>(
    file: &'a LinksFile,
    round: &'a DatedRound,
) -> impl Iterator<Item = (usize, &'a Comparison)> {
    file.comparisons.iter().enumerate().filter(|(_, comparison)| {
        comparison.round.as_ref().is_none_or(|named| *named == round.id)
    })
}

fn trial(id: String, round: &DatedRound, turn: u32, comparison: &Comparison, seed: &Seed) -> Trial {
    let slot = |arm| move |id: &String| Slot { destination: id.clone(), arm };
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

/// Every cell that the order speaks of and the file compares.
pub fn cells(order: &Order, file: &LinksFile) -> Vec<JudgedCell> {
    let mut cells = Vec::new();
    for round in &file.rounds {
        let in_force = round.as_of.map_or_else(
            || order.clone(),
            |instant| order.in_force_on(instant.to_zoned(jiff::tz::TimeZone::UTC).date()),
        );
        for (_, comparison) in in_round(file, round) {
            for obligation in in_force.obligations.iter().filter(|item| item.check == NAME) {
                cells.extend(cells_of(&in_force, file, round, comparison, obligation));
            }
        }
    }
    cells.sort_by(|one, other| one.cell.cmp(&other.cell));
    cells.dedup_by(|one, other| one.cell == other.cell);
    cells
}

fn cells_of(
    order: &Order,
    file: &LinksFile,
    round: &DatedRound,
    comparison: &Comparison,
    obligation: &Obligation,
) -> Vec<JudgedCell> {
    let Some(platform) = order.platform(&comparison.platform) else { return Vec::new() };
    let mut cells = Vec::new();
    for clause in &obligation.clauses {
        let Some(kind) = ClauseKind::from_word(&clause.kind) else { continue };
        if !order.binds(obligation, clause, platform, &comparison.scene) {
            continue;
        }
        for rival in comparison.rivals.iter().filter(|id| file.is_lawful(id)) {
            cells.push(JudgedCell {
                cell: Cell {
                    obligation: obligation.id.clone(),
                    clause: clause.id.clone(),
                    platform: comparison.platform.clone(),
                    scene: comparison.scene.clone(),
                    destination: rival.clone(),
                    round: round.id.clone(),
                },
                clause_kind: clause.kind.clone(),
                method: kind.method(clause),
                ground: ground(kind),
            });
        }
    }
    cells
}

fn ground(kind: ClauseKind) -> Ground {
    match kind {
        ClauseKind::DirectOpen | ClauseKind::NoCopying => Ground::ToleranceGivenPast,
        ClauseKind::SameForm | ClauseKind::NoExtraStep | ClauseKind::NoDelay => Ground::Randomised,
    }
}
