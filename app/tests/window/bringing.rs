//! Files of rows that somebody brings.

use std::sync::Arc;

use super::desk::*;

/// A file as the window system drops it.
#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("nobody reads it through the window".to_owned())
    }
}

impl Window {
    fn drop_file(&mut self, path: &Path) {
        self.harness.input_mut().dropped_files.push(Arc::new(Dropped(path.to_owned())));
        self.harness.step();
        self.settle();
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path
    }
}

/// Ten readings, a second apart, of which one is four seconds late.
const READINGS: &str = "sensor;at;value\n\
    a;2024-05-01 10:00:00;1.5\n\
    b;2024-05-01 10:00:01;2.5\n\
    a;2024-05-01 10:00:02;3.5\n\
    b;2024-05-01 10:00:03;4.5\n\
    a;2024-05-01 10:00:04;5.5\n\
    b;2024-05-01 10:00:05;6.5\n\
    a;2024-05-01 10:00:06;7.5\n\
    b;2024-05-01 10:00:02;8.5\n\
    a;2024-05-01 10:00:07;9.5\n\
    b;2024-05-01 10:00:08;10.5\n";

#[test]
fn a_dropped_file_becomes_a_source_with_its_time_and_a_bound_and_plays() {
    let mut window = Window::on_orders();
    let before = std::fs::read(window.flow_file()).expect("the flow");
    let file = window.write("readings.csv", READINGS);
    window.drop_file(&file);
    window.settle();
    assert_eq!(window.n_nodes(), 8);
    assert_eq!(window.param("csv_source", "path"), "readings.csv");
    assert_eq!(window.param("csv_source", "event_time"), "at");
    assert_eq!(window.param("csv_source", "delimiter"), ";");
    assert_eq!(window.param("watermarks", "bound_millis"), 5_000, "the least usual bound above four seconds");
    window.wait(|snapshot| {
        snapshot.status == RunStatus::Finished
            && snapshot.nodes.get(&NodeId::new("csv_source")).is_some_and(|node| node.account.rows_in == 10)
    });
    assert!(window.has("readings"));
    window.key(Modifiers::COMMAND, Key::Num3);
    assert!(window.has("readings.csv was added: 3 columns, event time `at`, watermark 5 s behind"));
    window.key(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.n_nodes(), 5, "it is one step");
    assert!(window.app().state().open.document.is_saved());
    assert_eq!(std::fs::read(window.flow_file()).expect("the flow"), before);
}

#[test]
fn a_file_dropped_on_a_sample_begins_a_flow_of_its_own() {
    let mut window = Window::opening(Opening::Sample(1), tempfile::tempdir().expect("a folder"));
    let file = window.write("readings.csv", READINGS);
    window.drop_file(&file);
    window.settle();
    assert_eq!(window.n_nodes(), 3);
    assert_eq!(window.app().state().open.document.own_file(), None);
    window.wait(|snapshot| snapshot.status == RunStatus::Finished && snapshot.records == 10);
}

#[test]
fn what_is_no_file_of_rows_is_said_in_a_sentence() {
    let mut window = Window::on_orders();
    let picture = window.folder.path().join("picture.csv");
    std::fs::write(&picture, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0").expect("a file");
    window.drop_file(&picture);
    assert!(window.has("CSV and NDJSON in UTF-8 and Parquet files can be read"));
    let gone = window.folder.path().join("gone.csv");
    window.drop_file(&gone);
    assert!(window.has("gone.csv"));
    assert_eq!(window.n_nodes(), 5);
}

#[test]
fn a_dropped_flow_is_opened() {
    let mut window = Window::opening(Opening::Nothing, tempfile::tempdir().expect("a folder"));
    let file = window.write("orders.flow.json", FLOW);
    window.drop_file(&file);
    assert_eq!((window.n_nodes(), window.app().state().flows().len()), (5, 1));
}

#[test]
fn a_file_is_chosen_by_keyboard_as_well() {
    let mut window = Window::opening(Opening::Nothing, tempfile::tempdir().expect("a folder"));
    let file = window.write("readings.csv", READINGS);
    window.key(Modifiers::COMMAND | Modifiers::SHIFT, Key::I);
    window.settle();
    window.type_path(&file);
    window.settle();
    assert_eq!(window.n_nodes(), 3);
}

#[test]
fn files_held_over_the_window_say_what_becomes_of_them() {
    let mut window = Window::on_orders();
    window.harness.input_mut().hovered_files.push(egui::HoveredFile::default());
    window.harness.run_steps(2);
    assert!(window.has("Drop to add as a source"));
    window.harness.input_mut().hovered_files.clear();
    window.harness.run_steps(2);
    assert!(!window.has("Drop to add as a source"));
}

#[test]
fn a_dropped_flow_is_opened_though_it_is_called_json_alone() {
    let mut window = Window::opening(Opening::Sample(1), tempfile::tempdir().expect("a folder"));
    let flow = window.write("mine.json", FLOW);
    window.drop_file(&flow);
    assert_eq!(window.app().state().open.document.own_file(), Some(&*flow));
    assert_eq!(window.n_nodes(), 5);
    let other = window.write("other.json", r#"[{"rows": []}]"#);
    window.drop_file(&other);
    assert!(window.has("CSV and NDJSON in UTF-8 and Parquet files can be read"));
    assert_eq!((window.app().state().flows().len(), window.n_nodes()), (1, 5));
}

#[test]
fn a_dropped_parquet_file_becomes_a_source_that_plays() {
    let mut window = Window::opening(Opening::Nothing, tempfile::tempdir().expect("a folder"));
    let flights = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sample-flows/flight-delays/flights.parquet");
    let file = window.folder.path().join("flights.parquet");
    std::fs::copy(flights, &file).expect("the flights");
    window.drop_file(&file);
    window.settle();
    let flow = window.app().state().open.document.flow();
    assert!(flow.nodes.values().any(|node| node.kind == "parquet_source"), "{:?}", flow.nodes.keys());
    assert!(window.app().state().open.can_run(), "{:?}", window.app().state().open.checked.diagnostics);
    window.wait(|snapshot| snapshot.records > 1000);
    let status = &window.app().state().open.run.snapshot.status;
    assert!(matches!(status, RunStatus::Running | RunStatus::Finished), "{status:?}");
}
