//! A window for tests: opened on a flow in a folder of its own, read by its labels, clicked and typed into.

pub use std::path::{Path, PathBuf};
use std::sync::mpsc;
pub use std::time::{Duration, Instant};

pub use egui::accesskit::Role;
pub use egui::{Event, Key, Modifiers, PointerButton, Pos2};
pub use egui_kittest::kittest::{NodeT as _, Queryable as _};
pub use egui_kittest::{Harness, Node};
pub use tempfile::TempDir;
pub use tidemark::app::{App, Folders, Opening, Setup};
pub use tidemark::command::{Action, Command};
pub use tidemark::engine_link::{NodeFigures, RunStatus, UiSnapshot, Watch};
pub use tidemark::state::{RowSelection, RowTable};
pub use tidemark_engine::graph;
pub use tidemark_engine::ids::{EdgeId, NodeId, PortRef};
pub use tidemark_engine::runtime::Speed;

pub const LONG: Duration = Duration::from_secs(20);

/// Twenty orders, a watermark, a window, and two tables.
pub const FLOW: &str = r#"{
  "version": 1,
  "name": "Orders",
  "session_zone": "UTC",
  "nodes": [
    { "id": "counts", "kind": "table_sink", "title": "Result", "params": {} },
    { "id": "late", "kind": "table_sink", "title": "Too late", "params": {} },
    { "id": "minute", "kind": "tumbling_window", "title": "By the minute",
      "params": { "aggregates": [{ "function": "count", "name": "n" }], "keys": ["counter"], "size_millis": 60000 } },
    { "id": "orders", "kind": "csv_source", "title": "Orders", "params": { "event_time": "at", "path": "orders.csv" } },
    { "id": "watermark", "kind": "watermarks", "title": "Ten seconds", "params": { "bound_millis": 10000 } }
  ],
  "edges": [
    { "from": "minute.late", "to": "late.in" },
    { "from": "minute.out", "to": "counts.in" },
    { "from": "orders.out", "to": "watermark.in" },
    { "from": "watermark.out", "to": "minute.in" }
  ],
  "layout": { "nodes": { "counts": [800, 32], "late": [800, 192], "minute": [544, 32], "orders": [32, 32], "watermark": [288, 32] } }
}"#;

