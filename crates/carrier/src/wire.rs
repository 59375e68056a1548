//! The connection as bytes: what was sent and received is kept word for word
//! and timed at the moment it passes. It understands no more of HTTP than
//! where a head ends.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::client::TlsStream;

use crate::clock::Clock;

/// A connection, with or without TLS.
pub(crate) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// What passed over a connection since [`Tape::rewind`].
pub(crate) struct Tape {
    head_most: usize,
    /// The request's head, as sent.
    pub(crate) sent: Vec<u8>,
    sent_ended: bool,
    pub(crate) sent_at: Option<Instant>,
    /// The final response's head as received, or as much of it as came.
    pub(crate) head: Vec<u8>,
    pub(crate) head_ended: bool,
    /// Bytes of interim responses (1xx).
    interim: usize,
    pub(crate) first_byte_at: Option<Instant>,
}

/// A stream and the tape that runs along.
pub(crate) struct Taped {
    stream: Stream,
    tape: Arc<Mutex<Tape>>,
    clock: Arc<dyn Clock>,
}

impl Tape {
    pub(crate) fn new(head_most: usize) -> Self {
        Self {
            head_most,
            sent: Vec::new(),
            sent_ended: false,
            sent_at: None,
            head: Vec::new(),
            head_ended: false,
            interim: 0,
            first_byte_at: None,
        }
    }

    /// Makes ready for the next request.
    pub(crate) fn rewind(&mut self) {
        *self = Self::new(self.head_most);
    }

    fn record_sent(&mut self, bytes: &[u8]) {
        if self.sent_ended {
            return;
        }
        let from = self.sent.len();
        self.sent.extend_from_slice(bytes);
        if let Some(end) = head_end(&self.sent, from) {
            self.sent.truncate(end);
            self.sent_ended = true;
        }
    }

    fn record_received(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.head_ended {
            return Ok(());
        }
        let mut from = self.head.len();
        self.head.extend_from_slice(bytes);
        while let Some(end) = head_end(&self.head, from) {
            if !is_interim(&self.head) {
                self.head_ended = true;
                return self.within(end).inspect(|()| self.head.truncate(end));
            }
            self.interim += end;
            self.head.drain(..end);
            from = 0;
        }
        self.within(self.head.len())
    }

    fn within(&self, head: usize) -> io::Result<()> {
        if self.interim + head <= self.head_most {
            return Ok(());
        }
        let words = format!(
            "the response's head is larger than {} bytes",
            self.head_most
        );
        Err(io::Error::new(io::ErrorKind::InvalidData, words))
    }
}

/// Where the head ends that is not over before `from`: behind an empty line.
fn head_end(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from.saturating_sub(3);
    loop {
        at += memchr::memchr(b'\n', bytes.get(at..)?)? + 1;
        match bytes.get(at..)? {
            [b'\n', ..] => return Some(at + 1),
            [b'\r', b'\n', ..] => return Some(at + 2),
            _ => {}
        }
    }
}

/// Whether a head is that of an interim response, after which another comes.
fn is_interim(head: &[u8]) -> bool {
    head.starts_with(b"HTTP/1.")
        && head.get(8..10) == Some(b" 1")
        && head.get(10..12) != Some(b"01")
}

impl Taped {
    pub(crate) fn new(stream: Stream, clock: Arc<dyn Clock>, tape: Arc<Mutex<Tape>>) -> Self {
        Self {
            stream,
            tape,
            clock,
        }
    }
}

pub(crate) fn lock(tape: &Mutex<Tape>) -> MutexGuard<'_, Tape> {
    tape.lock().unwrap_or_else(PoisonError::into_inner)
}

impl AsyncRead for Taped {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        let read = match &mut this.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Stream::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        };
        let new = buf.filled().get(before..).unwrap_or_default();
        if !matches!(read, Poll::Ready(Ok(()))) || new.is_empty() {
            return read;
        }
        let mut tape = lock(&this.tape);
        if tape.first_byte_at.is_none() {
            tape.first_byte_at = Some(this.clock.now());
        }
        Poll::Ready(tape.record_received(new))
    }
}

