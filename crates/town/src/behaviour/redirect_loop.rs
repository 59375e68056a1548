//! `redirect-loop(location | refresh)`: every hop leads to one more hop here.

use super::{Answer, Arc, Arguments, Ask, Behaviour, SharedBehaviour, SpecError};
use crate::html;

#[derive(Debug)]
struct RedirectLoop {
    by_page: bool,
}

pub(super) fn build(arguments: &Arguments<'_>) -> Result<SharedBehaviour, SpecError> {
    arguments.at_most(1)?;
    let by_page = arguments.word(0, &["location", "refresh"])? == "refresh";
    Ok(Arc::new(RedirectLoop { by_page }))
}

/// The same address with the count of hops one higher, so that whoever looks
/// for the same address twice does not find it.
fn next(here: &str) -> String {
    match here.rsplit_once("hop=") {
        Some((front, count)) if count.bytes().all(|b| b.is_ascii_digit()) => {
            let count = count.parse::<u64>().unwrap_or_default().wrapping_add(1);
            format!("{front}hop={count}")
        }
        _ if here.contains('?') => format!("{here}&hop=1"),
        _ => format!("{here}?hop=1"),
    }
}

impl Behaviour for RedirectLoop {
    fn answer(&self, ask: &Ask<'_>) -> Answer {
        let next = next(ask.here);
        if !self.by_page {
            return Answer::redirect(302, next);
        }
        let head = format!(
            "<meta http-equiv=\"refresh\" content=\"0; url={}\">\n",
            html::escape(&next)
        );
        html::answer(ask.notice, "…", &head, "")
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn each_hop_has_an_address_of_its_own() {
        assert_eq!(super::next("http://a.test/"), "http://a.test/?hop=1");
        assert_eq!(
            super::next("http://a.test/?u=b"),
            "http://a.test/?u=b&hop=1"
        );
        assert_eq!(super::next("http://a.test/?hop=9"), "http://a.test/?hop=10");
    }
}
