//! Searching for a node to add: all of them, or those that fit a wire in the hand.

use std::collections::BTreeSet;
use std::sync::Arc;

use egui::{Color32, Context, Pos2};
use egui_node_graph::{Finder, FinderItem, FinderOutcome, GraphStyle, Labels};
use tidemark_engine::graph::Checked;
use tidemark_engine::ids::{EdgeId, PortRef};
use tidemark_engine::node::{Arity, Category, NodeSpec};

use crate::app::behind;
use crate::command::{Command, Commands};
use crate::state::{AppState, Fitting};
use crate::ui_kit::{Icon, Tokens, t, t_args};

/// A kind of node on its way from the palette to the canvas.
pub struct NodeDrag(pub String);

/// An open finder and what becomes of its answer.
pub(super) struct NodeFinder {
    finder: Finder,
    at: Pos2,
    join: Option<Join>,
    fitting: BTreeSet<&'static str>,
    /// What was known of the flow when that was found out.
    checked: Arc<Checked>,
}

/// What a new node may be joined to.
pub(super) enum Join {
    /// The port that a wire in the hand comes from: only what fits there is shown.
    Dragged(PortRef),
    /// The main output of the selected node: what fits there is offered first, wired and not.
    Offered(PortRef),
    /// The selected wire: what can stand between its ends is offered first, inserted and not.
    Between(EdgeId),
}

impl Join {
    /// Whether a new node of a kind can be joined so.
    fn takes(&self, state: &AppState, spec: &NodeSpec) -> bool {
        match self {
            Join::Dragged(port) | Join::Offered(port) => fits(state, spec, port),
            Join::Between(wire) => {
                let has_ports = !spec.inputs.is_empty() && !spec.outputs.is_empty();
                has_ports && Fitting::of(&state.open, &state.catalog).between(spec, wire).is_ok()
            }
        }
    }

    /// What is said above the kinds that fit.
    fn heading(&self, state: &AppState) -> String {
        match self {
            Join::Dragged(port) | Join::Offered(port) => {
                t_args("finder.fits", &[("node", &state.title(&port.node))])
            }
            Join::Between(wire) => {
                let ends = [state.title(&wire.from.node), state.title(&wire.to.node)];
                t_args("finder.between", &[("from", &ends[0]), ("to", &ends[1])])
            }
        }
    }
}

/// An item of the finder: a kind, and whether it is wired.
#[derive(Clone, Copy, PartialEq)]
struct Choice {
    kind: &'static str,
    wired: bool,
}

impl NodeFinder {
    /// A finder for what a dragged wire ends at.
    pub(super) fn for_wire(state: &AppState, at: Pos2, screen: Pos2, from: PortRef) -> NodeFinder {
        NodeFinder::new(state, at, screen, Some(Join::Dragged(from)))
    }

    /// A finder for a node to place at `at`, or to wire behind the selected one.
    pub(super) fn for_place(state: &AppState, at: Pos2, screen: Pos2) -> NodeFinder {
        let selection = &state.open.selection;
        let behind = selection.single_node().and_then(|node| {
            let output = state.spec(node)?.outputs.first()?;
            Some(Join::Offered(PortRef::new(node.clone(), output.name)))
        });
        let join = behind.or_else(|| selection.single_wire().cloned().map(Join::Between));
        NodeFinder::new(state, at, screen, join)
    }

    fn new(state: &AppState, at: Pos2, screen: Pos2, join: Option<Join>) -> NodeFinder {
        let (finder, checked) = (Finder::new("add_node", screen), Arc::default());
        let mut finder = NodeFinder { finder, at, join, fitting: BTreeSet::new(), checked };
        finder.judge(state);
        finder
    }

    /// Finds out which kinds fit.
    fn judge(&mut self, state: &AppState) {
        let specs = state.catalog.specs();
        let fitting = specs.filter(|spec| self.join.as_ref().is_some_and(|join| join.takes(state, spec)));
        self.fitting = fitting.map(|spec| spec.kind).collect();
        self.checked = Arc::clone(&state.open.checked);
        self.finder.refresh();
    }

