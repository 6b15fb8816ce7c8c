//! Writes rows to one CSV file that appears whole when the run is complete.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use polars::prelude::{self as pl, Column};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::characters::{comma, one_byte};
use super::file_commit::{Maker, OutputFile, refusal};
use crate::data::value::{civil_from_days, format_decimal, format_double, format_timestamp};
use crate::data::{Batch, ChangeMode, DataType, Schema, Value};
use crate::diagnostic::{Diagnostic, Severity};
use crate::error::Result;
use crate::node::{
    Arity, Category, FileUse, InputSpec, NodePlan, NodeSpec, NodeType, PathText, PlanContext, Runs, Sink,
    SinkContext, SinkPlan, SqlForm, read_params,
};

/// The node type `csv_sink`.
pub struct CsvSink;

/// The parameters of a CSV sink.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CsvSinkParams {
    /// The file to write; a relative path starts at the output folder. Folders on the way are made. A file that this node
    /// of this flow made before is replaced when a new run is complete; one that another made is refused.
    pub path: PathText,
    /// Whether the first line names the columns.
    #[serde(default = "yes")]
    pub header: bool,
    /// The character between fields; `\t` is a tab.
    #[serde(default = "comma")]
    #[schemars(length(min = 1, max = 2))]
    pub delimiter: String,
    /// The text that is written for NULL. A value that reads the same is put in quotes, so that the two can be told apart.
    #[serde(default)]
    pub null_text: String,
}

fn yes() -> bool {
    true
}

const DOC: &str = "Writes rows to a CSV file.

The file appears when the run is complete, all at once: until then a file that an earlier run made stays as it was.
Beside it lies a small record, `.NAME.tidemark`, of which node of which flow made it and what it held.
A flow is known by its file's name, so one that was renamed does not replace what it made before.
A file without such a record, or changed since, was made by somebody else and is refused: delete it, or choose another path.

The files of several sinks appear one after the other at the end of the run.
Before the first does, each is made sure of once more: if one could not take its place, none does.

Values are written as tables show them: timestamps as `2013-01-01 10:00:00.250`, BYTES in hexadecimal, whole numbers without a fraction.
Fields are quoted where they must be: if they hold the delimiter, a quote or a line end.
NULL is written as `null_text`, and a value that reads the same is quoted: by default NULL is nothing and an empty STRING is `\"\"`.
A CSV source with the same delimiter and `null_text` reads back what was written, but for a file of a single column, whose NULLs are blank
lines unless `null_text` is set.

Only inserted rows can be written; the output of an updating query cannot.

```json
{\"path\": \"hourly.csv\", \"null_text\": \"NA\"}
```
";

impl NodeType for CsvSink {
    fn spec(&self) -> NodeSpec {
        NodeSpec {
            kind: "csv_sink",
            title: "CSV file",
            category: Category::Sink,
            summary: "Writes rows to a CSV file that appears when the run is complete",
            doc: DOC,
            keywords: &["file", "text", "comma", "tsv", "tab", "export", "write"],
            inputs: vec![InputSpec { name: "in", doc: "The rows to write", arity: Arity::One }],
            outputs: Vec::new(),
            params: schemars::schema_for!(CsvSinkParams),
            sql: SqlForm::Partial(
                "Flink's filesystem connector writes a folder of parts without a header line",
            ),
        }
    }

    fn plan(&self, cx: &PlanContext<'_>) -> NodePlan {
        match read_params(cx.node, cx.params) {
            Ok(params) => plan(cx, &params),
            Err(diagnostic) => NodePlan::failed(0, vec![*diagnostic]),
        }
    }
}

