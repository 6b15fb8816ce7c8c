//! Putting nodes in order: aligning, distributing, straightening. Pure: rectangles in, positions out.

use std::collections::HashSet;

use egui::{Pos2, Rect};

use crate::graph::PortPlace;
use crate::{Graph, GraphIds};

/// The line that [`align`] puts nodes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// The leftmost left edge.
    Left,
    /// The middle between the leftmost and the rightmost edge.
    Center,
    /// The rightmost right edge.
    Right,
    /// The topmost top edge.
    Top,
    /// The middle between the topmost and the bottommost edge.
    Middle,
    /// The bottommost bottom edge.
    Bottom,
}

/// The direction in which [`distribute`] evens out the room between nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    /// From left to right.
    Horizontal,
    /// From top to bottom.
    Vertical,
}

/// New upper left corners, in the order given, with which all nodes lie on one line.
///
/// The line is exact; it is moved by at most half a `grid` so that the node that says where it is
/// stands on the grid. Nodes of one size then all do. A grid of zero or less does not count.
pub fn align(nodes: &[Rect], to: Align, grid: f32) -> Vec<Pos2> {
    let axis = match to {
        Align::Left | Align::Center | Align::Right => Axis::Horizontal,
        Align::Top | Align::Middle | Align::Bottom => Axis::Vertical,
    };
    // How much of a node lies before the line, as a part of its size.
    let part = match to {
        Align::Left | Align::Top => 0.0,
        Align::Center | Align::Middle => 0.5,
        Align::Right | Align::Bottom => 1.0,
    };
    let Some(all) = nodes.iter().copied().reduce(Rect::union) else { return Vec::new() };
    let wanted = axis.start(all) + axis.size(all) * part;
    let apart = |rect: &Rect| (axis.start(*rect) + axis.size(*rect) * part - wanted).abs();
    let Some(first) = nodes.iter().min_by(|a, b| apart(a).total_cmp(&apart(b))) else { return Vec::new() };
    let before = axis.size(*first) * part;
    let line = on_grid(wanted - before, grid) + before;
    nodes.iter().map(|rect| axis.moved_to(*rect, line - axis.size(*rect) * part)).collect()
}

/// New upper left corners, in the order given, with even room between the nodes.
///
/// The first node stays; the others follow in the order in which they stand, a whole number of
/// grid steps apart, and never closer than one step. Fewer than three nodes stay where they are.
pub fn distribute(nodes: &[Rect], along: Axis, grid: f32) -> Vec<Pos2> {
    let mut places: Vec<Pos2> = nodes.iter().map(|rect| rect.min).collect();
    let mut order: Vec<usize> = (0..nodes.len()).collect();
    order.sort_by(|a, b| along.start(nodes[*a]).total_cmp(&along.start(nodes[*b])));
    let (Some(first), Some(last)) = (order.first(), order.last()) else { return places };
    if nodes.len() < 3 {
        return places;
    }
    let room = along.start(nodes[*last]) - along.start(nodes[*first]);
    let filled: f32 = order.iter().take(nodes.len() - 1).map(|idx| along.size(nodes[*idx])).sum();
    let gap = ((room - filled) / (nodes.len() - 1) as f32).max(grid.max(0.0));
    let mut start = along.start(nodes[*first]);
    for idx in order {
        places[idx] = along.moved_to(nodes[idx], start);
        start += on_grid(along.size(nodes[idx]) + gap, grid);
    }
    places
}

/// New upper left corners of those of `nodes` that have to move up or down for a wire to become
/// straight, in graph order.
///
/// From left to right, every node goes to the height of its first upstream neighbour that is not
/// moved after it; without one, to that of a downstream neighbour that is not moved at all. A node
/// that would come to lie on one placed before it stays where it is.
pub fn straighten<I: GraphIds>(graph: &Graph<I>, nodes: &[I::Node]) -> Vec<(I::Node, Pos2)> {
    let mut waiting: Vec<usize> = nodes.iter().filter_map(|id| graph.node_index(id)).collect();
    let rect = |idx: usize| graph.nodes()[idx].rect();
    waiting.sort_by(|a, b| rect(*a).min.x.total_cmp(&rect(*b).min.x).then(a.cmp(b)));
    waiting.dedup();
    let widest = waiting.iter().map(|idx| rect(*idx).width()).fold(0.0, f32::max);
    let mut to_come: HashSet<usize> = waiting.iter().copied().collect();
    let mut placed: Vec<(usize, Rect)> = Vec::with_capacity(waiting.len());
    let mut moved_to: Vec<Pos2> = graph.nodes().iter().map(|node| node.position).collect();
    for idx in waiting {
        let height = |place: PortPlace| {
            let node = &graph.nodes()[place.node];
            (node.port_position(place.side, place.port) - node.position).y
        };
        let way = |here: PortPlace, there: PortPlace| {
            moved_to[there.node].y + height(there) - (moved_to[idx].y + height(here))
        };
        let ends = || graph.wires_of(idx).iter().filter_map(|wire| graph.ends(*wire));
        let upstream = ends().find(|ends| ends.to.node == idx && !to_come.contains(&ends.from.node));
        let downstream = ends().find(|ends| ends.from.node == idx && !to_come.contains(&ends.to.node));
        let wanted = upstream
            .map(|ends| way(ends.to, ends.from))
            .or_else(|| downstream.map(|ends| way(ends.from, ends.to)));
        let wanted = rect(idx).translate(egui::vec2(0.0, wanted.unwrap_or(0.0)));
        let near = placed.iter().rev().take_while(|(_, other)| other.min.x > wanted.min.x - widest);
        let is_free = !near.into_iter().any(|(_, other)| other.intersects(wanted));
        let stands = if is_free { wanted } else { rect(idx) };
        moved_to[idx] = stands.min;
        placed.push((idx, stands));
        to_come.remove(&idx);
    }
    let mut moved: Vec<usize> = placed.iter().map(|(idx, _)| *idx).collect();
    moved.sort_unstable();
    moved.retain(|idx| moved_to[*idx] != graph.nodes()[*idx].position);
    moved.into_iter().map(|idx| (graph.nodes()[idx].id.clone(), moved_to[idx])).collect()
}

impl Axis {
    fn start(self, rect: Rect) -> f32 {
        match self {
            Self::Horizontal => rect.min.x,
            Self::Vertical => rect.min.y,
        }
    }

    fn size(self, rect: Rect) -> f32 {
        match self {
            Self::Horizontal => rect.width(),
            Self::Vertical => rect.height(),
        }
    }

    fn moved_to(self, rect: Rect, start: f32) -> Pos2 {
        match self {
            Self::Horizontal => Pos2::new(start, rect.min.y),
            Self::Vertical => Pos2::new(rect.min.x, start),
        }
    }
}

/// The nearest multiple of `grid`; the value itself without one.
pub(crate) fn on_grid(value: f32, grid: f32) -> f32 {
    if grid > 0.0 { (value / grid).round() * grid } else { value }
}
