//! The form of a node and what is found about it.

use super::desk::*;

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
    assert_eq!(window.app().state().open.selection.single_node(), Some(&NodeId::new("minute")));
    let shown = window.harness.get_all_by_label_contains("There is no column countr").count();
    assert!(shown >= 2, "shown in {shown} places, but not both in the list and at the field");
}

#[test]
fn a_value_that_is_needed_is_asked_for_once() {
    let mut window = Window::on_orders();
    window.harness.get_by_label("Palette").click();
    window.harness.run_steps(3);
    window.harness.get_by_label("Filter").click();
    window.harness.run_steps(3);
    window.settle();
    let found = &window.app().state().open.checked.diagnostics;
    assert!(found.iter().any(|found| found.message.contains("`condition` is not set")), "{found:?}");
    assert!(window.has("Needed"));
    assert!(!window.has("The parameter condition is not set"), "the field says it twice");
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
    assert_eq!(window.app().state().open.document.flow().session_zone, "UTC");
    assert!(window.app().state().open.document.is_saved());
}

/// Puts the keyboard into a field and marks all of its text.
fn enter(window: &mut Window, role: Role, field: &str) {
    window.harness.get_by_role_and_label(role, field).focus();
    window.harness.run_steps(2);
    window.key(Modifiers::COMMAND, Key::A);
}

fn value(window: &Window, field: &str) -> String {
    window.harness.get_by_role_and_label(Role::TextInput, field).value().unwrap_or_default()
}

#[test]
fn a_duration_is_written_in_any_unit_and_shown_in_its_own() {
    let mut window = Window::on_orders();
    window.select("By the minute, 1 input");
    for (written, millis, shown) in [
        ("90s", 90_000, "1 min 30 s"),
        ("1h 30m", 5_400_000, "1 h 30 min"),
        ("PT5M", 300_000, "5 min"),
        ("120000 ms", 120_000, "2 min"),
    ] {
        enter(&mut window, Role::TextInput, "Size");
        window.harness.event(Event::Text(written.to_owned()));
        window.harness.run_steps(2);
        assert_eq!(value(&window, "Size"), written, "it stays as it is written until the field is left");
        window.key(Modifiers::NONE, Key::Tab);
        window.harness.run_steps(2);
        assert_eq!(window.param("minute", "size_millis"), millis, "{written}");
        assert_eq!(value(&window, "Size"), shown);
    }
    enter(&mut window, Role::TextInput, "Size");
    window.key(Modifiers::NONE, Key::ArrowUp);
    assert_eq!(window.param("minute", "size_millis"), 180_000);
    window.key(Modifiers::NONE, Key::ArrowDown);
    window.key(Modifiers::NONE, Key::ArrowDown);
    window.key(Modifiers::NONE, Key::ArrowDown);
    assert_eq!(window.param("minute", "size_millis"), 55_000, "below a minute there are seconds");
    window.key(Modifiers::NONE, Key::Escape);
    window.harness.run_steps(2);
    assert_eq!(window.param("minute", "size_millis"), 120_000, "Escape gives back what was there before");
    assert_eq!(value(&window, "Size"), "2 min");
}

#[test]
fn a_change_says_when_it_takes_effect_and_that_is_true() {
    let mut window = Window::on_orders();
    window.select("By the minute, 1 input");
    assert!(window.has("A change runs the flow again from the beginning"));
    let asked = window.app().state().open.run.asked;
    enter(&mut window, Role::TextInput, "Size");
    window.harness.event(Event::Text("2 min".to_owned()));
    window.harness.run_steps(2);
    window.settle();
    assert!(window.app().state().open.run.asked > asked);
    window.harness.get_by_label("Notes").click();
    window.harness.run_steps(3);
    assert!(window.has("A change takes effect now"));
    window.harness.get_by_role_and_label(Role::Tab, "Config").click();
    window.harness.run_steps(3);
    window.key(Modifiers::NONE, Key::Period);
    assert!(window.has("A change takes effect with the next run"), "what is paused stays as it is");
    let asked = window.app().state().open.run.asked;
    enter(&mut window, Role::TextInput, "Size");
    window.harness.event(Event::Text("3 min".to_owned()));
    window.harness.run_steps(2);
    window.settle();
    assert_eq!(window.app().state().open.run.asked, asked);
}

