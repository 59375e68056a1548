//! How many blocks a decision will take, and what other plans would need.
//!
//! For planning and for comparison; nothing is decided here. An alternative is a pair of
//! opening rates that somebody has in mind, with slots independent of each other, which
//! no evidence of this crate relies on.
//!
//! What a method needs is simulated with random words that come in as an argument, so
//! the same words give the same figures. Plans with a fixed sample or a fixed number of
//! looks are computed exactly.
//!
//! Sources: Wald 1945 (sequential probability ratios); O'Brien and Fleming 1979; Armitage,
//! `McPherson` and Rowe 1969 (errors over several looks by recursion).

use crate::allocate::unit;
use crate::block::{BlockCounts, BlockShape};
use crate::certificate::{Allocation, Parity, TwoByTwo, ripr_log_e};
use crate::fixed;
use crate::grid::Grid;
use crate::many::{DECISION_GUARD, log_threshold};
use crate::numbers::{LogE, error_rate, ln};
use crate::special::{ln_gamma, normal_cdf};

/// Opening rates of the two arms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// Of controls.
    pub control: f64,
    /// Of the rival.
    pub rival: f64,
}

impl Rates {
    fn checked(self) -> Option<Rates> {
        let rate = |p: f64| (0.0..=1.0).contains(&p);
        (rate(self.control) && rate(self.rival)).then_some(self)
    }
}

/// How long to simulate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Simulation {
    /// How many times.
    pub runs: u32,
    /// After how many blocks (or single trials, or pairs) a run is broken off.
    pub horizon: u32,
}

/// How many blocks, pairs or single trials were needed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Needed {
    /// On average; runs that were broken off count with the horizon.
    pub mean: f64,
    /// Standard error of the mean.
    pub standard_error: f64,
    /// In half of the runs at most.
    pub median: u32,
    /// In nineteen of twenty runs at most.
    pub q95: u32,
    /// Share of runs that came to the decision sought.
    pub decided: f64,
}

/// What a run came to.
enum End {
    /// The decision sought, after so many.
    Decided(u32),
    /// Another, after so many.
    Otherwise(u32),
}

fn simulate(simulation: Simulation, mut run: impl FnMut(u32) -> End) -> Option<Needed> {
    if simulation.runs == 0 || simulation.horizon == 0 {
        return None;
    }
    let mut decided = 0_u32;
    let mut lengths: Vec<u32> = (0..simulation.runs)
        .map(|_| match run(simulation.horizon) {
            End::Decided(length) => {
                decided += 1;
                length
            }
            End::Otherwise(length) => length,
        })
        .collect();
    lengths.sort_unstable();
    let n = f64::from(simulation.runs);
    let mean = lengths.iter().map(|l| f64::from(*l)).sum::<f64>() / n;
    let spread = lengths
        .iter()
        .map(|l| (f64::from(*l) - mean) * (f64::from(*l) - mean));
    let quantile = |q: f64| {
        let rank = (q * n).ceil().max(1.0) as usize;
        lengths.get(rank - 1).copied()
    };
    Some(Needed {
        mean,
        standard_error: libm::sqrt(spread.sum::<f64>()) / n,
        median: quantile(0.5)?,
        q95: quantile(0.95)?,
        decided: f64::from(decided) / n,
    })
}

/// Goes on until `step` says that the threshold is reached.
fn until(horizon: u32, mut step: impl FnMut() -> bool) -> End {
    (1..=horizon)
        .find(|_| step())
        .map_or(End::Otherwise(horizon), End::Decided)
}

/// Blocks of one rival and `controls` controls until [`BlockCounts::log_e`] reaches
/// `log_threshold`.
///
/// ```
/// use moongate_stats::planning::{Rates, Simulation, permuted_blocks};
/// let mut state = 7_u64;
/// let mut words = || {
///     state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
///     (state ^ state >> 29).wrapping_mul(0x9E37_79B9_7F4A_7C15)
/// };
/// let rates = Rates { control: 0.98, rival: 0.5 };
/// let simulation = Simulation { runs: 200, horizon: 500 };
/// let needed = permuted_blocks(rates, 4, f64::ln(100.0), simulation, &mut words).unwrap();
/// assert!(needed.mean > 7.0 && needed.mean < 11.0 && needed.decided == 1.0);
/// ```
pub fn permuted_blocks(
    rates: Rates,
    controls: u32,
    log_threshold: f64,
    simulation: Simulation,
    words: &mut dyn FnMut() -> u64,
) -> Option<Needed> {
    let rates = rates.checked()?;
    simulate(simulation, |horizon| {
        let mut counts = BlockCounts::default();
        until(horizon, || {
            let (rival_failed, failures) = draw_block(rates, controls, words);
            let all = failures + u32::from(rival_failed);
            match BlockShape::new(controls, all, rival_failed) {
                Ok(shape) => counts.add(shape),
                Err(_) => return false,
            }
            reached(counts.log_e(), log_threshold)
        })
    })
}

