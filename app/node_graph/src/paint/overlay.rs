//! What a drag draws over everything: the selection rectangle, the wire in hand, the cut.

use egui::{Pos2, Rect, Shape, Stroke, StrokeKind, vec2};

use super::Pen;
use super::marks::dashed_rect;
use crate::Side;
use crate::curve::Curve;

/// The rectangle of a box selection, on screen.
pub(crate) fn selection_rect(pen: &mut Pen<'_>, rect: Rect) {
    let color = pen.style.selection;
    let fill = color.gamma_multiply(0.12);
    let edge = Stroke::new(1.0, color);
    pen.add(egui::epaint::RectShape::new(rect, 2.0, fill, edge, StrokeKind::Inside));
}

/// The line along which wires are cut.
pub(crate) fn cut_line(pen: &mut Pen<'_>, from: Pos2, to: Pos2) {
    let stroke = Stroke::new(2.0, pen.style.error);
    for dash in Shape::dashed_line(&[from, to], stroke, 6.0, 4.0) {
        pen.add(dash);
    }
}

/// A thin line through nodes that line up, reaching a little beyond them.
pub(crate) fn guide_line(pen: &mut Pen<'_>, [from, to]: [Pos2; 2]) {
    let beyond = (to - from).normalized() * 8.0;
    let stroke = Stroke::new(1.0, pen.style.selection.gamma_multiply(0.8));
    pen.add(Shape::line_segment([from - beyond, to + beyond], stroke));
}

/// Where a node will stand that makes room.
pub(crate) fn ghost_tile(pen: &mut Pen<'_>, rect: Rect) {
    dashed_rect(pen, rect, Stroke::new(1.5, pen.style.accept));
}

/// A wire that will be there when the node in hand is let go.
pub(crate) fn ghost_wire(pen: &mut Pen<'_>, from: Pos2, to: Pos2) {
    let mut line = Vec::new();
    Curve::between(from, to, pen.zoom).flatten_into(&mut line);
    for dash in Shape::dashed_line(&line, Stroke::new(2.0, pen.style.accept), 6.0, 4.0) {
        pen.add(dash);
    }
}

/// The ring around the port that the keyboard is on.
pub(crate) fn focused_port(pen: &mut Pen<'_>, at: Pos2) {
    let radius = (pen.style.port_radius * pen.zoom).max(4.0) + 5.0;
    pen.add(Shape::circle_stroke(at, radius, Stroke::new(2.0, pen.style.focus)));
}

/// Where a wire from a port on `side` ends while it leads nowhere.
pub(crate) fn stub_end(port: Pos2, side: Side, zoom: f32) -> Pos2 {
    let outward = match side {
        Side::Output => 24.0,
        Side::Input => -24.0,
    };
    port + vec2(outward * zoom, 0.0)
}

/// The wire being drawn from a port on `side` to the pointer, or to the port it would end at.
pub(crate) fn wire_in_hand(pen: &mut Pen<'_>, port: Pos2, side: Side, pointer: Pos2, refused: bool) {
    let (from, to) = match side {
        Side::Output => (port, pointer),
        Side::Input => (pointer, port),
    };
    let mut line = Vec::new();
    Curve::between(from, to, pen.zoom).flatten_into(&mut line);
    let color = if refused { pen.style.error } else { pen.style.selection };
    pen.add(Shape::line(line.clone(), Stroke::new(7.0, color.gamma_multiply(0.2))));
    pen.add(Shape::line(line, Stroke::new(2.5, color)));
    pen.add(Shape::circle_filled(pointer, 4.0, color));
}
