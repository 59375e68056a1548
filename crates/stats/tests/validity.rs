//! Seeded simulations: errors stay within their bound when somebody looks after every
//! block, in worlds that break careless methods; and real differences are found with as
//! few measurements as promised.

#![expect(clippy::unwrap_used, reason = "a test's helpers may panic")]

use moongate_stats::LogE;
use moongate_stats::absolute::Share;
use moongate_stats::block::{BlockCounts, BlockShape};
use moongate_stats::certificate::Parity;
use moongate_stats::many::accuse;
use moongate_stats::ordinal::Ordinal;
use moongate_stats::{bernoulli, interval};

mod common;

use common::allocation::{Rule, Size, search};
use common::dice::Dice;
use common::throttling::{Delays, SLOWED, TABLE};
use common::validity::{METHODS, alarms, most_alarms};
use common::worlds::WORLDS;

const CONTROLS: usize = 4;
const SLOTS: usize = CONTROLS + 1;
const ALPHA: f64 = 0.05;

/// Four standard deviations of the count above its bound.
fn allowed(runs: usize) -> f64 {
    let n = runs as f64;
    n * ALPHA + 4.0 * (n * ALPHA * (1.0 - ALPHA)).sqrt()
}

#[test]
fn nobody_is_accused_too_often_in_any_null_world() {
    let runs = 150;
    for (world, method) in WORLDS.iter().flat_map(|w| METHODS.map(|m| (w, m))) {
        let mut dice = Dice::new(20_210_917);
        let alarms = alarms(method, world, ALPHA, runs, &mut dice);
        assert!(
            alarms <= most_alarms(ALPHA, runs),
            "{}, {}: {alarms} alarms in {runs} runs",
            method.name(),
            world.name
        );
    }
}

#[test]
fn offenders_are_found_sooner_where_they_are_looked_for() {
    let size = Size {
        cells: 100,
        offenders: 4,
        to_find: 3,
        alpha: 0.01,
        blocks_a_tick: 4,
    };
    let (mut round, mut thompson) = (0, 0);
    for seed in 0..3 {
        let by = |rule: Rule| {
            let search = search(size, rule, &mut Dice::new(seed));
            assert_eq!(
                (search.found, search.wrong),
                (3, 0),
                "{rule:?}, seed {seed}"
            );
            search.blocks
        };
        round += by(Rule::RoundRobin);
        thompson += by(Rule::Thompson);
    }
    println!("{thompson} blocks by Thompson's rule, {round} going round");
    assert!(3 * thompson <= round, "{thompson} against {round}");
}

#[test]
fn measured_throttling_is_found_and_nobody_else() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let Some(delays) = Delays::read(&root) else {
        eprintln!("SKIPPED measured_throttling_is_found_and_nobody_else: {TABLE} is absent");
        return;
    };
    let mut dice = Dice::new(2023);
    for (alpha, most) in [(0.01, 11.0), (2e-5, 21.0)] {
        for domain in SLOWED {
            let runs = 100;
            let requests = (0..runs).filter_map(|_| delays.requests(domain, alpha, 60, &mut dice));
            let mean = f64::from(requests.sum::<u32>()) / f64::from(runs);
            assert!(mean > 5.0 && mean <= most, "{domain} at {alpha}: {mean}");
        }
    }
    let accused = delays
        .innocent()
        .filter(|domain| delays.requests(domain, 0.001, 60, &mut dice).is_some());
    assert_eq!(accused.count(), 0);
}

#[test]
fn severity_scales_with_inconclusive_slots_alarm_no_more_often() {
    let runs = 500;
    let mut dice = Dice::new(7);
    let alarms = (0..runs).filter(|_| {
        let mut evidence = Ordinal::new(6);
        (0..30).any(|block| {
            let bad_hour = dice.yes(0.2);
            let mut levels: [Option<u8>; SLOTS] = std::array::from_fn(|slot| {
                let rate_limited = dice.yes(if slot > 2 { 0.4 } else { 0.05 });
                let ceiling = if bad_hour { 6 } else { 1 + (block + slot) % 3 };
                (!rate_limited).then(|| dice.below(ceiling) as u8)
            });
            let place = dice.below(SLOTS);
            levels.swap(0, place);
            evidence.add_block(levels[0], &levels[1..]);
            accuse(evidence.log_e(), ALPHA, 1)
        })
    });
    let alarms = alarms.count() as f64;
    assert!(alarms <= allowed(runs), "{alarms} alarms in {runs} runs");
}

