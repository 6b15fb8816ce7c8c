//! Room for a node that is inserted into a wire. Pure: rectangles in, ways out.

use egui::{Rect, Vec2, vec2};

use crate::graph::WireEnds;
use crate::{Graph, GraphIds};

/// Room between the node and both ends of the wire, in grid steps.
const STEPS: f32 = 3.0;

/// Room for a new node in a wire.
#[derive(Clone, Debug, PartialEq)]
pub struct Room<I: GraphIds> {
    /// How far the node itself goes on from where it was to stand.
    pub own: Vec2,
    /// The nodes downstream that should move, and how far, in graph order.
    pub others: Vec<(I::Node, Vec2)>,
}

/// Room for a node that is not in the graph yet, to be put into a wire where it stands at `at`; as much as a node gets that is
/// dropped there. `grid` is the step in which nodes move.
pub fn room_in_wire<I: GraphIds>(graph: &Graph<I>, wire: &I::Wire, at: Rect, grid: f32) -> Room<I> {
    let ends = graph.wire_index(wire).and_then(|idx| graph.ends(idx));
    let Some(ends) = ends else { return Room { own: Vec2::ZERO, others: Vec::new() } };
    let ways = Ways::of(graph, at, ends, grid);
    let others = ways.downstream(graph, ends);
    let others = others.into_iter().map(|idx| (graph.nodes()[idx].id.clone(), vec2(ways.theirs, 0.0)));
    Room { own: vec2(ways.own, 0.0), others: others.collect() }
}

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
    let ways = Ways::of(graph, at, ends, grid);
    let mut moved: Vec<(usize, f32)> = ways
        .downstream(graph, ends)
        .into_iter()
        .filter(|idx| *idx != node)
        .map(|idx| (idx, ways.theirs))
        .collect();
    if ways.own > 0.0 {
        moved.push((node, ways.own));
    }
    moved.sort_unstable_by_key(|(idx, _)| *idx);
    moved.into_iter().map(|(idx, way)| (graph.nodes()[idx].id.clone(), vec2(way, 0.0))).collect()
}

/// How far the node and what is downstream of it go to the right.
struct Ways {
    own: f32,
    theirs: f32,
}

impl Ways {
    fn of<I: GraphIds>(graph: &Graph<I>, at: Rect, ends: WireEnds, grid: f32) -> Ways {
        let nodes = graph.nodes();
        let (source, target) = (nodes[ends.from.node].rect(), nodes[ends.to.node].rect());
        if target.center().x <= source.center().x {
            return Ways { own: 0.0, theirs: 0.0 };
        }
        let step = if grid > 0.0 { grid } else { 1.0 };
        let missing = |room: f32| ((STEPS * step - room) / step).ceil().max(0.0) * step;
        let own = missing(at.min.x - source.max.x);
        Ways { own, theirs: missing(target.min.x - (at.max.x + own)) }
    }

    /// The nodes that go along with the lower end of the wire, if it has to go.
    fn downstream<I: GraphIds>(&self, graph: &Graph<I>, ends: WireEnds) -> Vec<usize> {
        if self.theirs <= 0.0 {
            return Vec::new();
        }
        let target = &graph.nodes()[ends.to.node];
        let downstream = graph.downstream([&target.id]);
        let goes =
            |node: &crate::Node<I>| node.position.x >= target.rect().min.x && downstream.contains(&node.id);
        let nodes = graph.nodes().iter().enumerate();
        nodes.filter(|(_, node)| goes(node)).map(|(idx, _)| idx).collect()
    }
}
