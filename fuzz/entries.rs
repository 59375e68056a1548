//! What the fuzz targets call, one function each: bytes from a stranger in,
//! nothing out, a panic if what must hold does not. A test of the workspace
//! calls the same functions with the seeds, so that they cannot rot.
//!
//! Nothing here opens anything but loopback and a folder of its own.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a target calls one of them, and panicking is how it speaks"
)]

use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use moongate_carrier::{
    Carrier, Jar, Limits, Network, Request, Resolve, Resolving, Setup, UserAgent,
};
use moongate_case::{CaseFolder, Inputs, plan_bytes};
use moongate_glossary::{Digest, Plan, Seed, Trial};
use moongate_order::{Diagnostics, Order};
use moongate_page::{Hop, HowReached, Opening, Timings, Visit};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use url::Url;

static LINKS_ORDER: LazyLock<Order> =
    LazyLock::new(|| shipped(include_str!("../orders/miit-2021-links.toml")));
static DELAY_ORDER: LazyLock<Order> =
    LazyLock::new(|| shipped(include_str!("../orders/x-2023-link-delay.toml")));

fn shipped(text: &str) -> Order {
    let vocabulary = moongate_checks::vocabulary();
    moongate_order::read("order.toml", text, &vocabulary).expect("a shipped order is sound")
}

/// Every mistake has a place inside the text, and can be drawn.
fn hold_mistakes(mistakes: &Diagnostics) {
    for mistake in mistakes {
        assert!(mistake.line > 0 && mistake.column > 0, "{mistake:?}");
    }
    assert!(!mistakes.render(false).is_empty());
}

/// An order in TOML.
pub(crate) fn order(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let vocabulary = moongate_checks::vocabulary();
    if let Err(mistakes) = moongate_order::read("order.toml", text, &vocabulary) {
        hold_mistakes(&mistakes);
    }
}

/// A links file, against a shipped order.
pub(crate) fn links_file(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Err(mistakes) = moongate_check_links::links_file::read("links.toml", text, &LINKS_ORDER)
    {
        hold_mistakes(&mistakes);
    }
}

/// A mapping and its table, parted by a line `+++`.
pub(crate) fn table(bytes: &[u8]) {
    let parted = bytes.windows(5).position(|five| five == b"\n+++\n");
    let (mapping, table) = parted.map_or((bytes, &[][..]), |at| (&bytes[..at], &bytes[at + 5..]));
    let Ok(mapping) = std::str::from_utf8(mapping) else {
        return;
    };
    let mapping = match moongate_import::Mapping::read("mapping.toml", mapping, &DELAY_ORDER) {
        Ok(mapping) => mapping,
        Err(mistakes) => return hold_mistakes(&mistakes),
    };
    let read = moongate_import::decode("table.csv", table.to_vec())
        .and_then(|text| moongate_import::read("table.csv", &text, &mapping, "t"));
    match read {
        Ok(trials) => {
            for trial in trials {
                assert_eq!(trial.figures.len(), trial.trial.slots.len());
                assert!(
                    trial
                        .figures
                        .iter()
                        .all(|figure| figure.row < trial.rows.len())
                );
            }
        }
        Err(mistakes) => hold_mistakes(&mistakes),
    }
}

/// A link, or a text with links in it.
pub(crate) fn link(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let shown = moongate_url::display_safe_text(&text);
    assert!(
        !shown
            .chars()
            .any(|c| c.is_control() && c != '\n' && c != '\t'),
        "{shown:?}"
    );
    for found in moongate_url::links_in_text(&text) {
        hold_link(found.link.parsed());
    }
    if let Ok(link) = moongate_url::Link::parse(&text) {
        hold_link(link.parsed());
    }
}

fn hold_link(url: &Url) {
    if let Some(target) = moongate_url::unwrap(url).target() {
        assert!(matches!(target.scheme(), "http" | "https"), "{target}");
    }
    for found in moongate_url::embedded_targets(url) {
        assert!(
            matches!(found.url.scheme(), "http" | "https"),
            "{}",
            found.url
        );
    }
    assert!(moongate_url::same_page(url, url), "{url}");
    let shown = moongate_url::display_safe(url);
    assert!(!shown.chars().any(char::is_control), "{shown:?}");
    let _ = moongate_url::special_block(
        url.host_str()
            .and_then(|host| host.parse().ok())
            .unwrap_or([0, 0, 0, 0].into()),
    );
}

const ASKED: &str = "https://jump.chat.example/go?to=1";
const TARGET: &str = "https://item.shop.example/a?b=1";

