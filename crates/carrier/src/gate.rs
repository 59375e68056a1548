//! The gate every request passes: waits until [`crate::politeness`] lets it
//! leave. The rim around that state machine, nothing more.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use url::Url;

use crate::clock::Clock;
use crate::politeness::{Answer, HostState, Leave, Politeness, Scope, jitter};

/// Hosts remembered; above this those at rest are forgotten.
const REMEMBERED: usize = 4096;

pub(crate) struct Gate {
    rule: Politeness,
    start: Instant,
    clock: Arc<dyn Clock>,
    hosts: Mutex<Remembered>,
}

struct Remembered {
    hosts: HashMap<Box<str>, Arc<Entry>>,
    /// How many there may be before those at rest are looked for again.
    look_at: usize,
}

struct Entry {
    state: Mutex<HostState>,
    came_back: Notify,
}

/// Leave to send one request; given back by dropping it.
pub(crate) struct Pass<'a> {
    gate: &'a Gate,
    entry: Arc<Entry>,
    answer: Option<(Answer, f64)>,
}

impl Gate {
    pub(crate) fn new(rule: Politeness, clock: Arc<dyn Clock>) -> Self {
        let remembered = Remembered {
            hosts: HashMap::new(),
            look_at: REMEMBERED,
        };
        Self {
            rule,
            start: clock.now(),
            clock,
            hosts: Mutex::new(remembered),
        }
    }

    /// Waits until a request to the host of `url` may leave.
    pub(crate) async fn pass(&self, url: &Url) -> Pass<'_> {
        let entry = self.entry(key(url, self.rule.scope));
        'place: loop {
            let due = lock(&entry.state).take_place(&self.rule, self.now());
            self.wait_until(due).await;
            loop {
                // Registered before asking, so that no return is missed.
                let another = entry.came_back.notified();
                let leave = lock(&entry.state).leave(&self.rule, self.now());
                match leave {
                    Leave::Now => break 'place,
                    Leave::NotBefore(at) => {
                        self.wait_until(at).await;
                        continue 'place;
                    }
                    Leave::AfterAnother => another.await,
                }
            }
        }
        Pass {
            gate: self,
            entry,
            answer: None,
        }
    }

    fn entry(&self, key: &str) -> Arc<Entry> {
        let mut remembered = lock(&self.hosts);
        if let Some(entry) = remembered.hosts.get(key) {
            return Arc::clone(entry);
        }
        if remembered.hosts.len() >= remembered.look_at {
            let now = self.now();
            remembered.hosts.retain(|_, entry| {
                Arc::strong_count(entry) > 1 || !lock(&entry.state).is_at_rest(now)
            });
            remembered.look_at = REMEMBERED.max(remembered.hosts.len() * 2);
        }
        let entry = Arc::new(Entry {
            state: Mutex::default(),
            came_back: Notify::new(),
        });
        remembered.hosts.insert(key.into(), Arc::clone(&entry));
        entry
    }

    async fn wait_until(&self, at: Duration) {
        if at > self.now() {
            // A century, if the sum has no answer: tokio has no instant later.
            let century = Duration::from_secs(100 * 365 * 86_400);
            tokio::time::sleep_until(self.start + at.min(century)).await;
        }
    }

    fn now(&self) -> Duration {
        self.clock.now().saturating_duration_since(self.start)
    }
}

impl Pass<'_> {
    /// Notes how the host answered.
    pub(crate) fn answered(&mut self, host: &str, answer: Answer) {
        let share = match answer {
            Answer::PushedBack { .. } => jitter(host, lock(&self.entry.state).push_backs()),
            _ => 0.0,
        };
        self.answer = Some((answer, share));
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        let (answer, share) = self.answer.unwrap_or((Answer::Nothing, 0.0));
        let now = match answer {
            Answer::PushedBack { .. } => self.gate.now(),
            _ => Duration::ZERO,
        };
        lock(&self.entry.state).came_back(&self.gate.rule, now, answer, share);
        self.entry.came_back.notify_one();
    }
}

/// The host or registrable domain under which a URL's requests are counted.
fn key(url: &Url, scope: Scope) -> &str {
    let host = url.host_str().unwrap_or_default();
    match (scope, url.domain()) {
        (Scope::Site, Some(name)) => psl::domain_str(name).unwrap_or(name),
        _ => host,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    fn gate(per_second: f64, burst: u32, at_once: usize) -> Gate {
        let rule = Politeness {
            per_second,
            burst,
            at_once,
            ..Politeness::default()
        };
        Gate::new(rule, Arc::new(SystemClock))
    }

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn requests_leave_at_the_rate() {
        let gate = gate(2.0, 1, 9);
        let mut left = Vec::new();
        for _ in 0..4 {
            gate.pass(&url("http://a.example/")).await;
            left.push(gate.now().as_millis());
        }
        assert_eq!(left, [0, 500, 1000, 1500]);
        gate.pass(&url("http://b.other/")).await;
        assert_eq!(gate.now().as_millis(), 1500);
        gate.pass(&url("http://b.a.example/")).await;
        assert_eq!(gate.now().as_millis(), 2000, "one site with a.example");
    }

    #[tokio::test(start_paused = true)]
    async fn a_push_back_holds_everybody() {
        let gate = gate(f64::INFINITY, 1, 9);
        let link = url("http://a.example/");
        let mut pass = gate.pass(&link).await;
        let wait = Some(Duration::from_secs(7));
        pass.answered("a.example", Answer::PushedBack { wait });
        drop(pass);
        tokio::join!(gate.pass(&link), gate.pass(&link));
        assert_eq!(gate.now().as_secs(), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn those_under_way_are_waited_for() {
        let gate = gate(f64::INFINITY, 1, 1);
        let link = url("http://a.example/");
        let first = gate.pass(&link).await;
        let (second, ()) = tokio::join!(gate.pass(&link), async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            drop(first);
        });
        assert_eq!(gate.now().as_secs(), 3);
        drop(second);
        // One who gave up waiting takes nobody's place.
        let third = gate.pass(&link).await;
        let give_up = tokio::time::timeout(Duration::from_secs(1), gate.pass(&link)).await;
        assert!(give_up.is_err());
        drop(third);
        gate.pass(&link).await;
        assert_eq!(gate.now().as_secs(), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn hosts_at_rest_are_forgotten() {
        let gate = gate(1000.0, 1, 1);
        for i in 0..3 * REMEMBERED {
            gate.pass(&url(&format!("http://h{i}.example{i}/"))).await;
            tokio::time::advance(Duration::from_millis(2)).await;
        }
        assert!(lock(&gate.hosts).hosts.len() <= REMEMBERED);
    }
}
