//! The programs compared: how each is called so that it opens every link of a
//! list, and what else shows that it did.
//!
//! Not here: measuring. Each gets the settings under which it is fastest per
//! link without leaving work out, as far as its own options allow.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use moongate_case::CaseFolder;

use crate::{BenchError, doing, world};

/// One of the programs.
#[derive(Debug, Clone)]
pub enum Contestant {
    /// Ours, with everything recorded in a case.
    Moongate(PathBuf),
    /// <https://lychee.cli.rs>, a link checker, with its limits lifted: no
    /// wait between requests to a host, and for one host as many at once as
    /// for all. It keeps a status for each link.
    Lychee(PathBuf),
    /// The same on one thread and with 16 links at once, as ours: lychee at
    /// its thriftiest.
    Lychee16(PathBuf),
    /// <https://curl.se>, which keeps nothing.
    Curl(PathBuf),
}

/// What every contestant is handed.
#[derive(Debug)]
pub struct Work<'a> {
    /// How many links.
    pub links: usize,
    /// A file with one link a line.
    pub list: &'a Path,
    /// The same links as a configuration of curl.
    pub curl_config: &'a Path,
    /// An empty folder, new for every run.
    pub folder: &'a Path,
}

impl Contestant {
    /// Its name in tables.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Moongate(_) => "moongate",
            Self::Lychee(_) => "lychee",
            Self::Lychee16(_) => "lychee-16",
            Self::Curl(_) => "curl",
        }
    }

    fn program(&self) -> &Path {
        match self {
            Self::Moongate(program)
            | Self::Lychee(program)
            | Self::Lychee16(program)
            | Self::Curl(program) => program,
        }
    }

    /// Its version, in its own words.
    ///
    /// # Errors
    /// Where it cannot be started.
    pub fn version(&self) -> Result<String, BenchError> {
        let said = Command::new(self.program())
            .arg("--version")
            .output()
            .map_err(doing(format!("starting {}", self.program().display())))?;
        let text = String::from_utf8_lossy(&said.stdout).into_owned();
        let words = text.split_whitespace().take(2).collect::<Vec<_>>();
        Ok(words.join(" "))
    }

    /// How it is called to open every link.
    pub fn command(&self, work: &Work<'_>) -> Command {
        let mut command = Command::new(self.program());
        match self {
            Self::Moongate(_) => {
                command.args(["look", "--rate", "0", "--in-flight", "16"]);
                command
                    .arg("--from")
                    .arg(work.list)
                    .arg("--case")
                    .arg(work.folder.join("case"));
                for host in world::hosts() {
                    command.args(["--allow-private", &host]);
                }
            }
            // 128 is lychee's own limit for all hosts together.
            Self::Lychee(_) => lychee(&mut command, work, "128"),
            Self::Lychee16(_) => {
                command.args(["--threads", "1"]);
                lychee(&mut command, work, "16");
            }
            Self::Curl(_) => {
                command.args(["--disable", "--parallel", "--parallel-max", "50"]);
                command
                    .args(["--location", "--silent", "--no-progress-meter", "--config"])
                    .arg(work.curl_config);
            }
        }
        command
            .current_dir(work.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command
    }

    /// Files that its command names.
    ///
    /// # Errors
    /// Where they cannot be written.
    pub fn prepare(&self, work: &Work<'_>) -> Result<(), BenchError> {
        match self {
            Self::Lychee(_) | Self::Lychee16(_) => {
                std::fs::write(work.folder.join("lychee.toml"), "")
                    .map_err(doing("writing lychee's settings"))
            }
            Self::Moongate(_) | Self::Curl(_) => Ok(()),
        }
    }

    /// Looks into what it left behind. What the servers counted is looked at
    /// elsewhere.
    ///
    /// # Errors
    /// Where the work is not whole.
    pub fn check(&self, work: &Work<'_>) -> Result<(), BenchError> {
        let done = match self {
            Self::Moongate(_) => recorded(&work.folder.join("case"), work.links),
            Self::Lychee(_) | Self::Lychee16(_) => {
                counted_by_lychee(&work.folder.join("lychee.json"), work.links)
            }
            Self::Curl(_) => Ok(()),
        };
        done.map_err(|what| BenchError::Unfinished {
            contestant: self.name(),
            what,
        })
    }
}

fn lychee(command: &mut Command, work: &Work<'_>, at_once: &str) {
    command.args([
        "--no-progress",
        "--cache=false",
        "--quiet",
        "--max-retries",
        "0",
    ]);
    command.args(["--max-concurrency", at_once, "--host-concurrency", at_once]);
    command.args(["--host-request-interval", "0s", "--timeout", "60"]);
    command
        .args(["--format", "json", "--output"])
        .arg(work.folder.join("lychee.json"));
    // No settings of this machine's owner.
    command.arg("--config").arg(work.folder.join("lychee.toml"));
    command.arg("--").arg(work.list);
}

/// Whether the case holds every trial, and behind each the page that its link
/// leads to, byte for byte.
fn recorded(case: &Path, links: usize) -> Result<(), String> {
    let case = CaseFolder::open_to_read(case).map_err(|error| error.to_string())?;
    let finished = case.finished_trials().len();
    if finished != links {
        return Err(format!("{finished} trials of {links} in the case"));
    }
    let mut rows = 0;
    for (number, row) in case.observations().enumerate() {
        let row = row.map_err(|error| error.to_string())?;
        let [redirect, page] = row.evidence.as_slice() else {
            return Err(format!(
                "{} bodies behind link {number}",
                row.evidence.len()
            ));
        };
        let body = |digest| {
            let body = case.body(digest).map_err(|error| error.to_string())?;
            body.ok_or_else(|| format!("a body of link {number} is not in the case"))
        };
        body(redirect)?;
        let page = body(page)?;
        if !String::from_utf8_lossy(&page).contains(&world::sentence(number)) {
            return Err(format!("the page behind link {number} is another one"));
        }
        rows += 1;
    }
    if rows == links {
        Ok(())
    } else {
        Err(format!("{rows} observations of {links} in the case"))
    }
}

fn counted_by_lychee(report: &Path, links: usize) -> Result<(), String> {
    let mut text = String::new();
    std::fs::File::open(report)
        .and_then(|mut file| file.read_to_string(&mut text))
        .map_err(|error| format!("its report cannot be read: {error}"))?;
    let number = |key: &str| {
        let (_, rest) = text.split_once(&format!("\"{key}\":"))?;
        rest.trim_start()
            .split(|c: char| !c.is_ascii_digit())
            .next()?
            .parse::<usize>()
            .ok()
    };
    match (number("total"), number("successful")) {
        (Some(total), Some(successful)) if total == links && successful == links => Ok(()),
        (total, successful) => Err(format!(
            "of {links} links it reports {total:?} in all, {successful:?} successful"
        )),
    }
}
