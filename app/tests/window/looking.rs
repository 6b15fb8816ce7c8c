//! The window as such: what is painted, and what stays in its place.

use super::desk::*;
use tidemark::state::layout::{Pane, Side};
use tidemark::state::{DockTab, Drawer};

#[test]
fn nothing_is_painted_while_nothing_happens() {
    let mut window = Window::on_orders();
    window.come_to_rest();
    window.harness.run_steps(10);
    window.assert_rests();
}

#[test]
fn nothing_is_painted_while_nothing_happens_though_every_pane_is_open() {
    let mut window = Window::on_orders();
    let sides = [
        (DockTab::Data, Side::Bottom),
        (DockTab::Timeline, Side::Right),
        (DockTab::Log, Side::Left),
        (DockTab::Problems, Side::Left),
    ];
    for (tab, side) in sides {
        window.ask(Command::MovePane(Pane::Dock(tab), side));
    }
    window.ask(Command::ShowRows(edge(("orders", "out"), ("watermark", "in"))));
    window.ask(Command::SetDrawer(Some(Drawer::History)));
    window.harness.run_steps(3);
    let far_from_all = Pos2::new(1.0, 1.0);
    window.harness.event(Event::PointerMoved(far_from_all));
    window.come_to_rest();
    window.settle();
    window.harness.run_steps(40);
    for pane in ["Rows of", "Watermark", "Level"] {
        assert!(window.has(pane), "{pane} is not shown");
    }
    window.assert_rests();
}

#[test]
fn of_very_many_nodes_only_those_in_sight_are_listed() {
    let node = |number: usize| {
        format!(r#"{{ "id": "n{number:03}", "kind": "union", "title": "Node {number:03}", "params": {{}} }}"#)
    };
    let nodes: Vec<String> = (0..400).map(node).collect();
    let flow = format!(
        r#"{{ "version": 1, "session_zone": "UTC", "nodes": [{}], "edges": [], "layout": {{ "nodes": {{}} }} }}"#,
        nodes.join(",")
    );
    let mut window = Window::on(&flow);
    window.ask(Command::SetDrawer(Some(Drawer::Outline)));
    window.settle();
    let listed = |window: &Window| -> Vec<String> {
        let rows = window.harness.query_all_by_role(Role::ListBoxOption);
        rows.filter_map(|row| row.accesskit_node().label()).filter(|name| name.starts_with("Node ")).collect()
    };
    let before = listed(&window);
    assert!(before.len() < 100 && before[0] == "Node 000", "{} are listed", before.len());
    // Tab goes on to those that were not listed yet.
    window.harness.get_by_role_and_label(Role::ListBoxOption, "Node 000").focus();
    window.harness.run_steps(2);
    (0..60).for_each(|_| window.key(Modifiers::NONE, Key::Tab));
    assert!(window.harness.get_by_role_and_label(Role::ListBoxOption, "Node 060").is_focused());
    let at = window.harness.get_by_role_and_label(Role::ListBoxOption, "Node 060").rect().center();
    window.harness.event(Event::PointerMoved(at));
    window.harness.step();
    window.harness.event(Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: egui::vec2(0.0, -100_000.0),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Wheel,
        modifiers: Modifiers::NONE,
    });
    window.harness.run_steps(40);
    let last = window.harness.get_by_role_and_label(Role::ListBoxOption, "Node 399").rect().center();
    assert!(listed(&window).len() < 100);
    window.click(last);
    let selection = &window.app().state().open.selection;
    assert_eq!(selection.single_node(), Some(&NodeId::new("n399")));
    // The search over everything has them as well, and finds one that is not among those that it shows first.
    window.ask(Command::SetDrawer(None));
    window.ask(Action::FindCommand);
    window.harness.run_steps(3);
    assert!(window.has("There are more: type to narrow them down"));
    window.harness.event(Event::Text("node 377".to_owned()));
    window.harness.run_steps(3);
    window.key(Modifiers::NONE, Key::Enter);
    let selection = &window.app().state().open.selection;
    assert_eq!(selection.single_node(), Some(&NodeId::new("n377")));
}

#[test]
fn a_node_that_is_selected_in_a_narrow_window_stays_in_sight() {
    let mut window = Window::on_orders();
    window.harness.set_size(egui::vec2(1000.0, 720.0));
    window.key(Modifiers::SHIFT, Key::F);
    window.harness.run_steps(20);
    window.select("Result, 1 input");
    window.harness.run_steps(20);
    let node = window.labelled("Result, 1 input").rect();
    let inspector = window.harness.get_by_role_and_label(Role::TextInput, "Title of the node").rect();
    assert!(node.right() <= inspector.left(), "{node:?} is behind the inspector at {inspector:?}");
}

#[test]
fn inspector_and_dock_hide_by_key() {
    let mut window = Window::on_orders();
    assert!(window.has("Session zone") && window.has("Problems"));
    window.key(Modifiers::COMMAND, Key::I);
    window.key(Modifiers::NONE, Key::Backtick);
    assert!(!window.has("Session zone") && !window.has("Problems"));
}

#[test]
fn the_dock_stays_where_it_is_when_a_problem_appears() {
    let mut window = Window::on_orders();
    let edge = |window: &Window| window.harness.get_by_role_and_label(Role::Tab, "Data").rect().top();
    let before = edge(&window);
    window.select("By the minute, 1 input");
    window.key(Modifiers::NONE, Key::Delete);
    window.settle();
    assert!(window.has("problem"));
    assert_eq!(edge(&window), before);
    window.harness.get_by_role_and_label(Role::Tab, "Problems").click();
    window.harness.run_steps(5);
    assert_eq!(edge(&window), before);
}
