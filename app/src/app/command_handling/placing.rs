//! Where new nodes go: what they are joined to, and a spot on which no other node stands.

use std::collections::BTreeMap;
use std::sync::Arc;

use egui::Pos2;
use serde_json::Map;
use tidemark_engine::graph::{self, Edit, FlowDocument, FlowNode, GRID, Point, fresh_id};
use tidemark_engine::ids::{EdgeId, NodeId, PortRef};

use super::super::App;
use crate::panels::canvas::NODE_SIZE;
use crate::state::Fitting;

/// From a node to the one behind it, so that a wire's label fits between.
const STEP_X: i32 = 18 * GRID;
/// The size of a node with the room around it, up to the next lines of the grid.
const ROOM: (i32, i32) = (13 * GRID, 7 * GRID);

impl App {
    /// Adds a node, joined to a port if one is given, and returns its id.
    pub(super) fn add_node(
        &mut self,
        kind: &str,
        at: Option<Pos2>,
        join: Option<&PortRef>,
    ) -> Option<NodeId> {
        let flow = self.state.open.document.flow();
        let id = fresh_id(flow, kind);
        let wanted = snapped(at.unwrap_or_else(|| self.panels.canvas.middle()));
        let at = Spots::of(flow).first_free(wanted);
        let node = FlowNode::new(kind, Map::new());
        let mut edits = vec![Edit::AddNode { id: id.clone(), node, at: Some(at) }];
        if let Some(join) = join {
            edits.extend(self.joining(flow, &edits[0], &id, join).map(Edit::Connect));
        }
        self.place("add_node", edits, kind, id)
    }

    /// Adds a node and opens the finder for what comes behind it.
    pub(super) fn add_next(&mut self, kind: &str, at: Option<Pos2>, join: Option<&PortRef>) {
        if self.add_node(kind, at, join).is_some() {
            self.panels.canvas.open_finder(&self.state);
        }
    }

    /// Adds a node between the ends of a wire, where others make room for it. One that does not fit there is added without wires,
    /// and why is said.
    pub(super) fn insert_node(&mut self, kind: &str, wire: &EdgeId, at: Option<Pos2>) {
        let Some(spec) = self.state.catalog.spec(kind).map(Arc::clone) else { return };
        let (Some(input), Some(output)) = (spec.inputs.first(), spec.outputs.first()) else {
            self.add_node(kind, at, None);
            return;
        };
        if self.state.open.is_checked()
            && let Err(unfit) = Fitting::of(&self.state.open, &self.state.catalog).between(&spec, wire)
        {
            self.add_node(kind, at, None);
            self.state.view.refusal = Some(unfit.sentence());
            return;
        }
        let flow = self.state.open.document.flow();
        let id = fresh_id(flow, kind);
        let place = |node: &NodeId| flow.layout.nodes.get(node).copied().unwrap_or_default();
        let (from, to) = (place(&wire.from.node), place(&wire.to.node));
        let halfway = Pos2::new((from.x + to.x) as f32 / 2.0, (from.y + to.y) as f32 / 2.0);
        let wanted = at.map_or(halfway, |middle| middle - NODE_SIZE / 2.0);
        let (wanted, moves) = self.panels.canvas.room_in_wire(wire, wanted);
        let at = Spots::after(flow, &moves).first_free(snapped(wanted));
        let mut edits = vec![
            Edit::AddNode { id: id.clone(), node: FlowNode::new(kind, Map::new()), at: Some(at) },
            Edit::Disconnect(wire.clone()),
            Edit::Connect(EdgeId { from: wire.from.clone(), to: PortRef::new(id.clone(), input.name) }),
            Edit::Connect(EdgeId { from: PortRef::new(id.clone(), output.name), to: wire.to.clone() }),
        ];
        if !moves.is_empty() {
            edits.push(Edit::MoveNodes(moves));
        }
        self.place("insert_node", edits, kind, id);
    }

    fn place(&mut self, step: &str, edits: Vec<Edit>, kind: &str, id: NodeId) -> Option<NodeId> {
        self.edit(&Edit::Batch { name: step.to_owned(), edits });
        self.state.open.document.flow().nodes.get(&id)?;
        self.state.settings.note_kind(kind);
        self.select(vec![id.clone()], Vec::new());
        self.panels.canvas.reveal(&id);
        self.panels.canvas.view.focus_canvas();
        Some(id)
    }

    /// The edge from a port to a node that is about to be added.
    fn joining(&self, flow: &FlowDocument, add: &Edit, id: &NodeId, join: &PortRef) -> Option<EdgeId> {
        let mut with = flow.clone();
        add.apply(&mut with).ok()?;
        let spec = self.state.catalog.spec(&with.nodes.get(id)?.kind)?;
        let own = |name: &str| PortRef::new(id.clone(), name);
        let from_output =
            self.state.spec(&join.node)?.outputs.iter().any(|output| *join.port == *output.name);
        let edges: Vec<EdgeId> = if from_output {
            spec.inputs.iter().map(|input| EdgeId { from: join.clone(), to: own(input.name) }).collect()
        } else {
            spec.outputs.iter().map(|output| EdgeId { from: own(output.name), to: join.clone() }).collect()
        };
        let is_possible =
            |edge: &EdgeId| graph::connection_veto(&with, &self.state.catalog, &edge.from, &edge.to).is_ok();
        edges.into_iter().find(is_possible)
    }
}

