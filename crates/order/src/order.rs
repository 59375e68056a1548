//! An order as it binds: references resolved, dates read, ids unique, stages in order.
//!
//! It is made by [`bind`](crate::bind) only. It does not know how a clause is tested, nor
//! what was measured.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde::Serialize;

/// An order.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Order {
    /// The version of the file's format.
    pub format: i64,
    /// The order's name in file names and reports.
    pub id: String,
    /// Its title.
    pub title: Text,
    /// Who issued it.
    pub issuer: Text,
    /// How far the wording can be relied on.
    pub status: Status,
    /// Where it holds, such as `CN`; `none` for a standard without legal force.
    pub jurisdiction: String,
    /// The IANA name of the zone in which its dates begin and end.
    pub time_zone: String,
    /// The day it was issued.
    pub issued: Date,
    /// The probability of even one false accusation over the whole order.
    pub alpha: f64,
    /// A remark for readers.
    pub note: Option<Text>,
    /// Where the order and its facts can be read.
    pub sources: Vec<Source>,
    /// Companies, addressed or not.
    pub subjects: Vec<Subject>,
    /// Their services.
    pub platforms: Vec<Platform>,
    /// What must be done by when.
    pub obligations: Vec<Obligation>,
    /// Changes, earliest first. In an order [as in force on a date](Order::in_force_on)
    /// those that are still to come.
    pub amendments: Vec<Amendment>,
    /// What may follow a missed deadline.
    pub consequences: Vec<Consequence>,
}

/// How far an order's wording can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// The issuer published this wording.
    Official,
    /// The wording is known through others, such as the press.
    AsReported,
    /// A standard set by researchers; it is not an order and binds nobody.
    ResearchStandard,
}

impl Status {
    /// The word as written in the file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Official => "official",
            Self::AsReported => "as-reported",
            Self::ResearchStandard => "research-standard",
        }
    }
}

/// Text in English and perhaps in Simplified Chinese.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Text {
    /// In English.
    pub en: String,
    /// In Simplified Chinese.
    pub zh: Option<String>,
}

impl Text {
    /// The text in a language named by its tag (`zh`, `zh-Hans`, `zh-CN`, `en`, …);
    /// English where there is no other.
    ///
    /// ```
    /// use moongate_order::Text;
    /// let text = Text { en: "link".into(), zh: Some("链接".into()) };
    /// assert_eq!(text.in_language("zh-Hans"), "链接");
    /// assert_eq!(text.in_language("fr"), "link");
    /// ```
    pub fn in_language(&self, tag: &str) -> &str {
        let chinese = tag
            .split(['-', '_'])
            .next()
            .is_some_and(|language| language.eq_ignore_ascii_case("zh"));
        match &self.zh {
            Some(zh) if chinese => zh,
            _ => &self.en,
        }
    }
}

/// A text that can be opened and read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Source {
    /// Its name within the order.
    pub id: String,
    /// What sort of text it is: `official`, `law`, `press`, `company`, `research`, `court`.
    pub kind: String,
    /// Its title in its own language.
    pub title: String,
    /// Who published it.
    pub publisher: Option<String>,
    /// Where it can be read.
    pub url: String,
    /// When it was published.
    pub published: Option<Date>,
    /// When it was read there.
    pub accessed: Option<Date>,
    /// How near it is to the origin: `primary`, `report`, `copy`, `second-hand`.
    pub confidence: String,
    /// A remark for readers.
    pub note: Option<Text>,
}

/// A company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Subject {
    /// Its name within the order.
    pub id: String,
    /// Its name for people.
    pub name: Text,
    /// Whether the order addresses it. One that is not addressed owes nothing and must
    /// never be judged.
    pub addressed: bool,
    /// The sources that say so.
    pub sources: Vec<String>,
    /// A remark for readers.
    pub note: Option<Text>,
}

/// A service of a subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Platform {
    /// Its name within the order.
    pub id: String,
    /// The id of the company that runs it.
    pub subject: String,
    /// Its name for people.
    pub name: Text,
    /// What people do there: `messenger`, `social`, `video`, `shop`, …
    pub kind: String,
    /// Host names that belong to it with all names below them, lower case.
    pub homes: Vec<String>,
    /// Where in it links are met; empty if it is only a destination.
    pub scenes: Vec<Scene>,
    /// A remark for readers.
    pub note: Option<Text>,
}

