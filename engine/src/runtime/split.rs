//! One split of a source: decoded rows become rows with positions, and records that are no rows become rejected rows.

use std::sync::Arc;
use std::time::SystemTime;

use polars::prelude::{DataFrame, Int64Chunked};

use super::decode::{DecodeAhead, DecodePool};
use crate::data::{Batch, EdgeType, Origins, Position, Positions, Progress};
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
    // The file as it was when it was first opened.
    opened: Option<FileState>,
    // Where the split goes on; records before the next block.
    offset: SplitOffset,
    arrival: Arrival,
    // One block is read ahead, so that a split's last block is known to be its last.
    ahead: Option<Block>,
    is_exhausted: bool,
}

/// What tells a file from one that was written over it while it was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileState {
    length: u64,
    modified: Option<SystemTime>,
}

impl FileState {
    /// `None` where there is no file, but rows that are made.
    fn of(split: &Split) -> Result<Option<FileState>> {
        let Some(path) = &split.path else { return Ok(None) };
        let metadata = std::fs::metadata(path).map_err(|error| {
            EngineError::machine(format!("`{}` cannot be read", split.name)).because(error)
        })?;
        Ok(Some(FileState { length: metadata.len(), modified: metadata.modified().ok() }))
    }
}

/// Consecutive records of a split.
pub(super) struct Block {
    /// The rows, with every decoded column.
    pub(super) rows: Batch,
    /// The records that are no rows.
    pub(super) rejected: Batch,
    /// The position of the block's last record.
    pub(super) last: Position,
    /// How many of the records were [pruned](Decoded::is_pruned).
    pub(super) n_pruned: u64,
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
    /// A split whose first record arrives at `first_arrival`.
    pub(super) fn new(
        plan: SourcePlan,
        decoded_edge: Arc<EdgeType>,
        rejected_edge: Arc<EdgeType>,
        source: u32,
        split: Split,
        first_arrival: i64,
    ) -> SplitCursor {
        let arrival = match (plan.arrival_time, plan.progress) {
            (Some(idx), _) => Arrival::Column { idx, latest: first_arrival },
            (None, Some(progress)) => {
                let guard = FutureSkewGuard::new(progress.max_future_skew_millis);
                let known = (first_arrival != i64::MIN).then_some(first_arrival);
                Arrival::Progress { idx: progress.column, guard: guard.after(known), first: first_arrival }
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
            opened: None,
            offset: SplitOffset::START,
            arrival,
            ahead: None,
            is_exhausted: false,
        }
    }

    /// The next block of about `n_rows` rows, and whether it is the split's last; `None` after that. Opens the file if it is not
    /// open, and lets `n_ahead` morsels be decoded ahead.
    pub(super) fn next(
        &mut self,
        pool: &DecodePool,
        n_rows: usize,
        n_ahead: usize,
    ) -> Result<Option<(Block, bool)>> {
        if self.ahead.is_none() {
            self.ahead = self.read_block(pool, n_rows, n_ahead)?;
        }
        let Some(block) = self.ahead.take() else { return Ok(None) };
        self.ahead = self.read_block(pool, n_rows, n_ahead)?;
        Ok(Some((block, self.ahead.is_none())))
    }

    /// Reads on until there is something, or the split ends.
    fn read_block(&mut self, pool: &DecodePool, n_rows: usize, n_ahead: usize) -> Result<Option<Block>> {
        while !self.is_exhausted {
            if self.reader.is_none() {
                if let Some(state) = FileState::of(&self.split)?
                    && self.opened.get_or_insert(state) != &state
                {
                    let name = &self.split.name;
                    return Err(EngineError::data(format!("`{name}` was changed while it was read")));
                }
                let reader = self.plan.source.open(&self.split, self.offset)?;
                self.reader = Some(DecodeAhead::new(pool.clone(), reader));
            }
            let Some(reader) = &mut self.reader else { break };
            match reader.next(n_rows, n_ahead)? {
                Some(decoded) if decoded.n_records > 0 => return self.position(decoded).map(Some),
                Some(_) => {}
                None => {
                    self.is_exhausted = true;
                    self.reader = None;
                }
            }
        }
        Ok(None)
    }

    /// Whether the file is open.
    pub(super) fn is_open(&self) -> bool {
        self.reader.is_some()
    }

    /// Closes the file until more of it is wanted.
    pub(super) fn close(&mut self) {
        self.reader = None;
    }

    fn position(&mut self, mut decoded: Decoded) -> Result<Block> {
        let n_rejected = decoded.rejected.len() as u64;
        if decoded.frame.height() as u64 + n_rejected != decoded.n_records {
            return Err(EngineError::internal("a source decoded more or fewer rows than it counted"));
        }
        let times = match &self.arrival {
            Arrival::Column { idx, .. } | Arrival::Progress { idx, .. } => Some(times(&decoded.frame, *idx)?),
            Arrival::Unknown => None,
        };
        let first_offset = self.offset.records;
        self.offset = SplitOffset { records: first_offset + decoded.n_records, cursor: decoded.next_cursor };

        let (origins, lines) = if n_rejected == 0 {
            let arrivals = self.arrival.observe_all(times.as_ref(), decoded.frame.height()).into();
            let (source, split) = (self.source, self.split.number);
            (Origins::Run { source, split, first_offset, arrivals }, Vec::new())
        } else {
            self.position_between(&mut decoded, times.as_ref(), first_offset)
        };
        let frame = decoded.frame;
        let n_pruned = if decoded.is_pruned { decoded.n_records } else { 0 };
        let last = self.at(self.arrival.latest(), self.offset.records - 1);
        let progress = Progress::flat(Watermark::NONE, last.with_all_it_causes());
        let positions = Positions::all(origins);
        debug_assert!(
            positions.last().is_none_or(|last| last <= progress.frontier),
            "no row that was read lies after the frontier"
        );
        let rows = Batch::new(frame, Arc::clone(&self.decoded_edge), positions, progress.clone());
        let rejected = self.rejected_rows(lines, progress)?;
        Ok(Block { rows, rejected, last, n_pruned })
    }

    /// The positions of rows with rejected records between them, and those of the records.
    fn position_between(
        &mut self,
        decoded: &mut Decoded,
        times: Option<&Int64Chunked>,
        first_offset: u64,
    ) -> (Origins, Vec<(Position, Rejected)>) {
        let numbers: Vec<u64> = decoded.record_numbers().collect();
        let mut rows = Vec::with_capacity(numbers.len());
        let mut lines: Vec<(Position, Rejected)> = Vec::new();
        let mut unread = decoded.rejected.drain(..).peekable();
        for (row, number) in numbers.iter().enumerate() {
            while let Some(rejected) = unread.next_if(|rejected| rejected.record < *number) {
                lines.push((self.at(self.arrival.latest(), first_offset + rejected.record), rejected));
            }
            let arrival = self.arrival.observe(times.and_then(|times| times.get(row)));
            rows.push(self.at(arrival, first_offset + number));
        }
        for rejected in unread {
            lines.push((self.at(self.arrival.latest(), first_offset + rejected.record), rejected));
        }
        (Origins::Each(rows.into()), lines)
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

    /// The arrival times of `n_rows` rows, one after another.
    fn observe_all(&mut self, times: Option<&Int64Chunked>, n_rows: usize) -> Vec<i64> {
        let Some(Ok(times)) = times.map(Int64Chunked::cont_slice) else {
            return (0..n_rows).map(|row| self.observe(times.and_then(|times| times.get(row)))).collect();
        };
        let mut before = self.latest();
        match self {
            Arrival::Column { latest, .. } => times
                .iter()
                .map(|time| {
                    *latest = (*time).max(*latest);
                    *latest
                })
                .collect(),
            Arrival::Progress { guard, first, .. } => {
                let mut arrivals = Vec::with_capacity(n_rows);
                guard.admit_all(times, |row, max| {
                    arrivals.resize(row, before);
                    before = max.max(*first);
                });
                arrivals.resize(n_rows, before);
                arrivals
            }
            Arrival::Unknown => vec![i64::MIN; n_rows],
        }
    }

    fn latest(&self) -> i64 {
        match self {
            Arrival::Column { latest, .. } => *latest,
            Arrival::Progress { guard, first, .. } => {
                guard.max_timestamp().map_or(*first, |max| max.max(*first))
            }
            Arrival::Unknown => i64::MIN,
        }
    }
}

/// The times of a decoded column, in milliseconds.
pub(super) fn times(frame: &DataFrame, idx: usize) -> Result<Int64Chunked> {
    let physical = frame.columns()[idx].as_materialized_series().to_physical_repr();
    physical.i64().cloned().map_err(EngineError::from)
}
