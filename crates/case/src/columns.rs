//! Observations as columns (Arrow), and as a Parquet segment.
//!
//! Not here: when a segment is written, and which trials it holds.

use std::collections::BTreeMap;
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::{
    Int64Builder, ListBuilder, MapBuilder, StringBuilder, UInt32Builder, UInt64Builder,
};
use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, UInt32Type, UInt64Type};
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray};
use arrow_schema::{ArrowError, SchemaRef};
use bytes::Bytes;
use moongate_glossary::{Arm, Digest, Observation, Route};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{
    ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::file::reader::{ChunkReader, Length};

use crate::disk::{DiskFile, Stream, read_range};
use crate::error::{CaseError, damaged};
use crate::warc::hex_of;

/// The format of a segment written now.
pub(crate) const FORMAT: u64 = 1;
const KEY_FORMAT: &str = "moongate.format";
const KEY_PLAN: &str = "moongate.plan";
const KEY_TRIALS: &str = "moongate.trials";
// A batch is handed on at either limit, so that no column grows too large.
const BATCH_ROWS: usize = 1024;
const BATCH_BYTES: usize = 16 << 20;

/// The columns being filled, in the order of the fields of an observation.
#[derive(Default)]
struct Columns {
    trial: StringBuilder,
    slot: UInt32Builder,
    route: StringBuilder,
    arm: StringBuilder,
    check: StringBuilder,
    round: StringBuilder,
    platform: StringBuilder,
    scene: StringBuilder,
    destination: StringBuilder,
    at_ms: Int64Builder,
    factors: Factors,
    form: StringBuilder,
    handover_us: UInt64Builder,
    facts: StringBuilder,
    evidence: ListBuilder<StringBuilder>,
}

struct Factors(MapBuilder<StringBuilder, StringBuilder>);

impl Default for Factors {
    fn default() -> Self {
        Self(MapBuilder::new(
            None,
            StringBuilder::new(),
            StringBuilder::new(),
        ))
    }
}

impl Columns {
    fn push(&mut self, row: &Observation) -> Result<(), ArrowError> {
        self.trial.append_value(&row.trial);
        self.slot.append_value(row.slot);
        self.route.append_value(row.route.word());
        self.arm.append_value(arm_word(row.arm));
        self.check.append_value(&row.check);
        self.round.append_value(&row.round);
        self.platform.append_value(&row.platform);
        self.scene.append_value(&row.scene);
        self.destination.append_value(&row.destination);
        self.at_ms.append_value(row.at_ms);
        for (name, value) in &row.factors {
            self.factors.0.keys().append_value(name);
            self.factors.0.values().append_value(value);
        }
        self.factors.0.append(true)?;
        self.form.append_option(row.form.as_ref());
        self.handover_us.append_option(row.handover_us);
        self.facts.append_value(&row.facts);
        for digest in &row.evidence {
            let text = hex_of(digest);
            let text = std::str::from_utf8(&text).unwrap_or_default();
            self.evidence.values().append_value(text);
        }
        self.evidence.append(true);
        Ok(())
    }

    fn finish(mut self) -> Result<RecordBatch, ArrowError> {
        let columns: [(&str, ArrayRef, bool); 15] = [
            ("trial", Arc::new(self.trial.finish()), false),
            ("slot", Arc::new(self.slot.finish()), false),
            ("route", Arc::new(self.route.finish()), false),
            ("arm", Arc::new(self.arm.finish()), false),
            ("check", Arc::new(self.check.finish()), false),
            ("round", Arc::new(self.round.finish()), false),
            ("platform", Arc::new(self.platform.finish()), false),
            ("scene", Arc::new(self.scene.finish()), false),
            ("destination", Arc::new(self.destination.finish()), false),
            ("at_ms", Arc::new(self.at_ms.finish()), false),
            ("factors", Arc::new(self.factors.0.finish()), false),
            ("form", Arc::new(self.form.finish()), true),
            ("handover_us", Arc::new(self.handover_us.finish()), true),
            ("facts", Arc::new(self.facts.finish()), false),
            ("evidence", Arc::new(self.evidence.finish()), false),
        ];
        RecordBatch::try_from_iter_with_nullable(columns)
    }
}

/// The word of an arm in files and tables.
pub(crate) fn arm_word(arm: Arm) -> &'static str {
    match arm {
        Arm::Rival => "rival",
        Arm::Control => "control",
    }
}

/// A whole segment: `rows` in the order given, all of the trials named in
/// `trials` (which may have no row).
pub(crate) fn write_segment<'a>(
    plan: &Digest,
    trials: &[&str],
    rows: impl Iterator<Item = &'a Observation>,
) -> Result<Vec<u8>, CaseError> {
    write_rows(plan, trials, rows).map_err(|error| CaseError::NotStorable {
        what: "a segment of observations".to_owned(),
        why: error.to_string(),
    })
}

