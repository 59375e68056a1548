//! From what a response was to how it reads under a clause: a pure table.
//!
//! Two steps. A *handling* says what the platform did with the link, on one
//! ladder for all clauses; a clause then says which handlings it forbids.
//! What could not be measured is never a handling.

use moongate_glossary::{Outcome, Reading, Severity, Side};
use moongate_page::{Class, Classification, Confidence};

use crate::clause::ClauseKind;

/// What a platform did with a link, from the best to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Handling {
    /// It led to the destination, with nothing in between.
    Opened,
    /// A page stood between, with a way on (a button, or a wait).
    ExtraStep,
    /// The same, with a warning against going on.
    Warned,
    /// The user has to copy the address into another browser.
    MustCopy,
    /// No way on.
    Blocked,
    /// The recipient is not shown the link at all.
    Removed,
}

/// Levels of the handling ladder.
pub const HANDLING_LEVELS: usize = 6;
/// Levels of the form ladder.
pub const FORM_LEVELS: usize = 4;

impl Handling {
    /// From the best to the worst.
    pub const ALL: [Self; HANDLING_LEVELS] = [
        Self::Opened,
        Self::ExtraStep,
        Self::Warned,
        Self::MustCopy,
        Self::Blocked,
        Self::Removed,
    ];

    /// The code used in files and tables.
    pub fn code(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::ExtraStep => "extra-step",
            Self::Warned => "warned",
            Self::MustCopy => "must-copy",
            Self::Blocked => "blocked",
            Self::Removed => "removed",
        }
    }

    fn level(self) -> Severity {
        self as Severity
    }
}

/// The form in which a recipient is shown a link, from the best to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// Picture, title and host in one block.
    Card,
    /// A title that leads on.
    Titled,
    /// The address itself.
    Bare,
    /// Nothing.
    Removed,
}

impl Form {
    /// From the best to the worst.
    pub const ALL: [Self; FORM_LEVELS] = [Self::Card, Self::Titled, Self::Bare, Self::Removed];

    /// The code used in files and tables.
    pub fn code(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::Titled => "titled",
            Self::Bare => "bare",
            Self::Removed => "removed",
        }
    }

    /// The form a code means.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.code() == code)
    }
}

/// One opening, read as far as can be said without a clause.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// What the platform did, or why that cannot be said.
    pub handling: Result<Handling, Unmeasured>,
    /// Whether a failing of the platform's own could look the same. Such a
    /// handling counts under an absolute clause only where the platform was
    /// seen to work in the same trial.
    pub soft: bool,
    /// Whether it can be told apart from the handlings beside it. Where not,
    /// it says nothing under a clause on one handling alone.
    pub sure: bool,
    /// The form, where it could be seen.
    pub form: Option<Form>,
    /// Time to hand-over, milliseconds.
    pub delay_ms: Option<f64>,
}

/// Why nothing can be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmeasured {
    /// Whose side failed.
    pub side: Side,
    /// Why.
    pub reason: String,
}

impl Unmeasured {
    /// A side and a reason code.
    pub fn new(side: Side, reason: &str) -> Self {
        Self {
            side,
            reason: reason.to_owned(),
        }
    }
}

/// What a class of response says: the handling, whether it is soft, and
/// whether it is sure.
///
/// What rests on sentences alone, or on signals that conflict, is soft and
/// not sure.
pub fn handling(classification: &Classification) -> (Result<Handling, Unmeasured>, bool, bool) {
    let (handling, soft) = by_class(classification);
    let sure = classification.confidence > Confidence::Low;
    let worse = matches!(handling, Ok(handling) if handling != Handling::Opened);
    (handling, soft || (!sure && worse), sure)
}

fn by_class(classification: &Classification) -> (Result<Handling, Unmeasured>, bool) {
    let carrier = |reason| Err(Unmeasured::new(Side::Carrier, reason));
    match &classification.class {
        Class::Reached => (Ok(Handling::Opened), false),
        Class::LeavePage { warned: false } | Class::TimedHop { .. } => {
            (Ok(Handling::ExtraStep), false)
        }
        Class::LeavePage { warned: true } => (Ok(Handling::Warned), false),
        Class::CopyPage => (Ok(Handling::MustCopy), false),
        Class::HardBlock => (Ok(Handling::Blocked), false),
        Class::OtherPage => (Ok(Handling::Blocked), true),
        Class::SoftError if classification.is_blank() => (Ok(Handling::Blocked), true),
        Class::SoftError => (carrier("platform-error"), false),
        Class::LoginWall => (carrier("login-wall"), false),
        Class::BotWall => (carrier("bot-wall"), false),
        Class::RateLimit => (carrier("rate-limit"), false),
        Class::DestinationFailed => (
            Err(Unmeasured::new(Side::Target, "destination-failed")),
            false,
        ),
        Class::NotMeasured { side } => (Err(Unmeasured::new(*side, "not-measured")), false),
        Class::Unknown => (Err(Unmeasured::new(Side::Unknown, "not-understood")), false),
    }
}

/// How one opening reads under one clause. `platform_worked` says whether any
/// control of the same trial opened.
pub fn read(kind: ClauseKind, seen: &Seen, platform_worked: bool) -> Reading {
    let handling = match &seen.handling {
        Ok(handling) => *handling,
        Err(why) => return Reading::inconclusive(why.side, why.reason.clone()),
    };
    match kind {
        ClauseKind::SameForm => same_form(handling, seen.form),
        ClauseKind::NoExtraStep => on_ladder(handling, vec![handling.level()]),
        ClauseKind::NoDelay => delay(seen),
        ClauseKind::DirectOpen | ClauseKind::NoCopying if seen.soft && !platform_worked => {
            Reading::inconclusive(Side::Carrier, "platform-may-have-failed")
        }
        ClauseKind::NoCopying if !seen.sure => {
            Reading::inconclusive(Side::Unknown, "low-confidence")
        }
        ClauseKind::DirectOpen => on_ladder(handling, vec![u8::from(handling != Handling::Opened)]),
        ClauseKind::NoCopying => no_copying(handling),
    }
}

