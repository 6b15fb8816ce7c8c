//! The canvas without eyes: every node, port and wire has a name and can be clicked by it.

use egui_kittest::kittest::{NodeT, Queryable};
use egui_node_graph::{GraphEvent, PortRef};

use crate::desk::{Desk, flow, open};

#[test]
fn nodes_ports_and_wires_have_names() {
    let harness = open(Desk::new(flow()));
    for name in
        ["Source", "Window", "Sink", "in input of Window", "out output of Source", "Wire from Window to Sink"]
    {
        harness.get_by_label(name);
    }
    let canvas = harness.get_by_label("Graph");
    // Four nodes with two ports each, two wires, and the container they lie in.
    assert_eq!(canvas.children_recursive().count(), 15);
}

#[test]
fn names_given_by_the_caller_win_and_errors_are_told() {
    let mut graph = flow();
    let said = "Window hourly, 1 input, 1 output, 12.3 k rows/s, problem: late rows";
    graph.node_face_mut(&2).expect("node 2").accessible_name = said.to_owned();
    graph.node_face_mut(&3).expect("node 3").error = Some("The disk is full".to_owned());
    graph.wire_face_mut(&1).expect("wire 1").accessible_name = "12.3 k rows/s into the window".to_owned();
    let harness = open(Desk::new(graph));
    harness.get_by_label(said);
    harness.get_by_label("Sink, problem: The disk is full");
    harness.get_by_label("12.3 k rows/s into the window");
}

#[test]
fn what_a_tile_shows_is_told_on_request() {
    let mut graph = flow();
    graph.node_face_mut(&2).expect("node 2").summary = vec!["1 min".to_owned(), "by item".to_owned()];
    let face = graph.node_face_mut(&3).expect("node 3");
    face.summary = vec!["x.csv".to_owned()];
    face.accessible_description = "x.csv, busy 10 %".to_owned();
    let harness = open(Desk::new(graph));
    let told = |name| harness.get_by_label(name).accesskit_node().description();
    assert_eq!(told("Window").as_deref(), Some("1 min, by item"));
    assert_eq!(told("Sink").as_deref(), Some("x.csv, busy 10 %"));
    assert_eq!(told("Source"), None);
}

#[test]
fn a_node_and_a_wire_can_be_clicked_by_name() {
    let mut harness = open(Desk::new(flow()));
    harness.get_by_label("Window").click();
    harness.run();
    assert!(harness.state().view.selected_nodes.contains(&2));
    assert!(harness.get_by_label("Window").accesskit_node().is_selected().unwrap_or(false));

    harness.get_by_label("Wire from Source to Window").click();
    harness.run();
    assert!(harness.state().view.selected_wires.contains(&1));
}

#[test]
fn a_screen_reader_can_select_focus_and_wire() {
    let mut harness = open(Desk::new(flow()));
    harness.get_by_label("Sink").click_accesskit();
    harness.run();
    assert!(harness.state().view.selected_nodes.contains(&3));

    harness.get_by_label("Filter").focus();
    harness.run();
    assert_eq!(harness.state().view.focus, Some(4));

    harness.get_by_label("out output of Source").click_accesskit();
    harness.run();
    harness.get_by_label("in input of Filter").click_accesskit();
    harness.run();
    let expected = GraphEvent::WireRequested { from: PortRef::output(1, "out"), to: PortRef::input(4, "in") };
    assert!(harness.state().events.contains(&expected), "{:?}", harness.state().events);
}

#[test]
fn what_is_off_screen_is_still_described() {
    let mut graph = flow();
    graph.set_position(&3, egui::pos2(90_000.0, 0.0));
    let mut harness = open(Desk::new(graph));
    harness.get_by_label("Sink").focus();
    harness.run();
    assert!(
        harness.state().geometry.as_ref().is_some_and(|g| g.visible_nodes.contains(&2)),
        "it came into view"
    );
}
