//! Where the keyboard is: on a node, one of its ports or one of its wires.

use egui::{Rect, Vec2};

use super::Frame;
use crate::gesture::{Gesture, Hand};
use crate::graph::PortPlace;
use crate::{GraphIds, Side};

impl<I: GraphIds> Frame<'_, I> {
    /// The port that has the focus.
    pub fn focused_port(&self) -> Option<PortPlace> {
        self.graph.port_place(self.view.focused_port()?)
    }

    /// The wire that has the focus.
    pub fn focused_wire(&self) -> Option<usize> {
        let wire = self.view.focus_wire.as_ref()?;
        self.view.selected_wires.contains(wire).then(|| self.graph.wire_index(wire)).flatten()
    }

    /// The port to show where the keyboard is: where a wire in hand ends or, if nothing
    /// takes it, begins; else the focused one.
    pub fn port_by_key(&self) -> Option<PortPlace> {
        match &self.view.gesture {
            Gesture::Wire { from, hand: Hand::Keys { to } } => {
                self.graph.port_place(to.as_ref().unwrap_or(from))
            }
            _ => self.focused_port(),
        }
    }

    /// Goes `step` ports on at the focused node, around the end: outputs from the top, then inputs.
    pub fn cycle_ports(&mut self, step: isize) {
        let Some(node) = self.view.focus.as_ref().and_then(|id| self.graph.node_index(id)) else {
            return self.cycle(1);
        };
        let sides = [Side::Output, Side::Input].into_iter();
        let count = |side| self.graph.nodes()[node].ports(side).len();
        let ports: Vec<_> =
            sides.flat_map(|side| (0..count(side)).map(move |port| PortPlace { node, side, port })).collect();
        let now = self.view.focus_port.as_ref().and_then(|port| self.graph.port_place(port));
        let now = now.and_then(|now| ports.iter().position(|place| *place == now));
        if let Some(place) = neighbour(ports.len(), now, step).and_then(|next| ports.get(next)) {
            self.focus_port(*place);
        }
    }

    /// Goes `step` wires on at the focused port or node, around the end, and selects the one it comes to.
    pub fn cycle_wires(&mut self, step: isize) {
        let Some(node) = self.view.focus.as_ref().and_then(|id| self.graph.node_index(id)) else {
            return self.cycle(1);
        };
        let mut wires = self.graph.wires_of(node).to_vec();
        wires.dedup();
        let port = self.view.focus_port.as_ref().filter(|port| self.view.focus.as_ref() == Some(&port.node));
        if let Some(place) = port.and_then(|port| self.graph.port_place(port)) {
            let touches = |idx: &usize| {
                self.graph.ends(*idx).is_some_and(|ends| ends.from == place || ends.to == place)
            };
            wires.retain(touches);
        }
        let now = self.focused_wire().and_then(|now| wires.iter().position(|idx| *idx == now));
        if let Some(wire) = neighbour(wires.len(), now, step).and_then(|next| wires.get(next)) {
            self.focus_wire(*wire);
        }
    }

    /// Gives a port the focus, and its node too. The selection stays as it is.
    pub fn focus_port(&mut self, place: PortPlace) {
        let Some(port) = self.graph.port_ref(place) else { return };
        if self.focused_wire().is_some() {
            self.view.select_nodes([port.node.clone()]);
            self.selection_changed();
        }
        self.view.focus_node(Some(port.node.clone()));
        self.view.reveal(port.node.clone());
        self.view.focus_port = Some(port);
        self.shown_by_key();
    }

    /// Gives a wire the focus and the selection. What had the focus before gets it back with Escape.
    pub fn focus_wire(&mut self, wire_idx: usize) {
        let (Some(wire), Some(ends)) = (self.graph.wires().get(wire_idx), self.graph.ends(wire_idx)) else {
            return;
        };
        let touches = self.view.focus.as_ref().is_some_and(|id| wire.from.node == *id || wire.to.node == *id);
        if !touches {
            self.view.focus_node(Some(wire.from.node.clone()));
        }
        self.view.select_wire(wire.id.clone());
        self.view.focus_wire = Some(wire.id.clone());
        let place = |place| self.geometry.port(self.graph, place);
        let middle = Rect::from_two_pos(place(ends.from), place(ends.to)).center();
        if !self.geometry.transform.panel.contains(middle) {
            self.view.center_on(self.geometry.transform.graph_from_screen(middle));
        }
        self.selection_changed();
        self.shown_by_key();
    }

    /// Goes where an arrow leads and leaves the selection as it is.
    pub fn focus_next(&mut self, direction: Vec2) {
        let Some(node) = self.next_node(direction).and_then(|idx| self.graph.nodes().get(idx)) else {
            return;
        };
        self.view.focus_node(Some(node.id.clone()));
        self.view.reveal(node.id.clone());
        self.shown_by_key();
    }

    /// Adds the focused node to the selection or takes it out.
    pub fn toggle_focused(&mut self) {
        let Some(node) = self.view.focus.clone().filter(|id| self.graph.node(id).is_some()) else { return };
        if !self.view.selected_nodes.remove(&node) {
            self.view.selected_nodes.insert(node);
        }
        self.view.by_key = true;
        self.selection_changed();
    }

    /// From a wire back to the port or node it was reached from, or from a port to its node; `false` if
    /// the focus is on neither.
    pub fn focus_back(&mut self) -> bool {
        if self.focused_wire().is_some() {
            let port = self.view.focus_port.take();
            self.view.select_nodes(self.view.focus.clone());
            self.view.focus_port = port;
            self.selection_changed();
            return true;
        }
        let on_port = self.focused_port().is_some();
        if on_port {
            self.view.focus_port = None;
        }
        on_port
    }

    fn shown_by_key(&mut self) {
        self.view.by_key = true;
        self.ui.ctx().request_repaint();
    }
}

/// The place `step` on from `now` among `len`, around the end; without a `now`, the first or the last.
pub(super) fn neighbour(len: usize, now: Option<usize>, step: isize) -> Option<usize> {
    let len = isize::try_from(len).ok().filter(|len| *len > 0)?;
    let start = match now {
        Some(now) => now as isize,
        None if step > 0 => -1,
        None => len,
    };
    usize::try_from((start + step).rem_euclid(len)).ok()
}
