//! A file that somebody brings: what it is, how a source would read it, and the nodes that would play it.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use polars::prelude::DataFrame;
use serde_json::{Map, Value, json};

use crate::connector::{
    CsvForm, FileFormat, TextInput, csv_form, file_format, unreadable, without_compression,
};
use crate::data::{DataType, Field, Schema};
use crate::diagnostic::Diagnostic;
use crate::error::{EngineError, Result};
use crate::graph::{CheckContext, Checked, Edit, FlowDocument, FlowNode, Point, check, fresh_id};
use crate::ids::{EdgeId, NodeId, PortRef, escaped};
use crate::node::{Catalog, FileAccess, Runs};
use crate::runtime::{Survey, SurveyLimits, survey};
use crate::time::duration_text;

/// How a file can be read: plain data, nothing of which has been done yet.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// What the nodes are called: the file's name without its endings.
    pub title: String,
    /// The kind of the source: `csv_source`, `ndjson_source` or `parquet_source`.
    pub kind: &'static str,
    /// The source's parameters, those left out that have their defaults.
    pub params: Map<String, Value>,
    /// The columns, as the source gives them out with these parameters.
    pub schema: Arc<Schema>,
    /// The columns that may be the event time, best first.
    pub time_columns: Vec<TimeColumn>,
    /// The column that is set as event time in `params`: the best that the source can take, but no whole number that is not called like
    /// a time, for it may be an identifier.
    pub event_time: Option<String>,
    /// What is known of the beginning of the file.
    pub survey: Survey,
    /// What is doubtful about the file, without keeping it from being read.
    pub findings: Vec<Diagnostic>,
    /// Whether the survey has read the whole file.
    pub complete: bool,
}

/// A column that may be the event time.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeColumn {
    /// Its name.
    pub name: String,
    /// Its type as the file has it.
    pub data_type: DataType,
    /// Why it may be, in a few words.
    pub reason: String,
    /// What it takes to use it.
    pub usable: TimeUse,
}

/// What it takes to use a column as event time.
#[derive(Clone, Debug, PartialEq)]
pub enum TimeUse {
    /// Nothing: it is a timestamp.
    AsItIs,
    /// This entry of the `schema` of a source of text.
    Schema(Value),
    /// A select node behind the source with this expression, and the watermarks' time column set to it. The source itself cannot take it.
    Expression(String),
}

/// How much of a file is read to tell its form.
const HEAD_BYTES: usize = 1 << 20;
/// How much of a file is surveyed.
const LIMITS: SurveyLimits =
    SurveyLimits { max_records: Some(200_000), max_duration: Some(Duration::from_millis(500)) };
/// How many records are looked at for what values a column has.
const SAMPLE_ROWS: usize = 1_000;
/// How many columns are looked at so.
const MAX_SAMPLED: usize = 64;

