//! Words for codes: the reasons that checks give, and short names of clauses.

use std::collections::BTreeMap;

use moongate_report::Text;

/// Code, English, Simplified Chinese.
const REASONS: [(&str, &str, &str); 29] = [
    (
        "late",
        "handed over later than the others",
        "跳转晚于其他链接",
    ),
    (
        "extra-step",
        "an extra step before the destination",
        "到达目的地前有额外步骤",
    ),
    (
        "warned",
        "a warning page before the destination",
        "到达目的地前有警告页",
    ),
    (
        "must-copy",
        "the user has to copy the address into another browser",
        "用户须复制网址并在其他浏览器中打开",
    ),
    ("blocked", "blocked, with no way on", "被屏蔽，无法继续"),
    (
        "removed",
        "the recipient is not shown the link",
        "接收方看不到该链接",
    ),
    (
        "shown-titled",
        "shown as a title, not as a card",
        "以标题而非卡片形式展示",
    ),
    ("shown-bare", "shown as a bare address", "以裸网址形式展示"),
    ("shown-removed", "not shown", "未展示"),
    (
        "platform-error",
        "the platform answered with an error",
        "平台返回错误",
    ),
    (
        "platform-may-have-failed",
        "the platform may have failed for everyone",
        "平台可能整体故障",
    ),
    (
        "login-wall",
        "the platform asks for a login",
        "平台要求登录",
    ),
    (
        "bot-wall",
        "the platform turns machines away",
        "平台拒绝机器访问",
    ),
    (
        "rate-limit",
        "the platform limits the rate",
        "平台限制访问频率",
    ),
    ("destination-failed", "the destination failed", "目的地出错"),
    ("not-measured", "could not be measured", "无法测量"),
    (
        "not-understood",
        "the page was not understood",
        "页面无法判读",
    ),
    ("not-handed-over", "nothing was handed over", "未发生跳转"),
    (
        "nothing-opened",
        "there was nothing to open",
        "没有可打开的内容",
    ),
    (
        "room-not-reached",
        "the chat could not be reached",
        "无法连接聊天",
    ),
    (
        "room-not-understood",
        "the chat's page was no chat",
        "聊天页面无法判读",
    ),
    ("room-refused", "the chat refused us", "聊天拒绝访问"),
    (
        "room-error",
        "the chat answered with an error",
        "聊天返回错误",
    ),
    (
        "target/direct-control-failed",
        "the destination failed when opened directly",
        "直接打开时目的地出错",
    ),
    (
        "target/direct-control-refused",
        "the destination refused when opened directly",
        "直接打开时目的地拒绝",
    ),
    (
        "target/direct-control-rate-limited",
        "the destination limits the rate",
        "目的地限制访问频率",
    ),
    (
        "ours/direct-control-failed",
        "our own network failed",
        "我方网络故障",
    ),
    (
        "ours/nobody-answered",
        "nobody answered at all: our own network failed",
        "无任何一方应答：我方网络故障",
    ),
    (
        "unknown/no-direct-control",
        "the direct control is missing",
        "缺少直接打开的对照",
    ),
];

/// Words for the reason codes of outcomes.
pub(crate) fn reasons() -> BTreeMap<String, Text> {
    REASONS
        .iter()
        .map(|(code, en, zh)| ((*code).to_owned(), Text::new(*en, *zh)))
        .collect()
}

/// A few words that stand for a clause in tables.
pub(crate) fn clause_name(kind: &str) -> Text {
    match kind {
        "same-form" => Text::new("same form", "形式一致"),
        "direct-open" => Text::new("opens directly", "直接打开"),
        "no-extra-step" => Text::new("no extra step", "无额外步骤"),
        "no-copying" => Text::new("no copying", "无须复制"),
        "no-delay" => Text::new("no delay", "无延迟"),
        other => Text::same(other),
    }
}
