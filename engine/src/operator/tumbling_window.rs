//! `tumbling_window`: one result for every key and every stretch of time of a fixed size.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use polars::prelude::{Column, DataFrame, IntoColumn, NamedFrom, Series};
use schemars::{JsonSchema, schema_for};
use serde::{Deserialize, Serialize};

use crate::aggregate::{
    Accumulator, AggregateFunction, Argument, Grouped, KeyTable, KeyValues, accumulator, put_text,
    take_bytes, take_text,
};
use crate::data::{
    Batch, ChangeMode, DataType, EdgeType, Field, KeyEncoder, Position, Positions, Progress, Schema, Value,
};
use crate::diagnostic::{Diagnostic, Place, Severity};
use crate::error::{EngineError, Result};
use crate::node::{
    Arity, Category, ColumnName, ColumnNeeds, Cuts, Distribution, Firing, InputSpec, Millis, NodeCounters,
    NodePlan, NodeSpec, NodeType, Operator, OperatorContext, OperatorPlan, Output, OutputRole, OutputSpec,
    PlanContext, Runs, Segment, Snapshot, SqlForm, read_params,
};
use crate::time::{TumblingWindows, Watermark, duration_text};

/// The node type `tumbling_window`.
pub struct TumblingWindow;

/// The windows, and what is made of the rows in each.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TumblingWindowParams {
    /// How long a window is, from 1 ms to 10 years.
    #[schemars(range(min = 1, max = 315_576_000_000_i64))]
    pub size_millis: Millis,
    /// By how much windows are shifted from the epoch; may be negative.
    #[serde(default)]
    pub offset_millis: Millis,
    /// The columns by whose values rows are told apart. None: one result for each window.
    #[serde(default)]
    pub keys: Vec<ColumnName>,
    /// What is computed of the rows of a window.
    #[serde(default)]
    pub aggregates: Vec<Aggregate>,
}

/// A value computed of the rows of a window.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Aggregate {
    /// The function.
    pub function: AggregateFunction,
    /// The column that it is computed of. Empty, for `count` only: every row counts.
    #[serde(default)]
    pub column: ColumnName,
    /// What the result's column is called. Empty: function and column, as in `avg_price`.
    #[serde(default)]
    pub name: String,
}

impl Aggregate {
    fn result_name(&self) -> String {
        match (&*self.name, &*self.column.0) {
            ("", "") => self.function.name().to_owned(),
            ("", column) => format!("{}_{column}", self.function.name()),
            (name, _) => name.to_owned(),
        }
    }
}

const MAX_SIZE_MILLIS: i64 = 315_576_000_000;

/// The columns that a window adds to its keys.
const WINDOW_COLUMNS: [&str; 3] = ["window_start", "window_end", "window_time"];

impl NodeType for TumblingWindow {
    fn spec(&self) -> NodeSpec {
        NodeSpec {
            kind: "tumbling_window",
            title: "Tumbling window",
            category: Category::Window,
            summary: "Counts and aggregates the rows of every key in stretches of time of one size",
            doc: "A window holds the rows with `window_start <= event time < window_end`. Windows are aligned to the epoch, and shifted \
                  by the offset.\n\
                  A window closes, and its rows are given out, once the watermark reaches its last millisecond, `window_time`. An \
                  empty window gives nothing.\n\
                  A row that comes after its window has closed is late: it leaves by `late`, with the watermark that it met and by \
                  how much it was behind it, and is counted.\n\
                  A sum has the type of its column, as in Flink, and a run fails where one does not fit: cast narrow integers to BIGINT.\n\
                  `first` and `last` go by arrival, not by event time. Sums and means of doubles are exact before they are rounded, \
                  so that they do not depend on the order of rows.",
            keywords: &["tumble", "group by", "aggregate", "count", "sum", "average", "hourly", "daily"],
            inputs: vec![InputSpec {
                name: "in",
                doc: "Rows with event time and watermarks.",
                arity: Arity::One,
            }],
            outputs: vec![
                OutputSpec {
                    name: "out",
                    doc: "One row for every key of every window that closes.",
                    role: OutputRole::Main,
                },
                OutputSpec {
                    name: "late",
                    doc: "Rows that came after their window had closed.",
                    role: OutputRole::Late,
                },
            ],
            params: schema_for!(TumblingWindowParams),
            sql: SqlForm::Partial("late rows need a second query, by CURRENT_WATERMARK"),
        }
    }

