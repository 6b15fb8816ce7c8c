//! A folder with a flow in it, for tests of connectors.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use polars::prelude::{
    BinaryChunked, Column, DataFrame, Int128Chunked, IntoColumn, IntoSeries, NamedFrom, NewChunkedArray,
    Series,
};

use crate::data::{Batch, DataType, EdgeType, Field, Origins, Position, Positions, Progress, Schema, Value};
use crate::ids::NodeId;
use crate::node::{
    Decoded, FileAccess, InputPort, NodePlan, NodeType, PlanContext, Rejected, ResultTable, Runs,
    SinkContext, SinkPlan, SourcePlan, SplitOffset,
};
use crate::time::Watermark;

/// A flow's folder, gone after the test.
pub(crate) struct Flow {
    dir: tempfile::TempDir,
}

impl Flow {
    pub(crate) fn new() -> Flow {
        Flow { dir: tempfile::tempdir().expect("a folder") }
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, content).expect("a file");
        path
    }

    pub(crate) fn with<T>(&self, run: impl FnOnce(&PlanContext<'_>) -> T) -> T {
        self.with_params(&serde_json::json!({}), Vec::new(), None, run)
    }

    pub(crate) fn with_params<T>(
        &self,
        params: &serde_json::Value,
        inputs: Vec<InputPort>,
        used: Option<&BTreeSet<String>>,
        run: impl FnOnce(&PlanContext<'_>) -> T,
    ) -> T {
        run(&PlanContext {
            node: &NodeId::new("node"),
            params: params.as_object().expect("an object"),
            inputs,
            used_columns: used,
            session_zone: "UTC",
            files: &FileAccess::new(self.dir.path(), self.dir.path()),
        })
    }

    pub(crate) fn plan(&self, node_type: &dyn NodeType, params: &serde_json::Value) -> NodePlan {
        self.with_params(params, Vec::new(), None, |cx| node_type.plan(cx))
    }

    pub(crate) fn plan_used(
        &self,
        node_type: &dyn NodeType,
        params: &serde_json::Value,
        used: &[&str],
    ) -> NodePlan {
        let used = used.iter().map(|name| (*name).to_owned()).collect();
        self.with_params(params, Vec::new(), Some(&used), |cx| node_type.plan(cx))
    }
}

/// The plan of a source without errors.
pub(crate) fn source(plan: NodePlan) -> SourcePlan {
    match plan.runs {
        Some(Runs::Source(source)) => source,
        _ => panic!("not a source that runs: {:?}", plan.diagnostics),
    }
}

/// The findings, one in a line.
pub(crate) fn findings(plan: &NodePlan) -> String {
    plan.diagnostics.iter().map(|diagnostic| format!("{diagnostic}\n")).collect()
}

/// Everything that a source reads, as text: rows, and rejected records with their number in the split.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ReadAll {
    pub(crate) rows: Vec<String>,
    pub(crate) rejected: Vec<(u64, Rejected)>,
    pub(crate) n_records: u64,
    /// Where each morsel ended.
    pub(crate) offsets: Vec<SplitOffset>,
}

/// Reads split `split` from `from` in steps of `n_rows`.
pub(crate) fn read(plan: &SourcePlan, split: usize, from: SplitOffset, n_rows: usize) -> ReadAll {
    let splits = plan.source.splits().expect("splits");
    let mut reader = plan.source.open(&splits[split], from).expect("a reader");
    let mut all = ReadAll { n_records: from.records, ..ReadAll::default() };
    while let Some(morsel) = reader.next(n_rows).expect("a morsel") {
        let decoded = morsel.decode().expect("rows");
        all.take(plan, decoded);
    }
    all
}

