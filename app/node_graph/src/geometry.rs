//! Where things were drawn: for overlays such as coach marks, and for the widget itself.

use std::collections::HashSet;

use egui::{Pos2, Rect, Vec2};

use crate::graph::PortPlace;
use crate::lines::Lines;
use crate::{Graph, GraphIds, PortRef, Transform};

/// How much of a node is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// Below 25 % zoom: a block in the lens colour and a large badge.
    Block,
    /// From 25 to 50 %: title and one number.
    Title,
    /// From 50 %: everything.
    Full,
}

impl Detail {
    /// The level of detail at a zoom.
    pub fn at(zoom: f32) -> Self {
        match zoom {
            z if z < 0.25 => Self::Block,
            z if z < 0.5 => Self::Title,
            _ => Self::Full,
        }
    }
}

/// Screen places of one frame, offsets of a drag included.
#[derive(Clone, Debug)]
pub struct Geometry<I: GraphIds> {
    /// From graph space to the screen.
    pub transform: Transform,
    /// Indices into [`Graph::nodes`] of the nodes that are at least partly on screen.
    pub visible_nodes: Vec<usize>,
    /// Indices into [`Graph::wires`] of the wires that may be on screen.
    pub visible_wires: Vec<usize>,
    /// Indices into [`Graph::backdrops`] of the frames and notes that are at least partly on screen.
    pub visible_backdrops: Vec<usize>,
    /// How much of a node was drawn.
    pub detail: Detail,
    pub(crate) dragged: HashSet<I::Node>,
    pub(crate) dragged_backdrops: HashSet<I::Backdrop>,
    pub(crate) drag_delta: Vec2,
    /// A backdrop whose edges are in hand, and where it lies now, in graph space.
    pub(crate) resized: Option<(I::Backdrop, Rect)>,
}

impl<I: GraphIds> Geometry<I> {
    /// The tile of a node on screen, whether or not it is in the visible part.
    pub fn node_rect(&self, graph: &Graph<I>, id: &I::Node) -> Option<Rect> {
        Some(self.rect(graph, graph.node_index(id)?))
    }

    /// A frame or a note on screen, whether or not it is in the visible part.
    pub fn backdrop_rect(&self, graph: &Graph<I>, id: &I::Backdrop) -> Option<Rect> {
        Some(self.backdrop(graph, graph.backdrop_index(id)?))
    }

    /// The centre of a port on screen.
    pub fn port_position(&self, graph: &Graph<I>, port: &PortRef<I>) -> Option<Pos2> {
        Some(self.port(graph, graph.port_place(port)?))
    }

    /// A point on a wire, half way between its ends, on screen.
    pub fn wire_middle(&self, graph: &Graph<I>, id: &I::Wire) -> Option<Pos2> {
        let ends = graph.ends(graph.wire_index(id)?)?;
        let curve = self.curve(self.port(graph, ends.from), self.port(graph, ends.to));
        Some(curve.at(0.5))
    }

    /// The wire that runs nearest to a place on screen, if within `reach` of it.
    pub fn wire_at(&self, graph: &Graph<I>, screen: Pos2, reach: f32) -> Option<I::Wire> {
        let nearest = Lines::of(graph, self).nearest(screen, reach)?;
        graph.wires().get(nearest).map(|wire| wire.id.clone())
    }

    pub(crate) fn offset(&self, id: &I::Node) -> Vec2 {
        let moved = !self.dragged.is_empty() && self.dragged.contains(id);
        if moved { self.drag_delta } else { Vec2::ZERO }
    }

    /// Screen rectangle of the node with this index, which must be one of the graph's.
    pub(crate) fn rect(&self, graph: &Graph<I>, node_idx: usize) -> Rect {
        let node = &graph.nodes()[node_idx];
        self.transform.screen_rect_from_graph(node.rect().translate(self.offset(&node.id)))
    }

    /// Where the backdrop with this index lies in graph space, with what a drag has done to it.
    pub(crate) fn backdrop_area(&self, graph: &Graph<I>, idx: usize) -> Rect {
        let backdrop = &graph.backdrops()[idx];
        match &self.resized {
            Some((id, area)) if *id == backdrop.id => *area,
            _ if self.dragged_backdrops.contains(&backdrop.id) => backdrop.area.translate(self.drag_delta),
            _ => backdrop.area,
        }
    }

    /// The same on screen.
    pub(crate) fn backdrop(&self, graph: &Graph<I>, idx: usize) -> Rect {
        self.transform.screen_rect_from_graph(self.backdrop_area(graph, idx))
    }

    /// Screen position of a port resolved by the same graph.
    pub(crate) fn port(&self, graph: &Graph<I>, place: PortPlace) -> Pos2 {
        let node = &graph.nodes()[place.node];
        let at = node.port_position(place.side, place.port) + self.offset(&node.id);
        self.transform.screen_from_graph(at)
    }

    pub(crate) fn curve(&self, from: Pos2, to: Pos2) -> crate::curve::Curve {
        crate::curve::Curve::between(from, to, self.transform.zoom)
    }

    /// Finds out what is on screen. Costs a comparison of rectangles for everything else.
    pub(crate) fn cull(&mut self, graph: &Graph<I>) {
        let visible = self.transform.visible_graph_rect();
        // Room for shadows, badges and port names, which reach out of the tile.
        let margin = 24.0 / self.transform.zoom + 24.0;
        let reach = visible.expand(margin);
        self.visible_nodes.clear();
        for (idx, node) in graph.nodes().iter().enumerate() {
            if reach.intersects(node.rect().translate(self.offset(&node.id))) {
                self.visible_nodes.push(idx);
            }
        }
        self.visible_backdrops.clear();
        for idx in 0..graph.backdrops().len() {
            if reach.intersects(self.backdrop_area(graph, idx)) {
                self.visible_backdrops.push(idx);
            }
        }
        self.visible_wires.clear();
        let panel = self.transform.panel.expand(16.0);
        for idx in 0..graph.wires().len() {
            let Some(ends) = graph.ends(idx) else { continue };
            let curve = self.curve(self.port(graph, ends.from), self.port(graph, ends.to));
            if panel.intersects(curve.bounds()) {
                self.visible_wires.push(idx);
            }
        }
    }
}
