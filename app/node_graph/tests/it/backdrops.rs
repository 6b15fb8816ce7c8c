//! Frames and notes: moving them with what lies in them, resizing, selecting, and what is left out of sight.

use egui::{Color32, Key, Modifiers, PointerButton, Pos2, Rect, Shape, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use egui_node_graph::{Backdrop, BackdropFace, BackdropKind, Graph, GraphEvent, Target};

use crate::desk::{Desk, Hands, Ids, flow, open};

const ACCENT: Color32 = Color32::from_rgb(240, 160, 40);

fn backdrop(id: &'static str, kind: BackdropKind, min: Pos2, max: Pos2) -> Backdrop<Ids> {
    let face =
        BackdropFace { kind, text: format!("Text of {id}"), accent: ACCENT, accessible_name: id.to_owned() };
    Backdrop { id, area: Rect::from_min_max(min, max), face }
}

/// A frame around Source and Window with a note in it, a frame that Window only reaches into, and a note elsewhere.
fn framed() -> Graph<Ids> {
    let mut graph = flow();
    graph.set_backdrops(vec![
        backdrop("Cleaning", BackdropKind::Frame, pos2(32.0, 48.0), pos2(592.0, 304.0)),
        backdrop("Half", BackdropKind::Frame, pos2(480.0, 32.0), pos2(960.0, 352.0)),
        backdrop("Inner", BackdropKind::Note, pos2(64.0, 208.0), pos2(224.0, 288.0)),
        backdrop("Outer", BackdropKind::Note, pos2(64.0, 400.0), pos2(304.0, 528.0)),
    ]);
    graph
}

fn rect(desk: &Desk, id: &'static str) -> Rect {
    let geometry = desk.geometry.as_ref().expect("the canvas was shown");
    geometry.backdrop_rect(&desk.graph, &id).expect("it is there")
}

/// The area in graph space that a backdrop is shown at.
fn area(desk: &Desk, id: &'static str) -> Rect {
    let rect = rect(desk, id);
    Rect::from_min_max(desk.graph_from_screen(rect.min), desk.graph_from_screen(rect.max))
}

/// A place on the bar of a frame that nothing else lies over.
fn bar(harness: &Harness<'_, Desk>, id: &'static str) -> Pos2 {
    rect(harness.state(), id).min + vec2(120.0, 14.0)
}

fn selected(harness: &Harness<'_, Desk>) -> Vec<&'static str> {
    harness.state().view.selected_backdrops.iter().copied().collect()
}

#[test]
fn a_frame_moves_with_what_lies_wholly_inside_and_rests_on_the_grid() {
    let mut harness = open(Desk::new(framed()));
    let at = bar(&harness, "Cleaning");
    harness.press(at, PointerButton::Primary);
    harness.glide(at + vec2(20.0, 0.0));
    harness.glide(at + vec2(69.0, 45.0));
    let desk = harness.state();
    assert_eq!(area(desk, "Cleaning").min, pos2(32.0 + 64.0, 48.0 + 48.0), "it is not shown on its way");
    assert_eq!(area(desk, "Inner").min, pos2(64.0 + 64.0, 208.0 + 48.0));
    let source = desk.graph_from_screen(desk.node_center(1));
    assert_eq!(source, pos2(64.0 + 95.0 + 64.0, 96.0 + 48.0 + 48.0));
    harness.release(at + vec2(69.0, 45.0), PointerButton::Primary);
    let moved = GraphEvent::BackdropsMoved {
        backdrops: vec!["Cleaning", "Inner"],
        nodes: vec![1, 2],
        delta: vec2(64.0, 48.0),
    };
    assert_eq!(harness.state().deeds(), [&moved]);
    assert_eq!(area(harness.state(), "Cleaning").min, pos2(32.0, 48.0), "moving it is left to the caller");
}

#[test]
fn with_alt_a_frame_goes_alone() {
    let mut harness = open(Desk::new(framed()));
    let at = bar(&harness, "Cleaning");
    harness.event(egui::Event::ModifiersChanged(Modifiers::ALT));
    harness.drag(at, at + vec2(64.0, 0.0));
    let moved =
        GraphEvent::BackdropsMoved { backdrops: vec!["Cleaning"], nodes: vec![], delta: vec2(64.0, 0.0) };
    assert_eq!(harness.state().deeds(), [&moved]);
}

#[test]
fn a_node_that_is_dragged_takes_selected_notes_along() {
    let mut harness = open(Desk::new(framed()));
    harness.state_mut().view.select_nodes([4]);
    harness.state_mut().view.selected_backdrops.insert("Outer");
    harness.run();
    let at = harness.state().node_center(4);
    harness.drag(at, at + vec2(0.0, 32.0));
    let moved =
        GraphEvent::BackdropsMoved { backdrops: vec!["Outer"], nodes: vec![4], delta: vec2(0.0, 32.0) };
    assert_eq!(harness.state().deeds(), [&moved]);
}

#[test]
fn edges_and_corners_resize_on_the_grid_and_a_drag_given_up_changes_nothing() {
    let mut harness = open(Desk::new(framed()));
    let corner = rect(harness.state(), "Outer").max;
    harness.drag(corner + vec2(3.0, 3.0), corner + vec2(40.0, -29.0));
    let larger = Rect::from_min_max(pos2(64.0, 400.0), pos2(336.0, 496.0));
    assert_eq!(harness.state().deeds(), [&GraphEvent::BackdropResized { backdrop: "Outer", area: larger }]);

    harness.state_mut().events.clear();
    let right = rect(harness.state(), "Cleaning").right_center() + vec2(4.0, 0.0);
    harness.press(right, PointerButton::Primary);
    harness.glide(right + vec2(8.0, 0.0));
    harness.glide(right + vec2(14.0, 70.0));
    assert_eq!(area(harness.state(), "Cleaning").max, pos2(608.0, 304.0), "an edge goes only its own way");
    harness.key_press(Key::Escape);
    harness.step();
    harness.release(right, PointerButton::Primary);
    assert_eq!(area(harness.state(), "Cleaning").max, pos2(592.0, 304.0));
    assert!(harness.state().deeds().is_empty(), "{:?}", harness.state().events);
}

#[test]
fn inside_of_a_frame_the_canvas_is_used_as_everywhere() {
    let mut harness = open(Desk::new(framed()));
    let inside = pos2(330.0, 250.0);
    harness.click(inside);
    harness.click(inside);
    let at = harness.state().graph_from_screen(inside);
    assert_eq!(harness.state().events, [GraphEvent::AddNodeRequested { at, screen: inside }]);
    harness.drag(pos2(300.0, 100.0), pos2(460.0, 240.0));
    assert_eq!(harness.state().view.selected_nodes.iter().copied().collect::<Vec<_>>(), [2]);
    assert!(selected(&harness).is_empty(), "a rectangle in a frame does not select the frame");
    harness.drag(pos2(20.0, 390.0), pos2(330.0, 560.0));
    assert_eq!(selected(&harness), ["Outer"]);
}

#[test]
fn a_click_selects_a_second_asks_for_its_text_and_the_menu_is_about_it() {
    let mut harness = open(Desk::new(framed()));
    let at = rect(harness.state(), "Outer").center();
    harness.click(at);
    assert_eq!(selected(&harness), ["Outer"]);
    let said = GraphEvent::SelectionChanged { nodes: vec![], wires: vec![], backdrops: vec!["Outer"] };
    assert_eq!(harness.state().events, [said]);
    harness.click(at);
    assert_eq!(harness.state().deeds(), [&GraphEvent::BackdropDoubleClicked { backdrop: "Outer" }]);

    harness.state_mut().events.clear();
    let screen = bar(&harness, "Cleaning");
    harness.press(screen, PointerButton::Secondary);
    harness.release(screen, PointerButton::Secondary);
    let at = harness.state().graph_from_screen(screen);
    let menu = GraphEvent::ContextMenu { target: Target::Backdrop("Cleaning"), at, screen };
    assert_eq!((selected(&harness), harness.state().deeds()), (vec!["Cleaning"], vec![&menu]));
}

#[test]
fn keys_reach_move_write_and_delete_what_lies_behind_the_nodes() {
    let mut harness = open(Desk::new(framed()));
    harness.click(harness.state().node_center(4));
    harness.state_mut().events.clear();
    let press = |harness: &mut Harness<'_, Desk>, modifiers, key| {
        harness.key_press_modifiers(modifiers, key);
        harness.run();
    };
    press(&mut harness, Modifiers::NONE, Key::Tab);
    assert_eq!(selected(&harness), ["Cleaning"], "frames come behind the last node");
    press(&mut harness, Modifiers::SHIFT, Key::ArrowDown);
    press(&mut harness, Modifiers::NONE, Key::Enter);
    press(&mut harness, Modifiers::NONE, Key::Delete);
    let (backdrops, nodes) = (vec!["Cleaning", "Inner"], vec![1, 2]);
    let expected = [
        GraphEvent::BackdropsMoved { backdrops, nodes, delta: vec2(0.0, 16.0) },
        GraphEvent::NudgeEnded,
        GraphEvent::BackdropDoubleClicked { backdrop: "Cleaning" },
        GraphEvent::DeleteRequested {
            nodes: vec![],
            wires: vec![],
            backdrops: vec!["Cleaning"],
            reconnect: false,
        },
    ];
    assert_eq!(harness.state().deeds(), expected.iter().collect::<Vec<_>>());
    for _ in 0..4 {
        press(&mut harness, Modifiers::NONE, Key::Tab);
    }
    assert_eq!((selected(&harness), harness.state().view.focus), (vec![], Some(1)), "then around the end");
    press(&mut harness, Modifiers::COMMAND, Key::A);
    assert_eq!(selected(&harness).len(), 4);
    press(&mut harness, Modifiers::NONE, Key::Escape);
    assert!(selected(&harness).is_empty() && harness.state().view.selected_nodes.is_empty());
}

#[test]
fn what_cannot_be_edited_neither_moves_nor_gives_its_edges() {
    let mut desk = Desk::new(framed());
    desk.editable = false;
    let mut harness = open(desk);
    let corner = rect(harness.state(), "Outer").max;
    harness.drag(corner - vec2(2.0, 2.0), corner + vec2(64.0, 64.0));
    let at = bar(&harness, "Cleaning");
    harness.drag(at, at + vec2(64.0, 0.0));
    assert!(harness.state().deeds().is_empty(), "{:?}", harness.state().events);
    assert_eq!(selected(&harness), ["Cleaning"]);
}

#[test]
fn they_have_names_and_can_be_clicked_and_focused_by_them() {
    let mut harness = open(Desk::new(framed()));
    harness.get_by_label("Outer").click();
    harness.run();
    assert_eq!(selected(&harness), ["Outer"]);
    harness.get_by_label("Cleaning").click();
    harness.run();
    assert_eq!(selected(&harness), ["Cleaning"]);
    assert!(harness.get_by_label("Cleaning").accesskit_node().is_selected().unwrap_or(false));
    harness.get_by_label("Half").focus();
    harness.run();
    assert_eq!(selected(&harness), ["Half"]);
}

#[test]
fn only_those_in_sight_are_drawn_and_titles_are_read_from_afar() {
    let mut graph = framed();
    let mut backdrops = graph.backdrops().to_vec();
    backdrops.push(backdrop("Far", BackdropKind::Frame, pos2(90_000.0, 0.0), pos2(90_640.0, 320.0)));
    graph.set_backdrops(backdrops);
    let mut harness = open(Desk::new(graph));
    let visible = |harness: &Harness<'_, Desk>| {
        harness.state().geometry.as_ref().expect("the canvas was shown").visible_backdrops.clone()
    };
    let texts = |harness: &Harness<'_, Desk>| -> Vec<String> {
        let text = |shape: &egui::epaint::ClippedShape| match &shape.shape {
            Shape::Text(text) => Some(text.galley.text().to_owned()),
            _ => None,
        };
        harness.output().shapes.iter().filter_map(text).filter(|text| text.starts_with("Text of")).collect()
    };
    assert_eq!(visible(&harness), [0, 1, 2, 3]);
    assert_eq!(texts(&harness).len(), 4);
    harness.state_mut().view.zoom = 0.2;
    harness.run();
    let afar = texts(&harness);
    assert_eq!(afar, ["Text of Cleaning", "Text of Half"], "frames keep their titles, notes are cards");
    harness.state_mut().view.zoom = 1.0;
    harness.state_mut().view.center_on(pos2(90_300.0, 160.0));
    harness.run();
    assert_eq!((visible(&harness), texts(&harness)), (vec![4], vec!["Text of Far".to_owned()]));
}

