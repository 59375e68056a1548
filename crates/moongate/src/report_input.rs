//! From a judged case to the plain data a report is drawn from.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use moongate_check::Story;
use moongate_glossary::{
    Arm, Cell, Decision, Digest, Finding, Outcome, Reading, Round, Route, Side,
};
use moongate_judge::ArmReading;
use moongate_order::{Order, Status, Text};
use moongate_report as shown;
use moongate_runner::Sitting;

use crate::opened::Opened;
use crate::reported::{Fact, Reported};

/// Pages are shown up to this many characters.
const LONGEST_PAGE_SHOWN: usize = 20_000;
/// Observations listed on a cell's page.
const MOST_POINTS: usize = 10_000;

/// Everything a report shows of a case, at an instant.
pub(crate) fn report_input(
    opened: &Opened,
    sitting: &Sitting,
    as_of_ms: i64,
) -> shown::ReportInput {
    let order = &opened.order;
    let plan = opened.folder.plan();
    let names = Names::of(opened);
    let rounds = dated(plan, sitting, as_of_ms);
    let as_of_ms = rounds
        .iter()
        .map(|round| round.as_of_ms)
        .max()
        .unwrap_or(as_of_ms);
    let standings = standings(order, sitting, &rounds);
    shown::ReportInput {
        format: shown::ReportInput::FORMAT,
        order: order.id.clone(),
        title: text(&order.title),
        order_text: order_text(order),
        issuer: text(&order.issuer),
        status: status(order.status),
        sources: order.sources.iter().map(source).collect(),
        subjects: subjects(order),
        platforms: order
            .platforms
            .iter()
            .map(|platform| shown::Platform {
                id: platform.id.clone(),
                subject: platform.subject.clone(),
                name: text(&platform.name),
            })
            .collect(),
        scenes: scenes(order),
        destinations: names.destinations(opened),
        obligations: order
            .obligations
            .iter()
            .map(|item| obligation(order, item))
            .collect(),
        consequences: order
            .consequences
            .iter()
            .map(|item| text(&item.text))
            .collect(),
        rounds,
        round_names: names.rounds.clone(),
        reasons: crate::words::reasons(),
        cells: cells(opened, sitting),
        standings,
        replay: opened.reported.is_some() || opened.redirected(),
        randomisation: randomisation(opened, sitting),
        judge_version: moongate_judge::VERSION.to_owned(),
        alpha: order.alpha,
        as_of_ms,
        offset: offset(order, as_of_ms),
    }
}

fn text(text: &Text) -> shown::Text {
    shown::Text::new(text.en.clone(), text.in_language("zh"))
}

fn status(status: Status) -> shown::Status {
    match status {
        Status::AsReported => shown::Status::AsReported,
        Status::Official => shown::Status::Official,
        Status::ResearchStandard => shown::Status::ResearchStandard,
    }
}

/// The note of the order, or else what its obligations are called.
fn order_text(order: &Order) -> shown::Text {
    if let Some(note) = &order.note {
        return text(note);
    }
    let titles = |tag: &str| -> String {
        let all: Vec<&str> = order
            .obligations
            .iter()
            .map(|item| item.title.in_language(tag))
            .collect();
        all.join("; ")
    };
    shown::Text::new(titles("en"), titles("zh"))
}

fn source(source: &moongate_order::Source) -> shown::SourceRef {
    shown::SourceRef {
        id: source.id.clone(),
        title: source.title.clone(),
        publisher: source.publisher.clone().unwrap_or_default(),
        published: source.published.map(|date| date.to_string()),
        url: Some(source.url.clone()),
    }
}

fn subjects(order: &Order) -> Vec<shown::Subject> {
    order
        .subjects
        .iter()
        .map(|subject| shown::Subject {
            id: subject.id.clone(),
            name: text(&subject.name),
        })
        .collect()
}

fn scenes(order: &Order) -> Vec<shown::Scene> {
    let mut scenes: Vec<shown::Scene> = Vec::new();
    for scene in order.platforms.iter().flat_map(|platform| &platform.scenes) {
        if !scenes.iter().any(|known| known.id == scene.id) {
            scenes.push(shown::Scene {
                id: scene.id.clone(),
                name: text(&scene.name),
            });
        }
    }
    scenes
}

