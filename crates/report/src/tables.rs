//! All tables of a report, as CSV and as JSON.
//!
//! Codes and ids, never sentences: tables are the same in every language.

use moongate_glossary::{Arm, Finding, Tally};
use serde::{Serialize, Serializer};

use crate::explain::{class_and_code, decision_word, ground_word};
use crate::format::Zone;
use crate::input::{CellView, ReportInput};

/// One value of a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing: an empty field, `null`.
    None,
    /// A text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number. What is not finite becomes the text `inf`, `-inf` or `nan`.
    Number(f64),
    /// Yes or no.
    Flag(bool),
}

/// A column: its name and what it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// As in the head of the CSV file and the keys of the JSON rows; units
    /// last.
    pub name: &'static str,
    /// What it holds.
    pub about: &'static str,
}

/// One table.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Its name, as its files are called.
    pub name: &'static str,
    /// What a row of it is.
    pub about: &'static str,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows, each as long as `columns`.
    pub rows: Vec<Vec<Value>>,
}

/// All tables of a report.
#[derive(Debug, Clone, PartialEq)]
pub struct Tables {
    /// In the order in which they are listed.
    pub all: Vec<Table>,
}

impl Tables {
    /// The table called `name`.
    pub fn get(&self, name: &str) -> Option<&Table> {
        self.all.iter().find(|table| table.name == name)
    }

    /// Everything as one JSON object, by table name.
    pub fn json(&self) -> String {
        let all: Vec<String> = self
            .all
            .iter()
            .map(|table| format!("{}:{}", compact(&table.name), table.json().trim_end()))
            .collect();
        format!("{{\n{}\n}}\n", all.join(",\n"))
    }
}

impl Table {
    /// As CSV (RFC 4180, UTF-8, `\n`). A text that a spreadsheet would run as
    /// a formula gets an apostrophe before it; the JSON has it unchanged.
    pub fn csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let head = self.columns.iter().map(|column| column.name);
        // Writing to memory fails only for rows of unequal length, which
        // `row!` cannot make; `flexible` would hide a mistake.
        let _ = writer.write_record(head);
        for row in &self.rows {
            let _ = writer.write_record(row.iter().map(Value::as_field));
        }
        let bytes = writer.into_inner().unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// As JSON: what it is, its columns, and a row an object, one a line.
    pub fn json(&self) -> String {
        let mut text = format!(
            "{{\"about\":{},\"columns\":{},\"rows\":[",
            compact(&self.about),
            compact(&self.columns)
        );
        for (at, row) in self.rows.iter().enumerate() {
            text.push_str(if at == 0 { "\n" } else { ",\n" });
            text.push_str(&compact(&self.row_as_json(row)));
        }
        text.push_str("\n]}\n");
        text
    }

    fn row_as_json(&self, row: &[Value]) -> serde_json::Value {
        let fields = self.columns.iter().zip(row);
        fields
            .map(|(column, value)| (column.name.to_owned(), value.as_json()))
            .collect::<serde_json::Map<_, _>>()
            .into()
    }
}

fn compact(value: &impl Serialize) -> String {
    // Maps with text keys always serialise.
    serde_json::to_string(value).unwrap_or_default()
}

impl Value {
    fn as_field(&self) -> String {
        match self {
            Self::None => String::new(),
            Self::Text(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => {
                format!("'{text}")
            }
            Self::Text(text) => text.clone(),
            Self::Integer(value) => value.to_string(),
            Self::Number(value) if value.is_finite() => value.to_string(),
            Self::Number(value) => not_finite(*value).to_owned(),
            Self::Flag(value) => value.to_string(),
        }
    }

    fn as_json(&self) -> serde_json::Value {
        match self {
            Self::None => serde_json::Value::Null,
            Self::Text(text) => text.clone().into(),
            Self::Integer(value) => (*value).into(),
            Self::Number(value) if value.is_finite() => (*value).into(),
            Self::Number(value) => not_finite(*value).into(),
            Self::Flag(value) => (*value).into(),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_json().serialize(serializer)
    }
}

fn not_finite(value: f64) -> &'static str {
    if value.is_nan() {
        "nan"
    } else if value > 0.0 {
        "inf"
    } else {
        "-inf"
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        i64::try_from(value).map_or(Self::Number(value as f64), Self::Integer)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Flag(value)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::None, Into::into)
    }
}

