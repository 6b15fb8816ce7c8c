//! What was checked: a flow's nodes with their plans, in an order in which each stands after what it reads.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::data::EdgeType;
use crate::diagnostic::{Diagnostic, Severity};
use crate::ids::{EdgeId, NodeId};
use crate::node::{NodePlan, NodeSpec};

/// What [`check`](super::check) makes of a document: as much of a graph as can be made, and what there is to say about the rest.
#[derive(Default)]
pub struct Checked {
    /// The graph.
    pub graph: LogicalGraph,
    /// What is wrong, doubtful or worth knowing: errors first, then by place.
    pub diagnostics: Vec<Diagnostic>,
}

impl Checked {
    /// Whether a run can be made of it: there are nodes, all of them run, and nothing is wrong.
    pub fn is_runnable(&self) -> bool {
        !self.graph.nodes.is_empty()
            && self.errors().next().is_none()
            && self.graph.nodes.iter().all(|node| node.plan.runs.is_some())
    }

    /// What keeps the flow from running.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error)
    }
}

/// A flow whose nodes have been planned.
///
/// Nodes of unknown kind are not in it, nor edges that cannot be: from or to what does not exist, one too many for their port, or
/// closing a cycle. Each of these is an error, so the graph of a flow that [runs](Checked::is_runnable) is the whole flow.
#[derive(Default)]
pub struct LogicalGraph {
    /// The flow's session zone.
    pub session_zone: String,
    /// The nodes, each after those that it reads; by id where that leaves a choice.
    pub nodes: Vec<LogicalNode>,
    /// The edges, by id.
    pub edges: Vec<LogicalEdge>,
    // Where each node stands.
    places: HashMap<NodeId, usize>,
}

/// A node that has been planned.
pub struct LogicalNode {
    /// Its id.
    pub id: NodeId,
    /// Its kind.
    pub kind: String,
    /// What people call it: its own title, else its kind's.
    pub title: String,
    /// The description of its kind.
    pub spec: Arc<NodeSpec>,
    /// Its parameters, with values in the place of `${name}`.
    pub params: Map<String, Value>,
    /// What its type says of it. In a flow that runs, sources have been told which columns are used, so that types here are those
    /// of the rows that flow.
    pub plan: NodePlan,
    /// The types of its outputs if sources gave out every column: what an editor offers.
    pub full_outputs: Vec<Option<Arc<EdgeType>>>,
    /// For each input port, the edges that enter it: indices into [`LogicalGraph::edges`].
    pub inputs: Vec<Vec<usize>>,
    /// For each output port, the edges that leave it: indices into [`LogicalGraph::edges`].
    pub outputs: Vec<Vec<usize>>,
}

/// An edge between two ports that exist.
#[derive(Clone, Debug)]
pub struct LogicalEdge {
    /// Its id.
    pub id: EdgeId,
    /// The output port that it leaves.
    pub from: PortIndex,
    /// The input port that it enters.
    pub to: PortIndex,
    /// What flows over it; `None` where that cannot be said yet.
    pub edge_type: Option<Arc<EdgeType>>,
    /// What would flow over it if sources gave out every column.
    pub full_type: Option<Arc<EdgeType>>,
}

/// A port by numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PortIndex {
    /// The node: an index into [`LogicalGraph::nodes`].
    pub node: usize,
    /// The port: an index into the inputs or outputs of its [`NodeSpec`].
    pub port: usize,
}

impl LogicalGraph {
    /// The graph of these nodes, each after those that it reads, and these edges by id.
    pub(super) fn new(
        session_zone: String,
        nodes: Vec<LogicalNode>,
        edges: Vec<LogicalEdge>,
    ) -> LogicalGraph {
        let places = nodes.iter().enumerate().map(|(place, node)| (node.id.clone(), place)).collect();
        LogicalGraph { session_zone, nodes, edges, places }
    }

    /// Where a node stands in [`LogicalGraph::nodes`].
    pub fn index_of(&self, id: &NodeId) -> Option<usize> {
        self.places.get(id).copied()
    }

    /// A node.
    pub fn node(&self, id: &NodeId) -> Option<&LogicalNode> {
        self.nodes.get(self.index_of(id)?)
    }

    /// An edge.
    pub fn edge(&self, id: &EdgeId) -> Option<&LogicalEdge> {
        self.edges.binary_search_by(|edge| edge.id.cmp(id)).ok().map(|idx| &self.edges[idx])
    }

    /// The edges that enter a node, by port and then by id.
    pub fn edges_into(&self, node: usize) -> impl Iterator<Item = &LogicalEdge> {
        self.nodes[node].inputs.iter().flatten().map(|idx| &self.edges[*idx])
    }

    /// The edges that leave a node, by port and then by id.
    pub fn edges_out_of(&self, node: usize) -> impl Iterator<Item = &LogicalEdge> {
        self.nodes[node].outputs.iter().flatten().map(|idx| &self.edges[*idx])
    }
}
