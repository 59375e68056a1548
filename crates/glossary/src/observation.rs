//! Observations: facts of what was seen, never interpreted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Arm, Digest};

/// What may change what is seen, recorded with every observation. Keys are
/// kebab-case (`client`, `client-version`, `user-agent`, `vantage`,
/// `roll-out`); the scene and the instant have columns of their own.
pub type Factors = BTreeMap<String, String>;

/// By which way a link was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Route {
    /// Through the platform, as its user would.
    Platform,
    /// Straight to the destination: the direct control.
    Direct,
    /// Through a carrier with no stake in the matter, for comparison.
    Neutral,
    /// Not measured by us: taken from somebody else's table.
    Imported,
}

impl Route {
    /// The word used in files and tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Direct => "direct",
            Self::Neutral => "neutral",
            Self::Imported => "imported",
        }
    }
}

/// One fact: one link, opened once, by one way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// The trial it belongs to.
    pub trial: String,
    /// Position in the trial's slots; the direct control of a slot has the
    /// slot's own number.
    pub slot: u32,
    /// By which way.
    pub route: Route,
    /// The slot's arm.
    pub arm: Arm,
    /// The check that made it.
    pub check: String,
    /// The round.
    pub round: String,
    /// The platform.
    pub platform: String,
    /// The scene.
    pub scene: String,
    /// The destination's id.
    pub destination: String,
    /// When it began, Unix milliseconds (UTC).
    pub at_ms: i64,
    /// What may change what is seen.
    pub factors: Factors,
    /// The form a recipient was shown (`card`, `titled`, `bare`, `removed`),
    /// where the carrier could see it.
    pub form: Option<String>,
    /// From sending the request to the answer that hands over to another
    /// site, microseconds; none where nothing handed over.
    pub handover_us: Option<u64>,
    /// The carrier's own account, as JSON (for HTTP a `Visit`).
    pub facts: String,
    /// The evidence it rests on: digests of the bodies, the last page last.
    pub evidence: Vec<Digest>,
}
