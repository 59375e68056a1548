//! What went wrong, from what the system, TLS and HTTP report. Pure.

use std::error::Error;
use std::io;

use moongate_glossary::Side;
use moongate_page::{Failure, FailureKind, Stage};

/// A failure whose side is not yet known: `None` is the side of the host.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fault {
    pub(crate) stage: Stage,
    pub(crate) kind: FailureKind,
    pub(crate) side: Option<Side>,
    pub(crate) message: String,
}

impl Fault {
    pub(crate) fn new(stage: Stage, kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            stage,
            kind,
            side: None,
            message: message.into(),
        }
    }

    pub(crate) fn on(mut self, side: Side) -> Self {
        self.side = Some(side);
        self
    }

    /// The failure, with the host's side where no other is known.
    pub(crate) fn at(self, host: Side) -> Failure {
        Failure {
            stage: self.stage,
            kind: self.kind,
            side: self.side.unwrap_or(host),
            message: self.message,
        }
    }

    /// From resolving a name.
    pub(crate) fn resolving(name: &str, error: &io::Error) -> Self {
        if let Some(fault) = short_of_resources(Stage::Resolve, error) {
            return fault;
        }
        // The standard library keeps no code of getaddrinfo, only its words.
        let words = error.to_string();
        let unknown = [
            "Name or service not known",
            "No address associated with hostname",
            "nodename nor servname provided",
            "Name does not resolve",
            "No such host is known",
        ];
        let message = format!("{name}: {words}");
        if error.kind() == io::ErrorKind::NotFound || unknown.iter().any(|u| words.contains(u)) {
            return Self::new(Stage::Resolve, FailureKind::NameUnknown, message);
        }
        // A name server that cannot be reached, or fails, is on our side of
        // the network; the host itself was not asked.
        Self::new(Stage::Resolve, FailureKind::ResolveFailed, message).on(Side::Ours)
    }

    /// From reading or writing a connection.
    pub(crate) fn io(stage: Stage, error: &io::Error) -> Self {
        use io::ErrorKind as K;
        if let Some(fault) = short_of_resources(stage, error) {
            return fault;
        }
        if let Some(tls) = find::<rustls::Error>(error) {
            let kind = match tls {
                rustls::Error::InvalidCertificate(_) => FailureKind::BadCertificate,
                _ => FailureKind::TlsFailed,
            };
            return Self::new(stage, kind, tls.to_string());
        }
        let (kind, side) = match error.kind() {
            K::ConnectionRefused => (FailureKind::Refused, None),
            K::ConnectionReset | K::ConnectionAborted | K::BrokenPipe | K::NotConnected => {
                (FailureKind::Reset, None)
            }
            K::UnexpectedEof if stage == Stage::Tls => (FailureKind::TlsFailed, None),
            K::UnexpectedEof => (FailureKind::Reset, None),
            K::TimedOut => (FailureKind::TimedOut, None),
            K::HostUnreachable => (FailureKind::Unreachable, Some(Side::Path)),
            K::NetworkUnreachable | K::NetworkDown | K::AddrNotAvailable | K::PermissionDenied => {
                (FailureKind::Unreachable, Some(Side::Ours))
            }
            K::InvalidData | K::InvalidInput => (FailureKind::BadResponse, None),
            _ if stage == Stage::Connect => (FailureKind::Unreachable, Some(Side::Unknown)),
            _ => (FailureKind::Reset, None),
        };
        Self {
            stage,
            kind,
            side,
            message: error.to_string(),
        }
    }

    /// From speaking HTTP.
    pub(crate) fn http(stage: Stage, error: &hyper::Error) -> Self {
        let words = match error.source() {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        };
        if let Some(cause) = find::<io::Error>(error) {
            let fault = Self::io(stage, cause);
            return Self {
                message: words,
                ..fault
            };
        }
        let kind = if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
            FailureKind::Reset
        } else {
            FailureKind::BadResponse
        };
        Self::new(stage, kind, words)
    }
}

fn short_of_resources(stage: Stage, error: &io::Error) -> Option<Fault> {
    // ENOMEM, ENFILE, EMFILE, ENOBUFS on Linux.
    let code = error.raw_os_error();
    let short =
        matches!(code, Some(12 | 23 | 24 | 105)) || error.kind() == io::ErrorKind::OutOfMemory;
    short.then(|| Fault::new(stage, FailureKind::OutOfResources, error.to_string()).on(Side::Ours))
}

/// The first error of type `E` in a chain of causes.
fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    for _ in 0..8 {
        let error = next?;
        if let Some(found) = error.downcast_ref::<E>() {
            // An I/O error is often only the wrapping of a more telling one.
            return Some(found);
        }
        // `io::Error::source` skips the error it wraps.
        next = match error.downcast_ref::<io::Error>() {
            Some(io) => io.get_ref().map(|inner| inner as &(dyn Error + 'static)),
            None => error.source(),
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use io::ErrorKind as K;

    #[test]
    fn connections() {
        for (error, kind, side) in [
            (K::ConnectionRefused.into(), FailureKind::Refused, None),
            (K::ConnectionReset.into(), FailureKind::Reset, None),
            (
                K::HostUnreachable.into(),
                FailureKind::Unreachable,
                Some(Side::Path),
            ),
            (
                K::NetworkUnreachable.into(),
                FailureKind::Unreachable,
                Some(Side::Ours),
            ),
            (
                io::Error::from_raw_os_error(24),
                FailureKind::OutOfResources,
                Some(Side::Ours),
            ),
            (
                io::Error::other("?"),
                FailureKind::Unreachable,
                Some(Side::Unknown),
            ),
        ] {
            let fault = Fault::io(Stage::Connect, &error);
            assert_eq!((fault.kind, fault.side), (kind, side), "{error}");
        }
    }

    #[test]
    fn names() {
        let getaddrinfo = |words: &str| {
            io::Error::other(format!("failed to lookup address information: {words}"))
        };
        for (words, kind, side) in [
            ("Name or service not known", FailureKind::NameUnknown, None),
            (
                "No address associated with hostname",
                FailureKind::NameUnknown,
                None,
            ),
            (
                "Temporary failure in name resolution",
                FailureKind::ResolveFailed,
                Some(Side::Ours),
            ),
        ] {
            let fault = Fault::resolving("a.example", &getaddrinfo(words));
            assert_eq!((fault.kind, fault.side), (kind, side), "{words}");
        }
    }

    #[test]
    fn certificates_are_found_below() {
        let tls = rustls::Error::InvalidCertificate(rustls::CertificateError::Expired);
        let fault = Fault::io(Stage::Tls, &io::Error::new(K::InvalidData, tls));
        assert_eq!(fault.kind, FailureKind::BadCertificate);
        let fault = Fault::io(Stage::Tls, &io::Error::other(rustls::Error::DecryptError));
        assert_eq!(fault.kind, FailureKind::TlsFailed);
    }
}
