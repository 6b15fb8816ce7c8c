//! Where nodes stand when nobody has placed them: in layers from left to right, with as few crossings as a few sweeps can reach.

use std::collections::{BTreeMap, BTreeSet};

use super::document::{FlowDocument, Point};
use super::order::order;
use crate::ids::NodeId;

/// The grid that everything snaps to, in points.
pub const GRID: i32 = 16;
/// The port by which the main results of every kind of node leave: the topmost one.
const MAIN_PORT: &str = "out";
/// From one layer to the next: 288 points, so that a wire's label fits between two nodes.
const STEP_X: i32 = 18 * GRID;
/// From one node to the next below it: 140 points, up to the next line of the grid.
const STEP_Y: i32 = 9 * GRID;

/// Places every node: each to the right of all that it reads, and near them.
pub fn arrange(doc: &FlowDocument) -> BTreeMap<NodeId, Point> {
    arrange_some(doc, &doc.nodes.keys().cloned().collect())
}

/// Places these nodes only, among themselves; their top left corner stays where it is.
pub fn arrange_some(doc: &FlowDocument, nodes: &BTreeSet<NodeId>) -> BTreeMap<NodeId, Point> {
    let nodes: Vec<&NodeId> = doc.nodes.keys().filter(|id| nodes.contains(*id)).collect();
    let corner = |places: &mut dyn Iterator<Item = Point>| {
        places.reduce(|a, b| Point { x: a.x.min(b.x), y: a.y.min(b.y) })
    };
    let before =
        corner(&mut nodes.iter().filter_map(|id| doc.layout.nodes.get(*id)).copied()).unwrap_or_default();
    let placed = place(doc, &nodes);
    let after = corner(&mut placed.iter().copied()).unwrap_or_default();
    let moved =
        |at: Point| Point { x: on_grid(before.x) + at.x - after.x, y: on_grid(before.y) + at.y - after.y };
    nodes.into_iter().cloned().zip(placed.into_iter().map(moved)).collect()
}

/// Places the nodes that have no place yet; nothing else moves.
///
/// Where none has one, it is [`arrange`]. Otherwise each goes beside what it is joined to, on the first free spot downwards.
pub fn fill_missing_positions(doc: &FlowDocument) -> BTreeMap<NodeId, Point> {
    if !doc.nodes.keys().any(|id| doc.layout.nodes.contains_key(id)) {
        return arrange(doc);
    }
    let ids: Vec<&NodeId> = doc.nodes.keys().collect();
    let graph = Graph::new(doc, &ids);
    let mut taken: BTreeMap<&NodeId, Point> = doc
        .layout
        .nodes
        .iter()
        .filter(|(id, _)| doc.nodes.contains_key(id))
        .map(|(id, at)| (id, *at))
        .collect();
    let mut spots = Spots::default();
    taken.values().for_each(|at| spots.take(*at));
    let (left, bottom) = taken.values().fold((i32::MAX, i32::MIN), |(x, y), at| (x.min(at.x), y.max(at.y)));
    let mut missing = BTreeMap::new();
    for node in &graph.order {
        let id = ids[*node];
        if taken.contains_key(id) {
            continue;
        }
        let places = |nodes: &[usize]| -> Vec<Point> {
            nodes.iter().filter_map(|node| taken.get(ids[*node]).copied()).collect()
        };
        let (before, behind) = (places(&graph.before[*node]), places(&graph.behind[*node]));
        let wanted = if let Some(x) = before.iter().map(|at| at.x).max() {
            Point { x: grid_up(x + STEP_X), y: mean(&before) }
        } else if let Some(x) = behind.iter().map(|at| at.x).min() {
            Point { x: (x - STEP_X).div_euclid(GRID) * GRID, y: mean(&behind) }
        } else {
            Point { x: left, y: bottom + STEP_Y }
        };
        let at = spots.first_free(Point { x: on_grid(wanted.x), y: on_grid(wanted.y) });
        spots.take(at);
        taken.insert(id, at);
        missing.insert(id.clone(), at);
    }
    missing
}

fn on_grid(value: i32) -> i32 {
    (value + GRID / 2).div_euclid(GRID) * GRID
}

