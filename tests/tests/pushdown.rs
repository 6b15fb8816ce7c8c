//! A run that makes use of the statistics in Parquet files gives what one without gives: rows, rejected and late rows, counters, edges.

use std::fmt::Write as _;
use std::path::Path;

use tidemark_engine::node::RowAccount;
use tidemark_engine::runtime::{JobConfig, JobHandle, JobStatus};
use tidemark_tests::{Outcome, Pace, checked, run, some_schedules};

const N_ROWS: i64 = 1000;
const GROUP_ROWS: i64 = 100;

/// Rows about in the order of time: some late, and in two of the ten row groups some without a time.
fn write_rows(dir: &Path) {
    let mut text = String::from("id,key,name,ts\n");
    for id in 0..N_ROWS {
        let seconds = id * 2 - if id % 13 == 0 { 40 } else { 0 } + 60;
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        let time = format!("2026-01-01 {hour:02}:{minute:02}:{second:02}.000");
        let time = if id == 250 || id == 777 { "" } else { &time };
        let name = if id % 11 == 0 { String::new() } else { format!("name {}", id / 40) };
        writeln!(text, "{id},{},{name},{time}", id % 5).expect("a string");
    }
    std::fs::write(dir.join("rows.csv"), text).expect("a writable folder");
    let flow = format!(
        r#"{{"version": 1, "nodes": [
  {{"id": "read", "kind": "csv_source", "params": {{"path": "rows.csv", "schema": [{{"name": "id", "type": "BIGINT"}},
    {{"name": "key", "type": "INT"}}, {{"name": "name", "type": "STRING"}}, {{"name": "ts", "type": "TIMESTAMP"}}]}}}},
  {{"id": "write", "kind": "parquet_sink", "params": {{"path": "rows.parquet", "row_group_rows": {GROUP_ROWS}}}}}
], "edges": [{{"from": "read.out", "to": "write.in"}}]}}"#
    );
    let outcome = run(&flow, dir, &JobConfig::default(), Pace::Free);
    assert!(matches!(outcome.status, JobStatus::Finished), "{:?}", outcome.status);
}

/// A flow from a Parquet source to a filter, whose rows go into a window and whatever is set aside into tables. `between` are the nodes
/// from the one to the other, by what they are.
fn flow(source: &str, between: &[&str], condition: &str, more_edges: &str) -> String {
    let mut nodes = format!(
        r#"{{"id": "read", "kind": "parquet_source", "params": {{"path": "rows.parquet", "max_rejected_percent": 100.0{source}}}}},
  {{"id": "some", "kind": "filter", "params": {{"condition": "{condition}"}}}},
  {{"id": "window", "kind": "tumbling_window", "params": {{"size_millis": 60000, "keys": ["key"], "aggregates": [
    {{"function": "count", "name": "n"}}]}}}}"#
    );
    let mut edges = String::new();
    let mut last = "read".to_owned();
    for (number, node) in between.iter().enumerate() {
        let id = format!("step{number}");
        write!(nodes, ",\n  {{\"id\": \"{id}\", {node}}}").expect("a string");
        write!(edges, "{{\"from\": \"{last}.out\", \"to\": \"{id}.in\"}}, ").expect("a string");
        write!(nodes, ",\n  {{\"id\": \"{id}_rejected\", \"kind\": \"table_sink\"}}").expect("a string");
        write!(edges, "{{\"from\": \"{id}.rejected\", \"to\": \"{id}_rejected.in\"}}, ").expect("a string");
        last = id;
    }
    write!(edges, "{{\"from\": \"{last}.out\", \"to\": \"some.in\"}}").expect("a string");
    for (id, port) in [
        ("rejected", "read.rejected"),
        ("faulty", "some.rejected"),
        ("rows", "some.out"),
        ("late", "window.late"),
        ("out", "window.out"),
    ] {
        write!(nodes, ",\n  {{\"id\": \"{id}\", \"kind\": \"table_sink\"}}").expect("a string");
        write!(edges, ", {{\"from\": \"{port}\", \"to\": \"{id}.in\"}}").expect("a string");
    }
    write!(nodes, ",\n  {{\"id\": \"beside\", \"kind\": \"table_sink\"}}").expect("a string");
    let beside =
        if more_edges.is_empty() { r#"{"from": "some.out", "to": "beside.in"}"# } else { more_edges };
    format!(
        "{{\"version\": 1, \"nodes\": [{nodes}], \"edges\": [{edges}, {{\"from\": \"some.out\", \"to\": \"window.in\"}}, {beside}]}}"
    )
}

/// Whatever can be told of two runs, but how many rows were pruned.
fn told(outcome: &Outcome) -> String {
    let accounts: Vec<_> =
        outcome.accounts.iter().map(|(node, account)| (node, RowAccount { pruned: 0, ..*account })).collect();
    format!("{:?}\n{:#?}\n{:?}\n{:#?}", outcome.status, accounts, outcome.edges, outcome.tables)
}

const WATERMARKS: &str = r#""kind": "watermarks", "params": {"time_column": "ts", "bound_millis": 10000}"#;
const RENAMED: &str = r#""kind": "select", "params": {"columns": [{"expression": "key"}, {"expression": "name"},
    {"expression": "ts", "name": "happened"}, {"expression": "id", "name": "number"}]}"#;
