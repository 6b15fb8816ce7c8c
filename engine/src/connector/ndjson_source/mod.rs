//! Reads files with a JSON object in each line: a scanner of our own, which looks into what is used and steps over the rest, and
//! names every rejected record by its byte.

mod columns;
mod decode;
mod head;
mod keys;
mod merge;
mod scan;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::columns::ColumnReader;
use self::decode::RecordLayout;
use self::head::{body, read_head};
use self::keys::Keys;
use self::merge::{KnownColumn, Wanted, merge};
use super::file_source::{Roles, check_percent, failed, lay_out, one_percent, source_outputs, summary};
use super::paths::{Endings, SourceFile, find_files};
use super::text_columns::{TextColumn, fix_type, given_columns, zone};
use super::text_input::{TextInput, unreadable};
use super::text_reader::{Limits, TextReader};
use crate::data::{EdgeType, Field};
use crate::diagnostic::Severity;
use crate::error::Result;
use crate::node::{
    Category, ColumnName, NodePlan, NodeSpec, NodeType, PathText, PlanContext, Runs, Source, SourcePlan,
    Split, SplitOffset, SplitReader, SqlForm, read_params, rejected_schema,
};

/// The node type `ndjson_source`.
pub struct NdjsonSource;

/// The parameters of an NDJSON source.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NdjsonSourceParams {
    /// The file to read, a folder of `.ndjson`, `.jsonl` and `.json` files, or a pattern such as `data/2013-*.ndjson`. Several files
    /// are read as one source, a split each, in the order of their names. Files may be compressed with gzip or zstd (`.ndjson.gz`).
    #[serde(default)]
    pub path: PathText,
    /// Several files, folders or patterns instead of `path`.
    #[serde(default)]
    pub paths: Vec<PathText>,
    /// Whether the fields of objects in a record become columns, as `user.name`, up to eight levels deep. Otherwise, and deeper, an object
    /// is a STRING with its JSON as it stands; an array always is.
    #[serde(default = "yes")]
    pub flatten: bool,
    /// Columns whose type should not be inferred, and those that appear only behind the first 1,000 records of every file. An object whose
    /// column is given here, as a STRING, is kept whole.
    #[serde(default)]
    pub schema: Vec<TextColumn>,
    /// The column that says when a row happened: a timestamp. Rows without it are rejected.
    #[serde(default)]
    pub event_time: Option<ColumnName>,
    /// The column that says when a row arrived: a timestamp. It orders the rows of all sources and drives the replay clock; without it
    /// a row arrives at the greatest event time that its file has shown so far.
    #[serde(default)]
    pub arrival_time: Option<ColumnName>,
    /// A column each of whose values has a watermark of its own, as if it were a file.
    #[serde(default)]
    pub partition: Option<ColumnName>,
    /// The time zone of clock times that are read into TIMESTAMP_LTZ and name none, for example `Europe/Berlin`. The flow's session
    /// zone unless set.
    #[serde(default)]
    pub zone: Option<String>,
    /// The run pauses when more than this share of the records is rejected, in per cent (and more than 1,000 of them).
    #[serde(default = "one_percent")]
    #[schemars(range(min = 0.0, max = 100.0))]
    pub max_rejected_percent: f64,
}

fn yes() -> bool {
    true
}

const DOC: &str = include_str!("doc.md");
/// The files of a folder that are read.
const ENDINGS: Endings<'_> = Endings { names: &["ndjson", "jsonl", "json"], compressed: true };

impl NodeType for NdjsonSource {
    fn spec(&self) -> NodeSpec {
        NodeSpec {
            kind: "ndjson_source",
            title: "NDJSON source",
            category: Category::Source,
            summary: "Reads rows from files with a JSON object in each line, in the order in which they stand there",
            doc: DOC,
            keywords: &["file", "text", "json", "jsonl", "lines", "log", "import", "read"],
            inputs: Vec::new(),
            outputs: source_outputs(),
            params: schemars::schema_for!(NdjsonSourceParams),
            sql: SqlForm::Partial(
                "Flink's `json` format reads nested objects as ROW, and a bad record fails the job or is skipped instead of leaving by a port",
            ),
        }
    }

    fn plan(&self, cx: &PlanContext<'_>) -> NodePlan {
        match read_params(cx.node, cx.params) {
            Ok(params) => plan(cx, &params),
            Err(diagnostic) => failed(vec![*diagnostic]),
        }
    }
}

