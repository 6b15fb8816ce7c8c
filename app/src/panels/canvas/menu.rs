//! What can be done with a thing on the canvas, where it stands. Nothing is only here: menus and keys lead to all of it.

use egui::{Align, Id, Layout, Popup, PopupAnchor, PopupCloseBehavior, PopupKind, Pos2, Ui};
use egui_node_graph::{PortRef as GraphPort, Side, Target};
use tidemark_engine::graph::Edit;
use tidemark_engine::ids::{EdgeId, NodeId, PortRef};

use super::finder::NodeFinder;
use super::{Ids, engine_port};
use crate::command::{Action, Command, Commands};
use crate::panels::menu::{ARRANGE, Do, Line, Rule, lines};
use crate::state::{AppState, Selection};
use crate::ui_kit::widgets::{menu_item, sub_menu};
use crate::ui_kit::{Icon, style, t};

const NODE: [Line; 17] = [
    Do(Action::AddNode),
    Do(Action::Rename),
    Rule,
    Do(Action::Cut),
    Do(Action::Copy),
    Do(Action::Duplicate),
    Do(Action::Delete),
    Do(Action::DeleteKeepWire),
    Rule,
    Do(Action::FrameSelection),
    Do(Action::SelectUpstream),
    Do(Action::SelectDownstream),
    Do(Action::SelectConnected),
    Do(Action::FitSelection),
    Rule,
    Do(Action::ShowProblems),
    Do(Action::Find),
];
/// What can be done with frames and notes.
const DRAWN: [Line; 10] = [
    Do(Action::Rename),
    Rule,
    Do(Action::Cut),
    Do(Action::Copy),
    Do(Action::Duplicate),
    Do(Action::Delete),
    Rule,
    Do(Action::SelectContents),
    Do(Action::FrameSelection),
    Do(Action::FitSelection),
];
const CANVAS: [Line; 10] = [
    Do(Action::PasteLinked),
    Rule,
    Do(Action::Undo),
    Do(Action::Redo),
    Rule,
    Do(Action::SelectAll),
    Do(Action::Fit),
    Do(Action::Arrange),
    Rule,
    Do(Action::Find),
];

/// The key of the canvas that opens the finder.
const ADD_KEY: &str = "A";

/// An open menu.
pub(super) struct CanvasMenu {
    target: Target<Ids>,
    /// Where it belongs on the canvas.
    at: Pos2,
    screen: Pos2,
    is_new: bool,
}

/// What became of the menu in a frame.
pub(super) struct Outcome {
    pub(super) is_open: bool,
    /// A finder that it led to.
    pub(super) finder: Option<NodeFinder>,
}

impl CanvasMenu {
    pub(super) fn new(target: Target<Ids>, at: Pos2, screen: Pos2) -> CanvasMenu {
        CanvasMenu { target, at, screen, is_new: true }
    }

    /// Whether it has not been shown yet.
    pub(super) fn is_new(&self) -> bool {
        self.is_new
    }

    /// Shows the menu.
    pub(super) fn show(&mut self, state: &AppState, ui: &Ui, commands: &mut Commands) -> Outcome {
        let (mut is_open, mut finder) = (true, None);
        let n_before = commands.len();
        let popup = Popup::new(
            Id::unique("canvas_menu"),
            ui.ctx().clone(),
            PopupAnchor::Position(self.screen),
            ui.layer_id(),
        )
        .kind(PopupKind::Menu)
        .layout(Layout::top_down_justified(Align::Min))
        .style(style::entries as fn(&mut egui::Style))
        .close_behavior(PopupCloseBehavior::CloseOnClick)
        .open_bool(&mut is_open);
        popup.show(|ui| {
            let first = ui.next_auto_id();
            match self.target.clone() {
                Target::Node(node) => of_node(state, &node, ui, commands),
                Target::Wire(wire) => finder = self.of_wire(state, &wire, ui, commands),
                Target::Port(port) => finder = self.of_port(state, &port, ui, commands),
                Target::Backdrop(_) => lines(state, &DRAWN, ui, commands),
                Target::Canvas => self.of_canvas(state, ui, commands),
            }
            if std::mem::take(&mut self.is_new) {
                ui.memory_mut(|memory| memory.request_focus(first));
            }
        });
        // An entry that was chosen by Enter does not count as a click.
        is_open &= commands.len() == n_before && finder.is_none();
        Outcome { is_open, finder }
    }

