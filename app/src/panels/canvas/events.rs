//! What a person did on the canvas, as commands.

use std::collections::BTreeMap;
use std::sync::Arc;

use egui_node_graph::{GraphEvent, PortRef as GraphPort, Side};
use tidemark_engine::graph::{Edit, Point};
use tidemark_engine::ids::{EdgeId, NodeId, PortRef};

use super::finder::NodeFinder;
use super::menu::CanvasMenu;
use super::{Canvas, Ids, engine_port};
use crate::command::{Action, Command, Commands};
use crate::state::AppState;

impl Canvas {
    pub(super) fn act_on(&mut self, event: GraphEvent<Ids>, state: &AppState, commands: &mut Commands) {
        match event {
            GraphEvent::NodesMoved { finished: false, .. } => {}
            GraphEvent::NodesMoved { nodes, delta, onto_wire, .. } => {
                let moves = self.moved(&nodes, delta);
                match onto_wire {
                    Some(wire) => self.insert(&nodes, wire, moves, state, commands),
                    None => commands.push(Command::Edit(Edit::MoveNodes(moves))),
                }
                commands.push(Command::EndGesture);
            }
            GraphEvent::SelectionChanged { nodes, wires } => commands.push(Command::Select { nodes, wires }),
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
            GraphEvent::WireClicked { wire, .. } => commands.push(Command::ShowRows(wire)),
            GraphEvent::WireDoubleClicked { .. } | GraphEvent::PortClicked { .. } => {}
            GraphEvent::NodeClicked { .. } => {}
            GraphEvent::NodeDoubleClicked { node } => commands.push(Command::Reveal(node)),
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
    fn moved(&self, nodes: &[NodeId], delta: egui::Vec2) -> BTreeMap<NodeId, Option<Point>> {
        let graph = self.graph.as_ref();
        let place = |id: &NodeId| {
            let at = graph?.node(id)?.position + delta;
            Some(Point { x: at.x.round() as i32, y: at.y.round() as i32 })
        };
        nodes.iter().map(|id| (id.clone(), place(id))).filter(|(_, at)| at.is_some()).collect()
    }

    /// Puts a node between the ends of a wire that it was dropped on.
    fn insert(
        &self,
        nodes: &[NodeId],
        wire: EdgeId,
        moves: BTreeMap<NodeId, Option<Point>>,
        state: &AppState,
        commands: &mut Commands,
    ) {
        let mut edits = vec![Edit::MoveNodes(moves)];
        if let [node] = nodes
            && let Some(spec) = state.spec(node)
            && let (Some(input), Some(output)) = (spec.inputs.first(), spec.outputs.first())
        {
            let into = EdgeId { from: wire.from.clone(), to: PortRef::new(node.clone(), input.name) };
            let out = EdgeId { from: PortRef::new(node.clone(), output.name), to: wire.to.clone() };
            edits.extend([Edit::Disconnect(wire), Edit::Connect(into), Edit::Connect(out)]);
        }
        commands.push(Command::Edit(Edit::Batch { name: "insert_node".to_owned(), edits }));
    }
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
