//! The physical graph: which operators share a task, how many subtasks it has, and which channels join them.

use std::sync::Arc;

use super::exchange::Routing;
use super::pushdown::{Pushed, pushed_filters};
use crate::data::{EdgeType, KeyEncoder};
use crate::error::{EngineError, Result};
use crate::graph::LogicalGraph;
use crate::node::{Distribution, Runs};
use crate::sync::Capacity;

/// A flow cut into tasks.
pub(super) struct PhysicalGraph {
    pub(super) tasks: Vec<Task>,
    /// The type of every edge of the logical graph.
    pub(super) edge_types: Vec<Arc<EdgeType>>,
    /// The tasks of every node of the logical graph.
    pub(super) places: Vec<Place>,
    /// Sources that know of the filter behind them.
    pub(super) pushed: Vec<Pushed>,
}

/// Operators that run fused, in one or more subtasks.
pub(super) struct Task {
    /// What runs in it, in the order of the logical graph; the first is where elements enter.
    pub(super) steps: Vec<Step>,
    pub(super) parallelism: usize,
    pub(super) inputs: Vec<Inlet>,
    /// How the rows that leave the task are spread over its subtasks.
    spread: Spread,
}

/// A node, or one of its halves, in a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// The node, by its place in the logical graph.
    pub(super) node: usize,
    pub(super) half: Half,
}

/// How much of an operator a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Half {
    /// All of it.
    Whole,
    /// What is done where rows come from.
    Local,
    /// What is done by key.
    Final,
}

/// What leads from one task to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Via {
    /// An edge, by its place in the logical graph.
    Edge(usize),
    /// From the first half of a node to the second.
    Halves(usize),
}

/// A stream that enters a task from another.
#[derive(Clone)]
pub(super) struct Inlet {
    pub(super) via: Via,
    /// The task that it comes from.
    pub(super) from: usize,
    pub(super) routing: Routing,
}

/// How the rows of a stream are spread over the subtasks that work on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spread {
    /// One subtask has them all.
    One,
    /// Subtasks have elements in turn.
    InTurn,
    /// Each subtask has some keys.
    ByKey,
}

impl Task {
    /// Whether its subtasks are heard in turn, so that each must give exactly one element for every one that it takes.
    pub(super) fn is_read_in_turn(&self) -> bool {
        self.spread == Spread::InTurn
    }
}

/// The tasks that a node runs in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// The task of its first half, where it runs in two.
    pub(super) local: Option<usize>,
    /// The task of the node, or of its second half.
    pub(super) main: usize,
}

impl Place {
    /// The task that sends by output port `port`: a first half gives out all but the first.
    pub(super) fn sender(self, port: usize) -> usize {
        self.local.filter(|_| port > 0).unwrap_or(self.main)
    }

    /// The task that takes what comes in.
    pub(super) fn receiver(self) -> usize {
        self.local.unwrap_or(self.main)
    }
}

/// A plan on the way: nodes are placed in the order of the logical graph, each behind what it is fed by.
struct Planner<'a> {
    graph: &'a LogicalGraph,
    parallelism: usize,
    edge_types: Vec<Arc<EdgeType>>,
    tasks: Vec<Task>,
    places: Vec<Place>,
}

