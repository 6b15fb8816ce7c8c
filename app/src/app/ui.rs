//! Where everything stands: bars at the top and bottom, the panes between them, and what lies over all.

use egui::{Area, CentralPanel, Context, Frame, Id, Key, Order, Panel, Rect, Ui, vec2};
use tidemark_engine::runtime::Speed;

use super::App;
use crate::panels::workbench::Contents;
use crate::panels::{Panels, drop_hint, menu, status};
use crate::ui_kit::{Tokens, style};

const MENU_HEIGHT: f32 = 32.0;
const TRANSPORT_HEIGHT: f32 = 52.0;
const STATUS_HEIGHT: f32 = 24.0;
const DRAWER_WIDTH: f32 = 240.0;

impl App {
    /// Shows the window.
    pub fn ui(&mut self, ui: &mut Ui) {
        self.n_frames += 1;
        let tokens = Tokens::of(ui);
        let bar = style::bar_frame(tokens);
        let Self { state, panels, browser, commands, .. } = self;
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
        let middle = CentralPanel::default().frame(Frame::new()).show(ui, |ui| {
            let Panels { canvas, inspector, timeline, log, workbench, .. } = panels;
            workbench.ui(Contents { canvas, inspector, timeline, log }, state, ui, commands)
        });
        panels.inspector.end_frame();
        if middle.inner.is_none() {
            panels.canvas.hide(state, commands);
        }
        if shows_all && let (Some(drawer), Some(middle)) = (state.view.drawer, middle.inner) {
            let place = Rect::from_min_size(middle.min, vec2(DRAWER_WIDTH, middle.height()));
            over_canvas("drawer", place, ui, |ui| panels.drawer.ui(drawer, state, ui, commands));
        }
        drop_hint::ui(middle.inner.unwrap_or(middle.response.rect), ui);
        panels.command_search.ui(state, ui.ctx(), commands);
        crate::dialogs::ui(browser, state, ui.ctx(), commands);
        self.give_keyboard_back(ui.ctx());
        self.keep_pace();
        // What was asked for in this frame is carried out before the next one.
        if !self.commands.is_empty() {
            ui.ctx().request_repaint();
        }
    }

    /// Learns from this frame when the next one may come by itself.
    fn keep_pace(&mut self) {
        let mut flows = self.state.shelf.iter().chain([&self.state.open]);
        let is_full_speed = flows.any(|flow| flow.run.is_playing() && flow.run.speed == Speed::Maximum);
        if let Some(began) = self.frame_began.take() {
            // What comes behind this, as painting, is known of the frame before.
            let cost = self.last_frame.unwrap_or_default().max(began.elapsed());
            self.state.pace.note(cost, is_full_speed);
        }
    }

    /// Escape or Enter in a field gives the keyboard back to the canvas, where people go on with keys.
    fn give_keyboard_back(&mut self, ctx: &Context) {
        let is_left = ctx.input(|input| input.key_pressed(Key::Escape) || input.key_pressed(Key::Enter));
        let is_given_up = is_left && ctx.memory(|memory| memory.focused().is_none());
        if is_given_up && std::mem::take(&mut self.keyboard_is_elsewhere) {
            self.panels.canvas.view.focus_canvas();
            ctx.request_repaint();
        }
        self.keyboard_is_elsewhere = !self.panels.canvas.has_keyboard(ctx);
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