fn reached(log_e: LogE, log_threshold: f64) -> bool {
    log_e.ln() >= log_threshold + DECISION_GUARD
}

/// Whether the rival failed, and how many controls.
fn draw_block(rates: Rates, controls: u32, words: &mut dyn FnMut() -> u64) -> (bool, u32) {
    let failures = (0..controls).filter(|_| unit(words()) >= rates.control);
    let failures = failures.count() as u32;
    (unit(words()) >= rates.rival, failures)
}

/// Single trials, each with its own coin, until [`Grid::log_e`] reaches `log_threshold`.
pub fn coin_flips(
    rates: Rates,
    grid: &Grid,
    log_threshold: f64,
    simulation: Simulation,
    words: &mut dyn FnMut() -> u64,
) -> Option<Needed> {
    let rates = rates.checked()?;
    simulate(simulation, |horizon| {
        let mut counts = TwoByTwo::default();
        until(horizon, || {
            draw_single(rates, &mut counts, words);
            reached(grid.log_e(counts), log_threshold)
        })
    })
}

fn draw_single(rates: Rates, counts: &mut TwoByTwo, words: &mut dyn FnMut() -> u64) {
    let rival = words() >> 63 == 1;
    let opened = unit(words()) < if rival { rates.rival } else { rates.control };
    let slot = match (rival, opened) {
        (false, true) => &mut counts.controls_opened,
        (false, false) => &mut counts.controls_failed,
        (true, true) => &mut counts.rivals_opened,
        (true, false) => &mut counts.rivals_failed,
    };
    *slot = slot.saturating_add(1);
}

/// Blocks until [`Parity::log_e_not_worse_by`] certifies `margin`.
pub fn robust_certificate(
    rates: Rates,
    controls: u32,
    margin: f64,
    log_threshold: f64,
    simulation: Simulation,
    words: &mut dyn FnMut() -> u64,
) -> Option<Needed> {
    let rates = rates.checked()?;
    simulate(simulation, |horizon| {
        let mut parity = Parity::default();
        until(horizon, || {
            let (rival_failed, failures) = draw_block(rates, controls, words);
            parity.add_block(rival_failed, failures, controls);
            reached(parity.log_e_not_worse_by(margin), log_threshold)
        })
    })
}

/// Pairs until [`ripr_log_e`] certifies `margin`.
pub fn fast_certificate(
    rates: Rates,
    margin: f64,
    log_threshold: f64,
    simulation: Simulation,
    words: &mut dyn FnMut() -> u64,
) -> Option<Needed> {
    let rates = rates.checked()?;
    simulate(simulation, |horizon| {
        let mut counts = TwoByTwo::default();
        until(horizon, || {
            let (rival_failed, control_failures) = draw_block(rates, 1, words);
            counts.controls_failed += u64::from(control_failures);
            counts.controls_opened += u64::from(1 - control_failures);
            counts.rivals_failed += u64::from(rival_failed);
            counts.rivals_opened += u64::from(!rival_failed);
            reached(ripr_log_e(counts, margin, Allocation::PAIR), log_threshold)
        })
    })
}

