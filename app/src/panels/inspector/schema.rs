//! The columns that enter and leave, and what a node does to them: added, retyped, kept, dropped.

use egui::{Align, Color32, Label, Layout, RichText, Ui};
use tidemark_engine::data::{EdgeType, Field, Schema};
use tidemark_engine::ids::{EdgeId, NodeId};

use crate::state::AppState;
use crate::ui_kit::widgets::{Tone, badge, icon_button, section_header};
use crate::ui_kit::{Icon, Tokens, style, t, t_args, t_count};

pub(super) fn node(state: &AppState, node: &NodeId, ui: &mut Ui) {
    let graph = &state.open.checked.graph;
    let Some(logical) = graph.node(node) else {
        super::dim(ui, t("inspector.no_schema"));
        return;
    };
    let mut entering: Vec<&Schema> = Vec::new();
    for (input, edges) in logical.spec.inputs.iter().zip(&logical.inputs) {
        let types: Vec<&EdgeType> =
            edges.iter().filter_map(|edge| graph.edges.get(*edge)?.full_type.as_deref()).collect();
        let title = t_args("inspector.input_named", &[("port", &input.name)]);
        match types.first() {
            Some(edge_type) => port(&title, "", &all_kept(edge_type), ui),
            None => {
                section_header(ui, &title, |_| {});
                super::dim(ui, t("inspector.not_connected"));
            }
        }
        entering.extend(types.iter().map(|edge_type| &*edge_type.schema));
    }
    for (idx, (output, full)) in logical.spec.outputs.iter().zip(&logical.full_outputs).enumerate() {
        let title = t_args("inspector.output_named", &[("port", &output.name)]);
        match full {
            Some(full) => {
                let flows = logical.plan.outputs.get(idx).and_then(Option::as_deref);
                port(&title, output.doc, &columns(&entering, full, flows), ui);
            }
            None => {
                section_header(ui, &title, |_| {});
                super::dim(ui, t("inspector.no_schema"));
            }
        }
    }
}

pub(super) fn wire(state: &AppState, wire: &EdgeId, ui: &mut Ui) {
    let edge = state.open.checked.graph.edge(wire);
    match edge.and_then(|edge| edge.full_type.as_deref()) {
        Some(full) => {
            let flows = edge.and_then(|edge| edge.edge_type.as_deref());
            let same = [&*full.schema];
            port(t("inspector.schema"), "", &columns(&same, full, flows), ui);
        }
        None => {
            section_header(ui, t("inspector.schema"), |_| {});
            super::dim(ui, t("inspector.no_schema"));
        }
    }
}

/// A column of a port, and what became of it on the way.
#[derive(Debug, PartialEq)]
struct Column<'a> {
    field: &'a Field,
    fate: Fate<'a>,
    /// Whether it says when a row happened.
    is_time: bool,
    /// Whether the run leaves it out, as nothing downstream uses it.
    is_unused: bool,
}

/// What a node does to a column.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate<'a> {
    /// No input has it.
    Added,
    /// It was of another type, or could be NULL and cannot any more, or the other way round.
    Retyped(&'a Field),
    /// It is as it was.
    Kept,
    /// The output does not have it.
    Dropped,
}

impl Fate<'_> {
    const ORDER: [fn(&Fate<'_>) -> bool; 4] = [
        |fate| *fate == Fate::Added,
        |fate| matches!(fate, Fate::Retyped(_)),
        |fate| *fate == Fate::Kept,
        |fate| *fate == Fate::Dropped,
    ];

    fn icon(&self) -> Icon {
        match self {
            Fate::Added => Icon::Add,
            Fate::Retyped(_) => Icon::Edit,
            Fate::Kept => Icon::Check,
            Fate::Dropped => Icon::Remove,
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Fate::Added => t("inspector.added"),
            Fate::Retyped(_) => t("inspector.retyped"),
            Fate::Kept => t("inspector.kept"),
            Fate::Dropped => t("inspector.dropped"),
        }
    }

    fn tone(&self) -> Tone {
        match self {
            Fate::Added => Tone::Ok,
            Fate::Retyped(_) => Tone::Warning,
            Fate::Kept | Fate::Dropped => Tone::Neutral,
        }
    }

    /// How many there are of each, in words that need no colour.
    fn counted(&self, n: u64) -> String {
        match self {
            Fate::Added => t_count("inspector.n_added", n),
            Fate::Retyped(_) => t_count("inspector.n_retyped", n),
            Fate::Kept => t_count("inspector.n_kept", n),
            Fate::Dropped => t_count("inspector.n_dropped", n),
        }
    }
}

