//! `warned-page(wechat | weibo | plain)`: a leave page that calls the target a
//! risk. The button to go on is there.

use super::cgi_data::{self, CgiData};
use super::{Answer, Arc, Arguments, Ask, Behaviour, SharedBehaviour, SpecError};
use crate::html;

#[derive(Debug)]
struct WarnedPage {
    family: &'static str,
}

pub(super) fn build(arguments: &Arguments<'_>) -> Result<SharedBehaviour, SpecError> {
    arguments.at_most(1)?;
    let family = arguments.word(0, &["wechat", "weibo", "plain"])?;
    Ok(Arc::new(WarnedPage { family }))
}

impl Behaviour for WarnedPage {
    fn answer(&self, ask: &Ask<'_>) -> Answer {
        let url = html::escape(ask.target);
        match self.family {
            "weibo" => html::answer(
                ask.notice,
                "警告",
                "",
                &format!(
                    "<div class=\"url_view_code\"><p>警告：访问的网址可能存在风险</p>\
                 <p id=\"textline\">{url}</p>\
                 <div class=\"open-url\"><a href=\"{url}\">继续访问</a></div></div>"
                ),
            ),
            "plain" => html::answer(
                ask.notice,
                "Warning",
                "",
                &format!(
                    "<main><h1>Warning: this link may be unsafe</h1>\
                 <p>It could steal your data or harm your device.</p><p>{url}</p>\
                 <p><a href=\"/\">Go back</a> <a href=\"{url}\">Ignore the warning and continue</a></p>\
                 </main>"
                ),
            ),
            _ => cgi_data::page(
                ask,
                &CgiData {
                    kind: "gray",
                    title: "安全提示",
                    desc: "该网页可能存在安全风险，请谨慎访问，注意保护个人信息和财产安全。",
                    url: ask.target,
                    buttons: &[("继续访问", ask.target)],
                },
            ),
        }
    }
}
