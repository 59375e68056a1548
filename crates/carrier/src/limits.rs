//! The caps under which a visit runs. Nothing a server sends can exceed them.

use std::time::Duration;

/// Caps on size, number and time.
///
/// ```
/// use moongate_carrier::Limits;
/// let limits = Limits { hops: 5, ..Limits::default() };
/// assert_eq!(limits.body_bytes, 1 << 20);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Requests in one visit, the first one included. Default 10.
    pub hops: usize,
    /// Bytes of an address that is followed. Default 16 KiB.
    pub url_bytes: usize,
    /// Bytes of a response's head (status line and headers), interim
    /// responses (1xx) included. Default 64 KiB.
    pub head_bytes: usize,
    /// Headers of a response. Default 100.
    pub headers: usize,
    /// Bytes of a body after decompression. Default 1 MiB.
    pub body_bytes: usize,
    /// Bytes of a body as transferred, before decompression. Default 1 MiB.
    pub wire_bytes: u64,
    /// Bytes kept of the body of a redirect by status, which nobody reads.
    /// Default 64 KiB.
    pub redirect_body_bytes: usize,
    /// Time to resolve a name. Default 5 s.
    pub resolve: Duration,
    /// Time to connect, over all addresses of a name. Default 10 s.
    pub connect: Duration,
    /// Time for the TLS handshake. Default 10 s.
    pub tls: Duration,
    /// Time from sending the request to the end of the response's head.
    /// Default 15 s.
    pub first_byte: Duration,
    /// In each such span of time a body must progress by
    /// [`Self::progress_bytes`], or it is given up. Default 5 s.
    pub progress_time: Duration,
    /// Bytes that must come within [`Self::progress_time`]. Default 512.
    pub progress_bytes: u64,
    /// Time for the body of a redirect by status. Default 1 s; its cutting
    /// short is no failure.
    pub redirect_body: Duration,
    /// Time for the whole visit, our own waiting for politeness not counted.
    /// Default 30 s.
    pub total: Duration,
    /// Connections kept open between visits, in all. Default 128.
    pub idle_connections: usize,
    /// How long a connection is kept open unused. Default 15 s.
    pub idle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            hops: 10,
            url_bytes: 16 << 10,
            head_bytes: 64 << 10,
            headers: 100,
            body_bytes: 1 << 20,
            wire_bytes: 1 << 20,
            redirect_body_bytes: 64 << 10,
            resolve: Duration::from_secs(5),
            connect: Duration::from_secs(10),
            tls: Duration::from_secs(10),
            first_byte: Duration::from_secs(15),
            progress_time: Duration::from_secs(5),
            progress_bytes: 512,
            redirect_body: Duration::from_secs(1),
            total: Duration::from_secs(30),
            idle_connections: 128,
            idle: Duration::from_secs(15),
        }
    }
}
