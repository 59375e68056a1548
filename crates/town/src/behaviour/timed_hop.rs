//! `timed-hop(seconds, meta | script | header)`: a page that moves on by
//! itself after a while.

use super::{Answer, Arc, Arguments, Ask, Behaviour, SharedBehaviour, SpecError};
use crate::html;

#[derive(Debug)]
struct TimedHop {
    seconds: f64,
    by: &'static str,
}

pub(super) fn build(arguments: &Arguments<'_>) -> Result<SharedBehaviour, SpecError> {
    arguments.at_most(2)?;
    Ok(Arc::new(TimedHop {
        seconds: arguments.number(0, (0.0, 3_600.0), None)?,
        by: arguments.word(1, &["meta", "script", "header"])?,
    }))
}

impl TimedHop {
    fn head(&self, ask: &Ask<'_>) -> String {
        match self.by {
            "meta" => format!(
                "<meta http-equiv=\"refresh\" content=\"{}; url={}\">\n",
                self.seconds,
                html::escape(ask.target)
            ),
            "script" => format!(
                "<script>setTimeout(function () {{ window.location.href = {}; }}, {});</script>\n",
                html::script_string(ask.target),
                (self.seconds * 1_000.0).round() as u64
            ),
            _ => String::new(),
        }
    }
}

impl Behaviour for TimedHop {
    fn answer(&self, ask: &Ask<'_>) -> Answer {
        let body = format!(
            "<main><h1>正在跳转</h1><p>页面将在 {} 秒后自动跳转。</p></main>",
            self.seconds
        );
        let page = html::answer(ask.notice, "正在跳转", &self.head(ask), &body);
        if self.by == "header" {
            page.with_header("refresh", format!("{}; url={}", self.seconds, ask.target))
        } else {
            page
        }
    }
}
