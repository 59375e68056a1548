//! The timeline: every fact is in it, and the town plays what it says.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // tests

mod common;

use std::collections::BTreeMap;
use std::path::Path;

use common::{Got, get, post, send, sign_in, start, url_of};
use moongate_town::{
    Basis, ExpectedHandling as Handling, RunningTown, Timeline, TownPlan, address, links_file,
};

const MOMENTS: [&str; 6] = [
    "2021-09-17-am",
    "2021-09-17-pm",
    "2021-11-29",
    "2022-01-27",
    "2023-01-10",
    "2023-01-11",
];

/// Rows of the facts that belong to the six moments.
const FACTS: usize = 22;

fn shipped() -> Timeline {
    Timeline::shipped().expect("the shipped timeline")
}

/// The table that the demonstration must show: moment, platform, scene,
/// destination, handling.
const TABLE: &[(&str, &str, &str, &str, &str)] = &[
    ("2021-09-17-am", "douyin", "live", "jd-item", "blocked"),
    ("2021-09-17-am", "douyin", "live", "taobao-item", "blocked"),
    ("2021-09-17-am", "qq", "group", "douyin-site", "opened"),
    ("2021-09-17-am", "qq", "group", "douyin-video", "opened"),
    ("2021-09-17-am", "qq", "group", "taobao-item", "opened"),
    ("2021-09-17-am", "qq", "group", "taobao-site", "opened"),
    ("2021-09-17-am", "qq", "group", "tmall-item", "opened"),
    ("2021-09-17-am", "qq", "one-to-one", "douyin-site", "opened"),
    (
        "2021-09-17-am",
        "qq",
        "one-to-one",
        "douyin-video",
        "opened",
    ),
    ("2021-09-17-am", "qq", "one-to-one", "taobao-item", "opened"),
    ("2021-09-17-am", "qq", "one-to-one", "tmall-item", "opened"),
    (
        "2021-09-17-am",
        "wechat",
        "one-to-one",
        "douyin-video",
        "must-copy",
    ),
    ("2021-09-17-am", "wechat", "one-to-one", "jd-item", "opened"),
    (
        "2021-09-17-am",
        "wechat",
        "one-to-one",
        "pinduoduo-item",
        "opened",
    ),
    (
        "2021-09-17-am",
        "wechat",
        "one-to-one",
        "taobao-item",
        "must-copy",
    ),
    (
        "2021-09-17-am",
        "wechat",
        "one-to-one",
        "tmall-item",
        "must-copy",
    ),
    (
        "2021-09-17-am",
        "weibo",
        "chat",
        "dingtalk-page",
        "opened?blocked",
    ),
    ("2021-09-17-am", "weibo", "chat", "jd-item", "blocked"),
    (
        "2021-09-17-am",
        "weibo",
        "chat",
        "taobao-item",
        "opened?blocked",
    ),
    ("2021-09-17-pm", "qq", "chat", "douyin-video", "blocked"),
    ("2021-09-17-pm", "qq", "chat", "taobao-item", "blocked"),
    ("2021-09-17-pm", "wechat", "group", "douyin-site", "blocked"),
    ("2021-09-17-pm", "wechat", "group", "taobao-site", "blocked"),
    (
        "2021-09-17-pm",
        "wechat",
        "one-to-one",
        "douyin-site",
        "extra-step",
    ),
    (
        "2021-09-17-pm",
        "wechat",
        "one-to-one",
        "douyin-video",
        "warned?must-copy",
    ),
    (
        "2021-09-17-pm",
        "wechat",
        "one-to-one",
        "taobao-item",
        "must-copy?blank",
    ),
    (
        "2021-09-17-pm",
        "wechat",
        "one-to-one",
        "tmall-item",
        "must-copy?blank",
    ),
    (
        "2021-09-17-pm",
        "wechat",
        "search-box",
        "taobao-site",
        "must-copy",
    ),
    ("2021-11-29", "wechat", "group", "jd-item", "opened?blocked"),
    ("2021-11-29", "wechat", "group", "taobao-item", "must-copy"),
    (
        "2021-11-29",
        "wechat",
        "one-to-one",
        "douyin-video",
        "opened",
    ),
    (
        "2021-11-29",
        "wechat",
        "one-to-one",
        "jd-item",
        "opened?blocked",
    ),
    (
        "2021-11-29",
        "wechat",
        "one-to-one",
        "taobao-item",
        "opened",
    ),
    ("2022-01-27", "wechat", "feed", "taobao-item", "must-copy"),
    ("2022-01-27", "wechat", "group", "taobao-item", "opened"),
    (
        "2022-01-27",
        "wechat",
        "one-to-one",
        "douyin-shop-item",
        "opened",
    ),
    (
        "2022-01-27",
        "wechat",
        "one-to-one",
        "taobao-item",
        "opened",
    ),
    (
        "2022-01-27",
        "wechat",
        "one-to-one",
        "xianyu-item",
        "opened",
    ),
    ("2023-01-10", "wechat", "chat", "douyin-video", "blocked"),
    ("2023-01-10", "wechat", "feed", "douyin-video", "blocked"),
    ("2023-01-10", "wechat", "group", "douyin-video", "blocked"),
    ("2023-01-11", "wechat", "feed", "douyin-video", "blocked"),
    ("2023-01-11", "wechat", "group", "douyin-video", "blocked"),
    (
        "2023-01-11",
        "wechat",
        "one-to-one",
        "douyin-video",
        "opened?",
    ),
];

