//! `rate-limit(share, retry after seconds)`: 429 with `Retry-After` for a
//! share of the messages. For a limiter that counts, see `every`.

use super::{Answer, Arc, Arguments, Ask, Behaviour, SharedBehaviour, SpecError};
use crate::html;

#[derive(Debug)]
struct RateLimit {
    share: f64,
    retry_after_s: u64,
}

pub(super) fn build(arguments: &Arguments<'_>) -> Result<SharedBehaviour, SpecError> {
    arguments.at_most(2)?;
    Ok(Arc::new(RateLimit {
        share: arguments.number(0, (0.0, 1.0), Some(1.0))?,
        retry_after_s: arguments.number(1, (0.0, 86_400.0), Some(1.0))? as u64,
    }))
}

impl Behaviour for RateLimit {
    fn answer(&self, ask: &Ask<'_>) -> Answer {
        if ask.dice.share("rate-limit") >= self.share {
            return Answer::through();
        }
        let body = "<h1>Too many requests</h1><p>操作过于频繁，请稍后再试。</p>";
        Answer::html(429, html::page(ask.notice, "Too many requests", "", body))
            .with_header("retry-after", self.retry_after_s.to_string())
    }
}
