//! A made-up report input, large enough to look at and the same every time.
//! Nothing in it was measured.
#![allow(
    clippy::unwrap_used,
    clippy::too_many_lines,
    clippy::cast_possible_wrap,
    clippy::match_same_arms,
    reason = "a table of made-up facts, used by tests and the example only"
)]

use std::collections::BTreeMap;

use moongate_glossary::{
    Arm, Cell, Decision, Digest, Effect, EffectUnit, Finding, Ground, Outcome, Round, Side, Span,
    Tally,
};
use moongate_report::{
    BlockPage, CellView, Clause, DelayPoint, Destination, DueDate, EvidenceRef, Form, Handling,
    Obligation, OutcomePoint, Platform, Randomisation, ReportInput, ReportedFact, Scene, SourceRef,
    Standing, Status, Subject, Text,
};

const ALPHA: f64 = 0.01;
const HOUR_MS: i64 = 3_600_000;

/// id, subject, English, Chinese
const PLATFORMS: [(&str, &str, &str, &str); 5] = [
    ("wechat", "tencent", "WeChat", "微信"),
    ("qq", "tencent", "QQ", "QQ"),
    ("weibo", "sina", "Weibo", "微博"),
    ("douyin", "bytedance", "Douyin", "抖音"),
    ("taobao", "alibaba", "Taobao", "淘宝"),
];
const SUBJECTS: [(&str, &str, &str); 4] = [
    ("alibaba", "Alibaba", "阿里巴巴"),
    ("tencent", "Tencent", "腾讯"),
    ("bytedance", "ByteDance", "字节跳动"),
    ("sina", "Sina", "新浪"),
];
const SCENES: [(&str, &str, &str); 3] = [
    ("one-to-one", "one-to-one chat", "一对一聊天"),
    ("group", "group chat", "群聊"),
    ("feed", "feed", "信息流"),
];
/// id, owner, English, Chinese
const DESTINATIONS: [(&str, Option<&str>, &str, &str); 6] = [
    ("taobao-item", Some("taobao"), "Taobao item", "淘宝商品"),
    ("douyin-video", Some("douyin"), "Douyin video", "抖音视频"),
    (
        "wechat-article",
        Some("wechat"),
        "WeChat article",
        "微信文章",
    ),
    ("weibo-post", Some("weibo"), "Weibo post", "微博正文"),
    ("jd-item", None, "JD item", "京东商品"),
    ("library-page", None, "Library page", "图书馆网页"),
];
/// Unix seconds, English, Chinese
const ROUNDS: [(i64, &str, &str); 6] = [
    (1_631_840_400, "17 Sept 2021, morning", "2021年9月17日上午"),
    (1_631_880_000, "17 Sept 2021, evening", "2021年9月17日晚"),
    (1_638_176_400, "29 Nov 2021", "2021年11月29日"),
    (1_643_270_400, "27 Jan 2022", "2022年1月27日"),
    (1_673_362_800, "10 Jan 2023, night", "2023年1月10日夜"),
    (1_673_420_400, "11 Jan 2023", "2023年1月11日"),
];

/// Deterministic numbers in [0, 1).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn roll(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[allow(dead_code, reason = "some tests use the small one alone")]
/// Everything: 5 platforms, 3 scenes, 6 destinations, 6 rounds, 3 clauses.
pub(crate) fn sample() -> ReportInput {
    with_rounds(&[0, 1, 2, 3, 4, 5], &[0, 1, 2, 3, 4])
}

/// One round of two platforms, for golden files.
#[allow(dead_code, reason = "the example shows the large one")]
pub(crate) fn small() -> ReportInput {
    let mut input = with_rounds(&[1, 2], &[0, 4]);
    let few = ["taobao-item", "douyin-video", "wechat-article"];
    input
        .cells
        .retain(|view| few.contains(&view.cell.destination.as_str()));
    input
}