/// Pairs until Wald's sequential probability ratio decides, told both rates beforehand:
/// alternative `rates` against both arms at their middle, errors `alpha` and `beta`. No
/// method that must find out the rates can be quicker on average at these errors.
pub fn oracle(
    rates: Rates,
    alpha: f64,
    beta: f64,
    simulation: Simulation,
    words: &mut dyn FnMut() -> u64,
) -> Option<Needed> {
    let rates = rates.checked()?;
    let (alpha, beta) = (error_rate(alpha)?, error_rate(beta)?);
    let upper = ln((1.0 - beta) / alpha);
    let lower = ln(beta / (1.0 - alpha));
    let middle = f64::midpoint(rates.control, rates.rival);
    let gain = |opened: bool, rate: f64| {
        if opened {
            ln(rate / middle)
        } else {
            ln((1.0 - rate) / (1.0 - middle))
        }
    };
    simulate(simulation, |horizon| {
        let mut ratio = 0.0;
        for pair in 1..=horizon {
            let (rival_failed, control_failures) = draw_block(rates, 1, words);
            ratio += gain(control_failures == 0, rates.control) + gain(!rival_failed, rates.rival);
            if ratio >= upper {
                return End::Decided(pair);
            }
            if ratio <= lower {
                return End::Otherwise(pair);
            }
        }
        End::Otherwise(horizon)
    })
}

/// Largest sample in an arm that plans are made for.
const LARGEST_ARM: u32 = 3000;

/// Logarithms of factorials.
struct Factorials(Vec<f64>);

impl Factorials {
    fn up_to(n: u32) -> Factorials {
        Factorials((0..=n).map(|k| ln_gamma(f64::from(k) + 1.0)).collect())
    }

    fn ln(&self, k: u32) -> f64 {
        self.0.get(k as usize).copied().unwrap_or(f64::NAN)
    }

    fn ln_choose(&self, n: u32, k: u32) -> f64 {
        self.ln(n) - self.ln(k) - self.ln(n - k)
    }

    /// Chances of 0 to `n` openings at rate `p`.
    fn binomial(&self, n: u32, p: f64) -> Vec<f64> {
        let power = |p: f64, k: u32| if k == 0 { 0.0 } else { f64::from(k) * ln(p) };
        (0..=n)
            .map(|k| libm::exp(self.ln_choose(n, k) + power(p, k) + power(1.0 - p, n - k)))
            .collect()
    }

    /// The fewest openings of controls, among `opened` in two arms of `n`, at which
    /// Fisher's one-sided p-value is at most `level`.
    fn critical(&self, n: u32, opened: u32, level: f64) -> u32 {
        let whole = self.ln_choose(2 * n, opened);
        let (least, most) = (opened.saturating_sub(n), opened.min(n));
        let mut tail = 0.0;
        let mut critical = most + 1;
        for k in (least..=most).rev() {
            tail += libm::exp(self.ln_choose(n, k) + self.ln_choose(n, opened - k) - whole);
            if tail > level {
                break;
            }
            critical = k;
        }
        critical
    }
}

/// The smallest equal number in each arm at which Fisher's exact test, one-sided at
/// `alpha` and looked at once, has power `power` for the alternative; nothing up to 3000.
///
/// ```
/// use moongate_stats::planning::{Rates, fisher_per_arm};
/// let rates = Rates { control: 0.98, rival: 0.5 };
/// assert_eq!(fisher_per_arm(rates, 0.01, 0.95), Some(24));
/// ```
pub fn fisher_per_arm(rates: Rates, alpha: f64, power: f64) -> Option<u32> {
    let rates = rates.checked()?;
    let (alpha, power) = (error_rate(alpha)?, error_rate(power)?);
    let factorials = Factorials::up_to(2 * LARGEST_ARM);
    let enough = |n: u32| fisher_power(&factorials, rates, n, alpha) >= power;
    // Power rises by and large: jump ahead, then look from well before.
    let mut reach = 2;
    while !enough(reach) {
        reach += reach.div_ceil(4);
        if reach > LARGEST_ARM {
            return None;
        }
    }
    let from = reach - reach.div_ceil(3);
    (from.max(1)..=reach).find(|n| enough(*n))
}

fn fisher_power(factorials: &Factorials, rates: Rates, n: u32, alpha: f64) -> f64 {
    let control = factorials.binomial(n, rates.control);
    let rival = factorials.binomial(n, rates.rival);
    let chance = |arm: &[f64], k: u32| arm.get(k as usize).copied().unwrap_or(0.0);
    (0..=2 * n)
        .map(|opened| {
            let critical = factorials.critical(n, opened, alpha);
            (critical..=opened.min(n))
                .map(|k| chance(&control, k) * chance(&rival, opened - k))
                .sum::<f64>()
        })
        .sum()
}

