//! Measuring where it decides, and what a stranger can ask of a finding: the
//! slots, the arithmetic, another judge's view, a plan beforehand.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test"
)]

mod common;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use common::{
    Ran, check_in, check_order_in, connect, findings, five_clauses, moongate, run, single, stand,
};
use moongate_case::CaseFolder;
use moongate_glossary::Decision;
use moongate_town::{RandomTown, TownPlan};

/// An order on every platform of a random town: no additional steps.
fn order_of(platforms: usize) -> String {
    let mut text = String::from(
        r#"format = 1
id = "random-town"
title = { en = "A random town" }
issuer = { en = "Nobody" }
status = "research-standard"
jurisdiction = "none"
time_zone = "UTC"
issued = 2021-09-09
alpha = 0.01
[[source]]
id = "invented"
kind = "research"
title = "Invented for this test"
url = "https://example.org/invented"
confidence = "primary"
[[subject]]
id = "company"
name = { en = "A company" }
sources = ["invented"]
[[subject]]
id = "rival-company"
name = { en = "A rival" }
addressed = false
[[platform]]
id = "rival-000"
subject = "rival-company"
name = { en = "Rival" }
kind = "shop"
[[obligation]]
id = "open"
check = "links"
title = { en = "Links open" }
subjects = "all"
due = 2021-09-17
sources = ["invented"]
[[obligation.clause]]
id = "no-extra-step"
kind = "no-extra-step"
sources = ["invented"]
text = { en = "No additional step." }
[[consequence]]
id = "none"
after = "open"
sources = ["invented"]
text = { en = "None." }
"#,
    );
    for n in 0..platforms {
        write!(
            text,
            "[[platform]]\nid = \"p-{n:03}\"\nsubject = \"company\"\nname = {{ en = \"p\" }}\n\
             kind = \"messenger\"\n[[platform.scene]]\nid = \"one-to-one\"\n\
             name = {{ en = \"chat\" }}\n"
        )
        .expect("a text");
    }
    text
}

fn ask(case: &Path, arguments: &[&str]) -> Ran {
    run(moongate().args(arguments).arg("--case").arg(case))
}

#[test]
fn measuring_where_it_decides_finds_the_offenders_with_a_quarter_of_the_trials() {
    let town = RandomTown {
        seed: "where it decides".to_owned(),
        cells: 16,
        offenders: 2,
        rivals_per_platform: 1,
        p_open_offended: 0.2,
        ..RandomTown::default()
    };
    let plan = TownPlan::random(&town).expect("a town");
    let offenders: BTreeSet<String> = plan.offenders.iter().map(|it| it.0.clone()).collect();
    assert_eq!(offenders.len(), 2);
    let town = stand(plan);
    let folder = tempfile::tempdir().expect("a folder");
    let order = folder.path().join("order.toml");
    std::fs::write(&order, order_of(16)).expect("an order");
    let case = folder.path().join("case");
    let adaptive = |trials: &str| {
        let mut check = check_order_in(&order, folder.path(), &town, 40);
        connect(&mut check, &town);
        run(check.args(["--adaptive", "--most-trials", trials])).well();
    };
    // In two runs: the second one remembers what the first has seen.
    adaptive("80");
    adaptive("80");
    let stored = CaseFolder::open_to_read(&case).expect("the case opens");
    let done = stored.finished_trials().len();
    assert!(
        done <= 160,
        "{done} of {} trials",
        stored.plan().trials.len()
    );
    let broken: BTreeSet<String> = findings(&case)
        .into_iter()
        .filter(|it| it.decision == Decision::Broken)
        .map(|it| it.cell.platform)
        .collect();
    assert_eq!(broken, offenders);

    // The seed is still secret; the case can be ended as it stands.
    assert_eq!(ask(&case, &["slots"]).code, Some(2));
    let shown = ask(&case, &["slots", "--reveal"]).well();
    assert!(
        shown.out.contains("as the committed seed makes them"),
        "{}",
        shown.out
    );
    ask(&case, &["verify"]).well();
}