/// A place in a platform where links are met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Scene {
    /// Its name within the platform; platforms share names.
    pub id: String,
    /// Its name for people.
    pub name: Text,
    /// A remark for readers.
    pub note: Option<Text>,
}

/// One thing that subjects must do.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Obligation {
    /// Its name within the order.
    pub id: String,
    /// The check that tests it.
    pub check: String,
    /// What it asks, in a line.
    pub title: Text,
    /// The ids of those who must do it; `all` is already spelled out. All are addressed.
    pub subjects: Vec<String>,
    /// By when all of it; no stage is due later.
    pub due: Due,
    /// Earlier due dates for parts of it, earliest first; no scene stands in two.
    pub stages: Vec<Stage>,
    /// The testable statements it consists of.
    pub clauses: Vec<Clause>,
    /// The sources that say so.
    pub sources: Vec<String>,
    /// A remark for readers.
    pub note: Option<Text>,
}

/// A part of an obligation with a due date of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Stage {
    /// Its name within the obligation.
    pub id: String,
    /// By when.
    pub due: Due,
    /// The ids of the scenes that it covers.
    pub scenes: Vec<String>,
    /// What it asks.
    pub title: Option<Text>,
    /// The sources that say so.
    pub sources: Vec<String>,
    /// A remark for readers.
    pub note: Option<Text>,
}

/// A deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
pub enum Due {
    /// The end of this day in the order's time zone.
    Date(Date),
    /// This instant.
    Instant(Timestamp),
}

impl std::fmt::Display for Due {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Date(date) => date.fmt(f),
            Self::Instant(instant) => instant.fmt(f),
        }
    }
}

/// One testable statement.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Clause {
    /// Its name within the obligation.
    pub id: String,
    /// The kind of clause, as the check knows it.
    pub kind: String,
    /// The wording.
    pub text: Text,
    /// The sources that say so.
    pub sources: Vec<String>,
    /// The ids of the platforms on which it binds, if not on all of the subjects'.
    pub platforms: Option<Vec<String>>,
    /// The ids of the scenes in which it binds, if not in all.
    pub scenes: Option<Vec<String>>,
    /// Every parameter of its kind, those left out with their defaults.
    pub parameters: BTreeMap<String, Parameter>,
    /// A remark for readers.
    pub note: Option<Text>,
}

impl Clause {
    /// The parameter of this name as a number.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.parameters.get(name).map(|value| value.as_f64())
    }
}

/// The value of a clause's parameter, in the unit that its name ends with.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Parameter {
    /// A number: a share, milliseconds, a count.
    Number(f64),
    /// Yes or no.
    Flag(bool),
}

impl Parameter {
    /// The value as a number; a flag as 1 or 0.
    pub fn as_f64(self) -> f64 {
        match self {
            Self::Number(number) => number,
            Self::Flag(flag) => f64::from(u8::from(flag)),
        }
    }
}

/// A change that the issuer made later.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Amendment {
    /// Its name within the order.
    pub id: String,
    /// The first day on which it is in force.
    pub date: Date,
    /// The id of the obligation that it changes.
    pub obligation: String,
    /// What it changes.
    pub change: Change,
    /// The sources that say so.
    pub sources: Vec<String>,
    /// A remark for readers.
    pub note: Option<Text>,
}

/// What an amendment changes.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// A new due date of the obligation, or of one of its stages.
    Due {
        /// The stage, if it is one.
        stage: Option<String>,
        /// The new due date.
        due: Due,
    },
    /// A clause joins the obligation.
    ClauseAdded(Clause),
    /// A clause is no longer asked.
    ClauseWithdrawn(String),
    /// A clause has a new wording.
    Text {
        /// The id of the clause.
        clause: String,
        /// The new wording.
        text: Text,
    },
}

/// What may follow a missed deadline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Consequence {
    /// Its name within the order.
    pub id: String,
    /// The id of the obligation that was missed.
    pub after: String,
    /// What the order says may follow.
    pub text: Text,
    /// The sources that say so.
    pub sources: Vec<String>,
    /// A remark for readers.
    pub note: Option<Text>,
}

impl Order {
    /// The subject of this id.
    pub fn subject(&self, id: &str) -> Option<&Subject> {
        self.subjects.iter().find(|subject| subject.id == id)
    }

    /// The platform of this id.
    pub fn platform(&self, id: &str) -> Option<&Platform> {
        self.platforms.iter().find(|platform| platform.id == id)
    }