/// The smallest equal number in each arm at which the score test of non-inferiority
/// ([`fixed::score_non_inferiority`]), one-sided at `alpha` and looked at once, has power
/// `power` for "the rival opens less often by less than `margin`"; nothing up to 3000.
/// The power is exact for the alternative; the error of the test is not.
pub fn score_per_arm(rates: Rates, margin: f64, alpha: f64, power: f64) -> Option<u32> {
    let rates = rates.checked()?;
    let (alpha, power) = (error_rate(alpha)?, error_rate(power)?);
    error_rate(margin)?;
    let factorials = Factorials::up_to(LARGEST_ARM);
    let enough = |n: u32| {
        let control = likely(&factorials.binomial(n, rates.control));
        let rival = likely(&factorials.binomial(n, rates.rival));
        let rejects = |c: u32, r: u32| {
            let table = TwoByTwo {
                controls_opened: u64::from(c),
                controls_failed: u64::from(n - c),
                rivals_opened: u64::from(r),
                rivals_failed: u64::from(n - r),
            };
            fixed::score_non_inferiority(table, -margin).is_some_and(|(_, p)| p <= alpha)
        };
        let pairs = control
            .iter()
            .flat_map(|c| rival.iter().map(move |r| (c, r)));
        let reached = pairs.filter(|((c, _), (r, _))| rejects(*c, *r));
        reached.map(|((_, p), (_, q))| p * q).sum::<f64>() >= power
    };
    let mut reach = 2;
    while !enough(reach) {
        reach += reach.div_ceil(4);
        if reach > LARGEST_ARM {
            return None;
        }
    }
    (reach - reach.div_ceil(5)..=reach).find(|n| enough(*n))
}

/// The counts that matter, with their chances.
fn likely(chances: &[f64]) -> Vec<(u32, f64)> {
    (0..)
        .zip(chances.iter().copied())
        .filter(|(_, p)| *p > 1e-9)
        .collect()
}

/// A plan with several looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GroupSequential {
    /// Looks.
    pub looks: u32,
    /// In each arm between two looks.
    pub per_look: u32,
    /// O'Brien and Fleming's constant: look k of K stops at a nominal z of C √(K/k).
    pub constant: f64,
    /// Power for the alternative.
    pub power: f64,
    /// Trials needed on average under the alternative, both arms counted.
    pub mean_trials: f64,
}

impl GroupSequential {
    /// Trials if no look stops, both arms counted.
    pub fn most_trials(&self) -> u32 {
        2 * self.looks * self.per_look
    }
}

/// O'Brien and Fleming's plan with at most `looks` looks, one-sided at `alpha`, with
/// Fisher's exact p-value against the nominal level of each look: the one with the
/// fewest trials a look that has power `power`. Where a fixed sample needs less than
/// `looks` in each arm, there are only as many looks. Exact, by recursion over both arms.
///
/// ```
/// use moongate_stats::planning::{Rates, obrien_fleming};
/// let rates = Rates { control: 0.98, rival: 0.5 };
/// let plan = obrien_fleming(rates, 0.01, 0.95, 10).unwrap();
/// assert_eq!(plan.most_trials(), 60);
/// assert!((plan.mean_trials - 40.269).abs() < 0.01);
/// ```
pub fn obrien_fleming(rates: Rates, alpha: f64, power: f64, looks: u32) -> Option<GroupSequential> {
    let fixed = fisher_per_arm(rates, alpha, power)?;
    let looks = looks.min(fixed);
    let constant = obrien_fleming_constant(alpha, looks)?;
    let factorials = Factorials::up_to(4 * LARGEST_ARM);
    let first = fixed.div_ceil(looks);
    (first..=2 * first + 1)
        .map(|per_look| follow(&factorials, rates, looks, per_look, constant))
        .find(|plan| plan.power >= power)
}

