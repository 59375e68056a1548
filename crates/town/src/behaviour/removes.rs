//! `removes(link | message)`: the recipient's chat shows the message without
//! its link, or no message. The sender goes on seeing it. Whoever knows the
//! redirector's address all the same is handed over.

use super::{Answer, Arc, Arguments, Ask, Behaviour, Form, SharedBehaviour, SpecError};

#[derive(Debug)]
struct Removes {
    form: Form,
}

pub(super) fn build(arguments: &Arguments<'_>) -> Result<SharedBehaviour, SpecError> {
    arguments.at_most(1)?;
    let form = match arguments.word(0, &["link", "message"])? {
        "message" => Form::MessageMissing,
        _ => Form::Removed,
    };
    Ok(Arc::new(Removes { form }))
}

impl Behaviour for Removes {
    fn answer(&self, _ask: &Ask<'_>) -> Answer {
        Answer::through()
    }

    fn form(&self, _ask: &Ask<'_>) -> Option<Form> {
        Some(self.form)
    }
}
