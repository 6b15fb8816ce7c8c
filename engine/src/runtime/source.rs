//! The task of a source: reads its splits in arrival order, at the pace of the replay, and pushes rows into its chain.

use std::sync::Arc;
use std::time::Instant;

use super::chain::{Chain, Stop};
use super::decode::DecodePool;
use super::reading::{Next, Reading};
use super::rejected_limit::RejectedLimit;
use super::replay::{Grant, Replay};
use crate::data::{Batch, Position, Progress, StreamElement};
use crate::error::Result;
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
        let replay = Arc::clone(&self.replay);
        let (source, pool) = (self.number as u32, self.pool.clone());
        let mut reading =
            Reading::start(&self.plan, source, pool, self.batch_rows, || replay.check_cancelled())?;
        self.chain.gauge(0).add_busy(started.elapsed());
        let mut frontier = Position::MIN;
        let mut limit = Some(RejectedLimit::new(self.plan.max_rejected_percent));
        loop {
            let started = Instant::now();
            let next = reading.next(|last| self.chain.split_ends(last, last.split))?;
            self.chain.gauge(0).add_busy(started.elapsed());
            NodeCounters::add(&self.chain.gauge(0).counters.pruned, reading.take_n_pruned() as usize);
            let (rows, rejected) = match next {
                Next::Records { rows, rejected } => (rows, rejected),
                Next::End(end) => {
                    reading.check_given_out(self.chain.gauge(0).counters.account().rows_in)?;
                    self.chain.give_out(0, OUT, &end)?;
                    return self.chain.give_out(0, REJECTED, &end);
                }
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
