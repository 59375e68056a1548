//! The demonstration's matrix is held against every fact that was reported,
//! for every moment.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test"
)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use common::{Ran, assert_whole, findings, moongate, run};
use moongate_glossary::Decision;
use moongate_town::{ExpectedHandling, ReportedCell, Timeline};
use serde_json::Value;

/// Enough to accuse every cell that is never opened, and quick.
const TRIALS: &str = "11";

/// What every output of a replay says, in both languages.
const REPLAY: &str = "It measures no company";
const REPLAY_ZH: &str = "并未测量任何公司";

/// Round, platform, scene, destination.
type Place = (String, String, String, String);

/// The demonstration, played once for all tests.
struct Played {
    folder: tempfile::TempDir,
    ran: Ran,
    /// The rows of the report's table `cells`.
    rows: Vec<Value>,
}

static PLAYED: LazyLock<Played> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    let case = folder.path().join("case");
    let ran = run(moongate()
        .arg("--demo-case")
        .arg(&case)
        .args(["--demo-trials", TRIALS]))
    .well();
    let json = run(moongate()
        .arg("report")
        .arg("--case")
        .arg(&case)
        .args(["--format", "json"]));
    let tables: Value = serde_json::from_str(&json.well().out).expect("tables");
    let rows = tables["cells"]["rows"].as_array().expect("rows").clone();
    Played { folder, ran, rows }
});

impl Played {
    fn case(&self) -> PathBuf {
        self.folder.path().join("case")
    }

    /// The handlings shown of every place: one, whatever the clause.
    fn shown(&self) -> BTreeMap<Place, BTreeSet<String>> {
        let mut shown: BTreeMap<Place, BTreeSet<String>> = BTreeMap::new();
        for row in &self.rows {
            let handling = text(row, "handling");
            shown.entry(place_of(row)).or_default().insert(handling);
        }
        shown
    }
}

fn text(row: &Value, key: &str) -> String {
    row[key]
        .as_str()
        .unwrap_or_else(|| panic!("{key} in {row}"))
        .to_owned()
}

fn place_of(row: &Value) -> Place {
    (
        text(row, "round"),
        text(row, "platform"),
        text(row, "scene"),
        text(row, "destination"),
    )
}

/// Every reported cell, with its place.
fn reported() -> Vec<(Place, ReportedCell)> {
    let timeline = Timeline::shipped().expect("the timeline");
    let mut all = Vec::new();
    for moment in timeline.moments() {
        for cell in timeline.cells(&moment.id) {
            let place = (
                moment.id.clone(),
                cell.platform.clone(),
                cell.scene.clone(),
                cell.destination.clone(),
            );
            all.push((place, cell));
        }
    }
    all
}

/// A blank page is no way on, and is shown as such.
fn word(handling: ExpectedHandling) -> String {
    match handling {
        ExpectedHandling::Blank => "blocked".to_owned(),
        other => other.word().to_owned(),
    }
}

