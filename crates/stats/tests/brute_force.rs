//! Every closed form against plain enumeration: all assignments, all outcomes, for
//! small blocks.

#![expect(clippy::unwrap_used, reason = "a test's helpers may panic")]

use moongate_stats::block::{BlockCounts, BlockShape, LN_OMEGA};
use moongate_stats::certificate::{Allocation, Parity, TwoByTwo, projection, ripr_log_e};
use moongate_stats::grid::Grid;
use moongate_stats::interval::median;
use moongate_stats::many::accuse;
use moongate_stats::mcnemar::Discordant;
use moongate_stats::ordinal::{Ordinal, ThresholdWeights};
use moongate_stats::{absolute::Share, bernoulli};

fn assert_one(mean: f64, tolerance: f64, what: &str) {
    assert!((mean - 1.0).abs() < tolerance, "{what}: mean {mean}");
}

/// All ways to fill `slots` slots with one of `kinds` outcomes each.
fn patterns(kinds: usize, slots: usize) -> Vec<Vec<usize>> {
    (0..kinds.pow(slots as u32))
        .map(|code| {
            (0..slots)
                .map(|slot| code / kinds.pow(slot as u32) % kinds)
                .collect()
        })
        .collect()
}

/// All ordered choices of `k` different slots among `slots`.
fn placements(k: usize, slots: usize) -> Vec<Vec<usize>> {
    if k == 0 {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for shorter in placements(k - 1, slots) {
        for slot in (0..slots).filter(|slot| !shorter.contains(slot)) {
            all.push([shorter.as_slice(), &[slot]].concat());
        }
    }
    all
}

fn shape_of(pattern: &[usize], rivals: &[usize]) -> BlockShape {
    let controls: Vec<usize> = (0..pattern.len())
        .filter(|slot| !rivals.contains(slot))
        .collect();
    let rival_failed = pattern[rivals[0]] == 1;
    let failures = controls.iter().map(|slot| pattern[*slot]).sum::<usize>() + pattern[rivals[0]];
    BlockShape::new(controls.len() as u32, failures as u32, rival_failed).unwrap()
}

#[test]
fn one_block_averages_to_one_over_all_assignments() {
    for (k, c) in (1..=3).flat_map(|k| (1..=4).map(move |c| (k, c))) {
        let all = placements(k, k + c);
        for pattern in patterns(2, k + c) {
            for ln_omega in LN_OMEGA {
                let sum: f64 = all
                    .iter()
                    .map(|r| shape_of(&pattern, r).ln_factor(ln_omega).exp())
                    .sum();
                assert_one(sum / all.len() as f64, 1e-12, "block at one odds ratio");
            }
            let sum: f64 = all
                .iter()
                .map(|rivals| {
                    let mut counts = BlockCounts::default();
                    counts.add(shape_of(&pattern, rivals));
                    counts.log_e().e()
                })
                .sum();
            assert_one(
                sum / all.len() as f64,
                1e-12,
                "block averaged over the grid",
            );
        }
    }
}

/// An adversary that chooses the next block's outcomes from all it has seen.
fn next_pattern(seen: &[(usize, usize)], kinds: usize, slots: usize, salt: u64) -> usize {
    let mut hash = salt;
    for (pattern, place) in seen {
        hash = (hash ^ (*pattern as u64 * 31 + *place as u64)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        hash ^= hash >> 29;
    }
    (hash % (kinds.pow(slots as u32) as u64)) as usize
}

#[test]
fn an_adversary_that_answers_to_the_past_gains_nothing() {
    let (c, slots) = (2, 3);
    let all = patterns(2, slots);
    for salt in 0..200 {
        let mut sum = 0.0;
        for places in patterns(slots, 4) {
            let mut seen = Vec::new();
            let mut counts = BlockCounts::default();
            for place in places {
                let pattern = next_pattern(&seen, 2, slots, salt);
                counts.add(shape_of(&all[pattern], &[place]));
                seen.push((pattern, place));
            }
            sum += counts.log_e().e();
        }
        assert_one(
            sum / 81.0,
            1e-12,
            &format!("four blocks of {c} controls, salt {salt}"),
        );
    }
}

/// Level of an outcome code; code 0 is inconclusive.
fn level(code: usize) -> Option<u8> {
    code.checked_sub(1).map(|level| level as u8)
}

fn add_ordinal(evidence: &mut Ordinal, pattern: &[usize], rivals: &[usize]) {
    let controls: Vec<Option<u8>> = (0..pattern.len())
        .filter(|slot| !rivals.contains(slot))
        .map(|slot| level(pattern[slot]))
        .collect();
    evidence.add_block(level(pattern[rivals[0]]), &controls);
}

#[test]
fn ordinal_blocks_with_inconclusive_slots_average_to_one() {
    let weights = ThresholdWeights::new(vec![1.0, 3.0]).unwrap();
    for (k, c) in [(1, 1), (1, 2), (1, 3), (1, 4), (2, 2), (3, 2)] {
        let all = placements(k, k + c);
        for pattern in patterns(4, k + c) {
            let mut sum = 0.0;
            for rivals in &all {
                let mut evidence = Ordinal::weighted(weights.clone());
                add_ordinal(&mut evidence, &pattern, rivals);
                sum += evidence.log_e().e();
            }
            assert_one(sum / all.len() as f64, 1e-12, "ordinal block");
        }
    }
}

#[test]
fn ordinal_blocks_withstand_the_adversary_too() {
    let all = patterns(4, 3);
    for salt in 0..100 {
        let mut sum = 0.0;
        for places in patterns(3, 4) {
            let mut seen = Vec::new();
            let mut evidence = Ordinal::new(3);
            for place in places {
                let pattern = next_pattern(&seen, 4, 3, salt);
                add_ordinal(&mut evidence, &all[pattern], &[place]);
                seen.push((pattern, place));
            }
            sum += evidence.log_e().e();
        }
        assert_one(sum / 81.0, 1e-12, "ordinal adversary");
    }
}

#[test]
fn mcnemar_averages_to_one_over_all_orders() {
    for n in 1_u32..=12 {
        let mean: f64 = (0..1_u32 << n)
            .map(|flips| {
                let only_control = u64::from(flips.count_ones());
                let pairs = Discordant {
                    control_only: only_control,
                    rival_only: u64::from(n) - only_control,
                };
                pairs.log_e().e()
            })
            .sum::<f64>()
            / f64::from(1_u32 << n);
        assert_one(mean, 1e-11, "mcnemar");
    }
}

#[test]
fn coin_flips_average_to_one_over_all_assignments() {
    for grid in [Grid::informed(), Grid::uniform()] {
        let weights: f64 = grid.points().iter().map(|point| point.weight).sum();
        assert_one(weights, 1e-12, "weights");
        assert!(
            grid.points()
                .iter()
                .all(|point| point.rival < point.control)
        );
        for n in [1_u32, 2, 3, 6] {
            for outcomes in 0..1_u32 << n {
                let sum: f64 = (0..1_u32 << n)
                    .map(|rivals| {
                        let all = (1_u32 << n) - 1;
                        let count = |bits: u32| u64::from((bits & all).count_ones());
                        let counts = TwoByTwo {
                            controls_opened: count(!rivals & outcomes),
                            controls_failed: count(!rivals & !outcomes),
                            rivals_opened: count(rivals & outcomes),
                            rivals_failed: count(rivals & !outcomes),
                        };
                        grid.log_e(counts).e()
                    })
                    .sum();
                assert_one(sum / f64::from(1_u32 << n), 1e-11, "coin flips");
            }
        }
    }
}

fn choose(n: u64, k: u64) -> f64 {
    (0..k).map(|i| (n - i) as f64 / (i + 1) as f64).product()
}

#[test]
fn one_rate_averages_to_one_at_the_null_and_less_beyond() {
    for n in 1_u64..=15 {
        for p0 in [0.05, 0.3, 0.5, 0.9] {
            let mean_at = |p: f64| -> f64 {
                (0..=n)
                    .map(|yes| {
                        let chance =
                            choose(n, yes) * p.powi(yes as i32) * (1.0 - p).powi((n - yes) as i32);
                        chance * bernoulli::log_e_below(yes, n - yes, p0).e()
                    })
                    .sum()
            };
            assert_one(mean_at(p0), 1e-10, "one rate");
            assert!(mean_at(f64::midpoint(p0, 1.0)) <= 1.0 + 1e-10);
        }
    }
}

#[test]
fn the_projection_is_fair_at_its_point_and_never_more_elsewhere_in_the_null() {
    let alternatives = [
        (0.9, 0.9),
        (0.98, 0.98),
        (0.995, 0.995),
        (0.98, 0.96),
        (0.7, 0.75),
    ];
    let allocations = [(1, 1), (4, 1), (3, 2)];
    for ((tc, tr), (controls, rivals)) in alternatives
        .iter()
        .flat_map(|a| allocations.iter().map(move |n| (*a, *n)))
    {
        for delta in [0.03, 0.1, 0.3] {
            let allocation = Allocation { controls, rivals };
            let (a, b) = projection(tc, tr, delta, allocation).unwrap();
            let mean = |pc: f64, pr: f64| {
                let control = pc * tc / a + (1.0 - pc) * (1.0 - tc) / (1.0 - a);
                let rival = pr * tr / b + (1.0 - pr) * (1.0 - tr) / (1.0 - b);
                control.powf(f64::from(controls)) * rival.powf(f64::from(rivals))
            };
            assert_one(mean(a, b), 1e-9, "at the projection");
            for i in 0..=100 {
                for j in 0..=100 {
                    let (pc, pr) = (f64::from(i) / 100.0, f64::from(j) / 100.0);
                    if pc - pr >= delta {
                        assert!(
                            mean(pc, pr) <= 1.0 + 1e-9,
                            "null ({pc}, {pr}), delta {delta}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn the_fast_certificate_is_the_mixture_of_its_factors() {
    for delta in [0.01, 0.05, 0.2] {
        for bits in 0..1_u32 << 6 {
            let opened = |mask: u32| u64::from((bits & mask).count_ones());
            let counts = TwoByTwo {
                controls_opened: opened(0b111),
                controls_failed: 3 - opened(0b111),
                rivals_opened: opened(0b11_1000),
                rivals_failed: 3 - opened(0b11_1000),
            };
            let plain: f64 = moongate_stats::certificate::ALTERNATIVES
                .iter()
                .map(|(tc, tr, weight)| {
                    let Some((a, b)) = projection(*tc, *tr, delta, Allocation::PAIR) else {
                        return *weight;
                    };
                    let power = |base: f64, n: u64| base.powi(n as i32);
                    weight
                        * power(tc / a, counts.controls_opened)
                        * power((1.0 - tc) / (1.0 - a), counts.controls_failed)
                        * power(tr / b, counts.rivals_opened)
                        * power((1.0 - tr) / (1.0 - b), counts.rivals_failed)
                })
                .sum();
            let log_e = ripr_log_e(counts, delta, Allocation::PAIR).ln();
            assert!((log_e - plain.ln()).abs() < 1e-9);
        }
    }
}

#[test]
fn robust_certificates_are_fair_where_the_mean_is_the_margin() {
    // D of a block with two controls; a distribution on its values with mean δ.
    let values = [
        (true, 0, 1.0),
        (true, 1, 0.5),
        (false, 0, 0.0),
        (false, 2, -1.0),
    ];
    for delta in [-0.3, 0.0, 0.1, 0.4] {
        // Half the mass spread evenly, the rest on +1 and −1 so that the mean fits.
        let even: f64 = values.iter().map(|(_, _, d)| 0.125 * d).sum();
        let up = f64::midpoint(0.5, delta - even);
        let chances = [0.125 + up, 0.125, 0.125, 0.125 + 0.5 - up];
        let mut worse = 0.0;
        let mut better = 0.0;
        for path in patterns(4, 5) {
            let mut parity = Parity::default();
            let mut chance = 1.0;
            for step in path {
                let (rival_failed, control_failures, _) = values[step];
                parity.add_block(rival_failed, control_failures, 2);
                chance *= chances[step];
            }
            worse += chance * parity.log_e_not_worse_by(delta).e();
            better += chance * parity.log_e_not_better_by(-delta).e();
        }
        assert_one(worse, 1e-10, "not worse");
        assert_one(better, 1e-10, "not better");
    }
}

#[test]
fn one_armed_processes_are_fair_at_the_null_mean() {
    for p0 in [0.05, 0.3, 0.7] {
        let chances = [(0.0, (1.0 - p0) * 0.5), (p0, 0.5), (1.0, p0 * 0.5)];
        let (mut above, mut below) = (0.0, 0.0);
        for path in patterns(3, 6) {
            let mut share = Share::default();
            let mut chance = 1.0;
            for step in path {
                share.add(chances[step].0);
                chance *= chances[step].1;
            }
            above += chance * share.log_e_above(p0).e();
            below += chance * share.log_e_below(p0).e();
        }
        assert_one(above, 1e-10, "above");
        assert_one(below, 1e-10, "below");
    }
}

#[test]
fn whoever_looks_at_every_block_is_wrong_at_most_alpha_of_the_time() {
    // Exactly, over all 3⁹ assignments of blocks in which one of three slots failed.
    let shapes = [true, false, false].map(|r| BlockShape::new(2, 1, r).unwrap());
    for alpha in [0.2, 0.05, 0.01] {
        let alarms = patterns(3, 9).into_iter().filter(|places| {
            let mut counts = BlockCounts::default();
            places.iter().any(|place| {
                counts.add(shapes[*place]);
                accuse(counts.log_e(), alpha, 1)
            })
        });
        let share = alarms.count() as f64 / 3_f64.powi(9);
        assert!(share <= alpha, "alpha {alpha}: {share}");
        assert!(
            share > 0.0 || alpha < 0.02,
            "the count must be able to fail"
        );
    }
}

#[test]
fn the_median_is_missed_at_most_alpha_of_the_time() {
    let n = 13;
    for alpha in [0.4, 0.1] {
        let missed = (0..1_u32 << n).filter(|signs| {
            let value = |i: u32| {
                let size = f64::from(1 + (i * 7) % n);
                if signs >> i & 1 == 1 { size } else { -size }
            };
            let path: Vec<f64> = (0..n).map(value).collect();
            (1..=path.len()).any(|seen| {
                median(&path[..seen], alpha).is_some_and(|m| m.low > 0.0 || m.high < 0.0)
            })
        });
        let share = missed.count() as f64 / f64::from(1_u32 << n);
        assert!(share <= alpha, "alpha {alpha}: {share}");
        assert!(share > 0.0);
    }
}
