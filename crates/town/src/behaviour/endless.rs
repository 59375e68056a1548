//! `endless`: a page that never ends.

use bytes::Bytes;

use super::{Answer, Arc, Arguments, Ask, Behaviour, SharedBehaviour, SpecError};
use crate::answer::Content;
use crate::html;

#[derive(Debug)]
struct Endless {
    chunk: Bytes,
}

pub(super) fn build(arguments: &Arguments<'_>) -> Result<SharedBehaviour, SpecError> {
    arguments.at_most(0)?;
    let chunk = Bytes::from("<p>and so on and so on and so on</p>\n".repeat(400));
    Ok(Arc::new(Endless { chunk }))
}

impl Behaviour for Endless {
    fn answer(&self, ask: &Ask<'_>) -> Answer {
        let page = html::page(ask.notice, "A page without an end", "", "");
        let head = page.split("</body>").next().unwrap_or_default().to_owned();
        Answer::respond(
            200,
            vec![("content-type", "text/html; charset=utf-8".to_owned())],
            Content::Repeat {
                head: Bytes::from(head),
                chunk: self.chunk.clone(),
                times: u64::MAX,
            },
        )
    }
}
