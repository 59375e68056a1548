//! The town on loopback: listeners, TLS, and the carrying out of answers. All
//! of the crate's waiting and sending is here.

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::header::{COOKIE, HOST, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::rustls::server::Acceptor;

use crate::answer::{Act, Answer, Response};
use crate::behaviour::TlsFault;
use crate::body::TownBody;
use crate::plan::TownPlan;
use crate::tls::{Authority, CertificateError};
use crate::wire::{Cut, Fate, Resets, Wire};
use crate::world::{Method, PlanError, Request, World};

/// The largest request body read, bytes.
const LARGEST_BODY: usize = 64 * 1024;

/// How long a handshake or the head of a request may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long to wait after a connection could not be accepted.
const BREATH: Duration = Duration::from_millis(10);

/// How long `silence` lasts at most.
const LONGEST_SILENCE: Duration = Duration::from_secs(600);

/// How a town is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TownOptions {
    /// The address it listens at; loopback unless one knows better.
    pub address: IpAddr,
    /// The port for HTTP; 0 for any free one. The TLS listeners always take
    /// any free one.
    pub port: u16,
    /// How many messages each room keeps.
    pub messages_per_room: usize,
    /// How many connections each listener serves at once.
    pub most_connections: usize,
}

impl Default for TownOptions {
    fn default() -> Self {
        Self {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            messages_per_room: 4096,
            most_connections: 1024,
        }
    }
}

/// Why a town does not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The plan contradicts itself.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The port is taken, or the address is not ours.
    #[error(
        "the town cannot listen at {address}: {cause}; choose another port, or 0 for any free one"
    )]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        cause: io::Error,
    },
    /// No certificate.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
}

/// Starts towns.
#[derive(Debug, Clone, Copy)]
pub struct Town;

/// A town that runs until it is stopped or dropped.
#[derive(Debug)]
pub struct RunningTown {
    /// Where all hosts answer over HTTP.
    pub http: SocketAddr,
    /// Where all hosts answer over TLS; those with a TLS fault break it.
    pub tls: SocketAddr,
    /// Where TLS is broken for every host.
    pub broken_tls: SocketAddr,
    /// The certificate a client must trust, as PEM.
    pub root_certificate_pem: String,
    world: Arc<World>,
    stop: watch::Sender<bool>,
    listeners: Vec<JoinHandle<()>>,
}

impl Town {
    /// Starts a town on the current runtime.
    ///
    /// ```
    /// use moongate_town::{Timeline, Town, TownOptions, TownPlan};
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// let plan = TownPlan::timeline(&Timeline::shipped()?)?;
    /// let town = Town::start(plan, TownOptions::default()).await?;
    /// town.set_moment("2021-09-17-pm")?;
    /// assert!(town.http.ip().is_loopback());
    /// town.stop().await;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`StartError`] if the plan cannot be played or a port cannot be had.
    pub async fn start(plan: TownPlan, options: TownOptions) -> Result<RunningTown, StartError> {
        let world = Arc::new(World::new(plan, options.messages_per_room)?);
        let authority = Arc::new(Authority::new()?);
        let (http, http_at) = listen(options.address, options.port).await?;
        let (tls, tls_at) = listen(options.address, 0).await?;
        let (broken, broken_at) = listen(options.address, 0).await?;
        let (stop, stopped) = watch::channel(false);
        let server = Server {
            world: Arc::clone(&world),
            authority: Arc::clone(&authority),
            started: Instant::now(),
        };
        let most = options.most_connections.max(1);
        let listeners = vec![
            tokio::spawn(
                server
                    .clone()
                    .accept(http, Door::Plain, most, stopped.clone()),
            ),
            tokio::spawn(server.clone().accept(tls, Door::Tls, most, stopped.clone())),
            tokio::spawn(server.accept(broken, Door::BrokenTls, most, stopped)),
        ];
        Ok(RunningTown {
            http: http_at,
            tls: tls_at,
            broken_tls: broken_at,
            root_certificate_pem: authority.root_pem().to_owned(),
            world,
            stop,
            listeners,
        })
    }
}

impl RunningTown {
    /// Moves the town to a moment.
    ///
    /// # Errors
    /// [`PlanError::Moment`] if the plan has no such moment.
    pub fn set_moment(&self, id: &str) -> Result<(), PlanError> {
        self.world.set_moment(id)
    }

    /// The plan it plays.
    pub fn plan(&self) -> &TownPlan {
        self.world.plan()
    }

    /// Where a client must connect for a host: what `curl --connect-to` does.
    pub fn address_for(&self, https: bool) -> SocketAddr {
        if https { self.tls } else { self.http }
    }

    /// Closes all connections and listeners.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        for listener in std::mem::take(&mut self.listeners) {
            // A listener that broke has stopped as well.
            let _ = listener.await;
        }
    }
}

