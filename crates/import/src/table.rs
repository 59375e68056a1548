//! Reading a table under a mapping. Every mistake names its line and column;
//! nothing is taken from a table with a mistake in it.

use std::collections::{BTreeMap, BTreeSet};

use csv::{ByteRecord, ReaderBuilder};
use jiff::civil::DateTime;
use jiff::fmt::strtime;
use jiff::tz::{Offset, TimeZone};
use moongate_glossary::{Arm, Route, Slot, Trial};
use moongate_order::{Diagnostics, Mistake};

use crate::mapping::{ColumnRule, Layout, Mapping};

/// A figure that a year could not hold is a mistake in the table.
const LARGEST_FIGURE_US: f64 = 3.6e9 * 24.0 * 365.0;
/// After so many mistakes the rest of the table would tell nothing new.
const MOST_MISTAKES: usize = 50;

/// What was measured at one time.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportedTrial {
    /// With one slot for each figure. Those through the platform are of the
    /// arm `rival`: each is compared with all others.
    pub trial: Trial,
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// By slot.
    pub figures: Vec<Figure>,
    /// The rows they stand in.
    pub rows: Vec<SourceRow>,
}

/// One figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// Of which destination.
    pub destination: String,
    /// By which way.
    pub route: Route,
    /// Microseconds.
    pub amount_us: u64,
    /// Which of the trial's rows it stands in.
    pub row: usize,
}

/// A row of the table as it stood, under its header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRow {
    /// Line in the file, from 1.
    pub line: u64,
    /// The header and the row, as CSV.
    pub text: String,
}

/// The text of a table.
///
/// # Errors
/// Where it is not UTF-8: the place of the first byte that is not.
pub fn decode(file_name: &str, bytes: Vec<u8>) -> Result<String, Diagnostics> {
    if let Some((name, text)) = utf16(&bytes) {
        let remedy = format!(
            "save the table again as UTF-8 (spreadsheets call it \"CSV UTF-8\"), or convert it: iconv -f {name} -t UTF-8 {file_name} > NEW-NAME"
        );
        return Err(wrong_encoding(file_name, &text, 0, "UTF-16", &remedy));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        let text = String::from_utf8_lossy(bytes.get(..at + 200).unwrap_or(bytes));
        let remedy = "export the table again as UTF-8, or convert it: iconv -f ENCODING -t UTF-8 (GB18030 or ISO-8859-1, say)";
        wrong_encoding(file_name, &text, at, "a byte that is not UTF-8", remedy)
    })
}

fn wrong_encoding(
    file_name: &str,
    text: &str,
    at: usize,
    found: &str,
    remedy: &str,
) -> Diagnostics {
    let mut mistakes = Diagnostics::new(file_name, text);
    mistakes.add(
        Mistake::new("wrong-encoding", at..at + 1)
            .found(found)
            .expected("a table in UTF-8")
            .remedy(remedy),
    );
    mistakes
}

/// The name of the UTF-16 that a table is in, and its beginning as text. Told
/// by its mark or, without one, by the zero beside each ASCII character of the
/// header.
fn utf16(bytes: &[u8]) -> Option<(&'static str, String)> {
    let (name, from_bytes): (_, fn([u8; 2]) -> u16) = match bytes {
        [0xff, 0xfe, ..] => ("UTF-16", u16::from_le_bytes),
        [0xfe, 0xff, ..] => ("UTF-16", u16::from_be_bytes),
        [a, 0, b, 0, ..] if *a != 0 && *b != 0 => ("UTF-16LE", u16::from_le_bytes),
        [0, a, 0, b, ..] if *a != 0 && *b != 0 => ("UTF-16BE", u16::from_be_bytes),
        _ => return None,
    };
    let (pairs, _) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs
        .iter()
        .take(200)
        .map(|pair| from_bytes(*pair))
        .collect();
    let text = String::from_utf16_lossy(&units);
    Some((name, text.trim_start_matches('\u{feff}').to_owned()))
}

