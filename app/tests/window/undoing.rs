//! Whatever was done can be undone, to the byte.

use super::desk::*;
use tidemark::command::{Action, Command};
use tidemark::state::Selection;
use tidemark_engine::graph::{Edit, FlowDocument};

/// Numbers that are the same with every run: splitmix64 from a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % n as u64) as usize
    }

    fn of<T: Clone>(&mut self, things: impl IntoIterator<Item = T>) -> Option<T> {
        let things: Vec<T> = things.into_iter().collect();
        (!things.is_empty()).then(|| things[self.below(things.len())].clone())
    }

    fn point(&mut self) -> Pos2 {
        Pos2::new(200.0 + self.below(800) as f32, 120.0 + self.below(380) as f32)
    }
}

const ACTIONS: [Action; 24] = [
    Action::Duplicate,
    Action::Delete,
    Action::DeleteKeepWire,
    Action::Cut,
    Action::SelectAll,
    Action::SelectNone,
    Action::SelectUpstream,
    Action::SelectDownstream,
    Action::SelectConnected,
    Action::Back,
    Action::Fit,
    Action::ZoomOut,
    Action::Arrange,
    Action::AlignLeft,
    Action::AlignMiddle,
    Action::AlignBottom,
    Action::DistributeAcross,
    Action::DistributeDown,
    Action::StraightenWires,
    Action::FrameSelection,
    Action::AddNote,
    Action::Undo,
    Action::Undo,
    Action::Redo,
];

/// One thing that a person might do, by the mouse, by a key or through a field.
fn do_something(window: &mut Window, dice: &mut Dice, clipboard: &mut Option<String>) {
    let flow = FlowDocument::clone(window.app().state().open.document.flow());
    let node = dice.of(flow.nodes.keys().cloned());
    let wire = dice.of(flow.edges.iter().cloned());
    match dice.below(11) {
        0 => {
            let kind = dice.of(["union", "filter", "select", "table_sink", "csv_source"]).expect("one");
            let at = (dice.below(2) == 0).then(|| dice.point());
            let join = wire.map(|wire| if dice.below(2) == 0 { wire.from } else { wire.to });
            ask(window, Command::AddNode { kind: kind.to_owned(), at, join });
        }
        1 => {
            if let Some(wire) = wire {
                ask(window, Command::InsertNode { kind: "filter".to_owned(), wire, at: None });
            }
        }
        2 | 3 => {
            let (from, to) = (dice.point(), dice.point());
            window.drag(from, to);
        }
        4 => {
            let place = |window: &Window, node: &NodeId, port: &str, is_output| {
                let port = PortRef::new(node.clone(), port);
                window.app().port_place(&port, is_output)
            };
            let from = node.and_then(|node| place(window, &node, "out", true));
            let to = dice.of(flow.nodes.keys().cloned()).and_then(|node| place(window, &node, "in", false));
            if let (Some(from), Some(to)) = (from, to) {
                window.drag(from, to);
                window.key(Modifiers::NONE, Key::Escape);
            }
        }
        5 => {
            if let Some(node) = node {
                ask(window, Command::Select(Selection::of_nodes([node])));
                let (modifiers, key) = dice
                    .of([
                        (Modifiers::NONE, Key::ArrowRight),
                        (Modifiers::SHIFT, Key::ArrowDown),
                        (Modifiers::NONE, Key::Delete),
                        (Modifiers::COMMAND, Key::D),
                        (Modifiers::COMMAND, Key::Z),
                        (Modifiers::COMMAND | Modifiers::SHIFT, Key::Z),
                    ])
                    .expect("one");
                window.key(modifiers, key);
            }
        }
        6 => {
            if let Some(node) = node {
                let text = ["", "Ω", "a longer name", "By the minute"][dice.below(4)].to_owned();
                let edit = match dice.below(3) {
                    0 => Edit::SetTitle { node, title: Some(text) },
                    1 => Edit::SetRemark { node, note: (!text.is_empty()).then_some(text) },
                    _ => {
                        let value =
                            dice.of([None, Some(text.into()), Some(7.into()), Some(serde_json::Value::Null)]);
                        let name = ["condition", "bound_millis", "path"][dice.below(3)].to_owned();
                        Edit::SetParam { node, name, value: value.flatten() }
                    }
                };
                ask(window, Command::Edit(edit));
                if dice.below(2) == 0 {
                    ask(window, Command::EndGesture);
                }
            }
        }
        7 => {
            let nodes = flow.nodes.keys().filter(|_| dice.below(3) == 0).cloned().collect();
            *clipboard = Some(graph::copy(&flow, &nodes, &graph::Drawn::default()).to_json());
        }
        8 => {
            if let Some(text) = clipboard.clone() {
                let keep_links = dice.below(2) == 0;
                ask(window, Command::Paste { text, at: Some(dice.point()), keep_links });
            }
        }
        _ => {
            let action = dice.of(ACTIONS).expect("one");
            ask(window, Command::Do(action));
        }
    }
}

fn ask(window: &mut Window, command: Command) {
    window.harness.state_mut().as_mut().expect("the first frame made it").ask(command);
    window.harness.run_steps(1);
}

fn saved(window: &mut Window) -> Vec<u8> {
    ask(window, Command::Do(Action::Save));
    window.settle();
    assert!(window.app().state().open.document.is_saved(), "it was not saved");
    std::fs::read(window.flow_file()).expect("the flow")
}

/// The orders, as every save writes them.
fn orders_as_saved() -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("orders.flow.json");
    std::fs::write(&path, FLOW).expect("the flow");
    graph::save(&graph::load(&path).expect("a flow"), &path).expect("saved");
    std::fs::read_to_string(path).expect("the flow")
}

#[test]
fn random_edits_and_then_undo_to_the_start_give_the_same_bytes_and_so_does_redo() {
    let start = orders_as_saved();
    for seed in 1..=6 {
        let mut window = Window::on(&start);
        let (mut dice, mut clipboard) = (Dice(seed), None);
        let mut most = 0;
        for _ in 0..60 {
            do_something(&mut window, &mut dice, &mut clipboard);
            most = most.max(window.app().state().open.document.n_done());
        }
        assert!(most > 10, "seed {seed} changed next to nothing: {most} steps");
        let n_steps = window.app().state().open.document.n_steps();
        ask(&mut window, Command::GoToStep(n_steps));
        let end = saved(&mut window);
        assert_ne!(start.as_bytes(), end, "seed {seed}: the edits cancel each other, which says nothing");
        for _ in 0..n_steps {
            ask(&mut window, Command::Do(Action::Undo));
        }
        assert!(!window.app().state().open.document.can_undo(), "seed {seed}: more steps than were listed");
        assert!(saved(&mut window) == start.as_bytes(), "seed {seed}: undo did not lead back");
        for _ in 0..n_steps {
            ask(&mut window, Command::Do(Action::Redo));
        }
        assert!(saved(&mut window) == end, "seed {seed}: redo did not lead to the end");
    }
}
