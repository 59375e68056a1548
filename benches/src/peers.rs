//! Where the programs compared are found on this machine.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::contestant::Contestant;
use crate::{BenchError, doing};

/// Ours, built as it is released: named by `MOONGATE`, or built now into the
/// folder of builds that this program lies in.
///
/// # Errors
/// Where it cannot be built.
pub fn moongate() -> Result<Contestant, BenchError> {
    if let Some(named) = variable("MOONGATE") {
        return Ok(Contestant::Moongate(named));
    }
    let builds = builds()?;
    eprintln!("building moongate as it is released …");
    let cargo = variable("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args([
            "build",
            "--release",
            "--package",
            "moongate",
            "--target-dir",
        ])
        .arg(&builds)
        .status()
        .map_err(doing("starting cargo"))?;
    let program = builds.join("release/moongate");
    if status.success() && program.is_file() {
        return Ok(Contestant::Moongate(program));
    }
    let remedy = "see what cargo said, or name one that is built with MOONGATE=PATH".to_owned();
    Err(BenchError::Missing {
        name: "moongate",
        remedy,
    })
}

/// Ours as it lies beside this program, if it was built in the same go.
pub fn moongate_beside() -> Option<Contestant> {
    let named = variable("MOONGATE");
    named
        .or_else(|| Some(profile().ok()?.join("moongate")))
        .filter(|path| path.is_file())
        .map(Contestant::Moongate)
}

/// Lychee: named by `LYCHEE`, on `PATH`, or installed now into `peers` in the
/// folder of builds.
///
/// # Errors
/// Where it is not there and cannot be installed.
pub fn lychee() -> Result<PathBuf, BenchError> {
    let root = builds()?.join("peers");
    let installed = root.join("bin/lychee");
    let found = variable("LYCHEE")
        .or_else(|| on_path("lychee"))
        .or_else(|| installed.is_file().then(|| installed.clone()));
    if let Some(program) = found {
        return Ok(program);
    }
    eprintln!(
        "lychee is neither named by LYCHEE nor on PATH: installing it into {} (some minutes) …",
        root.display()
    );
    let cargo = variable("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args([
            "install",
            "lychee",
            "--version",
            "^0.24",
            "--locked",
            "--root",
        ])
        .arg(&root)
        .env_remove("CARGO_TARGET_DIR")
        .status()
        .map_err(doing("starting cargo"))?;
    if status.success() && installed.is_file() {
        return Ok(installed);
    }
    let remedy = "install it with `cargo install lychee --locked`, or name it with LYCHEE=PATH";
    Err(BenchError::Missing {
        name: "lychee",
        remedy: remedy.to_owned(),
    })
}

/// Curl: named by `CURL`, or on `PATH`.
///
/// # Errors
/// Where it is not there.
pub fn curl() -> Result<Contestant, BenchError> {
    variable("CURL")
        .or_else(|| on_path("curl"))
        .map(Contestant::Curl)
        .ok_or_else(|| {
            let remedy = "install it, as in `apt-get install curl`, or name it with CURL=PATH";
            BenchError::Missing {
                name: "curl",
                remedy: remedy.to_owned(),
            }
        })
}

/// The folder of the profile that this program was built in.
fn profile() -> Result<PathBuf, BenchError> {
    let own = std::env::current_exe().map_err(doing("finding this program"))?;
    // It lies in `deps` of the profile's folder.
    own.parent()
        .and_then(Path::parent)
        .map(Path::to_owned)
        .ok_or_else(|| BenchError::Missing {
            name: "the folder of builds",
            remedy: "run this with `cargo bench`".to_owned(),
        })
}

fn builds() -> Result<PathBuf, BenchError> {
    let profile = profile()?;
    Ok(profile.parent().map_or(profile.clone(), Path::to_owned))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the programs compared are named by the environment"
)]
fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = variable("PATH")?;
    std::env::split_paths::<OsStr>(path.as_ref())
        .map(|folder| folder.join(program))
        .find(|candidate| candidate.is_file())
}