impl Drop for RunningTown {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

async fn listen(address: IpAddr, port: u16) -> Result<(TcpListener, SocketAddr), StartError> {
    let address = SocketAddr::new(address, port);
    let fail = |cause| StartError::Listen { address, cause };
    let listener = TcpListener::bind(address).await.map_err(fail)?;
    let at = listener.local_addr().map_err(fail)?;
    Ok((listener, at))
}

/// What a listener speaks.
#[derive(Debug, Clone, Copy)]
enum Door {
    Plain,
    Tls,
    BrokenTls,
}

#[derive(Debug, Clone)]
struct Server {
    world: Arc<World>,
    authority: Arc<Authority>,
    started: Instant,
}

impl Server {
    /// Serves connections until told to stop, at most `most` at once.
    async fn accept(
        self,
        listener: TcpListener,
        door: Door,
        most: usize,
        mut stopped: watch::Receiver<bool>,
    ) {
        let room = Arc::new(Semaphore::new(most));
        let mut connections = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                _ = stopped.wait_for(|stop| *stop) => break,
                Some(_) = connections.join_next() => continue,
                accepted = async {
                    let seat = Arc::clone(&room).acquire_owned().await;
                    (seat, listener.accept().await)
                } => accepted,
            };
            let (Ok(seat), connection) = accepted else {
                break;
            };
            // A connection that was gone before it was accepted is no loss; if
            // there are no sockets left, others must end first.
            let Ok((stream, _)) = connection else {
                tokio::time::sleep(BREATH).await;
                continue;
            };
            let server = self.clone();
            connections.spawn(async move {
                server.connection(stream, door).await;
                drop(seat);
            });
        }
        connections.shutdown().await;
    }

    async fn connection(&self, stream: TcpStream, door: Door) {
        // Without it answers still arrive, later.
        let _ = stream.set_nodelay(true);
        match door {
            Door::Plain => self.serve(stream, "http").await,
            Door::Tls => self.handshake(stream, false).await,
            Door::BrokenTls => self.handshake(stream, true).await,
        }
    }

    /// Shakes hands as the host asked for does.
    async fn handshake(&self, stream: TcpStream, broken: bool) {
        let acceptor = LazyConfigAcceptor::new(Acceptor::default(), stream);
        let Ok(Ok(start)) = tokio::time::timeout(PATIENCE, acceptor).await else {
            return;
        };
        let hello = start.client_hello();
        let host = hello.server_name().unwrap_or_default().to_ascii_lowercase();
        let known = self.world.has_host(&host);
        let host = if known {
            host
        } else {
            crate::TOWN_HOST.to_owned()
        };
        let usual = broken.then_some(TlsFault::UnknownIssuer);
        let fault = self.world.tls_fault(&host).or(usual);
        if fault == Some(TlsFault::Garbage) {
            let mut stream = start.io;
            // Whoever has gone away misses nothing.
            let _ = stream.write_all(b"\x00\xffNOT TLS AT ALL\r\n\r\n").await;
            let _ = stream.shutdown().await;
            return;
        }
        let Ok(config) = self.authority.config(&host, fault) else {
            return;
        };
        if let Ok(Ok(stream)) = tokio::time::timeout(PATIENCE, start.into_stream(config)).await {
            self.serve(stream, "https").await;
        }
    }

    /// Answers the requests of one connection.
    async fn serve<S>(&self, stream: S, scheme: &'static str)
    where
        S: AsyncRead + AsyncWrite + Resets + Unpin + Send + 'static,
    {
        let (wire, fate) = Wire::new(stream);
        let service = service_fn(|request| self.respond(request, scheme, &fate));
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(PATIENCE)
            .serve_connection(TokioIo::new(wire), service);
        // Connections are cut on purpose here; how one ends is the client's
        // to see.
        let _ = connection.await;
    }

    async fn respond(
        &self,
        request: hyper::Request<Incoming>,
        scheme: &'static str,
        fate: &Fate,
    ) -> Result<hyper::Response<TownBody>, Infallible> {
        let (parts, body) = request.into_parts();
        let collected = Limited::new(body, LARGEST_BODY).collect().await;
        let body = collected
            .map(http_body_util::Collected::to_bytes)
            .unwrap_or_default();
        let header = |name| text(&parts.headers, name);
        let host = parts.uri.host().unwrap_or_else(|| header(HOST));
        let host = host
            .split(':')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        let answer = self.world.answer(&Request {
            method: match parts.method {
                hyper::Method::GET | hyper::Method::HEAD => Method::Get,
                hyper::Method::POST => Method::Post,
                _ => Method::Other,
            },
            scheme,
            host: &host,
            path: parts.uri.path(),
            query: parts.uri.query().unwrap_or_default(),
            cookie: header(COOKIE),
            user_agent: header(USER_AGENT),
            body: std::str::from_utf8(&body).unwrap_or_default(),
            age_ms: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
        });
        Ok(carry_out(answer, fate).await)
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> &str {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default()
}

/// Waits, then does what the answer says.
async fn carry_out(answer: Answer, fate: &Fate) -> hyper::Response<TownBody> {
    if answer.delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(answer.delay_ms)).await;
    }
    match answer.act {
        Act::Respond(response) => return send(response),
        // The world turns every `Through` into a response.
        Act::Through | Act::Reset => fate.seal(Cut::Reset),
        Act::Raw(bytes) => fate.seal(Cut::Raw(bytes)),
        Act::Silence => {
            tokio::time::sleep(LONGEST_SILENCE).await;
            fate.seal(Cut::Reset);
        }
    }
    // Never sent: the connection is cut at its first byte.
    hyper::Response::new(TownBody::Whole(None))
}

fn send(response: Response) -> hyper::Response<TownBody> {
    let mut sent = hyper::Response::new(TownBody::from(response.body));
    if let Ok(status) = hyper::StatusCode::from_u16(response.status) {
        *sent.status_mut() = status;
    }
    for (name, value) in response.headers {
        // A value that HTTP cannot carry (a target with a line break, say) is
        // left out rather than sent broken.
        if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            sent.headers_mut()
                .append(HeaderName::from_static(name), value);
        }
    }
    sent
}
