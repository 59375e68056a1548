//! `outage(from, to, behaviour)`: fails for everyone from one moment of the
//! town's life to another (milliseconds since it started), works otherwise.

use super::{Answer, Arc, Arguments, Ask, Behaviour, SharedBehaviour, SpecError};

#[derive(Debug)]
struct Outage {
    from_ms: u64,
    to_ms: u64,
    then: SharedBehaviour,
}

pub(super) fn build(arguments: &Arguments<'_>) -> Result<SharedBehaviour, SpecError> {
    arguments.at_most(3)?;
    Ok(Arc::new(Outage {
        from_ms: arguments.number(0, (0.0, 1e12), None)? as u64,
        to_ms: arguments.number(1, (0.0, 1e12), None)? as u64,
        then: arguments.behaviour(2, Some("unavailable"))?,
    }))
}

impl Behaviour for Outage {
    fn answer(&self, ask: &Ask<'_>) -> Answer {
        if (self.from_ms..self.to_ms).contains(&ask.age_ms) {
            self.then.answer(ask)
        } else {
            Answer::through()
        }
    }
}
