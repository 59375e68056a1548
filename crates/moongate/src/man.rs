//! Manual pages and completions, made from the words of the command line.

use std::path::Path;

use clap::CommandFactory as _;

use crate::cli::Cli;
use crate::failure::Failure;

/// Prints completions.
pub(crate) fn completions(shell: clap_complete::Shell) {
    clap_complete::generate(
        shell,
        &mut Cli::command(),
        "moongate",
        &mut std::io::stdout(),
    );
}

/// Writes one page for the program and one for each command.
///
/// # Errors
/// Where the folder cannot be written.
pub(crate) fn pages(folder: &Path) -> Result<(), Failure> {
    let doing = || format!("writing manual pages into {}", folder.display());
    std::fs::create_dir_all(folder).map_err(Failure::machine(doing()))?;
    clap_mangen::generate_to(Cli::command(), folder).map_err(Failure::machine(doing()))?;
    outln!("{}", folder.display());
    Ok(())
}