fn with_rounds(rounds: &[usize], platforms: &[usize]) -> ReportInput {
    let mut cells = Vec::new();
    for &round in rounds {
        for &platform in platforms {
            for scene in 0..SCENES.len() {
                for destination in 0..DESTINATIONS.len() {
                    for clause in ["same-form", "direct-open", "no-copying"] {
                        let at = [round, platform, scene, destination];
                        cells.extend(view(at, clause, rounds.len() * platforms.len() * 54));
                    }
                }
            }
        }
    }
    let (last, ..) = ROUNDS[*rounds.last().unwrap()];
    ReportInput {
        format: ReportInput::FORMAT,
        order: "sample-links".into(),
        title: Text::new(
            "Links between platforms must open",
            "平台之间的链接必须打开",
        ),
        order_text: Text::new(
            "Links that users share are to be shown and opened in the same form, directly inside the app, without additional steps and without having to be copied into another browser.",
            "用户分享的链接应以一致的形式展示和访问，在应用内直接打开，不得附加额外步骤，也不得要求用户复制到其他浏览器。",
        ),
        issuer: Text::new(
            "Ministry of Industry and Information Technology (sample)",
            "工业和信息化部（示例）",
        ),
        status: Status::AsReported,
        sources: sources(),
        subjects: SUBJECTS
            .iter()
            .map(|&(id, en, zh)| Subject {
                id: id.into(),
                name: Text::new(en, zh),
            })
            .collect(),
        platforms: platforms
            .iter()
            .map(|&at| PLATFORMS[at])
            .map(|(id, subject, en, zh)| Platform {
                id: id.into(),
                subject: subject.into(),
                name: Text::new(en, zh),
            })
            .collect(),
        scenes: SCENES
            .iter()
            .map(|&(id, en, zh)| Scene {
                id: id.into(),
                name: Text::new(en, zh),
            })
            .collect(),
        destinations: DESTINATIONS
            .iter()
            .map(|&(id, owner, en, zh)| Destination {
                id: id.into(),
                name: Text::new(en, zh),
                owner: owner.map(Into::into),
            })
            .collect(),
        obligations: vec![obligation()],
        consequences: vec![Text::new(
            "Disposal according to law of what is not put right by the deadline.",
            "逾期未整改的，依法采取处置措施。",
        )],
        rounds: rounds
            .iter()
            .map(|&at| Round {
                id: format!("r{at}"),
                as_of_ms: ROUNDS[at].0 * 1000,
                name: ROUNDS[at].1.into(),
            })
            .collect(),
        round_names: rounds
            .iter()
            .map(|&at| (format!("r{at}"), Text::new(ROUNDS[at].1, ROUNDS[at].2)))
            .collect(),
        reasons: reasons(),
        standings: standings(&cells, rounds, platforms),
        cells,
        replay: true,
        randomisation: Randomisation {
            commitment: Some(Digest::of(b"sample commitment").to_string()),
            revealed_seed: Some(Digest::of(b"sample seed").to_string()),
            trials: 1_260,
        },
        judge_version: "1".into(),
        alpha: ALPHA,
        as_of_ms: last * 1000 + 6 * HOUR_MS,
        offset: "+08:00".into(),
    }
}

fn sources() -> Vec<SourceRef> {
    vec![
        SourceRef {
            id: "meeting".into(),
            title: "Report of the meeting on blocked links".into(),
            publisher: "A newspaper (sample)".into(),
            published: Some("2021-09-13".into()),
            url: Some("https://example.org/meeting".into()),
        },
        SourceRef {
            id: "test".into(),
            title: "A reporter tries links in chats".into(),
            publisher: "A news agency (sample)".into(),
            published: Some("2021-09-17".into()),
            url: Some("https://example.org/test".into()),
        },
    ]
}

fn reasons() -> BTreeMap<String, Text> {
    [
        (
            "must-copy",
            "the link had to be copied into a browser",
            "须复制到浏览器",
        ),
        (
            "blocked",
            "the page said that access had been stopped",
            "页面称已停止访问",
        ),
        ("warned", "a warning had to be confirmed", "须先确认警示"),
        (
            "not-a-card",
            "shown as a bare link where others are cards",
            "其他链接为卡片，此处为裸链接",
        ),
        (
            "destination-down",
            "the destination did not answer directly either",
            "直接访问目标亦无应答",
        ),
        ("rate-limited", "the platform limited the rate", "平台限流"),
        (
            "direct-control-failed",
            "the direct fetch failed",
            "直接访问失败",
        ),
    ]
    .into_iter()
    .map(|(code, en, zh)| (code.to_owned(), Text::new(en, zh)))
    .collect()
}