impl AsyncWrite for Taped {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let mut tape = lock(&this.tape);
        if tape.sent_at.is_none() {
            tape.sent_at = Some(this.clock.now());
        }
        let written = match &mut this.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Stream::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        };
        if let Poll::Ready(Ok(count)) = &written {
            tape.record_sent(buf.get(..*count).unwrap_or_default());
        }
        written
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

/// The headers of a response's head as received: names in lower case, in
/// order, values trimmed. `Location` and the like may hold bytes that are not
/// UTF-8; in those each such byte is percent-encoded, as browsers read it.
pub(crate) fn headers(head: &[u8]) -> Vec<(String, String)> {
    let mut rest = head;
    let lines = std::iter::from_fn(|| {
        if rest.is_empty() {
            return None;
        }
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let (line, left) = rest.split_at(end);
        rest = left.get(1..).unwrap_or_default();
        Some(line)
    })
    .skip(1);
    let fields = lines.filter_map(|line| {
        let colon = memchr::memchr(b':', line)?;
        let name = text(line.get(..colon)?.trim_ascii());
        Some((
            name.to_ascii_lowercase(),
            text(line.get(colon + 1..)?.trim_ascii()),
        ))
    });
    let mut all = Vec::with_capacity(16);
    all.extend(fields);
    all
}

fn text(bytes: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        if byte.is_ascii() {
            text.push(char::from(*byte));
        } else {
            push_escaped(&mut text, *byte);
        }
    }
    text
}

/// Adds `byte` as a URL writes what it cannot hold.
pub(crate) fn push_escaped(text: &mut String, byte: u8) {
    text.push('%');
    for digit in [byte >> 4, byte & 0x0f] {
        let digit = char::from_digit(u32::from(digit), 16).unwrap_or('0');
        text.push(digit.to_ascii_uppercase());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn received(bytes: &[u8], piece: usize, most: usize) -> io::Result<Tape> {
        let mut tape = Tape::new(most);
        for piece in bytes.chunks(piece) {
            tape.record_received(piece)?;
        }
        Ok(tape)
    }

    #[test]
    fn heads_are_cut_out() {
        for (bytes, head) in [
            (
                "HTTP/1.1 200 OK\r\na: b\r\n\r\nbody\r\n\r\n",
                "HTTP/1.1 200 OK\r\na: b\r\n\r\n",
            ),
            ("HTTP/1.1 200 OK\n\nbody", "HTTP/1.1 200 OK\n\n"),
            (
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\n\r\n",
                "HTTP/1.1 204 No\r\n\r\n",
            ),
            ("SSH-2.0-banner\r\n", "SSH-2.0-banner\r\n"),
        ] {
            for piece in [1, 3, 500] {
                let tape = received(bytes.as_bytes(), piece, 100).unwrap();
                assert_eq!(String::from_utf8_lossy(&tape.head), head, "by {piece}");
            }
        }
    }

    #[test]
    fn large_heads_are_refused() {
        let endless = "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(1000);
        for bytes in [&"x".repeat(101), &endless] {
            for piece in [1, 30, 5000] {
                assert!(received(bytes.as_bytes(), piece, 100).is_err());
            }
        }
        let large_body = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(1000));
        assert!(received(large_body.as_bytes(), 5000, 100).is_ok());
    }

    #[test]
    fn header_lines() {
        let head =
            b"HTTP/1.1 302 Found\r\nLocation: /\xd6\xd0?a:b\r\nX-A:\r\nX-a: \xe4\xb8\xad \n\r\n";
        let expected = [("location", "/%D6%D0?a:b"), ("x-a", ""), ("x-a", "中")];
        let found = headers(head);
        let found: Vec<_> = found
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        assert_eq!(found, expected);
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..300), piece in 1_usize..50) {
            if let Ok(tape) = received(&bytes, piece, 200) {
                let _ = headers(&tape.head);
            }
        }
    }
}
