//! How often an innocent cell, or family of cells, is accused by somebody who looks after
//! every block and stops when it suits him.

use super::dice::Dice;
use super::worlds::{Block, CONTROLS, LEVELS, Past, SLOTS, World};
use moongate_stats::LogE;
use moongate_stats::block::{BlockShape, RunningEvidence, ShapeFactors};
use moongate_stats::hierarchy::Family;
use moongate_stats::many::{CurrentE, accuse, log_threshold};
use moongate_stats::ordinal::Ordinal;
use moongate_stats::symbol::{Alphabet, SymbolEvidence};
use moongate_stats::watch::{OpenDay, Watch};

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
    let shapes = Shapes::new();
    let needed = log_threshold(alpha, 1).unwrap_or(f64::INFINITY);
    let mut alarms = 0;
    for _ in 0..runs {
        let alarm = match method {
            Method::Block => cell(world, alpha, dice, BlockCell::new(&shapes, needed)),
            Method::Ordinal => cell(world, alpha, dice, OrdinalCell::new(&shapes, needed)),
            Method::Watch => cell(world, alpha, dice, WatchCell::new(&shapes, needed)),
            Method::Kinds => cell(world, alpha, dice, kinds()),
            Method::Hierarchy => family(world, alpha, &shapes, dice),
        };
        alarms += u64::from(alarm);
    }
    alarms
}

/// How likely a method that is wrong exactly as often as allowed exceeds [`most_alarms`].
pub(crate) const UNLUCKY: f64 = 1e-5;

/// The most alarms that `runs` runs at error `alpha` may give: the smallest count that a
/// binomial variable exceeds with probability at most [`UNLUCKY`].
pub(crate) fn most_alarms(alpha: f64, runs: u64) -> u64 {
    let runs = runs as f64;
    let mut chance = (runs * (-alpha).ln_1p()).exp();
    let mut beyond = 1.0 - chance;
    let mut count = 0.0;
    while beyond > UNLUCKY {
        chance *= (runs - count) / (count + 1.0) * alpha / (1.0 - alpha);
        count += 1.0;
        beyond -= chance;
    }
    count as u64
}

/// Evidence of one cell, block by block. What cannot reach the threshold is not read
/// exactly: then something that it does not exceed is said instead.
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

/// The factors of every shape, by failures and whether the rival failed.
struct Shapes([[Option<ShapeFactors>; 2]; SLOTS + 1]);

impl Shapes {
    fn new() -> Shapes {
        Shapes(std::array::from_fn(|failures| {
            [false, true].map(|rival_failed| {
                let shape = BlockShape::new(CONTROLS as u32, failures as u32, rival_failed);
                shape.ok().map(BlockShape::factors)
            })
        }))
    }

    /// Those of "at least `level`".
    fn at_least(&self, level: u8, levels: Block, place: usize) -> &ShapeFactors {
        let failures = levels.iter().filter(|l| **l >= level).count();
        let rival_failed = usize::from(levels[place] >= level);
        self.0[failures][rival_failed]
            .as_ref()
            .unwrap_or_else(|| unreachable!("a shape that was drawn is possible"))
    }
}

fn ceiling(at_most: f64, needed: f64, exactly: impl FnOnce() -> LogE) -> LogE {
    if at_most < needed {
        LogE::new(at_most).unwrap_or(LogE::ZERO)
    } else {
        exactly()
    }
}

fn arms(levels: Block, place: usize) -> (Option<u8>, [Option<u8>; CONTROLS]) {
    let mut others = levels.iter().enumerate().filter(|(slot, _)| *slot != place);
    let controls = std::array::from_fn(|_| others.next().map(|(_, level)| *level));
    (Some(levels[place]), controls)
}

struct BlockCell<'a> {
    shapes: &'a Shapes,
    needed: f64,
    running: RunningEvidence,
}

impl BlockCell<'_> {
    fn new(shapes: &Shapes, needed: f64) -> BlockCell<'_> {
        BlockCell {
            shapes,
            needed,
            running: RunningEvidence::default(),
        }
    }
}

