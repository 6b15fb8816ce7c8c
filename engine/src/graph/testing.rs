//! A few node types for tests: just enough of a source, a filter, a window, a union, a watermark and a sink.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::document::{FlowDocument, FlowNode};
use crate::data::{DataType, EdgeType, Field, Schema};
use crate::diagnostic::Diagnostic;
use crate::error::{EngineError, Result};
use crate::ids::{EdgeId, NodeId, PortRef};
use crate::node::*;
use crate::time::BoundedOutOfOrderness;

/// All of them.
pub(super) fn catalog() -> Catalog {
    Catalog::new(vec![
        Arc::new(Fake::Rows),
        Arc::new(Fake::Keep),
        Arc::new(Fake::Stamp),
        Arc::new(Fake::Window),
        Arc::new(Fake::Union),
        Arc::new(Fake::File),
        Arc::new(Fake::Panics),
        Arc::new(Fake::Secretive),
    ])
}

/// A flow of nodes (`id`, kind, parameters) and edges (`a.out`, `b.in`).
pub(super) fn flow(nodes: &[(&str, &str, Value)], edges: &[(&str, &str)]) -> FlowDocument {
    let mut doc = FlowDocument::default();
    for (id, kind, params) in nodes {
        let params = params.as_object().cloned().unwrap_or_default();
        doc.nodes.insert(NodeId::new(id), FlowNode::new(*kind, params));
    }
    doc.edges.extend(edges.iter().map(|(from, to)| edge(from, to)));
    doc
}

/// The edge from `a.out` to `b.in`.
pub(super) fn edge(from: &str, to: &str) -> EdgeId {
    EdgeId { from: port(from), to: port(to) }
}

/// The port `a.out`.
pub(super) fn port(text: &str) -> PortRef {
    let (node, port) = text.rsplit_once('.').expect("node.port");
    PortRef::new(NodeId::new(node), port)
}

/// rows → stamp → keep → window → file.
pub(super) fn usual() -> FlowDocument {
    flow(
        &[
            ("rows", "rows", json!({ "columns": ["ts", "key", "value", "unused"] })),
            ("stamp", "stamp", json!({ "column": "ts" })),
            ("keep", "keep", json!({ "condition": "value" })),
            ("window", "window", json!({ "key": "key", "size": 3_600_000 })),
            ("sink", "file", json!({ "path": "out.csv" })),
        ],
        &[
            ("rows.out", "stamp.in"),
            ("stamp.out", "keep.in"),
            ("keep.out", "window.in"),
            ("window.out", "sink.in"),
        ],
    )
}