/// Looks at the file at `path` and proposes how to read it. Reads a bounded part of it: the beginning, and then what can be surveyed in
/// half a second.
///
/// The path is taken as consented to. In the parameters it is relative if the file lies below the flow's folder.
///
/// # Errors
/// One sentence that says what is supported and what the file seems to be, or why it cannot be read.
pub fn probe(path: &Path, catalog: &Catalog, files: &FileAccess, cancelled: &AtomicBool) -> Result<Proposal> {
    let name = file_name(path);
    let (head, is_all) = beginning(path, &name)?;
    let refused = |what: &str| {
        EngineError::data(format!("`{name}` {what}; CSV and NDJSON in UTF-8 and Parquet files can be read"))
    };
    let (kind, form) = match file_format(&head) {
        FileFormat::Parquet => ("parquet_source", None),
        FileFormat::Json => ("ndjson_source", None),
        FileFormat::Text => ("csv_source", Some(text_form(path, &head, is_all, &refused)?)),
        FileFormat::Empty => return Err(refused("is empty")),
        FileFormat::Other(what) => return Err(refused(&format!("seems to be {what}"))),
    };
    let mut params = form.as_ref().map(form_params).unwrap_or_default();
    params.insert("path".to_owned(), path_text(path, &name, files)?.into());

    let mut files = files.clone();
    files.allowed.push(path.to_owned());
    let mut source = Planned::new(kind, params, catalog, &files)?;
    let time_columns = source.time_columns(kind)?;
    let has_time_name =
        |column: &TimeColumn| !column.data_type.is_numeric() || name_rank(&column.name) < NO_TIME;
    let chosen = time_columns
        .iter()
        .find(|column| !matches!(column.usable, TimeUse::Expression(_)) && has_time_name(column));
    if let Some(column) = chosen {
        let mut params = source.params.clone();
        params.insert("event_time".to_owned(), column.name.as_str().into());
        if let TimeUse::Schema(entry) = &column.usable {
            params.insert("schema".to_owned(), source.entries(&column.name, entry));
        }
        source = Planned::new(kind, params, catalog, &files)?;
    }
    let survey = survey(&source.checked.graph, &source.id, &LIMITS, cancelled, &mut |_| {})?;
    Ok(Proposal {
        title: Path::new(without_compression(&name))
            .file_stem()
            .map_or_else(String::new, |stem| stem.to_string_lossy().into_owned()),
        kind,
        params: source.params,
        schema: source.schema,
        event_time: chosen.map(|column| column.name.clone()),
        time_columns,
        findings: source.checked.diagnostics,
        complete: survey.complete,
        survey,
    })
}

impl Proposal {
    /// The bound of the watermark that the survey suggests, in milliseconds.
    pub fn bound_millis(&self) -> u64 {
        self.survey.disorder.suggested_bound_millis()
    }

    /// The proposal in a sentence, for whoever has dropped the file.
    pub fn summary(&self) -> String {
        let columns = self.schema.n_columns();
        let plural = if columns == 1 { "" } else { "s" };
        match &self.event_time {
            None => format!("{columns} column{plural}, none of them a time that the source can take"),
            Some(time) => {
                let bound = duration_text(i64::try_from(self.bound_millis()).unwrap_or(i64::MAX));
                format!("{columns} column{plural}, event time `{}`, watermark {bound} behind", escaped(time))
            }
        }
    }

    /// One step, called `add_file`, that adds source, watermarks and table to `doc`, connected, with the source at `at`; source and
    /// table alone where there is no event time.
    pub fn edit(&self, doc: &FlowDocument, at: Point) -> Edit {
        let titled = |node: FlowNode| FlowNode { title: Some(self.title.clone()), ..node };
        let mut nodes = vec![titled(FlowNode::new(self.kind, self.params.clone()))];
        if self.event_time.is_some() {
            let bound = match self.bound_millis() {
                0 => Map::new(),
                bound => Map::from_iter([("bound_millis".to_owned(), bound.into())]),
            };
            nodes.push(FlowNode::new("watermarks", bound));
        }
        nodes.push(titled(FlowNode::new("table_sink", Map::new())));
        let ids: Vec<NodeId> = nodes.iter().map(|node| fresh_id(doc, &node.kind)).collect();
        let places = (0..).map(|idx| Point { x: at.x.saturating_add(idx * COLUMN_WIDTH), y: at.y });
        let mut edits: Vec<Edit> = ids
            .iter()
            .zip(nodes)
            .zip(places)
            .map(|((id, node), at)| Edit::AddNode { id: id.clone(), node, at: Some(at) })
            .collect();
        edits.extend(ids.windows(2).map(|pair| Edit::Connect(joined(&pair[0], &pair[1]))));
        Edit::Batch { name: "add_file".to_owned(), edits }
    }
}

/// The edge from a node's main output to another's input.
fn joined(from: &NodeId, to: &NodeId) -> EdgeId {
    EdgeId { from: PortRef::new(from.clone(), "out"), to: PortRef::new(to.clone(), "in") }
}

