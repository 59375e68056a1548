//! One request: a connection from the pool or a new one, the head, the body,
//! every phase timed and capped. It follows nothing and judges nothing.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body as _, Incoming};
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Response, Uri};
use moongate_page::{FailureKind, Stage, Timings};
use tokio::time::Instant;
use url::{Position, Url};

use crate::body::{Received, Receiver};
use crate::clock::micros;
use crate::dial::within;
use crate::failure::Fault;
use crate::link::{Link, origin};
use crate::wire::push_escaped;
use crate::{Carrier, wire};

/// One request, ready to be sent.
pub(crate) struct Ask<'a> {
    pub(crate) url: &'a Url,
    /// The form to be posted; none for GET.
    pub(crate) form: Option<&'a Bytes>,
    pub(crate) agent: &'a [(HeaderName, HeaderValue)],
    pub(crate) extra: &'a [(HeaderName, HeaderValue)],
    pub(crate) send_authorization: bool,
    pub(crate) cookie: Option<Vec<u8>>,
}

/// All that one request came to.
pub(crate) struct Told {
    pub(crate) address: Option<SocketAddr>,
    pub(crate) timings: Timings,
    pub(crate) status: Option<u16>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) request_head: Vec<u8>,
    pub(crate) response_head: Vec<u8>,
    pub(crate) received: Received,
    /// The body did not come to its end.
    pub(crate) cut: bool,
    pub(crate) sent_at: Option<Instant>,
    pub(crate) head_at: Instant,
    pub(crate) ended_at: Instant,
    /// Lost on a connection of ours that turned out to be closed.
    pub(crate) lost: Duration,
    pub(crate) fault: Option<Fault>,
}

impl Told {
    fn nothing(start: Instant) -> Self {
        Self {
            address: None,
            timings: Timings::default(),
            status: None,
            headers: Vec::new(),
            request_head: Vec::new(),
            response_head: Vec::new(),
            received: Received::default(),
            cut: false,
            sent_at: None,
            head_at: start,
            ended_at: start,
            lost: Duration::ZERO,
            fault: None,
        }
    }
}

impl Carrier {
    /// Makes one request.
    pub(crate) async fn hop(&self, ask: &Ask<'_>, start: Instant, deadline: Instant) -> Told {
        let mut told = Told::nothing(start);
        // A form is never posted over a used connection: were that one just
        // being closed, nobody could say whether the form had arrived.
        let idle = match ask.form {
            None => self.pool.take(origin(ask.url), start).await,
            Some(_) => None,
        };
        let mut start = start;
        if let Some(link) = idle {
            if self.over(link, ask, deadline, &mut told).await {
                return self.ended(told, start);
            }
            // The server had closed it meanwhile: that says nothing of the
            // link, so the request begins anew.
            let again = self.clock.now();
            told = Told::nothing(again);
            told.lost = again.saturating_duration_since(start);
            start = again;
        }
        match self.dial(ask.url, deadline, &mut told.timings).await {
            Ok(link) => {
                self.over(link, ask, deadline, &mut told).await;
            }
            Err(fault) => told.fault = Some(fault),
        }
        self.ended(told, start)
    }

    fn ended(&self, mut told: Told, start: Instant) -> Told {
        told.ended_at = self.clock.now();
        told.timings.total_us = micros(start, told.ended_at);
        told
    }

    async fn dial(
        &self,
        url: &Url,
        deadline: Instant,
        timings: &mut Timings,
    ) -> Result<Box<Link>, Fault> {
        let dialed = self
            .dialer
            .dial(url, &self.limits, deadline, timings)
            .await?;
        let link = Link::start(dialed, &self.limits, self.clock.clone()).await;
        link.map_err(|error| Fault::http(Stage::Connect, &error))
    }

    /// Makes the request over `link`; `false` if that had been used before
    /// and turned out to be closed.
    async fn over(
        &self,
        mut link: Box<Link>,
        ask: &Ask<'_>,
        deadline: Instant,
        told: &mut Told,
    ) -> bool {
        let request = match request(ask) {
            Ok(request) => request,
            Err(fault) => {
                told.fault = Some(fault);
                return true;
            }
        };
        told.address = Some(link.address);
        let sending = link.send(request);
        let answer = within(Stage::FirstByte, self.limits.first_byte, deadline, sending).await;
        told.head_at = self.clock.now();
        let answer =
            answer.and_then(|answer| answer.map_err(|error| Fault::http(Stage::FirstByte, &error)));
        {
            let mut tape = link.tape();
            told.sent_at = tape.sent_at;
            told.timings.first_byte_us = tape
                .sent_at
                .zip(tape.first_byte_at)
                .map(|(sent, first)| micros(sent, first));
            told.request_head = std::mem::take(&mut tape.sent);
            told.response_head = std::mem::take(&mut tape.head);
        }
        match answer {
            Ok(response) => {
                self.read(link, response, ask, deadline, told).await;
                true
            }
            Err(fault) => {
                let closed = link.used_before
                    && fault.kind == FailureKind::Reset
                    && told.response_head.is_empty();
                told.fault = Some(fault);
                !closed
            }
        }
    }

    /// Takes in the head and reads the body, then puts the connection back.
    async fn read(
        &self,
        mut link: Box<Link>,
        response: Response<Incoming>,
        ask: &Ask<'_>,
        deadline: Instant,
        told: &mut Told,
    ) {
        let (parts, body) = response.into_parts();
        let status = parts.status.as_u16();
        told.status = Some(status);
        told.headers = wire::headers(&told.response_head);
        let led_on = (300..400).contains(&status) && parts.headers.contains_key(header::LOCATION);
        let read = self
            .body(&mut link, body, &parts.headers, led_on, deadline)
            .await;
        told.received = read.received;
        told.cut = !read.whole;
        told.fault = read.fault;
        if told.fault.is_none()
            && let Some(words) = &told.received.broken
        {
            let kind = FailureKind::BadEncoding;
            told.fault = Some(Fault::new(Stage::Body, kind, words.clone()));
        }
        if read.whole && link.is_ready().await {
            self.pool.put(origin(ask.url), link, told.head_at);
        }
    }

