//! Frames and notes, at the three levels of detail.

use egui::epaint::RectShape;
use egui::{Align2, CornerRadius, Rect, Shape, Stroke, StrokeKind, pos2, vec2};

use super::marks::outline;
use super::pen::Line;
use super::{Pen, mix};
use crate::backdrop::holds;
use crate::{BackdropFace, BackdropKind, Detail};

/// The smallest size of a title on screen, in points.
const LEAST_TITLE: f32 = 11.0;
/// From the edge of a note to its text at zoom 1.
const PADDING: f32 = 10.0;

/// How the pointer and the keyboard stand to a backdrop.
#[derive(Clone, Copy, Default)]
pub(crate) struct BackdropLook {
    pub selected: bool,
    pub hovered: bool,
    pub focused: bool,
}

/// Draws one frame or note. `rect` is on screen.
pub(crate) fn paint_backdrop(
    pen: &mut Pen<'_>,
    rect: Rect,
    face: &BackdropFace,
    look: BackdropLook,
    detail: Detail,
) {
    let style = pen.style;
    let radius = (style.corner_radius * pen.zoom).max(2.0);
    let (fill, edge) = match face.kind {
        BackdropKind::Frame => (face.accent.gamma_multiply(0.08), face.accent.gamma_multiply(0.55)),
        BackdropKind::Note => (mix(style.tile, face.accent, 0.16), mix(style.tile_border, face.accent, 0.45)),
    };
    let edge = if look.hovered { mix(edge, style.text, 0.35) } else { edge };
    pen.add(RectShape::new(rect, radius, fill, Stroke::new(1.0, edge), StrokeKind::Inside));
    match face.kind {
        BackdropKind::Frame => title(pen, rect, face, radius),
        BackdropKind::Note if detail != Detail::Block => text(pen, rect, face, detail),
        BackdropKind::Note => {}
    }
    if look.selected {
        pen.add(outline(rect.expand(1.0), radius + 1.0, Stroke::new(2.0, style.selection)));
    }
    if look.focused {
        pen.add(outline(rect.expand(4.5), radius + 4.5, Stroke::new(1.5, style.focus)));
    }
}

fn title(pen: &mut Pen<'_>, rect: Rect, face: &BackdropFace, radius: f32) {
    let style = pen.style;
    let bar = holds(rect, BackdropKind::Frame, pen.zoom);
    let round = radius.round() as u8;
    let corners = CornerRadius { nw: round, ne: round, sw: 0, se: 0 };
    pen.add(RectShape::filled(bar.shrink(1.0), corners, face.accent.gamma_multiply(0.22)));
    let margin = (PADDING * pen.zoom).max(4.0);
    let size = (style.title_size * pen.zoom).max(LEAST_TITLE);
    let line = Line {
        text: &face.text,
        family: &style.title_family,
        size,
        color: style.text,
        max_width: bar.width() - 2.0 * margin,
    };
    pen.text(pos2(bar.min.x + margin, bar.center().y), Align2::LEFT_CENTER, &line);
}

fn text(pen: &mut Pen<'_>, rect: Rect, face: &BackdropFace, detail: Detail) {
    let style = pen.style;
    let margin = (PADDING * pen.zoom).max(4.0);
    let room = rect.shrink(margin);
    let size = (style.text_size * pen.zoom).max(if detail == Detail::Title { LEAST_TITLE } else { 0.0 });
    let line = Line {
        text: &face.text,
        family: &style.text_family,
        size,
        color: style.text,
        max_width: room.width(),
    };
    let stripe = Rect::from_min_size(rect.min, vec2((3.0 * pen.zoom).max(2.0), rect.height()));
    pen.add(Shape::rect_filled(stripe, 1.0, face.accent));
    pen.paragraphs(room, &line);
}
