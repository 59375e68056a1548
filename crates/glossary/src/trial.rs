//! Plans and trials: what will be measured, in which order.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a slot of a trial holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arm {
    /// The link whose handling is in question.
    Rival,
    /// The platform's own or a neutral link of the same kind.
    Control,
}

/// One slot of a trial: one link, opened through the platform once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// The destination's id.
    pub destination: String,
    /// Whose link it is, in this trial.
    pub arm: Arm,
}

/// One permuted block: `k` rivals and `c` controls, opened through one scene
/// of one platform within minutes, in the order of `slots`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// Unique in the plan; sorts in the order of the plan.
    pub id: String,
    /// The round it belongs to.
    pub round: String,
    /// The check that carries it out.
    pub check: String,
    /// The platform that carries the links.
    pub platform: String,
    /// The scene they are met in.
    pub scene: String,
    /// Factors fixed by the plan (the user agent, say).
    pub factors: BTreeMap<String, String>,
    /// In the order in which they are opened.
    pub slots: Vec<Slot>,
}

impl Trial {
    /// The destinations of one arm, in slot order.
    pub fn of_arm(&self, arm: Arm) -> impl Iterator<Item = &str> {
        self.slots
            .iter()
            .filter(move |slot| slot.arm == arm)
            .map(|slot| slot.destination.as_str())
    }
}

/// A dated stretch of measuring. A plan without dates has one round.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Round {
    /// Unique in the plan; sorts in time.
    pub id: String,
    /// The instant it stands for, in Unix milliseconds. For a replay this is
    /// the instant replayed, not the one at which it ran.
    pub as_of_ms: i64,
    /// How a person would name it.
    pub name: String,
}

/// All trials of a case, fixed before the first one runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Format version of this type as stored.
    pub format: u32,
    /// The order's id.
    pub order: String,
    /// The rounds, in time.
    pub rounds: Vec<Round>,
    /// The trials, in the order in which they start.
    pub trials: Vec<Trial>,
}

impl Plan {
    /// The format version written now.
    pub const FORMAT: u32 = 1;
}
