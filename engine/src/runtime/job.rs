//! A job: a flow that runs. One handle serves the window, the command line and the tests.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver as Reports, Sender as Report, bounded};

use super::accounts::{balance, balance_halves};
use super::chain::{Body, Chain, Link, PIECE_ROWS, Port, Route, Stop, Target};
use super::decode::{DecodePool, panic_text};
use super::exchange::Exchange;
use super::gate::Gate;
use super::lanes::WatermarkAssigner;
use super::metrics::{EdgeGauge, JobSnapshot, NewestRows, NodeGauge};
use super::physical::{Half, PhysicalGraph, Step, Task, Via};
use super::replay::{Replay, Speed};
use super::source::SourceTask;
use crate::data::{EdgeType, KEY_GROUPS, Position, StreamElement};
use crate::error::{EngineError, Result};
use crate::graph::LogicalGraph;
use crate::ids::{EdgeId, NodeId};
use crate::node::{Cuts, OperatorContext, ResultTable, Runs, Sink, SinkContext};
use crate::sync::{Capacity, Receiver, Sender, mailbox};

/// How a flow is run. None of it changes the rows of the result.
#[derive(Clone, Debug)]
pub struct JobConfig {
    /// How many subtasks share the work of a node, from 1 to 128; the number of cores unless set.
    pub parallelism: usize,
    /// About how many rows a batch holds, from 1 to 1,048,576; 32,768 unless set.
    pub batch_rows: usize,
    /// What an edge between tasks may hold; the channels between their subtasks share it evenly.
    pub mailbox: Capacity,
    /// How fast recorded rows are replayed.
    pub speed: Speed,
    /// Whether sources make use of what files say of their rows as a whole, such as the least and the greatest value of a column, and
    /// leave undecoded what the filter behind them drops anyway. Wires between the two then keep no newest rows, for these would not
    /// be whole. `false` unless set.
    pub uses_statistics: bool,
    /// Whether the job waits for [`JobHandle::resume`] or [`JobHandle::step`] before the first row.
    pub paused: bool,
    /// Whether the newest rows of every edge are kept to be looked at, as [`JobHandle::newest_rows`] gives them.
    pub keeps_newest: bool,
}

impl Default for JobConfig {
    fn default() -> JobConfig {
        JobConfig {
            parallelism: thread::available_parallelism().map_or(1, usize::from),
            batch_rows: 32_768,
            mailbox: Capacity::default(),
            speed: Speed::Maximum,
            uses_statistics: false,
            paused: false,
            keeps_newest: true,
        }
    }
}

impl JobConfig {
    /// The greatest number of rows of a batch.
    const MAX_BATCH_ROWS: usize = 1 << 20;

    /// The same, brought within what a job can do.
    fn within_limits(&self) -> JobConfig {
        JobConfig {
            parallelism: self.parallelism.clamp(1, usize::from(KEY_GROUPS)),
            batch_rows: self.batch_rows.clamp(1, JobConfig::MAX_BATCH_ROWS),
            ..self.clone()
        }
    }
}

/// What a job is doing.
#[derive(Clone, Debug)]
pub enum JobStatus {
    /// Reading and working.
    Running,
    /// Not reading; with the reason where it was not a person who paused it.
    Paused(Option<String>),
    /// Everything was read and every sink committed.
    Finished,
    /// Ended on request; sinks left what was there before.
    Stopped,
    /// Ended by a failure; sinks left what was there before, but for those that the error says have committed.
    Failed(EngineError),
}

impl JobStatus {
    /// Whether the job has ended, one way or another.
    pub fn is_over(&self) -> bool {
        matches!(self, JobStatus::Finished | JobStatus::Stopped | JobStatus::Failed(_))
    }
}

/// A running job. Dropping the handle stops the job.
pub struct JobHandle {
    shared: Arc<Shared>,
    supervisor: Option<thread::JoinHandle<()>>,
}

struct Shared {
    replay: Arc<Replay>,
    started: Instant,
    ended: Mutex<Option<(JobStatus, Duration)>>,
    over: Condvar,
    nodes: Vec<(NodeId, Arc<NodeGauge>)>,
    edges: Vec<(EdgeId, Arc<EdgeGauge>)>,
    // Between the halves of nodes.
    between: Vec<(NodeId, Arc<EdgeGauge>)>,
    tables: BTreeMap<NodeId, Arc<ResultTable>>,
    mailboxes: Vec<Sender<StreamElement>>,
}

