//! `hostile-html(nested | script | bidi | title)`: pages written against
//! whoever reads them by program.

use bytes::Bytes;

use super::{Answer, Arc, Arguments, Ask, Behaviour, SharedBehaviour, SpecError};
use crate::answer::Content;
use crate::html;

/// How many elements stand inside each other.
const NESTED: u64 = 1_000_000;

#[derive(Debug)]
struct HostileHtml {
    kind: &'static str,
}

pub(super) fn build(arguments: &Arguments<'_>) -> Result<SharedBehaviour, SpecError> {
    arguments.at_most(1)?;
    let kind = arguments.word(0, &["nested", "script", "bidi", "title"])?;
    Ok(Arc::new(HostileHtml { kind }))
}

/// Ends every element and attribute a report might put it in.
const SCRIPT: &str = "<h1>'\"><img src=x onerror=\"document.title='taken'\">\
    <svg onload=\"document.title='taken'\"></svg></h1>\n\
    <script>document.title = 'taken'; fetch('http://town.test/taken')</script>\n\
    </textarea></title></style></script></iframe><script>document.title='taken'</script>\n\
    <!--[if IE]><p>--><p>]]>&lt;![CDATA[</p><iframe srcdoc=\"<script>top.document.title='taken'</script>\"></iframe>\n\
    <a href=\"javascript:document.title='taken'\">继续访问</a>\n\
    <base href=\"http://town.test/\"><form action=\"http://town.test/taken\"><button>继续</button></form>";

/// Characters that turn the line around, join, or are not seen.
const BIDI: &str = "<h1>\u{202e}tset.kcolb\u{202c} \u{2066}\u{2067}\u{2069}\u{200b}\u{200d}\u{feff}</h1>\n\
    <p>\u{202e}\u{202e}\u{202e}已\u{0300}\u{0301}\u{0302}终\u{200f}止\u{0000}\u{001b}[2J\u{001b}]0;taken\u{0007}</p>\
    <p>&#x202e;&#0;&#xd800;&#x110000;&unknown;</p>";

impl Behaviour for HostileHtml {
    fn answer(&self, ask: &Ask<'_>) -> Answer {
        match self.kind {
            "script" => html::answer(ask.notice, "</title><script>x</script>", "", SCRIPT),
            "bidi" => html::answer(ask.notice, "\u{202e}egap a\u{202c}", "", BIDI),
            "title" => {
                let page = html::page(ask.notice, "@", "", "<p>A long title.</p>");
                let title = "<b onclick=x>&amp;\u{202e}标题</b>".repeat(20_000);
                Answer::html(200, page.replacen('@', &title, 1))
            }
            _ => nested(ask),
        }
    }
}

fn nested(ask: &Ask<'_>) -> Answer {
    let page = html::page(ask.notice, "A million elements deep", "", "");
    let head = page.split("</body>").next().unwrap_or_default().to_owned();
    // A thousand at a time: the page is never held as a whole.
    Answer::respond(
        200,
        vec![("content-type", "text/html; charset=utf-8".to_owned())],
        Content::Repeat {
            head: Bytes::from(head),
            chunk: Bytes::from("<div>".repeat(1_000)),
            times: NESTED / 1_000,
        },
    )
}
