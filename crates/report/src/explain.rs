//! What is said of a finding: exact, cautious, in two sentences.
//!
//! *Kept* is never said without its margin, *Open* never as good news, an
//! imported measurement never as a randomised one, and a replay never of a
//! company but of its stand-in. Not here: the words themselves (`locales/`),
//! and any judging.

use fluent_bundle::FluentValue;
use moongate_glossary::{Decision, Effect, EffectUnit, Finding, Ground, Outcome, Tally};

use crate::format::{self, Zone};
use crate::input::{CellView, Standing};
use crate::language::{Words, count, text};
use crate::matrix::Index;

/// The word of a decision in message ids and style classes.
pub(crate) fn decision_word(decision: Option<Decision>) -> &'static str {
    match decision {
        Some(Decision::Broken) => "broken",
        Some(Decision::Kept) => "kept",
        Some(Decision::Open) => "open",
        None => "none",
    }
}

/// The word of a ground in message ids.
pub(crate) fn ground_word(ground: Ground) -> &'static str {
    match ground {
        Ground::Randomised => "randomised",
        Ground::ExchangeableWithinHour => "exchangeable",
        Ground::ToleranceGivenPast => "tolerance",
    }
}

/// What was found, and how sure that is.
pub(crate) fn sentences(words: &Words, index: &Index<'_>, view: &CellView) -> [String; 2] {
    match &view.finding {
        None => [
            words.with("found-none", &who(words, index, view)),
            words.say("sure-none"),
        ],
        Some(finding) => [
            what(words, index, view, finding),
            how_sure(words, finding, index),
        ],
    }
}

type Argument<'a> = (&'static str, FluentValue<'a>);

fn who<'a>(words: &Words, index: &Index<'a>, view: &'a CellView) -> Vec<Argument<'a>> {
    let language = words.language;
    let name = index.platform(&view.cell.platform, language);
    vec![
        ("platform", text(platform_in_words(words, index, name))),
        ("scene", text(index.scene(&view.cell.scene, language))),
        (
            "destination",
            text(index.destination(&view.cell.destination, language)),
        ),
        ("clause", text(index.clause_name(&view.cell, language))),
    ]
}

/// A company's service by name, or its stand-in where a replay was measured.
pub(crate) fn platform_in_words(words: &Words, index: &Index<'_>, name: &str) -> String {
    if index.input.replay {
        words.with("stand-in", &[("name", text(name.to_owned()))])
    } else {
        name.to_owned()
    }
}

fn what(words: &Words, index: &Index<'_>, view: &CellView, finding: &Finding) -> String {
    let id = match finding.decision {
        Decision::Open => "found-open".to_owned(),
        decision => format!(
            "found-{}-{}",
            decision_word(Some(decision)),
            ground_word(finding.ground)
        ),
    };
    let mut args = who(words, index, view);
    args.push(("margin", text(margin(words, finding, finding.margin))));
    args.push(("tolerance", text(tolerance(finding))));
    args.push(("effect", text(effect_aside(words, finding))));
    words.with(&id, &args)
}

fn how_sure(words: &Words, finding: &Finding, index: &Index<'_>) -> String {
    if finding.trials_used == 0 {
        return words.say("sure-no-trial");
    }
    let id = match finding.decision {
        Decision::Open => "sure-open".to_owned(),
        decision => format!(
            "sure-{}-{}",
            decision_word(Some(decision)),
            ground_word(finding.ground)
        ),
    };
    let smallest = finding.certified_margin.map_or_else(String::new, |at| {
        words.with(
            "sure-smallest",
            &[("margin", text(margin(words, finding, at)))],
        )
    });
    words.with(
        &id,
        &[
            ("alpha", text(format::percent(finding.alpha))),
            ("cells", count(finding.cells)),
            ("trials", count(finding.trials_used)),
            ("broken", text(format::evidence(finding.log_e_broken))),
            (
                "broken-needed",
                text(format::evidence(finding.log_threshold_broken)),
            ),
            ("kept", text(format::evidence(finding.log_e_kept))),
            (
                "kept-needed",
                text(format::evidence(finding.log_threshold_kept)),
            ),
            (
                "kept-bound",
                text(format::percent((-finding.log_threshold_kept).exp())),
            ),
            ("margin", text(margin(words, finding, finding.margin))),
            ("smallest", text(smallest)),
            ("replay", text(yes_no(index.input.replay))),
        ],
    )
}