    fn plan(&self, cx: &PlanContext<'_>) -> NodePlan {
        let params: TumblingWindowParams = match read_params(cx.node, cx.params) {
            Ok(params) => params,
            Err(diagnostic) => return NodePlan::failed(2, vec![*diagnostic]),
        };
        let mut diagnostics = check_size(cx, &params);
        let Some(input) = cx.input(0) else { return NodePlan::failed(2, diagnostics) };
        let resolved = resolve(cx, &params, input, &mut diagnostics);
        let has_error = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
        let (Some(resolved), false) = (resolved, has_error) else {
            return NodePlan::failed(2, diagnostics);
        };
        let by = match params.keys.len() {
            0 => String::new(),
            _ => format!(" · by {}", params.keys.iter().map(|key| &*key.0).collect::<Vec<_>>().join(", ")),
        };
        let mut own: BTreeSet<String> = params.keys.iter().map(|key| key.0.clone()).collect();
        own.extend(
            params
                .aggregates
                .iter()
                .map(|aggregate| aggregate.column.0.clone())
                .filter(|name| !name.is_empty()),
        );
        own.insert(input.schema.fields()[resolved.time].name.to_string());
        let output = Arc::new(resolved.output_edge(input));
        let late = Arc::new(late_edge(input));
        let keys = resolved.keys.iter().map(|(idx, _)| *idx).collect();
        let resolved = Arc::new(resolved);
        NodePlan {
            outputs: vec![Some(output), Some(late)],
            diagnostics,
            summary: format!("{}{by}", duration_text(params.size_millis.0)),
            needs: ColumnNeeds::Some { own, passes: vec!["late"] },
            runs: Some(Runs::Operator(OperatorPlan {
                make: Arc::new(move |cx| Ok(Box::new(WindowOperator::new(&resolved, cx)?))),
                distribution: Distribution::Keyed(keys),
            })),
            ..NodePlan::default()
        }
    }
}

fn check_size(cx: &PlanContext<'_>, params: &TumblingWindowParams) -> Vec<Diagnostic> {
    let size = params.size_millis.0;
    if (1..=MAX_SIZE_MILLIS).contains(&size) {
        return Vec::new();
    }
    let message = format!("a window of {size} ms is not possible");
    vec![
        Diagnostic::error("out-of-range", cx.param("size_millis"), message)
            .fix("use a size between 1 ms and 10 years (315,576,000,000 ms)"),
    ]
}

/// The parameters, read against the input.
struct Resolved {
    windows: TumblingWindows,
    time: usize,
    keys: Vec<(usize, Field)>,
    aggregates: Vec<ResolvedAggregate>,
}

struct ResolvedAggregate {
    function: AggregateFunction,
    input: Option<(usize, DataType)>,
    result: Field,
}

impl ResolvedAggregate {
    fn accumulator(&self) -> Result<Box<dyn Accumulator>> {
        accumulator(self.function, self.input.as_ref().map(|(_, data_type)| data_type))
    }

    fn argument(&self, batch: &Batch) -> Result<Argument> {
        let column = self.input.as_ref().map(|(idx, data_type)| (batch.column(*idx), data_type));
        Argument::new(self.function, column)
    }
}

