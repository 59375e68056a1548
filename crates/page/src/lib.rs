//! What a response is: whether a page hands over to another address, and how
//! a link that was opened through a platform was handled.
//!
//! Pure: bytes and facts in, a class with its signals out. No network, no
//! clock, no clause and no law.
//!
//! - [`hand_over`] is for a carrier that follows hops;
//! - [`classify`] says what became of a link, once the hops are over;
//! - [`decode_text`], [`title`] and [`visible_text`] are for anyone who shows
//!   a page;
//! - [`same_as_direct`] compares two openings of one target.

mod class;
mod classify;
mod declared;
mod facts;
mod hand_over;
pub mod html;
mod leads;
mod same;
mod script;
mod sentences;
mod text;
pub mod visit;

pub use class::{
    Class, Classification, Confidence, DirectControl, Opening, Signal, SignalKind, UserStep,
};
pub use classify::classify;
pub use hand_over::{HandOver, hand_over};
pub use same::{Sameness, same_as_direct};
pub use text::{decode_text, title, visible_text};
pub use visit::{Body, Failure, FailureKind, Hop, HowReached, Stage, Timings, Visit};
