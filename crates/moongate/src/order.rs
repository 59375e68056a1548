//! `moongate order`: work with order files.

use std::path::{Path, PathBuf};

use moongate_check::{Input, InputRole};

use crate::cli::OrderCommand;
use crate::failure::Failure;
use crate::files::{LARGEST_HAND_WRITTEN, read_text};
use crate::opened::bind;

/// Lints, or prints what an order may say.
///
/// # Errors
/// The mistakes of the last file that has any; those of the others are shown.
pub(crate) fn run(command: &OrderCommand) -> Result<(), Failure> {
    match command {
        OrderCommand::Lint { files, links } => lint(files, links.as_deref()),
        OrderCommand::Schema => {
            let schema = moongate_order::json_schema(&moongate_checks::vocabulary());
            outln!("{schema:#}");
            Ok(())
        }
        OrderCommand::Reference => {
            outln!(
                "{}",
                moongate_order::markdown_reference(&moongate_checks::vocabulary())
            );
            Ok(())
        }
    }
}

fn lint(files: &[PathBuf], links: Option<&Path>) -> Result<(), Failure> {
    let mut last = None;
    for file in files {
        match lint_one(file, links) {
            Ok(()) => outln!("{}: no mistakes", file.display()),
            Err(failure) => {
                if let Some(earlier) = last.replace(failure) {
                    earlier.show();
                }
            }
        }
    }
    last.map_or(Ok(()), Err)
}

fn lint_one(file: &Path, links: Option<&Path>) -> Result<(), Failure> {
    let text = read_text(file, LARGEST_HAND_WRITTEN)?;
    let vocabulary = moongate_checks::vocabulary();
    let order = moongate_order::read(&file.display().to_string(), &text, &vocabulary)?;
    if let Some(links) = links {
        let text = read_text(links, LARGEST_HAND_WRITTEN)?;
        bind(
            &order,
            &[Input {
                role: InputRole::Links,
                name: links.display().to_string(),
                text,
            }],
        )?;
    }
    Ok(())
}
