//! What stands in a case folder, whatever happened to the process that wrote
//! it; and putting right what does not.
//!
//! [`survey`] only reads, so a reader may use it while another process writes.
//! [`mend`] is for the one writer. Both run on every opening: there is no
//! separate path for a folder that was left in disorder.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use moongate_glossary::Digest;

use crate::disk::{Access, Disk, UNFINISHED, read_all, replace};
use crate::error::{CaseError, damaged, on_disk};
use crate::evidence;
use crate::journal::{self, Entry, FORMAT, Frame, Header, MAGIC, Place, frame, frame_at};
use crate::manifest::{FormatOnly, not_storable};
use crate::segments::{self, Segment};

pub(crate) const JOURNAL: &str = "open.journal";

/// The three folders of a case that hold what was measured.
pub(crate) struct Layout {
    pub(crate) root: PathBuf,
    pub(crate) observations: PathBuf,
    pub(crate) evidence: PathBuf,
    pub(crate) findings: PathBuf,
}

impl Layout {
    pub(crate) fn of(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            observations: root.join("observations"),
            evidence: root.join("evidence"),
            findings: root.join("findings"),
        }
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.observations.join(JOURNAL)
    }
}

/// What stands.
pub(crate) struct Survey {
    /// Trials that stand in the journal and in no segment.
    pub(crate) entries: Vec<Entry>,
    pub(crate) segments: Vec<Segment>,
    /// What the header vouches for: durable.
    pub(crate) durable_evidence: Place,
    /// Where the evidence of the last finished trial ends.
    pub(crate) evidence: Place,
    /// Bytes of the journal that count.
    pub(crate) journal: u64,
    /// Whether the journal must be begun: there is none yet.
    pub(crate) begin_journal: bool,
}

pub(crate) fn names_in(disk: &dyn Disk, dir: &Path) -> Result<Vec<String>, CaseError> {
    match disk.list(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        listed => listed.map_err(on_disk("list", dir)),
    }
}

/// Reads what stands.
///
/// The journal first, then the segments it lists: a trial leaves the journal
/// only when a new journal lists its segment, so whatever another process
/// writes meanwhile, every trial is met once. Segments that the journal does
/// not list do not count.
pub(crate) fn survey(
    disk: &dyn Disk,
    layout: &Layout,
    plan: &Digest,
    places: &HashMap<String, u32>,
) -> Result<Survey, CaseError> {
    let Some(journal) = read_journal(disk, layout, plan)? else {
        return nothing_yet(disk, layout);
    };
    let mut segments = Vec::new();
    for name in &journal.header.segments {
        let path = layout.observations.join(&name.file);
        segments.push(segments::open(disk, &path, name, plan, places)?);
    }
    let last = journal.entries.last();
    Ok(Survey {
        durable_evidence: journal.header.evidence,
        evidence: last.map_or(journal.header.evidence, |(_, entry)| entry.evidence),
        entries: journal.entries.into_iter().map(|(_, e)| e).collect(),
        segments,
        journal: journal.good,
        begin_journal: false,
    })
}

/// A case without a journal was just created: it may hold nothing measured.
fn nothing_yet(disk: &dyn Disk, layout: &Layout) -> Result<Survey, CaseError> {
    let segments = names_in(disk, &layout.observations)?;
    let files = names_in(disk, &layout.evidence)?;
    let measured = segments.iter().any(|name| name.ends_with(".parquet"))
        || files
            .iter()
            .any(|name| evidence::file_number(name).is_some());
    if measured {
        return Err(damaged(
            &layout.journal(),
            0,
            "the journal is missing, so it is unknown which trials are finished",
        ));
    }
    Ok(Survey {
        entries: Vec::new(),
        segments: Vec::new(),
        durable_evidence: Place::default(),
        evidence: Place::default(),
        journal: 0,
        begin_journal: true,
    })
}

