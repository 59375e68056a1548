//! The judge over all cells of an order, trial by trial.
//!
//! What is kept of a cell is bounded; judging trials as they arrive gives the
//! same bytes as judging them at the end, however often somebody looked.

use moongate_glossary::{Decision, Finding, GroupFinding};
use moongate_stats::LogE;
use moongate_stats::certificate::TwoByTwo;
use moongate_stats::many::{CurrentE, DECISION_GUARD, e_bh, log_threshold};

use crate::course::finite;
use crate::evidence::{Evidence, Needed};
use crate::groups::Groups;
use crate::{Bounds, JudgedCell, Trial, VERSION};

/// The judge of one order.
#[derive(Debug, Clone)]
pub struct Judge {
    cells: Vec<JudgedCell>,
    evidence: Vec<Evidence>,
    groups: Groups,
    bounds: Bounds,
    needed: Needed,
}

impl Judge {
    /// A judge over `cells`. `bounds.cells` counts at least those.
    pub fn new(cells: Vec<JudgedCell>, bounds: Bounds) -> Self {
        let bounds = Bounds {
            alpha: bounds.alpha,
            cells: bounds.cells.max(cells.len() as u64),
        };
        let evidence = cells.iter().map(|it| Evidence::new(&it.method)).collect();
        let groups = Groups::new(&cells, threshold(bounds));
        Self {
            cells,
            evidence,
            groups,
            bounds,
            needed: Needed::of(bounds),
        }
    }

    /// Takes in one trial: how each cell that it serves sees it, by the cell's
    /// place in the list that the judge was made with. All of a trial goes in
    /// at once.
    pub fn add(&mut self, trial: &[(usize, &Trial)]) {
        for (cell, seen) in trial {
            let Some(evidence) = self.evidence.get_mut(*cell) else {
                continue;
            };
            if evidence.add(seen, self.needed) {
                self.groups.change(*cell, evidence.screening_e());
            }
        }
        self.groups.look(&self.evidence);
    }

    /// The cells, as given.
    pub fn cells(&self) -> &[JudgedCell] {
        &self.cells
    }

    /// How far one cell is, for those who decide where to look next. Nothing
    /// for a place beyond the list.
    pub fn progress(&self, cell: usize) -> Option<Progress> {
        let evidence = self.evidence.get(cell)?;
        let needed = threshold(self.bounds);
        // Kept is decided over all cells together; alone, a cell that has this
        // much is sure to pass.
        let kept = evidence.kept_now().ln() >= needed + DECISION_GUARD;
        Some(Progress {
            seen: evidence.seen(),
            log_e: evidence.broken_now(),
            log_needed: needed,
            decided: evidence.broken_after.is_some() || kept,
        })
    }

    /// What is held on each cell now, in the order of the cells.
    pub fn findings(&self) -> Vec<Finding> {
        let threshold_kept = self.kept_threshold();
        self.cells
            .iter()
            .zip(&self.evidence)
            .map(|(cell, evidence)| conclude(cell, evidence, self.bounds, threshold_kept))
            .collect()
    }

    /// What is held on scenes, platforms and subjects now.
    pub fn groups(&self) -> Vec<GroupFinding> {
        let threshold_kept = self.kept_threshold();
        let decisions: Vec<Decision> = self
            .evidence
            .iter()
            .map(|evidence| decide(evidence, threshold_kept))
            .collect();
        self.groups.findings(&self.evidence, &decisions)
    }

    /// ln(m / (α k)) for the k certificates that e-BH grants; that of one
    /// certificate where it grants none.
    fn kept_threshold(&self) -> f64 {
        let mut evidence: Vec<CurrentE> = self
            .evidence
            .iter()
            .map(|it| CurrentE::new(it.kept_now()))
            .collect();
        // Cells that were not reached carry no evidence, and count.
        let attempted = usize::try_from(self.bounds.cells).unwrap_or(usize::MAX);
        let attempted = attempted.min(MOST_CELLS).max(evidence.len());
        evidence.resize(attempted, CurrentE::new(LogE::ZERO));
        let granted = e_bh(&evidence, self.bounds.alpha);
        let granted = granted.into_iter().filter(|granted| *granted).count();
        threshold(self.bounds) - LogE::from_e(granted.max(1) as f64).map_or(0.0, LogE::ln)
    }
}

/// How far a cell is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// How the links of both arms fared.
    pub seen: TwoByTwo,
    /// The evidence against the clause being kept.
    pub log_e: LogE,
    /// What it must reach.
    pub log_needed: f64,
    /// Whether the cell is decided, either way.
    pub decided: bool,
}

/// More unreached cells than this are not laid out one by one; e-BH is then
/// stricter than it need be only if that many were judged.
const MOST_CELLS: usize = 10_000_000;

/// What one cell's evidence must reach; unreachable where the bounds make no
/// sense.
fn threshold(bounds: Bounds) -> f64 {
    log_threshold(bounds.alpha, bounds.cells).unwrap_or(f64::MAX)
}

fn decide(evidence: &Evidence, threshold_kept: f64) -> Decision {
    if evidence.broken_after.is_some() {
        Decision::Broken
    } else if evidence.kept_now().ln() >= threshold_kept + DECISION_GUARD {
        Decision::Kept
    } else {
        Decision::Open
    }
}

fn conclude(
    judged: &JudgedCell,
    evidence: &Evidence,
    bounds: Bounds,
    threshold_kept: f64,
) -> Finding {
    let decision = decide(evidence, threshold_kept);
    let broken_now = finite(evidence.broken_now());
    let kept_now = finite(evidence.kept_now());
    let (path_broken, path_kept) = evidence.course.up_to(broken_now, kept_now);
    let kept_from = path_kept
        .iter()
        .position(|log_e| *log_e >= threshold_kept + DECISION_GUARD)
        .filter(|_| decision == Decision::Kept);
    let (began, stopped) = evidence.changes(bounds);
    let mut finding = Finding {
        format: Finding::FORMAT,
        judge: VERSION.to_owned(),
        cell: judged.cell.clone(),
        clause_kind: judged.clause_kind.clone(),
        decision,
        log_e_broken: broken_now,
        log_e_kept: kept_now,
        log_threshold_broken: threshold(bounds),
        log_threshold_kept: threshold_kept,
        margin: judged.method.margin(),
        tolerance: judged.method.tolerance(),
        certified_margin: evidence.certified_margin(threshold_kept),
        effect: evidence.effect(bounds.alpha),
        ground: judged.ground,
        alpha: bounds.alpha,
        cells: bounds.cells,
        trials_used: evidence.course.counted(),
        trials_void: evidence.void.clone(),
        broken_after: evidence.broken_after,
        kept_after: None,
        path_broken,
        path_kept,
        path_stride: evidence.course.stride(),
        began,
        stopped,
        rival: evidence.rival.clone(),
        controls: evidence.controls.clone(),
        stated_reason: None,
        neutral_amount: None,
    };
    finding.kept_after = kept_from.map(|index| finding.path_trial(index));
    finding
}
