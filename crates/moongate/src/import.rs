//! `moongate import`: measurements of others become a case.

use std::path::{Path, PathBuf};

use moongate_case::{
    CaseFolder, Durability, EvidenceKind, EvidenceRecord, Inputs, Settings, plan_bytes,
};
use moongate_glossary::{Digest, Observation, Plan, Round, Seed};
use moongate_import::{ImportedTrial, Mapping, table::ROUND};
use moongate_order::Order;

use crate::cli::ImportArgs;
use crate::failure::Failure;
use crate::files::{LARGEST_HAND_WRITTEN, LARGEST_TABLE, kept_name, read_bytes, read_text};
use crate::opened::MAPPING;

/// One table with its mapping, read without a mistake.
struct ReadTable {
    mapping_text: String,
    table_name: String,
    trials: Vec<ImportedTrial>,
}

/// Imports all tables into a new case, or none.
///
/// # Errors
/// Every mistake in order, mappings and tables; nothing is written then.
pub(crate) fn run(args: &ImportArgs) -> Result<(), Failure> {
    if args.mapping_reference {
        outln!("{}", moongate_import::mapping::shape().markdown());
        return Ok(());
    }
    let Some(order_path) = &args.order else {
        return Err(Failure::unusable(
            "no order was named",
            "name the order file first",
        ));
    };
    let order_text = read_text(order_path, LARGEST_HAND_WRITTEN)?;
    let vocabulary = moongate_checks::vocabulary();
    let order = moongate_order::read(&order_path.display().to_string(), &order_text, &vocabulary)?;
    let tables = read_tables(&args.tables, &order)?;
    let written = write_case(args, &order_text, &order, &tables)?;
    crate::judge::judge_and_store(&args.case)?;
    outln!(
        "{written} trials from {} tables are in {}. Next: moongate report --case {} --format text",
        tables.len(),
        args.case.display(),
        args.case.display()
    );
    Ok(())
}

fn read_tables(paths: &[PathBuf], order: &Order) -> Result<Vec<ReadTable>, Failure> {
    let pairs = paths.chunks_exact(2);
    if !pairs.remainder().is_empty() || paths.is_empty() {
        return Err(Failure::unusable(
            format!(
                "{} files were named; mappings and tables come in pairs",
                paths.len()
            ),
            "name each mapping followed by its table",
        ));
    }
    let mut tables = Vec::new();
    for (number, pair) in pairs.enumerate() {
        let [mapping_path, table_path] = pair else {
            continue;
        };
        let mapping_text = read_text(mapping_path, LARGEST_HAND_WRITTEN)?;
        let mapping = Mapping::read(&mapping_path.display().to_string(), &mapping_text, order)?;
        let bytes = read_bytes(table_path, LARGEST_TABLE)?;
        let name = table_path.display().to_string();
        let text = moongate_import::decode(&name, bytes)?;
        let trials = moongate_import::read(&name, &text, &mapping, &format!("t{number}-"))?;
        tables.push(ReadTable {
            mapping_text,
            table_name: kept_name(table_path),
            trials,
        });
    }
    hold_figures_once(&tables)?;
    Ok(tables)
}

/// The same figure counted twice would be evidence twice.
fn hold_figures_once(tables: &[ReadTable]) -> Result<(), Failure> {
    let mut seen = std::collections::BTreeMap::new();
    for table in tables {
        for trial in &table.trials {
            for figure in &trial.figures {
                let key = (trial.at_ms, &figure.destination, figure.route);
                if let Some(earlier) = seen.insert(key, &table.table_name) {
                    let line = trial.rows.get(figure.row).map_or(0, |row| row.line);
                    return Err(Failure::unusable(
                        format!(
                            "{} line {line}: a second figure for `{}` at the same time; the first stands in {earlier}",
                            table.table_name, figure.destination
                        ),
                        "name each table once, and give each figure in one table only",
                    ));
                }
            }
        }
    }
    Ok(())
}

