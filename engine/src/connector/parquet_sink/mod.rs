//! Writes rows to Parquet files.
//!
//! Polars' own `ParquetWriter` encodes columns on its process-wide pool of threads. `polars-parquet`, which it is made of, encodes on the
//! thread that calls it; `tests/tests/pool.rs` sees to it that this stays so.

mod dictionary;
mod encode;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::encode::Parquet;
use super::file_sink::{Compression as TextCompression, Destination, FileForm, FolderParams, summary};
use crate::diagnostic::Diagnostic;
use crate::node::{
    Arity, Category, InputSpec, NodePlan, NodeSpec, NodeType, PathText, PlanContext, Runs, SqlForm,
    read_params,
};

/// The node type `parquet_sink`.
pub struct ParquetSink;

/// The most rows that a row group may be told to hold.
const MOST_ROWS: u64 = 16 << 20;
/// The bytes of a row group in memory, where one file is written at a time.
const GROUP_BYTES: u64 = 64 << 20;
/// The same where many are.
const PARTITION_GROUP_BYTES: u64 = 4 << 20;

/// The parameters of a Parquet sink.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ParquetSinkParams {
    /// The file to write, or with `folder` the folder; a relative path starts at the output folder. Folders on the way are made. What
    /// this node of this flow made before is replaced when a new run is complete; what another made is refused.
    pub path: PathText,
    /// How the pages of columns are compressed.
    #[serde(default)]
    pub compression: Compression,
    /// How many rows a row group has at most. They are held in memory until it is complete.
    #[serde(default = "group_rows")]
    #[schemars(range(min = 1, max = 16_777_216))]
    pub row_group_rows: u64,
    /// Parts and partitions in a folder instead of one file, once any of this is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<FolderParams>,
}

/// How the pages of columns are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Compression {
    /// Zstandard: small.
    #[default]
    Zstd,
    /// Snappy: quick, and understood by every reader.
    Snappy,
    /// Not at all.
    None,
}

fn group_rows() -> u64 {
    128 << 10
}

const DOC: &str = include_str!("doc.md");

impl NodeType for ParquetSink {
    fn spec(&self) -> NodeSpec {
        NodeSpec {
            kind: "parquet_sink",
            title: "Parquet file",
            category: Category::Sink,
            summary: "Writes rows to Parquet files that appear when they are complete",
            doc: DOC,
            keywords: &["file", "columnar", "export", "write", "partition", "folder"],
            inputs: vec![InputSpec { name: "in", doc: "The rows to write", arity: Arity::One }],
            outputs: Vec::new(),
            params: schemars::schema_for!(ParquetSinkParams),
            sql: SqlForm::Partial("Flink's filesystem connector writes a folder of parts"),
        }
    }

    fn plan(&self, cx: &PlanContext<'_>) -> NodePlan {
        let params: ParquetSinkParams = match read_params(cx.node, cx.params) {
            Ok(params) => params,
            Err(diagnostic) => return NodePlan::failed(0, vec![*diagnostic]),
        };
        let mut diagnostics = Vec::new();
        if !(1..=MOST_ROWS).contains(&params.row_group_rows) {
            let message = format!("a row group cannot have {} rows", params.row_group_rows);
            diagnostics.push(
                Diagnostic::error("bad-parameter", cx.param("row_group_rows"), message)
                    .fix(format!("set it between 1 and {MOST_ROWS}")),
            );
        }
        let folder = FolderParams::of(params.folder.as_ref());
        let destination = Destination::plan(cx, "a Parquet file", &params.path, folder, &mut diagnostics);
        let summary = summary(&params.path, folder);
        let is_partitioned = folder
            .is_some_and(|folder| !folder.partition_columns.is_empty() || folder.partition_time.is_some());
        let group_bytes = if is_partitioned { PARTITION_GROUP_BYTES } else { GROUP_BYTES };
        let runs = destination.map(|destination| {
            let (compression, group_rows) = (params.compression, params.row_group_rows);
            let format = Arc::new(Parquet { compression, group_rows, group_bytes });
            let compression = TextCompression::None;
            Runs::Sink(destination.sink_plan(FileForm { format, compression, extension: "parquet" }))
        });
        NodePlan { diagnostics, summary, runs, ..NodePlan::default() }
    }
}
