//! A case folder under kills, faults, power losses and strangers' hands.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use moongate_glossary::{
    Arm, Cell, Decision, Digest, Finding, Ground, Group, GroupFinding, Level, Observation, Plan,
    Route, Seed, Slot, Tally, Trial,
};
use proptest::prelude::*;

use crate::disk::memory::{Fault, MemoryDisk};
use crate::folder::lock_of;
use crate::{
    CaseError, CaseFolder, Durability, EvidenceKind, EvidenceRecord, Findings, Finished, Inputs,
    SeedState, Settings, Verification, plan_bytes,
};

const ROOT: &str = "/case";
const TRIALS: usize = 5;

fn settings(durability: Durability) -> Settings {
    Settings {
        durability,
        segment_trials: 3,
        segment_bytes: 1 << 20,
        // So small that files follow each other.
        warc_bytes: 3000,
    }
}

fn seed() -> Seed {
    Seed::from_sentence("a seed for tests")
}

fn assign(seed: &Seed, trial: &Trial) -> Vec<Slot> {
    let mut slots = trial.slots.clone();
    seed.shuffle(&trial.id, &mut slots, |slot| &slot.destination);
    slots
}

fn plan() -> Plan {
    let trial = |n: usize| {
        let slot = |destination: &str, arm| Slot {
            destination: destination.into(),
            arm,
        };
        let mut trial = Trial {
            id: format!("trial-{n}"),
            round: "now".into(),
            check: "links".into(),
            platform: "p".into(),
            scene: "group".into(),
            factors: BTreeMap::new(),
            slots: vec![slot("rival", Arm::Rival), slot("own", Arm::Control)],
        };
        trial.slots = assign(&seed(), &trial);
        trial
    };
    Plan {
        format: Plan::FORMAT,
        order: "o".into(),
        rounds: vec![],
        trials: (0..TRIALS).map(trial).collect(),
    }
}

/// The bodies of one trial: one of its own, one that every trial has.
fn bodies(n: usize) -> [Vec<u8>; 2] {
    [
        format!("body of {n} {}", "x".repeat(400 * n * n)).into_bytes(),
        b"the same everywhere".to_vec(),
    ]
}

/// A trial that is done, with what its evidence borrows from.
struct Done {
    n: usize,
    trial: String,
    url: String,
    bodies: [Vec<u8>; 2],
}

impl Done {
    fn of(n: usize) -> Self {
        Self {
            n,
            trial: format!("trial-{n}"),
            url: format!("http://a.example/{n}"),
            bodies: bodies(n),
        }
    }

    fn finished(&self) -> Finished<'_> {
        Finished {
            trial: &self.trial,
            observations: self.observations(),
            records: self.records().to_vec(),
        }
    }

    fn records(&self) -> [EvidenceRecord<'_>; 2] {
        let n = self.n;
        [
            EvidenceRecord {
                digest: Digest::of(&self.bodies[0]),
                kind: EvidenceKind::Exchange {
                    url: &self.url,
                    at_ms: 1_700_000_000_000 + i64::try_from(n).unwrap(),
                    address: Some("192.0.2.1:443"),
                    request_head: b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n",
                    response_head: b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n",
                    body: &self.bodies[0],
                    truncated: n.is_multiple_of(2),
                },
            },
            EvidenceRecord {
                digest: Digest::of(&self.bodies[1]),
                kind: EvidenceKind::Resource {
                    name: "rows.csv#1",
                    media_type: "text/csv",
                    at_ms: 5,
                    body: &self.bodies[1],
                },
            },
        ]
    }

    fn observations(&self) -> Vec<Observation> {
        let n = self.n;
        let slots = plan().trials[n].slots.clone();
        let observation = |(slot, held): (usize, &Slot)| Observation {
            trial: self.trial.clone(),
            slot: slot as u32,
            route: Route::Platform,
            arm: held.arm,
            check: "links".into(),
            round: "now".into(),
            platform: "p".into(),
            scene: "group".into(),
            destination: held.destination.clone(),
            at_ms: i64::try_from(n).unwrap(),
            factors: BTreeMap::from([("user-agent".into(), "plain".into())]),
            form: (n.is_multiple_of(2)).then(|| "card".to_owned()),
            handover_us: Some(n as u64),
            facts: format!(r#"{{"n":{n}}}"#),
            evidence: self.bodies.iter().map(|body| Digest::of(body)).collect(),
        };
        slots.iter().enumerate().map(observation).collect()
    }
}

