//! Writing an expression: the list of what may stand there, and what it gives for real rows.

use tidemark::state::{TriedValue, WhyNot};

use super::desk::*;

/// Twenty orders, of which a filter keeps some.
const FILTER: &str = r#"{
  "version": 1,
  "name": "Large orders",
  "session_zone": "UTC",
  "nodes": [
    { "id": "kept", "kind": "table_sink", "title": "Kept", "params": {} },
    { "id": "large", "kind": "filter", "title": "Large", "params": { "condition": "order_id > 1" } },
    { "id": "orders", "kind": "csv_source", "title": "Orders", "params": { "event_time": "at", "path": "orders.csv" } }
  ],
  "edges": [{ "from": "large.out", "to": "kept.in" }, { "from": "orders.out", "to": "large.in" }],
  "layout": { "nodes": { "kept": [544, 32], "large": [288, 32], "orders": [32, 32] } }
}"#;

/// The filter's form, once the orders have run through it.
fn on_filter() -> Window {
    let mut window = Window::on(FILTER);
    window.wait(|snapshot| snapshot.status == RunStatus::Finished);
    window.select("Large, 1 input");
    window.settle();
    window
}

fn field(window: &Window) -> Node<'_> {
    window.harness.get_by_role_and_label(Role::MultilineTextInput, "Condition")
}

fn focus(window: &mut Window) {
    field(window).focus();
    window.harness.run_steps(2);
}

/// Writes over the whole condition, letter by letter as a person does.
fn write(window: &mut Window, text: &str) {
    focus(window);
    window.key(Modifiers::COMMAND, Key::A);
    window.key(Modifiers::NONE, Key::Backspace);
    for letter in text.chars() {
        window.harness.event(Event::Text(letter.to_string()));
        window.harness.run_steps(2);
    }
}

fn condition(window: &Window) -> String {
    window.param("large", "condition").as_str().unwrap_or_default().to_owned()
}

/// The names of the entries of the list that is open.
fn offered(window: &Window) -> Vec<String> {
    let options = window.harness.query_all_by_role(Role::ListBoxOption);
    options.filter_map(|option| option.accesskit_node().label()).collect()
}

/// Goes on until what is written has been tried, and the run that it began has given its rows.
fn try_out(window: &mut Window) {
    window.settle();
    window.wait(|snapshot| snapshot.status == RunStatus::Finished);
    window.settle();
}

#[test]
fn the_list_narrows_while_one_types_and_gives_what_keys_choose() {
    let mut window = on_filter();
    write(&mut window, "ord");
    assert!(window.has("Completions for Condition"));
    let first = offered(&window).first().cloned();
    assert_eq!(first.as_deref(), Some("order_id, BIGINT"), "columns with their types come first");
    window.key(Modifiers::NONE, Key::ArrowDown);
    window.key(Modifiers::NONE, Key::Enter);
    assert_eq!(condition(&window), "order_id");
    assert_eq!(offered(&window).len(), 0, "it is closed by taking");
    for letter in " > AB".chars() {
        window.harness.event(Event::Text(letter.to_string()));
        window.harness.run_steps(2);
    }
    assert_eq!(offered(&window).first().map(|name| name.starts_with("ABS, ABS(")), Some(true));
    window.key(Modifiers::NONE, Key::ArrowUp);
    window.key(Modifiers::NONE, Key::ArrowDown);
    window.key(Modifiers::NONE, Key::Tab);
    assert_eq!(condition(&window), "order_id > ABS(", "a function comes with its parenthesis");
    window.harness.event(Event::Text("1)".to_owned()));
    window.harness.run_steps(2);
    assert_eq!(condition(&window), "order_id > ABS(1)", "the cursor stands behind what was put in");
}

