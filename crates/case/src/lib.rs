//! The case folder: a plan, what was observed, the evidence it rests on, and
//! the findings, in files that a court can be handed and that a killed process
//! cannot spoil.
//!
//! A case is added to one *trial* at a time, and a trial is the unit of
//! everything that can go wrong: after a kill at any instant every finished
//! trial is there exactly once with its evidence, and every other trial is
//! not there at all. [`CaseFolder::finish_trial`] says why.
//!
//! What the files hold is told in `FORMAT.md` beside this crate: WARC 1.1 for
//! the evidence, Parquet for the observations, JSON for the rest.
//!
//! This crate is a rim: it reads and writes files, synchronously. It knows no
//! clause, no law and no network, and it interprets nothing.

mod columns;
mod disk;
mod error;
mod evidence;
mod findings;
mod folder;
mod gzip;
mod index;
mod journal;
mod manifest;
mod recovery;
mod segments;
mod verify;
mod warc;

#[cfg(test)]
mod tests;

pub use error::CaseError;
pub use findings::Findings;
pub use folder::{CaseFolder, Durability, Finished, Inputs, Settings};
pub use manifest::{FORMAT, plan_bytes};
pub use segments::Observations;
pub use verify::{SeedState, Verification};
pub use warc::{EvidenceKind, EvidenceRecord};
