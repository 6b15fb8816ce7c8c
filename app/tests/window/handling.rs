//! What a hand and a keyboard do on the canvas and to titles: nothing is lost, nothing that cannot work is drawn, and steps are whole.

use super::desk::*;
use tidemark_engine::graph::Edit;

const CTRL: Modifiers = Modifiers::COMMAND;
const NONE: Modifiers = Modifiers::NONE;
const SHIFT: Modifiers = Modifiers::SHIFT;

fn title(window: &Window, node: &str) -> Option<String> {
    window.flow().nodes[&NodeId::new(node)].title.clone()
}

fn x(window: &Window, node: &str) -> i32 {
    window.flow().layout.nodes[&NodeId::new(node)].x
}

fn n_steps(window: &Window) -> usize {
    window.app().state().open.document.n_done()
}

fn undo_text(window: &Window) -> String {
    window.app().state().open.document.undo_text()
}

fn write(window: &mut Window, text: &str) {
    for letter in text.chars() {
        window.harness.event(Event::Text(letter.to_string()));
        window.harness.run_steps(2);
    }
}

fn select_nodes(window: &mut Window, nodes: &[&str]) {
    let nodes = nodes.iter().map(|node| NodeId::new(*node)).collect();
    let selection = tidemark::state::Selection { nodes, ..Default::default() };
    window.ask(Command::Select(selection));
    window.harness.run_steps(2);
}

/// The orders, with a part of the flow replaced.
fn changed(parts: &[(&str, &str)]) -> String {
    parts.iter().fold(FLOW.to_owned(), |flow, (from, to)| {
        assert!(flow.contains(from), "the flow has changed: {from}");
        flow.replace(from, to)
    })
}

/// The orders without the wire into the window.
fn unwired() -> String {
    changed(&[(
        r#"{ "from": "orders.out", "to": "watermark.in" },
    { "from": "watermark.out", "to": "minute.in" }"#,
        r#"{ "from": "orders.out", "to": "watermark.in" }"#,
    )])
}

fn drag_wire(window: &mut Window, from: (&str, &str), to: (&str, &str)) {
    let from = window.app().port_place(&port(from.0, from.1), true).expect("drawn");
    let to = window.app().port_place(&port(to.0, to.1), false).expect("drawn");
    window.drag(from, to);
}

fn palette_drop(window: &mut Window, kind: &str, to: Pos2) {
    window.ask(Command::SetDrawer(Some(tidemark::state::Drawer::Palette)));
    window.harness.run_steps(3);
    // The list may be longer than the window.
    window.harness.get_by_role_and_label(Role::ListBoxOption, kind).scroll_to_me();
    window.harness.run_steps(3);
    let from = window.harness.get_by_role_and_label(Role::ListBoxOption, kind).rect().center();
    window.drag(from, to);
}

#[test]
fn a_title_is_kept_as_it_is_written() {
    let mut window = Window::on_orders();
    window.select("By the minute, 1 input");
    window.key(NONE, Key::F2);
    write(&mut window, "!");
    window.key(CTRL, Key::S);
    window.settle();
    let saved = std::fs::read_to_string(window.flow_file()).expect("the flow");
    assert!(saved.contains("By the minute!"), "what was written is not in the file");
    assert!(window.app().state().open.document.is_saved());

    write(&mut window, "?");
    window.key(CTRL, Key::N);
    window.key(CTRL, Key::PageUp);
    assert_eq!(title(&window, "minute").as_deref(), Some("By the minute!?"));
}

#[test]
fn a_title_is_one_step_and_escape_gives_it_back() {
    let mut window = Window::on_orders();
    window.select("By the minute, 1 input");
    let before = n_steps(&window);
    window.key(NONE, Key::F2);
    write(&mut window, " again");
    assert_eq!(title(&window, "minute").as_deref(), Some("By the minute again"));
    window.key(NONE, Key::Escape);
    window.harness.run_steps(2);
    assert_eq!((title(&window, "minute").as_deref(), n_steps(&window)), (Some("By the minute"), before));
    window.key(NONE, Key::F2);
    write(&mut window, " again");
    window.key(NONE, Key::Enter);
    assert_eq!(n_steps(&window), before + 1);
}

