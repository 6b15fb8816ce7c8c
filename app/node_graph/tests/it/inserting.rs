//! Dropping a node on a wire.

use std::collections::BTreeMap;

use egui::{Key, PointerButton, Pos2, Rect, Shape, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use egui_node_graph::{Graph, GraphEvent, Insertion, PortRef};

use crate::desk::{Desk, Hands, Ids, node, open, wire};

/// Source → Sink → File with Sink so far to the right of Source, and a loose Filter below.
fn line(sink: f32) -> Graph<Ids> {
    let nodes = vec![
        node(1, 0.0, 96.0, "Source"),
        node(2, sink, 96.0, "Sink"),
        node(3, 320.0, 384.0, "Filter"),
        node(4, sink + 240.0, 96.0, "File"),
        node(5, 320.0, 560.0, "Elsewhere"),
    ];
    Graph::new(nodes, vec![wire(9, 1, 2), wire(8, 2, 4)])
}

/// Holds the filter over the wire, its left edge at `x`.
fn hold(harness: &mut Harness<'_, Desk>, x: f32) -> Pos2 {
    let from = harness.state().node_center(3);
    let to = from + vec2(x - 320.0, -288.0);
    harness.press(from, PointerButton::Primary);
    harness.glide(from - vec2(0.0, 20.0));
    harness.glide(to - vec2(1.0, 0.0));
    harness.glide(to);
    to
}

/// What the last move said of the wire.
fn inserted(desk: &Desk) -> Option<Insertion<Ids>> {
    match desk.deeds().last() {
        Some(GraphEvent::NodesMoved { onto_wire, finished: true, .. }) => onto_wire.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_loose_node_let_go_over_a_wire_takes_its_place() {
    let mut harness = open(Desk::new(line(704.0)));
    let at = hold(&mut harness, 320.0);
    harness.release(at, PointerButton::Primary);
    let expected = Insertion {
        wire: 9,
        input: PortRef::input(3, "in"),
        output: PortRef::output(3, "out"),
        make_room: vec![],
    };
    assert_eq!(inserted(harness.state()), Some(expected));
}

#[test]
fn the_caller_is_asked_once_for_every_wire_that_is_hovered() {
    let mut harness = open(Desk::new(line(704.0)));
    let at = hold(&mut harness, 320.0);
    for x in [10.0, 40.0, 80.0] {
        harness.glide(at + vec2(x, 0.0));
    }
    assert_eq!(harness.state().asked, [(3, 9)]);
    harness.glide(at + vec2(0.0, 200.0));
    harness.glide(at);
    assert_eq!(harness.state().asked, [(3, 9), (3, 9)], "it had been elsewhere");
}

#[test]
fn a_node_with_a_wire_of_its_own_is_not_inserted() {
    let mut wires = line(704.0).wires().to_vec();
    wires.push(wire(7, 3, 5));
    let mut harness = open(Desk::new(Graph::new(line(704.0).nodes().to_vec(), wires)));
    let at = hold(&mut harness, 320.0);
    harness.release(at, PointerButton::Primary);
    assert_eq!((inserted(harness.state()), harness.state().asked.len()), (None, 0));
}

#[test]
fn a_refusal_is_told_at_the_pointer_and_the_node_only_moves() {
    let mut desk = Desk::new(line(704.0));
    desk.refuse_insertion = Some("A filter takes no watermarks");
    let mut harness = open(desk);
    let at = hold(&mut harness, 320.0);
    harness.step();
    harness.get_by_label("A filter takes no watermarks");
    harness.release(at, PointerButton::Primary);
    assert_eq!(inserted(harness.state()), None);
    harness.run();
    assert!(harness.query_by_label("A filter takes no watermarks").is_none());
}

#[test]
fn downstream_makes_room_and_nothing_else_moves() {
    let mut harness = open(Desk::new(line(320.0)));
    let at = hold(&mut harness, 200.0);
    harness.release(at, PointerButton::Primary);
    let desk = harness.state();
    let ways: BTreeMap<_, _> = inserted(desk).expect("it fits").make_room.into_iter().collect();
    assert_eq!(ways.keys().copied().collect::<Vec<_>>(), [2, 3, 4]);
    assert_eq!(ways[&2], ways[&4], "what is downstream keeps its order");
    let delta = match desk.deeds().last() {
        Some(GraphEvent::NodesMoved { delta, .. }) => *delta,
        other => panic!("{other:?}"),
    };
    let rect = |id: u32, way| desk.graph.node(&id).expect("it is there").rect().translate(way);
    let (source, filter, sink) = (rect(1, vec2(0.0, 0.0)), rect(3, delta + ways[&3]), rect(2, ways[&2]));
    for gap in [filter.min.x - source.max.x, sink.min.x - filter.max.x] {
        assert!((48.0..64.0).contains(&gap), "three grid steps and not four, but {gap}");
    }
}

#[test]
fn a_cycle_and_a_wire_that_runs_backwards_push_nothing_to_the_left() {
    let mut wires = line(320.0).wires().to_vec();
    wires.push(wire(7, 4, 1));
    let mut harness = open(Desk::new(Graph::new(line(320.0).nodes().to_vec(), wires)));
    let at = hold(&mut harness, 200.0);
    harness.release(at, PointerButton::Primary);
    let room = inserted(harness.state()).expect("it fits").make_room;
    assert!(room.iter().all(|(id, way)| *id != 1 && way.x > 0.0 && way.y == 0.0), "{room:?}");

    let nodes =
        vec![node(1, 640.0, 96.0, "Source"), node(2, 0.0, 96.0, "Sink"), node(3, 320.0, 384.0, "Filter")];
    let mut harness = open(Desk::new(Graph::new(nodes, vec![wire(9, 1, 2)])));
    let middle = harness.state().wire(9);
    let from = harness.state().node_center(3);
    harness.drag(from, middle);
    assert_eq!(inserted(harness.state()).map(|insertion| insertion.make_room), Some(vec![]));
}

#[test]
fn the_two_wires_to_come_and_the_room_are_shown_until_escape() {
    let mut harness = open(Desk::new(line(320.0)));
    let accept = egui_node_graph::GraphStyle::dark().accept;
    let ghosts = |harness: &Harness<'_, Desk>| {
        let dashes = harness.output().shapes.iter().filter_map(|shape| match &shape.shape {
            Shape::LineSegment { points, stroke } if stroke.color == accept => {
                Some(Rect::from_points(points))
            }
            _ => None,
        });
        dashes.reduce(Rect::union)
    };
    hold(&mut harness, 200.0);
    let shown = ghosts(&harness).expect("something is shown");
    let desk = harness.state();
    let start = desk.port(&PortRef::output(1, "out"));
    let room = desk.events.iter().rev().find_map(|event| match event {
        GraphEvent::NodesMoved { onto_wire: Some(insertion), .. } => Some(insertion.make_room.clone()),
        _ => None,
    });
    let file = room.expect("it is asked for").into_iter().find(|(id, _)| *id == 4).expect("the file moves").1;
    let end = desk.node_center(4).x + 95.0 + file.x;
    assert!(
        (shown.min.x - start.x).abs() < 2.0 && (shown.max.x - end).abs() < 2.0,
        "{shown:?}, {start:?}, {end}"
    );
    harness.key_press(Key::Escape);
    harness.step();
    assert_eq!(ghosts(&harness), None);
}
