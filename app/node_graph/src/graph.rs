//! The graph as the caller describes it: nodes with ports, wires between ports, and what lies behind them.

use std::collections::{BTreeSet, HashMap};

use egui::{Pos2, Rect, Vec2};

use crate::{Backdrop, GraphIds, NodeFace, PortFace, PortRef, Side, WireFace};

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
    backdrops: Vec<Backdrop<I>>,
    backdrop_idx: HashMap<I::Backdrop, usize>,
    ends: Vec<Option<WireEnds>>,
    touching: Touching,
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
        let mut graph = Self {
            nodes,
            wires,
            node_idx,
            wire_idx,
            backdrops: Vec::new(),
            backdrop_idx: HashMap::new(),
            ends: Vec::new(),
            touching: Touching::default(),
        };
        graph.ends = graph
            .wires
            .iter()
            .map(|wire| {
                Some(WireEnds { from: graph.port_place(&wire.from)?, to: graph.port_place(&wire.to)? })
            })
            .collect();
        graph.touching = Touching::of(graph.nodes.len(), &graph.ends);
        graph
    }

    /// Takes the frames and notes behind the nodes, in the order in which they are drawn, the last one on top.
    pub fn set_backdrops(&mut self, backdrops: Vec<Backdrop<I>>) {
        self.backdrop_idx.clear();
        for (idx, backdrop) in backdrops.iter().enumerate() {
            self.backdrop_idx.entry(backdrop.id.clone()).or_insert(idx);
        }
        self.backdrops = backdrops;
    }

    /// All frames and notes in drawing order.
    pub fn backdrops(&self) -> &[Backdrop<I>] {
        &self.backdrops
    }

    /// The frame or note with this identity.
    pub fn backdrop(&self, id: &I::Backdrop) -> Option<&Backdrop<I>> {
        self.backdrops.get(self.backdrop_index(id)?)
    }

    /// The nodes that lie wholly inside an area in graph space, in drawing order.
    pub fn nodes_inside(&self, area: Rect) -> impl Iterator<Item = &Node<I>> {
        self.nodes.iter().filter(move |node| area.contains_rect(node.rect()))
    }

    /// The frames and notes that lie wholly inside an area in graph space, in drawing order.
    pub fn backdrops_inside(&self, area: Rect) -> impl Iterator<Item = &Backdrop<I>> {
        self.backdrops.iter().filter(move |backdrop| area.contains_rect(backdrop.area))
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

    /// The smallest rectangle in graph space around all nodes, frames and notes, `None` if there are none.
    pub fn bounds(&self) -> Option<Rect> {
        let backdrops = self.backdrops.iter().map(|backdrop| backdrop.area);
        self.nodes.iter().map(Node::rect).chain(backdrops).reduce(Rect::union)
    }

    /// These nodes and all that rows reach them from. Cycles do no harm; costs one look at every
    /// wire on the way.
    pub fn upstream<'n>(&self, nodes: impl IntoIterator<Item = &'n I::Node>) -> BTreeSet<I::Node> {
        self.named(
            &self.reached(self.indices(nodes), |ends, here| (ends.to.node == here).then_some(ends.from)),
        )
    }

    /// These nodes and all that rows from them reach.
    pub fn downstream<'n>(&self, nodes: impl IntoIterator<Item = &'n I::Node>) -> BTreeSet<I::Node> {
        self.named(
            &self.reached(self.indices(nodes), |ends, here| (ends.from.node == here).then_some(ends.to)),
        )
    }

    /// These nodes and all that wires join to them, whichever way they run.
    pub fn connected<'n>(&self, nodes: impl IntoIterator<Item = &'n I::Node>) -> BTreeSet<I::Node> {
        self.named(&self.reached(self.indices(nodes), |ends, here| {
            Some(if ends.from.node == here { ends.to } else { ends.from })
        }))
    }

    fn indices<'n>(&self, nodes: impl IntoIterator<Item = &'n I::Node>) -> Vec<usize> {
        nodes.into_iter().filter_map(|id| self.node_index(id)).collect()
    }

    fn named(&self, reached: &[bool]) -> BTreeSet<I::Node> {
        let nodes = self.nodes.iter().zip(reached).filter(|(_, reached)| **reached);
        nodes.map(|(node, _)| node.id.clone()).collect()
    }

    /// For every node, whether it is one of `from` or reached from there; `next` says where a wire
    /// leads from the node with an index.
    fn reached(&self, from: Vec<usize>, next: impl Fn(WireEnds, usize) -> Option<PortPlace>) -> Vec<bool> {
        let mut reached = vec![false; self.nodes.len()];
        let mut waiting = from;
        while let Some(here) = waiting.pop() {
            if std::mem::replace(&mut reached[here], true) {
                continue;
            }
            let ends = self.wires_of(here).iter().filter_map(|idx| self.ends(*idx));
            waiting.extend(ends.filter_map(|ends| next(ends, here)).map(|place| place.node));
        }
        reached
    }

    /// Indices of the wires at a node, in graph order. A wire from a node to itself is there twice.
    pub(crate) fn wires_of(&self, node_idx: usize) -> &[usize] {
        self.touching.at(node_idx)
    }

    pub(crate) fn node_index(&self, id: &I::Node) -> Option<usize> {
        self.node_idx.get(id).copied()
    }

    pub(crate) fn wire_index(&self, id: &I::Wire) -> Option<usize> {
        self.wire_idx.get(id).copied()
    }

    pub(crate) fn backdrop_index(&self, id: &I::Backdrop) -> Option<usize> {
        self.backdrop_idx.get(id).copied()
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

/// The wires at every node: one list for all, and where the part of each node starts.
#[derive(Clone, Debug, Default)]
struct Touching {
    starts: Vec<usize>,
    wires: Vec<usize>,
}

impl Touching {
    fn of(n_nodes: usize, ends: &[Option<WireEnds>]) -> Self {
        let both = |ends: &Option<WireEnds>| ends.map(|ends| [ends.from.node, ends.to.node]);
        let mut starts = vec![0; n_nodes + 1];
        for node in ends.iter().filter_map(both).flatten() {
            starts[node + 1] += 1;
        }
        for node in 0..n_nodes {
            starts[node + 1] += starts[node];
        }
        let mut next = starts.clone();
        let mut wires = vec![0; starts[n_nodes]];
        for (idx, nodes) in ends.iter().map(both).enumerate() {
            for node in nodes.into_iter().flatten() {
                wires[next[node]] = idx;
                next[node] += 1;
            }
        }
        Self { starts, wires }
    }

    fn at(&self, node_idx: usize) -> &[usize] {
        match (self.starts.get(node_idx), self.starts.get(node_idx + 1)) {
            (Some(start), Some(end)) => &self.wires[*start..*end],
            _ => &[],
        }
    }
}
