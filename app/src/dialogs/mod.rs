//! Dialogs of our own: questions about unsaved work, paths to type, the list of keys. Each answers with commands.

mod browser;
mod recover;
mod versions;

use egui::{Align, Id, Label, Layout, Modal, RichText, ScrollArea, Ui};

pub use self::browser::Browser;
use self::browser::{Ask, EXPORTS, FLOWS, ROWS, ROWS_AND_FLOWS};
use crate::command::{Action, Command, Commands};
use crate::panels::canvas::controls;
use crate::rows::RowExcerpt;
use crate::state::{AppState, Dialog};
use crate::ui_kit::widgets::{danger_button, key_value, primary_button, section_header, text_field};
use crate::ui_kit::{Icon, Tokens, style, t, t_args};

/// Shows the dialog that waits for an answer, if there is one.
pub fn ui(browser: &mut Browser, state: &AppState, ctx: &egui::Context, commands: &mut Commands) {
    // What was chosen in one dialog is not chosen in the next.
    if state.dialog.as_ref().is_none_or(|dialog| dialog.typed_path().is_none()) {
        browser.forget();
    }
    let Some(dialog) = &state.dialog else { return };
    let tokens = Tokens::of_context(ctx);
    let frame = egui::Frame::popup(&ctx.global_style()).inner_margin(tokens.spacing.xl);
    let modal = Modal::new(Id::unique("dialog")).backdrop_color(tokens.colors.surface.scrim).frame(frame);
    let shown = modal.show(ctx, |ui| {
        let is_wide = matches!(
            dialog,
            Dialog::Recover
                | Dialog::Versions
                | Dialog::Shortcuts
                | Dialog::OpenPath(_)
                | Dialog::BringPath(_)
                | Dialog::SavePath(..)
                | Dialog::ParamPath { .. }
                | Dialog::ExportRows(..)
        );
        let room = ctx.content_rect().width() - 4.0 * tokens.spacing.xl;
        ui.set_width(if is_wide { 560.0 } else { 380.0_f32 }.min(room));
        ui.spacing_mut().item_spacing.y = tokens.spacing.md;
        match dialog {
            Dialog::Unsaved(_) => unsaved(state, ui, commands),
            Dialog::OpenPath(text) => {
                let (heading, button) = (t("dialog.open_title"), t("dialog.open"));
                let ask = Ask { heading, button, ends: FLOWS, saves: false };
                browser.ui(&ask, text, state, ui, commands, (Dialog::OpenPath, Command::Open));
            }
            Dialog::BringPath(text) => {
                let (heading, button) = (t("dialog.add_file_title"), t("dialog.add"));
                let ask = Ask { heading, button, ends: ROWS_AND_FLOWS, saves: false };
                let bring = |path| Command::Bring { path, at: None };
                browser.ui(&ask, text, state, ui, commands, (Dialog::BringPath, bring));
            }
            Dialog::SavePath(text, then) => {
                let (heading, button) = (t("dialog.save_title"), t("dialog.save"));
                let ask = Ask { heading, button, ends: FLOWS, saves: true };
                let with = |text| Dialog::SavePath(text, then.clone());
                let save = |path| Command::SaveTo { path, replace: false, then: then.clone() };
                browser.ui(&ask, text, state, ui, commands, (with, save));
            }
            Dialog::ParamPath { node, param, path: text } => {
                let (heading, button) = (t("dialog.file_title"), t("dialog.ok"));
                let ask = Ask { heading, button, ends: ROWS, saves: false };
                let with = |path| Dialog::ParamPath { node: node.clone(), param: param.clone(), path };
                let set = |path| Command::UsePath { node: node.clone(), param: param.clone(), path };
                browser.ui(&ask, text, state, ui, commands, (with, set));
            }
            Dialog::ExportRows(text, rows) => {
                let with = |text| Dialog::ExportRows(text, rows.clone());
                let (heading, button) = (t("dialog.export_title"), t("dialog.save"));
                let ask = Ask { heading, button, ends: EXPORTS, saves: true };
                let export = |path| Command::ExportRows { path, rows: rows.clone(), replace: false };
                browser.ui(&ask, text, state, ui, commands, (with, export));
            }
            Dialog::ReplaceRows(file, rows) => replace_rows(file, rows, ui, commands),
            Dialog::Overwrite(file, then) => overwrite(state, file, then.as_deref(), ui, commands),
            Dialog::Recover => recover::ui(state, ui, commands),
            Dialog::Versions => versions::ui(state, ui, commands),
            Dialog::SaveLayout(name) => layout_name(state, name, ui, commands),
            Dialog::Shortcuts => shortcuts(state, ui, commands),
            Dialog::About => about(ui, commands),
        }
    });
    if shown.should_close() {
        commands.push(Command::CancelDialog);
    }
}

fn title(text: &str, ui: &mut Ui) {
    let color = Tokens::of(ui).colors.text.strong;
    ui.add(Label::new(RichText::new(text).text_style(style::title_text()).color(color)).wrap());
}

fn sentence(text: &str, ui: &mut Ui) {
    let color = Tokens::of(ui).colors.text.normal;
    ui.add(Label::new(RichText::new(text).color(color)).wrap());
}