/// The orders with a frame around their first two nodes and a note.
pub fn drawn_flow() -> String {
    let drawn = r#""notes": [{ "id": "why", "text": "Late rows are kept", "color": "amber" }],
  "frames": [{ "id": "first", "title": "Cleaning", "color": "green" }],
  "layout": {
    "notes": { "why": [32, 256, 240, 112] }, "frames": { "first": [0, -32, 512, 192] }, "nodes""#;
    FLOW.replace(r#""layout": { "nodes""#, drawn)
}

pub struct Window {
    pub harness: Harness<'static, Option<App>>,
    pub folder: TempDir,
}

impl Window {
    /// A window on the orders, once they have been read to the end.
    pub fn on_orders() -> Window {
        let mut window = Window::on(FLOW);
        window.wait(|snapshot| snapshot.status == RunStatus::Finished);
        window
    }

    /// A window on a flow in a folder of its own, beside the orders.
    pub fn on(flow: &str) -> Window {
        let folder = tempfile::tempdir().expect("a folder");
        let orders = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sample-flows/hello-window/orders.csv");
        std::fs::copy(orders, folder.path().join("orders.csv")).expect("the orders");
        let path = folder.path().join("orders.flow.json");
        std::fs::write(&path, flow).expect("the flow");
        Window::opening(Opening::Flow(path), folder)
    }

    pub fn opening(opening: Opening, folder: TempDir) -> Window {
        let folders =
            Folders { data: folder.path().join("data"), settings: None, runs: folder.path().join("runs") };
        Window::with(opening, folders, folder)
    }

    /// A window that keeps things in these folders.
    pub fn with(opening: Opening, folders: Folders, folder: TempDir) -> Window {
        let setup = Setup { opening, folders, restart_after: Duration::ZERO, started: Instant::now() };
        let show = move |ui: &mut egui::Ui, app: &mut Option<App>| {
            let Some(app) = app else {
                // Fonts are there from the second frame on.
                *app = Some(App::new(ui.ctx(), setup.clone()).expect("threads"));
                return;
            };
            app.logic(ui.ctx());
            app.ui(ui);
        };
        let harness = Harness::builder()
            .with_size([1440.0, 900.0])
            .with_step_dt(1.0 / 30.0)
            .with_max_steps(120)
            .with_os(egui::os::OperatingSystem::Nix)
            .build_ui_state(show, None);
        let mut window = Window { harness, folder };
        window.settle();
        window
    }

    pub fn app(&self) -> &App {
        self.harness.state().as_ref().expect("the first frame made it")
    }

    /// The flow that is shown.
    pub fn flow(&self) -> &graph::FlowDocument {
        self.app().state().open.document.flow()
    }

    /// Asks for something, as a panel would, and shows the frame that does it.
    pub fn ask(&mut self, command: impl Into<Command>) {
        self.ask_at_once([command.into()]);
    }

    /// Asks for several things in one frame.
    pub fn ask_at_once(&mut self, commands: impl IntoIterator<Item = Command>) {
        let app = self.harness.state_mut().as_mut().expect("the first frame made it");
        commands.into_iter().for_each(|command| app.ask(command));
        self.harness.run_steps(1);
    }

    /// The text that is on the clipboard after the last frame, if that has put one there.
    pub fn copied(&self) -> Option<String> {
        self.harness.output().platform_output.commands.iter().rev().find_map(|command| match command {
            egui::OutputCommand::CopyText(text) => Some(text.clone()),
            _ => None,
        })
    }

    /// The text that one of the frames after this event puts on the clipboard.
    pub fn copied_by(&mut self, event: Event) -> Option<String> {
        self.harness.event(event);
        (0..3).find_map(|_| {
            self.harness.step();
            self.copied()
        })
    }

    /// Waits for what is under way in the background and shows what came of it.
    pub fn settle(&mut self) {
        self.harness.run_steps(2);
        let ctx = self.harness.ctx.clone();
        let app = self.harness.state_mut().as_mut().expect("the first frame made it");
        assert!(app.settle(&ctx, LONG), "something never ended");
        self.harness.run_steps(3);
    }

    /// Runs the flow as fast as it can and waits for its job to look as wanted.
    pub fn wait(&mut self, is_wanted: impl Fn(&UiSnapshot) -> bool) {
        for _ in 0..6 {
            self.key(Modifiers::NONE, Key::CloseBracket);
        }
        assert!(self.app().wait_for_run(LONG, is_wanted), "the run never looked as wanted");
        self.harness.run_steps(3);
    }

    /// Plays the orders again as slowly as they came, for three minutes.
    pub fn play_slowly(&mut self) {
        for _ in 0..6 {
            self.key(Modifiers::NONE, Key::OpenBracket);
        }
        self.key(Modifiers::COMMAND, Key::R);
        assert!(self.app().wait_for_run(LONG, |snapshot| snapshot.status == RunStatus::Running));
    }

    pub fn key(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.harness.run_steps(2);
    }

    pub fn click(&mut self, at: Pos2) {
        self.harness.event(Event::PointerMoved(at));
        self.harness.step();
        self.button(at, true);
        self.button(at, false);
        self.harness.run_steps(2);
    }

    pub fn drag(&mut self, from: Pos2, to: Pos2) {
        self.harness.event(Event::PointerMoved(from));
        self.harness.step();
        self.button(from, true);
        for part in [0.3, 0.7, 1.0] {
            self.harness.event(Event::PointerMoved(from + (to - from) * part));
            self.harness.step();
        }
        self.button(to, false);
        self.harness.run_steps(3);
    }

    pub fn button(&mut self, pos: Pos2, pressed: bool) {
        let button = PointerButton::Primary;
        self.harness.event(Event::PointerButton { pos, button, pressed, modifiers: Modifiers::NONE });
        self.harness.step();
    }

    /// Opens the menu of what lies there.
    pub fn menu_click(&mut self, at: Pos2) {
        self.harness.event(Event::PointerMoved(at));
        self.harness.step();
        for pressed in [true, false] {
            let button = PointerButton::Secondary;
            self.harness.event(Event::PointerButton { pos: at, button, pressed, modifiers: Modifiers::NONE });
            self.harness.step();
        }
        self.harness.run_steps(3);
    }

    /// Waits until the figures of the last second have come to rest, and shows them.
    pub fn come_to_rest(&mut self) {
        assert!(self.app().wait_for_run(LONG, |snapshot| snapshot.records_per_sec == 0.0), "a rate stays");
        self.harness.run_steps(3);
    }

    /// Lives on for a while as on a screen, where a frame comes when it is due, and expects that none is.
    pub fn assert_rests(&mut self) {
        let (asked, due_at) = mpsc::channel();
        let ask = move |info: egui::RequestRepaintInfo| _ = asked.send(Instant::now() + info.delay);
        let ctx = self.harness.ctx.clone();
        ctx.set_request_repaint_callback(ask);
        let (before, snapshot) = (self.app().n_frames(), self.app().state().open.run.snapshot.clone());
        let until = Instant::now() + Duration::from_millis(600);
        // What was asked for before anybody listened may be due at once.
        let mut due = ctx.has_requested_repaint().then(Instant::now);
        let mut causes = Vec::new();
        while Instant::now() < until {
            let next = due.map_or(until, |due| due.min(until));
            if let Ok(at) = due_at.recv_timeout(next.saturating_duration_since(Instant::now())) {
                due = Some(due.map_or(at, |due| due.min(at)));
            } else if due.take_if(|due| *due <= Instant::now()).is_some() {
                self.harness.step();
                causes.extend(ctx.repaint_causes());
            }
        }
        let n_frames = self.app().n_frames() - before;
        assert_eq!(n_frames, 0, "painted though nothing happens: {causes:?}");
        assert!(!ctx.has_requested_repaint(), "the window asks to be painted later");
        let is_new = self.app().wait_for_run(Duration::ZERO, |newer| *newer != *snapshot);
        assert!(!is_new, "the engine says something new");
    }

    pub fn select(&mut self, label: &str) {
        let at = self.labelled(label).rect().center();
        self.click(at);
    }

    pub fn labelled<'a>(&'a self, label: &'a str) -> Node<'a> {
        self.harness.get_all_by_label_contains(label).next().expect("there is something of this name")
    }

    pub fn has(&self, label: &str) -> bool {
        self.harness.query_all_by_label_contains(label).next().is_some()
    }

    pub fn select_node_and_delete(&mut self, node: &str) {
        let state = self.app().state();
        let at = state.title(&NodeId::new(node)) + ", ";
        self.select(&at);
        self.key(Modifiers::NONE, Key::Delete);
    }

    /// Answers our own dialog for a path.
    pub fn type_path(&mut self, path: &Path) {
        self.key(Modifiers::COMMAND, Key::A);
        self.harness.event(Event::Text(path.to_string_lossy().into_owned()));
        self.harness.run_steps(3);
        self.key(Modifiers::NONE, Key::Enter);
        self.settle();
    }

    pub fn param(&self, node: &str, name: &str) -> serde_json::Value {
        self.flow().nodes[&NodeId::new(node)].params.get(name).cloned().unwrap_or_default()
    }

    pub fn n_nodes(&self) -> usize {
        self.flow().nodes.len()
    }

    pub fn flow_file(&self) -> PathBuf {
        self.folder.path().join("orders.flow.json")
    }
}

pub fn port(node: &str, port: &str) -> PortRef {
    PortRef::new(NodeId::new(node), port)
}

pub fn edge(from: (&str, &str), to: (&str, &str)) -> EdgeId {
    EdgeId { from: port(from.0, from.1), to: port(to.0, to.1) }
}
