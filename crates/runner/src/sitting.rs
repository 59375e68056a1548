//! From a case's observations to findings: each trial is read by its check,
//! and the judge goes over all cells together.
//!
//! No earlier finding is read. The same observations give the same findings.

use std::collections::BTreeMap;

use moongate_check::{Bodies, Bound, JudgedCell, Story};
use moongate_glossary::{Arm, Cell, Decision, Finding, Observation, Outcome, Plan, Route, Trial};
use moongate_judge::{Bounds, Subject, judge};

/// What came of judging a case.
#[derive(Debug, Clone, PartialEq)]
pub struct Sitting {
    /// One for every cell, in the cells' order.
    pub findings: Vec<Finding>,
    /// The readings that each finding was made from, in the same order.
    pub subjects: Vec<Subject>,
    /// Every opening, for people.
    pub stories: Vec<Story>,
}

/// Reads and judges. `trials` yields the observations of one finished trial
/// at a time, in the order of the plan.
pub fn sit(
    plan: &Plan,
    checks: &[&dyn Bound],
    trials: impl Iterator<Item = (String, Vec<Observation>)>,
    bodies: &dyn Bodies,
    alpha: f64,
) -> Sitting {
    let cells: Vec<JudgedCell> = checks.iter().flat_map(|check| check.cells(plan)).collect();
    let mut subjects: Vec<Subject> = cells.iter().map(empty_subject).collect();
    let place: BTreeMap<Cell, usize> = cells
        .iter()
        .enumerate()
        .map(|(index, cell)| (cell.cell.clone(), index))
        .collect();
    let planned: BTreeMap<&str, &Trial> = plan
        .trials
        .iter()
        .map(|trial| (trial.id.as_str(), trial))
        .collect();
    let mut stories = Vec::new();
    for (id, observations) in trials {
        let Some(trial) = planned.get(id.as_str()) else {
            continue;
        };
        let Some(check) = checks.iter().find(|check| check.name() == trial.check) else {
            continue;
        };
        let reading = check.read(trial, &observations, bodies);
        for (cell, judged) in reading.cells {
            let subject = place.get(&cell).and_then(|index| subjects.get_mut(*index));
            if let Some(subject) = subject {
                subject.trials.push(judged);
            }
        }
        stories.extend(reading.stories);
    }
    let bounds = Bounds {
        alpha,
        cells: cells.len() as u64,
    };
    let mut findings = judge(&subjects, bounds);
    let beside = Beside::of(&stories);
    for finding in &mut findings {
        beside.add_to(finding);
    }
    Sitting {
        findings,
        subjects,
        stories,
    }
}

fn empty_subject(cell: &JudgedCell) -> Subject {
    Subject {
        cell: cell.cell.clone(),
        clause_kind: cell.clause_kind.clone(),
        method: cell.method.clone(),
        ground: cell.ground,
        trials: Vec::new(),
    }
}

/// What stands beside a finding without being part of it.
struct Beside {
    reasons: BTreeMap<Place, BTreeMap<String, u64>>,
    neutral_ms: BTreeMap<String, Vec<f64>>,
}

type Place = (String, String, String, String);

impl Beside {
    fn of(stories: &[Story]) -> Self {
        let mut reasons: BTreeMap<Place, BTreeMap<String, u64>> = BTreeMap::new();
        let mut neutral_ms: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for story in stories {
            if let (Route::Neutral, Some(delay_ms)) = (story.route, story.delay_ms) {
                neutral_ms
                    .entry(story.destination.clone())
                    .or_default()
                    .push(delay_ms);
            }
            let refused = matches!(story.outcome, Outcome::NotMet { .. });
            if let (Some(reason), Arm::Rival, true) = (&story.stated_reason, story.arm, refused) {
                let place = (
                    story.platform.clone(),
                    story.scene.clone(),
                    story.destination.clone(),
                    story.round.clone(),
                );
                *reasons
                    .entry(place)
                    .or_default()
                    .entry(reason.clone())
                    .or_default() += 1;
            }
        }
        Self {
            reasons,
            neutral_ms,
        }
    }

    fn add_to(&self, finding: &mut Finding) {
        let cell = &finding.cell;
        let place = (
            cell.platform.clone(),
            cell.scene.clone(),
            cell.destination.clone(),
            cell.round.clone(),
        );
        if finding.decision != Decision::Kept {
            finding.stated_reason = self.reasons.get(&place).and_then(most_frequent);
        }
        finding.neutral_amount = self
            .neutral_ms
            .get(&cell.destination)
            .and_then(|all| median(all));
    }
}

/// The most frequent; among equals the first in order, so that it is always
/// the same one.
fn most_frequent(counts: &BTreeMap<String, u64>) -> Option<String> {
    let most = counts.values().max()?;
    counts
        .iter()
        .find(|(_, count)| *count == most)
        .map(|(reason, _)| reason.clone())
}

fn median(amounts: &[f64]) -> Option<f64> {
    let mut sorted = amounts.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = sorted.get(sorted.len() / 2)?;
    let lower = sorted.get((sorted.len() - 1) / 2)?;
    Some(f64::midpoint(*lower, *upper))
}
