//! What a card says, line by line.

use egui::Color32;
use egui_node_graph::{PortRef as GraphPort, Side, Target};
use tidemark_engine::data::{ChangeMode, DataType, EdgeType, Field, Value};
use tidemark_engine::ids::EdgeId;
use tidemark_engine::node::{Arity, OutputRole};

use super::super::{Ids, engine_port, faces};
use crate::engine_link::{EdgeFigures, MAX_PEEKED_ROWS, Row, Watch, WatchedRows};
use crate::panels::dock::{cell, moment};
use crate::state::{AppState, title_of_edge};
use crate::ui_kit::format::{count, percent, rate};
use crate::ui_kit::format_time::{lag, short_timestamp};
use crate::ui_kit::prose::spoken;
use crate::ui_kit::{Icon, Tokens, t, t_args, t_count};

/// How many columns are named.
const N_COLUMNS: usize = 6;
/// Of how many columns values are shown.
const N_VALUES: usize = 3;

/// What a card says.
#[derive(Debug)]
pub(super) struct Card {
    /// What it is of, for who cannot see where it lies.
    pub(super) name: String,
    pub(super) lines: Vec<Line>,
}

/// A line of a card.
#[derive(Debug)]
pub(super) enum Line {
    /// What the card is of.
    Title(String),
    /// What kind of rows they are, in the colour of their wires.
    Kind(Icon, String, Color32),
    /// A sentence, on as many lines as it needs.
    Sentence(String),
    /// A figure and what it is called.
    Figure(&'static str, String),
    /// Between two parts.
    Rule,
    /// A column: its name, its type, whether it is the event time, and whether the run leaves it out.
    Column { name: String, data_type: String, is_time: bool, is_unread: bool },
    /// The names of the columns of which values follow, each with its share of the width.
    Heads(Vec<(String, f32)>),
    /// The values of a row.
    Row(Values),
}

/// The values of a row; none while they are on their way.
#[derive(Debug, Default)]
pub(super) struct Values {
    pub(super) cells: Vec<String>,
    /// What is wrong with it.
    pub(super) flaw: Option<Flaw>,
    /// All of it in words.
    pub(super) said: String,
}

/// What can be wrong with a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Flaw {
    /// It came after its time.
    Late,
    /// It could not be read or computed.
    Rejected,
}

impl Card {
    /// The card of a wire or a port; `None` if the flow does not have it any more.
    pub(super) fn of(state: &AppState, on: &Target<Ids>, tokens: &Tokens) -> Option<Card> {
        match on {
            Target::Wire(edge) => Card::of_wire(state, edge, tokens),
            Target::Port(port) => Card::of_port(state, port, tokens),
            Target::Node(_) | Target::Backdrop(_) | Target::Canvas => None,
        }
    }

    fn of_wire(state: &AppState, edge: &EdgeId, tokens: &Tokens) -> Option<Card> {
        let open = &state.open;
        if !open.document.flow().edges.contains(edge) {
            return None;
        }
        let ends = [state.title(&edge.from.node), state.title(&edge.to.node)];
        let logical = open.checked.graph.edge(edge);
        let full = logical.and_then(|logical| logical.full_type.as_deref());
        let flows = logical.and_then(|logical| logical.edge_type.as_deref());
        let role = faces::role_of(state, &edge.from).unwrap_or(OutputRole::Main);
        let mut lines = vec![Line::Title(title_of_edge(state, edge)), kind(role, full, tokens)];
        let figures = open.run.snapshot.edges.get(edge);
        lines.extend(figures.map(|figures| figures_of(state, figures)).into_iter().flatten());
        lines.push(Line::Rule);
        lines.extend(schema(full, flows));
        lines.push(Line::Rule);
        lines.extend(rows(state, edge, role, flows));
        lines.push(Line::Sentence(t("node.click_for_rows").to_owned()));
        let name = t_args("node.wire", &[("from", &ends[0]), ("to", &ends[1])]);
        Some(Card { name, lines })
    }

