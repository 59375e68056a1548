//! What a response is: whether a page hands over to another address, and how
//! a link that was opened through a platform was handled.
//!
//! Pure: bytes and facts in, a class with its signals out. No network, no
//! clock, no clause and no law.

mod hand_over;
mod html;
mod script;
mod text;
pub mod visit;

pub use hand_over::{HandOver, hand_over};
pub use text::{decode_text, title, visible_text};
pub use visit::{Body, Failure, FailureKind, Hop, HowReached, Stage, Timings, Visit};
