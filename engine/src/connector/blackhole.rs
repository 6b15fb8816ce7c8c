//! Takes rows and drops them: for measuring, and for outputs that must be connected but are not wanted.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::Batch;
use crate::error::Result;
use crate::node::{
    Arity, Category, InputSpec, NodePlan, NodeSpec, NodeType, PlanContext, Runs, Sink, SinkPlan, SqlForm,
    read_params,
};

/// The node type `blackhole`.
pub struct Blackhole;

/// A black hole has no parameters.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BlackholeParams {}

const DOC: &str = "Takes rows and drops them.

Use it to measure a flow without the cost of writing, or to look at the rates of an output whose rows are not wanted.
Flink has the same under the same name, as a connector.

```json
{}
```
";

impl NodeType for Blackhole {
    fn spec(&self) -> NodeSpec {
        NodeSpec {
            kind: "blackhole",
            title: "Black hole",
            category: Category::Sink,
            summary: "Takes rows and drops them",
            doc: DOC,
            keywords: &["null", "drop", "discard", "benchmark", "nothing"],
            inputs: vec![InputSpec { name: "in", doc: "The rows", arity: Arity::One }],
            outputs: Vec::new(),
            params: schemars::schema_for!(BlackholeParams),
            sql: SqlForm::Exact,
        }
    }

    fn plan(&self, cx: &PlanContext<'_>) -> NodePlan {
        if let Err(diagnostic) = read_params::<BlackholeParams>(cx.node, cx.params) {
            return NodePlan::failed(0, vec![*diagnostic]);
        }
        let make = Arc::new(|_: &_| Ok(Box::new(Nothing) as Box<dyn Sink>));
        NodePlan { runs: Some(Runs::Sink(SinkPlan { make, writes: Vec::new() })), ..NodePlan::default() }
    }
}

struct Nothing;

impl Sink for Nothing {
    fn write(&mut self, _: &Batch) -> Result<()> {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::{Flow, findings};
    use super::*;

    #[test]
    fn it_needs_nothing_and_takes_no_parameters() {
        let flow = Flow::new();
        let plan = flow.plan(&Blackhole, &json!({}));
        assert!(plan.diagnostics.is_empty() && plan.outputs.is_empty());
        assert!(matches!(plan.runs, Some(Runs::Sink(sink)) if sink.writes.is_empty()));
        let plan = flow.plan(&Blackhole, &json!({"path": "x"}));
        assert!(findings(&plan).contains("there is no parameter `path`"));
    }
}
