//! Every behaviour over real HTTP, as a client meets it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // tests

mod common;

use common::{
    BROWSER, click_rival, get, get_as, parse, raw, read_some, request, rival, send, start, url_of,
};
use moongate_town::{Form, RandomTown, TownPlan};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

const TARGET: &str = "http://item.rival.test/i/1";
const NOTICE: [&str; 2] = ["It measures no company.", "不是对任何公司的测量"];

fn single(behaviour: &str) -> TownPlan {
    TownPlan::single(behaviour).expect(behaviour)
}

/// Behaviour, status, what must be there, what must not.
const PAGES: &[(&str, u16, &[&str], &[&str])] = &[
    (
        "leave-page(wechat)",
        200,
        &[
            "\"type\":\"gray\"",
            "将要访问",
            "href=\"http://item.rival.test/i/1\">继续访问",
        ],
        &["风险"],
    ),
    (
        "leave-page(zhihu)",
        200,
        &[
            "即将离开知乎",
            "class=\"button\" href=\"http://item.rival.test/i/1\"",
        ],
        &[],
    ),
    (
        "leave-page(csdn)",
        200,
        &["您即将离开CSDN，去往：", "loading-btn"],
        &[],
    ),
    (
        "leave-page(form)",
        200,
        &["<form action=\"http://item.rival.test/i/1\""],
        &["href=\"http://item"],
    ),
    ("leave-page(plain)", 200, &["Continue</a>"], &["unsafe"]),
    (
        "warned-page(wechat)",
        200,
        &["\"type\":\"gray\"", "风险", "继续访问"],
        &[],
    ),
    (
        "warned-page(weibo)",
        200,
        &["警告：访问的网址可能存在风险", "id=\"textline\""],
        &[],
    ),
    (
        "warned-page(plain)",
        200,
        &["may be unsafe", "continue</a>"],
        &[],
    ),
    (
        "timed-hop(3)",
        200,
        &["<meta http-equiv=\"refresh\" content=\"3; url=http://item.rival.test/i/1\">"],
        &["setTimeout"],
    ),
    (
        "timed-hop(3, script)",
        200,
        &["setTimeout(", "\"http://item.rival.test/i/1\"; }, 3000)"],
        &["http-equiv"],
    ),
    (
        "copy-only(wechat)",
        200,
        &[
            "\"type\":\"empty\"",
            "如需浏览，请长按网址复制后使用浏览器访问",
            TARGET,
        ],
        &["href=\"http://item"],
    ),
    (
        "copy-only(weibo)",
        200,
        &[
            "<p class=\"desc\">如需浏览",
            "<p class=\"link\">http://item.rival.test/i/1</p>",
        ],
        &["href=\"http://item"],
    ),
    (
        "copy-only(qq)",
        200,
        &["当前网页非官方页面", TARGET],
        &["href=\"http://item"],
    ),
    (
        "copy-only(plain)",
        200,
        &["Copy link", TARGET],
        &["href=\"http://item"],
    ),
    (
        "hard-block(wechat)",
        200,
        &["\"type\":\"block\"", "已停止访问该网页", "block_type=3"],
        &[TARGET],
    ),
    (
        "hard-block(wechat, shown)",
        200,
        &["\"type\":\"block\"", TARGET],
        &["href=\"http://item"],
    ),
    ("hard-block(douyin)", 200, &["已终止访问该网页"], &[TARGET]),
    ("hard-block(qq)", 200, &["已停止访问该网页"], &[TARGET]),
    ("hard-block(weibo)", 200, &["已停止访问"], &[TARGET]),
    (
        "hard-block(plain)",
        200,
        &["community standards"],
        &[TARGET],
    ),
    ("bot-wall", 999, &["automated"], &[TARGET]),
    ("bot-wall(566)", 566, &["automated"], &[]),
    ("bot-wall(captcha)", 200, &["captcha", "验证"], &[TARGET]),
    ("rate-limit", 429, &["Too many requests"], &[]),
    ("unavailable", 503, &["Service unavailable"], &[]),
    ("unavailable(500)", 500, &[], &[]),
    (
        "login-wall",
        200,
        &["type=\"password\"", "登录"],
        &["href=\"http://item"],
    ),
    (
        "hostile-html(script)",
        200,
        &["onerror=", "javascript:"],
        &["<title></title>"],
    ),
    ("hostile-html(bidi)", 200, &["\u{202e}", "\0"], &[]),
    (
        "hostile-html(title)",
        200,
        &["<title><b onclick=x>&amp;"],
        &[],
    ),
    ("own-too(copy-only(plain))", 200, &["Copy link"], &[]),
    ("others-only(copy-only(plain))", 200, &["Copy link"], &[]),
];

