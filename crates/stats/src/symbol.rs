//! Any outcome at once: what happened in a slot is one of at most 12 kinds, and the
//! bets learn what kinds each arm gets.
//!
//! A kind is whatever the caller folds into one symbol: a step of a scale together with
//! a bin of a duration and a form of display. Under the null "what happens in a slot
//! does not depend on who stands in it", who stands where is independent of the kinds,
//! for it was drawn at random. For any pair of predictions p̂ made *before* the slot is
//! seen, one for the rival and one for controls,
//!
//! ```text
//! coin flip       E = p̂_z(y) / (½ p̂_rival(y) + ½ p̂_control(y)),  z the arm that was drawn
//! permuted block  E = r(y_z) / mean_i r(y_i),  r = p̂_rival / p̂_control,  z the rival's slot
//! ```
//!
//! averages to exactly 1 over the random assignment, whatever the kinds were. The
//! second is the first for a whole block: the chance of all its kinds with the rival in
//! slot z, over its average over the slots.
//!
//! The evidence is the weighted average over *experts*, each with its own predictions:
//!
//! * one that learns a histogram for each arm (weight .4);
//! * for each number of steps s, one that expects the rival to get what controls get,
//!   moved s steps along the caller's order of kinds (together .3);
//! * for each kind declared bad, ones that expect a tenth, half or all of what controls
//!   get to turn into it (together .3).
//!
//! Where the caller declares only steps or only bad kinds, those have .6; where none,
//! the first expert has everything. What scenarios expect is smoothed by 2 %.
//!
//! The first expert finds *any* difference, a better treatment of the rival included:
//! this evidence says "treated differently". Which way is said by [`crate::ordinal`].
//!
//! Predictions follow the data, so blocks must be added in the order in which they
//! happened, and two states **cannot be merged**: there is no such method.
//!
//! ```compile_fail,E0599
//! use moongate_stats::symbol::{Alphabet, SymbolEvidence};
//! let alphabet = Alphabet::plain(3).unwrap();
//! let mut one = SymbolEvidence::new(alphabet.clone());
//! one.merge(&SymbolEvidence::new(alphabet)); // bets that learn cannot be merged
//! ```
//!
//! The state has one size whatever was seen: two histograms and one number an expert.
//!
//! Sources: Grünwald, Henzi and Lardy 2022 (arXiv:2209.12637) for model-X e-processes;
//! Duan, Ramdas and Wasserman 2020 (arXiv:2009.05892) for bets on the assignment.

use crate::numbers::{LogE, Mismatch, as_texts, exact, ln, log_sum_exp};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The largest number of kinds.
pub const MAX_KINDS: usize = 12;
/// Weight of the expert that learns both arms, where there are scenarios.
const LEARNED_WEIGHT: f64 = 0.4;
/// What part of the controls' kinds a scenario turns into a bad kind.
const MOVED: [f64; 3] = [0.1, 0.5, 1.0];
/// What part of a scenario is spread over all kinds.
const SMOOTHING: f64 = 0.02;

type Histogram = [f64; MAX_KINDS];

/// The kinds, the order in which some of them follow each other, and which are bad.
///
/// All of it must be fixed before the first block.
///
/// ```
/// use moongate_stats::symbol::Alphabet;
/// // Three bins of a duration, one after the other, and a refusal.
/// let alphabet = Alphabet::new(vec![1, 2, 2, 3], vec![3])?;
/// assert_eq!(alphabet.kinds(), 4);
/// assert!(Alphabet::new(vec![1, 0], vec![]).is_err()); // runs in a circle
/// # Ok::<(), moongate_stats::symbol::BadAlphabet>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawAlphabet")]
pub struct Alphabet {
    next: Vec<u8>,
    bad: Vec<u8>,
}

#[derive(Deserialize)]
struct RawAlphabet {
    next: Vec<u8>,
    bad: Vec<u8>,
}

impl TryFrom<RawAlphabet> for Alphabet {
    type Error = BadAlphabet;
    fn try_from(raw: RawAlphabet) -> Result<Self, BadAlphabet> {
        Alphabet::new(raw.next, raw.bad)
    }
}

