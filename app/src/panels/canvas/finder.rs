//! Searching for a node to add: all of them, or those that fit a wire in the hand.

use std::collections::BTreeSet;

use egui::{Color32, Context, Pos2};
use egui_node_graph::{Finder, FinderItem, FinderOutcome, GraphStyle, Labels};
use serde_json::Map;
use tidemark_engine::graph::{Edit, FlowNode, connection_veto, fresh_id};
use tidemark_engine::ids::PortRef;
use tidemark_engine::node::{Category, NodeSpec};

use crate::command::{Command, Commands};
use crate::state::AppState;
use crate::ui_kit::{Icon, Tokens, t};

/// A kind of node on its way from the palette to the canvas.
pub struct NodeDrag(pub String);

/// An open finder and what becomes of its answer.
pub(super) struct NodeFinder {
    finder: Finder,
    at: Pos2,
    join: Option<PortRef>,
    fitting: BTreeSet<&'static str>,
}

impl NodeFinder {
    pub(super) fn new(state: &AppState, at: Pos2, screen: Pos2, join: Option<PortRef>) -> NodeFinder {
        let specs = state.catalog.specs();
        let fitting = specs.filter(|spec| join.as_ref().is_none_or(|join| fits(state, spec, join)));
        let fitting = fitting.map(|spec| spec.kind).collect();
        NodeFinder { finder: Finder::new("add_node", screen), at, join, fitting }
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
        let items = items(state, Tokens::of_context(ctx));
        match self.finder.show(ctx, &items, |kind| self.fitting.contains(kind), style, labels) {
            FinderOutcome::Open => false,
            FinderOutcome::Closed => true,
            FinderOutcome::Chosen { id, .. } => {
                let (at, join) = (Some(self.at), self.join.clone());
                commands.push(Command::AddNode { kind: id.to_owned(), at, join });
                true
            }
        }
    }
}

/// Whether a node of a kind could be joined to a port.
fn fits(state: &AppState, spec: &NodeSpec, join: &PortRef) -> bool {
    let mut flow = state.open.document.flow().as_ref().clone();
    let id = fresh_id(&flow, spec.kind);
    let add = Edit::AddNode { id: id.clone(), node: FlowNode::new(spec.kind, Map::new()), at: None };
    if add.apply(&mut flow).is_err() {
        return false;
    }
    let begins = state
        .spec(&join.node)
        .is_some_and(|spec| spec.outputs.iter().any(|output| *join.port == *output.name));
    let own = |name: &str| PortRef::new(id.clone(), name);
    if begins {
        spec.inputs.iter().any(|input| connection_veto(&flow, &state.catalog, join, &own(input.name)).is_ok())
    } else {
        spec.outputs
            .iter()
            .any(|output| connection_veto(&flow, &state.catalog, &own(output.name), join).is_ok())
    }
}

fn items(state: &AppState, tokens: &Tokens) -> Vec<FinderItem<&'static str>> {
    let is_empty = state.open.document.flow().nodes.is_empty();
    let mut specs: Vec<_> = state.catalog.specs().collect();
    specs.sort_by_key(|spec| spec.category);
    specs
        .into_iter()
        .map(|spec| FinderItem {
            id: spec.kind,
            title: spec.title.to_owned(),
            category: category_text(spec.category).to_owned(),
            description: spec.summary.to_owned(),
            keywords: spec.keywords.join(" "),
            icon: kind_icon(spec.kind, spec.category).glyph().to_string(),
            accent: category_color(spec.category, tokens),
            // A flow begins with a source, however well other kinds match what is typed.
            bonus: if is_empty && spec.category == Category::Source { 500 } else { 0 },
        })
        .collect()
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
    const BY_WORD: [(&str, Icon); 16] = [
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
