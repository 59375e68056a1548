//! The index of the evidence: which body stands where. A cache: it can be
//! dropped at any time and is rebuilt from the WARC files.
//!
//! Pure: entries to bytes and back. Not here: files, and when to trust it.

use moongate_glossary::Digest;
use serde::{Deserialize, Serialize};

use crate::journal::{Frame, Place, frame, frame_at, seal};
use crate::warc::Origin;

const MAGIC: &[u8; 8] = b"MGINDX\n\0";
const FORMAT: u64 = 1;

/// Where one body stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Number of the WARC file.
    pub(crate) file: u32,
    /// Where its gzip member begins.
    pub(crate) offset: u64,
    /// Length of the member.
    pub(crate) size: u64,
    /// Length of the body.
    pub(crate) body: u64,
    /// Where the body was first seen.
    pub(crate) origin: Origin,
}

#[derive(Serialize, Deserialize)]
struct Head {
    format: u64,
    case: Digest,
}

/// The beginning of an index file.
pub(crate) fn begin(case: Digest) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    // Two numbers and a digest always have a JSON form.
    let _ = frame(
        &Head {
            format: FORMAT,
            case,
        },
        &mut bytes,
    );
    bytes
}

/// One block: every body that stands from `from` to `to`.
pub(crate) fn block<'a>(
    from: Place,
    to: Place,
    entries: impl Iterator<Item = (&'a Digest, &'a Entry)>,
) -> Vec<u8> {
    // A usual entry has an address of about this length.
    let mut out = Vec::with_capacity(8 + 24 + entries.size_hint().1.unwrap_or(0) * 160);
    out.extend_from_slice(&[0; 8]);
    for place in [from, to] {
        out.extend_from_slice(&place.file.to_le_bytes());
        out.extend_from_slice(&place.end.to_le_bytes());
    }
    for (digest, entry) in entries {
        out.extend_from_slice(digest.as_bytes());
        out.extend_from_slice(&entry.file.to_le_bytes());
        for number in [entry.offset, entry.size, entry.body] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        out.extend_from_slice(&entry.origin.at_ms.to_le_bytes());
        out.extend_from_slice(&(entry.origin.url.len() as u32).to_le_bytes());
        out.extend_from_slice(entry.origin.url.as_bytes());
    }
    seal(0, &mut out);
    out
}

/// What an index file says of the places up to `limit`, and how far it
/// reaches. None if it is of another case or format, is broken, or speaks of
/// places beyond `limit`: then it is of no use.
pub(crate) fn read(
    bytes: &[u8],
    case: Digest,
    limit: Place,
) -> Option<(Vec<(Digest, Entry)>, Place)> {
    if !bytes.starts_with(MAGIC) {
        return None;
    }
    let Frame::Whole { text, end: mut at } = frame_at(bytes, MAGIC.len())? else {
        return None;
    };
    let head: Head = serde_json::from_slice(text).ok()?;
    if head.format != FORMAT || head.case != case {
        return None;
    }
    let mut entries = Vec::new();
    let mut reached = Place::default();
    while let Some(frame) = frame_at(bytes, at) {
        let Frame::Whole { text, end } = frame else {
            return None;
        };
        let mut cursor = Cursor(text);
        let (from, to) = (cursor.place()?, cursor.place()?);
        if from != reached || to > limit {
            return None;
        }
        while !cursor.0.is_empty() {
            entries.push(cursor.entry()?);
        }
        reached = to;
        at = end;
    }
    Some((entries, reached))
}

struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*head)
    }

    fn number(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }

    fn place(&mut self) -> Option<Place> {
        Some(Place {
            file: self.take().map(u32::from_le_bytes)?,
            end: self.number()?,
        })
    }

    fn entry(&mut self) -> Option<(Digest, Entry)> {
        let digest = Digest::from(self.take::<32>()?);
        let file = self.take().map(u32::from_le_bytes)?;
        let (offset, size, body) = (self.number()?, self.number()?, self.number()?);
        let at_ms = self.take().map(i64::from_le_bytes)?;
        let length = self.take().map(u32::from_le_bytes)? as usize;
        let (url, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        let origin = Origin {
            url: std::str::from_utf8(url).ok()?.into(),
            at_ms,
        };
        let entry = Entry {
            file,
            offset,
            size,
            body,
            origin,
        };
        Some((digest, entry))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(file: u32, end: u64) -> Place {
        Place { file, end }
    }

    fn sample() -> (Digest, Vec<u8>, Vec<(Digest, Entry)>) {
        let case = Digest::of(b"case");
        let entries: Vec<_> = (0..3_u64)
            .map(|n| {
                let entry = Entry {
                    file: 1,
                    offset: n,
                    size: 2 * n,
                    body: 3 * n,
                    origin: Origin {
                        url: format!("http://{n}.example/").into(),
                        at_ms: -5,
                    },
                };
                (Digest::of(&n.to_le_bytes()), entry)
            })
            .collect();
        let mut bytes = begin(case);
        let (first, rest) = entries.split_at(1);
        let pairs = |part: &[(Digest, Entry)]| part.to_vec();
        for (from, to, part) in [
            (place(0, 0), place(1, 9), pairs(first)),
            (place(1, 9), place(2, 4), pairs(rest)),
        ] {
            bytes.extend(block(from, to, part.iter().map(|(d, e)| (d, e))));
        }
        (case, bytes, entries)
    }

    #[test]
    fn an_index_comes_back() {
        let (case, bytes, entries) = sample();
        assert_eq!(
            read(&bytes, case, place(2, 4)),
            Some((entries, place(2, 4)))
        );
    }

    #[test]
    fn an_index_of_other_bytes_is_dropped() {
        let (case, bytes, _) = sample();
        assert_eq!(read(&bytes, Digest::of(b"other"), place(9, 9)), None);
        assert_eq!(read(&bytes, case, place(1, 9)), None, "reaches too far");
        for n in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[n] ^= 1;
            assert_eq!(read(&changed, case, place(9, 9)), None, "byte {n}");
        }
        for cut in 0..bytes.len() {
            let _ = read(&bytes[..cut], case, place(9, 9));
        }
    }
}
