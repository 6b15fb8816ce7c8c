//! Tiles, at the three levels of detail.

use egui::{Align2, Color32, CornerRadius, Mesh, Rect, Shape, Stroke, StrokeKind, Vec2, pos2, vec2};

use super::marks::{dashed_rect, mark, outline};
use super::pen::Line;
use super::{Pen, mix};
use crate::{Badge, Detail, Load, Mark, NodeFace};

/// How the pointer and the keyboard stand to a node.
#[derive(Clone, Copy, Default)]
pub(crate) struct NodeLook {
    pub selected: bool,
    pub hovered: bool,
    pub focused: bool,
}

/// Draws one tile as its level of detail asks for. `rect` is on screen.
pub(crate) fn paint_node(pen: &mut Pen<'_>, rect: Rect, face: &NodeFace, look: NodeLook, detail: Detail) {
    match detail {
        Detail::Block => block(pen, rect, face, look),
        Detail::Title => {
            tile(pen, rect, face, look, 3.0);
            title_only(pen, rect, face);
        }
        Detail::Full => {
            tile(pen, rect, face, look, (4.0 * pen.zoom).max(3.0));
            contents(pen, rect, face);
        }
    }
    if let Some(badge) = &face.badge {
        match detail {
            Detail::Full => pill(pen, rect, badge),
            Detail::Title => disc(pen, rect.right_top() - vec2(3.0, -3.0), 8.0, badge),
            Detail::Block => disc(pen, rect.center(), (rect.height() * 0.55).clamp(6.0, 11.0), badge),
        }
    }
}

/// Draws many nodes as plain rectangles in one mesh: what remains of them when thousands are on screen.
pub(crate) fn nodes_as_blocks<'a>(
    pen: &mut Pen<'_>,
    nodes: impl Iterator<Item = (Rect, &'a NodeFace, NodeLook)>,
) {
    let mut mesh = Mesh::default();
    let mut badges = Vec::new();
    for (rect, face, look) in nodes {
        if look.selected || look.focused {
            mesh.add_colored_rect(rect.expand(2.0), pen.style.selection);
        }
        mesh.add_colored_rect(rect, block_color(pen, face));
        if let Some(badge) = &face.badge {
            badges.push((rect, badge));
        }
    }
    pen.add(Shape::mesh(mesh));
    for (rect, badge) in badges {
        disc(pen, rect.center(), (rect.height() * 0.55).clamp(6.0, 11.0), badge);
    }
}

fn block(pen: &mut Pen<'_>, rect: Rect, face: &NodeFace, look: NodeLook) {
    let style = pen.style;
    let radius = (style.corner_radius * pen.zoom).max(2.0);
    if look.selected || look.focused {
        pen.add(Shape::rect_filled(rect.expand(2.0), radius + 2.0, style.selection));
    }
    let mut color = block_color(pen, face);
    if look.hovered {
        color = mix(color, style.text, 0.2);
    }
    pen.add(Shape::rect_filled(rect, radius, color));
}

fn block_color(pen: &Pen<'_>, face: &NodeFace) -> Color32 {
    let color = face.lens.unwrap_or(face.accent);
    if face.dimmed || face.ghost { mix(color, pen.style.background, 0.6) } else { color }
}

fn tile(pen: &mut Pen<'_>, rect: Rect, face: &NodeFace, look: NodeLook, stripe: f32) {
    let style = pen.style;
    let zoom = pen.zoom;
    let radius = style.corner_radius * zoom;
    if face.ghost {
        pen.add(Shape::rect_filled(rect, radius, mix(style.tile, style.background, 0.5).gamma_multiply(0.7)));
        dashed_rect(pen, rect, Stroke::new(1.5, mix(face.accent, style.tile, 0.2)));
    } else {
        let shadow = rect.translate(vec2(0.0, 3.0 * zoom)).expand(1.0 * zoom);
        let blur = 14.0 * zoom;
        pen.add(egui::epaint::RectShape::filled(shadow, radius, style.shadow).with_blur_width(blur));
        let stripe_color = if face.dimmed { mix(face.accent, style.tile, 0.6) } else { face.accent };
        pen.add(Shape::rect_filled(rect, radius, stripe_color));
        let base = if look.hovered { style.tile_hovered } else { style.tile };
        let fill = face.lens.map_or(base, |lens| mix(base, lens, 0.16));
        let edge = match face.lens {
            _ if face.error.is_some() => mix(style.tile_border, style.error, 0.75),
            Some(lens) => mix(style.tile_border, lens, 0.55),
            None => style.tile_border,
        };
        let body = Rect::from_min_max(pos2(rect.min.x + stripe, rect.min.y), rect.max);
        let round = radius.round() as u8;
        let inner = (radius * 0.45).round() as u8;
        let corners = CornerRadius { nw: inner, sw: inner, ne: round, se: round };
        let border = Stroke::new(1.0, edge);
        pen.add(egui::epaint::RectShape::new(body, corners, fill, border, StrokeKind::Inside));
    }
    if look.selected {
        pen.add(outline(rect.expand(1.0), radius + 1.0, Stroke::new(2.0, style.selection)));
        let halo = Stroke::new(3.0, style.selection.gamma_multiply(0.22));
        pen.add(outline(rect.expand(3.0), radius + 3.0, halo));
    }
    if look.focused {
        pen.add(outline(rect.expand(4.5), radius + 4.5, Stroke::new(1.5, style.focus)));
    }
}

