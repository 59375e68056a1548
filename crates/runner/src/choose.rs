//! Which trial is begun next: as planned, or where it decides most.
//!
//! Both take trials of the plan and nothing else, and neither knows which link
//! stands in which slot; so what a finding is worth never depends on the choice.
//! Random words come in as an argument.

use std::collections::{BTreeMap, VecDeque};

use moongate_check::{Bodies, Bound, Measured};
use moongate_glossary::{Arm, Digest, Observation, Plan, Trial};
use moongate_stats::allocate::{self, Candidate};

use crate::sitting::Bench;

/// Says which trial is begun next.
pub trait Choose<'p> {
    /// A round begins; these of its trials are left, in the order of the plan.
    fn begin_round(&mut self, left: Vec<&'p Trial>);
    /// The trial to begin now; nothing while, or when, none is worth it.
    fn next(&mut self) -> Option<&'p Trial>;
    /// A trial was stored.
    fn stored(&mut self, trial: &'p Trial, measured: &Measured);
}

/// Every trial, as planned: the first one of each comparison, then the second
/// one of each.
#[derive(Debug, Default)]
pub struct AsPlanned<'p>(VecDeque<&'p Trial>);

impl<'p> Choose<'p> for AsPlanned<'p> {
    fn begin_round(&mut self, left: Vec<&'p Trial>) {
        self.0 = left.into();
    }

    fn next(&mut self) -> Option<&'p Trial> {
        self.0.pop_front()
    }

    fn stored(&mut self, _trial: &'p Trial, _measured: &Measured) {}
}

/// What one run may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Openings through any one platform.
    pub openings_each: u32,
    /// Trials in all.
    pub trials: usize,
}

/// The comparison that is most promising to be decided soon, by what was seen
/// so far; none that is decided already.
pub struct WhereItDecides<'p> {
    bench: Bench<'p>,
    plan: &'p Plan,
    words: Box<dyn FnMut() -> u64 + 'p>,
    comparisons: Vec<Comparison<'p>>,
    /// Of each platform: openings it may still be asked for.
    openings_left: Vec<u32>,
    platforms: BTreeMap<&'p str, usize>,
    trials_left: usize,
    in_flight: BTreeMap<&'p str, usize>,
}

/// The trials of one comparison in the round that goes on.
struct Comparison<'p> {
    left: VecDeque<&'p Trial>,
    cells: Vec<usize>,
    host: usize,
    in_flight: usize,
}

/// No more than so many trials of one comparison at once: what the first ones
/// show should count for the next.
const MOST_IN_FLIGHT: usize = 2;

