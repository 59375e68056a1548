//! Whatever a server does, a run goes on: every misbehaviour ends in an
//! observation or an inconclusive with the side that failed, within the caps
//! and within bounded memory, and every planned trial is stored.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test"
)]

mod common;

use std::time::Duration;

use common::{assert_whole, check_in, connect, findings, run, single, stand};
use moongate_town::TownPlan;

const TRIALS: u32 = 2;

/// A run holds no more than this at once, whatever it is sent.
const MOST_MEMORY_KIB: u64 = 300 * 1024;

/// Two visits of 30 s, one after the other, and room for a busy machine.
const LONGEST: Duration = Duration::from_secs(120);

/// Who misbehaves.
#[derive(Debug, Clone, Copy)]
enum Who {
    /// The platform's redirector, for the rival's link.
    Redirector,
    /// The rival's own server.
    Destination,
    /// The platform's chat.
    Chat,
}
use Who::{Chat, Destination, Redirector};

/// Who, how, and how the rival's openings then read.
const WORLDS: &[(Who, &str, &str)] = &[
    (Redirector, "endless", "unknown/not-understood"),
    (Redirector, "bomb(10)", "unknown/not-understood"),
    (Redirector, "drip(1000)", "carrier/not-measured"),
    (Redirector, "hostile-html(nested)", "unknown/not-understood"),
    (Redirector, "hostile-html(script)", "unknown/not-understood"),
    (Redirector, "hostile-html(bidi)", "unknown/not-understood"),
    (Redirector, "hostile-html(title)", "unknown/not-understood"),
    (
        Redirector,
        "redirect-loop(location)",
        "carrier/not-measured",
    ),
    (Redirector, "redirect-loop(refresh)", "carrier/not-measured"),
    (Redirector, "reset", "carrier/not-measured"),
    (Redirector, "garbage", "carrier/not-measured"),
    (Redirector, "blank", "blocked"),
    (Redirector, "down(silence)", "carrier/not-measured"),
    (
        Redirector,
        "private-address(loopback)",
        "carrier/not-measured",
    ),
    (
        Redirector,
        "private-address(metadata)",
        "carrier/not-measured",
    ),
    (Redirector, "private-address(lan)", "carrier/not-measured"),
    (Redirector, "private-address(ipv6)", "carrier/not-measured"),
    (Destination, "endless", "met"),
    (Destination, "bomb(10)", "met"),
    (Destination, "drip(1000)", "target/direct-control-failed"),
    (Destination, "hostile-html(nested)", "met"),
    (Destination, "hostile-html(script)", "met"),
    (
        Destination,
        "redirect-loop(location)",
        "target/direct-control-failed",
    ),
    (Destination, "garbage", "target/direct-control-failed"),
    (Destination, "down(silence)", "target/direct-control-failed"),
    (Destination, "blank", "met"),
    (
        Destination,
        "private-address(metadata)",
        "target/direct-control-failed",
    ),
    (
        Destination,
        "broken-tls(expired)",
        "target/direct-control-failed",
    ),
    (
        Destination,
        "broken-tls(wrong-name)",
        "target/direct-control-failed",
    ),
    (
        Destination,
        "broken-tls(unknown-issuer)",
        "target/direct-control-failed",
    ),
    (
        Destination,
        "broken-tls(garbage)",
        "target/direct-control-failed",
    ),
    (Chat, "garbage", "carrier/room-not-reached"),
    (Chat, "bomb(10)", "unknown/room-not-understood"),
    (Chat, "endless", "unknown/room-not-understood"),
    (Chat, "hostile-html(nested)", "unknown/room-not-understood"),
    (Chat, "hostile-html(script)", "unknown/room-not-understood"),
];

fn plan(who: Who, how: &str) -> TownPlan {
    match who {
        Redirector => single(how),
        Destination => single("opens")
            .with_destination("rival-item", how)
            .expect(how),
        Chat => single("opens").with_chat(how).expect(how),
    }
}

/// What became of one world; the memory it took.
fn played(who: Who, how: &str) -> (String, u64, Duration) {
    let begun = now();
    let town = stand(plan(who, how));
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = check_in(folder.path(), &town, TRIALS);
    if how.starts_with("broken-tls") {
        command
            .arg("--connect-to")
            .arg(format!("item.rival.test={}", town.tls));
    }
    connect(&mut command, &town);
    let ran = run(&mut command).well();
    let case = folder.path().join("case");
    assert_whole(&case);
    let all = findings(&case);
    let finding = all
        .iter()
        .find(|it| it.cell.clause == "no-extra-step")
        .expect("the clause");
    let tally = &finding.rival;
    let mut read: Vec<String> = Vec::new();
    read.extend((tally.met > 0).then(|| format!("met × {}", tally.met)));
    for counts in [&tally.not_met, &tally.inconclusive, &tally.not_applicable] {
        read.extend(
            counts
                .iter()
                .map(|(code, count)| format!("{code} × {count}")),
        );
    }
    (read.join(", "), ran.peak_kib, begun.elapsed())
}

#[allow(
    clippy::disallowed_methods,
    reason = "how long a run took is what is tested"
)]
fn now() -> std::time::Instant {
    std::time::Instant::now()
}

#[test]
fn every_misbehaviour_ends_in_an_observation_within_the_caps() {
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let worlds: Vec<_> = WORLDS
            .iter()
            .map(|(who, how, expected)| (who, how, expected, scope.spawn(|| played(*who, how))))
            .collect();
        worlds
            .into_iter()
            .filter_map(|(who, how, expected, world)| {
                let Ok((read, peak_kib, took)) = world.join() else {
                    return Some(format!("{who:?} {how}: the run ended badly"));
                };
                println!(
                    "{who:?} {how}: {read}, {} MB, {} ms",
                    peak_kib / 1024,
                    took.as_millis()
                );
                let right = read == format!("{expected} × {TRIALS}")
                    && peak_kib > 0
                    && peak_kib < MOST_MEMORY_KIB
                    && took < LONGEST;
                (!right).then(|| {
                    format!("{who:?} {how}: {read}, not {expected}; {peak_kib} KiB, {took:?}")
                })
            })
            .collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
