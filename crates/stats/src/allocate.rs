//! Where to look next: which cells are worth a block, under the budgets of those who are
//! asked.
//!
//! Validity never depends on any of this. What a cell is worth is a guess; whether it
//! stands is decided by its evidence alone, and evidence may be gathered in whatever
//! amounts, in whatever order, for whatever reason that lies in the past.
//!
//! The rule is Thompson's: guess each cell's rates at random, as likely as they are given
//! what was seen, and take the cells that would be decided soonest if the guess were true,
//! by the expected growth of their log e a block over the nats they still lack. Most
//! cells are innocent, so this is weighed with how likely it is that there is a difference
//! at all. Its odds are [`PRIOR_ODDS`] times a Bayes factor: how likely the rival's
//! outcomes are if its rate of failing may be anything, against how likely they are at
//! the rate that the controls show. So who was never looked at is tried before who was
//! found blameless, and who has failed twice is followed up.
//!
//! Random numbers come in as words from the caller; the same words give the same choice.
//!
//! Sources: Thompson 1933; Marsaglia and Tsang 2000 for gamma variates; Shafer 2021,
//! "Testing by betting", for growth as the measure of a bet.

use crate::block::LN_OMEGA;
use crate::certificate::TwoByTwo;
use crate::numbers::{LogE, ln};
use crate::special::ln_beta;
use std::f64::consts::PI;

/// Odds, before anything is seen, that a cell has a difference.
pub const PRIOR_ODDS: f64 = 0.05;

/// Blocks of more controls than this are taken as of so many when growth is estimated.
const MOST_CONTROLS: u32 = 64;

/// One cell, as far as the choice is concerned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// What was seen in both arms.
    pub seen: TwoByTwo,
    /// Controls in one of its blocks.
    pub controls: u32,
    /// The evidence so far.
    pub log_e: LogE,
    /// The evidence that decides it, such as ln(m/α).
    pub log_threshold: f64,
    /// Who is asked: an index into the budgets.
    pub host: usize,
    /// What one block costs that host, in tokens.
    pub tokens: u32,
    /// Whether it is decided, either way, and needs no more.
    pub decided: bool,
}

impl Candidate {
    /// Nats still missing; nothing if the cell is out of the running.
    fn missing(&self) -> Option<f64> {
        let missing = self.log_threshold - self.log_e.ln();
        (!self.decided && missing.is_finite()).then_some(missing.max(f64::MIN_POSITIVE))
    }
}

/// Which cells get a block now: at most `blocks` different ones, the most promising
/// first, as indices. `tokens_left` holds what each host may still be asked; what is
/// chosen stays within it. `words` gives uniformly random words.
///
/// Decided cells, those whose evidence or threshold is no number, and those whose host
/// is not in `tokens_left` are never chosen.
///
/// ```
/// use moongate_stats::allocate::{Candidate, choose};
/// use moongate_stats::{LogE, certificate::TwoByTwo};
/// let seen = |rivals_failed| TwoByTwo {
///     controls_opened: 40, controls_failed: 0, rivals_opened: 10 - rivals_failed, rivals_failed,
/// };
/// let cell = |rivals_failed, log_e| Candidate {
///     seen: seen(rivals_failed), controls: 4, log_e, log_threshold: 10.8,
///     host: 0, tokens: 5, decided: false,
/// };
/// let cells = [cell(0, LogE::ONE), cell(5, LogE::new(5.0)?), cell(0, LogE::ONE)];
/// let mut state = 1_u64;
/// let mut words = || {
///     state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
///     state ^ state >> 32
/// };
/// assert_eq!(choose(&cells, &[9], 3, &mut words), [1]); // tokens for one block only
/// # Ok::<(), moongate_stats::numbers::NotEvidence>(())
/// ```
pub fn choose(
    candidates: &[Candidate],
    tokens_left: &[u32],
    blocks: usize,
    words: &mut dyn FnMut() -> u64,
) -> Vec<usize> {
    // Blocks are mostly alike.
    let mut gains = Gains::new(candidates.first().map_or(0, |cell| cell.controls));
    let mut ranked: Vec<(f64, u64, usize)> = candidates
        .iter()
        .enumerate()
        .filter_map(|(at, cell)| {
            let missing = cell.missing()?;
            if gains.controls != cell.controls.min(MOST_CONTROLS) {
                gains = Gains::new(cell.controls);
            }
            let promise = guessed_growth(cell, &gains, words) / missing;
            Some((promise, trials(cell.seen), at))
        })
        .collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
    let mut left = tokens_left.to_vec();
    let affordable = |at: &usize| {
        let Some(cell) = candidates.get(*at) else {
            return false;
        };
        let host = left.get_mut(cell.host);
        host.is_some_and(|left| match left.checked_sub(cell.tokens) {
            Some(rest) => {
                *left = rest;
                true
            }
            None => false,
        })
    };
    ranked
        .into_iter()
        .map(|(_, _, at)| at)
        .filter(affordable)
        .take(blocks)
        .collect()
}

