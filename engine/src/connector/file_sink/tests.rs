//! Folders of parts, by the way of the CSV sink: what lies where, and what a run finds that another left.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use polars::prelude::{IntoColumn, NamedFrom, Series, TimeUnit};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::folder::MAX_OPEN;
use crate::connector::CsvSink;
use crate::connector::testing::{Flow, findings, sink, sink_context};
use crate::data::{Batch, DataType, EdgeType, Field, Origins, Position, Positions, Progress, Raises, Schema};
use crate::node::{InputPort, NodePlan, NodeType, Sink};
use crate::time::Watermark;

const MINUTE: i64 = 60_000;

/// Rows of a key and an event time in minutes.
fn edge() -> Arc<EdgeType> {
    let fields = vec![
        Field::nullable("key", DataType::String),
        Field::nullable("at", DataType::Timestamp),
        Field::nullable("n", DataType::BigInt),
    ];
    let edge = EdgeType::append(Schema::new(fields));
    Arc::new(EdgeType { event_time: Some(1), watermarked: true, ..edge })
}

/// Rows with the numbers from `first` on; the watermark follows the greatest time one millisecond behind.
fn rows(first: u64, start: Watermark, rows: &[(&str, i64)]) -> Batch {
    let keys: Vec<Option<&str>> = rows.iter().map(|(key, _)| (*key != "NULL").then_some(*key)).collect();
    let at: Vec<Option<i64>> =
        rows.iter().map(|(_, minute)| (*minute >= 0).then_some(minute * MINUTE)).collect();
    let n: Vec<i64> = (0..rows.len() as i64).map(|n| n + first as i64).collect();
    let at = Series::new("at".into(), at).i64().expect("numbers").clone();
    let columns = vec![
        Series::new("key".into(), keys).into_column(),
        at.into_datetime(TimeUnit::Milliseconds, None).into_column(),
        Series::new("n".into(), n).into_column(),
    ];
    let frame = polars::prelude::DataFrame::new(rows.len(), columns).expect("columns");
    let arrivals = vec![0; rows.len()].into();
    let origins = Origins::Run { source: 0, split: 0, first_offset: first, arrivals };
    let positions = Positions::all(origins.clone());
    let mut watermark = start.millis();
    let mut raises = Raises::default();
    for (row, (_, minute)) in (0..).zip(rows) {
        if minute * MINUTE - 1 > watermark && *minute >= 0 {
            watermark = minute * MINUTE - 1;
            raises.rows.push(row);
            raises.watermarks.push(watermark);
        }
    }
    let frontier = Position { offset: first + rows.len() as u64, ..positions.at(0) }.with_all_it_causes();
    Batch::new(frame, edge(), positions, Progress::new(start, frontier, origins, raises))
}

/// The rows in batches of `size`.
fn batches(all: &[(&str, i64)], size: usize) -> Vec<Batch> {
    let mut watermark = Watermark::NONE;
    let piece = |(number, piece): (usize, &[(&str, i64)])| {
        let batch = rows((number * size) as u64, watermark, piece);
        watermark = batch.progress().end();
        batch
    };
    all.chunks(size).enumerate().map(piece).collect()
}

fn plan(flow: &Flow, folder: &Json) -> NodePlan {
    let inputs = vec![InputPort { name: "in", edges: vec![Some(edge())] }];
    let params = json!({"path": "out", "header": false, "folder": folder});
    flow.with_params(&params, inputs, None, |cx| CsvSink.plan(cx))
}

fn begin(flow: &Flow, folder: &Json) -> Box<dyn Sink> {
    (sink(plan(flow, folder)).make)(&sink_context(&edge())).expect("a sink")
}

fn end(sink: &mut dyn Sink) {
    sink.prepare_commit().expect("prepared");
    sink.check_commit().expect("checked");
    sink.commit().expect("in place");
}

fn run(flow: &Flow, folder: &Json, batches: &[Batch]) -> Vec<(String, String)> {
    let mut sink = begin(flow, folder);
    for batch in batches {
        sink.write(batch).expect("written");
    }
    end(&mut *sink);
    seen(flow)
}

/// What a reader of the output folder sees: paths and contents, sorted.
fn seen(flow: &Flow) -> Vec<(String, String)> {
    let mut files = Vec::new();
    walk(&flow.dir().join("out"), "", &mut files);
    files.sort();
    files
}

