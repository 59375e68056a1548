//! What the statistics cost and what they are worth: measurements to a finding beside the
//! plans and limits of the textbook, errors in worlds that break careless methods, and
//! what it saves to know where to look.
//!
//!     cargo bench -p moongate-benches --bench evidence
//!     cargo bench -p moongate-benches --bench evidence -- --quick
//!
//! Every figure is a simulation with the seed it prints, or exact. Called by `cargo test`,
//! it runs every part a few times and shows that all of it still works.

#[path = "../crates/stats/tests/common/mod.rs"]
mod common;

use clap::{Parser, ValueEnum};
use common::allocation::{self, Rule, Search};
use common::dice::Dice;
use common::later::{BLOCKS_A_DAY, ask_for_onset, days_until_found, watch_groups};
use common::throttling::{Delays, SLOWED, TABLE};
use common::validity::{BLOCKS, METHODS, Method, UNLUCKY, alarms, most_alarms};
use common::worlds::WORLDS;
use moongate_stats::grid::Grid;
use moongate_stats::many::log_threshold;
use moongate_stats::planning::{self, Needed, Rates, Simulation};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Debug, Parser)]
struct Args {
    /// Everything, with fewer runs.
    #[arg(long)]
    quick: bool,
    /// One part alone.
    #[arg(long, value_name = "PART")]
    only: Option<Part>,
    /// The seed of all simulations.
    #[arg(long, default_value_t = 20_261_201)]
    seed: u64,
    /// Said by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    Findings,
    Compliance,
    Throttling,
    Validity,
    Allocation,
    Later,
}

/// How often each part is run.
#[derive(Debug, Clone, Copy)]
struct Runs {
    findings: u32,
    throttling: u32,
    /// At α = .01 and at α = 2e-5.
    validity: [u64; 2],
    worlds: u64,
}

const FULL: Runs = Runs {
    findings: 10_000,
    throttling: 2_000,
    validity: [10_000, 1_000_000],
    worlds: 200,
};
const QUICK: Runs = Runs {
    findings: 500,
    throttling: 200,
    validity: [2_000, 20_000],
    worlds: 8,
};
const SMALLEST: Runs = Runs {
    findings: 4,
    throttling: 4,
    validity: [20, 20],
    worlds: 0,
};

/// Prints one part, with a seed.
type PartRun = fn(Runs, u64);

/// Opening rate of controls throughout.
const CONTROL: f64 = 0.98;
const POWER: f64 = 0.95;
const ALPHAS: [f64; 2] = [0.01, 2e-5];
const CONTROLS: u32 = 4;
/// What a block costs one of 20 rivals that share its controls.
const SHARED_BLOCK: f64 = 1.0 + CONTROLS as f64 / 20.0;

fn main() {
    let args = Args::parse();
    let runs = match (args.quick, args.bench) {
        (true, _) => QUICK,
        (false, true) => FULL,
        (false, false) => SMALLEST,
    };
    let minutes = stopwatch();
    println!("seed {}, {runs:?}", args.seed);
    let parts: [(Part, PartRun); 6] = [
        (Part::Findings, findings),
        (Part::Compliance, compliance),
        (Part::Throttling, throttling),
        (Part::Validity, validity),
        (Part::Allocation, allocation_figure),
        (Part::Later, later),
    ];
    for (part, run) in parts {
        if args.only.is_none_or(|only| only == part) {
            let before = minutes();
            run(runs, args.seed);
            println!("({:.1} minutes)", minutes() - before);
        }
    }
    println!("\n{:.1} minutes in all", minutes());
}

/// Minutes since now.
#[expect(
    clippy::disallowed_methods,
    reason = "how long it took is part of what is told"
)]
fn stopwatch() -> impl Fn() -> f64 {
    let start = std::time::Instant::now();
    move || start.elapsed().as_secs_f64() / 60.0
}

/// Does all of `0..count` on every core; the values come back in order.
fn on_all_cores<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at >= count {
                        break;
                    }
                    let value = work(at);
                    if let Ok(mut done) = done.lock() {
                        done.push((at, value));
                    }
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_default();
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, value)| value).collect()
}

