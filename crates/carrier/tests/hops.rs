//! Hops, hand-over, cookies, forms and evidence over real sockets.
#![allow(clippy::unwrap_used, missing_docs)]

mod rig;

use std::sync::Arc;
use std::time::Duration;

use moongate_carrier::{Carrier, ExtraHeaders, Jar, Request, Setup, UserAgent};
use moongate_page::{FailureKind, HowReached, Stage};
use rig::{Asked, Does, Server, check, open, page, says, to};

fn reached(visited: &moongate_carrier::Visited) -> Vec<(&str, Option<u16>)> {
    visited
        .visit
        .hops
        .iter()
        .map(|hop| (hop.url.as_str(), hop.status))
        .collect()
}

#[tokio::test]
async fn a_redirect_is_followed_and_timed() {
    let server = Server::start(|asked| match asked.path() {
        "/l/1?a=b%20c" => to("302 Found", "http://shop.test/x"),
        _ => page("<p>here"),
    })
    .await;
    let visited = server
        .open("http://go.platform.test/l/1?a=b%20c#part")
        .await;
    assert_eq!(
        reached(&visited),
        [
            ("http://go.platform.test/l/1?a=b%20c#part", Some(302)),
            ("http://shop.test/x", Some(200)),
        ]
    );
    let visit = &visited.visit;
    assert_eq!(visit.failure, None);
    assert_eq!(visit.hops[1].how, HowReached::Location { status: 302 });
    let first = &visit.hops[0].timings;
    assert!(first.dns_us.is_none() && first.connect_us.is_some() && first.tls_us.is_none());
    let handover = visit.handover_us.unwrap();
    assert!(
        handover >= first.first_byte_us.unwrap() && handover <= visit.total_us,
        "{visit:?}"
    );
    assert_eq!(visited.last_body(), b"<p>here");
}

#[tokio::test]
async fn evidence_is_word_for_word() {
    let head =
        "HTTP/1.1 200 Fine by me\r\nX-B: 1\r\nx-a:  2\r\nX-B: 3\r\nContent-Length: 2\r\n\r\n";
    let server =
        Server::start(move |_| Does::Says(format!("HTTP/1.1 100 Continue\r\n\r\n{head}ok").into()))
            .await;
    let visited = server.open("http://a.test/p?q").await;
    let exchange = &visited.exchanges[0];
    let sent = "GET /p?q HTTP/1.1\r\nHost: a.test\r\nUser-Agent: Moongate/0.1 (+link check)\r\n\
        Accept: */*\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n\r\n";
    assert_eq!(String::from_utf8_lossy(&exchange.request_head), sent);
    assert_eq!(String::from_utf8_lossy(&exchange.response_head), head);
    assert_eq!((&exchange.body[..], exchange.wire_length), (&b"ok"[..], 2));
    assert_eq!(exchange.address.port(), server.port);
    assert!(exchange.started_at_ms > 1_600_000_000_000);
    let names: Vec<_> = visited.visit.hops[0]
        .headers
        .iter()
        .map(|(n, _)| n.as_str())
        .collect();
    assert_eq!(names, ["x-b", "x-a", "x-b", "content-length"]);
}

#[tokio::test]
async fn hops_by_header_page_and_script() {
    let server = Server::start(|asked| match asked.path() {
        "/refresh" => says("200 OK", "Refresh: 3; url=http://shop.test/a\r\n", ""),
        "/meta" => page("<meta http-equiv=refresh content='2;url=http://shop.test/b'>"),
        "/script" => page("<script>location.replace('http://shop.test/c')</script>"),
        "/link" => page("<a href='http://shop.test/d'>http://shop.test/d</a>"),
        _ => page("here"),
    })
    .await;
    for (path, at_least_us, hops) in [
        ("refresh", 3_000_000, 2),
        ("meta", 2_000_000, 2),
        ("script", 1, 2),
        ("link", 0, 1),
    ] {
        let visited = server.open(&format!("http://go.test/{path}")).await;
        let visit = &visited.visit;
        assert_eq!((visit.hops.len(), &visit.failure), (hops, &None), "{path}");
        let handover = visit.handover_us.unwrap_or_default();
        assert!(
            handover >= at_least_us && handover < at_least_us + 1_000_000,
            "{path} {handover}"
        );
        assert!(
            visit.total_us < 1_000_000,
            "announced delays are not waited for"
        );
    }
}

