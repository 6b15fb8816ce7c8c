//! Filters of which the source before them is told, so that it need not decode what they drop.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::graph::LogicalGraph;
use crate::node::{Passes, Runs, Source, SourceFilter};

/// A source that knows of the filter behind it.
pub(super) struct Pushed {
    /// The source's node, by its place in the logical graph.
    pub(super) node: usize,
    /// What is read instead of the source.
    pub(super) source: Arc<dyn Source>,
    /// The edges between source and filter, by their places in the logical graph. Rows on them may not be whole.
    pub(super) edges: Vec<usize>,
}

/// Every source with a filter behind it that is its only reader, directly or behind nodes that pass on all that they get, if the source
/// can make use of that.
pub(super) fn pushed_filters(graph: &LogicalGraph) -> Vec<Pushed> {
    let of_node = |node: usize| {
        let Some(Runs::Source(plan)) = &graph.nodes[node].plan.runs else { return None };
        let (filter, edges) = filter_behind(graph, node)?;
        Some(Pushed { node, source: plan.source.filtered(&filter)?, edges })
    };
    (0..graph.nodes.len()).filter_map(of_node).collect()
}

/// The filter behind a source, and the edges that lead to it.
fn filter_behind(graph: &LogicalGraph, source: usize) -> Option<(SourceFilter, Vec<usize>)> {
    let Some(Runs::Source(plan)) = &graph.nodes[source].plan.runs else { return None };
    let progress = plan.progress.map(|progress| progress.column);
    let roles = [plan.event_time, plan.arrival_time, progress, plan.partition];
    let mut seen: BTreeSet<usize> = roles.into_iter().flatten().collect();
    // Which decoded column each column is, on the way.
    let mut columns: Vec<usize> = (0..plan.decoded.n_columns()).collect();
    let mut edges = Vec::new();
    let mut node = source;
    loop {
        let [edge] = graph.nodes[node].outputs.first()?.as_slice() else { return None };
        edges.push(*edge);
        node = graph.edges[*edge].to.node;
        let plan = &graph.nodes[node].plan;
        if let Some(Runs::Watermarks(watermarks)) = &plan.runs {
            seen.insert(*columns.get(watermarks.event_time)?);
        }
        match &plan.passes {
            Passes::Unknown => return None,
            Passes::All => {
                let copied = plan.lineage.first()?.iter();
                columns =
                    copied.map(|from| columns.get((*from)?).copied()).collect::<Option<Vec<usize>>>()?;
            }
            Passes::Where(predicate) => {
                let predicate = predicate.moved(|column| columns.get(column).copied())?;
                return Some((SourceFilter { predicate, seen: seen.into_iter().collect() }, edges));
            }
        }
    }
}