fn walk(folder: &Path, prefix: &str, files: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("readable").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        if path.is_dir() {
            walk(&path, &format!("{prefix}{name}/"), files);
        } else {
            files.push((format!("{prefix}{name}"), std::fs::read_to_string(&path).expect("text")));
        }
    }
}

fn names(seen: &[(String, String)]) -> Vec<&str> {
    seen.iter().map(|(name, _)| &**name).collect()
}

fn pairs(seen: &[(String, String)]) -> Vec<(&str, &str)> {
    seen.iter().map(|(name, text)| (&**name, &**text)).collect()
}

const FEW: [(&str, i64); 6] = [("a", 0), ("b", 0), ("a", 1), ("NULL", 1), ("b", 61), ("a", 61)];

#[test]
fn a_new_part_begins_at_the_same_row_however_rows_come() {
    for size in [1, 2, 5, 6] {
        let flow = Flow::new();
        let files = run(&flow, &json!({"part_rows": 4}), &batches(&FEW, size));
        assert_eq!(
            pairs(&files),
            [
                (
                    "part-00000.csv",
                    "a,1970-01-01 00:00:00.000,0\nb,1970-01-01 00:00:00.000,1\na,1970-01-01 00:01:00.000,2\n,1970-01-01 00:01:00.000,3\n"
                ),
                ("part-00001.csv", "b,1970-01-01 01:01:00.000,4\na,1970-01-01 01:01:00.000,5\n"),
            ]
        );
        // A row is 28 bytes, one of NULL 27: two rows reach 40 bytes.
        let files = run(&flow, &json!({"part_bytes": 40}), &batches(&FEW, size));
        let lines: Vec<usize> = files.iter().map(|(_, text)| text.lines().count()).collect();
        assert_eq!(lines, [2, 2, 2]);
    }
}

#[test]
fn partitions_by_column_and_time_leave_the_column_out() {
    for size in [1, 4, 6] {
        let flow = Flow::new();
        let folder = json!({"partition_columns": ["key"], "partition_time": "hour"});
        let files = run(&flow, &folder, &batches(&FEW, size));
        assert_eq!(
            pairs(&files),
            [
                (
                    "key=__HIVE_DEFAULT_PARTITION__/dt=1970-01-01/hour=00/part-00000.csv",
                    "1970-01-01 00:01:00.000,3\n"
                ),
                (
                    "key=a/dt=1970-01-01/hour=00/part-00000.csv",
                    "1970-01-01 00:00:00.000,0\n1970-01-01 00:01:00.000,2\n"
                ),
                ("key=a/dt=1970-01-01/hour=01/part-00000.csv", "1970-01-01 01:01:00.000,5\n"),
                ("key=b/dt=1970-01-01/hour=00/part-00000.csv", "1970-01-01 00:00:00.000,1\n"),
                ("key=b/dt=1970-01-01/hour=01/part-00000.csv", "1970-01-01 01:01:00.000,4\n"),
            ]
        );
        let kept =
            run(&flow, &json!({"partition_columns": ["key"], "keep_columns": true}), &batches(&FEW, size));
        assert_eq!(
            pairs(&kept)[2],
            ("key=b/part-00000.csv", "b,1970-01-01 00:00:00.000,1\nb,1970-01-01 01:01:00.000,4\n")
        );
        assert_eq!(
            kept.len(),
            3,
            "what the run before made and this one did not is gone: {:?}",
            names(&kept)
        );
    }
}

#[test]
fn without_rows_there_is_one_part_or_none() {
    let flow = Flow::new();
    assert_eq!(names(&run(&flow, &json!({"part_rows": 9}), &[])), ["part-00000.csv"]);
    assert_eq!(
        names(&run(&flow, &json!({"partition_columns": ["key"], "success_file": true}), &[])),
        ["_SUCCESS"]
    );
}

