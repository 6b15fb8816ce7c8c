//! The menu bar.

use egui::{Align, Layout, RichText, Ui};

use crate::app::SAMPLES;
use crate::command::{Action, Command, Commands};
use crate::state::AppState;
use crate::ui_kit::widgets::{icon_button, menu_item};
use crate::ui_kit::{Icon, Theme, Tokens, style, t};

/// A line of a menu.
enum Line {
    Do(Action),
    Rule,
}

use Line::{Do, Rule};

const FILE: [Line; 4] = [Do(Action::New), Do(Action::Open), Do(Action::OpenPath), Rule];
const FILE_SAVE: [Line; 9] = [
    Do(Action::Save),
    Do(Action::SaveAs),
    Do(Action::SaveAsPath),
    Rule,
    Do(Action::NextFlow),
    Do(Action::PreviousFlow),
    Do(Action::CloseFlow),
    Rule,
    Do(Action::Quit),
];
const EDIT: [Line; 11] = [
    Do(Action::Undo),
    Do(Action::Redo),
    Rule,
    Do(Action::AddNode),
    Do(Action::Rename),
    Do(Action::Delete),
    Do(Action::DeleteKeepWire),
    Rule,
    Do(Action::SelectAll),
    Do(Action::SelectNone),
    Do(Action::Arrange),
];
const VIEW: [Line; 17] = [
    Do(Action::Fit),
    Do(Action::FitSelection),
    Do(Action::ZoomIn),
    Do(Action::ZoomOut),
    Do(Action::ZoomReset),
    Rule,
    Do(Action::TogglePalette),
    Do(Action::ToggleInspector),
    Do(Action::ToggleDock),
    Do(Action::ToggleMinimap),
    Do(Action::FocusMode),
    Rule,
    Do(Action::ScaleUp),
    Do(Action::ScaleDown),
    Do(Action::ScaleReset),
    Do(Action::ToggleReducedMotion),
    Rule,
];
const RUN: [Line; 8] = [
    Do(Action::PlayPause),
    Do(Action::Step),
    Do(Action::Restart),
    Do(Action::Stop),
    Rule,
    Do(Action::Faster),
    Do(Action::Slower),
    Do(Action::Freeze),
];
const HELP: [Line; 4] = [Do(Action::FindCommand), Do(Action::Shortcuts), Rule, Do(Action::About)];

/// Shows the menu bar.
pub fn ui(state: &AppState, ui: &mut Ui, commands: &mut Commands) {
    let tokens = Tokens::of(ui);
    ui.horizontal_centered(|ui| {
        ui.add_space(tokens.spacing.xs);
        Icon::Watermark.show(ui, tokens.size.icon_large, tokens.colors.accent.text);
        ui.label(
            RichText::new(t("app.name")).text_style(style::strong_text()).color(tokens.colors.text.strong),
        );
        ui.add_space(tokens.spacing.md);
        let menus = egui::MenuBar::new().config(style::menu_config()).ui(ui, |ui| menus(state, ui, commands));
        let menus_end = menus.inner;
        let bar = ui.max_rect();
        let search_start = ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let (icon, next) =
                if ui.visuals().dark_mode { (Icon::Sun, Theme::Light) } else { (Icon::Moon, Theme::Dark) };
            if icon_button(ui, icon, t("view.theme")).clicked() {
                commands.push(Command::SetTheme(next));
            }
            let keys = Action::FindCommand.keys_text(ui.ctx());
            let search = format!("{}  {}   {keys}", Icon::Search.glyph(), t("commands.search"));
            if ui.button(RichText::new(search).color(tokens.colors.text.dim)).clicked() {
                commands.push(Action::FindCommand);
            }
            ui.min_rect().left()
        });
        let room = egui::Rect::from_x_y_ranges(menus_end..=search_start.inner, bar.y_range());
        let room = room.shrink2(egui::vec2(tokens.spacing.lg, 0.0));
        super::tabs::ui(state, room, ui, commands);
    });
}

/// Shows the menus and returns where they end.
fn menus(state: &AppState, ui: &mut Ui, commands: &mut Commands) -> f32 {
    ui.menu_button(t("menu.file"), |ui| {
        lines(state, &FILE, ui, commands);
        samples(ui, commands);
        ui.separator();
        lines(state, &FILE_SAVE, ui, commands);
    });
    ui.menu_button(t("menu.edit"), |ui| lines(state, &EDIT, ui, commands));
    ui.menu_button(t("menu.view"), |ui| {
        lines(state, &VIEW, ui, commands);
        for (theme, text) in [
            (Theme::System, t("view.theme_system")),
            (Theme::Light, t("view.theme_light")),
            (Theme::Dark, t("view.theme_dark")),
        ] {
            let icon = (state.settings.theme == theme).then_some(Icon::Check);
            if menu_item(ui, icon, text, "").clicked() {
                commands.push(Command::SetTheme(theme));
            }
        }
    });
    ui.menu_button(t("menu.run"), |ui| lines(state, &RUN, ui, commands));
    ui.menu_button(t("help.samples"), |ui| samples(ui, commands));
    ui.menu_button(t("menu.help"), |ui| lines(state, &HELP, ui, commands)).response.rect.right()
}

fn lines(state: &AppState, lines: &[Line], ui: &mut Ui, commands: &mut Commands) {
    for line in lines {
        match line {
            Rule => {
                ui.separator();
            }
            Do(action) => {
                let (text, keys) = (action.text(state), action.keys_text(ui.ctx()));
                let is_on = match action {
                    Action::ToggleInspector => state.view.inspector,
                    Action::ToggleDock => state.view.dock,
                    Action::ToggleMinimap => state.settings.minimap,
                    Action::FocusMode => state.view.focus_mode,
                    Action::ToggleReducedMotion => state.settings.reduced_motion,
                    _ => false,
                };
                let icon = if is_on { Some(Icon::Check) } else { action.icon() };
                let item =
                    ui.add_enabled_ui(action.is_enabled(state), |ui| menu_item(ui, icon, &text, &keys)).inner;
                if item.on_hover_text(action.tooltip()).clicked() {
                    commands.push(*action);
                }
            }
        }
    }
}

fn samples(ui: &mut Ui, commands: &mut Commands) {
    for (number, sample) in SAMPLES.iter().enumerate() {
        let item = menu_item(ui, Some(Icon::Samples), sample.name(), "");
        if item.on_hover_text(sample.sentence()).clicked() {
            commands.push(Command::OpenSample(number));
        }
    }
}
