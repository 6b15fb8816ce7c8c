//! Changes of the flow: what is added, removed, joined, laid out, undone.

use std::path::Path;

use serde_json::Value;
use tidemark_engine::graph::Edit;
use tidemark_engine::ids::NodeId;

use super::super::App;
use super::bridging::Bridges;
use super::drawing::removed;
use crate::engine_link::Watch;
use crate::state::Selection;

impl App {
    pub(in crate::app) fn edit(&mut self, edit: &Edit) {
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

    /// Goes back or forward in the history, over many steps at once.
    pub(super) fn go_to_step(&mut self, n_done: usize) {
        let gone = self.state.open.document.go_to(n_done);
        self.forget_what_is_gone();
        if let Err(error) = gone {
            self.complain(error.to_string());
        }
    }

    /// Takes back what a person has begun and not ended.
    pub(super) fn give_up_gesture(&mut self) {
        match self.state.open.document.give_up_gesture() {
            Ok(true) => self.forget_what_is_gone(),
            Ok(false) => {}
            Err(error) => self.complain(error.to_string()),
        }
    }

    /// Lets go of what the flow no longer has, and of what was refused while it stood otherwise.
    pub(super) fn forget_what_is_gone(&mut self) {
        self.state.view.refusal = None;
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
        let selection = self.state.open.selection.clone();
        let Selection { nodes, wires, .. } = &selection;
        let mut edits: Vec<Edit> = wires
            .iter()
            .filter(|wire| !nodes.contains(&wire.from.node) && !nodes.contains(&wire.to.node))
            .map(|wire| Edit::Disconnect(wire.clone()))
            .collect();
        edits.extend(nodes.iter().cloned().map(Edit::RemoveNode));
        edits.extend(removed(&selection));
        if edits.is_empty() {
            return;
        }
        if keep_wires {
            match Bridges::over(&self.state, nodes) {
                Ok(bridges) => edits.extend(bridges.into_iter().map(Edit::Connect)),
                Err(reason) => {
                    self.state.view.refusal = Some(reason);
                    return;
                }
            }
        }
        let edit = Edit::Batch { name: "remove".to_owned(), edits };
        self.edit(&edit);
        self.select(Vec::new(), Vec::new());
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
