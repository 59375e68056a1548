//! Worlds in which nobody is treated differently: what happens in a slot does not depend
//! on who stands in it. Each would fool some careless method.

use super::dice::Dice;

/// Controls in a block.
pub(crate) const CONTROLS: usize = 4;
/// Slots of a block of one rival and its controls.
pub(crate) const SLOTS: usize = CONTROLS + 1;
/// Levels of the scale on which slots end; 0 is good.
pub(crate) const LEVELS: usize = 4;

/// The level at which each slot ended.
pub(crate) type Block = [u8; SLOTS];

/// What an adversary may know when it decides about a block.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Past {
    /// Number of the block in its cell.
    pub(crate) block: usize,
    /// Where the rival stood in the block before.
    pub(crate) last_place: usize,
    /// Where another cell's rival stood in that cell's last block.
    pub(crate) other_place: usize,
    /// Whether the evidence of the cell is above 1.
    pub(crate) ahead: bool,
}

pub(crate) struct World {
    pub(crate) name: &'static str,
    pub(crate) draw: fn(&mut Dice, &Past) -> Block,
}

fn each(dice: &mut Dice, p: impl Fn(usize) -> f64) -> Block {
    std::array::from_fn(|slot| {
        let p = p(slot);
        if p > 0.0 && dice.yes(p) {
            1 + dice.below(LEVELS - 1) as u8
        } else {
            0
        }
    })
}

pub(crate) const WORLDS: [World; 7] = [
    World {
        name: "independent slots",
        draw: |dice, _| each(dice, |_| 0.1),
    },
    World {
        name: "10 % shared outages",
        draw: |dice, _| {
            let p = if dice.yes(0.1) { 0.95 } else { 0.02 };
            each(dice, |_| p)
        },
    },
    World {
        name: "sinusoidal drift",
        draw: |dice, past| {
            let p = 0.5 + 0.45 * (past.block as f64 / 5.0).sin();
            each(dice, |_| p)
        },
    },
    World {
        name: "limiter on every second",
        draw: |dice, past| {
            let second = |slot: usize| (past.block * SLOTS + slot) % 2 == 1;
            each(dice, |slot| if second(slot) { 1.0 } else { 0.02 })
        },
    },
    World {
        name: "limiter on half of those",
        draw: |dice, past| {
            let second = |slot: usize| (past.block * SLOTS + slot) % 2 == 1;
            each(dice, |slot| if second(slot) { 0.5 } else { 0.02 })
        },
    },
    World {
        name: "half of all slots fail",
        draw: |dice, _| {
            let offset = dice.below(2);
            each(dice, |slot| f64::from(u8::from((slot + offset) % 2 == 0)))
        },
    },
    World {
        name: "adversary, other cells",
        draw: |dice, past| {
            // Aims where rivals last stood: at one slot while that pays, at two else.
            let aimed =
                |slot: usize| slot == past.other_place || (!past.ahead && slot == past.last_place);
            each(dice, |slot| if aimed(slot) { 1.0 } else { 0.01 })
        },
    },
];
