//! `reset`: the connection is reset before the first byte of an answer.

use super::{Answer, Arc, Arguments, Ask, Behaviour, SharedBehaviour, SpecError};
use crate::answer::Act;

#[derive(Debug)]
struct Reset;

pub(super) fn build(arguments: &Arguments<'_>) -> Result<SharedBehaviour, SpecError> {
    arguments.at_most(0)?;
    Ok(Arc::new(Reset))
}

impl Behaviour for Reset {
    fn answer(&self, _ask: &Ask<'_>) -> Answer {
        Answer::at_once(Act::Reset)
    }
}
