//! WARC 1.1 records (ISO 28500:2017): bytes out, bytes in.
//!
//! Not here: files, offsets, and what a response means. Bodies come in after
//! decompression, so header lines that spoke of the transfer would mislead a
//! reader of the archive; they are kept under `X-Archive-Orig-`.

use std::borrow::Cow;
use std::io::Write as _;

use jiff::Timestamp;
use moongate_glossary::Digest;

use crate::error::CaseError;
use crate::gzip::MemberWriter;

/// Raw bytes behind an observation, to be stored under their digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EvidenceRecord<'a> {
    /// SHA-256 of `body`, as the carrier computed it. It is not computed again
    /// on writing; [`CaseFolder::verify`](crate::CaseFolder::verify) and
    /// [`CaseFolder::body`](crate::CaseFolder::body) do.
    pub digest: Digest,
    /// The bytes, and how they came.
    pub kind: EvidenceKind<'a>,
}

/// How evidence came to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EvidenceKind<'a> {
    /// One request over HTTP and its response.
    Exchange {
        /// The address asked.
        url: &'a str,
        /// When the request was sent, Unix milliseconds.
        at_ms: i64,
        /// The network address that answered, as `ip` or `ip:port`.
        address: Option<&'a str>,
        /// Request line and headers; empty if they were not kept.
        request_head: &'a [u8],
        /// Status line and headers; empty if none came.
        response_head: &'a [u8],
        /// The body after decompression.
        body: &'a [u8],
        /// Whether a cap cut the body short.
        truncated: bool,
    },
    /// Bytes somebody handed over: a row of a table, a screenshot.
    Resource {
        /// What it is, such as `rows.csv#12`.
        name: &'a str,
        /// Its media type.
        media_type: &'a str,
        /// When it was taken, Unix milliseconds.
        at_ms: i64,
        /// The bytes.
        body: &'a [u8],
    },
}

impl<'a> EvidenceRecord<'a> {
    /// The bytes that the digest names.
    pub fn body(&self) -> &'a [u8] {
        match self.kind {
            EvidenceKind::Exchange { body, .. } | EvidenceKind::Resource { body, .. } => body,
        }
    }
}

/// Where a body was first seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) url: Box<str>,
    pub(crate) at_ms: i64,
}

/// One record, written: its place in the output and, if it holds a body not
/// stored before, where that came from.
pub(crate) struct Written {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) holds: Option<Origin>,
}

/// Makes the records of one case. The same inputs make the same bytes.
pub(crate) struct RecordWriter {
    case: Digest,
    // Kept between records for their room.
    text: Vec<u8>,
    head: Vec<u8>,
    members: MemberWriter,
    /// The last second that was written out, and how.
    second: (i64, String),
}

const SOFTWARE: &str = concat!("moongate/", env!("CARGO_PKG_VERSION"));
const REVISIT: &[u8] = b"http://netpreserve.org/warc/1.1/revisit/identical-payload-digest";

impl RecordWriter {
    /// `case` makes the record names of this case differ from any other's.
    pub(crate) fn new(case: Digest) -> Self {
        Self {
            case,
            text: Vec::new(),
            head: Vec::new(),
            members: MemberWriter::new(),
            second: (i64::MIN, String::new()),
        }
    }

    /// An instant as WARC writes it. Most follow one in the same second.
    fn date(&mut self, at_ms: i64) -> Result<String, CaseError> {
        let second = at_ms.div_euclid(1000);
        if self.second.0 != second {
            self.second = (second, date_to_the_second(second)?);
        }
        let milliseconds = at_ms.rem_euclid(1000);
        Ok(format!("{}.{milliseconds:03}Z", self.second.1))
    }

    /// The first record of a file.
    pub(crate) fn warcinfo(
        &mut self,
        file: &str,
        at_ms: i64,
        out: &mut Vec<u8>,
    ) -> Result<(), CaseError> {
        let block = format!(
            "software: {SOFTWARE}\r\nformat: WARC File Format 1.1\r\n\
             conformsTo: http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/\r\n\
             isPartOf: moongate-case-{}\r\n",
            self.case
        );
        let id = self.name(b"warcinfo", file.as_bytes(), 0);
        let date = self.date(at_ms)?;
        self.begin("warcinfo", id, date.as_bytes());
        self.field("WARC-Filename", file.as_bytes());
        self.digest("WARC-Block-Digest", &Digest::of(block.as_bytes()));
        self.field("Content-Type", b"application/warc-fields");
        self.end(&[block.as_bytes()], out)
    }

