//! What an empty flow offers, by pointer and by keys, in windows of any size.

use egui::vec2;

use super::desk::*;

fn empty() -> Window {
    Window::opening(Opening::Nothing, tempfile::tempdir().expect("a folder"))
}

fn card<'a>(window: &'a Window, name: &'a str) -> Node<'a> {
    window.harness.get_by(move |node| {
        node.role() == Role::Button && node.label().is_some_and(|label| label.starts_with(name))
    })
}

fn focused(window: &Window) -> String {
    #[expect(clippy::redundant_closure_for_method_calls, reason = "the method alone is not general enough")]
    let focused = window.harness.query_all_by(|node| node.is_focused()).next();
    focused.and_then(|node| node.accesskit_node().label()).unwrap_or_default()
}

#[test]
fn the_first_sample_has_the_keyboard_and_enter_opens_it() {
    let mut window = empty();
    assert!(focused(&window).starts_with("Flight delays: "), "{}", focused(&window));
    assert!(focused(&window).ends_with("336,776 rows"), "{}", focused(&window));
    window.key(Modifiers::NONE, Key::Enter);
    window.settle();
    assert!(
        window
            .app()
            .wait_for_run(LONG, |snapshot| snapshot.status == RunStatus::Running && snapshot.records > 0)
    );
    window.harness.run_steps(2);
    assert!(!window.has("Drop a CSV, NDJSON or Parquet file anywhere"));
}

#[test]
fn arrows_walk_over_cards_and_entries() {
    let mut window = empty();
    window.key(Modifiers::NONE, Key::ArrowRight);
    assert!(focused(&window).starts_with("Hello, window: "), "{}", focused(&window));
    window.key(Modifiers::NONE, Key::ArrowRight);
    assert!(focused(&window).starts_with("Hello, window: "), "there is nothing behind it");
    window.key(Modifiers::NONE, Key::ArrowLeft);
    window.key(Modifiers::NONE, Key::ArrowLeft);
    let entry = focused(&window);
    assert!(["Add node…", "Add a file of rows…", "Open…"].contains(&&*entry), "{entry}");
    for _ in 0..3 {
        window.key(Modifiers::NONE, Key::ArrowUp);
    }
    assert_eq!(focused(&window), "Add node…");
    window.key(Modifiers::NONE, Key::ArrowDown);
    assert_eq!(focused(&window), "Add a file of rows…");
}

#[test]
fn a_card_is_opened_by_click() {
    let mut window = empty();
    let at = card(&window, "Hello, window").rect().center();
    window.click(at);
    window.settle();
    assert_eq!(window.app().state().open.document.name(), "Hello, window");
}

#[test]
fn a_node_is_added_while_a_card_has_the_keyboard() {
    let mut window = empty();
    window.key(Modifiers::NONE, Key::A);
    window.harness.run_steps(2);
    window.harness.event(Event::Text("CSV".to_owned()));
    window.harness.run_steps(2);
    window.key(Modifiers::NONE, Key::Enter);
    window.settle();
    assert_eq!(window.n_nodes(), 1);
    assert!(!window.has("Drop a CSV, NDJSON or Parquet file anywhere"));
    // Taken back, the flow is empty again.
    window.key(Modifiers::COMMAND, Key::Z);
    window.settle();
    assert!(window.has("Drop a CSV, NDJSON or Parquet file anywhere"));
}

#[test]
fn the_keyboard_is_not_taken_from_who_has_it() {
    let mut window = Window::on_orders();
    window.key(Modifiers::COMMAND, Key::K);
    window.harness.run_steps(2);
    let before = focused(&window);
    assert!(!before.is_empty(), "nothing has the keyboard");
    window.ask(Action::New);
    window.harness.run_steps(4);
    assert!(window.has("Drop a CSV, NDJSON or Parquet file anywhere"));
    assert_eq!(focused(&window), before);
}

#[test]
fn a_flow_that_is_being_read_is_waited_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("orders.flow.json");
    std::fs::write(&path, FLOW).expect("the flow");
    let folders =
        Folders { data: folder.path().join("data"), settings: None, runs: folder.path().join("runs") };
    let setup = Setup {
        opening: Opening::Flow(path),
        folders,
        restart_after: Duration::ZERO,
        started: Instant::now(),
    };
    let ctx = egui::Context::default();
    let app = App::new(&ctx, setup).expect("threads");
    assert!(app.state().open.document.flow().nodes.is_empty() && app.state().is_opening);
}

#[test]
fn a_flow_that_cannot_be_read_leaves_the_start_page() {
    let folder = tempfile::tempdir().expect("a folder");
    let window = Window::opening(Opening::Flow(folder.path().join("gone.flow.json")), folder);
    assert!(window.has("Drop a CSV, NDJSON or Parquet file anywhere"));
}

#[test]
fn nothing_is_painted_while_nobody_looks_for_long() {
    let mut window = empty();
    window.harness.run_steps(180);
    let moves = |window: &Window| {
        let output = window.harness.output().viewport_output.get(&egui::ViewportId::ROOT);
        output.is_some_and(|output| output.repaint_delay < Duration::from_secs(1))
    };
    assert!(!moves(&window), "the page repaints though it has had the keyboard for long");
    let at = card(&window, "Hello, window").rect().center();
    window.harness.event(Event::PointerMoved(at));
    window.harness.run_steps(60);
    assert!(moves(&window), "dashes move under the pointer");
    window.harness.event(Event::PointerMoved(Pos2::new(4.0, 4.0)));
    window.harness.run_steps(60);
    assert!(!moves(&window));
}

#[test]
fn it_fits_into_windows_of_any_size() {
    for size in [vec2(960.0, 600.0), vec2(1280.0, 720.0), vec2(1440.0, 900.0), vec2(2560.0, 1440.0)] {
        let mut window = empty();
        window.harness.set_size(size);
        window.harness.run_steps(4);
        let canvas = window.harness.get_by_role_and_label(Role::List, "Flow").rect();
        let cards = ["Flight delays", "Hello, window"].map(|name| card(&window, name).rect());
        assert!(!cards[0].intersects(cards[1]), "{size}");
        let entry = window.harness.get_by_role_and_label(Role::ListBoxOption, "Add node…").rect();
        for rect in cards.iter().chain([&entry]) {
            assert!(
                rect.left() >= canvas.left() && rect.right() <= canvas.right(),
                "{size}: {rect} {canvas}"
            );
            assert!(rect.width() >= 200.0, "{size}: {rect}");
        }
        for card in cards {
            assert!(!card.intersects(entry), "{size}");
        }
        // The one with the keyboard is in sight.
        assert!(canvas.contains(cards[0].center()), "{size}: {cards:?} {canvas}");
    }
}

#[test]
fn the_flows_that_were_open_last_are_offered() {
    let mut window = Window::on_orders();
    window.key(Modifiers::COMMAND, Key::N);
    window.settle();
    window.key(Modifiers::COMMAND, Key::PageUp);
    window.key(Modifiers::COMMAND, Key::W);
    window.settle();
    assert_eq!(window.n_nodes(), 0);
    window.harness.get_by_label("orders.flow.json").click();
    window.settle();
    assert_eq!(window.app().state().open.document.own_file(), Some(&*window.flow_file()));
}