impl Cell for BlockCell<'_> {
    fn add(&mut self, block: Block, place: usize) -> LogE {
        self.running.add(self.shapes.at_least(1, block, place));
        ceiling(self.running.ceiling(), self.needed, || self.running.log_e())
    }
}

/// The scale itself is read only where one of its thresholds may be high enough.
struct OrdinalCell<'a> {
    shapes: &'a Shapes,
    needed: f64,
    running: [RunningEvidence; LEVELS - 1],
    blocks: Vec<(Block, usize)>,
}

impl OrdinalCell<'_> {
    fn new(shapes: &Shapes, needed: f64) -> OrdinalCell<'_> {
        OrdinalCell {
            shapes,
            needed,
            running: [RunningEvidence::default(); LEVELS - 1],
            blocks: Vec::with_capacity(BLOCKS),
        }
    }

    fn scale(&self) -> Ordinal {
        let mut scale = Ordinal::new(LEVELS);
        for (block, place) in &self.blocks {
            let (rival, controls) = arms(*block, *place);
            scale.add_block(rival, &controls);
        }
        scale
    }
}

impl Cell for OrdinalCell<'_> {
    fn add(&mut self, block: Block, place: usize) -> LogE {
        self.blocks.push((block, place));
        let mut highest = f64::NEG_INFINITY;
        for (level, running) in (1..).zip(&mut self.running) {
            running.add(self.shapes.at_least(level, block, place));
            highest = highest.max(running.ceiling());
        }
        ceiling(highest, self.needed, || self.scale().log_e())
    }
}

struct WatchCell<'a> {
    shapes: &'a Shapes,
    needed: f64,
    today: Option<OpenDay>,
    blocks: usize,
}

impl WatchCell<'_> {
    fn new(shapes: &Shapes, needed: f64) -> WatchCell<'_> {
        WatchCell {
            shapes,
            needed,
            today: None,
            blocks: 0,
        }
    }
}

impl Cell for WatchCell<'_> {
    fn add(&mut self, block: Block, place: usize) -> LogE {
        if self.blocks.is_multiple_of(BLOCKS_A_DAY) {
            let watch = self
                .today
                .take()
                .map_or_else(Watch::default, OpenDay::close);
            self.today = watch.open_day(watch.last_day() + 1).ok();
        }
        self.blocks += 1;
        let Some(today) = &mut self.today else {
            unreachable!("days follow each other");
        };
        today.add(self.shapes.at_least(1, block, place));
        ceiling(today.ceiling(), self.needed, || today.log_e())
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
fn family(world: &World, alpha: f64, shapes: &Shapes, dice: &mut Dice) -> bool {
    let mut leaves = [RunningEvidence::default(); LEAVES];
    let mut pasts = [Past::default(); LEAVES];
    let mut active: [usize; AT_A_TIME] = std::array::from_fn(|leaf| leaf);
    let mut next = AT_A_TIME;
    let mut other_place = 0;
    for _ in 0..ROUNDS {
        for at in active {
            let past = &mut pasts[at];
            past.other_place = other_place;
            past.ahead = leaves[at].ceiling() > 0.0;
            let levels = (world.draw)(dice, past);
            let place = dice.below(SLOTS);
            (past.last_place, other_place) = (place, place);
            past.block += 1;
            leaves[at].add(shapes.at_least(1, levels, place));
            if anybody_stands(&leaves, alpha) {
                return true;
            }
        }
        for slot in &mut active {
            let hopeless = leaves[*slot].ceiling() < -0.3;
            if hopeless && next < LEAVES {
                (*slot, next) = (next, next + 1);
            }
        }
    }
    false
}

fn anybody_stands(leaves: &[RunningEvidence], alpha: f64) -> bool {
    // Nobody can stand unless one leaf alone is beyond 1/α.
    if leaves.iter().all(|leaf| leaf.ceiling() < -alpha.ln()) {
        return false;
    }
    let leaves: Vec<CurrentE> = leaves.iter().map(|l| CurrentE::new(l.log_e())).collect();
    // The whole family stands whenever any part of it does.
    let whole: [usize; LEAVES] = std::array::from_fn(|leaf| leaf);
    Family::new(&leaves, alpha).is_some_and(|family| family.node(&whole))
}
