//! Evidence values after each counted trial, with what they had to reach.

use std::f64::consts::LN_10;

use maud::{Markup, html};
use moongate_glossary::Finding;

use super::{Scale, WIDTH, figure, n, round_ticks, tick_x, tick_y};
use crate::format;
use crate::language::{Words, count, text};

const LEFT: f64 = 64.0;
const RIGHT: f64 = WIDTH - 24.0;
const TOP: f64 = 72.0;
const BOTTOM: f64 = 312.0;
/// More points than this are not told apart.
const MOST_POINTS: usize = 360;
/// Evidence below this is drawn at the floor: it has lost its case.
const FLOOR: f64 = -8.0;

struct Line<'a> {
    class: &'static str,
    path: &'a [f64],
    threshold: f64,
}

/// The plot; none without a counted trial.
pub(crate) fn evidence(words: &Words, finding: &Finding) -> Option<Markup> {
    let lines = [
        Line {
            class: "broken",
            path: &finding.path_broken,
            threshold: finding.log_threshold_broken / LN_10,
        },
        Line {
            class: "kept",
            path: &finding.path_kept,
            threshold: finding.log_threshold_kept / LN_10,
        },
    ];
    let points = lines.iter().map(|line| line.path.len()).max()?;
    let trials = finding.path_trial(points.checked_sub(1)?);
    let x = Scale::new(0.0, trials as f64, LEFT, RIGHT);
    let y = height_scale(&lines);
    let drawing = html! {
        (axes(words, x, y, trials))
        @for line in lines.iter().filter(|line| !line.path.is_empty()) {
            path class=(format!("path {}", line.class)) d=(trace(finding, line.path, x, y)) {}
        }
        @for line in lines.iter().filter(|line| !line.path.is_empty()) {
            (threshold(line, y))
        }
        (legend(words, &lines))
    };
    let about = words.with(
        "plot-evidence-about",
        &[
            ("trials", count(trials)),
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
        ],
    );
    let title = words.say("plot-evidence");
    Some(figure("evidence", BOTTOM + 52.0, &title, &about, &drawing))
}

fn height_scale(lines: &[Line<'_>]) -> Scale {
    let mut low = 0.0_f64;
    let mut high = 1.0_f64;
    for line in lines.iter().filter(|line| !line.path.is_empty()) {
        if line.threshold.is_finite() {
            high = high.max(line.threshold * 1.15);
        }
        for value in line.path.iter().map(|v| v / LN_10) {
            if value.is_finite() {
                high = high.max(value * 1.05);
            }
            // NaN and −∞ both count as having fallen to the floor.
            low = low
                .min(if value.is_finite() { value } else { FLOOR })
                .max(FLOOR);
        }
    }
    Scale::new(low - 0.3, high, BOTTOM, TOP)
}

fn axes(words: &Words, x: Scale, y: Scale, trials: u64) -> Markup {
    let powers = round_ticks(y.low, y.high, 6);
    let whole = |at: &f64| at.fract().abs() < 1e-9;
    html! {
        @for at in powers.into_iter().filter(whole) {
            (tick_y(y.at(at), LEFT, RIGHT, &format!("10{}", format::superscript(at as i64))))
        }
        @for at in round_ticks(0.0, trials as f64, 8).into_iter().filter(whole) {
            (tick_x(x.at(at), BOTTOM, BOTTOM, &format::decimal(at, 0)))
        }
        line.zero x1=(n(LEFT)) x2=(n(RIGHT)) y1=(n(y.at(0.0))) y2=(n(y.at(0.0))) {}
        text.axis x=(n(RIGHT)) y=(n(BOTTOM + 40.0)) text-anchor="end" { (words.say("plot-evidence-x")) }
        text.axis x="0" y="14" { (words.say("plot-evidence-y")) }
    }
}

fn threshold(line: &Line<'_>, y: Scale) -> Markup {
    let at = n(y.at(line.threshold));
    html! {
        line class=(format!("threshold {}", line.class)) x1=(n(LEFT)) x2=(n(RIGHT)) y1=(at) y2=(at) {}
    }
}

fn trace(finding: &Finding, path: &[f64], x: Scale, y: Scale) -> String {
    let step = path.len().div_ceil(MOST_POINTS).max(1);
    let last = path.len() - 1;
    // Everything starts from an evidence value of 1 before the first trial.
    let mut drawn = format!("M{} {}", n(x.at(0.0)), n(y.at(0.0)));
    for (at, value) in path.iter().enumerate() {
        if at % step == 0 || at == last {
            let height = y.at(value / LN_10);
            for piece in [
                "L",
                &n(x.at(finding.path_trial(at) as f64)),
                " ",
                &n(height),
            ] {
                drawn.push_str(piece);
            }
        }
    }
    drawn
}

/// Which line is which, and what its dotted line stands for; above the plot,
/// where it covers nothing.
fn legend(words: &Words, lines: &[Line<'_>]) -> Markup {
    let shown = lines.iter().filter(|line| !line.path.is_empty());
    html! {
        @for (nth, line) in shown.enumerate() {
            @let y = 10.0 + nth as f64 * 22.0;
            @let needed = format::evidence(line.threshold * LN_10);
            path class=(format!("path {}", line.class)) d=(format!("M190 {}h30", n(y))) {}
            text.key x="228" y=(n(y + 4.0)) { (words.say(&format!("plot-path-{}", line.class))) }
            path class=(format!("threshold {}", line.class)) d=(format!("M460 {}h30", n(y))) {}
            text.key x="498" y=(n(y + 4.0)) { (words.with(&format!("plot-needed-{}", line.class), &[("needed", text(needed))])) }
        }
    }
}
