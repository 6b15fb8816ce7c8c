//! Room for a node that is inserted into a wire. Pure: rectangles in, ways out.

use egui::{Rect, Vec2, vec2};

use crate::graph::WireEnds;
use crate::{Graph, GraphIds};

/// Room between the node and both ends of the wire, in grid steps.
const STEPS: f32 = 3.0;

/// How far nodes should move to the right so that the node with index `node`, standing at `at`, fits into
/// the wire between `ends`; in graph order.
///
/// The node itself keeps off the source. What is downstream of the wire keeps off the node, all of it
/// by the same way, so that its order stays; what a cycle leads back to on the left stays too. A wire that runs
/// backwards has room enough.
pub(crate) fn make_room<I: GraphIds>(
    graph: &Graph<I>,
    node: usize,
    at: Rect,
    ends: WireEnds,
    grid: f32,
) -> Vec<(I::Node, Vec2)> {
    let nodes = graph.nodes();
    let (source, target) = (nodes[ends.from.node].rect(), nodes[ends.to.node].rect());
    if target.center().x <= source.center().x {
        return Vec::new();
    }
    let step = if grid > 0.0 { grid } else { 1.0 };
    let missing = |room: f32| ((STEPS * step - room) / step).ceil().max(0.0) * step;
    let own = missing(at.min.x - source.max.x);
    let theirs = missing(target.min.x - (at.max.x + own));
    let downstream = graph.downstream([&nodes[ends.to.node].id]);
    let way = |idx: usize| match idx {
        _ if idx == node => own,
        _ if nodes[idx].position.x >= target.min.x && downstream.contains(&nodes[idx].id) => theirs,
        _ => 0.0,
    };
    let ways = (0..nodes.len()).map(|idx| (idx, way(idx))).filter(|(_, way)| *way > 0.0);
    ways.map(|(idx, way)| (nodes[idx].id.clone(), vec2(way, 0.0))).collect()
}
