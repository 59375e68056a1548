//! From the observations of one trial to what was seen, and on to readings.
//!
//! Observations are facts; here they are interpreted, always anew, by the
//! classification of today. Bytes come in through [`Bodies`]; nothing is
//! opened.

use moongate_check::{Bodies, Story, TrialReading};
use moongate_glossary::{Arm, Cell, Digest, Observation, Outcome, Route, Side, Trial};
use moongate_judge::{ArmReading, Trial as JudgedTrial};
use moongate_order::Order;
use moongate_page::{Classification, DirectControl, Opening, Visit, classify};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::clause::{ClauseKind, NAME};
use crate::links_file::{LinksFile, Way};
use crate::outcome::{self, Form, Handling, Seen, Unmeasured};
use crate::plan;
use crate::room::Shown;

/// What the carrier's account of one observation holds for this check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// Where the link should lead.
    pub target: String,
    /// How posting the link went, where it was posted.
    pub posted: Option<Visit>,
    /// How looking for it went, where it was looked for.
    pub looked: Option<Visit>,
    /// What the recipient is shown, where the room could be read.
    pub shown: Option<Shown>,
    /// Opening the link, where there was one to open.
    pub opened: Option<Visit>,
}

/// One slot, read.
struct SlotReading {
    destination: String,
    seen: Seen,
    direct_failed: Option<String>,
    story: Story,
}

/// Reads one finished trial.
pub fn read(
    order: &Order,
    file: &LinksFile,
    trial: &Trial,
    observations: &[Observation],
    bodies: &dyn Bodies,
) -> TrialReading {
    if plan::is_imported(trial) {
        return read_imported(order, trial, observations);
    }
    let sites = platform_sites(order, file, &trial.platform);
    let cut_off = nobody_answered(observations);
    let slots: Vec<SlotReading> = observations
        .iter()
        .filter(|observation| observation.route == Route::Platform)
        .map(|observation| {
            let direct = observations
                .iter()
                .find(|other| other.route == Route::Direct && other.slot == observation.slot);
            if cut_off {
                return without_network(observation);
            }
            read_slot(observation, direct, &sites, bodies)
        })
        .collect();
    TrialReading {
        cells: cells(order, file, trial, &slots),
        stories: slots.into_iter().map(|slot| slot.story).collect(),
    }
}

/// Whether nobody answered anything in a whole trial: neither the platform nor
/// any destination, the controls' included. No platform can bring that about;
/// it was our own end of the network.
fn nobody_answered(observations: &[Observation]) -> bool {
    let unanswered = |observation: &Observation| {
        let facts: Option<Facts> = serde_json::from_str(&observation.facts).ok();
        facts.is_some_and(|facts| {
            let visits = [&facts.posted, &facts.looked, &facts.opened];
            let mut hops = visits.into_iter().flatten().flat_map(|visit| &visit.hops);
            hops.all(|hop| hop.status.is_none())
        })
    };
    let directly = |observation: &Observation| observation.route == Route::Direct;
    observations.iter().any(directly) && observations.iter().all(unanswered)
}

/// A slot of a trial in which nobody answered.
fn without_network(observation: &Observation) -> SlotReading {
    let seen = Seen {
        handling: Err(Unmeasured::new(Side::Ours, "nobody-answered")),
        soft: false,
        sure: true,
        form: None,
        delay_ms: None,
    };
    SlotReading {
        destination: observation.destination.clone(),
        story: story(observation, &seen, None, None),
        seen,
        direct_failed: Some("ours/nobody-answered".to_owned()),
    }
}

