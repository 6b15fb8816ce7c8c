//! `tumbling_window`: one result for every key and every stretch of time of a fixed size.

mod halves;
mod late;
mod operator;
mod panes;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;

use polars::prelude::{Column, IntoColumn, NamedFrom, Series};
use schemars::{JsonSchema, schema_for};
use serde::{Deserialize, Serialize};

use self::halves::halves;
use self::late::late_edge;
use self::operator::WindowOperator;
use crate::aggregate::AggregateFunction;
use crate::data::{ChangeMode, DataType, EdgeType, Field, Schema, Value};
use crate::diagnostic::{Diagnostic, Place, Severity};
use crate::error::{EngineError, Result};
use crate::node::{
    Arity, Category, ColumnName, ColumnNeeds, Distribution, InputSpec, Millis, NodePlan, NodeSpec, NodeType,
    OperatorPlan, OutputRole, OutputSpec, PlanContext, Runs, SqlForm, read_params,
};
use crate::time::{TumblingWindows, duration_text};

/// The node type `tumbling_window`.
pub struct TumblingWindow;

/// The windows, and what is made of the rows in each.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TumblingWindowParams {
    /// How long a window is, from 1 ms to 10 years.
    #[schemars(range(min = 1, max = 315_576_000_000_i64))]
    pub size_millis: Millis,
    /// By how much windows are shifted from the epoch; may be negative.
    #[serde(default)]
    pub offset_millis: Millis,
    /// The columns by whose values rows are told apart. None: one result for each window.
    #[serde(default)]
    pub keys: Vec<ColumnName>,
    /// What is computed of the rows of a window.
    #[serde(default)]
    pub aggregates: Vec<Aggregate>,
}

/// A value computed of the rows of a window.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Aggregate {
    /// The function.
    pub function: AggregateFunction,
    /// The column that it is computed of. Empty, for `count` only: every row counts.
    #[serde(default)]
    pub column: ColumnName,
    /// What the result's column is called. Empty: function and column, as in `avg_price`.
    #[serde(default)]
    pub name: String,
}

impl Aggregate {
    fn result_name(&self) -> String {
        match (&*self.name, &*self.column.0) {
            ("", "") => self.function.name().to_owned(),
            ("", column) => format!("{}_{column}", self.function.name()),
            (name, _) => name.to_owned(),
        }
    }
}

const MAX_SIZE_MILLIS: i64 = 315_576_000_000;

/// The columns that a window adds to its keys.
const WINDOW_COLUMNS: [&str; 3] = ["window_start", "window_end", "window_time"];

impl NodeType for TumblingWindow {
    fn spec(&self) -> NodeSpec {
        NodeSpec {
            kind: "tumbling_window",
            title: "Tumbling window",
            category: Category::Window,
            summary: "Counts and aggregates the rows of every key in stretches of time of one size",
            doc: "A window holds the rows with `window_start <= event time < window_end`. Windows are aligned to the epoch, and shifted \
                  by the offset.\n\
                  A window closes, and its rows are given out, once the watermark reaches its last millisecond, `window_time`. An \
                  empty window gives nothing.\n\
                  A row that comes after its window has closed is late: it leaves by `late`, with the watermark that it met and by \
                  how much it was behind it, and is counted.\n\
                  A sum has the type of its column, as in Flink, and a run fails where one does not fit: cast narrow integers to BIGINT.\n\
                  `first` and `last` go by arrival, not by event time. Sums and means of doubles are exact before they are rounded, \
                  so that they do not depend on the order of rows.",
            keywords: &["tumble", "group by", "aggregate", "count", "sum", "average", "hourly", "daily"],
            inputs: vec![InputSpec {
                name: "in",
                doc: "Rows with event time and watermarks.",
                arity: Arity::One,
            }],
            outputs: vec![
                OutputSpec {
                    name: "out",
                    doc: "One row for every key of every window that closes.",
                    role: OutputRole::Main,
                },
                OutputSpec {
                    name: "late",
                    doc: "Rows that came after their window had closed.",
                    role: OutputRole::Late,
                },
            ],
            params: schema_for!(TumblingWindowParams),
            sql: SqlForm::Partial("late rows need a second query, by CURRENT_WATERMARK"),
        }
    }

