//! Ten million observations over ten thousand cells, judged on one core as
//! they arrive: processor time, memory, and whether looking in between changed
//! a byte.
//!
//! `cargo bench -p moongate-benches --bench judging`; `-- --observations N
//! --cells N` for other sizes. Trials are made up as they go in, from a seed
//! that is printed; making them up is timed alone and shown beside.

use std::process::ExitCode;

use clap::Parser;
use moongate_benches::dice::Dice;
use moongate_benches::usage::{cpu_seconds, peak_bytes};
use moongate_glossary::{Cell, Ground, Outcome, Reading, Side};
use moongate_judge::{ArmReading, Bounds, Judge, JudgedCell, Ladder, Method, Trial};

#[derive(Debug, Parser)]
struct Args {
    /// Observations in all.
    #[arg(long, default_value_t = 10_000_000)]
    observations: u64,
    /// Cells in all.
    #[arg(long, default_value_t = 10_000)]
    cells: u64,
    /// Seed of the made-up world.
    #[arg(long, default_value_t = 20_210_917)]
    seed: u64,
    /// How often somebody looks in between.
    #[arg(long, default_value_t = 100)]
    looks: u64,
    /// Given by `cargo bench`; without it, as under `cargo test`, the world is a
    /// hundred times smaller.
    #[arg(long, hide = true)]
    bench: bool,
}

const CONTROLS: u64 = 4;
/// Every twentieth rival is handled worse.
const OFFENDERS_EVERY: u64 = 20;

/// How many cells see one trial: a comparison of that many rivals.
const SHAPES: [(&str, u64); 2] = [("one rival a trial", 1), ("twenty rivals a trial", 20)];

fn main() -> ExitCode {
    let mut args = Args::parse();
    if !args.bench {
        args.observations /= 100;
        args.cells /= 100;
    }
    println!(
        "{} observations over {} cells; seed {}",
        args.observations, args.cells, args.seed
    );
    println!(
        "{:<24}{:>12}{:>12}{:>12}{:>10}{:>10}",
        "", "making up s", "judging s", "µs/obs", "peak MB", "broken"
    );
    let mut same = true;
    for (name, rivals) in SHAPES {
        let world = World::new(&args, rivals);
        let start = cpu_seconds();
        world.each(|_| {});
        let making = cpu_seconds() - start;
        let start = cpu_seconds();
        let mut judge = world.judge();
        world.each(|trial| judge.add(trial));
        let findings = judge.findings();
        let groups = judge.groups();
        let judging = cpu_seconds() - start - making;
        let broken = findings.iter().filter(|it| it.broken_after.is_some());
        println!(
            "{name:<24}{making:>12.2}{judging:>12.2}{:>12.3}{:>10}{:>10}",
            judging * 1e6 / args.observations as f64,
            peak_bytes() >> 20,
            broken.count()
        );
        same &= world.looked_at(args.looks) == (findings, groups);
    }
    println!(
        "judging as rows arrive, looking {} times: {}",
        args.looks,
        if same {
            "the same bytes"
        } else {
            "OTHER BYTES"
        }
    );
    if same {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// A made-up world: the same trials whenever it is asked.
struct World {
    seed: u64,
    rivals: u64,
    comparisons: u64,
    turns: u64,
}

type Said = (
    Vec<moongate_glossary::Finding>,
    Vec<moongate_glossary::GroupFinding>,
);

impl World {
    fn new(args: &Args, rivals: u64) -> Self {
        let comparisons = (args.cells / rivals).max(1);
        let turns = args.observations / (comparisons * (rivals + CONTROLS));
        Self {
            seed: args.seed,
            rivals,
            comparisons,
            turns,
        }
    }

    fn judge(&self) -> Judge {
        let cells: Vec<JudgedCell> = (0..self.comparisons * self.rivals)
            .map(|cell| self.cell(cell))
            .collect();
        let bounds = Bounds {
            alpha: 0.01,
            cells: cells.len() as u64,
        };
        Judge::new(cells, bounds)
    }

    fn cell(&self, number: u64) -> JudgedCell {
        let comparison = number / self.rivals;
        JudgedCell {
            cell: Cell {
                obligation: "links".into(),
                clause: "no-extra-step".into(),
                platform: format!("platform-{}", comparison % 50),
                scene: format!("scene-{comparison}"),
                destination: format!("destination-{number}"),
                round: "now".into(),
            },
            subject: format!("company-{}", comparison % 10),
            clause_kind: "no-extra-step".into(),
            method: Method::Parity {
                ladders: vec![Ladder { levels: 6 }],
                margin: 0.2,
            },
            ground: Ground::Randomised,
        }
    }

    /// Hands over every trial, the comparisons in turn.
    fn each(&self, mut hand_over: impl FnMut(&[(usize, &Trial)])) {
        let mut dice = Dice::new(self.seed);
        for turn in 0..self.turns {
            for comparison in 0..self.comparisons {
                let controls: Vec<ArmReading> =
                    (0..CONTROLS).map(|_| slot(&mut dice, 0.02)).collect();
                let trials: Vec<Trial> = (0..self.rivals)
                    .map(|rival| {
                        let number = comparison * self.rivals + rival;
                        let worse = number.is_multiple_of(OFFENDERS_EVERY);
                        Trial {
                            id: format!("{turn:06}-{comparison:06}"),
                            at_ms: turn.cast_signed() * 3_600_000,
                            rival: slot(&mut dice, if worse { 0.3 } else { 0.02 }),
                            controls: controls.clone(),
                        }
                    })
                    .collect();
                let first = (comparison * self.rivals) as usize;
                let seen: Vec<(usize, &Trial)> = (first..).zip(&trials).collect();
                hand_over(&seen);
            }
        }
    }

    /// The same, by somebody who looks so many times.
    fn looked_at(&self, looks: u64) -> Said {
        let mut judge = self.judge();
        let every = (self.turns * self.comparisons / looks.max(1)).max(1);
        let mut trials = 0_u64;
        self.each(|trial| {
            judge.add(trial);
            trials += 1;
            if trials.is_multiple_of(every) {
                std::hint::black_box((judge.findings(), judge.groups()));
            }
        });
        (judge.findings(), judge.groups())
    }
}

/// One opening: rarely inconclusive, and failing with a chance of `p`.
fn slot(dice: &mut Dice, p: f64) -> ArmReading {
    if dice.yes(0.01) {
        return ArmReading::of(Reading::inconclusive(Side::Carrier, "rate-limit"));
    }
    let level = if dice.yes(p) {
        1 + dice.below(5) as u8
    } else {
        0
    };
    let outcome = match level {
        0 => Outcome::Met,
        _ => Outcome::NotMet {
            reason: "blocked".to_owned(),
        },
    };
    ArmReading::of(Reading {
        outcome,
        severities: vec![level],
        amount: None,
    })
}
