//! `moongate judge`: findings, recomputed from observations.

use std::path::Path;

use moongate_case::Findings;
use moongate_glossary::{Decision, GroupFinding};
use moongate_runner::{Keep, Sitting};

use crate::cli::{JudgeArgs, Lang, TextOrJson};
use crate::failure::Failure;
use crate::opened::open;

/// Judges and shows the findings.
///
/// # Errors
/// Where the case cannot be read or written.
pub(crate) fn run(args: &JudgeArgs, lang: Lang) -> Result<(), Failure> {
    let opened = open(&args.case.case, !args.compare)?;
    let sitting = opened.judge(Keep::Findings)?;
    if args.compare {
        let before = opened.folder.findings()?;
        for line in crate::compare::lines(&before, &stored(&sitting), lang) {
            outln!("{line}");
        }
        return Ok(());
    }
    opened.folder.write_findings(&stored(&sitting))?;
    if args.format == TextOrJson::Json {
        let json = serde_json::to_string_pretty(&sitting.findings)
            .map_err(|error| Failure::Own(format!("findings cannot be written: {error}")))?;
        outln!("{json}");
        return Ok(());
    }
    let count = |decision| {
        sitting
            .findings
            .iter()
            .filter(|finding| finding.decision == decision)
            .count()
    };
    outln!(
        "{} cells: {} broken, {} kept, {} open",
        sitting.findings.len(),
        count(Decision::Broken),
        count(Decision::Kept),
        count(Decision::Open)
    );
    for group in sitting.groups.iter().filter(|it| it.broken_at_least > 0) {
        outln!("{}", on_group(group, lang));
    }
    for finding in sitting
        .findings
        .iter()
        .filter(|it| it.decision == Decision::Broken)
    {
        for check in opened.bound() {
            outln!("\n{}", check.explain(finding, lang.tag()).join("\n"));
        }
    }
    Ok(())
}

/// What is held on cells taken together, in a sentence.
fn on_group(group: &GroupFinding, lang: Lang) -> String {
    let of = &group.group;
    let parts = [Some(&of.subject), of.platform.as_ref(), of.scene.as_ref()];
    let name: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
    let (name, round) = (name.join(" · "), &of.round);
    match lang {
        Lang::En => format!(
            "{name} [{round}]: broken in at least {} of {} cells",
            group.broken_at_least, group.cells
        ),
        Lang::Zh => format!(
            "{name} [{round}]：{} 个单元中至少有 {} 个未遵守",
            group.cells, group.broken_at_least
        ),
    }
}

/// Judges a case and stores its findings.
///
/// # Errors
/// Where the case cannot be read or written.
pub(crate) fn judge_and_store(case: &Path) -> Result<(), Failure> {
    let opened = open(case, true)?;
    let sitting = opened.judge(Keep::Findings)?;
    opened.folder.write_findings(&stored(&sitting))?;
    Ok(())
}

/// The findings as they are stored.
pub(crate) fn stored(sitting: &Sitting) -> Findings {
    Findings::new(sitting.findings.clone(), sitting.groups.clone())
}