    /// The records of one piece of evidence. `known` is where the same body
    /// was stored before, if it was; `number` is its place in the trial.
    pub(crate) fn evidence(
        &mut self,
        trial: &str,
        number: usize,
        record: &EvidenceRecord<'_>,
        known: Option<&Origin>,
        out: &mut Vec<u8>,
    ) -> Result<Written, CaseError> {
        let (uri, at_ms) = match record.kind {
            EvidenceKind::Exchange { url, at_ms, .. } => (escape(url), at_ms),
            EvidenceKind::Resource { name, at_ms, .. } => (
                Cow::Owned(format!("urn:x-moongate:{}", escape(name))),
                at_ms,
            ),
        };
        let date = self.date(at_ms)?;
        let id = match known {
            // The body's own digest names the one record that holds it, so a
            // later revisit can name it too.
            None => self.name(b"payload", record.digest.as_bytes(), 0),
            Some(_) => self.name(b"revisit", trial.as_bytes(), number),
        };
        let request = match record.kind {
            EvidenceKind::Exchange { request_head, .. } if !request_head.is_empty() => {
                let request = self.name(b"request", trial.as_bytes(), number);
                let head = tidy(request_head, None, std::mem::take(&mut self.head));
                self.begin("request", request, date.as_bytes());
                self.field("WARC-Target-URI", uri.as_bytes());
                self.digest("WARC-Block-Digest", &Digest::of(&head));
                self.reference("WARC-Concurrent-To", id);
                self.field("Moongate-Trial", escape(trial).as_bytes());
                self.field("Content-Type", b"application/http;msgtype=request");
                self.end(&[&head], out)?;
                self.head = head;
                Some(request)
            }
            _ => None,
        };
        let start = out.len();
        let kind = match (&record.kind, known) {
            (_, Some(_)) => "revisit",
            (EvidenceKind::Exchange { response_head, .. }, None) if !response_head.is_empty() => {
                "response"
            }
            _ => "resource",
        };
        self.begin(kind, id, date.as_bytes());
        self.field("WARC-Target-URI", uri.as_bytes());
        self.digest("WARC-Payload-Digest", &record.digest);
        if let Some(request) = request {
            self.reference("WARC-Concurrent-To", request);
        }
        self.field("Moongate-Trial", escape(trial).as_bytes());
        if let Some(origin) = known {
            self.refers(&record.digest, origin)?;
        }
        self.payload(record, known.is_some(), out)?;
        Ok(Written {
            start,
            end: out.len(),
            holds: known.is_none().then(|| Origin {
                url: uri.into(),
                at_ms,
            }),
        })
    }

    fn refers(&mut self, digest: &Digest, origin: &Origin) -> Result<(), CaseError> {
        let original = self.name(b"payload", digest.as_bytes(), 0);
        self.field("WARC-Profile", REVISIT);
        self.reference("WARC-Refers-To", original);
        self.field("WARC-Refers-To-Target-URI", origin.url.as_bytes());
        let date = self.date(origin.at_ms)?;
        self.field("WARC-Refers-To-Date", date.as_bytes());
        Ok(())
    }

    /// What depends on how the evidence came: the last fields and the block.
    fn payload(
        &mut self,
        record: &EvidenceRecord<'_>,
        revisit: bool,
        out: &mut Vec<u8>,
    ) -> Result<(), CaseError> {
        let stored = if revisit { &[][..] } else { record.body() };
        match record.kind {
            EvidenceKind::Exchange {
                address,
                response_head,
                body,
                truncated,
                ..
            } => {
                if let Some(ip) = address.and_then(ip_of) {
                    self.field("WARC-IP-Address", ip.as_bytes());
                }
                if truncated {
                    self.field("WARC-Truncated", b"unspecified");
                }
                if response_head.is_empty() {
                    self.digest("WARC-Block-Digest", &block_digest(&[], stored, record));
                    self.field("Content-Type", b"application/octet-stream");
                    return self.end(&[stored], out);
                }
                let head = tidy(
                    response_head,
                    Some(body.len()),
                    std::mem::take(&mut self.head),
                );
                self.digest("WARC-Block-Digest", &block_digest(&head, stored, record));
                self.field("Content-Type", b"application/http;msgtype=response");
                self.end(&[&head, stored], out)?;
                self.head = head;
                Ok(())
            }
            EvidenceKind::Resource { media_type, .. } => {
                self.digest("WARC-Block-Digest", &block_digest(&[], stored, record));
                self.field("Content-Type", escape(media_type).as_bytes());
                self.end(&[stored], out)
            }
        }
    }

