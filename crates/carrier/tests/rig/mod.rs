//! A small server on loopback that misbehaves on command, and carriers that
//! reach it under any name below `.test`.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, missing_docs)]

use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use moongate_carrier::{
    Carrier, Jar, Limits, Network, Politeness, Request, Resolve, Resolving, Setup, UserAgent,
    Visited,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the server does with one request.
pub enum Does {
    /// Says this and waits for the next request.
    Says(Vec<u8>),
    /// Says this and closes.
    Closes(Vec<u8>),
    /// Says this and then nothing, without closing.
    Hangs(Vec<u8>),
    /// Says the first, then the second byte by byte at this interval, for ever.
    Drips(Vec<u8>, u8, Duration),
    /// Says the first, then the second again and again until nobody listens.
    Endless(Vec<u8>, Vec<u8>),
    /// Resets the connection.
    Resets,
}

/// A request as the server saw it.
#[derive(Debug, Clone)]
pub struct Asked {
    pub head: String,
    pub body: String,
    pub connection: usize,
}

impl Asked {
    pub fn path(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

pub struct Server {
    pub port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    pub async fn start(does: impl Fn(&Asked) -> Does + Send + Sync + 'static) -> Self {
        Self::start_with(does, None).await
    }

    pub async fn start_with(
        does: impl Fn(&Asked) -> Does + Send + Sync + 'static,
        tls: Option<tokio_rustls::TlsAcceptor>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (log, does) = (Arc::clone(&asked), Arc::new(does));
        tokio::spawn(async move {
            for connection in 0.. {
                let Ok((tcp, _)) = listener.accept().await else {
                    return;
                };
                let (log, does, tls) = (Arc::clone(&log), Arc::clone(&does), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => converse(tcp, connection, &*does, &log).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(tcp).await {
                                converse(stream, connection, &*does, &log).await;
                            }
                        }
                    }
                });
            }
        });
        Self { port, asked }
    }

    /// Every request so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub fn paths(&self) -> Vec<String> {
        self.asked()
            .iter()
            .map(|asked| asked.path().to_owned())
            .collect()
    }

    pub fn network(&self) -> Network {
        Network {
            connect_to: vec![(
                "*.test".parse().unwrap(),
                ([127, 0, 0, 1], self.port).into(),
            )],
            allow_private: vec!["*.test".parse().unwrap()],
        }
    }

    pub fn setup(&self) -> Setup {
        Setup {
            limits: short(),
            network: self.network(),
            politeness: Politeness::unlimited(),
            resolver: Arc::new(Names(vec![])),
            ..Setup::default()
        }
    }

    pub fn carrier(&self) -> Carrier {
        Carrier::new(self.setup()).unwrap()
    }

    /// Opens a link with a fresh carrier; `platform.test` is the platform's.
    pub async fn open(&self, url: &str) -> Visited {
        open(&self.carrier(), url).await
    }
}

pub async fn open(carrier: &Carrier, url: &str) -> Visited {
    let sites = ["platform.test".to_owned()];
    let request = Request::get(url, &UserAgent::Plain).at_platform(&sites);
    let visited = carrier.open(request, &mut Jar::new()).await;
    check(&visited);
    visited
}

/// What holds for every visit.
pub fn check(visited: &Visited) {
    let visit = &visited.visit;
    for hop in &visit.hops {
        let t = &hop.timings;
        let phases = [t.dns_us, t.connect_us, t.tls_us, t.first_byte_us];
        let sum: u64 = phases.iter().flatten().sum();
        assert!(sum <= t.total_us + 4, "{hop:?}");
        assert_eq!(hop.status.is_some(), hop.body.is_some());
    }
    let sum: u64 = visit.hops.iter().map(|hop| hop.timings.total_us).sum();
    assert!(
        visit.total_us + 1 + visit.hops.len() as u64 >= sum,
        "{visit:?}"
    );
    for exchange in &visited.exchanges {
        let hop = &visit.hops[exchange.hop];
        assert_eq!(hop.url, exchange.url);
        assert!(exchange.request_head.ends_with(b"\r\n\r\n"));
        assert_eq!(
            exchange.digest,
            moongate_glossary::Digest::of(&exchange.body)
        );
        if let Some(body) = &hop.body {
            assert_eq!(
                (body.digest, body.length),
                (exchange.digest, exchange.body.len() as u64)
            );
        }
    }
}

