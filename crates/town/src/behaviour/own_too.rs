//! `own-too(behaviour)`: the same for every link, the platform's own as well.
//! As the policy of a platform it blocks alike, which is no discrimination.

use super::{Answer, Arc, Arguments, Ask, Behaviour, Form, SharedBehaviour, SpecError};

#[derive(Debug)]
struct OwnToo {
    everyone: SharedBehaviour,
}

pub(super) fn build(arguments: &Arguments<'_>) -> Result<SharedBehaviour, SpecError> {
    arguments.at_most(1)?;
    Ok(Arc::new(OwnToo {
        everyone: arguments.behaviour(0, None)?,
    }))
}

impl Behaviour for OwnToo {
    fn answer(&self, ask: &Ask<'_>) -> Answer {
        self.everyone.answer(ask)
    }

    fn form(&self, ask: &Ask<'_>) -> Option<Form> {
        self.everyone.form(ask)
    }
}