/// The first line, a status and headers as `200 name: value|name: value`, and
/// the body after it.
fn response(bytes: &[u8]) -> (u16, Vec<(String, String)>, &[u8]) {
    let at = bytes.iter().position(|byte| *byte == b'\n');
    let (head, body) = at.map_or((&[][..], bytes), |at| (&bytes[..at], &bytes[at + 1..]));
    let head = String::from_utf8_lossy(head).into_owned();
    let (status, headers) = head.split_once(' ').unwrap_or(("200", &head));
    let headers = headers.split('|').filter_map(|header| {
        let (name, value) = header.split_once(':')?;
        Some((name.trim().to_ascii_lowercase(), value.trim().to_owned()))
    });
    (status.parse().unwrap_or(200), headers.collect(), body)
}

/// A page between platform and target.
pub(crate) fn page(bytes: &[u8]) {
    let (status, headers, body) = response(bytes);
    let visit = Visit {
        asked: ASKED.to_owned(),
        hops: vec![Hop {
            url: ASKED.to_owned(),
            address: None,
            how: HowReached::Asked,
            timings: Timings::default(),
            status: Some(status),
            headers,
            body: None,
        }],
        failure: None,
        handover_us: None,
        total_us: 0,
    };
    let target = Url::parse(TARGET).unwrap();
    let found = moongate_page::classify(&Opening {
        visit: &visit,
        last_body: Some(body),
        target: &target,
        direct: None,
        platform_sites: &[],
    });
    assert!(!found.signals.is_empty(), "no class without a ground");
}

/// Redirects, `Refresh` headers, meta refresh and scripts.
pub(crate) fn hand_over(bytes: &[u8]) {
    let (status, headers, body) = response(bytes);
    let here = Url::parse(ASKED).unwrap();
    if let Some(over) = moongate_page::hand_over(&here, status, &headers, body) {
        assert!(matches!(over.to.scheme(), "http" | "https"), "{}", over.to);
        let delay_s = match over.how {
            HowReached::RefreshHeader { delay_s }
            | HowReached::MetaRefresh { delay_s }
            | HowReached::Script { delay_s, .. } => delay_s,
            HowReached::Asked | HowReached::Location { .. } => 0.0,
        };
        assert!(delay_s.is_finite() && delay_s >= 0.0, "{delay_s}");
    }
    for (name, value) in &headers {
        if name == "retry-after" {
            let _ = moongate_carrier::retry_after(value, 1_700_000_000_000);
        }
    }
}

struct Nowhere;

impl Resolve for Nowhere {
    fn resolve<'a>(&'a self, _name: &'a str) -> Resolving<'a> {
        Box::pin(async { Err(std::io::ErrorKind::NotFound.into()) })
    }
}

/// The bytes of a whole answer over HTTP, as a server on loopback sends them.
/// One hop is opened and no other: nothing leaves this machine.
pub(crate) fn response_on_the_wire(bytes: &[u8]) {
    thread_local! {
        static RUNTIME: tokio::runtime::Runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
    }
    RUNTIME.with(|runtime| runtime.block_on(answered_with(bytes)));
}

async fn answered_with(bytes: &[u8]) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let soon = Duration::from_millis(200);
    let carrier = Carrier::new(Setup {
        limits: Limits {
            hops: 1,
            body_bytes: 1 << 16,
            first_byte: soon,
            total: soon,
            ..Limits::default()
        },
        network: Network {
            allow_private: vec!["127.0.0.1".parse().unwrap()],
            ..Network::default()
        },
        resolver: Arc::new(Nowhere),
        ..Setup::default()
    })
    .unwrap();
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 4096]).await;
        let _ = stream.write_all(bytes).await;
    };
    let url = format!("http://{address}/");
    let mut jar = Jar::new();
    let (visited, ()) = tokio::join!(
        carrier.open(Request::get(&url, &UserAgent::Plain), &mut jar),
        serve
    );
    assert_eq!(visited.visit.hops.len(), 1);
    for exchange in &visited.exchanges {
        assert!(exchange.body.len() <= 1 << 16);
        assert_eq!(Digest::of(&exchange.body), exchange.digest);
    }
}

/// A case with one planned trial, and what its files are named by.
struct Case {
    folder: tempfile::TempDir,
    plan: Digest,
}

