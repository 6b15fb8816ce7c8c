//! What is selected, and whose rows are looked at because of that.

use tidemark_engine::ids::{EdgeId, NodeId};

use super::super::App;
use crate::engine_link::{LinkCommand, Watch};
use crate::state::Selection;

impl App {
    pub(super) fn select(&mut self, nodes: Vec<NodeId>, wires: Vec<EdgeId>) {
        let selection = Selection { nodes: nodes.into_iter().collect(), wires: wires.into_iter().collect() };
        self.state.open.document.seal();
        self.state.view.refusal = None;
        if selection != self.state.open.selection {
            self.state.open.selection = selection;
            self.panels.canvas.select(&self.state.open.selection);
        }
        if let Some(wire) = self.state.open.selection.single_wire().cloned() {
            self.watch(Some(Watch::Edge(wire)));
        } else if let Some(node) = self.state.open.selection.single_node().cloned() {
            self.watch_node(&node);
        }
    }

    /// Shows the rows of a node: what a sink took, or else what leaves by its first output.
    pub(super) fn watch_node(&mut self, node: &NodeId) {
        let flow = self.state.open.document.flow();
        let Some(spec) = self.state.spec(node) else { return };
        let watch = match spec.outputs.first() {
            None => Some(Watch::Sink(node.clone())),
            Some(output) => {
                let mut leaving = flow.edges.iter().filter(|edge| edge.from.node == *node);
                leaving.find(|edge| *edge.from.port == *output.name).cloned().map(Watch::Edge)
            }
        };
        if watch.is_some() {
            self.watch(watch);
        }
    }

    pub(in crate::app) fn watch(&mut self, watch: Option<Watch>) {
        if self.state.open.watched != watch && self.tell(LinkCommand::Watch(watch.clone())) {
            self.state.open.watched = watch;
            self.state.open.frozen = None;
        }
    }
}
