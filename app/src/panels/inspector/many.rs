//! Several things selected: how many of each kind, and what nodes of one kind have in common.

use std::collections::BTreeMap;

use egui::Ui;
use tidemark_engine::ids::NodeId;

use super::foot::above_foot;
use super::form::{self, Form};
use super::heading;
use crate::command::{Action, Commands};
use crate::state::AppState;
use crate::ui_kit::format::count;
use crate::ui_kit::widgets::key_value;
use crate::ui_kit::{Icon, Tokens, t, t_count};

pub(super) fn ui(form: &mut Form, state: &AppState, ui: &mut Ui, commands: &mut Commands) {
    let selection = &state.open.selection;
    let nodes: Vec<NodeId> = selection.nodes.iter().cloned().collect();
    let n_drawn = selection.drawn.len();
    let heading_text = if n_drawn == 0 {
        t_count("inspector.many_selected", nodes.len() as u64)
    } else {
        t_count("inspector.things_selected", (nodes.len() + selection.wires.len() + n_drawn) as u64)
    };
    heading(ui, Icon::Outline, &heading_text);
    let kinds = kinds(state, &nodes);
    let one_kind = kinds.len() == 1 && !nodes.is_empty();
    let show = |ui: &mut Ui| {
        for (kind, n_nodes) in &kinds {
            key_value(ui, kind, &count(*n_nodes));
        }
        if !selection.wires.is_empty() {
            key_value(ui, t("inspector.wires"), &count(selection.wires.len() as u64));
        }
        if n_drawn > 0 {
            key_value(ui, t("inspector.drawn"), &count(n_drawn as u64));
        }
        ui.add_space(Tokens::of(ui).spacing.sm);
        if ui.button(Action::Delete.name()).on_hover_text(Action::Delete.tooltip()).clicked() {
            commands.push(Action::Delete);
        }
        ui.add_space(Tokens::of(ui).spacing.md);
        if one_kind {
            form.ui(&nodes, state, ui, commands);
        } else if kinds.len() > 1 {
            super::dim(ui, t("inspector.kinds_differ"));
        }
    };
    above_foot("many", ui, show, |ui| {
        if let Some(node) = nodes.first().filter(|_| one_kind) {
            form::effect_line(state, node, ui);
        }
    });
}

/// How many of the nodes are of each kind, by what people call it.
fn kinds<'a>(state: &'a AppState, nodes: &[NodeId]) -> BTreeMap<&'a str, u64> {
    let flow = state.open.document.flow();
    let mut kinds = BTreeMap::new();
    for in_flow in nodes.iter().filter_map(|node| flow.nodes.get(node)) {
        let title = state.catalog.spec(&in_flow.kind).map_or(&*in_flow.kind, |spec| spec.title);
        *kinds.entry(title).or_insert(0) += 1;
    }
    kinds
}
