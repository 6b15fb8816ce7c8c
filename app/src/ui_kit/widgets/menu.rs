//! An entry of a menu: icon, text and keys in three columns, so that a menu reads in straight lines.

use egui::containers::menu::{MenuState, SubMenu};
use egui::{Color32, FontId, Id, Rect, Response, Role, Sense, Ui, Vec2, WidgetInfo, pos2};

use super::focus_ring;
use crate::ui_kit::{Icon, Tokens};

/// Shows an entry as wide as the widest of its menu. `shortcut` may be empty.
///
/// An entry that cannot be used now is shown with `ui.add_enabled_ui(false, …)`.
pub fn menu_item(ui: &mut Ui, icon: Option<Icon>, text: &str, shortcut: &str) -> Response {
    entry(ui, icon, text, shortcut, |_, _| false)
}

/// Shows an entry that opens a menu of its own beside it, in line with the others.
pub fn sub_menu(ui: &mut Ui, text: &str, show: impl FnOnce(&mut Ui)) {
    let is_open = |ui: &Ui, id: Id| {
        MenuState::from_ui(ui, |state, _| state.open_item == Some(SubMenu::id_from_widget_id(id)))
    };
    let entry = entry(ui, None, text, &Icon::ChevronRight.glyph().to_string(), is_open);
    SubMenu::new().show(ui, &entry, show);
}

/// An entry with what stands at its right end. It stands out while it is pointed at, or its menu is open.
fn entry(
    ui: &mut Ui,
    icon: Option<Icon>,
    text: &str,
    shortcut: &str,
    is_open: impl FnOnce(&Ui, Id) -> bool,
) -> Response {
    let tokens = Tokens::of(ui);
    let (colors, space) = (&tokens.colors, tokens.spacing);
    let body = FontId::proportional(tokens.type_scale.body);
    let small = FontId::proportional(tokens.type_scale.small);
    let text_galley = ui.painter().layout_no_wrap(text.to_owned(), body, Color32::PLACEHOLDER);
    let keys = ui.painter().layout_no_wrap(shortcut.to_owned(), small, Color32::PLACEHOLDER);
    let indent = tokens.size.icon + space.md;
    let room_for_keys = if shortcut.is_empty() { 0.0 } else { keys.size().x + space.xxl };
    let width = 2.0 * space.sm + indent + text_galley.size().x + room_for_keys;

    let response = ui.allocate_response(Vec2::new(width.max(160.0), tokens.size.control), Sense::click());
    let (rect, enabled) = (response.rect, ui.is_enabled());
    response.widget_info(|| WidgetInfo::labeled(Role::MenuItem, enabled, text));
    if ui.is_rect_visible(rect) {
        let painter = ui.painter();
        let is_pointed_at =
            enabled && (response.hovered() || response.has_focus() || is_open(ui, response.id));
        if is_pointed_at {
            painter.rect_filled(rect, tokens.radius.md, colors.surface.hover);
        }
        let (ink, dim) = if is_pointed_at {
            (colors.text.strong, colors.text.normal)
        } else {
            (colors.text.normal, colors.text.dim)
        };
        let left = rect.left() + space.sm;
        if let Some(icon) = icon {
            let center = pos2(left + tokens.size.icon / 2.0, rect.center().y);
            icon.paint(painter, Rect::from_center_size(center, Vec2::splat(tokens.size.icon)), dim);
        }
        let top = |height: f32| rect.center().y - height / 2.0;
        painter.galley(pos2(left + indent, top(text_galley.size().y)), text_galley, ink);
        painter.galley(pos2(rect.right() - space.sm - keys.size().x, top(keys.size().y)), keys, dim);
        focus_ring(ui, &response, rect, tokens);
    }
    response
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use egui_kittest::kittest::Queryable as _;

    use super::*;
    use crate::ui_kit::{style::menu_config, test_harness};

    #[test]
    fn an_entry_is_reached_through_its_menu() {
        let saved = Cell::new(false);
        let mut harness = test_harness(|ui| {
            egui::MenuBar::new().config(menu_config()).ui(ui, |ui| {
                ui.menu_button("File", |ui| {
                    menu_item(ui, None, "Open a flow with a long name", "Ctrl+O");
                    saved.set(saved.get() || menu_item(ui, Some(Icon::Save), "Save", "Ctrl+S").clicked());
                });
            });
        });
        harness.get_by_label("File").click();
        harness.run();
        let widths =
            ["Save", "Open a flow with a long name"].map(|text| harness.get_by_label(text).rect().width());
        assert_eq!(widths[0], widths[1]);
        harness.get_by_label("Save").click();
        harness.run();
        assert!(saved.get());
    }

    #[test]
    fn a_menu_in_a_menu_is_an_entry_like_the_others_and_opens() {
        let chosen = Cell::new(false);
        let mut harness = test_harness(|ui| {
            egui::MenuBar::new().config(menu_config()).ui(ui, |ui| {
                ui.menu_button("File", |ui| {
                    menu_item(ui, Some(Icon::Open), "Open", "Ctrl+O");
                    sub_menu(ui, "Open recent", |ui| {
                        chosen.set(chosen.get() || menu_item(ui, None, "Orders", "").clicked());
                    });
                });
            });
        });
        harness.get_by_label("File").click();
        harness.run();
        let rects = ["Open", "Open recent"].map(|text| harness.get_by_label(text).rect());
        assert_eq!(rects[0].size(), rects[1].size());
        harness.get_by_label("Open recent").click();
        harness.run();
        harness.get_by_label("Orders").click();
        harness.run();
        assert!(chosen.get());
    }
}
