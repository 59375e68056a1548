//! draft
pub mod absolute;
pub mod bernoulli;
mod betting;
pub mod block;
pub mod certificate;
pub mod grid;
pub mod interval;
pub mod many;
pub mod mcnemar;
pub mod numbers;
pub mod ordinal;
mod special;
pub use numbers::{Interval, LogE};
