//! Carries a plan out, and has what came of it judged.
//!
//! [`carry_out`] is a rim: it waits for trials in flight and writes each into
//! the case as it finishes. [`sit`] streams a case's observations past the
//! checks to the judge. Neither knows a check by name.

mod carry;
mod choose;
mod sitting;

pub use carry::{Ended, Progress, Run, RunError, carry_out, store, store_all};
pub use choose::{Allowance, AsPlanned, Choose, WhereItDecides};
pub use sitting::{Bench, Keep, Sitting, Taken, sit};
