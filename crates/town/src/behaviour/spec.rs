//! Reading a behaviour's specification: `name(argument, argument)`, nested at
//! most [`DEEPEST`] levels.

use thiserror::Error;

use super::{SharedBehaviour, build};

/// How deep arguments may nest: the longest sensible chain is about four.
const DEEPEST: usize = 8;

/// Why a specification is not understood.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum SpecError {
    /// The name is in no list.
    #[error("there is no behaviour named \"{found}\"; `behaviour::names()` lists them all")]
    Unknown {
        /// The name found.
        found: String,
    },
    /// The text is not `name(argument, …)`.
    #[error("\"{found}\" is not of the form name(argument, …): {why}")]
    Form {
        /// The whole text.
        found: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// An argument is missing or not what it must be.
    #[error("argument {position} of {name} is {found}; expected {expected}")]
    Argument {
        /// The behaviour.
        name: String,
        /// From 1.
        position: usize,
        /// What stands there.
        found: String,
        /// What would be understood.
        expected: String,
    },
}

/// A name with arguments, not yet understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spec {
    /// The name.
    pub(super) name: String,
    /// The arguments.
    pub(super) arguments: Vec<Spec>,
}

impl std::fmt::Display for Spec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)?;
        if self.arguments.is_empty() {
            return Ok(());
        }
        let arguments: Vec<String> = self.arguments.iter().map(ToString::to_string).collect();
        write!(f, "({})", arguments.join(", "))
    }
}

/// Reads a specification.
pub(super) fn parse(text: &str) -> Result<Spec, SpecError> {
    let fail = |why| SpecError::Form {
        found: text.chars().take(200).collect(),
        why,
    };
    let mut rest = text;
    let spec = node(&mut rest, DEEPEST).map_err(fail)?;
    if rest.trim().is_empty() {
        Ok(spec)
    } else {
        Err(fail("something follows the end"))
    }
}

/// Reads one node from the front of `rest`.
fn node(rest: &mut &str, depth: usize) -> Result<Spec, &'static str> {
    if depth == 0 {
        return Err("nested too deep");
    }
    *rest = rest.trim_start();
    let end = rest
        .find(|c: char| matches!(c, '(' | ')' | ',') || c.is_whitespace())
        .unwrap_or(rest.len());
    let (name, after) = rest.split_at(end);
    if name.is_empty() {
        return Err("a name is missing");
    }
    *rest = after.trim_start();
    let mut arguments = Vec::new();
    if let Some(inside) = rest.strip_prefix('(') {
        *rest = inside;
        loop {
            arguments.push(node(rest, depth - 1)?);
            *rest = rest.trim_start();
            if let Some(more) = rest.strip_prefix(',') {
                *rest = more;
            } else if let Some(after) = rest.strip_prefix(')') {
                *rest = after;
                break;
            } else {
                return Err("a closing bracket is missing");
            }
        }
    }
    Ok(Spec {
        name: name.to_owned(),
        arguments,
    })
}

/// The arguments of one node, read by position.
#[derive(Debug)]
pub struct Arguments<'a> {
    spec: &'a Spec,
}

impl<'a> Arguments<'a> {
    /// The arguments of a node.
    pub(super) fn new(spec: &'a Spec) -> Self {
        Self { spec }
    }

    /// Refuses more than `most` arguments.
    pub(super) fn at_most(&self, most: usize) -> Result<(), SpecError> {
        match self.spec.arguments.get(most) {
            None => Ok(()),
            Some(extra) => Err(self.wrong(most, extra.to_string(), "nothing".to_owned())),
        }
    }

    /// One of `words`; the first where none is given.
    pub(super) fn word(
        &self,
        at: usize,
        words: &[&'static str],
    ) -> Result<&'static str, SpecError> {
        let Some(given) = self.spec.arguments.get(at) else {
            return Ok(words.first().copied().unwrap_or_default());
        };
        words
            .iter()
            .copied()
            .find(|word| *word == given.name && given.arguments.is_empty())
            .ok_or_else(|| self.wrong(at, given.to_string(), words.join(" or ")))
    }

    /// A number from `low` to `high`; `default` where none is given and there
    /// is one.
    pub(super) fn number(
        &self,
        at: usize,
        (low, high): (f64, f64),
        default: Option<f64>,
    ) -> Result<f64, SpecError> {
        let expected = || format!("a number from {low} to {high}");
        match (self.spec.arguments.get(at), default) {
            (None, Some(default)) => Ok(default),
            (None, None) => Err(self.wrong(at, "missing".to_owned(), expected())),
            (Some(given), _) => given
                .name
                .parse::<f64>()
                .ok()
                .filter(|n| given.arguments.is_empty() && (low..=high).contains(n))
                .ok_or_else(|| self.wrong(at, given.to_string(), expected())),
        }
    }

    /// A behaviour; the one named `default` where none is given and there is
    /// one.
    pub(super) fn behaviour(
        &self,
        at: usize,
        default: Option<&str>,
    ) -> Result<SharedBehaviour, SpecError> {
        match (self.spec.arguments.get(at), default) {
            (Some(given), _) => build(given),
            (None, Some(default)) => super::named(default),
            (None, None) => Err(self.wrong(at, "missing".to_owned(), "a behaviour".to_owned())),
        }
    }

    /// The names from position `from` on, in lower case.
    pub(super) fn names_from(&self, from: usize) -> Vec<String> {
        self.spec
            .arguments
            .iter()
            .skip(from)
            .map(|spec| spec.name.to_ascii_lowercase())
            .collect()
    }

    fn wrong(&self, at: usize, found: String, expected: String) -> SpecError {
        SpecError::Argument {
            name: self.spec.name.clone(),
            position: at + 1,
            found,
            expected,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn mistakes_are_named() {
        let table = [
            ("", "a name is missing"),
            ("opens(", "a name is missing"),
            ("slow(5", "a closing bracket is missing"),
            ("opens) ", "something follows the end"),
            ("opens(1)", "argument 1 of opens is 1; expected nothing"),
            ("nonsense", "no behaviour named \"nonsense\""),
            ("flaky(2, blank)", "expected a number from 0 to 1"),
            ("copy-only(line)", "expected wechat or weibo or qq or plain"),
            ("own-too", "argument 1 of own-too is missing"),
        ];
        for (text, said) in table {
            let error = super::super::named(text).expect_err(text).to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
        let deep = "own-too(".repeat(1_000_000);
        assert!(parse(&deep).is_err());
    }

    #[test]
    fn every_behaviour_in_the_list_has_a_sensible_shortest_form() {
        for (name, _) in super::super::names() {
            let text = match name {
                "allow-list" | "others-only" | "own-too" => format!("{name}(blank)"),
                "every" => "every(2, blank)".to_owned(),
                "flaky" => "flaky(0.5, blank)".to_owned(),
                "outage" => "outage(0, 1000)".to_owned(),
                "slow" => "slow(5)".to_owned(),
                "timed-hop" => "timed-hop(3)".to_owned(),
                _ => name.to_owned(),
            };
            assert!(super::super::named(&text).is_ok(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[a-z0-9(), .-]{0,60}") {
            let _ = super::super::named(&text);
        }
    }
}
