//! What must hold for every input, drawn at random.

use moongate_stats::absolute::Share;
use moongate_stats::block::{BlockCounts, BlockShape, ShapeCount};
use moongate_stats::certificate::{Allocation, Parity, TwoByTwo, projection, ripr_log_e};
use moongate_stats::grid::Grid;
use moongate_stats::many::{Adjuster, CurrentE, Lond, PeakE, accuse, e_bh, p_to_e};
use moongate_stats::mcnemar::Discordant;
use moongate_stats::ordinal::{Ordinal, ThresholdWeights};
use moongate_stats::{Interval, LogE, bernoulli, boundary, fixed, interval, predictable};
use proptest::collection::vec;
use proptest::prelude::*;

type Slots = (Option<u8>, Vec<Option<u8>>);

fn slot(levels: u8) -> impl Strategy<Value = Option<u8>> {
    prop::option::weighted(0.8, 0..levels)
}

fn blocks(levels: u8) -> impl Strategy<Value = Vec<Slots>> {
    vec((slot(levels), vec(slot(levels), 0..6)), 0..30)
}

fn ordinal(levels: usize, blocks: &[Slots]) -> Ordinal {
    let mut evidence = Ordinal::new(levels);
    for (rival, controls) in blocks {
        evidence.add_block(*rival, controls);
    }
    evidence
}

/// Numbers that break careless arithmetic.
fn hostile() -> impl Strategy<Value = f64> {
    prop_oneof![
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(f64::NEG_INFINITY),
        Just(0.0),
        Just(-0.0),
        Just(1.0),
        Just(-1.0),
        Just(f64::MIN_POSITIVE),
        Just(5e-324),
        Just(f64::MAX),
        Just(1.0 - f64::EPSILON / 2.0),
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
        0..1_000_000_u64,
    ]
}

fn is_evidence(log_e: LogE) -> bool {
    !log_e.ln().is_nan() && log_e.ln() < f64::INFINITY
}

