//! Deleting nodes and keeping the wire: which edges take the place of what they connected, or why none can.

use std::collections::BTreeSet;

use tidemark_engine::graph::{Edit, FlowDocument, connection_veto};
use tidemark_engine::ids::{EdgeId, NodeId, PortRef};

use crate::state::{AppState, Fitting, veto_text};
use crate::ui_kit::{t, t_args};

/// The search for edges over a gap.
pub(super) struct Bridges<'a> {
    state: &'a AppState,
    gone: &'a BTreeSet<NodeId>,
}

impl Bridges<'_> {
    /// The edges that join what `gone` connected by its main outputs.
    ///
    /// # Errors
    /// Why there can be none, in a sentence. While the flow is still being checked nobody knows what its nodes need.
    pub(super) fn over(state: &AppState, gone: &BTreeSet<NodeId>) -> Result<Vec<EdgeId>, String> {
        let search = Bridges { state, gone };
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
                    .map_err(|veto| search.refusal(out, &veto_text(&veto, &state.open, &state.catalog)))?;
                Edit::Connect(edge.clone())
                    .apply(&mut without)
                    .map_err(|error| search.refusal(out, &error.to_string()))?;
                bridges.push(edge);
            }
            if !state.open.is_checked() {
                return Err(t("error.still_checked").to_owned());
            }
            let fitting = Fitting::of(&state.open, &state.catalog);
            fitting.bridged(&without, &out.to.node).map_err(|unfit| search.refusal(out, &unfit.reason))?;
        }
        Ok(bridges)
    }

    fn refusal(&self, out: &EdgeId, reason: &str) -> String {
        let (node, to) = (self.state.title(&out.from.node), self.state.title(&out.to.node));
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
}
