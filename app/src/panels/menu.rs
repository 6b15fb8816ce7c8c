//! The menu bar.

use egui::{Align, Layout, RichText, Ui};

use crate::app::SAMPLES;
use crate::command::{Action, Command, Commands};
use crate::state::{AppState, DockTab, Drawer};
use crate::ui_kit::widgets::{IconButton, icon_button, menu_item, sub_menu};
use crate::ui_kit::{Icon, Theme, Tokens, style, t};

/// A line of a menu.
pub(super) enum Line {
    Do(Action),
    Rule,
}

pub(super) use Line::{Do, Rule};

const FILE: [Line; 3] = [Do(Action::New), Do(Action::Open), Do(Action::OpenPath)];
const FILE_ADD: [Line; 2] = [Do(Action::AddFile), Rule];
const FILE_SAVE: [Line; 10] = [
    Do(Action::Save),
    Do(Action::SaveAs),
    Do(Action::SaveAsPath),
    Do(Action::Versions),
    Rule,
    Do(Action::NextFlow),
    Do(Action::PreviousFlow),
    Do(Action::CloseFlow),
    Rule,
    Do(Action::Quit),
];
const EDIT: [Line; 18] = [
    Do(Action::Undo),
    Do(Action::Redo),
    Do(Action::ToggleHistory),
    Rule,
    Do(Action::Cut),
    Do(Action::Copy),
    Do(Action::Paste),
    Do(Action::PasteLinked),
    Do(Action::Duplicate),
    Rule,
    Do(Action::AddNode),
    Do(Action::AddNote),
    Do(Action::FrameSelection),
    Do(Action::Rename),
    Do(Action::Delete),
    Do(Action::DeleteKeepWire),
    Rule,
    Do(Action::Find),
];
const SELECT: [Line; 10] = [
    Do(Action::SelectAll),
    Do(Action::SelectNone),
    Rule,
    Do(Action::SelectUpstream),
    Do(Action::SelectDownstream),
    Do(Action::SelectConnected),
    Do(Action::SelectContents),
    Rule,
    Do(Action::Back),
    Do(Action::Forward),
];
/// What brings nodes into line.
pub(super) const ARRANGE: [Line; 12] = [
    Do(Action::Arrange),
    Do(Action::StraightenWires),
    Rule,
    Do(Action::AlignLeft),
    Do(Action::AlignCenter),
    Do(Action::AlignRight),
    Do(Action::AlignTop),
    Do(Action::AlignMiddle),
    Do(Action::AlignBottom),
    Rule,
    Do(Action::DistributeAcross),
    Do(Action::DistributeDown),
];
const VIEW: [Line; 18] = [
    Do(Action::Fit),
    Do(Action::FitSelection),
    Do(Action::ZoomIn),
    Do(Action::ZoomOut),
    Do(Action::ZoomReset),
    Rule,
    Do(Action::TogglePalette),
    Do(Action::ToggleInspector),
    Do(Action::ToggleDock),
    Do(Action::MaximizePane),
    Do(Action::ToggleMinimap),
    Do(Action::FocusMode),
    Rule,
    Do(Action::ScaleUp),
    Do(Action::ScaleDown),
    Do(Action::ScaleReset),
    Do(Action::ToggleReducedMotion),
    Rule,
];
/// What stands below the tabs of the dock.
const PANES: [Line; 5] =
    [Rule, Do(Action::NextProblem), Do(Action::PreviousProblem), Do(Action::CopyLog), Rule];
const LAYOUT: [Line; 4] = [Do(Action::UndoLayout), Do(Action::ResetLayout), Do(Action::SaveLayout), Rule];
const RUN: [Line; 9] = [
    Do(Action::PlayPause),
    Do(Action::Step),
    Do(Action::Restart),
    Do(Action::Stop),
    Rule,
    Do(Action::Faster),
    Do(Action::Slower),
    Do(Action::Freeze),
    Do(Action::ProbeNode),
];
const HELP: [Line; 4] = [Do(Action::FindCommand), Do(Action::Shortcuts), Rule, Do(Action::About)];

