//! The steps that were done to the flow, to go back or forward to any of them.

use std::collections::{BTreeMap, BTreeSet};

use egui::{ScrollArea, Ui};
use tidemark_engine::graph::{Edit, FlowNode};
use tidemark_engine::ids::{EdgeId, NodeId};

use super::inspector::param_label;
use crate::command::{Action, Command, Commands};
use crate::state::{AppState, FlowNumber};
use crate::ui_kit::prose::sentence;
use crate::ui_kit::widgets::{ListRow, icon_button, list_row};
use crate::ui_kit::{Icon, Tokens, t, t_args, t_count};

/// The list of steps: the texts of those that were in sight, which are kept until the flow changes.
#[derive(Default)]
pub(super) struct HistoryList {
    /// The flow and its revision that the texts are of.
    of: (FlowNumber, u64),
    texts: BTreeMap<usize, String>,
}

impl HistoryList {
    /// Shows the steps, the newest at the bottom, and where the flow stands among them.
    pub(super) fn ui(&mut self, state: &AppState, ui: &mut Ui, commands: &mut Commands) {
        let tokens = Tokens::of(ui);
        ui.horizontal(|ui| {
            for action in [Action::Undo, Action::Redo] {
                let Some(icon) = action.icon() else { continue };
                let text = action.text(state);
                let is_enabled = action.is_enabled(state);
                if ui.add_enabled_ui(is_enabled, |ui| icon_button(ui, icon, &text)).inner.clicked() {
                    commands.push(action);
                }
            }
        });
        let document = &state.open.document;
        let of = (state.open.number, document.revision());
        if self.of != of {
            *self = HistoryList { of, ..HistoryList::default() };
        }
        let n_done = document.n_done();
        let height = tokens.size.control;
        let list = ScrollArea::vertical().auto_shrink(false).stick_to_bottom(true);
        list.show_rows(ui, height, document.n_steps() + 1, |ui, rows| {
            for number in rows {
                let text = match number.checked_sub(1) {
                    Some(idx) => self.texts.entry(idx).or_insert_with(|| text_of(idx, state)),
                    None => t("history.start"),
                };
                let is_here = number == n_done;
                let mark = if is_here {
                    Some((Icon::ArrowRight, tokens.colors.accent.text))
                } else if number < n_done {
                    Some((Icon::Check, tokens.colors.text.faint))
                } else {
                    Some((Icon::Redo, tokens.colors.text.faint))
                };
                let detail = if is_here { t("history.here") } else { "" };
                let row = ListRow { icon: mark, detail, selected: is_here, depth: 0, text };
                if list_row(ui, &row).clicked() && !is_here {
                    commands.push(Command::GoToStep(number));
                }
            }
        });
    }
}

/// A step with what it was done to, so that steps of one name can be told apart.
fn text_of(number: usize, state: &AppState) -> String {
    let document = &state.open.document;
    let step = sentence(&document.step_name(number).unwrap_or_default());
    let mut touched = Touched::default();
    document.step(number).into_iter().for_each(|edit| touched.note(edit));
    match touched.text(state) {
        Some(subject) => t_args("history.step", &[("step", &step), ("subject", &subject)]),
        None => step,
    }
}

/// What a step was done to.
#[derive(Default)]
struct Touched<'a> {
    /// Nodes that came or went.
    placed: BTreeSet<&'a NodeId>,
    /// Nodes of which something was set, or that were moved.
    nodes: BTreeSet<&'a NodeId>,
    params: BTreeSet<&'a str>,
    /// The first wire that came or went.
    edge: Option<&'a EdgeId>,
    frame: Option<&'a str>,
}

