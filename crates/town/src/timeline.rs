//! The dated timeline: press reports as data, and the plan of a town that
//! replays them.
//!
//! What nobody reported does not exist here. Where a report leaves open what a
//! server must decide, the row says what was assumed.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use thiserror::Error;
use toml_edit::{Document, Table};

use crate::behaviour::{SpecError, named, opens};
use crate::form::Form;
use crate::html::Notice;
use crate::plan::{
    CellKey, CellPlan, Compare, Destination, Moment, PlatformPlan, TownPlan, Unplanned, Words,
};
use crate::shim::Shim;

/// How a link was handled, as a reporter would say it; the ladder of the
/// links check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExpectedHandling {
    /// It opened inside the app.
    Opened,
    /// After one more click.
    ExtraStep,
    /// After a warning and one more click.
    Warned,
    /// The user had to copy the address into another browser.
    MustCopy,
    /// It did not open.
    Blocked,
    /// The recipient was shown no link.
    Removed,
    /// A page with nothing on it.
    Blank,
}

impl ExpectedHandling {
    /// All, from good to bad.
    pub const ALL: [Self; 7] = [
        Self::Opened,
        Self::ExtraStep,
        Self::Warned,
        Self::MustCopy,
        Self::Blocked,
        Self::Removed,
        Self::Blank,
    ];

    /// The word in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::ExtraStep => "extra-step",
            Self::Warned => "warned",
            Self::MustCopy => "must-copy",
            Self::Blocked => "blocked",
            Self::Removed => "removed",
            Self::Blank => "blank",
        }
    }

    /// The handling of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|handling| handling.word() == word)
    }
}

/// One reported fact.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The moments it speaks of.
    pub moments: Vec<String>,
    /// The platform.
    pub platform: String,
    /// The scenes; `chat` where the report names none.
    pub scenes: Vec<String>,
    /// The destinations.
    pub destinations: Vec<String>,
    /// How the links were handled.
    pub expected: ExpectedHandling,
    /// What plays it, as [`named`] reads it.
    pub behaviour: String,
    /// The form in which the link was shown, where reported.
    pub form: Option<Form>,
    /// The client's version, where reported.
    pub client_version: Option<String>,
    /// How often it is seen in its cell; an assumption. None: whenever no
    /// other row of the cell is.
    pub share: Option<f64>,
    /// What is assumed for the rest, where no other row says it.
    pub otherwise: Option<ExpectedHandling>,
    /// Whether other reports contradict it, or it holds for some only.
    pub disputed: bool,
    /// What was reported, in our own words.
    pub said: String,
    /// Where.
    pub source: String,
    /// What was assumed, and what to know about it.
    pub note: Option<String>,
}

/// One cell at one moment, with all reports of it.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportedCell {
    /// The platform.
    pub platform: String,
    /// The scene.
    pub scene: String,
    /// The destination's id.
    pub destination: String,
    /// How its links are handled most of the time.
    pub expected: ExpectedHandling,
    /// How else, where reports differ or hold for some only.
    pub also: Vec<ExpectedHandling>,
    /// The form, where reported.
    pub form: Option<Form>,
    /// Where it was reported; several sources are parted by `; `.
    pub source: String,
    /// Whether any of its reports is disputed or holds for some only.
    pub disputed: bool,
    /// What was assumed, and what to know about it.
    pub note: Option<String>,
    /// What was reported, in our own words.
    pub said: String,
    /// The client's version, where reported.
    pub client_version: Option<String>,
    /// What plays it in the town, as [`named`] reads it.
    pub behaviour: String,
}

/// What stands behind a control.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// A report says that it opened.
    Reported,
    /// We assume that it opened.
    Assumed,
}

