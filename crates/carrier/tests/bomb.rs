//! Compressed bodies that would expand to 10 GB and more cost no memory. Alone
//! in its process, since it looks at the memory of the whole process.
#![allow(clippy::unwrap_used, missing_docs)]

mod rig;

use std::io::Write;
use std::time::Duration;

use rig::{Does, Server};
use tokio::time::Instant;

const GB: usize = 1 << 30;

/// A start and a part that, repeated, expands by so many bytes each time.
type Bomb = (&'static str, Vec<u8>, Vec<u8>, usize);

fn flushed(mut encoder: flate2::write::DeflateEncoder<Vec<u8>>) -> Vec<u8> {
    encoder.write_all(&vec![0; 1 << 20]).unwrap();
    encoder.flush().unwrap();
    encoder.get_ref().clone()
}

fn bombs() -> Vec<Bomb> {
    let best = flate2::Compression::best();
    let zeros = flushed(flate2::write::DeflateEncoder::new(Vec::new(), best));
    let hex = |text: &str| -> Vec<u8> {
        let pairs = text.as_bytes().chunks(2);
        pairs
            .map(|p| u8::from_str_radix(std::str::from_utf8(p).unwrap(), 16).unwrap())
            .collect()
    };
    vec![
        ("gzip", hex("1f8b08000000000000ff"), zeros.clone(), 1 << 20),
        ("deflate", vec![], zeros, 1 << 20),
        // A window of 4 MiB; meta-blocks of 1 MiB of zeros, flushed.
        (
            "br",
            hex("abffff074002201e0b24f7fec100"),
            hex("faff7f002400e2b00074ef1f0c"),
            1 << 20,
        ),
        // A window of 8 MiB; blocks of 128 KiB of one repeated byte.
        ("zstd", hex("28b52ffd0068"), hex("02001000"), 128 << 10),
        // A window of 1 GiB: refused.
        ("zstd", hex("28b52ffd00a0"), hex("02001000"), 128 << 10),
        (
            "br",
            hex("1131"),
            hex("faff7f002400e2b00074ef1f0c"),
            1 << 20,
        ),
    ]
}

/// A figure of `/proc/self/status` in KiB.
fn memory(what: &str) -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(what))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[tokio::test]
async fn bombs_end_within_the_cap() {
    for (i, (coding, start, part, size)) in bombs().into_iter().enumerate() {
        let times = 10 * GB / size;
        let length = start.len() + part.len() * times;
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {length}\r\n\r\n"
        );
        let server = Server::start(move |_| {
            let start = [head.as_bytes(), &start].concat();
            Does::Endless(start, part.repeat(1000))
        })
        .await;
        let carrier = server.carrier();
        let before = memory("VmRSS");
        let began = Instant::now();
        let visited = rig::open(&carrier, "http://bomb.test/").await;
        assert!(began.elapsed() < Duration::from_secs(5), "{coding}");
        let body = visited.visit.hops[0].body.clone().unwrap();
        let refused = i > 3;
        assert!(body.truncated, "{coding}");
        assert_eq!(body.length, if refused { 0 } else { 1 << 20 }, "{coding}");
        assert_eq!(
            visited.visit.failure.is_some(),
            refused,
            "{:?}",
            visited.visit.failure
        );
        let peak = memory("VmHWM");
        match before.zip(peak) {
            Some((before, peak)) => {
                assert!(peak - before < 32 << 10, "{coding}: {before} {peak} KiB");
            }
            None => println!("bombs_end_within_the_cap: no /proc here, memory was not looked at"),
        }
    }
}
