//! Writes rows as JSON, an object to a line.

use std::sync::Arc;

use polars::prelude::{self as pl, IntoColumn};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::file_sink::{
    Cells, Compression, Destination, Encoder, FileForm, FolderParams, Format, Written, physical_columns,
    summary,
};
use crate::data::{Batch, DataType, EdgeType};
use crate::error::Result;
use crate::node::{
    Arity, Category, InputSpec, NodePlan, NodeSpec, NodeType, PathText, PlanContext, Runs, SqlForm,
    read_params,
};

/// The node type `ndjson_sink`.
pub struct NdjsonSink;

/// The parameters of an NDJSON sink.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NdjsonSinkParams {
    /// The file to write, or with `folder` the folder; a relative path starts at the output folder. Folders on the way are made. What
    /// this node of this flow made before is replaced when a new run is complete; what another made is refused.
    pub path: PathText,
    /// Whether NULL is written as `null`; else the column is left out of the object.
    #[serde(default = "yes")]
    pub write_nulls: bool,
    /// How timestamps are written.
    #[serde(default)]
    pub timestamps: Timestamps,
    /// How the file is compressed. Name a single file accordingly; parts are called `.ndjson.gz` or `.ndjson.zst`.
    #[serde(default, skip_serializing_if = "is_none")]
    pub compression: Compression,
    /// Parts and partitions in a folder instead of one file, once any of this is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<FolderParams>,
}

/// How timestamps are written. An instant (TIMESTAMP_LTZ) is in UTC and ends in `Z` in both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Timestamps {
    /// `2013-01-01T10:00:00.250`
    #[default]
    Iso,
    /// `2013-01-01 10:00:00.250`
    Sql,
}

fn yes() -> bool {
    true
}

fn is_none(compression: &Compression) -> bool {
    *compression == Compression::None
}

const DOC: &str = include_str!("ndjson_sink.md");

impl NodeType for NdjsonSink {
    fn spec(&self) -> NodeSpec {
        NodeSpec {
            kind: "ndjson_sink",
            title: "NDJSON file",
            category: Category::Sink,
            summary: "Writes rows as JSON, an object to a line, to files that appear when they are complete",
            doc: DOC,
            keywords: &["file", "json", "jsonl", "lines", "export", "write", "partition", "folder"],
            inputs: vec![InputSpec { name: "in", doc: "The rows to write", arity: Arity::One }],
            outputs: Vec::new(),
            params: schemars::schema_for!(NdjsonSinkParams),
            sql: SqlForm::Partial("Flink's filesystem connector writes a folder of parts"),
        }
    }

    fn plan(&self, cx: &PlanContext<'_>) -> NodePlan {
        let params: NdjsonSinkParams = match read_params(cx.node, cx.params) {
            Ok(params) => params,
            Err(diagnostic) => return NodePlan::failed(0, vec![*diagnostic]),
        };
        let mut diagnostics = Vec::new();
        let folder = FolderParams::of(params.folder.as_ref());
        let destination = Destination::plan(cx, "an NDJSON file", &params.path, folder, &mut diagnostics);
        let summary = summary(&params.path, folder);
        let runs = destination.map(|destination| {
            let format = Ndjson { write_nulls: params.write_nulls, timestamps: params.timestamps };
            let (format, compression) = (Arc::new(format), params.compression);
            Runs::Sink(destination.sink_plan(FileForm { format, compression, extension: "ndjson" }))
        });
        NodePlan { diagnostics, summary, runs, ..NodePlan::default() }
    }
}

/// How objects are written.
#[derive(Clone, Copy, Debug)]
struct Ndjson {
    write_nulls: bool,
    timestamps: Timestamps,
}

impl Format for Ndjson {
    fn encoder(&self, edge: &EdgeType) -> Result<Box<dyn Encoder>> {
        let keys = edge.schema.fields().iter().map(|field| {
            let mut key = Vec::new();
            text(field.name.as_bytes(), &mut key);
            key.push(b':');
            key
        });
        Ok(Box::new(NdjsonEncoder { ndjson: *self, keys: keys.collect(), n_bytes: 0 }))
    }
}

/// An NDJSON file so far.
struct NdjsonEncoder {
    ndjson: Ndjson,
    /// The name of each column, as it stands before a value.
    keys: Vec<Vec<u8>>,
    n_bytes: u64,
}