/// What a task says when it has ended.
type TaskEnd = Result<Vec<(NodeId, Box<dyn Sink>)>, Stop>;

impl JobHandle {
    /// Starts a checked flow.
    ///
    /// # Errors
    /// If a node cannot be made, or the machine gives no thread. Nothing runs then.
    pub fn start(graph: &LogicalGraph, config: &JobConfig) -> Result<JobHandle> {
        let config = config.within_limits();
        let physical = PhysicalGraph::plan(graph, config.parallelism, config.uses_statistics)?;
        let built = Builder::new(graph, &physical, &config)?.build()?;
        let n_tasks = built.operators.len() + built.sources.len();
        let (report, reports) = bounded(n_tasks);
        let shared = Arc::new(built.shared);
        for task in built.sources {
            let name = task.node.clone();
            spawn(&name, 0, &report, &shared, move || task.run().map(Chain::into_sinks))?;
        }
        for task in built.operators {
            let name = task.node.clone();
            spawn(&name, task.subtask, &report, &shared, move || task.run())?;
        }
        drop(report);
        let supervised = Arc::clone(&shared);
        let supervisor = thread::Builder::new()
            .name("tm-job".to_owned())
            .spawn(move || {
                // Whoever waits for the job must not wait for ever because of a fault of ours.
                if catch_unwind(AssertUnwindSafe(|| supervise(&supervised, &reports, n_tasks))).is_err() {
                    supervised.cancel();
                    supervised.end(JobStatus::Failed(EngineError::internal("ending the job panicked")));
                }
            })
            .map_err(|error| EngineError::machine("no thread could be started").because(error))?;
        Ok(JobHandle { shared, supervisor: Some(supervisor) })
    }

    /// Stops reading. Rows on their way still arrive.
    pub fn pause(&self) {
        self.shared.replay.pause(None);
    }

    /// Goes on reading.
    pub fn resume(&self) {
        self.shared.replay.resume();
    }

    /// Pauses, and reads the next `n_rows` records in arrival order.
    pub fn step(&self, n_rows: u64) {
        self.shared.replay.step(n_rows);
    }

    /// Changes the speed from now on.
    pub fn set_speed(&self, speed: Speed) {
        self.shared.replay.set_speed(speed);
    }

    /// Ends the job soon, without its result. Use [`JobHandle::wait`] to see it ended.
    pub fn stop(&self) {
        self.shared.cancel();
    }

    /// What the job is doing.
    pub fn status(&self) -> JobStatus {
        if let Some((status, _)) = &*self.shared.lock() {
            return status.clone();
        }
        self.shared.replay.is_paused().map_or(JobStatus::Running, JobStatus::Paused)
    }

