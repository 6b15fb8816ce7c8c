//! Small pictures of numbers: load bars, meters and sparklines. Each can also be painted without a `Ui`.

use egui::{
    Color32, CornerRadius, Mesh, Painter, Rect, Response, Role, Sense, Shape, Stroke, Ui, Vec2, WidgetInfo,
    pos2,
};

use crate::ui_kit::{Tokens, format::percent, t};

/// How a task spends its time, in parts of one. What is missing to one is idle.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LoadShare {
    /// Working.
    pub busy: f32,
    /// Waiting for its output to make room.
    pub blocked: f32,
}

impl LoadShare {
    /// Waiting for input.
    pub fn idle(self) -> f32 {
        let Self { busy, blocked } = self.normal();
        1.0 - busy - blocked
    }

    /// All three parts in words.
    pub fn description(self) -> String {
        let Self { busy, blocked } = self.normal();
        let part = |name: &str, part: f32| format!("{name} {}", percent(f64::from(part)));
        [
            part(t("metric.busy"), busy),
            part(t("metric.idle"), self.idle()),
            part(t("metric.blocked"), blocked),
        ]
        .join(" · ")
    }

    /// Measured parts do not quite add up, and are not numbers before the first measurement.
    fn normal(self) -> Self {
        let part = |part: f32| if part.is_nan() { 0.0 } else { part.clamp(0.0, 1.0) };
        let (busy, blocked) = (part(self.busy), part(self.blocked));
        let sum = (busy + blocked).max(1.0);
        Self { busy: busy / sum, blocked: blocked / sum }
    }
}

/// The three parts of a load as a bar of this size, with the numbers on hover.
pub fn load_bar(ui: &mut Ui, size: Vec2, share: LoadShare) -> Response {
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let description = share.description();
    response.widget_info(|| WidgetInfo::labeled(Role::Meter, true, &description));
    if ui.is_rect_visible(rect) {
        paint_load_bar(ui.painter(), rect, Tokens::of(ui), share);
    }
    response.on_hover_text(description)
}

/// Paints a load bar: busy from the left, blocked hatched from the right, idle between them.
pub fn paint_load_bar(painter: &Painter, rect: Rect, tokens: &Tokens, share: LoadShare) {
    let (load, LoadShare { busy, blocked }) = (&tokens.colors.load, share.normal());
    let radius = (rect.height() / 2.0).min(f32::from(tokens.radius.sm)) as u8;
    let round = CornerRadius::same(radius);
    painter.rect_filled(rect, round, load.idle);
    // Cutting the whole rounded bar keeps its ends round however small a part is.
    let part = |from: f32, to: f32, color: Color32| {
        let x = |at: f32| rect.left() + rect.width() * at;
        let clip = Rect::from_x_y_ranges(x(from)..=x(to), rect.y_range());
        let painter = painter.with_clip_rect(painter.clip_rect().intersect(clip));
        painter.rect_filled(rect, round, color);
        painter
    };
    if busy > 0.0 {
        part(0.0, busy, load.busy);
    }
    if blocked > 0.0 {
        hatch(&part(1.0 - blocked, 1.0, load.blocked), rect, tokens.colors.surface.raised);
    }
}

/// How full something is, from the left, in its heat colour.
pub fn meter(ui: &mut Ui, size: Vec2, name: &str, part: f32) -> Response {
    let tokens = Tokens::of(ui);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let description = format!("{name} {}", percent(f64::from(part)));
    response.widget_info(|| WidgetInfo::labeled(Role::Meter, true, &description));
    if ui.is_rect_visible(rect) {
        let part = if part.is_nan() { 0.0 } else { part.clamp(0.0, 1.0) };
        let filled = Rect::from_min_size(rect.min, Vec2::new(rect.width() * part, rect.height()));
        ui.painter().rect_filled(rect, tokens.radius.sm, tokens.colors.load.idle);
        ui.painter().with_clip_rect(filled.intersect(ui.clip_rect())).rect_filled(
            rect,
            tokens.radius.sm,
            tokens.colors.heat(part),
        );
    }
    response.on_hover_text(description)
}

