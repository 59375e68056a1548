//! Figures that others measured: The Markup's hourly table of X's shortener,
//! imported and judged. Read from beside the repository; skipped by name
//! where it is not there.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test"
)]

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::{findings, moongate, root, run};
use moongate_glossary::{Decision, EffectUnit, Finding, Ground};

const SLOWED: [&str; 4] = ["bsky.app", "facebook.com", "instagram.com", "substack.com"];

/// The table of that name, or nothing, said aloud.
fn data(name: &str) -> Option<PathBuf> {
    let path = root().join("../shared/data").join(name);
    if path.exists() {
        return Some(path);
    }
    println!("SKIPPED: {name} is not at ../shared/data");
    None
}

fn import(case: &Path, tables: &[(&str, &Path)]) -> Command {
    let mut command = moongate();
    command
        .arg("import")
        .arg(root().join("orders/x-2023-link-delay.toml"));
    command.arg("--case").arg(case);
    for (mapping, table) in tables {
        command
            .arg(root().join("mappings").join(mapping))
            .arg(table);
    }
    command
}

fn broken(findings: &[Finding]) -> Vec<&str> {
    let broken = findings
        .iter()
        .filter(|finding| finding.decision == Decision::Broken);
    broken
        .map(|finding| finding.cell.destination.as_str())
        .collect()
}

#[test]
fn exactly_the_four_slowed_destinations_are_broken() {
    let (Some(x), Some(neutral)) = (data("x-tco-2023.csv"), data("x-bitly-2023.csv")) else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let case = folder.path().join("case");
    let tables = [
        ("hourly-wide.toml", x.as_path()),
        ("hourly-neutral.toml", neutral.as_path()),
    ];
    run(&mut import(&case, &tables)).well();
    let all = findings(&case);
    assert_eq!(all.len(), 63);
    assert_eq!(broken(&all), SLOWED);
    for finding in &all {
        assert_eq!((finding.cells, finding.alpha), (63, 0.01));
        assert_eq!(finding.cell.clause, "no-delay");
        assert_eq!(finding.ground, Ground::ExchangeableWithinHour);
        let slowed = SLOWED.contains(&finding.cell.destination.as_str());
        assert_eq!(
            finding.neutral_amount.is_some(),
            slowed,
            "{}",
            finding.cell.destination
        );
    }
    for finding in all
        .iter()
        .filter(|finding| finding.decision == Decision::Broken)
    {
        let effect = finding.effect.expect("an effect");
        assert_eq!(effect.unit, EffectUnit::Milliseconds);
        assert!((effect.point - 2500.0).abs() < 50.0, "{effect:?}");
        let span = effect.interval.expect("an interval");
        assert!(span.low > 2400.0 && span.high < 2600.0, "{span:?}");
        assert!(finding.broken_after.expect("an hour") <= 4, "{finding:?}");
        let neutral_ms = finding.neutral_amount.expect("a neutral figure");
        assert!((10.0..45.0).contains(&neutral_ms), "{neutral_ms}");
    }
    the_assumption_is_named(&case);
}

/// In both languages, and nowhere do figures of others read as randomised.
fn the_assumption_is_named(case: &Path) {
    run(moongate().arg("report").arg("--case").arg(case)).well();
    let page = "cell/imported~x~feed~bsky.app~hand-over~no-delay.html";
    for (language, below, assumed, ours) in [
        (
            "en",
            "report",
            "Assumed, not randomised",
            "Randomised by Moongate",
        ),
        ("zh", "report/zh", "未经随机化", "由 Moongate 随机"),
    ] {
        let html = std::fs::read_to_string(case.join(below).join(page)).expect("the page");
        assert!(html.contains(assumed), "{language}: {page}");
        assert!(!html.contains(ours), "{language}: {page}");
        let judged = run(moongate()
            .args(["judge", "--lang", language, "--case"])
            .arg(case))
        .well();
        let said = if language == "zh" {
            "可互换"
        } else {
            "exchangeable"
        };
        assert!(judged.out.contains(said), "{}", judged.out);
    }
}

#[test]
fn pretended_rivals_are_not_accused() {
    let Some(x) = data("x-tco-2023.csv") else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let table = folder.path().join("without-the-four.csv");
    let text = std::fs::read_to_string(x).expect("the table");
    std::fs::write(&table, without(&text, &SLOWED)).expect("a table");
    let case = folder.path().join("case");
    run(&mut import(&case, &[("hourly-wide.toml", &table)])).well();
    let all = findings(&case);
    assert_eq!(all.len(), 59);
    assert_eq!(broken(&all), [""; 0]);
}

/// The table without some of its columns.
fn without(text: &str, columns: &[&str]) -> String {
    let head: Vec<&str> = text.lines().next().expect("a header").split(',').collect();
    let kept = |line: &str| {
        let cells = line.split(',').zip(&head);
        let kept = cells
            .filter(|(_, column)| !columns.contains(column))
            .map(|(cell, _)| cell);
        kept.collect::<Vec<_>>().join(",")
    };
    text.lines().map(|line| kept(line) + "\n").collect()
}
