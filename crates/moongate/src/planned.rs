//! `moongate plan`: which cells can be decided by the deadline, and with how
//! many trials, foreseen by the judge itself on made-up trials; beside them,
//! what a plan with a fixed sample would need.

use std::collections::BTreeMap;

use jiff::Timestamp;
use moongate_check::{Budget, JudgedCell};
use moongate_glossary::{Arm, Plan, Seed};
use moongate_judge::foresight::{Awaited, Foreseen, Horizon, Supposed, foresee};
use moongate_judge::{Bounds, Method};
use moongate_order::Order;
use moongate_stats::planning::{Rates, fisher_per_arm, score_per_arm};
use serde::Serialize;

use crate::check::{Read, read};
use crate::cli::{Lang, PlanArgs, TextOrJson};
use crate::failure::Failure;
use crate::measure::now_ms;

mod picture;

/// Posting, looking, opening and the hop that hands over; the direct control
/// goes elsewhere.
const REQUESTS_AN_OPENING: f64 = 4.0;
/// More trials than this are not looked ahead.
const FARTHEST: u32 = 600;
const RUNS: u32 = 24;
/// Of the made-up trials; printed, so that anyone gets the same figures.
const SEED: u64 = 20_210_917;
const POWER: f64 = 0.95;

/// What is supposed of a rival's links, and what should come of it.
const SUPPOSED: [(&str, &str, Option<f64>); 5] = [
    ("never open", "从不打开", Some(0.0)),
    ("open every other time", "隔次打开", Some(0.5)),
    ("fail one time in five", "五次失败一次", Some(0.8)),
    ("fail one time in ten", "十次失败一次", Some(0.9)),
    ("open as the controls do", "与对照相同", None),
];

/// Everything that is foreseen.
#[derive(Debug, Serialize)]
struct Outlook {
    format: u32,
    order: String,
    alpha: f64,
    cells: u64,
    hours_left: f64,
    requests_a_second: f64,
    controls_open: f64,
    seed: u64,
    kinds: Vec<KindOutlook>,
    platforms: Vec<PlatformOutlook>,
}

/// What cells of one kind need: clause and number of controls.
#[derive(Debug, Serialize)]
struct KindOutlook {
    clause_kind: String,
    controls: u32,
    cells: u64,
    needs: Vec<Need>,
    #[serde(skip)]
    courses: Vec<Vec<f64>>,
}

/// Trials until a decision, under one supposition.
#[derive(Debug, Clone, Serialize)]
struct Need {
    supposed: &'static str,
    rival_opens: f64,
    awaited: &'static str,
    /// Mean over those that came to it.
    mean: Option<f64>,
    /// No more than so many in 19 of 20.
    nearly_always: Option<u32>,
    /// Openings of the rival that a fixed sample would take, power 95 %.
    fixed_sample: Option<u32>,
}

/// What the time allows on one platform.
#[derive(Debug, Serialize)]
struct PlatformOutlook {
    platform: String,
    comparisons: usize,
    trials_each: u32,
    /// For each supposition, of how many cells a decision is nearly certain.
    decidable: Vec<u64>,
    cells: u64,
}

/// Looks ahead and shows it.
///
/// # Errors
/// Every mistake in the files; no time left.
pub(crate) fn run(args: &PlanArgs, lang: Lang) -> Result<(), Failure> {
    let read = read(&args.order, Some(&args.links))?;
    let outlook = look_ahead(&read, args)?;
    if let Some(path) = &args.picture {
        let drawn = picture::draw(&outlook, lang);
        std::fs::write(path, drawn)
            .map_err(Failure::machine(format!("writing {}", path.display())))?;
    }
    match args.format {
        TextOrJson::Json => {
            let json = serde_json::to_string_pretty(&outlook)
                .map_err(|error| Failure::Own(error.to_string()))?;
            outln!("{json}");
        }
        TextOrJson::Text => show(&outlook, lang),
    }
    Ok(())
}

