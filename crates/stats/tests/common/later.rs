//! Differences that begin on a later day, and groups in which each cell shows little.

use super::dice::Dice;
use moongate_stats::LogE;
use moongate_stats::block::{BlockCounts, BlockShape};
use moongate_stats::hierarchy::Family;
use moongate_stats::many::{CurrentE, accuse};
use moongate_stats::watch::{Day, Watch, onset, stopped};

const CONTROLS: u32 = 4;
const CONTROL_FAILS: f64 = 0.02;
pub(crate) const BLOCKS_A_DAY: u32 = 4;

/// The blocks of one day.
fn day(rival_fails: f64, dice: &mut Dice) -> BlockCounts {
    let mut counts = BlockCounts::default();
    for _ in 0..BLOCKS_A_DAY {
        counts.merge(&block(rival_fails, dice));
    }
    counts
}

fn block(rival_fails: f64, dice: &mut Dice) -> BlockCounts {
    let failures = (0..CONTROLS).filter(|_| dice.yes(CONTROL_FAILS)).count() as u32;
    let rival_failed = dice.yes(rival_fails);
    let all = failures + u32::from(rival_failed);
    BlockShape::new(CONTROLS, all, rival_failed)
        .map(|shape| {
            let mut counts = BlockCounts::default();
            counts.add(shape);
            counts
        })
        .unwrap_or_default()
}

/// Days from the beginning of a difference until a watch, and evidence that is a product
/// over all days, find it at error `alpha`.
pub(crate) fn days_until_found(
    begins: u32,
    rival_fails: f64,
    alpha: f64,
    dice: &mut Dice,
) -> [u32; 2] {
    let (mut watch, mut product) = (Watch::new(), BlockCounts::default());
    let mut found = [0, 0];
    for number in 1..10_000 {
        let fails = if number < begins {
            CONTROL_FAILS
        } else {
            rival_fails
        };
        let counts = day(fails, dice);
        product.merge(&counts);
        let watched = watch.add_day(number, &counts).map(|()| watch.log_e());
        let each = [watched.unwrap_or(LogE::ZERO), product.log_e()];
        for (found, log_e) in found.iter_mut().zip(each) {
            if *found == 0 && accuse(log_e, alpha, 1) {
                *found = (number + 1).saturating_sub(begins).max(1);
            }
        }
        if found.iter().all(|days| *days > 0) {
            break;
        }
    }
    found
}

/// What was said about the beginning of a difference, asked again and again.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Asked {
    /// Whether any onset was reported.
    pub(crate) reported: bool,
    /// Whether one of them did not hold the true day.
    pub(crate) missed: bool,
    /// Days in the last one reported.
    pub(crate) width: u32,
    /// How far the last most likely day was from the true one.
    pub(crate) off: u32,
}

/// One run of `days` days, with a difference that begins on day `begins`, at noon.
pub(crate) fn ask_for_onset(
    begins: u32,
    days: u32,
    rival_fails: f64,
    (alpha, least): (f64, f64),
    dice: &mut Dice,
) -> Asked {
    let mut seen: Vec<Day> = Vec::new();
    let mut asked = Asked::default();
    for number in 1..=days {
        let mut counts = BlockCounts::default();
        for at in 0..BLOCKS_A_DAY {
            let begun = number > begins || (number == begins && 2 * at >= BLOCKS_A_DAY);
            let fails = if begun { rival_fails } else { CONTROL_FAILS };
            counts.merge(&block(fails, dice));
        }
        seen.push(Day {
            day: number,
            counts,
        });
        if number % 5 != 0 {
            continue;
        }
        if let Some(found) = onset(&seen, alpha, least) {
            asked.reported = true;
            asked.missed |= begins < found.from || begins > found.to;
            asked.width = found.to - found.from + 1;
            asked.off = found.day.abs_diff(begins);
        }
    }
    asked
}

/// Whether, in a run in which the rival is worse by `margin` throughout, it is ever
/// claimed to have stopped.
pub(crate) fn wrongly_stopped(margin: f64, days: u32, alpha: f64, dice: &mut Dice) -> bool {
    let mut seen: Vec<Day> = Vec::new();
    (1..=days).any(|number| {
        let counts = day(CONTROL_FAILS + margin, dice);
        seen.push(Day {
            day: number,
            counts,
        });
        stopped(&seen, alpha, margin).is_some()
    })
}

/// What happened in a family of `groups` groups of `size` leaves, all leaves of the first
/// group being guilty, looked at after every round.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Groups {
    /// Rounds until the guilty group stood, and until its first leaf did.
    pub(crate) node: u32,
    pub(crate) leaf: u32,
    /// Whether any innocent leaf or group ever stood.
    pub(crate) wrong: bool,
}

pub(crate) fn watch_groups(
    (groups, size): (usize, usize),
    guilty_fails: f64,
    alpha: f64,
    rounds: u32,
    dice: &mut Dice,
) -> Groups {
    let mut counts = vec![BlockCounts::default(); groups * size];
    let mut seen = Groups::default();
    for round in 1..=rounds {
        for (leaf, counts) in counts.iter_mut().enumerate() {
            let fails = if leaf < size {
                guilty_fails
            } else {
                CONTROL_FAILS
            };
            counts.merge(&block(fails, dice));
        }
        let leaves: Vec<CurrentE> = counts.iter().map(|c| CurrentE::new(c.log_e())).collect();
        let Some(family) = Family::new(&leaves, alpha) else {
            return seen;
        };
        let node = |group: usize| {
            let members: Vec<usize> = (group * size..(group + 1) * size).collect();
            family.node(&members)
        };
        let standing = family.leaves();
        let stands = |leaf: &usize| standing.get(*leaf).copied().unwrap_or(false);
        if seen.node == 0 && node(0) {
            seen.node = round;
        }
        if seen.leaf == 0 && (0..size).any(|leaf| stands(&leaf)) {
            seen.leaf = round;
        }
        let innocent: Vec<usize> = (size..groups * size).collect();
        seen.wrong |= family.node(&innocent) || innocent.iter().any(stands);
    }
    seen
}
