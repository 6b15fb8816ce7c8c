//! The newest rows of what a person looks at. Values become text only when they are painted.

use std::sync::Arc;

use tidemark_engine::data::{Batch, ChangeKind, EdgeType, Position, Value};
use tidemark_engine::ids::{EdgeId, NodeId};
use tidemark_engine::runtime::{JobHandle, JobSnapshot};
use tidemark_engine::time::Watermark;

/// Whose rows are looked at.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Watch {
    /// The newest rows that passed an edge.
    Edge(EdgeId),
    /// The rows that a sink took: all that its table keeps, or the newest that entered a sink that writes them elsewhere.
    Sink(NodeId),
}

/// The newest rows of an edge or a table, as batches, and in the order of the stream.
#[derive(Clone, Debug)]
pub struct WatchedRows {
    /// Whose they are.
    pub watch: Watch,
    /// The columns.
    pub edge_type: Arc<EdgeType>,
    /// How many rows there have been in all.
    pub n_total: u64,
    batches: Vec<Batch>,
    // Where each row is that is shown: its batch, and its number there.
    places: Vec<(u32, u32)>,
}

/// How many of the newest rows of an edge are shown.
const MAX_EDGE_ROWS: usize = 1_000;
/// How many of the newest rows of a table are shown.
const MAX_TABLE_ROWS: usize = 10_000;
/// How many of the newest rows of an edge are shown to who looks in passing.
pub const MAX_PEEKED_ROWS: usize = 3;

impl PartialEq for WatchedRows {
    /// Rows only ever come, so as many rows of the same are the same rows.
    fn eq(&self, other: &WatchedRows) -> bool {
        self.watch == other.watch && self.n_total == other.n_total && self.len() == other.len()
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
        let table = match self {
            Watch::Edge(_) => None,
            Watch::Sink(node) => handle.table(node),
        };
        if let Some(table) = table
            && let (batches, n_total) = table.batches()
            && n_total > 0
        {
            return self
                .unless_known(n_total, before, || Some((Arc::clone(table.edge()), batches, MAX_TABLE_ROWS)));
        }
        let edge = job.edges.iter().find(|edge| match self {
            Watch::Edge(watched) => edge.id == *watched,
            Watch::Sink(node) => edge.id.to.node == *node,
        })?;
        self.unless_known(edge.rows, before, || {
            let (edge_type, batches) = handle.newest_rows(&edge.id)?;
            Some((edge_type, batches, MAX_EDGE_ROWS))
        })
    }

    /// The last few rows of an edge as they are, or `before` if none have come since.
    pub(super) fn last_rows(
        edge: &EdgeId,
        handle: &JobHandle,
        job: &JobSnapshot,
        before: Option<&Arc<WatchedRows>>,
    ) -> Option<Arc<WatchedRows>> {
        let n_total = job.edges.iter().find(|other| other.id == *edge)?.rows;
        Watch::Edge(edge.clone()).unless_known(n_total, before, || {
            let (edge_type, batches) = handle.newest_rows(edge)?;
            Some((edge_type, batches, MAX_PEEKED_ROWS))
        })
    }

    /// The rows that `read` gives, with how many of them to show, unless as many were there before.
    fn unless_known(
        &self,
        n_total: u64,
        before: Option<&Arc<WatchedRows>>,
        read: impl FnOnce() -> Option<(Arc<EdgeType>, Vec<Batch>, usize)>,
    ) -> Option<Arc<WatchedRows>> {
        if let Some(before) = before.filter(|before| before.watch == *self && before.n_total == n_total) {
            return Some(Arc::clone(before));
        }
        let (edge_type, batches, most) = read()?;
        Some(Arc::new(WatchedRows::new(self.clone(), edge_type, batches, n_total, most)))
    }
}

impl WatchedRows {
    fn new(
        watch: Watch,
        edge_type: Arc<EdgeType>,
        batches: Vec<Batch>,
        n_total: u64,
        most: usize,
    ) -> WatchedRows {
        // Subtasks are not equally far, so their batches overlap; within one, rows are in order.
        let mut rows = Vec::new();
        for (number, batch) in batches.iter().enumerate() {
            let newest = batch.n_rows().saturating_sub(most)..batch.n_rows();
            rows.extend(newest.map(|idx| (batch.positions().at(idx), (number as u32, idx as u32))));
        }
        rows.sort_by_key(|(position, _)| *position);
        let first = rows.len().saturating_sub(most);
        let places: Vec<_> = rows.into_iter().skip(first).map(|(_, place)| place).collect();
        // The count was read a moment before the rows.
        let n_total = n_total.max(places.len() as u64);
        WatchedRows { watch, edge_type, n_total, batches, places }
    }

