//! Where nodes in hand come to rest: beside their neighbours, with straight wires, on the grid.

use egui::Vec2;

use super::Frame;
use crate::GraphIds;
use crate::graph::PortPlace;
use crate::snap::{Neighbours, Rest, Straight};

/// How close a line has to be for a node to rest on it, in points on screen.
const REACH: f32 = 6.0;

impl<I: GraphIds> Frame<'_, I> {
    /// Where `anchor` rests after the pointer has moved it and the rest of `nodes` by `delta`. Alt lets
    /// it rest anywhere. Costs one look at every node in sight.
    pub fn rest(&self, nodes: &[I::Node], anchor: &I::Node, delta: Vec2) -> Rest {
        let Some(anchor) = self.graph.node_index(anchor) else { return Rest::default() };
        if self.ui.input(|i| i.modifiers.alt) {
            return Rest::default();
        }
        let moved: Vec<usize> = nodes.iter().filter_map(|id| self.graph.node_index(id)).collect();
        let near = self.neighbours(&moved, anchor, delta);
        let free = self.graph.nodes()[anchor].rect().translate(delta);
        Rest::of(free, &near, REACH / self.geometry.transform.zoom, self.style.grid)
    }

    /// What the anchor may line up with: the nodes in sight that are not among the moved.
    fn neighbours(&self, moved: &[usize], anchor: usize, delta: Vec2) -> Neighbours {
        let mut stays = vec![false; self.graph.nodes().len()];
        let sight = self.geometry.transform.visible_graph_rect();
        for &idx in &self.geometry.visible_nodes {
            stays[idx] = sight.intersects(self.graph.nodes()[idx].rect());
        }
        for &idx in moved {
            stays[idx] = false;
        }
        let rects = self.geometry.visible_nodes.iter().filter(|idx| stays[**idx]);
        let height =
            |place: PortPlace| self.graph.nodes()[place.node].port_position(place.side, place.port).y;
        let ends = self.graph.wires_of(anchor).iter().filter_map(|idx| self.graph.ends(*idx));
        let wires = ends.filter_map(|ends| {
            let (mine, other) =
                if ends.from.node == anchor { (ends.from, ends.to) } else { (ends.to, ends.from) };
            stays[other.node].then(|| Straight {
                up_or_down: height(other) - (height(mine) + delta.y),
                y: height(other),
                other: self.graph.nodes()[other.node].rect(),
            })
        });
        Neighbours {
            rects: rects.map(|idx| self.graph.nodes()[*idx].rect()).collect(),
            wires: wires.collect(),
        }
    }
}
