//! The saved pages in `cases/`, all invented after published descriptions.
//!
//! Each begins with what is expected; `+++` begins the page, `+++ direct` the
//! direct control's. The pages come from the hand that made the rules: that
//! all of them are read rightly says that nothing broke, not how well unseen
//! pages are read.

use std::fmt::Write as _;
use std::path::Path;

use moongate_glossary::{Digest, Side};
use proptest::prelude::*;
use serde::Deserialize;
use url::Url;

use super::*;
use crate::class::DirectControl;
use crate::visit::{Body, Failure, FailureKind, HowReached, Stage, Timings, Visit};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    #[expect(dead_code, reason = "for readers of the file")]
    about: String,
    class: String,
    asked: String,
    target: String,
    #[serde(rename = "final")]
    end: Option<String>,
    hop: Option<String>,
    status: Option<u16>,
    header: Option<String>,
    encoding: Option<String>,
    warned: Option<bool>,
    after: Option<f64>,
    reason: Option<String>,
    blank: Option<bool>,
    /// Stands in the datum of the first signal.
    by: Option<String>,
    direct_final: Option<String>,
    direct_status: Option<u16>,
}

pub(super) fn hop(url: &str, how: HowReached, status: u16, body: Option<&[u8]>) -> Hop {
    Hop {
        url: url.to_owned(),
        address: None,
        how,
        timings: Timings::default(),
        status: Some(status),
        headers: vec![("content-type".to_owned(), "text/html".to_owned())],
        body: body.map(|bytes| Body {
            digest: Digest::of(bytes),
            length: bytes.len() as u64,
            truncated: false,
        }),
    }
}

pub(super) fn visit(asked: &str, hops: Vec<Hop>) -> Visit {
    Visit {
        asked: asked.to_owned(),
        hops,
        failure: None,
        handover_us: None,
        total_us: 0,
    }
}

impl Case {
    fn visit(&self, body: &[u8]) -> Visit {
        let status = self.status.unwrap_or(200);
        let mut hops = Vec::new();
        if let Some(end) = &self.end {
            let how = match self.hop.as_deref().and_then(|hop| hop.split_once(' ')) {
                Some(("meta", delay)) => HowReached::MetaRefresh {
                    delay_s: delay.parse().unwrap(),
                },
                Some((_, delay)) => HowReached::Script {
                    form: "location.href".to_owned(),
                    delay_s: delay.parse().unwrap(),
                },
                None => HowReached::Location { status: 302 },
            };
            hops.push(hop(&self.asked, HowReached::Asked, 302, None));
            hops.push(hop(end, how, status, Some(body)));
        } else {
            hops.push(hop(&self.asked, HowReached::Asked, status, Some(body)));
        }
        if let Some((name, value)) = self.header.as_deref().and_then(|h| h.split_once(": ")) {
            let headers = &mut hops.last_mut().unwrap().headers;
            headers.push((name.to_owned(), value.to_owned()));
        }
        visit(&self.asked, hops)
    }

    fn encoded(&self, page: &str) -> Vec<u8> {
        let label = self.encoding.as_deref().unwrap_or("utf-8");
        let encoding = encoding_rs::Encoding::for_label(label.as_bytes()).unwrap();
        encoding.encode(page).0.into_owned()
    }

    fn classify(&self, text: &str) -> Classification {
        let (page, direct) = match text.split_once("+++ direct\n") {
            Some((page, direct)) => (page, Some(direct)),
            None => (text, None),
        };
        let body = self.encoded(page);
        let visit = self.visit(&body);
        let target = Url::parse(&self.target).unwrap();
        let control = direct.map(|direct| {
            let end = self.direct_final.as_deref().unwrap_or(&self.target);
            let status = self.direct_status.unwrap_or(200);
            let hops = vec![hop(end, HowReached::Asked, status, Some(direct.as_bytes()))];
            super::tests::visit(&self.target, hops)
        });
        classify(&Opening {
            visit: &visit,
            last_body: Some(&body),
            target: &target,
            direct: control.as_ref().map(|visit| DirectControl {
                visit,
                body: direct.map(str::as_bytes),
            }),
            platform_sites: &["chat.example".to_owned()],
        })
    }

