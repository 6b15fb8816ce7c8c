//! The canvas alone: a made-up flow to pan, wire, break and add to.
//!
//! Run with `cargo run -p egui_node_graph --example playground`; add `-- --light` for the light
//! style and `--still` to stop the dashes.

use eframe::egui;
use egui::{Color32, Pos2, pos2};
use egui_node_graph::{
    Badge, Fill, Finder, FinderItem, FinderOutcome, Graph, GraphCanvas, GraphEvent, GraphStyle, GraphView,
    Labels, Load, MINIMAP_SIZE, Mark, Node, NodeFace, PortFace, PortRef, Side, StateMark, Wire, WireFace,
    minimap,
};

type Ids = (u32, &'static str, u32);

const SOURCE: Color32 = Color32::from_rgb(0x3F, 0xB5, 0xC8);
const TIME: Color32 = Color32::from_rgb(0xB0, 0x8C, 0xF0);
const WINDOW: Color32 = Color32::from_rgb(0x5B, 0x8D, 0xF5);
const JOIN: Color32 = Color32::from_rgb(0xE0, 0x7F, 0xAC);
const SINK: Color32 = Color32::from_rgb(0x63, 0xB5, 0x75);
const GOOD: Color32 = Color32::from_rgb(0x4C, 0xC3, 0x8A);
const WARM: Color32 = Color32::from_rgb(0xE8, 0xA3, 0x3D);
const BAD: Color32 = Color32::from_rgb(0xEB, 0x5F, 0x57);

fn main() -> eframe::Result {
    let has = |flag: &str| std::env::args().any(|arg| arg == flag);
    let (light, still) = (has("--light"), has("--still"));
    let options = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default().with_inner_size([1440.0, 900.0]),
        ..Default::default()
    };
    eframe::run_native(
        "Node graph playground",
        options,
        Box::new(move |_| Ok(Box::new(Playground::new(light, still)))),
    )
}

struct Playground {
    graph: Graph<Ids>,
    view: GraphView<Ids>,
    light: bool,
    still: bool,
    next_id: u32,
    finder: Option<(Finder, Pos2, Option<PortRef<Ids>>)>,
    said: String,
}

impl Playground {
    fn new(light: bool, still: bool) -> Self {
        let mut view = GraphView::default();
        view.fit_all();
        Self { graph: sample(), view, light, still, next_id: 100, finder: None, said: String::new() }
    }

    /// Rebuilds the graph after an edit. A real program keeps a document and builds from that.
    fn edit(&mut self, change: impl FnOnce(&mut Vec<Node<Ids>>, &mut Vec<Wire<Ids>>)) {
        let (mut nodes, mut wires) = (self.graph.nodes().to_vec(), self.graph.wires().to_vec());
        change(&mut nodes, &mut wires);
        self.graph = Graph::new(nodes, wires);
        self.view.retain_existing(&self.graph);
    }

    fn connect(&mut self, from: PortRef<Ids>, to: PortRef<Ids>) {
        let id = self.next_id;
        self.next_id += 1;
        self.edit(|_, wires| wires.push(Wire { id, from, to, face: WireFace::default() }));
    }

