//! What a running job can be asked: gauges that tasks write once a batch, and snapshots made from them.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::accounts::EdgeAccount;
use super::{JobStatus, Speed};
use crate::data::{Batch, EdgeType, StreamElement};
use crate::ids::{EdgeId, NodeId};
use crate::node::{NodeCounters, RowAccount};
use crate::sync::Sender;
use crate::time::Watermark;

/// A job at one moment.
#[derive(Clone, Debug)]
pub struct JobSnapshot {
    /// What the job is doing.
    pub status: JobStatus,
    /// How fast it replays.
    pub speed: Speed,
    /// The arrival time that the replay has come to, in milliseconds since the epoch.
    pub clock_millis: Option<i64>,
    /// Time since the job was started, pauses included; it stands still once the job has ended.
    pub elapsed: Duration,
    /// Every node, in the order of the logical graph.
    pub nodes: Vec<NodeSnapshot>,
    /// Every edge, in the order of the logical graph.
    pub edges: Vec<EdgeSnapshot>,
}

/// A node of a running job.
#[derive(Clone, Debug)]
pub struct NodeSnapshot {
    /// The node.
    pub id: NodeId,
    /// What became of the rows that entered; for a source, of the records that it read.
    pub account: RowAccount,
    /// Rows given out, by output port.
    pub rows_out: Vec<u64>,
    /// Subtasks.
    pub parallelism: usize,
    /// The watermark that the node has reached (`currentInputWatermark`), the least of its subtasks.
    pub watermark: Watermark,
    /// Time spent working, summed over the subtasks.
    pub busy: Duration,
    /// Time spent waiting for credits downstream, summed over the subtasks.
    pub backpressured: Duration,
    /// For a node that assigns watermarks: the splits or partitions that have joined and not ended, by rising watermark. Of more than
    /// 256, those that hold the watermark back.
    pub lanes: Vec<LaneSnapshot>,
}

/// A split or partition with a watermark of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneSnapshot {
    /// The number of the lane: its split, or its partition by first appearance.
    pub lane: u32,
    /// Its watermark.
    pub watermark: Watermark,
}

/// An edge of a running job.
#[derive(Clone, Debug)]
pub struct EdgeSnapshot {
    /// The edge.
    pub id: EdgeId,
    /// Rows that have passed.
    pub rows: u64,
    /// The watermark that has passed, the least of the sending subtasks.
    pub watermark: Watermark,
    /// How full the fullest queue on the edge is, from 0 to 1; `None` where rows pass without a queue, from one operator of a chain
    /// to the next.
    pub queue_fill: Option<f32>,
}

/// What the subtasks of a node write.
pub(super) struct NodeGauge {
    pub(super) counters: Arc<NodeCounters>,
    pub(super) rows_out: Vec<AtomicU64>,
    watermarks: Vec<AtomicI64>,
    busy_nanos: AtomicU64,
    backpressured_nanos: AtomicU64,
    lanes: Mutex<Vec<LaneSnapshot>>,
}

impl NodeGauge {
    pub(super) fn new(n_outputs: usize, parallelism: usize) -> NodeGauge {
        NodeGauge {
            counters: Arc::new(NodeCounters::default()),
            rows_out: (0..n_outputs).map(|_| AtomicU64::new(0)).collect(),
            watermarks: (0..parallelism).map(|_| AtomicI64::new(Watermark::NONE.millis())).collect(),
            busy_nanos: AtomicU64::new(0),
            backpressured_nanos: AtomicU64::new(0),
            lanes: Mutex::new(Vec::new()),
        }
    }

    pub(super) fn set_watermark(&self, subtask: usize, watermark: Watermark) {
        self.watermarks[subtask].store(watermark.millis(), Ordering::Relaxed);
    }

    pub(super) fn add_busy(&self, time: Duration) {
        self.busy_nanos.fetch_add(time.as_nanos() as u64, Ordering::Relaxed);
    }

