//! An order as in force on a date, and deadlines at their instants.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

mod common;

use common::{golden, vocabulary};
use jiff::civil::{Date, date};
use moongate_order::{Due, Order, Parameter, read};
use proptest::prelude::*;

const AMENDMENTS: &str = r#"
[[amendment]]
id = "later-groups"
date = 2021-11-01
obligation = "links"
change = "due"
stage = "second"
due = 2021-12-01
sources = ["press"]

[[amendment]]
id = "parity"
date = 2021-10-01
obligation = "links"
change = "clause-added"
sources = ["press"]

[amendment.add]
id = "same-form"
kind = "same-form"
text = { en = "The same form." }
sources = ["press"]

[[amendment]]
id = "reworded"
date = 2021-10-15
obligation = "links"
change = "text"
clause = "same-form"
text = { en = "The same form for all." }
sources = ["press"]

[[amendment]]
id = "withdrawn"
date = 2022-01-01
obligation = "links"
change = "clause-withdrawn"
clause = "no-copying"
sources = ["press"]

[[amendment]]
id = "whole"
date = 2022-01-01
obligation = "links"
change = "due"
due = 2022-02-01T12:00:00+08:00
sources = ["press"]
"#;

fn amended() -> Order {
    let text = std::fs::read_to_string(golden("sound.toml")).unwrap() + AMENDMENTS;
    read("f.toml", &text, &vocabulary()).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

fn clauses(order: &Order) -> Vec<(&str, &str)> {
    let links = order.obligation("links").unwrap();
    links
        .clauses
        .iter()
        .map(|clause| (clause.id.as_str(), clause.text.en.as_str()))
        .collect()
}

#[test]
fn clauses_come_change_and_go_on_their_days() {
    let order = amended();
    let on = |year, month, day| order.in_force_on(date(year, month, day));
    let copying = ("no-copying", "No copying.");
    assert_eq!(clauses(&on(2021, 9, 30)), [copying]);
    assert_eq!(
        clauses(&on(2021, 10, 1)),
        [copying, ("same-form", "The same form.")]
    );
    let reworded = ("same-form", "The same form for all.");
    assert_eq!(clauses(&on(2021, 10, 15)), [copying, reworded]);
    assert_eq!(clauses(&on(2022, 1, 1)), [reworded]);
    // What the kind knows is filled in for an added clause as for any other.
    let added = on(2021, 10, 1);
    let added = added
        .obligation("links")
        .unwrap()
        .clause("same-form")
        .unwrap();
    assert_eq!(
        added.parameters.get("margin"),
        Some(&Parameter::Number(0.2))
    );
}

#[test]
fn due_dates_move_on_their_days() {
    let order = amended();
    let due = |on: Date, scene: &str| {
        let order = order.in_force_on(on);
        order.due_in_scene(order.obligation("links").unwrap(), scene)
    };
    let group = |day| due(day, "group");
    assert_eq!(group(date(2021, 10, 31)), Due::Date(date(2021, 11, 17)));
    assert_eq!(group(date(2021, 11, 1)), Due::Date(date(2021, 12, 1)));
    assert_eq!(
        due(date(2021, 11, 1), "one-to-one"),
        Due::Date(date(2021, 9, 17))
    );
    assert_eq!(
        due(date(2021, 11, 1), "elsewhere"),
        Due::Date(date(2021, 12, 17))
    );
    let whole = due(date(2022, 1, 1), "elsewhere");
    assert_eq!(order.deadline(whole).to_string(), "2022-02-01T04:00:00Z");
}

#[test]
fn a_date_ends_with_its_last_moment_there() {
    let order = amended();
    let end = order.deadline(Due::Date(date(2021, 9, 17)));
    assert_eq!(end.to_string(), "2021-09-17T16:00:00Z");
    assert_eq!(order.deadline(Due::Date(Date::MAX)), jiff::Timestamp::MAX);
}

proptest! {
    /// Looking twice is looking once, at the later day.
    #[test]
    fn amendments_are_applied_once(first in 0i64..200, second in 0i64..200) {
        let order = amended();
        let day = |days: i64| date(2021, 9, 9).checked_add(jiff::Span::new().days(days)).unwrap();
        let twice = order.in_force_on(day(first)).in_force_on(day(second));
        prop_assert_eq!(twice, order.in_force_on(day(first.max(second))));
    }
}
