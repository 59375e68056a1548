//! Seeded simulations, shared by the tests of this crate (small) and the bench
//! `evidence` (in full): null worlds, whether anybody is accused in them, where to look
//! next, and delays that were measured on a real platform.
//!
//! Nothing here decides or prints; no clock, no threads.

#![allow(dead_code, reason = "each test, and the bench, uses a part")]

pub(crate) mod allocation;
pub(crate) mod dice;
pub(crate) mod later;
pub(crate) mod throttling;
pub(crate) mod validity;
pub(crate) mod worlds;