macro_rules! row {
    ($($value:expr),* $(,)?) => { vec![$(Value::from($value)),*] };
}

/// The six columns that name a cell.
const CELL: [(&str, &str); 6] = [
    ("round", "the round's id"),
    ("platform", "the id of the platform that carries the links"),
    ("scene", "the id of the scene they are met in"),
    ("destination", "the id of the destination they lead to"),
    ("obligation", "the obligation's id"),
    ("clause", "the clause's id"),
];

fn columns(
    before: &[(&'static str, &'static str)],
    own: &[(&'static str, &'static str)],
) -> Vec<Column> {
    let both = before.iter().chain(own);
    both.map(|&(name, about)| Column { name, about }).collect()
}

fn cell_values(view: &CellView) -> Vec<Value> {
    let cell = &view.cell;
    row![
        &cell.round,
        &cell.platform,
        &cell.scene,
        &cell.destination,
        &cell.obligation,
        &cell.clause,
    ]
}

fn arm_word(arm: Arm) -> &'static str {
    match arm {
        Arm::Rival => "rival",
        Arm::Control => "control",
    }
}

/// All tables of a report.
pub fn tables(input: &ReportInput) -> Tables {
    let zone = Zone::parse(&input.offset);
    Tables {
        all: vec![
            report_table(input, zone),
            standings_table(input, zone),
            cells_table(input),
            tallies_table(input),
            voids_table(input),
            observations_table(input, zone),
            delays_table(input, zone),
            paths_table(input),
            evidence_table(input),
            names_table(input),
            sources_table(input),
        ],
    }
}

fn report_table(input: &ReportInput, zone: Zone) -> Table {
    let random = &input.randomisation;
    Table {
        name: "report",
        about: "one row: what the report is of",
        columns: columns(
            &[],
            &[
                ("format", "format version of the report's input"),
                ("order", "the order's id"),
                ("status", "what is known of the order's wording"),
                (
                    "replay",
                    "whether press reports are replayed on fake servers: no company was measured",
                ),
                ("as_of", "the instant of the report"),
                ("judge_version", "the judge's version"),
                ("alpha", "error bound over all cells of the order"),
                (
                    "commitment",
                    "SHA-256 of seed and plan, published before the first trial",
                ),
                ("revealed_seed", "the seed, once revealed"),
                ("trials", "trials in the plan"),
            ],
        ),
        rows: vec![row![
            u64::from(input.format),
            &input.order,
            input.status.word(),
            input.replay,
            zone.machine(input.as_of_ms),
            &input.judge_version,
            input.alpha,
            random.commitment.clone(),
            random.revealed_seed.clone(),
            random.trials,
        ]],
    }
}

fn standings_table(input: &ReportInput, zone: Zone) -> Table {
    Table {
        name: "standings",
        about: "where a subject stands on an obligation at an instant",
        columns: columns(
            &[],
            &[
                ("subject", "the subject's id"),
                ("obligation", "the obligation's id"),
                ("as_of", "the instant it speaks of"),
                ("due", "the due date it is held against"),
                ("state", "broken, kept or open"),
                ("broken_cells", "cells found Broken"),
                ("kept_cells", "cells found Kept"),
                ("open_cells", "cells that are Open"),
                ("since", "since when the state holds"),
            ],
        ),
        rows: input
            .standings
            .iter()
            .map(|s| {
                row![
                    &s.subject,
                    &s.obligation,
                    zone.machine(s.as_of_ms),
                    zone.machine(s.due_ms),
                    decision_word(Some(s.state)),
                    s.broken_cells,
                    s.kept_cells,
                    s.open_cells,
                    s.since_ms.map(|ms| zone.machine(ms)),
                ]
            })
            .collect(),
    }
}