    /// Waits until the job has ended.
    pub fn wait(&self) -> JobStatus {
        let mut ended = self.shared.lock();
        loop {
            if let Some((status, _)) = &*ended {
                return status.clone();
            }
            ended = self.shared.over.wait(ended).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// As [`JobHandle::wait`], but not longer than `timeout`; `None` if the job goes on.
    pub fn wait_for(&self, timeout: Duration) -> Option<JobStatus> {
        let ended = self.shared.lock();
        let (ended, _) = self
            .shared
            .over
            .wait_timeout_while(ended, timeout, |ended| ended.is_none())
            .unwrap_or_else(PoisonError::into_inner);
        ended.as_ref().map(|(status, _)| status.clone())
    }

    /// All figures at this moment. Reads counters only; never waits for a task.
    pub fn snapshot(&self) -> JobSnapshot {
        let elapsed = self
            .shared
            .lock()
            .as_ref()
            .map_or_else(|| self.shared.started.elapsed(), |(_, elapsed)| *elapsed);
        JobSnapshot {
            status: self.status(),
            speed: self.shared.replay.speed(),
            clock_millis: self.shared.replay.clock_millis(),
            elapsed,
            nodes: self.shared.nodes.iter().map(|(id, gauge)| gauge.snapshot(id)).collect(),
            edges: self.shared.edges.iter().map(|(id, gauge)| gauge.snapshot(id)).collect(),
        }
    }

    /// The newest rows of an edge; `None` if there is no such edge. There are none where the job [does not keep them](JobConfig::keeps_newest)
    /// or they [may not be whole](JobConfig::uses_statistics).
    ///
    /// Together they hold the 1,000 rows that stand last by position, once so many have passed and unless they are very large.
    /// Sorted by position without changing the order of equals, they are in the order of the stream.
    pub fn newest_rows(&self, edge: &EdgeId) -> Option<NewestRows> {
        self.shared.gauge(edge).map(EdgeGauge::newest)
    }

    /// How many rows [`JobHandle::newest_rows`] would say that there have been: if as many as before, it would give the same rows.
    pub fn n_noted_rows(&self, edge: &EdgeId) -> Option<u64> {
        self.shared.gauge(edge).map(EdgeGauge::n_noted)
    }

    /// The rows that a table sink keeps.
    pub fn table(&self, node: &NodeId) -> Option<&Arc<ResultTable>> {
        self.shared.tables.get(node)
    }
}

impl Drop for JobHandle {
    fn drop(&mut self) {
        self.shared.cancel();
        if let Some(supervisor) = self.supervisor.take() {
            // A supervisor that panicked has said so in the log; there is nobody left to tell.
            let _ = supervisor.join();
        }
    }
}

impl Shared {
    fn gauge(&self, edge: &EdgeId) -> Option<&EdgeGauge> {
        self.edges.iter().find(|(id, _)| id == edge).map(|(_, gauge)| &**gauge)
    }

    fn lock(&self) -> MutexGuard<'_, Option<(JobStatus, Duration)>> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self, outcome: JobStatus) {
        *self.lock() = Some((outcome, self.started.elapsed()));
        self.over.notify_all();
    }

    fn cancel(&self) {
        self.replay.cancel();
        for mailbox in &self.mailboxes {
            mailbox.cancel();
        }
        for table in self.tables.values() {
            table.unfollow();
        }
    }
}

fn spawn(
    node: &NodeId,
    subtask: usize,
    report: &Report<TaskEnd>,
    shared: &Arc<Shared>,
    run: impl FnOnce() -> TaskEnd + Send + 'static,
) -> Result<()> {
    let report = report.clone();
    let at = node.clone();
    thread::Builder::new()
        .name(format!("tm-{node}-{subtask}"))
        .spawn(move || {
            let end = catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
                Err(Stop::Failed(
                    EngineError::internal("the task panicked").because(panic_text(&*panic)).at(&at),
                ))
            });
            // The supervisor waits for every task, so it is there.
            let _ = report.send(end);
        })
        .map(|_| ())
        .map_err(|error| {
            shared.cancel();
            EngineError::machine("no thread could be started").because(error).at(node)
        })
}

/// Waits for all tasks and ends the job: commits every sink if all went well, else none.
fn supervise(shared: &Shared, reports: &Reports<TaskEnd>, n_tasks: usize) {
    let mut sinks = Vec::new();
    let mut outcome = JobStatus::Finished;
    for end in reports.iter().take(n_tasks) {
        match end {
            Ok(of_task) => sinks.extend(of_task),
            Err(Stop::Cancelled) => {
                if matches!(outcome, JobStatus::Finished) {
                    outcome = JobStatus::Stopped;
                }
            }
            Err(Stop::Failed(error)) => {
                tracing::error!(%error, "the job has failed");
                if !matches!(outcome, JobStatus::Failed(_)) {
                    outcome = JobStatus::Failed(error);
                }
                shared.cancel();
            }
        }
    }
    if matches!(outcome, JobStatus::Finished)
        && let Err(error) = accounts_balance(shared).and_then(|()| commit(&mut sinks))
    {
        outcome = JobStatus::Failed(error);
    }
    if !matches!(outcome, JobStatus::Finished) {
        for (_, sink) in &mut sinks {
            sink.abort();
        }
    }
    shared.end(outcome);
}

