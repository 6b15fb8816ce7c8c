//! Reads CSV files: a parser of our own, which knows each column's type, names every rejected record by its byte, and decodes
//! morsels on any thread. Polars' reader does none of the three.

mod decode;
mod dialect;
mod head;
mod sniff;
mod structure;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::sniff::{CsvForm, csv_form};

use self::decode::{ColumnReader, RecordLayout, decode, decode_none};
use self::dialect::Dialect;
use self::head::{Guess, Head, read_head};
use super::characters::{comma, one_byte};
use super::file_source::{
    FileFault, Roles, check_percent, failed, lay_out, one_percent, source_outputs, summary, unknown_column,
};
use super::paths::{Endings, SourceFile, find_files};
use super::text_columns::{Given, TextColumn, fix_type, given_columns, zone};
use super::text_input::{TextInput, unreadable};
use super::text_reader::{Limits, RecordEnd, RecordForm, Records, Search, TextReader};
use super::time_text::TimeFormat;
use crate::data::{DataType, EdgeType, Field, Schema};
use crate::diagnostic::{Diagnostic, Place};
use crate::error::{EngineError, Result};
use crate::node::{
    Category, ColumnName, Decoded, NodePlan, NodeSpec, NodeType, PathText, PlanContext, Rejected, Runs,
    Source, SourcePlan, Split, SplitOffset, SplitReader, SqlForm, read_params, rejected_schema,
};

/// The node type `csv_source`.
pub struct CsvSource;

/// The parameters of a CSV source.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CsvSourceParams {
    /// The file to read, a folder of `.csv`, `.tsv` and `.txt` files, or a pattern such as `data/2013-*.csv`. Several files are
    /// read as one source, a split each, in the order of their names. Files may be compressed with gzip or zstd (`.csv.gz`).
    #[serde(default)]
    pub path: PathText,
    /// Several files, folders or patterns instead of `path`.
    #[serde(default)]
    pub paths: Vec<PathText>,
    /// Whether the first line of a file names its columns. Without it, columns are called `column_1`, `column_2` and so on unless
    /// `schema` names them.
    #[serde(default = "yes")]
    pub header: bool,
    /// The character between fields; `\t` is a tab.
    #[serde(default = "comma")]
    #[schemars(length(min = 1, max = 2))]
    pub delimiter: String,
    /// The character around fields that hold delimiters or line ends; doubled, it stands for itself. Empty if there is none.
    #[serde(default = "double_quote")]
    #[schemars(length(max = 1))]
    pub quote: String,
    /// The text that stands for NULL where it is not in quotes. An empty field of any type but STRING is NULL as well.
    #[serde(default)]
    pub null_text: String,
    /// Columns whose type should not be inferred. With a header an entry means the column of its name, and columns without an
    /// entry are inferred; without a header the first entry names the first column, and so on.
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

fn double_quote() -> String {
    "\"".to_owned()
}

const DOC: &str = include_str!("doc.md");
/// The files of a folder that are read.
const ENDINGS: Endings<'_> = Endings { names: &["csv", "tsv", "txt"], compressed: true };