#[test]
fn enter_and_tab_are_the_fields_own_until_keys_have_chosen() {
    let mut window = on_filter();
    write(&mut window, "ord");
    assert!(!offered(&window).is_empty());
    window.key(Modifiers::NONE, Key::Enter);
    assert_eq!(field(&window).value().as_deref(), Some("ord\n"));
    write(&mut window, "ord");
    assert!(!offered(&window).is_empty());
    window.key(Modifiers::NONE, Key::Tab);
    assert_eq!(condition(&window), "ord");
    assert!(!field(&window).is_focused(), "Tab leads on");
    assert_eq!(offered(&window).len(), 0);
}

#[test]
fn escape_closes_the_list_and_only_then_gives_the_text_back() {
    let mut window = on_filter();
    let n_steps = window.app().state().open.document.undo_text();
    write(&mut window, "order");
    window.key(Modifiers::NONE, Key::Escape);
    assert_eq!(offered(&window).len(), 0);
    assert!(field(&window).is_focused(), "the list alone was closed");
    assert_eq!(condition(&window), "order");
    assert_eq!(window.app().state().open.selection.single_node(), Some(&NodeId::new("large")));
    window.key(Modifiers::NONE, Key::Escape);
    window.harness.run_steps(2);
    assert_eq!(condition(&window), "order_id > 1", "the text is as it was");
    let document = &window.app().state().open.document;
    assert!(document.is_saved() && document.undo_text() == n_steps, "and no step is left of it");
}

#[test]
fn control_space_opens_the_list_and_a_click_takes_from_it() {
    let mut window = on_filter();
    write(&mut window, "order_id > ");
    assert_eq!(offered(&window).len(), 0, "nothing has been begun");
    window.key(Modifiers::CTRL, Key::Space);
    assert!(offered(&window).len() > 20);
    window.key(Modifiers::NONE, Key::Escape);
    window.harness.event(Event::Text("si".to_owned()));
    window.harness.run_steps(2);
    let at = window.labelled("SIGN, SIGN(").rect().center();
    window.click(at);
    assert_eq!(condition(&window), "order_id > SIGN(");
    assert!(field(&window).is_focused(), "the keyboard stays where it was");
    window.harness.event(Event::Text("1)".to_owned()));
    window.harness.run_steps(2);
    assert_eq!(condition(&window), "order_id > SIGN(1)");
}

#[test]
fn a_condition_says_how_many_of_the_real_rows_pass_as_one_types() {
    let orders = include_str!("../../../sample-flows/hello-window/orders.csv");
    let mut ids: Vec<i64> = Vec::new();
    let column = orders.lines().next().expect("a header").split(',').position(|name| name == "order_id");
    for line in orders.lines().skip(1) {
        let field = line.split(',').nth(column.expect("a column of numbers"));
        ids.push(field.and_then(|field| field.parse().ok()).expect("a number"));
    }
    let mut window = on_filter();
    let pass = |least: i64| ids.iter().filter(|id| **id > least).count();
    assert_eq!(ids.len(), 20);
    assert!(pass(1) != pass(2) && pass(1) < 20, "the two conditions are told apart");
    assert!(window.has(&format!("{} of 20 rows pass", pass(1))), "of what is saved");
    write(&mut window, "order_id > 2");
    try_out(&mut window);
    assert!(window.has(&format!("{} of 20 rows pass", pass(2))), "of what is written");
    assert!(window.has("Condition: result"));
    let tried = window.app().state().open.trying.tried.as_ref().and_then(|tried| tried.rows.clone());
    let tried = tried.expect("values");
    assert_eq!(tried.columns, ["order_id"]);
    let shown: Vec<_> = tried.rows.iter().rev().map(|row| &row.values[0]).collect();
    let in_file: Vec<_> = ids.iter().map(|id| TriedValue::Some(id.to_string())).collect();
    assert_eq!(shown, in_file.iter().collect::<Vec<_>>(), "the rows are the file's, newest first");
}

