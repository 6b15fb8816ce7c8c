//! Drawing, refusing and cutting wires.

use egui::{Key, PointerButton, pos2, vec2};
use egui_kittest::kittest::Queryable;
use egui_node_graph::{GraphEvent, PortRef, Target};

use crate::desk::{Desk, Hands, flow, open};

#[test]
fn a_wire_can_be_drawn_from_either_end() {
    let (output, input) = (PortRef::output(1, "out"), PortRef::input(4, "in"));
    for backwards in [false, true] {
        let mut harness = open(Desk::new(flow()));
        let ends = [harness.state().port(&output), harness.state().port(&input)];
        let [from, to] = if backwards { [ends[1], ends[0]] } else { ends };
        harness.drag(from, to);
        let expected = GraphEvent::WireRequested { from: output.clone(), to: input.clone() };
        assert_eq!(harness.state().deeds(), [&expected]);
    }
}

#[test]
fn a_port_takes_any_number_of_wires() {
    let mut harness = open(Desk::new(flow()));
    let (output, input) = (PortRef::output(1, "out"), PortRef::input(3, "in"));
    // Both ports have a wire already.
    let (from, to) = (harness.state().port(&output), harness.state().port(&input));
    harness.drag(from, to);
    assert_eq!(harness.state().deeds(), [&GraphEvent::WireRequested { from: output, to: input }]);

    let mut graph = flow();
    let mut wires = graph.wires().to_vec();
    wires.push(crate::desk::wire(3, 1, 3));
    wires.push(crate::desk::wire(4, 1, 4));
    graph = egui_node_graph::Graph::new(graph.nodes().to_vec(), wires);
    let harness = open(Desk::new(graph));
    assert_eq!(harness.state().geometry.as_ref().map(|g| g.visible_wires.len()), Some(4));
}

#[test]
fn a_refused_port_says_why_at_the_pointer() {
    let mut desk = Desk::new(flow());
    desk.refuse = Some("The sink needs a watermark");
    let mut harness = open(desk);
    let from = harness.state().port(&PortRef::output(1, "out"));
    let to = harness.state().port(&PortRef::input(4, "in"));
    harness.press(from, PointerButton::Primary);
    harness.glide(from + vec2(30.0, 30.0));
    harness.glide(to);
    harness.step();
    harness.get_by_label("The sink needs a watermark");
    harness.release(to, PointerButton::Primary);
    assert!(
        matches!(harness.state().deeds()[..], [GraphEvent::WireRefused { reason, .. }] if reason.contains("watermark"))
    );
    harness.run();
    assert!(harness.query_by_label("The sink needs a watermark").is_none());
}

#[test]
fn two_outputs_are_refused_without_asking() {
    let mut harness = open(Desk::new(flow()));
    let from = harness.state().port(&PortRef::output(1, "out"));
    let to = harness.state().port(&PortRef::output(4, "out"));
    harness.press(from, PointerButton::Primary);
    harness.glide(from + vec2(30.0, 30.0));
    harness.glide(to);
    harness.step();
    harness.get_by_label("A wire goes from an output to an input");
    harness.release(to, PointerButton::Primary);
    assert!(harness.state().deeds().is_empty());
}

#[test]
fn a_wire_let_go_over_empty_canvas_says_where() {
    let mut harness = open(Desk::new(flow()));
    let port = PortRef::input(4, "in");
    let from = harness.state().port(&port);
    let to = pos2(150.0, 500.0);
    harness.drag(from, to);
    let at = harness.state().graph_from_screen(to);
    assert_eq!(harness.state().deeds(), [&GraphEvent::WireDropped { from: port, at, screen: to }]);
}

#[test]
fn a_wire_let_go_over_a_tile_goes_to_its_port() {
    let mut harness = open(Desk::new(flow()));
    let output = PortRef::output(1, "out");
    let (from, to) = (harness.state().port(&output), harness.state().node_center(4));
    harness.drag(from, to);
    let expected = GraphEvent::WireRequested { from: output, to: PortRef::input(4, "in") };
    assert_eq!(harness.state().deeds(), [&expected]);
}

#[test]
fn two_clicks_draw_a_wire_and_escape_gives_up() {
    let mut harness = open(Desk::new(flow()));
    let (output, input) = (PortRef::output(1, "out"), PortRef::input(4, "in"));
    let (from, to) = (harness.state().port(&output), harness.state().port(&input));
    harness.click(from);
    harness.click(to);
    let expected = GraphEvent::WireRequested { from: output.clone(), to: input };
    assert!(harness.state().events.contains(&expected));

    harness.state_mut().events.clear();
    harness.run_steps(60);
    harness.click(from);
    assert!(harness.state().view.is_dragging());
    harness.key_press(Key::Escape);
    harness.run();
    assert!(!harness.state().view.is_dragging());
    harness.click(to);
    assert!(!harness.state().events.contains(&expected));
}

#[test]
fn a_click_near_a_wire_selects_it_and_a_port_reaches_24_points() {
    let mut harness = open(Desk::new(flow()));
    let middle = harness.state().wire(1);
    harness.click(middle + vec2(0.0, 5.0));
    assert_eq!(harness.state().view.selected_wires.iter().copied().collect::<Vec<_>>(), [1]);

    let port = PortRef::output(4, "out");
    let at = harness.state().port(&port);
    for corner in [vec2(11.0, 11.0), vec2(-11.0, 11.0), vec2(11.0, -11.0)] {
        harness.glide(at + corner);
        assert_eq!(harness.state().hovered, Some(Target::Port(port.clone())));
    }
    harness.glide(at + vec2(13.0, 0.0));
    assert_eq!(harness.state().hovered, Some(Target::Canvas));
}

#[test]
fn ctrl_with_the_right_button_cuts_what_it_crosses() {
    let mut harness = open(Desk::new(flow()));
    let middle = harness.state().wire(2);
    let (above, below) = (middle - vec2(0.0, 60.0), middle + vec2(0.0, 60.0));
    harness.event(egui::Event::ModifiersChanged(egui::Modifiers::COMMAND));
    harness.press(above, PointerButton::Secondary);
    harness.glide(middle);
    harness.glide(below);
    harness.release(below, PointerButton::Secondary);
    assert_eq!(harness.state().deeds(), [&GraphEvent::WiresDeleted { wires: vec![2] }]);
}

#[test]
fn ctrl_drag_from_a_port_carries_all_its_wires() {
    let mut wires = flow().wires().to_vec();
    wires.push(crate::desk::wire(3, 1, 3));
    let graph = egui_node_graph::Graph::new(flow().nodes().to_vec(), wires);
    for refuse in [None, Some("Not there")] {
        let mut desk = Desk::new(graph.clone());
        desk.refuse = refuse;
        let mut harness = open(desk);
        let to = PortRef::input(4, "in");
        let (from, target) = (harness.state().port(&PortRef::input(3, "in")), harness.state().port(&to));
        harness.event(egui::Event::ModifiersChanged(egui::Modifiers::COMMAND));
        harness.drag(from, target);
        let expected = GraphEvent::WiresMoved { wires: vec![2, 3], to };
        let deeds = harness.state().deeds();
        assert_eq!(deeds, if refuse.is_none() { vec![&expected] } else { vec![] });
    }
}
