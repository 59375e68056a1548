//! The evidence on disk: WARC files that only grow, and the index over them.
//!
//! Not here: trials and when they are finished; that is the journal's affair,
//! and evidence beyond what the journal vouches for does not count.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use moongate_glossary::Digest;

use crate::disk::{Access, Disk, DiskFile, Stream, read_all, read_range};
use crate::error::{CaseError, damaged, on_disk};
use crate::gzip::{crc32, read_member};
use crate::index::{self, Entry};
use crate::journal::Place;
use crate::warc::{self, EvidenceRecord, Origin, RecordHead, RecordWriter};

/// No body is larger, so no reader needs more memory than this for one.
pub(crate) const LARGEST_BODY: u64 = 256 << 20;
// Headers of a record and of its response; generous.
const LARGEST_HEADS: u64 = 4 << 20;

pub(crate) struct EvidenceStore {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    case: Digest,
    index: HashMap<Digest, Entry>,
    end: Place,
    indexed: Place,
    /// Bodies stored since the index file was last added to.
    recent: Vec<Digest>,
    file: Option<Box<dyn DiskFile>>,
    writer: RecordWriter,
    /// Records made and not yet handed over; they end at `end`.
    gathered: Vec<u8>,
}

/// What a trial's evidence added.
pub(crate) struct Appended {
    pub(crate) end: Place,
    pub(crate) crc: u32,
}

/// One whole record, as a walk over a file meets it.
pub(crate) struct Found {
    pub(crate) offset: u64,
    pub(crate) size: u64,
    pub(crate) head: RecordHead,
    pub(crate) block: Vec<u8>,
}

impl Found {
    /// The body inside the block.
    pub(crate) fn body(&self) -> &[u8] {
        if !self.head.http {
            return &self.block;
        }
        let start = warc::find_blank_line(&self.block).map_or(self.block.len(), |end| end + 4);
        self.block.get(start..).unwrap_or_default()
    }

    fn holds_body(&self) -> bool {
        matches!(self.head.kind.as_str(), "response" | "resource")
    }
}

/// The name of the WARC file with this number.
pub(crate) fn file_name(number: u32) -> String {
    format!("{number:05}.warc.gz")
}

pub(crate) fn file_number(name: &str) -> Option<u32> {
    name.strip_suffix(".warc.gz")?.parse().ok()
}

impl EvidenceStore {
    /// The evidence up to `end`. The index on disk is believed up to
    /// `durable`; what lies beyond is read from the records themselves.
    pub(crate) fn load(
        disk: Arc<dyn Disk>,
        dir: PathBuf,
        case: Digest,
        durable: Place,
        end: Place,
    ) -> Result<Self, CaseError> {
        let cached = read_all(disk.as_ref(), &dir.join(INDEX)).ok();
        let (entries, indexed) = cached
            .and_then(|bytes| index::read(&bytes, case, durable))
            .unwrap_or_default();
        let mut store = Self {
            disk,
            dir,
            case,
            index: entries.into_iter().collect(),
            end,
            indexed,
            recent: Vec::new(),
            file: None,
            writer: RecordWriter::new(case),
            gathered: Vec::new(),
        };
        store.rebuild()?;
        Ok(store)
    }

    /// Reads into the index what stands beyond its reach.
    fn rebuild(&mut self) -> Result<(), CaseError> {
        let (from, to) = (self.indexed, self.end);
        for file in from.file.max(1)..=to.file {
            let start = if file == from.file { from.end } else { 0 };
            let stop = if file == to.file { Some(to.end) } else { None };
            let mut found_here = Vec::new();
            self.walk(file, start, stop, |found| {
                if let Some(digest) = found.head.payload.filter(|_| found.holds_body()) {
                    found_here.push((digest, entry_of(file, &found)));
                }
                Ok(())
            })?;
            for (digest, entry) in found_here {
                self.index.entry(digest).or_insert(entry);
                self.recent.push(digest);
            }
        }
        Ok(())
    }

