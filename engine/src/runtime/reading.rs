//! The splits of a source as one stream: read a few at a time, and merged in arrival order.

use std::collections::HashMap;
use std::sync::Arc;

use super::chain::Stop;
use super::decode::DecodePool;
use super::lookahead::{first_arrival, just_before};
use super::split::SplitCursor;
use crate::data::{Batch, EdgeType, KeyEncoder, Position, PositionMerge, Progress, StreamElement};
use crate::error::{EngineError, Result};
use crate::node::{SourcePlan, rejected_schema};
use crate::sync::Cancelled;
use crate::time::Watermark;

/// The splits of a source, merged in arrival order.
pub(super) struct Reading {
    source: u32,
    pool: DecodePool,
    batch_rows: usize,
    decoded_edge: Arc<EdgeType>,
    rejected_edge: Arc<EdgeType>,
    // Those without records are gone at once, the others at their end.
    splits: Vec<Option<SplitCursor>>,
    // Those whose files are open.
    open: Vec<usize>,
    // Of the splits that have ended, as their decoders counted them.
    n_records: u64,
    // Since they were last asked for.
    n_pruned: u64,
    rows: PositionMerge,
    rejected: PositionMerge,
    lanes: Option<PartitionLanes>,
}

/// What comes next of a source.
#[expect(clippy::large_enum_variant, reason = "there is one at a time, and it is taken apart at once")]
pub(super) enum Next {
    /// Rows and rejected records, which have come equally far. Either may be only progress.
    Records { rows: Batch, rejected: Batch },
    /// Nothing any more.
    End(StreamElement),
}

impl Reading {
    /// Looks into every split, one after another, and opens none to stay. Asks `check_cancelled` in between whether to go on.
    pub(super) fn start(
        plan: &SourcePlan,
        source: u32,
        pool: DecodePool,
        batch_rows: usize,
        mut check_cancelled: impl FnMut() -> Result<(), Cancelled>,
    ) -> Result<Reading, Stop> {
        let splits = plan.source.splits().map_err(Stop::Failed)?;
        let decoded_edge = Arc::new(EdgeType::append(plan.decoded.as_ref().clone()));
        let rejected_edge = Arc::new(EdgeType::append(rejected_schema()));
        let lanes = plan.partition.map(|idx| {
            let data_type = plan.decoded.fields()[idx].data_type.clone();
            PartitionLanes { encoder: KeyEncoder::new(vec![(idx, data_type)]), numbers: HashMap::new() }
        });
        let mut reading = Reading {
            source,
            pool,
            batch_rows,
            lanes,
            rows: PositionMerge::new(splits.len(), Arc::clone(&decoded_edge)),
            rejected: PositionMerge::new(splits.len(), Arc::clone(&rejected_edge)),
            splits: Vec::with_capacity(splits.len()),
            open: Vec::new(),
            n_records: 0,
            n_pruned: 0,
            decoded_edge,
            rejected_edge,
        };
        for (idx, split) in splits.into_iter().enumerate() {
            check_cancelled()?;
            let Some(first_arrival) = first_arrival(plan, &split).map_err(Stop::Failed)? else {
                reading.splits.push(None);
                let nothing = Position::MIN.with_all_it_causes();
                reading.push(idx, |progress| StreamElement::End(progress.ended()), nothing);
                continue;
            };
            if let Some(before) = just_before(first_arrival, reading.source, split.number) {
                reading.push(idx, StreamElement::Progress, before);
            }
            let (decoded, rejected) = (Arc::clone(&reading.decoded_edge), Arc::clone(&reading.rejected_edge));
            let cursor = SplitCursor::new(plan.clone(), decoded, rejected, source, split, first_arrival);
            reading.splits.push(Some(cursor));
        }
        Ok(reading)
    }

    fn push(&mut self, idx: usize, element: impl Fn(Progress) -> StreamElement, frontier: Position) {
        self.rows.push(idx, element(Progress::flat(Watermark::NONE, frontier)));
        self.rejected.push(idx, element(Progress::flat(Watermark::NONE, frontier)));
    }

    /// The next rows and rejected records. Says of every split that ends, before its end is reached, where its last record stands.
    pub(super) fn next(&mut self, mut split_ends: impl FnMut(Position)) -> Result<Next, Stop> {
        loop {
            let rows = self.rows.next_element().map_err(Stop::Failed)?;
            let rejected = self.rejected.next_element().map_err(Stop::Failed)?;
            match (rows, rejected) {
                (Some(end @ StreamElement::End(_)), Some(_)) => return Ok(Next::End(end)),
                (Some(rows), Some(rejected)) => {
                    let rows = batch(rows, &self.decoded_edge);
                    let rows = match &mut self.lanes {
                        Some(lanes) => lanes.assign(rows).map_err(Stop::Failed)?,
                        None => rows,
                    };
                    return Ok(Next::Records { rows, rejected: batch(rejected, &self.rejected_edge) });
                }
                (None, None) => {}
                _ => return Err(Stop::Failed(EngineError::internal("rows and rejected records came apart"))),
            }
            let Some(idx) = self.rows.wanted() else {
                return Err(Stop::Failed(EngineError::internal("a source neither goes on nor ends")));
            };
            self.read(idx, &mut split_ends)?;
        }
    }

    /// How many records were [pruned](crate::node::Decoded::is_pruned) since this was last asked.
    pub(super) fn take_n_pruned(&mut self) -> u64 {
        std::mem::take(&mut self.n_pruned)
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
    pub(super) fn check_given_out(&self, n_given_out: u64) -> Result<(), Stop> {
        let n_records = self.n_records;
        if n_given_out == n_records {
            return Ok(());
        }
        let law = format!("{n_records} records read, but {n_given_out} given out");
        Err(Stop::Failed(EngineError::internal("the records of the source do not add up").because(law)))
    }

    fn read(&mut self, idx: usize, mut split_ends: impl FnMut(Position)) -> Result<(), Stop> {
        self.make_room_for(idx);
        // What is read ahead is shared among the open files, unless some have to be opened again and again for it.
        let n_sharing = if self.splits.len() <= MAX_OPEN { self.open.len() } else { 1 };
        let n_rows = (self.batch_rows / n_sharing).max(MIN_BLOCK_ROWS).min(self.batch_rows);
        let n_ahead = (self.pool.n_threads() + 1) / self.open.len();
        let next = match &mut self.splits[idx] {
            Some(split) => split.next(&self.pool, n_rows, n_ahead).map_err(Stop::Failed)?,
            None => None,
        };
        if !self.splits[idx].as_ref().is_some_and(SplitCursor::is_open) {
            self.open.retain(|open| *open != idx);
        }
        let Some((block, is_last)) = next else {
            let what = "a file had records when the run began and has none now";
            return Err(Stop::Failed(EngineError::data(what)));
        };
        self.n_pruned += block.n_pruned;
        self.rows.push(idx, StreamElement::Batch(block.rows));
        self.rejected.push(idx, StreamElement::Batch(block.rejected));
        if is_last {
            split_ends(block.last);
            self.splits[idx] = None;
            self.n_records += block.last.offset + 1;
            self.push(idx, |progress| StreamElement::End(progress.ended()), block.last.with_all_it_causes());
        }
        Ok(())
    }
}

/// An element as a batch, which may have no rows.
fn batch(element: StreamElement, edge: &Arc<EdgeType>) -> Batch {
    match element {
        StreamElement::Batch(batch) => batch,
        other => Batch::empty(Arc::clone(edge), other.progress().clone()),
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
