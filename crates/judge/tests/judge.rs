//! What the judge may and may not hold, on readings made by hand.

use moongate_glossary::{Cell, Decision, Finding, Ground, Outcome, Reading, Side};
use moongate_judge::{ArmReading, Bounds, Ladder, Method, Subject, Trial, judge};
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
            rival: rival.clone(),
            controls: vec![control.clone(); 4],
        })
        .collect()
}

fn subject(method: Method, trials: Vec<Trial>) -> Subject {
    Subject {
        cell: cell("d"),
        clause_kind: "k".into(),
        method,
        ground: Ground::Randomised,
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
        &[subject(method, trials)],
        Bounds {
            alpha: 0.01,
            cells: 1,
        },
    )
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
    let blocked = subject(parity(), trials(5, &level(4), &level(0)));
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
    assert_eq!(alone[0].decision, Decision::Broken);
    assert_eq!(among[0].decision, Decision::Open);
}

#[test]
fn senseless_bounds_decide_nothing() {
    for alpha in [f64::NAN, 0.0, -1.0, 1.0, f64::INFINITY] {
        let finding = judge(
            &[subject(parity(), trials(50, &level(4), &level(0)))],
            Bounds { alpha, cells: 1 },
        )
        .remove(0);
        assert_eq!(finding.decision, Decision::Open, "{alpha}");
    }
}

#[test]
fn a_platform_that_withholds_itself_is_not_certified() {
    let mut mixed = trials(30, &level(0), &level(0));
    mixed.extend(trials(15, &failed(Side::Carrier), &level(0)));
    assert_eq!(one(parity(), mixed).decision, Decision::Open);
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
            .map(|(n, (rival, controls))| Trial { id: format!("{n:03}"), rival, controls })
            .collect()
    }
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
        let mut blocked = (0..10).map(|n| Trial {
            id: format!("{n}"), rival: level(4), controls: vec![level(0); 4],
        }).collect::<Vec<_>>();
        blocked.extend(trials);
        let before = one(parity(), blocked.clone()).decision;
        blocked.extend(more);
        if before == Decision::Broken {
            prop_assert_eq!(one(parity(), blocked).decision, Decision::Broken);
        }
    }

    #[test]
    fn amounts_of_any_kind_are_answered(amounts in prop::collection::vec(any::<f64>(), 0..40)) {
        let trials: Vec<Trial> = amounts.chunks(4).enumerate().map(|(n, chunk)| Trial {
            id: format!("{n}"),
            rival: late(chunk[0]),
            controls: chunk[1..].iter().map(|amount| late(*amount)).collect(),
        }).collect();
        let finding = one(delay(), trials);
        prop_assert!(finding.log_e_broken.is_finite() && finding.log_e_kept.is_finite());
    }
}
