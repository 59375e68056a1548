//! `copy-only(wechat | weibo | qq | plain)`: the address stands there as text;
//! the user is told to carry it to another browser. After the page families
//! of `WeChat` (`cgiData` empty), Weibo (`p.desc`, `p.link`) and QQ.

use super::cgi_data::{self, CgiData};
use super::{Answer, Arc, Arguments, Ask, Behaviour, SharedBehaviour, SpecError};
use crate::html;

const ADVICE: &str = "如需浏览，请长按网址复制后使用浏览器访问";

#[derive(Debug)]
struct CopyOnly {
    family: &'static str,
}

pub(super) fn build(arguments: &Arguments<'_>) -> Result<SharedBehaviour, SpecError> {
    arguments.at_most(1)?;
    let family = arguments.word(0, &["wechat", "weibo", "qq", "plain"])?;
    Ok(Arc::new(CopyOnly { family }))
}

impl Behaviour for CopyOnly {
    fn answer(&self, ask: &Ask<'_>) -> Answer {
        let url = html::escape(ask.target);
        match self.family {
            "weibo" => html::answer(
                ask.notice,
                "微博",
                "",
                &format!(
                    "<div class=\"wrap\"><p class=\"desc\">{ADVICE}</p>\
                 <p class=\"link\">{url}</p></div>"
                ),
            ),
            "qq" => html::answer(
                ask.notice,
                "当前网页非官方页面",
                "",
                &format!(
                    "<section class=\"ui-box\"><h1 class=\"ui-title\">当前网页非官方页面</h1>\
                 <p>非官方页面，请勿输入QQ账号和密码，如需访问，请复制后使用浏览器访问</p>\
                 <p id=\"url\">{url}</p>\
                 <button type=\"button\" data-clipboard-text=\"{url}\">复制网址</button></section>"
                ),
            ),
            "plain" => html::answer(
                ask.notice,
                "Open in a browser",
                "",
                &format!(
                    "<main><h1>Copy this address and open it in your browser</h1>\
                 <input type=\"text\" readonly value=\"{url}\">\
                 <button type=\"button\">Copy link</button></main>"
                ),
            ),
            _ => cgi_data::page(
                ask,
                &CgiData {
                    kind: "empty",
                    title: ADVICE,
                    desc: "",
                    url: ask.target,
                    buttons: &[],
                },
            ),
        }
    }
}