#[tokio::test]
async fn hand_over_needs_another_site() {
    let server = Server::start(|asked| match asked.path() {
        "/1" => to("301 Moved", "http://www.go.test/2"),
        "/2" => page("<meta http-equiv=refresh content='1;url=/3'>"),
        "/3" => to("307 Away", "http://shop.test/"),
        _ => page("here"),
    })
    .await;
    let visited = server.open("http://go.test/1").await;
    assert_eq!(visited.visit.hops.len(), 4);
    assert!(visited.visit.handover_us.unwrap() >= 1_000_000);
    let stays = server.open("http://shop.test/3").await;
    assert_eq!((stays.visit.hops.len(), stays.visit.handover_us), (2, None));
}

#[tokio::test]
async fn redirects_that_lead_nowhere() {
    use FailureKind::{BadAddress, BadResponse, Loop, TooManyHops};
    let server = Server::start(|asked| match asked.path() {
        "/none" => says("302 Found", "", "a body"),
        "/empty" => to("302 Found", ""),
        "/file" => to("302 Found", "file:///etc/passwd"),
        "/javascript" => to("302 Found", "javascript:alert(1)"),
        "/data" => to("302 Found", "data:text/html,hello"),
        "/app" => to("302 Found", "weixin://dl/chat"),
        "/broken" => to("302 Found", "http://[::1"),
        "/port" => to("302 Found", "http://shop.test:25/"),
        "/two" => {
            let both = "Location: http://a.test/\r\nLocation: http://b.test/\r\n";
            says("302 Found", both, "")
        }
        "/same" => to("302 Found", "/same"),
        "/ping" => to("302 Found", "/pong"),
        "/pong" => to("302 Found", "/ping#again"),
        "/x" => page("never asked for"),
        path => to("302 Found", &format!("{path}x")),
    })
    .await;
    for (path, failure, hops) in [
        ("none", None, 1),
        ("empty", None, 1),
        ("file", Some(BadAddress), 1),
        ("javascript", Some(BadAddress), 1),
        ("data", Some(BadAddress), 1),
        ("app", Some(BadAddress), 1),
        ("broken", Some(BadAddress), 1),
        ("port", Some(BadAddress), 1),
        ("two", Some(BadResponse), 1),
        ("same", Some(Loop), 1),
        ("ping", Some(Loop), 2),
        ("growing?q=", Some(TooManyHops), 10),
    ] {
        let visit = server
            .open(&format!("http://platform.test/{path}"))
            .await
            .visit;
        let found = visit.failure.as_ref().map(|f| f.kind);
        assert_eq!(
            (found, visit.hops.len()),
            (failure, hops),
            "{path}: {visit:?}"
        );
        if let Some(failure) = &visit.failure {
            assert_eq!(failure.stage, Stage::Redirect);
            assert_eq!(failure.side, moongate_glossary::Side::Carrier);
        }
    }
}

