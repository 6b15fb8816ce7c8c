//! The card that says in passing what flows in a wire or what a port is.

use tidemark::command::{Action, Command};
use tidemark::state::DockTab;
use tidemark::state::layout::Pane;

use super::desk::*;

const NONE: Modifiers = Modifiers::NONE;
/// So many frames of the tests are no rest yet, and two more are.
const NO_REST: usize = 10;

fn wire() -> EdgeId {
    edge(("watermark", "out"), ("minute", "in"))
}

fn middle(window: &Window, wire: &EdgeId) -> Pos2 {
    window.app().wire_middle(wire).expect("the wire is drawn")
}

fn card(window: &Window) -> Option<Node<'_>> {
    window.harness.query_by_role(Role::Tooltip)
}

/// Everything that the card says, a line each.
fn said(window: &Window) -> Vec<String> {
    let text = |line: Node<'_>| line.accesskit_node().label().or_else(|| line.accesskit_node().value());
    lines(window).into_iter().filter_map(text).collect()
}

fn lines(window: &Window) -> Vec<Node<'_>> {
    let card = card(window).expect("there is a card");
    let is_line =
        |node: &Node<'_>| [Role::Label, Role::ListItem, Role::Row].contains(&node.accesskit_node().role());
    card.query_all(egui_kittest::kittest::By::new()).filter(is_line).collect()
}

/// Where the card lies: its lines and what is around them.
fn place(window: &Window) -> egui::Rect {
    let lines = lines(window);
    lines.iter().map(Node::rect).reduce(egui::Rect::union).expect("it says something").expand(12.0)
}

fn says(window: &Window, text: &str) -> bool {
    said(window).iter().any(|line| line.contains(text))
}

/// The rows of the card.
fn rows(window: &Window) -> Vec<String> {
    let card = card(window).expect("there is a card");
    card.query_all_by_role(Role::Row).filter_map(|row| row.accesskit_node().label()).collect()
}

fn point_at(window: &mut Window, at: Pos2) {
    window.harness.event(Event::PointerMoved(at));
    window.harness.step();
}

/// Rests on a place until there is a card, and until its rows are there if it is of a wire.
fn rest_at(window: &mut Window, at: Pos2) {
    point_at(window, at);
    window.harness.run_steps(NO_REST + 6);
    if window.app().state().open.peeked.is_some() {
        assert!(window.app().wait_for_run(LONG, |snapshot| snapshot.peeked.is_some()));
    }
    window.harness.run_steps(3);
}

/// A place on the canvas where nothing stands.
fn nowhere(window: &Window) -> Pos2 {
    middle(window, &edge(("orders", "out"), ("watermark", "in"))) + egui::vec2(0.0, 240.0)
}

fn until_next_frame(window: &Window) -> Duration {
    window.harness.output().viewport_output[&egui::ViewportId::ROOT].repaint_delay
}

#[test]
fn a_card_comes_when_the_pointer_has_rested_on_a_wire_and_not_before() {
    let mut window = Window::on_orders();
    assert!(window.app().zoom_of_canvas() >= 0.55);
    let at = middle(&window, &wire());
    point_at(&mut window, at - egui::vec2(8.0, 0.0));
    point_at(&mut window, at);
    for frame in 0..NO_REST {
        window.harness.step();
        assert!(card(&window).is_none(), "it came after {} frames", frame + 1);
    }
    window.harness.run_steps(2);
    let shown = card(&window).expect("it did not come");
    assert_eq!(shown.accesskit_node().label().as_deref(), Some("Wire from Ten seconds to By the minute"));
    let rect = place(&window);
    assert!(!rect.contains(at), "{rect:?} lies under the pointer at {at:?}");
    assert!(
        window.harness.ctx.content_rect().contains_rect(rect),
        "{rect:?} is cut by the edge of the window"
    );
}

#[test]
fn the_card_of_a_wire_has_figures_columns_and_the_last_rows() {
    let mut window = Window::on_orders();
    let watched = window.app().state().open.watched.clone();
    let at = middle(&window, &wire());
    rest_at(&mut window, at);
    for text in [
        "Ten seconds → By the minute",
        "Rows that are only added",
        "Rows, 20",
        "Watermark, end of input",
        "Queue, ",
        "item, STRING",
        "Time attribute",
    ] {
        assert!(says(&window, text), "{text} is not said: {:#?}", said(&window));
    }
    let rows = rows(&window);
    assert_eq!(rows.len(), 3, "{rows:?}");
    for (row, number) in rows.iter().zip(18..) {
        assert!(row.starts_with(&format!("Row {number}, ")), "{rows:?}");
    }
    assert_eq!(window.app().state().open.watched, watched, "the table shows something else");
    assert_eq!(window.app().state().open.tables.iter().count(), 1);
}