impl Encoder for NdjsonEncoder {
    fn begin(&mut self, _: &mut Vec<u8>) -> Result<()> {
        Ok(())
    }

    fn rows(&mut self, batch: &Batch, picks: &[u32], max_bytes: u64, into: &mut Vec<u8>) -> Result<usize> {
        let room = usize::try_from(max_bytes.saturating_sub(self.n_bytes)).unwrap_or(usize::MAX);
        let before = into.len();
        let separator = self.ndjson.separator();
        let fields = batch.edge().schema.fields();
        let columns = physical_columns(batch);
        let mut cells = columns
            .iter()
            .zip(batch.frame().columns())
            .zip(fields)
            .map(|((physical, column), field)| {
                let cells = Cells::new(physical, column, &field.data_type, separator)?;
                Ok((cells, Form::of(&field.data_type), column.as_materialized_series(), &field.data_type))
            })
            .collect::<Result<Vec<_>>>()?;
        let mut n_taken = 0;
        for row in picks {
            if into.len() - before >= room {
                break;
            }
            into.push(b'{');
            let mut is_first = true;
            for ((cells, form, series, data_type), key) in cells.iter_mut().zip(&self.keys) {
                let start = into.len();
                if !is_first {
                    into.push(b',');
                }
                into.extend_from_slice(key);
                if !self.ndjson.value(cells, *form, series, data_type, *row as usize, into) {
                    if self.ndjson.write_nulls {
                        into.extend_from_slice(b"null");
                    } else {
                        into.truncate(start);
                        continue;
                    }
                }
                is_first = false;
            }
            into.extend_from_slice(b"}\n");
            n_taken += 1;
        }
        self.n_bytes += (into.len() - before) as u64;
        Ok(n_taken)
    }

    fn n_bytes(&self) -> u64 {
        self.n_bytes
    }

    fn finish(&mut self, _: &mut Vec<u8>) -> Result<()> {
        Ok(())
    }
}

/// How a value of a type stands in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// As its text is.
    Bare,
    /// As its text is, unless it is none that JSON has a number for.
    Float,
    /// In quotes.
    Quoted,
    /// In quotes, with `Z` at its end.
    Instant,
    Nested,
}

impl Form {
    fn of(data_type: &DataType) -> Form {
        match data_type {
            DataType::Float | DataType::Double => Form::Float,
            DataType::String | DataType::Bytes | DataType::Date | DataType::Time | DataType::Timestamp => {
                Form::Quoted
            }
            DataType::TimestampLtz => Form::Instant,
            DataType::Array(_) | DataType::Row(_) => Form::Nested,
            _ => Form::Bare,
        }
    }
}

impl Ndjson {
    fn separator(self) -> u8 {
        if self.timestamps == Timestamps::Iso { b'T' } else { b' ' }
    }

    /// Adds a value; gives `false` where there is none, and adds nothing then.
    #[inline]
    fn value(
        self,
        cells: &mut Cells<'_>,
        form: Form,
        series: &pl::Series,
        data_type: &DataType,
        row: usize,
        into: &mut Vec<u8>,
    ) -> bool {
        if form == Form::Nested {
            return self.nested(series, data_type, row, into);
        }
        let start = into.len();
        if matches!(form, Form::Quoted | Form::Instant) {
            into.push(b'"');
        }
        match cells.write(row, into) {
            Written::Null => {
                into.truncate(start);
                return false;
            }
            Written::Text(value) => {
                into.truncate(start);
                text(value, into);
                return true;
            }
            Written::Plain => {}
        }
        match form {
            Form::Quoted => into.push(b'"'),
            Form::Instant => into.extend_from_slice(b"Z\""),
            // `NaN`, `Infinity` and `-Infinity`, as texts.
            Form::Float if into.last().is_some_and(u8::is_ascii_alphabetic) => {
                into.insert(start, b'"');
                into.push(b'"');
            }
            _ => {}
        }
        true
    }

