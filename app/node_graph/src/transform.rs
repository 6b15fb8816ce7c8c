//! From graph space to the screen and back.

use egui::{Pos2, Rect, Vec2};

/// Smallest zoom: everything ten times smaller.
pub const MIN_ZOOM: f32 = 0.1;
/// Largest zoom.
pub const MAX_ZOOM: f32 = 2.5;

/// Where graph space lies on the screen in one frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transform {
    /// The canvas on screen, in points.
    pub panel: Rect,
    /// The graph position shown in the upper left corner of the canvas.
    pub origin: Pos2,
    /// Screen points per graph point, from [`MIN_ZOOM`] to [`MAX_ZOOM`].
    pub zoom: f32,
}

impl Transform {
    /// Where a graph position is on screen.
    pub fn screen_from_graph(&self, graph: Pos2) -> Pos2 {
        self.panel.min + (graph - self.origin) * self.zoom
    }

    /// Which graph position a screen position shows.
    pub fn graph_from_screen(&self, screen: Pos2) -> Pos2 {
        self.origin + (screen - self.panel.min) / self.zoom
    }

    /// Where a rectangle in graph space is on screen.
    pub fn screen_rect_from_graph(&self, graph: Rect) -> Rect {
        Rect::from_min_max(self.screen_from_graph(graph.min), self.screen_from_graph(graph.max))
    }

    /// The part of graph space that is on screen.
    pub fn visible_graph_rect(&self) -> Rect {
        Rect::from_min_max(self.origin, self.graph_from_screen(self.panel.max))
    }

    /// The same view with another zoom, `anchor` on screen showing the same graph position as before.
    #[must_use]
    pub fn zoomed_at(&self, anchor: Pos2, zoom: f32) -> Self {
        let zoom = zoom.clamp(MIN_ZOOM, MAX_ZOOM);
        let origin = self.graph_from_screen(anchor) - (anchor - self.panel.min) / zoom;
        Self { panel: self.panel, origin, zoom }
    }

    /// The view that shows all of `graph` in the middle, never larger than zoom 1.
    #[must_use]
    pub fn fitted(panel: Rect, graph: Rect, margin: f32) -> Self {
        let room = (panel.size() - Vec2::splat(2.0 * margin)).max(Vec2::splat(1.0));
        let size = graph.size().max(Vec2::splat(1.0));
        let zoom = (room.x / size.x).min(room.y / size.y).clamp(MIN_ZOOM, 1.0);
        Self { panel, origin: graph.center() - panel.size() / (2.0 * zoom), zoom }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::pos2;

    fn transform() -> Transform {
        let panel = Rect::from_min_max(pos2(40.0, 30.0), pos2(840.0, 630.0));
        Transform { panel, origin: pos2(-12.5, 77.0), zoom: 0.8 }
    }

    #[test]
    fn there_and_back_is_the_same_place() {
        let t = transform();
        let p = pos2(123.0, -45.0);
        assert!((t.graph_from_screen(t.screen_from_graph(p)) - p).length() < 1e-3);
    }

    #[test]
    fn zooming_keeps_the_anchor_and_stays_in_range() {
        let anchor = pos2(333.0, 222.0);
        let before = transform().graph_from_screen(anchor);
        for zoom in [0.0001, 0.1, 0.33, 1.0, 2.5, 900.0] {
            let t = transform().zoomed_at(anchor, zoom);
            assert!((t.graph_from_screen(anchor) - before).length() < 1e-2, "at {zoom}");
            assert!((MIN_ZOOM..=MAX_ZOOM).contains(&t.zoom));
        }
    }

    #[test]
    fn fitting_centres_and_never_magnifies() {
        let panel = transform().panel;
        let small = Rect::from_min_max(pos2(1000.0, 1000.0), pos2(1100.0, 1050.0));
        let t = Transform::fitted(panel, small, 40.0);
        assert_eq!(t.zoom, 1.0);
        assert!((t.screen_from_graph(small.center()) - panel.center()).length() < 1e-2);

        let large = Rect::from_min_max(pos2(0.0, 0.0), pos2(4000.0, 100.0));
        let t = Transform::fitted(panel, large, 40.0);
        assert!(panel.contains_rect(t.screen_rect_from_graph(large)));
    }
}