/// Caps short enough for tests.
pub fn short() -> Limits {
    Limits {
        first_byte: Duration::from_millis(500),
        progress_time: Duration::from_millis(400),
        progress_bytes: 1000,
        redirect_body: Duration::from_millis(200),
        connect: Duration::from_millis(500),
        tls: Duration::from_millis(300),
        resolve: Duration::from_millis(300),
        total: Duration::from_secs(5),
        ..Limits::default()
    }
}

/// A resolver that knows a few names.
pub struct Names(pub Vec<(&'static str, Vec<IpAddr>)>);

impl Resolve for Names {
    fn resolve<'a>(&'a self, name: &'a str) -> Resolving<'a> {
        let found = self.0.iter().find(|(known, _)| *known == name);
        let found = found.map(|(_, addresses)| addresses.clone());
        Box::pin(async move { found.ok_or_else(|| std::io::ErrorKind::NotFound.into()) })
    }
}

pub fn page(body: &str) -> Does {
    says("200 OK", "Content-Type: text/html\r\n", body)
}

pub fn to(status: &str, location: &str) -> Does {
    says(status, &format!("Location: {location}\r\n"), "")
}

pub fn says(status: &str, headers: &str, body: &str) -> Does {
    let length = body.len();
    Does::Says(
        format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n{body}").into(),
    )
}

async fn converse(
    mut stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    connection: usize,
    does: &(impl Fn(&Asked) -> Does + Send + Sync),
    log: &Mutex<Vec<Asked>>,
) {
    while let Some(asked) = read(&mut stream, connection).await {
        log.lock().unwrap().push(asked.clone());
        match does(&asked) {
            Does::Says(bytes) => {
                if stream.write_all(&bytes).await.is_err() {
                    return;
                }
                let _ = stream.flush().await;
            }
            Does::Closes(bytes) => {
                let _ = stream.write_all(&bytes).await;
                let _ = stream.shutdown().await;
                return;
            }
            Does::Hangs(bytes) => {
                let _ = stream.write_all(&bytes).await;
                let _ = stream.flush().await;
                let _ = stream.read(&mut [0]).await;
                return;
            }
            Does::Drips(bytes, byte, every) => {
                let _ = stream.write_all(&bytes).await;
                let mut tick = tokio::time::interval(every);
                while stream.write_all(&[byte]).await.is_ok() {
                    let _ = stream.flush().await;
                    tick.tick().await;
                }
                return;
            }
            Does::Endless(bytes, again) => {
                let _ = stream.write_all(&bytes).await;
                while stream.write_all(&again).await.is_ok() {}
                return;
            }
            Does::Resets => {
                let any: Box<dyn std::any::Any> = Box::new(stream);
                if let Ok(tcp) = any.downcast::<TcpStream>() {
                    tcp.set_zero_linger().unwrap();
                }
                return;
            }
        }
    }
}

async fn read(stream: &mut (impl AsyncRead + Unpin), connection: usize) -> Option<Asked> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let mut asked = Asked {
        head: String::from_utf8_lossy(&bytes[..end]).into_owned(),
        body: String::new(),
        connection,
    };
    let length = asked
        .header("content-length")
        .map_or(0, |n| n.trim().parse().unwrap());
    while bytes.len() < end + length {
        stream.read_buf(&mut bytes).await.ok()?;
    }
    asked.body = String::from_utf8_lossy(&bytes[end..]).into_owned();
    Some(asked)
}