    /// Adds an ARRAY or ROW; gives `false` where there is none, and adds nothing then. Inside of it NULL is always written, for the
    /// elements of an array are counted.
    fn nested(self, series: &pl::Series, data_type: &DataType, row: usize, into: &mut Vec<u8>) -> bool {
        if series.get(row).is_ok_and(|value| value.is_null()) {
            return false;
        }
        match data_type {
            DataType::Array(inner) => {
                let values = series.list().ok().and_then(|lists| lists.get_as_series(row));
                into.push(b'[');
                for at in 0..values.as_ref().map_or(0, |values| values.len()) {
                    if at > 0 {
                        into.push(b',');
                    }
                    if let Some(values) = &values {
                        self.inner(values, inner, at, into);
                    }
                }
                into.push(b']');
            }
            DataType::Row(fields) => {
                let values = series.struct_().map(pl::StructChunked::fields_as_series).unwrap_or_default();
                into.push(b'{');
                for (idx, ((name, data_type), values)) in fields.iter().zip(&values).enumerate() {
                    if idx > 0 {
                        into.push(b',');
                    }
                    text(name.as_bytes(), into);
                    into.push(b':');
                    self.inner(values, data_type, row, into);
                }
                into.push(b'}');
            }
            _ => return false,
        }
        true
    }

    /// Adds a value inside of an ARRAY or ROW.
    fn inner(self, series: &pl::Series, data_type: &DataType, row: usize, into: &mut Vec<u8>) {
        let (physical, column) = (series.to_physical_repr(), series.clone().into_column());
        let is_there = Cells::new(&physical, &column, data_type, self.separator())
            .is_ok_and(|mut cells| self.value(&mut cells, Form::of(data_type), series, data_type, row, into));
        if !is_there {
            into.extend_from_slice(b"null");
        }
    }
}

/// Adds a text in quotes. What is no UTF-8 does not come in: texts are, and names too.
fn text(text: &[u8], into: &mut Vec<u8>) {
    into.push(b'"');
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| *byte < 0x20 || matches!(byte, b'"' | b'\\')) {
        into.extend_from_slice(&rest[..at]);
        let escaped = match rest[at] {
            b'"' => b'"',
            b'\\' => b'\\',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            byte => {
                let digit = |nibble: u8| b"0123456789abcdef"[usize::from(nibble)];
                into.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)]);
                rest = &rest[at + 1..];
                continue;
            }
        };
        into.extend_from_slice(&[b'\\', escaped]);
        rest = &rest[at + 1..];
    }
    into.extend_from_slice(rest);
    into.push(b'"');
}

#[cfg(test)]
mod tests {
    use polars::prelude::{IntoSeries, NamedFrom};
    use serde_json::{Value as Json, json};

    use super::super::testing::{Flow, batch, findings, sink, sink_context};
    use super::*;
    use crate::data::{EdgeType, Field, Origins, Position, Positions, Progress, Schema, Value};
    use crate::time::Watermark;

    fn write_file(flow: &Flow, params: &Json, rows: &Batch) -> String {
        let plan = sink(flow.plan(&NdjsonSink, params));
        let mut sink = (plan.make)(&sink_context(rows.edge())).expect("a sink");
        sink.write(rows).expect("written");
        assert!(sink.prepare_commit().is_ok() && sink.check_commit().is_ok() && sink.commit().is_ok());
        std::fs::read_to_string(&plan.writes[0]).expect("a file")
    }

    fn all_types() -> Batch {
        let column = |value| vec![value, Value::Null];
        batch(&[
            ("b", DataType::Boolean, column(Value::Boolean(true))),
            ("i", DataType::BigInt, column(Value::Int(i64::MIN))),
            ("d", DataType::Double, column(Value::Double(0.1))),
            ("m", DataType::Decimal(10, 3), column(Value::Decimal(-5, 3))),
            ("s\"", DataType::String, column(Value::String("a\"b\\c\n\u{1}é".to_owned()))),
            ("y", DataType::Bytes, column(Value::Bytes(vec![0, 255]))),
            ("t", DataType::Date, column(Value::Date(0))),
            ("c", DataType::Time, column(Value::Time(36_000_250_000_000))),
            ("ts", DataType::Timestamp, column(Value::Timestamp(1_357_034_400_250))),
            ("l", DataType::TimestampLtz, column(Value::Timestamp(0))),
        ])
    }

