//! Each stage of one small check, pinned: plan, facts, readings, findings.
//! `UPDATE_GOLDEN=1 cargo test -p moongate-check-links --test stages` renews
//! `golden/`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test"
)]

mod common;

use common::{Checked, check, root};
use moongate_judge::{ArmReading, Trial};
use moongate_town::TownPlan;
use serde::Serialize;
use serde_json::{Value, json};

/// One rival whose links must be copied, four controls that open.
fn small() -> Checked {
    check(TownPlan::single("copy-only(plain)").expect("a town"), 2)
}

#[allow(
    clippy::disallowed_methods,
    reason = "the environment says whether to renew"
)]
fn golden(name: &str, made: &impl Serialize) {
    let made = serde_json::to_string_pretty(made).expect("JSON") + "\n";
    let path = root().join("golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &made).expect("a golden file");
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    let lines = expected.lines().zip(made.lines()).enumerate();
    for (number, (right, left)) in lines {
        assert_eq!(left, right, "golden/{name}, line {}", number + 1);
    }
    assert_eq!(
        made, expected,
        "golden/{name}: if it is meant, run with UPDATE_GOLDEN=1"
    );
}

/// Without what differs from run to run: times, ports, sessions.
fn without_times(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.into_iter().filter(|(key, _)| {
                !["timings", "address", "started_at_ms", "at_ms"].contains(&key.as_str())
                    && !key.ends_with("_us")
            });
            Value::Object(
                kept.map(|(key, value)| (key, without_times(value)))
                    .collect(),
            )
        }
        Value::Array(items) => {
            let is_date = |item: &Value| item.get(0).is_some_and(|name| name == "date");
            let kept = items.into_iter().filter(|item| !is_date(item));
            Value::Array(kept.map(without_times).collect())
        }
        other => other,
    }
}

#[test]
fn the_plan() {
    golden("plan.json", &small().plan);
}

#[test]
fn the_facts() {
    let checked = small();
    let facts: Vec<Value> = checked
        .observations
        .iter()
        .flat_map(|(_, observations)| observations)
        .map(|observation| {
            let facts: Value = serde_json::from_str(&observation.facts).expect("facts");
            let evidence = observation.evidence.len();
            let mut whole = serde_json::to_value(observation).expect("an observation");
            whole["facts"] = facts;
            whole["evidence"] = json!(evidence);
            without_times(whole)
        })
        .collect();
    golden("facts.json", &facts);
}

#[test]
fn the_readings() {
    let sitting = small().sit();
    let arm = |arm: &ArmReading| json!({ "reading": arm.reading, "direct": arm.direct_failed });
    let trial = |trial: &Trial| {
        let controls: Vec<Value> = trial.controls.iter().map(arm).collect();
        json!({ "trial": trial.id, "rival": arm(&trial.rival), "controls": controls })
    };
    let readings: Vec<Value> = sitting
        .cells
        .iter()
        .map(|cell| {
            let trials: Vec<Value> = cell.trials.iter().map(trial).collect();
            without_amounts(json!({ "cell": cell.judged.cell, "trials": trials }))
        })
        .collect();
    golden("readings.json", &readings);
}

/// Whether there is an amount is pinned; how many milliseconds is not.
fn without_amounts(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let measured = |key: &str, value: Value| match (key, value) {
                ("amount", Value::Number(_)) => json!("measured"),
                (_, other) => without_amounts(other),
            };
            let fields = fields.into_iter().map(|(key, value)| {
                let value = measured(&key, value);
                (key, value)
            });
            Value::Object(fields.collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(without_amounts).collect()),
        other => other,
    }
}

#[test]
fn the_findings() {
    let checked = small();
    let sitting = checked.sit();
    let told: Vec<Value> = sitting
        .findings
        .iter()
        // Under the clause on delays the rival was never handed over.
        .map(|finding| {
            let say = |language| checked.check.explain(finding, language);
            json!({ "finding": finding, "en": say("en"), "zh": say("zh") })
        })
        .collect();
    golden("findings.json", &told);
}