#[test]
fn a_remark_is_one_step_and_changes_nothing_that_runs() {
    let mut window = Window::on_orders();
    window.select("By the minute, 1 input");
    let asked = window.app().state().open.run.asked;
    window.harness.get_by_label("Notes").click();
    window.harness.run_steps(3);
    let remark = |window: &Window| {
        window.app().state().open.document.flow().nodes[&NodeId::new("minute")].note.clone()
    };
    let write = |window: &mut Window, text: &str| {
        window.harness.get_by_role_and_label(Role::MultilineTextInput, "Notes").focus();
        window.harness.run_steps(2);
        for letter in text.chars() {
            window.harness.event(Event::Text(letter.to_string()));
            window.harness.run_steps(2);
        }
    };
    write(&mut window, "why");
    window.key(Modifiers::NONE, Key::Enter);
    write(&mut window, "a minute");
    window.key(Modifiers::NONE, Key::Tab);
    window.settle();
    assert_eq!(remark(&window).as_deref(), Some("why\na minute"));
    assert_eq!(window.app().state().open.run.asked, asked);
    write(&mut window, " or two");
    window.key(Modifiers::NONE, Key::Escape);
    window.harness.run_steps(2);
    assert_eq!(remark(&window).as_deref(), Some("why\na minute"), "Escape gives it back");
    let canvas = window.app().wire_middle(&edge(("orders", "out"), ("watermark", "in"))).expect("drawn");
    window.click(canvas + egui::vec2(0.0, 240.0));
    window.key(Modifiers::COMMAND, Key::Z);
    assert_eq!(remark(&window), None, "a visit is one step");
}

