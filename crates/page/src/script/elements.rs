//! The elements of a page as its scripts find them: by id, class or name.
//!
//! Countdown pages keep their seconds in an element and their target in a
//! link; what a script reads there must be known to follow it.

use std::collections::{BTreeMap, HashMap};

use crate::html::{Piece, pieces, unescape};
use crate::text::is_void;

/// Elements that are kept.
const KEPT: usize = 2000;
/// Bytes of text of one element.
const TEXT: usize = 300;
/// Elements whose text is being collected at one time.
const OPEN: usize = 12;

/// One element.
#[derive(Debug, Clone)]
pub(crate) struct Element {
    pub(super) attributes: BTreeMap<String, String>,
    /// None once a script has written something unknown into it.
    pub(super) text: Option<String>,
}

/// The elements of a page.
#[derive(Debug, Clone, Default)]
pub(crate) struct Elements {
    pub(super) all: Vec<Element>,
    by_key: HashMap<String, usize>,
}

impl Elements {
    /// Reads them from a page.
    pub(crate) fn of(html: &str) -> Self {
        let mut elements = Self::default();
        let mut open: Vec<(usize, String)> = Vec::new();
        for piece in pieces(html) {
            match piece {
                Piece::Open(tag) if elements.all.len() < KEPT => {
                    let attributes: BTreeMap<String, String> = tag
                        .attributes()
                        .take(40)
                        .map(|(name, value)| (name.into_owned(), value.into_owned()))
                        .collect();
                    let at = elements.all.len();
                    elements.index(at, &tag.name, &attributes);
                    elements.all.push(Element {
                        attributes,
                        text: Some(String::new()),
                    });
                    if !is_void(&tag.name) && open.len() < OPEN {
                        open.push((at, tag.name.into_owned()));
                    }
                }
                Piece::Close(name) => {
                    if let Some(at) = open.iter().rposition(|(_, open)| *open == name) {
                        open.truncate(at);
                    }
                }
                Piece::Text(text) => elements.text(&open, text),
                _ => {}
            }
        }
        elements
    }

    fn index(&mut self, at: usize, tag: &str, attributes: &BTreeMap<String, String>) {
        let mut keys = vec![tag.to_owned()];
        keys.extend(attributes.get("id").map(|id| format!("#{id}")));
        let classes = attributes.get("class").map_or("", String::as_str);
        keys.extend(
            classes
                .split_whitespace()
                .take(8)
                .map(|class| format!(".{class}")),
        );
        for key in keys {
            self.by_key.entry(key).or_insert(at);
        }
    }

    fn text(&mut self, open: &[(usize, String)], text: &str) {
        if text.trim().is_empty() {
            return;
        }
        let text = unescape(text);
        for (at, _) in open {
            if let Some(Some(held)) = self.all.get_mut(*at).map(|element| element.text.as_mut())
                && held.len() + text.len() <= TEXT
            {
                held.push_str(&text);
            }
        }
    }

    /// The first element a simple selector names: `#id`, `a#id`, `.class`,
    /// `div .class`, `a`.
    pub(super) fn select(&self, selector: &str) -> Option<usize> {
        let last = selector.split_whitespace().next_back()?;
        let at = last.rfind('#').or_else(|| last.rfind('.')).unwrap_or(0);
        let key = last.get(at..)?;
        let end = key
            .char_indices()
            .find(|(at, c)| *at > 0 && matches!(c, ':' | '[' | '>'))
            .map_or(key.len(), |(at, _)| at);
        self.by_key.get(key.get(..end)?).copied()
    }
}