impl<'a> Touched<'a> {
    fn note(&mut self, edit: &'a Edit) {
        match edit {
            Edit::AddNode { id, .. } | Edit::RemoveNode(id) => drop(self.placed.insert(id)),
            Edit::SetParam { node, name, .. } => {
                self.nodes.insert(node);
                self.params.insert(name);
            }
            Edit::SetParams { node, .. } | Edit::SetTitle { node, .. } | Edit::SetRemark { node, .. } => {
                self.nodes.insert(node);
            }
            Edit::MoveNodes(moves) => self.nodes.extend(moves.keys()),
            Edit::Connect(edge) | Edit::Disconnect(edge) => drop(self.edge.get_or_insert(edge)),
            Edit::SetFrame { frame: Some((frame, _)), .. } if !frame.title.is_empty() => {
                self.frame = Some(&frame.title);
            }
            Edit::Batch { edits, .. } => edits.iter().for_each(|edit| self.note(edit)),
            _ => {}
        }
    }

    /// The most telling of it, as people call it.
    fn text(&self, state: &AppState) -> Option<String> {
        let nodes = if self.placed.is_empty() { &self.nodes } else { &self.placed };
        let named = match nodes.first() {
            Some(only) if nodes.len() == 1 => title(only, state),
            Some(_) => t_count("history.nodes", nodes.len() as u64),
            None => {
                let edge = self.edge.map(|edge| {
                    format!("{} → {}", title(&edge.from.node, state), title(&edge.to.node, state))
                });
                return edge.or_else(|| self.frame.map(str::to_owned));
            }
        };
        Some(match self.params.first() {
            Some(param) if self.placed.is_empty() && self.params.len() == 1 => {
                t_args("history.param_of", &[("param", &param_label(param)), ("node", &named)])
            }
            _ => named,
        })
    }
}

/// What people call a node, or called it before it went.
fn title(node: &NodeId, state: &AppState) -> String {
    let document = &state.open.document;
    if document.flow().nodes.contains_key(node) {
        return state.title(node);
    }
    let gone = (0..).map_while(|number| document.step(number)).find_map(|edit| added(edit, node));
    let of_kind = |gone: &FlowNode| state.catalog.spec(&gone.kind).map(|spec| spec.title.to_owned());
    gone.and_then(|gone| gone.title.clone().or_else(|| of_kind(gone))).unwrap_or_else(|| node.to_string())
}

/// The node of this id that a change adds.
fn added<'a>(edit: &'a Edit, node: &NodeId) -> Option<&'a FlowNode> {
    match edit {
        Edit::AddNode { id, node: new, .. } if id == node => Some(new),
        Edit::Batch { edits, .. } => edits.iter().find_map(|edit| added(edit, node)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::sync::Arc;

    use serde_json::Map;
    use tidemark_engine::catalog;

    use super::*;
    use crate::state::Settings;
    use crate::ui_kit::test_harness;

    #[test]
    fn texts_are_made_of_the_steps_in_sight_and_kept_until_the_flow_changes() {
        let mut state = AppState::new(Arc::new(catalog::standard()), Settings::default());
        let id = |number: u32| NodeId::new(format!("union_{number:03}"));
        for number in 0..500 {
            let node = FlowNode::new("union", Map::new());
            state.open.document.apply(&Edit::AddNode { id: id(number), node, at: None }).expect("added");
        }
        let (shown, state) = (RefCell::new(HistoryList::default()), RefCell::new(state));
        let mut harness = test_harness(|ui| {
            shown.borrow_mut().ui(&state.borrow(), ui, &mut Commands::default());
        });
        harness.run();
        let n_texts = shown.borrow().texts.len();
        assert!((1..100).contains(&n_texts), "{n_texts} texts are made for what is in sight");
        // One that is not made anew shows what was put in its place.
        shown.borrow_mut().texts.values_mut().for_each(|text| *text = "kept".to_owned());
        harness.run();
        assert!(shown.borrow().texts.values().all(|text| text == "kept"), "texts are made in every frame");
        let title = Some("Both".to_owned());
        state.borrow_mut().open.document.apply(&Edit::SetTitle { node: id(499), title }).expect("named");
        harness.run();
        let shown = shown.borrow();
        assert!(shown.texts.values().any(|text| text.ends_with("Both")), "{:?}", shown.texts);
        assert!(shown.texts.values().all(|text| text != "kept"));
    }
}
