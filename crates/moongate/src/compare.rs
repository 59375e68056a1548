//! `moongate judge --compare`: what this judge would change in the findings
//! that are stored, and why. Nothing is written.

use std::collections::BTreeMap;

use moongate_case::Findings;
use moongate_glossary::{Cell, Decision, Finding};
use moongate_judge::{CHANGES, VERSION};

use crate::cli::Lang;

/// The comparison, in lines.
pub(crate) fn lines(stored: &Findings, now: &Findings, lang: Lang) -> Vec<String> {
    let before: BTreeMap<&Cell, &Finding> = stored.cells.iter().map(|it| (&it.cell, it)).collect();
    let mut lines = Vec::new();
    let mut same = 0_usize;
    for finding in &now.cells {
        match before.get(&finding.cell) {
            None => lines.push(format!(
                "+ {}: {}",
                name(&finding.cell),
                word(finding.decision)
            )),
            Some(old) => match changes(old, finding) {
                changed if changed.is_empty() => same += 1,
                changed => lines.push(format!("~ {}: {}", name(&finding.cell), changed.join("; "))),
            },
        }
    }
    let known: std::collections::BTreeSet<&Cell> = now.cells.iter().map(|it| &it.cell).collect();
    for old in stored.cells.iter().filter(|it| !known.contains(&it.cell)) {
        lines.push(format!("- {}: {}", name(&old.cell), word(old.decision)));
    }
    let differ = lines.len();
    lines.push(format!(
        "{same} findings stay as they are, {differ} differ; {} group findings stored, {} now",
        stored.groups.len(),
        now.groups.len()
    ));
    lines.extend(why(stored, differ, lang));
    lines
}

fn name(cell: &Cell) -> String {
    format!(
        "{} · {} → {} [{}] {}",
        cell.platform, cell.scene, cell.destination, cell.round, cell.clause
    )
}

fn word(decision: Decision) -> &'static str {
    match decision {
        Decision::Kept => "kept",
        Decision::Broken => "broken",
        Decision::Open => "open",
    }
}

/// What differs between two findings on one cell, the judge's version apart.
fn changes(old: &Finding, new: &Finding) -> Vec<String> {
    let mut changed = Vec::new();
    if old.decision != new.decision {
        changed.push(format!("{} → {}", word(old.decision), word(new.decision)));
    }
    let figures = [
        ("ln E broken", old.log_e_broken, new.log_e_broken),
        ("ln E kept", old.log_e_kept, new.log_e_kept),
        (
            "needed broken",
            old.log_threshold_broken,
            new.log_threshold_broken,
        ),
        (
            "needed kept",
            old.log_threshold_kept,
            new.log_threshold_kept,
        ),
    ];
    for (what, before, after) in figures {
        if (before - after).abs() > 1e-9 * (1.0 + before.abs()) {
            changed.push(format!("{what} {before:.3} → {after:.3}"));
        }
    }
    let counts = [
        ("trials", Some(old.trials_used), Some(new.trials_used)),
        ("broken after", old.broken_after, new.broken_after),
        ("kept after", old.kept_after, new.kept_after),
    ];
    for (what, before, after) in counts.into_iter().filter(|(_, a, b)| a != b) {
        let shown = |count: Option<u64>| count.map_or_else(|| "–".to_owned(), |it| it.to_string());
        changed.push(format!("{what} {} → {}", shown(before), shown(after)));
    }
    if old.effect != new.effect {
        changed.push("effect".to_owned());
    }
    changed
}

/// The judge's versions between the one that stored and this one, each with
/// what it changed.
fn why(stored: &Findings, differ: usize, lang: Lang) -> Vec<String> {
    let Some(by) = stored.cells.first().map(|it| it.judge.as_str()) else {
        return vec!["no findings are stored; moongate judge stores them".to_owned()];
    };
    if by == VERSION {
        let unexplained = "the stored findings name the same judge: they were not made from \
                           these observations";
        return match differ {
            0 => Vec::new(),
            _ => vec![unexplained.to_owned()],
        };
    }
    let since = CHANGES.iter().position(|(version, _, _)| *version == by);
    let Some(since) = since else {
        return vec![format!(
            "the stored findings are by judge {by}, which this one does not know"
        )];
    };
    let reason = |(version, en, zh): &(&str, &str, &str)| match lang {
        Lang::En => format!("judge {version}: {en}"),
        Lang::Zh => format!("评判程序 {version}：{zh}"),
    };
    CHANGES.iter().skip(since + 1).map(reason).collect()
}
