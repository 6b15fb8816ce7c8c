//! What is selected on the canvas.

use std::collections::BTreeSet;

use tidemark_engine::graph::{self, FlowDocument};
use tidemark_engine::ids::{EdgeId, NodeId};

/// The selected nodes and wires, and what is selected of that which is drawn around them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// The nodes.
    pub nodes: BTreeSet<NodeId>,
    /// The wires.
    pub wires: BTreeSet<EdgeId>,
    /// The frames and notes.
    pub drawn: BTreeSet<Drawn>,
}

/// A frame or a note, by its id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Drawn {
    /// A frame.
    Frame(String),
    /// A note.
    Note(String),
}

impl Drawn {
    /// Whether a flow has it.
    pub fn is_in(&self, flow: &FlowDocument) -> bool {
        match self {
            Drawn::Frame(id) => flow.frames.contains_key(id),
            Drawn::Note(id) => flow.notes.contains_key(id),
        }
    }

    /// Every frame and note of a flow.
    pub fn all_of(flow: &FlowDocument) -> impl Iterator<Item = Drawn> {
        let frames = flow.frames.keys().cloned().map(Drawn::Frame);
        frames.chain(flow.notes.keys().cloned().map(Drawn::Note))
    }
}

impl Selection {
    /// Nodes and nothing else.
    pub fn of_nodes(nodes: impl IntoIterator<Item = NodeId>) -> Selection {
        Selection { nodes: nodes.into_iter().collect(), ..Selection::default() }
    }

    /// Wires and nothing else.
    pub fn of_wires(wires: impl IntoIterator<Item = EdgeId>) -> Selection {
        Selection { wires: wires.into_iter().collect(), ..Selection::default() }
    }

    /// A frame or a note and nothing else.
    pub fn of_drawn(drawn: Drawn) -> Selection {
        Selection { drawn: [drawn].into(), ..Selection::default() }
    }

    /// Whether nothing is selected.
    pub fn is_empty(&self) -> bool {
        self.wires.is_empty() && !self.can_be_copied()
    }

    /// Whether anything is selected that could stand in another flow as well.
    pub fn can_be_copied(&self) -> bool {
        !(self.nodes.is_empty() && self.drawn.is_empty())
    }

    /// The selected node, if it is the only one, and no frame or note is selected with it.
    pub fn single_node(&self) -> Option<&NodeId> {
        (self.nodes.len() == 1 && self.drawn.is_empty()).then(|| self.nodes.first()).flatten()
    }

    /// The selected wire, if it is the only thing selected.
    pub fn single_wire(&self) -> Option<&EdgeId> {
        (!self.can_be_copied() && self.wires.len() == 1).then(|| self.wires.first()).flatten()
    }

    /// The selected frame or note, if it is the only one, and no node is selected with it.
    pub fn single_drawn(&self) -> Option<&Drawn> {
        (self.nodes.is_empty() && self.drawn.len() == 1).then(|| self.drawn.first()).flatten()
    }

    /// The selected frames and notes as a part of a flow is told.
    pub fn drawn_parts(&self) -> graph::Drawn {
        let mut parts = graph::Drawn::default();
        for drawn in &self.drawn {
            match drawn {
                Drawn::Frame(id) => parts.frames.insert(id.clone()),
                Drawn::Note(id) => parts.notes.insert(id.clone()),
            };
        }
        parts
    }

    /// Forgets what the flow no longer has.
    pub fn retain_existing(&mut self, flow: &FlowDocument) {
        self.nodes.retain(|node| flow.nodes.contains_key(node));
        self.wires.retain(|wire| flow.edges.contains(wire));
        self.drawn.retain(|drawn| drawn.is_in(flow));
    }
}
