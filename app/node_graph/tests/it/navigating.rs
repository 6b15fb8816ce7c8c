//! Panning, zooming, fitting, and resting.

use egui::{Key, Modifiers, PointerButton, Pos2, pos2, vec2};
use egui_node_graph::{Detail, Graph, Transform};

use crate::desk::{Desk, Hands, flow, node, open};

fn transform(harness: &egui_kittest::Harness<'_, Desk>) -> Transform {
    harness.state().geometry.as_ref().expect("the canvas was shown").transform
}

fn positions(desk: &Desk) -> Vec<Pos2> {
    desk.graph.nodes().iter().map(|node| node.position).collect()
}

#[test]
fn wheel_zooms_and_keeps_the_graph_point_under_the_pointer() {
    let mut harness = open(Desk::new(flow()));
    for (at, lines) in [(pos2(700.0, 200.0), -6.0), (pos2(120.0, 500.0), 9.0), (pos2(500.0, 350.0), -30.0)] {
        let before = transform(&harness);
        harness.wheel(at, lines);
        let after = transform(&harness);
        assert!(after.zoom != before.zoom, "{lines} lines change the zoom");
        let moved = after.graph_from_screen(at) - before.graph_from_screen(at);
        assert!(moved.length() < 0.05, "the graph point under the pointer went {moved:?}");
    }
}

#[test]
fn two_fingers_pan_and_pinching_zooms() {
    let mut harness = open(Desk::new(flow()));
    let at = pos2(500.0, 600.0);
    harness.glide(at);
    harness.event(egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: vec2(0.0, -30.0),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Trackpad,
        modifiers: Modifiers::NONE,
    });
    harness.run();
    let panned = transform(&harness);
    assert_eq!(panned.zoom, 1.0);
    assert!((panned.origin - pos2(0.0, 30.0)).length() < 0.5, "{panned:?}");

    harness.event(egui::Event::Zoom(1.5));
    harness.run();
    let zoomed = transform(&harness);
    assert!((zoomed.zoom - 1.5).abs() < 0.01);
    assert!((zoomed.graph_from_screen(at) - panned.graph_from_screen(at)).length() < 0.1);
}

#[test]
fn middle_and_right_drags_pan_and_do_not_select() {
    for button in [PointerButton::Middle, PointerButton::Secondary] {
        let mut harness = open(Desk::new(flow()));
        let from = harness.state().node_center(2);
        harness.press(from, button);
        harness.glide(from + vec2(30.0, 10.0));
        harness.glide(from + vec2(90.0, 40.0));
        harness.release(from + vec2(90.0, 40.0), button);
        let origin = transform(&harness).origin;
        assert!((origin - pos2(-90.0, -40.0)).length() < 1.0, "{button:?} panned to {origin:?}");
        assert!(harness.state().events.is_empty(), "{:?}", harness.state().events);
    }
}

#[test]
fn graph_positions_do_not_depend_on_zoom_or_size() {
    let mut harness = open(Desk::new(flow()));
    let before = positions(harness.state());
    harness.wheel(pos2(300.0, 300.0), -7.0);
    harness.set_size(vec2(640.0, 400.0));
    harness.run();
    harness.wheel(pos2(100.0, 100.0), 5.0);
    harness.set_size(vec2(1000.0, 700.0));
    harness.run();
    assert_eq!(positions(harness.state()), before);
    assert!(harness.state().events.is_empty());

    let at = transform(&harness).screen_from_graph(before[1]);
    let drawn = harness.state().geometry.as_ref().and_then(|g| g.node_rect(&harness.state().graph, &2));
    assert_eq!(drawn.map(|rect| rect.min), Some(at));
}

