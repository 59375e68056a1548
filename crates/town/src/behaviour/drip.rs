//! `drip(milliseconds a byte)`: a page that arrives one byte at a time.

use bytes::Bytes;

use super::{Answer, Arc, Arguments, Ask, Behaviour, SharedBehaviour, SpecError};
use crate::answer::Content;
use crate::html;

#[derive(Debug)]
struct Drip {
    every_ms: u64,
}

pub(super) fn build(arguments: &Arguments<'_>) -> Result<SharedBehaviour, SpecError> {
    arguments.at_most(1)?;
    let every_ms = arguments.number(0, (1.0, 600_000.0), Some(1_000.0))? as u64;
    Ok(Arc::new(Drip { every_ms }))
}

impl Behaviour for Drip {
    fn answer(&self, ask: &Ask<'_>) -> Answer {
        let page = html::page(ask.notice, "Drop by drop", "", "<p>Drop by drop.</p>");
        Answer::respond(
            200,
            vec![("content-type", "text/html; charset=utf-8".to_owned())],
            Content::Drip {
                bytes: Bytes::from(page),
                every_ms: self.every_ms,
            },
        )
    }
}
