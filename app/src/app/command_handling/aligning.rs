//! Bringing nodes into line: edges, gaps, wires, and the layout of all of them.

use std::collections::{BTreeMap, BTreeSet};

use tidemark_engine::graph::{self, Edit, FlowDocument, GRID, Point};
use tidemark_engine::ids::{NodeId, PortRef};

use super::super::App;
use super::drawing::refitted;
use crate::panels::canvas::NODE_SIZE;

/// What is brought into line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Center,
    Right,
    Top,
    Middle,
    Bottom,
    /// The gaps from left to right.
    Across,
    /// The gaps from top to bottom.
    Down,
}

impl App {
    pub(super) fn align(&mut self, align: Align) {
        let flow = self.state.open.document.flow();
        let selected = &self.state.open.selection.nodes;
        let places = selected.iter().filter_map(|node| Some((node.clone(), *flow.layout.nodes.get(node)?)));
        self.move_nodes("align", aligned(&places.collect(), align), false);
    }

    /// Brings the ports of wires between selected nodes to one height, from left to right.
    pub(super) fn straighten(&mut self) {
        let flow = self.state.open.document.flow();
        let offset = |port: &PortRef, is_output: bool| {
            let spec = self.state.spec(&port.node)?;
            let (at, n_ports) = if is_output {
                (spec.outputs.iter().position(|output| *port.port == *output.name)?, spec.outputs.len())
            } else {
                (spec.inputs.iter().position(|input| *port.port == *input.name)?, spec.inputs.len())
            };
            Some((NODE_SIZE.y * (at as f32 + 1.0) / (n_ports as f32 + 1.0)).round() as i32)
        };
        let moves = straightened(flow, &self.state.open.selection.nodes, offset);
        self.move_nodes("straighten", moves, false);
    }

    /// Lays out the selected nodes if there are several, or else all of them.
    pub(super) fn arrange(&mut self) {
        let flow = self.state.open.document.flow();
        let selected = &self.state.open.selection.nodes;
        if selected.len() > 1 {
            let places = graph::arrange_some(flow, selected);
            self.move_nodes("arrange", places, true);
        } else {
            let places = graph::arrange(flow);
            self.move_nodes("arrange", places, true);
            self.panels.canvas.view.fit_all();
        }
    }

    /// Moves nodes as one step, if any of them is to stand elsewhere, and the frames around them with them if asked to.
    fn move_nodes(&mut self, step: &str, places: BTreeMap<NodeId, Point>, with_frames: bool) {
        let now = &self.state.open.document.flow().layout.nodes;
        let places: BTreeMap<_, _> = places.into_iter().filter(|(id, at)| now.get(id) != Some(at)).collect();
        if places.is_empty() {
            return;
        }
        self.state.open.document.seal();
        let flow = self.state.open.document.flow();
        let frames = if with_frames { refitted(flow, &places) } else { Vec::new() };
        let moves = places.into_iter().map(|(id, at)| (id, Some(at))).collect();
        let edits = [Edit::MoveNodes(moves)].into_iter().chain(frames).collect();
        self.edit(&Edit::Batch { name: step.to_owned(), edits });
        self.state.open.document.seal();
    }
}

/// Where nodes stand once they are in line. All nodes are of one size, so corners stand for edges and centres.
fn aligned(places: &BTreeMap<NodeId, Point>, align: Align) -> BTreeMap<NodeId, Point> {
    let is_across = matches!(align, Align::Left | Align::Center | Align::Right | Align::Across);
    let read = |at: &Point| if is_across { at.x } else { at.y };
    let write = |at: &Point, value: i32| {
        if is_across { Point { x: value, ..*at } } else { Point { y: value, ..*at } }
    };
    let (Some(least), Some(most)) = (places.values().map(read).min(), places.values().map(read).max()) else {
        return BTreeMap::new();
    };
    let line = match align {
        Align::Left | Align::Top => least,
        Align::Right | Align::Bottom => most,
        Align::Center | Align::Middle => on_grid(i64::from(least) + i64::from(most), 2),
        Align::Across | Align::Down => {
            let mut order: Vec<_> = places.iter().collect();
            order.sort_by_key(|(_, at)| read(at));
            let gaps = order.len().saturating_sub(1).max(1) as i64;
            let width = i64::from(most) - i64::from(least);
            let spread = order.into_iter().zip(0..).map(|((id, at), number)| {
                let value = if number == gaps { most } else { least + on_grid(width * number, gaps) };
                (id.clone(), write(at, value))
            });
            return spread.collect();
        }
    };
    places.iter().map(|(id, at)| (id.clone(), write(at, line))).collect()
}