/// Figures that somebody else took: each destination is compared with all
/// others of its hour.
fn read_imported(order: &Order, trial: &Trial, observations: &[Observation]) -> TrialReading {
    let slot = |observation: &Observation| {
        let delay_ms = observation.handover_us.map(|us| us as f64 / 1000.0);
        let seen = Seen {
            handling: Ok(Handling::Opened),
            soft: false,
            sure: true,
            form: None,
            delay_ms,
        };
        SlotReading {
            destination: observation.destination.clone(),
            story: story(observation, &seen, None, None),
            seen,
            direct_failed: None,
        }
    };
    let slots: Vec<SlotReading> = observations.iter().map(slot).collect();
    let compared: Vec<&SlotReading> = slots
        .iter()
        .filter(|slot| slot.story.route == Route::Imported)
        .collect();
    let at_ms = began_ms(observations.iter().map(|it| it.at_ms));
    let mut cells = Vec::new();
    for clause in delay_clauses(order) {
        for rival in &compared {
            let others = compared
                .iter()
                .filter(|other| other.destination != rival.destination);
            let arm = |slot: &SlotReading| {
                ArmReading::of(outcome::read(ClauseKind::NoDelay, &slot.seen, true))
            };
            let judged = JudgedTrial {
                id: trial.id.clone(),
                at_ms,
                rival: arm(rival),
                controls: others.map(|other| arm(other)).collect(),
            };
            cells.push((cell_of(&clause, trial, &rival.destination), judged));
        }
    }
    TrialReading {
        cells,
        stories: slots.into_iter().map(|slot| slot.story).collect(),
    }
}

/// Obligation and clause of every clause on delays.
fn delay_clauses(order: &Order) -> Vec<(String, String)> {
    clauses(order)
        .filter(|(_, kind, _)| *kind == ClauseKind::NoDelay)
        .map(|(obligation, _, clause)| (obligation, clause))
        .collect()
}

/// Obligation, kind and clause of every clause this check knows.
fn clauses(order: &Order) -> impl Iterator<Item = (String, ClauseKind, String)> {
    order
        .obligations
        .iter()
        .filter(|item| item.check == NAME)
        .flat_map(|obligation| {
            obligation.clauses.iter().filter_map(|clause| {
                let kind = ClauseKind::from_word(&clause.kind)?;
                Some((obligation.id.clone(), kind, clause.id.clone()))
            })
        })
}

fn cell_of((obligation, clause): &(String, String), trial: &Trial, destination: &str) -> Cell {
    Cell {
        obligation: obligation.clone(),
        clause: clause.clone(),
        platform: trial.platform.clone(),
        scene: trial.scene.clone(),
        destination: destination.to_owned(),
        round: trial.round.clone(),
    }
}

/// The sites that are the platform's own: those the order names, and the one
/// its scenes are reached at.
pub(crate) fn platform_sites(order: &Order, file: &LinksFile, platform: &str) -> Vec<String> {
    let mut sites: Vec<String> = order
        .platform(platform)
        .map(|platform| platform.homes.clone())
        .unwrap_or_default();
    let reaches = file
        .reaches
        .iter()
        .filter(|reach| reach.platform == platform);
    sites.extend(reaches.filter_map(|reach| match &reach.way {
        Way::Chat { room } => moongate_url::registrable_domain(room),
        Way::Template { template } => {
            let url = Url::parse(template.split('{').next()?).ok()?;
            moongate_url::registrable_domain(&url)
        }
        Way::Minted => None,
    }));
    sites.sort();
    sites.dedup();
    sites
}

fn read_slot(
    observation: &Observation,
    direct: Option<&Observation>,
    sites: &[String],
    bodies: &dyn Bodies,
) -> SlotReading {
    let facts: Option<Facts> = serde_json::from_str(&observation.facts).ok();
    let direct_visit = direct.and_then(direct_visit);
    let direct_failed = direct_failure(direct, direct_visit.as_ref());
    let form = observation.form.as_deref().and_then(Form::from_code);
    let classified = facts.as_ref().and_then(|facts| {
        classified(
            facts,
            observation,
            direct,
            direct_visit.as_ref(),
            sites,
            bodies,
        )
    });
    let (handling, soft, sure) = match (&facts, &classified) {
        (None, _) => (
            Err(Unmeasured::new(Side::Unknown, "facts-not-readable")),
            false,
            true,
        ),
        (Some(facts), None) => {
            let (handling, soft) = unopened(facts);
            (handling, soft, true)
        }
        (Some(_), Some(classification)) => outcome::handling(classification),
    };
    let delay_ms = observation.handover_us.map(|us| us as f64 / 1000.0);
    let seen = Seen {
        handling,
        soft,
        sure,
        form,
        delay_ms,
    };
    SlotReading {
        destination: observation.destination.clone(),
        story: story(observation, &seen, classified, facts.as_ref()),
        seen,
        direct_failed,
    }
}

