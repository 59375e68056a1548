//! The evidence on one cell, in bounded memory: trials go in, one at a time,
//! and what a finding says can be read at any moment in between.

use std::collections::BTreeMap;

use moongate_glossary::{Effect, EffectUnit, Span, Tally};
use moongate_stats::LogE;
use moongate_stats::absolute::Share;
use moongate_stats::certificate::Parity;
use moongate_stats::many::accuse;

use crate::course::Course;
use crate::delay::Delays;
use crate::differences::Differences;
use crate::parity::Comparison;
use crate::{Bounds, Method, Trial, absolute, parity, tally};

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
    /// Against the clause being kept, now.
    pub(crate) broken_now: LogE,
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
            broken_now: LogE::ONE,
            rival: Tally::default(),
            controls: Tally::default(),
        }
    }

    /// Takes in one trial, whole. Returns whether it counted.
    pub(crate) fn add(&mut self, trial: &Trial, bounds: Bounds) -> bool {
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
        self.kind.add(trial);
        self.broken_now = self.kind.log_e_broken();
        let kind = &self.kind;
        self.course.step(self.broken_now, || kind.log_e_kept());
        if self.broken_after.is_none() && accuse(self.broken_now, bounds.alpha, bounds.cells) {
            self.broken_after = Some(self.course.counted());
        }
        true
    }

    fn void_reason(&self, trial: &Trial) -> Option<&'static str> {
        match &self.kind {
            Kind::Absolute(_) => absolute::void_reason(trial),
            Kind::Parity(_) | Kind::Delay { .. } => parity::void_reason(trial),
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
    fn add(&mut self, trial: &Trial) {
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
                comparison.add(trial);
            }
            Self::Absolute(shares) => shares.add(trial),
        }
    }

    fn log_e_broken(&self) -> LogE {
        match self {
            Self::Parity(comparison) | Self::Delay { comparison, .. } => comparison.log_e(),
            Self::Absolute(shares) => shares.log_e_broken(),
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
