//! The words of Moongate as types: cell, trial, observation, outcome, finding.
//!
//! Every other crate speaks through these. They carry data and the few rules
//! that make the data what it is (a seed is committed before it is used, a
//! digest names its bytes); they measure nothing and judge nothing.
//!
//! Not here: HTTP ([`moongate-page`]), law ([`moongate-order`]), statistics
//! (`moongate-stats`). Nothing in this crate reads a clock, a file or a random
//! source.
//!
//! [`moongate-page`]: https://docs.rs/moongate-page
//! [`moongate-order`]: https://docs.rs/moongate-order

pub mod digest;
pub mod finding;
pub mod observation;
pub mod outcome;
pub mod seed;
pub mod trial;

pub use digest::Digest;
pub use finding::{
    Cell, Change, Decision, Effect, EffectUnit, Finding, Ground, Group, GroupFinding, Level, Span,
    Tally,
};
pub use observation::{Factors, Observation, Route};
pub use outcome::{Outcome, Reading, Severity, Side};
pub use seed::{Commitment, Seed};
pub use trial::{Arm, Plan, Round, Slot, Trial};