    /// What differs from what is expected.
    fn faults(&self, found: &Classification) -> Vec<String> {
        let mut faults = Vec::new();
        if found.class.code() != self.class {
            faults.push(format!("class {} for {}", found.class.code(), self.class));
        }
        match (self.warned, found.class) {
            (Some(expected), Class::LeavePage { warned }) if expected != warned => {
                faults.push(format!("warned {warned}"));
            }
            _ => {}
        }
        match (self.after, found.class) {
            (Some(expected), Class::TimedHop { after_s }) if (expected - after_s).abs() > 0.01 => {
                faults.push(format!("after {after_s}"));
            }
            _ => {}
        }
        if let Some(reason) = &self.reason
            && !found
                .stated_reason
                .as_deref()
                .unwrap_or_default()
                .contains(reason.as_str())
        {
            faults.push(format!("reason {:?}", found.stated_reason));
        }
        if self.blank == Some(true) && !found.is_blank() {
            faults.push("not blank".to_owned());
        }
        if let Some(by) = &self.by
            && !found
                .signals
                .first()
                .is_some_and(|signal| signal.what.contains(by.as_str()))
        {
            faults.push(format!("not by {by}"));
        }
        if found.signals.is_empty() {
            faults.push("no signals".to_owned());
        }
        faults
    }
}

fn cases() -> Vec<(String, Case, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let mut cases: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "html")
        })
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            let (head, page) = text.split_once("+++\n").unwrap();
            let case = toml_edit::de::from_str(head).unwrap_or_else(|e| panic!("{name}: {e}"));
            (name, case, page.to_owned())
        })
        .collect();
    cases.sort_by(|a, b| a.0.cmp(&b.0));
    cases
}

#[test]
fn saved_pages_are_classified() {
    let mut report = String::new();
    let cases = cases();
    assert!(cases.len() >= 173, "{}", cases.len());
    for (name, case, page) in &cases {
        let found = case.classify(page);
        let faults = case.faults(&found);
        if !faults.is_empty() {
            let _ = writeln!(
                report,
                "{name}: {}\n    {:?}",
                faults.join("; "),
                found.signals
            );
        }
    }
    assert!(report.is_empty(), "{report}");
}

fn look(html: &[u8], asked: &str, target: &str) -> Classification {
    let visit = visit(asked, vec![hop(asked, HowReached::Asked, 200, Some(html))]);
    let target = Url::parse(target).unwrap();
    classify(&Opening {
        visit: &visit,
        last_body: Some(html),
        target: &target,
        direct: None,
        platform_sites: &["chat.example".to_owned()],
    })
}

const ASKED: &str = "https://link.chat.example/go?id=1";
const TARGET: &str = "https://item.shop.example/a?b=1";

#[test]
fn failures_keep_their_side() {
    let failed = |hops, side| {
        let mut visit = visit(ASKED, hops);
        visit.failure = Some(Failure {
            stage: Stage::Connect,
            kind: FailureKind::Refused,
            side,
            message: "connection refused".to_owned(),
        });
        let target = Url::parse(TARGET).unwrap();
        classify(&Opening {
            visit: &visit,
            last_body: None,
            target: &target,
            direct: None,
            platform_sites: &[],
        })
        .class
    };
    for side in Side::ALL {
        assert_eq!(failed(vec![], side), Class::NotMeasured { side });
    }
    let hops = vec![
        hop(ASKED, HowReached::Asked, 302, None),
        hop(TARGET, HowReached::Location { status: 302 }, 0, None),
    ];
    assert_eq!(failed(hops.clone(), Side::Target), Class::DestinationFailed);
    assert_eq!(
        failed(hops, Side::Ours),
        Class::NotMeasured { side: Side::Ours }
    );
}

#[test]
fn no_answer_of_200_alone_is_reached() {
    for html in ["", "<p>welcome</p>", "ok", "<img src=a>"] {
        assert_ne!(
            look(html.as_bytes(), ASKED, TARGET).class,
            Class::Reached,
            "{html}"
        );
    }
}

