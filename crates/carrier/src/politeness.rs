//! How often a host is asked, and when it is left alone: a state machine for
//! each host. Pure: instants are arguments (as time since some start), and so
//! is jitter. [`crate::gate`] waits for what this says.

use std::hash::{Hash, Hasher};
use std::time::Duration;

/// The rule for every host.
#[derive(Debug, Clone, PartialEq)]
pub struct Politeness {
    /// Requests a second to one host; infinite for no bound.
    pub per_second: f64,
    /// Requests that may leave at once after a pause; at least 1.
    pub burst: u32,
    /// Requests under way at once to one host.
    pub at_once: usize,
    /// What counts as one host.
    pub scope: Scope,
    /// First wait after a push-back without a stated wait; doubled with each
    /// further one.
    pub back_off: Duration,
    /// The longest wait, also if the server asks for more.
    pub back_off_most: Duration,
}

/// What one rule is kept for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// A host name.
    Host,
    /// A registrable domain, with all hosts under it.
    Site,
}

impl Default for Politeness {
    /// For servers of strangers: 2 requests a second to a site, 4 in a burst,
    /// 2 under way; after a push-back from 2 s to 2 min.
    fn default() -> Self {
        Self {
            per_second: 2.0,
            burst: 4,
            at_once: 2,
            scope: Scope::Site,
            back_off: Duration::from_secs(2),
            back_off_most: Duration::from_secs(120),
        }
    }
}

impl Politeness {
    /// No bound on rate and number; push-backs still count. For servers of
    /// our own.
    pub fn unlimited() -> Self {
        Self {
            per_second: f64::INFINITY,
            burst: 1,
            at_once: usize::MAX,
            scope: Scope::Host,
            ..Self::default()
        }
    }

    fn interval(&self) -> Duration {
        if self.per_second > 0.0 {
            Duration::try_from_secs_f64(1.0 / self.per_second).unwrap_or(Duration::MAX)
        } else {
            Duration::from_secs(3600)
        }
    }

    /// How far requests may run ahead of the even rate.
    fn slack(&self) -> Duration {
        self.interval().saturating_mul(self.burst.saturating_sub(1))
    }
}

/// When a request may leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    /// Now; it counts as under way from here on.
    Now,
    /// Not before this instant; ask again then. The place in the queue was
    /// lost to a push-back, so a new one must be taken.
    NotBefore(Duration),
    /// Once one of those under way has come back; ask again then.
    AfterAnother,
}

/// How a host answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Without complaint.
    Welcome,
    /// It asked for fewer requests (429, or 503 with `Retry-After`).
    PushedBack {
        /// The wait it stated.
        wait: Option<Duration>,
    },
    /// Nothing that says how welcome we are (a failure, or given up).
    Nothing,
}

/// One host as the rule sees it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HostState {
    /// When the next request would be due at an even rate.
    even: Duration,
    under_way: usize,
    not_before: Duration,
    push_backs: u32,
}

impl HostState {
    /// Takes the next place in the queue and says when it is due.
    pub fn take_place(&mut self, rule: &Politeness, now: Duration) -> Duration {
        let due = now.max(self.even.saturating_sub(rule.slack()));
        self.even = self.even.max(now).saturating_add(rule.interval());
        due
    }

    /// Whether a request whose place is due may leave.
    pub fn leave(&mut self, rule: &Politeness, now: Duration) -> Leave {
        if now < self.not_before {
            return Leave::NotBefore(self.not_before);
        }
        if self.under_way >= rule.at_once.max(1) {
            return Leave::AfterAnother;
        }
        self.under_way += 1;
        Leave::Now
    }

    /// A request came back. `jitter` in 0..1 spreads waits that we choose
    /// ourselves over half to all of their length.
    pub fn came_back(&mut self, rule: &Politeness, now: Duration, answer: Answer, jitter: f64) {
        self.under_way = self.under_way.saturating_sub(1);
        match answer {
            Answer::Nothing => {}
            Answer::Welcome => self.push_backs = 0,
            Answer::PushedBack { wait } => {
                self.push_backs = self.push_backs.saturating_add(1);
                let wait = wait.unwrap_or_else(|| self.own_wait(rule, jitter));
                let until = now.saturating_add(wait.min(rule.back_off_most));
                self.not_before = self.not_before.max(until);
                // No burst the moment the host is asked again.
                let even = self.not_before.saturating_add(rule.slack());
                self.even = self.even.max(even).min(even);
            }
        }
    }

    /// How many push-backs came in a row.
    pub fn push_backs(&self) -> u32 {
        self.push_backs
    }

    /// Whether forgetting this state changes nothing.
    pub(crate) fn is_at_rest(&self, now: Duration) -> bool {
        self.under_way == 0 && self.push_backs == 0 && self.even <= now && self.not_before <= now
    }

    fn own_wait(&self, rule: &Politeness, jitter: f64) -> Duration {
        let doublings = self.push_backs.saturating_sub(1).min(20);
        let whole = rule
            .back_off
            .saturating_mul(1 << doublings)
            .min(rule.back_off_most);
        whole.mul_f64(0.5 + 0.5 * jitter.clamp(0.0, 1.0))
    }
}

/// A number in 0..1 that depends on the host and on how often it pushed back,
/// and on nothing else: the same run waits the same twice.
pub fn jitter(host: &str, push_backs: u32) -> f64 {
    // The standard hasher made by `new` has fixed keys.
    let mut hasher = std::hash::DefaultHasher::new();
    (host, push_backs).hash(&mut hasher);
    (hasher.finish() >> 11) as f64 / (1_u64 << 53) as f64
}

