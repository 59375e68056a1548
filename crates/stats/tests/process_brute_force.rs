//! Processes that depend on order, and decisions over families, against plain
//! enumeration: every assignment of small sequences, against adversaries.

#![expect(clippy::unwrap_used, reason = "a test's helpers may panic")]

use moongate_stats::LogE;
use moongate_stats::block::{BlockCounts, BlockShape};
use moongate_stats::certificate::{Parity, TwoByTwo};
use moongate_stats::grid::Grid;
use moongate_stats::hierarchy::{Family, Tree, node_log_e};
use moongate_stats::many::{CurrentE, accuse};
use moongate_stats::mcnemar::Discordant;
use moongate_stats::symbol::{Alphabet, SymbolEvidence};
use moongate_stats::two_sample::{Arm, log_e_difference, log_e_restricted};
use moongate_stats::watch::{RecoveryWatch, Watch};

fn assert_one(mean: f64, what: &str) {
    assert!((mean - 1.0).abs() < 1e-11, "{what}: mean {mean}");
}

/// All sequences of `length` digits below `base`.
fn sequences(base: usize, length: usize) -> impl Iterator<Item = Vec<usize>> {
    (0..base.pow(length as u32)).map(move |code| {
        (0..length)
            .map(|at| code / base.pow(at as u32) % base)
            .collect()
    })
}

