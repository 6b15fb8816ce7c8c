//! The form: one field to a parameter, made from the schema of the nodes' kind. Several nodes of one kind are set together.

use std::collections::HashMap;
use std::sync::Arc;

use egui::Ui;
use serde_json::{Map, Value};
use tidemark_engine::data::Schema;
use tidemark_engine::graph::{Checked, Edit, FlowNode};
use tidemark_engine::ids::NodeId;

use super::field::{FieldContext, Writing, show};
use super::foot;
use super::shape::{Field, fields};
use crate::command::{Command, Commands};
use crate::state::AppState;
use crate::ui_kit::format::number;
use crate::ui_kit::{Tokens, t, t_args};

/// What the form remembers: the shapes of kinds, the nodes that it is of, and what is being written.
#[derive(Default)]
pub(super) struct Form {
    shapes: HashMap<String, Vec<Field>>,
    nodes: Vec<NodeId>,
    common: Option<Common>,
    writing: Writing,
    wanted: Option<(NodeId, Option<String>)>,
}

/// What the nodes of the form have in common, and of which revision and which check that is.
struct Common {
    of: (u64, Arc<Checked>),
    /// The columns that the parameters of all of them may name.
    columns: Option<Schema>,
    /// For each field, whether its values differ.
    is_mixed: Vec<bool>,
}

impl Form {
    /// Gives the keyboard to the field of a parameter, or to the first field, if the form of its node is shown in this frame.
    pub(super) fn focus(&mut self, node: NodeId, path: Option<String>) {
        self.wanted = Some((node, path));
    }

    /// Nothing takes the keyboard in a later frame.
    pub(super) fn end_frame(&mut self) {
        self.wanted = None;
    }

    /// Shows the form of nodes of one kind.
    pub(super) fn ui(&mut self, nodes: &[NodeId], state: &AppState, ui: &mut Ui, commands: &mut Commands) {
        let flow = state.open.document.flow();
        let Some(node) = nodes.first() else { return };
        let Some(first) = nodes.iter().find_map(|node| flow.nodes.get(node)) else { return };
        let Some(spec) = state.catalog.spec(&first.kind) else {
            super::dim(ui, t("inspector.unknown_kind"));
            return;
        };
        if self.nodes != nodes {
            self.writing = Writing::default();
            self.nodes = nodes.to_vec();
            self.common = None;
        }
        let Form { shapes, common, writing, wanted, .. } = self;
        let shape = shapes.entry(first.kind.clone()).or_insert_with(|| fields(spec.params.as_value()));
        if shape.is_empty() {
            super::dim(ui, t("inspector.no_parameters"));
            return;
        }
        common.take_if(|common| !common.is_of(state));
        let common = common.get_or_insert_with(|| Common::of(state, nodes, shape));
        let effect = effect_of(state, node);
        let first_path = || shape.first().map(|field| field.name.clone());
        let wanted = wanted.take().filter(|(of, _)| nodes == [of.clone()]);
        writing.begin(wanted.and_then(|(_, path)| path.or_else(first_path)));
        for (field, is_mixed) in shape.iter().zip(common.is_mixed.iter().copied()) {
            let before = first.params.get(&field.name);
            let mut cx = FieldContext {
                node,
                is_many: nodes.len() > 1,
                is_mixed,
                state,
                schema: common.columns.as_ref(),
                effect,
                writing: &mut *writing,
                commands: &mut *commands,
            };
            if let Some(change) = show(field, &field.name, before.filter(|_| !is_mixed), &mut cx, ui) {
                commands.push(Command::Edit(set(nodes, &field.name, change.value.as_ref())));
                if change.is_done {
                    commands.push(Command::EndGesture);
                }
            }
            ui.add_space(Tokens::of(ui).spacing.md);
        }
        writing.end();
        for name in unknown(shape, &first.params) {
            super::dim(ui, &name);
        }
    }
}

/// One line on when a change takes effect, which is the same for every parameter; or in how long the run starts again.
pub(super) fn effect_line(state: &AppState, node: &NodeId, ui: &mut Ui) {
    match state.open.run.restarts_in {
        Some(left) => {
            let tenths = (left.as_secs_f64() * 10.0).ceil().max(1.0);
            let text = t_args("effect.restarts_in", &[("seconds", &number(tenths / 10.0))]);
            foot::effect(&text, ui);
        }
        None => foot::effect(effect_of(state, node), ui),
    }
}

/// When a change of a parameter takes effect, in a sentence.
fn effect_of(state: &AppState, node: &NodeId) -> &'static str {
    let edit = Edit::SetParam { node: node.clone(), name: String::new(), value: None };
    foot::effect_text(state.open.takes_effect(&edit))
}

/// Sets a parameter of one node or of several, as one step.
fn set(nodes: &[NodeId], name: &str, value: Option<&Value>) -> Edit {
    let set =
        |node: &NodeId| Edit::SetParam { node: node.clone(), name: name.to_owned(), value: value.cloned() };
    match nodes {
        [node] => set(node),
        nodes => Edit::Batch { name: "set_parameters".to_owned(), edits: nodes.iter().map(set).collect() },
    }
}

impl Common {
    /// What these nodes of one kind, whose fields these are, have in common.
    fn of(state: &AppState, nodes: &[NodeId], shape: &[Field]) -> Common {
        let flow = state.open.document.flow();
        let in_flow: Vec<&FlowNode> = nodes.iter().filter_map(|node| flow.nodes.get(node)).collect();
        let differs = |field: &Field| {
            let mut values = in_flow.iter().map(|node| node.params.get(&field.name));
            let first = values.next();
            values.any(|value| Some(value) != first)
        };
        let of = (state.open.document.revision(), Arc::clone(&state.open.checked));
        Common { of, columns: common_columns(state, nodes), is_mixed: shape.iter().map(differs).collect() }
    }

    fn is_of(&self, state: &AppState) -> bool {
        self.of.0 == state.open.document.revision() && Arc::ptr_eq(&self.of.1, &state.open.checked)
    }
}

fn common_columns(state: &AppState, nodes: &[NodeId]) -> Option<Schema> {
    let mut schemas = nodes.iter().map(|node| columns(state, node));
    let first = schemas.next()??;
    let others: Vec<&Schema> = schemas.collect::<Option<_>>()?;
    let is_common = |name: &str| others.iter().all(|other| other.index_of(name).is_some());
    Some(Schema::new(first.fields().iter().filter(|field| is_common(&field.name)).cloned().collect()))
}

/// The columns that the parameters of a node may name: those of its first input, or those that a source itself has.
fn columns<'a>(state: &'a AppState, node: &NodeId) -> Option<&'a Schema> {
    let graph = &state.open.checked.graph;
    let idx = graph.index_of(node)?;
    let entering = graph.edges_into(idx).find_map(|edge| edge.full_type.as_ref());
    let own = || graph.nodes.get(idx)?.full_outputs.first()?.as_ref();
    entering.or_else(own).map(|edge_type| &*edge_type.schema)
}

/// Parameters that the kind does not know.
fn unknown(shape: &[Field], params: &Map<String, Value>) -> Vec<String> {
    params.keys().filter(|name| !shape.iter().any(|field| field.name == **name)).cloned().collect()
}
