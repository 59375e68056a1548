//! The program. `cli` holds the words, the modules of the same names what
//! they do; what can fail ends in `failure`.

/// Prints to standard output; see [`style::say`].
macro_rules! out {
    ($($words:tt)*) => { $crate::style::say(&format!($($words)*)) };
}

/// The same, and ends the line.
macro_rules! outln {
    ($($words:tt)*) => { $crate::style::say(&format!("{}\n", format_args!($($words)*))) };
}

mod check;
mod cli;
mod compare;
mod demo;
mod explain;
mod failure;
mod files;
mod import;
mod judge;
mod look;
mod man;
mod measure;
mod network;
mod opened;
mod order;
mod planned;
mod report;
mod report_input;
mod reported;
mod slots;
mod style;
mod town;
mod verify;
mod words;

use std::process::ExitCode;

use clap::Parser as _;

use cli::{Cli, Command};
use failure::Failure;

// A visit and its record are many small pieces, most of them short-lived.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(run(&cli)),
        Err(error) => Err(Failure::Machine {
            doing: "starting".to_owned(),
            error,
        }),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.show();
            ExitCode::from(failure.exit_code())
        }
    }
}

async fn run(cli: &Cli) -> Result<(), Failure> {
    let lang = cli.lang;
    match &cli.command {
        None => demo::run(&cli.demo_case, cli.demo_trials, lang).await,
        Some(Command::Check(args)) => check::run(args, lang).await,
        Some(Command::Look(args)) => look::run(args, lang).await,
        Some(Command::Import(args)) => import::run(args),
        Some(Command::Judge(args)) => judge::run(args, lang),
        Some(Command::Report(args)) => report::run(args, lang),
        Some(Command::Order(args)) => order::run(&args.command),
        Some(Command::Town(args)) => town::run(args).await,
        Some(Command::Verify(args)) => verify::run(&args.case),
        Some(Command::Slots(args)) => slots::run(args),
        Some(Command::Plan(args)) => planned::run(args, lang),
        Some(Command::Explain(args)) => explain::run(args, lang),
        Some(Command::Completions { shell }) => {
            man::completions(*shell);
            Ok(())
        }
        Some(Command::Man { folder }) => man::pages(folder),
    }
}
