//! The flow as a whole, while nothing is selected: what it is called, what it is for, in which zone its days begin.

use egui::{Label, RichText, ScrollArea, TextEdit, Ui};
use tidemark_engine::diagnostic::Place;
use tidemark_engine::graph::{Edit, FlowDocument};

use super::visit::Visit;
use crate::command::Commands;
use crate::state::AppState;
use crate::ui_kit::format::count;
use crate::ui_kit::style::small_mono_text;
use crate::ui_kit::widgets::{follow_keyboard, key_value, text_field};
use crate::ui_kit::{Icon, Tokens, t};

/// What the form remembers.
#[derive(Default)]
pub(super) struct FlowForm {
    /// The zone as it is written, which is the flow's own or stands for it: nothing is written for the one that a flow has by default.
    zone: String,
    visit: Visit,
}

impl FlowForm {
    pub(super) fn ui(&mut self, state: &AppState, ui: &mut Ui, commands: &mut Commands) {
        super::heading(ui, Icon::Outline, &state.open.document.name());
        ScrollArea::vertical().id_salt("flow").auto_shrink(false).show(ui, |ui| {
            let tokens = Tokens::of(ui);
            ui.set_max_width(ui.available_width() - tokens.spacing.md);
            self.name(state, ui, commands);
            self.description(state, ui, commands);
            self.zone(state, ui, commands);
            for found in state.open.checked.diagnostics.iter().filter(|found| found.place == Place::Flow) {
                super::field::finding(found, ui);
            }
            let flow = state.open.document.flow();
            key_value(ui, t("commands.nodes"), &count(flow.nodes.len() as u64));
            key_value(ui, t("inspector.wires"), &count(flow.edges.len() as u64));
            ui.add_space(tokens.spacing.md);
            super::dim(ui, t("inspector.sinks_write_to"));
            let folder = RichText::new(state.open.output_folder.display().to_string());
            let folder = folder.text_style(small_mono_text()).color(tokens.colors.text.normal);
            ui.add(Label::new(folder).wrap());
            ui.add_space(tokens.spacing.lg);
            super::dim(ui, t("inspector.empty_sentence"));
            follow_keyboard(ui);
        });
    }

    fn name(&mut self, state: &AppState, ui: &mut Ui, commands: &mut Commands) {
        let mut name = state.open.document.flow().name.clone().unwrap_or_default();
        label(t("inspector.flow_name"), ui);
        let field = text_field(ui, &mut name, &state.open.document.name(), None);
        let field = field.accessible_name(t("inspector.flow_name"));
        let edit = || Edit::SetName(Some(name).filter(|name| !name.is_empty()));
        self.visit.take(&field, edit, ui, commands);
        ui.add_space(Tokens::of(ui).spacing.md);
    }

    fn description(&mut self, state: &AppState, ui: &mut Ui, commands: &mut Commands) {
        let mut text = state.open.document.flow().description.clone().unwrap_or_default();
        label(t("inspector.description"), ui);
        let hint = RichText::new(t("inspector.description_hint")).color(Tokens::of(ui).colors.text.dim);
        let field =
            TextEdit::multiline(&mut text).hint_text(hint).desired_rows(3).desired_width(f32::INFINITY);
        let field = ui.add(field).accessible_name(t("inspector.description"));
        let edit = || Edit::SetDescription(Some(text).filter(|text| !text.is_empty()));
        self.visit.take(&field, edit, ui, commands);
        ui.add_space(Tokens::of(ui).spacing.md);
    }

    fn zone(&mut self, state: &AppState, ui: &mut Ui, commands: &mut Commands) {
        let saved = &state.open.document.flow().session_zone;
        if zone_of(&self.zone) != saved {
            self.zone.clone_from(saved);
        }
        label(t("inspector.zone"), ui);
        let field = text_field(ui, &mut self.zone, FlowDocument::DEFAULT_ZONE, None)
            .accessible_name(t("inspector.zone"));
        let field = field.on_hover_text(t("tip.zone"));
        let edit = || Edit::SetSessionZone(zone_of(&self.zone).to_owned());
        self.visit.take(&field, edit, ui, commands);
        ui.add_space(Tokens::of(ui).spacing.md);
        if !ui.memory(|memory| memory.has_focus(field.id)) {
            self.zone.clone_from(saved);
        }
    }
}

/// The zone that is meant by what is written.
fn zone_of(written: &str) -> &str {
    Some(written.trim()).filter(|zone| !zone.is_empty()).unwrap_or(FlowDocument::DEFAULT_ZONE)
}

fn label(text: &str, ui: &mut Ui) {
    let text = RichText::new(text).color(Tokens::of(ui).colors.text.normal);
    ui.add(Label::new(text).selectable(false));
}
