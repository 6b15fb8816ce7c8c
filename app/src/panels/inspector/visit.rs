//! Writing in a field that changes the flow letter by letter.

use egui::{Key, Response, Ui};
use tidemark_engine::graph::Edit;

use crate::command::{Command, Commands};

/// One visit to a field: all that is written in it is one step, and Escape gives back what was there before.
#[derive(Default)]
pub(super) struct Visit {
    /// Whether something has been written since the field has the keyboard.
    has_changed: bool,
}

impl Visit {
    /// Asks for the change as it is written.
    pub(super) fn take(
        &mut self,
        field: &Response,
        edit: impl FnOnce() -> Edit,
        ui: &Ui,
        commands: &mut Commands,
    ) {
        if field.gained_focus() {
            self.has_changed = false;
            commands.push(Command::EndGesture);
        }
        if field.changed() {
            self.has_changed = true;
            commands.push(Command::Edit(edit()));
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