/// A figure beside the target it must not exceed.
fn beside(figure: f64, target: f64) -> String {
    if figure <= target {
        format!("{figure:.1} ≤ {target}")
    } else {
        format!("{figure:.1} SHORT by {:.1} of {target}", figure - target)
    }
}

fn threshold(alpha: f64) -> f64 {
    log_threshold(alpha, 1).unwrap_or(f64::NAN)
}

fn mean(needed: Option<Needed>) -> f64 {
    needed.map_or(f64::NAN, |needed| needed.mean)
}

/// Measurements to a finding: one row of the table.
struct Finding {
    alpha: f64,
    rival: f64,
    /// Most that coin flips and blocks may take.
    targets: [f64; 2],
}

const fn finding(alpha: f64, rival: f64, targets: [f64; 2]) -> Finding {
    Finding {
        alpha,
        rival,
        targets,
    }
}

const FINDINGS: [Finding; 8] = [
    finding(0.01, 0.0, [9.0, 5.0]),
    finding(0.01, 0.5, [32.0, 11.0]),
    finding(0.01, 0.8, [122.0, 39.0]),
    finding(0.01, 0.9, [400.0, 130.0]),
    finding(2e-5, 0.0, [20.0, 10.0]),
    finding(2e-5, 0.5, [70.0, 23.0]),
    finding(2e-5, 0.8, [265.0, 83.0]),
    finding(2e-5, 0.9, [840.0, 270.0]),
];

fn findings(runs: Runs, seed: u64) {
    println!("\nMean measurements to a finding, control opens {CONTROL}, both arms counted");
    println!(
        "{:>6} {:>5} {:>8} {:>10} {:>8}   {:<28} {:<28}",
        "alpha", "rival", "Fisher", "OBF, 10", "oracle", "coin flips", "blocks, c 4, k 20"
    );
    let rows = on_all_cores(FINDINGS.len(), |at| {
        // The long rows first.
        let at = FINDINGS.len() - 1 - at;
        FINDINGS.get(at).map(|row| measure(row, runs, seed))
    });
    for row in rows.into_iter().rev().flatten() {
        println!("{row}");
    }
}

fn measure(row: &Finding, runs: Runs, seed: u64) -> String {
    let rates = Rates {
        control: CONTROL,
        rival: row.rival,
    };
    let simulation = Simulation {
        runs: runs.findings,
        horizon: 100_000,
    };
    let threshold = threshold(row.alpha);
    let dice = |part: u64| {
        let mut dice = Dice::part(seed, part);
        move || dice.word()
    };
    let fisher = planning::fisher_per_arm(rates, row.alpha, POWER).map_or(0, |n| 2 * n);
    let looks = planning::obrien_fleming(rates, row.alpha, POWER, 10);
    let looks = looks.map_or(f64::NAN, |plan| plan.mean_trials);
    let oracle = planning::oracle(rates, row.alpha, 1.0 - POWER, simulation, &mut dice(1));
    let grid = Grid::informed();
    let coin = planning::coin_flips(rates, &grid, threshold, simulation, &mut dice(2));
    let blocks = planning::permuted_blocks(rates, CONTROLS, threshold, simulation, &mut dice(3));
    let [most_coin, most_blocks] = row.targets;
    format!(
        "{:>6} {:>5} {:>8} {:>10.1} {:>8.1}   {:<28} {:<28}",
        row.alpha,
        row.rival,
        fisher,
        looks,
        2.0 * mean(oracle),
        beside(mean(coin), most_coin),
        beside(mean(blocks) * SHARED_BLOCK, most_blocks),
    )
}