impl Planner<'_> {
    fn place(&self, idx: usize) -> Result<Placement> {
        let node = &self.graph.nodes[idx];
        let Some(runs) = &node.plan.runs else {
            return Err(EngineError::flow("the node cannot run yet").at(&node.id));
        };
        let incoming = self.incoming(idx);
        let only = if let [edge] = incoming.as_slice() { Some(*edge) } else { None };
        let Runs::Operator(operator) = runs else {
            return Ok(match (runs, only) {
                (Runs::Watermarks(_), Some(edge)) => Placement::Join(self.sender(edge)),
                _ => Placement::Alone,
            });
        };
        Ok(match (&operator.distribution, only) {
            (Distribution::Any, Some(edge)) => {
                let can_share = self.parallelism > 1
                    && self.is_alone_at_source(edge)
                    && !leads_to_watermarks(self.graph, idx);
                if can_share { Placement::InTurn } else { Placement::Join(self.sender(edge)) }
            }
            (Distribution::Keyed(columns), Some(edge)) if self.parallelism > 1 => {
                let sender = self.sender(edge);
                let shared = self.tasks[sender].spread == Spread::InTurn;
                match &operator.local {
                    Some(_) if shared => Placement::Halves { join: Some(sender) },
                    Some(_) if self.is_alone_at_source(edge) => Placement::Halves { join: None },
                    _ if columns.is_empty() => Placement::Alone,
                    _ => Placement::ByKey,
                }
            }
            (Distribution::Keyed(columns), _) if self.parallelism > 1 && !columns.is_empty() => {
                Placement::ByKey
            }
            _ => Placement::Alone,
        })
    }

    fn put(&mut self, idx: usize, placement: Placement) {
        let whole = Step { node: idx, half: Half::Whole };
        let main = match placement {
            Placement::Join(task) => self.join(task, whole),
            Placement::Alone => self.start(whole, self.inlets(idx, &Routing::Forward), 1, Spread::One),
            Placement::InTurn => {
                let inlets = self.inlets(idx, &Routing::InTurn { next: 0 });
                self.start(whole, inlets, self.parallelism, Spread::InTurn)
            }
            Placement::ByKey => {
                let routing = Routing::ByKey(self.key_encoder(idx));
                self.start(whole, self.inlets(idx, &routing), self.parallelism, Spread::ByKey)
            }
            Placement::Halves { join } => {
                let first = Step { node: idx, half: Half::Local };
                let local = match join {
                    Some(task) => self.join(task, first),
                    None => {
                        let inlets = self.inlets(idx, &Routing::InTurn { next: 0 });
                        self.start(first, inlets, self.parallelism, Spread::InTurn)
                    }
                };
                let second = Step { node: idx, half: Half::Final };
                let inlet = |routing| vec![Inlet { via: Via::Halves(idx), from: local, routing }];
                let main = match self.keyed_by(idx) {
                    Some((columns, key)) if !columns.is_empty() => {
                        let inlets = inlet(Routing::ByCanonicalKey(key));
                        self.start(second, inlets, self.parallelism, Spread::ByKey)
                    }
                    _ => self.start(second, inlet(Routing::Forward), 1, Spread::One),
                };
                self.places.push(Place { local: Some(local), main });
                return;
            }
        };
        self.places.push(Place { local: None, main });
    }

    fn join(&mut self, task: usize, step: Step) -> usize {
        self.tasks[task].steps.push(step);
        task
    }

    fn start(&mut self, step: Step, inputs: Vec<Inlet>, parallelism: usize, spread: Spread) -> usize {
        self.tasks.push(Task { steps: vec![step], parallelism, inputs, spread });
        self.tasks.len() - 1
    }

    /// The edges into node `idx`.
    fn incoming(&self, idx: usize) -> Vec<usize> {
        (0..self.graph.edges.len()).filter(|edge| self.graph.edges[*edge].to.node == idx).collect()
    }

    fn inlets(&self, idx: usize, routing: &Routing) -> Vec<Inlet> {
        let edges = self.incoming(idx).into_iter();
        edges
            .map(|edge| Inlet { via: Via::Edge(edge), from: self.sender(edge), routing: routing.clone() })
            .collect()
    }

    /// The task that sends over an edge.
    fn sender(&self, edge: usize) -> usize {
        let from = &self.graph.edges[edge].from;
        self.places[from.node].sender(from.port)
    }

    /// Whether an edge comes from a source and what shares its only subtask.
    fn is_alone_at_source(&self, edge: usize) -> bool {
        let task = &self.tasks[self.sender(edge)];
        let head = &self.graph.nodes[task.steps[0].node];
        task.spread == Spread::One && matches!(head.plan.runs, Some(Runs::Source(_)))
    }

    /// The key columns of an operator, and the column of its partial rows that holds the key.
    fn keyed_by(&self, idx: usize) -> Option<(&[usize], usize)> {
        let Some(Runs::Operator(operator)) = &self.graph.nodes[idx].plan.runs else { return None };
        let Distribution::Keyed(columns) = &operator.distribution else { return None };
        Some((columns, operator.local.as_ref().map_or(0, |local| local.key)))
    }

    fn key_encoder(&self, idx: usize) -> KeyEncoder {
        let columns = self.keyed_by(idx).map_or(&[][..], |(columns, _)| columns);
        let Some(edge) = self.incoming(idx).first().copied() else { return KeyEncoder::new(Vec::new()) };
        let fields = self.edge_types[edge].schema.fields();
        KeyEncoder::new(columns.iter().map(|idx| (*idx, fields[*idx].data_type.clone())).collect())
    }
}

