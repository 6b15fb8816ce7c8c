//! The survey of a source: its records read once in arrival order, for when they arrive and how far out of order.

mod density;
mod disorder;

use std::sync::atomic::AtomicBool;
use std::time::Duration;

pub use density::{Bucket, Density};
pub use disorder::Disorder;

use crate::error::{EngineError, Result};
use crate::graph::LogicalGraph;
use crate::ids::NodeId;

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
    /// About how long it may take.
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
    let _ = (limits, cancelled, progress);
    let node = graph.node(source).ok_or_else(|| EngineError::flow(format!("there is no node `{source}`")))?;
    Err(EngineError::internal("the survey is being written").at(&node.id))
}
