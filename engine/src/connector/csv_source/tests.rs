use std::sync::Arc;

use chrono_tz::Tz;
use proptest::prelude::*;
use serde_json::json;

use super::super::numbers::{double, integer};
use super::super::testing::{Flow, ReadAll, findings, read, source};
use super::super::text_input::TextInput;
use super::super::text_reader::{Limits, TextReader};
use super::super::time_text::TimeFormat;
use super::CsvSource;
use super::decode::{ColumnReader, RecordLayout};
use super::dialect::Dialect;
use crate::data::{DataType, Field};
use crate::error::Origin;
use crate::node::{NodeType, SplitOffset, SplitReader};

/// Rows of a file by the node type, in steps of 64; and its rejected records as `line offset column: reason`.
fn rows(flow: &Flow, params: &serde_json::Value) -> (Vec<String>, Vec<String>) {
    let plan = source(flow.plan(&CsvSource, params));
    let all = read(&plan, 0, SplitOffset::START, 64);
    (all.rows, all.rejected.iter().map(|(_, rejected)| explain(rejected)).collect())
}

fn explain(rejected: &crate::node::Rejected) -> String {
    let column = rejected.column.as_deref().unwrap_or("-");
    format!("line {} byte {} {column}: {}", rejected.line, rejected.offset, rejected.reason)
}

fn types(flow: &Flow, params: &serde_json::Value) -> String {
    let plan = flow.plan(&CsvSource, params);
    let Some(out) = &plan.outputs[0] else { panic!("no columns: {}", findings(&plan)) };
    let types = out.schema.fields().iter().map(|field| format!("{} {}", field.name, field.data_type));
    types.collect::<Vec<_>>().join(", ")
}

#[test]
fn types_are_inferred_from_values() {
    let flow = Flow::new();
    flow.file(
        "a.csv",
        "flag,n,x,day,at,name,none,big,id,mixed\n\
         true,1,1.5,2013-01-01,2013-01-01T10:00:00Z,EWR,,9223372036854775807,12345678901234567890,1\n\
         FALSE,-2,3,2013-01-02,2013-01-01 10:00:00.123456,\"JFK\",,1,2,x\n",
    );
    assert_eq!(
        types(&flow, &json!({"path": "a.csv"})),
        "flag BOOLEAN, n BIGINT, x DOUBLE, day DATE, at TIMESTAMP(3), name STRING, none STRING, big BIGINT, \
         id STRING, mixed STRING"
    );
    let (rows, rejected) = rows(&flow, &json!({"path": "a.csv"}));
    assert_eq!(
        rows,
        [
            "true|1|1.5|2013-01-01|2013-01-01 10:00:00.000|EWR|NULL|9223372036854775807|12345678901234567890|1",
            "false|-2|3|2013-01-02|2013-01-01 10:00:00.123|JFK|NULL|1|2|x",
        ]
    );
    assert_eq!(rejected, [""; 0]);
}

#[test]
fn types_may_be_given() {
    let flow = Flow::new();
    flow.file(
        "a.csv",
        "a;b;c;d;e;f;g;h\n1;2.5;31.12.2013 23:59;1357034400;07:30;00ff;1.5;10.07.2024 12:00\n-128;-0.125;;-1;23:59:59.9999;;x;\n",
    );
    let schema = json!([
        {"name": "a", "type": "TINYINT"},
        {"name": "b", "type": "decimal(5, 3)"},
        {"name": "c", "type": "TIMESTAMP", "time_format": "dd.MM.yyyy HH:mm"},
        {"name": "d", "type": "TIMESTAMP_LTZ", "time_format": "epoch_seconds"},
        {"name": "e", "type": "TIME"},
        {"name": "f", "type": "BYTES"},
        {"name": "g", "type": "STRING"},
        {"name": "h", "type": "TIMESTAMP_LTZ(3)", "time_format": "%d.%m.%Y %H:%M"},
    ]);
    let (rows, rejected) =
        rows(&flow, &json!({"path": "a.csv", "delimiter": ";", "schema": schema, "zone": "Europe/Berlin"}));
    assert_eq!(
        rows,
        [
            "1|2.500|2013-12-31 23:59:00.000|2013-01-01 10:00:00.000|07:30:00.000|00ff|1.5|2024-07-10 10:00:00.000",
            "-128|-0.125|NULL|1969-12-31 23:59:59.000|23:59:59.999|NULL|x|NULL",
        ]
    );
    assert_eq!(rejected, [""; 0]);
}