fn follow(
    factorials: &Factorials,
    rates: Rates,
    looks: u32,
    per_look: u32,
    constant: f64,
) -> GroupSequential {
    let control = factorials.binomial(per_look, rates.control);
    let rival = factorials.binomial(per_look, rates.rival);
    // going[i][j]: not stopped so far, i controls and j rivals opened.
    let mut going = vec![vec![1.0]];
    let (mut power, mut mean_trials) = (0.0, 0.0);
    for look in 1..=looks {
        going = add_look(&going, &control, &rival);
        let n = look * per_look;
        let z = constant * libm::sqrt(f64::from(looks) / f64::from(look));
        let level = normal_cdf(-z);
        let mut stopped = 0.0;
        for opened in 0..=2 * n {
            let critical = factorials.critical(n, opened, level);
            for k in critical..=opened.min(n) {
                let cell = going
                    .get_mut(k as usize)
                    .and_then(|row| row.get_mut((opened - k) as usize));
                if let Some(chance) = cell {
                    stopped += *chance;
                    *chance = 0.0;
                }
            }
        }
        power += stopped;
        mean_trials += stopped * f64::from(2 * n);
    }
    mean_trials += (1.0 - power) * f64::from(2 * looks * per_look);
    GroupSequential {
        looks,
        per_look,
        constant,
        power,
        mean_trials,
    }
}

/// Both arms get the trials of one more look.
fn add_look(going: &[Vec<f64>], control: &[f64], rival: &[f64]) -> Vec<Vec<f64>> {
    let widened: Vec<Vec<f64>> = going.iter().map(|row| convolved(row, rival)).collect();
    let width = widened.first().map_or(0, Vec::len);
    let mut next = vec![vec![0.0; width]; going.len() + control.len() - 1];
    for (i, row) in widened.iter().enumerate() {
        for (more, chance) in control.iter().enumerate().filter(|(_, c)| **c > 1e-30) {
            if let Some(target) = next.get_mut(i + more) {
                for (sum, x) in target.iter_mut().zip(row) {
                    *sum += chance * x;
                }
            }
        }
    }
    next
}

fn convolved(row: &[f64], more: &[f64]) -> Vec<f64> {
    let mut out = vec![0.0; row.len() + more.len() - 1];
    for (at, chance) in row.iter().enumerate().filter(|(_, c)| **c > 0.0) {
        for (sum, x) in out.iter_mut().skip(at).zip(more) {
            *sum += chance * x;
        }
    }
    out
}

/// The constant C for which a standard normal walk reaches C √K within K steps with
/// probability `alpha`.
pub fn obrien_fleming_constant(alpha: f64, looks: u32) -> Option<f64> {
    log_threshold(alpha, 1)?;
    if looks == 0 || looks > 1000 {
        return None;
    }
    // z = 40 is beyond every error rate that a number can hold.
    let (mut low, mut high) = (0.0, 40.0);
    for _ in 0..30 {
        let middle = f64::midpoint(low, high);
        if chance_to_reach(middle * libm::sqrt(f64::from(looks)), looks) > alpha {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(high)
}

/// Chance that a standard normal walk reaches `boundary` within `steps`, by recursion on
/// a grid below it.
fn chance_to_reach(boundary: f64, steps: u32) -> f64 {
    const SPACING: f64 = 0.1;
    // Who is further below the start than this does not come back in time.
    let depth = boundary + 5.0 * libm::sqrt(f64::from(steps));
    let cells = (depth / SPACING).ceil() as usize;
    // Cell i is centred at boundary − (i + ½) · SPACING.
    let below = |i: usize| (i as f64 + 0.5) * SPACING;
    let density = |x: f64| libm::exp(-0.5 * x * x) / libm::sqrt(2.0 * std::f64::consts::PI);
    let kernel: Vec<f64> = (0..cells).map(|d| density(d as f64 * SPACING)).collect();
    let crossing: Vec<f64> = (0..cells).map(|i| normal_cdf(-below(i))).collect();
    let mut going: Vec<f64> = (0..cells)
        .map(|i| density(boundary - below(i)) * SPACING)
        .collect();
    let mut reached = normal_cdf(-boundary);
    for _ in 1..steps {
        reached += going.iter().zip(&crossing).map(|(g, c)| g * c).sum::<f64>();
        let step = |i: usize| {
            let terms = going.iter().enumerate();
            let sum: f64 = terms
                .map(|(j, g)| g * kernel.get(i.abs_diff(j)).copied().unwrap_or(0.0))
                .sum();
            sum * SPACING
        };
        going = (0..cells).map(step).collect();
    }
    reached
}
