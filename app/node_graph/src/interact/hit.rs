//! What lies under a screen position.

use egui::Pos2;

use super::Frame;
use crate::backdrop::Grip;
use crate::graph::PortPlace;
use crate::{Detail, GraphIds, Side, Target};

/// Something under the pointer, by index.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Hit {
    Port(PortPlace),
    Node(usize),
    Wire(usize),
    Backdrop(usize, Grip),
    Canvas,
    /// The pointer is elsewhere.
    #[default]
    Nothing,
}

impl<I: GraphIds> Frame<'_, I> {
    /// Ports before nodes before wires before backdrops; among nodes and backdrops the one drawn last.
    pub fn hit(&self, at: Pos2) -> Hit {
        if !self.geometry.transform.panel.contains(at) {
            return Hit::Canvas;
        }
        let wire = || self.lines.nearest(at, self.style.wire_tolerance).map(Hit::Wire);
        let backdrop = || self.backdrop_at(at);
        self.tile_at(at).or_else(wire).or_else(backdrop).unwrap_or(Hit::Canvas)
    }

    /// The same with the caller's identities; `None` if the pointer is elsewhere.
    pub fn target(&self, hit: Hit) -> Option<Target<I>> {
        match hit {
            Hit::Port(place) => self.graph.port_ref(place).map(Target::Port),
            Hit::Node(idx) => self.graph.nodes().get(idx).map(|node| Target::Node(node.id.clone())),
            Hit::Wire(idx) => self.graph.wires().get(idx).map(|wire| Target::Wire(wire.id.clone())),
            Hit::Backdrop(idx, _) => {
                self.graph.backdrops().get(idx).map(|backdrop| Target::Backdrop(backdrop.id.clone()))
            }
            Hit::Canvas => Some(Target::Canvas),
            Hit::Nothing => None,
        }
    }

    /// A port or a node at this position.
    pub fn tile_at(&self, at: Pos2) -> Option<Hit> {
        self.port_at(at).map(Hit::Port).or_else(|| self.node_at(at).map(Hit::Node))
    }

    fn node_at(&self, at: Pos2) -> Option<usize> {
        let contains = |idx: &&usize| self.geometry.rect(self.graph, **idx).contains(at);
        let under = || self.geometry.visible_nodes.iter().rev();
        let selected = |idx: &&usize| self.view.selected_nodes.contains(&self.graph.nodes()[**idx].id);
        // Selected nodes are drawn above the others.
        let top = under().filter(contains).find(selected);
        top.or_else(|| under().find(contains)).copied()
    }

    fn port_at(&self, at: Pos2) -> Option<PortPlace> {
        let reach = match self.geometry.detail {
            Detail::Full => self.style.port_hit_size / 2.0,
            Detail::Title => self.style.port_hit_size / 3.0,
            Detail::Block => return None,
        };
        let mut best: Option<(f32, PortPlace)> = None;
        for &node in &self.geometry.visible_nodes {
            if !self.geometry.rect(self.graph, node).expand(reach).contains(at) {
                continue;
            }
            for side in [Side::Input, Side::Output] {
                for port in 0..self.graph.nodes()[node].ports(side).len() {
                    let place = PortPlace { node, side, port };
                    let away = self.geometry.port(self.graph, place) - at;
                    let distance = away.length();
                    let inside = away.x.abs() <= reach && away.y.abs() <= reach;
                    if inside && best.is_none_or(|(least, _)| distance <= least) {
                        best = Some((distance, place));
                    }
                }
            }
        }
        best.map(|(_, place)| place)
    }
}