fn obligation() -> Obligation {
    let clause = |id: &str, name: [&str; 2], text: [&str; 2]| Clause {
        id: id.into(),
        kind: id.into(),
        name: Text::new(name[0], name[1]),
        text: Text::new(text[0], text[1]),
    };
    Obligation {
        id: "links".into(),
        name: Text::new("Links open", "链接可打开"),
        due: vec![DueDate {
            at: jiff::Timestamp::from_second(1_631_894_340).unwrap(),
            offset: "+08:00".into(),
            stage: None,
        }],
        clauses: vec![
            clause(
                "same-form",
                ["same form", "形式一致"],
                [
                    "Links to the same kind of product or service are shown and opened in the same form.",
                    "同种类型产品或服务的链接，展示和访问形式应保持一致。",
                ],
            ),
            clause(
                "direct-open",
                ["direct opening", "直接打开"],
                [
                    "A lawful link sent or received in a chat opens directly inside the app, as a page.",
                    "即时通信中的合法链接，点击后在应用内以页面的形式直接打开。",
                ],
            ),
            clause(
                "no-copying",
                ["no copying", "无须复制"],
                [
                    "Users are not required to copy a link by hand into another browser.",
                    "不得要求用户手动复制链接后转至其他浏览器打开。",
                ],
            ),
        ],
    }
}

/// How the made-up platforms behave: rounds, platforms, scenes, destinations
/// by position.
fn behaviour([round, platform, scene, destination]: [usize; 4]) -> (Handling, Form) {
    let own = matches!(
        (platform, destination),
        (0 | 1, 2) | (2, 3) | (3, 1) | (4, 0)
    );
    let contested = destination < 2;
    match (platform, round, scene) {
        _ if own => (Handling::Opened, Form::Card),
        (_, 4, 2) if destination == 3 => (Handling::Inconclusive, Form::Bare),
        (0, 0, _) if contested => (Handling::MustCopy, Form::Bare),
        (0, 1, 0) if destination == 1 => (Handling::Warned, Form::Titled),
        (0, 1, 0) if destination == 0 => (Handling::MustCopy, Form::Bare),
        (0, 1, _) if contested => (Handling::Blocked, Form::Bare),
        (0, 2, 0) => (Handling::Opened, Form::Titled),
        (0, 2 | 3, 1) if destination == 0 && round == 2 => (Handling::MustCopy, Form::Bare),
        (0, 3 | 5, 2) if contested => (Handling::MustCopy, Form::Bare),
        (0, 4, _) if destination == 1 => (Handling::Removed, Form::Removed),
        (1, 1, _) if contested => (Handling::Blocked, Form::Titled),
        (1, 2, 1) if destination == 1 => (Handling::Mixed, Form::Titled),
        (2, 0 | 1, _) if destination == 0 || destination == 4 => (Handling::Blocked, Form::Bare),
        (3, _, 2) if destination == 0 || destination == 4 => (Handling::Removed, Form::Removed),
        (3, 0..=2, _) if destination == 2 => (Handling::Warned, Form::Bare),
        (4, 0..=3, 0) if destination == 2 => (Handling::ExtraStep, Form::Bare),
        (4, _, 2) => (Handling::NotMeasured, Form::Unknown),
        _ => (Handling::Opened, Form::Card),
    }
}

