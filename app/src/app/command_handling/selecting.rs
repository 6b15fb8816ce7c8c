//! What is selected, and whose rows are looked at because of that.

use std::collections::{BTreeMap, BTreeSet};

use tidemark_engine::diagnostic::Place;
use tidemark_engine::graph::FlowDocument;
use tidemark_engine::ids::{EdgeId, NodeId};

use super::super::App;
use crate::engine_link::{LinkCommand, Watch};
use crate::state::layout::Pane;
use crate::state::{Find, InspectorTab, Selection};
use crate::ui_kit::t;

impl App {
    /// Selects nodes and wires and nothing else.
    pub(in crate::app) fn select(&mut self, nodes: Vec<NodeId>, wires: Vec<EdgeId>) {
        let wires = wires.into_iter().collect();
        self.choose(Selection { wires, ..Selection::of_nodes(nodes) });
    }

    /// Selects this and nothing else.
    pub(in crate::app) fn choose(&mut self, selection: Selection) {
        self.state.open.document.seal();
        self.state.view.refusal = None;
        if selection != self.state.open.selection {
            self.state.open.trail.note(&selection);
            self.state.open.selection = selection;
            self.panels.canvas.select(&self.state.open.selection);
        }
        if let Some(wire) = self.state.open.selection.single_wire().cloned() {
            self.watch(Some(Watch::Edge(wire)));
        } else if let Some(node) = self.state.open.selection.single_node().cloned() {
            self.watch_node(&node);
        }
    }

    /// Selects a node, brings it into view, and opens the inspector on it.
    pub(super) fn reveal(&mut self, node: NodeId) {
        self.make_room_for_inspector();
        self.panels.canvas.reveal(&node);
        self.select(vec![node], Vec::new());
    }

    /// Selects a node and puts the keyboard into the first field of its parameters.
    pub(super) fn edit_node(&mut self, node: NodeId) {
        self.reveal(node.clone());
        self.state.view.inspector_tab = InspectorTab::Config;
        self.panels.inspector.focus_form(node);
    }

    /// Goes to the next problem of the list, or to the one before; behind the last is the first.
    pub(super) fn show_next_problem(&mut self, forward: bool) {
        let open = &self.state.open;
        let n = open.problem_places().count();
        let next = match open.at_problem.filter(|at| *at < n) {
            Some(at) if forward => at + 1,
            Some(at) => at + n - 1,
            None if forward => 0,
            None => n.saturating_sub(1),
        };
        self.show_problem(next.checked_rem(n).unwrap_or_default());
    }

    /// Selects what has a problem, and puts the keyboard into the field at fault.
    pub(super) fn show_problem(&mut self, number: usize) {
        let Some(place) = self.state.open.problem_places().nth(number) else { return };
        self.state.open.at_problem = Some(number);
        self.make_room_for_inspector();
        if let Some(node) = place.node() {
            self.reveal(node.clone());
        }
        match place {
            Place::Param { node, path, .. } => {
                self.state.view.inspector_tab = InspectorTab::Config;
                self.panels.inspector.focus_param(node, path);
            }
            Place::Edge(edge) => self.select(Vec::new(), vec![edge]),
            Place::Node(_) => {}
            Place::Flow => self.select(Vec::new(), Vec::new()),
        }
    }

    /// Selects what lies up or down the wires from the selected nodes, however far, with them.
    pub(super) fn select_joined(&mut self, up: bool, down: bool) {
        let found = reached(self.state.open.document.flow(), &self.state.open.selection.nodes, up, down);
        self.select(found.into_iter().collect(), Vec::new());
    }

    /// Selects what was selected before, or what was before going back.
    pub(super) fn walk_trail(&mut self, back: bool) {
        let open = &mut self.state.open;
        let (now, flow) = (&open.selection, open.document.flow());
        let place = if back { open.trail.back(now, flow) } else { open.trail.forward(flow) };
        let Some(place) = place else { return };
        let first = place.nodes.first().or(place.wires.first().map(|wire| &wire.from.node)).cloned();
        match (first, place.drawn.first()) {
            (Some(node), _) => self.panels.canvas.reveal(&node),
            (None, Some(drawn)) => self.panels.canvas.reveal_drawn(drawn),
            (None, None) => {}
        }
        self.choose(place);
    }

