//! Bodies as they arrive: counted, decompressed and cut off at the caps, in
//! memory that the caps bound. Pure: pieces of bytes go in.

use std::io::{self, Write};

use brotli_decompressor::DecompressorWriter;
use bytes::Bytes;
use flate2::write::{DeflateDecoder, GzDecoder, ZlibDecoder};
use zstd::stream::{raw, zio};

/// Codings one after another that are undone; more are refused.
const MOST_CODINGS: usize = 3;
/// The largest window of zstd that browsers accept (8 MiB; RFC 9659).
const ZSTD_WINDOW_LOG: u32 = 23;
/// Pieces up to this size are copied, so that they do not keep a whole read
/// buffer alive.
const SMALL: usize = 8 << 10;

/// What a body came to.
#[derive(Debug, Default)]
pub(crate) struct Received {
    /// Decompressed.
    pub(crate) bytes: Bytes,
    /// Bytes as transferred, without the framing of chunks.
    pub(crate) wire_length: u64,
    /// More was there than is kept.
    pub(crate) capped: bool,
    /// The compressed form is broken.
    pub(crate) broken: Option<String>,
}

/// A body being received.
pub(crate) struct Receiver {
    codings: Vec<Coding>,
    most: usize,
    most_wire: u64,
    wire_length: u64,
    state: State,
    broken: Option<String>,
}

enum State {
    /// Nothing yet.
    Empty,
    /// One piece, not compressed: kept as it is.
    One(Bytes),
    /// Bytes going through decoders, or none, to the end of the line.
    Line(Line),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

impl Receiver {
    /// A receiver for a body with this `Content-Encoding`. An unknown coding
    /// is left as it is, and so are all that it was laid over.
    pub(crate) fn new(encoding: &str, most: usize, most_wire: u64) -> Self {
        let named = encoding.rsplit(',').map(|n| n.trim().to_ascii_lowercase());
        let named = named.filter(|n| !n.is_empty() && n != "identity");
        let codings: Vec<_> = named.map_while(|name| coding(&name)).collect();
        let broken = (codings.len() > MOST_CODINGS)
            .then(|| format!("{} content codings one over another", codings.len()));
        Self {
            codings,
            most,
            most_wire,
            wire_length: 0,
            state: State::Empty,
            broken,
        }
    }

    /// Takes in the next piece; `false` once there is no use in more.
    pub(crate) fn push(&mut self, piece: &Bytes) -> bool {
        if self.broken.is_some() {
            return false;
        }
        if piece.is_empty() {
            return true;
        }
        let room = self.most_wire.saturating_sub(self.wire_length);
        let fits = usize::try_from(room).map_or(piece.len(), |room| room.min(piece.len()));
        let whole = fits == piece.len();
        let piece = piece.slice(..fits);
        self.wire_length += fits as u64;
        self.keep(piece) && whole
    }

    /// Bytes so far, as transferred.
    pub(crate) fn wire_length(&self) -> u64 {
        self.wire_length
    }

    fn keep(&mut self, piece: Bytes) -> bool {
        if matches!(self.state, State::Empty) && self.codings.is_empty() && piece.len() <= self.most
        {
            let small = piece.len() <= SMALL;
            let kept = if small {
                Bytes::copy_from_slice(&piece)
            } else {
                piece
            };
            self.state = State::One(kept);
            return true;
        }
        let mut line = match std::mem::replace(&mut self.state, State::Empty) {
            State::Line(line) => line,
            State::One(first) => {
                let mut end = End::new(self.most);
                let _ = end.write_all(&first);
                Line::End(end)
            }
            State::Empty => match start_line(&self.codings, &piece, self.most) {
                Ok(line) => line,
                Err(error) => {
                    self.broken = Some(error.to_string());
                    return false;
                }
            },
        };
        let written = line.take(&piece);
        let full = line.end().full;
        self.state = State::Line(line);
        match written {
            Ok(()) => true,
            Err(_) if full => false,
            Err(error) => {
                self.broken = Some(error.to_string());
                false
            }
        }
    }