/// A colour for something written on a tile, paler on a node that is switched off.
fn ink(pen: &Pen<'_>, face: &NodeFace, color: Color32) -> Color32 {
    if face.dimmed || face.ghost { mix(color, pen.style.tile, 0.5) } else { color }
}

fn title_only(pen: &mut Pen<'_>, rect: Rect, face: &NodeFace) {
    let style = pen.style;
    let size = (23.0 * pen.zoom).clamp(8.0, 11.0);
    let left = rect.min.x + 8.0;
    let room = rect.width() - 12.0;
    let alone = face.headline.is_empty();
    let title = Line {
        text: &face.title,
        family: &style.title_family,
        size,
        color: ink(pen, face, style.text),
        max_width: room,
    };
    let y = rect.min.y + rect.height() * if alone { 0.5 } else { 0.31 };
    pen.text(pos2(left, y), Align2::LEFT_CENTER, &title);
    let number = Line {
        text: &face.headline,
        family: &style.text_family,
        size,
        color: ink(pen, face, style.text_secondary),
        max_width: room,
    };
    pen.text(pos2(left, rect.min.y + rect.height() * 0.71), Align2::LEFT_CENTER, &number);
}

fn contents(pen: &mut Pen<'_>, rect: Rect, face: &NodeFace) {
    let style = pen.style;
    let zoom = pen.zoom;
    let at = |x: f32, y: f32| rect.min + vec2(x, y) * zoom;
    let right = rect.width() / zoom;
    let bottom = rect.height() / zoom;

    if !face.spark.is_empty() {
        let area = Rect::from_min_max(at(right - 74.0, bottom - 46.0), at(right - 12.0, bottom - 18.0));
        sparkline(pen, area, &face.spark, ink(pen, face, face.lens.unwrap_or(face.accent)));
    }

    let has_icon = !face.icon.is_empty();
    let title_x = if has_icon { 42.0 } else { 14.0 };
    if has_icon {
        let plate = Rect::from_min_size(at(12.0, 9.0), Vec2::splat(22.0 * zoom));
        let accent = ink(pen, face, face.accent);
        pen.add(Shape::rect_filled(plate, 5.0 * zoom, mix(style.tile, accent, 0.2)));
        let glyph = Line {
            text: &face.icon,
            family: &style.icon_family,
            size: 13.0 * zoom,
            color: accent,
            max_width: f32::INFINITY,
        };
        pen.text(plate.center(), Align2::CENTER_CENTER, &glyph);
    }
    let title_end = right - if face.state.is_some() { 28.0 } else { 12.0 };
    let title = Line {
        text: &face.title,
        family: &style.title_family,
        size: style.title_size * zoom,
        color: ink(pen, face, style.text),
        max_width: (title_end - title_x) * zoom,
    };
    pen.text(at(title_x, 20.0), Align2::LEFT_CENTER, &title);
    if let Some(state) = &face.state {
        let hole = style.tile;
        mark(pen, state.mark, at(right - 17.0, 20.0), 4.5 * zoom, ink(pen, face, state.color), hole);
    }

    let room = (right - 26.0) * zoom;
    let mut y = 45.0;
    let last = bottom - if face.load.is_some() { 16.0 } else { 8.0 };
    let error_room = if face.error.is_some() { 30.0 } else { 0.0 };
    for (idx, text) in face.summary.iter().enumerate() {
        if y + 5.0 > last - error_room {
            break;
        }
        let color = if idx == 0 { style.text_secondary } else { mix(style.text_secondary, style.text, 0.45) };
        let line = Line {
            text,
            family: &style.text_family,
            size: style.text_size * zoom,
            color: ink(pen, face, color),
            max_width: room,
        };
        pen.text(at(14.0, y), Align2::LEFT_CENTER, &line);
        y += 16.0;
    }
    if let Some(error) = &face.error {
        let max_rows = ((last - y) / 15.0).round().max(1.0) as usize;
        mark(pen, Mark::Warning, at(19.0, y), 4.6 * zoom, style.error, style.tile);
        let line = Line {
            text: error,
            family: &style.text_family,
            size: style.text_size * zoom,
            color: style.error,
            max_width: room - 14.0 * zoom,
        };
        pen.lines(at(28.0, y - 7.0), &line, max_rows);
    }
    if let Some(load) = face.load {
        let bar = Rect::from_min_max(at(14.0, bottom - 11.0), at(right - 12.0, bottom - 7.0));
        load_bar(pen, bar, load, face);
    }
}

