//! The canvas: the flow as a graph, with what the engine says about it, and every edit that the pointer and the keys make there.

mod bar;
mod events;
mod faces;
mod finder;
mod insertion;
mod style;

use std::sync::Arc;

use egui::{Pos2, Rect, Ui, vec2};
use egui_node_graph::{
    Geometry, Graph, GraphCanvas, GraphView, Labels, MINIMAP_SIZE, PortRef as GraphPort, minimap,
};
use tidemark_engine::graph::{self, Checked};
use tidemark_engine::ids::{EdgeId, NodeId, PortRef};

use self::finder::NodeFinder;
pub use self::finder::{NodeDrag, category_color, category_text, kind_icon};
use crate::app::FRAME;
use crate::command::{Action, Command, Commands};
use crate::engine_link::UiSnapshot;
use crate::state::{AppState, Lens, Selection};
use crate::ui_kit::widgets::empty_state;
use crate::ui_kit::{Icon, Tokens, t};

/// How nodes, ports and wires are called on the canvas.
type Ids = (NodeId, Arc<str>, EdgeId);

/// The graph and where a person looks at it.
#[derive(Default)]
pub struct Canvas {
    /// Pan, zoom and selection.
    pub view: GraphView<Ids>,
    graph: Option<Graph<Ids>>,
    shown: Option<Shown>,
    geometry: Option<Geometry<Ids>>,
    finder: Option<NodeFinder>,
    labels: Labels,
    /// How far dashes have come, in points, for a wire of one row a second.
    phase: f32,
}

/// What the faces on the canvas were made of.
struct Shown {
    revision: u64,
    checked: Arc<Checked>,
    snapshot: Arc<UiSnapshot>,
    lens: Lens,
    dark: bool,
    dragging: bool,
}

impl Canvas {
    /// Shows the canvas with its bar.
    pub fn ui(&mut self, state: &AppState, ui: &mut Ui, commands: &mut Commands) {
        self.labels = labels();
        bar::ui(state, self.view.zoom, ui, commands);
        let tokens = Tokens::of(ui);
        self.refresh(state, tokens, ui.visuals().dark_mode);
        self.let_rows_flow(state, ui);
        let Some(graph) = &self.graph else { return };
        let style = style::style(tokens, ui.visuals().dark_mode);
        let flow = Arc::clone(state.document.flow());
        let veto = |from: &GraphPort<Ids>, to: &GraphPort<Ids>| {
            graph::connection_veto(&flow, &state.catalog, &engine_port(from), &engine_port(to))
        };
        let insertion =
            |node: &NodeId, wire: &EdgeId| insertion::ports_for(&flow, &state.catalog, graph, node, wire);
        let output = GraphCanvas::new("canvas", graph, &style, &self.labels)
            .veto(&veto)
            .insertion(&insertion)
            .animated(!state.settings.reduced_motion)
            .show(ui, &mut self.view);
        let rect = output.response.rect;
        // While the whole flow is in sight there is nothing to find on a map, and on a small canvas it would hide more than it shows.
        let fits = graph
            .bounds()
            .is_none_or(|bounds| output.geometry.transform.visible_graph_rect().contains_rect(bounds));
        let has_room = rect.width() >= 4.0 * MINIMAP_SIZE.x && rect.height() >= 3.0 * MINIMAP_SIZE.y;
        if state.settings.minimap && has_room && !fits {
            let corner = rect.right_bottom() - vec2(tokens.spacing.lg, tokens.spacing.lg);
            let place = Rect::from_min_max(corner - MINIMAP_SIZE, corner);
            minimap(ui, place, graph, &mut self.view, &output.geometry, &style, &self.labels);
        }
        self.geometry = Some(output.geometry);
        if let Some(drag) = output.response.dnd_release_payload::<NodeDrag>() {
            let at = ui
                .input(|input| input.pointer.latest_pos())
                .and_then(|screen| self.graph_from_screen(screen));
            commands.push(Command::AddNode { kind: drag.0.clone(), at, join: None });
        }
        for event in output.events {
            self.act_on(event, state, commands);
        }
        self.show_finder(state, ui, &style, commands);
        if state.document.flow().nodes.is_empty() {
            invite(rect, ui, commands);
        }
    }

    /// Builds the graph anew if the flow has changed, and paints its faces anew if anything else has.
    fn refresh(&mut self, state: &AppState, tokens: &Tokens, dark: bool) {
        let revision = state.document.revision();
        let is_same_flow = self.shown.as_ref().is_some_and(|shown| shown.revision == revision);
        let dragging = self.view.is_dragging();
        let is_same = is_same_flow
            && self.shown.as_ref().is_some_and(|shown| {
                Arc::ptr_eq(&shown.checked, &state.checked)
                    && Arc::ptr_eq(&shown.snapshot, &state.run.snapshot)
                    && shown.lens == state.view.lens
                    && shown.dark == dark
                    && shown.dragging == dragging
            });
        if is_same {
            return;
        }
        let faces = faces::Faces { state, tokens, dragging };
        if is_same_flow && let Some(graph) = &mut self.graph {
            faces.update(graph);
        } else {
            let graph = faces.graph();
            self.view.retain_existing(&graph);
            self.graph = Some(graph);
        }
        self.shown = Some(Shown {
            revision,
            checked: Arc::clone(&state.checked),
            snapshot: Arc::clone(&state.run.snapshot),
            lens: state.view.lens,
            dark,
            dragging,
        });
    }