const COMPUTED: &str = r#""kind": "select", "params": {"keep_others": true, "columns": [{"expression": "id + 1", "name": "next"}]}"#;

/// Runs a flow at some schedules, with and without statistics, and gives how many rows were pruned.
fn n_pruned(dir: &Path, flow: &str) -> u64 {
    let mut n_pruned = None;
    for (config, pace) in some_schedules() {
        let whole = run(flow, dir, &config, pace);
        assert!(matches!(whole.status, JobStatus::Finished), "{:?}", whole.status);
        assert_eq!(whole.accounts["read"].pruned, 0);
        let some = run(flow, dir, &JobConfig { uses_statistics: true, ..config }, pace);
        let (whole, some_told) = (told(&whole), told(&some));
        assert!(whole == some_told, "{whole}\nis not\n{some_told}");
        let pruned = some.accounts["read"].pruned;
        assert_eq!(*n_pruned.get_or_insert(pruned), pruned, "as many at any schedule");
    }
    n_pruned.expect("some schedules")
}

#[test]
fn what_a_filter_drops_is_not_decoded_and_nothing_else_changes() {
    let dir = tempfile::tempdir().expect("a folder");
    write_rows(dir.path());
    let timed = r#", "event_time": "ts""#;
    let all = format!("{timed}, \"arrival_time\": \"ts\", \"partition\": \"key\"");
    let groups = |n: i64| (n * GROUP_ROWS) as u64;
    for (source, between, condition, expected) in [
        // Of ten groups, those without rows to pass, but those in which rows are rejected: the third and the eighth.
        (timed, &[WATERMARKS][..], "id >= 520 AND id < 555", groups(7)),
        (&*all, &[WATERMARKS, RENAMED], "number >= 520 AND number < 555", groups(7)),
        ("", &[WATERMARKS], "id BETWEEN 520 AND 555", groups(7)),
        (
            "",
            &[RENAMED, r#""kind": "watermarks", "params": {"time_column": "happened"}"#],
            "number > 899",
            groups(7),
        ),
        (
            timed,
            &[WATERMARKS],
            "ts >= TIMESTAMP '2026-01-01 00:10:00' AND ts < TIMESTAMP '2026-01-01 00:11:00'",
            groups(7),
        ),
        (timed, &[WATERMARKS], "name IN ('name 3', 'name 4')", groups(7)),
        (timed, &[WATERMARKS], "name IS NULL AND id > 400 AND key = 9", groups(8)),
        // What could fault stands behind; nothing is NULL in `id`.
        (timed, &[WATERMARKS], "id >= 520 AND 10 / key > 2", groups(4)),
        // `name` may be NULL, so that the division is made.
        (timed, &[WATERMARKS], "name > 'x' AND 10 / key > 2", 0),
        (timed, &[WATERMARKS], "10 / key > 2 AND id >= 520", 0),
        (timed, &[WATERMARKS], "id >= 520 OR key = 9", 0),
        (timed, &[WATERMARKS, COMPUTED], "id >= 520", 0),
        (timed, &[WATERMARKS], "id >= 0", 0),
    ] {
        let flow = flow(source, between, condition, "");
        assert_eq!(n_pruned(dir.path(), &flow), expected, "{condition} behind {between:?}");
    }
}

#[test]
fn a_source_with_two_readers_is_decoded_whole() {
    let dir = tempfile::tempdir().expect("a folder");
    write_rows(dir.path());
    for beside in ["read", "step0"] {
        let beside = format!("{{\"from\": \"{beside}.out\", \"to\": \"beside.in\"}}");
        let flow = flow(r#", "event_time": "ts""#, &[WATERMARKS], "id >= 520", &beside);
        assert_eq!(n_pruned(dir.path(), &flow), 0, "{beside}");
    }
}

#[test]
fn wires_whose_rows_may_not_be_whole_keep_none_to_look_at() {
    let dir = tempfile::tempdir().expect("a folder");
    write_rows(dir.path());
    let flow = flow(r#", "event_time": "ts""#, &[WATERMARKS], "id >= 520", "");
    let checked = checked(&flow, dir.path());
    for uses_statistics in [false, true] {
        let config = JobConfig { uses_statistics, ..JobConfig::default() };
        let job = JobHandle::start(&checked.graph, &config).expect("it starts");
        assert!(matches!(job.wait(), JobStatus::Finished));
        for edge in &checked.graph.edges {
            let newest = job.newest_rows(&edge.id).expect("an edge");
            let n_rows: usize = newest.batches.iter().map(tidemark_engine::data::Batch::n_rows).sum();
            let (from, to) = (edge.id.from.to_string(), edge.id.to.to_string());
            match (&*from, &*to) {
                ("read.out", _) | ("step0.out", _) => {
                    assert_eq!(n_rows > 0, !uses_statistics, "{from} to {to}");
                }
                // All but the one that has no time.
                ("some.out", _) => assert_eq!(n_rows, 479, "{from} to {to}"),
                _ => {}
            }
        }
    }
}
