//! Playing a flow.

use super::desk::*;

#[test]
fn a_flow_is_opened_checked_and_run() {
    let window = Window::on_orders();
    let state = window.app().state();
    assert!(state.open.checked.diagnostics.is_empty(), "{:?}", state.open.checked.diagnostics);
    assert_eq!((state.open.run.snapshot.records, state.open.run.snapshot.late), (20, 1));
    for label in ["Orders", "Ten seconds", "By the minute", "Result", "Too late", "Finished", "20 records"] {
        assert!(window.has(label), "{label} is not shown");
    }
}

#[test]
fn a_run_that_fails_is_said_and_the_window_stays() {
    let mut window = Window::on_orders();
    std::fs::remove_file(window.folder.path().join("orders.csv")).expect("removed");
    window.key(Modifiers::COMMAND, Key::R);
    assert!(window.app().wait_for_run(LONG, |snapshot| matches!(snapshot.status, RunStatus::Failed(_))));
    window.harness.run_steps(3);
    assert!(window.has("The run failed at Orders"));
    assert!(window.has("Failed"));
}

#[test]
fn stepping_reads_one_record_at_a_time() {
    let mut window = Window::on_orders();
    window.key(Modifiers::NONE, Key::Period);
    assert!(window.app().wait_for_run(LONG, |snapshot| snapshot.records == 1));
    window.harness.run_steps(2);
    window.key(Modifiers::NONE, Key::Period);
    assert!(window.app().wait_for_run(LONG, |snapshot| snapshot.records == 2));
    window.harness.run_steps(2);
    assert!(window.has("Paused"));
    window.key(Modifiers::NONE, Key::Space);
    assert!(window.app().wait_for_run(LONG, |snapshot| snapshot.status == RunStatus::Finished));
}

#[test]
fn space_plays_whatever_button_has_the_keyboard_and_enter_presses_it() {
    let mut window = Window::on_orders();
    window.play_slowly();
    window.harness.get_by_label("Palette").focus();
    window.harness.run_steps(2);
    window.key(Modifiers::NONE, Key::Space);
    assert!(window.app().wait_for_run(LONG, |snapshot| matches!(snapshot.status, RunStatus::Paused(_))));
    assert!(!window.has("Union"), "the button was pressed as well");
    window.key(Modifiers::NONE, Key::Enter);
    assert!(window.has("Union"), "Enter presses the button");
    let focused = window.harness.ctx.memory(egui::Memory::focused);
    window.key(Modifiers::NONE, Key::Tab);
    assert_ne!(window.harness.ctx.memory(egui::Memory::focused), focused, "Tab goes on");
}

#[test]
fn space_in_a_text_field_is_a_space() {
    let mut window = Window::on_orders();
    window.play_slowly();
    window.select("By the minute, 1 input");
    window.key(Modifiers::NONE, Key::F2);
    window.key(Modifiers::NONE, Key::Space);
    assert!(
        !window.app().wait_for_run(Duration::from_millis(300), |now| now.status != RunStatus::Running),
        "writing a space has paused the run"
    );
}

#[test]
fn the_clock_stops_at_the_last_record() {
    let window = Window::on_orders();
    // 2026-05-04 08:03:20 UTC, the last line of the file.
    assert_eq!(window.app().state().open.run.snapshot.clock_millis, Some(1_777_881_800_000));
}

#[test]
fn a_wire_shows_rate_and_watermark_while_there_is_a_run_and_its_rows_in_all_after_it() {
    let mut window = Window::on_orders();
    assert!(window.has("Wire from Orders to Ten seconds, 20 rows, end of input"));
    assert!(window.has("By the minute, 1 input, 2 outputs, 20 → "), "a node says its unit once");
    assert!(window.has("Result, 1 input, takes 6 rows"));
    window.key(Modifiers::NONE, Key::Period);
    assert!(window.app().wait_for_run(LONG, |now| now.records == 1 && now.records_per_sec == 0.0));
    window.harness.run_steps(2);
    // It waits, and a second has passed in which nothing did: a rate all the same.
    assert!(window.has("Wire from Orders to Ten seconds, 0/s, no watermark"));
    assert!(window.has("takes 0/s") && !window.has("takes 0 rows"));
    assert!(window.has("Wire from Ten seconds to By the minute, 0/s, Watermark −10"));
}

#[test]
fn any_factor_is_written_in_the_menu_of_speeds() {
    let mut window = Window::on_orders();
    window.select("max");
    let write = |window: &mut Window, text: &str| {
        window.harness.get_by_role_and_label(Role::TextInput, "Any factor").focus();
        window.harness.run_steps(2);
        window.key(Modifiers::COMMAND, Key::A);
        window.harness.event(Event::Text(text.to_owned()));
        window.harness.run_steps(2);
    };
    write(&mut window, "quick");
    assert!(window.has("A number from 0.001 to 1,000,000"), "it does not say what is wrong");
    window.key(Modifiers::NONE, Key::Enter);
    assert_eq!(window.app().state().open.run.speed, Speed::Maximum);
    write(&mut window, "0.25");
    window.key(Modifiers::NONE, Key::Enter);
    assert_eq!(window.app().state().open.run.speed, Speed::Factor(0.25));
    window.harness.run_steps(3);
    assert!(window.has("×0.25") && !window.has("Any factor"), "the menu is closed and the label shows it");
}

#[test]
fn a_flow_that_cannot_run_cannot_be_restarted() {
    let mut window = Window::on_orders();
    window.key(Modifiers::NONE, Key::Period);
    window.select("By the minute, 1 input");
    window.key(Modifiers::NONE, Key::Delete);
    window.settle();
    let asked = window.app().state().open.run.asked;
    let restart = window.harness.get_by_label("Restart");
    assert!(restart.accesskit_node().is_disabled(), "the button looks as if it did something");
    restart.click();
    window.harness.run_steps(3);
    assert_eq!(window.app().state().open.run.asked, asked);
}
