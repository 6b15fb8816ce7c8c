//! What the canvas remembers between frames: where it looks, what is selected, what is being dragged.

use std::collections::BTreeSet;

use egui::{Pos2, Rect, Vec2};

use crate::gesture::Gesture;
use crate::transform::{MAX_ZOOM, MIN_ZOOM};
use crate::{Graph, GraphIds, PortRef, Transform};

/// The state of one canvas, owned by the caller. Nothing in it belongs in a saved document,
/// though [`GraphView::origin`] and [`GraphView::zoom`] may be kept to come back to a place.
#[derive(Clone, Debug)]
pub struct GraphView<I: GraphIds> {
    /// Graph position in the upper left corner of the canvas.
    pub origin: Pos2,
    /// Screen points per graph point; kept between 0.1 and 2.5.
    pub zoom: f32,
    /// Selected nodes.
    pub selected_nodes: BTreeSet<I::Node>,
    /// Selected wires.
    pub selected_wires: BTreeSet<I::Wire>,
    /// Selected frames and notes.
    pub selected_backdrops: BTreeSet<I::Backdrop>,
    /// The node the keyboard acts on.
    pub focus: Option<I::Node>,
    /// The port of that node the keyboard has gone on to. Counts only while the node has it.
    pub(crate) focus_port: Option<PortRef<I>>,
    /// The wire the keyboard has gone on to. Counts only while the wire is selected.
    pub(crate) focus_wire: Option<I::Wire>,
    /// The frame or note the keyboard has gone on to. Counts only while it is selected.
    pub(crate) focus_backdrop: Option<I::Backdrop>,
    pub(crate) gesture: Gesture<I>,
    pub(crate) pending: Option<Goal<I>>,
    pub(crate) flight: Option<Flight>,
    pub(crate) wheel_zooms: bool,
    /// The keyboard moved the focus last, so the node that has it is outlined.
    pub(crate) by_key: bool,
    pub(crate) wants_focus: bool,
    /// Nodes were nudged, and the key that makes arrows nudge is still held.
    pub(crate) nudging: bool,
    pub(crate) panel: Option<Rect>,
}

/// Where the view has been asked to go, before the size of the canvas is known.
#[derive(Clone, Debug)]
pub(crate) enum Goal<I: GraphIds> {
    FitAll,
    FitSelection,
    Center(Pos2),
    Reveal(I::Node),
    RevealBackdrop(I::Backdrop),
    Zoom(f32),
}

/// A view on its way, over a fraction of a second.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flight {
    pub from: (Pos2, f32),
    pub to: (Pos2, f32),
    /// From 0 to 1.
    pub progress: f32,
}

impl<I: GraphIds> Default for GraphView<I> {
    fn default() -> Self {
        Self {
            origin: Pos2::ZERO,
            zoom: 1.0,
            selected_nodes: BTreeSet::new(),
            selected_wires: BTreeSet::new(),
            selected_backdrops: BTreeSet::new(),
            focus: None,
            focus_port: None,
            focus_wire: None,
            focus_backdrop: None,
            gesture: Gesture::None,
            pending: None,
            flight: None,
            wheel_zooms: true,
            by_key: false,
            wants_focus: false,
            nudging: false,
            panel: None,
        }
    }
}

impl<I: GraphIds> GraphView<I> {
    /// Shows the whole graph, from the next frame on.
    pub fn fit_all(&mut self) {
        self.pending = Some(Goal::FitAll);
    }

    /// Shows the selected nodes, frames and notes, or everything if none is selected.
    pub fn fit_selection(&mut self) {
        let is_empty = self.selected_nodes.is_empty() && self.selected_backdrops.is_empty();
        self.pending = Some(if is_empty { Goal::FitAll } else { Goal::FitSelection });
    }

    /// Brings a graph position to the middle without changing the zoom.
    pub fn center_on(&mut self, graph: Pos2) {
        self.pending = Some(Goal::Center(graph));
    }

    /// Pans just far enough that a node can be seen.
    pub fn reveal(&mut self, node: I::Node) {
        self.pending = Some(Goal::Reveal(node));
    }

    /// Pans just far enough that a frame or a note can be seen.
    pub fn reveal_backdrop(&mut self, backdrop: I::Backdrop) {
        self.pending = Some(Goal::RevealBackdrop(backdrop));
    }

