//! What the cross-crate tests share: running a flow from its JSON text, and a reference that works row by row.

pub mod disorder;
pub mod fuzz;
pub mod reference;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use tidemark_engine::catalog;
use tidemark_engine::data::Value;
use tidemark_engine::graph::{CheckContext, Checked, FlowDocument, check};
use tidemark_engine::ids::NodeId;
use tidemark_engine::node::{Catalog, FileAccess, RowAccount};
use tidemark_engine::runtime::{EdgeSnapshot, JobConfig, JobHandle, JobStatus, Speed};
use tidemark_engine::sync::Capacity;

/// What a run gave: the rows of every table sink as lines of comma-separated text, and every node's counters.
#[derive(Debug)]
pub struct Outcome {
    /// How the run ended.
    pub status: JobStatus,
    /// The rows of each table sink, in the order in which they came.
    pub tables: BTreeMap<String, Vec<String>>,
    /// What became of the rows of each node.
    pub accounts: BTreeMap<String, RowAccount>,
    /// The rows that passed each edge, and the time of the last watermark.
    pub edges: BTreeMap<String, (u64, Option<i64>)>,
}

/// How the rows are let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// As the configuration says.
    Free,
    /// Paused, and stepped by this many records at a time.
    Stepped(u64),
    /// Paused, stepped, resumed and set to other speeds at random, from this seed.
    Meddled(u64),
}

/// A few schedules that differ in everything: for flows whose shape is the question.
pub fn some_schedules() -> impl Iterator<Item = (JobConfig, Pace)> {
    let cells = [
        (1, 64, 64, Pace::Free),
        (2, 8192, 2, Pace::Free),
        (3, 1, 1, Pace::Free),
        (8, 64, 2, Pace::Stepped(701)),
        (2, 64, 1, Pace::Meddled(7)),
    ];
    cells.into_iter().map(|(parallelism, batch_rows, items, pace)| {
        let mailbox = Capacity { items, ..Capacity::default() };
        // Slow enough that there is something to meddle with.
        let speed = if let Pace::Meddled(_) = pace { Speed::Factor(4_000.0) } else { Speed::Maximum };
        (JobConfig { parallelism, batch_rows, mailbox, speed, ..JobConfig::default() }, pace)
    })
}

/// Reads and checks a flow that lies in `dir`, given as JSON text.
///
/// # Panics
/// If the text is no flow.
pub fn checked(flow: &str, dir: &Path) -> Checked {
    checked_with(flow, dir, &catalog::standard())
}

/// As [`checked`], with node types of the test's own.
///
/// # Panics
/// If the text is no flow.
pub fn checked_with(flow: &str, dir: &Path, catalog: &Catalog) -> Checked {
    let document = FlowDocument::from_json(flow.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{flow}"));
    let files = FileAccess::new(dir, dir);
    check(&document, catalog, &CheckContext { files: &files, set: BTreeMap::new() })
}

/// Runs a flow that lies in `dir`, given as JSON text, to its end.
///
/// # Panics
/// If the flow has errors or does not end within two minutes.
pub fn run(flow: &str, dir: &Path, config: &JobConfig, pace: Pace) -> Outcome {
    let checked = checked(flow, dir);
    assert!(checked.is_runnable(), "{:#?}", checked.diagnostics);
    let config = JobConfig { paused: true, ..config.clone() };
    let job = JobHandle::start(&checked.graph, &config).unwrap_or_else(|error| panic!("{error}"));
    let sinks: Vec<NodeId> = checked
        .graph
        .nodes
        .iter()
        .filter(|node| node.kind == "table_sink")
        .map(|node| node.id.clone())
        .collect();
    for sink in &sinks {
        job.table(sink).expect("every sink has a table").set_max_rows(usize::MAX);
    }
    let sources: Vec<usize> = (0..checked.graph.nodes.len())
        .filter(|idx| checked.graph.nodes[*idx].spec.inputs.is_empty())
        .collect();
    let deadline = Instant::now() + Duration::from_secs(120);
    let read = || -> u64 { sources.iter().map(|idx| job.snapshot().nodes[*idx].account.rows_in).sum() };
    let mut target = 0;
    if pace == Pace::Free {
        job.resume();
    }
    let mut dice = Dice(if let Pace::Meddled(seed) = pace { seed } else { 0 });
    let status = loop {
        if let Pace::Stepped(n_rows) = pace
            && read() >= target
        {
            target += n_rows;
            job.step(n_rows);
        }
        let patience = match pace {
            Pace::Free => 20_000,
            Pace::Stepped(_) => 100,
            Pace::Meddled(_) => dice.meddle(&job),
        };
        if let Some(status) = job.wait_for(Duration::from_micros(patience)) {
            break status;
        }
        assert!(Instant::now() < deadline, "the run hangs: {:#?}", job.snapshot());
    };
    let tables = sinks
        .iter()
        .map(|sink| {
            let table = job.table(sink).expect("every sink has a table");
            let fields = table.edge().schema.fields();
            let mut lines = Vec::new();
            for batch in table.batches().0 {
                for row in 0..batch.n_rows() {
                    let values = fields.iter().enumerate();
                    let values = values
                        .map(|(idx, field)| Value::at(batch.column(idx), &field.data_type, row).to_string());
                    lines.push(values.collect::<Vec<_>>().join(","));
                }
            }
            (sink.to_string(), lines)
        })
        .collect();
    let snapshot = job.snapshot();
    let accounts = snapshot.nodes.iter().map(|node| (node.id.to_string(), node.account)).collect();
    let of_edge = |edge: &EdgeSnapshot| {
        (format!("{} {}", edge.id.from, edge.id.to), (edge.rows, edge.watermark.time()))
    };
    let edges = snapshot.edges.iter().map(of_edge).collect();
    Outcome { status, tables, accounts, edges }
}

/// Random numbers from a seed (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    /// Does something to the job, and says for how many microseconds to leave it alone.
    fn meddle(&mut self, job: &JobHandle) -> u64 {
        match self.below(5) {
            0 => job.pause(),
            1 => job.step(1 + self.below(300)),
            2 => job.set_speed(Speed::Factor(2_000.0 + self.below(4_000) as f64)),
            _ => job.resume(),
        }
        self.below(2_000)
    }
}

/// The lines, sorted: for comparing rows as a multiset.
pub fn sorted(lines: &[String]) -> Vec<String> {
    let mut lines = lines.to_vec();
    lines.sort();
    lines
}

/// The first field of a line.
pub fn key(line: &str) -> &str {
    line.split(',').next().unwrap_or_default()
}

/// The lines of each key in their order.
pub fn by_key(lines: &[String]) -> Vec<String> {
    let mut lines = lines.to_vec();
    lines.sort_by(|a, b| key(a).cmp(key(b)));
    lines
}

/// Compares lines, and names the first that differs.
///
/// # Panics
/// If there is one.
pub fn assert_lines(actual: &[String], expected: &[String], what: &str) {
    let differs = actual.iter().zip(expected).position(|(a, b)| a != b);
    let at = differs.unwrap_or(actual.len().min(expected.len()));
    assert!(
        differs.is_none() && actual.len() == expected.len(),
        "{what}: {} lines, {} expected; line {at} is\n  {:?}, expected\n  {:?}",
        actual.len(),
        expected.len(),
        actual.get(at),
        expected.get(at)
    );
}
