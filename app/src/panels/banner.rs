//! A sentence over the canvas about something that went wrong.

use egui::{Align, Label, Layout, Ui};

use crate::command::{Command, Commands};
use crate::state::{AppState, Banner};
use crate::ui_kit::design_tokens::tint;
use crate::ui_kit::prose::prose;
use crate::ui_kit::widgets::{Tone, icon_button, link_button};
use crate::ui_kit::{Icon, Tokens, t};

/// Shows the banner, if there is something to say.
pub fn ui(state: &AppState, ui: &mut Ui, commands: &mut Commands) {
    let refused = state.view.refusal.as_ref().map(|text| Banner {
        tone: Tone::Warning,
        text: text.clone(),
        node: None,
    });
    let Some(banner) = state.open.banner.clone().or(refused) else { return };
    let tokens = Tokens::of(ui);
    let color = banner.tone.color(tokens);
    let frame = egui::Frame::new()
        .fill(tokens.colors.surface.panel.blend(tint(color)))
        .inner_margin(egui::Margin::symmetric(tokens.spacing.lg as i8, tokens.spacing.sm as i8));
    egui::Panel::top("banner").frame(frame).show(ui, |ui| {
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
}
