//! Which rows an accumulator takes in, and the group of each.

use std::ops::Range;

use super::states::States;

/// Rows of a batch, in arrival order, and the group that each belongs to.
#[derive(Clone, Debug)]
pub enum Grouped<'a> {
    /// Rows one after another, all of one group.
    One {
        /// The rows.
        rows: Range<usize>,
        /// Their group.
        group: u32,
    },
    /// Rows one after another: `groups[i]` is the group of row `first + i`.
    Each {
        /// The first row.
        first: usize,
        /// The groups.
        groups: &'a [u32],
    },
    /// Some rows: `groups[i]` is the group of row `rows[i]`.
    Chosen {
        /// The rows, rising.
        rows: &'a [u32],
        /// The groups.
        groups: &'a [u32],
    },
}

impl Grouped<'_> {
    /// How many rows there are.
    pub fn n_rows(&self) -> usize {
        match self {
            Grouped::One { rows, .. } => rows.len(),
            Grouped::Each { groups, .. } | Grouped::Chosen { groups, .. } => groups.len(),
        }
    }

    /// Folds every row into the state of its group. Each form is a loop of its own, and the state of a single group stays in registers.
    #[inline(always)]
    pub(super) fn fold<S>(&self, states: &mut States<S>, mut fold: impl FnMut(&mut S, usize)) {
        match self {
            Grouped::One { rows, group } => {
                let state = states.at_mut(*group);
                rows.clone().for_each(|row| fold(state, row));
            }
            Grouped::Each { first, groups } => {
                states.for_each(groups.iter().copied().zip(*first..), fold);
            }
            Grouped::Chosen { rows, groups } => {
                let rows = rows.iter().map(|row| *row as usize);
                states.for_each(groups.iter().copied().zip(rows), fold);
            }
        }
    }
}