fn obligation(order: &Order, obligation: &moongate_order::Obligation) -> shown::Obligation {
    let due = |due: moongate_order::Due, stage: Option<shown::Text>| {
        let at = last_instant(order, due);
        shown::DueDate {
            at,
            offset: offset(order, at.as_millisecond()),
            stage,
        }
    };
    let stages = obligation.stages.iter().map(|stage| {
        let name = stage
            .title
            .as_ref()
            .map_or_else(|| shown::Text::same(&stage.id), text);
        due(stage.due, Some(name))
    });
    shown::Obligation {
        id: obligation.id.clone(),
        name: text(&obligation.title),
        due: stages.chain([due(obligation.due, None)]).collect(),
        clauses: obligation
            .clauses
            .iter()
            .map(|clause| shown::Clause {
                id: clause.id.clone(),
                kind: clause.kind.clone(),
                name: crate::words::clause_name(&clause.kind),
                text: text(&clause.text),
            })
            .collect(),
    }
}

/// The last instant that is still in time: of a day, its last millisecond, so
/// that it is shown as that day.
fn last_instant(order: &Order, due: moongate_order::Due) -> Timestamp {
    let deadline = order.deadline(due);
    match due {
        moongate_order::Due::Date(_) => {
            Timestamp::from_millisecond(deadline.as_millisecond() - 1).unwrap_or(deadline)
        }
        moongate_order::Due::Instant(_) => deadline,
    }
}

fn offset(order: &Order, at_ms: i64) -> String {
    let zone = TimeZone::get(&order.time_zone).unwrap_or(TimeZone::UTC);
    let instant = Timestamp::from_millisecond(at_ms).unwrap_or_default();
    let seconds = zone.to_offset(instant).seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    format!(
        "{sign}{:02}:{:02}",
        seconds.abs() / 3600,
        seconds.abs() / 60 % 60
    )
}

/// Names of destinations and rounds, as the checks know them.
struct Names {
    destinations: BTreeMap<String, (shown::Text, Option<String>)>,
    rounds: BTreeMap<String, shown::Text>,
}

impl Names {
    fn of(opened: &Opened) -> Self {
        let mut names = Self {
            destinations: BTreeMap::new(),
            rounds: BTreeMap::new(),
        };
        for named in opened.checks.iter().flat_map(|check| check.names()) {
            let text = shown::Text::new(named.en, named.zh);
            match named.what {
                "round" => {
                    names.rounds.insert(named.id, text);
                }
                _ => {
                    names.destinations.insert(named.id, (text, named.platform));
                }
            }
        }
        names
    }

    /// Every destination that has a place in the matrix; one that no file
    /// names by its id.
    fn destinations(&self, opened: &Opened) -> Vec<shown::Destination> {
        let (plan, order) = (opened.folder.plan(), &opened.order);
        let rivals = plan
            .trials
            .iter()
            .flat_map(|trial| trial.of_arm(Arm::Rival));
        let reported = opened.reported.iter().flat_map(|all| &all.facts);
        let ids: BTreeSet<&str> = rivals
            .chain(reported.map(|fact| fact.destination.as_str()))
            .collect();
        ids.into_iter()
            .map(|id| {
                let known = self.destinations.get(id);
                let owner = known.and_then(|(_, owner)| owner.clone()).or_else(|| {
                    order
                        .platform_of_host(id)
                        .map(|platform| platform.id.clone())
                });
                shown::Destination {
                    id: id.to_owned(),
                    name: known.map_or_else(|| shown::Text::same(id), |(name, _)| name.clone()),
                    owner,
                }
            })
            .collect()
    }
}

fn randomisation(opened: &Opened, sitting: &Sitting) -> shown::Randomisation {
    let ours = sitting
        .findings
        .iter()
        .any(|finding| finding.ground != moongate_glossary::Ground::ExchangeableWithinHour);
    let folder = &opened.folder;
    shown::Randomisation {
        commitment: ours.then(|| folder.commitment().0.to_string()),
        revealed_seed: folder
            .revealed_seed()
            .filter(|_| ours)
            .map(|seed| seed.reveal()),
        trials: folder.plan().trials.len() as u64,
    }
}

/// Platform, scene, destination, round: what a story is told of.
type Place<'a> = (&'a str, &'a str, &'a str, &'a str);

fn place_of_cell(cell: &Cell) -> Place<'_> {
    (&cell.platform, &cell.scene, &cell.destination, &cell.round)
}