#[tokio::test]
async fn pages_hold_what_their_kind_is_known_by() {
    for (behaviour, status, there, absent) in PAGES {
        let town = start(single(behaviour)).await;
        let got = click_rival(&town, "n-1").await;
        let text = got.text();
        assert_eq!(got.status, *status, "{behaviour}");
        for piece in there.iter().chain(&NOTICE) {
            assert!(
                text.contains(piece),
                "{behaviour} lacks {piece}:\n{text:.1500}"
            );
        }
        for piece in *absent {
            assert!(
                !text.contains(piece),
                "{behaviour} has {piece}:\n{text:.1500}"
            );
        }
        town.stop().await;
    }
}

#[tokio::test]
async fn redirects_lead_where_they_should() {
    let table = [
        ("opens", 302, TARGET),
        ("allow-list(blank, rival.test)", 302, TARGET),
        ("private-address", 302, "http://127.0.0.1:9/"),
        (
            "private-address(metadata)",
            302,
            "http://169.254.169.254/latest/meta-data/",
        ),
        ("private-address(ipv6)", 302, "http://[::ffff:127.0.0.1]:9/"),
        ("removes(link)", 302, ""),
    ];
    for (behaviour, status, location) in table {
        let town = start(single(behaviour)).await;
        let Some(href) = rival(&town, "n").await.href else {
            assert!(behaviour.starts_with("removes"));
            continue;
        };
        let got = get(&town, &href).await;
        assert_eq!(
            (got.status, got.location()),
            (status, location),
            "{behaviour}"
        );
    }
}

#[tokio::test]
async fn a_destination_shows_the_same_page_to_everyone() {
    let town = start(single("opens")).await;
    let direct = get(&town, TARGET).await;
    assert_eq!(direct.status, 200);
    assert!(direct.text().contains("rival-item 商品 1"));
    for line in NOTICE {
        assert!(direct.text().contains(line));
    }
    let again = get_as(&town, TARGET, "curl/8", "").await;
    assert_eq!(direct.body, again.body);
    let other = get(&town, &url_of(&town, "neutral-item-1")).await;
    assert_ne!(direct.body, other.body);
}

#[tokio::test]
async fn blank_is_an_empty_200() {
    let got = click_rival(&start(single("blank")).await, "n").await;
    assert_eq!((got.status, got.body.len()), (200, 0));
}

#[tokio::test]
async fn forms_are_read_from_the_page() {
    let table: &[(Form, &[&str])] = &[
        (
            Form::Card,
            &[
                "<img ",
                "<strong>rival-item 商品 1</strong>",
                "<small>item.rival.test</small></a>",
            ],
        ),
        (Form::Titled, &[">rival-item 商品 1</a>"]),
        (Form::Bare, &[">http://item.rival.test/i/1</a>"]),
        (
            Form::BareText,
            &["<div class=\"text\">http://item.rival.test/i/1 n-5</div>"],
        ),
        (Form::Removed, &["<div class=\"text\">n-5</div>"]),
    ];
    for (form, there) in table {
        let plan = single("opens")
            .with_cell("platform", "one-to-one", "rival-item", "opens", *form)
            .unwrap();
        let message = rival(&start(plan).await, "n-5").await;
        let seen = message.seen.expect("a message");
        for piece in *there {
            assert!(seen.contains(piece), "{form:?}: {seen}");
        }
        let same = message.sent == seen;
        assert_eq!(same, *form != Form::Removed, "{form:?}: the sender's own");
        assert!(!seen.contains("data-"));
    }
}