/// The conservation law at the end of a run, over the figures as they stand.
fn accounts_balance(shared: &Shared) -> Result<()> {
    let nodes: Vec<_> =
        shared.nodes.iter().map(|(id, gauge)| (id.clone(), gauge.counters.account())).collect();
    let edges: Vec<_> = shared.edges.iter().map(|(id, gauge)| (id.clone(), gauge.account())).collect();
    balance(&nodes, &edges)?;
    let between: Vec<_> = shared.between.iter().map(|(id, gauge)| (id.clone(), gauge.account())).collect();
    balance_halves(&between)
}

/// The end of a run as [`Sink`] describes it. Which sinks come first does not depend on which tasks did.
fn commit(sinks: &mut [(NodeId, Box<dyn Sink>)]) -> Result<()> {
    sinks.sort_by(|(a, _), (b, _)| a.cmp(b));
    for (node, sink) in sinks.iter_mut() {
        sink.prepare_commit().map_err(|error| error.at(node))?;
    }
    for (node, sink) in sinks.iter_mut() {
        sink.check_commit().map_err(|error| error.at(node))?;
    }
    let mut committed: Vec<String> = Vec::new();
    for (node, sink) in sinks.iter_mut() {
        sink.commit().map_err(|error| {
            let error = error.at(node);
            if committed.is_empty() {
                return error;
            }
            error.with(format_args!("{} had committed before", committed.join(", ")))
        })?;
        committed.push(format!("`{node}`"));
    }
    Ok(())
}

/// A task that takes elements from other tasks.
struct OperatorTask {
    node: NodeId,
    subtask: usize,
    gate: Gate,
    chain: Chain,
}

impl OperatorTask {
    fn run(mut self) -> TaskEnd {
        let result = self.work();
        let mut sinks = self.chain.into_sinks();
        match result {
            Ok(()) => Ok(sinks),
            Err(stop) => {
                for (_, sink) in &mut sinks {
                    sink.abort();
                }
                Err(stop)
            }
        }
    }

    fn work(&mut self) -> Result<(), Stop> {
        loop {
            let element = self.gate.next()?.map_err(|error| Stop::Failed(error.at(&self.node)))?;
            let is_end = matches!(element, StreamElement::End(_));
            self.chain.push(0, 0, &element)?;
            if is_end {
                return Ok(());
            }
        }
    }
}

struct Built {
    shared: Shared,
    sources: Vec<SourceTask>,
    operators: Vec<OperatorTask>,
}

/// Makes tasks, channels and gauges from a physical graph.
struct Builder<'a> {
    graph: &'a LogicalGraph,
    physical: &'a PhysicalGraph,
    config: &'a JobConfig,
    nodes: Vec<Arc<NodeGauge>>,
    edges: Vec<Arc<EdgeGauge>>,
    // Between the halves of nodes that run in two.
    between: BTreeMap<usize, Arc<EdgeGauge>>,
    tables: BTreeMap<NodeId, Arc<ResultTable>>,
    // For every task and subtask, its receiver and the senders into it, by channel.
    receivers: Vec<Vec<Option<Receiver<StreamElement>>>>,
    senders: Vec<Vec<Vec<Sender<StreamElement>>>>,
}

