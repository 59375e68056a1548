//! 20,000 different links behind a redirector on loopback: ours with
//! everything recorded, lychee, and curl, in the same run.
//!
//!     cargo bench -p moongate-benches --bench links
//!
//! Lychee is taken from `LYCHEE` or `PATH`, or installed into `target/peers`;
//! ours is built as it is released, or named by `MOONGATE`.
//! Called by `cargo test`, it is a small contest without lychee that shows
//! that everything still works, and measures nothing.

use std::process::{Command, ExitCode};

use clap::Parser;
use moongate_benches::contest::{self, Size, World};
use moongate_benches::contestant::Contestant;
use moongate_benches::figures::table;
use moongate_benches::{BenchError, doing, peers, world};

#[derive(Debug, Parser)]
struct Args {
    /// Links in the list; 20,000, and 200 when called by `cargo test`.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    links: Option<u32>,
    /// Rounds; 3, and 1 when called by `cargo test`.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: Option<u32>,
    /// Said by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
    /// Be the servers.
    #[arg(long, hide = true)]
    serve: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let (links, rounds) = if args.bench { (20_000, 3) } else { (200, 1) };
    let size = Size {
        links: args.links.unwrap_or(links) as usize,
        rounds: args.rounds.unwrap_or(rounds) as usize,
    };
    let done = if args.serve {
        serve(size.links)
    } else {
        compare(size, args.bench)
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(links: usize) -> Result<(), BenchError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(doing("starting the servers"))?
        .block_on(world::serve(links))
}

fn compare(size: Size, whole: bool) -> Result<(), BenchError> {
    let contestants = if whole {
        everybody()?
    } else {
        whoever_is_there()
    };
    let folder = tempfile::Builder::new()
        .prefix("moongate-links-")
        .tempdir()
        .map_err(doing("making a folder"))?;
    let own = std::env::current_exe().map_err(doing("finding this program"))?;
    let mut servers = Command::new(own);
    servers.args(["--serve", "--links", &size.links.to_string()]);
    let world = World::start(servers)?;
    println!(
        "{} different links behind a redirector on loopback, {} rounds",
        size.links, size.rounds
    );
    for contestant in &contestants {
        println!("  {:<10} {}", contestant.name(), contestant.version()?);
    }
    println!("  {:<10} {}", "machine", machine());
    let columns = contest::hold(
        &world,
        &contestants,
        size,
        folder.path(),
        |round, who, figure| {
            eprintln!(
                "round {} {}: {:.1} µs of CPU a link",
                round + 1,
                who.name(),
                figure.cpu_us_per_link()
            );
        },
    )?;
    let served = (size.links * size.rounds * contestants.len()) as f64;
    let servers = world.end()?.as_secs_f64() * 1e6 / served;
    if whole {
        println!("\n{}", table(&columns));
        println!(
            "The servers, one thread on the same machine, took {servers:.1} µs of CPU a link."
        );
    } else {
        println!(
            "every contestant opened every link; for figures: cargo bench -p moongate-benches"
        );
    }
    Ok(())
}

fn everybody() -> Result<Vec<Contestant>, BenchError> {
    let lychee = peers::lychee()?;
    Ok(vec![
        peers::moongate()?,
        Contestant::Lychee(lychee.clone()),
        Contestant::Lychee16(lychee),
        peers::curl()?,
    ])
}

/// For `cargo test`: nothing is installed or built for it.
fn whoever_is_there() -> Vec<Contestant> {
    let there = [
        ("moongate", peers::moongate_beside()),
        ("curl", peers::curl().ok()),
    ];
    for (name, _) in there.iter().filter(|(_, contestant)| contestant.is_none()) {
        println!("skipped: {name}, which is not there");
    }
    there
        .into_iter()
        .filter_map(|(_, contestant)| contestant)
        .collect()
}

/// What the figures were made on.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpus = read("/proc/cpuinfo");
    let model = cpus
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map_or("processor not named", |(_, model)| model.trim());
    let kernel = read("/proc/sys/kernel/osrelease");
    let load = read("/proc/loadavg");
    format!(
        "{model}, {cores} cores, {} {}, load before {}",
        std::env::consts::OS,
        kernel.trim(),
        load.split_whitespace().next().unwrap_or("unknown")
    )
}
