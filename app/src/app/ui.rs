//! Where everything stands: bars at the top and bottom, the rail, the canvas with its drawers, the inspector and the dock.

use egui::{Area, CentralPanel, Frame, Id, Order, Panel, Rect, Ui, vec2};

use super::App;
use crate::panels::{banner, dock, menu, rail, status};
use crate::ui_kit::{Tokens, style};

const MENU_HEIGHT: f32 = 32.0;
const TRANSPORT_HEIGHT: f32 = 52.0;
const STATUS_HEIGHT: f32 = 24.0;
const RAIL_WIDTH: f32 = 44.0;
const DRAWER_WIDTH: f32 = 240.0;
const INSPECTOR_WIDTH: f32 = 320.0;
/// Tabs and 228 points below them.
const DOCK_HEIGHT: f32 = 264.0;
/// Below this width the inspector takes room from the canvas only while there is something to inspect.
const NARROW_BELOW: f32 = 1200.0;
/// The dock leaves at least this much of the height to the rest.
const DOCK_SHARE: f32 = 0.33;

impl App {
    /// Shows the window.
    pub fn ui(&mut self, ui: &mut Ui) {
        self.n_frames += 1;
        let tokens = Tokens::of(ui);
        let (bar, panel) = (style::bar_frame(tokens), style::panel_frame(tokens));
        let room = ui.max_rect();
        let Self { state, panels, commands, .. } = self;
        let shows_all = !state.view.focus_mode;
        if shows_all {
            Panel::top("menu")
                .exact_size(MENU_HEIGHT)
                .frame(bar)
                .show(ui, |ui| menu::ui(state, ui, commands));
            Panel::bottom("status")
                .exact_size(STATUS_HEIGHT)
                .frame(bar)
                .show(ui, |ui| status::ui(state, ui, commands));
        }
        Panel::bottom("transport").exact_size(TRANSPORT_HEIGHT).frame(bar).show(ui, |ui| {
            panels.transport.ui(state, ui, commands);
        });
        if shows_all && state.view.dock {
            let height = DOCK_HEIGHT.min(room.height() * DOCK_SHARE);
            Panel::bottom("dock")
                .resizable(true)
                .default_size(height)
                .size_range(96.0..=room.height() * 0.6)
                .frame(panel)
                .show(ui, |ui| {
                    // As high as a person has made it, whatever is in it.
                    ui.set_min_height(ui.available_height());
                    dock::ui(state, &mut panels.timeline, ui, commands);
                });
        }
        if shows_all {
            let frame = Frame::new().fill(tokens.colors.surface.panel).inner_margin(tokens.spacing.sm);
            Panel::left("rail")
                .exact_size(RAIL_WIDTH)
                .frame(frame)
                .show(ui, |ui| rail::ui(state, ui, commands));
        }
        let has_room = room.width() >= NARROW_BELOW || !state.open.selection.is_empty();
        if shows_all && state.view.inspector && has_room {
            Panel::right("inspector").exact_size(INSPECTOR_WIDTH).frame(panel).show(ui, |ui| {
                panels.inspector.ui(state, ui, commands);
            });
        }
        let canvas = Frame::new().fill(tokens.colors.surface.canvas);
        let middle = CentralPanel::default().frame(canvas).show(ui, |ui| {
            banner::ui(state, ui, commands);
            panels.canvas.ui(state, ui, commands);
        });
        let middle = middle.response.rect;
        if shows_all && let Some(drawer) = state.view.drawer {
            let place = Rect::from_min_size(middle.min, vec2(DRAWER_WIDTH, middle.height()));
            over_canvas("drawer", place, ui, |ui| panels.drawer.ui(drawer, state, ui, commands));
        }
        panels.command_search.ui(state, ui.ctx(), commands);
        crate::dialogs::ui(state, ui.ctx(), commands);
        // What was asked for in this frame is carried out before the next one.
        if !self.commands.is_empty() {
            ui.ctx().request_repaint();
        }
    }
}

/// A panel that lies over the canvas.
fn over_canvas(id: &'static str, place: Rect, ui: &Ui, show: impl FnOnce(&mut Ui)) {
    let tokens = Tokens::of(ui);
    let frame = style::panel_frame(tokens).shadow(tokens.shadow.popup.with_color(tokens.colors.shadow.popup));
    Area::new(Id::unique(id)).order(Order::Middle).fixed_pos(place.min).movable(false).constrain(false).show(
        ui.ctx(),
        |ui| {
            frame.show(ui, |ui| {
                let inner = place.size() - frame.inner_margin.sum();
                ui.set_min_size(inner);
                ui.set_max_size(inner);
                show(ui);
            });
        },
    );
}
