//! A small graph on a canvas under test, and hands to use it with.

use std::cell::RefCell;

use egui::{Event, Modifiers, PointerButton, Pos2, Vec2, pos2, vec2};
use egui_kittest::Harness;
use egui_node_graph::{
    Geometry, Graph, GraphCanvas, GraphEvent, GraphStyle, GraphView, Labels, Node, NodeFace, PortFace,
    PortRef, Wire, WireFace,
};

pub type Ids = (u32, &'static str, u32, &'static str);

pub const SIZE: Vec2 = vec2(1000.0, 700.0);

/// What the canvas under test is shown with, and everything it said.
pub struct Desk {
    pub graph: Graph<Ids>,
    pub view: GraphView<Ids>,
    pub events: Vec<GraphEvent<Ids>>,
    pub geometry: Option<Geometry<Ids>>,
    pub hovered: Option<egui_node_graph::Target<Ids>>,
    pub refuse: Option<&'static str>,
    /// Nodes that refuse each other, the one with the output first.
    pub refuse_from: Vec<(u32, u32)>,
    /// Why no node fits into any wire.
    pub refuse_insertion: Option<&'static str>,
    /// The nodes and wires that the canvas asked about.
    pub asked: Vec<(u32, u32)>,
    pub editable: bool,
    /// Keys that the canvas has not taken.
    pub left_keys: Vec<egui::Key>,
    /// Where the minimap lies, if there is one.
    pub minimap: Option<egui::Rect>,
}

impl Desk {
    pub fn new(graph: Graph<Ids>) -> Self {
        Self {
            graph,
            view: GraphView::default(),
            events: Vec::new(),
            geometry: None,
            hovered: None,
            refuse: None,
            refuse_from: Vec::new(),
            refuse_insertion: None,
            asked: Vec::new(),
            editable: true,
            left_keys: Vec::new(),
            minimap: None,
        }
    }

    /// Events other than selections, which most clicks bring along.
    pub fn deeds(&self) -> Vec<&GraphEvent<Ids>> {
        self.events.iter().filter(|event| !matches!(event, GraphEvent::SelectionChanged { .. })).collect()
    }

    pub fn node_center(&self, id: u32) -> Pos2 {
        let geometry = self.geometry.as_ref().expect("the canvas was shown");
        geometry.node_rect(&self.graph, &id).expect("the node is there").center()
    }

    pub fn graph_from_screen(&self, at: Pos2) -> Pos2 {
        self.geometry.as_ref().expect("the canvas was shown").transform.graph_from_screen(at)
    }

    pub fn port(&self, port: &PortRef<Ids>) -> Pos2 {
        let geometry = self.geometry.as_ref().expect("the canvas was shown");
        geometry.port_position(&self.graph, port).expect("the port is there")
    }

    pub fn wire(&self, id: u32) -> Pos2 {
        let geometry = self.geometry.as_ref().expect("the canvas was shown");
        geometry.wire_middle(&self.graph, &id).expect("the wire is there")
    }
}

pub fn node(id: u32, x: f32, y: f32, title: &str) -> Node<Ids> {
    let face = NodeFace { title: title.to_owned(), ..NodeFace::default() };
    let port = |name: &str| PortFace { name: name.to_owned(), ..PortFace::default() };
    Node::new(id, pos2(x, y), face).with_input("in", port("in")).with_output("out", port("out"))
}

pub fn wire(id: u32, from: u32, to: u32) -> Wire<Ids> {
    let (from, to) = (PortRef::output(from, "out"), PortRef::input(to, "in"));
    Wire { id, from, to, face: WireFace::default() }
}

/// Source → Window → Sink, with a loose Filter below.
pub fn flow() -> Graph<Ids> {
    let nodes = vec![
        node(1, 64.0, 96.0, "Source"),
        node(2, 384.0, 96.0, "Window"),
        node(3, 704.0, 96.0, "Sink"),
        node(4, 384.0, 384.0, "Filter"),
    ];
    Graph::new(nodes, vec![wire(1, 1, 2), wire(2, 2, 3)])
}