    fn carry_out(&mut self, event: GraphEvent<Ids>) {
        match event {
            GraphEvent::NodesMoved { finished: false, .. } => {}
            GraphEvent::NodesMoved { nodes, delta, .. } => {
                for id in &nodes {
                    if let Some(position) = self.graph.node(id).map(|node| node.position) {
                        self.graph.set_position(id, position + delta);
                    }
                }
                self.said = format!("Moved {} nodes by {delta:?}", nodes.len());
            }
            GraphEvent::WireRequested { from, to } => self.connect(from, to),
            GraphEvent::WireDropped { from, at, screen } => {
                self.finder = Some((Finder::new("add", screen), at, Some(from)));
            }
            GraphEvent::AddNodeRequested { at, screen } => {
                self.finder = Some((Finder::new("add", screen), at, None));
            }
            GraphEvent::WiresMoved { wires: moved, to } => self.edit(|_, wires| {
                for wire in wires.iter_mut().filter(|wire| moved.contains(&wire.id)) {
                    match to.side {
                        Side::Input => wire.to = to.clone(),
                        Side::Output => wire.from = to.clone(),
                    }
                }
            }),
            GraphEvent::WiresDeleted { wires: gone } => {
                self.edit(|_, wires| wires.retain(|wire| !gone.contains(&wire.id)));
            }
            GraphEvent::DeleteRequested { nodes: gone, wires: cut, .. } => self.edit(|nodes, wires| {
                nodes.retain(|node| !gone.contains(&node.id));
                wires.retain(|wire| {
                    !cut.contains(&wire.id)
                        && !gone.contains(&wire.from.node)
                        && !gone.contains(&wire.to.node)
                });
            }),
            other => self.said = format!("{other:?}"),
        }
    }

    fn find(&mut self, ctx: &egui::Context, style: &GraphStyle, labels: &Labels) {
        let Some((finder, at, from)) = &mut self.finder else { return };
        let outcome = finder.show(ctx, &templates(), |_| true, style, labels);
        let (at, from) = (*at, from.clone());
        match outcome {
            FinderOutcome::Open => {}
            FinderOutcome::Closed => {
                self.finder = None;
                self.view.focus_canvas();
            }
            FinderOutcome::Chosen { id, .. } => {
                self.finder = None;
                let node = self.next_id;
                self.next_id += 1;
                let template = templates().into_iter().find(|item| item.id == id);
                let Some(template) = template else { return };
                let face = NodeFace { icon: template.icon, ..face(&template.title, "", template.accent) };
                self.edit(|nodes, _| {
                    nodes.push(
                        Node::new(node, at, face)
                            .with_input("in", port("in"))
                            .with_output("out", port("out")),
                    );
                });
                if let Some(from) = from {
                    match from.side {
                        Side::Output => self.connect(from, PortRef::input(node, "in")),
                        Side::Input => self.connect(PortRef::output(node, "out"), from),
                    }
                }
                self.view.select_nodes([node]);
                self.view.focus_canvas();
            }
        }
    }
}

impl eframe::App for Playground {
    fn ui(&mut self, ui: &mut egui::Ui, _: &mut eframe::Frame) {
        ui.ctx().set_theme(if self.light { egui::Theme::Light } else { egui::Theme::Dark });
        let style = if self.light { GraphStyle::light() } else { GraphStyle::dark() };
        let labels = Labels::default();
        if !self.still {
            let phase = ui.input(|i| i.time) as f32 * 40.0;
            for id in 1..=8 {
                if let Some(face) = self.graph.wire_face_mut(&id) {
                    face.flow = Some(phase);
                }
            }
            ui.ctx().request_repaint();
        }
        ui.painter().rect_filled(ui.max_rect(), 0.0, ui.visuals().panel_fill);
        ui.horizontal(|ui| {
            ui.add_space(8.0);
            if ui.button("Fit").clicked() {
                self.view.fit_all();
            }
            ui.checkbox(&mut self.light, "Light");
            ui.checkbox(&mut self.still, "Still");
            ui.label(format!("{:.0} %", self.view.zoom * 100.0));
            ui.weak(&self.said);
        });
        let output =
            GraphCanvas::new("playground", &self.graph, &style, &labels).veto(&veto).show(ui, &mut self.view);
        let corner = output.response.rect.right_bottom() - egui::vec2(12.0, 12.0);
        let place = egui::Rect::from_min_max(corner - MINIMAP_SIZE, corner);
        minimap(ui, place, &self.graph, &mut self.view, &output.geometry, &style, &labels);
        for event in output.events {
            self.carry_out(event);
        }
        self.find(ui.ctx(), &style, &labels);
    }
}

