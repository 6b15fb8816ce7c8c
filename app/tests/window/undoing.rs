//! Whatever was done can be undone, to the byte.

use std::collections::{BTreeMap, BTreeSet};

use super::desk::*;
use tidemark::state::{Drawn, Selection};
use tidemark_engine::graph::{Area, Edit, FlowDocument};

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

/// What a person might do, by the mouse, by a key or through a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Deed {
    AddNode,
    InsertNode,
    DragAnywhere,
    DrawWire,
    PressKey,
    SetNode,
    Copy,
    Paste,
    Act,
    WriteNote,
    NameFrame,
    ColorFrame,
    Resize,
    MoveFrame,
    FrameNodes,
    AddNote,
    DeleteDrawn,
}

const DEEDS: [Deed; 19] = [
    Deed::AddNode,
    Deed::InsertNode,
    Deed::DragAnywhere,
    Deed::DragAnywhere,
    Deed::DrawWire,
    Deed::PressKey,
    Deed::SetNode,
    Deed::Copy,
    Deed::Paste,
    Deed::Act,
    Deed::Act,
    Deed::WriteNote,
    Deed::NameFrame,
    Deed::ColorFrame,
    Deed::Resize,
    Deed::MoveFrame,
    Deed::FrameNodes,
    Deed::AddNote,
    Deed::DeleteDrawn,
];

/// Somebody who does one thing after another at a window.
struct Person {
    window: Window,
    dice: Dice,
    clipboard: Option<String>,
}

impl Person {
    fn flow(&self) -> &FlowDocument {
        self.window.flow()
    }

    /// Does something, and says whether it came to what it is called.
    fn does(&mut self, deed: Deed) -> bool {
        let before = self.flow().clone();
        match deed {
            Deed::AddNode => self.adds_node(),
            Deed::InsertNode => self.inserts_node(),
            Deed::DragAnywhere => {
                let (from, to) = (self.dice.point(), self.dice.point());
                self.window.drag(from, to);
            }
            Deed::DrawWire => self.draws_wire(),
            Deed::PressKey => self.presses_key(),
            Deed::SetNode => self.sets_node(),
            Deed::Copy => self.copies(),
            Deed::Paste => self.pastes(),
            Deed::Act => {
                let action = self.dice.of(ACTIONS).expect("one");
                self.window.ask(action);
            }
            Deed::WriteNote => self.writes(Role::Note),
            Deed::NameFrame => self.writes(Role::Group),
            Deed::ColorFrame => self.colors_frame(),
            Deed::Resize => self.resizes(),
            Deed::MoveFrame => self.moves_frame(),
            Deed::FrameNodes => {
                let nodes = self.some_of(before.nodes.keys());
                self.window.ask(Command::Select(Selection::of_nodes(nodes)));
                self.window.ask(Action::FrameSelection);
            }
            Deed::AddNote => self.window.ask(Command::AddNote { at: Some(self.dice.point()) }),
            Deed::DeleteDrawn => {
                if let Some(drawn) = self.dice.of(Drawn::all_of(&before)) {
                    self.window.ask(Command::Select(Selection::of_drawn(drawn)));
                    self.window.ask(Action::Delete);
                }
            }
        }
        let after = self.flow();
        let n_drawn = |flow: &FlowDocument| flow.frames.len() + flow.notes.len();
        let size = |area: &Area| (area.width, area.height);
        match deed {
            Deed::Copy => self.clipboard.as_ref().is_some_and(|text| text.contains("\"frames\": [")),
            Deed::Paste => n_drawn(after) > n_drawn(&before),
            Deed::WriteNote => has_changed(&before.notes, &after.notes, |note| note.text.clone()),
            Deed::NameFrame => has_changed(&before.frames, &after.frames, |frame| frame.title.clone()),
            Deed::ColorFrame => has_changed(&before.frames, &after.frames, |frame| frame.color.clone()),
            Deed::Resize => {
                has_changed(&before.layout.frames, &after.layout.frames, size)
                    || has_changed(&before.layout.notes, &after.layout.notes, size)
            }
            Deed::MoveFrame => {
                has_changed(&before.layout.frames, &after.layout.frames, |area| (area.x, area.y))
            }
            Deed::FrameNodes => after.frames.len() > before.frames.len(),
            Deed::AddNote => after.notes.len() > before.notes.len(),
            Deed::DeleteDrawn => n_drawn(after) < n_drawn(&before),
            _ => *after != before,
        }
    }

    /// Each with a chance of one in three.
    fn some_of<'a, T: Clone + Ord + 'a>(&mut self, things: impl Iterator<Item = &'a T>) -> BTreeSet<T> {
        things.filter(|_| self.dice.below(3) == 0).cloned().collect()
    }