/// How far apart nodes stand that follow each other, in points.
const COLUMN_WIDTH: i32 = 272;

/// A flow of nothing but the source and a table, checked.
struct Planned {
    id: NodeId,
    params: Map<String, Value>,
    schema: Arc<Schema>,
    checked: Checked,
}

impl Planned {
    fn new(
        kind: &'static str,
        params: Map<String, Value>,
        catalog: &Catalog,
        files: &FileAccess,
    ) -> Result<Planned> {
        let (id, table) = (NodeId::new("source"), NodeId::new("table"));
        let node = FlowNode::new(kind, params);
        let params = node.params.clone();
        let mut doc = FlowDocument::default();
        doc.edges.insert(joined(&id, &table));
        doc.nodes.insert(id.clone(), node);
        // Without somebody who wants its columns, the source would decode none.
        doc.nodes.insert(table, FlowNode::new("table_sink", Map::new()));
        let checked = check(&doc, catalog, &CheckContext::new(files));
        if let Some(error) = checked.errors().next() {
            let fix = error.fix.as_ref().map_or_else(String::new, |fix| format!("; {fix}"));
            return Err(EngineError::data(format!("{}{fix}", error.message)));
        }
        let edge = checked.graph.node(&id).and_then(|node| node.full_outputs.first()?.clone());
        let edge = edge.ok_or_else(|| EngineError::internal("a source without errors has no columns"))?;
        Ok(Planned { id, params, schema: Arc::clone(&edge.schema), checked })
    }

    /// The `schema` with this entry for the column `name`. In a file without header it is read by place, so the columns before are named.
    fn entries(&self, name: &str, entry: &Value) -> Value {
        let names =
            self.schema.fields().iter().map(|field| &*field.name).take_while(|before| *before != name);
        let is_by_place = self.params.get("header") == Some(&Value::Bool(false));
        let before = names.filter(|_| is_by_place).map(|before| json!({ "name": before }));
        before.chain([entry.clone()]).collect()
    }

    /// The columns that may be the event time, best first.
    fn time_columns(&self, kind: &str) -> Result<Vec<TimeColumn>> {
        let fields = self.schema.fields().iter().enumerate();
        let may_be = |field: &Field| {
            field.data_type.is_timestamp()
                || field.data_type == DataType::Date
                || matches!(field.data_type, DataType::BigInt | DataType::Int)
        };
        let idxs: Vec<usize> =
            fields.filter(|(_, field)| may_be(field)).map(|(idx, _)| idx).take(MAX_SAMPLED).collect();
        let sample = self.sample(&idxs)?;
        let mut ranked = Vec::new();
        for (place, idx) in idxs.iter().enumerate() {
            let field = &self.schema.fields()[*idx];
            let values = Values::of(&sample, place)?;
            if let Some((rank, column)) = time_column(field, &values, kind != "parquet_source") {
                ranked.push(((rank, name_rank(&field.name), values.n_missing > 0, *idx), column));
            }
        }
        ranked.sort_by_key(|(rank, _)| *rank);
        Ok(ranked.into_iter().map(|(_, column)| column).collect())
    }

    /// The first rows of the file, with these columns.
    fn sample(&self, columns: &[usize]) -> Result<DataFrame> {
        let node = self.checked.graph.node(&self.id);
        let Some(Runs::Source(plan)) = node.and_then(|node| node.plan.runs.as_ref()) else {
            return Err(EngineError::internal("a source without errors does not run"));
        };
        if columns.is_empty() {
            return Ok(DataFrame::default());
        }
        let place = |idx: &usize| plan.decoded.index_of(&self.schema.fields()[*idx].name);
        let decoded = columns.iter().map(place).collect::<Option<Vec<usize>>>();
        let decoded =
            decoded.ok_or_else(|| EngineError::internal("a column that is wanted is not decoded"))?;
        let splits = plan.source.splits()?;
        let Some(split) = splits.first() else { return Ok(DataFrame::default()) };
        match plan.source.peek(split, &decoded)?.next(SAMPLE_ROWS)? {
            Some(morsel) => Ok(morsel.decode()?.frame),
            None => Ok(DataFrame::default()),
        }
    }
}