    /// Zooms to `zoom` around the middle of the canvas.
    pub fn zoom_to(&mut self, zoom: f32) {
        self.pending = Some(Goal::Zoom(zoom));
    }

    /// The port that the keyboard has gone on to from the node that has it.
    pub fn focused_port(&self) -> Option<&PortRef<I>> {
        let is_on_wire = self.focus_wire.as_ref().is_some_and(|wire| self.selected_wires.contains(wire));
        self.focus_port.as_ref().filter(|port| self.focus.as_ref() == Some(&port.node) && !is_on_wire)
    }

    /// Selects exactly these nodes and nothing else, the first of them with the keyboard focus.
    pub fn select_nodes(&mut self, nodes: impl IntoIterator<Item = I::Node>) {
        self.selected_nodes = nodes.into_iter().collect();
        self.selected_wires.clear();
        self.selected_backdrops.clear();
        self.focus_node(self.selected_nodes.first().cloned());
    }

    /// Selects exactly this wire and nothing else.
    pub fn select_wire(&mut self, wire: I::Wire) {
        self.clear_selection();
        self.selected_wires.insert(wire);
    }

    /// Selects exactly these frames and notes and nothing else, the first of them with the keyboard focus.
    pub fn select_backdrops(&mut self, backdrops: impl IntoIterator<Item = I::Backdrop>) {
        self.clear_selection();
        self.selected_backdrops = backdrops.into_iter().collect();
        self.focus_port = None;
        self.focus_backdrop = self.selected_backdrops.first().cloned();
    }

    pub(crate) fn clear_selection(&mut self) {
        self.selected_nodes.clear();
        self.selected_wires.clear();
        self.selected_backdrops.clear();
    }

    pub(crate) fn has_selection(&self) -> bool {
        !(self.selected_nodes.is_empty()
            && self.selected_wires.is_empty()
            && self.selected_backdrops.is_empty())
    }

    /// Gives a node the keyboard focus, and takes it from ports, wires and backdrops.
    pub(crate) fn focus_node(&mut self, node: Option<I::Node>) {
        self.focus = node;
        self.focus_port = None;
        self.focus_wire = None;
        self.focus_backdrop = None;
    }

    /// Forgets what is selected that the graph no longer has. Call after edits and undo.
    pub fn retain_existing(&mut self, graph: &Graph<I>) {
        self.selected_nodes.retain(|id| graph.node(id).is_some());
        self.selected_wires.retain(|id| graph.wire(id).is_some());
        self.selected_backdrops.retain(|id| graph.backdrop(id).is_some());
        if self.focus.as_ref().is_some_and(|id| graph.node(id).is_none()) {
            self.focus = None;
        }
    }

    /// Gives the canvas the keyboard focus in the next frame, for example when a finder closes.
    pub fn focus_canvas(&mut self) {
        self.wants_focus = true;
    }

    /// Whether the user is in the middle of a drag.
    pub fn is_dragging(&self) -> bool {
        !matches!(self.gesture, Gesture::None)
    }

    /// Whether nodes are being nudged: what moves until [`crate::GraphEvent::NudgeEnded`] is one gesture.
    pub fn is_nudging(&self) -> bool {
        self.nudging
    }

    /// The transform of the last frame, for positions that are needed before the canvas is shown.
    /// `None` before the first frame.
    pub fn transform(&self) -> Option<Transform> {
        self.panel.map(|panel| self.transform_in(panel))
    }

    pub(crate) fn transform_in(&self, panel: Rect) -> Transform {
        Transform { panel, origin: self.origin, zoom: self.zoom }
    }

    pub(crate) fn jump(&mut self, to: &Transform) {
        self.origin = to.origin;
        self.zoom = to.zoom;
        self.flight = None;
    }

    pub(crate) fn pan_by(&mut self, screen_delta: Vec2) {
        self.origin -= screen_delta / self.zoom;
        self.flight = None;
    }