    async fn body(
        &self,
        link: &mut Link,
        body: Incoming,
        headers: &HeaderMap,
        led_on: bool,
        deadline: Instant,
    ) -> Read {
        let limits = &self.limits;
        let encoding = headers
            .get(header::CONTENT_ENCODING)
            .and_then(|e| e.to_str().ok());
        let encoding = encoding.unwrap_or_default();
        if body.is_end_stream() {
            return Read::end(Receiver::new("", 0, 0), true, None);
        }
        if !led_on {
            let receiver = Receiver::new(encoding, limits.body_bytes, limits.wire_bytes);
            return self.body_in_full(link, body, receiver, deadline).await;
        }
        // Nobody sees the body of a redirect by status: a little of it will
        // do, and that it does not come is no failure.
        let most = limits.redirect_body_bytes;
        let mut receiver = Receiver::new(encoding, most, most as u64);
        let end = deadline.min(self.clock.now() + limits.redirect_body);
        let reading = async { pieces(link, body, &mut receiver).await };
        let read = tokio::time::timeout_at(end, reading).await;
        let whole = matches!(read, Ok(Ok(true)));
        let mut read = Read::end(receiver, whole, None);
        read.received.broken = None;
        read
    }

    /// Reads a body to its end, a cap, or the end of patience.
    async fn body_in_full(
        &self,
        link: &mut Link,
        mut body: Incoming,
        mut receiver: Receiver,
        deadline: Instant,
    ) -> Read {
        let limits = &self.limits;
        loop {
            let before = receiver.wire_length();
            let reading = pieces(link, &mut body, &mut receiver);
            match within(Stage::Body, limits.progress_time, deadline, reading).await {
                Ok(Ok(whole)) => return Read::end(receiver, whole, None),
                Ok(Err(error)) => {
                    let fault = Fault::http(Stage::Body, &error);
                    return Read::end(receiver, false, Some(fault));
                }
                Err(late) => {
                    let progress = receiver.wire_length() - before;
                    let moves = progress >= limits.progress_bytes.max(1);
                    if late.kind == FailureKind::TookTooLong || !moves {
                        return Read::end(receiver, false, Some(late));
                    }
                }
            }
        }
    }
}

struct Read {
    received: Received,
    whole: bool,
    fault: Option<Fault>,
}

impl Read {
    fn end(receiver: Receiver, whole: bool, fault: Option<Fault>) -> Self {
        let received = receiver.finish(whole);
        Self {
            whole: whole && !received.capped,
            received,
            fault,
        }
    }
}

/// Takes in pieces until the body ends (`true`) or a cap is reached. Dropped
/// in between, it loses nothing that came.
async fn pieces(
    link: &mut Link,
    mut body: impl std::borrow::BorrowMut<Incoming>,
    receiver: &mut Receiver,
) -> hyper::Result<bool> {
    while let Some(frame) = link.frame(body.borrow_mut()).await {
        if let Ok(piece) = frame?.into_data()
            && !receiver.push(&piece)
        {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The request as HTTP.
fn request(ask: &Ask<'_>) -> Result<hyper::Request<Full<Bytes>>, Fault> {
    let bad = |what: &str| {
        let words = format!("{what} of `{}` cannot be sent", ask.url);
        Fault::new(Stage::Policy, FailureKind::BadAddress, words)
    };
    let body = ask.form.cloned().unwrap_or_default();
    let mut request = hyper::Request::new(Full::new(body));
    *request.uri_mut() = target(ask.url).ok_or_else(|| bad("the path"))?;
    let host = HeaderValue::from_str(&ask.url[Position::BeforeHost..Position::AfterPort]);
    let host = host.map_err(|_| bad("the host"))?;
    let mut headers = HeaderMap::with_capacity(ask.agent.len() + ask.extra.len() + 4);
    headers.insert(header::HOST, host);
    for (name, value) in ask.agent {
        if !ask.extra.iter().any(|(theirs, _)| theirs == name) {
            headers.insert(name, value.clone());
        }
    }
    for (name, value) in ask.extra {
        if ask.send_authorization || name != header::AUTHORIZATION {
            headers.append(name, value.clone());
        }
    }
    if ask.form.is_some() {
        *request.method_mut() = hyper::Method::POST;
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(header::CONTENT_TYPE, form);
    }
    if let Some(cookie) = ask
        .cookie
        .as_ref()
        .and_then(|c| HeaderValue::from_bytes(c).ok())
    {
        headers.insert(header::COOKIE, cookie);
    }
    *request.headers_mut() = headers;
    Ok(request)
}

/// Path and query as they go into the request line.
fn target(url: &Url) -> Option<Uri> {
    let text = &url[Position::BeforePath..Position::AfterQuery];
    Uri::try_from(text).ok().or_else(|| {
        // A few characters that URLs may hold and `http` refuses.
        let mut safe = String::with_capacity(text.len() + 16);
        for byte in text.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%".contains(&byte) {
                safe.push(char::from(byte));
            } else {
                push_escaped(&mut safe, byte);
            }
        }
        Uri::try_from(safe).ok()
    })
}

/// How long `limits` may be stretched by waiting of our own.
pub(crate) fn later(deadline: Instant, by: Duration) -> Instant {
    deadline.checked_add(by).unwrap_or(deadline)
}
