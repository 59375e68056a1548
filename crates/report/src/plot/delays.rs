//! Times to hand-over, on a logarithmic axis with the material thresholds.

use maud::{Markup, html};
use moongate_glossary::Arm;

use super::outcomes::arm_id;
use super::{Scale, WIDTH, figure, n};
use crate::format;
use crate::input::DelayPoint;
use crate::language::{Words, count, text};

const LEFT: f64 = 24.0;
const RIGHT: f64 = WIDTH - 24.0;
const TOP: f64 = 30.0;
const BAND: f64 = 74.0;
const BOTTOM: f64 = TOP + 2.0 * BAND;
const DECADES: [f64; 7] = [1.0, 10.0, 100.0, 1_000.0, 10_000.0, 100_000.0, 1_000_000.0];
/// Where a delay begins to matter; the bins of the judge stand at these.
const MATERIAL: [f64; 4] = [250.0, 1_000.0, 2_000.0, 4_000.0];

/// The plot; none without points.
pub(crate) fn delays(words: &Words, points: &[DelayPoint]) -> Option<Markup> {
    let measured = || {
        points
            .iter()
            .map(|p| p.delay_ms)
            .filter(|ms| ms.is_finite())
    };
    let low = measured().reduce(f64::min)?.clamp(1.0, 100.0);
    let high = measured().reduce(f64::max)?.clamp(5_000.0, 1e6);
    let scale = Scale::new(low.log10() - 0.1, high.log10() + 0.1, LEFT, RIGHT);
    let drawing = html! {
        @for at in DECADES.into_iter().filter(|at| (scale.low..=scale.high).contains(&at.log10())) {
            (super::tick_x(scale.at(at.log10()), TOP, BOTTOM, &format::duration(at, words.language)))
        }
        @for at in MATERIAL {
            @let x = scale.at(at.log10());
            line.margin x1=(n(x)) x2=(n(x)) y1=(n(TOP - 6.0)) y2=(n(BOTTOM)) {}
            text.axis x=(n(x)) y=(n(TOP - 12.0)) text-anchor="middle" { (format::duration(at, words.language)) }
        }
        @for (nth, arm) in [Arm::Rival, Arm::Control].into_iter().enumerate() {
            (band(words, points, arm, TOP + nth as f64 * BAND, scale))
        }
    };
    let about = words.with(
        "plot-delays-about",
        &[
            ("points", count(points.len() as u64)),
            ("rival", text(median_in_words(words, points, Arm::Rival))),
            (
                "control",
                text(median_in_words(words, points, Arm::Control)),
            ),
        ],
    );
    let title = words.say("plot-delays");
    Some(figure("delays", BOTTOM + 28.0, &title, &about, &drawing))
}

fn band(words: &Words, points: &[DelayPoint], arm: Arm, top: f64, scale: Scale) -> Markup {
    let class = if arm == Arm::Rival {
        "rival"
    } else {
        "control"
    };
    let mine = points
        .iter()
        .filter(|p| p.arm == arm && p.delay_ms.is_finite());
    html! {
        line.base x1=(n(LEFT)) x2=(n(RIGHT)) y1=(n(top + BAND)) y2=(n(top + BAND)) {}
        text.band x=(n(LEFT)) y=(n(top + 16.0)) { (words.say(arm_id(arm))) " · " (median_in_words(words, points, arm)) }
        @for (nth, point) in mine.enumerate() {
            // Spread over a few lines, so that equal figures are seen as many.
            @let y = top + 30.0 + (nth % 6) as f64 * 6.5;
            circle class=(format!("dot {class}")) cx=(n(scale.at(point.delay_ms.max(1.0).log10()))) cy=(n(y)) r="3" {}
        }
        @if let Some(middle) = median(points, arm) {
            @let x = scale.at(middle.max(1.0).log10());
            path class=(format!("median {class}")) d=(format!("M{} {}V{}", n(x), n(top + 24.0), n(top + BAND - 4.0))) {}
        }
    }
}

/// The middle time of an arm, milliseconds.
pub(crate) fn median(points: &[DelayPoint], arm: Arm) -> Option<f64> {
    let mut mine: Vec<f64> = points
        .iter()
        .filter(|p| p.arm == arm && p.delay_ms.is_finite())
        .map(|p| p.delay_ms)
        .collect();
    mine.sort_by(f64::total_cmp);
    let (low, high) = (mine.len().checked_sub(1)? / 2, mine.len() / 2);
    Some((mine.get(low)? + mine.get(high)?) / 2.0)
}

fn median_in_words(words: &Words, points: &[DelayPoint], arm: Arm) -> String {
    median(points, arm).map_or_else(
        || words.say("delay-none"),
        |ms| {
            words.with(
                "delay-median",
                &[("delay", text(format::duration(ms, words.language)))],
            )
        },
    )
}