#[test]
fn nodes_of_one_kind_are_set_together_in_one_step() {
    let flow = FLOW.replace(
        r#"{ "id": "watermark", "kind""#,
        r#"{ "id": "hour", "kind": "tumbling_window", "title": "By the hour", "params": { "keys": ["counter"], "size_millis": 3600000 } },
    { "id": "watermark", "kind""#,
    );
    let mut window = Window::on(&flow);
    window.select("By the minute, 1 input");
    let other = window.labelled("By the hour, 1 input").rect().center();
    window.harness.event(Event::PointerMoved(other));
    window.harness.step();
    for pressed in [true, false] {
        let (pos, button, modifiers) = (other, PointerButton::Primary, Modifiers::SHIFT);
        window.harness.event(Event::PointerButton { pos, button, pressed, modifiers });
        window.harness.step();
    }
    window.harness.run_steps(3);
    assert_eq!(window.app().state().open.selection.nodes.len(), 2);
    assert!(window.has("2 nodes selected") && window.has("Tumbling window"), "counted by kind");
    let size = window.harness.get_by_role_and_label(Role::TextInput, "Size");
    assert_eq!(size.value().as_deref(), Some(""), "they differ");
    assert!(window.has("Mixed"));
    enter(&mut window, Role::TextInput, "Size");
    for letter in "2 min".chars() {
        window.harness.event(Event::Text(letter.to_string()));
        window.harness.run_steps(2);
    }
    window.key(Modifiers::NONE, Key::Tab);
    let sizes = |window: &Window| ["minute", "hour"].map(|node| window.param(node, "size_millis"));
    assert_eq!(sizes(&window), [120_000, 120_000]);
    assert_eq!(
        window.param("minute", "keys"),
        serde_json::json!(["counter"]),
        "and nothing else has changed"
    );
    let canvas = window.app().wire_middle(&edge(("orders", "out"), ("watermark", "in"))).expect("drawn");
    window.click(canvas + egui::vec2(0.0, 240.0));
    window.key(Modifiers::COMMAND, Key::Z);
    assert_eq!(sizes(&window), [60_000, 3_600_000]);
}

#[test]
fn the_schema_says_what_became_of_every_column_and_can_be_copied() {
    let mut window = Window::on_orders();
    window.select("By the minute, 1 input");
    window.harness.get_by_role_and_label(Role::Tab, "Schema").click();
    window.harness.run_steps(3);
    assert!(window.has("window_start, TIMESTAMP(3)"));
    assert!(window.has("n, BIGINT NOT NULL, Added"));
    assert!(window.has("counter, STRING, Kept"));
    assert!(window.has("price, ") && window.has("Dropped"));
    let copy = window.labelled("Copy the columns of Output out").rect().center();
    window.harness.event(Event::PointerMoved(copy));
    window.harness.step();
    window.button(copy, true);
    window.button(copy, false);
    let copied = window.copied().expect("text on the clipboard");
    assert!(copied.lines().any(|line| line == "n, BIGINT NOT NULL, Added"), "{copied}");
    assert!(copied.lines().any(|line| line.starts_with("price, ") && line.ends_with("Dropped")), "{copied}");
    // The late rows are whole; without them nobody needs the item.
    let late = r#"{ "id": "late", "kind": "table_sink", "title": "Too late", "params": {} },"#;
    let flow = FLOW.replace(r#"{ "from": "minute.late", "to": "late.in" },"#, "").replace(late, "");
    let mut window = Window::on(&flow);
    window.select("Orders, 2 outputs");
    window.harness.get_by_role_and_label(Role::Tab, "Schema").click();
    window.harness.run_steps(3);
    assert!(window.has("item, STRING, Kept, Not read"), "nothing uses the item");
    assert!(window.has("counter, STRING, Kept") && !window.has("counter, STRING, Kept, Not read"));
}

#[test]
fn the_live_tab_shows_what_the_figures_were() {
    let mut window = Window::on_orders();
    window.play_slowly();
    window.select("By the minute, 1 input");
    window.harness.get_by_role_and_label(Role::Tab, "Live").click();
    window.harness.run_steps(3);
    assert!(window.app().wait_for_run(LONG, |now| now.history.n_noted() >= 3), "nothing was noted");
    window.harness.run_steps(3);
    for figure in ["Rows in", "Rows out", "Late rows", "Rejected rows"] {
        window.harness.get_by_role_and_label(Role::GraphicsObject, figure);
    }
    for name in ["Busy", "Idle", "Blocked", "Watermark", "Entries of state"] {
        assert!(window.has(name), "{name} is not shown");
    }
}

#[test]
fn a_field_keeps_the_keyboard_when_a_sentence_comes_to_stand_above_it() {
    let flow = FLOW
        .replace(r#", "size_millis": 60000"#, "")
        .replace(r#"{ "event_time": "at", "path""#, r#"{ "path""#);
    let flow = flow.replace(
        r#"{ "from": "orders.out", "to": "watermark.in" }"#,
        r#"{ "from": "orders.out", "to": "minute.in" }"#,
    );
    let flow = flow.replace(",\n    { \"from\": \"watermark.out\", \"to\": \"minute.in\" }", "");
    let mut window = Window::on(&flow);
    window.select("By the minute, 1 input");
    window.harness.get_by_role_and_label(Role::TextInput, "Size").focus();
    window.harness.run_steps(2);
    for letter in ["1", " ", "h"] {
        window.harness.event(Event::Text(letter.to_owned()));
        window.harness.run_steps(2);
        window.settle();
    }
    assert!(window.has("The input has no event time"), "there is no sentence above the field");
    assert!(window.harness.get_by_role_and_label(Role::TextInput, "Size").is_focused());
    assert_eq!(window.param("minute", "size_millis"), 3_600_000);
}

#[test]
fn arrows_step_through_the_choices_of_a_field() {
    let mut window = Window::on_orders();
    window.select("By the minute, 1 input");
    window.harness.get_by_role_and_label(Role::ComboBox, "Function").focus();
    window.harness.run_steps(2);
    let function = |window: &Window| window.param("minute", "aggregates")[0]["function"].clone();
    let steps = window.app().state().open.document.n_done();
    window.key(Modifiers::NONE, Key::ArrowUp);
    assert_eq!(function(&window), "count", "there is none before the first");
    for _ in 0..3 {
        window.key(Modifiers::NONE, Key::ArrowDown);
    }
    assert_eq!(function(&window), "avg");
    window.key(Modifiers::NONE, Key::ArrowUp);
    assert_eq!(function(&window), "sum");
    assert_eq!(window.app().state().open.document.n_done(), steps + 1, "going through them is one step");
}

#[test]
fn going_through_choices_is_one_step_for_each_visit_and_escape_gives_it_back() {
    let mut window = Window::on_orders();
    window.select("By the minute, 1 input");
    let function = |window: &Window| window.param("minute", "aggregates")[0]["function"].clone();
    let visit = |window: &mut Window, leave: Key| {
        window.harness.get_by_role_and_label(Role::ComboBox, "Function").focus();
        window.harness.run_steps(2);
        window.key(Modifiers::NONE, Key::ArrowDown);
        window.key(Modifiers::NONE, Key::ArrowDown);
        window.key(Modifiers::NONE, leave);
        window.harness.run_steps(2);
    };
    let first = function(&window);
    visit(&mut window, Key::Tab);
    let second = function(&window);
    assert_ne!(second, first);
    visit(&mut window, Key::Escape);
    assert_eq!(function(&window), second, "Escape gives back what was there before");
    visit(&mut window, Key::Tab);
    assert_ne!(function(&window), second);
    let undo = |window: &mut Window| {
        let canvas = window.app().wire_middle(&edge(("orders", "out"), ("watermark", "in"))).expect("drawn");
        window.click(canvas + egui::vec2(0.0, 240.0));
        window.key(Modifiers::COMMAND, Key::Z);
    };
    undo(&mut window);
    assert_eq!(function(&window), second, "each visit is a step of its own");
    undo(&mut window);
    assert_eq!(function(&window), first);
}