    /// Shows the finder. Returns whether it is done.
    pub(super) fn show(
        &mut self,
        state: &AppState,
        ctx: &Context,
        style: &GraphStyle,
        labels: &Labels,
        commands: &mut Commands,
    ) -> bool {
        // Behind a node that has just been added, what leaves it is known only once it has been checked.
        if !Arc::ptr_eq(&self.checked, &state.open.checked) {
            self.judge(state);
        }
        let items = self.items(state, Tokens::of_context(ctx));
        match self.finder.show(ctx, &items, |_| true, style, labels) {
            FinderOutcome::Open => false,
            FinderOutcome::Closed => true,
            FinderOutcome::Chosen { id: Choice { kind, wired }, chain } => {
                let kind = kind.to_owned();
                let (at, join) = match self.join.as_ref().filter(|_| wired) {
                    Some(Join::Between(wire)) => {
                        commands.push(Command::InsertNode { kind, wire: wire.clone(), at: None });
                        return true;
                    }
                    Some(Join::Offered(port)) => {
                        (behind(state.open.document.flow(), &port.node), Some(port.clone()))
                    }
                    Some(Join::Dragged(port)) => (Some(self.at), Some(port.clone())),
                    None => (Some(self.at), None),
                };
                commands.push(if chain {
                    Command::AddNext { kind, at, join }
                } else {
                    Command::AddNode { kind, at, join }
                });
                true
            }
        }
    }

    /// What fits comes first, then what was used lately, then everything by category.
    fn items(&self, state: &AppState, tokens: &Tokens) -> Vec<FinderItem<Choice>> {
        let is_empty = state.open.document.flow().nodes.is_empty();
        let mut specs: Vec<_> = state.catalog.specs().collect();
        specs.sort_by_key(|spec| spec.category);
        let recent = |spec: &NodeSpec| state.settings.recent_kinds.iter().position(|kind| *kind == spec.kind);
        let item = |spec: &NodeSpec, category: &str, wired: bool, bonus: i32| FinderItem {
            id: Choice { kind: spec.kind, wired },
            title: spec.title.to_owned(),
            category: category.to_owned(),
            description: format!("{} · {}", ports_text(spec), spec.summary),
            keywords: spec.keywords.join(" "),
            icon: kind_icon(spec.kind, spec.category).glyph().to_string(),
            accent: category_color(spec.category, tokens),
            bonus,
        };
        let mut items = Vec::new();
        if let Some(join) = &self.join {
            let heading = join.heading(state);
            let mut fitting: Vec<_> = specs.iter().filter(|spec| self.fitting.contains(spec.kind)).collect();
            fitting.sort_by_key(|spec| recent(spec).unwrap_or(usize::MAX));
            items.extend(fitting.into_iter().map(|spec| item(spec, &heading, true, BONUS_FITS)));
            if matches!(join, Join::Dragged(_)) {
                return items;
            }
        }
        let mut lately: Vec<_> = specs.iter().filter(|spec| recent(spec).is_some()).collect();
        lately.sort_by_key(|spec| recent(spec));
        items.extend(lately.into_iter().map(|spec| item(spec, t("finder.recent"), false, BONUS_RECENT)));
        items.extend(specs.iter().filter(|spec| recent(spec).is_none()).map(|spec| {
            // A flow begins with a source, however well other kinds match what is typed.
            let bonus = if is_empty && spec.category == Category::Source { BONUS_FIRST } else { 0 };
            item(spec, category_text(spec.category), false, bonus)
        }));
        items
    }
}

/// What fits beats what was used lately, but not a whole word against a part of one.
const BONUS_FITS: i32 = 300;
const BONUS_RECENT: i32 = 100;
const BONUS_FIRST: i32 = 500;

/// The ports of a kind: `in → out, late`.
fn ports_text(spec: &NodeSpec) -> String {
    let inputs: Vec<_> = spec.inputs.iter().map(|input| input.name).collect();
    let outputs: Vec<_> = spec.outputs.iter().map(|output| output.name).collect();
    format!("{} → {}", inputs.join(", "), outputs.join(", ")).trim().to_owned()
}

