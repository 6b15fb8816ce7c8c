//! What is typed, picked or switched: fields, drop-down lists and toggles.

use egui::{
    ComboBox, CornerRadius, Label, Rect, Response, RichText, Role, Sense, Stroke, StrokeKind, TextEdit, Ui,
    Vec2, WidgetInfo, lerp,
};

use super::{IconButton, Tone, focus_ring};
use crate::ui_kit::{Icon, Tokens, t};

/// A field to search with, as wide as there is room; a button or Escape empties it.
pub fn search_field(ui: &mut Ui, text: &mut String, hint: &str) -> Response {
    let tokens = Tokens::of(ui);
    let dim = tokens.colors.text.dim;
    let room_for_button = if text.is_empty() { 0 } else { tokens.size.hit as i8 };
    let field = TextEdit::singleline(text)
        .prefix(Icon::Search.text(tokens.size.icon).color(dim))
        .hint_text(RichText::new(hint).color(tokens.colors.text.dim))
        .margin(egui::Margin {
            left: tokens.spacing.md as i8,
            right: tokens.spacing.md as i8 + room_for_button,
            top: tokens.spacing.xs as i8,
            bottom: tokens.spacing.xs as i8,
        })
        .min_size(Vec2::new(0.0, tokens.size.control))
        .align(egui::Align2::LEFT_CENTER)
        .desired_width(f32::INFINITY);
    let mut response = ui.add(field);
    if text.is_empty() {
        return response;
    }
    let at = response.rect.right_center() - Vec2::new(tokens.size.hit / 2.0 + tokens.spacing.xs, 0.0);
    let button = Rect::from_center_size(at, Vec2::splat(tokens.size.hit));
    let is_cleared = ui.put(button, IconButton::new(Icon::Close, t("search.clear")).color(dim)).clicked();
    // Escape has already taken the keyboard away when the field hears of it.
    let is_escaped = response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Escape));
    if is_cleared || is_escaped {
        text.clear();
        response.mark_changed();
        response.request_focus();
    }
    response
}

/// A field for one line of text, as wide as there is room.
///
/// A `problem` outlines it in the colour of errors and is said in one sentence below.
pub fn text_field(ui: &mut Ui, text: &mut String, hint: &str, problem: Option<&str>) -> Response {
    let tokens = Tokens::of(ui);
    let colors = &tokens.colors;
    ui.scope(|ui| {
        if problem.is_some() {
            let error = Stroke::new(tokens.size.focus, colors.status.error);
            let visuals = ui.visuals_mut();
            visuals.selection.stroke = error;
            visuals.widgets.inactive.bg_stroke = error;
            visuals.widgets.hovered.bg_stroke = error;
        }
        let field = TextEdit::singleline(text)
            .hint_text(RichText::new(hint).color(colors.text.dim))
            .align(egui::Align2::LEFT_CENTER)
            .desired_width(f32::INFINITY);
        let response = ui.add(field);
        if let Some(problem) = problem {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = tokens.spacing.xs;
                Tone::Error.show(ui);
                ui.add(Label::new(RichText::new(problem).small().color(colors.status.error)).wrap());
            });
        }
        response
    })
    .inner
}

/// A list of which one is chosen, folded away. `name` is what a screen reader says. Returns whether the choice changed.
pub fn drop_down<T: PartialEq + Copy>(
    ui: &mut Ui,
    name: &str,
    chosen: &mut T,
    choices: &[(T, &str)],
) -> bool {
    let before = *chosen;
    let shown = choices.iter().find(|(value, _)| *value == before).map_or("", |(_, text)| *text);
    let list = ComboBox::from_id_salt(name).selected_text(shown).icon(|ui, rect, visuals, is_open| {
        let icon = if is_open { Icon::ChevronUp } else { Icon::ChevronDown };
        let size = Vec2::splat(Tokens::of(ui).size.icon - 2.0);
        icon.paint(ui.painter(), Rect::from_center_size(rect.center(), size), visuals.text_color());
    });
    let response = list.show_ui(ui, |ui| {
        for (value, text) in choices {
            ui.selectable_value(chosen, *value, *text);
        }
    });
    response.response.widget_info(|| WidgetInfo {
        current_text_value: Some(shown.to_owned()),
        ..WidgetInfo::labeled(Role::ComboBox, ui.is_enabled(), name)
    });
    *chosen != before
}

