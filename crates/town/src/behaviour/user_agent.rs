//! `user-agent(browser, plain)`: one thing for browsers, another for the rest.
//! With `opens` on both sides it is the shortener's habit: 301 for a plain
//! agent, for a browser a page of status 200 that moves on by itself.

use super::{Answer, Arc, Arguments, Ask, Behaviour, SharedBehaviour, SpecError, UserAgent};
use crate::html;

#[derive(Debug)]
struct ByUserAgent {
    browser: SharedBehaviour,
    plain: SharedBehaviour,
}

pub(super) fn build(arguments: &Arguments<'_>) -> Result<SharedBehaviour, SpecError> {
    arguments.at_most(2)?;
    Ok(Arc::new(ByUserAgent {
        browser: arguments.behaviour(0, Some("opens"))?,
        plain: arguments.behaviour(1, Some("opens"))?,
    }))
}

impl Behaviour for ByUserAgent {
    fn answer(&self, ask: &Ask<'_>) -> Answer {
        match ask.user_agent {
            UserAgent::Plain => {
                let answer = self.plain.answer(ask);
                if answer.is_through() && answer.delay_ms == 0 {
                    return Answer::redirect(301, ask.target);
                }
                answer
            }
            UserAgent::Browser => {
                let answer = self.browser.answer(ask);
                let delay_ms = answer.delay_ms;
                if answer.is_through() {
                    return moves_on(ask).later(delay_ms);
                }
                answer
            }
        }
    }
}

/// A page that moves on by itself, at once, with and without scripts.
fn moves_on(ask: &Ask<'_>) -> Answer {
    let head = format!(
        "<noscript><meta http-equiv=\"refresh\" content=\"0;URL={}\"></noscript>\n\
         <script>window.opener = null; location.replace({})</script>\n",
        html::escape(ask.target),
        html::script_string(ask.target)
    );
    html::answer(ask.notice, ask.target, &head, "")
}