    pub(super) fn add_backpressured(&self, time: Duration) {
        if !time.is_zero() {
            self.backpressured_nanos.fetch_add(time.as_nanos() as u64, Ordering::Relaxed);
        }
    }

    pub(super) fn set_lanes(&self, lanes: Vec<LaneSnapshot>) {
        *self.lanes.lock().unwrap_or_else(PoisonError::into_inner) = lanes;
    }

    pub(super) fn snapshot(&self, id: &NodeId) -> NodeSnapshot {
        NodeSnapshot {
            id: id.clone(),
            account: self.counters.account(),
            rows_out: self.rows_out.iter().map(|rows| rows.load(Ordering::Relaxed)).collect(),
            parallelism: self.watermarks.len(),
            watermark: least(&self.watermarks),
            busy: Duration::from_nanos(self.busy_nanos.load(Ordering::Relaxed)),
            backpressured: Duration::from_nanos(self.backpressured_nanos.load(Ordering::Relaxed)),
            lanes: self.lanes.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}

fn least(watermarks: &[AtomicI64]) -> Watermark {
    let least = watermarks.iter().map(|watermark| watermark.load(Ordering::Relaxed)).min();
    least.map_or(Watermark::NONE, Watermark::new)
}

/// How many of the newest rows that a subtask sent over an edge are kept for whoever looks at it.
const PREVIEW_ROWS: usize = 1_000;
/// How many rows may be held in memory for one of them, where it is part of a larger batch.
const PREVIEW_HELD: usize = 64;
/// How much memory the rows of all subtasks may hold. A batch that is larger is cut.
const PREVIEW_BYTES: usize = 4 << 20;

/// What the subtasks at both ends of an edge write.
pub(super) struct EdgeGauge {
    pub(super) edge: Arc<EdgeType>,
    sent: AtomicU64,
    received: AtomicU64,
    watermarks: Vec<AtomicI64>,
    // By subtask: the newest rows of all are among the newest of each, however far one is ahead.
    newest: Vec<Mutex<Newest>>,
    queues: Mutex<Vec<Sender<StreamElement>>>,
}

/// The newest batches of a subtask, as many as it takes to show the newest rows.
#[derive(Default)]
struct Newest {
    // With the bytes that each holds.
    batches: VecDeque<(Batch, usize)>,
    n_rows: usize,
    n_bytes: usize,
}

impl Newest {
    fn push(&mut self, batch: Batch, max_bytes: usize) {
        let n_bytes = batch.n_bytes();
        self.n_rows += batch.n_rows();
        self.n_bytes += n_bytes;
        self.batches.push_back((batch, n_bytes));
        while self.batches.len() > 1
            && let Some((oldest, n_bytes)) = self.batches.front()
            && (self.n_rows - oldest.n_rows() >= PREVIEW_ROWS || self.n_bytes > max_bytes)
        {
            self.n_rows -= oldest.n_rows();
            self.n_bytes -= n_bytes;
            self.batches.pop_front();
        }
    }
}

impl EdgeGauge {
    pub(super) fn new(edge: Arc<EdgeType>, n_senders: usize) -> EdgeGauge {
        EdgeGauge {
            edge,
            sent: AtomicU64::new(0),
            received: AtomicU64::new(0),
            watermarks: (0..n_senders).map(|_| AtomicI64::new(Watermark::NONE.millis())).collect(),
            newest: (0..n_senders).map(|_| Mutex::default()).collect(),
            queues: Mutex::new(Vec::new()),
        }
    }

    /// Names the queues whose fill is the edge's.
    pub(super) fn watch(&self, queues: &[Sender<StreamElement>]) {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(queues);
    }

    /// Notes what subtask `subtask` sends.
    pub(super) fn passes(&self, subtask: usize, element: &StreamElement) {
        self.watermarks[subtask].store(element.progress().end().millis(), Ordering::Relaxed);
        let StreamElement::Batch(batch) = element else { return };
        if batch.is_empty() {
            return;
        }
        NodeCounters::add(&self.sent, batch.n_rows());
        let n_rows = batch.n_rows();
        let mut tail = batch.slice(n_rows.saturating_sub(PREVIEW_ROWS)..n_rows);
        if tail.positions().n_held() > PREVIEW_HELD * tail.n_rows()
            && let Ok(own) = tail.detached()
        {
            tail = own;
        }
        let max_bytes = PREVIEW_BYTES / self.newest.len();
        self.newest[subtask].lock().unwrap_or_else(PoisonError::into_inner).push(tail, max_bytes);
    }

    /// Notes what comes in at the other end.
    pub(super) fn arrives(&self, element: &StreamElement) {
        if let StreamElement::Batch(batch) = element {
            NodeCounters::add(&self.received, batch.n_rows());
        }
    }

    /// The rows at both ends. They agree once nothing is on its way.
    pub(super) fn account(&self) -> EdgeAccount {
        EdgeAccount {
            sent: self.sent.load(Ordering::Relaxed),
            received: self.received.load(Ordering::Relaxed),
        }
    }

    /// The newest batches of each subtask, oldest first.
    pub(super) fn newest(&self) -> Vec<Batch> {
        let mut batches = Vec::new();
        for newest in &self.newest {
            let newest = newest.lock().unwrap_or_else(PoisonError::into_inner);
            batches.extend(newest.batches.iter().map(|(batch, _)| batch.clone()));
        }
        batches
    }

    pub(super) fn snapshot(&self, id: &EdgeId) -> EdgeSnapshot {
        let queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        EdgeSnapshot {
            id: id.clone(),
            rows: self.sent.load(Ordering::Relaxed),
            watermark: least(&self.watermarks),
            queue_fill: (!queues.is_empty()).then(|| queues.iter().map(Sender::fill).fold(0.0, f32::max)),
        }
    }
}

#[cfg(test)]
mod tests {
    use polars::prelude::{DataFrame, IntoColumn, NamedFrom, Series};

    use super::*;
    use crate::data::{DataType, Field, Origins, Positions, Progress, Schema};

    #[test]
    fn a_few_rows_in_a_preview_do_not_hold_the_batches_that_they_were_cut_from() {
        let edge = Arc::new(EdgeType::append(Schema::new(vec![Field::nullable("v", DataType::BigInt)])));
        let gauge = EdgeGauge::new(Arc::clone(&edge), 1);
        let n_rows = 10_000;
        for first in 0..50 {
            let values: Vec<i64> = (0..n_rows).map(|row| first * n_rows + row).collect();
            let column = Series::new("v".into(), values).into_column();
            let frame = DataFrame::new(n_rows as usize, vec![column]).expect("one column");
            let arrivals = vec![0; n_rows as usize].into();
            let first_offset = (first * n_rows) as u64;
            let positions = Positions::all(Origins::Run { source: 0, split: 0, first_offset, arrivals });
            let frontier = positions.last().expect("some rows").with_all_it_causes();
            let progress = Progress::flat(Watermark::NONE, frontier);
            let batch = Batch::new(frame, Arc::clone(&edge), positions, progress);
            gauge.passes(0, &StreamElement::Batch(batch.slice(7..12)));
        }
        let newest = gauge.newest();
        let held: usize = newest.iter().map(|batch| batch.positions().n_held()).sum();
        assert_eq!(newest.iter().map(Batch::n_rows).sum::<usize>(), 250);
        assert!(held <= PREVIEW_HELD * 250, "{held} rows are held for 250");
        let last = newest.last().expect("fifty of them");
        assert_eq!(last.positions().at(4).offset, 490_011);
        assert_eq!(last.column(0).get(4).expect("five rows"), polars::prelude::AnyValue::Int64(490_011));
    }
}
