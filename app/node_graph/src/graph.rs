//! The graph as the caller describes it: nodes with ports, wires between ports.

use std::collections::HashMap;

use egui::{Pos2, Rect, Vec2};

use crate::{GraphIds, NodeFace, PortFace, PortRef, Side, WireFace};

/// A graph to draw. The widget reads it and never changes it.
///
/// Build it once and keep it between frames: [`Graph::new`] resolves every identity, and the
/// methods ending in `_mut` change what is shown without building it again.
#[derive(Clone, Debug)]
pub struct Graph<I: GraphIds> {
    nodes: Vec<Node<I>>,
    wires: Vec<Wire<I>>,
    node_idx: HashMap<I::Node, usize>,
    wire_idx: HashMap<I::Wire, usize>,
    ends: Vec<Option<WireEnds>>,
}

/// A node: a tile with inputs on its left edge and outputs on its right edge.
#[derive(Clone, Debug)]
pub struct Node<I: GraphIds> {
    /// The caller's name for it.
    pub id: I::Node,
    /// Upper left corner in graph space: points at zoom 1, x to the right, y down.
    pub position: Pos2,
    /// Width and height in graph space. Default 190 × 96.
    pub size: Vec2,
    /// What is shown on it.
    pub face: NodeFace,
    /// Ports on the left edge, from the top.
    pub inputs: Vec<Port<I>>,
    /// Ports on the right edge, from the top.
    pub outputs: Vec<Port<I>>,
}

impl<I: GraphIds> Node<I> {
    /// Width and height of a tile unless the caller says otherwise.
    pub const DEFAULT_SIZE: Vec2 = Vec2::new(190.0, 96.0);

    /// A node of the default size without ports.
    pub fn new(id: I::Node, position: Pos2, face: NodeFace) -> Self {
        Self { id, position, size: Self::DEFAULT_SIZE, face, inputs: Vec::new(), outputs: Vec::new() }
    }

    /// Adds a port at the bottom of the left edge.
    #[must_use]
    pub fn with_input(mut self, id: I::Port, face: PortFace) -> Self {
        self.inputs.push(Port { id, face });
        self
    }

    /// Adds a port at the bottom of the right edge.
    #[must_use]
    pub fn with_output(mut self, id: I::Port, face: PortFace) -> Self {
        self.outputs.push(Port { id, face });
        self
    }

    /// The tile in graph space.
    pub fn rect(&self) -> Rect {
        Rect::from_min_size(self.position, self.size)
    }

    /// The ports of one side, from the top.
    pub fn ports(&self, side: Side) -> &[Port<I>] {
        match side {
            Side::Input => &self.inputs,
            Side::Output => &self.outputs,
        }
    }

    /// Centre of a port in graph space, `port_idx` counting from the top of that side.
    pub fn port_position(&self, side: Side, port_idx: usize) -> Pos2 {
        let n_ports = self.ports(side).len().max(1);
        let y = self.size.y * (port_idx as f32 + 1.0) / (n_ports as f32 + 1.0);
        let x = match side {
            Side::Input => 0.0,
            Side::Output => self.size.x,
        };
        self.position + Vec2::new(x, y)
    }
}

/// A port of a node.
#[derive(Clone, Debug)]
pub struct Port<I: GraphIds> {
    /// The caller's name for it, unique on its side of the node.
    pub id: I::Port,
    /// What is shown of it.
    pub face: PortFace,
}

/// A wire from an output to an input. Any number of wires may share a port.
#[derive(Clone, Debug)]
pub struct Wire<I: GraphIds> {
    /// The caller's name for it.
    pub id: I::Wire,
    /// The output it starts at.
    pub from: PortRef<I>,
    /// The input it ends at.
    pub to: PortRef<I>,
    /// What is shown of it.
    pub face: WireFace,
}

/// A port by index, valid for one graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PortPlace {
    pub node: usize,
    pub side: Side,
    pub port: usize,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct WireEnds {
    pub from: PortPlace,
    pub to: PortPlace,
}

