//! The journal: trials that are finished and stand in no segment yet.
//!
//! Pure: frames to bytes and back. A frame is the length of its text (four
//! bytes, little-endian), the CRC-32 of the text, and the text, which is JSON.
//! The first frame is a [`Header`], every other one an [`Entry`].
//!
//! Not here: the file, and what is done about a torn end.

use moongate_glossary::{Digest, Observation};
use serde::ser::{SerializeSeq as _, SerializeStruct as _, Serializer};
use serde::{Deserialize, Serialize};

use crate::gzip::crc32;
use crate::warc::hex_of;

/// The bytes every journal begins with.
pub(crate) const MAGIC: &[u8; 8] = b"MGJRNL\n\0";
/// The format written.
pub(crate) const FORMAT: u64 = 1;

/// A place in the evidence: everything before it belongs to finished trials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub(crate) struct Place {
    /// Number of the file; 0 before the first.
    pub(crate) file: u32,
    /// Bytes of it.
    pub(crate) end: u64,
}

/// What stood before this journal began. All of it is durable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Header {
    pub(crate) format: u64,
    pub(crate) plan: Digest,
    pub(crate) evidence: Place,
    pub(crate) segments: Vec<SegmentName>,
}

/// A finished segment, as the journal vouches for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SegmentName {
    pub(crate) file: String,
    pub(crate) sha256: Digest,
}

/// One finished trial.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Entry {
    pub(crate) trial: String,
    /// How far the evidence reaches with this trial.
    pub(crate) evidence: Place,
    /// CRC-32 of the evidence this trial added.
    pub(crate) crc: u32,
    /// How many bytes of this journal were durable when this was written.
    pub(crate) durable: u64,
    pub(crate) observations: Vec<Observation>,
}

/// As [`Entry`], borrowed.
#[derive(Serialize)]
pub(crate) struct EntryRef<'a> {
    pub(crate) trial: &'a str,
    pub(crate) evidence: Place,
    pub(crate) crc: u32,
    pub(crate) durable: u64,
    #[serde(serialize_with = "rows")]
    pub(crate) observations: &'a [Observation],
}

fn rows<S: Serializer>(observations: &[Observation], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(observations.iter().map(Row))
}

/// An observation in the same JSON as its own, with digests written faster.
struct Row<'a>(&'a Observation);

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let row = self.0;
        let mut fields = to.serialize_struct("Observation", 15)?;
        fields.serialize_field("trial", &row.trial)?;
        fields.serialize_field("slot", &row.slot)?;
        fields.serialize_field("route", &row.route)?;
        fields.serialize_field("arm", &row.arm)?;
        fields.serialize_field("check", &row.check)?;
        fields.serialize_field("round", &row.round)?;
        fields.serialize_field("platform", &row.platform)?;
        fields.serialize_field("scene", &row.scene)?;
        fields.serialize_field("destination", &row.destination)?;
        fields.serialize_field("at_ms", &row.at_ms)?;
        fields.serialize_field("factors", &row.factors)?;
        fields.serialize_field("form", &row.form)?;
        fields.serialize_field("handover_us", &row.handover_us)?;
        fields.serialize_field("facts", &row.facts)?;
        fields.serialize_field("evidence", &Digests(&row.evidence))?;
        fields.end()
    }
}

struct Digests<'a>(&'a [Digest]);

impl Serialize for Digests<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut list = to.serialize_seq(Some(self.0.len()))?;
        for digest in self.0 {
            let text = hex_of(digest);
            list.serialize_element(std::str::from_utf8(&text).unwrap_or_default())?;
        }
        list.end()
    }
}

/// Adds a frame with `text` as JSON to `out`.
pub(crate) fn frame<T: Serialize>(text: &T, out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
    let start = out.len();
    out.extend_from_slice(&[0; 8]);
    serde_json::to_writer(&mut *out, text)?;
    seal(start, out);
    Ok(())
}

/// Fills in the eight bytes at `start`, which the rest of `out` follows.
pub(crate) fn seal(start: usize, out: &mut [u8]) {
    let body = out.get(start + 8..).unwrap_or_default();
    let (length, crc) = ((body.len() as u32).to_le_bytes(), crc32(body).to_le_bytes());
    if let Some(head) = out.get_mut(start..start + 8) {
        head[..4].copy_from_slice(&length);
        head[4..].copy_from_slice(&crc);
    }
}

/// A frame as it lies in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Frame<'a> {
    /// Whole; the next begins at `end`.
    Whole { text: &'a [u8], end: usize },
    /// As long as it says, but not what was written; the next would begin at
    /// `end`.
    Wrong { end: usize },
    /// Cut short by the end of the file, or never written (zeros).
    Torn,
}

/// The frame at `start`; none at the end.
pub(crate) fn frame_at(bytes: &[u8], start: usize) -> Option<Frame<'_>> {
    let rest = bytes.get(start..).filter(|rest| !rest.is_empty())?;
    let Some((head, rest)) = rest.split_at_checked(8) else {
        return Some(Frame::Torn);
    };
    let number = |at: usize| {
        head.get(at..at + 4)
            .and_then(|four| four.try_into().ok())
            .map_or(0, u32::from_le_bytes)
    };
    let length = number(0) as usize;
    let Some(text) = rest.get(..length).filter(|text| !text.is_empty()) else {
        return Some(Frame::Torn);
    };
    let end = start + 8 + length;
    Some(if crc32(text) == number(4) {
        Frame::Whole { text, end }
    } else {
        Frame::Wrong { end }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_journal_cut_anywhere_gives_its_whole_frames() {
        let mut bytes = Vec::new();
        let mut ends = vec![0];
        for word in ["one", "two", "three"] {
            frame(&word, &mut bytes).unwrap();
            ends.push(bytes.len());
        }
        for cut in 0..=bytes.len() {
            let mut at = 0;
            while let Some(Frame::Whole { end, .. }) = frame_at(&bytes[..cut], at) {
                at = end;
            }
            let whole = ends.iter().rev().find(|end| **end <= cut).unwrap();
            assert_eq!(at, *whole, "cut at {cut}");
        }
    }

    #[test]
    fn a_changed_byte_is_seen() {
        let mut bytes = Vec::new();
        frame(&"text", &mut bytes).unwrap();
        for n in 4..bytes.len() {
            let mut changed = bytes.clone();
            changed[n] ^= 1;
            assert!(
                !matches!(frame_at(&changed, 0), Some(Frame::Whole { .. })),
                "byte {n}"
            );
        }
    }

    proptest! {
        #[test]
        fn strange_bytes_are_answered(bytes: Vec<u8>, start in 0_usize..20) {
            let _ = frame_at(&bytes, start);
        }
    }
}
