//! From a finding to sentences that a person can check.
//!
//! Cautious by construction: what is not shown is not said, and the
//! assumption a finding rests on stands in it.

use moongate_glossary::{Decision, EffectUnit, Finding, Ground};

/// The finding in sentences: what is held, how large, and on what it rests.
pub fn sentences(finding: &Finding, language: &str) -> Vec<String> {
    let chinese = language.starts_with("zh");
    [
        Some(held(finding, chinese)),
        size(finding, chinese),
        changed(finding, chinese),
        Some(ground(finding, chinese)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn held(finding: &Finding, chinese: bool) -> String {
    let cell = &finding.cell;
    let subject = format!(
        "{} · {} → {} [{}]",
        cell.platform, cell.scene, cell.destination, cell.round
    );
    let clause = &finding.clause_kind;
    let trials = finding.trials_used;
    match (finding.decision, chinese) {
        (Decision::Broken, false) => format!(
            "{subject}: the clause “{clause}” is broken, shown after {} of {trials} trials.",
            finding.broken_after.unwrap_or(trials)
        ),
        (Decision::Broken, true) => format!(
            "{subject}：条款“{clause}”未被遵守，在 {trials} 次试验中的第 {} 次后得到证明。",
            finding.broken_after.unwrap_or(trials)
        ),
        (Decision::Kept, false) => format!(
            "{subject}: the clause “{clause}” is kept, certified with a margin of {} after {trials} trials.",
            percent(finding.margin)
        ),
        (Decision::Kept, true) => format!(
            "{subject}：条款“{clause}”得到遵守，经 {trials} 次试验以 {} 的裕度得到证明。",
            percent(finding.margin)
        ),
        (Decision::Open, false) => {
            format!("{subject}: the clause “{clause}” is open; {trials} trials have shown neither.")
        }
        (Decision::Open, true) => {
            format!("{subject}：条款“{clause}”尚无定论；{trials} 次试验两方面均未证明。")
        }
    }
}

fn size(finding: &Finding, chinese: bool) -> Option<String> {
    let effect = finding.effect?;
    let say = |value: f64| match effect.unit {
        EffectUnit::Milliseconds => format!("{value:.0}"),
        EffectUnit::ShareDifference | EffectUnit::Share => percent(value),
    };
    let point = say(effect.point);
    let span = effect.interval.map(|span| (say(span.low), say(span.high)));
    let (before, after) = match (effect.unit, chinese) {
        (EffectUnit::Milliseconds, false) => ("The link is handed over ", " ms later"),
        (EffectUnit::Milliseconds, true) => ("该链接的移交晚 ", " 毫秒"),
        (EffectUnit::ShareDifference, false) => {
            ("It fails in ", " more of all openings than the controls")
        }
        (EffectUnit::ShareDifference, true) => ("其失败比例比对照高 ", ""),
        (EffectUnit::Share, false) => ("It fails in ", " of all openings"),
        (EffectUnit::Share, true) => ("其失败比例为 ", ""),
    };
    Some(match (span, chinese) {
        (Some((low, high)), false) => format!("{before}{point}{after} ({low} to {high})."),
        (Some((low, high)), true) => format!("{before}{point}{after}（{low} 至 {high}）。"),
        (None, false) => format!("{before}{point}{after}; too few trials for an interval."),
        (None, true) => format!("{before}{point}{after}；试验过少，无法给出区间。"),
    })
}

/// When it began, and since when it has stopped.
fn changed(finding: &Finding, chinese: bool) -> Option<String> {
    let day = |ms: i64| {
        let instant = jiff::Timestamp::from_millisecond(ms).unwrap_or_default();
        instant.to_zoned(jiff::tz::TimeZone::UTC).date()
    };
    let began = finding.began.map(|it| {
        let (likeliest, from, to) = (day(it.day_ms), day(it.from_ms), day(it.to_ms));
        if chinese {
            format!("该情况自 {likeliest}（UTC）开始（{from} 至 {to} 之间）。")
        } else {
            format!("It began on {likeliest} UTC (between {from} and {to}).")
        }
    });
    let stopped = finding.stopped.map(|it| {
        let since = day(it.day_ms);
        let margin = percent(finding.margin);
        if chinese {
            format!("经证明，自 {since}（UTC）起已停止，裕度为 {margin}。")
        } else {
            format!("It has stopped: since {since} UTC it is certified not to go on, with a margin of {margin}.")
        }
    });
    let sentences: Vec<String> = [began, stopped].into_iter().flatten().collect();
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

fn ground(finding: &Finding, chinese: bool) -> String {
    match (finding.ground, chinese) {
        (Ground::Randomised, false) => {
            "It rests on our own randomisation: a seed committed beforehand decided which link \
             stood in which slot."
        }
        (Ground::Randomised, true) => "其依据是我们自己的随机化：事先承诺的种子决定哪个链接处于哪个位置。",
        (Ground::ExchangeableWithinHour, false) => {
            "It rests on measurements made by others and not randomised by us, and on an \
             assumption: within one hour, which destination got which figure is exchangeable \
             unless destinations are treated differently."
        }
        (Ground::ExchangeableWithinHour, true) => {
            "其依据是他人所做、未经我们随机化的测量，并依赖一项假设：在同一小时内，除非目的地受到不同对待，各目的地的数值可互换。"
        }
        (Ground::ToleranceGivenPast, false) => {
            "It rests on an assumption: if the clause is kept, then in each trial, given all \
             earlier ones, the chance of a failing is at most the tolerance."
        }
        (Ground::ToleranceGivenPast, true) => {
            "其依据是一项假设：若条款得到遵守，则在每次试验中，给定此前全部试验，失败的概率不超过容许值。"
        }
    }
    .to_owned()
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}