/// The next line of the grid at or beyond `value`.
fn grid_up(value: i32) -> i32 {
    (value + GRID - 1).div_euclid(GRID) * GRID
}

fn mean(places: &[Point]) -> i32 {
    let sum: i64 = places.iter().map(|at| i64::from(at.y)).sum();
    i32::try_from(sum / places.len().max(1) as i64).unwrap_or(0)
}

/// What is taken, by columns as wide as a step, so that a free spot is found without looking at every node.
#[derive(Default)]
struct Spots {
    /// The places in each column, as (y, x).
    by_column: BTreeMap<i32, BTreeSet<(i32, i32)>>,
}

impl Spots {
    fn take(&mut self, at: Point) {
        self.by_column.entry(at.x.div_euclid(STEP_X)).or_default().insert((at.y, at.x));
    }

    /// The first spot at or below `at` that keeps its distance from all that is taken.
    fn first_free(&self, mut at: Point) -> Point {
        let column = at.x.div_euclid(STEP_X);
        loop {
            let near = (column - 1..=column + 1)
                .filter_map(|column| self.by_column.get(&column))
                .flat_map(|taken| taken.range((at.y - STEP_Y + 1, i32::MIN)..(at.y + STEP_Y, i32::MIN)))
                .filter(|(_, x)| (x - at.x).abs() < STEP_X)
                .map(|(y, _)| *y)
                .max();
            match near {
                Some(y) => at.y = grid_up(y + STEP_Y),
                None => return at,
            }
        }
    }
}

/// Nodes by number, with those before and behind each; edges that close a cycle are left out.
struct Graph {
    before: Vec<Vec<usize>>,
    behind: Vec<Vec<usize>>,
    order: Vec<usize>,
}

impl Graph {
    fn new(doc: &FlowDocument, ids: &[&NodeId]) -> Graph {
        let index: BTreeMap<&NodeId, usize> = ids.iter().enumerate().map(|(idx, id)| (*id, idx)).collect();
        let pairs = doc
            .edges
            .iter()
            .filter_map(|edge| Some((*index.get(&edge.from.node)?, *index.get(&edge.to.node)?)));
        let pairs: Vec<_> = pairs.collect::<BTreeSet<_>>().into_iter().collect();
        let order = order(ids.len(), &pairs);
        let closing: BTreeSet<_> = order.cycles.iter().map(|(edge, _)| *edge).collect();
        let mut graph =
            Graph { before: vec![vec![]; ids.len()], behind: vec![vec![]; ids.len()], order: order.nodes };
        for (idx, (from, to)) in pairs.iter().enumerate() {
            if !closing.contains(&idx) {
                graph.before[*to].push(*from);
                graph.behind[*from].push(*to);
            }
        }
        graph
    }

    /// The longest way to each node, or from it to an end.
    fn longest(&self, towards: &[Vec<usize>], order: impl Iterator<Item = usize>) -> Vec<usize> {
        let mut longest = vec![0; self.order.len()];
        for node in order {
            longest[node] = towards[node].iter().map(|other| longest[*other] + 1).max().unwrap_or(0);
        }
        longest
    }
}

fn place(doc: &FlowDocument, ids: &[&NodeId]) -> Vec<Point> {
    let graph = Graph::new(doc, ids);
    let layer_of = graph.longest(&graph.before, graph.order.iter().copied());
    let height = graph.longest(&graph.behind, graph.order.iter().rev().copied());
    let n_layers = layer_of.iter().max().map_or(0, |last| last + 1);
    let mut layers: Vec<Vec<usize>> = vec![Vec::new(); n_layers];
    for node in 0..ids.len() {
        layers[layer_of[node]].push(node);
    }
    let aside: BTreeSet<&NodeId> =
        doc.edges.iter().filter(|edge| &*edge.from.port != MAIN_PORT).map(|edge| &edge.to.node).collect();
    // What leads far stands above what ends soon, so that the main chain is the top line; where both lead as far, what
    // leaves by a port further down stands below, or the wires would cross.
    for layer in &mut layers {
        layer.sort_by_key(|node| (std::cmp::Reverse(height[*node]), aside.contains(ids[*node]), *node));
    }
    sweep(&mut layers, &graph);

    let mut places = vec![Point::default(); ids.len()];
    for (layer, nodes) in layers.iter().enumerate() {
        let x = i32::try_from(layer).unwrap_or(0) * STEP_X;
        let mut free = i32::MIN;
        for node in nodes {
            let before: Vec<_> = graph.before[*node].iter().map(|other| places[*other]).collect();
            let y = on_grid(mean(&before)).max(free);
            places[*node] = Point { x, y };
            free = y + STEP_Y;
        }
    }
    places
}

