//! Panning on its own while something is dragged to the edge of the canvas.

use egui::{Pos2, Rect, Vec2};

use super::Frame;
use crate::GraphIds;
use crate::gesture::{Gesture, Hand};

/// How near to the edge it begins, in points on screen.
const EDGE: f32 = 32.0;
/// Points on screen per second at the edge and beyond.
const SPEED: f32 = 800.0;

impl<I: GraphIds> Frame<'_, I> {
    /// Pans towards the edge that the pointer is at, the faster the nearer, while selecting, moving or
    /// wiring.
    pub fn pan_at_edge(&mut self, at: Pos2) {
        let pans = match &self.view.gesture {
            Gesture::Select { .. } | Gesture::Move { .. } | Gesture::Resize { .. } | Gesture::Lift { .. } => {
                true
            }
            Gesture::Wire { hand, .. } => *hand == Hand::Button,
            Gesture::None | Gesture::Pan | Gesture::Cut { .. } => false,
        };
        let began = self.ui.input(|i| i.pointer.press_origin());
        let (Some(began), true) = (began, pans) else { return };
        let panel = self.geometry.transform.panel;
        let push = push(panel, began, at);
        if push == Vec2::ZERO {
            return;
        }
        let dt = self.ui.input(|i| i.stable_dt).min(0.1);
        self.view.pan_by(-push * SPEED * dt);
        self.geometry.transform = self.view.transform_in(panel);
        self.recompute();
        self.ui.ctx().request_repaint();
    }
}

/// How hard the pointer pushes at the edges, from 0 to 1 on both axes. A drag that began near an edge
/// pushes only once it has come nearer.
fn push(panel: Rect, began: Pos2, now: Pos2) -> Vec2 {
    let at = |before: f32, distance: f32| {
        if distance < before { ((EDGE - distance) / EDGE).clamp(0.0, 1.0) } else { 0.0 }
    };
    let left = at(began.x - panel.min.x, now.x - panel.min.x);
    let right = at(panel.max.x - began.x, panel.max.x - now.x);
    let top = at(began.y - panel.min.y, now.y - panel.min.y);
    let bottom = at(panel.max.y - began.y, panel.max.y - now.y);
    Vec2::new(right - left, bottom - top)
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::{pos2, vec2};

    #[test]
    fn only_a_drag_towards_an_edge_pushes_and_harder_the_nearer_it_is() {
        let panel = Rect::from_min_max(pos2(100.0, 50.0), pos2(900.0, 650.0));
        let middle = panel.center();
        assert_eq!(push(panel, middle, pos2(868.0, 350.0)), vec2(0.0, 0.0));
        assert_eq!(push(panel, middle, pos2(884.0, 350.0)), vec2(0.5, 0.0));
        assert_eq!(push(panel, middle, pos2(2_000.0, -2_000.0)), vec2(1.0, -1.0));
        assert_eq!(push(panel, middle, pos2(100.0, 642.0)), vec2(-1.0, 0.75));

        let near = pos2(890.0, 350.0);
        assert_eq!(push(panel, near, pos2(880.0, 300.0)), vec2(0.0, 0.0), "it began there");
        assert_eq!(push(panel, near, pos2(892.0, 300.0)), vec2(0.75, 0.0));
    }
}
