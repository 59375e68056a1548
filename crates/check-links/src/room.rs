//! Reading a chat room as its member sees it: is our message there, is the
//! link in it, in which form, and where does it lead?
//!
//! The form is read from the structure of the page, never from a label: a
//! card is a link that holds a picture, a titled link has words of its own,
//! a bare one is the address. Pure; what to post is in [`crate::steps`]. One
//! pass over the page, whatever it holds.

use moongate_page::html::{Piece, Tag, pieces, unescape};
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

/// Finds the message that carries `nonce` and reads how `target` is shown.
/// Nothing if the page is no room: it holds no list of messages.
///
/// ```
/// let page = r#"<ol class="messages"><li class="message" id="m1">
///   <div class="text"><a href="/out?u=1"><img src="/i.png" alt=""> A shop</a> word-7</div></li></ol>"#;
/// let shown = moongate_check_links::room::read(page, "word-7", "http://shop.test/");
/// let shown = shown.ok_or("no room")?;
/// assert_eq!((shown.form.as_str(), shown.href.as_deref()), ("card", Some("/out?u=1")));
/// assert!(moongate_check_links::room::read("<p>Sorry!", "word-7", "http://shop.test/").is_none());
/// # Ok::<(), &str>(())
/// ```
pub fn read(page: &str, nonce: &str, target: &str) -> Option<Shown> {
    let mut is_room = false;
    let mut current: Option<Message> = None;
    for piece in pieces(page) {
        is_room |= matches!(&piece, Piece::Open(tag) if has_class(tag, "messages"));
        if begins_message(&piece) {
            if let Some(shown) = finished(current.take(), nonce, target) {
                return Some(shown);
            }
            is_room = true;
            current = Some(Message::default());
        } else if let Some(message) = &mut current {
            message.take(&piece);
        }
    }
    let missing = || Shown {
        message: false,
        form: "removed".to_owned(),
        href: None,
        words: String::new(),
    };
    finished(current, nonce, target).or_else(|| is_room.then(missing))
}

fn begins_message(piece: &Piece<'_>) -> bool {
    matches!(piece, Piece::Open(tag) if tag.name == "li" && has_class(tag, "message"))
}

fn has_class(tag: &Tag<'_>, class: &str) -> bool {
    tag.get("class")
        .is_some_and(|all| all.split_ascii_whitespace().any(|one| one == class))
}

/// The message, if it is the one looked for.
fn finished(message: Option<Message>, nonce: &str, target: &str) -> Option<Shown> {
    let message = message?;
    let words = message
        .words
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    if !words.contains(nonce) {
        return None;
    }
    let form = match &message.link {
        Some(link) => link.form(target),
        None if mentions(&words, target) => "bare",
        None => "removed",
    };
    Some(Shown {
        message: true,
        form: form.to_owned(),
        href: message.link.map(|link| link.href),
        words: words.chars().take(300).collect(),
    })
}

/// One message while it is read.
#[derive(Default)]
struct Message {
    words: String,
    /// Inside the text of the message, not its author or time.
    in_text: bool,
    in_link: bool,
    /// The first link of the text.
    link: Option<Link>,
    /// Behind the last message of the room.
    ended: bool,
}

struct Link {
    href: String,
    words: String,
    picture: bool,
}

impl Message {
    fn take(&mut self, piece: &Piece<'_>) {
        if self.ended {
            return;
        }
        match piece {
            Piece::Open(tag) => self.open(tag),
            Piece::Close(name) => match name.as_ref() {
                "a" => self.in_link = false,
                "ol" | "ul" => self.ended = true,
                _ => {}
            },
            Piece::Text(text) => self.text(text),
            Piece::Raw(..) => {}
        }
    }

    fn open(&mut self, tag: &Tag<'_>) {
        if has_class(tag, "text") {
            self.in_text = true;
        }
        match (tag.name.as_ref(), &mut self.link) {
            ("a", None) if self.in_text => {
                if let Some(href) = tag.get("href") {
                    self.in_link = true;
                    let href = href.into_owned();
                    self.link = Some(Link {
                        href,
                        words: String::new(),
                        picture: false,
                    });
                }
            }
            ("img" | "picture" | "svg", Some(link)) if self.in_link => link.picture = true,
            _ => {}
        }
        self.words.push(' ');
    }

    fn text(&mut self, text: &str) {
        let text = unescape(text);
        self.words.push_str(&text);
        if let (true, Some(link)) = (self.in_link, &mut self.link) {
            link.words.push_str(&text);
        }
    }
}

impl Link {
    fn form(&self, target: &str) -> &'static str {
        if self.picture {
            return "card";
        }
        let bare = mentions(&self.words, target) || looks_like_address(&self.words);
        if bare { "bare" } else { "titled" }
    }
}

/// Whether the words show the address, whole or cut short with dots.
fn mentions(words: &str, target: &str) -> bool {
    let without_scheme = target.split_once("://").map_or(target, |(_, rest)| rest);
    let host = without_scheme
        .split(['/', '?', '#'])
        .next()
        .unwrap_or(without_scheme);
    words.contains(without_scheme.trim_end_matches('/')) || words.contains(&format!("{host}/"))
}

fn looks_like_address(words: &str) -> bool {
    let words = words.trim();
    !words.contains(char::is_whitespace)
        && ["http://", "https://", "www."]
            .iter()
            .any(|start| words.starts_with(start))
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
            (
                r#"<a href="/o"><img src=x><b>Lamp</b></a>"#,
                "card",
                Some("/o"),
            ),
            (r#"<a href="/o">A fine lamp</a>"#, "titled", Some("/o")),
            (
                r#"<a href="/o">http://item.shop.test/i/1</a>"#,
                "bare",
                Some("/o"),
            ),
            (r#"<a href="/o">item.shop.test/…</a>"#, "bare", Some("/o")),
            (
                r#"<a href="/o">https://short.test/x</a>"#,
                "bare",
                Some("/o"),
            ),
            ("http://item.shop.test/i/1", "bare", None),
            ("[link removed]", "removed", None),
        ];
        for (text, form, href) in table {
            let shown = read(&room(text), "n-1", TARGET).expect("a room");
            assert_eq!(
                (shown.form.as_str(), shown.href.as_deref()),
                (form, href),
                "{text}"
            );
            assert!(shown.message);
        }
    }

    #[test]
    fn a_hostile_room_costs_no_more_than_its_length() {
        let deep = "<div>".repeat(300_000);
        let shown = read(
            &room(&format!("{deep}<a href='/o'>A lamp</a>")),
            "n-1",
            TARGET,
        );
        assert_eq!(shown.expect("a room").form, "titled");
    }

    #[test]
    fn a_page_that_is_no_room_says_nothing() {
        for page in [
            "",
            "<h1>Sorry</h1>",
            "<ol><li>n-1 http://item.shop.test/i/1</li></ol>",
        ] {
            assert_eq!(read(page, "n-1", TARGET), None, "{page}");
        }
        let empty = r#"<ol class="messages"></ol>"#;
        assert!(read(empty, "n-1", TARGET).is_some_and(|shown| !shown.message));
    }

    #[test]
    fn a_message_that_never_arrived_is_removed() {
        let shown = read(&room("x"), "n-2", TARGET).expect("a room");
        assert!(!shown.message);
        assert_eq!(shown.form, "removed");
    }
}
