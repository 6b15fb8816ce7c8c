//! Wires: line, arrow, moving dashes, queue level and label.

use egui::{Color32, Mesh, Pos2, Rect, Shape, Stroke, Vec2, pos2, vec2};

use super::pen::Line;
use super::{LabelRoom, Pen, mix};
use crate::WireFace;
use crate::curve::Curve;

/// How the pointer stands to a wire.
#[derive(Clone, Copy, Default)]
pub(crate) struct WireLook {
    pub selected: bool,
    pub hovered: bool,
    /// A node would take its place if it were let go now.
    pub target: bool,
}

/// Width on screen of a wire at a zoom.
fn width_on_screen(face: &WireFace, zoom: f32) -> f32 {
    (face.width * zoom.max(0.6)).clamp(1.0, 12.0)
}

/// Draws one wire along straight pieces from output to input, all in screen points.
pub(crate) fn paint_wire(pen: &mut Pen<'_>, line: &[Pos2], face: &WireFace, look: WireLook, full: bool) {
    let style = pen.style;
    let (Some(first), Some(last)) = (line.first(), line.last()) else { return };
    let width = width_on_screen(face, pen.zoom);
    let mut color = if look.selected { style.selection } else { face.color };
    if face.dimmed || look.target {
        color = mix(color, style.background, 0.6);
    }
    if look.selected || look.hovered || face.highlighted {
        let glow = color.gamma_multiply(if look.hovered { 0.3 } else { 0.22 });
        pen.add(Shape::line(line.to_vec(), Stroke::new(width + 8.0, glow)));
    }
    if face.ghost {
        for dash in Shape::dashed_line(line, Stroke::new(width, color), 7.0, 5.0) {
            pen.add(dash);
        }
    } else {
        // A rim in the canvas colour keeps crossing wires apart.
        pen.add(Shape::line(line.to_vec(), Stroke::new(width + 3.0, style.background)));
        pen.add(Shape::line(line.to_vec(), Stroke::new(width, color)));
    }
    if let Some(phase) = face.flow
        && !face.ghost
        && !look.target
    {
        let bright = mix(color, style.flow, 0.75);
        dashes(pen, line, phase * pen.zoom, (width * 0.6).max(1.5), bright);
    }
    let port = if full { (style.port_radius * pen.zoom).max(4.0) } else { 2.5 };
    arrow(pen, *first, *last - vec2(port + 1.0, 0.0), width, color);
    if let Some(fill) = face.fill
        && full
    {
        gauge(pen, gauge_rect(*last, pen.zoom), fill.level, fill.color, color);
    }
}

/// Where the level of a wire that ends at `end` is shown, in front of the arrow.
pub(crate) fn gauge_rect(end: Pos2, zoom: f32) -> Rect {
    let size = vec2(28.0, 7.0) * zoom;
    Rect::from_center_size(end - vec2(34.0 * zoom, 0.0), size)
}

/// Draws many wires as straight lines in one mesh, for zooms where their shape cannot be seen.
pub(crate) fn wires_as_lines<'a>(
    pen: &mut Pen<'_>,
    wires: impl Iterator<Item = (Pos2, Pos2, &'a WireFace, WireLook)>,
) {
    let mut mesh = Mesh::default();
    for (from, to, face, look) in wires {
        let strong = look.selected || look.hovered || face.highlighted;
        let color = if look.selected { pen.style.selection } else { face.color };
        let color = if strong { color } else { mix(color, pen.style.background, 0.35) };
        let across = (to - from).normalized().rot90() * if strong { 1.5 } else { 0.6 };
        let first = mesh.vertices.len() as u32;
        for corner in [from + across, from - across, to + across, to - across] {
            mesh.colored_vertex(corner, color);
        }
        mesh.add_triangle(first, first + 1, first + 2);
        mesh.add_triangle(first + 1, first + 2, first + 3);
    }
    pen.add(Shape::mesh(mesh));
}

