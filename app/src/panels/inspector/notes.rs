//! The remark on a node: what a person wants to be remembered of it.

use egui::{RichText, TextEdit, Ui};
use tidemark_engine::graph::Edit;
use tidemark_engine::ids::NodeId;

use super::foot;
use super::visit::Visit;
use crate::command::Commands;
use crate::state::AppState;
use crate::ui_kit::{Tokens, t};

/// What the tab remembers.
#[derive(Default)]
pub(super) struct Notes {
    visit: Visit,
}

impl Notes {
    /// Shows the remark.
    pub(super) fn ui(&mut self, node: &NodeId, state: &AppState, ui: &mut Ui, commands: &mut Commands) {
        let Some(in_flow) = state.open.document.flow().nodes.get(node) else { return };
        let mut text = in_flow.note.clone().unwrap_or_default();
        let hint = RichText::new(t("inspector.notes_hint")).color(Tokens::of(ui).colors.text.dim);
        let field =
            TextEdit::multiline(&mut text).hint_text(hint).desired_rows(8).desired_width(f32::INFINITY);
        let field = ui.add(field.id_salt(node.as_str())).accessible_name(t("inspector.notes"));
        let edit =
            || Edit::SetRemark { node: node.clone(), note: Some(text).filter(|text| !text.is_empty()) };
        self.visit.take(&field, edit, ui, commands);
    }
}

/// One line on when a change takes effect.
pub(super) fn effect_line(state: &AppState, node: &NodeId, ui: &mut Ui) {
    let edit = Edit::SetRemark { node: node.clone(), note: None };
    foot::effect(foot::effect_text(state.open.takes_effect(&edit)), ui);
}
