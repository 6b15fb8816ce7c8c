//! `union`: several streams of the same columns become one.

use std::sync::Arc;

use schemars::{JsonSchema, schema_for};
use serde::{Deserialize, Serialize};

use crate::data::{ChangeMode, EdgeType, Field, Schema};
use crate::diagnostic::Diagnostic;
use crate::error::Result;
use crate::node::{
    Arity, Category, ColumnNeeds, Distribution, InputSpec, NodeCounters, NodePlan, NodeSpec, NodeType,
    Operator, OperatorContext, OperatorPlan, Output, OutputRole, OutputSpec, PlanContext, Runs, Segment,
    SqlForm, read_params,
};

/// The node type `union`.
pub struct Union;

/// A union has no parameters.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnionParams {}

impl NodeType for Union {
    fn spec(&self) -> NodeSpec {
        NodeSpec {
            kind: "union",
            title: "Union",
            category: Category::Transform,
            summary: "Puts several streams of the same columns into one",
            doc: "All rows of all inputs, in arrival order.\n\
                  The watermark is the least of the inputs' watermarks; an input that has ended holds it back no more.\n\
                  Columns must agree in name, order and type. A column may be NULL in the result if it may be NULL in any input.",
            keywords: &["merge", "union all", "combine", "append"],
            inputs: vec![InputSpec {
                name: "in",
                doc: "The streams; connect as many as there are.",
                arity: Arity::Many,
            }],
            outputs: vec![OutputSpec { name: "out", doc: "The rows of all inputs.", role: OutputRole::Main }],
            params: schema_for!(UnionParams),
            sql: SqlForm::Exact,
        }
    }

    fn plan(&self, cx: &PlanContext<'_>) -> NodePlan {
        if let Err(diagnostic) = read_params::<UnionParams>(cx.node, cx.params) {
            return NodePlan::failed(1, vec![*diagnostic]);
        }
        let edges: Vec<&Arc<EdgeType>> =
            cx.inputs.iter().flat_map(|input| input.edges.iter().flatten()).collect();
        let n_inputs: usize = cx.inputs.iter().map(|input| input.edges.len()).sum();
        if edges.len() < n_inputs || edges.is_empty() {
            return NodePlan::failed(1, Vec::new());
        }
        let mut diagnostics = Vec::new();
        for (number, edge) in edges.iter().enumerate().skip(1) {
            if let Some(difference) = difference(&edges[0].schema, &edge.schema) {
                let message =
                    format!("input {} does not have the columns of input 1: {difference}", number + 1);
                diagnostics.push(
                    Diagnostic::error("union-columns-differ", cx.place(), message)
                        .fix("bring the columns into line with a select node"),
                );
            }
        }
        if !diagnostics.is_empty() {
            return NodePlan::failed(1, diagnostics);
        }
        let edge = Arc::new(merged(&edges));
        let output = Arc::clone(&edge);
        NodePlan {
            outputs: vec![Some(edge)],
            diagnostics,
            summary: format!("{n_inputs} streams"),
            needs: ColumnNeeds::Some { own: Default::default(), passes: vec!["out"] },
            runs: Some(Runs::Operator(OperatorPlan {
                local: None,
                make: Arc::new(move |cx| Ok(Box::new(Pass::new(&output, cx)))),
                distribution: Distribution::Single,
            })),
            ..NodePlan::default()
        }
    }
}

/// What differs between two schemas, in a few words; `None` if rows of both fit together.
fn difference(first: &Schema, other: &Schema) -> Option<String> {
    if first.n_columns() != other.n_columns() {
        return Some(format!("{} columns instead of {}", other.n_columns(), first.n_columns()));
    }
    first.fields().iter().zip(other.fields()).enumerate().find_map(|(idx, (a, b))| {
        if a.name != b.name {
            return Some(format!("column {} is `{}` instead of `{}`", idx + 1, b.name, a.name));
        }
        (a.data_type != b.data_type)
            .then(|| format!("`{}` is {} instead of {}", b.name, b.data_type, a.data_type))
    })
}

fn merged(edges: &[&Arc<EdgeType>]) -> EdgeType {
    let fields = edges[0].schema.fields().iter().enumerate().map(|(idx, field)| Field {
        nullable: edges.iter().any(|edge| edge.schema.fields()[idx].nullable),
        ..field.clone()
    });
    let event_time =
        edges[0].event_time.filter(|_| edges.iter().all(|edge| edge.event_time == edges[0].event_time));
    let append = edges.iter().all(|edge| edge.changes == ChangeMode::Append);
    EdgeType {
        schema: Arc::new(Schema::new(fields.collect())),
        event_time,
        watermarked: event_time.is_some() && edges.iter().all(|edge| edge.watermarked),
        changes: if append { ChangeMode::Append } else { ChangeMode::Retract },
    }
}

/// The merging is done where streams enter the task; here rows only pass.
struct Pass {
    edge: Arc<EdgeType>,
    counters: Arc<NodeCounters>,
}

impl Pass {
    fn new(edge: &Arc<EdgeType>, cx: &OperatorContext) -> Pass {
        Pass { edge: Arc::clone(edge), counters: Arc::clone(&cx.counters) }
    }
}

impl Operator for Pass {
    fn process(&mut self, rows: Segment<'_>, out: &mut Output) -> Result<()> {
        let batch = rows.to_batch().with_edge(Arc::clone(&self.edge));
        NodeCounters::add(&self.counters.used, batch.n_rows());
        out.emit(0, batch);
        Ok(())
    }
}
