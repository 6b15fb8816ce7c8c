//! The steps that were done to the flow, to go back or forward to any of them.

use std::collections::BTreeSet;

use egui::{ScrollArea, Ui};
use tidemark_engine::graph::{Edit, FlowNode};
use tidemark_engine::ids::{EdgeId, NodeId};

use super::inspector::param_label;
use crate::command::{Action, Command, Commands};
use crate::state::AppState;
use crate::ui_kit::prose::sentence;
use crate::ui_kit::widgets::{ListRow, icon_button, list_row};
use crate::ui_kit::{Icon, Tokens, t, t_args, t_count};

/// Shows the steps, the newest at the bottom, and where the flow stands among them.
pub(super) fn ui(state: &AppState, ui: &mut Ui, commands: &mut Commands) {
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        for action in [Action::Undo, Action::Redo] {
            let Some(icon) = action.icon() else { continue };
            let text = action.text(state);
            if ui.add_enabled_ui(action.is_enabled(state), |ui| icon_button(ui, icon, &text)).inner.clicked()
            {
                commands.push(action);
            }
        }
    });
    let (steps, n_done) = (state.open.document.steps(), state.open.document.n_done());
    let height = tokens.size.control;
    let list = ScrollArea::vertical().auto_shrink(false).stick_to_bottom(true);
    list.show_rows(ui, height, steps.len() + 1, |ui, rows| {
        for number in rows {
            let text = match number.checked_sub(1).and_then(|idx| Some((idx, steps.get(idx)?))) {
                Some((idx, step)) => text_of(&sentence(step), idx, state),
                None => t("history.start").to_owned(),
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
            let row = ListRow { icon: mark, detail, selected: is_here, depth: 0, text: &text };
            if list_row(ui, &row).clicked() && !is_here {
                commands.push(Command::GoToStep(number));
            }
        }
    });
}

/// A step with what it was done to, so that steps of one name can be told apart.
fn text_of(step: &str, number: usize, state: &AppState) -> String {
    let mut touched = Touched::default();
    state.open.document.step(number).into_iter().for_each(|edit| touched.note(edit));
    match touched.text(state) {
        Some(subject) => t_args("history.step", &[("step", &step), ("subject", &subject)]),
        None => step.to_owned(),
    }
}

/// What a step was done to.
#[derive(Default)]
struct Touched {
    /// Nodes that came or went.
    placed: BTreeSet<NodeId>,
    /// Nodes of which something was set, or that were moved.
    nodes: BTreeSet<NodeId>,
    params: BTreeSet<String>,
    edges: Vec<EdgeId>,
    frame: Option<String>,
}

impl Touched {
    fn note(&mut self, edit: &Edit) {
        match edit {
            Edit::AddNode { id, .. } | Edit::RemoveNode(id) => drop(self.placed.insert(id.clone())),
            Edit::SetParam { node, name, .. } => {
                self.nodes.insert(node.clone());
                self.params.insert(name.clone());
            }
            Edit::SetParams { node, .. } | Edit::SetTitle { node, .. } | Edit::SetRemark { node, .. } => {
                self.nodes.insert(node.clone());
            }
            Edit::MoveNodes(moves) => self.nodes.extend(moves.keys().cloned()),
            Edit::Connect(edge) | Edit::Disconnect(edge) => self.edges.push(edge.clone()),
            Edit::SetFrame { frame: Some((frame, _)), .. } if !frame.title.is_empty() => {
                self.frame = Some(frame.title.clone());
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
                let edge = self.edges.first().map(|edge| {
                    format!("{} → {}", title(&edge.from.node, state), title(&edge.to.node, state))
                });
                return edge.or_else(|| self.frame.clone());
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
