//! Reads Parquet files. Row groups are decoded ahead and in parallel, on the runtime's own threads.
//!
//! Polars' `ParquetReader` is not used, though with `ParallelStrategy::None` it decodes on the calling thread: it maps the whole file
//! into memory, so that a file that is cut short while it is read kills the process, and it opens a chunk's pages again for every
//! slice. `polars-parquet`, which it is made of, decodes a chunk from bytes that we read ourselves; neither touches rayon's pool there,
//! and `tests/threads.rs` sees to it that this stays so.

mod apart;
mod convert;
mod decode;
mod file;
mod footers;
mod prune;
mod schema;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod writers;

use std::path::PathBuf;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::apart::read_parquet_beginning;
use self::apart::{refused, still_harmless};
use self::decode::{FileLayout, ParquetReader};
use self::file::ParquetFile;
use self::footers::Footers;
use self::prune::FileFilter;
use self::schema::FileColumn;
use super::file_source::{Roles, check_percent, failed, lay_out, one_percent, source_outputs, summary};
use super::paths::{Endings, SourceFile, find_files};
use crate::data::{DataType, EdgeType, Field, Schema};
use crate::diagnostic::{Diagnostic, Place, Severity};
use crate::error::{EngineError, Origin, Result};
use crate::node::{
    Apart, Category, ColumnName, NodePlan, NodeSpec, NodeType, PathText, PlanContext, Runs, Source,
    SourceFilter, SourcePlan, Split, SplitOffset, SplitReader, SqlForm, read_params, rejected_schema,
};

/// The node type `parquet_source`.
pub struct ParquetSource;

/// The parameters of a Parquet source.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ParquetSourceParams {
    /// The file to read, a folder of `.parquet` files, or a pattern such as `data/2013-*.parquet`. Several files are read as one
    /// source, a split each, in the order of their names.
    #[serde(default)]
    pub path: PathText,
    /// Several files, folders or patterns instead of `path`.
    #[serde(default)]
    pub paths: Vec<PathText>,
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
    /// The run pauses when more than this share of the rows is rejected, in per cent (and more than 1,000 of them).
    #[serde(default = "one_percent")]
    #[schemars(range(min = 0.0, max = 100.0))]
    pub max_rejected_percent: f64,
}

const DOC: &str = include_str!("doc.md");

impl NodeType for ParquetSource {
    fn spec(&self) -> NodeSpec {
        NodeSpec {
            kind: "parquet_source",
            title: "Parquet source",
            category: Category::Source,
            summary: "Reads rows from Parquet files in the order in which they stand there",
            doc: DOC,
            keywords: &["file", "columnar", "import", "read"],
            inputs: Vec::new(),
            outputs: source_outputs(),
            params: schemars::schema_for!(ParquetSourceParams),
            sql: SqlForm::Exact,
        }
    }

    fn plan(&self, cx: &PlanContext<'_>) -> NodePlan {
        match read_params(cx.node, cx.params) {
            Ok(params) => plan(cx, &params),
            Err(diagnostic) => failed(vec![*diagnostic]),
        }
    }
}