fn plan(cx: &PlanContext<'_>, params: &CsvSinkParams) -> NodePlan {
    let mut diagnostics = Vec::new();
    let delimiter = one_byte(cx, "delimiter", &params.delimiter, &mut diagnostics);
    if delimiter == Some(QUOTE) {
        let message = "the delimiter cannot be the quote";
        diagnostics.push(
            Diagnostic::error("bad-parameter", cx.param("delimiter"), message)
                .fix("choose another character"),
        );
    }
    if params.null_text.contains(['"', '\n', '\r']) || params.null_text.contains(&params.delimiter) {
        let message = "the text for NULL holds a delimiter, a quote or a line end";
        diagnostics.push(
            Diagnostic::error("bad-parameter", cx.param("null_text"), message).fix("choose another text"),
        );
    }
    let path = match cx.files.resolve(&params.path.0, FileUse::Write) {
        Ok(path) => Some(path),
        Err(error) => {
            diagnostics.push(Diagnostic::error("path-not-allowed", cx.param("path"), error.to_string()));
            None
        }
    };
    let maker = Maker::of(cx);
    if let Some(path) = &path
        && let Some(message) = refusal(path, &maker)
    {
        diagnostics.push(
            Diagnostic::error("output-not-owned", cx.param("path"), message)
                .fix("delete or rename it, or choose another path"),
        );
    }
    if let Some(edge) = cx.input(0) {
        if edge.changes != ChangeMode::Append {
            let message = "a CSV file can only take inserted rows, but rows are updated here";
            diagnostics.push(
                Diagnostic::error("needs-inserts", cx.place(), message)
                    .fix("aggregate in a window, whose results are final, or use a table"),
            );
        }
        if let [field] = edge.schema.fields()
            && field.nullable
            && params.null_text.is_empty()
        {
            let message = format!("a NULL of the only column `{}` is written as a blank line", field.name);
            diagnostics.push(
                Diagnostic::hint("blank-lines", cx.param("null_text"), message)
                    .fix("set a text such as `NULL`"),
            );
        }
    }
    let summary = params.path.0.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
    let has_error = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    let runs = match (path, delimiter) {
        (Some(path), Some(delimiter)) if !has_error => {
            let format = Format { delimiter, null_text: params.null_text.as_bytes().into() };
            let (has_header, target) = (params.header, path.clone());
            let schema = cx.input(0).map(|edge| Arc::clone(&edge.schema));
            let make = Arc::new(move |cx: &SinkContext| {
                let schema = schema.as_ref().unwrap_or(&cx.table.edge().schema);
                let header = has_header.then(|| Arc::clone(schema));
                Ok(Box::new(CsvFile::create(&target, &maker, format.clone(), header.as_deref())?)
                    as Box<dyn Sink>)
            });
            Some(Runs::Sink(SinkPlan { make, writes: vec![path] }))
        }
        _ => None,
    };
    NodePlan { diagnostics, summary, runs, ..NodePlan::default() }
}

const QUOTE: u8 = b'"';
/// How much is gathered before it is handed to the system.
const WRITE_BYTES: usize = 64 << 10;

/// How fields are written.
#[derive(Clone, Debug)]
struct Format {
    delimiter: u8,
    null_text: Arc<[u8]>,
}

/// A CSV file on the way to its place.
struct CsvFile {
    file: OutputFile,
    format: Format,
    buffer: Vec<u8>,
}

impl CsvFile {
    fn create(target: &Path, maker: &Maker, format: Format, header: Option<&Schema>) -> Result<CsvFile> {
        let mut file = CsvFile { file: OutputFile::create(target, maker)?, format, buffer: Vec::new() };
        if let Some(schema) = header {
            let mut is_first = true;
            for field in schema.fields() {
                if !std::mem::take(&mut is_first) {
                    file.buffer.push(file.format.delimiter);
                }
                file.format.text(field.name.as_bytes(), &mut file.buffer);
            }
            file.buffer.push(b'\n');
        }
        Ok(file)
    }
}

