//! Servers that break every rule: each ends in facts, with the right side,
//! within the caps.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod rig;

use std::time::Duration;

use moongate_carrier::{Carrier, Limits, Setup};
use moongate_glossary::Side;
use moongate_page::{FailureKind, Stage, Visit};
use rig::{Does, Server, open, page, says, short, to};
use tokio::time::Instant;

const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const UNBOUNDED: &str = "HTTP/1.1 200 OK\r\n\r\n";

fn does(path: &str) -> Does {
    let says_raw = |bytes: &str| Does::Says(bytes.into());
    match path {
        "/hang" => Does::Hangs(vec![]),
        "/close" => Does::Closes(vec![]),
        "/reset" => Does::Resets,
        "/half-head" => Does::Closes(b"HTTP/1.1 200 OK\r\nX: y".to_vec()),
        "/head-hangs" => Does::Hangs(b"HTTP/1.1 200 OK\r\nX: y".to_vec()),
        "/head-drips" => Does::Drips(
            b"HTTP/1.1 200 OK\r\nX: ".to_vec(),
            b'y',
            Duration::from_millis(5),
        ),
        "/head-endless" => Does::Endless(
            b"HTTP/1.1 200 OK\r\n".to_vec(),
            b"X-Y: zzzzzzzzzzzzzz\r\n".to_vec(),
        ),
        "/header-endless" => Does::Endless(b"HTTP/1.1 200 OK\r\nX: ".to_vec(), vec![b'y'; 1000]),
        "/many-headers" => says("200 OK", &"X: y\r\n".repeat(150), ""),
        "/interim-endless" => Does::Endless(vec![], b"HTTP/1.1 103 Early Hints\r\n\r\n".to_vec()),
        "/continue" => {
            says_raw("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        }
        "/ssh" => says_raw("SSH-2.0-OpenSSH_9.6\r\n\r\n"),
        "/html" => Does::Closes(b"<html>no head at all</html>\r\n\r\n".to_vec()),
        "/binary" => Does::Closes((0..=255).collect()),
        "/status" => says_raw("HTTP/1.1 99999 What\r\n\r\n"),
        "/h2" => Does::Closes(b"\0\0\x12\x04\0\0\0\0\0".to_vec()),
        "/injected" => {
            says_raw("HTTP/1.1 200 OK\r\nX: a\rInjected: b\r\nContent-Length: 0\r\n\r\n")
        }
        "/nul" => says_raw("HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n"),
        "/spaced" => says_raw("HTTP/1.1 200 OK\r\nX Y: a\r\nContent-Length: 0\r\n\r\n"),
        "/lengths" => {
            says_raw("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab")
        }
        "/length-junk" => says_raw("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nab"),
        "/upgrade" => {
            says_raw("HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n")
        }
        "/body-never" => Does::Hangs(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n".to_vec()),
        "/body-half" => Does::Closes(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf".to_vec()),
        "/body-drips" => Does::Drips(UNBOUNDED.into(), b'y', Duration::from_millis(5)),
        "/body-endless" => Does::Endless(UNBOUNDED.into(), vec![b'y'; 10_000]),
        "/chunks-endless" => Does::Endless(CHUNKED.into(), b"4\r\nabcd\r\n".to_vec()),
        "/chunk-junk" => says_raw(&format!("{CHUNKED}zz\r\nabc\r\n0\r\n\r\n")),
        "/chunk-huge" => says_raw(&format!("{CHUNKED}fffffffffffffffff\r\nabc")),
        "/chunk-half" => Does::Closes(format!("{CHUNKED}a\r\nhalf").into()),
        "/chunk-extensions" => Does::Endless(format!("{CHUNKED}4;").into(), b"a=b;".to_vec()),
        "/trailers-endless" => {
            Does::Endless(format!("{CHUNKED}0\r\n").into(), b"T: x\r\n".to_vec())
        }
        "/coding" => says("200 OK", "Content-Encoding: gzip\r\n", "no gzip at all"),
        "/codings" => says("200 OK", "Content-Encoding: gzip, br, gzip, br\r\n", "x"),
        "/redirect-body-never" => Does::Hangs(
            b"HTTP/1.1 302 Found\r\nLocation: /fine\r\nContent-Length: 9\r\n\r\n".to_vec(),
        ),
        "/redirect-body-endless" => Does::Endless(
            b"HTTP/1.1 302 Found\r\nLocation: /fine\r\n\r\n".to_vec(),
            vec![b'y'; 10_000],
        ),
        _ => page("fine"),
    }
}

/// Path, what is expected to fail where, and whether a body is cut.
type Row = (&'static str, Option<(Stage, FailureKind)>, bool);

#[rustfmt::skip]
const TABLE: &[Row] = {
    use FailureKind::{BadEncoding, BadResponse, Reset, TimedOut};
    use Stage::{Body, FirstByte};
    &[
        ("hang", Some((FirstByte, TimedOut)), false),
        ("close", Some((FirstByte, Reset)), false),
        ("reset", Some((FirstByte, Reset)), false),
        ("half-head", Some((FirstByte, Reset)), false),
        ("head-hangs", Some((FirstByte, TimedOut)), false),
        ("head-drips", Some((FirstByte, TimedOut)), false),
        ("head-endless", Some((FirstByte, BadResponse)), false),
        ("header-endless", Some((FirstByte, BadResponse)), false),
        ("many-headers", Some((FirstByte, BadResponse)), false),
        ("interim-endless", Some((FirstByte, BadResponse)), false),
        ("continue", None, false),
        ("ssh", Some((FirstByte, BadResponse)), false),
        ("html", Some((FirstByte, BadResponse)), false),
        ("binary", Some((FirstByte, BadResponse)), false),
        ("status", Some((FirstByte, BadResponse)), false),
        ("h2", Some((FirstByte, BadResponse)), false),
        ("injected", Some((FirstByte, BadResponse)), false),
        ("nul", Some((FirstByte, BadResponse)), false),
        ("spaced", Some((FirstByte, BadResponse)), false),
        ("lengths", Some((FirstByte, BadResponse)), false),
        ("length-junk", Some((FirstByte, BadResponse)), false),
        ("body-never", Some((Body, TimedOut)), true),
        ("body-half", Some((Body, Reset)), true),
        ("body-drips", Some((Body, TimedOut)), true),
        ("body-endless", None, true),
        ("chunks-endless", None, true),
        ("chunk-junk", Some((Body, BadResponse)), true),
        ("chunk-huge", Some((Body, BadResponse)), true),
        ("chunk-half", Some((Body, Reset)), true),
        ("chunk-extensions", Some((Body, BadResponse)), true),
        ("trailers-endless", Some((Body, BadResponse)), true),
        ("coding", Some((Body, BadEncoding)), true),
        ("codings", Some((Body, BadEncoding)), true),
        ("redirect-body-never", None, false),
        ("redirect-body-endless", None, false),
    ]
};

fn failed(visit: &Visit) -> Option<(Stage, FailureKind)> {
    visit
        .failure
        .as_ref()
        .map(|failure| (failure.stage, failure.kind))
}

#[tokio::test]
async fn every_misbehaviour_ends_in_facts() {
    let server = Server::start(|asked| does(asked.path())).await;
    let limits = Limits {
        body_bytes: 100_000,
        ..short()
    };
    let setup = server.setup();
    let carrier = Carrier::new(Setup { limits, ..setup }).unwrap();
    for row in TABLE {
        tokio::join!(
            misbehaves(&carrier, row, "platform.test", Side::Carrier),
            misbehaves(&carrier, row, "shop.test", Side::Target),
        );
    }
}

async fn misbehaves(carrier: &Carrier, (path, expected, cut): &Row, host: &str, side: Side) {
    let start = Instant::now();
    let visited = open(carrier, &format!("http://{host}/{path}")).await;
    let visit = &visited.visit;
    assert_eq!(failed(visit), *expected, "{path}: {visit:?}");
    assert!(
        start.elapsed() < Duration::from_secs(3),
        "{path} ended in time"
    );
    let last = visit.hops.last().unwrap();
    let is_cut = last.body.as_ref().is_some_and(|body| body.truncated);
    assert_eq!(is_cut, *cut, "{path}: {visit:?}");
    assert!(last.body.as_ref().is_none_or(|b| b.length <= 100_000));
    let found = visit.failure.as_ref().map(|failure| failure.side);
    assert!(found.is_none_or(|found| found == side), "{path}: {found:?}");
    // And the next visit is undisturbed.
    let fine = open(carrier, &format!("http://{host}/fine")).await;
    let ended = (fine.last_body(), &fine.visit.failure);
    assert_eq!(ended, (&b"fine"[..], &None), "after {path}");
}

#[tokio::test]
async fn what_came_instead_of_http_is_kept() {
    let server = Server::start(|asked| does(asked.path())).await;
    let visited = server.open("http://a.test/ssh").await;
    assert_eq!(
        visited.exchanges[0].response_head,
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n"
    );
    let half = server.open("http://a.test/body-half").await;
    assert_eq!(half.last_body(), b"half");
    let upgrade = server.open("http://a.test/upgrade").await.visit;
    assert!(
        upgrade.failure.is_some() || upgrade.hops[0].status == Some(101),
        "{upgrade:?}"
    );
}

#[tokio::test]
async fn a_redirect_is_followed_though_its_body_does_not_end() {
    let server = Server::start(|asked| does(asked.path())).await;
    for path in ["redirect-body-never", "redirect-body-endless"] {
        let visited = server.open(&format!("http://a.test/{path}")).await;
        assert_eq!(visited.visit.hops.len(), 2);
        assert!(visited.visit.hops[0].body.as_ref().unwrap().truncated);
        assert_eq!(visited.last_body(), b"fine");
    }
}

#[tokio::test]
async fn the_whole_visit_is_capped() {
    let server = Server::start(|asked| match asked.path() {
        "/first" => to("302 Found", "/drip"),
        _ => Does::Drips(UNBOUNDED.into(), b'y', Duration::from_millis(2)),
    })
    .await;
    let limits = Limits {
        progress_bytes: 1,
        total: Duration::from_millis(500),
        ..short()
    };
    let carrier = Carrier::new(Setup {
        limits,
        ..server.setup()
    })
    .unwrap();
    let visit = open(&carrier, "http://a.test/first").await.visit;
    assert_eq!(
        failed(&visit),
        Some((Stage::Body, FailureKind::TookTooLong))
    );
    assert!(
        visit.total_us >= 499_000 && visit.total_us < 1_000_000,
        "{visit:?}"
    );
    assert!(visit.hops[1].body.as_ref().unwrap().length > 10);
}

#[tokio::test]
async fn nobody_listens() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let free = listener.local_addr().unwrap();
    drop(listener);
    let server = Server::start(|_| to("302 Found", "http://gone.test/")).await;
    let mut setup = server.setup();
    setup
        .network
        .connect_to
        .insert(0, ("gone.test".parse().unwrap(), free));
    let carrier = Carrier::new(setup).unwrap();
    let visit = open(&carrier, "http://platform.test/").await.visit;
    let failure = visit.failure.unwrap();
    assert_eq!(
        (failure.stage, failure.kind),
        (Stage::Connect, FailureKind::Refused)
    );
    assert_eq!(failure.side, Side::Target, "the platform did hand over");
    assert_eq!((visit.hops.len(), visit.hops[1].status), (2, None));
    assert!(visit.handover_us.is_some());
}
