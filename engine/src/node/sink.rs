//! What a sink of rows promises: to take rows in order, and to show them to others only when told so.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::NodeCounters;
use crate::data::{Batch, EdgeType, Progress};
use crate::error::Result;

/// Takes rows to where they are wanted. One instance takes all rows of its node, in arrival order.
///
/// Nothing that a sink writes is visible to others before [`Sink::commit`]: a run that fails or is stopped leaves what was there
/// before. A sink that is told to shows what is complete as the watermark passes it, and that stays.
///
/// At the end of a run all its sinks are prepared, then all are checked, then all commit, one after the other in the order of their
/// nodes' ids. Whatever can be known to stand in the way is so found before the first commits, and none does. What is left is a machine
/// that fails, or somebody who puts something in the way, in the moment of committing: the sinks before it have then committed, which
/// the run's error says, and those behind it have not.
pub trait Sink: Send {
    /// Takes the rows of a batch.
    ///
    /// # Errors
    /// If they cannot be written; the run then fails and [`Sink::abort`] is called.
    fn write(&mut self, batch: &Batch) -> Result<()>;

    /// The stream has come further without rows. How far it comes with rows, their batch says.
    ///
    /// # Errors
    /// As [`Sink::write`].
    fn progress(&mut self, _progress: &Progress) -> Result<()> {
        Ok(())
    }

    /// Everything has been written: makes it durable, but not yet visible.
    ///
    /// # Errors
    /// As [`Sink::write`].
    fn prepare_commit(&mut self) -> Result<()>;

    /// Makes as sure as can be that [`Sink::commit`] will succeed, still without making anything visible. Called after every sink of
    /// the run is prepared, for preparing them may take long.
    ///
    /// # Errors
    /// As [`Sink::write`].
    fn check_commit(&mut self) -> Result<()> {
        Ok(())
    }

    /// Makes what was written visible, at once. Called after every sink of the run has been checked.
    ///
    /// # Errors
    /// As [`Sink::write`].
    fn commit(&mut self) -> Result<()>;

    /// Removes what was written and is not visible yet. Must not fail; what cannot be removed is left.
    fn abort(&mut self);
}

/// What the runtime gives a sink.
#[derive(Clone)]
pub struct SinkContext {
    /// The node's result table, which the window and the command line read.
    pub table: Arc<ResultTable>,
    /// Where it counts what becomes of rows beside being used, which the runtime counts.
    pub counters: Arc<NodeCounters>,
}

/// The rows of a table sink, as far as they are kept, for whoever shows them.
#[derive(Debug)]
pub struct ResultTable {
    edge: Arc<EdgeType>,
    rows: Mutex<Kept>,
    drained: Condvar,
}

#[derive(Debug, Default)]
struct Kept {
    batches: VecDeque<Batch>,
    n_kept: usize,
    n_total: u64,
    max_rows: usize,
    // Somebody takes every row out; the sink waits for it rather than let rows go.
    followed: bool,
}

impl ResultTable {
    /// An empty table of rows of this type that keeps the newest `max_rows`, or a little more.
    pub fn new(edge: Arc<EdgeType>, max_rows: usize) -> ResultTable {
        ResultTable { edge, rows: Mutex::new(Kept { max_rows, ..Kept::default() }), drained: Condvar::new() }
    }

    /// The columns.
    pub fn edge(&self) -> &Arc<EdgeType> {
        &self.edge
    }

    /// Adds rows; the oldest batches go once the newer ones alone fill the table. Where the table is followed, it waits instead
    /// until they have been taken out.
    pub fn push(&self, batch: Batch) {
        if batch.is_empty() {
            return;
        }
        let mut kept = self.lock();
        while kept.followed && kept.n_kept >= kept.max_rows {
            kept = self.drained.wait(kept).unwrap_or_else(PoisonError::into_inner);
        }
        kept.n_kept += batch.n_rows();
        kept.n_total += batch.n_rows() as u64;
        kept.batches.push_back(batch);
        while !kept.followed
            && let Some(oldest) = kept.batches.front().map(Batch::n_rows)
            && kept.n_kept - oldest >= kept.max_rows
        {
            kept.n_kept -= oldest;
            kept.batches.pop_front();
        }
    }

    /// Keeps at least this many rows from now on.
    pub fn set_max_rows(&self, max_rows: usize) {
        self.lock().max_rows = max_rows;
    }

    /// Lets no row go from now on: whoever calls this takes all of them out by [`ResultTable::drain`].
    pub fn follow(&self) {
        self.lock().followed = true;
    }

    /// Nobody takes rows out any more; lets go whoever waits for it.
    pub fn unfollow(&self) {
        self.lock().followed = false;
        self.drained.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The batches that are kept, oldest first, and how many rows there were in all.
    pub fn batches(&self) -> (Vec<Batch>, u64) {
        let kept = self.lock();
        (kept.batches.iter().cloned().collect(), kept.n_total)
    }

    /// How many rows there were in all.
    pub fn n_total(&self) -> u64 {
        self.lock().n_total
    }

    /// The newest batches, oldest first, as many as it takes for `n_wanted` rows, and how many rows there were in all. Rows come in
    /// arrival order, so these are those that stand last.
    pub fn newest(&self, n_wanted: usize) -> (Vec<Batch>, u64) {
        let kept = self.lock();
        let mut n_rows = 0;
        let newest = kept.batches.iter().rev().take_while(|batch| {
            let is_wanted = n_rows < n_wanted;
            n_rows += batch.n_rows();
            is_wanted
        });
        let mut batches: Vec<Batch> = newest.cloned().collect();
        batches.reverse();
        (batches, kept.n_total)
    }

    /// Takes the batches out, so that a reader may follow a run of any length.
    pub fn drain(&self) -> Vec<Batch> {
        let mut kept = self.lock();
        kept.n_kept = 0;
        self.drained.notify_all();
        kept.batches.drain(..).collect()
    }
}
