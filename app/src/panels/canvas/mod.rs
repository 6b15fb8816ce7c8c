//! The canvas: the flow as a graph, with what the engine says about it, and every edit that the pointer and the keys make there.

mod asked;
mod backdrops;
mod bar;
mod controls;
mod events;
mod faces;
mod facts;
mod find_bar;
mod finder;
mod insertion;
mod legend;
mod menu;
mod peek;
mod sight;
mod style;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use egui::{Context, Id, Key, Modifiers, Order, Pos2, Rect, Ui, Vec2, vec2};
use egui_node_graph::{
    Detail, Geometry, Graph, GraphCanvas, GraphView, Labels, MINIMAP_SIZE, Node, PortRef as GraphPort,
    Target, minimap, room_in_wire,
};
use tidemark_engine::graph::{GRID, Point};
use tidemark_engine::ids::{EdgeId, NodeId, PortRef};

use self::asked::Asked;
pub use self::backdrops::{ACCENTS, Accent, area_of, rect_of};
pub use self::bar::BAR_HEIGHT;
pub use self::controls::controls;
use self::facts::Facts;
use self::find_bar::FindBar;
use self::finder::NodeFinder;
pub use self::finder::{NodeDrag, category_color, category_text, kind_icon};
use self::menu::CanvasMenu;
use self::peek::{Peek, Scene};
use self::sight::{DESCRIBED, Freshness, Sight};
use super::start::StartPage;
use crate::command::{Command, Commands};
use crate::state::{AppState, Drawn, FlowNumber, Selection};
use crate::ui_kit::{Tokens, t};

/// The size of every node.
pub const NODE_SIZE: Vec2 = Node::<Ids>::DEFAULT_SIZE;

/// How near to a wire something has to be let go to be meant for it, in points on screen.
const NEAR_WIRE: f32 = 14.0;

/// How nodes, ports, wires, and frames and notes are called on the canvas.
type Ids = (NodeId, Arc<str>, EdgeId, Drawn);

/// The graph and where a person looks at it.
#[derive(Default)]
pub struct Canvas {
    /// Pan, zoom and selection.
    pub view: GraphView<Ids>,
    graph: Option<Graph<Ids>>,
    /// The flow that the graph is of, and its revision.
    shown: (FlowNumber, u64),
    /// Whether frames and notes have the colours of the dark theme.
    is_dark: bool,
    facts: Facts,
    freshness: Freshness,
    geometry: Option<Geometry<Ids>>,
    /// The widget that has the keyboard while the canvas has it.
    id: Option<Id>,
    finder: Option<NodeFinder>,
    menu: Option<CanvasMenu>,
    peek: Peek,
    find_bar: FindBar,
    start: StartPage,
    labels: Labels,
    asked: Asked,
    /// How far dashes have come, in points, for a wire of one row a second.
    phase: f32,
}

/// Where a person looked at a flow when another one was shown in its place.
#[derive(Default)]
pub struct Place(GraphView<Ids>);

