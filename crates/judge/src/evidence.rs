//! The evidence on one cell, in bounded memory: trials go in, one at a time,
//! and what a finding says can be read at any moment in between.

use std::collections::BTreeMap;

use moongate_glossary::{Change, Effect, EffectUnit, Span, Tally};
use moongate_stats::LogE;
use moongate_stats::absolute::Share;
use moongate_stats::certificate::{Parity, TwoByTwo};
use moongate_stats::many::{DECISION_GUARD, log_threshold};

use crate::course::Course;
use crate::delay::Delays;
use crate::differences::Differences;
use crate::parity::Comparison;
use crate::{Bounds, Method, Trial, absolute, parity, tally};

/// What the evidence on one cell must reach.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Needed {
    /// The logarithm that decides.
    exact: f64,
    /// Below this the running value need not be looked at closer.
    screen: f64,
}

impl Needed {
    /// Nothing ever suffices where the bounds make no sense.
    pub(crate) fn of(bounds: Bounds) -> Self {
        let exact = log_threshold(bounds.alpha, bounds.cells).unwrap_or(f64::INFINITY);
        // Beyond this, running values are no longer sure to tell.
        let told = exact < 100.0;
        Self {
            exact: exact + DECISION_GUARD,
            screen: if told {
                libm::exp(exact) * (1.0 - 1e-6)
            } else {
                0.0
            },
        }
    }
}

/// All that is known of one cell.
#[derive(Debug, Clone)]
pub(crate) struct Evidence {
    kind: Kind,
    /// How it grew.
    pub(crate) course: Course,
    /// Trials that could not count, by reason.
    pub(crate) void: BTreeMap<String, u64>,
    /// After how many counted trials *Broken* first stood.
    pub(crate) broken_after: Option<u64>,
    /// On which of the days of measuring that was.
    broken_day: u32,
    /// About the value against the clause being kept, now; see
    /// [`Evidence::screening_e`].
    screening_e: f64,
    /// What was seen of the rival's link.
    pub(crate) rival: Tally,
    /// What was seen of the controls.
    pub(crate) controls: Tally,
}

/// The state that each method keeps.
#[derive(Debug, Clone)]
enum Kind {
    Parity(Comparison),
    Delay {
        delays: Delays,
        comparison: Comparison,
        differences: Differences,
    },
    Absolute(absolute::Shares),
}

impl Evidence {
    pub(crate) fn new(method: &Method) -> Self {
        let kind = match method {
            Method::Parity { ladders, margin } => Kind::Parity(Comparison::new(ladders, *margin)),
            Method::Delay {
                material_ms,
                margin,
            } => {
                let delays = Delays::new(*material_ms);
                Kind::Delay {
                    comparison: Comparison::new(&[delays.ladder()], *margin),
                    delays,
                    differences: Differences::default(),
                }
            }
            Method::Absolute { tolerance, margin } => {
                Kind::Absolute(absolute::Shares::new(*tolerance, *margin))
            }
        };
        Self {
            kind,
            course: Course::default(),
            void: BTreeMap::new(),
            broken_after: None,
            broken_day: 0,
            screening_e: 1.0,
            rival: Tally::default(),
            controls: Tally::default(),
        }
    }

    /// Takes in one trial, whole. Returns whether it counted.
    pub(crate) fn add(&mut self, trial: &Trial, needed: Needed) -> bool {
        let placed = match &self.kind {
            Kind::Delay { delays, .. } => Some(delays.place(trial)),
            Kind::Parity(_) | Kind::Absolute(_) => None,
        };
        let trial = placed.as_ref().unwrap_or(trial);
        tally::add(&mut self.rival, &trial.rival);
        for control in &trial.controls {
            tally::add(&mut self.controls, control);
        }
        if let Some(reason) = self.void_reason(trial) {
            *self.void.entry(reason.to_owned()).or_default() += 1;
            return false;
        }
        let changed = self.kind.add(trial);
        if changed {
            self.screening_e = self.kind.screening_e();
        }
        let kind = &self.kind;
        let broken = self.screening_e;
        let both = || (kind.log_e_near(broken), kind.log_e_kept());
        self.course.step(both);
        let near = changed && self.screening_e >= needed.screen;
        if self.broken_after.is_none() && near && self.broken_now().ln() >= needed.exact {
            self.broken_after = Some(self.course.counted());
            self.broken_day = self.kind.comparison().map_or(0, |it| it.watched().today());
        }
        true
    }

    /// Against the clause being kept, now.
    pub(crate) fn broken_now(&self) -> LogE {
        if self.course.counted() == 0 {
            return LogE::ONE;
        }
        self.kind.log_e_broken()
    }

    /// The same, cheaply, where it is sure to be near.
    pub(crate) fn broken_nearly(&self) -> LogE {
        if self.course.counted() == 0 {
            return LogE::ONE;
        }
        self.kind.log_e_near(self.screening_e)
    }

