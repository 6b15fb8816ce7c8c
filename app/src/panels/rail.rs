//! The icon rail at the left, which opens the drawers.

use egui::Ui;

use crate::command::{Action, Command, Commands};
use crate::state::{AppState, Drawer};
use crate::ui_kit::widgets::IconButton;
use crate::ui_kit::{Icon, t};

/// Side of a button on the rail.
const BUTTON: f32 = 32.0;

/// And in a low window.
const LEAST_BUTTON: f32 = 24.0;

/// Shows the rail.
pub fn ui(state: &AppState, ui: &mut Ui, commands: &mut Commands) {
    ui.vertical_centered(|ui| {
        // In a low window all are smaller, and what only shows and hides panes is left to its keys and the menu.
        let n_all = 6.0;
        let gap = ui.spacing().item_spacing.y;
        let side = ((ui.available_height() - n_all * gap) / n_all).floor();
        let (has_panes, side) = (side >= LEAST_BUTTON, side.clamp(LEAST_BUTTON, BUTTON));
        for (drawer, icon, name) in [
            (Drawer::Palette, Icon::Palette, t("rail.palette")),
            (Drawer::Outline, Icon::Outline, t("rail.outline")),
            (Drawer::Samples, Icon::Samples, t("rail.samples")),
            (Drawer::History, Icon::History, t("rail.history")),
        ] {
            let is_open = state.view.drawer == Some(drawer);
            let keys = match drawer {
                Drawer::Palette => Action::TogglePalette.keys_text(ui.ctx()),
                Drawer::History => Action::ToggleHistory.keys_text(ui.ctx()),
                Drawer::Outline | Drawer::Samples => String::new(),
            };
            let button = IconButton::new(icon, name).size(side).selected(is_open).shortcut(&keys);
            if ui.add(button).clicked() {
                commands.push(Command::SetDrawer((!is_open).then_some(drawer)));
            }
        }
        if !has_panes {
            return;
        }
        ui.with_layout(egui::Layout::bottom_up(egui::Align::Center), |ui| {
            for (action, is_open) in
                [(Action::ToggleDock, state.view.dock), (Action::ToggleInspector, state.view.inspector)]
            {
                let Some(icon) = action.icon() else { continue };
                let keys = action.keys_text(ui.ctx());
                let button =
                    IconButton::new(icon, action.name()).size(side).selected(is_open).shortcut(&keys);
                if ui.add(button).clicked() {
                    commands.push(action);
                }
            }
        });
    });
}
