//! Chance without a random source: every draw is a hash of who asks for what,
//! so that a run repeated in another order, or after a restart, sees the same.
//!
//! Not for secrets, and not for the assignment of links to slots: that is the
//! planner's seed.

use sha2::{Digest, Sha256};

/// A source of draws that belongs to one message in one cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dice([u8; 32]);

impl Dice {
    /// Dice that depend on each piece and on where it ends.
    ///
    /// ```
    /// use moongate_town::Dice;
    /// let dice = Dice::of(&["a town", "wechat", "one-to-one", "slot 3"]);
    /// assert_eq!(dice.share("flaky"), dice.share("flaky"));
    /// assert_ne!(Dice::of(&["ab", "c"]), Dice::of(&["a", "bc"]));
    /// ```
    pub fn of(pieces: &[&str]) -> Self {
        let mut hasher = Sha256::new();
        for piece in pieces {
            hasher.update((piece.len() as u64).to_be_bytes());
            hasher.update(piece.as_bytes());
        }
        Self(hasher.finalize().into())
    }

    /// A number in [0, 1), its own for every label.
    pub fn share(&self, label: &str) -> f64 {
        // 53 bits fill the mantissa of a double exactly.
        (self.number(label) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// 64 bits, their own for every label.
    pub fn number(&self, label: &str) -> u64 {
        let digest: [u8; 32] = Sha256::new()
            .chain_update(self.0)
            .chain_update(label.as_bytes())
            .finalize()
            .into();
        let first = digest.iter().take(8);
        first.fold(0, |number, byte| number << 8 | u64::from(*byte))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_thirty_per_cent_is_about_thirty_per_cent() {
        let hits = (0..10_000)
            .filter(|n| Dice::of(&["s", &n.to_string()]).share("x") < 0.3)
            .count();
        assert!((2_850..3_150).contains(&hits), "{hits}");
    }

    #[test]
    fn labels_are_independent_draws() {
        let dice = Dice::of(&["s"]);
        assert_ne!(dice.number("a"), dice.number("b"));
    }
}
