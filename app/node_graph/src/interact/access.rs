//! The canvas for assistive technology and tests: a node in the tree for every node, port, wire, frame and note.

use egui::accesskit::{self, Action, Role};
use egui::{Id, Modifiers, Rect, Sense, Vec2};

use super::{Frame, Hit};
use crate::backdrop::{Grip, holds};
use crate::graph::PortPlace;
use crate::{BackdropKind, GraphIds, PortRef, Side};

/// Above this many nodes, or frames and notes, only those on screen are described.
const DESCRIBE_ALL: usize = 1_000;

impl<I: GraphIds> Frame<'_, I> {
    /// Describes the graph and takes clicks that did not come from a pointer. Costs nothing while
    /// nobody listens.
    pub fn access(&mut self) {
        let canvas = self.response.id;
        let on = self.ui.ctx().accesskit_node_builder(canvas, |node| {
            node.set_role(Role::List);
            node.set_label(self.labels.canvas.clone());
        });
        if on.is_none() {
            return;
        }
        let all = self.graph.nodes().len() <= DESCRIBE_ALL;
        let nodes: Vec<usize> =
            if all { (0..self.graph.nodes().len()).collect() } else { self.geometry.visible_nodes.clone() };
        for idx in nodes {
            self.describe_node(idx);
        }
        let wires: Vec<usize> =
            if all { (0..self.graph.wires().len()).collect() } else { self.geometry.visible_wires.clone() };
        for idx in wires {
            self.describe_wire(idx);
        }
        let all = self.graph.backdrops().len() <= DESCRIBE_ALL;
        let backdrops: Vec<usize> = if all {
            (0..self.graph.backdrops().len()).collect()
        } else {
            self.geometry.visible_backdrops.clone()
        };
        for idx in backdrops {
            self.describe_backdrop(idx);
        }
        if let Some(focused) = self.focused_access_id() {
            let focused = focused.accesskit_id();
            self.ui.ctx().accesskit_node_builder(canvas, |node| node.set_active_descendant(focused));
        }
    }

    /// Where the keyboard is: on a port, a wire, a frame or note, or a node.
    fn focused_access_id(&self) -> Option<Id> {
        if let Some(port) = self.port_by_key().and_then(|place| self.graph.port_ref(place)) {
            return Some(self.port_access_id(&port));
        }
        if let Some(wire) = self.focused_wire().and_then(|idx| self.graph.wires().get(idx)) {
            return Some(self.wire_access_id(&wire.id));
        }
        if let Some(backdrop) = self.focused_backdrop().and_then(|idx| self.graph.backdrops().get(idx)) {
            return Some(self.backdrop_access_id(&backdrop.id));
        }
        let node = self.graph.node(self.view.focus.as_ref()?)?;
        Some(self.node_access_id(&node.id))
    }

    fn node_access_id(&self, id: &I::Node) -> Id {
        self.response.id.with(("node", id))
    }

    fn port_access_id(&self, port: &PortRef<I>) -> Id {
        self.response.id.with(("port", &port.node, port.side, &port.port))
    }

    fn wire_access_id(&self, id: &I::Wire) -> Id {
        self.response.id.with(("wire", id))
    }

    fn backdrop_access_id(&self, id: &I::Backdrop) -> Id {
        self.response.id.with(("backdrop", id))
    }

    fn describe_node(&mut self, idx: usize) {
        let Some(node) = self.graph.nodes().get(idx) else { return };
        let face = &node.face;
        let name = if face.accessible_name.is_empty() { &face.title } else { &face.accessible_name };
        let name = match &face.error {
            Some(error) => format!("{name}, {} {error}", self.labels.problem),
            None => name.clone(),
        };
        let selected = self.view.selected_nodes.contains(&node.id);
        let rect = self.geometry.rect(self.graph, idx);
        self.describe(
            self.node_access_id(&node.id),
            rect,
            Role::ListItem,
            &name,
            Some(selected),
            Hit::Node(idx),
        );
        let said = if face.accessible_description.is_empty() {
            face.summary.join(", ")
        } else {
            face.accessible_description.clone()
        };
        if !said.is_empty() {
            let id = self.node_access_id(&node.id);
            self.ui.ctx().accesskit_node_builder(id, |node| node.set_description(said));
        }
        for side in [Side::Input, Side::Output] {
            for (port, described) in node.ports(side).iter().enumerate() {
                let place = PortPlace { node: idx, side, port };
                let between = match side {
                    Side::Input => &self.labels.input_of,
                    Side::Output => &self.labels.output_of,
                };
                let name = if described.face.accessible_name.is_empty() {
                    format!("{} {between} {}", described.face.name, face.title)
                } else {
                    described.face.accessible_name.clone()
                };
                let at = self.geometry.port(self.graph, place);
                let rect = Rect::from_center_size(at, Vec2::splat(self.style.port_hit_size));
                let port = PortRef { node: node.id.clone(), side, port: described.id.clone() };
                let id = self.port_access_id(&port);
                self.describe(id, rect, Role::Button, name.trim(), None, Hit::Port(place));
            }
        }
    }

    fn describe_wire(&mut self, idx: usize) {
        let (Some(wire), Some(ends)) = (self.graph.wires().get(idx), self.graph.ends(idx)) else { return };
        let title = |place: PortPlace| self.graph.nodes().get(place.node).map_or("", |node| &node.face.title);
        let name = if wire.face.accessible_name.is_empty() {
            let labels = self.labels;
            format!("{} {} {} {}", labels.wire_from, title(ends.from), labels.wire_to, title(ends.to))
        } else {
            wire.face.accessible_name.clone()
        };
        // A small square on the line, so that its centre can be clicked.
        let curve = self
            .geometry
            .curve(self.geometry.port(self.graph, ends.from), self.geometry.port(self.graph, ends.to));
        let free = |t: &f32| self.tile_at(curve.at(*t)).is_none();
        let t = [0.5, 0.4, 0.6, 0.3, 0.7].into_iter().find(free).unwrap_or(0.5);
        let rect = Rect::from_center_size(curve.at(t), Vec2::splat(12.0));
        let selected = self.view.selected_wires.contains(&wire.id);
        let id = self.wire_access_id(&wire.id);
        self.describe(id, rect, Role::Link, &name, Some(selected), Hit::Wire(idx));
    }

    fn describe_backdrop(&mut self, idx: usize) {
        let Some(backdrop) = self.graph.backdrops().get(idx) else { return };
        let face = &backdrop.face;
        let name = if face.accessible_name.is_empty() { &face.text } else { &face.accessible_name };
        let role = match face.kind {
            BackdropKind::Frame => Role::Group,
            BackdropKind::Note => Role::Note,
        };
        // The part that it is held by, so that its centre can be clicked.
        let rect = holds(self.geometry.backdrop(self.graph, idx), face.kind, self.geometry.transform.zoom);
        let selected = self.view.selected_backdrops.contains(&backdrop.id);
        let id = self.backdrop_access_id(&backdrop.id);
        self.describe(id, rect, role, name, Some(selected), Hit::Backdrop(idx, Grip::Hold));
    }

    fn describe(&mut self, id: Id, rect: Rect, role: Role, name: &str, selected: Option<bool>, hit: Hit) {
        // Registering a widget that takes no input files the node under this canvas in the tree.
        self.contents.interact(rect, id, Sense::hover());
        self.ui.ctx().accesskit_node_builder(id, |node| {
            node.set_role(role);
            node.set_label(name);
            node.set_bounds(accesskit::Rect {
                x0: rect.min.x.into(),
                y0: rect.min.y.into(),
                x1: rect.max.x.into(),
                y1: rect.max.y.into(),
            });
            node.add_action(Action::Click);
            node.add_action(Action::Focus);
            if let Some(selected) = selected {
                node.set_selected(selected);
            }
        });
        let wanted = |action| self.ui.input(|input| input.has_accesskit_action_request(id, action));
        let (click, focus) = (wanted(Action::Click), wanted(Action::Focus));
        if click {
            self.response.request_focus();
            self.clicked(hit, rect.center(), Modifiers::NONE);
        } else if focus {
            self.response.request_focus();
            match hit {
                Hit::Node(idx) => self.go_to(idx),
                Hit::Port(place) => self.focus_port(place),
                Hit::Wire(idx) => self.focus_wire(idx),
                Hit::Backdrop(idx, _) => self.go_to_backdrop(idx),
                Hit::Canvas | Hit::Nothing => {}
            }
        }
    }
}