    /// What came; `to_the_end` says whether the sender came to its end.
    pub(crate) fn finish(mut self, to_the_end: bool) -> Received {
        let (bytes, full) = match std::mem::replace(&mut self.state, State::Empty) {
            State::Empty => (Bytes::new(), false),
            State::One(bytes) => (bytes, false),
            State::Line(line) => line.finish(to_the_end && self.broken.is_none(), &mut self.broken),
        };
        Received {
            bytes,
            wire_length: self.wire_length,
            capped: full || (!to_the_end && self.wire_length >= self.most_wire),
            broken: self.broken,
        }
    }
}

fn coding(name: &str) -> Option<Coding> {
    Some(match name {
        "gzip" | "x-gzip" => Coding::Gzip,
        "deflate" => Coding::Deflate,
        "br" => Coding::Brotli,
        "zstd" => Coding::Zstd,
        _ => return None,
    })
}

/// Where the decompressed bytes end up: at most so many of them.
struct End {
    bytes: Vec<u8>,
    most: usize,
    full: bool,
}

impl End {
    fn new(most: usize) -> Self {
        let bytes = Vec::new();
        Self {
            bytes,
            most,
            full: false,
        }
    }
}

impl Write for End {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let fits = piece.len().min(self.most - self.bytes.len());
        self.bytes
            .extend_from_slice(piece.get(..fits).unwrap_or_default());
        if fits < piece.len() {
            self.full = true;
            return Err(io::Error::other("enough"));
        }
        Ok(fits)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Decoders one after another, up to the end.
enum Line {
    End(End),
    Gzip(Box<GzDecoder<Line>>),
    Zlib(Box<ZlibDecoder<Line>>),
    Deflate(Box<DeflateDecoder<Line>>),
    Brotli(Box<DecompressorWriter<Line>>),
    Zstd(Box<zio::Writer<Line, raw::Decoder<'static>>>),
}

/// The decoders for `codings`, outermost first, of a body that begins with
/// `piece`.
fn start_line(codings: &[Coding], piece: &[u8], most: usize) -> io::Result<Line> {
    let mut line = Line::End(End::new(most));
    // Only the outermost coding sees `piece`; `deflate` below another is
    // taken at its word and read as zlib.
    for (depth, coding) in codings.iter().enumerate().rev() {
        let seen = if depth == 0 { piece } else { &[] };
        line = match coding {
            Coding::Gzip => Line::Gzip(Box::new(GzDecoder::new(line))),
            Coding::Deflate if is_zlib(seen) => Line::Zlib(Box::new(ZlibDecoder::new(line))),
            Coding::Deflate => Line::Deflate(Box::new(DeflateDecoder::new(line))),
            Coding::Brotli if has_large_window(seen) => {
                return Err(io::Error::other(
                    "a brotli window larger than the web allows",
                ));
            }
            Coding::Brotli if depth > 0 => {
                return Err(io::Error::other("brotli below another content coding"));
            }
            Coding::Brotli => Line::Brotli(Box::new(DecompressorWriter::new(line, 4096))),
            Coding::Zstd => {
                let mut decoder = raw::Decoder::new()?;
                decoder.set_parameter(raw::DParameter::WindowLogMax(ZSTD_WINDOW_LOG))?;
                Line::Zstd(Box::new(zio::Writer::new(line, decoder)))
            }
        };
    }
    Ok(line)
}

/// Whether `deflate` means zlib here, as the standard says, or the bare form
/// that some servers send.
fn is_zlib(piece: &[u8]) -> bool {
    match piece {
        [first, second, ..] => {
            first & 0x0f == 8 && u16::from_be_bytes([*first, *second]).is_multiple_of(31)
        }
        [first] => first & 0x0f == 8,
        [] => true,
    }
}

/// Whether a brotli stream begins with the mark of a window of up to 1 GiB,
/// an extension that RFC 7932 does not have and this decoder would follow.
fn has_large_window(piece: &[u8]) -> bool {
    piece.first().is_some_and(|first| first & 0x7f == 0x11)
}

impl Line {
    /// Sends a piece through. Bytes after the end of the compressed form are
    /// ignored, as browsers do.
    fn take(&mut self, mut piece: &[u8]) -> io::Result<()> {
        while !piece.is_empty() {
            let taken = self.write(piece)?;
            if taken == 0 {
                return Ok(());
            }
            piece = piece.get(taken..).unwrap_or_default();
        }
        self.flush()
    }