    fn adds_node(&mut self) {
        let kind = self.dice.of(["union", "filter", "select", "table_sink", "csv_source"]).expect("one");
        let at = (self.dice.below(2) == 0).then(|| self.dice.point());
        let wire = self.dice.of(self.window.flow().edges.iter().cloned());
        let join = wire.map(|wire| if self.dice.below(2) == 0 { wire.from } else { wire.to });
        self.window.ask(Command::AddNode { kind: kind.to_owned(), at, join });
    }

    fn inserts_node(&mut self) {
        if let Some(wire) = self.dice.of(self.window.flow().edges.iter().cloned()) {
            self.window.ask(Command::InsertNode { kind: "filter".to_owned(), wire, at: None });
        }
    }

    fn draws_wire(&mut self) {
        let canvas = self.canvas();
        let seen = |window: &Window, node: &NodeId, name: &str| {
            let place = window.app().port_place(&PortRef::new(node.clone(), name), name == "out");
            place.filter(|at| canvas.contains(*at))
        };
        let flow = self.window.flow();
        let is_free = |node: &&NodeId| flow.edges.iter().all(|edge| edge.to.node != **node);
        let outputs = flow.nodes.keys().filter_map(|node| seen(&self.window, node, "out"));
        let inputs = flow.nodes.keys().filter(is_free).filter_map(|node| seen(&self.window, node, "in"));
        if let (Some(from), Some(to)) = (self.dice.of(outputs), self.dice.of(inputs)) {
            self.window.drag(from, to);
            self.window.key(Modifiers::NONE, Key::Escape);
        }
    }

    fn presses_key(&mut self) {
        let Some(node) = self.dice.of(self.window.flow().nodes.keys().cloned()) else { return };
        self.window.ask(Command::Select(Selection::of_nodes([node])));
        let (modifiers, key) = self
            .dice
            .of([
                (Modifiers::NONE, Key::ArrowRight),
                (Modifiers::SHIFT, Key::ArrowDown),
                (Modifiers::NONE, Key::Delete),
                (Modifiers::COMMAND, Key::D),
                (Modifiers::COMMAND, Key::Z),
                (Modifiers::COMMAND | Modifiers::SHIFT, Key::Z),
            ])
            .expect("one");
        self.window.key(modifiers, key);
    }

    fn sets_node(&mut self) {
        let dice = &mut self.dice;
        let Some(node) = dice.of(self.window.flow().nodes.keys().cloned()) else { return };
        let text = ["", "Ω", "a longer name", "By the minute"][dice.below(4)].to_owned();
        let edit = match dice.below(3) {
            0 => Edit::SetTitle { node, title: Some(text) },
            1 => Edit::SetRemark { node, note: (!text.is_empty()).then_some(text) },
            _ => {
                let value = dice.of([None, Some(text.into()), Some(7.into()), Some(serde_json::Value::Null)]);
                let name = ["condition", "bound_millis", "path"][dice.below(3)].to_owned();
                Edit::SetParam { node, name, value: value.flatten() }
            }
        };
        self.window.ask(Command::Edit(edit));
        if self.dice.below(2) == 0 {
            self.window.ask(Command::EndGesture);
        }
    }

    fn copies(&mut self) {
        let flow = self.flow().clone();
        let nodes = self.some_of(flow.nodes.keys());
        let drawn =
            graph::Drawn { notes: self.some_of(flow.notes.keys()), frames: self.some_of(flow.frames.keys()) };
        self.clipboard = Some(graph::copy(&flow, &nodes, &drawn).to_json());
    }

    fn pastes(&mut self) {
        let Some(text) = self.clipboard.clone() else { return };
        let keep_links = self.dice.below(2) == 0;
        self.window.ask(Command::Paste { text, at: Some(self.dice.point()), keep_links });
    }

    fn canvas(&self) -> egui::Rect {
        self.window.harness.get_by_role_and_label(Role::List, "Flow").rect()
    }

    /// Where a note is seen on the canvas, or the bar of a frame; who sees none looks at the whole flow.
    fn sees(&mut self, role: Role) -> Option<egui::Rect> {
        for _ in 0..2 {
            let canvas = self.canvas();
            let places = self.window.harness.query_all_by_role(role).map(|drawn| drawn.rect());
            let place = self.dice.of(places.filter(|place| canvas.contains(place.center())));
            if place.is_some() {
                return place;
            }
            self.window.ask(Action::Fit);
            self.window.harness.step();
        }
        None
    }

