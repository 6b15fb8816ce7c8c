//! Trying the expression that is written in the inspector on the rows that entered its node last: asked for here, done elsewhere.
//!
//! There is one trial at a time. When it has been heard of, the newest text is tried, so that none waits behind an older one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, bounded};
use egui::Context;
use serde_json::{Map, Value as Json};
use tidemark_engine::data::{Batch, DataType, EdgeType, Position, Value};
use tidemark_engine::error::Result;
use tidemark_engine::expr::{CompiledExpr, ExprContext, RowFaults, column_names, compile};

use super::App;
use super::background::Outcome;
use crate::engine_link::{LinkCommand, SampledRows};
use crate::state::{FlowNumber, InspectorTab, Trial, Tried, TriedRow, TriedRows, TriedValue, WhyNot};
use crate::ui_kit::t;

/// How many rows an expression is tried on.
const MAX_ROWS: usize = 50;
/// How long a text has to stand as it is before it is tried.
const AFTER_TYPING: Duration = Duration::from_millis(80);
/// How long after a trial the rows that have come since are looked at.
const AFTER_ROWS: Duration = Duration::from_millis(500);
/// How long the thread that holds the job is given to answer. It may be starting one.
const LONGEST_ANSWER: Duration = Duration::from_secs(5);
/// A value is shown up to so many bytes: it is read in a cell, and whole texts of rows would fill the memory.
const MAX_VALUE_BYTES: usize = 400;

/// What was asked for last, and when.
pub(super) struct Tryer {
    asked: Option<Asked>,
    asked_at: Instant,
    wanted_at: Instant,
    is_under_way: bool,
}

/// A trial, with the rows that it was made on.
#[derive(Clone, PartialEq)]
struct Asked {
    flow: FlowNumber,
    trial: Trial,
    text: String,
    run: u64,
    n_entered: u64,
}

/// An expression to try.
pub(super) struct TryWork {
    trial: Trial,
    /// The text, with values in the place of flow parameters.
    text: String,
    session_zone: String,
    /// The columns that there would be if the run read all of them.
    full_type: Option<Arc<EdgeType>>,
    /// Where the rows come from; nothing comes while there are none.
    rows: Receiver<SampledRows>,
}

impl Tryer {
    pub(super) fn new() -> Tryer {
        let now = Instant::now();
        Tryer { asked: None, asked_at: now, wanted_at: now, is_under_way: false }
    }
}

impl App {
    pub(super) fn want_trial(&mut self, trial: Trial) {
        self.tryer.wanted_at = Instant::now();
        self.state.open.trying.wanted = Some(trial);
    }

    /// Tries what is wanted if it has not been tried, or not on the rows that are there now.
    pub(super) fn try_if_wanted(&mut self, ctx: &Context) {
        let Some(trial) = self.state.open.trying.wanted.clone().filter(|trial| self.is_seen(trial)) else {
            return;
        };
        if self.tryer.is_under_way {
            return;
        }
        let open = &self.state.open;
        let edge = open.document.flow().edges_into(&trial.node).next().cloned();
        let snapshot = &open.run.snapshot;
        let figures = edge.as_ref().and_then(|edge| snapshot.edges.get(edge));
        let Some(text) = self.resolved(&trial) else { return };
        let n_entered = figures.map_or(0, |figures| figures.rows);
        let ask = Asked { flow: open.number, text, run: snapshot.run, n_entered, trial };
        if self.tryer.asked.as_ref() == Some(&ask) {
            return;
        }
        let is_same_text = self.tryer.asked.as_ref().is_some_and(|asked| asked.text == ask.text);
        let (since, wait) = if is_same_text {
            (self.tryer.asked_at, AFTER_ROWS)
        } else {
            (self.tryer.wanted_at, AFTER_TYPING)
        };
        // Who restarts a run at once does not wait here either.
        let left = wait.min(self.restart_after).saturating_sub(since.elapsed());
        if !left.is_zero() {
            ctx.request_repaint_after(left);
            return;
        }
        let (reply, rows) = bounded(1);
        let graph = &self.state.open.checked.graph;
        let work = TryWork {
            trial: ask.trial.clone(),
            text: ask.text.clone(),
            session_zone: graph.session_zone.clone(),
            full_type: edge.as_ref().and_then(|edge| graph.edge(edge)?.full_type.clone()),
            rows,
        };
        // Without an edge nobody answers, which is an answer.
        let is_told = edge.is_none_or(|edge| self.desk.link.send(LinkCommand::Sample { edge, reply }));
        if is_told && self.background.try_out(work) {
            self.tryer.is_under_way = true;
            self.tryer.asked = Some(ask);
            self.tryer.asked_at = Instant::now();
        } else {
            ctx.request_repaint_after(AFTER_TYPING);
        }
    }

    /// Whether somebody looks at the field.
    fn is_seen(&self, trial: &Trial) -> bool {
        let view = &self.state.view;
        view.inspector
            && view.inspector_tab == InspectorTab::Config
            && self.state.open.selection.single_node() == Some(&trial.node)
    }