/// What the first values of a column are.
struct Values {
    n_rows: usize,
    n_missing: usize,
    /// The least and the greatest, in the column's own unit.
    range: Option<(i64, i64)>,
}

impl Values {
    fn of(sample: &DataFrame, column: usize) -> Result<Values> {
        let Some(column) = sample.columns().get(column) else {
            return Ok(Values { n_rows: 0, n_missing: 0, range: None });
        };
        let numbers =
            column.as_materialized_series().to_physical_repr().cast(&polars::prelude::DataType::Int64)?;
        let numbers = numbers.i64()?;
        let range = numbers.iter().flatten().fold(None, |range: Option<(i64, i64)>, number| {
            let (least, greatest) = range.unwrap_or((number, number));
            Some((least.min(number), greatest.max(number)))
        });
        Ok(Values { n_rows: column.len(), n_missing: column.null_count(), range })
    }

    /// The unit in which the values are times between 1990 and 2100.
    fn epoch_unit(&self) -> Option<EpochUnit> {
        let (least, greatest) = self.range?;
        [EpochUnit::Seconds, EpochUnit::Millis].into_iter().find(|unit| {
            let size = if *unit == EpochUnit::Seconds { 1 } else { 1_000 };
            least >= Y1990_SECONDS * size && greatest < Y2100_SECONDS * size
        })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum EpochUnit {
    Seconds,
    Millis,
}

const Y1990_SECONDS: i64 = 631_152_000;
const Y2100_SECONDS: i64 = 4_102_444_800;

/// Whether a column may be the event time: how good its type is for that, and what to say of it.
fn time_column(field: &Field, values: &Values, is_text: bool) -> Option<(u8, TimeColumn)> {
    let name = &*field.name;
    let quoted = format!("`{}`", name.replace('`', "``"));
    let entry = |format: &str| {
        let mut entry = json!({ "name": name, "type": "TIMESTAMP" });
        if format != "auto" {
            entry["time_format"] = format.into();
        }
        TimeUse::Schema(entry)
    };
    let (rank, what, usable) = match &field.data_type {
        data_type if data_type.is_timestamp() => (0, "a timestamp".to_owned(), TimeUse::AsItIs),
        DataType::Date if is_text => (1, "a date, read as its midnight".to_owned(), entry("auto")),
        DataType::Date => {
            let expression = format!("CAST({quoted} AS TIMESTAMP(3))");
            (1, "a date; its midnight has to be computed".to_owned(), TimeUse::Expression(expression))
        }
        _ => {
            let (unit, format, scale) = match values.epoch_unit()? {
                EpochUnit::Seconds => ("seconds", "epoch_seconds", 0),
                EpochUnit::Millis => ("milliseconds", "epoch_millis", 3),
            };
            let what = format!("whole numbers that may be {unit} since 1970");
            let expression = || TimeUse::Expression(format!("TO_TIMESTAMP_LTZ({quoted}, {scale})"));
            (2, what, if is_text { entry(format) } else { expression() })
        }
    };
    let named = if name_rank(name) < NO_TIME { ", called like a time" } else { "" };
    let missing = match values.n_missing {
        0 => String::new(),
        n => format!("; {n} of the first {} rows have none", values.n_rows),
    };
    let reason = format!("{what}{named}{missing}");
    Some((rank, TimeColumn { name: name.to_owned(), data_type: field.data_type.clone(), reason, usable }))
}

/// The rank of a name that does not say that its column is a time.
const NO_TIME: u8 = 3;

/// How well a column's name says that it is the event time; less is better.
fn name_rank(name: &str) -> u8 {
    let plain = name.to_lowercase().replace([' ', '-', '.'], "_");
    match plain.as_str() {
        "event_time" | "eventtime" | "event_timestamp" | "event_ts" => 0,
        "timestamp" | "ts" | "time" | "datetime" | "date_time" | "date" | "epoch" => 1,
        plain => {
            let ends = ["_at", "_time", "_ts", "_timestamp", "_datetime", "_date", "_epoch", "_millis"];
            let begins = ["time_", "timestamp_", "ts_", "date_"];
            let says = ends.iter().any(|end| plain.ends_with(end))
                || begins.iter().any(|begin| plain.starts_with(begin));
            if says { 2 } else { NO_TIME }
        }
    }
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().map_or_else(|| path.to_string_lossy(), |name| name.to_string_lossy());
    escaped(&name).into_owned()
}

/// The beginning of a file, decompressed, and whether that is all of it. Nothing is opened that could be waited for.
fn beginning(path: &Path, name: &str) -> Result<(Vec<u8>, bool)> {
    let failed = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => EngineError::machine(format!("there is no file `{name}`")),
        ErrorKind::PermissionDenied => {
            EngineError::machine(format!("`{name}` cannot be read: permission is denied"))
        }
        _ => unreadable(name, &error),
    };
    let metadata = std::fs::metadata(path).map_err(failed)?;
    if metadata.is_dir() {
        return Err(EngineError::data(format!(
            "`{name}` is a folder; CSV, NDJSON and Parquet files can be read"
        )));
    }
    if !metadata.is_file() {
        return Err(EngineError::data(format!(
            "`{name}` is not a plain file; CSV, NDJSON and Parquet files can be read"
        )));
    }
    TextInput::beginning(path, HEAD_BYTES).map_err(failed)
}

/// The form of a text file: of columns, or of one if the file is called CSV.
fn text_form(
    path: &Path,
    head: &[u8],
    is_all: bool,
    refused: &dyn Fn(&str) -> EngineError,
) -> Result<CsvForm> {
    if !is_all && !head.contains(&b'\n') && !head.contains(&b'\r') {
        return Err(refused("has a first line of more than 1 MiB"));
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let extension = Path::new(without_compression(&name))
        .extension()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase();
    csv_form(head, is_all)
        .filter(|form| form.n_fields > 1 || matches!(&*extension, "csv" | "tsv"))
        .ok_or_else(|| refused("seems to be plain text without columns"))
}

/// The parameters of a CSV source that are not its defaults.
fn form_params(form: &CsvForm) -> Map<String, Value> {
    let mut params = Map::new();
    if form.delimiter != ',' {
        let delimiter = if form.delimiter == '\t' { "\\t".to_owned() } else { form.delimiter.to_string() };
        params.insert("delimiter".to_owned(), delimiter.into());
    }
    if !form.header {
        params.insert("header".to_owned(), false.into());
    }
    if !form.null_text.is_empty() {
        params.insert("null_text".to_owned(), form.null_text.into());
    }
    params
}

/// The path as a flow in the folder of `files` names it.
fn path_text(path: &Path, name: &str, files: &FileAccess) -> Result<String> {
    let failed = |error| EngineError::machine(format!("`{name}` cannot be read")).because(error);
    let absolute = path.canonicalize().map_err(failed)?;
    let below = files.flow_dir.canonicalize().ok();
    let below = below.as_ref().and_then(|folder| absolute.strip_prefix(folder).ok());
    let Some(text) = below.unwrap_or(&absolute).to_str() else {
        return Err(EngineError::data(format!("the path of `{name}` is not UTF-8; rename the file")));
    };
    if text.contains("${") {
        let message = format!(
            "the path of `{name}` holds `${{`, which stands for a parameter in a flow; rename the file"
        );
        return Err(EngineError::data(message));
    }
    Ok(text.to_owned())
}
