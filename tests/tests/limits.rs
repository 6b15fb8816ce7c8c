//! Limits that flows and those who run them meet, on both sides. `docs/limits.md` lists all of them.

use std::path::Path;

use tidemark_engine::runtime::{JobConfig, JobStatus};
use tidemark_engine::sync::Capacity;
use tidemark_tests::{Pace, checked, run};

fn flow(size_millis: i64) -> String {
    format!(
        r#"{{"version": 1, "nodes": [
  {{"id": "rows", "kind": "csv_source", "params": {{"path": "rows.csv", "event_time": "ts"}}}},
  {{"id": "time", "kind": "watermarks", "params": {{}}}},
  {{"id": "window", "kind": "tumbling_window",
    "params": {{"size_millis": {size_millis}, "keys": ["id"], "aggregates": [{{"function": "count", "name": "n"}}]}}}},
  {{"id": "out", "kind": "table_sink", "params": {{}}}}
], "edges": [{{"from": "rows.out", "to": "time.in"}}, {{"from": "time.out", "to": "window.in"}}, {{"from": "window.out", "to": "out.in"}}]}}"#
    )
}

fn write_rows(dir: &Path) {
    let rows = (0..200).map(|id| format!("{},2026-01-01 {:02}:{:02}:00\n", id % 9, id / 60, id % 60));
    std::fs::write(dir.join("rows.csv"), format!("id,ts\n{}", rows.collect::<String>())).expect("a file");
}

#[test]
fn a_window_is_a_millisecond_to_ten_years_long() {
    let dir = tempfile::tempdir().expect("a folder");
    write_rows(dir.path());
    let ten_years = 10 * 31_557_600_000;
    for (size_millis, is_good) in [
        (i64::MIN, false),
        (0, false),
        (1, true),
        (ten_years, true),
        (ten_years + 1, false),
        (i64::MAX, false),
    ] {
        let checked = checked(&flow(size_millis), dir.path());
        assert_eq!(checked.is_runnable(), is_good, "{size_millis}: {:?}", checked.diagnostics);
        let said = format!("a window of {size_millis} ms is not possible");
        let found = checked.errors().any(|error| error.code == "out-of-range" && error.message == said);
        assert_eq!(found, !is_good, "{:?}", checked.diagnostics);
    }
}

#[test]
fn a_job_is_held_to_its_limits_whatever_it_is_asked_for() {
    let dir = tempfile::tempdir().expect("a folder");
    write_rows(dir.path());
    let rows = |config: &JobConfig| {
        let outcome = run(&flow(60_000), dir.path(), config, Pace::Free);
        assert!(matches!(outcome.status, JobStatus::Finished), "{:?}", outcome.status);
        outcome.tables["out"].clone()
    };
    let usual = rows(&JobConfig { parallelism: 1, ..JobConfig::default() });
    assert!(usual.len() > 100);
    for (parallelism, batch_rows, items, bytes) in
        [(0, 0, 0, 0), (usize::MAX, usize::MAX, 4, 1 << 20), (2, 1, 1, 1)]
    {
        let mailbox = Capacity { items, bytes };
        let config = JobConfig { parallelism, batch_rows, mailbox, ..JobConfig::default() };
        assert_eq!(rows(&config), usual, "{config:?}");
    }
}
