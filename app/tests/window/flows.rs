//! Several flows in one window.

use super::desk::*;

impl Window {
    fn tabs(&self) -> Vec<String> {
        let tabs = self.harness.get_all_by_role(Role::Tab).filter_map(|tab| tab.accesskit_node().label());
        tabs.filter(|name| ["Orders", "Untitled flow"].contains(&&**name)).collect()
    }

    fn add_union(&mut self) {
        self.key(Modifiers::COMMAND, Key::P);
        self.harness.get_by_label("Union").click();
        self.harness.run_steps(3);
        self.key(Modifiers::COMMAND, Key::P);
    }
}

#[test]
fn every_flow_keeps_its_history_its_selection_and_its_run() {
    let mut window = Window::on_orders();
    window.play_slowly();
    window.select_node_and_delete("late");
    window.settle();
    window.select("By the minute, 1 input");
    let run = window.app().state().open.run.asked;
    window.key(Modifiers::COMMAND, Key::N);
    assert_eq!(window.tabs(), ["Orders", "Untitled flow"]);
    assert_eq!(window.n_nodes(), 0);
    window.add_union();
    assert_eq!(window.n_nodes(), 1);
    window.key(Modifiers::COMMAND, Key::PageUp);
    let state = window.app().state();
    assert_eq!(state.open.document.name(), "Orders");
    assert_eq!(state.open.selection.single_node(), Some(&NodeId::new("minute")));
    assert_eq!((window.n_nodes(), state.open.run.asked), (4, run), "it goes on as it was");
    assert!(window.app().wait_for_run(LONG, |snapshot| snapshot.status == RunStatus::Running));
    window.key(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.n_nodes(), 5);
    window.harness.get_by_role_and_label(Role::Tab, "Untitled flow").click();
    window.harness.run_steps(3);
    assert_eq!(window.n_nodes(), 1);
    window.key(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.n_nodes(), 0);
}

#[test]
fn a_file_that_is_open_is_shown_and_not_opened_again() {
    let mut window = Window::on_orders();
    window.key(Modifiers::COMMAND, Key::N);
    window.add_union();
    window.key(Modifiers::COMMAND | Modifiers::SHIFT, Key::O);
    let file = window.flow_file();
    window.type_path(&file);
    assert_eq!(window.app().state().open.document.name(), "Orders");
    assert_eq!(window.tabs(), ["Orders", "Untitled flow"]);
}

#[test]
fn an_untouched_flow_makes_room_for_the_one_that_is_opened() {
    let mut window = Window::on_orders();
    window.key(Modifiers::COMMAND, Key::N);
    window.key(Modifiers::COMMAND, Key::N);
    assert_eq!(window.tabs(), ["Orders", "Untitled flow"]);
    window.key(Modifiers::COMMAND, Key::W);
    assert_eq!(window.tabs(), ["Orders"]);
    window.key(Modifiers::COMMAND, Key::W);
    assert_eq!(window.tabs(), ["Untitled flow"], "the last makes room for an empty one");
}

#[test]
fn closing_asks_for_every_flow_that_would_lose_something() {
    let mut window = Window::on_orders();
    window.select_node_and_delete("late");
    window.key(Modifiers::COMMAND, Key::N);
    window.add_union();
    window.key(Modifiers::COMMAND, Key::Q);
    assert!(window.has("Save changes to Orders?"));
    window.harness.get_by_label("Discard").click();
    window.harness.run_steps(3);
    assert!(window.has("Save changes to Untitled flow?"));
    window.harness.get_by_label("Cancel").click();
    window.harness.run_steps(3);
    assert_eq!(window.tabs(), ["Orders", "Untitled flow"], "who cancels has lost nothing");
    window.key(Modifiers::COMMAND, Key::W);
    window.harness.get_by_label("Discard").click();
    window.harness.run_steps(3);
    assert_eq!((window.tabs(), window.n_nodes()), (vec!["Orders".to_owned()], 4));
    window.key(Modifiers::COMMAND, Key::Q);
    assert!(window.has("Save changes to Orders?"), "it was not given up for good");
}

/// Clicks the window's own button that closes it. `false` if the window refuses to close.
fn close_window(window: &mut Window) -> bool {
    let viewport = window.harness.input_mut().viewports.entry(egui::ViewportId::ROOT).or_default();
    viewport.events.push(egui::ViewportEvent::Close);
    window.harness.step();
    let output = &window.harness.output().viewport_output[&egui::ViewportId::ROOT];
    let closes = !output.commands.contains(&egui::ViewportCommand::CancelClose);
    window.harness.run_steps(3);
    closes
}

#[test]
fn what_was_given_up_for_a_quit_that_was_called_off_is_asked_about_again() {
    let mut window = Window::on_orders();
    window.select_node_and_delete("late");
    window.key(Modifiers::COMMAND, Key::N);
    window.add_union();
    window.key(Modifiers::COMMAND, Key::Q);
    window.harness.get_by_label("Discard").click();
    window.harness.run_steps(3);
    assert!(window.has("Save changes to Untitled flow?"));
    window.harness.get_by_label("Cancel").click();
    window.harness.run_steps(3);
    // The second has nothing to lose any more.
    window.key(Modifiers::COMMAND, Key::Z);
    assert!(!close_window(&mut window), "the window closes over a flow that is not saved");
    assert!(window.has("Save changes to Orders?"));
    window.harness.get_by_label("Discard").click();
    window.harness.run_steps(3);
    assert!(close_window(&mut window), "it asks for ever");
}

#[test]
fn a_window_with_nothing_to_lose_closes_at_once() {
    let mut window = Window::on_orders();
    assert!(close_window(&mut window));
}

#[test]
fn a_run_behind_the_flow_that_is_shown_paints_nothing() {
    let mut window = Window::on_orders();
    // The samples on the start page move for a moment.
    window.ask(Action::ToggleReducedMotion);
    window.play_slowly();
    window.key(Modifiers::COMMAND, Key::N);
    window.settle();
    window.harness.run_steps(10);
    window.assert_rests();
}

#[test]
fn no_more_flows_are_opened_than_can_be_held() {
    let mut window = Window::on_orders();
    for _ in 0..tidemark::app::MAX_FLOWS {
        window.key(Modifiers::COMMAND, Key::N);
        window.add_union();
    }
    assert!(window.has("close one first"));
    assert_eq!(window.app().state().flows().len(), tidemark::app::MAX_FLOWS);
    assert!(window.has("All 16 open flows"));
}