fn resolve(
    cx: &PlanContext<'_>,
    params: &TumblingWindowParams,
    input: &EdgeType,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Resolved> {
    let schema = &input.schema;
    let column = |name: &str, path: String| {
        schema.index_of(name).ok_or_else(|| {
            let diagnostic =
                Diagnostic::error("unknown-column", cx.param(path), format!("there is no column `{name}`"));
            Box::new(match schema.similar_to(name) {
                Some(similar) => diagnostic.fix(format!("did you mean `{similar}`?")),
                None => diagnostic,
            })
        })
    };
    if input.changes != ChangeMode::Append {
        diagnostics.push(
            Diagnostic::error(
                "updates-into-window",
                cx.place(),
                "the input updates rows, which a window cannot take back",
            )
            .fix("put the window before the node that updates"),
        );
    }
    let time = input.event_time;
    if time.is_none() {
        diagnostics.push(
            Diagnostic::error(
                "no-event-time",
                cx.place(),
                "the input has no event time, so no row has a window",
            )
            .fix("put a watermarks node before the window, or name the source's event-time column"),
        );
    } else if !input.watermarked {
        diagnostics.push(
            Diagnostic::error(
                "no-watermarks",
                cx.place(),
                "the input has no watermarks, so no window would ever close",
            )
            .fix("put a watermarks node behind the source"),
        );
    }
    let mut keys = Vec::new();
    for (number, key) in params.keys.iter().enumerate() {
        match column(&key.0, format!("keys.{number}")) {
            Ok(idx) if matches!(schema.fields()[idx].data_type, DataType::Array(_) | DataType::Row(_)) => {
                let message = format!("`{}` is of the type {}", key.0, schema.fields()[idx].data_type);
                diagnostics.push(
                    Diagnostic::error("wrong-type", cx.param(format!("keys.{number}")), message)
                        .fix("group by its fields: compute them in a select node before"),
                );
            }
            Ok(idx) => keys.push((idx, schema.fields()[idx].clone())),
            Err(diagnostic) => diagnostics.push(*diagnostic),
        }
    }
    let mut aggregates = Vec::new();
    for (number, aggregate) in params.aggregates.iter().enumerate() {
        let path = format!("aggregates.{number}.column");
        let idx = match &*aggregate.column.0 {
            "" => None,
            name => match column(name, path.clone()) {
                Ok(idx) => Some(idx),
                Err(diagnostic) => {
                    diagnostics.push(*diagnostic);
                    continue;
                }
            },
        };
        let input = idx.map(|idx| (idx, schema.fields()[idx].data_type.clone()));
        match aggregate.function.result_type(input.as_ref().map(|(_, data_type)| data_type)) {
            Ok(data_type) => {
                diagnostics.extend(narrow_sum(cx.param(path), aggregate, &data_type));
                let name = aggregate.result_name().as_str().into();
                let result = Field { name, data_type, nullable: aggregate.function.nullable() };
                aggregates.push(ResolvedAggregate { function: aggregate.function, input, result });
            }
            Err(message) => diagnostics.push(
                Diagnostic::error("wrong-type", cx.param(path), message)
                    .fix("choose another column or function"),
            ),
        }
    }
    let mut names: BTreeSet<&str> = WINDOW_COLUMNS.into();
    let keys_and_results =
        keys.iter().map(|(_, field)| field).chain(aggregates.iter().map(|aggregate| &aggregate.result));
    for field in keys_and_results {
        if !names.insert(&field.name) {
            diagnostics.push(
                Diagnostic::error(
                    "duplicate-column",
                    cx.place(),
                    format!("two result columns are called `{}`", field.name),
                )
                .fix("give one of the aggregates another name"),
            );
        }
    }
    let size = params.size_millis.0.clamp(1, MAX_SIZE_MILLIS);
    Some(Resolved {
        windows: TumblingWindows::new(size, params.offset_millis.0),
        time: time?,
        keys,
        aggregates,
    })
}

/// What is worth knowing of a sum whose type is soon too small for it.
fn narrow_sum(place: Place, aggregate: &Aggregate, result: &DataType) -> Option<Diagnostic> {
    let is_narrow = matches!(result, DataType::TinyInt | DataType::SmallInt | DataType::Int);
    (is_narrow && aggregate.function == AggregateFunction::Sum).then(|| {
        let message =
            format!("the sum of `{}` is {result}, and a run fails where it does not fit", aggregate.column.0);
        Diagnostic::hint("narrow-sum", place, message).fix(format!(
            "cast to BIGINT before, with a select node: `CAST({} AS BIGINT)`",
            aggregate.column.0
        ))
    })
}

impl Resolved {
    /// Adds to an error the window and key of row `row` of a result that begins with `columns`.
    fn name_group(&self, error: EngineError, columns: &[Column], row: usize) -> EngineError {
        let n_keys = self.keys.len();
        let value = |idx: usize, data_type: &DataType| Value::at(&columns[idx], data_type, row).to_string();
        let keys: Vec<String> = self
            .keys
            .iter()
            .enumerate()
            .map(|(idx, (_, field))| format!(", `{}` = {:?}", field.name, value(idx, &field.data_type)))
            .collect();
        let start = value(n_keys, &DataType::Timestamp);
        error.with(format_args!("in the window from {start}{}", keys.concat()))
    }

    fn output_edge(&self, input: &EdgeType) -> EdgeType {
        let time_type = &input.schema.fields()[self.time].data_type;
        let mut fields: Vec<Field> = self.keys.iter().map(|(_, field)| field.clone()).collect();
        // Bounds are clock times in Flink; only `window_time` is a time attribute and keeps its type.
        fields.push(Field::not_null(WINDOW_COLUMNS[0], DataType::Timestamp));
        fields.push(Field::not_null(WINDOW_COLUMNS[1], DataType::Timestamp));
        fields.push(Field::not_null(WINDOW_COLUMNS[2], time_type.clone()));
        let event_time = Some(fields.len() - 1);
        fields.extend(self.aggregates.iter().map(|aggregate| aggregate.result.clone()));
        EdgeType {
            schema: Arc::new(Schema::new(fields)),
            event_time,
            watermarked: true,
            changes: ChangeMode::Append,
        }
    }
}

/// The names of the columns that a late row carries besides its own; underscores are added where the input has them already.
const LATE_COLUMNS: [(&str, DataType); 2] =
    [("watermark_at_drop", DataType::Timestamp), ("lateness_millis", DataType::BigInt)];

fn late_edge(input: &EdgeType) -> EdgeType {
    let mut fields = input.schema.fields().to_vec();
    for (name, data_type) in LATE_COLUMNS {
        let mut name = name.to_owned();
        while input.schema.index_of(&name).is_some() {
            name.insert(0, '_');
        }
        fields.push(Field::not_null(name, data_type));
    }
    EdgeType { schema: Arc::new(Schema::new(fields)), ..input.clone() }
}

/// One subtask: the open windows of its keys.
struct WindowOperator {
    plan: Arc<Resolved>,
    encoder: KeyEncoder,
    // By where they start.
    open: BTreeMap<i64, Pane>,
    // One that has closed and of which part has gone out.
    leaving: Option<Leaving>,
    groups: Groups,
    // One for each aggregate, over the groups of all open windows.
    accumulators: Vec<Box<dyn Accumulator>>,
    output: Arc<EdgeType>,
    late: Arc<EdgeType>,
    counters: Arc<NodeCounters>,
}

/// An open window: its keys, and for each the number of its group in the accumulators.
#[derive(Default)]
struct Pane {
    keys: KeyTable,
    groups: Vec<u32>,
}

impl Pane {
    /// Gives every key that has come to the table since the last call a group.
    fn give_groups(&mut self, groups: &mut Groups) {
        while self.groups.len() < self.keys.len() {
            self.groups.push(groups.take());
        }
    }
}

/// The numbers of the groups of all open windows. Those of windows that have closed are given again.
#[derive(Default)]
struct Groups {
    n_known: usize,
    free: Vec<u32>,
}

impl Groups {
    fn take(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            self.n_known += 1;
            (self.n_known - 1) as u32
        })
    }

    fn n_taken(&self) -> usize {
        self.n_known - self.free.len()
    }
}