#[test]
fn a_late_row_is_called_so() {
    let mut window = Window::on_orders();
    let late = edge(("minute", "late"), ("late", "in"));
    let at = middle(&window, &late);
    rest_at(&mut window, at);
    assert!(says(&window, "Late rows, which came after their time"));
    let rows = rows(&window);
    assert_eq!(rows.len(), 1);
    assert!(rows[0].starts_with("Row 1, late, "), "{rows:?}");
}

#[test]
fn the_card_goes_with_the_pointer_and_its_rows_are_not_handed_out_any_more() {
    let mut window = Window::on_orders();
    let at = middle(&window, &wire());
    rest_at(&mut window, at);
    assert_eq!(window.app().state().open.peeked, Some(wire()));
    // Along the wire it stays where it is.
    let before = place(&window);
    point_at(&mut window, at - egui::vec2(6.0, 0.0));
    assert_eq!(place(&window), before);
    let away = nowhere(&window);
    point_at(&mut window, away);
    assert!(card(&window).is_none());
    window.harness.run_steps(2);
    assert_eq!(window.app().state().open.peeked, None);
    assert!(window.app().wait_for_run(LONG, |snapshot| snapshot.peeked.is_none()));
}

#[test]
fn a_press_ends_the_card_until_the_pointer_has_moved() {
    let mut window = Window::on_orders();
    let at = middle(&window, &wire());
    rest_at(&mut window, at);
    assert!(card(&window).is_some());
    window.button(at, true);
    assert!(card(&window).is_none());
    window.button(at, false);
    window.harness.run_steps(3 * NO_REST);
    assert!(card(&window).is_none(), "it came back to who had just clicked");
    assert_eq!(
        window.app().state().open.selection.wires,
        [wire()].into(),
        "the click did not reach the wire"
    );
    rest_at(&mut window, at + egui::vec2(6.0, 0.0));
    assert!(card(&window).is_some());
    window.key(NONE, Key::ArrowDown);
    assert!(card(&window).is_none());
}

#[test]
fn from_far_away_no_card_comes_by_itself() {
    let mut window = Window::on_orders();
    while window.app().zoom_of_canvas() >= 0.55 {
        window.key(Modifiers::COMMAND, Key::Minus);
        window.harness.run_steps(10);
    }
    let at = middle(&window, &wire());
    rest_at(&mut window, at);
    assert!(card(&window).is_none());
    window.click(at);
    window.key(NONE, Key::I);
    assert!(card(&window).is_some(), "it was asked for");
}

#[test]
fn a_key_shows_the_card_of_the_selected_wire_and_puts_it_away() {
    let mut window = Window::on_orders();
    let at = middle(&window, &wire());
    window.click(at);
    let away = nowhere(&window);
    point_at(&mut window, away);
    window.key(NONE, Key::I);
    assert!(card(&window).is_some(), "the key does not show it");
    let rect = place(&window);
    assert!(!rect.contains(at), "it hides the wire's label");
    assert!(window.app().wait_for_run(LONG, |snapshot| snapshot.peeked.is_some()));
    window.harness.run_steps(3 * NO_REST);
    assert_eq!(rows(&window).len(), 3);
    window.key(NONE, Key::I);
    assert!(card(&window).is_none());
    window.key(NONE, Key::I);
    assert!(card(&window).is_some());
    window.key(NONE, Key::Escape);
    assert!(card(&window).is_none());
    assert_eq!(window.app().state().open.selection.wires, [wire()].into(), "Escape was for the card alone");
}

#[test]
fn the_canvas_comes_back_for_its_card_and_takes_it_along_when_it_is_hidden() {
    let mut window = Window::on_orders();
    let at = middle(&window, &wire());
    window.click(at);
    let maximize = |window: &mut Window, pane| {
        let app = window.harness.state_mut().as_mut().expect("the first frame made it");
        app.ask(Command::Maximize(pane));
        window.harness.run_steps(3);
    };
    let data = Some(Pane::Dock(DockTab::Data));
    maximize(&mut window, data);
    assert!(window.harness.query_by_role_and_label(Role::List, "Flow").is_none(), "the canvas is seen");
    window.key(NONE, Key::I);
    assert!(card(&window).is_some(), "there is no card");
    assert_eq!(window.app().state().open.peeked, Some(wire()));

    maximize(&mut window, data);
    assert!(card(&window).is_none());
    assert_eq!(window.app().state().open.peeked, None, "rows are handed out for nobody");
    maximize(&mut window, None);
    assert!(card(&window).is_none(), "it comes unasked");
}

