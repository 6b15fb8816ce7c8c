//! A job at one moment, as the window shows it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use tidemark_engine::error::EngineError;
use tidemark_engine::ids::{EdgeId, NodeId};
use tidemark_engine::node::RowAccount;
use tidemark_engine::runtime::{JobSnapshot, JobStatus};
use tidemark_engine::time::Watermark;

use super::rates::Rates;
use super::{History, Watch, WatchedRows};

/// A job at one moment. Two snapshots are equal if they look the same.
#[derive(Clone, Debug, PartialEq)]
pub struct UiSnapshot {
    /// The number of the run; 0 while there is none.
    pub run: u64,
    /// What the job is doing.
    pub status: RunStatus,
    /// The arrival time that the replay has come to, in milliseconds since the epoch.
    pub clock_millis: Option<i64>,
    /// Every node.
    pub nodes: BTreeMap<NodeId, NodeFigures>,
    /// Every edge.
    pub edges: BTreeMap<EdgeId, EdgeFigures>,
    /// Records that sources have read.
    pub records: u64,
    /// Records that sources read a second, over the last second.
    pub records_per_sec: f64,
    /// Rows that came after their time.
    pub late: u64,
    /// Records and rows that could not be read or computed.
    pub rejected: u64,
    /// The least watermark of the nodes that assign one.
    pub watermark: Watermark,
    /// How the figures came to be what they are.
    pub history: Arc<History>,
    /// The rows of what is watched.
    pub watched: Option<Arc<WatchedRows>>,
    /// The rows of what else is shown.
    pub pinned: Vec<Arc<WatchedRows>>,
    /// The last few rows of the edge that is looked at in passing.
    pub peeked: Option<Arc<WatchedRows>>,
}

impl Default for UiSnapshot {
    fn default() -> UiSnapshot {
        UiSnapshot {
            run: 0,
            status: RunStatus::None,
            clock_millis: None,
            nodes: BTreeMap::new(),
            edges: BTreeMap::new(),
            records: 0,
            records_per_sec: 0.0,
            late: 0,
            rejected: 0,
            watermark: Watermark::NONE,
            history: Arc::default(),
            watched: None,
            pinned: Vec::new(),
            peeked: None,
        }
    }
}

/// What a job is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RunStatus {
    /// There is no job.
    #[default]
    None,
    /// Reading and working.
    Running,
    /// Not reading; with the reason where it was not a person who paused it.
    Paused(Option<String>),
    /// Everything was read.
    Finished,
    /// Ended on request.
    Stopped,
    /// Ended by a failure.
    Failed(RunFailure),
}

impl RunStatus {
    /// Whether the job has ended, one way or another.
    pub fn is_over(&self) -> bool {
        matches!(self, RunStatus::Finished | RunStatus::Stopped | RunStatus::Failed(_))
    }
}

/// Why a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFailure {
    /// The node that it happened to.
    pub node: Option<NodeId>,
    /// The sentence, with its cause.
    pub message: String,
}

impl RunFailure {
    fn of(error: &EngineError) -> RunFailure {
        let cause = error.cause().map(|cause| format!(": {cause}")).unwrap_or_default();
        RunFailure { node: error.node().cloned(), message: format!("{}{cause}", error.message()) }
    }
}

impl fmt::Display for RunFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// A node at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeFigures {
    /// What became of the rows that entered.
    pub account: RowAccount,
    /// Rows given out, by output port.
    pub rows_out: Vec<u64>,
    /// Rows that entered a second, over the last second.
    pub in_per_sec: f64,
    /// Rows given out a second by all ports, over the last second.
    pub out_per_sec: f64,
    /// The watermark that it has reached; `None` before the first and after the last.
    pub watermark: Option<i64>,
    /// Whether its input has ended.
    pub ended: bool,
    /// The share of the last second spent working, on average over its subtasks.
    pub busy: f32,
    /// The share of the last second spent waiting for room downstream.
    pub blocked: f32,
    /// Subtasks.
    pub parallelism: usize,
}

/// An edge at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EdgeFigures {
    /// Rows that have passed.
    pub rows: u64,
    /// Rows that pass a second, over the last second.
    pub per_sec: f64,
    /// The watermark that has passed; `None` before the first and after the last.
    pub watermark: Option<i64>,
    /// Whether everything has passed.
    pub ended: bool,
    /// How full the fullest queue is, from 0 to 1; `None` where rows pass without one.
    pub queue_fill: Option<f32>,
}

