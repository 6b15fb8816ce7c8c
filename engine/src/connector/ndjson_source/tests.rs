use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono_tz::Tz;
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

use super::super::testing::{Flow, ReadAll, findings, read, source};
use super::super::text_input::TextInput;
use super::super::text_reader::{Limits, TextReader};
use super::super::time_text::TimeFormat;
use super::columns::ColumnReader;
use super::decode::RecordLayout;
use super::keys::Keys;
use super::*;
use crate::data::{DataType, Value};
use crate::node::Rejected;

/// Rows of the first file by the node type, in steps of 64; and its rejected records as `line byte column: reason`.
fn rows(flow: &Flow, params: &Json) -> (Vec<String>, Vec<String>) {
    let plan = source(flow.plan(&NdjsonSource, params));
    let all = read(&plan, 0, SplitOffset::START, 64);
    (all.rows, all.rejected.iter().map(|(_, rejected)| explain(rejected)).collect())
}

fn explain(rejected: &Rejected) -> String {
    let column = rejected.column.as_deref().unwrap_or("-");
    format!("line {} byte {} {column}: {}", rejected.line, rejected.offset, rejected.reason)
}

fn types(flow: &Flow, params: &Json) -> String {
    let plan = flow.plan(&NdjsonSource, params);
    let Some(out) = &plan.outputs[0] else { panic!("no columns: {}", findings(&plan)) };
    let types = out.schema.fields().iter().map(|field| format!("{} {}", field.name, field.data_type));
    types.collect::<Vec<_>>().join(", ")
}

#[test]
fn columns_and_types_are_inferred_from_values() {
    let flow = Flow::new();
    flow.file(
        "a.ndjson",
        "{\"b\":true,\"n\":1,\"x\":1,\"day\":\"2013-01-01\",\"at\":\"2013-01-01T10:00:00Z\",\"s\":\"EWR\",\"none\":null,\"id\":12345678901234567890}\n\
         {\"b\":false,\"n\":-2,\"x\":1.5,\"day\":\"2013-01-02\",\"at\":\"2013-01-01\",\"s\":\"2013-01-01\",\"id\":7,\"list\":[1, {\"a\":2}]}\n",
    );
    let plan = flow.plan(&NdjsonSource, &json!({"path": "a.ndjson"}));
    assert_eq!(
        findings(&plan),
        "hint[types-unknown] `node`, schema: nothing but NULL stands for `none` in the first 1000 records of any file, so STRING is assumed; give the columns their types in `schema`\n"
    );
    assert_eq!(
        types(&flow, &json!({"path": "a.ndjson"})),
        "b BOOLEAN, n BIGINT, x DOUBLE, day DATE, at TIMESTAMP(3), s STRING, none STRING, id STRING, list STRING"
    );
    let (rows, rejected) = rows(&flow, &json!({"path": "a.ndjson"}));
    assert_eq!(
        rows,
        [
            "true|1|1|2013-01-01|2013-01-01 10:00:00.000|EWR|NULL|12345678901234567890|NULL",
            "false|-2|1.5|2013-01-02|2013-01-01 00:00:00.000|2013-01-01|NULL|7|[1, {\"a\":2}]",
        ]
    );
    assert_eq!(rejected, [""; 0]);
}

