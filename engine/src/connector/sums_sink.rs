//! Adds up every column of the rows that it takes: a sink that reads each value and keeps nothing, and whose sums tell whether two
//! engines gave the same rows in whatever order.
//!
//! Not in the catalog, for its result goes to the program that made it, which adds one to a catalog of its own with
//! [`Catalog::with`](crate::node::Catalog::with).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use polars::prelude::{Column, DataType as Polars, Int64Chunked};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::{Batch, DataType, EdgeType};
use crate::diagnostic::Diagnostic;
use crate::error::{EngineError, Result};
use crate::node::{
    Arity, Category, InputSpec, NodePlan, NodeSpec, NodeType, PlanContext, Runs, Sink, SinkPlan, SqlForm,
    read_params,
};

/// The node type `sums_sink`. A value of it serves one node of one run.
#[derive(Default)]
pub struct SumsSink {
    sums: Arc<Mutex<Sums>>,
}

/// What rows came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// How many there were.
    pub n_rows: u64,
    /// Their columns, in order; none before a run has been planned.
    pub columns: Vec<ColumnSum>,
}

/// What the values of a column came to, NULL left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnSum {
    /// The column.
    pub name: String,
    /// The sum: of whole numbers; of decimals without their point; of times and dates in the unit in which they are kept; of the
    /// lengths of texts in bytes; of booleans, how many are true.
    pub sum: i128,
    /// The greatest value, where it is a whole number, a date or a time.
    pub max: Option<i64>,
}

/// A sums sink has no parameters.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SumsSinkParams {}

impl SumsSink {
    /// What the rows of the run have come to; complete once the run has finished.
    pub fn sums(&self) -> Sums {
        lock(&self.sums).clone()
    }
}

fn lock(sums: &Mutex<Sums>) -> MutexGuard<'_, Sums> {
    sums.lock().unwrap_or_else(PoisonError::into_inner)
}

impl NodeType for SumsSink {
    fn spec(&self) -> NodeSpec {
        NodeSpec {
            kind: "sums_sink",
            title: "Sums",
            category: Category::Sink,
            summary: "Adds up every column",
            doc: "Adds up every column, for the program that runs the flow.",
            keywords: &["sum", "checksum", "benchmark"],
            inputs: vec![InputSpec { name: "in", doc: "The rows", arity: Arity::One }],
            outputs: Vec::new(),
            params: schemars::schema_for!(SumsSinkParams),
            sql: SqlForm::None("the sums go to the program"),
        }
    }

    fn plan(&self, cx: &PlanContext<'_>) -> NodePlan {
        if let Err(diagnostic) = read_params::<SumsSinkParams>(cx.node, cx.params) {
            return NodePlan::failed(0, vec![*diagnostic]);
        }
        let Some(input) = cx.input(0) else { return NodePlan::failed(0, Vec::new()) };
        let unsummed = input.schema.fields().iter().filter(|field| {
            field.data_type.is_float() || matches!(field.data_type, DataType::Array(_) | DataType::Row(_))
        });
        let diagnostics: Vec<Diagnostic> = unsummed
            .map(|field| {
                let message = format!("`{}` is {}, whose sum is not exact", field.name, field.data_type);
                Diagnostic::error("no-exact-sum", cx.place(), message)
                    .fix("leave it out, or cast it to a decimal")
            })
            .collect();
        if !diagnostics.is_empty() {
            return NodePlan::failed(0, diagnostics);
        }
        let (sums, edge) = (Arc::clone(&self.sums), Arc::clone(input));
        let make = Arc::new(move |_: &_| {
            *lock(&sums) = Sums::of(&edge);
            Ok(Box::new(Adding { sums: Arc::clone(&sums) }) as Box<dyn Sink>)
        });
        NodePlan { runs: Some(Runs::Sink(SinkPlan { make, writes: Vec::new() })), ..NodePlan::default() }
    }
}

impl Sums {
    /// The sums of no rows of this type.
    fn of(edge: &EdgeType) -> Sums {
        let columns = edge.schema.fields().iter();
        let columns = columns.map(|field| ColumnSum { name: field.name.to_string(), sum: 0, max: None });
        Sums { n_rows: 0, columns: columns.collect() }
    }
}

struct Adding {
    sums: Arc<Mutex<Sums>>,
}

impl Sink for Adding {
    fn write(&mut self, batch: &Batch) -> Result<()> {
        let mut sums = lock(&self.sums);
        sums.n_rows += batch.n_rows() as u64;
        for (sum, column) in sums.columns.iter_mut().zip(batch.frame().columns()) {
            sum.add(column)?;
        }
        Ok(())
    }

    fn prepare_commit(&mut self) -> Result<()> {
        Ok(())
    }

    fn commit(&mut self) -> Result<()> {
        Ok(())
    }

    fn abort(&mut self) {}
}

