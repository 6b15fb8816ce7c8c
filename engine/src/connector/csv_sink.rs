//! Writes rows to CSV files: one, or parts in a folder, as [`file_sink`](super::file_sink) has them.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::characters::{comma, one_byte};
use super::file_sink::{
    Cells, Compression, Destination, Encoder, FileForm, FolderParams, Format, Written, physical_columns,
    summary,
};
use crate::data::{Batch, EdgeType, Schema};
use crate::diagnostic::Diagnostic;
use crate::error::Result;
use crate::node::{
    Arity, Category, InputSpec, NodePlan, NodeSpec, NodeType, PathText, PlanContext, Runs, SqlForm,
    read_params,
};

/// The node type `csv_sink`.
pub struct CsvSink;

/// The parameters of a CSV sink.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CsvSinkParams {
    /// The file to write, or with `folder` the folder; a relative path starts at the output folder. Folders on the way are made. What
    /// this node of this flow made before is replaced when a new run is complete; what another made is refused.
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
    /// How the file is compressed. Name a single file accordingly; parts are called `.csv.gz` or `.csv.zst`.
    #[serde(default, skip_serializing_if = "is_none")]
    pub compression: Compression,
    /// Parts and partitions in a folder instead of one file, once any of this is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<FolderParams>,
}

fn is_none(compression: &Compression) -> bool {
    *compression == Compression::None
}

fn yes() -> bool {
    true
}

const DOC: &str = include_str!("csv_sink.md");

impl NodeType for CsvSink {
    fn spec(&self) -> NodeSpec {
        NodeSpec {
            kind: "csv_sink",
            title: "CSV file",
            category: Category::Sink,
            summary: "Writes rows to CSV files that appear when they are complete",
            doc: DOC,
            keywords: &["file", "text", "comma", "tsv", "tab", "export", "write", "partition", "folder"],
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
    let folder = FolderParams::of(params.folder.as_ref());
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
    let destination = Destination::plan(cx, "a CSV file", &params.path, folder, &mut diagnostics);
    if let Some(edge) = cx.input(0)
        && params.null_text.is_empty()
    {
        let schema = folder.map(|folder| folder.written_schema(edge));
        if let [field] = schema.as_ref().unwrap_or(&edge.schema).fields()
            && field.nullable
        {
            let message = format!("a NULL of the only column `{}` is written as a blank line", field.name);
            diagnostics.push(
                Diagnostic::hint("blank-lines", cx.param("null_text"), message)
                    .fix("set a text such as `NULL`"),
            );
        }
    }
    let summary = summary(&params.path, folder);
    let runs = destination.zip(delimiter).map(|(destination, delimiter)| {
        let has_header = params.header;
        let format = Arc::new(Csv { delimiter, null_text: params.null_text.as_bytes().into(), has_header });
        Runs::Sink(destination.sink_plan(FileForm {
            format,
            compression: params.compression,
            extension: "csv",
        }))
    });
    NodePlan { diagnostics, summary, runs, ..NodePlan::default() }
}

const QUOTE: u8 = b'"';

/// How fields are written.
#[derive(Clone, Debug)]
struct Csv {
    delimiter: u8,
    null_text: Arc<[u8]>,
    has_header: bool,
}

impl Format for Csv {
    fn encoder(&self, edge: &EdgeType) -> Result<Box<dyn Encoder>> {
        Ok(Box::new(CsvEncoder { csv: self.clone(), schema: Arc::clone(&edge.schema), n_bytes: 0 }))
    }
}

/// A CSV file so far.
struct CsvEncoder {
    csv: Csv,
    schema: Arc<Schema>,
    n_bytes: u64,
}

impl Encoder for CsvEncoder {
    fn begin(&mut self, into: &mut Vec<u8>) -> Result<()> {
        if self.csv.has_header {
            for (idx, field) in self.schema.fields().iter().enumerate() {
                if idx > 0 {
                    into.push(self.csv.delimiter);
                }
                self.csv.text(field.name.as_bytes(), into);
            }
            into.push(b'\n');
        }
        Ok(())
    }

    fn rows(&mut self, batch: &Batch, picks: &[u32], max_bytes: u64, into: &mut Vec<u8>) -> Result<usize> {
        let room = usize::try_from(max_bytes.saturating_sub(self.n_bytes)).unwrap_or(usize::MAX);
        let start = into.len();
        let n = self.csv.rows(batch, picks, room, into)?;
        self.n_bytes += (into.len() - start) as u64;
        Ok(n)
    }

    fn n_bytes(&self) -> u64 {
        self.n_bytes
    }

    fn finish(&mut self, _: &mut Vec<u8>) -> Result<()> {
        Ok(())
    }
}

impl Csv {
    /// Adds the rows `picks` of a batch, up to the one that fills `room` bytes, and says how many.
    fn rows(&self, batch: &Batch, picks: &[u32], room: usize, into: &mut Vec<u8>) -> Result<usize> {
        let fields = batch.edge().schema.fields();
        let columns = physical_columns(batch);
        let mut cells = columns
            .iter()
            .zip(batch.frame().columns())
            .zip(fields)
            .map(|((physical, column), field)| Cells::new(physical, column, &field.data_type, b' '))
            .collect::<Result<Vec<_>>>()?;
        // Numbers and times hold none of the usual delimiters; where they might, each is looked through.
        let is_usual = matches!(self.delimiter, b',' | b';' | b'\t' | b'|');
        let before = into.len();
        for (n, row) in picks.iter().enumerate() {
            if into.len() - before >= room {
                return Ok(n);
            }
            for (idx, cells) in cells.iter_mut().enumerate() {
                if idx > 0 {
                    into.push(self.delimiter);
                }
                let start = into.len();
                match cells.write(*row as usize, into) {
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
        Ok(picks.len())
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::testing::{Flow, batch, findings, read, sink, sink_context, source};
    use super::*;
    use crate::connector::CsvSource;
    use crate::data::{ChangeMode, DataType, Field, Value};
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
        let csv = Csv { delimiter: b',', null_text: Arc::from(&b"\0"[..]), has_header: false };
        let mut text = Vec::new();
        let picks: Vec<u32> = (0..values.len() as u32).collect();
        csv.rows(&rows, &picks, usize::MAX, &mut text).expect("written");
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
