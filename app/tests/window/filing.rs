//! Opening, saving and leaving flows.

use super::desk::*;

#[test]
fn a_change_is_marked_asked_about_and_saved() {
    let mut window = Window::on_orders();
    window.select("Too late, 1 input");
    window.key(Modifiers::NONE, Key::Delete);
    assert!(window.has("not saved"));
    window.key(Modifiers::COMMAND, Key::W);
    assert!(window.has("Save changes to Orders?"));
    window.harness.get_by_label("Cancel").click();
    window.harness.run_steps(2);
    assert!(!window.has("Save changes to Orders?"));
    window.key(Modifiers::COMMAND, Key::S);
    window.settle();
    assert!(window.app().state().open.document.is_saved());
    let saved = graph::load(&window.flow_file()).expect("a flow");
    assert!(!saved.nodes.contains_key(&NodeId::new("late")));
}

#[test]
fn what_a_run_wrote_is_there_when_the_window_is_closed() {
    let flow = FLOW.replace(
        r#""kind": "table_sink", "title": "Too late", "params": {}"#,
        r#""kind": "csv_sink", "title": "Too late", "params": { "path": "late.csv" }"#,
    );
    let mut window = Window::on(&flow);
    window.wait(|snapshot| snapshot.status == RunStatus::Finished);
    let folder = window.app().state().open.output_folder.clone();
    assert!(folder.starts_with(window.folder.path().join("runs")));
    assert!(window.has(&folder.display().to_string()), "the window does not say where");
    let app = window.harness.state_mut().as_mut().expect("the first frame made it");
    eframe::App::on_exit(app, None);
    let rows = std::fs::read_to_string(folder.join("late.csv")).expect("the result");
    assert!(rows.contains("tea"), "{rows}");
}

#[test]
fn a_sample_is_saved_elsewhere_and_still_finds_its_data() {
    let mut window = Window::opening(Opening::Sample(1), tempfile::tempdir().expect("a folder"));
    let sample = window.app().state().open.document.path().expect("a file").to_owned();
    let shipped = std::fs::read(&sample).expect("the sample");
    window.select_node_and_delete("late_orders");
    let elsewhere = tempfile::tempdir().expect("a folder");
    let own = elsewhere.path().join("mine.flow.json");
    window.key(Modifiers::COMMAND, Key::S);
    window.settle();
    window.type_path(&own);
    assert_eq!(std::fs::read(&sample).expect("the sample"), shipped, "the sample was written over");
    let state = window.app().state();
    assert_eq!(state.open.document.own_file(), Some(&*own));
    assert!(state.open.document.is_saved() && state.open.can_run(), "{:?}", state.open.checked.diagnostics);
    let data = sample.with_file_name("orders.csv");
    assert_eq!(window.param("orders", "path").as_str().map(Path::new), Some(&*data));
    let saved = graph::load(&own).expect("a flow");
    assert_eq!(&saved, &**window.app().state().open.document.flow(), "what is shown is what was saved");
}

#[test]
fn nothing_is_saved_among_the_samples() {
    let mut window = Window::opening(Opening::Sample(1), tempfile::tempdir().expect("a folder"));
    let sample = window.app().state().open.document.path().expect("a file").to_owned();
    let shipped = std::fs::read(&sample).expect("the sample");
    window.select_node_and_delete("late");
    window.key(Modifiers::COMMAND, Key::S);
    window.settle();
    window.type_path(&sample);
    assert!(window.has("Samples stay as they were shipped"));
    assert_eq!(std::fs::read(&sample).expect("the sample"), shipped);
    assert!(!window.app().state().open.document.is_saved());
}