#[test]
fn so_many_parts_are_open_at_once_and_the_rest_go_on_in_new_ones() {
    let keys: Vec<String> = (0..=MAX_OPEN).map(|n| format!("k{n:03}")).collect();
    // One key too many ends the part of the second, which has been without rows for longest.
    let mut all: Vec<(&str, i64)> = keys.iter().take(MAX_OPEN).map(|key| (&**key, 0)).collect();
    all.extend([("k000", 0), (&*keys[MAX_OPEN], 0), ("k001", 0), ("k000", 0)]);
    let mut first = None;
    for size in [1, 3, 64, MAX_OPEN + 1, 1000] {
        let flow = Flow::new();
        let files = run(&flow, &json!({"partition_columns": ["key"]}), &batches(&all, size));
        assert_eq!(files.len(), MAX_OPEN + 2);
        let of = |key: &str| files.iter().filter(|(name, _)| name.starts_with(key)).count();
        assert_eq!((of("key=k000/"), of("key=k001/"), of("key=k002/")), (1, 2, 1));
        assert!(*first.get_or_insert_with(|| files.clone()) == files, "in batches of {size}");
    }
}

/// Two minutes that are complete, a row that comes late for the first, and one without time.
const TIMED: [(&str, i64); 8] =
    [("a", 0), ("a", 1), ("b", 0), ("a", 2), ("late", 0), ("a", 3), ("none", -1), ("b", 3)];

#[test]
fn a_minute_appears_once_the_watermark_has_passed_it_and_stays() {
    let folder = json!({"partition_time": "minute", "commit_delay_millis": MINUTE, "success_file": true});
    for size in [1, 2, 3, 8] {
        let flow = Flow::new();
        let mut sink = begin(&flow, &folder);
        let batches = batches(&TIMED, size);
        let minute = |n: i64, file: &str| format!("dt=1970-01-01/hour=00/minute=0{n}/{file}");
        let mut n_rows = 0;
        for batch in &batches {
            sink.write(batch).expect("written");
            n_rows += batch.n_rows();
            let seen = seen(&flow);
            // Minute 0 is over at 1 and complete at 2, with the fourth row; minute 1 with the sixth.
            let mut expected = Vec::new();
            for n in 0..=1 {
                if n_rows >= [4, 6][n as usize] {
                    expected.extend([minute(n, "_SUCCESS"), minute(n, "part-00000.csv")]);
                }
            }
            assert_eq!(names(&seen), expected, "after {n_rows} rows");
        }
        end(&mut *sink);
        let files = seen(&flow);
        let none = "dt=__HIVE_DEFAULT_PARTITION__/hour=__HIVE_DEFAULT_PARTITION__/minute=__HIVE_DEFAULT_PARTITION__/";
        let mut expected = vec![
            (minute(0, "_SUCCESS"), ""),
            (minute(0, "part-00000.csv"), "a,1970-01-01 00:00:00.000,0\nb,1970-01-01 00:00:00.000,2\n"),
            (minute(0, "part-00001.csv"), "late,1970-01-01 00:00:00.000,4\n"),
            (minute(1, "_SUCCESS"), ""),
            (minute(1, "part-00000.csv"), "a,1970-01-01 00:01:00.000,1\n"),
            (minute(2, "_SUCCESS"), ""),
            (minute(2, "part-00000.csv"), "a,1970-01-01 00:02:00.000,3\n"),
            (minute(3, "_SUCCESS"), ""),
            (minute(3, "part-00000.csv"), "a,1970-01-01 00:03:00.000,5\nb,1970-01-01 00:03:00.000,7\n"),
            (format!("{none}_SUCCESS"), ""),
            (format!("{none}part-00000.csv"), "none,,6\n"),
        ];
        expected.sort();
        let expected: Vec<(&str, &str)> = expected.iter().map(|(name, text)| (&**name, *text)).collect();
        assert_eq!(pairs(&files), expected, "in batches of {size}");
        // The next run replaces minute after minute, and does not take what is there for another's.
        assert_eq!(pairs(&run(&flow, &folder, &batches)), expected);
    }
}

#[test]
fn late_rows_are_counted() {
    let flow = Flow::new();
    let folder = json!({"partition_time": "minute", "commit_delay_millis": 0});
    let context = sink_context(&edge());
    let mut sink = (sink(plan(&flow, &folder)).make)(&context).expect("a sink");
    // With a delay of nothing, minute 0 is complete with the second row, so the third and the fifth are late.
    for batch in batches(&TIMED, 3) {
        sink.write(&batch).expect("written");
    }
    assert_eq!(context.counters.account().late_assignments, 2);
    sink.abort();
    let kept = seen(&flow);
    assert_eq!(names(&kept).len(), 3, "minutes 0, 1 and 2 have appeared and stay: {:?}", names(&kept));
}

