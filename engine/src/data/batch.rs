//! A batch: the unit in which rows are decoded, computed on, sent and shown.

use std::ops::Range;
use std::sync::Arc;

use polars::prelude::{Column, DataFrame, IdxCa, IdxSize, Int64Chunked};

use super::{ChangeKind, EdgeType, Origins, Position, Positions, Progress};
use crate::error::{EngineError, Result};
use crate::time::Watermark;

/// Rows as columns, with each row's position, the watermarks that hold between the rows, and the kind of change each row makes.
///
/// Invariants, asserted where a batch is made: every column has as many rows as there are positions and stands in one chunk;
/// columns agree with the edge's schema in order and type; positions never decrease. Rows may lie after the frontier, where the batch is
/// a piece of a larger one: the rest comes next. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Batch {
    frame: DataFrame,
    edge: Arc<EdgeType>,
    positions: Positions,
    progress: Progress,
    // One for each row; `None` where every row is an insert.
    changes: Option<Arc<[ChangeKind]>>,
    // For each row the number of the split (or partition) whose watermark it moves; `None` where that is its position's split.
    // Only between a source and its watermark strategy.
    lanes: Option<Arc<[u32]>>,
}

impl Batch {
    /// A batch of inserted rows.
    ///
    /// # Panics
    /// If an invariant does not hold; that is a bug in the operator that made it.
    pub fn new(frame: DataFrame, edge: Arc<EdgeType>, positions: Positions, progress: Progress) -> Batch {
        assert_eq!(frame.height(), positions.len(), "every row has a position");
        assert_eq!(frame.width(), edge.schema.n_columns(), "columns agree with the schema");
        debug_assert!(
            frame.columns().iter().zip(edge.schema.fields()).all(|(column, field)| {
                column.dtype() == &field.data_type.to_polars() && column.name().as_str() == &*field.name
            }),
            "columns agree with the schema: {:?} {:?}",
            frame.columns().iter().map(|c| (c.name(), c.dtype())).collect::<Vec<_>>(),
            edge.schema,
        );
        let mut frame = frame;
        frame.rechunk_mut();
        Batch { frame, edge, positions, progress, changes: None, lanes: None }
    }

    /// A batch without rows.
    pub fn empty(edge: Arc<EdgeType>, progress: Progress) -> Batch {
        let columns = edge
            .schema
            .fields()
            .iter()
            .map(|field| Column::new_empty((&*field.name).into(), &field.data_type.to_polars()));
        let frame = DataFrame::new(0, columns.collect()).unwrap_or_default();
        Batch { frame, edge, positions: Positions::none(), progress, changes: None, lanes: None }
    }

    /// How many rows there are.
    pub fn n_rows(&self) -> usize {
        self.positions.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.n_rows() == 0
    }

    /// The columns.
    pub fn frame(&self) -> &DataFrame {
        &self.frame
    }

    /// Column `idx`.
    pub fn column(&self, idx: usize) -> &Column {
        &self.frame.columns()[idx]
    }

    /// What flows over the edge that this batch is for.
    pub fn edge(&self) -> &Arc<EdgeType> {
        &self.edge
    }

    /// Each row's position.
    pub fn positions(&self) -> &Positions {
        &self.positions
    }

    /// The watermarks that hold between the rows, and how far the sender has come.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// The kind of change that row `row` makes.
    pub fn change(&self, row: usize) -> ChangeKind {
        self.changes.as_ref().map_or(ChangeKind::Insert, |changes| changes[row])
    }

    /// The split or partition whose watermark row `row` moves.
    pub fn lane(&self, row: usize) -> u32 {
        self.lanes.as_ref().map_or_else(|| self.positions.at(row).split, |lanes| lanes[row])
    }

    /// The split or partition whose watermark all rows move, where that is known without looking at each.
    pub fn only_lane(&self) -> Option<u32> {
        match (&self.lanes, self.positions.origins()) {
            (None, Origins::Run { split, .. }) => Some(*split),
            _ => None,
        }
    }

    /// The same rows, each moving the watermark of the lane given for it (or of its split, for `None`).
    #[must_use]
    pub fn with_lanes(mut self, lanes: Option<Arc<[u32]>>) -> Batch {
        debug_assert!(lanes.as_ref().is_none_or(|lanes| lanes.len() == self.n_rows()));
        self.lanes = lanes;
        self
    }

