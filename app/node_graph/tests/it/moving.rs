//! Selecting and moving nodes.

use egui::{Key, Modifiers, PointerButton, pos2, vec2};
use egui_node_graph::{Graph, GraphEvent};

use crate::desk::{Desk, Hands, Ids, flow, node, open, wire};

fn finished(desk: &Desk) -> Vec<&GraphEvent<Ids>> {
    desk.events
        .iter()
        .filter(|event| matches!(event, GraphEvent::NodesMoved { finished: true, .. }))
        .collect()
}

#[test]
fn a_drag_is_one_finished_event_and_moves_nothing_itself() {
    let mut harness = open(Desk::new(flow()));
    let from = harness.state().node_center(2);
    harness.drag(from, from + vec2(70.0, 45.0));
    let desk = harness.state();
    let expected =
        GraphEvent::NodesMoved { nodes: vec![2], delta: vec2(64.0, 48.0), finished: true, onto_wire: None };
    assert_eq!(finished(desk), [&expected]);
    assert_eq!(desk.graph.node(&2).map(|node| node.position), Some(pos2(384.0, 96.0)));
}

#[test]
fn the_canvas_shows_the_offset_while_dragging_and_escape_drops_it() {
    let mut harness = open(Desk::new(flow()));
    let from = harness.state().node_center(2);
    harness.press(from, PointerButton::Primary);
    harness.glide(from + vec2(30.0, 0.0));
    harness.glide(from + vec2(80.0, 0.0));
    assert_eq!(harness.state().node_center(2), from + vec2(80.0, 0.0));

    harness.key_press(Key::Escape);
    harness.step();
    harness.glide(from + vec2(120.0, 0.0));
    harness.release(from + vec2(120.0, 0.0), PointerButton::Primary);
    assert_eq!(harness.state().node_center(2), from);
    assert!(finished(harness.state()).is_empty());
}

#[test]
fn dragging_one_of_several_selected_moves_all_by_the_same_way() {
    let mut harness = open(Desk::new(flow()));
    harness.state_mut().view.select_nodes([1, 3]);
    harness.run();
    let from = harness.state().node_center(3);
    harness.drag(from, from + vec2(0.0, 160.0));
    let expected = GraphEvent::NodesMoved {
        nodes: vec![1, 3],
        delta: vec2(0.0, 160.0),
        finished: true,
        onto_wire: None,
    };
    assert_eq!(finished(harness.state()), [&expected]);
}

#[test]
fn a_rectangle_selects_what_it_touches() {
    let mut harness = open(Desk::new(flow()));
    harness.drag(pos2(20.0, 40.0), pos2(420.0, 260.0));
    let nodes: Vec<_> = harness.state().view.selected_nodes.iter().copied().collect();
    assert_eq!(nodes, [1, 2]);
    let expected = GraphEvent::SelectionChanged { nodes: vec![1, 2], wires: vec![], backdrops: vec![] };
    assert_eq!(harness.state().events, [expected]);
}

#[test]
fn shift_click_adds_and_takes_away_and_empty_canvas_clears() {
    let mut harness = open(Desk::new(flow()));
    let (one, two) = (harness.state().node_center(1), harness.state().node_center(2));
    let shift_click = |harness: &mut egui_kittest::Harness<'_, Desk>, pos| {
        for pressed in [true, false] {
            harness.event(egui::Event::PointerMoved(pos));
            let (button, modifiers) = (PointerButton::Primary, Modifiers::SHIFT);
            harness
                .event_modifiers(egui::Event::PointerButton { pos, button, pressed, modifiers }, modifiers);
        }
        harness.run();
    };
    let selected = |harness: &egui_kittest::Harness<'_, Desk>| {
        harness.state().view.selected_nodes.iter().copied().collect::<Vec<_>>()
    };
    harness.click(one);
    shift_click(&mut harness, two);
    assert_eq!(selected(&harness), [1, 2]);
    shift_click(&mut harness, one);
    assert_eq!(selected(&harness), [2]);
    harness.click(pos2(60.0, 600.0));
    assert!(selected(&harness).is_empty());
}

