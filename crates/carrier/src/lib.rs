//! The HTTP carrier: opens a link as a client would and notes every hop,
//! every time and every byte.
//!
//! It knows no clause and no law, and it classifies nothing: it leaves facts
//! ([`moongate_page::Visit`]) and evidence ([`Exchange`]). Nothing a server
//! does is an error here; everything is data.
//!
//! What holds for every visit:
//! - The address connected to is the address that was checked. No hop goes to
//!   a private, loopback or otherwise special address unless [`Network`] allows
//!   the host by name.
//! - Sizes, numbers and times are capped by [`Limits`], and memory with them.
//! - Waiting of our own ([`Politeness`], reading pages) counts in no time that
//!   is reported.
//! - Delays that pages announce are noted and not waited for.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use moongate_carrier::{Carrier, Jar, Request, Setup, UserAgent};
//! let carrier = Carrier::new(Setup::default())?;
//! let request = Request::get("http://127.1/", &UserAgent::Plain);
//! let visited = carrier.open(request, &mut Jar::new()).await;
//! let failure = visited.visit.failure.unwrap();
//! assert_eq!(failure.kind, moongate_page::FailureKind::PrivateAddress);
//! # Ok::<(), moongate_carrier::SetupError>(())
//! # }).unwrap();
//! ```

use std::sync::Arc;

mod agent;
mod body;
mod clock;
mod dates;
mod dial;
mod failure;
mod gate;
mod hop;
mod jar;
mod limits;
mod link;
mod network;
mod open;
mod politeness;
mod request;
mod wire;

pub use agent::{BadHeader, ExtraHeaders, UserAgent};
pub use clock::{Clock, SystemClock};
pub use dial::{Resolve, Resolving, SetupError, SystemResolver};
pub use jar::Jar;
pub use limits::Limits;
pub use network::{BadHostPattern, HostPattern, Network};
pub use politeness::{Answer, HostState, Leave, Politeness, Scope, jitter, retry_after};
pub use request::{Exchange, Method, Request, Visited};

/// What a carrier is made from.
#[derive(Clone)]
pub struct Setup {
    /// Caps on size, number and time.
    pub limits: Limits,
    /// Hosts that are reached elsewhere, and that may be private.
    pub network: Network,
    /// How often hosts are asked.
    pub politeness: Politeness,
    /// One or more root certificates as PEM, trusted besides Mozilla's: for a
    /// town.
    pub extra_root_pem: Option<Vec<u8>>,
    /// How names are resolved.
    pub resolver: Arc<dyn Resolve>,
    /// Where times come from.
    pub clock: Arc<dyn Clock>,
}

impl Default for Setup {
    /// For the open internet: default caps, polite, the system's resolver and
    /// clock.
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            network: Network::default(),
            politeness: Politeness::default(),
            extra_root_pem: None,
            resolver: Arc::new(SystemResolver),
            clock: Arc::new(SystemClock),
        }
    }
}

/// Opens links over HTTP. It holds the idle connections and what is known of
/// each host's patience; share one among all visits of a run.
pub struct Carrier {
    limits: Limits,
    dialer: dial::Dialer,
    pool: link::Pool,
    gate: gate::Gate,
    clock: Arc<dyn Clock>,
}

impl Carrier {
    /// Makes a carrier; does no I/O.
    ///
    /// # Errors
    ///
    /// [`SetupError`] if the extra root certificate cannot be used.
    pub fn new(setup: Setup) -> Result<Self, SetupError> {
        let Setup {
            limits,
            network,
            politeness,
            extra_root_pem,
            resolver,
            clock,
        } = setup;
        let root = extra_root_pem.as_deref();
        Ok(Self {
            dialer: dial::Dialer::new(network, resolver, Arc::clone(&clock), root)?,
            pool: link::Pool::new(&limits),
            gate: gate::Gate::new(politeness, Arc::clone(&clock)),
            limits,
            clock,
        })
    }
}
