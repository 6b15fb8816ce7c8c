//! What a person did on the canvas, as commands.

use std::collections::BTreeMap;
use std::sync::Arc;

use egui::{Rect, Vec2};
use egui_node_graph::{GraphEvent, Insertion, PortRef as GraphPort, Side};
use tidemark_engine::graph::{Edit, Point};
use tidemark_engine::ids::{EdgeId, NodeId, PortRef};

use super::finder::NodeFinder;
use super::menu::CanvasMenu;
use super::{Canvas, Ids, area_of, engine_port};
use crate::command::{Action, Command, Commands};
use crate::state::{AppState, Drawn, Selection};

impl Canvas {
    pub(super) fn act_on(&mut self, event: GraphEvent<Ids>, state: &AppState, commands: &mut Commands) {
        match event {
            GraphEvent::NodesMoved { finished: false, .. } => {}
            GraphEvent::NodesMoved { nodes, delta, onto_wire, .. } => {
                commands.push(Command::Edit(match onto_wire {
                    Some(insertion) => self.inserted(&nodes, delta, insertion),
                    None => Edit::MoveNodes(self.moved(&nodes, delta)),
                }));
                // Nudges are one step until their key is let go.
                if !self.view.is_nudging() {
                    commands.push(Command::EndGesture);
                }
            }
            GraphEvent::NudgeEnded => commands.push(Command::EndGesture),
            GraphEvent::SelectionChanged { nodes, wires, backdrops } => {
                commands.push(Command::Select(Selection {
                    nodes: nodes.into_iter().collect(),
                    wires: wires.into_iter().collect(),
                    drawn: backdrops.into_iter().collect(),
                }));
            }
            GraphEvent::BackdropsMoved { backdrops, nodes, delta } => {
                commands.push(Command::Edit(self.moved_with(&backdrops, &nodes, delta, state)));
                if !self.view.is_nudging() {
                    commands.push(Command::EndGesture);
                }
            }
            GraphEvent::BackdropResized { backdrop, area } => {
                let edits = laid_out(&backdrop, area, state).into_iter().collect();
                commands.push(Command::Edit(Edit::Batch { name: "resize".to_owned(), edits }));
                commands.push(Command::EndGesture);
            }
            GraphEvent::BackdropDoubleClicked { backdrop } => {
                commands.push(Command::Select(Selection::of_drawn(backdrop)));
                commands.push(Action::Rename);
            }
            GraphEvent::WireRequested { from, to } => {
                let edge = EdgeId { from: engine_port(&from), to: engine_port(&to) };
                commands.push(Command::Edit(Edit::Connect(edge)));
            }
            // The widget has shown the reason at the pointer, where it is gone at once.
            GraphEvent::WireRefused { reason, .. } => commands.push(Command::Refuse(reason)),
            GraphEvent::WiresMoved { wires, to } => commands.push(Command::Edit(carried(&wires, &to))),
            GraphEvent::WireDropped { from, at, screen } => {
                self.finder = Some(NodeFinder::for_wire(state, at, screen, engine_port(&from)));
            }
            GraphEvent::WiresDeleted { wires } => {
                let edits = wires.into_iter().map(Edit::Disconnect).collect();
                commands.push(Command::Edit(Edit::Batch { name: "disconnect".to_owned(), edits }));
            }
            // Who wants to see nothing but the canvas has it selected all the same.
            GraphEvent::WireClicked { .. } if state.view.focus_mode => {}
            GraphEvent::WireClicked { wire, .. } => commands.push(Command::ShowRows(wire)),
            GraphEvent::WireDoubleClicked { .. } | GraphEvent::PortClicked { .. } => {}
            GraphEvent::NodeClicked { .. } => {}
            GraphEvent::NodeDoubleClicked { node } => commands.push(Command::EditNode(node)),
            GraphEvent::AddNodeRequested { at, screen } => {
                self.finder = Some(NodeFinder::for_place(state, at, screen));
            }
            GraphEvent::DeleteRequested { reconnect, .. } => {
                commands.push(if reconnect { Action::DeleteKeepWire } else { Action::Delete });
            }
            GraphEvent::ContextMenu { target, at, screen } => {
                self.menu = Some(CanvasMenu::new(target, at, screen));
            }
        }
    }

    /// Where nodes stand after a drag.
    pub(super) fn moved(&self, nodes: &[NodeId], delta: Vec2) -> BTreeMap<NodeId, Option<Point>> {
        let graph = self.graph.as_ref();
        let place = |id: &NodeId| {
            let at = graph?.node(id)?.position + delta;
            Some(Point { x: at.x.round() as i32, y: at.y.round() as i32 })
        };
        nodes.iter().map(|id| (id.clone(), place(id))).filter(|(_, at)| at.is_some()).collect()
    }

    /// Frames and notes after a drag, with the nodes that went with them.
    fn moved_with(&self, drawn: &[Drawn], nodes: &[NodeId], delta: Vec2, state: &AppState) -> Edit {
        let area = |drawn: &Drawn| Some(self.graph.as_ref()?.backdrop(drawn)?.area.translate(delta));
        let moves = self.moved(nodes, delta);
        let mut edits: Vec<Edit> = if moves.is_empty() { Vec::new() } else { vec![Edit::MoveNodes(moves)] };
        edits.extend(drawn.iter().filter_map(|drawn| laid_out(drawn, area(drawn)?, state)));
        Edit::Batch { name: "move_drawn".to_owned(), edits }
    }

    /// Puts a node between the ends of a wire that it was dropped on, and makes room for it.
    fn inserted(&self, nodes: &[NodeId], delta: Vec2, insertion: Insertion<Ids>) -> Edit {
        let mut moves = self.moved(nodes, delta);
        for (node, way) in &insertion.make_room {
            let before = if nodes.contains(node) { delta } else { Vec2::ZERO };
            moves.extend(self.moved(std::slice::from_ref(node), before + *way));
        }
        let Insertion { wire, input, output, .. } = insertion;
        let into = EdgeId { from: wire.from.clone(), to: engine_port(&input) };
        let out = EdgeId { from: engine_port(&output), to: wire.to.clone() };
        let wires = [Edit::Disconnect(wire), Edit::Connect(into), Edit::Connect(out)];
        let edits = [Edit::MoveNodes(moves)].into_iter().chain(wires).collect();
        Edit::Batch { name: "insert_node".to_owned(), edits }
    }
}

/// A frame or a note, as it is but elsewhere.
fn laid_out(drawn: &Drawn, area: Rect, state: &AppState) -> Option<Edit> {
    let (flow, area) = (state.open.document.flow(), Some(area_of(area)));
    Some(match drawn {
        Drawn::Frame(id) => {
            Edit::SetFrame { id: id.clone(), frame: Some((flow.frames.get(id)?.clone(), area)) }
        }
        Drawn::Note(id) => Edit::SetNote { id: id.clone(), note: Some((flow.notes.get(id)?.clone(), area)) },
    })
}

/// All wires of a port, carried to another one.
fn carried(wires: &[EdgeId], to: &GraphPort<Ids>) -> Edit {
    let end = PortRef { node: to.node.clone(), port: Arc::clone(&to.port) };
    let mut edits: Vec<Edit> = wires.iter().cloned().map(Edit::Disconnect).collect();
    edits.extend(wires.iter().map(|wire| {
        Edit::Connect(match to.side {
            Side::Input => EdgeId { from: wire.from.clone(), to: end.clone() },
            Side::Output => EdgeId { from: end.clone(), to: wire.to.clone() },
        })
    }));
    Edit::Batch { name: "reconnect".to_owned(), edits }
}
