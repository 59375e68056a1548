//! One contest: the servers are started, the list is written, and every
//! contestant opens it in every round, each round in another order.
//!
//! Not here: how a contestant is called, and what the figures say.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

use crate::contestant::{Contestant, Work};
use crate::figures::{Column, Figure};
use crate::world::{self, Asked};
use crate::{BenchError, doing};

/// The servers, in a process of their own. It ends with this value.
#[derive(Debug)]
pub struct World {
    child: Child,
    /// Where the redirector listens.
    pub redirector: SocketAddr,
}

impl World {
    /// Starts `command`, which must call [`world::serve`].
    ///
    /// # Errors
    /// Where it does not start or names no address.
    pub fn start(mut command: Command) -> Result<Self, BenchError> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(doing("starting the servers"))?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output)
                .read_line(&mut line)
                .map_err(doing("starting the servers"))?;
        }
        let redirector = line.trim().parse().map_err(std::io::Error::other);
        Ok(Self {
            child,
            redirector: redirector.map_err(doing("starting the servers"))?,
        })
    }

    /// Ends it; its processor time.
    ///
    /// # Errors
    /// Where the system does not tell.
    pub fn end(mut self) -> Result<Duration, BenchError> {
        let before = cpu_of_children()?;
        drop(self.child.stdin.take());
        self.child.wait().map_err(doing("ending the servers"))?;
        Ok(cpu_of_children()?.saturating_sub(before))
    }
}

/// How large a contest is.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Links in the list.
    pub links: usize,
    /// Rounds.
    pub rounds: usize,
}

/// Runs it, with its files in `folder`, and tells of every run as it ends.
///
/// # Errors
/// Where a contestant did not open every link, or the machine refuses.
pub fn hold(
    world: &World,
    contestants: &[Contestant],
    size: Size,
    folder: &Path,
    mut tell: impl FnMut(usize, &Contestant, &Figure),
) -> Result<Vec<Column>, BenchError> {
    let lists = Lists::write(world.redirector, size.links, folder)?;
    let mut columns: Vec<Column> = contestants
        .iter()
        .map(|contestant| Column {
            name: contestant.name(),
            rounds: Vec::new(),
        })
        .collect();
    for round in 0..size.rounds {
        // Whoever goes first finds the machine in another state.
        for turn in 0..contestants.len() {
            let who = (round + turn) % contestants.len();
            if let (Some(contestant), Some(column)) = (contestants.get(who), columns.get_mut(who)) {
                let figure = run(world, contestant, size.links, &lists, folder)?;
                tell(round, contestant, &figure);
                column.rounds.push(figure);
            }
        }
    }
    Ok(columns)
}

/// The list of links, in two forms.
struct Lists {
    plain: PathBuf,
    curl: PathBuf,
}

impl Lists {
    fn write(redirector: SocketAddr, links: usize, folder: &Path) -> Result<Self, BenchError> {
        let lists = Self {
            plain: folder.join("links.txt"),
            curl: folder.join("links.curl"),
        };
        let all = || (0..links).map(|number| world::link(redirector, number));
        let plain: String = all().map(|link| link + "\n").collect();
        let curl: String = all()
            .map(|link| ["url = \"", &link, "\"\noutput = \"/dev/null\"\n"].concat())
            .collect();
        std::fs::write(&lists.plain, plain).map_err(doing("writing the list"))?;
        std::fs::write(&lists.curl, curl).map_err(doing("writing the list"))?;
        Ok(lists)
    }
}

/// One run: everything before and after the program's own life is outside the
/// measured time.
fn run(
    world: &World,
    contestant: &Contestant,
    links: usize,
    lists: &Lists,
    folder: &Path,
) -> Result<Figure, BenchError> {
    let folder = tempfile::tempdir_in(folder).map_err(doing("making a folder"))?;
    let work = Work {
        links,
        list: &lists.plain,
        curl_config: &lists.curl,
        folder: folder.path(),
    };
    contestant.prepare(&work)?;
    world::asked(world.redirector)?;
    let mut command = contestant.command(&work);
    let figure = measure(&mut command, contestant, links)?;
    everything_asked(contestant, world::asked(world.redirector)?, links)?;
    contestant.check(&work)?;
    Ok(figure)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a comparison of times reads the clock"
)]
fn measure(
    command: &mut Command,
    contestant: &Contestant,
    links: usize,
) -> Result<Figure, BenchError> {
    let cpu = cpu_of_children()?;
    let start = Instant::now();
    let status = command
        .status()
        .map_err(doing(format!("running {}", contestant.name())))?;
    let wall_s = start.elapsed().as_secs_f64();
    let cpu_s = cpu_of_children()?.saturating_sub(cpu).as_secs_f64();
    if !status.success() {
        let what = format!("it ended with {status}");
        return Err(BenchError::Unfinished {
            contestant: contestant.name(),
            what,
        });
    }
    Ok(Figure {
        links,
        wall_s,
        cpu_s,
    })
}

/// Every link, the page behind every link, and nothing twice: a contestant
/// that asks for more has more to do.
fn everything_asked(contestant: &Contestant, asked: Asked, links: usize) -> Result<(), BenchError> {
    if asked
        == (Asked {
            links,
            pages: links,
            requests: 2 * links,
        })
    {
        return Ok(());
    }
    let what = format!(
        "of {links} links it opened {} and reached the pages of {}, with {} requests",
        asked.links, asked.pages, asked.requests
    );
    Err(BenchError::Unfinished {
        contestant: contestant.name(),
        what,
    })
}

/// Processor time of all children that have ended and been waited for.
fn cpu_of_children() -> Result<Duration, BenchError> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)
        .map_err(|errno| doing("reading processor times")(errno.into()))?;
    let micros = [usage.user_time(), usage.system_time()]
        .iter()
        .map(|time| time.tv_sec() * 1_000_000 + time.tv_usec())
        .sum::<i64>();
    Ok(Duration::from_micros(u64::try_from(micros).unwrap_or(0)))
}
