//! `filter`: keeps the rows for which a condition holds.

use std::sync::Arc;

use schemars::{JsonSchema, schema_for};
use serde::{Deserialize, Serialize};

use crate::data::{DataType, EdgeType};
use crate::diagnostic::Diagnostic;
use crate::error::{EngineError, Result};
use crate::expr::{CompiledExpr, ExprContext, Predicate, RowFaults, compile};
use crate::node::{
    Arity, Category, ColumnNeeds, Condition, Distribution, InputSpec, NodeCounters, NodePlan, NodeSpec,
    NodeType, Operator, OperatorContext, OperatorPlan, Output, OutputRole, OutputSpec, Passes, PlanContext,
    Runs, Segment, SqlForm, read_params, rejected_edge, rejected_rows, unchanged,
};

/// The node type `filter`.
pub struct Filter;

/// Which rows to keep.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FilterParams {
    /// A BOOLEAN expression. Rows for which it is true go on; where it is false or NULL they do not.
    pub condition: Condition,
}

impl NodeType for Filter {
    fn spec(&self) -> NodeSpec {
        NodeSpec {
            kind: "filter",
            title: "Filter",
            category: Category::Transform,
            summary: "Keeps the rows for which a condition holds",
            doc: "A row goes on if the condition is true; if it is false or NULL, the row is counted as filtered and gone.\n\
                  A row for which the condition cannot be computed (a failed cast, a division by zero) leaves by `rejected`.",
            keywords: &["where", "condition", "predicate", "keep", "drop"],
            inputs: vec![InputSpec { name: "in", doc: "The rows to choose from.", arity: Arity::One }],
            outputs: vec![
                OutputSpec {
                    name: "out",
                    doc: "Rows for which the condition is true.",
                    role: OutputRole::Main,
                },
                OutputSpec {
                    name: "rejected",
                    doc: "Rows for which the condition could not be computed, with the reason.",
                    role: OutputRole::Rejected,
                },
            ],
            params: schema_for!(FilterParams),
            sql: SqlForm::Exact,
        }
    }

    fn plan(&self, cx: &PlanContext<'_>) -> NodePlan {
        let params: FilterParams = match read_params(cx.node, cx.params) {
            Ok(params) => params,
            Err(diagnostic) => return NodePlan::failed(2, vec![*diagnostic]),
        };
        let Some(input) = cx.input(0) else { return NodePlan::failed(2, Vec::new()) };
        let Some(zone) = ExprContext::new(cx.session_zone) else { return NodePlan::failed(2, Vec::new()) };
        let condition = match compile(&params.condition.0, &input.schema, &zone) {
            Ok(condition) => condition,
            Err(error) => {
                return NodePlan::failed(2, vec![error.diagnostic(cx.param("condition"))]);
            }
        };
        if *condition.data_type() != DataType::Boolean {
            let message = format!("the condition is {}, but must be BOOLEAN", condition.data_type());
            let diagnostic = Diagnostic::error("not-a-condition", cx.param("condition"), message)
                .fix("compare it with something, for example `… > 0`");
            return NodePlan::failed(2, vec![diagnostic]);
        }
        let own =
            condition.columns().iter().map(|idx| input.schema.fields()[*idx].name.to_string()).collect();
        let rejected = Arc::new(rejected_edge(input));
        let passes =
            Predicate::of(&params.condition.0, &input.schema, &zone).map_or(Passes::Unknown, Passes::Where);
        let condition = Arc::new(condition);
        NodePlan {
            outputs: vec![Some(Arc::clone(input)), Some(rejected)],
            diagnostics: Vec::new(),
            summary: params.condition.0.trim().to_owned(),
            needs: ColumnNeeds::Some { own, passes: vec!["out", "rejected"] },
            lineage: unchanged(input, 2),
            passes,
            runs: Some(Runs::Operator(OperatorPlan {
                local: None,
                make: Arc::new(move |cx| Ok(Box::new(FilterOperator::new(&condition, cx)))),
                distribution: Distribution::Any,
            })),
        }
    }
}

struct FilterOperator {
    condition: Arc<CompiledExpr>,
    rejected: Arc<EdgeType>,
    counters: Arc<NodeCounters>,
}

impl FilterOperator {
    fn new(condition: &Arc<CompiledExpr>, cx: &OperatorContext) -> FilterOperator {
        FilterOperator {
            condition: Arc::clone(condition),
            rejected: Arc::clone(&cx.outputs[1]),
            counters: Arc::clone(&cx.counters),
        }
    }
}

impl Operator for FilterOperator {
    fn process(&mut self, rows: Segment<'_>, out: &mut Output) -> Result<()> {
        let batch = rows.to_batch();
        let mut faults = RowFaults::new(batch.n_rows());
        let holds = self.condition.evaluate(batch.frame(), &mut faults)?;
        let holds = holds.as_materialized_series().bool().map_err(EngineError::from)?;
        let holds = holds.downcast_as_array();
        let keep = match holds.validity() {
            None => holds.values().clone(),
            Some(validity) => holds.values() & validity,
        };
        let kept: Vec<u32> = keep.true_idx_iter().map(|row| row as u32).collect();
        let n_faulty = faults.n_faulty();
        NodeCounters::add(&self.counters.used, kept.len());
        NodeCounters::add(&self.counters.rejected, n_faulty);
        // Counted and not subtracted, so that the conservation law says something.
        let mut gone = (!&keep).make_mut();
        faults.iter().for_each(|(row, _)| gone.set(row, false));
        NodeCounters::add(&self.counters.filtered, gone.set_bits());
        out.emit(0, batch.gather(&kept)?);
        if n_faulty > 0 {
            let (rows, reasons): (Vec<u32>, Vec<String>) =
                faults.iter().map(|(row, reason)| (row as u32, reason.to_owned())).unzip();
            out.emit(1, rejected_rows(&batch, &rows, reasons, &self.rejected)?);
        }
        Ok(())
    }
}