/// Reads a table.
///
/// `trial_prefix` keeps the trials of several tables apart.
///
/// # Errors
/// Every mistake at once, with line, column, what was found and the remedy.
pub fn read(
    file_name: &str,
    text: &str,
    mapping: &Mapping,
    trial_prefix: &str,
) -> Result<Vec<ImportedTrial>, Diagnostics> {
    let mut reader = TableReader {
        text,
        lines: Lines::of(text),
        mapping,
        mistakes: Diagnostics::new(file_name, text),
        found: BTreeMap::new(),
        header: Vec::new(),
    };
    reader.read_all();
    let TableReader {
        mistakes, found, ..
    } = reader;
    mistakes.into_outcome(())?;
    Ok(found
        .into_iter()
        .enumerate()
        .map(|(number, (at_ms, moment))| moment.into_trial(number, at_ms, mapping, trial_prefix))
        .collect())
}

/// Byte offsets of lines, to say where a mistake is.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        let starts = text
            .bytes()
            .enumerate()
            .filter(|(_, b)| *b == b'\n')
            .map(|(i, _)| i + 1);
        Self(std::iter::once(0).chain(starts).collect())
    }
}

#[derive(Default)]
struct Moment {
    seen: BTreeSet<(String, Route)>,
    figures: Vec<Figure>,
    rows: Vec<SourceRow>,
}

impl Moment {
    fn into_trial(
        self,
        number: usize,
        at_ms: i64,
        mapping: &Mapping,
        prefix: &str,
    ) -> ImportedTrial {
        let slots = self
            .figures
            .iter()
            .map(|figure| Slot {
                destination: figure.destination.clone(),
                arm: Arm::Rival,
            })
            .collect();
        ImportedTrial {
            trial: Trial {
                id: format!("{prefix}{number:06}"),
                round: ROUND.to_owned(),
                check: "links".to_owned(),
                platform: mapping.platform.clone(),
                scene: mapping.scene.clone(),
                factors: BTreeMap::from([
                    ("origin".to_owned(), "imported".to_owned()),
                    ("vantage".to_owned(), mapping.measured_by.clone()),
                ]),
                slots,
            },
            at_ms,
            figures: self.figures,
            rows: self.rows,
        }
    }
}

/// The one round of an imported case.
pub const ROUND: &str = "imported";

struct TableReader<'a> {
    text: &'a str,
    lines: Lines,
    mapping: &'a Mapping,
    mistakes: Diagnostics,
    found: BTreeMap<i64, Moment>,
    header: Vec<String>,
}

/// Where figures stand in this table.
enum Places {
    Wide(Vec<(usize, String, Route)>),
    Long {
        destination: usize,
        value: usize,
        route: Route,
    },
}

