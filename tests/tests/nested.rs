//! Rows with ARRAYs and ROWs go through a whole graph: fields are read, rows filtered, spread by their fields, merged and written, and give
//! the same at any schedule.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value as Json;
use tidemark_engine::runtime::JobStatus;
use tidemark_tests::{checked, run, some_schedules};

const FLOW: &str = r#"{"version": 1, "nodes": [
  {"id": "read", "kind": "parquet_source", "params": {"path": "nested-v1.parquet"}},
  {"id": "fields", "kind": "select", "params": {"keep_others": true, "columns": [
    {"expression": "TO_TIMESTAMP_LTZ(id, 0)", "name": "ts"}, {"expression": "deep.`inner`.flag", "name": "flag"},
    {"expression": "point.x", "name": "x"}]}},
  {"id": "time", "kind": "watermarks", "params": {"time_column": "ts", "bound_millis": 0}},
  {"id": "some", "kind": "filter", "params": {"condition": "x >= 3 OR flag IS NULL"}},
  {"id": "rows", "kind": "table_sink", "params": {}},
  {"id": "lines", "kind": "ndjson_sink", "params": {"path": "lines.ndjson"}},
  {"id": "again", "kind": "parquet_sink", "params": {"path": "again.parquet"}},
  {"id": "window", "kind": "tumbling_window", "params": {"size_millis": 10000, "keys": ["x"], "aggregates": [
    {"function": "count"}]}},
  {"id": "out", "kind": "table_sink", "params": {}}
], "edges": [
  {"from": "read.out", "to": "fields.in"}, {"from": "fields.out", "to": "time.in"}, {"from": "time.out", "to": "some.in"},
  {"from": "some.out", "to": "rows.in"}, {"from": "some.out", "to": "lines.in"}, {"from": "some.out", "to": "again.in"},
  {"from": "time.out", "to": "window.in"}, {"from": "window.out", "to": "out.in"}
]}"#;

#[test]
fn nested_rows_are_the_same_at_any_schedule() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/parquet");
    let text = std::fs::read_to_string(data.join("expected.json")).expect("text");
    let expected: Json = serde_json::from_str(&text).expect("JSON");
    let mut rows = &expected["nested-v1.parquet"]["rows"];
    if let Some(first) = rows.as_str() {
        rows = &expected[first]["rows"];
    }
    let rows: Vec<Vec<&str>> = rows
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| row.as_str().expect("a row").split('|').collect())
        .collect();

    // What passes, and how many rows there are of a key in ten seconds, from what PyArrow reads.
    let json = |cell: &str| serde_json::from_str::<Json>(cell).unwrap_or(Json::Null);
    let passing: Vec<&str> = rows
        .iter()
        .filter(|row| json(row[1])["x"].as_i64() >= Some(3) || json(row[6])["inner"]["flag"].is_null())
        .map(|row| row[0])
        .collect();
    assert!(passing.len() > 5 && passing.len() < rows.len());
    let mut counts = BTreeMap::<(i64, Option<i64>), u32>::new();
    for row in &rows {
        let tens = row[0].parse::<i64>().expect("a number") / 10;
        *counts.entry((tens, json(row[1])["x"].as_i64())).or_default() += 1;
    }
    let mut counts: Vec<String> = counts
        .iter()
        .map(|((window, x), n)| {
            let x = x.map_or(String::new(), |x| x.to_string());
            let at = |ten: i64| format!("1970-01-01 00:00:{:02}.000", ten * 10);
            let last = format!("1970-01-01 00:00:{:02}.999", window * 10 + 9);
            format!("{x},{},{},{last},{n}", at(*window), at(window + 1))
        })
        .collect();
    counts.sort();

    let mut first: Option<Vec<Vec<u8>>> = None;
    for (config, pace) in some_schedules() {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::copy(data.join("nested-v1.parquet"), dir.path().join("nested-v1.parquet")).expect("a copy");
        let outcome = run(FLOW, dir.path(), &config, pace);
        assert!(matches!(outcome.status, JobStatus::Finished), "{:?}", outcome.status);
        let found: Vec<&str> =
            outcome.tables["rows"].iter().map(|row| row.split(',').next().unwrap_or_default()).collect();
        assert_eq!(found, passing);
        let mut windows = outcome.tables["out"].clone();
        windows.sort();
        assert_eq!(windows, counts);
        let files =
            ["lines.ndjson", "again.parquet"].map(|file| std::fs::read(dir.path().join(file)).expect(file));
        let first = first.get_or_insert_with(|| files.to_vec());
        assert!(*first == files, "the same bytes");
    }
}

#[test]
fn a_window_by_a_row_is_refused_with_the_way_out() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/parquet");
    let checked = checked(&FLOW.replace(r#""keys": ["x"]"#, r#""keys": ["point"]"#), &data);
    let found: Vec<String> = checked.diagnostics.iter().map(ToString::to_string).collect();
    assert!(
        found.iter().any(|found| found.contains("`point` is of the type ROW<") && found.contains("keys.0")),
        "{found:?}"
    );
}
