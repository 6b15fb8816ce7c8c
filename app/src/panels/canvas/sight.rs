//! Which faces are made when: what is in sight at once, the rest of the map a little in every frame.

use std::sync::Arc;

use egui::Rect;
use egui_node_graph::{Detail, Graph};
use tidemark_engine::graph::Checked;

use super::Ids;
use super::faces::Faces;
use super::facts::{Facts, Range, figures_of};
use crate::engine_link::{NodeFigures, UiSnapshot, Watch};
use crate::state::{AppState, Lens};
use crate::ui_kit::Tokens;

/// How many nodes out of sight are brought up to date in a frame, for the map.
const A_LITTLE: usize = 512;
/// Up to this many nodes, assistive technology is told about all of them, wherever they are.
pub(super) const DESCRIBED: usize = 1_000;

/// What of the graph is looked at, and how closely.
pub(super) struct Sight {
    /// The part of the graph on screen and some more; everything if `None`.
    pub(super) area: Option<Rect>,
    pub(super) detail: Detail,
    pub(super) dragging: bool,
}

/// How up to date each face is.
#[derive(Default)]
pub(super) struct Freshness {
    /// Changes whenever any face may have to change.
    epoch: u64,
    /// Changes whenever what is not a figure has changed: findings, names of ports, colours.
    form: u64,
    made_of: Option<MadeOf>,
    /// Between which figures the colours of the lens lie.
    range: Range,
    /// The epoch at which a node was made as seen from afar, and in full.
    nodes: Vec<(u64, u64)>,
    ports: Vec<u64>,
    wires: Vec<u64>,
    /// Where the walk over nodes out of sight goes on.
    cursor: usize,
}

/// What faces are made of.
struct MadeOf {
    checked: Arc<Checked>,
    snapshot: Arc<UiSnapshot>,
    watched: Option<Watch>,
    found: Option<(String, u64)>,
    lens: Lens,
    dark: bool,
    dragging: bool,
}

impl Freshness {
    /// A graph whose faces say nothing yet.
    pub(super) fn of_new(graph: &Graph<Ids>) -> Freshness {
        Freshness {
            epoch: 1,
            form: 1,
            nodes: vec![(0, 0); graph.nodes().len()],
            ports: vec![0; graph.nodes().len()],
            wires: vec![0; graph.wires().len()],
            ..Freshness::default()
        }
    }

    /// Notes what has changed since the last frame. Returns whether the facts have.
    pub(super) fn note(&mut self, state: &AppState, dark: bool, dragging: bool) -> bool {
        let now = MadeOf {
            checked: Arc::clone(&state.open.checked),
            snapshot: Arc::clone(&state.open.run.snapshot),
            watched: state.open.watched.clone(),
            found: state.view.find.as_ref().map(|find| (find.query.clone(), find.n_searches())),
            lens: state.view.lens,
            dark,
            dragging,
        };
        let is_measured =
            |before: &MadeOf| before.lens == now.lens && Arc::ptr_eq(&before.snapshot, &now.snapshot);
        if !self.made_of.as_ref().is_some_and(is_measured) {
            self.range = Range::of(now.lens, &now.snapshot);
        }
        let before = self.made_of.replace(now);
        let (Some(before), Some(now)) = (before, &self.made_of) else { return true };
        let same_facts = Arc::ptr_eq(&before.checked, &now.checked);
        let same_form = same_facts
            && before.watched == now.watched
            && (before.dark, before.dragging) == (now.dark, now.dragging);
        let is_same = same_form
            && Arc::ptr_eq(&before.snapshot, &now.snapshot)
            && (before.lens, &before.found) == (now.lens, &now.found);
        self.epoch += u64::from(!is_same);
        self.form += u64::from(!same_form);
        !same_facts
    }

    /// Between which figures the colours of the lens lie.
    pub(super) fn range(&self) -> Range {
        self.range
    }

