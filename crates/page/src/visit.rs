//! The facts of one opening of one link over HTTP: what was asked, every hop,
//! every time, and how it ended. Facts only; [`crate::classify`] reads them.

use moongate_glossary::{Digest, Side};
use serde::{Deserialize, Serialize};

/// One opening of one link.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Visit {
    /// The address asked for.
    pub asked: String,
    /// Every request made, in order. Empty only if the address was refused
    /// before the first request.
    pub hops: Vec<Hop>,
    /// Why it ended without a whole page, where it did.
    pub failure: Option<Failure>,
    /// From sending the first request to the arrival of the answer that hands
    /// over to another registrable domain (headers for a redirect by status
    /// or header, the body for one by page), microseconds. Name resolution,
    /// connecting and TLS of the first request are not counted; a delay that
    /// the page itself announces is.
    pub handover_us: Option<u64>,
    /// From the first request's start to the end, microseconds.
    pub total_us: u64,
}

/// One request and what came back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hop {
    /// The address of this request.
    pub url: String,
    /// The network address it went to, with port.
    pub address: Option<String>,
    /// What led here.
    pub how: HowReached,
    /// How long each phase took.
    pub timings: Timings,
    /// The status of the response, if one came.
    pub status: Option<u16>,
    /// The response's headers, names in lower case, in order; capped.
    pub headers: Vec<(String, String)>,
    /// The response's body, if one was read.
    pub body: Option<Body>,
}

/// What led to a hop.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "by")]
pub enum HowReached {
    /// It is the address asked for.
    Asked,
    /// A status of 3xx with a `Location`.
    Location {
        /// The status.
        status: u16,
    },
    /// A `Refresh` header.
    RefreshHeader {
        /// The announced wait, seconds.
        delay_s: f64,
    },
    /// `<meta http-equiv="refresh">`.
    MetaRefresh {
        /// The announced wait, seconds.
        delay_s: f64,
    },
    /// A redirect in a script, of a form simple enough to read without
    /// running it.
    Script {
        /// The form, such as `location.replace`.
        form: String,
        /// The announced wait, seconds.
        delay_s: f64,
    },
}

/// How long each phase of a request took, microseconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Timings {
    /// Resolving the name; none on a connection used again or an address
    /// given as digits.
    pub dns_us: Option<u64>,
    /// Connecting; none on a connection used again.
    pub connect_us: Option<u64>,
    /// TLS handshake; none without TLS or on a connection used again.
    pub tls_us: Option<u64>,
    /// From sending the request to the first byte of the answer.
    pub first_byte_us: Option<u64>,
    /// From the start of the first phase to the end of the body.
    pub total_us: u64,
}

/// A body that was read, after decompression.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Body {
    /// Digest of the bytes kept.
    pub digest: Digest,
    /// Bytes kept, after decompression.
    pub length: u64,
    /// Whether a cap on size or time cut it short.
    pub truncated: bool,
}

/// Why an opening ended without a whole page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// In which phase.
    pub stage: Stage,
    /// What happened.
    pub kind: FailureKind,
    /// Whose side failed, as far as the phase and the host tell: a failure at
    /// the platform's own host is `Carrier`, at any other host `Target`, in
    /// between `Path`, here `Ours`.
    pub side: Side,
    /// For people; not parsed.
    pub message: String,
}

/// The phases of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Before any network: the address itself, or a rule of ours.
    Policy,
    /// Resolving the name.
    Resolve,
    /// Connecting.
    Connect,
    /// The TLS handshake.
    Tls,
    /// Sending the request and waiting for the first byte.
    FirstByte,
    /// Reading the body.
    Body,
    /// Following hops.
    Redirect,
}

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The address cannot be used (not http or https, no host, a bad port).
    BadAddress,
    /// The address lies in a private or loopback range that the case does not
    /// allow by name.
    PrivateAddress,
    /// The name does not exist.
    NameUnknown,
    /// The name could not be resolved for another reason.
    ResolveFailed,
    /// Connection refused.
    Refused,
    /// Connection reset or closed early.
    Reset,
    /// Network or host unreachable.
    Unreachable,
    /// A phase took longer than its cap.
    TimedOut,
    /// The whole opening took longer than its cap.
    TookTooLong,
    /// The certificate was not accepted.
    BadCertificate,
    /// TLS failed otherwise.
    TlsFailed,
    /// What came was not HTTP.
    BadResponse,
    /// More hops than the cap.
    TooManyHops,
    /// An address came up twice in the same state.
    Loop,
    /// The compressed body is broken.
    BadEncoding,
    /// The run was stopped.
    Stopped,
    /// Out of files, memory or the like on our side.
    OutOfResources,
}
