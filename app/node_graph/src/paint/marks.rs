//! The small shapes of [`Mark`], drawn as shapes so that no font has to have them.

use egui::{Color32, Pos2, Rect, Shape, Stroke, StrokeKind, Vec2, vec2};

use super::Pen;
use crate::Mark;

/// Draws a mark of about this radius. `hole` is the colour of what is cut out of it.
pub(crate) fn mark(pen: &mut Pen<'_>, mark: Mark, at: Pos2, radius: f32, color: Color32, hole: Color32) {
    let r = radius;
    let thick = Stroke::new((r * 0.38).max(1.2), color);
    match mark {
        Mark::Disc => pen.add(Shape::circle_filled(at, r, color)),
        Mark::Ring => {
            pen.add(Shape::circle_filled(at, r, hole));
            pen.add(Shape::circle_stroke(at, r - thick.width / 2.0, thick));
        }
        Mark::Square => {
            pen.add(Shape::rect_filled(Rect::from_center_size(at, Vec2::splat(r * 1.75)), r * 0.3, color));
        }
        Mark::Diamond => {
            let tip = r * 1.2;
            let corners = [vec2(0.0, -tip), vec2(tip, 0.0), vec2(0.0, tip), vec2(-tip, 0.0)];
            pen.add(polygon(at, &corners, color));
        }
        Mark::Warning => {
            let corners = [vec2(0.0, -1.1 * r), vec2(1.15 * r, 0.9 * r), vec2(-1.15 * r, 0.9 * r)];
            pen.add(polygon(at, &corners, color));
            if r >= 4.5 {
                let line = Stroke::new((r * 0.26).max(1.0), hole);
                pen.add(Shape::line_segment([at - vec2(0.0, 0.4 * r), at + vec2(0.0, 0.25 * r)], line));
                pen.add(Shape::circle_filled(at + vec2(0.0, 0.6 * r), (r * 0.15).max(0.7), hole));
            }
        }
        Mark::Play => {
            let corners = [vec2(-0.75 * r, -r), vec2(1.05 * r, 0.0), vec2(-0.75 * r, r)];
            pen.add(polygon(at, &corners, color));
        }
        Mark::Pause => {
            for x in [-0.5, 0.5] {
                let bar = Rect::from_center_size(at + vec2(x * r, 0.0), vec2(0.6 * r, 1.8 * r));
                pen.add(Shape::rect_filled(bar, 0.15 * r, color));
            }
        }
        Mark::Cross => {
            let d = 0.75 * r;
            pen.add(Shape::line_segment([at - vec2(d, d), at + vec2(d, d)], thick));
            pen.add(Shape::line_segment([at + vec2(-d, d), at + vec2(d, -d)], thick));
        }
        Mark::Check => {
            let points = vec![
                at + vec2(-0.85 * r, 0.05 * r),
                at + vec2(-0.2 * r, 0.7 * r),
                at + vec2(0.9 * r, -0.65 * r),
            ];
            pen.add(Shape::line(points, thick));
        }
        Mark::Double => {
            pen.add(Shape::circle_filled(at - vec2(0.45 * r, 0.0), 0.7 * r, color));
            pen.add(Shape::circle_filled(at + vec2(0.55 * r, 0.0), 0.7 * r, hole));
            pen.add(Shape::circle_stroke(at + vec2(0.55 * r, 0.0), 0.55 * r, thick));
        }
    }
}

/// Draws a rectangle outline in dashes.
pub(super) fn dashed_rect(pen: &mut Pen<'_>, rect: Rect, stroke: Stroke) {
    let corners =
        [rect.left_top(), rect.right_top(), rect.right_bottom(), rect.left_bottom(), rect.left_top()];
    for dash in Shape::dashed_line(&corners, stroke, 6.0, 4.0) {
        pen.add(dash);
    }
}

/// A rectangle outline with rounded corners.
pub(super) fn outline(rect: Rect, radius: f32, stroke: Stroke) -> Shape {
    Shape::rect_stroke(rect, radius, stroke, StrokeKind::Outside)
}

fn polygon(at: Pos2, corners: &[Vec2], color: Color32) -> Shape {
    Shape::convex_polygon(corners.iter().map(|corner| at + *corner).collect(), color, Stroke::NONE)
}
