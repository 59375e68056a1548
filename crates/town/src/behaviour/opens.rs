//! `opens`: nothing stands between the link and its page.

use super::{Answer, Arc, Arguments, Ask, Behaviour, SharedBehaviour, SpecError};

#[derive(Debug)]
struct Opens;

pub(super) fn build(arguments: &Arguments<'_>) -> Result<SharedBehaviour, SpecError> {
    arguments.at_most(0)?;
    Ok(shared())
}

/// The behaviour itself; it has nothing to understand wrongly.
pub(super) fn shared() -> SharedBehaviour {
    Arc::new(Opens)
}

impl Behaviour for Opens {
    fn answer(&self, _ask: &Ask<'_>) -> Answer {
        Answer::through()
    }
}
