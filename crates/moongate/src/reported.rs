//! What the press reported of the cells that a replay stands for. Kept in the
//! case as `reported.json`, so that a report can set it beside what was
//! measured; the judge never sees it.

use serde::{Deserialize, Serialize};

/// The reports behind a replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reported {
    /// Format version.
    pub format: u32,
    /// One row a cell.
    pub facts: Vec<Fact>,
}

/// One reported handling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fact {
    /// In which round.
    pub round: String,
    /// On which platform.
    pub platform: String,
    /// In which scene.
    pub scene: String,
    /// Of which destination's links.
    pub destination: String,
    /// How they were handled, on the report's ladder.
    pub handling: String,
    /// Who reported it.
    pub source: String,
    /// Whether another source says otherwise.
    pub disputed: bool,
}

impl Reported {
    /// The format version written now.
    pub(crate) const FORMAT: u32 = 1;

    /// What was reported of one place.
    pub(crate) fn of(
        &self,
        round: &str,
        platform: &str,
        scene: &str,
        destination: &str,
    ) -> Option<&Fact> {
        self.facts.iter().find(|fact| {
            fact.round == round
                && fact.platform == platform
                && fact.scene == scene
                && fact.destination == destination
        })
    }
}