/// Draws a wire's label and note where the curve is free of nodes and other labels. `emphasis` shows it
/// even where there is no room.
pub(crate) fn paint_label(
    pen: &mut Pen<'_>,
    curve: &Curve,
    face: &WireFace,
    room: &mut LabelRoom,
    emphasis: bool,
) {
    let style = pen.style;
    let quiet = style.text_secondary;
    let loud = if face.dimmed { quiet } else { mix(quiet, style.text, 0.6) };
    let written = [(&face.label, loud, 1.0), (&face.note, quiet, 2.0)];
    let lines = written.into_iter().filter(|(text, ..)| !text.is_empty()).map(|(text, color, smaller)| {
        let line = Line {
            text,
            family: &style.text_family,
            size: (style.text_size - smaller) * pen.zoom,
            color,
            max_width: 150.0 * pen.zoom,
        };
        (pen.lay_out(&line), color)
    });
    let lines: Vec<_> = lines.collect();
    let Some((first, _)) = lines.first() else { return };
    let radius = first.size().y / 2.0 + 2.0 * pen.zoom;
    let text = lines
        .iter()
        .fold(Vec2::ZERO, |room, (galley, _)| vec2(room.x.max(galley.size().x), room.y + galley.size().y));
    let size = text + vec2(12.0, 4.0) * pen.zoom;
    let Some(center) = room.place(curve, size, emphasis) else { return };
    let pill = Rect::from_center_size(center, size);
    pen.add(Shape::rect_filled(
        pill.expand(1.0),
        radius + 1.0,
        mix(style.label_background, face.color, 0.45),
    ));
    pen.add(Shape::rect_filled(pill, radius, style.label_background));
    let mut top = center.y - text.y / 2.0;
    for (galley, color) in lines {
        let size = galley.size();
        pen.add(Shape::galley(pos2(center.x - size.x / 2.0, top), galley, color));
        top += size.y;
    }
}

/// Pieces of 7 points, 17 apart, moved along the line by `phase` points. One mesh with soft edges:
/// there are many of them, and each as a line of its own would cost four times as much.
fn dashes(pen: &mut Pen<'_>, line: &[Pos2], phase: f32, width: f32, color: Color32) {
    const LENGTH: f32 = 7.0;
    const PERIOD: f32 = 17.0;
    let mut mesh = Mesh::default();
    let mut start_of_piece = 0.0;
    for (a, b) in line.iter().zip(line.iter().skip(1)) {
        let length = (*b - *a).length();
        if length < 0.01 {
            continue;
        }
        let along = (*b - *a) / length;
        let end_of_piece = start_of_piece + length;
        let mut dash =
            phase.rem_euclid(PERIOD) + ((start_of_piece - LENGTH - PERIOD) / PERIOD).floor() * PERIOD;
        while dash < end_of_piece {
            let from = dash.max(start_of_piece) - start_of_piece;
            let to = (dash + LENGTH).min(end_of_piece) - start_of_piece;
            if to - from > 0.3 {
                soft_stroke(&mut mesh, *a + along * from, *a + along * to, width, color);
            }
            dash += PERIOD;
        }
        start_of_piece = end_of_piece;
    }
    pen.add(Shape::mesh(mesh));
}

/// A straight stroke that is opaque in the middle and fades to its long edges.
fn soft_stroke(mesh: &mut Mesh, from: Pos2, to: Pos2, width: f32, color: Color32) {
    let across = (to - from).normalized().rot90() * (width / 2.0 + 0.5);
    let first = mesh.vertices.len() as u32;
    for end in [from, to] {
        mesh.colored_vertex(end + across, Color32::TRANSPARENT);
        mesh.colored_vertex(end, color);
        mesh.colored_vertex(end - across, Color32::TRANSPARENT);
    }
    for side in [first, first + 1] {
        mesh.add_triangle(side, side + 1, side + 3);
        mesh.add_triangle(side + 1, side + 3, side + 4);
    }
}

fn arrow(pen: &mut Pen<'_>, from: Pos2, tip: Pos2, width: f32, color: Color32) {
    if (tip.x - from.x).abs() < 12.0 && (tip.y - from.y).abs() < 12.0 {
        return;
    }
    let length = (8.0 * pen.zoom).max(4.0) + width;
    let half = (3.5 * pen.zoom).max(2.0) + width * 0.6;
    let points = vec![tip, tip + vec2(-length, -half), tip + vec2(-length, half)];
    pen.add(Shape::convex_polygon(points, color, Stroke::NONE));
}

fn gauge(pen: &mut Pen<'_>, rect: Rect, level: f32, color: Color32, edge: Color32) {
    let radius = rect.height() / 2.0;
    let background = pen.style.background;
    pen.add(Shape::rect_filled(rect.expand(2.0), radius + 2.0, background));
    pen.add(Shape::rect_filled(rect.expand(1.0), radius + 1.0, mix(edge, background, 0.35)));
    pen.add(Shape::rect_filled(rect, radius, background));
    let level = level.clamp(0.0, 1.0);
    if level > 0.0 {
        let width = (rect.width() * level).max(rect.height().min(rect.width()));
        let filled =
            Rect::from_min_size(pos2(rect.max.x - width, rect.min.y), Vec2::new(width, rect.height()));
        pen.add(Shape::rect_filled(filled, radius, color));
    }
}
