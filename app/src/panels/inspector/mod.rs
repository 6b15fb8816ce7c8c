//! The inspector: what is selected, its parameters as a form, its columns, and its figures; else the flow as a whole.

mod books;
mod drawn;
mod field;
mod flow;
mod foot;
mod form;
mod live;
mod many;
mod notes;
mod schema;
mod shape;
mod visit;

use egui::{Label, RichText, ScrollArea, Ui};
use tidemark_engine::graph::Edit;
use tidemark_engine::ids::NodeId;

use self::drawn::DrawnForm;
use self::flow::FlowForm;
use self::foot::above_foot;
use self::form::Form;
use self::notes::Notes;
pub(super) use self::shape::label as param_label;
use self::visit::Visit;
use super::canvas::{category_color, kind_icon};
use crate::command::{Command, Commands};
use crate::state::{AppState, InspectorTab};
use crate::ui_kit::widgets::{Tab, Tone, icon_button, tab_strip};
use crate::ui_kit::{Icon, Tokens, fonts, t};

/// What the inspector remembers.
#[derive(Default)]
pub struct Inspector {
    form: Form,
    flow: FlowForm,
    notes: Notes,
    drawn: DrawnForm,
    title: String,
    title_of: Option<NodeId>,
    title_visit: Visit,
    wants_title: bool,
}

impl Inspector {
    /// Puts the keyboard into the title if it is shown in this frame.
    pub fn focus_title(&mut self) {
        self.wants_title = true;
    }

    /// Puts the keyboard into the title of the selected frame or the text of the selected note if it is shown in this frame.
    pub fn focus_drawn(&mut self) {
        self.drawn.focus();
    }

    /// The frame has been shown. A field that was not in it does not take the keyboard later, when nobody thinks of it any more.
    pub fn end_frame(&mut self) {
        self.wants_title = false;
        self.drawn.end_frame();
        self.form.end_frame();
    }

    /// Puts the keyboard into the field of a parameter if the form of its node is shown in this frame.
    pub fn focus_param(&mut self, node: NodeId, path: String) {
        self.form.focus(node, Some(path));
    }

    /// The same with its first field.
    pub fn focus_form(&mut self, node: NodeId) {
        self.form.focus(node, None);
    }

    /// Lets go of what was being written: another flow is shown.
    pub fn forget(&mut self) {
        *self = Inspector::default();
    }