fn is_interval(interval: Interval) -> bool {
    interval.low <= interval.point && interval.point <= interval.high
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn order_of_slots_and_blocks_leaves_no_trace(
        (all, shuffled) in blocks(6).prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
    ) {
        let mirrored: Vec<Slots> = shuffled
            .into_iter()
            .map(|(rival, controls)| (rival, controls.into_iter().rev().collect()))
            .collect();
        let (a, b) = (ordinal(6, &all), ordinal(6, &mirrored));
        prop_assert_eq!(&a, &b);
        prop_assert_eq!(a.log_e().ln().to_bits(), b.log_e().ln().to_bits());
    }

    #[test]
    fn merging_parts_gives_the_same_bits_as_the_whole(all in blocks(5), cut in 0..30_usize) {
        let cut = cut.min(all.len());
        let mut merged = ordinal(5, &all[cut..]);
        merged.merge(&ordinal(5, &all[..cut])).unwrap();
        let whole = ordinal(5, &all);
        prop_assert_eq!(&merged, &whole);
        prop_assert_eq!(merged.log_e().ln().to_bits(), whole.log_e().ln().to_bits());
    }

    #[test]
    fn levels_count_by_order_only(all in blocks(4), gaps in vec(0..3_u8, 3)) {
        // Levels 0..4 are spread out over a longer scale; the weights move along.
        let mut place = vec![0_u8];
        for gap in &gaps {
            place.push(place[place.len() - 1] + 1 + gap);
        }
        let mut weights = vec![0.0; usize::from(place[3])];
        for (level, weight) in [(1, 1.0), (2, 2.0), (3, 5.0)] {
            weights[usize::from(place[level]) - 1] = weight;
        }
        let mut short =
            Ordinal::weighted(ThresholdWeights::new(vec![1.0, 2.0, 5.0]).unwrap());
        let mut long = Ordinal::weighted(ThresholdWeights::new(weights).unwrap());
        let moved = |level: Option<u8>| level.map(|level| place[usize::from(level)]);
        for (rival, controls) in &all {
            short.add_block(*rival, controls);
            long.add_block(moved(*rival), &controls.iter().map(|l| moved(*l)).collect::<Vec<_>>());
        }
        prop_assert!((short.log_e().ln() - long.log_e().ln()).abs() < 1e-9);
    }

    #[test]
    fn a_worse_rival_never_lessens_the_evidence(all in blocks(5), at in 0..30_usize) {
        let mut worse = all.clone();
        if let Some((Some(level), _)) = worse.get_mut(at) {
            *level = (*level + 1).min(4);
        }
        prop_assert!(ordinal(5, &worse).log_e().ln() >= ordinal(5, &all).log_e().ln() - 1e-12);
    }

    #[test]
    fn states_come_back_from_text_to_the_bit(all in blocks(7)) {
        let state = ordinal(7, &all);
        let text = serde_json::to_string(&state).unwrap();
        let back: Ordinal = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&back, &state);
        prop_assert_eq!(back.log_e().ln().to_bits(), state.log_e().ln().to_bits());
        prop_assert_eq!(serde_json::to_string(&back).unwrap(), text);
    }

    #[test]
    fn shares_come_back_from_text_to_the_bit(values in vec(0.0..=1.0_f64, 0..20)) {
        let mut share = Share::default();
        for x in &values {
            share.add(*x);
        }
        share.add_of(1, 3);
        let text = serde_json::to_string(&share).unwrap();
        let back: Share = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(back.log_e_above(0.2), share.log_e_above(0.2));
        prop_assert_eq!(back, share);
    }

    #[test]
    fn parity_and_its_mirror_image_agree(
        all in vec((any::<bool>(), 0..=4_u32), 1..60), delta in 0.01..0.9_f64,
    ) {
        let (mut parity, mut mirror) = (Parity::default(), Parity::default());
        for (rival, failures) in &all {
            parity.add_block(*rival, *failures, 4);
            mirror.add_block(!*rival, 4 - failures, 4);
        }
        let (a, b) = (parity.log_e_not_worse_by(delta), mirror.log_e_not_better_by(delta));
        prop_assert!((a.ln() - b.ln()).abs() < 1e-9);
        let (i, j) = (parity.interval(0.1), mirror.interval(0.1));
        prop_assert!(is_interval(i));
        prop_assert!((i.low + j.high).abs() < 0.0021 && (i.high + j.low).abs() < 0.0021);
    }

    #[test]
    fn a_certified_margin_is_certified_and_the_next_smaller_is_not(
        all in vec((prop::bool::weighted(0.1), 0..=2_u32), 20..200),
    ) {
        let mut parity = Parity::default();
        for (rival, failures) in &all {
            parity.add_block(*rival, *failures, 4);
        }
        let needed = f64::ln(100.0);
        if let Some(margin) = parity.smallest_margin(needed) {
            prop_assert!(parity.log_e_not_worse_by(margin).ln() >= needed);
            prop_assert!(parity.log_e_not_worse_by(f64::midpoint(margin, 1.0)).ln() >= needed);
            let below = margin - 0.001;
            prop_assert!(below < 0.0005 || parity.log_e_not_worse_by(below).ln() < needed);
            prop_assert!(parity.interval(0.02).high <= margin + 1e-9);
        }
    }

    #[test]
    fn a_narrower_error_gives_a_wider_interval(values in vec(-5.0..5.0_f64, 0..80)) {
        if let (Some(wide), Some(narrow)) =
            (interval::median(&values, 0.01), interval::median(&values, 0.2))
        {
            prop_assert!(wide.low <= narrow.low && narrow.high <= wide.high);
            prop_assert!(is_interval(wide) && is_interval(narrow));
        }
        prop_assert!(values.len() >= 5 || interval::median(&values, 0.05).is_none());
    }

    #[test]
    fn shares_are_bounded_by_what_they_certify(values in vec(0.0..=1.0_f64, 1..60)) {
        let mut share = Share::default();
        for x in &values {
            share.add(*x);
        }
        let interval = share.interval(0.1).unwrap();
        prop_assert!(is_interval(interval) && interval.low >= 0.0 && interval.high <= 1.0);
        prop_assert!(interval.low < 1e-9 || accuse(share.log_e_above(interval.low), 0.05, 1));
        prop_assert!(interval.high > 1.0 - 1e-9 || accuse(share.log_e_below(interval.high), 0.05, 1));
    }

    #[test]
    fn e_bh_names_at_least_whom_bonferroni_names(logs in vec(-5.0..20.0_f64, 1..60)) {
        let cells: Vec<CurrentE> =
            logs.iter().map(|l| CurrentE::new(LogE::new(*l).unwrap())).collect();
        let named = e_bh(&cells, 0.05);
        for (cell, named) in cells.iter().zip(&named) {
            prop_assert!(*named || !accuse(cell.log_e(), 0.05, cells.len() as u64));
        }
        // Plain definition: the largest k with e_(k) ≥ m/(αk).
        let mut sorted = logs.clone();
        sorted.sort_by(|a, b| b.total_cmp(a));
        let m = logs.len() as f64;
        let k = (1..=sorted.len()).rev().find(|k| sorted[k - 1].exp() >= m / (0.05 * *k as f64));
        prop_assert_eq!(named.iter().filter(|named| **named).count(), k.unwrap_or(0));
    }

    #[test]
    fn adjusted_peaks_are_smaller_and_rise(a in 0.0..600.0_f64, b in 0.0..600.0_f64) {
        for adjuster in [Adjuster::Lookback, Adjuster::SquareRoot] {
            let adjusted = |l: f64| PeakE::new(LogE::new(l).unwrap()).adjust(adjuster).log_e();
            prop_assert!(adjusted(a).ln() <= a);
            prop_assert!((a <= b) == (adjusted(a) <= adjusted(b)) || (a - b).abs() < 1e-9);
        }
    }

    #[test]
    fn nothing_hostile_panics_or_decides(
        x in hostile(), y in hostile(), z in hostile(), n in hostile_count(), m in hostile_count(),
        sample in vec(hostile(), 0..8),
    ) {
        prop_assert!(!accuse(LogE::ZERO, x, n));
        if !(x > 0.0 && x < 1.0) {
            prop_assert!(!accuse(LogE::new(1e300).unwrap(), x, n));
            prop_assert!(Lond::new(x).is_none());
        }
        prop_assert!(!accuse(LogE::ONE, x, n));
        prop_assert!(is_evidence(p_to_e(x, y)));

        let shape = BlockShape::new(4, 1, true).unwrap();
        let mut counts: BlockCounts = [ShapeCount { shape, blocks: n }].into_iter().collect();
        counts.add_many(shape, m);
        prop_assert!(is_evidence(counts.log_e()) && is_evidence(counts.log_e_at(x)));
        if n.checked_add(m).is_none_or(|sum| sum > 1 << 53) {
            prop_assert_eq!(counts.log_e(), LogE::ZERO);
        }

        let mut share = Share::default();
        share.add_many(x, n);
        share.add_many(y, m);
        share.add(z);
        share.add_of(n as u32, m as u32);
        prop_assert!(is_evidence(share.log_e_above(x)) && is_evidence(share.log_e_below(y)));
        if let Some(interval) = share.interval(z) {
            prop_assert!(is_interval(interval));
        }

        let mut parity = Parity::default();
        parity.add_block(true, n as u32, m as u32);
        parity.add_block(false, u32::MAX, u32::MAX);
        prop_assert!(is_evidence(parity.log_e_not_worse_by(x)));
        prop_assert!(is_evidence(parity.log_e_equivalent_within(y)));
        prop_assert!(is_interval(parity.interval(z)));
        let _ = parity.smallest_margin(x);

        let table = TwoByTwo {
            controls_opened: n, controls_failed: m, rivals_opened: m, rivals_failed: n,
        };
        prop_assert!(is_evidence(Grid::informed().log_e(table)));
        prop_assert!(is_evidence(ripr_log_e(table, x, Allocation::PAIR)));
        let _ = projection(x, y, z, Allocation { controls: n as u32, rivals: m as u32 });
        let pairs = Discordant { control_only: n, rival_only: m };
        prop_assert!(is_evidence(pairs.log_e()));
        prop_assert!(is_evidence(bernoulli::log_e_below(n, m, x)));
        if let Some(interval) = bernoulli::interval(n, m, x) {
            prop_assert!(is_interval(interval));
        }
        if let Some(interval) = interval::quantile(&sample, x, y) {
            prop_assert!(is_interval(interval));
        }
        let _ = predictable::hedged_bounds(&sample, x, true);
        let _ = predictable::diversified_kelly_bounds(&sample, 3, x);
        let _ = predictable::empirical_bernstein_bounds(&sample, x);
        let _ = boundary::quantile_ab_p(&sample, &sample, x, y);
        let _ = boundary::rate_interval(x, n as u32, y, z);
        let _ = boundary::poly_stitching(x, y, z, 1.0);
        let _ = boundary::double_stitching(x, y, z, 10.0);
        let _ = boundary::empirical_process(x, y, z, 0.85);
        let _ = fixed::score_equivalence(table, x);
        let _ = fixed::mann_whitney_less(&sample, &[1.0, 2.0]);
    }

    #[test]
    fn what_strangers_wrote_is_checked(text in "[\\[\\]{}\":,0-9a-z_.eE+-]{0,80}") {
        let _ = serde_json::from_str::<Ordinal>(&text);
        let _ = serde_json::from_str::<Parity>(&text);
        let _ = serde_json::from_str::<Share>(&text);
    }
}