fn look_ahead(read: &Read, args: &PlanArgs) -> Result<Outlook, Failure> {
    // Which link stands in which slot is of no matter here.
    let seed = Seed::from_sentence("a look ahead");
    let budget = Budget { trials: 1 };
    let mut cells: Vec<(JudgedCell, u32)> = Vec::new();
    let mut slots: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for check in &read.checks {
        let plan = check.plan(budget, &seed);
        for trial in &plan.trials {
            let of_platform = slots.entry(trial.platform.clone()).or_default();
            of_platform.push(trial.slots.len());
        }
        let of_check = check.cells(&plan).into_iter();
        cells.extend(of_check.map(|cell| {
            let controls = controls_of(&plan, &cell);
            (cell, controls)
        }));
    }
    let hours_left = hours_left(&read.order, args)?;
    let bounds = Bounds {
        alpha: read.order.alpha,
        cells: (cells.len() as u64).max(1),
    };
    let kinds = kinds(&cells, args.control, bounds);
    let platforms = slots.iter().map(|(platform, sizes)| {
        let trials_each = trials_each(sizes, hours_left, args);
        platform_outlook(platform, sizes.len(), trials_each, &cells, &kinds)
    });
    Ok(Outlook {
        format: 1,
        order: read.order.id.clone(),
        alpha: bounds.alpha,
        cells: bounds.cells,
        hours_left,
        requests_a_second: args.rate,
        controls_open: args.control,
        seed: SEED,
        platforms: platforms.collect(),
        kinds,
    })
}