fn same_form(handling: Handling, form: Option<Form>) -> Reading {
    // Where the form cannot be seen, it does not differ as far as we know.
    let form_level = form.map_or(0, |form| form as Severity);
    let mut reading = on_ladder(handling, vec![handling.level(), form_level]);
    if handling == Handling::Opened
        && let Some(form) = form.filter(|form| *form != Form::Card)
    {
        reading.outcome = Outcome::NotMet {
            reason: format!("shown-{}", form.code()),
        };
    }
    reading
}

fn on_ladder(handling: Handling, severities: Vec<Severity>) -> Reading {
    let outcome = match handling {
        Handling::Opened => Outcome::Met,
        worse => Outcome::NotMet {
            reason: worse.code().to_owned(),
        },
    };
    Reading {
        outcome,
        severities,
        amount: None,
    }
}

fn no_copying(handling: Handling) -> Reading {
    match handling {
        Handling::Blocked | Handling::Removed => Reading {
            outcome: Outcome::NotApplicable {
                reason: handling.code().to_owned(),
            },
            severities: Vec::new(),
            amount: None,
        },
        Handling::MustCopy => on_ladder(handling, vec![1]),
        _ => Reading {
            outcome: Outcome::Met,
            severities: vec![0],
            amount: None,
        },
    }
}

fn delay(seen: &Seen) -> Reading {
    match seen.delay_ms {
        Some(delay_ms) => Reading {
            // Whether it is late shows only beside the others of its trial.
            outcome: Outcome::Met,
            severities: Vec::new(),
            amount: Some(delay_ms),
        },
        None => Reading {
            outcome: Outcome::NotApplicable {
                reason: "not-handed-over".to_owned(),
            },
            severities: Vec::new(),
            amount: None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(handling: Handling, form: Option<Form>) -> Seen {
        Seen {
            handling: Ok(handling),
            soft: false,
            sure: true,
            form,
            delay_ms: Some(3.0),
        }
    }

    fn outcome(kind: ClauseKind, handling: Handling) -> String {
        match read(kind, &seen(handling, None), true).outcome {
            Outcome::Met => "met".to_owned(),
            Outcome::NotMet { reason } => reason,
            Outcome::NotApplicable { reason } => format!("n/a {reason}"),
            Outcome::Inconclusive { side, reason } => format!("{}/{reason}", side.word()),
        }
    }

    #[test]
    fn the_whole_table() {
        use ClauseKind::{DirectOpen, NoCopying, NoExtraStep, SameForm};
        let rows = [
            (Handling::Opened, ["met", "met", "met", "met"]),
            (
                Handling::ExtraStep,
                ["extra-step", "extra-step", "extra-step", "met"],
            ),
            (Handling::Warned, ["warned", "warned", "warned", "met"]),
            (
                Handling::MustCopy,
                ["must-copy", "must-copy", "must-copy", "must-copy"],
            ),
            (
                Handling::Blocked,
                ["blocked", "blocked", "blocked", "n/a blocked"],
            ),
            (
                Handling::Removed,
                ["removed", "removed", "removed", "n/a removed"],
            ),
        ];
        for (handling, expected) in rows {
            let read =
                [SameForm, DirectOpen, NoExtraStep, NoCopying].map(|kind| outcome(kind, handling));
            assert_eq!(
                read.each_ref().map(String::as_str),
                expected,
                "{handling:?}"
            );
        }
    }

    #[test]
    fn a_poorer_form_alone_is_not_the_same_form() {
        let reading = read(
            ClauseKind::SameForm,
            &seen(Handling::Opened, Some(Form::Bare)),
            true,
        );
        assert_eq!(reading.severities, [0, 2]);
        assert_eq!(
            reading.outcome,
            Outcome::NotMet {
                reason: "shown-bare".to_owned()
            }
        );
    }

    #[test]
    fn a_blank_page_counts_only_beside_a_working_platform() {
        let blank = Seen {
            soft: true,
            ..seen(Handling::Blocked, None)
        };
        assert!(read(ClauseKind::DirectOpen, &blank, true).is_conclusive());
        assert!(!read(ClauseKind::DirectOpen, &blank, false).is_conclusive());
        // A comparison needs no such guard: the controls would be blank too.
        assert!(read(ClauseKind::SameForm, &blank, false).is_conclusive());
    }

    #[test]
    fn copying_is_held_against_nobody_on_a_guess() {
        let guess = Seen {
            sure: false,
            soft: true,
            ..seen(Handling::MustCopy, None)
        };
        assert!(!read(ClauseKind::NoCopying, &guess, true).is_conclusive());
        assert!(read(ClauseKind::DirectOpen, &guess, true).is_conclusive());
    }

    #[test]
    fn what_was_not_measured_is_never_held_against_anyone() {
        for side in Side::ALL {
            let seen = Seen {
                handling: Err(Unmeasured::new(side, "x")),
                soft: false,
                sure: true,
                form: Some(Form::Removed),
                delay_ms: Some(9e9),
            };
            for kind in ClauseKind::ALL {
                let reading = read(kind, &seen, true);
                assert!(
                    !reading.is_conclusive() && reading.severities.is_empty(),
                    "{kind:?}"
                );
            }
        }
    }
}