#[test]
fn progress_without_rows_completes_a_minute_too_but_the_end_of_input_waits_for_the_run() {
    let flow = Flow::new();
    let folder = json!({"partition_time": "minute", "commit_delay_millis": 0});
    let mut sink = begin(&flow, &folder);
    sink.write(&rows(0, Watermark::NONE, &[("a", 0), ("a", 5)])).expect("written");
    assert_eq!(seen(&flow).len(), 1);
    let at = |watermark| Progress::flat(watermark, Position::MAX);
    sink.progress(&at(Watermark::new(6 * MINUTE - 2))).expect("nothing to do");
    assert_eq!(seen(&flow).len(), 1);
    sink.progress(&at(Watermark::new(6 * MINUTE - 1))).expect("complete");
    assert_eq!(seen(&flow).len(), 2);
    sink.write(&rows(2, Watermark::new(6 * MINUTE - 1), &[("a", 9)])).expect("written");
    sink.progress(&at(Watermark::END)).expect("the end");
    assert_eq!(seen(&flow).len(), 2);
    end(&mut *sink);
    assert_eq!(seen(&flow).len(), 3);
}

#[test]
fn a_run_that_is_stopped_leaves_what_was_there() {
    let flow = Flow::new();
    let folder = json!({"partition_columns": ["key"]});
    let before = run(&flow, &folder, &batches(&FEW, 6));
    for n_steps in 0..3 {
        let mut sink = begin(&flow, &folder);
        sink.write(&rows(0, Watermark::NONE, &[("new", 0)])).expect("written");
        if n_steps > 0 {
            sink.prepare_commit().expect("prepared");
        }
        if n_steps > 1 {
            sink.check_commit().expect("checked");
        }
        sink.abort();
        assert_eq!(seen(&flow), before);
        assert!(sink.commit().is_err());
    }
    let flow = Flow::new();
    begin(&flow, &folder).abort();
    assert!(!flow.dir().join("out").exists(), "a folder that was made for nothing is gone");
}

#[test]
fn a_folder_with_what_another_made_is_refused_when_planned_and_when_committed() {
    let flow = Flow::new();
    let folder = json!({"part_rows": 3});
    let refused = |expected: &str| {
        let plan = plan(&flow, &folder);
        assert!(plan.runs.is_none() && findings(&plan).contains(expected), "{expected}: {}", findings(&plan));
    };
    flow.file("out", "mine");
    refused("is a file; a folder is needed");
    std::fs::remove_file(flow.dir().join("out")).expect("removed");
    flow.file("out/notes.txt", "mine");
    refused("notes.txt` was not made by this flow");
    std::fs::remove_file(flow.dir().join("out/notes.txt")).expect("removed");
    flow.file("out/.DS_Store", "hidden files are let alone");

    let mut sink = begin(&flow, &folder);
    sink.write(&rows(0, Watermark::NONE, &FEW)).expect("written");
    sink.prepare_commit().expect("prepared");
    flow.file("out/part-00000.csv", "mine");
    let error = sink.check_commit().expect_err("refused");
    assert!(error.message().contains("part-00000.csv` was not made by this flow"), "{error}");
    sink.abort();
    assert_eq!(pairs(&seen(&flow)), [("part-00000.csv", "mine")]);
    std::fs::remove_file(flow.dir().join("out/part-00000.csv")).expect("removed");

    run(&flow, &folder, &batches(&FEW, 6));
    flow.file("out/part-00001.csv", "changed");
    refused("part-00001.csv` was changed since this flow made it");
    std::fs::remove_file(flow.dir().join("out/part-00001.csv")).expect("removed");
    assert_eq!(run(&flow, &folder, &batches(&FEW, 6)).len(), 2);

    let text = std::fs::read_to_string(flow.dir().join("out/.tidemark/record")).expect("a record");
    let text = text.replacen("\"node\":\"node\"", "\"node\":\"other\"", 1);
    flow.file("out/.tidemark/record", text);
    refused("was made by the node `other`");
}

