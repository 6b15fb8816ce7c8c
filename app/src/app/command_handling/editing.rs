//! Changes of the flow: what is added, removed, joined, laid out, undone.

use std::collections::BTreeMap;
use std::path::Path;

use egui::Pos2;
use serde_json::{Map, Value};
use tidemark_engine::graph::{self, Edit, FlowDocument, FlowNode, Point, fresh_id};
use tidemark_engine::ids::{EdgeId, NodeId, PortRef};

use super::super::App;
use crate::engine_link::Watch;
use crate::state::Selection;

impl App {
    pub(super) fn edit(&mut self, edit: &Edit) {
        match self.state.open.document.apply(edit) {
            Ok(()) => self.forget_what_is_gone(),
            Err(error) => self.state.view.refusal = Some(error.to_string()),
        }
    }

    pub(super) fn travel(&mut self, back: bool) {
        let step = if back { self.state.open.document.undo() } else { self.state.open.document.redo() };
        match step {
            Ok(_) => self.forget_what_is_gone(),
            Err(error) => self.complain(error.to_string()),
        }
    }

    /// Lets go of what the flow no longer has.
    pub(super) fn forget_what_is_gone(&mut self) {
        let flow = self.state.open.document.flow();
        self.state.open.selection.retain_existing(flow);
        let is_there = |watch: &Watch| match watch {
            Watch::Edge(edge) => flow.edges.contains(edge),
            Watch::Sink(node) => flow.nodes.contains_key(node),
        };
        let is_watched_gone = !self.state.open.watched.iter().all(is_there);
        let are_tables_gone = self.state.open.tables.retain(is_there);
        if is_watched_gone {
            self.watch(None);
        }
        if are_tables_gone {
            self.tell_pins();
        }
    }

    pub(super) fn delete(&mut self, keep_wires: bool) {
        let Selection { nodes, wires } = self.state.open.selection.clone();
        let flow = self.state.open.document.flow();
        let mut edits: Vec<Edit> = wires
            .iter()
            .filter(|wire| !nodes.contains(&wire.from.node) && !nodes.contains(&wire.to.node))
            .map(|wire| Edit::Disconnect(wire.clone()))
            .collect();
        edits.extend(nodes.iter().cloned().map(Edit::RemoveNode));
        if edits.is_empty() {
            return;
        }
        if keep_wires {
            edits.extend(self.bridges(flow, &nodes).into_iter().map(Edit::Connect));
        }
        let edit = Edit::Batch { name: "remove".to_owned(), edits };
        self.edit(&edit);
        self.select(Vec::new(), Vec::new());
    }

    /// The edges that join what removed nodes connected, where that is possible.
    pub(super) fn bridges(
        &self,
        flow: &FlowDocument,
        nodes: &std::collections::BTreeSet<NodeId>,
    ) -> Vec<EdgeId> {
        let mut without = flow.clone();
        for node in nodes {
            // A node that is not there needs no removing.
            let _ = Edit::RemoveNode(node.clone()).apply(&mut without);
        }
        let mut bridges = Vec::new();
        for node in nodes {
            let main = self.state.spec(node).and_then(|spec| spec.outputs.first()).map(|output| output.name);
            let entering = flow.edges_into(node).filter(|edge| !nodes.contains(&edge.from.node));
            for into in entering {
                for out in flow.edges.iter().filter(|edge| edge.from.node == *node) {
                    let is_main = main.is_some_and(|main| *out.from.port == *main);
                    let edge = EdgeId { from: into.from.clone(), to: out.to.clone() };
                    let possible =
                        graph::connection_veto(&without, &self.state.catalog, &edge.from, &edge.to).is_ok();
                    if is_main && possible && Edit::Connect(edge.clone()).apply(&mut without).is_ok() {
                        bridges.push(edge);
                    }
                }
            }
        }
        bridges
    }

    pub(super) fn add_node(&mut self, kind: &str, at: Option<Pos2>, join: Option<&PortRef>) {
        let flow = self.state.open.document.flow();
        let id = fresh_id(flow, kind);
        let wanted = at.unwrap_or_else(|| self.panels.canvas.middle());
        let at = free_place(flow, wanted);
        let node = FlowNode::new(kind, Map::new());
        let mut edits = vec![Edit::AddNode { id: id.clone(), node, at: Some(at) }];
        if let Some(join) = join {
            edits.extend(self.joining(flow, &edits[0], &id, join).map(Edit::Connect));
        }
        let edit = Edit::Batch { name: "add_node".to_owned(), edits };
        self.edit(&edit);
        self.select(vec![id], Vec::new());
        self.panels.canvas.view.focus_canvas();
    }

