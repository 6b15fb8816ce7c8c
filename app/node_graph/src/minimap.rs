//! A small picture of the whole graph, to see and move the part that is on screen.

use egui::accesskit::Role;
use egui::{Color32, Mesh, Rect, Response, Sense, Shape, Stroke, StrokeKind, Ui, Vec2, WidgetInfo};

use crate::{Geometry, Graph, GraphIds, GraphStyle, GraphView, Labels};

/// Size of the minimap unless the caller says otherwise.
pub const MINIMAP_SIZE: Vec2 = Vec2::new(180.0, 110.0);

/// Draws the minimap in `rect`, which may lie over the canvas; call it after the canvas in the
/// same `ui`. Clicking or dragging in it moves the view.
///
/// Nodes take their lens colour, or their accent without one; frames and notes are faint boxes in theirs. `geometry` is that of the canvas in
/// this frame.
pub fn minimap<I: GraphIds>(
    ui: &mut Ui,
    rect: Rect,
    graph: &Graph<I>,
    view: &mut GraphView<I>,
    geometry: &Geometry<I>,
    style: &GraphStyle,
    labels: &Labels,
) -> Response {
    let id = ui.unique_id().with("minimap");
    let response = ui.interact(rect, id, Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &labels.minimap));

    let painter = ui.painter_at(rect);
    painter.rect(
        rect,
        6.0,
        style.popup.gamma_multiply(0.94),
        Stroke::new(1.0, style.tile_border),
        StrokeKind::Inside,
    );
    let on_screen = geometry.transform.visible_graph_rect();
    let whole = graph.bounds().map_or(on_screen, |bounds| bounds.union(on_screen));
    let map = Map::fitting(whole, rect.shrink(8.0));

    let mut mesh = Mesh::default();
    for (idx, backdrop) in graph.backdrops().iter().enumerate() {
        let area = map.to_screen(geometry.backdrop_area(graph, idx));
        mesh.add_colored_rect(area, backdrop.face.accent.gamma_multiply(0.22));
    }
    for node in graph.nodes() {
        let offset = geometry.offset(&node.id);
        let mut tile = map.to_screen(node.rect().translate(offset));
        tile.max = tile.max.max(tile.min + Vec2::splat(1.5));
        let selected = view.selected_nodes.contains(&node.id);
        mesh.add_colored_rect(tile, if selected { style.selection } else { color_of(&node.face, style) });
    }
    painter.add(Shape::mesh(mesh));
    for node in graph.nodes() {
        if let Some(badge) = &node.face.badge {
            painter.circle_filled(map.to_screen(node.rect()).center(), 2.5, badge.color);
        }
    }
    let window = map.to_screen(on_screen).intersect(rect.shrink(2.0));
    painter.rect(
        window,
        3.0,
        style.text.gamma_multiply(0.08),
        Stroke::new(1.0, style.text_secondary),
        StrokeKind::Inside,
    );

    if (response.clicked() || response.dragged())
        && let Some(at) = response.interact_pointer_pos()
    {
        let center = map.to_graph(at);
        view.origin = center - on_screen.size() / 2.0;
        view.flight = None;
        ui.ctx().request_repaint();
    }
    response
}

fn color_of(face: &crate::NodeFace, style: &GraphStyle) -> Color32 {
    let color = face.lens.unwrap_or(face.accent);
    if face.dimmed { color.lerp_to_gamma(style.popup, 0.6) } else { color }
}

/// A uniform scale that keeps the graph's proportions.
struct Map {
    graph_center: egui::Pos2,
    screen_center: egui::Pos2,
    scale: f32,
}

impl Map {
    fn fitting(graph: Rect, screen: Rect) -> Self {
        let size = graph.size().max(Vec2::splat(1.0));
        let scale = (screen.width() / size.x).min(screen.height() / size.y);
        Self { graph_center: graph.center(), screen_center: screen.center(), scale }
    }

    fn to_screen(&self, graph: Rect) -> Rect {
        let center = self.screen_center + (graph.center() - self.graph_center) * self.scale;
        Rect::from_center_size(center, graph.size() * self.scale)
    }

    fn to_graph(&self, screen: egui::Pos2) -> egui::Pos2 {
        self.graph_center + (screen - self.screen_center) / self.scale
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::pos2;

    #[test]
    fn map_contains_the_whole_graph_and_leads_back() {
        let graph = Rect::from_min_max(pos2(-500.0, 20.0), pos2(3000.0, 900.0));
        let screen = Rect::from_min_max(pos2(900.0, 600.0), pos2(1080.0, 710.0));
        let map = Map::fitting(graph, screen);
        assert!(screen.expand(0.01).contains_rect(map.to_screen(graph)));
        let at = pos2(950.0, 640.0);
        let there = Rect::from_center_size(map.to_graph(at), Vec2::ZERO);
        assert!((map.to_screen(there).center() - at).length() < 1e-2);
    }
}
