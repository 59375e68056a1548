//! `allow-list(behaviour, host…)`: links to the listed hosts, and to all hosts
//! below them, pass; the rest is treated as the behaviour says.

use super::{Answer, Arc, Arguments, Ask, Behaviour, Form, SharedBehaviour, SpecError};
use crate::address::is_under;

#[derive(Debug)]
struct AllowList {
    rest: SharedBehaviour,
    hosts: Vec<String>,
}

pub(super) fn build(arguments: &Arguments<'_>) -> Result<SharedBehaviour, SpecError> {
    Ok(Arc::new(AllowList {
        rest: arguments.behaviour(0, None)?,
        hosts: arguments.names_from(1),
    }))
}

impl AllowList {
    fn lists(&self, ask: &Ask<'_>) -> bool {
        let host = ask.target_host();
        self.hosts.iter().any(|listed| is_under(host, listed))
    }
}

impl Behaviour for AllowList {
    fn answer(&self, ask: &Ask<'_>) -> Answer {
        if self.lists(ask) {
            Answer::through()
        } else {
            self.rest.answer(ask)
        }
    }

    fn form(&self, ask: &Ask<'_>) -> Option<Form> {
        if self.lists(ask) {
            None
        } else {
            self.rest.form(ask)
        }
    }
}