/// The wait that a `Retry-After` header states, in either form.
///
/// ```
/// use std::time::Duration;
/// use moongate_carrier::retry_after;
/// assert_eq!(retry_after("120", 0), Some(Duration::from_secs(120)));
/// let date = "Thu, 01 Jan 1970 00:01:00 GMT";
/// assert_eq!(retry_after(date, 20_000), Some(Duration::from_secs(40)));
/// assert_eq!(retry_after("soon", 0), None);
/// ```
pub fn retry_after(value: &str, now_unix_ms: i64) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let at_ms = crate::dates::unix_seconds(value)?.saturating_mul(1000);
    let wait_ms = at_ms.saturating_sub(now_unix_ms).max(0);
    Some(Duration::from_millis(wait_ms.unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    fn rule() -> Politeness {
        Politeness {
            per_second: 10.0,
            burst: 3,
            at_once: 2,
            scope: Scope::Host,
            back_off: ms(1000),
            back_off_most: ms(10_000),
        }
    }

    #[test]
    fn a_burst_and_then_the_rate() {
        let mut host = HostState::default();
        let due: Vec<_> = [0, 0, 0, 0, 0, 250, 2000, 2000]
            .map(|now| host.take_place(&rule(), ms(now)).as_millis())
            .into();
        assert_eq!(due, [0, 0, 0, 100, 200, 300, 2000, 2000]);
    }

    #[test]
    fn no_more_under_way_than_allowed() {
        let mut host = HostState::default();
        assert_eq!(host.leave(&rule(), ms(0)), Leave::Now);
        assert_eq!(host.leave(&rule(), ms(0)), Leave::Now);
        assert_eq!(host.leave(&rule(), ms(0)), Leave::AfterAnother);
        host.came_back(&rule(), ms(5), Answer::Nothing, 0.0);
        assert_eq!(host.leave(&rule(), ms(5)), Leave::Now);
    }

    #[test]
    fn waits_after_push_backs() {
        let pushed = |wait| Answer::PushedBack { wait };
        for (answers, jitter, expected) in [
            (vec![pushed(None)], 1.0, 1000),
            (vec![pushed(None)], 0.0, 500),
            (vec![pushed(None); 3], 1.0, 4000),
            (vec![pushed(None); 40], 1.0, 10_000),
            (vec![pushed(Some(ms(7000)))], 0.0, 7000),
            (vec![pushed(Some(Duration::MAX))], 0.0, 10_000),
            (vec![pushed(Some(ms(7000))), pushed(Some(ms(1)))], 0.0, 7000),
            (vec![pushed(None), Answer::Welcome, pushed(None)], 1.0, 1000),
            (vec![Answer::Welcome, Answer::Nothing], 1.0, 0),
        ] {
            let mut host = HostState::default();
            for answer in &answers {
                host.came_back(&rule(), ms(0), *answer, jitter);
            }
            let expected = match expected {
                0 => Leave::Now,
                wait => Leave::NotBefore(ms(wait)),
            };
            assert_eq!(host.leave(&rule(), ms(0)), expected, "{answers:?}");
        }
    }

    #[test]
    fn no_burst_after_a_push_back() {
        let mut host = HostState::default();
        host.came_back(
            &rule(),
            ms(0),
            Answer::PushedBack {
                wait: Some(ms(500)),
            },
            0.0,
        );
        let due: Vec<_> = [600, 600, 600]
            .map(|now| host.take_place(&rule(), ms(now)).as_millis())
            .into();
        assert_eq!(due, [600, 600, 700]);
    }

    #[test]
    fn unlimited_is_unlimited() {
        let (rule, mut host) = (Politeness::unlimited(), HostState::default());
        for _ in 0..1000 {
            assert_eq!(host.take_place(&rule, ms(1)), ms(1));
            assert_eq!(host.leave(&rule, ms(1)), Leave::Now);
        }
    }

    proptest! {
        #[test]
        fn the_rate_holds(steps in prop::collection::vec(0_u64..300, 1..200)) {
            let (mut host, mut now, mut due) = (HostState::default(), ms(0), Vec::new());
            for step in steps {
                now += ms(step);
                due.push(host.take_place(&rule(), now));
            }
            for (i, at) in due.iter().enumerate() {
                let in_second = due.iter().filter(|d| *d >= at && **d < *at + ms(1000)).count();
                prop_assert!(in_second <= 13, "{} from place {}", in_second, i);
            }
        }

        #[test]
        fn jitter_is_a_share(host in ".{0,20}", n: u32) {
            let share = jitter(&host, n);
            prop_assert!((0.0..1.0).contains(&share));
            prop_assert_eq!(share.to_bits(), jitter(&host, n).to_bits());
        }

        #[test]
        fn any_rule_is_answered(per_second: f64, burst: u32, now: u64, wait: u64) {
            let rule = Politeness { per_second, burst, ..rule() };
            let mut host = HostState::default();
            let answer = Answer::PushedBack { wait: Some(ms(wait)) };
            host.came_back(&rule, ms(now), answer, per_second);
            host.take_place(&rule, ms(now));
            host.take_place(&rule, ms(now));
            let _ = host.leave(&rule, ms(now));
        }

        #[test]
        fn any_retry_after_is_answered(value in ".{0,40}", now: i64) {
            let _ = retry_after(&value, now);
        }
    }
}