/// Why a timeline cannot be read.
#[derive(Debug, Error)]
pub enum TimelineError {
    /// It is not TOML.
    #[error("the timeline is not TOML: {0}")]
    Toml(#[from] toml_edit::TomlError),
    /// A row lacks something or has it wrong.
    #[error("[[{table}]] number {number}: `{key}` is missing or not {expected}")]
    Row {
        /// The table.
        table: &'static str,
        /// From 1.
        number: usize,
        /// The key.
        key: String,
        /// What it must be.
        expected: &'static str,
    },
    /// A behaviour is not understood.
    #[error(transparent)]
    Behaviour(#[from] SpecError),
    /// A row uses an id that no row defines.
    #[error("the {what} \"{id}\" is used and nowhere defined; define it or correct the id")]
    Undefined {
        /// What it should be.
        what: &'static str,
        /// The id.
        id: String,
    },
}

/// A platform of the timeline.
#[derive(Debug, Clone, PartialEq)]
struct TimelinePlatform {
    id: String,
    name: Words,
    scenes: Vec<String>,
    shim: Shim,
}

/// Candidates for controls.
#[derive(Debug, Clone, PartialEq)]
struct ControlRow {
    platform: String,
    kind: String,
    candidates: Vec<String>,
}

/// Dated press reports, with all that is needed to replay them.
#[derive(Debug, Clone, PartialEq)]
pub struct Timeline {
    platforms: Vec<TimelinePlatform>,
    destinations: Vec<Destination>,
    moments: Vec<Moment>,
    reports: Vec<Report>,
    controls: Vec<ControlRow>,
}

/// Controls in one comparison (statistics: c = 4).
const CONTROLS: usize = 4;

impl Timeline {
    /// The timeline that comes with the crate.
    ///
    /// ```
    /// use moongate_town::{ExpectedHandling, Timeline};
    /// let timeline = Timeline::shipped()?;
    /// let cells = timeline.cells("2021-09-17-am");
    /// let taobao = cells.iter().find(|c| c.platform == "wechat" && c.destination == "taobao-item");
    /// assert_eq!(taobao.map(|c| c.expected), Some(ExpectedHandling::MustCopy));
    /// # Ok::<(), moongate_town::TimelineError>(())
    /// ```
    ///
    /// # Errors
    /// None in a released crate: a test reads it.
    pub fn shipped() -> Result<Self, TimelineError> {
        Self::parse(include_str!("../data/timeline.toml"))
    }

    /// Reads a timeline.
    ///
    /// # Errors
    /// [`TimelineError`] names the first row that is wrong.
    pub fn parse(text: &str) -> Result<Self, TimelineError> {
        let document = Document::parse(text)?;
        let root = document.as_table();
        let timeline = Self {
            platforms: rows(root, "platform", read_platform)?,
            destinations: rows(root, "destination", read_destination)?,
            moments: rows(root, "moment", read_moment)?,
            reports: rows(root, "report", read_report)?,
            controls: rows(root, "control", read_control)?,
        };
        timeline.check()?;
        Ok(timeline)
    }

    /// Every id that a row uses is defined, every behaviour understood.
    fn check(&self) -> Result<(), TimelineError> {
        let moments: Vec<&String> = self.moments.iter().map(|m| &m.id).collect();
        let destinations: Vec<&String> = self.destinations.iter().map(|d| &d.id).collect();
        for report in &self.reports {
            named(&report.behaviour)?;
            let platform = self.platforms.iter().find(|p| p.id == report.platform);
            let platform = platform.ok_or_else(|| TimelineError::Undefined {
                what: "platform",
                id: report.platform.clone(),
            })?;
            let scenes: Vec<&String> = platform.scenes.iter().collect();
            defined("scene", &report.scenes, &scenes)?;
            defined("moment", &report.moments, &moments)?;
            defined("destination", &report.destinations, &destinations)?;
        }
        let mut controls = self.controls.iter();
        controls.try_for_each(|row| defined("destination", &row.candidates, &destinations))
    }

    /// The moments, in time.
    pub fn moments(&self) -> &[Moment] {
        &self.moments
    }

    /// The reported facts, as entered.
    pub fn reports(&self) -> &[Report] {
        &self.reports
    }

    /// Where links lead.
    pub fn destinations(&self) -> &[Destination] {
        &self.destinations
    }

    /// The platforms that have a chat: id and name.
    pub fn platforms(&self) -> impl Iterator<Item = (&str, &Words)> {
        self.platforms.iter().map(|p| (p.id.as_str(), &p.name))
    }

    /// What was reported for a moment: one row a cell, sorted by platform,
    /// scene and destination. A cell that is not here was not reported.
    pub fn cells(&self, moment: &str) -> Vec<ReportedCell> {
        let mut cells: BTreeMap<(&str, &str, &str), Vec<&Report>> = BTreeMap::new();
        for report in self.reports.iter().filter(|r| has(&r.moments, moment)) {
            for scene in &report.scenes {
                for destination in &report.destinations {
                    let key = (
                        report.platform.as_str(),
                        scene.as_str(),
                        destination.as_str(),
                    );
                    cells.entry(key).or_default().push(report);
                }
            }
        }
        let cells = cells.into_iter();
        cells
            .filter_map(|(key, reports)| merge(key, &reports))
            .collect()
    }

    /// The four links that the handling of `destination` is compared with:
    /// same kind, the platform's own, neutral or of a third party, known or
    /// assumed to open. Fewer only if the data has fewer.
    pub fn controls(
        &self,
        moment: &str,
        platform: &str,
        scene: &str,
        destination: &str,
    ) -> Vec<String> {
        let kind = self.destinations.iter().find(|d| d.id == destination);
        let Some(kind) = kind.map(|d| d.kind.as_str()) else {
            return Vec::new();
        };
        self.controls_of_kind(&self.cells(moment), platform, scene, kind)
    }

    /// What stands behind a control in a cell.
    pub fn control_basis(&self, moment: &str, platform: &str, scene: &str, control: &str) -> Basis {
        let cells = self.cells(moment);
        if in_scene(&cells, platform, scene).any(|cell| cell.destination == control) {
            Basis::Reported
        } else {
            Basis::Assumed
        }
    }

    fn controls_of_kind(
        &self,
        cells: &[ReportedCell],
        platform: &str,
        scene: &str,
        kind: &str,
    ) -> Vec<String> {
        let rows = self.controls.iter();
        let row = rows.filter(|row| row.platform == platform && row.kind == kind);
        row.flat_map(|row| &row.candidates)
            .filter(|id| {
                in_scene(cells, platform, scene)
                    .filter(|cell| cell.destination == **id)
                    .all(|cell| cell.expected == ExpectedHandling::Opened && !cell.disputed)
            })
            .take(CONTROLS)
            .cloned()
            .collect()
    }

    /// What is to be compared at a moment: for each platform, scene and kind
    /// the reported links that are no controls, with their controls.
    pub fn compares(&self, moment: &str) -> Vec<Compare> {
        let cells = self.cells(moment);
        let mut groups: BTreeMap<(String, String, String), Vec<String>> = BTreeMap::new();
        for cell in &cells {
            let destination = self.destinations.iter().find(|d| d.id == cell.destination);
            let kind = destination.map(|d| d.kind.clone()).unwrap_or_default();
            let key = (cell.platform.clone(), cell.scene.clone(), kind);
            groups
                .entry(key)
                .or_default()
                .push(cell.destination.clone());
        }
        let groups = groups
            .into_iter()
            .map(|((platform, scene, kind), reported)| {
                let controls = self.controls_of_kind(&cells, &platform, &scene, &kind);
                let rivals = reported
                    .into_iter()
                    .filter(|id| !controls.contains(id))
                    .collect();
                Compare {
                    round: Some(moment.to_owned()),
                    platform,
                    scene,
                    rivals,
                    controls,
                }
            });
        groups
            .filter(|compare| !compare.rivals.is_empty())
            .collect()
    }
}

/// Refuses the first of `used` that is not among `known`.
fn defined(what: &'static str, used: &[String], known: &[&String]) -> Result<(), TimelineError> {
    match used.iter().find(|id| !known.contains(id)) {
        None => Ok(()),
        Some(id) => Err(TimelineError::Undefined {
            what,
            id: id.clone(),
        }),
    }
}

fn has(all: &[String], one: &str) -> bool {
    all.iter().any(|item| item == one)
}

fn in_scene<'a>(
    cells: &'a [ReportedCell],
    platform: &'a str,
    scene: &'a str,
) -> impl Iterator<Item = &'a ReportedCell> {
    cells
        .iter()
        .filter(move |cell| cell.platform == platform && cell.scene == scene)
}