    /// Writes a few letters into a note or the title of a frame, and leaves it in one way or another.
    fn writes(&mut self, role: Role) {
        let Some(place) = self.sees(role) else { return };
        self.window.click(place.center());
        self.window.key(Modifiers::NONE, Key::F2);
        for letter in ["a", " ", "Ω"] {
            self.window.harness.event(Event::Text(letter.to_owned()));
            self.window.harness.step();
        }
        match self.dice.below(4) {
            0 => self.window.key(Modifiers::NONE, Key::Escape),
            1 => self.window.key(Modifiers::NONE, Key::Tab),
            2 => self.window.key(Modifiers::NONE, Key::Enter),
            _ => {}
        }
    }

    fn colors_frame(&mut self) {
        let Some(frame) = self.dice.of(self.window.flow().frames.keys().cloned()) else { return };
        self.window.ask(Command::Select(Selection::of_drawn(Drawn::Frame(frame))));
        self.window.harness.step();
        let color = self.dice.of(["Green", "Pink", "Grey"]).expect("one");
        let swatch = self.window.harness.query_by_role_and_label(Role::RadioButton, color);
        if let Some(swatch) = swatch {
            swatch.click();
        }
        self.window.harness.run_steps(2);
    }

    fn resizes(&mut self) {
        let role = self.dice.of([Role::Group, Role::Note]).expect("one");
        let Some(place) = self.sees(role) else { return };
        let corner = self.dice.of([place.left_top(), place.right_top()]).expect("one");
        let way = self.dice.point() - self.dice.point();
        self.window.drag(corner, corner + way / 4.0);
    }

    fn moves_frame(&mut self) {
        let Some(bar) = self.sees(Role::Group) else { return };
        let alone = if self.dice.below(2) == 0 { Modifiers::ALT } else { Modifiers::NONE };
        self.window.harness.event(Event::ModifiersChanged(alone));
        let way = self.dice.point() - self.dice.point();
        self.window.drag(bar.center(), bar.center() + way / 4.0);
        self.window.harness.event(Event::ModifiersChanged(Modifiers::NONE));
    }

    fn saves(&mut self) -> Vec<u8> {
        self.window.ask(Action::Save);
        self.window.settle();
        assert!(self.window.app().state().open.document.is_saved(), "it was not saved");
        std::fs::read(self.window.flow_file()).expect("the flow")
    }
}

/// Whether this is another for something that was there before.
fn has_changed<T, U: PartialEq>(
    before: &BTreeMap<String, T>,
    after: &BTreeMap<String, T>,
    what: impl Fn(&T) -> U,
) -> bool {
    before.iter().any(|(id, was)| after.get(id).is_some_and(|is| what(is) != what(was)))
}

/// A flow as every save writes it.
fn as_saved(flow: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("orders.flow.json");
    std::fs::write(&path, flow).expect("the flow");
    graph::save(&graph::load(&path).expect("a flow"), &path).expect("saved");
    std::fs::read_to_string(path).expect("the flow")
}

#[test]
fn random_edits_and_then_undo_to_the_start_give_the_same_bytes_and_so_does_redo() {
    let mut n_done: BTreeMap<Deed, u32> = DEEDS.map(|deed| (deed, 0)).into();
    for seed in 1..=6 {
        let start = as_saved(&if seed % 2 == 0 { drawn_flow() } else { FLOW.to_owned() });
        let mut person = Person { window: Window::on(&start), dice: Dice(seed), clipboard: None };
        // What moves by itself would have to be waited for.
        person.window.ask(Action::ToggleReducedMotion);
        let mut most = 0;
        for _ in 0..45 {
            let deed = person.dice.of(DEEDS).expect("one");
            *n_done.entry(deed).or_default() += u32::from(person.does(deed));
            most = most.max(person.window.app().state().open.document.n_done());
        }
        assert!(most > 10, "seed {seed} changed next to nothing: {most} steps");
        let n_steps = person.window.app().state().open.document.n_steps();
        person.window.ask(Command::GoToStep(n_steps));
        let end = person.saves();
        assert_ne!(start.as_bytes(), end, "seed {seed}: the edits cancel each other, which says nothing");
        for _ in 0..n_steps {
            person.window.ask(Action::Undo);
        }
        let document = &person.window.app().state().open.document;
        assert!(!document.can_undo(), "seed {seed}: more steps than were listed");
        assert!(person.saves() == start.as_bytes(), "seed {seed}: undo did not lead back");
        for _ in 0..n_steps {
            person.window.ask(Action::Redo);
        }
        assert!(person.saves() == end, "seed {seed}: redo did not lead to the end");
    }
    assert!(n_done.values().all(|n| *n > 0), "something was never done: {n_done:?}");
}
