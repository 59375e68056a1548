//! `garbage`: bytes that are no HTTP at all.

use bytes::Bytes;

use super::{Answer, Arc, Arguments, Ask, Behaviour, SharedBehaviour, SpecError};
use crate::answer::Act;

/// What another protocol might say first, with bytes that no text holds.
const GARBAGE: &[u8] =
    b"220 town.test ESMTP\r\n\x00\xff\xfe\x80HTTP/9.9 banana\r\n\r\n\x16\x03\x01";

#[derive(Debug)]
struct Garbage;

pub(super) fn build(arguments: &Arguments<'_>) -> Result<SharedBehaviour, SpecError> {
    arguments.at_most(0)?;
    Ok(Arc::new(Garbage))
}

impl Behaviour for Garbage {
    fn answer(&self, _ask: &Ask<'_>) -> Answer {
        Answer::at_once(Act::Raw(Bytes::from_static(GARBAGE)))
    }
}