    /// The obligation of this id.
    pub fn obligation(&self, id: &str) -> Option<&Obligation> {
        self.obligations.iter().find(|item| item.id == id)
    }

    /// The source of this id.
    pub fn source(&self, id: &str) -> Option<&Source> {
        self.sources.iter().find(|source| source.id == id)
    }

    /// The platform to which a host belongs, if the order names it.
    pub fn platform_of_host(&self, host: &str) -> Option<&Platform> {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        self.platforms
            .iter()
            .flat_map(|platform| platform.homes.iter().map(move |home| (home, platform)))
            .filter(|(home, _)| lies_within(&host, home))
            .max_by_key(|(home, _)| home.len())
            .map(|(_, platform)| platform)
    }

    /// Whether a clause binds a platform in a scene: its subject owes the obligation, and
    /// the clause excludes neither. Without this nothing may be judged.
    pub fn binds(
        &self,
        obligation: &Obligation,
        clause: &Clause,
        platform: &Platform,
        scene: &str,
    ) -> bool {
        let named = |list: &Option<Vec<String>>, id: &str| {
            list.as_ref()
                .is_none_or(|ids| ids.iter().any(|known| known == id))
        };
        obligation.subjects.contains(&platform.subject)
            && platform.scenes.iter().any(|known| known.id == scene)
            && named(&clause.platforms, &platform.id)
            && named(&clause.scenes, scene)
    }

    /// The first instant after the deadline: whatever is measured from then on is late.
    pub fn deadline(&self, due: Due) -> Timestamp {
        match due {
            Due::Instant(instant) => instant,
            Due::Date(date) => end_of_day(date, &zone(&self.time_zone)),
        }
    }

    /// The due date of an obligation in a scene: that of the stage which covers it, or
    /// else the obligation's own.
    pub fn due_in_scene(&self, obligation: &Obligation, scene: &str) -> Due {
        obligation
            .stages
            .iter()
            .find(|stage| stage.scenes.iter().any(|covered| covered == scene))
            .map_or(obligation.due, |stage| stage.due)
    }

    /// The order as in force on a day in its time zone: the amendments of that day and
    /// before are applied, the later ones remain to come.
    ///
    /// Before the day of issue this is the order as issued.
    #[must_use]
    pub fn in_force_on(&self, date: Date) -> Self {
        let mut order = self.clone();
        let (applied, to_come) = order
            .amendments
            .drain(..)
            .partition(|amendment| amendment.date <= date);
        order.amendments = to_come;
        let applied: Vec<Amendment> = applied;
        for amendment in &applied {
            let obligation = order
                .obligations
                .iter_mut()
                .find(|obligation| obligation.id == amendment.obligation);
            if let Some(obligation) = obligation {
                obligation.apply(&amendment.change);
            }
        }
        order
    }
}

impl Obligation {
    /// The clause of this id.
    pub fn clause(&self, id: &str) -> Option<&Clause> {
        self.clauses.iter().find(|clause| clause.id == id)
    }

    pub(crate) fn apply(&mut self, change: &Change) {
        match change {
            Change::Due { stage: None, due } => self.due = *due,
            Change::Due {
                stage: Some(id),
                due,
            } => {
                for stage in self.stages.iter_mut().filter(|stage| stage.id == *id) {
                    stage.due = *due;
                }
            }
            Change::ClauseAdded(clause) => self.clauses.push(clause.clone()),
            Change::ClauseWithdrawn(id) => self.clauses.retain(|clause| clause.id != *id),
            Change::Text { clause: id, text } => {
                for clause in self.clauses.iter_mut().filter(|clause| clause.id == *id) {
                    clause.text = text.clone();
                }
            }
        }
    }
}

/// The zone of this name; binding has seen that it exists.
pub(crate) fn zone(name: &str) -> TimeZone {
    jiff::tz::TimeZoneDatabase::bundled()
        .get(name)
        .unwrap_or(TimeZone::UTC)
}

/// The first instant of the next day; of the last day there is, the last instant.
pub(crate) fn end_of_day(date: Date, zone: &TimeZone) -> Timestamp {
    date.checked_add(1.day())
        .and_then(|next| next.to_zoned(zone.clone()))
        .map_or(Timestamp::MAX, |next| next.timestamp())
}

fn lies_within(host: &str, home: &str) -> bool {
    host == home
        || host
            .strip_suffix(home)
            .is_some_and(|below| below.ends_with('.'))
}
