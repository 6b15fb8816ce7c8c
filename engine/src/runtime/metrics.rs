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
    /// Subtasks, those of both halves where it runs in two.
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
    // Subtasks of a first half, whose watermarks are not the node's.
    n_local: usize,
    busy_nanos: AtomicU64,
    backpressured_nanos: AtomicU64,
    lanes: Mutex<Vec<LaneSnapshot>>,
}

impl NodeGauge {
    /// A gauge of a node of `parallelism` subtasks, besides `n_local` of a first half.
    pub(super) fn new(n_outputs: usize, parallelism: usize, n_local: usize) -> NodeGauge {
        NodeGauge {
            counters: Arc::new(NodeCounters::default()),
            rows_out: (0..n_outputs).map(|_| AtomicU64::new(0)).collect(),
            watermarks: (0..parallelism).map(|_| AtomicI64::new(Watermark::NONE.millis())).collect(),
            n_local,
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
            parallelism: self.watermarks.len() + self.n_local,
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

/// The newest rows of an edge, and the number of the last of them.
#[derive(Clone, Debug)]
pub struct NewestRows {
    /// Their columns.
    pub edge_type: Arc<EdgeType>,
    /// Those of the first sending subtask, oldest batch first, then those of the next.
    pub batches: Vec<Batch>,
    /// How many rows had been sent when these were the newest.
    pub n_total: u64,
}

/// The newest batches of a subtask, as many as it takes to show the newest rows.
#[derive(Default)]
struct Newest {
    // With the bytes that each holds.
    batches: VecDeque<(Batch, usize)>,
    n_rows: usize,
    n_bytes: usize,
    // How many rows the subtask has sent, these last; counted under the lock, so that it says the number of each.
    n_total: u64,
}

impl Newest {
    /// Adds the tail of a batch of `n_sent` rows.
    fn push(&mut self, batch: Batch, n_sent: usize, max_bytes: usize) {
        self.n_total += n_sent as u64;
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

    /// A gauge of what nobody looks at: it counts, and keeps no rows.
    pub(super) fn hidden(edge: Arc<EdgeType>, n_senders: usize) -> EdgeGauge {
        EdgeGauge { newest: Vec::new(), ..EdgeGauge::new(edge, n_senders) }
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
        let Some(newest) = self.newest.get(subtask) else { return };
        let n_rows = batch.n_rows();
        let mut tail = batch.slice(n_rows.saturating_sub(PREVIEW_ROWS)..n_rows);
        if tail.positions().n_held() > PREVIEW_HELD * tail.n_rows()
            && let Ok(own) = tail.detached()
        {
            tail = own;
        }
        let max_bytes = PREVIEW_BYTES / self.newest.len();
        newest.lock().unwrap_or_else(PoisonError::into_inner).push(tail, n_rows, max_bytes);
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

    /// The newest rows.
    pub(super) fn newest(&self) -> NewestRows {
        let mut rows = NewestRows { edge_type: Arc::clone(&self.edge), batches: Vec::new(), n_total: 0 };
        for newest in &self.newest {
            let newest = newest.lock().unwrap_or_else(PoisonError::into_inner);
            rows.n_total += newest.n_total;
            rows.batches.extend(newest.batches.iter().map(|(batch, _)| batch.clone()));
        }
        rows
    }

    /// How many rows are known of, of which [`EdgeGauge::newest`] gives the last.
    pub(super) fn n_noted(&self) -> u64 {
        let of_subtask =
            |newest: &Mutex<Newest>| newest.lock().unwrap_or_else(PoisonError::into_inner).n_total;
        self.newest.iter().map(of_subtask).sum()
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

    fn edge() -> Arc<EdgeType> {
        Arc::new(EdgeType::append(Schema::new(vec![Field::nullable("v", DataType::BigInt)])))
    }

    /// So many rows whose offsets, which are their values, begin with `first`.
    fn rows(edge: &Arc<EdgeType>, first: u64, n_rows: usize) -> Batch {
        let values: Vec<i64> = (0..n_rows).map(|row| first as i64 + row as i64).collect();
        let frame =
            DataFrame::new(n_rows, vec![Series::new("v".into(), values).into_column()]).expect("one column");
        let arrivals = vec![0; n_rows].into();
        let positions = Positions::all(Origins::Run { source: 0, split: 0, first_offset: first, arrivals });
        let frontier = positions.last().expect("some rows").with_all_it_causes();
        Batch::new(frame, Arc::clone(edge), positions, Progress::flat(Watermark::NONE, frontier))
    }

    #[test]
    fn the_newest_rows_say_their_numbers_however_busily_rows_are_sent() {
        const N_BATCHES: u64 = 4_000;
        let gauge = EdgeGauge::new(edge(), 1);
        let mut n_looks = 0;
        std::thread::scope(|scope| {
            let sender = scope.spawn(|| {
                let mut first = 0;
                for batch in 0..N_BATCHES {
                    let n_rows = 1 + (batch % 7) as usize;
                    gauge.passes(0, &StreamElement::Batch(rows(&gauge.edge, first, n_rows)));
                    first += n_rows as u64;
                }
                first
            });
            let mut is_over = false;
            while !is_over {
                is_over = sender.is_finished();
                let newest = gauge.newest();
                let n_kept: usize = newest.batches.iter().map(Batch::n_rows).sum();
                let offset = |batch: Option<&Batch>, last: bool| {
                    batch.map(|batch| batch.positions().at(if last { batch.n_rows() - 1 } else { 0 }).offset)
                };
                assert_eq!(offset(newest.batches.last(), true).map_or(0, |last| last + 1), newest.n_total);
                let first = newest.n_total - n_kept as u64;
                assert_eq!(offset(newest.batches.first(), false).unwrap_or(0), first);
                assert!(gauge.n_noted() >= newest.n_total);
                n_looks += 1;
            }
            let n_sent = sender.join().expect("it sends");
            assert_eq!((gauge.newest().n_total, gauge.n_noted()), (n_sent, n_sent), "the last stay unseen");
        });
        assert!(n_looks > 1, "nobody looked while rows were sent");
    }

    #[test]
    fn a_few_rows_in_a_preview_do_not_hold_the_batches_that_they_were_cut_from() {
        let gauge = EdgeGauge::new(edge(), 1);
        for first in 0..50 {
            let batch = rows(&gauge.edge, first * 10_000, 10_000);
            gauge.passes(0, &StreamElement::Batch(batch.slice(7..12)));
        }
        let newest = gauge.newest().batches;
        let held: usize = newest.iter().map(|batch| batch.positions().n_held()).sum();
        assert_eq!(newest.iter().map(Batch::n_rows).sum::<usize>(), 250);
        assert!(held <= PREVIEW_HELD * 250, "{held} rows are held for 250");
        let last = newest.last().expect("fifty of them");
        assert_eq!(last.positions().at(4).offset, 490_011);
        assert_eq!(last.column(0).get(4).expect("five rows"), polars::prelude::AnyValue::Int64(490_011));
    }
}
