//! One HTTP/1.1 connection and the pool of those that stand idle.
//!
//! A connection is driven by whoever waits for its answer, so that giving up
//! a visit closes what it used and no spawned work outlives it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame, Incoming};
use hyper::client::conn::http1::{Builder, Connection, SendRequest};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::time::Instant;
use url::Url;

use crate::clock::Clock;
use crate::dial::Dialed;
use crate::limits::Limits;
use crate::wire::{Tape, Taped, lock};

/// A connection that can carry requests, one after another. Boxed wherever it
/// moves: it is large.
pub(crate) struct Link {
    sender: SendRequest<Full<Bytes>>,
    /// None once it has ended; dropping it answers everyone who waits on it.
    connection: Option<Connection<TokioIo<Taped>, Full<Bytes>>>,
    tape: Arc<Mutex<Tape>>,
    pub(crate) address: SocketAddr,
    pub(crate) used_before: bool,
}

impl Link {
    pub(crate) async fn start(
        dialed: Dialed,
        limits: &Limits,
        clock: Arc<dyn Clock>,
    ) -> hyper::Result<Box<Self>> {
        let tape = Arc::new(Mutex::new(Tape::new(limits.head_bytes)));
        let taped = Taped::new(dialed.stream, clock, Arc::clone(&tape));
        let mut builder = Builder::new();
        // Room for the largest head that the tape lets pass, and a read.
        builder.title_case_headers(true).writev(false);
        builder.max_buf_size(limits.head_bytes.saturating_add(16 << 10).max(16 << 10));
        if limits.headers != 100 {
            builder.max_headers(limits.headers);
        }
        let (sender, connection) = builder.handshake(TokioIo::new(taped)).await?;
        Ok(Box::new(Self {
            sender,
            connection: Some(connection),
            tape,
            address: dialed.address,
            used_before: false,
        }))
    }

    pub(crate) fn tape(&self) -> MutexGuard<'_, Tape> {
        lock(&self.tape)
    }

    /// Sends a request and waits for the head of the answer.
    pub(crate) async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> hyper::Result<Response<Incoming>> {
        self.tape().rewind();
        let mut answer = std::pin::pin!(self.sender.send_request(request));
        let connection = &mut self.connection;
        std::future::poll_fn(|cx| {
            drive(connection, cx);
            answer.as_mut().poll(cx)
        })
        .await
    }

    /// The next piece of a body.
    pub(crate) async fn frame(
        &mut self,
        body: &mut Incoming,
    ) -> Option<hyper::Result<Frame<Bytes>>> {
        std::future::poll_fn(|cx| {
            // Asking first tells the connection that more is wanted.
            if let Poll::Ready(frame) = Pin::new(&mut *body).poll_frame(cx) {
                return Poll::Ready(frame);
            }
            drive(&mut self.connection, cx);
            Pin::new(&mut *body).poll_frame(cx)
        })
        .await
    }

    /// Whether another request can go over it now.
    pub(crate) async fn is_ready(&mut self) -> bool {
        std::future::poll_fn(|cx| {
            drive(&mut self.connection, cx);
            let ready = self.sender.poll_ready(cx);
            Poll::Ready(self.connection.is_some() && matches!(ready, Poll::Ready(Ok(()))))
        })
        .await
    }
}

fn drive(connection: &mut Option<Connection<TokioIo<Taped>, Full<Bytes>>>, cx: &mut Context<'_>) {
    if let Some(open) = connection
        && Pin::new(open).poll(cx).is_ready()
    {
        // What went wrong is told to those who wait for the answer.
        *connection = None;
    }
}

/// Idle connections by scheme, host and port.
pub(crate) struct Pool {
    most: usize,
    idle_for: std::time::Duration,
    origins: Mutex<Idle>,
}

#[derive(Default)]
struct Idle {
    links: HashMap<Box<str>, Vec<(Box<Link>, Instant)>>,
    count: usize,
}

/// The key of the connections that can serve `url`.
pub(crate) fn origin(url: &Url) -> &str {
    &url[..url::Position::BeforePath]
}

impl Pool {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            most: limits.idle_connections,
            idle_for: limits.idle,
            origins: Mutex::default(),
        }
    }

    /// The connection used last for `origin`, if one is still open.
    pub(crate) async fn take(&self, origin: &str, now: Instant) -> Option<Box<Link>> {
        loop {
            let mut link = self.take_any(origin, now)?;
            if link.is_ready().await {
                return Some(link);
            }
        }
    }

    fn take_any(&self, origin: &str, now: Instant) -> Option<Box<Link>> {
        let mut idle = self.idle();
        let (link, since) = idle.links.get_mut(origin)?.pop()?;
        idle.count -= 1;
        if now.saturating_duration_since(since) <= self.idle_for {
            return Some(link);
        }
        // Those below were put back even earlier.
        let stale = idle.links.remove(origin).map_or(0, |links| links.len());
        idle.count -= stale;
        None
    }

    pub(crate) fn put(&self, origin: &str, mut link: Box<Link>, now: Instant) {
        link.used_before = true;
        let mut idle = self.idle();
        if idle.count >= self.most {
            idle.make_room(now, self.idle_for);
        }
        if idle.count >= self.most {
            return;
        }
        idle.count += 1;
        match idle.links.get_mut(origin) {
            Some(links) => links.push((link, now)),
            None => {
                idle.links.insert(origin.into(), vec![(link, now)]);
            }
        }
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.origins.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Idle {
    /// Closes what is stale or, if nothing is, the older half.
    fn make_room(&mut self, now: Instant, idle_for: std::time::Duration) {
        let before = self.count;
        self.keep_since(|since| now.saturating_duration_since(since) <= idle_for);
        if self.count == before {
            let mut times: Vec<_> = self.links.values().flatten().map(|(_, at)| *at).collect();
            times.sort_unstable();
            if let Some(middle) = times.get(times.len() / 2) {
                self.keep_since(|since| since > *middle);
            }
        }
    }

    fn keep_since(&mut self, keep: impl Fn(Instant) -> bool) {
        self.links.retain(|_, links| {
            links.retain(|(_, since)| keep(*since));
            !links.is_empty()
        });
        self.count = self.links.values().map(Vec::len).sum();
    }
}
