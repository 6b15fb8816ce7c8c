//! The canvas behind everything: one colour and a grid of dots.

use egui::{Mesh, Rect, Shape, Vec2, pos2};

use super::Pen;
use crate::Transform;

/// Fills the canvas and draws dots every 32, 64, … graph points, whatever lies 22 to 44 points apart.
pub(crate) fn background(pen: &mut Pen<'_>, transform: &Transform) {
    let style = pen.style;
    pen.add(Shape::rect_filled(transform.panel, 0.0, style.background));
    let mut step = 32.0;
    while step * transform.zoom < 22.0 {
        step *= 2.0;
    }
    while step * transform.zoom > 44.0 {
        step *= 0.5;
    }
    let visible = transform.visible_graph_rect();
    let first = pos2((visible.min.x / step).floor() * step, (visible.min.y / step).floor() * step);
    let n_columns = ((visible.max.x - first.x) / step) as usize + 1;
    let n_rows = ((visible.max.y - first.y) / step) as usize + 1;
    let mut mesh = Mesh::default();
    mesh.reserve_triangles(2 * n_columns * n_rows);
    mesh.reserve_vertices(4 * n_columns * n_rows);
    for row in 0..n_rows {
        for column in 0..n_columns {
            let at = first + Vec2::new(column as f32, row as f32) * step;
            let dot = Rect::from_center_size(transform.screen_from_graph(at).round(), Vec2::splat(1.5));
            mesh.add_colored_rect(dot, style.grid_dot);
        }
    }
    pen.add(Shape::mesh(mesh));
}
