//! `leave-page(wechat | zhihu | csdn | form | plain)`: one more click, without a
//! warning. After the page families of `WeChat` (`cgiData` gray, as of July
//! 2025), Zhihu and CSDN; `form` continues by a button that submits; `plain`
//! is no company's page.

use super::cgi_data::{self, CgiData};
use super::{Answer, Arc, Arguments, Ask, Behaviour, SharedBehaviour, SpecError};
use crate::html;

#[derive(Debug)]
struct LeavePage {
    family: &'static str,
}

pub(super) fn build(arguments: &Arguments<'_>) -> Result<SharedBehaviour, SpecError> {
    arguments.at_most(1)?;
    let family = arguments.word(0, &["wechat", "zhihu", "csdn", "form", "plain"])?;
    Ok(Arc::new(LeavePage { family }))
}

impl Behaviour for LeavePage {
    fn answer(&self, ask: &Ask<'_>) -> Answer {
        let url = html::escape(ask.target);
        match self.family {
            "zhihu" => html::answer(
                ask.notice,
                "即将离开知乎",
                "",
                &format!(
                    "<div class=\"content\"><p class=\"title\">即将离开知乎</p>\
                 <p class=\"info\">您即将离开知乎，请注意您的帐号和财产安全。</p>\
                 <p class=\"link\">{url}</p>\
                 <a class=\"button\" href=\"{url}\" rel=\"noreferrer\">继续访问</a></div>"
                ),
            ),
            "csdn" => html::answer(
                ask.notice,
                "跳转提示",
                "",
                &format!(
                    "<div class=\"loading-safe\"><p>您即将离开CSDN，去往：</p>\
                 <p class=\"loading-text\">{url}</p>\
                 <a class=\"loading-btn\" href=\"{url}\">继续</a></div>"
                ),
            ),
            "form" => html::answer(
                ask.notice,
                "Leaving",
                "",
                &format!(
                    "<main><h1>You are leaving this site</h1>\
                 <form action=\"{url}\" method=\"get\"><button type=\"submit\">Continue</button>\
                 </form></main>"
                ),
            ),
            "plain" => html::answer(
                ask.notice,
                "Leaving",
                "",
                &format!(
                    "<main><h1>You are leaving this site</h1><p>The link goes to {url}</p>\
                 <p><a href=\"/\">Back</a> <a href=\"{url}\">Continue</a></p></main>"
                ),
            ),
            _ => cgi_data::page(
                ask,
                &CgiData {
                    kind: "gray",
                    title: "将要访问",
                    desc: "非微信官方网页，请确认是否继续访问。",
                    url: ask.target,
                    buttons: &[("继续访问", ask.target)],
                },
            ),
        }
    }
}
