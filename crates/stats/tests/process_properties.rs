//! What must hold for every input of what depends on order, of families, of choices and
//! of plans, drawn at random.

#![expect(clippy::unwrap_used, reason = "a test's helpers may panic")]

use moongate_stats::LogE;
use moongate_stats::allocate::{Candidate, choose, growth};
use moongate_stats::block::{BlockCounts, BlockShape};
use moongate_stats::certificate::TwoByTwo;
use moongate_stats::excess::Excess;
use moongate_stats::grid::Grid;
use moongate_stats::hierarchy::{Family, Tree, node_log_e};
use moongate_stats::interval;
use moongate_stats::many::{CurrentE, Trail, accuse, e_bh};
use moongate_stats::mcnemar::Discordant;
use moongate_stats::ordinal::{Ordinal, ThresholdWeights};
use moongate_stats::planning::{self, Rates, Simulation};
use moongate_stats::symbol::{Alphabet, SymbolEvidence};
use moongate_stats::two_sample::{self, Arm};
use moongate_stats::watch::{Day, OrdinalWatch, RecoveryWatch, Watch, onset, stopped};
use proptest::collection::vec;
use proptest::prelude::*;

fn hostile() -> impl Strategy<Value = f64> {
    prop_oneof![
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(f64::NEG_INFINITY),
        Just(0.0),
        Just(-0.0),
        Just(1.0),
        Just(-1.0),
        Just(2.0),
        Just(5e-324),
        Just(f64::MAX),
        any::<f64>(),
        0.0..1.0_f64,
    ]
}

fn hostile_count() -> impl Strategy<Value = u64> {
    prop_oneof![
        Just(0),
        Just(1),
        Just(1 << 53),
        Just((1 << 53) + 1),
        Just(1 << 63),
        Just(u64::MAX),
        0..100_u64,
    ]
}

fn shape() -> impl Strategy<Value = BlockShape> {
    (0..6_u32, any::<bool>()).prop_flat_map(|(controls, rival)| {
        (0..=controls).prop_map(move |failed| {
            BlockShape::new(controls, failed + u32::from(rival), rival).unwrap()
        })
    })
}

fn counts() -> impl Strategy<Value = BlockCounts> {
    vec(shape(), 0..8).prop_map(|shapes| {
        let mut counts = BlockCounts::default();
        for shape in shapes {
            counts.add(shape);
        }
        counts
    })
}

fn days() -> impl Strategy<Value = Vec<Day>> {
    vec((1..4_u32, counts()), 0..12).prop_map(|steps| {
        let mut day = 0;
        steps
            .into_iter()
            .map(|(step, counts)| {
                day += step;
                Day { day, counts }
            })
            .collect()
    })
}

fn leaves(logs: &[f64]) -> Vec<CurrentE> {
    logs.iter()
        .map(|log| CurrentE::new(LogE::new(*log).unwrap_or(LogE::ZERO)))
        .collect()
}

fn kinds_evidence(alphabet: &Alphabet, blocks: &[(u8, Vec<u8>)]) -> SymbolEvidence {
    let mut evidence = SymbolEvidence::new(alphabet.clone());
    for (rival, controls) in blocks {
        let controls: Vec<Option<u8>> = controls.iter().copied().map(Some).collect();
        evidence.add_block(Some(*rival), &controls);
    }
    evidence
}

