//! The drawers over the canvas: nodes to add, the nodes of the flow, the samples.

use egui::{RichText, ScrollArea, Ui};
use tidemark_engine::node::{Category, NodeSpec};

use super::canvas::{NodeDrag, category_color, category_text, kind_icon};
use super::history;
use crate::app::SAMPLES;
use crate::command::{Command, Commands};
use crate::state::{AppState, Drawer};
use crate::ui_kit::widgets::{
    ListRow, empty_state, follow_keyboard, icon_button, list_row, search_field, section_header,
};
use crate::ui_kit::{Icon, Tokens, t};

/// What the drawers remember.
#[derive(Default)]
pub struct DrawerPanel {
    search: String,
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
            Drawer::Outline => outline(state, ui, commands),
            Drawer::Samples => samples(ui, commands),
            Drawer::History => history::ui(state, ui, commands),
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
}

/// Whether a kind is meant by what was typed.
fn is_called(spec: &NodeSpec, wanted: &str) -> bool {
    let any = [spec.title, spec.kind, spec.summary].into_iter().chain(spec.keywords.iter().copied());
    wanted.is_empty() || any.into_iter().any(|text| text.to_lowercase().contains(wanted))
}

fn outline(state: &AppState, ui: &mut Ui, commands: &mut Commands) {
    let tokens = Tokens::of(ui);
    let flow = state.open.document.flow();
    if flow.nodes.is_empty() {
        empty_state(ui, Icon::Outline, t("canvas.empty_title"), t("canvas.empty_sentence"), None);
        return;
    }
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        // In the order in which rows pass, as far as that is known.
        let mut ids: Vec<_> = state.open.checked.graph.nodes.iter().map(|node| node.id.clone()).collect();
        ids.retain(|id| flow.nodes.contains_key(id));
        let rest: Vec<_> = flow.nodes.keys().filter(|id| !ids.contains(id)).cloned().collect();
        ids.extend(rest);
        for id in ids {
            let icon = state
                .spec(&id)
                .map(|spec| (kind_icon(spec.kind, spec.category), category_color(spec.category, tokens)));
            let (title, selected) = (state.title(&id), state.open.selection.nodes.contains(&id));
            let row = ListRow { icon, selected, detail: "", depth: 0, text: &title };
            if list_row(ui, &row).clicked() {
                commands.push(Command::Reveal(id));
            }
        }
    });
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