/// The columns of a type by themselves.
fn all_kept(edge_type: &EdgeType) -> Vec<Column<'_>> {
    columns(&[&edge_type.schema], edge_type, Some(edge_type))
}

/// The columns of an output, and then those of the inputs that it does not have. `flows` is the type of the rows of a run.
fn columns<'a>(inputs: &[&'a Schema], output: &'a EdgeType, flows: Option<&EdgeType>) -> Vec<Column<'a>> {
    let before = |name: &str| inputs.iter().find_map(|schema| schema.field(name));
    let left = output.schema.fields().iter().enumerate().map(|(idx, field)| Column {
        field,
        fate: match before(&field.name) {
            // What no input could have had is a source's own.
            None if inputs.is_empty() => Fate::Kept,
            None => Fate::Added,
            Some(before) if before.data_type != field.data_type || before.nullable != field.nullable => {
                Fate::Retyped(before)
            }
            Some(_) => Fate::Kept,
        },
        is_time: output.event_time == Some(idx),
        is_unused: flows.is_some_and(|flows| flows.schema.index_of(&field.name).is_none()),
    });
    let mut columns: Vec<Column<'a>> = left.collect();
    for field in inputs.iter().flat_map(|schema| schema.fields()) {
        let is_listed = columns.iter().any(|column| column.field.name == field.name);
        if !is_listed {
            columns.push(Column { field, fate: Fate::Dropped, is_time: false, is_unused: false });
        }
    }
    columns
}

/// A port with its columns, and a button that copies them.
fn port(title: &str, doc: &str, columns: &[Column<'_>], ui: &mut Ui) {
    section_header(ui, title, |ui| {
        let name = t_args("inspector.copy_columns", &[("port", &title)]);
        if icon_button(ui, Icon::Copy, &name).clicked() {
            ui.ctx().copy_text(as_text(columns));
        }
    });
    if !doc.is_empty() {
        super::dim(ui, doc);
    }
    if let Some(sums) = sums(columns) {
        super::dim(ui, &sums);
    }
    for column in columns {
        row(column, ui);
    }
}

/// How many columns are added, retyped, kept and dropped, if not all are kept.
fn sums(columns: &[Column<'_>]) -> Option<String> {
    let of_one = |is_of: &fn(&Fate<'_>) -> bool| {
        let mut of_one = columns.iter().map(|column| column.fate).filter(|fate| is_of(fate));
        let first = of_one.next()?;
        Some(first.counted(1 + of_one.count() as u64))
    };
    let is_changed = columns.iter().any(|column| column.fate != Fate::Kept);
    is_changed.then(|| Fate::ORDER.iter().filter_map(of_one).collect::<Vec<_>>().join(" · "))
}

fn row(column: &Column<'_>, ui: &mut Ui) {
    let tokens = Tokens::of(ui);
    let colors = &tokens.colors;
    let is_gone = column.is_unused || column.fate == Fate::Dropped;
    let ink = if is_gone { colors.text.dim } else { colors.text.strong };
    let mark = match column.fate.tone() {
        Tone::Neutral => colors.text.dim,
        tone => tone.color(tokens),
    };
    let shown = ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = tokens.spacing.sm;
        ui.spacing_mut().interact_size.y = tokens.size.icon;
        column.fate.icon().show(ui, tokens.size.icon, mark).on_hover_text(column.fate.word());
        let room = ui.available_width();
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let written = |text: &str, color: Color32| {
                RichText::new(text).text_style(style::small_mono_text()).color(color)
            };
            ui.scope(|ui| {
                ui.set_max_width(room * 0.5);
                let kind = type_text(column);
                ui.add(Label::new(written(&kind, colors.text.dim)).truncate()).on_hover_text(kind);
            });
            match column.fate {
                _ if column.is_unused => {
                    badge(ui, Tone::Neutral, t("inspector.unused")).on_hover_text(t("tip.unused"));
                }
                Fate::Added | Fate::Retyped(_) => {
                    badge(ui, column.fate.tone(), column.fate.word());
                }
                Fate::Dropped => {
                    badge(ui, Tone::Neutral, column.fate.word()).on_hover_text(t("tip.dropped"));
                }
                Fate::Kept => {}
            }
            if column.is_time {
                Icon::Time
                    .show(ui, tokens.size.icon, colors.category.time)
                    .on_hover_text(t("inspector.time_attribute"));
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.add(Label::new(written(&column.field.name, ink)).truncate());
            });
        });
    });
    shown.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ListItem, true, spoken(column)));
}

