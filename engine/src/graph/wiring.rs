//! Edges held against the ports that exist: which of them join something, and what is wrong with the others.

use std::collections::BTreeMap;
use std::sync::Arc;

use thiserror::Error;

use super::document::{FlowDocument, FlowNode};
use super::json::brief;
use super::logical::PortIndex;
use super::order::order;
use crate::data::most_similar;
use crate::diagnostic::{Diagnostic, Place};
use crate::ids::{EdgeId, NodeId, PortRef};
use crate::node::{Arity, Catalog, NodeSpec, NodeType};

/// The nodes whose kind is known, and how they are joined.
pub(super) struct Wired<'a> {
    /// The nodes, each after those that it reads.
    pub nodes: Vec<WiredNode<'a>>,
    /// The edges that join them, by id.
    pub edges: Vec<WiredEdge<'a>>,
}

pub(super) struct WiredNode<'a> {
    pub id: &'a NodeId,
    pub node: &'a FlowNode,
    pub spec: &'a Arc<NodeSpec>,
    pub node_type: &'a Arc<dyn NodeType>,
    /// For each input port what enters it, by edge: an index into [`Wired::edges`], or `None` for an edge that comes from nowhere.
    pub inputs: Vec<Vec<Option<usize>>>,
    /// For each output port the edges that leave it: indices into [`Wired::edges`].
    pub outputs: Vec<Vec<usize>>,
    /// For each output port, whether any edge leaves it, be it one that leads nowhere.
    pub is_read: Vec<bool>,
}

pub(super) struct WiredEdge<'a> {
    pub id: &'a EdgeId,
    pub from: PortIndex,
    pub to: PortIndex,
}

/// Which end of an edge.
#[derive(Clone, Copy)]
enum End {
    From,
    To,
}

/// Joins the nodes of `doc`, and says of every edge that joins nothing why not.
pub(super) fn wire<'a>(
    doc: &'a FlowDocument,
    catalog: &'a Catalog,
    diagnostics: &mut Vec<Diagnostic>,
) -> Wired<'a> {
    let mut wiring = Wiring { doc, catalog, hints_left: 20, diagnostics };
    let mut nodes = wiring.known_nodes();
    let index: BTreeMap<&NodeId, usize> =
        nodes.iter().enumerate().map(|(idx, node)| (node.id, idx)).collect();

    // Every edge with those of its ends that exist; nodes are numbered by id for now.
    let mut ends = Vec::new();
    let mut n_entering = BTreeMap::new();
    for edge in &doc.edges {
        let from = wiring.find(edge, End::From);
        let to = wiring.find(edge, End::To);
        let port = |node: &NodeId, port| Some(PortIndex { node: *index.get(node)?, port });
        let from = from.and_then(|idx| port(&edge.from.node, idx));
        let to = to.and_then(|idx| port(&edge.to.node, idx));
        if let Some(from) = from {
            nodes[from.node].is_read[from.port] = true;
        }
        let Some(to) = to else { continue };
        let n: &mut usize = n_entering.entry(to).or_default();
        *n += 1;
        if *n > 1 && nodes[to.node].spec.inputs[to.port].arity == Arity::One {
            wiring.one_too_many(edge);
        } else {
            ends.push((edge, from, to));
        }
    }

    let joined: Vec<usize> = (0..ends.len()).filter(|idx| ends[*idx].1.is_some()).collect();
    let pairs: Vec<_> =
        joined.iter().map(|idx| (ends[*idx].1.map_or(0, |from| from.node), ends[*idx].2.node)).collect();
    let order = order(nodes.len(), &pairs);
    for (edge, cycle) in &order.cycles {
        let idx = joined[*edge];
        wiring.cycle(ends[idx].0, cycle.iter().map(|node| nodes[*node].id));
        ends[idx].1 = None;
    }
    assemble(nodes, ends, &order.nodes)
}

/// Numbers nodes by their place in `order` and gives them their edges.
fn assemble<'a>(
    nodes: Vec<WiredNode<'a>>,
    ends: Vec<(&'a EdgeId, Option<PortIndex>, PortIndex)>,
    order: &[usize],
) -> Wired<'a> {
    let mut place = vec![0; nodes.len()];
    for (to, from) in order.iter().enumerate() {
        place[*from] = to;
    }
    let mut placed: Vec<_> = nodes.into_iter().enumerate().map(|(idx, node)| (place[idx], node)).collect();
    placed.sort_by_key(|(place, _)| *place);
    let mut wired = Wired {
        nodes: placed.into_iter().map(|(_, node)| node).collect(),
        edges: Vec::with_capacity(ends.len()),
    };
    for (id, from, to) in ends {
        let at = |port: PortIndex| PortIndex { node: place[port.node], port: port.port };
        let to = at(to);
        let edge = from.map(|from| {
            let from = at(from);
            wired.edges.push(WiredEdge { id, from, to });
            let idx = wired.edges.len() - 1;
            wired.nodes[from.node].outputs[from.port].push(idx);
            idx
        });
        wired.nodes[to.node].inputs[to.port].push(edge);
    }
    wired
}