#[test]
fn certificates_are_wrong_no_more_often_than_promised() {
    let runs = 400;
    let margin = 0.1;
    let mut dice = Dice::new(11);
    let (mut parity_wrong, mut share_wrong, mut margin_wrong) = (0.0, 0.0, 0.0);
    let certified = |log_e: LogE| accuse(log_e, ALPHA, 1);
    for _ in 0..runs {
        let (mut parity, mut share) = (Parity::default(), Share::default());
        let (mut p, mut s, mut m) = (false, false, false);
        for _ in 0..60 {
            // The rival really is worse by the margin.
            let failures = (0..CONTROLS).filter(|_| dice.yes(0.02)).count() as u32;
            parity.add_block(dice.yes(0.02 + margin), failures, CONTROLS as u32);
            share.add(f64::from(u8::from(dice.yes(margin))));
            p |= certified(parity.log_e_not_worse_by(margin));
            s |= certified(share.log_e_below(margin));
        }
        m |= parity
            .smallest_margin(-ALPHA.ln())
            .is_some_and(|found| found < margin);
        parity_wrong += f64::from(u8::from(p));
        share_wrong += f64::from(u8::from(s));
        margin_wrong += f64::from(u8::from(m));
    }
    for wrong in [parity_wrong, share_wrong, margin_wrong] {
        assert!(
            wrong <= allowed(runs),
            "{wrong} wrong certificates in {runs} runs"
        );
    }
}

#[test]
fn intervals_hold_at_all_times_together() {
    let runs = 200;
    let mut dice = Dice::new(13);
    let mut missed = [0.0; 4];
    for _ in 0..runs {
        let (mut parity, mut share) = (Parity::default(), Share::default());
        let (mut yes, mut differences) = (0, Vec::new());
        let mut miss = [false; 4];
        for seen in 1..=40_u64 {
            let failures = (0..CONTROLS).filter(|_| dice.yes(0.1)).count() as u32;
            parity.add_block(dice.yes(0.4), failures, CONTROLS as u32);
            let x = dice.unit();
            share.add(x * x);
            yes += u64::from(dice.yes(0.3));
            differences.push(2.5 + (dice.unit() - 0.5) * dice.unit());
            let outside = |i: moongate_stats::Interval, truth: f64| truth < i.low || truth > i.high;
            miss[0] |= outside(parity.interval(ALPHA), 0.3);
            miss[1] |= share.interval(ALPHA).is_some_and(|i| outside(i, 1.0 / 3.0));
            miss[2] |= bernoulli::interval(yes, seen - yes, ALPHA).is_some_and(|i| outside(i, 0.3));
            miss[3] |= interval::median(&differences, ALPHA).is_some_and(|i| outside(i, 2.5));
        }
        for (total, miss) in missed.iter_mut().zip(miss) {
            *total += f64::from(u8::from(miss));
        }
    }
    assert!(
        missed.iter().all(|m| *m <= allowed(runs)),
        "{missed:?} missed in {runs} runs"
    );
}

/// Mean number of measurements to a finding at error `alpha`, the controls' cost shared
/// among 20 rivals.
fn mean_measurements(rival_fails: f64, alpha: f64, runs: usize, seed: u64) -> f64 {
    let mut dice = Dice::new(seed);
    let mut blocks = 0;
    for _ in 0..runs {
        let mut counts = BlockCounts::default();
        while !accuse(counts.log_e(), alpha, 1) {
            let failures = (0..CONTROLS).filter(|_| dice.yes(0.02)).count() as u32;
            let rival_failed = dice.yes(rival_fails);
            let failures = failures + u32::from(rival_failed);
            counts.add(BlockShape::new(CONTROLS as u32, failures, rival_failed).unwrap());
            blocks += 1;
        }
    }
    f64::from(blocks) / runs as f64 * (1.0 + CONTROLS as f64 / 20.0)
}

#[test]
fn differences_are_found_with_as_few_measurements_as_promised() {
    let promised = [
        (0.01, 1.0, 5.0),
        (0.01, 0.5, 11.0),
        (0.01, 0.2, 39.0),
        (2e-5, 1.0, 10.0),
        (2e-5, 0.5, 23.0),
        (2e-5, 0.2, 83.0),
    ];
    for (alpha, rival_fails, most) in promised {
        let runs = if rival_fails < 0.3 { 150 } else { 300 };
        let mean = mean_measurements(rival_fails, alpha, runs, 17);
        println!("alpha {alpha}, rival fails {rival_fails}: {mean:.1} measurements of {most}");
        assert!(
            mean <= most,
            "alpha {alpha}, rival fails {rival_fails}: {mean} against {most}"
        );
    }
}

#[test]
fn four_slowed_blocks_are_enough() {
    // A rival that always lands in a worse bin than every one of many controls.
    let mut evidence = Ordinal::new(5);
    let mut needed = 0;
    while !accuse(evidence.log_e(), 0.01, 63) {
        evidence.add_block(Some(3), &[Some(0); 58]);
        needed += 1;
    }
    assert!(needed <= 4, "{needed} rows");
}
