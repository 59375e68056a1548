//! `down(reset | 502 | 503 | 504 | silence)`: a destination that does not
//! work. All hosts of a town share one listener, so a refused connection is
//! played by a reset before the first byte.

use super::{Answer, Arc, Arguments, Ask, Behaviour, SharedBehaviour, SpecError};
use crate::answer::Act;
use crate::html;

#[derive(Debug)]
struct Down {
    how: &'static str,
}

pub(super) fn build(arguments: &Arguments<'_>) -> Result<SharedBehaviour, SpecError> {
    arguments.at_most(1)?;
    let how = arguments.word(0, &["reset", "502", "503", "504", "silence"])?;
    Ok(Arc::new(Down { how }))
}

impl Behaviour for Down {
    fn answer(&self, ask: &Ask<'_>) -> Answer {
        match (self.how, self.how.parse::<u16>()) {
            (_, Ok(status)) => Answer::html(
                status,
                html::page(ask.notice, "Gateway error", "", "<h1>Gateway error</h1>"),
            ),
            ("silence", Err(_)) => Answer::at_once(Act::Silence),
            (_, Err(_)) => Answer::at_once(Act::Reset),
        }
    }
}