#[test]
fn the_cells_are_those_of_the_table() {
    let timeline = shipped();
    let ids: Vec<&str> = timeline.moments().iter().map(|m| m.id.as_str()).collect();
    assert_eq!(ids, MOMENTS);
    let mut seen = Vec::new();
    for moment in MOMENTS {
        for cell in timeline.cells(moment) {
            let also: Vec<&str> = cell.also.iter().map(|h| h.word()).collect();
            let mark = if cell.disputed { "?" } else { "" };
            let handling = format!("{}{mark}{}", cell.expected.word(), also.join("?"));
            seen.push((
                moment,
                cell.platform,
                cell.scene,
                cell.destination,
                handling,
            ));
        }
    }
    let seen: Vec<_> = seen
        .iter()
        .map(|(m, p, s, d, h)| (*m, p.as_str(), s.as_str(), d.as_str(), h.as_str()))
        .collect();
    assert_eq!(seen, TABLE);
}

/// The reader of this test alone: what a person would say of the page.
fn read(got: &Got) -> Handling {
    let text = got.text();
    if got.status == 302 {
        Handling::Opened
    } else if text.is_empty() {
        Handling::Blank
    } else if text.contains("继续访问") && text.contains("风险") {
        Handling::Warned
    } else if text.contains("继续访问") {
        Handling::ExtraStep
    } else if text.contains("复制") {
        Handling::MustCopy
    } else {
        assert!(
            text.contains("停止访问") || text.contains("终止访问"),
            "{text}"
        );
        Handling::Blocked
    }
}

async fn observe(
    town: &RunningTown,
    (platform, scene, destination): (&str, &str, &str),
    nonce: &str,
) -> Handling {
    let url = url_of(town, destination);
    let message = send(town, platform, scene, &format!("{url} {nonce}")).await;
    let href = message.href.expect("a link");
    assert_ne!(href, url, "it leads through the redirector");
    let got = get(town, &href).await;
    if got.status == 302 {
        assert_eq!(got.location(), url);
    } else if !got.body.is_empty() {
        assert!(got.text().contains("replay of press reports"));
        assert!(got.text().contains("重演新闻报道"));
    }
    read(&got)
}

#[tokio::test]
async fn the_town_plays_every_cell_and_every_control() {
    let timeline = shipped();
    let town = start(TownPlan::timeline(&timeline).unwrap()).await;
    for moment in MOMENTS {
        town.set_moment(moment).unwrap();
        for cell in timeline.cells(moment) {
            let at = (
                cell.platform.as_str(),
                cell.scene.as_str(),
                cell.destination.as_str(),
            );
            let mut seen: BTreeMap<Handling, u32> = BTreeMap::new();
            let times = if cell.also.is_empty() { 2 } else { 60 };
            for n in 0..times {
                *seen
                    .entry(observe(&town, at, &format!("t-{n}")).await)
                    .or_default() += 1;
            }
            let mut expected = cell.also.clone();
            expected.push(cell.expected);
            expected.sort_unstable();
            assert_eq!(
                seen.keys().copied().collect::<Vec<_>>(),
                expected,
                "{moment} {at:?}"
            );
        }
        for compare in timeline.compares(moment) {
            for control in &compare.controls {
                let at = (
                    compare.platform.as_str(),
                    compare.scene.as_str(),
                    control.as_str(),
                );
                assert_eq!(
                    observe(&town, at, "c").await,
                    Handling::Opened,
                    "{moment} {at:?}"
                );
            }
        }
    }
}

