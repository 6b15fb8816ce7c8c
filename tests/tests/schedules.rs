//! The same rows, late rows and rejected rows at any parallelism, batch size, mailbox capacity and speed, against a reference that
//! works row by row.

use std::path::Path;

use tidemark_engine::runtime::{JobConfig, JobStatus, Speed};
use tidemark_engine::sync::Capacity;
use tidemark_tests::disorder::{self, BOUND, FOUR, data, source, watermarks};
use tidemark_tests::reference::{self, Expected, Lanes, double};
use tidemark_tests::{Outcome, Pace, assert_lines, by_key, key, run, some_schedules, sorted};

const SIZE: i64 = 10_000;

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
    let (read, time) = (source("read", path, ""), watermarks("time"));
    format!(
        r#"{{
  "version": 1,
  "nodes": [
{read}{time}    {{"id": "shift", "kind": "select", "params": {{"keep_others": true, "columns": [{{"expression": "v + 1000000", "name": "v"}}]}}}},
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

fn expected(dir: &Path, names: &[&str], lanes: Lanes) -> Expected {
    let (files, n_rejected) = disorder::rows(dir, names);
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

fn check_schedules(path: &str, names: &[&str]) {
    let expected = expected(&data(), names, Lanes::Files);
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
                        ..JobConfig::default()
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
    check_schedules("disorder-?.csv", &FOUR);
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

fn check_some_schedules(flow: &str, dir: &Path, expected: &Expected) {
    for (config, pace) in some_schedules() {
        compare(&run(flow, dir, &config, pace), expected, &format!("{config:?}, {pace:?}"));
    }
}

/// The flow over these files, each a source of its own.
fn union_flow(names: &[&str]) -> String {
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
    with_sources(&nodes, &edges).replace("read.rejected", "bad.out")
}

#[test]
fn a_union_of_sources_goes_by_the_least_of_their_watermarks() {
    check_some_schedules(&union_flow(&FOUR), &data(), &expected(&data(), &FOUR, Lanes::Sources));
}

#[test]
fn a_source_without_rows_or_with_few_holds_a_union_back_no_longer_than_it_lasts() {
    let dir = tempfile::tempdir().expect("a folder");
    let write = |name: &str, lines: &str| {
        std::fs::write(dir.path().join(name), format!("id,k,v,d,ts\n{lines}")).expect("a writable folder");
    };
    write("none.csv", "");
    write("bad.csv", "not,a,row\n1,amber,2,3.0,yesterday\n");
    write(
        "before.csv",
        "900001,amber,1,0.5,2026-04-01 04:59:59.999\n900002,birch,,,2026-04-01 05:30:00.000\n",
    );
    write("within.csv", "900003,amber,1,,2026-04-01 06:03:00.000\nnot,a,row\n");
    for name in ["disorder-1.csv", "disorder-3.csv"] {
        std::fs::copy(data().join(name), dir.path().join(name)).expect("a writable folder");
    }
    for (names, n_late_at_least) in [
        (vec!["none.csv", "disorder-1.csv", "disorder-3.csv", "bad.csv"], 50),
        (vec!["before.csv", "disorder-3.csv", "within.csv", "disorder-1.csv", "none.csv"], 50),
        (vec!["none.csv", "bad.csv"], 0),
    ] {
        let expected = expected(dir.path(), &names, Lanes::Sources);
        assert!(expected.late.len() >= n_late_at_least, "watermarks go on: {} late", expected.late.len());
        check_some_schedules(&union_flow(&names), dir.path(), &expected);
    }
}

#[test]
fn rows_are_the_same_by_the_clock_and_however_somebody_meddles() {
    let one = (flow("disorder-?.csv"), expected(&data(), &FOUR, Lanes::Files));
    let many = (union_flow(&FOUR), expected(&data(), &FOUR, Lanes::Sources));
    for (parallelism, batch_rows, factor, pace) in [
        (1, 64, 3_000.0, Pace::Free),
        (3, 8192, 4_000.0, Pace::Meddled(1)),
        (2, 1, 4_000.0, Pace::Meddled(2)),
    ] {
        let mailbox = Capacity { items: 2, ..Capacity::default() };
        let speed = Speed::Factor(factor);
        let config = JobConfig { parallelism, batch_rows, mailbox, speed, ..JobConfig::default() };
        for (flow, expected) in [&one, &many] {
            compare(&run(flow, &data(), &config, pace), expected, &format!("{config:?}, {pace:?}"));
        }
    }
}

#[test]
fn every_value_of_a_partition_column_has_a_watermark_of_its_own() {
    let nodes = source("read", "disorder.csv", "\"partition\": \"k\",") + &watermarks("time");
    let edges = "    {\"from\": \"read.out\", \"to\": \"time.in\"},\n    {\"from\": \"time.out\", \"to\": \"shift.in\"},\n";
    let expected = expected(&data(), &["disorder.csv"], Lanes::Keys);
    check_some_schedules(&with_sources(&nodes, edges), &data(), &expected);
}

#[test]
fn the_first_window_of_all_time_closes_alike_at_any_speed() {
    let dir = tempfile::tempdir().expect("a folder");
    // The first full hour after the least timestamp is 775,808 ms after it; the second row closes the window before it.
    let times = [10, 775_813, 3_600_005, 10].map(|millis| i64::MIN + millis);
    let lines: String = times.iter().map(|time| format!("{time}\n")).collect();
    std::fs::write(dir.path().join("rows.csv"), format!("ts\n{lines}")).expect("a writable folder");
    let flow = r#"{"version": 1, "nodes": [
  {"id": "read", "kind": "csv_source", "params": {"path": "rows.csv", "event_time": "ts",
    "schema": [{"name": "ts", "type": "TIMESTAMP", "time_format": "epoch_millis"}]}},
  {"id": "time", "kind": "watermarks", "params": {}},
  {"id": "window", "kind": "tumbling_window", "params": {"size_millis": 3600000, "aggregates": [{"function": "count", "name": "n"}]}},
  {"id": "windows", "kind": "table_sink", "params": {}},
  {"id": "late", "kind": "table_sink", "params": {}}
], "edges": [{"from": "read.out", "to": "time.in"}, {"from": "time.out", "to": "window.in"},
  {"from": "window.out", "to": "windows.in"}, {"from": "window.late", "to": "late.in"}]}"#;
    for (batch_rows, speed) in
        [(8192, Speed::Maximum), (1, Speed::Maximum), (2, Speed::Maximum), (8192, Speed::Factor(10_000.0))]
    {
        let config = JobConfig { batch_rows, speed, ..JobConfig::default() };
        let outcome = run(flow, dir.path(), &config, Pace::Free);
        assert!(matches!(outcome.status, JobStatus::Finished), "{:?}", outcome.status);
        let counts: Vec<&str> =
            outcome.tables["windows"].iter().filter_map(|line| line.rsplit(',').next()).collect();
        assert_eq!(counts, ["1", "2"], "batches of {batch_rows} at {speed:?}");
        assert_eq!(outcome.tables["late"].len(), 1, "batches of {batch_rows} at {speed:?}");
    }
}