    fn begin(&mut self, kind: &str, id: Uuid, date: &[u8]) {
        self.text.clear();
        self.text.extend_from_slice(b"WARC/1.1\r\n");
        self.field("WARC-Type", kind.as_bytes());
        self.reference("WARC-Record-ID", id);
        self.field("WARC-Date", date);
    }

    fn field(&mut self, name: &str, value: &[u8]) {
        self.text.extend_from_slice(name.as_bytes());
        self.text.extend_from_slice(b": ");
        self.text.extend_from_slice(value);
        self.text.extend_from_slice(b"\r\n");
    }

    fn reference(&mut self, name: &str, id: Uuid) {
        self.text.extend_from_slice(name.as_bytes());
        self.text.extend_from_slice(b": <urn:uuid:");
        for (n, byte) in id.0.iter().enumerate() {
            if matches!(n, 4 | 6 | 8 | 10) {
                self.text.push(b'-');
            }
            self.text.extend_from_slice(&hex(*byte));
        }
        self.text.extend_from_slice(b">\r\n");
    }

    fn digest(&mut self, name: &str, digest: &Digest) {
        self.text.extend_from_slice(name.as_bytes());
        self.text.extend_from_slice(b": sha256:");
        self.text.extend_from_slice(&hex_of(digest));
        self.text.extend_from_slice(b"\r\n");
    }

    fn end(&mut self, block: &[&[u8]], out: &mut Vec<u8>) -> Result<(), CaseError> {
        let size: usize = block.iter().map(|piece| piece.len()).sum();
        // Writing to a vector does not fail.
        let _ = write!(self.text, "Content-Length: {size}\r\n\r\n");
        for piece in block {
            self.text.extend_from_slice(piece);
        }
        self.text.extend_from_slice(b"\r\n\r\n");
        self.members
            .write(&self.text, out)
            .map_err(|error| CaseError::NotStorable {
                what: "a piece of evidence".to_owned(),
                why: error.to_string(),
            })
    }

    fn name(&self, kind: &[u8], of: &[u8], number: usize) -> Uuid {
        let number = (number as u64).to_le_bytes();
        let digest = Digest::of_pieces([&self.case.as_bytes()[..], kind, &[0], of, &number]);
        Uuid::from(&digest)
    }
}

/// A UUID of version 8 (RFC 9562): made from a digest, not drawn.
#[derive(Clone, Copy)]
struct Uuid([u8; 16]);

impl From<&Digest> for Uuid {
    fn from(digest: &Digest) -> Self {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest.as_bytes()[..16]);
        bytes[6] = bytes[6] & 0x0f | 0x80;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Self(bytes)
    }
}

fn block_digest(head: &[u8], stored: &[u8], record: &EvidenceRecord<'_>) -> Digest {
    if head.is_empty() && !stored.is_empty() {
        return record.digest;
    }
    Digest::of_pieces([head, stored])
}

const HEX: &[u8; 16] = b"0123456789abcdef";

fn hex(byte: u8) -> [u8; 2] {
    [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]
}

/// A digest as 64 ASCII digits.
pub(crate) fn hex_of(digest: &Digest) -> [u8; 64] {
    let mut text = [0; 64];
    for (pair, byte) in text.chunks_exact_mut(2).zip(digest.as_bytes()) {
        pair.copy_from_slice(&hex(*byte));
    }
    text
}

fn date_to_the_second(second: i64) -> Result<String, CaseError> {
    let instant = Timestamp::from_second(second).map_err(|_| CaseError::NotStorable {
        what: format!("the instant {second} s"),
        why: "it lies outside the years -9999 to 9999".to_owned(),
    })?;
    Ok(format!("{instant}").trim_end_matches('Z').to_owned())
}