fn write_rows<'a>(
    plan: &Digest,
    trials: &[&str],
    rows: impl Iterator<Item = &'a Observation>,
) -> Result<Vec<u8>, ParquetError> {
    let schema = Columns::default().finish()?.schema();
    let mut writer = ArrowWriter::try_new(Vec::new(), schema, Some(properties(plan, trials)?))?;
    let (mut batch, mut count, mut size) = (Columns::default(), 0, 0);
    for row in rows {
        batch.push(row)?;
        count += 1;
        size += row.facts.len();
        if count == BATCH_ROWS || size >= BATCH_BYTES {
            writer.write(&std::mem::take(&mut batch).finish()?)?;
            (count, size) = (0, 0);
        }
    }
    writer.write(&batch.finish()?)?;
    writer.into_inner()
}

fn properties(plan: &Digest, trials: &[&str]) -> Result<WriterProperties, ParquetError> {
    let trials =
        serde_json::to_string(trials).map_err(|error| ParquetError::External(error.into()))?;
    let said = |key: &str, value: String| KeyValue::new(key.to_owned(), value);
    Ok(WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_created_by(format!("moongate {}", env!("CARGO_PKG_VERSION")))
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_data_page_size_limit(256 << 10)
        // Nearly every value differs: a dictionary would only cost.
        .set_column_dictionary_enabled("facts".into(), false)
        .set_column_dictionary_enabled("at_ms".into(), false)
        .set_column_dictionary_enabled("handover_us".into(), false)
        .set_column_dictionary_enabled("evidence.list.item".into(), false)
        .set_key_value_metadata(Some(vec![
            said(KEY_FORMAT, FORMAT.to_string()),
            said(KEY_PLAN, plan.to_string()),
            said(KEY_TRIALS, trials),
        ]))
        .build())
}

/// What a segment says of itself.
pub(crate) struct SegmentHead {
    pub(crate) plan: String,
    pub(crate) trials: Vec<String>,
}

/// A file as Parquet wants to read it.
#[derive(Clone)]
struct Source(Arc<dyn DiskFile>);

impl Length for Source {
    fn len(&self) -> u64 {
        self.0.size().unwrap_or(0)
    }
}

impl ChunkReader for Source {
    type T = BufReader<Stream<Arc<dyn DiskFile>>>;

    fn get_read(&self, start: u64) -> parquet::errors::Result<Self::T> {
        Ok(BufReader::new(Stream::new(Arc::clone(&self.0), start)))
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        let bytes = read_range(self.0.as_ref(), start, length as u64)?;
        if bytes.len() < length {
            return Err(ParquetError::EOF("the file is too short".to_owned()));
        }
        Ok(bytes.into())
    }
}

/// Parquet's own types say all; the Arrow schema that writers add is left out,
/// so that segments of other writers are read as well.
fn by_parquet_alone() -> ArrowReaderOptions {
    ArrowReaderOptions::new().with_skip_arrow_metadata(true)
}

/// Reads what a segment says of itself.
pub(crate) fn read_head(path: &Path, file: &Arc<dyn DiskFile>) -> Result<SegmentHead, CaseError> {
    let wrong = |what: String| damaged(path, 0, what);
    let reader = ParquetRecordBatchReaderBuilder::try_new_with_options(
        Source(Arc::clone(file)),
        by_parquet_alone(),
    )
    .map_err(|error| wrong(error.to_string()))?;
    let said = reader.metadata().file_metadata().key_value_metadata();
    let value = |key: &str| {
        said.and_then(|pairs| pairs.iter().find(|pair| pair.key == key))
            .and_then(|pair| pair.value.as_deref())
            .ok_or_else(|| wrong(format!("the footer lacks `{key}`")))
    };
    let found = value(KEY_FORMAT)?.parse().unwrap_or(u64::MAX);
    if found > FORMAT {
        return Err(CaseError::Newer {
            path: path.to_owned(),
            found,
            known: FORMAT,
        });
    }
    Ok(SegmentHead {
        plan: value(KEY_PLAN)?.to_owned(),
        trials: serde_json::from_str(value(KEY_TRIALS)?)
            .map_err(|error| wrong(format!("the footer's `{KEY_TRIALS}`: {error}")))?,
    })
}

/// The rows of a segment, batch by batch.
pub(crate) fn read_rows(
    path: &Path,
    file: Arc<dyn DiskFile>,
) -> Result<ParquetRecordBatchReader, CaseError> {
    ParquetRecordBatchReaderBuilder::try_new_with_options(Source(file), by_parquet_alone())
        .and_then(|reader| reader.with_batch_size(BATCH_ROWS).build())
        .map_err(|error| damaged(path, 0, error.to_string()))
}

