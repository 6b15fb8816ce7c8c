//! One of a few: segmented controls and tab strips. Both are walked with the arrow keys.

use std::sync::Arc;

use egui::{
    Align2, Color32, CornerRadius, Galley, Id, Rangef, Rect, Response, Role, Sense, Shape, Stroke,
    StrokeKind, Ui, Vec2, WidgetInfo,
};

use super::focus_ring;
use crate::ui_kit::{Icon, Tokens, fonts};

/// A few values of which one is chosen, side by side in one frame. Returns whether the choice changed.
pub fn segmented<T: PartialEq + Copy>(ui: &mut Ui, chosen: &mut T, choices: &[(T, &str)]) -> bool {
    let tokens = Tokens::of(ui);
    let colors = &tokens.colors;
    let before = *chosen;
    egui::Frame::new()
        .fill(colors.surface.input)
        .stroke(Stroke::new(tokens.size.stroke, colors.surface.border))
        .corner_radius(tokens.radius.md)
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing = Vec2::ZERO;
            ui.horizontal(|ui| {
                for (value, text) in choices {
                    if segment(ui, tokens, *value == before, text).clicked() {
                        *chosen = *value;
                    }
                }
            });
        });
    *chosen != before
}

fn segment(ui: &mut Ui, tokens: &Tokens, is_chosen: bool, text: &str) -> Response {
    let colors = &tokens.colors;
    let font = egui::FontId::proportional(tokens.type_scale.body);
    let galley = ui.painter().layout_no_wrap(text.to_owned(), font, Color32::PLACEHOLDER);
    let size = Vec2::new(galley.size().x + 2.0 * tokens.spacing.lg, tokens.size.control);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, ui.is_enabled(), is_chosen, text));
    if ui.is_rect_visible(rect) {
        let ink = if is_chosen || response.hovered() { colors.text.strong } else { colors.text.dim };
        let painter = ui.painter();
        if is_chosen {
            let inner = rect.shrink(2.0);
            painter.rect_filled(inner, tokens.radius.sm, colors.surface.pressed);
            let outline = Stroke::new(tokens.size.stroke, colors.surface.border_strong);
            painter.rect_stroke(inner, tokens.radius.sm, outline, StrokeKind::Inside);
        }
        painter.galley(rect.center() - galley.size() / 2.0, galley, ink);
        focus_ring(ui, &response, rect, tokens);
    }
    response
}

/// One tab of a [`tab_strip`].
#[derive(Debug, Clone, Copy)]
pub struct Tab<'a, T> {
    /// What is shown when it is chosen.
    pub value: T,
    /// Its title.
    pub title: &'a str,
    /// Before the title.
    pub icon: Option<Icon>,
    /// How many there are inside; shown after the title if not zero.
    pub count: usize,
    /// Whether there is always room for a number, so that nothing moves when it comes and goes.
    pub keeps_room: bool,
    /// Whether the icon stands for the title, which is said when it is pointed at.
    pub is_compact: bool,
}

impl<'a, T> Tab<'a, T> {
    /// A tab with a title alone.
    pub fn new(value: T, title: &'a str) -> Self {
        Self { value, title, icon: None, count: 0, keeps_room: false, is_compact: false }
    }

    /// Shows an icon before the title.
    pub fn icon(mut self, icon: Icon) -> Self {
        self.icon = Some(icon);
        self
    }

    /// Shows how many there are inside.
    pub fn count(mut self, count: usize) -> Self {
        self.count = count;
        self
    }

    /// Keeps room for how many there are inside while there is nothing.
    pub fn keeps_room(mut self, keeps_room: bool) -> Self {
        self.keeps_room = keeps_room;
        self
    }

    /// Lets the icon stand for the title.
    pub fn compact(mut self, is_compact: bool) -> Self {
        self.is_compact = is_compact && self.icon.is_some();
        self
    }

    /// How wide it is.
    pub fn width(&self, ui: &Ui) -> f32 {
        TabFace::of(ui, Tokens::of(ui), self, false).size.x
    }
}

/// Tabs along the top of an area, the chosen one underlined, with a line below them all. Returns whether the choice changed.
pub fn tab_strip<T: PartialEq + Copy>(ui: &mut Ui, chosen: &mut T, tabs: &[Tab<'_, T>]) -> bool {
    let tokens = Tokens::of(ui);
    let before = *chosen;
    let strip = ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = tokens.spacing.xs / 2.0;
        let under = ui.painter().add(Shape::Noop);
        for tab in tabs {
            if show_tab(ui, tokens, tab, tab.value == before).clicked() {
                *chosen = tab.value;
            }
        }
        under
    });
    let line = Stroke::new(tokens.size.stroke, tokens.colors.surface.border);
    let across = Rangef::new(strip.response.rect.left(), ui.max_rect().right());
    ui.painter().set(strip.inner, Shape::hline(across, strip.response.rect.bottom() - 0.5, line));
    *chosen != before
}

/// One tab that stands in a bar of tabs of its own making and can be dragged elsewhere, under the id by which it is dragged.
pub fn movable_tab<T>(ui: &mut Ui, id: Id, tab: &Tab<'_, T>, is_chosen: bool) -> Response {
    let tokens = Tokens::of(ui);
    let face = TabFace::of(ui, tokens, tab, is_chosen);
    let (_, rect) = ui.allocate_space(Vec2::new(face.size.x, face.size.y.min(ui.available_height())));
    let response = ui.interact(rect, id, Sense::click_and_drag());
    face.paint(ui, &response, tokens);
    if tab.is_compact { response.on_hover_text(tab.title) } else { response }
}

