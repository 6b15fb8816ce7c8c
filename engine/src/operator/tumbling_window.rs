//! `tumbling_window`: one result for every key and every stretch of time of a fixed size.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use polars::prelude::{Column, DataFrame, IntoColumn, NamedFrom, Series};
use schemars::{JsonSchema, schema_for};
use serde::{Deserialize, Serialize};

use crate::aggregate::{Accumulator, AggregateFunction, KeyTable, accumulator};
use crate::data::{
    Batch, ChangeMode, DataType, EdgeType, Field, KeyEncoder, Position, Positions, Progress, Schema,
};
use crate::diagnostic::Diagnostic;
use crate::error::{EngineError, Result};
use crate::node::{
    Arity, Category, ColumnName, ColumnNeeds, Cuts, Distribution, InputSpec, Millis, NodeCounters, NodePlan,
    NodeSpec, NodeType, Operator, OperatorContext, OperatorPlan, Output, OutputRole, OutputSpec, PlanContext,
    Runs, Segment, Snapshot, SqlForm, read_params,
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
        let (Some(resolved), true) = (resolved, diagnostics.is_empty()) else {
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
                make: Arc::new(move |cx| Ok(Box::new(WindowOperator::new(&resolved, cx)))),
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

impl Resolved {
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
    open: BTreeMap<i64, Pane>,
    output: Arc<EdgeType>,
    late: Arc<EdgeType>,
    counters: Arc<NodeCounters>,
}

/// An open window: its keys, and for each an entry in every accumulator.
struct Pane {
    keys: KeyTable,
    accumulators: Vec<Box<dyn Accumulator>>,
}

/// Rows of a segment that belong to one window.
struct Work {
    start: i64,
    rows: Vec<u32>,
    groups: Vec<u32>,
}

impl WindowOperator {
    fn new(plan: &Arc<Resolved>, cx: &OperatorContext) -> WindowOperator {
        let columns = plan.keys.iter().map(|(idx, field)| (*idx, field.data_type.clone())).collect();
        WindowOperator {
            plan: Arc::clone(plan),
            encoder: KeyEncoder::new(columns),
            open: BTreeMap::new(),
            output: Arc::clone(&cx.outputs[0]),
            late: Arc::clone(&cx.outputs[1]),
            counters: Arc::clone(&cx.counters),
        }
    }

    fn new_pane(plan: &Resolved) -> Result<Pane> {
        let accumulators = plan.aggregates.iter().map(|aggregate| {
            accumulator(aggregate.function, aggregate.input.as_ref().map(|(_, data_type)| data_type))
        });
        Ok(Pane { keys: KeyTable::default(), accumulators: accumulators.collect::<Result<_>>()? })
    }

    /// Sorts the rows of a segment into windows and groups. The last part of the answer are the late rows.
    fn assign(&mut self, batch: &Batch, watermark: Watermark) -> Result<(Vec<Work>, Vec<u32>)> {
        let windows = self.plan.windows;
        let times = batch.event_times().ok_or_else(|| EngineError::internal("the event time is missing"))?;
        let mut late = Vec::new();
        let mut work: Vec<Work> = Vec::new();
        let mut latest = 0;
        let (open, plan) = (&mut self.open, &self.plan);
        let mut failed = None;
        let mut n_new = 0;
        self.encoder.for_each(batch.frame(), |row, key| {
            let start = windows.start_of(times.get(row).unwrap_or(i64::MIN));
            // All rows of a segment are under watermarks that close the same windows.
            if watermark.closes(windows.end_of(start)) {
                late.push(row as u32);
                return;
            }
            if work.get(latest).is_none_or(|work| work.start != start) {
                latest = work.iter().position(|work| work.start == start).unwrap_or_else(|| {
                    work.push(Work { start, rows: Vec::new(), groups: Vec::new() });
                    work.len() - 1
                });
            }
            let pane = match open.entry(start) {
                std::collections::btree_map::Entry::Occupied(pane) => pane.into_mut(),
                std::collections::btree_map::Entry::Vacant(vacant) => match WindowOperator::new_pane(plan) {
                    Ok(pane) => vacant.insert(pane),
                    Err(error) => {
                        failed = Some(error);
                        return;
                    }
                },
            };
            let n_keys = pane.keys.len();
            let group = pane.keys.number_of(key);
            n_new += pane.keys.len() - n_keys;
            work[latest].rows.push(row as u32);
            work[latest].groups.push(group);
        })?;
        self.counters.state_entries.fetch_add(n_new as i64, Ordering::Relaxed);
        failed.map_or(Ok((work, late)), Err)
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

    /// Gives out a window that has closed.
    fn fire(
        &self,
        start: i64,
        pane: &Pane,
        at: Position,
        watermark: Watermark,
        out: &mut Output,
    ) -> Result<()> {
        let end = self.plan.windows.end_of(start);
        let order = pane.keys.output_order();
        let n_rows = order.len();
        let key_fields: Vec<(&str, &DataType)> =
            self.plan.keys.iter().map(|(_, field)| (&*field.name, &field.data_type)).collect();
        let mut columns = pane.keys.columns(&order, &key_fields)?;
        for (name, time) in WINDOW_COLUMNS.iter().zip([start, end, end.saturating_sub(1)]) {
            columns.push(timestamps(name, vec![time; n_rows])?);
        }
        for (aggregate, accumulator) in self.plan.aggregates.iter().zip(&pane.accumulators) {
            columns.push(accumulator.finish(&aggregate.result.name, &order)?);
        }
        let frame = DataFrame::new(n_rows, columns).map_err(EngineError::from)?;
        let positions = Positions::each(vec![at.caused_by_timer(end); n_rows]);
        let progress = Progress::flat(watermark, at);
        out.emit(0, Batch::new(frame, Arc::clone(&self.output), positions, progress));
        NodeCounters::add(&self.counters.fired_timers, 1);
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
        let (work, late) = self.assign(&batch, rows.watermark)?;
        NodeCounters::add(&self.counters.late, late.len());
        for Work { start, rows, groups } in work {
            let Some(pane) = self.open.get_mut(&start) else { continue };
            NodeCounters::add(&self.counters.used, rows.len());
            let n_groups = pane.keys.len();
            for (aggregate, accumulator) in self.plan.aggregates.iter().zip(&mut pane.accumulators) {
                let column = aggregate.input.as_ref().map(|(idx, _)| batch.column(*idx));
                accumulator.accumulate(column, &rows, &groups, n_groups)?;
            }
        }
        if late.is_empty() { Ok(()) } else { self.give_out_late(&batch, &late, out) }
    }

    fn on_watermark(&mut self, at: Position, watermark: Watermark, out: &mut Output) -> Result<()> {
        while let Some(first) = self.open.first_entry() {
            if !watermark.closes(self.plan.windows.end_of(*first.key())) {
                break;
            }
            let (start, pane) = first.remove_entry();
            self.fire(start, &pane, at, watermark, out)?;
        }
        Ok(())
    }

    fn snapshot(&self, into: &mut Snapshot) -> Result<()> {
        for (start, pane) in &self.open {
            for group in 0..pane.keys.len() as u32 {
                let mut entry = start.to_le_bytes().to_vec();
                crate::aggregate::put_text(pane.keys.key(group), &mut entry);
                for accumulator in &pane.accumulators {
                    accumulator.encode(group, &mut entry);
                }
                into.keyed.entry((STATE.to_owned(), pane.keys.key_group(group))).or_default().push(entry);
            }
        }
        Ok(())
    }

    fn restore(&mut self, from: &Snapshot) -> Result<()> {
        let damaged = || EngineError::data("the state of a window is damaged");
        for ((name, _), entries) in &from.keyed {
            for entry in entries.iter().filter(|_| name == STATE) {
                let mut bytes = entry.as_slice();
                let start =
                    crate::aggregate::take_bytes(&mut bytes).map(i64::from_le_bytes).ok_or_else(damaged)?;
                let key = crate::aggregate::take_text(&mut bytes).ok_or_else(damaged)?;
                if let std::collections::btree_map::Entry::Vacant(vacant) = self.open.entry(start) {
                    vacant.insert(WindowOperator::new_pane(&self.plan)?);
                }
                let Some(pane) = self.open.get_mut(&start) else { continue };
                let group = pane.keys.number_of(key);
                for accumulator in &mut pane.accumulators {
                    accumulator.decode(group, &mut bytes).ok_or_else(damaged)?;
                }
                self.counters.state_entries.fetch_add(1, Ordering::Relaxed);
            }
        }
        Ok(())
    }
}
