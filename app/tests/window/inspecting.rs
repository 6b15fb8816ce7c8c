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
