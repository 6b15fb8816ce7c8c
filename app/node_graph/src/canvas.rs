//! The widget itself: settings in, one frame shown, events out.

use std::collections::HashSet;

use egui::{Painter, Response, Sense, Ui, UiBuilder, Vec2};

use crate::interact::{Frame, Hit, navigate};
use crate::lines::Lines;
use crate::{Detail, Geometry, Graph, GraphEvent, GraphIds, GraphStyle, GraphView, Labels, PortRef, Target};

/// Says why a wire from an output to an input is not possible, in one sentence shown at the pointer.
pub type Veto<'a, I> = dyn Fn(&PortRef<I>, &PortRef<I>) -> Result<(), String> + 'a;

/// Says which input and which output of a node its two new wires take when it is inserted into a wire, or
/// why it cannot be, in one sentence shown at the pointer.
pub type InsertionVeto<'a, I> = dyn Fn(
        &<I as GraphIds>::Node,
        &<I as GraphIds>::Wire,
    ) -> Result<(<I as GraphIds>::Port, <I as GraphIds>::Port), String>
    + 'a;

/// Draws behind the wires and nodes and above the grid.
pub type Underlay<'a, I> = dyn Fn(&Painter, &Geometry<I>) + 'a;

/// A canvas showing one graph, filling the room it is given.
pub struct GraphCanvas<'a, I: GraphIds> {
    id_salt: egui::IdSalt,
    graph: &'a Graph<I>,
    style: &'a GraphStyle,
    labels: &'a Labels,
    veto: Option<&'a Veto<'a, I>>,
    insertion: Option<&'a InsertionVeto<'a, I>>,
    underlay: Option<&'a Underlay<'a, I>>,
    animated: bool,
    editable: bool,
}

/// What one frame of the canvas gives back.
pub struct GraphOutput<I: GraphIds> {
    /// The canvas as a widget: its rectangle, its focus, payloads dropped on it.
    pub response: Response,
    /// What the user did, in order.
    pub events: Vec<GraphEvent<I>>,
    /// Where everything was drawn.
    pub geometry: Geometry<I>,
    /// What is under the pointer, if the pointer is over the canvas and nothing lies above it.
    pub hovered: Option<Target<I>>,
    /// Whether pan or zoom changed in this frame.
    pub view_changed: bool,
}

impl<'a, I: GraphIds> GraphCanvas<'a, I> {
    /// A canvas for `graph`. `id_salt` tells canvases of one program apart.
    pub fn new(
        id_salt: impl egui::AsIdSalt,
        graph: &'a Graph<I>,
        style: &'a GraphStyle,
        labels: &'a Labels,
    ) -> Self {
        let id_salt = egui::IdSalt::new(id_salt);
        Self {
            id_salt,
            graph,
            style,
            labels,
            veto: None,
            insertion: None,
            underlay: None,
            animated: true,
            editable: true,
        }
    }

    /// Asked about every port in sight while a wire is dragged, with the output first and the
    /// input second. Without it, any output may go to any input of another node.
    #[must_use]
    pub fn veto(mut self, veto: &'a Veto<'a, I>) -> Self {
        self.veto = Some(veto);
        self
    }

    /// Asked once for every wire that a node without wires is dragged over. The plain veto knows only
    /// the graph in which the wire is still there. Without it, the first input and output are taken.
    #[must_use]
    pub fn insertion(mut self, insertion: &'a InsertionVeto<'a, I>) -> Self {
        self.insertion = Some(insertion);
        self
    }

    /// Draws behind everything but the grid: marks on the canvas.
    #[must_use]
    pub fn underlay(mut self, underlay: &'a Underlay<'a, I>) -> Self {
        self.underlay = Some(underlay);
        self
    }

    /// Whether zooming to fit glides there. Default `true`; pass `false` for reduced motion.
    #[must_use]
    pub fn animated(mut self, animated: bool) -> Self {
        self.animated = animated;
        self
    }

    /// Whether nodes can be moved, wires drawn and things deleted. Default `true`.
    #[must_use]
    pub fn editable(mut self, editable: bool) -> Self {
        self.editable = editable;
        self
    }

    /// Shows the canvas in all the room left in `ui`.
    pub fn show(self, ui: &mut Ui, view: &mut GraphView<I>) -> GraphOutput<I> {
        let (panel, _) = ui.allocate_exact_size(ui.available_size_before_wrap(), Sense::hover());
        // An explicit id, so that widgets coming and going around the canvas do not end its drags.
        let id = ui.make_persistent_id(self.id_salt);
        let mut ui = ui.new_child(UiBuilder::new().scope_id(id).max_rect(panel));
        ui.shrink_clip_rect(panel);

        let before = (view.origin, view.zoom);
        let dt = ui.input(|i| i.stable_dt).min(0.1);
        if view.advance(self.graph, panel, self.style.fit_margin, self.animated, dt) {
            ui.ctx().request_repaint();
        }
        let response = ui.interact(panel, id.with("canvas"), Sense::click_and_drag());
        if std::mem::take(&mut view.wants_focus) {
            response.request_focus();
        }
        navigate(&ui, &response, view);
        let contents = UiBuilder::new().scope_id(id.with("contents")).accessibility_parent(response.id);
        let contents = ui.new_child(contents.max_rect(panel));

        let geometry = Geometry {
            transform: view.transform_in(panel),
            visible_nodes: Vec::new(),
            visible_wires: Vec::new(),
            visible_backdrops: Vec::new(),
            detail: Detail::at(view.zoom),
            dragged: HashSet::new(),
            dragged_backdrops: HashSet::new(),
            drag_delta: Vec2::ZERO,
            resized: None,
        };
        let mut frame = Frame {
            ui: &ui,
            contents: &contents,
            graph: self.graph,
            style: self.style,
            labels: self.labels,
            veto: self.veto,
            insertion: self.insertion,
            editable: self.editable,
            response: &response,
            view,
            geometry,
            lines: Lines::default(),
            pointer: None,
            hovered: Hit::Nothing,
            guides: Vec::new(),
            events: Vec::new(),
        };
        frame.interact();
        frame.paint(self.underlay);
        frame.tooltips();

        let hovered = frame.target(frame.hovered);
        let view_changed = before != (frame.view.origin, frame.view.zoom);
        let Frame { events, geometry, .. } = frame;
        GraphOutput { response, events, geometry, hovered, view_changed }
    }
}