#[test]
fn fitting_shows_them_and_the_minimap_has_them_as_faint_boxes() {
    let mut desk = Desk::new(framed());
    desk.graph.set_backdrops(vec![backdrop(
        "Wide",
        BackdropKind::Note,
        pos2(4_000.0, 0.0),
        pos2(4_320.0, 160.0),
    )]);
    let map = Rect::from_min_size(pos2(800.0, 580.0), vec2(180.0, 110.0));
    desk.minimap = Some(map);
    let mut harness = open(desk);
    let faint = ACCENT.gamma_multiply(0.22);
    let boxes = harness.output().shapes.iter().filter_map(|shape| match &shape.shape {
        Shape::Mesh(mesh) => Some(mesh.vertices.iter().filter(|v| v.color == faint).map(|v| v.pos).collect()),
        _ => None,
    });
    let corners: Vec<Pos2> = boxes.flat_map(|corners: Vec<Pos2>| corners).collect();
    assert!(corners.len() == 4 && corners.iter().all(|at| map.contains(*at)), "{corners:?}");
    harness.state_mut().view.fit_all();
    harness.run();
    assert_eq!(harness.state().geometry.as_ref().map(|geometry| geometry.visible_backdrops.len()), Some(1));
    harness.state_mut().view.select_backdrops(["Wide"]);
    harness.state_mut().view.fit_selection();
    harness.run();
    let shown = rect(harness.state(), "Wide");
    assert!((shown.center() - pos2(500.0, 350.0)).length() < 1.0, "{shown:?}");
}
