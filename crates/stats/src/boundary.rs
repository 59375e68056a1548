//! Boundaries that a sum stays below at all times at once with probability 1 − α.
//!
//! A sum S with variance process V is sub-ψ for some ψ; averaging its exponential
//! supermartingale over a prior gives a [`Mixture`], whose level line is the boundary.
//! Stitching gives boundaries in closed form.
//!
//! Sources: Howard, Ramdas, `McAuliffe` and Sekhon 2021 (arXiv:1810.08240) for mixtures
//! and polynomial stitching; Howard and Ramdas 2022 (arXiv:1906.09712) for quantiles.

#![expect(
    clippy::many_single_char_names,
    reason = "the papers' letters are the names that can be checked"
)]

use crate::many::log_threshold;
use crate::numbers::{LogE, error_rate, ln, ln_1p};
use crate::special::{
    ln_beta, ln_beta_share, ln_gamma, ln_gamma_lower, ln_gamma_upper, normal_cdf, zeta,
};
use std::f64::consts::SQRT_2;

/// Whether deviations upward only or both ways are watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sides {
    /// Upward only.
    One,
    /// Both ways.
    Two,
}

/// A mixture supermartingale in (s, v).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mixture(Kind);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Normal {
        rho: f64,
        sides: Sides,
    },
    GammaExponential {
        rho: f64,
        c: f64,
        constant: f64,
    },
    GammaPoisson {
        rho: f64,
        c: f64,
        constant: f64,
    },
    BetaBinomial {
        r: f64,
        g: f64,
        h: f64,
        limit: f64,
        constant: f64,
    },
}

fn positive(x: f64) -> Option<f64> {
    (x > 0.0 && x.is_finite()).then_some(x)
}

/// The ρ that makes the normal mixture's boundary lowest at variance `v_opt`.
fn best_rho(v_opt: f64, alpha_opt: f64, sides: Sides) -> Option<f64> {
    let alpha = match sides {
        Sides::One => 2.0 * alpha_opt,
        Sides::Two => alpha_opt,
    };
    let l = -2.0 * ln(error_rate(alpha)?);
    positive(positive(v_opt)? / (l + ln_1p(l)))
}

impl Mixture {
    /// For sub-Gaussian sums, tuned to variance `v_opt` at error `alpha_opt`.
    pub fn normal(v_opt: f64, alpha_opt: f64, sides: Sides) -> Option<Mixture> {
        Some(Mixture(Kind::Normal {
            rho: best_rho(v_opt, alpha_opt, sides)?,
            sides,
        }))
    }

    /// For sub-exponential sums with scale `c`.
    pub fn gamma_exponential(v_opt: f64, alpha_opt: f64, c: f64) -> Option<Mixture> {
        let rho = best_rho(v_opt, alpha_opt, Sides::One)?;
        let k = rho / (positive(c)? * c);
        let constant = k * ln(k) - ln_gamma(k) - ln_gamma_lower(k, k);
        Some(Mixture(Kind::GammaExponential { rho, c, constant }))
    }

    /// For sub-Poisson sums with scale `c`.
    pub fn gamma_poisson(v_opt: f64, alpha_opt: f64, c: f64) -> Option<Mixture> {
        let rho = best_rho(v_opt, alpha_opt, Sides::One)?;
        let k = rho / (positive(c)? * c);
        let constant = k * ln(k) - ln_gamma(k) - ln_gamma_upper(k, k);
        Some(Mixture(Kind::GammaPoisson { rho, c, constant }))
    }

    /// For sub-Bernoulli sums with increments in [−g, h].
    pub fn beta_binomial(
        v_opt: f64,
        alpha_opt: f64,
        (g, h): (f64, f64),
        sides: Sides,
    ) -> Option<Mixture> {
        let gh = positive(g)? * positive(h)?;
        let r = (best_rho(v_opt, alpha_opt, sides)? - gh).max(1e-3 * gh);
        let limit = match sides {
            Sides::One => h / (g + h),
            Sides::Two => 1.0,
        };
        let (a, b) = (r / (g * (g + h)), r / (h * (g + h)));
        let constant = ln_beta(a, b) + ln_beta_share(a, b, limit);
        Some(Mixture(Kind::BetaBinomial {
            r,
            g,
            h,
            limit,
            constant,
        }))
    }