fn plan(cx: &PlanContext<'_>, params: &NdjsonSourceParams) -> NodePlan {
    let mut diagnostics = Vec::new();
    diagnostics.extend(check_percent(cx, params.max_rejected_percent));
    let zone = zone(cx, params.zone.as_deref(), &mut diagnostics);
    let given = given_columns(cx, &params.schema, &mut diagnostics);
    let files = find_files(cx, &params.path, &params.paths, ENDINGS, &mut diagnostics);
    let mut heads = Vec::new();
    for (file, place) in &files {
        match read_head(&file.path, &file.name, params.flatten) {
            Ok(head) => heads.push(head),
            Err(fault) => diagnostics.push(fault.diagnose(place.clone())),
        }
    }
    let is_error = |diagnostics: &[crate::diagnostic::Diagnostic]| {
        diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    };
    if files.is_empty() || heads.len() < files.len() {
        return failed(diagnostics);
    }
    let wanted = Wanted { schema: &params.schema, given: &given, flatten: params.flatten, zone };
    let Some(columns) = merge(cx, &files, &heads, &wanted, &mut diagnostics) else {
        return failed(diagnostics);
    };

    let fields: Vec<Field> = columns.iter().map(|column| column.reader.field.clone()).collect();
    let roles = Roles {
        event_time: params.event_time.as_ref(),
        arrival_time: params.arrival_time.as_ref(),
        partition: params.partition.as_ref(),
    };
    let layout = lay_out(cx, fields, &roles, fix_type, &mut diagnostics);
    let outputs = vec![Some(Arc::clone(&layout.out)), Some(Arc::new(EdgeType::append(rejected_schema())))];
    let readers: Vec<ColumnReader> = layout
        .file_columns
        .iter()
        .zip(layout.decoded.fields())
        .map(|(idx, field)| ColumnReader { field: field.clone(), ..columns[*idx].reader.clone() })
        .collect();
    let files: Vec<SourceFile> = files.into_iter().map(|(file, _)| file).collect();
    let summary = summary(&files, columns.len(), params.event_time.as_ref());
    let runs = (!is_error(&diagnostics)).then(|| {
        let source = NdjsonFiles::new(files, columns.into(), layout.file_columns, readers.into());
        Runs::Source(SourcePlan {
            source: Arc::new(source),
            decoded: layout.decoded,
            arrival_time: layout.arrival_time,
            event_time: layout.event_time,
            progress: None,
            partition: layout.partition,
            max_rejected_percent: params.max_rejected_percent,
        })
    });
    NodePlan { outputs, diagnostics, summary, runs, ..NodePlan::default() }
}

/// The files of an NDJSON source, with what is decoded of them.
#[derive(Clone)]
struct NdjsonFiles {
    files: Arc<[SourceFile]>,
    /// The columns that the files are known to have.
    known: Arc<[KnownColumn]>,
    /// Which of them are decoded.
    file_columns: Vec<usize>,
    layout: Arc<RecordLayout>,
}

impl NdjsonFiles {
    fn new(
        files: impl Into<Arc<[SourceFile]>>,
        known: Arc<[KnownColumn]>,
        file_columns: Vec<usize>,
        columns: Arc<[ColumnReader]>,
    ) -> NdjsonFiles {
        let paths = known.iter().enumerate().flat_map(|(idx, column)| {
            let slot = file_columns.iter().position(|wanted| *wanted == idx);
            column.paths.iter().map(move |path| (path.as_slice(), slot))
        });
        let layout = Arc::new(RecordLayout { keys: Keys::new(paths), columns });
        NdjsonFiles { files: files.into(), known, file_columns, layout }
    }
}

impl Source for NdjsonFiles {
    fn splits(&self) -> Result<Vec<Split>> {
        let splits = self.files.iter().zip(0..).map(|(file, number)| Split {
            number,
            name: file.name.clone(),
            path: Some(PathBuf::clone(&file.path)),
        });
        Ok(splits.collect())
    }

    fn open(&self, split: &Split, from: SplitOffset) -> Result<Box<dyn SplitReader>> {
        let failed = |error| unreadable(&split.name, &error);
        let (beginning, _) = TextInput::beginning(split.file()?, 3).map_err(failed)?;
        let input = TextInput::open(split.file()?).map_err(failed)?;
        let cursor = from.cursor.max(body(&beginning) as u64);
        let name = split.name.as_str().into();
        Ok(Box::new(TextReader::new(input, name, Arc::clone(&self.layout), cursor, Limits::default())?))
    }

    fn narrowed(&self, columns: &[usize]) -> Arc<dyn Source> {
        Arc::new(NdjsonFiles::new(
            Arc::clone(&self.files),
            Arc::clone(&self.known),
            columns.iter().map(|idx| self.file_columns[*idx]).collect(),
            columns.iter().map(|idx| self.layout.columns[*idx].clone()).collect(),
        ))
    }
}