impl<'p> WhereItDecides<'p> {
    /// A choice over the trials of `plan`; `words` are uniformly random.
    pub fn new(
        plan: &'p Plan,
        checks: &'p [&'p dyn Bound],
        alpha: f64,
        allowance: Allowance,
        words: impl FnMut() -> u64 + 'p,
    ) -> Self {
        let mut platforms: BTreeMap<&'p str, usize> = BTreeMap::new();
        for trial in &plan.trials {
            let next = platforms.len();
            platforms.entry(&trial.platform).or_insert(next);
        }
        Self {
            bench: Bench::new(plan, checks, alpha),
            plan,
            words: Box::new(words),
            comparisons: Vec::new(),
            openings_left: vec![allowance.openings_each; platforms.len()],
            platforms,
            trials_left: allowance.trials,
            in_flight: BTreeMap::new(),
        }
    }

    /// Takes in a trial that an earlier run stored.
    pub fn remember(&mut self, id: &str, observations: &[Observation], bodies: &dyn Bodies) {
        self.bench.take(id, observations, bodies);
    }

    fn compare(&mut self, trial: &'p Trial) {
        let cells = self.cells_of(trial);
        let host = self.platforms.get(trial.platform.as_str()).copied();
        let known = self
            .comparisons
            .iter_mut()
            .find(|it| it.cells == cells && Some(it.host) == host);
        match known {
            Some(comparison) => comparison.left.push_back(trial),
            None => self.comparisons.push(Comparison {
                left: VecDeque::from([trial]),
                cells,
                host: host.unwrap_or_default(),
                in_flight: 0,
            }),
        }
    }

    /// The cells that a trial serves, by place.
    fn cells_of(&self, trial: &Trial) -> Vec<usize> {
        let rivals: Vec<&str> = trial.of_arm(Arm::Rival).collect();
        let serves = |cell: &moongate_glossary::Cell| {
            cell.round == trial.round
                && cell.platform == trial.platform
                && cell.scene == trial.scene
                && rivals.contains(&cell.destination.as_str())
        };
        let cells = self.bench.judge.cells().iter().enumerate();
        cells
            .filter(|(_, judged)| serves(&judged.cell))
            .map(|(place, _)| place)
            .collect()
    }

    /// Every cell of every comparison that has trials left, with the
    /// comparison it belongs to.
    fn candidates(&self) -> (Vec<Candidate>, Vec<usize>) {
        let mut candidates = Vec::new();
        let mut belongs = Vec::new();
        for (number, comparison) in self.comparisons.iter().enumerate() {
            let Some(next) = comparison.left.front() else {
                continue;
            };
            if comparison.in_flight >= MOST_IN_FLIGHT {
                continue;
            }
            let openings = u32::try_from(next.slots.len()).unwrap_or(u32::MAX);
            let controls = u32::try_from(next.of_arm(Arm::Control).count()).unwrap_or(0);
            for cell in &comparison.cells {
                let Some(progress) = self.bench.judge.progress(*cell) else {
                    continue;
                };
                belongs.push(number);
                candidates.push(Candidate {
                    seen: progress.seen,
                    controls,
                    log_e: progress.log_e,
                    log_threshold: progress.log_needed,
                    host: comparison.host,
                    tokens: openings,
                    decided: progress.decided,
                });
            }
        }
        (candidates, belongs)
    }
}

impl<'p> Choose<'p> for WhereItDecides<'p> {
    fn begin_round(&mut self, left: Vec<&'p Trial>) {
        self.comparisons.clear();
        for trial in left {
            self.compare(trial);
        }
    }

    fn next(&mut self) -> Option<&'p Trial> {
        if self.trials_left == 0 {
            return None;
        }
        let (candidates, belongs) = self.candidates();
        let chosen = allocate::choose(&candidates, &self.openings_left, 1, &mut *self.words);
        let number = *belongs.get(*chosen.first()?)?;
        let comparison = self.comparisons.get_mut(number)?;
        let trial = comparison.left.pop_front()?;
        comparison.in_flight += 1;
        self.in_flight.insert(&trial.id, number);
        self.trials_left -= 1;
        let openings = u32::try_from(trial.slots.len()).unwrap_or(u32::MAX);
        if let Some(left) = self.openings_left.get_mut(comparison.host) {
            *left = left.saturating_sub(openings);
        }
        Some(trial)
    }

    fn stored(&mut self, trial: &'p Trial, measured: &Measured) {
        let number = self.in_flight.remove(trial.id.as_str());
        if let Some(comparison) = number.and_then(|it| self.comparisons.get_mut(it)) {
            comparison.in_flight = comparison.in_flight.saturating_sub(1);
        }
        self.bench
            .take(&trial.id, &measured.observations, &JustReceived(measured));
    }
}

/// The bodies of one trial, before they are looked for in the case.
struct JustReceived<'a>(&'a Measured);

impl Bodies for JustReceived<'_> {
    fn body(&self, digest: &Digest) -> Option<Vec<u8>> {
        let exchange = self.0.exchanges.iter().find(|it| it.digest == *digest)?;
        Some(exchange.body.to_vec())
    }
}

impl std::fmt::Debug for WhereItDecides<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WhereItDecides")
            .field("order", &self.plan.order)
            .field("comparisons", &self.comparisons.len())
            .field("trials_left", &self.trials_left)
            .finish_non_exhaustive()
    }
}
