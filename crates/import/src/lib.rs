//! Measurements that somebody else made: a table and a mapping in,
//! observations out, with every row kept as evidence.
//!
//! Wide tables have a column for each destination, long ones a row for each
//! figure. What was measured at one time forms one trial; nobody but the
//! measurer knows how it was arranged, so such trials are marked as imported
//! and a finding on them names that assumption. Pure: text in, data out.

pub mod mapping;
pub mod table;

pub use mapping::{Layout, Mapping};
pub use table::{ImportedTrial, SourceRow, decode, read};
