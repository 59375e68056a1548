//! Named behaviours: what a platform or a destination does when it is asked.
//!
//! One behaviour, one file, one trait. A behaviour decides; it does not wait,
//! send or remember. It is written as a name with arguments, which may be
//! behaviours again: `opens`, `timed-hop(3, script)`,
//! `flaky(0.3, copy-only(wechat), opens)`. [`named`] reads that.
//!
//! To add one: a file here and a line in `LIST`.

mod allow_list;
mod blank;
mod bomb;
mod bot_wall;
mod broken_tls;
mod cgi_data;
mod copy_only;
mod down;
mod drip;
mod endless;
mod every;
mod flaky;
mod garbage;
mod hard_block;
mod hostile_html;
mod leave_page;
mod login_wall;
mod opens;
mod others_only;
mod outage;
mod own_too;
mod private_address;
mod rate_limit;
mod redirect_loop;
mod removes;
mod reset;
mod slow;
mod spec;
mod timed_hop;
mod unavailable;
mod user_agent;
mod warned_page;

use std::fmt::Debug;
use std::sync::Arc;

pub use spec::{Arguments, SpecError};

use crate::answer::Answer;
use crate::dice::Dice;
use crate::form::Form;
use crate::html::Notice;

/// A behaviour, shared between all cells that show it.
pub type SharedBehaviour = Arc<dyn Behaviour>;

/// What the asker sends as its user agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserAgent {
    /// Says that it is a browser (`Mozilla/…`).
    Browser,
    /// Anything else, or nothing.
    Plain,
}

/// The facts of one request, as far as a behaviour may care.
#[derive(Debug, Clone)]
pub struct Ask<'a> {
    /// Where the link leads, as an absolute address.
    pub target: &'a str,
    /// Host and target of this very request, as an absolute address.
    pub here: &'a str,
    /// Who asks.
    pub user_agent: UserAgent,
    /// Whether the target belongs to the platform that is asked.
    pub own: bool,
    /// Draws that belong to this message in this cell.
    pub dice: Dice,
    /// Which request to this platform or destination it is, from 0. Only
    /// behaviours that are about order look at it.
    pub serial: u64,
    /// Milliseconds since the town started. Only `outage` looks at it.
    pub age_ms: u64,
    /// The line that every page shows.
    pub notice: Notice,
}

impl Ask<'_> {
    /// The host of the target, without its port.
    pub fn target_host(&self) -> &str {
        crate::address::host(self.target)
    }
}

/// How a TLS handshake goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TlsFault {
    /// The certificate ran out long ago.
    Expired,
    /// The certificate is another host's.
    WrongName,
    /// Nobody known has signed the certificate.
    UnknownIssuer,
    /// What comes back is not TLS.
    Garbage,
}

/// One way to behave.
pub trait Behaviour: Debug + Send + Sync {
    /// What happens to one request.
    fn answer(&self, ask: &Ask<'_>) -> Answer;

    /// The form a recipient is shown, where this behaviour changes it.
    fn form(&self, _ask: &Ask<'_>) -> Option<Form> {
        None
    }

    /// How TLS goes wrong at a host that behaves so.
    fn tls_fault(&self) -> Option<TlsFault> {
        None
    }
}

/// How a name and its arguments become a behaviour.
type Build = fn(&Arguments<'_>) -> Result<SharedBehaviour, SpecError>;

/// Every behaviour: its name, its arguments in words, how it is built.
const LIST: [(&str, &str, Build); 30] = [
    ("allow-list", "behaviour, host…", allow_list::build),
    ("blank", "", blank::build),
    ("bomb", "gigabytes = 10", bomb::build),
    ("bot-wall", "999 | 566 | captcha | 403", bot_wall::build),
    (
        "broken-tls",
        "expired | wrong-name | unknown-issuer | garbage",
        broken_tls::build,
    ),
    ("copy-only", "wechat | weibo | qq | plain", copy_only::build),
    ("down", "reset | 502 | 503 | 504 | silence", down::build),
    ("drip", "milliseconds a byte = 1000", drip::build),
    ("endless", "", endless::build),
    ("every", "n, behaviour, otherwise = opens", every::build),
    ("flaky", "share, behaviour, otherwise = opens", flaky::build),
    ("garbage", "", garbage::build),
    (
        "hard-block",
        "wechat | douyin | qq | weibo | plain, hidden | shown",
        hard_block::build,
    ),
    (
        "hostile-html",
        "nested | script | bidi | title",
        hostile_html::build,
    ),
    (
        "leave-page",
        "wechat | zhihu | csdn | form | plain",
        leave_page::build,
    ),
    ("login-wall", "page | redirect", login_wall::build),
    ("opens", "", opens::build),
    ("others-only", "behaviour", others_only::build),
    (
        "outage",
        "from ms, to ms, behaviour = unavailable",
        outage::build,
    ),
    ("own-too", "behaviour", own_too::build),
    (
        "private-address",
        "loopback | metadata | lan | ipv6",
        private_address::build,
    ),
    (
        "rate-limit",
        "share = 1, retry after seconds = 1",
        rate_limit::build,
    ),
    ("redirect-loop", "location | refresh", redirect_loop::build),
    ("removes", "link | message", removes::build),
    ("reset", "", reset::build),
    ("slow", "milliseconds, behaviour = opens", slow::build),
    (
        "timed-hop",
        "seconds, meta | script | header",
        timed_hop::build,
    ),
    ("unavailable", "status = 503", unavailable::build),
    (
        "user-agent",
        "browser = opens, plain = opens",
        user_agent::build,
    ),
    ("warned-page", "wechat | weibo | plain", warned_page::build),
];

/// The names of all behaviours with their arguments, for help.
///
/// ```
/// assert!(moongate_town::behaviour::names().any(|(name, _)| name == "opens"));
/// ```
pub fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
    LIST.iter().map(|&(name, arguments, _)| (name, arguments))
}

/// The behaviour that a specification names.
///
/// ```
/// use moongate_town::behaviour::named;
/// assert!(named("flaky(0.3, copy-only(wechat))").is_ok());
/// assert!(named("flaky").is_err());
/// ```
///
/// # Errors
/// [`SpecError`] says what was found and what would be understood.
pub fn named(specification: &str) -> Result<SharedBehaviour, SpecError> {
    build(&spec::parse(specification)?)
}

/// The behaviour that stands in nobody's way.
pub fn opens() -> SharedBehaviour {
    opens::shared()
}

/// Builds one node of a specification.
fn build(spec: &spec::Spec) -> Result<SharedBehaviour, SpecError> {
    let (_, _, build) = LIST
        .iter()
        .find(|(name, _, _)| *name == spec.name)
        .ok_or_else(|| SpecError::Unknown {
            found: spec.name.clone(),
        })?;
    build(&Arguments::new(spec))
}
