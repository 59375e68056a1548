//! Opening a link: hop after hop until the end, every hop and time a fact.
//! What the world does is data here, never an error.

use std::time::Duration;

use bytes::Bytes;
use hyper::header::{HeaderName, HeaderValue};
use moongate_glossary::{Digest, Side};
use moongate_page::{
    Body, Failure, FailureKind, HandOver, Hop, HowReached, Stage, Visit, hand_over,
};
use moongate_url::same_site;
use tokio::time::Instant;
use url::Url;

use crate::agent::Template;
use crate::clock::micros;
use crate::failure::Fault;
use crate::hop::{Ask, Told, later};
use crate::jar::Jar;
use crate::network::is_bad_port;
use crate::politeness::{Answer, retry_after};
use crate::request::{Exchange, Method, Request, Visited};
use crate::{Carrier, Limits};

impl Carrier {
    /// Opens a link and follows it to its end.
    ///
    /// Whatever servers and networks do ends in facts: failures stand in
    /// [`Visit::failure`] with their side. Dropping the future gives the
    /// visit up and closes the connection it used.
    pub async fn open(&self, request: Request<'_>, jar: &mut Jar) -> Visited {
        let now = self.clock.now();
        let mut trip = Trip {
            carrier: self,
            request,
            jar,
            deadline: now,
            start: None,
            first_sent: None,
            ours: Duration::ZERO,
            announced_s: 0.0,
            asked: None,
            states: Vec::new(),
            visited: Visited {
                visit: Visit {
                    asked: request.url.to_owned(),
                    hops: Vec::with_capacity(2),
                    failure: None,
                    handover_us: None,
                    total_us: 0,
                },
                exchanges: Vec::with_capacity(2),
            },
        };
        if let Err(failure) = trip.run().await {
            trip.visited.visit.failure = Some(failure);
        }
        trip.finish()
    }
}

/// A visit under way.
struct Trip<'a> {
    carrier: &'a Carrier,
    request: Request<'a>,
    jar: &'a mut Jar,
    deadline: Instant,
    /// When the first request began.
    start: Option<Instant>,
    /// When its first byte left.
    first_sent: Option<Instant>,
    /// Time since `start` that we spent waiting or reading pages ourselves.
    ours: Duration,
    /// Delays that pages announced so far, seconds.
    announced_s: f64,
    asked: Option<Url>,
    /// The state in which each hop was asked for.
    states: Vec<(bool, u64)>,
    visited: Visited,
}

/// The request to come.
struct Next {
    url: Url,
    how: HowReached,
    form: Option<Bytes>,
}