/// Sorts each layer by the mean place of what its nodes are joined to, there and back a few times.
fn sweep(layers: &mut [Vec<usize>], graph: &Graph) {
    let mut rank = vec![0.0; graph.order.len()];
    let rank_layer = |rank: &mut Vec<f64>, layer: &[usize]| {
        for (idx, node) in layer.iter().enumerate() {
            rank[*node] = idx as f64;
        }
    };
    layers.iter().for_each(|layer| rank_layer(&mut rank, layer));
    let mut sort = |layer: &mut Vec<usize>, towards: &[Vec<usize>]| {
        let mean = |node: usize| {
            let others = &towards[node];
            if others.is_empty() {
                return rank[node];
            }
            others.iter().map(|other| rank[*other]).sum::<f64>() / others.len() as f64
        };
        let mut means: Vec<_> = layer.iter().map(|node| (mean(*node), *node)).collect();
        // A stable sort keeps the order that the sweep before has found.
        means.sort_by(|a, b| a.0.total_cmp(&b.0));
        *layer = means.into_iter().map(|(_, node)| node).collect();
        rank_layer(&mut rank, layer);
    };
    for _ in 0..3 {
        layers.iter_mut().skip(1).for_each(|layer| sort(layer, &graph.before));
        layers.iter_mut().rev().skip(1).for_each(|layer| sort(layer, &graph.behind));
    }
    layers.iter_mut().skip(1).for_each(|layer| sort(layer, &graph.before));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::testing::{edge, flow, usual};
    use super::*;

    fn places(doc: &FlowDocument) -> Vec<(String, i32, i32)> {
        arrange(doc).into_iter().map(|(id, at)| (id.to_string(), at.x, at.y)).collect()
    }

    fn at(id: &str, x: i32, y: i32) -> (String, i32, i32) {
        (id.to_owned(), x, y)
    }

    #[test]
    fn a_chain_is_a_line_and_what_branches_off_stands_below() {
        let mut doc = usual();
        let late = doc.nodes[&NodeId::new("sink")].clone();
        doc.nodes.insert(NodeId::new("aside"), late.clone());
        doc.nodes.insert(NodeId::new("bad"), late);
        doc.edges.extend([edge("window.late", "aside.in"), edge("rows.rejected", "bad.in")]);
        assert_eq!(
            places(&doc),
            [
                at("aside", 1152, 144),
                at("bad", 288, 144),
                at("keep", 576, 0),
                at("rows", 0, 0),
                at("sink", 1152, 0),
                at("stamp", 288, 0),
                at("window", 864, 0),
            ]
        );
    }

    #[test]
    fn what_leaves_by_a_lower_port_stands_below_what_leads_as_far() {
        let nodes = ["window", "aside", "late", "report", "table"].map(|id| (id, "union", json!({})));
        let edges = [
            ("window.late", "aside.in"),
            ("window.out", "report.in"),
            ("aside.out", "late.in"),
            ("report.out", "table.in"),
        ];
        let doc = flow(&nodes, &edges);
        assert_eq!(
            places(&doc),
            [
                at("aside", 288, 144),
                at("late", 576, 144),
                at("report", 288, 0),
                at("table", 576, 0),
                at("window", 0, 0),
            ]
        );
    }

    #[test]
    fn crossings_are_undone() {
        let nodes = ["a1", "a2", "b1", "b2"].map(|id| (id, "union", json!({})));
        let doc = flow(&nodes, &[("a1.out", "b2.in"), ("a2.out", "b1.in")]);
        assert_eq!(places(&doc), [at("a1", 0, 0), at("a2", 0, 144), at("b1", 288, 144), at("b2", 288, 0)]);
    }

    #[test]
    fn only_what_has_no_place_is_placed() {
        let mut doc = usual();
        assert_eq!(fill_missing_positions(&doc), arrange(&doc));
        doc.nodes.insert(NodeId::new("lonely"), doc.nodes[&NodeId::new("sink")].clone());
        doc.layout.nodes.insert(NodeId::new("keep"), Point { x: 500, y: 100 });
        doc.layout.nodes.insert(NodeId::new("rows"), Point { x: 730, y: 90 });
        let filled = fill_missing_positions(&doc);
        let ids: Vec<_> = filled.keys().map(NodeId::as_str).collect();
        assert_eq!(ids, ["lonely", "sink", "stamp", "window"]);
        assert_eq!(filled[&NodeId::new("window")], Point { x: 800, y: 240 });
        assert_eq!(filled[&NodeId::new("lonely")], Point { x: 496, y: 256 });
    }

    #[test]
    fn a_selection_is_arranged_where_it_stands() {
        let mut doc = usual();
        for (id, x, y) in [("keep", 1000, 333), ("window", 900, 500), ("rows", 0, 0)] {
            doc.layout.nodes.insert(NodeId::new(id), Point { x, y });
        }
        let selection = BTreeSet::from([NodeId::new("keep"), NodeId::new("window")]);
        let arranged = arrange_some(&doc, &selection);
        assert_eq!(arranged[&NodeId::new("keep")], Point { x: 896, y: 336 });
        assert_eq!(arranged[&NodeId::new("window")], Point { x: 896 + 288, y: 336 });
        assert_eq!(arranged.len(), 2);
    }

    #[test]
    fn ten_thousand_nodes_are_placed_in_a_moment() {
        let mut doc = FlowDocument::default();
        let node = usual().nodes[&NodeId::new("sink")].clone();
        for idx in 0..10_000 {
            doc.nodes.insert(NodeId::new(format!("n{idx}")), node.clone());
            doc.edges.insert(edge(&format!("n{}.out", idx * 7 % 5000), &format!("n{idx}.in")));
        }
        let start = std::time::Instant::now();
        doc.layout.nodes = arrange(&doc);
        assert_eq!(doc.layout.nodes.len(), 10_000);
        doc.layout.nodes.retain(|id, _| !id.as_str().ends_with('7'));
        assert_eq!(fill_missing_positions(&doc).len(), 1000);
        assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
    }

    proptest! {
        #[test]
        fn no_two_nodes_stand_on_each_other_and_edges_lead_to_the_right(
            edges in prop::collection::vec((0_usize..9, 0_usize..9), 0..20),
            placed in prop::collection::vec(prop::option::of((-400..400, -400..400)), 9),
        ) {
            let ids: Vec<_> = (0..9).map(|idx| format!("n{idx}")).collect();
            let nodes: Vec<_> = ids.iter().map(|id| (id.as_str(), "union", json!({}))).collect();
            let mut doc = flow(&nodes, &[]);
            doc.edges.extend(
                edges.iter().filter(|(from, to)| from < to).map(|(from, to)| edge(&format!("n{from}.out"), &format!("n{to}.in"))),
            );
            let places = arrange(&doc);
            for edge in &doc.edges {
                prop_assert!(places[&edge.from.node].x < places[&edge.to.node].x);
            }
            let apart = |a: &Point, b: &Point| (a.x - b.x).abs() >= STEP_X || (a.y - b.y).abs() >= STEP_Y;
            for (idx, a) in places.values().enumerate() {
                prop_assert!(a.x % GRID == 0 && a.y % GRID == 0);
                prop_assert!(places.values().skip(idx + 1).all(|b| apart(a, b)));
            }
            for (id, place) in ids.iter().zip(placed) {
                if let Some((x, y)) = place {
                    doc.layout.nodes.insert(NodeId::new(id), Point { x, y });
                }
            }
            let filled = fill_missing_positions(&doc);
            for (id, a) in &filled {
                let others = filled.iter().filter(|(other, _)| *other != id).map(|(_, at)| at);
                prop_assert!(others.chain(doc.layout.nodes.values()).all(|b| apart(a, b)));
            }
        }
    }
}
