//! Editing on the canvas: clipboard, finder, menus, lines, history, search, lenses, and the way back.

use super::desk::*;

const CTRL: Modifiers = Modifiers::COMMAND;
const NONE: Modifiers = Modifiers::NONE;
const SHIFT: Modifiers = Modifiers::SHIFT;
const ALT: Modifiers = Modifiers::ALT;

fn place(window: &Window, node: &str) -> graph::Point {
    window.flow().layout.nodes[&NodeId::new(node)]
}

fn selected(window: &Window) -> Vec<&str> {
    window.app().state().open.selection.nodes.iter().map(NodeId::as_str).collect()
}

fn paste(window: &mut Window, text: &str) {
    window.harness.event(Event::Paste(text.to_owned()));
    window.harness.run_steps(3);
}

/// A place on the canvas below the flow, where nothing stands.
fn empty_place(window: &Window) -> Pos2 {
    let wire = window.app().wire_middle(&edge(("orders", "out"), ("watermark", "in"))).expect("drawn");
    wire + egui::vec2(0.0, 240.0)
}

fn undo_text(window: &Window) -> String {
    window.app().state().open.document.undo_text()
}

#[test]
fn a_copied_node_is_pasted_under_the_pointer_as_one_step() {
    let mut window = Window::on_orders();
    window.select("By the minute, 1 input");
    let text = window.copied_by(Event::Copy).expect("something was copied");
    assert!(text.contains("tumbling_window") && text.contains("60000"), "{text}");
    let (before, at) = (window.flow().clone(), empty_place(&window));
    window.click(at);
    paste(&mut window, &text);
    assert_eq!(window.n_nodes(), 6);
    let [new] = selected(&window)[..] else { panic!("{:?}", selected(&window)) };
    let (new, graph_at) = (NodeId::new(new), place(&window, new));
    assert_eq!(window.flow().nodes[&new], before.nodes[&NodeId::new("minute")]);
    assert!(graph_at.y > 200, "{graph_at:?} is not below the flow");
    assert_eq!(window.flow().edges, before.edges);
    assert!(undo_text(&window).ends_with("pasting"), "{}", undo_text(&window));
    window.key(CTRL, Key::Z);
    assert_eq!(*window.flow(), before);
}

#[test]
fn cutting_and_pasting_with_links_gives_the_same_wires() {
    let mut window = Window::on_orders();
    let before = window.flow().clone();
    window.select("Ten seconds, 1 input");
    let text = window.copied_by(Event::Cut).expect("something was cut");
    window.harness.run_steps(2);
    assert_eq!((window.n_nodes(), window.flow().edges.len()), (4, 2));
    assert!(undo_text(&window).ends_with("cutting"), "{}", undo_text(&window));
    window.key(CTRL | SHIFT, Key::V);
    paste(&mut window, &text);
    assert_eq!((window.n_nodes(), &window.flow().edges), (5, &before.edges));
    window.key(CTRL, Key::Z);
    window.key(CTRL, Key::Z);
    assert_eq!(*window.flow(), before);
}

#[test]
fn text_that_is_no_flow_is_refused_in_a_sentence() {
    let mut window = Window::on_orders();
    let before = window.flow().clone();
    window.click(empty_place(&window));
    paste(&mut window, "Dear Sir or Madam");
    assert!(window.has("The clipboard holds no part of a flow"));
    assert_eq!(*window.flow(), before);
}

#[test]
fn a_field_that_has_the_keyboard_keeps_the_clipboard_to_itself() {
    let mut window = Window::on_orders();
    window.select("By the minute, 1 input");
    let text = window.copied_by(Event::Copy).expect("something was copied");
    window.harness.get_by_role_and_label(Role::TextInput, "Size").focus();
    window.harness.run_steps(2);
    paste(&mut window, &text);
    let field = window.harness.get_by_role_and_label(Role::TextInput, "Size").value().unwrap_or_default();
    assert!(field.contains("tumbling_window"), "the field did not get it: {field}");
    assert_eq!(window.n_nodes(), 5);
}

#[test]
fn a_duplicate_reads_from_the_same_node_and_hides_none() {
    let mut window = Window::on_orders();
    window.select("By the minute, 1 input");
    window.key(CTRL, Key::D);
    let twin = selected(&window)[0].to_owned();
    assert_ne!(twin, "minute");
    assert!(window.flow().edges.contains(&edge(("watermark", "out"), (&twin, "in"))));
    assert!(!window.flow().edges.iter().any(|edge| edge.from.node.as_str() == twin));
    assert!(place(&window, &twin).y - place(&window, "minute").y >= 96);
    assert!(undo_text(&window).ends_with("duplicating nodes"), "{}", undo_text(&window));
    window.key(CTRL, Key::Z);
    assert_eq!(window.n_nodes(), 5);
}

