//! What the cross-crate tests share: running a flow from its JSON text, and a reference that works row by row.

pub mod reference;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use tidemark_engine::catalog;
use tidemark_engine::data::Value;
use tidemark_engine::graph::{CheckContext, Checked, FlowDocument, check};
use tidemark_engine::ids::NodeId;
use tidemark_engine::node::{Catalog, FileAccess, RowAccount};
use tidemark_engine::runtime::{JobConfig, JobHandle, JobStatus};

/// What a run gave: the rows of every table sink as lines of comma-separated text, and every node's counters.
#[derive(Debug)]
pub struct Outcome {
    /// How the run ended.
    pub status: JobStatus,
    /// The rows of each table sink, in the order in which they came.
    pub tables: BTreeMap<String, Vec<String>>,
    /// What became of the rows of each node.
    pub accounts: BTreeMap<String, RowAccount>,
}

/// How the rows are let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// As the configuration says.
    Free,
    /// Paused, and stepped by this many records at a time.
    Stepped(u64),
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
    let status = loop {
        if let Pace::Stepped(n_rows) = pace
            && read() >= target
        {
            target += n_rows;
            job.step(n_rows);
        }
        if let Some(status) =
            job.wait_for(Duration::from_micros(if pace == Pace::Free { 20_000 } else { 100 }))
        {
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
    let accounts = job.snapshot().nodes.iter().map(|node| (node.id.to_string(), node.account)).collect();
    Outcome { status, tables, accounts }
}

/// The lines, sorted: for comparing rows as a multiset.
pub fn sorted(lines: &[String]) -> Vec<String> {
    let mut lines = lines.to_vec();
    lines.sort();
    lines
}
