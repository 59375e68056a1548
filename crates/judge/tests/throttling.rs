//! The judge on real throttling: a shortener that held back links to four
//! domains (The Markup, September 2023).
//!
//! Reads `../shared/data/x-tco-2023.csv` beside the repository; says that it
//! was skipped where the file is absent.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use moongate_glossary::{Cell, Decision, Finding, Ground, Outcome, Reading};
use moongate_judge::{ArmReading, Bounds, JudgedCell, Method, ReadCell, Trial, judge};

const SLOWED: [&str; 4] = ["bsky.app", "facebook.com", "instagram.com", "substack.com"];

struct Table {
    domains: Vec<String>,
    rows: Vec<Vec<f64>>,
}

fn table() -> Option<Table> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/data/x-tco-2023.csv"
    );
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("skipped: {path} is absent");
        return None;
    };
    let mut lines = text.lines();
    let domains = lines
        .next()?
        .split(',')
        .skip(1)
        .map(str::to_owned)
        .collect();
    let number = |field: &str| field.parse::<f64>().expect("a figure");
    let rows = lines
        .map(|line| line.split(',').skip(1).map(number).collect())
        .collect();
    Some(Table { domains, rows })
}

fn reading(amount: f64) -> ArmReading {
    ArmReading::of(Reading {
        outcome: Outcome::Met,
        severities: vec![],
        amount: Some(amount),
    })
}

/// Each of `columns` against all others of them.
fn cells(table: &Table, columns: &[usize]) -> Vec<ReadCell> {
    let trials = |rival: usize| {
        let trial = |(hour, row): (u32, &Vec<f64>)| Trial {
            id: format!("{hour:03}"),
            at_ms: 3_600_000 * i64::from(hour),
            rival: reading(row[rival]),
            controls: columns
                .iter()
                .filter(|other| **other != rival)
                .map(|other| reading(row[*other]))
                .collect(),
        };
        (0..).zip(&table.rows).map(trial).collect()
    };
    columns
        .iter()
        .map(|rival| ReadCell {
            judged: JudgedCell {
                cell: Cell {
                    obligation: "parity".into(),
                    clause: "no-delay".into(),
                    platform: "x".into(),
                    scene: "post".into(),
                    destination: table.domains[*rival].clone(),
                    round: "imported".into(),
                },
                subject: "x".into(),
                clause_kind: "no-delay".into(),
                method: Method::Delay {
                    material_ms: 250.0,
                    margin: 0.2,
                },
                ground: Ground::ExchangeableWithinHour,
            },
            trials: trials(*rival),
        })
        .collect()
}

fn findings(table: &Table, columns: &[usize]) -> Vec<Finding> {
    judge(
        &cells(table, columns),
        Bounds {
            alpha: 0.01,
            cells: columns.len() as u64,
        },
    )
    .0
}

#[test]
fn exactly_the_four_slowed_domains_are_accused_within_four_hours() {
    let Some(table) = table() else { return };
    let columns: Vec<usize> = (0..table.domains.len()).collect();
    assert_eq!(columns.len(), 63);
    for finding in findings(&table, &columns) {
        let slowed = SLOWED.contains(&finding.cell.destination.as_str());
        assert_eq!(finding.decision == Decision::Broken, slowed, "{finding:?}");
        if slowed {
            assert!(
                finding.broken_after.is_some_and(|hours| hours <= 4),
                "{finding:?}"
            );
            let effect = finding.effect.expect("an effect");
            assert!((effect.point - 2506.0).abs() < 10.0, "{effect:?}");
            let interval = effect.interval.expect("an interval");
            assert!(
                interval.low > 2450.0 && interval.high < 2560.0,
                "{interval:?}"
            );
        } else {
            assert_eq!(finding.decision, Decision::Kept, "{finding:?}");
        }
    }
}

#[test]
fn no_unslowed_domain_is_accused_as_a_pretended_rival() {
    let Some(table) = table() else { return };
    let columns: Vec<usize> = (0..table.domains.len())
        .filter(|column| !SLOWED.contains(&table.domains[*column].as_str()))
        .collect();
    assert_eq!(columns.len(), 59);
    for finding in findings(&table, &columns) {
        assert_ne!(finding.decision, Decision::Broken, "{finding:?}");
        let peak = finding.path_broken.iter().copied().fold(f64::MIN, f64::max);
        // Not even one cell on its own, without the bound over all of them.
        assert!(
            peak < f64::ln(100.0),
            "{}: {peak}",
            finding.cell.destination
        );
    }
}
