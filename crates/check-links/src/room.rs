//! Reading a chat room as its member sees it: is our message there, is the
//! link in it, in which form, and where does it lead?
//!
//! The form is read from the structure of the page, never from a label: a
//! card is a link that holds a picture, a titled link has words of its own,
//! a bare one is the address. Pure; what to post is in [`crate::steps`].

use scraper::{ElementRef, Html, Selector};
use serde::{Deserialize, Serialize};

/// What a member of the room is shown of one message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Whether the message is there.
    pub message: bool,
    /// `card`, `titled`, `bare` or `removed`.
    pub form: String,
    /// Where the link leads, as written in the page.
    pub href: Option<String>,
    /// The words of the message as shown, for people; cut at 300 characters.
    pub words: String,
}

impl Shown {
    fn missing() -> Self {
        Self { message: false, form: "removed".to_owned(), href: None, words: String::new() }
    }
}

/// Finds the message that carries `nonce` and reads how `target` is shown.
///
/// ```
/// let page = r#"<ol class="messages"><li class="message" id="m1">
///   <div class="text"><a href="/out?u=1"><img src="/i.png" alt=""> A shop</a> word-7</div></li></ol>"#;
/// let shown = moongate_check_links::room::read(page, "word-7", "http://shop.test/");
/// assert_eq!((shown.form.as_str(), shown.href.as_deref()), ("card", Some("/out?u=1")));
/// ```
pub fn read(page: &str, nonce: &str, target: &str) -> Shown {
    let document = Html::parse_document(page);
    let Some(message) = message_with(&document, nonce) else {
        return Shown::missing();
    };
    let words: String = message.text().collect::<Vec<_>>().join(" ");
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let link = first_link(message);
    let form = match &link {
        Some(link) => form_of(*link, target),
        None if mentions(&words, target) => "bare",
        None => "removed",
    };
    Shown {
        message: true,
        form: form.to_owned(),
        href: link.and_then(|link| link.value().attr("href")).map(str::to_owned),
        words: words.chars().take(300).collect(),
    }
}

fn message_with<'a>(document: &'a Html, nonce: &str) -> Option<ElementRef<'a>> {
    let selector = Selector::parse("li.message").ok()?;
    document.select(&selector).find(|message| message.text().any(|text| text.contains(nonce)))
}

fn first_link(message: ElementRef<'_>) -> Option<ElementRef<'_>> {
    let selector = Selector::parse(".text a[href]").ok()?;
    message.select(&selector).next()
}

fn form_of(link: ElementRef<'_>, target: &str) -> &'static str {
    let holds_picture =
        Selector::parse("img, picture, svg").is_ok_and(|selector| link.select(&selector).next().is_some());
    if holds_picture {
        return "card";
    }
    let words: String = link.text().collect();
    if mentions(&words, target) || looks_like_address(&words) { "bare" } else { "titled" }
}

/// Whether the words show the address, whole or cut short with dots.
fn mentions(words: &str, target: &str) -> bool {
    let without_scheme = target.split_once("://").map_or(target, |(_, rest)| rest);
    let host = without_scheme.split(['/', '?', '#']).next().unwrap_or(without_scheme);
    words.contains(without_scheme.trim_end_matches('/')) || words.contains(&format!("{host}/"))
}

fn looks_like_address(words: &str) -> bool {
    let words = words.trim();
    !words.contains(char::is_whitespace)
        && (words.starts_with("http://") || words.starts_with("https://") || words.starts_with("www."))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGET: &str = "http://item.shop.test/i/1";

    fn room(text: &str) -> String {
        format!(
            r#"<ol class="messages"><li class="message" id="m1"><div class="text">other n-0</div></li>
            <li class="message" id="m2"><span class="author">a</span><div class="text">{text} n-1</div></li></ol>"#
        )
    }

    #[test]
    fn forms_are_told_by_structure() {
        let table = [
            (r#"<a href="/o"><img src=x><b>Lamp</b></a>"#, "card", Some("/o")),
            (r#"<a href="/o">A fine lamp</a>"#, "titled", Some("/o")),
            (r#"<a href="/o">http://item.shop.test/i/1</a>"#, "bare", Some("/o")),
            (r#"<a href="/o">item.shop.test/…</a>"#, "bare", Some("/o")),
            (r#"<a href="/o">https://short.test/x</a>"#, "bare", Some("/o")),
            ("http://item.shop.test/i/1", "bare", None),
            ("[link removed]", "removed", None),
        ];
        for (text, form, href) in table {
            let shown = read(&room(text), "n-1", TARGET);
            assert_eq!((shown.form.as_str(), shown.href.as_deref()), (form, href), "{text}");
            assert!(shown.message);
        }
    }

    #[test]
    fn a_message_that_never_arrived_is_removed() {
        let shown = read(&room("x"), "n-2", TARGET);
        assert!(!shown.message);
        assert_eq!(shown.form, "removed");
    }
}