#[test]
fn objects_become_columns_with_points_or_stay_whole() {
    let flow = Flow::new();
    flow.file(
        "a.ndjson",
        r#"{"user":{"id":1,"at":{"city":"Ulm"}},"k.l":1,"e":{}}
{"user":{"id":2,"at":null},"k.l":2}
{"user":null}
{"user":{"at":{"city":null}, "id":3}}
"#,
    );
    let params = json!({"path": "a.ndjson"});
    assert_eq!(types(&flow, &params), "user.id BIGINT, user.at.city STRING, k.l BIGINT");
    assert_eq!(rows(&flow, &params).0, ["1|Ulm|1", "2|NULL|2", "NULL|NULL|NULL", "3|NULL|NULL"]);
    let whole = json!({"path": "a.ndjson", "flatten": false});
    assert_eq!(types(&flow, &whole), "user STRING, k.l BIGINT, e STRING");
    assert_eq!(rows(&flow, &whole).0[0], r#"{"id":1,"at":{"city":"Ulm"}}|1|{}"#);
    let partly = json!({"path": "a.ndjson", "schema": [{"name": "user.at", "type": "STRING"}, {"name": "late", "type": "INT"}]});
    assert_eq!(types(&flow, &partly), "user.id BIGINT, k.l BIGINT, user.at STRING, late INT");
    assert_eq!(rows(&flow, &partly).0[..2], [r#"1|1|{"city":"Ulm"}|NULL"#, "2|2|NULL|NULL"]);
    let deep = format!("{}1{}\n", "{\"a\":".repeat(12), "}".repeat(12));
    flow.file("deep.ndjson", &deep);
    let path = ["a"; 8].join(".");
    assert_eq!(types(&flow, &json!({"path": "deep.ndjson"})), format!("{path} STRING"));
    assert_eq!(
        rows(&flow, &json!({"path": "deep.ndjson"})).0,
        [format!("{}1{}", "{\"a\":".repeat(4), "}".repeat(4))]
    );
}

#[test]
fn a_field_that_is_known_only_by_the_schema_is_found_under_both_readings_of_its_name() {
    let flow = Flow::new();
    let head = "{\"n\":0}\n".repeat(1000);
    let tail = "{\"n\":1}\n{\"n\":2,\"a\":{\"b\":3}}\n{\"n\":3,\"a.b\":4}\n{\"n\":4,\"a\":5}\n";
    flow.file("a.ndjson", head + tail);
    assert_eq!(types(&flow, &json!({"path": "a.ndjson"})), "n BIGINT", "nothing behind the head is known");
    let schema = json!([{"name": "a.b", "type": "INT"}]);
    let (rows, rejected) = rows(&flow, &json!({"path": "a.ndjson", "schema": schema}));
    assert_eq!(rows[1000..], ["1|NULL", "2|3", "3|4"]);
    assert_eq!(
        rejected,
        ["line 1004 byte 8044 a.b: `5` stands where an object with this column is expected"]
    );
}

#[test]
fn what_is_no_row_is_rejected_with_its_place() {
    let flow = Flow::new();
    let lines: [&[u8]; 26] = [
        br#"{"n":1,"d":1.25,"t":"2013-01-01 00:00:00","s":"a"}"#,
        br#"{"n":"x","d":1.25,"t":"2013-01-01","s":"a"}"#,
        br#"{"n":9999999999,"t":"2013-01-01"}"#,
        br#"{"n":1.0,"t":"2013-01-01"}"#,
        br#"{"n":1,"d":1.255,"t":"2013-01-01"}"#,
        br#"{"n":1,"t":"2013-02-30"}"#,
        br#"{"n":1}"#,
        br#"{"n":1,"t":null}"#,
        br#"{"n":[1],"t":"2013-01-01"}"#,
        br#"{"n":true,"t":"2013-01-01"}"#,
        b"{\"s\":\"\xFF\",\"t\":\"2013-01-01\"}",
        br#"{"s":"\ud800","t":"2013-01-01"}"#,
        br#"[{"n":1}]"#,
        b"  ",
        br#"{"n":1,"t":"2013-01-01"#,
        br#"{"n":01}"#,
        br#"{"n":1,}"#,
        br#"{'n':1}"#,
        br#"{"n":1} {}"#,
        br#"{"n":NaN}"#,
        br#"{"z":"\x"}"#,
        b"{\"z\":\"\t\"}",
        br#"{"x":1e999,"t":"2013-01-01"}"#,
        br#"{"x":"Infinity","t":"2013-01-01"}"#,
        br#" { "n" : " 12 " , "d" : "1.5" , "t" : 7 , "t" : "2013-01-01" , "s" : false } "#,
        br#"{"\u006e":2,"s":"\u00e4\ud83d\ude00\n\"","t":"2013\u002d01-01","z":{"z":[]}}"#,
    ];
    flow.file("a.ndjson", lines.join(&b'\n'));
    let schema = json!([
        {"name": "n", "type": "INT"},
        {"name": "d", "type": "DECIMAL(10, 2)"},
        {"name": "t", "type": "TIMESTAMP"},
        {"name": "s", "type": "STRING"},
        {"name": "x", "type": "DOUBLE"},
        {"name": "z", "type": "STRING"},
    ]);
    let (rows, rejected) = rows(&flow, &json!({"path": "a.ndjson", "event_time": "t", "schema": schema}));
    assert_eq!(
        rows,
        [
            "1|1.25|2013-01-01 00:00:00.000|a|NULL|NULL",
            "NULL|NULL|2013-01-01 00:00:00.000|NULL|Infinity|NULL",
            "12|1.50|2013-01-01 00:00:00.000|false|NULL|NULL",
            "2|NULL|2013-01-01 00:00:00.000|ä😀\n\"|NULL|{\"z\":[]}",
        ]
    );
    let at = |line: usize| lines[..line - 1].iter().map(|line| line.len() + 1).sum::<usize>();
    let expected: Vec<String> = [
        (2, "n: `x` is not an INT"),
        (3, "n: `9999999999` is out of the range of INT"),
        (4, "n: `1.0` is not an INT"),
        (5, "d: `1.255` is out of the range of DECIMAL(10, 2)"),
        (6, "t: `2013-02-30` is not a TIMESTAMP(3)"),
        (7, "t: no value in a column that must have one"),
        (8, "t: no value in a column that must have one"),
        (9, "n: `[1]` is not an INT"),
        (10, "n: `true` is not an INT"),
        (11, "-: the line is not UTF-8"),
        (12, "s: `\\ud800` is no text: half of a surrogate pair stands alone"),
        (13, "-: the line is not an object in JSON"),
        (14, "-: the line holds nothing but blanks"),
        (15, "-: the line is not JSON: a string is not closed at byte 23 of it"),
        (16, "-: the line is not JSON: a number begins with a zero at byte 8 of it"),
        (17, "-: the line is not JSON: a key in quotes is expected at byte 8 of it"),
        (18, "-: the line is not JSON: a key in quotes is expected at byte 2 of it"),
        (19, "-: the line is not JSON: something follows the object at byte 9 of it"),
        (20, "-: the line is not JSON: a value is expected at byte 6 of it"),
        (21, "-: the line is not JSON: an escape is not known at byte 7 of it"),
        (22, "-: the line is not JSON: a control character in a string is not escaped at byte 7 of it"),
        (23, "x: `1e999` is out of the range of DOUBLE"),
    ]
    .map(|(line, what)| format!("line {line} byte {} {what}", at(line)))
    .into();
    assert_eq!(rejected, expected);
}

#[test]
fn the_last_of_two_equal_keys_counts_with_all_that_is_in_it() {
    let flow = Flow::new();
    flow.file(
        "a.ndjson",
        r#"{"a":{"x":1,"y":2},"n":1}
{"a":{"x":1},"a":{"y":2},"n":1,"n":2}
{"a":{"x":1},"a":null,"n":"?","n":3}
{"a":5,"a":{"x":6},"n":4}
"#,
    );
    let schema = json!([{"name": "a.x", "type": "INT"}, {"name": "a.y", "type": "INT"}, {"name": "n", "type": "INT"}, {"name": "a", "type": "STRING"}]);
    let params = json!({"path": "a.ndjson", "schema": schema});
    let plan = flow.plan_used(&NdjsonSource, &params, &["a.x", "a.y", "n"]);
    let all = read(&source(plan), 0, SplitOffset::START, 64);
    assert_eq!(all.rows, ["1|1|2", "2|NULL|2", "3|NULL|NULL", "4|6|NULL"]);
    assert_eq!(all.rejected, []);
}

#[test]
fn only_columns_that_are_used_are_judged_but_every_line_has_to_be_json() {
    let flow = Flow::new();
    flow.file(
        "a.ndjson",
        "{\"a\":1,\"b\":2,\"at\":\"2013-01-01\"}\n{\"a\":2,\"b\":\"oops\",\"at\":\"2013-01-01\"}\n{\"a\":3,\"b\":2e999,\"at\":\"2013-01-01\"}\n{\"a\":4,\"b\":nope}\n",
    );
    let schema = json!([{"name": "b", "type": "INT"}, {"name": "at", "type": "TIMESTAMP"}]);
    let params = json!({"path": "a.ndjson", "event_time": "at", "schema": schema});
    let plan = flow.plan_used(&NdjsonSource, &params, &["a"]);
    let out = plan.outputs[0].clone().expect("columns");
    assert_eq!((out.schema.n_columns(), out.event_time), (1, None));
    let plan = source(plan);
    let all = read(&plan, 0, SplitOffset::START, 64);
    assert_eq!((all.rows.len(), all.rejected.len()), (3, 1));
    let narrowed = plan.source.narrowed(&[1]);
    let splits = narrowed.splits().expect("splits");
    let mut reader = narrowed.open(&splits[0], SplitOffset::START).expect("a reader");
    let decoded = reader.next(64).expect("a morsel").expect("records").decode().expect("rows");
    assert_eq!((decoded.frame.width(), decoded.frame.height(), decoded.n_records), (1, 3, 4));
    assert_eq!(decoded.frame.columns()[0].name().as_str(), "at");
    let none = source(flow.plan_used(&NdjsonSource, &json!({"path": "a.ndjson"}), &[]));
    let all = read(&none, 0, SplitOffset::START, 64);
    assert_eq!((all.rows.len(), all.n_records), (3, 4));
}

#[test]
fn files_are_widened_or_refused_by_name() {
    let flow = Flow::new();
    flow.file("d/1.ndjson", "{\"a\":1,\"d\":\"2013-01-01\",\"o\":null}\n");
    flow.file("d/2.jsonl", "{\"d\":\"2013-01-01 10:00\",\"a\":1.5,\"o\":{\"p\":1},\"more\":true}\n");
    flow.file("d/3.json", "");
    flow.file("d/mine.flow.json", "{\"version\": 1}");
    let params = json!({"path": "d"});
    assert_eq!(types(&flow, &params), "a DOUBLE, d TIMESTAMP(3), o.p BIGINT, more BOOLEAN");
    let plan = source(flow.plan(&NdjsonSource, &params));
    assert_eq!(read(&plan, 0, SplitOffset::START, 64).rows, ["1|2013-01-01 00:00:00.000|NULL|NULL"]);
    assert_eq!(read(&plan, 1, SplitOffset::START, 64).rows, ["1.5|2013-01-01 10:00:00.000|1|true"]);
    assert_eq!(read(&plan, 2, SplitOffset::START, 64).rows, [""; 0]);
    for (text, expected) in [
        (
            "{\"a\":\"x\"}",
            "error[columns-differ] `node`, path: `a` is STRING in `d/4.ndjson` and DOUBLE in `d/1.ndjson`; give `a` a type in `schema` (a STRING takes both), or leave the file out\n",
        ),
        (
            "{\"o\":7}",
            "error[columns-differ] `node`, path: `o` is BIGINT in `d/4.ndjson` and an object in `d/2.jsonl`; give `o` a type in `schema` (a STRING takes both), or leave the file out\n",
        ),
        ("{\"more\":[]}", "`more` is an array in `d/4.ndjson` and BOOLEAN in `d/2.jsonl`"),
        (
            "{\"d\":-99999999999999999999}",
            "`d` is a number beyond 64 bits in `d/4.ndjson` and TIMESTAMP(3) in `d/1.ndjson`",
        ),
    ] {
        flow.file("d/4.ndjson", text);
        let plan = flow.plan(&NdjsonSource, &params);
        assert!(plan.runs.is_none());
        assert!(findings(&plan).contains(expected), "{}", findings(&plan));
    }
    flow.file("d/4.ndjson", "{\"o\":7,\"a\":\"x\"}");
    let schema = json!([{"name": "a", "type": "STRING"}, {"name": "o", "type": "STRING"}]);
    let params = json!({"path": "d", "schema": schema});
    assert_eq!(types(&flow, &params), "a STRING, d TIMESTAMP(3), o STRING, more BOOLEAN");
    let plan = source(flow.plan(&NdjsonSource, &params));
    assert_eq!(read(&plan, 1, SplitOffset::START, 64).rows, ["1.5|2013-01-01 10:00:00.000|{\"p\":1}|true"]);
    assert_eq!(read(&plan, 3, SplitOffset::START, 64).rows, ["x|NULL|7|NULL"]);
}

#[test]
fn a_key_may_be_any_text() {
    let flow = Flow::new();
    flow.file("a.ndjson", r#"{"":1,"a b":2,"q\"":3,"\ud800":4,"\u0061":5,"ä.":{"":6}}"#);
    let params = json!({"path": "a.ndjson"});
    assert_eq!(
        types(&flow, &params),
        " BIGINT, a b BIGINT, q\" BIGINT, a BIGINT, ä.. BIGINT",
        "half of a surrogate pair is no name"
    );
    assert_eq!(rows(&flow, &params).0, ["1|2|3|5|6"]);
}

#[test]
fn what_changes_its_type_within_a_file_is_kept_as_text_with_a_warning() {
    let flow = Flow::new();
    flow.file("a.ndjson", "{\"a\":1,\"b\":{\"c\":1}}\n{\"a\":\"x\",\"b\":2}\n");
    let plan = flow.plan(&NdjsonSource, &json!({"path": "a.ndjson"}));
    let found = findings(&plan);
    for name in ["a", "b"] {
        let expected = format!(
            "warning[mixed-types] `node`, path: `{name}` is not always of the same type in `a.ndjson`, so it is a STRING with the JSON as it stands; give"
        );
        assert!(found.contains(&expected), "{found}");
    }
    assert_eq!(rows(&flow, &json!({"path": "a.ndjson"})).0, ["1|{\"c\":1}", "x|2"]);
}

#[test]
fn files_that_are_no_lines_of_objects_are_refused_with_what_to_do() {
    let flow = Flow::new();
    let many: String = (0..5000).map(|n| format!("\"k{n}\":1,")).collect();
    for (text, expected) in [
        (
            b"[\n{\"a\":1},\n{\"a\":2}]\n".to_vec(),
            "error[not-ndjson] `node`, path: `a.json` is an array in JSON, where a line for every object is expected; make it lines, for example with `jq -c '.[]' FILE > FILE.ndjson`\n",
        ),
        (
            b"{\n  \"a\": 1\n}\n".to_vec(),
            "none of the first holds an object; of the first line, a key in quotes is expected; write a line for every object",
        ),
        (b"a,b\n1,2\n".to_vec(), "`a.json` is not lines of JSON"),
        (
            b"PAR1".to_vec(),
            "`a.json` is a Parquet file, not lines of JSON in UTF-8; read it with a Parquet source",
        ),
        (b"\n\n".to_vec(), "error[empty-file] `node`, path: `a.json` has no field in its first lines"),
        (b"{}\n".to_vec(), "error[empty-file]"),
        (
            format!("{{{many}\"k\":1}}\n").into_bytes(),
            "error[too-many-columns] `node`, path: `a.json` has more than 4096 fields",
        ),
    ] {
        flow.file("a.json", &text);
        let plan = flow.plan(&NdjsonSource, &json!({"path": "a.json"}));
        assert!(plan.runs.is_none());
        assert!(findings(&plan).contains(expected), "{}", findings(&plan));
    }
    let schema = json!([{"name": "a", "type": "INT"}]);
    flow.file("a.json", "\u{feff}\r\n{}\r\n\r\n{\"a\":1}\r{\"a\":2}");
    assert_eq!(rows(&flow, &json!({"path": "a.json", "schema": schema})).0, ["NULL", "1", "2"]);
    let deep = |n: usize| format!("{{\"a\":{}1{}}}\n", "[".repeat(n), "]".repeat(n));
    flow.file("deep.json", deep(63) + &deep(64) + &deep(100_000));
    let (rows, rejected) = rows(&flow, &json!({"path": "deep.json"}));
    assert_eq!((rows.len(), rejected.len()), (1, 2));
    assert!(
        rejected[0].ends_with("it is nested more than 64 levels deep at byte 69 of it"),
        "{}",
        rejected[0]
    );
}

#[test]
fn the_page_and_the_schema_name_every_parameter() {
    let spec = NdjsonSource.spec();
    let schema = spec.params.as_value();
    for (name, property) in schema["properties"].as_object().expect("parameters") {
        assert!(property.get("description").is_some(), "{name} is explained");
    }
    assert_eq!(schema["additionalProperties"], json!(false));
    assert_eq!(schema["properties"]["flatten"]["default"], json!(true));
}

/// The columns that the models below know.
const COLUMNS: [(&str, DataType); 7] = [
    ("n", DataType::BigInt),
    ("x", DataType::Double),
    ("s", DataType::String),
    ("b", DataType::Boolean),
    ("o.n", DataType::Int),
    ("o.o.s", DataType::String),
    ("t", DataType::Timestamp),
];

/// The layout of the columns of these numbers.
fn layout(wanted: &[usize]) -> Arc<RecordLayout> {
    let paths: Vec<Vec<String>> =
        COLUMNS.iter().map(|(name, _)| name.split('.').map(str::to_owned).collect()).collect();
    let slot = |idx: usize| wanted.iter().position(|wanted| *wanted == idx);
    let keys = Keys::new(paths.iter().enumerate().map(|(idx, path)| (path.as_slice(), slot(idx))));
    let columns = wanted.iter().map(|idx| {
        let (name, data_type) = COLUMNS[*idx].clone();
        ColumnReader { field: Field::nullable(name, data_type), format: TimeFormat::Auto, zone: Tz::UTC }
    });
    Arc::new(RecordLayout { keys, columns: columns.collect() })
}

/// Reads text through the real reader: a line for each record, in their order.
fn read_small(
    text: &[u8],
    cursor: u64,
    wanted: &[usize],
    limits: Limits,
    n_rows: usize,
) -> (Vec<String>, ReadAll) {
    use std::io::{Seek, Write};
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(text).expect("written");
    file.rewind().expect("rewound");
    let input = TextInput::plain(file);
    let mut reader = TextReader::new(input, "a".into(), layout(wanted), cursor, limits).expect("a reader");
    let mut lines = Vec::new();
    let mut all = ReadAll::default();
    while let Some(morsel) = reader.next(n_rows).expect("a morsel") {
        let decoded = morsel.decode().expect("rows");
        let mut numbers = decoded.record_numbers();
        for row in 0..decoded.frame.height() {
            let values = wanted.iter().zip(decoded.frame.columns());
            let values = values.map(|(idx, column)| shown(&Value::at(column, &COLUMNS[*idx].1, row)));
            let number = all.n_records + numbers.next().expect("a number");
            lines.push((number, values.collect::<Vec<_>>().join("|")));
        }
        for rejected in &decoded.rejected {
            let what = if rejected.column.is_some() || rejected.reason.contains("longer") {
                rejected.reason.as_str()
            } else {
                ""
            };
            let column = rejected.column.as_deref().unwrap_or("-");
            let place = format!("line {} byte {}", rejected.line, rejected.offset);
            lines.push((all.n_records + rejected.record, format!("{place} {column} {what}")));
        }
        all.n_records += decoded.n_records;
        all.offsets.push(SplitOffset { records: all.n_records, cursor: decoded.next_cursor });
    }
    lines.sort();
    assert!(lines.iter().zip(0..).all(|((number, _), idx)| *number == idx), "each record once: {lines:?}");
    (lines.into_iter().map(|(_, line)| line).collect(), all)
}

fn shown(value: &Value) -> String {
    if value.is_null() { "NULL".to_owned() } else { format!("{value:?}") }
}

/// JSON as it is written in one of several styles: compact, or with blanks and every character beyond ASCII escaped.
fn write(value: &Json, style: usize, out: &mut String) {
    let (comma, colon, pad) = [(",", ":", ""), (" , ", "\t: ", " "), (", ", ": ", "")][style];
    match value {
        Json::Array(values) => {
            out.push('[');
            for (idx, value) in values.iter().enumerate() {
                out.push_str(if idx > 0 { comma } else { pad });
                write(value, style, out);
            }
            out.push(']');
        }
        Json::Object(fields) => {
            out.push('{');
            for (idx, (key, value)) in fields.iter().enumerate() {
                out.push_str(if idx > 0 { comma } else { pad });
                write(&Json::String(key.clone()), style, out);
                out.push_str(colon);
                write(value, style, out);
            }
            out.push_str(pad);
            out.push('}');
        }
        Json::String(text) if style == 1 => {
            out.push('"');
            for unit in text.encode_utf16() {
                match u8::try_from(unit).map(char::from) {
                    Ok(c) if c.is_ascii_alphanumeric() => out.push(c),
                    _ => out.push_str(&format!("\\u{unit:04x}")),
                }
            }
            out.push('"');
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}

fn written(value: &Json, style: usize) -> String {
    let mut out = String::new();
    write(value, style, &mut out);
    out
}

/// What a record gives for the columns, by the tree that serde_json makes of it: the row, or the column at fault with the reason.
fn model(record: &Map<String, Json>, style: usize, wanted: &[usize]) -> Result<String, String> {
    let mut row = Vec::new();
    for idx in wanted {
        let (name, data_type) = &COLUMNS[*idx];
        let mut value = Some(&Json::Null);
        let mut fields = Some(record);
        let n_levels = name.split('.').count();
        for (level, key) in name.split('.').enumerate() {
            value = fields.and_then(|fields| fields.get(key));
            fields = value.and_then(Json::as_object);
            let is_inner = level + 1 < n_levels;
            if let Some(value) = value
                && is_inner
                && fields.is_none()
                && !value.is_null()
            {
                // Within quotes in the text, without them in the reason.
                let raw = written(value, style);
                let raw = if value.is_string() { &raw[1..raw.len() - 1] } else { &raw };
                return Err(format!(
                    "{name} {}",
                    cut(raw, "stands where an object with this column is expected")
                ));
            }
        }
        let value = value.unwrap_or(&Json::Null);
        let raw = written(value, style);
        let raw = if value.is_string() { &raw[1..raw.len() - 1] } else { &raw };
        let not_a = || format!("{name} {}", cut(raw, &format!("is not {}", article(data_type))));
        let range = || format!("{name} {}", cut(raw, &format!("is out of the range of {data_type}")));
        let text = match value {
            Json::String(text) => Some(text.trim().to_owned()),
            Json::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let is_whole = |text: &String| {
            text.trim_start_matches(['-', '+']).bytes().all(|byte| byte.is_ascii_digit())
                && text.bytes().any(|byte| byte.is_ascii_digit())
        };
        row.push(match (value, data_type) {
            (Json::Null, _) => Value::Null,
            (_, DataType::BigInt | DataType::Int) => {
                let text = text.ok_or_else(not_a)?;
                let max = if *data_type == DataType::Int { i64::from(i32::MAX) } else { i64::MAX };
                match text.parse::<i64>() {
                    Ok(number) if (-max - 1..=max).contains(&number) => Value::Int(number),
                    Ok(_) => return Err(range()),
                    Err(_) if is_whole(&text) => return Err(range()),
                    Err(_) => return Err(not_a()),
                }
            }
            (_, DataType::Double) => {
                Value::Double(text.and_then(|text| text.parse().ok()).ok_or_else(not_a)?)
            }
            (Json::Bool(value), DataType::Boolean) => Value::Boolean(*value),
            (Json::String(text), DataType::Boolean) if text.trim() == "true" => Value::Boolean(true),
            (Json::String(text), DataType::Timestamp) if text == "2024-02-29T12:00:00Z" => {
                Value::Timestamp(1_709_208_000_000)
            }
            (Json::String(text), DataType::String) => Value::String(text.clone()),
            (_, DataType::String) => Value::String(raw.to_owned()),
            _ => return Err(not_a()),
        });
    }
    Ok(row.iter().map(shown).collect::<Vec<_>>().join("|"))
}

fn article(data_type: &DataType) -> String {
    super::super::file_source::with_article(data_type)
}

fn cut(raw: &str, what: &str) -> String {
    let dots = if raw.chars().count() > 40 { "…" } else { "" };
    format!("`{}{dots}` {what}", raw.chars().take(40).collect::<String>())
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        (-3_i64..300).prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        (-1e6..1e6).prop_map(Json::from),
        any::<f64>().prop_filter("JSON has no such number", |x| x.is_finite()).prop_map(Json::from),
        prop::sample::select(vec![
            "",
            "12",
            " -7 ",
            "1.5",
            "true",
            "x",
            "2024-02-29T12:00:00Z",
            "ä\"\\\n😀/",
            "{\"n\":1}",
            "a longer text than eight bytes"
        ])
        .prop_map(Json::from),
        "\\PC{0,12}".prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::vec((any_key(), inner), 0..4)
                .prop_map(|fields| Json::Object(fields.into_iter().collect())),
        ]
    })
}

fn any_key() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["n", "x", "s", "b", "o", "t", "o.n", "q\"", "", "ä"]).prop_map(str::to_owned)
}

fn any_record() -> impl Strategy<Value = Map<String, Json>> {
    let object = prop::collection::vec((any_key(), any_json()), 0..4)
        .prop_map(|fields| Json::Object(fields.into_iter().collect()));
    let known = (any_json(), any_json(), any_json(), prop_oneof![object, any_json()]);
    let usual = known.prop_map(|(n, x, s, o)| {
        ["n", "x", "s", "o"].into_iter().map(str::to_owned).zip([n, x, s, o]).collect()
    });
    let any =
        prop::collection::vec((any_key(), any_json()), 0..8).prop_map(|fields| fields.into_iter().collect());
    prop_oneof![usual, any]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rows_are_those_of_a_tree_of_values_at_every_block_and_morsel_size(
        records in prop::collection::vec((any_record(), 0_usize..3, prop::sample::select(vec!["\n", "\r\n", "\r", "\n\n"])), 0..12),
        wanted in prop::sample::subsequence((0..COLUMNS.len()).collect::<Vec<_>>(), 0..=COLUMNS.len()),
        block in 1_usize..200, n_rows in 1_usize..9,
    ) {
        let mut text = String::new();
        let mut expected = Vec::new();
        let mut line = 1;
        for (record, style, end) in &records {
            let (start, first_line) = (text.len(), line);
            write(&Json::Object(record.clone()), *style, &mut text);
            text.push_str(end);
            line += if *end == "\n\n" { 2 } else { 1 };
            expected.push(match model(record, *style, &wanted) {
                Ok(row) => row,
                Err(fault) => format!("line {first_line} byte {start} {fault}"),
            });
        }
        let limits = Limits { block, max_record: 1 << 20 };
        let (found, all) = read_small(text.as_bytes(), 0, &wanted, limits, n_rows);
        prop_assert_eq!(&found, &expected);
        for offset in all.offsets {
            let (rest, _) = read_small(text.as_bytes(), offset.cursor, &wanted, Limits::default(), 64);
            prop_assert_eq!(&rest[..], &expected[offset.records as usize..]);
        }
    }

    #[test]
    fn lines_over_the_limit_are_rejected_alike_at_every_block_boundary(
        lengths in prop::collection::vec(1_usize..60, 0..8), block in 1_usize..40, n_rows in 1_usize..4,
    ) {
        let lines: Vec<String> = lengths.iter().map(|n| format!("{{\"s\":\"{}\"}}\r\n", "x".repeat(*n))).collect();
        let mut at = 0;
        let expected: Vec<String> = lines.iter().zip(1..).map(|(line, number)| {
            let (start, length) = (at, line.len() - 2);
            at += line.len();
            if length > 40 {
                format!("line {number} byte {start} - the record is longer than 40 bytes")
            } else {
                shown(&Value::String("x".repeat(length - 8)))
            }
        }).collect();
        let limits = Limits { block, max_record: 40 };
        let (found, _) = read_small(lines.concat().as_bytes(), 0, &[2], limits, n_rows);
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn damaged_lines_are_rows_exactly_where_serde_json_takes_them() {
    let seeds: [&[u8]; 6] = [
        br#"{"n":1,"x":-1.5e3,"s":"ab\u00e4\n","b":true,"o":{"n":2,"o":{"s":"\ud83d\ude00"}},"t":"2024-02-29T12:00:00Z"}"#,
        br#"{ "n" : null , "s" : [1, 2.0, {"a": []}, "x"] , "b" : false }"#,
        "{\"ä\":\"ö\",\"s\":\"a longer text than eight bytes\"}".as_bytes(),
        br#"{"n":"12","x":0.0,"o":null,"unknown":{"k":[[[]]]}}"#,
        b"{}",
        br#"{"s":"\"\\\/\b\f\n\r\t"}"#,
    ];
    let mut random = 0x1234_5678_9ABC_DEF0_u64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % below as u64) as usize
    };
    let bytes = b"{}[]\":,\\u0123456789eE+-.tfn \t\r\x00\x1f\x7f\xc3\xff";
    let started = Instant::now();
    let (mut n_valid, mut n_invalid) = (0, 0);
    while started.elapsed() < Duration::from_secs(2) {
        let mut lines: Vec<Vec<u8>> = Vec::new();
        for _ in 0..200 {
            let mut line = seeds[next(seeds.len())].to_vec();
            for _ in 0..next(4) {
                let at = next(line.len() + 1);
                match next(4) {
                    0 if at < line.len() => drop(line.remove(at)),
                    1 if at < line.len() => line[at] = bytes[next(bytes.len())],
                    2 => line.truncate(at),
                    _ => line.insert(at, bytes[next(bytes.len())]),
                }
            }
            line.retain(|byte| *byte != b'\r');
            if !line.is_empty() {
                lines.push(line);
            }
        }
        let text = lines.join(&b'\n');
        let limits = Limits { block: 1 + next(4000), max_record: 1 << 20 };
        let (found, _) = read_small(&text, 0, &[], limits, 1 + next(300));
        assert_eq!(found.len(), lines.len());
        for (line, found) in lines.iter().zip(&found) {
            let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok();
            let is_object = line.trim_ascii_start().first() == Some(&b'{');
            let expected = is_json && is_object && std::str::from_utf8(line).is_ok();
            assert_eq!(found.is_empty(), expected, "{}", line.escape_ascii());
            if expected { n_valid += 1 } else { n_invalid += 1 }
        }
        let all: Vec<usize> = (0..COLUMNS.len()).collect();
        let (found, _) = read_small(&text, 0, &all, limits, 64);
        assert_eq!(found.len(), lines.len(), "each record is a row or rejected");
    }
    assert!(n_valid > 100 && n_invalid > 100, "{n_valid} and {n_invalid}");
}