fn veto(from: &PortRef<Ids>, to: &PortRef<Ids>) -> Result<(), String> {
    match (from.port, to.port) {
        _ if from.node == to.node => Err("A node cannot feed itself".to_owned()),
        ("late", "right") => Err("Late rows carry no watermark, which the right side needs".to_owned()),
        _ => Ok(()),
    }
}

fn port(name: &str) -> PortFace {
    let (mark, color) = match name {
        "late" => (Mark::Diamond, WARM),
        _ => (Mark::Disc, Color32::from_rgb(0x8A, 0x9B, 0xB4)),
    };
    PortFace {
        name: name.to_owned(),
        mark,
        color,
        tooltip: format!("{name}\nvin: text, speed: double"),
        ..Default::default()
    }
}

fn face(title: &str, summary: &str, accent: Color32) -> NodeFace {
    let summary = summary.split('|').filter(|line| !line.is_empty()).map(str::to_owned).collect();
    NodeFace { title: title.to_owned(), summary, accent, ..NodeFace::default() }
}

fn sample() -> Graph<Ids> {
    let running = || Some(StateMark { mark: Mark::Play, color: GOOD });
    let load = |busy, blocked| Some(Load { busy, blocked, idle: 1.0 - busy - blocked });
    let node = |id, x, y, icon: &str, face: NodeFace| {
        Node::new(
            id,
            pos2(x, y),
            NodeFace { icon: icon.to_owned(), state: face.state.clone().or(running()), ..face },
        )
    };
    let nodes = vec![
        node(
            1,
            0.0,
            0.0,
            "S",
            NodeFace {
                load: load(0.22, 0.05),
                headline: "12.3 k/s".to_owned(),
                ..face("Vehicle telemetry", "telemetry.parquet · ×60|12.3 k rows/s", SOURCE)
            },
        )
        .with_output("out", port("out")),
        node(
            2,
            272.0,
            0.0,
            "T",
            NodeFace {
                load: load(0.12, 0.0),
                headline: "5 s".to_owned(),
                ..face("Watermark", "event_time − 5 s|12.3 k to 12.3 k rows/s", TIME)
            },
        )
        .with_input("in", port("in"))
        .with_output("out", port("out")),
        node(
            3,
            544.0,
            0.0,
            "W",
            NodeFace {
                load: load(0.71, 0.18),
                headline: "3.1 % late".to_owned(),
                lens: Some(WARM),
                spark: (0..30).map(|i| 0.5 + 0.4 * (i as f32 * 0.5).sin()).collect(),
                badge: Some(Badge { mark: Mark::Warning, color: WARM, text: "3.1 %".to_owned() }),
                state: Some(StateMark { mark: Mark::Warning, color: WARM }),
                ..face("Window 5 min", "TUMBLE 5 min · by vin|12.3 k to 840 rows/s", WINDOW)
            },
        )
        .with_input("in", port("in"))
        .with_output("rows", port("rows"))
        .with_output("late", port("late")),
        node(
            4,
            0.0,
            176.0,
            "S",
            NodeFace {
                load: load(0.02, 0.0),
                headline: "1 /s".to_owned(),
                ..face("Vehicle owners", "owners.csv · 1 200 rows|1 row/s", SOURCE)
            },
        )
        .with_output("out", port("out")),
        node(
            5,
            848.0,
            48.0,
            "J",
            NodeFace {
                load: load(0.35, 0.0),
                headline: "840 /s".to_owned(),
                ..face("Join owners", "ON vin · lookup|840 to 838 rows/s", JOIN)
            },
        )
        .with_input("left", port("left"))
        .with_input("right", port("right"))
        .with_output("out", port("out")),
        node(
            6,
            1136.0,
            48.0,
            "F",
            NodeFace {
                error: Some("Cannot write: the disk is full".to_owned()),
                badge: Some(Badge { mark: Mark::Cross, color: BAD, text: "1".to_owned() }),
                state: Some(StateMark { mark: Mark::Cross, color: BAD }),
                headline: "failed".to_owned(),
                load: load(0.0, 0.9),
                accessible_name: "Hourly report, 1 input, problem: cannot write: the disk is full".to_owned(),
                ..face("Hourly report", "report.parquet · exactly once", SINK)
            },
        )
        .with_input("in", port("in")),
        node(
            7,
            848.0,
            224.0,
            "F",
            NodeFace {
                dimmed: true,
                state: Some(StateMark { mark: Mark::Pause, color: Color32::GRAY }),
                ..face("Late rows", "late.csv · muted", SINK)
            },
        )
        .with_input("in", port("in")),
        node(
            8,
            544.0,
            224.0,
            "?",
            NodeFace {
                ghost: true,
                state: Some(StateMark { mark: Mark::Ring, color: Color32::GRAY }),
                ..face("Filter", "suggested: speed > 0", WINDOW)
            },
        )
        .with_input("in", port("in"))
        .with_output("out", port("out")),
    ];
    let wire =
        |id, from: (u32, &'static str), to: (u32, &'static str), label: &str, width: f32, level: f32| {
            let color = Color32::from_rgb(0x6F, 0x84, 0xA6);
            let fill_color = if level > 0.8 { BAD } else { GOOD };
            let fill = (level > 0.0).then_some(Fill { level, color: fill_color });
            Wire {
                id,
                from: PortRef::output(from.0, from.1),
                to: PortRef::input(to.0, to.1),
                face: WireFace { label: label.to_owned(), width, fill, color, ..WireFace::default() },
            }
        };
    let mut wires = vec![
        wire(1, (1, "out"), (2, "in"), "12.3 k/s", 4.0, 0.1),
        wire(2, (2, "out"), (3, "in"), "12.3 k/s", 4.0, 0.92),
        wire(3, (3, "rows"), (5, "left"), "840/s", 2.5, 0.2),
        wire(4, (4, "out"), (5, "right"), "1/s", 1.5, 0.0),
        wire(5, (5, "out"), (6, "in"), "838/s", 2.5, 1.0),
        wire(6, (3, "late"), (7, "in"), "late 3.1 %", 1.5, 0.0),
    ];
    wires[5].face.color = WARM;
    wires[4].face.color = BAD;
    wires.push(Wire {
        face: WireFace { ghost: true, ..WireFace::default() },
        ..wire(9, (2, "out"), (8, "in"), "", 1.5, 0.0)
    });
    Graph::new(nodes, wires)
}

