//! Moongate beside named peers: the same links, the same machine, the same
//! run. What is compared is work done for time spent, as ratios; a figure of
//! one machine alone says little about another.
//!
//! Not here: anything a timing could fail. A contestant that did not fetch
//! every link is an error, a slow one is a figure.

pub mod contest;
pub mod contestant;
pub mod dice;
pub mod figures;
pub mod peers;
pub mod usage;
pub mod world;

/// Why a comparison could not be made.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The machine refused something.
    #[error("{doing}: {error}")]
    Machine {
        /// What was being done.
        doing: String,
        /// Why it failed.
        error: std::io::Error,
    },
    /// A program that is compared is not there.
    #[error("{name} was not found; {remedy}")]
    Missing {
        /// The program.
        name: &'static str,
        /// What to do.
        remedy: String,
    },
    /// A contestant did not do what the others did, so nothing is compared.
    #[error("{contestant} did not do the whole work: {what}")]
    Unfinished {
        /// Who.
        contestant: &'static str,
        /// What is missing.
        what: String,
    },
}

/// Says what was being done when the machine refused.
pub fn doing(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> BenchError {
    move |error| BenchError::Machine {
        doing: what.into(),
        error,
    }
}
