//! The clock at the rim: the one place where the carrier learns what time it is.
//!
//! Everything that decides takes instants as arguments; everything that
//! waits waits on tokio's timers, so that a paused tokio clock pauses it all.

use std::time::{SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// Where times come from.
pub trait Clock: Send + Sync {
    /// A monotonic instant, for durations.
    fn now(&self) -> Instant {
        Instant::now()
    }

    /// Wall clock: milliseconds since 1970-01-01 UTC, for evidence, cookies
    /// and dates in headers.
    fn unix_ms(&self) -> i64;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(
        clippy::disallowed_methods,
        reason = "the rim: here the wall clock is read"
    )]
    fn unix_ms(&self) -> i64 {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| {
                i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
            })
    }
}

/// Microseconds from `start` to `end`; 0 if they are the wrong way round.
pub(crate) fn micros(start: Instant, end: Instant) -> u64 {
    u64::try_from(end.saturating_duration_since(start).as_micros()).unwrap_or(u64::MAX)
}
