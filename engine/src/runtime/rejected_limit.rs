//! When so many records are no rows that a person should look before the run goes on.

use crate::data::{Batch, Position};
use crate::ids::NodeId;

/// Up to this many rejected records a source does not pause the job, whatever their share.
const MIN_REJECTED: u64 = 1_000;

/// Counts the records of a source in arrival order and looks at every rejected one, so that the run pauses at the same record at any
/// batch size.
#[derive(Debug)]
pub(super) struct RejectedLimit {
    max_percent: f64,
    n_rows: u64,
    n_rejected: u64,
}

/// The limit was passed.
#[derive(Debug)]
pub(super) struct Exceeded {
    /// The rejected record that did it, with all that it causes.
    pub(super) at: Position,
    n_read: u64,
    n_rejected: u64,
}

impl RejectedLimit {
    /// A limit of `max_percent` per cent of all records, and at least 1,000 of them.
    pub(super) fn new(max_percent: f64) -> RejectedLimit {
        RejectedLimit { max_percent, n_rows: 0, n_rejected: 0 }
    }

    /// Counts the next rows and rejected records, up to the one that passes the limit.
    pub(super) fn exceeded(&mut self, rows: &Batch, rejected: &Batch) -> Option<Exceeded> {
        for line in 0..rejected.n_rows() {
            self.n_rejected += 1;
            if self.n_rejected <= MIN_REJECTED {
                continue;
            }
            let at = rejected.positions().at(line);
            let n_rows = self.n_rows + rows.positions().n_up_to(at) as u64;
            let n_read = n_rows + self.n_rejected;
            if self.n_rejected as f64 * 100.0 > n_read as f64 * self.max_percent {
                return Some(Exceeded { at: at.with_all_it_causes(), n_read, n_rejected: self.n_rejected });
            }
        }
        self.n_rows += rows.n_rows() as u64;
        None
    }
}

impl Exceeded {
    /// Why the run pauses, and what to do.
    pub(super) fn reason(&self, node: &NodeId, max_percent: f64) -> String {
        let Exceeded { n_read, n_rejected, .. } = self;
        let share = *n_rejected as f64 * 100.0 / *n_read as f64;
        format!(
            "`{node}` has rejected {n_rejected} of {n_read} records ({share:.1} %), more than its limit of {max_percent} %; connect its `rejected` port to see why, or raise `max_rejected_percent`"
        )
    }
}
