//! `bomb(gigabytes)`: a gzip body about a thousand times larger than what
//! goes over the wire. Only one compressed mebibyte is ever held: it ends on
//! a full flush and can stand any number of times in one deflate stream.

use std::io::Write;

use bytes::Bytes;
use flate2::{Compress, Compression, FlushCompress, GzBuilder};

use super::{Answer, Arc, Arguments, Ask, Behaviour, SharedBehaviour, SpecError};
use crate::answer::Content;
use crate::html::{self, Notice};

/// Bytes that one chunk decompresses to.
const CHUNK: usize = 1 << 20;

#[derive(Debug)]
struct Bomb {
    chunk: Bytes,
    times: u64,
}

pub(super) fn build(arguments: &Arguments<'_>) -> Result<SharedBehaviour, SpecError> {
    arguments.at_most(1)?;
    let gigabytes = arguments.number(0, (0.001, 1e6), Some(10.0))?;
    Ok(Arc::new(Bomb {
        chunk: chunk(),
        times: (gigabytes * 1e9 / CHUNK as f64).ceil() as u64,
    }))
}

/// A mebibyte of spaces as a piece of a raw deflate stream.
fn chunk() -> Bytes {
    let mut deflate = Compress::new(Compression::best(), false);
    let mut out = Vec::with_capacity(8192);
    let spaces = vec![b' '; CHUNK];
    // A piece that cannot be compressed is left out: the body is then short,
    // which the tests beside notice.
    if deflate
        .compress_vec(&spaces, &mut out, FlushCompress::Full)
        .is_err()
    {
        out.clear();
    }
    Bytes::from(out)
}

/// The gzip header and the page's first line, flushed and not finished.
fn head(notice: Notice) -> Bytes {
    let mut gzip = GzBuilder::new().write(Vec::new(), Compression::fast());
    let page = html::page(notice, "A compressed page", "", "");
    let front = page.split("</body>").next().unwrap_or_default();
    let written = gzip.write_all(front.as_bytes()).and_then(|()| gzip.flush());
    match written {
        Ok(()) => Bytes::from(gzip.get_ref().clone()),
        Err(_) => Bytes::new(),
    }
}

impl Behaviour for Bomb {
    fn answer(&self, ask: &Ask<'_>) -> Answer {
        Answer::respond(
            200,
            vec![
                ("content-type", "text/html; charset=utf-8".to_owned()),
                ("content-encoding", "gzip".to_owned()),
            ],
            Content::Repeat {
                head: head(ask.notice),
                chunk: self.chunk.clone(),
                times: self.times,
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn each_chunk_becomes_a_mebibyte_and_is_a_kilobyte() {
        let chunk = chunk();
        assert!(chunk.len() < 1_400, "{}", chunk.len());
        let head = head(Notice::Replay);
        let mut wire = head.to_vec();
        for _ in 0..3 {
            wire.extend_from_slice(&chunk);
        }
        let mut plain = Vec::new();
        // The stream has no end, so the reader complains after the last byte.
        let _ = flate2::read::GzDecoder::new(&wire[..]).read_to_end(&mut plain);
        let spaces = plain.iter().rev().take_while(|b| **b == b' ').count();
        assert_eq!(spaces, 3 * CHUNK);
        assert!(String::from_utf8_lossy(&plain[..2000.min(plain.len())]).contains("replay"));
    }
}
