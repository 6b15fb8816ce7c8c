//! The survey of a source: its records read once in arrival order, for when they arrive and how far out of order.

mod density;
mod disorder;
mod tally;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

pub use density::{Bucket, Density};
pub use disorder::Disorder;

use self::tally::Tally;
use super::chain::Stop;
use super::decode::DecodePool;
use super::reading::{Next, Reading};
use crate::data::Schema;
use crate::error::{EngineError, Result};
use crate::graph::LogicalGraph;
use crate::ids::NodeId;
use crate::node::{EventTimeProgress, Runs, SourcePlan};
use crate::sync::Cancelled;

/// What is known of a source without running its flow. The numbers are those of a run in which nothing but the time columns is
/// used: a record that a run rejects for the sake of another column is a row here.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Survey {
    /// Records read, rejected ones included.
    pub n_records: u64,
    /// Records that are no rows: broken, or without a time that must be there.
    pub n_rejected: u64,
    /// Rows without event time, where the source lets them through; watermarks reject them.
    pub n_untimed: u64,
    /// Timestamps too far in the future to move the watermark.
    pub n_future_skewed: u64,
    /// When the first and the last record arrived: the span of the replay clock. `None` where nothing says when records arrive.
    pub arrival: Option<TimeSpan>,
    /// The least and the greatest event time, those left out that are too far in the future. `None` where there is none.
    pub event_time: Option<TimeSpan>,
    /// How many rows arrive when.
    pub density: Density,
    /// How far behind the stream rows come.
    pub disorder: Disorder,
    /// Whether every record was read: not so in between, after a cancellation, or at a limit of [`SurveyLimits`].
    pub complete: bool,
}

/// A stretch of time, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeSpan {
    /// Its beginning, in milliseconds since 1970.
    pub first_millis: i64,
    /// Its end, in milliseconds since 1970.
    pub last_millis: i64,
}

/// How much of a source is surveyed; everything unless set.
#[derive(Clone, Copy, Debug, Default)]
pub struct SurveyLimits {
    /// About how many records, at most.
    pub max_records: Option<u64>,
    /// About how long it may take. Some records are read however little that is.
    pub max_duration: Option<Duration>,
}

/// Reads the records of `source` once, in the order in which a run of `graph` would, and decodes nothing but their times.
///
/// Blocks, and belongs on a thread of its own. `progress` is called with the survey so far, at most eight times a second. Once
/// `cancelled` is set, the survey so far is returned soon.
///
/// Event time is what the source names, or else what the watermarks behind it follow; the guard against timestamps from the future
/// allows what those watermarks allow.
///
/// # Errors
/// If the node is no source that could run, or its files cannot be read.
pub fn survey(
    graph: &LogicalGraph,
    source: &NodeId,
    limits: &SurveyLimits,
    cancelled: &AtomicBool,
    progress: &mut dyn FnMut(&Survey),
) -> Result<Survey> {
    let failed = |error: EngineError| error.at(source);
    let node = graph.node(source).ok_or_else(|| EngineError::flow("there is no such node").at(source))?;
    let Some(Runs::Source(plan)) = &node.plan.runs else {
        return Err(failed(EngineError::flow("the node is no source that could run")));
    };
    let plan = times_only(plan);
    let started = Instant::now();
    let is_cancelled = || cancelled.load(Ordering::Relaxed);
    let is_over = || limits.max_duration.is_some_and(|most| started.elapsed() >= most);
    let mut tally = Tally::new(&plan);
    let n_threads = thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS);
    let pool = DecodePool::start(n_threads).map_err(failed)?;
    let max_records = limits.max_records.unwrap_or(u64::MAX);
    let batch_rows = usize::try_from(max_records).unwrap_or(usize::MAX).clamp(1, BATCH_ROWS);
    let check = || if is_cancelled() { Err(Cancelled) } else { Ok(()) };
    let mut reading = match Reading::start(&plan, 0, pool, batch_rows, check) {
        Ok(reading) => reading,
        Err(Stop::Cancelled) => return Ok(tally.survey(false).clone()),
        Err(Stop::Failed(error)) => return Err(failed(error)),
    };
    let mut shown = Instant::now();
    while !is_cancelled() && tally.n_records() < max_records && (tally.n_records() == 0 || !is_over()) {
        match reading.next(|last| tally.split_ends(last)) {
            Ok(Next::Records { rows, rejected }) => tally.add(&rows, &rejected).map_err(failed)?,
            Ok(Next::End(_)) => return Ok(tally.survey(true).clone()),
            Err(Stop::Cancelled) => break,
            Err(Stop::Failed(error)) => return Err(failed(error)),
        }
        if shown.elapsed() >= PROGRESS_INTERVAL {
            progress(tally.survey(false));
            shown = Instant::now();
        }
    }
    Ok(tally.survey(false).clone())
}

/// About how many records are read between two looks at the clock.
const BATCH_ROWS: usize = 32_768;
/// Times are decoded faster than they are counted.
const MAX_THREADS: usize = 4;
const PROGRESS_INTERVAL: Duration = Duration::from_millis(125);

/// The same source with the columns that say when rows happen and arrive, and whose watermark they move.
fn times_only(plan: &SourcePlan) -> SourcePlan {
    let progress = plan.progress.map(|progress| progress.column);
    let mut columns: Vec<usize> =
        [plan.event_time, plan.arrival_time, progress, plan.partition].into_iter().flatten().collect();
    columns.sort_unstable();
    columns.dedup();
    let place = |column: usize| columns.iter().position(|other| *other == column);
    let fields = columns.iter().map(|idx| plan.decoded.fields()[*idx].clone());
    SourcePlan {
        source: plan.source.narrowed(&columns),
        decoded: Arc::new(Schema::new(fields.collect())),
        arrival_time: plan.arrival_time.and_then(place),
        event_time: plan.event_time.and_then(place),
        progress: plan.progress.and_then(|progress| {
            place(progress.column).map(|column| EventTimeProgress { column, ..progress })
        }),
        partition: plan.partition.and_then(place),
        max_rejected_percent: plan.max_rejected_percent,
    }
}
