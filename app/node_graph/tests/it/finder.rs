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
