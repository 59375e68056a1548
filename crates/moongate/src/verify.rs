//! `moongate verify`: a whole case is checked, as a stranger would.

use std::path::Path;

use moongate_case::SeedState;

use crate::failure::Failure;
use crate::opened::open;

/// Checks every digest, every reference and every slot against the seed.
///
/// # Errors
/// Where anything is wrong; everything wrong is shown first.
pub(crate) fn run(case: &Path) -> Result<(), Failure> {
    let opened = open(case, false)?;
    let verification = opened.folder.verify(|seed, trial| {
        let mut slots = trial.slots.clone();
        // What others measured was not arranged by the seed.
        if !moongate_check_links::plan::is_imported(trial) {
            seed.shuffle(&trial.id, &mut slots, |slot| &slot.destination);
        }
        slots
    });
    anstream::println!("inputs        {}", verification.inputs);
    anstream::println!(
        "trials        {} of {}",
        verification.finished,
        verification.planned
    );
    anstream::println!("observations  {}", verification.observations);
    anstream::println!(
        "evidence      {} records, {} bodies",
        verification.records,
        verification.bodies
    );
    anstream::println!("findings      {}", verification.findings);
    match verification.seed {
        SeedState::Secret => {
            anstream::println!("seed          still secret; not all trials are done");
        }
        SeedState::Revealed { trials } => {
            anstream::println!(
                "seed          revealed; the slots of {trials} trials are as it makes them"
            );
        }
    }
    if verification.is_sound() {
        anstream::println!("nothing is wrong");
        return Ok(());
    }
    for problem in &verification.problems {
        anstream::eprintln!("{}: {problem}", crate::style::error("wrong"));
    }
    Err(Failure::unusable(
        format!(
            "{}: {} things are wrong",
            case.display(),
            verification.problems.len()
        ),
        "do not rely on this case; take it from its source again",
    ))
}
