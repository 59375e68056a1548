//! Anytime-valid statistics: counts, levels and blocks in; e-values, intervals and
//! decisions out.
//!
//! A decision made with this crate holds at whatever moment somebody looks, after
//! however many looks, and, with [`many`], over however many cells are watched together.
//! The crate knows nothing of what is measured. It does no I/O and reads no clock, no
//! environment and no random source; the same counts give the same bits everywhere.
//!
//! # The two questions
//!
//! *Is the rival treated worse?* Put it in random order among controls, block by block,
//! and watch the e-process of the block; it needs no assumption about outcomes.
//!
//! ```
//! use moongate_stats::{many::accuse, ordinal::Ordinal};
//!
//! let mut evidence = Ordinal::new(6); // levels 0 (best) to 5 (worst)
//! let mut blocks = 0;
//! while !accuse(evidence.log_e(), 0.01, 63) {
//!     // The rival's slot ended at level 4, of its controls one was inconclusive.
//!     evidence.add_block(Some(4), &[Some(0), Some(0), Some(0), None]);
//!     blocks += 1;
//! }
//! assert_eq!(blocks, 7);
//! ```
//!
//! *Is it not?* That is a claim too, with a margin and an error of its own.
//!
//! ```
//! use moongate_stats::certificate::Parity;
//!
//! let mut parity = Parity::default();
//! for _ in 0..200 {
//!     parity.add_block(false, 0, 4); // nobody failed
//! }
//! let margin = parity.smallest_margin(f64::ln(100.0)).unwrap();
//! let effect = parity.interval(0.01);
//! assert!(margin < 0.06);
//! assert!(effect.low < 0.0 && 0.0 < effect.high);
//! ```
//!
//! # What is where
//!
//! | module | evidence about | state |
//! |---|---|---|
//! | [`block`] | one of c + 1 slots in random order, yes or no | counts, mergeable |
//! | [`ordinal`] | the same, on a scale of severity | counts, mergeable |
//! | [`mcnemar`] | pairs in random order | counts, mergeable |
//! | [`grid`] | coin flips, two by two tables | counts, mergeable |
//! | [`certificate`] | a difference smaller than a margin; its interval | counts, mergeable |
//! | [`absolute`] | one mean against a number; its interval | counts, mergeable |
//! | [`bernoulli`] | one rate against a number; its interval | two counts |
//! | [`interval`] | medians and other quantiles | the sample |
//! | [`excess`] | paired differences: how rarely large, how large at most | the sample, mergeable |
//! | [`symbol`] | any kind of outcome, bets that learn | in order, not mergeable |
//! | [`watch`] | a difference that begins some day; when; whether it stopped | in order, not mergeable |
//! | [`predictable`], [`two_sample`] | means and arms, bets that learn | in order, not mergeable |
//! | [`boundary`] | sums, boundaries for all times | – |
//! | [`many`] | decisions over many cells | – |
//! | [`hierarchy`] | decisions over cells and groups of them | – |
//! | [`allocate`] | where to look next | – |
//! | [`planning`] | how many blocks it will take | – |
//! | [`fixed`] | fixed-sample tests, for comparison only | – |
//!
//! # What can go wrong, does not decide
//!
//! Whatever is not a number, not a rate, or too large to be counted exactly yields the
//! e-value 0 ([`LogE::ZERO`]) or nothing at all. Nothing panics.

pub mod absolute;
pub mod allocate;
pub mod bernoulli;
mod betting;
pub mod block;
pub mod boundary;
pub mod certificate;
pub mod excess;
pub mod fixed;
pub mod grid;
pub mod hierarchy;
pub mod interval;
pub mod many;
pub mod mcnemar;
pub mod numbers;
pub mod ordinal;
pub mod planning;
pub mod predictable;
mod special;
pub mod symbol;
pub mod two_sample;
pub mod watch;

pub use numbers::{Interval, LogE};