struct Journal {
    header: Header,
    /// Each with the place where its frame begins.
    entries: Vec<(u64, Entry)>,
    good: u64,
}

fn read_journal(
    disk: &dyn Disk,
    layout: &Layout,
    plan: &Digest,
) -> Result<Option<Journal>, CaseError> {
    let path = layout.journal();
    let bytes = match read_all(disk, &path) {
        Err(CaseError::Disk { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            return Ok(None);
        }
        read => read?,
    };
    let (header, start) = read_header(&path, &bytes)?;
    if header.plan != *plan {
        return Err(damaged(&path, 0, "it was written under another plan"));
    }
    let mut entries = Vec::new();
    let mut at = start;
    let good = loop {
        match frame_at(&bytes, at) {
            Some(Frame::Whole { text, end }) => {
                entries.push((at as u64, read_entry(&path, at, text)?));
                at = end;
            }
            None | Some(Frame::Torn) => break at,
            Some(Frame::Wrong { .. }) => {
                refuse_if_durable(&path, &bytes, at)?;
                break at;
            }
        }
    };
    let mut journal = Journal {
        header,
        entries,
        good: good as u64,
    };
    keep_what_has_evidence(disk, layout, &mut journal)?;
    Ok(Some(journal))
}

fn read_header(path: &Path, bytes: &[u8]) -> Result<(Header, usize), CaseError> {
    let wrong = |what: &str| damaged(path, 0, what);
    if !bytes.starts_with(MAGIC) {
        return Err(wrong("it is no journal of Moongate"));
    }
    let Some(Frame::Whole { text, end }) = frame_at(bytes, MAGIC.len()) else {
        return Err(wrong("its first frame is not whole"));
    };
    let said: FormatOnly =
        serde_json::from_slice(text).map_err(|error| wrong(&error.to_string()))?;
    if said.format > FORMAT {
        return Err(CaseError::Newer {
            path: path.to_owned(),
            found: said.format,
            known: FORMAT,
        });
    }
    let header = serde_json::from_slice(text).map_err(|error| wrong(&error.to_string()))?;
    Ok((header, end))
}

fn read_entry(path: &Path, at: usize, text: &[u8]) -> Result<Entry, CaseError> {
    serde_json::from_slice(text).map_err(|error| damaged(path, at as u64, error.to_string()))
}

/// A frame that is not what was written may be one the machine never got to
/// the disk. If a later frame says that it was durable, somebody changed it.
fn refuse_if_durable(path: &Path, bytes: &[u8], wrong: usize) -> Result<(), CaseError> {
    let mut at = wrong;
    while let Some(Frame::Whole { end, .. } | Frame::Wrong { end }) = frame_at(bytes, at) {
        if let Some(Frame::Whole { text, .. }) = frame_at(bytes, at)
            && let Ok(later) = serde_json::from_slice::<Entry>(text)
            && later.durable > wrong as u64
        {
            return Err(damaged(path, wrong as u64, "a frame with a wrong CRC-32"));
        }
        at = end;
    }
    Ok(())
}

/// Cuts the journal before the first trial whose evidence is not there. A
/// killed process cannot leave one (evidence is written first); a machine
/// that lost power can, among the trials not yet made durable.
fn keep_what_has_evidence(
    disk: &dyn Disk,
    layout: &Layout,
    journal: &mut Journal,
) -> Result<(), CaseError> {
    let durable = journal.entries.iter().map(|(_, entry)| entry.durable).max();
    let mut from = journal.header.evidence;
    let mut keep = 0;
    for (start, entry) in &journal.entries {
        let to = entry.evidence;
        // What was durable is checked where it is read, against its digest.
        let was_durable = durable > Some(*start);
        if !was_durable && !evidence::stands(disk, &layout.evidence, from, to, entry.crc)? {
            journal.good = *start;
            break;
        }
        keep += 1;
        from = to;
    }
    journal.entries.truncate(keep);
    Ok(())
}

/// Puts right what a kill left behind: cuts torn ends and removes what never
/// counted. Every step may be cut short and is taken again at the next
/// opening.
pub(crate) fn mend(
    disk: &dyn Disk,
    layout: &Layout,
    plan: &Digest,
    survey: &mut Survey,
) -> Result<(), CaseError> {
    for dir in [&layout.observations, &layout.evidence, &layout.findings] {
        disk.create_dir(dir).map_err(on_disk("create", dir))?;
    }
    let dirs = [
        &layout.root,
        &layout.observations,
        &layout.evidence,
        &layout.findings,
    ];
    for dir in dirs {
        remove_if(disk, dir, |name| name.ends_with(UNFINISHED))?;
    }
    remove_unlisted(disk, layout, &survey.segments)?;
    mend_evidence(disk, layout, survey.evidence)?;
    if survey.begin_journal {
        survey.journal = begin_journal(disk, layout, plan, survey.evidence, &survey.segments)?;
        survey.begin_journal = false;
        return Ok(());
    }
    cut(disk, &layout.journal(), survey.journal)
}

fn remove_if(disk: &dyn Disk, dir: &Path, gone: impl Fn(&str) -> bool) -> Result<(), CaseError> {
    for name in names_in(disk, dir)?.iter().filter(|name| gone(name)) {
        let path = dir.join(name);
        disk.remove(&path).map_err(on_disk("remove", &path))?;
    }
    Ok(())
}

/// A compaction that was cut short leaves one segment, the next by number,
/// whose trials all stand in the journal still. Any other is not ours.
fn remove_unlisted(disk: &dyn Disk, layout: &Layout, listed: &[Segment]) -> Result<(), CaseError> {
    let next = segments::file_name(listed.len() + 1);
    for name in names_in(disk, &layout.observations)? {
        let is_listed = listed.iter().any(|segment| segment.name.file == name);
        if name.ends_with(".parquet") && !is_listed && name != next {
            let path = layout.observations.join(&name);
            return Err(damaged(
                &path,
                0,
                "a segment that the journal does not know",
            ));
        }
    }
    remove_if(disk, &layout.observations, |name| name == next)
}

fn mend_evidence(disk: &dyn Disk, layout: &Layout, end: Place) -> Result<(), CaseError> {
    remove_if(disk, &layout.evidence, |name| {
        evidence::file_number(name).is_some_and(|number| number > end.file)
    })?;
    if end.file == 0 {
        return Ok(());
    }
    cut(
        disk,
        &layout.evidence.join(evidence::file_name(end.file)),
        end.end,
    )
}

/// Cuts a file to `size` and makes it durable, since a process that was killed
/// may not have; one that is shorter has lost something.
fn cut(disk: &dyn Disk, path: &Path, size: u64) -> Result<(), CaseError> {
    let file = disk.open(path, Access::Read);
    let is = file
        .and_then(|file| file.size())
        .map_err(on_disk("read", path))?;
    if is < size {
        let what = format!("the file ends here, {size} bytes were written");
        return Err(damaged(path, is, what));
    }
    disk.open(path, Access::Append)
        .and_then(|mut file| {
            if is > size {
                file.truncate(size)?;
            }
            file.sync()
        })
        .map_err(on_disk("cut", path))
}

/// Puts an empty journal in place that vouches for all that stands; its size.
pub(crate) fn begin_journal(
    disk: &dyn Disk,
    layout: &Layout,
    plan: &Digest,
    evidence: Place,
    segments: &[Segment],
) -> Result<u64, CaseError> {
    let header = Header {
        format: journal::FORMAT,
        plan: *plan,
        evidence,
        segments: segments.iter().map(|s| s.name.clone()).collect(),
    };
    let mut bytes = MAGIC.to_vec();
    frame(&header, &mut bytes).map_err(|error| not_storable("the journal", &error))?;
    replace(disk, &layout.journal(), &bytes)?;
    Ok(bytes.len() as u64)
}