/// The address without its port, if it is one.
fn ip_of(address: &str) -> Option<&str> {
    if address.parse::<std::net::IpAddr>().is_ok() {
        return Some(address);
    }
    address.parse::<std::net::SocketAddr>().ok()?;
    let (ip, _port) = address.rsplit_once(':')?;
    let bare = ip.strip_prefix('[').and_then(|ip| ip.strip_suffix(']'));
    Some(bare.unwrap_or(ip))
}

/// Text that cannot end a header line or leave ASCII.
fn escape(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for byte in text.bytes() {
        if byte.is_ascii_graphic() {
            safe.push(char::from(byte));
        } else {
            let [high, low] = hex(byte);
            safe.extend(['%', char::from(high), char::from(low)]);
        }
    }
    Cow::Owned(safe)
}

/// A head with exactly one empty line, at its end. With `body` (the length of
/// the body as kept), header lines that describe another length or coding are
/// renamed, the values kept.
fn tidy(head: &[u8], body: Option<usize>, mut tidied: Vec<u8>) -> Vec<u8> {
    tidied.clear();
    let mut rest = head;
    while !rest.is_empty() {
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let (line, left) = rest.split_at(end);
        rest = left.get(1..).unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            continue;
        }
        if body.is_some_and(|length| misleads(line, length)) {
            tidied.extend_from_slice(b"X-Archive-Orig-");
        }
        tidied.extend_from_slice(line);
        tidied.extend_from_slice(b"\r\n");
    }
    tidied.extend_from_slice(b"\r\n");
    tidied
}

fn misleads(line: &[u8], length: usize) -> bool {
    // Nearly every line is told apart by its first letter.
    if !matches!(line.first(), Some(b'c' | b'C' | b't' | b'T')) {
        return false;
    }
    let Some(colon) = memchr::memchr(b':', line) else {
        return false;
    };
    let (name, value) = line.split_at(colon);
    if name.eq_ignore_ascii_case(b"content-length") {
        let stated = std::str::from_utf8(value.get(1..).unwrap_or_default());
        return stated.ok().and_then(|v| v.trim().parse().ok()) != Some(length);
    }
    name.eq_ignore_ascii_case(b"content-encoding")
        || name.eq_ignore_ascii_case(b"transfer-encoding")
}

/// The fields of a record that reading and rebuilding need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RecordHead {
    pub(crate) kind: String,
    pub(crate) payload: Option<Digest>,
    pub(crate) block: Option<Digest>,
    pub(crate) url: String,
    pub(crate) at_ms: i64,
    /// Where the block begins.
    pub(crate) start: usize,
    /// Length of the block.
    pub(crate) length: u64,
    /// Whether the block is an HTTP message.
    pub(crate) http: bool,
}

/// Reads the header of a record; what is wrong with it, if something is.
pub(crate) fn parse(record: &[u8]) -> Result<RecordHead, &'static str> {
    let end = find_blank_line(record).ok_or("a record without an end of its header")?;
    let text = std::str::from_utf8(record.get(..end).unwrap_or_default())
        .map_err(|_| "a record header that is not UTF-8")?;
    let mut lines = text.split("\r\n");
    if lines.next() != Some("WARC/1.1") {
        return Err("no WARC 1.1 record");
    }
    let mut head = RecordHead {
        kind: String::new(),
        payload: None,
        block: None,
        url: String::new(),
        at_ms: 0,
        start: end + 4,
        length: 0,
        http: false,
    };
    for line in lines {
        let (name, value) = line
            .split_once(": ")
            .ok_or("a header line without a colon")?;
        let digest = || {
            value
                .strip_prefix("sha256:")
                .and_then(|hex| hex.parse().ok())
        };
        match name {
            "WARC-Type" => value.clone_into(&mut head.kind),
            "WARC-Payload-Digest" => head.payload = digest(),
            "WARC-Block-Digest" => head.block = digest(),
            "WARC-Target-URI" => value.clone_into(&mut head.url),
            "WARC-Date" => {
                let instant: Timestamp = value.parse().map_err(|_| "a record without a date")?;
                head.at_ms = instant.as_millisecond();
            }
            "Content-Length" => {
                head.length = value.parse().map_err(|_| "a record without a length")?;
            }
            "Content-Type" => head.http = value.starts_with("application/http"),
            _ => {}
        }
    }
    Ok(head)
}

