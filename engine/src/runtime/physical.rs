//! The physical graph: which operators share a task, how many subtasks it has, and which channels join them.

use std::sync::Arc;

use super::exchange::Routing;
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
}

/// Operators that run fused, in one or more subtasks.
pub(super) struct Task {
    /// The nodes, by their place in the logical graph, in its order; the first is where elements enter.
    pub(super) nodes: Vec<usize>,
    pub(super) parallelism: usize,
    pub(super) inputs: Vec<Inlet>,
    /// How the rows that leave the task are spread over its subtasks.
    spread: Spread,
}

/// An edge that enters a task from another.
#[derive(Clone)]
pub(super) struct Inlet {
    /// The edge, by its place in the logical graph.
    pub(super) edge: usize,
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

impl PhysicalGraph {
    /// Plans a flow for `parallelism` subtasks where subtasks can share the work.
    ///
    /// # Errors
    /// If a node cannot run; validation has said why.
    pub(super) fn plan(graph: &LogicalGraph, parallelism: usize) -> Result<PhysicalGraph> {
        let edge_types = graph
            .edges
            .iter()
            .map(|edge| {
                let unknown = || EngineError::flow("the type of its input is not known").at(&edge.id.to.node);
                edge.edge_type.clone().ok_or_else(unknown)
            })
            .collect::<Result<Vec<_>>>()?;
        let mut tasks: Vec<Task> = Vec::new();
        let mut task_of: Vec<usize> = Vec::with_capacity(graph.nodes.len());
        for (idx, node) in graph.nodes.iter().enumerate() {
            let Some(runs) = &node.plan.runs else {
                return Err(EngineError::flow("the node cannot run yet").at(&node.id));
            };
            let incoming: Vec<usize> =
                (0..graph.edges.len()).filter(|edge| graph.edges[*edge].to.node == idx).collect();
            let upstream = |edge: usize| task_of[graph.edges[edge].from.node];
            let only = (incoming.len() == 1).then(|| incoming[0]);
            let join = match (runs, only) {
                (Runs::Source(_) | Runs::Sink(_), _) => None,
                (Runs::Watermarks(_), Some(edge)) => Some(upstream(edge)),
                (Runs::Operator(plan), Some(edge)) if plan.distribution == Distribution::Any => {
                    let task = upstream(edge);
                    let alone_at_source = tasks[task].spread == Spread::One && is_source(graph, &tasks[task]);
                    let can_share = parallelism > 1 && alone_at_source && !leads_to_watermarks(graph, idx);
                    (!can_share).then_some(task)
                }
                _ => None,
            };
            if let Some(task) = join {
                tasks[task].nodes.push(idx);
                task_of.push(task);
                continue;
            }
            let keyed = |columns: &[usize]| {
                let edge = &edge_types[incoming[0]];
                let types = columns.iter().map(|idx| (*idx, edge.schema.fields()[*idx].data_type.clone()));
                KeyEncoder::new(types.collect())
            };
            let (n_subtasks, spread, routing) = match (runs, only) {
                (Runs::Operator(plan), _) if parallelism > 1 => match &plan.distribution {
                    Distribution::Any if only.is_some() => {
                        (parallelism, Spread::InTurn, Routing::InTurn { next: 0 })
                    }
                    Distribution::Keyed(columns) if !columns.is_empty() => {
                        (parallelism, Spread::ByKey, Routing::ByKey(keyed(columns)))
                    }
                    _ => (1, Spread::One, Routing::Forward),
                },
                _ => (1, Spread::One, Routing::Forward),
            };
            let inputs = incoming
                .iter()
                .map(|edge| Inlet { edge: *edge, from: upstream(*edge), routing: routing.clone() })
                .collect();
            task_of.push(tasks.len());
            tasks.push(Task { nodes: vec![idx], parallelism: n_subtasks, inputs, spread });
        }
        Ok(PhysicalGraph { tasks, edge_types })
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

    /// The type of the rows that enter `task`.
    pub(super) fn input_edge(&self, task: &Task) -> Option<&Arc<EdgeType>> {
        task.inputs.first().map(|inlet| &self.edge_types[inlet.edge])
    }
}

fn is_source(graph: &LogicalGraph, task: &Task) -> bool {
    matches!(graph.nodes[task.nodes[0]].plan.runs, Some(Runs::Source(_)))
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
        let task = |parallelism, inputs| Task { nodes: vec![0], parallelism, inputs, spread: Spread::ByKey };
        let inlet = |from| Inlet { edge: from, from, routing: Routing::Forward };
        let graph = PhysicalGraph {
            tasks: vec![task(8, Vec::new()), task(1, Vec::new()), task(4, vec![inlet(0), inlet(1)])],
            edge_types: Vec::new(),
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
