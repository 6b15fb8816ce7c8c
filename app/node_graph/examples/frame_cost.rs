//! Measures what a frame of the canvas costs the processor, without a window.
//!
//! Run with `cargo run --release -p egui_node_graph --example frame_cost`. Every line gives the
//! layout of the interface ("ui") and turning its shapes into triangles ("mesh"), median and
//! worst of 200 frames, with every wire's dashes moving and the view panned a little each frame.

use std::time::Instant;

use egui::{Color32, Context, RawInput, Rect, Vec2, pos2, vec2};
use egui_node_graph::{
    Badge, Detail, Fill, Graph, GraphCanvas, GraphStyle, GraphView, Labels, Load, Mark, Node, NodeFace,
    PortFace, PortRef, StateMark, Wire, WireFace,
};

type Ids = (u32, u32, u32);

const PANEL: Vec2 = vec2(1440.0, 900.0);
const N_FRAMES: usize = 200;

fn main() {
    println!(
        "{:>6}  {:>5}  {:>7} {:>7}  {:>15}  {:>15}",
        "nodes", "zoom", "seen", "wires", "ui ms", "mesh ms"
    );
    for n_nodes in [300, 1_000, 10_000] {
        for zoom in [1.0, 0.5, 0.3, 0.1] {
            measure(n_nodes, zoom);
        }
    }
}

fn measure(n_nodes: u32, zoom: f32) {
    let mut graph = graph(n_nodes);
    let (style, labels, ctx) = (GraphStyle::dark(), Labels::default(), Context::default());
    let mut view = GraphView::default();
    view.zoom = zoom;
    if let Some(bounds) = graph.bounds() {
        view.origin = bounds.center() - PANEL / (2.0 * zoom);
    }
    let (mut ui_millis, mut mesh_millis, mut seen, mut wires) = (Vec::new(), Vec::new(), 0, 0);
    for frame in 0..N_FRAMES + 10 {
        for wire in 0..graph.wires().len() as u32 {
            if let Some(face) = graph.wire_face_mut(&wire) {
                face.flow = Some(frame as f32);
            }
        }
        view.origin.x += 3.0 / zoom;
        let pointer = egui::Event::PointerMoved(pos2(700.0 + (frame % 50) as f32, 450.0));
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(pos2(0.0, 0.0), PANEL)),
            time: Some(frame as f64 / 60.0),
            events: vec![pointer],
            ..RawInput::default()
        };
        let start = Instant::now();
        let mut output = ctx.run_ui(input, |ui| {
            let shown = GraphCanvas::new("cost", &graph, &style, &labels).show(ui, &mut view);
            (seen, wires) = (shown.geometry.visible_nodes.len(), shown.geometry.visible_wires.len());
        });
        let ui_took = start.elapsed();
        let start = Instant::now();
        let mesh = ctx.tessellate(std::mem::take(&mut output.shapes), output.pixels_per_point);
        let mesh_took = start.elapsed();
        output.textures_delta.clear();
        drop(mesh);
        // The first frames lay out all text.
        if frame >= 10 {
            ui_millis.push(ui_took.as_secs_f64() * 1e3);
            mesh_millis.push(mesh_took.as_secs_f64() * 1e3);
        }
    }
    let both = |mut millis: Vec<f64>| {
        millis.sort_by(f64::total_cmp);
        format!("{:6.2} (≤ {:5.2})", millis[millis.len() / 2], millis[millis.len() - 1])
    };
    let detail = match Detail::at(zoom) {
        Detail::Block => "block",
        Detail::Title => "title",
        Detail::Full => "full",
    };
    println!(
        "{n_nodes:>6}  {zoom:>5}  {seen:>7} {wires:>7}  {:>15}  {:>15}  {detail}",
        both(ui_millis),
        both(mesh_millis)
    );
}

/// Rows of fifty nodes, each wired to the next and some to the row below.
fn graph(n_nodes: u32) -> Graph<Ids> {
    let node = |id: u32| {
        let (column, row) = ((id % 50) as f32, (id / 50) as f32);
        let face = NodeFace {
            title: format!("Window number {id}"),
            icon: "W".to_owned(),
            accent: Color32::from_rgb(0x5B, 0x8D, 0xF5),
            lens: Some(Color32::from_rgb((id % 200) as u8, 140, 120)),
            summary: vec![format!("TUMBLE {id} min · by vin"), format!("12.3 k to {id} rows/s")],
            headline: format!("{id} /s"),
            state: Some(StateMark { mark: Mark::Play, color: Color32::GREEN }),
            badge: id.is_multiple_of(20).then(|| Badge {
                mark: Mark::Warning,
                color: Color32::YELLOW,
                text: "3 %".to_owned(),
            }),
            load: Some(Load { busy: 0.5, idle: 0.4, blocked: 0.1 }),
            ..NodeFace::default()
        };
        Node::new(id, pos2(column * 288.0, row * 144.0), face)
            .with_input(0, PortFace { name: "in".to_owned(), ..PortFace::default() })
            .with_output(0, PortFace { name: "out".to_owned(), ..PortFace::default() })
            .with_output(1, PortFace { name: "late".to_owned(), ..PortFace::default() })
    };
    let face = |label: u32| WireFace {
        label: format!("{label} /s"),
        fill: Some(Fill { level: 0.4, color: Color32::GREEN }),
        ..WireFace::default()
    };
    let mut wires = Vec::new();
    for id in 0..n_nodes {
        let mut add = |port, to| {
            if to < n_nodes {
                let wire = wires.len() as u32;
                let (from, to) = (PortRef::output(id, port), PortRef::input(to, 0));
                wires.push(Wire { id: wire, from, to, face: face(wire) });
            }
        };
        if id % 50 != 49 {
            add(0, id + 1);
        }
        if id % 2 == 0 {
            add(1, id + 51);
        }
    }
    Graph::new((0..n_nodes).map(node).collect(), wires)
}
