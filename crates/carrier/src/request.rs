//! What is asked for and what comes back: the carrier's own types beside the
//! facts of [`moongate_page::Visit`].

use std::net::SocketAddr;

use bytes::Bytes;
use moongate_glossary::Digest;
use moongate_page::Visit;

use crate::agent::{ExtraHeaders, UserAgent};

/// One link to open.
///
/// ```
/// use moongate_carrier::{Method, Request, UserAgent};
/// let request = Request::get("https://t.example/abc", &UserAgent::Browser);
/// assert_eq!(request.method, Method::Get);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The address.
    pub url: &'a str,
    /// How it is asked for.
    pub method: Method<'a>,
    /// Headers of the caller's own. They go to every hop, but `Authorization`
    /// only to the host first asked. One with the name of a header of the
    /// user agent stands in its place.
    pub headers: Option<&'a ExtraHeaders>,
    /// As what the carrier shows itself.
    pub user_agent: &'a UserAgent,
    /// The platform's own sites, as hosts or registrable domains: a failure
    /// at one of these or below is [`moongate_glossary::Side::Carrier`], at
    /// any other host [`moongate_glossary::Side::Target`].
    pub platform_sites: &'a [String],
}

/// How an address is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method<'a> {
    /// GET.
    Get,
    /// POST of a form (`application/x-www-form-urlencoded`). A redirect by
    /// 301, 302 or 303 is followed with GET, one by 307 or 308 posts again.
    PostForm(&'a [(String, String)]),
}

impl<'a> Request<'a> {
    /// A GET without headers of its own and without platform sites.
    pub fn get(url: &'a str, user_agent: &'a UserAgent) -> Self {
        Self {
            url,
            method: Method::Get,
            headers: None,
            user_agent,
            platform_sites: &[],
        }
    }

    /// A POST of a form, likewise.
    pub fn post_form(
        url: &'a str,
        form: &'a [(String, String)],
        user_agent: &'a UserAgent,
    ) -> Self {
        Self {
            method: Method::PostForm(form),
            ..Self::get(url, user_agent)
        }
    }

    /// The same request, on behalf of a platform with these sites.
    #[must_use]
    pub fn at_platform(self, platform_sites: &'a [String]) -> Self {
        Self {
            platform_sites,
            ..self
        }
    }

    /// The same request with headers of the caller's own.
    #[must_use]
    pub fn with_headers(self, headers: &'a ExtraHeaders) -> Self {
        Self {
            headers: Some(headers),
            ..self
        }
    }
}

/// What opening a link left: facts, and the bytes behind them.
#[derive(Debug, Clone, PartialEq)]
pub struct Visited {
    /// The facts.
    pub visit: Visit,
    /// The evidence: one exchange for each hop over which at least a byte of
    /// the request went, in order.
    pub exchanges: Vec<Exchange>,
}

impl Visited {
    /// The body of the last hop, as far as one came.
    pub fn last_body(&self) -> &[u8] {
        let last = self.visit.hops.len().checked_sub(1);
        let exchange = self.exchanges.last().filter(|e| Some(e.hop) == last);
        exchange.map_or(&[], |exchange| &exchange.body)
    }
}

/// One request and its response as bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Exchange {
    /// Which of [`Visit::hops`] this was, from 0.
    pub hop: usize,
    /// The address asked for.
    pub url: String,
    /// When the hop began, milliseconds since 1970-01-01 UTC.
    pub started_at_ms: i64,
    /// The network address connected to.
    pub address: SocketAddr,
    /// The request's head as sent, the empty line included.
    pub request_head: Vec<u8>,
    /// The request's body (a form); empty for GET.
    pub request_body: Bytes,
    /// The response's head as received, the empty line included; interim
    /// responses (1xx) left out. What came instead, if it was no HTTP.
    pub response_head: Vec<u8>,
    /// The response's body without transfer and content coding, up to the
    /// caps.
    pub body: Bytes,
    /// Bytes of the body as transferred, before decompression.
    pub wire_length: u64,
    /// Digest of [`Self::body`].
    pub digest: Digest,
}