/// A type with its nullability, as Flink SQL writes both; of a retyped column also the type that it had.
fn type_text(column: &Column<'_>) -> String {
    let of = |field: &Field| format!("{}{}", field.data_type, if field.nullable { "" } else { " NOT NULL" });
    match column.fate {
        Fate::Retyped(before) => format!("{} → {}", of(before), of(column.field)),
        _ => of(column.field),
    }
}

/// All that a row says, in words.
fn spoken(column: &Column<'_>) -> String {
    let parts = [
        Some(column.field.name.to_string()),
        Some(type_text(column)),
        Some(column.fate.word().to_owned()),
        column.is_time.then(|| t("inspector.time_attribute").to_owned()),
        column.is_unused.then(|| t("inspector.unused").to_owned()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// The columns as lines of text.
fn as_text(columns: &[Column<'_>]) -> String {
    columns.iter().map(|column| spoken(column) + "\n").collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tidemark_engine::data::{ChangeMode, DataType};

    use super::*;

    fn edge_type(fields: Vec<Field>) -> EdgeType {
        EdgeType {
            schema: Arc::new(Schema::new(fields)),
            event_time: Some(0),
            watermarked: true,
            changes: ChangeMode::Append,
        }
    }

    #[test]
    fn every_column_of_either_side_is_there_once_with_what_became_of_it() {
        let input = Schema::new(vec![
            Field::nullable("at", DataType::Timestamp),
            Field::nullable("delay", DataType::Int),
            Field::nullable("tail", DataType::String),
        ]);
        let output = edge_type(vec![
            Field::nullable("at", DataType::Timestamp),
            Field::nullable("delay", DataType::Double),
            Field::not_null("n", DataType::BigInt),
        ]);
        let flows = edge_type(vec![Field::nullable("at", DataType::Timestamp)]);
        let columns = columns(&[&input], &output, Some(&flows));
        let told: Vec<_> = columns.iter().map(spoken).collect();
        assert_eq!(
            told,
            [
                "at, TIMESTAMP(3), Kept, Time attribute",
                "delay, INT → DOUBLE, Retyped, Not read",
                "n, BIGINT NOT NULL, Added, Not read",
                "tail, STRING, Dropped",
            ]
        );
        assert_eq!(sums(&columns).as_deref(), Some("1 added · 1 retyped · 1 kept · 1 dropped"));
        assert_eq!(as_text(&columns).lines().count(), 4);
        assert_eq!(sums(&all_kept(&output)), None);
    }

    #[test]
    fn a_source_adds_nothing_to_itself() {
        let output = edge_type(vec![Field::nullable("at", DataType::Timestamp)]);
        assert_eq!(columns(&[], &output, None)[0].fate, Fate::Kept);
    }
}