/// Whether a new node of a kind could be joined to a port, by its ports and by the rows that pass there.
fn fits(state: &AppState, spec: &NodeSpec, join: &PortRef) -> bool {
    let flow = state.open.document.flow();
    let Some(joined) = state.spec(&join.node) else { return false };
    if !joined.outputs.iter().any(|output| *join.port == *output.name) {
        let input = joined.inputs.iter().find(|input| *join.port == *input.name);
        let has_room = input.is_some_and(|input| {
            input.arity == Arity::Many || !flow.edges_into(&join.node).any(|edge| edge.to == *join)
        });
        return has_room && !spec.outputs.is_empty();
    }
    !spec.inputs.is_empty() && Fitting::of(&state.open, &state.catalog).behind(spec, join).is_ok()
}

/// The heading of a category.
pub fn category_text(category: Category) -> &'static str {
    match category {
        Category::Source => t("palette.source"),
        Category::Transform => t("palette.stateless"),
        Category::Time => t("palette.time"),
        Category::Window => t("palette.window"),
        Category::Sink => t("palette.sink"),
    }
}

/// The colour of a category.
pub fn category_color(category: Category, tokens: &Tokens) -> Color32 {
    let colors = &tokens.colors.category;
    match category {
        Category::Source => colors.source,
        Category::Transform => colors.stateless,
        Category::Time => colors.time,
        Category::Window => colors.window,
        Category::Sink => colors.sink,
    }
}

/// The picture of a kind: by a word in its name, else that of its category.
pub fn kind_icon(kind: &str, category: Category) -> Icon {
    const BY_WORD: [(&str, Icon); 17] = [
        ("filter", Icon::Filter),
        ("select", Icon::Select),
        ("union", Icon::Union),
        ("watermark", Icon::Watermark),
        ("tumbling", Icon::Tumble),
        ("sliding", Icon::Slide),
        ("session", Icon::Session),
        ("join", Icon::Join),
        ("dedup", Icon::Deduplicate),
        ("top", Icon::TopN),
        ("lookup", Icon::Lookup),
        ("blackhole", Icon::Blackhole),
        ("table", Icon::Table),
        ("generator", Icon::Generator),
        ("nexmark", Icon::Generator),
        ("_source", Icon::File),
        ("_sink", Icon::Sink),
    ];
    BY_WORD.iter().find(|(word, _)| kind.contains(word)).map_or_else(
        || match category {
            Category::Source => Icon::Source,
            Category::Transform => Icon::Expression,
            Category::Time => Icon::Time,
            Category::Window => Icon::Window,
            Category::Sink => Icon::Sink,
        },
        |(_, icon)| *icon,
    )
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use egui_kittest::kittest::Queryable as _;
    use serde_json::Map;
    use tidemark_engine::catalog;
    use tidemark_engine::graph::{Edit, FlowNode};
    use tidemark_engine::ids::NodeId;

    use super::super::style::style;
    use super::*;
    use crate::state::Settings;
    use crate::ui_kit::test_harness;

    #[test]
    fn what_fits_after_another_check_is_searched_again() {
        let mut state = AppState::new(Arc::new(catalog::standard()), Settings::default());
        let a = NodeId::new("a");
        let node = FlowNode::new("union", Map::new());
        state.open.document.apply(&Edit::AddNode { id: a.clone(), node, at: None }).expect("added");
        let mut finder = NodeFinder::for_wire(&state, Pos2::ZERO, Pos2::ZERO, PortRef::new(a, "out"));
        // As many kinds as fit, but a source is among them.
        assert!(finder.fitting.remove("union") && finder.fitting.insert("csv_source"));
        let (state, finder) = (RefCell::new(state), RefCell::new(finder));
        let mut harness = test_harness(|ui| {
            let (ctx, style) = (ui.ctx().clone(), style(Tokens::of(ui), true));
            let (labels, mut commands) = (Labels::default(), Commands::default());
            finder.borrow_mut().show(&state.borrow(), &ctx, &style, &labels, &mut commands);
        });
        harness.run();
        harness.event(egui::Event::Text("csv source".to_owned()));
        harness.run();
        assert!(harness.query_by_label("CSV source").is_some(), "the source is not found");
        state.borrow_mut().open.checked = Arc::default();
        harness.run();
        assert!(
            harness.query_by_label(&Labels::default().finder_empty).is_some(),
            "what stands in its place"
        );
    }
}