impl ColumnSum {
    fn add(&mut self, column: &Column) -> Result<()> {
        let physical = column.as_materialized_series().to_physical_repr();
        let sum = match physical.dtype() {
            Polars::String => {
                physical.str()?.downcast_iter().map(|texts| texts.total_bytes_len() as i128).sum()
            }
            Polars::Binary => {
                physical.binary()?.downcast_iter().map(|bytes| bytes.total_bytes_len() as i128).sum()
            }
            Polars::Int128 => {
                let mut values = physical.i128()?.iter().flatten();
                values.try_fold(0_i128, i128::checked_add).ok_or_else(|| self.too_large())?
            }
            _ => {
                let whole = physical.cast(&Polars::Int64)?;
                let values = whole.i64()?;
                if column.dtype().is_temporal() {
                    self.max = self.max.max(values.iter().flatten().max());
                }
                sum_of(values)
            }
        };
        self.sum = self.sum.checked_add(sum).ok_or_else(|| self.too_large())?;
        Ok(())
    }

    fn too_large(&self) -> EngineError {
        EngineError::data(format!("the sum of `{}` does not fit 128 bits", self.name))
    }
}

/// The exact sum. Upper and lower halves are added apart, for additions of 64 bits go several at once: a chunk has fewer than 2^31 rows.
fn sum_of(values: &Int64Chunked) -> i128 {
    let Ok(values) = values.cont_slice() else {
        return values.iter().flatten().map(i128::from).sum();
    };
    let (mut upper, mut lower) = (0_i64, 0_i64);
    for value in values {
        upper += value >> 32;
        lower += value & 0xFFFF_FFFF;
    }
    (i128::from(upper) << 32) + i128::from(lower)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::{Flow, batch, findings, sink, sink_context};
    use super::*;
    use crate::data::Value;
    use crate::node::InputPort;

    fn plan(node_type: &SumsSink, edge: &Arc<EdgeType>) -> NodePlan {
        let inputs = vec![InputPort { name: "in", edges: vec![Some(Arc::clone(edge))] }];
        Flow::new().with_params(&json!({}), inputs, None, |cx| node_type.plan(cx))
    }

    #[test]
    fn each_column_is_added_up_exactly_in_whatever_batches_it_comes() {
        let (most, least) = (Value::Int(i64::MAX), Value::Int(i64::MIN));
        let rows = batch(&[
            ("big", DataType::BigInt, vec![most.clone(), Value::Null, most, least]),
            ("small", DataType::TinyInt, vec![Value::Int(-3), Value::Int(5), Value::Null, Value::Int(-1)]),
            (
                "text",
                DataType::String,
                ["", "é", "longer than twelve bytes"]
                    .map(|t| Value::String(t.into()))
                    .into_iter()
                    .chain([Value::Null])
                    .collect(),
            ),
            ("at", DataType::Timestamp, [5, 7, 6, -9].map(Value::Timestamp).to_vec()),
            ("day", DataType::Date, vec![Value::Date(3), Value::Null, Value::Date(2), Value::Date(-1)]),
            ("price", DataType::Decimal(23, 3), [1_500, -2, 0, 7].map(|n| Value::Decimal(n, 3)).to_vec()),
            ("is", DataType::Boolean, [true, false, true, true].map(Value::Boolean).to_vec()),
        ]);
        let whole: Vec<(&str, i128, Option<i64>)> = vec![
            ("big", i128::from(i64::MAX) - 1, None),
            ("small", 1, None),
            ("text", 2 + 24, None),
            ("at", 9, Some(7)),
            ("day", 4, Some(3)),
            ("price", 1_505, None),
            ("is", 3, None),
        ];
        for n_rows in [1, 3, 4] {
            let node_type = SumsSink::default();
            let plan = sink(plan(&node_type, rows.edge()));
            assert_eq!(node_type.sums(), Sums::default());
            let mut sink = (plan.make)(&sink_context(rows.edge())).expect("a sink");
            for first in (0..4).step_by(n_rows) {
                sink.write(&rows.slice(first..(first + n_rows).min(4))).expect("sums that fit");
            }
            let sums = node_type.sums();
            assert_eq!(sums.n_rows, 4);
            let columns: Vec<_> =
                sums.columns.iter().map(|column| (&*column.name, column.sum, column.max)).collect();
            assert_eq!(columns, whole, "{n_rows} at once");
        }
    }

    #[test]
    fn what_has_no_exact_sum_is_refused() {
        let rows = batch(&[("ratio", DataType::Double, vec![Value::Double(0.5)])]);
        let plan = plan(&SumsSink::default(), rows.edge());
        assert!(plan.runs.is_none());
        assert!(findings(&plan).contains("`ratio` is DOUBLE, whose sum is not exact"), "{}", findings(&plan));
    }

    #[test]
    fn a_sum_that_does_not_fit_fails_the_run() {
        let most = Value::Decimal(i128::MAX, 0);
        let rows = batch(&[("price", DataType::Decimal(38, 0), vec![most.clone(), most])]);
        let node_type = SumsSink::default();
        let plan = sink(plan(&node_type, rows.edge()));
        let mut sink = (plan.make)(&sink_context(rows.edge())).expect("a sink");
        assert!(sink.write(&rows).is_err());
    }
}