/// Where the first empty line begins (the end of the last line before it).
pub(crate) fn find_blank_line(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|four| four == b"\r\n\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gzip::read_member;

    fn exchange<'a>(body: &'a [u8], response_head: &'a [u8]) -> EvidenceRecord<'a> {
        EvidenceRecord {
            digest: Digest::of(body),
            kind: EvidenceKind::Exchange {
                url: "http://a.example/x y",
                at_ms: 1_631_880_000_123,
                address: Some("[::1]:80"),
                request_head: b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n",
                response_head,
                body,
                truncated: true,
            },
        }
    }

    fn written(record: &EvidenceRecord<'_>, known: Option<&Origin>) -> (String, RecordHead) {
        let mut out = Vec::new();
        let mut writer = RecordWriter::new(Digest::of(b"case"));
        let written = writer
            .evidence("t\r\n1", 0, record, known, &mut out)
            .unwrap();
        let member = &out[written.start..written.end];
        let text = read_member(member, 1 << 20).unwrap();
        let head = parse(&text).unwrap();
        (String::from_utf8(text).unwrap(), head)
    }

    #[test]
    fn dates_are_those_of_the_instant() {
        let mut writer = RecordWriter::new(Digest::of(b"case"));
        for at_ms in [
            0,
            1,
            1_631_836_800_000,
            1_631_836_800_999,
            1_631_836_801_000,
            -1,
            -62_135_596_800_001,
            253_402_207_199_999,
        ] {
            let expected = format!("{:.3}", Timestamp::from_millisecond(at_ms).unwrap());
            assert_eq!(writer.date(at_ms).unwrap(), expected);
        }
        assert!(writer.date(i64::MAX).is_err());
    }

    #[test]
    fn a_response_keeps_what_was_seen_and_misleads_nobody() {
        let head =
            b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\ncontent-length: 3\r\nServer: s\r\n\r\n";
        let (text, head) = written(&exchange(b"hello", head), None);
        assert!(
            text.contains("X-Archive-Orig-Content-Encoding: br\r\n"),
            "{text}"
        );
        assert!(text.contains("X-Archive-Orig-content-length: 3\r\nServer: s\r\n\r\nhello"));
        assert!(
            text.contains("WARC-Date: 2021-09-17T12:00:00.123Z\r\n"),
            "{text}"
        );
        assert!(text.contains("WARC-IP-Address: ::1\r\n"));
        assert!(text.contains("WARC-Target-URI: http://a.example/x%20y\r\n"));
        assert!(text.contains("Moongate-Trial: t%0d%0a1\r\n"));
        assert_eq!(head.kind, "response");
        assert_eq!(head.payload, Some(Digest::of(b"hello")));
        assert_eq!(head.at_ms, 1_631_880_000_123);
    }

    #[test]
    fn an_empty_line_inside_a_head_cannot_move_the_body() {
        let head = b"HTTP/1.1 200 OK\r\n\r\nX: y\n\nno body\r\n";
        let (text, _) = written(&exchange(b"body", head), None);
        assert!(
            text.ends_with("HTTP/1.1 200 OK\r\nX: y\r\nno body\r\n\r\nbody\r\n\r\n"),
            "{text}"
        );
    }

    #[test]
    fn a_body_seen_before_is_referred_to() {
        let origin = Origin {
            url: "http://b.example/".into(),
            at_ms: 0,
        };
        let (text, head) = written(
            &exchange(b"hello", b"HTTP/1.1 200 OK\r\n\r\n"),
            Some(&origin),
        );
        assert_eq!(head.kind, "revisit");
        assert!(
            text.contains("WARC-Refers-To-Date: 1970-01-01T00:00:00.000Z\r\n"),
            "{text}"
        );
        assert!(!text.contains("hello"));
    }

    #[test]
    fn strange_records_are_answered() {
        for bytes in [
            &b""[..],
            b"\r\n\r\n",
            b"WARC/1.1\r\n\r\n",
            b"WARC/1.0\r\nA: b\r\n\r\n",
            b"WARC/1.1\r\nWARC-Date: never\r\n\r\n",
            b"WARC/1.1\r\nContent-Length: -1\r\n\r\n",
            b"WARC/1.1\r\nno colon\r\n\r\n",
            b"WARC/1.1\r\n\xff: x\r\n\r\n",
        ] {
            let _ = parse(bytes);
        }
        assert!(parse(b"WARC/1.0\r\nA: b\r\n\r\n").is_err());
    }
}