#[test]
fn a_folder_that_is_gone_is_said_in_a_sentence_and_nothing_appears() {
    for is_prepared in [false, true] {
        let flow = Flow::new();
        let mut sink = begin(&flow, &json!({"part_rows": 4}));
        let batches = batches(&FEW, 3);
        sink.write(&batches[0]).expect("written");
        if is_prepared {
            sink.write(&batches[1]).expect("written");
            sink.prepare_commit().expect("prepared");
        }
        std::fs::remove_dir_all(flow.dir().join("out")).expect("removed");
        let error = if is_prepared { sink.check_commit() } else { sink.write(&batches[1]) };
        let error = error.expect_err("nothing is there");
        assert_eq!(error.origin(), crate::error::Origin::Machine, "{error}");
        let says =
            if is_prepared { "part-00000.csv` has been removed" } else { "it was not possible to write" };
        assert!(error.message().contains(says), "{error}");
        sink.abort();
        assert_eq!(seen(&flow), []);
    }
}

#[test]
fn two_runs_do_not_fill_the_same_folder_at_once() {
    let flow = Flow::new();
    let first = begin(&flow, &json!({"part_rows": 9}));
    let error =
        (sink(plan(&flow, &json!({"part_rows": 9}))).make)(&sink_context(&edge())).err().expect("refused");
    assert!(error.message().contains("another run is writing"), "{error}");
    drop(first);
    begin(&flow, &json!({"part_rows": 9})).abort();
}

#[test]
fn a_run_that_died_while_it_put_files_in_place_is_finished_by_the_next() {
    for n_done in 0..=4 {
        let flow = Flow::new();
        let folder = json!({"partition_columns": ["key"], "success_file": true});
        run(&flow, &folder, &batches(&[("old", 0), ("a", 0)], 2));
        let mut sink = begin(&flow, &folder);
        sink.write(&rows(0, Watermark::NONE, &FEW)).expect("written");
        sink.prepare_commit().expect("prepared");
        sink.check_commit().expect("checked");
        // It dies with the record in effect: what lies there then is set aside while the sink tidies up.
        let (hidden, died) = (flow.dir().join("out/.tidemark"), flow.dir().join("died"));
        copy(&hidden, &died);
        drop(sink);
        std::fs::remove_dir_all(&hidden).expect("removed");
        copy(&died, &hidden);
        std::fs::rename(hidden.join("next"), hidden.join("record")).expect("in effect");
        let record = std::fs::read_to_string(hidden.join("record")).expect("a record");
        let lines = record.lines().skip(1).map(|line| serde_json::from_str::<Json>(line).expect("JSON"));
        let staged = lines.filter(|line| line.get("staged").is_some());
        for (line, n) in staged.zip(0..n_done) {
            let to = flow.dir().join("out").join(line["path"].as_str().expect("a path"));
            std::fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
            std::fs::rename(hidden.join(format!("staging/{}", line["staged"])), to)
                .unwrap_or_else(|error| panic!("file {n}: {error}"));
        }
        assert!(plan(&flow, &folder).runs.is_some(), "nothing of it is another's, {n_done} files done");

        // The next run has only to begin.
        begin(&flow, &folder).abort();
        let fresh = Flow::new();
        assert_eq!(seen(&flow), run(&fresh, &folder, &batches(&FEW, 6)), "{n_done} files done");
        let next = run(&flow, &folder, &batches(&[("x", 0)], 1));
        assert_eq!(names(&next), ["_SUCCESS", "key=x/part-00000.csv"]);
    }
}

#[test]
fn a_folder_that_was_copied_is_still_known_and_replaced() {
    let flow = Flow::new();
    let folder = json!({"part_rows": 2, "success_file": true});
    run(&flow, &folder, &batches(&FEW, 6));
    for name in ["_SUCCESS", "part-00000.csv", "part-00002.csv"] {
        let file =
            std::fs::File::options().write(true).open(flow.dir().join("out").join(name)).expect("a file");
        file.set_modified(std::time::UNIX_EPOCH).expect("set");
    }
    let files = run(&flow, &folder, &batches(&FEW[..2], 6));
    assert_eq!(names(&files), ["_SUCCESS", "part-00000.csv"]);
}

