//! What a response is: whether a page hands over to another address, and how
//! a link that was opened through a platform was handled.
//!
//! Pure: bytes and facts in, a class with its signals out. No network, no
//! clock, no clause and no law.

pub mod visit;

pub use visit::{Body, Failure, FailureKind, Hop, HowReached, Stage, Timings, Visit};
