//! `generator_source`: rows of any columns, made from a seed, as well or badly behaved as one likes.

mod check;
mod column;
mod hostile;
mod params;
mod pattern;
mod schedule;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use polars::prelude::{Column, DataFrame, Int64Chunked, IntoColumn, IntoSeries, TimeUnit};
use schemars::schema_for;

use self::check::check;
use self::column::{MadeColumn, Rows, hostile_draw};
use self::params::GeneratorSourceParams;
use self::schedule::Schedule;
use super::draws::Draws;
use super::file_source::{failed, source_outputs};
use crate::data::{DataType, EdgeType, Field, Schema, Value};
use crate::error::{EngineError, Result};
use crate::node::{
    Category, Decoded, Morsel, NO_VALUE, NodePlan, NodeSpec, NodeType, PlanContext, Rejected, Runs, Source,
    SourcePlan, Split, SplitOffset, SplitReader, SqlForm, read_params, rejected_schema,
};

/// The node type `generator_source`.
pub struct GeneratorSource;

/// How much of a rejected row is kept, in bytes.
const MAX_RAW: usize = 4096;
/// About how much is made at a time, in bytes, at most.
const MAX_MORSEL_BYTES: usize = 32 << 20;

impl NodeType for GeneratorSource {
    fn spec(&self) -> NodeSpec {
        NodeSpec {
            kind: "generator_source",
            title: "Generator",
            category: Category::Source,
            summary: "Makes rows from a seed, in order or out of order, late, in bursts, with gaps, or hostile",
            doc: include_str!("doc.md"),
            keywords: &[
                "random",
                "seed",
                "synthetic",
                "sample",
                "skew",
                "zipf",
                "burst",
                "late",
                "fuzz",
                "datagen",
            ],
            inputs: Vec::new(),
            outputs: source_outputs(),
            params: schema_for!(GeneratorSourceParams),
            sql: SqlForm::Partial("Flink's datagen connector makes other values, and knows no disorder"),
        }
    }

    fn plan(&self, cx: &PlanContext<'_>) -> NodePlan {
        match read_params(cx.node, cx.params) {
            Ok(params) => plan(cx, &params),
            Err(diagnostic) => failed(vec![*diagnostic]),
        }
    }
}

fn plan(cx: &PlanContext<'_>, params: &GeneratorSourceParams) -> NodePlan {
    let (checked, diagnostics) = check(cx, params);
    let Some((schedule, columns)) = checked else { return failed(diagnostics) };

    let event_time = columns.len();
    let n_columns = columns.len() + 1;
    let generator = Generator {
        schedule,
        columns,
        event_time: params.event_time.clone(),
        hostile_share: params.hostile_probability,
        hostile_times: Draws::named(params.seed, &params.event_time).within(2),
    };
    let names = (0..n_columns).map(|idx| generator.field(idx).name);
    let is_used = |name: &str| cx.used_columns.is_none_or(|used| used.contains(name));
    let mut made: Vec<usize> =
        names.enumerate().filter(|(_, name)| is_used(name)).map(|(idx, _)| idx).collect();
    let fields = |made: &[usize]| made.iter().map(|idx| generator.field(*idx)).collect::<Vec<Field>>();
    let mut out = EdgeType::append(Schema::new(fields(&made)));
    out.event_time = made.iter().position(|idx| *idx == event_time);
    let time_place = out.event_time.unwrap_or_else(|| {
        made.push(event_time);
        made.len() - 1
    });
    let mut arrival_place = time_place;
    if !generator.is_in_order() {
        arrival_place = made.len();
        made.push(generator.arrival_time());
    }
    let decoded = Arc::new(Schema::new(fields(&made)));
    let source = Arc::new(GeneratedRows { generator: Arc::new(generator), made: made.into() });
    let summary = format!("{} rows · {n_columns} columns · seed {}", params.rows, params.seed);
    NodePlan {
        outputs: vec![Some(Arc::new(out)), Some(Arc::new(EdgeType::append(rejected_schema())))],
        diagnostics,
        summary,
        runs: Some(Runs::Source(SourcePlan {
            source,
            decoded,
            arrival_time: Some(arrival_place),
            event_time: Some(time_place),
            progress: None,
            partition: None,
            // Rows without event time are asked for.
            max_rejected_percent: 100.0,
        })),
        ..NodePlan::default()
    }
}

/// What the column of arrival times is called, which leaves the source by no port. No other column may be called so.
fn arrival_name(event_time: &str) -> String {
    format!("{event_time} (arrival)")
}

/// Makes rows from their numbers.
#[derive(Debug)]
struct Generator {
    schedule: Schedule,
    columns: Vec<MadeColumn>,
    /// The name of the column of event times.
    event_time: String,
    hostile_share: f64,
    hostile_times: Draws,
}

impl Generator {
    /// Where the event time stands behind the columns; the arrival time is next.
    fn event_time(&self) -> usize {
        self.columns.len()
    }

    fn arrival_time(&self) -> usize {
        self.columns.len() + 1
    }

    /// Whether every row arrives at its event time.
    fn is_in_order(&self) -> bool {
        self.schedule.is_in_order() && self.hostile_share == 0.0
    }

