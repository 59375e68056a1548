//! Outcomes over time: two bands, the rival's link and the controls, and in
//! each a line for every kind of outcome.

use std::collections::BTreeMap;

use maud::{Markup, html};
use moongate_glossary::Arm;

use super::{Scale, WIDTH, figure, mark, n, tick_x, time_ticks};
use crate::explain::class_and_code;
use crate::format::Zone;
use crate::input::OutcomePoint;
use crate::language::{Words, count};

const CLASSES: [&str; 4] = ["met", "not-met", "inconclusive", "not-applicable"];
const LEFT: f64 = 190.0;
const RIGHT: f64 = WIDTH - 24.0;
const ROW: f64 = 26.0;
const BAND_GAP: f64 = 34.0;
/// Marks closer than this are drawn as one, larger mark.
const BIN: f64 = 9.0;

/// The plot; none without points.
pub(crate) fn outcomes(words: &Words, zone: Zone, points: &[OutcomePoint]) -> Option<Markup> {
    let low = points.iter().map(|p| p.at_ms).min()?;
    let high = points.iter().map(|p| p.at_ms).max()?;
    let shown: Vec<&str> = CLASSES
        .into_iter()
        .filter(|class| {
            points
                .iter()
                .any(|p| class_and_code(&p.outcome).0 == *class)
        })
        .collect();
    let scale = Scale::new(
        0.0,
        high.saturating_sub(low) as f64,
        LEFT + 10.0,
        RIGHT - 10.0,
    );
    let band = ROW * shown.len() as f64;
    let bottom = BAND_GAP + band + BAND_GAP + band + 8.0;
    let drawing = html! {
        @for (at, label) in time_ticks(low, high, zone, 6) {
            (tick_x(scale.at(at.saturating_sub(low) as f64), 20.0, bottom, &label))
        }
        @for (nth, arm) in [Arm::Rival, Arm::Control].into_iter().enumerate() {
            @let top = BAND_GAP + nth as f64 * (band + BAND_GAP);
            text.band x="0" y=(n(top - 10.0)) { (words.say(arm_id(arm))) }
            @for (row, class) in shown.iter().enumerate() {
                @let y = top + ROW * (row as f64 + 0.5);
                text.tick x=(n(LEFT - 12.0)) y=(n(y + 4.0)) text-anchor="end" { (words.say(&format!("outcome-{class}-short"))) }
                line.base x1=(n(LEFT)) x2=(n(RIGHT)) y1=(n(y)) y2=(n(y)) {}
                @for (bin, times) in binned(points, arm, class, low, scale) {
                    (mark(class, (bin as f64 + 0.5) * BIN, y, mark_size(times)))
                }
            }
        }
        text.axis x=(n(RIGHT)) y=(n(bottom + 38.0)) text-anchor="end" { (zone.instant(low, words.language)) " – " (zone.instant(high, words.language)) }
    };
    let about = words.with(
        "plot-outcomes-about",
        &[("points", count(points.len() as u64))],
    );
    let title = words.say("plot-outcomes");
    Some(figure("outcomes", bottom + 46.0, &title, &about, &drawing))
}

/// The message id of an arm.
pub(crate) fn arm_id(arm: Arm) -> &'static str {
    match arm {
        Arm::Rival => "arm-rival",
        Arm::Control => "arm-control",
    }
}

fn binned(
    points: &[OutcomePoint],
    arm: Arm,
    class: &str,
    low: i64,
    scale: Scale,
) -> BTreeMap<i64, u64> {
    let mut bins = BTreeMap::new();
    for point in points {
        if point.arm == arm && class_and_code(&point.outcome).0 == class {
            let x = scale.at(point.at_ms.saturating_sub(low) as f64);
            *bins.entry((x / BIN) as i64).or_default() += 1;
        }
    }
    bins
}

fn mark_size(times: u64) -> f64 {
    (6.0 + 2.0 * (times as f64).ln()).min(18.0)
}
