//! The dock: rows, the course of the run, findings, and what happened. Each tab is a pane that can be moved about.

mod data;
mod log;
mod problems;
mod timeline;

use egui::Ui;

pub use self::data::table_with_keyboard;
pub(super) use self::data::{cell, moment};
pub use self::log::LogPanel;
pub(super) use self::problems::{message, path_to_allow};
pub use self::timeline::Timeline;

use crate::command::Commands;
use crate::state::{AppState, DockTab};
use crate::ui_kit::{Icon, t};

/// The tabs that remember something.
pub struct Parts<'a> {
    /// The course of the run.
    pub timeline: &'a mut Timeline,
    /// What happened.
    pub log: &'a mut LogPanel,
}

/// What a tab is called, and its picture.
pub fn title(tab: DockTab) -> (&'static str, Icon) {
    match tab {
        DockTab::Data => (t("dock.data"), Icon::Table),
        DockTab::Timeline => (t("dock.timeline"), Icon::Chart),
        DockTab::Problems => (t("dock.problems"), Icon::Warning),
        DockTab::Log => (t("dock.log"), Icon::List),
    }
}

/// How many things a tab holds that want to be looked at.
pub fn count(tab: DockTab, state: &AppState) -> usize {
    match tab {
        DockTab::Problems => state.open.n_problems(),
        _ => 0,
    }
}

/// What stands at the right of the tabs, from right to left.
pub fn bar(tab: DockTab, state: &AppState, timeline: &mut Timeline, ui: &mut Ui, commands: &mut Commands) {
    match tab {
        DockTab::Timeline => timeline.bar(state, ui, commands),
        DockTab::Data | DockTab::Problems | DockTab::Log => {}
    }
}

/// Shows what is in a tab.
pub fn ui(tab: DockTab, state: &AppState, parts: &mut Parts<'_>, ui: &mut Ui, commands: &mut Commands) {
    match tab {
        DockTab::Data => data::ui(state, ui, commands),
        DockTab::Timeline => parts.timeline.ui(state, ui, commands),
        DockTab::Problems => problems::ui(state, ui, commands),
        DockTab::Log => parts.log.ui(state, ui, commands),
    }
}
