//! From leaves to nodes: evidence about groups, and decisions on leaves and groups of
//! any size with one error bound for all of them together.
//!
//! A leaf is one e-process. A node is a set of leaves; its null is that the nulls of
//! *all* its leaves hold, so to reject it says that at least one of them does not.
//!
//! # Averages, not products
//!
//! The arithmetic mean of e-processes is an e-process whatever the dependence between
//! them. A product is one only where each factor has mean 1 *given the others*: where
//! the random orders behind them are drawn independently and no slot is shared, so that
//! blocks can be put one after another. Rivals that share the controls of a block are
//! not such a case: a control that happened to fail speaks for all of them at once.
//! [`node_log_e`] therefore averages. Where blocks *are* disjoint and drawn
//! independently, counts may be merged instead ([`crate::block::BlockCounts::merge`]):
//! that is the product, point by point, and far stronger for a small difference that is
//! everywhere; it is an e-process of its own and needs a share of the error of its own
//! ([`Tree::decide_pooled`]).
//!
//! # The rule
//!
//! [`Family`] decides by closed testing with averages. A node with the leaves S stands
//! at error α when every set J of leaves that contains S has an average of at least 1/α;
//! a leaf is the node with that leaf alone. With `a = α e` for each leaf this is the closed form
//!
//! ```text
//! Σ (a − 1)⁺ over the leaves of S  ≥  Σ (1 − a)⁺ over all leaves
//! ```
//!
//! because the J hardest to satisfy is S with all leaves below 1/α.
//!
//! **Why all decisions together are wrong with probability at most α.** Let I be the set
//! of leaves whose null holds. A decision is wrong if it rejects a node S whose null
//! holds, which means S ⊆ I. Then J = I was among the sets, so the average over I was at
//! least 1/α at that moment. This average is an e-process with mean at most 1, and by
//! Ville's inequality it ever reaches 1/α with probability at most α. One mishap
//! covers every leaf, every node, every level, every set thought of afterwards, and every
//! moment. So no error has to be split between levels, and
//!
//! * whatever stood at some moment may stand for good (evidence that falls later takes
//!   nothing back);
//! * [`crate::many::accuse`] on the *peak* of a leaf is covered by the same mishap,
//!   since m/α in one leaf makes the average over any set with it at least 1/α at that
//!   moment: both rules may be used side by side at the same α;
//! * every leaf that [`crate::many::accuse`] names stands here too, and every node that
//!   contains a leaf that stands;
//! * a node stands before any of its leaves as soon as their sum is enough.
//!
//! Every leaf that may ever be attempted belongs into the family from the beginning; one
//! not yet attempted has the e-value 1, one given up keeps its last. Leaves must be
//! values of one moment ([`CurrentE`]), never maxima.
//!
//! Sources: Vovk and Wang 2021, "E-values: calibration, combination and applications"
//! (arXiv:1912.06116) for averages; Marcus, Peritz and Gabriel 1976 for closed testing.

use crate::many::{CurrentE, DECISION_GUARD, accuse};
use crate::numbers::{LogE, error_rate, ln, log_mean_exp};

/// No leaf counts for more than this many thresholds; keeps sums finite.
const LARGEST_GAIN: f64 = 1e300;

/// Evidence against the null of a node: the average of its leaves. The e-value 1 of no
/// leaves.
///
/// ```
/// use moongate_stats::{LogE, hierarchy::node_log_e, many::CurrentE};
/// let leaf = |e: f64| LogE::from_e(e).map(CurrentE::new);
/// let node = node_log_e(&[leaf(30.0)?, leaf(1.0)?, leaf(2.0)?]);
/// assert!((node.log_e().e() - 11.0).abs() < 1e-12);
/// # Ok::<(), moongate_stats::numbers::NotEvidence>(())
/// ```
pub fn node_log_e(leaves: &[CurrentE]) -> CurrentE {
    if leaves.is_empty() {
        return CurrentE::new(LogE::ONE);
    }
    let logs: Vec<f64> = leaves.iter().map(|leaf| leaf.log_e().ln()).collect();
    CurrentE::new(LogE::guarded(log_mean_exp(&logs)))
}

/// All leaves that may ever be attempted, at one moment, ready to decide on any of them
/// and on any node of them.
///
/// ```
/// use moongate_stats::{LogE, hierarchy::Family, many::CurrentE};
/// let leaf = |e: f64| LogE::from_e(e).map(CurrentE::new);
/// // Two siblings with some evidence each, and two leaves elsewhere without any.
/// let leaves = [leaf(250.0)?, leaf(250.0)?, leaf(1.0)?, leaf(0.5)?];
/// let family = Family::new(&leaves, 0.01).unwrap();
/// assert!(!family.leaf(0) && !family.leaf(1)); // neither reaches 4/α
/// assert!(family.node(&[0, 1])); // but one of the two is not innocent
/// assert!(!family.node(&[2, 3]));
/// # Ok::<(), moongate_stats::numbers::NotEvidence>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Family {
    /// `(a − 1)⁺` of every leaf.
    gains: Vec<f64>,
    /// `Σ (1 − a)⁺`.
    deficit: f64,
}

impl Family {
    /// Nothing without leaves or for an `alpha` outside (0, 1).
    pub fn new(leaves: &[CurrentE], alpha: f64) -> Option<Family> {
        let ln_alpha = ln(error_rate(alpha)?);
        if leaves.is_empty() {
            return None;
        }
        let share = |leaf: &CurrentE| {
            libm::exp(leaf.log_e().ln() + ln_alpha - DECISION_GUARD).min(LARGEST_GAIN)
        };
        let shares: Vec<f64> = leaves.iter().map(share).collect();
        Some(Family {
            gains: shares.iter().map(|a| (a - 1.0).max(0.0)).collect(),
            deficit: shares.iter().map(|a| (1.0 - a).max(0.0)).sum(),
        })
    }

