//! The panes: dragged, closed, maximised, kept, taken back, and walked with the keyboard.

use tidemark::state::layout::{Layout, Pane, Side};
use tidemark::state::{DockTab, Workspace};

use super::desk::*;

fn tab(window: &Window, name: &str) -> egui::Rect {
    window.harness.get_by_role_and_label(Role::Tab, name).rect()
}

fn canvas(window: &Window) -> egui::Rect {
    window.harness.get_by_role_and_label(Role::List, "Flow").rect()
}

fn layout(window: &Window) -> &Layout {
    &window.app().state().workspace.layout
}

fn has_canvas(window: &Window) -> bool {
    window.harness.query_by_role_and_label(Role::List, "Flow").is_some()
}

/// Chooses an entry of a menu, through those that it is in.
fn menu(window: &mut Window, entries: &[&str]) {
    for entry in entries {
        window.harness.get_by_label(entry).click();
        window.harness.run_steps(3);
    }
}

/// A window on nothing, whose settings and layout are kept in this folder.
fn keeping_in(folder: TempDir) -> Window {
    let settings = Some(folder.path().join("config/settings.json"));
    let folders = Folders { data: folder.path().join("data"), settings, runs: folder.path().join("runs") };
    Window::with(Opening::Nothing, folders, folder)
}

#[test]
fn the_first_layout_has_the_sizes_of_the_design_and_keeps_them_in_a_larger_window() {
    let mut window = Window::on_orders();
    for size in [[1440.0, 900.0], [2560.0, 1440.0]] {
        window.harness.set_size(size.into());
        window.harness.run_steps(3);
        assert_eq!(tab(&window, "Data").height(), 28.0);
        let dock = window.harness.get_by_label("Pane Data").rect();
        assert_eq!(dock.height(), 264.0 - 28.0, "the dock at {size:?}");
        let inspector = window.harness.get_by_label("Pane Inspector").rect();
        assert_eq!((inspector.width(), inspector.left()), (320.0, canvas(&window).right() + 1.0));
        let area = canvas(&window).area() + canvas(&window).width() * 36.0;
        assert!(area / (size[0] * size[1]) >= 0.41, "the canvas has {area} of {size:?}");
    }
}

#[test]
fn a_tab_is_dragged_beside_the_canvas_and_that_is_taken_back_without_touching_the_flow() {
    let mut window = Window::on_orders();
    let before = layout(&window).clone();
    let nodes = window.n_nodes();
    let place = canvas(&window);
    window.drag(tab(&window, "Log").center(), place.left_center() + egui::vec2(60.0, 0.0));
    window.harness.run_steps(3);
    assert!(!layout(&window).is_arranged_as(&before), "nothing was moved");
    assert_eq!(layout(&window).beside(Pane::Dock(DockTab::Log)), [Pane::Dock(DockTab::Log)]);
    assert!(tab(&window, "Log").center().x < canvas(&window).left(), "it is not at the left");
    assert!(window.has("Pane Log") && window.has("Pane Data"), "both are seen");
    window.key(Modifiers::COMMAND | Modifiers::ALT, Key::Z);
    assert!(layout(&window).is_arranged_as(&before));
    assert_eq!(window.n_nodes(), nodes);
}

#[test]
fn nothing_is_dropped_over_the_canvas() {
    let mut window = Window::on_orders();
    let before = layout(&window).clone();
    let place = canvas(&window);
    window.drag(tab(&window, "Log").center(), place.center());
    window.harness.run_steps(3);
    assert!(layout(&window).is_arranged_as(&before) && canvas(&window).width() > 200.0);
    assert!(window.has("The canvas stays in sight"), "it was refused without a word");
}

#[test]
fn a_pane_has_all_the_room_and_gives_it_back() {
    let mut window = Window::on_orders();
    let at = tab(&window, "Problems").center();
    let before = layout(&window).clone();
    window.click(at);
    window.click(at);
    window.harness.run_steps(3);
    assert!(tab(&window, "Problems").top() < 48.0, "it does not begin below the menu bar");
    assert!(!has_canvas(&window) && !window.has("Session zone"));
    window.key(Modifiers::NONE, Key::Escape);
    assert!(has_canvas(&window) && window.has("Session zone"));
    assert_eq!(tab(&window, "Problems").center(), at);
    assert!(layout(&window).is_arranged_as(&before));
}