    /// Makes the faces that are looked at. Returns whether others are still to be made, for the map.
    pub(super) fn catch_up(
        &mut self,
        graph: &mut Graph<Ids>,
        facts: &Facts,
        state: &AppState,
        tokens: &Tokens,
        sight: &Sight,
    ) -> bool {
        let is_seen = |rect: Rect| sight.area.is_none_or(|area| area.intersects(rect));
        let near = sight.detail != Detail::Block;
        let stale = |(afar, full): (u64, u64)| afar != self.epoch || (near && full != self.epoch);
        let rects = graph.nodes().iter().map(egui_node_graph::Node::rect);
        let seen: Vec<usize> = rects
            .zip(&self.nodes)
            .enumerate()
            .filter(|(_, (rect, made))| stale(**made) && is_seen(*rect))
            .map(|(idx, _)| idx)
            .collect();
        let unseen = self.a_little();
        let snapshot = Arc::clone(&state.open.run.snapshot);
        if !seen.is_empty() || !unseen.is_empty() {
            let range = self.range;
            let figures = figures_of(graph, &snapshot);
            let faces = Faces { state, tokens, facts, dragging: sight.dragging, range };
            for idx in seen {
                self.make_node(graph, &faces, idx, figures[idx], near);
            }
            for idx in unseen {
                self.make_node(graph, &faces, idx, figures[idx], false);
            }
        }
        self.make_wires(graph, facts, state, tokens, sight, &is_seen);
        self.nodes.iter().any(|(afar, _)| *afar != self.epoch)
    }

    /// The next few nodes that are not up to date.
    fn a_little(&mut self) -> Vec<usize> {
        let n_nodes = self.nodes.len();
        let order = (self.cursor..n_nodes).chain(0..self.cursor.min(n_nodes));
        let little: Vec<usize> =
            order.filter(|idx| self.nodes[*idx].0 != self.epoch).take(A_LITTLE).collect();
        self.cursor = little.last().map_or(0, |last| last + 1);
        little
    }

    fn make_node(
        &mut self,
        graph: &mut Graph<Ids>,
        faces: &Faces<'_>,
        idx: usize,
        figures: Option<&NodeFigures>,
        full: bool,
    ) {
        let Some(id) = graph.nodes().get(idx).map(|node| node.id.clone()) else { return };
        if let Some(face) = graph.node_face_mut(&id) {
            if full && self.nodes[idx].1 != self.epoch {
                *face = faces.node(idx, &id, figures);
                self.nodes[idx] = (self.epoch, self.epoch);
            } else if self.nodes[idx].0 != self.epoch {
                faces.outline(face, idx, &id, figures);
                self.nodes[idx].0 = self.epoch;
            }
        }
        if full && self.ports[idx] != self.form {
            self.ports[idx] = self.form;
            for (port, new) in faces.ports(idx, &id) {
                if let Some(face) = graph.port_face_mut(&port) {
                    *face = new;
                }
            }
        }
    }

    fn make_wires(
        &mut self,
        graph: &mut Graph<Ids>,
        facts: &Facts,
        state: &AppState,
        tokens: &Tokens,
        sight: &Sight,
        is_seen: &dyn Fn(Rect) -> bool,
    ) {
        // From afar a wire is a line in its colour, which no figure changes.
        let near = sight.detail != Detail::Block;
        let wanted = if near { 2 * self.epoch + 1 } else { 2 * self.form };
        let seen = (0..graph.wires().len()).filter(|wire| {
            self.wires[*wire] != wanted && facts.around_wire(graph, *wire).is_some_and(is_seen)
        });
        let seen: Vec<usize> = seen.collect();
        let faces = Faces { state, tokens, facts, dragging: sight.dragging, range: Range::default() };
        for wire in seen {
            self.wires[wire] = wanted;
            let Some(id) = graph.wires().get(wire).map(|wire| wire.id.clone()) else { continue };
            let Some(face) = graph.wire_face_mut(&id) else { continue };
            if near {
                let flow = face.flow;
                *face = faces.wire(&id);
                face.flow = flow;
            } else {
                face.color = faces.wire_color(&id);
                face.highlighted =
                    matches!(&state.open.watched, Some(Watch::Edge(watched)) if *watched == id);
            }
        }
    }

    /// Whether anything of these nodes and wires is not shown as it stands now, though it came into sight.
    pub(super) fn lacks(&self, nodes: &[usize], wires: &[usize], detail: Detail) -> bool {
        let near = detail != Detail::Block;
        let is_old = |idx: &usize| self.nodes.get(*idx).is_some_and(|made| near && made.1 != self.epoch);
        let wire_is_old =
            |idx: &usize| near && self.wires.get(*idx).is_some_and(|made| *made != 2 * self.epoch + 1);
        nodes.iter().any(is_old) || wires.iter().any(wire_is_old)
    }
}
