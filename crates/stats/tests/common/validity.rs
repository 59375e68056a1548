//! How often an innocent cell, or family of cells, is accused by somebody who looks after
//! every block and stops when it suits him.

use super::dice::Dice;
use super::worlds::{Block, CONTROLS, LEVELS, Past, SLOTS, World};
use moongate_stats::LogE;
use moongate_stats::block::{BlockCounts, BlockShape};
use moongate_stats::hierarchy::Family;
use moongate_stats::many::{CurrentE, accuse};
use moongate_stats::ordinal::Ordinal;
use moongate_stats::symbol::{Alphabet, SymbolEvidence};
use moongate_stats::watch::Watch;

/// Blocks of one run of one cell.
pub(crate) const BLOCKS: usize = 40;
/// Blocks of a day, for the watch.
const BLOCKS_A_DAY: usize = 2;
/// Leaves of a family, of which so many are attended to at a time.
const LEAVES: usize = 8;
const AT_A_TIME: usize = 4;
/// Rounds of one run of a family.
const ROUNDS: usize = 15;

/// What accuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Block,
    Ordinal,
    Watch,
    Kinds,
    Hierarchy,
}

pub(crate) const METHODS: [Method; 5] = [
    Method::Block,
    Method::Ordinal,
    Method::Watch,
    Method::Kinds,
    Method::Hierarchy,
];

impl Method {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Method::Block => "block",
            Method::Ordinal => "ordinal",
            Method::Watch => "watch",
            Method::Kinds => "kinds",
            Method::Hierarchy => "hierarchy",
        }
    }
}

/// How many of `runs` runs in a world end with an accusation.
pub(crate) fn alarms(method: Method, world: &World, alpha: f64, runs: u64, dice: &mut Dice) -> u64 {
    let mut alarms = 0;
    for _ in 0..runs {
        let alarm = match method {
            Method::Block => cell(world, alpha, dice, BlockCell::default()),
            Method::Ordinal => cell(world, alpha, dice, Ordinal::new(LEVELS)),
            Method::Watch => cell(world, alpha, dice, WatchCell::default()),
            Method::Kinds => cell(world, alpha, dice, kinds()),
            Method::Hierarchy => family(world, alpha, dice),
        };
        alarms += u64::from(alarm);
    }
    alarms
}

/// The most alarms that `runs` runs at error `alpha` may give: four standard deviations
/// above the mean of a method that is wrong exactly that often.
pub(crate) fn most_alarms(alpha: f64, runs: u64) -> u64 {
    let mean = runs as f64 * alpha;
    (mean + 4.0 * (mean * (1.0 - alpha)).sqrt()).floor() as u64
}

/// Evidence of one cell, block by block.
trait Cell {
    fn add(&mut self, block: Block, place: usize) -> LogE;
}

/// One run of one cell.
fn cell(world: &World, alpha: f64, dice: &mut Dice, mut cell: impl Cell) -> bool {
    let mut past = Past::default();
    for block in 0..BLOCKS {
        past.block = block;
        past.other_place = dice.below(SLOTS);
        let levels = (world.draw)(dice, &past);
        let place = dice.below(SLOTS);
        past.last_place = place;
        let log_e = cell.add(levels, place);
        if accuse(log_e, alpha, 1) {
            return true;
        }
        past.ahead = log_e > LogE::ONE;
    }
    false
}

fn shape(levels: Block, place: usize) -> BlockShape {
    let failures = levels.iter().filter(|level| **level > 0).count() as u32;
    BlockShape::new(CONTROLS as u32, failures, levels[place] > 0)
        .unwrap_or_else(|error| unreachable!("{error}"))
}

fn arms(levels: Block, place: usize) -> (Option<u8>, [Option<u8>; CONTROLS]) {
    let mut others = levels.iter().enumerate().filter(|(slot, _)| *slot != place);
    let controls = std::array::from_fn(|_| others.next().map(|(_, level)| *level));
    (Some(levels[place]), controls)
}

#[derive(Default)]
struct BlockCell(BlockCounts);

impl Cell for BlockCell {
    fn add(&mut self, block: Block, place: usize) -> LogE {
        self.0.add(shape(block, place));
        self.0.log_e()
    }
}

impl Cell for Ordinal {
    fn add(&mut self, block: Block, place: usize) -> LogE {
        let (rival, controls) = arms(block, place);
        self.add_block(rival, &controls);
        self.log_e()
    }
}

#[derive(Default)]
struct WatchCell {
    watch: Watch,
    today: BlockCounts,
    blocks: usize,
    day: u32,
}

impl Cell for WatchCell {
    fn add(&mut self, block: Block, place: usize) -> LogE {
        if self.blocks.is_multiple_of(BLOCKS_A_DAY) {
            if self.day > 0 && self.watch.add_day(self.day, &self.today).is_err() {
                return LogE::ZERO;
            }
            self.day += 1;
            self.today = BlockCounts::default();
        }
        self.blocks += 1;
        self.today.add(shape(block, place));
        let now = self.watch.with_day(self.day, &self.today);
        now.map_or(LogE::ZERO, |watch| watch.log_e())
    }
}

/// Levels as kinds: 0, 1 and 2 follow each other, 3 is bad.
fn kinds() -> SymbolEvidence {
    let alphabet = Alphabet::new(vec![1, 2, 2, 3], vec![3]);
    SymbolEvidence::new(alphabet.unwrap_or_else(|error| unreachable!("{error}")))
}

impl Cell for SymbolEvidence {
    fn add(&mut self, block: Block, place: usize) -> LogE {
        let (rival, controls) = arms(block, place);
        self.add_block(rival, &controls);
        self.log_e()
    }
}

/// One run of a family of leaves, some at a time. Who does badly is dropped for one not
/// yet attempted; whoever stands, leaf, pair of siblings or the whole, ends the run.
fn family(world: &World, alpha: f64, dice: &mut Dice) -> bool {
    let mut counts: [BlockCounts; LEAVES] = std::array::from_fn(|_| BlockCounts::default());
    let mut leaves = [CurrentE::new(LogE::ONE); LEAVES];
    let mut pasts = [Past::default(); LEAVES];
    let mut active: [usize; AT_A_TIME] = std::array::from_fn(|leaf| leaf);
    let mut next = AT_A_TIME;
    let mut other_place = 0;
    for _ in 0..ROUNDS {
        for at in active {
            let past = &mut pasts[at];
            past.other_place = other_place;
            past.ahead = leaves[at].log_e() > LogE::ONE;
            let levels = (world.draw)(dice, past);
            let place = dice.below(SLOTS);
            (past.last_place, other_place) = (place, place);
            past.block += 1;
            counts[at].add(shape(levels, place));
            leaves[at] = CurrentE::new(counts[at].log_e());
            if anybody_stands(&leaves, alpha) {
                return true;
            }
        }
        for slot in &mut active {
            let hopeless = leaves[*slot].log_e().ln() < -1.0;
            if hopeless && next < LEAVES {
                (*slot, next) = (next, next + 1);
            }
        }
    }
    false
}

fn anybody_stands(leaves: &[CurrentE], alpha: f64) -> bool {
    // The whole family stands whenever any part of it does.
    let whole: [usize; LEAVES] = std::array::from_fn(|leaf| leaf);
    Family::new(leaves, alpha).is_some_and(|family| family.node(&whole))
}
