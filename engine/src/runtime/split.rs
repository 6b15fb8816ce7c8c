//! One split of a source: decoded rows become rows with positions, and records that are no rows become rejected rows.

use std::sync::Arc;

use polars::prelude::{DataFrame, Int64Chunked};

use super::decode::{DecodeAhead, DecodePool};
use super::lookahead::Lookahead;
use crate::data::{Batch, EdgeType, Origins, Position, Positions, Progress, Value};
use crate::error::{EngineError, Result};
use crate::node::{Decoded, Rejected, SourcePlan, Split, SplitOffset, rejected_frame};
use crate::time::{FutureSkewGuard, Watermark};

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
    lookahead: Lookahead,
    started: bool,
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
///
/// What comes before the first row that says so arrives with it.
enum Arrival {
    Column { idx: usize, latest: i64 },
    Progress { idx: usize, guard: FutureSkewGuard, first: i64 },
    Unknown,
}

impl SplitCursor {
    pub(super) fn new(
        plan: SourcePlan,
        decoded_edge: Arc<EdgeType>,
        rejected_edge: Arc<EdgeType>,
        source: u32,
        split: Split,
        lookahead: Lookahead,
    ) -> SplitCursor {
        let first = lookahead.first_arrival;
        let arrival = match (plan.arrival_time, plan.progress) {
            (Some(idx), _) => Arrival::Column { idx, latest: first },
            (None, Some(progress)) => Arrival::Progress {
                idx: progress.column,
                guard: FutureSkewGuard::new(progress.max_future_skew_millis),
                first,
            },
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
            lookahead,
            started: false,
            ahead: None,
        }
    }

    /// The next block, and whether it is the split's last; `None` after that. The file is opened by the first call.
    pub(super) fn next(&mut self, pool: &DecodePool, n_rows: usize) -> Result<Option<(Block, bool)>> {
        if !std::mem::replace(&mut self.started, true) {
            let reader = self.plan.source.open(&self.split, self.offset)?;
            self.reader = Some(DecodeAhead::new(pool.clone(), reader, n_rows));
            self.ahead = self.read_block()?;
        }
        let Some(block) = self.ahead.take() else { return Ok(None) };
        self.ahead = self.read_block()?;
        let is_last = self.ahead.is_none();
        if is_last {
            self.reader = None;
        }
        Ok(Some((block, is_last)))
    }

    /// Reads on until there is something, or the split ends.
    fn read_block(&mut self) -> Result<Option<Block>> {
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
            Arrival::Column { idx, .. } | Arrival::Progress { idx, .. } => Some(times(&decoded.frame, *idx)?),
            Arrival::Unknown => None,
        };
        let needs_arrival = matches!(self.arrival, Arrival::Column { .. });
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
            let offset = first_offset + number;
            let arrival_time = arrival_times.as_ref().and_then(|times| times.get(row));
            let reason = if needs_arrival && arrival_time.is_none() {
                "it has no arrival time"
            } else if event_times.as_ref().is_some_and(|times| times.get(row).is_none()) {
                "it has no event time"
            } else {
                let is_doubted = self.lookahead.doubted == Some(offset);
                arrivals.push(self.arrival.observe(arrival_time.filter(|_| needs_arrival || !is_doubted)));
                kept.push(row as u32);
                continue;
            };
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
}

impl Arrival {
    /// The arrival time of a row with this time in the column, never less than the one before.
    fn observe(&mut self, time: Option<i64>) -> i64 {
        match (&mut *self, time) {
            (Arrival::Column { latest, .. }, Some(time)) => *latest = time.max(*latest),
            (Arrival::Progress { guard, .. }, Some(time)) => {
                guard.admit(time);
            }
            _ => {}
        }
        self.latest()
    }

    fn latest(&self) -> i64 {
        match self {
            Arrival::Column { latest, .. } => *latest,
            Arrival::Progress { guard, first, .. } => guard.max_timestamp().unwrap_or(*first),
            Arrival::Unknown => i64::MIN,
        }
    }
}

/// The times of a decoded column, in milliseconds.
pub(super) fn times(frame: &DataFrame, idx: usize) -> Result<Int64Chunked> {
    let physical = frame.columns()[idx].as_materialized_series().to_physical_repr();
    physical.i64().cloned().map_err(EngineError::from)
}