fn yes_no(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

/// The tolerated share in words; the margin of findings that state none.
pub(crate) fn tolerance(finding: &Finding) -> String {
    format::percent(finding.tolerance.unwrap_or(finding.margin))
}

/// A margin in words. It is a difference of shares where links are compared,
/// and a share where they are not; never the unit of the effect.
pub(crate) fn margin(words: &Words, finding: &Finding, value: f64) -> String {
    match finding.ground {
        Ground::ToleranceGivenPast => format::percent(value),
        Ground::Randomised | Ground::ExchangeableWithinHour => words.with(
            "percentage-points",
            &[("points", text(format::decimal(value * 100.0, 2)))],
        ),
    }
}

/// The effect as an aside inside a sentence; empty where there is none.
fn effect_aside(words: &Words, finding: &Finding) -> String {
    let Some(effect) = finding.effect else {
        return String::new();
    };
    let id = match (effect.unit, effect.point < 0.0) {
        (EffectUnit::Share, _) => "aside-share",
        (EffectUnit::ShareDifference, false) => "aside-more-often",
        (EffectUnit::ShareDifference, true) => "aside-less-often",
        (EffectUnit::Milliseconds, false) => "aside-later",
        (EffectUnit::Milliseconds, true) => "aside-sooner",
    };
    let amount = match effect.unit {
        EffectUnit::ShareDifference => words.with(
            "percentage-points",
            &[(
                "points",
                text(format::decimal(effect.point.abs() * 100.0, 1)),
            )],
        ),
        unit => format::amount(effect.point.abs(), unit, words.language),
    };
    words.with(id, &[("amount", text(amount))])
}

/// The effect with its interval, as it stands in tables and beside plots.
pub(crate) fn effect_with_interval(words: &Words, effect: &Effect) -> String {
    let point = match effect.unit {
        EffectUnit::ShareDifference => words.with(
            "percentage-points",
            &[("points", text(format::decimal(effect.point * 100.0, 1)))],
        ),
        unit => format::amount(effect.point, unit, words.language),
    };
    // The unit of a difference is long; it is said once.
    let end = |value: f64| match effect.unit {
        EffectUnit::ShareDifference => format::decimal(value * 100.0, 1),
        unit => format::amount(value, unit, words.language),
    };
    match effect.interval {
        Some(span) => words.with(
            "effect-with-interval",
            &[
                ("point", text(point)),
                ("low", text(end(span.low))),
                ("high", text(end(span.high))),
            ],
        ),
        None => words.with("effect-without-interval", &[("point", text(point))]),
    }
}

/// One line of what was seen of an arm.
pub(crate) struct TallyLine {
    /// `met`, `not-met`, `inconclusive`, `not-applicable`.
    pub(crate) class: &'static str,
    /// In words, with the reason and the side.
    pub(crate) words: String,
    /// How often.
    pub(crate) count: u64,
}

/// What was seen of an arm, in words, most telling first.
pub(crate) fn tally_lines(words: &Words, index: &Index<'_>, tally: &Tally) -> Vec<TallyLine> {
    let mut lines = vec![TallyLine {
        class: "met",
        words: words.say("outcome-met"),
        count: tally.met,
    }];
    let mut add = |class: &'static str, reasons: &std::collections::BTreeMap<String, u64>| {
        for (reason, &count) in reasons {
            lines.push(TallyLine {
                class,
                words: outcome_in_words(words, index, class, reason),
                count,
            });
        }
    };
    add("not-met", &tally.not_met);
    add("inconclusive", &tally.inconclusive);
    add("not-applicable", &tally.not_applicable);
    lines
}