#[test]
fn hosts_of_digits_are_told_apart_by_port() {
    let html = br#"<p>You are leaving</p><a href="http://127.0.0.1:9002/x">Continue</a>"#;
    let found = look(
        html,
        "http://127.0.0.1:9001/go?id=1",
        "http://127.0.0.1:9002/x",
    );
    assert_eq!(found.class, Class::LeavePage { warned: false });
    assert!(!found.handed_over);
}

#[test]
fn classifications_are_stored_and_read_back() {
    let found = look(
        b"<p>Copy this link: https://item.shop.example/a?b=1",
        ASKED,
        TARGET,
    );
    let text = serde_json::to_string(&found).unwrap();
    assert_eq!(
        serde_json::from_str::<Classification>(&text).unwrap(),
        found
    );
}

/// Pages made to be slow: each must cost no more than its length.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the bound under test is one of time"
)]
fn hostile_pages_are_bounded() {
    let n = 400_000;
    let pages = [
        "<div>".repeat(1_000_000),
        "<div hidden>".repeat(n),
        "<a href=x>".repeat(n),
        format!("<a {}>x", "a=b ".repeat(n)),
        format!(
            "<a href=\"{}\">x</a>",
            "https://item.shop.example/?u=".repeat(60_000)
        ),
        "<a href=\"https://l.example/?u=https%3A%2F%2Fitem.shop.example%2F%3Fu%3D1\">"
            .repeat(20_000),
        format!("<script>location=[{}</script>", "[".repeat(n)),
        format!("<script>location={}</script>", "(".repeat(n)),
        format!("<script>location={}'x'</script>", "'a'+".repeat(n)),
        format!(
            "<script>{}location=1</script>",
            "function f(){".repeat(60_000)
        ),
        "<script>function f(){f();f()} f();location.href='/x'</script>".to_owned(),
        "<script>var a='x';for(;;){} setInterval(function(){a=a+a;},0);location.href=a+b</script>"
            .to_owned(),
        format!("<script>location=`{}</script>", "${`".repeat(100_000)),
        "<!--".repeat(n),
        "&".repeat(n),
        "<script>".repeat(100_000),
        "<meta http-equiv=refresh content=".repeat(50_000),
        format!("<p>{}", "复制".repeat(n)),
        format!("<p>{}", "item.shop.example/a".repeat(40_000)),
        format!("<script>var cgiData={{{}", "type:'x',".repeat(60_000)),
        "<title>".repeat(100_000),
        "<form><input type=hidden value='https://item.shop.example/a?b=1'>".repeat(20_000),
    ];
    for page in pages {
        let headers = [("content-type".to_owned(), "text/html".to_owned())];
        let base = Url::parse(ASKED).unwrap();
        let name: String = page.chars().take(40).collect();
        let start = std::time::Instant::now();
        let _ = crate::hand_over(&base, 200, &headers, page.as_bytes());
        let _ = look(page.as_bytes(), ASKED, TARGET);
        let took = start.elapsed();
        assert!(took.as_secs() < 60, "{name}: {took:?}");
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let base = Url::parse(ASKED).unwrap();
        let _ = crate::hand_over(&base, 200, &[], &bytes);
        prop_assert!(look(&bytes, ASKED, TARGET).class != Class::Reached);
    }

    #[test]
    fn page_like_texts_are_answered(
        pieces in proptest::collection::vec(prop::sample::select(vec![
            "<a href=", "'", "\"", ">", "<script>", "</script>", "location", ".href", "=", "(", ")",
            "{", "}", "function", " f", "setTimeout", "if", "else", "return", ",", "1000", ";", "=>",
            "https://item.shop.example/a?b=1", "<form action=", "<button>", "继续访问", "复制", "`", "${",
            "<meta http-equiv=refresh content=", "0;url=", "<!--", "-->", "<div hidden>", "</div>", "\\",
            "document.getElementById('a')", ".innerHTML", "++", "--", "<p id=a>", "cgiData", "type:'gray'",
        ]), 0..60)
    ) {
        let html: String = pieces.concat();
        let base = Url::parse(ASKED).unwrap();
        let _ = crate::hand_over(&base, 200, &[], html.as_bytes());
        prop_assert!(look(html.as_bytes(), ASKED, TARGET).class != Class::Reached);
    }
}
