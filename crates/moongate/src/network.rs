//! From arguments to a carrier.

use std::net::SocketAddr;

use moongate_carrier::{Carrier, HostPattern, Limits, Network, Politeness, Scope, Setup};

use crate::cli::NetworkArgs;
use crate::failure::Failure;
use crate::files::read_bytes;

/// A certificate is small.
const LARGEST_CERTIFICATE: u64 = 1 << 20;

/// How often a host may be asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// Requests a second to one host; none for no limit.
    pub per_second: Option<f64>,
    /// Openings in flight at once.
    pub in_flight: usize,
}

/// A carrier as the arguments ask.
///
/// # Errors
/// Names the argument that cannot be used.
pub(crate) fn carrier(args: &NetworkArgs, pace: Pace) -> Result<Carrier, Failure> {
    let extra_root_pem = match &args.root_certificate {
        Some(path) => Some(read_bytes(path, LARGEST_CERTIFICATE)?),
        None => None,
    };
    build(network(args)?, pace, extra_root_pem)
}

/// A carrier for a network that is known.
///
/// # Errors
/// Where the root certificate cannot be used.
pub(crate) fn build(
    network: Network,
    pace: Pace,
    extra_root_pem: Option<Vec<u8>>,
) -> Result<Carrier, Failure> {
    let politeness = match pace.per_second {
        None => Politeness::unlimited(),
        Some(per_second) => Politeness {
            per_second,
            burst: 4,
            at_once: pace.in_flight.clamp(1, 4),
            scope: Scope::Host,
            ..Politeness::default()
        },
    };
    let limits = Limits {
        idle_connections: Limits::default().idle_connections.max(pace.in_flight * 2),
        ..Limits::default()
    };
    let setup = Setup {
        limits,
        network,
        politeness,
        extra_root_pem,
        ..Setup::default()
    };
    Carrier::new(setup).map_err(|error| {
        Failure::unusable(
            format!("--root-certificate: {error}"),
            "name a PEM file of certificates",
        )
    })
}

fn network(args: &NetworkArgs) -> Result<Network, Failure> {
    Ok(Network {
        connect_to: args
            .connect_to
            .iter()
            .map(|text| connect_to(text))
            .collect::<Result<_, _>>()?,
        allow_private: args
            .allow_private
            .iter()
            .map(|text| pattern("--allow-private", text))
            .collect::<Result<_, _>>()?,
    })
}

fn connect_to(text: &str) -> Result<(HostPattern, SocketAddr), Failure> {
    let refuse = || {
        Failure::unusable(
            format!("--connect-to {text}: not of the form HOST=ADDRESS:PORT"),
            "write it as in --connect-to '*.test=127.0.0.1:8080'",
        )
    };
    let (host, address) = text.split_once('=').ok_or_else(refuse)?;
    let address = address.parse().map_err(|_| refuse())?;
    Ok((pattern("--connect-to", host)?, address))
}

fn pattern(argument: &str, text: &str) -> Result<HostPattern, Failure> {
    text.parse().map_err(|error| {
        Failure::unusable(
            format!("{argument} {text}: {error}"),
            "write a host, as in '*.test'",
        )
    })
}
