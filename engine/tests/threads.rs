//! Sources decode on the caller's thread: reading starts no thread of Polars or rayon. A test of its own process, for tests that
//! share one may start such threads.

#![cfg(target_os = "linux")]

use std::path::Path;

use tidemark_engine::catalog;
use tidemark_engine::ids::NodeId;
use tidemark_engine::node::{FileAccess, PlanContext, Runs, SplitOffset};

#[test]
fn reading_starts_no_thread() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sample-flows");
    for (kind, folder, file, n_expected) in [
        ("parquet_source", "flight-delays", "flights.parquet", 336_776),
        ("parquet_source", "../tests/data/parquet", "nested-tiny-pages.parquet", 24),
        ("csv_source", "hello-window", "orders.csv", 20),
    ] {
        let folder = samples.join(folder);
        let params = serde_json::json!({ "path": file });
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