#[test]
fn escape_gives_back_what_the_flow_was_called() {
    let mut window = Window::on_orders();
    for (role, field) in [
        (Role::TextInput, "Name"),
        (Role::MultilineTextInput, "Description"),
        (Role::TextInput, "Session zone"),
    ] {
        let before = window.flow().clone();
        window.harness.get_by_role_and_label(role, field).focus();
        window.harness.run_steps(2);
        window.key(CTRL, Key::A);
        write(&mut window, "Europe/Rome");
        assert_ne!(*window.flow(), before, "{field} is not written");
        window.key(NONE, Key::Escape);
        window.harness.run_steps(2);
        assert_eq!(*window.flow(), before, "{field} does not give back");
    }
}

#[test]
fn a_title_is_not_written_later_if_several_nodes_were_selected() {
    let mut window = Window::on_orders();
    select_nodes(&mut window, &["minute", "orders"]);
    window.key(NONE, Key::F2);
    window.ask(Action::Rename);
    select_nodes(&mut window, &["minute"]);
    write(&mut window, "x");
    assert_eq!(title(&window, "minute").as_deref(), Some("By the minute"), "F2 took the keyboard late");
}

#[test]
fn a_wire_is_refused_that_brings_rows_without_watermarks() {
    let mut window = Window::on(&unwired());
    drag_wire(&mut window, ("orders", "out"), ("minute", "in"));
    assert!(!window.flow().edges.contains(&edge(("orders", "out"), ("minute", "in"))));
    assert!(window.has("By the minute would not work: the input has no watermarks"), "the reason is missing");
    drag_wire(&mut window, ("watermark", "out"), ("minute", "in"));
    assert!(window.flow().edges.contains(&edge(("watermark", "out"), ("minute", "in"))));
    assert!(!window.has("would not work"), "a refusal outlives what was done instead");
}

