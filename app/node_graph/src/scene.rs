//! Puts one frame on screen: background, frames and notes, wires, labels, nodes, ports, and what is in hand.

use std::collections::HashMap;

use egui::{CursorIcon, PopupAnchor, Tooltip, Vec2};

use crate::backdrop::{Edges, Grip};
use crate::gesture::{Gesture, Hand, Over};
use crate::graph::PortPlace;
use crate::interact::{Frame, Hit};
use crate::paint::{
    BackdropLook, LabelRoom, NodeLook, Pen, PortLook, WireLook, background, cut_line, focused_port,
    gauge_rect, ghost_tile, ghost_wire, guide_line, nodes_as_blocks, paint_backdrop, paint_label, paint_node,
    paint_ports, paint_wire, selection_rect, stub_end, wire_in_hand, wires_as_lines,
};
use crate::{Detail, GraphIds, Insertion, PortRef, Side, Underlay};

/// From this many blocks on screen, they are drawn without rounding, in one mesh.
const MANY_BLOCKS: usize = 400;

impl<I: GraphIds> Frame<'_, I> {
    /// Draws everything; frames and notes lie behind wires, and wires behind nodes.
    pub fn paint(&self, underlay: Option<&Underlay<'_, I>>) {
        let mut pen = Pen::new(self.ui.painter(), self.style, self.geometry.transform.zoom);
        background(&mut pen, &self.geometry.transform);
        if let Some(underlay) = underlay {
            pen.flush();
            underlay(self.ui.painter(), &self.geometry);
        }
        self.paint_backdrops(&mut pen);
        self.paint_wires(&mut pen);
        self.paint_nodes(&mut pen);
        self.paint_gesture(&mut pen);
        pen.flush();
        self.set_cursor();
    }

    fn paint_backdrops(&self, pen: &mut Pen<'_>) {
        let detail = self.geometry.detail;
        for &idx in &self.geometry.visible_backdrops {
            let backdrop = &self.graph.backdrops()[idx];
            let look = BackdropLook {
                selected: self.view.selected_backdrops.contains(&backdrop.id),
                hovered: matches!(self.hovered, Hit::Backdrop(at, _) if at == idx)
                    && !self.view.is_dragging(),
                focused: self.shows_focus() && self.focused_backdrop() == Some(idx),
            };
            paint_backdrop(pen, self.geometry.backdrop(self.graph, idx), &backdrop.face, look, detail);
        }
    }

    fn wire_look(&self, idx: usize, target: Option<&I::Wire>) -> WireLook {
        let id = &self.graph.wires()[idx].id;
        WireLook {
            selected: self.view.selected_wires.contains(id),
            hovered: self.hovered == Hit::Wire(idx) && !self.view.is_dragging(),
            target: target == Some(id),
        }
    }

    fn paint_wires(&self, pen: &mut Pen<'_>) {
        let wires = self.graph.wires();
        if self.geometry.detail == Detail::Block {
            let straight = self.lines.iter().filter_map(|(idx, points)| {
                let (from, to) = (points.first()?, points.last()?);
                Some((*from, *to, &wires[idx].face, self.wire_look(idx, None)))
            });
            return wires_as_lines(pen, straight);
        }
        let target = self.insertion_in_hand().map(|insertion| insertion.wire.clone());
        let full = self.geometry.detail == Detail::Full;
        for (idx, points) in self.lines.iter() {
            if matches!(&self.view.gesture, Gesture::Lift { wires: lifted, .. } if lifted.contains(&wires[idx].id))
            {
                continue;
            }
            paint_wire(pen, points, &wires[idx].face, self.wire_look(idx, target.as_ref()), full);
        }
        if full {
            let tiles = self.geometry.visible_nodes.iter().map(|idx| self.geometry.rect(self.graph, *idx));
            let gauges = self.lines.iter().filter_map(|(idx, points)| {
                let end = *points.last()?;
                wires[idx].face.fill.map(|_| gauge_rect(end, self.geometry.transform.zoom))
            });
            let mut room = LabelRoom::new(tiles.chain(gauges));
            for (idx, _) in self.lines.iter() {
                let Some(ends) = self.graph.ends(idx) else { continue };
                let (from, to) =
                    (self.geometry.port(self.graph, ends.from), self.geometry.port(self.graph, ends.to));
                let look = self.wire_look(idx, None);
                let curve = self.geometry.curve(from, to);
                paint_label(pen, &curve, &wires[idx].face, &mut room, look.selected || look.hovered);
            }
        }
    }

    fn node_look(&self, idx: usize) -> NodeLook {
        let id = &self.graph.nodes()[idx].id;
        NodeLook {
            selected: self.view.selected_nodes.contains(id),
            hovered: self.hovered == Hit::Node(idx) && !self.view.is_dragging(),
            focused: self.shows_focus()
                && self.view.focus.as_ref() == Some(id)
                && self.port_by_key().is_none()
                && self.focused_wire().is_none()
                && self.focused_backdrop().is_none(),
        }
    }

    /// Whether it is shown where the keyboard is.
    fn shows_focus(&self) -> bool {
        self.view.by_key && self.response.has_focus()
    }

    fn paint_nodes(&self, pen: &mut Pen<'_>) {
        let visible = &self.geometry.visible_nodes;
        let nodes = self.graph.nodes();
        let detail = self.geometry.detail;
        if detail == Detail::Block && visible.len() >= MANY_BLOCKS {
            let blocks = visible
                .iter()
                .map(|&idx| (self.geometry.rect(self.graph, idx), &nodes[idx].face, self.node_look(idx)));
            return nodes_as_blocks(pen, blocks);
        }
        // What is selected lies on top, so that a dragged node is never hidden.
        for selected in [false, true] {
            for &idx in visible {
                let look = self.node_look(idx);
                if look.selected == selected {
                    paint_node(pen, self.geometry.rect(self.graph, idx), &nodes[idx].face, look, detail);
                    if detail != Detail::Block {
                        self.paint_ports_of(pen, idx);
                    }
                }
            }
        }
    }

    fn paint_ports_of(&self, pen: &mut Pen<'_>, node: usize) {
        for side in [Side::Input, Side::Output] {
            let ports = self.graph.nodes()[node].ports(side);
            let drawn = ports.iter().enumerate().map(|(port, described)| {
                let place = PortPlace { node, side, port };
                let by_key = self.shows_focus() && self.port_by_key() == Some(place);
                let hovered = self.hovered == Hit::Port(place) || by_key;
                let accepts = self.accepts(place).map(|verdict| verdict.is_ok());
                let named = ports.len() > 1 || hovered || accepts == Some(true);
                (self.geometry.port(self.graph, place), &described.face, PortLook { hovered, accepts, named })
            });
            paint_ports(pen, side, self.geometry.detail, drawn);
        }
    }

    fn paint_gesture(&self, pen: &mut Pen<'_>) {
        // Where two wires take the place of one, lines through everything would only hide them.
        if let Some(insertion) = self.insertion_in_hand() {
            self.paint_insertion(pen, insertion);
        } else {
            for guide in &self.guides {
                guide_line(pen, guide.map(|at| self.geometry.transform.screen_from_graph(at)));
            }
        }
        if self.shows_focus()
            && let Some(place) = self.port_by_key()
        {
            focused_port(pen, self.geometry.port(self.graph, place));
        }
        if let Gesture::Wire { from, hand: Hand::Keys { to } } = &self.view.gesture {
            let Some(place) = self.graph.port_place(from) else { return };
            let start = self.geometry.port(self.graph, place);
            let held_to = to.as_ref().and_then(|to| self.graph.port_place(to));
            let end = held_to.map_or_else(
                || stub_end(start, from.side, pen.zoom),
                |to| self.geometry.port(self.graph, to),
            );
            return wire_in_hand(pen, start, from.side, end, false);
        }
        let Some(pointer) = self.pointer else { return };
        let screen = |graph| self.geometry.transform.screen_from_graph(graph);
        match &self.view.gesture {
            Gesture::Select { from, .. } => {
                selection_rect(pen, egui::Rect::from_two_pos(screen(*from), pointer));
            }
            Gesture::Cut { from } => cut_line(pen, screen(*from), pointer),
            Gesture::Wire { from, .. } => {
                let Some(place) = self.graph.port_place(from) else { return };
                let refused = self.refusal().is_some();
                let end = match self.hovered {
                    Hit::Port(over) if over != place && !refused => self.geometry.port(self.graph, over),
                    _ => pointer,
                };
                wire_in_hand(pen, self.geometry.port(self.graph, place), from.side, end, refused);
            }
            Gesture::Lift { port, wires } => {
                let refused = self.refusal().is_some();
                for far in wires.iter().filter_map(|id| self.far_end(port, id)) {
                    let Some(place) = self.graph.port_place(far) else { continue };
                    wire_in_hand(pen, self.geometry.port(self.graph, place), far.side, pointer, refused);
                }
            }
            Gesture::None | Gesture::Pan | Gesture::Move { .. } | Gesture::Resize { .. } => {}
        }
    }

    /// What would be inserted if the nodes in hand were let go now.
    fn insertion_in_hand(&self) -> Option<&Insertion<I>> {
        match &self.view.gesture {
            Gesture::Move { over: Some(Over { answer, .. }), .. } => answer.as_ref().ok(),
            _ => None,
        }
    }

    /// The two wires to come, and where the nodes will stand that make room.
    fn paint_insertion(&self, pen: &mut Pen<'_>, insertion: &Insertion<I>) {
        let ways: HashMap<&I::Node, Vec2> = insertion.make_room.iter().map(|(id, way)| (id, *way)).collect();
        let way = |id: &I::Node| ways.get(id).map_or(Vec2::ZERO, |way| *way * pen.zoom);
        let ghosts: Vec<_> = self
            .geometry
            .visible_nodes
            .iter()
            .filter_map(|idx| {
                let way = way(&self.graph.nodes()[*idx].id);
                (way != Vec2::ZERO).then(|| self.geometry.rect(self.graph, *idx).translate(way))
            })
            .collect();
        let place =
            |port: &PortRef<I>| Some(self.geometry.port_position(self.graph, port)? + way(&port.node));
        let Some(wire) = self.graph.wire(&insertion.wire) else { return };
        let wires =
            [(place(&wire.from), place(&insertion.input)), (place(&insertion.output), place(&wire.to))];
        for ghost in ghosts {
            ghost_tile(pen, ghost);
        }
        for ends in wires {
            if let (Some(from), Some(to)) = ends {
                ghost_wire(pen, from, to);
            }
        }
    }

    /// Why the node in hand does not fit into the wire under it, or the wire in hand may not end at the port under the pointer.
    fn refusal(&self) -> Option<String> {
        if let Gesture::Move { over: Some(Over { answer: Err(reason), .. }), .. } = &self.view.gesture {
            return Some(reason.clone());
        }
        let Hit::Port(place) = self.hovered else { return None };
        if matches!(self.view.gesture, Gesture::Wire { hand: Hand::Keys { .. }, .. }) {
            return None;
        }
        self.accepts(place)?.err()
    }

    /// Shows the refusal at the pointer, or the tooltip of what the pointer rests on.
    pub fn tooltips(&self) {
        if let Some(reason) = self.refusal() {
            let (ctx, layer) = (self.ui.ctx().clone(), self.response.layer_id);
            let id = self.response.id.with("refusal");
            Tooltip::always_open(ctx, layer, id, PopupAnchor::Pointer).gap(14.0).show(|ui| {
                ui.colored_label(self.style.error, reason);
            });
            return;
        }
        if let Gesture::Wire { from, hand: Hand::Keys { to: None } } = &self.view.gesture
            && let Some(at) = self.geometry.port_position(self.graph, from)
        {
            let (ctx, layer) = (self.ui.ctx().clone(), self.response.layer_id);
            let id = self.response.id.with("no_taker");
            Tooltip::always_open(ctx, layer, id, PopupAnchor::Position(at)).gap(14.0).show(|ui| {
                ui.label(&self.labels.no_taker);
            });
            return;
        }
        if self.view.is_dragging() {
            return;
        }
        // Beside a tile, not at the pointer: what it says would hide what it is about.
        let tile = match self.hovered {
            Hit::Node(idx) => Some(self.geometry.rect(self.graph, idx)),
            _ => None,
        };
        let text = match self.hovered {
            Hit::Port(place) => {
                let port = self
                    .graph
                    .nodes()
                    .get(place.node)
                    .and_then(|node| node.ports(place.side).get(place.port));
                port.map(|port| &port.face.tooltip)
            }
            Hit::Node(idx) => self.graph.nodes().get(idx).map(|node| &node.face.tooltip),
            Hit::Wire(idx) => self.graph.wires().get(idx).map(|wire| &wire.face.tooltip),
            Hit::Backdrop(..) | Hit::Canvas | Hit::Nothing => None,
        };
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            let mut tooltip = Tooltip::for_enabled(self.response).at_pointer().gap(14.0);
            if let Some(tile) = tile {
                tooltip.popup = tooltip.popup.anchor(tile);
            }
            tooltip.show(|ui| ui.label(text));
        }
    }

    fn set_cursor(&self) {
        let icon = match (&self.view.gesture, self.hovered) {
            (Gesture::Wire { hand: Hand::Keys { .. }, .. }, _) => return,
            (Gesture::Pan, _) => CursorIcon::Grabbing,
            (Gesture::Move { .. }, _) => CursorIcon::Grabbing,
            (Gesture::Wire { .. } | Gesture::Lift { .. }, _) => CursorIcon::Crosshair,
            (Gesture::Select { .. } | Gesture::Cut { .. }, _) => CursorIcon::Crosshair,
            (Gesture::Resize { edges, .. }, _) => resizing(*edges),
            (Gesture::None, Hit::Backdrop(_, Grip::Edge(edges))) => resizing(edges),
            (Gesture::None, Hit::Port(_)) => CursorIcon::Crosshair,
            (Gesture::None, Hit::Wire(_)) => CursorIcon::PointingHand,
            _ => return,
        };
        self.ui.ctx().set_cursor_icon(icon);
    }
}

/// The pointer that says which way edges go.
fn resizing(edges: Edges) -> CursorIcon {
    match (edges.across, edges.down) {
        (_, 0) => CursorIcon::ResizeHorizontal,
        (0, _) => CursorIcon::ResizeVertical,
        (across, down) if across == down => CursorIcon::ResizeNwSe,
        _ => CursorIcon::ResizeNeSw,
    }
}
