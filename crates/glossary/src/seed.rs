//! The private seed that decides which link goes into which slot.
//!
//! Before the first trial SHA-256(seed ‖ plan) is committed; afterwards the
//! seed is revealed, and anyone can recompute every assignment. The judge's
//! error bound rests on this alone (Duan, Ramdas & Wasserman,
//! arXiv:2009.05892; Grünwald, Henzi & Lardy, arXiv:2209.12637): if a platform
//! does not care which link it is handed, the order of the slots is
//! independent of everything it does.

use serde::{Deserialize, Serialize};

use crate::Digest;

/// 32 secret bytes, drawn at the rim.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seed(Digest);

/// What is published before the first trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commitment(pub Digest);

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seed(kept secret)")
    }
}

impl Seed {
    /// A seed from 32 bytes that the caller drew from a secure source.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Digest::from(bytes))
    }

    /// A seed from a sentence, for demonstrations that anyone can repeat.
    /// Such a seed is no secret: a finding must not rest on it.
    pub fn from_sentence(sentence: &str) -> Self {
        Self(Digest::of(sentence.as_bytes()))
    }

    /// The seed as hex digits, to be revealed once the last trial is done.
    pub fn reveal(&self) -> String {
        self.0.to_string()
    }

    /// SHA-256(seed ‖ plan): binds the seed to the plan's bytes.
    pub fn commit(&self, plan: &[u8]) -> Commitment {
        Commitment(Digest::of_pieces([&self.0.as_bytes()[..], plan]))
    }

    /// The order in which `items` stand in the slots of the trial named
    /// `trial`: sorted by SHA-256(seed ‖ trial ‖ 0x00 ‖ item). Every order is
    /// equally likely over the seeds, and a stranger recomputes it with any
    /// SHA-256 program.
    ///
    /// ```
    /// use moongate_glossary::Seed;
    /// let seed = Seed::from_sentence("an example");
    /// let mut items = vec!["a", "b", "c"];
    /// seed.shuffle("trial-1", &mut items, |item| item);
    /// let again = { let mut v = vec!["c", "a", "b"]; seed.shuffle("trial-1", &mut v, |i| i); v };
    /// assert_eq!(items, again);
    /// ```
    pub fn shuffle<T>(&self, trial: &str, items: &mut [T], name: impl Fn(&T) -> &str) {
        items.sort_by_cached_key(|item| self.rank(trial, name(item)));
    }

    /// The sort key of one item in one trial.
    pub fn rank(&self, trial: &str, item: &str) -> Digest {
        let seed = &self.0.as_bytes()[..];
        Digest::of_pieces([seed, trial.as_bytes(), &[0], item.as_bytes()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_is_about_equally_likely() {
        let mut seen = std::collections::BTreeMap::<Vec<&str>, u32>::new();
        let rounds = 6_000;
        for n in 0..rounds {
            let mut items = vec!["x", "y", "z"];
            Seed::from_sentence(&n.to_string()).shuffle("t", &mut items, |item| item);
            *seen.entry(items).or_default() += 1;
        }
        assert_eq!(seen.len(), 6);
        // Each count has mean 1000 and standard deviation 29.
        assert!(seen.values().all(|&n| (850..1150).contains(&n)), "{seen:?}");
    }

    #[test]
    fn another_plan_is_another_commitment() {
        let seed = Seed::from_sentence("s");
        assert_ne!(seed.commit(b"plan"), seed.commit(b"Plan"));
    }

    #[test]
    fn a_seed_is_not_printed_by_accident() {
        let seed = Seed::from_sentence("s");
        assert!(!format!("{seed:?}").contains(&seed.reveal()));
    }
}
