//! Keeps the newest rows in memory, where the window shows them and the command line prints them.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::Batch;
use crate::diagnostic::Diagnostic;
use crate::error::Result;
use crate::node::{
    Arity, Category, InputSpec, NodePlan, NodeSpec, NodeType, PlanContext, ResultTable, Runs, Sink,
    SinkContext, SinkPlan, SqlForm, read_params,
};

/// The node type `table_sink`.
pub struct TableSink;

/// The most rows that a table may be told to keep.
const MOST_ROWS: u64 = 10_000_000;

/// The parameters of a table.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TableSinkParams {
    /// How many rows are kept; older ones go. They are held in memory.
    #[serde(default = "ten_thousand")]
    #[schemars(range(min = 1, max = 10_000_000))]
    pub max_rows: u64,
}

fn ten_thousand() -> u64 {
    10_000
}

const DOC: &str = "Shows rows in a table as they come.

The newest `max_rows` rows are kept in memory; how many there were in all is counted.
Every kind of change is taken: a table of an updating query shows each change with its kind.

```json
{\"max_rows\": 10000}
```
";

impl NodeType for TableSink {
    fn spec(&self) -> NodeSpec {
        NodeSpec {
            kind: "table_sink",
            title: "Table",
            category: Category::Sink,
            summary: "Shows the newest rows in a table",
            doc: DOC,
            keywords: &["result", "print", "show", "preview", "collect"],
            inputs: vec![InputSpec { name: "in", doc: "The rows", arity: Arity::One }],
            outputs: Vec::new(),
            params: schemars::schema_for!(TableSinkParams),
            sql: SqlForm::Partial("becomes a `print` table"),
        }
    }

    fn plan(&self, cx: &PlanContext<'_>) -> NodePlan {
        let params: TableSinkParams = match read_params(cx.node, cx.params) {
            Ok(params) => params,
            Err(diagnostic) => return NodePlan::failed(0, vec![*diagnostic]),
        };
        if !(1..=MOST_ROWS).contains(&params.max_rows) {
            let message = format!("a table cannot keep {} rows", grouped(params.max_rows));
            return NodePlan::failed(
                0,
                vec![
                    Diagnostic::error("bad-parameter", cx.param("max_rows"), message)
                        .fix(format!("set it between 1 and {}", grouped(MOST_ROWS))),
                ],
            );
        }
        let max_rows = usize::try_from(params.max_rows).unwrap_or(usize::MAX);
        let make = Arc::new(move |cx: &SinkContext| {
            cx.table.set_max_rows(max_rows);
            Ok(Box::new(Table { table: Arc::clone(&cx.table) }) as Box<dyn Sink>)
        });
        NodePlan {
            summary: format!("newest {} rows", grouped(params.max_rows)),
            runs: Some(Runs::Sink(SinkPlan { make, writes: Vec::new() })),
            ..NodePlan::default()
        }
    }
}

struct Table {
    table: Arc<ResultTable>,
}

impl Sink for Table {
    fn write(&mut self, batch: &Batch) -> Result<()> {
        self.table.push(batch.clone());
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

/// The digits of a number, grouped by thousands.
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let groups: Vec<&[u8]> = digits.as_bytes().rchunks(3).rev().collect();
    String::from_utf8_lossy(&groups.join(&b","[..])).into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::{Flow, batch, findings, sink, sink_context};
    use super::*;
    use crate::data::{DataType, Value};

    #[test]
    fn the_newest_rows_are_kept() {
        let flow = Flow::new();
        let plan = sink(flow.plan(&TableSink, &json!({"max_rows": 3})));
        let rows = |first: i64| {
            let values = vec![Value::Int(first), Value::Int(first + 1)];
            batch(&[("n", DataType::BigInt, values)])
        };
        let cx = sink_context(rows(0).edge());
        let mut sink = (plan.make)(&cx).expect("a sink");
        for first in [0, 2, 4] {
            sink.write(&rows(first)).expect("written");
        }
        let (batches, n_total) = cx.table.batches();
        assert_eq!((batches.len(), n_total), (2, 6));
        assert_eq!(Value::at(batches[0].column(0), &DataType::BigInt, 0), Value::Int(2));
        for (n_wanted, firsts) in [(0, &[][..]), (1, &[4]), (2, &[4]), (3, &[2, 4]), (100, &[2, 4])] {
            let (newest, n_total) = cx.table.newest(n_wanted);
            let first = |batch: &Batch| Value::at(batch.column(0), &DataType::BigInt, 0);
            let expected: Vec<Value> = firsts.iter().copied().map(Value::Int).collect();
            assert_eq!(newest.iter().map(first).collect::<Vec<_>>(), expected, "{n_wanted} rows");
            assert_eq!((n_total, cx.table.n_total()), (6, 6));
        }
    }

    #[test]
    fn both_bounds_of_its_size_are_checked() {
        let flow = Flow::new();
        for (max_rows, is_good) in [(0, false), (1, true), (MOST_ROWS, true), (MOST_ROWS + 1, false)] {
            let plan = flow.plan(&TableSink, &json!({ "max_rows": max_rows }));
            assert_eq!(plan.runs.is_some(), is_good, "{}", findings(&plan));
        }
        assert!(flow.plan(&TableSink, &json!({})).summary.contains("newest 10,000 rows"));
    }
}
