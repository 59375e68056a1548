//! Special functions in log space, on `libm` alone, so that they give the same bits on
//! every machine.
//!
//! Outside their range, and where a continued fraction does not settle, they give NaN;
//! whoever makes evidence of them guards against it ([`crate::LogE`] turns NaN into the
//! e-value 0).
//!
//! Sources: NIST Digital Library of Mathematical Functions, 8.17 (incomplete beta),
//! 8.7 and 8.9 (incomplete gamma), 25.2 (zeta); continued fractions after Lentz.

use crate::numbers::{ln, ln_1p};

const TINY: f64 = 1e-300;
const SETTLED: f64 = 1e-16;
const MAX_STEPS: u32 = 100_000;

/// ln Γ(x) for x > 0.
pub(crate) fn ln_gamma(x: f64) -> f64 {
    if x > 0.0 { libm::lgamma(x) } else { f64::NAN }
}

/// ln B(a, b).
pub(crate) fn ln_beta(a: f64, b: f64) -> f64 {
    ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b)
}

/// ln `I_x(a, b)`, the regularised incomplete beta function.
pub(crate) fn ln_beta_share(a: f64, b: f64, x: f64) -> f64 {
    if !(a > 0.0 && b > 0.0 && (0.0..=1.0).contains(&x)) {
        return f64::NAN;
    }
    if x <= 0.0 {
        return f64::NEG_INFINITY;
    }
    if x >= 1.0 {
        return 0.0;
    }
    // On its own side of the mean the fraction settles fast and the other side is the
    // small one, so that nothing cancels.
    if x <= (a + 1.0) / (a + b + 2.0) {
        ln_beta_tail(a, b, x)
    } else {
        ln_1p(-libm::exp(ln_beta_tail(b, a, 1.0 - x)))
    }
}

fn ln_beta_tail(a: f64, b: f64, x: f64) -> f64 {
    let front = a * ln(x) + b * ln_1p(-x) - ln_beta(a, b) - ln(a);
    let numerator = |step: u32| {
        let m = f64::from(step / 2);
        if step % 2 == 1 {
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0))
        } else {
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m))
        }
    };
    front - ln(continued_fraction(1.0, numerator, |_| 1.0))
}

/// b₀ + a₁/(b₁ + a₂/(b₂ + …)) after Lentz; NaN if it does not settle.
fn continued_fraction(
    first: f64,
    numerator: impl Fn(u32) -> f64,
    denominator: impl Fn(u32) -> f64,
) -> f64 {
    let away_from_zero = |x: f64| if x.abs() < TINY { TINY } else { x };
    let mut value = away_from_zero(first);
    let (mut c, mut d) = (value, 0.0);
    for step in 1..=MAX_STEPS {
        let (a, b) = (numerator(step), denominator(step));
        d = 1.0 / away_from_zero(b + a * d);
        c = away_from_zero(b + a / c);
        let change = c * d;
        value *= change;
        if (change - 1.0).abs() <= SETTLED {
            return value;
        }
    }
    f64::NAN
}

/// ln P(a, x), the regularised lower incomplete gamma function.
pub(crate) fn ln_gamma_lower(a: f64, x: f64) -> f64 {
    if !(a > 0.0 && x >= 0.0 && a.is_finite() && x.is_finite()) {
        return f64::NAN;
    }
    if x < a + 1.0 {
        ln_gamma_series(a, x)
    } else {
        ln_1p(-libm::exp(ln_gamma_fraction(a, x)))
    }
}

/// ln Q(a, x), the regularised upper incomplete gamma function.
pub(crate) fn ln_gamma_upper(a: f64, x: f64) -> f64 {
    if !(a > 0.0 && x >= 0.0 && a.is_finite() && x.is_finite()) {
        return f64::NAN;
    }
    if x < a + 1.0 {
        ln_1p(-libm::exp(ln_gamma_series(a, x)))
    } else {
        ln_gamma_fraction(a, x)
    }
}

