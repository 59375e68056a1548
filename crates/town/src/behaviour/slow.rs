//! `slow(milliseconds, behaviour)`: waits, then does what it would have done.

use super::{Answer, Arc, Arguments, Ask, Behaviour, Form, SharedBehaviour, SpecError, TlsFault};

#[derive(Debug)]
struct Slow {
    ms: u64,
    then: SharedBehaviour,
}

pub(super) fn build(arguments: &Arguments<'_>) -> Result<SharedBehaviour, SpecError> {
    arguments.at_most(2)?;
    Ok(Arc::new(Slow {
        ms: arguments.number(0, (0.0, 3_600_000.0), None)? as u64,
        then: arguments.behaviour(1, Some("opens"))?,
    }))
}

impl Behaviour for Slow {
    fn answer(&self, ask: &Ask<'_>) -> Answer {
        self.then.answer(ask).later(self.ms)
    }

    fn form(&self, ask: &Ask<'_>) -> Option<Form> {
        self.then.form(ask)
    }

    fn tls_fault(&self) -> Option<TlsFault> {
        self.then.tls_fault()
    }
}
