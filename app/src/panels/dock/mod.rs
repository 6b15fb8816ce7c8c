//! The dock at the bottom: rows, findings, and what happened.

mod data;
mod log;
mod problems;

use egui::{Align, Layout, Ui};

pub use self::data::table_with_keyboard;
pub(super) use self::problems::{message, path_to_allow};

use crate::command::{Action, Command, Commands};
use crate::state::{AppState, DockTab};
use crate::ui_kit::widgets::{IconButton, Tab, tab_strip};
use crate::ui_kit::{Icon, t};

/// Shows the dock.
pub fn ui(state: &AppState, ui: &mut Ui, commands: &mut Commands) {
    let mut tab = state.view.dock_tab;
    let tabs = [
        Tab::new(DockTab::Data, t("dock.data")).icon(Icon::Table),
        Tab::new(DockTab::Problems, t("dock.problems")).icon(Icon::Warning).count(state.open.n_problems()),
        Tab::new(DockTab::Log, t("dock.log")).icon(Icon::List),
    ];
    let top = ui.cursor().min;
    if tab_strip(ui, &mut tab, &tabs) {
        commands.push(Command::SetDockTab(tab));
    }
    let bar = egui::Rect::from_min_max(top, egui::pos2(ui.max_rect().right(), ui.cursor().min.y));
    ui.scope_builder(
        egui::UiBuilder::new().max_rect(bar).layout(Layout::right_to_left(Align::Center)),
        |ui| {
            let keys = Action::ToggleDock.keys_text(ui.ctx());
            if ui.add(IconButton::new(Icon::ChevronDown, t("dock.close")).shortcut(&keys)).clicked() {
                commands.push(Action::ToggleDock);
            }
        },
    );
    match state.view.dock_tab {
        DockTab::Data => data::ui(state, ui, commands),
        DockTab::Problems => problems::ui(state, ui, commands),
        DockTab::Log => log::ui(state, ui),
    }
}
