//! The parameters that say which files a sink writes, and what they come to for the rows of one edge.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::partitions::{PartitionBy, can_name_folders};
use super::record::folder_refusal;
use crate::connector::file_commit::{Maker, refusal};
use crate::data::{ChangeMode, EdgeType, Schema};
use crate::diagnostic::{Diagnostic, Severity};
use crate::node::{ColumnName, FileUse, Millis, PathText, PlanContext};

/// The longest that a partition may be waited for: ten years.
const MAX_DELAY_MILLIS: i64 = 10 * 366 * 86_400_000;

/// A folder of parts instead of one file, once any of this is set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FolderParams {
    /// A new part begins after this many rows; unset, there is no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub part_rows: Option<u64>,
    /// A new part begins after the row with which a part has this many bytes, counted before compression; unset, there is no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub part_bytes: Option<u64>,
    /// Columns each of whose values has a folder of its own, such as `origin=JFK`; folders of the second column lie in those of the first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub partition_columns: Vec<ColumnName>,
    /// Whether these columns stand in the files too. Else only the names of folders hold them, as with Hive and Flink.
    #[serde(default)]
    pub keep_columns: bool,
    /// Every day, hour or minute has a folder of its own, inside of those of the columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition_time: Option<PartitionTime>,
    /// The timestamp that this goes by; unset, the event time. It always stands in the files too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_column: Option<ColumnName>,
    /// The files of a day, hour or minute appear once the watermark has passed its end by this long, while the run goes on. Unset,
    /// all files appear together when the run is complete. Needs the event time for `partition_time`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit_delay_millis: Option<Millis>,
    /// Whether an empty file `_SUCCESS` is put in last: into the folder, or with a commit delay into each partition.
    #[serde(default)]
    pub success_file: bool,
}

/// How long the rows of a folder are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PartitionTime {
    /// `dt=2013-01-01`
    Day,
    /// `dt=2013-01-01/hour=10`
    Hour,
    /// `dt=2013-01-01/hour=10/minute=05`
    Minute,
}

/// The limits and partitions of a folder, for the rows of one edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) part_rows: u64,
    pub(super) part_bytes: u64,
    pub(super) by: PartitionBy,
    /// The columns that stand in the files, by number.
    pub(super) written: Vec<usize>,
    /// How long after the end of a partition its files appear; `None` where that is at the end of the run.
    pub(super) commit_delay: Option<i64>,
    pub(super) has_success_file: bool,
}

