//! What a report is made of: plain data, complete, in no need of a look
//! elsewhere.
//!
//! Whoever assembles a report fills these; nothing here reads a file, a clock
//! or another crate's types beyond the glossary. Every struct is `serde`, so
//! that an input can be kept beside the report it made.

use std::collections::BTreeMap;

use jiff::Timestamp;
use moongate_glossary::{Arm, Cell, Decision, Digest, Finding, Outcome, Round};
use serde::{Deserialize, Serialize};

use crate::Language;

/// A text in the two languages of the report.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// English.
    pub en: String,
    /// Simplified Chinese.
    pub zh: String,
}

impl Text {
    /// Both languages at once.
    pub fn new(en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self {
            en: en.into(),
            zh: zh.into(),
        }
    }

    /// The same words in both languages, as for a name that is not translated.
    pub fn same(text: impl Into<String>) -> Self {
        let en = text.into();
        Self { zh: en.clone(), en }
    }

    /// The text in `language`, or in the other one where that is empty.
    pub fn pick(&self, language: Language) -> &str {
        let (first, second) = match language {
            Language::En => (&self.en, &self.zh),
            Language::Zh => (&self.zh, &self.en),
        };
        if first.trim().is_empty() {
            second
        } else {
            first
        }
    }
}

/// What is known of the wording of the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Known through the press only.
    AsReported,
    /// Published by the authority.
    Official,
    /// No order at all: a standard that a researcher set.
    ResearchStandard,
}

impl Status {
    /// The word used in files and message ids.
    pub fn word(self) -> &'static str {
        match self {
            Self::AsReported => "as-reported",
            Self::Official => "official",
            Self::ResearchStandard => "research-standard",
        }
    }
}

/// Where something is known from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRef {
    /// What [`ReportedFact::source`] refers to.
    pub id: String,
    /// Title of the article, page or data set.
    pub title: String,
    /// Who published it.
    pub publisher: String,
    /// When, as far as known: an ISO date or part of one.
    pub published: Option<String>,
    /// Where. Only `http` and `https` addresses become links.
    pub url: Option<String>,
}

/// A company that the order addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Text,
}

/// A service of a subject.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Platform {
    /// Its id.
    pub id: String,
    /// The id of the subject whose service it is.
    pub subject: String,
    /// Its name.
    pub name: Text,
}

/// A place inside a platform where a link is met.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scene {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Text,
}

/// Whose links are opened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Text,
    /// The id of the platform it belongs to, where it belongs to one.
    pub owner: Option<String>,
}

/// When something is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueDate {
    /// The instant.
    pub at: Timestamp,
    /// The offset it was set in, such as `+08:00`.
    pub offset: String,
    /// The stage it ends, where the obligation is staged.
    pub stage: Option<Text>,
}

/// One testable statement of an obligation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clause {
    /// Its id, as in [`Cell::clause`].
    pub id: String,
    /// Its kind, as the check knows it.
    pub kind: String,
    /// A few words that stand for it in tables.
    pub name: Text,
    /// What it says.
    pub text: Text,
}

/// One thing that subjects must do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Obligation {
    /// Its id, as in [`Cell::obligation`].
    pub id: String,
    /// A few words that stand for it in tables.
    pub name: Text,
    /// Its due dates, in time.
    pub due: Vec<DueDate>,
    /// Its clauses, in the order in which their marks stand in the matrix.
    pub clauses: Vec<Clause>,
}

/// How a platform handled a link: the ladder of the report.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Handling {
    /// The destination was reached at once.
    Opened,
    /// After one more step.
    ExtraStep,
    /// After a warning.
    Warned,
    /// Only by copying the link into another browser.
    MustCopy,
    /// Not at all.
    Blocked,
    /// The link itself was taken away.
    Removed,
    /// Something else failed; nothing can be said.
    Inconclusive,
    /// Not always the same.
    Mixed,
    /// Nothing was measured.
    #[default]
    NotMeasured,
}