/// Where a node runs.
#[derive(Clone, Copy)]
enum Placement {
    /// In this task, behind what runs there.
    Join(usize),
    /// In a task of its own with one subtask.
    Alone,
    /// In a task of its own whose subtasks take elements in turn.
    InTurn,
    /// In a task of its own whose subtasks each have some keys.
    ByKey,
    /// The first half in a task whose subtasks take elements in turn, this one or a new one; the second by key.
    Halves { join: Option<usize> },
}

impl PhysicalGraph {
    /// Plans a flow for `parallelism` subtasks where subtasks can share the work. Tells sources of the filters behind them if
    /// `pushes_filters`.
    ///
    /// # Errors
    /// If a node cannot run; validation has said why.
    pub(super) fn plan(
        graph: &LogicalGraph,
        parallelism: usize,
        pushes_filters: bool,
    ) -> Result<PhysicalGraph> {
        let edge_types = graph
            .edges
            .iter()
            .map(|edge| {
                let unknown = || EngineError::flow("the type of its input is not known").at(&edge.id.to.node);
                edge.edge_type.clone().ok_or_else(unknown)
            })
            .collect::<Result<Vec<_>>>()?;
        let mut planner = Planner { graph, parallelism, edge_types, tasks: Vec::new(), places: Vec::new() };
        for idx in 0..graph.nodes.len() {
            let placement = planner.place(idx)?;
            planner.put(idx, placement);
        }
        let Planner { edge_types, tasks, places, .. } = planner;
        let pushed = if pushes_filters { pushed_filters(graph) } else { Vec::new() };
        Ok(PhysicalGraph { tasks, edge_types, places, pushed })
    }

    /// The lanes by which elements enter a subtask of `task`, each given by its channels.
    ///
    /// Channels are numbered by inlet, then by upstream subtask. A stream whose subtasks have elements in turn is one lane; one that
    /// is spread by key is as many as it has subtasks.
    pub(super) fn lanes(&self, task: &Task) -> Vec<Vec<usize>> {
        let mut lanes = Vec::new();
        let mut n_channels = 0;
        for inlet in &task.inputs {
            let from = &self.tasks[inlet.from];
            let channels = n_channels..n_channels + from.parallelism;
            n_channels = channels.end;
            match from.spread {
                Spread::One | Spread::InTurn => lanes.push(channels.collect()),
                Spread::ByKey => lanes.extend(channels.map(|channel| vec![channel])),
            }
        }
        lanes
    }

    /// What each channel into a subtask of `task` may hold, where an edge may hold `edge`: an even part, of as many channels as
    /// the edge has into all subtasks together.
    pub(super) fn capacities(&self, task: &Task, edge: Capacity) -> Vec<Capacity> {
        let parallelism = |inlet: &Inlet| self.tasks[inlet.from].parallelism;
        let parts = task.inputs.iter().map(|inlet| {
            let senders = parallelism(inlet);
            vec![edge.shared_by(senders * task.parallelism); senders]
        });
        parts.flatten().collect()
    }
}

/// Whether a watermark strategy follows that must run in the same task as node `idx`.
fn leads_to_watermarks(graph: &LogicalGraph, idx: usize) -> bool {
    graph.edges.iter().filter(|edge| edge.from.node == idx).any(|edge| {
        match &graph.nodes[edge.to.node].plan.runs {
            Some(Runs::Watermarks(_)) => true,
            Some(Runs::Operator(plan)) => {
                plan.distribution == Distribution::Any && leads_to_watermarks(graph, edge.to.node)
            }
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_channels_of_an_edge_share_one_budget() {
        let task =
            |parallelism, inputs| Task { steps: Vec::new(), parallelism, inputs, spread: Spread::ByKey };
        let inlet = |from| Inlet { via: Via::Edge(from), from, routing: Routing::Forward };
        let graph = PhysicalGraph {
            tasks: vec![task(8, Vec::new()), task(1, Vec::new()), task(4, vec![inlet(0), inlet(1)])],
            edge_types: Vec::new(),
            places: Vec::new(),
            pushed: Vec::new(),
        };
        let edge = Capacity { items: 64, bytes: 4 << 20 };
        let capacities = graph.capacities(&graph.tasks[2], edge);
        assert_eq!(capacities.len(), graph.lanes(&graph.tasks[2]).concat().len());
        let (eight, one) = capacities.split_at(8);
        for channels in [eight, one] {
            let items: usize = channels.iter().map(|channel| channel.items).sum();
            let bytes: usize = channels.iter().map(|channel| channel.bytes).sum();
            assert_eq!((4 * items, 4 * bytes), (edge.items, edge.bytes));
        }
    }
}