    /// The text with values in the place of flow parameters; `None` until it has been checked which they are.
    fn resolved(&self, trial: &Trial) -> Option<String> {
        if !trial.text.contains("${") {
            return Some(trial.text.clone());
        }
        let open = &self.state.open;
        let node = open.checked.graph.node(&trial.node).filter(|_| open.is_checked())?;
        text_at(&node.params, &trial.path)
    }

    /// Shows what came of a trial, with the values of before while there are no new ones.
    pub(super) fn show_tried(&mut self, mut tried: Tried) {
        self.tryer.is_under_way = false;
        // Of a flow that is not shown any more, nobody wants to see it.
        if self.tryer.asked.as_ref().is_none_or(|asked| asked.flow != self.state.open.number) {
            return;
        }
        let trying = &mut self.state.open.trying;
        if !trying.wanted.as_ref().is_some_and(|wanted| wanted.is_of_same_field(&tried.trial)) {
            return;
        }
        if let Some(before) = trying.tried.take().filter(|before| before.trial.is_of_same_field(&tried.trial))
        {
            tried.rows = tried.rows.or(before.rows);
        }
        trying.tried = Some(tried);
    }
}

/// The text of a parameter, or of an entry of one.
fn text_at(params: &Map<String, Json>, path: &str) -> Option<String> {
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    let pointer = if rest.is_empty() { String::new() } else { format!("/{}", rest.replace('.', "/")) };
    params.get(first)?.pointer(&pointer)?.as_str().map(str::to_owned)
}

/// Tries an expression. A fault of ours is an answer too, so that the next one is tried.
pub(super) fn work(work: TryWork) -> Outcome {
    let sample = work.rows.recv_timeout(LONGEST_ANSWER).ok();
    let values = catch_unwind(AssertUnwindSafe(|| values(&work, sample.as_ref())));
    let values = values.unwrap_or_else(|_| Err(WhyNot::Failed(t("error.fault").to_owned())));
    let (why_not, rows) = match values {
        Ok(rows) => (None, Some(Arc::new(rows))),
        Err(why_not) => (Some(why_not), None),
    };
    Outcome::Tried(Tried { trial: work.trial, why_not, rows })
}

fn values(work: &TryWork, sample: Option<&SampledRows>) -> std::result::Result<TriedRows, WhyNot> {
    let sample = sample.ok_or(WhyNot::NoRows)?;
    let schema = &sample.edge_type.schema;
    let context = ExprContext::new(&work.session_zone).unwrap_or_default();
    let compiled = compile(&work.text, schema, &context).map_err(|_| {
        let full = work.full_type.as_ref().map(|full| &full.schema);
        let is_unread = |name: &String| {
            schema.index_of(name).is_none() && full.is_some_and(|full| full.index_of(name).is_some())
        };
        let unread: Vec<_> = column_names(&work.text).into_iter().filter(is_unread).collect();
        if unread.is_empty() { WhyNot::NotAnExpression } else { WhyNot::NotRead(unread) }
    })?;
    let failed = |error: tidemark_engine::error::EngineError| WhyNot::Failed(error.to_string());
    let mut rows = Vec::new();
    for batch in sample.newest(MAX_ROWS).map_err(failed)? {
        rows.extend(rows_of(&compiled, &batch).map_err(failed)?);
    }
    if rows.is_empty() {
        return Err(WhyNot::NoRows);
    }
    rows.sort_by_key(|(position, ..)| std::cmp::Reverse(*position));
    let is_condition = *compiled.data_type() == DataType::Boolean;
    let n_true = is_condition.then(|| rows.iter().filter(|(_, is_true, _)| *is_true).count());
    let names = compiled.columns().iter().filter_map(|column| schema.fields().get(*column));
    Ok(TriedRows {
        columns: names.map(|field| field.name.to_string()).collect(),
        data_type: compiled.data_type().to_string(),
        n_true,
        rows: rows.into_iter().map(|(.., row)| row).collect(),
    })
}

/// The rows of a batch, each with its place in the stream, whether the expression is true of it, and the values.
fn rows_of(compiled: &CompiledExpr, batch: &Batch) -> Result<Vec<(Position, bool, TriedRow)>> {
    let mut faults = RowFaults::new(batch.n_rows());
    let results = compiled.evaluate(batch.frame(), &mut faults)?;
    let fields = batch.edge().schema.fields();
    let rows = (0..batch.n_rows()).map(|row| {
        let read = |column: &usize| shown(&Value::at(batch.column(*column), &fields[*column].data_type, row));
        let result = Value::at(&results, compiled.data_type(), row);
        let is_true = result == Value::Boolean(true);
        let result = match faults.reason(row) {
            Some(reason) => TriedValue::Fault(reason.to_owned()),
            None => shown(&result),
        };
        let values = compiled.columns().iter().map(read).collect();
        (batch.positions().at(row), is_true, TriedRow { values, result })
    });
    Ok(rows.collect())
}

fn shown(value: &Value) -> TriedValue {
    if value.is_null() {
        return TriedValue::Null;
    }
    let mut text = match value {
        Value::Timestamp(millis) => crate::ui_kit::format_time::timestamp(*millis),
        value => value.to_string(),
    };
    if text.len() > MAX_VALUE_BYTES {
        text.truncate(text.floor_char_boundary(MAX_VALUE_BYTES));
        text.push('…');
    }
    TriedValue::Some(text)
}
