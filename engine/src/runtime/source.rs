//! The task of a source: reads its splits in arrival order, at the pace of the replay, and pushes rows into its chain.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use super::chain::{Chain, Stop};
use super::decode::DecodePool;
use super::lookahead::{first_arrival, just_before};
use super::rejected_limit::RejectedLimit;
use super::replay::{Grant, Replay};
use super::split::SplitCursor;
use crate::data::{Batch, EdgeType, KeyEncoder, Position, PositionMerge, Progress, StreamElement};
use crate::error::{EngineError, Result};
use crate::ids::NodeId;
use crate::node::{NodeCounters, SourcePlan};
use crate::time::Watermark;
use polars::prelude::DataFrame;

/// A source and the operators chained to it.
pub(super) struct SourceTask {
    pub(super) node: NodeId,
    /// The source's number among the sources of the job, which positions carry.
    pub(super) number: usize,
    pub(super) plan: SourcePlan,
    pub(super) chain: Chain,
    pub(super) pool: DecodePool,
    pub(super) replay: Arc<Replay>,
    pub(super) batch_rows: usize,
    /// When the last row arrived that was given out and has a time.
    pub(super) last_arrival: Option<i64>,
}

/// The numbers of the output ports of every source.
const OUT: usize = 0;
const REJECTED: usize = 1;

impl SourceTask {
    /// Reads to the end, or until the job is stopped, and gives the chain back.
    pub(super) fn run(mut self) -> Result<Chain, Stop> {
        let result = self.read_all();
        self.replay.finish(self.number, self.last_arrival);
        match result {
            Ok(()) => Ok(self.chain),
            Err(Stop::Failed(error)) => Err(Stop::Failed(error.at(&self.node))),
            Err(Stop::Cancelled) => Err(Stop::Cancelled),
        }
    }

    fn read_all(&mut self) -> Result<(), Stop> {
        let started = Instant::now();
        let mut reading = Reading::start(self)?;
        self.chain.gauge(0).add_busy(started.elapsed());
        let mut lanes = self.plan.partition.map(|idx| {
            let data_type = self.plan.decoded.fields()[idx].data_type.clone();
            PartitionLanes { encoder: KeyEncoder::new(vec![(idx, data_type)]), numbers: HashMap::new() }
        });
        let mut frontier = Position::MIN;
        let mut limit = Some(RejectedLimit::new(self.plan.max_rejected_percent));
        loop {
            let started = Instant::now();
            let next = reading.next(self)?;
            self.chain.gauge(0).add_busy(started.elapsed());
            let (rows, rejected) = match next {
                Some((StreamElement::Batch(rows), rejected)) => (rows, rejected),
                Some((StreamElement::Progress(progress), rejected)) => {
                    (Batch::empty(Arc::clone(&reading.decoded_edge), progress), rejected)
                }
                Some((end @ StreamElement::End(_), _)) => {
                    reading.check_given_out(self.chain.gauge(0).counters.account().rows_in)?;
                    self.chain.give_out(0, OUT, &end)?;
                    return self.chain.give_out(0, REJECTED, &end);
                }
                None => return Err(Stop::Failed(EngineError::internal("a source neither goes on nor ends"))),
            };
            let rejected = match rejected {
                StreamElement::Batch(rejected) => rejected,
                other => {
                    Batch::empty(Arc::clone(&self.chain.port(0, REJECTED).edge), other.progress().clone())
                }
            };
            let rows = match &mut lanes {
                Some(lanes) => lanes.assign(rows).map_err(Stop::Failed)?,
                None => rows,
            };
            let Some(exceeded) = limit.as_mut().and_then(|limit| limit.exceeded(&rows, &rejected)) else {
                self.emit(rows, rejected, &mut frontier)?;
                continue;
            };
            limit = None;
            let (rows, rows_later) = rows.split_at(exceeded.at);
            let (rejected, rejected_later) = rejected.split_at(exceeded.at);
            self.emit(rows, rejected, &mut frontier)?;
            self.replay.pause(Some(exceeded.reason(&self.node, self.plan.max_rejected_percent)));
            // Also at the very end: a run with so many bad records is not finished before somebody has said so.
            self.replay.wait_until_resumed()?;
            self.emit(rows_later, rejected_later, &mut frontier)?;
        }
    }

    /// Gives out rows and rejected records as the replay lets them through.
    fn emit(&mut self, mut rows: Batch, mut rejected: Batch, frontier: &mut Position) -> Result<(), Stop> {
        loop {
            let first = |batch: &Batch| (!batch.is_empty()).then(|| batch.positions().at(0));
            let Some(next) = [first(&rows), first(&rejected)].into_iter().flatten().min() else {
                // Nothing but progress.
                return self.give_out(&rows, rejected, frontier);
            };
            let n_rows = rows.n_rows() + rejected.n_rows();
            let mut grant = self.replay.try_grant(self.number, next, n_rows);
            if grant == Grant::Wait {
                self.announce(next, frontier)?;
                grant = self.replay.grant(self.number, next, n_rows);
            }
            let (limit, is_step) = match grant {
                Grant::Rows { up_to, max_rows, is_step } => {
                    (up_to.min(nth_position(&rows, &rejected, max_rows)), is_step)
                }
                Grant::Cancelled | Grant::Wait => return Err(Stop::Cancelled),
            };
            if limit >= rows.progress().frontier {
                if is_step {
                    self.replay.has_read(n_rows);
                }
                return self.give_out(&rows, rejected, frontier);
            }
            let (rows_now, rows_later) = rows.split_at(limit);
            let (rejected_now, rejected_later) = rejected.split_at(limit);
            let n_read = rows_now.n_rows() + rejected_now.n_rows();
            if is_step {
                self.replay.has_read(n_read);
            }
            self.give_out(&rows_now, rejected_now, frontier)?;
            (rows, rejected) = (rows_later, rejected_later);
        }
    }

