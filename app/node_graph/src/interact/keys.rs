//! The keyboard: moving the focus, nudging, deleting, zooming.

use egui::{EventFilter, Key, Modifiers, Pos2, Vec2, vec2};

use super::Frame;
use super::focus::neighbour;
use crate::gesture::{Gesture, Hand};
use crate::{GraphEvent, GraphIds};

pub(super) const ARROWS: [(Key, Vec2); 4] = [
    (Key::ArrowLeft, vec2(-1.0, 0.0)),
    (Key::ArrowRight, vec2(1.0, 0.0)),
    (Key::ArrowUp, vec2(0.0, -1.0)),
    (Key::ArrowDown, vec2(0.0, 1.0)),
];

impl<I: GraphIds> Frame<'_, I> {
    pub fn keys(&mut self) {
        let id = self.response.id;
        let all = EventFilter { tab: true, horizontal_arrows: true, vertical_arrows: true, escape: true };
        self.ui.memory_mut(|memory| memory.set_focus_lock_filter(id, all));
        let focused = self.response.has_focus();
        self.end_nudge(focused);
        let nobody = self.ui.memory(|memory| memory.focused().is_none());
        if self.ui.is_enabled() && (focused || (nobody && self.response.hovered())) {
            self.shared_keys();
        }
        if focused && self.ui.is_enabled() {
            if !self.wire_keys() {
                self.focus_keys();
            }
        } else if matches!(self.view.gesture, Gesture::Wire { hand: Hand::Keys { .. }, .. }) {
            self.view.gesture = Gesture::None;
        }
    }

    /// Keys that also work while the pointer rests on the canvas and nothing has the focus.
    fn shared_keys(&mut self) {
        if self.pressed(Modifiers::COMMAND, Key::A) {
            self.view.select_nodes(self.graph.nodes().iter().map(|node| node.id.clone()));
            let backdrops = self.graph.backdrops().iter().map(|backdrop| backdrop.id.clone());
            self.view.selected_backdrops = backdrops.collect();
            self.selection_changed();
        }
        if self.pressed(Modifiers::SHIFT, Key::F) {
            self.view.fit_all();
        }
        if self.pressed(Modifiers::NONE, Key::F) {
            self.view.fit_selection();
        }
        // Plus takes Shift on many keyboards.
        let [plain, shifted] = [Modifiers::NONE, Modifiers::SHIFT];
        if self.pressed(plain, Key::Plus)
            || self.pressed(shifted, Key::Plus)
            || self.pressed(plain, Key::Equals)
        {
            self.view.zoom_to(self.view.zoom * 1.25);
        }
        if self.pressed(plain, Key::Minus) {
            self.view.zoom_to(self.view.zoom * 0.8);
        }
        if self.view.pending.is_some() {
            self.ui.ctx().request_repaint();
        }
        if self.editable && self.pressed(Modifiers::NONE, Key::A) && !self.ask_for_what_fits() {
            let screen = self.pointer.unwrap_or(self.geometry.transform.panel.center());
            let at = self.geometry.transform.graph_from_screen(screen);
            self.events.push(GraphEvent::AddNodeRequested { at, screen });
        }
    }

    fn focus_keys(&mut self) {
        if self.pressed(Modifiers::SHIFT, Key::Tab) {
            self.cycle(-1);
        }
        if self.pressed(Modifiers::NONE, Key::Tab) {
            self.cycle(1);
        }
        for (key, direction) in ARROWS {
            if self.pressed(Modifiers::SHIFT, key) {
                self.nudge(direction);
                self.view.nudging = true;
            } else if self.pressed(Modifiers::COMMAND, key) {
                self.focus_next(direction);
            } else if self.pressed(Modifiers::NONE, key) {
                self.step(direction);
            }
        }
        for (key, step) in [(Modifiers::NONE, 1), (Modifiers::SHIFT, -1)] {
            if self.pressed(key, Key::P) {
                self.cycle_ports(step);
            }
            if self.pressed(key, Key::W) {
                self.cycle_wires(step);
            }
        }
        if self.pressed(Modifiers::SHIFT, Key::Enter) {
            self.toggle_focused();
        }
        if self.pressed(Modifiers::NONE, Key::Enter) {
            self.enter();
        }
        if self.editable {
            let reconnect = self.pressed(Modifiers::COMMAND, Key::Delete);
            let delete = reconnect
                || self.pressed(Modifiers::NONE, Key::Delete)
                || self.pressed(Modifiers::NONE, Key::Backspace);
            let nodes: Vec<_> = self.view.selected_nodes.iter().cloned().collect();
            let wires: Vec<_> = self.view.selected_wires.iter().cloned().collect();
            let backdrops: Vec<_> = self.view.selected_backdrops.iter().cloned().collect();
            if delete && self.view.has_selection() {
                self.events.push(GraphEvent::DeleteRequested { nodes, wires, backdrops, reconnect });
            }
        }
        if self.pressed(Modifiers::NONE, Key::Escape) {
            self.escape();
        }
    }

    /// Opens what has the focus; a port gives a wire into the hand.
    fn enter(&mut self) {
        if let Some(wire) = self.focused_wire() {
            let Some(wire) = self.graph.wires().get(wire) else { return };
            self.events.push(GraphEvent::WireClicked { wire: wire.id.clone(), modifiers: Modifiers::NONE });
        } else if let Some(port) = self.focused_port() {
            self.take_wire(port);
        } else if let Some(backdrop) = self.focused_backdrop() {
            let Some(backdrop) = self.graph.backdrops().get(backdrop) else { return };
            self.events.push(GraphEvent::BackdropDoubleClicked { backdrop: backdrop.id.clone() });
        } else if let Some(node) = self.view.focus.clone() {
            self.events.push(GraphEvent::NodeDoubleClicked { node });
        }
    }

    fn escape(&mut self) {
        if self.focus_back() {
            self.ui.ctx().request_repaint();
        } else if self.view.has_selection() {
            self.clear_selection();
        } else {
            self.response.surrender_focus();
        }
    }

    /// Goes `step` nodes on in graph order, then through the frames and notes, around the end.
    pub fn cycle(&mut self, step: isize) {
        let n_nodes = self.graph.nodes().len();
        let node = || self.view.focus.as_ref().and_then(|id| self.graph.node_index(id));
        let now = self.focused_backdrop().map(|idx| n_nodes + idx).or_else(node);
        match neighbour(n_nodes + self.graph.backdrops().len(), now, step) {
            Some(next) if next < n_nodes => self.go_to(next),
            Some(next) => self.go_to_backdrop(next - n_nodes),
            None => {}
        }
    }

    /// Right follows a wire downstream and left one upstream; otherwise the nearest node that way.
    fn step(&mut self, direction: Vec2) {
        if let Some(next) = self.next_node(direction) {
            self.go_to(next);
        }
    }

    /// The node an arrow leads to; the first one if none has the focus.
    pub fn next_node(&self, direction: Vec2) -> Option<usize> {
        let Some(now) = self.view.focus.as_ref().and_then(|id| self.graph.node_index(id)) else {
            return (!self.graph.nodes().is_empty()).then_some(0);
        };
        let along_wire = (direction.x != 0.0).then(|| self.along_wire(now, direction.x > 0.0)).flatten();
        along_wire.or_else(|| self.nearest_node(now, direction))
    }

    fn along_wire(&self, now: usize, downstream: bool) -> Option<usize> {
        let ends = (0..self.graph.wires().len()).filter_map(|idx| self.graph.ends(idx));
        let next = ends.filter_map(|ends| {
            let (near, far) = if downstream { (ends.from, ends.to) } else { (ends.to, ends.from) };
            (near.node == now && far.node != now).then_some((near.port, far.node))
        });
        let here = self.center(now);
        next.min_by_key(|(port, node)| (*port, (self.center(*node).y - here.y).abs() as i64, *node))
            .map(|(_, node)| node)
    }

    fn nearest_node(&self, now: usize, direction: Vec2) -> Option<usize> {
        let here = self.center(now);
        let others = (0..self.graph.nodes().len()).filter(|idx| *idx != now);
        let reachable = others.filter_map(|idx| Some((detour(self.center(idx) - here, direction)?, idx)));
        reachable.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, idx)| idx)
    }

    fn center(&self, node_idx: usize) -> Pos2 {
        self.graph.nodes().get(node_idx).map_or(Pos2::ZERO, |node| node.rect().center())
    }

    /// Gives a node the focus and the selection, and pans to it if need be.
    pub fn go_to(&mut self, node_idx: usize) {
        let Some(node) = self.graph.nodes().get(node_idx) else { return };
        self.view.select_nodes([node.id.clone()]);
        self.view.reveal(node.id.clone());
        self.view.by_key = true;
        self.selection_changed();
        self.ui.ctx().request_repaint();
    }

    /// Ends the gesture of nudging once Shift is let go, or something else is done meanwhile.
    fn end_nudge(&mut self, focused: bool) {
        let goes_on = focused && !self.view.is_dragging() && self.ui.input(|input| input.modifiers.shift);
        if !goes_on && std::mem::take(&mut self.view.nudging) {
            self.events.push(GraphEvent::NudgeEnded);
        }
    }

    fn nudge(&mut self, direction: Vec2) {
        let (nodes, backdrops) = self.carried(false);
        if !self.editable {
            return;
        }
        let step = if self.style.grid > 0.0 { self.style.grid } else { 1.0 };
        let delta = direction * step;
        if !backdrops.is_empty() {
            self.events.push(GraphEvent::BackdropsMoved { backdrops, nodes, delta });
        } else if !nodes.is_empty() {
            self.events.push(GraphEvent::NodesMoved { nodes, delta, finished: true, onto_wire: None });
        }
    }

    pub fn pressed(&self, modifiers: Modifiers, key: Key) -> bool {
        self.ui.input_mut(|input| {
            let mut found = false;
            input.events.retain(|event| {
                let matches = matches!(event, egui::Event::Key { key: k, pressed: true, modifiers: m, .. }
                    if *k == key && m.matches_exact(modifiers));
                found |= matches;
                !matches
            });
            found
        })
    }
}

/// How far something is in a direction, a step aside counting double; `None` if it does not lie that way.
pub(super) fn detour(way: Vec2, direction: Vec2) -> Option<f32> {
    let ahead = way.dot(direction);
    let aside = way.dot(direction.rot90()).abs();
    (ahead > 1.0 && aside < 4.0 * ahead).then_some(ahead + 2.0 * aside)
}
