//! The course of a run: lanes on one axis, one cursor, and the figures of a span.

use tidemark::engine_link::{Axis, Metric};

use super::desk::*;

/// A window whose timeline shows the orders, once they have been replayed sixty times faster than they came.
fn window_on_a_course() -> Window {
    let mut window = Window::on_orders();
    window.key(Modifiers::NONE, Key::OpenBracket);
    (0..6).for_each(|_| window.key(Modifiers::NONE, Key::OpenBracket));
    window.key(Modifiers::NONE, Key::CloseBracket);
    window.key(Modifiers::COMMAND, Key::R);
    let is_over = |now: &UiSnapshot| now.status == RunStatus::Finished && now.history.n_noted() > 8;
    assert!(window.app().wait_for_run(LONG, is_over), "the orders were not replayed by the clock");
    window.key(Modifiers::COMMAND, Key::Num4);
    window.harness.run_steps(40);
    window
}

/// The part of the timeline in which there are plots.
fn plots(window: &Window) -> egui::Rect {
    window.harness.get_by_role_and_label(Role::GraphicsObject, "Timeline").rect()
}

#[test]
fn the_timeline_has_a_lane_for_what_time_does_and_what_flows() {
    let window = window_on_a_course();
    for lane in [
        "Rows read",
        "Watermark of Ten seconds",
        "Watermark of By the minute",
        "Read by Orders",
        "Taken by Result",
        "Taken by Too late",
    ] {
        assert!(window.has(lane), "there is no lane {lane}");
    }
    assert!(!window.harness.ctx.has_requested_repaint(), "it is painted though nothing happens");
}

#[test]
fn the_cursor_says_what_was_at_an_instant_and_a_click_pins_it() {
    let mut window = window_on_a_course();
    let plots = plots(&window);
    window.click(plots.center());
    // Away from the plots, it is the pinned one that counts.
    window.harness.event(Event::PointerMoved(egui::pos2(700.0, 200.0)));
    window.harness.run_steps(3);
    let pinned = |window: &Window| {
        let name = window.labelled("Timeline, cursor at ").accesskit_node().label();
        name.expect("it was found by its name")
    };
    let before = pinned(&window);
    let (first, last) =
        window.app().state().open.run.snapshot.history.extent(Axis::Clock).expect("there are samples");
    let middle = tidemark::ui_kit::format_time::short_timestamp((first + last) / 2);
    assert_eq!(before[..before.len() - 1], format!("Timeline, cursor at {middle}")[..before.len() - 1]);
    (0..30).for_each(|_| window.key(Modifiers::SHIFT, Key::ArrowLeft));
    let after = pinned(&window);
    assert!(after < before, "{after} is not before {before}");
    window.key(Modifiers::NONE, Key::Escape);
    assert!(!window.has("Timeline, cursor at "), "Escape takes the pin out");
}

#[test]
fn a_span_over_the_whole_run_has_the_figures_of_the_run() {
    let mut window = window_on_a_course();
    let plots = plots(&window);
    let y = plots.center().y;
    window.drag(egui::pos2(plots.left() + 1.0, y), egui::pos2(plots.right() - 1.0, y));
    window.harness.event(Event::PointerMoved(egui::pos2(700.0, 200.0)));
    window.harness.run_steps(3);
    // Twenty orders, one of them late, as the flow says without any history.
    for text in ["Selected span", "1 (5.0\u{202f}%)", "Longest without rows", "Watermark lag, mean"] {
        assert!(window.has(text), "{text} is not shown");
    }
    assert!(window.harness.query_all_by_label("20").next().is_some(), "the rows are not counted");
    let copy = window.harness.get_by_label("Copy the figures of the span").rect().center();
    window.click(copy);
    window.harness.get_by_label("Select no span").click();
    window.harness.run_steps(3);
    assert!(!window.has("Selected span"));
}

#[test]
fn the_other_axis_shows_the_time_since_the_start_and_keeps_what_is_pinned() {
    let mut window = window_on_a_course();
    let at = plots(&window).center();
    window.click(at);
    window.harness.event(Event::PointerMoved(egui::pos2(700.0, 200.0)));
    window.harness.run_steps(2);
    window.harness.get_by_label("Since the start").click();
    window.harness.run_steps(5);
    let name = window.labelled("Timeline, cursor at ").accesskit_node().label().expect("a name");
    let history = window.app().state().open.run.snapshot.history.clone();
    let (first, last) = history.extent(Axis::Clock).expect("there are samples");
    let moved = history.moved((first + last) / 2, Axis::Clock, Axis::Wall).expect("it was noted");
    assert!(moved > 0 && !name.contains("2026"), "{name}");
    let rows: u64 = history.run().all(Metric::RowsIn).map(|sample| sample.n_rows).sum();
    assert_eq!(rows, 20);
}

#[test]
fn a_lane_is_hidden_by_its_menu_and_the_timeline_says_why_it_is_empty() {
    let mut window = window_on_a_course();
    window.select("Lanes");
    window.harness.get_by_role_and_label(Role::CheckBox, "Taken by Too late").click();
    window.harness.run_steps(3);
    window.key(Modifiers::NONE, Key::Escape);
    window.harness.run_steps(3);
    assert!(!window.has("Taken by Too late") && window.has("Taken by Result"));
    window.key(Modifiers::COMMAND, Key::N);
    window.settle();
    assert!(window.has("Nothing to show yet"));
}
