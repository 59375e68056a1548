//! How the program fails: what a person is told, and the exit code.

use moongate_case::CaseError;
use moongate_order::Diagnostics;
use moongate_runner::RunError;

/// Why a command ended badly.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A file that a person wrote has mistakes in it; each with its place and
    /// remedy.
    #[error("{}", .0.render(false))]
    Mistakes(Box<Diagnostics>),
    /// An argument or a file that cannot be used, and what to do about it.
    #[error("{problem}\n  remedy: {remedy}")]
    Unusable {
        /// What is wrong, naming the file or the argument.
        problem: String,
        /// What to do.
        remedy: String,
    },
    /// The case folder.
    #[error(transparent)]
    Case(#[from] CaseError),
    /// The run.
    #[error(transparent)]
    Run(#[from] RunError),
    /// Something of this machine.
    #[error("{doing}: {error}")]
    Machine {
        /// What was being done, naming the file.
        doing: String,
        /// What came of it.
        error: std::io::Error,
    },
    /// Findings or figures that could not be written out.
    #[error("{0}; please report this as a fault of Moongate")]
    Own(String),
}

impl Failure {
    /// Something that a person can put right.
    pub(crate) fn unusable(problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Unusable {
            problem: problem.into(),
            remedy: remedy.into(),
        }
    }

    /// A file or device that refused.
    pub(crate) fn machine(doing: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let doing = doing.into();
        move |error| Self::Machine { doing, error }
    }

    /// 2 for what was handed in, 1 for everything else.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Mistakes(_)
            | Self::Unusable { .. }
            | Self::Case(
                CaseError::NotACase { .. } | CaseError::NotEmpty { .. } | CaseError::Newer { .. },
            ) => 2,
            _ => 1,
        }
    }

    /// Shows it on standard error, coloured where that is understood.
    pub(crate) fn show(&self) {
        match self {
            Self::Mistakes(mistakes) => anstream::eprintln!("{}", mistakes.render(true)),
            other => anstream::eprintln!("{}: {other}", crate::style::error("error")),
        }
    }
}

impl From<Diagnostics> for Failure {
    fn from(mistakes: Diagnostics) -> Self {
        Self::Mistakes(Box::new(mistakes))
    }
}