    fn field(&self, idx: usize) -> Field {
        match self.columns.get(idx) {
            Some(column) => column.field.clone(),
            None if idx == self.event_time() => Field::not_null(&self.event_time, DataType::Timestamp),
            None => Field::not_null(arrival_name(&self.event_time), DataType::Timestamp),
        }
    }

    /// When row `n` says that it happened.
    fn time(&self, n: u64) -> Option<i64> {
        match hostile_draw(self.hostile_times, self.hostile_share, n) {
            Some(draw) => hostile::event_time(draw),
            None => Some(self.schedule.event_time(n)),
        }
    }

    fn frame(&self, rows: &Rows<'_>, made: &[usize]) -> Result<DataFrame> {
        let column = |idx: usize| match self.columns.get(idx) {
            Some(column) => column.values(rows),
            None if idx == self.event_time() => times(&self.field(idx), rows.times.to_vec()),
            None => times(&self.field(idx), rows.numbers.iter().map(|n| self.schedule.arrival(*n)).collect()),
        };
        let columns = made.iter().map(|idx| column(*idx)).collect();
        DataFrame::new(rows.numbers.len(), columns).map_err(EngineError::from)
    }

    /// The row of number `n` as text, but for its event time, which is missing.
    fn raw(&self, n: u64, made: &[usize]) -> Result<Vec<u8>> {
        let made: Vec<usize> = made.iter().copied().filter(|idx| *idx < self.columns.len()).collect();
        // A time near to one that is missing is near to the one that there would have been.
        let rows = Rows { numbers: &[n], times: &[self.schedule.event_time(n)] };
        let frame = self.frame(&rows, &made)?;
        let mut text = String::new();
        for (column, idx) in frame.columns().iter().zip(&made) {
            let field = self.field(*idx);
            let value = Value::at(column, &field.data_type, 0);
            let value = if value.is_null() { "NULL".to_owned() } else { value.to_string() };
            text += &format!("{}={value}, ", field.name);
        }
        text += &format!("{}=NULL", self.event_time);
        let mut raw = text.into_bytes();
        raw.truncate(MAX_RAW);
        Ok(raw)
    }
}

fn times(field: &Field, millis: Vec<i64>) -> Column {
    let millis = Int64Chunked::from_vec((&*field.name).into(), millis);
    millis.into_datetime(TimeUnit::Milliseconds, None).into_series().into_column()
}

/// The rows of a generator, or some columns of them.
#[derive(Clone)]
struct GeneratedRows {
    generator: Arc<Generator>,
    made: Arc<[usize]>,
}

impl Source for GeneratedRows {
    fn splits(&self) -> Result<Vec<Split>> {
        Ok(vec![Split { number: 0, name: "generator".to_owned(), path: None }])
    }

    /// The cursor of an offset is the number of a row.
    fn open(&self, _: &Split, from: SplitOffset) -> Result<Box<dyn SplitReader>> {
        Ok(Box::new(Numbers { rows: self.clone(), next: from.cursor }))
    }

    fn peek(&self, split: &Split, columns: &[usize]) -> Result<Box<dyn SplitReader>> {
        self.narrowed(columns).open(split, SplitOffset::START)
    }

    fn narrowed(&self, columns: &[usize]) -> Arc<dyn Source> {
        let made = columns.iter().map(|idx| self.made[*idx]).collect();
        Arc::new(GeneratedRows { generator: Arc::clone(&self.generator), made })
    }
}

/// Goes through the numbers of rows.
struct Numbers {
    rows: GeneratedRows,
    next: u64,
}

impl SplitReader for Numbers {
    fn next(&mut self, n_rows: usize) -> Result<Option<Box<dyn Morsel>>> {
        let GeneratedRows { generator, made } = &self.rows;
        let made = made.iter().filter_map(|idx| generator.columns.get(*idx));
        let row_bytes = made.map(MadeColumn::mean_bytes).sum::<usize>().max(1);
        let n_rows = n_rows.min(MAX_MORSEL_BYTES / row_bytes).max(1);
        let from = self.next;
        let to = from.saturating_add(n_rows as u64).min(generator.schedule.n_rows);
        if from >= to {
            return Ok(None);
        }
        self.next = to;
        Ok(Some(Box::new(Made { rows: self.rows.clone(), from, to })))
    }
}

/// Rows to be made.
struct Made {
    rows: GeneratedRows,
    from: u64,
    to: u64,
}

impl Morsel for Made {
    fn decode(self: Box<Self>) -> Result<Decoded> {
        let Made { rows: GeneratedRows { generator, made }, from, to } = *self;
        let has_time = made.contains(&generator.event_time());
        let n_records = to - from;
        let mut numbers = Vec::with_capacity(n_records as usize);
        let mut times = Vec::with_capacity(n_records as usize);
        let mut rejected = Vec::new();
        for n in from..to {
            let time = generator.time(n);
            if time.is_none() && has_time {
                rejected.push(Rejected {
                    record: n - from,
                    offset: n,
                    line: 0,
                    column: Some(generator.event_time.clone()),
                    reason: NO_VALUE.to_owned(),
                    raw: generator.raw(n, &made)?,
                });
                continue;
            }
            numbers.push(n);
            times.push(time.unwrap_or_else(|| generator.schedule.event_time(n)));
        }
        let frame = generator.frame(&Rows { numbers: &numbers, times: &times }, &made)?;
        Ok(Decoded { frame, n_records, rejected, next_cursor: to, is_pruned: false })
    }
}
