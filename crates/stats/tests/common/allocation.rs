//! Five hundred cells, of which 25 discriminate: how many blocks until they are found,
//! going round and by Thompson's rule, under the budgets of those who are asked.

use super::dice::Dice;
use moongate_stats::LogE;
use moongate_stats::allocate::{Candidate, choose};
use moongate_stats::block::{BlockCounts, BlockShape};
use moongate_stats::certificate::TwoByTwo;
use moongate_stats::many::{accuse, log_threshold};

/// How large a world is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) cells: usize,
    pub(crate) offenders: usize,
    /// How many of them must be found.
    pub(crate) to_find: usize,
    pub(crate) alpha: f64,
    /// What can be looked at between two choices.
    pub(crate) blocks_a_tick: usize,
}

/// The world that the published figure is about.
pub(crate) const WHOLE: Size = Size {
    cells: 500,
    offenders: 25,
    to_find: 23,
    alpha: 0.01,
    blocks_a_tick: 20,
};

const CONTROLS: u32 = 4;
const CONTROL_OPENS: f64 = 0.98;
/// What the rivals of offenders open at, in turn.
const SEVERITIES: [f64; 4] = [0.0, 0.5, 0.8, 0.9];
/// Cells are spread over so many hosts.
const HOSTS: usize = 10;
/// What a host may be asked between two choices.
const TOKENS_A_TICK: u32 = 20;
/// When a world is given up.
const MOST_TICKS: usize = 40_000;

/// What it came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Search {
    /// Blocks until enough offenders were found.
    pub(crate) blocks: u64,
    /// Offenders found by then.
    pub(crate) found: usize,
    /// Innocent cells accused by then.
    pub(crate) wrong: usize,
}

/// How the next cells are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    RoundRobin,
    Thompson,
}

struct Cells {
    rival_opens: Vec<f64>,
    counts: Vec<BlockCounts>,
    candidates: Vec<Candidate>,
    accused: usize,
    wrong: usize,
    blocks: u64,
}

impl Cells {
    fn new(size: Size) -> Cells {
        let opens = |cell: usize| {
            // Offenders are spread over the list.
            let spacing = size.cells / size.offenders;
            if cell.is_multiple_of(spacing) && cell / spacing < size.offenders {
                SEVERITIES[cell / spacing % SEVERITIES.len()]
            } else {
                CONTROL_OPENS
            }
        };
        let candidate = |cell: usize| Candidate {
            seen: TwoByTwo::default(),
            controls: CONTROLS,
            log_e: LogE::ONE,
            log_threshold: log_threshold(size.alpha, size.cells as u64).unwrap_or(f64::NAN),
            host: cell % HOSTS,
            tokens: CONTROLS + 1,
            decided: false,
        };
        Cells {
            rival_opens: (0..size.cells).map(opens).collect(),
            counts: vec![BlockCounts::default(); size.cells],
            candidates: (0..size.cells).map(candidate).collect(),
            accused: 0,
            wrong: 0,
            blocks: 0,
        }
    }

    fn measure(&mut self, cell: usize, size: Size, dice: &mut Dice) {
        let failures = (0..CONTROLS).filter(|_| !dice.yes(CONTROL_OPENS)).count() as u32;
        let rival_failed = !dice.yes(self.rival_opens[cell]);
        let all = failures + u32::from(rival_failed);
        let Ok(shape) = BlockShape::new(CONTROLS, all, rival_failed) else {
            return;
        };
        self.blocks += 1;
        self.counts[cell].add(shape);
        let candidate = &mut self.candidates[cell];
        candidate.seen.merge(&TwoByTwo {
            controls_opened: u64::from(CONTROLS - failures),
            controls_failed: u64::from(failures),
            rivals_opened: u64::from(!rival_failed),
            rivals_failed: u64::from(rival_failed),
        });
        if all == 0 {
            return; // the factor is 1
        }
        candidate.log_e = self.counts[cell].log_e();
        if accuse(candidate.log_e, size.alpha, size.cells as u64) {
            candidate.decided = true;
            if self.rival_opens[cell] < CONTROL_OPENS {
                self.accused += 1;
            } else {
                self.wrong += 1;
            }
        }
    }
}

/// Looks for offenders in one world.
pub(crate) fn search(size: Size, rule: Rule, dice: &mut Dice) -> Search {
    let mut cells = Cells::new(size);
    let mut next = 0;
    for _ in 0..MOST_TICKS {
        let chosen = match rule {
            Rule::RoundRobin => in_turn(&cells.candidates, size.blocks_a_tick, &mut next),
            Rule::Thompson => choose(
                &cells.candidates,
                &[TOKENS_A_TICK; HOSTS],
                size.blocks_a_tick,
                &mut || dice.word(),
            ),
        };
        for cell in chosen {
            cells.measure(cell, size, dice);
            if cells.accused >= size.to_find {
                return cells.search();
            }
        }
    }
    cells.search()
}

impl Cells {
    fn search(&self) -> Search {
        Search {
            blocks: self.blocks,
            found: self.accused,
            wrong: self.wrong,
        }
    }
}

/// The next undecided cells in turn; the hosts take turns as well, so no budget binds.
fn in_turn(candidates: &[Candidate], blocks: usize, next: &mut usize) -> Vec<usize> {
    let mut chosen = Vec::new();
    for _ in 0..candidates.len() {
        if chosen.len() == blocks {
            break;
        }
        if !candidates[*next].decided {
            chosen.push(*next);
        }
        *next = (*next + 1) % candidates.len();
    }
    chosen
}