#[test]
fn a_key_shows_the_card_of_the_port_that_the_keyboard_is_on() {
    let mut window = Window::on_orders();
    window.select("By the minute, 1 input");
    window.key(NONE, Key::P);
    window.key(NONE, Key::P);
    window.key(NONE, Key::I);
    let shown = card(&window).expect("the key shows it");
    assert_eq!(shown.accesskit_node().label().as_deref(), Some("late, output of By the minute"));
}

#[test]
fn without_a_wire_or_port_the_key_says_what_it_wants() {
    let mut window = Window::on_orders();
    let at = nowhere(&window);
    window.click(at);
    window.key(NONE, Key::I);
    assert!(card(&window).is_none());
    assert!(window.has("Select a wire, or go to a port with P"));
}

#[test]
fn a_port_says_what_leaves_by_it() {
    let mut window = Window::on_orders();
    let at = window.app().port_place(&port("minute", "late"), true).expect("drawn");
    rest_at(&mut window, at);
    for text in ["late, output of By the minute", "Late rows, which came after their time", "item, STRING"] {
        assert!(says(&window, text), "{text} is not said: {:#?}", said(&window));
    }
}

#[test]
fn an_input_says_what_enters_it_and_a_free_one_what_it_takes() {
    let mut window = Window::on_orders();
    let at = window.app().port_place(&port("late", "in"), false).expect("drawn");
    rest_at(&mut window, at);
    for text in ["in, input of Too late", "From, By the minute · late", "item, STRING"] {
        assert!(says(&window, text), "{text} is not said: {:#?}", said(&window));
    }
    let middle = middle(&window, &edge(("minute", "late"), ("late", "in")));
    window.click(middle);
    window.key(NONE, Key::Delete);
    window.settle();
    rest_at(&mut window, at);
    assert!(says(&window, "Nothing is connected, takes one wire"), "{:#?}", said(&window));
    assert!(!says(&window, "STRING"));
}

#[test]
fn an_open_card_follows_the_run() {
    let mut window = Window::on_orders();
    window.play_slowly();
    window.key(NONE, Key::Space);
    window.harness.run_steps(2);
    assert!(window.app().wait_for_run(LONG, |now| matches!(now.status, RunStatus::Paused(_))));
    window.harness.run_steps(3);
    let passed = |snapshot: &UiSnapshot| snapshot.edges.get(&wire()).map_or(0, |figures| figures.rows);
    let before = passed(&window.app().state().open.run.snapshot);
    let at = middle(&window, &wire());
    point_at(&mut window, at);
    window.harness.run_steps(NO_REST + 6);
    assert!(says(&window, &format!("Rows, {before} · ")), "{:#?}", said(&window));
    for _ in 0..2 {
        window.ask(Action::Step);
        window.harness.run_steps(3);
    }
    let has_come = |now: &UiSnapshot| {
        passed(now) == before + 2 && now.peeked.as_ref().is_some_and(|rows| rows.n_total == before + 2)
    };
    assert!(window.app().wait_for_run(LONG, has_come), "no rows came");
    window.harness.run_steps(3);
    assert!(says(&window, &format!("Rows, {} · ", before + 2)), "{:#?}", said(&window));
    assert!(rows(&window).last().is_some_and(|row| row.starts_with(&format!("Row {}, ", before + 2))));
}

#[test]
fn a_rest_costs_one_frame_and_an_open_card_none() {
    let mut window = Window::on_orders();
    window.come_to_rest();
    window.harness.run_steps(10);
    let at = middle(&window, &wire());
    point_at(&mut window, at);
    window.harness.run_steps(5);
    let wait = until_next_frame(&window);
    assert!(wait > Duration::from_millis(150) && wait <= Duration::from_millis(350), "{wait:?}");
    rest_at(&mut window, at);
    window.harness.run_steps(10);
    assert!(card(&window).is_some());
    window.assert_rests();
}

#[test]
fn a_card_is_left_with_its_flow() {
    let mut window = Window::on_orders();
    let at = middle(&window, &wire());
    rest_at(&mut window, at);
    assert!(card(&window).is_some());
    window.ask(Action::New);
    window.harness.run_steps(3);
    assert!(card(&window).is_none());
    let left = &window.app().state().shelf[0];
    assert_eq!(left.peeked, None, "rows of a flow that is not shown are handed out");
}