#[derive(Clone, Copy)]
enum Fake {
    Rows,
    Keep,
    Stamp,
    Window,
    Union,
    File,
    Panics,
    Secretive,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RowsParams {
    /// The columns that the file has.
    columns: Vec<String>,
    /// The file.
    #[serde(default)]
    path: PathText,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct KeepParams {
    /// The column that must be true | or not.
    condition: Expression,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct StampParams {
    /// The event time.
    column: ColumnName,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "nothing is computed")]
struct WindowParams {
    /// What rows are grouped by.
    key: ColumnName,
    /// How long a window is.
    #[schemars(range(min = 1))]
    size: Millis,
    /// What is counted.
    #[serde(default)]
    aggregates: Vec<Aggregate>,
    /// Whether windows without rows are given out.
    #[serde(default)]
    empty: bool,
}

/// A figure of a window.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "nothing is computed")]
struct Aggregate {
    /// Which figure it is.
    function: Function,
    /// Of which column.
    column: Option<ColumnName>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Function {
    Count,
    Sum,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FileParams {
    /// Where rows go.
    path: PathText,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NoParams {}

const IN: InputSpec = InputSpec { name: "in", doc: "rows", arity: Arity::One };
const OUT: OutputSpec = OutputSpec { name: "out", doc: "rows", role: OutputRole::Main };
const LATE: OutputSpec = OutputSpec { name: "late", doc: "late rows", role: OutputRole::Late };
const REJECTED: OutputSpec =
    OutputSpec { name: "rejected", doc: "rejected rows", role: OutputRole::Rejected };

impl NodeType for Fake {
    fn spec(&self) -> NodeSpec {
        let (kind, title, params) = match self {
            Fake::Rows => ("rows", "Rows", schemars::schema_for!(RowsParams)),
            Fake::Keep => ("keep", "Keep", schemars::schema_for!(KeepParams)),
            Fake::Stamp => ("stamp", "Watermark", schemars::schema_for!(StampParams)),
            Fake::Window => ("window", "Window", schemars::schema_for!(WindowParams)),
            Fake::Union => ("union", "Union", schemars::schema_for!(NoParams)),
            Fake::File => ("file", "File", schemars::schema_for!(FileParams)),
            Fake::Panics => ("panics", "Panics", schemars::schema_for!(NoParams)),
            Fake::Secretive => ("secretive", "Secretive", schemars::schema_for!(NoParams)),
        };
        let (category, inputs, outputs) = match self {
            Fake::Rows => (Category::Source, vec![], vec![OUT, REJECTED]),
            Fake::Window => (Category::Window, vec![IN], vec![OUT, LATE]),
            Fake::Union => (Category::Transform, vec![InputSpec { arity: Arity::Many, ..IN }], vec![OUT]),
            Fake::File => (Category::Sink, vec![IN], vec![]),
            _ => (Category::Transform, vec![IN], vec![OUT]),
        };
        NodeSpec {
            kind,
            title,
            category,
            summary: "For tests",
            doc: "It is made for tests.",
            keywords: &[],
            inputs,
            outputs,
            params,
            sql: SqlForm::Exact,
        }
    }

    fn plan(&self, cx: &PlanContext<'_>) -> NodePlan {
        let n_outputs = self.spec().outputs.len();
        let plan = match self {
            Fake::Rows => plan_rows(cx),
            Fake::Keep => plan_keep(cx),
            Fake::Stamp => plan_stamp(cx),
            Fake::Window => plan_window(cx),
            Fake::Union => plan_pass(cx),
            Fake::File => plan_file(cx),
            Fake::Panics => panic!("as a test wants it"),
            Fake::Secretive => plan_secretive(cx),
        };
        plan.unwrap_or_else(|diagnostic| {
            NodePlan::failed(n_outputs, diagnostic.into_iter().map(|d| *d).collect())
        })
    }
}

/// A plan, or why there is none; nothing, where it waits for a node before it.
type Planned = std::result::Result<NodePlan, Option<Box<Diagnostic>>>;

fn plan_rows(cx: &PlanContext<'_>) -> Planned {
    let params: RowsParams = read_params(cx.node, cx.params)?;
    let used = |name: &&String| cx.used_columns.is_none_or(|used| used.contains(*name));
    let field = |name: &String| match name.as_str() {
        "ts" => Field::nullable(name, DataType::Timestamp),
        _ => Field::nullable(name, DataType::BigInt),
    };
    let schema = Schema::new(params.columns.iter().filter(used).map(field).collect());
    let rejected = Schema::new(vec![Field::nullable("raw", DataType::Bytes)]);
    let mut paths = Vec::new();
    if !params.path.0.is_empty() {
        let path = cx.files.resolve(&params.path.0, FileUse::Read);
        paths.push(path.map_err(|error| {
            Box::new(Diagnostic::error("path-refused", cx.param("path"), error.to_string()))
        })?);
    }
    let source = SourcePlan {
        source: Arc::new(NoRows { paths }),
        decoded: Arc::new(schema.clone()),
        arrival_time: None,
        event_time: None,
        progress: None,
        partition: None,
        max_rejected_percent: 1.0,
    };
    Ok(NodePlan {
        outputs: vec![Some(Arc::new(EdgeType::append(schema))), Some(Arc::new(EdgeType::append(rejected)))],
        runs: Some(Runs::Source(source)),
        ..NodePlan::default()
    })
}

struct NoRows {
    paths: Vec<PathBuf>,
}

impl Source for NoRows {
    fn splits(&self) -> Result<Vec<Split>> {
        let split =
            |path: &PathBuf| Split { number: 0, name: path.display().to_string(), path: Some(path.clone()) };
        Ok(self.paths.iter().map(split).collect())
    }

    fn open(&self, _: &Split, _: SplitOffset) -> Result<Box<dyn SplitReader>> {
        Err(EngineError::internal("there is nothing to read"))
    }

    fn narrowed(&self, _: &[usize]) -> Arc<dyn Source> {
        Arc::new(NoRows { paths: self.paths.clone() })
    }
}

/// The column's number in the input, or why there is none.
fn column(
    cx: &PlanContext<'_>,
    param: &str,
    name: &str,
) -> std::result::Result<(Arc<EdgeType>, usize), Option<Box<Diagnostic>>> {
    let input = cx.input(0).ok_or(None)?;
    let missing =
        || Diagnostic::error("unknown-column", cx.param(param), format!("there is no column `{name}`"));
    let idx = input.schema.index_of(name).ok_or_else(|| Some(Box::new(missing())))?;
    Ok((Arc::clone(input), idx))
}

fn operator(distribution: Distribution) -> Option<Runs> {
    let make: MakeOperator = Arc::new(|_| Err(EngineError::internal("it does not run")));
    Some(Runs::Operator(OperatorPlan { local: None, make, distribution }))
}

fn needs<const N: usize>(own: [&str; N], passes: &[&'static str]) -> ColumnNeeds {
    ColumnNeeds::Some { own: BTreeSet::from(own.map(str::to_owned)), passes: passes.to_vec() }
}

fn plan_keep(cx: &PlanContext<'_>) -> Planned {
    let params: KeepParams = read_params(cx.node, cx.params)?;
    let (input, _) = column(cx, "condition", &params.condition.0)?;
    Ok(NodePlan {
        outputs: vec![Some(input)],
        needs: needs([&params.condition.0], &["out"]),
        runs: operator(Distribution::Any),
        ..NodePlan::default()
    })
}

fn plan_stamp(cx: &PlanContext<'_>) -> Planned {
    let params: StampParams = read_params(cx.node, cx.params)?;
    let (input, idx) = column(cx, "column", &params.column.0)?;
    let output = EdgeType { event_time: Some(idx), watermarked: true, ..(*input).clone() };
    let strategy = BoundedOutOfOrderness::new(0, 0);
    Ok(NodePlan {
        outputs: vec![Some(Arc::new(output))],
        needs: needs([&params.column.0], &["out"]),
        runs: Some(Runs::Watermarks(WatermarkPlan { event_time: idx, strategy })),
        ..NodePlan::default()
    })
}

fn plan_window(cx: &PlanContext<'_>) -> Planned {
    let params: WindowParams = read_params(cx.node, cx.params)?;
    let (input, key) = column(cx, "key", &params.key.0)?;
    if input.event_time.is_none() {
        return Err(Some(Box::new(Diagnostic::error(
            "no-event-time",
            cx.place(),
            "the rows have no event time",
        ))));
    }
    let output = Schema::new(vec![
        input.schema.fields()[key].clone(),
        Field::not_null("window_time", DataType::Timestamp),
    ]);
    let output = EdgeType { event_time: Some(1), watermarked: true, ..EdgeType::append(output) };
    Ok(NodePlan {
        outputs: vec![Some(Arc::new(output)), Some(input)],
        needs: needs([&params.key.0], &["late"]),
        runs: operator(Distribution::Keyed(vec![key])),
        ..NodePlan::default()
    })
}

fn plan_pass(cx: &PlanContext<'_>) -> Planned {
    let input = cx.input(0).ok_or(None)?;
    Ok(NodePlan {
        outputs: vec![Some(Arc::clone(input))],
        needs: needs([], &["out"]),
        runs: operator(Distribution::Any),
        ..NodePlan::default()
    })
}

/// Says that it needs no column, and then does.
fn plan_secretive(cx: &PlanContext<'_>) -> Planned {
    let plan = plan_pass(cx)?;
    column(cx, "", "unused")?;
    Ok(plan)
}

fn plan_file(cx: &PlanContext<'_>) -> Planned {
    let params: FileParams = read_params(cx.node, cx.params)?;
    cx.input(0).ok_or(None)?;
    let path = cx.files.resolve(&params.path.0, FileUse::Write);
    let path = path
        .map_err(|error| Box::new(Diagnostic::error("path-refused", cx.param("path"), error.to_string())))?;
    let make: MakeSink = Arc::new(|_| Err(EngineError::internal("it does not run")));
    Ok(NodePlan { runs: Some(Runs::Sink(SinkPlan { make, writes: vec![path] })), ..NodePlan::default() })
}
