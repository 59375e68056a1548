//! How the evidence of one cell grew, trial by trial.
//!
//! A trial is evaluated whole or not at all, never inside.

use std::collections::BTreeMap;

use moongate_glossary::Effect;
use moongate_stats::LogE;
use moongate_stats::absolute::Share;
use moongate_stats::certificate::Parity;

/// The judge's version: changes whenever the same readings could give another
/// finding.
pub const VERSION: &str = "1";

/// The evidence after each trial that counted, and what it was counted from.
#[derive(Debug, Default)]
pub(crate) struct Path {
    /// Against the clause being kept.
    pub(crate) broken: Vec<LogE>,
    /// For its being kept.
    pub(crate) kept: Vec<LogE>,
    /// Trials that could not count, by reason.
    pub(crate) void: BTreeMap<String, u64>,
    /// What the certificate rests on.
    pub(crate) certificate: Certificate,
    /// The effect, once all trials are in.
    pub(crate) effect: EffectSource,
}

/// What a certificate is computed from.
#[derive(Debug, Default)]
pub(crate) enum Certificate {
    /// No trial yet.
    #[default]
    None,
    /// A comparison.
    Parity(Parity),
    /// A share.
    Share(Share),
}

/// What the effect is computed from.
#[derive(Debug, Default)]
pub(crate) enum EffectSource {
    /// Nothing was seen.
    #[default]
    None,
    /// Conclusive comparisons.
    Parity(Parity),
    /// Conclusive shares.
    Share(Share),
    /// Differences in milliseconds.
    Milliseconds(Vec<f64>),
}

impl Path {
    /// A trial that does not count, and why.
    pub(crate) fn void(&mut self, reason: &str) {
        *self.void.entry(reason.to_owned()).or_default() += 1;
    }

    /// A trial that counted.
    pub(crate) fn step(&mut self, broken: LogE, kept: LogE) {
        self.broken.push(broken);
        self.kept.push(kept);
    }

    pub(crate) fn broken_now(&self) -> LogE {
        self.broken.last().copied().unwrap_or(LogE::ONE)
    }

    pub(crate) fn kept_now(&self) -> LogE {
        self.kept.last().copied().unwrap_or(LogE::ONE)
    }

    pub(crate) fn certified_margin(&self, log_threshold: f64) -> Option<f64> {
        match &self.certificate {
            Certificate::None => None,
            Certificate::Parity(parity) => parity.smallest_margin(log_threshold),
            Certificate::Share(share) => smallest_share(share, log_threshold),
        }
    }

    pub(crate) fn effect(&self, alpha: f64) -> Option<Effect> {
        use moongate_glossary::EffectUnit;
        match &self.effect {
            EffectSource::None => None,
            EffectSource::Parity(parity) => {
                crate::effect(Some(parity.interval(alpha)), EffectUnit::ShareDifference)
            }
            EffectSource::Share(share) => crate::effect(share.interval(alpha), EffectUnit::Share),
            EffectSource::Milliseconds(differences) => {
                let interval = moongate_stats::interval::median(differences, alpha);
                crate::effect(interval, EffectUnit::Milliseconds).or_else(|| {
                    // Too few for an interval: what was seen is said without one.
                    Some(Effect {
                        point: crate::delay::median(differences.clone())?,
                        interval: None,
                        unit: EffectUnit::Milliseconds,
                    })
                })
            }
        }
    }
}

/// The smallest share, in hundredths, that is certified not to be reached.
/// The evidence rises with the share, so the first one found is the smallest.
fn smallest_share(share: &Share, log_threshold: f64) -> Option<f64> {
    (1..100)
        .map(|percent| f64::from(percent) / 100.0)
        .find(|margin| share.log_e_below(*margin).ln() >= log_threshold)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_without_trials_says_nothing() {
        let path = Path::default();
        assert_eq!(path.broken_now(), LogE::ONE);
        assert!(path.effect(0.01).is_none());
        assert!(path.certified_margin(4.6).is_none());
    }
}
