//! One row of the finder.

use egui::accesskit::Role;
use egui::{Align2, Rect, Response, Sense, Ui, Vec2, WidgetInfo, pos2, vec2};

use super::FinderItem;
use crate::GraphStyle;
use crate::paint::{Line, Pen, mix};

/// Draws an item over the full width; `with_category` names its category on the right.
pub(super) fn row<T>(
    ui: &mut Ui,
    item: &FinderItem<T>,
    current: bool,
    with_category: bool,
    style: &GraphStyle,
) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 38.0), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, current, &item.title));
    if !ui.is_rect_visible(rect) {
        return response;
    }
    let mut pen = Pen::new(ui.painter(), style, 1.0);
    let fill = match (current, response.hovered()) {
        (true, _) => style.popup_selected,
        (false, true) => mix(style.popup, style.popup_selected, 0.5),
        (false, false) => style.popup,
    };
    pen.add(egui::Shape::rect_filled(rect, 6.0, fill));

    let plate = Rect::from_center_size(pos2(rect.min.x + 21.0, rect.center().y), Vec2::splat(24.0));
    pen.add(egui::Shape::rect_filled(plate, 6.0, mix(fill, item.accent, 0.22)));
    let line =
        |text, size, color, max_width| Line { text, family: &style.text_family, size, color, max_width };
    let icon = Line { family: &style.icon_family, ..line(&item.icon, 14.0, item.accent, f32::INFINITY) };
    pen.text(plate.center(), Align2::CENTER_CENTER, &icon);

    let left = rect.min.x + 42.0;
    let mut right = rect.max.x - 8.0;
    if with_category {
        let category = line(&item.category, style.text_size - 1.0, style.text_secondary, 110.0);
        let drawn = pen.text(pos2(right, rect.center().y), Align2::RIGHT_CENTER, &category);
        right = drawn.min.x - 8.0;
    }
    let title =
        Line { family: &style.title_family, ..line(&item.title, style.title_size, style.text, right - left) };
    let alone = item.description.is_empty();
    let title_y = if alone { rect.center().y } else { rect.min.y + 12.0 };
    pen.text(pos2(left, title_y), Align2::LEFT_CENTER, &title);
    let description = line(&item.description, style.text_size, style.text_secondary, right - left);
    pen.text(pos2(left, rect.min.y + 27.0), Align2::LEFT_CENTER, &description);
    pen.flush();
    response
}
