//! The same rows, late rows and rejected rows at any parallelism, batch size, mailbox capacity and speed, against a reference that
//! works row by row.

use std::path::{Path, PathBuf};

use tidemark_engine::runtime::{JobConfig, JobStatus, Speed};
use tidemark_engine::sync::Capacity;
use tidemark_tests::reference::{self, Expected, Lanes, double};
use tidemark_tests::{Outcome, Pace, run, sorted};

const BOUND: i64 = 5_000;
const SIZE: i64 = 10_000;

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data")
}

/// A flow over one path or glob: clean, compute, watermark, filter, window, and a table for everything that comes out.
fn flow(path: &str) -> String {
    let aggregate = |function: &str, column: &str, name: &str| {
        format!(r#"{{"function": "{function}", "column": "{column}", "name": "{name}"}}"#)
    };
    let aggregates = [
        aggregate("count", "", "n"),
        aggregate("count", "v", "nv"),
        aggregate("sum", "v", "s"),
        aggregate("sum", "d", "sd"),
        aggregate("avg", "d", "ad"),
        aggregate("min", "v", "mn"),
        aggregate("max", "v", "mx"),
        aggregate("first", "id", "first_id"),
        aggregate("last", "id", "last_id"),
        aggregate("count_distinct", "v", "nd"),
    ]
    .join(", ");
    format!(
        r#"{{
  "version": 1,
  "nodes": [
    {{"id": "read", "kind": "csv_source", "params": {{"path": "{path}", "event_time": "ts", "max_rejected_percent": 100.0,
      "schema": [{{"name": "id", "type": "BIGINT"}}, {{"name": "k", "type": "STRING"}}, {{"name": "v", "type": "BIGINT"}},
        {{"name": "d", "type": "DOUBLE"}}, {{"name": "ts", "type": "TIMESTAMP"}}]}}}},
    {{"id": "time", "kind": "watermarks", "params": {{"bound_millis": {BOUND}}}}},
    {{"id": "shift", "kind": "select", "params": {{"keep_others": true, "columns": [{{"expression": "v + 1000000", "name": "v"}}]}}}},
    {{"id": "unshift", "kind": "select", "params": {{"keep_others": true, "columns": [{{"expression": "v - 1000000", "name": "v"}}]}}}},
    {{"id": "some", "kind": "filter", "params": {{"condition": "id >= 0 OR k = 'nobody'"}}}},
    {{"id": "window", "kind": "tumbling_window", "params": {{"size_millis": {SIZE}, "keys": ["k"], "aggregates": [{aggregates}]}}}},
    {{"id": "windows", "kind": "table_sink"}},
    {{"id": "late", "kind": "table_sink"}},
    {{"id": "rejected", "kind": "table_sink"}}
  ],
  "edges": [
    {{"from": "read.out", "to": "time.in"}},
    {{"from": "time.out", "to": "shift.in"}},
    {{"from": "shift.out", "to": "unshift.in"}},
    {{"from": "unshift.out", "to": "some.in"}},
    {{"from": "some.out", "to": "window.in"}},
    {{"from": "window.out", "to": "windows.in"}},
    {{"from": "window.late", "to": "late.in"}},
    {{"from": "read.rejected", "to": "rejected.in"}}
  ]
}}"#
    )
}

fn expected(names: &[&str], lanes: Lanes) -> Expected {
    let mut n_rejected = 0;
    let files: Vec<Vec<reference::Row>> = names
        .iter()
        .enumerate()
        .map(|(number, name)| {
            let text = std::fs::read_to_string(data().join(name)).expect("test data");
            let (rows, n_bad) = reference::read(&text, number);
            n_rejected += n_bad;
            rows
        })
        .collect();
    Expected { n_rejected, ..reference::tumble(&files, BOUND, SIZE, lanes) }
}

/// A result line as the reference writes it: without `window_time`, and doubles by their bits.
fn as_reference(line: &str) -> String {
    let fields: Vec<&str> = line.split(',').collect();
    let bits = |text: &str| text.parse().map_or_else(|_| String::new(), double);
    fields
        .iter()
        .enumerate()
        .filter(|(idx, _)| *idx != 3)
        .map(|(idx, text)| if idx == 7 || idx == 8 { bits(text) } else { (*text).to_owned() })
        .collect::<Vec<_>>()
        .join(",")
}

fn key(line: &str) -> &str {
    line.split(',').next().unwrap_or_default()
}

/// The lines of each key in their order.
fn by_key(lines: &[String]) -> Vec<String> {
    let mut lines = lines.to_vec();
    lines.sort_by(|a, b| key(a).cmp(key(b)));
    lines
}

fn compare(outcome: &Outcome, expected: &Expected, what: &str) {
    assert!(matches!(outcome.status, JobStatus::Finished), "{what}: {:?}", outcome.status);
    let windows: Vec<String> = outcome.tables["windows"].iter().map(|line| as_reference(line)).collect();
    assert_lines(&by_key(&windows), &by_key(&expected.windows), &format!("{what}: windows"));
    let late: Vec<String> = outcome.tables["late"].iter().map(|line| key(line).to_owned()).collect();
    assert_lines(&sorted(&late), &sorted(&expected.late), &format!("{what}: late rows"));
    assert_eq!(outcome.tables["rejected"].len(), expected.n_rejected, "{what}: rejected records");
    let account = outcome.accounts["window"];
    account.check().unwrap_or_else(|law| panic!("{what}: {law}"));
    assert_eq!(account.late, expected.late.len() as u64, "{what}");
}

