//! TLS, whole and broken.
#![allow(clippy::unwrap_used, missing_docs)]

mod rig;

use std::sync::Arc;

use moongate_carrier::{Carrier, Setup, SetupError};
use moongate_page::{FailureKind, Stage};
use rcgen::{CertificateParams, CertifiedIssuer, KeyPair, date_time_ymd};
use rig::{Does, Server, open, page};
use rustls::pki_types::PrivateKeyDer;

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::self_signed(params, key).unwrap())
    }

    fn pem(&self) -> Vec<u8> {
        self.0.pem().into_bytes()
    }

    fn acceptor(&self, name: &str, expired: bool) -> tokio_rustls::TlsAcceptor {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        if expired {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2021, 1, 1);
        }
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        Arc::new(config).into()
    }
}

fn trusting(server: &Server, authority: &Authority) -> Carrier {
    let setup = Setup {
        extra_root_pem: Some(authority.pem()),
        ..server.setup()
    };
    Carrier::new(setup).unwrap()
}

#[tokio::test]
async fn pages_over_tls() {
    let authority = Authority::new();
    let tls = authority.acceptor("shop.test", false);
    let server = Server::start_with(|_| page("secret"), Some(tls)).await;
    let carrier = trusting(&server, &authority);
    let visited = open(&carrier, "https://shop.test/").await;
    assert_eq!(
        (visited.last_body(), &visited.visit.failure),
        (&b"secret"[..], &None)
    );
    let timings = &visited.visit.hops[0].timings;
    assert!(
        timings
            .tls_us
            .is_some_and(|tls| tls > 0 && tls <= timings.total_us)
    );
    let again = open(&carrier, "https://shop.test/").await;
    assert_eq!(again.visit.hops[0].timings.tls_us, None, "used again");
    assert!(
        String::from_utf8_lossy(&again.exchanges[0].request_head).starts_with("GET / HTTP/1.1")
    );
}

#[tokio::test]
async fn certificates_that_are_not_accepted() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    for (issuer, name, expired) in [
        (&stranger, "shop.test", false),
        (&authority, "other.test", false),
        (&authority, "shop.test", true),
    ] {
        let tls = issuer.acceptor(name, expired);
        let server = Server::start_with(|_| page("secret"), Some(tls)).await;
        let visit = open(&trusting(&server, &authority), "https://shop.test/")
            .await
            .visit;
        let failure = visit.failure.unwrap();
        let found = (failure.stage, failure.kind);
        assert_eq!(
            found,
            (Stage::Tls, FailureKind::BadCertificate),
            "{name} {expired}"
        );
        assert_eq!((visit.hops.len(), visit.hops[0].status), (1, None));
        assert!(visit.hops[0].timings.tls_us.is_some());
        assert!(server.asked().is_empty());
    }
}

#[tokio::test]
async fn no_tls_where_tls_was_asked_for() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    for (answer, hangs, expected) in [
        (
            &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..],
            false,
            &[FailureKind::TlsFailed][..],
        ),
        (b"", false, &[FailureKind::TlsFailed, FailureKind::Reset]),
        (
            b"\x15\x03\x03\0\x02\x02\x28",
            false,
            &[FailureKind::TlsFailed],
        ),
        (b"", true, &[FailureKind::TimedOut]),
    ] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut tcp, _) = listener.accept().await.unwrap();
            let _ = tcp.read(&mut [0; 4096]).await;
            let _ = tcp.write_all(answer).await;
            if hangs {
                let _ = tcp.read(&mut [0; 4096]).await;
            }
        });
        let plain = Server::start(|_| Does::Resets).await;
        let mut setup = plain.setup();
        setup.network.connect_to = vec![("*.test".parse().unwrap(), address)];
        let visit = open(&Carrier::new(setup).unwrap(), "https://shop.test/")
            .await
            .visit;
        let failure = visit.failure.unwrap();
        assert_eq!(failure.stage, Stage::Tls);
        assert!(expected.contains(&failure.kind), "{failure:?}");
    }
}

#[test]
fn roots_that_cannot_be_used() {
    for pem in [
        &b""[..],
        b"no pem",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        let setup = Setup {
            extra_root_pem: Some(pem.to_vec()),
            ..Setup::default()
        };
        assert!(matches!(Carrier::new(setup), Err(SetupError::BadRoot(_))));
    }
}
