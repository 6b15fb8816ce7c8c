//! What became of every row that entered a node, counted where it happens.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// The counters of one node, shared by its subtasks; relaxed atomics, touched once a batch.
///
/// The conservation law over them is [`RowAccount::check`].
#[derive(Debug, Default)]
pub struct NodeCounters {
    /// Rows that entered.
    pub rows_in: AtomicU64,
    /// Rows that had their effect on a result.
    pub used: AtomicU64,
    /// Rows that came after their time for everything (`numLateRecordsDropped` where no edge leaves the late port).
    pub late: AtomicU64,
    /// Single windows that a row missed while it was used for others.
    pub late_assignments: AtomicU64,
    /// Rows that could not be read or computed.
    pub rejected: AtomicU64,
    /// Rows for which a condition did not hold.
    pub filtered: AtomicU64,
    /// Rows whose state ran out.
    pub expired: AtomicU64,
    /// Rows given up at the end of input.
    pub discarded: AtomicU64,
    /// Rows held back for later; goes up and down.
    pub buffered: AtomicI64,
    /// Timestamps too far in the future to move the watermark.
    pub future_skewed: AtomicU64,
    /// For a source, records of which only some columns were decoded, because statistics show that the filter behind it drops them.
    pub pruned: AtomicU64,
    /// Windows or other timers that fired.
    pub fired_timers: AtomicU64,
    /// Entries of state held, for example open windows times keys.
    pub state_entries: AtomicI64,
}

impl NodeCounters {
    /// Adds `n` to `counter`.
    pub fn add(counter: &AtomicU64, n: usize) {
        if n > 0 {
            counter.fetch_add(n as u64, Ordering::Relaxed);
        }
    }

    /// The figures as they stand. Exact once no subtask is in the middle of a batch.
    pub fn account(&self) -> RowAccount {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        RowAccount {
            rows_in: get(&self.rows_in),
            used: get(&self.used),
            late: get(&self.late),
            late_assignments: get(&self.late_assignments),
            rejected: get(&self.rejected),
            filtered: get(&self.filtered),
            expired: get(&self.expired),
            discarded: get(&self.discarded),
            buffered: self.buffered.load(Ordering::Relaxed),
            future_skewed: get(&self.future_skewed),
            pruned: get(&self.pruned),
            fired_timers: get(&self.fired_timers),
            state_entries: self.state_entries.load(Ordering::Relaxed),
        }
    }
}

/// A node's counters at one moment. Fields as in [`NodeCounters`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[expect(missing_docs, reason = "each field is documented where it is counted, in NodeCounters")]
pub struct RowAccount {
    pub rows_in: u64,
    pub used: u64,
    pub late: u64,
    pub late_assignments: u64,
    pub rejected: u64,
    pub filtered: u64,
    pub expired: u64,
    pub discarded: u64,
    pub buffered: i64,
    pub future_skewed: u64,
    pub pruned: u64,
    pub fired_timers: u64,
    pub state_entries: i64,
}

impl RowAccount {
    /// The conservation law: in = used + late + rejected + filtered + expired + discarded + still buffered.
    ///
    /// # Errors
    /// The law with its figures, where it does not hold.
    pub fn check(&self) -> Result<(), String> {
        let out = self.used + self.late + self.rejected + self.filtered + self.expired + self.discarded;
        if i128::from(self.rows_in) == i128::from(out) + i128::from(self.buffered) {
            return Ok(());
        }
        Err(format!(
            "{} rows in, but {} used + {} late + {} rejected + {} filtered + {} expired + {} discarded + {} buffered",
            self.rows_in,
            self.used,
            self.late,
            self.rejected,
            self.filtered,
            self.expired,
            self.discarded,
            self.buffered
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_entered_is_looked_for_in_every_place() {
        let nowhere = RowAccount { rows_in: 1, ..RowAccount::default() };
        for found in [
            RowAccount { used: 1, ..nowhere },
            RowAccount { late: 1, ..nowhere },
            RowAccount { rejected: 1, ..nowhere },
            RowAccount { filtered: 1, ..nowhere },
            RowAccount { expired: 1, ..nowhere },
            RowAccount { discarded: 1, ..nowhere },
            RowAccount { buffered: 1, ..nowhere },
        ] {
            found.check().unwrap_or_else(|law| panic!("{law}"));
            let doubled = RowAccount { rows_in: 0, ..found };
            assert!(doubled.check().is_err(), "a row that never entered: {doubled:?}");
        }
        assert_eq!(
            nowhere.check(),
            Err("1 rows in, but 0 used + 0 late + 0 rejected + 0 filtered + 0 expired + 0 discarded + 0 buffered".into())
        );
        // A window missed while others took the row, a skewed clock or a timer is no fate of a row.
        let counted_beside =
            RowAccount { late_assignments: 1, future_skewed: 1, pruned: 1, fired_timers: 1, ..nowhere };
        assert!(counted_beside.check().is_err());
    }
}
