//! `moongate check`: an order is measured, judged and reported.

use std::path::Path;

use moongate_carrier::Carrier;
use moongate_case::{CaseFolder, Inputs, plan_bytes};
use moongate_check::{Bound, Budget, Input, InputRole};
use moongate_glossary::{Plan, Seed};
use moongate_order::Order;
use moongate_runner::{Allowance, Ended};

use crate::cli::{CheckArgs, Lang, NetworkArgs};
use crate::failure::Failure;
use crate::files::{LARGEST_HAND_WRITTEN, read_text};
use crate::measure::{Measuring, TrialOrder, draw_seed, measure, now_ms};
use crate::network::{self, Pace};
use crate::opened::{LINKS, NETWORK, SetNetwork, bind, open};

/// An order with its links file, read and bound.
pub(crate) struct Read {
    order_text: String,
    links_text: String,
    /// The order.
    pub(crate) order: Order,
    /// Its checks, bound.
    pub(crate) checks: Vec<Box<dyn Bound>>,
}

/// Measures, judges and reports.
///
/// # Errors
/// Every mistake in the files; a case that cannot be written.
pub(crate) async fn run(args: &CheckArgs, lang: Lang) -> Result<(), Failure> {
    let exists = args.case.join("case.json").exists();
    match (&args.order, exists) {
        (Some(order), exists) => {
            let read = read(order, args.links.as_deref())?;
            if args.dry_run {
                return dry_run(&read, args);
            }
            // An argument that cannot be used leaves no case behind.
            carrier(args, &SetNetwork::default())?;
            if exists {
                hold_to_the_same_order(&args.case, &read)?;
            } else {
                create(args, &read)?;
            }
        }
        (None, true) if !args.dry_run => {}
        (None, _) => {
            return Err(Failure::unusable(
                format!("no order was named, and {} is no case", args.case.display()),
                "name an order, or with --case a case that was begun",
            ));
        }
    }
    go_on(args, lang).await
}

/// Reads and binds both.
///
/// # Errors
/// Every mistake in them.
pub(crate) fn read(order_path: &Path, links_path: Option<&Path>) -> Result<Read, Failure> {
    let order_text = read_text(order_path, LARGEST_HAND_WRITTEN)?;
    let vocabulary = moongate_checks::vocabulary();
    let order = moongate_order::read(&order_path.display().to_string(), &order_text, &vocabulary)?;
    let Some(links_path) = links_path else {
        return Err(Failure::unusable(
            "no links file was named",
            "say where to look with --links FILE; `moongate town --links` prints an example",
        ));
    };
    let links_text = read_text(links_path, LARGEST_HAND_WRITTEN)?;
    let input = Input {
        role: InputRole::Links,
        name: links_path.display().to_string(),
        text: links_text.clone(),
    };
    let checks = bind(&order, &[input])?;
    Ok(Read {
        order_text,
        links_text,
        order,
        checks,
    })
}

fn hold_to_the_same_order(case: &Path, read: &Read) -> Result<(), Failure> {
    let folder = CaseFolder::open_to_read(case)?;
    let order_name = folder.order_name().to_owned();
    let same = folder.input(&order_name)?.as_deref() == Some(read.order_text.as_bytes())
        && folder.input(LINKS)?.as_deref() == Some(read.links_text.as_bytes());
    if same {
        return Ok(());
    }
    Err(Failure::unusable(
        format!(
            "{}: is a case of another order or of other links",
            case.display()
        ),
        "name another folder with --case; a case is never changed to fit",
    ))
}

fn plan(read: &Read, args: &CheckArgs, seed: &Seed) -> Plan {
    let budget = Budget {
        trials: args.trials,
    };
    let mut plans = read.checks.iter().map(|check| check.plan(budget, seed));
    let mut plan = plans.next().unwrap_or(Plan {
        format: Plan::FORMAT,
        order: read.order.id.clone(),
        rounds: Vec::new(),
        trials: Vec::new(),
    });
    for other in plans {
        plan.trials.extend(other.trials);
    }
    plan
}

fn seed(args: &CheckArgs) -> Result<Seed, Failure> {
    let Some(text) = &args.seed else {
        return draw_seed();
    };
    let digest = text.parse::<moongate_glossary::Digest>().map_err(|error| {
        Failure::unusable(
            format!("--seed: {error}"),
            "write 64 hex digits, or leave it out",
        )
    })?;
    Ok(Seed::from_bytes(*digest.as_bytes()))
}