impl CsvFile {
    fn flush(&mut self) -> Result<()> {
        self.file.write(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }
}

impl Sink for CsvFile {
    fn write(&mut self, batch: &Batch) -> Result<()> {
        self.format.rows(batch, &mut self.buffer)?;
        if self.buffer.len() < WRITE_BYTES {
            return Ok(());
        }
        self.flush()
    }

    fn prepare_commit(&mut self) -> Result<()> {
        self.flush()?;
        self.file.prepare()
    }

    fn check_commit(&mut self) -> Result<()> {
        self.file.check()
    }

    fn commit(&mut self) -> Result<()> {
        self.file.commit()
    }

    fn abort(&mut self) {
        self.file.abort();
    }
}

impl Format {
    /// Adds the rows of a batch.
    fn rows(&self, batch: &Batch, into: &mut Vec<u8>) -> Result<()> {
        let fields = batch.edge().schema.fields();
        let columns: Vec<pl::Series> = batch
            .frame()
            .columns()
            .iter()
            .map(|column| column.as_materialized_series().to_physical_repr().into_owned())
            .collect();
        let mut cells = columns
            .iter()
            .zip(batch.frame().columns())
            .zip(fields)
            .map(|((physical, column), field)| Cells::new(physical, column, &field.data_type))
            .collect::<Result<Vec<_>>>()?;
        // Numbers and times hold none of the usual delimiters; where they might, each is looked through.
        let is_usual = matches!(self.delimiter, b',' | b';' | b'\t' | b'|');
        for row in 0..batch.n_rows() {
            for (idx, cells) in cells.iter_mut().enumerate() {
                if idx > 0 {
                    into.push(self.delimiter);
                }
                let start = into.len();
                match cells.write(row, into) {
                    Written::Null => into.extend_from_slice(&self.null_text),
                    Written::Text(text) => self.text(text, into),
                    Written::Plain => {
                        if !is_usual || into[start..] == *self.null_text {
                            let plain = into.split_off(start);
                            self.text(&plain, into);
                        }
                    }
                }
            }
            into.push(b'\n');
        }
        Ok(())
    }