fn view(at: [usize; 4], clause: &str, cells: usize) -> Option<CellView> {
    let [round, platform, scene, destination] = at;
    let (handling, form) = behaviour(at);
    if handling == Handling::NotMeasured && destination > 3 {
        return None;
    }
    let cell = Cell {
        obligation: "links".into(),
        clause: clause.into(),
        platform: PLATFORMS[platform].0.into(),
        scene: SCENES[scene].0.into(),
        destination: DESTINATIONS[destination].0.into(),
        round: format!("r{round}"),
    };
    let mut view = CellView::empty(cell.clone());
    if handling == Handling::NotMeasured {
        return Some(view);
    }
    let seed = ((round * 5 + platform) * 3 + scene) * 6 + destination;
    let mut dice = Dice::new(seed as u64 + clause.len() as u64 * 1000);
    view.handling = handling;
    view.form = form;
    let failing = failing(handling, form, clause);
    let finding = finding(&cell, clause, failing, cells, &mut dice);
    view.outcomes_over_time = points(&finding, ROUNDS[round].0 * 1000);
    view.finding = Some(finding);
    if clause == "same-form" {
        view.delay_points = delays(&mut dice, ROUNDS[round].0 * 1000);
    }
    if matches!(
        handling,
        Handling::MustCopy | Handling::Blocked | Handling::Warned
    ) {
        view.block_page = Some(block_page(handling, ROUNDS[round].0 * 1000));
        view.stated_reason = Some("如需浏览，请长按网址复制后使用浏览器访问".into());
    }
    if destination < 2 {
        view.reported = Some(ReportedFact {
            handling: if handling == Handling::Mixed {
                Handling::Opened
            } else {
                handling
            },
            source: "test".into(),
            disputed: round == 2 && scene == 1,
        });
    }
    view.evidence = (0..4)
        .map(|nth| EvidenceRef {
            digest: Digest::of(format!("{seed} {nth}").as_bytes()),
            url: format!(
                "http://stand-in.test/{}/open?n={nth}",
                PLATFORMS[platform].0
            ),
        })
        .collect();
    view.factors = [
        (
            "client-version",
            vec!["8.0.11".to_owned(), "8.0.13".to_owned()],
        ),
        ("user-agent", vec!["browser".to_owned(), "plain".to_owned()]),
        ("vantage", vec!["loopback".to_owned()]),
    ]
    .map(|(name, values)| (name.to_owned(), values))
    .into();
    Some(view)
}

/// The reason code under which a handling fails a clause.
fn failing(handling: Handling, form: Form, clause: &str) -> Option<&'static str> {
    match (clause, handling) {
        (_, Handling::Inconclusive) => Some("rate-limited"),
        ("same-form", Handling::Opened) => (form == Form::Bare).then_some("not-a-card"),
        ("same-form", _) => Some("not-a-card"),
        ("direct-open" | "no-copying", Handling::MustCopy) => Some("must-copy"),
        ("direct-open", Handling::Warned | Handling::ExtraStep) => Some("warned"),
        ("direct-open", Handling::Blocked | Handling::Removed) => Some("blocked"),
        _ => None,
    }
}

fn finding(
    cell: &Cell,
    clause: &str,
    failing: Option<&str>,
    cells: usize,
    dice: &mut Dice,
) -> Finding {
    let trials = 14 + (dice.roll() * 50.0) as usize;
    let silent = failing == Some("rate-limited");
    let bad = failing.is_some() && !silent;
    let broken_needed = (cells as f64 / ALPHA).ln();
    let kept_needed = (1.0 / ALPHA).ln();
    let (mut e_broken, mut e_kept) = (0.0, 0.0);
    let (mut path_broken, mut path_kept) = (Vec::new(), Vec::new());
    let used = if silent { 3 } else { trials };
    for _ in 0..used {
        e_broken += if bad {
            1.1 + 0.5 * dice.roll()
        } else {
            0.3 * dice.roll() - 0.22
        };
        e_kept += if bad {
            -0.4 - dice.roll()
        } else {
            0.11 + 0.08 * dice.roll()
        };
        path_broken.push(e_broken);
        path_kept.push(e_kept);
    }
    let first = |path: &[f64], needed: f64| {
        path.iter()
            .position(|e| *e >= needed)
            .map(|at| at as u64 + 1)
    };
    let broken_after = first(&path_broken, broken_needed);
    let kept_after = first(&path_kept, kept_needed);
    let decision = match (broken_after, kept_after) {
        (Some(_), _) => Decision::Broken,
        (None, Some(_)) => Decision::Kept,
        (None, None) => Decision::Open,
    };
    let used = used as u64;
    let misses = if bad { used - used / 20 } else { 0 };
    let mut rival = Tally {
        met: used - misses,
        ..Tally::default()
    };
    if let Some(reason) = failing.filter(|_| bad) {
        rival.not_met.insert(reason.into(), misses);
    }
    let mut controls = Tally {
        met: used * 4 - used / 6,
        ..Tally::default()
    };
    if used / 6 > 0 {
        controls.not_met.insert("warned".into(), used / 6);
    }
    if silent {
        rival.inconclusive.insert("carrier/rate-limited".into(), 17);
        controls
            .inconclusive
            .insert("carrier/rate-limited".into(), 64);
        controls
            .inconclusive
            .insert("target/destination-down".into(), 3);
    } else {
        rival
            .inconclusive
            .insert("target/destination-down".into(), 2);
    }
    let share = misses as f64 / used as f64;
    let absolute = clause == "no-copying";
    Finding {
        format: Finding::FORMAT,
        judge: "1".into(),
        cell: cell.clone(),
        clause_kind: clause.into(),
        decision,
        log_e_broken: e_broken,
        log_e_kept: e_kept,
        log_threshold_broken: broken_needed,
        log_threshold_kept: kept_needed,
        margin: if absolute { 0.05 } else { 0.1 },
        tolerance: absolute.then_some(0.05),
        certified_margin: (decision == Decision::Kept).then_some(0.0825),
        effect: Some(Effect {
            point: if absolute { share } else { share - 0.04 },
            interval: Some(Span {
                low: if bad {
                    share - 0.19
                } else {
                    -0.09 + if absolute { 0.09 } else { 0.0 }
                },
                high: if bad {
                    (share + 0.02_f64).min(1.0)
                } else {
                    0.07
                },
            }),
            unit: if absolute {
                EffectUnit::Share
            } else {
                EffectUnit::ShareDifference
            },
        }),
        ground: if absolute {
            Ground::ToleranceGivenPast
        } else {
            Ground::Randomised
        },
        alpha: ALPHA,
        cells: cells as u64,
        trials_used: used,
        trials_void: [("direct-control-failed".to_owned(), 2)].into(),
        broken_after,
        kept_after,
        path_broken,
        path_kept,
        path_stride: 1,
        began: None,
        stopped: None,
        rival,
        controls,
        stated_reason: None,
        neutral_amount: None,
    }
}