#[test]
fn a_node_that_does_not_fit_into_a_wire_is_not_inserted() {
    let loose = r#"{ "id": "hour", "kind": "tumbling_window", "title": "By the hour", "params": { "size_millis": 3600000, "aggregates": [{ "function": "count", "name": "n" }] } },
    { "id": "bare", "kind": "select", "title": "Bare", "params": { "columns": [{ "name": "counter", "expression": "counter" }] } },
    { "id": "late", "kind""#;
    let flow_text = changed(&[
        (r#"{ "id": "late", "kind""#, loose),
        (r#""late": [800, 192],"#, r#""late": [800, 192], "hour": [32, 320], "bare": [544, 320],"#),
    ]);
    let mut window = Window::on(&flow_text);
    let before = window.flow().edges.clone();
    // Nothing above the window gives it watermarks, and nothing below the columns keeps the time for it.
    for (node, wire) in [
        ("By the hour, ", edge(("orders", "out"), ("watermark", "in"))),
        ("Bare, ", edge(("watermark", "out"), ("minute", "in"))),
    ] {
        let from = window.labelled(node).rect().center();
        let to = window.app().wire_middle(&wire).expect("drawn");
        window.drag(from, to);
        assert!(undo_text(&window).ends_with("moving nodes"), "{node} was not dropped");
        assert_eq!(window.flow().edges, before, "{node}");
        window.key(CTRL, Key::Z);
        window.settle();
    }
}

#[test]
fn what_is_dropped_from_the_palette_stands_where_it_was_dropped() {
    let mut window = Window::on_orders();
    let wire = edge(("orders", "out"), ("watermark", "in"));
    let to = window.app().wire_middle(&wire).expect("drawn");
    let before = window.flow().clone();
    palette_drop(&mut window, "Tumbling window", to);
    assert_eq!(window.flow().edges, before.edges, "it does not fit");
    assert!(window.has("Tumbling window would not work: the input has no watermarks"));
    window.key(CTRL, Key::Z);

    palette_drop(&mut window, "CSV source", to);
    let new = window.app().state().open.selection.single_node().expect("a new node").to_string();
    assert!(x(&window, &new) < x(&window, "watermark") + 190, "it stands in the middle of the view");
    window.key(CTRL, Key::Z);

    palette_drop(&mut window, "Filter", to);
    assert!(window.flow().edges.contains(&edge(("filter", "out"), ("watermark", "in"))));
    assert!(x(&window, "filter") >= x(&window, "orders") + 190 + 48);
    assert!(x(&window, "watermark") >= x(&window, "filter") + 190 + 48, "there is no room");
    assert_eq!(x(&window, "counts") - x(&window, "minute"), 800 - 544, "what is downstream came along");
    window.key(CTRL, Key::Z);
    assert_eq!(*window.flow(), before, "one step");
}

#[test]
fn the_next_of_a_chain_is_offered_by_what_the_new_node_gives_out() {
    let mut window = Window::on_orders();
    window.select("Orders, 2 outputs");
    window.key(NONE, Key::A);
    let offered = |window: &Window, kind: &str| {
        window.harness.query_all_by_role_and_label(Role::ListBoxOption, kind).count()
    };
    assert_eq!((offered(&window, "Tumbling window"), offered(&window, "Filter")), (1, 2), "wired and not");
    write(&mut window, "union");
    window.key(CTRL, Key::Enter);
    window.settle();
    assert!(window.has("Wired to Union"));
    assert_eq!((offered(&window, "Tumbling window"), offered(&window, "Filter")), (1, 2), "wired and not");
    // What fits stands before what does not, though both match what is typed.
    write(&mut window, "window");
    let first = window
        .harness
        .query_all_by_role(Role::ListBoxOption)
        .next()
        .and_then(|row| row.accesskit_node().label());
    assert_eq!(first.as_deref(), Some("Tumbling window"));
    assert!(!window.has("Wired to Union"), "it is offered wired");
}

#[test]
fn a_refusal_is_shown_before_a_failure_and_goes_when_something_is_done() {
    let mut window = Window::on_orders();
    std::fs::remove_file(window.folder.path().join("orders.csv")).expect("removed");
    window.key(CTRL, Key::R);
    assert!(window.app().wait_for_run(LONG, |snapshot| matches!(snapshot.status, RunStatus::Failed(_))));
    window.settle();
    assert!(window.has("The run failed at Orders"));
    window.key(CTRL, Key::D);
    window.ask(Command::Refuse("Not so".to_owned()));
    window.harness.run_steps(2);
    assert!(window.has("Not so"), "the failure hides it");
    window.ask(Command::DismissBanner);
    window.harness.run_steps(2);
    assert!(!window.has("Not so") && window.app().state().open.banner.is_some(), "both were dismissed");
    let renamed = Edit::SetTitle { node: NodeId::new("minute"), title: Some("M".to_owned()) };
    for command in [Command::Edit(renamed), Command::Do(Action::Undo)] {
        window.ask(Command::Refuse("Not so".to_owned()));
        window.ask(command);
        assert_eq!(window.app().state().view.refusal, None);
    }
}

#[test]
fn marked_text_is_copied_and_not_the_node() {
    let mut window = Window::on_orders();
    window.select("By the minute, 1 input");
    let summary = window.labelled("Counts and aggregates").rect();
    let at = summary.left_center() + egui::vec2(12.0, 0.0);
    window.harness.event(Event::PointerMoved(at));
    window.harness.step();
    for pressed in [true, false, true, false] {
        window.button(at, pressed);
    }
    window.harness.run_steps(2);
    let copied = window.copied_by(Event::Copy);
    assert!(copied.as_deref().is_some_and(|text| text.starts_with("Counts")), "{copied:?}");
    window.harness.event(Event::Cut);
    window.harness.run_steps(3);
    assert_eq!(window.n_nodes(), 5, "the node was cut");
}

#[test]
fn ports_and_wires_are_walked_by_keys_in_the_window() {
    let mut window = Window::on_orders();
    window.select("By the minute, 1 input");
    let announced = |window: &Window| {
        let canvas = window.harness.get_by_role_and_label(Role::List, "Flow");
        canvas.accesskit_node().active_descendant().and_then(|node| node.label()).unwrap_or_default()
    };
    window.key(NONE, Key::P);
    assert_eq!(announced(&window), "out, output of By the minute");
    window.key(SHIFT, Key::P);
    assert_eq!(announced(&window), "in, input of By the minute");
    window.key(NONE, Key::Escape);
    window.key(NONE, Key::W);
    let first = window.app().state().open.selection.single_wire().cloned();
    window.key(NONE, Key::W);
    assert_ne!(window.app().state().open.selection.single_wire().cloned(), first);
    window.key(SHIFT, Key::W);
    assert_eq!(window.app().state().open.selection.single_wire().cloned(), first, "Shift+W is taken away");
    assert!(first.is_some());
    window.key(NONE, Key::Escape);
    window.key(NONE, Key::Tab);
    assert_eq!(announced(&window).split(',').next(), Some("Orders"));
    window.key(NONE, Key::ArrowRight);
    assert_eq!(announced(&window).split(',').next(), Some("Ten seconds"));
    window.key(CTRL, Key::ArrowRight);
    assert_eq!(announced(&window).split(',').next(), Some("By the minute"));
    assert_eq!(window.app().state().open.selection.single_node(), Some(&NodeId::new("watermark")));
    window.key(SHIFT, Key::Enter);
    assert_eq!(window.app().state().open.selection.nodes.len(), 2);
}

#[test]
fn a_wire_is_drawn_by_keys_alone() {
    let mut window = Window::on(&unwired());
    window.select("Ten seconds, 1 input");
    window.key(NONE, Key::P);
    window.key(NONE, Key::Enter);
    window.key(NONE, Key::Enter);
    assert!(
        window.flow().edges.contains(&edge(("watermark", "out"), ("minute", "in"))),
        "{:?}",
        window.flow().edges
    );
}

#[test]
fn the_keys_of_the_canvas_are_listed() {
    let mut window = Window::on_orders();
    window.key(NONE, Key::F1);
    window.harness.run_steps(3);
    assert!(window.has("On the canvas"));
    for (what, how) in [
        ("Next wire of the port or node", "W"),
        ("Move the selection by a step of the grid", "Shift+arrows"),
        ("Move without snapping", "Alt while dragging"),
    ] {
        assert!(window.has(what), "{what}");
        window.harness.get_all_by_label(how).next().expect("how it is done");
    }
}

#[test]
fn nudges_are_one_step_until_shift_is_let_go() {
    let mut window = Window::on_orders();
    window.select("By the minute, 1 input");
    let (before, at) = (n_steps(&window), x(&window, "minute"));
    let nudge = |window: &mut Window, times: usize| {
        window.harness.event(Event::ModifiersChanged(SHIFT));
        window.harness.step();
        for _ in 0..times {
            for pressed in [true, false] {
                let key = Key::ArrowRight;
                window.harness.event(Event::Key {
                    key,
                    physical_key: None,
                    pressed,
                    repeat: false,
                    modifiers: SHIFT,
                });
                window.harness.run_steps(2);
            }
        }
        window.harness.event(Event::ModifiersChanged(NONE));
        window.harness.run_steps(3);
    };
    nudge(&mut window, 4);
    assert_eq!((x(&window, "minute"), n_steps(&window)), (at + 64, before + 1));
    nudge(&mut window, 1);
    assert_eq!((x(&window, "minute"), n_steps(&window)), (at + 80, before + 2));
    window.key(CTRL, Key::Z);
    assert_eq!(x(&window, "minute"), at + 64);
}

#[test]
fn the_history_says_of_what_each_step_was() {
    let mut window = Window::on_orders();
    let set = |node: &str, name: &str, value: i64| {
        Command::Edit(Edit::SetParam {
            node: NodeId::new(node),
            name: name.to_owned(),
            value: Some(value.into()),
        })
    };
    let moved = Edit::MoveNodes([(NodeId::new("minute"), Some(graph::Point { x: 544, y: 480 }))].into());
    let edits = [
        set("minute", "size_millis", 1_000),
        set("watermark", "bound_millis", 5),
        Command::Edit(moved),
        Command::Edit(Edit::Disconnect(edge(("minute", "late"), ("late", "in")))),
        Command::Edit(Edit::RemoveNode(NodeId::new("late"))),
        Command::SetDrawer(Some(tidemark::state::Drawer::History)),
    ];
    window.ask_at_once(edits);
    window.harness.run_steps(3);
    for step in [
        "Setting a parameter · Size of By the minute",
        "Setting a parameter · Bound of Ten seconds",
        "Moving nodes · By the minute",
        "Removing wires · By the minute → Too late",
        "Deleting a node · Too late",
    ] {
        assert!(window.has(step), "{step}");
    }
}

#[test]
fn deleting_and_reconnecting_waits_for_the_check() {
    let mut window = Window::on_orders();
    select_nodes(&mut window, &["watermark"]);
    let name = "bound_millis".to_owned();
    let set = Edit::SetParam { node: NodeId::new("watermark"), name, value: Some(5.into()) };
    window.ask_at_once([Command::Edit(set), Command::Do(Action::DeleteKeepWire)]);
    window.harness.run_steps(1);
    assert_eq!(window.n_nodes(), 5, "it was deleted though nobody knew whether that can be");
    assert!(window.has("The flow is still being checked"));
    window.settle();
    window.ask(Action::DeleteKeepWire);
    window.harness.run_steps(2);
    assert!(window.has("Ten seconds was kept: By the minute would not work without it"));
}

#[test]
fn a_node_says_what_is_on_its_face() {
    let mut window = Window::on_orders();
    let said = |window: &Window| {
        window.labelled("By the minute, 1 input").accesskit_node().description().unwrap_or_default()
    };
    assert!(said(&window).starts_with("1 min"), "{}", said(&window));
    let figures = NodeFigures { busy: 0.25, blocked: 0.5, ..NodeFigures::default() };
    let nodes = [(NodeId::new("minute"), figures)].into();
    let snapshot = UiSnapshot { run: 1_000, status: RunStatus::Running, nodes, ..UiSnapshot::default() };
    let app = window.harness.state_mut().as_mut().expect("the first frame made it");
    app.show_figures(std::sync::Arc::new(snapshot));
    window.harness.run_steps(3);
    let share = tidemark::ui_kit::format::percent;
    let bar = format!("busy {}, idle {}, blocked {}", share(0.25), share(0.25), share(0.5));
    assert!(said(&window).ends_with(&bar), "{}", said(&window));
}

#[test]
fn a_rectangle_selects_and_shift_adds_to_it() {
    let mut window = Window::on_orders();
    let around = |window: &Window, node: &str| window.labelled(node).rect().expand(12.0);
    let area = around(&window, "Orders, ").union(around(&window, "Ten seconds, 1"));
    window.drag(area.left_bottom(), area.right_top());
    let nodes = |window: &Window| {
        window.app().state().open.selection.nodes.iter().map(NodeId::to_string).collect::<Vec<_>>()
    };
    assert_eq!(nodes(&window), ["orders", "watermark"]);
    let at = window.labelled("Too late, ").rect().center();
    window.harness.event(Event::PointerMoved(at));
    window.harness.step();
    for pressed in [true, false] {
        let button = PointerButton::Primary;
        window.harness.event(Event::PointerButton { pos: at, button, pressed, modifiers: SHIFT });
        window.harness.step();
    }
    window.harness.run_steps(3);
    assert_eq!(nodes(&window), ["late", "orders", "watermark"]);
}

#[test]
fn a_dragged_node_rests_on_the_grid() {
    let mut window = Window::on_orders();
    let from = window.labelled("Too late, ").rect().center();
    window.drag(from, from + egui::vec2(37.0, 101.0));
    let at = window.flow().layout.nodes[&NodeId::new("late")];
    assert_ne!((at.x, at.y), (800, 192));
    assert_eq!((at.x % 16, at.y % 16), (0, 0), "{at:?}");
}

#[test]
fn the_whole_flow_is_fitted_into_the_canvas() {
    let mut window = Window::on_orders();
    let far = [(NodeId::new("late"), Some(graph::Point { x: 4_000, y: 3_000 }))];
    window.ask(Command::Edit(Edit::MoveNodes(far.into())));
    window.harness.run_steps(3);
    let canvas = window.harness.get_by_role_and_label(Role::List, "Flow").rect();
    assert!(!canvas.contains_rect(window.labelled("Too late, ").rect()));
    window.select("By the minute, 1 input");
    window.key(SHIFT, Key::F);
    window.harness.run_steps(40);
    for node in ["Orders, ", "Ten seconds, 1", "By the minute, ", "Result, ", "Too late, "] {
        assert!(canvas.contains_rect(window.labelled(node).rect()), "{node} is out of sight");
    }
}

#[test]
fn a_click_on_the_map_moves_the_view() {
    let mut window = Window::on_orders();
    let far = [(NodeId::new("late"), Some(graph::Point { x: 4_000, y: 2_000 }))];
    window.ask(Command::Edit(Edit::MoveNodes(far.into())));
    window.harness.run_steps(3);
    let canvas = window.harness.get_by_role_and_label(Role::List, "Flow").rect();
    let map = window.harness.get_by_role_and_label(Role::Image, "Minimap").rect();
    assert!(!canvas.intersects(window.labelled("Too late, ").rect()));
    window.click(map.right_bottom() - egui::vec2(16.0, 22.0));
    window.harness.run_steps(3);
    assert!(canvas.intersects(window.labelled("Too late, ").rect()), "the view did not move");
}
