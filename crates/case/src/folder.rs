//! The case folder: created once, opened by one writer and any number of
//! readers, added to one finished trial at a time.
//!
//! Not here: what is measured and what it means.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io;
use std::path::Path;
use std::sync::Arc;

use moongate_glossary::{Commitment, Digest, Observation, Plan, Seed};

use crate::columns::write_segment;
use crate::disk::{
    Access, Disk, DiskFile, RealDisk, UNFINISHED, holder_of, read_all, replace, replace_private,
};
use crate::error::{CaseError, damaged, on_disk};
use crate::evidence::{EvidenceStore, LARGEST_BODY};
use crate::journal::{EntryRef, frame};
use crate::manifest::{
    FORMAT, FormatOnly, InputName, Manifest, check_names, not_storable, places_of, plan_bytes,
};
use crate::recovery::{Layout, begin_journal, mend, names_in, survey};
use crate::segments::{self, Observations, Segment};
use crate::warc::EvidenceRecord;

const LOCK: &str = "lock";
const SEED: &str = "seed.secret";
// A frame states its length in four bytes; half of that is room enough.
const LARGEST_FRAME: usize = 1 << 31;

/// What a case begins with.
#[derive(Debug, Clone)]
pub struct Inputs<'a> {
    /// The order as checked: file name and bytes.
    pub order: (&'a str, &'a [u8]),
    /// Any other file the plan was made from.
    pub others: Vec<(&'a str, &'a [u8])>,
    /// The plan.
    pub plan: &'a Plan,
    /// `seed.commit(&plan_bytes(plan)?)`.
    pub commitment: Commitment,
    /// The seed that ordered the slots; kept in a private file until
    /// [`CaseFolder::reveal_seed`].
    pub seed: Seed,
}

/// A trial that is done, with everything that is to be recorded of it.
#[derive(Debug, Clone)]
pub struct Finished<'a> {
    /// Its id in the plan.
    pub trial: &'a str,
    /// What was seen.
    pub observations: Vec<Observation>,
    /// The evidence that the observations rest on, where it is not in the
    /// case already.
    pub records: Vec<EvidenceRecord<'a>>,
}

/// When what was handed to the operating system is forced to the disk.
///
/// A killed *process* loses nothing either way: every finished trial was
/// handed over by `write(2)` before [`CaseFolder::finish_trial`] returned. The
/// choice is about a machine that loses power.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// After every trial: a power loss costs no finished trial.
    #[default]
    EveryTrial,
    /// After this many trials, and on [`CaseFolder::sync`]: a power loss costs
    /// at most so many of the last trials, which are then measured again.
    Group {
        /// At most so many trials are at stake.
        trials: u32,
    },
}

/// How a folder is written. No setting changes what is read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// When to force things to the disk.
    pub durability: Durability,
    /// The journal becomes a segment at so many trials …
    pub segment_trials: usize,
    /// … or at so many bytes.
    pub segment_bytes: u64,
    /// A WARC file that has reached so many bytes is followed by a new one.
    pub warc_bytes: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            durability: Durability::EveryTrial,
            segment_trials: 4096,
            segment_bytes: 32 << 20,
            warc_bytes: 1 << 30,
        }
    }
}

/// An open case.
///
/// ```
/// use moongate_case::{CaseFolder, Inputs, plan_bytes};
/// use moongate_glossary::{Plan, Seed, Trial};
/// let trial = Trial {
///     id: "t1".into(), round: "now".into(), check: "links".into(), platform: "p".into(),
///     scene: "group".into(), factors: Default::default(), slots: vec![],
/// };
/// let plan = Plan { format: Plan::FORMAT, order: "o".into(), rounds: vec![], trials: vec![trial] };
/// let seed = Seed::from_sentence("an example");
/// let commitment = seed.commit(&plan_bytes(&plan)?);
/// let inputs = Inputs {
///     order: ("order.toml", b"# an order"), others: vec![], plan: &plan, commitment, seed,
/// };
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("case");
/// let mut case = CaseFolder::create(&path, &inputs)?;
/// case.finish_trial("t1", &[], &[])?;
/// assert!(case.finish_trial("t1", &[], &[]).is_err(), "a trial is finished once");
/// drop(case);
/// let case = CaseFolder::open_to_read(&path)?;
/// assert!(case.finished_trials().contains("t1"));
/// # Ok::<(), moongate_case::CaseError>(())
/// ```
pub struct CaseFolder {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) layout: Layout,
    pub(crate) manifest: Manifest,
    pub(crate) plan: Plan,
    pub(crate) evidence: EvidenceStore,
    pub(crate) segments: Vec<Segment>,
    places: HashMap<String, u32>,
    finished: BTreeSet<String>,
    /// Trials that stand in the journal only, by place in the plan.
    pending: BTreeMap<u32, Vec<Observation>>,
    /// None in a folder opened for reading.
    writer: Option<Writer>,
    settings: Settings,
}