/// What becomes of the rows of a segment.
#[derive(Default)]
struct Assigned {
    // Stretches of rows that are not late. Without key columns, each has one group.
    runs: Vec<(Range<usize>, u32)>,
    // With key columns, the group of each of these rows in turn.
    groups: Vec<u32>,
    late: Vec<u32>,
}

impl Assigned {
    fn n_used(&self) -> usize {
        self.runs.iter().map(|(rows, _)| rows.len()).sum()
    }

    fn rows(&self) -> Vec<u32> {
        self.runs.iter().flat_map(|(rows, _)| rows.start as u32..rows.end as u32).collect()
    }

    /// Calls `each` with the rows that are not late, in as few pieces as are worth while.
    fn for_each(&self, has_keys: bool, mut each: impl FnMut(&Grouped<'_>) -> Result<()>) -> Result<()> {
        if !has_keys && self.n_used() >= self.runs.len() * FEW_ROWS {
            return self
                .runs
                .iter()
                .try_for_each(|(rows, group)| each(&Grouped::One { rows: rows.clone(), group: *group }));
        }
        let expanded: Vec<u32>;
        let groups = if has_keys {
            &self.groups
        } else {
            let groups = self.runs.iter().flat_map(|(rows, group)| std::iter::repeat_n(*group, rows.len()));
            expanded = groups.collect();
            &expanded
        };
        match self.runs.first() {
            None => Ok(()),
            Some((first, _)) if self.late.is_empty() => each(&Grouped::Each { first: first.start, groups }),
            Some(_) => each(&Grouped::Chosen { rows: &self.rows(), groups }),
        }
    }
}

/// Stretches of fewer rows, on the average, are not worth a call of their own.
const FEW_ROWS: usize = 16;

/// A window that has closed, on its way out.
struct Leaving {
    start: i64,
    pane: Pane,
    /// Its keys, in the order in which they go.
    order: Vec<u32>,
    /// The first of them that has not gone.
    next: usize,
}

impl Leaving {
    fn is_out(&self) -> bool {
        self.next == self.order.len()
    }
}

impl WindowOperator {
    fn new(plan: &Arc<Resolved>, cx: &OperatorContext) -> Result<WindowOperator> {
        let columns = plan.keys.iter().map(|(idx, field)| (*idx, field.data_type.clone())).collect();
        let accumulators = plan.aggregates.iter().map(ResolvedAggregate::accumulator);
        Ok(WindowOperator {
            plan: Arc::clone(plan),
            encoder: KeyEncoder::new(columns),
            open: BTreeMap::new(),
            leaving: None,
            groups: Groups::default(),
            accumulators: accumulators.collect::<Result<_>>()?,
            output: Arc::clone(&cx.outputs[0]),
            late: Arc::clone(&cx.outputs[1]),
            counters: Arc::clone(&cx.counters),
        })
    }