fn compliance(runs: Runs, seed: u64) {
    let (alpha, margin) = (0.01, 0.1);
    println!(
        "\nMean measurements to a certificate: both open {CONTROL}, margin {margin}, alpha {alpha}"
    );
    let rates = Rates {
        control: CONTROL,
        rival: CONTROL,
    };
    let simulation = Simulation {
        runs: runs.findings,
        horizon: 10_000,
    };
    let mut dice = Dice::part(seed, 4);
    let mut words = || dice.word();
    let threshold = threshold(alpha);
    let fixed = planning::score_per_arm(rates, margin, alpha, POWER).map_or(0, |n| 2 * n);
    let fast = planning::fast_certificate(rates, margin, threshold, simulation, &mut words);
    let robust =
        planning::robust_certificate(rates, CONTROLS, margin, threshold, simulation, &mut words);
    println!("  fixed sample (score)  {fixed}");
    println!(
        "  fast, one to one      {}",
        beside(2.0 * mean(fast), 155.0)
    );
    println!(
        "  robust, c 4, k 20     {}",
        beside(mean(robust) * SHARED_BLOCK, 105.0)
    );
}

fn throttling(runs: Runs, seed: u64) {
    println!("\nRequests until measured throttling is found, by coin flips, material bins");
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let Some(delays) = Delays::read(&root) else {
        println!("  skipped: {TABLE} is absent");
        return;
    };
    for (alpha, most) in [(0.01, 11.0), (2e-5, 21.0)] {
        for domain in SLOWED {
            let mut dice = Dice::part(seed, 5);
            let each = (0..runs.throttling).map(|_| {
                delays
                    .requests(domain, alpha, 1000, &mut dice)
                    .unwrap_or(1000)
            });
            let mean = f64::from(each.sum::<u32>()) / f64::from(runs.throttling);
            println!("  {alpha:>6} {domain:<14} {}", beside(mean, most));
        }
    }
    let mut dice = Dice::part(seed, 6);
    let innocent: Vec<&str> = delays.innocent().collect();
    let (mut wrong, mut all) = (0_u32, 0_u32);
    for domain in &innocent {
        for _ in 0..runs.throttling / 4 {
            let found = delays.requests(domain, 0.01, 100, &mut dice);
            wrong += u32::from(found.is_some());
            all += 1;
        }
    }
    println!(
        "    0.01 the {} others: {wrong} of {all} runs accuse, {:.2} %",
        innocent.len(),
        100.0 * f64::from(wrong) / f64::from(all)
    );
}

/// Runs that one core does at a time.
const CHUNK: u64 = 20_000;

fn validity(runs: Runs, seed: u64) {
    println!(
        "\nAlarms in worlds where nobody is treated differently, {BLOCKS} blocks looked at one by one"
    );
    println!(
        "(most: exceeded with probability {UNLUCKY} by a method that is wrong exactly that often)"
    );
    for (alpha, runs) in ALPHAS.into_iter().zip(runs.validity) {
        let most = most_alarms(alpha, runs);
        println!(
            "alpha {alpha}, {runs} runs, bound {:.1}, most {most}",
            alpha * runs as f64
        );
        print!("  {:<26}", "");
        for method in METHODS {
            print!(" {:>10}", method.name());
        }
        println!();
        let chunks = runs.div_ceil(CHUNK) as usize;
        let combinations: Vec<(usize, Method)> = (0..WORLDS.len())
            .flat_map(|world| METHODS.map(|method| (world, method)))
            .collect();
        let counts = on_all_cores(combinations.len() * chunks, |at| {
            let mut dice = Dice::part(seed, 1000 + at as u64);
            let chunk = (at % chunks) as u64;
            let runs = CHUNK.min(runs - chunk * CHUNK);
            let combination = combinations.get(at / chunks);
            combination.map_or(0, |(world, method)| {
                WORLDS
                    .get(*world)
                    .map_or(0, |world| alarms(*method, world, alpha, runs, &mut dice))
            })
        });
        let sums: Vec<u64> = counts.chunks(chunks).map(|c| c.iter().sum()).collect();
        for (world, sums) in WORLDS.iter().zip(sums.chunks(METHODS.len())) {
            print!("  {:<26}", world.name);
            for sum in sums {
                let mark = if *sum > most { "!" } else { "" };
                print!(" {:>10}", format!("{sum}{mark}"));
            }
            println!();
        }
        let over = sums.iter().filter(|sum| **sum > most).count();
        println!("  {over} of {} over the most allowed", sums.len());
    }
}