#[test]
fn fit_shows_everything_and_f_the_selection() {
    let mut harness = open(Desk::new(Graph::new(
        vec![node(1, -4000.0, 0.0, "Far left"), node(2, 3000.0, 900.0, "Far right")],
        vec![],
    )));
    harness.state_mut().view.fit_all();
    harness.run();
    let seen = harness.state().geometry.as_ref().map(|g| (g.visible_nodes.clone(), g.detail));
    assert_eq!(seen, Some((vec![0, 1], Detail::Block)));

    let right = harness.state().node_center(2);
    harness.click(right);
    harness.key_press(Key::F);
    harness.run();
    let seen = harness.state().geometry.as_ref().map(|g| (g.visible_nodes.clone(), g.detail));
    assert_eq!(seen, Some((vec![1], Detail::Full)));
}

#[test]
fn an_idle_canvas_asks_for_no_frame() {
    let mut harness = open(Desk::new(flow()));
    let idle = |harness: &egui_kittest::Harness<'_, Desk>| {
        let viewport = harness.output().viewport_output.get(&egui::ViewportId::ROOT);
        viewport.is_some_and(|viewport| viewport.repaint_delay > std::time::Duration::from_secs(60))
    };
    harness.run_steps(3);
    assert!(idle(&harness), "after opening");

    let at = harness.state().node_center(2);
    harness.click(at);
    harness.wheel(at, 2.0);
    harness.state_mut().view.fit_all();
    harness.run();
    harness.run_steps(60);
    assert!(idle(&harness), "after a click, a zoom and a flight");
}

#[test]
fn what_is_off_screen_is_culled() {
    let row = |id: u32| node(id, 300.0 * id as f32, 0.0, "Node");
    let wires = (0..199).map(|id| crate::desk::wire(id, id, id + 1)).collect();
    let mut harness = open(Desk::new(Graph::new((0..200).map(row).collect(), wires)));
    let seen = harness.state().geometry.as_ref().map(|g| (g.visible_nodes.clone(), g.visible_wires.clone()));
    assert_eq!(seen, Some((vec![0, 1, 2, 3], vec![0, 1, 2])));

    harness.state_mut().view.center_on(pos2(150.0 * 300.0, 0.0));
    harness.run();
    let geometry = harness.state().geometry.as_ref().expect("the canvas was shown");
    assert!(geometry.visible_nodes.contains(&150) && geometry.visible_nodes.len() < 8);
}

#[test]
fn a_drag_on_the_minimap_pans_and_touches_nothing_below() {
    let mut desk = Desk::new(flow());
    desk.minimap = Some(egui::Rect::from_min_size(pos2(400.0, 90.0), vec2(180.0, 110.0)));
    let mut harness = open(desk);
    let before = transform(&harness);
    harness.drag(pos2(490.0, 150.0), pos2(560.0, 180.0));
    let after = transform(&harness);
    assert!(after.origin.x > before.origin.x && after.zoom == before.zoom, "{before:?} to {after:?}");
    assert!(harness.state().events.is_empty(), "{:?}", harness.state().events);
}

#[test]
fn plus_minus_and_zoom_to_stay_within_the_limits() {
    let mut harness = open(Desk::new(flow()));
    harness.state_mut().view.zoom_to(900.0);
    harness.run();
    assert_eq!(transform(&harness).zoom, egui_node_graph::MAX_ZOOM);
    harness.state_mut().view.zoom_to(0.0);
    harness.run();
    assert_eq!(transform(&harness).zoom, egui_node_graph::MIN_ZOOM);
    harness.glide(pos2(500.0, 300.0));
    harness.key_press(Key::Plus);
    harness.run();
    assert!((transform(&harness).zoom - 0.125).abs() < 1e-4);
    harness.key_press(Key::Minus);
    harness.run();
    assert!((transform(&harness).zoom - 0.1).abs() < 1e-4);
}

