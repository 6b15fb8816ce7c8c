//! What an operator promises: to see rows and watermarks in the order in which one thread would see them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::NodeCounters;
use crate::data::{Batch, EdgeType, KeyGroup, Position};
use crate::error::Result;
use crate::ids::NodeId;
use crate::time::{TimeGrid, Watermark};

/// One subtask of a node: works on rows, keeps state, fires timers.
///
/// The runtime cuts what comes in so that the operator is called in the order of the one-threaded definition: rows, then the
/// watermark that rose after them, then the next rows. How finely it must cut, the operator says by [`Operator::cuts`].
pub trait Operator: Send {
    /// Between which watermarks the runtime must stop and call [`Operator::on_watermark`].
    fn cuts(&self) -> Cuts {
        Cuts::None
    }

    /// Works on some rows of a batch.
    ///
    /// # Errors
    /// If the run cannot go on. Faults of single rows are no errors: they go to the rejected port.
    fn process(&mut self, rows: Segment<'_>, out: &mut Output) -> Result<()>;

    /// The watermark has risen to `watermark`; `at` is the position that raised it. Event-time timers up to it fire here.
    ///
    /// Once [`Output::is_full`], an operator may leave further timers for later and answer [`Firing::More`]: the runtime sends on
    /// what it has and calls again with the same arguments.
    ///
    /// # Errors
    /// If the run cannot go on.
    fn on_watermark(&mut self, _at: Position, _watermark: Watermark, _out: &mut Output) -> Result<Firing> {
        Ok(Firing::Done)
    }

    /// Writes the state down, by key group. Called between two elements.
    ///
    /// # Errors
    /// If it cannot be written down.
    fn snapshot(&self, _into: &mut Snapshot) -> Result<()> {
        Ok(())
    }

    /// Takes up state that was written down, perhaps by several subtasks: only the key groups of this one are given.
    ///
    /// # Errors
    /// If the state is of another form.
    fn restore(&mut self, _from: &Snapshot) -> Result<()> {
        Ok(())
    }
}

/// Whether all timers that a watermark reaches have fired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Firing {
    /// All have.
    Done,
    /// Some are left, and fire when the operator is called again.
    More,
}

/// Where the runtime cuts a stretch of a stream before it calls an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cuts {
    /// Nowhere: the operator does not look at watermarks.
    None,
    /// Where the watermark passes a moment of the grid.
    Grid(TimeGrid),
    /// At every raise of the watermark.
    EveryRaise,
}

/// Some rows of a batch, all under watermarks between which nothing fires.
#[derive(Clone, Debug)]
pub struct Segment<'a> {
    /// The number of the input port that they came by.
    pub input: usize,
    /// The batch.
    pub batch: &'a Batch,
    /// Which of its rows.
    pub rows: Range<usize>,
    /// The watermark that holds before the first of them.
    pub watermark: Watermark,
}

impl Segment<'_> {
    /// The rows as a batch of their own.
    pub fn to_batch(&self) -> Batch {
        if self.rows == (0..self.batch.n_rows()) {
            self.batch.clone()
        } else {
            self.batch.slice(self.rows.clone())
        }
    }
}

/// What an operator is given when it is made.
pub struct OperatorContext {
    /// The node.
    pub node: NodeId,
    /// Which subtask this is, from 0.
    pub subtask: usize,
    /// How many subtasks there are.
    pub parallelism: usize,
    /// The types of the output ports.
    pub outputs: Vec<Arc<EdgeType>>,
    /// Where it counts what becomes of rows. `rows_in` is counted by the runtime.
    pub counters: Arc<NodeCounters>,
}

/// Takes what an operator gives out for one incoming element.
///
/// The runtime puts the rows given here together in order, and knows from the incoming element how far they bring the stream. So
/// an operator never speaks of progress.
pub struct Output {
    ports: Vec<Vec<Batch>>,
    n_rows: usize,
    full_at: usize,
}

impl Output {
    /// An empty output of `n_ports` ports that is never full.
    pub fn new(n_ports: usize) -> Output {
        Output::full_at(n_ports, usize::MAX)
    }

    /// An empty output of `n_ports` ports that is full with so many rows.
    pub fn full_at(n_ports: usize, n_rows: usize) -> Output {
        Output { ports: (0..n_ports).map(|_| Vec::new()).collect(), n_rows: 0, full_at: n_rows }
    }

    /// Gives out rows by port number `port`. Positions must not be before what this port was given already.
    pub fn emit(&mut self, port: usize, batch: Batch) {
        self.n_rows += batch.n_rows();
        self.ports[port].push(batch);
    }

    /// How many more rows should come before what there is has been sent on.
    pub fn room(&self) -> usize {
        self.full_at.saturating_sub(self.n_rows)
    }

    /// Whether there is enough to be sent on. It still takes more.
    pub fn is_full(&self) -> bool {
        self.room() == 0
    }

    /// Takes what was given out by port number `port`.
    pub fn take(&mut self, port: usize) -> Vec<Batch> {
        let batches = std::mem::take(&mut self.ports[port]);
        self.n_rows -= batches.iter().map(Batch::n_rows).sum::<usize>();
        batches
    }

    /// How many ports there are.
    pub fn n_ports(&self) -> usize {
        self.ports.len()
    }
}

/// An operator's state written down: bytes by state name and key group, and lists that belong to no key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Keyed state: the entries of one state name and key group, each as the operator encodes it.
    pub keyed: BTreeMap<(String, KeyGroup), Vec<Vec<u8>>>,
    /// Operator list state: entries that any subtask may take over.
    pub list: BTreeMap<String, Vec<Vec<u8>>>,
}
