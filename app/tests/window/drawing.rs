//! Frames and notes: seen, drawn, written, moved, copied, removed.

use super::desk::*;

const CTRL: Modifiers = Modifiers::COMMAND;
const NONE: Modifiers = Modifiers::NONE;

fn node_x(window: &Window, node: &str) -> i32 {
    window.flow().layout.nodes[&NodeId::new(node)].x
}

fn undo_text(window: &Window) -> String {
    window.app().state().open.document.undo_text()
}

fn steps(window: &Window) -> Vec<String> {
    let document = &window.app().state().open.document;
    (0..document.n_steps()).filter_map(|number| document.step_name(number)).collect()
}

fn center(window: &Window, label: &str) -> Pos2 {
    window.labelled(label).rect().center()
}

fn write(window: &mut Window, text: &str) {
    for letter in text.chars() {
        window.harness.event(Event::Text(letter.to_string()));
        window.harness.run_steps(1);
    }
    window.harness.run_steps(2);
}

/// A place on the canvas below the flow, where nothing stands.
fn empty_place(window: &Window) -> Pos2 {
    let wire = window.app().wire_middle(&edge(("orders", "out"), ("watermark", "in"))).expect("drawn");
    wire + egui::vec2(200.0, 240.0)
}

#[test]
fn what_a_file_has_drawn_is_seen_and_told_by_the_inspector() {
    let mut window = Window::on(&drawn_flow());
    assert!(window.has("Frame Cleaning, 2 nodes") && window.has("Note: Late rows are kept"));
    window.select("Note: Late rows");
    let field = window.harness.get_by_role_and_label(Role::MultilineTextInput, "Text of the note");
    assert_eq!(field.value().as_deref(), Some("Late rows are kept"));
    window.select("Frame Cleaning");
    let field = window.harness.get_by_role_and_label(Role::TextInput, "Title of the frame");
    assert_eq!(field.value().as_deref(), Some("Cleaning"));
    let green = window.harness.get_by_role_and_label(Role::RadioButton, "Green");
    assert_eq!(green.accesskit_node().toggled(), Some(egui::accesskit::Toggled::True));
}

#[test]
fn a_frame_is_drawn_around_the_selection_named_at_once_and_undone_to_the_same_bytes() {
    let mut window = Window::on(FLOW);
    let before = window.flow().to_json();
    window.select("Ten seconds, 1 input");
    window.key(CTRL, Key::G);
    window.harness.run_steps(3);
    write(&mut window, "Time");
    window.key(NONE, Key::Enter);
    assert!(window.has("Frame Time, 1 node"), "the title was not written");
    let area = window.flow().layout.frames["frame"];
    let inside =
        (area.x <= 288 - 32 && area.x + area.width >= 478 + 32, area.y <= 0 && area.y + area.height >= 160);
    assert_eq!(inside, (true, true), "{area:?} leaves no margin");
    assert!(undo_text(&window).ends_with("naming a frame"), "{}", undo_text(&window));
    window.click(empty_place(&window));
    window.key(CTRL, Key::Z);
    assert!(undo_text(&window).ends_with("drawing a frame"), "{}", undo_text(&window));
    assert!(window.has("Frame, 1 node"));
    window.key(CTRL, Key::Z);
    assert_eq!(window.flow().to_json(), before);
    assert!(!window.has("Frame, 1 node"));
}

#[test]
fn a_frame_is_renamed_by_a_double_click_and_escape_gives_its_title_back() {
    let mut window = Window::on(&drawn_flow());
    let at = center(&window, "Frame Cleaning");
    window.click(at);
    window.click(at);
    window.harness.run_steps(3);
    window.key(CTRL, Key::A);
    write(&mut window, "Washing");
    assert!(window.has("Frame Washing, 2 nodes"), "it is not shown while it is written");
    window.key(NONE, Key::Escape);
    window.harness.run_steps(2);
    assert_eq!(window.flow().frames["first"].title, "Cleaning");
    assert!(!window.app().state().open.document.can_undo(), "what was given up is no step");

    window.key(NONE, Key::F2);
    window.harness.run_steps(3);
    window.key(NONE, Key::End);
    write(&mut window, "!");
    window.key(NONE, Key::Tab);
    assert_eq!(window.flow().frames["first"].title, "Cleaning!");
    window.harness.get_by_role_and_label(Role::RadioButton, "Pink").click();
    window.harness.run_steps(3);
    assert_eq!(window.flow().frames["first"].color.as_deref(), Some("pink"));
    assert_eq!(steps(&window), ["naming a frame", "colouring a frame"]);
}