impl ReadAll {
    fn take(&mut self, plan: &SourcePlan, decoded: Decoded) {
        let numbers: Vec<u64> = decoded.record_numbers().collect();
        assert_eq!(numbers.len(), decoded.frame.height(), "every record is a row or rejected");
        assert_eq!(decoded.frame.width(), plan.decoded.n_columns());
        for row in 0..decoded.frame.height() {
            let values: Vec<String> = decoded
                .frame
                .columns()
                .iter()
                .zip(plan.decoded.fields())
                .map(|(column, field)| {
                    assert_eq!(column.dtype(), &field.data_type.to_polars());
                    assert_eq!(column.name().as_str(), &*field.name);
                    let value = Value::at(column, &field.data_type, row);
                    if value.is_null() { "NULL".to_owned() } else { format!("{value}") }
                })
                .collect();
            self.rows.push(values.join("|"));
        }
        for rejected in decoded.rejected {
            self.rejected.push((self.n_records + rejected.record, Rejected { record: 0, ..rejected }));
        }
        self.n_records += decoded.n_records;
        self.offsets.push(SplitOffset { records: self.n_records, cursor: decoded.next_cursor });
    }
}

/// The plan of a sink without errors.
pub(crate) fn sink(plan: NodePlan) -> SinkPlan {
    match plan.runs {
        Some(Runs::Sink(sink)) => sink,
        _ => panic!("not a sink that runs: {:?}", plan.diagnostics),
    }
}

/// What a sink of rows of this type is given.
pub(crate) fn sink_context(edge: &Arc<EdgeType>) -> SinkContext {
    let table = Arc::new(ResultTable::new(Arc::clone(edge), 10_000));
    SinkContext { table, counters: Arc::default() }
}

/// Rows from values, column by column.
pub(crate) fn batch(columns: &[(&str, DataType, Vec<Value>)]) -> Batch {
    let n_rows = columns[0].2.len();
    let fields = columns.iter().map(|(name, data_type, _)| Field::nullable(name, data_type.clone()));
    let edge = Arc::new(EdgeType::append(Schema::new(fields.collect())));
    let frame_columns = columns.iter().map(|(name, data_type, values)| column(name, data_type, values));
    let frame = DataFrame::new(n_rows, frame_columns.collect()).expect("columns of one length");
    let arrivals = vec![0; n_rows].into();
    let positions = Positions::all(Origins::Run { source: 0, split: 0, first_offset: 0, arrivals });
    let frontier = Position { arrival_millis: 0, source: 0, split: 0, offset: n_rows as u64, sub: i64::MAX };
    Batch::new(frame, edge, positions, Progress::flat(Watermark::new(i64::MIN), frontier))
}

fn column(name: &str, data_type: &DataType, values: &[Value]) -> Column {
    let ints = || -> Vec<Option<i64>> {
        let int = |value: &Value| match value {
            Value::Int(value) | Value::Time(value) | Value::Timestamp(value) => Some(*value),
            Value::Date(days) => Some(i64::from(*days)),
            _ => None,
        };
        values.iter().map(int).collect()
    };
    let to = data_type.to_polars();
    let series = match data_type {
        DataType::Boolean => {
            let bools = values
                .iter()
                .map(|value| if let Value::Boolean(value) = value { Some(*value) } else { None });
            Series::new(name.into(), bools.collect::<Vec<_>>())
        }
        DataType::Float | DataType::Double => {
            let doubles =
                values.iter().map(|value| if let Value::Double(value) = value { Some(*value) } else { None });
            Series::new(name.into(), doubles.collect::<Vec<_>>()).cast(&to).expect("floats")
        }
        DataType::Decimal(precision, scale) => {
            let values = values
                .iter()
                .map(|value| if let Value::Decimal(value, _) = value { Some(*value) } else { None });
            Int128Chunked::from_iter_options(name.into(), values)
                .into_decimal_unchecked(usize::from(*precision), usize::from(*scale))
                .into_series()
        }
        DataType::String => {
            let texts =
                values.iter().map(|value| if let Value::String(text) = value { Some(&**text) } else { None });
            Series::new(name.into(), texts.collect::<Vec<_>>())
        }
        DataType::Bytes => {
            let bytes = values
                .iter()
                .map(|value| if let Value::Bytes(bytes) = value { Some(&**bytes) } else { None });
            BinaryChunked::from_iter_options(name.into(), bytes).into_series()
        }
        DataType::Date => Series::new(name.into(), ints())
            .cast(&polars::prelude::DataType::Int32)
            .expect("days")
            .into_date(),
        DataType::Time => Series::new(name.into(), ints()).into_time(),
        _ => Series::new(name.into(), ints()).cast(&to).expect("numbers"),
    };
    series.into_column()
}
