//! How Moongate decides, in plain words, and what it cannot show.

use maud::{Markup, html};

use super::Site;
use super::frame::Page;
use crate::format;
use crate::language::text;

/// A section of the page: an id, how many paragraphs, and formulas, each after
/// the paragraph with the given number.
type Section = (&'static str, usize, &'static [(usize, &'static str)]);

const SECTIONS: [Section; 9] = [
    ("trial", 2, &[]),
    ("chance", 2, &[]),
    (
        "broken",
        3,
        &[
            (
                1,
                "S = (c + 1) · ω / (f · ω + s)\nS = (c + 1) / (f · ω + s)",
            ),
            (2, "E = Σₖ wₖ · Πₜ Sₜ(ωₖ) ≥ m / α"),
        ],
    ),
    (
        "kept",
        2,
        &[(1, "K = Π (1 + λ · (δ − D)),  D = mean(controls) − rival")],
    ),
    ("open", 1, &[]),
    ("inconclusive", 2, &[]),
    ("absolute", 1, &[]),
    ("imported", 1, &[]),
    ("repeat", 2, &[]),
];

/// What cannot be shown, a message each.
const LIMITS: usize = 8;

impl Site<'_> {
    pub(super) fn method(&self) -> Page {
        let body = html! {
            div.wide.prose {
                h1 { (self.words.say("method-title")) }
                p.lead { (self.words.say("method-lead")) }
                @for (id, paragraphs, formulas) in SECTIONS {
                    (self.method_section(id, paragraphs, formulas))
                }
                section aria-labelledby="limits" {
                    h2 #limits { (self.words.say("method-limits")) }
                    ul { @for nth in 1..=LIMITS { li { (self.words.say(&format!("method-limit-{nth}"))) } } }
                }
                section aria-labelledby="reading" {
                    h2 #reading { (self.words.say("method-reading")) }
                    p { (self.words.say("method-reading-1")) }
                    ul.papers {
                        li { "B. Duan, A. Ramdas, L. Wasserman: Interactive rank testing by betting, arXiv:2009.05892." }
                        li { "P. Grünwald, A. Henzi, T. Lardy: Anytime-valid tests of conditional independence under model-X, arXiv:2209.12637." }
                        li { "J. Ville: Étude critique de la notion de collectif, 1939." }
                    }
                }
            }
        };
        Page {
            path: "method.html".to_owned(),
            title: self.words.say("method-title"),
            body,
            icons: false,
        }
    }

    fn method_section(&self, id: &str, paragraphs: usize, formulas: &[(usize, &str)]) -> Markup {
        let alpha = format::percent(self.input().alpha);
        html! {
            section aria-labelledby=(id) {
                h2 id=(id) { (self.words.say(&format!("method-{id}"))) }
                @for nth in 1..=paragraphs {
                    p { (self.words.with(&format!("method-{id}-{nth}"), &[("alpha", text(alpha.as_str()))])) }
                    @for (_, formula) in formulas.iter().filter(|(after, _)| *after == nth) {
                        p.formula lang="en" { (formula) }
                    }
                }
            }
        }
    }
}