#[tokio::test]
async fn a_removed_link_is_removed_for_the_recipient_alone() {
    let link = rival(&start(single("removes(link)")).await, "n").await;
    assert!(link.seen.is_some_and(|seen| !seen.contains("rival")));
    assert!(link.sent.contains("href="));
    let message = rival(&start(single("removes(message)")).await, "n").await;
    assert_eq!(message.seen, None);
    assert!(message.sent.contains("href="));
}

#[tokio::test]
async fn a_browser_and_a_plain_agent_are_told_apart() {
    let town = start(single("user-agent")).await;
    let href = rival(&town, "n").await.href.unwrap();
    let browser = get_as(&town, &href, BROWSER, "").await;
    assert_eq!(browser.status, 200);
    assert!(
        browser
            .text()
            .contains("location.replace(\"http://item.rival.test/i/1\")")
    );
    let plain = get_as(&town, &href, "curl/8.5.0", "").await;
    assert_eq!((plain.status, plain.location()), (301, TARGET));
    let split = start(single("user-agent(hard-block(plain), opens)")).await;
    let href = rival(&split, "n").await.href.unwrap();
    assert_eq!(get_as(&split, &href, BROWSER, "").await.status, 200);
    assert_eq!(get_as(&split, &href, "curl/8.5.0", "").await.status, 301);
}

#[tokio::test]
async fn retry_after_and_refresh_are_headers() {
    let limited = click_rival(&start(single("rate-limit(1, 7)")).await, "n").await;
    assert_eq!(limited.header("retry-after"), Some("7"));
    let hop = click_rival(&start(single("timed-hop(2, header)")).await, "n").await;
    assert_eq!(
        hop.header("refresh"),
        Some("2; url=http://item.rival.test/i/1")
    );
}

#[test]
fn a_slowed_link_waits_as_long_as_decided() {
    let world = moongate_town::World::new(single("slow(2500)"), 16).unwrap();
    let clicked = moongate_town::Request {
        method: moongate_town::Method::Get,
        scheme: "http",
        host: "platform.test",
        path: "/out",
        query: "to=http%3A%2F%2Fitem.rival.test%2Fi%2F1",
        cookie: "",
        user_agent: BROWSER,
        body: "",
        age_ms: 0,
    };
    assert_eq!(world.answer(&clicked).delay_ms, 2_500);
}

#[tokio::test]
async fn a_slowed_link_takes_as_long_as_said() {
    let town = start(single("slow(300)")).await;
    let href = rival(&town, "n").await.href.unwrap();
    let began = tokio::time::Instant::now();
    assert_eq!(get(&town, &href).await.location(), TARGET);
    assert!(began.elapsed().as_millis() >= 300);
}

#[tokio::test]
async fn flaky_links_fail_for_their_share_and_again_for_the_same_messages() {
    let mut runs = Vec::new();
    for order in [1, -1] {
        let town = start(single("flaky(0.3, hard-block(plain))")).await;
        let mut nonces: Vec<u32> = (0..60).collect();
        nonces.sort_by_key(|n| i64::from(*n) * order);
        let mut failed = Vec::new();
        for nonce in nonces {
            if click_rival(&town, &format!("slot {nonce}")).await.status == 200 {
                failed.push(nonce);
            }
        }
        failed.sort_unstable();
        runs.push(failed);
    }
    assert_eq!(runs[0], runs[1]);
    assert!((8..=30).contains(&runs[0].len()), "{:?}", runs[0]);
}

#[tokio::test]
async fn every_nth_request_is_counted() {
    let town = start(single("every(3, unavailable)")).await;
    let link = "http://platform.test/out?to=http%3A%2F%2Fitem.rival.test%2Fi%2F1";
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(get(&town, link).await.status);
    }
    assert_eq!(statuses, [302, 302, 503, 302, 302, 503]);
}

#[tokio::test]
async fn an_outage_hits_everyone_while_it_lasts() {
    let plan = single("opens").with_policy("outage(0, 3600000)").unwrap();
    let town = start(plan).await;
    for id in ["rival-item", "own-item", "neutral-item-1"] {
        let url = url_of(&town, id);
        let href = send(&town, "platform", "one-to-one", &url)
            .await
            .href
            .unwrap();
        assert_eq!(get(&town, &href).await.status, 503, "{id}");
    }
    let over = single("opens").with_policy("outage(0, 0)").unwrap();
    assert_eq!(click_rival(&start(over).await, "n").await.status, 302);
}