/// Kinds that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadAlphabet {
    /// Fewer than two kinds, or more than [`MAX_KINDS`].
    #[error("{0} kinds; give 2 to 12, merging those that mean the same")]
    Count(usize),
    /// A kind that is named but not there.
    #[error("kind {0} is named, but kinds are numbered from 0 to one less than their number")]
    Unknown(u8),
    /// Steps that come back to where they began.
    #[error("the steps from kind {0} run in a circle; the last kind of a row leads to itself")]
    Circle(u8),
}

impl Alphabet {
    /// `next` gives for each kind the one that is one step further, such as the next
    /// bin of a duration; itself where there is none. `bad` names the kinds that a
    /// rival might be given instead of what controls get.
    ///
    /// # Errors
    /// [`BadAlphabet`].
    pub fn new(next: Vec<u8>, mut bad: Vec<u8>) -> Result<Alphabet, BadAlphabet> {
        let kinds = next.len();
        if !(2..=MAX_KINDS).contains(&kinds) {
            return Err(BadAlphabet::Count(kinds));
        }
        let named = next.iter().chain(&bad);
        if let Some(unknown) = named.copied().find(|kind| usize::from(*kind) >= kinds) {
            return Err(BadAlphabet::Unknown(unknown));
        }
        bad.sort_unstable();
        bad.dedup();
        let alphabet = Alphabet { next, bad };
        let circle = (0..kinds as u8).find(|kind| {
            let end = alphabet.moved(*kind, kinds);
            alphabet.moved(end, 1) != end
        });
        circle.map_or(Ok(alphabet), |kind| Err(BadAlphabet::Circle(kind)))
    }

    /// Kinds without order, none of them bad.
    ///
    /// # Errors
    /// [`BadAlphabet::Count`].
    pub fn plain(kinds: usize) -> Result<Alphabet, BadAlphabet> {
        let next = (0..kinds.min(MAX_KINDS + 1)).map(|kind| kind as u8);
        Alphabet::new(next.collect(), Vec::new())
    }

    /// How many kinds there are.
    pub fn kinds(&self) -> usize {
        self.next.len()
    }

    /// The kind `steps` steps after `kind`.
    fn moved(&self, kind: u8, steps: usize) -> u8 {
        (0..steps).fold(kind, |at, _| {
            self.next.get(usize::from(at)).copied().unwrap_or(at)
        })
    }

    /// The largest number of steps that still moves something further.
    fn longest(&self) -> usize {
        let kinds = self.kinds();
        (1..kinds)
            .rev()
            .find(|steps| {
                (0..kinds as u8).any(|k| self.moved(k, *steps) != self.moved(k, steps - 1))
            })
            .unwrap_or(0)
    }

    fn experts(&self) -> Vec<(f64, Expert)> {
        let steps = self.longest();
        let turns = self.bad.len() * MOVED.len();
        let (for_steps, for_turns) = match (steps, turns) {
            (0, 0) => (0.0, 0.0),
            (_, 0) => (1.0 - LEARNED_WEIGHT, 0.0),
            (0, _) => (0.0, 1.0 - LEARNED_WEIGHT),
            _ => ((1.0 - LEARNED_WEIGHT) / 2.0, (1.0 - LEARNED_WEIGHT) / 2.0),
        };
        let mut experts = vec![(1.0 - for_steps - for_turns, Expert::Learned)];
        experts.extend((1..=steps).map(|by| (for_steps / steps as f64, self.step_expert(by))));
        for into in &self.bad {
            let turn = |part| Expert::Turned { into: *into, part };
            experts.extend(MOVED.map(|part| (for_turns / turns as f64, turn(part))));
        }
        experts
    }

    fn step_expert(&self, by: usize) -> Expert {
        let mut to = [0; MAX_KINDS];
        for (kind, to) in (0..self.kinds() as u8).zip(&mut to) {
            *to = self.moved(kind, by);
        }
        Expert::Stepped { to }
    }
}

/// What an expert expects of the rival.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Expert {
    /// What the rival got so far.
    Learned,
    /// What controls got so far, each kind moved to another.
    Stepped { to: [u8; MAX_KINDS] },
    /// What controls got so far, a part of it turned into one kind.
    Turned { into: u8, part: f64 },
}

