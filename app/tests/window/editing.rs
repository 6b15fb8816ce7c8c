//! Changing the flow.

use super::desk::*;

#[test]
fn a_parameter_is_changed_by_its_field_and_undone_by_a_key() {
    let mut window = Window::on_orders();
    window.select("By the minute, 1 input");
    let before = window.app().state().open.run.asked;
    let field = window.harness.get_by_role_and_label(Role::TextInput, "Size");
    assert_eq!(field.value().as_deref(), Some("1 min"));
    field.focus();
    window.harness.run_steps(2);
    window.key(Modifiers::COMMAND, Key::A);
    window.harness.get_by_role_and_label(Role::TextInput, "Size").type_text("2 min");
    window.harness.run_steps(2);
    assert_eq!(window.param("minute", "size_millis"), 120_000);
    window.key(Modifiers::NONE, Key::Tab);
    window.settle();
    assert!(window.app().state().open.run.asked > before, "a playing flow runs again when it has changed");
    let canvas = window.app().wire_middle(&edge(("orders", "out"), ("watermark", "in"))).expect("drawn");
    window.click(canvas + egui::vec2(0.0, 240.0));
    window.key(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.param("minute", "size_millis"), 60_000);
    window.key(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    assert_eq!(window.param("minute", "size_millis"), 120_000);
}

#[test]
fn the_palette_adds_a_node_and_delete_removes_it() {
    let mut window = Window::on_orders();
    let n_nodes = window.n_nodes();
    window.harness.get_by_label("Palette").click();
    window.harness.run_steps(3);
    window.harness.get_by_label("Union").click();
    window.harness.run_steps(3);
    assert_eq!(window.n_nodes(), n_nodes + 1);
    assert_eq!(window.app().state().open.selection.single_node(), Some(&NodeId::new("union")));
    window.settle();
    assert!(!window.app().state().open.can_run(), "a union without inputs cannot run");
    assert!(window.has("Problems"));
    window.key(Modifiers::NONE, Key::Delete);
    assert_eq!(window.n_nodes(), n_nodes);
    window.key(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.n_nodes(), n_nodes + 1);
}

#[test]
fn a_wire_that_cannot_be_is_refused_with_its_reason() {
    let mut window = Window::on_orders();
    let n_edges = window.app().state().open.document.flow().edges.len();
    let from = window.app().port_place(&port("minute", "late"), true).expect("drawn");
    let to = window.app().port_place(&port("watermark", "in"), false).expect("drawn");
    window.drag(from, to);
    assert!(
        window.has("Ten seconds takes one wire at in and has one already, from Orders"),
        "the reason is not shown in words that people know"
    );
    assert_eq!(window.app().state().open.document.flow().edges.len(), n_edges);
}

#[test]
fn a_wire_let_go_over_nothing_offers_what_fits() {
    let mut window = Window::on_orders();
    let from = window.app().port_place(&port("orders", "rejected"), true).expect("drawn");
    window.drag(from, from + egui::vec2(40.0, 160.0));
    assert!(window.has("Search nodes"));
    assert!(!window.has("Reads rows from CSV files"), "a source takes no wire");
    window.harness.event(Event::Text("union".to_owned()));
    window.harness.run_steps(2);
    window.key(Modifiers::NONE, Key::Enter);
    window.harness.run_steps(2);
    let flow = window.app().state().open.document.flow();
    assert!(flow.edges.contains(&edge(("orders", "rejected"), ("union", "in"))), "{:?}", flow.edges);
    window.key(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.n_nodes(), 5, "placing and wiring are one step");
}

#[test]
fn in_an_empty_flow_a_source_is_found_first() {
    let mut window = Window::on_orders();
    window.key(Modifiers::COMMAND, Key::N);
    window.select("Add node…");
    window.harness.run_steps(3);
    window.harness.event(Event::Text("csv".to_owned()));
    window.harness.run_steps(2);
    window.key(Modifiers::NONE, Key::Enter);
    let kinds: Vec<_> =
        window.app().state().open.document.flow().nodes.values().map(|node| &*node.kind).collect();
    assert_eq!(kinds, ["csv_source"]);
    assert!(window.has(&tidemark::ui_kit::format::percent(1.0)), "an empty canvas is shown at its own size");
}

#[test]
fn the_flow_is_named_described_and_given_a_zone_and_each_is_one_step() {
    let mut window = Window::on_orders();
    let write = |window: &mut Window, role: Role, field: &str, text: &str| {
        window.harness.get_by_role_and_label(role, field).focus();
        window.harness.run_steps(2);
        window.key(Modifiers::COMMAND, Key::A);
        for letter in text.chars() {
            window.harness.event(Event::Text(letter.to_string()));
            window.harness.run_steps(1);
        }
        window.key(Modifiers::NONE, Key::Tab);
        window.harness.run_steps(2);
    };
    write(&mut window, Role::TextInput, "Name", "Coffee");
    write(&mut window, Role::MultilineTextInput, "Description", "All day");
    write(&mut window, Role::TextInput, "Session zone", "Europe/Pari");
    window.settle();
    assert!(window.has("There is no time zone called Europe/Pari"), "the form does not say it");
    write(&mut window, Role::TextInput, "Session zone", "Europe/Paris");
    window.settle();
    let flow = window.app().state().open.document.flow();
    assert_eq!(flow.name.as_deref(), Some("Coffee"));
    assert_eq!(flow.description.as_deref(), Some("All day"));
    assert_eq!((&*flow.session_zone, window.app().state().open.can_run()), ("Europe/Paris", true));
    let before =
        ["setting the session zone", "setting the session zone", "describing the flow", "renaming the flow"];
    for step in before {
        let undo = window.app().state().open.document.undo_text();
        assert!(undo.ends_with(step), "{undo} instead of {step}");
        window.click(window.app().wire_middle(&edge(("orders", "out"), ("watermark", "in"))).expect("drawn"));
        window.key(Modifiers::COMMAND, Key::Z);
    }
    let flow = window.app().state().open.document.flow();
    assert_eq!((flow.name.as_deref(), &*flow.session_zone), (Some("Orders"), "UTC"));
}

#[test]
fn a_node_dropped_on_a_wire_is_wired_and_gets_room_in_one_step() {
    let flow = FLOW.replace(
        r#""params": { "bound_millis": 10000 } }"#,
        r#""params": { "bound_millis": 10000 } },
    { "id": "both", "kind": "union", "title": "Both", "params": {} }"#,
    );
    let flow = flow.replace(r#""late": [800, 192],"#, r#""late": [800, 192], "both": [288, 320],"#);
    let mut window = Window::on(&flow);
    let place = |window: &Window, node: &str| {
        let layout = &window.app().state().open.document.flow().layout.nodes;
        layout.get(&NodeId::new(node)).map(|at| (at.x, at.y))
    };
    let before = window.app().state().open.document.flow().clone();
    let wire = edge(("orders", "out"), ("watermark", "in"));
    let to = window.app().wire_middle(&wire).expect("drawn");
    let from = window.labelled("Both, ").rect().center();
    window.drag(from, to);

    let flow = window.app().state().open.document.flow();
    assert!(!flow.edges.contains(&wire), "{:?}", flow.edges);
    for new in [edge(("orders", "out"), ("both", "in")), edge(("both", "out"), ("watermark", "in"))] {
        assert!(flow.edges.contains(&new), "{new:?} is not among {:?}", flow.edges);
    }
    let x = |node: &str| place(&window, node).expect("it stands somewhere").0;
    assert!(x("both") >= x("orders") + 190 && x("watermark") >= x("both") + 190, "there is room for all");
    assert_eq!(x("counts") - x("minute"), 800 - 544, "what is downstream came along");

    window.key(Modifiers::COMMAND, Key::Z);
    assert_eq!(*window.app().state().open.document.flow(), before, "one step back");
}

#[test]
fn a_node_is_found_filled_in_and_left_again_by_keys_alone() {
    let mut window = Window::on_orders();
    window.key(Modifiers::COMMAND, Key::N);
    window.harness.event(Event::PointerMoved(Pos2::new(700.0, 890.0)));
    window.harness.run_steps(2);
    window.key(Modifiers::NONE, Key::A);
    let field = window.harness.get_by_label("Search nodes").rect();
    assert!(field.bottom() < 560.0, "the list has no room below {field:?}");
    window.harness.event(Event::Text("csv so".to_owned()));
    window.harness.run_steps(2);
    window.key(Modifiers::NONE, Key::Enter);
    window.harness.run_steps(2);
    window.key(Modifiers::NONE, Key::Enter);
    window.harness.run_steps(2);
    assert!(
        window.harness.get_by_role_and_label(Role::TextInput, "Path").is_focused(),
        "Enter edits the node"
    );
    window.harness.event(Event::Text("orders.csv".to_owned()));
    window.harness.run_steps(2);
    assert_eq!(window.param("csv_source", "path"), "orders.csv");
    window.key(Modifiers::NONE, Key::Tab);
    window.key(Modifiers::NONE, Key::Escape);
    window.harness.run_steps(2);
    window.key(Modifiers::NONE, Key::Delete);
    assert_eq!(window.n_nodes(), 0, "the canvas has the keyboard again");
}

#[test]
fn an_entry_that_is_added_to_a_list_has_the_keyboard() {
    let mut window = Window::on_orders();
    window.select("By the minute, 1 input");
    window.harness.get_by_label("Add to Aggregates").focus();
    window.harness.run_steps(2);
    window.key(Modifiers::NONE, Key::Enter);
    window.harness.run_steps(3);
    let focused = window.harness.ctx.memory(egui::Memory::focused);
    assert!(focused.is_some(), "nothing has the keyboard");
    assert_eq!(window.param("minute", "aggregates").as_array().map(Vec::len), Some(2));
    window.key(Modifiers::NONE, Key::Space);
    window.harness.run_steps(2);
    assert_eq!(
        window.param("minute", "aggregates").as_array().map(Vec::len),
        Some(2),
        "Add still has the keyboard"
    );
}
