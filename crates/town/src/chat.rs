//! How a room looks to one account: pure rendering. See the chat protocol in
//! the crate's documentation.

use crate::address::host;
use crate::form::Form;
use crate::html::{self, Notice, escape};
use crate::room::Message;

/// Who is looking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Account {
    /// Posts links.
    Sender,
    /// Reads them.
    Reader,
}

impl Account {
    /// The name it signs in by.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sender => "sender",
            Self::Reader => "reader",
        }
    }

    /// The account of a name.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        [Self::Sender, Self::Reader]
            .into_iter()
            .find(|account| account.name() == name)
    }
}

/// A message with what its reader is shown of its link.
#[derive(Debug)]
pub(crate) struct Shown {
    /// The message.
    pub(crate) message: Message,
    /// In which form.
    pub(crate) form: Form,
    /// Where its link leads: the platform's redirector.
    pub(crate) href: String,
    /// The title of the page behind it.
    pub(crate) title: String,
}

/// The page of a room.
pub(crate) fn room(
    notice: Notice,
    name: &str,
    scene: &str,
    account: Account,
    all: &[Shown],
) -> String {
    let items: String = all.iter().filter_map(item).collect();
    let form = match account {
        Account::Sender => format!(
            "<form action=\"/chat/{0}\" method=\"post\">\
             <label>Message <input name=\"text\"></label> <button type=\"submit\">Send</button></form>\n",
            escape(scene)
        ),
        Account::Reader => String::new(),
    };
    let body = format!(
        "<main>\n<h1>{} · {}</h1>\n<ol class=\"messages\">\n{items}</ol>\n{form}</main>",
        escape(name),
        escape(scene)
    );
    html::page(notice, name, "", &body)
}

/// One message as a list item; none if the account is not shown it.
fn item(shown: &Shown) -> Option<String> {
    let link = link(shown)?;
    let words = [shown.message.before.as_str(), shown.message.after.as_str()];
    let [before, after] = words.map(|text| escape(text.trim()));
    let parts: Vec<&str> = [before.as_str(), link.as_str(), after.as_str()]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect();
    Some(format!(
        "<li class=\"message\" id=\"m{}\"><span class=\"author\">sender</span>\
         <div class=\"text\">{}</div></li>\n",
        shown.message.id,
        parts.join(" ")
    ))
}

/// The link as HTML; empty where there is none to show, none where the whole
/// message is missing.
fn link(shown: &Shown) -> Option<String> {
    let Some(target) = shown.message.target.as_deref() else {
        return Some(String::new());
    };
    let (href, title) = (escape(&shown.href), escape(&shown.title));
    match shown.form {
        Form::Card => Some(format!(
            "<a href=\"{href}\"><img src=\"/link.svg\" alt=\"\" width=\"48\" height=\"48\">\
             <strong>{title}</strong> <small>{}</small></a>",
            escape(host(target))
        )),
        Form::Titled => Some(format!("<a href=\"{href}\">{title}</a>")),
        Form::Bare => Some(format!("<a href=\"{href}\">{}</a>", escape(target))),
        Form::BareText => Some(escape(target)),
        Form::Removed => Some(String::new()),
        Form::MessageMissing => None,
    }
}

/// Splits a sent text at its first address.
pub(crate) fn split(text: &str) -> (&str, Option<&str>, &str) {
    let start = ["http://", "https://"]
        .into_iter()
        .filter_map(|scheme| text.find(scheme))
        .min();
    let Some(start) = start else {
        return (text, None, "");
    };
    let (before, rest) = text.split_at(start);
    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    let (target, after) = rest.split_at(end);
    (before, Some(target), after)
}

/// The words around the link, in one piece: what a message's draws hang on.
pub(crate) fn nonce(before: &str, after: &str) -> String {
    let words: Vec<&str> = before
        .split_whitespace()
        .chain(after.split_whitespace())
        .collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(form: Form) -> Shown {
        let (before, target, after) = split("look <b> http://a.test/i?x=1&y=2 m-17");
        Shown {
            message: Message {
                id: 7,
                before: before.to_owned(),
                target: target.map(ToOwned::to_owned),
                after: after.to_owned(),
                moment: 0,
                key: 0,
            },
            form,
            href: "http://p.test/out?to=x&k=y".to_owned(),
            title: "</a><script>".to_owned(),
        }
    }

    #[test]
    fn each_form_has_its_structure() {
        let a = "<a href=\"http://p.test/out?to=x&amp;k=y\">";
        let table = [
            (
                Form::Card,
                format!(
                    "look &lt;b&gt; {a}<img src=\"/link.svg\" alt=\"\" width=\"48\" height=\"48\"><strong>&lt;/a&gt;&lt;script&gt;</strong> <small>a.test</small></a> m-17"
                ),
            ),
            (
                Form::Titled,
                format!("look &lt;b&gt; {a}&lt;/a&gt;&lt;script&gt;</a> m-17"),
            ),
            (
                Form::Bare,
                format!("look &lt;b&gt; {a}http://a.test/i?x=1&amp;y=2</a> m-17"),
            ),
            (
                Form::BareText,
                "look &lt;b&gt; http://a.test/i?x=1&amp;y=2 m-17".to_owned(),
            ),
            (Form::Removed, "look &lt;b&gt; m-17".to_owned()),
        ];
        for (form, inner) in table {
            let expected = format!(
                "<li class=\"message\" id=\"m7\"><span class=\"author\">sender</span>\
                 <div class=\"text\">{inner}</div></li>\n"
            );
            assert_eq!(item(&shown(form)), Some(expected), "{form:?}");
        }
        assert_eq!(item(&shown(Form::MessageMissing)), None);
    }

    #[test]
    fn texts_are_split_at_the_first_address() {
        let table = [
            ("http://a.test/ n", ("", Some("http://a.test/"), " n")),
            ("n https://a.test", ("n ", Some("https://a.test"), "")),
            ("no address", ("no address", None, "")),
        ];
        for (text, parts) in table {
            assert_eq!(split(text), parts);
        }
        assert_eq!(nonce(" a  b ", "\tc"), "a b c");
    }
}
