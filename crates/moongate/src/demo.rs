//! `moongate` alone: the order of 2021 is checked against a town of fake
//! platforms, which behave on each date as the press reported of real ones.
//! It measures no company.

use std::path::Path;

use moongate_carrier::Network;
use moongate_case::{CaseFolder, Durability, Inputs, Settings, plan_bytes};
use moongate_check::{Budget, Input, InputRole};
use moongate_glossary::{Round, Seed};
use moongate_town::{RunningTown, Timeline, Town, TownOptions, TownPlan, links_file};

use crate::cli::Lang;
use crate::failure::Failure;
use crate::measure::{Measuring, TrialOrder, measure};
use crate::network::{self, Pace};
use crate::opened::{LINKS, Opened, REPORTED, bind, open};
use crate::reported::{Fact, Reported};

const ORDER: &str = include_str!("../../../orders/miit-2021-links.toml");
/// Public on purpose: anyone can repeat the demonstration to the byte.
const SEED: &str = "the demonstration of Moongate";
const IN_FLIGHT: usize = 8;

/// Runs the demonstration, or goes on with it.
///
/// # Errors
/// Where the case cannot be written or the town not be served.
pub(crate) async fn run(case: &Path, trials: u32, lang: Lang) -> Result<(), Failure> {
    anstream::eprintln!("{}", opening(lang));
    let timeline = crate::town::shipped()?;
    if !case.join("case.json").exists() {
        create(case, trials, &timeline)?;
    }
    let mut opened = open(case, true)?.with_settings(Settings {
        durability: Durability::Group { trials: 64 },
        ..Settings::default()
    });
    if opened.reported.is_none() {
        return Err(Failure::unusable(
            format!(
                "{}: is a case, but not one of the demonstration",
                case.display()
            ),
            "name another folder with --demo-case",
        ));
    }
    let town = serve(&timeline).await?;
    play(&mut opened, &town).await?;
    town.stop().await;
    drop(opened);
    crate::judge::judge_and_store(case)?;
    crate::report::write_and_show(case, lang)
}

fn opening(lang: Lang) -> &'static str {
    match lang {
        Lang::En => {
            "This demonstration replays press reports of 2021 to 2023 on fake servers on this \
             machine. It measures no company."
        }
        Lang::Zh => "本演示在本机的虚拟服务器上重现2021年至2023年的新闻报道，并未测量任何公司。",
    }
}

/// The order with links file and seed, as a case.
fn create(case: &Path, trials: u32, timeline: &Timeline) -> Result<(), Failure> {
    let order = moongate_order::read(
        "miit-2021-links.toml",
        ORDER,
        &moongate_checks::vocabulary(),
    )?;
    let links = links_file(timeline);
    let input = Input {
        role: InputRole::Links,
        name: LINKS.to_owned(),
        text: links.clone(),
    };
    let checks = bind(&order, &[input])?;
    let seed = Seed::from_sentence(SEED);
    let plan = checks
        .first()
        .map(|check| check.plan(Budget { trials }, &seed))
        .ok_or_else(|| Failure::Own("the demonstration's order has no check".to_owned()))?;
    let commitment = seed.commit(&plan_bytes(&plan)?);
    let reported = serde_json::to_vec_pretty(&reported(timeline))
        .map_err(|error| Failure::Own(error.to_string()))?;
    let inputs = Inputs {
        order: ("order.toml", ORDER.as_bytes()),
        others: vec![(LINKS, links.as_bytes()), (REPORTED, &reported)],
        plan: &plan,
        commitment,
        seed,
    };
    CaseFolder::create(case, &inputs)?;
    Ok(())
}

fn reported(timeline: &Timeline) -> Reported {
    let facts = timeline.moments().iter().flat_map(|moment| {
        timeline.cells(&moment.id).into_iter().map(|cell| Fact {
            round: moment.id.clone(),
            handling: match cell.expected.word() {
                // A blank page is no way on.
                "blank" => "blocked".to_owned(),
                word => word.to_owned(),
            },
            platform: cell.platform,
            scene: cell.scene,
            destination: cell.destination,
            source: cell.source,
            disputed: cell.disputed,
        })
    });
    Reported {
        format: Reported::FORMAT,
        facts: facts.collect(),
    }
}

async fn serve(timeline: &Timeline) -> Result<RunningTown, Failure> {
    let own = |error: &dyn std::fmt::Display| Failure::Own(error.to_string());
    let plan = TownPlan::timeline(timeline).map_err(|error| own(&error))?;
    Town::start(plan, TownOptions::default())
        .await
        .map_err(|error| {
            Failure::unusable(
                format!("the town cannot be served: {error}"),
                "allow this program to listen on the loopback address",
            )
        })
}

async fn play(opened: &mut Opened, town: &RunningTown) -> Result<(), Failure> {
    let every_host = "*.test"
        .parse()
        .map_err(|_| Failure::Own("*.test".to_owned()))?;
    let network = Network {
        connect_to: vec![(every_host, town.http)],
        allow_private: vec![
            "*.test"
                .parse()
                .map_err(|_| Failure::Own("*.test".to_owned()))?,
        ],
    };
    // The town is our own: there is nobody to be polite to.
    let pace = Pace {
        per_second: None,
        in_flight: IN_FLIGHT,
    };
    let http = network::build(
        network,
        pace,
        Some(town.root_certificate_pem.clone().into_bytes()),
    )?;
    let mut unknown = None;
    let mut begin_round = |round: &Round| {
        if let Err(error) = town.set_moment(&round.id) {
            unknown = Some(error.to_string());
        }
    };
    let run = Measuring {
        http: &http,
        vantage: "this machine, against the town",
        in_flight: IN_FLIGHT,
        minutes: None,
        order: TrialOrder::AsPlanned,
        begin_round: &mut begin_round,
    };
    measure(opened, run).await?;
    match unknown {
        Some(problem) => Err(Failure::Own(problem)),
        None => Ok(()),
    }
}