    /// Whether the leaf stands. Never for one that is not in the family.
    pub fn leaf(&self, index: usize) -> bool {
        self.node(&[index])
    }

    /// Whether the node with these leaves stands: at least one of them is not innocent.
    /// Leaves named twice count once, and those not in the family not at all.
    pub fn node(&self, leaves: &[usize]) -> bool {
        let mut leaves = leaves.to_vec();
        leaves.sort_unstable();
        leaves.dedup();
        let gain: f64 = leaves.iter().filter_map(|at| self.gains.get(*at)).sum();
        gain > 0.0 && gain >= self.deficit
    }

    /// Which leaves stand, in order.
    pub fn leaves(&self) -> Vec<bool> {
        let stands = |gain: &f64| *gain > 0.0 && *gain >= self.deficit;
        self.gains.iter().map(stands).collect()
    }
}

/// Which node of a tree each leaf and each node lies under.
///
/// Nodes are numbered from 0, each after the node it lies under.
///
/// ```
/// use moongate_stats::{LogE, hierarchy::Tree, many::CurrentE};
/// // Node 0 above nodes 1 and 2; two leaves under node 1, one under node 2.
/// let tree = Tree::new(vec![None, Some(0), Some(0)], vec![1, 1, 2])?;
/// let leaf = |e: f64| LogE::from_e(e).map(CurrentE::new);
/// let standing = tree.decide(&[leaf(180.0)?, leaf(180.0)?, leaf(0.1)?], 0.01).unwrap();
/// assert_eq!(standing.leaves, [false, false, false]);
/// assert_eq!(standing.nodes, [true, true, false]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    above: Vec<Option<usize>>,
    leaf_under: Vec<usize>,
}

/// A tree that cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotATree {
    /// A node under one that does not come before it.
    #[error("node {0} lies under a node that does not come before it; number nodes from the top")]
    Order(usize),
    /// A leaf under a node that is not there.
    #[error("leaf {0} lies under a node that is not there")]
    Leaf(usize),
}

/// What stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Which leaves, in order.
    pub leaves: Vec<bool>,
    /// Which nodes, in order.
    pub nodes: Vec<bool>,
}

impl Tree {
    /// `above` names for each node the one it lies under, `leaf_under` the same for each
    /// leaf.
    ///
    /// # Errors
    /// [`NotATree`].
    pub fn new(above: Vec<Option<usize>>, leaf_under: Vec<usize>) -> Result<Tree, NotATree> {
        let unordered = above
            .iter()
            .enumerate()
            .find(|(node, over)| over.is_some_and(|over| over >= *node));
        if let Some((node, _)) = unordered {
            return Err(NotATree::Order(node));
        }
        match leaf_under.iter().position(|node| *node >= above.len()) {
            Some(leaf) => Err(NotATree::Leaf(leaf)),
            None => Ok(Tree { above, leaf_under }),
        }
    }

    /// The leaves of each node, those of the nodes under it included.
    pub fn members(&self) -> Vec<Vec<usize>> {
        let mut members = vec![Vec::new(); self.above.len()];
        for (leaf, node) in self.leaf_under.iter().enumerate() {
            let mut at = Some(*node);
            while let Some(node) = at {
                if let Some(leaves) = members.get_mut(node) {
                    leaves.push(leaf);
                }
                at = self.above.get(node).copied().flatten();
            }
        }
        members
    }

    /// Decides on all leaves and nodes at once; any of it is wrong with probability at
    /// most `alpha`. Nothing if the number of leaves is not that of the tree, or for an
    /// `alpha` outside (0, 1).
    pub fn decide(&self, leaves: &[CurrentE], alpha: f64) -> Option<Standing> {
        if leaves.len() != self.leaf_under.len() {
            return None;
        }
        let family = Family::new(leaves, alpha)?;
        Some(Standing {
            leaves: family.leaves(),
            nodes: self.members().iter().map(|m| family.node(m)).collect(),
        })
    }

    /// As [`Tree::decide`], with evidence of its own for each node in `pooled`, such as
    /// the merged counts of its leaves where their blocks are disjoint. Half of `alpha`
    /// goes to the leaves and averages; the other half, in equal parts, to the nodes'
    /// own evidence, by Bonferroni. Nothing if there is not one `pooled` for each node.
    ///
    /// ```
    /// use moongate_stats::block::{BlockCounts, BlockShape};
    /// use moongate_stats::{hierarchy::Tree, many::CurrentE};
    /// let tree = Tree::new(vec![None], vec![0; 6])?;
    /// let mut leaf = BlockCounts::default();
    /// leaf.add_many(BlockShape::new(4, 1, true)?, 2); // little in each leaf
    /// let mut merged = BlockCounts::default();
    /// (0..6).for_each(|_| merged.merge(&leaf));
    /// let leaves = [CurrentE::new(leaf.log_e()); 6];
    /// assert!(!tree.decide(&leaves, 0.01).unwrap().nodes[0]);
    /// let pooled = [CurrentE::new(merged.log_e())];
    /// assert!(tree.decide_pooled(&leaves, &pooled, 0.01).unwrap().nodes[0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn decide_pooled(
        &self,
        leaves: &[CurrentE],
        pooled: &[CurrentE],
        alpha: f64,
    ) -> Option<Standing> {
        let half = error_rate(alpha)? / 2.0;
        if pooled.len() != self.above.len() {
            return None;
        }
        let mut standing = self.decide(leaves, half)?;
        let nodes = pooled.len() as u64;
        for (stands, own) in standing.nodes.iter_mut().zip(pooled) {
            *stands |= accuse(own.log_e(), half, nodes);
        }
        Some(standing)
    }
}
