//! A sentence about something that went wrong. It lies over the canvas, so that nothing moves when it comes and goes.

use egui::{Align, Label, Layout, Rect, Sense, Ui, UiBuilder};

use super::canvas::BAR_HEIGHT;
use crate::command::{Command, Commands};
use crate::state::{AppState, Banner};
use crate::ui_kit::design_tokens::tint;
use crate::ui_kit::prose::prose;
use crate::ui_kit::widgets::{Tone, icon_button, link_button};
use crate::ui_kit::{Icon, Tokens, t};

/// Shows the banner at the top of the canvas, below its bar, if there is something to say.
pub fn ui(state: &AppState, canvas: Rect, ui: &mut Ui, commands: &mut Commands) {
    let refused = state.view.refusal.as_ref().map(|text| Banner {
        tone: Tone::Warning,
        text: text.clone(),
        node: None,
    });
    // A person has just tried something: that it was not done is news, and what has failed can wait behind it.
    let Some(banner) = refused.or_else(|| state.open.banner.clone()) else { return };
    let tokens = Tokens::of(ui);
    let color = banner.tone.color(tokens);
    let frame = egui::Frame::new()
        .fill(tokens.colors.surface.panel.blend(tint(color)))
        .inner_margin(egui::Margin::symmetric(tokens.spacing.lg as i8, tokens.spacing.sm as i8));
    let place = canvas.with_min_y(canvas.top() + BAR_HEIGHT);
    let over = UiBuilder::new().max_rect(place).sense(Sense::click_and_drag());
    ui.scope_builder(over, |ui| {
        frame.show(ui, |ui| {
            ui.horizontal(|ui| {
                banner.tone.show(ui);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if icon_button(ui, Icon::Close, t("dialog.close")).clicked() {
                        commands.push(Command::DismissBanner);
                    }
                    if let Some(node) = &banner.node
                        && link_button(ui, t("problems.show")).clicked()
                    {
                        commands.push(Command::Reveal(node.clone()));
                    }
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        let ink = tokens.colors.text.strong;
                        let text = prose(&banner.text, tokens.type_scale.body, ink, ink);
                        ui.add(Label::new(text).wrap());
                    });
                });
            });
        });
    });
}
