//! Numbers that evidence is made of: logarithms of e-values, sums in log space,
//! counts that stay exact.
//!
//! Every logarithm and exponential in this crate goes through `libm`, so that the
//! same counts give the same bits on every machine. Wherever arithmetic could leave
//! the numbers (NaN, +∞, a count too large to be exact) the outcome is the e-value 0:
//! it is a valid e-value for every null, and no decision is ever taken on it.
//!
//! Not for decisions; those are in [`crate::many`].

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Counts above this are no longer exact as `f64`; evidence from them is refused.
pub const LARGEST_EXACT_COUNT: u64 = 1 << 53;

/// The natural logarithm of an e-value (a non-negative number whose expectation is
/// at most 1 under the null).
///
/// Never NaN and never +∞; −∞ stands for the e-value 0. Serialised as a number, or
/// as null for the e-value 0.
///
/// ```
/// use moongate_stats::LogE;
/// assert!(LogE::new(f64::NAN).is_err());
/// assert!(LogE::new(f64::INFINITY).is_err());
/// assert_eq!(LogE::ONE.ln(), 0.0);
/// assert!(LogE::ZERO < LogE::ONE);
/// # Ok::<(), moongate_stats::numbers::NotEvidence>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(into = "Option<f64>", try_from = "Option<f64>")]
pub struct LogE(f64);

/// A number that cannot be the logarithm of an e-value.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
#[error("{0} is not the logarithm of an e-value; give a finite number, or −∞ for the e-value 0")]
pub struct NotEvidence(pub f64);

impl LogE {
    /// The e-value 1: no evidence either way.
    pub const ONE: LogE = LogE(0.0);
    /// The e-value 0: nothing can be decided on it.
    pub const ZERO: LogE = LogE(f64::NEG_INFINITY);

    /// Takes the natural logarithm of an e-value.
    ///
    /// # Errors
    /// [`NotEvidence`] for NaN and +∞.
    pub fn new(log_e: f64) -> Result<LogE, NotEvidence> {
        if log_e.is_nan() || log_e == f64::INFINITY {
            return Err(NotEvidence(log_e));
        }
        Ok(LogE(log_e))
    }

    /// Takes an e-value itself.
    ///
    /// # Errors
    /// [`NotEvidence`] for NaN, +∞ and negative numbers.
    pub fn from_e(e: f64) -> Result<LogE, NotEvidence> {
        if e.is_nan() || e < 0.0 || e == f64::INFINITY {
            return Err(NotEvidence(e));
        }
        Ok(LogE(ln(e)))
    }

    /// For numbers computed here: what is not evidence becomes the e-value 0.
    pub(crate) fn guarded(log_e: f64) -> LogE {
        LogE::new(log_e).unwrap_or(LogE::ZERO)
    }

    /// The natural logarithm; −∞ for the e-value 0.
    pub const fn ln(self) -> f64 {
        self.0
    }

    /// The e-value itself; +∞ where it exceeds `f64`.
    pub fn e(self) -> f64 {
        libm::exp(self.0)
    }

    /// The smaller of two: evidence against both nulls at once.
    #[must_use]
    pub fn min(self, other: LogE) -> LogE {
        if other.0 < self.0 { other } else { self }
    }

    /// The average of two: evidence against what both speak against, whatever their
    /// dependence.
    #[must_use]
    pub fn average(self, other: LogE) -> LogE {
        LogE::guarded(log_mean_exp(&[self.0, other.0]))
    }

    /// The larger of two. A maximum over time or over cells is not an e-value any
    /// more; see [`crate::many::PeakE`].
    #[must_use]
    pub(crate) fn max(self, other: LogE) -> LogE {
        if other.0 > self.0 { other } else { self }
    }
}

impl From<LogE> for Option<f64> {
    fn from(value: LogE) -> Self {
        value.0.is_finite().then_some(value.0)
    }
}

impl TryFrom<Option<f64>> for LogE {
    type Error = NotEvidence;
    fn try_from(value: Option<f64>) -> Result<Self, NotEvidence> {
        value.map_or(Ok(LogE::ZERO), LogE::new)
    }
}

/// An interval that holds an unknown quantity, with the estimate inside it.
///
/// Ends are rounded outward where they were found on a grid.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end, included.
    pub low: f64,
    /// Upper end, included.
    pub high: f64,
    /// The estimate.
    pub point: f64,
}

/// Natural logarithm, the same to the bit on every machine; −∞ at 0.
pub(crate) fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// ln(1 + x) without cancellation near 0.
pub(crate) fn ln_1p(x: f64) -> f64 {
    libm::log1p(x)
}