fn trials(seen: TwoByTwo) -> u64 {
    seen.rivals_opened.saturating_add(seen.rivals_failed)
}

/// Expected growth of log e a block if a guess of the rates is true, weighed with how
/// likely it is that there is a difference.
fn guessed_growth(cell: &Candidate, gains: &Gains, words: &mut dyn FnMut() -> u64) -> f64 {
    let Some([c1, c0, r1, r0]) = cell.seen.exact() else {
        return 0.0;
    };
    let own_rate = ln_beta(r0 + 1.0, r1 + 1.0);
    let same_rate = ln_beta(c0 + r0 + 0.5, c1 + r1 + 0.5) - ln_beta(c0 + 0.5, c1 + 0.5);
    let ln_odds = ln(PRIOR_ODDS) + own_rate - same_rate;
    let different = 1.0 / (1.0 + libm::exp(-ln_odds));
    let control = beta(c0 + 0.5, c1 + 0.5, words);
    let rival = beta(r0 + 0.5, r1 + 0.5, words);
    different * gains.growth(control, rival)
}

/// Expected growth of log e in one block of `controls` controls whose arms fail at the
/// rates `control_fails` and `rival_fails`, at the best odds ratio of [`LN_OMEGA`]; 0 at
/// least, and where a rate is none.
///
/// ```
/// use moongate_stats::allocate::growth;
/// assert!((growth(0.0, 1.0, 4) - f64::ln(5.0)).abs() < 0.001);
/// assert_eq!(growth(0.5, 0.1, 4), 0.0);
/// assert_eq!(growth(f64::NAN, 0.1, 4), 0.0);
/// ```
pub fn growth(control_fails: f64, rival_fails: f64, controls: u32) -> f64 {
    Gains::new(controls).growth(control_fails, rival_fails)
}

/// What blocks of so many controls bring, for each odds ratio and each number of failing
/// controls: ln S if the rival fails, and if it does not.
struct Gains {
    controls: u32,
    rows: Vec<Vec<(f64, f64)>>,
}

impl Gains {
    fn new(controls: u32) -> Gains {
        let controls = controls.min(MOST_CONTROLS);
        let slots = f64::from(controls) + 1.0;
        let row = |ln_omega: f64| {
            let omega = libm::exp(ln_omega);
            let weight = |failures: f64| ln((failures * omega + slots - failures) / slots);
            let gain = |failed: u32| {
                let failed = f64::from(failed);
                (ln_omega - weight(failed + 1.0), -weight(failed))
            };
            (0..=controls).map(gain).collect()
        };
        Gains {
            controls,
            rows: LN_OMEGA.into_iter().map(row).collect(),
        }
    }

    fn growth(&self, control_fails: f64, rival_fails: f64) -> f64 {
        let rate = |p: f64| (0.0..=1.0).contains(&p);
        if !(rate(control_fails) && rate(rival_fails)) {
            return 0.0;
        }
        let chances = binomial(self.controls, control_fails);
        let expected = |row: &Vec<(f64, f64)>| -> f64 {
            let terms = row.iter().zip(&chances);
            terms
                .map(|((failed, opened), chance)| {
                    chance * (rival_fails * failed + (1.0 - rival_fails) * opened)
                })
                .sum()
        };
        self.rows.iter().map(expected).fold(0.0, f64::max)
    }
}

