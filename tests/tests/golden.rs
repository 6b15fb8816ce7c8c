//! Apache Flink's own answers: the same rows from the same input.

use std::path::{Path, PathBuf};

use tidemark_engine::runtime::JobConfig;
use tidemark_tests::{Outcome, Pace, run, sorted};

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/golden")
}

/// Tumbling windows of `size` milliseconds over one of the golden inputs, with everything that its queries aggregate.
fn flow(input: &str, keys: &str, size: i64) -> String {
    format!(
        r#"{{
  "version": 1,
  "nodes": [
    {{"id": "events", "kind": "csv_source", "params": {{"path": "input/{input}.csv", "header": false, "event_time": "ts",
      "schema": [{{"name": "id", "type": "BIGINT"}}, {{"name": "k", "type": "STRING"}}, {{"name": "v", "type": "BIGINT"}},
        {{"name": "d", "type": "DOUBLE"}}, {{"name": "ts", "type": "TIMESTAMP"}}]}}}},
    {{"id": "time", "kind": "watermarks", "params": {{"bound_millis": 5000}}}},
    {{"id": "window", "kind": "tumbling_window", "params": {{"size_millis": {size}, "keys": {keys}, "aggregates": [
      {{"function": "count", "name": "n"}}, {{"function": "count", "column": "v", "name": "nv"}},
      {{"function": "sum", "column": "v", "name": "s"}}, {{"function": "min", "column": "v", "name": "mn"}},
      {{"function": "max", "column": "v", "name": "mx"}}, {{"function": "sum", "column": "d", "name": "sd"}},
      {{"function": "avg", "column": "d", "name": "ad"}}]}}}},
    {{"id": "out", "kind": "table_sink", "params": {{}}}},
    {{"id": "late", "kind": "table_sink", "params": {{}}}}
  ],
  "edges": [
    {{"from": "events.out", "to": "time.in"}},
    {{"from": "time.out", "to": "window.in"}},
    {{"from": "window.out", "to": "out.in"}},
    {{"from": "window.late", "to": "late.in"}}
  ]
}}"#
    )
}

fn run_both_ways(flow: &str) -> Vec<Outcome> {
    [1, 3]
        .map(|parallelism| {
            run(flow, &golden(), &JobConfig { parallelism, ..JobConfig::default() }, Pace::Free)
        })
        .into()
}

fn expected(case: &str) -> Vec<String> {
    let text = std::fs::read_to_string(golden().join(case).join("expected.csv")).expect("golden data");
    let lines: Vec<String> = text.lines().skip(1).map(str::to_owned).collect();
    assert!(lines.len() > 100, "the golden case says something");
    sorted(&lines)
}

/// A line without some of its columns.
fn without(line: &str, columns: &[usize]) -> String {
    let fields = line.split(',').enumerate().filter(|(idx, _)| !columns.contains(idx));
    fields.map(|(_, text)| text).collect::<Vec<_>>().join(",")
}

/// Whether two lines agree, the last two columns to 1e-9 of their size: Flink's sums depend on the order of the rows.
fn agree(ours: &str, flinks: &str) -> bool {
    let split = |line: &str| {
        let mut fields: Vec<String> = line.split(',').map(str::to_owned).collect();
        let doubles = fields.split_off(fields.len() - 2);
        (fields, doubles)
    };
    let ((ours, our_doubles), (flinks, flink_doubles)) = (split(ours), split(flinks));
    let close = |a: &String, b: &String| match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(a), Ok(b)) => (a - b).abs() <= 1e-9 * a.abs().max(b.abs()),
        _ => a == b,
    };
    ours == flinks && our_doubles.iter().zip(&flink_doubles).all(|(a, b)| close(a, b))
}

fn check_windows(input: &str, case: &str) {
    let expected = expected(case);
    for outcome in run_both_ways(&flow(input, r#"["k"]"#, 10_000)) {
        // `window_time` is not in Flink's rows.
        let ours: Vec<String> = outcome.tables["out"].iter().map(|line| without(line, &[3])).collect();
        let ours = sorted(&ours);
        assert_eq!(ours.len(), expected.len(), "{case}");
        for (ours, flinks) in ours.iter().zip(&expected) {
            assert!(agree(ours, flinks), "{case}: {ours} is not Flink's {flinks}");
        }
    }
}

#[test]
fn tumbling_windows_over_disordered_events_are_flinks() {
    check_windows("events", "tumble_late");
}

#[test]
fn tumbling_windows_over_rows_on_every_edge_are_flinks() {
    check_windows("edges", "edge_tumble_late");
}

/// Flink's query asks for rows at or behind the watermark. Those are the rows late for a window of 1 ms.
fn check_late_rows(input: &str, case: &str) {
    let expected = expected(case);
    for outcome in run_both_ways(&flow(input, "[]", 1)) {
        let ours: Vec<String> = outcome.tables["late"]
            .iter()
            .map(|line| {
                let fields: Vec<&str> = line.split(',').collect();
                [fields[0], fields[1], fields[4]].join(",")
            })
            .collect();
        assert_eq!(sorted(&ours), expected, "{case}");
    }
}

#[test]
fn rows_behind_the_watermark_are_flinks() {
    check_late_rows("events", "late_rows");
}

#[test]
fn rows_behind_the_watermark_on_every_edge_are_flinks() {
    check_late_rows("edges", "edge_late_rows");
}
