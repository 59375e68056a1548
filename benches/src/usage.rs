//! What this process has used of the machine.

use nix::sys::resource::{UsageWho, getrusage};

/// Processor seconds so far, user and system; 0 where the system does not
/// tell.
pub fn cpu_seconds() -> f64 {
    let Ok(usage) = getrusage(UsageWho::RUSAGE_SELF) else {
        return 0.0;
    };
    let seconds =
        |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    seconds(usage.user_time()) + seconds(usage.system_time())
}

/// The most memory held at once so far, bytes; 0 where the system does not
/// tell.
pub fn peak_bytes() -> u64 {
    let Ok(usage) = getrusage(UsageWho::RUSAGE_SELF) else {
        return 0;
    };
    u64::try_from(usage.max_rss()).unwrap_or(0) * 1024
}
