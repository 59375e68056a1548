//! `bot-wall(999 | 566 | captcha | 403)`: turns away whoever it takes for a
//! machine. `LinkedIn`'s status is 999, Zhihu's was 566 in September 2026.

use super::{Answer, Arc, Arguments, Ask, Behaviour, SharedBehaviour, SpecError};
use crate::html;

#[derive(Debug)]
struct BotWall {
    kind: &'static str,
}

pub(super) fn build(arguments: &Arguments<'_>) -> Result<SharedBehaviour, SpecError> {
    arguments.at_most(1)?;
    let kind = arguments.word(0, &["999", "566", "captcha", "403"])?;
    Ok(Arc::new(BotWall { kind }))
}

impl Behaviour for BotWall {
    fn answer(&self, ask: &Ask<'_>) -> Answer {
        match self.kind.parse::<u16>() {
            Ok(status) => {
                let body = "<h1>Request denied</h1>\
                    <p>This request looks automated. 您的访问出现异常。</p>";
                Answer::html(status, html::page(ask.notice, "Request denied", "", body))
            }
            Err(_) => html::answer(ask.notice, "安全验证", "", CAPTCHA),
        }
    }
}

const CAPTCHA: &str = "<h1>安全验证</h1>\n\
    <form action=\"/captcha\" method=\"post\">\n\
    <p>请完成下方验证后继续。Please verify that you are human.</p>\n\
    <div id=\"captcha\" class=\"captcha-box\"><img src=\"/captcha.png\" alt=\"验证码\"></div>\n\
    <label>验证码 <input name=\"captcha\" autocomplete=\"off\"></label>\n\
    <button type=\"submit\">提交</button>\n</form>";