fn show_tab<T>(ui: &mut Ui, tokens: &Tokens, tab: &Tab<'_, T>, is_chosen: bool) -> Response {
    let face = TabFace::of(ui, tokens, tab, is_chosen);
    let (_, response) = ui.allocate_exact_size(face.size, Sense::click());
    face.paint(ui, &response, tokens);
    response
}

/// A tab as it looks, before it has a place.
struct TabFace<'a> {
    title: &'a str,
    icon: Option<Icon>,
    is_chosen: bool,
    text: Arc<Galley>,
    count: Option<Arc<Galley>>,
    icon_width: f32,
    count_width: f32,
    size: Vec2,
}

impl<'a> TabFace<'a> {
    fn of<T>(ui: &Ui, tokens: &Tokens, tab: &Tab<'a, T>, is_chosen: bool) -> TabFace<'a> {
        let (padding, gap) = (TabFace::padding(tokens), tokens.spacing.xs);
        let body = tokens.type_scale.body;
        let font = if is_chosen { fonts::semibold(body) } else { egui::FontId::proportional(body) };
        let title = if tab.is_compact { "" } else { tab.title };
        let text = ui.painter().layout_no_wrap(title.to_owned(), font, Color32::PLACEHOLDER);
        let count = (tab.count > 0).then(|| {
            let font = fonts::semibold(tokens.type_scale.small);
            ui.painter().layout_no_wrap(tab.count.to_string(), font, tokens.colors.text.normal)
        });
        // The width of a tab does not depend on whether it is chosen: the strip would jump.
        let widest = ui
            .painter()
            .layout_no_wrap(title.to_owned(), fonts::semibold(body), Color32::PLACEHOLDER)
            .size()
            .x;
        let icon_width = tab.icon.map_or(0.0, |_| tokens.size.icon + gap);
        // Two digits are as wide as the number gets for most.
        let n_wide = |count: &Arc<Galley>| count.size().x.max(body * 1.25) + 3.0 * gap;
        let least = if tab.keeps_room { body * 1.25 + 3.0 * gap } else { 0.0 };
        let count_width = count.as_ref().map_or(least, n_wide);
        let height = tokens.size.control + tokens.spacing.xs;
        let size = Vec2::new(2.0 * padding + icon_width + widest + count_width, height);
        TabFace { title: tab.title, icon: tab.icon, is_chosen, text, count, icon_width, count_width, size }
    }

    fn padding(tokens: &Tokens) -> f32 {
        tokens.spacing.lg - 2.0
    }

    fn paint(self, ui: &Ui, response: &Response, tokens: &Tokens) {
        let TabFace { title, icon, is_chosen, text, count, icon_width, count_width, .. } = self;
        let (colors, padding, rect) = (&tokens.colors, TabFace::padding(tokens), response.rect);
        response.widget_info(|| WidgetInfo::selected(Role::Tab, ui.is_enabled(), is_chosen, title));
        if !ui.is_rect_visible(rect) {
            return;
        }
        let painter = ui.painter();
        let ink = if is_chosen || response.hovered() { colors.text.strong } else { colors.text.dim };
        if response.hovered() && !is_chosen {
            painter.rect_filled(rect.shrink2(Vec2::new(0.0, 2.0)), tokens.radius.md, colors.surface.hover);
        }
        let mut x = rect.left() + padding;
        if let Some(icon) = icon {
            let center = egui::pos2(x + tokens.size.icon / 2.0, rect.center().y);
            let place = Rect::from_center_size(center, Vec2::splat(tokens.size.icon));
            icon.paint(painter, place, if is_chosen { colors.accent.text } else { ink });
            x += icon_width;
        }
        let middle = |height: f32| rect.center().y - height / 2.0;
        painter.galley(egui::pos2(x, middle(text.size().y)), text, ink);
        if let Some(count) = count {
            let width = count_width - tokens.spacing.xs;
            let place = Rect::from_min_size(
                egui::pos2(rect.right() - padding - width, middle(tokens.size.icon)),
                Vec2::new(width, tokens.size.icon),
            );
            painter.rect_filled(
                place,
                CornerRadius::same(tokens.size.icon as u8 / 2),
                colors.surface.pressed,
            );
            let at = Align2::CENTER_CENTER.anchor_size(place.center(), count.size());
            painter.galley(at.min, count, colors.text.normal);
        }
        if is_chosen {
            let line = Stroke::new(2.0, colors.accent.line);
            painter.hline(rect.left() + padding..=rect.right() - padding, rect.bottom() - 1.0, line);
        }
        focus_ring(ui, response, rect, tokens);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use egui_kittest::kittest::Queryable as _;

    use super::*;
    use crate::ui_kit::test_harness;

    #[test]
    fn a_click_chooses_another_segment_or_tab() {
        let (segment, tab) = (Cell::new(0), Cell::new('a'));
        let mut harness = test_harness(|ui| {
            let mut chosen = segment.get();
            if segmented(ui, &mut chosen, &[(0, "Rate"), (1, "Busy")]) {
                segment.set(chosen);
            }
            let mut chosen = tab.get();
            if tab_strip(ui, &mut chosen, &[Tab::new('a', "Data"), Tab::new('b', "Problems").count(2)]) {
                tab.set(chosen);
            }
        });
        for name in ["Busy", "Problems"] {
            assert!(harness.get_by_label(name).rect().height() >= 24.0);
            harness.get_by_label(name).click();
            harness.run();
        }
        assert_eq!((segment.get(), tab.get()), (1, 'b'));
    }
}