fn plan(cx: &PlanContext<'_>, params: &ParquetSourceParams) -> NodePlan {
    let mut diagnostics = Vec::new();
    diagnostics.extend(check_percent(cx, params.max_rejected_percent));
    let endings = Endings { names: &["parquet"], compressed: false };
    let found = find_files(cx, &params.path, &params.paths, endings, &mut diagnostics);
    if let Some(apart) = &cx.files.apart {
        let refused = refused(apart, &found);
        if !refused.is_empty() {
            diagnostics.extend(refused);
            return failed(diagnostics);
        }
    }
    let mut footers = Footers::default();
    let Some(fields) = merge(&found, &mut footers, &mut diagnostics) else { return failed(diagnostics) };

    let n_columns = fields.len();
    let roles = Roles {
        event_time: params.event_time.as_ref(),
        arrival_time: params.arrival_time.as_ref(),
        partition: params.partition.as_ref(),
    };
    let layout = lay_out(cx, fields, &roles, fix_type, &mut diagnostics);
    let outputs = vec![Some(Arc::clone(&layout.out)), Some(Arc::new(EdgeType::append(rejected_schema())))];
    let files: Vec<SourceFile> = found.into_iter().map(|(file, _)| file).collect();
    let summary = summary(&files, n_columns, params.event_time.as_ref());
    let has_error = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    let runs = (!has_error).then(|| {
        Runs::Source(SourcePlan {
            source: Arc::new(ParquetFiles {
                files,
                footers: Arc::new(footers),
                decoded: Arc::clone(&layout.decoded),
                filter: None,
                apart: cx.files.apart.clone(),
            }),
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

/// What to do about a column of another type that should be a timestamp.
fn fix_type(field: &Field) -> String {
    format!(
        "compute a timestamp from `{}` in a select node and assign the watermark there, or write the file with a timestamp",
        field.name
    )
}

/// The columns of all files together: those of the first file, their types widened until every file's values fit. Their footers are
/// kept.
fn merge(
    found: &[(SourceFile, Place)],
    footers: &mut Footers,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Vec<Field>> {
    let mut fields: Option<Vec<Field>> = None;
    let mut is_whole = true;
    for (file, place) in found {
        let opened = match ParquetFile::open(&file.path, &file.name) {
            Ok(opened) => opened,
            Err(error) => {
                let code = if error.origin() == Origin::Machine { "unreadable-file" } else { "not-parquet" };
                diagnostics.push(Diagnostic::error(code, place.clone(), error.to_string()));
                is_whole = false;
                continue;
            }
        };
        let is_first = fields.is_none();
        for (name, what) in &opened.footer.unsupported {
            if is_first {
                let message = format!("the column `{name}` of `{}` is left out: it is {what}", file.name);
                diagnostics.push(Diagnostic::warning("column-left-out", place.clone(), message));
            }
        }
        let Some(fields) = &mut fields else {
            fields = Some(opened.footer.columns.iter().map(|column| column.field.clone()).collect());
            footers.keep(&file.path, &opened);
            continue;
        };
        for field in &mut *fields {
            let Some(column) = opened.footer.columns.iter().find(|column| column.field.name == field.name)
            else {
                let message =
                    format!("`{}` does not have the column `{}` of the first file", file.name, field.name);
                diagnostics.push(
                    Diagnostic::error("columns-differ", place.clone(), message).fix("leave the file out"),
                );
                is_whole = false;
                continue;
            };
            field.nullable |= column.field.nullable;
            match wider(&field.data_type, &column.field.data_type) {
                Some(data_type) => field.data_type = data_type,
                None => {
                    let message = format!(
                        "`{}` in `{}` is {}, but {} in the files before it",
                        field.name, file.name, column.field.data_type, field.data_type
                    );
                    diagnostics.push(
                        Diagnostic::error("columns-differ", place.clone(), message).fix("leave the file out"),
                    );
                    is_whole = false;
                }
            }
        }
        for column in &opened.footer.columns {
            if !fields.iter().any(|field| field.name == column.field.name) {
                let message = format!(
                    "the column `{}` of `{}` is left out: the first file does not have it",
                    column.field.name, file.name
                );
                diagnostics.push(Diagnostic::warning("column-left-out", place.clone(), message));
            }
        }
        footers.keep(&file.path, &opened);
    }
    fields.filter(|_| is_whole)
}

/// The type that holds the values of both, where one does.
fn wider(a: &DataType, b: &DataType) -> Option<DataType> {
    let rank = |data_type: &DataType| {
        [
            DataType::TinyInt,
            DataType::SmallInt,
            DataType::Int,
            DataType::BigInt,
            DataType::Float,
            DataType::Double,
        ]
        .iter()
        .position(|other| other == data_type)
    };
    match (a, b) {
        (a, b) if a == b => Some(a.clone()),
        (DataType::Decimal(p, s), DataType::Decimal(q, t)) if s == t => {
            Some(DataType::Decimal(*p.max(q), *s))
        }
        (DataType::Array(a), DataType::Array(b)) => Some(DataType::Array(Box::new(wider(a, b)?))),
        (DataType::Row(a), DataType::Row(b)) if a.len() == b.len() => {
            let fields = a.iter().zip(b).map(|((name, a), (other, b))| {
                (name == other).then(|| Some((name.clone(), wider(a, b)?))).flatten()
            });
            Some(DataType::Row(fields.collect::<Option<_>>()?))
        }
        (a, b) => {
            let (low, high) = if rank(a)? < rank(b)? { (a, b) } else { (b, a) };
            // Whole numbers of 32 bits and more do not fit a FLOAT.
            let blurs = *high == DataType::Float && matches!(low, DataType::Int | DataType::BigInt);
            Some(if blurs { DataType::Double } else { high.clone() })
        }
    }
}

/// The files of a Parquet source, with what is decoded of them.
#[derive(Clone)]
struct ParquetFiles {
    files: Vec<SourceFile>,
    footers: Arc<Footers>,
    decoded: Arc<Schema>,
    /// The filter that all rows go through.
    filter: Option<Arc<SourceFilter>>,
    apart: Option<Apart>,
}

impl Source for ParquetFiles {
    fn splits(&self) -> Result<Vec<Split>> {
        let splits = self.files.iter().zip(0..).map(|(file, number)| Split {
            number,
            name: file.name.clone(),
            path: Some(PathBuf::clone(&file.path)),
        });
        Ok(splits.collect())
    }

    fn open(&self, split: &Split, from: SplitOffset) -> Result<Box<dyn SplitReader>> {
        let fields = self.decoded.fields().to_vec();
        let layout = self.lay_out(split, fields, self.filter.as_deref())?;
        Ok(Box::new(ParquetReader::new(layout, from.cursor)))
    }

    fn peek(&self, split: &Split, columns: &[usize]) -> Result<Box<dyn SplitReader>> {
        let fields = columns.iter().map(|idx| self.decoded.fields()[*idx].clone()).collect();
        Ok(Box::new(ParquetReader::of_few_rows(self.lay_out(split, fields, None)?)))
    }

    fn narrowed(&self, columns: &[usize]) -> Arc<dyn Source> {
        let fields = columns.iter().map(|idx| self.decoded.fields()[*idx].clone()).collect();
        let decoded = Arc::new(Schema::new(fields));
        Arc::new(ParquetFiles { decoded, filter: None, ..self.clone() })
    }

    fn filtered(&self, filter: &SourceFilter) -> Option<Arc<dyn Source>> {
        Some(Arc::new(ParquetFiles { filter: Some(Arc::new(filter.clone())), ..self.clone() }))
    }
}

impl ParquetFiles {
    /// Opens a file of which the columns `fields` are wanted, perhaps only of rows that pass `filter`.
    fn lay_out(
        &self,
        split: &Split,
        fields: Vec<Field>,
        filter: Option<&SourceFilter>,
    ) -> Result<Arc<FileLayout>> {
        if let Some(apart) = &self.apart {
            still_harmless(apart, split.file()?, &split.name)?;
        }
        let file = Arc::new(self.footers.open(split.file()?, &split.name)?);
        let columns =
            fields.iter().map(|field| find_column(&file, field)).collect::<Result<Vec<FileColumn>>>()?;
        let filter = filter.map(|filter| FileFilter::new(filter, &columns, &fields));
        Ok(Arc::new(FileLayout { file, columns, fields, n_files: self.files.len(), filter }))
    }
}

/// The file's column for a decoded one; the file may have changed since the flow was planned.
fn find_column(file: &ParquetFile, field: &Field) -> Result<FileColumn> {
    let column = file.footer.columns.iter().find(|column| column.field.name == field.name);
    match column {
        Some(column)
            if wider(&column.field.data_type, &field.data_type).as_ref() == Some(&field.data_type) =>
        {
            Ok(column.clone())
        }
        Some(column) => Err(EngineError::data(format!(
            "`{}` in `{}` is {} now, but was {} when the flow was checked",
            field.name, file.name, column.field.data_type, field.data_type
        ))),
        None => Err(EngineError::data(format!("`{}` does not have the column `{}`", file.name, field.name))),
    }
}
