//! `nexmark_source` gives the rows that an independent generator gives (`tests/oracles/nexmark.py`), at any schedule.

use std::path::Path;

use serde_json::{Value, json};
use tidemark_engine::runtime::JobStatus;
use tidemark_tests::{assert_lines, run, some_schedules, sorted};

const TABLES: [&str; 3] = ["person", "auction", "bid"];

/// The lines of `tests/data/nexmark/NAME.csv` behind its header.
fn expected(name: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/nexmark").join(format!("{name}.csv"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().skip(1).map(str::to_owned).collect()
}

/// A flow with a table for each of Nexmark's.
fn flow(params: &Value) -> String {
    let mut nodes = Vec::new();
    let mut edges = Vec::new();
    for table in TABLES {
        let mut params = params.clone();
        params["table"] = table.into();
        nodes.push(json!({ "id": format!("make_{table}"), "kind": "nexmark_source", "params": params }));
        nodes.push(json!({ "id": table, "kind": "table_sink", "params": {} }));
        edges.push(json!({ "from": format!("make_{table}.out"), "to": format!("{table}.in") }));
    }
    json!({ "version": 1, "nodes": nodes, "edges": edges }).to_string()
}

fn compare(case: &str, params: &Value) {
    let dir = tempfile::tempdir().expect("a folder");
    for (config, pace) in some_schedules() {
        let outcome = run(&flow(params), dir.path(), &config, pace);
        assert!(matches!(outcome.status, JobStatus::Finished), "{:?}", outcome.status);
        for table in TABLES {
            let what = format!("{table}, {case}, {config:?}");
            assert_lines(&outcome.tables[table], &expected(&format!("{table}-{case}")), &what);
        }
    }
}

#[test]
fn the_first_events_in_upstreams_way() {
    compare("ordered", &json!({ "events": 300, "mode": "compat" }));
}

#[test]
fn shuffled_and_delayed_events_from_the_middle_of_a_stream() {
    let params = json!({
        "events": 300, "first_event": 123_460, "seed": 7, "mode": "fixed", "rate": 3000, "base_time": "1969-12-31 23:59:30",
        "group_size": 20, "delayed_probability": 0.3, "delay_millis": 25,
    });
    compare("shuffled", &params);
}

/// Bids of a second each, of which some are late if `delayed`.
fn counted(delayed: f64) -> (Vec<String>, u64) {
    let flow = json!({ "version": 1, "nodes": [
        { "id": "make", "kind": "nexmark_source", "params":
            { "events": 50_000, "rate": 5000, "delayed_probability": delayed, "delay_millis": 3000 } },
        { "id": "time", "kind": "watermarks", "params": { "bound_millis": 100 } },
        { "id": "window", "kind": "tumbling_window", "params":
            { "size_millis": 1000, "aggregates": [{ "function": "count", "name": "n" }] } },
        { "id": "out", "kind": "table_sink", "params": {} }
    ], "edges": [
        { "from": "make.out", "to": "time.in" }, { "from": "time.out", "to": "window.in" },
        { "from": "window.out", "to": "out.in" }
    ] })
    .to_string();
    let dir = tempfile::tempdir().expect("a folder");
    let mut first: Option<(Vec<String>, u64)> = None;
    for (config, pace) in some_schedules().filter(|(config, _)| config.batch_rows > 1) {
        let outcome = run(&flow, dir.path(), &config, pace);
        let account = outcome.accounts["window"];
        assert_eq!(account.used + account.late, 46_000);
        let counted = (sorted(&outcome.tables["out"]), account.late);
        assert!(*first.get_or_insert_with(|| counted.clone()) == counted, "{config:?}");
    }
    first.expect("a schedule")
}

#[test]
fn delayed_events_are_late_for_their_windows_and_no_others_are() {
    let (windows, late) = counted(0.0);
    assert_eq!((windows.len(), late), (10, 0));
    let (_, late) = counted(0.1);
    // A tenth of 46,000, but for those of the last second, whose window is open to the end; six standard deviations are 366.
    assert!((3_774..=4_506).contains(&late), "{late}");
}