/// An outcome's class and its reason code in words. For inconclusives the
/// code is `side/reason`.
pub(crate) fn outcome_in_words(
    words: &Words,
    index: &Index<'_>,
    class: &str,
    code: &str,
) -> String {
    let (side, reason) = match code.split_once('/') {
        Some((side, reason)) if class == "inconclusive" => (Some(side), reason),
        _ => (None, code),
    };
    let said = index
        .input
        .reasons
        .get(reason)
        .map_or(reason, |given| given.pick(words.language))
        .to_owned();
    let mut args = vec![("reason", text(said))];
    if let Some(side) = side {
        args.push(("side", text(side_in_words(words, side))));
        return words.with("outcome-inconclusive", &args);
    }
    let id = match class {
        "not-met" => "outcome-not-met",
        "not-applicable" => "outcome-not-applicable",
        "met" => return words.say("outcome-met"),
        _ => "outcome-inconclusive-no-side",
    };
    words.with(id, &args)
}

/// Whose side failed, in words; an unknown word is shown as it is.
pub(crate) fn side_in_words(words: &Words, side: &str) -> String {
    words
        .lookup(&format!("side-{side}"), &[])
        .unwrap_or_else(|| side.to_owned())
}

/// The class and code of an outcome, as tallies have them.
pub(crate) fn class_and_code(outcome: &Outcome) -> (&'static str, String) {
    match outcome {
        Outcome::Met => ("met", String::new()),
        Outcome::NotMet { reason } => ("not-met", reason.clone()),
        Outcome::Inconclusive { side, reason } => {
            ("inconclusive", format!("{}/{reason}", side.word()))
        }
        Outcome::NotApplicable { reason } => ("not-applicable", reason.clone()),
    }
}

/// How many observations of a tally were inconclusive, and how many there are.
pub(crate) fn inconclusive_of(tally: &Tally) -> (u64, u64) {
    let inconclusive: u64 = tally.inconclusive.values().sum();
    let rest: u64 = tally
        .not_met
        .values()
        .chain(tally.not_applicable.values())
        .sum();
    (inconclusive, inconclusive + rest + tally.met)
}

/// Inconclusives by side over both arms, in the order of the sides.
pub(crate) fn sides(words: &Words, finding: &Finding) -> Vec<(String, u64)> {
    let mut by_side = std::collections::BTreeMap::<&str, u64>::new();
    for tally in [&finding.rival, &finding.controls] {
        for (code, n) in &tally.inconclusive {
            let side = code.split_once('/').map_or("unknown", |(side, _)| side);
            *by_side.entry(side).or_default() += n;
        }
    }
    by_side
        .into_iter()
        .map(|(side, n)| (side_in_words(words, side), n))
        .collect()
}

/// When a standing was last measured, where the report speaks of a later day;
/// and whether that was before the deadline.
pub(crate) fn last_measured(
    words: &Words,
    zone: Zone,
    standing: &Standing,
    report_ms: i64,
) -> Option<String> {
    let day = |ms| zone.date(ms, words.language);
    if day(standing.as_of_ms) == day(report_ms) {
        return None;
    }
    let before = standing.as_of_ms < standing.due_ms && report_ms >= standing.due_ms;
    let id = if before {
        "last-measured-before-deadline"
    } else {
        "last-measured"
    };
    Some(words.with(id, &[("at", text(day(standing.as_of_ms)))]))
}

/// A due date against the instant of the report, in words.
pub(crate) fn days_from_due(words: &Words, due_ms: i64, as_of_ms: i64) -> String {
    const DAY_MS: i64 = 86_400_000;
    let past = as_of_ms.saturating_sub(due_ms);
    let days = past.unsigned_abs() / DAY_MS.unsigned_abs();
    let id = match (past > 0, days) {
        (true, 0) => "due-just-passed",
        (true, _) => "due-past",
        (false, 0) => "due-today",
        (false, _) => "due-ahead",
    };
    words.with(id, &[("days", count(days))])
}