#[test]
fn a_file_that_another_program_changed_is_asked_about() {
    let mut window = Window::on_orders();
    let theirs = FLOW.replace("Ten seconds", "Their seconds");
    std::fs::write(window.flow_file(), &theirs).expect("the flow");
    window.select_node_and_delete("late");
    window.key(Modifiers::COMMAND, Key::S);
    window.settle();
    assert!(window.has("The file has been changed since it was opened") && window.has("Save as…"));
    assert_eq!(std::fs::read_to_string(window.flow_file()).expect("the flow"), theirs);
    window.harness.get_by_label("Replace").click();
    window.settle();
    assert!(window.app().state().open.document.is_saved());
    let saved = graph::load(&window.flow_file()).expect("a flow");
    assert!(!saved.nodes.contains_key(&NodeId::new("late")));
    window.key(Modifiers::COMMAND, Key::S);
    window.settle();
    assert!(!window.has("The file has been changed"), "its own save is no change");
}

#[test]
fn who_saves_to_quit_and_then_elsewhere_quits() {
    let mut window = Window::on_orders();
    std::fs::write(window.flow_file(), FLOW.replace("Ten seconds", "Their seconds")).expect("the flow");
    window.select_node_and_delete("late");
    window.key(Modifiers::COMMAND, Key::Q);
    window.harness.get_by_label("Save").click();
    window.settle();
    window.harness.get_by_label("Save as…").click();
    window.settle();
    let closes = |window: &Window| {
        let viewport = window.harness.output().viewport_output.get(&egui::ViewportId::ROOT);
        viewport.is_some_and(|output| output.commands.contains(&egui::ViewportCommand::Close))
    };
    assert!(!closes(&window));
    let own = window.folder.path().join("mine.flow.json");
    window.key(Modifiers::COMMAND, Key::A);
    window.harness.event(Event::Text(own.to_string_lossy().into_owned()));
    window.harness.run_steps(3);
    window.harness.key_press(Key::Enter);
    let until = Instant::now() + LONG;
    while !closes(&window) {
        assert!(Instant::now() < until, "the window stays open");
        window.harness.step();
    }
    assert!(graph::load(&own).is_ok());
}

#[test]
fn a_path_outside_the_folder_needs_consent() {
    let outside = tempfile::tempdir().expect("a folder");
    let orders = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sample-flows/hello-window/orders.csv");
    let path = outside.path().join("orders.csv");
    std::fs::copy(orders, &path).expect("the orders");
    let flow = FLOW.replace("\"orders.csv\"", &serde_json::to_string(&path).expect("a path"));
    let mut window = Window::on(&flow);
    assert!(!window.app().state().open.can_run());
    window.select("Orders, 2 outputs");
    assert!(window.has("Allow"), "the field does not offer it");
    assert!(window.has("allow the path") && !window.has("--allow"), "there is no command line here");
    window.key(Modifiers::COMMAND | Modifiers::SHIFT, Key::A);
    window.harness.get_by_label("Problems").click();
    window.harness.run_steps(3);
    window.harness.get_by_label("Allow").click();
    window.harness.run_steps(3);
    window.settle();
    assert!(window.app().state().open.can_run(), "{:?}", window.app().state().open.checked.diagnostics);
}

