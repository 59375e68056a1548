//! Findings: what the judge says of a clause in a cell.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One comparison: platform × scene × destination × clause, in one round.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Cell {
    /// The obligation the clause belongs to.
    pub obligation: String,
    /// The clause.
    pub clause: String,
    /// The platform.
    pub platform: String,
    /// The scene.
    pub scene: String,
    /// The destination.
    pub destination: String,
    /// The round.
    pub round: String,
}

impl Cell {
    /// A name that is unique in a case and safe as a file name.
    pub fn slug(&self) -> String {
        let parts = [
            &self.round,
            &self.platform,
            &self.scene,
            &self.destination,
            &self.obligation,
            &self.clause,
        ];
        parts.map(|part| file_safe(part)).join("~")
    }
}

fn file_safe(part: &str) -> String {
    part.chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_') {
                c
            } else {
                '_'
            }
        })
        .collect()
}

/// What the judge holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// Certified: not worse than the stated margin.
    Kept,
    /// Accused, with a bounded chance of error over the whole order.
    Broken,
    /// Neither has been shown.
    Open,
}

/// The unit of an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EffectUnit {
    /// A difference of shares: rival's failures less the controls'.
    ShareDifference,
    /// A share of all openings.
    Share,
    /// Milliseconds.
    Milliseconds,
}

/// An interval, rounded outward.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// How large what was found is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// The estimate.
    pub point: f64,
    /// Holds at every moment of looking, with error at most the order's α.
    pub interval: Option<Span>,
    /// In what.
    pub unit: EffectUnit,
}

/// How often what was seen, by arm.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Observations that met the clause.
    pub met: u64,
    /// That did not, by reason.
    pub not_met: BTreeMap<String, u64>,
    /// That say nothing, by `side/reason`.
    pub inconclusive: BTreeMap<String, u64>,
    /// That the clause does not speak of, by reason.
    pub not_applicable: BTreeMap<String, u64>,
}

/// What a finding's error bound rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ground {
    /// We decided by a committed seed which link stood in which slot.
    Randomised,
    /// Somebody else measured; assumed: within one hour, which destination
    /// got which figure is exchangeable.
    ExchangeableWithinHour,
    /// No comparison: assumed that in each trial, given the past, the chance
    /// of a failing is at most the clause's tolerance if the clause is kept.
    ToleranceGivenPast,
}

/// The judge's statement on a clause in a cell. Always recomputed from
/// observations, never read back as an input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Format version of this type as stored.
    pub format: u32,
    /// The judge's version.
    pub judge: String,
    /// What it is about.
    pub cell: Cell,
    /// The clause's kind, as the check knows it.
    pub clause_kind: String,
    /// Kept, Broken or Open.
    pub decision: Decision,
    /// Natural logarithm of the evidence value against the clause being kept.
    pub log_e_broken: f64,
    /// Natural logarithm of the evidence value for the clause being kept.
    pub log_e_kept: f64,
    /// What `log_e_broken` had to reach: ln(m/α).
    pub log_threshold_broken: f64,
    /// What `log_e_kept` had to reach.
    pub log_threshold_kept: f64,
    /// The margin that *Kept* is stated with.
    pub margin: f64,
    /// For a clause without comparison: the share of failings that it allows,
    /// which *Broken* is stated with.
    #[serde(default)]
    pub tolerance: Option<f64>,
    /// The smallest margin that could be certified, where any could.
    pub certified_margin: Option<f64>,
    /// How large.
    pub effect: Option<Effect>,
    /// What the error bound rests on.
    pub ground: Ground,
    /// The error bound over all cells of the order.
    pub alpha: f64,
    /// Number of cells of the order that share the bound.
    pub cells: u64,
    /// Trials that counted.
    pub trials_used: u64,
    /// Trials that were void, by reason; the rule is blind to the arm.
    pub trials_void: BTreeMap<String, u64>,
    /// After how many counted trials *Broken* first stood.
    pub broken_after: Option<u64>,
    /// After how many counted trials *Kept* first stood.
    pub kept_after: Option<u64>,
    /// `log_e_broken` after every [`Finding::path_stride`]-th counted trial,
    /// and after the last one.
    pub path_broken: Vec<f64>,
    /// `log_e_kept` after the same trials.
    pub path_kept: Vec<f64>,
    /// Counted trials from one point of the paths to the next: 1 until a path
    /// would grow too long to be drawn.
    #[serde(default = "one")]
    pub path_stride: u64,
    /// When what broke the clause began, where the clause is Broken and was
    /// not so from the first day of measuring.
    #[serde(default)]
    pub began: Option<Change>,
    /// When it stopped again, where that is certified.
    #[serde(default)]
    pub stopped: Option<Change>,
    /// What was seen of the rival's link.
    pub rival: Tally,
    /// What was seen of the controls.
    pub controls: Tally,
    /// The most frequent stated reason of the platform, in its own words.
    pub stated_reason: Option<String>,
    /// Beside the finding, not part of it: typical amount by a neutral
    /// carrier for the same destination.
    pub neutral_amount: Option<f64>,
}

