//! `moongate slots`: which link stood in which slot, recomputed from the
//! revealed seed as a stranger would.

use moongate_case::plan_bytes;
use moongate_glossary::{Digest, Seed, Trial};

use crate::cli::SlotsArgs;
use crate::failure::Failure;
use crate::opened::open;

/// Shows every slot with the digest it was ordered by.
///
/// # Errors
/// Where the seed is still secret, is not the committed one, or did not make
/// the slots.
pub(crate) fn run(args: &SlotsArgs) -> Result<(), Failure> {
    let mut opened = open(&args.case.case, args.reveal)?;
    if args.reveal {
        opened.folder.reveal_seed()?;
    }
    let case = args.case.case.display();
    let Some(seed) = opened.folder.revealed_seed() else {
        return Err(Failure::unusable(
            format!("{case}: the seed is still secret"),
            "finish the case, or end it as it stands with --reveal: no further trial can be \
             carried out then",
        ));
    };
    let plan = opened.folder.plan();
    let commitment = seed.commit(&plan_bytes(plan)?);
    let committed = opened.folder.commitment();
    outln!("seed        {}", seed.reveal());
    outln!("committed   {}", Digest::from(*committed.0.as_bytes()));
    outln!("recomputed  {}", Digest::from(*commitment.0.as_bytes()));
    let mut wrong = usize::from(commitment != committed);
    let asked_for = |trial: &&Trial| args.trial.as_ref().is_none_or(|id| *id == trial.id);
    let mut shown = 0_usize;
    for trial in plan.trials.iter().filter(asked_for) {
        shown += 1;
        wrong += usize::from(!show(&seed, trial));
    }
    if shown == 0 {
        return Err(Failure::unusable(
            format!(
                "{case}: has no trial `{}`",
                args.trial.as_deref().unwrap_or_default()
            ),
            "leave --trial out to see them all",
        ));
    }
    if wrong > 0 {
        return Err(Failure::unusable(
            format!("{case}: {wrong} things are not as the seed makes them"),
            "do not rely on this case; take it from its source again",
        ));
    }
    outln!("\nall {shown} trials are as the committed seed makes them");
    Ok(())
}

/// One trial; whether its slots are as the seed makes them.
fn show(seed: &Seed, trial: &Trial) -> bool {
    let place = format!("{} · {} · {}", trial.round, trial.platform, trial.scene);
    if moongate_check_links::plan::is_imported(trial) {
        outln!(
            "\n{}  {place}: measured by others, not arranged by a seed",
            trial.id
        );
        return true;
    }
    outln!("\n{}  {place}", crate::style::heading(&trial.id));
    let ranks: Vec<Digest> = trial
        .slots
        .iter()
        .map(|slot| seed.rank(&trial.id, &slot.destination))
        .collect();
    for (number, (slot, rank)) in trial.slots.iter().zip(&ranks).enumerate() {
        outln!("  {:>2}  {rank}  {}", number + 1, slot.destination);
    }
    let as_made = ranks.windows(2).all(|pair| match pair {
        [one, next] => one.as_bytes() <= next.as_bytes(),
        _ => true,
    });
    if !as_made {
        outln!("  {}", crate::style::error("not in ascending order"));
    }
    as_made
}