/// Less room than this has none for menus side by side: they are in one.
const MENUS_FROM: f32 = 720.0;
/// Less room than this has none for what the search is called.
const SEARCH_FROM: f32 = 300.0;

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
        let room = ui.available_width();
        let bar = egui::MenuBar::new().config(style::menu_config());
        let menus = bar.ui(ui, |ui| {
            if room >= MENUS_FROM {
                return menus(state, ui, commands);
            }
            let face = Icon::Menu.text(tokens.size.icon_large);
            let all = ui.menu_button(face, |ui| menus(state, ui, commands));
            let name = t("menu.all");
            all.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, name));
            all.response.on_hover_text(name).rect.right()
        });
        let menus_end = menus.inner;
        let bar = ui.max_rect();
        let search_start = ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let (icon, next) =
                if ui.visuals().dark_mode { (Icon::Sun, Theme::Light) } else { (Icon::Moon, Theme::Dark) };
            if icon_button(ui, icon, t("view.theme")).clicked() {
                commands.push(Command::SetTheme(next));
            }
            let keys = Action::FindCommand.keys_text(ui.ctx());
            if room < SEARCH_FROM {
                let search = IconButton::new(Icon::Search, t("commands.search")).shortcut(&keys);
                if ui.add(search).clicked() {
                    commands.push(Action::FindCommand);
                }
                return ui.min_rect().left();
            }
            let search = format!("{}  {}   {keys}", Icon::Search.glyph(), t("commands.search"));
            let search = ui.button(RichText::new(search).color(tokens.colors.text.dim));
            search.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, t("commands.search")));
            if search.clicked() {
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
        sub_menu(ui, t("recent.title"), |ui| recent(state, ui, commands));
        lines(state, &FILE_ADD, ui, commands);
        samples(ui, commands);
        ui.separator();
        lines(state, &FILE_SAVE, ui, commands);
    });
    ui.menu_button(t("menu.edit"), |ui| {
        lines(state, &EDIT, ui, commands);
        sub_menu(ui, t("menu.select"), |ui| lines(state, &SELECT, ui, commands));
        sub_menu(ui, t("menu.arrange"), |ui| lines(state, &ARRANGE, ui, commands));
    });
    ui.menu_button(t("menu.view"), |ui| {
        lines(state, &VIEW, ui, commands);
        sub_menu(ui, t("layout.title"), |ui| layouts(state, ui, commands));
        ui.separator();
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

/// Shows lines of a menu; those that cannot be done now are dim.
pub(super) fn lines(state: &AppState, lines: &[Line], ui: &mut Ui, commands: &mut Commands) {
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
                    Action::ToggleHistory => state.view.drawer == Some(Drawer::History),
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

/// The tabs of the dock, what can be done with the layout, and the layouts that have names.
fn layouts(state: &AppState, ui: &mut Ui, commands: &mut Commands) {
    lines(state, &DockTab::ALL.map(|tab| Do(Action::showing(tab))), ui, commands);
    lines(state, &PANES, ui, commands);
    lines(state, &LAYOUT, ui, commands);
    let names = &state.workspace.named;
    if names.is_empty() {
        ui.add_enabled_ui(false, |ui| menu_item(ui, None, t("layout.none"), ""));
    }
    for name in names.keys() {
        if menu_item(ui, None, name, "").on_hover_text(t("layout.use")).clicked() {
            commands.push(Command::UseLayout(name.clone()));
        }
    }
    if !names.is_empty() {
        sub_menu(ui, t("layout.forget"), |ui| {
            for name in names.keys() {
                if menu_item(ui, Some(Icon::Delete), name, "").clicked() {
                    commands.push(Command::ForgetLayout(name.clone()));
                }
            }
        });
    }
}

/// The recent files, and a way to forget them.
fn recent(state: &AppState, ui: &mut Ui, commands: &mut Commands) {
    if state.recent.is_empty() {
        ui.add_enabled_ui(false, |ui| menu_item(ui, None, t("recent.none"), ""));
        return;
    }
    for file in &state.recent {
        let item = menu_item(ui, Some(Icon::File), &file.name(), &file.folder());
        if item.on_hover_text(file.path.display().to_string()).clicked() {
            commands.push(Command::OpenRecent(file.path.clone()));
        }
    }
    ui.separator();
    if menu_item(ui, Some(Icon::Delete), t("recent.clear"), "").clicked() {
        commands.push(Command::ClearRecent);
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
