//! The links check: are links that lead elsewhere shown and opened as the
//! platform's own are?
//!
//! In the order in which a trial goes through it: [`clause`] (what an order
//! may demand), [`links_file`] (where to look), [`plan`] (permuted blocks),
//! [`steps`] (posting, reading, opening), [`reading`] (observation to seen),
//! [`outcome`] (seen to outcome, a pure table), [`explain`] (finding to
//! sentences). Only [`steps`] reaches the world, through a carrier it is
//! handed.

pub mod clause;
pub mod explain;
pub mod links_file;
pub mod outcome;
pub mod plan;
pub mod reading;
pub mod room;
pub mod steps;

use moongate_check::{
    Bodies, Bound, Budget, Check, Input, InputRole, JudgedCell, Named, Steps, TrialReading, World,
};
use moongate_glossary::{Finding, Observation, Plan, Seed, Trial};
use moongate_order::{CheckWords, Diagnostics, Mistake, Order};

use links_file::LinksFile;

/// The check.
pub struct Links;

/// The check, bound to an order and a links file.
pub struct BoundLinks {
    order: Order,
    file: LinksFile,
}

impl Check for Links {
    fn words(&self) -> CheckWords {
        clause::words()
    }

    fn bind(&self, order: &Order, inputs: &[Input]) -> Result<Box<dyn Bound>, Diagnostics> {
        let of_role = |role| inputs.iter().find(move |input| input.role == role);
        let file = match (of_role(InputRole::Links), of_role(InputRole::Mapping)) {
            (Some(links), _) => links_file::read(&links.name, &links.text, order)?,
            // What others measured brings its own plan.
            (None, Some(_)) => LinksFile::default(),
            (None, None) => return Err(no_links_file()),
        };
        Ok(Box::new(BoundLinks {
            order: order.clone(),
            file,
        }))
    }
}

fn no_links_file() -> Diagnostics {
    let mut missing = Diagnostics::new("links.toml", "");
    missing.add(
        Mistake::new("no-links-file", 0..0)
            .found("no links file")
            .expected("a file that says where to look")
            .remedy("name one with --links FILE; `moongate town --links` prints an example"),
    );
    missing
}

impl Bound for BoundLinks {
    fn name(&self) -> &'static str {
        clause::NAME
    }

    fn plan(&self, budget: Budget, seed: &Seed) -> Plan {
        plan::plan(&self.order, &self.file, budget, seed)
    }

    fn cells(&self, plan: &Plan) -> Vec<JudgedCell> {
        plan::cells(&self.order, &self.file, plan)
    }

    fn names(&self) -> Vec<Named> {
        let destination = |item: &links_file::Destination| Named {
            what: "destination",
            id: item.id.clone(),
            en: item.name.en.clone(),
            zh: item.name.in_language("zh").to_owned(),
            platform: item.platform.clone(),
        };
        let round = |item: &links_file::DatedRound| Named {
            what: "round",
            id: item.id.clone(),
            en: item.name.en.clone(),
            zh: item.name.in_language("zh").to_owned(),
            platform: None,
        };
        self.file
            .destinations
            .values()
            .map(destination)
            .chain(self.file.rounds.iter().map(round))
            .collect()
    }

    fn carry_out<'a>(&'a self, trial: &'a Trial, world: &'a World<'a>) -> Steps<'a> {
        Box::pin(steps::carry_out(&self.order, &self.file, trial, world))
    }

    fn read(
        &self,
        trial: &Trial,
        observations: &[Observation],
        bodies: &dyn Bodies,
    ) -> TrialReading {
        reading::read(&self.order, &self.file, trial, observations, bodies)
    }

    fn explain(&self, finding: &Finding, language: &str) -> Vec<String> {
        explain::sentences(finding, language)
    }
}
