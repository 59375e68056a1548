//! Cells taken together: a statement on a scene, a platform or a subject may
//! stand before that on any one cell does.
//!
//! **The rule.** A group is Broken once the evidence values of its cells, each
//! counted up to what it needs alone, sum to m/α at one moment, where m is the
//! number of cells of the whole order.
//!
//! **Why it costs the cells nothing.** Let T be the cells whose clause is in
//! truth kept. Their evidence values are non-negative supermartingales that
//! start at 1, in one common order of trials, so their sum S is one that
//! starts at |T| ≤ m; by Ville's inequality P(sup S ≥ m/α) ≤ α. Outside that
//! one exception no cell of T is ever accused (its value alone is at most S),
//! and no group that lies wholly in T (the sum over it is at most S). So *all*
//! statements together, on cells and on any groups whatever, share the one
//! bound α. This is closed testing with averages of e-values (Vovk & Wang
//! 2021, "E-values: calibration, combination and applications"), watched over
//! time. Sums, not products: products would need cells that are randomised
//! independently, and rivals in one trial are not.
//!
//! **At least how many.** Cells that are Broken alone count. Of the others,
//! any set whose values sum to m/α holds a broken one; so all but the largest
//! number of smallest values that stay below it are counted as well.
//!
//! Groups are looked at after whole trials only: inside one, what was read of
//! the first rival would tell where the others stand.

use std::collections::BTreeMap;

use moongate_glossary::{Decision, Group, GroupFinding, Level};
use moongate_stats::many::DECISION_GUARD;

use crate::JudgedCell;
use crate::course::finite;
use crate::evidence::Evidence;

/// A group, as it is watched.
#[derive(Debug, Clone)]
struct Watched {
    group: Group,
    /// Its cells, by index.
    cells: Vec<usize>,
    /// About Σ of the cells' values, counted up to what each needs alone: by
    /// running values. What decides is added anew from exact ones.
    sum: f64,
    trials: u64,
    broken_after: Option<u64>,
}

/// All groups of an order.
#[derive(Debug, Clone)]
pub(crate) struct Groups {
    watched: Vec<Watched>,
    /// Of each cell: the groups it belongs to.
    of_cell: Vec<Vec<usize>>,
    /// Of each cell: its value as it stands in the sums.
    value: Vec<f64>,
    log_threshold: f64,
    /// What a single value is counted up to.
    cap: f64,
    /// Reused from trial to trial.
    touched: Vec<usize>,
}

impl Groups {
    pub(crate) fn new(cells: &[JudgedCell], log_threshold: f64) -> Self {
        let mut by_group: BTreeMap<Group, Vec<usize>> = BTreeMap::new();
        for (index, cell) in cells.iter().enumerate() {
            for level in Level::ALL {
                by_group.entry(group(cell, level)).or_default().push(index);
            }
        }
        let mut of_cell = vec![Vec::new(); cells.len()];
        let mut watched = Vec::with_capacity(by_group.len());
        for (number, (group, cells)) in by_group.into_iter().enumerate() {
            for cell in &cells {
                if let Some(groups) = of_cell.get_mut(*cell) {
                    groups.push(number);
                }
            }
            watched.push(Watched {
                group,
                sum: cells.len() as f64,
                cells,
                trials: 0,
                broken_after: None,
            });
        }
        Self {
            watched,
            of_cell,
            value: vec![1.0; cells.len()],
            log_threshold,
            cap: libm::exp(log_threshold + CAP_SLACK).min(f64::MAX),
            touched: Vec::new(),
        }
    }

    /// A cell's value changed within a trial.
    pub(crate) fn change(&mut self, cell: usize, screening_e: f64) {
        let (Some(value), Some(groups)) = (self.value.get_mut(cell), self.of_cell.get(cell)) else {
            return;
        };
        let new = screening_e.min(self.cap);
        let change = new - *value;
        *value = new;
        for number in groups {
            if let Some(watched) = self.watched.get_mut(*number) {
                watched.sum += change;
                self.touched.push(*number);
            }
        }
    }

    /// The trial is over: every group that it touched is looked at.
    pub(crate) fn look(&mut self, evidence: &[Evidence]) {
        let mut touched = std::mem::take(&mut self.touched);
        touched.sort_unstable();
        touched.dedup();
        let needed = needed(self.log_threshold);
        for number in touched.drain(..) {
            let Some(watched) = self.watched.get_mut(number) else {
                continue;
            };
            watched.trials += 1;
            let near = needed.is_some_and(|needed| watched.sum >= needed * (1.0 - 1e-6));
            if watched.broken_after.is_none() && near {
                let exact: f64 = values(&watched.cells, evidence, self.log_threshold).sum();
                if reaches(exact, needed) {
                    watched.broken_after = Some(watched.trials);
                }
            }
        }
        self.touched = touched;
    }