/// Spreads what the tallies count over the hours before `until_ms`.
fn points(finding: &Finding, until_ms: i64) -> Vec<OutcomePoint> {
    let mut points = Vec::new();
    for (arm, tally) in [
        (Arm::Rival, &finding.rival),
        (Arm::Control, &finding.controls),
    ] {
        let mut outcomes = Vec::new();
        outcomes.extend((0..tally.met).map(|_| Outcome::Met));
        for (reason, &n) in &tally.not_met {
            outcomes.extend((0..n).map(|_| Outcome::NotMet {
                reason: reason.clone(),
            }));
        }
        for (code, &n) in &tally.inconclusive {
            let side = if code.starts_with("target") {
                Side::Target
            } else {
                Side::Carrier
            };
            let reason = code.split('/').next_back().unwrap_or_default().to_owned();
            outcomes.extend((0..n).map(|_| Outcome::Inconclusive {
                side,
                reason: reason.clone(),
            }));
        }
        let all = outcomes.len().max(1);
        for nth in 0..outcomes.len() {
            // A fixed stride mixes the kinds over time.
            let outcome = outcomes[(nth * 37) % all].clone();
            points.push(OutcomePoint {
                at_ms: until_ms - 2 * HOUR_MS + 2 * HOUR_MS * nth as i64 / all as i64,
                trial: format!("t{:04}", nth * finding.trials_used as usize / all),
                arm,
                outcome,
            });
        }
    }
    points.sort_by_key(|p| p.at_ms);
    points
}

fn delays(dice: &mut Dice, until_ms: i64) -> Vec<DelayPoint> {
    (0..90)
        .map(|nth| {
            let arm = if nth % 3 == 0 {
                Arm::Rival
            } else {
                Arm::Control
            };
            let typical = if arm == Arm::Rival { 2_540.0 } else { 38.0 };
            DelayPoint {
                at_ms: until_ms - 2 * HOUR_MS + nth * 80_000,
                trial: format!("t{nth:04}"),
                arm,
                delay_ms: typical * (0.8 + 0.6 * dice.roll() * dice.roll()),
            }
        })
        .collect()
}

fn block_page(handling: Handling, at_ms: i64) -> BlockPage {
    let html_text = concat!(
        "<!doctype html>\n<html lang=\"zh\"><head><meta charset=\"utf-8\"><title>提示</title>\n",
        "<script>var pageData = {\"type\":\"empty\"}; document.title = 'x';</script></head>\n",
        "<body onload=\"go()\"><h2>如需浏览，请长按网址复制后使用浏览器访问</h2>\n",
        "<p>http://stand-in.test/item/1</p><img src=\"https://elsewhere.test/pixel.gif\">\n",
        "</body></html>\n"
    );
    BlockPage {
        html_text: html_text.into(),
        visible_text: "如需浏览，请长按网址复制后使用浏览器访问\n\nhttp://stand-in.test/item/1"
            .into(),
        url: "http://stand-in.test/leave?to=http%3A%2F%2Fstand-in.test%2Fitem%2F1".into(),
        digest: Digest::of(html_text.as_bytes()),
        at_ms,
        signals: vec![
            ("declared-type".into(), "pageData.type = empty".into()),
            (
                "target-as-text".into(),
                "the target stands in the page as text".into(),
            ),
            (
                format!("reads-as-{}", handling.word()),
                "如需浏览，请长按网址复制后使用浏览器访问".into(),
            ),
        ],
    }
}