    /// The event times of the rows, in milliseconds, where the edge has an event time.
    pub fn event_times(&self) -> Option<Int64Chunked> {
        let column = self.column(self.edge.event_time?);
        column.as_materialized_series().to_physical_repr().i64().ok().cloned()
    }

    /// The watermark that holds before row `row`.
    pub fn watermark_before(&self, row: usize) -> Watermark {
        self.progress.before(self.positions.at(row))
    }

    /// The same rows with other columns, for the edge `edge`.
    #[must_use]
    pub fn with_columns(&self, frame: DataFrame, edge: Arc<EdgeType>) -> Batch {
        let mut batch = Batch::new(frame, edge, self.positions.clone(), self.progress.clone());
        batch.changes.clone_from(&self.changes);
        batch.lanes.clone_from(&self.lanes);
        batch
    }

    /// The same rows under other watermarks.
    #[must_use]
    pub fn with_progress(mut self, progress: Progress) -> Batch {
        self.progress = progress;
        self
    }

    /// The same rows for an edge of the same columns that knows more or less of them (a watermark assigned, say).
    #[must_use]
    pub fn with_edge(mut self, edge: Arc<EdgeType>) -> Batch {
        debug_assert_eq!(self.edge.schema.n_columns(), edge.schema.n_columns());
        self.edge = edge;
        self
    }

    /// The rows at `indices`, which increase; progress stays that of the whole batch.
    ///
    /// # Errors
    /// If a column cannot be gathered, which is an internal fault.
    pub fn gather(&self, indices: &[u32]) -> Result<Batch> {
        if indices.len() == self.n_rows() {
            return Ok(self.clone());
        }
        let frame = take(&self.frame, indices)?;
        Ok(Batch {
            frame,
            edge: Arc::clone(&self.edge),
            positions: self.positions.gather(indices),
            progress: self.progress.clone(),
            changes: self
                .changes
                .as_ref()
                .map(|changes| indices.iter().map(|&row| changes[row as usize]).collect()),
            lanes: self.lanes.as_ref().map(|lanes| indices.iter().map(|&row| lanes[row as usize]).collect()),
        })
    }

    /// The rows `range`; progress stays that of the whole batch.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Batch {
        Batch {
            frame: self.frame.slice(range.start as i64, range.len()),
            edge: Arc::clone(&self.edge),
            positions: self.positions.slice(range.clone()),
            progress: self.progress.clone(),
            changes: self.changes.as_ref().map(|changes| changes[range.clone()].into()),
            lanes: self.lanes.as_ref().map(|lanes| lanes[range].into()),
        }
    }

    /// The part of the stream up to and including `frontier`, and the part after it.
    pub fn split_at(&self, frontier: Position) -> (Batch, Batch) {
        let n = self.positions.n_up_to(frontier);
        let (before, after) = self.progress.split_at(frontier);
        (self.slice(0..n).with_progress(before), self.slice(n..self.n_rows()).with_progress(after))
    }

    /// Memory held, in bytes.
    pub fn n_bytes(&self) -> usize {
        self.frame.estimated_size()
            + self.positions.n_bytes()
            + self.progress.n_raise_bytes()
            + size_of::<Batch>()
    }

    /// The same rows, with the watermark before each, in memory of their own. A slice holds the whole batch that it was cut from.
    ///
    /// # Errors
    /// If a column cannot be gathered, which is an internal fault.
    pub fn detached(&self) -> Result<Batch> {
        let rows: Vec<u32> = (0..self.n_rows() as u32).collect();
        Ok(Batch {
            frame: take(&self.frame, &rows)?,
            edge: Arc::clone(&self.edge),
            positions: Positions::each(self.positions.iter().collect()),
            progress: self.progress.between(&self.positions),
            changes: self.changes.clone(),
            lanes: self.lanes.clone(),
        })
    }
}