impl Finding {
    /// The format version written now.
    pub const FORMAT: u32 = 2;

    /// After how many counted trials the point `index` of the paths stands.
    pub fn path_trial(&self, index: usize) -> u64 {
        (index as u64 + 1)
            .saturating_mul(self.path_stride.max(1))
            .min(self.trials_used.max(1))
    }
}

fn one() -> u64 {
    1
}

/// A day on which the handling of a link changed, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The likeliest first day, as its first instant in Unix milliseconds.
    pub day_ms: i64,
    /// The interval's first day.
    pub from_ms: i64,
    /// The interval's last day.
    pub to_ms: i64,
}

/// What cells are taken together by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// All cells of a scene of a platform.
    Scene,
    /// All cells of a platform.
    Platform,
    /// All cells of a subject.
    Subject,
}

impl Level {
    /// All, the smallest first.
    pub const ALL: [Self; 3] = [Self::Scene, Self::Platform, Self::Subject];

    /// The word used in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Scene => "scene",
            Self::Platform => "platform",
            Self::Subject => "subject",
        }
    }
}

/// The cells that a [`GroupFinding`] speaks of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Group {
    /// The obligation.
    pub obligation: String,
    /// The round.
    pub round: String,
    /// What they are taken together by.
    pub level: Level,
    /// The subject.
    pub subject: String,
    /// The platform; none at the level of a subject.
    pub platform: Option<String>,
    /// The scene; only at the level of a scene.
    pub scene: Option<String>,
}

/// The judge's statement on several cells together: it may stand before that
/// on any one of them does.
///
/// *Broken* here means: in at least [`GroupFinding::broken_at_least`] of the
/// cells the clause is broken. It shares the error bound of the cells and
/// costs them nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupFinding {
    /// Which cells.
    pub group: Group,
    /// Broken: in at least one cell. Kept: in every cell. Open: neither.
    pub decision: Decision,
    /// How many cells there are.
    pub cells: u64,
    /// In at least so many of them the clause is broken.
    pub broken_at_least: u64,
    /// Natural logarithm of the sum of the cells' evidence values, each
    /// counted up to what it needs alone.
    pub log_e_broken: f64,
    /// What it had to reach: ln(m/α), as for a single cell.
    pub log_threshold_broken: f64,
    /// After how many trials of the group *Broken* first stood.
    pub broken_after: Option<u64>,
    /// Trials of the group that counted for at least one cell.
    pub trials_used: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_safe_as_a_file_name() {
        let cell = Cell {
            obligation: "o/..".into(),
            clause: "c d".into(),
            platform: "微信".into(),
            scene: "group".into(),
            destination: "taobao".into(),
            round: "2021-09-17T21:00".into(),
        };
        let slug = cell.slug();
        assert!(!slug.contains(['/', ' ', ':']), "{slug}");
    }
}
