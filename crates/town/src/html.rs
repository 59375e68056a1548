//! HTML as the town writes it: escaping, and the frame of a page with the
//! line that says what the page is.
//!
//! Not a template engine.

use std::fmt::{Arguments, Write as _};

use crate::answer::Answer;

/// What the visible line on every page says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// The town replays dated press reports.
    Replay,
    /// The town is invented, for rehearsals.
    Invented,
}

impl Notice {
    /// The line in English.
    pub fn en(self) -> &'static str {
        match self {
            Self::Replay => {
                "This is a replay of press reports on a fake server. It measures no company."
            }
            Self::Invented => "This is an invented world on a fake server. It measures no company.",
        }
    }

    /// The line in Simplified Chinese.
    pub fn zh(self) -> &'static str {
        match self {
            Self::Replay => "本页在虚构的服务器上重演新闻报道，不是对任何公司的测量。",
            Self::Invented => "本页是虚构服务器上的虚构世界，不是对任何公司的测量。",
        }
    }

    /// The line as an element, in both languages.
    pub fn element(self) -> String {
        format!(
            "<p class=\"notice\" role=\"note\">{} <span lang=\"zh-Hans\">{}</span></p>",
            self.en(),
            self.zh()
        )
    }
}

/// Adds formatted text to a string.
pub(crate) fn push(text: &mut String, more: Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = text.write_fmt(more);
}

/// Text made safe between tags and inside double-quoted attributes.
///
/// ```
/// assert_eq!(moongate_town::html::escape("<a b=\"c\">"), "&lt;a b=&quot;c&quot;&gt;");
/// ```
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(c),
        }
    }
    safe
}

/// Text as a string literal of a script, quotes included, that cannot end the
/// script element.
pub fn script_string(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push('"');
    for c in text.chars() {
        match c {
            '"' => literal.push_str("\\\""),
            '\\' => literal.push_str("\\\\"),
            '<' | '>' | '\u{2028}' | '\u{2029}' => {
                push(&mut literal, format_args!("\\u{:04x}", c as u32));
            }
            c if c.is_control() => push(&mut literal, format_args!("\\u{:04x}", c as u32)),
            c => literal.push(c),
        }
    }
    literal.push('"');
    literal
}

/// A whole page. `head` and `body` are HTML, `title` is text.
pub fn page(notice: Notice, title: &str, head: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"zh-Hans\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{}</title>\n{head}\
         </head>\n<body>\n{}\n{body}\n</body>\n</html>\n",
        escape(title),
        notice.element()
    )
}

/// A whole page as an answer with status 200.
pub fn answer(notice: Notice, title: &str, head: &str, body: &str) -> Answer {
    Answer::html(200, page(notice, title, head, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_cannot_leave_its_element() {
        let page = page(Notice::Replay, "</title><script>x()</script>", "", "");
        assert!(!page.contains("<script>"));
    }

    #[test]
    fn a_script_string_cannot_end_its_script() {
        assert_eq!(
            script_string("</script>\"\\\n"),
            "\"\\u003c/script\\u003e\\\"\\\\\\u000a\""
        );
    }
}