#[tokio::test]
async fn addresses_that_cannot_be_asked_for() {
    let server = Server::start(|_| page("")).await;
    let long = format!("http://a.test/{}", "x".repeat(20_000));
    for url in [
        "",
        "a.test",
        "ftp://a.test/",
        "http://",
        "http://a.test:25/",
        "http://a b/",
        &long,
    ] {
        let visit = server.open(url).await.visit;
        let failure = visit.failure.unwrap();
        assert_eq!(
            (failure.stage, failure.kind),
            (Stage::Policy, FailureKind::BadAddress),
            "{url}"
        );
        assert_eq!(failure.side, moongate_glossary::Side::Ours);
        assert!(visit.hops.is_empty());
    }
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn paths_with_unusual_characters() {
    let server = Server::start(|_| page("")).await;
    for path in [
        "//a",
        "/a|b`{}^\\\"<>",
        "/中文?q=中 文&'",
        "/%zz%",
        "/\r\nHost:%20evil",
    ] {
        let visited = server.open(&format!("http://a.test{path}")).await;
        assert_eq!(visited.visit.failure, None, "{path}");
        assert_eq!(
            server.asked().last().unwrap().head.matches("evil").count(),
            usize::from(path.contains("evil"))
        );
        assert_eq!(
            server.asked().last().unwrap().head.lines().count(),
            6,
            "no line was added"
        );
    }
}

fn cookies(asked: &Asked) -> Does {
    match asked.path() {
        "/in" => says(
            "302 Found",
            "Set-Cookie: s=1; Path=/\r\nSet-Cookie: t=2\r\nLocation: /out\r\n",
            "",
        ),
        "/gate" if asked.header("cookie").is_none() => {
            says("302 Found", "Set-Cookie: seen=1\r\nLocation: /gate\r\n", "")
        }
        "/always" => {
            let new = format!(
                "Set-Cookie: n={}\r\nLocation: /always\r\n",
                asked.head.len()
            );
            says("302 Found", &new, "")
        }
        _ => page(asked.header("cookie").unwrap_or("none")),
    }
}

#[tokio::test]
async fn cookies_live_as_long_as_the_jar() {
    let server = Server::start(cookies).await;
    let carrier = server.carrier();
    let mut jar = Jar::new();
    let get = |url| Request::get(url, &UserAgent::Browser);
    let visited = carrier.open(get("http://chat.test/in"), &mut jar).await;
    assert_eq!(visited.last_body(), b"s=1; t=2");
    let other = carrier.open(get("http://other.test/out"), &mut jar).await;
    assert_eq!(other.last_body(), b"none");
    let again = carrier.open(get("http://chat.test/x"), &mut jar).await;
    assert_eq!(again.last_body(), b"s=1; t=2");
    let fresh = carrier
        .open(get("http://chat.test/x"), &mut Jar::new())
        .await;
    assert_eq!(fresh.last_body(), b"none");
}

#[tokio::test]
async fn the_same_address_with_a_new_cookie_is_no_loop() {
    let server = Server::start(cookies).await;
    let visited = server.open("http://chat.test/gate").await;
    assert_eq!(
        (visited.last_body(), &visited.visit.failure),
        (&b"seen=1"[..], &None)
    );
    let endless = server.open("http://chat.test/always").await;
    let kind = endless.visit.failure.unwrap().kind;
    assert!(matches!(kind, FailureKind::Loop | FailureKind::TooManyHops));
}

#[tokio::test]
async fn forms_are_posted() {
    let server = Server::start(|asked| match asked.path() {
        "/303" => to("303 See", "/end"),
        "/302" => to("302 Found", "/end"),
        "/307" => to("307 Again", "/end"),
        _ => page(""),
    })
    .await;
    let carrier = server.carrier();
    let form = [
        ("to".to_owned(), "a&b".to_owned()),
        ("text".to_owned(), "中 文".to_owned()),
    ];
    for (path, second) in [("303", "GET"), ("302", "GET"), ("307", "POST")] {
        let url = format!("http://chat.test/{path}");
        let request = Request::post_form(&url, &form, &UserAgent::Plain);
        let visited = carrier.open(request, &mut Jar::new()).await;
        check(&visited);
        assert_eq!(visited.visit.failure, None);
        let asked = server.asked();
        let [.., before, last] = &asked[..] else {
            panic!("two requests")
        };
        assert!(before.head.starts_with("POST /30"), "{}", before.head);
        assert_eq!(before.body, "to=a%26b&text=%E4%B8%AD+%E6%96%87");
        assert_eq!(
            before.header("content-type"),
            Some("application/x-www-form-urlencoded")
        );
        assert_eq!(visited.exchanges[0].request_body, before.body);
        assert!(last.head.starts_with(second), "{path}: {}", last.head);
        assert_eq!(last.body.is_empty(), second == "GET");
    }
}

#[tokio::test]
async fn agents_and_extra_headers() {
    let server = Server::start(|asked| match asked.path() {
        "/away" => to("302 Found", "http://shop.test/"),
        _ => page(""),
    })
    .await;
    let extra = ExtraHeaders::new([
        ("x-account", "b"),
        ("authorization", "Bearer secret"),
        ("accept-language", "de"),
    ])
    .unwrap();
    let app = UserAgent::Other("MicroMessenger/8.0.50".to_owned());
    let request = Request::get("http://chat.test/away", &app).with_headers(&extra);
    server.carrier().open(request, &mut Jar::new()).await;
    let [first, second] = &server.asked()[..] else {
        panic!("two requests")
    };
    assert_eq!(first.header("user-agent"), Some("MicroMessenger/8.0.50"));
    assert_eq!(first.header("accept-language"), Some("de"));
    assert_eq!(
        first.head.to_lowercase().matches("accept-language").count(),
        1
    );
    assert_eq!(first.header("authorization"), Some("Bearer secret"));
    assert_eq!(second.header("authorization"), None, "not to another host");
    assert_eq!(second.header("x-account"), Some("b"));
}

#[tokio::test]
async fn connections_are_used_again_and_replaced() {
    let server = Server::start(|asked| match asked.path() {
        "/close" => Does::Closes(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_vec()),
        "/more" => Does::Says(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx and more".to_vec()),
        "/junk" => Does::Says(b"no http\r\n\r\n".to_vec()),
        _ => page("ok"),
    })
    .await;
    let carrier = server.carrier();
    for (path, connection) in [
        ("a", 0),
        ("b", 0),
        ("close", 0),
        ("c", 1),
        ("more", 1),
        ("d", 2),
        ("junk", 2),
        ("e", 3),
        ("f", 3),
    ] {
        let visited = open(&carrier, &format!("http://a.test/{path}")).await;
        assert_eq!(
            visited.visit.failure.is_some(),
            path == "junk",
            "{path}: {visited:?}"
        );
        assert_eq!(
            server.asked().last().unwrap().connection,
            connection,
            "{path}"
        );
    }
    let again = open(&carrier, "http://a.test/g").await.visit.hops[0]
        .timings
        .clone();
    assert!(again.connect_us.is_none() && again.first_byte_us.is_some());
    assert_eq!(server.paths().len(), 10, "each was asked once");
}

#[tokio::test]
async fn a_used_connection_that_closes_is_no_failure_but_a_form_is_sent_once() {
    let server = Server::start(|asked| match (asked.path(), asked.connection) {
        ("/second", 0) | ("/form", _) => Does::Closes(vec![]),
        _ => page("ok"),
    })
    .await;
    let carrier = server.carrier();
    open(&carrier, "http://a.test/first").await;
    let visited = open(&carrier, "http://a.test/second").await;
    assert_eq!(
        (visited.last_body(), &visited.visit.failure),
        (&b"ok"[..], &None)
    );
    assert!(visited.visit.hops[0].timings.connect_us.is_some());
    assert_eq!(server.paths(), ["/first", "/second", "/second"]);
    let request = Request::post_form("http://a.test/form", &[], &UserAgent::Plain);
    let visited = carrier.open(request, &mut Jar::new()).await;
    assert_eq!(visited.visit.failure.unwrap().kind, FailureKind::Reset);
    assert_eq!(server.paths().iter().filter(|p| *p == "/form").count(), 1);
}

#[tokio::test]
async fn many_at_once_share_few_idle_connections() {
    let server = Server::start(|asked| match asked.path() {
        "/end" => page("here"),
        _ => to("302 Found", "http://b.test/end"),
    })
    .await;
    let setup = server.setup();
    let limits = moongate_carrier::Limits {
        idle_connections: 4,
        ..setup.limits
    };
    let carrier = Arc::new(Carrier::new(Setup { limits, ..setup }).unwrap());
    for _ in 0..3 {
        let mut visits = tokio::task::JoinSet::new();
        for i in 0..30 {
            let carrier = Arc::clone(&carrier);
            visits.spawn(async move { open(&carrier, &format!("http://a{}.test/", i % 7)).await });
        }
        while let Some(visited) = visits.join_next().await {
            assert_eq!(visited.unwrap().last_body(), b"here");
        }
    }
    assert_eq!(server.asked().len(), 180);
}

#[tokio::test]
async fn push_backs_hold_the_next_visit() {
    let server = Server::start(|asked| match asked.path() {
        "/slow-down" => says("429 Too Many", "Retry-After: 3600\r\n", ""),
        _ => page(""),
    })
    .await;
    let setup = server.setup();
    let politeness = moongate_carrier::Politeness {
        back_off_most: Duration::from_millis(150),
        ..setup.politeness
    };
    let carrier = Arc::new(
        Carrier::new(Setup {
            politeness,
            ..setup
        })
        .unwrap(),
    );
    let visited = open(&carrier, "http://a.test/slow-down").await;
    assert_eq!(visited.visit.hops[0].status, Some(429));
    let start = tokio::time::Instant::now();
    let visited = open(&carrier, "http://a.test/next").await;
    assert!(start.elapsed() >= Duration::from_millis(140));
    assert!(
        visited.visit.total_us < 140_000,
        "our waiting is not the link's"
    );
}

#[test]
fn visits_can_move_between_threads() {
    fn sendable<T: Send>(_: &T) {}
    let carrier = Carrier::new(Setup::default()).unwrap();
    let mut jar = Jar::new();
    let request = Request::get("http://127.0.0.1/", &UserAgent::Plain);
    sendable(&carrier.open(request, &mut jar));
}