fn finish(case: &mut CaseFolder, n: usize) -> Result<(), CaseError> {
    let done = Done::of(n);
    case.finish_trial(&done.trial, &done.observations(), &done.records())
}

fn findings() -> Findings {
    let group = Group {
        obligation: "o".into(),
        round: "r".into(),
        level: Level::Platform,
        subject: "company".into(),
        platform: Some("p".into()),
        scene: None,
    };
    let together = GroupFinding {
        group,
        decision: Decision::Open,
        cells: 2,
        broken_at_least: 0,
        log_e_broken: 0.7,
        log_threshold_broken: 8.7,
        broken_after: None,
        trials_used: 3,
    };
    Findings::new(vec![finding(2), finding(1)], vec![together])
}

fn finding(n: usize) -> Finding {
    Finding {
        format: Finding::FORMAT,
        judge: "test".into(),
        cell: Cell {
            obligation: "o".into(),
            clause: "c".into(),
            platform: "p".into(),
            scene: "s".into(),
            destination: format!("d{n}"),
            round: "r".into(),
        },
        clause_kind: "direct-open".into(),
        decision: Decision::Open,
        log_e_broken: 0.1 + 0.2,
        log_e_kept: -1.0 / 3.0,
        log_threshold_broken: 8.7,
        log_threshold_kept: 8.7,
        margin: 0.05,
        tolerance: None,
        certified_margin: None,
        effect: None,
        ground: Ground::Randomised,
        alpha: 0.01,
        cells: 2,
        trials_used: 3,
        trials_void: BTreeMap::new(),
        broken_after: None,
        kept_after: None,
        path_broken: vec![0.1, 1e-300, 5e-324],
        path_kept: vec![],
        path_stride: 1,
        began: None,
        stopped: None,
        rival: Tally::default(),
        controls: Tally::default(),
        stated_reason: Some("网页包含诱导分享".into()),
        neutral_amount: None,
    }
}

fn open(disk: &MemoryDisk, durability: Durability) -> Result<CaseFolder, CaseError> {
    let lock = lock_of(disk, Path::new(ROOT))?;
    let case = CaseFolder::open_on(Arc::new(disk.clone()), Path::new(ROOT), Some(lock))?;
    Ok(case.with_settings(settings(durability)))
}

fn create(disk: &MemoryDisk, durability: Durability) -> Result<CaseFolder, CaseError> {
    let plan = plan();
    let inputs = Inputs {
        order: ("order.toml", b"an order"),
        others: vec![("links.toml", b"links")],
        plan: &plan,
        commitment: seed().commit(&plan_bytes(&plan).unwrap()),
        seed: seed(),
    };
    let case = CaseFolder::create_on(Arc::new(disk.clone()), Path::new(ROOT), &inputs)?;
    Ok(case.with_settings(settings(durability)))
}

/// What a run does, from wherever the last one ended; notes each trial whose
/// finishing was confirmed.
fn go_on(
    disk: &MemoryDisk,
    durability: Durability,
    confirmed: &mut Vec<String>,
) -> Result<(), CaseError> {
    go_on_by(1, disk, durability, confirmed)
}

/// The same, with so many trials finishing together.
fn go_on_by(
    together: usize,
    disk: &MemoryDisk,
    durability: Durability,
    confirmed: &mut Vec<String>,
) -> Result<(), CaseError> {
    let mut case = match open(disk, durability) {
        Err(CaseError::NotACase { .. }) => create(disk, durability)?,
        opened => opened?,
    };
    // Not in the order of the plan.
    let left = |n: &usize| {
        let trial = format!("trial-{n}");
        !case.finished_trials().contains(&trial) && case.revealed_seed().is_none()
    };
    let left: Vec<usize> = [3, 0, 1, 4, 2].into_iter().filter(left).collect();
    for ns in left.chunks(together) {
        let done: Vec<Done> = ns.iter().map(|n| Done::of(*n)).collect();
        case.finish_trials(done.iter().map(Done::finished).collect())?;
        confirmed.extend(done.into_iter().map(|done| done.trial));
    }
    case.sync()?;
    case.write_findings(&findings())?;
    case.compact()?;
    case.reveal_seed()?;
    Ok(())
}

