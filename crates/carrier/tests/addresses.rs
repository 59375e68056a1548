//! No hop goes where it must not: private, loopback and special addresses in
//! every disguise, over real sockets that would have answered.
#![allow(clippy::unwrap_used, missing_docs)]

mod rig;

use std::net::IpAddr;
use std::sync::Arc;

use moongate_carrier::{Carrier, Network, Setup};
use moongate_glossary::Side;
use moongate_page::{FailureKind, Stage, Visit};
use rig::{Names, Server, open, page, to};

fn refused(visit: &Visit) -> Side {
    let failure = visit.failure.as_ref().unwrap();
    let found = (failure.stage, failure.kind);
    assert_eq!(
        found,
        (Stage::Policy, FailureKind::PrivateAddress),
        "{visit:?}"
    );
    failure.side
}

/// Every way to write an address that must not be asked.
#[rustfmt::skip]
const PRIVATE: &[&str] = &[
    "127.1", "127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1", "0", "0.0.0.0", "10.0.0.1",
    "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255",
    "198.18.0.1", "192.0.2.1", "[::1]", "[::]", "[::ffff:10.0.0.1]", "[::ffff:127.0.0.1]", "[fe80::1]",
    "[fc00::1]", "[64:ff9b::10.0.0.1]", "[2002:7f00:1::]", "[ff02::1]", "[2001:db8::1]", "１２７.1",
];

#[tokio::test]
async fn private_addresses_are_not_asked() {
    let server = Server::start(|_| page("reached")).await;
    let carrier = server.carrier();
    for host in PRIVATE {
        let visit = open(&carrier, &format!("http://{host}:{}/", server.port))
            .await
            .visit;
        assert_eq!(refused(&visit), Side::Ours, "{host}");
        assert!(visit.hops.is_empty());
    }
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn private_addresses_are_not_followed_to() {
    for host in PRIVATE {
        let server = Server::start(move |asked| match asked.path() {
            "/header" => to("302 Found", &format!("http://{host}/")),
            _ => page(&format!(
                "<meta http-equiv=refresh content='0;url=http://{host}/'>"
            )),
        })
        .await;
        for (asked, side) in [
            ("platform.test", Side::Carrier),
            ("shop.test", Side::Target),
        ] {
            for path in ["header", "meta"] {
                let visit = server.open(&format!("http://{asked}/{path}")).await.visit;
                assert_eq!(refused(&visit), side, "{host}: blamed on who led there");
                assert_eq!(visit.hops.len(), 1);
            }
        }
    }
}

/// A carrier for which names resolve as stated; nothing is allowed by name.
fn resolving(names: Vec<(&'static str, Vec<IpAddr>)>) -> Carrier {
    let setup = Setup {
        limits: rig::short(),
        resolver: Arc::new(Names(names)),
        ..Setup::default()
    };
    Carrier::new(setup).unwrap()
}

#[tokio::test]
async fn names_that_lead_into_private_networks() {
    let ip = |text: &str| text.parse::<IpAddr>().unwrap();
    let names = vec![
        ("inside.example.com", vec![ip("10.1.2.3")]),
        ("mapped.example.com", vec![ip("::ffff:192.168.0.1")]),
        ("localhost", vec![ip("127.0.0.1"), ip("::1")]),
    ];
    let carrier = resolving(names);
    for host in ["inside.example.com", "mapped.example.com", "localhost"] {
        let visit = open(&carrier, &format!("http://{host}/")).await.visit;
        assert_eq!(refused(&visit), Side::Target);
    }
    let visit = open(&carrier, "http://unheard.example.com/").await.visit;
    let failure = visit.failure.unwrap();
    assert_eq!(
        (failure.stage, failure.kind),
        (Stage::Resolve, FailureKind::NameUnknown)
    );
    assert_eq!(visit.hops.len(), 1);
    assert!(visit.hops[0].timings.dns_us.is_some());
}

#[tokio::test]
async fn names_that_may_be_private_are_reached() {
    let server = Server::start(|_| page("reached")).await;
    let ip = |text: &str| text.parse::<IpAddr>().unwrap();
    let names = vec![("inside.test", vec![ip("127.0.0.1")])];
    let allowed = Network {
        allow_private: vec!["inside.test".parse().unwrap()],
        ..Network::default()
    };
    let setup = Setup {
        limits: rig::short(),
        network: allowed,
        resolver: Arc::new(Names(names)),
        ..Setup::default()
    };
    let url = format!("http://inside.test:{}/", server.port);
    let visited = open(&Carrier::new(setup.clone()).unwrap(), &url).await;
    assert_eq!(visited.last_body(), b"reached");
    assert!(visited.visit.hops[0].timings.dns_us.is_some());
    let not_allowed = Setup {
        network: Network::default(),
        ..setup
    };
    let visit = open(&Carrier::new(not_allowed).unwrap(), &url).await.visit;
    assert_eq!(refused(&visit), Side::Target);
}

#[tokio::test]
async fn a_stated_address_needs_its_name_allowed_too() {
    let server = Server::start(|_| page("reached")).await;
    let mut setup = server.setup();
    setup.network.connect_to.push((
        "public.com".parse().unwrap(),
        ([127, 0, 0, 1], server.port).into(),
    ));
    let carrier = Carrier::new(setup.clone()).unwrap();
    let visit = open(&carrier, "http://public.com/").await.visit;
    assert_eq!(refused(&visit), Side::Target);
    assert!(server.asked().is_empty());
    setup
        .network
        .allow_private
        .push("public.com".parse().unwrap());
    let visited = open(&Carrier::new(setup).unwrap(), "http://public.com/").await;
    assert_eq!(visited.last_body(), b"reached");
    assert_eq!(server.asked()[0].header("host"), Some("public.com"));
}