impl Canvas {
    /// Shows the canvas with its bar.
    pub fn ui(&mut self, state: &AppState, ui: &mut Ui, commands: &mut Commands) {
        self.labels = labels();
        bar::ui(state, self.view.zoom, ui, commands);
        let tokens = Tokens::of(ui);
        self.refresh(state, tokens, ui);
        self.let_rows_flow(state, ui);
        // The press puts the card away; what is selected stays so.
        if self.peek.is_asked_for() {
            ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
        }
        let Some(graph) = &self.graph else { return };
        let style = style::style(tokens, ui.visuals().dark_mode);
        if !self.view.is_dragging() {
            self.asked.forget();
        }
        let asked = RefCell::new(&mut self.asked);
        let veto = |from: &GraphPort<Ids>, to: &GraphPort<Ids>| {
            let edge = EdgeId { from: engine_port(from), to: engine_port(to) };
            asked.borrow_mut().veto(edge, state)
        };
        let insertion = |node: &NodeId, wire: &EdgeId| insertion::ports_for(state, graph, node, wire);
        let output = GraphCanvas::new("canvas", graph, &style, &self.labels)
            .veto(&veto)
            .insertion(&insertion)
            .animated(!state.settings.reduced_motion)
            .show(ui, &mut self.view);
        let rect = output.response.rect;
        self.id = Some(output.response.id);
        let (nodes, wires) = (&output.geometry.visible_nodes, &output.geometry.visible_wires);
        if self.freshness.lacks(nodes, wires, output.geometry.detail) {
            ui.ctx().request_repaint();
        }
        // While the whole flow is in sight there is nothing to find on a map, and on a small canvas it would hide more than it shows.
        let bounds = graph.bounds();
        let fits =
            bounds.is_none_or(|bounds| output.geometry.transform.visible_graph_rect().contains_rect(bounds));
        let has_room = rect.width() >= 4.0 * MINIMAP_SIZE.x && rect.height() >= 3.0 * MINIMAP_SIZE.y;
        if state.settings.minimap && has_room && !fits {
            let corner = rect.right_bottom() - vec2(tokens.spacing.lg, tokens.spacing.lg);
            let place = Rect::from_min_max(corner - MINIMAP_SIZE, corner);
            minimap(ui, place, graph, &mut self.view, &output.geometry, &style, &self.labels);
        }
        let scene = Scene {
            graph,
            geometry: &output.geometry,
            hovered: output.hovered,
            is_busy: self.view.is_dragging() || self.menu.is_some() || self.finder.is_some(),
            has_moved: output.view_changed,
        };
        self.peek.ui(&scene, state, ui, commands);
        self.geometry = Some(output.geometry);
        if let Some(drag) = output.response.dnd_release_payload::<NodeDrag>() {
            self.take_drop(&drag.0, ui, commands);
        }
        // One that opens is shown from the next frame on: the click that opened it would close it again.
        self.show_menu(state, ui, commands);
        for event in output.events {
            self.act_on(event, state, commands);
        }
        if self.menu.as_ref().is_some_and(CanvasMenu::is_new) {
            ui.ctx().request_repaint();
        }
        if self.has_keyboard(ui.ctx()) && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Menu))
        {
            self.open_menu(state);
        }
        self.show_finder(state, ui, &style, commands);
        self.find_bar.ui(state, rect, ui, commands);
        legend::ui(state, self.freshness.range(), rect, ui);
        if bounds.is_some() || state.is_opening {
            self.start.leave();
        } else if let Some(at) = self.start.ui(state, rect, ui, commands) {
            let place = self.graph_from_screen(at).unwrap_or_default();
            self.menu = Some(CanvasMenu::new(Target::Canvas, place, at));
            ui.ctx().request_repaint();
        }
    }

    /// Builds the graph anew if the flow has changed, and makes the faces that are looked at.
    fn refresh(&mut self, state: &AppState, tokens: &Tokens, ui: &Ui) {
        let shown = (state.open.number, state.open.document.revision());
        let is_new = self.graph.is_none() || self.shown != shown;
        let is_dark = ui.visuals().dark_mode;
        if is_new {
            let mut graph = faces::Faces::graph(state, tokens);
            graph.set_backdrops(backdrops::of(state.open.document.flow(), &graph, tokens));
            self.view.retain_existing(&graph);
            self.freshness = Freshness::of_new(&graph);
            self.graph = Some(graph);
            self.shown = shown;
        }
        let Some(graph) = &mut self.graph else { return };
        if std::mem::replace(&mut self.is_dark, is_dark) != is_dark && !is_new {
            graph.set_backdrops(backdrops::of(state.open.document.flow(), graph, tokens));
        }
        let dragging = self.view.is_dragging();
        if self.freshness.note(state, is_dark, dragging) {
            self.facts = Facts::of(state, graph);
        }
        let describes_all = graph.nodes().len() <= DESCRIBED
            && ui.ctx().accesskit_node_builder(ui.unique_id(), |_| ()).is_some();
        let seen = self.view.transform().map(|transform| transform.visible_graph_rect());
        let sight = Sight {
            // Some more than is seen, so that a small step of the view finds faces that are made.
            area: seen.filter(|_| !describes_all).map(|seen| seen.expand2(seen.size() * 0.2)),
            detail: if describes_all { Detail::Full } else { Detail::at(self.view.zoom) },
            dragging,
        };
        if self.freshness.catch_up(graph, &self.facts, state, tokens, &sight) {
            state.pace.ask(ui.ctx());
        }
    }

    /// Moves the dashes on wires in sight on which rows flow, and asks for the next frame only then.
    fn let_rows_flow(&mut self, state: &AppState, ui: &Ui) {
        let (Some(graph), Some(geometry)) = (&mut self.graph, &self.geometry) else { return };
        let moves = !state.settings.reduced_motion && state.open.run.is_playing();
        if moves {
            self.phase += ui.input(|input| input.stable_dt).min(0.1);
        }
        if geometry.detail == Detail::Block {
            return;
        }
        let mut any = false;
        let seen: Vec<EdgeId> = geometry
            .visible_wires
            .iter()
            .filter_map(|wire| graph.wires().get(*wire))
            .map(|wire| wire.id.clone())
            .collect();
        for edge in seen {
            let per_sec = state.open.run.snapshot.edges.get(&edge).map_or(0.0, |figures| figures.per_sec);
            let Some(face) = graph.wire_face_mut(&edge) else { continue };
            let flows = moves && per_sec > 0.0;
            // Dashes of all wires share one clock; a busier wire has faster ones, by powers of ten.
            face.flow = flows.then(|| self.phase * (16.0 + 12.0 * (1.0 + per_sec).log10() as f32).round());
            any |= flows;
        }
        if any {
            state.pace.ask(ui.ctx());
        }
    }

    /// Takes a kind that was dragged here from the palette: onto a wire, or onto the canvas.
    fn take_drop(&self, kind: &str, ui: &Ui, commands: &mut Commands) {
        let screen = ui.input(|input| input.pointer.latest_pos());
        let (kind, at) = (kind.to_owned(), screen.and_then(|screen| self.graph_from_screen(screen)));
        commands.push(match screen.and_then(|screen| self.wire_at(screen)) {
            Some(wire) => Command::InsertNode { kind, wire, at },
            None => Command::AddNode { kind, at, join: None },
        });
    }

    /// The wire that runs past a place on screen, unless a node lies over it there.
    fn wire_at(&self, screen: Pos2) -> Option<EdgeId> {
        let (graph, geometry) = (self.graph.as_ref()?, self.geometry.as_ref()?);
        let at = geometry.transform.graph_from_screen(screen);
        let hides = |node: &usize| graph.nodes().get(*node).is_some_and(|node| node.rect().contains(at));
        if geometry.visible_nodes.iter().any(hides) {
            return None;
        }
        geometry.wire_at(graph, screen, NEAR_WIRE)
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

    /// Opens the finder in the middle of the canvas, for what comes behind the selected node if there is one.
    pub fn open_finder(&mut self, state: &AppState) {
        let Some(geometry) = &self.geometry else { return };
        let screen = geometry.transform.panel.center_top() + vec2(-170.0, 60.0);
        self.finder = Some(NodeFinder::for_place(state, self.middle(), screen));
    }

    /// Opens the menu of what is selected, or of the canvas.
    pub fn open_menu(&mut self, state: &AppState) {
        let (Some(graph), Some(geometry)) = (&self.graph, &self.geometry) else { return };
        let panel = geometry.transform.panel;
        let node = state.open.selection.nodes.first();
        let wire = state.open.selection.wires.first();
        let drawn = state.open.selection.drawn.first();
        let (target, screen) = match (node, drawn, wire) {
            (Some(node), ..) => {
                let tile = geometry.node_rect(graph, node).unwrap_or(panel);
                (Target::Node(node.clone()), tile.left_bottom())
            }
            (None, Some(drawn), _) => {
                let area = geometry.backdrop_rect(graph, drawn).unwrap_or(panel);
                (Target::Backdrop(drawn.clone()), area.left_top())
            }
            (None, None, Some(wire)) => {
                let middle = geometry.wire_middle(graph, wire).unwrap_or(panel.center());
                (Target::Wire(wire.clone()), middle)
            }
            (None, None, None) => (Target::Canvas, panel.center()),
        };
        let screen = screen.clamp(panel.min, panel.max);
        let at = geometry.transform.graph_from_screen(screen);
        self.menu = Some(CanvasMenu::new(target, at, screen));
    }

    fn show_menu(&mut self, state: &AppState, ui: &mut Ui, commands: &mut Commands) {
        let Some(menu) = &mut self.menu else { return };
        let outcome = menu.show(state, ui, commands);
        if let Some(finder) = outcome.finder {
            self.finder = Some(finder);
        }
        if !outcome.is_open {
            self.menu = None;
            self.view.focus_canvas();
        }
    }

    /// Shows the card of the port that has the keyboard or of the wire that is selected, or puts it away. `false` if there is neither.
    pub fn peek(&mut self) -> bool {
        let port = self.view.focused_port().cloned().map(Target::Port);
        let mut wires = self.view.selected_wires.iter();
        let wire = wires.next().filter(|_| wires.next().is_none()).cloned().map(Target::Wire);
        let on = port.or(wire);
        let is_on_something = on.is_some();
        if let Some(on) = on {
            self.peek.toggle(on);
        }
        is_on_something
    }

    /// The canvas is not in this frame. Its card does not come back by itself, and nobody hands out rows for it.
    pub fn hide(&mut self, state: &AppState, commands: &mut Commands) {
        self.peek = Peek::default();
        if state.open.peeked.is_some() {
            commands.push(Command::Peek(None));
        }
    }

    /// Puts the keyboard into the search over the nodes.
    pub fn focus_find(&mut self) {
        self.find_bar.focus();
    }

    /// Whether keys and the clipboard are meant for the canvas: it has the keyboard, or nobody has.
    pub fn has_keyboard(&self, ctx: &Context) -> bool {
        let focused = ctx.memory(egui::Memory::focused);
        focused.is_none_or(|focused| self.id == Some(focused)) || self.start.has_focus(ctx)
    }

    /// The place on the canvas under the pointer, if nothing else lies there.
    pub fn under_pointer(&self, ctx: &Context) -> Option<Pos2> {
        let screen = ctx.input(|input| input.pointer.latest_pos())?;
        let is_free = ctx.layer_id_at(screen).is_none_or(|layer| layer.order == Order::Background);
        self.graph_from_screen(screen).filter(|_| is_free)
    }

    /// Selects the same as elsewhere.
    pub fn select(&mut self, selection: &Selection) {
        if let Some(node) = selection.single_node().filter(|node| self.view.focus.as_ref() != Some(*node)) {
            self.view.select_nodes([node.clone()]);
        }
        self.view.selected_nodes.clone_from(&selection.nodes);
        self.view.selected_wires.clone_from(&selection.wires);
        self.view.selected_backdrops.clone_from(&selection.drawn);
    }

    /// Leaves a flow for another one.
    pub fn leave(&mut self) -> Place {
        self.finder = None;
        self.menu = None;
        self.peek = Peek::default();
        Place(std::mem::take(&mut self.view))
    }

    /// Comes to a flow, or back to it.
    pub fn come_to(&mut self, place: Place) {
        self.view = place.0;
        self.graph = None;
    }

    /// Brings a node into sight.
    pub fn reveal(&mut self, node: &NodeId) {
        self.view.reveal(node.clone());
    }

    /// Brings a frame or a note into sight.
    pub fn reveal_drawn(&mut self, drawn: &Drawn) {
        self.view.reveal_backdrop(drawn.clone());
    }

    /// What is selected, and with it all nodes, frames and notes that lie wholly inside of its frames.
    pub fn with_contents(&self, selection: &Selection) -> Selection {
        let mut all = selection.clone();
        let Some(graph) = &self.graph else { return all };
        let frames = selection.drawn.iter().filter(|drawn| matches!(drawn, Drawn::Frame(_)));
        for frame in frames.filter_map(|frame| graph.backdrop(frame)) {
            all.nodes.extend(graph.nodes_inside(frame.area).map(|node| node.id.clone()));
            all.drawn.extend(graph.backdrops_inside(frame.area).map(|inner| inner.id.clone()));
        }
        all
    }

    /// The middle of what is seen, for the upper left corner of a node.
    pub fn middle(&self) -> Pos2 {
        let panel = self.geometry.as_ref().map(|geometry| geometry.transform.visible_graph_rect());
        panel.map_or(Pos2::ZERO, |panel| panel.center() - vec2(95.0, 48.0))
    }

    /// Where a new node stands that is to be put into a wire at `at`, its upper left corner, and where the nodes behind go to make room.
    pub fn room_in_wire(&self, wire: &EdgeId, at: Pos2) -> (Pos2, BTreeMap<NodeId, Option<Point>>) {
        let Some(graph) = &self.graph else { return (at, BTreeMap::new()) };
        let room = room_in_wire(graph, wire, Rect::from_min_size(at, NODE_SIZE), GRID as f32);
        let behind = room.others.iter().flat_map(|(node, way)| self.moved(std::slice::from_ref(node), *way));
        (at + room.own, behind.collect())
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

    /// The place on the canvas under a point of the screen, if that is over the canvas.
    pub fn graph_from_screen(&self, screen: Pos2) -> Option<Pos2> {
        let geometry = self.geometry.as_ref()?;
        geometry.transform.panel.contains(screen).then(|| geometry.transform.graph_from_screen(screen))
    }
}

/// A port as the engine calls it.
fn engine_port(port: &GraphPort<Ids>) -> PortRef {
    PortRef { node: port.node.clone(), port: Arc::clone(&port.port) }
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
        finder_more: t("finder.more").to_owned(),
        finder_search: t("palette.search").to_owned(),
        minimap: t("view.minimap").to_owned(),
    }
}
