//! What the judge may and may not hold, on readings made by hand.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use moongate_glossary::{
    Cell, Decision, Finding, Ground, GroupFinding, Level, Outcome, Reading, Side,
};
use moongate_judge::arithmetic::arithmetic;
use moongate_judge::{
    ArmReading, Bounds, Judge, JudgedCell, Ladder, Method, ReadCell, Trial, judge,
};
use proptest::prelude::*;

fn level(severity: u8) -> ArmReading {
    let outcome = if severity == 0 {
        Outcome::Met
    } else {
        Outcome::NotMet {
            reason: "worse".into(),
        }
    };
    ArmReading::of(Reading {
        outcome,
        severities: vec![severity],
        amount: None,
    })
}

fn late(amount_ms: f64) -> ArmReading {
    ArmReading::of(Reading {
        outcome: Outcome::Met,
        severities: vec![],
        amount: Some(amount_ms),
    })
}

fn failed(side: Side) -> ArmReading {
    ArmReading::of(Reading::inconclusive(side, "failed"))
}

fn cell(destination: &str) -> Cell {
    Cell {
        obligation: "o".into(),
        clause: "c".into(),
        platform: "p".into(),
        scene: "s".into(),
        destination: destination.into(),
        round: "r".into(),
    }
}

fn trials(count: usize, rival: &ArmReading, control: &ArmReading) -> Vec<Trial> {
    (0..count)
        .map(|n| Trial {
            id: format!("{n:04}"),
            at_ms: 0,
            rival: rival.clone(),
            controls: vec![control.clone(); 4],
        })
        .collect()
}

fn judged(cell: Cell, method: Method) -> JudgedCell {
    JudgedCell {
        cell,
        subject: "company".into(),
        clause_kind: "k".into(),
        method,
        ground: Ground::Randomised,
    }
}

fn read(method: Method, trials: Vec<Trial>) -> ReadCell {
    ReadCell {
        judged: judged(cell("d"), method),
        trials,
    }
}

fn parity() -> Method {
    Method::Parity {
        ladders: vec![Ladder { levels: 6 }],
        margin: 0.2,
    }
}

fn absolute() -> Method {
    Method::Absolute {
        tolerance: 0.05,
        margin: 0.2,
    }
}

fn delay() -> Method {
    Method::Delay {
        material_ms: 250.0,
        margin: 0.2,
    }
}

