//! Worlds that must not be accused, and beside each the one that must be.
//!
//! Every world is a town over real sockets, checked by the program as anyone
//! would, against an order that binds all five clauses.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test"
)]

mod common;

use std::net::TcpListener;

use common::{Standing, assert_whole, check_in, connect, findings, run, single, stand};
use moongate_glossary::{Decision, EffectUnit, Finding};
use moongate_town::TownPlan;

/// Enough to accuse whoever blocks always (the last test shows it).
const TRIALS: u32 = 14;

/// All findings of a town, by the clause in question.
struct Judged(Vec<Finding>);

impl Judged {
    fn of(&self, clause: &str) -> &Finding {
        self.0
            .iter()
            .find(|finding| finding.cell.clause == clause)
            .expect(clause)
    }

    fn broken(&self) -> Vec<&str> {
        let broken = self
            .0
            .iter()
            .filter(|finding| finding.decision == Decision::Broken);
        broken.map(|finding| finding.cell.clause.as_str()).collect()
    }

    fn kept(&self) -> Vec<&str> {
        let kept = self
            .0
            .iter()
            .filter(|finding| finding.decision == Decision::Kept);
        kept.map(|finding| finding.cell.clause.as_str()).collect()
    }

    /// How often what was inconclusive on the rival's side, under the clause
    /// that reads every handling.
    fn inconclusive(&self) -> Vec<(String, u64)> {
        let tally = &self.of("no-extra-step").rival.inconclusive;
        tally
            .iter()
            .map(|(code, count)| (code.clone(), *count))
            .collect()
    }