/// One cell from all its reports; none without any.
fn merge(
    (platform, scene, destination): (&str, &str, &str),
    reports: &[&Report],
) -> Option<ReportedCell> {
    let first = *reports.first()?;
    let usual = reports.iter().find(|report| report.share.is_none());
    let (expected, mut behaviour) = match usual {
        Some(report) => (report.expected, report.behaviour.clone()),
        // Only rows with shares: the rest is what the row assumes.
        None => (
            first.otherwise.unwrap_or(first.expected),
            "opens".to_owned(),
        ),
    };
    for report in reports {
        if let Some(share) = report.share {
            behaviour = format!("flaky({share}, {}, {behaviour})", report.behaviour);
        }
    }
    let handlings: BTreeSet<ExpectedHandling> = reports.iter().map(|r| r.expected).collect();
    let version = reports.iter().find_map(|r| r.client_version.clone());
    Some(ReportedCell {
        platform: platform.to_owned(),
        scene: scene.to_owned(),
        destination: destination.to_owned(),
        expected,
        also: handlings.into_iter().filter(|h| *h != expected).collect(),
        form: reports.iter().find_map(|report| report.form),
        source: joined(reports.iter().map(|report| report.source.as_str()), "; "),
        disputed: reports.iter().any(|report| report.disputed),
        note: Some(joined(
            reports.iter().filter_map(|r| r.note.as_deref()),
            " ",
        ))
        .filter(|note| !note.is_empty()),
        said: joined(reports.iter().map(|report| report.said.as_str()), " "),
        client_version: version,
        behaviour,
    })
}