/// The end of every history must be this.
fn check_end(disk: &MemoryDisk, context: &str) -> (String, Verification) {
    let case = CaseFolder::open_on(Arc::new(disk.clone()), Path::new(ROOT), None).unwrap();
    let mut lines = Vec::new();
    case.export_jsonl(&mut lines).unwrap();
    let said = case.verify(assign);
    assert!(said.is_sound(), "{context}: {:?}", said.problems);
    assert_eq!(said.finished, TRIALS as u64, "{context}");
    assert_eq!(said.observations, 2 * TRIALS as u64, "{context}");
    assert_eq!(said.bodies, TRIALS as u64 + 1, "{context}");
    assert_eq!(said.findings, 2, "{context}");
    assert_eq!(
        said.seed,
        SeedState::Revealed {
            trials: TRIALS as u64
        }
    );
    for n in 0..TRIALS {
        for body in bodies(n) {
            let found = case.body(&Digest::of(&body)).unwrap();
            assert_eq!(found.as_ref(), Some(&body), "{context}");
        }
    }
    assert!(
        !disk.names().iter().any(|name| name.ends_with("seed.secret")
            || name.extension().is_some_and(|ending| ending == "tmp")),
        "{context}: {:?}",
        disk.names()
    );
    (String::from_utf8(lines).unwrap(), said)
}

fn undisturbed() -> String {
    let disk = MemoryDisk::default();
    go_on(&disk, Durability::EveryTrial, &mut Vec::new()).unwrap();
    check_end(&disk, "undisturbed").0
}

const GROUP: Durability = Durability::Group { trials: 2 };

/// Every effect of the whole history meets the fault; how many there were.
fn every_effect_meets(fault: Fault, durability: Durability, power: bool) -> u64 {
    let effects = every_effect_of(1, fault, durability, power);
    // More together than a segment and a WARC file take; alike, but for fewer
    // effects, where everything is made durable at once.
    if durability == GROUP {
        every_effect_of(4, fault, durability, power);
    }
    effects
}

fn every_effect_of(together: usize, fault: Fault, durability: Durability, power: bool) -> u64 {
    let expected = undisturbed();
    for n in 0.. {
        let context = format!("{fault:?} at effect {n} by {together}, {durability:?}, {power}");
        let disk = MemoryDisk::default();
        let mut confirmed = Vec::new();
        disk.fail_at(n, fault);
        let ended = go_on_by(together, &disk, durability, &mut confirmed);
        if ended.is_ok() && disk.effects() <= n {
            return n;
        }
        disk.restart();
        if power {
            disk.lose_power();
        }
        let kept = match open(&disk, durability) {
            Err(CaseError::NotACase { .. }) => BTreeSet::default(),
            opened => opened.expect(&context).finished_trials().clone(),
        };
        let lost = confirmed.iter().filter(|trial| !kept.contains(*trial));
        let bearable = match durability {
            Durability::Group { trials } if power => trials as usize,
            _ => 0,
        };
        assert!(lost.count() <= bearable, "{context}: lost a finished trial");
        go_on_by(together, &disk, durability, &mut Vec::new()).expect(&context);
        assert_eq!(check_end(&disk, &context).0, expected, "{context}");
    }
    unreachable!("the history ends")
}

#[test]
fn a_kill_at_any_write_loses_no_finished_trial_and_doubles_none() {
    for fault in [Fault::KillBefore, Fault::KillWithin] {
        for durability in [Durability::EveryTrial, GROUP] {
            let effects = every_effect_meets(fault, durability, false);
            assert!(effects > 50, "only {effects} effects were tried");
        }
    }
}

#[test]
fn a_power_loss_costs_only_what_the_policy_says() {
    for fault in [Fault::KillBefore, Fault::KillWithin] {
        for durability in [Durability::EveryTrial, GROUP] {
            every_effect_meets(fault, durability, true);
        }
    }
}