pub fn open(desk: Desk) -> Harness<'static, Desk> {
    let mut harness = Harness::builder()
        .with_size(SIZE)
        .with_step_dt(1.0 / 60.0)
        .with_max_steps(60)
        .with_accessibility_check(true)
        .build_ui_state(show, desk);
    harness.run();
    harness
}

pub fn show(ui: &mut egui::Ui, desk: &mut Desk) {
    let style = GraphStyle::dark();
    let refuses = |from: &PortRef<Ids>, to: &PortRef<Ids>| {
        let pair = desk.refuse_from.contains(&(from.node, to.node)).then_some("These two do not go together");
        pair.or((from.node == to.node).then_some("Not to itself")).or(desk.refuse)
    };
    let veto = |from: &PortRef<Ids>, to: &PortRef<Ids>| match refuses(from, to) {
        Some(reason) => Err(reason.to_owned()),
        None => Ok(()),
    };
    let asked = RefCell::new(Vec::new());
    let insertion = |node: &u32, wire: &u32| {
        asked.borrow_mut().push((*node, *wire));
        desk.refuse_insertion.map_or(Ok(("in", "out")), |reason| Err(reason.to_owned()))
    };
    let labels = Labels::default();
    let output = GraphCanvas::new("desk", &desk.graph, &style, &labels)
        .veto(&veto)
        .insertion(&insertion)
        .editable(desk.editable)
        .show(ui, &mut desk.view);
    if let Some(rect) = desk.minimap {
        egui_node_graph::minimap(ui, rect, &desk.graph, &mut desk.view, &output.geometry, &style, &labels);
    }
    let is_left = |event: &Event| match event {
        Event::Key { key, pressed: true, .. } => Some(*key),
        _ => None,
    };
    desk.left_keys.extend(ui.input(|input| input.events.iter().filter_map(is_left).collect::<Vec<_>>()));
    desk.asked.extend(asked.into_inner());
    desk.events.extend(output.events);
    desk.geometry = Some(output.geometry);
    desk.hovered = output.hovered;
}

/// Hands: input that a person would give.
pub trait Hands {
    fn press(&mut self, at: Pos2, button: PointerButton);
    fn glide(&mut self, to: Pos2);
    fn release(&mut self, at: Pos2, button: PointerButton);
    fn drag(&mut self, from: Pos2, to: Pos2);
    fn click(&mut self, at: Pos2);
    fn wheel(&mut self, at: Pos2, lines: f32);
}

impl Hands for Harness<'_, Desk> {
    fn press(&mut self, pos: Pos2, button: PointerButton) {
        self.event(Event::PointerMoved(pos));
        self.event(Event::PointerButton { pos, button, pressed: true, modifiers: Modifiers::NONE });
        self.step();
    }

    fn glide(&mut self, to: Pos2) {
        self.event(Event::PointerMoved(to));
        self.step();
    }

    fn release(&mut self, pos: Pos2, button: PointerButton) {
        self.event(Event::PointerButton { pos, button, pressed: false, modifiers: Modifiers::NONE });
        self.run();
    }

    fn drag(&mut self, from: Pos2, to: Pos2) {
        self.press(from, PointerButton::Primary);
        self.glide(from + (to - from) * 0.3);
        self.glide(from + (to - from) * 0.7);
        self.glide(to);
        self.release(to, PointerButton::Primary);
    }

    fn click(&mut self, at: Pos2) {
        self.press(at, PointerButton::Primary);
        self.release(at, PointerButton::Primary);
    }

    fn wheel(&mut self, at: Pos2, lines: f32) {
        self.event(Event::PointerMoved(at));
        self.step();
        self.event(Event::MouseWheel {
            unit: egui::MouseWheelUnit::Line,
            delta: vec2(0.0, lines),
            phase: egui::TouchPhase::Move,
            source: egui::MouseWheelSource::Unknown,
            modifiers: Modifiers::NONE,
        });
        self.run();
    }
}