    fn end(&self) -> &End {
        match self {
            Self::End(end) => end,
            Self::Gzip(decoder) => decoder.get_ref().end(),
            Self::Zlib(decoder) => decoder.get_ref().end(),
            Self::Deflate(decoder) => decoder.get_ref().end(),
            Self::Brotli(decoder) => decoder.get_ref().end(),
            Self::Zstd(decoder) => decoder.writer().end(),
        }
    }

    fn end_mut(&mut self) -> &mut End {
        match self {
            Self::End(end) => end,
            Self::Gzip(decoder) => decoder.get_mut().end_mut(),
            Self::Zlib(decoder) => decoder.get_mut().end_mut(),
            Self::Deflate(decoder) => decoder.get_mut().end_mut(),
            Self::Brotli(decoder) => decoder.get_mut().end_mut(),
            Self::Zstd(decoder) => decoder.writer_mut().end_mut(),
        }
    }

    /// Whether the compressed form came to its own end.
    fn close(&mut self) -> io::Result<()> {
        match self {
            Self::End(_) => Ok(()),
            Self::Gzip(decoder) => decoder.try_finish(),
            Self::Zlib(decoder) => decoder.try_finish(),
            Self::Deflate(decoder) => decoder.try_finish(),
            Self::Brotli(decoder) => decoder.close(),
            Self::Zstd(decoder) => decoder.finish(),
        }
    }

    fn finish(mut self, whole: bool, broken: &mut Option<String>) -> (Bytes, bool) {
        if whole
            && !self.end().full
            && let Err(error) = self.close()
            && !self.end().full
        {
            *broken = Some(error.to_string());
        }
        let end = self.end_mut();
        // Dropped decoders flush what they hold; nothing more is kept.
        let full = std::mem::replace(&mut end.full, true);
        let bytes = std::mem::take(&mut end.bytes);
        end.most = 0;
        (bytes.into(), full)
    }
}

impl Write for Line {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        match self {
            Self::End(end) => end.write(piece),
            Self::Gzip(decoder) => decoder.write(piece),
            Self::Zlib(decoder) => decoder.write(piece),
            Self::Deflate(decoder) => decoder.write(piece),
            Self::Brotli(decoder) => decoder.write(piece),
            Self::Zstd(decoder) => decoder.write(piece),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::End(end) => end.flush(),
            Self::Gzip(decoder) => decoder.flush(),
            Self::Zlib(decoder) => decoder.flush(),
            Self::Deflate(decoder) => decoder.flush(),
            Self::Brotli(decoder) => decoder.flush(),
            Self::Zstd(decoder) => decoder.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use proptest::prelude::*;

    const TEXT: &[u8] = b"the quick brown fox jumps over the lazy dog, and over it again";

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn deflate(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        zstd::stream::encode_all(bytes, 3).unwrap()
    }

    /// A brotli stream of bare (uncompressed) meta-blocks.
    fn brotli(bytes: &[u8]) -> Vec<u8> {
        // WBITS 16 is one 0 bit; then per block ISLAST 0, MNIBBLES 4 (00),
        // MLEN-1 in 16 bits, ISUNCOMPRESSED 1, padded to a byte.
        let mut out = Vec::new();
        let (mut bits, mut used) = (0_u32, 1_u32);
        for block in bytes.chunks(1 << 16) {
            bits |= u32::try_from(block.len() - 1).unwrap() << (used + 3);
            bits |= 1 << (used + 19);
            let length = (used + 20).div_ceil(8) as usize;
            out.extend_from_slice(&bits.to_le_bytes()[..length]);
            out.extend_from_slice(block);
            (bits, used) = (0, 0);
        }
        out.push(u8::try_from(bits).unwrap() | (3 << used));
        out
    }

    fn receive(encoding: &str, body: &[u8], piece: usize, most: usize) -> Received {
        let mut receiver = Receiver::new(encoding, most, 1 << 20);
        for piece in body.chunks(piece) {
            if !receiver.push(&Bytes::copy_from_slice(piece)) {
                return receiver.finish(false);
            }
        }
        receiver.finish(true)
    }

