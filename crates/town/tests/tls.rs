//! TLS: hosts that work, hosts that break it, and in which way.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // tests

mod common;

use std::net::SocketAddr;
use std::sync::Arc;

use common::{BROWSER, parse, read_some, request, start};
use moongate_town::{RunningTown, TownPlan};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Asks a host over TLS; the error as text where it fails.
async fn ask(town: &RunningTown, at: SocketAddr, host: &str) -> Result<u16, String> {
    let mut roots = RootCertStore::empty();
    let root = CertificateDer::from_pem_slice(town.root_certificate_pem.as_bytes());
    roots.add(root.unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).unwrap();
    let stream = TcpStream::connect(at).await.unwrap();
    let connector = TlsConnector::from(Arc::new(config));
    let mut stream = connector
        .connect(name, stream)
        .await
        .map_err(|e| e.to_string())?;
    let url = format!("https://{host}/i/1");
    let request = request("GET", &url, BROWSER, "", "");
    stream.write_all(request.as_bytes()).await.unwrap();
    let bytes = read_some(&mut stream, usize::MAX)
        .await
        .map_err(|e| e.to_string())?;
    Ok(parse(&bytes).status)
}

#[tokio::test]
async fn a_host_works_over_tls() {
    let plan = TownPlan::single("opens").unwrap().with_https("rival-item");
    assert_eq!(plan.destinations[0].url, "https://item.rival.test/i/1");
    let town = start(plan).await;
    for host in ["item.rival.test", "shop.platform.test", "platform.test"] {
        let status = ask(&town, town.tls, host).await;
        assert!(matches!(status, Ok(200 | 404)), "{host}: {status:?}");
    }
}

#[tokio::test]
async fn tls_breaks_in_the_way_that_was_asked_for() {
    let table = [
        ("broken-tls(expired)", "expired"),
        ("broken-tls(wrong-name)", "not valid for"),
        ("broken-tls(unknown-issuer)", "UnknownIssuer"),
        ("broken-tls(garbage)", "corrupt message"),
        ("reset", "reset"),
    ];
    for (behaviour, said) in table {
        let plan = TownPlan::single("opens").unwrap();
        let town = start(plan.with_destination("rival-item", behaviour).unwrap()).await;
        let error = ask(&town, town.tls, "item.rival.test").await.unwrap_err();
        assert!(error.contains(said), "{behaviour}: {error}");
        assert_eq!(ask(&town, town.tls, "neutral-1.test").await, Ok(200));
    }
}

#[tokio::test]
async fn behind_the_broken_door_every_host_is_broken() {
    let town = start(TownPlan::single("opens").unwrap()).await;
    let error = ask(&town, town.broken_tls, "neutral-1.test")
        .await
        .unwrap_err();
    assert!(error.contains("UnknownIssuer"), "{error}");
}

#[tokio::test]
async fn a_town_that_was_stopped_is_gone() {
    let town = start(TownPlan::single("opens").unwrap()).await;
    let (http, tls) = (town.http, town.tls);
    town.stop().await;
    assert!(TcpStream::connect(http).await.is_err());
    assert!(TcpStream::connect(tls).await.is_err());
}
