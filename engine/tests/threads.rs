//! Sources decode on the caller's thread: reading starts no thread of Polars or rayon. A test of its own process, for tests that
//! share one may start such threads.

#![cfg(target_os = "linux")]

use std::path::Path;

use serde_json::json;
use tidemark_engine::catalog;
use tidemark_engine::ids::NodeId;
use tidemark_engine::node::{FileAccess, PlanContext, Runs, SplitOffset};

#[test]
fn reading_starts_no_thread() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sample-flows");
    for (kind, folder, params, n_expected) in [
        ("parquet_source", "flight-delays", json!({ "path": "flights.parquet" }), 336_776),
        ("parquet_source", "../tests/data/parquet", json!({ "path": "nested-tiny-pages.parquet" }), 24),
        ("csv_source", "hello-window", json!({ "path": "orders.csv" }), 20),
        ("nexmark_source", "nexmark-bids", json!({}), 920_000),
        ("generator_source", "generated-sensors", json!({}), 100_000),
    ] {
        let folder = samples.join(folder);
        let catalog = catalog::standard();
        let plan = catalog.get(kind).expect("a node type").plan(&PlanContext {
            node: &NodeId::new("source"),
            params: params.as_object().expect("parameters"),
            inputs: Vec::new(),
            used_columns: None,
            session_zone: "UTC",
            files: &FileAccess::new(&folder, &folder),
        });
        let Some(Runs::Source(plan)) = plan.runs else { panic!("{:?}", plan.diagnostics) };
        let mut n_rows = 0;
        for split in plan.source.splits().expect("splits") {
            let mut reader = plan.source.open(&split, SplitOffset::START).expect("a reader");
            while let Some(morsel) = reader.next(65_536).expect("a morsel") {
                n_rows += morsel.decode().expect("rows").frame.height();
            }
        }
        assert_eq!(n_rows, n_expected);
    }
    // The test's own two: the harness and this one.
    let names: Vec<String> = std::fs::read_dir("/proc/self/task")
        .expect("threads")
        .map(|task| std::fs::read_to_string(task.expect("a thread").path().join("comm")).unwrap_or_default())
        .collect();
    assert!(names.len() <= 2, "{names:?}");
}
