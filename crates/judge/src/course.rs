//! How the evidence of one cell grew, trial by trial, in bounded memory.
//!
//! Points are kept after every `stride`-th counted trial; when there would be
//! too many, every second one goes and the stride doubles. Which points are
//! kept depends on how many trials counted and on nothing else, so looking in
//! between changes none.
//!
//! A trial is evaluated whole or not at all, never inside.

use moongate_stats::LogE;

/// More points than this are not kept.
const MOST_POINTS: usize = 128;

/// The evidence after some of the trials that counted.
#[derive(Debug, Clone)]
pub(crate) struct Course {
    stride: u64,
    counted: u64,
    broken: Vec<f64>,
    kept: Vec<f64>,
}

impl Default for Course {
    fn default() -> Self {
        Self {
            stride: 1,
            counted: 0,
            broken: Vec::new(),
            kept: Vec::new(),
        }
    }
}

impl Course {
    /// A trial counted. `evidence` (broken, kept) is asked for only where a
    /// point is kept.
    pub(crate) fn step(&mut self, evidence: impl FnOnce() -> (LogE, LogE)) {
        self.counted += 1;
        if !self.counted.is_multiple_of(self.stride) {
            return;
        }
        let (broken, kept) = evidence();
        self.broken.push(finite(broken));
        self.kept.push(finite(kept));
        if self.broken.len() >= MOST_POINTS {
            self.stride *= 2;
            keep_every_second(&mut self.broken);
            keep_every_second(&mut self.kept);
        }
    }

    /// Trials that counted.
    pub(crate) fn counted(&self) -> u64 {
        self.counted
    }

    /// Trials from one point to the next.
    pub(crate) fn stride(&self) -> u64 {
        self.stride
    }

    /// The points, the last one with what is exact now.
    pub(crate) fn up_to(&self, broken_now: f64, kept_now: f64) -> (Vec<f64>, Vec<f64>) {
        let (mut broken, mut kept) = (self.broken.clone(), self.kept.clone());
        if self.counted.is_multiple_of(self.stride) {
            broken.pop();
            kept.pop();
        }
        if self.counted > 0 {
            broken.push(broken_now);
            kept.push(kept_now);
        }
        (broken, kept)
    }
}

fn keep_every_second(points: &mut Vec<f64>) {
    let mut index = 0_usize;
    points.retain(|_| {
        index += 1;
        index.is_multiple_of(2)
    });
}

/// JSON has no −∞; an e-value of 0 is written as the smallest finite number.
pub(crate) fn finite(log_e: LogE) -> f64 {
    log_e.ln().max(f64::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(trials: u32) -> Course {
        let mut course = Course::default();
        for n in 1..=trials {
            let log_e = LogE::new(f64::from(n)).expect("evidence");
            course.step(|| (log_e, LogE::ONE));
        }
        course
    }

    #[test]
    fn a_short_course_keeps_every_trial() {
        let (broken, kept) = after(3).up_to(3.0, 0.0);
        assert_eq!(broken, [1.0, 2.0, 3.0]);
        assert_eq!(kept.len(), 3);
    }

    #[test]
    fn a_long_course_stays_short_and_evenly_spaced() {
        for trials in [127, 128, 129, 1000, 100_000, 100_001] {
            let course = after(trials);
            let (broken, _) = course.up_to(f64::from(trials), 0.0);
            assert!(broken.len() <= MOST_POINTS, "{trials}: {}", broken.len());
            for (index, value) in broken.iter().enumerate() {
                let trial = ((index as u64 + 1) * course.stride()).min(u64::from(trials));
                assert!((value - trial as f64).abs() < 1e-9, "{trials}");
            }
        }
    }
}