/// Several batches of one edge, in order, as one batch with the progress given.
///
/// # Errors
/// If columns cannot be put together, which is an internal fault.
pub fn concat_batches(edge: &Arc<EdgeType>, mut batches: Vec<Batch>, progress: Progress) -> Result<Batch> {
    batches.retain(|batch| !batch.is_empty());
    if batches.len() < 2 {
        let batch = batches.pop().unwrap_or_else(|| Batch::empty(Arc::clone(edge), progress.clone()));
        return Ok(batch.with_edge(Arc::clone(edge)).with_progress(progress));
    }
    let mut frame = batches[0].frame.clone();
    for batch in &batches[1..] {
        frame.vstack_mut(&batch.frame)?;
    }
    let positions = Positions::each(batches.iter().flat_map(|batch| batch.positions.iter()).collect());
    let changes = batches.iter().any(|batch| batch.changes.is_some()).then(|| {
        batches
            .iter()
            .flat_map(|batch| (0..batch.n_rows()).map(|row| batch.change(row)))
            .collect::<Arc<[_]>>()
    });
    let lanes = batches.iter().any(|batch| batch.lanes.is_some()).then(|| {
        batches.iter().flat_map(|batch| (0..batch.n_rows()).map(|row| batch.lane(row))).collect::<Arc<[_]>>()
    });
    let mut whole = Batch::new(frame, Arc::clone(edge), positions, progress);
    whole.changes = changes;
    whole.lanes = lanes;
    Ok(whole)
}

/// The rows of `frame` at `indices`, on this thread.
///
/// # Errors
/// If a column refuses, which is an internal fault.
pub(crate) fn take(frame: &DataFrame, indices: &[u32]) -> Result<DataFrame> {
    let picks: Vec<IdxSize> = indices.to_vec();
    let picks = IdxCa::from_vec("".into(), picks);
    let columns = frame
        .columns()
        .iter()
        .map(|column| column.as_materialized_series().take(&picks).map(Column::from))
        .collect::<Result<Vec<_>, _>>()?;
    DataFrame::new(indices.len(), columns).map_err(EngineError::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{DataType, Field, Raises, Schema};
    use polars::prelude::{IntoColumn, NamedFrom, Series};

    /// Rows of split 3 at these offsets, each of which raises the watermark to its offset.
    fn rows(offsets: Range<u64>) -> Batch {
        let n_rows = offsets.end - offsets.start;
        let edge = Arc::new(EdgeType::append(Schema::new(vec![Field::nullable("v", DataType::String)])));
        let texts: Vec<String> = offsets.clone().map(|offset| format!("the text of row {offset}")).collect();
        let frame = DataFrame::new(texts.len(), vec![Series::new("v".into(), texts).into_column()]);
        let origins = Origins::Run {
            source: 0,
            split: 3,
            first_offset: offsets.start,
            arrivals: vec![0; n_rows as usize].into(),
        };
        let positions = Positions::all(origins.clone());
        let raises =
            Raises { rows: (0..n_rows as u32).collect(), watermarks: offsets.map(|w| w as i64).collect() };
        let frontier = positions.last().expect("some rows").with_all_it_causes();
        let progress = Progress::new(Watermark::NONE, frontier, origins, raises);
        Batch::new(frame.expect("one column"), edge, positions, progress)
    }

    #[test]
    fn lanes_stay_with_their_rows_when_batches_are_put_together() {
        let (one, other) = (rows(0..2).with_lanes(Some([7, 8].into())), rows(2..4));
        let progress = other.progress().clone();
        let edge = Arc::clone(other.edge());
        let whole = concat_batches(&edge, vec![one, other], progress).expect("the same columns");
        assert_eq!((0..4).map(|row| whole.lane(row)).collect::<Vec<_>>(), [7, 8, 3, 3]);
    }

    #[test]
    fn detached_rows_are_the_same_and_hold_nothing_else() {
        let slice = rows(0..1_000).slice(100..110).gather(&[0, 5, 9]).expect("three of them");
        assert_eq!(slice.positions().n_held(), 1_000);
        let own = slice.detached().expect("a text column");
        assert_eq!(own.positions().n_held(), 3);
        assert!(own.n_bytes() < 2_000, "{} bytes", own.n_bytes());
        assert_eq!(own.frame(), slice.frame());
        for row in 0..3 {
            assert_eq!(own.positions().at(row), slice.positions().at(row));
            assert_eq!(own.watermark_before(row), slice.watermark_before(row));
        }
        assert_eq!(own.watermark_before(1), Watermark::new(104));
        assert_eq!(own.progress().end(), slice.progress().end());
    }
}