fn controls_of(plan: &Plan, judged: &JudgedCell) -> u32 {
    let cell = &judged.cell;
    let serves = |trial: &&moongate_glossary::Trial| {
        trial.round == cell.round
            && trial.platform == cell.platform
            && trial.scene == cell.scene
            && trial.of_arm(Arm::Rival).any(|it| it == cell.destination)
    };
    let trial = plan.trials.iter().find(serves);
    let count = trial.map_or(0, |trial| trial.of_arm(Arm::Control).count());
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn hours_left(order: &Order, args: &PlanArgs) -> Result<f64, Failure> {
    if let Some(hours) = args.hours {
        return Ok(hours);
    }
    let now = Timestamp::from_millisecond(now_ms()).unwrap_or_default();
    let dues = order.obligations.iter().flat_map(|obligation| {
        let stages = obligation.stages.iter().map(|stage| stage.due);
        stages.chain([obligation.due])
    });
    let next = dues
        .map(|due| order.deadline(due))
        .filter(|due| *due > now)
        .min();
    let left_ms = next.map(|due| due.as_millisecond() - now.as_millisecond());
    left_ms.map(|ms| ms as f64 / 3_600_000.0).ok_or_else(|| {
        Failure::unusable(
            format!("{}: every due date is past", args.order.display()),
            "say with --hours how long there is to measure",
        )
    })
}

/// Trials of each comparison that the time allows.
fn trials_each(sizes: &[usize], hours_left: f64, args: &PlanArgs) -> u32 {
    let openings: usize = sizes.iter().sum();
    let requests = openings as f64 * REQUESTS_AN_OPENING;
    let allowed = (args.rate * 3600.0 * hours_left / requests.max(1.0)).floor();
    let allowed = allowed.min(f64::from(u32::MAX)) as u32;
    args.trials.map_or(allowed, |most| most.min(allowed))
}

type Kind = (String, u32);

fn kinds(cells: &[(JudgedCell, u32)], control: f64, bounds: Bounds) -> Vec<KindOutlook> {
    let mut by_kind: BTreeMap<Kind, (Method, u64)> = BTreeMap::new();
    for (cell, controls) in cells {
        let method = || (cell.method.clone(), 0);
        let entry = by_kind.entry((cell.clause_kind.clone(), *controls));
        entry.or_insert_with(method).1 += 1;
    }
    let outlook = |((clause_kind, controls), (method, cells)): (Kind, (Method, u64))| {
        let (needs, courses) = SUPPOSED
            .iter()
            .map(|supposed| need(&method, controls, *supposed, control, bounds))
            .unzip();
        KindOutlook {
            clause_kind,
            controls,
            cells,
            needs,
            courses,
        }
    };
    by_kind.into_iter().map(outlook).collect()
}

fn need(
    method: &Method,
    controls: u32,
    (name, _, opens): (&'static str, &'static str, Option<f64>),
    control: f64,
    bounds: Bounds,
) -> (Need, Vec<f64>) {
    let awaited = if opens.is_some() {
        Awaited::Broken
    } else {
        Awaited::Kept
    };
    let supposed = Supposed {
        controls_open: control,
        rival_opens: opens.unwrap_or(control),
    };
    let horizon = Horizon {
        runs: RUNS,
        trials: FARTHEST,
    };
    let mut words = words();
    let Foreseen {
        mean,
        nearly_always,
        course,
    } = foresee(
        method, controls, supposed, awaited, bounds, horizon, &mut words,
    );
    let need = Need {
        supposed: name,
        rival_opens: supposed.rival_opens,
        awaited: if opens.is_some() { "broken" } else { "kept" },
        mean,
        nearly_always,
        fixed_sample: fixed_sample(method, supposed, awaited, bounds),
    };
    (need, course)
}

/// What a plan would need that fixes its sample beforehand, looks once, and
/// divides its error among the cells. Comparisons only.
fn fixed_sample(
    method: &Method,
    supposed: Supposed,
    awaited: Awaited,
    bounds: Bounds,
) -> Option<u32> {
    if matches!(method, Method::Absolute { .. }) {
        return None;
    }
    let rates = Rates {
        control: supposed.controls_open,
        rival: supposed.rival_opens,
    };
    let alpha = bounds.alpha / bounds.cells as f64;
    match awaited {
        Awaited::Broken => fisher_per_arm(rates, alpha, POWER),
        Awaited::Kept => score_per_arm(rates, method.margin(), alpha, POWER),
    }
}

/// `SplitMix64` from [`SEED`].
fn words() -> impl FnMut() -> u64 {
    let mut state = SEED;
    move || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

fn platform_outlook(
    platform: &str,
    comparisons: usize,
    trials_each: u32,
    cells: &[(JudgedCell, u32)],
    kinds: &[KindOutlook],
) -> PlatformOutlook {
    let mut decidable = vec![0; SUPPOSED.len()];
    let mut count = 0;
    for (cell, controls) in cells.iter().filter(|(it, _)| it.cell.platform == platform) {
        count += 1;
        let kind = kinds
            .iter()
            .find(|it| it.clause_kind == cell.clause_kind && it.controls == *controls);
        let needs = kind.map_or(&[][..], |kind| &kind.needs);
        for (sum, need) in decidable.iter_mut().zip(needs) {
            *sum += u64::from(need.nearly_always.is_some_and(|it| it <= trials_each));
        }
    }
    PlatformOutlook {
        platform: platform.to_owned(),
        comparisons,
        trials_each,
        decidable,
        cells: count,
    }
}

fn show(outlook: &Outlook, lang: Lang) {
    let zh = lang == Lang::Zh;
    let say = |en: &'static str, chinese: &'static str| if zh { chinese } else { en };
    outln!(
        "{} · {} {} · α = {} · {:.1} {} · {} {}",
        outlook.order,
        outlook.cells,
        say("cells", "个单元"),
        outlook.alpha,
        outlook.hours_left,
        say("hours", "小时"),
        outlook.requests_a_second,
        say("requests a second to a platform", "次请求/秒（每个平台）")
    );
    outln!(
        "{}",
        say(
            "Trials until a decision, foreseen by the judge itself: mean, and in 19 of 20 no more \
             than. In brackets the openings of each arm that a sample fixed beforehand would take.",
            "由评判程序本身预估的所需试验数：均值，以及二十次中有十九次不超过的数。括号内为事先固定样本时每组所需的打开次数。"
        )
    );
    for kind in &outlook.kinds {
        let head = format!(
            "{} · {} {}",
            kind.clause_kind,
            kind.controls,
            say("controls", "个对照")
        );
        outln!(
            "\n{}  × {} {}",
            crate::style::heading(&head),
            kind.cells,
            say("cells", "个单元")
        );
        for (need, (en, chinese, _)) in kind.needs.iter().zip(SUPPOSED) {
            outln!("  {}", need_line(need, say(en, chinese), zh));
        }
    }
    outln!("");
    for platform in &outlook.platforms {
        let each: Vec<String> = platform.decidable.iter().map(u64::to_string).collect();
        outln!(
            "{}: {} {}; {} {} {}: {}",
            crate::style::heading(&platform.platform),
            platform.trials_each,
            say(
                "trials of each comparison in the time",
                "次试验（每个比较，在限期内）"
            ),
            say("decidable, of", "可判定，共"),
            platform.cells,
            say("cells, in the order above", "个单元，按上列顺序"),
            each.join(" / ")
        );
    }
    outln!("{}", crate::style::faint(&format!("seed {}", outlook.seed)));
}

fn need_line(need: &Need, name: &str, zh: bool) -> String {
    let decision = match (need.awaited, zh) {
        ("kept", false) => "kept",
        ("kept", true) => "遵守",
        (_, false) => "broken",
        (_, true) => "未遵守",
    };
    let shown =
        |count: Option<u32>| count.map_or_else(|| format!("> {FARTHEST}"), |it| it.to_string());
    let mean = need.mean.filter(|_| need.nearly_always.is_some());
    let mean = mean.map_or_else(|| "–".to_owned(), |it| format!("{it:.0}"));
    let fixed = need
        .fixed_sample
        .map_or_else(|| "–".to_owned(), |it| it.to_string());
    let pad = 26_usize.saturating_sub(width(name));
    format!(
        "{name}{:pad$}{decision}  {mean:>5}  {:>6}  ({fixed})",
        "",
        shown(need.nearly_always)
    )
}

/// Columns on a terminal: Chinese characters take two.
fn width(text: &str) -> usize {
    text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}
