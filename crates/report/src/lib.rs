//! The report: a case as people read it — a web site, a matrix in the
//! terminal, and tables.
//!
//! Rendering is pure: a [`ReportInput`] goes in, bytes come out. Nothing here
//! judges: a decision is shown as the judge made it, an inconclusive with its
//! side, a *Kept* with its margin, and what was not measured as such. Foreign
//! text (titles, stated reasons, pages that stood in the way) is escaped by
//! construction and never becomes markup.
//!
//! Not here: files, clocks, the order's own format, statistics.

pub mod input;
pub mod language;

mod explain;
mod format;
mod matrix;
mod plot;
mod site;
mod tables;
mod terminal;

pub use input::{
    BlockPage, CellView, Clause, DelayPoint, Destination, DueDate, EvidenceRef, Form, Handling,
    Obligation, OutcomePoint, Platform, Randomisation, ReportInput, ReportedFact, Scene, SourceRef,
    Standing, Status, Subject, Text,
};
pub use language::Language;
pub use site::{SiteFile, render_site};
pub use tables::{Column, Table, Tables, Value, tables};
pub use terminal::{TerminalOptions, terminal_matrix};