#[test]
fn arrows_follow_wires_tab_cycles_and_shift_arrows_nudge() {
    let mut harness = open(Desk::new(flow()));
    let one = harness.state().node_center(1);
    harness.click(one);
    let press = |harness: &mut egui_kittest::Harness<'_, Desk>, modifiers, key| {
        harness.key_press_modifiers(modifiers, key);
        harness.run();
        harness.state().view.focus
    };
    assert_eq!(press(&mut harness, Modifiers::NONE, Key::ArrowRight), Some(2));
    assert_eq!(press(&mut harness, Modifiers::NONE, Key::ArrowRight), Some(3));
    assert_eq!(press(&mut harness, Modifiers::NONE, Key::ArrowLeft), Some(2));
    assert_eq!(press(&mut harness, Modifiers::NONE, Key::ArrowDown), Some(4));
    assert_eq!(press(&mut harness, Modifiers::NONE, Key::Tab), Some(1));
    assert_eq!(press(&mut harness, Modifiers::SHIFT, Key::Tab), Some(4));

    harness.state_mut().events.clear();
    assert_eq!(press(&mut harness, Modifiers::SHIFT, Key::ArrowUp), Some(4));
    let nudge =
        GraphEvent::NodesMoved { nodes: vec![4], delta: vec2(0.0, -16.0), finished: true, onto_wire: None };
    assert_eq!(harness.state().events, [nudge, GraphEvent::NudgeEnded]);

    press(&mut harness, Modifiers::NONE, Key::Enter);
    press(&mut harness, Modifiers::NONE, Key::Delete);
    let deeds = harness.state().deeds();
    assert!(deeds.contains(&&GraphEvent::NodeDoubleClicked { node: 4 }));
    assert!(deeds.contains(&&GraphEvent::DeleteRequested {
        nodes: vec![4],
        wires: vec![],
        backdrops: vec![],
        reconnect: false
    }));
}

#[test]
fn double_click_opens_a_node_or_asks_for_one() {
    let mut harness = open(Desk::new(flow()));
    let at = harness.state().node_center(2);
    harness.click(at);
    harness.click(at);
    assert!(harness.state().events.contains(&GraphEvent::NodeDoubleClicked { node: 2 }));

    let mut harness = open(Desk::new(flow()));
    let empty = pos2(200.0, 500.0);
    harness.click(empty);
    harness.click(empty);
    let at = harness.state().graph_from_screen(empty);
    assert_eq!(harness.state().events, [GraphEvent::AddNodeRequested { at, screen: empty }]);
}

#[test]
fn a_canvas_that_cannot_be_edited_still_selects() {
    let mut desk = Desk::new(flow());
    desk.editable = false;
    let mut harness = open(desk);
    let at = harness.state().node_center(2);
    harness.drag(at, at + vec2(100.0, 100.0));
    let port = harness.state().port(&egui_node_graph::PortRef::output(1, "out"));
    harness.drag(port, harness.state().node_center(4));
    harness.state_mut().view.select_nodes([2]);
    for key in [Key::Delete, Key::A] {
        harness.key_press(key);
        harness.run();
    }
    assert_eq!(harness.state().deeds(), Vec::<&GraphEvent<Ids>>::new());
    let expected = GraphEvent::SelectionChanged { nodes: vec![2], wires: vec![], backdrops: vec![] };
    assert!(harness.state().events.contains(&expected));
}

#[test]
fn a_right_click_selects_what_the_menu_is_about() {
    let mut harness = open(Desk::new(flow()));
    let screen = harness.state().node_center(3);
    harness.press(screen, PointerButton::Secondary);
    harness.release(screen, PointerButton::Secondary);
    let at = harness.state().graph_from_screen(screen);
    let target = egui_node_graph::Target::Node(3);
    assert_eq!(harness.state().deeds(), [&GraphEvent::ContextMenu { target, at, screen }]);
    assert!(harness.state().view.selected_nodes.contains(&3));
}

