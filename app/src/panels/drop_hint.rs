//! What happens to files while they are held over the window.

use egui::{Align2, Area, Id, Order, Rect, Sense, Stroke, StrokeKind, Ui, vec2};

use crate::ui_kit::widgets::empty_state;
use crate::ui_kit::{Icon, Tokens, t};

/// Covers the canvas while files are held over the window, and says what becomes of them.
pub fn ui(canvas: Rect, ui: &Ui) {
    if ui.input(|input| input.raw.hovered_files.is_empty()) {
        return;
    }
    let tokens = Tokens::of(ui);
    let colors = &tokens.colors;
    let place = canvas.shrink(tokens.spacing.lg);
    let area = Area::new(Id::unique("drop_hint")).order(Order::Foreground).interactable(false);
    area.fixed_pos(place.min).show(ui.ctx(), |ui| {
        let (place, _) = ui.allocate_exact_size(place.size(), Sense::hover());
        let line = Stroke::new(2.0 * tokens.size.stroke, colors.accent.line);
        ui.painter().rect(place, tokens.radius.md, colors.surface.scrim, line, StrokeKind::Inside);
        let card = Align2::CENTER_CENTER.align_size_within_rect(vec2(360.0, 160.0).min(place.size()), place);
        ui.painter().rect_filled(card, tokens.radius.md, colors.surface.raised);
        ui.scope_builder(egui::UiBuilder::new().max_rect(card), |ui| {
            empty_state(ui, Icon::File, t("file.drop_title"), t("file.drop_sentence"), None);
        });
    });
}