    fn describe(&self) -> String {
        let lines = self.0.iter().map(|finding| {
            format!(
                "{}: {:?}, rival {:?}, controls {:?}, void {:?}, effect {:?}",
                finding.cell.clause,
                finding.decision,
                finding.rival,
                finding.controls,
                finding.trials_void,
                finding.effect
            )
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

fn judge_town(town: &Standing, trials: u32) -> Judged {
    judge_reached(town, trials, |command| connect(command, town))
}

fn judge_reached(
    town: &Standing,
    trials: u32,
    reach: impl Fn(&mut std::process::Command),
) -> Judged {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = check_in(folder.path(), town, trials);
    reach(&mut command);
    run(&mut command).well();
    let case = folder.path().join("case");
    assert_whole(&case);
    let judged = Judged(findings(&case));
    assert_eq!(judged.0.len(), 5);
    judged
}

fn judge(plan: TownPlan) -> Judged {
    judge_town(&stand(plan), TRIALS)
}

/// A world in which no company does wrong.
#[derive(Clone, Copy)]
enum Blameless {
    /// Nothing could be measured, and this code says of each trial why.
    AllInconclusive(&'static str),
    /// Some trials could not be measured, for this reason; the rest opened.
    SomeInconclusive(&'static str),
    /// Everything could be measured.
    Measured,
}

/// Nobody is accused; nobody is acquitted for want of data; what could not be
/// measured is counted with its side.
fn assert_blameless(name: &str, judged: &Judged, expected: Blameless) {
    let told = || format!("{name}\n{}", judged.describe());
    assert!(judged.broken().is_empty(), "{}", told());
    let inconclusive = judged.inconclusive();
    match expected {
        Blameless::AllInconclusive(code) => {
            assert_eq!(
                inconclusive,
                [(code.to_owned(), u64::from(TRIALS))],
                "{}",
                told()
            );
            assert!(judged.kept().is_empty(), "{}", told());
            for finding in &judged.0 {
                let tally = &finding.rival;
                assert_eq!((tally.met, tally.not_met.len()), (0, 0), "{}", told());
                assert_eq!(
                    tally.inconclusive.get(code),
                    Some(&u64::from(TRIALS)),
                    "{}",
                    told()
                );
            }
        }
        Blameless::SomeInconclusive(code) => {
            let counted: u64 = inconclusive.iter().map(|(_, count)| count).sum();
            assert!(counted > 0 && counted < u64::from(TRIALS), "{}", told());
            assert_eq!(inconclusive, [(code.to_owned(), counted)], "{}", told());
            let met = judged.of("no-extra-step").rival.met;
            assert_eq!(met + counted, u64::from(TRIALS), "{}", told());
        }
        Blameless::Measured => {
            assert_eq!(inconclusive, [], "{}", told());
        }
    }
}

fn with_policy(behaviour: &str) -> TownPlan {
    single("opens").with_policy(behaviour).expect(behaviour)
}

fn with_chat(behaviour: &str) -> TownPlan {
    single("opens").with_chat(behaviour).expect(behaviour)
}

fn with_rival_at(behaviour: &str) -> TownPlan {
    single("opens")
        .with_destination("rival-item", behaviour)
        .expect(behaviour)
}

#[test]
fn a_destination_that_is_down_is_not_held_against_the_platform() {
    for (how, code) in [
        ("down(503)", "target/direct-control-refused"),
        ("down(502)", "target/direct-control-refused"),
        ("down(reset)", "target/direct-control-failed"),
        ("bot-wall(403)", "target/direct-control-refused"),
        ("bot-wall(999)", "target/direct-control-refused"),
        ("rate-limit(1, 0)", "target/direct-control-rate-limited"),
    ] {
        let judged = judge(with_rival_at(how));
        assert_blameless(how, &judged, Blameless::AllInconclusive(code));
    }
}

#[test]
fn a_bot_wall_is_no_block() {
    for kind in ["999", "566", "captcha", "403"] {
        let wall = format!("bot-wall({kind})");
        let expected = Blameless::AllInconclusive("carrier/bot-wall");
        assert_blameless(&wall, &judge(with_policy(&wall)), expected);
        // Nor where it turns up for the rival alone.
        assert_blameless(&wall, &judge(single(&wall)), expected);
    }
}

#[test]
fn a_rate_limit_is_no_block() {
    let expected = Blameless::AllInconclusive("carrier/rate-limit");
    assert_blameless(
        "everyone",
        &judge(with_policy("rate-limit(1, 0)")),
        expected,
    );
    assert_blameless("the rival", &judge(single("rate-limit(1, 0)")), expected);
    let some = Blameless::SomeInconclusive("carrier/rate-limit");
    assert_blameless("some", &judge(with_policy("rate-limit(0.4, 0)")), some);
}

#[test]
fn our_own_outage_is_ours() {
    let town = stand(single("opens"));
    // A port that nobody listens at any more.
    let closed = TcpListener::bind("127.0.0.1:0")
        .and_then(|it| it.local_addr())
        .expect("a port");
    let judged = judge_reached(&town, TRIALS, |command| {
        command.arg("--connect-to").arg(format!("*.test={closed}"));
    });
    let expected = Blameless::AllInconclusive("ours/nobody-answered");
    assert_blameless("nobody answers", &judged, expected);
}

#[test]
fn a_platform_that_fails_for_everyone_is_not_accused() {
    let unavailable = Blameless::AllInconclusive("carrier/platform-error");
    assert_blameless("all", &judge(with_policy("unavailable")), unavailable);
    let room = Blameless::AllInconclusive("carrier/room-error");
    assert_blameless("the chat", &judge(with_chat("unavailable")), room);
    let some = Blameless::SomeInconclusive("carrier/platform-error");
    assert_blameless("some", &judge(with_policy("flaky(0.5, unavailable)")), some);
}

#[test]
fn an_hour_of_total_failure_accuses_nobody() {
    // The first half of the run meets a platform that is down; a stay on
    // every answer makes the run outlast the outage.
    let plan = with_policy("outage(0, 700, unavailable)");
    let judged = judge(with_stay(plan));
    let tally = &judged.of("no-extra-step").rival;
    let failed = tally
        .inconclusive
        .get("carrier/platform-error")
        .copied()
        .unwrap_or(0);
    assert!(failed > 0, "{}", judged.describe());
    assert!(judged.broken().is_empty(), "{}", judged.describe());
    assert_eq!(
        tally.not_met.values().sum::<u64>(),
        0,
        "{}",
        judged.describe()
    );
}

/// The same town, where every destination takes a moment.
fn with_stay(mut plan: TownPlan) -> TownPlan {
    for id in [
        "rival-item",
        "own-item",
        "neutral-item-1",
        "neutral-item-2",
        "neutral-item-3",
    ] {
        plan = plan.with_destination(id, "slow(60)").expect("slow");
    }
    plan
}

#[test]
fn what_meets_everyone_alike_accuses_nobody() {
    for policy in [
        "slow(300)",
        "flaky(0.5, slow(600))",
        "blank",
        "flaky(0.5, blank)",
    ] {
        let judged = judge(with_policy(policy));
        assert!(
            judged
                .broken()
                .iter()
                .all(|clause| *clause == "direct-open"),
            "{policy}"
        );
        assert_eq!(judged.of("no-delay").decision, Decision::Open, "{policy}");
    }
    // A page that is blank for all may be a platform that fell over.
    assert_eq!(judge(with_policy("blank")).broken(), [""; 0]);
    assert_blameless(
        "slow",
        &judge(with_policy("slow(300)")),
        Blameless::Measured,
    );
}

#[test]
fn a_flaky_platform_is_not_accused_of_preferring_anyone() {
    for policy in [
        "flaky(0.5, hard-block(plain))",
        "flaky(0.3, copy-only(plain))",
    ] {
        let judged = judge(with_policy(policy));
        for clause in ["same-form", "no-extra-step", "no-delay"] {
            assert_eq!(
                judged.of(clause).decision,
                Decision::Open,
                "{}",
                judged.describe()
            );
        }
    }
}

#[test]
fn who_blocks_its_own_too_does_not_discriminate_and_yet_makes_users_copy() {
    let judged = judge(with_policy("own-too(copy-only(plain))"));
    for clause in ["same-form", "no-extra-step", "no-delay"] {
        assert_ne!(
            judged.of(clause).decision,
            Decision::Broken,
            "{}",
            judged.describe()
        );
    }
    assert_eq!(
        judged.of("no-copying").decision,
        Decision::Broken,
        "{}",
        judged.describe()
    );
    assert_eq!(
        judged.of("direct-open").decision,
        Decision::Broken,
        "{}",
        judged.describe()
    );
}

#[test]
fn a_copy_page_for_the_rival_alone_breaks_four_clauses() {
    let judged = judge(single("copy-only(wechat)"));
    let expected = ["direct-open", "no-copying", "no-extra-step", "same-form"];
    assert_eq!(judged.broken(), expected, "{}", judged.describe());
}

#[test]
fn a_block_and_a_removed_link_for_the_rival_alone_break_three() {
    for behaviour in ["hard-block(wechat)", "removes(link)", "blank"] {
        let judged = judge(single(behaviour));
        let expected = ["direct-open", "no-extra-step", "same-form"];
        assert_eq!(
            judged.broken(),
            expected,
            "{behaviour}\n{}",
            judged.describe()
        );
    }
}

#[test]
fn six_hundred_milliseconds_for_the_rival_alone_are_seen_and_measured() {
    let judged = judge(single("slow(600)"));
    assert_eq!(judged.broken(), ["no-delay"], "{}", judged.describe());
    let effect = judged.of("no-delay").effect.expect("an effect");
    assert_eq!(effect.unit, EffectUnit::Milliseconds);
    assert!((effect.point - 600.0).abs() < 60.0, "{effect:?}");
}

#[test]
fn links_that_open_are_not_accused_and_with_enough_trials_kept() {
    let town = stand(single("opens"));
    let judged = judge_town(&town, TRIALS);
    assert_blameless("few", &judged, Blameless::Measured);
    assert!(judged.kept().is_empty(), "{}", judged.describe());
    let judged = judge_town(&town, 150);
    assert!(judged.broken().is_empty(), "{}", judged.describe());
    assert!(judged.kept().len() >= 4, "{}", judged.describe());
}