    #[test]
    fn codings_are_undone() {
        let both = zstd(&gzip(TEXT));
        let trailing = [gzip(TEXT), b"junk".to_vec()].concat();
        for (encoding, body) in [
            ("", TEXT.to_vec()),
            ("identity", TEXT.to_vec()),
            ("unheard-of", TEXT.to_vec()),
            ("gzip", gzip(TEXT)),
            ("X-GZIP ", gzip(TEXT)),
            ("gzip", trailing),
            ("deflate", zlib(TEXT)),
            ("deflate", deflate(TEXT)),
            ("br", brotli(TEXT)),
            ("zstd", zstd(TEXT)),
            ("gzip, zstd", both),
        ] {
            for piece in [1, 7, 1000] {
                let received = receive(encoding, &body, piece, 1000);
                assert_eq!(received.broken, None, "{encoding} by {piece}");
                assert_eq!(received.bytes, TEXT, "{encoding} by {piece}");
                assert_eq!(received.wire_length, body.len() as u64);
                assert!(!received.capped);
            }
        }
    }

    #[test]
    fn caps_cut() {
        for (encoding, body) in [
            ("", TEXT.to_vec()),
            ("gzip", gzip(TEXT)),
            ("deflate", zlib(TEXT)),
            ("br", brotli(TEXT)),
            ("zstd", zstd(TEXT)),
        ] {
            for piece in [1, 7, 1000] {
                let received = receive(encoding, &body, piece, 10);
                assert_eq!(received.bytes, TEXT[..10], "{encoding} by {piece}");
                assert!(received.capped, "{encoding} by {piece}");
                assert_eq!(received.broken, None);
                let exact = receive(encoding, &body, piece, TEXT.len());
                assert!(
                    !exact.capped && exact.bytes == TEXT,
                    "{encoding} by {piece}"
                );
            }
        }
    }

    #[test]
    fn the_cap_on_the_wire_cuts() {
        let mut receiver = Receiver::new("", 1000, 10);
        assert!(receiver.push(&Bytes::from_static(b"12345678")));
        assert!(!receiver.push(&Bytes::from_static(b"12345678")));
        let received = receiver.finish(false);
        assert!(received.capped && received.wire_length == 10);
        assert_eq!(received.bytes, "1234567812");
    }

    #[test]
    fn broken_codings_are_noted() {
        let cut = |mut bytes: Vec<u8>| {
            bytes.truncate(bytes.len() / 2);
            bytes
        };
        for (encoding, body) in [
            ("gzip", TEXT.to_vec()),
            ("gzip", cut(gzip(TEXT))),
            ("deflate", cut(zlib(TEXT))),
            ("deflate", cut(deflate(TEXT))),
            ("br", cut(brotli(TEXT))),
            ("br", vec![0x11, 30, 0, 0]),
            ("zstd", TEXT.to_vec()),
            ("zstd", cut(zstd(TEXT))),
            ("gzip, gzip, gzip, gzip", gzip(TEXT)),
        ] {
            let received = receive(encoding, &body, 16, 1000);
            assert!(received.broken.is_some(), "{encoding}: {received:?}");
        }
        let empty = receive("gzip", b"", 1, 10);
        assert!(empty.broken.is_none() && empty.bytes.is_empty());
    }

    proptest! {
        #[test]
        fn any_body_is_answered(
            encoding in "(gzip|deflate|br|zstd)(, (gzip|deflate|br|zstd))?",
            body in prop::collection::vec(any::<u8>(), 0..300),
            piece in 1_usize..50,
        ) {
            let received = receive(&encoding, &body, piece, 100);
            prop_assert!(received.bytes.len() <= 100);
        }

        #[test]
        fn broken_at_any_byte_is_answered(at: prop::sample::Index, to: u8) {
            for (encoding, mut body) in [
                ("gzip", gzip(TEXT)), ("deflate", zlib(TEXT)), ("br", brotli(TEXT)), ("zstd", zstd(TEXT)),
            ] {
                let at = at.index(body.len());
                body[at] = to;
                prop_assert!(receive(encoding, &body, 9, 1000).bytes.len() <= 1000);
            }
        }
    }
}
