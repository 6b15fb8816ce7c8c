//! Ports on the edges of a tile.

use egui::{Align2, Pos2, Shape, Stroke, vec2};

use super::marks::mark;
use super::pen::Line;
use super::{Pen, mix};
use crate::{Detail, PortFace, Side};

/// How a port stands to the pointer and to the wire in hand.
#[derive(Clone, Copy, Default)]
pub(crate) struct PortLook {
    pub hovered: bool,
    /// While a wire is in hand: whether it may end here.
    pub accepts: Option<bool>,
    pub named: bool,
}

/// Draws the ports of one side of one node, with their screen positions.
pub(crate) fn paint_ports<'a>(
    pen: &mut Pen<'_>,
    side: Side,
    detail: Detail,
    ports: impl Iterator<Item = (Pos2, &'a PortFace, PortLook)>,
) {
    let style = pen.style;
    let radius = match detail {
        Detail::Full => (style.port_radius * pen.zoom).max(4.0),
        _ => 2.5,
    };
    for (at, face, look) in ports {
        let refused = look.accepts == Some(false);
        let color = if refused { mix(face.color, style.background, 0.65) } else { face.color };
        if look.accepts == Some(true) {
            pen.add(Shape::circle_filled(at, radius + 6.0, style.accept.gamma_multiply(0.25)));
            pen.add(Shape::circle_stroke(at, radius + 4.0, Stroke::new(1.5, style.accept)));
        }
        let radius = if look.hovered && !refused { radius * 1.25 } else { radius };
        pen.add(Shape::circle_filled(at, radius + 1.8, style.background));
        mark(pen, face.mark, at, radius, color, style.background);
        if look.named && detail == Detail::Full && !face.name.is_empty() {
            let gap = radius + 6.0;
            let (at, align) = match side {
                Side::Input => (at + vec2(-gap, -5.0 * pen.zoom), Align2::RIGHT_BOTTOM),
                Side::Output => (at + vec2(gap, -3.0 * pen.zoom), Align2::LEFT_BOTTOM),
            };
            let line = Line {
                text: &face.name,
                family: &style.text_family,
                size: (style.text_size - 1.0) * pen.zoom,
                color: style.text_secondary,
                max_width: 120.0 * pen.zoom,
            };
            pen.text(at, align, &line);
        }
    }
}
