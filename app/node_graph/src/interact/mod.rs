//! From input to events. Each file takes one kind of input; none of them draws.

mod access;
mod backdrop;
mod click;
mod drag;
mod edge_pan;
mod focus;
mod hit;
mod insert;
mod key_wire;
mod keys;
mod lift;
mod navigate;
mod rest;
mod veto;

use egui::{Pos2, Response, Ui};

pub(crate) use hit::Hit;
pub(crate) use navigate::navigate;

use crate::lines::Lines;
use crate::{Geometry, Graph, GraphEvent, GraphIds, GraphStyle, GraphView, InsertionVeto, Labels, Veto};

/// One frame of one canvas while it is being worked out.
pub(crate) struct Frame<'a, I: GraphIds> {
    pub ui: &'a Ui,
    /// Nothing but a place in the accessibility tree, below the canvas.
    pub contents: &'a Ui,
    pub graph: &'a Graph<I>,
    pub style: &'a GraphStyle,
    pub labels: &'a Labels,
    pub veto: Option<&'a Veto<'a, I>>,
    pub insertion: Option<&'a InsertionVeto<'a, I>>,
    pub editable: bool,
    pub response: &'a Response,
    pub view: &'a mut GraphView<I>,
    pub geometry: Geometry<I>,
    pub lines: Lines,
    /// Pointer on screen while it is over the canvas, or anywhere during a drag.
    pub pointer: Option<Pos2>,
    pub hovered: Hit,
    /// What the nodes being moved line up with: lines in graph space.
    pub guides: Vec<[Pos2; 2]>,
    pub events: Vec<GraphEvent<I>>,
}

impl<I: GraphIds> Frame<'_, I> {
    /// Takes all input of this frame.
    pub fn interact(&mut self) {
        self.recompute();
        self.find_hovered();
        self.access();
        self.clicks();
        self.drags();
        self.keys();
    }

    /// Places everything anew after the view or a drag has moved.
    fn recompute(&mut self) {
        self.geometry.cull(self.graph);
        self.lines = Lines::of(self.graph, &self.geometry);
    }

    fn find_hovered(&mut self) {
        let over = self.response.hovered() || self.view.is_dragging();
        self.pointer = if over { self.ui.input(|i| i.pointer.interact_pos()) } else { None };
        self.hovered = self.pointer.map_or(Hit::Nothing, |at| self.hit(at));
    }

    fn selection_changed(&mut self) {
        self.events.push(GraphEvent::SelectionChanged {
            nodes: self.view.selected_nodes.iter().cloned().collect(),
            wires: self.view.selected_wires.iter().cloned().collect(),
            backdrops: self.view.selected_backdrops.iter().cloned().collect(),
        });
    }
}