#[tokio::test]
async fn a_policy_treats_all_links_alike_and_exempts_whom_it_names() {
    let ids = ["rival-item", "own-item", "neutral-item-1"];
    let table = [
        ("own-too(copy-only(plain))", [200, 200, 200]),
        ("others-only(copy-only(plain))", [200, 302, 200]),
        (
            "allow-list(copy-only(plain), neutral-1.test)",
            [200, 200, 302],
        ),
        ("slow(5)", [302, 302, 302]),
    ];
    for (policy, expected) in table {
        let town = start(single("opens").with_policy(policy).unwrap()).await;
        for (id, status) in ids.iter().zip(expected) {
            let url = url_of(&town, id);
            let href = send(&town, "platform", "one-to-one", &url)
                .await
                .href
                .unwrap();
            assert_eq!(get(&town, &href).await.status, status, "{policy} {id}");
        }
    }
}

#[tokio::test]
async fn a_destination_may_be_down_in_several_ways() {
    for (how, status) in [("503", 503), ("502", 502), ("504", 504)] {
        let plan = single("opens").with_destination("rival-item", &format!("down({how})"));
        let town = start(plan.unwrap()).await;
        assert_eq!(get(&town, TARGET).await.status, status);
        assert_eq!(get(&town, &url_of(&town, "own-item")).await.status, 200);
    }
    for behaviour in ["down(reset)", "reset"] {
        let plan = single("opens").with_destination("rival-item", behaviour);
        let town = start(plan.unwrap()).await;
        let error = raw(town.http, &request("GET", TARGET, BROWSER, "", ""), 1_000).await;
        let kind = error.expect_err("no answer").kind();
        assert_eq!(kind, std::io::ErrorKind::ConnectionReset);
    }
    let plan = single("opens").with_destination("rival-item", "down(silence)");
    let town = start(plan.unwrap()).await;
    let request = request("GET", TARGET, BROWSER, "", "");
    let asked = raw(town.http, &request, 1_000);
    let waited = tokio::time::timeout(std::time::Duration::from_millis(200), asked).await;
    assert!(waited.is_err(), "silence says nothing");
}

#[tokio::test]
async fn garbage_is_no_http() {
    let town = start(single("garbage")).await;
    let href = rival(&town, "n").await.href.unwrap();
    let bytes = raw(town.http, &request("GET", &href, BROWSER, "", ""), 10_000)
        .await
        .unwrap();
    assert!(bytes.starts_with(b"220 town.test"), "{bytes:?}");
}

#[tokio::test]
async fn loops_never_repeat_an_address() {
    for behaviour in ["redirect-loop", "redirect-loop(refresh)"] {
        let town = start(single(behaviour)).await;
        let mut next = rival(&town, "n").await.href.unwrap();
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..30 {
            assert!(seen.insert(next.clone()), "{behaviour}: {next} again");
            let got = get(&town, &next).await;
            next = if behaviour == "redirect-loop" {
                assert_eq!(got.status, 302);
                got.location().to_owned()
            } else {
                let text = got.text();
                let at = text.find("url=").unwrap() + 4;
                text[at..]
                    .split("\">")
                    .next()
                    .unwrap()
                    .replace("&amp;", "&")
            };
        }
    }
}

#[tokio::test]
async fn an_endless_page_and_a_bomb_go_on_beyond_any_cap() {
    for (behaviour, most) in [("endless", 30_000_000), ("bomb(10)", 5_000_000)] {
        let town = start(single(behaviour)).await;
        let href = rival(&town, "n").await.href.unwrap();
        let bytes = raw(town.http, &request("GET", &href, BROWSER, "", ""), most)
            .await
            .unwrap();
        assert!(bytes.len() >= most, "{behaviour}");
        // Whoever hangs up is not missed.
        assert_eq!(get(&town, TARGET).await.status, 200);
    }
}

