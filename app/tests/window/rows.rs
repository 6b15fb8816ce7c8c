//! The rows of wires and sinks.

use tidemark::command::{Action, Command};
use tidemark::state::TableChange;

use super::desk::*;

/// Whose rows are pinned.
fn pinned(window: &Window) -> Vec<Watch> {
    let tables = window.app().state().open.tables.iter();
    tables.filter(|table| table.is_pinned).map(|table| table.watch.clone()).collect()
}

#[test]
fn clicking_a_wire_shows_its_rows() {
    let mut window = Window::on_orders();
    let wire = edge(("minute", "late"), ("late", "in"));
    let at = window.app().wire_middle(&wire).expect("the wire is drawn");
    window.click(at);
    assert_eq!(window.app().state().open.watched, Some(Watch::Edge(wire)));
    let has_row = |now: &UiSnapshot| now.watched.as_ref().is_some_and(|rows| rows.len() == 1);
    assert!(window.app().wait_for_run(LONG, has_row), "there is no late row");
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

/// What `Result` took.
fn result() -> Watch {
    Watch::Sink(NodeId::new("counts"))
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
        if let Some(text) = window.copied() {
            return text;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("nothing was copied")
}

#[test]
fn a_table_says_number_times_lateness_and_change_of_each_row() {
    let mut window = Window::on_orders();
    assert_eq!(window.app().state().open.watched, Some(orders()));
    for label in ["Rows of Ten seconds → By the minute", "item, STRING", "20 rows"] {
        assert!(window.has(label), "{label} is not shown");
    }
    let shown = lines(&window);
    assert!((4..=20).contains(&shown.len()), "{shown:?}");
    let last = "Row 20, Event time 2026-05-04 08:03:20, Arrived 2026-05-04 08:03:20, Lateness +1\u{202f}min 24\u{202f}s, \
                added, order_id 20, ";
    assert!(shown.iter().any(|line| line.starts_with(last)), "it stands at its end: {shown:?}");
    // The watermark has got past the thirteenth order by the time that it comes.
    window.key(Modifiers::COMMAND | Modifiers::SHIFT, Key::F);
    window.select("Only late");
    window.settle();
    let late = "Row 13, Event time 2026-05-04 08:00:59.500, Arrived 2026-05-04 08:01:09.999, Lateness −499\u{202f}ms, \
                late, added, order_id 13, ";
    assert!(lines(&window).iter().any(|line| line.starts_with(late)), "{:?}", lines(&window));
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
    let frozen = table(&window).frozen.clone().expect("it holds still under the wheel");
    let held = lines(&window);
    assert!(!held.is_empty(), "there are no rows to hold");
    window.key(Modifiers::NONE, Key::Period);
    assert!(
        window.app().wait_for_run(LONG, |now| now
            .rows_of(&orders())
            .is_some_and(|rows| rows.n_total > frozen.n_total))
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
    assert_eq!(pinned(&window), [orders(), leaving.clone()]);
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
    assert_eq!(pinned(&window), []);
}

#[test]
fn rows_are_painted_in_the_first_frame_after_they_have_come() {
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
    // One frame for the click, one to ask for the rows, and one when they are there.
    window.button(at, false);
    window.harness.step();
    let wanted = Watch::Edge(wire);
    assert!(window.app().wait_for_run(LONG, |now| now.rows_of(&wanted).is_some_and(|rows| !rows.is_empty())));
    window.harness.step();
    assert_eq!(table(&window).watch, wanted);
    assert!(!lines(&window).is_empty(), "they are not painted");
}

#[test]
fn a_pinned_table_stays_until_the_pin_is_taken_out() {
    let mut window = Window::on_orders();
    window.key(Modifiers::COMMAND | Modifiers::SHIFT, Key::P);
    assert_eq!(pinned(&window), [orders()]);
    window.select("Too late, 1 input");
    window.settle();
    assert!(window.has("Rows of Ten seconds → By the minute") && window.has("Rows of Too late"));
    assert_eq!(table(&window).watch, Watch::Sink(NodeId::new("late")));
    window.select("Unpin the table");
    window.settle();
    assert!(pinned(&window).is_empty());
    assert!(!window.has("Rows of Ten seconds → By the minute") && window.has("Rows of Too late"));
}

#[test]
fn rows_are_copied_with_quotes_where_they_are_needed() {
    let folder = tempfile::tempdir().expect("a folder");
    let orders = "order_id,at,counter,item,price\n1,2026-05-04 08:00:04.000,bar,\"tea, \"\"hot\"\"\",2.50\n\
                  2,2026-05-04 08:00:05.000,street,latte,4.25\n";
    std::fs::write(folder.path().join("orders.csv"), orders).expect("the orders");
    let path = folder.path().join("orders.flow.json");
    std::fs::write(&path, FLOW).expect("the flow");
    let mut window = Window::opening(Opening::Flow(path), folder);
    window.wait(|snapshot| snapshot.status == RunStatus::Finished);
    let mut copy = |item: &str| {
        copied(&mut window, |window| {
            window.select("More about these rows");
            let at = window.labelled(item).rect().center();
            window.harness.event(Event::PointerMoved(at));
            window.harness.step();
            window.button(at, true);
            let (button, modifiers) = (PointerButton::Primary, Modifiers::NONE);
            window.harness.event(Event::PointerButton { pos: at, button, pressed: false, modifiers });
        })
    };
    let csv = copy("Copy rows as CSV");
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines[0], "order_id,at,counter,item,price");
    assert!(lines[1].starts_with("1,") && lines[1].contains(r#",bar,"tea, ""hot""",2.5"#), "{csv}");
    assert!(lines[2].contains(",street,latte,4.25") && lines.len() == 3, "{csv}");
    let json = copy("Copy rows as JSON lines");
    let rows: Vec<serde_json::Value> =
        json.lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
    assert_eq!((rows.len(), &rows[0]["item"], &rows[1]["order_id"]), (2, &"tea, \"hot\"".into(), &2.into()));
}

#[test]
fn a_search_over_all_columns_shows_the_rows_that_have_it_somewhere() {
    let mut window = Window::on_orders();
    window.key(Modifiers::COMMAND | Modifiers::SHIFT, Key::F);
    let mut search = |text: &str| {
        window.harness.get_by_role_and_label(Role::TextInput, "Search all columns").focus();
        window.harness.run_steps(2);
        window.key(Modifiers::COMMAND, Key::A);
        window.harness.event(Event::Text(text.to_owned()));
        window.settle();
        let (lines, of_all) = (lines(&window), window.has(" of 20 rows"));
        assert!(of_all && !lines.is_empty(), "nothing has {text}");
        (lines, window.has("9 of 20 rows"), window.has("2 of 20 rows"))
    };
    let (street, is_nine, _) = search("STREET");
    assert!(is_nine && street.iter().all(|line| line.contains("counter street")), "{street:?}");
    let (muffins, _, are_two) = search("muff");
    assert!(are_two && muffins.iter().all(|line| line.contains("item muffin")), "{muffins:?}");
}

#[test]
fn frozen_rows_and_a_filter_are_there_again_after_something_else_was_selected() {
    let mut window = Window::on_orders();
    let row = window.labelled("Row 20, ").rect().center();
    window.click(row);
    window.select("Too late, 1 input");
    window.settle();
    assert_eq!(window.app().state().open.tables.iter().count(), 2);
    assert!(window.has("Rows of Ten seconds → By the minute"), "what is frozen stays");
    window.select("Ten seconds, 1 input");
    window.settle();
    assert!(table(&window).watch == orders() && table(&window).is_frozen());
    assert_eq!(table(&window).selection, Some(RowSelection::one(19)));
    window.select("Follow");
    window.key(Modifiers::COMMAND | Modifiers::SHIFT, Key::F);
    type_filter(&mut window, "item", "tea");
    let teas = lines(&window);
    assert!(!teas.is_empty(), "no tea was ordered");
    window.select("Too late, 1 input");
    window.settle();
    assert!(table(&window).filter.is_empty() && window.app().state().open.tables.iter().count() == 1);
    window.select("Ten seconds, 1 input");
    window.settle();
    assert!(table(&window).watch == orders() && !table(&window).is_frozen());
    assert_eq!(lines(&window), teas, "what was typed is forgotten");
}

#[test]
fn nothing_that_is_frozen_is_lost_by_selecting_and_a_fifth_table_is_refused_with_a_sentence() {
    let mut window = Window::on_orders();
    let freeze = |window: &mut Window| {
        window.settle();
        let app = window.app();
        let watch = app.state().open.watched.clone().expect("something is watched");
        assert!(app.wait_for_run(LONG, |now| now.rows_of(&watch).is_some()));
        window.harness.run_steps(2);
        window.ask(Action::Freeze);
        window.harness.run_steps(2);
        assert!(table(window).watch == watch);
        table(window).is_frozen()
    };
    let wires = [("orders", "watermark"), ("watermark", "minute"), ("minute", "counts")];
    for (from, to) in wires {
        window.ask(Command::ShowRows(edge((from, "out"), (to, "in"))));
        assert!(freeze(&mut window));
    }
    window.select("Too late, 1 input");
    assert!(freeze(&mut window));
    let refused =
        "At most 4 tables can be frozen or pinned at once: let one of them follow again, or unpin one";
    assert!(!window.has(refused));
    window.select("Result, 1 input");
    assert!(!freeze(&mut window) && window.has(refused));
    // A row that is clicked holds its table still as long as it is looked at, and a pin would keep it.
    window.key(Modifiers::NONE, Key::Escape);
    let of_result = window.labelled("Rows of Result").rect();
    let rows = window.harness.get_all_by_label_contains("Row 1, ").map(|row| row.rect().center());
    let row = rows.into_iter().find(|at| of_result.contains(*at)).expect("it has rows");
    window.click(row);
    assert!(table(&window).is_frozen() && table(&window).watch == result() && !window.has(refused));
    window.key(Modifiers::COMMAND | Modifiers::SHIFT, Key::P);
    assert!(window.has(refused) && pinned(&window).is_empty());

    let wire = edge(("minute", "late"), ("late", "in"));
    let at = window.app().wire_middle(&wire).expect("the wire is drawn");
    window.click(at);
    let tables = &window.app().state().open.tables;
    assert_eq!(tables.iter().filter(|table| table.is_frozen()).count(), 4);
    assert!(tables.get(&result()).is_none());
    assert!(tables.get(&Watch::Edge(wire)).is_some() && tables.get(&orders()).is_some());
    // Where one follows again, there is room for another.
    let app = window.harness.state_mut().as_mut().expect("the first frame made it");
    app.ask(Command::Table(orders(), TableChange::Follow));
    window.select("Result, 1 input");
    assert!(freeze(&mut window));
    // What found no room stays all the same if there is some by the time at which something else is selected.
    let held = Watch::Edge(edge(("minute", "late"), ("late", "in")));
    for makes_room in [false, true] {
        window.click(at);
        let has_rows = |now: &UiSnapshot| now.rows_of(&held).is_some();
        assert!(window.app().wait_for_run(LONG, has_rows));
        window.harness.run_steps(2);
        let rows = window.app().state().open.run.snapshot.rows_of(&held).cloned().expect("its rows");
        window.ask(Command::Table(held.clone(), TableChange::Select(rows, RowSelection::one(0))));
        if makes_room {
            window.ask(Command::Table(result(), TableChange::Follow));
        }
        window.harness.run_steps(2);
        window.select("Ten seconds, 1 input");
        window.harness.run_steps(2);
        assert_eq!(window.app().state().open.tables.get(&held).is_some(), makes_room);
    }
}

#[test]
fn frozen_rows_stay_when_the_flow_runs_again_and_say_so() {
    let mut window = Window::on_orders();
    let row = window.labelled("Row 20, ").rect().center();
    window.click(row);
    assert!(!window.has("of an earlier run"));
    window.key(Modifiers::COMMAND, Key::R);
    window.wait(|now| now.run == 2 && now.rows_of(&orders()).is_some_and(|rows| rows.n_total == 20));
    assert!(table(&window).is_frozen() && window.has("of an earlier run") && window.has("20 newer rows"));
    assert_eq!(table(&window).selection, Some(RowSelection::one(19)));
    window.select("20 newer rows");
    window.harness.run_steps(2);
    assert!(!table(&window).is_frozen() && !window.has("of an earlier run") && !window.has("newer row"));
    assert!(lines(&window).iter().any(|line| line.starts_with("Row 20, ")));
}

#[test]
fn who_has_missed_more_rows_than_are_kept_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let order = |number: u32| {
        let (hour, minute, second) = (8 + number / 3_600, number / 60 % 60, number % 60);
        format!("{number},2026-05-04 {hour:02}:{minute:02}:{second:02},bar,tea,2.75\n")
    };
    let orders_of_an_hour: String = (0..3_000).map(order).collect();
    let text = format!("order_id,at,counter,item,price\n{orders_of_an_hour}");
    std::fs::write(folder.path().join("orders.csv"), text).expect("the orders");
    let path = folder.path().join("orders.flow.json");
    std::fs::write(&path, FLOW).expect("the flow");
    let mut window = Window::opening(Opening::Flow(path), folder);
    window.play_slowly();
    assert!(
        window.app().wait_for_run(LONG, |now| now.rows_of(&orders()).is_some_and(|rows| !rows.is_empty()))
    );
    window.harness.run_steps(3);
    window.key(Modifiers::COMMAND, Key::E);
    assert!(table(&window).is_frozen());
    window.wait(|now| now.status == RunStatus::Finished);
    let pill = window.labelled(" newer rows").rect().center();
    window.harness.event(Event::PointerMoved(pill));
    window.harness.run_steps(40);
    assert!(window.has("no more than the last 1,000 can still be seen"));
}
