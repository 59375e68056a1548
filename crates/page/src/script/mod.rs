//! Redirects in scripts, of the forms simple enough to follow without a
//! browser.
//!
//! A small interpreter of straight-line scripts: strings, variables, timers,
//! functions that are really called. What it cannot know (a visitor's click,
//! the browser's make, an unknown condition) it does not assume: a redirect
//! behind it is no hand-over. Its steps are counted and capped.

mod elements;
mod host;
mod lex;
mod run;
mod value;
mod value_calls;

pub(crate) use elements::Elements;
pub(crate) use run::{Effect, Page};

/// The string literals of a script, at most `cap` tokens read.
pub(crate) fn literals(source: &str, cap: usize) -> Vec<String> {
    let unit = lex::Unit::new(source, cap);
    let texts = unit.tokens.into_iter().filter_map(|token| match token {
        lex::Token::Text(text) => Some(text),
        _ => None,
    });
    texts.collect()
}

/// The `key: "text"` pairs of an object literal, whatever they are nested in.
pub(crate) fn pairs(source: &str, cap: usize) -> Vec<(String, String)> {
    let tokens = lex::Unit::new(source, cap).tokens;
    let triples = tokens.windows(3).filter_map(|window| match window {
        [
            lex::Token::Name(key) | lex::Token::Text(key),
            lex::Token::Mark(":"),
            lex::Token::Text(value),
        ] => Some((key.clone(), value.clone())),
        _ => None,
    });
    triples.collect()
}