impl Expert {
    /// p̂ of the rival, from what both arms got before.
    fn rival(self, kinds: usize, control: &Histogram, rival: &Histogram) -> Histogram {
        let mut expected = [0.0; MAX_KINDS];
        match self {
            Expert::Learned => return *rival,
            Expert::Stepped { to } => {
                for (share, to) in control.iter().zip(to).take(kinds) {
                    if let Some(slot) = expected.get_mut(usize::from(to)) {
                        *slot += share;
                    }
                }
            }
            Expert::Turned { into, part } => {
                for (slot, share) in expected.iter_mut().zip(control) {
                    *slot = (1.0 - part) * share;
                }
                if let Some(slot) = expected.get_mut(usize::from(into)) {
                    *slot += part;
                }
            }
        }
        for slot in expected.iter_mut().take(kinds) {
            *slot = (1.0 - SMOOTHING) * *slot + SMOOTHING / kinds as f64;
        }
        expected
    }
}

/// The state of the process: what each arm got, and each expert's evidence.
///
/// ```
/// use moongate_stats::{many::accuse, symbol::{Alphabet, SymbolEvidence}};
/// let bins = Alphabet::new(vec![1, 2, 3, 4, 4], vec![])?;
/// let mut evidence = SymbolEvidence::new(bins);
/// let mut blocks = 0;
/// while !accuse(evidence.log_e(), 0.01, 1) {
///     evidence.add_block(Some(3), &[Some(0), Some(0), None, Some(0)]);
///     blocks += 1;
/// }
/// assert_eq!(blocks, 4);
/// # Ok::<(), moongate_stats::symbol::BadAlphabet>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "RawEvidence", try_from = "RawEvidence")]
pub struct SymbolEvidence {
    alphabet: Alphabet,
    control: [u64; MAX_KINDS],
    rival: [u64; MAX_KINDS],
    /// With the logarithm of each expert's weight and its log e.
    experts: Vec<(f64, Expert)>,
    log_e: Vec<f64>,
}

#[derive(Clone, Serialize, Deserialize)]
struct RawEvidence {
    alphabet: Alphabet,
    control: Vec<u64>,
    rival: Vec<u64>,
    #[serde(with = "as_texts")]
    log_e: Vec<f64>,
}

impl From<SymbolEvidence> for RawEvidence {
    fn from(state: SymbolEvidence) -> Self {
        let kinds = state.alphabet.kinds();
        RawEvidence {
            alphabet: state.alphabet,
            control: state.control.iter().take(kinds).copied().collect(),
            rival: state.rival.iter().take(kinds).copied().collect(),
            log_e: state.log_e,
        }
    }
}

impl TryFrom<RawEvidence> for SymbolEvidence {
    type Error = Mismatch;
    fn try_from(raw: RawEvidence) -> Result<Self, Mismatch> {
        let mut state = SymbolEvidence::new(raw.alphabet);
        let kinds = state.alphabet.kinds();
        if raw.control.len() != kinds || raw.rival.len() != kinds {
            return Err(Mismatch {
                what: "number of kinds",
            });
        }
        let usable = raw.log_e.iter().all(|log_e| LogE::new(*log_e).is_ok());
        if raw.log_e.len() != state.log_e.len() || !usable {
            return Err(Mismatch {
                what: "evidence of the experts",
            });
        }
        for (slot, count) in state.control.iter_mut().zip(raw.control) {
            *slot = count;
        }
        for (slot, count) in state.rival.iter_mut().zip(raw.rival) {
            *slot = count;
        }
        state.log_e = raw.log_e;
        Ok(state)
    }
}

impl SymbolEvidence {
    /// Begins, with nothing known of either arm.
    pub fn new(alphabet: Alphabet) -> SymbolEvidence {
        let experts = alphabet.experts();
        SymbolEvidence {
            control: [0; MAX_KINDS],
            rival: [0; MAX_KINDS],
            log_e: vec![0.0; experts.len()],
            experts: experts.into_iter().map(|(w, e)| (ln(w), e)).collect(),
            alphabet,
        }
    }

    /// Takes the trial of a coin flip: whether the rival was drawn, and what kind came
    /// out. An inconclusive one (`None`, or a kind that is not in the alphabet) says
    /// nothing, provided that the rule for it does not look at who was drawn.
    pub fn add_flip(&mut self, rival_drawn: bool, kind: Option<u8>) {
        let Some(kind) = kind.filter(|kind| self.knows(*kind)) else {
            return;
        };
        let at = usize::from(kind);
        self.bet(|control, rival| {
            let (control, rival) = (value(control, at), value(rival, at));
            let drawn = if rival_drawn { rival } else { control };
            ln(drawn / f64::midpoint(control, rival))
        });
        let arm = if rival_drawn {
            &mut self.rival
        } else {
            &mut self.control
        };
        count(arm, at);
    }

