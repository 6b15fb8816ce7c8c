//! One file, as somebody brings it: told, proposed, checked, and played to its end in a flow.

use std::fmt;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, Once, PoisonError};

use serde_json::{Map, json};
use tidemark_engine::catalog;
use tidemark_engine::data::DataType;
use tidemark_engine::error::{EngineError, Origin};
use tidemark_engine::graph::{CheckContext, FlowDocument, FlowNode, LogicalEdge, LogicalGraph, Point, check};
use tidemark_engine::ids::{EdgeId, NodeId, PortRef};
use tidemark_engine::node::FileAccess;
use tidemark_engine::probe::probe;
use tidemark_engine::runtime::{JobConfig, JobHandle, JobStatus};

use crate::Dice;

/// What became of a file that is handled well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was played to its end.
    Accepted {
        /// How many rows reached the table.
        rows: u64,
    },
    /// It was refused in a sentence, before the run or in it.
    Refused,
}

/// What must not become of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault(pub String);

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Panics in code of ours since the last look. Those of libraries on damaged bytes are caught by the reader that called them.
static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Notes panics from here on instead of printing them.
fn note_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|panic| {
            let Some(place) = panic.location() else { return };
            // Crates that we did not write have the number of a release in their folder.
            if place.file().starts_with('/') && place.file().contains("/registry/src/") {
                return;
            }
            if !place.file().starts_with("/rustc/") {
                PANICS.lock().unwrap_or_else(PoisonError::into_inner).push(panic.to_string());
            }
        }));
    });
}

/// Reads a file in every way in which a person would. `number` chooses the schedule and whether it is played twice.
///
/// # Errors
/// If something panicked, our own code broke a promise, the books do not balance, or another schedule gave another number of rows.
pub fn try_out(path: &Path, number: u64) -> Result<Outcome, Fault> {
    note_panics();
    let outcome = tried(path, number);
    let panics = std::mem::take(&mut *PANICS.lock().unwrap_or_else(PoisonError::into_inner));
    match panics.first() {
        Some(panic) => Err(Fault(format!("panic: {panic}"))),
        None => outcome,
    }
}

fn tried(path: &Path, number: u64) -> Result<Outcome, Fault> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let files = FileAccess::new(folder, folder);
    let catalog = catalog::standard();
    let mut doc = FlowDocument::default();
    match probe(path, &catalog, &files, &AtomicBool::new(false)) {
        Ok(proposal) => {
            let added = proposal.edit(&doc, Point::default()).apply(&mut doc);
            added.map_err(|error| Fault(format!("the proposal cannot be added: {error}")))?;
        }
        // What nobody would propose can still be asked for by hand.
        Err(error) => {
            ours(&error)?;
            by_hand(path, &mut doc);
        }
    }
    for node in doc.nodes.values_mut().filter(|node| node.kind.ends_with("_source")) {
        node.params.insert("max_rejected_percent".to_owned(), json!(100));
    }
    let mut checked = check(&doc, &catalog, &CheckContext::new(&files));
    // Every other file is read under a filter, so that what it says of its rows as a whole is looked at too.
    let uses_statistics = number % 2 == 1;
    if uses_statistics && put_filter(&checked.graph, number, &mut doc) {
        checked = check(&doc, &catalog, &CheckContext::new(&files));
    }
    if let Some(internal) = checked.errors().find(|error| error.code == "internal-error") {
        return Err(Fault(internal.to_string()));
    }
    if !checked.is_runnable() {
        return Ok(Outcome::Refused);
    }
    let mut dice = Dice(number);
    let mut play = || {
        let batch_rows = [3, 64, 1024, 32_768][dice.below(4) as usize];
        let parallelism = 1 + dice.below(3) as usize;
        let config = JobConfig { parallelism, batch_rows, uses_statistics, ..JobConfig::default() };
        match JobHandle::start(&checked.graph, &config) {
            Ok(job) => played(&job),
            Err(error) => ours(&error).map(|()| Outcome::Refused),
        }
    };
    let outcome = play()?;
    if number % 8 < 2 {
        let again = play()?;
        if again != outcome {
            return Err(Fault(format!("{outcome:?} at one schedule, {again:?} at another")));
        }
    }
    Ok(outcome)
}

fn by_hand(path: &Path, doc: &mut FlowDocument) {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let kind = ["csv", "ndjson", "parquet"].into_iter().find(|kind| name.contains(&format!(".{kind}")));
    let params = Map::from_iter([("path".to_owned(), json!(name))]);
    let source = FlowNode::new(format!("{}_source", kind.unwrap_or("csv")), params);
    let [from, to] = ["source", "table"].map(NodeId::new);
    doc.nodes.insert(from.clone(), source);
    doc.nodes.insert(to.clone(), FlowNode::new("table_sink", Map::new()));
    doc.edges.insert(EdgeId { from: PortRef::new(from, "out"), to: PortRef::new(to, "in") });
}

/// Puts a filter before the table, that of one of the columns that have an order; answers whether there is one.
fn put_filter(graph: &LogicalGraph, number: u64, doc: &mut FlowDocument) -> bool {
    let to_table = |edge: &&LogicalEdge| graph.nodes[edge.to.node].kind == "table_sink";
    let Some(edge) = graph.edges.iter().find(to_table) else { return false };
    let Some(edge_type) = &edge.edge_type else { return false };
    let conditions: Vec<String> = edge_type
        .schema
        .fields()
        .iter()
        .filter_map(|field| {
            let column = format!("`{}`", field.name.replace('`', "``"));
            let test = match field.data_type {
                DataType::Boolean => column.clone(),
                DataType::Int | DataType::BigInt => format!("{column} > {}", number % 100),
                DataType::String => format!("{column} >= 'k'"),
                DataType::Date => format!("{column} < DATE '2013-01-02'"),
                DataType::Timestamp => format!("{column} < TIMESTAMP '2013-01-02 00:00:00'"),
                _ => return None,
            };
            Some(if number.is_multiple_of(3) { format!("{column} IS NULL") } else { test })
        })
        .collect();
    let Some(condition) = conditions.get(number as usize / 2 % conditions.len().max(1)) else { return false };
    let params = Map::from_iter([("condition".to_owned(), json!(condition))]);
    let filter = NodeId::new("only");
    doc.nodes.insert(filter.clone(), FlowNode::new("filter", params));
    doc.edges.remove(&edge.id);
    let (from, to) = (edge.id.from.clone(), edge.id.to.clone());
    doc.edges.insert(EdgeId { from, to: PortRef::new(filter.clone(), "in") });
    doc.edges.insert(EdgeId { from: PortRef::new(filter, "out"), to });
    true
}

fn played(job: &JobHandle) -> Result<Outcome, Fault> {
    match job.wait() {
        JobStatus::Finished => {}
        JobStatus::Failed(error) => {
            ours(&error)?;
            return Ok(Outcome::Refused);
        }
        other => return Err(Fault(format!("the run ended as {other:?}"))),
    }
    let snapshot = job.snapshot();
    for node in &snapshot.nodes {
        node.account.check().map_err(|law| Fault(format!("`{}`: {law}", node.id)))?;
    }
    let table = snapshot.nodes.iter().find(|node| node.id.to_string().starts_with("table"));
    Ok(Outcome::Accepted { rows: table.map_or(0, |table| table.account.rows_in) })
}

/// Whether an error is no file's fault but ours.
fn ours(error: &EngineError) -> Result<(), Fault> {
    match error.origin() {
        Origin::Internal => Err(Fault(error.to_string())),
        _ => Ok(()),
    }
}
