//! Makes samples of the job as it is looked at: what has happened since the last one.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tidemark_engine::runtime::{EdgeSnapshot, JobSnapshot, JobStatus, NodeSnapshot};
use tidemark_engine::time::Watermark;

use super::{History, Moment};

/// How much time a sample is about.
pub(super) const STEP_MILLIS: u64 = 250;

/// Writes the history of one job.
#[derive(Default)]
pub(in crate::engine_link) struct Recorder {
    /// Made when the job is first seen: only then is known what it consists of.
    history: Option<Arc<History>>,
    /// The job at the last sample.
    before: Option<Arc<JobSnapshot>>,
    /// When the next sample begins, since the start of the job, and where the clock stood then.
    since: Duration,
    clock_since: Option<i64>,
}

impl Recorder {
    /// Takes a look at the job: a sample if it is time for one and something was going on. Returns the history as it stands.
    pub(in crate::engine_link) fn note(&mut self, job: &Arc<JobSnapshot>) -> Arc<History> {
        let history = self.history.get_or_insert_with(|| {
            let (nodes, edges) = (job.nodes.iter(), job.edges.iter());
            Arc::new(History::new(nodes.map(|node| &node.id), edges.map(|edge| &edge.id)))
        });
        self.clock_since = self.clock_since.or(job.clock_millis);
        let is_running = matches!(job.status, JobStatus::Running);
        let has_moved = self.before.as_ref().is_none_or(|before| figures_differ(before, job));
        let step = Duration::from_millis(STEP_MILLIS);
        let is_due = job.elapsed.saturating_sub(self.since) >= step;
        // What a run did last before it rests is noted at once, for nothing may follow.
        if if is_running { is_due } else { has_moved } {
            // When nobody looked for so long, nobody knows when it happened.
            let from = self.since.max(job.elapsed.saturating_sub(4 * step));
            let moment = Moment {
                from_millis: from.as_millis() as u64,
                to_millis: (job.elapsed.as_millis() as u64).max(from.as_millis() as u64 + 1),
                clock_from: self.clock_since,
                clock_to: job.clock_millis,
            };
            let values = measured(self.before.as_deref(), job, &moment);
            Arc::make_mut(history).note(moment, values);
            self.before = Some(Arc::clone(job));
            self.since = Duration::from_millis(moment.to_millis);
            self.clock_since = job.clock_millis;
        } else if !is_running {
            // Time goes on without anything happening: the next sample does not reach back over it.
            self.since = self.since.max(job.elapsed);
        }
        Arc::clone(history)
    }
}

/// Whether anything is in a sample of the later that is not in one of the earlier.
fn figures_differ(before: &JobSnapshot, job: &JobSnapshot) -> bool {
    let nodes = before.nodes.iter().zip(&job.nodes).any(|(before, node)| {
        before.account != node.account
            || before.rows_out != node.rows_out
            || before.watermark != node.watermark
    });
    let edges = before.edges.iter().zip(&job.edges);
    nodes || edges.into_iter().any(|(before, edge)| before.rows != edge.rows)
}

/// The figures in the order of the layout's columns.
fn measured(before: Option<&JobSnapshot>, job: &JobSnapshot, moment: &Moment) -> Box<[f64]> {
    let nodes = job.nodes.iter().enumerate().map(|(idx, node)| {
        let before = before.and_then(|before| before.nodes.get(idx));
        of_node(before, node, moment)
    });
    let nodes: Vec<[f64; 8]> = nodes.collect();
    let edges = job.edges.iter().enumerate().map(|(idx, edge)| {
        let before = before.and_then(|before| before.edges.get(idx));
        of_edge(before, edge)
    });
    let run = of_run(job, &nodes);
    run.into_iter().chain(nodes.iter().flatten().copied()).chain(edges.flatten()).collect()
}

/// As [`super::Metric::OF_RUN`] says.
fn of_run(job: &JobSnapshot, nodes: &[[f64; 8]]) -> [f64; 4] {
    let fed: BTreeSet<_> = job.edges.iter().map(|edge| &edge.id.to.node).collect();
    let sources = job.nodes.iter().zip(nodes).filter(|(node, _)| !fed.contains(&node.id));
    let assigners = job.nodes.iter().filter(|node| !node.lanes.is_empty());
    let watermark = assigners.map(|node| node.watermark).min().unwrap_or(Watermark::NONE);
    let sum = |metric: usize| nodes.iter().map(|figures| figures[metric]).sum();
    [sources.map(|(_, figures)| figures[0]).sum(), sum(1), sum(2), time(watermark)]
}

/// As [`super::Metric::OF_NODE`] says.
fn of_node(before: Option<&NodeSnapshot>, node: &NodeSnapshot, moment: &Moment) -> [f64; 8] {
    let grown =
        |read: &dyn Fn(&NodeSnapshot) -> u64| read(node).saturating_sub(before.map_or(0, read)) as f64;
    let share = |read: &dyn Fn(&NodeSnapshot) -> Duration| {
        let spent = read(node).saturating_sub(before.map_or(Duration::ZERO, read)).as_secs_f64();
        thousandths(spent / moment.seconds() / node.parallelism.max(1) as f64)
    };
    [
        grown(&|node| node.account.rows_in),
        grown(&|node| node.account.late),
        grown(&|node| node.account.rejected),
        time(node.watermark),
        grown(&|node| node.rows_out.iter().sum()),
        share(&|node| node.busy),
        share(&|node| node.backpressured),
        node.account.state_entries.max(0) as f64,
    ]
}

/// As [`super::Metric::OF_EDGE`] says.
fn of_edge(before: Option<&EdgeSnapshot>, edge: &EdgeSnapshot) -> [f64; 3] {
    let rows = edge.rows.saturating_sub(before.map_or(0, |before| before.rows));
    let queue_fill = edge.queue_fill.map_or(f64::NAN, |fill| thousandths(f64::from(fill)));
    [rows as f64, time(edge.watermark), queue_fill]
}

fn time(watermark: Watermark) -> f64 {
    watermark.time().map_or(f64::NAN, |millis| millis as f64)
}

fn thousandths(share: f64) -> f64 {
    (share.clamp(0.0, 1.0) * 1000.0).round()
}
