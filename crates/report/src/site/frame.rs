//! What stands around every page: head, banner, navigation, foot.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{Site, icon};
use crate::explain::decision_word;
use crate::format;
use crate::language::text;
use moongate_glossary::Decision;

/// The style of every page.
const STYLE: &str = include_str!("style.css");

/// Nothing may be loaded, run, framed or sent; style stands in the page.
const POLICY: &str = "default-src 'none'; style-src 'self' 'unsafe-inline'; \
                      img-src 'self' data:; base-uri 'none'; form-action 'none'";

/// A page before its frame.
pub(super) struct Page {
    /// Inside the folder of the language.
    pub(super) path: String,
    pub(super) title: String,
    pub(super) body: Markup,
    /// Whether the body uses the symbols of the ladder.
    pub(super) icons: bool,
}

impl Page {
    /// The way from this page to the folder of its language.
    fn up(&self) -> String {
        "../".repeat(self.path.matches('/').count())
    }
}

impl Site<'_> {
    /// The page with its frame, as text that steers nothing.
    pub(super) fn page(&self, page: &Page) -> String {
        let markup = html! {
            (DOCTYPE)
            html lang=(self.language().tag()) {
                (head(page))
                body {
                    a.skip href="#content" { (self.words.say("skip-to-content")) }
                    @if page.icons { (icon::sprite()) }
                    (self.top(page))
                    (self.banner())
                    main #content tabindex="-1" { (page.body) }
                    (self.foot(page))
                }
            }
        };
        format::inert(&markup.into_string())
    }

    /// The way from the page to the root of the site.
    pub(super) fn root(&self, path: &str) -> String {
        let deep = path.matches('/').count() + self.folder(self.language()).matches('/').count();
        "../".repeat(deep)
    }

    fn top(&self, page: &Page) -> Markup {
        let up = page.up();
        let links = [
            ("index.html", "index.html", "nav-overview"),
            ("method.html", "method.html", "nav-method"),
            ("", "index.html#tables", "nav-tables"),
        ];
        html! {
            header.top {
                div.wide {
                    a.brand href=(format!("{up}index.html")) { (icon::moongate()) span { "Moongate" } }
                    nav aria-label=(self.words.say("nav-label")) {
                        @for (path, href, id) in links {
                            a href=(format!("{up}{href}")) aria-current=[(path == page.path).then_some("page")] { (self.words.say(id)) }
                        }
                    }
                    (self.language_switch(page))
                }
            }
        }
    }

    fn language_switch(&self, page: &Page) -> Markup {
        let root = self.root(&page.path);
        html! {
            @if self.languages.len() > 1 {
                nav.languages aria-label=(self.words.say("language-label")) {
                    @for &language in self.languages {
                        a href=(format!("{root}{}{}", self.folder(language), page.path))
                            lang=(language.tag()) hreflang=(language.tag())
                            aria-current=[(language == self.language()).then_some("true")] { (language.own_name()) }
                    }
                }
            }
        }
    }

    fn banner(&self) -> Markup {
        html! {
            @if self.input().replay {
                div.banner role="note" {
                    div.wide {
                        strong { (self.words.say("replay-title")) }
                        " "
                        (self.words.say("replay-banner"))
                    }
                }
            }
        }
    }

    fn foot(&self, page: &Page) -> Markup {
        let input = self.input();
        let as_of = self.zone.instant(input.as_of_ms, self.language());
        html! {
            footer {
                div.wide {
                    @if input.replay { p { strong { (self.words.say("replay-title")) } " " (self.words.say("replay-banner")) } }
                    p { (self.words.say(&format!("status-{}-sentence", input.status.word()))) }
                    p {
                        (self.words.with("foot-made", &[("at", text(as_of)), ("judge", text(input.judge_version.as_str()))]))
                        " "
                        a href=(format!("{}method.html", page.up())) { (self.words.say("foot-method")) }
                    }
                    p { (self.words.say("foot-persons")) }
                }
            }
        }
    }

    /// A decision as a word with its mark.
    pub(super) fn badge(&self, decision: Option<Decision>) -> Markup {
        let word = decision_word(decision);
        html! {
            span class=(format!("badge {word}")) {
                span.letter aria-hidden="true" { (self.words.say(&format!("mark-{word}"))) }
                (self.words.say(&format!("decision-{word}")))
            }
        }
    }

    /// What is known of the wording of the order.
    pub(super) fn status_chip(&self) -> Markup {
        let word = self.input().status.word();
        html! { span class=(format!("chip status-{word}")) { (self.words.say(&format!("status-{word}"))) } }
    }
}

fn head(page: &Page) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta http-equiv="Content-Security-Policy" content=(POLICY);
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            meta name="referrer" content="no-referrer";
            meta name="robots" content="noindex";
            title { (page.title) " · Moongate" }
            link rel="icon" href="data:,";
            style { (PreEscaped(STYLE)) }
        }
    }
}
