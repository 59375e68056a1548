//! Finished segments, and all observations of a case as one stream in the
//! order of the plan.
//!
//! Not here: how segments come to be.

use std::collections::btree_map;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use moongate_glossary::{Digest, Observation};
use parquet::arrow::arrow_reader::ParquetRecordBatchReader;
use sha2::{Digest as _, Sha256};

use crate::columns::{observations_of, read_head, read_rows};
use crate::disk::{Access, Disk, DiskFile};
use crate::error::{CaseError, damaged, on_disk};
use crate::journal::SegmentName;

/// A segment that was checked against its digest when the folder was opened.
#[derive(Debug, Clone)]
pub(crate) struct Segment {
    pub(crate) name: SegmentName,
    /// Places in the plan of the trials it holds.
    pub(crate) trials: Vec<u32>,
}

pub(crate) fn file_name(number: usize) -> String {
    format!("{number:05}.parquet")
}

/// Opens the segment of this name and finds the trials it holds. Its digest
/// is checked before anything in it is believed.
pub(crate) fn open(
    disk: &dyn Disk,
    path: &Path,
    name: &SegmentName,
    plan: &Digest,
    places: &HashMap<String, u32>,
) -> Result<Segment, CaseError> {
    let file = disk
        .open(path, Access::Read)
        .map_err(on_disk("read", path))?;
    let file: Arc<dyn DiskFile> = file.into();
    let sha256 = digest_of(file.as_ref()).map_err(on_disk("read", path))?;
    if sha256 != name.sha256 {
        let what = format!("its digest is {sha256}, {} was written", name.sha256);
        return Err(damaged(path, 0, what));
    }
    let head = read_head(path, &file)?;
    if head.plan != plan.to_string() {
        return Err(damaged(path, 0, "it was measured under another plan"));
    }
    let trials = head.trials.iter().map(|trial| {
        let place = places.get(trial).copied();
        place.ok_or_else(|| damaged(path, 0, format!("trial `{trial}` is not in the plan")))
    });
    Ok(Segment {
        trials: trials.collect::<Result<_, _>>()?,
        name: name.clone(),
    })
}

/// The digest of a file's bytes, read piece by piece.
pub(crate) fn digest_of(file: &dyn DiskFile) -> std::io::Result<Digest> {
    let mut hasher = Sha256::new();
    let mut piece = vec![0; 1 << 18];
    let mut offset = 0;
    loop {
        let n = file.read_at(offset, &mut piece)?;
        if n == 0 {
            let bytes: [u8; 32] = hasher.finalize().into();
            return Ok(Digest::from(bytes));
        }
        hasher.update(piece.get(..n).unwrap_or_default());
        offset += n as u64;
    }
}

type OfTrial = (u32, Vec<Observation>);

/// All observations of a case, in the order of the plan; those of one trial
/// in the order in which they were handed over. Independent of the order in
/// which trials were finished, and of where they stand. Ends after an error.
pub struct Observations<'a> {
    sources: Vec<Rows<'a>>,
    // The next trial of each source, lowest place in the plan first.
    heads: BTreeMap<(u32, usize), Vec<Observation>>,
    current: std::vec::IntoIter<Observation>,
    failed: Option<CaseError>,
}

impl<'a> Observations<'a> {
    pub(crate) fn new(
        disk: &dyn Disk,
        dir: &Path,
        segments: &[Segment],
        places: &'a HashMap<String, u32>,
        pending: &'a BTreeMap<u32, Vec<Observation>>,
    ) -> Self {
        let mut all = Self {
            sources: vec![Rows::Pending(pending.iter())],
            heads: BTreeMap::new(),
            current: Vec::new().into_iter(),
            failed: None,
        };
        for segment in segments {
            let path = dir.join(&segment.name.file);
            match SegmentRows::open(disk, path, places) {
                Ok(rows) => all.sources.push(Rows::Segment(Box::new(rows))),
                Err(error) => all.failed = Some(error),
            }
        }
        for source in 0..all.sources.len() {
            all.advance(source);
        }
        all
    }

    fn advance(&mut self, source: usize) {
        match self.sources.get_mut(source).and_then(Rows::next) {
            Some(Ok((place, rows))) => {
                self.heads.insert((place, source), rows);
            }
            Some(Err(error)) => self.failed = Some(error),
            None => {}
        }
    }
}

impl Iterator for Observations<'_> {
    type Item = Result<Observation, CaseError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(error) = self.failed.take() {
                self.heads.clear();
                self.sources.clear();
                self.current = Vec::new().into_iter();
                return Some(Err(error));
            }
            if let Some(observation) = self.current.next() {
                return Some(Ok(observation));
            }
            let ((_, source), rows) = self.heads.pop_first()?;
            self.current = rows.into_iter();
            self.advance(source);
        }
    }
}

enum Rows<'a> {
    Pending(btree_map::Iter<'a, u32, Vec<Observation>>),
    Segment(Box<SegmentRows<'a>>),
}

impl Rows<'_> {
    fn next(&mut self) -> Option<Result<OfTrial, CaseError>> {
        match self {
            Self::Pending(trials) => trials
                .next()
                .map(|(place, rows)| Ok((*place, rows.clone()))),
            Self::Segment(rows) => rows.next_trial().transpose(),
        }
    }
}

struct SegmentRows<'a> {
    path: PathBuf,
    places: &'a HashMap<String, u32>,
    batches: ParquetRecordBatchReader,
    rows: std::iter::Peekable<std::vec::IntoIter<Observation>>,
}

impl<'a> SegmentRows<'a> {
    fn open(
        disk: &dyn Disk,
        path: PathBuf,
        places: &'a HashMap<String, u32>,
    ) -> Result<Self, CaseError> {
        let file = disk
            .open(&path, Access::Read)
            .map_err(on_disk("read", &path))?;
        Ok(Self {
            batches: read_rows(&path, file.into())?,
            rows: Vec::new().into_iter().peekable(),
            path,
            places,
        })
    }

    /// The next row, not taken; reads the next batch where it must.
    fn peek(&mut self) -> Result<Option<&Observation>, CaseError> {
        while self.rows.peek().is_none() {
            let Some(batch) = self.batches.next() else {
                return Ok(None);
            };
            let rows = batch
                .map_err(|error| error.to_string())
                .and_then(|batch| observations_of(&batch))
                .map_err(|what| damaged(&self.path, 0, what))?;
            self.rows = rows.into_iter().peekable();
        }
        Ok(self.rows.peek())
    }

    fn next_trial(&mut self) -> Result<Option<OfTrial>, CaseError> {
        let Some(first) = self.peek()? else {
            return Ok(None);
        };
        let trial = first.trial.clone();
        let Some(place) = self.places.get(&trial).copied() else {
            let what = format!("trial `{trial}` is not in the plan");
            return Err(damaged(&self.path, 0, what));
        };
        let mut rows = Vec::new();
        while self.peek()?.is_some_and(|row| row.trial == trial) {
            rows.extend(self.rows.next());
        }
        Ok(Some((place, rows)))
    }
}
