//! When rows arrive where nothing says so, which timestamps are believed, and what many or bad files do to a run.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use tidemark_engine::ids::NodeId;
use tidemark_engine::runtime::{JobConfig, JobHandle, JobStatus};
use tidemark_engine::sync::Capacity;
use tidemark_tests::{Outcome, Pace, checked, run};

const BATCHES: [usize; 3] = [1, 64, 8192];

fn config(batch_rows: usize) -> JobConfig {
    JobConfig {
        parallelism: 2,
        batch_rows,
        mailbox: Capacity { items: 4, bytes: 1 << 20 },
        ..JobConfig::default()
    }
}

/// Counts the rows of `in-*.csv` by the day; `source` and `watermarks` are parameters of those nodes, `between` stands between them.
fn flow(source: &str, between: Option<&str>, watermarks: &str) -> String {
    let (node, path) = match between {
        None => (String::new(), r#"{"from": "read.out", "to": "time.in"}"#.to_owned()),
        Some(node) => (
            format!("{node},"),
            r#"{"from": "read.out", "to": "between.in"}, {"from": "between.out", "to": "time.in"}"#
                .to_owned(),
        ),
    };
    format!(
        r#"{{"version": 1, "nodes": [
  {{"id": "read", "kind": "csv_source", "params": {{"path": "in-*.csv", {source}
    "schema": [{{"name": "id", "type": "BIGINT"}}, {{"name": "ts", "type": "TIMESTAMP"}}]}}}},
  {node}
  {{"id": "time", "kind": "watermarks", "params": {{{watermarks}}}}},
  {{"id": "window", "kind": "tumbling_window", "params": {{"size_millis": 86400000, "aggregates": [
    {{"function": "count", "name": "n"}}, {{"function": "first", "column": "id", "name": "first"}}]}}}},
  {{"id": "days", "kind": "table_sink", "params": {{}}}},
  {{"id": "late", "kind": "table_sink", "params": {{}}}}
], "edges": [{path}, {{"from": "time.out", "to": "window.in"}}, {{"from": "window.out", "to": "days.in"}},
  {{"from": "window.late", "to": "late.in"}}]}}"#
    )
}

fn write(dir: &Path, file: usize, lines: &[String]) {
    std::fs::write(dir.join(format!("in-{file}.csv")), format!("id,ts\n{}\n", lines.join("\n")))
        .expect("writable");
}

/// A line of day `day` of the year 2026, counted from 0 and before April.
fn on_day(id: usize, day: usize, rest: &str) -> String {
    let (month, before) =
        [(1, 0), (2, 31), (3, 59)].into_iter().rfind(|(_, before)| *before <= day).expect("a month");
    format!("{id},2026-{month:02}-{:02} {rest}", day - before + 1)
}

fn finished(outcome: &Outcome) {
    assert!(matches!(outcome.status, JobStatus::Finished), "{:?}", outcome.status);
}

