//! What is listed: problems that lead to their place, and the log with its filters.

use super::desk::*;

#[test]
fn a_problem_leads_into_the_field_at_fault() {
    let flow = FLOW.replace("\"function\": \"count\"", "\"function\": \"sum\"");
    let mut window = Window::on(&flow.replace("\"keys\": [\"counter\"]", "\"keys\": [\"countr\"]"));
    assert!(window.app().state().open.n_problems() > 1, "there is nothing to go on to");
    window.key(Modifiers::COMMAND, Key::I);
    window.key(Modifiers::NONE, Key::F8);
    window.harness.run_steps(3);
    let open = &window.app().state().open;
    assert_eq!(open.selection.single_node(), Some(&NodeId::new("minute")));
    assert_eq!(open.at_problem, Some(0));
    assert!(window.app().state().view.inspector, "the inspector is closed");
    let focused = window.harness.ctx.memory(egui::Memory::focused).expect("nothing has the keyboard");
    let place = window.harness.ctx.read_response(focused).expect("it is shown").rect;
    assert!(window.labelled("Pane Inspector").rect().contains_rect(place), "it is not in the inspector");
    let n = open.problem_places().count();
    window.key(Modifiers::SHIFT, Key::F8);
    assert_eq!(window.app().state().open.at_problem, Some(n - 1));
    window.key(Modifiers::NONE, Key::F8);
    assert_eq!(window.app().state().open.at_problem, Some(0));
}

#[test]
fn late_rows_that_go_nowhere_are_a_problem_that_one_click_mends() {
    let mut flow = FLOW.to_owned();
    for part in [
        r#"{ "from": "minute.late", "to": "late.in" },"#,
        r#"{ "id": "late", "kind": "table_sink", "title": "Too late", "params": {} },"#,
        r#""late": [800, 192], "#,
    ] {
        assert!(flow.contains(part), "the flow has changed: {part}");
        flow = flow.replace(part, "");
    }
    let mut window = Window::on(&flow);
    window.wait(|snapshot| snapshot.status == RunStatus::Finished);
    window.key(Modifiers::COMMAND, Key::Num2);
    assert!(window.has("By the minute 1 late rows went nowhere"));
    let nodes = window.n_nodes();
    window.harness.get_by_label("Keep in a table").click();
    window.settle();
    assert_eq!(window.n_nodes(), nodes + 1);
    assert!(!window.has("late rows went nowhere"));
    window.key(Modifiers::COMMAND, Key::Z);
    window.settle();
    assert_eq!(window.n_nodes(), nodes, "it was more than one step");
}

#[test]
fn the_log_is_filtered_copied_and_leads_to_the_node() {
    let mut window = Window::on_orders();
    std::fs::remove_file(window.folder.path().join("orders.csv")).expect("removed");
    window.key(Modifiers::COMMAND, Key::R);
    assert!(window.app().wait_for_run(LONG, |snapshot| matches!(snapshot.status, RunStatus::Failed(_))));
    window.key(Modifiers::COMMAND, Key::Num3);
    window.harness.run_steps(2);
    assert!(window.has("Started Orders") && window.has("Errors 1"));
    window.harness.get_by_label("Errors 1").click();
    window.harness.run_steps(3);
    assert!(!window.has("Started Orders") && window.has("The run failed at Orders"));
    window.harness.get_by_label("Copy the log").click();
    let mut copied = None;
    for _ in 0..4 {
        window.harness.step();
        copied = copied.or(window.copied());
    }
    let copied = copied.expect("nothing was copied");
    assert!(copied.lines().count() == 1 && copied.contains("The run failed at Orders"), "{copied}");
    let links = window.harness.query_all_by_role_and_label(Role::Button, "Orders");
    links.last().expect("the entry names its node").click();
    window.harness.run_steps(3);
    let selected = window.app().state().open.selection.single_node().cloned();
    assert_eq!(selected, Some(NodeId::new("orders")));
    window.harness.get_by_label("Clear the log").click();
    window.harness.run_steps(3);
    assert!(window.has("Nothing has happened yet"));
}

#[test]
fn the_log_shows_a_level_and_what_is_worse_what_was_searched_for_and_what_happened_to_a_node() {
    let mut window = Window::on_orders();
    std::fs::remove_file(window.folder.path().join("orders.csv")).expect("removed");
    window.key(Modifiers::COMMAND, Key::R);
    assert!(window.app().wait_for_run(LONG, |snapshot| matches!(snapshot.status, RunStatus::Failed(_))));
    window.harness.run_steps(3);
    window.key(Modifiers::COMMAND, Key::Num3);
    window.harness.run_steps(2);
    let shows = |window: &Window, text: &str| {
        let mut entries = window.harness.query_all_by_role(Role::ListItem);
        entries.any(|entry| entry.accesskit_node().label().is_some_and(|name| name.contains(text)))
    };
    assert!(shows(&window, "Started Orders") && shows(&window, "The run failed at Orders"));
    window.harness.get_by_label("Warnings and errors 1").click();
    window.harness.run_steps(3);
    assert!(!shows(&window, "Started Orders") && shows(&window, "The run failed at Orders"));
    window.harness.get_by_label("All").click();
    window.harness.run_steps(3);

    window.harness.get_by_role_and_label(Role::TextInput, "Search the log").click();
    window.harness.run_steps(2);
    window.harness.event(Event::Text("started ORDERS".to_owned()));
    window.harness.run_steps(3);
    assert!(shows(&window, "Started Orders") && !shows(&window, "The run failed"));
    window.harness.event(Event::Text(" nowhere".to_owned()));
    window.harness.run_steps(3);
    assert!(window.has("Nothing passes the filters"));
    window.key(Modifiers::COMMAND, Key::A);
    window.key(Modifiers::NONE, Key::Backspace);
    window.harness.run_steps(3);
    assert!(shows(&window, "Started Orders") && shows(&window, "The run failed"));

    window.harness.get_by_role_and_label(Role::ComboBox, "Node").click();
    window.harness.run_steps(3);
    // The others of this name lead from the entries into the flow.
    let choice = window.harness.query_all_by_role_and_label(Role::Button, "Orders").next();
    choice.expect("the node can be chosen").click();
    window.harness.run_steps(3);
    assert!(!shows(&window, "Started Orders") && shows(&window, "The run failed at Orders"));
}