/// A fraction, on the nearest line of the grid.
fn on_grid(numerator: i64, denominator: i64) -> i32 {
    let grid = f64::from(GRID);
    ((numerator as f64 / denominator as f64 / grid).round() * grid) as i32
}

/// Where nodes stand once the wires among them are level, as far as no node comes to lie on another.
///
/// `offset` is how far below the top of its node a port is.
fn straightened(
    flow: &FlowDocument,
    nodes: &BTreeSet<NodeId>,
    offset: impl Fn(&PortRef, bool) -> Option<i32>,
) -> BTreeMap<NodeId, Point> {
    let mut places = flow.layout.nodes.clone();
    let mut order: Vec<&NodeId> = nodes.iter().filter(|node| places.contains_key(*node)).collect();
    order.sort_by_key(|node| places.get(*node).map(|at| (at.x, at.y)));
    let mut moved = BTreeMap::new();
    for (rank, node) in order.iter().enumerate() {
        let from_left = flow.edges_into(node).find(|edge| order[..rank].contains(&&edge.from.node));
        let level = from_left.and_then(|edge| {
            Some(places.get(&edge.from.node)?.y + offset(&edge.from, true)? - offset(&edge.to, false)?)
        });
        let (Some(y), Some(now)) = (level, places.get(*node).copied()) else { continue };
        let at = Point { y, ..now };
        let hides = |(id, other): (&NodeId, &Point)| {
            id != *node
                && ((other.x - at.x).abs() as f32) < NODE_SIZE.x
                && ((other.y - at.y).abs() as f32) < NODE_SIZE.y
        };
        if !places.iter().any(hides) {
            places.insert((*node).clone(), at);
            moved.insert((*node).clone(), at);
        }
    }
    moved
}

#[cfg(test)]
mod tests {
    use serde_json::Map;
    use tidemark_engine::graph::FlowNode;
    use tidemark_engine::ids::EdgeId;

    use super::*;

    fn places(of: &[(&str, i32, i32)]) -> BTreeMap<NodeId, Point> {
        of.iter().map(|(id, x, y)| (NodeId::new(id), Point { x: *x, y: *y })).collect()
    }

    #[test]
    fn edges_come_into_line_and_the_other_coordinate_stays() {
        let before = places(&[("a", 0, 10), ("b", 160, 200), ("c", 96, 400)]);
        let column = |x| places(&[("a", x, 10), ("b", x, 200), ("c", x, 400)]);
        assert_eq!(aligned(&before, Align::Left), column(0));
        assert_eq!(aligned(&before, Align::Right), column(160));
        assert_eq!(aligned(&before, Align::Center), column(80));
        let row = |y| places(&[("a", 0, y), ("b", 160, y), ("c", 96, y)]);
        assert_eq!(aligned(&before, Align::Top), row(10));
        assert_eq!(aligned(&before, Align::Bottom), row(400));
        assert_eq!(aligned(&before, Align::Middle), row(208));
        assert_eq!(aligned(&BTreeMap::new(), Align::Top), BTreeMap::new());
    }

    #[test]
    fn gaps_become_equal_and_the_outermost_stay() {
        let before = places(&[("a", 0, 5), ("b", 900, 6), ("c", 32, 7), ("d", 64, 8)]);
        let after = places(&[("a", 0, 5), ("b", 900, 6), ("c", 304, 7), ("d", 608, 8)]);
        assert_eq!(aligned(&before, Align::Across), after);
        let down = places(&[("a", 1, 0), ("b", 2, 16), ("c", 3, 320)]);
        assert_eq!(aligned(&down, Align::Down), places(&[("a", 1, 0), ("b", 2, 160), ("c", 3, 320)]));
    }

    #[test]
    fn wires_become_level_from_left_to_right_but_no_node_comes_to_lie_on_another() {
        let mut flow = FlowDocument::default();
        flow.layout.nodes = places(&[("a", 0, 0), ("b", 300, 50), ("c", 600, 90), ("d", 600, 300)]);
        for id in flow.layout.nodes.keys() {
            flow.nodes.insert(id.clone(), FlowNode::new("union", Map::new()));
        }
        let port = |node, port| PortRef::new(NodeId::new(node), port);
        for (from, to) in [("a", "b"), ("b", "c"), ("b", "d")] {
            flow.edges.insert(EdgeId { from: port(from, "out"), to: port(to, "in") });
        }
        let nodes = flow.nodes.keys().cloned().collect();
        let moved = straightened(&flow, &nodes, |_, is_output| Some(if is_output { 32 } else { 48 }));
        assert_eq!(moved, places(&[("b", 300, -16), ("c", 600, -32)]), "d would hide c");
    }
}
