//! Unsaved changes after a crash: offered, recovered with their history, given up, or left for later.

use tidemark::state::Dialog;

use super::desk::*;

/// What a window leaves that dies with a change of the orders: its folder, with a journal nobody holds.
fn crashed() -> (TempDir, PathBuf) {
    let mut window = Window::on_orders();
    window.select_node_and_delete("late");
    let (ctx, path) = (window.harness.ctx.clone(), window.flow_file());
    let app = window.harness.state_mut().as_mut().expect("the first frame made it");
    assert!(app.wait_for_journal(&ctx, LONG));
    let Window { harness, folder } = window;
    drop(harness);
    (folder, path)
}

#[test]
fn what_a_crash_has_left_is_offered_and_recovered_with_its_history() {
    let (folder, path) = crashed();
    let before = std::fs::read(&path).expect("the file");
    let mut window = Window::opening(Opening::Nothing, folder);
    assert!(window.has("Recover unsaved changes?") && window.has("1 change, the last just now"));
    assert!(!window.has("changed on disk since"));
    window.harness.get_by_label("Recover").click();
    window.settle();
    let document = &window.app().state().open.document;
    assert_eq!((document.own_file(), document.is_saved()), (Some(&*path), false));
    assert!(!document.flow().nodes.contains_key(&NodeId::new("late")));
    assert_eq!(std::fs::read(&path).expect("the file"), before, "the file stays as it is");
    window.key(Modifiers::COMMAND, Key::Z);
    let flow = window.app().state().open.document.flow();
    assert!(flow.nodes.contains_key(&NodeId::new("late")), "its history is there");
    assert!(window.app().state().open.document.is_saved());
    window.key(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    window.key(Modifiers::COMMAND, Key::S);
    window.settle();
    assert!(window.app().state().open.document.is_saved(), "the file is known and as it was");
    let Window { harness, folder } = window;
    drop(harness);
    assert!(!Window::opening(Opening::Nothing, folder).has("Recover unsaved changes?"));
}

#[test]
fn what_is_put_off_is_offered_again_and_what_is_discarded_is_not() {
    let (folder, path) = crashed();
    let theirs = FLOW.replace("Ten seconds", "Their seconds");
    std::fs::write(&path, theirs).expect("the flow");
    let mut window = Window::opening(Opening::Flow(path), folder);
    assert!(window.has("The file was changed on disk since"));
    window.harness.get_by_label("Later").click();
    window.settle();
    assert!(!matches!(window.app().state().dialog, Some(Dialog::Recover)));
    let Window { harness, folder } = window;
    drop(harness);
    let mut window = Window::opening(Opening::Nothing, folder);
    window.harness.get_by_label("Discard").click();
    window.settle();
    assert!(window.has("Its changes cannot be brought back"), "one click and it is gone");
    window.harness.get_by_label("Keep").click();
    window.settle();
    assert!(window.harness.query_by_label("Recover").is_some(), "it was kept");
    window.harness.get_by_label("Discard").click();
    window.settle();
    window.harness.get_by_label("Discard for good").click();
    window.settle();
    assert!(!window.has("Recover unsaved changes?"));
    let Window { harness, folder } = window;
    drop(harness);
    assert!(!Window::opening(Opening::Nothing, folder).has("Recover unsaved changes?"));
}

#[test]
fn what_is_discarded_when_it_is_closed_leaves_no_journal() {
    for (key, ends) in [(Key::W, false), (Key::Q, true)] {
        let mut window = Window::on_orders();
        let ctx = window.harness.ctx.clone();
        let journals = window.folder.path().join("data/journal");
        let n_journals = || std::fs::read_dir(&journals).expect("the journals").count();
        window.select_node_and_delete("late");
        let app = window.harness.state_mut().as_mut().expect("the first frame made it");
        assert!(app.wait_for_journal(&ctx, LONG));
        assert_eq!(n_journals(), 1);
        window.key(Modifiers::COMMAND, key);
        window.harness.get_by_label("Discard").click();
        window.settle();
        let app = window.harness.state_mut().as_mut().expect("the first frame made it");
        if ends {
            eframe::App::on_exit(app, None);
        } else {
            assert!(app.wait_for_journal(&ctx, LONG));
        }
        assert_eq!(n_journals(), 0);
    }
}

#[test]
fn what_is_recovered_takes_the_place_of_its_file_unless_that_has_changes_of_its_own() {
    for has_changes in [false, true] {
        let (folder, path) = crashed();
        let mut window = Window::opening(Opening::Flow(path.clone()), folder);
        assert!(window.has("Recover unsaved changes?"));
        if has_changes {
            let edit = graph::Edit::SetName(Some("Other changes".to_owned()));
            window.ask(Command::Edit(edit));
            window.harness.run_steps(2);
        }
        window.harness.get_by_label("Recover").click();
        window.settle();
        let state = window.app().state();
        assert_eq!(state.flows().len(), if has_changes { 2 } else { 1 });
        assert!(state.flows().iter().all(|flow| flow.document.own_file() == Some(&*path)));
        assert!(!state.open.document.flow().nodes.contains_key(&NodeId::new("late")), "another is shown");
        assert!(!state.open.document.is_saved());
    }
}

#[test]
fn what_is_recovered_may_read_what_it_was_allowed_to() {
    let outside = tempfile::tempdir().expect("a folder");
    let orders = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sample-flows/hello-window/orders.csv");
    let path = outside.path().join("orders.csv");
    std::fs::copy(orders, &path).expect("the orders");
    let mut window =
        Window::on(&FLOW.replace("\"orders.csv\"", &serde_json::to_string(&path).expect("a path")));
    window.select_node_and_delete("late");
    let ctx = window.harness.ctx.clone();
    let app = window.harness.state_mut().as_mut().expect("the first frame made it");
    assert!(app.wait_for_journal(&ctx, LONG));
    window.ask(Command::Allow(path));
    window.settle();
    assert!(window.app().state().open.can_run());
    let app = window.harness.state_mut().as_mut().expect("the first frame made it");
    assert!(app.wait_for_journal(&ctx, LONG));
    let Window { harness, folder } = window;
    drop(harness);
    let mut window = Window::opening(Opening::Nothing, folder);
    window.harness.get_by_label("Recover").click();
    window.settle();
    let open = &window.app().state().open;
    assert!(!open.document.flow().nodes.contains_key(&NodeId::new("late")));
    assert!(open.can_run(), "{:?}", open.checked.diagnostics);
}