    fn of_port(state: &AppState, port: &GraphPort<Ids>, tokens: &Tokens) -> Option<Card> {
        let in_flow = state.open.document.flow().nodes.get(&port.node)?;
        let name: [(&str, &dyn std::fmt::Display); 2] =
            [("port", &port.port), ("node", &state.title(&port.node))];
        let name = match port.side {
            Side::Input => t_args("node.input_named", &name),
            Side::Output => t_args("node.output_named", &name),
        };
        let mut lines = vec![Line::Title(name.clone())];
        if state.catalog.spec(&in_flow.kind).is_none() {
            lines.push(Line::Sentence(t("node.unknown_kind").to_owned()));
            return Some(Card { name, lines });
        }
        lines.extend(match port.side {
            Side::Input => input(state, port, tokens),
            Side::Output => output(state, port, tokens),
        });
        Some(Card { name, lines })
    }
}

/// What leaves by an output.
fn output(state: &AppState, port: &GraphPort<Ids>, tokens: &Tokens) -> Vec<Line> {
    let spec = state.spec(&port.node);
    let found = spec.and_then(|spec| spec.outputs.iter().enumerate().find(|(_, of)| *of.name == *port.port));
    let Some((number, output)) = found else { return Vec::new() };
    let logical = state.open.checked.graph.node(&port.node);
    let full = logical.and_then(|node| node.full_outputs.get(number)?.as_deref());
    let flows = logical.and_then(|node| node.plan.outputs.get(number)?.as_deref());
    let mut lines = vec![kind(output.role, full, tokens), Line::Sentence(spoken(output.doc)), Line::Rule];
    lines.extend(schema(full, flows));
    lines
}

/// What enters by an input, or what it accepts while nothing does.
fn input(state: &AppState, port: &GraphPort<Ids>, tokens: &Tokens) -> Vec<Line> {
    let spec = state.spec(&port.node);
    let Some(input) = spec.and_then(|spec| spec.inputs.iter().find(|of| *of.name == *port.port)) else {
        return Vec::new();
    };
    let how_many = match input.arity {
        Arity::One => t("peek.takes_one"),
        Arity::Many => t("peek.takes_many"),
    };
    let accepts = Line::Sentence(spoken(input.doc));
    let end = engine_port(port);
    let mut entering = state.open.document.flow().edges.iter().filter(|edge| edge.to == end);
    let Some(edge) = entering.next() else {
        let is_free = Line::Figure(t("inspector.not_connected"), how_many.to_owned());
        return vec![is_free, accepts];
    };
    let logical = state.open.checked.graph.edge(edge);
    let full = logical.and_then(|logical| logical.full_type.as_deref());
    let flows = logical.and_then(|logical| logical.edge_type.as_deref());
    let role = faces::role_of(state, &edge.from).unwrap_or(OutputRole::Main);
    let mut lines = vec![kind(role, full, tokens), accepts];
    lines.extend([edge].into_iter().chain(entering).map(|edge| {
        let port = if &*edge.from.port == "out" { String::new() } else { format!(" · {}", edge.from.port) };
        Line::Figure(t("peek.from"), format!("{}{port}", state.title(&edge.from.node)))
    }));
    lines.push(Line::Rule);
    lines.extend(schema(full, flows));
    lines
}

/// What kind of rows they are.
fn kind(role: OutputRole, edge_type: Option<&EdgeType>, tokens: &Tokens) -> Line {
    let colors = &tokens.colors.wire;
    let line = |icon, text: &str, color| Line::Kind(icon, text.to_owned(), color);
    match (role, edge_type.map(|edge_type| (&edge_type.changes, &edge_type.schema))) {
        (OutputRole::Late, _) => line(Icon::Late, t("peek.late"), colors.late),
        (OutputRole::Rejected, _) => line(Icon::Rejected, t("peek.rejected"), colors.rejected),
        (OutputRole::Main, Some((ChangeMode::Retract, _))) => {
            line(Icon::Edit, t("peek.retract"), colors.changelog)
        }
        (OutputRole::Main, Some((ChangeMode::Upsert(keys), schema))) => {
            let names = keys.iter().filter_map(|key| schema.fields().get(*key)).map(|field| &*field.name);
            let columns = names.collect::<Vec<_>>().join(", ");
            line(Icon::Edit, &t_args("peek.upsert", &[("columns", &columns)]), colors.changelog)
        }
        (OutputRole::Main, Some((ChangeMode::Append, _)) | None) => {
            line(Icon::Add, t("peek.append"), colors.append)
        }
    }
}

