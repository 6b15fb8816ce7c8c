//! The columns that enter and leave.

use egui::{Label, RichText, Ui};
use tidemark_engine::data::EdgeType;
use tidemark_engine::ids::{EdgeId, NodeId};

use crate::state::AppState;
use crate::ui_kit::widgets::{Tone, badge, section_header};
use crate::ui_kit::{Icon, Tokens, style, t, t_args};

pub(super) fn node(state: &AppState, node: &NodeId, ui: &mut Ui) {
    let graph = &state.open.checked.graph;
    let Some(logical) = graph.node(node) else {
        super::dim(ui, t("inspector.no_schema"));
        return;
    };
    for (input, edges) in logical.spec.inputs.iter().zip(&logical.inputs) {
        section_header(ui, &t_args("inspector.input_named", &[("port", &input.name)]), |_| {});
        let edge = edges.first().and_then(|idx| graph.edges.get(*idx));
        match edge.and_then(|edge| edge.full_type.as_ref()) {
            Some(edge_type) => columns(edge_type, None, ui),
            None => super::dim(ui, t("inspector.not_connected")),
        }
    }
    let entering =
        logical.inputs.first().and_then(|edges| graph.edges.get(*edges.first()?)?.full_type.as_ref());
    for (output, edge_type) in logical.spec.outputs.iter().zip(&logical.full_outputs) {
        section_header(ui, &t_args("inspector.output_named", &[("port", &output.name)]), |_| {});
        super::dim(ui, output.doc);
        match edge_type {
            Some(edge_type) => columns(edge_type, entering.map(|entering| &**entering), ui),
            None => super::dim(ui, t("inspector.no_schema")),
        }
    }
}

pub(super) fn wire(state: &AppState, wire: &EdgeId, ui: &mut Ui) {
    section_header(ui, t("inspector.schema"), |_| {});
    match state.open.checked.graph.edge(wire).and_then(|edge| edge.full_type.as_ref()) {
        Some(edge_type) => columns(edge_type, None, ui),
        None => super::dim(ui, t("inspector.no_schema")),
    }
}

/// The columns with their types. Those that the input does not have are marked as added.
fn columns(edge_type: &EdgeType, entering: Option<&EdgeType>, ui: &mut Ui) {
    let tokens = Tokens::of(ui);
    for (idx, field) in edge_type.schema.fields().iter().enumerate() {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = tokens.spacing.sm;
            let color = tokens.colors.text.strong;
            ui.add(Label::new(RichText::new(&*field.name).text_style(style::small_mono_text()).color(color)));
            if edge_type.event_time == Some(idx) {
                Icon::Time
                    .show(ui, tokens.size.icon, tokens.colors.category.time)
                    .on_hover_text(t("inspector.time_attribute"));
            }
            let before = entering.map(|entering| entering.schema.field(&field.name));
            match before {
                Some(None) => {
                    badge(ui, Tone::Accent, t("inspector.added"));
                }
                Some(Some(before)) if before.data_type != field.data_type => {
                    badge(ui, Tone::Warning, t("inspector.retyped"));
                }
                _ => {}
            }
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let nullable = if field.nullable { "?" } else { "" };
                let kind = format!("{}{nullable}", field.data_type);
                let text =
                    RichText::new(kind).text_style(style::small_mono_text()).color(tokens.colors.text.dim);
                let shown = ui.add(Label::new(text).truncate());
                if field.nullable {
                    shown.on_hover_text(t("inspector.nullable"));
                }
            });
        });
    }
    if let Some(entering) = entering {
        let dropped =
            entering.schema.fields().iter().filter(|field| edge_type.schema.index_of(&field.name).is_none());
        let names: Vec<&str> = dropped.map(|field| &*field.name).collect();
        if !names.is_empty() {
            super::dim(ui, &t_args("inspector.dropped_columns", &[("columns", &names.join(", "))]));
        }
    }
}
