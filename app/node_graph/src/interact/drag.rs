//! Drags: panning, selecting, moving nodes and backdrops, drawing and cutting wires.

use egui::{Key, Modifiers, PointerButton, Pos2, Rect, Vec2};

use super::{Frame, Hit};
use crate::curve::crosses;
use crate::gesture::{Anchor, Gesture, Hand};
use crate::{GraphEvent, GraphIds, GraphView, PortRef};

impl<I: GraphIds> Frame<'_, I> {
    pub fn drags(&mut self) {
        // Escape also ends the drag as egui sees it, so it has to be asked about first.
        if self.view.is_dragging() && self.ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Escape)) {
            self.view.gesture = Gesture::None;
        }
        if self.response.drag_started() {
            self.begin();
        }
        if matches!(self.view.gesture, Gesture::Wire { hand: Hand::Click | Hand::Keys { .. }, .. }) {
            return;
        }
        let at = self.ui.input(|i| i.pointer.interact_pos());
        match at {
            Some(at) if self.response.dragged() || self.response.drag_stopped() => {
                if !self.response.drag_stopped() {
                    self.pan_at_edge(at);
                }
                self.follow(at);
                if self.response.drag_stopped() {
                    self.end(at);
                }
            }
            // The button went up while the canvas was not shown, or the pointer left for good.
            _ => self.view.gesture = Gesture::None,
        }
    }

    fn begin(&mut self) {
        self.response.request_focus();
        let (origin, modifiers, space) =
            self.ui.input(|i| (i.pointer.press_origin(), i.modifiers, i.key_down(Key::Space)));
        let Some(origin) = origin else { return };
        let graph_origin = self.geometry.transform.graph_from_screen(origin);
        let additive = modifiers.shift || modifiers.command;
        self.view.flight = None;
        self.view.gesture = if self.response.drag_started_by(PointerButton::Secondary) {
            let cuts = modifiers.command && self.editable;
            if cuts { Gesture::Cut { from: graph_origin } } else { Gesture::Pan }
        } else if space || !self.response.drag_started_by(PointerButton::Primary) {
            Gesture::Pan
        } else {
            match self.hit(origin) {
                Hit::Port(place) if self.editable => match self.graph.port_ref(place) {
                    Some(port) => self.begin_wire(port, modifiers.command),
                    None => Gesture::None,
                },
                Hit::Node(idx) => self.begin_move(idx, graph_origin, additive),
                Hit::Backdrop(idx, grip) => self.begin_backdrop(idx, grip, graph_origin, additive),
                _ => Gesture::Select { from: graph_origin, additive },
            }
        };
    }

    fn begin_wire(&self, port: PortRef<I>, lift: bool) -> Gesture<I> {
        let wires = if lift { self.wires_at(&port) } else { Vec::new() };
        if wires.is_empty() {
            Gesture::Wire { from: port, hand: Hand::Button }
        } else {
            Gesture::Lift { port, wires }
        }
    }

    fn begin_move(&mut self, idx: usize, grab: Pos2, additive: bool) -> Gesture<I> {
        let Some(node) = self.graph.nodes().get(idx) else { return Gesture::None };
        let anchor = node.id.clone();
        if !self.view.selected_nodes.contains(&anchor) {
            if additive {
                self.view.selected_nodes.insert(anchor.clone());
            } else {
                self.view.select_nodes([anchor.clone()]);
            }
            self.selection_changed();
        }
        self.view.focus_node(Some(anchor.clone()));
        if !self.editable {
            return Gesture::None;
        }
        let (nodes, backdrops) = self.carried(false);
        let anchor = Anchor::Node(anchor);
        Gesture::Move { nodes, backdrops, anchor, grab, delta: Vec2::ZERO, over: None }
    }

    pub fn selected_in_graph_order(&self) -> Vec<I::Node> {
        let selected = self.graph.nodes().iter().filter(|node| self.view.selected_nodes.contains(&node.id));
        selected.map(|node| node.id.clone()).collect()
    }

    /// Brings the gesture up to the pointer.
    fn follow(&mut self, at: Pos2) {
        match self.view.gesture.clone() {
            Gesture::Pan => {
                self.view.pan_by(self.response.drag_delta());
                self.geometry.transform = self.view.transform_in(self.geometry.transform.panel);
                self.recompute();
            }
            Gesture::Resize { .. } => self.follow_edges(self.geometry.transform.graph_from_screen(at)),
            Gesture::Move { nodes, backdrops, anchor, grab, delta: before, over } => {
                let here = self.geometry.transform.graph_from_screen(at);
                let rest = match &anchor {
                    Anchor::Node(anchor) => self.rest(&nodes, anchor, here - grab),
                    Anchor::Backdrop(anchor) => self.rest_of_backdrop(anchor, here - grab),
                };
                let delta = here - grab + rest.offset;
                self.guides = rest.guides;
                self.geometry.dragged = nodes.iter().cloned().collect();
                self.geometry.dragged_backdrops = backdrops.iter().cloned().collect();
                self.geometry.drag_delta = delta;
                self.recompute();
                let only_nodes = backdrops.is_empty();
                let over = if delta == before || !only_nodes { over } else { self.held_over(&nodes, over) };
                if delta != before && only_nodes && !self.response.drag_stopped() {
                    let onto_wire = over.as_ref().and_then(|over| over.answer.clone().ok());
                    let nodes = nodes.clone();
                    self.events.push(GraphEvent::NodesMoved { nodes, delta, finished: false, onto_wire });
                }
                self.view.gesture = Gesture::Move { nodes, backdrops, anchor, grab, delta, over };
            }
            _ => {}
        }
    }

    fn end(&mut self, at: Pos2) {
        let here = self.geometry.transform.graph_from_screen(at);
        match std::mem::take(&mut self.view.gesture) {
            Gesture::None | Gesture::Pan => {}
            Gesture::Select { from, additive } => self.select_in(Rect::from_two_pos(from, here), additive),
            Gesture::Resize { backdrop, area, .. } => self.end_resize(backdrop, area),
            Gesture::Move { nodes, backdrops, delta, over, .. } => {
                if delta == Vec2::ZERO {
                    return;
                }
                if backdrops.is_empty() {
                    let onto_wire = over.and_then(|over| over.answer.ok());
                    self.events.push(GraphEvent::NodesMoved { nodes, delta, finished: true, onto_wire });
                } else {
                    self.events.push(GraphEvent::BackdropsMoved { backdrops, nodes, delta });
                }
            }
            Gesture::Wire { from, .. } => {
                let hit = self.hit(at);
                self.finish_wire(&from, hit, at);
            }
            Gesture::Lift { port, wires } => {
                if let Hit::Port(place) = self.hit(at) {
                    self.land(&port, wires, place);
                }
            }
            Gesture::Cut { from } => {
                let a = self.geometry.transform.screen_from_graph(from);
                let cut = self.lines.iter().filter(|(_, points)| crosses(points, a, at));
                let mut cut: Vec<usize> = cut.map(|(idx, _)| idx).collect();
                cut.sort_unstable();
                let ids = cut.into_iter().filter_map(|idx| self.graph.wires().get(idx));
                let wires: Vec<_> = ids.map(|wire| wire.id.clone()).collect();
                if !wires.is_empty() {
                    self.events.push(GraphEvent::WiresDeleted { wires });
                }
            }
        }
    }

    fn select_in(&mut self, area: Rect, additive: bool) {
        let selection = |view: &GraphView<I>| {
            (view.selected_nodes.clone(), view.selected_wires.clone(), view.selected_backdrops.clone())
        };
        let before = selection(self.view);
        if !additive {
            self.view.clear_selection();
        }
        let touched = self.graph.nodes().iter().filter(|node| area.intersects(node.rect()));
        self.view.selected_nodes.extend(touched.map(|node| node.id.clone()));
        // A frame is touched by every rectangle that is drawn inside of it, so it has to lie in it.
        let inside = self.graph.backdrops_inside(area);
        self.view.selected_backdrops.extend(inside.map(|backdrop| backdrop.id.clone()));
        self.view.focus = self.view.selected_nodes.first().cloned().or(self.view.focus.take());
        if before != selection(self.view) {
            self.selection_changed();
        }
    }

    /// Ends a wire held at `from` on whatever is under the pointer.
    pub fn finish_wire(&mut self, from: &PortRef<I>, hit: Hit, screen: Pos2) {
        match hit {
            Hit::Port(place) => match self.join(from, place) {
                Some(Ok(ends)) => {
                    self.events.push(GraphEvent::WireRequested { from: ends.from, to: ends.to });
                }
                Some(Err(refusal)) if !refusal.same_side => self.events.push(GraphEvent::WireRefused {
                    from: refusal.ends.from,
                    to: refusal.ends.to,
                    reason: refusal.reason,
                }),
                Some(Err(_)) | None => {}
            },
            Hit::Node(node) => self.finish_on_node(from, node),
            Hit::Canvas | Hit::Wire(_) | Hit::Backdrop(..)
                if self.geometry.transform.panel.contains(screen) =>
            {
                let at = self.geometry.transform.graph_from_screen(screen);
                self.events.push(GraphEvent::WireDropped { from: from.clone(), at, screen });
            }
            Hit::Canvas | Hit::Wire(_) | Hit::Backdrop(..) | Hit::Nothing => {}
        }
    }

    /// A wire let go over a tile goes to the first port there that takes it.
    fn finish_on_node(&mut self, from: &PortRef<I>, node: usize) {
        let Some(target) = self.graph.nodes().get(node) else { return };
        if target.id == from.node {
            return;
        }
        let side = from.side.opposite();
        let mut refused = None;
        for port in 0..target.ports(side).len() {
            match self.join(from, crate::graph::PortPlace { node, side, port }) {
                Some(Ok(ends)) => {
                    self.events.push(GraphEvent::WireRequested { from: ends.from, to: ends.to });
                    return;
                }
                Some(Err(refusal)) => refused = refused.or(Some(refusal)),
                None => {}
            }
        }
        if let Some(refusal) = refused {
            let (from, to) = (refusal.ends.from, refusal.ends.to);
            self.events.push(GraphEvent::WireRefused { from, to, reason: refusal.reason });
        }
    }
}
