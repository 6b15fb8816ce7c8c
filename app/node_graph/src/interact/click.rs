//! Clicks, double-clicks and the context menu.

use egui::{Event, InputState, Modifiers, PointerButton, Pos2};

use super::{Frame, Hit};
use crate::gesture::{Gesture, Hand};
use crate::{GraphEvent, GraphIds};

impl<I: GraphIds> Frame<'_, I> {
    pub fn clicks(&mut self) {
        let modifiers = self.ui.input(modifiers_of_click);
        let Some(at) = self.ui.input(|i| i.pointer.interact_pos()) else { return };
        if self.ui.input(|i| i.pointer.any_pressed()) {
            self.view.by_key = false;
            self.view.focus_port = None;
            self.view.focus_wire = None;
            self.view.focus_backdrop = None;
        }
        // Space held on the focused canvas also counts as a click in egui; only buttons count here.
        if self.response.clicked_by(PointerButton::Primary) {
            self.response.request_focus();
            let hit = self.hit(at);
            if self.response.double_clicked_by(PointerButton::Primary) {
                self.double_clicked(hit, at);
            } else {
                self.clicked(hit, at, modifiers);
            }
        }
        if self.response.secondary_clicked() {
            self.response.request_focus();
            if matches!(std::mem::take(&mut self.view.gesture), Gesture::Wire { .. }) {
                return;
            }
            self.context_menu(at);
        }
    }

    /// What a click on `hit` does, whether it came from the pointer or from assistive technology.
    pub fn clicked(&mut self, hit: Hit, at: Pos2, modifiers: Modifiers) {
        let additive = modifiers.shift || modifiers.command;
        if let Gesture::Wire { from, hand: Hand::Click | Hand::Keys { .. } } = self.view.gesture.clone() {
            self.view.gesture = Gesture::None;
            self.finish_wire(&from, hit, at);
            return;
        }
        match hit {
            Hit::Port(place) => {
                let Some(port) = self.graph.port_ref(place) else { return };
                if self.editable {
                    self.view.gesture = Gesture::Wire { from: port.clone(), hand: Hand::Click };
                }
                self.events.push(GraphEvent::PortClicked { port });
            }
            Hit::Node(idx) => {
                let Some(node) = self.graph.nodes().get(idx) else { return };
                let node = node.id.clone();
                if !additive {
                    self.view.select_nodes([node.clone()]);
                } else if !self.view.selected_nodes.remove(&node) {
                    self.view.selected_nodes.insert(node.clone());
                }
                self.view.focus_node(Some(node.clone()));
                self.selection_changed();
                self.events.push(GraphEvent::NodeClicked { node, modifiers });
            }
            Hit::Wire(idx) => {
                let Some(wire) = self.graph.wires().get(idx) else { return };
                let wire = wire.id.clone();
                if modifiers.alt {
                    if self.editable {
                        self.events.push(GraphEvent::WiresDeleted { wires: vec![wire] });
                    }
                    return;
                }
                if !additive {
                    self.view.select_wire(wire.clone());
                } else if !self.view.selected_wires.remove(&wire) {
                    self.view.selected_wires.insert(wire.clone());
                }
                self.selection_changed();
                self.events.push(GraphEvent::WireClicked { wire, modifiers });
            }
            Hit::Backdrop(idx, _) => self.click_backdrop(idx, additive),
            Hit::Canvas | Hit::Nothing => {
                if !additive && self.view.has_selection() {
                    self.clear_selection();
                }
            }
        }
    }

    pub fn clear_selection(&mut self) {
        self.view.clear_selection();
        self.selection_changed();
    }

    fn double_clicked(&mut self, hit: Hit, screen: Pos2) {
        self.view.gesture = Gesture::None;
        let at = self.geometry.transform.graph_from_screen(screen);
        match hit {
            Hit::Node(idx) => {
                let Some(node) = self.graph.nodes().get(idx) else { return };
                self.events.push(GraphEvent::NodeDoubleClicked { node: node.id.clone() });
            }
            Hit::Wire(idx) => {
                let Some(wire) = self.graph.wires().get(idx) else { return };
                self.events.push(GraphEvent::WireDoubleClicked { wire: wire.id.clone(), at });
            }
            Hit::Backdrop(idx, _) => {
                let Some(backdrop) = self.graph.backdrops().get(idx) else { return };
                self.events.push(GraphEvent::BackdropDoubleClicked { backdrop: backdrop.id.clone() });
            }
            Hit::Canvas if self.editable => self.events.push(GraphEvent::AddNodeRequested { at, screen }),
            Hit::Canvas | Hit::Port(_) | Hit::Nothing => {}
        }
    }

    fn context_menu(&mut self, screen: Pos2) {
        let hit = self.hit(screen);
        // A menu acts on the selection, so what was clicked joins it first.
        match self.target(hit) {
            Some(crate::Target::Node(node)) if !self.view.selected_nodes.contains(&node) => {
                self.view.select_nodes([node]);
                self.selection_changed();
            }
            Some(crate::Target::Wire(wire)) if !self.view.selected_wires.contains(&wire) => {
                self.view.select_wire(wire);
                self.selection_changed();
            }
            Some(crate::Target::Backdrop(backdrop)) if !self.view.selected_backdrops.contains(&backdrop) => {
                self.view.select_backdrops([backdrop]);
                self.selection_changed();
            }
            _ => {}
        }
        if let Some(target) = self.target(hit) {
            let at = self.geometry.transform.graph_from_screen(screen);
            self.events.push(GraphEvent::ContextMenu { target, at, screen });
        }
    }
}

/// Keys held when the button went up, which may no longer be held at the end of the frame.
fn modifiers_of_click(input: &InputState) -> Modifiers {
    let released = input.events.iter().rev().find_map(|event| match event {
        Event::PointerButton { pressed: false, modifiers, .. } => Some(*modifiers),
        _ => None,
    });
    released.unwrap_or(input.modifiers)
}
