//! The command line as a person or a script meets it: statuses, sentences, files.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output};

fn tidemark(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tidemark"))
        .args(args)
        .current_dir(dir)
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .output()
        .expect("the program is there")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn status(output: &Output) -> i32 {
    output.status.code().expect("it was not killed")
}

/// A source, watermarks, a window by the minute, and CSV files for windows, late rows and rejected records.
fn flow(source: &str) -> String {
    format!(
        r#"{{"version": 1, "nodes": [
  {{"id": "rows", {source}}},
  {{"id": "time", "kind": "watermarks", "params": {{"bound_millis": 5000}}}},
  {{"id": "window", "kind": "tumbling_window", "params": {{"size_millis": 60000, "aggregates": [{{"function": "count", "name": "n"}}]}}}},
  {{"id": "out", "kind": "csv_sink", "params": {{"path": "out.csv"}}}},
  {{"id": "late", "kind": "csv_sink", "params": {{"path": "late.csv"}}}},
  {{"id": "rejected", "kind": "csv_sink", "params": {{"path": "rejected.csv"}}}}
], "edges": [
  {{"from": "rows.out", "to": "time.in"}}, {{"from": "time.out", "to": "window.in"}}, {{"from": "window.out", "to": "out.in"}},
  {{"from": "window.late", "to": "late.in"}}, {{"from": "rows.rejected", "to": "rejected.in"}}
]}}"#
    )
}

const CSV: &str = r#""kind": "csv_source", "params": {"path": "rows.csv", "event_time": "ts", "max_rejected_percent": 100.0, "schema": [{"name": "id", "type": "BIGINT"}, {"name": "ts", "type": "TIMESTAMP"}]}"#;

struct Case {
    dir: tempfile::TempDir,
}

impl Case {
    fn new(source: &str) -> Case {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::write(dir.path().join("a.flow.json"), flow(source)).expect("writable");
        Case { dir }
    }

    fn with(source: &str, rows: impl AsRef<[u8]>) -> Case {
        let case = Case::new(source);
        std::fs::write(case.dir.path().join("rows.csv"), rows).expect("writable");
        case
    }

    fn run(&self) -> Output {
        tidemark(self.dir.path(), &["run", "a.flow.json"])
    }

    fn lines(&self, file: &str) -> Vec<String> {
        let text = std::fs::read_to_string(self.dir.path().join(file)).unwrap_or_default();
        text.lines().skip(1).map(str::to_owned).collect()
    }

    /// It fails with this status and one sentence that holds each of these words, and leaves no file behind.
    fn fails(&self, expected: i32, words: &[&str]) {
        let output = self.run();
        let said = stderr(&output);
        assert_eq!(status(&output), expected, "{said}");
        for word in words {
            assert!(said.contains(word), "`{word}` is not in: {said}");
        }
        assert!(!said.contains("panicked"), "{said}");
        let mut left: Vec<String> = std::fs::read_dir(self.dir.path())
            .expect("readable")
            .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
            .filter(|name| !["a.flow.json", "rows.csv", "rows.parquet"].contains(&name.as_str()))
            .collect();
        left.sort();
        assert_eq!(left, Vec::<String>::new(), "nothing half-written is left");
    }
}

fn rows(n: usize) -> String {
    let mut text = String::from("id,ts\n");
    for id in 0..n {
        writeln!(text, "{id},2026-01-01 00:{:02}:{:02}.000", id / 60 % 60, id % 60).expect("a string");
    }
    text
}