    /// About the same as a plain number, read after every trial: smaller than
    /// the exact value by rounding at most.
    pub(crate) fn screening_e(&self) -> f64 {
        self.screening_e
    }

    fn void_reason(&self, trial: &Trial) -> Option<&'static str> {
        match &self.kind {
            Kind::Absolute(_) => absolute::void_reason(trial),
            Kind::Parity(_) | Kind::Delay { .. } => parity::void_reason(trial),
        }
    }

    /// How both arms fared, conclusive openings only.
    pub(crate) fn seen(&self) -> TwoByTwo {
        let failed = |tally: &Tally| tally.not_met.values().sum();
        TwoByTwo {
            controls_opened: self.controls.met,
            controls_failed: failed(&self.controls),
            rivals_opened: self.rival.met,
            rivals_failed: failed(&self.rival),
        }
    }

    /// For the clause being kept, now.
    pub(crate) fn kept_now(&self) -> LogE {
        if self.course.counted() == 0 {
            return LogE::ONE;
        }
        self.kind.log_e_kept()
    }

    /// The smallest margin that is certified.
    pub(crate) fn certified_margin(&self, log_threshold: f64) -> Option<f64> {
        if self.course.counted() == 0 {
            return None;
        }
        match &self.kind {
            Kind::Parity(comparison) | Kind::Delay { comparison, .. } => {
                comparison.cautious().smallest_margin(log_threshold)
            }
            Kind::Absolute(shares) => shares.smallest_margin(log_threshold),
        }
    }

    /// When what broke the clause began, and since when it has stopped.
    pub(crate) fn changes(&self, bounds: Bounds) -> (Option<Change>, Option<Change>) {
        let Some(comparison) = self
            .kind
            .comparison()
            .filter(|_| self.broken_after.is_some())
        else {
            return (None, None);
        };
        let (watched, margin) = (comparison.watched(), comparison.margin());
        // Of all cells together at most one in 1/α is cleared wrongly.
        let of_each = bounds.alpha / bounds.cells as f64;
        (
            watched.began(bounds.alpha, margin),
            watched.stopped(self.broken_day, of_each, margin),
        )
    }

    /// How large what was seen is.
    pub(crate) fn effect(&self, alpha: f64) -> Option<Effect> {
        if self.course.counted() == 0 {
            return None;
        }
        match &self.kind {
            Kind::Parity(comparison) => Some(difference(comparison.seen(), alpha)),
            Kind::Delay { differences, .. } => differences.effect(alpha),
            Kind::Absolute(shares) => share(shares.seen(), alpha),
        }
    }
}

impl Kind {
    fn comparison(&self) -> Option<&Comparison> {
        match self {
            Self::Parity(comparison) | Self::Delay { comparison, .. } => Some(comparison),
            Self::Absolute(_) => None,
        }
    }

    /// Returns whether the evidence can have changed.
    fn add(&mut self, trial: &Trial) -> bool {
        match self {
            Self::Parity(comparison) => comparison.add(trial),
            Self::Delay {
                comparison,
                differences,
                ..
            } => {
                if let Some(difference_ms) = Delays::difference_ms(trial) {
                    differences.add(difference_ms);
                }
                comparison.add(trial)
            }
            Self::Absolute(shares) => {
                shares.add(trial);
                true
            }
        }
    }

    fn log_e_broken(&self) -> LogE {
        match self {
            Self::Parity(comparison) | Self::Delay { comparison, .. } => comparison.log_e(),
            Self::Absolute(shares) => shares.log_e_broken(),
        }
    }

    /// From the running value, where that is sure to be near.
    fn log_e_near(&self, screening_e: f64) -> LogE {
        match LogE::from_e(screening_e) {
            Ok(near) if (1e-200..1e200).contains(&screening_e) => near,
            _ => self.log_e_broken(),
        }
    }

    fn screening_e(&self) -> f64 {
        match self {
            Self::Parity(comparison) | Self::Delay { comparison, .. } => comparison.screening_e(),
            Self::Absolute(shares) => shares.log_e_broken().e(),
        }
    }

    fn log_e_kept(&self) -> LogE {
        match self {
            Self::Parity(comparison) | Self::Delay { comparison, .. } => comparison.log_e_kept(),
            Self::Absolute(shares) => shares.log_e_kept(),
        }
    }
}

fn difference(parity: &Parity, alpha: f64) -> Effect {
    effect(parity.interval(alpha), EffectUnit::ShareDifference)
}

fn share(share: &Share, alpha: f64) -> Option<Effect> {
    Some(effect(share.interval(alpha)?, EffectUnit::Share))
}

fn effect(interval: moongate_stats::Interval, unit: EffectUnit) -> Effect {
    Effect {
        point: interval.point,
        interval: Some(Span {
            low: interval.low,
            high: interval.high,
        }),
        unit,
    }
}