#[test]
fn files_are_read_by_the_time_that_the_watermarks_follow() {
    let dir = tempfile::tempdir().expect("a folder");
    // Three files that each go through the same forty days: one after another, two of them would come too late.
    for file in 0..3 {
        let lines: Vec<String> = (0..40).map(|day| on_day(file * 100 + day, day, "10:00:00.000")).collect();
        write(dir.path(), file, &lines);
    }
    let renamed = r#"{"id": "between", "kind": "select", "params": {"columns": [{"expression": "id"}, {"expression": "ts", "name": "at"}]}}"#;
    let flows = [
        flow(r#""event_time": "ts","#, None, ""),
        flow("", None, r#""time_column": "ts""#),
        flow("", Some(renamed), r#""time_column": "at""#),
    ];
    for batch in BATCHES {
        for flow in &flows {
            let outcome = run(flow, dir.path(), &config(batch), Pace::Free);
            finished(&outcome);
            assert_eq!(outcome.tables["late"], [""; 0], "batch {batch}");
            assert_eq!(outcome.tables["days"].len(), 40);
            for (day, line) in outcome.tables["days"].iter().enumerate() {
                assert!(
                    line.ends_with(&format!(",3,{day}")),
                    "{line}: three rows, the first of the first file"
                );
            }
        }
    }
    let computed = r#"{"id": "between", "kind": "select", "params": {"columns": [{"expression": "id"},
        {"expression": "ts + INTERVAL '1' HOUR", "name": "at"}]}}"#;
    let codes = |flow: &str| -> Vec<&str> {
        checked(flow, dir.path()).diagnostics.iter().map(|diagnostic| diagnostic.code).collect()
    };
    assert!(codes(&flow("", Some(computed), r#""time_column": "at""#)).contains(&"time-unknown-to-source"));
    assert!(!codes(&flows[2]).contains(&"time-unknown-to-source"));
    let twice = r#"{"id": "between", "kind": "watermarks", "params": {"time_column": "ts"}}"#;
    assert!(codes(&flow("", Some(twice), "")).contains(&"watermarks-replaced"));
}

/// Forty days with a row at ten and one at eleven; the row at `absurd`, if any, is said to be of the year 2999.
fn days(absurd: Option<usize>) -> Vec<String> {
    (0..80)
        .map(|row| match absurd {
            Some(absurd) if absurd == row => format!("{row},2999-01-01 00:00:00.000"),
            _ => on_day(row, row / 2, if row % 2 == 0 { "10:00:00.000" } else { "11:00:00.000" }),
        })
        .collect()
}

#[test]
fn one_timestamp_from_the_future_costs_one_row_wherever_it_stands() {
    for absurd in [0, 1, 40, 79] {
        let dir = tempfile::tempdir().expect("a folder");
        write(dir.path(), 0, &days(Some(absurd)));
        write(dir.path(), 1, &days(None));
        for (batch, source) in
            BATCHES.into_iter().flat_map(|batch| [(batch, ""), (batch, r#""event_time": "ts","#)])
        {
            let outcome =
                run(&flow(source, None, r#""time_column": "ts""#), dir.path(), &config(batch), Pace::Free);
            finished(&outcome);
            assert_eq!(outcome.tables["late"], [""; 0], "absurd row {absurd}, batch {batch}");
            let counts: Vec<&str> =
                outcome.tables["days"].iter().map(|line| line.split(',').nth(3).expect("a count")).collect();
            let expected = (0..40).map(|day| if absurd / 2 == day { "3" } else { "4" }).chain(["1"]);
            assert_eq!(counts, expected.collect::<Vec<_>>(), "absurd row {absurd}, batch {batch}");
            assert_eq!(outcome.accounts["time"].future_skewed, 1);
        }
    }
}

#[test]
fn a_first_row_from_the_future_is_known_by_its_split_even_if_those_before_it_went_elsewhere() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut lines = days(Some(1));
    lines[0] = "-1,2026-01-01 10:00:00.000".to_owned();
    write(dir.path(), 0, &lines);
    let positive = r#"{"id": "between", "kind": "filter", "params": {"condition": "id >= 0"}}"#;
    for batch in BATCHES {
        let flow = flow("", Some(positive), r#""time_column": "ts""#);
        let outcome = run(&flow, dir.path(), &config(batch), Pace::Free);
        finished(&outcome);
        assert_eq!(outcome.tables["late"], [""; 0], "batch {batch}");
        assert_eq!(outcome.accounts["time"].future_skewed, 1);
    }
}

/// Rows of one day, `ahead` days after each of them arrived; the first is said to be of the year 2999 if `is_absurd`.
fn booked(ahead: usize, is_absurd: bool) -> String {
    let mut text = String::from("id,ts,seen\n");
    for row in 0..10 {
        let (time, seen) = (format!("1{row}:00:00.000"), on_day(row, 0, &format!("1{row}:00:00.000")));
        let (_, seen) = seen.split_once(',').expect("an id");
        let line = if is_absurd && row == 0 {
            "0,2999-01-01 00:00:00.000".to_owned()
        } else {
            on_day(row, ahead, &time)
        };
        writeln!(text, "{line},{seen}").expect("a string");
    }
    text
}

#[test]
fn where_arrival_is_recorded_a_first_row_is_held_against_it() {
    let source = r#""event_time": "ts", "arrival_time": "seen","#;
    let flow = flow(source, None, "").replace(
        r#"{"name": "ts", "type": "TIMESTAMP"}"#,
        r#"{"name": "ts", "type": "TIMESTAMP"}, {"name": "seen", "type": "TIMESTAMP"}"#,
    );
    // An absurd first row costs itself; events a month ahead of their arrival cost two rows until they are believed.
    for (ahead, is_absurd, n_set_aside) in [(0, false, 0), (0, true, 1), (30, false, 2)] {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::write(dir.path().join("in-0.csv"), booked(ahead, is_absurd)).expect("writable");
        for batch in BATCHES {
            let outcome = run(&flow, dir.path(), &config(batch), Pace::Free);
            finished(&outcome);
            assert_eq!(outcome.accounts["time"].future_skewed, n_set_aside, "{ahead} days ahead");
            assert_eq!(outcome.tables["late"], [""; 0]);
        }
    }
}

#[test]
fn a_partition_that_begins_in_the_future_waits_for_more_rows() {
    let dir = tempfile::tempdir().expect("a folder");
    // Every row is a partition of its own, so each is a first row.
    write(dir.path(), 0, &days(Some(40)));
    for batch in BATCHES {
        let flow = flow(r#""event_time": "ts", "partition": "id","#, None, "");
        let outcome = run(&flow, dir.path(), &config(batch), Pace::Free);
        finished(&outcome);
        assert_eq!(outcome.accounts["time"].future_skewed, 1);
    }
}

#[test]
fn time_goes_on_where_rows_are_rarer_than_the_skew_allows() {
    let dir = tempfile::tempdir().expect("a folder");
    let lines: Vec<String> = (0..30).map(|row| on_day(row, row * 3, "10:00:00.000")).collect();
    write(dir.path(), 0, &lines);
    let flow = flow("", None, r#""time_column": "ts""#);
    let checked = checked(&flow, dir.path());
    let job =
        JobHandle::start(&checked.graph, &JobConfig { paused: true, ..config(8192) }).expect("startable");
    job.step(29);
    let node = |id: &str| {
        let snapshot = job.snapshot();
        snapshot.nodes.into_iter().find(|node| node.id.as_str() == id).expect("a node").account
    };
    // Two rows behind, and the window of the last row that counts is open: of 29 rows, 26 are in closed windows.
    let deadline = Instant::now() + Duration::from_secs(10);
    while node("days").rows_in < 26 {
        assert!(Instant::now() < deadline, "time stands still: {:?}", node("window"));
        std::thread::yield_now();
    }
    job.resume();
    assert!(matches!(job.wait(), JobStatus::Finished));
    assert_eq!((node("days").rows_in, node("window").late), (30, 0));
}

#[test]
fn a_run_pauses_at_the_same_bad_record_at_any_batch_size() {
    let dir = tempfile::tempdir().expect("a folder");
    let lines: Vec<String> = (0..30_000)
        .map(
            |row| {
                if row % 10 == 3 { format!("{row},never") } else { on_day(row, row / 1000, "10:00:00.000") }
            },
        )
        .collect();
    write(dir.path(), 0, &lines);
    let flow = flow(r#""event_time": "ts", "max_rejected_percent": 5.0,"#, None, "");
    let checked = checked(&flow, dir.path());
    for batch in BATCHES {
        let job = JobHandle::start(&checked.graph, &config(batch)).expect("startable");
        let deadline = Instant::now() + Duration::from_secs(20);
        let reason = loop {
            if let JobStatus::Paused(Some(reason)) = job.status() {
                break reason;
            }
            assert!(Instant::now() < deadline, "{:?}", job.status());
            std::thread::yield_now();
        };
        // The 1,001st bad record is number 10,003 counted from 0.
        assert!(reason.contains("`read` has rejected 1001 of 10004 records (10.0 %)"), "{reason}");
        assert_eq!(job.snapshot().nodes.iter().map(|node| node.account.rejected).max(), Some(1_001));
        job.resume();
        assert!(matches!(job.wait(), JobStatus::Finished));
    }
}

/// Runs the flow step by step over the files of `dir`, and answers how many of them were open at most and how many records were read.
#[cfg(target_os = "linux")]
fn most_open(dir: &Path, batch_rows: usize, step: u64) -> (usize, u64) {
    let flow = flow(r#""max_rejected_percent": 100.0,"#, None, r#""time_column": "ts""#);
    let checked = checked(&flow, dir);
    let folder = dir.canonicalize().expect("a folder");
    let n_open = || {
        let files = std::fs::read_dir("/proc/self/fd").expect("Linux says which files are open");
        let links = files.filter_map(|file| std::fs::read_link(file.ok()?.path()).ok());
        links.filter(|link| link.starts_with(&folder)).count()
    };
    let job = JobHandle::start(&checked.graph, &JobConfig { paused: true, ..config(batch_rows) })
        .expect("startable");
    let read = || job.snapshot().nodes.iter().map(|node| node.account.rows_in).max().unwrap_or(0);
    let mut most = 0;
    for n_steps in 1..=20 {
        job.step(step);
        let deadline = Instant::now() + Duration::from_secs(10);
        while read() < n_steps * step {
            assert!(Instant::now() < deadline, "a step is not taken");
            most = most.max(n_open());
        }
    }
    job.resume();
    assert!(matches!(job.wait(), JobStatus::Finished));
    (most, read())
}

#[test]
#[cfg(target_os = "linux")]
fn few_of_many_files_are_open_at_once() {
    let dir = tempfile::tempdir().expect("a folder");
    for file in 0..300 {
        let mut lines = vec!["one,bad record".to_owned()];
        let day = file % 90;
        lines.extend((0..5).map(|row| on_day(row, day, &format!("1{row}:00:00.000"))));
        write(dir.path(), file, &lines);
    }
    let (most, n_records) = most_open(dir.path(), 64, 40);
    assert!(most <= 68, "{most} files were open at once");
    assert_eq!(n_records, 1_800);
}

#[test]
#[cfg(target_os = "linux")]
fn files_that_go_through_the_same_time_are_closed_and_opened_again() {
    let dir = tempfile::tempdir().expect("a folder");
    for file in 0..100 {
        let lines: Vec<String> =
            (0..90).map(|day| on_day(0, day, &format!("10:00:{:02}.{:03}", file / 10, file % 10))).collect();
        write(dir.path(), file, &lines);
    }
    // Small batches, so that no file is read in one go.
    let (most, n_records) = most_open(dir.path(), 8, 100);
    assert!((60..=68).contains(&most), "{most} files were open at once");
    assert_eq!(n_records, 9_000);
    let flow = flow("", None, r#""time_column": "ts""#);
    let outcome = run(&flow, dir.path(), &config(8), Pace::Free);
    finished(&outcome);
    assert_eq!(outcome.tables["late"], [""; 0]);
    let days: Vec<&str> =
        outcome.tables["days"].iter().map(|line| line.split(',').nth(3).expect("a count")).collect();
    assert_eq!(days, ["100"; 90]);
    // Compressed, each is decompressed from its beginning whenever it is opened again.
    for file in 0..100 {
        let path = dir.path().join(format!("in-{file}.csv"));
        let text = std::fs::read(&path).expect("written before");
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&text).expect("in memory");
        std::fs::write(&path, encoder.finish().expect("in memory")).expect("writable");
    }
    let again = run(&flow, dir.path(), &config(8), Pace::Free);
    finished(&again);
    assert_eq!(again.tables, outcome.tables);
}

#[test]
fn a_file_that_is_written_over_while_it_is_closed_is_not_read_on() {
    let dir = tempfile::tempdir().expect("a folder");
    let write_all = |second: usize| {
        for file in 0..100 {
            let lines: Vec<String> =
                (0..90).map(|day| on_day(second, day, &format!("10:{second:02}:00.{file:03}"))).collect();
            write(dir.path(), file, &lines);
        }
    };
    write_all(0);
    let checked = checked(&flow("", None, r#""time_column": "ts""#), dir.path());
    let job = JobHandle::start(&checked.graph, &JobConfig { paused: true, ..config(8) }).expect("startable");
    let read = || job.snapshot().nodes.iter().map(|node| node.account.rows_in).max().unwrap_or(0);
    job.step(500);
    let deadline = Instant::now() + Duration::from_secs(10);
    while read() < 500 {
        assert!(Instant::now() < deadline, "a step is not taken");
        std::thread::yield_now();
    }
    // Of a hundred files some are closed by now.
    write_all(10);
    job.resume();
    let JobStatus::Failed(error) = job.wait() else { panic!("the run went on: {:?}", job.status()) };
    assert!(error.to_string().contains("was changed while it was read"), "{error}");
}

#[test]
fn of_very_many_partitions_those_are_shown_that_hold_the_watermark_back() {
    let dir = tempfile::tempdir().expect("a folder");
    let lines: Vec<String> =
        (0..300).map(|id| on_day(id, 0, &format!("{:02}:{:02}:00.000", 9 - id / 60, 59 - id % 60))).collect();
    write(dir.path(), 0, &lines);
    let checked = checked(&flow(r#""event_time": "ts", "partition": "id","#, None, ""), dir.path());
    let job = JobHandle::start(&checked.graph, &JobConfig { paused: true, ..config(64) }).expect("startable");
    job.step(299);
    let lanes = || {
        let snapshot = job.snapshot();
        snapshot.nodes.into_iter().find(|node| node.id.as_str() == "time").expect("a node").lanes
    };
    let deadline = Instant::now() + Duration::from_secs(10);
    while lanes().first().is_none_or(|lane| lane.lane != 298) {
        assert!(Instant::now() < deadline, "{:?}", lanes().first());
        std::thread::yield_now();
    }
    let lanes: Vec<u32> = lanes().iter().map(|lane| lane.lane).collect();
    assert_eq!(lanes, (43..299).rev().collect::<Vec<_>>(), "each began behind the one before");
}

#[test]
fn rows_without_any_time_go_in_batches() {
    let dir = tempfile::tempdir().expect("a folder");
    let lines: Vec<String> = (0..10_000).map(|row| format!("{row},")).collect();
    write(dir.path(), 0, &lines);
    let flow = r#"{"version": 1, "nodes": [
  {"id": "read", "kind": "csv_source", "params": {"path": "in-*.csv"}},
  {"id": "some", "kind": "filter", "params": {"condition": "id >= 0"}},
  {"id": "rows", "kind": "table_sink", "params": {}}
], "edges": [{"from": "read.out", "to": "some.in"}, {"from": "some.out", "to": "rows.in"}]}"#;
    let checked = checked(flow, dir.path());
    let job = JobHandle::start(&checked.graph, &config(1_000)).expect("startable");
    assert!(matches!(job.wait(), JobStatus::Finished));
    let table = job.table(&NodeId::new("rows")).expect("a table");
    let (batches, n_rows) = table.batches();
    assert_eq!(n_rows, 10_000);
    assert!(batches.len() <= 20, "{} batches", batches.len());
}

#[test]
fn looking_into_many_files_can_be_stopped() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut text = String::new();
    for row in 0..2_000 {
        writeln!(text, "{}", on_day(row, 0, "10:00:00.000")).expect("a string");
    }
    for file in 0..400 {
        write(dir.path(), file, &[text.trim_end().to_owned()]);
    }
    let checked = checked(&flow(r#""event_time": "ts","#, None, ""), dir.path());
    let job = JobHandle::start(&checked.graph, &config(8192)).expect("startable");
    job.wait_for(Duration::from_millis(20));
    let asked = Instant::now();
    job.stop();
    job.wait();
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
}