/// The different pieces in order.
fn joined<'a>(pieces: impl Iterator<Item = &'a str>, by: &str) -> String {
    let mut all = String::new();
    let mut seen = BTreeSet::new();
    for piece in pieces.filter(|piece| seen.insert(*piece)) {
        let by = if all.is_empty() { "" } else { by };
        all.push_str(by);
        all.push_str(piece);
    }
    all
}

impl TownPlan {
    /// The town that replays a timeline. Controls open; links that nobody
    /// reported on get a 404 that says so.
    ///
    /// # Errors
    /// [`TimelineError`] if a row's behaviour is not understood.
    pub fn timeline(timeline: &Timeline) -> Result<Self, TimelineError> {
        let mut plan = Self::outline(timeline);
        for compare in plan.compares.clone() {
            for control in &compare.controls {
                let moment = compare.round.clone();
                let key = key(moment, &compare.platform, &compare.scene, control);
                plan.cells.insert(key, cell_plan("opens", None)?);
            }
        }
        for moment in &timeline.moments {
            for cell in timeline.cells(&moment.id) {
                let moment = Some(moment.id.clone());
                let key = key(moment, &cell.platform, &cell.scene, &cell.destination);
                plan.cells
                    .insert(key, cell_plan(&cell.behaviour, cell.form)?);
            }
        }
        Ok(plan)
    }

    /// The same without its cells.
    pub(crate) fn outline(timeline: &Timeline) -> Self {
        let mut plan = Self::empty("the timeline");
        plan.notice = Notice::Replay;
        plan.unplanned = Unplanned::NotReported;
        plan.moments.clone_from(&timeline.moments);
        plan.destinations.clone_from(&timeline.destinations);
        for platform in &timeline.platforms {
            plan.platforms.push(PlatformPlan {
                id: platform.id.clone(),
                name: platform.name.clone(),
                scenes: platform.scenes.clone(),
                shim: platform.shim,
                policy: opens(),
                chat: opens(),
            });
        }
        for moment in &timeline.moments {
            plan.compares.extend(timeline.compares(&moment.id));
        }
        plan
    }
}

fn key(moment: Option<String>, platform: &str, scene: &str, destination: &str) -> CellKey {
    CellKey {
        moment,
        platform: platform.to_owned(),
        scene: scene.to_owned(),
        destination: destination.to_owned(),
    }
}

fn cell_plan(behaviour: &str, form: Option<Form>) -> Result<CellPlan, SpecError> {
    Ok(CellPlan {
        behaviour: named(behaviour)?,
        // Where no form is reported all links look alike.
        form: form.unwrap_or(Form::Card),
    })
}

/// One row with its place in the file, for errors.
struct Row<'a> {
    table: &'static str,
    number: usize,
    values: &'a Table,
}

type Read<T> = Result<T, TimelineError>;

fn rows<T>(root: &Table, table: &'static str, read: fn(&Row<'_>) -> Read<T>) -> Read<Vec<T>> {
    let tables = root.get(table).and_then(|item| item.as_array_of_tables());
    let tables = tables.into_iter().flat_map(|tables| tables.iter());
    tables
        .enumerate()
        .map(|(at, values)| {
            read(&Row {
                table,
                number: at + 1,
                values,
            })
        })
        .collect()
}

