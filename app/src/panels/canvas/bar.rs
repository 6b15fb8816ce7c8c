//! The bar above the canvas: lens, zoom, adding and arranging.

use egui::{Align, Layout, RichText, Ui};

use super::legend;
use crate::command::{Action, Command, Commands};
use crate::state::{AppState, Lens};
use crate::ui_kit::format::percent;
use crate::ui_kit::widgets::{IconButton, drop_down, segmented};
use crate::ui_kit::{Tokens, style, t};

/// Height of the bar.
pub const BAR_HEIGHT: f32 = 36.0;

/// Less room than this has none for the lenses side by side and the buttons.
const LENSES_FROM: f32 = 800.0;
/// Less room than this behind the lenses has none for what the menus offer as well.
const TOOLS_FROM: f32 = 224.0;

pub(super) fn ui(state: &AppState, zoom: f32, ui: &mut Ui, commands: &mut Commands) {
    let tokens = Tokens::of(ui);
    egui::Panel::top("canvas_bar").exact_size(BAR_HEIGHT).frame(style::bar_frame(tokens)).show(ui, |ui| {
        ui.horizontal_centered(|ui| {
            ui.label(RichText::new(t("lens.title")).color(tokens.colors.text.dim));
            let mut lens = state.view.lens;
            let lenses = Lens::ALL.map(|lens| (lens, legend::lens_text(lens)));
            let has_changed = if ui.available_width() >= LENSES_FROM {
                segmented(ui, &mut lens, &lenses)
            } else {
                drop_down(ui, t("lens.title"), &mut lens, &lenses)
            };
            if has_changed {
                commands.push(Command::SetLens(lens));
            }
            let room = ui.available_width();
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                button(state, Action::Fit, ui, commands);
                button(state, Action::ZoomIn, ui, commands);
                let shown = RichText::new(percent(f64::from(zoom))).color(tokens.colors.text.dim);
                let zoom =
                    ui.add(egui::Button::new(shown).frame(false).min_size(egui::vec2(48.0, tokens.size.hit)));
                if zoom.on_hover_text(Action::ZoomReset.name()).clicked() {
                    commands.push(Action::ZoomReset);
                }
                button(state, Action::ZoomOut, ui, commands);
                if room >= TOOLS_FROM {
                    ui.separator();
                    button(state, Action::Arrange, ui, commands);
                    button(state, Action::AddNode, ui, commands);
                }
            });
        });
    });
}

fn button(state: &AppState, action: Action, ui: &mut Ui, commands: &mut Commands) {
    let Some(icon) = action.icon() else { return };
    let keys = action.keys_text(ui.ctx());
    let button = IconButton::new(icon, action.name()).shortcut(&keys);
    if ui.add_enabled(action.is_enabled(state), button).clicked() {
        commands.push(action);
    }
}
