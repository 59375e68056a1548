//! Response bodies as the server sends them: whole, repeated without being
//! held, or drop by drop.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::Sleep;

use crate::answer::Content;

/// A body on its way.
#[derive(Debug)]
pub(crate) enum TownBody {
    /// Sent at once, or already sent.
    Whole(Option<Bytes>),
    /// The front, then the chunk as often as is left.
    Repeat {
        /// The front, until it is sent.
        head: Option<Bytes>,
        /// Sent over and over.
        chunk: Bytes,
        /// How often it is still to be sent.
        left: u64,
    },
    /// One byte at a time.
    Drip {
        /// What is left.
        bytes: Bytes,
        /// The wait before each.
        every: Duration,
        /// The wait under way.
        wait: Pin<Box<Sleep>>,
    },
}

impl From<Content> for TownBody {
    fn from(content: Content) -> Self {
        match content {
            Content::Whole(bytes) => Self::Whole(Some(bytes)),
            Content::Repeat { head, chunk, times } => Self::Repeat {
                head: Some(head),
                left: if chunk.is_empty() { 0 } else { times },
                chunk,
            },
            Content::Drip { bytes, every_ms } => {
                let every = Duration::from_millis(every_ms);
                Self::Drip {
                    bytes,
                    every,
                    wait: Box::pin(tokio::time::sleep(every)),
                }
            }
        }
    }
}

impl Body for TownBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let next = match self.get_mut() {
            Self::Whole(bytes) => bytes.take().filter(|bytes| !bytes.is_empty()),
            Self::Repeat { head, chunk, left } => match head.take() {
                Some(head) => Some(head),
                None if *left == 0 => None,
                None => {
                    *left -= 1;
                    Some(chunk.clone())
                }
            },
            Self::Drip { bytes, .. } if bytes.is_empty() => None,
            Self::Drip { bytes, every, wait } => {
                if wait.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                let next = wait.deadline() + *every;
                wait.as_mut().reset(next);
                Some(bytes.split_to(1))
            }
        };
        Poll::Ready(next.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.as_ref().is_none_or(Bytes::is_empty),
            Self::Repeat { head, left, .. } => head.is_none() && *left == 0,
            Self::Drip { bytes, .. } => bytes.is_empty(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Self::Drip { bytes, .. } => SizeHint::with_exact(bytes.len() as u64),
            Self::Repeat { .. } => SizeHint::default(),
        }
    }
}
