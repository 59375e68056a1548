//! `others-only(behaviour)`: the platform's own links pass, all others are
//! treated as the behaviour says.

use super::{Answer, Arc, Arguments, Ask, Behaviour, Form, SharedBehaviour, SpecError};

#[derive(Debug)]
struct OthersOnly {
    others: SharedBehaviour,
}

pub(super) fn build(arguments: &Arguments<'_>) -> Result<SharedBehaviour, SpecError> {
    arguments.at_most(1)?;
    Ok(Arc::new(OthersOnly {
        others: arguments.behaviour(0, None)?,
    }))
}

impl Behaviour for OthersOnly {
    fn answer(&self, ask: &Ask<'_>) -> Answer {
        if ask.own {
            Answer::through()
        } else {
            self.others.answer(ask)
        }
    }

    fn form(&self, ask: &Ask<'_>) -> Option<Form> {
        if ask.own { None } else { self.others.form(ask) }
    }
}
