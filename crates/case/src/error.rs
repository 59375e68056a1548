//! What can go wrong with a case folder: the file, the place, the remedy.
//!
//! Not here: what can go wrong with a measurement. That is an observation.

use std::io;
use std::path::{Path, PathBuf};

use moongate_glossary::Digest;

/// Why a case folder could not do what was asked. Whatever the error, nothing
/// that was finished is lost: what stands on disk is read by the same code
/// when the folder is opened again.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// The disk refused.
    #[error("cannot {doing} {}: {source}; {}", .path.display(), remedy(.source))]
    Disk {
        /// What was tried, as a verb.
        doing: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The folder holds no `case.json`.
    #[error("{} is not a case folder: it holds no case.json; give the folder that a check wrote, or begin a new case", .path.display())]
    NotACase {
        /// The folder.
        path: PathBuf,
    },
    /// A case was to be created where something stands already.
    #[error("{} is not empty and was left alone; give a new folder, or open the case that stands there", .path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// Written by a later version of Moongate.
    #[error("{} has format {found}, this program reads formats up to {known}; use a newer Moongate", .path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// The format it states.
        found: u64,
        /// The newest format known here.
        known: u64,
    },
    /// Another process writes to the folder.
    #[error("{} is being written by {}; wait until it ends, or open the case for reading only", .path.display(), holder(*.pid))]
    Locked {
        /// The folder.
        path: PathBuf,
        /// The process, where it said so.
        pid: Option<u32>,
    },
    /// Bytes on disk are not what was written.
    #[error("{}, byte {offset}: {what}; the file was changed or damaged after it was written: restore it from a copy", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where in the file.
        offset: u64,
        /// What is wrong.
        what: String,
    },
    /// The name of an input cannot be used as a file name of the folder.
    #[error("`{name}` cannot name an input: {why}; use letters, digits, `-`, `_` and `.`")]
    InputName {
        /// The name.
        name: String,
        /// Why not.
        why: &'static str,
    },
    /// The commitment is not the one of this seed and plan.
    #[error(
        "the commitment is not SHA-256(seed, plan) of the seed and plan given; commit to `plan_bytes(&plan)`"
    )]
    Commitment,
    /// Only the newest plan format is written.
    #[error("a plan of format {found} cannot be written; this program writes format {known}")]
    PlanFormat {
        /// The format stated in the plan.
        found: u32,
        /// The format written.
        known: u32,
    },
    /// Two trials of the plan have one name, or its trials are out of order.
    #[error("the plan names trial `{trial}` twice; every trial needs a name of its own")]
    PlanTwice {
        /// The trial.
        trial: String,
    },
    /// The trial does not stand in the plan.
    #[error("trial `{trial}` does not stand in the plan; only planned trials are recorded")]
    NotPlanned {
        /// The trial.
        trial: String,
    },
    /// The trial was finished before.
    #[error("trial `{trial}` is finished already; ask `finished_trials` what is left to do")]
    FinishedBefore {
        /// The trial.
        trial: String,
    },
    /// An observation names another trial than the one that is finished.
    #[error("an observation of trial `{found}` was handed over with trial `{trial}`")]
    ForeignObservation {
        /// The trial being finished.
        trial: String,
        /// The trial the observation names.
        found: String,
    },
    /// An observation rests on evidence nobody handed over.
    #[error(
        "trial `{trial}` rests on evidence {digest}, which was neither handed over with it nor stored before"
    )]
    NoEvidence {
        /// The trial.
        trial: String,
        /// The digest.
        digest: Digest,
    },
    /// The seed is public, so no assignment made with it is random any more.
    #[error(
        "the seed of this case is revealed, so no further trial can be recorded; begin a new case"
    )]
    SeedRevealed,
    /// Opened for reading only.
    #[error("{} was opened for reading only; open it for writing to change it", .path.display())]
    ReadOnly {
        /// The folder.
        path: PathBuf,
    },
    /// A write failed earlier, so what stands on disk is no longer known.
    #[error("an earlier write to {} failed; open the folder anew, it recovers what was finished", .path.display())]
    OpenAnew {
        /// The folder.
        path: PathBuf,
    },
    /// A value has no faithful form in its file format.
    #[error("{what} cannot be stored: {why}")]
    NotStorable {
        /// What.
        what: String,
        /// Why.
        why: String,
    },
}

fn holder(pid: Option<u32>) -> String {
    pid.map_or_else(
        || "another process".to_owned(),
        |pid| format!("process {pid}"),
    )
}

fn remedy(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            "the disk is full: make room and go on, every finished trial is kept"
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            "the folder lies on a read-only disk: copy it to one that can be written, or open it for reading only"
        }
        io::ErrorKind::PermissionDenied => {
            "you may not write there: change the permissions, or open the case for reading only"
        }
        io::ErrorKind::NotFound => {
            "check the path; a file missing from a case must come from a copy"
        }
        _ => "every finished trial is kept: set the disk right and open the case again",
    }
}

/// Names the action and the file in an error of the operating system.
pub(crate) fn on_disk(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> CaseError {
    let path = path.to_owned();
    move |source| CaseError::Disk {
        doing,
        path,
        source,
    }
}

/// Says that bytes are not what was written.
pub(crate) fn damaged(path: &Path, offset: u64, what: impl Into<String>) -> CaseError {
    CaseError::Damaged {
        path: path.to_owned(),
        offset,
        what: what.into(),
    }
}