impl Handling {
    /// All, in the order of the legend.
    pub const ALL: [Self; 9] = [
        Self::Opened,
        Self::ExtraStep,
        Self::Warned,
        Self::MustCopy,
        Self::Blocked,
        Self::Removed,
        Self::Mixed,
        Self::Inconclusive,
        Self::NotMeasured,
    ];

    /// The word used in files, style classes and message ids.
    pub fn word(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::ExtraStep => "extra-step",
            Self::Warned => "warned",
            Self::MustCopy => "must-copy",
            Self::Blocked => "blocked",
            Self::Removed => "removed",
            Self::Inconclusive => "inconclusive",
            Self::Mixed => "mixed",
            Self::NotMeasured => "not-measured",
        }
    }
}

/// The form in which a recipient was shown the link, most frequently.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// A card with picture, title and text.
    Card,
    /// A title in place of the address.
    Titled,
    /// The address alone.
    Bare,
    /// Nothing.
    Removed,
    /// Could not be seen.
    #[default]
    Unknown,
}

impl Form {
    /// All, best first.
    pub const ALL: [Self; 5] = [
        Self::Card,
        Self::Titled,
        Self::Bare,
        Self::Removed,
        Self::Unknown,
    ];

    /// The word used in files and message ids.
    pub fn word(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::Titled => "titled",
            Self::Bare => "bare",
            Self::Removed => "removed",
            Self::Unknown => "unknown",
        }
    }
}

/// One observation as the clause reads it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutcomePoint {
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// In which trial.
    pub trial: String,
    /// Of which arm.
    pub arm: Arm,
    /// How it reads. Words for reason codes come from
    /// [`ReportInput::reasons`].
    pub outcome: Outcome,
}

/// One measured time to hand-over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DelayPoint {
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// In which trial.
    pub trial: String,
    /// Of which arm.
    pub arm: Arm,
    /// How long, milliseconds.
    pub delay_ms: f64,
}

/// What the press reported of the same thing, for replays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportedFact {
    /// The handling reported.
    pub handling: Handling,
    /// The id of a [`SourceRef`], or the source in words.
    pub source: String,
    /// Whether another source says otherwise.
    pub disputed: bool,
}

/// A page that stood in the way. Shown as text only, never rendered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockPage {
    /// The source as it was received.
    pub html_text: String,
    /// The text a person would have read.
    pub visible_text: String,
    /// The address it stood at.
    pub url: String,
    /// The digest of its bytes.
    pub digest: Digest,
    /// When it was seen, Unix milliseconds.
    pub at_ms: i64,
    /// What its classification rests on: a code, and what was found.
    pub signals: Vec<(String, String)>,
}

/// Evidence by digest, with the address it came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceRef {
    /// The digest of the bytes.
    pub digest: Digest,
    /// Where they came from.
    pub url: String,
}

/// A cell with everything its page shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CellView {
    /// Which cell.
    pub cell: Cell,
    /// What the judge says of it; none where nothing was judged.
    pub finding: Option<Finding>,
    /// The observations, as the clause reads them.
    pub outcomes_over_time: Vec<OutcomePoint>,
    /// The handling of the rival's link that was seen most.
    pub handling: Handling,
    /// The form it was shown in most.
    pub form: Form,
    /// What the press reported, for replays.
    pub reported: Option<ReportedFact>,
    /// The page that stood in the way.
    pub block_page: Option<BlockPage>,
    /// Times to hand-over, where the clause speaks of them.
    pub delay_points: Vec<DelayPoint>,
    /// The platform's stated reason, in its own words.
    pub stated_reason: Option<String>,
    /// The evidence it rests on.
    pub evidence: Vec<EvidenceRef>,
    /// The factors the observations were made under, each with the values
    /// seen (`user-agent`: browser, plain).
    pub factors: BTreeMap<String, Vec<String>>,
}