#[test]
fn bad_values_are_rejected_with_their_place() {
    let flow = Flow::new();
    flow.file(
        "a.csv",
        b"n,d,t,s\n\
          1,1.25,2013-01-01 00:00:00,a\n\
          x,1.25,2013-01-01 00:00:00,a\n\
          99999999999,1.25,2013-01-01 00:00:00,a\n\
          1,1.255,2013-01-01 00:00:00,a\n\
          1,1.25,2013-02-30 00:00:00,a\n\
          1,1.25,2013-01-01 00:00:00,\xFF\n\
          1,1.25\n\
          1,1.25,2013-01-01 00:00:00,a,b\n\
          1,1.25,2013-01-01 00:00:00,\"a\"b\n\
          1,1.25,,a\n\
          \x202 , 1.250 ,2013-01-01 00:00:00 ,\x00\n\
          ,,2013-01-01 00:00:00,\"unclosed\n3,1,2013-01-01 00:00:00,a\n",
    );
    let schema = json!([
        {"name": "n", "type": "INT"},
        {"name": "d", "type": "DECIMAL(10, 2)"},
        {"name": "t", "type": "TIMESTAMP"},
        {"name": "s", "type": "STRING"},
    ]);
    let (rows, rejected) = rows(&flow, &json!({"path": "a.csv", "event_time": "t", "schema": schema}));
    assert_eq!(rows, ["1|1.25|2013-01-01 00:00:00.000|a", "2|1.25|2013-01-01 00:00:00.000|\0"]);
    assert_eq!(
        rejected,
        [
            "line 3 byte 37 n: `x` is not an INT",
            "line 4 byte 66 n: `99999999999` is out of the range of INT",
            "line 5 byte 105 d: `1.255` is out of the range of DECIMAL(10, 2)",
            "line 6 byte 135 t: `2013-02-30 00:00:00` is not a TIMESTAMP(3)",
            "line 7 byte 164 s: the text is not UTF-8",
            "line 8 byte 193 -: 2 fields where 4 are expected",
            "line 9 byte 200 -: 5 fields where 4 are expected",
            "line 10 byte 231 -: text follows a closing quote",
            "line 11 byte 263 t: no value in a column that must have one",
            "line 13 byte 308 -: a quote is not closed before the end of the file",
        ]
    );
}

