//! The remark on a node: what a person wants to be remembered of it.

use egui::{Key, RichText, TextEdit, Ui};
use tidemark_engine::graph::Edit;
use tidemark_engine::ids::NodeId;

use crate::command::{Command, Commands};
use crate::state::AppState;
use crate::ui_kit::{Tokens, t};

/// What the tab remembers.
#[derive(Default)]
pub(super) struct Notes {
    /// Whether something has been written since the field has the keyboard.
    has_changed: bool,
}

impl Notes {
    /// Shows the remark. All that is written in one visit is one step, and Escape gives back what was there before.
    pub(super) fn ui(&mut self, node: &NodeId, state: &AppState, ui: &mut Ui, commands: &mut Commands) {
        let Some(in_flow) = state.open.document.flow().nodes.get(node) else { return };
        let mut text = in_flow.note.clone().unwrap_or_default();
        let hint = RichText::new(t("inspector.notes_hint")).color(Tokens::of(ui).colors.text.dim);
        let field =
            TextEdit::multiline(&mut text).hint_text(hint).desired_rows(8).desired_width(f32::INFINITY);
        let field = ui.add(field.id_salt(node.as_str())).accessible_name(t("inspector.notes"));
        if field.gained_focus() {
            self.has_changed = false;
            commands.push(Command::EndGesture);
        }
        if field.changed() {
            self.has_changed = true;
            let note = Some(text).filter(|text| !text.is_empty());
            commands.push(Command::Edit(Edit::SetRemark { node: node.clone(), note }));
        }
        if field.lost_focus() {
            // Escape has already taken the keyboard away when the field hears of it.
            let is_given_up = ui.input(|input| input.key_pressed(Key::Escape));
            if std::mem::take(&mut self.has_changed) && is_given_up {
                commands.push(Command::GiveUpGesture);
            }
            commands.push(Command::EndGesture);
        }
    }
}

/// One line on when a change takes effect.
pub(super) fn effect_line(state: &AppState, node: &NodeId, ui: &mut Ui) {
    let edit = Edit::SetRemark { node: node.clone(), note: None };
    super::footer(ui, super::effect_text(state.open.takes_effect(&edit)));
}