fn cells_table(input: &ReportInput) -> Table {
    Table {
        name: "cells",
        about: "one cell: what was seen, and the finding",
        columns: columns(
            &CELL,
            &[
                ("handling", "how the link was handled most"),
                ("form", "in what form it was shown most"),
                (
                    "decision",
                    "broken, kept, open, or none where nothing was judged",
                ),
                ("clause_kind", "the clause's kind"),
                ("ground", "what the error bound rests on"),
                ("effect", "how large, in the unit of effect_unit"),
                ("effect_low", "lower end of its interval"),
                ("effect_high", "upper end of its interval"),
                ("effect_unit", "share-difference, share or milliseconds"),
                (
                    "margin",
                    "the margin or tolerance that Kept is stated with, a share",
                ),
                (
                    "certified_margin",
                    "the smallest margin that could be certified, a share",
                ),
                (
                    "log_e_broken",
                    "natural logarithm of the evidence value against the clause being kept",
                ),
                ("log_threshold_broken", "what it had to reach"),
                (
                    "log_e_kept",
                    "natural logarithm of the evidence value for the clause being kept",
                ),
                ("log_threshold_kept", "what it had to reach"),
                ("trials_used", "trials that counted"),
                ("trials_void", "trials that were void"),
                (
                    "broken_after",
                    "counted trials after which Broken first stood",
                ),
                ("kept_after", "counted trials after which Kept first stood"),
                ("alpha", "error bound over all cells of the order"),
                ("cells_of_order", "cells that share the bound"),
                ("judge", "the judge's version"),
                (
                    "neutral_amount",
                    "typical amount by a neutral carrier, beside the finding",
                ),
                (
                    "stated_reason",
                    "the platform's stated reason, in its own words",
                ),
                ("reported_handling", "what the press reported, for replays"),
                ("reported_source", "where it was reported"),
                ("reported_disputed", "whether another source says otherwise"),
            ],
        ),
        rows: input.cells.iter().map(cell_row).collect(),
    }
}

fn cell_row(view: &CellView) -> Vec<Value> {
    let finding = view.finding.as_ref();
    let effect = finding.and_then(|f| f.effect);
    let span = effect.and_then(|e| e.interval);
    let reported = view.reported.as_ref();
    let mut values = cell_values(view);
    values.extend(row![
        view.handling.word(),
        view.form.word(),
        decision_word(finding.map(|f| f.decision)),
        finding.map(|f| &f.clause_kind),
        finding.map(|f| ground_word(f.ground)),
        effect.map(|e| e.point),
        span.map(|s| s.low),
        span.map(|s| s.high),
        effect.map(|e| unit_word(e.unit)),
        finding.map(|f| f.margin),
        finding.and_then(|f| f.certified_margin),
        finding.map(|f| f.log_e_broken),
        finding.map(|f| f.log_threshold_broken),
        finding.map(|f| f.log_e_kept),
        finding.map(|f| f.log_threshold_kept),
        finding.map(|f| f.trials_used),
        finding.map(|f| f.trials_void.values().sum::<u64>()),
        finding.and_then(|f| f.broken_after),
        finding.and_then(|f| f.kept_after),
        finding.map(|f| f.alpha),
        finding.map(|f| f.cells),
        finding.map(|f| &f.judge),
        finding.and_then(|f| f.neutral_amount),
        view.stated_reason.clone(),
        reported.map(|r| r.handling.word()),
        reported.map(|r| &r.source),
        reported.map(|r| r.disputed),
    ]);
    values
}

fn unit_word(unit: moongate_glossary::EffectUnit) -> &'static str {
    use moongate_glossary::EffectUnit as Unit;
    match unit {
        Unit::ShareDifference => "share-difference",
        Unit::Share => "share",
        Unit::Milliseconds => "milliseconds",
    }
}

