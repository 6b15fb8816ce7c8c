//! `select`: computes, renames, drops and casts columns.

use std::collections::BTreeSet;
use std::sync::Arc;

use polars::prelude::DataFrame;
use schemars::{JsonSchema, schema_for};
use serde::{Deserialize, Serialize};

use crate::data::{EdgeType, Field, Schema};
use crate::diagnostic::Diagnostic;
use crate::error::{EngineError, Result};
use crate::expr::{CompiledExpr, ExprContext, RowFaults, compile};
use crate::node::{
    Arity, Category, ColumnName, ColumnNeeds, Distribution, Expression, InputSpec, NodeCounters, NodePlan,
    NodeSpec, NodeType, Operator, OperatorContext, OperatorPlan, Output, OutputRole, OutputSpec, Passes,
    PlanContext, Runs, Segment, SqlForm, read_params, rejected_edge, rejected_rows,
};

/// The node type `select`.
pub struct Select;

/// Which columns the result has.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SelectParams {
    /// The columns to compute, in order.
    #[serde(default)]
    pub columns: Vec<SelectColumn>,
    /// Whether the input's other columns stay, before the computed ones. A computed column of the same name takes the other's place.
    #[serde(default)]
    pub keep_others: bool,
    /// Columns that do not stay, where the others do.
    #[serde(default)]
    pub drop: Vec<ColumnName>,
}

/// One column of the result.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SelectColumn {
    /// What the column holds: a column's name, a CAST, or any other expression.
    pub expression: Expression,
    /// What it is called. Empty: as the column that the expression names.
    #[serde(default)]
    pub name: String,
}

impl NodeType for Select {
    fn spec(&self) -> NodeSpec {
        NodeSpec {
            kind: "select",
            title: "Select",
            category: Category::Transform,
            summary: "Computes, renames, drops and casts columns",
            doc: "The result has the columns that are listed, each an expression over the input's columns; with `keep_others` the \
                  input's columns stay too, but for those in `drop`.\n\
                  Event time stays event time as long as its column is among the result's, under whatever name.\n\
                  A row for which an expression cannot be computed leaves by `rejected`, whole and with the reason.",
            keywords: &["project", "map", "compute", "rename", "cast", "derive", "columns"],
            inputs: vec![InputSpec { name: "in", doc: "The rows to compute on.", arity: Arity::One }],
            outputs: vec![
                OutputSpec { name: "out", doc: "The computed rows.", role: OutputRole::Main },
                OutputSpec {
                    name: "rejected",
                    doc: "Rows for which an expression could not be computed, as they came in, with the reason.",
                    role: OutputRole::Rejected,
                },
            ],
            params: schema_for!(SelectParams),
            sql: SqlForm::Exact,
        }
    }

    fn plan(&self, cx: &PlanContext<'_>) -> NodePlan {
        let params: SelectParams = match read_params(cx.node, cx.params) {
            Ok(params) => params,
            Err(diagnostic) => return NodePlan::failed(2, vec![*diagnostic]),
        };
        let Some(input) = cx.input(0) else { return NodePlan::failed(2, Vec::new()) };
        let Some(zone) = ExprContext::new(cx.session_zone) else { return NodePlan::failed(2, Vec::new()) };
        let (columns, diagnostics) = result_columns(cx, &params, input, &zone);
        if diagnostics.iter().any(|diagnostic| diagnostic.severity == crate::diagnostic::Severity::Error) {
            return NodePlan::failed(2, diagnostics);
        }
        let fields = columns.iter().map(|column| column.field.clone()).collect();
        let copies: Vec<Option<usize>> = columns
            .iter()
            .map(|column| column.expr.as_ref().map_or(column.input, CompiledExpr::as_column))
            .collect();
        let event_time =
            copies.iter().position(|copied| input.event_time.is_some() && *copied == input.event_time);
        let output = Arc::new(EdgeType {
            schema: Arc::new(Schema::new(fields)),
            event_time,
            watermarked: input.watermarked && event_time.is_some(),
            changes: input.changes.clone(),
        });
        let own: BTreeSet<String> = columns
            .iter()
            .flat_map(|column| {
                let computed = column.expr.iter().flat_map(|expr| expr.columns().iter().copied());
                computed.chain(column.input)
            })
            .map(|idx| input.schema.fields()[idx].name.to_string())
            .collect();
        let rejected = Arc::new(rejected_edge(input));
        let columns = Arc::new(columns);
        NodePlan {
            outputs: vec![Some(output), Some(rejected)],
            diagnostics,
            summary: summary(&params),
            needs: ColumnNeeds::Some { own, passes: vec!["rejected"] },
            passes: if copies.iter().all(Option::is_some) { Passes::All } else { Passes::Unknown },
            lineage: vec![copies],
            runs: Some(Runs::Operator(OperatorPlan {
                local: None,
                make: Arc::new(move |cx| Ok(Box::new(SelectOperator::new(&columns, cx)))),
                distribution: Distribution::Any,
            })),
        }
    }
}

/// A column of the result: one of the input's, or computed.
struct ResultColumn {
    field: Field,
    input: Option<usize>,
    expr: Option<CompiledExpr>,
}