impl<'a> Builder<'a> {
    fn new(
        graph: &'a LogicalGraph,
        physical: &'a PhysicalGraph,
        config: &'a JobConfig,
    ) -> Result<Builder<'a>> {
        let mut receivers = Vec::new();
        let mut senders = Vec::new();
        for task in &physical.tasks {
            let capacities = physical.capacities(task, config.mailbox);
            let (into, from): (Vec<_>, Vec<_>) = (0..task.parallelism).map(|_| mailbox(&capacities)).unzip();
            senders.push(into);
            receivers.push(from.into_iter().map(Some).collect());
        }
        let parallelism = |task: usize| physical.tasks[task].parallelism;
        let nodes = graph
            .nodes
            .iter()
            .enumerate()
            .map(|(idx, node)| {
                let place = physical.places[idx];
                let n_local = place.local.map_or(0, parallelism);
                Arc::new(NodeGauge::new(node.plan.outputs.len(), parallelism(place.main), n_local))
            })
            .collect();
        let edges = graph
            .edges
            .iter()
            .zip(&physical.edge_types)
            .enumerate()
            .map(|(idx, (edge, edge_type))| {
                let sender = physical.places[edge.from.node].sender(edge.from.port);
                let is_whole = physical.pushed.iter().all(|pushed| !pushed.edges.contains(&idx));
                let gauge = if config.keeps_newest && is_whole { EdgeGauge::new } else { EdgeGauge::hidden };
                Arc::new(gauge(Arc::clone(edge_type), parallelism(sender)))
            })
            .collect();
        let mut between = BTreeMap::new();
        for (idx, node) in graph.nodes.iter().enumerate() {
            if let (Some(Runs::Operator(plan)), Some(sender)) = (&node.plan.runs, physical.places[idx].local)
                && let Some(local) = &plan.local
            {
                let gauge = EdgeGauge::hidden(Arc::clone(&local.partial), parallelism(sender));
                between.insert(idx, Arc::new(gauge));
            }
        }
        let mut tables = BTreeMap::new();
        for (idx, node) in graph.nodes.iter().enumerate() {
            let input = graph.edges.iter().position(|edge| edge.to.node == idx);
            if let (Some(Runs::Sink(_)), Some(input)) = (&node.plan.runs, input) {
                let edge_type = Arc::clone(&physical.edge_types[input]);
                tables.insert(node.id.clone(), Arc::new(ResultTable::new(edge_type, 10_000)));
            }
        }
        Ok(Builder { graph, physical, config, nodes, edges, between, tables, receivers, senders })
    }

    fn build(mut self) -> Result<Built> {
        let n_sources =
            self.graph.nodes.iter().filter(|node| matches!(node.plan.runs, Some(Runs::Source(_)))).count();
        let replay = Arc::new(Replay::new(n_sources, self.config.speed, self.config.paused));
        let pool = DecodePool::start(self.config.parallelism)?;
        let mut sources = Vec::new();
        let mut operators = Vec::new();
        let batch_rows = self.config.batch_rows;
        for (number, task) in self.physical.tasks.iter().enumerate() {
            for subtask in 0..task.parallelism {
                let chain = self.chain(number, task, subtask)?;
                let head = &self.graph.nodes[task.steps[0].node];
                if let Some(Runs::Source(plan)) = &head.plan.runs {
                    let mut plan = plan.clone();
                    let pushed = &self.physical.pushed;
                    if let Some(pushed) = pushed.iter().find(|pushed| pushed.node == task.steps[0].node) {
                        plan.source = Arc::clone(&pushed.source);
                    }
                    sources.push(SourceTask {
                        node: head.id.clone(),
                        number: sources.len(),
                        plan,
                        chain,
                        pool: pool.clone(),
                        replay: Arc::clone(&replay),
                        batch_rows,
                        last_arrival: None,
                    });
                    continue;
                }
                let lanes = self.physical.lanes(task);
                let gauges: Vec<Arc<EdgeGauge>> =
                    task.inputs.iter().filter_map(|inlet| self.gauge(inlet.via)).collect();
                let (Some(receiver), Some(first)) = (self.receivers[number][subtask].take(), gauges.first())
                else {
                    return Err(EngineError::flow("nothing is connected to its input").at(&head.id));
                };
                let edge = Arc::clone(&first.edge);
                let edges = task.inputs.iter().zip(gauges).flat_map(|(inlet, gauge)| {
                    std::iter::repeat_n(gauge, self.physical.tasks[inlet.from].parallelism)
                });
                let gate = Gate::new(receiver, lanes, edges.collect(), edge);
                operators.push(OperatorTask { node: head.id.clone(), subtask, gate, chain });
            }
        }
        let ids = |nodes: &[Arc<NodeGauge>]| {
            self.graph.nodes.iter().map(|node| node.id.clone()).zip(nodes.iter().cloned()).collect::<Vec<_>>()
        };
        let shared = Shared {
            replay,
            started: Instant::now(),
            ended: Mutex::new(None),
            over: Condvar::new(),
            nodes: ids(&self.nodes),
            edges: self
                .graph
                .edges
                .iter()
                .map(|edge| edge.id.clone())
                .zip(self.edges.iter().cloned())
                .collect(),
            between: self
                .between
                .iter()
                .map(|(node, gauge)| (self.graph.nodes[*node].id.clone(), Arc::clone(gauge)))
                .collect(),
            tables: self.tables,
            mailboxes: self
                .senders
                .into_iter()
                .flatten()
                .filter_map(|channels| channels.into_iter().next())
                .collect(),
        };
        Ok(Built { shared, sources, operators })
    }

    fn chain(&self, number: usize, task: &Task, subtask: usize) -> Result<Chain> {
        let mut exchanges = Vec::new();
        let mut links = Vec::new();
        for step in &task.steps {
            let node = &self.graph.nodes[step.node];
            let mut ports: Vec<Port> = Vec::new();
            for output in &node.plan.outputs {
                let Some(edge) = output else {
                    return Err(EngineError::flow("the type of an output is not known").at(&node.id));
                };
                ports.push(Port { edge: Arc::clone(edge), routes: Vec::new() });
            }
            let mut leave = |via: Via, gauge: Arc<EdgeGauge>| -> Result<Route> {
                let exchange = self.exchange(via, subtask)?;
                gauge.watch(exchange.senders());
                exchanges.push(exchange);
                let target = Target::Exchange(exchanges.len() - 1);
                Ok(Route { target, gauge })
            };
            if step.half == Half::Local
                && let Some(gauge) = self.between.get(&step.node)
            {
                ports[0].routes.push(leave(Via::Halves(step.node), Arc::clone(gauge))?);
                ports[0].edge = Arc::clone(&gauge.edge);
            }
            for (edge_idx, edge) in self.graph.edges.iter().enumerate() {
                let from = edge.from.node == step.node;
                let place = self.physical.places[step.node];
                if !from || place.sender(edge.from.port) != number {
                    continue;
                }
                let gauge = Arc::clone(&self.edges[edge_idx]);
                let to = self.physical.places[edge.to.node];
                let link = task.steps.iter().position(|step| step.node == edge.to.node);
                let route = match link.filter(|_| to.receiver() == number) {
                    Some(link) => Route { target: Target::Link { link, input: edge.to.port }, gauge },
                    None => leave(Via::Edge(edge_idx), gauge)?,
                };
                ports[edge.from.port].routes.push(route);
            }
            let gauge = Arc::clone(&self.nodes[step.node]);
            let body = self.body(*step, subtask, task, &gauge).map_err(|error| error.at(&node.id))?;
            let inlet = self.graph.edges.iter().position(|edge| edge.to.node == step.node);
            let inlet = inlet.filter(|_| !links.is_empty()).map(|edge| Arc::clone(&self.edges[edge]));
            links.push(Link { node: node.id.clone(), half: step.half, body, gauge, inlet, ports });
        }
        Ok(Chain::new(links, exchanges, subtask))
    }

    /// The gauge of what leads from one task to another.
    fn gauge(&self, via: Via) -> Option<Arc<EdgeGauge>> {
        match via {
            Via::Edge(edge) => self.edges.get(edge).cloned(),
            Via::Halves(node) => self.between.get(&node).cloned(),
        }
    }

    fn body(&self, step: Step, subtask: usize, task: &Task, gauge: &Arc<NodeGauge>) -> Result<Body> {
        let node = &self.graph.nodes[step.node];
        let outputs: Vec<Arc<EdgeType>> = node.plan.outputs.iter().flatten().cloned().collect();
        let counters = Arc::clone(&gauge.counters);
        Ok(match &node.plan.runs {
            None => return Err(EngineError::flow("the node cannot run yet")),
            Some(Runs::Source(_)) => Body::Source,
            Some(Runs::Watermarks(plan)) => {
                Body::Watermarks(WatermarkAssigner::new(plan.clone(), Arc::clone(&outputs[0]), counters))
            }
            Some(Runs::Operator(plan)) => {
                let parallelism = task.parallelism;
                let context =
                    OperatorContext { node: node.id.clone(), subtask, parallelism, outputs, counters };
                let make = match (step.half, &plan.local) {
                    (Half::Local, Some(local)) => &local.make,
                    (Half::Final, Some(local)) => &local.make_final,
                    _ => &plan.make,
                };
                let operator = make(&context)?;
                let cuts: Cuts = operator.cuts();
                let piece_rows = if task.is_read_in_turn() { usize::MAX } else { PIECE_ROWS };
                Body::Operator { operator, cuts, piece_rows, reached: Position::MIN }
            }
            Some(Runs::Sink(plan)) => {
                let Some(table) = self.tables.get(&node.id) else {
                    return Err(EngineError::flow("nothing is connected to its input"));
                };
                Body::Sink((plan.make)(&SinkContext { table: Arc::clone(table), counters })?)
            }
        })
    }

    /// The exchange by which subtask `subtask` sends to another task.
    fn exchange(&self, via: Via, subtask: usize) -> Result<Exchange> {
        let to = match via {
            Via::Edge(edge) => self.physical.places[self.graph.edges[edge].to.node].receiver(),
            Via::Halves(node) => self.physical.places[node].main,
        };
        let mut first_channel = 0;
        for inlet in &self.physical.tasks[to].inputs {
            if inlet.via == via {
                let targets =
                    self.senders[to].iter().map(|channels| channels[first_channel + subtask].clone());
                return Ok(Exchange::new(targets.collect(), inlet.routing.clone()));
            }
            first_channel += self.physical.tasks[inlet.from].parallelism;
        }
        Err(EngineError::internal("an edge leads to a task that does not know it"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Batch;

    /// A sink that fails in one of its rounds, and notes in what order sinks are called.
    struct Failing {
        name: &'static str,
        fails_in: &'static str,
        calls: Arc<Mutex<Vec<String>>>,
    }

    impl Failing {
        fn call(&self, round: &str) -> Result<()> {
            self.calls.lock().expect("no panic").push(format!("{round} {}", self.name));
            if self.fails_in == round {
                Err(EngineError::machine("no room").because("the disk"))
            } else {
                Ok(())
            }
        }
    }

    impl Sink for Failing {
        fn write(&mut self, _: &Batch) -> Result<()> {
            self.call("write")
        }

        fn prepare_commit(&mut self) -> Result<()> {
            self.call("prepare")
        }

        fn check_commit(&mut self) -> Result<()> {
            self.call("check")
        }

        fn commit(&mut self) -> Result<()> {
            self.call("commit")
        }

        fn abort(&mut self) {}
    }

    /// What three sinks are asked when the last of them fails in `round`, and with which error it ends.
    fn calls(round: &'static str) -> (Vec<String>, Option<String>) {
        let calls = Arc::default();
        let sink = |name, fails_in| {
            let sink = Failing { name, fails_in, calls: Arc::clone(&calls) };
            (NodeId::new(name), Box::new(sink) as Box<dyn Sink>)
        };
        // As their tasks happened to end.
        let mut sinks = [sink("c", round), sink("a", ""), sink("b", "")];
        let error = commit(&mut sinks).err().map(|error| error.to_string());
        let calls = calls.lock().expect("no panic").clone();
        (calls, error)
    }

    const PREPARED: [&str; 3] = ["prepare a", "prepare b", "prepare c"];
    const CHECKED: [&str; 3] = ["check a", "check b", "check c"];

    #[test]
    fn no_sink_commits_before_all_are_prepared_and_checked() {
        let error = Some("`c`: no room: the disk".to_owned());
        assert_eq!(calls("prepare"), (PREPARED.map(str::to_owned).to_vec(), error.clone()));
        assert_eq!(
            calls("check"),
            ([PREPARED, CHECKED].concat().iter().map(|call| (*call).to_owned()).collect(), error)
        );
    }

    #[test]
    fn a_commit_that_fails_after_others_names_them() {
        let (calls, error) = calls("commit");
        assert_eq!(calls, [PREPARED, CHECKED, ["commit a", "commit b", "commit c"]].concat());
        assert_eq!(error.as_deref(), Some("`c`: no room; `a`, `b` had committed before: the disk"));
    }

    #[test]
    fn what_a_job_is_asked_for_is_brought_within_its_limits() {
        let asked = |parallelism, batch_rows| {
            let config = JobConfig { parallelism, batch_rows, ..JobConfig::default() }.within_limits();
            (config.parallelism, config.batch_rows)
        };
        assert_eq!(asked(0, 0), (1, 1));
        assert_eq!(asked(1, 1), (1, 1));
        assert_eq!(asked(128, 1_048_576), (128, 1_048_576));
        assert_eq!(asked(129, 1_048_577), (128, 1_048_576));
        assert_eq!(asked(usize::MAX, usize::MAX), (128, 1_048_576));
    }
}
