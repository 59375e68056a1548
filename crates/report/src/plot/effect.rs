//! The effect with its interval, against nothing and against the margin.

use maud::{Markup, html};
use moongate_glossary::{Decision, Effect, EffectUnit, Finding, Ground};

use super::{Scale, WIDTH, figure, n, round_ticks, tick_x};
use crate::explain::{decision_word, effect_with_interval, margin};
use crate::format;
use crate::language::{Words, text};

const LEFT: f64 = 24.0;
const RIGHT: f64 = WIDTH - 24.0;
const TOP: f64 = 44.0;
const BOTTOM: f64 = 120.0;
const MIDDLE: f64 = 82.0;

/// The plot; none without an effect.
pub(crate) fn effect(words: &Words, finding: &Finding) -> Option<Markup> {
    let effect = finding.effect.filter(|e| e.point.is_finite())?;
    let margin_at = margin_on_axis(finding, &effect);
    let scale = scale(&effect, margin_at);
    let class = decision_word(Some(finding.decision));
    let drawing = html! {
        @for at in round_ticks(scale.low, scale.high, 7) {
            (tick_x(scale.at(at), TOP, BOTTOM, &format::amount(at, effect.unit, words.language)))
        }
        @if scale.low <= 0.0 {
            line.zero x1=(n(scale.at(0.0))) x2=(n(scale.at(0.0))) y1=(n(TOP - 8.0)) y2=(n(BOTTOM)) {}
            (label(scale.at(0.0), TOP - 30.0, &words.say(zero_id(effect.unit)), "axis"))
        }
        @if let Some(at) = margin_at {
            line.margin x1=(n(scale.at(at))) x2=(n(scale.at(at))) y1=(n(TOP - 8.0)) y2=(n(BOTTOM)) {}
            (label(scale.at(at), TOP - 14.0, &words.with("plot-margin", &[("margin", text(margin(words, finding, finding.margin)))]), "axis"))
        }
        (whisker(scale, &effect, class))
        text.axis x=(n(RIGHT)) y=(n(BOTTOM + 40.0)) text-anchor="end" { (words.say(axis_id(finding, &effect))) }
    };
    let about = effect_with_interval(words, &effect);
    let title = words.say("plot-effect");
    Some(figure("effect", BOTTOM + 48.0, &title, &about, &drawing))
}

/// A label above its line, turned inward at the edges.
fn label(x: f64, y: f64, says: &str, class: &str) -> Markup {
    let anchor = if x < LEFT + 120.0 {
        "start"
    } else if x > RIGHT - 120.0 {
        "end"
    } else {
        "middle"
    };
    html! { text class=(class) x=(n(x)) y=(n(y)) text-anchor=(anchor) { (says) } }
}

fn whisker(scale: Scale, effect: &Effect, class: &str) -> Markup {
    let x = scale.at(effect.point);
    html! {
        g class=(format!("whisker {class}")) {
            @if let Some(span) = effect.interval {
                @let (low, high) = (scale.at(span.low), scale.at(span.high));
                path.span d=(format!("M{} {}H{}M{} {}v20M{} {}v20",
                    n(low), n(MIDDLE), n(high), n(low), n(MIDDLE - 10.0), n(high), n(MIDDLE - 10.0))) {}
            }
            path.point d=(format!("M{} {}l9 9l-9 9l-9 -9Z", n(x), n(MIDDLE - 9.0))) {}
        }
    }
}

/// A margin is a share or a difference of shares; it has a place on the axis
/// only where the effect is one too.
fn margin_on_axis(finding: &Finding, effect: &Effect) -> Option<f64> {
    let same_unit = match (finding.ground, effect.unit) {
        (_, EffectUnit::Milliseconds)
        | (Ground::ToleranceGivenPast, EffectUnit::ShareDifference)
        | (Ground::Randomised | Ground::ExchangeableWithinHour, EffectUnit::Share) => false,
        (Ground::ToleranceGivenPast, EffectUnit::Share) | (_, EffectUnit::ShareDifference) => true,
    };
    let asked = finding.decision != Decision::Broken || finding.margin > 0.0;
    (same_unit && asked && finding.margin.is_finite()).then_some(finding.margin)
}

fn scale(effect: &Effect, margin_at: Option<f64>) -> Scale {
    let ends = effect
        .interval
        .map_or([effect.point; 2], |s| [s.low, s.high]);
    let mut low = effect.point.min(ends[0]).min(0.0);
    let mut high = effect.point.max(ends[1]).max(0.0);
    if let Some(margin) = margin_at {
        high = high.max(margin);
        low = low.min(margin);
    }
    if !low.is_finite() || !high.is_finite() {
        (low, high) = (effect.point.min(0.0), effect.point.max(0.0));
    }
    let room = ((high - low) * 0.08).max(f64::MIN_POSITIVE);
    let (mut low, mut high) = (low - room, high + room);
    match effect.unit {
        EffectUnit::Share => (low, high) = (0.0, high.min(1.0)),
        EffectUnit::ShareDifference => (low, high) = (low.max(-1.0), high.min(1.0)),
        EffectUnit::Milliseconds => {}
    }
    Scale::new(low, high, LEFT, RIGHT)
}

fn zero_id(unit: EffectUnit) -> &'static str {
    match unit {
        EffectUnit::Share => "plot-never",
        EffectUnit::ShareDifference | EffectUnit::Milliseconds => "plot-no-difference",
    }
}

fn axis_id(finding: &Finding, effect: &Effect) -> &'static str {
    match (effect.unit, finding.ground) {
        (EffectUnit::Share, _) => "plot-effect-axis-share",
        (EffectUnit::ShareDifference, _) => "plot-effect-axis-difference",
        (EffectUnit::Milliseconds, _) => "plot-effect-axis-ms",
    }
}