#[test]
fn only_columns_that_are_used_are_decoded_and_judged() {
    let flow = Flow::new();
    flow.file("a.csv", "a,b,at,c\n1,x,2013-01-01 00:00:00,1\n2,oops,2013-01-01 00:00:01,oops\n3,x\n");
    let params = json!({
        "path": "a.csv", "event_time": "at",
        "schema": [{"name": "b", "type": "STRING"}, {"name": "c", "type": "INT"}],
    });
    let plan = flow.plan_used(&CsvSource, &params, &["b", "a"]);
    let out = plan.outputs[0].clone().expect("columns");
    assert_eq!(out.schema.fields().iter().map(|field| &*field.name).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(out.event_time, None);
    let plan = source(plan);
    assert_eq!(plan.event_time, Some(2));
    let all = read(&plan, 0, SplitOffset::START, 64);
    assert_eq!(all.rows, ["1|x|2013-01-01 00:00:00.000", "2|oops|2013-01-01 00:00:01.000"]);
    assert_eq!(all.rejected.len(), 1);

    let none = source(flow.plan_used(&CsvSource, &json!({"path": "a.csv"}), &[]));
    let all = read(&none, 0, SplitOffset::START, 64);
    assert_eq!((all.rows.len(), all.n_records), (2, 3));
}

#[test]
fn null_text_and_empty_strings_are_told_apart() {
    let flow = Flow::new();
    flow.file("a.csv", "n,s\n1,NA\nNA,\n\"\",\"NA\"\n,\"\"\n");
    let (rows, _) = rows(&flow, &json!({"path": "a.csv", "null_text": "NA"}));
    assert_eq!(rows, ["1|NULL", "NULL|", "NULL|NA", "NULL|"]);
    flow.file("b.csv", "n,s\n1,\n2,\"\"\n");
    let (rows, _) = super::tests::rows(&flow, &json!({"path": "b.csv"}));
    assert_eq!(rows, ["1|NULL", "2|"]);
}

#[test]
fn every_kind_of_line_end_is_read_and_blank_lines_are_skipped() {
    let flow = Flow::new();
    for (i, text) in [
        "\u{FEFF}a,b\n1,x\n2,y",
        "a,b\r\n1,x\r\n\r\n2,y\r\n",
        "a,b\r1,x\r\r2,y\r",
        "\n\na,b\n\n1,x\r\n\n\r2,y\n\n\n",
    ]
    .iter()
    .enumerate()
    {
        let name = format!("{i}.csv");
        flow.file(&name, text);
        let (rows, rejected) = rows(&flow, &json!({ "path": name }));
        assert_eq!((rows, rejected.len()), (vec!["1|x".to_owned(), "2|y".to_owned()], 0), "{text:?}");
    }
}

#[test]
fn files_without_a_header_are_named_by_the_schema() {
    let flow = Flow::new();
    flow.file("a.csv", "1,x,2.5\n2,y,3\n");
    assert_eq!(
        types(&flow, &json!({"path": "a.csv", "header": false})),
        "column_1 BIGINT, column_2 STRING, column_3 DOUBLE"
    );
    let schema = json!([{"name": "id"}, {"name": "who", "type": "STRING"}]);
    let params = json!({"path": "a.csv", "header": false, "schema": schema});
    assert_eq!(types(&flow, &params.clone()), "id BIGINT, who STRING, column_3 DOUBLE");
    let taken = json!({"path": "a.csv", "header": false, "schema": [{"name": "column_3"}]});
    let found = findings(&flow.plan(&CsvSource, &taken));
    assert!(
        found.contains("two columns are called `column_3`, the second of them by its place, 3"),
        "{found}"
    );
    assert_eq!(rows(&flow, &params).0, ["1|x|2.5", "2|y|3"]);
}

#[test]
fn empty_files_are_told_from_files_without_rows() {
    let flow = Flow::new();
    flow.file("none.csv", "");
    flow.file("mark.csv", "\u{FEFF}\r\n");
    flow.file("header.csv", "a,b\n");
    for name in ["none.csv", "mark.csv"] {
        let plan = flow.plan(&CsvSource, &json!({ "path": name }));
        assert!(plan.runs.is_none());
        assert!(findings(&plan).contains("error[empty-file] `node`, path"), "{}", findings(&plan));
    }
    assert_eq!(rows(&flow, &json!({"path": "header.csv"})).0, [""; 0]);
    let params = json!({"path": "none.csv", "header": false, "schema": [{"name": "a", "type": "INT"}]});
    assert_eq!(rows(&flow, &params).0, [""; 0]);
    let plan = flow.plan(&CsvSource, &json!({"path": "none.csv", "header": false}));
    assert!(findings(&plan).contains("name the columns in `schema`"));
    let of_header = |params| findings(&flow.plan(&CsvSource, params));
    assert_eq!(
        of_header(&json!({"path": "header.csv"})),
        "warning[types-unknown] `node`, schema: there are no values to tell the types of columns from, so they are STRING; give the columns their types in `schema`\n"
    );
}

#[test]
fn files_of_a_glob_are_widened_or_refused_by_name() {
    let flow = Flow::new();
    flow.file("data/1.csv", "a,b,c\n1,1,x\n");
    flow.file("data/2.csv", "c,b,a,extra\nx,1.5,2,z\n");
    let plan = flow.plan(&CsvSource, &json!({"path": "data/*.csv"}));
    assert!(findings(&plan).contains("`extra` of `data/2.csv` is left out"), "{}", findings(&plan));
    let plan = source(plan);
    assert_eq!(read(&plan, 0, SplitOffset::START, 64).rows, ["1|1|x"]);
    assert_eq!(read(&plan, 1, SplitOffset::START, 64).rows, ["2|1.5|x"]);
    flow.file("data/3.csv", "a,c\n1,x\n");
    let plan = flow.plan(&CsvSource, &json!({"path": "data"}));
    assert!(plan.runs.is_none());
    assert!(findings(&plan).contains("`data/3.csv` does not have the column `b`"), "{}", findings(&plan));
}

#[test]
fn a_file_that_changed_since_it_was_planned_is_refused_and_not_misread() {
    let flow = Flow::new();
    let path = flow.file("a.csv", "a,b\n1,2\n");
    let plan = source(flow.plan(&CsvSource, &json!({"path": "a.csv"})));
    std::fs::write(&path, "a,c\n1,2\n").expect("a file");
    let splits = plan.source.splits().expect("splits");
    let error = plan.source.open(&splits[0], SplitOffset::START).err().expect("refused").to_string();
    assert!(error.contains("`a.csv` does not have the column `b`"), "{error}");
    std::fs::remove_file(&path).expect("gone");
    let error = plan.source.open(&splits[0], SplitOffset::START).err().expect("refused").to_string();
    assert!(error.contains("`a.csv` cannot be read"), "{error}");
}

#[test]
fn parameters_that_make_no_sense_are_found_with_place_and_fix() {
    let flow = Flow::new();
    flow.file("a.csv", "id,at,day,n\n1,2013-01-01 00:00:00,2013-01-01,5\n");
    flow.file("wide.csv", "a,".repeat(4097));
    flow.file("utf16.csv", b"\xFF\xFEa\0,\0");
    for (params, expected) in [
        (json!({}), "error[missing-parameter] `node`, path: no file is named"),
        (
            json!({"path": "b.csv"}),
            "error[file-not-found] `node`, path: there is no file `b.csv`; did you mean `a.csv`?",
        ),
        (json!({"path": "a.csv", "paths": ["a.csv"]}), "error[bad-parameter] `node`, paths: both"),
        (
            json!({"paths": ["a.csv", "c/*.csv"]}),
            "error[no-files] `node`, paths.1: no file matches `c/*.csv`",
        ),
        (json!({"path": "../a.csv"}), "error[path-not-allowed] `node`, path: the flow wants to read"),
        (
            json!({"path": "a.csv", "delimiter": ",,"}),
            "error[bad-parameter] `node`, delimiter: `,,` is not one ASCII",
        ),
        (
            json!({"path": "a.csv", "delimiter": "\""}),
            "error[bad-parameter] `node`, quote: delimiter and quote",
        ),
        (
            json!({"path": "a.csv", "max_rejected_percent": 101}),
            "error[bad-parameter] `node`, max_rejected_percent",
        ),
        (
            json!({"path": "a.csv", "max_rejected_percent": -0.1}),
            "error[bad-parameter] `node`, max_rejected_percent",
        ),
        (
            json!({"path": "a.csv", "event_time": "ad"}),
            "error[unknown-column] `node`, event_time: there is no column `ad`; did you mean `id`?",
        ),
        (json!({"path": "a.csv", "event_time": "zebra"}), "the columns are `id`, `at`, `day`, `n`"),
        (
            json!({"path": "a.csv", "event_time": "n"}),
            "error[not-a-timestamp] `node`, event_time: `n` is a BIGINT, not a timestamp; if `n` counts",
        ),
        (
            json!({"path": "a.csv", "arrival_time": "day"}),
            "error[not-a-timestamp] `node`, arrival_time: `day` is a DATE",
        ),
        (json!({"path": "a.csv", "partition": "idd"}), "error[unknown-column] `node`, partition"),
        (
            json!({"path": "a.csv", "zone": "Europe/Berln"}),
            "error[unknown-zone] `node`, zone: there is no time zone `Europe/Berln`; did you mean `Europe/Berlin`?",
        ),
        (
            json!({"path": "a.csv", "schema": [{"name": "aat"}]}),
            "error[unknown-column] `node`, schema.0.name",
        ),
        (
            json!({"path": "a.csv", "schema": [{"name": "at", "type": "BIGNT"}]}),
            "error[unknown-type] `node`, schema.0.type: there is no type `BIGNT`; did you mean `BIGINT`?",
        ),
        (
            json!({"path": "a.csv", "schema": [{"name": "at", "type": "TIMESTAMP", "time_format": "%Q"}]}),
            "error[bad-time-format] `node`, schema.0.time_format",
        ),
        (
            json!({"path": "a.csv", "schema": [{"name": "at"}, {"name": "at"}]}),
            "error[duplicate-column] `node`, schema.1.name",
        ),
        (json!({"path": "wide.csv"}), "error[too-many-columns] `node`, path: `wide.csv` has 4098 columns"),
        (
            json!({"path": "utf16.csv"}),
            "error[not-csv] `node`, path: `utf16.csv` is UTF-16 text, not CSV in UTF-8; save it as UTF-8",
        ),
        (json!({"path": "a.csv", "pth": 1}), "error[unknown-parameter]"),
    ] {
        let plan = flow.plan(&CsvSource, &params);
        assert!(findings(&plan).contains(expected), "{params}: {}", findings(&plan));
        assert!(plan.runs.is_none(), "{params}");
        assert_eq!(plan.outputs.len(), 2);
    }
}

#[test]
fn the_bounds_of_parameters_are_allowed_on_their_inner_side() {
    let flow = Flow::new();
    flow.file("a.tsv", "a\tb\n1\t\"\n");
    for percent in [0, 100] {
        let params =
            json!({"path": "a.tsv", "delimiter": "\\t", "quote": "", "max_rejected_percent": percent});
        assert_eq!(rows(&flow, &params).0, ["1|\""]);
    }
    flow.file("wide.csv", format!("a{}\n1{}\n", ",".repeat(4095), ",".repeat(4095)));
    assert_eq!(rows(&flow, &json!({"path": "wide.csv"})).0.len(), 1);
}

#[test]
fn twice_the_same_header_is_renamed_with_a_warning() {
    let flow = Flow::new();
    flow.file("a.csv", "a,a,,a_2\n1,2,3,4\n");
    let plan = flow.plan(&CsvSource, &json!({"path": "a.csv"}));
    assert!(
        findings(&plan).contains("more than one column `a`; another is called `a_2` here"),
        "{}",
        findings(&plan)
    );
    assert_eq!(
        types(&flow, &json!({"path": "a.csv"})),
        "a BIGINT, a_2 BIGINT, column_3 BIGINT, a_2_2 BIGINT"
    );
}

#[test]
fn a_line_of_a_hundred_megabytes_is_one_rejected_record() {
    let flow = Flow::new();
    let mut text = b"a,b\n1,2\n3,".to_vec();
    text.resize(100 << 20, b'x');
    text.extend_from_slice(b"\n5,6\n");
    flow.file("a.csv", &text);
    let params = json!({"path": "a.csv"});
    for n_rows in [1, 65_536] {
        let plan = source(flow.plan(&CsvSource, &params));
        let all = read(&plan, 0, SplitOffset::START, n_rows);
        assert_eq!(all.rows, ["1|2", "5|6"]);
        let (number, rejected) = &all.rejected[0];
        assert_eq!((*number, rejected.line, rejected.offset, rejected.raw.len()), (1, 3, 8, 4096));
        assert_eq!(rejected.reason, "the record is longer than 67108864 bytes");
        assert_eq!(all.offsets.last().map(|offset| offset.cursor), Some(text.len() as u64));
    }
}

#[test]
fn flights_and_weather_are_read_as_they_stand() {
    let flow = Flow::new();
    flow.file(
        "weather.csv",
        "origin,year,temp,wind_gust,time_hour\nEWR,2013,39.02,NA,2013-01-01T06:00:00Z\nEWR,2013,NA,25.5,2013-01-01T07:00:00Z\n",
    );
    let (rows, rejected) =
        rows(&flow, &json!({"path": "weather.csv", "null_text": "NA", "event_time": "time_hour"}));
    assert_eq!(
        rows,
        ["EWR|2013|39.02|NULL|2013-01-01 06:00:00.000", "EWR|2013|NULL|25.5|2013-01-01 07:00:00.000"]
    );
    assert_eq!(rejected, [""; 0]);
}

/// The layout of two columns: an INT and a STRING.
fn layout(dialect: Dialect) -> Arc<RecordLayout> {
    let column = |name: &str, data_type| ColumnReader {
        field: Field::nullable(name, data_type),
        format: TimeFormat::Auto,
        zone: Tz::UTC,
    };
    let columns = vec![column("n", DataType::Int), column("s", DataType::String)];
    Arc::new(RecordLayout::new(dialect, Arc::from(&b""[..]), 2, &[0, 1], columns.into()))
}

#[test]
fn a_file_that_cannot_be_read_is_the_machines_fault_and_one_that_changed_the_datas() {
    let flow = Flow::new();
    let file = flow.file("a.csv", "n,s\n1,a\n");
    let plan = source(flow.plan(&CsvSource, &json!({"path": "a.csv"})));
    let split = plan.source.splits().expect("splits").remove(0);
    let origin = || plan.source.open(&split, SplitOffset::START).err().map(|error| error.origin());
    assert_eq!(origin(), None);
    flow.file("a.csv", "s\na\n");
    assert_eq!(origin(), Some(Origin::Data), "a column is gone");
    flow.file("a.csv", "PAR1");
    assert_eq!(origin(), Some(Origin::Data), "it is no CSV any more");
    std::fs::remove_file(&file).expect("removed");
    assert_eq!(origin(), Some(Origin::Machine), "it is gone");
    // Reading a folder fails as reading from a broken disk would, after opening it has succeeded.
    std::fs::create_dir(&file).expect("a folder");
    assert_eq!(origin(), Some(Origin::Machine), "its beginning cannot be read");
}

#[test]
fn a_read_that_fails_midway_is_the_machines_fault() {
    // A file that is open for writing alone: every read of it fails.
    let flow = Flow::new();
    let path = flow.file("a.csv", "1,a\n");
    let file = std::fs::File::options().write(true).open(path).expect("a file");
    let dialect = Dialect { delimiter: b',', quote: Some(b'"') };
    let limits = Limits { block: 16, max_record: 16 };
    let mut reader = TextReader::new(TextInput::plain(file), "a.csv".into(), layout(dialect), 0, limits)
        .expect("a reader");
    let error = reader.next(1).err().expect("unreadable");
    assert_eq!(error.origin(), Origin::Machine, "{error}");
    assert_eq!(error.message(), "`a.csv` cannot be read");
}

/// Reads text with tiny blocks through the real reader.
fn read_small(
    text: &[u8],
    cursor: u64,
    dialect: Dialect,
    limits: Limits,
    n_rows: usize,
) -> (Vec<String>, ReadAll) {
    use std::io::{Seek, Write};
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(text).expect("written");
    file.rewind().expect("rewound");
    let mut reader = TextReader::new(TextInput::plain(file), "a.csv".into(), layout(dialect), cursor, limits)
        .expect("a reader");
    let mut lines = Vec::new();
    let mut all = ReadAll::default();
    while let Some(morsel) = reader.next(n_rows).expect("a morsel") {
        let decoded = morsel.decode().expect("rows");
        let mut numbers = decoded.record_numbers();
        for row in 0..decoded.frame.height() {
            let at = |column: usize| {
                let field = [DataType::Int, DataType::String];
                crate::data::Value::at(&decoded.frame.columns()[column], &field[column], row)
            };
            let number = all.n_records + numbers.next().expect("a number");
            lines.push((number, format!("{:?} {:?}", at(0), at(1))));
        }
        for rejected in &decoded.rejected {
            let raw = String::from_utf8_lossy(&rejected.raw);
            lines.push((all.n_records + rejected.record, format!("{} {raw:?}", explain(rejected))));
        }
        all.n_records += decoded.n_records;
        all.offsets.push(SplitOffset { records: all.n_records, cursor: decoded.next_cursor });
    }
    lines.sort();
    assert!(
        lines.iter().zip(0..).all(|((number, _), idx)| *number == idx),
        "each record is there once: {lines:?}"
    );
    (lines.into_iter().map(|(_, line)| line).collect(), all)
}

/// The same, byte by byte and slowly: what the format means.
fn reference(text: &[u8], dialect: Dialect, max_record: usize) -> Vec<String> {
    let mut out = Vec::new();
    let (mut at, mut line) = (0, 1);
    // Goes over a line end at `at`, if there is one.
    let newline = |at: usize| match text.get(at..) {
        Some([b'\r', b'\n', ..]) => 2,
        Some([b'\r' | b'\n', ..]) => 1,
        _ => 0,
    };
    loop {
        while newline(at) > 0 {
            at += newline(at);
            line += 1;
        }
        if at == text.len() {
            return out;
        }
        let (start, first_line) = (at, line);
        let mut fields: Vec<(Vec<u8>, bool)> = Vec::new();
        let (mut broken, mut unclosed) = (false, false);
        loop {
            let mut field = Vec::new();
            let quoted = dialect.quote.is_some() && text.get(at).copied() == dialect.quote;
            if quoted {
                at += 1;
                loop {
                    let Some(byte) = text.get(at) else {
                        unclosed = true;
                        break;
                    };
                    if Some(*byte) == dialect.quote {
                        at += 1;
                        if text.get(at).copied() != dialect.quote {
                            break;
                        }
                    } else if newline(at) == 2 {
                        field.push(b'\r');
                        at += 1;
                        line += 1;
                        field.push(b'\n');
                        at += 1;
                        continue;
                    } else if newline(at) == 1 {
                        line += 1;
                    }
                    field.push(*text.get(at).expect("a byte"));
                    at += 1;
                }
            }
            while at < text.len() && newline(at) == 0 && text[at] != dialect.delimiter {
                if quoted {
                    broken |= !unclosed;
                }
                field.push(text[at]);
                at += 1;
            }
            fields.push((field, quoted));
            if text.get(at) == Some(&dialect.delimiter) {
                at += 1;
            } else {
                break;
            }
        }
        let shown = if at - start > max_record { max_record } else { at - start };
        let raw = String::from_utf8_lossy(&text[start..start + shown]);
        let n: Option<Option<i32>> = match &fields[0].0 {
            empty if empty.is_empty() || empty.trim_ascii().is_empty() => Some(None),
            field => {
                std::str::from_utf8(field.trim_ascii()).ok().and_then(|text| text.parse().ok()).map(Some)
            }
        };
        let reason = if at - start > max_record {
            Some(format!("-: the record is longer than {max_record} bytes"))
        } else if broken {
            Some("-: text follows a closing quote".to_owned())
        } else if unclosed {
            Some("-: a quote is not closed before the end of the file".to_owned())
        } else if fields.len() != 2 {
            Some(format!("-: {} fields where 2 are expected", fields.len()))
        } else if n.is_none() {
            let field = String::from_utf8_lossy(&fields[0].0);
            let dots = if field.chars().count() > 40 { "…" } else { "" };
            Some(format!("n: `{}{dots}` is not an INT", field.chars().take(40).collect::<String>()))
        } else {
            None
        };
        out.push(match reason {
            Some(reason) => format!("line {first_line} byte {start} {reason} {raw:?}"),
            None => {
                let n = n.flatten().map_or(crate::data::Value::Null, |n| crate::data::Value::Int(n.into()));
                let (s, quoted) = &fields[1];
                let s = match (quoted, s.is_empty()) {
                    (false, true) => crate::data::Value::Null,
                    _ => crate::data::Value::String(String::from_utf8_lossy(s).into_owned()),
                };
                format!("{n:?} {s:?}")
            }
        });
    }
}

fn any_text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        6 => prop::sample::select(vec!["1", "22", "-3", "a", "bc", " ", "\u{e4}", "xyz 0123456789 long enough for words"]),
        5 => Just(","),
        4 => Just("\""),
        3 => prop::sample::select(vec!["\n", "\r", "\r\n", "\n\n"]),
        2 => prop::sample::select(vec!["1,a\n", "2,\"b\"\"c\"\n", "3,\"d\r\ne\"\r\n", "4,\"\"\n", "\"5\",f\n"]),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat().into_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_same_rows_come_at_every_morsel_size_and_block_boundary(
        text in any_text(), block in 1_usize..40, n_rows in 1_usize..9, quotes in any::<bool>(),
    ) {
        let dialect = Dialect { delimiter: b',', quote: quotes.then_some(b'"') };
        let expected = reference(&text, dialect, 1 << 20);
        let (found, _) = read_small(&text, 0, dialect, Limits { block, max_record: 1 << 20 }, n_rows);
        prop_assert_eq!(&found, &expected);
        let (found, _) = read_small(&text, 0, dialect, Limits { block: 1 << 16, max_record: 1 << 20 }, 65_536);
        prop_assert_eq!(&found, &expected);
    }

    #[test]
    fn records_over_the_limit_are_rejected_alike_at_every_block_boundary(
        text in any_text(), block in 1_usize..20, max_record in 3_usize..30, n_rows in 1_usize..4,
    ) {
        let dialect = Dialect { delimiter: b',', quote: Some(b'"') };
        let expected = reference(&text, dialect, max_record);
        let (found, _) = read_small(&text, 0, dialect, Limits { block, max_record }, n_rows);
        prop_assert_eq!(&found, &expected);
    }

    #[test]
    fn a_reader_resumed_at_any_offset_gives_the_tail(
        text in any_text(), block in 1_usize..40, n_rows in 1_usize..9, again in 1_usize..9,
    ) {
        let dialect = Dialect { delimiter: b',', quote: Some(b'"') };
        let limits = Limits { block, max_record: 24 };
        let (expected, all) = read_small(&text, 0, dialect, limits, n_rows);
        for offset in all.offsets {
            let (found, _) = read_small(&text, offset.cursor, dialect, limits, again);
            prop_assert_eq!(&found[..], &expected[offset.records as usize..]);
        }
    }

    #[test]
    fn doubles_are_read_as_the_standard_library_reads_them(text in "-?[0-9]{0,9}(\\.[0-9]{0,9})?(e-?[0-9]{1,3})?") {
        let ours = double(text.as_bytes()).ok().map(f64::to_bits);
        prop_assert_eq!(ours, text.parse::<f64>().ok().map(f64::to_bits));
    }

    #[test]
    fn integers_are_read_as_the_standard_library_reads_them(text in "[+-]?[0-9]{0,21}") {
        prop_assert_eq!(integer(text.as_bytes()), text.parse::<i64>().ok());
    }
}

#[test]
fn the_page_and_the_schema_name_every_parameter() {
    let spec = CsvSource.spec();
    let schema = spec.params.as_value();
    for (name, property) in schema["properties"].as_object().expect("parameters") {
        assert!(property.get("description").is_some(), "{name} is explained");
    }
    assert_eq!(schema["additionalProperties"], json!(false));
    assert_eq!(schema["properties"]["delimiter"]["default"], json!(","));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_give_rows_or_a_sentence(
        bytes in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(b",\"\n\r;1a ".to_vec())], 0..300),
        header in any::<bool>(),
    ) {
        let flow = Flow::new();
        flow.file("a.csv", &bytes);
        let plan = flow.plan(&CsvSource, &json!({"path": "a.csv", "header": header}));
        if plan.runs.is_some() {
            let plan = source(plan);
            let all = read(&plan, 0, SplitOffset::START, 3);
            prop_assert_eq!(all.n_records as usize, all.rows.len() + all.rejected.len());
        } else {
            prop_assert!(findings(&plan).contains("`a.csv`"), "{}", findings(&plan));
        }
    }
}