#[test]
fn a_chain_is_typed_without_the_pointer() {
    let mut window = Window::on_orders();
    window.select("Orders, 2 outputs");
    window.key(NONE, Key::A);
    assert!(window.has("Wired to Orders"), "what fits behind the selected node is not offered");
    window.harness.event(Event::Text("filter".to_owned()));
    window.harness.run_steps(2);
    window.key(CTRL, Key::Enter);
    window.harness.run_steps(3);
    assert!(window.flow().edges.contains(&edge(("orders", "out"), ("filter", "in"))));
    assert!(window.has("Wired to Filter"), "the finder did not open again");
    window.harness.event(Event::Text("union".to_owned()));
    window.harness.run_steps(2);
    window.key(NONE, Key::Enter);
    window.harness.run_steps(3);
    assert!(window.flow().edges.contains(&edge(("filter", "out"), ("union", "in"))));
    assert!(!window.has("Search nodes…"));
    window.key(CTRL, Key::Z);
    assert_eq!(window.n_nodes(), 6, "placing and wiring are one step");
    let places: Vec<_> = window.flow().layout.nodes.values().collect();
    for (number, a) in places.iter().enumerate() {
        let hides = |b: &&&graph::Point| (a.x - b.x).abs() < 190 && (a.y - b.y).abs() < 96;
        assert!(!places[number + 1..].iter().any(|b| hides(&b)), "two nodes lie on one another: {places:?}");
    }
}

#[test]
fn what_was_used_lately_is_offered_before_the_rest() {
    let mut window = Window::on_orders();
    window.harness.get_by_label("Palette").click();
    window.harness.run_steps(3);
    window.harness.get_by_label("Union").click();
    window.harness.run_steps(3);
    window.harness.get_by_role_and_label(Role::Button, "Palette").click();
    window.harness.run_steps(3);
    window.click(empty_place(&window) + egui::vec2(300.0, 40.0));
    window.key(NONE, Key::A);
    let top = |text: &str| window.labelled(text).rect().top();
    assert!(top("Used lately") < top("Sources"));
    assert_eq!(window.app().state().settings.recent_kinds, ["union"]);
}

#[test]
fn a_node_is_inserted_on_the_selected_wire() {
    let mut window = Window::on_orders();
    let wire = edge(("orders", "out"), ("watermark", "in"));
    window.click(window.app().wire_middle(&wire).expect("drawn"));
    window.key(NONE, Key::A);
    assert!(window.has("Between Orders and Ten seconds"));
    window.harness.event(Event::Text("filter".to_owned()));
    window.harness.run_steps(2);
    window.key(NONE, Key::Enter);
    window.harness.run_steps(3);
    let edges = &window.flow().edges;
    assert!(!edges.contains(&wire));
    assert!(edges.contains(&edge(("orders", "out"), ("filter", "in"))));
    assert!(edges.contains(&edge(("filter", "out"), ("watermark", "in"))));
    assert!(undo_text(&window).ends_with("inserting a node"));
    window.key(CTRL, Key::Z);
    assert!(window.flow().edges.contains(&wire));
}

#[test]
fn a_palette_entry_is_dropped_on_a_wire() {
    let mut window = Window::on_orders();
    let wire = edge(("watermark", "out"), ("minute", "in"));
    window.harness.get_by_label("Palette").click();
    window.harness.run_steps(3);
    let from = window.harness.get_by_label("Filter").rect().center();
    // Anywhere on the wire will do.
    let to = window.app().port_place(&port("watermark", "out"), true).expect("drawn") + egui::vec2(18.0, 0.0);
    window.drag(from, to);
    assert!(
        window.flow().edges.contains(&edge(("filter", "out"), ("minute", "in"))),
        "{:?}",
        window.flow().edges
    );
    assert!(!window.flow().edges.contains(&wire));
}

#[test]
fn the_menu_of_a_node_opens_by_pointer_and_by_key() {
    let mut window = Window::on_orders();
    let at = window.labelled("By the minute, ").rect().center();
    window.menu_click(at);
    assert_eq!(selected(&window), ["minute"]);
    assert!(window.has("Select upstream"));
    window.harness.get_by_label("Duplicate").click();
    window.harness.run_steps(4);
    assert_eq!(window.n_nodes(), 6);
    assert!(!window.has("Select upstream"), "the menu stays open");
    window.key(SHIFT, Key::F10);
    window.harness.run_steps(2);
    assert!(window.has("Select upstream"));
    // The keyboard is on the first entry and goes down from there.
    window.key(NONE, Key::Enter);
    window.harness.run_steps(3);
    assert!(!window.has("Select upstream"), "Enter chose nothing");
    window.key(SHIFT, Key::F10);
    window.key(NONE, Key::Escape);
    window.harness.run_steps(3);
    assert!(!window.has("Select upstream"), "Escape does not close the menu");
}