#[test]
fn every_comparison_has_four_controls_of_its_kind() {
    let timeline = shipped();
    let kind = |id: &str| {
        timeline
            .destinations()
            .iter()
            .find(|d| d.id == id)
            .unwrap()
            .kind
            .clone()
    };
    for moment in MOMENTS {
        let compares = timeline.compares(moment);
        for compare in &compares {
            assert_eq!(compare.controls.len(), 4, "{compare:?}");
            for rival in &compare.rivals {
                assert_eq!(
                    timeline.controls(moment, &compare.platform, &compare.scene, rival),
                    compare.controls
                );
                for control in &compare.controls {
                    assert_eq!(kind(rival), kind(control), "{compare:?}");
                }
            }
        }
        for cell in timeline.cells(moment) {
            let among = |ids: &[String]| ids.contains(&cell.destination);
            assert!(
                compares.iter().any(|c| {
                    c.platform == cell.platform
                        && c.scene == cell.scene
                        && (among(&c.rivals) || among(&c.controls))
                }),
                "{cell:?} is measured"
            );
        }
    }
    let basis = |control| timeline.control_basis("2021-09-17-am", "wechat", "one-to-one", control);
    assert_eq!(basis("jd-item"), Basis::Reported);
    assert_eq!(basis("wechat-shop"), Basis::Assumed);
    let disputed = timeline.controls("2021-11-29", "wechat", "group", "taobao-item");
    assert!(!disputed.contains(&"jd-item".to_owned()));
}

#[tokio::test]
async fn what_nobody_reported_is_not_played() {
    let timeline = shipped();
    let town = start(TownPlan::timeline(&timeline).unwrap()).await;
    let sender = sign_in(&town, "wechat", "sender").await;
    let room = "http://wechat.test/chat/feed";
    for url in ["http://item.taobao.test/i/1", "http://example.com/"] {
        let body = format!("text={}", address::encode(url));
        let got = post(&town, room, &sender, &body).await;
        assert_eq!(got.status, 404, "{url}");
        assert!(got.text().contains("Nothing was reported"));
    }
    town.set_moment("2022-01-27").unwrap();
    let body = format!("text={}", address::encode("http://item.taobao.test/i/1"));
    assert_eq!(post(&town, room, &sender, &body).await.status, 303);
    assert!(town.set_moment("2022-01-28").is_err());
}

#[tokio::test]
async fn the_moment_can_be_set_over_http_and_messages_keep_theirs() {
    let town = start(TownPlan::timeline(&shipped()).unwrap()).await;
    let text = "http://item.taobao.test/i/1 n-1";
    let message = send(&town, "wechat", "one-to-one", text).await;
    let moved = post(&town, "http://town.test/moment", "", "id=2021-11-29").await;
    assert_eq!(moved.status, 303);
    assert!(
        get(&town, "http://town.test/")
            .await
            .text()
            .contains("29 Nov 2021")
    );
    let missing = post(&town, "http://town.test/moment", "", "id=1999").await;
    assert_eq!(missing.status, 404);
    let old = get(&town, &message.href.unwrap()).await;
    assert_eq!(read(&old), Handling::MustCopy);
    let now = send(&town, "wechat", "one-to-one", text).await;
    assert_eq!(
        read(&get(&town, &now.href.unwrap()).await),
        Handling::Opened
    );
}

#[tokio::test]
async fn links_have_the_shape_of_their_platform() {
    let town = start(TownPlan::timeline(&shipped()).unwrap()).await;
    let target = "http%3A%2F%2Fitem.jd.test%2Fi%2F1";
    let table = [
        (
            "wechat",
            "one-to-one",
            format!(
                "http://wechat.test/cgi-bin/mmspamsupport-bin/newredirectconfirmcgi?main_type=2&evil_type=0&source=2&url={target}&"
            ),
        ),
        (
            "qq",
            "one-to-one",
            format!("http://c.qq.test/middlem.html?pfurl={target}&"),
        ),
        ("weibo", "chat", "http://t.weibo.test/".to_owned()),
        (
            "douyin",
            "live",
            format!(
                "http://link.douyin.test/?aid=1128&lang=zh&scene=im&jumper_version=1&target={target}&"
            ),
        ),
    ];
    for (platform, scene, front) in table {
        let message = send(&town, platform, scene, "http://item.jd.test/i/1 n").await;
        let href = message.href.unwrap();
        assert!(href.starts_with(&front), "{href}");
    }
}