#[test]
fn impossible_states_are_refused() {
    let bad_shape = r#"[{"shape":{"controls":4,"failures":6,"rival_failed":true},"blocks":1}]"#;
    assert!(serde_json::from_str::<Parity>(bad_shape).is_err());
    let bad_weights = r#"{"weights":["-1.0"],"thresholds":[[]]}"#;
    assert!(serde_json::from_str::<Ordinal>(bad_weights).is_err());
    let bad_lengths = r#"{"weights":["1.0"],"thresholds":[[],[]]}"#;
    assert!(serde_json::from_str::<Ordinal>(bad_lengths).is_err());
    let mut six = Ordinal::new(6);
    assert!(six.merge(&Ordinal::new(5)).is_err());
    assert!(ThresholdWeights::new(vec![0.0, 0.0]).is_err());
    assert!(ThresholdWeights::new(vec![f64::NAN]).is_err());
    assert!(ThresholdWeights::new(vec![1.0; 16]).is_err());
}

#[test]
fn scales_of_any_size_are_taken() {
    for levels in 2..=16 {
        let fresh = Ordinal::new(levels);
        let text = serde_json::to_string(&fresh).unwrap();
        assert_eq!(serde_json::from_str::<Ordinal>(&text).unwrap(), fresh);
    }
    for levels in [0, 1, 2, 16, 17, usize::MAX] {
        let mut evidence = Ordinal::new(levels);
        evidence.add_block(Some(u8::MAX), &[Some(0); 4]);
        assert!(is_evidence(evidence.log_e()));
        assert!(evidence.levels() <= 16);
    }
    assert_eq!(Ordinal::new(1).log_e(), LogE::ONE);
    assert_eq!(Ordinal::new(6).log_e(), LogE::ONE);
}
