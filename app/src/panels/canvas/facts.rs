//! What is known of every node and wire by its number, so that no face has to search for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use egui::Rect;
use egui_node_graph::Graph;
use tidemark_engine::diagnostic::Severity;
use tidemark_engine::ids::{EdgeId, NodeId};
use tidemark_engine::node::NodeSpec;

use super::Ids;
use crate::engine_link::{NodeFigures, UiSnapshot};
use crate::state::{AppState, Lens};

/// How far a wire that runs back reaches beyond its nodes, in points of the graph.
const AROUND: f32 = 120.0;

/// What is known of a graph besides the figures, in the order of its nodes and wires.
#[derive(Default)]
pub(super) struct Facts {
    pub(super) nodes: Vec<NodeFacts>,
    /// The nodes at the ends of each wire.
    ends: Vec<Option<(usize, usize)>>,
}

#[derive(Default)]
pub(super) struct NodeFacts {
    spec: Option<Arc<NodeSpec>>,
    /// Its place among the nodes that were checked.
    pub(super) logical: Option<usize>,
    /// Its first error among the findings.
    pub(super) first_error: Option<usize>,
    pub(super) n_errors: usize,
    /// The wires that enter it.
    pub(super) entering: Vec<EdgeId>,
}

impl Facts {
    pub(super) fn of(state: &AppState, graph: &Graph<Ids>) -> Facts {
        let flow = state.open.document.flow();
        let number: BTreeMap<&NodeId, usize> =
            graph.nodes().iter().enumerate().map(|(idx, node)| (&node.id, idx)).collect();
        let mut nodes: Vec<NodeFacts> = flow
            .nodes
            .values()
            .map(|node| NodeFacts { spec: state.catalog.spec(&node.kind).cloned(), ..NodeFacts::default() })
            .collect();
        nodes.resize_with(graph.nodes().len(), NodeFacts::default);
        for (logical, node) in state.open.checked.graph.nodes.iter().enumerate() {
            if let Some(idx) = number.get(&node.id) {
                nodes[*idx].logical = Some(logical);
            }
        }
        for (place, found) in state.open.checked.diagnostics.iter().enumerate() {
            let idx = found.place.node().and_then(|node| number.get(node));
            if let Some(idx) = idx.filter(|_| found.severity == Severity::Error) {
                nodes[*idx].first_error.get_or_insert(place);
                nodes[*idx].n_errors += 1;
            }
        }
        let mut ends = Vec::with_capacity(graph.wires().len());
        for wire in graph.wires() {
            let (from, to) = (number.get(&wire.from.node).copied(), number.get(&wire.to.node).copied());
            if let Some(to) = to {
                nodes[to].entering.push(wire.id.clone());
            }
            ends.push(from.zip(to));
        }
        Facts { nodes, ends }
    }

    pub(super) fn spec(&self, idx: usize) -> Option<&Arc<NodeSpec>> {
        self.nodes.get(idx)?.spec.as_ref()
    }

    /// A rectangle around a wire's two nodes that holds the wire as well, even one that runs back.
    pub(super) fn around_wire(&self, graph: &Graph<Ids>, wire: usize) -> Option<Rect> {
        let (from, to) = (*self.ends.get(wire)?)?;
        Some(graph.nodes().get(from)?.rect().union(graph.nodes().get(to)?.rect()).expand(AROUND))
    }
}

/// Between which figures the colours of a lens lie, where that depends on all nodes.
#[derive(Clone, Copy, Default)]
pub(super) struct Range {
    pub(super) least: i64,
    pub(super) most: i64,
}

impl Range {
    pub(super) fn of(lens: Lens, snapshot: &UiSnapshot) -> Range {
        let behind = |figures: &NodeFigures| snapshot.clock_millis?.checked_sub(figures.watermark?);
        let entries = |figures: &NodeFigures| Some(figures.account.state_entries);
        match lens {
            Lens::Watermark => Range::over(snapshot, behind),
            Lens::State => Range::over(snapshot, entries),
            Lens::Rate | Lens::Busy | Lens::Queue | Lens::Late | Lens::Errors => Range::default(),
        }
    }

    fn over(snapshot: &UiSnapshot, read: impl Fn(&NodeFigures) -> Option<i64>) -> Range {
        let mut all = snapshot.nodes.values().filter_map(read);
        let Some(first) = all.next() else { return Range::default() };
        let wider = |range: Range, figure: i64| Range {
            least: range.least.min(figure),
            most: range.most.max(figure),
        };
        all.fold(Range { least: first, most: first }, wider)
    }
}

/// The figures of each node of a graph. Both are in the order of ids, so that one walk over them finds all.
pub(super) fn figures_of<'a>(graph: &Graph<Ids>, snapshot: &'a UiSnapshot) -> Vec<Option<&'a NodeFigures>> {
    let mut figures = snapshot.nodes.iter().peekable();
    let of_node = |id: &NodeId| {
        while figures.next_if(|(other, _)| *other < id).is_some() {}
        figures.next_if(|(other, _)| *other == id).map(|(_, figures)| figures)
    };
    graph.nodes().iter().map(|node| &node.id).map(of_node).collect()
}

#[cfg(test)]
mod tests {
    use egui::pos2;
    use egui_node_graph::{Node, NodeFace};

    use super::*;

    #[test]
    fn every_node_finds_its_own_figures_and_a_new_one_none() {
        let node = |id| Node::new(NodeId::new(id), pos2(0.0, 0.0), NodeFace::default());
        let graph = Graph::new(["b", "c", "new", "z"].map(node).to_vec(), Vec::new());
        let mut snapshot = UiSnapshot::default();
        for (id, parallelism) in [("a", 1), ("b", 2), ("c", 3), ("gone", 4), ("z", 5)] {
            let figures = NodeFigures { parallelism, ..NodeFigures::default() };
            snapshot.nodes.insert(NodeId::new(id), figures);
        }
        let found = figures_of(&graph, &snapshot);
        let found: Vec<_> = found.into_iter().map(|figures| figures.map(|of| of.parallelism)).collect();
        assert_eq!(found, [Some(2), Some(3), None, Some(5)]);
    }
}