    /// Finds the group of every row of a segment that is not late.
    fn assign(&mut self, batch: &Batch, watermark: Watermark) -> Result<Assigned> {
        let windows = self.plan.windows;
        let times = batch.event_times().ok_or_else(|| EngineError::internal("the event time is missing"))?;
        let times = times.cont_slice().map_err(|_| EngineError::internal("a row has no event time"))?;
        let mut keys = self.encoder.keys(batch.frame())?;
        let n_before = self.groups.n_taken();
        let mut assigned = Assigned::default();
        let mut numbers = Vec::new();
        let mut first = 0;
        // Most rows fall into the window of the row before, so that a window is looked up once for many.
        while first < times.len() {
            let start = windows.start_of(times[first]);
            let end = windows.end_of(start);
            let is_in = |time: &i64| (start..end).contains(time);
            let n_more = times[first + 1..].iter().position(|time| !is_in(time));
            let rows = first..n_more.map_or(times.len(), |n_more| first + 1 + n_more);
            first = rows.end;
            // All rows of a segment are under watermarks that close the same windows.
            if watermark.closes(end) {
                assigned.late.extend(rows.start as u32..rows.end as u32);
                continue;
            }
            let pane = self.open.entry(start).or_default();
            if keys.is_one() {
                pane.keys.numbers(&mut keys, rows.start..rows.start + 1, &mut numbers);
                pane.give_groups(&mut self.groups);
                assigned.runs.push((rows, pane.groups[0]));
                continue;
            }
            numbers.clear();
            pane.keys.numbers(&mut keys, rows.clone(), &mut numbers);
            pane.give_groups(&mut self.groups);
            assigned.groups.extend(numbers.iter().map(|number| pane.groups[*number as usize]));
            assigned.runs.push((rows, 0));
        }
        let n_new = self.groups.n_taken() - n_before;
        self.counters.state_entries.fetch_add(n_new as i64, Ordering::Relaxed);
        Ok(assigned)
    }

    /// Closes the first window if `watermark` does.
    fn close_next(&mut self, watermark: Watermark) -> Option<Leaving> {
        let first = self.open.first_entry()?;
        if !watermark.closes(self.plan.windows.end_of(*first.key())) {
            return None;
        }
        let (start, pane) = first.remove_entry();
        NodeCounters::add(&self.counters.fired_timers, 1);
        Some(Leaving { start, order: pane.keys.output_order(), pane, next: 0 })
    }

    fn give_out_late(&self, batch: &Batch, late: &[u32], out: &mut Output) -> Result<()> {
        let part = batch.gather(late)?;
        let times = part.event_times().ok_or_else(|| EngineError::internal("the event time is missing"))?;
        let watermarks: Vec<i64> =
            (0..part.n_rows()).map(|row| part.watermark_before(row).millis()).collect();
        let lateness: Vec<i64> = watermarks
            .iter()
            .zip(times.iter())
            .map(|(watermark, time)| watermark.saturating_sub(time.unwrap_or(*watermark)))
            .collect();
        let names = &self.late.schema.fields()[part.frame().width()..];
        let mut frame = part.frame().clone();
        frame.with_column(timestamps(&names[0].name, watermarks)?)?;
        frame.with_column(Series::new((&*names[1].name).into(), lateness).into_column())?;
        out.emit(1, part.with_columns(frame, Arc::clone(&self.late)));
        Ok(())
    }

    /// Gives out some keys of windows that a watermark has closed, in the order of their ends.
    fn fire(
        &mut self,
        pieces: &[(Leaving, Range<usize>)],
        at: Position,
        watermark: Watermark,
        out: &mut Output,
    ) -> Result<()> {
        let (mut keys, mut groups, mut starts) = (KeyValues::default(), Vec::new(), Vec::new());
        for (leaving, piece) in pieces {
            let numbers = &leaving.order[piece.clone()];
            leaving.pane.keys.gather(numbers, &mut keys);
            groups.extend(numbers.iter().map(|number| leaving.pane.groups[*number as usize]));
            starts.resize(groups.len(), leaving.start);
        }
        let n_rows = groups.len();
        let ends: Vec<i64> = starts.iter().map(|start| self.plan.windows.end_of(*start)).collect();
        let times: Vec<i64> = ends.iter().map(|end| end.saturating_sub(1)).collect();
        let positions = Positions::each(ends.iter().map(|end| at.caused_by_timer(*end)).collect());
        let key_fields: Vec<(&str, &DataType)> =
            self.plan.keys.iter().map(|(_, field)| (&*field.name, &field.data_type)).collect();
        let mut columns = keys.into_columns(&key_fields)?;
        for (name, millis) in WINDOW_COLUMNS.iter().zip([starts, ends, times]) {
            columns.push(timestamps(name, millis)?);
        }
        for (aggregate, accumulator) in self.plan.aggregates.iter().zip(&mut self.accumulators) {
            let finish = |groups: &[u32]| accumulator.finish(&aggregate.result.name, groups);
            let column = finish(&groups).map_err(|error| {
                let failed = groups.iter().position(|group| finish(&[*group]).is_err());
                match failed {
                    Some(row) => self.plan.name_group(error, &columns, row),
                    None => error,
                }
            })?;
            columns.push(column);
            accumulator.forget(&groups);
        }
        self.groups.free.append(&mut groups);
        let frame = DataFrame::new(n_rows, columns)?;
        out.emit(0, Batch::new(frame, Arc::clone(&self.output), positions, Progress::flat(watermark, at)));
        self.counters.state_entries.fetch_sub(n_rows as i64, Ordering::Relaxed);
        Ok(())
    }
}

fn timestamps(name: &str, millis: Vec<i64>) -> Result<Column> {
    let dtype = DataType::Timestamp.to_polars();
    Ok(Series::new(name.into(), millis).cast(&dtype)?.into_column())
}

/// The name of the state that holds the open windows.
const STATE: &str = "windows";

impl Operator for WindowOperator {
    fn cuts(&self) -> Cuts {
        Cuts::Grid(self.plan.windows.grid())
    }

