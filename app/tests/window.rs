//! The window as a person uses it: opened on a flow, read by its labels, clicked and typed into. No display, no graphics card.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use egui::accesskit::Role;
use egui::{Event, Key, Modifiers, PointerButton, Pos2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use egui_kittest::{Harness, Node};
use tempfile::TempDir;
use tidemark::app::{App, Folders, Opening, Setup};
use tidemark::engine_link::{RunStatus, Watch};
use tidemark_engine::graph;
use tidemark_engine::ids::{EdgeId, NodeId, PortRef};
use tidemark_engine::runtime::Speed;

const LONG: Duration = Duration::from_secs(20);

/// Twenty orders, a watermark, a window, and two tables.
const FLOW: &str = r#"{
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

struct Window {
    harness: Harness<'static, Option<App>>,
    folder: TempDir,
}

impl Window {
    /// A window on the orders, once they have been read to the end.
    fn on_orders() -> Window {
        let mut window = Window::on(FLOW);
        window.wait(|snapshot| snapshot.status == RunStatus::Finished);
        window
    }

    /// A window on a flow in a folder of its own, beside the orders.
    fn on(flow: &str) -> Window {
        let folder = tempfile::tempdir().expect("a folder");
        let orders = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sample-flows/hello-window/orders.csv");
        std::fs::copy(orders, folder.path().join("orders.csv")).expect("the orders");
        let path = folder.path().join("orders.flow.json");
        std::fs::write(&path, flow).expect("the flow");
        Window::opening(Opening::Flow(path), folder)
    }

    fn opening(opening: Opening, folder: TempDir) -> Window {
        let folders =
            Folders { data: folder.path().join("data"), settings: None, runs: folder.path().join("runs") };
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

    fn app(&self) -> &App {
        self.harness.state().as_ref().expect("the first frame made it")
    }

    /// Waits for what is under way in the background and shows what came of it.
    fn settle(&mut self) {
        self.harness.run_steps(2);
        let ctx = self.harness.ctx.clone();
        let app = self.harness.state_mut().as_mut().expect("the first frame made it");
        assert!(app.settle(&ctx, LONG), "something never ended");
        self.harness.run_steps(3);
    }

    /// Runs the flow as fast as it can and waits for its job to look as wanted.
    fn wait(&mut self, is_wanted: impl Fn(&tidemark::engine_link::UiSnapshot) -> bool) {
        for _ in 0..6 {
            self.key(Modifiers::NONE, Key::CloseBracket);
        }
        assert!(self.app().wait_for_run(LONG, is_wanted), "the run never looked as wanted");
        self.harness.run_steps(3);
    }

    /// Plays the orders again as slowly as they came, for three minutes.
    fn play_slowly(&mut self) {
        for _ in 0..6 {
            self.key(Modifiers::NONE, Key::OpenBracket);
        }
        self.key(Modifiers::COMMAND, Key::R);
        assert!(self.app().wait_for_run(LONG, |snapshot| snapshot.status == RunStatus::Running));
    }

    fn key(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.harness.run_steps(2);
    }

    fn click(&mut self, at: Pos2) {
        self.harness.event(Event::PointerMoved(at));
        self.harness.step();
        self.button(at, true);
        self.button(at, false);
        self.harness.run_steps(2);
    }

    fn drag(&mut self, from: Pos2, to: Pos2) {
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

    fn button(&mut self, pos: Pos2, pressed: bool) {
        let button = PointerButton::Primary;
        self.harness.event(Event::PointerButton { pos, button, pressed, modifiers: Modifiers::NONE });
        self.harness.step();
    }

    fn select(&mut self, label: &str) {
        let at = self.labelled(label).rect().center();
        self.click(at);
    }

    fn labelled<'a>(&'a self, label: &'a str) -> Node<'a> {
        self.harness.get_all_by_label_contains(label).next().expect("there is something of this name")
    }

    fn has(&self, label: &str) -> bool {
        self.harness.query_all_by_label_contains(label).next().is_some()
    }

    fn select_node_and_delete(&mut self, node: &str) {
        let state = self.app().state();
        let at = state.title(&NodeId::new(node)) + ", ";
        self.select(&at);
        self.key(Modifiers::NONE, Key::Delete);
    }

    /// Answers our own dialog for a path.
    fn type_path(&mut self, path: &Path) {
        self.key(Modifiers::COMMAND, Key::A);
        self.harness.event(Event::Text(path.to_string_lossy().into_owned()));
        self.harness.run_steps(3);
        self.key(Modifiers::NONE, Key::Enter);
        self.settle();
    }

    fn param(&self, node: &str, name: &str) -> serde_json::Value {
        let flow = self.app().state().document.flow();
        flow.nodes[&NodeId::new(node)].params.get(name).cloned().unwrap_or_default()
    }

    fn n_nodes(&self) -> usize {
        self.app().state().document.flow().nodes.len()
    }

    fn flow_file(&self) -> PathBuf {
        self.folder.path().join("orders.flow.json")
    }
}

fn port(node: &str, port: &str) -> PortRef {
    PortRef::new(NodeId::new(node), port)
}

fn edge(from: (&str, &str), to: (&str, &str)) -> EdgeId {
    EdgeId { from: port(from.0, from.1), to: port(to.0, to.1) }
}

#[test]
fn a_flow_is_opened_checked_and_run() {
    let window = Window::on_orders();
    let state = window.app().state();
    assert!(state.checked.diagnostics.is_empty(), "{:?}", state.checked.diagnostics);
    assert_eq!((state.run.snapshot.records, state.run.snapshot.late), (20, 1));
    for label in ["Orders", "Ten seconds", "By the minute", "Result", "Too late", "Finished", "20 records"] {
        assert!(window.has(label), "{label} is not shown");
    }
}

#[test]
fn clicking_a_wire_shows_its_rows() {
    let mut window = Window::on_orders();
    let wire = edge(("minute", "late"), ("late", "in"));
    let at = window.app().wire_middle(&wire).expect("the wire is drawn");
    window.click(at);
    assert_eq!(window.app().state().watched, Some(Watch::Edge(wire)));
    window.app().wait_for_run(LONG, |snapshot| snapshot.watched.as_ref().is_some_and(|rows| rows.len() == 1));
    window.harness.run_steps(3);
    assert!(window.has("By the minute → Too late · late"));
    assert!(window.has("tea"), "the late row is not shown");
}

#[test]
fn a_table_shows_the_result() {
    let mut window = Window::on_orders();
    window.select("Result, 1 input");
    assert!(
        window
            .app()
            .wait_for_run(LONG, |snapshot| snapshot.watched.as_ref().is_some_and(|rows| rows.len() == 6))
    );
    window.harness.run_steps(3);
    assert!(window.has("6 rows") && window.has("window_start"));
}

#[test]
fn a_parameter_is_changed_by_its_field_and_undone_by_a_key() {
    let mut window = Window::on_orders();
    window.select("By the minute, 1 input");
    let before = window.app().state().run.asked;
    let field = window.harness.get_by_role_and_label(Role::TextInput, "Size");
    assert_eq!(field.value().as_deref(), Some("1 min"));
    field.focus();
    window.harness.run_steps(2);
    window.key(Modifiers::COMMAND, Key::A);
    window.harness.get_by_role_and_label(Role::TextInput, "Size").type_text("2 min");
    window.harness.run_steps(2);
    assert_eq!(window.param("minute", "size_millis"), 120_000);
    window.key(Modifiers::NONE, Key::Tab);
    window.settle();
    assert!(window.app().state().run.asked > before, "a playing flow runs again when it has changed");
    let canvas = window.app().wire_middle(&edge(("orders", "out"), ("watermark", "in"))).expect("drawn");
    window.click(canvas + egui::vec2(0.0, 240.0));
    window.key(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.param("minute", "size_millis"), 60_000);
    window.key(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    assert_eq!(window.param("minute", "size_millis"), 120_000);
}

#[test]
fn what_is_no_duration_is_said_and_not_taken() {
    let mut window = Window::on_orders();
    window.select("By the minute, 1 input");
    window.harness.get_by_role_and_label(Role::TextInput, "Size").focus();
    window.harness.run_steps(2);
    window.key(Modifiers::COMMAND, Key::A);
    window.harness.get_by_role_and_label(Role::TextInput, "Size").type_text("5 parsecs");
    window.harness.run_steps(2);
    assert_eq!(window.param("minute", "size_millis"), 60_000);
    assert!(window.has("A number and a unit, such as 5 min"));
}

#[test]
fn the_palette_adds_a_node_and_delete_removes_it() {
    let mut window = Window::on_orders();
    let n_nodes = window.n_nodes();
    window.harness.get_by_label("Palette").click();
    window.harness.run_steps(3);
    window.harness.get_by_label("Union").click();
    window.harness.run_steps(3);
    assert_eq!(window.n_nodes(), n_nodes + 1);
    assert_eq!(window.app().state().selection.single_node(), Some(&NodeId::new("union")));
    window.settle();
    assert!(!window.app().state().can_run(), "a union without inputs cannot run");
    assert!(window.has("Problems"));
    window.key(Modifiers::NONE, Key::Delete);
    assert_eq!(window.n_nodes(), n_nodes);
    window.key(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.n_nodes(), n_nodes + 1);
}

#[test]
fn a_wire_that_cannot_be_is_refused_with_its_reason() {
    let mut window = Window::on_orders();
    let n_edges = window.app().state().document.flow().edges.len();
    let from = window.app().port_place(&port("minute", "late"), true).expect("drawn");
    let to = window.app().port_place(&port("watermark", "in"), false).expect("drawn");
    window.drag(from, to);
    assert!(window.has("takes one edge and has one already"), "the reason is not shown");
    assert_eq!(window.app().state().document.flow().edges.len(), n_edges);
}

#[test]
fn a_wire_let_go_over_nothing_offers_what_fits() {
    let mut window = Window::on_orders();
    let from = window.app().port_place(&port("orders", "rejected"), true).expect("drawn");
    window.drag(from, from + egui::vec2(40.0, 160.0));
    assert!(window.has("Search nodes"));
    assert!(!window.has("Reads rows from CSV files"), "a source takes no wire");
    window.harness.event(Event::Text("union".to_owned()));
    window.harness.run_steps(2);
    window.key(Modifiers::NONE, Key::Enter);
    window.harness.run_steps(2);
    let flow = window.app().state().document.flow();
    assert!(flow.edges.contains(&edge(("orders", "rejected"), ("union", "in"))), "{:?}", flow.edges);
    window.key(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.n_nodes(), 5, "placing and wiring are one step");
}

#[test]
fn nothing_is_painted_while_nothing_happens() {
    let mut window = Window::on_orders();
    // The figures of the last second come to rest.
    window.app().wait_for_run(LONG, |snapshot| snapshot.records_per_sec == 0.0);
    window.harness.run_steps(10);
    let frames = window.app().n_frames();
    let snapshot = window.app().state().run.snapshot.clone();
    assert!(!window.harness.ctx.has_requested_repaint(), "the window asks to be painted");
    assert!(
        !window.app().wait_for_run(Duration::from_millis(600), |newer| *newer != *snapshot),
        "the engine says something new"
    );
    assert!(!window.harness.ctx.has_requested_repaint(), "the window asks to be painted");
    assert_eq!(window.app().n_frames(), frames);
}

#[test]
fn a_change_is_marked_asked_about_and_saved() {
    let mut window = Window::on_orders();
    window.select("Too late, 1 input");
    window.key(Modifiers::NONE, Key::Delete);
    assert!(window.has("not saved"));
    window.key(Modifiers::COMMAND, Key::N);
    assert!(window.has("Save changes to Orders?"));
    window.harness.get_by_label("Cancel").click();
    window.harness.run_steps(2);
    assert!(!window.has("Save changes to Orders?"));
    window.key(Modifiers::COMMAND, Key::S);
    window.settle();
    assert!(window.app().state().document.is_saved());
    let saved = graph::load(&window.flow_file()).expect("a flow");
    assert!(!saved.nodes.contains_key(&NodeId::new("late")));
}

#[test]
fn what_is_wrong_with_a_column_is_said_at_the_node_in_the_list_and_at_its_field() {
    let flow = FLOW.replace(r#""keys": ["counter"]"#, r#""keys": ["countr"]"#);
    let mut window = Window::on(&flow);
    assert!(
        window.has("By the minute, 1 input, 2 outputs, problem There is no column countr"),
        "the node does not say it"
    );
    window.harness.get_by_label("Problems").click();
    window.harness.run_steps(3);
    assert!(window.has("By the minute, Keys › Entry 1"), "the list does not say where");
    window.select("By the minute, Keys › Entry 1");
    assert_eq!(window.app().state().selection.single_node(), Some(&NodeId::new("minute")));
    let shown = window.harness.get_all_by_label_contains("There is no column countr").count();
    assert!(shown >= 2, "shown in {shown} places, but not both in the list and at the field");
}

#[test]
fn a_sink_of_files_shows_the_rows_that_entered_it() {
    let flow = FLOW.replace(
        r#""kind": "table_sink", "title": "Too late", "params": {}"#,
        r#""kind": "csv_sink", "title": "Too late", "params": { "path": "late.csv" }"#,
    );
    let mut window = Window::on(&flow);
    window.wait(|snapshot| snapshot.status == RunStatus::Finished);
    window.select("Too late, 1 input");
    assert!(window.app().wait_for_run(LONG, |now| now.watched.as_ref().is_some_and(|rows| rows.len() == 1)));
    window.harness.run_steps(3);
    assert!(window.has("1 row") && window.has("tea"), "the late row is not shown");
}

#[test]
fn what_a_run_wrote_is_there_when_the_window_is_closed() {
    let flow = FLOW.replace(
        r#""kind": "table_sink", "title": "Too late", "params": {}"#,
        r#""kind": "csv_sink", "title": "Too late", "params": { "path": "late.csv" }"#,
    );
    let mut window = Window::on(&flow);
    window.wait(|snapshot| snapshot.status == RunStatus::Finished);
    let folder = window.app().state().output_folder.clone();
    assert!(folder.starts_with(window.folder.path().join("runs")));
    assert!(window.has(&folder.display().to_string()), "the window does not say where");
    let app = window.harness.state_mut().as_mut().expect("the first frame made it");
    eframe::App::on_exit(app, None);
    let rows = std::fs::read_to_string(folder.join("late.csv")).expect("the result");
    assert!(rows.contains("tea"), "{rows}");
}

#[test]
fn a_sample_is_saved_elsewhere_and_still_finds_its_data() {
    let mut window = Window::opening(Opening::Sample(1), tempfile::tempdir().expect("a folder"));
    let sample = window.app().state().document.path().expect("a file").to_owned();
    let shipped = std::fs::read(&sample).expect("the sample");
    window.select_node_and_delete("late_orders");
    let elsewhere = tempfile::tempdir().expect("a folder");
    let own = elsewhere.path().join("mine.flow.json");
    window.key(Modifiers::COMMAND, Key::S);
    window.settle();
    window.type_path(&own);
    assert_eq!(std::fs::read(&sample).expect("the sample"), shipped, "the sample was written over");
    let state = window.app().state();
    assert_eq!(state.document.own_file(), Some(&*own));
    assert!(state.document.is_saved() && state.can_run(), "{:?}", state.checked.diagnostics);
    let data = sample.with_file_name("orders.csv");
    assert_eq!(window.param("orders", "path").as_str().map(Path::new), Some(&*data));
    let saved = graph::load(&own).expect("a flow");
    assert_eq!(&saved, &**window.app().state().document.flow(), "what is shown is what was saved");
}

#[test]
fn nothing_is_saved_among_the_samples() {
    let mut window = Window::opening(Opening::Sample(1), tempfile::tempdir().expect("a folder"));
    let sample = window.app().state().document.path().expect("a file").to_owned();
    let shipped = std::fs::read(&sample).expect("the sample");
    window.select_node_and_delete("late");
    window.key(Modifiers::COMMAND, Key::S);
    window.settle();
    window.type_path(&sample);
    assert!(window.has("Samples stay as they were shipped"));
    assert_eq!(std::fs::read(&sample).expect("the sample"), shipped);
    assert!(!window.app().state().document.is_saved());
}

#[test]
fn a_file_that_another_program_changed_is_asked_about() {
    let mut window = Window::on_orders();
    let theirs = FLOW.replace("Ten seconds", "Their seconds");
    std::fs::write(window.flow_file(), &theirs).expect("the flow");
    window.select_node_and_delete("late");
    window.key(Modifiers::COMMAND, Key::S);
    window.settle();
    assert!(window.has("The file has been changed since it was opened") && window.has("Save as…"));
    assert_eq!(std::fs::read_to_string(window.flow_file()).expect("the flow"), theirs);
    window.harness.get_by_label("Replace").click();
    window.settle();
    assert!(window.app().state().document.is_saved());
    let saved = graph::load(&window.flow_file()).expect("a flow");
    assert!(!saved.nodes.contains_key(&NodeId::new("late")));
    window.key(Modifiers::COMMAND, Key::S);
    window.settle();
    assert!(!window.has("The file has been changed"), "its own save is no change");
}

#[test]
fn who_saves_to_quit_and_then_elsewhere_quits() {
    let mut window = Window::on_orders();
    std::fs::write(window.flow_file(), FLOW.replace("Ten seconds", "Their seconds")).expect("the flow");
    window.select_node_and_delete("late");
    window.key(Modifiers::COMMAND, Key::Q);
    window.harness.get_by_label("Save").click();
    window.settle();
    window.harness.get_by_label("Save as…").click();
    window.settle();
    let closes = |window: &Window| {
        let viewport = window.harness.output().viewport_output.get(&egui::ViewportId::ROOT);
        viewport.is_some_and(|output| output.commands.contains(&egui::ViewportCommand::Close))
    };
    assert!(!closes(&window));
    let own = window.folder.path().join("mine.flow.json");
    window.key(Modifiers::COMMAND, Key::A);
    window.harness.event(Event::Text(own.to_string_lossy().into_owned()));
    window.harness.run_steps(3);
    window.harness.key_press(Key::Enter);
    let until = Instant::now() + LONG;
    while !closes(&window) {
        assert!(Instant::now() < until, "the window stays open");
        window.harness.step();
    }
    assert!(graph::load(&own).is_ok());
}

#[test]
fn a_path_outside_the_folder_needs_consent() {
    let outside = tempfile::tempdir().expect("a folder");
    let orders = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sample-flows/hello-window/orders.csv");
    let path = outside.path().join("orders.csv");
    std::fs::copy(orders, &path).expect("the orders");
    let flow = FLOW.replace("\"orders.csv\"", &serde_json::to_string(&path).expect("a path"));
    let mut window = Window::on(&flow);
    assert!(!window.app().state().can_run());
    window.select("Orders, 2 outputs");
    assert!(window.has("Allow"), "the field does not offer it");
    assert!(window.has("allow the path") && !window.has("--allow"), "there is no command line here");
    window.key(Modifiers::COMMAND | Modifiers::SHIFT, Key::A);
    window.harness.get_by_label("Problems").click();
    window.harness.run_steps(3);
    window.harness.get_by_label("Allow").click();
    window.harness.run_steps(3);
    window.settle();
    assert!(window.app().state().can_run(), "{:?}", window.app().state().checked.diagnostics);
}

#[test]
fn a_run_that_fails_is_said_and_the_window_stays() {
    let mut window = Window::on_orders();
    std::fs::remove_file(window.folder.path().join("orders.csv")).expect("removed");
    window.key(Modifiers::COMMAND, Key::R);
    assert!(window.app().wait_for_run(LONG, |snapshot| matches!(snapshot.status, RunStatus::Failed(_))));
    window.harness.run_steps(3);
    assert!(window.has("The run failed at Orders"));
    assert!(window.has("Failed"));
}

#[test]
fn stepping_reads_one_record_at_a_time() {
    let mut window = Window::on_orders();
    window.key(Modifiers::NONE, Key::Period);
    assert!(window.app().wait_for_run(LONG, |snapshot| snapshot.records == 1));
    window.harness.run_steps(2);
    window.key(Modifiers::NONE, Key::Period);
    assert!(window.app().wait_for_run(LONG, |snapshot| snapshot.records == 2));
    window.harness.run_steps(2);
    assert!(window.has("Paused"));
    window.key(Modifiers::NONE, Key::Space);
    assert!(window.app().wait_for_run(LONG, |snapshot| snapshot.status == RunStatus::Finished));
}

#[test]
fn space_plays_whatever_button_has_the_keyboard_and_enter_presses_it() {
    let mut window = Window::on_orders();
    window.play_slowly();
    window.harness.get_by_label("Palette").focus();
    window.harness.run_steps(2);
    window.key(Modifiers::NONE, Key::Space);
    assert!(window.app().wait_for_run(LONG, |snapshot| matches!(snapshot.status, RunStatus::Paused(_))));
    assert!(!window.has("Union"), "the button was pressed as well");
    window.key(Modifiers::NONE, Key::Enter);
    assert!(window.has("Union"), "Enter presses the button");
    let focused = window.harness.ctx.memory(egui::Memory::focused);
    window.key(Modifiers::NONE, Key::Tab);
    assert_ne!(window.harness.ctx.memory(egui::Memory::focused), focused, "Tab goes on");
}

#[test]
fn space_in_a_text_field_is_a_space() {
    let mut window = Window::on_orders();
    window.play_slowly();
    window.select("By the minute, 1 input");
    window.key(Modifiers::NONE, Key::F2);
    window.key(Modifiers::NONE, Key::Space);
    assert!(
        !window.app().wait_for_run(Duration::from_millis(300), |now| now.status != RunStatus::Running),
        "writing a space has paused the run"
    );
}

#[test]
fn the_clock_stops_at_the_last_record() {
    let window = Window::on_orders();
    // 2026-05-04 08:03:20 UTC, the last line of the file.
    assert_eq!(window.app().state().run.snapshot.clock_millis, Some(1_777_881_800_000));
}

#[test]
fn a_node_that_is_selected_in_a_narrow_window_stays_in_sight() {
    let mut window = Window::on_orders();
    window.harness.set_size(egui::vec2(1000.0, 720.0));
    window.key(Modifiers::SHIFT, Key::F);
    window.harness.run_steps(20);
    window.select("Result, 1 input");
    window.harness.run_steps(20);
    let node = window.labelled("Result, 1 input").rect();
    let inspector = window.harness.get_by_role_and_label(Role::TextInput, "Title of the node").rect();
    assert!(node.right() <= inspector.left(), "{node:?} is behind the inspector at {inspector:?}");
}

#[test]
fn in_an_empty_flow_a_source_is_found_first() {
    let mut window = Window::on_orders();
    window.key(Modifiers::COMMAND, Key::N);
    window.select("Add node…");
    window.harness.run_steps(3);
    window.harness.event(Event::Text("csv".to_owned()));
    window.harness.run_steps(2);
    window.key(Modifiers::NONE, Key::Enter);
    let kinds: Vec<_> = window.app().state().document.flow().nodes.values().map(|node| &*node.kind).collect();
    assert_eq!(kinds, ["csv_source"]);
    assert!(window.has(&tidemark::ui_kit::format::percent(1.0)), "an empty canvas is shown at its own size");
}

#[test]
fn a_value_that_is_needed_is_asked_for_once() {
    let mut window = Window::on_orders();
    window.harness.get_by_label("Palette").click();
    window.harness.run_steps(3);
    window.harness.get_by_label("Filter").click();
    window.harness.run_steps(3);
    window.settle();
    let found = &window.app().state().checked.diagnostics;
    assert!(found.iter().any(|found| found.message.contains("`condition` is not set")), "{found:?}");
    assert!(window.has("Needed"));
    assert!(!window.has("The parameter condition is not set"), "the field says it twice");
}

#[test]
fn a_path_is_taken_by_enter() {
    let mut window = Window::on_orders();
    let other = window.folder.path().join("other.flow.json");
    std::fs::write(&other, FLOW.replace(r#""name": "Orders""#, r#""name": "Others""#)).expect("the flow");
    window.key(Modifiers::COMMAND | Modifiers::SHIFT, Key::O);
    window.harness.run_steps(2);
    window.key(Modifiers::COMMAND, Key::A);
    window.harness.event(Event::Text(other.to_string_lossy().into_owned()));
    window.harness.run_steps(3);
    window.key(Modifiers::NONE, Key::Enter);
    window.settle();
    assert_eq!(window.app().state().document.name(), "Others");
}

#[test]
fn the_rows_of_what_is_removed_are_not_watched_any_more() {
    let mut window = Window::on_orders();
    window.select("Result, 1 input");
    assert_eq!(window.app().state().watched, Some(Watch::Sink(NodeId::new("counts"))));
    window.key(Modifiers::NONE, Key::Delete);
    assert_eq!(window.app().state().watched, None);
}

#[test]
fn an_empty_window_offers_a_sample_and_plays_it() {
    let mut window = Window::opening(Opening::Nothing, tempfile::tempdir().expect("a folder"));
    assert!(window.has("Nothing here yet"));
    window.harness.get_by_label("Open a sample").click();
    window.harness.run_steps(2);
    window.settle();
    assert!(
        window
            .app()
            .wait_for_run(LONG, |snapshot| snapshot.status == RunStatus::Running && snapshot.records > 0)
    );
    window.harness.run_steps(2);
    assert!(window.has("Flight delays"));
}

#[test]
fn inspector_and_dock_hide_by_key() {
    let mut window = Window::on_orders();
    assert!(window.has("Session zone") && window.has("Problems"));
    window.key(Modifiers::COMMAND, Key::I);
    window.key(Modifiers::NONE, Key::Backtick);
    assert!(!window.has("Session zone") && !window.has("Problems"));
}

#[test]
fn a_wire_shows_rate_and_watermark_while_there_is_a_run_and_its_rows_in_all_after_it() {
    let mut window = Window::on_orders();
    assert!(window.has("Wire from Orders to Ten seconds, 20 rows, end of input"));
    assert!(window.has("By the minute, 1 input, 2 outputs, 20 → "), "a node says its unit once");
    assert!(window.has("Result, 1 input, takes 6 rows"));
    window.key(Modifiers::NONE, Key::Period);
    assert!(window.app().wait_for_run(LONG, |now| now.records == 1 && now.records_per_sec == 0.0));
    window.harness.run_steps(2);
    // It waits, and a second has passed in which nothing did: a rate all the same.
    assert!(window.has("Wire from Orders to Ten seconds, 0/s, no watermark"));
    assert!(window.has("takes 0/s") && !window.has("takes 0 rows"));
    assert!(window.has("Wire from Ten seconds to By the minute, 0/s, Watermark −10"));
}

#[test]
fn any_factor_is_written_in_the_menu_of_speeds() {
    let mut window = Window::on_orders();
    window.select("max");
    let write = |window: &mut Window, text: &str| {
        window.harness.get_by_role_and_label(Role::TextInput, "Any factor").focus();
        window.harness.run_steps(2);
        window.key(Modifiers::COMMAND, Key::A);
        window.harness.event(Event::Text(text.to_owned()));
        window.harness.run_steps(2);
    };
    write(&mut window, "quick");
    assert!(window.has("A number from 0.001 to 1,000,000"), "it does not say what is wrong");
    window.key(Modifiers::NONE, Key::Enter);
    assert_eq!(window.app().state().run.speed, Speed::Maximum);
    write(&mut window, "0.25");
    window.key(Modifiers::NONE, Key::Enter);
    assert_eq!(window.app().state().run.speed, Speed::Factor(0.25));
    window.harness.run_steps(3);
    assert!(window.has("×0.25") && !window.has("Any factor"), "the menu is closed and the label shows it");
}

#[test]
fn a_flow_that_cannot_run_cannot_be_restarted() {
    let mut window = Window::on_orders();
    window.key(Modifiers::NONE, Key::Period);
    window.select("By the minute, 1 input");
    window.key(Modifiers::NONE, Key::Delete);
    window.settle();
    let asked = window.app().state().run.asked;
    let restart = window.harness.get_by_label("Restart");
    assert!(restart.accesskit_node().is_disabled(), "the button looks as if it did something");
    restart.click();
    window.harness.run_steps(3);
    assert_eq!(window.app().state().run.asked, asked);
}

#[test]
fn a_text_can_be_blank_empty_or_left_to_its_default() {
    let mut window = Window::on_orders();
    window.select("Orders, 2 outputs");
    assert!(window.param("orders", "quote").is_null() && !window.has("Back to the default of Quote"));
    window.harness.get_by_label("Leave Quote empty").click();
    window.harness.run_steps(3);
    assert_eq!(window.param("orders", "quote"), "");
    window.harness.get_by_label("Back to the default of Quote").click();
    window.harness.run_steps(3);
    assert!(window.param("orders", "quote").is_null());
    let write = |window: &mut Window, field: &str, text: &str| {
        window.harness.get_by_role_and_label(Role::TextInput, field).focus();
        window.harness.run_steps(2);
        window.key(Modifiers::COMMAND, Key::A);
        match text {
            "" => window.key(Modifiers::NONE, Key::Backspace),
            text => window.harness.event(Event::Text(text.to_owned())),
        }
        window.harness.run_steps(2);
        window.key(Modifiers::NONE, Key::Enter);
    };
    write(&mut window, "Quote", "'");
    assert_eq!(window.param("orders", "quote"), "'");
    write(&mut window, "Quote", "");
    assert_eq!(window.param("orders", "quote"), "", "a field without text is empty, not left out");
    write(&mut window, "Delimiter", " ");
    assert_eq!(window.param("orders", "delimiter"), " ");
    assert!(window.has("Only spaces"), "a space cannot be seen");
    write(&mut window, "Delimiter", "");
    assert!(window.param("orders", "delimiter").is_null(), "there is always a delimiter");
}

#[test]
fn the_flow_is_named_described_and_given_a_zone_and_each_is_one_step() {
    let mut window = Window::on_orders();
    let write = |window: &mut Window, role: Role, field: &str, text: &str| {
        window.harness.get_by_role_and_label(role, field).focus();
        window.harness.run_steps(2);
        window.key(Modifiers::COMMAND, Key::A);
        for letter in text.chars() {
            window.harness.event(Event::Text(letter.to_string()));
            window.harness.run_steps(1);
        }
        window.key(Modifiers::NONE, Key::Tab);
        window.harness.run_steps(2);
    };
    write(&mut window, Role::TextInput, "Name", "Coffee");
    write(&mut window, Role::MultilineTextInput, "Description", "All day");
    write(&mut window, Role::TextInput, "Session zone", "Europe/Pari");
    window.settle();
    assert!(window.has("There is no time zone called Europe/Pari"), "the form does not say it");
    write(&mut window, Role::TextInput, "Session zone", "Europe/Paris");
    window.settle();
    let flow = window.app().state().document.flow();
    assert_eq!(flow.name.as_deref(), Some("Coffee"));
    assert_eq!(flow.description.as_deref(), Some("All day"));
    assert_eq!((&*flow.session_zone, window.app().state().can_run()), ("Europe/Paris", true));
    let before =
        ["setting the session zone", "setting the session zone", "describing the flow", "renaming the flow"];
    for step in before {
        let undo = window.app().state().document.undo_text();
        assert!(undo.ends_with(step), "{undo} instead of {step}");
        window.click(window.app().wire_middle(&edge(("orders", "out"), ("watermark", "in"))).expect("drawn"));
        window.key(Modifiers::COMMAND, Key::Z);
    }
    let flow = window.app().state().document.flow();
    assert_eq!((flow.name.as_deref(), &*flow.session_zone), (Some("Orders"), "UTC"));
}

#[test]
fn a_zone_is_saved_as_far_as_it_is_written_and_not_taken_for_another_flow() {
    let mut window = Window::on_orders();
    window.harness.get_by_role_and_label(Role::TextInput, "Session zone").focus();
    window.harness.run_steps(2);
    window.key(Modifiers::COMMAND, Key::A);
    window.key(Modifiers::NONE, Key::Backspace);
    for letter in "Asia/Tokyo".chars() {
        window.harness.event(Event::Text(letter.to_string()));
        window.harness.run_steps(1);
    }
    window.harness.event(Event::WindowFocused(false));
    window.harness.run_steps(3);
    window.key(Modifiers::COMMAND, Key::S);
    window.settle();
    assert_eq!(graph::load(&window.flow_file()).expect("a flow").session_zone, "Asia/Tokyo");
    window.harness.event(Event::WindowFocused(true));
    window.key(Modifiers::COMMAND, Key::N);
    window.settle();
    window.key(Modifiers::NONE, Key::Tab);
    assert_eq!(window.app().state().document.flow().session_zone, "UTC");
    assert!(window.app().state().document.is_saved());
}

#[test]
fn the_dock_stays_where_it_is_when_a_problem_appears() {
    let mut window = Window::on_orders();
    let edge = |window: &Window| window.harness.get_by_role_and_label(Role::Tab, "Data").rect().top();
    let before = edge(&window);
    window.select("By the minute, 1 input");
    window.key(Modifiers::NONE, Key::Delete);
    window.settle();
    assert!(window.has("problem"));
    assert_eq!(edge(&window), before);
    window.harness.get_by_role_and_label(Role::Tab, "Problems").click();
    window.harness.run_steps(5);
    assert_eq!(edge(&window), before);
}

#[test]
fn a_node_dropped_on_a_wire_is_wired_and_gets_room_in_one_step() {
    let flow = FLOW.replace(
        r#""params": { "bound_millis": 10000 } }"#,
        r#""params": { "bound_millis": 10000 } },
    { "id": "both", "kind": "union", "title": "Both", "params": {} }"#,
    );
    let flow = flow.replace(r#""late": [800, 192],"#, r#""late": [800, 192], "both": [288, 320],"#);
    let mut window = Window::on(&flow);
    let place = |window: &Window, node: &str| {
        let layout = &window.app().state().document.flow().layout.nodes;
        layout.get(&NodeId::new(node)).map(|at| (at.x, at.y))
    };
    let before = window.app().state().document.flow().clone();
    let wire = edge(("orders", "out"), ("watermark", "in"));
    let to = window.app().wire_middle(&wire).expect("drawn");
    let from = window.labelled("Both, ").rect().center();
    window.drag(from, to);

    let flow = window.app().state().document.flow();
    assert!(!flow.edges.contains(&wire), "{:?}", flow.edges);
    for new in [edge(("orders", "out"), ("both", "in")), edge(("both", "out"), ("watermark", "in"))] {
        assert!(flow.edges.contains(&new), "{new:?} is not among {:?}", flow.edges);
    }
    let x = |node: &str| place(&window, node).expect("it stands somewhere").0;
    assert!(x("both") >= x("orders") + 190 && x("watermark") >= x("both") + 190, "there is room for all");
    assert_eq!(x("counts") - x("minute"), 800 - 544, "what is downstream came along");

    window.key(Modifiers::COMMAND, Key::Z);
    assert_eq!(*window.app().state().document.flow(), before, "one step back");
}