fn words(mut state: u64) -> impl FnMut() -> u64 {
    move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state ^ (state >> 29)).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn order_of_blocks_never_matters_where_states_merge(
        (all, shuffled) in vec((shape(), -9.0..9.0_f64), 0..30)
            .prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
        cut in 0..30_usize,
    ) {
        let state = |rows: &[(BlockShape, f64)]| {
            let (mut counts, mut excess, mut pairs) =
                (BlockCounts::default(), Excess::default(), Discordant::default());
            for (shape, difference) in rows {
                counts.add(*shape);
                excess.add(*difference);
                pairs.add(*difference > 0.0, shape.rival_failed());
            }
            (counts, excess, pairs)
        };
        let whole = state(&all);
        let (first, second) = shuffled.split_at(cut.min(shuffled.len()));
        let (mut merged, other) = (state(second), state(first));
        merged.0.merge(&other.0);
        merged.1.merge(&other.1);
        merged.2.merge(&other.2);
        prop_assert_eq!(&merged, &whole);
        prop_assert_eq!(
            merged.0.log_e_two_sided().ln().to_bits(), whole.0.log_e_two_sided().ln().to_bits()
        );
    }

    #[test]
    fn relabelling_cells_changes_nothing(
        (logs, order) in vec(-5.0..15.0_f64, 1..20)
            .prop_flat_map(|logs| { let n = logs.len(); (Just(logs), Just((0..n).collect::<Vec<_>>()).prop_shuffle()) }),
        alpha in 0.001..0.5_f64,
    ) {
        let moved: Vec<f64> = order.iter().map(|at| logs[*at]).collect();
        let (before, after) = (leaves(&logs), leaves(&moved));
        let in_order = |decided: Vec<bool>| -> Vec<bool> {
            order.iter().map(|at| decided[*at]).collect()
        };
        prop_assert_eq!(in_order(e_bh(&before, alpha)), e_bh(&after, alpha));
        let (one, other) = (Family::new(&before, alpha).unwrap(), Family::new(&after, alpha).unwrap());
        prop_assert_eq!(in_order(one.leaves()), other.leaves());
        let half: Vec<usize> = (0..=order.len() / 2).collect();
        let same: Vec<usize> = half.iter().map(|at| order[*at]).collect();
        prop_assert_eq!(one.node(&same), other.node(&half));
    }

    #[test]
    fn relabelling_kinds_changes_nothing(
        blocks in vec((0..4_u8, vec(0..4_u8, 1..5)), 0..20),
        names in Just(vec![0_u8, 1, 2, 3]).prop_shuffle(),
    ) {
        let name = |kind: &u8| names[usize::from(*kind)];
        let renamed: Vec<(u8, Vec<u8>)> = blocks
            .iter()
            .map(|(rival, controls)| (name(rival), controls.iter().map(name).collect()))
            .collect();
        // Kinds 0, 1, 2 follow each other, 3 is bad; the same under other names.
        let mut next = vec![0; 4];
        for (kind, then) in [(0, 1), (1, 2), (2, 2), (3, 3_u8)] {
            next[usize::from(name(&kind))] = name(&then);
        }
        let plain = Alphabet::new(vec![1, 2, 2, 3], vec![3]).unwrap();
        let other = Alphabet::new(next, vec![name(&3)]).unwrap();
        let (a, b) = (kinds_evidence(&plain, &blocks), kinds_evidence(&other, &renamed));
        prop_assert!((a.log_e().ln() - b.log_e().ln()).abs() < 1e-9);
    }

    #[test]
    fn more_evidence_never_takes_an_accusation_back(
        logs in vec(-5.0..15.0_f64, 1..12), at in 0..12_usize, more in 0.0..9.0_f64,
        alpha in 0.001..0.5_f64, node in vec(0..12_usize, 1..6),
    ) {
        let mut raised = logs.clone();
        let at = at % logs.len();
        raised[at] += more;
        let (before, after) = (leaves(&logs), leaves(&raised));
        let kept = |one: &[bool], other: &[bool]| one.iter().zip(other).all(|(a, b)| !a || *b);
        prop_assert!(kept(&e_bh(&before, alpha), &e_bh(&after, alpha)));
        let (one, other) = (Family::new(&before, alpha).unwrap(), Family::new(&after, alpha).unwrap());
        prop_assert!(kept(&one.leaves(), &other.leaves()));
        prop_assert!(!one.node(&node) || other.node(&node));
        // Whoever is accused stands, and so does whatever contains him.
        for (leaf, log) in logs.iter().enumerate() {
            if accuse(LogE::new(*log).unwrap(), alpha, logs.len() as u64) {
                prop_assert!(one.leaf(leaf) && one.node(&[&node[..], &[leaf]].concat()));
            }
        }
        // Over time, by the peak.
        let mut trail = Trail::default();
        let mut stood = false;
        for log in &logs {
            trail.advance(LogE::new(*log).unwrap());
            let stands = accuse(trail.peak().log_e(), alpha, 3);
            prop_assert!(stands || !stood);
            stood = stands;
        }
    }

    #[test]
    fn scaling_of_severity_never_flips_a_sign(
        blocks in vec((0..4_u8, vec(0..4_u8, 1..5)), 1..25), factor in 1..5_u8, scale in 0.001..1e6_f64,
    ) {
        let evidence = |factor: u8| {
            let mut weights = vec![0.0; usize::from(3 * factor)];
            for level in 1..=3 {
                weights[usize::from(level * factor) - 1] = 1.0;
            }
            let mut evidence = Ordinal::weighted(ThresholdWeights::new(weights).unwrap());
            for (rival, controls) in &blocks {
                let controls: Vec<Option<u8>> = controls.iter().map(|l| Some(l * factor)).collect();
                evidence.add_block(Some(rival * factor), &controls);
            }
            evidence.log_e().ln()
        };
        prop_assert!((evidence(1) - evidence(factor)).abs() < 1e-9);
        // Amounts in another unit: the same order statistic, the same certificate.
        let (mut one, mut other) = (Excess::default(), Excess::default());
        for (rival, controls) in &blocks {
            let difference = f64::from(*rival) - f64::from(controls[0]);
            one.add(difference);
            other.add(difference * scale);
        }
        prop_assert_eq!(
            one.quantile_at_most(0.5, 0.2).map(|bound| bound * scale), other.quantile_at_most(0.5, 0.2)
        );
        prop_assert_eq!(one.log_e_rarer_than(1.0, 0.3), other.log_e_rarer_than(scale, 0.3));
    }

    #[test]
    fn worse_blocks_never_lessen_what_a_watch_holds(days in days(), at in 0..12_usize) {
        let failed = BlockShape::new(4, 1, true).unwrap();
        let opened = BlockShape::new(4, 0, false).unwrap();
        let watched = |shape: BlockShape| {
            let mut watch = Watch::default();
            for (index, day) in days.iter().enumerate() {
                let mut counts = day.counts.clone();
                if index == at {
                    counts.add(shape);
                }
                watch.add_day(day.day, &counts).unwrap();
            }
            watch.log_e()
        };
        prop_assert!(watched(failed) >= watched(opened));
    }

    #[test]
    fn states_come_back_from_text_to_the_bit(
        days in days(), blocks in vec((0..4_u8, vec(0..4_u8, 0..5)), 0..10), xs in vec(any::<f64>(), 0..9),
    ) {
        let (mut watch, mut levels, mut gone) =
            (Watch::default(), OrdinalWatch::new(3), RecoveryWatch::new(0.1));
        let mut excess = Excess::default();
        for x in &xs {
            excess.add(*x);
        }
        for day in &days {
            watch.add_day(day.day, &day.counts).unwrap();
            levels.add_day(day.day, &Ordinal::new(2)).unwrap();
            gone.add_day(day.day, &day.counts).unwrap();
            prop_assert!(watch.add_day(day.day, &day.counts).is_err());
        }
        let kinds = kinds_evidence(&Alphabet::new(vec![1, 2, 2, 3], vec![3]).unwrap(), &blocks);
        macro_rules! comes_back {
            ($state:expr, $of:ty) => {
                let text = serde_json::to_string(&$state).unwrap();
                let back: $of = serde_json::from_str(&text).unwrap();
                prop_assert_eq!(serde_json::to_string(&back).unwrap(), text);
                prop_assert_eq!(&back, &$state);
            };
        }
        comes_back!(watch, Watch);
        comes_back!(levels, OrdinalWatch);
        comes_back!(gone, RecoveryWatch);
        comes_back!(kinds, SymbolEvidence);
        comes_back!(excess, Excess);
    }

    #[test]
    fn choices_stay_within_budgets(
        cells in vec((0..6_u64, 0..3_usize, 1..9_u32, any::<bool>(), -2.0..12.0_f64), 0..30),
        tokens in vec(0..40_u32, 0..4), blocks in 0..12_usize, seed in any::<u64>(),
    ) {
        let candidates: Vec<Candidate> = cells
            .iter()
            .map(|(failed, host, tokens, decided, log_e)| Candidate {
                seen: TwoByTwo {
                    controls_opened: 20,
                    controls_failed: 1,
                    rivals_opened: 5,
                    rivals_failed: *failed,
                },
                controls: 4,
                log_e: LogE::new(*log_e).unwrap(),
                log_threshold: 10.0,
                host: *host,
                tokens: *tokens,
                decided: *decided,
            })
            .collect();
        let chosen = choose(&candidates, &tokens, blocks, &mut words(seed));
        prop_assert_eq!(&chosen, &choose(&candidates, &tokens, blocks, &mut words(seed)));
        prop_assert!(chosen.len() <= blocks);
        let mut once = chosen.clone();
        once.sort_unstable();
        once.dedup();
        prop_assert_eq!(once.len(), chosen.len());
        prop_assert!(chosen.iter().all(|at| !candidates[*at].decided));
        for host in 0..3 {
            let asked: u32 = chosen
                .iter()
                .filter(|at| candidates[**at].host == host)
                .map(|at| candidates[*at].tokens)
                .sum();
            prop_assert!(asked <= tokens.get(host).copied().unwrap_or(0));
        }
    }

    #[test]
    fn no_input_panics_or_yields_a_decision(
        x in hostile(), y in hostile(), n in hostile_count(), m in hostile_count(),
        bytes in vec(any::<u8>(), 0..14), sample in vec(hostile(), 0..8), seed in any::<u64>(),
    ) {
        let evidence = |log_e: LogE| !log_e.ln().is_nan() && log_e.ln() < f64::INFINITY;
        let outside = !(x > 0.0 && x < 1.0);
        let certain = CurrentE::new(LogE::new(1e300).unwrap());
        prop_assert_eq!(Family::new(&[certain], x).is_none(), outside);
        prop_assert!(Family::new(&[], 0.1).is_none());
        let family = Family::new(&[certain, CurrentE::new(LogE::ZERO)], 0.1).unwrap();
        prop_assert!(!family.node(&[]) && !family.leaf(n as usize | 2) && !family.leaf(1));
        prop_assert_eq!(node_log_e(&[]).log_e(), LogE::ONE);

        let shape = BlockShape::new(4, 1, true).unwrap();
        let mut counts = BlockCounts::default();
        counts.add_many(shape, n);
        prop_assert!(evidence(counts.log_e_better()) && evidence(counts.log_e_two_sided()));
        let (mut watch, mut gone) = (Watch::default(), RecoveryWatch::new(x));
        prop_assert!(watch.add_day(0, &counts).is_err());
        watch.add_day(m as u32 | 1, &counts).unwrap();
        gone.add_day(u32::MAX, &counts).unwrap();
        prop_assert!(evidence(watch.log_e()) && evidence(gone.log_e()));
        if n > 1 << 53 {
            prop_assert!(watch.log_e() <= LogE::ONE && gone.log_e() <= LogE::ONE);
        }
        let days = [Day { day: 1, counts: counts.clone() }, Day { day: m as u32, counts }];
        let found = onset(&days, x, y);
        prop_assert!(found.is_none() || !outside && m as u32 > 1 && y > -1.0 && y < 1.0);
        let found = stopped(&days, x, y);
        prop_assert!(found.is_none() || !outside && y > -1.0 && y < 1.0);
        prop_assert!(onset(&[], 0.1, 0.1).is_none() && stopped(&[], 0.1, 0.1).is_none());

        if let Ok(alphabet) = Alphabet::new(bytes.clone(), bytes.clone()) {
            let mut kinds = SymbolEvidence::new(alphabet);
            kinds.add_flip(x > 0.0, Some(n as u8));
            kinds.add_block(Some(m as u8), &[Some(0), None, Some(255)]);
            kinds.add_block(None, &[]);
            prop_assert!(evidence(kinds.log_e()));
        }
        let _ = Alphabet::plain(n as usize);
        let _ = Tree::new(vec![None, Some(n as usize)], vec![m as usize]);

        let mut excess = Excess::default();
        for d in &sample {
            excess.add(*d);
        }
        prop_assert!(evidence(excess.log_e_rarer_than(x, y)));
        prop_assert!(excess.smallest_share(x, y).is_none_or(|share| share > 0.0 && share < 1.0));
        let _ = excess.interval(x, y);
        let _ = interval::quantile_at_least(&sample, x, y);
        if outside {
            prop_assert!(excess.quantile_at_most(x, 0.1).is_none());
            prop_assert!(excess.quantile_at_most(0.5, x).is_none());
        }
        let arm = |prior: f64| Arm { slots: n as u32, prior: (prior, 0.5) };
        let blocks = [(m as u32, 0), (1, 1)];
        for trail in [
            two_sample::log_e_difference(&blocks, arm(x), arm(0.5), y),
            two_sample::log_e_restricted(&blocks, arm(0.5), arm(y), x),
        ] {
            prop_assert!(trail.is_none_or(|trail| trail.into_iter().all(evidence)));
        }
        let ends = two_sample::difference_interval(&blocks, arm(0.5), arm(0.5), x, 9);
        prop_assert!(ends.is_none_or(|ends| ends.low >= -1.0 && ends.low <= ends.high));
        prop_assert!(growth(x, y, n as u32) >= 0.0);
        let table = TwoByTwo {
            controls_opened: n, controls_failed: m, rivals_opened: m, rivals_failed: n,
        };
        prop_assert!(evidence(Grid::informed().log_e_two_sided(table)));
        let pairs = Discordant { control_only: n, rival_only: m };
        prop_assert!(evidence(pairs.log_e_two_sided()));
        let cell = Candidate {
            seen: table, controls: m as u32, log_e: LogE::ONE, log_threshold: x,
            host: n as usize, tokens: m as u32, decided: false,
        };
        prop_assert!(choose(&[cell], &[], 3, &mut words(seed)).is_empty());
        let chosen = choose(&[Candidate { host: 0, ..cell }], &[u32::MAX], 3, &mut words(seed));
        prop_assert_eq!(chosen.len(), usize::from(x.is_finite()));
        let rates = Rates { control: x, rival: y };
        let simulation = Simulation { runs: 2, horizon: 5 };
        let _ = planning::permuted_blocks(rates, 3, y, simulation, &mut words(seed));
        let _ = planning::coin_flips(rates, &Grid::informed(), x, simulation, &mut words(seed));
        let _ = planning::robust_certificate(rates, 3, y, x, simulation, &mut words(seed));
        let _ = planning::fast_certificate(rates, y, x, simulation, &mut words(seed));
        let _ = planning::oracle(rates, y, x, simulation, &mut words(seed));
        prop_assert!(!outside || planning::fisher_per_arm(rates, x, 0.9).is_none());
        prop_assert!(!outside || planning::obrien_fleming(rates, 0.1, x, m as u32).is_none());
        let _ = planning::obrien_fleming_constant(x, m as u32 % 4);
    }

    #[test]
    fn what_strangers_wrote_is_checked(text in "[\\[\\]{}\":,0-9a-z_.eE+-]{0,80}") {
        let _ = serde_json::from_str::<Watch>(&text);
        let _ = serde_json::from_str::<SymbolEvidence>(&text);
        let _ = serde_json::from_str::<Excess>(&text);
        let _ = serde_json::from_str::<Alphabet>(&text);
    }
}

#[test]
fn impossible_states_are_refused() {
    let infinite =
        r#"{"restart":{"last_day":3,"ln_m":["inf","0","0","0","0","0","0","0","0","0","0","0"]}}"#;
    assert!(serde_json::from_str::<Watch>(infinite).is_err());
    let short = r#"{"restart":{"last_day":3,"ln_m":["0"]}}"#;
    assert!(serde_json::from_str::<Watch>(short).is_err());
    let certain =
        r#"{"alphabet":{"next":[0,1],"bad":[]},"control":[1,1],"rival":[1,1],"log_e":["NaN"]}"#;
    assert!(serde_json::from_str::<SymbolEvidence>(certain).is_err());
    let circle = r#"{"next":[1,2,0],"bad":[]}"#;
    assert!(serde_json::from_str::<Alphabet>(circle).is_err());
    assert!(Tree::new(vec![Some(0)], vec![]).is_err());
    assert!(Tree::new(vec![None], vec![1]).is_err());
    assert!(Alphabet::new(vec![0, 9], vec![]).is_err());
    assert!(Alphabet::plain(13).is_err() && Alphabet::plain(1).is_err());
}
