//! `nexmark_source`: the events of the Nexmark benchmark, made from a seed.
//!
//! A node gives out one of the three tables, not all three by three ports: a flow that reads bids alone then makes no others, and each
//! table has its own watermark node and its own rate of rows, as three sources of files would have. They fit together because all that
//! is said of an event follows from its number.

mod columns;
mod events;
mod price;
#[cfg(test)]
mod tests;
mod text;

use std::sync::Arc;

use schemars::{JsonSchema, schema_for};
use serde::{Deserialize, Serialize};

use self::columns::{Content, DELAYED, Generator};
use self::events::{Table, Timeline};
use super::draws::Draws;
use super::file_source::{failed, source_outputs};
use super::time_text::TimeFormat;
use crate::data::value::format_timestamp;
use crate::data::{EdgeType, Field, Schema};
use crate::diagnostic::Diagnostic;
use crate::error::Result;
use crate::node::{
    Category, Decoded, Millis, Morsel, NodePlan, NodeSpec, NodeType, PlanContext, Runs, Source, SourcePlan,
    Split, SplitOffset, SplitReader, SqlForm, read_params, rejected_schema,
};

/// The node type `nexmark_source`.
pub struct NexmarkSource;

/// The parameters of a Nexmark source.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NexmarkSourceParams {
    /// Which of the three kinds of event the node gives out.
    #[serde(default)]
    pub table: Table,
    /// How many events there are, of all three kinds together: 1 to 1,000,000,000,000. Of 50, 46 are bids, 3 auctions and 1 a person.
    #[serde(default = "million")]
    #[schemars(range(min = 1, max = 1_000_000_000_000_u64))]
    pub events: u64,
    /// How many events happen in a second of event time, of all three kinds together: 0.001 to 1,000,000,000.
    #[serde(default = "ten_thousand")]
    #[schemars(range(min = 0.001, max = 1_000_000_000.0))]
    pub rate: f64,
    /// Whether bidders are those that upstream's generator makes by mistake, or those that it means.
    #[serde(default)]
    pub mode: Mode,
    /// Decides every value. The same seed gives the same rows.
    #[serde(default)]
    pub seed: u64,
    /// The number of the first event: 0 to 1,000,000,000,000. Several nodes, or runs, can so make parts of one stream.
    #[serde(default)]
    #[schemars(range(max = 1_000_000_000_000_u64))]
    pub first_event: u64,
    /// When event 0 happens, in UTC.
    #[serde(default = "default_base")]
    pub base_time: String,
    /// Events arrive shuffled within groups of so many: 1 to 1,000,000, but no multiple of 953. 1 leaves them in order.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub group_size: u64,
    /// The share of events that arrive late: 0 to 1.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub delayed_probability: f64,
    /// How late they arrive: at most a day.
    #[serde(default = "three_seconds")]
    #[schemars(range(min = 0, max = 86_400_000))]
    pub delay_millis: Millis,
}

/// What upstream's generator does by mistake, or what it means to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Bidders are shifted by 1,000, as in published figures.
    Compat,
    /// Bidders are persons of their time.
    #[default]
    Fixed,
}

fn million() -> u64 {
    1_000_000
}

fn ten_thousand() -> f64 {
    10_000.0
}

fn one() -> u64 {
    1
}

fn three_seconds() -> Millis {
    Millis(3000)
}

fn default_base() -> String {
    "2015-07-15 00:00:00".to_owned()
}

/// As many events as a flow may ask for, or begin behind.
const MAX_EVENTS: u64 = 1_000_000_000_000;
const MAX_GROUP: u64 = 1_000_000;
const MAX_DELAY_MILLIS: i64 = 86_400_000;
/// By how much upstream's shuffle goes on from one event to the next.
const SHUFFLE_STEP: u64 = 953;
/// The last millisecond of the year 9999.
const MAX_TIME: i64 = 253_402_300_799_999;

impl NodeType for NexmarkSource {
    fn spec(&self) -> NodeSpec {
        NodeSpec {
            kind: "nexmark_source",
            title: "Nexmark",
            category: Category::Source,
            summary: "Makes the bids, auctions or persons of the Nexmark benchmark",
            doc: include_str!("doc.md"),
            keywords: &["generator", "benchmark", "auction", "bid", "person", "sample", "random", "seed"],
            inputs: Vec::new(),
            outputs: source_outputs(),
            params: schema_for!(NexmarkSourceParams),
            sql: SqlForm::Partial("the connector of the Nexmark project makes other rows of the same kind"),
        }
    }