/// Names the first line that differs.
fn assert_lines(actual: &[String], expected: &[String], what: &str) {
    let differs = actual.iter().zip(expected).position(|(a, b)| a != b);
    let at = differs.unwrap_or(actual.len().min(expected.len()));
    assert!(
        differs.is_none() && actual.len() == expected.len(),
        "{what}: {} lines, {} expected; line {at} is\n  {:?}, expected\n  {:?}",
        actual.len(),
        expected.len(),
        actual.get(at),
        expected.get(at)
    );
}

fn check_schedules(path: &str, names: &[&str]) {
    let expected = expected(names, Lanes::Files);
    assert!(
        expected.windows.len() > 300 && expected.late.len() > 50 && expected.n_rejected > 5,
        "the data says something"
    );
    let mut first: Option<Outcome> = None;
    for parallelism in [1, 2, 3, 8] {
        for batch_rows in [1, 64, 8192] {
            for items in [1, 64] {
                for pace in [Pace::Free, Pace::Stepped(701)] {
                    let config = JobConfig {
                        parallelism,
                        batch_rows,
                        mailbox: Capacity { items, ..Capacity::default() },
                        speed: Speed::Maximum,
                        paused: false,
                    };
                    let what = format!(
                        "{path}, parallelism {parallelism}, batch {batch_rows}, mailbox {items}, {pace:?}"
                    );
                    let outcome = run(&flow(path), &data(), &config, pace);
                    compare(&outcome, &expected, &what);
                    // More than is promised: even the order across keys is the same.
                    match &first {
                        Some(first) => assert_eq!(outcome.tables, first.tables, "{what}: order"),
                        None => first = Some(outcome),
                    }
                }
            }
        }
    }
}

#[test]
fn one_file_gives_the_same_rows_at_any_schedule() {
    check_schedules("disorder.csv", &["disorder.csv"]);
}

#[test]
fn four_interleaved_files_give_the_same_rows_at_any_schedule() {
    let names = ["disorder-0.csv", "disorder-1.csv", "disorder-2.csv", "disorder-3.csv"];
    check_schedules("disorder-?.csv", &names);
}

/// The flow with other sources in the place of `read`: what stands between them and `shift`, and the edges.
fn with_sources(nodes: &str, edges: &str) -> String {
    let flow = flow("unused.csv");
    let (head, rest) = flow.split_once("    {\"id\": \"read\"").expect("the source");
    let (_, rest) = rest.split_once("    {\"id\": \"shift\"").expect("what follows");
    let rest = rest
        .replace("    {\"from\": \"read.out\", \"to\": \"time.in\"},\n", "")
        .replace("    {\"from\": \"time.out\", \"to\": \"shift.in\"},\n", edges);
    format!("{head}{nodes}    {{\"id\": \"shift\"{rest}")
}

fn source(id: &str, path: &str, more: &str) -> String {
    format!(
        r#"    {{"id": "{id}", "kind": "csv_source", "params": {{"path": "{path}", "event_time": "ts", "max_rejected_percent": 100.0, {more}
      "schema": [{{"name": "id", "type": "BIGINT"}}, {{"name": "k", "type": "STRING"}}, {{"name": "v", "type": "BIGINT"}},
        {{"name": "d", "type": "DOUBLE"}}, {{"name": "ts", "type": "TIMESTAMP"}}]}}}},
"#
    )
}

fn watermarks(id: &str) -> String {
    format!(
        "    {{\"id\": \"{id}\", \"kind\": \"watermarks\", \"params\": {{\"bound_millis\": {BOUND}}}}},\n"
    )
}

fn check_some_schedules(flow: &str, expected: &Expected) {
    for (parallelism, batch_rows, pace) in
        [(1, 64, Pace::Free), (2, 8192, Pace::Free), (3, 1, Pace::Free), (8, 64, Pace::Stepped(701))]
    {
        let mailbox = Capacity { items: 2, ..Capacity::default() };
        let config = JobConfig { parallelism, batch_rows, mailbox, ..JobConfig::default() };
        compare(
            &run(flow, &data(), &config, pace),
            expected,
            &format!("parallelism {parallelism}, {pace:?}"),
        );
    }
}

#[test]
fn a_union_of_sources_goes_by_the_least_of_their_watermarks() {
    let names = ["disorder-0.csv", "disorder-1.csv", "disorder-2.csv", "disorder-3.csv"];
    let mut nodes = String::new();
    let mut edges = String::new();
    for (number, name) in names.iter().enumerate() {
        nodes += &(source(&format!("read{number}"), name, "") + &watermarks(&format!("time{number}")));
        edges += &format!("    {{\"from\": \"read{number}.out\", \"to\": \"time{number}.in\"}},\n");
        edges += &format!("    {{\"from\": \"time{number}.out\", \"to\": \"both.in\"}},\n");
        edges += &format!("    {{\"from\": \"read{number}.rejected\", \"to\": \"bad.in\"}},\n");
    }
    nodes += "    {\"id\": \"both\", \"kind\": \"union\", \"params\": {}},\n";
    nodes += "    {\"id\": \"bad\", \"kind\": \"union\", \"params\": {}},\n";
    edges += "    {\"from\": \"both.out\", \"to\": \"shift.in\"},\n";
    let flow = with_sources(&nodes, &edges).replace("read.rejected", "bad.out");
    check_some_schedules(&flow, &expected(&names, Lanes::Sources));
}

#[test]
fn every_value_of_a_partition_column_has_a_watermark_of_its_own() {
    let nodes = source("read", "disorder.csv", "\"partition\": \"k\",") + &watermarks("time");
    let edges = "    {\"from\": \"read.out\", \"to\": \"time.in\"},\n    {\"from\": \"time.out\", \"to\": \"shift.in\"},\n";
    let expected = expected(&["disorder.csv"], Lanes::Keys);
    check_some_schedules(&with_sources(&nodes, edges), &expected);
}
