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

/// What the strip of the transport says of itself.
fn strip(window: &Window) -> Node<'_> {
    window.harness.get_by_role_and_label(Role::GraphicsObject, "Recording")
}

fn strip_value(window: &Window) -> String {
    strip(window).accesskit_node().value().expect("the strip has a value")
}

/// The part of the timeline in which there are plots.
fn plots(window: &Window) -> egui::Rect {
    window.harness.get_by_role_and_label(Role::GraphicsObject, "Timeline").rect()
}

#[test]
fn the_timeline_has_a_lane_for_what_time_does_and_what_flows() {
    let mut window = window_on_a_course();
    assert!(!window.harness.ctx.has_requested_repaint(), "it is painted though nothing happens");
    // There are more than there is room for; the menu has all of them.
    window.select("Lanes");
    window.harness.run_steps(3);
    for lane in [
        "Rows read",
        "Watermark of Ten seconds",
        "Watermark of By the minute",
        "Read by Orders",
        "Taken by Result",
        "Taken by Too late",
    ] {
        let choice = window.harness.query_by_role_and_label(Role::CheckBox, lane);
        assert!(choice.is_some(), "there is no lane {lane}");
    }
    assert!(window.has("Rows read"));
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
    for text in
        ["Selected span", "1 (5.0\u{202f}%)", "Longest without rows", "Watermark lag, mean", "Busiest"]
    {
        assert!(window.has(text), "{text} is not shown");
    }
    assert!(window.harness.query_all_by_label("20").next().is_some(), "the rows are not counted");
    let copy = window.harness.get_by_label("Copy the figures of the span").rect().center();
    window.harness.event(Event::PointerMoved(copy));
    window.harness.step();
    window.button(copy, true);
    window.button(copy, false);
    let copied = window.copied().expect("a text was copied");
    let lines: Vec<&str> = copied.lines().collect();
    assert!(lines[0].contains(" – 2026-"), "the span stands above its figures: {copied}");
    assert!(lines.contains(&"Rows\t20") && lines.iter().any(|line| line.starts_with("Mean\t")), "{copied}");
    window.harness.get_by_label("Select no span").click();
    window.harness.run_steps(3);
    assert!(!window.has("Selected span"));
}

