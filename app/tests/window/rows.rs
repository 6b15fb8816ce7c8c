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