/// A switch with its name at the right.
pub fn toggle(ui: &mut Ui, on: &mut bool, name: &str) -> Response {
    let tokens = Tokens::of(ui);
    let colors = &tokens.colors;
    let track = Vec2::new(30.0, 18.0);
    let font = egui::FontId::proportional(tokens.type_scale.body);
    let galley = ui.painter().layout_no_wrap(name.to_owned(), font, colors.text.normal);
    let size = Vec2::new(track.x + tokens.spacing.md + galley.size().x, tokens.size.hit);
    let (rect, mut response) = ui.allocate_exact_size(size, Sense::click());
    if response.clicked() {
        *on = !*on;
        response.mark_changed();
    }
    response.widget_info(|| WidgetInfo::selected(Role::Switch, ui.is_enabled(), *on, name));
    if ui.is_rect_visible(rect) {
        let how_far = ui.ctx().animate_bool_responsive(response.id, *on);
        let place = Rect::from_min_size(rect.left_center() - Vec2::new(0.0, track.y / 2.0), track);
        let painter = ui.painter();
        let off = if response.hovered() { colors.surface.border_strong } else { colors.surface.pressed };
        let round = CornerRadius::same((track.y / 2.0) as u8);
        painter.rect_filled(place, round, off.lerp_to_gamma(colors.accent.fill, how_far));
        let outline = Stroke::new(tokens.size.stroke, colors.text.faint.gamma_multiply(1.0 - how_far));
        painter.rect_stroke(place, round, outline, StrokeKind::Inside);
        let inset = track.y / 2.0;
        let knob = egui::pos2(lerp(place.left() + inset..=place.right() - inset, how_far), place.center().y);
        painter.circle_filled(
            knob,
            inset - 4.0,
            colors.text.dim.lerp_to_gamma(colors.accent.on_fill, how_far),
        );
        let text_at = egui::pos2(place.right() + tokens.spacing.md, rect.center().y - galley.size().y / 2.0);
        painter.galley(text_at, galley, colors.text.normal);
        focus_ring(ui, &response, rect.expand(2.0), tokens);
    }
    response
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use egui_kittest::kittest::Queryable as _;

    use super::*;
    use crate::ui_kit::test_harness;

    #[test]
    fn a_search_is_typed_and_cleared_with_its_button_and_with_escape() {
        let text = RefCell::new(String::new());
        let mut harness = test_harness(|ui| {
            search_field(ui, &mut text.borrow_mut(), "Search nodes");
        });
        for clear_with_button in [true, false] {
            harness.get_by_role(Role::TextInput).focus();
            harness.run();
            harness.get_by_role(Role::TextInput).type_text("window");
            harness.run();
            assert_eq!(*text.borrow(), "window");
            if clear_with_button {
                harness.get_by_label("Clear the search").click();
            } else {
                harness.key_press(egui::Key::Escape);
            }
            harness.run();
            assert_eq!(*text.borrow(), "");
        }
    }

    #[test]
    fn a_field_says_what_is_wrong_with_its_text() {
        let mut text = "5 parsecs".to_owned();
        let harness = test_harness(|ui| {
            text_field(ui, &mut text, "5 min", Some("A number and a unit, such as 5 min"));
        });
        harness.get_by_label("A number and a unit, such as 5 min");
    }

    #[test]
    fn a_drop_down_lists_its_entries() {
        let chosen = Cell::new(0);
        let mut harness = test_harness(|ui| {
            let mut value = chosen.get();
            drop_down(ui, "Step by", &mut value, &[(0, "Row"), (1, "Watermark")]);
            chosen.set(value);
        });
        harness.get_by_label("Step by").click();
        harness.run();
        harness.get_by_label("Watermark").click();
        harness.run();
        assert_eq!(chosen.get(), 1);
    }

    #[test]
    fn a_toggle_switches_by_click_and_by_space() {
        let on = Cell::new(false);
        let mut harness = test_harness(|ui| {
            let mut value = on.get();
            toggle(ui, &mut value, "Minimap");
            on.set(value);
        });
        harness.get_by_label("Minimap").click();
        harness.run();
        assert!(on.get());
        harness.get_by_label("Minimap").focus();
        harness.run();
        harness.key_press(egui::Key::Space);
        harness.run();
        assert!(!on.get());
    }
}