    /// Moves the dashes on wires on which rows flow, and asks for the next frame only then.
    fn let_rows_flow(&mut self, state: &AppState, ui: &Ui) {
        let Some(graph) = &mut self.graph else { return };
        let moves = !state.settings.reduced_motion && state.run.is_playing();
        let mut any = false;
        if moves {
            self.phase += ui.input(|input| input.stable_dt).min(0.1);
        }
        for (edge, figures) in &state.run.snapshot.edges {
            let Some(face) = graph.wire_face_mut(edge) else { continue };
            let flows = moves && figures.per_sec > 0.0;
            // Dashes of all wires share one clock; a busier wire has faster ones, by powers of ten.
            face.flow =
                flows.then(|| self.phase * (16.0 + 12.0 * (1.0 + figures.per_sec).log10() as f32).round());
            any |= flows;
        }
        if any {
            ui.ctx().request_repaint_after(FRAME);
        }
    }

    fn show_finder(
        &mut self,
        state: &AppState,
        ui: &Ui,
        style: &egui_node_graph::GraphStyle,
        commands: &mut Commands,
    ) {
        let Some(finder) = &mut self.finder else { return };
        if finder.show(state, ui.ctx(), style, &self.labels, commands) {
            self.finder = None;
            self.view.focus_canvas();
        }
    }

    /// Opens the finder in the middle of the canvas.
    pub fn open_finder(&mut self, state: &AppState) {
        let Some(geometry) = &self.geometry else { return };
        let screen = geometry.transform.panel.center_top() + vec2(-170.0, 60.0);
        let at = geometry.transform.graph_from_screen(geometry.transform.panel.center());
        self.finder = Some(NodeFinder::new(state, at, screen, None));
    }

    /// Selects the same as elsewhere.
    pub fn select(&mut self, selection: &Selection) {
        self.view.selected_nodes.clone_from(&selection.nodes);
        self.view.selected_wires.clone_from(&selection.wires);
    }

    /// Brings a node into sight.
    pub fn reveal(&mut self, node: &NodeId) {
        self.view.reveal(node.clone());
    }

    /// The middle of what is seen, for the upper left corner of a node.
    pub fn middle(&self) -> Pos2 {
        let panel = self.geometry.as_ref().map(|geometry| geometry.transform.visible_graph_rect());
        panel.map_or(Pos2::ZERO, |panel| panel.center() - vec2(95.0, 48.0))
    }

    /// Where a wire was painted last.
    pub fn wire_middle(&self, edge: &EdgeId) -> Option<Pos2> {
        self.geometry.as_ref()?.wire_middle(self.graph.as_ref()?, edge)
    }

    /// Where a port was painted last.
    pub fn port_place(&self, port: &PortRef, is_output: bool) -> Option<Pos2> {
        let (node, name) = (port.node.clone(), Arc::clone(&port.port));
        let port = if is_output { GraphPort::output(node, name) } else { GraphPort::input(node, name) };
        self.geometry.as_ref()?.port_position(self.graph.as_ref()?, &port)
    }

    fn graph_from_screen(&self, screen: Pos2) -> Option<Pos2> {
        let geometry = self.geometry.as_ref()?;
        geometry.transform.panel.contains(screen).then(|| geometry.transform.graph_from_screen(screen))
    }
}

/// A port as the engine calls it.
fn engine_port(port: &GraphPort<Ids>) -> PortRef {
    PortRef { node: port.node.clone(), port: Arc::clone(&port.port) }
}

/// What an empty canvas offers.
fn invite(rect: Rect, ui: &mut Ui, commands: &mut Commands) {
    let room = Rect::from_center_size(rect.center(), vec2(360.0, 220.0).min(rect.size()));
    ui.scope_builder(egui::UiBuilder::new().max_rect(room), |ui| {
        let button = Some(t("canvas.open_sample"));
        if empty_state(ui, Icon::Outline, t("canvas.empty_title"), t("canvas.empty_sentence"), button) {
            commands.push(Command::OpenSample(0));
        }
        ui.vertical_centered(|ui| {
            if ui.button(t("canvas.add_node")).clicked() {
                commands.push(Action::AddNode);
            }
        });
    });
}

/// The words of the widget.
fn labels() -> Labels {
    Labels {
        canvas: t("graph.canvas").to_owned(),
        input_of: t("graph.input_of").to_owned(),
        output_of: t("graph.output_of").to_owned(),
        wire_from: t("graph.wire_from").to_owned(),
        wire_to: t("graph.wire_to").to_owned(),
        problem: t("graph.problem").to_owned(),
        same_side: t("graph.same_side").to_owned(),
        same_node: t("graph.same_node").to_owned(),
        no_taker: t("graph.no_taker").to_owned(),
        finder_hint: t("graph.finder_hint").to_owned(),
        finder_empty: t("palette.nothing").to_owned(),
        finder_search: t("palette.search").to_owned(),
        minimap: t("view.minimap").to_owned(),
    }
}
