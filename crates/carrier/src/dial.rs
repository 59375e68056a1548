//! Opening a connection: resolve, check, connect, TLS, each phase timed. The
//! address that was checked is the address connected to.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use moongate_page::{FailureKind, Stage, Timings};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::net::TcpStream;
use tokio::time::Instant;
use url::{Host, Url};

use crate::clock::{Clock, micros};
use crate::failure::Fault;
use crate::limits::Limits;
use crate::network::Network;
use crate::wire::Stream;

/// Addresses of one name that are tried.
const TRIED: usize = 4;

/// How names become addresses.
pub trait Resolve: Send + Sync {
    /// The addresses of a host name. An error of kind `NotFound` says that
    /// the name does not exist.
    fn resolve<'a>(&'a self, name: &'a str) -> Resolving<'a>;
}

/// Addresses, when they come.
pub type Resolving<'a> = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>>;

/// The resolver of the system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve<'a>(&'a self, name: &'a str) -> Resolving<'a> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// A mistake in what a carrier is made from.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The extra root certificate cannot be read.
    #[error(
        "the extra root certificate cannot be used ({0}); give it as PEM, one or more certificates"
    )]
    BadRoot(String),
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
}

pub(crate) struct Dialer {
    pub(crate) network: Network,
    pub(crate) resolver: Arc<dyn Resolve>,
    pub(crate) clock: Arc<dyn Clock>,
    tls: tokio_rustls::TlsConnector,
}

/// A connection just opened.
pub(crate) struct Dialed {
    pub(crate) stream: Stream,
    pub(crate) address: SocketAddr,
}

impl Dialer {
    pub(crate) fn new(
        network: Network,
        resolver: Arc<dyn Resolve>,
        clock: Arc<dyn Clock>,
        extra_root_pem: Option<&[u8]>,
    ) -> Result<Self, SetupError> {
        Ok(Self {
            network,
            resolver,
            clock,
            tls: Arc::new(tls_config(extra_root_pem)?).into(),
        })
    }

    /// Opens a connection for `url`, noting times in `timings` as it goes.
    pub(crate) async fn dial(
        &self,
        url: &Url,
        limits: &Limits,
        deadline: Instant,
        timings: &mut Timings,
    ) -> Result<Dialed, Fault> {
        let addresses = self.addresses(url, limits, deadline, timings).await?;
        let start = self.clock.now();
        let connected = self.connect(&addresses, limits, deadline).await;
        timings.connect_us = Some(micros(start, self.clock.now()));
        let (tcp, address) = connected?;
        if url.scheme() != "https" {
            let stream = Stream::Plain(tcp);
            return Ok(Dialed { stream, address });
        }
        let start = self.clock.now();
        let stream = self.tls(url, tcp, limits, deadline).await;
        timings.tls_us = Some(micros(start, self.clock.now()));
        let stream = Stream::Tls(Box::new(stream?));
        Ok(Dialed { stream, address })
    }

    /// The addresses that may be connected to; never empty.
    async fn addresses(
        &self,
        url: &Url,
        limits: &Limits,
        deadline: Instant,
        timings: &mut Timings,
    ) -> Result<Vec<SocketAddr>, Fault> {
        let no_host = || Fault::new(Stage::Policy, FailureKind::BadAddress, "no host");
        let name = url.host_str().ok_or_else(no_host)?;
        let port = url.port_or_known_default().ok_or_else(no_host)?;
        if let Some(instead) = self.network.instead(name, port) {
            return self.checked(name, vec![instead]);
        }
        let host = match url.host().ok_or_else(no_host)? {
            Host::Ipv4(ip) => return self.checked(name, vec![(ip, port).into()]),
            Host::Ipv6(ip) => return self.checked(name, vec![(ip, port).into()]),
            Host::Domain(host) => host,
        };
        let start = self.clock.now();
        let resolving = self.resolver.resolve(host);
        let resolved = within(Stage::Resolve, limits.resolve, deadline, resolving).await;
        timings.dns_us = Some(micros(start, self.clock.now()));
        let found = resolved?.map_err(|error| Fault::resolving(host, &error))?;
        let found: Vec<_> = found
            .into_iter()
            .map(|ip| SocketAddr::new(ip, port))
            .collect();
        if found.is_empty() {
            let words = format!("{host} has no addresses");
            return Err(Fault::new(Stage::Resolve, FailureKind::NameUnknown, words));
        }
        self.checked(name, found)
    }