fn buttons(ui: &mut Ui, show: impl FnOnce(&mut Ui)) {
    ui.add_space(Tokens::of(ui).spacing.sm);
    ui.with_layout(Layout::right_to_left(Align::Center), show);
}

fn unsaved(state: &AppState, ui: &mut Ui, commands: &mut Commands) {
    title(&t_args("dialog.unsaved_title", &[("name", &state.open.document.name())]), ui);
    sentence(t("dialog.unsaved_sentence"), ui);
    buttons(ui, |ui| {
        if primary_button(ui, t("dialog.save")).clicked() {
            commands.push(Command::Proceed { save: true });
        }
        if ui.button(t("dialog.cancel")).clicked() {
            commands.push(Command::CancelDialog);
        }
        if danger_button(ui, t("dialog.discard")).clicked() {
            commands.push(Command::Proceed { save: false });
        }
    });
}

fn overwrite(
    state: &AppState,
    file: &std::path::Path,
    then: Option<&Command>,
    ui: &mut Ui,
    commands: &mut Commands,
) {
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let is_own = state.open.document.own_file() == Some(file);
    title(&t_args("dialog.overwrite_title", &[("name", &name)]), ui);
    sentence(t(if is_own { "dialog.changed_sentence" } else { "dialog.overwrite_sentence" }), ui);
    buttons(ui, |ui| {
        if is_own && primary_button(ui, t("file.save_as")).clicked() {
            commands.push(Command::SetDialog(None));
            commands.push(Command::SaveElsewhere(then.cloned().map(Box::new)));
        }
        if danger_button(ui, t("dialog.replace")).clicked() {
            commands.push(Command::SetDialog(None));
            let then = then.cloned().map(Box::new);
            commands.push(Command::SaveTo { path: file.to_owned(), replace: true, then });
        }
        if ui.button(t("dialog.cancel")).clicked() {
            commands.push(Command::CancelDialog);
        }
    });
}

fn replace_rows(file: &std::path::Path, rows: &RowExcerpt, ui: &mut Ui, commands: &mut Commands) {
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    title(&t_args("dialog.overwrite_title", &[("name", &name)]), ui);
    sentence(t("dialog.overwrite_sentence"), ui);
    buttons(ui, |ui| {
        if danger_button(ui, t("dialog.replace")).clicked() {
            commands.push(Command::SetDialog(None));
            let (path, rows) = (file.to_owned(), rows.clone());
            commands.push(Command::ExportRows { path, rows, replace: true });
        }
        if ui.button(t("dialog.cancel")).clicked() {
            commands.push(Command::CancelDialog);
        }
    });
}

/// A name for the layout. One that is taken is replaced, as the button says.
fn layout_name(state: &AppState, name: &str, ui: &mut Ui, commands: &mut Commands) {
    title(t("layout.save_title"), ui);
    let mut now = name.to_owned();
    let field = text_field(ui, &mut now, t("layout.name"), None).accessible_name(t("layout.name_field"));
    // Asked before the field takes the keyboard back, after which it has lost nothing.
    let entered = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
    if !entered && !field.has_focus() && ui.memory(|memory| memory.focused().is_none()) {
        field.request_focus();
    }
    if now != name {
        commands.push(Command::SetDialog(Some(Dialog::SaveLayout(now.clone()))));
    }
    let name = now.trim();
    let is_taken = state.workspace.named.contains_key(name);
    let button = t(if is_taken { "dialog.replace" } else { "dialog.save" });
    buttons(ui, |ui| {
        let clicked = ui.add_enabled_ui(!name.is_empty(), |ui| primary_button(ui, button)).inner.clicked();
        if !name.is_empty() && (clicked || entered) {
            commands.push(Command::SetDialog(None));
            commands.push(Command::KeepLayout(name.to_owned()));
        }
        if ui.button(t("dialog.cancel")).clicked() {
            commands.push(Command::CancelDialog);
        }
    });
}

fn shortcuts(state: &AppState, ui: &mut Ui, commands: &mut Commands) {
    title(t("help.shortcuts"), ui);
    ScrollArea::vertical().max_height(420.0).show(ui, |ui| {
        // The bar lies over what is shown.
        ui.set_max_width(ui.available_width() - Tokens::of(ui).spacing.lg);
        for action in Action::ALL {
            let keys = action.keys_text(ui.ctx());
            if !keys.is_empty() {
                key_value(ui, &action.text(state), &keys).on_hover_text(action.tooltip());
            }
        }
        section_header(ui, t("help.on_canvas"), |_| {});
        for (what, how) in controls(ui.ctx()) {
            key_value(ui, what, &how);
        }
    });
    close(ui, commands);
}

fn about(ui: &mut Ui, commands: &mut Commands) {
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        Icon::Watermark.show(ui, tokens.size.icon_large, tokens.colors.accent.text);
        title(t("app.name"), ui);
    });
    sentence(t("app.tagline"), ui);
    key_value(ui, t("help.version"), env!("CARGO_PKG_VERSION"));
    key_value(ui, t("help.licence"), env!("CARGO_PKG_LICENSE"));
    close(ui, commands);
}

fn close(ui: &mut Ui, commands: &mut Commands) {
    buttons(ui, |ui| {
        if primary_button(ui, t("dialog.close")).clicked() {
            commands.push(Command::SetDialog(None));
        }
    });
}