fn standings(cells: &[CellView], rounds: &[usize], platforms: &[usize]) -> Vec<Standing> {
    let mut standings = Vec::new();
    for (subject, ..) in SUBJECTS {
        let mut since: Option<(Decision, i64)> = None;
        for &round in rounds {
            let mine = |view: &&CellView| {
                let owner = platforms
                    .iter()
                    .map(|&at| PLATFORMS[at])
                    .find(|p| p.0 == view.cell.platform);
                owner.is_some_and(|p| p.1 == subject) && view.cell.round == format!("r{round}")
            };
            let of = |decision: Option<Decision>| {
                cells
                    .iter()
                    .filter(mine)
                    .filter(|v| v.finding.as_ref().map(|f| f.decision) == decision)
                    .count() as u64
            };
            let (broken, kept) = (of(Some(Decision::Broken)), of(Some(Decision::Kept)));
            let open = of(Some(Decision::Open)) + of(None);
            if broken + kept + open == 0 {
                continue;
            }
            let state = match (broken, open) {
                (0, 0) => Decision::Kept,
                (0, _) => Decision::Open,
                _ => Decision::Broken,
            };
            let at = ROUNDS[round].0 * 1000;
            if since.is_none_or(|(before, _)| before != state) {
                since = Some((state, at));
            }
            standings.push(Standing {
                subject: subject.into(),
                obligation: "links".into(),
                as_of_ms: at,
                due_ms: 1_631_894_340_000,
                state,
                broken_cells: broken,
                kept_cells: kept,
                open_cells: open,
                since_ms: since.map(|(_, at)| at),
            });
        }
    }
    standings
}

/// Measurements by somebody else, under a researcher's standard: one platform,
/// one scene, many destinations, delays.
#[allow(dead_code, reason = "some tests use the others alone")]
pub(crate) fn imported() -> ReportInput {
    let mut input = with_rounds(&[0], &[0]);
    let template = input.cells.swap_remove(0);
    let finding = template.finding.clone().unwrap();
    input.replay = false;
    input.status = Status::ResearchStandard;
    input.title = Text::new("No delay for some", "不得对部分链接延迟");
    input.randomisation = Randomisation::default();
    input.sources = Vec::new();
    input.destinations = (0..24)
        .map(|nth| Destination {
            id: format!("site-{nth:02}"),
            name: Text::same(format!("site-{nth:02}.test")),
            owner: None,
        })
        .collect();
    input.cells = (0..24)
        .map(|nth| {
            let slow = nth % 7 == 3;
            let mut dice = Dice::new(nth + 1);
            let mut view = CellView::empty(Cell {
                destination: format!("site-{nth:02}"),
                ..template.cell.clone()
            });
            view.handling = Handling::Opened;
            view.delay_points = delays(&mut dice, ROUNDS[0].0 * 1000);
            if !slow {
                for point in &mut view.delay_points {
                    point.delay_ms = 35.0 + 9.0 * dice.roll();
                }
            }
            let mut mine = Finding {
                cell: view.cell.clone(),
                ground: Ground::ExchangeableWithinHour,
                cells: 24,
                effect: Some(Effect {
                    point: if slow { 2_502.0 } else { 0.4 },
                    interval: slow.then_some(Span {
                        low: 2_300.0,
                        high: 2_610.0,
                    }),
                    unit: EffectUnit::Milliseconds,
                }),
                neutral_amount: Some(37.0),
                ..finding.clone()
            };
            if !slow {
                mine.decision = if nth % 2 == 0 {
                    Decision::Kept
                } else {
                    Decision::Open
                };
                mine.path_broken = vec![-0.1; 8];
                mine.log_e_broken = -0.1;
            }
            view.finding = Some(mine);
            view
        })
        .collect();
    input
}
