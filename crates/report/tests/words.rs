//! Both languages say the same things, and everything the code says.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a helper of a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};

const EN: &str = include_str!("../locales/en/report.ftl");
const ZH: &str = include_str!("../locales/zh-Hans/report.ftl");

/// Message ids with the variables they use.
fn messages(source: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut messages: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut current = String::new();
    for line in source.lines() {
        if line.starts_with('#') || line.trim().is_empty() {
            continue;
        }
        if !line.starts_with(' ') {
            let (id, _) = line
                .split_once(" =")
                .unwrap_or_else(|| panic!("not a message: {line}"));
            assert!(!messages.contains_key(id), "{id} stands twice");
            id.clone_into(&mut current);
            messages.insert(current.clone(), BTreeSet::new());
        }
        for piece in line.split('$').skip(1) {
            let name: String = piece
                .chars()
                .take_while(|c| c.is_ascii_lowercase() || *c == '-')
                .collect();
            messages.get_mut(&current).unwrap().insert(name);
        }
    }
    messages
}

#[test]
fn both_files_are_free_of_mistakes() {
    for source in [EN, ZH] {
        let parsed = fluent_bundle::FluentResource::try_new(source.to_owned());
        assert!(
            parsed.is_ok(),
            "{:?}",
            parsed.err().map(|(_, errors)| errors)
        );
    }
}

#[test]
fn both_languages_have_the_same_messages_with_the_same_variables() {
    let (en, zh) = (messages(EN), messages(ZH));
    let ids = |of: &BTreeMap<String, BTreeSet<String>>| of.keys().cloned().collect::<Vec<_>>();
    assert_eq!(ids(&en), ids(&zh));
    for (id, variables) in &en {
        assert_eq!(variables, &zh[id], "{id}");
    }
    assert!(en.len() > 200);
}

#[test]
fn chinese_is_chinese() {
    for line in ZH.lines().filter(|line| line.contains(" = ")) {
        let (id, says) = line.split_once(" = ").unwrap();
        let letters = says.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        let exempt = [
            "handling-not-measured-short",
            "mark-none",
            "colon",
            "list-separator",
            "cell-title",
        ];
        assert!(letters || exempt.contains(&id), "{line}");
    }
}

/// The ids that the code names, with `{…}` where a word is put in.
fn ids_in_code() -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for source in sources(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        for call in ["say(", ".with(", "lookup("] {
            for (at, _) in source.match_indices(call) {
                let rest = source[at + call.len()..].trim_start();
                let rest = rest.strip_prefix("&format!(").unwrap_or(rest);
                if let Some(literal) = rest.strip_prefix('"') {
                    let id = literal.split('"').next().unwrap_or_default();
                    if id.starts_with(|c: char| c.is_ascii_lowercase()) {
                        ids.insert(id.to_owned());
                    }
                }
            }
        }
    }
    ids
}

fn sources(folder: &std::path::Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(std::fs::read_to_string(path).unwrap());
        }
    }
    found
}

#[test]
fn every_id_used_in_code_exists() {
    let known = messages(EN);
    let used = ids_in_code();
    assert!(used.len() > 100, "{}", used.len());
    for id in used {
        match id.split_once('{') {
            // The words that are put in are enumerations; the pages of the
            // sample, rendered in `site.rs`, show that each has a sentence.
            Some((head, _)) => assert!(known.keys().any(|k| k.starts_with(head)), "{id}"),
            None => assert!(known.contains_key(&id), "`{id}` has no sentence"),
        }
    }
}

#[test]
fn every_word_of_an_enumeration_has_its_sentences() {
    use moongate_report::{Form, Handling};
    let known = messages(EN);
    for handling in Handling::ALL {
        for id in [
            format!("handling-{}", handling.word()),
            format!("handling-{}-short", handling.word()),
        ] {
            assert!(known.contains_key(&id), "{id}");
        }
    }
    for form in Form::ALL {
        assert!(known.contains_key(&format!("form-{}", form.word())));
    }
    for side in moongate_glossary::Side::ALL {
        assert!(known.contains_key(&format!("side-{}", side.word())));
    }
    for word in ["broken", "kept", "open", "none"] {
        assert!(
            known.contains_key(&format!("decision-{word}"))
                && known.contains_key(&format!("mark-{word}"))
        );
    }
    for ground in ["randomised", "exchangeable", "tolerance"] {
        for head in [
            "found-broken",
            "found-kept",
            "sure-broken",
            "sure-kept",
            "ground",
        ] {
            assert!(known.contains_key(&format!("{head}-{ground}")));
        }
    }
}
