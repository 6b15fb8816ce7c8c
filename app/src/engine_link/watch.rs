//! The newest rows of what a person looks at. Values become text only when they are painted.

use std::sync::Arc;

use tidemark_engine::data::{Batch, ChangeKind, EdgeType, Position, Value};
use tidemark_engine::ids::{EdgeId, NodeId};
use tidemark_engine::runtime::{JobHandle, JobSnapshot, NewestRows};
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
    /// The number of the run that they are of.
    pub run: u64,
    /// The columns.
    pub edge_type: Arc<EdgeType>,
    /// How many rows there have been in all: the number of the last of these.
    pub n_total: u64,
    /// How many are kept at most.
    pub n_most: usize,
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
        self.are(&other.watch, other.run, other.n_total, other.n_most) && self.len() == other.len()
    }
}

impl Watch {
    /// The rows of a run as they are, or `before` if none have come since.
    pub(super) fn rows(
        &self,
        run: u64,
        handle: &JobHandle,
        job: &JobSnapshot,
        before: Option<&Arc<WatchedRows>>,
    ) -> Option<Arc<WatchedRows>> {
        let table = match self {
            Watch::Edge(_) => None,
            Watch::Sink(node) => handle.table(node).filter(|table| table.n_total() > 0),
        };
        if let Some(table) = table {
            let n_total = table.n_total();
            if let Some(known) = before.filter(|before| before.are(self, run, n_total, MAX_TABLE_ROWS)) {
                return Some(Arc::clone(known));
            }
            let (batches, n_total) = table.newest(MAX_TABLE_ROWS);
            let newest = NewestRows { edge_type: Arc::clone(table.edge()), batches, n_total };
            return Some(Arc::new(WatchedRows::new(self.clone(), run, newest, MAX_TABLE_ROWS)));
        }
        let edge = job.edges.iter().find(|edge| match self {
            Watch::Edge(watched) => edge.id == *watched,
            Watch::Sink(node) => edge.id.to.node == *node,
        })?;
        self.rows_of_edge(run, handle, &edge.id, MAX_EDGE_ROWS, before)
    }

    /// The last few rows of an edge as they are, or `before` if none have come since.
    pub(super) fn last_rows(
        edge: &EdgeId,
        run: u64,
        handle: &JobHandle,
        before: Option<&Arc<WatchedRows>>,
    ) -> Option<Arc<WatchedRows>> {
        Watch::Edge(edge.clone()).rows_of_edge(run, handle, edge, MAX_PEEKED_ROWS, before)
    }

    /// The newest rows of an edge, at most `n_most`, or `before` if none have come since.
    fn rows_of_edge(
        &self,
        run: u64,
        handle: &JobHandle,
        edge: &EdgeId,
        n_most: usize,
        before: Option<&Arc<WatchedRows>>,
    ) -> Option<Arc<WatchedRows>> {
        let n_total = handle.n_noted_rows(edge)?;
        if let Some(known) = before.filter(|before| before.are(self, run, n_total, n_most)) {
            return Some(Arc::clone(known));
        }
        let newest = handle.newest_rows(edge)?;
        Some(Arc::new(WatchedRows::new(self.clone(), run, newest, n_most)))
    }
}

impl WatchedRows {
    fn new(watch: Watch, run: u64, newest: NewestRows, n_most: usize) -> WatchedRows {
        let NewestRows { edge_type, batches, n_total } = newest;
        // Subtasks are not equally far, so their batches overlap; within one, rows are in order.
        let mut rows: Vec<(Position, (u32, u32))> = Vec::new();
        for (number, batch) in batches.iter().enumerate() {
            let newest = batch.n_rows().saturating_sub(n_most)..batch.n_rows();
            rows.extend(newest.map(|idx| (batch.positions().at(idx), (number as u32, idx as u32))));
        }
        let n_surplus = rows.len().saturating_sub(n_most);
        if n_surplus > 0 {
            rows.select_nth_unstable(n_surplus);
            rows.drain(..n_surplus);
        }
        // By place as well, so that rows of one position keep their order.
        rows.sort_unstable();
        let places = rows.into_iter().map(|(_, place)| place).collect();
        WatchedRows { watch, run, edge_type, n_total, n_most, batches, places }
    }

