//! What stays in sight at the foot of the inspector, below what can be scrolled.

use egui::{AsIdSalt, Label, RichText, Role, ScrollArea, Sense, Ui, WidgetInfo};
use tidemark_engine::diagnostic::{Diagnostic, Place};
use tidemark_engine::ids::NodeId;

use super::field;
use crate::state::{AppState, TakesEffect};
use crate::ui_kit::widgets::follow_keyboard;
use crate::ui_kit::{Icon, Tokens, t};

/// How much of the room for both what was found may take before it is scrolled.
const MOST_FOUND: f32 = 0.25;

/// Shows what can be scrolled over what stays. The foot grows upwards: what comes and goes in it moves nothing under a hand.
pub(super) fn above_foot(
    id: impl AsIdSalt,
    ui: &mut Ui,
    show: impl FnOnce(&mut Ui),
    show_foot: impl FnOnce(&mut Ui),
) {
    let tokens = Tokens::of(ui);
    let area = ScrollArea::vertical().id_salt(id).auto_shrink(false);
    let known_as = ui.scope_id().with("foot");
    let known: f32 = ui.data(|data| data.get_temp(known_as)).unwrap_or_default();
    area.max_height((ui.available_height() - known).max(0.0)).show(ui, |ui| {
        ui.set_max_width(ui.available_width() - tokens.spacing.md);
        show(ui);
        follow_keyboard(ui);
    });
    let top = ui.cursor().top();
    show_foot(ui);
    let height = (ui.cursor().top() - top).max(0.0);
    if height > 0.0 {
        let place = ui.max_rect().with_min_y(top);
        let whole = ui.interact(place, known_as, Sense::hover());
        whole.widget_info(|| WidgetInfo::labeled(Role::Group, true, t("inspector.foot")));
    }
    // Gaps between widgets are no whole points, so that the same foot may differ by a hair.
    if (height - known).abs() > 0.5 {
        ui.data_mut(|data| data.insert_temp(known_as, height));
        ui.ctx().request_discard("the foot of the inspector has another height");
    }
}

/// What was found about the node as a whole; what concerns a parameter stands at its field.
pub(super) fn findings(node: &NodeId, state: &AppState, ui: &mut Ui) {
    let is_of_node = |found: &&Diagnostic| !matches!(found.place, Place::Param { .. });
    let mut found = state.open.diagnostics_of(node).filter(is_of_node).peekable();
    if found.peek().is_none() {
        return;
    }
    let tokens = Tokens::of(ui);
    ui.add_space(tokens.spacing.xs);
    let most = ui.max_rect().height() * MOST_FOUND;
    let area = ScrollArea::vertical().id_salt("found").auto_shrink([false, true]);
    // As high as it is, whatever room the other has left for it in this pass.
    area.max_height(most)
        .min_scrolled_height(most)
        .show(ui, |ui| found.for_each(|diagnostic| field::finding(diagnostic, ui)));
}

/// When a change takes effect, in one line.
pub(super) fn effect(text: &str, ui: &mut Ui) {
    let tokens = Tokens::of(ui);
    ui.allocate_ui(egui::vec2(ui.available_width(), tokens.size.hit), |ui| {
        ui.horizontal_centered(|ui| {
            ui.spacing_mut().item_spacing.x = tokens.spacing.sm;
            Icon::Restart.show(ui, tokens.size.icon, tokens.colors.text.dim);
            let text = RichText::new(text).small().color(tokens.colors.text.dim);
            ui.add(Label::new(text).truncate()).on_hover_text(t("tip.effect"));
        });
    });
}

/// When a change takes effect, in a sentence.
pub(super) fn effect_text(effect: TakesEffect) -> &'static str {
    match effect {
        TakesEffect::Now => t("effect.now"),
        TakesEffect::Restart => t("effect.restart"),
        TakesEffect::NextRun => t("effect.next_run"),
    }
}