static CASE: LazyLock<Case> = LazyLock::new(|| {
    let trial = Trial {
        id: "t1".into(),
        round: "now".into(),
        check: "links".into(),
        platform: "p".into(),
        scene: "s".into(),
        factors: std::collections::BTreeMap::default(),
        slots: vec![],
    };
    let plan = Plan {
        format: Plan::FORMAT,
        order: "o".into(),
        rounds: vec![],
        trials: vec![trial],
    };
    let bytes = plan_bytes(&plan).unwrap();
    let seed = Seed::from_sentence("fuzzing");
    let folder = tempfile::tempdir().unwrap();
    let inputs = Inputs {
        order: ("order.toml", b"an order"),
        others: vec![],
        plan: &plan,
        commitment: seed.commit(&bytes),
        seed,
    };
    CaseFolder::create(folder.path().join("case"), &inputs).unwrap();
    Case {
        folder,
        plan: Digest::of(&bytes),
    }
});

/// Evidence: the bytes as a WARC record in a gzip member, vouched for by a
/// journal; with a first byte 0, the bytes as the file itself.
pub(crate) fn warc(bytes: &[u8]) {
    let file = match bytes.split_first() {
        Some((0, raw)) => raw.to_vec(),
        _ => gzip_member(bytes),
    };
    let evidence = format!(r#"{{"file":1,"end":{}}}"#, file.len());
    let header = format!(
        r#"{{"format":1,"plan":"{}","evidence":{{"file":0,"end":0}},"segments":[]}}"#,
        CASE.plan
    );
    let entry = format!(
        r#"{{"trial":"t1","evidence":{evidence},"crc":{},"durable":0,"observations":[]}}"#,
        crc32(&file)
    );
    let mut journal = b"MGJRNL\n\0".to_vec();
    frame(header.as_bytes(), &mut journal);
    frame(entry.as_bytes(), &mut journal);
    open(&journal, &file);
}

/// The journal: each line a frame, `PLAN` in it the digest of the plan; with a
/// first byte 0, the bytes as the file itself.
pub(crate) fn journal(bytes: &[u8]) {
    let journal = if let Some((0, raw)) = bytes.split_first() {
        raw.to_vec()
    } else {
        let text = String::from_utf8_lossy(bytes).replace("PLAN", &CASE.plan.to_string());
        let mut journal = b"MGJRNL\n\0".to_vec();
        for line in text.lines() {
            frame(line.as_bytes(), &mut journal);
        }
        journal
    };
    open(&journal, &gzip_member(b"WARC/1.1\r\n\r\n"));
}

/// What a reader sees and what the writer makes of it must be the same.
fn open(journal: &[u8], evidence: &[u8]) {
    let path = CASE.folder.path().join("case");
    for (folder, name, bytes) in [
        ("observations", "open.journal", journal),
        ("evidence", "00001.warc.gz", evidence),
    ] {
        let folder = path.join(folder);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(name), bytes).unwrap();
    }
    let read = CaseFolder::open_to_read(&path).map(|case| look_through(&case));
    let mended = CaseFolder::open(&path).map(|case| look_through(&case));
    if let (Ok(read), Ok(mended)) = (read, mended) {
        assert_eq!(read, mended);
        let again = CaseFolder::open(&path).map(|case| look_through(&case));
        assert_eq!(again.unwrap(), mended, "mending twice is mending once");
    }
}

fn look_through(case: &CaseFolder) -> usize {
    let said = case.verify(|_, trial| trial.slots.clone());
    assert!(said.finished <= 1);
    for observation in case.observations().flatten() {
        for digest in &observation.evidence {
            if let Ok(Some(body)) = case.body(digest) {
                assert_eq!(Digest::of(&body), *digest);
            }
        }
    }
    case.finished_trials().len()
}

fn frame(text: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&u32::try_from(text.len()).unwrap().to_le_bytes());
    out.extend_from_slice(&crc32(text).to_le_bytes());
    out.extend_from_slice(text);
}

fn gzip_member(content: &[u8]) -> Vec<u8> {
    let content = &content[..content.len().min(0xffff)];
    let size = u16::try_from(content.len()).unwrap();
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1];
    out.extend_from_slice(&size.to_le_bytes());
    out.extend_from_slice(&(!size).to_le_bytes());
    out.extend_from_slice(content);
    out.extend_from_slice(&crc32(content).to_le_bytes());
    out.extend_from_slice(&u32::from(size).to_le_bytes());
    out
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

/// Takes whatever bytes there are.
pub(crate) type Entry = fn(&[u8]);

/// A target's name with its function.
pub(crate) const ALL: [(&str, Entry); 9] = [
    ("order", order),
    ("links_file", links_file),
    ("table", table),
    ("link", link),
    ("page", page),
    ("hand_over", hand_over),
    ("response", response_on_the_wire),
    ("warc", warc),
    ("journal", journal),
];

/// Where the seeds of a target lie.
pub(crate) fn seeds(root: &Path, target: &str) -> std::path::PathBuf {
    root.join("fuzz/seeds").join(target)
}
