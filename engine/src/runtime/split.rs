//! One split of a source: decoded rows become rows with positions, and records that are no rows become rejected rows.

use std::sync::Arc;

use polars::prelude::{Column, DataFrame, Int64Chunked};

use super::decode::{DecodeAhead, DecodePool};
use crate::data::{Batch, EdgeType, Origins, Position, Positions, Progress, Value};
use crate::error::{EngineError, Result};
use crate::node::{Decoded, Rejected, SourcePlan, Split, SplitOffset, rejected_frame};
use crate::time::{BoundedOutOfOrderness, DEFAULT_FUTURE_SKEW_MILLIS, Watermark};

/// Reads one split and says where each row stands in the arrival order.
pub(super) struct SplitCursor {
    plan: SourcePlan,
    decoded_edge: Arc<EdgeType>,
    rejected_edge: Arc<EdgeType>,
    source: u32,
    split: Split,
    reader: Option<DecodeAhead>,
    // Where the split goes on; records before the next block.
    offset: SplitOffset,
    arrival: Arrival,
    // One block is read ahead, so that a split's last block is known to be its last.
    ahead: Option<Block>,
}

/// Consecutive records of a split.
pub(super) struct Block {
    /// The rows, with every decoded column.
    pub(super) rows: Batch,
    /// The records that are no rows.
    pub(super) rejected: Batch,
    /// The position of the block's last record.
    pub(super) last: Position,
}

/// When rows arrive: by a column, by the progress of event time, or before everything where there is neither.
enum Arrival {
    Column { idx: usize, latest: i64 },
    Progress { strategy: BoundedOutOfOrderness },
    Unknown,
}

impl SplitCursor {
    pub(super) fn new(
        plan: SourcePlan,
        decoded_edge: Arc<EdgeType>,
        rejected_edge: Arc<EdgeType>,
        source: u32,
        split: Split,
    ) -> SplitCursor {
        let arrival = match (plan.arrival_time, plan.event_time) {
            (Some(idx), _) => Arrival::Column { idx, latest: i64::MIN },
            (None, Some(_)) => {
                Arrival::Progress { strategy: BoundedOutOfOrderness::new(0, DEFAULT_FUTURE_SKEW_MILLIS) }
            }
            (None, None) => Arrival::Unknown,
        };
        SplitCursor {
            plan,
            decoded_edge,
            rejected_edge,
            source,
            split,
            reader: None,
            offset: SplitOffset::START,
            arrival,
            ahead: None,
        }
    }

    /// Reads the first block, and closes the split again until the block is wanted, so that few files are open at once. Answers
    /// where its first record stands; `None` if it has none.
    pub(super) fn peek(&mut self, pool: &DecodePool, n_rows: usize) -> Result<Option<Position>> {
        self.ahead = self.read_block(pool, n_rows)?;
        self.reader = None;
        Ok(self.ahead.as_ref().and_then(Block::first))
    }

    /// The next block, and whether it is the split's last; `None` after that.
    pub(super) fn next(&mut self, pool: &DecodePool, n_rows: usize) -> Result<Option<(Block, bool)>> {
        let Some(block) = self.ahead.take() else { return Ok(None) };
        self.ahead = self.read_block(pool, n_rows)?;
        let is_last = self.ahead.is_none();
        if is_last {
            self.reader = None;
        }
        Ok(Some((block, is_last)))
    }

    /// Reads on until there is something, or the split ends.
    fn read_block(&mut self, pool: &DecodePool, n_rows: usize) -> Result<Option<Block>> {
        if self.reader.is_none() {
            let reader = self.plan.source.open(&self.split, self.offset)?;
            self.reader = Some(DecodeAhead::new(pool.clone(), reader, n_rows));
        }
        let Some(reader) = &mut self.reader else { return Ok(None) };
        loop {
            let Some(decoded) = reader.next()? else { return Ok(None) };
            if decoded.n_records > 0 {
                return self.position(decoded).map(Some);
            }
        }
    }