fn allocation_figure(runs: Runs, seed: u64) {
    let size = allocation::WHOLE;
    println!(
        "\nBlocks until {} of {} offenders among {} cells are found, alpha {}, {} worlds",
        size.to_find, size.offenders, size.cells, size.alpha, runs.worlds
    );
    if runs.worlds == 0 {
        println!("  skipped: for figures, cargo bench");
        return;
    }
    let both = on_all_cores(runs.worlds as usize, |world| {
        [Rule::RoundRobin, Rule::Thompson].map(|rule| {
            let mut dice = Dice::part(seed, 7_000_000 + world as u64);
            allocation::search(size, rule, &mut dice)
        })
    });
    let sum = |rule: usize, of: &dyn Fn(&Search) -> u64| -> u64 {
        both.iter().filter_map(|pair| pair.get(rule)).map(of).sum()
    };
    let worlds = runs.worlds as f64;
    let mean = |rule: usize| sum(rule, &|search| search.blocks) as f64 / worlds;
    let ratio = mean(1) / mean(0);
    println!("  going round  {:.0} blocks", mean(0));
    println!("  Thompson     {:.0} blocks", mean(1));
    println!("  share        {}", beside(100.0 * ratio, 25.0));
    let wrong = |rule: usize| sum(rule, &|search| search.wrong as u64);
    println!(
        "  found {} of {}; innocent accused {} going round, {} by Thompson, bound {:.0} each",
        sum(1, &|search| search.found as u64),
        size.to_find as u64 * runs.worlds,
        wrong(0),
        wrong(1),
        worlds * size.alpha
    );
}

/// What begins on day 40, and groups whose cells each show little.
fn later(runs: Runs, seed: u64) {
    let runs = runs.findings / 20 + 1;
    let per = |sum: u32| f64::from(sum) / f64::from(runs);
    println!(
        "\nA difference that begins on day 40, {BLOCKS_A_DAY} blocks a day, alpha 0.01, {runs} runs"
    );
    for rival in [0.0, 0.5, 0.8, 0.9] {
        let mut dice = Dice::part(seed, 8);
        let mut days = [0, 0];
        for _ in 0..runs {
            let found = days_until_found(40, 1.0 - rival, 0.01, &mut dice);
            days = [days[0] + found[0], days[1] + found[1]];
        }
        println!(
            "  rival opens {rival}: {:.1} days by the watch, {:.1} by a product over all days",
            per(days[0]),
            per(days[1])
        );
    }
    let (mut missed, mut width, mut off) = (0, 0, 0);
    let mut dice = Dice::part(seed, 9);
    for _ in 0..runs {
        let asked = ask_for_onset(40, 80, 0.5, (0.05, 0.4), &mut dice);
        missed += u32::from(asked.missed);
        width += asked.width;
        off += asked.off;
    }
    println!(
        "  the day it began, error 0.05: missed in {:.2} % of runs, {:.1} days wide, {:.1} days off",
        100.0 * per(missed),
        per(width),
        per(off)
    );
    println!(
        "Rounds until a group of 8 guilty cells stands, and its first cell, 24 cells, alpha 0.01"
    );
    for rival in [0.5, 0.8, 0.9] {
        let mut dice = Dice::part(seed, 10);
        let (mut node, mut leaf, mut wrong) = (0, 0, 0);
        for _ in 0..runs {
            let seen = watch_groups((3, 8), 1.0 - rival, 0.01, 400, &mut dice);
            node += seen.node;
            leaf += seen.leaf;
            wrong += u32::from(seen.wrong);
        }
        println!(
            "  rival opens {rival}: {:.1} and {:.1} rounds, an innocent stands in {wrong} runs",
            per(node),
            per(leaf)
        );
    }
}