    fn process(&mut self, rows: Segment<'_>, out: &mut Output) -> Result<()> {
        let batch = rows.to_batch();
        let assigned = self.assign(&batch, rows.watermark)?;
        NodeCounters::add(&self.counters.late, assigned.late.len());
        NodeCounters::add(&self.counters.used, assigned.n_used());
        let has_keys = !self.plan.keys.is_empty();
        for (aggregate, accumulator) in self.plan.aggregates.iter().zip(&mut self.accumulators) {
            let argument = aggregate.argument(&batch)?;
            let n_groups = self.groups.n_known;
            assigned.for_each(has_keys, |grouped| accumulator.accumulate(&argument, grouped, n_groups))?;
        }
        if assigned.late.is_empty() { Ok(()) } else { self.give_out_late(&batch, &assigned.late, out) }
    }

    fn on_watermark(&mut self, at: Position, watermark: Watermark, out: &mut Output) -> Result<Firing> {
        let mut room = out.room();
        let mut pieces: Vec<(Leaving, Range<usize>)> = Vec::new();
        let mut firing = Firing::Done;
        while let Some(mut leaving) = self.leaving.take().or_else(|| self.close_next(watermark)) {
            if room == 0 {
                self.leaving = Some(leaving);
                firing = Firing::More;
                break;
            }
            let piece = leaving.next..leaving.order.len().min(leaving.next.saturating_add(room));
            room -= piece.len().min(room);
            leaving.next = piece.end;
            pieces.push((leaving, piece));
            if room == 0 {
                // What is left of the last one, if anything, comes with the next call.
                self.fire(&pieces, at, watermark, out)?;
                self.leaving = pieces.pop().map(|(leaving, _)| leaving).filter(|leaving| !leaving.is_out());
                pieces.clear();
            }
        }
        if !pieces.is_empty() {
            self.fire(&pieces, at, watermark, out)?;
        }
        Ok(firing)
    }

    fn snapshot(&self, into: &mut Snapshot) -> Result<()> {
        for (start, pane) in &self.open {
            for (number, group) in (0..).zip(&pane.groups) {
                let mut entry = start.to_le_bytes().to_vec();
                let mut key = Vec::new();
                pane.keys.key(number, &mut key);
                put_text(&key, &mut entry);
                for accumulator in &self.accumulators {
                    accumulator.encode(*group, &mut entry);
                }
                into.keyed.entry((STATE.to_owned(), pane.keys.key_group(number))).or_default().push(entry);
            }
        }
        Ok(())
    }

