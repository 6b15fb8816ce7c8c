//! Frames and notes: what is under the pointer, what comes along, where it rests.

use std::collections::BTreeSet;

use egui::{Pos2, Rect, Vec2};

use super::{Frame, Hit};
use crate::arrange::on_grid;
use crate::backdrop::{Grip, resized};
use crate::gesture::{Anchor, Gesture};
use crate::snap::Rest;
use crate::{BackdropKind, GraphEvent, GraphIds};

impl<I: GraphIds> Frame<'_, I> {
    /// The uppermost backdrop that is taken at this position, and what it is taken by.
    pub fn backdrop_at(&self, at: Pos2) -> Option<Hit> {
        self.geometry.visible_backdrops.iter().rev().find_map(|&idx| {
            let kind = self.graph.backdrops().get(idx)?.face.kind;
            let rect = self.geometry.backdrop(self.graph, idx);
            let grip = Grip::at(at, rect, kind, self.geometry.transform.zoom, self.editable)?;
            Some(Hit::Backdrop(idx, grip))
        })
    }

    /// What a click on a backdrop does.
    pub fn click_backdrop(&mut self, idx: usize, additive: bool) {
        let Some(backdrop) = self.graph.backdrops().get(idx) else { return };
        let id = backdrop.id.clone();
        if !additive {
            self.view.select_backdrops([id.clone()]);
        } else if !self.view.selected_backdrops.remove(&id) {
            self.view.selected_backdrops.insert(id);
        }
        self.selection_changed();
    }

    /// Begins to move a backdrop and what comes along, or to resize it.
    pub fn begin_backdrop(&mut self, idx: usize, grip: Grip, grab: Pos2, additive: bool) -> Gesture<I> {
        let Some(backdrop) = self.graph.backdrops().get(idx) else { return Gesture::None };
        let (id, area) = (backdrop.id.clone(), backdrop.area);
        if !self.view.selected_backdrops.contains(&id) {
            if additive {
                self.view.selected_backdrops.insert(id.clone());
            } else {
                self.view.select_backdrops([id.clone()]);
            }
            self.selection_changed();
        }
        if !self.editable {
            return Gesture::None;
        }
        match grip {
            Grip::Edge(edges) => Gesture::Resize { backdrop: id, edges, grab, area },
            Grip::Hold => {
                let alone = self.ui.input(|i| i.modifiers.alt);
                let (nodes, backdrops) = self.carried(alone);
                Gesture::Move {
                    nodes,
                    backdrops,
                    anchor: Anchor::Backdrop(id),
                    grab,
                    delta: Vec2::ZERO,
                    over: None,
                }
            }
        }
    }

    /// What moves with the selection, in graph order: all that is selected and, unless frames go alone, what lies in them.
    pub fn carried(&self, alone: bool) -> (Vec<I::Node>, Vec<I::Backdrop>) {
        if self.view.selected_backdrops.is_empty() {
            return (self.selected_in_graph_order(), Vec::new());
        }
        let mut nodes = self.view.selected_nodes.clone();
        let mut backdrops: BTreeSet<_> = self.view.selected_backdrops.clone();
        let selected = self.view.selected_backdrops.iter().filter_map(|id| self.graph.backdrop(id));
        for frame in selected.filter(|backdrop| !alone && backdrop.face.kind == BackdropKind::Frame) {
            nodes.extend(self.graph.nodes_inside(frame.area).map(|node| node.id.clone()));
            backdrops.extend(self.graph.backdrops_inside(frame.area).map(|inner| inner.id.clone()));
        }
        let nodes = self.graph.nodes().iter().map(|node| &node.id).filter(|id| nodes.contains(id));
        let backdrops =
            self.graph.backdrops().iter().map(|backdrop| &backdrop.id).filter(|id| backdrops.contains(id));
        (nodes.cloned().collect(), backdrops.cloned().collect())
    }

    /// Where a backdrop comes to rest that the pointer has moved by `delta`: on the grid.
    pub fn rest_of_backdrop(&self, id: &I::Backdrop, delta: Vec2) -> Rest {
        let Some(backdrop) = self.graph.backdrop(id) else { return Rest::default() };
        let free = backdrop.area.min + delta;
        let at = Pos2::new(on_grid(free.x, self.style.grid), on_grid(free.y, self.style.grid));
        Rest { offset: at - free, guides: Vec::new() }
    }

    /// Brings the edges in hand up to the pointer.
    pub fn follow_edges(&mut self, here: Pos2) {
        let Gesture::Resize { backdrop, edges, grab, area } = &mut self.view.gesture else { return };
        let Some(before) = self.graph.backdrop(backdrop).map(|backdrop| backdrop.area) else { return };
        *area = resized(before, *edges, here - *grab, self.style.grid);
        self.geometry.resized = Some((backdrop.clone(), *area));
        self.recompute();
    }

    /// Lets go of the edges of a backdrop.
    pub fn end_resize(&mut self, backdrop: I::Backdrop, area: Rect) {
        if self.graph.backdrop(&backdrop).is_some_and(|before| before.area != area) {
            self.events.push(GraphEvent::BackdropResized { backdrop, area });
        }
    }

    /// The backdrop that the keyboard is on.
    pub fn focused_backdrop(&self) -> Option<usize> {
        let id = self.view.focus_backdrop.as_ref()?;
        self.view.selected_backdrops.contains(id).then(|| self.graph.backdrop_index(id)).flatten()
    }

    /// Gives a backdrop the focus and the selection, and brings it into sight.
    pub fn go_to_backdrop(&mut self, idx: usize) {
        let Some(backdrop) = self.graph.backdrops().get(idx) else { return };
        self.view.select_backdrops([backdrop.id.clone()]);
        self.view.reveal_backdrop(backdrop.id.clone());
        self.view.by_key = true;
        self.selection_changed();
        self.ui.ctx().request_repaint();
    }
}
