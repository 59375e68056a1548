//! `blank`: status 200 and not a single byte. The one page without the line
//! that says what it is, because it has no line at all.

use super::{Answer, Arc, Arguments, Ask, Behaviour, SharedBehaviour, SpecError};

#[derive(Debug)]
struct Blank;

pub(super) fn build(arguments: &Arguments<'_>) -> Result<SharedBehaviour, SpecError> {
    arguments.at_most(0)?;
    Ok(Arc::new(Blank))
}

impl Behaviour for Blank {
    fn answer(&self, _ask: &Ask<'_>) -> Answer {
        Answer::html(200, "")
    }
}