fn dry_run(read: &Read, args: &CheckArgs) -> Result<(), Failure> {
    let plan = plan(read, args, &seed(args)?);
    let cells: usize = read
        .checks
        .iter()
        .map(|check| check.cells(&plan).len())
        .sum();
    let openings: usize = plan.trials.iter().map(|trial| trial.slots.len()).sum();
    outln!("order   {} ({})", read.order.id, read.order.title.en);
    outln!(
        "cells   {cells}, sharing an error bound of {}",
        read.order.alpha
    );
    outln!(
        "trials  {} in {} rounds",
        plan.trials.len(),
        plan.rounds.len()
    );
    outln!("opens   {openings} links, and each destination directly as often");
    for round in &plan.rounds {
        outln!("\n{}", crate::style::heading(&round.name));
        let mut lines: Vec<String> = plan
            .trials
            .iter()
            .filter(|trial| trial.round == round.id)
            .map(|trial| {
                let mut names: Vec<&str> = trial
                    .slots
                    .iter()
                    .map(|slot| slot.destination.as_str())
                    .collect();
                names.sort_unstable();
                format!(
                    "  {} · {}: {}",
                    trial.platform,
                    trial.scene,
                    names.join(", ")
                )
            })
            .collect();
        lines.sort();
        let mut counted: Vec<(String, usize)> = Vec::new();
        for line in lines {
            match counted.last_mut() {
                Some((last, count)) if *last == line => *count += 1,
                _ => counted.push((line, 1)),
            }
        }
        for (line, count) in counted {
            outln!("{line}  × {count}");
        }
    }
    Ok(())
}

fn create(args: &CheckArgs, read: &Read) -> Result<(), Failure> {
    let seed = seed(args)?;
    let plan = plan(read, args, &seed);
    hold_measurable(&plan, args)?;
    let network = serde_json::to_string_pretty(&SetNetwork {
        format: 1,
        connect_to: args.network.connect_to.clone(),
        allow_private: args.network.allow_private.clone(),
    })
    .map_err(|error| Failure::Own(error.to_string()))?;
    let commitment = seed.commit(&plan_bytes(&plan)?);
    let inputs = Inputs {
        order: ("order.toml", read.order_text.as_bytes()),
        others: vec![
            (LINKS, read.links_text.as_bytes()),
            (NETWORK, network.as_bytes()),
        ],
        plan: &plan,
        commitment,
        seed,
    };
    CaseFolder::create(&args.case, &inputs)?;
    anstream::eprintln!(
        "the plan is fixed and its seed committed: {}",
        moongate_glossary::Digest::from(*commitment.0.as_bytes())
    );
    Ok(())
}

fn carrier(args: &CheckArgs, set: &SetNetwork) -> Result<Carrier, Failure> {
    let pace = Pace {
        per_second: Some(args.rate),
        in_flight: usize::from(args.in_flight),
    };
    let asked = NetworkArgs {
        connect_to: either(&args.network.connect_to, &set.connect_to),
        allow_private: either(&args.network.allow_private, &set.allow_private),
        root_certificate: args.network.root_certificate.clone(),
    };
    network::carrier(&asked, pace)
}

/// What is past cannot be measured any more: dated rounds are for servers that
/// replay them.
fn hold_measurable(plan: &Plan, args: &CheckArgs) -> Result<(), Failure> {
    const DAY_MS: i64 = 86_400_000;
    let past = plan
        .rounds
        .iter()
        .find(|round| round.as_of_ms > 0 && round.as_of_ms < now_ms() - DAY_MS);
    match past {
        Some(round) if args.network.connect_to.is_empty() => Err(Failure::unusable(
            format!(
                "the round `{}` lies in the past and cannot be measured now",
                round.id
            ),
            "take the [[round]] tables out of the links file, or name the servers that replay them \
             with --connect-to",
        )),
        _ => Ok(()),
    }
}

/// What was given now, or else what the case was begun with.
fn either(given: &[String], set: &[String]) -> Vec<String> {
    if given.is_empty() { set } else { given }.to_vec()
}

fn trial_order(args: &CheckArgs) -> Result<TrialOrder, Failure> {
    if !args.adaptive {
        return Ok(TrialOrder::AsPlanned);
    }
    let allowance = Allowance {
        openings_each: args.most_openings.unwrap_or(u32::MAX),
        trials: args.most_trials.unwrap_or(usize::MAX),
    };
    Ok(TrialOrder::WhereItDecides {
        allowance,
        seed: seed(args)?,
    })
}

async fn go_on(args: &CheckArgs, lang: Lang) -> Result<(), Failure> {
    let mut opened = open(&args.case, true)?;
    let set = opened.network.clone().unwrap_or_default();
    if set.connect_to.is_empty() && !args.network.connect_to.is_empty() {
        return Err(Failure::unusable(
            format!("{}: was begun without --connect-to", args.case.display()),
            "begin a new case: what is measured elsewhere does not belong in this one",
        ));
    }
    let http = carrier(args, &set)?;
    let run = Measuring {
        http: &http,
        vantage: &args.vantage,
        in_flight: usize::from(args.in_flight),
        minutes: args.minutes,
        order: trial_order(args)?,
        begin_round: &mut |_| {},
    };
    let ended = measure(&mut opened, run).await?;
    drop(opened);
    if let Ended::Stopped { .. } = ended {
        anstream::eprintln!("go on with: moongate check --case {}", args.case.display());
    }
    if let Ended::Enough { .. } = ended {
        anstream::eprintln!(
            "the seed stays secret, so that the others can still be done; to end the case and \
             reveal it: moongate slots --case {} --reveal",
            args.case.display()
        );
    }
    crate::judge::judge_and_store(&args.case)?;
    crate::report::write_and_show(&args.case, lang)
}