/// Where a node belongs that is wired behind another one.
pub(crate) fn behind(flow: &FlowDocument, node: &NodeId) -> Option<Pos2> {
    let at = flow.layout.nodes.get(node)?;
    Some(Pos2::new((at.x + STEP_X) as f32, at.y as f32))
}

/// A place on the grid.
pub(in crate::app) fn snapped(at: Pos2) -> Point {
    let snapped = |value: f32| (value / GRID as f32).round() as i32 * GRID;
    Point { x: snapped(at.x), y: snapped(at.y) }
}

/// The spots that are taken.
pub(in crate::app) struct Spots {
    taken: Vec<Point>,
}

impl Spots {
    pub(in crate::app) fn of(flow: &FlowDocument) -> Spots {
        Spots::after(flow, &BTreeMap::new())
    }

    /// The same once nodes have been moved.
    fn after(flow: &FlowDocument, moves: &BTreeMap<NodeId, Option<Point>>) -> Spots {
        let place = |(node, at): (&NodeId, &Point)| moves.get(node).copied().flatten().unwrap_or(*at);
        Spots { taken: flow.layout.nodes.iter().map(place).collect() }
    }

    /// The first spot at or below `wanted` on which a node hides no other.
    pub(in crate::app) fn first_free(&self, wanted: Point) -> Point {
        Point { y: wanted.y + self.shift(&[wanted]), ..wanted }
    }

    /// Moves all that these changes add together downwards until its nodes hide no other.
    pub(super) fn make_free(&self, edits: &mut [Edit]) {
        let place = |edit: &Edit| match edit {
            Edit::AddNode { at, .. } => *at,
            _ => None,
        };
        let new: Vec<Point> = edits.iter().filter_map(place).collect();
        let down = self.shift(&new);
        for edit in edits {
            match edit {
                Edit::AddNode { at: Some(at), .. } => at.y += down,
                Edit::SetNote { note: Some((_, Some(area))), .. }
                | Edit::SetFrame { frame: Some((_, Some(area))), .. } => area.y += down,
                _ => {}
            }
        }
    }

    /// How far down these have to go.
    fn shift(&self, new: &[Point]) -> i32 {
        let across = new.iter().map(|at| at.x).fold((i32::MAX, i32::MIN), |(a, b), x| (a.min(x), b.max(x)));
        let near: Vec<&Point> = self
            .taken
            .iter()
            .filter(|at| at.x > across.0.saturating_sub(ROOM.0) && at.x < across.1.saturating_add(ROOM.0))
            .collect();
        let mut down = 0;
        // Each round goes below something that is in the way, so there are not more rounds than such things.
        for _ in 0..=near.len() {
            let hidden = new.iter().flat_map(|at| {
                near.iter()
                    .filter(move |other| {
                        (other.x - at.x).abs() < ROOM.0 && (other.y - at.y - down).abs() < ROOM.1
                    })
                    .map(move |other| other.y + ROOM.1 - at.y)
            });
            match hidden.max() {
                Some(further) => down = (further + GRID - 1).div_euclid(GRID) * GRID,
                None => break,
            }
        }
        down
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spots(taken: &[(i32, i32)]) -> Spots {
        Spots { taken: taken.iter().map(|(x, y)| Point { x: *x, y: *y }).collect() }
    }

    #[test]
    fn a_free_spot_is_taken_and_a_covered_one_is_left_downwards() {
        let at = |x, y| Point { x, y };
        assert_eq!(spots(&[]).first_free(at(32, 48)), at(32, 48));
        assert_eq!(spots(&[(32, 48)]).first_free(at(32, 48)), at(32, 160));
        // The one below is in the way as well, the one at the right is not.
        assert_eq!(spots(&[(32, 48), (48, 150), (400, 270)]).first_free(at(32, 48)), at(32, 272));
        let column: Vec<_> = (0..500).map(|row| (0, row * 112)).collect();
        assert_eq!(spots(&column).first_free(at(0, 0)), at(0, 56_000));
    }

    #[test]
    fn nodes_that_are_added_together_stay_together() {
        let add = |id: &str, x, y| Edit::AddNode {
            id: NodeId::new(id),
            node: FlowNode::new("union", Map::new()),
            at: Some(Point { x, y }),
        };
        let mut edits = vec![add("a", 0, 0), add("b", 288, 160)];
        spots(&[(288, 160)]).make_free(&mut edits);
        assert_eq!(edits, [add("a", 0, 112), add("b", 288, 272)]);
    }
}