    /// Evidence against "S is a sum of the kind" at sum `s` and variance `v`.
    pub fn log_e(&self, s: f64, v: f64) -> LogE {
        if !(s.is_finite() && v.is_finite() && v >= 0.0) {
            return LogE::ZERO;
        }
        LogE::guarded(match self.0 {
            Kind::Normal { rho, sides } => {
                let exponent = 0.5 * ln(rho / (v + rho)) + s * s / (2.0 * (v + rho));
                match sides {
                    Sides::Two => exponent,
                    Sides::One => exponent + ln(2.0) + ln(normal_cdf(s / libm::sqrt(v + rho))),
                }
            }
            Kind::GammaExponential { rho, c, constant } => {
                let shape = (v + rho) / (c * c);
                let x = (c * s + v) / (c * c);
                let y = x + rho / (c * c);
                constant + ln_gamma(shape) + ln_gamma_lower(shape, y) - shape * ln(y) + x
            }
            Kind::GammaPoisson { rho, c, constant } => {
                let x = (v + rho) / (c * c);
                let shape = s / c + x;
                constant + ln_gamma(shape) + ln_gamma_upper(shape, x) - shape * ln(x) + v / (c * c)
            }
            Kind::BetaBinomial {
                r,
                g,
                h,
                limit,
                constant,
            } => {
                let (a, b) = (
                    (r + v - g * s) / (g * (g + h)),
                    (r + v + h * s) / (h * (g + h)),
                );
                v / (g * h) * ln(g + h)
                    - (v + h * s) / (h * (g + h)) * ln(g)
                    - (v - g * s) / (g * (g + h)) * ln(h)
                    + ln_beta(a, b)
                    + ln_beta_share(a, b, limit)
                    - constant
            }
        })
    }

    /// The boundary at variance `v`: the smallest sum that is evidence at error `alpha`
    /// (rounded outward), or the largest sum possible if none is.
    pub fn bound(&self, v: f64, alpha: f64) -> Option<f64> {
        let needed = log_threshold(alpha, 1)?;
        let beyond = |s: f64| self.log_e(s, v).ln() >= needed;
        let mut high = positive(v)?;
        if let Kind::BetaBinomial { g, .. } = self.0 {
            high = v / g;
            if !beyond(high) {
                return Some(high);
            }
        }
        let mut doublings = 0;
        while !beyond(high) {
            high *= 2.0;
            doublings += 1;
            if doublings > 60 {
                return None;
            }
        }
        let mut low = 0.0;
        for _ in 0..200 {
            let middle = f64::midpoint(low, high);
            if middle <= low || middle >= high {
                break;
            }
            if beyond(middle) {
                high = middle;
            } else {
                low = middle;
            }
        }
        Some(high)
    }
}

/// Confidence sequence for a rate, or for the mean of any variable in [0, 1], from its
/// sum, tuned to `t_opt` trials at error .05. For plain counts,
/// [`crate::bernoulli::interval`] needs no tuning.
pub fn rate_interval(sum: f64, trials: u32, alpha: f64, t_opt: f64) -> Option<(f64, f64)> {
    let needed = log_threshold(alpha, 1)?;
    let n = positive(f64::from(trials))?;
    positive(t_opt)?;
    let point = sum / n;
    if !(0.0..=1.0).contains(&point) {
        return None;
    }
    let kept = |p: f64| {
        let variance = p * (1.0 - p);
        Mixture::beta_binomial(variance * t_opt, 0.05, (p, 1.0 - p), Sides::Two)
            .is_some_and(|m| m.log_e((point - p) * n, variance * n).ln() < needed)
    };
    let search = |end: f64| {
        let (mut out, mut inside) = (end, point);
        for _ in 0..200 {
            let middle = f64::midpoint(out, inside);
            if kept(middle) {
                inside = middle;
            } else {
                out = middle;
            }
        }
        out
    };
    let low = if point > 0.0 { search(0.0) } else { 0.0 };
    let high = if point < 1.0 { search(1.0) } else { 1.0 };
    Some((low, high))
}