impl Trip<'_> {
    async fn run(&mut self) -> Result<(), Failure> {
        let agent = Template::of(self.request.user_agent);
        let url = match address(self.request.url, &self.carrier.limits) {
            Ok(url) => url,
            Err(fault) => return Err(fault.at(Side::Ours)),
        };
        self.asked = Some(url.clone());
        let mut next = Next {
            url,
            how: HowReached::Asked,
            form: form(self.request.method),
        };
        loop {
            self.may_ask(&next)
                .map_err(|fault| self.blame_leading(fault, &next.url))?;
            let secure = next.url.scheme() == "https";
            let told = self.ask(&next, agent.headers(secure)).await?;
            match self
                .lead(next, &told)
                .map_err(|(fault, url)| self.blame_host(fault, &url))?
            {
                Some(following) => next = following,
                None => return Ok(()),
            }
        }
    }

    /// The rules that hold before any network.
    fn may_ask(&mut self, next: &Next) -> Result<(), Fault> {
        let fault = |kind, words: String| Err(Fault::new(Stage::Redirect, kind, words));
        let hops = &self.visited.visit.hops;
        let limits = &self.carrier.limits;
        if hops.len() >= limits.hops {
            return fault(
                FailureKind::TooManyHops,
                format!("more than {} hops", limits.hops),
            );
        }
        if next.url.as_str().len() > limits.url_bytes {
            let words = format!("the next address is longer than {} bytes", limits.url_bytes);
            return fault(FailureKind::BadAddress, words);
        }
        if let Some(port) = next.url.port().filter(|port| is_bad_port(*port)) {
            let words = format!("port {port} is none that a browser opens");
            let stage = if hops.is_empty() {
                Stage::Policy
            } else {
                Stage::Redirect
            };
            return Err(Fault::new(stage, FailureKind::BadAddress, words));
        }
        let state = (next.form.is_some(), self.jar.changes());
        let again = hops.iter().zip(&self.states).any(|(hop, before)| {
            *before == state && without_fragment(&hop.url) == without_fragment(next.url.as_str())
        });
        if again {
            return fault(
                FailureKind::Loop,
                format!("{} again, with nothing changed", next.url),
            );
        }
        self.states.push(state);
        Ok(())
    }

    /// Makes the request and notes what came.
    async fn ask(
        &mut self,
        next: &Next,
        agent: &[(HeaderName, HeaderValue)],
    ) -> Result<Told, Failure> {
        let clock = &self.carrier.clock;
        let before = clock.now();
        let mut pass = self.carrier.gate.pass(&next.url).await;
        let start = clock.now();
        let started_at_ms = clock.unix_ms();
        self.begin(before, start);
        let ask = Ask {
            url: &next.url,
            form: next.form.as_ref(),
            agent,
            extra: self.request.headers.map_or(&[], |extra| &extra.0),
            send_authorization: self.asked.as_ref().and_then(Url::host) == next.url.host(),
            cookie: self.jar.header(&next.url, started_at_ms / 1000),
        };
        let mut told = self.carrier.hop(&ask, start, self.deadline).await;
        self.ours += told.lost;
        if self.first_sent.is_none() {
            // What was lost before lies outside the time that starts here, and
            // is taken off it all the same: so it starts earlier by as much.
            let sent = told.sent_at;
            self.first_sent = sent.map(|sent| sent.checked_sub(told.lost).unwrap_or(sent));
        }
        if let Some(fault) = told.fault.take_if(|fault| fault.stage == Stage::Policy) {
            return Err(self.blame_leading(fault, &next.url));
        }
        if let Some(status) = told.status {
            let host = next.url.host_str().unwrap_or_default();
            pass.answered(host, answer(status, &told.headers, started_at_ms));
        }
        drop(pass);
        for (name, value) in &told.headers {
            if name == "set-cookie" {
                self.jar
                    .store(&next.url, value.as_bytes(), started_at_ms / 1000);
            }
        }
        self.note(next, &mut told, started_at_ms);
        match told.fault.take() {
            Some(fault) => Err(self.blame_host(fault, &next.url)),
            None => Ok(told),
        }
    }

    /// A request begins: what was waited before is ours.
    fn begin(&mut self, before: Instant, start: Instant) {
        if self.start.is_none() {
            self.start = Some(start);
            self.deadline = later(start, self.carrier.limits.total);
            return;
        }
        let waited = start.saturating_duration_since(before);
        self.ours += waited;
        self.deadline = later(self.deadline, waited);
    }

    /// Adds hop and exchange. The body moves into the exchange; the headers
    /// move into the hop.
    fn note(&mut self, next: &Next, told: &mut Told, started_at_ms: i64) {
        let received = std::mem::take(&mut told.received);
        let digest = Digest::of(&received.bytes);
        let body = told.status.map(|_| Body {
            digest,
            length: received.bytes.len() as u64,
            truncated: told.cut || received.capped || received.broken.is_some(),
        });
        let hop = self.visited.visit.hops.len();
        self.visited.visit.hops.push(Hop {
            url: next.url.as_str().to_owned(),
            address: told.address.map(|address| address.to_string()),
            how: next.how.clone(),
            timings: std::mem::take(&mut told.timings),
            status: told.status,
            headers: std::mem::take(&mut told.headers),
            body,
        });
        let Some(address) = told.address.filter(|_| !told.request_head.is_empty()) else {
            return;
        };
        self.visited.exchanges.push(Exchange {
            hop,
            url: next.url.as_str().to_owned(),
            started_at_ms,
            address,
            request_head: std::mem::take(&mut told.request_head),
            request_body: next.form.clone().unwrap_or_default(),
            response_head: std::mem::take(&mut told.response_head),
            body: received.bytes,
            wire_length: received.wire_length,
            digest,
        });
    }

    /// Where the last hop leads, if anywhere.
    fn lead(&mut self, last: Next, told: &Told) -> Result<Option<Next>, (Fault, Url)> {
        let (Some(hop), Some(exchange)) = (
            self.visited.visit.hops.last(),
            self.visited.exchanges.last(),
        ) else {
            return Ok(None);
        };
        let status = told.status.unwrap_or_default();
        let located = match location(&last.url, status, &hop.headers) {
            Ok(located) => located,
            Err(fault) => return Err((fault, last.url)),
        };
        let reading = self.carrier.clock.now();
        let over = located.or_else(|| hand_over(&last.url, status, &hop.headers, &exchange.body));
        let Some(HandOver { to, how }) = over else {
            return Ok(None);
        };
        let (arrived, delay_s, by_page) = match &how {
            HowReached::Asked | HowReached::Location { .. } => (told.head_at, 0.0, false),
            HowReached::RefreshHeader { delay_s } => (told.head_at, *delay_s, false),
            HowReached::MetaRefresh { delay_s } | HowReached::Script { delay_s, .. } => {
                (told.ended_at, *delay_s, true)
            }
        };
        self.announced_s += delay_s.max(0.0);
        if self.visited.visit.handover_us.is_none()
            && let (Some(asked), Some(sent)) = (&self.asked, self.first_sent)
            && !same_site(asked, &to)
        {
            let ours = u64::try_from(self.ours.as_micros()).unwrap_or(u64::MAX);
            let announced_us = (self.announced_s * 1e6) as u64;
            let taken = micros(sent, arrived).saturating_sub(ours);
            self.visited.visit.handover_us = Some(taken.saturating_add(announced_us));
        }
        if by_page {
            let read = self.carrier.clock.now().saturating_duration_since(reading);
            self.ours += read;
            self.deadline = later(self.deadline, read);
        }
        let form = last
            .form
            .filter(|_| matches!(status, 307 | 308) && !by_page);
        Ok(Some(Next { url: to, how, form }))
    }

    /// Blames a failure on the host it happened at.
    fn blame_host(&self, fault: Fault, url: &Url) -> Failure {
        fault.at(self.side(url.host_str().unwrap_or_default()))
    }

    /// Blames a failure on the host that led to `url`; on our plan if we were
    /// asked for an address that we may not open, on the name's owner if it is
    /// the name that leads there.
    fn blame_leading(&self, fault: Fault, url: &Url) -> Failure {
        let leading = self.visited.visit.hops.last().map(|hop| hop.url.as_str());
        match leading.and_then(|leading| Url::parse(leading).ok()) {
            Some(leading) => self.blame_host(fault, &leading),
            None if fault.kind == FailureKind::PrivateAddress && url.domain().is_some() => {
                self.blame_host(fault, url)
            }
            None => fault.at(Side::Ours),
        }
    }

    fn side(&self, host: &str) -> Side {
        let own = |site: &String| {
            let front = host.strip_suffix(site.as_str());
            front.is_some_and(|front| front.is_empty() || front.ends_with('.'))
        };
        if self.request.platform_sites.iter().any(own) {
            Side::Carrier
        } else {
            Side::Target
        }
    }

    fn finish(mut self) -> Visited {
        if let Some(start) = self.start {
            let taken = self.carrier.clock.now().saturating_duration_since(start);
            let taken = taken.saturating_sub(self.ours).as_micros();
            self.visited.visit.total_us = u64::try_from(taken).unwrap_or(u64::MAX);
        }
        self.visited
    }
}