    fn position(&mut self, mut decoded: Decoded) -> Result<Block> {
        let numbers: Vec<u64> = decoded.record_numbers().collect();
        if numbers.len() != decoded.frame.height() {
            return Err(EngineError::internal("a source decoded more or fewer rows than it counted"));
        }
        let event_times = self.plan.event_time.map(|idx| times(&decoded.frame, idx)).transpose()?;
        let arrival_times = match &self.arrival {
            Arrival::Column { idx, .. } => Some(times(&decoded.frame, *idx)?),
            _ => None,
        };
        let first_offset = self.offset.records;
        self.offset = SplitOffset { records: first_offset + decoded.n_records, cursor: decoded.next_cursor };

        let mut arrivals = Vec::with_capacity(numbers.len());
        let mut kept: Vec<u32> = Vec::with_capacity(numbers.len());
        let mut lines: Vec<(Position, Rejected)> = Vec::new();
        let mut unread = decoded.rejected.drain(..).peekable();
        for (row, number) in numbers.iter().enumerate() {
            while let Some(rejected) = unread.next_if(|rejected| rejected.record < *number) {
                lines.push((self.at(self.arrival.latest(), first_offset + rejected.record), rejected));
            }
            let event_time = event_times.as_ref().map(|times| times.get(row));
            let arrival_time = arrival_times.as_ref().map(|times| times.get(row));
            let reason = match (event_time, arrival_time) {
                (_, Some(None)) => "it has no arrival time",
                (Some(None), _) => "it has no event time",
                _ => {
                    arrivals.push(self.arrival.observe(event_time.flatten(), arrival_time.flatten()));
                    kept.push(row as u32);
                    continue;
                }
            };
            let offset = first_offset + number;
            let raw = self.render(&decoded.frame, row);
            let rejected =
                Rejected { record: *number, offset, line: 0, column: None, reason: reason.to_owned(), raw };
            lines.push((self.at(self.arrival.latest(), offset), rejected));
        }
        for rejected in unread {
            lines.push((self.at(self.arrival.latest(), first_offset + rejected.record), rejected));
        }

        let origins = if lines.is_empty() {
            Origins::Run {
                source: self.source,
                split: self.split.number,
                first_offset,
                arrivals: arrivals.into(),
            }
        } else {
            let offsets = kept.iter().map(|row| first_offset + numbers[*row as usize]);
            Origins::Each(
                arrivals.into_iter().zip(offsets).map(|(arrival, offset)| self.at(arrival, offset)).collect(),
            )
        };
        let frame = if kept.len() == numbers.len() {
            decoded.frame
        } else {
            crate::data::take(&decoded.frame, &kept)?
        };
        let last = self.at(self.arrival.latest(), self.offset.records - 1);
        let progress = Progress::flat(Watermark::NONE, last.with_all_it_causes());
        let rows =
            Batch::new(frame, Arc::clone(&self.decoded_edge), Positions::all(origins), progress.clone());
        let rejected = self.rejected_rows(lines, progress)?;
        Ok(Block { rows, rejected, last })
    }

    /// A row that cannot stand where it should, shown as the values that were read of it.
    fn render(&self, frame: &DataFrame, row: usize) -> Vec<u8> {
        let fields = self.plan.decoded.fields();
        let values: Vec<String> = frame
            .columns()
            .iter()
            .zip(fields)
            .map(|(column, field)| format!("{}={}", field.name, Value::at(column, &field.data_type, row)))
            .collect();
        let mut raw = values.join(", ").into_bytes();
        raw.truncate(4096);
        raw
    }

    fn rejected_rows(&self, lines: Vec<(Position, Rejected)>, progress: Progress) -> Result<Batch> {
        if lines.is_empty() {
            return Ok(Batch::empty(Arc::clone(&self.rejected_edge), progress));
        }
        let (positions, lines): (Vec<Position>, Vec<Rejected>) = lines.into_iter().unzip();
        let frame = rejected_frame(&self.split.name, &lines)?;
        Ok(Batch::new(frame, Arc::clone(&self.rejected_edge), Positions::each(positions), progress))
    }

    fn at(&self, arrival_millis: i64, offset: u64) -> Position {
        Position { arrival_millis, source: self.source, split: self.split.number, offset, sub: i64::MIN }
    }

    /// How many records have been read, rows or not.
    pub(super) fn n_records(&self) -> u64 {
        self.offset.records
    }

    pub(super) fn split(&self) -> &Split {
        &self.split
    }
}

impl Block {
    /// Where the first record stands, row or not.
    fn first(&self) -> Option<Position> {
        [&self.rows, &self.rejected]
            .iter()
            .filter(|batch| !batch.is_empty())
            .map(|batch| batch.positions().at(0))
            .min()
    }
}

impl Arrival {
    /// The arrival time of a row with these times, never less than the one before.
    fn observe(&mut self, event_time: Option<i64>, arrival_time: Option<i64>) -> i64 {
        match self {
            Arrival::Column { latest, .. } => {
                *latest = arrival_time.unwrap_or(i64::MIN).max(*latest);
                *latest
            }
            Arrival::Progress { strategy } => {
                if let Some(event_time) = event_time {
                    strategy.observe(event_time);
                }
                strategy.max_timestamp().unwrap_or(i64::MIN)
            }
            Arrival::Unknown => i64::MIN,
        }
    }

    fn latest(&self) -> i64 {
        match self {
            Arrival::Column { latest, .. } => *latest,
            Arrival::Progress { strategy } => strategy.max_timestamp().unwrap_or(i64::MIN),
            Arrival::Unknown => i64::MIN,
        }
    }
}

/// The times of a decoded column, in milliseconds.
fn times(frame: &DataFrame, idx: usize) -> Result<Int64Chunked> {
    let column: &Column = &frame.columns()[idx];
    let physical = column.as_materialized_series().to_physical_repr();
    physical.i64().cloned().map_err(EngineError::from)
}
