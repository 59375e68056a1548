//! draft
pub mod absolute;
pub mod bernoulli;
mod betting;
pub mod block;
pub mod boundary;
pub mod certificate;
pub mod fixed;
pub mod grid;
pub mod interval;
pub mod many;
pub mod mcnemar;
pub mod numbers;
pub mod ordinal;
pub mod predictable;
mod special;
pub mod two_sample;
pub use numbers::{Interval, LogE};