/// ln Σ exp(x), guarded: empty or all −∞ gives −∞, any NaN or +∞ gives −∞ as well,
/// since nothing may be decided on such a sum.
///
/// ```
/// use moongate_stats::numbers::log_sum_exp;
/// assert!((log_sum_exp(&[0.0, 0.0]) - std::f64::consts::LN_2).abs() < 1e-15);
/// assert_eq!(log_sum_exp(&[]), f64::NEG_INFINITY);
/// assert_eq!(log_sum_exp(&[1.0, f64::NAN]), f64::NEG_INFINITY);
/// ```
pub fn log_sum_exp(terms: &[f64]) -> f64 {
    if terms.iter().any(|t| t.is_nan() || *t == f64::INFINITY) {
        return f64::NEG_INFINITY;
    }
    let largest = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if largest == f64::NEG_INFINITY {
        return f64::NEG_INFINITY;
    }
    let sum: f64 = terms.iter().map(|t| libm::exp(t - largest)).sum();
    largest + ln(sum)
}

/// ln(exp(a) + exp(b)), guarded as [`log_sum_exp`].
pub(crate) fn log_add_exp(a: f64, b: f64) -> f64 {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    if low == f64::NEG_INFINITY && high < f64::INFINITY {
        return high;
    }
    let sum = high + ln_1p(libm::exp(low - high));
    if sum < f64::INFINITY {
        sum
    } else {
        f64::NEG_INFINITY
    }
}

/// ln of the plain average of exp(x): the mixture with equal weights.
pub(crate) fn log_mean_exp(terms: &[f64]) -> f64 {
    log_sum_exp(terms) - ln(terms.len() as f64)
}

/// A count as `f64`, or nothing if it would not be exact.
pub(crate) fn exact(count: u64) -> Option<f64> {
    (count <= LARGEST_EXACT_COUNT).then_some(count as f64)
}

/// An error rate strictly between 0 and 1, or nothing.
pub(crate) fn error_rate(alpha: f64) -> Option<f64> {
    (alpha > 0.0 && alpha < 1.0).then_some(alpha)
}

/// A number written as text, because not every reader of JSON numbers gives back the
/// same bits and state must come back to the bit.
pub(crate) mod as_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    pub(crate) fn serialize<S: Serializer>(x: &f64, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(x)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(D::Error::custom)
    }
}

/// The same for a list.
pub(crate) mod as_texts {
    use serde::{Deserialize, Deserializer, Serializer, de::Error, ser::SerializeSeq};

    pub(crate) fn serialize<S: Serializer>(xs: &[f64], out: S) -> Result<S::Ok, S::Error> {
        let mut texts = out.serialize_seq(Some(xs.len()))?;
        for x in xs {
            texts.serialize_element(&x.to_string())?;
        }
        texts.end()
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<f64>, D::Error> {
        let texts = Vec::<String>::deserialize(from)?;
        let parsed = texts
            .iter()
            .map(|text| text.parse().map_err(D::Error::custom));
        parsed.collect()
    }
}

/// What the method allows to be merged did not fit together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "the two states were set up differently ({what}); merge only states made with the same settings"
)]
pub struct Mismatch {
    /// Which setting differs.
    pub what: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_evidence_is_refused() {
        for x in [f64::NAN, f64::INFINITY] {
            assert!(LogE::new(x).is_err());
            assert!(LogE::from_e(x).is_err());
            assert_eq!(LogE::guarded(x), LogE::ZERO);
        }
        assert!(LogE::from_e(-1e-300).is_err());
        assert_eq!(LogE::from_e(0.0), Ok(LogE::ZERO));
    }

    #[test]
    fn serialised_zero_is_null_and_comes_back() {
        for log_e in [LogE::ZERO, LogE::ONE, LogE::guarded(17.25)] {
            let text = serde_json::to_string(&log_e).unwrap();
            assert_eq!(serde_json::from_str::<LogE>(&text).unwrap(), log_e);
        }
        assert_eq!(serde_json::to_string(&LogE::ZERO).unwrap(), "null");
    }

    #[test]
    fn sums_in_log_space_do_not_overflow() {
        assert!((log_sum_exp(&[1e6, 1e6]) - 1e6 - std::f64::consts::LN_2).abs() < 1e-9);
        assert!((log_sum_exp(&[f64::NEG_INFINITY, 3.0]) - 3.0).abs() < 1e-15);
        assert!(log_sum_exp(&[f64::INFINITY]) < f64::MIN);
    }

    #[test]
    fn counts_beyond_exactness_are_refused() {
        assert!(exact(1 << 53).is_some());
        assert!(exact((1 << 53) + 1).is_none());
        assert!(exact(u64::MAX).is_none());
    }
}
