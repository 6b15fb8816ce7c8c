//! Offering the unsaved flows that a crash has left.

use egui::{Label, RichText, ScrollArea, Ui};

use super::{buttons, sentence, title};
use crate::command::{Command, Commands};
use crate::journal::Unreadable;
use crate::state::{AppState, LeftFlow};
use crate::ui_kit::local_time::{ago, local_timestamp};
use crate::ui_kit::widgets::{Tone, danger_button, primary_button};
use crate::ui_kit::{Tokens, style, t, t_args, t_count};

/// Shows them, with what can be done with each.
pub(super) fn ui(state: &AppState, ui: &mut Ui, commands: &mut Commands) {
    title(t("recover.title"), ui);
    sentence(t("recover.sentence"), ui);
    ScrollArea::vertical().max_height(360.0).show(ui, |ui| {
        for (number, flow) in state.left.iter().enumerate() {
            ui.separator();
            ui.push_id(number, |ui| one(number, flow, ui, commands));
        }
    });
    buttons(ui, |ui| {
        if ui.button(t("recover.later")).on_hover_text(t("recover.later_tip")).clicked() {
            commands.push(Command::CancelDialog);
        }
    });
}

fn one(number: usize, flow: &LeftFlow, ui: &mut Ui, commands: &mut Commands) {
    let tokens = Tokens::of(ui);
    ui.spacing_mut().item_spacing.y = tokens.spacing.xs;
    let strong = RichText::new(&flow.name).text_style(style::strong_text()).color(tokens.colors.text.strong);
    ui.add(Label::new(strong).truncate());
    if let Some(reason) = flow.unreadable {
        warning(&reason.to_string(), ui);
    } else {
        let file = flow.file.as_ref().map(|path| path.display().to_string());
        let file = RichText::new(file.unwrap_or_else(|| t("recover.no_file").to_owned())).small();
        ui.add(Label::new(file.color(tokens.colors.text.dim)).truncate());
        let changes = t_count("recover.changes", flow.n_changes);
        let when = t_args("recover.when", &[("changes", &changes), ("time", &ago(flow.at_millis))]);
        let when = RichText::new(when).small().color(tokens.colors.text.dim);
        ui.add(Label::new(when).wrap()).on_hover_text(local_timestamp(flow.at_millis));
        if flow.file_changed {
            warning(t("recover.file_changed"), ui);
        }
        if flow.damaged {
            warning(t("recover.damaged"), ui);
        }
    }
    if flow.is_discard_asked {
        warning(t("recover.discard_sentence"), ui);
    }
    ui.horizontal(|ui| {
        if flow.is_discard_asked {
            if danger_button(ui, t("recover.discard_now")).on_hover_text(&flow.name).clicked() {
                commands.push(Command::DiscardLeft(number));
            }
            if ui.button(t("recover.keep")).on_hover_text(&flow.name).clicked() {
                commands.push(Command::KeepLeft(number));
            }
            return;
        }
        if flow.unreadable.is_none()
            && primary_button(ui, t("recover.recover")).on_hover_text(&flow.name).clicked()
        {
            commands.push(Command::Recover(number));
        }
        // What a newer version has written is left for it.
        if flow.unreadable != Some(Unreadable::Newer)
            && danger_button(ui, t("dialog.discard")).on_hover_text(&flow.name).clicked()
        {
            commands.push(Command::DiscardLeft(number));
        }
    });
}

fn warning(text: &str, ui: &mut Ui) {
    let color = Tone::Warning.color(Tokens::of(ui));
    ui.add(Label::new(RichText::new(text).small().color(color)).wrap());
}