/// What an adversary that has seen `past` decides next, out of `choices`.
fn adversary(past: &[usize], salt: u64, choices: usize) -> usize {
    let mix = |hash: u64, x: &usize| {
        let mixed = (hash ^ (*x as u64 + 1)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        mixed ^ mixed >> 31
    };
    (past.iter().fold(salt.wrapping_mul(977) + 5, mix) % choices as u64) as usize
}

fn alphabets() -> Vec<Alphabet> {
    vec![
        Alphabet::plain(2).unwrap(),
        Alphabet::new(vec![1, 2, 2], vec![]).unwrap(),
        Alphabet::new(vec![0, 1, 2], vec![1, 2]).unwrap(),
        Alphabet::new(vec![1, 2, 2, 3], vec![3]).unwrap(),
    ]
}

#[test]
fn kinds_by_coin_flips_average_to_one_against_an_adversary() {
    for alphabet in alphabets() {
        let kinds = alphabet.kinds();
        for salt in 0..20 {
            let sum: f64 = sequences(2, 7)
                .map(|flips| {
                    let mut evidence = SymbolEvidence::new(alphabet.clone());
                    let mut past = Vec::new();
                    for rival in flips {
                        // One choice more than there are kinds: inconclusive.
                        let kind = adversary(&past, salt, kinds + 1);
                        evidence.add_flip(rival == 1, Some(kind as u8).filter(|_| kind < kinds));
                        past.extend([kind, rival]);
                    }
                    evidence.log_e().e()
                })
                .sum();
            assert_one(sum / 128.0, "coin flips of kinds");
        }
    }
}

#[test]
fn kinds_in_blocks_average_to_one_against_an_adversary() {
    for (alphabet, slots) in alphabets()
        .into_iter()
        .flat_map(|a| [(a.clone(), 2), (a, 4)])
    {
        let kinds = alphabet.kinds();
        let blocks = if slots == 2 { 6 } else { 4 };
        for salt in 0..10 {
            let sum: f64 = sequences(slots, blocks)
                .map(|places| {
                    let mut evidence = SymbolEvidence::new(alphabet.clone());
                    let mut past = Vec::new();
                    for place in places {
                        let seen = |slot: usize| {
                            let choice =
                                adversary(&[past.as_slice(), &[slot]].concat(), salt, kinds + 1);
                            Some(choice as u8).filter(|_| choice < kinds)
                        };
                        let mut in_slots: Vec<Option<u8>> = (0..slots).map(seen).collect();
                        let rival = in_slots.remove(place);
                        evidence.add_block(rival, &in_slots);
                        past.push(place);
                    }
                    evidence.log_e().e()
                })
                .sum();
            assert_one(sum / slots.pow(blocks as u32) as f64, "blocks of kinds");
        }
    }
}

#[test]
fn kinds_in_pairs_pay_what_the_definition_says() {
    // One expert, two kinds: the predictions can be written down by hand.
    let mut evidence = SymbolEvidence::new(Alphabet::plain(2).unwrap());
    evidence.add_flip(true, Some(1));
    assert_eq!(evidence.log_e(), LogE::ONE);
    // p̂ for the rival is now (½, 1½)/2, for controls (½, ½).
    evidence.add_flip(false, Some(0));
    let first = 0.5 / f64::midpoint(0.25, 0.5);
    assert!((evidence.log_e().e() - first).abs() < 1e-12);
    // Controls are now (1½, ½)/2, so r = (1/3, 3).
    evidence.add_block(Some(1), &[Some(0), Some(0)]);
    let second = 3.0 * 3.0 / (3.0 + 1.0 / 3.0 + 1.0 / 3.0);
    assert!((evidence.log_e().e() - first * second).abs() < 1e-12);
}

#[test]
fn scenarios_expect_what_controls_got_turned_bad_or_moved_on() {
    // The first flip shows the rival the bad kind; nothing is known of either arm.
    let mut evidence = SymbolEvidence::new(Alphabet::new(vec![0, 1], vec![1]).unwrap());
    evidence.add_flip(true, Some(1));
    let turned = [0.1, 0.5, 1.0].map(|part| 0.98 * (0.5 * (1.0 - part) + part) + 0.01);
    let factor = |rival: f64| rival / f64::midpoint(rival, 0.5);
    let plain = 0.4 + turned.map(|rival| 0.2 * factor(rival)).iter().sum::<f64>();
    assert!((evidence.log_e().e() - plain).abs() < 1e-12);

    // A control got the first kind, so the rival is awaited one step further.
    let mut evidence = SymbolEvidence::new(Alphabet::new(vec![1, 1], vec![]).unwrap());
    evidence.add_block(Some(0), &[Some(0)]);
    evidence.add_block(Some(1), &[Some(0)]);
    // Both arms learned (¾, ¼); one step moves all of it to the second kind.
    let (seen, other) = (0.01 / 0.75, 0.99 / 0.25);
    let moved = 0.6 * 2.0 * other / (seen + other);
    assert!((evidence.log_e().e() - (0.4 + moved)).abs() < 1e-12);
}

#[test]
fn the_other_direction_is_the_mirror_image() {
    for n in [1, 5, 40] {
        let pairs = |rival_failed: bool| {
            let mut counts = BlockCounts::default();
            counts.add_many(BlockShape::new(1, 1, rival_failed).unwrap(), n);
            counts
        };
        let (worse, better) = (pairs(true), pairs(false));
        assert!((worse.log_e().ln() - better.log_e_better().ln()).abs() < 1e-9);
        assert!((worse.log_e_two_sided().ln() - better.log_e_two_sided().ln()).abs() < 1e-9);
    }
}

fn one_block(failed: &[bool], place: usize) -> BlockCounts {
    let failures = failed.iter().filter(|failed| **failed).count() as u32;
    let shape = BlockShape::new(failed.len() as u32 - 1, failures, failed[place]).unwrap();
    let mut counts = BlockCounts::default();
    counts.add(shape);
    counts
}

#[test]
fn watching_averages_to_one_against_an_adversary() {
    for salt in 0..40 {
        let sum: f64 = sequences(3, 6)
            .map(|places| {
                let mut watch = Watch::default();
                let mut past = Vec::new();
                let mut today = (1, BlockCounts::default());
                for (at, place) in places.into_iter().enumerate() {
                    let failed: Vec<bool> = (0..3)
                        .map(|slot| adversary(&[past.as_slice(), &[slot]].concat(), salt, 2) == 1)
                        .collect();
                    // Two blocks a day, and a day without any now and then.
                    if at % 2 == 0 && at > 0 {
                        watch.add_day(today.0, &today.1).unwrap();
                        today = (today.0 + 1 + salt as u32 % 3, BlockCounts::default());
                    }
                    today.1.merge(&one_block(&failed, place));
                    past.push(place);
                }
                watch.with_day(today.0, &today.1).unwrap().log_e().e()
            })
            .sum();
        assert_one(sum / 729.0, "watching");
    }
}

#[test]
fn watching_is_the_mixture_over_first_days() {
    let shapes = [(1, true), (1, false), (3, true), (0, false)];
    let days: Vec<BlockCounts> = (0..7_usize)
        .map(|day| {
            let (failures, rival) = shapes[day % 4];
            let mut counts = BlockCounts::default();
            counts.add_many(
                BlockShape::new(4, failures, rival).unwrap(),
                1 + day as u64 % 3,
            );
            counts
        })
        .collect();
    let mut watch = Watch::default();
    for (day, counts) in (1..).zip(&days) {
        watch.add_day(day, counts).unwrap();
    }
    let mut plain = 1.0 / 8.0;
    for start in 0..7 {
        let mut from_then_on = BlockCounts::default();
        for counts in &days[start..] {
            from_then_on.merge(counts);
        }
        let j = start as f64 + 1.0;
        plain += from_then_on.log_e().e() / (j * (j + 1.0));
    }
    assert!((watch.log_e().e() / plain - 1.0).abs() < 1e-12);
}

#[test]
fn recovery_averages_to_one_where_the_difference_is_the_margin() {
    // D of a pair is +1, 0 or −1 with mean ½.
    let chances = [(true, 0, 0.6), (false, 0, 0.3), (false, 1, 0.1)];
    let mut mean = 0.0;
    for path in sequences(3, 6) {
        let mut watch = RecoveryWatch::new(0.5);
        let mut chance = 1.0;
        for (day, step) in (1..).zip(path) {
            let (rival_failed, control_failures, p) = chances[step];
            let mut parity = Parity::default();
            parity.add_block(rival_failed, control_failures, 1);
            watch.add_day(day, parity.counts()).unwrap();
            chance *= p;
        }
        mean += chance * watch.log_e().e();
    }
    assert_one(mean, "recovery");
}

#[test]
fn both_directions_together_average_to_one() {
    for slots in 2..=5_usize {
        for failed in sequences(2, slots) {
            let failed: Vec<bool> = failed.iter().map(|f| *f == 1).collect();
            let over = |e: &dyn Fn(BlockCounts) -> f64| {
                (0..slots)
                    .map(|place| e(one_block(&failed, place)))
                    .sum::<f64>()
                    / slots as f64
            };
            assert_one(over(&|counts| counts.log_e_better().e()), "block, better");
            assert_one(
                over(&|counts| counts.log_e_two_sided().e()),
                "block, either way",
            );
        }
    }
    for n in 1..=10_u64 {
        let mean: f64 = sequences(2, n as usize)
            .map(|signs| {
                let control_only = signs.iter().sum::<usize>() as u64;
                let pairs = Discordant {
                    control_only,
                    rival_only: n - control_only,
                };
                pairs.log_e_two_sided().e()
            })
            .sum::<f64>();
        assert_one(mean / 2_f64.powi(n as i32), "pairs, either way");
    }
    for outcomes in sequences(2, 5) {
        let mean: f64 = sequences(2, 5)
            .map(|arms| {
                let count = |arm: usize, opened: usize| {
                    arms.iter()
                        .zip(&outcomes)
                        .filter(|(a, o)| **a == arm && **o == opened)
                        .count() as u64
                };
                let counts = TwoByTwo {
                    controls_opened: count(0, 1),
                    controls_failed: count(0, 0),
                    rivals_opened: count(1, 1),
                    rivals_failed: count(1, 0),
                };
                Grid::informed().log_e_two_sided(counts).e()
            })
            .sum();
        assert_one(mean / 32.0, "coin flips, either way");
    }
}

fn leaves(e: &[f64]) -> Vec<CurrentE> {
    e.iter()
        .map(|e| CurrentE::new(LogE::from_e(*e).unwrap()))
        .collect()
}

#[test]
fn closed_testing_is_what_its_definition_says() {
    let alpha = 0.05;
    let values = [0.0, 0.5, 1.0, 15.0, 25.0, 60.0, 130.0];
    for choice in sequences(values.len(), 4).step_by(7) {
        let e: Vec<f64> = choice.iter().map(|at| values[*at]).collect();
        let family = Family::new(&leaves(&e), alpha).unwrap();
        for node in 1..16_usize {
            let inside = |set: usize| (0..4).filter(move |leaf| set >> leaf & 1 == 1);
            let plain = (1..16_usize).filter(|set| set & node == node).all(|set| {
                let sum: f64 = inside(set).map(|leaf| e[leaf]).sum();
                sum / inside(set).count() as f64 >= 1.0 / alpha + 1e-9
            });
            let members: Vec<usize> = inside(node).collect();
            assert_eq!(family.node(&members), plain, "{e:?}, {members:?}");
        }
    }
}

#[test]
fn all_decisions_of_a_family_together_are_wrong_at_most_alpha_of_the_time() {
    // Exactly, over every assignment: two leaves that share the controls of their
    // blocks (rivals in slots a and b of three), looked at after every block.
    let alpha = 0.1;
    let placements = [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)];
    let blocks = 6;
    let mut wrong = 0;
    for path in sequences(placements.len(), blocks) {
        let mut counts = [BlockCounts::default(), BlockCounts::default()];
        let any = path.iter().any(|at| {
            let (a, b) = placements[*at];
            let control = 3 - a - b;
            for (counts, slot) in counts.iter_mut().zip([a, b]) {
                // The first slot always fails.
                counts.merge(&one_block(&[slot == 0, control == 0], 0));
            }
            let now: Vec<CurrentE> = counts.iter().map(|c| CurrentE::new(c.log_e())).collect();
            let standing = Tree::new(vec![None], vec![0, 0])
                .unwrap()
                .decide(&now, alpha)
                .unwrap();
            standing.nodes[0] || standing.leaves.contains(&true)
        });
        wrong += i32::from(any);
    }
    let share = f64::from(wrong) / 6_f64.powf(blocks as f64);
    assert!(share <= alpha, "{share}");
    assert!(share > 0.0, "the count must be able to fail");
}