fn place_of_story(story: &Story) -> Place<'_> {
    (
        &story.platform,
        &story.scene,
        &story.destination,
        &story.round,
    )
}

fn cells(opened: &Opened, sitting: &Sitting) -> Vec<shown::CellView> {
    let mut of_place: BTreeMap<Place<'_>, Vec<&Story>> = BTreeMap::new();
    for story in sitting
        .stories
        .iter()
        .filter(|it| it.route != Route::Neutral && stands_alone(opened, it))
    {
        of_place
            .entry(place_of_story(story))
            .or_default()
            .push(story);
    }
    let times: BTreeMap<&str, i64> = sitting
        .stories
        .iter()
        .map(|story| (story.trial.as_str(), story.at_ms))
        .collect();
    let mut views = Vec::new();
    let mut judged: BTreeSet<Place<'_>> = BTreeSet::new();
    for (finding, cell) in sitting.findings.iter().zip(&sitting.cells) {
        let place = place_of_cell(&finding.cell);
        judged.insert(place);
        let stories = of_place.get(&place).map_or(&[][..], Vec::as_slice);
        let mut view = view_of(opened, finding.cell.clone(), stories);
        points(&mut view, cell, &times);
        view.stated_reason.clone_from(&finding.stated_reason);
        view.finding = Some(finding.clone());
        views.push(view);
    }
    for (place, stories) in of_place
        .iter()
        .filter(|(place, _)| !judged.contains(*place))
    {
        views.push(view_of(opened, unjudged_cell(*place), stories));
    }
    views
}

/// Whether a story has a place of its own in the matrix: every rival's does,
/// and a control's where the press reported how its links were handled.
fn stands_alone(opened: &Opened, story: &Story) -> bool {
    let (platform, scene, destination, round) = place_of_story(story);
    let reported = || {
        opened
            .reported
            .as_ref()?
            .of(round, platform, scene, destination)
    };
    story.arm == Arm::Rival || reported().is_some()
}

/// A place that the order asks nothing of, shown beside the others.
fn unjudged_cell((platform, scene, destination, round): Place<'_>) -> Cell {
    Cell {
        obligation: String::new(),
        clause: String::new(),
        platform: platform.to_owned(),
        scene: scene.to_owned(),
        destination: destination.to_owned(),
        round: round.to_owned(),
    }
}

fn view_of(opened: &Opened, cell: Cell, stories: &[&Story]) -> shown::CellView {
    let fact = opened.reported.as_ref().and_then(|all: &Reported| {
        all.of(&cell.round, &cell.platform, &cell.scene, &cell.destination)
    });
    shown::CellView {
        handling: handling(stories),
        form: form(stories),
        reported: fact.map(reported),
        block_page: block_page(opened, stories),
        stated_reason: stories.iter().find_map(|story| story.stated_reason.clone()),
        evidence: evidence(stories),
        factors: factors(stories),
        ..shown::CellView::empty(cell)
    }
}

fn reported(fact: &Fact) -> shown::ReportedFact {
    shown::ReportedFact {
        handling: handling_of_code(&fact.handling),
        source: fact.source.clone(),
        disputed: fact.disputed,
    }
}

fn handling_of_code(code: &str) -> shown::Handling {
    shown::Handling::ALL
        .into_iter()
        .find(|handling| handling.word() == code)
        .unwrap_or(shown::Handling::Inconclusive)
}

/// What was seen in at least nine of ten conclusive openings; `mixed` where
/// nothing was.
fn handling(stories: &[&Story]) -> shown::Handling {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for story in stories
        .iter()
        .filter(|story| story.handling != "inconclusive")
    {
        *counts.entry(&story.handling).or_default() += 1;
    }
    let conclusive: usize = counts.values().sum();
    match counts.iter().max_by_key(|(_, count)| **count) {
        Some((code, count)) if count * 10 >= conclusive * 9 => handling_of_code(code),
        Some(_) => shown::Handling::Mixed,
        None if stories.is_empty() => shown::Handling::NotMeasured,
        None => shown::Handling::Inconclusive,
    }
}

fn form(stories: &[&Story]) -> shown::Form {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for form in stories.iter().filter_map(|story| story.form.as_deref()) {
        *counts.entry(form).or_default() += 1;
    }
    let most = counts
        .iter()
        .max_by_key(|(_, count)| **count)
        .map(|(form, _)| *form);
    shown::Form::ALL
        .into_iter()
        .find(|form| Some(form.word()) == most)
        .unwrap_or(shown::Form::Unknown)
}

