//! Ports and wires without a pointer: focused, drawn, given up.

use egui::{Key, Modifiers, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use egui_node_graph::{GraphEvent, PortRef};

use crate::desk::{Desk, Hands, Ids, flow, open, wire};

fn press(harness: &mut Harness<'_, Desk>, keys: &[(Modifiers, Key)]) {
    for (modifiers, key) in keys {
        harness.key_press_modifiers(*modifiers, *key);
        harness.run();
    }
}

fn plain(key: Key) -> (Modifiers, Key) {
    (Modifiers::NONE, key)
}

/// The canvas with the focus on a node, and nothing said yet.
fn focused_on(desk: Desk, node: u32) -> Harness<'static, Desk> {
    let mut harness = open(desk);
    let at = harness.state().node_center(node);
    harness.click(at);
    harness.state_mut().events.clear();
    harness
}

/// What a screen reader is told to read.
fn announced(harness: &Harness<'_, Desk>) -> String {
    let canvas = harness.get_by_label("Graph");
    let active = canvas.accesskit_node().active_descendant().expect("something has the focus");
    active.label().expect("it has a name")
}

fn selected(harness: &Harness<'_, Desk>) -> (Vec<u32>, Vec<u32>) {
    let view = &harness.state().view;
    (view.selected_nodes.iter().copied().collect(), view.selected_wires.iter().copied().collect())
}

#[test]
fn p_cycles_the_ports_of_the_focused_node_and_says_so() {
    let mut harness = focused_on(Desk::new(flow()), 2);
    for name in ["out output of Window", "in input of Window", "out output of Window"] {
        press(&mut harness, &[plain(Key::P)]);
        assert_eq!(announced(&harness), name);
    }
    press(&mut harness, &[(Modifiers::SHIFT, Key::P)]);
    assert_eq!(announced(&harness), "in input of Window");
    assert_eq!(selected(&harness), (vec![2], vec![]), "ports leave the selection alone");
    press(&mut harness, &[plain(Key::Tab)]);
    assert_eq!(announced(&harness), "Sink", "tab goes on to the next node");
}

#[test]
fn a_wire_is_drawn_without_a_pointer_the_nearest_port_first() {
    // From the source: the window is 130 points away, the filter 316, the sink 450.
    let to = [("in input of Window", 2), ("in input of Filter", 4), ("in input of Sink", 3)];
    for (n_tabs, (name, node)) in to.into_iter().enumerate() {
        let mut harness = focused_on(Desk::new(flow()), 1);
        press(&mut harness, &[plain(Key::P), plain(Key::Enter)]);
        assert!(harness.state().view.is_dragging());
        press(&mut harness, &vec![plain(Key::Tab); n_tabs]);
        assert_eq!(announced(&harness), name);
        press(&mut harness, &[plain(Key::Enter)]);
        let expected =
            GraphEvent::WireRequested { from: PortRef::output(1, "out"), to: PortRef::input(node, "in") };
        assert_eq!(harness.state().deeds(), [&expected]);
        assert!(!harness.state().view.is_dragging());
        assert_eq!(announced(&harness), "out output of Source", "the focus is where the wire began");
    }
}

#[test]
fn arrows_choose_by_direction_and_shift_tab_goes_round() {
    let mut harness = focused_on(Desk::new(flow()), 1);
    press(&mut harness, &[plain(Key::P), plain(Key::Enter), plain(Key::ArrowDown)]);
    assert_eq!(announced(&harness), "in input of Filter");
    press(&mut harness, &[plain(Key::ArrowRight)]);
    assert_eq!(announced(&harness), "in input of Sink");
    press(&mut harness, &[(Modifiers::SHIFT, Key::Tab), (Modifiers::SHIFT, Key::Tab)]);
    assert_eq!(announced(&harness), "in input of Window");
    press(&mut harness, &[plain(Key::Escape)]);
    assert!(!harness.state().view.is_dragging());
    assert!(harness.state().deeds().is_empty(), "{:?}", harness.state().events);
}