    /// What is held on each group, given the cells' decisions.
    pub(crate) fn findings(
        &self,
        evidence: &[Evidence],
        decisions: &[Decision],
    ) -> Vec<GroupFinding> {
        self.watched
            .iter()
            .map(|watched| self.finding(watched, evidence, decisions))
            .collect()
    }

    fn finding(
        &self,
        watched: &Watched,
        evidence: &[Evidence],
        decisions: &[Decision],
    ) -> GroupFinding {
        let decided = |cell: &usize| decisions.get(*cell).copied().unwrap_or(Decision::Open);
        let broken_alone = watched
            .cells
            .iter()
            .filter(|cell| decided(cell) == Decision::Broken)
            .count() as u64;
        let others: Vec<usize> = watched
            .cells
            .iter()
            .copied()
            .filter(|cell| decided(cell) != Decision::Broken)
            .collect();
        let others = values(&others, evidence, self.log_threshold).collect();
        let at_least = broken_alone + broken_among(others, needed(self.log_threshold));
        let broken_at_least = at_least.max(u64::from(watched.broken_after.is_some()));
        let decision = if broken_at_least > 0 {
            Decision::Broken
        } else if watched
            .cells
            .iter()
            .all(|cell| decided(cell) == Decision::Kept)
        {
            Decision::Kept
        } else {
            Decision::Open
        };
        let total: f64 = values(&watched.cells, evidence, self.log_threshold).sum();
        let log_e = moongate_stats::LogE::from_e(total).unwrap_or(moongate_stats::LogE::ZERO);
        GroupFinding {
            group: watched.group.clone(),
            decision,
            cells: watched.cells.len() as u64,
            broken_at_least,
            log_e_broken: finite(log_e),
            log_threshold_broken: self.log_threshold,
            broken_after: watched.broken_after,
            trials_used: watched.trials,
        }
    }
}

/// m/α, where it is a number that sums can be compared with.
fn needed(log_threshold: f64) -> Option<f64> {
    Some(libm::exp(log_threshold)).filter(|needed| needed.is_finite())
}

fn reaches(sum: f64, needed: Option<f64>) -> bool {
    needed.is_some_and(|needed| sum >= needed * (1.0 + DECISION_GUARD))
}

/// How many of these values at least must be a broken cell's.
fn broken_among(mut values: Vec<f64>, needed: Option<f64>) -> u64 {
    values.sort_by(f64::total_cmp);
    let mut total = 0.0;
    let harmless = values
        .iter()
        .take_while(|value| {
            total += **value;
            !reaches(total, needed)
        })
        .count();
    (values.len() - harmless) as u64
}

/// The exact values of these cells, each counted up to a little more than it
/// needs alone.
fn values(cells: &[usize], evidence: &[Evidence], log_threshold: f64) -> impl Iterator<Item = f64> {
    let of_cell = |cell: &usize| evidence.get(*cell).map(Evidence::broken_now);
    let most = log_threshold + CAP_SLACK;
    let capped: Vec<f64> = cells
        .iter()
        .filter_map(of_cell)
        .map(|log_e| libm::exp(log_e.ln().min(most)))
        .collect();
    capped.into_iter()
}

/// So that a cell that suffices alone suffices in a sum.
const CAP_SLACK: f64 = 1e-6;

fn group(judged: &JudgedCell, level: Level) -> Group {
    let cell = &judged.cell;
    let platform = (level != Level::Subject).then(|| cell.platform.clone());
    Group {
        obligation: cell.obligation.clone(),
        round: cell.round.clone(),
        level,
        subject: judged.subject.clone(),
        scene: (level == Level::Scene).then(|| cell.scene.clone()),
        platform,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_least_so_many_are_broken() {
        let table = [
            (vec![], 0),
            (vec![1.0, 1.0], 0),
            (vec![60.0, 60.0, 0.1], 1),
            (vec![200.0, 0.1], 1),
            (vec![200.0, 200.0, 60.0, 60.0], 3),
            (vec![99.0; 10], 9),
        ];
        for (values, expected) in table {
            let found = broken_among(values.clone(), Some(100.0));
            assert_eq!(found, expected, "{values:?}");
            assert_eq!(broken_among(values, None), 0);
        }
    }
}
