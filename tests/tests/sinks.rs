//! The sinks of a run commit together or not at all, and what they write is the same at any schedule.

use std::collections::BTreeMap;
use std::path::Path;

use tidemark_engine::ids::NodeId;
use tidemark_engine::runtime::{JobConfig, JobHandle, JobStatus};
use tidemark_tests::{Pace, checked, run};

/// One source into two files.
const FLOW: &str = r#"{"version": 1, "nodes": [
  {"id": "rows", "kind": "csv_source", "params": {"path": "rows.csv"}},
  {"id": "first", "kind": "csv_sink", "params": {"path": "out/first.csv"}},
  {"id": "second", "kind": "csv_sink", "params": {"path": "out/second.csv"}}
], "edges": [{"from": "rows.out", "to": "first.in"}, {"from": "rows.out", "to": "second.in"}]}"#;

fn listing(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn no_file_appears_if_another_sinks_target_was_taken_during_the_run() {
    for taken in ["first", "second"] {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::write(dir.path().join("rows.csv"), "id\n1\n2\n").expect("a writable folder");
        let checked = checked(FLOW, dir.path());
        assert!(checked.is_runnable(), "{:#?}", checked.diagnostics);
        let job = JobHandle::start(&checked.graph, &JobConfig { paused: true, ..JobConfig::default() })
            .expect("startable");
        let out = dir.path().join("out");
        let target = out.join(format!("{taken}.csv"));
        std::fs::write(&target, "mine").expect("a writable folder");
        job.resume();
        let JobStatus::Failed(error) = job.wait() else { panic!("the job must fail") };
        assert_eq!(error.node(), Some(&NodeId::new(taken)));
        assert!(error.message().contains("was not made by this flow"), "{error}");
        assert_eq!(listing(&out), [format!("{taken}.csv")], "neither the other file nor what was begun");
        assert_eq!(std::fs::read_to_string(&target).expect("a file"), "mine");
    }
}

#[test]
fn both_files_appear_at_the_end() {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(dir.path().join("rows.csv"), "id\n1\n2\n").expect("a writable folder");
    let job = JobHandle::start(&checked(FLOW, dir.path()).graph, &JobConfig::default()).expect("startable");
    assert!(matches!(job.wait(), JobStatus::Finished));
    for name in ["first.csv", "second.csv"] {
        let text = std::fs::read_to_string(dir.path().join("out").join(name)).expect("a file");
        assert_eq!(text, "id\n1\n2\n");
    }
}

/// Every kind of sink of files, whole and in parts, with a delay and without.
const FOLDERS: &str = r#"{"version": 1, "nodes": [
  {"id": "rows", "kind": "csv_source", "params": {"path": "disorder.csv", "event_time": "ts", "max_rejected_percent": 100.0,
    "schema": [{"name": "v", "type": "BIGINT"}, {"name": "ts", "type": "TIMESTAMP"}]}},
  {"id": "time", "kind": "watermarks", "params": {"bound_millis": 5000}},
  {"id": "some", "kind": "filter", "params": {"condition": "v IS NULL OR v % 7 <> 3"}},
  {"id": "csv", "kind": "csv_sink", "params": {"path": "csv", "compression": "gzip", "folder": {
    "part_rows": 97, "partition_columns": ["k"], "success_file": true}}},
  {"id": "minutes", "kind": "csv_sink", "params": {"path": "minutes", "folder": {
    "partition_time": "minute", "commit_delay_millis": 1000, "success_file": true}}},
  {"id": "ndjson", "kind": "ndjson_sink", "params": {"path": "ndjson", "compression": "zstd", "folder": {"part_bytes": 5000}}},
  {"id": "parquet", "kind": "parquet_sink", "params": {"path": "parquet", "row_group_rows": 50, "folder": {
    "partition_columns": ["k"], "partition_time": "hour", "part_rows": 500}}},
  {"id": "whole", "kind": "parquet_sink", "params": {"path": "whole.parquet", "row_group_rows": 300}}
], "edges": [
  {"from": "rows.out", "to": "time.in"}, {"from": "time.out", "to": "some.in"}, {"from": "some.out", "to": "csv.in"},
  {"from": "some.out", "to": "minutes.in"}, {"from": "some.out", "to": "ndjson.in"}, {"from": "some.out", "to": "parquet.in"},
  {"from": "some.out", "to": "whole.in"}
]}"#;

