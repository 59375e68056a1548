//! What a check is: the knowledge of how one kind of obligation is tested.
//!
//! A [`Check`] gives its words to the order (which clauses it understands and
//! with which parameters). Bound to an order and to the files that say where
//! to look, it becomes a [`Bound`] check, which plans trials, carries one out
//! and reads what was seen. It computes no p-value: the statistics a clause
//! uses are declared with the clause and done by the judge.
//!
//! There is one list of checks, in `moongate-checks`; nothing else names one.

use std::future::Future;
use std::pin::Pin;

use moongate_carrier::{Carrier, Exchange};
use moongate_glossary::{
    Arm, Cell, Digest, Factors, Finding, Observation, Outcome, Plan, Route, Seed, Trial,
};
pub use moongate_judge::JudgedCell;
use moongate_order::{CheckWords, Diagnostics, Order};

/// What a file that was handed over with the order is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum InputRole {
    /// Where to look: scenes, destinations, comparisons.
    Links,
    /// Which column of an imported table means what.
    Mapping,
}

/// A file that was handed over with the order, such as the list of links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// What it is for.
    pub role: InputRole,
    /// Its name, for diagnostics.
    pub name: String,
    /// What it says.
    pub text: String,
}

/// One kind of obligation and how it is tested.
pub trait Check: Sync {
    /// Its name and clauses, as an order may write them.
    fn words(&self) -> CheckWords;

    /// Binds the check to an order and its files.
    ///
    /// # Errors
    /// Every mistake in the files, at once, with place and remedy.
    fn bind(&self, order: &Order, inputs: &[Input]) -> Result<Box<dyn Bound>, Diagnostics>;
}

/// A check bound to one order: it knows what to compare with what.
pub trait Bound: Sync {
    /// The check's name.
    fn name(&self) -> &'static str;

    /// All trials, each with its slots in the order the seed gives them.
    fn plan(&self, budget: Budget, seed: &Seed) -> Plan;

    /// Every cell that the plan attempts, with how it is judged. All of them
    /// share the error bound, whether they are reached or not.
    fn cells(&self, plan: &Plan) -> Vec<JudgedCell>;

    /// The names of destinations and rounds for people.
    fn names(&self) -> Vec<Named>;

    /// Carries one trial out. What the world does wrong is an observation,
    /// never an error.
    fn carry_out<'a>(&'a self, trial: &'a Trial, world: &'a World<'a>) -> Steps<'a>;

    /// Reads the observations of one finished trial: for every cell it
    /// serves, the rival's and the controls' readings, and for people the
    /// story of every opening.
    fn read(
        &self,
        trial: &Trial,
        observations: &[Observation],
        bodies: &dyn Bodies,
    ) -> TrialReading;

    /// A finding in sentences, in the language asked for.
    fn explain(&self, finding: &Finding, language: &str) -> Vec<String>;
}

/// A trial being carried out.
pub type Steps<'a> = Pin<Box<dyn Future<Output = Measured> + 'a>>;

/// How much may be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Trials of each comparison in each round.
    pub trials: u32,
}

/// The ways to reach the world that a check may use.
pub struct World<'a> {
    /// The HTTP carrier.
    pub http: &'a Carrier,
    /// Recorded with every observation: where we measure from.
    pub vantage: &'a str,
    /// The wall clock, Unix milliseconds.
    pub now_ms: &'a dyn Fn() -> i64,
}

/// What came of one trial.
#[derive(Debug, Default)]
pub struct Measured {
    /// One a fact.
    pub observations: Vec<Observation>,
    /// The raw bytes they rest on.
    pub exchanges: Vec<Exchange>,
}

/// A name of a destination or a round for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// `destination` or `round`.
    pub what: &'static str,
    /// Its id.
    pub id: String,
    /// In English.
    pub en: String,
    /// In Simplified Chinese.
    pub zh: String,
    /// The platform it belongs to, where it belongs to one.
    pub platform: Option<String>,
}

/// Where the bytes behind an observation are found.
pub trait Bodies {
    /// The bytes with that digest, if the case holds them.
    fn body(&self, digest: &Digest) -> Option<Vec<u8>>;
}

/// One trial, read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TrialReading {
    /// For each cell the trial serves.
    pub cells: Vec<(Cell, moongate_judge::Trial)>,
    /// Every opening, for people.
    pub stories: Vec<Story>,
}

/// What happened to one link, for the report.
#[derive(Debug, Clone, PartialEq)]
pub struct Story {
    /// The trial.
    pub trial: String,
    /// Through what.
    pub platform: String,
    /// Where in it.
    pub scene: String,
    /// To where.
    pub destination: String,
    /// In which round.
    pub round: String,
    /// The slot's arm.
    pub arm: Arm,
    /// By which way.
    pub route: Route,
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// What may have changed what was seen.
    pub factors: Factors,
    /// How the platform handled the link, as a code of the check (`opened`,
    /// `extra-step`, `warned`, `must-copy`, `blocked`, `removed`), or
    /// `inconclusive`.
    pub handling: String,
    /// The same for people who judge outcomes alone.
    pub outcome: Outcome,
    /// The form a recipient was shown.
    pub form: Option<String>,
    /// What the response was, as a code of the classification.
    pub class: String,
    /// What that rests on: code and the exact datum.
    pub signals: Vec<(String, String)>,
    /// The platform's own words.
    pub stated_reason: Option<String>,
    /// Time to hand-over, milliseconds.
    pub delay_ms: Option<f64>,
    /// The last address.
    pub url: String,
    /// The last page, among the evidence.
    pub page: Option<Digest>,
}