#[test]
fn the_matrix_agrees_with_every_report_of_every_moment() {
    let shown = PLAYED.shown();
    let reported = reported();
    let moments: BTreeSet<&String> = reported.iter().map(|(place, _)| &place.0).collect();
    assert_eq!(moments.len(), 6, "{moments:?}");
    let mut wrong = Vec::new();
    for (place, cell) in &reported {
        let mut right = BTreeSet::from([word(cell.expected)]);
        if !cell.also.is_empty() {
            right.extend(cell.also.iter().copied().map(word));
            right.insert("mixed".to_owned());
        }
        let seen = shown.get(place).cloned().unwrap_or_default();
        if seen.len() != 1 || !seen.is_subset(&right) {
            wrong.push(format!(
                "{place:?}: {seen:?} is shown, {right:?} was reported"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let places: BTreeSet<&Place> = reported.iter().map(|(place, _)| place).collect();
    let more: Vec<&Place> = shown
        .keys()
        .filter(|place| !places.contains(place))
        .collect();
    assert!(more.is_empty(), "shown, but never reported: {more:?}");
}

#[test]
fn the_reported_form_is_shown() {
    let mut compared = 0;
    for (place, cell) in reported() {
        let Some(form) = cell.form else { continue };
        for row in PLAYED.rows.iter().filter(|row| place_of(row) == place) {
            assert_eq!(text(row, "form"), form.word(), "{place:?}");
            compared += 1;
        }
    }
    let forms: usize = reported()
        .iter()
        .filter(|(_, cell)| cell.form.is_some())
        .count();
    assert!(compared >= forms, "{compared} of {forms}");
}

/// The clauses that a handling, and nothing but it, breaks.
fn broken_by(handling: ExpectedHandling) -> &'static [&'static str] {
    match handling {
        ExpectedHandling::Opened => &[],
        ExpectedHandling::ExtraStep
        | ExpectedHandling::Warned
        | ExpectedHandling::Blocked
        | ExpectedHandling::Removed
        | ExpectedHandling::Blank => &["same-form", "direct-open", "no-extra-step"],
        ExpectedHandling::MustCopy => &["same-form", "direct-open", "no-extra-step", "no-copying"],
    }
}

#[test]
fn what_was_never_opened_is_broken_and_what_opened_is_not() {
    let cells: BTreeMap<Place, ReportedCell> = reported().into_iter().collect();
    let mut wrong = Vec::new();
    let (mut broken, mut opened) = (0, 0);
    for finding in findings(&PLAYED.case()) {
        let cell = &finding.cell;
        let place = (
            cell.round.clone(),
            cell.platform.clone(),
            cell.scene.clone(),
            cell.destination.clone(),
        );
        let told = &cells[&place];
        let all: Vec<ExpectedHandling> = std::iter::once(told.expected)
            .chain(told.also.iter().copied())
            .collect();
        let breaks = |it: &ExpectedHandling| broken_by(*it).contains(&cell.clause.as_str());
        if all.iter().all(breaks) {
            broken += 1;
            if finding.decision != Decision::Broken {
                wrong.push(format!("{cell:?} is {:?}", finding.decision));
            }
        } else if !all.iter().any(breaks) {
            opened += 1;
            if finding.decision == Decision::Broken {
                wrong.push(format!("{cell:?} is accused"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(broken > 40 && opened > 40, "{broken} {opened}");
}

#[test]
fn who_is_not_addressed_is_shown_and_not_judged() {
    let weibo: Vec<&Value> = PLAYED
        .rows
        .iter()
        .filter(|row| row["platform"] == "weibo")
        .collect();
    assert_eq!(weibo.len(), 3);
    assert!(
        weibo
            .iter()
            .all(|row| row["decision"] == "none" && row["handling"] != "not-measured")
    );
    let judged = findings(&PLAYED.case());
    assert!(
        judged
            .iter()
            .all(|finding| finding.cell.platform != "weibo")
    );
    assert!(
        judged
            .iter()
            .any(|finding| finding.cell.platform == "wechat")
    );
}

#[test]
fn every_planned_trial_is_there_once() {
    assert_whole(&PLAYED.case());
}

#[test]
fn every_output_says_that_it_replays_reports() {
    assert!(PLAYED.ran.err.contains(REPLAY), "{}", PLAYED.ran.err);
    assert!(PLAYED.ran.out.contains("replay"), "{}", PLAYED.ran.out);
    for (format, language) in [("text", "en"), ("text", "zh")] {
        let shown = run(moongate()
            .arg("report")
            .arg("--case")
            .arg(PLAYED.case())
            .args(["--format", format, "--lang", language]));
        let said = ["replay", "重现", "重演"]
            .iter()
            .any(|word| shown.out.contains(word));
        assert!(said, "{format} {language}:\n{}", shown.out);
    }
    let zh = run(moongate()
        .arg("--demo-case")
        .arg(PLAYED.folder.path().join("zh"))
        .args(["--demo-trials", "1", "--lang", "zh"]))
    .well();
    assert!(zh.err.contains(REPLAY_ZH), "{}", zh.err);
    let pages = pages(&PLAYED.case().join("report"));
    assert!(pages.len() > 100, "{}", pages.len());
    for page in pages {
        let html = std::fs::read_to_string(&page).expect("a page");
        let said = ["replays press reports", "重现", "重演"]
            .iter()
            .any(|word| html.contains(word));
        assert!(said, "{}", page.display());
    }
}

fn pages(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path
                .extension()
                .is_some_and(|extension| extension == "html")
            {
                all.push(path);
            }
        }
    }
    all
}
