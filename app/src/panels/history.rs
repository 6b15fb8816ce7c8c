//! The steps that were done to the flow, to go back or forward to any of them.

use egui::{ScrollArea, Ui};

use crate::command::{Action, Command, Commands};
use crate::state::AppState;
use crate::ui_kit::prose::sentence;
use crate::ui_kit::widgets::{ListRow, icon_button, list_row};
use crate::ui_kit::{Icon, Tokens, t};

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
            let text = match number.checked_sub(1).and_then(|idx| steps.get(idx)) {
                Some(step) => sentence(step),
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