fn write_case(
    args: &ImportArgs,
    order_text: &str,
    order: &Order,
    tables: &[ReadTable],
) -> Result<usize, Failure> {
    let trials: Vec<&ImportedTrial> = tables.iter().flat_map(|table| &table.trials).collect();
    let latest_ms = trials.iter().map(|trial| trial.at_ms).max().unwrap_or(0);
    let plan = Plan {
        format: Plan::FORMAT,
        order: order.id.clone(),
        rounds: vec![Round {
            id: ROUND.to_owned(),
            as_of_ms: latest_ms,
            name: "measured by others".to_owned(),
        }],
        trials: trials.iter().map(|trial| trial.trial.clone()).collect(),
    };
    // Nothing was randomised: the seed only completes the form.
    let seed = Seed::from_sentence("imported: nothing was randomised by us");
    let commitment = seed.commit(&plan_bytes(&plan)?);
    let mappings: Vec<(String, &str)> = tables
        .iter()
        .enumerate()
        .map(|(number, table)| {
            (
                format!("{MAPPING}{number}.toml"),
                table.mapping_text.as_str(),
            )
        })
        .collect();
    let inputs = Inputs {
        order: ("order.toml", order_text.as_bytes()),
        others: mappings
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_bytes()))
            .collect(),
        plan: &plan,
        commitment,
        seed,
    };
    hold_free(&args.case)?;
    let doing = || format!("writing the case {}", args.case.display());
    let parent = args
        .case
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent).map_err(Failure::machine(doing()))?;
    let beside = tempfile::Builder::new()
        .prefix(".import-")
        .tempdir_in(parent)
        .map_err(Failure::machine(doing()))?;
    let written = beside.path().join("case");
    let mut folder = CaseFolder::create(&written, &inputs)?.with_settings(Settings {
        durability: Durability::Group { trials: 1024 },
        ..Settings::default()
    });
    for table in tables {
        for trial in &table.trials {
            store(&mut folder, table, trial)?;
        }
    }
    folder.sync()?;
    folder.compact()?;
    folder.reveal_seed()?;
    drop(folder);
    // In one step: a case is imported whole or not at all.
    std::fs::rename(&written, &args.case).map_err(Failure::machine(doing()))?;
    Ok(trials.len())
}

fn hold_free(case: &Path) -> Result<(), Failure> {
    if std::fs::read_dir(case).is_ok_and(|mut entries| entries.next().is_none()) || !case.exists() {
        return Ok(());
    }
    Err(Failure::unusable(
        format!("{}: exists already", case.display()),
        "name a new folder with --case; a case is never added to by an import",
    ))
}

fn store(folder: &mut CaseFolder, table: &ReadTable, trial: &ImportedTrial) -> Result<(), Failure> {
    let digests: Vec<Digest> = trial
        .rows
        .iter()
        .map(|row| Digest::of(row.text.as_bytes()))
        .collect();
    let names: Vec<String> = trial
        .rows
        .iter()
        .map(|row| format!("{}#{}", table.table_name, row.line))
        .collect();
    let records: Vec<EvidenceRecord<'_>> = trial
        .rows
        .iter()
        .zip(digests.iter().zip(&names))
        .map(|(row, (digest, name))| EvidenceRecord {
            digest: *digest,
            kind: EvidenceKind::Resource {
                name,
                media_type: "text/csv",
                at_ms: trial.at_ms,
                body: row.text.as_bytes(),
            },
        })
        .collect();
    let observations: Vec<Observation> = observations(trial, &digests);
    folder.finish_trial(&trial.trial.id, &observations, &records)?;
    Ok(())
}

fn observations(trial: &ImportedTrial, digests: &[Digest]) -> Vec<Observation> {
    trial
        .figures
        .iter()
        .zip(&trial.trial.slots)
        .enumerate()
        .map(|(slot, (figure, planned))| Observation {
            trial: trial.trial.id.clone(),
            slot: u32::try_from(slot).unwrap_or(u32::MAX),
            route: figure.route,
            arm: planned.arm,
            check: trial.trial.check.clone(),
            round: trial.trial.round.clone(),
            platform: trial.trial.platform.clone(),
            scene: trial.trial.scene.clone(),
            destination: figure.destination.clone(),
            at_ms: trial.at_ms,
            factors: trial.trial.factors.clone(),
            form: None,
            handover_us: Some(figure.amount_us),
            facts: String::new(),
            evidence: digests.get(figure.row).copied().into_iter().collect(),
        })
        .collect()
}
