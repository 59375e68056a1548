//! Redirects in scripts, of the forms simple enough to follow without a
//! browser.
//!
//! A small interpreter of straight-line scripts: strings, variables, timers,
//! functions that are really called. What it cannot know (a visitor's click,
//! the browser's make, an unknown condition) it does not assume: a redirect
//! behind it is no hand-over. Its steps are counted and capped.

mod lex;
mod run;
mod value;
mod value_calls;

pub(crate) use run::{Found, Page};
