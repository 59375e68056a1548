//! What a behaviour decides: a description of the answer, carried out by the
//! server. Nothing here waits, connects or sends.

use bytes::Bytes;

/// What the server does with one request.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// How long the server waits first, milliseconds.
    pub delay_ms: u64,
    /// What it does then.
    pub act: Act,
}

/// What the server does after waiting.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// Nothing out of the ordinary: a redirector hands over to the target, a
    /// destination shows its page, a chat shows its room.
    Through,
    /// Sends this response.
    Respond(Response),
    /// Sends these bytes in place of an HTTP response and closes.
    Raw(Bytes),
    /// Resets the connection without a byte.
    Reset,
    /// Never answers; the connection stays open until the client gives up.
    Silence,
}

/// An HTTP response.
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    /// Status code, 100 to 999.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Content,
}

/// The body of a response.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// These bytes.
    Whole(Bytes),
    /// `head`, then `chunk` over and over, `times` times; sent as the client
    /// reads, never held in memory.
    Repeat {
        /// Sent once, first.
        head: Bytes,
        /// Sent `times` times.
        chunk: Bytes,
        /// How often; `u64::MAX` is for ever.
        times: u64,
    },
    /// One byte every `every_ms` milliseconds.
    Drip {
        /// The bytes.
        bytes: Bytes,
        /// The wait before each byte, milliseconds.
        every_ms: u64,
    },
}

impl Answer {
    /// Nothing out of the ordinary.
    pub fn through() -> Self {
        Self::at_once(Act::Through)
    }

    /// An act without a wait.
    pub fn at_once(act: Act) -> Self {
        Self { delay_ms: 0, act }
    }

    /// A page.
    pub fn html(status: u16, page: impl Into<Bytes>) -> Self {
        Self::respond(
            status,
            vec![("content-type", "text/html; charset=utf-8".to_owned())],
            Content::Whole(page.into()),
        )
    }

    /// A redirect by `Location`.
    pub fn redirect(status: u16, location: impl Into<String>) -> Self {
        Self::respond(
            status,
            vec![("location", location.into())],
            Content::Whole(Bytes::new()),
        )
    }

    /// A response in full.
    pub fn respond(status: u16, headers: Vec<(&'static str, String)>, body: Content) -> Self {
        Self::at_once(Act::Respond(Response {
            status,
            headers,
            body,
        }))
    }

    /// The same, with one more header where it is a response.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        if let Act::Respond(response) = &mut self.act {
            response.headers.push((name, value.into()));
        }
        self
    }

    /// The same, later.
    #[must_use]
    pub fn later(mut self, ms: u64) -> Self {
        self.delay_ms = self.delay_ms.saturating_add(ms);
        self
    }

    /// Whether the ordinary course goes on.
    pub fn is_through(&self) -> bool {
        self.act == Act::Through
    }
}