    fn plan(&self, cx: &PlanContext<'_>) -> NodePlan {
        match read_params(cx.node, cx.params) {
            Ok(params) => plan(cx, &params),
            Err(diagnostic) => failed(vec![*diagnostic]),
        }
    }
}

fn plan(cx: &PlanContext<'_>, params: &NexmarkSourceParams) -> NodePlan {
    let mut diagnostics = Vec::new();
    let timeline = timeline(cx, params, &mut diagnostics);

    let all = params.table.columns();
    let is_used = |name: &str| cx.used_columns.is_none_or(|used| used.contains(name));
    let mut columns: Vec<(&'static str, Content)> =
        all.iter().copied().filter(|(name, _)| is_used(name)).collect();
    let out_fields = fields(&columns);
    let event_time = columns.iter().position(|(_, name)| *name == Content::DateTime);
    let mut out = EdgeType::append(Schema::new(out_fields));
    out.event_time = event_time;
    let event_time = event_time.unwrap_or_else(|| {
        columns.push(("date_time", Content::DateTime));
        columns.len() - 1
    });
    let mut arrival_time = event_time;
    if timeline.as_ref().is_some_and(|timeline| !timeline.is_in_order()) {
        arrival_time = columns.len();
        columns.push(("arrival_time", Content::ArrivalTime));
    }

    let runs = timeline.filter(|_| diagnostics.is_empty()).map(|timeline| {
        let decoded = Arc::new(Schema::new(fields(&columns)));
        let generator = Arc::new(Generator::new(timeline, params.mode == Mode::Compat, params.seed));
        Runs::Source(SourcePlan {
            source: Arc::new(NexmarkEvents { generator, table: params.table, columns: columns.into() }),
            decoded,
            arrival_time: Some(arrival_time),
            event_time: Some(event_time),
            progress: None,
            partition: None,
            max_rejected_percent: 100.0,
        })
    });
    NodePlan {
        outputs: vec![Some(Arc::new(out)), Some(Arc::new(EdgeType::append(rejected_schema())))],
        diagnostics,
        summary: format!("{}s of {} events · seed {}", params.table.name(), params.events, params.seed),
        runs,
        ..NodePlan::default()
    }
}

fn fields(columns: &[(&'static str, Content)]) -> Vec<Field> {
    columns.iter().map(|(name, column)| Field::not_null(name, column.data_type())).collect()
}

/// When events happen and arrive, if the parameters are within their bounds.
fn timeline(
    cx: &PlanContext<'_>,
    params: &NexmarkSourceParams,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Timeline> {
    let mut complain = |name: &str, message: String, fix: &str| {
        diagnostics.push(Diagnostic::error("out-of-range", cx.param(name), message).fix(fix));
    };
    if !(1..=MAX_EVENTS).contains(&params.events) {
        let message = format!("{} events cannot be made", params.events);
        complain("events", message, "set it between 1 and 1,000,000,000,000");
    }
    if params.first_event > MAX_EVENTS {
        let message = format!("{} is too far on for the first event", params.first_event);
        complain("first_event", message, "set it between 0 and 1,000,000,000,000");
    }
    if !(0.001..=1e9).contains(&params.rate) {
        let message = format!("{} is no rate of events a second", params.rate);
        complain("rate", message, "set it between 0.001 and 1,000,000,000");
    }
    if !(1..=MAX_GROUP).contains(&params.group_size) {
        let message = format!("groups of {} events cannot be shuffled", params.group_size);
        complain("group_size", message, "set it between 1 and 1,000,000");
    } else if params.group_size.is_multiple_of(SHUFFLE_STEP) {
        let message = format!("a group of {} would lose events: it is a multiple of 953", params.group_size);
        complain("group_size", message, "set it one higher or lower");
    }
    if !(0.0..=1.0).contains(&params.delayed_probability) {
        let message = format!("{} is no probability", params.delayed_probability);
        complain("delayed_probability", message, "set it between 0 and 1");
    }
    if !(0..=MAX_DELAY_MILLIS).contains(&params.delay_millis.0) {
        let message = format!("no event can be {} ms late", params.delay_millis.0);
        complain("delay_millis", message, "set it between 0 and a day");
    }
    let base = TimeFormat::Auto.moment(params.base_time.trim().as_bytes());
    let Some(base) = base.filter(|base| base.offset_millis.is_none_or(|offset| offset == 0)) else {
        let message = format!("`{}` is no time in UTC", params.base_time);
        complain("base_time", message, "write it as 2015-07-15 00:00:00");
        return None;
    };
    if !diagnostics.is_empty() {
        return None;
    }
    let delay = if params.delayed_probability > 0.0 {
        (params.delay_millis.0 as f64 * params.rate / 1000.0).round() as u64
    } else {
        0
    };
    let timeline = Timeline {
        first: params.first_event,
        n_events: params.events,
        base_millis: base.clock_millis,
        interval_micros: 1e6 / params.rate,
        group: params.group_size,
        delayed_share: params.delayed_probability,
        delay,
        delayed: Draws::new(params.seed, DELAYED),
    };
    // What expires does so after at most twice the time in which a hundred auctions open.
    let last = timeline.time(timeline.end() + MAX_GROUP);
    if last > MAX_TIME {
        let message = format!("the last event would happen in {}", year_of(last));
        diagnostics.push(
            Diagnostic::error("out-of-range", cx.param("events"), message)
                .fix("make fewer events, or more a second"),
        );
        return None;
    }
    Some(timeline)
}

/// `year 10218`.
fn year_of(millis: i64) -> String {
    let text = format_timestamp(millis);
    format!("year {}", text.split_once('-').map_or("10000", |(year, _)| year.trim_start_matches('+')))
}

/// The events of one table.
struct NexmarkEvents {
    generator: Arc<Generator>,
    table: Table,
    columns: Arc<[(&'static str, Content)]>,
}

impl Source for NexmarkEvents {
    fn splits(&self) -> Result<Vec<Split>> {
        Ok(vec![Split { number: 0, name: self.table.name().to_owned(), path: None }])
    }

    /// The cursor of an offset is a turn; 0 is the first, whatever the number of the first event.
    fn open(&self, _: &Split, from: SplitOffset) -> Result<Box<dyn SplitReader>> {
        let (generator, columns) = (Arc::clone(&self.generator), Arc::clone(&self.columns));
        let turn = from.cursor.max(generator.timeline.first);
        Ok(Box::new(Turns { generator, table: self.table, columns, turn }))
    }

    fn peek(&self, split: &Split, columns: &[usize]) -> Result<Box<dyn SplitReader>> {
        self.narrowed(columns).open(split, SplitOffset::START)
    }

    fn narrowed(&self, columns: &[usize]) -> Arc<dyn Source> {
        Arc::new(NexmarkEvents {
            generator: Arc::clone(&self.generator),
            table: self.table,
            columns: columns.iter().map(|idx| self.columns[*idx]).collect(),
        })
    }
}

/// Goes through the turns of a timeline.
struct Turns {
    generator: Arc<Generator>,
    table: Table,
    columns: Arc<[(&'static str, Content)]>,
    turn: u64,
}

impl SplitReader for Turns {
    fn next(&mut self, n_rows: usize) -> Result<Option<Box<dyn Morsel>>> {
        let timeline = &self.generator.timeline;
        let from = timeline.skip_gap(self.turn);
        if from >= timeline.end() {
            return Ok(None);
        }
        let to = (from + self.table.events_for(n_rows.max(1) as u64)).min(timeline.end());
        self.turn = to;
        let (generator, columns) = (Arc::clone(&self.generator), Arc::clone(&self.columns));
        Ok(Some(Box::new(Made { generator, table: self.table, columns, from, to })))
    }
}

/// What arrives at some turns, to be made.
struct Made {
    generator: Arc<Generator>,
    table: Table,
    columns: Arc<[(&'static str, Content)]>,
    from: u64,
    to: u64,
}

impl Morsel for Made {
    fn decode(self: Box<Self>) -> Result<Decoded> {
        let events = self.generator.timeline.arrivals(self.table, self.from, self.to);
        let frame = self.generator.frame(&events, &self.columns)?;
        let n_records = frame.height() as u64;
        Ok(Decoded { frame, n_records, rejected: Vec::new(), next_cursor: self.to, is_pruned: false })
    }
}
