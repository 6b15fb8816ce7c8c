//! A look in passing: a card that says what flows in a wire, or what a port is, without a click.
//!
//! | What | How |
//! | --- | --- |
//! | comes | when the pointer has rested for 350 ms on a wire or a port, at 55 % zoom or nearer; for a wire or port that has the keyboard also by a key, at any zoom |
//! | goes | when the pointer leaves what it rested on, when the view moves, and when any key or button is pressed; one that came by a key stays until then |
//! | does not come back | after a press until the pointer has moved; while something is dragged or a menu is open |
//! | lies | beside the pointer and never under it, whole within the window; it moves only if the pointer comes to it |
//! | takes | no input: what lies below it is pointed at as before |
//! | costs | one frame at the end of the rest; while it is there, frames only when the engine says something new |
//! | rows | the last three of the wire, handed out besides what the tables of the data dock watch; until they are there, their place is kept free |
//!
//! What it says is made in `card.rs`, when it comes in `rest.rs`, where it lies in `place.rs`, and how it looks in `face.rs`.

mod card;
mod face;
mod place;
mod rest;

use egui::{Event, Popup, Pos2, Rect, Ui, Vec2, vec2};
use egui_node_graph::{Geometry, Graph, Target};

use self::card::Card;
use self::face::Face;
use self::place::{place, stays};
use self::rest::{Answer, Glance, Rest};
use super::Ids;
use crate::command::{Command, Commands};
use crate::state::AppState;
use crate::ui_kit::Tokens;

/// From further away, nothing comes by itself.
const LEAST_ZOOM: f32 = 0.55;
/// How far the card keeps from the pointer, in points.
const GAP: f32 = 14.0;
/// How far it keeps from the middle of a wire, where the label is.
const GAP_OF_LABEL: f32 = 28.0;
/// How far it keeps from the edge of the window.
const EDGE: f32 = 4.0;
/// How wide it is, unless the window is narrow.
const WIDTH: f32 = 360.0;

/// The card and what it takes to know when it comes.
#[derive(Default)]
pub(super) struct Peek {
    rest: Rest<Target<Ids>>,
    asked: Option<Asked>,
    /// Where the card lies, and what it is of.
    lies: Option<(Target<Ids>, Rect)>,
}

/// What a person has asked for by a key.
struct Asked {
    on: Target<Ids>,
    /// Whether this is the frame in which the key was pressed.
    is_new: bool,
}

/// The canvas as it was painted in this frame.
pub(super) struct Scene<'a> {
    pub(super) graph: &'a Graph<Ids>,
    pub(super) geometry: &'a Geometry<Ids>,
    /// What is under the pointer.
    pub(super) hovered: Option<Target<Ids>>,
    /// Whether something is dragged, or a menu or the finder is open.
    pub(super) is_busy: bool,
    /// Whether the view has moved.
    pub(super) has_moved: bool,
}

impl Peek {
    /// Shows the card of this, or puts away the one that was asked for before.
    pub(super) fn toggle(&mut self, on: Target<Ids>) {
        let is_shown = self.asked.take().is_some_and(|asked| asked.on == on);
        self.asked = (!is_shown).then_some(Asked { on, is_new: true });
    }

    /// Whether the card was asked for by a key.
    pub(super) fn is_asked_for(&self) -> bool {
        self.asked.is_some()
    }

    /// Shows the card if it is time for it.
    pub(super) fn ui(&mut self, scene: &Scene<'_>, state: &AppState, ui: &Ui, commands: &mut Commands) {
        let on = self.choose(scene, ui);
        let card = on.as_ref().and_then(|on| Card::of(state, on, Tokens::of(ui)));
        let wire = match &on {
            Some(Target::Wire(edge)) if card.is_some() => Some(edge.clone()),
            _ => None,
        };
        if state.open.peeked != wire {
            commands.push(Command::Peek(wire));
        }
        let Some((on, card)) = on.zip(card) else {
            self.asked = None;
            self.lies = None;
            return;
        };
        let window = ui.ctx().content_rect().shrink(EDGE);
        // Half of the window is always free beside the pointer.
        let width = WIDTH.min(window.width() / 2.0 - GAP);
        let face = Face::of(&card, vec2(width, window.height()), ui);
        let pointer = ui.input(|input| input.pointer.latest_pos());
        let before = self.lies.take().filter(|(of, _)| *of == on && !scene.has_moved).map(|(_, rect)| rect);
        let stayed = before.and_then(|before| stays(before, face.size(), pointer, window));
        let rect =
            stayed.unwrap_or_else(|| place(face.size(), self.around(scene, &on, pointer), pointer, window));
        face.show(&card.name, rect, ui);
        self.lies = Some((on, rect));
    }

    /// What there is to be a card of.
    fn choose(&mut self, scene: &Scene<'_>, ui: &Ui) -> Option<Target<Ids>> {
        let is_looked_at =
            !scene.is_busy && scene.geometry.transform.zoom >= LEAST_ZOOM && !Popup::is_any_open(ui.ctx());
        let has_card = |on: &Target<Ids>| matches!(on, Target::Wire(_) | Target::Port(_));
        let is_pressed = is_pressed(ui);
        let answer = self.rest.look(Glance {
            on: scene.hovered.clone().filter(|on| is_looked_at && has_card(on)),
            pointer: ui.input(|input| input.pointer.latest_pos()),
            is_pressed,
            has_moved: scene.has_moved,
            now: ui.input(|input| input.time),
        });
        self.asked.take_if(|asked| is_pressed && !asked.is_new);
        if let Some(asked) = &mut self.asked {
            asked.is_new = false;
            return Some(asked.on.clone());
        }
        match answer {
            Answer::Nothing => None,
            Answer::In(seconds) => {
                ui.ctx().request_repaint_after_secs(seconds as f32);
                None
            }
            Answer::Now(on) => Some(on),
        }
    }

    /// What the card lies beside.
    fn around(&self, scene: &Scene<'_>, on: &Target<Ids>, pointer: Option<Pos2>) -> Rect {
        let panel = scene.geometry.transform.panel;
        let (at, gap) = match (on, pointer) {
            (_, Some(pointer)) if self.asked.is_none() => (Some(pointer), GAP),
            (Target::Wire(edge), _) => (scene.geometry.wire_middle(scene.graph, edge), GAP_OF_LABEL),
            (Target::Port(port), _) => (scene.geometry.port_position(scene.graph, port), GAP),
            (Target::Node(_) | Target::Backdrop(_) | Target::Canvas, _) => (None, GAP),
        };
        let at = at.unwrap_or(panel.center()).clamp(panel.min, panel.max);
        Rect::from_center_size(at, Vec2::splat(2.0 * gap))
    }
}

/// Whether a key or a button goes down or a button is held, whoever takes it.
fn is_pressed(ui: &Ui) -> bool {
    let goes_down = |event: &Event| {
        matches!(event, Event::Key { pressed: true, .. } | Event::PointerButton { pressed: true, .. })
    };
    ui.input(|input| input.pointer.any_down() || input.raw.events.iter().any(goes_down))
}
