//! How many trials a decision will need, foreseen by judging made-up trials
//! with the judge itself. Random words come in as an argument.

use moongate_glossary::{Outcome, Reading};
use moongate_stats::many::{DECISION_GUARD, log_threshold};

use crate::evidence::{Evidence, Needed};
use crate::{ArmReading, Bounds, Ladder, Method, Trial};

/// How links would fare.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Supposed {
    /// Share of the controls' openings that succeed.
    pub controls_open: f64,
    /// Share of the rival's openings that succeed.
    pub rival_opens: f64,
}

/// What is to be foreseen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Awaited {
    /// That the clause is found Broken.
    Broken,
    /// That it is certified as Kept.
    Kept,
}

/// How long to look ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Horizon {
    /// Made-up courses.
    pub runs: u32,
    /// Trials in each, at most.
    pub trials: u32,
}

/// What was foreseen.
#[derive(Debug, Clone, PartialEq)]
pub struct Foreseen {
    /// Mean trials to the decision over the runs that came to it; nothing if
    /// none did.
    pub mean: Option<f64>,
    /// In 19 of 20 runs no more than so many are needed; nothing if fewer than
    /// that came to it.
    pub nearly_always: Option<u32>,
    /// Mean natural logarithm of the evidence value after each trial.
    pub course: Vec<f64>,
}

/// Foresees how many trials one cell needs.
///
/// ```
/// use moongate_judge::{Bounds, Ladder, Method, foresight::*};
/// let method = Method::Parity { ladders: vec![Ladder { levels: 6 }], margin: 0.2 };
/// let supposed = Supposed { controls_open: 0.98, rival_opens: 0.0 };
/// let horizon = Horizon { runs: 40, trials: 60 };
/// let mut state = 7_u64;
/// let mut words = || {
///     state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
///     (state ^ state >> 29).wrapping_mul(0x9E37_79B9_7F4A_7C15)
/// };
/// let bounds = Bounds { alpha: 0.01, cells: 100 };
/// let seen = foresee(&method, 4, supposed, Awaited::Broken, bounds, horizon, &mut words);
/// assert!(seen.nearly_always.unwrap() < 15);
/// ```
pub fn foresee(
    method: &Method,
    controls: u32,
    supposed: Supposed,
    awaited: Awaited,
    bounds: Bounds,
    horizon: Horizon,
    words: &mut dyn FnMut() -> u64,
) -> Foreseen {
    let mut needed: Vec<u32> = Vec::new();
    let mut sums = vec![0.0; horizon.trials as usize];
    for _ in 0..horizon.runs {
        let course = course(method, controls, supposed, awaited, bounds, horizon, words);
        needed.extend(course.decided_after);
        for (sum, value) in sums.iter_mut().zip(course.log_e) {
            *sum += value;
        }
    }
    needed.sort_unstable();
    let runs = horizon.runs.max(1);
    let total: f64 = needed.iter().map(|it| f64::from(*it)).sum();
    let nineteen_of_twenty = (runs as usize * 19).div_ceil(20).saturating_sub(1);
    Foreseen {
        mean: (!needed.is_empty()).then(|| total / needed.len() as f64),
        nearly_always: needed.get(nineteen_of_twenty).copied(),
        course: sums.iter().map(|sum| sum / f64::from(runs)).collect(),
    }
}

struct Course {
    decided_after: Option<u32>,
    log_e: Vec<f64>,
}

fn course(
    method: &Method,
    controls: u32,
    supposed: Supposed,
    awaited: Awaited,
    bounds: Bounds,
    horizon: Horizon,
    words: &mut dyn FnMut() -> u64,
) -> Course {
    let mut evidence = Evidence::new(method);
    let needed = Needed::of(bounds);
    let log_needed = log_threshold(bounds.alpha, bounds.cells).unwrap_or(f64::INFINITY);
    let mut course = Course {
        decided_after: None,
        log_e: Vec::with_capacity(horizon.trials as usize),
    };
    for number in 1..=horizon.trials {
        let mut arm = |opens: f64| made_up(method, unit(words()) < opens);
        let trial = Trial {
            id: String::new(),
            at_ms: 0,
            rival: arm(supposed.rival_opens),
            controls: (0..controls).map(|_| arm(supposed.controls_open)).collect(),
        };
        evidence.add(&trial, needed);
        let log_e = match awaited {
            Awaited::Broken => evidence.broken_nearly(),
            Awaited::Kept => evidence.kept_now(),
        };
        course.log_e.push(log_e.ln().max(-1e3));
        if course.decided_after.is_none() && log_e.ln() >= log_needed + DECISION_GUARD {
            course.decided_after = Some(number);
        }
        // Nobody looks farther than well beyond what decides.
        if log_e.ln() >= 2.0 * log_needed {
            break;
        }
    }
    let last = course.log_e.last().copied().unwrap_or(0.0);
    course.log_e.resize(horizon.trials as usize, last);
    course
}

/// An opening that succeeded, or failed as badly as can be.
fn made_up(method: &Method, opened: bool) -> ArmReading {
    let worst = |ladder: &Ladder| u8::try_from(ladder.levels - 1).unwrap_or(u8::MAX);
    let level = |worst: u8| if opened { 0 } else { worst };
    let (severities, amount) = match method {
        Method::Parity { ladders, .. } => {
            (ladders.iter().map(|it| level(worst(it))).collect(), None)
        }
        Method::Absolute { .. } => (vec![level(1)], None),
        Method::Delay { material_ms, .. } => {
            let late = if opened { 0.0 } else { 4.0 * material_ms };
            (Vec::new(), Some(50.0 + late))
        }
    };
    let outcome = if opened {
        Outcome::Met
    } else {
        Outcome::NotMet {
            reason: "supposed".to_owned(),
        }
    };
    ArmReading::of(Reading {
        outcome,
        severities,
        amount,
    })
}

/// Uniform on [0, 1), from the upper 53 bits.
fn unit(word: u64) -> f64 {
    (word >> 11) as f64 / (1_u64 << 53) as f64
}
