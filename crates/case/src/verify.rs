//! Checking a whole case, as a court's expert would: every digest, every
//! reference, and whether the revealed seed made the assignments.
//!
//! Not here: whether the findings follow from the observations; that is shown
//! by running the judge again.

use std::collections::{BTreeSet, HashSet};

use moongate_glossary::{Digest, Seed, Slot, Trial};

use crate::disk::read_all;
use crate::error::CaseError;
use crate::evidence::Found;
use crate::folder::{CaseFolder, check_digest};
use crate::manifest::plan_bytes;

/// What is known of the seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeedState {
    /// Not revealed yet: the assignments cannot be checked.
    Secret,
    /// Revealed; so many trials were compared with what it makes.
    Revealed {
        /// Trials whose slots were recomputed.
        trials: u64,
    },
}

/// Everything that was checked, and everything that was wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// Inputs whose digest was computed, the plan included.
    pub inputs: u64,
    /// Trials in the plan.
    pub planned: u64,
    /// Trials finished.
    pub finished: u64,
    /// Observations read.
    pub observations: u64,
    /// WARC records whose digests were computed.
    pub records: u64,
    /// Distinct bodies among them.
    pub bodies: u64,
    /// Findings read.
    pub findings: u64,
    /// What is known of the seed.
    pub seed: SeedState,
    /// What is wrong, each with file and place; empty if nothing is.
    pub problems: Vec<String>,
}

impl Verification {
    /// Whether nothing is wrong. A secret seed is nothing wrong.
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    fn note<T>(&mut self, done: Result<T, CaseError>) -> Option<T> {
        done.map_err(|error| self.problems.push(error.to_string()))
            .ok()
    }
}

impl CaseFolder {
    /// Checks everything that can be checked and goes on after what is wrong.
    ///
    /// `assign` gives the slots of a trial in the order that the seed makes,
    /// from the trial as planned; the check that planned it knows how, mostly
    /// `seed.shuffle(&trial.id, &mut slots, |slot| &slot.destination)`.
    pub fn verify(&self, assign: impl Fn(&Seed, &Trial) -> Vec<Slot>) -> Verification {
        let mut said = Verification {
            inputs: 0,
            planned: self.plan.trials.len() as u64,
            finished: self.finished_trials().len() as u64,
            observations: 0,
            records: 0,
            bodies: 0,
            findings: 0,
            seed: SeedState::Secret,
            problems: Vec::new(),
        };
        self.verify_inputs(&mut said);
        self.verify_seed(&mut said, assign);
        let bodies = self.verify_evidence(&mut said);
        self.verify_observations(&mut said, &bodies);
        let findings = self.findings();
        said.findings = said.note(findings).map_or(0, |all| all.cells.len() as u64);
        said
    }

    fn verify_inputs(&self, said: &mut Verification) {
        for input in self.manifest.inputs() {
            said.inputs += 1;
            said.note(self.read_input(input));
        }
        let path = self.layout.root.join("plan.json");
        said.inputs += 1;
        said.note(
            read_all(self.disk.as_ref(), &path)
                .and_then(|bytes| check_digest(&path, &bytes, &self.manifest.plan)),
        );
    }

    fn verify_seed(&self, said: &mut Verification, assign: impl Fn(&Seed, &Trial) -> Vec<Slot>) {
        let Some(seed) = self.revealed_seed() else {
            return;
        };
        let committed = said
            .note(plan_bytes(&self.plan))
            .map(|plan| seed.commit(&plan));
        if committed != Some(self.manifest.commitment) {
            let what = "case.json: the revealed seed is not the one that was committed";
            said.problems.push(what.to_owned());
        }
        let mut trials = 0;
        for trial in &self.plan.trials {
            trials += 1;
            if assign(&seed, trial) != trial.slots {
                let what = format!(
                    "plan.json: the seed does not make the order of `{}`",
                    trial.id
                );
                said.problems.push(what);
            }
        }
        said.seed = SeedState::Revealed { trials };
    }

    /// Computes every digest in the evidence; the bodies that stand.
    fn verify_evidence(&self, said: &mut Verification) -> HashSet<Digest> {
        let mut bodies = HashSet::new();
        let end = self.evidence.end();
        for file in 1..=end.file {
            let stop = (file == end.file).then_some(end.end);
            let path = self.evidence.path(file);
            let mut wrong = Vec::new();
            let walked = self.evidence.walk(file, 0, stop, |found| {
                said.records += 1;
                if let Some(what) = what_is_wrong(&found, &mut bodies) {
                    wrong.push(format!("{}, byte {}: {what}", path.display(), found.offset));
                }
                Ok(())
            });
            said.problems.append(&mut wrong);
            said.note(walked);
        }
        for (digest, entry) in self.evidence.entries() {
            if !bodies.contains(digest) {
                let path = self.evidence.path(entry.file);
                let what = format!(
                    "{}, byte {}: {digest} is not there",
                    path.display(),
                    entry.offset
                );
                said.problems.push(what);
            }
        }
        said.bodies = bodies.len() as u64;
        bodies
    }

    fn verify_observations(&self, said: &mut Verification, bodies: &HashSet<Digest>) {
        let mut missing = BTreeSet::new();
        for observation in self.observations() {
            let Some(observation) = said.note(observation) else {
                break;
            };
            said.observations += 1;
            if !self.finished_trials().contains(&observation.trial) {
                let what = format!(
                    "an observation of `{}`, which is not finished",
                    observation.trial
                );
                said.problems.push(what);
            }
            let absent = observation.evidence.iter().filter(|d| !bodies.contains(d));
            missing.extend(absent.map(|digest| (observation.trial.clone(), *digest)));
        }
        for (trial, digest) in missing {
            let what = format!("trial `{trial}` rests on evidence {digest}, which is missing");
            said.problems.push(what);
        }
    }
}

fn what_is_wrong(found: &Found, bodies: &mut HashSet<Digest>) -> Option<String> {
    let block = Digest::of(&found.block);
    if found.head.block != Some(block) {
        return Some(format!("the block's digest is {block}, another is stated"));
    }
    let payload = found.head.payload?;
    match found.head.kind.as_str() {
        "revisit" if !bodies.contains(&payload) => Some(format!(
            "it refers to {payload}, which does not stand before it"
        )),
        "revisit" => None,
        _ => {
            let is = Digest::of(found.body());
            if is != payload {
                return Some(format!("the body was stored as {payload}, it is {is}"));
            }
            bodies.insert(payload);
            None
        }
    }
}