#[test]
fn a_frame_takes_its_nodes_along_and_goes_alone_with_alt() {
    let mut window = Window::on(&drawn_flow());
    let before = window.flow().clone();
    let at = center(&window, "Frame Cleaning");
    window.drag(at, at - egui::vec2(0.0, 64.0));
    let moved = window.flow();
    let up = before.layout.frames["first"].y - moved.layout.frames["first"].y;
    assert!(up > 0 && up % 16 == 0, "it went {up} points up");
    for node in ["orders", "watermark"].map(NodeId::new) {
        assert_eq!(before.layout.nodes[&node].y - moved.layout.nodes[&node].y, up, "{node}");
    }
    assert_eq!(moved.layout.nodes[&NodeId::new("minute")], before.layout.nodes[&NodeId::new("minute")]);
    assert!(undo_text(&window).ends_with("moving frames and notes"), "{}", undo_text(&window));
    assert!(window.app().state().open.is_checked(), "where things stand means nothing to a run");
    window.key(CTRL, Key::Z);
    assert_eq!(*window.flow(), before);

    window.harness.event(Event::ModifiersChanged(Modifiers::ALT));
    let at = center(&window, "Frame Cleaning");
    window.drag(at, at - egui::vec2(0.0, 64.0));
    window.harness.event(Event::ModifiersChanged(NONE));
    assert_ne!(window.flow().layout.frames, before.layout.frames);
    assert_eq!(window.flow().layout.nodes, before.layout.nodes);
}

#[test]
fn a_deleted_frame_leaves_its_nodes() {
    let mut window = Window::on(&drawn_flow());
    let before = window.flow().clone();
    window.select("Frame Cleaning");
    window.key(NONE, Key::Delete);
    assert!(window.flow().frames.is_empty() && window.flow().layout.frames.is_empty());
    assert_eq!((&window.flow().nodes, &window.flow().edges), (&before.nodes, &before.edges));
    assert_eq!(window.flow().notes, before.notes);
    window.key(CTRL, Key::Z);
    assert_eq!(window.flow().to_json(), before.to_json());
}

#[test]
fn a_frame_is_copied_and_pasted_with_what_lies_in_it() {
    let mut window = Window::on(&drawn_flow());
    let before = window.flow().clone();
    let at = center(&window, "Frame Cleaning");
    window.menu_click(at);
    window.select("Select what lies in it");
    window.harness.run_steps(2);
    let text = window.copied_by(Event::Copy).expect("something was copied");
    window.click(empty_place(&window));
    window.harness.event(Event::Paste(text));
    window.harness.run_steps(3);
    let pasted = window.flow();
    assert_eq!((pasted.nodes.len(), pasted.frames.len(), pasted.notes.len()), (7, 2, 1));
    assert_eq!(pasted.frames["first_2"], before.frames["first"]);
    let (area, node) = (pasted.layout.frames["first_2"], pasted.layout.nodes[&NodeId::new("orders_2")]);
    assert_eq!((node.x - area.x, node.y - area.y), (32, 64), "they stand to each other as before");
    let selection = &window.app().state().open.selection;
    assert_eq!((selection.nodes.len(), selection.drawn.len()), (2, 1));
    assert!(undo_text(&window).ends_with("pasting"), "{}", undo_text(&window));
    window.key(CTRL, Key::Z);
    assert_eq!(window.flow().to_json(), before.to_json());

    window.select("Note: Late rows");
    window.key(CTRL, Key::D);
    let notes = &window.flow().layout.notes;
    assert!(notes["why_2"].y >= notes["why"].y + notes["why"].height, "{notes:?} lie on each other");
}

#[test]
fn a_note_is_added_where_the_menu_was_opened_and_written() {
    let mut window = Window::on(FLOW);
    let before = window.flow().to_json();
    let at = empty_place(&window) - egui::vec2(0.0, 100.0);
    window.menu_click(at);
    window.select("Add note");
    window.harness.run_steps(4);
    write(&mut window, "Look here");
    assert!(window.has("Note: Look here"));
    let shown = window.labelled("Note: Look here").rect();
    assert!((shown.min - at).length() < 16.0, "{shown:?} is not at {at:?}");
    window.click(empty_place(&window) + egui::vec2(0.0, 200.0));
    assert_eq!(steps(&window), ["adding a note", "writing a note"]);
    window.key(CTRL, Key::Z);
    window.key(CTRL, Key::Z);
    assert_eq!(window.flow().to_json(), before);
}