#[test]
fn a_path_is_taken_by_enter() {
    let mut window = Window::on_orders();
    let other = window.folder.path().join("other.flow.json");
    std::fs::write(&other, FLOW.replace(r#""name": "Orders""#, r#""name": "Others""#)).expect("the flow");
    window.key(Modifiers::COMMAND | Modifiers::SHIFT, Key::O);
    window.harness.run_steps(2);
    window.key(Modifiers::COMMAND, Key::A);
    window.harness.event(Event::Text(other.to_string_lossy().into_owned()));
    window.harness.run_steps(3);
    window.key(Modifiers::NONE, Key::Enter);
    window.settle();
    assert_eq!(window.app().state().open.document.name(), "Others");
}

#[test]
fn an_empty_window_offers_a_sample_and_plays_it() {
    let mut window = Window::opening(Opening::Nothing, tempfile::tempdir().expect("a folder"));
    window.select("Flight delays: ");
    window.settle();
    assert!(
        window
            .app()
            .wait_for_run(LONG, |snapshot| snapshot.status == RunStatus::Running && snapshot.records > 0)
    );
    window.harness.run_steps(2);
    assert!(window.has("Flight delays"));
}

/// The path as it stands in our own dialog.
fn typed(window: &Window) -> String {
    window.app().state().dialog.as_ref().and_then(|dialog| dialog.typed_path()).unwrap_or_default().to_owned()
}

/// A window on the orders with a folder, a flow and two files beside them, and the dialog for a path open.
fn asked_for_a_path() -> Window {
    let mut window = Window::on_orders();
    let inner = window.folder.path().join("inner");
    std::fs::create_dir(&inner).expect("a folder");
    let other = FLOW.replace(r#""name": "Orders""#, r#""name": "Others""#);
    std::fs::write(inner.join("other.flow.json"), other).expect("the flow");
    std::fs::write(inner.join("notes.md"), "12345").expect("a file");
    window.key(Modifiers::COMMAND | Modifiers::SHIFT, Key::O);
    window.settle();
    window
}

#[test]
fn a_flow_is_found_by_arrows_and_enter() {
    let mut window = asked_for_a_path();
    for entry in ["..", "inner", "orders.flow.json"] {
        assert!(window.has(entry), "{entry}");
    }
    assert!(!window.has("orders.csv"), "no flow");
    // The folder above comes first, then folders: those of the test, and those that the window made.
    let is_at_inner = |window: &Window| {
        let line = window.harness.get_by_label("inner");
        line.accesskit_node().toggled() == Some(egui::accesskit::Toggled::True)
    };
    for _ in 0..4 {
        if !is_at_inner(&window) {
            window.key(Modifiers::NONE, Key::ArrowDown);
        }
    }
    assert!(is_at_inner(&window));
    window.key(Modifiers::NONE, Key::Enter);
    window.settle();
    assert_eq!(Path::new(&typed(&window)), window.folder.path().join("inner").join(""));
    assert!(window.has("other.flow.json") && !window.has("notes.md"));
    window.key(Modifiers::NONE, Key::ArrowDown);
    window.key(Modifiers::NONE, Key::ArrowDown);
    window.key(Modifiers::NONE, Key::Enter);
    window.settle();
    assert_eq!(window.app().state().open.document.name(), "Others");
}

#[test]
fn the_folder_above_is_the_first_line() {
    let mut window = asked_for_a_path();
    window.key(Modifiers::NONE, Key::ArrowDown);
    window.key(Modifiers::NONE, Key::Enter);
    window.settle();
    let above = window.folder.path().parent().expect("a folder above").join("");
    assert_eq!(Path::new(&typed(&window)), above);
}

#[test]
fn what_is_typed_narrows_the_list_and_a_typed_folder_is_looked_into() {
    let mut window = asked_for_a_path();
    window.harness.event(Event::Text("inn".to_owned()));
    window.harness.run_steps(3);
    assert!(window.has("inner") && !window.has("orders.flow.json"));
    window.harness.event(Event::Text("er".to_owned()));
    window.harness.run_steps(3);
    window.key(Modifiers::NONE, Key::Enter);
    window.settle();
    assert!(window.has("other.flow.json"), "{}", typed(&window));
}

#[test]
fn every_file_is_listed_on_request_with_its_size() {
    let mut window = asked_for_a_path();
    assert!(!window.has("orders.csv"));
    window.harness.get_by_label("All files").click();
    window.harness.run_steps(3);
    assert!(window.has("orders.csv"));
}

#[test]
fn a_click_names_a_file_and_another_takes_it() {
    let mut window = asked_for_a_path();
    let at = window.harness.get_by_label("inner").rect().center();
    window.click(at);
    window.settle();
    let at = window.harness.get_by_label("other.flow.json").rect().center();
    window.click(at);
    assert!(typed(&window).ends_with("other.flow.json"));
    window.harness.get_by_label("Open").click();
    window.settle();
    assert_eq!(window.app().state().open.document.name(), "Others");
}

#[test]
fn a_folder_that_is_not_there_is_said_in_a_sentence() {
    let mut window = asked_for_a_path();
    window.harness.event(Event::Text("gone/".to_owned()));
    window.harness.run_steps(3);
    window.settle();
    assert!(window.has("There is no such folder"));
}

#[test]
fn a_save_says_that_the_file_is_there() {
    let mut window = Window::on_orders();
    window.ask(Action::SaveAsPath);
    window.harness.run_steps(2);
    window.settle();
    assert!(window.has("orders.flow.json is there already"));
    window.key(Modifiers::COMMAND, Key::A);
    let own = window.folder.path().join("mine.flow.json");
    window.harness.event(Event::Text(own.to_string_lossy().into_owned()));
    window.harness.run_steps(3);
    assert!(!window.has("is there already"));
    window.key(Modifiers::NONE, Key::Enter);
    window.settle();
    assert!(graph::load(&own).is_ok());
}

#[test]
fn what_a_save_replaces_is_kept_listed_and_opened_beside_it() {
    let mut window = Window::on_orders();
    let path = window.flow_file();
    let mut before = Vec::new();
    for node in ["late", "counts", "minute"] {
        before.push(std::fs::read(&path).expect("the flow"));
        window.select_node_and_delete(node);
        window.key(Modifiers::COMMAND, Key::S);
        window.settle();
        assert!(window.app().state().open.document.is_saved());
    }
    let saved = std::fs::read(&path).expect("the flow");

    window.harness.get_by_label("File").click();
    window.harness.run_steps(2);
    window.harness.get_by_label("Earlier versions…").click();
    window.harness.run_steps(2);
    window.settle();
    assert!(window.has("Earlier versions of orders.flow.json"));
    let versions = window.app().state().versions.versions.clone();
    let kept: Vec<_> = versions.iter().map(|version| std::fs::read(&version.path).expect("kept")).collect();
    assert_eq!(kept, before.into_iter().rev().collect::<Vec<_>>(), "they are the bytes, the newest first");
    assert!(window.has("Removed since: counts, late, minute") && window.has("Removed since: minute"));

    let oldest = window.harness.get_all_by_label("Open").last().expect("a button");
    oldest.click();
    window.settle();
    let state = window.app().state();
    let document = &state.open.document;
    assert_eq!((state.flows().len(), document.own_file(), document.is_saved()), (2, None, false));
    assert!(!document.can_undo() && document.name().starts_with("orders.flow.json until "));
    let earlier = graph::FlowDocument::from_json(&kept[2]).expect("a flow");
    assert!(document.flow().nodes.keys().eq(earlier.nodes.keys()));
    assert_eq!(document.flow().edges, earlier.edges);
    assert!(state.open.can_run(), "it reads the same files: {:?}", state.open.checked.diagnostics);
    assert_eq!(std::fs::read(&path).expect("the flow"), saved, "nothing is overwritten");
    window.key(Modifiers::COMMAND, Key::W);
    assert!(window.has("Save changes to"));
}

#[test]
fn recent_files_are_listed_for_the_next_window_and_leave_the_list_when_they_are_gone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let folders =
        Folders { data: path("data"), settings: Some(path("config/settings.json")), runs: path("runs") };
    let files = [path("one.flow.json"), path("two.flow.json")];
    for file in &files {
        std::fs::write(file, FLOW).expect("the flow");
    }
    let mut window = Window::with(Opening::Flow(files[0].clone()), folders.clone(), folder);
    window.ask(Command::Open(files[1].clone()));
    window.settle();
    window.ask(Command::OpenSample(1));
    window.settle();
    let Window { harness, folder } = window;
    drop(harness);

    std::fs::remove_file(&files[0]).expect("removed");
    let mut window = Window::with(Opening::Nothing, folders, folder);
    let listed = |window: &Window| -> Vec<PathBuf> {
        window.app().state().recent.iter().map(|file| file.path.clone()).collect()
    };
    assert_eq!(listed(&window), [files[1].clone(), files[0].clone()], "no sample is among them");
    choose_recent(&mut window, "one.flow.json");
    assert!(window.has("is not there any more"));
    assert_eq!(listed(&window), files[1..]);
    choose_recent(&mut window, "two.flow.json");
    assert_eq!(window.app().state().open.document.own_file(), Some(&*files[1]));
    choose_recent(&mut window, "Clear the list");
    assert!(listed(&window).is_empty());
    let kept = std::fs::read_to_string(window.folder.path().join("config/recent.json")).expect("the list");
    let kept: serde_json::Value = serde_json::from_str(&kept).expect("JSON");
    assert_eq!(kept, serde_json::json!({"version": 1, "files": []}));
}

fn choose_recent(window: &mut Window, label: &str) {
    window.harness.get_by_label("File").click();
    window.harness.run_steps(2);
    window.labelled("Open recent").click();
    window.harness.run_steps(3);
    window.harness.get_by_role_and_label(Role::MenuItem, label).click();
    window.harness.run_steps(2);
    window.settle();
}

#[test]
fn a_flow_that_is_saved_under_a_bare_name_is_known_for_a_flow() {
    let mut window = Window::on_orders();
    let bare = window.folder.path().join("mine");
    let named = window.folder.path().join("mine.flow.json");
    std::fs::write(&named, "theirs").expect("a file");
    window.ask(Action::SaveAsPath);
    window.harness.run_steps(2);
    window.type_path(&bare);
    assert!(window.has("Replace mine.flow.json?"), "what is there is written over without a question");
    assert_eq!(std::fs::read_to_string(&named).expect("the file"), "theirs");
    window.harness.get_by_label("Replace").click();
    window.settle();
    assert!(graph::load(&named).is_ok() && !bare.exists());
    assert_eq!(window.app().state().open.document.own_file(), Some(&*named));
}

#[test]
fn the_status_line_says_that_a_save_is_under_way() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let folders =
        Folders { data: path("data"), settings: Some(path("config/settings.json")), runs: path("runs") };
    std::fs::write(path("orders.flow.json"), FLOW).expect("the flow");
    let mut window = Window::with(Opening::Flow(path("orders.flow.json")), folders, folder);
    // Another window is at the list of recent files, which is changed before the flow is saved.
    let lock = std::fs::File::create(window.folder.path().join("config/recent.lock")).expect("the lock");
    lock.lock().expect("it is free");
    window.select_node_and_delete("late");
    for _ in 0..6 {
        window.ask(Command::ClearRecent);
    }
    window.key(Modifiers::COMMAND, Key::S);
    assert!(window.has("saving…") && !window.has("not saved"));
    drop(lock);
    window.settle();
    assert!(!window.has("saving…") && window.app().state().open.document.is_saved());
}

#[test]
fn what_was_chosen_in_a_dialog_is_not_chosen_in_the_next() {
    let mut window = asked_for_a_path();
    let has_line = |window: &Window| {
        let lines = ["..", "inner", "orders.flow.json"].map(|name| window.harness.get_by_label(name));
        lines.iter().any(|line| line.accesskit_node().toggled() == Some(egui::accesskit::Toggled::True))
    };
    window.key(Modifiers::NONE, Key::ArrowDown);
    assert!(has_line(&window));
    window.harness.get_by_label("Cancel").click();
    window.harness.run_steps(3);
    window.key(Modifiers::COMMAND | Modifiers::SHIFT, Key::O);
    window.settle();
    assert!(!has_line(&window), "Enter would take what was chosen before");
}

#[test]
fn settings_that_cannot_be_read_are_said_to_be_and_set_aside() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = folder.path().join("config/settings.json");
    std::fs::create_dir_all(settings.with_file_name("")).expect("a folder");
    let newer = r#"{"version":99,"theme":"light"}"#;
    std::fs::write(&settings, newer).expect("written");
    let folders = Folders {
        data: folder.path().join("data"),
        settings: Some(settings.clone()),
        runs: folder.path().join("runs"),
    };
    let mut window = Window::with(Opening::Nothing, folders, folder);
    window.key(Modifiers::COMMAND, Key::Num3);
    assert!(window.has("The settings could not be read"));
    assert_eq!(std::fs::read_to_string(&settings).expect("the file"), newer, "nothing was set yet");
    window.ask(Action::ToggleMinimap);
    window.settle();
    let aside = settings.with_file_name("settings.json.old");
    assert_eq!(std::fs::read_to_string(aside).expect("it is set aside"), newer);
    assert!(std::fs::read_to_string(&settings).expect("the file").contains("\"version\": 1"));
}
