//! The page skeleton that `WeChat`'s middle pages share: an inline `cgiData`
//! that declares its own type (gray, block, empty), and the same in elements.

use super::{Answer, Ask};
use crate::html;

/// What a page of this family declares.
pub(super) struct CgiData<'a> {
    /// `gray`, `block` or `empty`.
    pub(super) kind: &'a str,
    /// The heading.
    pub(super) title: &'a str,
    /// The paragraph below it.
    pub(super) desc: &'a str,
    /// The address the page is about; empty where the page hides it.
    pub(super) url: &'a str,
    /// Buttons: name and address.
    pub(super) buttons: &'a [(&'a str, &'a str)],
}

/// The page.
pub(super) fn page(ask: &Ask<'_>, data: &CgiData<'_>) -> Answer {
    let script = |text| html::script_string(text);
    let buttons: Vec<String> = data
        .buttons
        .iter()
        .map(|(name, url)| format!("{{\"name\":{},\"url\":{}}}", script(name), script(url)))
        .collect();
    let head = format!(
        "<script>var cgiData = {{\"retcode\":0,\"type\":{},\"title\":{},\"desc\":{},\"url\":{},\
         \"btns\":[{}],\"links\":[]}};</script>\n",
        script(data.kind),
        script(data.title),
        script(data.desc),
        script(data.url),
        buttons.join(",")
    );
    html::answer(ask.notice, data.title, &head, &elements(data))
}

/// The same, as elements that a reader without scripts sees.
fn elements(data: &CgiData<'_>) -> String {
    let mut body = format!(
        "<div class=\"weui-msg\">\n<h2 class=\"weui-msg__title\">{}</h2>\n\
         <p class=\"weui-msg__desc\">{}</p>\n",
        html::escape(data.title),
        html::escape(data.desc)
    );
    if !data.url.is_empty() {
        let url = html::escape(data.url);
        html::push(
            &mut body,
            format_args!("<p class=\"weui-msg__url\">{url}</p>\n"),
        );
    }
    for (name, url) in data.buttons {
        let (url, name) = (html::escape(url), html::escape(name));
        html::push(
            &mut body,
            format_args!("<a class=\"weui-btn weui-btn_primary\" href=\"{url}\">{name}</a>\n"),
        );
    }
    body.push_str("</div>");
    body
}