fn templates() -> Vec<FinderItem<u32>> {
    let rows = [
        ("CSV file", "Sources", "Reads rows from a text file", "read import comma", "S", SOURCE),
        ("Parquet file", "Sources", "Reads rows from a columnar file", "read import", "S", SOURCE),
        ("Watermark", "Time", "Says how far event time has come", "lateness disorder", "T", TIME),
        (
            "Tumbling window",
            "Windows",
            "Groups rows into spans that do not overlap",
            "aggregate group",
            "W",
            WINDOW,
        ),
        ("Sliding window", "Windows", "Groups rows into spans that overlap", "hop aggregate", "W", WINDOW),
        ("Session window", "Windows", "Groups rows until there is a pause", "gap", "W", WINDOW),
        ("Interval join", "Joins", "Pairs rows of two streams close in time", "between", "J", JOIN),
        ("Lookup join", "Joins", "Adds columns from a table", "enrich", "J", JOIN),
        ("File", "Sinks", "Writes rows to a file", "write export", "F", SINK),
    ];
    let item = |(id, (title, category, description, keywords, icon, accent)): (
        usize,
        (&str, &str, &str, &str, &str, Color32),
    )| {
        FinderItem {
            id: id as u32,
            title: title.to_owned(),
            category: category.to_owned(),
            description: description.to_owned(),
            keywords: keywords.to_owned(),
            icon: icon.to_owned(),
            accent,
            bonus: 0,
        }
    };
    rows.into_iter().enumerate().map(item).collect()
}