#[test]
fn the_busiest_node_of_a_span_is_sought_once_the_span_is_chosen() {
    let mut window = window_on_a_course();
    let plots = plots(&window);
    let at = |share: f32| egui::pos2(plots.left() + plots.width() * share, plots.center().y);
    window.harness.event(Event::PointerMoved(at(0.1)));
    window.harness.step();
    window.button(at(0.1), true);
    for share in [0.4, 0.9] {
        window.harness.event(Event::PointerMoved(at(share)));
        window.harness.run_steps(2);
        assert!(window.has("Busiest") && window.has("when you let go"), "it is sought in every frame");
    }
    window.button(at(0.9), false);
    window.harness.run_steps(2);
    assert!(window.has("Busiest") && !window.has("when you let go"));
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

#[test]
fn the_strip_shows_the_whole_recording_before_it_is_played() {
    let mut window = Window::on(FLOW);
    window.play_slowly();
    window.harness.run_steps(3);
    let open = &window.app().state().open;
    let recording = open.recording.clone().expect("the orders were surveyed");
    assert!(recording.is_complete && !open.is_surveying);
    // The orders as they lie in the file: each arrives at the greatest time that was read until then.
    let orders = std::fs::read_to_string(window.folder.path().join("orders.csv")).expect("the orders");
    let times: Vec<&str> = orders.lines().skip(1).filter_map(|line| line.split(',').nth(1)).collect();
    let (mut newest, mut n_behind) = ("", 0);
    for time in &times {
        n_behind += u64::from(*time < newest);
        newest = newest.max(time);
    }
    let sum =
        |of: fn(&tidemark_engine::runtime::Bucket) -> u64| recording.buckets.iter().map(of).sum::<u64>();
    assert_eq!((sum(|bucket| bucket.n_rows), sum(|bucket| bucket.n_out_of_order)), (20, n_behind));
    assert!(n_behind > 0, "there is nothing out of order to be shown");
    let (first, last) = recording.extent.expect("orders arrive");
    let time = tidemark::ui_kit::format_time::short_timestamp;
    assert_eq!(time(first)[11..19], times[0][11..19]);
    assert_eq!(time(last)[11..19], newest[11..19]);
    assert!(strip_value(&window).starts_with(&format!("{} to {}", time(first), time(last))));
}

#[test]
fn a_span_and_a_cursor_are_the_same_in_the_strip_and_the_timeline() {
    let mut window = window_on_a_course();
    let bars = strip(&window).rect();
    let at = |share: f32| egui::pos2(bars.left() + bars.width() * share, bars.top() + 12.0);
    window.drag(at(0.25), at(0.75));
    window.harness.event(Event::PointerMoved(egui::pos2(700.0, 200.0)));
    window.harness.run_steps(3);
    assert!(window.has("Selected span") && strip_value(&window).contains("selected "));
    let (from, to) = window.app().state().open.marks.span.expect("a span is selected");
    let (first, last) =
        window.app().state().open.recording.as_ref().and_then(|all| all.extent).expect("rows");
    let share = |at: i64| (at - first) as f64 / (last - first) as f64;
    assert!((share(from) - 0.25).abs() < 0.01 && (share(to) - 0.75).abs() < 0.01, "{from} to {to}");
    window.click(at(0.5));
    window.harness.event(Event::PointerMoved(egui::pos2(700.0, 200.0)));
    window.harness.run_steps(3);
    assert!(window.has("Timeline, cursor at ") && strip_value(&window).contains("cursor at "));
    let cursor = |window: &Window| window.app().state().open.marks.cursor;
    let before = cursor(&window).expect("a cursor is pinned");
    window.key(Modifiers::SHIFT, Key::ArrowLeft);
    let after = cursor(&window).expect("it is still there");
    let expected = (last - first) as f64 * 20.0 / f64::from(bars.width());
    assert!((((before - after) as f64) / expected - 1.0).abs() < 0.02, "{before} to {after}, not {expected}");
    window.key(Modifiers::NONE, Key::Escape);
    assert!(!window.has("Selected span") && cursor(&window).is_some());
    window.key(Modifiers::NONE, Key::Escape);
    assert!(!window.has("Timeline, cursor at ") && !strip_value(&window).contains("cursor at "));
}

#[test]
fn the_wheel_zooms_and_pans_the_timeline_and_end_shows_everything_again() {
    let mut window = window_on_a_course();
    let plots = plots(&window);
    let at = egui::pos2(plots.left() + plots.width() * 0.25, plots.center().y);
    let right = egui::pos2(plots.left() + plots.width() * 0.75, plots.center().y);
    let cursor_at = |window: &mut Window, at: Pos2| {
        window.click(at);
        window.app().state().open.marks.cursor.expect("a click pins the cursor")
    };
    let wheel = |window: &mut Window, delta: egui::Vec2| {
        window.harness.event(Event::PointerMoved(at));
        window.harness.event(Event::MouseWheel {
            unit: egui::MouseWheelUnit::Point,
            delta,
            phase: egui::TouchPhase::Move,
            source: egui::MouseWheelSource::Wheel,
            modifiers: Modifiers::NONE,
        });
        window.harness.run_steps(10);
    };
    let whole = cursor_at(&mut window, at);
    let all = cursor_at(&mut window, right) - whole;
    wheel(&mut window, egui::vec2(0.0, 200.0));
    let zoomed = cursor_at(&mut window, at);
    let nearer = cursor_at(&mut window, right) - zoomed;
    assert!(nearer * 2 < all, "{nearer} of {all} is no nearer");
    assert!((zoomed - whole).abs() < all / 50, "what is under the pointer stays there: {whole}, {zoomed}");
    wheel(&mut window, egui::vec2(-100.0, 0.0));
    assert!(cursor_at(&mut window, at) > zoomed, "the wheel to the side pans");
    window.key(Modifiers::NONE, Key::End);
    window.harness.run_steps(40);
    assert!((cursor_at(&mut window, at) - whole).abs() < all / 50, "End shows everything again");
}

#[test]
fn a_paused_run_with_the_timeline_open_paints_nothing() {
    let mut window = Window::on(FLOW);
    window.play_slowly();
    window.key(Modifiers::COMMAND, Key::Num4);
    window.key(Modifiers::NONE, Key::Space);
    let is_paused = |now: &UiSnapshot| matches!(now.status, RunStatus::Paused(_));
    assert!(window.app().wait_for_run(LONG, is_paused), "it does not pause");
    window.come_to_rest();
    window.harness.run_steps(60);
    assert!(window.has("Rows read") && strip_value(&window).contains("played to "));
    window.assert_rests();
}

#[test]
fn the_figures_of_a_span_stand_below_the_lanes_where_the_pane_is_narrow() {
    let mut window = window_on_a_course();
    let timeline = tidemark::state::layout::Pane::Dock(tidemark::state::DockTab::Timeline);
    window.ask(Command::MovePane(timeline, tidemark::state::layout::Side::Right));
    window.harness.run_steps(5);
    let pane = window.harness.get_by_label("Pane Timeline").rect();
    assert!(pane.width() < 760.0, "it is not narrow");
    let place = plots(&window);
    let y = place.center().y;
    window.drag(egui::pos2(place.left() + 1.0, y), egui::pos2(place.right() - 1.0, y));
    window.harness.event(Event::PointerMoved(egui::pos2(400.0, 200.0)));
    window.harness.run_steps(5);
    for text in ["Selected span", "From", "Length"] {
        let rect = window.harness.get_all_by_label(text).next().expect("it is shown").rect();
        assert!(pane.contains_rect(rect) && rect.top() >= plots(&window).bottom(), "{text} at {rect}");
    }
    assert!(window.has("Copy the figures of the span") && plots(&window).height() > 48.0);
}

#[test]
fn a_mark_in_the_strip_leaves_the_timeline_on_its_axis() {
    let mut window = window_on_a_course();
    window.harness.get_by_label("Since the start").click();
    window.harness.run_steps(5);
    let bars = strip(&window).rect();
    window.click(egui::pos2(bars.left() + bars.width() * 0.5, bars.top() + 12.0));
    let marks = window.app().state().open.marks;
    assert_eq!(marks.axis, Axis::Wall, "the timeline shows another axis");
    assert!(marks.cursor.is_some() && window.has("Timeline, cursor at "));
    assert!(strip_value(&window).contains("cursor at "));
    // Steps of a pixel are not swallowed by the coarser axis.
    let before = strip_value(&window);
    (0..3).for_each(|_| window.key(Modifiers::SHIFT, Key::ArrowRight));
    assert_ne!(strip_value(&window), before, "the cursor stays where it is");
    assert_eq!(window.app().state().open.marks.axis, Axis::Wall);
}

#[test]
fn lanes_are_called_as_their_nodes_are_now() {
    let mut window = window_on_a_course();
    let edit = graph::Edit::SetTitle { node: NodeId::new("watermark"), title: Some("Patience".to_owned()) };
    window.ask(Command::Edit(edit));
    window.harness.run_steps(3);
    assert!(window.has("Watermark of Patience") && !window.has("Watermark of Ten seconds"));
}

#[test]
fn why_a_recording_could_not_be_read_is_said_in_its_place() {
    let mut window = Window::on_orders();
    std::fs::write(window.folder.path().join("orders.csv"), "order,at,counter\n\"never closed")
        .expect("a file");
    window.key(Modifiers::COMMAND, Key::R);
    window.settle();
    let open = &window.app().state().open;
    let Some(failure) = open.recording.as_ref().and_then(|recording| recording.failure.clone()) else {
        panic!("it could be read: {:?}", open.recording)
    };
    assert!(window.has(&failure), "{failure}");
}