#[test]
fn the_keyboard_walks_the_panes() {
    let mut window = Window::on_orders();
    let focused = |window: &Window| {
        let pane = |name: &str| {
            window.harness.query_by_label(name).is_some_and(|pane| pane.accesskit_node().is_focused())
        };
        ["Pane Inspector", "Pane Data"].into_iter().find(|name| pane(name))
    };
    window.key(Modifiers::NONE, Key::F6);
    window.key(Modifiers::NONE, Key::F6);
    assert_eq!(focused(&window), Some("Pane Data"));
    window.key(Modifiers::NONE, Key::F6);
    assert_eq!(focused(&window), Some("Pane Inspector"));
    window.key(Modifiers::SHIFT, Key::F6);
    assert_eq!(focused(&window), Some("Pane Data"));
}

#[test]
fn a_layout_is_kept_between_starts_and_a_damaged_one_is_said_to_be() {
    let mut window = keeping_in(tempfile::tempdir().expect("a folder"));
    let place = canvas(&window);
    window.drag(tab(&window, "Log").center(), place.left_center() + egui::vec2(60.0, 0.0));
    window.key(Modifiers::COMMAND, Key::I);
    window.settle();
    let kept = layout(&window).clone();
    assert!(!kept.is_arranged_as(&Layout::default()) && !kept.inspector);
    let Window { harness, folder } = window;
    drop(harness);
    let window = keeping_in(folder);
    assert_eq!(*layout(&window), kept);
    assert!(!window.has("Session zone"), "the inspector is open");
    let Window { harness, folder } = window;
    drop(harness);
    let file = Workspace::path(&folder.path().join("config/settings.json"));
    std::fs::write(&file, "{ not json").expect("written");
    let mut window = keeping_in(folder);
    assert_eq!(*layout(&window), Layout::default());
    window.key(Modifiers::COMMAND, Key::Num3);
    assert!(window.has("The saved layout could not be read"));
}

#[test]
fn a_layout_is_saved_under_a_name_and_used_again() {
    let mut window = Window::on_orders();
    window.key(Modifiers::COMMAND, Key::I);
    menu(&mut window, &["View", "Layout", "Save layout as…"]);
    window.type_path(Path::new("Wide"));
    assert!(window.app().state().workspace.named.contains_key("Wide"));
    menu(&mut window, &["View", "Layout", "Reset layout"]);
    assert!(window.has("Session zone"));
    menu(&mut window, &["View", "Layout", "Wide"]);
    assert!(!window.has("Session zone"));
}

#[test]
fn nothing_moves_when_a_banner_comes() {
    let mut window = Window::on_orders();
    let before = canvas(&window);
    window.key(Modifiers::COMMAND | Modifiers::SHIFT, Key::O);
    window.type_path(Path::new("/nowhere/at/all.flow.json"));
    assert!(window.app().state().open.banner.is_some());
    assert_eq!(canvas(&window), before);
}

/// Whether the pane of a tab is painted.
fn is_seen(window: &Window, tab: &str) -> bool {
    window.harness.query_by_label(&format!("Pane {tab}")).is_some()
}

#[test]
fn a_key_shows_its_tab_and_hides_the_dock_only_if_the_tab_is_seen() {
    let mut window = keeping_in(tempfile::tempdir().expect("a folder"));
    window.key(Modifiers::COMMAND, Key::Num3);
    assert!(is_seen(&window, "Log"));
    window.settle();
    let Window { harness, folder } = window;
    drop(harness);
    let mut window = keeping_in(folder);
    assert!(is_seen(&window, "Log"));
    window.key(Modifiers::COMMAND, Key::Num1);
    assert!(is_seen(&window, "Data"), "after a new start the dock is hidden");

    window.key(Modifiers::COMMAND, Key::Num3);
    menu(&mut window, &["View", "Layout", "Reset layout"]);
    window.key(Modifiers::COMMAND, Key::Num3);
    assert!(is_seen(&window, "Log"), "after a reset the dock is hidden");
    window.key(Modifiers::COMMAND, Key::Num3);
    assert!(!is_seen(&window, "Log") && !is_seen(&window, "Data"), "the tab was seen");
    window.key(Modifiers::COMMAND, Key::Num3);
    assert!(is_seen(&window, "Log"));

    window.ask(Command::MovePane(Pane::Dock(DockTab::Log), Side::Left));
    window.harness.run_steps(3);
    window.key(Modifiers::COMMAND, Key::Num1);
    window.key(Modifiers::COMMAND, Key::Num4);
    assert!(is_seen(&window, "Log") && is_seen(&window, "Timeline"), "tabs of two places are both seen");
    window.key(Modifiers::COMMAND, Key::Num1);
    assert!(is_seen(&window, "Log") && is_seen(&window, "Data"));
    window.key(Modifiers::COMMAND, Key::Num3);
    assert!(!is_seen(&window, "Log") && !is_seen(&window, "Data"), "the dock is not hidden");
}

