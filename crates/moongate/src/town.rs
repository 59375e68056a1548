//! `moongate town`: the town of fake platforms, served until Ctrl-C.

use moongate_town::{Timeline, Town, TownOptions, TownPlan, links_file};

use crate::cli::TownArgs;
use crate::failure::Failure;

/// Serves the town, or prints what it holds.
///
/// # Errors
/// Where the moment is unknown or the port taken.
pub(crate) async fn run(args: &TownArgs) -> Result<(), Failure> {
    let timeline = shipped()?;
    if args.links {
        out!("{}", links_file(&timeline));
        return Ok(());
    }
    if args.moments {
        for moment in timeline.moments() {
            outln!("{:16} {} / {}", moment.id, moment.name.en, moment.name.zh);
        }
        return Ok(());
    }
    let plan = TownPlan::timeline(&timeline).map_err(own)?;
    let options = TownOptions {
        port: args.port,
        ..TownOptions::default()
    };
    let town = Town::start(plan, options).await.map_err(|error| {
        Failure::unusable(
            format!("the town cannot be served: {error}"),
            "choose another --port",
        )
    })?;
    if let Some(moment) = &args.moment {
        town.set_moment(moment).map_err(|error| {
            Failure::unusable(
                format!("--moment: {error}"),
                "list them with moongate town --moments",
            )
        })?;
    }
    outln!(
        "the town stands at {}; it replays press reports and is no company's\n\
         look at it with: moongate check ORDER --links LINKS --connect-to '*.test={}' --allow-private '*.test'",
        town.http,
        town.http
    );
    // Waits for Ctrl-C; an error means that no signal can come, so it ends.
    let _ = tokio::signal::ctrl_c().await;
    town.stop().await;
    Ok(())
}

/// The timeline that ships with the program.
///
/// # Errors
/// Never in a program that passed its tests.
pub(crate) fn shipped() -> Result<Timeline, Failure> {
    Timeline::shipped().map_err(own)
}

fn own(error: impl std::fmt::Display) -> Failure {
    Failure::Own(error.to_string())
}