/// Polynomial stitching: valid from variance `v_min` on, scale `c`, with s = 1.4, η = 2.
pub fn poly_stitching(v: f64, alpha: f64, v_min: f64, c: f64) -> Option<f64> {
    let (s, eta) = (1.4, 2.0);
    let v = v.max(positive(v_min)?);
    let k1 = stitch_k1(eta);
    let k2 = f64::midpoint(libm::sqrt(eta), 1.0);
    let a = ln(zeta(s)) - s * ln(ln(eta));
    let l = s * ln(ln(eta * v / v_min)) + a - ln(error_rate(alpha)?);
    let linear = k2 * c * l;
    let bound = libm::sqrt(k1 * k1 * v * l + linear * linear) + linear;
    bound.is_finite().then_some(bound)
}

fn stitch_k1(eta: f64) -> f64 {
    (libm::pow(eta, 0.25) + libm::pow(eta, -0.25)) / SQRT_2
}

/// Bound on the sum of centred indicators of all quantiles at once, at quantile `p`
/// after `t` observations, tuned to `t_opt`, with δ = ½, s = 1.4, η = 2.
pub fn double_stitching(p: f64, t: f64, alpha: f64, t_opt: f64) -> Option<f64> {
    let (delta, s, eta) = (0.5, 1.4, 2.0);
    error_rate(p)?;
    error_rate(alpha)?;
    positive(t_opt).filter(|t| *t >= 1.0)?;
    let t = positive(t)?.max(t_opt);
    let logit = ln(p / (1.0 - p));
    let r = if p >= 0.5 {
        p
    } else {
        let shifted = logit + 2.0 * delta * libm::sqrt(t_opt * eta / t);
        (1.0 / (1.0 + libm::exp(-shifted))).min(0.5)
    };
    let variance = r * (1.0 - r);
    let epochs = libm::sqrt(t / t_opt) * logit.abs() / (2.0 * delta) + 1.0;
    let z = zeta(s);
    let l = s * ln(ln(eta * t / t_opt)) + s * ln(epochs) + ln(2.0 * z * (2.0 * z + 1.0) / alpha)
        - s * ln(ln(eta));
    let k1 = stitch_k1(eta);
    let linear = f64::midpoint(libm::sqrt(eta), 1.0) * (1.0 - 2.0 * p) / 3.0 * l;
    let deviation = libm::sqrt(k1 * k1 * variance * t * l + linear * linear) + linear;
    Some(delta * libm::sqrt(eta * t * variance / t_opt) + deviation)
}