    /// Shows the inspector.
    pub fn ui(&mut self, state: &AppState, ui: &mut Ui, commands: &mut Commands) {
        let selection = &state.open.selection;
        if let Some(node) = selection.single_node() {
            self.node(&node.clone(), state, ui, commands);
        } else if let Some(wire) = selection.single_wire() {
            heading(ui, Icon::Link, &crate::state::title_of_edge(state, wire));
            ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                ui.set_max_width(ui.available_width() - Tokens::of(ui).spacing.md);
                live::wire(state, wire, ui);
                schema::wire(state, wire, ui);
            });
        } else if let Some(drawn) = selection.single_drawn() {
            self.drawn.ui(drawn, state, ui, commands);
        } else if selection.is_empty() {
            self.flow.ui(state, ui, commands);
        } else {
            many::ui(&mut self.form, state, ui, commands);
        }
    }

    fn node(&mut self, node: &NodeId, state: &AppState, ui: &mut Ui, commands: &mut Commands) {
        self.title(node, state, ui, commands);
        let mut tab = state.view.inspector_tab;
        let n_found = state.open.diagnostics_of(node).count();
        let tabs = [
            Tab::new(InspectorTab::Config, t("inspector.config")).count(n_found),
            Tab::new(InspectorTab::Schema, t("inspector.schema")),
            Tab::new(InspectorTab::Live, t("inspector.live")),
            Tab::new(InspectorTab::Notes, t("inspector.notes")),
        ];
        if tab_strip(ui, &mut tab, &tabs) {
            commands.push(Command::SetInspectorTab(tab));
        }
        ui.add_space(Tokens::of(ui).spacing.sm);
        let show = |ui: &mut Ui| match tab {
            InspectorTab::Config => self.form.ui(std::slice::from_ref(node), state, ui, commands),
            InspectorTab::Schema => schema::node(state, node, ui),
            InspectorTab::Live => live::node(state, node, ui),
            InspectorTab::Notes => self.notes.ui(node, state, ui, commands),
        };
        above_foot((node.as_str(), tab as u8), ui, show, |ui| match tab {
            InspectorTab::Config => {
                foot::findings(node, state, ui);
                form::effect_line(state, node, ui);
            }
            InspectorTab::Notes => notes::effect_line(state, node, ui),
            InspectorTab::Schema | InspectorTab::Live => {}
        });
    }

    /// The title, which can be changed, and what the kind does.
    fn title(&mut self, node: &NodeId, state: &AppState, ui: &mut Ui, commands: &mut Commands) {
        let tokens = Tokens::of(ui);
        let colors = &tokens.colors;
        let Some(in_flow) = state.open.document.flow().nodes.get(node) else { return };
        let spec = state.spec(node);
        let id = ui.make_persistent_id(("node_title", node));
        let is_written = ui.memory(|memory| memory.has_focus(id));
        if self.title_of.as_ref() != Some(node) || !is_written {
            self.title = in_flow.title.clone().unwrap_or_default();
            self.title_of = Some(node.clone());
        }
        ui.horizontal(|ui| {
            let (icon, color) = spec.map_or((Icon::Help, colors.text.dim), |spec| {
                (kind_icon(spec.kind, spec.category), category_color(spec.category, tokens))
            });
            icon.show(ui, tokens.size.icon_large, color);
            let hint = spec.map_or(&*in_flow.kind, |spec| spec.title);
            let field = egui::TextEdit::singleline(&mut self.title)
                .id(id)
                .font(fonts::semibold(tokens.type_scale.heading))
                .hint_text(RichText::new(hint).color(colors.text.strong))
                .desired_width(f32::INFINITY)
                .frame(egui::Frame::new());
            let field =
                ui.add(field).accessible_name(t("inspector.title_of_node")).on_hover_text(t("tip.rename"));
            if std::mem::take(&mut self.wants_title) {
                field.request_focus();
            }
            let title = Some(self.title.trim().to_owned()).filter(|title| !title.is_empty());
            let edit = || Edit::SetTitle { node: node.clone(), title };
            self.title_visit.take(&field, edit, ui, commands);
        });
        let summary = spec.map_or(t("node.unknown_kind"), |spec| spec.summary);
        let label = Label::new(RichText::new(summary).color(colors.text.dim)).wrap();
        let shown = ui.add(label);
        if let Some(spec) = spec {
            shown.on_hover_ui(|ui| {
                ui.set_max_width(420.0);
                ui.label(spec.doc);
            });
        }
        ui.add_space(tokens.spacing.sm);
    }
}

fn heading(ui: &mut Ui, icon: Icon, text: &str) {
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        icon.show(ui, tokens.size.icon_large, tokens.colors.text.dim);
        let text = RichText::new(text)
            .font(fonts::semibold(tokens.type_scale.heading))
            .color(tokens.colors.text.strong);
        ui.add(Label::new(text).wrap());
    });
    ui.add_space(tokens.spacing.sm);
}

/// A button that is only an icon at the right end of a row of a list.
fn small_icon(ui: &mut Ui, icon: Icon, name: &str, enabled: bool) -> bool {
    ui.add_enabled_ui(enabled, |ui| icon_button(ui, icon, name)).inner.clicked()
}

/// A note on how something is meant.
fn dim(ui: &mut Ui, text: &str) {
    let tokens = Tokens::of(ui);
    ui.add(Label::new(RichText::new(text).small().color(tokens.colors.text.dim)).wrap());
}

/// The tone of a figure that is bad if it is not zero.
fn tone_if(n: u64, tone: Tone) -> Tone {
    if n > 0 { tone } else { Tone::Neutral }
}
