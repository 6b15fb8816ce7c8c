//! Wheel, pinch and two fingers: zooming at the pointer, and panning.

use egui::{Event, MouseWheelSource, MouseWheelUnit, Response, Ui};

use crate::{GraphIds, GraphView};

/// Applies the scrolling of this frame to the view and keeps it from whatever lies around the canvas.
pub(crate) fn navigate<I: GraphIds>(ui: &Ui, response: &Response, view: &mut GraphView<I>) {
    let Some(pointer) = ui.input(|i| i.pointer.hover_pos()).filter(|_| response.hovered()) else {
        return;
    };
    let (scroll, pinch, wheel) = ui.input_mut(|i| {
        let wheel = i.events.iter().rev().find_map(wheel_zooms);
        let scroll = std::mem::take(&mut i.smooth_scroll_delta);
        (scroll, i.zoom_delta(), wheel)
    });
    view.wheel_zooms = wheel.unwrap_or(view.wheel_zooms);
    let mut factor = pinch;
    if view.wheel_zooms {
        factor *= (scroll.y / 400.0).exp();
        view_pan(view, egui::vec2(scroll.x, 0.0));
    } else {
        view_pan(view, scroll);
    }
    if factor != 1.0 {
        let now = view.transform_in(response.rect);
        view.jump(&now.zoomed_at(pointer, view.zoom * factor));
    }
}

fn view_pan<I: GraphIds>(view: &mut GraphView<I>, delta: egui::Vec2) {
    if delta != egui::Vec2::ZERO {
        view.pan_by(delta);
    }
}

/// Whether a scroll event comes from a wheel, which zooms, rather than from fingers, which pan.
/// Systems that do not say which report wheels in lines and fingers in points.
fn wheel_zooms(event: &Event) -> Option<bool> {
    let Event::MouseWheel { unit, source, .. } = event else { return None };
    Some(match source {
        MouseWheelSource::Wheel => true,
        MouseWheelSource::Trackpad | MouseWheelSource::Momentum => false,
        MouseWheelSource::Unknown => *unit != MouseWheelUnit::Point,
    })
}
