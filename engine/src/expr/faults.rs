//! Rows that an expression could not be computed for, and why.

use std::collections::BTreeMap;
use std::sync::Arc;

/// The rows of a batch that failed, each with the first reason. A faulty row's value is NULL; a node sends the row to its rejected port.
///
/// One value can be handed to several expressions in turn: what failed first is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowFaults {
    n_rows: usize,
    reasons: BTreeMap<usize, Arc<str>>,
}

impl RowFaults {
    /// No faults yet, for a batch of `n_rows` rows.
    pub fn new(n_rows: usize) -> RowFaults {
        RowFaults { n_rows, reasons: BTreeMap::new() }
    }

    /// How many rows the batch has.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Whether every row could be computed.
    pub fn is_empty(&self) -> bool {
        self.reasons.is_empty()
    }

    /// How many rows failed.
    pub fn n_faulty(&self) -> usize {
        self.reasons.len()
    }

    /// Whether row `row` failed.
    pub fn is_faulty(&self, row: usize) -> bool {
        self.reasons.contains_key(&row)
    }

    /// Why row `row` failed, in a sentence without a period; `None` if it did not.
    pub fn reason(&self, row: usize) -> Option<&str> {
        self.reasons.get(&row).map(|reason| &**reason)
    }

    /// The rows that failed with their reasons, by rising row.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &str)> {
        self.reasons.iter().map(|(row, reason)| (*row, &**reason))
    }

    /// Notes that row `row` failed, unless it has failed before.
    pub fn add(&mut self, row: usize, reason: Arc<str>) {
        debug_assert!(row < self.n_rows, "row {row} of {}", self.n_rows);
        self.reasons.entry(row).or_insert(reason);
    }

    /// Takes over the faults of another expression over the same rows.
    pub fn merge(&mut self, other: RowFaults) {
        debug_assert_eq!(self.n_rows, other.n_rows);
        if self.reasons.is_empty() {
            self.reasons = other.reasons;
            return;
        }
        for (row, reason) in other.reasons {
            self.reasons.entry(row).or_insert(reason);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_reason_of_a_row_is_kept_and_rows_come_in_order() {
        let mut faults = RowFaults::new(4);
        assert!(faults.is_empty());
        faults.add(3, "overflow".into());
        faults.add(1, "division by zero".into());
        let mut later = RowFaults::new(4);
        later.add(3, "another".into());
        later.add(0, "cast".into());
        faults.merge(later);
        assert_eq!(
            faults.iter().collect::<Vec<_>>(),
            vec![(0, "cast"), (1, "division by zero"), (3, "overflow")]
        );
        assert_eq!((faults.n_faulty(), faults.is_faulty(2), faults.reason(2)), (3, false, None));
    }
}
