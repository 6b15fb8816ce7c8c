//! What is to be written is seen: the inspector comes for it, and a field that is not there takes no keys later.

use tidemark::command::{Action, Command};
use tidemark::state::layout::{Pane, Side};

use super::desk::*;

const CTRL: Modifiers = Modifiers::COMMAND;
const NONE: Modifiers = Modifiers::NONE;

/// The orders in a frame, with a problem.
fn flow_with_a_problem() -> String {
    let drawn = r#""frames": [{ "id": "first", "title": "Cleaning" }],
  "layout": { "frames": { "first": [0, -32, 512, 192] }, "nodes""#;
    let framed = FLOW.replace(r#""layout": { "nodes""#, drawn);
    framed.replace(r#""function": "count""#, r#""function": "sum""#)
}

fn is_in_focus_mode(window: &Window) -> bool {
    window.app().state().view.focus_mode
}

/// Whether what has the keyboard is in the inspector.
fn inspector_has_keyboard(window: &Window) -> bool {
    let Some(focused) = window.harness.ctx.memory(egui::Memory::focused) else { return false };
    let place = window.harness.ctx.read_response(focused).expect("it is shown").rect;
    let inspector = window.harness.query_by_label("Pane Inspector");
    inspector.is_some_and(|inspector| inspector.rect().contains_rect(place))
}

/// A letter, as a keyboard sends it.
fn type_a(window: &mut Window) {
    window.harness.event(Event::Text("a".to_owned()));
    window.key(NONE, Key::A);
    window.harness.run_steps(2);
}

#[test]
fn whoever_writes_in_focus_mode_leaves_it_and_sees_the_field() {
    let mut window = Window::on(&flow_with_a_problem());
    let writing = [
        (None, CTRL | Modifiers::SHIFT, Key::N),
        (Some("Too late, "), CTRL, Key::G),
        (Some("Frame Cleaning"), NONE, Key::F2),
        (Some("By the minute, "), NONE, Key::F2),
        (Some("Ten seconds, "), NONE, Key::Enter),
        (None, NONE, Key::F8),
    ];
    for (selected, modifiers, key) in writing {
        if let Some(label) = selected {
            window.select(label);
        }
        window.key(NONE, Key::F11);
        assert!(is_in_focus_mode(&window) && !window.has("Pane Inspector"));
        window.key(modifiers, key);
        window.harness.run_steps(3);
        assert!(!is_in_focus_mode(&window), "{key:?} writes what is not seen");
        assert!(inspector_has_keyboard(&window), "{key:?} gives the keyboard to another");
        if key != Key::F8 {
            type_a(&mut window);
            assert!(inspector_has_keyboard(&window), "after {key:?} letters are keys of the canvas");
        }
    }
    let flow = window.app().state().open.document.flow();
    assert_eq!(flow.notes["note"].text, "a");
    assert_eq!((&*flow.frames["frame"].title, &*flow.frames["first"].title), ("a", "Cleaninga"));
}

#[test]
fn the_key_of_a_tab_shows_it_in_focus_mode() {
    let mut window = Window::on_orders();
    window.key(NONE, Key::F11);
    assert!(!window.has("Pane Data"));
    window.key(CTRL, Key::Num1);
    assert!(!is_in_focus_mode(&window) && window.has("Pane Data"), "it was closed unseen");
    window.key(NONE, Key::F11);
    window.key(CTRL, Key::Num2);
    assert!(!is_in_focus_mode(&window) && window.has("Pane Problems"));
}

#[test]
fn a_field_for_which_there_was_no_room_takes_no_keys_later() {
    let mut window = Window::on(FLOW);
    let writing = [(None, CTRL | Modifiers::SHIFT, Key::N), (Some("By the minute, "), NONE, Key::Enter)];
    for (selected, modifiers, key) in writing {
        if let Some(label) = selected {
            window.select(label);
        }
        window.harness.set_size([1440.0, 300.0].into());
        window.harness.run_steps(3);
        window.key(modifiers, key);
        assert!(!window.has("Pane Inspector"), "there is room");
        window.harness.set_size([1440.0, 900.0].into());
        window.harness.run_steps(20);
        assert!(window.has("Pane Inspector") && !inspector_has_keyboard(&window), "{key:?} comes late");
    }
}

#[test]
fn an_inspector_behind_a_tab_comes_to_the_front_to_be_written_in() {
    let mut window = Window::on_orders();
    let app = window.harness.state_mut().as_mut().expect("the first frame made it");
    app.ask(Command::MovePane(Pane::Inspector, Side::Bottom));
    window.harness.run_steps(3);
    window.key(CTRL, Key::Num1);
    assert!(!window.has("Pane Inspector"), "it is in front");
    window.select("By the minute, ");
    window.key(NONE, Key::F2);
    window.harness.run_steps(3);
    assert!(inspector_has_keyboard(&window));
}

#[test]
fn panes_and_drawers_that_are_asked_for_in_focus_mode_are_seen() {
    let mut window = Window::on(FLOW);
    let asked = [
        (Action::ToggleInspector, "Pane Inspector"),
        (Action::ToggleDock, "Pane Data"),
        (Action::TogglePalette, "Parquet source"),
        (Action::ResetLayout, "Pane Inspector"),
    ];
    for (action, seen) in asked {
        // Not even a pane that has all the room hides them.
        window.ask(Command::Maximize(Some(Pane::Canvas)));
        window.key(NONE, Key::F11);
        window.harness.run_steps(2);
        assert!(is_in_focus_mode(&window) && !window.has(seen), "{seen}");
        window.ask(action);
        window.harness.run_steps(3);
        assert!(!is_in_focus_mode(&window) && window.has(seen), "{seen}");
    }
}

#[test]
fn a_wire_that_is_clicked_in_focus_mode_is_selected_and_nothing_comes_back() {
    let mut window = Window::on_orders();
    let wire = edge(("watermark", "out"), ("minute", "in"));
    window.key(NONE, Key::F11);
    window.harness.run_steps(2);
    let at = window.app().wire_middle(&wire).expect("it is drawn");
    window.click(at);
    let state = window.app().state();
    assert_eq!(state.open.selection.single_wire(), Some(&wire));
    assert!(state.open.watched == Some(Watch::Edge(wire)) && is_in_focus_mode(&window));
}
