//! The cases of `cases/`, each played and held against what it expects. What
//! stands in a case and is not understood fails the test.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test"
)]

mod common;

use std::path::Path;

use common::{check, root};
use moongate_glossary::{Decision, Finding, Tally};
use moongate_town::{Form, TownPlan};

/// One row of what is expected.
struct Expected {
    clause: String,
    seen: String,
    found: String,
}

/// A case as written.
struct Case {
    world: TownPlan,
    trials: u32,
    expected: Vec<Expected>,
}

fn read(text: &str) -> Case {
    let mut case = Case {
        world: TownPlan::single("opens").unwrap(),
        trials: 0,
        expected: vec![],
    };
    let mut part = "";
    for line in text.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            part = heading;
        } else if part == "The world" && !line.is_empty() {
            case = with_line(case, line);
        } else if part == "What is expected" && line.starts_with("| `") {
            case.expected.push(row(line));
        }
    }
    assert!(case.trials > 0, "no trials");
    assert!(!case.expected.is_empty(), "nothing is expected");
    case
}

/// One line of the world: who, and how.
fn with_line(case: Case, line: &str) -> Case {
    let said = line
        .strip_prefix("- ")
        .and_then(|line| line.split_once(": `"));
    let (who, how) = said.unwrap_or_else(|| panic!("{line}"));
    let how = how.strip_suffix('`').unwrap_or_else(|| panic!("{line}"));
    let Case {
        world,
        mut trials,
        expected,
    } = case;
    let shown = |form: Form, behaviour: &str| {
        let world = world.clone();
        world.with_cell("platform", "one-to-one", "rival-item", behaviour, form)
    };
    let world = match who {
        "the rival's link" => shown(Form::Card, how),
        "every link" => world.with_policy(how),
        "the chat" => world.with_chat(how),
        "the rival's server" => world.with_destination("rival-item", how),
        "the rival's link is shown as" => shown(
            Form::of_word(how).unwrap_or_else(|| panic!("{line}")),
            "opens",
        ),
        "trials" => {
            trials = how.parse().expect(line);
            Ok(world)
        }
        _ => panic!("nobody is called that: {line}"),
    };
    Case {
        world: world.expect(line),
        trials,
        expected,
    }
}

/// One row of what is expected: clause, what is seen, what is found.
fn row(line: &str) -> Expected {
    let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
    let [clause, seen, found] = cells[..] else {
        panic!("{line}");
    };
    assert!(["Broken", "Kept", "Open"].contains(&found), "{line}");
    Expected {
        clause: clause.trim_matches('`').to_owned(),
        seen: seen.to_owned(),
        found: found.to_owned(),
    }
}

/// How the openings of the rival's link read, in the words of the cases.
fn seen(tally: &Tally) -> String {
    let mut all: Vec<String> = Vec::new();
    all.extend((tally.met > 0).then(|| "met".to_owned()));
    all.extend(tally.not_met.keys().cloned());
    all.extend(
        tally
            .inconclusive
            .keys()
            .map(|code| format!("inconclusive: {code}")),
    );
    all.extend(
        tally
            .not_applicable
            .keys()
            .map(|reason| format!("does not apply: {reason}")),
    );
    all.join(", ")
}

fn word(decision: Decision) -> &'static str {
    match decision {
        Decision::Broken => "Broken",
        Decision::Kept => "Kept",
        Decision::Open => "Open",
    }
}

/// Where a case and the world part.
fn differences(case: &Case, findings: &[Finding]) -> Vec<String> {
    let mut wrong = Vec::new();
    for expected in &case.expected {
        let Expected {
            clause,
            seen: right,
            found,
        } = expected;
        let finding = findings
            .iter()
            .find(|finding| finding.cell.clause == *clause);
        let Some(finding) = finding else {
            wrong.push(format!("the order has no clause {clause}"));
            continue;
        };
        let made = (seen(&finding.rival), word(finding.decision));
        if (made.0.as_str(), made.1) != (right.as_str(), found.as_str()) {
            wrong.push(format!(
                "{clause}: {} and {}, not {right} and {found}",
                made.0, made.1
            ));
        }
    }
    let listed = |finding: &Finding| {
        case.expected
            .iter()
            .any(|it| it.clause == finding.cell.clause)
    };
    for finding in findings
        .iter()
        .filter(|it| it.decision == Decision::Broken && !listed(it))
    {
        wrong.push(format!(
            "{} is Broken, and the case does not say so",
            finding.cell.clause
        ));
    }
    wrong
}

fn play(path: &Path) -> Vec<String> {
    let case = read(&std::fs::read_to_string(path).expect("a case"));
    let checked = check(case.world.clone(), case.trials);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    differences(&case, &checked.sit().findings)
        .into_iter()
        .map(|difference| format!("{name}: {difference}"))
        .collect()
}

#[test]
fn every_case_is_found_as_it_expects() {
    let mut paths: Vec<_> = std::fs::read_dir(root().join("cases"))
        .expect("the cases")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .filter(|path| !path.ends_with("README.md"))
        .collect();
    paths.sort();
    assert!(paths.len() >= 12, "{paths:?}");
    let wrong: Vec<String> = paths.iter().flat_map(|path| play(path)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_case_that_expects_something_else_fails() {
    let text = "## The world\n\n- the rival's link: `blank`\n- trials: `1`\n\n## What is expected\n\n\
                | `same-form` | met | Open |\n";
    let case = read(text);
    let checked = check(case.world.clone(), case.trials);
    let wrong = differences(&case, &checked.sit().findings);
    assert_eq!(wrong, ["same-form: blocked and Open, not met and Open"]);
}
