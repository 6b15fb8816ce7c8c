//! The newest rows of what a person looks at. Values become text only when they are painted.

use std::sync::Arc;

use tidemark_engine::data::{Batch, ChangeKind, EdgeType, Position, Value};
use tidemark_engine::ids::{EdgeId, NodeId};
use tidemark_engine::runtime::{JobHandle, JobSnapshot};
use tidemark_engine::time::Watermark;

/// Whose rows are looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Watch {
    /// The newest rows that passed an edge.
    Edge(EdgeId),
    /// The rows that a sink took.
    Table(NodeId),
}

/// The newest rows of an edge or a table, as batches.
#[derive(Clone, Debug)]
pub struct WatchedRows {
    /// Whose they are.
    pub watch: Watch,
    /// The columns.
    pub edge_type: Arc<EdgeType>,
    /// How many rows there have been in all.
    pub n_total: u64,
    batches: Vec<Batch>,
    // The number of the first row of each batch among those that the engine keeps.
    starts: Vec<usize>,
    // How many of the oldest rows are left out, so that as many rows are shown however large batches are.
    skipped: usize,
    n_rows: usize,
}

/// How many of the newest rows of an edge are shown.
const MAX_EDGE_ROWS: usize = 1_000;
/// How many of the newest rows of a table are shown.
const MAX_TABLE_ROWS: usize = 10_000;

impl PartialEq for WatchedRows {
    /// Rows only ever come, so as many rows of the same are the same rows.
    fn eq(&self, other: &WatchedRows) -> bool {
        self.watch == other.watch && self.n_total == other.n_total && self.n_rows == other.n_rows
    }
}

impl Watch {
    /// The rows as they are, or `before` if none have come since.
    pub(super) fn rows(
        &self,
        handle: &JobHandle,
        job: &JobSnapshot,
        before: Option<&Arc<WatchedRows>>,
    ) -> Option<Arc<WatchedRows>> {
        let unchanged =
            |n_total: u64| before.filter(|before| before.watch == *self && before.n_total == n_total);
        match self {
            Watch::Edge(edge) => {
                let n_total = job.edges.iter().find(|found| found.id == *edge)?.rows;
                if let Some(before) = unchanged(n_total) {
                    return Some(Arc::clone(before));
                }
                let (edge_type, batches) = handle.newest_rows(edge)?;
                Some(Arc::new(WatchedRows::new(self.clone(), edge_type, batches, n_total)))
            }
            Watch::Table(node) => {
                let table = handle.table(node)?;
                let (batches, n_total) = table.batches();
                if let Some(before) = unchanged(n_total) {
                    return Some(Arc::clone(before));
                }
                Some(Arc::new(WatchedRows::new(self.clone(), Arc::clone(table.edge()), batches, n_total)))
            }
        }
    }
}

impl WatchedRows {
    fn new(watch: Watch, edge_type: Arc<EdgeType>, batches: Vec<Batch>, n_total: u64) -> WatchedRows {
        let mut starts = Vec::with_capacity(batches.len());
        let mut n_rows = 0;
        for batch in &batches {
            starts.push(n_rows);
            n_rows += batch.n_rows();
        }
        // The count was read a moment before the rows.
        let n_total = n_total.max(n_rows as u64);
        let most = if matches!(watch, Watch::Edge(_)) { MAX_EDGE_ROWS } else { MAX_TABLE_ROWS };
        let skipped = n_rows.saturating_sub(most);
        WatchedRows { watch, edge_type, n_total, batches, starts, skipped, n_rows: n_rows - skipped }
    }

    /// How many rows are kept.
    pub fn len(&self) -> usize {
        self.n_rows
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.n_rows == 0
    }

    /// Row `row`, counted from the oldest that is kept.
    pub fn row(&self, row: usize) -> Option<Row<'_>> {
        if row >= self.n_rows {
            return None;
        }
        let row = row + self.skipped;
        let batch = self.starts.partition_point(|start| *start <= row).checked_sub(1)?;
        Some(Row { rows: self, batch: self.batches.get(batch)?, idx: row - self.starts.get(batch)? })
    }
}

/// One row.
pub struct Row<'a> {
    rows: &'a WatchedRows,
    batch: &'a Batch,
    idx: usize,
}

impl Row<'_> {
    /// Where it stands in the stream.
    pub fn position(&self) -> Position {
        self.batch.positions().at(self.idx)
    }

    /// When it arrived, in milliseconds since the epoch, where that is known.
    pub fn arrival(&self) -> Option<i64> {
        let millis = self.position().arrival_millis;
        (millis != i64::MIN && millis != i64::MAX).then_some(millis)
    }

    /// When it happened, in milliseconds since the epoch.
    pub fn event_time(&self) -> Option<i64> {
        match self.value(self.rows.edge_type.event_time?) {
            Value::Timestamp(millis) => Some(millis),
            _ => None,
        }
    }

    /// The watermark that it met.
    pub fn watermark(&self) -> Watermark {
        self.batch.watermark_before(self.idx)
    }

    /// What it does to a result.
    pub fn change(&self) -> ChangeKind {
        self.batch.change(self.idx)
    }

    /// Its value in a column.
    pub fn value(&self, column: usize) -> Value {
        let Some(field) = self.rows.edge_type.schema.fields().get(column) else { return Value::Null };
        self.batch
            .frame()
            .columns()
            .get(column)
            .map_or(Value::Null, |values| Value::at(values, &field.data_type, self.idx))
    }
}