/// The last page that stood in the way.
fn block_page(opened: &Opened, stories: &[&Story]) -> Option<shown::BlockPage> {
    let story = stories
        .iter()
        .rev()
        .find(|story| matches!(story.outcome, Outcome::NotMet { .. }) && story.page.is_some())?;
    let digest: Digest = story.page?;
    let body = opened.folder.body(&digest).ok().flatten()?;
    let (html, _) = moongate_page::decode_text(&[], &body);
    let cut = |text: &str| text.chars().take(LONGEST_PAGE_SHOWN).collect::<String>();
    Some(shown::BlockPage {
        visible_text: cut(&moongate_page::visible_text(&html)),
        html_text: cut(&html),
        url: story.url.clone(),
        digest,
        at_ms: story.at_ms,
        signals: story.signals.clone(),
    })
}

/// Every factor with the values it took, the hour (UTC) among them.
fn factors(stories: &[&Story]) -> BTreeMap<String, Vec<String>> {
    let mut values: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for story in stories {
        let hour = story.at_ms.div_euclid(3_600_000).rem_euclid(24);
        let hour = ("hour-utc".to_owned(), format!("{hour:02}"));
        for (factor, value) in story.factors.clone().into_iter().chain([hour]) {
            values.entry(factor).or_default().insert(value);
        }
    }
    values
        .into_iter()
        .map(|(factor, all)| (factor, all.into_iter().collect()))
        .collect()
}

fn evidence(stories: &[&Story]) -> Vec<shown::EvidenceRef> {
    let mut seen = BTreeSet::new();
    stories
        .iter()
        .filter_map(|story| Some((story.page?, story.url.clone())))
        .filter(|(digest, _)| seen.insert(*digest))
        .map(|(digest, url)| shown::EvidenceRef { digest, url })
        .take(100)
        .collect()
}

fn points(
    view: &mut shown::CellView,
    cell: &moongate_judge::ReadCell,
    times: &BTreeMap<&str, i64>,
) {
    for trial in moongate_judge::as_judged(cell).iter() {
        let at_ms = times.get(trial.id.as_str()).copied().unwrap_or(0);
        let arms = std::iter::once((Arm::Rival, &trial.rival))
            .chain(trial.controls.iter().map(|control| (Arm::Control, control)));
        for (arm, reading) in arms {
            if view.outcomes_over_time.len() >= MOST_POINTS {
                return;
            }
            add_point(view, &trial.id, at_ms, arm, reading);
        }
    }
}

/// From the code `side/reason`.
fn inconclusive_of_code(code: &str) -> Outcome {
    let (word, reason) = code.split_once('/').unwrap_or(("unknown", code));
    let side = Side::ALL.into_iter().find(|side| side.word() == word);
    Outcome::Inconclusive {
        side: side.unwrap_or(Side::Unknown),
        reason: reason.to_owned(),
    }
}

fn add_point(
    view: &mut shown::CellView,
    trial: &str,
    at_ms: i64,
    arm: Arm,
    arm_reading: &ArmReading,
) {
    let ArmReading {
        reading,
        direct_failed,
    } = arm_reading;
    view.outcomes_over_time.push(shown::OutcomePoint {
        at_ms,
        trial: trial.to_owned(),
        arm,
        outcome: match direct_failed {
            Some(code) => inconclusive_of_code(code),
            None => reading.outcome.clone(),
        },
    });
    if let Reading {
        amount: Some(delay_ms),
        ..
    } = reading
    {
        view.delay_points.push(shown::DelayPoint {
            at_ms,
            trial: trial.to_owned(),
            arm,
            delay_ms: *delay_ms,
        });
    }
}

/// The rounds, each with its instant: an undated one stands for the last
/// thing seen in it.
fn dated(plan: &moongate_glossary::Plan, sitting: &Sitting, now_ms: i64) -> Vec<Round> {
    let last_seen = |id: &str| {
        let of_round = sitting.stories.iter().filter(|story| story.round == id);
        of_round.map(|story| story.at_ms).max().unwrap_or(now_ms)
    };
    plan.rounds
        .iter()
        .map(|round| Round {
            as_of_ms: if round.as_of_ms > 0 {
                round.as_of_ms
            } else {
                last_seen(&round.id)
            },
            ..round.clone()
        })
        .collect()
}