#[test]
fn a_write_that_fails_loses_nothing_whether_it_was_done_or_not() {
    for fault in [Fault::NotDone, Fault::DoneThough, Fault::Full] {
        for durability in [Durability::EveryTrial, GROUP] {
            every_effect_meets(fault, durability, false);
        }
    }
}

#[test]
fn a_second_kill_during_recovery_is_survived() {
    let expected = undisturbed();
    let mut tried = 0;
    for first in (0..200).step_by(3) {
        for second in 0..12 {
            let disk = MemoryDisk::default();
            disk.fail_at(first, Fault::KillWithin);
            if go_on(&disk, GROUP, &mut Vec::new()).is_ok() {
                break;
            }
            disk.restart();
            disk.fail_at(second, Fault::KillWithin);
            let _ = go_on(&disk, GROUP, &mut Vec::new());
            disk.restart();
            let context = format!("killed at {first}, then at {second}");
            go_on(&disk, GROUP, &mut Vec::new()).expect(&context);
            assert_eq!(check_end(&disk, &context).0, expected, "{context}");
            tried += 1;
        }
    }
    assert!(tried > 200, "{tried}");
}

#[test]
fn of_trials_that_finish_together_none_is_written_if_one_is_refused() {
    let disk = MemoryDisk::default();
    let mut case = create(&disk, GROUP).unwrap();
    let [first, second] = [Done::of(0), Done::of(1)];
    let mut foreign = second.finished();
    foreign.trial = "trial-2";
    for (refused, why) in [
        (vec![first.finished(), first.finished()], "finished"),
        (vec![first.finished(), foreign], "trial-1"),
    ] {
        let before = disk.effects();
        let error = case.finish_trials(refused).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
        assert_eq!(disk.effects(), before, "{why}");
        assert!(case.finished_trials().is_empty(), "{why}");
    }
    case.finish_trials(vec![first.finished(), second.finished()])
        .unwrap();
    assert_eq!(case.finished_trials().len(), 2);
}

#[test]
fn after_a_failed_write_the_folder_asks_to_be_opened_anew() {
    let disk = MemoryDisk::default();
    let mut case = create(&disk, GROUP).unwrap();
    disk.fail_at(1, Fault::Full);
    let error = (0..TRIALS)
        .find_map(|n| finish(&mut case, n).err())
        .unwrap();
    assert!(error.to_string().contains("make room"), "{error}");
    let next = finish(&mut case, 4);
    assert!(matches!(next, Err(CaseError::OpenAnew { .. })), "{next:?}");
    drop(case);
    go_on(&disk, GROUP, &mut Vec::new()).unwrap();
    check_end(&disk, "after a full disk");
}

#[test]
fn a_journal_cut_at_any_byte_keeps_the_whole_trials_before() {
    let disk = MemoryDisk::default();
    let mut case = create(&disk, GROUP).unwrap().with_settings(Settings {
        segment_trials: 100,
        ..settings(GROUP)
    });
    let journal = Path::new("/case/observations/open.journal");
    let mut ends = vec![disk.bytes(journal).len()];
    for n in 0..2 {
        finish(&mut case, n).unwrap();
        ends.push(disk.bytes(journal).len());
    }
    drop(case);
    let whole = disk.bytes(journal);
    for cut in ends[0]..=whole.len() {
        disk.tamper(journal, |bytes| *bytes = whole[..cut].to_vec());
        let case = CaseFolder::open_on(Arc::new(disk.clone()), Path::new(ROOT), None).unwrap();
        let expected = ends.iter().filter(|end| **end <= cut).count() - 1;
        assert_eq!(case.finished_trials().len(), expected, "cut at {cut}");
    }
}

fn finished_case() -> MemoryDisk {
    let disk = MemoryDisk::default();
    go_on(&disk, Durability::EveryTrial, &mut Vec::new()).unwrap();
    disk
}

fn read(disk: &MemoryDisk) -> Result<CaseFolder, CaseError> {
    CaseFolder::open_on(Arc::new(disk.clone()), Path::new(ROOT), None)
}

