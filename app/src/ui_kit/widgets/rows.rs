//! Rows of lists: a palette, an outline, files, runs.

use egui::{Align2, Color32, Rect, Response, Role, Sense, Ui, Vec2, WidgetInfo, pos2};

use super::focus_ring;
use crate::ui_kit::{Icon, Tokens};

/// What a [`list_row`] shows.
#[derive(Debug, Clone, Copy)]
pub struct ListRow<'a> {
    /// What it is called.
    pub text: &'a str,
    /// Before the text, in this colour.
    pub icon: Option<(Icon, Color32)>,
    /// At the right end, dim: a count, a time, a shortcut.
    pub detail: &'a str,
    /// How many levels it lies below the top of a tree.
    pub depth: usize,
    /// Whether it is chosen.
    pub selected: bool,
}

impl<'a> ListRow<'a> {
    /// A row with a text alone.
    pub fn new(text: &'a str) -> Self {
        Self { text, icon: None, detail: "", depth: 0, selected: false }
    }
}

/// Shows a row as wide as there is room. It can be clicked and dragged; text without room is cut.
pub fn list_row(ui: &mut Ui, row: &ListRow<'_>) -> Response {
    let tokens = Tokens::of(ui);
    let (colors, space) = (&tokens.colors, tokens.spacing);
    let size = Vec2::new(ui.available_width(), tokens.size.control);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click_and_drag());
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, enabled, row.selected, row.text));
    if !ui.is_rect_visible(rect) {
        return response;
    }

    let painter = ui.painter();
    let fill = if row.selected {
        colors.accent.soft
    } else if response.hovered() || response.dragged() {
        colors.surface.hover
    } else {
        Color32::TRANSPARENT
    };
    painter.rect_filled(rect, tokens.radius.md, fill);
    let mut left = rect.left() + space.sm + space.lg * row.depth as f32;
    if let Some((icon, color)) = row.icon {
        let center = pos2(left + tokens.size.icon / 2.0, rect.center().y);
        icon.paint(painter, Rect::from_center_size(center, Vec2::splat(tokens.size.icon)), color);
        left += tokens.size.icon + space.md;
    }
    let small = egui::FontId::proportional(tokens.type_scale.small);
    let detail_at = pos2(rect.right() - space.sm, rect.center().y);
    let detail = painter.text(detail_at, Align2::RIGHT_CENTER, row.detail, small, colors.text.dim);

    let stands_out = row.selected || response.hovered();
    let ink = if stands_out { colors.text.strong } else { colors.text.normal };
    let body = egui::FontId::proportional(tokens.type_scale.body);
    let mut job = egui::text::LayoutJob::simple_singleline(row.text.to_owned(), body, ink);
    job.wrap = egui::text::TextWrapping::truncate_at_width((detail.left() - space.sm - left).max(0.0));
    let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
    let is_cut = galley.elided;
    painter.galley(pos2(left, rect.center().y - galley.size().y / 2.0), galley, ink);
    focus_ring(ui, &response, rect, tokens);
    if is_cut { response.on_hover_text(row.text) } else { response }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use egui_kittest::kittest::Queryable as _;

    use super::*;
    use crate::ui_kit::test_harness;

    #[test]
    fn a_row_is_chosen_by_click_even_if_its_text_has_no_room() {
        let clicked = Cell::new(false);
        let long = "a name that is far too long for the list it stands in";
        let mut harness = test_harness(|ui| {
            ui.set_max_width(80.0);
            let row = ListRow { detail: "12", depth: 2, ..ListRow::new(long) };
            clicked.set(clicked.get() || list_row(ui, &row).clicked());
        });
        let row = harness.get_by_label(long);
        assert!(row.rect().width() <= 80.0 && row.rect().height() >= 24.0);
        row.click();
        harness.run();
        assert!(clicked.get());
    }
}
