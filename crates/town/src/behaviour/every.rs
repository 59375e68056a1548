//! `every(n, behaviour, otherwise)`: every n-th request to this host, counted
//! as they come. The order of requests decides, so a repeated run may differ:
//! this is how a limiter looks to whoever measures through it.

use super::{Answer, Arc, Arguments, Ask, Behaviour, SharedBehaviour, SpecError};

#[derive(Debug)]
struct Every {
    n: u64,
    then: SharedBehaviour,
    otherwise: SharedBehaviour,
}

pub(super) fn build(arguments: &Arguments<'_>) -> Result<SharedBehaviour, SpecError> {
    arguments.at_most(3)?;
    Ok(Arc::new(Every {
        n: arguments.number(0, (1.0, 1e9), None)? as u64,
        then: arguments.behaviour(1, None)?,
        otherwise: arguments.behaviour(2, Some("opens"))?,
    }))
}

impl Behaviour for Every {
    fn answer(&self, ask: &Ask<'_>) -> Answer {
        if ask.serial % self.n == self.n - 1 {
            self.then.answer(ask)
        } else {
            self.otherwise.answer(ask)
        }
    }
}