/// The observations of one batch, or what is wrong with its columns.
pub(crate) fn observations_of(batch: &RecordBatch) -> Result<Vec<Observation>, String> {
    let read = Columnwise::of(batch)?;
    (0..batch.num_rows()).map(|row| read.row(row)).collect()
}

/// The columns of a batch by name, with their types checked.
struct Columnwise<'a> {
    texts: BTreeMap<&'static str, &'a StringArray>,
    slot: &'a arrow_array::UInt32Array,
    at_ms: &'a arrow_array::Int64Array,
    handover_us: &'a arrow_array::UInt64Array,
    factors: &'a arrow_array::MapArray,
    evidence: &'a arrow_array::ListArray,
}

const TEXTS: [&str; 10] = [
    "trial",
    "route",
    "arm",
    "check",
    "round",
    "platform",
    "scene",
    "destination",
    "form",
    "facts",
];

impl<'a> Columnwise<'a> {
    fn of(batch: &'a RecordBatch) -> Result<Self, String> {
        let schema: SchemaRef = batch.schema();
        let column = |name: &str| {
            let place = schema.index_of(name).map_err(|error| error.to_string())?;
            Ok::<&'a ArrayRef, String>(batch.column(place))
        };
        let typed = |name: &str| format!("column `{name}` has another type than format 1");
        let mut texts = BTreeMap::new();
        for name in TEXTS {
            let array = column(name)?.as_string_opt().ok_or_else(|| typed(name))?;
            texts.insert(name, array);
        }
        Ok(Self {
            texts,
            slot: column("slot")?
                .as_primitive_opt::<UInt32Type>()
                .ok_or_else(|| typed("slot"))?,
            at_ms: column("at_ms")?
                .as_primitive_opt::<Int64Type>()
                .ok_or_else(|| typed("at_ms"))?,
            handover_us: column("handover_us")?
                .as_primitive_opt::<UInt64Type>()
                .ok_or_else(|| typed("handover_us"))?,
            factors: column("factors")?
                .as_map_opt()
                .ok_or_else(|| typed("factors"))?,
            evidence: column("evidence")?
                .as_list_opt()
                .ok_or_else(|| typed("evidence"))?,
        })
    }

    fn text(&self, name: &'static str, row: usize) -> String {
        self.texts
            .get(name)
            .map_or_else(String::new, |array| array.value(row).to_owned())
    }

    fn row(&self, row: usize) -> Result<Observation, String> {
        Ok(Observation {
            trial: self.text("trial", row),
            slot: self.slot.value(row),
            route: route_of(&self.text("route", row))?,
            arm: arm_of(&self.text("arm", row))?,
            check: self.text("check", row),
            round: self.text("round", row),
            platform: self.text("platform", row),
            scene: self.text("scene", row),
            destination: self.text("destination", row),
            at_ms: self.at_ms.value(row),
            factors: self.factors_of(row)?,
            form: self
                .texts
                .get("form")
                .filter(|array| array.is_valid(row))
                .map(|array| array.value(row).to_owned()),
            handover_us: self
                .handover_us
                .is_valid(row)
                .then(|| self.handover_us.value(row)),
            facts: self.text("facts", row),
            evidence: self.evidence_of(row)?,
        })
    }

    fn factors_of(&self, row: usize) -> Result<BTreeMap<String, String>, String> {
        let pairs = self.factors.value(row);
        let side = |n: usize| {
            let array = pairs
                .columns()
                .get(n)
                .and_then(|c| c.as_string_opt::<i32>());
            array.ok_or_else(|| "column `factors` does not map text to text".to_owned())
        };
        let (names, values) = (side(0)?, side(1)?);
        Ok(names
            .iter()
            .zip(values.iter())
            .filter_map(|(name, value)| Some((name?.to_owned(), value?.to_owned())))
            .collect())
    }

    fn evidence_of(&self, row: usize) -> Result<Vec<Digest>, String> {
        let list = self.evidence.value(row);
        let texts = list
            .as_string_opt::<i32>()
            .ok_or_else(|| "column `evidence` does not list text".to_owned())?;
        texts
            .iter()
            .flatten()
            .map(|text| text.parse().map_err(|error| format!("{error}")))
            .collect()
    }
}

pub(crate) fn route_of(word: &str) -> Result<Route, String> {
    [
        Route::Platform,
        Route::Direct,
        Route::Neutral,
        Route::Imported,
    ]
    .into_iter()
    .find(|route| route.word() == word)
    .ok_or_else(|| format!("`{word}` is no route"))
}

pub(crate) fn arm_of(word: &str) -> Result<Arm, String> {
    [Arm::Rival, Arm::Control]
        .into_iter()
        .find(|arm| arm_word(*arm) == word)
        .ok_or_else(|| format!("`{word}` is no arm"))
}