/// Rows, watermark and queue of a wire.
fn figures_of(state: &AppState, figures: &EdgeFigures) -> Vec<Line> {
    let snapshot = &state.open.run.snapshot;
    let mut rows = count(figures.rows);
    if snapshot.is_going() {
        rows = format!("{rows} · {}", rate(figures.per_sec));
    }
    let watermark = match (figures.watermark, snapshot.clock_millis) {
        _ if figures.ended => t("node.ended").to_owned(),
        (None, _) => t("node.no_watermark").to_owned(),
        (Some(watermark), None) => short_timestamp(watermark),
        (Some(watermark), Some(clock)) => {
            format!("{} ({})", short_timestamp(watermark), lag(watermark.saturating_sub(clock)))
        }
    };
    let queue =
        figures.queue_fill.map_or_else(|| t("metric.no_queue").to_owned(), |fill| percent(f64::from(fill)));
    vec![
        Line::Figure(t("metric.rows"), rows),
        Line::Figure(t("metric.watermark"), watermark),
        Line::Figure(t("metric.queue"), queue),
    ]
}

/// The first columns, and how many more there are. `flows` are those that the run reads.
fn schema(full: Option<&EdgeType>, flows: Option<&EdgeType>) -> Vec<Line> {
    let Some(full) = full else { return vec![Line::Sentence(t("inspector.no_schema").to_owned())] };
    let fields = full.schema.fields();
    let column = |(number, field): (usize, &Field)| Line::Column {
        name: field.name.to_string(),
        data_type: format!("{}{}", field.data_type, if field.nullable { "" } else { " NOT NULL" }),
        is_time: full.event_time == Some(number),
        is_unread: flows.is_some_and(|flows| flows.schema.index_of(&field.name).is_none()),
    };
    let n_more = fields.len().saturating_sub(N_COLUMNS) as u64;
    let more = (n_more > 0).then(|| Line::Sentence(t_count("peek.more_columns", n_more)));
    fields.iter().enumerate().take(N_COLUMNS).map(column).chain(more).collect()
}

/// The last rows of a wire.
fn rows(state: &AppState, edge: &EdgeId, role: OutputRole, flows: Option<&EdgeType>) -> Vec<Line> {
    let snapshot = &state.open.run.snapshot;
    let n_passed = snapshot.edges.get(edge).map_or(0, |figures| figures.rows);
    let rows = snapshot.peeked.as_ref().filter(|rows| rows.watch == Watch::Edge(edge.clone()));
    let edge_type = rows.map(|rows| &*rows.edge_type).or(flows);
    let Some(edge_type) = edge_type.filter(|_| n_passed > 0) else {
        return vec![Line::Sentence(t("data.none_yet_title").to_owned())];
    };
    let fields = || edge_type.schema.fields().iter().take(N_VALUES);
    let heads = fields().map(|field| (field.name.to_string(), share(&field.data_type))).collect();
    let n_lines = (n_passed as usize).min(MAX_PEEKED_ROWS);
    let values = (0..n_lines).map(|number| {
        let row = rows.and_then(|rows| Some(values(rows, number, &rows.row(number)?, role)));
        Line::Row(row.unwrap_or_default())
    });
    [Line::Heads(heads)].into_iter().chain(values).collect()
}

fn values(rows: &WatchedRows, number: usize, row: &Row<'_>, role: OutputRole) -> Values {
    let flaw = match role {
        OutputRole::Rejected => Some(Flaw::Rejected),
        _ if row.is_late() => Some(Flaw::Late),
        OutputRole::Main | OutputRole::Late => None,
    };
    let fields = rows.edge_type.schema.fields().iter().take(N_VALUES).enumerate();
    let named: Vec<_> = fields.map(|(column, field)| (&*field.name, text_of(&row.value(column)))).collect();
    let sequence = rows.n_total - rows.len() as u64 + number as u64 + 1;
    let mut said = vec![t_args("data.row_n", &[("n", &count(sequence))])];
    said.extend(row.is_late().then(|| t("data.late").to_owned()));
    said.extend(named.iter().map(|(name, text)| format!("{name} {text}")));
    Values { cells: named.into_iter().map(|(_, text)| text).collect(), flaw, said: said.join(", ") }
}

/// A value where room is short: of a time, no more than it needs.
fn text_of(value: &Value) -> String {
    match value {
        Value::Timestamp(millis) => moment(*millis),
        value => cell(value).0,
    }
}

/// How much of the width values of a type need, against others.
fn share(data_type: &DataType) -> f32 {
    match data_type {
        DataType::Timestamp | DataType::TimestampLtz => 2.6,
        _ => 1.0,
    }
}