impl Row<'_> {
    fn wrong(&self, key: &str, expected: &'static str) -> TimelineError {
        TimelineError::Row {
            table: self.table,
            number: self.number,
            key: key.to_owned(),
            expected,
        }
    }

    fn optional(&self, key: &str) -> Option<&str> {
        self.values.get(key).and_then(|item| item.as_str())
    }

    fn text(&self, key: &str) -> Read<String> {
        let text = self.optional(key).filter(|text| !text.trim().is_empty());
        text.map(ToOwned::to_owned)
            .ok_or_else(|| self.wrong(key, "a text that is not empty"))
    }

    fn texts(&self, key: &str) -> Read<Vec<String>> {
        let wrong = || self.wrong(key, "a list of texts that is not empty");
        let array = self.values.get(key).and_then(|item| item.as_array());
        let texts: Option<Vec<String>> = array
            .ok_or_else(wrong)?
            .iter()
            .map(|value| value.as_str().map(ToOwned::to_owned))
            .collect();
        texts.filter(|texts| !texts.is_empty()).ok_or_else(wrong)
    }

    fn words(&self, key: &str) -> Read<Words> {
        let table = self.values.get(key).and_then(|item| item.as_table_like());
        let word = |language| table.and_then(|t| t.get(language)).and_then(|i| i.as_str());
        match (word("en"), word("zh")) {
            (Some(en), Some(zh)) => Ok(Words::new(en, zh)),
            _ => Err(self.wrong(key, "{ en = …, zh = … }")),
        }
    }

    fn handling(&self, key: &str) -> Read<Option<ExpectedHandling>> {
        let Some(word) = self.optional(key) else {
            return Ok(None);
        };
        let handling = ExpectedHandling::of_word(word);
        handling
            .map(Some)
            .ok_or_else(|| self.wrong(key, "a rung of the ladder"))
    }
}

fn read_platform(row: &Row<'_>) -> Read<TimelinePlatform> {
    Ok(TimelinePlatform {
        id: row.text("id")?,
        name: row.words("name")?,
        scenes: row.texts("scenes")?,
        shim: Shim::of_word(&row.text("redirector")?)
            .ok_or_else(|| row.wrong("redirector", "a family of redirectors"))?,
    })
}

fn read_destination(row: &Row<'_>) -> Read<Destination> {
    Ok(Destination {
        id: row.text("id")?,
        platform: row.optional("platform").map(ToOwned::to_owned),
        kind: row.text("kind")?,
        url: row.text("url")?,
        title: row.words("title")?,
    })
}

fn read_moment(row: &Row<'_>) -> Read<Moment> {
    let as_of: Option<Timestamp> = row.text("as_of")?.parse().ok();
    Ok(Moment {
        id: row.text("id")?,
        as_of: as_of.ok_or_else(|| row.wrong("as_of", "an instant with its offset"))?,
        name: row.words("name")?,
    })
}

fn read_report(row: &Row<'_>) -> Read<Report> {
    let share = row.values.get("share").map(toml_edit::Item::as_float);
    let share = match share {
        None => None,
        Some(Some(share)) if share > 0.0 && share < 1.0 => Some(share),
        Some(_) => return Err(row.wrong("share", "a number between 0 and 1")),
    };
    let form = row.optional("form").map(Form::of_word);
    if form == Some(None) {
        return Err(row.wrong("form", "a form of display"));
    }
    let disputed = row
        .values
        .get("disputed")
        .and_then(toml_edit::Item::as_bool);
    Ok(Report {
        moments: row.texts("moments")?,
        platform: row.text("platform")?,
        scenes: row.texts("scenes")?,
        destinations: row.texts("destinations")?,
        expected: row
            .handling("expected")?
            .ok_or_else(|| row.wrong("expected", "a rung of the ladder"))?,
        behaviour: row.text("behaviour")?,
        form: form.flatten(),
        client_version: row.optional("client_version").map(ToOwned::to_owned),
        share,
        otherwise: row.handling("otherwise")?,
        disputed: disputed.unwrap_or(false),
        said: row.text("said")?,
        source: row.text("source")?,
        note: row.optional("note").map(ToOwned::to_owned),
    })
}

fn read_control(row: &Row<'_>) -> Read<ControlRow> {
    Ok(ControlRow {
        platform: row.text("platform")?,
        kind: row.text("kind")?,
        candidates: row.texts("candidates")?,
    })
}
