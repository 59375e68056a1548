//! Killed at twenty instants and started again, a check comes to the same
//! findings, byte for byte, as one that nobody disturbed, with every planned
//! trial there exactly once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test"
)]

mod common;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::yield_now;

use common::{Standing, assert_whole, check_order_in, connect, five_clauses, run, single, stand};
use moongate_town::TownPlan;

const TRIALS: u32 = 60;
const KILLS: u64 = 20;

/// A town that opens, blocks and fails, by draws that hang on the message.
fn town() -> TownPlan {
    single("flaky(0.6, copy-only(wechat), opens)")
        .with_policy("flaky(0.1, unavailable)")
        .expect("a policy")
        .with_destination("neutral-item-2", "flaky(0.1, down(503))")
        .expect("a destination")
}

/// Measured times differ from run to run, as they should: the findings of two
/// runs can be the same only under clauses that rest on no time.
fn order_without_times() -> String {
    let order = std::fs::read_to_string(five_clauses()).expect("the order");
    let (before, rest) = order
        .split_once("[[obligation.clause]]\nid = \"no-delay\"")
        .expect("it");
    let (_, after) = rest.split_once("[[consequence]]").expect("it");
    format!("{before}[[consequence]]{after}")
}

fn check(folder: &Path, town: &Standing) -> Command {
    let order = folder.join("order.toml");
    std::fs::write(&order, order_without_times()).expect("an order");
    let mut command = check_order_in(&order, folder, town, TRIALS);
    connect(&mut command, town);
    command
}

/// Every file of the findings with its bytes.
fn findings_bytes(case: &Path) -> BTreeMap<String, Vec<u8>> {
    std::fs::read_dir(case.join("findings"))
        .expect("findings")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| {
            (
                path.file_name().unwrap().to_string_lossy().into_owned(),
                path,
            )
        })
        .map(|(name, path)| (name, std::fs::read(path).expect("a finding")))
        .collect()
}

/// How much a case holds on disk: it grows with every step of a run.
fn bytes_of(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    entries
        .filter_map(Result::ok)
        .map(|entry| match entry.metadata() {
            Ok(about) if about.is_dir() => bytes_of(&entry.path()),
            Ok(about) => about.len(),
            Err(_) => 0,
        })
        .sum()
}

/// Starts the program and kills it as soon as the case holds so many bytes.
/// Whether it ended before.
fn kill_at(command: &mut Command, case: &Path, bytes: u64) -> bool {
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    while bytes_of(case) < bytes {
        if let Some(status) = child.try_wait().expect("a child") {
            assert!(status.success(), "{status}");
            return true;
        }
        yield_now();
    }
    child.kill().expect("it can be killed");
    child.wait().expect("it is gone");
    false
}

/// Numbers that look drawn and are always the same.
struct Draws(u64);

impl Draws {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % most.max(1)
    }
}

#[test]
fn killed_twenty_times_the_findings_are_those_of_an_undisturbed_run() {
    let town = stand(town());
    let undisturbed = tempfile::tempdir().expect("a folder");
    run(&mut check(undisturbed.path(), &town)).well();
    let measured = bytes_of(&undisturbed.path().join("case/evidence"))
        + bytes_of(&undisturbed.path().join("case/observations"));
    let whole = bytes_of(&undisturbed.path().join("case"));
    let expected = findings_bytes(&undisturbed.path().join("case"));
    assert!(!expected.is_empty());
    assert_whole(&undisturbed.path().join("case"));

    let folder = tempfile::tempdir().expect("a folder");
    let case = folder.path().join("case");
    // Before there is a case, while it is made, all along the measuring, and
    // while it is judged and reported.
    let mut draws = Draws(20_210_917);
    let mut instants: Vec<u64> = (0..KILLS)
        .map(|number| match number {
            0 => 0,
            1..=2 => 1 + draws.below(2_000),
            3..=16 => draws.below(measured),
            _ => measured + draws.below(whole - measured),
        })
        .collect();
    instants.sort_unstable();
    let ended_before = instants
        .iter()
        .filter(|bytes| kill_at(&mut check(folder.path(), &town), &case, **bytes))
        .count();
    assert!(
        ended_before <= 4,
        "{ended_before} of {KILLS} runs ended before they were killed"
    );
    run(&mut check(folder.path(), &town)).well();
    assert_whole(&case);
    let found = findings_bytes(&case);
    for (name, bytes) in &expected {
        let (right, left) = (
            String::from_utf8_lossy(bytes),
            String::from_utf8_lossy(&found[name]),
        );
        let lines = right.lines().zip(left.lines());
        for (right, left) in lines {
            assert_eq!(left, right, "{name}");
        }
    }
    assert_eq!(found, expected);
    let verified = run(common::moongate().arg("verify").arg("--case").arg(&case)).well();
    assert!(
        verified.out.contains("nothing is wrong"),
        "{}",
        verified.out
    );
}