impl UiSnapshot {
    /// A run that did not start.
    pub(super) fn failed(run: u64, error: Option<&EngineError>) -> UiSnapshot {
        let status = error.map_or(RunStatus::Stopped, |error| RunStatus::Failed(RunFailure::of(error)));
        UiSnapshot { run, status, ..UiSnapshot::default() }
    }

    /// A job as it stands, with the figures of the last second.
    pub(super) fn of(run: u64, job: &JobSnapshot, rates: &Rates) -> UiSnapshot {
        let status = status(&job.status);
        let is_over = status.is_over();
        let per_sec = |read: &dyn Fn(&JobSnapshot) -> u64| if is_over { 0.0 } else { rates.per_sec(read) };
        let mut snapshot =
            UiSnapshot { run, status, clock_millis: job.clock_millis, ..UiSnapshot::default() };
        for (idx, node) in job.nodes.iter().enumerate() {
            let of = |job: &JobSnapshot| job.nodes.get(idx).map_or(0, |node| node.account.rows_in);
            let out = |job: &JobSnapshot| job.nodes.get(idx).map_or(0, |node| node.rows_out.iter().sum());
            let share = |read: &dyn Fn(&JobSnapshot) -> std::time::Duration| {
                if is_over { 0.0 } else { rates.share(read, node.parallelism) }
            };
            let figures = NodeFigures {
                account: node.account,
                rows_out: node.rows_out.clone(),
                in_per_sec: per_sec(&of),
                out_per_sec: per_sec(&out),
                watermark: node.watermark.time(),
                ended: node.watermark == Watermark::END,
                busy: share(&|job| job.nodes.get(idx).map_or_else(Default::default, |node| node.busy)),
                blocked: share(&|job| {
                    job.nodes.get(idx).map_or_else(Default::default, |node| node.backpressured)
                }),
                parallelism: node.parallelism,
            };
            snapshot.late += node.account.late;
            snapshot.rejected += node.account.rejected;
            snapshot.nodes.insert(node.id.clone(), figures);
        }
        for (idx, edge) in job.edges.iter().enumerate() {
            let passed = |job: &JobSnapshot| job.edges.get(idx).map_or(0, |edge| edge.rows);
            let figures = EdgeFigures {
                rows: edge.rows,
                per_sec: per_sec(&passed),
                watermark: edge.watermark.time(),
                ended: edge.watermark == Watermark::END,
                queue_fill: edge.queue_fill,
            };
            snapshot.edges.insert(edge.id.clone(), figures);
        }
        snapshot.add_sources(job);
        snapshot
    }

    /// Sums over the nodes that nothing enters, and the least watermark of those that assign one.
    fn add_sources(&mut self, job: &JobSnapshot) {
        let fed: std::collections::BTreeSet<&NodeId> =
            job.edges.iter().map(|edge| &edge.id.to.node).collect();
        for node in job.nodes.iter().filter(|node| !fed.contains(&node.id)) {
            self.records += node.account.rows_in;
            self.records_per_sec += self.nodes.get(&node.id).map_or(0.0, |figures| figures.in_per_sec);
        }
        let assigners = job.nodes.iter().filter(|node| !node.lanes.is_empty());
        self.watermark = assigners.map(|node| node.watermark).min().unwrap_or(Watermark::NONE);
    }

    /// The newest rows of an edge or a sink, if it is watched or pinned.
    pub fn rows_of(&self, watch: &Watch) -> Option<&Arc<WatchedRows>> {
        self.watched.iter().chain(&self.pinned).find(|rows| rows.watch == *watch)
    }

    /// Whether there is a job that has not ended.
    pub fn is_going(&self) -> bool {
        matches!(self.status, RunStatus::Running | RunStatus::Paused(_))
    }
}

fn status(status: &JobStatus) -> RunStatus {
    match status {
        JobStatus::Running => RunStatus::Running,
        JobStatus::Paused(reason) => RunStatus::Paused(reason.clone()),
        JobStatus::Finished => RunStatus::Finished,
        JobStatus::Stopped => RunStatus::Stopped,
        JobStatus::Failed(error) => RunStatus::Failed(RunFailure::of(error)),
    }
}
