//! From a case's observations to findings: each trial is read by its check,
//! and the judge goes over all cells together.
//!
//! No earlier finding is read. The same observations give the same findings.

use std::collections::BTreeMap;

use moongate_check::{Bodies, Bound, JudgedCell, Story};
use moongate_glossary::{
    Arm, Cell, Decision, Finding, GroupFinding, Observation, Outcome, Plan, Route, Trial,
};
use moongate_judge::{Bounds, Judge, ReadCell};

/// What came of judging a case.
#[derive(Debug, Clone, PartialEq)]
pub struct Sitting {
    /// One for every cell, in the cells' order.
    pub findings: Vec<Finding>,
    /// One for every scene, platform and subject.
    pub groups: Vec<GroupFinding>,
    /// The readings that each finding was made from, in the same order; only
    /// with [`Keep::Everything`].
    pub cells: Vec<ReadCell>,
    /// Every opening, for people; only with [`Keep::Everything`].
    pub stories: Vec<Story>,
}

/// What is to be kept of a sitting besides its findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Nothing: memory does not grow with the observations.
    Findings,
    /// What a report shows as well.
    Everything,
}

/// Reads and judges. `trials` yields the observations of one finished trial
/// at a time, in the order of the plan.
pub fn sit(
    plan: &Plan,
    checks: &[&dyn Bound],
    trials: impl Iterator<Item = (String, Vec<Observation>)>,
    bodies: &dyn Bodies,
    alpha: f64,
    keep: Keep,
) -> Sitting {
    let mut bench = Bench::new(plan, checks, alpha);
    let mut kept: Vec<ReadCell> = match keep {
        Keep::Findings => Vec::new(),
        Keep::Everything => bench.judge.cells().iter().map(unread).collect(),
    };
    let mut stories = Vec::new();
    let mut beside = Beside::default();
    for (id, observations) in trials {
        let Some(read) = bench.take(&id, &observations, bodies) else {
            continue;
        };
        beside.note(&read.stories);
        if keep == Keep::Everything {
            for (index, trial) in read.cells {
                if let Some(cell) = kept.get_mut(index) {
                    cell.trials.push(trial);
                }
            }
            stories.extend(read.stories);
        }
    }
    let mut findings = bench.judge.findings();
    for finding in &mut findings {
        beside.add_to(finding);
    }
    Sitting {
        findings,
        groups: bench.judge.groups(),
        cells: kept,
        stories,
    }
}

fn unread(judged: &JudgedCell) -> ReadCell {
    ReadCell {
        judged: judged.clone(),
        trials: Vec::new(),
    }
}

/// One trial as it went to the judge: what each cell, by its place, sees of
/// it, and its story.
pub struct Taken {
    /// By place among the judge's cells.
    pub cells: Vec<(usize, moongate_judge::Trial)>,
    /// Every opening, for people.
    pub stories: Vec<Story>,
}

/// Where the observations of finished trials are read by their checks and
/// handed to the judge, one trial at a time.
pub struct Bench<'a> {
    checks: &'a [&'a dyn Bound],
    planned: BTreeMap<&'a str, &'a Trial>,
    place: BTreeMap<Cell, usize>,
    /// The judge over all cells of the plan.
    pub judge: Judge,
}

impl<'a> Bench<'a> {
    /// A bench over everything that the plan attempts.
    pub fn new(plan: &'a Plan, checks: &'a [&'a dyn Bound], alpha: f64) -> Self {
        let cells: Vec<JudgedCell> = checks.iter().flat_map(|check| check.cells(plan)).collect();
        let place = cells
            .iter()
            .enumerate()
            .map(|(index, cell)| (cell.cell.clone(), index));
        let planned = plan.trials.iter().map(|trial| (trial.id.as_str(), trial));
        let bounds = Bounds {
            alpha,
            cells: cells.len() as u64,
        };
        Self {
            checks,
            planned: planned.collect(),
            place: place.collect(),
            judge: Judge::new(cells, bounds),
        }
    }

    /// Reads one finished trial and hands it to the judge; nothing where the
    /// plan or the checks do not know it.
    pub fn take(
        &mut self,
        id: &str,
        observations: &[Observation],
        bodies: &dyn Bodies,
    ) -> Option<Taken> {
        let trial = self.planned.get(id)?;
        let check = self
            .checks
            .iter()
            .find(|check| check.name() == trial.check)?;
        let reading = check.read(trial, observations, bodies);
        let placed = |(cell, seen)| Some((*self.place.get(&cell)?, seen));
        let cells: Vec<(usize, moongate_judge::Trial)> =
            reading.cells.into_iter().filter_map(placed).collect();
        let seen: Vec<(usize, &moongate_judge::Trial)> =
            cells.iter().map(|(index, trial)| (*index, trial)).collect();
        self.judge.add(&seen);
        Some(Taken {
            cells,
            stories: reading.stories,
        })
    }
}

/// What stands beside a finding without being part of it.
#[derive(Default)]
struct Beside {
    reasons: BTreeMap<Place, BTreeMap<String, u64>>,
    neutral_ms: BTreeMap<String, Vec<f64>>,
}

type Place = (String, String, String, String);

impl Beside {
    fn note(&mut self, stories: &[Story]) {
        for story in stories {
            if let (Route::Neutral, Some(delay_ms)) = (story.route, story.delay_ms) {
                self.neutral_ms
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
                *self
                    .reasons
                    .entry(place)
                    .or_default()
                    .entry(reason.clone())
                    .or_default() += 1;
            }
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