fn ln_gamma_series(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return f64::NEG_INFINITY;
    }
    let (mut term, mut sum) = (1.0 / a, 1.0 / a);
    for step in 1..=MAX_STEPS {
        term *= x / (a + f64::from(step));
        sum += term;
        if term <= sum * SETTLED {
            return a * ln(x) - x - ln_gamma(a) + ln(sum);
        }
    }
    f64::NAN
}

fn ln_gamma_fraction(a: f64, x: f64) -> f64 {
    let fraction = continued_fraction(
        x + 1.0 - a,
        |step| f64::from(step) * (a - f64::from(step)),
        |step| x + 1.0 - a + 2.0 * f64::from(step),
    );
    a * ln(x) - x - ln_gamma(a) - ln(fraction)
}

/// Standard normal distribution function.
pub(crate) fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z / std::f64::consts::SQRT_2)
}

/// Riemann's zeta function for s > 1, by Euler and Maclaurin.
pub(crate) fn zeta(s: f64) -> f64 {
    if s.is_nan() || s <= 1.0 {
        return f64::NAN;
    }
    let n = 20.0;
    let head: f64 = (1..20).map(|k| libm::pow(f64::from(k), -s)).sum();
    let bernoulli = [1.0 / 12.0, -1.0 / 720.0, 1.0 / 30_240.0, -1.0 / 1_209_600.0];
    let mut rising = s;
    let mut power = libm::pow(n, -s - 1.0);
    let mut correction = 0.0;
    for (index, factor) in (0_u32..).zip(bernoulli) {
        correction += factor * rising * power;
        let k = f64::from(2 * index);
        rising *= (s + k + 1.0) * (s + k + 2.0);
        power /= n * n;
    }
    head + libm::pow(n, 1.0 - s) / (s - 1.0) + 0.5 * libm::pow(n, -s) + correction
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64, tolerance: f64) {
        assert!(
            (a - b).abs() <= tolerance * b.abs().max(1.0),
            "{a} against {b}"
        );
    }

    #[test]
    fn incomplete_beta_is_the_binomial_tail() {
        for n in 1_u32..=30 {
            for k in 1..=n {
                // I_x(k, n − k + 1) = P(Binomial(n, x) ≥ k)
                for x in [0.01_f64, 0.3, 0.5, 0.9] {
                    let tail: f64 = (k..=n)
                        .map(|j| {
                            let choose: f64 = (0..j)
                                .map(|i| f64::from(n - i) / f64::from(i + 1))
                                .product();
                            choose * x.powf(f64::from(j)) * (1.0 - x).powf(f64::from(n - j))
                        })
                        .sum();
                    let share = ln_beta_share(f64::from(k), f64::from(n - k + 1), x);
                    close(share.exp(), tail, 1e-12);
                }
            }
        }
    }

    #[test]
    fn incomplete_gamma_is_the_poisson_tail() {
        for k in 1_u32..40 {
            for x in [0.1, 1.0, 5.0, 20.0, 60.0] {
                let mut term = f64::exp(-x);
                let mut below = 0.0;
                for j in 0..k {
                    below += term;
                    term *= x / f64::from(j + 1);
                }
                close(ln_gamma_upper(f64::from(k), x).exp(), below, 1e-12);
                close(ln_gamma_lower(f64::from(k), x).exp(), 1.0 - below, 1e-12);
            }
        }
    }

    #[test]
    fn zeta_at_known_points() {
        close(zeta(2.0), std::f64::consts::PI.powi(2) / 6.0, 1e-14);
        close(zeta(4.0), std::f64::consts::PI.powi(4) / 90.0, 1e-14);
        close(zeta(1.5), 2.612_375_348_685_488, 1e-13);
        assert!(zeta(1.0).is_nan());
    }

    #[test]
    fn outside_the_range_nothing_is_claimed() {
        assert!(ln_beta_share(0.0, 1.0, 0.5).is_nan());
        assert!(ln_beta_share(f64::NAN, 1.0, 0.5).is_nan());
        assert!(ln_beta_share(1.0, 1.0, 1.5).is_nan());
        assert!(ln_gamma_lower(-1.0, 1.0).is_nan());
    }
}
