//! How much processor time recording one link costs: 20,000 links, two
//! exchanges and one observation each, once with all bodies distinct and once
//! with all equal. Run it in release mode.
//!
//! `cargo run --release -p moongate-case --example record_links -- [folder]`

use std::collections::BTreeMap;
use std::path::Path;

use moongate_case::{
    CaseError, CaseFolder, Durability, EvidenceKind, EvidenceRecord, Inputs, Settings, plan_bytes,
};
use moongate_glossary::{Arm, Digest, Observation, Plan, Route, Seed, Slot, Trial};

const LINKS: usize = 20_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let base = std::env::args()
        .nth(1)
        .map_or_else(std::env::temp_dir, Into::into);
    for per_trial in [1, 4] {
        for distinct in [true, false] {
            let folder = tempfile::tempdir_in(&base)?;
            measure(folder.path(), per_trial, distinct)?;
        }
    }
    Ok(())
}

fn measure(path: &Path, per_trial: usize, distinct: bool) -> Result<(), CaseError> {
    let plan = plan_of(LINKS / per_trial, per_trial);
    let seed = Seed::from_sentence("a measurement of speed");
    let inputs = Inputs {
        order: ("order.toml", b"# none"),
        others: vec![],
        plan: &plan,
        commitment: seed.commit(&plan_bytes(&plan)?),
        seed,
    };
    let mut case = CaseFolder::create(path.join("case"), &inputs)?.with_settings(Settings {
        durability: Durability::Group { trials: 4096 },
        ..Settings::default()
    });
    let links: Vec<Link> = (0..LINKS)
        .map(|n| Link::new(n, per_trial, distinct))
        .collect();
    // What the caller hands over is the caller's work.
    let seen: Vec<_> = links.iter().map(|link| link.observation.clone()).collect();
    let records: Vec<_> = links.iter().flat_map(Link::records).collect();
    let handed = seen.chunks(per_trial).zip(records.chunks(2 * per_trial));
    let before = cpu_us();
    for (trial, (seen, records)) in plan.trials.iter().zip(handed) {
        case.finish_trial(&trial.id, seen, records)?;
    }
    let written = cpu_us();
    case.compact()?;
    let compacted = cpu_us();
    drop(case);
    let case = CaseFolder::open_to_read(path.join("case"))?;
    let count = case.observations().flatten().count();
    let read = cpu_us();
    let each = |from: f64, to: f64| (to - from) / LINKS as f64;
    println!(
        "{per_trial} links a trial, bodies {}: {:.2} µs of CPU a link to record, {:.2} more to end \
         the last segment; {:.2} to open and read {count} back",
        if distinct { "distinct" } else { "equal" },
        each(before, written),
        each(written, compacted),
        each(compacted, read),
    );
    Ok(())
}

/// User and system time of this process so far, microseconds.
fn cpu_us() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let ns = stat.split(' ').next().and_then(|ns| ns.parse::<f64>().ok());
    ns.unwrap_or(f64::NAN) / 1000.0
}

struct Link {
    asked: String,
    body: String,
    first: Digest,
    last: Digest,
    observation: Observation,
}

impl Link {
    fn new(n: usize, per_trial: usize, distinct: bool) -> Self {
        let body = if distinct {
            format!(
                "<!doctype html><title>page {n}</title><p>A small page, as many stand behind links: {n}."
            )
        } else {
            "<!doctype html><title>page</title><p>A small page.".to_owned()
        };
        let hop = if distinct {
            format!("moved {n}")
        } else {
            String::new()
        };
        let (first, last) = (Digest::of(hop.as_bytes()), Digest::of(body.as_bytes()));
        let facts = format!(
            r#"{{"asked":"http://127.0.0.1:8080/go?u={n}","hops":[{{"url":"http://127.0.0.1:8080/go?u={n}","address":"127.0.0.1:8080","how":{{"by":"asked"}},"timings":{{"first_byte_us":120,"total_us":160}},"status":302,"headers":[["location","http://127.0.0.1:8081/p/{n}"],["content-length","0"]],"body":{{"digest":"{first}","length":0,"truncated":false}}}},{{"url":"http://127.0.0.1:8081/p/{n}","address":"127.0.0.1:8081","how":{{"by":"location","status":302}},"timings":{{"first_byte_us":110,"total_us":150}},"status":200,"headers":[["content-type","text/html"]],"body":{{"digest":"{last}","length":{},"truncated":false}}}}],"failure":null,"handover_us":120,"total_us":320}}"#,
            body.len()
        );
        Self {
            asked: hop,
            body,
            first,
            last,
            observation: Observation {
                trial: format!("trial-{:06}", n / per_trial),
                slot: (n % per_trial) as u32,
                route: Route::Platform,
                arm: Arm::Rival,
                check: "links".into(),
                round: "now".into(),
                platform: "p".into(),
                scene: "group".into(),
                destination: format!("d{n}"),
                at_ms: 1_700_000_000_000 + i64::try_from(n).unwrap_or(0),
                factors: BTreeMap::from([
                    ("client".into(), "http".into()),
                    ("user-agent".into(), "plain".into()),
                    ("vantage".into(), "here".into()),
                ]),
                form: Some("bare".into()),
                handover_us: Some(120),
                facts,
                evidence: vec![first, last],
            },
        }
    }

    fn records(&self) -> [EvidenceRecord<'_>; 2] {
        let exchange = |digest, body, response_head| {
            EvidenceRecord {
            digest,
            kind: EvidenceKind::Exchange {
                url: "http://127.0.0.1:8080/go?u=1234567",
                at_ms: self.observation.at_ms,
                address: Some("127.0.0.1:8080"),
                request_head: b"GET /go?u=1234567 HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: moongate/0.1\r\nAccept: */*\r\nAccept-Encoding: gzip\r\n\r\n",
                response_head,
                body,
                truncated: false,
            },
        }
        };
        [
            exchange(self.first, self.asked.as_bytes(), &b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:8081/p/1234567\r\nContent-Length: 0\r\nDate: Fri, 17 Sep 2021 12:00:00 GMT\r\n\r\n"[..]),
            exchange(self.last, self.body.as_bytes(), &b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nDate: Fri, 17 Sep 2021 12:00:00 GMT\r\n\r\n"[..]),
        ]
    }
}

fn plan_of(trials: usize, slots: usize) -> Plan {
    let slot = Slot {
        destination: "d".into(),
        arm: Arm::Rival,
    };
    let trial = |n: usize| Trial {
        id: format!("trial-{n:06}"),
        round: "now".into(),
        check: "links".into(),
        platform: "p".into(),
        scene: "group".into(),
        factors: BTreeMap::new(),
        slots: vec![slot.clone(); slots],
    };
    Plan {
        format: Plan::FORMAT,
        order: "o".into(),
        rounds: vec![],
        trials: (0..trials).map(trial).collect(),
    }
}
