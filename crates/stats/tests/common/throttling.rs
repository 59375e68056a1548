//! Delays that The Markup measured in 2023: how long a link shortener took to hand over to
//! 63 domains, hour by hour. Four of them were slowed.

use super::dice::Dice;
use moongate_stats::many::accuse;
use moongate_stats::symbol::{Alphabet, SymbolEvidence};
use std::path::Path;

/// Where the table is, from the root of the repository.
pub(crate) const TABLE: &str = "../shared/data/x-tco-2023.csv";
/// The domains that were slowed.
pub(crate) const SLOWED: [&str; 4] = ["bsky.app", "facebook.com", "instagram.com", "substack.com"];
/// Material thresholds, milliseconds.
const THRESHOLDS_MS: [f64; 4] = [250.0, 1000.0, 2000.0, 4000.0];

/// The measured delays, by domain.
pub(crate) struct Delays {
    domains: Vec<(String, Vec<f64>)>,
}

impl Delays {
    /// Reads the table; nothing if it is absent or holds something else.
    pub(crate) fn read(root: &Path) -> Option<Delays> {
        let text = std::fs::read_to_string(root.join(TABLE)).ok()?;
        let mut lines = text.lines();
        let mut domains: Vec<(String, Vec<f64>)> = lines
            .next()?
            .split(',')
            .skip(1)
            .map(|domain| (domain.to_owned(), Vec::new()))
            .collect();
        for line in lines {
            for ((_, delays), cell) in domains.iter_mut().zip(line.split(',').skip(1)) {
                delays.extend(cell.parse::<f64>());
            }
        }
        domains
            .iter()
            .all(|(_, d)| !d.is_empty())
            .then_some(Delays { domains })
    }

    /// Domains that were not slowed.
    pub(crate) fn innocent(&self) -> impl Iterator<Item = &str> {
        let names = self.domains.iter().map(|(domain, _)| domain.as_str());
        names.filter(|domain| !SLOWED.contains(domain))
    }

    fn draw(&self, wanted: impl Fn(&str) -> bool, dice: &mut Dice) -> f64 {
        loop {
            let (domain, delays) = &self.domains[dice.below(self.domains.len())];
            if wanted(domain) {
                return delays[dice.below(delays.len())];
            }
        }
    }

    /// Single requests, each to `rival` or to a domain that was not slowed by the fall of
    /// a coin, until the rival is accused; nothing if it is not within `most`.
    pub(crate) fn requests(
        &self,
        rival: &str,
        alpha: f64,
        most: u32,
        dice: &mut Dice,
    ) -> Option<u32> {
        let bins = Alphabet::new(vec![1, 2, 3, 4, 4], Vec::new()).ok()?;
        let mut evidence = SymbolEvidence::new(bins);
        (1..=most).find(|_| {
            let rival_drawn = dice.yes(0.5);
            let control = |domain: &str| domain != rival && !SLOWED.contains(&domain);
            let delay_ms = if rival_drawn {
                self.draw(|domain| domain == rival, dice)
            } else {
                self.draw(control, dice)
            };
            let bin = THRESHOLDS_MS.iter().filter(|t| delay_ms >= **t).count() as u8;
            evidence.add_flip(rival_drawn, Some(bin));
            accuse(evidence.log_e(), alpha, 1)
        })
    }
}
