//! `broken-tls(expired | wrong-name | unknown-issuer | garbage)`: a host whose
//! handshake fails. Asked without TLS it works.

use super::{Answer, Arc, Arguments, Ask, Behaviour, SharedBehaviour, SpecError, TlsFault};

#[derive(Debug)]
struct BrokenTls {
    fault: TlsFault,
}

pub(super) fn build(arguments: &Arguments<'_>) -> Result<SharedBehaviour, SpecError> {
    arguments.at_most(1)?;
    let kinds = ["expired", "wrong-name", "unknown-issuer", "garbage"];
    let fault = match arguments.word(0, &kinds)? {
        "wrong-name" => TlsFault::WrongName,
        "unknown-issuer" => TlsFault::UnknownIssuer,
        "garbage" => TlsFault::Garbage,
        _ => TlsFault::Expired,
    };
    Ok(Arc::new(BrokenTls { fault }))
}

impl Behaviour for BrokenTls {
    fn answer(&self, _ask: &Ask<'_>) -> Answer {
        Answer::through()
    }

    fn tls_fault(&self) -> Option<TlsFault> {
        Some(self.fault)
    }
}
