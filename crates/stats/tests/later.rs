//! Seeded simulations of what begins later, of what has stopped, and of groups.

mod common;

use common::dice::Dice;
use common::later::{ask_for_onset, days_until_found, watch_groups, wrongly_stopped};
use common::validity::most_alarms;

const ALPHA: f64 = 0.1;

#[test]
fn a_watch_finds_what_begins_on_day_forty_sooner_than_a_product_does() {
    let mut dice = Dice::new(40);
    let (mut watch, mut product) = (0, 0);
    for _ in 0..20 {
        let days = days_until_found(40, 0.3, 0.001, &mut dice);
        watch += days[0];
        product += days[1];
    }
    println!("{watch} days by the watch, {product} by the product");
    assert!(watch < 20 * 15 && watch < product, "{watch}, {product}");
}

#[test]
fn the_day_it_began_is_missed_no_more_often_than_promised() {
    let runs = 120;
    let mut dice = Dice::new(17);
    let (mut missed, mut reported, mut off, mut width) = (0, 0, 0, 0);
    for run in 0..runs {
        let begins = 5 + run % 20;
        let asked = ask_for_onset(begins, 40, 0.32, (ALPHA, 0.3), &mut dice);
        missed += u64::from(asked.missed);
        reported += u32::from(asked.reported);
        off += asked.off;
        width += asked.width;
    }
    println!("{missed} of {runs} missed, {reported} reported, {off} days off, {width} days wide");
    assert!(missed <= most_alarms(ALPHA, u64::from(runs)), "{missed}");
    assert!(reported > runs * 9 / 10, "{reported}");
    assert!(off < 4 * runs, "{off} days off in {runs} runs");
    assert!(width < 25 * runs, "{width} days wide in {runs} runs");
}

#[test]
fn without_any_beginning_none_is_reported() {
    let runs = 100;
    let mut dice = Dice::new(3);
    let reported = (0..runs)
        .filter(|_| ask_for_onset(1000, 40, 0.02, (ALPHA, 0.3), &mut dice).reported)
        .count() as u64;
    assert!(reported <= most_alarms(ALPHA / 2.0, runs), "{reported}");
}

#[test]
fn what_goes_on_is_not_said_to_have_stopped() {
    let runs = 200;
    let mut dice = Dice::new(5);
    let wrong = (0..runs).filter(|_| wrongly_stopped(0.2, 30, ALPHA, &mut dice));
    let wrong = wrong.count() as u64;
    assert!(wrong <= most_alarms(ALPHA, runs), "{wrong}");
}

#[test]
fn a_group_stands_before_its_leaves_and_the_innocent_do_not() {
    let runs = 40;
    let mut dice = Dice::new(9);
    let (mut node, mut leaf, mut wrong) = (0, 0, 0);
    for _ in 0..runs {
        let seen = watch_groups((3, 8), 0.5, ALPHA, 40, &mut dice);
        assert!(seen.node > 0 && seen.leaf > 0, "{seen:?}");
        assert!(
            seen.node <= seen.leaf,
            "a leaf that stands has its group stand: {seen:?}"
        );
        node += seen.node;
        leaf += seen.leaf;
        wrong += u64::from(seen.wrong);
    }
    println!("{node} rounds to the group, {leaf} to the first leaf, {wrong} of {runs} wrong");
    assert!(node < leaf);
    assert!(wrong <= most_alarms(ALPHA, runs), "{wrong}");
}
