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
    outln!("inputs        {}", verification.inputs);
    outln!(
        "trials        {} of {}",
        verification.finished,
        verification.planned
    );
    outln!("observations  {}", verification.observations);
    outln!(
        "evidence      {} records, {} bodies",
        verification.records,
        verification.bodies
    );
    outln!("findings      {}", verification.findings);
    match verification.seed {
        SeedState::Secret => {
            outln!("seed          still secret; not all trials are done");
        }
        SeedState::Revealed { trials } => {
            outln!("seed          revealed; the slots of {trials} trials are as it makes them");
        }
    }
    let mut verification = verification;
    if verification.finished > 0 && verification.findings > 0 {
        let stored = opened.folder.findings()?;
        let sitting = opened.judge(moongate_runner::Keep::Findings)?;
        if stored == crate::judge::stored(&sitting) {
            outln!("judged anew   the findings are those stored");
        } else {
            verification.problems.push(
                "findings/findings.json: is not what judging the observations gives".to_owned(),
            );
        }
    } else if verification.findings == 0 {
        outln!("findings      none stored; run moongate judge");
    }
    if verification.is_sound() {
        outln!("nothing is wrong");
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