#[tokio::test]
async fn the_chat_asks_who_is_there() {
    let town = start(TownPlan::timeline(&shipped()).unwrap()).await;
    let room = "http://wechat.test/chat/one-to-one";
    let stranger = get(&town, room).await;
    assert_eq!((stranger.status, stranger.location()), (303, "/login"));
    let forged = common::get_as(&town, room, "x", "session=reader-0000000000000000").await;
    assert_eq!(forged.status, 303);
    assert_eq!(
        post(&town, "http://wechat.test/login", "", "name=police")
            .await
            .status,
        403
    );
    let reader = sign_in(&town, "wechat", "reader").await;
    assert_eq!(post(&town, room, &reader, "text=hello").await.status, 403);
    let other = common::get_as(&town, "http://qq.test/chat/group", "x", &reader).await;
    assert_eq!(other.status, 303, "a cookie holds at its own platform");
    let long = format!("text={}", "x".repeat(5_000));
    let sender = sign_in(&town, "wechat", "sender").await;
    assert_eq!(post(&town, room, &sender, &long).await.status, 413);
    assert_eq!(get(&town, "http://nowhere.test/").await.status, 404);
}

#[test]
fn the_links_file_is_toml_and_names_only_what_it_defines() {
    let text = links_file(&shipped());
    let file = text.parse::<toml_edit::DocumentMut>().unwrap();
    assert_eq!(file["format"].as_integer(), Some(1));
    let ids = |table: &str| -> Vec<String> {
        let tables = file[table].as_array_of_tables().unwrap();
        tables
            .iter()
            .map(|t| t["id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(ids("round"), MOMENTS);
    let destinations = ids("destination");
    let reach = file["reach"].as_array_of_tables().unwrap();
    for compare in file["compare"].as_array_of_tables().unwrap() {
        let same = |t: &toml_edit::Table, key: &str| t[key].as_str() == compare[key].as_str();
        assert!(
            reach
                .iter()
                .any(|r| same(r, "platform") && same(r, "scene"))
        );
        for key in ["rivals", "controls"] {
            for id in compare[key].as_array().unwrap() {
                assert!(
                    destinations.contains(&id.as_str().unwrap().to_owned()),
                    "{id}"
                );
            }
        }
    }
    assert!(text.contains("as_of = 2021-09-17T10:00:00+08:00\n"));
}

#[test]
fn mistakes_in_a_timeline_name_their_row() {
    let error = Timeline::parse("[[moment]]\nid = \"x\"\nas_of = \"soon\"\n").unwrap_err();
    assert_eq!(
        error.to_string(),
        "[[moment]] number 1: `as_of` is missing or not an instant with its offset"
    );
    let text = include_str!("../data/timeline.toml");
    let wrong = text.replacen("behaviour = \"blank\"", "behaviour = \"blanc\"", 1);
    assert!(
        Timeline::parse(&wrong)
            .unwrap_err()
            .to_string()
            .contains("blanc")
    );
    let wrong = text.replacen(
        "destinations = [\"taobao-site\"]",
        "destinations = [\"x-site\"]",
        1,
    );
    assert!(
        Timeline::parse(&wrong)
            .unwrap_err()
            .to_string()
            .contains("x-site")
    );
}

/// Which handlings a row of the facts tells of: each must be there, in one of
/// its readings.
fn told(observed: &str) -> &'static [&'static [&'static str]] {
    let table: [(&str, &[&[&str]]); 12] = [
        ("opens", &[&["opened"]]),
        ("works again", &[&["opened"]]),
        ("reverted_to_blocked", &[&["blocked"]]),
        ("blank page, or blocked_copy", &[&["blank"], &["must-copy"]]),
        ("blocked_copy", &[&["must-copy"]]),
        ("interstitial_click", &[&["warned", "extra-step"]]),
        ("still blocked", &[&["must-copy"]]),
        ("blocked", &[&["blocked"]]),
        ("banned", &[&["blocked"]]),
        ("neither opens", &[&["blocked"]]),
        ("not openable", &[&["blocked"]]),
        ("still not openable", &[&["blocked"]]),
    ];
    let row = table.iter().find(|(front, _)| observed.starts_with(front));
    row.unwrap_or_else(|| panic!("a new kind of fact: {observed}"))
        .1
}

/// The moments that a row's date may mean; none if it is of another time.
fn moments_of(date: &str) -> Vec<&'static str> {
    let front = match date {
        "2021-09-17 AM" => "2021-09-17-am",
        "2021-09-17 PM" | "2021-09-17 later" => "2021-09-17-pm",
        "2023-01-10 night" => "2023-01-10",
        other => other,
    };
    MOMENTS
        .into_iter()
        .filter(|m| m.starts_with(front))
        .collect()
}

/// Whether a report rests on what a row names as its source; a row that says
/// "same" rests on the row before.
fn same_source(told: &str, entered: &str) -> bool {
    let mut hosts = told
        .split([' ', ';', ',', '/'])
        .filter(|piece| piece.contains('.') && !piece.contains(".html"));
    let article = told.contains("打开外链") && entered.contains("打开外链");
    told.starts_with("same") || article || hosts.any(|host| entered.contains(host))
}

#[test]
fn every_fact_of_the_six_moments_is_in_the_timeline() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let path = root.join("../shared/data/field-observations-2021-2026.csv");
    let Ok(mut facts) = csv::Reader::from_path(&path) else {
        let name = "every_fact_of_the_six_moments_is_in_the_timeline";
        eprintln!("SKIPPED {name}: no {}", path.display());
        return;
    };
    let timeline = shipped();
    let mut found = 0;
    for fact in facts.records() {
        let fact = fact.unwrap();
        let field = |at| fact.get(at).unwrap_or_default();
        let moments = moments_of(field(0));
        if moments.is_empty() {
            continue;
        }
        let platform = field(1).split(' ').next().unwrap().to_lowercase();
        for readings in told(field(5)) {
            let mut scenes = Vec::new();
            let mut destinations = Vec::new();
            for report in timeline.reports().iter().filter(|report| {
                report.platform == platform
                    && report.moments.iter().any(|m| moments.contains(&m.as_str()))
                    && readings.contains(&report.expected.word())
                    && same_source(field(6), &report.source)
            }) {
                scenes.extend_from_slice(&report.scenes);
                destinations.extend_from_slice(&report.destinations);
            }
            assert!(
                !scenes.is_empty()
                    && same_scene(field(3), &scenes)
                    && same_target(field(4), &destinations),
                "not in the timeline: {fact:?} {readings:?}"
            );
        }
        found += 1;
    }
    assert_eq!(found, FACTS, "the facts have changed: enter what is new");
}

fn same_scene(told: &str, entered: &[String]) -> bool {
    let words = [
        ("p2p", "one-to-one"),
        ("group", "group"),
        ("Moments", "feed"),
        ("search box", "search-box"),
    ];
    let wanted: Vec<&str> = words
        .iter()
        .filter(|(w, _)| told.contains(w))
        .map(|(_, id)| *id)
        .collect();
    wanted.iter().all(|id| entered.iter().any(|e| e == id))
}

fn same_target(told: &str, entered: &[String]) -> bool {
    let told = told.to_lowercase();
    // "Xianyu, Douyin e-commerce", "some users": only named brands count.
    let words = [
        "taobao",
        "tmall",
        "douyin",
        "pinduoduo",
        "jd",
        "dingtalk",
        "xianyu",
    ];
    let wanted: Vec<&&str> = words.iter().filter(|w| told.contains(**w)).collect();
    wanted
        .iter()
        .all(|w| entered.iter().any(|id| id.starts_with(**w)))
}

#[test]
fn the_links_file_is_the_golden_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/timeline-links.toml");
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    let now = links_file(&shipped());
    if golden != now {
        let new = path.with_extension("toml.new");
        std::fs::write(&new, &now).expect("the golden folder can be written");
        panic!(
            "the links file has changed; compare {} and rename it if it is right",
            new.display()
        );
    }
}