    fn of_wire(
        &self,
        state: &AppState,
        wire: &EdgeId,
        ui: &mut Ui,
        commands: &mut Commands,
    ) -> Option<NodeFinder> {
        if menu_item(ui, Some(Icon::Table), t("menu.show_rows"), "").clicked() {
            commands.push(Command::ShowRows(wire.clone()));
        }
        lines(state, &[Do(Action::Peek)], ui, commands);
        let inserts = menu_item(ui, Some(Icon::Add), t("menu.insert"), ADD_KEY).clicked();
        ui.separator();
        lines(state, &[Do(Action::Delete)], ui, commands);
        inserts.then(|| NodeFinder::for_place(state, self.at, self.screen))
    }

    fn of_port(
        &self,
        state: &AppState,
        port: &GraphPort<Ids>,
        ui: &mut Ui,
        commands: &mut Commands,
    ) -> Option<NodeFinder> {
        let own = engine_port(port);
        let wires = wires_at(state, &own, port.side);
        let adds = menu_item(ui, Some(Icon::Add), t("menu.add_at_port"), "").clicked();
        ui.separator();
        let single = wires.first().filter(|_| wires.len() == 1);
        ui.add_enabled_ui(single.is_some(), |ui| {
            if menu_item(ui, Some(Icon::Table), t("menu.show_rows"), "").clicked()
                && let Some(wire) = single
            {
                commands.push(Command::ShowRows(wire.clone()));
            }
        });
        ui.add_enabled_ui(!wires.is_empty(), |ui| {
            if menu_item(ui, None, t("menu.select_wires"), "").clicked() {
                commands.push(Command::Select(Selection::of_wires(wires.clone())));
            }
            if menu_item(ui, Some(Icon::Unlink), t("menu.disconnect"), "").clicked() {
                let edits = wires.iter().cloned().map(Edit::Disconnect).collect();
                commands.push(Command::Edit(Edit::Batch { name: "disconnect".to_owned(), edits }));
            }
        });
        adds.then(|| NodeFinder::for_wire(state, self.at, self.screen, own))
    }

    fn of_canvas(&self, state: &AppState, ui: &mut Ui, commands: &mut Commands) {
        if menu_item(ui, Some(Icon::Add), t("canvas.add_node"), ADD_KEY).clicked() {
            commands.push(Action::AddNode);
        }
        let keys = Action::AddNote.keys_text(ui.ctx());
        if menu_item(ui, Action::AddNote.icon(), Action::AddNote.name(), &keys).clicked() {
            commands.push(Command::AddNote { at: Some(self.at) });
        }
        let keys = Action::Paste.keys_text(ui.ctx());
        if menu_item(ui, Some(Icon::Paste), t("edit.paste"), &keys).clicked() {
            commands.push(Command::AskForPaste { at: self.at });
        }
        lines(state, &CANVAS, ui, commands);
    }
}

fn of_node(state: &AppState, node: &NodeId, ui: &mut Ui, commands: &mut Commands) {
    if menu_item(ui, Some(Icon::Sidebar), t("menu.inspect"), "Enter").clicked() {
        commands.push(Command::Reveal(node.clone()));
    }
    lines(state, &NODE, ui, commands);
    if state.open.selection.nodes.len() > 1 {
        ui.separator();
        sub_menu(ui, t("menu.arrange"), |ui| lines(state, &ARRANGE, ui, commands));
    }
}

/// The wires that enter or leave a port.
fn wires_at(state: &AppState, port: &PortRef, side: Side) -> Vec<EdgeId> {
    let edges = state.open.document.flow().edges.iter();
    let is_there = |edge: &&EdgeId| match side {
        Side::Input => edge.to == *port,
        Side::Output => edge.from == *port,
    };
    edges.filter(is_there).cloned().collect()
}
