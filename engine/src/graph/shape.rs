//! What can be said of a flow's shape without knowing what its nodes do, and of what they do to time.

use super::document::FlowDocument;
use super::json::brief;
use super::wiring::Wired;
use crate::diagnostic::{Diagnostic, Place};
use crate::node::{Distribution, NodePlan, OutputRole, Runs};

/// Ids that cannot be, and a flow without nodes.
pub(super) fn check_shape(doc: &FlowDocument) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    if doc.nodes.is_empty() {
        diagnostics.push(
            Diagnostic::hint("empty-flow", Place::Flow, "the flow has no nodes")
                .fix("add a source to begin with"),
        );
    }
    for id in doc.nodes.keys().filter(|id| !id.is_valid()) {
        let message = format!("`{}` cannot be the id of a node", brief(id.as_str()));
        diagnostics.push(
            Diagnostic::error("invalid-id", Place::Node(id.clone()), message)
                .fix("use 1 to 64 of the characters `a-z`, `0-9`, `_` and `-`"),
        );
    }
    diagnostics
}

/// Inputs that nothing enters, outputs that nobody reads, late rows that nobody sees, and watermarks assigned where it is too late
/// for them.
pub(super) fn check_times(wired: &Wired<'_>, plans: &[NodePlan], diagnostics: &mut Vec<Diagnostic>) {
    for (idx, node) in wired.nodes.iter().enumerate() {
        let place = || Place::Node(node.id.clone());
        for (spec, edges) in node.spec.inputs.iter().zip(&node.inputs) {
            if edges.is_empty() {
                let message = format!("nothing is connected to its input `{}`", spec.name);
                diagnostics.push(
                    Diagnostic::error("unconnected-input", place(), message)
                        .fix(format!("draw an edge to `{}`, or remove the node", spec.name)),
                );
            }
        }
        let ports = || node.spec.outputs.iter().zip(&node.is_read);
        let mut main = ports().filter(|(spec, _)| spec.role == OutputRole::Main).peekable();
        if let Some((first, _)) = main.peek().copied()
            && !main.any(|(_, is_read)| *is_read)
        {
            let message = format!("nothing reads its output `{}`", first.name);
            diagnostics.push(
                Diagnostic::hint("unread-output", place(), message).fix("connect it to a node or a sink"),
            );
        }
        if plans[idx].runs.is_none() {
            continue;
        }
        for (spec, is_read) in ports() {
            if spec.role == OutputRole::Late && !is_read {
                let message = "late rows are dropped and counted";
                diagnostics.push(
                    Diagnostic::hint("late-rows-dropped", place(), message)
                        .fix(format!("connect `{}` to keep them", spec.name)),
                );
            }
        }
        if matches!(plans[idx].runs, Some(Runs::Watermarks(_)))
            && let Some(reason) = outside_of_chain(wired, plans, idx)
        {
            diagnostics.push(
                Diagnostic::error("watermark-behind-exchange", place(), reason)
                    .fix("put it next to the source, before rows are grouped or merged"),
            );
        }
    }
}

/// Why a node does not stand in the chain of one source, where each row's split is known.
fn outside_of_chain(wired: &Wired<'_>, plans: &[NodePlan], start: usize) -> Option<String> {
    let mut node = start;
    loop {
        let mut edges = wired.nodes[node].inputs.iter().flatten();
        let edge = edges.next()?;
        if edges.next().is_some() {
            let merge = wired.nodes[node].id;
            return Some(format!("watermarks must be assigned before streams are merged, as `{merge}` does"));
        }
        // Nodes stand in order, so this goes backwards and ends.
        node = wired.edges[(*edge)?].from.node;
        let id = wired.nodes[node].id;
        match &plans[node].runs {
            Some(Runs::Operator(operator)) if operator.distribution != Distribution::Any => {
                return Some(format!(
                    "watermarks must be assigned before rows are brought together, as `{id}` does"
                ));
            }
            _ => {}
        }
    }
}