impl CellView {
    /// A view of `cell` with nothing in it.
    pub fn empty(cell: Cell) -> Self {
        Self {
            cell,
            finding: None,
            outcomes_over_time: Vec::new(),
            handling: Handling::NotMeasured,
            form: Form::Unknown,
            reported: None,
            block_page: None,
            delay_points: Vec::new(),
            stated_reason: None,
            evidence: Vec::new(),
            factors: BTreeMap::new(),
        }
    }
}

/// Where a subject stands on an obligation at an instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The id of the subject.
    pub subject: String,
    /// The id of the obligation.
    pub obligation: String,
    /// The instant it speaks of, Unix milliseconds. There may be one standing
    /// a round; the latest stands first in the report, the earlier ones beside
    /// it.
    pub as_of_ms: i64,
    /// The due date it is held against, Unix milliseconds.
    pub due_ms: i64,
    /// Kept, Broken or Open.
    pub state: Decision,
    /// Cells found Broken.
    pub broken_cells: u64,
    /// Cells found Kept.
    pub kept_cells: u64,
    /// Cells that are Open.
    pub open_cells: u64,
    /// Since when the state holds, Unix milliseconds, where that is known.
    pub since_ms: Option<i64>,
}

impl Standing {
    /// Whether no comparison of the subject's was measured at all. Such a
    /// standing is Open, and says nothing else.
    pub fn is_unmeasured(&self) -> bool {
        self.broken_cells == 0 && self.kept_cells == 0 && self.open_cells == 0
    }
}

/// The committed seed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Randomisation {
    /// SHA-256(seed ‖ plan), published before the first trial; none where
    /// nothing was randomised by us.
    pub commitment: Option<String>,
    /// The seed, once revealed.
    pub revealed_seed: Option<String>,
    /// How many trials the plan holds.
    pub trials: u64,
}

/// Everything a report shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportInput {
    /// Format version of this type as stored.
    pub format: u32,
    /// The order's id.
    pub order: String,
    /// The title of the report.
    pub title: Text,
    /// What the order says, in substance.
    pub order_text: Text,
    /// Who issued it.
    pub issuer: Text,
    /// What is known of its wording.
    pub status: Status,
    /// The sources of the order and of reported facts.
    pub sources: Vec<SourceRef>,
    /// Whom it addresses.
    pub subjects: Vec<Subject>,
    /// Their services.
    pub platforms: Vec<Platform>,
    /// Where links are met.
    pub scenes: Vec<Scene>,
    /// Whose links are opened.
    pub destinations: Vec<Destination>,
    /// What must be done.
    pub obligations: Vec<Obligation>,
    /// What may follow a missed deadline.
    pub consequences: Vec<Text>,
    /// The rounds, in time.
    pub rounds: Vec<Round>,
    /// Names of rounds in both languages, by id; [`Round::name`] stands in
    /// where there is none.
    pub round_names: BTreeMap<String, Text>,
    /// Words for the reason codes of outcomes; a code without words is shown
    /// as it is.
    pub reasons: BTreeMap<String, Text>,
    /// The cells.
    pub cells: Vec<CellView>,
    /// The standings.
    pub standings: Vec<Standing>,
    /// Whether this replays press reports on fake servers.
    pub replay: bool,
    /// The committed seed.
    pub randomisation: Randomisation,
    /// The judge's version.
    pub judge_version: String,
    /// The error bound over all cells of the order.
    pub alpha: f64,
    /// The instant of the report, Unix milliseconds.
    pub as_of_ms: i64,
    /// The offset that instants are written in, such as `+08:00`; what is not
    /// an offset is read as UTC.
    pub offset: String,
}

impl ReportInput {
    /// The format version written now.
    pub const FORMAT: u32 = 1;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_language_falls_back_to_the_other() {
        let text = Text::new("order", " ");
        assert_eq!(text.pick(Language::Zh), "order");
        assert_eq!(Text::new("a", "甲").pick(Language::Zh), "甲");
    }
}