impl<I: GraphIds> Graph<I> {
    /// Takes nodes and wires in the order in which they are drawn, the last one on top.
    ///
    /// A wire whose node or port is not there is kept but not drawn. Of two nodes or wires with
    /// the same identity, only the first can be looked up.
    pub fn new(nodes: Vec<Node<I>>, wires: Vec<Wire<I>>) -> Self {
        let mut node_idx = HashMap::with_capacity(nodes.len());
        for (idx, node) in nodes.iter().enumerate() {
            node_idx.entry(node.id.clone()).or_insert(idx);
        }
        let mut wire_idx = HashMap::with_capacity(wires.len());
        for (idx, wire) in wires.iter().enumerate() {
            wire_idx.entry(wire.id.clone()).or_insert(idx);
        }
        let mut graph = Self { nodes, wires, node_idx, wire_idx, ends: Vec::new() };
        graph.ends = graph
            .wires
            .iter()
            .map(|wire| {
                Some(WireEnds { from: graph.port_place(&wire.from)?, to: graph.port_place(&wire.to)? })
            })
            .collect();
        graph
    }

    /// All nodes in drawing order.
    pub fn nodes(&self) -> &[Node<I>] {
        &self.nodes
    }

    /// All wires in drawing order.
    pub fn wires(&self) -> &[Wire<I>] {
        &self.wires
    }

    /// The node with this identity.
    pub fn node(&self, id: &I::Node) -> Option<&Node<I>> {
        self.nodes.get(self.node_index(id)?)
    }

    /// The wire with this identity.
    pub fn wire(&self, id: &I::Wire) -> Option<&Wire<I>> {
        self.wires.get(self.wire_index(id)?)
    }

    /// What is shown on a node, to be changed in place.
    pub fn node_face_mut(&mut self, id: &I::Node) -> Option<&mut NodeFace> {
        let idx = self.node_index(id)?;
        self.nodes.get_mut(idx).map(|node| &mut node.face)
    }

    /// What is shown of a port, to be changed in place.
    pub fn port_face_mut(&mut self, port: &PortRef<I>) -> Option<&mut PortFace> {
        let place = self.port_place(port)?;
        let node = self.nodes.get_mut(place.node)?;
        let ports = match place.side {
            Side::Input => &mut node.inputs,
            Side::Output => &mut node.outputs,
        };
        ports.get_mut(place.port).map(|port| &mut port.face)
    }

    /// What is shown of a wire, to be changed in place.
    pub fn wire_face_mut(&mut self, id: &I::Wire) -> Option<&mut WireFace> {
        let idx = self.wire_index(id)?;
        self.wires.get_mut(idx).map(|wire| &mut wire.face)
    }

    /// Moves a node; `false` if there is none with this identity.
    pub fn set_position(&mut self, id: &I::Node, position: Pos2) -> bool {
        let node = self.node_index(id).and_then(|idx| self.nodes.get_mut(idx));
        node.map(|node| node.position = position).is_some()
    }

    /// The smallest rectangle in graph space around all nodes, `None` without nodes.
    pub fn bounds(&self) -> Option<Rect> {
        self.nodes.iter().map(Node::rect).reduce(Rect::union)
    }

    pub(crate) fn node_index(&self, id: &I::Node) -> Option<usize> {
        self.node_idx.get(id).copied()
    }

    pub(crate) fn wire_index(&self, id: &I::Wire) -> Option<usize> {
        self.wire_idx.get(id).copied()
    }

    pub(crate) fn ends(&self, wire_idx: usize) -> Option<WireEnds> {
        self.ends.get(wire_idx).copied().flatten()
    }

    pub(crate) fn port_place(&self, port: &PortRef<I>) -> Option<PortPlace> {
        let node = self.node_index(&port.node)?;
        let idx = self.nodes.get(node)?.ports(port.side).iter().position(|p| p.id == port.port)?;
        Some(PortPlace { node, side: port.side, port: idx })
    }

    pub(crate) fn port_ref(&self, place: PortPlace) -> Option<PortRef<I>> {
        let node = self.nodes.get(place.node)?;
        let port = node.ports(place.side).get(place.port)?;
        Some(PortRef { node: node.id.clone(), side: place.side, port: port.id.clone() })
    }
}