#[test]
fn a_tooltip_comes_after_a_rest_and_then_the_canvas_is_idle() {
    use egui_kittest::kittest::Queryable;

    let mut graph = flow();
    graph.node_face_mut(&2).expect("node 2").tooltip = "Groups rows into hours".to_owned();
    let mut harness = open(Desk::new(graph));
    let at = harness.state().node_center(2);
    harness.glide(at);
    harness.run_steps(120);
    let tooltip = harness.get_by_label("Groups rows into hours").rect();
    let desk = harness.state();
    let tile =
        desk.geometry.as_ref().and_then(|geometry| geometry.node_rect(&desk.graph, &2)).expect("drawn");
    assert!(!tile.intersects(tooltip), "{tooltip:?} lies on {tile:?}");
    let delay =
        harness.output().viewport_output.get(&egui::ViewportId::ROOT).map(|viewport| viewport.repaint_delay);
    assert!(delay.is_some_and(|delay| delay > std::time::Duration::from_secs(60)), "{delay:?}");
}

#[test]
fn the_selected_node_stays_in_sight_when_the_canvas_loses_room() {
    let mut harness = open(Desk::new(flow()));
    harness.state_mut().view.select_nodes([3]);
    harness.run();
    harness.set_size(vec2(600.0, 400.0));
    harness.run();
    let panel = transform(&harness).panel;
    let rect = |harness: &egui_kittest::Harness<'_, Desk>| {
        let desk = harness.state();
        desk.geometry.as_ref().and_then(|geometry| geometry.node_rect(&desk.graph, &3)).expect("drawn")
    };
    assert!(panel.contains_rect(rect(&harness)), "{:?} is not within {panel:?}", rect(&harness));

    harness.state_mut().view.origin = pos2(-2_000.0, 0.0);
    harness.run();
    let away = transform(&harness).origin;
    harness.set_size(vec2(500.0, 300.0));
    harness.run();
    assert_eq!(transform(&harness).origin, away, "what a person has left behind does not pull the view back");
}

#[test]
fn a_node_held_at_the_edge_goes_on_with_the_view_and_stays_at_the_pointer() {
    let mut harness = open(Desk::new(flow()));
    let from = harness.state().node_center(4);
    let edge = pos2(transform(&harness).panel.max.x - 8.0, from.y);
    harness.press(from, PointerButton::Primary);
    harness.glide(pos2(800.0, from.y));
    assert_eq!(transform(&harness).origin, Pos2::ZERO, "not at the edge yet");
    harness.glide(edge);
    harness.run_steps(30);
    let origin = transform(&harness).origin;
    // Three quarters of 800 points a second, for half a second.
    assert!((270.0..330.0).contains(&origin.x) && origin.y == 0.0, "{origin:?}");
    assert!((harness.state().node_center(4) - edge).length() <= 12.0, "the grid may be half a step away");
    harness.release(edge, PointerButton::Primary);
    let moved = harness.state().events.iter().rev().find_map(|event| match event {
        egui_node_graph::GraphEvent::NodesMoved { delta, finished: true, .. } => Some(*delta),
        _ => None,
    });
    let way = harness.state().graph_from_screen(edge) - from;
    assert!((moved.expect("it was moved") - way).length() <= 12.0, "{moved:?} instead of {way:?}");
    let rests = transform(&harness).origin;
    harness.run_steps(10);
    assert_eq!(transform(&harness).origin, rests, "it stops with the drag");
}

#[test]
fn selecting_and_wiring_pan_at_the_edge_but_not_from_where_they_began() {
    let port = egui_node_graph::PortRef::output(4, "out");
    let output = open(Desk::new(flow())).state().port(&port);
    for from in [pos2(700.0, 600.0), output] {
        let mut harness = open(Desk::new(flow()));
        harness.press(from, PointerButton::Primary);
        harness.glide(from + vec2(30.0, 30.0));
        harness.glide(pos2(700.0, 699.0));
        harness.run_steps(10);
        assert!(transform(&harness).origin.y > 50.0, "{:?}", transform(&harness));
        harness.key_press(Key::Escape);
        harness.step();
    }

    let mut harness = open(Desk::new(flow()));
    harness.press(pos2(990.0, 600.0), PointerButton::Primary);
    harness.glide(pos2(985.0, 550.0));
    harness.glide(pos2(980.0, 500.0));
    harness.run_steps(10);
    assert_eq!(transform(&harness).origin, Pos2::ZERO);
}
