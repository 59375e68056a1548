//! What became of a link: from the facts of an opening to a class.
//!
//! First where the visitor ended (`place`), then, if that is not the
//! destination, what the page in between is (`between`). How a page is built
//! counts before what it says. What the signals do not carry is `Unknown`: a
//! false accusation is worse than none.

mod between;
mod place;
mod way_on;

use url::Url;

use crate::class::{Class, Classification, Confidence, Opening, Signal, SignalKind, UserStep};
use crate::facts::Facts;
use crate::text::{collapsed, decode_text};
use crate::visit::Hop;

/// Characters of a signal's datum.
const DATUM: usize = 240;
/// Characters of a stated reason.
const REASON: usize = 300;

/// Says what became of a link that was opened, and what that rests on.
///
/// ```
/// use moongate_page::{classify, Class, Hop, HowReached, Opening, Timings, Visit};
/// let target = url::Url::parse("https://shop.example/item")?;
/// let page = br#"<h1>You are leaving</h1><a href="https://shop.example/item">Continue</a>"#;
/// let visit = Visit {
///     asked: "https://chat.example/jump?id=1".into(),
///     hops: vec![Hop {
///         url: "https://chat.example/jump?id=1".into(),
///         address: None,
///         how: HowReached::Asked,
///         timings: Timings::default(),
///         status: Some(200),
///         headers: vec![],
///         body: None,
///     }],
///     failure: None,
///     handover_us: None,
///     total_us: 0,
/// };
/// let opening = Opening {
///     visit: &visit,
///     last_body: Some(page),
///     target: &target,
///     direct: None,
///     platform_sites: &[],
/// };
/// assert_eq!(classify(&opening).class, Class::LeavePage { warned: false });
/// # Ok::<(), url::ParseError>(())
/// ```
pub fn classify(opening: &Opening<'_>) -> Classification {
    let mut draft = Draft::default();
    let read = Read::of(opening);
    let class = place::class(opening, &read, &mut draft)
        .unwrap_or_else(|| between::class(opening, &read, &mut draft));
    draft.finish(class)
}

/// The last response of an opening, read.
struct Read<'a> {
    hop: Option<&'a Hop>,
    here: Option<Url>,
    html: String,
    facts: Facts,
    status: u16,
}

impl<'a> Read<'a> {
    fn of(opening: &Opening<'a>) -> Self {
        Self::landing(opening.visit.hops.last(), opening.last_body, opening.target)
    }

    fn landing(hop: Option<&'a Hop>, body: Option<&[u8]>, target: &Url) -> Self {
        let here = hop.and_then(|hop| Url::parse(&hop.url).ok());
        let headers = hop.map_or(&[][..], |hop| &hop.headers);
        let html = body.map_or_else(String::new, |body| decode_text(headers, body).0);
        let facts = match &here {
            Some(here) => Facts::of(&html, here, target),
            None => Facts::default(),
        };
        Self {
            hop,
            here,
            html,
            facts,
            status: hop.and_then(|hop| hop.status).unwrap_or_default(),
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        let headers = self.hop.map_or(&[][..], |hop| &hop.headers);
        let found = headers
            .iter()
            .find(|(found, _)| found.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// A classification in the making.
#[derive(Default)]
struct Draft {
    signals: Vec<Signal>,
    reason: Option<String>,
    steps: Vec<UserStep>,
    continue_to: Option<String>,
    handed_over: bool,
    confidence: Option<Confidence>,
}

impl Draft {
    fn signal(&mut self, kind: SignalKind, code: &str, what: impl AsRef<str>) {
        let known = self
            .signals
            .iter()
            .any(|signal| signal.code == code && signal.kind == kind);
        if known && self.signals.len() > 24 {
            return;
        }
        self.signals.push(Signal {
            code: code.to_owned(),
            what: cut(&collapsed(what.as_ref()), DATUM),
            kind,
        });
    }

    fn structure(&mut self, code: &str, what: impl AsRef<str>) {
        self.signal(SignalKind::Structural, code, what);
    }

    fn status(&mut self, code: &str, what: impl AsRef<str>) {
        self.signal(SignalKind::Status, code, what);
    }

    fn says(&mut self, code: &str, what: impl AsRef<str>) {
        self.signal(SignalKind::Sentence, code, what);
    }

    fn sure(&mut self, confidence: Confidence) {
        self.confidence = Some(confidence);
    }

    fn finish(mut self, class: Class) -> Classification {
        if self.steps.is_empty() {
            self.steps = steps(class);
        }
        Classification {
            class,
            signals: self.signals,
            stated_reason: self.reason.map(|reason| cut(&collapsed(&reason), REASON)),
            user_must: self.steps,
            continue_to: self.continue_to,
            handed_over: self.handed_over,
            confidence: self.confidence.unwrap_or(Confidence::Low),
        }
    }
}

fn steps(class: Class) -> Vec<UserStep> {
    match class {
        Class::LeavePage { .. } => vec![UserStep::ClickContinue],
        Class::TimedHop { after_s } => vec![UserStep::Wait { seconds: after_s }],
        Class::CopyPage => vec![UserStep::CopyAddress, UserStep::OpenBrowser],
        Class::HardBlock | Class::OtherPage => vec![UserStep::Cannot],
        Class::LoginWall => vec![UserStep::LogIn],
        Class::BotWall => vec![UserStep::SolveCaptcha],
        _ => Vec::new(),
    }
}

/// The first characters of a text.
fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

#[cfg(test)]
mod tests;