    fn plan(&self, cx: &PlanContext<'_>) -> NodePlan {
        let params: TumblingWindowParams = match read_params(cx.node, cx.params) {
            Ok(params) => params,
            Err(diagnostic) => return NodePlan::failed(2, vec![*diagnostic]),
        };
        let mut diagnostics = check_size(cx, &params);
        let Some(input) = cx.input(0) else { return NodePlan::failed(2, diagnostics) };
        let resolved = resolve(cx, &params, input, &mut diagnostics);
        let has_error = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
        let (Some(resolved), false) = (resolved, has_error) else {
            return NodePlan::failed(2, diagnostics);
        };
        let by = match params.keys.len() {
            0 => String::new(),
            _ => format!(" · by {}", params.keys.iter().map(|key| &*key.0).collect::<Vec<_>>().join(", ")),
        };
        let mut own: BTreeSet<String> = params.keys.iter().map(|key| key.0.clone()).collect();
        own.extend(
            params
                .aggregates
                .iter()
                .map(|aggregate| aggregate.column.0.clone())
                .filter(|name| !name.is_empty()),
        );
        own.insert(input.schema.fields()[resolved.time].name.to_string());
        let output = Arc::new(resolved.output_edge(input));
        let late = Arc::new(late_edge(input));
        let keys = resolved.keys.iter().map(|(idx, _)| *idx).collect();
        let resolved = Arc::new(resolved);
        NodePlan {
            outputs: vec![Some(output), Some(late)],
            diagnostics,
            summary: format!("{}{by}", duration_text(params.size_millis.0)),
            needs: ColumnNeeds::Some { own, passes: vec!["late"] },
            runs: Some(Runs::Operator(OperatorPlan {
                local: Some(halves(&resolved)),
                make: Arc::new(move |cx| Ok(Box::new(WindowOperator::new(&resolved, cx)?))),
                distribution: Distribution::Keyed(keys),
            })),
            ..NodePlan::default()
        }
    }
}

fn check_size(cx: &PlanContext<'_>, params: &TumblingWindowParams) -> Vec<Diagnostic> {
    let size = params.size_millis.0;
    if (1..=MAX_SIZE_MILLIS).contains(&size) {
        return Vec::new();
    }
    let message = format!("a window of {size} ms is not possible");
    vec![
        Diagnostic::error("out-of-range", cx.param("size_millis"), message)
            .fix("use a size between 1 ms and 10 years (315,576,000,000 ms)"),
    ]
}

/// The parameters, read against the input.
struct Resolved {
    windows: TumblingWindows,
    time: usize,
    keys: Vec<(usize, Field)>,
    aggregates: Vec<ResolvedAggregate>,
}

struct ResolvedAggregate {
    function: AggregateFunction,
    input: Option<(usize, DataType)>,
    result: Field,
}