fn tallies_table(input: &ReportInput) -> Table {
    let mut rows = Vec::new();
    for view in &input.cells {
        for (arm, tally) in view.finding.iter().flat_map(arms) {
            let mut add = |class: &str, side: Option<&str>, reason: Option<&str>, count: u64| {
                let mut values = cell_values(view);
                values.extend(row![arm_word(arm), class, side, reason, count]);
                rows.push(values);
            };
            add("met", None, None, tally.met);
            for (reason, &n) in &tally.not_met {
                add("not-met", None, Some(reason), n);
            }
            for (code, &n) in &tally.inconclusive {
                let (side, reason) = code.split_once('/').unwrap_or(("unknown", code));
                add("inconclusive", Some(side), Some(reason), n);
            }
            for (reason, &n) in &tally.not_applicable {
                add("not-applicable", None, Some(reason), n);
            }
        }
    }
    Table {
        name: "tallies",
        about: "how often what was seen of an arm in a cell",
        columns: columns(
            &CELL,
            &[
                ("arm", "rival or control"),
                ("outcome", "met, not-met, inconclusive or not-applicable"),
                ("side", "whose side failed, for inconclusives"),
                ("reason", "the reason code"),
                ("count", "how many observations"),
            ],
        ),
        rows,
    }
}

fn arms(finding: &Finding) -> [(Arm, &Tally); 2] {
    [
        (Arm::Rival, &finding.rival),
        (Arm::Control, &finding.controls),
    ]
}

fn voids_table(input: &ReportInput) -> Table {
    let mut rows = Vec::new();
    for view in &input.cells {
        let voids = view.finding.iter().flat_map(|f| &f.trials_void);
        for (reason, &n) in voids {
            let mut values = cell_values(view);
            values.extend(row![reason, n]);
            rows.push(values);
        }
    }
    Table {
        name: "voids",
        about: "trials of a cell that were void, by a rule that is blind to the arm",
        columns: columns(
            &CELL,
            &[("reason", "the reason code"), ("count", "how many trials")],
        ),
        rows,
    }
}

fn observations_table(input: &ReportInput, zone: Zone) -> Table {
    let mut rows = Vec::new();
    for view in &input.cells {
        for point in &view.outcomes_over_time {
            let (class, code) = class_and_code(&point.outcome);
            let mut values = cell_values(view);
            values.extend(row![
                zone.machine(point.at_ms),
                &point.trial,
                arm_word(point.arm),
                class,
                code
            ]);
            rows.push(values);
        }
    }
    Table {
        name: "observations",
        about: "one observation as the clause reads it",
        columns: columns(
            &CELL,
            &[
                ("at", "when it began"),
                ("trial", "the trial's id"),
                ("arm", "rival or control"),
                ("outcome", "met, not-met, inconclusive or not-applicable"),
                ("code", "the reason code; side/reason for inconclusives"),
            ],
        ),
        rows,
    }
}

fn delays_table(input: &ReportInput, zone: Zone) -> Table {
    let mut rows = Vec::new();
    for view in &input.cells {
        for point in &view.delay_points {
            let mut values = cell_values(view);
            values.extend(row![
                zone.machine(point.at_ms),
                &point.trial,
                arm_word(point.arm),
                point.delay_ms
            ]);
            rows.push(values);
        }
    }
    Table {
        name: "delays",
        about: "one time to hand-over",
        columns: columns(
            &CELL,
            &[
                ("at", "when it began"),
                ("trial", "the trial's id"),
                ("arm", "rival or control"),
                ("delay_ms", "from the request to the answer that hands over"),
            ],
        ),
        rows,
    }
}

