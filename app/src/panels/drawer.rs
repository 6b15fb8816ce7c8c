//! The drawers over the canvas: nodes to add, the nodes of the flow, the samples.

use std::sync::Arc;

use egui::{RichText, ScrollArea, Ui};
use tidemark_engine::graph::Checked;
use tidemark_engine::ids::NodeId;
use tidemark_engine::node::{Category, NodeSpec};

use super::canvas::{NodeDrag, category_color, category_text, kind_icon};
use super::history::HistoryList;
use crate::app::SAMPLES;
use crate::command::{Command, Commands};
use crate::state::{AppState, Drawer, FlowNumber};
use crate::ui_kit::widgets::{
    ListRow, empty_state, follow_keyboard, icon_button, list_row, search_field, section_header,
};
use crate::ui_kit::{Icon, Tokens, t};

/// What the drawers remember.
#[derive(Default)]
pub struct DrawerPanel {
    search: String,
    outline: Option<Outline>,
    history: HistoryList,
}

/// The nodes of a flow in the order in which they are listed, and of what that was made.
struct Outline {
    of: (FlowNumber, u64, Arc<Checked>),
    nodes: Vec<NodeId>,
}

impl DrawerPanel {
    /// Shows the drawer.
    pub fn ui(&mut self, drawer: Drawer, state: &AppState, ui: &mut Ui, commands: &mut Commands) {
        let title = match drawer {
            Drawer::Palette => t("palette.title"),
            Drawer::Outline => t("rail.outline"),
            Drawer::Samples => t("rail.samples"),
            Drawer::History => t("rail.history"),
        };
        section_header(ui, title, |ui| {
            if icon_button(ui, Icon::Close, t("dialog.close")).clicked() {
                commands.push(Command::SetDrawer(None));
            }
        });
        match drawer {
            Drawer::Palette => self.palette(state, ui, commands),
            Drawer::Outline => self.outline(state, ui, commands),
            Drawer::Samples => samples(ui, commands),
            Drawer::History => self.history.ui(state, ui, commands),
        }
    }

    fn palette(&mut self, state: &AppState, ui: &mut Ui, commands: &mut Commands) {
        let tokens = Tokens::of(ui);
        search_field(ui, &mut self.search, t("palette.search"));
        let wanted = self.search.trim().to_lowercase();
        ui.add(
            egui::Label::new(RichText::new(t("palette.drag_hint")).small().color(tokens.colors.text.dim))
                .wrap(),
        );
        let mut specs: Vec<_> = state.catalog.specs().filter(|spec| is_called(spec, &wanted)).collect();
        specs.sort_by_key(|spec| spec.category);
        if specs.is_empty() {
            ui.add_space(tokens.spacing.xl);
            ui.label(RichText::new(t("palette.nothing")).color(tokens.colors.text.dim));
        }
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            let mut heading: Option<Category> = None;
            for spec in specs {
                if heading != Some(spec.category) {
                    heading = Some(spec.category);
                    section_header(ui, category_text(spec.category), |_| {});
                }
                let icon = (kind_icon(spec.kind, spec.category), category_color(spec.category, tokens));
                let row = list_row(ui, &ListRow { icon: Some(icon), ..ListRow::new(spec.title) });
                if row.clicked() {
                    commands.push(Command::AddNode { kind: spec.kind.to_owned(), at: None, join: None });
                }
                row.dnd_set_drag_payload(NodeDrag(spec.kind.to_owned()));
                if row.dragged() {
                    ui.ctx().set_cursor_icon(egui::CursorIcon::Grabbing);
                }
                row.on_hover_text(spec.summary);
            }
            follow_keyboard(ui);
        });
    }

    fn outline(&mut self, state: &AppState, ui: &mut Ui, commands: &mut Commands) {
        let tokens = Tokens::of(ui);
        if state.open.document.flow().nodes.is_empty() {
            empty_state(ui, Icon::Outline, t("canvas.empty_title"), t("canvas.empty_sentence"), None);
            return;
        }
        let known = self.outline.take().filter(|known| known.is_of(state));
        let outline = self.outline.insert(known.unwrap_or_else(|| Outline::of(state)));
        let area = ScrollArea::vertical().auto_shrink(false);
        area.show_rows(ui, tokens.size.control, outline.nodes.len(), |ui, in_sight| {
            for id in outline.nodes.get(in_sight).unwrap_or_default() {
                let icon = state
                    .spec(id)
                    .map(|spec| (kind_icon(spec.kind, spec.category), category_color(spec.category, tokens)));
                let (title, selected) = (state.title(id), state.open.selection.nodes.contains(id));
                let row = ListRow { icon, selected, detail: "", depth: 0, text: &title };
                if list_row(ui, &row).clicked() {
                    commands.push(Command::Reveal(id.clone()));
                }
            }
            follow_keyboard(ui);
        });
    }
}

impl Outline {
    /// The nodes in the order in which rows pass, as far as that is known.
    fn of(state: &AppState) -> Outline {
        let (flow, checked) = (state.open.document.flow(), &state.open.checked);
        let mut nodes: Vec<NodeId> = checked.graph.nodes.iter().map(|node| node.id.clone()).collect();
        nodes.retain(|node| flow.nodes.contains_key(node));
        nodes.extend(flow.nodes.keys().filter(|node| checked.graph.node(node).is_none()).cloned());
        let of = (state.open.number, state.open.document.revision(), Arc::clone(checked));
        Outline { of, nodes }
    }

    fn is_of(&self, state: &AppState) -> bool {
        let (number, revision, checked) = &self.of;
        (*number, *revision) == (state.open.number, state.open.document.revision())
            && Arc::ptr_eq(checked, &state.open.checked)
    }
}

/// Whether a kind is meant by what was typed.
fn is_called(spec: &NodeSpec, wanted: &str) -> bool {
    let any = [spec.title, spec.kind, spec.summary].into_iter().chain(spec.keywords.iter().copied());
    wanted.is_empty() || any.into_iter().any(|text| text.to_lowercase().contains(wanted))
}

fn samples(ui: &mut Ui, commands: &mut Commands) {
    let tokens = Tokens::of(ui);
    for (number, sample) in SAMPLES.iter().enumerate() {
        let icon = Some((Icon::Samples, tokens.colors.accent.text));
        if list_row(ui, &ListRow { icon, ..ListRow::new(sample.name()) }).clicked() {
            commands.push(Command::OpenSample(number));
        }
        ui.add(
            egui::Label::new(RichText::new(sample.sentence()).small().color(tokens.colors.text.dim)).wrap(),
        );
        ui.add_space(tokens.spacing.md);
    }
}