fn direct_visit(observation: &Observation) -> Option<Visit> {
    serde_json::from_str::<Facts>(&observation.facts)
        .ok()?
        .opened
}

/// Why the direct control cannot vouch for the destination, if it cannot.
fn direct_failure(direct: Option<&Observation>, visit: Option<&Visit>) -> Option<String> {
    if direct.is_none() {
        return Some("unknown/no-direct-control".to_owned());
    }
    let Some(visit) = visit else {
        return Some("ours/direct-control-not-readable".to_owned());
    };
    if let Some(failure) = &visit.failure {
        let side = if failure.side == Side::Ours {
            Side::Ours
        } else {
            Side::Target
        };
        return Some(format!("{}/direct-control-failed", side.word()));
    }
    let status = visit.hops.last().and_then(|hop| hop.status);
    match status {
        Some(status) if (200..400).contains(&status) => None,
        Some(429) => Some("target/direct-control-rate-limited".to_owned()),
        _ => Some("target/direct-control-refused".to_owned()),
    }
}

fn classified(
    facts: &Facts,
    observation: &Observation,
    direct: Option<&Observation>,
    direct_visit: Option<&Visit>,
    sites: &[String],
    bodies: &dyn Bodies,
) -> Option<Classification> {
    let visit = facts.opened.as_ref()?;
    let target = Url::parse(&facts.target).ok()?;
    let last = last_body(visit, observation, bodies);
    let direct_body = direct
        .zip(direct_visit)
        .and_then(|(observation, visit)| last_body(visit, observation, bodies));
    Some(classify(&Opening {
        visit,
        last_body: last.as_deref(),
        target: &target,
        direct: direct_visit.map(|visit| DirectControl {
            visit,
            body: direct_body.as_deref(),
        }),
        platform_sites: sites,
    }))
}

fn last_digest(visit: &Visit) -> Option<Digest> {
    visit
        .hops
        .last()
        .and_then(|hop| hop.body.as_ref())
        .map(|body| body.digest)
}

fn last_body(visit: &Visit, observation: &Observation, bodies: &dyn Bodies) -> Option<Vec<u8>> {
    let digest = last_digest(visit)?;
    // Only what the observation names as its evidence may be read for it.
    observation
        .evidence
        .contains(&digest)
        .then(|| bodies.body(&digest))
        .flatten()
}

/// What to make of a link that could not be opened at all.
fn unopened(facts: &Facts) -> (Result<Handling, Unmeasured>, bool) {
    for visit in [&facts.posted, &facts.looked].into_iter().flatten() {
        if let Some(why) = room_failure(visit) {
            return (Err(why), false);
        }
    }
    match &facts.shown {
        // The room answered, and what it shows holds no link.
        Some(shown) if shown.form == "bare" => (Ok(Handling::MustCopy), false),
        Some(shown) if shown.message => (Ok(Handling::Removed), false),
        // A message that is not there at all may have been lost.
        Some(_) => (Ok(Handling::Removed), true),
        None => {
            let reason = match &facts.looked {
                // The room answered with a page that is no room.
                Some(_) => "room-not-understood",
                None => "nothing-opened",
            };
            (Err(Unmeasured::new(Side::Unknown, reason)), false)
        }
    }
}