fn result_columns(
    cx: &PlanContext<'_>,
    params: &SelectParams,
    input: &EdgeType,
    zone: &ExprContext,
) -> (Vec<ResultColumn>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let mut columns: Vec<ResultColumn> = Vec::new();
    for (number, drop) in params.drop.iter().enumerate() {
        if input.schema.index_of(&drop.0).is_none() {
            let place = cx.param(format!("drop.{number}"));
            let diagnostic =
                Diagnostic::error("unknown-column", place, format!("there is no column `{}`", drop.0));
            diagnostics.push(match input.schema.similar_to(&drop.0) {
                Some(similar) => diagnostic.fix(format!("did you mean `{similar}`?")),
                None => diagnostic,
            });
        }
    }
    if params.keep_others {
        let kept = input.schema.fields().iter().enumerate();
        let kept = kept.filter(|(_, field)| params.drop.iter().all(|drop| drop.0 != *field.name));
        columns.extend(kept.map(|(idx, field)| ResultColumn {
            field: field.clone(),
            input: Some(idx),
            expr: None,
        }));
    }
    let n_kept = columns.len();
    for (number, column) in params.columns.iter().enumerate() {
        let path = format!("columns.{number}.expression");
        let expr = match compile(&column.expression.0, &input.schema, zone) {
            Ok(expr) => expr,
            Err(error) => {
                diagnostics.push(error.diagnostic(cx.param(path)));
                continue;
            }
        };
        let name = match (&*column.name, expr.as_column()) {
            ("", Some(idx)) => input.schema.fields()[idx].name.to_string(),
            ("", None) => {
                let place = cx.param(format!("columns.{number}.name"));
                diagnostics.push(
                    Diagnostic::error("missing-name", place, format!("column {} has no name", number + 1))
                        .fix("give it a name"),
                );
                continue;
            }
            (name, _) => name.to_owned(),
        };
        let field = Field {
            name: name.as_str().into(),
            data_type: expr.data_type().clone(),
            nullable: expr.nullable(),
        };
        let computed = ResultColumn { field, input: None, expr: Some(expr) };
        match columns.iter().position(|column| *column.field.name == *name) {
            Some(idx) if idx < n_kept => columns[idx] = computed,
            Some(_) => diagnostics.push(
                Diagnostic::error(
                    "duplicate-column",
                    cx.param(format!("columns.{number}.name")),
                    format!("two columns are called `{name}`"),
                )
                .fix("give one of them another name"),
            ),
            None => columns.push(computed),
        }
    }
    if columns.is_empty() && diagnostics.is_empty() {
        diagnostics.push(
            Diagnostic::error("no-columns", cx.param("columns"), "the result has no columns")
                .fix("add a column"),
        );
    }
    (columns, diagnostics)
}

fn summary(params: &SelectParams) -> String {
    let mut parts: Vec<String> =
        params
            .columns
            .iter()
            .map(|column| {
                if column.name.is_empty() {
                    column.expression.0.trim().to_owned()
                } else {
                    column.name.clone()
                }
            })
            .collect();
    if params.keep_others {
        parts.insert(0, "all".to_owned());
    }
    parts.extend(params.drop.iter().map(|drop| format!("−{}", drop.0)));
    parts.join(", ")
}

struct SelectOperator {
    columns: Arc<Vec<ResultColumn>>,
    output: Arc<EdgeType>,
    rejected: Arc<EdgeType>,
    counters: Arc<NodeCounters>,
}

impl SelectOperator {
    fn new(columns: &Arc<Vec<ResultColumn>>, cx: &OperatorContext) -> SelectOperator {
        SelectOperator {
            columns: Arc::clone(columns),
            output: Arc::clone(&cx.outputs[0]),
            rejected: Arc::clone(&cx.outputs[1]),
            counters: Arc::clone(&cx.counters),
        }
    }
}

impl Operator for SelectOperator {
    fn process(&mut self, rows: Segment<'_>, out: &mut Output) -> Result<()> {
        let batch = rows.to_batch();
        let mut faults = RowFaults::new(batch.n_rows());
        let mut columns = Vec::with_capacity(self.columns.len());
        for column in self.columns.iter() {
            let mut values = match (&column.expr, column.input) {
                (Some(expr), _) => expr.evaluate(batch.frame(), &mut faults)?,
                (None, Some(idx)) => batch.column(idx).clone(),
                (None, None) => return Err(EngineError::internal("a column comes from nowhere")),
            };
            values.rename((&*column.field.name).into());
            columns.push(values);
        }
        let frame = DataFrame::new(batch.n_rows(), columns).map_err(EngineError::from)?;
        let computed = batch.with_columns(frame, Arc::clone(&self.output));
        if faults.is_empty() {
            NodeCounters::add(&self.counters.used, computed.n_rows());
            out.emit(0, computed);
            return Ok(());
        }
        let good: Vec<u32> =
            (0..batch.n_rows()).filter(|row| !faults.is_faulty(*row)).map(|row| row as u32).collect();
        let computed = computed.gather(&good)?;
        NodeCounters::add(&self.counters.used, computed.n_rows());
        out.emit(0, computed);
        let (rows, reasons): (Vec<u32>, Vec<String>) =
            faults.iter().map(|(row, reason)| (row as u32, reason.to_owned())).unzip();
        let rejected = rejected_rows(&batch, &rows, reasons, &self.rejected)?;
        NodeCounters::add(&self.counters.rejected, rejected.n_rows());
        out.emit(1, rejected);
        Ok(())
    }
}
