//! Rows for all benches.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use polars::prelude::DataFrame;
use serde_json::Value;
use tidemark_engine::catalog;
use tidemark_engine::data::Schema;
use tidemark_engine::ids::NodeId;
use tidemark_engine::node::{FileAccess, PlanContext, Runs, SourcePlan, SplitOffset};

/// How many rows a batch has, as in a job.
pub const BATCH_ROWS: usize = 32_768;
/// How many rows are worked on where groups and keys may be very many.
pub const N_ROWS: usize = 32 * BATCH_ROWS;

/// A number below `n` that looks random and is the same in every run.
pub fn scattered(row: usize, n: usize) -> usize {
    ((row as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 24) as usize % n
}

/// The plan of a source whose files lie in `folder`, for the columns `used` or all.
pub fn source(kind: &str, params: &Value, folder: &Path, used: Option<&[&str]>) -> SourcePlan {
    let used: Option<BTreeSet<String>> = used.map(|names| names.iter().map(ToString::to_string).collect());
    let catalog = catalog::standard();
    let plan = catalog.get(kind).expect("a node type").plan(&PlanContext {
        node: &NodeId::new("source"),
        params: params.as_object().expect("parameters"),
        inputs: Vec::new(),
        used_columns: used.as_ref(),
        session_zone: "UTC",
        files: &FileAccess::new(folder, folder),
    });
    match plan.runs {
        Some(Runs::Source(plan)) => plan,
        _ => panic!("the source cannot run: {:?}", plan.diagnostics),
    }
}

/// Reads a source to its end and gives each batch to `take`.
pub fn read(plan: &SourcePlan, mut take: impl FnMut(DataFrame)) {
    for split in plan.source.splits().expect("splits") {
        let mut reader = plan.source.open(&split, SplitOffset::START).expect("a reader");
        while let Some(morsel) = reader.next(BATCH_ROWS).expect("a morsel") {
            take(morsel.decode().expect("rows").frame);
        }
    }
}

/// Bids of Nexmark in batches.
pub fn bids(n_events: u64) -> (Arc<Schema>, Vec<DataFrame>) {
    let params = serde_json::json!({ "table": "bid", "events": n_events });
    let plan = source("nexmark_source", &params, &std::env::temp_dir(), None);
    let mut frames = Vec::new();
    read(&plan, |frame| frames.push(frame));
    (plan.decoded, frames)
}