impl NodeType for CsvSource {
    fn spec(&self) -> NodeSpec {
        NodeSpec {
            kind: "csv_source",
            title: "CSV source",
            category: Category::Source,
            summary: "Reads rows from CSV files in the order in which they stand there",
            doc: DOC,
            keywords: &["file", "text", "comma", "tsv", "tab", "import", "read"],
            inputs: Vec::new(),
            outputs: source_outputs(),
            params: schemars::schema_for!(CsvSourceParams),
            sql: SqlForm::Partial(
                "Flink's `csv` format reads no header line, and a bad record fails the job or is skipped instead of leaving by a port",
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

fn plan(cx: &PlanContext<'_>, params: &CsvSourceParams) -> NodePlan {
    let mut diagnostics = Vec::new();
    diagnostics.extend(check_percent(cx, params.max_rejected_percent));
    let dialect = dialect(cx, params, &mut diagnostics);
    let zone = zone(cx, params.zone.as_deref(), &mut diagnostics);
    let given = given_columns(cx, &params.schema, &mut diagnostics);
    let files = find_files(cx, &params.path, &params.paths, ENDINGS, &mut diagnostics);
    let (Some(dialect), false) = (dialect, files.is_empty()) else {
        return failed(diagnostics);
    };

    let mut heads = Vec::new();
    for (file, place) in &files {
        match read_head(&file.path, &file.name, dialect, params.header, params.null_text.as_bytes(), true) {
            Ok(head) => heads.push(head),
            Err(fault) => diagnostics.push(fault.diagnose(place.clone())),
        }
    }
    if heads.len() < files.len() {
        return failed(diagnostics);
    }
    let Some(columns) = merge(cx, params, &files, &heads, &given, zone, &mut diagnostics) else {
        return failed(diagnostics);
    };

    let fields: Vec<Field> = columns.iter().map(|column| column.field.clone()).collect();
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
        .map(|(idx, field)| ColumnReader { field: field.clone(), ..columns[*idx].clone() })
        .collect();
    let source = CsvFiles {
        files: files.into_iter().map(|(file, _)| file).collect(),
        dialect,
        header: params.header,
        null_text: params.null_text.as_bytes().into(),
        names: columns.iter().map(|column| column.field.name.to_string()).collect(),
        file_columns: layout.file_columns,
        columns: readers.into(),
        limits: Limits::default(),
    };
    let summary = summary(&source.files, columns.len(), params.event_time.as_ref());
    let has_error =
        diagnostics.iter().any(|diagnostic| diagnostic.severity == crate::diagnostic::Severity::Error);
    let runs = (!has_error).then(|| {
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

fn dialect(
    cx: &PlanContext<'_>,
    params: &CsvSourceParams,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Dialect> {
    let delimiter = one_byte(cx, "delimiter", &params.delimiter, diagnostics);
    let quote = if params.quote.is_empty() {
        Some(None)
    } else {
        one_byte(cx, "quote", &params.quote, diagnostics).map(Some)
    };
    let (delimiter, quote) = (delimiter?, quote?);
    if quote == Some(delimiter) {
        let message = "delimiter and quote are the same character";
        diagnostics
            .push(Diagnostic::error("bad-parameter", cx.param("quote"), message).fix("change one of them"));
        return None;
    }
    Some(Dialect { delimiter, quote })
}

/// The columns of all files together: those of the first file, their types widened until every file's values fit.
fn merge(
    cx: &PlanContext<'_>,
    params: &CsvSourceParams,
    files: &[(SourceFile, Place)],
    heads: &[Head],
    given: &[Given],
    zone: Tz,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Vec<ColumnReader>> {
    let n_before = diagnostics.len();
    // A file without a byte has no columns; without a header that is no fault, if other files or `schema` name them.
    let with_columns = heads.iter().zip(files).filter(|(head, _)| !head.names.is_empty());
    let mut names: Vec<String> = match with_columns.clone().next() {
        Some((head, _)) => head.names.clone(),
        None => params.schema.iter().map(|column| column.name.0.clone()).collect(),
    };
    if names.is_empty() {
        let (file, place) = files.first()?;
        let message = format!("`{}` is empty, so its columns are not known", file.name);
        let fix = "name the columns in `schema`";
        diagnostics.push(Diagnostic::error("empty-file", place.clone(), message).fix(fix));
        return None;
    }
    let mut guesses = vec![Guess::default(); names.len()];
    for (head, (file, place)) in with_columns {
        for (wanted, name) in &head.renamed {
            let message = format!(
                "`{}` has more than one column `{wanted}`; another is called `{name}` here",
                file.name
            );
            diagnostics.push(Diagnostic::warning("duplicate-column", place.clone(), message));
        }
        if let Err((message, fix)) = file_columns(&file.name, &head.names, &names, params.header) {
            diagnostics.push(Diagnostic::error("columns-differ", place.clone(), message).fix(fix));
            continue;
        }
        for (idx, guess) in head.guesses.iter().enumerate() {
            let column = if params.header {
                names.iter().position(|name| *name == head.names[idx])
            } else {
                Some(idx)
            };
            match column {
                Some(column) => guesses[column] = guesses[column].and(*guess),
                None => {
                    let message = format!(
                        "the column `{}` of `{}` is left out: the first file does not have it",
                        head.names[idx], file.name
                    );
                    diagnostics.push(Diagnostic::warning("column-left-out", place.clone(), message));
                }
            }
        }
    }

    let mut by_column: Vec<Option<&Given>> = vec![None; names.len()];
    for (i, (entry, column)) in given.iter().zip(&params.schema).enumerate() {
        if params.header {
            match names.iter().position(|name| *name == column.name.0) {
                Some(idx) => by_column[idx] = Some(entry),
                None => {
                    let fields = names.iter().map(|name| Field::nullable(name, DataType::String)).collect();
                    let path = format!("schema.{i}.name");
                    diagnostics.push(unknown_column(cx, path, &column.name.0, &Schema::new(fields)));
                }
            }
        } else if i < by_column.len() {
            by_column[i] = Some(entry);
            names[i].clone_from(&column.name.0);
        } else {
            let message = format!("`schema` names {} columns, but a record has {}", given.len(), names.len());
            let fix = "remove entries, or check the delimiter";
            diagnostics
                .push(Diagnostic::error("unknown-column", cx.param(format!("schema.{i}")), message).fix(fix));
            break;
        }
    }
    // A column that `schema` does not come to keeps the name that it was made up, which an entry before it may have taken.
    let taken = names.iter().enumerate().find(|(idx, name)| names[..*idx].contains(name));
    if let Some((idx, name)) = taken {
        let message =
            format!("two columns are called `{name}`, the second of them by its place, {}", idx + 1);
        diagnostics.push(
            Diagnostic::error("duplicate-column", cx.param("schema"), message)
                .fix("give that column another name, or name all columns in `schema`"),
        );
    }
    if diagnostics[n_before..].iter().any(|found| found.severity == crate::diagnostic::Severity::Error) {
        return None;
    }
    let is_guessed = |given: &Option<&Given>| given.is_none_or(|given| given.data_type.is_none());
    let guessed = || guesses.iter().zip(&by_column).filter(|(_, given)| is_guessed(given));
    if guessed().next().is_some() && !guessed().any(|(guess, _)| guess.has_seen_any()) {
        let message = "there are no values to tell the types of columns from, so they are STRING";
        diagnostics.push(
            Diagnostic::warning("types-unknown", cx.param("schema"), message)
                .fix("give the columns their types in `schema`"),
        );
    }
    let columns = names.iter().zip(guesses).zip(by_column).map(|((name, guess), given)| ColumnReader {
        field: Field {
            name: name.as_str().into(),
            data_type: given.and_then(|given| given.data_type.clone()).unwrap_or_else(|| guess.data_type()),
            nullable: given.is_none_or(|given| given.nullable),
        },
        format: given.map_or(TimeFormat::Auto, |given| given.format.clone()),
        zone,
    });
    Some(columns.collect())
}

/// For each of `wanted` where it stands among the columns `names` of a file; by name with a header, by place without.
fn file_columns(
    file: &str,
    names: &[String],
    wanted: &[String],
    header: bool,
) -> Result<Vec<usize>, (String, String)> {
    if !header {
        if names.len() != wanted.len() {
            let message = format!("`{file}` has {} columns where {} are expected", names.len(), wanted.len());
            return Err((message, "leave the file out, or check the delimiter".to_owned()));
        }
        return Ok((0..names.len()).collect());
    }
    let places: Vec<Option<usize>> =
        wanted.iter().map(|name| names.iter().position(|other| other == name)).collect();
    let missing: Vec<String> = places
        .iter()
        .zip(wanted)
        .filter(|(place, _)| place.is_none())
        .take(8)
        .map(|(_, name)| format!("`{name}`"))
        .collect();
    if missing.is_empty() {
        return Ok(places.into_iter().flatten().collect());
    }
    let plural = if missing.len() == 1 { "" } else { "s" };
    let message =
        format!("`{file}` does not have the column{plural} {} of the first file", missing.join(", "));
    Err((message, "leave the file out, or rename its columns".to_owned()))
}

/// The files of a CSV source, with what is decoded of them.
#[derive(Clone)]
struct CsvFiles {
    files: Vec<SourceFile>,
    dialect: Dialect,
    header: bool,
    null_text: Arc<[u8]>,
    /// The columns of every file, by name; decoded or not.
    names: Vec<String>,
    /// Which of them are decoded.
    file_columns: Vec<usize>,
    columns: Arc<[ColumnReader]>,
    limits: Limits,
}

impl Source for CsvFiles {
    fn splits(&self) -> Result<Vec<Split>> {
        let splits = self.files.iter().zip(0..).map(|(file, number)| Split {
            number,
            name: file.name.clone(),
            path: Some(PathBuf::clone(&file.path)),
        });
        Ok(splits.collect())
    }

    fn open(&self, split: &Split, from: SplitOffset) -> Result<Box<dyn SplitReader>> {
        // The header is read again: this file's columns may stand in another order, or have changed since the flow was planned.
        let head = read_head(split.file()?, &split.name, self.dialect, self.header, &self.null_text, false)
            .map_err(FileFault::into_error)?;
        let (n_fields, places) = if head.names.is_empty() {
            (self.names.len(), (0..self.names.len()).collect())
        } else {
            let places = file_columns(&split.name, &head.names, &self.names, self.header)
                .map_err(|(message, _)| EngineError::data(message))?;
            (head.names.len(), places)
        };
        let fields: Vec<usize> = self.file_columns.iter().map(|column| places[*column]).collect();
        let layout = RecordLayout::new(
            self.dialect,
            Arc::clone(&self.null_text),
            n_fields,
            &fields,
            Arc::clone(&self.columns),
        );
        let input = TextInput::open(split.file()?).map_err(|error| unreadable(&split.name, &error))?;
        let cursor = from.cursor.max(head.body);
        let reader =
            TextReader::new(input, split.name.as_str().into(), Arc::new(layout), cursor, self.limits)?;
        Ok(Box::new(reader))
    }

    fn narrowed(&self, columns: &[usize]) -> Arc<dyn Source> {
        Arc::new(CsvFiles {
            file_columns: columns.iter().map(|idx| self.file_columns[*idx]).collect(),
            columns: columns.iter().map(|idx| self.columns[*idx].clone()).collect(),
            ..self.clone()
        })
    }
}

impl RecordForm for RecordLayout {
    #[inline]
    fn record_end(&self, text: &[u8], start: usize, search: &mut Search, is_all: bool) -> Option<RecordEnd> {
        self.dialect.record_end(text, start, search, is_all)
    }

    fn lines_are_records(&self, text: &[u8]) -> bool {
        memchr::memchr2(self.dialect.quote.unwrap_or(b'\r'), b'\r', text).is_none()
    }

    fn decode(&self, records: &Records<'_>, next_cursor: u64) -> Result<Decoded> {
        decode(self, records, next_cursor)
    }

    fn decode_none(&self, rejected: Rejected, next_cursor: u64) -> Result<Decoded> {
        decode_none(self, rejected, next_cursor)
    }
}