/// Chances of 0, 1, …, n failures.
fn binomial(n: u32, p: f64) -> Vec<f64> {
    let mut chances = vec![1.0];
    for _ in 0..n {
        let mut next = vec![0.0; chances.len() + 1];
        for (at, chance) in chances.iter().enumerate() {
            if let Some(slot) = next.get_mut(at) {
                *slot += chance * (1.0 - p);
            }
            if let Some(slot) = next.get_mut(at + 1) {
                *slot += chance * p;
            }
        }
        chances = next;
    }
    chances
}

/// Uniform on [0, 1), from the upper 53 bits.
pub(crate) fn unit(word: u64) -> f64 {
    (word >> 11) as f64 / (1_u64 << 53) as f64
}

/// A beta variate.
fn beta(a: f64, b: f64, words: &mut dyn FnMut() -> u64) -> f64 {
    let (x, y) = (gamma(a, words), gamma(b, words));
    if x + y > 0.0 {
        x / (x + y)
    } else {
        a / (a + b)
    }
}

/// A gamma variate with the given shape. A stream of words that never lets a draw
/// through is given up on after some tries.
fn gamma(shape: f64, words: &mut dyn FnMut() -> u64) -> f64 {
    if shape < 1.0 {
        let boost = libm::pow(1.0 - unit(words()), 1.0 / shape);
        return gamma(shape + 1.0, words) * boost;
    }
    let middle = shape - 1.0 / 3.0;
    let spread = 1.0 / libm::sqrt(9.0 * middle);
    for _ in 0..64 {
        let z = normal(words);
        let root = 1.0 + spread * z;
        if root <= 0.0 {
            continue;
        }
        let cube = root * root * root;
        let ln_height = 0.5 * z * z + middle * (1.0 - cube + ln(cube));
        if ln(1.0 - unit(words())) < ln_height {
            return middle * cube;
        }
    }
    shape
}

fn normal(words: &mut dyn FnMut() -> u64) -> f64 {
    let radius = libm::sqrt(-2.0 * ln(1.0 - unit(words())));
    radius * libm::cos(2.0 * PI * unit(words()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(mut state: u64) -> impl FnMut() -> u64 {
        move || {
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let z = (state ^ state >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
            z ^ z >> 31
        }
    }

    #[test]
    fn variates_have_the_moments_they_should() {
        let mut words = stream(1);
        for (a, b) in [(0.5, 0.5), (0.5, 20.5), (3.0, 7.0), (100.5, 2.5)] {
            let n = 4000;
            let draws: Vec<f64> = (0..n).map(|_| beta(a, b, &mut words)).collect();
            let mean = draws.iter().sum::<f64>() / f64::from(n);
            let square = draws.iter().map(|x| x * x).sum::<f64>() / f64::from(n);
            let (expected, sum) = (a / (a + b), a + b);
            let variance = expected * (1.0 - expected) / (sum + 1.0);
            assert!((mean - expected).abs() < 5.0 * (variance / f64::from(n)).sqrt());
            assert!((square - mean * mean) / variance > 0.85);
            assert!((square - mean * mean) / variance < 1.15);
        }
    }

    #[test]
    fn growth_is_the_mean_over_all_outcomes() {
        use crate::block::BlockShape;
        for (pc, pr, c) in [(0.02_f64, 0.5, 4_u32), (0.02, 0.1, 1), (0.3, 0.9, 2)] {
            let at = |ln_omega: f64| -> f64 {
                (0..1_u32 << (c + 1))
                    .map(|bits| {
                        let rival_failed = bits & 1 == 1;
                        let failed = (bits >> 1).count_ones();
                        let shape = BlockShape::new(c, failed + (bits & 1), rival_failed).unwrap();
                        let chance = pc.powf(f64::from(failed))
                            * (1.0 - pc).powf(f64::from(c - failed))
                            * if rival_failed { pr } else { 1.0 - pr };
                        chance * shape.ln_factor(ln_omega)
                    })
                    .sum()
            };
            let best = LN_OMEGA.map(at).into_iter().fold(0.0_f64, f64::max);
            assert!((growth(pc, pr, c) - best).abs() < 1e-12);
        }
    }
}
