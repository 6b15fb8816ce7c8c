//! Deleting nodes and keeping the wire: which edges take the place of what they connected, or why none can.

use std::collections::BTreeSet;
use std::sync::Arc;

use tidemark_engine::data::EdgeType;
use tidemark_engine::diagnostic::Severity;
use tidemark_engine::graph::{Edit, FlowDocument, connection_veto};
use tidemark_engine::ids::{EdgeId, NodeId, PortRef};
use tidemark_engine::node::{FileAccess, InputPort, PlanContext};

use crate::state::AppState;
use crate::ui_kit::t_args;

/// The search for edges over a gap.
pub(super) struct Bridges<'a> {
    state: &'a AppState,
    files: &'a FileAccess,
    gone: &'a BTreeSet<NodeId>,
}

impl Bridges<'_> {
    /// The edges that join what `gone` connected by its main outputs.
    ///
    /// # Errors
    /// Why there can be none, in a sentence.
    pub(super) fn over(
        state: &AppState,
        files: &FileAccess,
        gone: &BTreeSet<NodeId>,
    ) -> Result<Vec<EdgeId>, String> {
        let search = Bridges { state, files, gone };
        let flow = state.open.document.flow();
        let mut without = flow.as_ref().clone();
        for node in gone {
            // A node that is not there needs no removing.
            let _ = Edit::RemoveNode(node.clone()).apply(&mut without);
        }
        let mut bridges = Vec::new();
        let leaving = flow.edges.iter().filter(|edge| {
            gone.contains(&edge.from.node) && !gone.contains(&edge.to.node) && search.is_main(&edge.from)
        });
        for out in leaving {
            for from in search.origins(flow, &out.from.node) {
                let edge = EdgeId { from, to: out.to.clone() };
                if without.edges.contains(&edge) {
                    continue;
                }
                connection_veto(&without, &state.catalog, &edge.from, &edge.to)
                    .map_err(|reason| search.refusal(out, &reason))?;
                Edit::Connect(edge.clone())
                    .apply(&mut without)
                    .map_err(|error| search.refusal(out, &error.to_string()))?;
                bridges.push(edge);
            }
            if state.open.is_checked() {
                search.is_taken(&without, &out.to.node).map_err(|reason| search.refusal(out, &reason))?;
            }
        }
        Ok(bridges)
    }

    fn refusal(&self, out: &EdgeId, reason: &str) -> String {
        let (node, to) = (self.state.title(&out.from.node), self.state.title(&out.to.node));
        let reason = reason.replace('`', "");
        t_args("error.not_reconnected", &[("node", &node), ("to", &to), ("reason", &reason)])
    }

    fn is_main(&self, output: &PortRef) -> bool {
        let first = self.state.spec(&output.node).and_then(|spec| spec.outputs.first());
        first.is_some_and(|first| *output.port == *first.name)
    }

    /// The outputs of what stays whose rows come through to `node`.
    fn origins(&self, flow: &FlowDocument, node: &NodeId) -> Vec<PortRef> {
        let (mut origins, mut seen, mut waiting) = (Vec::new(), BTreeSet::new(), vec![node.clone()]);
        while let Some(node) = waiting.pop() {
            if !seen.insert(node.clone()) {
                continue;
            }
            for edge in flow.edges_into(&node) {
                if !self.gone.contains(&edge.from.node) {
                    origins.push(edge.from.clone());
                } else if self.is_main(&edge.from) {
                    waiting.push(edge.from.node.clone());
                }
            }
        }
        origins
    }

    /// Whether a node finds in its new input what it needs: nothing is said against it that was not said before.
    fn is_taken(&self, flow: &FlowDocument, node: &NodeId) -> Result<(), String> {
        let graph = &self.state.open.checked.graph;
        let Some(logical) = graph.node(node) else { return Ok(()) };
        let Some(node_type) = self.state.catalog.get(&logical.kind) else { return Ok(()) };
        // Sinks take any columns, and would look at their files.
        if logical.spec.outputs.is_empty() {
            return Ok(());
        }
        let rows = |output: &PortRef| -> Option<Arc<EdgeType>> {
            let from = graph.node(&output.node)?;
            let number = from.spec.outputs.iter().position(|port| *port.name == *output.port)?;
            from.full_outputs.get(number)?.clone()
        };
        let inputs = logical.spec.inputs.iter().map(|input| {
            let entering = flow.edges_into(node).filter(|edge| *edge.to.port == *input.name);
            InputPort { name: input.name, edges: entering.map(|edge| rows(&edge.from)).collect() }
        });
        let plan = node_type.plan(&PlanContext {
            node,
            params: &logical.params,
            inputs: inputs.collect(),
            used_columns: None,
            session_zone: &graph.session_zone,
            files: self.files,
        });
        let before: BTreeSet<&str> =
            self.state.open.diagnostics_of(node).map(|found| &*found.message).collect();
        let mut errors = plan.diagnostics.iter().filter(|found| found.severity == Severity::Error);
        errors
            .find(|found| !before.contains(&*found.message))
            .map_or(Ok(()), |found| Err(found.message.clone()))
    }
}
