//! Measures what a frame of the whole window costs the processor, without a display.
//!
//! Run with `cargo run --release -p tidemark --example window_cost`. Every line is one flow at one zoom: the work before a frame,
//! the layout of the interface and turning its shapes into triangles, together, over 200 frames in which the canvas is panned. Every figure of every node and
//! wire is another one in each third frame, which is as often as the engine says something new at sixty frames a second.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::{Context, RawInput, Rect, Vec2, pos2, vec2};
use tidemark::app::{App, Folders, Opening, Setup};
use tidemark::command::{Action, Command};
use tidemark::engine_link::{EdgeFigures, NodeFigures, RunStatus, UiSnapshot};
use tidemark::state::Lens;
use tidemark_engine::ids::{EdgeId, NodeId};

const SCREEN: Vec2 = vec2(1440.0, 900.0);
const N_FRAMES: usize = 200;
/// Frames before the first that counts: they lay out all text.
const N_BEFORE: usize = 40;

fn main() {
    println!("{:>6}  {:<10} {:>5}  {:>7} {:>7} {:>7}", "nodes", "lens", "zoom", "mean", "p99", "worst");
    for n_nodes in [300, 10_000] {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("rows.csv"), "at,n\n1,2\n").expect("rows");
        let path = folder.path().join("made-up.flow.json");
        std::fs::write(&path, flow(n_nodes)).expect("the flow");
        let mut window = Window::on(&path, folder.path());
        for lens in [Lens::Rate, Lens::Watermark] {
            window.app.ask(Command::SetLens(lens));
            for zoom in [1.0, 0.5, 0.3, 0.1] {
                window.measure(n_nodes, lens, zoom);
            }
        }
    }
}

struct Window {
    ctx: Context,
    app: App,
    n_frames: u64,
    /// Snapshots that take turns: all of their figures differ.
    snapshots: [Arc<UiSnapshot>; 2],
    /// What was shown and is taken apart elsewhere, as the thread that holds the job does it.
    retired: Vec<Arc<UiSnapshot>>,
}

impl Window {
    fn on(flow: &Path, folder: &Path) -> Window {
        let ctx = Context::default();
        let folders = Folders { data: folder.join("data"), settings: None, runs: folder.join("runs") };
        let opening = Opening::Flow(flow.to_owned());
        let setup = Setup { opening, folders, restart_after: Duration::ZERO, started: Instant::now() };
        let app = App::new(&ctx, setup).expect("threads");
        let mut window = Window { ctx, app, n_frames: 0, snapshots: Default::default(), retired: Vec::new() };
        window.frame();
        let ctx = window.ctx.clone();
        assert!(window.app.settle(&ctx, Duration::from_secs(300)), "the flow was never checked");
        let flow = Arc::clone(window.app.state().open.document.flow());
        assert!(!flow.nodes.is_empty(), "the flow was not opened");
        window.snapshots = [0, 1].map(|turn| {
            let nodes =
                flow.nodes.keys().zip(0..).map(|(id, number)| (id.clone(), node_figures(number, turn)));
            let edges =
                flow.edges.iter().zip(0..).map(|(id, number)| (id.clone(), edge_figures(number, turn)));
            Arc::new(snapshot(nodes.collect(), edges.collect(), turn))
        });
        window
    }

    fn measure(&mut self, n_nodes: usize, lens: Lens, zoom: f32) {
        self.app.ask(Action::Fit);
        (0..N_BEFORE / 2).for_each(|_| _ = self.frame());
        for _ in 0..20 {
            let now = self.app.zoom_of_canvas();
            let step = if now < zoom { Action::ZoomIn } else { Action::ZoomOut };
            let next = if now < zoom { now * 1.25 } else { now / 1.25 };
            if (next / zoom).ln().abs() >= (now / zoom).ln().abs() {
                break;
            }
            self.app.ask(step);
            (0..20).for_each(|_| _ = self.frame());
        }
        (0..N_BEFORE).for_each(|_| _ = self.frame());
        let mut millis: Vec<f64> = (0..N_FRAMES).map(|_| self.frame().as_secs_f64() * 1e3).collect();
        millis.sort_by(f64::total_cmp);
        let mean = millis.iter().sum::<f64>() / millis.len() as f64;
        let (p99, worst) = (millis[millis.len() * 99 / 100], millis[millis.len() - 1]);
        let zoom = self.app.zoom_of_canvas();
        println!("{n_nodes:>6}  {lens:<10?} {zoom:>5.2}  {mean:>7.2} {p99:>7.2} {worst:>7.2}");
    }

    /// To and fro over the canvas, three points a frame.
    fn pointer(&self) -> egui::Pos2 {
        let at = (self.n_frames % 200) as f32;
        pos2(450.0 + 3.0 * at.min(200.0 - at), 300.0)
    }