    /// Carries out what was asked of the view and moves a flight on by `dt` seconds.
    /// Returns whether another frame is needed.
    pub(crate) fn advance(
        &mut self,
        graph: &Graph<I>,
        panel: Rect,
        margin: f32,
        animate: bool,
        dt: f32,
    ) -> bool {
        if !self.zoom.is_finite() || !self.origin.x.is_finite() || !self.origin.y.is_finite() {
            self.jump(&Transform { panel, origin: Pos2::ZERO, zoom: 1.0 });
        }
        self.zoom = self.zoom.clamp(MIN_ZOOM, MAX_ZOOM);
        let before = self.panel.replace(panel);
        if let Some(node) = before.and_then(|before| self.lost_by_shrinking(graph, before, panel)) {
            self.pending.get_or_insert(Goal::Reveal(node));
        }
        if let Some(goal) = self.pending.take()
            && let Some(to) = self.destination(&goal, graph, panel, margin)
        {
            if animate && before.is_some() {
                let from = (self.origin, self.zoom);
                self.flight = Some(Flight { from, to: (to.origin, to.zoom), progress: 0.0 });
            } else {
                self.jump(&to);
            }
        }
        let Some(mut flight) = self.flight else { return false };
        flight.progress = (flight.progress + dt / FLIGHT_SECONDS).min(1.0);
        (self.origin, self.zoom) = flight.place(panel);
        self.flight = (flight.progress < 1.0).then_some(flight);
        self.flight.is_some()
    }

    /// The selected node, if it was in sight and the canvas has lost room: what is looked at does not slip out of sight.
    fn lost_by_shrinking(&self, graph: &Graph<I>, before: Rect, panel: Rect) -> Option<I::Node> {
        let has_shrunk = panel.width() < before.width() || panel.height() < before.height();
        let node = self.selected_nodes.first().filter(|_| has_shrunk && !self.is_dragging())?;
        let was_in_sight =
            self.transform_in(before).visible_graph_rect().contains_rect(graph.node(node)?.rect());
        was_in_sight.then(|| node.clone())
    }

    fn destination(&self, goal: &Goal<I>, graph: &Graph<I>, panel: Rect, margin: f32) -> Option<Transform> {
        let now = self.transform_in(panel);
        match goal {
            Goal::FitAll => Some(Transform::fitted(panel, graph.bounds()?, margin)),
            Goal::FitSelection => {
                let nodes = self.selected_nodes.iter().filter_map(|id| graph.node(id)).map(crate::Node::rect);
                let backdrops = self.selected_backdrops.iter().filter_map(|id| graph.backdrop(id));
                let rects = nodes.chain(backdrops.map(|backdrop| backdrop.area));
                Some(Transform::fitted(panel, rects.reduce(Rect::union)?, margin))
            }
            Goal::Center(at) => Some(Transform { origin: *at - panel.size() / (2.0 * self.zoom), ..now }),
            Goal::Reveal(id) => revealing(now, graph.node(id)?.rect(), margin),
            Goal::RevealBackdrop(id) => revealing(now, graph.backdrop(id)?.area, margin),
            Goal::Zoom(zoom) => Some(now.zoomed_at(panel.center(), *zoom)),
        }
    }
}

/// The view panned just far enough to see a rectangle, `None` if it is seen.
fn revealing(now: Transform, rect: Rect, margin: f32) -> Option<Transform> {
    let room = now.visible_graph_rect().shrink(margin.min(now.panel.width() / 4.0) / now.zoom);
    if room.contains_rect(rect) {
        return None;
    }
    let toward = Vec2::new(
        (rect.max.x - room.max.x).max(0.0) + (rect.min.x - room.min.x).min(0.0),
        (rect.max.y - room.max.y).max(0.0) + (rect.min.y - room.min.y).min(0.0),
    );
    Some(Transform { origin: now.origin + toward, ..now })
}

const FLIGHT_SECONDS: f32 = 0.22;

impl Flight {
    /// Eases out, zoom by ratio and the middle of the canvas in a line, so that nothing lurches.
    fn place(&self, panel: Rect) -> (Pos2, f32) {
        let t = 1.0 - (1.0 - self.progress).powi(3);
        if self.progress >= 1.0 {
            return self.to;
        }
        let zoom = self.from.1 * (self.to.1 / self.from.1).powf(t);
        let half = panel.size() / 2.0;
        let from = self.from.0 + half / self.from.1;
        let to = self.to.0 + half / self.to.1;
        (from.lerp(to, t) - half / zoom, zoom)
    }
}