/// Where every addressed subject stands after each round, the latest first.
fn standings(order: &Order, sitting: &Sitting, rounds: &[Round]) -> Vec<shown::Standing> {
    let now_ms = rounds.iter().map(|round| round.as_of_ms).max().unwrap_or(0);
    let mut standings = Vec::new();
    for obligation in &order.obligations {
        let due_ms = last_instant(order, obligation.due).as_millisecond();
        for subject in &obligation.subjects {
            let findings: Vec<&Finding> = sitting
                .findings
                .iter()
                .filter(|finding| {
                    let platform = order.platform(&finding.cell.platform);
                    finding.cell.obligation == obligation.id
                        && platform.is_some_and(|platform| platform.subject == *subject)
                })
                .collect();
            let mut of_subject: Vec<shown::Standing> = rounds
                .iter()
                .filter(|round| findings.iter().any(|it| it.cell.round == round.id))
                .map(|round| {
                    let latest = latest_findings(&findings, rounds, round.as_of_ms);
                    let counted = latest
                        .iter()
                        .map(|(at_ms, finding)| owed(order, obligation, finding, *at_ms))
                        .collect::<Vec<_>>();
                    standing(subject, &obligation.id, round.as_of_ms, due_ms, &counted)
                })
                .collect();
            if of_subject.is_empty() {
                of_subject.push(standing(subject, &obligation.id, now_ms, due_ms, &[]));
            }
            note_since(&mut of_subject);
            standings.extend(of_subject.into_iter().rev());
        }
    }
    standings
}

/// The latest finding of every comparison up to an instant, with its own: what
/// is not measured again keeps the standing it had.
fn latest_findings<'a>(
    findings: &[&'a Finding],
    rounds: &[Round],
    until_ms: i64,
) -> Vec<(i64, &'a Finding)> {
    let instant = |id: &str| {
        rounds
            .iter()
            .find(|round| round.id == id)
            .map(|it| it.as_of_ms)
    };
    let mut latest: BTreeMap<[&str; 4], (i64, &Finding)> = BTreeMap::new();
    for finding in findings {
        let cell = &finding.cell;
        let Some(at_ms) = instant(&cell.round).filter(|at_ms| *at_ms <= until_ms) else {
            continue;
        };
        let key = [
            &*cell.clause,
            &*cell.platform,
            &*cell.scene,
            &*cell.destination,
        ];
        match latest.get(&key) {
            Some((known, _)) if *known > at_ms => {}
            _ => {
                latest.insert(key, (at_ms, finding));
            }
        }
    }
    latest.into_values().collect()
}

/// What a finding says of a standing: nothing is owed before the deadline, so
/// what was found before it shows neither breach nor compliance.
fn owed(
    order: &Order,
    obligation: &moongate_order::Obligation,
    finding: &Finding,
    at_ms: i64,
) -> Decision {
    let due = order.due_in_scene(obligation, &finding.cell.scene);
    if at_ms <= last_instant(order, due).as_millisecond() {
        return Decision::Open;
    }
    // What is certified to have stopped is owed no more.
    match finding.decision {
        Decision::Broken if finding.stopped.is_some() => Decision::Kept,
        decision => decision,
    }
}

/// Since when each standing holds; they come in time.
fn note_since(standings: &mut [shown::Standing]) {
    let mut since: Option<(Decision, i64)> = None;
    for standing in standings {
        let from = match since {
            Some((state, from_ms)) if state == standing.state => from_ms,
            _ => standing.as_of_ms,
        };
        since = Some((standing.state, from));
        standing.since_ms = Some(from);
    }
}

fn standing(
    subject: &str,
    obligation: &str,
    as_of_ms: i64,
    due_ms: i64,
    cells: &[Decision],
) -> shown::Standing {
    let count = |decision| cells.iter().filter(|it| **it == decision).count() as u64;
    let (broken, kept, open) = (
        count(Decision::Broken),
        count(Decision::Kept),
        count(Decision::Open),
    );
    let state = match (broken, kept, open) {
        (1.., _, _) => Decision::Broken,
        (0, 1.., 0) => Decision::Kept,
        _ => Decision::Open,
    };
    shown::Standing {
        subject: subject.to_owned(),
        obligation: obligation.to_owned(),
        as_of_ms,
        due_ms,
        state,
        broken_cells: broken,
        kept_cells: kept,
        open_cells: open,
        since_ms: None,
    }
}