/// The address asked for, if it can be opened at all.
fn address(text: &str, limits: &Limits) -> Result<Url, Fault> {
    let bad = |words: String| Fault::new(Stage::Policy, FailureKind::BadAddress, words);
    if text.len() > limits.url_bytes {
        return Err(bad(format!(
            "the address is longer than {} bytes",
            limits.url_bytes
        )));
    }
    let url = Url::parse(text).map_err(|error| bad(format!("`{text}`: {error}")))?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        other => Err(bad(format!("`{other}:` is neither http nor https"))),
    }
}

fn form(method: Method<'_>) -> Option<Bytes> {
    let Method::PostForm(fields) = method else {
        return None;
    };
    let mut written = url::form_urlencoded::Serializer::new(String::new());
    written.extend_pairs(fields);
    Some(written.finish().into())
}

/// Where a redirect by status leads; none if it is none. A redirect status
/// without `Location` leads nowhere: its body is what a visitor sees.
fn location(
    base: &Url,
    status: u16,
    headers: &[(String, String)],
) -> Result<Option<HandOver>, Fault> {
    if !matches!(status, 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let mut values = headers
        .iter()
        .filter(|(name, _)| name == "location")
        .map(|(_, v)| v);
    let Some(value) = values.next().filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    if values.any(|other| other != value) {
        let words = "two `Location` headers that differ";
        return Err(Fault::new(Stage::Redirect, FailureKind::BadResponse, words));
    }
    let bad = |why: &str| {
        let start: String = value.chars().take(200).collect();
        let words = format!("`Location: {start}` {why}");
        Fault::new(Stage::Redirect, FailureKind::BadAddress, words)
    };
    let to = base.join(value).map_err(|_| bad("is no address"))?;
    if !matches!(to.scheme(), "http" | "https") {
        return Err(bad("leads out of the web"));
    }
    let how = HowReached::Location { status };
    Ok(Some(HandOver { to, how }))
}

fn answer(status: u16, headers: &[(String, String)], now_ms: i64) -> Answer {
    let stated = || {
        let value = headers.iter().find(|(name, _)| name == "retry-after");
        value.and_then(|(_, value)| retry_after(value, now_ms))
    };
    match status {
        429 => Answer::PushedBack { wait: stated() },
        503 => stated().map_or(Answer::Nothing, |wait| Answer::PushedBack {
            wait: Some(wait),
        }),
        _ => Answer::Welcome,
    }
}

fn without_fragment(url: &str) -> &str {
    url.split('#').next().unwrap_or(url)
}