fn paths_table(input: &ReportInput) -> Table {
    let mut rows = Vec::new();
    for view in &input.cells {
        let Some(finding) = &view.finding else {
            continue;
        };
        let (broken, kept) = (&finding.path_broken, &finding.path_kept);
        for at in 0..broken.len().max(kept.len()) {
            let mut values = cell_values(view);
            values.extend(row![
                finding.path_trial(at),
                broken.get(at).copied(),
                kept.get(at).copied()
            ]);
            rows.push(values);
        }
    }
    Table {
        name: "evidence-values",
        about: "the evidence values after counted trials",
        columns: columns(
            &CELL,
            &[
                ("counted_trials", "after how many"),
                (
                    "log_e_broken",
                    "natural logarithm of the evidence value against the clause being kept",
                ),
                (
                    "log_e_kept",
                    "natural logarithm of the evidence value for the clause being kept",
                ),
            ],
        ),
        rows,
    }
}

fn evidence_table(input: &ReportInput) -> Table {
    let mut rows = Vec::new();
    for view in &input.cells {
        for evidence in &view.evidence {
            let mut values = cell_values(view);
            values.extend(row![evidence.digest.to_string(), &evidence.url]);
            rows.push(values);
        }
    }
    Table {
        name: "evidence",
        about: "the bytes a cell rests on",
        columns: columns(
            &CELL,
            &[
                ("sha256", "digest of the bytes"),
                ("url", "where they came from"),
            ],
        ),
        rows,
    }
}

fn names_table(input: &ReportInput) -> Table {
    let mut rows = Vec::new();
    for s in &input.subjects {
        rows.push(row!["subject", &s.id, &s.name.en, &s.name.zh, Value::None]);
    }
    for p in &input.platforms {
        rows.push(row!["platform", &p.id, &p.name.en, &p.name.zh, &p.subject]);
    }
    for s in &input.scenes {
        rows.push(row!["scene", &s.id, &s.name.en, &s.name.zh, Value::None]);
    }
    for d in &input.destinations {
        rows.push(row![
            "destination",
            &d.id,
            &d.name.en,
            &d.name.zh,
            d.owner.clone()
        ]);
    }
    for o in &input.obligations {
        rows.push(row![
            "obligation",
            &o.id,
            &o.name.en,
            &o.name.zh,
            Value::None
        ]);
        for c in &o.clauses {
            rows.push(row!["clause", &c.id, &c.text.en, &c.text.zh, &o.id]);
        }
    }
    Table {
        name: "names",
        about: "what the ids stand for",
        columns: columns(
            &[],
            &[
                (
                    "what",
                    "subject, platform, scene, destination, obligation or clause",
                ),
                ("id", "the id"),
                ("en", "in English"),
                ("zh", "in Chinese"),
                ("belongs_to", "the id it belongs to"),
            ],
        ),
        rows,
    }
}

fn sources_table(input: &ReportInput) -> Table {
    Table {
        name: "sources",
        about: "where the order and reported facts are known from",
        columns: columns(
            &[],
            &[
                ("id", "the source's id"),
                ("title", "its title"),
                ("publisher", "who published it"),
                ("published", "when"),
                ("url", "where"),
            ],
        ),
        rows: input
            .sources
            .iter()
            .map(|s| {
                row![
                    &s.id,
                    &s.title,
                    &s.publisher,
                    s.published.clone(),
                    s.url.clone()
                ]
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_disarmed_in_csv_and_kept_in_json() {
        let table = Table {
            name: "t",
            about: "a",
            columns: columns(&[], &[("x", "x"), ("y", "y")]),
            rows: vec![row!["=HYPERLINK(\"http://e\")", -0.5]],
        };
        assert_eq!(table.csv(), "x,y\n\"'=HYPERLINK(\"\"http://e\"\")\",-0.5\n");
        assert!(table.json().contains(r#""=HYPERLINK(\"http://e\")""#));
    }

    #[test]
    fn numbers_that_json_cannot_hold_become_words() {
        assert_eq!(Value::Number(f64::NEG_INFINITY).as_json(), "-inf");
        assert_eq!(Value::Number(f64::NAN).as_field(), "nan");
    }
}
