//! The rows of wires and sinks.

use super::desk::*;

#[test]
fn clicking_a_wire_shows_its_rows() {
    let mut window = Window::on_orders();
    let wire = edge(("minute", "late"), ("late", "in"));
    let at = window.app().wire_middle(&wire).expect("the wire is drawn");
    window.click(at);
    assert_eq!(window.app().state().open.watched, Some(Watch::Edge(wire)));
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
fn the_rows_of_what_is_removed_are_not_watched_any_more() {
    let mut window = Window::on_orders();
    window.select("Result, 1 input");
    assert_eq!(window.app().state().open.watched, Some(Watch::Sink(NodeId::new("counts"))));
    window.key(Modifiers::NONE, Key::Delete);
    assert_eq!(window.app().state().open.watched, None);
}

/// The orders' watermark wire, on which all twenty rows pass.
fn orders() -> Watch {
    Watch::Edge(edge(("watermark", "out"), ("minute", "in")))
}

fn table(window: &Window) -> &RowTable {
    window.app().state().open.tables.active().expect("a table is shown")
}

/// The rows that are shown, by the accessible lines of the table.
fn lines(window: &Window) -> Vec<String> {
    let lines = window.harness.query_all_by_role(Role::Row);
    lines.filter_map(|line| line.accesskit_node().label()).collect()
}

fn type_filter(window: &mut Window, column: &str, text: &str) {
    let label = format!("Filter of {column}");
    window.harness.get_by_role_and_label(Role::TextInput, &label).focus();
    window.harness.run_steps(2);
    window.key(Modifiers::COMMAND, Key::A);
    if text.is_empty() {
        window.key(Modifiers::NONE, Key::Delete);
    } else {
        window.harness.event(Event::Text(text.to_owned()));
    }
    window.settle();
}

/// What was put into the clipboard by the frame that is carried out now.
fn copied(window: &mut Window, ask: impl FnOnce(&mut Window)) -> String {
    ask(window);
    for _ in 0..200 {
        window.harness.step();
        let commands = &window.harness.output().platform_output.commands;
        if let Some(text) = commands.iter().find_map(|command| match command {
            egui::OutputCommand::CopyText(text) => Some(text.clone()),
            _ => None,
        }) {
            return text;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("nothing was copied")
}

#[test]
fn a_table_says_number_times_lateness_and_change_of_each_row() {
    let window = Window::on_orders();
    assert_eq!(window.app().state().open.watched, Some(orders()));
    for label in ["Rows of Ten seconds → By the minute", "item, STRING", "20 rows"] {
        assert!(window.has(label), "{label} is not shown");
    }
    let lines = lines(&window);
    assert!((4..=20).contains(&lines.len()), "{lines:?}");
    assert!(lines.iter().any(|line| line.starts_with("Row 20, ")), "it stands at its end: {lines:?}");
}

#[test]
fn arrows_move_a_cursor_and_the_table_holds_still_until_end() {
    let mut window = Window::on_orders();
    let row = window.labelled("Row 20, ").rect().center();
    window.click(row);
    assert!(table(&window).is_frozen() && window.has("Follow"));
    assert_eq!(table(&window).selection, Some(RowSelection::one(19)));
    window.key(Modifiers::NONE, Key::ArrowUp);
    window.key(Modifiers::SHIFT, Key::ArrowUp);
    assert_eq!(table(&window).selection, Some(RowSelection { anchor: 18, cursor: 17 }));
    window.key(Modifiers::NONE, Key::Home);
    assert_eq!(table(&window).selection, Some(RowSelection::one(0)));
    assert!(lines(&window).iter().any(|line| line.starts_with("Row 1, ")), "the cursor is out of sight");
    window.key(Modifiers::NONE, Key::PageDown);
    assert!(table(&window).selection.is_some_and(|selection| selection.cursor > 1));
    window.key(Modifiers::COMMAND, Key::A);
    assert_eq!(table(&window).selection, Some(RowSelection { anchor: 0, cursor: 19 }));
    assert!(window.app().state().open.selection.nodes.is_empty(), "the nodes were selected as well");
    window.key(Modifiers::NONE, Key::End);
    assert!(!table(&window).is_frozen() && table(&window).selection.is_none());
}

#[test]
fn enter_shows_all_of_a_row() {
    let mut window = Window::on_orders();
    let row = window.labelled("Row 20, ").rect().center();
    window.click(row);
    assert!(!window.has("Close the row"));
    window.key(Modifiers::NONE, Key::Enter);
    assert!(window.has("Close the row") && window.has("Read at"));
    window.key(Modifiers::NONE, Key::Enter);
    assert!(!window.has("Close the row"));
}

#[test]
fn the_wheel_freezes_and_what_is_newer_is_counted() {
    let mut window = Window::on_orders();
    window.play_slowly();
    // Step to ten rows, which are more than fit, and let one more come.
    for _ in 0..12 {
        window.key(Modifiers::NONE, Key::Period);
    }
    let n_rows = |window: &Window| {
        window.app().state().open.run.snapshot.rows_of(&orders()).map_or(0, |rows| rows.n_total)
    };
    assert!(
        window.app().wait_for_run(LONG, |now| now.rows_of(&orders()).is_some_and(|rows| rows.n_total >= 12))
    );
    window.harness.run_steps(3);
    let before = n_rows(&window);
    let at = window.labelled("Rows of Ten seconds → By the minute").rect().center();
    window.harness.event(Event::PointerMoved(at));
    window.harness.step();
    window.harness.event(Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: egui::vec2(0.0, 30.0),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Wheel,
        modifiers: Modifiers::NONE,
    });
    window.harness.run_steps(8);
    assert!(table(&window).is_frozen(), "it runs away under the wheel");
    let held = lines(&window);
    window.key(Modifiers::NONE, Key::Period);
    assert!(
        window
            .app()
            .wait_for_run(LONG, |now| now.rows_of(&orders()).is_some_and(|rows| rows.n_total > before))
    );
    window.harness.run_steps(3);
    assert!(window.has("newer row"));
    assert_eq!(lines(&window), held, "frozen rows have moved");
    window.select("newer row");
    window.harness.run_steps(2);
    let newest = format!("Row {}, ", n_rows(&window));
    assert!(lines(&window).iter().any(|line| line.starts_with(&newest)), "it is not at the newest");
}

#[test]
fn filters_sift_the_rows_and_say_what_they_do_not_understand() {
    let mut window = Window::on_orders();
    window.key(Modifiers::COMMAND | Modifiers::SHIFT, Key::F);
    type_filter(&mut window, "item", "tea");
    let is_tea = |line: &String| line.contains("item tea");
    let teas = lines(&window);
    assert!(!teas.is_empty() && teas.iter().all(is_tea), "{teas:?}");
    assert!(window.has(" of 20 rows"));
    type_filter(&mut window, "at", "soon");
    assert!(window.has("at: a date and time such as"), "it does not say what is wrong");
    assert_eq!(lines(&window), teas, "what is not understood filters nothing");
    type_filter(&mut window, "at", "");
    window.select("Only late");
    window.settle();
    let late = lines(&window);
    assert!(!late.is_empty() && late.iter().all(|line| is_tea(line) && line.contains(", late")), "{late:?}");
    type_filter(&mut window, "item", "=nothing of the kind");
    assert!(lines(&window).is_empty() && window.has("0 of 20 rows"));
}

#[test]
fn selected_rows_are_copied_as_a_spreadsheet_takes_them() {
    let mut window = Window::on_orders();
    let row = window.labelled("Row 20, ").rect().center();
    window.click(row);
    let text = copied(&mut window, |window| window.harness.event(Event::Copy));
    let file = std::fs::read_to_string(window.folder.path().join("orders.csv")).expect("the orders");
    let (head, last) =
        (file.lines().next().expect("a head"), file.trim_end().lines().last().expect("a line"));
    let mut lines = text.lines();
    assert_eq!(lines.next().map(|line| line.replace('\t', ",")), Some(head.to_owned()));
    let copied = lines.next().expect("a row");
    let words = |line: &str, separator| line.split(separator).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(copied, '\t').len(), words(last, ',').len());
    for word in words(last, ',').iter().filter(|word| !word.contains(':')) {
        assert!(copied.contains(word.as_str()), "{word} is not in {copied}");
    }
    assert_eq!(lines.next(), None);
}

#[test]
fn rows_are_exported_whole_and_a_file_is_replaced_only_after_a_question() {
    let mut window = Window::on_orders();
    let path = window.folder.path().join("rows.ndjson");
    std::fs::write(&path, "mine").expect("a file");
    window.select("More about these rows");
    window.select("Export rows…");
    window.settle();
    window.type_path(&path);
    assert_eq!(std::fs::read_to_string(&path).expect("a file"), "mine", "it was replaced unasked");
    window.harness.get_by_label("Replace").click();
    window.harness.run_steps(3);
    window.settle();
    let text = std::fs::read_to_string(&path).expect("a file");
    let rows: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
    assert_eq!(rows.len(), 20);
    assert!(
        rows.iter()
            .all(|row| row["item"].is_string() && row["at"].as_str().is_some_and(|at| at.contains('T')))
    );
}

#[test]
fn what_enters_a_node_is_compared_with_what_leaves_it() {
    let mut window = Window::on_orders();
    window.select("By the minute, 1 input");
    window.key(Modifiers::COMMAND | Modifiers::SHIFT, Key::E);
    let leaving = Watch::Edge(edge(("minute", "out"), ("counts", "in")));
    assert_eq!(window.app().state().open.tables.pinned(), [orders(), leaving.clone()]);
    assert!(
        window
            .app()
            .wait_for_run(LONG, |now| [orders(), leaving.clone()].iter().all(|of| now.rows_of(of).is_some()))
    );
    window.harness.run_steps(3);
    assert!(
        window.has("Rows of Ten seconds → By the minute") && window.has("Rows of By the minute → Result")
    );
    // They stay when something else is selected, and when the flow runs again.
    window.select("Too late, 1 input");
    window.key(Modifiers::COMMAND, Key::R);
    window.wait(|now| now.status == RunStatus::Finished);
    assert_eq!(window.app().state().open.tables.iter().count(), 3);
    assert!(window.app().wait_for_run(LONG, |now| now.pinned.len() == 2));
    // They go with their wires.
    window.select_node_and_delete("minute");
    assert_eq!(window.app().state().open.tables.pinned(), []);
}

#[test]
fn rows_are_there_two_frames_after_the_click() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = Window::opening(Opening::Sample(0), folder);
    assert!(window.app().wait_for_run(LONG, |now| now.is_going() && now.records > 20));
    window.harness.run_steps(3);
    let flow = window.app().state().open.document.flow().clone();
    let watched = window.app().state().open.watched.clone();
    let snapshot = window.app().state().open.run.snapshot.clone();
    let has_rows = |edge: &&EdgeId| snapshot.edges.get(*edge).is_some_and(|figures| figures.rows > 0);
    let mut edges = flow.edges.iter().filter(has_rows).cloned();
    let wire = edges.find(|edge| watched != Some(Watch::Edge(edge.clone()))).expect("another wire");
    let at = window.app().wire_middle(&wire).expect("the wire is drawn");
    window.harness.event(Event::PointerMoved(at));
    window.harness.step();
    window.button(at, true);
    let clicked = Instant::now();
    window.button(at, false);
    window.harness.step();
    let wanted = Watch::Edge(wire);
    assert!(window.app().wait_for_run(LONG, |now| now.rows_of(&wanted).is_some_and(|rows| !rows.is_empty())));
    window.harness.step();
    let took = clicked.elapsed();
    assert!(window.app().state().open.run.snapshot.rows_of(&wanted).is_some(), "they are not shown");
    println!("from the click to the rows: {took:?}");
}
