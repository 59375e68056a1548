//! Evidence against trials, as an SVG picture: one line for each thing that
//! may be supposed of a rival's links, for the kind of cell there is most of.

use std::f64::consts::LN_10;

use super::{FARTHEST, KindOutlook, Outlook, SUPPOSED};
use crate::cli::Lang;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = WIDTH - 200.0;
const TOP: f64 = 48.0;
const BOTTOM: f64 = HEIGHT - 44.0;
/// Powers of ten below this are drawn at the floor.
const FLOOR: f64 = -2.0;
const COLOURS: [&str; 5] = ["#a3263a", "#c2571a", "#a8860b", "#5b6b2f", "#1f6f6b"];

/// Where trials and powers of ten lie.
struct Scales {
    trials: f64,
    high: f64,
}

impl Scales {
    fn x(&self, trial: f64) -> f64 {
        LEFT + trial / self.trials * (RIGHT - LEFT)
    }

    fn y(&self, power: f64) -> f64 {
        let share = (power.clamp(FLOOR, self.high) - FLOOR) / (self.high - FLOOR);
        BOTTOM - share * (BOTTOM - TOP)
    }
}

/// The picture.
pub(super) fn draw(outlook: &Outlook, lang: Lang) -> String {
    let Some(kind) = outlook.kinds.iter().max_by_key(|kind| kind.cells) else {
        return "<svg xmlns=\"http://www.w3.org/2000/svg\"/>\n".to_owned();
    };
    let needed = (outlook.cells as f64 / outlook.alpha).log10();
    let farthest = kind.needs.iter().filter_map(|it| it.nearly_always).max();
    let scales = Scales {
        trials: f64::from(farthest.unwrap_or(FARTHEST).clamp(20, FARTHEST)) * 1.1,
        high: needed * 1.5,
    };
    let title = match lang {
        Lang::En => format!(
            "Evidence value against trials: {}, {} controls",
            kind.clause_kind, kind.controls
        ),
        Lang::Zh => format!(
            "证据值与试验次数：{}，{} 个对照",
            kind.clause_kind, kind.controls
        ),
    };
    [
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
             role=\"img\" font-family=\"sans-serif\" font-size=\"13\"><title>{title}</title>\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
             <text x=\"{LEFT}\" y=\"24\" font-size=\"15\">{title}</text>\n"
        ),
        powers(&scales),
        trials(&scales),
        format!(
            "<line x1=\"{LEFT}\" x2=\"{RIGHT}\" y1=\"{0:.1}\" y2=\"{0:.1}\" stroke=\"#222\" \
             stroke-dasharray=\"5 4\"/>\n",
            scales.y(needed)
        ),
        courses(kind, &scales, lang),
        "</svg>\n".to_owned(),
    ]
    .concat()
}

fn powers(scales: &Scales) -> String {
    let all = (FLOOR as i32)..=(scales.high.floor() as i32);
    let lines: Vec<String> = all
        .map(|power| {
        let at = scales.y(f64::from(power));
        format!(
            "<line x1=\"{LEFT}\" x2=\"{RIGHT}\" y1=\"{at:.1}\" y2=\"{at:.1}\" stroke=\"#ddd\"/>\n\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#555\">10<tspan dy=\"-5\" \
             font-size=\"10\">{power}</tspan></text>\n",
            LEFT - 6.0,
            at + 4.0
        )
    })
    .collect();
    lines.concat()
}

fn trials(scales: &Scales) -> String {
    let steps = [5_u32, 10, 20, 50, 100];
    let fits = |step: &u32| scales.trials / f64::from(*step) <= 10.0;
    let step = steps.into_iter().find(fits).unwrap_or(100);
    let ticks = (0..=(scales.trials as u32)).step_by(step as usize);
    let lines: Vec<String> = ticks
        .map(|tick| {
            format!(
                "<text x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\" fill=\"#555\">{tick}</text>\n",
                scales.x(f64::from(tick)),
                BOTTOM + 20.0
            )
        })
        .collect();
    lines.concat()
}

fn courses(kind: &KindOutlook, scales: &Scales, lang: Lang) -> String {
    let lines = kind.courses.iter().zip(SUPPOSED).zip(COLOURS).enumerate();
    let lines: Vec<String> = lines
        .map(|(nth, ((course, (en, zh, _)), colour))| {
            let name = if lang == Lang::Zh { zh } else { en };
            let at = TOP + 8.0 + nth as f64 * 22.0;
            format!(
                "<path d=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>\n\
                 <line x1=\"{}\" x2=\"{}\" y1=\"{at}\" y2=\"{at}\" stroke=\"{colour}\" \
                 stroke-width=\"2\"/>\n<text x=\"{}\" y=\"{}\">{name}</text>\n",
                trace(course, scales),
                RIGHT + 14.0,
                RIGHT + 34.0,
                RIGHT + 40.0,
                at + 4.0
            )
        })
        .collect();
    lines.concat()
}

fn trace(course: &[f64], scales: &Scales) -> String {
    let start = format!("M{:.1} {:.1}", scales.x(0.0), scales.y(0.0));
    let points = (1_u32..)
        .zip(course)
        .map(|(trial, log_e)| (f64::from(trial), log_e / LN_10));
    let within = points.take_while(|(trial, _)| *trial <= scales.trials);
    let to = within.map(|(trial, power)| format!("L{:.1} {:.1}", scales.x(trial), scales.y(power)));
    let pieces: Vec<String> = std::iter::once(start).chain(to).collect();
    pieces.concat()
}