    /// The edge from a port to a node that is about to be added.
    pub(super) fn joining(
        &self,
        flow: &FlowDocument,
        add: &Edit,
        id: &NodeId,
        join: &PortRef,
    ) -> Option<EdgeId> {
        let mut with = flow.clone();
        add.apply(&mut with).ok()?;
        let spec = self.state.catalog.spec(&with.nodes.get(id)?.kind)?;
        let from_output =
            self.state.spec(&join.node)?.outputs.iter().any(|output| *join.port == *output.name);
        let mut edges: Box<dyn Iterator<Item = EdgeId>> = if from_output {
            Box::new(
                spec.inputs
                    .iter()
                    .map(|input| EdgeId { from: join.clone(), to: PortRef::new(id.clone(), input.name) }),
            )
        } else {
            Box::new(
                spec.outputs
                    .iter()
                    .map(|output| EdgeId { from: PortRef::new(id.clone(), output.name), to: join.clone() }),
            )
        };
        edges.find(|edge| graph::connection_veto(&with, &self.state.catalog, &edge.from, &edge.to).is_ok())
    }

    pub(super) fn arrange(&mut self) {
        let places = graph::arrange(self.state.open.document.flow());
        let moves = places.into_iter().map(|(id, at)| (id, Some(at))).collect::<BTreeMap<_, _>>();
        let edit = Edit::Batch { name: "arrange".to_owned(), edits: vec![Edit::MoveNodes(moves)] };
        self.edit(&edit);
        self.state.open.document.seal();
        self.panels.canvas.view.fit_all();
    }

    /// Sets a path parameter, or an entry of one such as `paths.0`, to a file that a person has chosen. Choosing a file is
    /// consenting to it.
    pub(in crate::app) fn set_path(&mut self, node: &NodeId, param: &str, path: &Path) {
        let Some(in_flow) = self.state.open.document.flow().nodes.get(node) else { return };
        let mut params = Value::Object(in_flow.params.clone());
        let Some(place) = param.split('.').try_fold(&mut params, entry) else { return };
        let folder = self.state.open.document.folder();
        let text = match path.strip_prefix(&folder) {
            Ok(inside) => inside.to_string_lossy().into_owned(),
            Err(_) => {
                self.state.open.document.allow(path.to_owned());
                path.to_string_lossy().into_owned()
            }
        };
        *place = Value::String(text);
        let name = param.split('.').next().unwrap_or(param);
        let value = params.get_mut(name).map(Value::take);
        self.edit(&Edit::SetParam { node: node.clone(), name: name.to_owned(), value });
        self.state.open.document.seal();
    }
}

/// What a value holds under a name or a number.
fn entry<'a>(value: &'a mut Value, at: &str) -> Option<&'a mut Value> {
    match value {
        Value::Array(items) => items.get_mut(at.parse::<usize>().ok()?),
        Value::Object(fields) => Some(fields.entry(at).or_insert(Value::Null)),
        _ => None,
    }
}

/// The nearest place at or below `wanted` where no node stands, on the grid.
fn free_place(flow: &FlowDocument, wanted: Pos2) -> Point {
    let snapped = |value: f32| (value / 16.0).round() as i32 * 16;
    let mut at = Point { x: snapped(wanted.x), y: snapped(wanted.y) };
    let is_taken = |at: Point| {
        flow.layout.nodes.values().any(|other| (other.x - at.x).abs() < 192 && (other.y - at.y).abs() < 96)
    };
    for _ in 0..100 {
        if !is_taken(at) {
            break;
        }
        at.y += 112;
    }
    at
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_entry_is_found_by_names_and_numbers() {
        let mut params = json!({ "paths": ["a", "b"], "group": {} });
        for (at, is_there) in [("paths.1", true), ("group.path", true), ("path", true), ("paths.2", false)] {
            let place = at.split('.').try_fold(&mut params, entry);
            assert_eq!(place.is_some(), is_there, "{at}");
            place.into_iter().for_each(|place| *place = json!(at));
        }
        let expected =
            json!({ "paths": ["a", "paths.1"], "group": { "path": "group.path" }, "path": "path" });
        assert_eq!(params, expected);
    }
}