fn resolve(
    cx: &PlanContext<'_>,
    params: &TumblingWindowParams,
    input: &EdgeType,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Resolved> {
    let schema = &input.schema;
    let column = |name: &str, path: String| {
        schema.index_of(name).ok_or_else(|| {
            let diagnostic =
                Diagnostic::error("unknown-column", cx.param(path), format!("there is no column `{name}`"));
            Box::new(match schema.similar_to(name) {
                Some(similar) => diagnostic.fix(format!("did you mean `{similar}`?")),
                None => diagnostic,
            })
        })
    };
    if input.changes != ChangeMode::Append {
        diagnostics.push(
            Diagnostic::error(
                "updates-into-window",
                cx.place(),
                "the input updates rows, which a window cannot take back",
            )
            .fix("put the window before the node that updates"),
        );
    }
    let time = input.event_time;
    if time.is_none() {
        diagnostics.push(
            Diagnostic::error(
                "no-event-time",
                cx.place(),
                "the input has no event time, so no row has a window",
            )
            .fix("put a watermarks node before the window, or name the source's event-time column"),
        );
    } else if !input.watermarked {
        diagnostics.push(
            Diagnostic::error(
                "no-watermarks",
                cx.place(),
                "the input has no watermarks, so no window would ever close",
            )
            .fix("put a watermarks node behind the source"),
        );
    }
    let mut keys = Vec::new();
    for (number, key) in params.keys.iter().enumerate() {
        match column(&key.0, format!("keys.{number}")) {
            Ok(idx) if matches!(schema.fields()[idx].data_type, DataType::Array(_) | DataType::Row(_)) => {
                let message = format!("`{}` is of the type {}", key.0, schema.fields()[idx].data_type);
                diagnostics.push(
                    Diagnostic::error("wrong-type", cx.param(format!("keys.{number}")), message)
                        .fix("group by its fields: compute them in a select node before"),
                );
            }
            Ok(idx) => keys.push((idx, schema.fields()[idx].clone())),
            Err(diagnostic) => diagnostics.push(*diagnostic),
        }
    }
    let mut aggregates = Vec::new();
    for (number, aggregate) in params.aggregates.iter().enumerate() {
        let path = format!("aggregates.{number}.column");
        let idx = match &*aggregate.column.0 {
            "" => None,
            name => match column(name, path.clone()) {
                Ok(idx) => Some(idx),
                Err(diagnostic) => {
                    diagnostics.push(*diagnostic);
                    continue;
                }
            },
        };
        let input = idx.map(|idx| (idx, schema.fields()[idx].data_type.clone()));
        match aggregate.function.result_type(input.as_ref().map(|(_, data_type)| data_type)) {
            Ok(data_type) => {
                diagnostics.extend(narrow_sum(cx.param(path), aggregate, &data_type));
                let name = aggregate.result_name().as_str().into();
                let result = Field { name, data_type, nullable: aggregate.function.nullable() };
                aggregates.push(ResolvedAggregate { function: aggregate.function, input, result });
            }
            Err(message) => diagnostics.push(
                Diagnostic::error("wrong-type", cx.param(path), message)
                    .fix("choose another column or function"),
            ),
        }
    }
    let mut names: BTreeSet<&str> = WINDOW_COLUMNS.into();
    let keys_and_results =
        keys.iter().map(|(_, field)| field).chain(aggregates.iter().map(|aggregate| &aggregate.result));
    for field in keys_and_results {
        if !names.insert(&field.name) {
            diagnostics.push(
                Diagnostic::error(
                    "duplicate-column",
                    cx.place(),
                    format!("two result columns are called `{}`", field.name),
                )
                .fix("give one of the aggregates another name"),
            );
        }
    }
    let size = params.size_millis.0.clamp(1, MAX_SIZE_MILLIS);
    Some(Resolved {
        windows: TumblingWindows::new(size, params.offset_millis.0),
        time: time?,
        keys,
        aggregates,
    })
}

/// What is worth knowing of a sum whose type is soon too small for it.
fn narrow_sum(place: Place, aggregate: &Aggregate, result: &DataType) -> Option<Diagnostic> {
    let is_narrow = matches!(result, DataType::TinyInt | DataType::SmallInt | DataType::Int);
    (is_narrow && aggregate.function == AggregateFunction::Sum).then(|| {
        let message =
            format!("the sum of `{}` is {result}, and a run fails where it does not fit", aggregate.column.0);
        Diagnostic::hint("narrow-sum", place, message).fix(format!(
            "cast to BIGINT before, with a select node: `CAST({} AS BIGINT)`",
            aggregate.column.0
        ))
    })
}

impl Resolved {
    /// Adds to an error the window and key of row `row` of a result that begins with `columns`.
    fn name_group(&self, error: EngineError, columns: &[Column], row: usize) -> EngineError {
        let n_keys = self.keys.len();
        let value = |idx: usize, data_type: &DataType| Value::at(&columns[idx], data_type, row).to_string();
        let keys: Vec<String> = self
            .keys
            .iter()
            .enumerate()
            .map(|(idx, (_, field))| format!(", `{}` = {:?}", field.name, value(idx, &field.data_type)))
            .collect();
        let start = value(n_keys, &DataType::Timestamp);
        error.with(format_args!("in the window from {start}{}", keys.concat()))
    }

    fn output_edge(&self, input: &EdgeType) -> EdgeType {
        let time_type = &input.schema.fields()[self.time].data_type;
        let mut fields: Vec<Field> = self.keys.iter().map(|(_, field)| field.clone()).collect();
        // Bounds are clock times in Flink; only `window_time` is a time attribute and keeps its type.
        fields.push(Field::not_null(WINDOW_COLUMNS[0], DataType::Timestamp));
        fields.push(Field::not_null(WINDOW_COLUMNS[1], DataType::Timestamp));
        fields.push(Field::not_null(WINDOW_COLUMNS[2], time_type.clone()));
        let event_time = Some(fields.len() - 1);
        fields.extend(self.aggregates.iter().map(|aggregate| aggregate.result.clone()));
        EdgeType {
            schema: Arc::new(Schema::new(fields)),
            event_time,
            watermarked: true,
            changes: ChangeMode::Append,
        }
    }
}

fn timestamps(name: &str, millis: Vec<i64>) -> Result<Column> {
    let dtype = DataType::Timestamp.to_polars();
    Ok(Series::new(name.into(), millis).cast(&dtype)?.into_column())
}