struct Wiring<'a, 'd> {
    doc: &'a FlowDocument,
    catalog: &'a Catalog,
    /// How many more times a similar name is looked for: it takes long in a flow with thousands of faults.
    hints_left: usize,
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl<'a> Wiring<'a, '_> {
    fn known_nodes(&mut self) -> Vec<WiredNode<'a>> {
        let mut known = Vec::new();
        for (id, node) in &self.doc.nodes {
            let (Some(spec), Some(node_type)) = (self.catalog.spec(&node.kind), self.catalog.get(&node.kind))
            else {
                let kinds = self.catalog.specs().map(|spec| spec.kind);
                let fix = self.similar(&node.kind, kinds).unwrap_or_else(|| {
                    "open the flow with the Tidemark that made it, or remove the node".to_owned()
                });
                let message = format!("there is no kind of node called `{}`", brief(&node.kind));
                self.push(Diagnostic::error("unknown-kind", Place::Node(id.clone()), message).fix(fix));
                continue;
            };
            let (inputs, outputs) = (vec![vec![]; spec.inputs.len()], vec![vec![]; spec.outputs.len()]);
            let is_read = vec![false; spec.outputs.len()];
            known.push(WiredNode { id, node, spec, node_type, inputs, outputs, is_read });
        }
        known
    }

    /// The number of the port at one end of an edge. Nothing is said of a node of unknown kind: that it is one has been said.
    fn find(&mut self, edge: &EdgeId, end: End) -> Option<usize> {
        let port = match end {
            End::From => &edge.from,
            End::To => &edge.to,
        };
        let Some(node) = self.doc.nodes.get(&port.node) else {
            let doc = self.doc;
            let fix = self.similar(port.node.as_str(), doc.nodes.keys().map(NodeId::as_str));
            let message = format!("there is no node `{}`", brief(port.node.as_str()));
            self.push(
                Diagnostic::error("missing-node", Place::Edge(edge.clone()), message)
                    .fix(fix.unwrap_or_else(|| "remove the edge".to_owned())),
            );
            return None;
        };
        let spec = self.catalog.spec(&node.kind)?;
        let names = port_names(spec, end);
        let found = names.iter().position(|name| *name == &*port.port);
        if found.is_none() {
            let fix = self.similar(&port.port, names.iter().copied());
            let fix = fix.unwrap_or_else(|| match names.as_slice() {
                [] => "remove the edge".to_owned(),
                names => format!("it has `{}`", names.join("`, `")),
            });
            let message = no_such_port(spec, port, end);
            self.push(Diagnostic::error("unknown-port", Place::Edge(edge.clone()), message).fix(fix));
        }
        found
    }

    fn one_too_many(&mut self, edge: &EdgeId) {
        let message = format!("`{}` takes one edge and has another already", edge.to);
        self.push(
            Diagnostic::error("too-many-edges", Place::Edge(edge.clone()), message)
                .fix("remove one of them, or put a union before it"),
        );
    }

    fn cycle<'n>(&mut self, edge: &EdgeId, nodes: impl Iterator<Item = &'n NodeId>) {
        let names: Vec<_> = nodes.map(|id| format!("`{id}`")).collect();
        let message = match names.as_slice() {
            [] => "the edge closes a cycle".to_owned(),
            [only] => format!("{only} reads what it gives out itself"),
            names if names.len() > 10 => {
                format!(
                    "the edge closes a cycle over {} nodes, {} among them",
                    names.len(),
                    names[..10].join(", ")
                )
            }
            names => format!("the edge closes a cycle over {}", names.join(", ")),
        };
        self.push(
            Diagnostic::error("cycle", Place::Edge(edge.clone()), message)
                .fix("remove an edge of the cycle: rows flow in one direction"),
        );
    }

    fn similar<'n>(&mut self, name: &str, names: impl Iterator<Item = &'n str>) -> Option<String> {
        if self.hints_left == 0 || name.len() > 64 {
            return None;
        }
        self.hints_left -= 1;
        most_similar(name, names.filter(|name| name.len() <= 64))
            .map(|name| format!("did you mean `{name}`?"))
    }

    fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }
}