#[test]
fn every_tab_of_the_dock_is_in_the_menu() {
    let mut window = Window::on_orders();
    for tab in ["Timeline", "Problems", "Log", "Data"] {
        for entry in ["View", "Layout"] {
            window.harness.get_by_label(entry).click();
            window.harness.run_steps(3);
        }
        let entry = window.harness.query_by_role_and_label(Role::MenuItem, tab);
        entry.unwrap_or_else(|| panic!("{tab} is in no menu")).click();
        window.harness.run_steps(3);
        assert!(is_seen(&window, tab), "{tab} is not shown");
    }
}

#[test]
fn the_menu_of_a_tab_moves_and_closes_its_pane() {
    let mut window = Window::on_orders();
    let choose = |window: &mut Window, entry: &str| {
        window.harness.get_by_role_and_label(Role::Tab, "Log").click_secondary();
        window.harness.run_steps(3);
        window.harness.get_by_label(entry).click();
        window.harness.run_steps(3);
    };
    choose(&mut window, "Move left of the canvas");
    assert!(tab(&window, "Log").right() <= canvas(&window).left() && has_canvas(&window));
    choose(&mut window, "Move right of the canvas");
    assert!(tab(&window, "Log").left() >= canvas(&window).right());
    choose(&mut window, "Move to the bottom");
    assert!(layout(&window).is_arranged_as(&Layout::default()));
    choose(&mut window, "Close pane");
    assert!(window.harness.query_by_role_and_label(Role::Tab, "Log").is_none());
    assert!(layout(&window).closed.contains(&DockTab::Log));
    window.key(Modifiers::COMMAND, Key::Num3);
    assert!(is_seen(&window, "Log"), "it never comes back");
}

#[test]
fn a_layout_is_replaced_as_the_button_says_and_deleted() {
    let mut window = Window::on_orders();
    menu(&mut window, &["View", "Layout", "Save layout as…"]);
    window.type_path(Path::new("Wide"));
    let kept = |window: &Window| window.app().state().workspace.named.get("Wide").cloned();
    let first = kept(&window).expect("it is kept");
    window.key(Modifiers::COMMAND, Key::I);
    menu(&mut window, &["View", "Layout", "Save layout as…"]);
    assert!(
        window.harness.query_by_label("Save").is_some() && window.harness.query_by_label("Replace").is_none()
    );
    window.key(Modifiers::COMMAND, Key::A);
    window.harness.event(Event::Text("Wide".to_owned()));
    window.harness.run_steps(3);
    window.harness.get_by_label("Replace").click();
    window.harness.run_steps(3);
    assert_ne!(kept(&window), Some(first));
    menu(&mut window, &["View", "Layout", "Delete layout"]);
    let entries = window.harness.query_all_by_role_and_label(Role::MenuItem, "Wide");
    entries.last().expect("it can be deleted").click();
    window.harness.run_steps(3);
    assert_eq!(kept(&window), None);
}

#[test]
fn the_theme_is_switched_by_menu_and_button_and_kept_between_starts() {
    let mut window = keeping_in(tempfile::tempdir().expect("a folder"));
    let is_dark = |window: &Window| window.harness.ctx.global_style().visuals.dark_mode;
    for (entry, dark) in [("Light", false), ("Dark", true), ("Light", false)] {
        menu(&mut window, &["View", entry]);
        assert_eq!(is_dark(&window), dark, "{entry}");
    }
    for dark in [true, false] {
        window.harness.get_by_label("Theme").click();
        window.harness.run_steps(3);
        assert_eq!(is_dark(&window), dark);
    }
    window.settle();
    let Window { harness, folder } = window;
    drop(harness);
    let mut window = keeping_in(folder);
    assert!(!is_dark(&window), "it was not kept");
    menu(&mut window, &["View", "Dark"]);
    window.settle();
    let Window { harness, folder } = window;
    drop(harness);
    assert!(is_dark(&keeping_in(folder)));
}