#[test]
fn a_run_writes_its_files_prints_a_summary_and_ends_with_status_0() {
    let case = Case::with(CSV, rows(150));
    let output = tidemark(case.dir.path(), &["run", "a.flow.json", "--metrics-json", "figures.json"]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    assert_eq!(case.lines("out.csv").len(), 3);
    assert!(stderr(&output).contains("150 rows in"), "{}", stderr(&output));
    let figures = std::fs::read_to_string(case.dir.path().join("figures.json")).expect("written");
    let figures: serde_json::Value = serde_json::from_str(&figures).expect("JSON");
    let node = |id: &str| {
        figures["nodes"]
            .as_array()
            .expect("nodes")
            .iter()
            .find(|node| node["id"] == id)
            .expect("a node")
            .clone()
    };
    assert_eq!(node("rows")["numRecordsIn"], 150);
    assert_eq!(node("window")["numRecordsOut"], serde_json::json!([3, 0]));
    assert_eq!(figures["status"], "finished");
    // A second run replaces what the first one made.
    assert_eq!(status(&case.run()), 0);
    assert_eq!(case.lines("out.csv").len(), 3);
}

#[test]
fn a_sink_refuses_a_file_that_another_made() {
    let case = Case::with(CSV, rows(10));
    std::fs::write(case.dir.path().join("out.csv"), "precious\n").expect("writable");
    let output = case.run();
    assert_eq!(status(&output), 1, "{}", stderr(&output));
    assert!(stderr(&output).contains("`out`"), "{}", stderr(&output));
    assert_eq!(std::fs::read_to_string(case.dir.path().join("out.csv")).expect("still there"), "precious\n");
}

#[test]
fn a_flow_does_not_replace_what_another_flow_made() {
    let case = Case::with(CSV, rows(90));
    assert_eq!(status(&case.run()), 0);
    let made = case.lines("out.csv");
    std::fs::write(case.dir.path().join("b.flow.json"), flow(CSV).replace("60000", "1000"))
        .expect("writable");
    let output = tidemark(case.dir.path(), &["run", "b.flow.json"]);
    assert_eq!(status(&output), 1, "{}", stderr(&output));
    assert!(stderr(&output).contains("was made by the node `out` of the flow `a`"), "{}", stderr(&output));
    assert_eq!(case.lines("out.csv"), made);
    assert_eq!(status(&case.run()), 0, "the first flow still replaces its own");
}

#[test]
fn without_a_display_the_window_says_what_to_do_in_one_sentence() {
    let dir = tempfile::tempdir().expect("a folder");
    let output = tidemark(dir.path(), &[]);
    assert_eq!(status(&output), 2);
    assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
    assert!(stderr(&output).contains("tidemark run"), "{}", stderr(&output));
}

#[test]
fn a_wrong_call_ends_with_status_2() {
    let case = Case::with(CSV, rows(1));
    assert_eq!(status(&tidemark(case.dir.path(), &["run", "a.flow.json", "--speed", "fast"])), 2);
    assert_eq!(status(&tidemark(case.dir.path(), &["run", "nothing.flow.json"])), 2);
    assert_eq!(status(&tidemark(case.dir.path(), &["fly"])), 2);
}

#[test]
fn check_names_place_and_fix_for_people_and_machines() {
    let case = Case::with(CSV, rows(1));
    assert_eq!(status(&tidemark(case.dir.path(), &["check", "a.flow.json"])), 0);
    let broken = flow(CSV).replace(r#""event_time": "ts""#, r#""event_time": "tz""#);
    std::fs::write(case.dir.path().join("a.flow.json"), broken).expect("writable");
    let output = tidemark(case.dir.path(), &["check", "a.flow.json", "--json"]);
    assert_eq!(status(&output), 1);
    let findings: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let finding = &findings[0];
    assert_eq!(finding["severity"], "error");
    assert_eq!(finding["place"]["node"], "rows");
    assert_eq!(finding["place"]["parameter"], "event_time");
    assert!(finding["fix"].as_str().expect("a fix").contains("ts"), "{finding}");
}

#[test]
fn rows_of_a_table_are_printed_as_asked() {
    let case = Case::with(CSV, rows(90));
    let table = flow(CSV).replace(
        r#""kind": "csv_sink", "params": {"path": "out.csv"}"#,
        r#""kind": "table_sink", "params": {}"#,
    );
    std::fs::write(case.dir.path().join("a.flow.json"), table).expect("writable");
    let print = |format: &str| {
        let output = tidemark(case.dir.path(), &["run", "a.flow.json", "--format", format]);
        assert_eq!(status(&output), 0, "{}", stderr(&output));
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    assert_eq!(
        print("csv"),
        "window_start,window_end,window_time,n\n\
         2026-01-01 00:00:00.000,2026-01-01 00:01:00.000,2026-01-01 00:00:59.999,60\n\
         2026-01-01 00:01:00.000,2026-01-01 00:02:00.000,2026-01-01 00:01:59.999,30\n"
    );
    assert!(print("ndjson").starts_with(r#"{"window_start":"2026-01-01 00:00:00.000","#));
    assert!(print("table").contains("(2 rows)"));
}

#[test]
fn a_missing_or_empty_file_is_named() {
    Case::new(CSV).fails(1, &["rows", "rows.csv"]);
    Case::with(CSV, "").fails(1, &["rows", "empty"]);
}

#[test]
fn a_file_with_only_a_header_gives_no_rows_and_no_fault() {
    let case = Case::with(CSV, "id,ts\n");
    let output = case.run();
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    assert_eq!(case.lines("out.csv").len(), 0);
}

#[test]
fn bad_records_go_to_the_rejected_port_and_nothing_is_lost() {
    let mut bytes = b"id,ts\n1,2026-01-01 00:00:00.000\n".to_vec();
    bytes.extend_from_slice(b"x,2026-01-01 00:00:01.000\n2,yesterday\n3\n4,2026-01-01 00:00:02.000,more\n");
    bytes.extend_from_slice(
        b"5,\n\"6\"x,2026-01-01 00:00:03.000\n7,2026-01-01 00:00:04.000\n8,\"2026-01-01 00:00",
    );
    let case = Case::with(CSV, bytes);
    let output = case.run();
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let counted: i64 = case
        .lines("out.csv")
        .iter()
        .map(|line| line.rsplit(',').next().expect("n").parse::<i64>().expect("a number"))
        .sum();
    assert_eq!(counted, 2, "rows 1 and 7");
    assert_eq!(case.lines("rejected.csv").len(), 7, "{:?}", case.lines("rejected.csv"));
}

#[test]
fn rows_that_went_nowhere_are_told_at_the_end() {
    let text = "id,ts\n1,2026-01-01 00:00:00.000\nx\n2,yesterday\n\
                3,2026-01-01 00:02:00.000\n4,2026-01-01 00:00:30.000\n";
    let case = Case::with(CSV, text);
    assert!(!stderr(&case.run()).contains("went nowhere"), "both ports are read");
    // The same without the two sinks that keep them.
    let mut flow: serde_json::Value = serde_json::from_str(&flow(CSV)).expect("JSON");
    flow["nodes"]
        .as_array_mut()
        .expect("nodes")
        .retain(|node| node["id"] != "late" && node["id"] != "rejected");
    let edges = flow["edges"].as_array_mut().expect("edges");
    edges.retain(|edge| edge["to"] != "late.in" && edge["to"] != "rejected.in");
    std::fs::write(case.dir.path().join("a.flow.json"), flow.to_string()).expect("writable");
    let output = case.run();
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let said = stderr(&output);
    let told: Vec<&str> = said.lines().filter(|line| line.contains("went nowhere")).collect();
    assert_eq!(
        told,
        [
            "2 rejected rows of `rows` went nowhere: connect its `rejected` port to keep them",
            "1 late row of `window` went nowhere: connect its `late` port to keep it",
        ]
    );
}

#[test]
fn a_line_of_a_hundred_megabytes_is_one_rejected_record() {
    let mut bytes = b"id,ts\n1,2026-01-01 00:00:00.000\n".to_vec();
    bytes.extend(std::iter::repeat_n(b'9', 100 << 20));
    bytes.extend_from_slice(b",2026-01-01 00:00:01.000\n2,2026-01-01 00:00:02.000\n");
    let case = Case::with(CSV, bytes);
    let output = case.run();
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    assert_eq!(case.lines("rejected.csv").len(), 1);
    assert!(case.lines("out.csv")[0].ends_with(",2"));
}

#[test]
fn a_far_future_timestamp_makes_nothing_late() {
    let text = "id,ts\n1,2026-01-01 00:00:00.000\n2,2999-01-01 00:00:00.000\n3,2026-01-01 00:00:01.000\n4,2026-01-01 00:02:00.000\n";
    let case = Case::with(CSV, text);
    assert_eq!(status(&case.run()), 0);
    assert_eq!(case.lines("late.csv").len(), 0);
    assert_eq!(case.lines("out.csv").len(), 3, "{:?}", case.lines("out.csv"));
}

#[test]
fn absurd_event_times_do_not_break_windows() {
    let source = CSV.replace(
        r#"{"name": "ts", "type": "TIMESTAMP"}"#,
        r#"{"name": "ts", "type": "TIMESTAMP", "time_format": "epoch_millis"}"#,
    );
    let text = format!("id,ts\n1,{}\n2,{}\n3,0\n4,-1\n5,{}\n", i64::MIN + 1, i64::MAX - 1, i64::MAX);
    let case = Case::with(&source, text);
    let output = case.run();
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let last =
        |line: &String| line.rsplit(',').next().and_then(|n| n.parse::<usize>().ok()).expect("a count");
    let n_windowed: usize = case.lines("out.csv").iter().map(last).sum();
    let n_rows = n_windowed + case.lines("late.csv").len() + case.lines("rejected.csv").len();
    assert_eq!(n_rows, 5, "every row is somewhere");
}

#[test]
fn too_many_rejected_records_stop_a_run_with_the_reason() {
    let mut text = rows(3_000);
    for _ in 0..1_200 {
        text.push_str("bad\n");
    }
    let case = Case::with(&CSV.replace("100.0", "1.0"), text);
    case.fails(1, &["`rows`", "rejected", "max_rejected_percent"]);
}

#[test]
fn a_run_that_gives_up_still_tells_what_it_knows() {
    let mut text = rows(3_000);
    for _ in 0..1_200 {
        text.push_str("bad\n");
    }
    let case = Case::with(&CSV.replace("100.0", "1.0"), text);
    let table = flow(&CSV.replace("100.0", "1.0")).replace(
        r#""kind": "csv_sink", "params": {"path": "rejected.csv"}"#,
        r#""kind": "table_sink", "title": "Bad records", "params": {}"#,
    );
    std::fs::write(case.dir.path().join("a.flow.json"), table).expect("writable");
    let output = tidemark(case.dir.path(), &["run", "a.flow.json", "--metrics-json", "figures.json"]);
    let said = stderr(&output);
    assert_eq!(status(&output), 1, "{said}");
    assert!(said.contains("raise `max_rejected_percent`") && !said.contains("resume"), "{said}");
    assert!(said.contains("a.flow.json: ") && said.contains(" rows in "), "no summary: {said}");
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("Bad records (1,"), "no last rows");
    let figures = std::fs::read_to_string(case.dir.path().join("figures.json")).expect("written");
    let figures: serde_json::Value = serde_json::from_str(&figures).expect("JSON");
    let source = figures["nodes"].as_array().expect("nodes").iter().find(|node| node["id"] == "rows");
    assert!(source.expect("the source")["numRecordsIn"].as_u64() > Some(1_000), "{figures}");
}

#[test]
fn figures_that_cannot_be_written_are_found_before_the_run() {
    let case = Case::with(CSV, rows(10));
    for place in ["nowhere/figures.json", "."] {
        let output = tidemark(case.dir.path(), &["run", "a.flow.json", "--metrics-json", place]);
        assert_eq!(status(&output), 2, "{}", stderr(&output));
        assert!(stderr(&output).contains("the figures cannot be written"), "{}", stderr(&output));
        assert!(!case.dir.path().join("out.csv").exists(), "it ran all the same");
    }
    std::fs::write(case.dir.path().join("a.flow.json"), "{}").expect("writable");
    let output = tidemark(case.dir.path(), &["run", "a.flow.json", "--metrics-json", "figures.json"]);
    assert_eq!(status(&output), 1, "{}", stderr(&output));
    assert!(!case.dir.path().join("figures.json").exists(), "no run, no figures");
}

#[test]
fn nothing_in_data_or_titles_steers_the_terminal() {
    let source = CSV.replace(r#"{"name": "id", "type": "BIGINT"}"#, r#"{"name": "id", "type": "STRING"}"#);
    let case = Case::with(&source, "id,ts\n\"a\x1b]0;owned\x07\nb\",2026-01-01 00:00:00.000\n");
    let flow = format!(
        r#"{{"version": 1, "nodes": [{{"id": "rows", "title": "Ro\u001bws", {source}}},
            {{"id": "all", "kind": "table_sink", "title": "A\u001b[2Jll", "params": {{}}}}],
            "edges": [{{"from": "rows.out", "to": "all.in"}}]}}"#
    );
    std::fs::write(case.dir.path().join("a.flow.json"), flow).expect("writable");
    let print = |format: &str| {
        let output = tidemark(case.dir.path(), &["run", "a.flow.json", "--format", format]);
        assert_eq!(status(&output), 0, "{}", stderr(&output));
        assert!(!stderr(&output).contains('\x1b'), "{:?}", stderr(&output));
        assert!(stderr(&output).contains(r"Ro\u{1b}ws"), "{:?}", stderr(&output));
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let table = print("table");
    assert!(!table.contains('\x1b') && table.lines().count() == 3, "{table:?}");
    assert!(table.contains(r"a\u{1b}]0;owned\u{7}\u{a}b") && table.contains(r"A\u{1b}[2Jll"), "{table:?}");
    // Machines get what was read.
    assert!(print("csv").contains("\"a\x1b]0;owned\x07\nb\""));
    assert!(print("ndjson").contains(r"a\u001b]0;owned\u0007\nb"));
}

#[test]
fn flows_that_cannot_be_read_say_why_in_one_sentence() {
    let case = Case::with(CSV, rows(1));
    let file = case.dir.path().join("a.flow.json");
    for (text, word) in [
        (flow(CSV).replace(r#""version": 1"#, r#""version": 2"#), "newer Tidemark"),
        (flow(CSV)[..200].to_owned(), "ends before"),
        (String::new(), "JSON object"),
        (flow(CSV).replace("csv_source", "kafka_source"), "kafka_source"),
        (flow(CSV).replace("bound_millis", "bound_milis"), "bound_millis"),
    ] {
        std::fs::write(&file, text).expect("writable");
        let output = case.run();
        assert_eq!(status(&output), 1, "{word}: {}", stderr(&output));
        assert!(stderr(&output).contains(word), "{word}: {}", stderr(&output));
    }
}

#[test]
fn a_flow_does_not_read_what_it_writes_nor_leave_its_folder() {
    let case = Case::with(CSV, rows(10));
    let file = case.dir.path().join("a.flow.json");
    std::fs::write(&file, flow(CSV).replace("out.csv", "rows.csv")).expect("writable");
    let output = case.run();
    assert_eq!(status(&output), 1);
    assert!(stderr(&output).contains("rows.csv"), "{}", stderr(&output));
    assert_eq!(std::fs::read_to_string(case.dir.path().join("rows.csv")).expect("untouched"), rows(10));

    let other = tempfile::tempdir().expect("a folder");
    let outside = other.path().join("rows.csv");
    std::fs::write(&outside, rows(10)).expect("writable");
    let outside = outside.to_str().expect("UTF-8");
    std::fs::write(&file, flow(&CSV.replace("rows.csv", outside))).expect("writable");
    let output = case.run();
    assert_eq!(status(&output), 1);
    assert!(stderr(&output).contains("--allow"), "{}", stderr(&output));
    let output = tidemark(case.dir.path(), &["run", "a.flow.json", "--allow", outside]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
}

#[cfg(unix)]
#[test]
fn a_write_that_fails_midway_leaves_what_was_there() {
    let case = Case::with(CSV, rows(3_000));
    assert_eq!(status(&case.run()), 0);
    let before = std::fs::read_to_string(case.dir.path().join("out.csv")).expect("written");
    // Every row makes a window of its own, so that far more is written than the limit allows.
    let wide = flow(CSV).replace(r#""size_millis": 60000"#, r#""size_millis": 1"#);
    std::fs::write(case.dir.path().join("a.flow.json"), wide).expect("writable");
    let output = Command::new("bash")
        .args([
            "-c",
            "trap '' XFSZ; ulimit -f 16; exec \"$0\" run a.flow.json",
            env!("CARGO_BIN_EXE_tidemark"),
        ])
        .current_dir(case.dir.path())
        .output()
        .expect("bash");
    assert_eq!(status(&output), 3, "{}", stderr(&output));
    assert!(stderr(&output).contains("`out`"), "{}", stderr(&output));
    assert_eq!(std::fs::read_to_string(case.dir.path().join("out.csv")).expect("still there"), before);
}

#[test]
fn rows_that_a_filter_drops_by_a_files_statistics_are_counted_and_a_flag_does_without() {
    let case = Case::with(CSV, rows(300));
    let write = r#"{"version": 1, "nodes": [
  {"id": "rows", "kind": "csv_source", "params": {"path": "rows.csv"}},
  {"id": "out", "kind": "parquet_sink", "params": {"path": "rows.parquet", "row_group_rows": 100}}
], "edges": [{"from": "rows.out", "to": "out.in"}]}"#;
    let read = r#"{"version": 1, "nodes": [
  {"id": "rows", "kind": "parquet_source", "params": {"path": "rows.parquet", "event_time": "ts"}},
  {"id": "some", "kind": "filter", "params": {"condition": "id >= 250"}},
  {"id": "out", "kind": "csv_sink", "params": {"path": "some.csv"}}
], "edges": [{"from": "rows.out", "to": "some.in"}, {"from": "some.out", "to": "out.in"}]}"#;
    for (name, flow) in [("write.flow.json", write), ("read.flow.json", read)] {
        std::fs::write(case.dir.path().join(name), flow).expect("writable");
    }
    assert_eq!(status(&tidemark(case.dir.path(), &["run", "write.flow.json"])), 0);
    let mut found = Vec::new();
    for more in [&[][..], &["--no-statistics"]] {
        let args = [&["run", "read.flow.json", "--metrics-json", "figures.json"], more].concat();
        let output = tidemark(case.dir.path(), &args);
        assert_eq!(status(&output), 0, "{}", stderr(&output));
        let figures = std::fs::read_to_string(case.dir.path().join("figures.json")).expect("written");
        let mut figures: serde_json::Value = serde_json::from_str(&figures).expect("JSON");
        let n_pruned = figures["nodes"][0]["numRecordsPruned"].take();
        let says_so = stderr(&output).contains("200 rows of `rows` were not decoded whole");
        assert_eq!(says_so, more.is_empty(), "{}", stderr(&output));
        let counts = ["numRecordsIn", "numRecordsOut", "numRecordsFiltered"];
        let counts: Vec<_> = figures["nodes"]
            .as_array()
            .expect("nodes")
            .iter()
            .map(|node| counts.map(|count| node[count].clone()))
            .collect();
        found.push((n_pruned, counts, case.lines("some.csv")));
    }
    assert_eq!((&found[0].0, &found[1].0), (&serde_json::json!(200), &serde_json::json!(0)));
    assert_eq!((&found[0].1, &found[0].2), (&found[1].1, &found[1].2));
    assert_eq!(found[0].2.len(), 50);
}