#[test]
fn the_menus_of_wire_port_and_canvas_offer_what_fits() {
    let mut window = Window::on_orders();
    let wire = edge(("orders", "out"), ("watermark", "in"));
    let at = window.app().wire_middle(&wire).expect("drawn");
    window.menu_click(at);
    assert!(window.has("Insert node…") && window.has("Show rows"));
    window.key(NONE, Key::Escape);
    window.harness.run_steps(2);
    let at = window.app().port_place(&port("minute", "late"), true).expect("drawn");
    window.menu_click(at);
    assert!(window.has("Add node here…"));
    window.harness.get_by_label("Remove its wires").click();
    window.harness.run_steps(4);
    assert!(!window.flow().edges.contains(&edge(("minute", "late"), ("late", "in"))));
    window.key(CTRL, Key::Z);
    let at = empty_place(&window);
    window.menu_click(at);
    assert!(window.has("Paste with wires to other nodes"));
    window.harness.get_by_label("Select all").click();
    window.harness.run_steps(4);
    assert_eq!(selected(&window).len(), 5);
}

#[test]
fn what_lies_up_and_down_the_wires_is_selected() {
    let mut window = Window::on_orders();
    window.select("Ten seconds, 1 input");
    window.key(CTRL, Key::OpenBracket);
    assert_eq!(selected(&window), ["orders", "watermark"]);
    window.select("Ten seconds, 1 input");
    window.key(CTRL, Key::CloseBracket);
    assert_eq!(selected(&window), ["counts", "late", "minute", "watermark"]);
    window.key(CTRL, Key::Backslash);
    assert_eq!(selected(&window).len(), 5);
}

#[test]
fn nodes_are_brought_into_line_in_one_step() {
    let mut window = Window::on_orders();
    let before = window.flow().clone();
    window.click(empty_place(&window));
    window.key(CTRL, Key::A);
    assert_eq!(selected(&window).len(), 5);
    window.key(SHIFT, Key::W);
    let tops: Vec<_> = window.flow().layout.nodes.values().map(|at| at.y).collect();
    assert!(tops.iter().all(|top| *top == 32), "{tops:?}");
    assert!(undo_text(&window).ends_with("aligning nodes"), "{}", undo_text(&window));
    window.key(CTRL, Key::Z);
    assert_eq!(*window.flow(), before);
    window.harness.get_by_label("Edit").click();
    window.harness.run_steps(3);
    window.harness.get_by_label("Arrange").click();
    window.harness.run_steps(3);
    assert!(window.has("Distribute across"));
    window.harness.get_by_label("Straighten wires").click();
    window.harness.run_steps(4);
    assert_eq!(place(&window, "watermark").y, 32 - 16, "its input is level with the output of the source");
    assert!(undo_text(&window).ends_with("straightening wires"), "{}", undo_text(&window));
}

#[test]
fn the_history_leads_to_any_step() {
    let mut window = Window::on_orders();
    let opened = window.flow().clone();
    window.select("By the minute, 1 input");
    window.key(CTRL, Key::D);
    window.key(CTRL, Key::D);
    window.key(NONE, Key::Delete);
    let last = window.flow().clone();
    window.key(CTRL, Key::H);
    window.harness.run_steps(3);
    assert!(window.has("Duplicating nodes") && window.has("Deleting"));
    window.harness.get_by_label("Opened").click();
    window.harness.run_steps(3);
    assert_eq!(*window.flow(), opened);
    let deleting = window.harness.get_by_label_contains("Deleting · ");
    deleting.focus();
    window.harness.run_steps(2);
    window.key(NONE, Key::Enter);
    assert_eq!(*window.flow(), last);
}

#[test]
fn nodes_are_found_by_words_and_facets_and_gone_to() {
    let mut window = Window::on_orders();
    window.key(CTRL, Key::F);
    window.harness.run_steps(2);
    let write = |window: &mut Window, text: &str| {
        window.key(CTRL, Key::A);
        window.harness.event(Event::Text(text.to_owned()));
        window.harness.run_steps(3);
    };
    write(&mut window, "orders.csv");
    assert!(window.has("1 found"), "a parameter is not searched");
    window.key(NONE, Key::Enter);
    assert_eq!(selected(&window), ["orders"]);
    write(&mut window, "late:>0");
    window.key(NONE, Key::F3);
    assert_eq!(selected(&window), ["minute"]);
    assert!(window.has("1 of 1"));
    write(&mut window, "type:table_sink");
    assert!(window.has("2 found"));
    window.key(NONE, Key::Enter);
    let first = selected(&window)[0].to_owned();
    window.key(NONE, Key::Enter);
    assert_ne!(selected(&window), [&*first]);
    window.key(SHIFT, Key::Enter);
    assert_eq!(selected(&window), [&*first]);
    write(&mut window, "nobody");
    assert!(window.has("Nothing found"));
    window.key(NONE, Key::Escape);
    window.harness.run_steps(2);
    assert!(window.app().state().view.find.is_none());
}

