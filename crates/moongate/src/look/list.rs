//! Every link of a list is opened once, and everything recorded in a case: a
//! record, not a measurement of anybody, so nothing is judged.

use std::path::Path;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use moongate_carrier::{Carrier, Jar, Request, UserAgent};
use moongate_case::{CaseFolder, Durability, Inputs, Settings, plan_bytes};
use moongate_check::Measured;
use moongate_glossary::{Arm, Factors, Observation, Plan, Round, Route, Seed, Slot, Trial};
use moongate_page::Visit;

use super::{NO_ORDER, agent};
use crate::cli::LookArgs;
use crate::failure::Failure;
use crate::files::{LARGEST_TABLE, read_text};
use crate::measure::now_ms;
use crate::network::{self, Pace};

const ROUND: &str = "list";
/// The list, inside the case.
const LIST: &str = "links.txt";

/// Opens and records.
///
/// # Errors
/// Where the list cannot be read or the case not be written.
pub(super) async fn run(args: &LookArgs, from: &Path, case: &Path) -> Result<(), Failure> {
    let text = read_text(from, LARGEST_TABLE)?;
    let links: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    if links.is_empty() {
        return Err(Failure::unusable(
            format!("{}: holds no link", from.display()),
            "write one link a line",
        ));
    }
    let mut folder = folder(case, &text, &links)?;
    let in_flight = usize::from(args.in_flight);
    let per_second = (args.rate > 0.0).then_some(args.rate);
    let http = network::carrier(
        &args.network,
        Pace {
            per_second,
            in_flight,
        },
    )?;
    let agent = agent(args.user_agent);
    let mut left = links
        .iter()
        .enumerate()
        .map(|(number, link)| (trial_id(number), *link))
        .filter(|(id, _)| !folder.finished_trials().contains(id))
        .collect::<Vec<_>>()
        .into_iter();
    let mut flying = FuturesUnordered::new();
    let mut done = Vec::new();
    let mut opened = 0_u64;
    let mut failed = 0_u64;
    loop {
        while flying.len() < in_flight {
            let Some((id, link)) = left.next() else { break };
            flying.push(open(&http, &agent, id, link));
        }
        let mut next = flying.next().await;
        if next.is_none() {
            break;
        }
        // What is ready at the same moment is recorded with the same writes;
        // nothing that is done waits for what is not.
        while let Some((trial, broke)) = next {
            done.push(trial);
            opened += 1;
            failed += u64::from(broke);
            next = flying.next().now_or_never().flatten();
        }
        moongate_runner::store_all(&mut folder, &mut done)?;
        done.clear();
    }
    folder.sync()?;
    folder.compact()?;
    outln!(
        "{opened} links opened, {failed} ended early; recorded in {}",
        case.display()
    );
    Ok(())
}

fn trial_id(number: usize) -> String {
    format!("link-{number:07}")
}

fn folder(case: &Path, text: &str, links: &[&str]) -> Result<CaseFolder, Failure> {
    let settings = Settings {
        durability: Durability::Group { trials: 4096 },
        ..Settings::default()
    };
    if case.join("case.json").exists() {
        let folder = CaseFolder::open(case)?.with_settings(settings);
        let same = folder.plan().order == NO_ORDER
            && folder.input(LIST)?.as_deref() == Some(text.as_bytes());
        if same {
            return Ok(folder);
        }
        return Err(Failure::unusable(
            format!("{}: is a case of something else", case.display()),
            "name another folder with --case",
        ));
    }
    let trial = |(number, link): (usize, &&str)| Trial {
        id: trial_id(number),
        round: ROUND.to_owned(),
        check: "none".to_owned(),
        platform: String::new(),
        scene: String::new(),
        factors: Factors::new(),
        slots: vec![Slot {
            destination: (*link).to_owned(),
            arm: Arm::Control,
        }],
    };
    let plan = Plan {
        format: Plan::FORMAT,
        order: NO_ORDER.to_owned(),
        rounds: vec![Round {
            id: ROUND.to_owned(),
            as_of_ms: 0,
            name: "a list of links".to_owned(),
        }],
        trials: links.iter().enumerate().map(trial).collect(),
    };
    // Nothing is compared, so nothing is randomised.
    let seed = Seed::from_sentence("a list of links: nothing is randomised");
    let commitment = seed.commit(&plan_bytes(&plan)?);
    let inputs = Inputs {
        order: (LIST, text.as_bytes()),
        others: Vec::new(),
        plan: &plan,
        commitment,
        seed,
    };
    Ok(CaseFolder::create(case, &inputs)?.with_settings(settings))
}

async fn open(
    http: &Carrier,
    agent: &UserAgent,
    id: String,
    link: &str,
) -> ((String, Measured), bool) {
    let at_ms = now_ms();
    let visited = http.open(Request::get(link, agent), &mut Jar::new()).await;
    let broke = visited.visit.failure.is_some();
    let observation = Observation {
        trial: id.clone(),
        slot: 0,
        route: Route::Direct,
        arm: Arm::Control,
        check: "none".to_owned(),
        round: ROUND.to_owned(),
        platform: String::new(),
        scene: String::new(),
        destination: link.to_owned(),
        at_ms,
        factors: Factors::new(),
        form: None,
        handover_us: visited.visit.handover_us,
        facts: facts(&visited.visit),
        evidence: visited
            .exchanges
            .iter()
            .map(|exchange| exchange.digest)
            .collect(),
    };
    let measured = Measured {
        observations: vec![observation],
        exchanges: visited.exchanges,
    };
    ((id, measured), broke)
}

fn facts(visit: &Visit) -> String {
    // Room for two hops, so that it does not grow in steps.
    let mut json = Vec::with_capacity(2048);
    match serde_json::to_writer(&mut json, visit) {
        Ok(()) => String::from_utf8(json).unwrap_or_default(),
        Err(_) => String::new(),
    }
}