impl TableReader<'_> {
    fn read_all(&mut self) {
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(self.text.as_bytes());
        let mut record = ByteRecord::new();
        if !matches!(reader.read_byte_record(&mut record), Ok(true)) {
            return self.mistake(
                "empty-table",
                0..0,
                "an empty table",
                "a header and rows",
                "export the table again",
            );
        }
        self.header = record
            .iter()
            .map(|field| {
                String::from_utf8_lossy(field)
                    .trim()
                    .trim_start_matches('\u{feff}')
                    .to_owned()
            })
            .collect();
        self.hold_header();
        let time = self.place_of(&self.mapping.time_column.clone());
        let places = self.places();
        let (Some(time), Some(places)) = (time, places) else {
            return;
        };
        let mut rows = 0_u64;
        while let Ok(true) = reader.read_byte_record(&mut record) {
            rows += 1;
            self.read_row(&record, time, &places);
            if self.mistakes.len() >= MOST_MISTAKES {
                return;
            }
        }
        if rows == 0 {
            self.mistake(
                "empty-table",
                0..0,
                "a header without rows",
                "at least one row",
                "export the table again",
            );
        }
    }

    fn mistake(
        &mut self,
        code: &'static str,
        span: std::ops::Range<usize>,
        found: &str,
        expected: &str,
        remedy: &str,
    ) {
        self.mistakes.add(
            Mistake::new(code, span)
                .found(found)
                .expected(expected)
                .remedy(remedy),
        );
    }

    /// A column twice, or without a name, would lose its figures unseen.
    fn hold_header(&mut self) {
        let end = self.text.find('\n').unwrap_or(self.text.len());
        let mut seen = BTreeSet::new();
        let odd: Vec<String> = self
            .header
            .iter()
            .filter(|column| column.is_empty() || !seen.insert(column.as_str()))
            .cloned()
            .collect();
        for column in odd {
            self.mistake(
                "column-twice",
                0..end,
                &format!("a second column `{column}`, or one without a name"),
                "columns with names of their own",
                "name or remove the column",
            );
        }
    }

    fn place_of(&mut self, column: &str) -> Option<usize> {
        let place = self.header.iter().position(|known| known == column);
        if place.is_none() {
            let known: Vec<&str> = self.header.iter().map(String::as_str).take(12).collect();
            let close =
                moongate_order::shape::closest(column, self.header.iter().map(String::as_str));
            let separator = [';', '\t']
                .into_iter()
                .find(|it| column_list_holds(&self.header, *it));
            let remedy = match close {
                _ if separator.is_some() => {
                    "the columns are not parted by commas: export the table with commas".to_owned()
                }
                Some(close) => format!("did you mean `{close}`? Correct the mapping"),
                None => format!(
                    "the table begins with the columns {}; correct the mapping",
                    known.join(", ")
                ),
            };
            let end = self.text.find('\n').unwrap_or(self.text.len());
            self.mistake(
                "missing-column",
                0..end,
                &format!("no column `{column}`"),
                &format!("the column `{column}` that the mapping names"),
                &remedy,
            );
        }
        place
    }

    fn places(&mut self) -> Option<Places> {
        match self.mapping.layout.clone() {
            Layout::Long {
                destination,
                value,
                route,
            } => {
                let destination = self.place_of(&destination);
                let value = self.place_of(&value);
                Some(Places::Long {
                    destination: destination?,
                    value: value?,
                    route,
                })
            }
            Layout::Wide(rules) => {
                let places = self.wide_places(&rules);
                if places.is_empty() {
                    let patterns: Vec<&str> =
                        rules.iter().map(|rule| rule.pattern.as_str()).collect();
                    let end = self.text.find('\n').unwrap_or(self.text.len());
                    self.mistake(
                        "missing-column",
                        0..end,
                        "no column that a rule of the mapping means",
                        &format!("columns like {}", patterns.join(", ")),
                        "correct `match` in the mapping",
                    );
                }
                Some(Places::Wide(places))
            }
        }
    }

    /// The first rule that means a column decides; the time column holds no
    /// figures.
    fn wide_places(&self, rules: &[ColumnRule]) -> Vec<(usize, String, Route)> {
        self.header
            .iter()
            .enumerate()
            .filter(|(_, column)| **column != self.mapping.time_column)
            .filter_map(|(place, column)| {
                rules.iter().find_map(|rule| {
                    let destination = rule.destination(column)?;
                    Some((place, destination.to_owned(), rule.route))
                })
            })
            .collect()
    }

    fn read_row(&mut self, record: &ByteRecord, time: usize, places: &Places) {
        let line = record.position().map_or(1, csv::Position::line);
        if record.len() != self.header.len() {
            let span = self.span(line, None, record);
            let found = format!("{} fields", record.len());
            let expected = format!("{} fields, as in the header", self.header.len());
            return self.mistake(
                "ragged-row",
                span,
                &found,
                &expected,
                "mend or remove the row",
            );
        }
        let Some(at_ms) = self.instant(record, time, line) else {
            return;
        };
        let mut figures = Vec::new();
        match places {
            Places::Wide(columns) => {
                for (place, destination, route) in columns {
                    figures.extend(self.figure(record, *place, line, destination, *route));
                }
            }
            Places::Long {
                destination,
                value,
                route,
            } => {
                let name = String::from_utf8_lossy(record.get(*destination).unwrap_or_default())
                    .trim()
                    .to_owned();
                figures.extend(self.figure(record, *value, line, &name, *route));
            }
        }
        self.keep(at_ms, line, record, figures);
    }

    fn keep(&mut self, at_ms: i64, line: u64, record: &ByteRecord, mut figures: Vec<Figure>) {
        let text = format!(
            "{}\n{}",
            csv_line(self.header.iter().map(String::as_bytes)),
            csv_line(record.iter())
        );
        let moment = self.found.entry(at_ms).or_default();
        let key = |figure: &Figure| (figure.destination.clone(), figure.route);
        let twice = figures
            .iter()
            .find(|figure| moment.seen.contains(&key(figure)));
        if let Some(figure) = twice {
            let destination = figure.destination.clone();
            let span = self.span(line, None, record);
            return self.mistake(
                "figure-twice",
                span,
                &format!("a second figure for `{destination}` at the same time"),
                "one figure for a destination at one time",
                "remove one of the rows, or give the time more exactly",
            );
        }
        for figure in &mut figures {
            figure.row = moment.rows.len();
        }
        moment.rows.push(SourceRow { line, text });
        moment.seen.extend(figures.iter().map(key));
        moment.figures.append(&mut figures);
    }

    fn instant(&mut self, record: &ByteRecord, place: usize, line: u64) -> Option<i64> {
        let text = String::from_utf8_lossy(record.get(place).unwrap_or_default())
            .trim()
            .to_owned();
        let parsed = parse_instant(&text, self.mapping);
        if parsed.is_none() {
            let span = self.span(line, Some(place), record);
            let expected = format!("a time written as {}", self.mapping.time_layout);
            self.mistake(
                "bad-time",
                span,
                &format!("\"{text}\""),
                &expected,
                "correct the row, or `layout` in the mapping",
            );
        }
        parsed
    }

    /// An empty field is a figure that was not measured, not a mistake.
    fn figure(
        &mut self,
        record: &ByteRecord,
        place: usize,
        line: u64,
        destination: &str,
        route: Route,
    ) -> Option<Figure> {
        let field = record.get(place).unwrap_or_default();
        let text = String::from_utf8_lossy(field).trim().to_owned();
        if text.is_empty() {
            return None;
        }
        let amount = text
            .parse::<f64>()
            .ok()
            .map(|figure| figure * f64::from(self.mapping.unit_us));
        let Some(us) = amount.filter(|us| us.is_finite() && (0.0..=LARGEST_FIGURE_US).contains(us))
        else {
            let span = self.span(line, Some(place), record);
            self.mistake(
                "bad-number",
                span,
                &format!("\"{text}\""),
                "a number of at least 0, with a point before decimals",
                "correct the field, or leave it empty if nothing was measured",
            );
            return None;
        };
        Some(Figure {
            destination: destination.to_owned(),
            route,
            amount_us: us.round() as u64,
            row: 0,
        })
    }

    /// The bytes of a field, or of its whole row.
    fn span(&self, line: u64, place: Option<usize>, record: &ByteRecord) -> std::ops::Range<usize> {
        let index = usize::try_from(line).unwrap_or(1).saturating_sub(1);
        let start = self.lines.0.get(index).copied().unwrap_or(self.text.len());
        let end = self
            .lines
            .0
            .get(index + 1)
            .map_or(self.text.len(), |next| next - 1);
        let Some(field) = place.and_then(|place| record.get(place)) else {
            return start..end;
        };
        let before: usize = (0..place.unwrap_or(0))
            .filter_map(|n| record.get(n))
            .map(|f| f.len() + 1)
            .sum();
        // Exact for rows without quotes; otherwise the whole row is shown.
        let guess = (start + before)..(start + before + field.len()).min(end);
        match self.text.as_bytes().get(guess.clone()) {
            Some(bytes) if bytes == field && !field.is_empty() => guess,
            _ => start..end,
        }
    }
}