#[tokio::test]
async fn a_bomb_is_small_on_the_wire() {
    let town = start(single("bomb(1)")).await;
    let got = click_rival(&town, "n").await;
    assert_eq!(got.header("content-encoding"), Some("gzip"));
    assert!(got.body.len() < 1_500_000, "{}", got.body.len());
    let whole = click_rival(&start(single("bomb(10)")).await, "n").await;
    assert!(whole.body.len() < 15_000_000, "{}", whole.body.len());
}

#[tokio::test]
async fn a_million_elements_stand_inside_each_other() {
    let got = click_rival(&start(single("hostile-html(nested)")).await, "n").await;
    let count = got.body.windows(5).filter(|w| w == b"<div>").count();
    assert_eq!(count, 1_000_000);
}

#[tokio::test]
async fn a_drip_comes_byte_by_byte() {
    let town = start(single("drip(2)")).await;
    let href = rival(&town, "n").await.href.unwrap();
    let mut stream = TcpStream::connect(town.http).await.unwrap();
    let request = request("GET", &href, BROWSER, "", "");
    stream.write_all(request.as_bytes()).await.unwrap();
    let began = tokio::time::Instant::now();
    let bytes = read_some(&mut stream, 400).await.unwrap();
    assert!(parse(&bytes).header("content-length").is_some());
    let body = parse(&bytes).body.len() as u128;
    assert!(body > 50 && began.elapsed().as_millis() >= body, "{body}");
}

#[tokio::test]
async fn a_login_wall_may_stand_behind_a_redirect() {
    let town = start(single("login-wall(redirect)")).await;
    let got = click_rival(&town, "n").await;
    assert_eq!(got.status, 302);
    let page = get(&town, &format!("http://platform.test{}", got.location())).await;
    assert!(page.text().contains("type=\"password\""));
}

#[tokio::test]
async fn the_chat_itself_may_fail() {
    let town = start(single("opens").with_chat("unavailable").unwrap()).await;
    assert_eq!(
        get(&town, "http://platform.test/chat/one-to-one")
            .await
            .status,
        503
    );
    assert_eq!(get(&town, TARGET).await.status, 200);
}

#[tokio::test]
async fn a_title_with_markup_stays_a_title() {
    let title = "</strong></a><script>x()</script>\u{202e}";
    let town = start(single("opens").with_title("rival-item", title)).await;
    let seen = rival(&town, "n").await.seen.unwrap();
    assert!(seen.contains("&lt;script&gt;x()") && !seen.contains("<script>"));
    assert!(
        seen.contains('\u{202e}'),
        "turned text is passed on as it is"
    );
}

#[tokio::test]
async fn a_random_town_offends_where_it_says() {
    let drawn = RandomTown {
        cells: 6,
        offenders: 2,
        rivals_per_platform: 3,
        p_open_offended: 0.0,
        p_open: 1.0,
        ..RandomTown::default()
    };
    let town = start(TownPlan::random(&drawn).unwrap()).await;
    let compares = town.plan().compares.clone();
    let mut blocked = std::collections::BTreeSet::new();
    for compare in &compares {
        for id in compare.rivals.iter().chain(&compare.controls) {
            let url = url_of(&town, id);
            let message = send(&town, &compare.platform, &compare.scene, &url).await;
            if get(&town, &message.href.unwrap()).await.status != 302 {
                blocked.insert((compare.platform.clone(), id.clone()));
            }
        }
    }
    assert_eq!(blocked, town.plan().offenders);
    assert_eq!(blocked.len(), 2);
}

#[tokio::test]
async fn many_messages_at_once_do_not_mix() {
    let town = std::sync::Arc::new(start(single("flaky(0.5, hard-block(plain))")).await);
    let one_by_one = |n: u32| format!("parallel {n}");
    let mut expected = Vec::new();
    for n in 0..20 {
        expected.push(click_rival(&town, &one_by_one(n)).await.status);
    }
    let mut all = tokio::task::JoinSet::new();
    for n in 0..20 {
        let town = std::sync::Arc::clone(&town);
        all.spawn(async move { (n, click_rival(&town, &format!("parallel {n}")).await.status) });
    }
    let mut seen = all.join_all().await;
    seen.sort_unstable();
    let seen: Vec<u16> = seen.into_iter().map(|(_, status)| status).collect();
    assert_eq!(seen, expected);
}