fn small_case(folder: &Path) -> std::path::PathBuf {
    let town = stand(single("copy-only(plain)"));
    let mut check = check_in(folder, &town, 12);
    connect(&mut check, &town);
    run(&mut check).well();
    folder.join("case")
}

#[test]
fn a_finding_tells_its_slots_its_arithmetic_and_what_another_judge_would_say() {
    let folder = tempfile::tempdir().expect("a folder");
    let case = small_case(folder.path());

    let slots = ask(&case, &["slots"]).well().out;
    assert!(
        slots.contains("all 12 trials are as the committed seed makes them"),
        "{slots}"
    );
    let none = ask(&case, &["slots", "--trial", "nowhere"]);
    assert_eq!(none.code, Some(2), "{}", none.err);

    let many = ask(&case, &["explain", "no-"]);
    assert_eq!(many.code, Some(2));
    assert!(many.err.contains("cells fit"), "{}", many.err);
    let told = ask(&case, &["explain", "clause=no-extra-step"]).well().out;
    let finding = findings(&case)
        .into_iter()
        .find(|it| it.cell.clause == "no-extra-step")
        .expect("a finding");
    let total = format!("ln E = {:.4}", finding.log_e_broken);
    assert!(told.contains(&total), "{total} in\n{told}");
    assert!(told.contains("c = 4, f = 1, rival failed  × 12"), "{told}");
    let chinese = ask(&case, &["explain", "clause=no-extra-step", "--lang", "zh"]).well();
    assert!(chinese.out.contains("反面证据"), "{}", chinese.out);

    let same = ask(&case, &["judge", "--compare"]).well().out;
    assert!(same.contains("0 differ"), "{same}");
    let stored = case.join("findings/findings.json");
    let text = std::fs::read_to_string(&stored).expect("findings");
    let older = text.replace("\"judge\":\"2\"", "\"judge\":\"1\"").replacen(
        "\"decision\":\"broken\"",
        "\"decision\":\"open\"",
        1,
    );
    std::fs::write(&stored, &older).expect("findings");
    let changed = ask(&case, &["judge", "--compare"]).well().out;
    assert!(changed.contains("open → broken"), "{changed}");
    assert!(changed.contains("judge 2:"), "{changed}");
    let after = std::fs::read_to_string(&stored).expect("findings");
    assert_eq!(after, older, "a comparison changes nothing");
}

#[test]
fn a_plan_says_what_can_be_decided_by_when() {
    let folder = tempfile::tempdir().expect("a folder");
    let links = folder.path().join("links.toml");
    std::fs::write(&links, single("copy-only(plain)").links_file()).expect("a links file");
    let picture = folder.path().join("plan.svg");
    let ask = |more: &[&str]| {
        let mut plan = moongate();
        plan.arg("plan")
            .arg(five_clauses())
            .arg("--links")
            .arg(&links)
            .args(more);
        run(&mut plan)
    };
    let past = ask(&["--trials", "10"]);
    assert_eq!(past.code, Some(2), "{}", past.out);
    assert!(past.err.contains("--hours"), "{}", past.err);
    let drawn = picture.display().to_string();
    let told = ask(&["--hours", "2", "--picture", &drawn]).well().out;
    assert!(
        told.contains("never open") && told.contains("trials of each comparison"),
        "{told}"
    );
    let svg = std::fs::read_to_string(&picture).expect("a picture");
    assert!(
        svg.starts_with("<svg") && svg.matches("<path").count() == 5,
        "{svg}"
    );
    let json = ask(&["--hours", "2", "--format", "json"]).well().out;
    let outlook: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let needs = outlook["kinds"][0]["needs"].as_array().expect("needs");
    let trials = |n: usize| needs[n]["nearly_always"].as_u64().expect("a number");
    assert!(trials(0) < trials(1), "{json}");
}
