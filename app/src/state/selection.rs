//! What is selected on the canvas.

use std::collections::BTreeSet;

use tidemark_engine::graph::FlowDocument;
use tidemark_engine::ids::{EdgeId, NodeId};

/// The selected nodes and wires.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// The nodes.
    pub nodes: BTreeSet<NodeId>,
    /// The wires.
    pub wires: BTreeSet<EdgeId>,
}

impl Selection {
    /// Whether nothing is selected.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty() && self.wires.is_empty()
    }

    /// The selected node, if it is the only thing selected.
    pub fn single_node(&self) -> Option<&NodeId> {
        (self.nodes.len() == 1).then(|| self.nodes.first()).flatten()
    }

    /// The selected wire, if it is the only thing selected.
    pub fn single_wire(&self) -> Option<&EdgeId> {
        (self.nodes.is_empty() && self.wires.len() == 1).then(|| self.wires.first()).flatten()
    }

    /// Forgets what the flow no longer has.
    pub fn retain_existing(&mut self, flow: &FlowDocument) {
        self.nodes.retain(|node| flow.nodes.contains_key(node));
        self.wires.retain(|wire| flow.edges.contains(wire));
    }
}