    /// Whether they are the newest `n_most` rows of this in this run, once there have been so many.
    fn are(&self, watch: &Watch, run: u64, n_total: u64, n_most: usize) -> bool {
        (self.run, self.n_total, self.n_most) == (run, n_total, n_most) && self.watch == *watch
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

    /// A run over the numbers from one on; the folder is theirs.
    fn run(n_rows: u32, parallelism: usize) -> (JobHandle, tempfile::TempDir) {
        let folder = tempfile::tempdir().expect("a folder");
        let numbers: String = (1..=n_rows).map(|id| format!("{id}\n")).collect();
        std::fs::write(folder.path().join("numbers.csv"), format!("id\n{numbers}")).expect("the numbers");
        let flow = FlowDocument::from_json(FLOW.as_bytes()).expect("a flow");
        let files = FileAccess::new(folder.path(), folder.path());
        let checked = check(&flow, &catalog::standard(), &CheckContext::new(&files));
        let config = JobConfig { parallelism, batch_rows: 7, ..JobConfig::default() };
        (JobHandle::start(&checked.graph, &config).expect("it runs"), folder)
    }

    fn port(node: &str, port: &str) -> PortRef {
        PortRef::new(NodeId::new(node), port)
    }

    #[test]
    fn every_row_has_its_number_while_rows_come_as_fast_as_they_can() {
        const N_ROWS: u64 = 60_000;
        let (handle, _folder) = run(N_ROWS as u32, 1);
        let edge = EdgeId { from: port("all", "out"), to: port("rows", "in") };
        let mut before = [Watch::Edge(edge), Watch::Sink(NodeId::new("rows"))].map(|watch| (watch, None));
        let mut is_over = false;
        while !is_over {
            is_over = handle.wait_for(Duration::ZERO).is_some();
            let job = handle.snapshot();
            for (watch, before) in &mut before {
                let Some(rows) = watch.rows(1, &handle, &job, before.as_ref()) else { continue };
                let first = rows.n_total - rows.len() as u64 + 1;
                for row in [0, rows.len().saturating_sub(1)] {
                    let value = rows.row(row).map(|row| row.value(0).to_string());
                    let number = (!rows.is_empty()).then(|| (first + row as u64).to_string());
                    assert_eq!(value, number, "{watch:?}");
                }
                *before = Some(rows);
            }
        }
        for (watch, rows) in before {
            assert_eq!(rows.map(|rows| rows.n_total), Some(N_ROWS), "the last rows of {watch:?} stay unseen");
        }
    }

    #[test]
    fn rows_of_parallel_subtasks_are_shown_in_the_order_of_the_stream() {
        let (handle, _folder) = run(3_000, 3);
        assert!(handle.wait_for(Duration::from_secs(20)).is_some(), "the run never ended");
        for watch in [
            Watch::Edge(EdgeId { from: port("all", "out"), to: port("rows", "in") }),
            Watch::Sink(NodeId::new("rows")),
        ] {
            let rows = watch.rows(1, &handle, &handle.snapshot(), None).expect("rows");
            let n_rows = rows.len() as u64;
            let shown: Vec<_> =
                (0..rows.len()).filter_map(|row| rows.row(row)).map(|row| row.value(0)).collect();
            let newest: Vec<_> = (3_001 - n_rows..=3_000).map(|id| id.to_string()).collect();
            assert_eq!(shown.iter().map(Value::to_string).collect::<Vec<_>>(), newest, "{watch:?}");
            let all_shown = if matches!(watch, Watch::Edge(_)) { 1_000 } else { 3_000 };
            assert_eq!((n_rows, rows.n_total), (all_shown, 3_000));
        }
        let edge = EdgeId { from: port("all", "out"), to: port("rows", "in") };
        let last = Watch::last_rows(&edge, 1, &handle, None).expect("rows");
        let last: Vec<_> = (0..last.len()).filter_map(|row| last.row(row)).map(|row| row.value(0)).collect();
        assert_eq!(last.iter().map(Value::to_string).collect::<Vec<_>>(), ["2998", "2999", "3000"]);
    }
}
