//! `hard-block(wechat | douyin | qq | weibo | plain, shown | hidden)`: the way
//! ends here, with a reason and without a button. `shown` lets the address
//! stand there as text, `hidden` does not.

use super::cgi_data::{self, CgiData};
use super::{Answer, Arc, Arguments, Ask, Behaviour, SharedBehaviour, SpecError};
use crate::{address, html};

#[derive(Debug)]
struct HardBlock {
    family: &'static str,
    shown: bool,
}

pub(super) fn build(arguments: &Arguments<'_>) -> Result<SharedBehaviour, SpecError> {
    arguments.at_most(2)?;
    Ok(Arc::new(HardBlock {
        family: arguments.word(0, &["wechat", "douyin", "qq", "weibo", "plain"])?,
        shown: arguments.word(1, &["hidden", "shown"])? == "shown",
    }))
}

impl HardBlock {
    /// Heading and reason of the page family.
    fn words(&self) -> (&'static str, &'static str) {
        match self.family {
            "douyin" => ("已终止访问该网页", "该网页不在可访问范围内，已终止访问。"),
            "qq" => ("已停止访问该网页", "当前网页非官方页面，已停止访问该网页。"),
            "weibo" => ("已停止访问", "该链接不符合社区规定，已停止访问。"),
            "plain" => (
                "This link is blocked",
                "It goes against our community standards.",
            ),
            _ => (
                "已停止访问该网页",
                "网页包含诱导分享、关注等诱导行为内容，被多人投诉，为维护绿色上网环境，已停止访问。",
            ),
        }
    }
}

impl Behaviour for HardBlock {
    fn answer(&self, ask: &Ask<'_>) -> Answer {
        let (title, desc) = self.words();
        let url = if self.shown { ask.target } else { "" };
        if self.family == "wechat" {
            // The button explains the block; it does not lead to the target.
            let reason = format!(
                "/security/newreadtemplate?t=webpage_intercept/w_reason&block_type=3&code={}",
                address::encode(&format!("{:08x}", ask.dice.number("block code") >> 32))
            );
            return cgi_data::page(
                ask,
                &CgiData {
                    kind: "block",
                    title,
                    desc,
                    url,
                    buttons: &[("查看规则", &reason)],
                },
            );
        }
        let body = format!(
            "<main><h1>{title}</h1><p>{desc}</p><p>{}</p></main>",
            html::escape(url)
        );
        html::answer(ask.notice, title, "", &body)
    }
}