fn port_names(spec: &NodeSpec, end: End) -> Vec<&'static str> {
    match end {
        End::From => spec.outputs.iter().map(|port| port.name).collect(),
        End::To => spec.inputs.iter().map(|port| port.name).collect(),
    }
}

fn no_such_port(spec: &NodeSpec, port: &PortRef, end: End) -> String {
    let direction = match end {
        End::From => "output",
        End::To => "input",
    };
    if port_names(spec, end).is_empty() {
        return format!("`{}` has no {direction}s", port.node);
    }
    format!("`{}` has no {direction} `{}`", port.node, brief(&port.port))
}

/// Why no edge can be drawn between two ports of a flow as it stands.
///
/// As text it is a plain sentence that names nodes by their ids; who knows what people call them can word it anew.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ConnectionVeto {
    /// One of the two nodes is not there.
    #[error("there is no node `{0}`")]
    MissingNode(NodeId),
    /// Nothing is known of the ports of one of the two nodes.
    #[error("nothing is known of nodes of the kind `{}`", brief(kind))]
    UnknownKind {
        /// The node.
        node: NodeId,
        /// Its kind.
        kind: String,
    },
    /// The edge would leave an output that its node does not have.
    #[error("`{}` has no output `{}`", .0.node, brief(&.0.port))]
    NoOutput(PortRef),
    /// The edge would enter an input that its node does not have.
    #[error("`{}` has no input `{}`", .0.node, brief(&.0.port))]
    NoInput(PortRef),
    /// Both ends are at one node.
    #[error("`{0}` cannot read what it gives out itself")]
    Itself(NodeId),
    /// The edge is there.
    #[error("the two are joined already")]
    Joined,
    /// The input takes one edge and has one.
    #[error("`{to}` takes one edge and has one already, from `{other}`")]
    Taken {
        /// The input.
        to: PortRef,
        /// Where its edge comes from.
        other: PortRef,
    },
    /// The edge would close a cycle.
    #[error("`{from}` already reads from `{to}`: the edge would close a cycle")]
    Cycle {
        /// The node that the edge would leave.
        from: NodeId,
        /// The node that it would enter.
        to: NodeId,
    },
}

/// Whether an edge can be drawn between two ports of a flow as it stands, by its wires alone.
///
/// # Errors
/// Why not, for whoever is about to let go of the edge.
pub fn connection_veto(
    doc: &FlowDocument,
    catalog: &Catalog,
    from: &PortRef,
    to: &PortRef,
) -> Result<(), ConnectionVeto> {
    find_port(doc, catalog, from, End::From)?;
    let input = find_port(doc, catalog, to, End::To)?;
    if from.node == to.node {
        return Err(ConnectionVeto::Itself(from.node.clone()));
    }
    let edge = EdgeId { from: from.clone(), to: to.clone() };
    if doc.edges.contains(&edge) {
        return Err(ConnectionVeto::Joined);
    }
    let spec = doc.nodes.get(&to.node).and_then(|node| catalog.spec(&node.kind));
    if spec.is_some_and(|spec| spec.inputs[input].arity == Arity::One)
        && let Some(other) = doc.edges.iter().find(|edge| edge.to == *to)
    {
        return Err(ConnectionVeto::Taken { to: to.clone(), other: other.from.clone() });
    }
    if leads_to(doc, &to.node, &from.node) {
        return Err(ConnectionVeto::Cycle { from: from.node.clone(), to: to.node.clone() });
    }
    Ok(())
}

fn find_port(
    doc: &FlowDocument,
    catalog: &Catalog,
    port: &PortRef,
    end: End,
) -> Result<usize, ConnectionVeto> {
    let node = doc.nodes.get(&port.node).ok_or_else(|| ConnectionVeto::MissingNode(port.node.clone()))?;
    let spec = catalog
        .spec(&node.kind)
        .ok_or_else(|| ConnectionVeto::UnknownKind { node: port.node.clone(), kind: node.kind.clone() })?;
    let found = port_names(spec, end).iter().position(|name| *name == &*port.port);
    found.ok_or_else(|| match end {
        End::From => ConnectionVeto::NoOutput(port.clone()),
        End::To => ConnectionVeto::NoInput(port.clone()),
    })
}

/// Whether edges lead from one node to another.
fn leads_to(doc: &FlowDocument, from: &NodeId, to: &NodeId) -> bool {
    let mut leaving: BTreeMap<&NodeId, Vec<&NodeId>> = BTreeMap::new();
    for edge in &doc.edges {
        leaving.entry(&edge.from.node).or_default().push(&edge.to.node);
    }
    let mut waiting = vec![from];
    while let Some(node) = waiting.pop() {
        if node == to {
            return true;
        }
        waiting.extend(leaving.remove(node).unwrap_or_default());
    }
    false
}
