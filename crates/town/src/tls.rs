//! Certificates of the town: an authority of its own, a certificate per host,
//! and the broken ones.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use thiserror::Error;

use crate::behaviour::TlsFault;

/// Why the town has no certificate for a host.
#[derive(Debug, Error)]
pub enum CertificateError {
    /// It cannot be made.
    #[error("the town cannot make its certificate: {0}")]
    Make(#[from] rcgen::Error),
    /// It cannot be used.
    #[error("the town cannot use its certificate: {0}")]
    Use(#[from] rustls::Error),
}

/// A host, and how its handshake goes wrong.
type Served = (String, Option<TlsFault>);

/// Signs for the hosts of one town. Its keys live and die with the process.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    root_pem: String,
    stranger: Issuer<'static, KeyPair>,
    key: KeyPair,
    made: Mutex<HashMap<Served, Arc<ServerConfig>>>,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Authority")
    }
}

fn root(name: &str) -> Result<(Issuer<'static, KeyPair>, String), CertificateError> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(Vec::<String>::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    let pem = params.self_signed(&key)?.pem();
    Ok((Issuer::new(params, key), pem))
}

impl Authority {
    /// A new authority with keys of its own.
    pub(crate) fn new() -> Result<Self, CertificateError> {
        let (issuer, root_pem) = root("Moongate town, a fake authority")?;
        let (stranger, _) = root("A stranger")?;
        Ok(Self {
            issuer,
            root_pem,
            stranger,
            key: KeyPair::generate()?,
            made: Mutex::new(HashMap::new()),
        })
    }

    /// What a client must trust, as PEM.
    pub(crate) fn root_pem(&self) -> &str {
        &self.root_pem
    }

    /// The server's side of TLS for a host, whole or broken. The caller asks
    /// only for hosts of the town, which bounds what is kept.
    pub(crate) fn config(
        &self,
        host: &str,
        fault: Option<TlsFault>,
    ) -> Result<Arc<ServerConfig>, CertificateError> {
        let key = (host.to_owned(), fault);
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = made.get(&key) {
            return Ok(Arc::clone(config));
        }
        let config = Arc::new(self.make(host, fault)?);
        made.insert(key, Arc::clone(&config));
        Ok(config)
    }

    fn make(&self, host: &str, fault: Option<TlsFault>) -> Result<ServerConfig, CertificateError> {
        let name = match fault {
            Some(TlsFault::WrongName) => "somebody-else.test",
            _ => host,
        };
        let mut params = CertificateParams::new(vec![name.to_owned()])?;
        params.distinguished_name.push(DnType::CommonName, name);
        if fault == Some(TlsFault::Expired) {
            params.not_before = rcgen::date_time_ymd(2001, 1, 1);
            params.not_after = rcgen::date_time_ymd(2002, 1, 1);
        }
        let issuer = match fault {
            Some(TlsFault::UnknownIssuer) => &self.stranger,
            _ => &self.issuer,
        };
        let certificate = params.signed_by(&self.key, issuer)?;
        let key = PrivatePkcs8KeyDer::from(self.key.serialize_der());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }
}
