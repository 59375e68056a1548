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
//!
//! The way through: [`input`] is what comes in; `matrix` finds names, files
//! and positions for all renderings; `explain` says what a finding means;
//! `language` and `locales/` hold the sentences, `format` the numbers and
//! dates; `site`, `plot`, `terminal` and `tables` draw. `cargo run -p
//! moongate-report --example sample` writes a made-up site to look at.
//!
//! ```
//! use moongate_report::{Language, ReportInput, render_site, tables};
//! # let json = r#"{"format":1,"order":"o","title":{"en":"An order","zh":"命令"},
//! #  "order_text":{"en":"","zh":""},"issuer":{"en":"","zh":""},"status":"official",
//! #  "sources":[],"subjects":[],"platforms":[],"scenes":[],"destinations":[],
//! #  "obligations":[],"consequences":[],"rounds":[],"round_names":{},"reasons":{},
//! #  "cells":[],"standings":[],"replay":false,
//! #  "randomisation":{"commitment":null,"revealed_seed":null,"trials":0},
//! #  "judge_version":"1","alpha":0.01,"as_of_ms":0,"offset":"+08:00"}"#;
//! # let input: ReportInput = serde_json::from_str(json)?;
//! let site = render_site(&input, &[Language::En, Language::Zh]);
//! assert!(site.iter().any(|file| file.path == "index.html"));
//! assert!(site.iter().any(|file| file.path == "zh/index.html"));
//! assert!(tables(&input).get("cells").is_some_and(|table| table.rows.is_empty()));
//! # Ok::<(), serde_json::Error>(())
//! ```

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