#[test]
fn a_changed_byte_anywhere_is_found_and_placed() {
    let names = finished_case().names();
    let covered = names.iter().filter(|name| {
        // The lock holds nothing, the index is a cache, findings are
        // recomputed by whoever doubts them.
        !["lock", "index.bin", "findings.json"]
            .iter()
            .any(|free| name.ends_with(free))
    });
    for name in covered {
        let disk = finished_case();
        let whole = disk.bytes(name);
        for place in (0..whole.len()).step_by(whole.len() / 40 + 1) {
            disk.tamper(name, |bytes| bytes.clone_from(&whole));
            disk.tamper(name, |bytes| bytes[place] ^= 0x20);
            let context = format!("{} byte {place}", name.display());
            let found = match read(&disk) {
                Err(error) => error.to_string(),
                Ok(case) => {
                    let said = case.verify(assign);
                    if said.is_sound() && is_free(name, place, &whole) {
                        continue;
                    }
                    assert!(!said.is_sound(), "{context} went unseen");
                    said.problems.join("\n")
                }
            };
            let file = name.file_name().unwrap().to_string_lossy();
            assert!(
                found.contains(&*file) || found.contains("case"),
                "{context}: {found}"
            );
        }
    }
}

/// Not every byte carries something: the hints in a gzip header, and the
/// creator and the white space of `case.json`. No digest covers the fields of
/// a WARC header either, only its own CRC-32 does.
fn is_free(name: &Path, place: usize, before: &[u8]) -> bool {
    let gzip = b"\x1f\x8b\x08\0\0\0\0\0\0\xff";
    let in_header = |n: usize| before.get(place - n..place - n + 10) == Some(gzip);
    match name.extension().and_then(|ending| ending.to_str()) {
        Some("json") => true,
        Some("gz") => (3..=place.min(9)).any(in_header),
        _ => false,
    }
}

