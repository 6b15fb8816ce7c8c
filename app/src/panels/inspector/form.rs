//! The form: one field to a parameter, made from the schema of the node's kind.

use std::collections::HashMap;

use egui::Ui;
use serde_json::{Map, Value};
use tidemark_engine::data::Schema;
use tidemark_engine::graph::Edit;
use tidemark_engine::ids::NodeId;

use super::field::{Draft, FieldContext, show};
use super::shape::{Field, fields};
use crate::command::{Command, Commands};
use crate::state::AppState;
use crate::ui_kit::{Tokens, t};

/// What the form remembers: the shapes of kinds, and the text that is being written.
#[derive(Default)]
pub(super) struct Form {
    shapes: HashMap<String, Vec<Field>>,
    draft: Option<Draft>,
}

impl Form {
    /// Shows the form of a node.
    pub(super) fn ui(&mut self, node: &NodeId, state: &AppState, ui: &mut Ui, commands: &mut Commands) {
        let Some(in_flow) = state.open.document.flow().nodes.get(node) else { return };
        let Some(spec) = state.catalog.spec(&in_flow.kind) else {
            super::dim(ui, t("inspector.unknown_kind"));
            return;
        };
        let Form { shapes, draft } = self;
        let shape = shapes.entry(in_flow.kind.clone()).or_insert_with(|| fields(spec.params.as_value()));
        if draft.as_ref().is_some_and(|draft| draft.node != *node) {
            *draft = None;
        }
        if shape.is_empty() {
            super::dim(ui, t("inspector.no_parameters"));
            return;
        }
        let columns = columns(state, node);
        for field in shape.iter() {
            let mut cx = FieldContext {
                node,
                state,
                columns: columns.as_deref(),
                draft: &mut *draft,
                commands: &mut *commands,
            };
            let before = in_flow.params.get(&field.name);
            if let Some(change) = show(field, &field.name, before, &mut cx, ui) {
                let name = field.name.clone();
                commands.push(Command::Edit(Edit::SetParam {
                    node: node.clone(),
                    name,
                    value: change.value,
                }));
                if change.is_done {
                    commands.push(Command::EndGesture);
                }
            }
            ui.add_space(Tokens::of(ui).spacing.md);
        }
        for name in unknown(shape, &in_flow.params) {
            super::dim(ui, &name);
        }
    }
}

/// The columns that the parameters of a node may name: those of its first input, or those that a source itself has.
fn columns(state: &AppState, node: &NodeId) -> Option<Vec<String>> {
    let graph = &state.open.checked.graph;
    let idx = graph.index_of(node)?;
    let names = |schema: &Schema| schema.fields().iter().map(|field| field.name.to_string()).collect();
    let entering = graph.edges_into(idx).find_map(|edge| edge.full_type.as_ref());
    let own = || graph.nodes.get(idx)?.full_outputs.first()?.as_ref();
    entering.or_else(own).map(|edge_type| names(&edge_type.schema))
}

/// Parameters that the kind does not know.
fn unknown(shape: &[Field], params: &Map<String, Value>) -> Vec<String> {
    params.keys().filter(|name| !shape.iter().any(|field| field.name == **name)).cloned().collect()
}