    fn restore(&mut self, from: &Snapshot) -> Result<()> {
        let damaged = || EngineError::data("the state of a window is damaged");
        for ((name, _), entries) in &from.keyed {
            for entry in entries.iter().filter(|_| name == STATE) {
                let mut bytes = entry.as_slice();
                let start = take_bytes(&mut bytes).map(i64::from_le_bytes).ok_or_else(damaged)?;
                let key = take_text(&mut bytes).ok_or_else(damaged)?;
                let pane = self.open.entry(start).or_default();
                let number = pane.keys.number_of(key, self.encoder.is_int()).ok_or_else(damaged)?;
                pane.give_groups(&mut self.groups);
                let group = pane.groups[number as usize];
                for accumulator in &mut self.accumulators {
                    accumulator.decode(group, &mut bytes).ok_or_else(damaged)?;
                }
                self.counters.state_entries.fetch_add(1, Ordering::Relaxed);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{KeyGroup, Origins, key_hash};
    use crate::ids::NodeId;

    const FUNCTIONS: [AggregateFunction; 3] =
        [AggregateFunction::Count, AggregateFunction::CountDistinct, AggregateFunction::Last];

    /// A window of 10 ms over rows of a time, a key and a value.
    fn window() -> (WindowOperator, Arc<EdgeType>) {
        let aggregates = FUNCTIONS.map(|function| {
            let data_type = function.result_type(Some(&DataType::BigInt)).expect("takes the type");
            let result = Field::nullable(function.name(), data_type);
            ResolvedAggregate { function, input: Some((2, DataType::BigInt)), result }
        });
        window_with(aggregates.into())
    }

    fn window_with(aggregates: Vec<ResolvedAggregate>) -> (WindowOperator, Arc<EdgeType>) {
        let schema = Schema::new(vec![
            Field::not_null("at", DataType::Timestamp),
            Field::nullable("key", DataType::String),
            Field::nullable("value", DataType::BigInt),
        ]);
        let edge = Arc::new(EdgeType { event_time: Some(0), watermarked: true, ..EdgeType::append(schema) });
        let plan = Arc::new(Resolved {
            windows: TumblingWindows::new(10, 0),
            time: 0,
            keys: vec![(1, edge.schema.fields()[1].clone())],
            aggregates,
        });
        let context = OperatorContext {
            node: NodeId::new("window"),
            subtask: 0,
            parallelism: 1,
            outputs: vec![Arc::new(plan.output_edge(&edge)), Arc::new(late_edge(&edge))],
            counters: Arc::default(),
        };
        (WindowOperator::new(&plan, &context).expect("takes the types"), edge)
    }

    fn process(
        (operator, edge): &mut (WindowOperator, Arc<EdgeType>),
        rows: &[(i64, &str, i64)],
        watermark: i64,
        out: &mut Output,
    ) {
        let columns = vec![
            timestamps("at", rows.iter().map(|row| row.0).collect()).expect("typed"),
            Series::new("key".into(), rows.iter().map(|row| row.1).collect::<Vec<_>>()).into_column(),
            Series::new("value".into(), rows.iter().map(|row| row.2).collect::<Vec<_>>()).into_column(),
        ];
        let frame = DataFrame::new(rows.len(), columns).expect("columns of one length");
        let arrivals = vec![0; rows.len()].into();
        let positions = Positions::all(Origins::Run { source: 0, split: 0, first_offset: 0, arrivals });
        let watermark = Watermark::new(watermark);
        let progress = Progress::flat(watermark, Position::MAX);
        let batch = Batch::new(frame, Arc::clone(edge), positions, progress);
        let segment = Segment { input: 0, batch: &batch, rows: 0..rows.len(), watermark };
        operator.process(segment, out).expect("typed");
    }

    /// What fires at a watermark, a line for each row: end, key and aggregates.
    fn fired((operator, _): &mut (WindowOperator, Arc<EdgeType>), watermark: i64) -> Vec<String> {
        let mut out = Output::new(2);
        let at = Position::MIN.with_all_it_causes();
        let firing = operator.on_watermark(at, Watermark::new(watermark), &mut out).expect("fits");
        assert_eq!(firing, Firing::Done, "there is always room");
        let batches = out.take(0);
        assert!(batches.len() <= 1, "one watermark, one batch");
        let mut lines = Vec::new();
        for batch in batches {
            for row in 0..batch.n_rows() {
                let value = |idx: usize| {
                    Value::at(batch.column(idx), &batch.edge().schema.fields()[idx].data_type, row)
                };
                let Value::Timestamp(end) = value(2) else { panic!("a window has an end") };
                assert_eq!(value(1), Value::Timestamp(end - 10));
                assert_eq!(value(3), Value::Timestamp(end - 1));
                assert_eq!(batch.positions().at(row), at.caused_by_timer(end));
                let values = [value(4), value(5), value(6)].map(|value| value.to_string());
                lines.push(format!("{end} {} {}", value(0), values.join(" ")));
            }
        }
        lines
    }

    /// The lines of one window, by key.
    fn by_key(lines: &[String], end: &str) -> BTreeSet<String> {
        lines.iter().filter(|line| line.starts_with(end)).cloned().collect()
    }

    #[test]
    fn windows_that_one_watermark_closes_leave_by_end_and_then_by_key_group() {
        let mut window = window();
        let rows =
            [(25, "b", 1), (3, "a", 7), (4, "b", 7), (29, "c", 2), (5, "a", 7), (12, "c", 9), (3, "a", 8)];
        process(&mut window, &rows, 0, &mut Output::new(2));
        let lines = fired(&mut window, 28);
        assert_eq!(by_key(&lines, "10 "), ["10 a 3 2 8".to_owned(), "10 b 1 1 7".to_owned()].into());
        assert_eq!(lines[2..], ["20 c 1 1 9"]);
        let groups: Vec<KeyGroup> = lines[..2].iter().map(|line| key_group(line)).collect();
        assert!(groups.is_sorted());
        assert_eq!(fired(&mut window, 28), [""; 0]);
        let rest = fired(&mut window, 29);
        assert_eq!(by_key(&rest, "30 "), ["30 b 1 1 1".to_owned(), "30 c 1 1 2".to_owned()].into());
        assert_eq!(window.0.counters.fired_timers.load(Ordering::Relaxed), 3);
        assert_eq!(window.0.counters.state_entries.load(Ordering::Relaxed), 0);
    }

    /// The key group of the key in a line, by the documented encoding of a STRING.
    fn key_group(line: &str) -> KeyGroup {
        let key = line.split(' ').nth(1).expect("a key");
        let bytes = [&[1][..], &(key.len() as u32).to_be_bytes(), key.as_bytes()].concat();
        KeyGroup::of_hash(key_hash(&bytes))
    }

    #[test]
    fn a_window_that_takes_the_groups_of_a_closed_one_starts_from_nothing() {
        let mut window = window();
        for start in (0..1_000).step_by(10) {
            let rows = [(start, "a", start), (start + 1, "b", start), (start + 2, "a", 5)];
            process(&mut window, &rows, start - 1, &mut Output::new(2));
            let lines = fired(&mut window, start + 9);
            let end = start + 10;
            let expected = [format!("{end} a 2 2 5"), format!("{end} b 1 1 {start}")];
            assert_eq!(by_key(&lines, ""), expected.into());
        }
        assert_eq!(window.0.groups.n_known, 2, "groups are used again");
    }

    #[test]
    fn windows_that_one_watermark_closes_leave_as_there_is_room() {
        let at = Position::MIN.with_all_it_causes();
        let filled = || {
            let mut window = window();
            for start in (0..100).step_by(10) {
                let rows = [(start, "a", 1), (start, "b", 1), (start, "c", 1)];
                process(&mut window, &rows, -1, &mut Output::new(2));
            }
            window
        };
        let rows_of = |batches: &[Batch]| -> Vec<String> {
            let rows = batches.iter().flat_map(|batch| {
                (0..batch.n_rows()).map(|row| {
                    let key = Value::at(batch.column(0), &DataType::String, row);
                    format!("{} {key}", batch.positions().at(row).sub)
                })
            });
            rows.collect()
        };
        let mut out = Output::new(2);
        filled().0.on_watermark(at, Watermark::new(79), &mut out).expect("fits");
        let expected = rows_of(&out.take(0));
        assert_eq!(expected.len(), 24);
        for n_rows in [1, 2, 4, 24] {
            let mut window = filled();
            let mut out = Output::full_at(2, n_rows);
            let mut gone = Vec::new();
            loop {
                let firing = window.0.on_watermark(at, Watermark::new(79), &mut out).expect("fits");
                let batches = out.take(0);
                assert!(batches.iter().map(Batch::n_rows).sum::<usize>() <= n_rows);
                gone.extend(rows_of(&batches));
                if firing == Firing::Done {
                    break;
                }
            }
            assert_eq!(gone, expected, "{n_rows} at once");
            assert_eq!(fired(&mut window, 99).len(), 6);
            assert_eq!(window.0.groups.n_taken(), 0);
        }
    }

    #[test]
    fn a_sum_that_does_not_fit_names_its_window_and_key() {
        let aggregate = ResolvedAggregate {
            function: AggregateFunction::Sum,
            input: Some((2, DataType::BigInt)),
            result: Field::nullable("total", DataType::BigInt),
        };
        let mut window = window_with(vec![aggregate]);
        let rows = [(3, "a", 1), (13, "a", i64::MAX), (14, "b", 5), (15, "a", 1)];
        process(&mut window, &rows, -1, &mut Output::new(2));
        let at = Position::MIN.with_all_it_causes();
        let result = window.0.on_watermark(at, Watermark::END, &mut Output::new(2));
        let error = result.expect_err("the sum is too large").to_string();
        assert!(error.contains("`total`") && error.contains("cast"), "{error}");
        assert!(error.ends_with("in the window from 1970-01-01 00:00:00.010, `key` = \"a\""), "{error}");
    }

    #[test]
    fn a_row_is_late_once_its_window_has_closed_and_not_before() {
        let mut window = window();
        let mut out = Output::new(2);
        process(&mut window, &[(9, "a", 1), (10, "a", 2), (8, "a", 3)], 8, &mut out);
        process(&mut window, &[(10, "a", 4), (9, "a", 5)], 9, &mut out);
        let late = out.take(1);
        assert_eq!(late.iter().map(Batch::n_rows).sum::<usize>(), 1);
        assert_eq!(Value::at(late[0].column(2), &DataType::BigInt, 0), Value::Int(5));
        assert_eq!(fired(&mut window, 19), ["10 a 2 2 3", "20 a 2 2 4"]);
    }

    #[test]
    fn windows_that_were_written_down_go_on_where_they_stood() {
        let mut before = window();
        process(&mut before, &[(0, "a", 1), (5, "b", 2)], -1, &mut Output::new(2));
        let _ = fired(&mut before, 9);
        process(&mut before, &[(15, "a", 1), (25, "b", 2), (16, "c", 3)], 9, &mut Output::new(2));
        let mut snapshot = Snapshot::default();
        before.0.snapshot(&mut snapshot).expect("can be written down");
        let mut after = window();
        after.0.restore(&snapshot).expect("its own state");
        for window in [&mut before, &mut after] {
            process(window, &[(17, "a", 4), (26, "d", 5)], 9, &mut Output::new(2));
        }
        let lines = fired(&mut after, 29);
        assert_eq!(lines, fired(&mut before, 29));
        assert!(lines.contains(&"20 a 2 2 4".to_owned()) && lines.contains(&"30 d 1 1 5".to_owned()));
    }
}