    /// Before waiting: tells everybody downstream that nothing before `next` will come, so that they need not wait too.
    fn announce(&mut self, next: Position, frontier: &mut Position) -> Result<(), Stop> {
        let before = Position::just_before(next.arrival_millis, next.source, next.split, next.offset);
        if next.arrival_millis == i64::MIN || before <= *frontier {
            return Ok(());
        }
        *frontier = before;
        let progress = StreamElement::Progress(Progress::flat(Watermark::NONE, before));
        self.chain.give_out(0, OUT, &progress)?;
        self.chain.give_out(0, REJECTED, &progress)
    }

    fn give_out(&mut self, rows: &Batch, rejected: Batch, frontier: &mut Position) -> Result<(), Stop> {
        *frontier = rows.progress().frontier.max(*frontier);
        let last = rows.positions().last().max(rejected.positions().last());
        let last = last.map(|last| last.arrival_millis).filter(|millis| *millis != i64::MIN);
        self.last_arrival = self.last_arrival.max(last);
        let counters = &self.chain.gauge(0).counters;
        NodeCounters::add(&counters.rows_in, rows.n_rows() + rejected.n_rows());
        let edge = Arc::clone(&self.chain.port(0, OUT).edge);
        let n_columns = edge.schema.n_columns();
        let columns = rows.frame().columns()[..n_columns].to_vec();
        let frame = DataFrame::new(rows.n_rows(), columns).map_err(|error| Stop::Failed(error.into()))?;
        let rows = rows.with_columns(frame, edge);
        NodeCounters::add(&counters.used, rows.n_rows());
        NodeCounters::add(&counters.rejected, rejected.n_rows());
        self.chain.give_out(0, OUT, &StreamElement::Batch(rows))?;
        let rejected = if rejected.is_empty() {
            StreamElement::Progress(rejected.progress().clone())
        } else {
            StreamElement::Batch(rejected)
        };
        self.chain.give_out(0, REJECTED, &rejected)
    }
}

/// The position of the `n`-th of the records of both batches together, in their order.
fn nth_position(rows: &Batch, rejected: &Batch, n: usize) -> Position {
    if n >= rows.n_rows() + rejected.n_rows() {
        return Position::MAX;
    }
    let (mut row, mut line) = (0, 0);
    let mut last = Position::MIN;
    for _ in 0..n {
        let of_rows = (row < rows.n_rows()).then(|| rows.positions().at(row));
        let of_rejected = (line < rejected.n_rows()).then(|| rejected.positions().at(line));
        match (of_rows, of_rejected) {
            (Some(a), b) if b.is_none_or(|b| a < b) => {
                row += 1;
                last = a;
            }
            (_, Some(b)) => {
                line += 1;
                last = b;
            }
            (_, None) => break,
        }
    }
    last.with_all_it_causes()
}

/// The splits of a source, merged in arrival order.
struct Reading {
    decoded_edge: Arc<EdgeType>,
    // Those without records are gone at once, the others at their end.
    splits: Vec<Option<SplitCursor>>,
    // Those whose files are open.
    open: Vec<usize>,
    // Of the splits that have ended, as their decoders counted them.
    n_records: u64,
    rows: PositionMerge,
    rejected: PositionMerge,
}

impl Reading {
    /// Looks into every split, one after another, and opens none to stay.
    fn start(task: &mut SourceTask) -> Result<Reading, Stop> {
        let splits = task.plan.source.splits().map_err(Stop::Failed)?;
        let decoded_edge = Arc::new(EdgeType::append(task.plan.decoded.as_ref().clone()));
        let rejected_edge = Arc::clone(&task.chain.port(0, REJECTED).edge);
        let source = task.number as u32;
        let mut reading = Reading {
            rows: PositionMerge::new(splits.len(), Arc::clone(&decoded_edge)),
            rejected: PositionMerge::new(splits.len(), Arc::clone(&rejected_edge)),
            splits: Vec::with_capacity(splits.len()),
            open: Vec::new(),
            n_records: 0,
            decoded_edge,
        };
        for (idx, split) in splits.into_iter().enumerate() {
            task.replay.check_cancelled()?;
            let Some(first_arrival) = first_arrival(&task.plan, &split).map_err(Stop::Failed)? else {
                reading.splits.push(None);
                let nothing = Position::MIN.with_all_it_causes();
                reading.push(idx, |progress| StreamElement::End(progress.ended()), nothing);
                continue;
            };
            if let Some(before) = just_before(first_arrival, source, split.number) {
                reading.push(idx, StreamElement::Progress, before);
            }
            let (decoded, rejected) = (Arc::clone(&reading.decoded_edge), Arc::clone(&rejected_edge));
            let plan = task.plan.clone();
            let cursor = SplitCursor::new(plan, decoded, rejected, source, split, first_arrival);
            reading.splits.push(Some(cursor));
        }
        Ok(reading)
    }