/// Whether a header of one column really is several with another separator.
fn column_list_holds(header: &[String], separator: char) -> bool {
    matches!(header, [only] if only.contains(separator))
}

fn csv_line<'a>(fields: impl Iterator<Item = &'a [u8]>) -> String {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::Any(b'\n'))
        .from_writer(Vec::new());
    // Writing to memory cannot fail; a line that could not be written would
    // show as empty evidence.
    let _ = writer.write_record(fields);
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&bytes).trim_end().to_owned()
}

fn parse_instant(text: &str, mapping: &Mapping) -> Option<i64> {
    let parsed = strtime::parse(&mapping.time_layout, text).ok()?;
    if let Ok(instant) = parsed.to_timestamp() {
        return Some(instant.as_millisecond());
    }
    let date = parsed.to_date().ok()?;
    let hour = parsed.hour().unwrap_or(0);
    let (minute, second) = (parsed.minute().unwrap_or(0), parsed.second().unwrap_or(0));
    let local: DateTime = date.at(hour, minute, second, 0);
    let offset = Offset::from_seconds(mapping.offset_s).ok()?;
    let zoned = local.to_zoned(TimeZone::fixed(offset)).ok()?;
    Some(zoned.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wide() -> Mapping {
        Mapping {
            platform: "x".into(),
            scene: "post".into(),
            measured_by: "somebody".into(),
            time_column: "time".into(),
            time_layout: "%Y-%m-%dT%H".into(),
            offset_s: 0,
            unit_us: 1000,
            layout: Layout::Wide(vec![ColumnRule {
                pattern: "*".into(),
                route: Route::Imported,
            }]),
        }
    }

    fn long() -> Mapping {
        let layout = Layout::Long {
            destination: "domain".into(),
            value: "ms".into(),
            route: Route::Imported,
        };
        Mapping { layout, ..wide() }
    }

    fn codes(text: &str, mapping: &Mapping) -> Vec<(&'static str, usize, usize)> {
        read("t.csv", text, mapping, "").map_or_else(
            |mistakes| {
                mistakes
                    .iter()
                    .map(|d| (d.code, d.line, d.column))
                    .collect()
            },
            |_| Vec::new(),
        )
    }

    #[test]
    fn wide_and_long_say_the_same() {
        let a = read(
            "t.csv",
            "time,a.com,b.com\n2023-09-08T21,27.7,2535.5\n",
            &wide(),
            "x",
        )
        .unwrap();
        let b = read(
            "t.csv",
            "domain,time,ms\na.com,2023-09-08T21,27.7\nb.com,2023-09-08T21,2535.5\n",
            &long(),
            "x",
        )
        .unwrap();
        assert_eq!(a.len(), 1);
        assert_eq!(a[0].trial, b[0].trial);
        assert_eq!(a[0].at_ms, 1_694_206_800_000);
        let amounts: Vec<u64> = a[0].figures.iter().map(|figure| figure.amount_us).collect();
        assert_eq!(amounts, [27_700, 2_535_500]);
        assert_eq!((a[0].rows.len(), b[0].rows.len()), (1, 2));
        assert_eq!(
            b[0].rows[1].text,
            "domain,time,ms\nb.com,2023-09-08T21,2535.5"
        );
    }

    #[test]
    fn mistakes_name_their_place() {
        let table = [
            ("", vec![("empty-table", 1, 1)]),
            ("time,a\n", vec![("empty-table", 1, 1)]),
            ("when,a\n2023-09-08T21,1\n", vec![("missing-column", 1, 1)]),
            ("time,a\n2023-09-08T21,fast\n", vec![("bad-number", 2, 15)]),
            (
                "time,a\n2023-09-08T21,-1\n2023-09-08T22,NaN\n",
                vec![("bad-number", 2, 15), ("bad-number", 3, 15)],
            ),
            (
                "time,a,a\n2023-09-08T21,1,2\n",
                vec![("column-twice", 1, 1)],
            ),
            ("time,a\nyesterday,1\n", vec![("bad-time", 2, 1)]),
            ("time,a\n2023-09-08T21,1,2\n", vec![("ragged-row", 2, 1)]),
            (
                "time,a\n2023-09-08T21,1\n2023-09-08T21,2\n",
                vec![("figure-twice", 3, 1)],
            ),
        ];
        for (text, expected) in table {
            assert_eq!(codes(text, &wide()), expected, "{text:?}");
        }
    }

    #[test]
    fn another_encoding_is_named_with_its_place() {
        let mistakes = decode("t.csv", b"time,a\n\xb0\xa1,1\n".to_vec()).unwrap_err();
        let first = mistakes.iter().next().unwrap();
        assert_eq!(
            (first.code, first.line, first.column),
            ("wrong-encoding", 2, 1)
        );
        for (bytes, name) in [
            (&b"\xff\xfea\0b\0"[..], "-f UTF-16 "),
            (b"\xfe\xff\0a\0b", "-f UTF-16 "),
            (b"a\0b\0", "-f UTF-16LE "),
            (b"\0a\0b", "-f UTF-16BE "),
            (b"a,b\n\xc4\xe3", "GB18030"),
        ] {
            let refused = decode("t.csv", bytes.to_vec()).unwrap_err().to_string();
            assert!(refused.contains(name), "{refused}");
        }
    }

    #[test]
    fn an_empty_field_was_not_measured() {
        let trials = read("t.csv", "time,a,b\n2023-09-08T21,,2\n", &wide(), "").unwrap();
        assert_eq!(trials[0].figures.len(), 1);
    }

    proptest! {
        #[test]
        fn any_table_is_answered(text in "[ -~\n\",]{0,200}") {
            let _ = read("t.csv", &text, &wide(), "");
            let _ = read("t.csv", &text, &long(), "");
        }
    }
}