#[test]
fn a_minute_that_was_appearing_when_the_machine_stopped_is_known() {
    let flow = Flow::new();
    let folder = json!({"partition_time": "minute", "commit_delay_millis": 0});
    let mut sink = begin(&flow, &folder);
    sink.write(&rows(0, Watermark::NONE, &TIMED)).expect("written");
    drop(sink);
    let kept = seen(&flow);
    assert_eq!(kept.len(), 3);
    // A line that was not written to its end.
    let record = flow.dir().join("out/.tidemark/record");
    let mut text = std::fs::read_to_string(&record).expect("a record");
    text.push_str("{\"path\":\"dt=1970-01");
    std::fs::write(&record, text).expect("written");
    begin(&flow, &folder).abort();
    assert_eq!(seen(&flow), kept);
    assert_eq!(run(&flow, &folder, &batches(&TIMED[..1], 1)).len(), 1);
}

/// Copies a folder as a machine that stops leaves it, times included.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("readable").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
            continue;
        }
        std::fs::copy(&path, &target).expect("copied");
        let modified = path.metadata().and_then(|metadata| metadata.modified()).expect("a time");
        std::fs::File::options()
            .write(true)
            .open(&target)
            .and_then(|file| file.set_modified(modified))
            .expect("set");
    }
}

#[test]
fn what_a_dead_run_left_is_thrown_away() {
    let flow = Flow::new();
    let folder = json!({"part_rows": 1});
    let before = run(&flow, &folder, &batches(&FEW, 6));
    flow.file("out/.tidemark/staging/0", "torn");
    flow.file("out/.tidemark/next", "{");
    begin(&flow, &folder).abort();
    assert_eq!(seen(&flow), before);
    assert_eq!(run(&flow, &folder, &batches(&FEW, 6)), before);
    let hidden: Vec<String> = std::fs::read_dir(flow.dir().join("out/.tidemark"))
        .expect("a folder")
        .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(hidden, ["record"]);
}