#[test]
fn every_lens_says_what_its_colours_mean_and_gives_the_figure() {
    let mut window = Window::on_orders();
    for (lens, legend) in [
        ("Busy", "Share of time that a node works, 0"),
        ("State", "Entries that a node remembers"),
        ("Errors", "Rejected rows, as a share"),
        ("Late", "Late rows, as a share"),
        ("Rate", "Wires are the wider"),
    ] {
        window.harness.get_by_role_and_label(Role::RadioButton, lens).click();
        window.harness.run_steps(3);
        assert!(window.has(legend), "{lens} does not say what it shows");
    }
    window.harness.get_by_role_and_label(Role::RadioButton, "Late").click();
    window.harness.run_steps(3);
    let node = window.labelled("By the minute, 1 input").accesskit_node().label().unwrap_or_default();
    assert!(node.ends_with("1 late"), "{node} does not give the figure");
}

#[test]
fn the_way_leads_back_to_what_was_selected() {
    let mut window = Window::on_orders();
    window.select("Orders, 2 outputs");
    let at = window.labelled("Ten seconds, ").rect().center();
    window.click(at);
    window.key(ALT, Key::ArrowLeft);
    assert_eq!(selected(&window), ["orders"]);
    window.key(ALT, Key::ArrowRight);
    assert_eq!(selected(&window), ["watermark"]);
}

#[test]
fn deleting_keeps_the_wire_or_says_why_it_cannot() {
    let mut window = Window::on_orders();
    let before = window.flow().clone();
    // A window needs watermarks, so what assigns them cannot be bridged.
    window.select("Ten seconds, 1 input");
    window.key(CTRL, Key::Delete);
    window.harness.run_steps(2);
    assert_eq!(*window.flow(), before);
    assert!(window.has("Ten seconds was kept: By the minute would not work without it"));
    window.select("By the minute, 1 input");
    window.key(CTRL, Key::Delete);
    window.harness.run_steps(2);
    assert!(window.flow().edges.contains(&edge(("watermark", "out"), ("counts", "in"))));
    assert_eq!(window.n_nodes(), 4);
}

#[test]
fn what_comes_into_sight_in_a_large_flow_shows_its_figures() {
    const N_NODES: usize = 1_200;
    let nodes: Vec<_> = (0..N_NODES)
        .map(|n| format!(r#"{{ "id": "n{n:04}", "kind": "union", "title": "Number {n}", "params": {{}} }}"#))
        .collect();
    let places: Vec<_> =
        (0..N_NODES).map(|n| format!(r#""n{n:04}": [{}, {}]"#, n % 40 * 288, n / 40 * 144)).collect();
    let (nodes, places) = (nodes.join(","), places.join(","));
    let mut window = Window::on(&format!(
        r#"{{ "version": 1, "session_zone": "UTC", "nodes": [{nodes}], "edges": [], "layout": {{ "nodes": {{ {places} }} }} }}"#
    ));
    let figures = |id: &NodeId| {
        let figures = NodeFigures { in_per_sec: 7.0, out_per_sec: 7.0, ..NodeFigures::default() };
        (id.clone(), figures)
    };
    let nodes = window.flow().nodes.keys().map(figures).collect();
    let snapshot = UiSnapshot { run: 1, status: RunStatus::Running, nodes, ..UiSnapshot::default() };
    let app = window.harness.state_mut().as_mut().expect("the first frame made it");
    app.show_figures(std::sync::Arc::new(snapshot));
    window.key(CTRL, Key::F);
    window.harness.event(Event::Text("number 1199".to_owned()));
    window.harness.run_steps(3);
    window.key(NONE, Key::Enter);
    assert_eq!(selected(&window), ["n1199"]);
    window.key(NONE, Key::Escape);
    window.key(NONE, Key::F);
    window.harness.run_steps(30);
    let said =
        format!("Number 1199, 1 input, 1 output, {0} → {0}", tidemark::ui_kit::format::short_rate(7.0));
    assert!(window.has(&said), "{said} is not said");
    assert!(!window.has("Number 3, 1 input"), "what is out of sight costs nothing");
}
