//! Rows of `generator_source` are the same at any schedule, whatever is asked for, and none is lost.

use serde_json::json;
use tidemark_engine::runtime::{JobConfig, JobStatus};
use tidemark_tests::{Pace, assert_lines, run, some_schedules};

/// Two generators in one stream, windows over it, and everything that falls out of it.
fn flow() -> String {
    let columns = json!([
        { "name": "key", "make": "keys", "keys": 5, "null_share": 0.1 }, { "name": "text", "make": "pattern", "text": "##?" },
        { "name": "value", "make": "uniform", "type": "BIGINT" },
    ]);
    let source = |id: &str, seed: u64, rate: f64, disorder: &str| {
        json!({ "id": id, "kind": "generator_source", "params": {
            "rows": 2_000, "seed": seed, "rate": rate, "columns": columns, "disorder": disorder, "disorder_millis": 800, "group_size": 30,
            "late_probability": 0.05, "late_millis": 20_000, "hostile_probability": 0.02, "burst_every_millis": 3_000, "burst_millis": 300,
            "gap_every_millis": 10_000, "gap_millis": 4_000,
        } })
    };
    let watermarks =
        |id: &str| json!({ "id": id, "kind": "watermarks", "params": { "bound_millis": 1_000 } });
    let table = |id: &str| json!({ "id": id, "kind": "table_sink", "params": {} });
    let edge = |from: &str, to: &str| json!({ "from": from, "to": to });
    json!({ "version": 1, "nodes": [
        source("one", 1, 100.0, "exponential"), source("other", 2, 70.0, "grouped"), watermarks("time_one"), watermarks("time_other"),
        { "id": "both", "kind": "union", "params": {} },
        { "id": "window", "kind": "tumbling_window", "params": { "keys": ["key"], "size_millis": 5_000, "aggregates": [
            { "function": "count", "name": "n" }, { "function": "first", "column": "text", "name": "first" },
            { "function": "last", "column": "value", "name": "last" },
        ] } },
        table("windows"), table("late"), table("rejected"),
    ], "edges": [
        edge("one.out", "time_one.in"), edge("other.out", "time_other.in"), edge("time_one.out", "both.in"),
        edge("time_other.out", "both.in"), edge("both.out", "window.in"), edge("window.out", "windows.in"),
        edge("window.late", "late.in"), edge("one.rejected", "rejected.in"),
    ] })
    .to_string()
}

#[test]
fn rows_are_the_same_at_any_schedule_and_none_is_lost() {
    let dir = tempfile::tempdir().expect("a folder");
    let first = run(&flow(), dir.path(), &JobConfig { parallelism: 1, ..JobConfig::default() }, Pace::Free);
    let (one, other, window) = (first.accounts["one"], first.accounts["other"], first.accounts["window"]);
    assert_eq!((one.rows_in, other.rows_in), (2_000, 2_000));
    assert_eq!(window.used + window.late + one.rejected + other.rejected, 4_000);
    assert!(one.rejected > 0 && window.late > 0 && !first.tables["windows"].is_empty());
    assert_eq!(first.tables["rejected"].len() as u64, one.rejected);
    for (config, pace) in some_schedules() {
        let outcome = run(&flow(), dir.path(), &config, pace);
        assert!(matches!(outcome.status, JobStatus::Finished), "{:?}", outcome.status);
        for (table, lines) in &first.tables {
            assert_lines(&outcome.tables[table], lines, &format!("{table}, {config:?}"));
        }
    }
}