#[test]
fn a_record_that_names_files_elsewhere_reaches_nothing() {
    let flow = Flow::new();
    run(&flow, &json!({"part_rows": 9}), &batches(&FEW, 6));
    let outside = flow.file("precious.csv", "mine");
    let record = flow.dir().join("out/.tidemark/record");
    let text = std::fs::read_to_string(&record).expect("a record");
    let modified = outside.metadata().and_then(|metadata| metadata.modified()).expect("a time");
    let millis = modified.duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_millis();
    let made = format!(r#"{{"length":4,"modified_millis":{millis},"hash":""}}"#);
    flow.file(
        "out/.tidemark/record",
        format!("{text}{{\"path\":\"../precious.csv\",\"made\":{made},\"goes\":true}}\n"),
    );
    begin(&flow, &json!({"part_rows": 9})).abort();
    assert_eq!(std::fs::read_to_string(&outside).expect("there"), "mine");
}

#[test]
fn a_value_that_is_too_long_for_a_name_ends_the_run_unless_it_stands_in_the_files() {
    let flow = Flow::new();
    let long = "x".repeat(300);
    let mut sink = begin(&flow, &json!({"partition_columns": ["key"]}));
    let error = sink.write(&rows(0, Watermark::NONE, &[(&*long, 0)])).expect_err("too long");
    assert!(error.message().contains("set `keep_columns`"), "{error}");
    drop(sink);
    let folder = json!({"partition_columns": ["key"], "keep_columns": true});
    assert_eq!(run(&flow, &folder, &batches(&[(&*long, 0)], 1)).len(), 1);
}

#[test]
fn parameters_that_do_not_fit_the_input_are_found() {
    let flow = Flow::new();
    for (folder, expected) in [
        (
            json!({"partition_columns": ["kye"]}),
            "folder.partition_columns: there is no column `kye` (did you mean `key`?)",
        ),
        (json!({"partition_columns": ["key", "key"]}), "is named twice"),
        (json!({"partition_columns": ["key", "at", "n"]}), "no column is left"),
        (json!({"time_column": "at"}), "not how long a partition is"),
        (json!({"partition_time": "day", "time_column": "key"}), "not a timestamp"),
        (json!({"partition_time": "week"}), "bad-parameter"),
        (json!({"commit_delay_millis": 0}), "there is nothing to wait for"),
        (json!({"partition_time": "day", "commit_delay_millis": -1}), "-1 ms cannot be waited for"),
        (json!({"part_rows": 0}), "folder.part_rows"),
        (json!({"part_bytes": 0}), "folder.part_bytes"),
    ] {
        let plan = plan(&flow, &folder);
        let found = findings(&plan);
        let head = expected.split(" (did").next().unwrap_or_default();
        assert!(plan.runs.is_none() && found.contains(head), "{folder}: {found}");
    }
    assert!(
        plan(&flow, &json!({"partition_time": "day", "time_column": "at", "commit_delay_millis": 0}))
            .runs
            .is_some()
    );
}

/// What a folder by key and minute holds, worked out row by row: the files, and how many rows came too late.
fn by_hand(all: &[(String, i64)], part_rows: usize, delay: i64) -> (BTreeMap<String, String>, u64) {
    #[derive(Default)]
    struct Place {
        parts: Vec<String>,
        n_rows: usize,
        is_over: bool,
    }
    let (mut places, mut recent) = (BTreeMap::<(String, i64), Place>::new(), Vec::<(String, i64)>::new());
    let (mut watermark, mut n_late) = (i64::MIN, 0);
    let is_over = |minute: i64, watermark: i64| (minute + 1) * MINUTE + delay - 1 <= watermark;
    for (n, (key, minute)) in all.iter().enumerate() {
        for ((_, minute), place) in &mut places {
            if !place.is_over && is_over(*minute, watermark) {
                (place.is_over, place.n_rows) = (true, 0);
                recent.retain(|(_, recent)| recent != minute);
            }
        }
        let id = (key.clone(), *minute);
        if let Some(at) = recent.iter().position(|recent| *recent == id) {
            recent.remove(at);
        } else if recent.len() == MAX_OPEN {
            places.get_mut(&recent.remove(0)).expect("it had rows").n_rows = 0;
        }
        recent.push(id.clone());
        let place = places
            .entry(id)
            .or_insert_with(|| Place { is_over: is_over(*minute, watermark), ..Place::default() });
        n_late += u64::from(place.is_over);
        if place.n_rows % part_rows == 0 {
            place.parts.push(String::new());
            place.n_rows = 0;
        }
        place.n_rows += 1;
        let line = format!("1970-01-01 {:02}:{:02}:00.000,{n}\n", minute / 60, minute % 60);
        place.parts.last_mut().expect("begun").push_str(&line);
        watermark = watermark.max(minute * MINUTE - 1);
    }
    let mut files = BTreeMap::new();
    for ((key, minute), place) in places {
        for (number, text) in place.parts.into_iter().enumerate() {
            let (hour, minute) = (minute / 60, minute % 60);
            let name =
                format!("key={key}/dt=1970-01-01/hour={hour:02}/minute={minute:02}/part-{number:05}.csv");
            files.insert(name, text);
        }
    }
    (files, n_late)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn folders_are_what_is_worked_out_row_by_row(
        steps in prop::collection::vec((0..150_usize, 0..6_i64, 0..40_i64), 150..250),
        part_rows in 1..4_usize, delay in prop::sample::select(vec![0, 1, MINUTE]), size in 1..200_usize,
    ) {
        // Time goes on now and then, and rows lie some minutes behind it.
        let mut now = 0;
        let all: Vec<(String, i64)> = steps
            .iter()
            .map(|(key, behind, step)| {
                now += i64::from(*step == 0);
                (format!("k{key}"), (now - behind).max(0))
            })
            .collect();
        let flow = Flow::new();
        let folder = json!({"part_rows": part_rows, "partition_columns": ["key"], "partition_time": "minute", "commit_delay_millis": delay});
        let context = sink_context(&edge());
        let mut sink = (sink(plan(&flow, &folder)).make)(&context).expect("a sink");
        let rows: Vec<(&str, i64)> = all.iter().map(|(key, minute)| (&**key, *minute)).collect();
        for batch in batches(&rows, size) {
            sink.write(&batch).expect("written");
        }
        end(&mut *sink);
        let (expected, n_late) = by_hand(&all, part_rows, delay);
        prop_assert_eq!(seen(&flow).into_iter().collect::<BTreeMap<_, _>>(), expected);
        prop_assert_eq!(context.counters.account().late_assignments, n_late);
    }
}