/// A parameter that does not fit the input: its name, what is wrong, and what to do.
type Misfit = (&'static str, String, String);

impl FolderParams {
    /// The folder that a node is to fill, if any of it is set: a form whose fields have been cleared leaves an object with nothing in it.
    pub(crate) fn of(params: Option<&FolderParams>) -> Option<&FolderParams> {
        params.filter(|folder| **folder != FolderParams::default())
    }

    /// What the parameters come to for rows of this type.
    pub(super) fn layout(&self, edge: &EdgeType) -> Result<Layout, Misfit> {
        let fields = edge.schema.fields();
        let find = |param: &'static str, name: &str| {
            edge.schema.index_of(name).ok_or_else(|| {
                let fix = edge.schema.similar_to(name).map_or_else(
                    || "choose a column of the input".to_owned(),
                    |similar| format!("did you mean `{similar}`?"),
                );
                (param, format!("there is no column `{name}`"), fix)
            })
        };
        let mut columns = Vec::new();
        for ColumnName(name) in &self.partition_columns {
            let param = "folder.partition_columns";
            let idx = find(param, name)?;
            if columns.contains(&idx) {
                return Err((param, format!("the column `{name}` is named twice"), "remove one".to_owned()));
            }
            if !can_name_folders(&fields[idx].data_type) {
                let message = format!("`{name}` is {}, which names no folders", fields[idx].data_type);
                return Err((param, message, "choose a text, a whole number or a date".to_owned()));
            }
            columns.push(idx);
        }
        let time = match (self.partition_time, &self.time_column) {
            (None, None) => None,
            (None, Some(_)) => {
                let message = "a time column is set, but not how long a partition is".to_owned();
                return Err(("folder.time_column", message, "set `partition_time`".to_owned()));
            }
            (Some(unit), Some(ColumnName(name))) => {
                let idx = find("folder.time_column", name)?;
                if !fields[idx].data_type.is_timestamp() {
                    let message = format!("`{name}` is {}, not a timestamp", fields[idx].data_type);
                    return Err(("folder.time_column", message, "choose a timestamp".to_owned()));
                }
                Some((idx, unit))
            }
            (Some(unit), None) => match edge.event_time {
                Some(idx) => Some((idx, unit)),
                None => {
                    let message = "the rows have no event time to go by".to_owned();
                    return Err(("folder.partition_time", message, "set `time_column`".to_owned()));
                }
            },
        };
        for name in time.iter().flat_map(|(_, unit)| unit.folders()) {
            if let Some(idx) = columns.iter().find(|idx| *fields[**idx].name == **name) {
                let message = format!(
                    "the column `{}` and the time would both name folders `{name}=`",
                    fields[*idx].name
                );
                return Err((
                    "folder.partition_columns",
                    message,
                    "rename the column in a select node".to_owned(),
                ));
            }
        }
        if let Some(Millis(delay)) = self.commit_delay_millis {
            let param = "folder.commit_delay_millis";
            if !(0..=MAX_DELAY_MILLIS).contains(&delay) {
                let fix = "set it between 0 and ten years".to_owned();
                return Err((param, format!("{delay} ms cannot be waited for"), fix));
            }
            match time {
                None => {
                    let message = "without partitions by time there is nothing to wait for".to_owned();
                    return Err((param, message, "set `partition_time`, or leave it out".to_owned()));
                }
                Some((idx, _)) if edge.event_time != Some(idx) => {
                    let message =
                        format!("the watermark says nothing about when `{}` is complete", fields[idx].name);
                    return Err((
                        param,
                        message,
                        "leave `time_column` out, which takes the event time".to_owned(),
                    ));
                }
                Some(_) => {}
            }
        }
        let is_written = |idx: &usize| self.keep_columns || !columns.contains(idx);
        let written: Vec<usize> = (0..fields.len()).filter(is_written).collect();
        if written.is_empty() {
            let message = "no column is left for the files".to_owned();
            return Err((
                "folder.partition_columns",
                message,
                "set `keep_columns`, or leave one out".to_owned(),
            ));
        }
        Ok(Layout {
            part_rows: self.part_rows.unwrap_or(u64::MAX),
            part_bytes: self.part_bytes.unwrap_or(u64::MAX),
            by: PartitionBy { columns, time, is_kept: self.keep_columns },
            written,
            commit_delay: self.commit_delay_millis.as_ref().map(|Millis(delay)| *delay),
            has_success_file: self.success_file,
        })
    }

    /// The columns of the input that stand in the files.
    pub(crate) fn written_schema(&self, edge: &EdgeType) -> Schema {
        let fields = edge.schema.fields().iter();
        let is_left_out =
            |name: &str| !self.keep_columns && self.partition_columns.iter().any(|column| column.0 == name);
        Schema::new(fields.filter(|field| !is_left_out(&field.name)).cloned().collect())
    }

    fn check(&self, cx: &PlanContext<'_>, diagnostics: &mut Vec<Diagnostic>) {
        for (param, value) in [("folder.part_rows", self.part_rows), ("folder.part_bytes", self.part_bytes)] {
            if value == Some(0) {
                let message = "a part holds at least one row";
                diagnostics.push(
                    Diagnostic::error("bad-parameter", cx.param(param), message).fix("set it to 1 or more"),
                );
            }
        }
        let Some(edge) = cx.input(0) else { return };
        let layout = match self.layout(edge) {
            Ok(layout) => layout,
            Err((param, message, fix)) => {
                diagnostics.push(Diagnostic::error("bad-parameter", cx.param(param), message).fix(fix));
                return;
            }
        };
        if layout.commit_delay.is_some() && !edge.watermarked {
            let message = "no watermark comes here, so all files appear at the end of the run";
            diagnostics.push(
                Diagnostic::warning("no-watermark", cx.param("folder.commit_delay_millis"), message)
                    .fix("put a watermark node before this one"),
            );
        }
        for name in layout.by.time.iter().flat_map(|(_, unit)| unit.folders()) {
            if layout.written.iter().any(|idx| *edge.schema.fields()[*idx].name == **name) {
                let message = format!(
                    "the rows have a column `{name}`, which readers may mistake for the folders `{name}=`"
                );
                diagnostics.push(
                    Diagnostic::hint("folder-like-column", cx.param("folder.partition_time"), message)
                        .fix("rename the column in a select node"),
                );
            }
        }
    }
}

/// Where a sink writes.
#[derive(Clone, Debug)]
pub(crate) struct Destination {
    pub(super) path: PathBuf,
    pub(super) maker: Maker,
    /// `None` for one file.
    pub(super) folder: Option<FolderParams>,
}

impl Destination {
    /// Checks where a node wants to write and that nothing stands there but what it made itself, and that its rows can be written.
    /// Findings are added to `diagnostics`; without one that is an error there is a destination.
    pub(crate) fn plan(
        cx: &PlanContext<'_>,
        what: &str,
        path: &PathText,
        folder: Option<&FolderParams>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Destination> {
        if let Some(edge) = cx.input(0)
            && edge.changes != ChangeMode::Append
        {
            let message = format!("{what} can only take inserted rows, but rows are updated here");
            diagnostics.push(
                Diagnostic::error("needs-inserts", cx.place(), message)
                    .fix("aggregate in a window, whose results are final, or use a table"),
            );
        }
        if let Some(folder) = folder {
            folder.check(cx, diagnostics);
        }
        let path = match cx.files.resolve(&path.0, FileUse::Write) {
            Ok(path) => path,
            Err(error) => {
                diagnostics.push(Diagnostic::error("path-not-allowed", cx.param("path"), error.to_string()));
                return None;
            }
        };
        let maker = Maker::of(cx);
        let refused = if folder.is_some() { folder_refusal(&path, &maker) } else { refusal(&path, &maker) };
        if let Some(message) = refused {
            diagnostics.push(
                Diagnostic::error("output-not-owned", cx.param("path"), message)
                    .fix("delete or rename it, or choose another path"),
            );
        }
        let has_error = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
        (!has_error).then(|| Destination { path, maker, folder: folder.cloned() })
    }

    /// The file or folder.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// The last part of a path, for the node's face; that of a folder ends in `/`.
pub(crate) fn summary(path: &PathText, folder: Option<&FolderParams>) -> String {
    let name = path.0.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next().unwrap_or_default();
    let end = if folder.is_some() && !name.is_empty() { "/" } else { "" };
    format!("{name}{end}")
}