    /// Opens the search, or puts the keyboard into it.
    pub(super) fn open_find(&mut self) {
        self.state.view.find.get_or_insert_default();
        self.panels.canvas.focus_find();
    }

    /// Searches for something else, or ends the search.
    pub(super) fn find(&mut self, query: Option<String>) {
        match query {
            Some(query) => self.state.view.find = Some(Find::of(query)),
            None => {
                self.state.view.find = None;
                self.panels.canvas.view.focus_canvas();
            }
        }
        self.keep_find_current();
    }

    /// Searches again if what is searched has changed.
    pub(in crate::app) fn keep_find_current(&mut self) {
        let is_outdated = self.state.view.find.as_ref().is_some_and(|find| find.is_outdated(&self.state));
        if is_outdated && let Some(mut find) = self.state.view.find.take() {
            find.refresh(&self.state);
            self.state.view.find = Some(find);
        }
    }

    /// Goes to the next node that was found, or the one before.
    pub(super) fn find_next(&mut self, forward: bool) {
        let node = self.state.view.find.as_mut().and_then(|find| find.go(forward)).cloned();
        let Some(node) = node else { return };
        self.panels.canvas.reveal(&node);
        self.select(vec![node], Vec::new());
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
        if self.state.open.watched == watch || !self.tell(LinkCommand::Watch(watch.clone())) {
            return;
        }
        self.state.open.tables.follow(watch.as_ref());
        self.state.open.watched = watch;
        self.tell_pins();
    }

    /// Has the last few rows of a wire handed out. If that cannot be told now, the card asks again with the next frame.
    pub(in crate::app) fn peek(&mut self, edge: Option<EdgeId>) {
        if self.state.open.peeked != edge && self.desk.link.send(LinkCommand::Peek(edge.clone())) {
            self.state.open.peeked = edge;
        }
    }

    /// Shows the card of what the keyboard is on, or puts it away. It lies on the canvas, to which a pane that hides it gives way.
    pub(super) fn show_card(&mut self) {
        if !self.panels.workbench.is_painted(Pane::Canvas) {
            self.maximize(None);
        }
        if !self.panels.canvas.peek() {
            self.state.view.refusal = Some(t("peek.nothing").to_owned());
        }
    }
}

/// The nodes that wires lead to from `start`, against the rows or with them, and `start` itself.
/// In both directions, what is joined by however many turns counts as well.
fn reached(flow: &FlowDocument, start: &BTreeSet<NodeId>, up: bool, down: bool) -> BTreeSet<NodeId> {
    let mut next: BTreeMap<&NodeId, Vec<&NodeId>> = BTreeMap::new();
    for EdgeId { from, to } in &flow.edges {
        if down {
            next.entry(&from.node).or_default().push(&to.node);
        }
        if up {
            next.entry(&to.node).or_default().push(&from.node);
        }
    }
    let mut waiting: Vec<&NodeId> = start.iter().collect();
    let mut found = BTreeSet::new();
    while let Some(node) = waiting.pop() {
        if flow.nodes.contains_key(node) && found.insert(node.clone()) {
            waiting.extend(next.get(node).into_iter().flatten());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::Map;
    use tidemark_engine::graph::FlowNode;
    use tidemark_engine::ids::PortRef;

    use super::*;

    #[test]
    fn what_is_joined_is_found_in_each_direction_even_around_a_cycle() {
        let mut flow = FlowDocument::default();
        for id in ["a", "b", "c", "d", "alone"] {
            flow.nodes.insert(NodeId::new(id), FlowNode::new("union", Map::new()));
        }
        let port = |node, port| PortRef::new(NodeId::new(node), port);
        for (from, to) in [("a", "b"), ("b", "c"), ("d", "c"), ("c", "b"), ("c", "missing")] {
            flow.edges.insert(EdgeId { from: port(from, "out"), to: port(to, "in") });
        }
        let from = |start: &str, up, down| {
            let found = reached(&flow, &[NodeId::new(start)].into(), up, down);
            found.iter().map(NodeId::as_str).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(from("b", true, false), "a b c d");
        assert_eq!(from("a", false, true), "a b c");
        assert_eq!(from("d", false, true), "b c d");
        assert_eq!(from("a", true, true), "a b c d");
        assert_eq!(from("alone", true, true), "alone");
    }
}