fn one(method: Method, trials: Vec<Trial>) -> Finding {
    judge(
        &[read(method, trials)],
        Bounds {
            alpha: 0.01,
            cells: 1,
        },
    )
    .0
    .remove(0)
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table")]
fn decisions_by_what_was_seen() {
    let open = level(0);
    let blocked = level(4);
    let wall = failed(Side::Carrier);
    let mut down = level(4);
    down.direct_failed = Some("target/down".into());
    let table = [
        (
            "a blocked rival",
            parity(),
            trials(12, &blocked, &open),
            Decision::Broken,
        ),
        (
            "blocks its own as well",
            parity(),
            trials(60, &blocked, &blocked),
            Decision::Kept,
        ),
        (
            "the same, absolutely",
            absolute(),
            trials(12, &blocked, &blocked),
            Decision::Broken,
        ),
        ("opens", parity(), trials(60, &open, &open), Decision::Kept),
        (
            "opens, absolutely",
            absolute(),
            trials(60, &open, &open),
            Decision::Kept,
        ),
        (
            "too few",
            parity(),
            trials(3, &blocked, &open),
            Decision::Open,
        ),
        (
            "a bot wall for the rival",
            parity(),
            trials(200, &wall, &open),
            Decision::Open,
        ),
        (
            "a bot wall for all",
            absolute(),
            trials(200, &wall, &wall),
            Decision::Open,
        ),
        (
            "a destination that is down",
            parity(),
            trials(200, &down, &open),
            Decision::Open,
        ),
        (
            "our own outage",
            parity(),
            trials(200, &failed(Side::Ours), &open),
            Decision::Open,
        ),
        ("nothing at all", parity(), vec![], Decision::Open),
        (
            "late",
            delay(),
            trials(12, &late(2540.0), &late(31.0)),
            Decision::Broken,
        ),
        (
            "slow for everyone",
            delay(),
            trials(60, &late(2540.0), &late(2539.0)),
            Decision::Kept,
        ),
        (
            "not materially late",
            delay(),
            trials(60, &late(200.0), &late(31.0)),
            Decision::Kept,
        ),
        (
            "no amounts",
            delay(),
            trials(60, &level(0), &level(0)),
            Decision::Open,
        ),
        (
            "not a number",
            delay(),
            trials(60, &late(f64::NAN), &late(31.0)),
            Decision::Open,
        ),
    ];
    for (name, method, trials, expected) in table {
        let finding = one(method, trials);
        assert_eq!(finding.decision, expected, "{name}: {finding:?}");
    }
}

#[test]
fn the_effect_of_a_delay_is_in_milliseconds() {
    let effect = one(delay(), trials(30, &late(2540.0), &late(31.0)))
        .effect
        .unwrap();
    assert!((effect.point - 2509.0).abs() < 1e-9);
}

#[test]
fn cells_never_reached_raise_the_bar() {
    let blocked = read(parity(), trials(5, &level(4), &level(0)));
    let alone = judge(
        std::slice::from_ref(&blocked),
        Bounds {
            alpha: 0.01,
            cells: 1,
        },
    );
    let among = judge(
        &[blocked],
        Bounds {
            alpha: 0.01,
            cells: 100_000,
        },
    );
    assert_eq!(alone.0[0].decision, Decision::Broken);
    assert_eq!(among.0[0].decision, Decision::Open);
}

#[test]
fn senseless_bounds_decide_nothing() {
    for alpha in [f64::NAN, 0.0, -1.0, 1.0, f64::INFINITY] {
        let finding = judge(
            &[read(parity(), trials(50, &level(4), &level(0)))],
            Bounds { alpha, cells: 1 },
        );
        assert_eq!(finding.0[0].decision, Decision::Open, "{alpha}");
        for group in finding.1 {
            assert_eq!(group.decision, Decision::Open, "{alpha}");
        }
    }
}

#[test]
fn a_platform_that_withholds_itself_is_not_certified() {
    let mut mixed = trials(30, &level(0), &level(0));
    mixed.extend(trials(15, &failed(Side::Carrier), &level(0)));
    assert_eq!(one(parity(), in_a_row(&[&mixed])).decision, Decision::Open);
}

fn any_arm() -> impl Strategy<Value = ArmReading> {
    prop_oneof![
        (0_u8..6).prop_map(level),
        Just(failed(Side::Path)),
        Just(failed(Side::Carrier)),
        (0_u8..6).prop_map(|severity| ArmReading {
            direct_failed: Some("target/down".into()),
            ..level(severity)
        }),
    ]
}

prop_compose! {
    fn any_trials()(arms in prop::collection::vec((any_arm(), prop::collection::vec(any_arm(), 0..5)), 0..30))
        -> Vec<Trial> {
        arms.into_iter().enumerate()
            .map(|(n, (rival, controls))| Trial { id: format!("{n:03}"), at_ms: 0, rival, controls })
            .collect()
    }
}

/// One after the other, with ids that sort so.
fn in_a_row(parts: &[&[Trial]]) -> Vec<Trial> {
    let numbered = |(n, trial): (usize, Trial)| Trial {
        id: format!("{n:05}"),
        ..trial
    };
    parts
        .concat()
        .into_iter()
        .enumerate()
        .map(numbered)
        .collect()
}

/// Spread over days, some of which have no trial.
fn over_days(trials: &[Trial]) -> Vec<Trial> {
    let moved = |(n, trial): (i64, &Trial)| Trial {
        at_ms: n * n / 7 * DAY_MS,
        ..trial.clone()
    };
    (0..).zip(trials).map(moved).collect()
}

proptest! {
    #[test]
    fn the_order_of_controls_never_matters(trials in any_trials()) {
        let turned: Vec<Trial> = trials.iter().cloned()
            .map(|mut trial| { trial.controls.reverse(); trial })
            .collect();
        for method in [parity(), absolute()] {
            prop_assert_eq!(one(method.clone(), trials.clone()), one(method, turned.clone()));
        }
    }

    #[test]
    fn more_evidence_never_un_accuses(trials in any_trials(), more in any_trials()) {
        let blocked = self::trials(10, &level(4), &level(0));
        let before = in_a_row(&[&blocked, &trials]);
        let after = in_a_row(&[&blocked, &trials, &more]);
        prop_assert_eq!(one(parity(), before).decision, Decision::Broken);
        prop_assert_eq!(one(parity(), after).decision, Decision::Broken);
    }

    #[test]
    fn looking_in_between_changes_nothing(trials in any_trials()) {
        for method in [parity(), absolute(), delay()] {
            let bounds = Bounds { alpha: 0.01, cells: 3 };
            let trials = over_days(&trials);
            let mut watched = Judge::new(vec![judged(cell("d"), method.clone())], bounds);
            for trial in &trials {
                watched.add(&[(0, trial)]);
                let _ = (watched.findings(), watched.groups());
            }
            let at_once = judge(&[read(method, trials.clone())], bounds);
            prop_assert_eq!((watched.findings(), watched.groups()), at_once);
        }
    }

    #[test]
    fn the_arithmetic_comes_to_what_the_finding_says(trials in any_trials()) {
        let bounds = Bounds { alpha: 0.01, cells: 5 };
        let near = |a: f64, b: f64| (a - b).abs() < 1e-9 * (1.0 + a.abs());
        for method in [parity(), absolute()] {
            let cell = read(method, over_days(&trials));
            let finding = judge(std::slice::from_ref(&cell), bounds).0.remove(0);
            let laid_out = arithmetic(&cell, bounds);
            let (broken, kept) = (laid_out.log_e_broken(), laid_out.kept.log_e);
            prop_assert!(near(broken, finding.log_e_broken), "{broken} {finding:?}");
            prop_assert!(near(kept, finding.log_e_kept), "{kept} {finding:?}");
            prop_assert!(near(laid_out.log_needed, finding.log_threshold_broken));
        }
    }

    #[test]
    fn new_names_for_cells_change_nothing(sets in prop::collection::vec(any_trials(), 1..4)) {
        let cells = |name: &dyn Fn(usize) -> String| -> Vec<ReadCell> {
            sets.iter().enumerate().map(|(n, trials)| ReadCell {
                judged: judged(cell(&name(n)), parity()),
                trials: trials.clone(),
            }).collect()
        };
        let bounds = Bounds { alpha: 0.01, cells: 3 };
        let (plain, groups) = judge(&cells(&|n| format!("a{n}")), bounds);
        let (renamed, again) = judge(&cells(&|n| format!("z{}", 9 - n)), bounds);
        for (mut one, other) in plain.into_iter().zip(renamed) {
            one.cell = other.cell.clone();
            prop_assert_eq!(one, other);
        }
        prop_assert_eq!(groups, again);
    }

    #[test]
    fn only_the_order_of_severities_matters(trials in any_trials()) {
        // 0 1 2 3 4 5 become 0 1 3 6 10 15 on a scale long enough.
        let long = Method::Parity { ladders: vec![Ladder { levels: 16 }], margin: 0.2 };
        let stretch = |arm: &ArmReading| {
            let mut arm = arm.clone();
            for level in &mut arm.reading.severities {
                *level = *level * (*level + 1) / 2;
            }
            arm
        };
        let stretched: Vec<Trial> = trials.iter().map(|trial| Trial {
            rival: stretch(&trial.rival),
            controls: trial.controls.iter().map(stretch).collect(),
            ..trial.clone()
        }).collect();
        let (plain, scaled) = (one(long.clone(), trials), one(long, stretched));
        let sign = |finding: &Finding| finding.effect.map(|effect| effect.point.total_cmp(&0.0));
        prop_assert_eq!(sign(&plain), sign(&scaled));
        prop_assert_eq!(plain.effect, scaled.effect);
    }

    #[test]
    fn amounts_of_any_kind_are_answered(amounts in prop::collection::vec(any::<f64>(), 0..40)) {
        let trials: Vec<Trial> = amounts.chunks(4).enumerate().map(|(n, chunk)| Trial {
            id: format!("{n:03}"),
            at_ms: 0,
            rival: late(chunk[0]),
            controls: chunk[1..].iter().map(|amount| late(*amount)).collect(),
        }).collect();
        let finding = one(delay(), trials);
        prop_assert!(finding.log_e_broken.is_finite() && finding.log_e_kept.is_finite());
    }
}

fn several(destinations: usize, each: &[Trial]) -> Vec<ReadCell> {
    (0..destinations)
        .map(|n| ReadCell {
            judged: judged(cell(&format!("d{n}")), parity()),
            trials: each.to_vec(),
        })
        .collect()
}

fn at(groups: &[GroupFinding], level: Level) -> &GroupFinding {
    let found = groups.iter().find(|it| it.group.level == level);
    found.expect("a group of that level")
}

#[test]
fn a_group_may_be_broken_before_any_of_its_cells() {
    let bounds = Bounds {
        alpha: 0.01,
        cells: 12,
    };
    // One trial too few for a single cell.
    let single = (1..12)
        .find(|n| {
            let few = trials(*n, &level(4), &level(0));
            one_of(bounds, &few).decision == Decision::Broken
        })
        .expect("some number of trials suffices");
    let few = trials(single - 1, &level(4), &level(0));
    let (findings, groups) = judge(&several(12, &few), bounds);
    assert!(findings.iter().all(|it| it.decision == Decision::Open));
    for wanted in Level::ALL {
        let group = at(&groups, wanted);
        assert_eq!(group.decision, Decision::Broken, "{group:?}");
        assert!(group.broken_at_least >= 1 && group.broken_at_least < 12);
        assert!(group.broken_after < Some(single as u64));
    }
}

fn one_of(bounds: Bounds, trials: &[Trial]) -> Finding {
    let cell = read(parity(), trials.to_vec());
    judge(&[cell], bounds).0.remove(0)
}

#[test]
fn a_group_is_kept_only_where_every_cell_is() {
    let bounds = Bounds {
        alpha: 0.01,
        cells: 3,
    };
    let mut cells = several(2, &trials(60, &level(0), &level(0)));
    let kept = judge(&cells, bounds).1;
    assert_eq!(at(&kept, Level::Subject).decision, Decision::Kept);
    assert_eq!(at(&kept, Level::Subject).broken_at_least, 0);
    cells.push(ReadCell {
        judged: judged(cell("unreached"), parity()),
        trials: vec![],
    });
    let open = judge(&cells, bounds).1;
    assert_eq!(at(&open, Level::Subject).decision, Decision::Open);
}

const DAY_MS: i64 = 86_400_000;

/// Four trials a day, the rival blocked on some days only.
fn by_day(days: u32, blocked: impl Fn(u32) -> bool) -> Vec<Trial> {
    let trial = |n: u32| {
        let day = n / 4;
        Trial {
            id: format!("{n:05}"),
            at_ms: i64::from(day) * DAY_MS + i64::from(n % 4) * 3_600_000,
            rival: level(if blocked(day) { 4 } else { 0 }),
            controls: vec![level(0); 4],
        }
    };
    (0..days * 4).map(trial).collect()
}

#[test]
fn a_block_that_begins_on_the_fortieth_day_is_found_and_dated() {
    let finding = one(parity(), by_day(80, |day| day >= 39));
    assert_eq!(finding.decision, Decision::Broken);
    let after = finding.broken_after.expect("some trial");
    assert!(after > 39 * 4 && after <= 43 * 4, "{after}");
    let began = finding.began.expect("a day");
    assert_eq!(began.day_ms, 39 * DAY_MS);
    assert!(began.from_ms <= began.day_ms && began.day_ms <= began.to_ms);
    assert!(finding.stopped.is_none());
}

#[test]
fn a_block_that_stops_again_is_found_to_have_stopped() {
    let finding = one(parity(), by_day(90, |day| (10..40).contains(&day)));
    assert_eq!(finding.decision, Decision::Broken);
    let stopped = finding.stopped.expect("a day");
    assert!((stopped.day_ms / DAY_MS - 40).abs() <= 1, "{stopped:?}");
    let still = one(parity(), by_day(90, |day| day >= 10));
    assert!(still.stopped.is_none());
}

#[test]
fn one_day_of_measuring_has_no_change_in_it() {
    let finding = one(parity(), trials(30, &level(4), &level(0)));
    assert_eq!(finding.decision, Decision::Broken);
    assert!(finding.began.is_none() && finding.stopped.is_none());
}