#[test]
fn an_edge_resizes_and_arranging_fits_frames_to_their_nodes() {
    let mut window = Window::on(&drawn_flow());
    let before = window.flow().clone();
    let note = window.labelled("Note: Late rows").rect();
    window.drag(note.right_center(), note.right_center() + egui::vec2(60.0, 5.0));
    let (was, is) = (before.layout.notes["why"], window.flow().layout.notes["why"]);
    assert!(is.width > was.width && is.width % 16 == 0 && is.height == was.height, "{is:?} was {was:?}");
    assert!(undo_text(&window).ends_with("resizing a frame or note"), "{}", undo_text(&window));
    window.click(empty_place(&window));
    window.key(CTRL, Key::L);
    window.harness.run_steps(3);
    assert!(window.has("Frame Cleaning, 2 nodes"), "its nodes have left it");
    let area = window.flow().layout.frames["first"];
    assert_eq!(area.x, node_x(&window, "orders") - 32);
    assert!(undo_text(&window).ends_with("arranging nodes"), "{}", undo_text(&window));
    window.key(CTRL, Key::Z);
    window.key(CTRL, Key::Z);
    assert_eq!(window.flow().to_json(), before.to_json());
}

#[test]
fn a_note_in_a_frame_stands_among_its_nodes_when_they_are_arranged() {
    let mut noted = drawn_flow();
    for (place, further_down) in [
        ("[32, 256, 240, 112]", "[48, 528, 240, 16]"),
        ("[0, -32, 512, 192]", "[0, 368, 512, 192]"),
        (r#""orders": [32, 32]"#, r#""orders": [32, 432]"#),
        (r#""watermark": [288, 32]"#, r#""watermark": [288, 432]"#),
    ] {
        assert!(noted.contains(place), "the flow has changed: {place}");
        noted = noted.replace(place, further_down);
    }
    let mut window = Window::on(&noted);
    let before = window.flow().clone();
    window.key(CTRL, Key::L);
    window.harness.run_steps(3);
    let orders = NodeId::new("orders");
    let way = |now: &graph::FlowDocument| {
        let (node, note) = (now.layout.nodes[&orders], now.layout.notes["why"]);
        (note.x - node.x, note.y - node.y)
    };
    assert_ne!(window.flow().layout.nodes[&orders], before.layout.nodes[&orders], "nothing was moved");
    assert_eq!(way(window.flow()), way(&before));
    let (frame, note) = (window.flow().layout.frames["first"], window.flow().layout.notes["why"]);
    assert!(frame.y + frame.height >= note.y + note.height, "{note:?} is not in {frame:?}");
    window.key(CTRL, Key::Z);
    assert_eq!(window.flow().to_json(), before.to_json());
}

#[test]
fn a_note_is_in_sight_wherever_it_is_put() {
    let mut window = Window::on(FLOW);
    let canvas = window.harness.get_by_role_and_label(Role::List, "Flow").rect();
    let corner = canvas.right_bottom() - egui::vec2(30.0, 30.0);
    window.harness.event(Event::PointerMoved(corner));
    for text in ["one", "two", "three"] {
        window.key(CTRL | Modifiers::SHIFT, Key::N);
        window.harness.run_steps(20);
        write(&mut window, text);
        let canvas = window.harness.get_by_role_and_label(Role::List, "Flow").rect();
        let note = window.labelled(&format!("Note: {text}")).rect();
        assert!(canvas.contains_rect(note) && note.width() > 100.0, "{note:?} is not in {canvas:?}");
    }
}

#[test]
fn what_lies_in_a_frame_is_selected_as_well_as_what_is() {
    let mut window = Window::on(&drawn_flow());
    window.key(CTRL, Key::A);
    let all = window.app().state().open.selection.clone();
    let at = center(&window, "Frame Cleaning");
    window.menu_click(at);
    window.select("Select what lies in it");
    window.harness.run_steps(2);
    assert_eq!(window.app().state().open.selection, all);
}

#[test]
fn a_note_over_a_node_is_put_where_nothing_hides_it() {
    let mut window = Window::on(FLOW);
    let node = window.labelled("By the minute, 1 input").rect();
    window.harness.event(Event::PointerMoved(node.center()));
    window.harness.run_steps(2);
    for n_notes in 1..=2 {
        window.key(CTRL | Modifiers::SHIFT, Key::N);
        window.harness.run_steps(4);
        assert_eq!(window.flow().layout.notes.len(), n_notes);
    }
    let areas: Vec<_> = window.flow().layout.notes.values().copied().collect();
    let tiles = window.flow().layout.nodes.values().map(|at| (at.x, at.y, 190, 96));
    let notes = areas.iter().map(|area| (area.x, area.y, area.width, area.height));
    let all: Vec<_> = tiles.chain(notes).collect();
    for (number, (x, y, width, height)) in all.iter().enumerate() {
        for (left, top, wide, high) in all.iter().skip(number + 1) {
            let is_apart = x + width <= *left || left + wide <= *x || y + height <= *top || top + high <= *y;
            assert!(is_apart, "{all:?}");
        }
    }
}
