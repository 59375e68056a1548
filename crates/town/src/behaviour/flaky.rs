//! `flaky(share, behaviour, otherwise)`: one thing for a share of the
//! messages, another for the rest. Which message gets which is a draw that
//! belongs to the message, so a run repeated with the same messages sees the
//! same.

use super::{Answer, Arc, Arguments, Ask, Behaviour, Form, SharedBehaviour, SpecError};

#[derive(Debug)]
struct Flaky {
    share: f64,
    sometimes: SharedBehaviour,
    otherwise: SharedBehaviour,
    /// Nested draws must differ, so each is labelled by what it decides on.
    label: String,
}

pub(super) fn build(arguments: &Arguments<'_>) -> Result<SharedBehaviour, SpecError> {
    arguments.at_most(3)?;
    let share = arguments.number(0, (0.0, 1.0), None)?;
    let sometimes = arguments.behaviour(1, None)?;
    let otherwise = arguments.behaviour(2, Some("opens"))?;
    let label = format!("flaky {share} {sometimes:?}");
    Ok(Arc::new(Flaky {
        share,
        sometimes,
        otherwise,
        label,
    }))
}

impl Flaky {
    fn drawn(&self, ask: &Ask<'_>) -> &SharedBehaviour {
        if ask.dice.share(&self.label) < self.share {
            &self.sometimes
        } else {
            &self.otherwise
        }
    }
}

impl Behaviour for Flaky {
    fn answer(&self, ask: &Ask<'_>) -> Answer {
        self.drawn(ask).answer(ask)
    }

    fn form(&self, ask: &Ask<'_>) -> Option<Form> {
        self.drawn(ask).form(ask)
    }
}