/// How far the empirical distribution function may be from the true one, anywhere and
/// at any time t ≥ `t_min`: a √((1 + ln ln …)/t) bound with leading constant `a` > 1/√2.
/// Nothing before `t_min`.
pub fn empirical_process(t: f64, alpha: f64, t_min: f64, a: f64) -> Option<f64> {
    error_rate(alpha)?;
    if !(a > 1.0 / SQRT_2 && a.is_finite() && t_min >= 1.0 && t >= t_min && t.is_finite()) {
        return None;
    }
    let (mut low, mut high) = (1e-3, 1e-3);
    while smallest_error(high, a) > alpha {
        low = high;
        high *= 2.0;
        if high > 1e6 {
            return None;
        }
    }
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if smallest_error(middle, a) > alpha {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(a * libm::sqrt((ln_1p(ln(t / t_min)) + high) / t))
}

/// The error bound for constant `c`, at its best epoch length η.
fn smallest_error(c: f64, a: f64) -> f64 {
    let error = |eta: f64| {
        let root = a - libm::sqrt(2.0 * (eta - 1.0) / c);
        let gamma = 2.0 / eta * root * root;
        if root <= 0.0 || gamma <= 1.0 {
            return f64::INFINITY;
        }
        4.0 * libm::exp(-gamma * c) * (1.0 + 1.0 / ((gamma - 1.0) * ln(eta)))
    };
    let allowed = |eta: f64| libm::sqrt(eta / 2.0) + libm::sqrt(2.0 * (eta - 1.0) / c) < a;
    let (mut low, mut high) = (1.0, 2.0 * a * a);
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if allowed(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    error(minimiser(error, 1.0, low))
}

/// Where a function with one valley is smallest, by golden section.
fn minimiser(f: impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    let golden = 0.618_033_988_749_894_9;
    for _ in 0..120 {
        let (left, right) = (high - golden * (high - low), low + golden * (high - low));
        if f(left) <= f(right) {
            high = right;
        } else {
            low = left;
        }
    }
    f64::midpoint(low, high)
}

/// Anytime-valid p-value for "the two arms have the same `q`-quantile", two-sided,
/// tuned to `t_opt` observations at error .05. Nothing for empty arms, values that are
/// not finite, or `q` outside (0, 1).
pub fn quantile_ab_p(first: &[f64], second: &[f64], q: f64, t_opt: f64) -> Option<f64> {
    error_rate(q)?;
    let mixture = Mixture::beta_binomial(t_opt * q * (1.0 - q), 0.05, (q, 1.0 - q), Sides::Two)?;
    let (first, second) = (Arm::new(first, q, mixture)?, Arm::new(second, q, mixture)?);
    let together = |x: f64| first.log_e(x) + second.log_e(x);
    // The sum is a step function; between the arms' valleys it may be smallest at any
    // value of either arm or just beside it, so all of them are tried.
    let values = first.sorted.iter().chain(&second.sorted);
    let smallest = values
        .map(|x| together(*x))
        .chain(
            [
                first.valley.0,
                first.valley.1,
                second.valley.0,
                second.valley.1,
            ]
            .map(together),
        )
        .fold(f64::INFINITY, f64::min);
    Some(libm::exp(-smallest).min(1.0))
}

struct Arm {
    sorted: Vec<f64>,
    q: f64,
    mixture: Mixture,
    /// The share below at which the evidence is smallest.
    share: f64,
    /// The values between which that share lies.
    valley: (f64, f64),
}

impl Arm {
    fn new(sample: &[f64], q: f64, mixture: Mixture) -> Option<Arm> {
        if sample.is_empty() || sample.iter().any(|x| !x.is_finite()) {
            return None;
        }
        let mut sorted = sample.to_vec();
        sorted.sort_by(f64::total_cmp);
        let mut arm = Arm {
            sorted,
            q,
            mixture,
            share: q,
            valley: (0.0, 0.0),
        };
        arm.share = minimiser(|share| arm.log_e_at(share), 0.0, 1.0);
        let position = arm.share * arm.sorted.len() as f64;
        let at = |index: f64| {
            arm.sorted
                .get((index as usize).min(arm.sorted.len() - 1))
                .copied()
        };
        arm.valley = (at((position.ceil() - 1.0).max(0.0))?, at(position.floor())?);
        Some(arm)
    }

    fn log_e_at(&self, share: f64) -> f64 {
        let n = self.sorted.len() as f64;
        self.mixture
            .log_e((share - self.q) * n, self.q * (1.0 - self.q) * n)
            .ln()
    }

    fn log_e(&self, x: f64) -> f64 {
        let n = self.sorted.len() as f64;
        let share = if x < self.valley.0 {
            self.sorted.partition_point(|value| *value <= x) as f64 / n
        } else if x > self.valley.1 {
            self.sorted.partition_point(|value| *value < x) as f64 / n
        } else {
            self.share
        };
        self.log_e_at(share)
    }
}