/// The recent course of a number as a line of this size. `name` is what a screen reader says.
pub fn sparkline(ui: &mut Ui, size: Vec2, name: &str, values: &[f32], color: Color32) -> Response {
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::GraphicsObject, true, name));
    if ui.is_rect_visible(rect) {
        paint_sparkline(ui.painter(), rect, values, color);
    }
    response
}

/// Paints a sparkline: oldest value left, zero at the bottom, the largest value at the top.
///
/// Values that are not finite or below zero are drawn as zero. Fewer than two values leave a line at the bottom.
/// Give at most one value per point of width: every value is drawn.
pub fn paint_sparkline(painter: &Painter, rect: Rect, values: &[f32], color: Color32) {
    let line = Stroke::new(1.5, color);
    let rect = rect.shrink2(Vec2::new(0.0, 1.0));
    if values.len() < 2 {
        painter.hline(rect.x_range(), rect.bottom(), Stroke::new(1.0, color.gamma_multiply(0.4)));
        return;
    }
    let value = |value: f32| if value.is_finite() { value.max(0.0) } else { 0.0 };
    let top = values.iter().copied().map(value).fold(f32::MIN_POSITIVE, f32::max);
    let step = rect.width() / (values.len() - 1) as f32;
    let points: Vec<_> = values
        .iter()
        .enumerate()
        .map(|(idx, v)| {
            pos2(rect.left() + step * idx as f32, rect.bottom() - rect.height() * value(*v) / top)
        })
        .collect();

    let (above, below) = (color.gamma_multiply(0.28), color.gamma_multiply(0.02));
    let mut area = Mesh::default();
    for (idx, point) in points.iter().enumerate() {
        area.colored_vertex(*point, above);
        area.colored_vertex(pos2(point.x, rect.bottom()), below);
        if let Some(start) = (idx as u32 * 2).checked_sub(2) {
            area.add_triangle(start, start + 1, start + 2);
            area.add_triangle(start + 1, start + 2, start + 3);
        }
    }
    painter.add(Shape::mesh(area));
    painter.add(Shape::line(points, line));
}

/// Thin slanted lines over `rect`, so that a part is told from its neighbour without its colour.
fn hatch(painter: &Painter, rect: Rect, color: Color32) {
    let stroke = Stroke::new(1.0, color.gamma_multiply(0.55));
    let clip = painter.clip_rect();
    let mut x = clip.left() - rect.height();
    while x < clip.right() {
        painter.line_segment([pos2(x, rect.bottom()), pos2(x + rect.height(), rect.top())], stroke);
        x += 4.0;
    }
}

#[cfg(test)]
mod tests {
    use egui_kittest::kittest::Queryable as _;

    use super::*;
    use crate::ui_kit::test_harness;

    #[test]
    fn parts_that_do_not_add_up_are_brought_into_range() {
        let over = LoadShare { busy: 0.9, blocked: 0.6 };
        assert!(over.idle().abs() < 1e-6);
        let unknown = LoadShare { busy: f32::NAN, blocked: 0.25 };
        assert!((unknown.idle() - 0.75).abs() < 1e-6);
        assert_eq!(LoadShare::default().idle(), 1.0);
    }

    #[test]
    fn pictures_of_no_numbers_and_bad_numbers_are_drawn() {
        let harness = test_harness(|ui| {
            let size = Vec2::new(80.0, 20.0);
            for values in [&[] as &[f32], &[1.0], &[0.0, 0.0], &[f32::NAN, f32::INFINITY, -1.0, 4.0]] {
                sparkline(ui, size, "course", values, Color32::WHITE);
            }
            meter(ui, size, "Queue", f32::NAN);
            load_bar(ui, size, LoadShare { busy: 0.5, blocked: 0.25 });
        });
        assert_eq!(harness.get_all_by_label("course").count(), 4);
        harness.get_by_label_contains("Busy");
    }
}
