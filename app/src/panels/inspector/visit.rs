//! Writing in a field that changes the flow letter by letter, or going through its choices key by key.

use egui::{Id, Key, Response, Ui};
use tidemark_engine::graph::Edit;

use crate::command::{Command, Commands};

/// One visit to a field: all that is written in it is one step, and Escape gives back what was there before.
#[derive(Default)]
pub(super) struct Visit {
    /// The field that has the keyboard, or had it last.
    field: Option<Id>,
    /// Whether something has been written since it has the keyboard.
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
        self.come(field, commands);
        if field.changed() {
            self.note_change();
            commands.push(Command::Edit(edit()));
        }
        self.leave(field, ui, commands);
    }

    /// The field has been shown: what is written in it from now on is a step of its own if it has just got the keyboard.
    pub(super) fn come(&mut self, field: &Response, commands: &mut Commands) {
        if field.gained_focus() {
            *self = Visit { field: Some(field.id), has_changed: false };
            commands.push(Command::EndGesture);
        }
    }

    /// Something was written.
    pub(super) fn note_change(&mut self) {
        self.has_changed = true;
    }

    /// Ends the step if the field has just lost the keyboard. Whether it was given up.
    pub(super) fn leave(&mut self, field: &Response, ui: &Ui, commands: &mut Commands) -> bool {
        if !field.lost_focus() {
            return false;
        }
        // Escape has already taken the keyboard away when the field hears of it.
        let is_given_up = ui.input(|input| input.key_pressed(Key::Escape));
        let has_changed = self.field == Some(field.id) && std::mem::take(&mut self.has_changed);
        if is_given_up && has_changed {
            commands.push(Command::GiveUpGesture);
        }
        commands.push(Command::EndGesture);
        is_given_up
    }
}
