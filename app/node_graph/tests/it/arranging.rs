//! Functions that commands are made of: what belongs together, and where it should stand.

use std::collections::BTreeSet;

use egui::{Rect, pos2, vec2};
use egui_node_graph::{Align, Axis, Graph, align, distribute, straighten};

use crate::desk::{node, wire};

fn tile(x: f32, y: f32, height: f32) -> Rect {
    Rect::from_min_size(pos2(x, y), vec2(190.0, height))
}

#[test]
fn upstream_downstream_and_connected_stop_in_a_cycle() {
    let nodes = (1..=6).map(|id| node(id, 0.0, 0.0, "Node")).collect();
    // 1 → 2 ⇄ 3 → 4, 5 → 4, and 6 alone.
    let wires = vec![wire(1, 1, 2), wire(2, 2, 3), wire(3, 3, 2), wire(4, 3, 4), wire(5, 5, 4)];
    let graph = Graph::new(nodes, wires);
    assert_eq!(graph.upstream(&[3]), BTreeSet::from([1, 2, 3]));
    assert_eq!(graph.downstream(&[2]), BTreeSet::from([2, 3, 4]));
    assert_eq!(graph.connected(&[5]), BTreeSet::from([1, 2, 3, 4, 5]));
    assert_eq!(graph.connected(&[6, 99]), BTreeSet::from([6]));
}

#[test]
fn aligned_edges_are_equal_and_tiles_of_one_size_stand_on_the_grid() {
    let tiles = [tile(16.0, 0.0, 96.0), tile(53.0, 160.0, 96.0), tile(400.0, 320.0, 40.0)];
    assert_eq!(align(&tiles, Align::Left, 16.0), [pos2(16.0, 0.0), pos2(16.0, 160.0), pos2(16.0, 320.0)]);
    assert_eq!(align(&tiles, Align::Right, 16.0), [pos2(400.0, 0.0), pos2(400.0, 160.0), pos2(400.0, 320.0)]);
    assert!(align(&tiles, Align::Center, 16.0).iter().all(|at| at.x == 208.0));
    let bottoms =
        align(&tiles, Align::Bottom, 16.0).into_iter().zip(&tiles).map(|(at, tile)| at.y + tile.height());
    assert!(bottoms.collect::<Vec<_>>().iter().all(|bottom| *bottom == 360.0));
    assert!(align(&[], Align::Left, 16.0).is_empty());
}

#[test]
fn distributed_tiles_are_evenly_apart() {
    let tiles = [tile(0.0, 0.0, 96.0), tile(640.0, 0.0, 96.0), tile(200.0, 0.0, 96.0)];
    let places = distribute(&tiles, Axis::Horizontal, 16.0);
    assert_eq!(places, [pos2(0.0, 0.0), pos2(640.0, 0.0), pos2(320.0, 0.0)]);
    let stacked = [tile(0.0, 0.0, 96.0); 3];
    let places = distribute(&stacked, Axis::Vertical, 16.0);
    assert_eq!(places, [pos2(0.0, 0.0), pos2(0.0, 112.0), pos2(0.0, 224.0)]);
}

#[test]
fn straightened_wires_are_level_and_nothing_is_put_on_another() {
    let nodes = vec![node(1, 0.0, 0.0, "A"), node(2, 300.0, 40.0, "B"), node(3, 300.0, 200.0, "C")];
    let graph = Graph::new(nodes, vec![wire(1, 1, 2), wire(2, 1, 3)]);
    assert_eq!(straighten(&graph, &[1, 2, 3]), [(2, pos2(300.0, 0.0))]);
}