    #[test]
    fn every_type_is_written_as_json_has_it() {
        let flow = Flow::new();
        let lines = write_file(&flow, &json!({"path": "out.ndjson"}), &all_types());
        let (first, second) = lines.split_once('\n').expect("two lines");
        assert_eq!(
            first,
            r#"{"b":true,"i":-9223372036854775808,"d":0.1,"m":-0.005,"s\"":"a\"b\\c\n\u0001é","y":"00ff","t":"1970-01-01","c":"10:00:00.250","ts":"2013-01-01T10:00:00.250","l":"1970-01-01T00:00:00.000Z"}"#
        );
        let parsed: Json = serde_json::from_str(first).expect("JSON");
        assert_eq!(parsed["s\""], "a\"b\\c\n\u{1}é");
        let nulls: Json = serde_json::from_str(second).expect("JSON");
        assert!(nulls.as_object().is_some_and(|row| row.len() == 10 && row.values().all(Json::is_null)));
        let params = json!({"path": "out.ndjson", "write_nulls": false, "timestamps": "sql"});
        let lines = write_file(&flow, &params, &all_types());
        assert!(
            lines.ends_with("\"ts\":\"2013-01-01 10:00:00.250\",\"l\":\"1970-01-01 00:00:00.000Z\"}\n{}\n"),
            "{lines}"
        );
    }

    #[test]
    fn numbers_that_json_does_not_have_are_texts() {
        let flow = Flow::new();
        let values = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 1e300, 3.0, 5e-324];
        let column = |data_type| ("x", data_type, values.into_iter().map(Value::Double).collect());
        let lines = write_file(&flow, &json!({"path": "out.ndjson"}), &batch(&[column(DataType::Double)]));
        let expected = ["\"NaN\"", "\"Infinity\"", "\"-Infinity\"", "-0", "1e300", "3", "5e-324"];
        assert_eq!(lines, expected.map(|x| format!("{{\"x\":{x}}}\n")).concat());
        for line in lines.lines() {
            serde_json::from_str::<Json>(line).expect("JSON");
        }
    }

    #[test]
    fn rows_and_arrays_are_objects_and_lists() {
        let flow = Flow::new();
        let numbers = pl::Series::new("a".into(), [Some(1_i64), None]);
        let lists = pl::ListChunked::from_iter([Some(numbers.clone()), None, Some(numbers.slice(0, 0))]);
        let mut lists = lists.into_series();
        lists.rename("a".into());
        let texts = pl::Series::new("s".into(), [Some("x\""), None, Some("")]);
        let at = pl::Int64Chunked::new("at".into(), [Some(250), Some(0), None]);
        let at = at.into_datetime(pl::TimeUnit::Milliseconds, None).into_series();
        let rows = pl::StructChunked::from_series("r".into(), 3, [texts, at].iter()).expect("a struct");
        let edge = EdgeType::append(Schema::new(vec![
            Field::nullable("a", DataType::Array(Box::new(DataType::BigInt))),
            Field::nullable(
                "r",
                DataType::Row(vec![
                    ("s".to_owned(), DataType::String),
                    ("at".to_owned(), DataType::Timestamp),
                ]),
            ),
        ]));
        let columns = vec![lists.into_column(), rows.into_series().into_column()];
        let frame = pl::DataFrame::new(3, columns).expect("a frame");
        let arrivals = vec![0; 3].into();
        let positions = Positions::all(Origins::Run { source: 0, split: 0, first_offset: 0, arrivals });
        let progress = Progress::flat(Watermark::NONE, Position::MAX);
        let rows = Batch::new(frame, Arc::new(edge), positions, progress);
        assert_eq!(
            write_file(&flow, &json!({"path": "out.ndjson"}), &rows),
            "{\"a\":[1,null],\"r\":{\"s\":\"x\\\"\",\"at\":\"1970-01-01T00:00:00.250\"}}\n\
             {\"a\":null,\"r\":{\"s\":null,\"at\":\"1970-01-01T00:00:00.000\"}}\n\
             {\"a\":[],\"r\":{\"s\":\"\",\"at\":null}}\n"
        );
    }

    #[test]
    fn parameters_that_make_no_sense_are_found() {
        let flow = Flow::new();
        for (params, expected) in [
            (json!({}), "error[missing-parameter] `node`, path"),
            (json!({"path": "../x"}), "error[path-not-allowed]"),
            (json!({"path": "x", "timestamps": "epoch"}), "error[bad-parameter]"),
            (
                json!({"path": "x", "folder": {"part_rows": 0}}),
                "error[bad-parameter] `node`, folder.part_rows",
            ),
            (json!({"path": "x", "folder": {"rows": 1}}), "error[unknown-parameter]"),
        ] {
            let plan = flow.plan(&NdjsonSink, &params);
            assert!(findings(&plan).contains(expected), "{params}: {}", findings(&plan));
            assert!(plan.runs.is_none());
        }
    }
}