    fn push(&mut self, idx: usize, element: impl Fn(Progress) -> StreamElement, frontier: Position) {
        self.rows.push(idx, element(Progress::flat(Watermark::NONE, frontier)));
        self.rejected.push(idx, element(Progress::flat(Watermark::NONE, frontier)));
    }

    /// The next rows and rejected records, which have come equally far.
    fn next(&mut self, task: &mut SourceTask) -> Result<Option<(StreamElement, StreamElement)>, Stop> {
        loop {
            let rows = self.rows.next_element().map_err(Stop::Failed)?;
            let rejected = self.rejected.next_element().map_err(Stop::Failed)?;
            match (rows, rejected) {
                (Some(rows), Some(rejected)) => return Ok(Some((rows, rejected))),
                (None, None) => {}
                _ => return Err(Stop::Failed(EngineError::internal("rows and rejected records came apart"))),
            }
            let Some(idx) = self.rows.wanted() else { return Ok(None) };
            self.read(idx, task)?;
        }
    }

    /// Counts split `idx` among the open ones. Where those are too many, the one that has come furthest is closed: its next rows are
    /// wanted last.
    fn make_room_for(&mut self, idx: usize) {
        if self.open.contains(&idx) {
            return;
        }
        if self.open.len() >= MAX_OPEN
            && let Some(furthest) = (0..self.open.len()).max_by_key(|at| self.rows.delivered(self.open[*at]))
        {
            let split = self.open.swap_remove(furthest);
            if let Some(cursor) = &mut self.splits[split] {
                cursor.close();
            }
        }
        self.open.push(idx);
    }

    /// The conservation law of a source that has ended: what was given out are all records of its splits.
    fn check_given_out(&self, n_given_out: u64) -> Result<(), Stop> {
        let n_records = self.n_records;
        if n_given_out == n_records {
            return Ok(());
        }
        let law = format!("{n_records} records read, but {n_given_out} given out");
        Err(Stop::Failed(EngineError::internal("the records of the source do not add up").because(law)))
    }

    fn read(&mut self, idx: usize, task: &mut SourceTask) -> Result<(), Stop> {
        self.make_room_for(idx);
        // What is read ahead is shared among the open files, unless some have to be opened again and again for it.
        let n_sharing = if self.splits.len() <= MAX_OPEN { self.open.len() } else { 1 };
        let n_rows = (task.batch_rows / n_sharing).max(MIN_BLOCK_ROWS).min(task.batch_rows);
        let n_ahead = (task.pool.n_threads() + 1) / self.open.len();
        let next = match &mut self.splits[idx] {
            Some(split) => split.next(&task.pool, n_rows, n_ahead).map_err(Stop::Failed)?,
            None => None,
        };
        if !self.splits[idx].as_ref().is_some_and(SplitCursor::is_open) {
            self.open.retain(|open| *open != idx);
        }
        let Some((block, is_last)) = next else {
            let what = "a file had records when the run began and has none now";
            return Err(Stop::Failed(EngineError::data(what)));
        };
        self.rows.push(idx, StreamElement::Batch(block.rows));
        self.rejected.push(idx, StreamElement::Batch(block.rejected));
        if is_last {
            task.chain.split_ends(block.last, block.last.split);
            self.splits[idx] = None;
            self.n_records += block.last.offset + 1;
            self.push(idx, |progress| StreamElement::End(progress.ended()), block.last.with_all_it_causes());
        }
        Ok(())
    }
}

/// How many files of a source are open at once.
const MAX_OPEN: usize = 64;
/// Blocks of fewer rows are not worth while, however many files are read in turn.
const MIN_BLOCK_ROWS: usize = 1024;

/// Numbers the values of a partition column, in order of appearance; each split has partitions of its own.
struct PartitionLanes {
    encoder: KeyEncoder,
    // By split number and canonical key.
    numbers: HashMap<Vec<u8>, u32>,
}

impl PartitionLanes {
    fn assign(&mut self, rows: Batch) -> Result<Batch> {
        let mut lanes = Vec::with_capacity(rows.n_rows());
        let numbers = &mut self.numbers;
        let mut name = Vec::new();
        self.encoder.for_each(rows.frame(), |row, key| {
            name.clear();
            name.extend_from_slice(&rows.positions().at(row).split.to_be_bytes());
            name.extend_from_slice(key);
            let lane = numbers.get(&name).copied().unwrap_or_else(|| {
                let next = numbers.len() as u32;
                numbers.insert(name.clone(), next);
                next
            });
            lanes.push(lane);
        })?;
        Ok(rows.with_lanes(Some(lanes.into())))
    }
}