#[test]
fn refused_ports_are_skipped_and_with_none_left_enter_does_nothing() {
    let mut desk = Desk::new(flow());
    desk.refuse_from = vec![(1, 2), (1, 4)];
    let mut harness = focused_on(desk, 1);
    press(&mut harness, &[plain(Key::P), plain(Key::Enter)]);
    assert_eq!(announced(&harness), "in input of Sink");

    let mut desk = Desk::new(flow());
    desk.refuse = Some("Not today");
    let mut harness = focused_on(desk, 1);
    press(&mut harness, &[plain(Key::P), plain(Key::Enter), plain(Key::Tab), plain(Key::Enter)]);
    assert!(harness.state().deeds().is_empty(), "{:?}", harness.state().events);
    harness.get_by_label("No port takes this wire; A adds a node that does");
    assert_eq!(announced(&harness), "out output of Source");
    press(&mut harness, &[plain(Key::A)]);
    assert!(matches!(harness.state().deeds()[..], [GraphEvent::WireDropped { .. }]));
    harness.run();
    assert!(harness.query_by_label("No port takes this wire; A adds a node that does").is_none());
}

#[test]
fn a_asks_for_what_fits_the_port() {
    let port = PortRef::output(1, "out");
    for keys in [vec![plain(Key::P)], vec![plain(Key::P), plain(Key::Enter), plain(Key::Tab)]] {
        let mut harness = focused_on(Desk::new(flow()), 1);
        press(&mut harness, &keys);
        press(&mut harness, &[plain(Key::A)]);
        let screen = harness.state().port(&port) + vec2(64.0, 0.0);
        let at = harness.state().graph_from_screen(screen);
        let expected = GraphEvent::WireDropped { from: port.clone(), at, screen };
        assert_eq!(harness.state().deeds(), [&expected]);
        assert!(!harness.state().view.is_dragging());
    }
}

#[test]
fn w_cycles_wires_enter_clicks_and_delete_deletes() {
    let mut harness = focused_on(Desk::new(flow()), 2);
    press(&mut harness, &[plain(Key::W)]);
    assert_eq!(
        (announced(&harness).as_str(), selected(&harness)),
        ("Wire from Source to Window", (vec![], vec![1]))
    );
    press(&mut harness, &[plain(Key::W)]);
    assert_eq!(selected(&harness), (vec![], vec![2]));
    press(&mut harness, &[plain(Key::W), (Modifiers::SHIFT, Key::W)]);
    assert_eq!(selected(&harness), (vec![], vec![2]), "around the end and back");
    let said = GraphEvent::SelectionChanged { nodes: vec![], wires: vec![2], backdrops: vec![] };
    assert_eq!(harness.state().events.last(), Some(&said));

    press(&mut harness, &[plain(Key::Enter), plain(Key::Delete)]);
    let clicked = GraphEvent::WireClicked { wire: 2, modifiers: Modifiers::NONE };
    let deleted =
        GraphEvent::DeleteRequested { nodes: vec![], wires: vec![2], backdrops: vec![], reconnect: false };
    assert_eq!(harness.state().deeds(), [&clicked, &deleted]);
}

#[test]
fn w_at_a_port_stays_with_the_wires_of_that_port() {
    let mut wires = flow().wires().to_vec();
    wires.push(wire(3, 2, 4));
    let graph = egui_node_graph::Graph::new(flow().nodes().to_vec(), wires);
    let mut harness = focused_on(Desk::new(graph), 2);
    press(&mut harness, &[plain(Key::P)]);
    for wire in [2, 3, 2] {
        press(&mut harness, &[plain(Key::W)]);
        assert_eq!(selected(&harness), (vec![], vec![wire]));
    }
}

