//! Work is done on the runtime's own threads: Polars' pool, which belongs to the process and to nobody in it, is never started.

#![cfg(target_os = "linux")]

use std::path::Path;

use tidemark_engine::runtime::{JobConfig, JobStatus};
use tidemark_tests::{Pace, run};

fn thread_names() -> Vec<String> {
    let tasks = std::fs::read_dir("/proc/self/task").expect("Linux");
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.map(|name| name.trim().to_owned()).collect()
}

#[test]
fn a_run_starts_no_thread_that_outlives_it() {
    let before = thread_names().len();
    let flow = r#"{"version": 1, "nodes": [
  {"id": "read", "kind": "csv_source", "params": {"path": "disorder.csv", "event_time": "ts", "max_rejected_percent": 100.0,
    "schema": [{"name": "v", "type": "BIGINT"}, {"name": "ts", "type": "TIMESTAMP"}]}},
  {"id": "time", "kind": "watermarks", "params": {"bound_millis": 5000}},
  {"id": "compute", "kind": "select", "params": {"keep_others": true, "columns": [
    {"expression": "UPPER(k)", "name": "key"},
    {"expression": "CASE WHEN d > 0 THEN SQRT(d) ELSE ABS(COALESCE(d, 0.5)) END * 2", "name": "x"},
    {"expression": "CAST(id AS STRING) LIKE '%7' OR k IN ('amber', 'cedar')", "name": "y"}]}},
  {"id": "some", "kind": "filter", "params": {"condition": "x IS NOT NULL AND NOT y"}},
  {"id": "window", "kind": "tumbling_window", "params": {"size_millis": 10000, "keys": ["key"], "aggregates": [
    {"function": "sum", "column": "x"}, {"function": "min", "column": "k"}, {"function": "count_distinct", "column": "v"}]}},
  {"id": "out", "kind": "table_sink", "params": {}},
  {"id": "file", "kind": "parquet_sink", "params": {"path": "out.parquet", "row_group_rows": 100}},
  {"id": "parts", "kind": "csv_sink", "params": {"path": "parts", "compression": "zstd", "folder": {"partition_columns": ["k"]}}}
], "edges": [
  {"from": "read.out", "to": "time.in"}, {"from": "time.out", "to": "compute.in"}, {"from": "compute.out", "to": "some.in"},
  {"from": "some.out", "to": "window.in"}, {"from": "window.out", "to": "out.in"}, {"from": "window.out", "to": "file.in"}, {"from": "some.out", "to": "parts.in"}
]}"#;
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::copy(data.join("disorder.csv"), dir.path().join("disorder.csv")).expect("a writable folder");
    let outcome = run(flow, dir.path(), &JobConfig { parallelism: 3, ..JobConfig::default() }, Pace::Free);
    assert!(matches!(outcome.status, JobStatus::Finished), "{:?}", outcome.status);
    assert!(outcome.tables["out"].len() > 100);
    // Threads end a moment after the job does.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(5);
    while thread_names().len() > before && std::time::Instant::now() < deadline {
        std::thread::yield_now();
    }
    assert!(thread_names().len() <= before, "{:?}", thread_names());
}
