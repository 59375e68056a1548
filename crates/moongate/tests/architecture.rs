//! Holds the boundaries that ARCHITECTURE.md states as absences: who may
//! depend on whom. A boundary is a line in a table here, not a good intention.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The `[dependencies]` of every crate, by folder name.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(crates()).expect("the crates folder") {
        let folder = entry.expect("an entry").path();
        let Ok(manifest) = std::fs::read_to_string(folder.join("Cargo.toml")) else {
            continue;
        };
        let section = manifest
            .split("\n[")
            .find_map(|section| section.strip_prefix("dependencies]"))
            .unwrap_or_default();
        let names = section
            .lines()
            .filter_map(|line| line.split(['.', '=', ' ']).next())
            .filter(|name| !name.is_empty() && !name.starts_with('#'))
            .map(str::to_owned)
            .collect();
        let name = folder
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        all.insert(name, names);
    }
    assert!(all.len() > 10, "the crates were not found: {all:?}");
    all
}

/// Everything a crate reaches through our own crates.
fn reach(of: &str, all: &BTreeMap<String, BTreeSet<String>>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![of.to_owned()];
    while let Some(name) = open.pop() {
        for dependency in all.get(&name).into_iter().flatten() {
            if found.insert(dependency.clone())
                && let Some(ours) = dependency.strip_prefix("moongate-")
            {
                open.push(ours.to_owned());
            }
        }
    }
    found
}

#[test]
fn boundaries_hold() {
    let all = dependencies();
    let world = [
        "tokio",
        "hyper",
        "rustls",
        "moongate-carrier",
        "moongate-case",
        "moongate-town",
    ];
    let http = ["moongate-page", "moongate-url", "moongate-carrier"];
    let law = [
        "moongate-order",
        "moongate-check",
        "moongate-check-links",
        "moongate-judge",
    ];
    let table: [(&str, &[&str], &str); 12] = [
        ("glossary", &world, "the words know no world"),
        ("order", &world, "orders are parsed without a world"),
        ("url", &world, "addresses are parsed without a world"),
        ("page", &world, "classification does no I/O"),
        ("stats", &world, "statistics do no I/O"),
        ("judge", &world, "the judge does no I/O"),
        ("report", &world, "rendering does no I/O"),
        ("import", &world, "tables are read without a world"),
        ("order", &http, "the order knows no HTTP"),
        ("judge", &http, "the judge knows no HTTP"),
        ("carrier", &law, "a carrier knows no clause and no law"),
        (
            "case",
            &law,
            "the evidence store knows no clause and no law",
        ),
    ];
    for (of, forbidden, why) in table {
        let reached = reach(of, &all);
        for dependency in forbidden {
            assert!(
                !reached.contains(*dependency),
                "`{of}` reaches `{dependency}`: {why}"
            );
        }
    }
}

#[test]
fn statistics_know_no_word_of_the_domain() {
    let reached = reach("stats", &dependencies());
    let ours: Vec<_> = reached
        .iter()
        .filter(|name| name.starts_with("moongate"))
        .collect();
    assert!(ours.is_empty(), "{ours:?}");
}

#[test]
fn only_the_list_and_the_program_name_a_check() {
    for (name, dependencies) in dependencies() {
        let names_one = dependencies
            .iter()
            .any(|it| it.starts_with("moongate-check-"));
        let may = ["checks", "moongate"].contains(&name.as_str());
        assert!(
            !names_one || may,
            "`{name}` names a check; only the list may"
        );
    }
}

#[test]
fn every_direct_dependency_says_why_it_is_there_and_there_are_at_most_sixty() {
    let root = std::fs::read_to_string(crates().join("../Cargo.toml")).expect("the root manifest");
    let section = root
        .split("[workspace.dependencies]")
        .nth(1)
        .and_then(|rest| rest.split("\n[").next())
        .expect("the dependencies");
    let foreign: Vec<&str> = section
        .lines()
        .filter(|line| {
            line.contains(" = ") && !line.starts_with('#') && !line.starts_with("moongate")
        })
        .collect();
    for line in &foreign {
        assert!(line.contains(" # "), "no reason given: {line}");
    }
    assert!(foreign.len() <= 60, "{} direct dependencies", foreign.len());
}
