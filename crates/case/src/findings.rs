//! Findings as a file, and observations as tables for people and programs.
//!
//! Not here: where findings come from. They are never read as an input.

use std::io::{self, Write};
use std::path::Path;

use moongate_glossary::{Digest, Finding, GroupFinding};

use crate::columns::arm_word;
use crate::disk::{read_all, replace};
use crate::error::{CaseError, on_disk};
use crate::folder::{CaseFolder, from_json};
use crate::manifest::{FormatOnly, not_storable};

/// The format of the file of findings written now.
const FORMAT: u64 = 2;
const FILE: &str = "findings.json";

/// What the judge said last.
#[derive(Debug, Clone, Default, PartialEq, serde::Deserialize)]
pub struct Findings {
    /// On cells, sorted by cell.
    #[serde(rename = "findings")]
    pub cells: Vec<Finding>,
    /// On cells taken together, sorted by group; none in files of format 1.
    #[serde(default)]
    pub groups: Vec<GroupFinding>,
}

impl Findings {
    /// In the order in which they are stored.
    pub fn new(mut cells: Vec<Finding>, mut groups: Vec<GroupFinding>) -> Self {
        cells.sort_by(|a, b| a.cell.cmp(&b.cell));
        groups.sort_by(|a, b| a.group.cmp(&b.group));
        Self { cells, groups }
    }
}

impl CaseFolder {
    /// Puts all findings in the place of the former ones, in one step: they
    /// stand one a line in `findings/findings.json`, so the same findings make
    /// the same bytes and no finding of an earlier judge stays behind.
    ///
    /// # Errors
    /// If a figure is not a number (JSON has no infinity), or if the disk
    /// refuses; the former findings stand then.
    pub fn write_findings(&self, findings: &Findings) -> Result<(), CaseError> {
        self.is_writable()?;
        let bytes = findings_bytes(findings)?;
        let dir = &self.layout.findings;
        self.disk.create_dir(dir).map_err(on_disk("create", dir))?;
        replace(self.disk.as_ref(), &dir.join(FILE), &bytes)
    }

    /// The findings written last; none if the judge has not run.
    ///
    /// # Errors
    /// If the file is of a newer format or was changed.
    pub fn findings(&self) -> Result<Findings, CaseError> {
        let path = self.layout.findings.join(FILE);
        let bytes = match read_all(self.disk.as_ref(), &path) {
            Err(CaseError::Disk { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                return Ok(Findings::default());
            }
            read => read?,
        };
        let said: FormatOnly = from_json(&path, &bytes)?;
        if said.format > FORMAT {
            return Err(CaseError::Newer {
                path,
                found: said.format,
                known: FORMAT,
            });
        }
        from_json(&path, &bytes)
    }

    /// All observations as JSON Lines, in the order of the plan.
    ///
    /// # Errors
    /// If an observation cannot be read, or the writer refuses.
    pub fn export_jsonl(&self, mut writer: impl Write) -> Result<(), CaseError> {
        for observation in self.observations() {
            let observation = observation?;
            let mut line = serde_json::to_vec(&observation)
                .map_err(|error| not_storable("an observation", &error))?;
            line.push(b'\n');
            writer.write_all(&line).map_err(to_export)?;
        }
        writer.flush().map_err(to_export)
    }

    /// All observations as CSV (RFC 4180) with a header, in the order of the
    /// plan. `factors` is a JSON object, `evidence` digests with spaces
    /// between; an empty `form` or `handover_us` is none.
    ///
    /// # Errors
    /// If an observation cannot be read, or the writer refuses.
    pub fn export_csv(&self, writer: impl Write) -> Result<(), CaseError> {
        let refused = |error: csv::Error| to_export(io::Error::other(error));
        let mut table = csv::Writer::from_writer(writer);
        table.write_record(COLUMNS).map_err(refused)?;
        for observation in self.observations() {
            let row = observation?;
            let factors = serde_json::to_string(&row.factors)
                .map_err(|error| not_storable("factors", &error))?;
            let evidence: Vec<String> = row.evidence.iter().map(Digest::to_string).collect();
            table
                .write_record([
                    row.trial.as_str(),
                    &row.slot.to_string(),
                    row.route.word(),
                    arm_word(row.arm),
                    &row.check,
                    &row.round,
                    &row.platform,
                    &row.scene,
                    &row.destination,
                    &row.at_ms.to_string(),
                    &factors,
                    row.form.as_deref().unwrap_or_default(),
                    &row.handover_us.map(|us| us.to_string()).unwrap_or_default(),
                    &row.facts,
                    &evidence.join(" "),
                ])
                .map_err(refused)?;
        }
        table.flush().map_err(to_export)
    }
}

const COLUMNS: [&str; 15] = [
    "trial",
    "slot",
    "route",
    "arm",
    "check",
    "round",
    "platform",
    "scene",
    "destination",
    "at_ms",
    "factors",
    "form",
    "handover_us",
    "facts",
    "evidence",
];

fn to_export(source: io::Error) -> CaseError {
    on_disk("write", Path::new("the export"))(source)
}

fn findings_bytes(findings: &Findings) -> Result<Vec<u8>, CaseError> {
    let mut bytes = format!("{{\"format\":{FORMAT},\"findings\":[").into_bytes();
    let on_cell = |finding: &Finding| format!("the finding on {}", finding.cell.slug());
    one_a_line(&mut bytes, &findings.cells, on_cell)?;
    bytes.extend_from_slice(b"\n],\"groups\":[");
    let on_group = |finding: &GroupFinding| format!("the finding on {:?}", finding.group);
    one_a_line(&mut bytes, &findings.groups, on_group)?;
    bytes.extend_from_slice(b"\n]}\n");
    Ok(bytes)
}

fn one_a_line<T>(
    bytes: &mut Vec<u8>,
    items: &[T],
    named: impl Fn(&T) -> String,
) -> Result<(), CaseError>
where
    T: serde::Serialize + serde::de::DeserializeOwned + PartialEq,
{
    for (n, item) in items.iter().enumerate() {
        bytes.extend_from_slice(if n == 0 { b"\n" } else { b",\n" });
        let line = serde_json::to_vec(item).map_err(|error| not_storable("a finding", &error))?;
        // JSON writes what is not a number as null; that must not pass.
        if serde_json::from_slice::<T>(&line).ok().as_ref() != Some(item) {
            return Err(CaseError::NotStorable {
                what: named(item),
                why: "one of its figures is not a finite number".to_owned(),
            });
        }
        bytes.extend_from_slice(&line);
    }
    Ok(())
}
