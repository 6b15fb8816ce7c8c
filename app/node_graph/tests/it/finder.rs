//! The finder: typed into, steered by keys, filtered.

use egui::{Color32, Key, Modifiers, pos2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use egui_node_graph::{Finder, FinderItem, FinderOutcome, GraphStyle, Labels};

struct Search {
    finder: Finder,
    hidden: u32,
    outcome: FinderOutcome<u32>,
}

fn items() -> Vec<FinderItem<u32>> {
    let item = |(id, title, category): (u32, &str, &str)| FinderItem {
        id,
        title: title.to_owned(),
        category: category.to_owned(),
        description: format!("About {id}"),
        keywords: String::new(),
        icon: String::new(),
        accent: Color32::WHITE,
        bonus: 0,
    };
    [(1, "CSV file", "Sources"), (2, "Tumbling window", "Windows"), (3, "Session window", "Windows")]
        .map(item)
        .into()
}

fn open(hidden: u32) -> Harness<'static, Search> {
    let show = |ui: &mut egui::Ui, search: &mut Search| {
        if search.outcome == FinderOutcome::Open {
            let (style, labels) = (GraphStyle::dark(), Labels::default());
            let hidden = search.hidden;
            search.outcome = search.finder.show(ui.ctx(), &items(), |id| *id != hidden, &style, &labels);
        }
    };
    let search =
        Search { finder: Finder::new("test", pos2(50.0, 50.0)), hidden, outcome: FinderOutcome::Open };
    let mut harness = Harness::builder().with_size([800.0, 600.0]).build_ui_state(show, search);
    harness.run();
    harness
}

fn type_text(harness: &mut Harness<'_, Search>, text: &str) {
    harness.get_by_label("Search nodes").type_text(text);
    harness.run();
}

#[test]
fn typing_and_enter_choose_the_best_match() {
    let mut harness = open(0);
    type_text(&mut harness, "sess");
    assert!(harness.query_by_label("CSV file").is_none());
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(harness.state().outcome, FinderOutcome::Chosen { id: 3, chain: false });
}

#[test]
fn arrows_go_through_the_list_and_ctrl_enter_chains() {
    let mut harness = open(0);
    harness.key_press(Key::ArrowDown);
    harness.key_press(Key::ArrowDown);
    harness.key_press(Key::ArrowDown);
    harness.key_press(Key::ArrowUp);
    harness.run();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    harness.run();
    assert_eq!(harness.state().outcome, FinderOutcome::Chosen { id: 2, chain: true });
}

#[test]
fn filtered_items_are_not_offered_and_a_click_chooses() {
    let mut harness = open(2);
    assert!(harness.query_by_label("Tumbling window").is_none());
    harness.get_by_label("Session window").click();
    harness.run();
    assert_eq!(harness.state().outcome, FinderOutcome::Chosen { id: 3, chain: false });
}

#[test]
fn escape_closes_and_nothing_found_says_so() {
    let mut harness = open(0);
    type_text(&mut harness, "zzz");
    harness.get_by_label("Nothing matches");
    harness.key_press(Key::Escape);
    harness.run();
    assert_eq!(harness.state().outcome, FinderOutcome::Closed);
}

#[test]
fn of_very_many_items_the_best_are_shown_and_searched_only_when_something_is_typed() {
    let item = |id: u32| FinderItem {
        id,
        title: format!("Node {id}"),
        category: "Nodes".to_owned(),
        description: String::new(),
        keywords: String::new(),
        icon: String::new(),
        accent: Color32::WHITE,
        bonus: 0,
    };
    let items: Vec<_> = (0..10_000).map(item).collect();
    let show = move |ui: &mut egui::Ui, (finder, n_asked): &mut (Finder, usize)| {
        let (style, labels) = (GraphStyle::dark(), Labels::default());
        let asked = std::cell::Cell::new(0);
        let filter = |_: &u32| {
            asked.set(asked.get() + 1);
            true
        };
        finder.show(ui.ctx(), &items, filter, &style, &labels);
        *n_asked += asked.get();
    };
    let finder = Finder::new("test", pos2(50.0, 50.0));
    let mut harness = Harness::builder().with_size([800.0, 600.0]).build_ui_state(show, (finder, 0));
    harness.run();
    let n_shown =
        |harness: &Harness<'_, _>| harness.query_all_by_role(egui::accesskit::Role::ListBoxOption).count();
    assert_eq!((n_shown(&harness), harness.state().1), (Finder::MAX_SHOWN, 10_000));
    harness.get_by_label("There are more: type to narrow them down");
    // The last that is shown is the last that can be reached.
    (0..300).for_each(|_| harness.key_press(Key::ArrowDown));
    harness.run();
    assert_eq!(harness.state().1, 10_000, "it searches though nothing was typed");
    harness.get_by_label("Search nodes").type_text("node 7777");
    harness.run();
    harness.get_by_label("Node 7777");
    assert!(n_shown(&harness) == 1 && harness.query_by_label_contains("There are more").is_none());
    harness.state_mut().0.refresh();
    let before = harness.state().1;
    harness.run_steps(3);
    assert_eq!(harness.state().1, before + 10_000, "it searches once when it is told to");
}