    /// Every record of a file from `start` to `stop` (or its end), in order.
    pub(crate) fn walk(
        &self,
        number: u32,
        start: u64,
        stop: Option<u64>,
        mut visit: impl FnMut(Found) -> Result<(), CaseError>,
    ) -> Result<(), CaseError> {
        let path = self.path(number);
        let file = self
            .disk
            .open(&path, Access::Read)
            .map_err(on_disk("read", &path))?;
        let stop = match stop {
            Some(stop) => stop,
            None => file.size().map_err(on_disk("read", &path))?,
        };
        let stream = Stream::new(file, start).take(stop.saturating_sub(start));
        let mut bytes = Counted {
            inner: BufReader::with_capacity(1 << 16, stream),
            count: 0,
        };
        while start + bytes.count < stop {
            let offset = start + bytes.count;
            let mut record = Vec::new();
            flate2::bufread::GzDecoder::new(&mut bytes)
                .take(LARGEST_BODY + LARGEST_HEADS)
                .read_to_end(&mut record)
                .map_err(|error| damaged(&path, offset, format!("no gzip member: {error}")))?;
            let size = start + bytes.count - offset;
            let (head, block) = open_record(record).map_err(|what| damaged(&path, offset, what))?;
            visit(Found {
                offset,
                size,
                head,
                block,
            })?;
        }
        Ok(())
    }

    /// Makes the records of one trial's evidence ready for
    /// [`Self::hand_over`]. Begins a new file where the present one has
    /// reached `limit` bytes.
    pub(crate) fn gather(
        &mut self,
        trial: &str,
        records: &[EvidenceRecord<'_>],
        limit: u64,
    ) -> Result<Appended, CaseError> {
        if records.is_empty() {
            return Ok(Appended {
                end: self.end,
                crc: 0,
            });
        }
        if self.end.file == 0 || self.end.end >= limit {
            let at_ms = records.first().map_or(0, instant);
            self.begin_file(at_ms)?;
        }
        let place = self.end;
        // A new file's first record belongs to the first trial in it.
        let first = if place.end == 0 {
            0
        } else {
            self.gathered.len()
        };
        let begins = place.end.saturating_sub(first as u64);
        let mut bytes = std::mem::take(&mut self.gathered);
        for (number, record) in records.iter().enumerate() {
            let known = self.index.get(&record.digest).map(|entry| &entry.origin);
            let written = self
                .writer
                .evidence(trial, number, record, known, &mut bytes)?;
            if let Some(origin) = written.holds {
                let entry = Entry {
                    file: place.file,
                    offset: begins + written.start as u64,
                    size: (written.end - written.start) as u64,
                    body: record.body().len() as u64,
                    origin,
                };
                self.index.insert(record.digest, entry);
                self.recent.push(record.digest);
            }
        }
        self.end = Place {
            file: place.file,
            end: begins + bytes.len() as u64,
        };
        let crc = crc32(bytes.get(first..).unwrap_or_default());
        self.gathered = bytes;
        Ok(Appended { end: self.end, crc })
    }

    /// Hands what was gathered to the operating system, in one piece.
    pub(crate) fn hand_over(&mut self) -> Result<(), CaseError> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        let bytes = std::mem::take(&mut self.gathered);
        let path = self.path(self.end.file);
        self.open_file(self.end.file)?
            .append(&bytes)
            .map_err(on_disk("write", &path))?;
        self.gathered = bytes;
        self.gathered.clear();
        Ok(())
    }

    /// The old file is made durable first: of all files only the last one may
    /// have an end that is not.
    fn begin_file(&mut self, at_ms: i64) -> Result<(), CaseError> {
        self.hand_over()?;
        self.sync()?;
        self.file = None;
        let file = self.end.file + 1;
        self.writer
            .warcinfo(&file_name(file), at_ms, &mut self.gathered)?;
        self.open_file(file)?;
        self.disk
            .sync_dir(&self.dir)
            .map_err(on_disk("write", &self.dir))?;
        self.end = Place { file, end: 0 };
        Ok(())
    }

    fn open_file(&mut self, number: u32) -> Result<&mut Box<dyn DiskFile>, CaseError> {
        let file = if let Some(file) = self.file.take() {
            file
        } else {
            let path = self.path(number);
            self.disk
                .open(&path, Access::Append)
                .map_err(on_disk("open", &path))?
        };
        Ok(self.file.insert(file))
    }

    /// Makes all evidence durable.
    pub(crate) fn sync(&mut self) -> Result<(), CaseError> {
        let path = self.path(self.end.file);
        self.file
            .as_mut()
            .map_or(Ok(()), |file| file.sync())
            .map_err(on_disk("write", &path))
    }

