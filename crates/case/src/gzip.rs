//! Gzip members (RFC 1952), one for each record: so that any record can be
//! read alone, and so that a broken end costs only the last one.
//!
//! Small records are kept in stored blocks: a member is set up for each record
//! anew, and for a few hundred bytes that costs more time than it saves room.

use std::io::{self, Read};

use flate2::{Compress, Compression, Crc, FlushCompress, Status};

/// Below this many bytes a record is stored, not deflated.
pub(crate) const DEFLATE_FROM: usize = 4096;

// Deflate, no flags, no time (the same bytes for the same record), no hint,
// system unknown.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
const LARGEST_STORED: usize = 65_535;

/// Makes gzip members; keeps the compressor's tables between them.
pub(crate) struct MemberWriter(Compress);

impl MemberWriter {
    pub(crate) fn new() -> Self {
        Self(Compress::new(Compression::fast(), false))
    }

    /// Adds one member holding `content` to `out`.
    pub(crate) fn write(&mut self, content: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        out.extend_from_slice(&HEADER);
        if content.len() < DEFLATE_FROM {
            store(content, out);
        } else {
            self.deflate(content, out)?;
        }
        let mut crc = Crc::new();
        crc.update(content);
        out.extend_from_slice(&crc.sum().to_le_bytes());
        out.extend_from_slice(&(content.len() as u32).to_le_bytes());
        Ok(())
    }

    fn deflate(&mut self, content: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        self.0.reset();
        let mut rest = content;
        loop {
            out.reserve(rest.len() / 2 + 1024);
            let before = self.0.total_in();
            let status = self
                .0
                .compress_vec(rest, out, FlushCompress::Finish)
                .map_err(io::Error::other)?;
            let taken = usize::try_from(self.0.total_in() - before).unwrap_or(usize::MAX);
            rest = rest.get(taken..).unwrap_or_default();
            if status == Status::StreamEnd {
                return Ok(());
            }
        }
    }
}

fn store(content: &[u8], out: &mut Vec<u8>) {
    let mut chunks = content.chunks(LARGEST_STORED).peekable();
    if chunks.peek().is_none() {
        out.extend_from_slice(&[1, 0, 0, 0xff, 0xff]);
    }
    while let Some(chunk) = chunks.next() {
        let size = chunk.len() as u16;
        out.push(u8::from(chunks.peek().is_none()));
        out.extend_from_slice(&size.to_le_bytes());
        out.extend_from_slice(&(!size).to_le_bytes());
        out.extend_from_slice(chunk);
    }
}

/// What one member holds, read from `source`: at most `limit` bytes are kept;
/// a member that holds more is an error.
pub(crate) fn read_member(source: &[u8], limit: u64) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    flate2::bufread::GzDecoder::new(source)
        .take(limit.saturating_add(1))
        .read_to_end(&mut content)?;
    if content.len() as u64 > limit {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "holds more than its record states",
        ));
    }
    Ok(content)
}

/// CRC-32 (the one of gzip) of some bytes.
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_size_around_the_limits_comes_back() {
        let mut writer = MemberWriter::new();
        for size in [
            0,
            1,
            DEFLATE_FROM - 1,
            DEFLATE_FROM,
            65_535,
            65_536,
            300_000,
        ] {
            let content: Vec<u8> = (0..size).map(|n| (n * n % 251) as u8).collect();
            let mut out = Vec::new();
            writer.write(&content, &mut out).unwrap();
            assert_eq!(read_member(&out, size as u64).unwrap(), content);
        }
    }

    #[test]
    fn a_member_that_swells_is_refused() {
        let mut out = Vec::new();
        MemberWriter::new()
            .write(&vec![0; 100_000], &mut out)
            .unwrap();
        assert!(out.len() < 2_000);
        assert!(read_member(&out, 5_000).is_err());
    }

    proptest! {
        #[test]
        fn members_come_back(content: Vec<u8>) {
            let mut out = Vec::new();
            MemberWriter::new().write(&content, &mut out).unwrap();
            prop_assert_eq!(read_member(&out, 1 << 20).unwrap(), content);
        }

        #[test]
        fn strange_bytes_are_answered(bytes: Vec<u8>) {
            let _ = read_member(&bytes, 1 << 20);
        }
    }
}