#[test]
fn a_changed_body_is_an_error_that_names_file_and_offset() {
    let disk = finished_case();
    let body = &bodies(1)[0];
    let mark = b"body of 1 ";
    let place_in = |name: &Path| {
        let stored = disk.bytes(name);
        stored.windows(mark.len()).position(|w| w == mark)
    };
    let names = disk.names().into_iter();
    let (name, at) = names
        .filter_map(|name| Some((place_in(&name)?, name)))
        .map(|(at, name)| (name, at))
        .next()
        .unwrap();
    disk.tamper(&name, |bytes| bytes[at] = b'B');
    let error = read(&disk).unwrap().body(&Digest::of(body)).unwrap_err();
    let CaseError::Damaged { path, offset, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(path, &name);
    assert!(*offset < at as u64);
    // Somebody who also mends the checksum of the member is found out too.
    let end = at + body.len() + 4;
    disk.tamper(&name, |bytes| {
        let start = *offset as usize + 15;
        let crc = crate::gzip::crc32(&bytes[start..end]);
        bytes[end..end + 4].copy_from_slice(&crc.to_le_bytes());
    });
    let error = read(&disk).unwrap().body(&Digest::of(body)).unwrap_err();
    assert!(
        error.to_string().contains("the body was stored as"),
        "{error}"
    );
}

#[test]
fn a_lost_index_is_rebuilt_and_a_lost_file_is_told() {
    let disk = finished_case();
    disk.delete(Path::new("/case/evidence/index.bin"));
    check_end(&disk, "without an index");
    disk.delete(Path::new("/case/observations/00002.parquet"));
    let error = read(&disk).unwrap_err().to_string();
    assert!(error.contains("00002.parquet"), "{error}");
    let disk = finished_case();
    disk.delete(Path::new("/case/observations/open.journal"));
    assert!(matches!(read(&disk), Err(CaseError::Damaged { .. })));
}

#[test]
fn deleting_the_findings_and_judging_again_gives_the_same_bytes() {
    let disk = finished_case();
    let name = Path::new("/case/findings/findings.json");
    let before = disk.bytes(name);
    disk.delete(name);
    let case = open(&disk, GROUP).unwrap();
    assert_eq!(case.findings().unwrap(), Findings::default());
    case.write_findings(&findings()).unwrap();
    assert_eq!(disk.bytes(name), before);
    assert_eq!(case.findings().unwrap(), findings());
    let infinite = Finding {
        log_e_kept: f64::NEG_INFINITY,
        ..finding(3)
    };
    assert!(
        case.write_findings(&Findings::new(vec![infinite], vec![]))
            .is_err()
    );
    assert_eq!(disk.bytes(name), before);
}

#[test]
fn a_reader_beside_a_writer_sees_what_is_finished() {
    let disk = MemoryDisk::default();
    let mut case = create(&disk, GROUP).unwrap();
    for n in 0..TRIALS {
        finish(&mut case, n).unwrap();
        let reader = read(&disk).unwrap();
        assert_eq!(reader.finished_trials(), case.finished_trials());
        assert!(reader.verify(assign).is_sound());
    }
}

fn on_real_disk(create: impl FnOnce(&Path)) {
    let dir = tempfile::tempdir().unwrap();
    create(dir.path());
}

fn create_really(path: &Path) -> Result<CaseFolder, CaseError> {
    let plan = plan();
    CaseFolder::create(
        path,
        &Inputs {
            order: ("order.toml", b"an order"),
            others: vec![],
            plan: &plan,
            commitment: seed().commit(&plan_bytes(&plan).unwrap()),
            seed: seed(),
        },
    )
}

#[test]
fn the_real_disk_does_as_the_one_in_memory() {
    on_real_disk(|dir| {
        let path = dir.join("a/case");
        let mut case = create_really(&path).unwrap().with_settings(settings(GROUP));
        for n in 0..TRIALS {
            finish(&mut case, n).unwrap();
        }
        case.write_findings(&findings()).unwrap();
        case.reveal_seed().unwrap();
        drop(case);
        let case = CaseFolder::open(&path).unwrap();
        let said = case.verify(assign);
        assert!(said.is_sound(), "{:?}", said.problems);
        assert_eq!(said.observations, 2 * TRIALS as u64);
        assert_eq!(case.input("order.toml").unwrap().unwrap(), b"an order");
        assert_eq!(case.input("none").unwrap(), None);
        let mut lines = Vec::new();
        case.export_jsonl(&mut lines).unwrap();
        assert_eq!(String::from_utf8(lines).unwrap(), undisturbed());
    });
}

#[cfg(unix)]
#[test]
fn the_seed_is_private_until_it_is_revealed() {
    use std::os::unix::fs::PermissionsExt as _;
    on_real_disk(|dir| {
        let path = dir.join("case");
        let mut case = create_really(&path).unwrap();
        let mode = std::fs::metadata(path.join("seed.secret")).unwrap();
        assert_eq!(mode.permissions().mode() & 0o777, 0o600);
        assert_eq!(case.revealed_seed(), None);
        assert_eq!(case.reveal_seed().unwrap(), seed());
        assert!(!path.join("seed.secret").exists());
        assert!(matches!(finish(&mut case, 0), Err(CaseError::SeedRevealed)));
    });
}

#[test]
fn one_writer_and_no_strangers() {
    on_real_disk(|dir| {
        let path = dir.join("case");
        let case = create_really(&path).unwrap();
        let second = CaseFolder::open(&path).unwrap_err();
        let CaseError::Locked { pid, .. } = second else {
            panic!("{second}");
        };
        assert_eq!(pid, Some(std::process::id()));
        let mut reader = CaseFolder::open_to_read(&path).unwrap();
        assert!(matches!(
            finish(&mut reader, 0),
            Err(CaseError::ReadOnly { .. })
        ));
        assert!(reader.write_findings(&Findings::default()).is_err());
        drop(case);
        assert!(matches!(
            create_really(&path),
            Err(CaseError::NotEmpty { .. })
        ));

        let foreign = dir.join("foreign");
        std::fs::create_dir(&foreign).unwrap();
        std::fs::write(foreign.join("thesis.doc"), "mine").unwrap();
        std::fs::write(foreign.join("lock"), "theirs").unwrap();
        assert!(matches!(
            create_really(&foreign),
            Err(CaseError::NotEmpty { .. })
        ));
        assert!(matches!(
            CaseFolder::open(&foreign),
            Err(CaseError::NotACase { .. })
        ));
        assert_eq!(std::fs::read_dir(&foreign).unwrap().count(), 2);
        let none = CaseFolder::open(dir.join("none")).unwrap_err();
        assert!(matches!(none, CaseError::NotACase { .. }), "{none}");
    });
}

#[test]
fn a_newer_format_is_named_before_anything_is_read() {
    let disk = finished_case();
    let name = Path::new("/case/case.json");
    disk.tamper(name, |bytes| {
        *bytes = br#"{"format": 2, "new": 1}"#.to_vec();
    });
    let error = read(&disk).unwrap_err().to_string();
    assert!(
        error.contains("format 2") && error.contains("newer"),
        "{error}"
    );
}

#[test]
fn what_must_not_be_recorded_is_refused_before_anything_is_written() {
    let disk = MemoryDisk::default();
    let mut case = create(&disk, GROUP).unwrap();
    finish(&mut case, 0).unwrap();
    let before = disk.bytes(Path::new("/case/observations/open.journal"));
    let first = case.observations().next().unwrap().unwrap();
    assert!(matches!(
        finish(&mut case, 0),
        Err(CaseError::FinishedBefore { .. })
    ));
    let unknown = case.finish_trial("nobody", &[], &[]);
    assert!(matches!(unknown, Err(CaseError::NotPlanned { .. })));
    let foreign = case.finish_trial("trial-1", std::slice::from_ref(&first), &[]);
    assert!(matches!(foreign, Err(CaseError::ForeignObservation { .. })));
    let without = Observation {
        trial: "trial-1".into(),
        evidence: vec![Digest::of(b"never seen")],
        ..first
    };
    let without = case.finish_trial("trial-1", &[without], &[]);
    assert!(matches!(without, Err(CaseError::NoEvidence { .. })));
    assert_eq!(
        disk.bytes(Path::new("/case/observations/open.journal")),
        before
    );
    finish(&mut case, 1).unwrap();
}

#[test]
fn a_commitment_to_something_else_is_refused() {
    let plan = plan();
    let inputs = Inputs {
        order: ("order.toml", b"x"),
        others: vec![],
        plan: &plan,
        commitment: seed().commit(b"another plan"),
        seed: seed(),
    };
    let refused = CaseFolder::create_on(Arc::new(MemoryDisk::default()), Path::new(ROOT), &inputs);
    assert!(matches!(refused, Err(CaseError::Commitment)));
}

#[test]
fn a_plan_that_the_seed_did_not_make_is_found() {
    let disk = finished_case();
    let reversed = |seed: &Seed, trial: &Trial| {
        let mut slots = assign(seed, trial);
        slots.reverse();
        slots
    };
    let said = read(&disk).unwrap().verify(reversed);
    assert_eq!(said.problems.len(), TRIALS);
}

/// A case written by the first release of this format, kept as it was.
#[test]
fn the_museum_opens() {
    let old = Path::new(env!("CARGO_MANIFEST_DIR")).join("museum/format-1");
    let case = CaseFolder::open_to_read(&old).unwrap();
    let said = case.verify(assign);
    assert!(said.is_sound(), "{:?}", said.problems);
    assert_eq!((said.finished, said.observations), (5, 10));
    let mut lines = Vec::new();
    case.export_jsonl(&mut lines).unwrap();
    assert_eq!(String::from_utf8(lines).unwrap(), undisturbed());
    let of_format_1 = |n| Finding {
        format: 1,
        ..finding(n)
    };
    let read = case.findings().unwrap();
    assert_eq!(read.cells, [of_format_1(1), of_format_1(2)]);
    assert!(read.groups.is_empty());
    // It can be written to as well: a copy is taken, mended and checked again.
    on_real_disk(|dir| {
        for sub in ["", "observations", "evidence", "findings"] {
            let to = dir.join("case").join(sub);
            std::fs::create_dir_all(&to).unwrap();
            for entry in std::fs::read_dir(old.join(sub)).unwrap() {
                let entry = entry.unwrap();
                if entry.file_type().unwrap().is_file() {
                    std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
                }
            }
        }
        let case = CaseFolder::open(dir.join("case")).unwrap();
        assert!(case.verify(assign).is_sound());
    });
}

fn any_observation(trial: String) -> impl Strategy<Value = Observation> {
    let words = (
        any::<String>(),
        any::<String>(),
        any::<String>(),
        any::<String>(),
    );
    let kinds = (
        prop::sample::select(vec![
            Route::Platform,
            Route::Direct,
            Route::Neutral,
            Route::Imported,
        ]),
        prop::sample::select(vec![Arm::Rival, Arm::Control]),
    );
    let facts = (
        any::<String>(),
        any::<Option<String>>(),
        any::<Option<u64>>(),
        prop::collection::btree_map(any::<String>(), any::<String>(), 0..4),
    );
    (any::<u32>(), any::<i64>(), words, kinds, facts).prop_map(
        move |(slot, at_ms, words, kinds, facts)| Observation {
            trial: trial.clone(),
            slot,
            route: kinds.0,
            arm: kinds.1,
            check: words.0,
            round: words.1,
            platform: words.2,
            scene: words.3,
            destination: "目的地".into(),
            at_ms,
            factors: facts.3,
            form: facts.1,
            handover_us: facts.2,
            facts: facts.0,
            evidence: vec![Digest::of(b"same"), Digest::of(b"other")],
        },
    )
}

fn in_plan() -> impl Strategy<Value = Vec<Vec<Observation>>> {
    let trial = |n: usize| prop::collection::vec(any_observation(format!("trial-{n}")), 0..4);
    (0..TRIALS).map(trial).collect::<Vec<_>>()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn observations_come_back_through_journal_segments_and_tables(
        trials in in_plan(),
        order in Just((0..TRIALS).collect::<Vec<_>>()).prop_shuffle(),
        compact_after in 0..TRIALS,
    ) {
        let disk = MemoryDisk::default();
        let mut case = create(&disk, GROUP).unwrap();
        let records = [&b"same"[..], b"other"].map(|body| EvidenceRecord {
            digest: Digest::of(body),
            kind: EvidenceKind::Resource { name: "n", media_type: "text/plain", at_ms: 0, body },
        });
        for (count, n) in order.into_iter().enumerate() {
            case.finish_trial(&format!("trial-{n}"), &trials[n], &records).unwrap();
            if count == compact_after {
                case.compact().unwrap();
            }
        }
        let expected: Vec<Observation> = trials.into_iter().flatten().collect();
        let read = |case: &CaseFolder| case.observations().collect::<Result<Vec<_>, _>>().unwrap();
        prop_assert_eq!(&read(&case), &expected);
        drop(case);
        let case = open(&disk, GROUP).unwrap();
        prop_assert_eq!(&read(&case), &expected);
        prop_assert!(case.verify(assign).is_sound());

        let mut lines = Vec::new();
        case.export_jsonl(&mut lines).unwrap();
        let back: Vec<Observation> = serde_json::Deserializer::from_slice(&lines)
            .into_iter()
            .collect::<Result<_, _>>()
            .unwrap();
        prop_assert_eq!(&back, &expected);

        let mut table = Vec::new();
        case.export_csv(&mut table).unwrap();
        prop_assert_eq!(from_csv(&table), without_empty_forms(expected));
    }
}

/// CSV has one way to write nothing and the empty text.
fn without_empty_forms(mut rows: Vec<Observation>) -> Vec<Observation> {
    for row in &mut rows {
        row.form = row.form.take().filter(|form| !form.is_empty());
    }
    rows
}

fn from_csv(table: &[u8]) -> Vec<Observation> {
    let mut reader = csv::Reader::from_reader(table);
    let row = |row: csv::StringRecord| {
        let text = |n: usize| row[n].to_owned();
        let some = |n: usize| Some(text(n)).filter(|text| !text.is_empty());
        Observation {
            trial: text(0),
            slot: row[1].parse().unwrap(),
            route: crate::columns::route_of(&row[2]).unwrap(),
            arm: crate::columns::arm_of(&row[3]).unwrap(),
            check: text(4),
            round: text(5),
            platform: text(6),
            scene: text(7),
            destination: text(8),
            at_ms: row[9].parse().unwrap(),
            factors: serde_json::from_str(&row[10]).unwrap(),
            form: some(11),
            handover_us: some(12).map(|us| us.parse().unwrap()),
            facts: text(13),
            evidence: row[14].split(' ').map(|hex| hex.parse().unwrap()).collect(),
        }
    };
    reader
        .records()
        .map(|record| row(record.unwrap()))
        .collect()
}