fn load_bar(pen: &mut Pen<'_>, bar: Rect, load: Load, face: &NodeFace) {
    let style = pen.style;
    let radius = bar.height() / 2.0;
    pen.add(Shape::rect_filled(bar, radius, mix(style.load_idle, style.tile, 0.6)));
    let mut x = bar.min.x;
    let parts =
        [(load.busy, style.load_busy), (load.blocked, style.load_blocked), (load.idle, style.load_idle)];
    for (part, color) in parts {
        let end = (x + bar.width() * part.clamp(0.0, 1.0)).min(bar.max.x);
        if end - x >= 0.5 {
            let piece = Rect::from_min_max(pos2(x, bar.min.y), pos2(end, bar.max.y));
            // Only the ends of the whole bar are round.
            let corners = [x <= bar.min.x + 0.5, end >= bar.max.x - 0.5];
            let round = |outer: bool| if outer { radius.round() as u8 } else { 0 };
            let [w, e] = corners.map(round);
            pen.add(Shape::rect_filled(
                piece,
                CornerRadius { nw: w, sw: w, ne: e, se: e },
                ink(pen, face, color),
            ));
        }
        x = end;
    }
}

fn sparkline(pen: &mut Pen<'_>, area: Rect, values: &[f32], color: Color32) {
    let step = area.width() / (values.len().max(2) - 1) as f32;
    let point = |(idx, value): (usize, &f32)| {
        pos2(area.min.x + step * idx as f32, area.max.y - area.height() * value.clamp(0.0, 1.0))
    };
    let points: Vec<_> = values.iter().enumerate().map(point).collect();
    pen.add(Shape::line(points, Stroke::new(1.2, color.gamma_multiply(0.55))));
}

fn pill(pen: &mut Pen<'_>, rect: Rect, badge: &Badge) {
    let style = pen.style;
    let height = (18.0 * pen.zoom).max(14.0);
    let line = Line {
        text: &badge.text,
        family: &style.title_family,
        size: height * 0.6,
        color: style.text_on_color,
        max_width: f32::INFINITY,
    };
    let words = (!badge.text.is_empty()).then(|| pen.lay_out(&line));
    let text_width = words.as_ref().map_or(0.0, |galley| galley.size().x + height * 0.25);
    let size = vec2(height + text_width, height);
    let right = rect.right_top() + vec2(6.0, -height * 0.4);
    let pill = Rect::from_min_size(right - vec2(size.x, 0.0), size);
    pen.add(Shape::rect_filled(pill.expand(1.5), height, style.background));
    pen.add(Shape::rect_filled(pill, height / 2.0, badge.color));
    let center = pos2(pill.min.x + height / 2.0, pill.center().y);
    mark(pen, badge.mark, center, height * 0.26, style.text_on_color, badge.color);
    if let Some(galley) = words {
        let at = pos2(pill.min.x + height * 0.9, pill.center().y - galley.size().y / 2.0);
        pen.add(Shape::galley(at, galley, style.text_on_color));
    }
}

fn disc(pen: &mut Pen<'_>, at: egui::Pos2, radius: f32, badge: &Badge) {
    let style = pen.style;
    pen.add(Shape::circle_filled(at, radius + 1.5, style.background));
    pen.add(Shape::circle_filled(at, radius, badge.color));
    mark(pen, badge.mark, at, radius * 0.55, style.text_on_color, badge.color);
}