#[test]
fn what_cannot_be_computed_is_said_in_its_own_words() {
    let mut window = on_filter();
    write(&mut window, "10 / (order_id - 20) > 1");
    try_out(&mut window);
    assert!(window.has("division by zero"), "the row's fault is not shown");
    assert!(window.has("cannot be computed"));
    write(&mut window, "order_id >");
    try_out(&mut window);
    assert!(window.has("Result of the text before"));
    assert_eq!(
        window.app().state().open.trying.tried.as_ref().and_then(|tried| tried.why_not.clone()),
        Some(WhyNot::NotAnExpression)
    );
}

#[test]
fn without_rows_one_sentence_says_so() {
    let flow = FILTER.replace("orders.csv", "missing.csv");
    let mut window = Window::on(&flow);
    window.select("Large, 1 input");
    window.settle();
    window.harness.run_steps(3);
    window.settle();
    assert!(window.has("No rows have entered yet"));
}

#[test]
fn what_stands_below_an_expression_does_not_move_when_its_rows_come() {
    let select = r#""kind": "select", "title": "Large", "params": { "columns": [{ "expression": "order_id + 1", "name": "next" }] }"#;
    let filter = r#""kind": "filter", "title": "Large", "params": { "condition": "order_id > 1" }"#;
    assert!(FILTER.contains(filter));
    let flow = FILTER.replace(filter, select);
    let place_of_button = |flow: &str, sentence: &str, runs: bool| {
        let mut window = Window::on(flow);
        if runs {
            window.wait(|snapshot| snapshot.status == RunStatus::Finished);
        }
        window.select("Large, 1 input");
        window.settle();
        window.harness.run_steps(3);
        window.settle();
        assert!(window.has(sentence));
        window.harness.get_by_label("Add to Columns").rect()
    };
    let with_rows = place_of_button(&flow, "Result for the last 20 rows", true);
    let without =
        place_of_button(&flow.replace("orders.csv", "missing.csv"), "No rows have entered yet", false);
    assert_eq!(with_rows, without);
}

#[test]
fn a_field_does_not_move_when_something_is_found_about_its_node() {
    let free = on_filter();
    let wire = r#"{ "from": "large.out", "to": "kept.in" }, "#;
    assert!(FILTER.contains(wire));
    let mut found = Window::on(&FILTER.replace(wire, ""));
    found.select("Large, 1 input");
    found.settle();
    assert!(found.has("Connect it to a node or a sink") && !free.has("Connect it to a node or a sink"));
    assert_eq!(field(&found).rect(), field(&free).rect());
}

#[test]
fn the_place_of_the_results_stays_while_a_text_is_taken_away_and_written_anew() {
    let mut window = on_filter();
    assert!(window.has("of 20 rows pass"));
    focus(&mut window);
    window.key(Modifiers::COMMAND, Key::A);
    window.key(Modifiers::NONE, Key::Backspace);
    window.harness.run_steps(2);
    assert_eq!(condition(&window), "", "something is left");
    assert!(window.has("What it gives for the last rows appears here"));
    assert!(!window.has("of 20 rows pass"));
}

#[test]
fn what_is_found_about_a_node_is_in_sight_at_once_and_pushes_nothing_out() {
    let edges =
        r#""edges": [{ "from": "large.out", "to": "kept.in" }, { "from": "orders.out", "to": "large.in" }]"#;
    assert!(FILTER.contains(edges));
    let mut window = Window::on(&FILTER.replace(edges, r#""edges": []"#));
    let node = window.labelled("Large, 1 input").rect().center();
    window.harness.hover_at(node);
    for pressed in [true, false] {
        let (button, modifiers) = (PointerButton::Primary, Modifiers::NONE);
        window.harness.event(Event::PointerButton { pos: node, button, pressed, modifiers });
        window.harness.step();
    }
    window.harness.step();
    let pane = window.labelled("Pane Inspector").rect();
    for text in ["Nothing reads its output", "A change"] {
        let place = window.harness.get_by_label_contains(text).rect();
        assert!(pane.contains_rect(place), "`{text}` {place} is not in {pane}");
    }
}