#[test]
fn widgets_coming_above_the_canvas_do_not_end_a_drag() {
    let mut shown = 0;
    let mut harness = egui_kittest::Harness::builder().with_size([1000.0, 700.0]).build_ui_state(
        move |ui, desk: &mut Desk| {
            shown += 1;
            if shown % 2 == 0 {
                ui.scope(|ui| ui.allocate_space(vec2(1.0, 0.0)));
            }
            crate::desk::show(ui, desk);
        },
        Desk::new(flow()),
    );
    harness.run_steps(2);
    let at = harness.state().node_center(2);
    harness.drag(at, at + vec2(64.0, 0.0));
    assert_eq!(finished(harness.state()).len(), 1, "{:?}", harness.state().events);
}

/// Where node 4 rests after it was dragged so that the pointer has it at `to`.
fn rests_at(graph: Graph<Ids>, zoom: f32, to: egui::Pos2, modifiers: Modifiers) -> egui::Pos2 {
    let position = graph.node(&4).expect("node 4").position;
    let mut desk = Desk::new(graph);
    desk.view.zoom = zoom;
    let mut harness = open(desk);
    harness.event(egui::Event::ModifiersChanged(modifiers));
    let from = harness.state().node_center(4);
    harness.drag(from, from + (to - position) * zoom);
    match finished(harness.state())[..] {
        [GraphEvent::NodesMoved { delta, .. }] => position + *delta,
        _ => panic!("{:?}", harness.state().events),
    }
}

#[test]
fn a_dragged_node_rests_beside_nodes_in_sight_and_with_alt_anywhere() {
    // The left edge and the top of the window, neither on the grid.
    let mut graph = flow();
    graph.set_position(&2, pos2(389.0, 101.0));
    let near = pos2(394.0, 400.0);
    assert_eq!(rests_at(graph.clone(), 1.0, near, Modifiers::NONE), pos2(389.0, 400.0));
    assert_eq!(rests_at(graph.clone(), 1.0, near, Modifiers::ALT), near);
    let far = pos2(397.0, 400.0);
    assert_eq!(
        rests_at(graph.clone(), 1.0, far, Modifiers::NONE),
        pos2(400.0, 400.0),
        "8 points are too far"
    );
    assert_eq!(rests_at(graph.clone(), 0.5, far, Modifiers::NONE).x, 389.0, "at half the size they are 4");
    graph.set_position(&2, pos2(389.0, 9_000.0));
    assert_eq!(rests_at(graph, 1.0, near, Modifiers::NONE).x, 400.0, "what is out of sight does not count");
}

#[test]
fn a_dragged_node_rests_where_its_wire_is_straight() {
    // A taller source, so that its output is at a height that no edge or middle of a tile has.
    let mut source = node(1, 64.0, 96.0, "Source");
    source.size.y = 150.0;
    source.outputs.push(egui_node_graph::Port { id: "late", face: egui_node_graph::PortFace::default() });
    let graph = Graph::new(vec![source, node(4, 384.0, 400.0, "Filter")], vec![wire(1, 1, 4)]);
    let output = graph.nodes()[0].port_position(egui_node_graph::Side::Output, 0).y;
    let straight = output - 48.0;
    assert_ne!(straight % 16.0, 0.0, "the grid would not do it");
    let rest = rests_at(graph, 1.0, pos2(464.0, straight + 5.0), Modifiers::NONE);
    assert_eq!(rest, pos2(464.0, straight));
}

#[test]
fn guides_are_drawn_while_nodes_line_up_and_gone_afterwards() {
    let mut harness = open(Desk::new(flow()));
    let long = |harness: &egui_kittest::Harness<'_, Desk>| {
        let lines = harness.output().shapes.iter().filter_map(|shape| match &shape.shape {
            egui::Shape::LineSegment { points: [a, b], .. } if a.x == b.x && (a.y - b.y).abs() > 200.0 => {
                Some(a.x)
            }
            _ => None,
        });
        lines.collect::<Vec<_>>()
    };
    let from = harness.state().node_center(4);
    harness.press(from, PointerButton::Primary);
    harness.glide(from + vec2(3.0, 50.0));
    harness.glide(from + vec2(3.0, 60.0));
    assert_eq!(long(&harness), [harness.state().node_center(2).x], "one line through both middles");
    harness.release(from + vec2(3.0, 60.0), PointerButton::Primary);
    assert!(long(&harness).is_empty());
}