#[test]
fn the_keys_of_the_scale_make_everything_larger_and_smaller_and_nothing_is_cut_off() {
    let mut window = Window::on_orders();
    let mut wrong = Vec::new();
    let ctrl_shift = Modifiers::COMMAND | Modifiers::SHIFT;
    let check = |window: &Window, percent: u32, wrong: &mut Vec<String>| {
        let scale = percent as f32 / 100.0;
        assert!((window.harness.ctx.zoom_factor() - scale).abs() < 1e-4, "no scale of {percent} %");
        let whole = window.harness.ctx.content_rect();
        let screen = whole.size() * scale;
        assert!((screen - egui::vec2(1440.0, 900.0)).length() < 4.0, "the window is {screen} at {percent} %");
        assert!(window.has("Play") || window.has("Pause"), "no transport at {percent} %");
        for role in [Role::Button, Role::Tab] {
            for node in window.harness.query_all_by_role(role) {
                let (name, rect) = (node.accesskit_node().label().unwrap_or_default(), node.rect());
                let is_port = name.contains(", input of ") || name.contains(", output of ");
                if !name.is_empty()
                    && !is_port
                    && !canvas(window).intersects(rect)
                    && !whole.expand(0.5).contains_rect(rect)
                {
                    wrong.push(format!("`{name}` at {percent} %: {rect} is not in {whole}"));
                }
            }
        }
    };
    for percent in [100, 90, 80, 75] {
        check(&window, percent, &mut wrong);
        window.key(ctrl_shift, Key::Minus);
        window.harness.run_steps(4);
    }
    check(&window, 75, &mut wrong);
    for percent in (85..=245).step_by(10).chain([250, 250]) {
        window.key(ctrl_shift, Key::Plus);
        window.harness.run_steps(4);
        check(&window, percent, &mut wrong);
    }
    window.key(ctrl_shift, Key::Num0);
    window.harness.run_steps(4);
    check(&window, 100, &mut wrong);
    assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
}

/// What a person can act on outside of the canvas, with its name and place.
fn controls(window: &Window) -> Vec<(Role, String, egui::Rect)> {
    let roles = [
        Role::Button,
        Role::Tab,
        Role::RadioButton,
        Role::ComboBox,
        Role::TextInput,
        Role::Switch,
        Role::CheckBox,
    ];
    let of_role = |role| {
        let nodes = window.harness.query_all_by_role(role);
        nodes.map(move |node| (role, node.accesskit_node().label().unwrap_or_default(), node.rect()))
    };
    let place = canvas(window);
    let found = roles.into_iter().flat_map(of_role);
    let is_of_flow = |name: &str| name.contains(", input of ") || name.contains(", output of ");
    found.filter(|(_, name, rect)| !is_of_flow(name) && !place.contains(rect.center())).collect()
}

/// Whether something lies in another on purpose: what closes a flow lies in its tab.
fn is_part_of(part: &(Role, String, egui::Rect), whole: &(Role, String, egui::Rect)) -> bool {
    whole.0 == Role::Tab && part.1 == format!("Close {}", whole.1) && whole.2.contains_rect(part.2)
}

#[test]
fn nothing_lies_outside_overlaps_or_is_too_small_at_any_scale_and_size() {
    let mut window = Window::on_orders();
    window.select("Ten seconds, ");
    // In a window with room for everything the form is not scrolled.
    window.harness.set_size([1440.0, 2000.0].into());
    window.harness.run_steps(4);
    let pane = window.labelled("Pane Inspector").rect();
    let of_form: Vec<String> = controls(&window)
        .into_iter()
        .filter(|(_, _, rect)| pane.contains_rect(*rect))
        .map(|it| it.1)
        .collect();
    assert!(of_form.len() > 4, "the form is not shown: {of_form:?}");
    let mut wrong = Vec::new();
    for screen in [[960.0, 600.0], [1280.0, 720.0], [1440.0, 900.0]] {
        for scale in [0.75, 1.0, 1.5, 2.0, 2.5] {
            let size = egui::Vec2::from(screen) / scale;
            window.harness.set_size(size);
            window.harness.run_steps(4);
            let whole = egui::Rect::from_min_size(Pos2::ZERO, size);
            let mut controls = controls(&window);
            let pane = window.harness.query_by_label("Pane Inspector").map(|pane| pane.rect());
            // What is scrolled out of sight is painted nowhere.
            controls.retain(|(_, name, rect)| {
                !of_form.contains(name) || pane.is_some_and(|pane| pane.y_range().contains(rect.bottom()))
            });
            assert!(controls.len() > 8, "hardly anything is shown at {size:?}");
            assert!(has_canvas(&window) && window.has("Play"), "no canvas or no transport at {size:?}");
            let mut say = |what: String| wrong.push(format!("{screen:?} at {scale}: {what}"));
            for (idx, control) in controls.iter().enumerate() {
                let (role, name, rect) = control;
                if !whole.expand(0.5).contains_rect(*rect) {
                    say(format!("{role:?} `{name}` lies outside: {rect}"));
                }
                if rect.width() < 20.0 || rect.height() < 20.0 {
                    say(format!("{role:?} `{name}` is too small: {rect}"));
                }
                for other in &controls[idx + 1..] {
                    let both = rect.intersect(other.2);
                    let is_meant = is_part_of(control, other) || is_part_of(other, control);
                    if both.width() > 1.0 && both.height() > 1.0 && !is_meant {
                        say(format!("`{name}` {rect} and `{}` {} overlap", other.1, other.2));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
}