    /// How many rows are kept.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Row `row`, counted from the oldest that is kept.
    pub fn row(&self, row: usize) -> Option<Row<'_>> {
        let (batch, idx) = *self.places.get(row)?;
        Some(Row { rows: self, batch: self.batches.get(batch as usize)?, idx: idx as usize })
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

    /// How far it is ahead of the watermark that it met, in milliseconds; zero or less for a late row, and `None` where either
    /// is not known.
    pub fn ahead_millis(&self) -> Option<i64> {
        Some(self.event_time()?.saturating_sub(self.watermark().time()?))
    }

    /// Whether it is at or below the watermark that it met: it came after its time, whether or not a window still waited for it.
    pub fn is_late(&self) -> bool {
        self.ahead_millis().is_some_and(|ahead| ahead <= 0)
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tidemark_engine::catalog;
    use tidemark_engine::graph::{CheckContext, FlowDocument, check};
    use tidemark_engine::ids::PortRef;
    use tidemark_engine::node::FileAccess;
    use tidemark_engine::runtime::JobConfig;

    use super::*;

    const FLOW: &str = r#"{ "version": 1, "session_zone": "UTC",
      "nodes": [
        { "id": "all", "kind": "filter", "params": { "condition": "id > 0" } },
        { "id": "numbers", "kind": "csv_source", "params": { "path": "numbers.csv" } },
        { "id": "rows", "kind": "table_sink", "params": {} }
      ],
      "edges": [{ "from": "all.out", "to": "rows.in" }, { "from": "numbers.out", "to": "all.in" }],
      "layout": { "nodes": {} } }"#;

    #[test]
    fn rows_of_parallel_subtasks_are_shown_in_the_order_of_the_stream() {
        let folder = tempfile::tempdir().expect("a folder");
        let numbers: String = (1..=3_000).map(|id| format!("{id}\n")).collect();
        std::fs::write(folder.path().join("numbers.csv"), format!("id\n{numbers}")).expect("the numbers");
        let flow = FlowDocument::from_json(FLOW.as_bytes()).expect("a flow");
        let files = FileAccess::new(folder.path(), folder.path());
        let checked = check(&flow, &catalog::standard(), &CheckContext::new(&files));
        let config = JobConfig { parallelism: 3, batch_rows: 7, ..JobConfig::default() };
        let handle = JobHandle::start(&checked.graph, &config).expect("it runs");
        assert!(handle.wait_for(Duration::from_secs(20)).is_some(), "the run never ended");
        let port = |node: &str, port: &str| PortRef::new(NodeId::new(node), port);
        for watch in [
            Watch::Edge(EdgeId { from: port("all", "out"), to: port("rows", "in") }),
            Watch::Sink(NodeId::new("rows")),
        ] {
            let rows = watch.rows(&handle, &handle.snapshot(), None).expect("rows");
            let n_rows = rows.len() as u64;
            let shown: Vec<_> =
                (0..rows.len()).filter_map(|row| rows.row(row)).map(|row| row.value(0)).collect();
            let newest: Vec<_> = (3_001 - n_rows..=3_000).map(|id| id.to_string()).collect();
            assert_eq!(shown.iter().map(Value::to_string).collect::<Vec<_>>(), newest, "{watch:?}");
            let all_shown = if matches!(watch, Watch::Edge(_)) { 1_000 } else { 3_000 };
            assert_eq!((n_rows, rows.n_total), (all_shown, 3_000));
        }
        let edge = EdgeId { from: port("all", "out"), to: port("rows", "in") };
        let last = Watch::last_rows(&edge, &handle, &handle.snapshot(), None).expect("rows");
        let last: Vec<_> = (0..last.len()).filter_map(|row| last.row(row)).map(|row| row.value(0)).collect();
        assert_eq!(last.iter().map(Value::to_string).collect::<Vec<_>>(), ["2998", "2999", "3000"]);
    }
}