#[test]
fn averages_are_fair_where_controls_are_shared_and_products_are_not() {
    let placements = [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)];
    let (mut average, mut product) = (0.0, 0.0);
    for (a, b) in placements {
        let control = 3 - a - b;
        let e = [a, b].map(|slot| one_block(&[slot == 0, control == 0], 0).log_e());
        let both = e.map(CurrentE::new);
        average += node_log_e(&both).log_e().e() / 6.0;
        product += e[0].e() * e[1].e() / 6.0;
    }
    assert_one(average, "average");
    assert!((product - 1.0).abs() > 0.05, "product {product}");
}

#[test]
fn a_node_stands_before_its_leaves_and_whoever_is_accused_stands() {
    let e = [900.0, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3];
    let family = Family::new(&leaves(&e), 0.01).unwrap();
    assert!(accuse(LogE::from_e(900.0).unwrap(), 0.01, 8) && family.leaf(0));
    let e = [500.0, 450.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0];
    let family = Family::new(&leaves(&e), 0.01).unwrap();
    assert!(family.node(&[0, 1]) && !family.leaf(0) && !family.leaf(1) && !family.node(&[0, 2]));
}

#[test]
fn two_arms_gain_nothing_on_average_where_their_null_holds() {
    let arm = |slots: u32| Arm {
        slots,
        prior: (0.18, 0.18),
    };
    let (first, second) = (arm(2), arm(1));
    let chance = |n: u32, y: u32, p: f64| {
        let ways = if n == 2 && y == 1 { 2.0 } else { 1.0 };
        ways * p.powf(f64::from(y)) * (1.0 - p).powf(f64::from(n - y))
    };
    let paths: Vec<Vec<(u32, u32)>> = sequences(6, 3)
        .map(|codes| {
            codes
                .iter()
                .map(|c| ((c / 2) as u32, (c % 2) as u32))
                .collect()
        })
        .collect();
    let last = |trail: Option<Vec<LogE>>| trail.unwrap().last().unwrap().e();
    let mean = |(rate, other): (f64, f64), e: &[f64]| -> f64 {
        let likely = |blocks: &Vec<(u32, u32)>| -> f64 {
            let each = blocks
                .iter()
                .map(|(a, b)| chance(2, *a, rate) * chance(1, *b, other));
            each.product()
        };
        paths
            .iter()
            .zip(e)
            .map(|(blocks, e)| likely(blocks) * e)
            .sum()
    };
    let rates = [0.1, 0.5, 0.6, 0.9];
    for difference in [-0.5, -0.05, 0.0, 0.05, 0.35] {
        let against = |b: &Vec<(u32, u32)>| last(log_e_difference(b, first, second, difference));
        let e: Vec<f64> = paths.iter().map(against).collect();
        for rate in rates {
            let other = rate + difference;
            if other > 0.0 && other < 1.0 {
                let average = mean((rate, other), &e);
                assert!(average <= 1.0 + 1e-9, "{rate}, {difference}: {average}");
            }
        }
    }
    let restricted = |b: &Vec<(u32, u32)>| last(log_e_restricted(b, first, second, -0.5));
    let e: Vec<f64> = paths.iter().map(restricted).collect();
    for rate in rates {
        let average = mean((rate, rate), &e);
        assert!(average > 0.2 && average <= 1.0 + 1e-9, "{rate}: {average}");
    }
}