/// Why the room itself could not be used, if it could not.
fn room_failure(visit: &Visit) -> Option<Unmeasured> {
    if let Some(failure) = &visit.failure {
        return Some(Unmeasured::new(failure.side, "room-not-reached"));
    }
    match visit.hops.last().and_then(|hop| hop.status) {
        Some(status) if (200..400).contains(&status) => None,
        Some(429) => Some(Unmeasured::new(Side::Carrier, "rate-limit")),
        Some(999 | 566) => Some(Unmeasured::new(Side::Carrier, "bot-wall")),
        Some(401 | 403) => Some(Unmeasured::new(Side::Carrier, "room-refused")),
        _ => Some(Unmeasured::new(Side::Carrier, "room-error")),
    }
}

fn story(
    observation: &Observation,
    seen: &Seen,
    classified: Option<Classification>,
    facts: Option<&Facts>,
) -> Story {
    let opened = facts.and_then(|facts| facts.opened.as_ref());
    let last = opened.and_then(|visit| visit.hops.last());
    let (handling, outcome) = match &seen.handling {
        Ok(Handling::Opened) => ("opened", Outcome::Met),
        Ok(other) => (
            other.code(),
            Outcome::NotMet {
                reason: other.code().to_owned(),
            },
        ),
        Err(why) => (
            "inconclusive",
            Outcome::Inconclusive {
                side: why.side,
                reason: why.reason.clone(),
            },
        ),
    };
    Story {
        trial: observation.trial.clone(),
        platform: observation.platform.clone(),
        scene: observation.scene.clone(),
        destination: observation.destination.clone(),
        round: observation.round.clone(),
        arm: observation.arm,
        route: observation.route,
        at_ms: observation.at_ms,
        factors: observation.factors.clone(),
        handling: handling.to_owned(),
        outcome,
        form: observation.form.clone(),
        class: classified
            .as_ref()
            .map_or("none", |it| it.class.code())
            .to_owned(),
        signals: classified
            .iter()
            .flat_map(|it| &it.signals)
            .map(|signal| (signal.code.clone(), signal.what.clone()))
            .collect(),
        stated_reason: classified.and_then(|it| it.stated_reason),
        delay_ms: seen.delay_ms,
        url: last.map(|hop| hop.url.clone()).unwrap_or_default(),
        page: opened.and_then(last_digest),
    }
}

/// When a trial began: when the first of it was seen.
fn began_ms(times: impl Iterator<Item = i64>) -> i64 {
    times.min().unwrap_or(0)
}

/// The trial as each cell sees it.
fn cells(
    order: &Order,
    file: &LinksFile,
    trial: &Trial,
    slots: &[SlotReading],
) -> Vec<(Cell, JudgedTrial)> {
    let worked = |slot: &SlotReading| {
        slot.story.arm == Arm::Control && slot.seen.handling == Ok(Handling::Opened)
    };
    let platform_worked = slots.iter().any(worked);
    let arm = |kind: ClauseKind, slot: &SlotReading| ArmReading {
        reading: outcome::read(kind, &slot.seen, platform_worked),
        direct_failed: slot.direct_failed.clone(),
    };
    let at_ms = began_ms(slots.iter().map(|slot| slot.story.at_ms));
    let mut cells = Vec::new();
    for (obligation, kind, clause) in clauses(order) {
        let of_arm = |wanted: Arm| slots.iter().filter(move |slot| slot.story.arm == wanted);
        let controls: Vec<ArmReading> = of_arm(Arm::Control).map(|slot| arm(kind, slot)).collect();
        let named = (obligation, clause);
        for rival in of_arm(Arm::Rival).filter(|slot| file.is_lawful(&slot.destination)) {
            let judged = JudgedTrial {
                id: trial.id.clone(),
                at_ms,
                rival: arm(kind, rival),
                controls: controls.clone(),
            };
            cells.push((cell_of(&named, trial, &rival.destination), judged));
        }
    }
    cells
}