    fn checked(&self, host: &str, found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, Fault> {
        let (allowed, refused): (Vec<_>, Vec<_>) = found
            .into_iter()
            .partition(|a| self.network.allows(host, a.ip()));
        if !allowed.is_empty() {
            return Ok(allowed);
        }
        let words = refused.first().map_or_else(String::new, |address| {
            let ip = address.ip();
            format!("{host} lies at {ip}, which is not on the public internet; allow it by name if it is meant")
        });
        Err(Fault::new(
            Stage::Policy,
            FailureKind::PrivateAddress,
            words,
        ))
    }

    async fn connect(
        &self,
        addresses: &[SocketAddr],
        limits: &Limits,
        deadline: Instant,
    ) -> Result<(TcpStream, SocketAddr), Fault> {
        let end = deadline.min(self.clock.now() + limits.connect);
        let tried = addresses.len().min(TRIED);
        let mut last = None;
        for (i, address) in addresses.iter().take(tried).enumerate() {
            let left = end.saturating_duration_since(self.clock.now());
            // What is left is shared by those still to be tried.
            let share = left / u32::try_from(tried - i).unwrap_or(1);
            let connecting = TcpStream::connect(address);
            match within(Stage::Connect, share, deadline, connecting).await {
                Ok(Ok(tcp)) => {
                    // Without it small requests may wait for acknowledgements.
                    let _ = tcp.set_nodelay(true);
                    return Ok((tcp, *address));
                }
                Ok(Err(error)) => last = Some(Fault::io(Stage::Connect, &error)),
                Err(fault) => last = Some(fault),
            }
        }
        let none = || Fault::new(Stage::Connect, FailureKind::Unreachable, "no address");
        Err(last.unwrap_or_else(none))
    }

    async fn tls(
        &self,
        url: &Url,
        tcp: TcpStream,
        limits: &Limits,
        deadline: Instant,
    ) -> Result<tokio_rustls::client::TlsStream<TcpStream>, Fault> {
        let name = match url.host() {
            Some(Host::Domain(name)) => ServerName::try_from(name.to_owned()).ok(),
            Some(Host::Ipv4(ip)) => Some(ServerName::from(IpAddr::from(ip))),
            Some(Host::Ipv6(ip)) => Some(ServerName::from(IpAddr::from(ip))),
            None => None,
        };
        let Some(name) = name else {
            let words = "no certificate can carry this host's name";
            return Err(Fault::new(Stage::Tls, FailureKind::BadAddress, words));
        };
        let shaking = self.tls.connect(name, tcp);
        let stream = within(Stage::Tls, limits.tls, deadline, shaking).await?;
        stream.map_err(|error| Fault::io(Stage::Tls, &error))
    }
}

/// Waits for one phase within its own cap and that of the visit.
pub(crate) async fn within<F: Future>(
    stage: Stage,
    cap: Duration,
    deadline: Instant,
    phase: F,
) -> Result<F::Output, Fault> {
    let end = Instant::now() + cap;
    let (end, kind, words) = if end <= deadline {
        (
            end,
            FailureKind::TimedOut,
            "the phase took longer than its cap",
        )
    } else {
        (
            deadline,
            FailureKind::TookTooLong,
            "the visit took longer than its cap",
        )
    };
    let done = tokio::time::timeout_at(end, phase).await;
    done.map_err(|_| Fault::new(stage, kind, words))
}

/// TLS 1.2 and 1.3 with the Mozilla roots, HTTP/1.1 only, and no resumption:
/// every handshake is a whole one, so that their times compare, and no ticket
/// ties two accounts together.
fn tls_config(extra_root_pem: Option<&[u8]>) -> Result<rustls::ClientConfig, SetupError> {
    let mut roots = rustls::RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    if let Some(pem) = extra_root_pem {
        let before = roots.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|e| SetupError::BadRoot(e.to_string()))?;
            let added = roots.add(certificate);
            added.map_err(|e| SetupError::BadRoot(e.to_string()))?;
        }
        if roots.len() == before {
            return Err(SetupError::BadRoot("it holds no certificate".to_owned()));
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.resumption = rustls::client::Resumption::disabled();
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    #[test]
    fn of_mixed_addresses_only_the_public_ones_are_kept() {
        let resolver = Arc::new(crate::SystemResolver);
        let clock = Arc::new(SystemClock);
        let dialer = Dialer::new(Network::default(), resolver, clock, None).unwrap();
        let addresses = |texts: &[&str]| -> Vec<SocketAddr> {
            texts.iter().map(|text| text.parse().unwrap()).collect()
        };
        let mixed = addresses(&["10.0.0.1:80", "93.184.216.34:80", "[::ffff:127.0.0.1]:80"]);
        let kept = dialer.checked("a.example.com", mixed);
        assert_eq!(kept, Ok(addresses(&["93.184.216.34:80"])));
        let refused = dialer.checked("a.example.com", addresses(&["[fd00::1]:80"]));
        assert_eq!(
            refused.map_err(|fault| fault.kind),
            Err(FailureKind::PrivateAddress)
        );
    }
}