/// The files that a reader sees below a folder, with what they hold.
fn tree(folder: &Path, prefix: &str, into: &mut BTreeMap<String, Vec<u8>>) {
    for name in listing(folder).into_iter().filter(|name| !name.starts_with('.')) {
        let path = folder.join(&name);
        if path.is_dir() {
            tree(&path, &format!("{prefix}{name}/"), into);
        } else {
            into.insert(format!("{prefix}{name}"), std::fs::read(&path).expect("a file"));
        }
    }
}

#[test]
fn folders_are_the_same_byte_by_byte_at_any_schedule() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/disorder.csv");
    let mut first: Option<(BTreeMap<String, Vec<u8>>, u64, u64)> = None;
    for (parallelism, batch_rows) in [(1, 8192), (1, 1), (2, 97), (8, 8192), (8, 13)] {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::copy(&data, dir.path().join("disorder.csv")).expect("a writable folder");
        let config = JobConfig { parallelism, batch_rows, ..JobConfig::default() };
        let outcome = run(FOLDERS, dir.path(), &config, Pace::Free);
        assert!(matches!(outcome.status, JobStatus::Finished), "{:?}", outcome.status);
        let mut files = BTreeMap::new();
        tree(dir.path(), "", &mut files);
        let account = outcome.accounts["minutes"];
        let (late, used) = (account.late_assignments, account.used);
        let (expected, n_late, n_used) = first.get_or_insert_with(|| (files.clone(), late, used));
        assert_eq!(files.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
        for (name, bytes) in &files {
            assert!(
                expected[name] == *bytes,
                "{name} at parallelism {parallelism} in batches of {batch_rows}"
            );
        }
        assert_eq!((late, used), (*n_late, *n_used));
    }
    let (files, n_late, n_used) = first.expect("some runs");
    assert!(n_late > 0, "some rows come after their minute");
    let n_of = |prefix: &str| files.keys().filter(|name| name.starts_with(prefix)).count();
    assert!(
        n_of("csv/k=") > 5 && n_of("minutes/dt=") > 3 && n_of("ndjson/part-") > 2 && n_of("parquet/k=") > 5
    );

    // Each row is in one part, late or not.
    let parts = files.iter().filter(|(name, _)| name.starts_with("minutes/") && name.ends_with(".csv"));
    let n_lines: usize =
        parts.map(|(_, bytes)| bytes.iter().filter(|byte| **byte == b'\n').count() - 1).sum();
    assert_eq!(n_lines as u64, n_used);
}

#[test]
fn a_flow_that_writes_into_a_folder_it_reads_is_refused() {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(dir.path().join("out")).expect("a folder");
    std::fs::write(dir.path().join("out/rows.csv"), "id\n1\n").expect("a writable folder");
    let flow = r#"{"version": 1, "nodes": [
      {"id": "rows", "kind": "csv_source", "params": {"path": "out/rows.csv"}},
      {"id": "sink", "kind": "ndjson_sink", "params": {"path": "out", "folder": {"part_rows": 9}}}
    ], "edges": [{"from": "rows.out", "to": "sink.in"}]}"#;
    assert!(!checked(flow, dir.path()).is_runnable());
}

#[test]
fn two_sinks_do_not_write_into_one_folder() {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(dir.path().join("rows.csv"), "id\n1\n").expect("a writable folder");
    for (a, b) in [("out", "out"), ("out", "out/in"), ("out/in/further", "out")] {
        let flow = format!(
            r#"{{"version": 1, "nodes": [
              {{"id": "rows", "kind": "csv_source", "params": {{"path": "rows.csv"}}}},
              {{"id": "a", "kind": "ndjson_sink", "params": {{"path": "{a}", "folder": {{"part_rows": 9}}}}}},
              {{"id": "b", "kind": "parquet_sink", "params": {{"path": "{b}", "folder": {{"part_rows": 9}}}}}}
            ], "edges": [{{"from": "rows.out", "to": "a.in"}}, {{"from": "rows.out", "to": "b.in"}}]}}"#
        );
        let checked = checked(&flow, dir.path());
        let found: Vec<String> = checked.diagnostics.iter().map(ToString::to_string).collect();
        assert!(
            !checked.is_runnable() && found.iter().any(|found| found.contains("written-twice")),
            "{found:?}"
        );
    }
}
