//! A connection that can be cut under the HTTP server's hands: reset, or
//! answered with bytes that are no HTTP.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// How a connection is cut.
#[derive(Debug, Clone)]
pub(crate) enum Cut {
    /// By a reset.
    Reset,
    /// After these bytes.
    Raw(Bytes),
}

/// Shared by a connection and the service that answers on it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fate(Arc<Mutex<Option<Cut>>>);

impl Fate {
    /// From here on nothing else is sent.
    pub(crate) fn seal(&self, cut: Cut) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(cut);
    }
}

/// A stream that can be closed by a reset.
pub(crate) trait Resets {
    /// Makes closing send a reset.
    fn reset_on_close(&self);
}

impl Resets for TcpStream {
    fn reset_on_close(&self) {
        // A connection that is gone already needs no reset.
        let _ = self.set_zero_linger();
    }
}

impl Resets for TlsStream<TcpStream> {
    fn reset_on_close(&self) {
        self.get_ref().0.reset_on_close();
    }
}

/// A stream with its fate.
#[derive(Debug)]
pub(crate) struct Wire<S> {
    stream: S,
    fate: Fate,
}

impl<S> Wire<S> {
    /// A stream that nothing has happened to yet.
    pub(crate) fn new(stream: S) -> (Self, Fate) {
        let fate = Fate::default();
        (
            Self {
                stream,
                fate: fate.clone(),
            },
            fate,
        )
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Resets + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let mut fate = this.fate.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *fate {
            None => {
                drop(fate);
                Pin::new(&mut this.stream).poll_write(cx, bytes)
            }
            Some(Cut::Reset) => {
                this.stream.reset_on_close();
                Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
            }
            Some(Cut::Raw(raw)) => {
                while raw.has_remaining() {
                    let sent = ready!(Pin::new(&mut this.stream).poll_write(cx, raw))?;
                    raw.advance(sent);
                }
                ready!(Pin::new(&mut this.stream).poll_flush(cx))?;
                ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
                Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()))
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