#[test]
fn escape_goes_back_one_step_at_a_time() {
    let mut harness = focused_on(Desk::new(flow()), 2);
    press(&mut harness, &[plain(Key::P), plain(Key::W)]);
    assert_eq!(announced(&harness), "Wire from Window to Sink");
    for step in ["out output of Window", "Window"] {
        press(&mut harness, &[plain(Key::Escape)]);
        assert_eq!((announced(&harness).as_str(), selected(&harness)), (step, (vec![2], vec![])));
    }
    press(&mut harness, &[plain(Key::Escape)]);
    assert_eq!(selected(&harness), (vec![], vec![]));
    assert!(harness.ctx.memory(|memory| memory.focused().is_some()), "the canvas still has the focus");
    press(&mut harness, &[plain(Key::Escape)]);
    assert!(harness.ctx.memory(|memory| memory.focused().is_none()));
}

#[test]
fn ctrl_arrows_go_without_selecting_and_shift_enter_collects() {
    let mut harness = focused_on(Desk::new(flow()), 1);
    press(&mut harness, &[(Modifiers::COMMAND, Key::ArrowRight), (Modifiers::COMMAND, Key::ArrowRight)]);
    assert_eq!((harness.state().view.focus, selected(&harness)), (Some(3), (vec![1], vec![])));
    assert!(harness.state().events.is_empty(), "{:?}", harness.state().events);

    press(&mut harness, &[(Modifiers::SHIFT, Key::Enter)]);
    assert_eq!(selected(&harness), (vec![1, 3], vec![]));
    press(&mut harness, &[(Modifiers::SHIFT, Key::Enter)]);
    assert_eq!(selected(&harness), (vec![1], vec![]));
    let expected = [vec![1, 3], vec![1]].map(|nodes| GraphEvent::<Ids>::SelectionChanged {
        nodes,
        wires: vec![],
        backdrops: vec![],
    });
    assert_eq!(harness.state().events, expected);
}

#[test]
fn a_canvas_that_cannot_be_edited_still_walks_ports() {
    let mut desk = Desk::new(flow());
    desk.editable = false;
    let mut harness = focused_on(desk, 1);
    press(&mut harness, &[plain(Key::P), plain(Key::Enter)]);
    assert_eq!(announced(&harness), "out output of Source");
    assert!(!harness.state().view.is_dragging());
    press(&mut harness, &[plain(Key::A)]);
    assert!(harness.state().deeds().is_empty());
}

#[test]
fn every_listed_key_is_taken_by_the_canvas() {
    for control in egui_node_graph::Control::ALL {
        for shortcut in control.keys() {
            let mut harness = focused_on(Desk::new(flow()), 2);
            harness.state_mut().left_keys.clear();
            press(&mut harness, &[(shortcut.modifiers, shortcut.logical_key)]);
            let left = &harness.state().left_keys;
            assert!(left.is_empty(), "{control:?} leaves {left:?}");
        }
    }
}

#[test]
fn nudging_ends_with_the_key_and_with_a_drag() {
    let mut harness = focused_on(Desk::new(flow()), 4);
    let ends = |harness: &Harness<'_, Desk>| {
        harness.state().events.iter().filter(|event| matches!(event, GraphEvent::NudgeEnded)).count()
    };
    let nudge = |harness: &mut Harness<'_, Desk>| {
        harness.event(egui::Event::ModifiersChanged(Modifiers::SHIFT));
        harness.step();
        for _ in 0..2 {
            let (key, modifiers) = (Key::ArrowDown, Modifiers::SHIFT);
            harness.event(egui::Event::Key {
                key,
                physical_key: None,
                pressed: true,
                repeat: false,
                modifiers,
            });
            harness.run();
        }
    };
    nudge(&mut harness);
    assert_eq!((ends(&harness), harness.state().view.is_nudging()), (0, true));
    harness.event(egui::Event::ModifiersChanged(Modifiers::NONE));
    harness.run();
    assert_eq!((ends(&harness), harness.state().view.is_nudging()), (1, false));
    nudge(&mut harness);
    let at = harness.state().node_center(4);
    harness.drag(at, at + vec2(64.0, 0.0));
    assert_eq!(ends(&harness), 2);
}