    /// One frame, with the pointer moved a little. Returns what it took.
    fn frame(&mut self) -> Duration {
        self.frame_with(vec![egui::Event::PointerMoved(self.pointer())])
    }

    fn frame_with(&mut self, events: Vec<egui::Event>) -> Duration {
        self.n_frames += 1;
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(pos2(0.0, 0.0), SCREEN)),
            time: Some(self.n_frames as f64 / 60.0),
            events,
            ..RawInput::default()
        };
        let Window { ctx, app, snapshots, retired, n_frames } = self;
        // The engine says something new twenty times a second.
        if n_frames.is_multiple_of(3) {
            retired.retain(|snapshot| Arc::strong_count(snapshot) > 1);
            retired.push(Arc::new((*snapshots[(*n_frames / 3) as usize % 2]).clone()));
            app.show_figures(Arc::clone(&retired[retired.len() - 1]));
        }
        let start = Instant::now();
        let mut output = ctx.run_ui(input, |ui| {
            app.logic(ui.ctx());
            app.ui(ui);
        });
        let mesh = ctx.tessellate(std::mem::take(&mut output.shapes), output.pixels_per_point);
        let took = start.elapsed();
        output.textures_delta.clear();
        drop(mesh);
        took
    }
}

fn snapshot(
    nodes: std::collections::BTreeMap<NodeId, NodeFigures>,
    edges: std::collections::BTreeMap<EdgeId, EdgeFigures>,
    turn: u64,
) -> UiSnapshot {
    UiSnapshot {
        run: 1,
        status: RunStatus::Running,
        clock_millis: Some(1_700_000_000_000 + turn as i64 * 977),
        nodes,
        edges,
        records: 1_000_000 + turn,
        records_per_sec: 12_345.0 + turn as f64,
        ..UiSnapshot::default()
    }
}

fn node_figures(number: u64, turn: u64) -> NodeFigures {
    let mut figures = NodeFigures {
        rows_out: vec![number * 31 + turn * 7, number % 5],
        in_per_sec: (number % 977 + turn) as f64 * 12.5,
        out_per_sec: (number % 311 + turn) as f64 * 3.5,
        watermark: Some(1_699_999_990_000 - (number % 600) as i64 * 10 + turn as i64),
        busy: ((number * 7 + turn * 3) % 80) as f32 / 100.0,
        blocked: (number % 20) as f32 / 100.0,
        parallelism: 1,
        ..NodeFigures::default()
    };
    figures.account.rows_in = number * 31 + turn * 13;
    figures.account.late = if number.is_multiple_of(20) { 10 + turn } else { 0 };
    figures.account.state_entries = (number % 5_000) as i64;
    figures
}

fn edge_figures(number: u64, turn: u64) -> EdgeFigures {
    EdgeFigures {
        rows: number * 31 + turn * 13,
        per_sec: (number % 977 + turn) as f64 * 12.5,
        watermark: Some(1_699_999_990_000 - (number % 600) as i64 * 10 + turn as i64),
        queue_fill: Some(((number + turn) % 100) as f32 / 100.0),
        ..EdgeFigures::default()
    }
}

/// Chains of ten nodes, side by side. The last node reads from nobody, so that the flow is never run.
fn flow(n_nodes: usize) -> String {
    const CHAIN: [&str; 10] = [
        "csv_source",
        "watermarks",
        "union",
        "union",
        "union",
        "union",
        "union",
        "union",
        "union",
        "table_sink",
    ];
    let (mut nodes, mut edges, mut places) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..n_nodes {
        let (chain, step) = (number / CHAIN.len(), number % CHAIN.len());
        let (id, kind) = (format!("n{number:05}"), CHAIN[step]);
        let params = match kind {
            "csv_source" => r#"{ "path": "rows.csv" }"#,
            "watermarks" => r#"{ "time_column": "at", "bound_millis": 5000 }"#,
            _ => "{}",
        };
        nodes.push(format!(
            r#"{{ "id": "{id}", "kind": "{kind}", "title": "Node number {number}", "params": {params} }}"#
        ));
        if step > 0 && number + 1 < n_nodes {
            edges.push(format!(r#"{{ "from": "n{:05}.out", "to": "{id}.in" }}"#, number - 1));
        }
        let (column, row) = ((chain % 5) * CHAIN.len() + step, chain / 5);
        places.push(format!(r#""{id}": [{}, {}]"#, column * 288, row * 144));
    }
    format!(
        r#"{{ "version": 1, "session_zone": "UTC", "nodes": [{}], "edges": [{}], "layout": {{ "nodes": {{ {} }} }} }}"#,
        nodes.join(",\n"),
        edges.join(",\n"),
        places.join(", ")
    )
}