    /// Adds a text, in quotes where it must be.
    #[inline]
    fn text(&self, text: &[u8], into: &mut Vec<u8>) {
        let special = |byte: u8| byte == self.delimiter || matches!(byte, QUOTE | b'\n' | b'\r');
        if *text != *self.null_text && !text.iter().any(|byte| special(*byte)) {
            into.extend_from_slice(text);
            return;
        }
        into.push(QUOTE);
        for byte in text {
            if *byte == QUOTE {
                into.push(QUOTE);
            }
            into.push(*byte);
        }
        into.push(QUOTE);
    }
}

/// The values of a column, its type resolved once for the whole batch.
enum Cells<'a> {
    Boolean(&'a pl::BooleanChunked),
    TinyInt(&'a pl::Int8Chunked),
    SmallInt(&'a pl::Int16Chunked),
    Int(&'a pl::Int32Chunked),
    BigInt(&'a pl::Int64Chunked),
    Float(&'a pl::Float32Chunked),
    Double(&'a pl::Float64Chunked),
    Decimal(&'a pl::Int128Chunked, u8),
    Text(&'a pl::StringChunked),
    Bytes(&'a pl::BinaryChunked),
    Date(&'a pl::Int32Chunked),
    Time(&'a pl::Int64Chunked),
    /// With the day that was written last, and its text.
    Timestamp(&'a pl::Int64Chunked, i64, [u8; 10]),
    Nested(&'a Column, &'a DataType, String),
}

/// What was done about a value.
enum Written<'a> {
    /// There is none; nothing was written.
    Null,
    /// It was written.
    Plain,
    /// It is this text, to be quoted if need be.
    Text(&'a [u8]),
}

impl<'a> Cells<'a> {
    fn new(physical: &'a pl::Series, column: &'a Column, data_type: &'a DataType) -> Result<Cells<'a>> {
        Ok(match data_type {
            DataType::Boolean => Cells::Boolean(physical.bool()?),
            DataType::TinyInt => Cells::TinyInt(physical.i8()?),
            DataType::SmallInt => Cells::SmallInt(physical.i16()?),
            DataType::Int => Cells::Int(physical.i32()?),
            DataType::BigInt => Cells::BigInt(physical.i64()?),
            DataType::Float => Cells::Float(physical.f32()?),
            DataType::Double => Cells::Double(physical.f64()?),
            DataType::Decimal(_, scale) => Cells::Decimal(physical.i128()?, *scale),
            DataType::String => Cells::Text(physical.str()?),
            DataType::Bytes => Cells::Bytes(physical.binary()?),
            DataType::Date => Cells::Date(physical.i32()?),
            DataType::Time => Cells::Time(physical.i64()?),
            DataType::Timestamp | DataType::TimestampLtz => {
                Cells::Timestamp(physical.i64()?, i64::MIN, [0; 10])
            }
            DataType::Array(_) | DataType::Row(_) => Cells::Nested(column, data_type, String::new()),
        })
    }

    #[inline]
    fn write<'b>(&'b mut self, row: usize, into: &mut Vec<u8>) -> Written<'b> {
        match self {
            Cells::Boolean(values) => match values.get(row) {
                None => return Written::Null,
                Some(true) => into.extend_from_slice(b"true"),
                Some(false) => into.extend_from_slice(b"false"),
            },
            Cells::TinyInt(values) => match values.get(row) {
                None => return Written::Null,
                Some(value) => integer(value.into(), into),
            },
            Cells::SmallInt(values) => match values.get(row) {
                None => return Written::Null,
                Some(value) => integer(value.into(), into),
            },
            Cells::Int(values) => match values.get(row) {
                None => return Written::Null,
                Some(value) => integer(value.into(), into),
            },
            Cells::BigInt(values) => match values.get(row) {
                None => return Written::Null,
                Some(value) => integer(value, into),
            },
            Cells::Float(values) => match values.get(row) {
                None => return Written::Null,
                // The double with the same text, as `Value` has it.
                Some(value) => double(value.to_string().parse().unwrap_or(f64::from(value)), into),
            },
            Cells::Double(values) => match values.get(row) {
                None => return Written::Null,
                Some(value) => double(value, into),
            },
            Cells::Decimal(values, scale) => match values.get(row) {
                None => return Written::Null,
                Some(value) => decimal(value, *scale, into),
            },
            Cells::Text(values) => {
                return values.get(row).map_or(Written::Null, |text| Written::Text(text.as_bytes()));
            }
            Cells::Bytes(values) => match values.get(row) {
                None => return Written::Null,
                Some(bytes) => {
                    let digit = |nibble: u8| b"0123456789abcdef"[usize::from(nibble)];
                    into.extend(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
                }
            },
            Cells::Date(values) => match values.get(row) {
                None => return Written::Null,
                Some(days) => match date(days.into()) {
                    Some(text) => into.extend_from_slice(&text),
                    None => write_display(&Value::Date(days), into),
                },
            },
            Cells::Time(values) => match values.get(row) {
                None => return Written::Null,
                Some(nanos) if (0..86_400_000_000_000).contains(&nanos) => {
                    into.extend_from_slice(&time(nanos / 1_000_000));
                }
                Some(nanos) => write_display(&Value::Time(nanos), into),
            },
            Cells::Timestamp(values, last_day, last_text) => match values.get(row) {
                None => return Written::Null,
                Some(millis) => {
                    let day = millis.div_euclid(86_400_000);
                    if day != *last_day {
                        let Some(text) = date(day) else {
                            into.extend_from_slice(format_timestamp(millis).as_bytes());
                            return Written::Plain;
                        };
                        (*last_day, *last_text) = (day, text);
                    }
                    into.extend_from_slice(last_text);
                    into.push(b' ');
                    into.extend_from_slice(&time(millis - day * 86_400_000));
                }
            },
            Cells::Nested(column, data_type, text) => {
                let value = Value::at(column, data_type, row);
                if value.is_null() {
                    return Written::Null;
                }
                *text = value.to_string();
                return Written::Text(text.as_bytes());
            }
        }
        Written::Plain
    }
}

#[inline]
fn integer(value: i64, into: &mut Vec<u8>) {
    into.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// As [`format_double`], without a text of its own.
#[inline]
fn double(value: f64, into: &mut Vec<u8>) {
    // Most numbers have few digits behind the point. If six are enough to read back the same, and there are at most fifteen in all,
    // no other text of that length does, so these are the shortest digits.
    let millionths = (value * 1e6).round();
    if millionths.abs() < 1e15 && millionths / 1e6 == value && (value != 0.0 || value.is_sign_positive()) {
        let millionths = millionths as i64;
        if millionths < 0 {
            into.push(b'-');
        }
        let (whole, mut behind) =
            (millionths.unsigned_abs() / 1_000_000, millionths.unsigned_abs() % 1_000_000);
        into.extend_from_slice(itoa::Buffer::new().format(whole).as_bytes());
        if behind > 0 {
            let mut digits = [b'0'; 7];
            digits[0] = b'.';
            for digit in digits[1..].iter_mut().rev() {
                *digit += (behind % 10) as u8;
                behind /= 10;
            }
            let n = digits.iter().rposition(|digit| *digit != b'0').unwrap_or(0);
            into.extend_from_slice(&digits[..=n]);
        }
    } else if (1e-7..1e21).contains(&value.abs()) {
        // Writing to memory does not fail.
        let _ = write!(into, "{value}");
    } else {
        into.extend_from_slice(format_double(value).as_bytes());
    }
}

/// As [`format_decimal`], without a text of its own where the number is short.
#[inline]
fn decimal(unscaled: i128, scale: u8, into: &mut Vec<u8>) {
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(unscaled.unsigned_abs());
    let scale = usize::from(scale);
    if digits.len() <= scale {
        into.extend_from_slice(format_decimal(unscaled, scale as u8).as_bytes());
        return;
    }
    if unscaled < 0 {
        into.push(b'-');
    }
    let (whole, fraction) = digits.as_bytes().split_at(digits.len() - scale);
    into.extend_from_slice(whole);
    if !fraction.is_empty() {
        into.push(b'.');
        into.extend_from_slice(fraction);
    }
}

#[inline]
fn two(value: i64) -> [u8; 2] {
    [b'0' + (value / 10) as u8, b'0' + (value % 10) as u8]
}

/// `YYYY-MM-DD`, for years of four digits.
#[inline]
fn date(days: i64) -> Option<[u8; 10]> {
    let (year, month, day) = civil_from_days(days);
    if !(0..=9999).contains(&year) {
        return None;
    }
    let ([y1, y2], [y3, y4]) = (two(year / 100), two(year % 100));
    let ([m1, m2], [d1, d2]) = (two(month.into()), two(day.into()));
    Some([y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2])
}

/// `HH:MM:SS.mmm` of milliseconds since midnight.
#[inline]
fn time(millis: i64) -> [u8; 12] {
    let seconds = millis / 1000;
    let millis = millis % 1000;
    let ([h1, h2], [m1, m2]) = (two(seconds / 3600), two(seconds / 60 % 60));
    let ([s1, s2], [f2, f3]) = (two(seconds % 60), two(millis % 100));
    [h1, h2, b':', m1, m2, b':', s1, s2, b'.', b'0' + (millis / 100) as u8, f2, f3]
}

fn write_display(value: &Value, into: &mut Vec<u8>) {
    // Writing to memory does not fail.
    let _ = write!(into, "{value}");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::testing::{Flow, batch, findings, read, sink, sink_context, source};
    use super::*;
    use crate::connector::CsvSource;
    use crate::data::{EdgeType, Field};
    use crate::node::{InputPort, SplitOffset};

    fn write_file(flow: &Flow, params: &serde_json::Value, batches: &[Batch]) -> String {
        let plan = sink(flow.plan(&CsvSink, params));
        let mut sink = (plan.make)(&sink_context(batches[0].edge())).expect("a sink");
        for batch in batches {
            sink.write(batch).expect("written");
        }
        assert!(sink.prepare_commit().is_ok() && sink.check_commit().is_ok() && sink.commit().is_ok());
        std::fs::read_to_string(&plan.writes[0]).expect("a file")
    }

    fn texts(values: &[Option<&str>]) -> Vec<Value> {
        values.iter().map(|text| text.map_or(Value::Null, |text| Value::String(text.to_owned()))).collect()
    }

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        let flow = Flow::new();
        let values = texts(&[
            Some("plain"),
            Some("a,b"),
            Some("say \"x\""),
            Some("two\nlines"),
            Some("\r"),
            Some(""),
            None,
            Some(" "),
            Some("NA"),
        ]);
        let n: Vec<Value> = (0..9).map(Value::Int).collect();
        let rows = batch(&[("n", DataType::BigInt, n), ("a \"name\"", DataType::String, values)]);
        assert_eq!(
            write_file(&flow, &json!({"path": "out.csv"}), std::slice::from_ref(&rows)),
            "n,\"a \"\"name\"\"\"\n0,plain\n1,\"a,b\"\n2,\"say \"\"x\"\"\"\n3,\"two\nlines\"\n4,\"\r\"\n5,\"\"\n6,\n7, \n8,NA\n"
        );
        assert_eq!(
            write_file(
                &flow,
                &json!({"path": "out.csv", "header": false, "delimiter": "\\t", "null_text": "NA"}),
                std::slice::from_ref(&rows)
            ),
            "0\tplain\n1\ta,b\n2\t\"say \"\"x\"\"\"\n3\t\"two\nlines\"\n4\t\"\r\"\n5\t\n6\tNA\n7\t \n8\t\"NA\"\n"
        );
    }

    #[test]
    fn a_value_that_holds_an_odd_delimiter_or_reads_as_null_is_quoted() {
        let flow = Flow::new();
        let at = vec![Value::Timestamp(0), Value::Null];
        let rows = batch(&[
            ("n", DataType::BigInt, vec![Value::Int(7), Value::Int(70)]),
            ("at", DataType::Timestamp, at),
        ]);
        assert_eq!(
            write_file(&flow, &json!({"path": "out.csv", "delimiter": ":", "null_text": "7"}), &[rows]),
            "n:at\n\"7\":\"1970-01-01 00:00:00.000\"\n70:7\n"
        );
    }

    #[test]
    fn what_is_written_is_read_back_by_the_source() {
        let flow = Flow::new();
        // The last is a text, whatever stands for NULL.
        let values = texts(&[Some("a"), None, Some(""), Some("x\"y\r\nz,"), Some("NULL")]);
        let n = vec![Value::Int(1), Value::Null, Value::Int(-3), Value::Int(i64::MIN), Value::Int(i64::MAX)];
        let x = vec![
            Value::Double(0.1),
            Value::Double(1e300),
            Value::Double(-1e-9),
            Value::Null,
            Value::Double(3.0),
        ];
        let rows =
            batch(&[("n", DataType::BigInt, n), ("s", DataType::String, values), ("x", DataType::Double, x)]);
        for null_text in ["", "NULL"] {
            write_file(
                &flow,
                &json!({"path": "out.csv", "null_text": null_text}),
                std::slice::from_ref(&rows),
            );
            let plan = source(flow.plan(&CsvSource, &json!({"path": "out.csv", "null_text": null_text})));
            let all = read(&plan, 0, SplitOffset::START, 64);
            assert_eq!(
                all.rows,
                [
                    "1|a|0.1",
                    "NULL|NULL|1e300",
                    "-3||-1e-9",
                    "-9223372036854775808|x\"y\r\nz,|NULL",
                    "9223372036854775807|NULL|3",
                ]
            );
        }
    }

    #[test]
    fn a_file_without_rows_has_its_header() {
        let flow = Flow::new();
        let rows = batch(&[("n", DataType::BigInt, vec![])]);
        assert_eq!(write_file(&flow, &json!({"path": "a/b/out.csv"}), &[rows]), "n\n");
    }

    #[test]
    fn abort_leaves_the_old_file() {
        let flow = Flow::new();
        let rows = batch(&[("n", DataType::BigInt, vec![Value::Int(1)])]);
        write_file(&flow, &json!({"path": "out.csv"}), std::slice::from_ref(&rows));
        let plan = sink(flow.plan(&CsvSink, &json!({"path": "out.csv"})));
        let mut sink = (plan.make)(&sink_context(rows.edge())).expect("a sink");
        sink.write(&rows).expect("written");
        sink.write(&rows).expect("written");
        sink.abort();
        assert_eq!(std::fs::read_to_string(&plan.writes[0]).expect("a file"), "n\n1\n");
        assert_eq!(std::fs::read_dir(flow.dir()).expect("a folder").count(), 2);
    }

    #[test]
    fn a_file_that_another_made_is_refused_when_planned_and_when_started() {
        let flow = Flow::new();
        let rows = batch(&[("n", DataType::BigInt, vec![Value::Int(1)])]);
        let early = sink(flow.plan(&CsvSink, &json!({"path": "out.csv"})));
        flow.file("out.csv", "mine");
        let plan = flow.plan(&CsvSink, &json!({"path": "out.csv"}));
        assert!(plan.runs.is_none());
        assert!(findings(&plan).contains("error[output-not-owned] `node`, path: "), "{}", findings(&plan));
        let error = (early.make)(&sink_context(rows.edge())).err().expect("refused");
        assert!(error.to_string().contains("was not made by this flow"), "{error}");
        assert_eq!(std::fs::read_to_string(flow.dir().join("out.csv")).expect("a file"), "mine");
    }

    #[test]
    fn parameters_and_inputs_that_make_no_sense_are_found() {
        let flow = Flow::new();
        for (params, expected) in [
            (json!({}), "error[missing-parameter] `node`, path"),
            (json!({"path": ""}), "error[path-not-allowed] `node`, path: the path is empty"),
            (json!({"path": "../out.csv"}), "error[path-not-allowed] `node`, path: the flow wants to write"),
            (json!({"path": "."}), "is a folder; a file is needed"),
            (json!({"path": "out.csv", "delimiter": ""}), "error[bad-parameter] `node`, delimiter"),
            (json!({"path": "out.csv", "delimiter": "\""}), "error[bad-parameter] `node`, delimiter"),
            (json!({"path": "out.csv", "null_text": "a,b"}), "error[bad-parameter] `node`, null_text"),
        ] {
            let plan = flow.plan(&CsvSink, &params);
            assert!(findings(&plan).contains(expected), "{params}: {}", findings(&plan));
            assert!(plan.runs.is_none());
        }
        let mut edge = EdgeType::append(Schema::new(vec![Field::nullable("n", DataType::BigInt)]));
        let plan_for = |edge: EdgeType| {
            let inputs = vec![InputPort { name: "in", edges: vec![Some(Arc::new(edge))] }];
            flow.with_params(&json!({"path": "out.csv"}), inputs, None, |cx| CsvSink.plan(cx))
        };
        let plan = plan_for(edge.clone());
        assert!(plan.runs.is_some() && findings(&plan).contains("hint[blank-lines]"), "{}", findings(&plan));
        edge.changes = ChangeMode::Retract;
        let plan = plan_for(edge);
        assert!(
            plan.runs.is_none() && findings(&plan).contains("error[needs-inserts]"),
            "{}",
            findings(&plan)
        );
    }

    /// Writes single-column values the fast way.
    fn fast(data_type: DataType, values: &[Value]) -> Vec<String> {
        let rows = batch(&[("c", data_type, values.to_vec())]);
        let format = Format { delimiter: b',', null_text: Arc::from(&b"\0"[..]) };
        let mut text = Vec::new();
        format.rows(&rows, &mut text).expect("written");
        String::from_utf8(text).expect("UTF-8").lines().map(str::to_owned).collect()
    }

    #[test]
    fn extreme_values_are_written_as_they_display() {
        let doubles = [
            0.0,
            -0.0,
            1e-7,
            9.9e-8,
            1e21,
            9.999e20,
            1e15,
            1e16,
            1e-4,
            9.9e-5,
            f64::MAX,
            f64::MIN_POSITIVE,
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            0.1 + 0.2,
            5e-324,
        ];
        let doubles: Vec<Value> = doubles.into_iter().map(Value::Double).collect();
        let shown: Vec<String> = doubles.iter().map(Value::to_string).collect();
        assert_eq!(fast(DataType::Double, &doubles), shown);
        let stamps = [
            0,
            -1,
            i64::MIN,
            i64::MAX,
            253_402_300_800_000,
            253_402_300_799_999,
            -62_167_219_200_000,
            -62_167_219_200_001,
        ];
        let stamps: Vec<Value> = stamps.into_iter().map(Value::Timestamp).collect();
        let shown: Vec<String> = stamps.iter().map(Value::to_string).collect();
        assert_eq!(fast(DataType::Timestamp, &stamps), shown);
        let days: Vec<Value> = [0, -1, i32::MIN, i32::MAX].into_iter().map(Value::Date).collect();
        let shown: Vec<String> = days.iter().map(Value::to_string).collect();
        assert_eq!(fast(DataType::Date, &days), shown);
        assert_eq!(fast(DataType::Bytes, &[Value::Bytes(vec![0, 255, 16])]), ["00ff10"]);
        assert_eq!(
            fast(DataType::Boolean, &[Value::Boolean(true), Value::Boolean(false)]),
            ["true", "false"]
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn values_are_written_as_they_display(
            bits in any::<u64>(), float in any::<f32>(), plain in -1e9..1e9_f64, places in 0..9_i32, int in any::<i64>(), unscaled in any::<i64>(),
            scale in 0_u8..20, millis in -99_999_999_999_999_i64..999_999_999_999_999, nanos in 0_i64..86_400_000_000_000,
        ) {
            let double = f64::from_bits(bits);
            let rounded = (plain * 10_f64.powi(places)).round() / 10_f64.powi(places);
            // As a column of FLOAT gives it out.
            let float_value = {
                let rows = batch(&[("c", DataType::Float, vec![Value::Double(float.into()); 2])]);
                Value::at(rows.column(0), &DataType::Float, 0)
            };
            for (data_type, value, shown) in [
                (DataType::Double, Value::Double(double), None),
                (DataType::Double, Value::Double(plain), None),
                (DataType::Double, Value::Double(rounded), None),
                (DataType::Float, Value::Double(float.into()), Some(float_value.to_string())),
                (DataType::BigInt, Value::Int(int), None),
                (DataType::Decimal(38, scale), Value::Decimal(unscaled.into(), scale), None),
                (DataType::Timestamp, Value::Timestamp(millis), None),
                (DataType::Time, Value::Time(nanos), None),
                (DataType::Date, Value::Date((millis / 86_400_000) as i32), None),
            ] {
                let shown = shown.unwrap_or_else(|| value.to_string());
                prop_assert_eq!(fast(data_type, &[value, Value::Null]), [shown, "\0".to_owned()]);
            }
        }
    }
}