    /// Adds to the index file what it does not reach yet. Only called when
    /// that evidence is durable and the journal says so.
    pub(crate) fn write_index(&mut self) -> Result<(), CaseError> {
        let (from, to) = (self.indexed, self.end);
        if from == to {
            return Ok(());
        }
        let path = self.dir.join(INDEX);
        let entries = self
            .recent
            .iter()
            .filter_map(|digest| self.index.get_key_value(digest));
        let block = index::block(from, to, entries);
        let written = if from == Place::default() {
            let mut whole = index::begin(self.case);
            whole.extend_from_slice(&block);
            self.disk
                .open(&path, Access::Create { private: false })
                .and_then(|mut file| file.append(&whole))
        } else {
            self.disk
                .open(&path, Access::Append)
                .and_then(|mut file| file.append(&block))
        };
        written.map_err(on_disk("write", &path))?;
        self.indexed = to;
        self.recent.clear();
        Ok(())
    }

    /// The bytes that a digest names, checked against it.
    pub(crate) fn body(&self, digest: &Digest) -> Result<Option<Vec<u8>>, CaseError> {
        let Some(entry) = self.index.get(digest) else {
            return Ok(None);
        };
        let path = self.path(entry.file);
        let member = self
            .disk
            .open(&path, Access::Read)
            .and_then(|file| read_range(file.as_ref(), entry.offset, entry.size))
            .map_err(on_disk("read", &path))?;
        let wrong = |what: String| damaged(&path, entry.offset, what);
        let record = read_member(&member, entry.body.saturating_add(LARGEST_HEADS))
            .map_err(|error| wrong(format!("no gzip member: {error}")))?;
        let (_, mut block) = open_record(record).map_err(|what| wrong(what.to_owned()))?;
        let start = (block.len() as u64).checked_sub(entry.body);
        let start = start.ok_or_else(|| wrong("a record shorter than its body".to_owned()))?;
        let body = block.split_off(usize::try_from(start).unwrap_or(usize::MAX));
        let is = Digest::of(&body);
        if is != *digest {
            return Err(wrong(format!(
                "the body was stored as {digest}, it is {is}"
            )));
        }
        Ok(Some(body))
    }

    pub(crate) fn knows(&self, digest: &Digest) -> bool {
        self.index.contains_key(digest)
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = (&Digest, &Entry)> {
        self.index.iter()
    }

    pub(crate) fn end(&self) -> Place {
        self.end
    }

    pub(crate) fn path(&self, number: u32) -> PathBuf {
        self.dir.join(file_name(number))
    }
}

const INDEX: &str = "index.bin";

fn instant(record: &EvidenceRecord<'_>) -> i64 {
    match record.kind {
        warc::EvidenceKind::Exchange { at_ms, .. } | warc::EvidenceKind::Resource { at_ms, .. } => {
            at_ms
        }
    }
}

fn entry_of(file: u32, found: &Found) -> Entry {
    Entry {
        file,
        offset: found.offset,
        size: found.size,
        body: found.body().len() as u64,
        origin: Origin {
            url: found.head.url.as_str().into(),
            at_ms: found.head.at_ms,
        },
    }
}

/// Takes a record apart: its header, and its block if it is as long as stated.
fn open_record(mut record: Vec<u8>) -> Result<(RecordHead, Vec<u8>), &'static str> {
    let head = warc::parse(&record)?;
    let whole = (head.start as u64)
        .checked_add(head.length)
        .and_then(|end| end.checked_add(4));
    if whole != Some(record.len() as u64) || !record.ends_with(b"\r\n\r\n") {
        return Err("a record that is not as long as it states");
    }
    record.truncate(record.len() - 4);
    let block = record.split_off(head.start);
    Ok((head, block))
}

/// Whether the evidence between two places has this CRC-32; an error only if
/// the disk cannot be read.
pub(crate) fn stands(
    disk: &dyn Disk,
    dir: &Path,
    from: Place,
    to: Place,
    crc: u32,
) -> Result<bool, CaseError> {
    if from == to {
        return Ok(crc == 0);
    }
    let start = if from.file == to.file { from.end } else { 0 };
    let path = dir.join(file_name(to.file));
    let bytes = match disk.open(&path, Access::Read) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        opened => opened
            .and_then(|file| read_range(file.as_ref(), start, to.end.saturating_sub(start)))
            .map_err(on_disk("read", &path))?,
    };
    Ok(start + bytes.len() as u64 == to.end && crc32(&bytes) == crc)
}

/// Counts what a decoder takes.
struct Counted<R> {
    inner: R,
    count: u64,
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.count += n as u64;
        Ok(n)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.count += amount as u64;
        self.inner.consume(amount);
    }
}
