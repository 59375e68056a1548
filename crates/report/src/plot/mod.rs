//! Plots as SVG, drawn with numbers alone.
//!
//! Every plot has a title and a description for those who do not see it, says
//! everything by shape as well as by colour, and takes its colours from the
//! style sheet, so that it follows light and dark. The table with the same
//! data stands beside it (`site::cell`). Not here: what is plotted when.

mod delays;
mod effect;
mod evidence;
mod outcomes;

use maud::{Markup, html};

use crate::format;

pub(crate) use delays::delays;
pub(crate) use effect::effect;
pub(crate) use evidence::evidence;
pub(crate) use outcomes::outcomes;

/// Width of every plot in its own units; the page scales it.
const WIDTH: f64 = 720.0;

/// A straight map from values to places on the drawing.
#[derive(Clone, Copy)]
struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Scale {
    /// Widens an empty span, so that there is always something to divide by;
    /// what is not a span at all becomes 0 to 1.
    fn new(low: f64, high: f64, from: f64, to: f64) -> Self {
        let (low, high) = match (high - low).is_finite() {
            true if high > low => (low, high),
            true => (low, low + low.abs().max(1.0)),
            false => (0.0, 1.0),
        };
        Self {
            low,
            high,
            from,
            to,
        }
    }

    /// Where `value` lies; what lies outside is drawn at the edge.
    fn at(self, value: f64) -> f64 {
        let value = if value.is_nan() { self.low } else { value };
        let share = (value.clamp(self.low, self.high) - self.low) / (self.high - self.low);
        self.from + share * (self.to - self.from)
    }
}

/// A coordinate with one decimal: finer is not seen.
fn n(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// Round values between `low` and `high`, about `most` of them.
fn round_ticks(low: f64, high: f64, most: usize) -> Vec<f64> {
    let span = high - low;
    if !span.is_finite() || span <= 0.0 {
        return vec![low];
    }
    let rough = span / most.max(1) as f64;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|step| *step >= rough)
        .unwrap_or(10.0 * power);
    let first = (low / step).ceil() as i64;
    let last = (high / step).floor() as i64;
    (first..=last)
        .take(64)
        .map(|tick| tick as f64 * step)
        .collect()
}

/// The frame of every plot: role, title and description.
fn figure(id: &str, height: f64, title: &str, about: &str, drawing: &Markup) -> Markup {
    let (title_id, about_id) = (format!("{id}-title"), format!("{id}-about"));
    html! {
        div.plot tabindex="0" role="group" aria-label=(title) {
            svg role="img" viewBox=(format!("0 0 {} {}", n(WIDTH), n(height)))
                aria-labelledby=(format!("{title_id} {about_id}")) {
                title id=(title_id) { (title) }
                desc id=(about_id) { (about) }
                (drawing)
            }
        }
    }
}

/// A tick below a horizontal axis, with its grid line.
fn tick_x(x: f64, top: f64, bottom: f64, label: &str) -> Markup {
    html! {
        line.grid x1=(n(x)) x2=(n(x)) y1=(n(top)) y2=(n(bottom)) {}
        text.tick x=(n(x)) y=(n(bottom + 18.0)) text-anchor="middle" { (label) }
    }
}

/// A tick left of a vertical axis, with its grid line.
fn tick_y(y: f64, left: f64, right: f64, label: &str) -> Markup {
    html! {
        line.grid x1=(n(left)) x2=(n(right)) y1=(n(y)) y2=(n(y)) {}
        text.tick x=(n(left - 8.0)) y=(n(y + 4.0)) text-anchor="end" { (label) }
    }
}

/// Steps of a time axis, milliseconds.
const TIME_STEPS: [i64; 18] = [
    1_000,
    2_000,
    5_000,
    10_000,
    30_000,
    60_000,
    120_000,
    300_000,
    600_000,
    1_800_000,
    3_600_000,
    7_200_000,
    21_600_000,
    43_200_000,
    86_400_000,
    604_800_000,
    2_592_000_000,
    31_536_000_000,
];

/// Ticks at round times of the zone: instant and label.
fn time_ticks(low_ms: i64, high_ms: i64, zone: format::Zone, most: i64) -> Vec<(i64, String)> {
    let span = high_ms.saturating_sub(low_ms).max(1);
    let step = TIME_STEPS
        .into_iter()
        .find(|step| span / step <= most)
        .unwrap_or(span / most.max(1) + 1);
    let local = low_ms.saturating_add(zone.offset_ms());
    let mut at = local
        .div_euclid(step)
        .saturating_mul(step)
        .saturating_sub(zone.offset_ms());
    let mut ticks = Vec::new();
    while at <= high_ms && ticks.len() < 32 {
        if at >= low_ms {
            ticks.push((at, zone.tick(at, step)));
        }
        at = at.saturating_add(step);
    }
    ticks
}

/// The mark of an outcome, by shape and colour: disc, cross, triangle, dash.
fn mark(class: &str, x: f64, y: f64, size: f64) -> Markup {
    let half = size / 2.0;
    html! {
        @match class {
            "met" => { circle.mark.met cx=(n(x)) cy=(n(y)) r=(n(half)) {} }
            "not-met" => {
                path.mark.not-met d=(format!("M{} {}L{} {}M{} {}L{} {}",
                    n(x - half), n(y - half), n(x + half), n(y + half),
                    n(x - half), n(y + half), n(x + half), n(y - half))) {}
            }
            "inconclusive" => {
                path.mark.inconclusive d=(format!("M{} {}L{} {}L{} {}Z",
                    n(x), n(y - half), n(x + half), n(y + half), n(x - half), n(y + half))) {}
            }
            _ => { path.mark.not-applicable d=(format!("M{} {}H{}", n(x - half), n(y), n(x + half))) {} }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn places_stay_on_the_drawing(low: f64, high: f64, value: f64) {
            prop_assume!(low.is_finite() && high.is_finite() && (high - low).is_finite());
            let at = Scale::new(low, high, 10.0, 100.0).at(value);
            prop_assert!((9.9..=100.1).contains(&at), "{at}");
        }

        #[test]
        fn ticks_are_few(low in -1e12_f64..1e12, span in 1e-9_f64..1e12, at: i64, wide: i64) {
            prop_assert!(round_ticks(low, low + span, 6).len() <= 64);
            prop_assert!(time_ticks(at, wide, format::Zone::parse("+08:00"), 7).len() <= 32);
        }
    }

    #[test]
    fn ticks_are_round() {
        let ticks = round_ticks(-0.13, 0.72, 5);
        let written: Vec<String> = ticks.iter().map(|t| format!("{t:.1}")).collect();
        assert_eq!(written, ["0.0", "0.2", "0.4", "0.6"]);
    }
}