/// What only the one writer has.
struct Writer {
    _lock: Box<dyn Send + Sync>,
    journal: Box<dyn DiskFile>,
    /// Bytes of the journal.
    end: u64,
    /// Bytes of it that are durable, together with their evidence.
    durable: u64,
    /// Trials since then.
    at_stake: u32,
    /// Whether a write failed, so that memory and disk may disagree.
    failed: bool,
    buffer: Vec<u8>,
}

impl std::fmt::Debug for CaseFolder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CaseFolder")
            .field("path", &self.layout.root)
            .field("finished", &self.finished.len())
            .finish_non_exhaustive()
    }
}

impl CaseFolder {
    /// Begins a case in a new or empty folder (or one whose creation was cut
    /// short) and opens it for writing.
    ///
    /// # Errors
    /// If the folder holds anything else, if an input cannot be stored, if the
    /// commitment is not that of the seed and the plan, or if the disk refuses.
    pub fn create(path: impl AsRef<Path>, inputs: &Inputs<'_>) -> Result<Self, CaseError> {
        Self::create_on(Arc::new(RealDisk), path.as_ref(), inputs)
    }

    /// Opens a case for writing. Whatever happened to the process that wrote
    /// it last, every finished trial is there once, and torn ends are cut.
    ///
    /// # Errors
    /// If it is no case, is of a newer format, is being written by another
    /// process, was changed afterwards, or if the disk refuses.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, CaseError> {
        let (disk, path) = (Arc::new(RealDisk), path.as_ref());
        let lock = lock_of(&RealDisk, path)?;
        Self::open_on(disk, path, Some(lock))
    }

    /// Opens a case for reading only, beside a writer if there is one: what
    /// is seen is what was finished at this instant. Nothing is written.
    ///
    /// # Errors
    /// As [`Self::open`], but a writer is no hindrance.
    pub fn open_to_read(path: impl AsRef<Path>) -> Result<Self, CaseError> {
        Self::open_on(Arc::new(RealDisk), path.as_ref(), None)
    }

    pub(crate) fn create_on(
        disk: Arc<dyn Disk>,
        path: &Path,
        inputs: &Inputs<'_>,
    ) -> Result<Self, CaseError> {
        let (manifest, plan) = manifest_of(inputs)?;
        disk.create_dir(path).map_err(on_disk("create", path))?;
        refuse_foreign(disk.as_ref(), path, &manifest)?;
        let lock = take_lock(disk.as_ref(), path)?;
        // The order of effects: `case.json` is put in place last, in one step.
        // A folder without it holds nothing measured and may be written anew;
        // a folder with it has everything it speaks of, durable.
        for (name, bytes) in std::iter::once(&inputs.order).chain(&inputs.others) {
            replace(disk.as_ref(), &path.join(name), bytes)?;
        }
        let seed = format!("{}\n", inputs.seed.reveal());
        replace_private(disk.as_ref(), &path.join(SEED), seed.as_bytes())?;
        replace(disk.as_ref(), &path.join("plan.json"), &plan)?;
        let bytes = manifest.to_bytes()?;
        replace(disk.as_ref(), &path.join("case.json"), &bytes)?;
        Self::open_on(disk, path, Some(lock))
    }

    pub(crate) fn open_on(
        disk: Arc<dyn Disk>,
        path: &Path,
        lock: Option<Box<dyn Send + Sync>>,
    ) -> Result<Self, CaseError> {
        let layout = Layout::of(path);
        let manifest = read_manifest(disk.as_ref(), path)?;
        let plan = read_plan(disk.as_ref(), path, &manifest)?;
        let places = places_of(&plan)?;
        let mut found = survey(disk.as_ref(), &layout, &manifest.plan, &places)?;
        let writer = match lock {
            None => None,
            Some(lock) => {
                mend(disk.as_ref(), &layout, &manifest.plan, &mut found)?;
                forget_seed(disk.as_ref(), &layout, &manifest)?;
                Some(Writer::new(disk.as_ref(), &layout, lock, found.journal)?)
            }
        };
        let evidence = EvidenceStore::load(
            Arc::clone(&disk),
            layout.evidence.clone(),
            manifest.commitment.0,
            found.durable_evidence,
            found.evidence,
        )?;
        let mut folder = Self {
            disk,
            layout,
            manifest,
            plan,
            evidence,
            segments: found.segments,
            places,
            finished: BTreeSet::new(),
            pending: BTreeMap::new(),
            writer,
            settings: Settings::default(),
        };
        folder.count_finished(found.entries)?;
        Ok(folder)
    }

    /// Counts every finished trial, once.
    fn count_finished(&mut self, entries: Vec<crate::journal::Entry>) -> Result<(), CaseError> {
        let path = self.layout.journal();
        let twice = |trial: &str| damaged(&path, 0, format!("trial `{trial}` stands twice"));
        for place in self.segments.iter().flat_map(|s| &s.trials) {
            let trial = self.plan.trials.get(*place as usize);
            let trial = trial.map(|trial| trial.id.clone()).unwrap_or_default();
            if let Some(trial) = self.finished.replace(trial) {
                return Err(twice(&trial));
            }
        }
        for entry in entries {
            let Some(place) = self.places.get(&entry.trial) else {
                let what = format!("trial `{}` is not in the plan", entry.trial);
                return Err(damaged(&path, 0, what));
            };
            self.pending.insert(*place, entry.observations);
            if let Some(trial) = self.finished.replace(entry.trial) {
                return Err(twice(&trial));
            }
        }
        Ok(())
    }

    /// The same folder, written in another manner from now on.
    #[must_use]
    pub fn with_settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Where the folder lies.
    pub fn path(&self) -> &Path {
        &self.layout.root
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What the seed was committed to before the first trial.
    pub fn commitment(&self) -> Commitment {
        self.manifest.commitment
    }

    /// The seed, once it is revealed.
    pub fn revealed_seed(&self) -> Option<Seed> {
        self.manifest.revealed()
    }

    /// The program that created the folder, with its version.
    pub fn creator(&self) -> &str {
        &self.manifest.creator
    }

    /// The name of the order's file.
    pub fn order_name(&self) -> &str {
        &self.manifest.order.name
    }

    /// The names of all inputs, the order first.
    pub fn input_names(&self) -> impl Iterator<Item = &str> {
        self.manifest.inputs().map(|input| input.name.as_str())
    }

    /// An input byte for byte, checked against its digest; none if the case
    /// has no input of this name.
    ///
    /// # Errors
    /// If the file was changed, or cannot be read.
    pub fn input(&self, name: &str) -> Result<Option<Vec<u8>>, CaseError> {
        let input = self.manifest.inputs().find(|input| input.name == name);
        input.map(|input| self.read_input(input)).transpose()
    }

    pub(crate) fn read_input(&self, input: &InputName) -> Result<Vec<u8>, CaseError> {
        let path = self.layout.root.join(&input.name);
        let bytes = read_all(self.disk.as_ref(), &path)?;
        check_digest(&path, &bytes, &input.sha256)?;
        Ok(bytes)
    }

    /// The trials that are finished; the rest of the plan is left to do.
    pub fn finished_trials(&self) -> &BTreeSet<String> {
        &self.finished
    }

    /// Records a finished trial: all of it or nothing, once. See
    /// [`Self::finish_trials`], of which this is the case of one.
    ///
    /// # Errors
    /// As there.
    pub fn finish_trial(
        &mut self,
        trial: &str,
        observations: &[Observation],
        records: &[EvidenceRecord<'_>],
    ) -> Result<(), CaseError> {
        self.finish_trials(vec![Finished {
            trial,
            observations: observations.to_vec(),
            records: records.to_vec(),
        }])
    }

    /// Records trials that finished together: each wholly or not at all, once.
    ///
    /// The order of effects, which is the proof: (1) the evidence of all is
    /// appended to the WARC file, trial by trial; (2) one journal frame for
    /// each trial is appended, in the same order, that holds all its
    /// observations, says how far the evidence reaches with it, and has a
    /// CRC-32 of both. A kill in the middle of (2) leaves some whole frames,
    /// then a torn one. The evidence of a whole frame stands before all
    /// frames: that trial is finished. Evidence that no whole frame vouches
    /// for is cut with the torn frame at the next opening: those trials are
    /// not finished. There is no third case. With [`Durability::EveryTrial`]
    /// each step is durable before the next begins, so the same holds for a
    /// power loss.
    ///
    /// # Errors
    /// If a trial is not planned, is finished already, or rests on evidence
    /// that nobody handed over (nothing of any is written then); or if the
    /// disk refuses. After that the folder takes nothing more until it is
    /// opened anew, which also tells which trials got through.
    pub fn finish_trials(&mut self, trials: Vec<Finished<'_>>) -> Result<(), CaseError> {
        self.check_writable()?;
        let mut places = Vec::with_capacity(trials.len());
        for finished in &trials {
            let place = self.check_trial(finished)?;
            if places.contains(&place) {
                let trial = finished.trial.to_owned();
                return Err(CaseError::FinishedBefore { trial });
            }
            places.push(place);
        }
        let written = self.write_trials(&trials);
        self.note_failure(written)?;
        for (finished, place) in trials.into_iter().zip(places) {
            self.finished.insert(finished.trial.to_owned());
            self.pending.insert(place, finished.observations);
        }
        let full = self.pending.len() >= self.settings.segment_trials
            || self.writer.as_ref().map_or(0, |w| w.end) >= self.settings.segment_bytes;
        if full { self.compact() } else { Ok(()) }
    }

    fn check_writable(&self) -> Result<(), CaseError> {
        match &self.writer {
            None => Err(CaseError::ReadOnly {
                path: self.layout.root.clone(),
            }),
            Some(writer) if writer.failed => Err(CaseError::OpenAnew {
                path: self.layout.root.clone(),
            }),
            Some(_) => Ok(()),
        }
    }

    /// Refuses what must not be recorded, before anything is written.
    fn check_trial(&self, finished: &Finished<'_>) -> Result<u32, CaseError> {
        let Finished {
            trial,
            observations,
            records,
        } = finished;
        let trial = *trial;
        let named = || trial.to_owned();
        let place = self.places.get(trial).copied();
        let place = place.ok_or_else(|| CaseError::NotPlanned { trial: named() })?;
        if self.finished.contains(trial) {
            return Err(CaseError::FinishedBefore { trial: named() });
        }
        if self.manifest.seed.is_some() {
            return Err(CaseError::SeedRevealed);
        }
        if records.iter().any(|r| r.body().len() as u64 > LARGEST_BODY) {
            return Err(CaseError::NotStorable {
                what: format!("the evidence of trial `{trial}`"),
                why: format!("a body is larger than {LARGEST_BODY} bytes"),
            });
        }
        // Few are found faster by looking at each.
        let handed: HashSet<&Digest> = match records.as_slice() {
            few if few.len() <= 16 => HashSet::new(),
            many => many.iter().map(|record| &record.digest).collect(),
        };
        let known = |digest: &Digest| {
            (handed.is_empty() && records.iter().any(|record| record.digest == *digest))
                || handed.contains(digest)
                || self.evidence.knows(digest)
        };
        for observation in observations {
            if observation.trial != trial {
                return Err(CaseError::ForeignObservation {
                    trial: named(),
                    found: observation.trial.clone(),
                });
            }
            if let Some(digest) = observation.evidence.iter().find(|digest| !known(digest)) {
                return Err(CaseError::NoEvidence {
                    trial: named(),
                    digest: *digest,
                });
            }
        }
        Ok(place)
    }

    fn write_trials(&mut self, trials: &[Finished<'_>]) -> Result<(), CaseError> {
        let Some(writer) = &mut self.writer else {
            return Ok(());
        };
        let mut appended = Vec::with_capacity(trials.len());
        for finished in trials {
            let limit = self.settings.warc_bytes;
            appended.push(
                self.evidence
                    .gather(finished.trial, &finished.records, limit)?,
            );
        }
        self.evidence.hand_over()?;
        if self.settings.durability == Durability::EveryTrial {
            self.evidence.sync()?;
        }
        let entries = trials
            .iter()
            .zip(&appended)
            .map(|(finished, appended)| EntryRef {
                trial: finished.trial,
                evidence: appended.end,
                crc: appended.crc,
                durable: writer.durable,
                observations: &finished.observations,
            });
        let path = self.layout.journal();
        writer
            .append(&entries.collect::<Vec<_>>())
            .map_err(|error| match error {
                Failed::Text(trial, error) => not_storable(&format!("trial `{trial}`"), &error),
                Failed::Disk(error) => on_disk("write", &path)(error),
            })?;
        match self.settings.durability {
            Durability::Group { trials } if writer.at_stake < trials => Ok(()),
            _ => self.force(),
        }
    }

    /// Makes everything finished so far durable.
    ///
    /// # Errors
    /// If the disk refuses; the folder must then be opened anew.
    pub fn sync(&mut self) -> Result<(), CaseError> {
        self.check_writable()?;
        let forced = self.force();
        self.note_failure(forced)
    }

    fn force(&mut self) -> Result<(), CaseError> {
        let Some(writer) = &mut self.writer else {
            return Ok(());
        };
        if writer.durable == writer.end {
            return Ok(());
        }
        self.evidence.sync()?;
        let path = self.layout.journal();
        writer.journal.sync().map_err(on_disk("write", &path))?;
        writer.durable = writer.end;
        writer.at_stake = 0;
        Ok(())
    }

    /// Turns the journal into a Parquet segment. It also happens by itself,
    /// see [`Settings`].
    ///
    /// The order of effects, which is the proof: (1) evidence and journal are
    /// made durable; (2) the segment is written beside, made durable, and gets
    /// its name in one step; (3) a new journal that lists the segment is
    /// written beside, made durable, and takes the old one's place in one
    /// step. A segment counts if the journal lists it, and not otherwise. So
    /// before (3) every trial counts once, in the journal, and what was
    /// written beside it is removed at the next opening; after (3) every trial
    /// counts once, in the segment. (4) The index of the evidence is added to;
    /// it is a cache.
    ///
    /// # Errors
    /// If the disk refuses; the folder must then be opened anew.
    pub fn compact(&mut self) -> Result<(), CaseError> {
        self.check_writable()?;
        if self.pending.is_empty() {
            return Ok(());
        }
        let compacted = self.move_to_segment();
        self.note_failure(compacted)
    }

    fn move_to_segment(&mut self) -> Result<(), CaseError> {
        self.force()?;
        let trials: Vec<u32> = self.pending.keys().copied().collect();
        let names: Vec<&str> = trials
            .iter()
            .filter_map(|place| self.plan.trials.get(*place as usize))
            .map(|trial| trial.id.as_str())
            .collect();
        let rows = self.pending.values().flatten();
        let bytes = write_segment(&self.manifest.plan, &names, rows)?;
        let file = segments::file_name(self.segments.len() + 1);
        let path = self.layout.observations.join(&file);
        replace(self.disk.as_ref(), &path, &bytes)?;
        let name = crate::journal::SegmentName {
            file,
            sha256: Digest::of(&bytes),
        };
        self.segments.push(Segment { name, trials });
        let end = begin_journal(
            self.disk.as_ref(),
            &self.layout,
            &self.manifest.plan,
            self.evidence.end(),
            &self.segments,
        )?;
        self.pending.clear();
        if let Some(writer) = &mut self.writer {
            writer.journal = open_journal(self.disk.as_ref(), &self.layout)?;
            (writer.end, writer.durable, writer.at_stake) = (end, end, 0);
        }
        self.evidence.write_index()
    }

    fn note_failure<T>(&mut self, done: Result<T, CaseError>) -> Result<T, CaseError> {
        if let (Err(_), Some(writer)) = (&done, &mut self.writer) {
            writer.failed = true;
        }
        done
    }

    /// All observations, in the order of the plan, those of one trial in the
    /// order in which they were handed over: the same for every history of
    /// kills and compactions. Reads as it goes.
    pub fn observations(&self) -> Observations<'_> {
        Observations::new(
            self.disk.as_ref(),
            &self.layout.observations,
            &self.segments,
            &self.places,
            &self.pending,
        )
    }

    /// The bytes that a digest names, checked against it; none if this case
    /// does not hold them.
    ///
    /// # Errors
    /// [`CaseError::Damaged`] with file and offset if they were changed.
    pub fn body(&self, digest: &Digest) -> Result<Option<Vec<u8>>, CaseError> {
        self.evidence.body(digest)
    }

    /// Makes the seed public in `case.json` and forgets the private file.
    /// From then on no trial can be recorded: an assignment that a platform
    /// could have foreseen proves nothing.
    ///
    /// # Errors
    /// If the private file is missing or is not the committed seed, or if the
    /// disk refuses.
    pub fn reveal_seed(&mut self) -> Result<Seed, CaseError> {
        self.check_writable()?;
        if let Some(seed) = self.manifest.revealed() {
            return Ok(seed);
        }
        let path = self.layout.root.join(SEED);
        let text = read_all(self.disk.as_ref(), &path)?;
        let digest: Option<Digest> = std::str::from_utf8(&text)
            .ok()
            .and_then(|text| text.trim().parse().ok());
        let seed = digest.map(|digest| Seed::from_bytes(*digest.as_bytes()));
        let committed = seed.filter(|seed| {
            plan_bytes(&self.plan).is_ok_and(|plan| seed.commit(&plan) == self.manifest.commitment)
        });
        let seed = committed.ok_or_else(|| damaged(&path, 0, "not the committed seed"))?;
        // First public, then forgotten: at no instant is there no seed at all.
        let revealed = Manifest {
            seed: digest,
            ..self.manifest.clone()
        };
        let path = self.layout.root.join("case.json");
        let written = revealed
            .to_bytes()
            .and_then(|bytes| replace(self.disk.as_ref(), &path, &bytes));
        self.note_failure(written)?;
        self.manifest = revealed;
        forget_seed(self.disk.as_ref(), &self.layout, &self.manifest)?;
        Ok(seed)
    }

    pub(crate) fn is_writable(&self) -> Result<(), CaseError> {
        match &self.writer {
            None => self.check_writable(),
            Some(_) => Ok(()),
        }
    }
}

enum Failed {
    Text(String, serde_json::Error),
    Disk(io::Error),
}

impl Writer {
    fn new(
        disk: &dyn Disk,
        layout: &Layout,
        lock: Box<dyn Send + Sync>,
        end: u64,
    ) -> Result<Self, CaseError> {
        Ok(Self {
            _lock: lock,
            journal: open_journal(disk, layout)?,
            end,
            // Mending made it so.
            durable: end,
            at_stake: 0,
            failed: false,
            buffer: Vec::new(),
        })
    }

    /// Adds a frame for each entry, all handed over in one piece.
    fn append(&mut self, entries: &[EntryRef<'_>]) -> Result<(), Failed> {
        self.buffer.clear();
        for entry in entries {
            let start = self.buffer.len();
            frame(entry, &mut self.buffer)
                .map_err(|error| Failed::Text(entry.trial.to_owned(), error))?;
            if self.buffer.len() - start > LARGEST_FRAME {
                return Err(Failed::Disk(io::ErrorKind::FileTooLarge.into()));
            }
        }
        self.journal.append(&self.buffer).map_err(Failed::Disk)?;
        self.end += self.buffer.len() as u64;
        self.at_stake += u32::try_from(entries.len()).unwrap_or(u32::MAX);
        Ok(())
    }
}

fn open_journal(disk: &dyn Disk, layout: &Layout) -> Result<Box<dyn DiskFile>, CaseError> {
    let path = layout.journal();
    disk.open(&path, Access::Append)
        .map_err(on_disk("open", &path))
}

fn manifest_of(inputs: &Inputs<'_>) -> Result<(Manifest, Vec<u8>), CaseError> {
    if inputs.plan.format != Plan::FORMAT {
        return Err(CaseError::PlanFormat {
            found: inputs.plan.format,
            known: Plan::FORMAT,
        });
    }
    places_of(inputs.plan)?;
    let all = std::iter::once(&inputs.order).chain(&inputs.others);
    check_names(all.map(|(name, _)| *name))?;
    let plan = plan_bytes(inputs.plan)?;
    if inputs.seed.commit(&plan) != inputs.commitment {
        return Err(CaseError::Commitment);
    }
    let named = |(name, bytes): &(&str, &[u8])| InputName {
        name: (*name).to_owned(),
        sha256: Digest::of(bytes),
    };
    let manifest = Manifest {
        format: FORMAT,
        creator: format!("moongate {}", env!("CARGO_PKG_VERSION")),
        order: named(&inputs.order),
        others: inputs.others.iter().map(named).collect(),
        plan: Digest::of(&plan),
        commitment: inputs.commitment,
        seed: None,
    };
    Ok((manifest, plan))
}

/// A case may begin in an empty folder, or where a creation was cut short:
/// that one holds our lock, and nothing but what a creation writes.
fn refuse_foreign(disk: &dyn Disk, path: &Path, inputs: &Manifest) -> Result<(), CaseError> {
    let names = names_in(disk, path)?;
    let ours = |name: &String| {
        let name = name.strip_suffix(UNFINISHED).unwrap_or(name);
        let written = [LOCK, SEED, "plan.json"];
        written.contains(&name) || inputs.inputs().any(|input| input.name == name)
    };
    // `case.json` comes last: only its unfinished form may be there.
    let begun = |name: &String| name == "case.json.tmp" || ours(name);
    if names.is_empty() || (names.iter().any(|name| name == LOCK) && names.iter().all(begun)) {
        return Ok(());
    }
    Err(CaseError::NotEmpty {
        path: path.to_owned(),
    })
}

/// The lock of a case; a folder that is none is not touched.
pub(crate) fn lock_of(disk: &dyn Disk, path: &Path) -> Result<Box<dyn Send + Sync>, CaseError> {
    if !names_in(disk, path)?.iter().any(|name| name == "case.json") {
        return Err(CaseError::NotACase {
            path: path.to_owned(),
        });
    }
    take_lock(disk, path)
}

fn take_lock(disk: &dyn Disk, path: &Path) -> Result<Box<dyn Send + Sync>, CaseError> {
    let file = path.join(LOCK);
    let lock = disk.lock(&file).map_err(on_disk("lock", &file))?;
    lock.ok_or_else(|| CaseError::Locked {
        path: path.to_owned(),
        pid: holder_of(&file),
    })
}

fn read_manifest(disk: &dyn Disk, root: &Path) -> Result<Manifest, CaseError> {
    let path = root.join("case.json");
    let bytes = match read_all(disk, &path) {
        Err(CaseError::Disk { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            return Err(CaseError::NotACase {
                path: root.to_owned(),
            });
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
    let manifest: Manifest = from_json(&path, &bytes)?;
    let names = manifest.inputs().map(|input| input.name.as_str());
    check_names(names).map_err(|error| damaged(&path, 0, error.to_string()))?;
    Ok(manifest)
}

fn read_plan(disk: &dyn Disk, root: &Path, manifest: &Manifest) -> Result<Plan, CaseError> {
    let path = root.join("plan.json");
    let bytes = read_all(disk, &path)?;
    check_digest(&path, &bytes, &manifest.plan)?;
    from_json(&path, &bytes)
}

pub(crate) fn check_digest(path: &Path, bytes: &[u8], stated: &Digest) -> Result<(), CaseError> {
    let is = Digest::of(bytes);
    if is == *stated {
        return Ok(());
    }
    let what = format!("case.json states the digest {stated}, it is {is}");
    Err(damaged(path, 0, what))
}

pub(crate) fn from_json<'a, T: serde::Deserialize<'a>>(
    path: &Path,
    bytes: &'a [u8],
) -> Result<T, CaseError> {
    serde_json::from_slice(bytes).map_err(|error| {
        let lines = bytes.split_inclusive(|byte| *byte == b'\n');
        let before: usize = lines
            .take(error.line().saturating_sub(1))
            .map(<[u8]>::len)
            .sum();
        let offset = before + error.column();
        damaged(path, offset as u64, error.to_string())
    })
}

/// The private file goes once the seed is public.
fn forget_seed(disk: &dyn Disk, layout: &Layout, manifest: &Manifest) -> Result<(), CaseError> {
    let path = layout.root.join(SEED);
    if manifest.seed.is_none() {
        return Ok(());
    }
    match disk.remove(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(on_disk("remove", &path)),
    }
}