    /// Takes one block: the kind that the rival got, and those of the controls, all in
    /// random order. Inconclusive slots are left out as in [`crate::ordinal`]: without
    /// the rival's the block is not counted, without a control's it is smaller.
    pub fn add_block(&mut self, rival: Option<u8>, controls: &[Option<u8>]) {
        let Some(rival) = rival.filter(|kind| self.knows(*kind)) else {
            return;
        };
        let mut slots = [0_u32; MAX_KINDS];
        for kind in controls.iter().flatten().filter(|kind| self.knows(**kind)) {
            if let Some(slot) = slots.get_mut(usize::from(*kind)) {
                *slot += 1;
            }
        }
        let rival = usize::from(rival);
        if slots.iter().any(|n| *n > 0) {
            self.bet(|control_expected, rival_expected| {
                block_factor(rival, &slots, control_expected, rival_expected)
            });
        }
        count(&mut self.rival, rival);
        for (mine, n) in self.control.iter_mut().zip(slots) {
            *mine = mine.saturating_add(u64::from(n));
        }
    }

    /// Evidence that the rival is treated differently.
    pub fn log_e(&self) -> LogE {
        if exact(total(&self.control).saturating_add(total(&self.rival))).is_none() {
            return LogE::ZERO;
        }
        let experts = self.experts.iter().zip(&self.log_e);
        let terms: Vec<f64> = experts
            .map(|((ln_weight, _), log_e)| ln_weight + log_e)
            .collect();
        LogE::guarded(log_sum_exp(&terms))
    }

    /// How often controls and the rival got each kind.
    pub fn histograms(&self) -> (&[u64], &[u64]) {
        let kinds = self.alphabet.kinds();
        (
            self.control.get(..kinds).unwrap_or_default(),
            self.rival.get(..kinds).unwrap_or_default(),
        )
    }

    fn knows(&self, kind: u8) -> bool {
        usize::from(kind) < self.alphabet.kinds()
    }

    /// Every expert stakes on its predictions (controls, rival); `ln_factor` says what
    /// that brings.
    fn bet(&mut self, ln_factor: impl Fn(&Histogram, &Histogram) -> f64) {
        let kinds = self.alphabet.kinds();
        let control = learned(&self.control, kinds);
        let rival = learned(&self.rival, kinds);
        for ((_, expert), log_e) in self.experts.iter().zip(&mut self.log_e) {
            let expected = expert.rival(kinds, &control, &rival);
            *log_e = LogE::guarded(*log_e + ln_factor(&control, &expected)).ln();
        }
    }
}

/// ln of r(rival's kind) over the mean of r over all slots.
fn block_factor(
    rival: usize,
    controls: &[u32; MAX_KINDS],
    expected_control: &Histogram,
    expected_rival: &Histogram,
) -> f64 {
    let ratio = |at: usize| value(expected_rival, at) / value(expected_control, at);
    let own = ratio(rival);
    let (mut sum, mut slots) = (own, 1.0);
    for (at, n) in controls.iter().enumerate().filter(|(_, n)| **n > 0) {
        sum += f64::from(*n) * ratio(at);
        slots += f64::from(*n);
    }
    ln(own * slots / sum)
}

/// A histogram drawn towards all kinds alike by one imagined observation.
fn learned(counts: &[u64; MAX_KINDS], kinds: usize) -> Histogram {
    let seen = total(counts) as f64 + 1.0;
    let imagined = 1.0 / kinds as f64;
    let mut shares = [0.0; MAX_KINDS];
    for (share, n) in shares.iter_mut().zip(counts).take(kinds) {
        *share = (*n as f64 + imagined) / seen;
    }
    shares
}

fn value(histogram: &Histogram, at: usize) -> f64 {
    histogram.get(at).copied().unwrap_or(f64::NAN)
}

fn count(arm: &mut [u64; MAX_KINDS], at: usize) {
    if let Some(slot) = arm.get_mut(at) {
        *slot = slot.saturating_add(1);
    }
}

fn total(arm: &[u64; MAX_KINDS]) -> u64 {
    arm.iter().fold(0, |sum, n| sum.saturating_add(*n))
}
