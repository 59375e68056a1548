//! `unavailable(status)`: the server says that it fails, whoever asks.

use super::{Answer, Arc, Arguments, Ask, Behaviour, SharedBehaviour, SpecError};
use crate::html;

#[derive(Debug)]
struct Unavailable {
    status: u16,
}

pub(super) fn build(arguments: &Arguments<'_>) -> Result<SharedBehaviour, SpecError> {
    arguments.at_most(1)?;
    let status = arguments.number(0, (500.0, 599.0), Some(503.0))? as u16;
    Ok(Arc::new(Unavailable { status }))
}

impl Behaviour for Unavailable {
    fn answer(&self, ask: &Ask<'_>) -> Answer {
        let body = "<h1>Service unavailable</h1><p>服务暂时不可用，请稍后再试。</p>";
        Answer::html(
            self.status,
            html::page(ask.notice, "Service unavailable", "", body),
        )
    }
}
