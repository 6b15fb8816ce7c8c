//! Stretches of a row group, decoded column by column by whichever threads ask for rows of them.

use std::io::Cursor;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use polars::prelude as pl;
use polars::prelude::IntoColumn;
use polars_arrow::array::Array;
use polars_arrow::bitmap::MutableBitmap;
use polars_arrow::compute::concatenate::concatenate;
use polars_parquet::read::{BasicDecompressor, Filter, PageReader, column_iter_to_arrays};

use super::convert::{Converted, convert};
use super::file::{ParquetFile, RowGroup, guarded};
use super::prune::{FileFilter, Pruned, Span, spans};
use super::schema::FileColumn;
use crate::data::{DataType, Field, Value};
use crate::error::{EngineError, Result};
use crate::node::{Decoded, Morsel, Rejected, SplitReader};

/// About how much memory the decoded rows of a stretch may take, in bytes; less where many files may be read in turn.
const STRETCH_BYTES: u64 = 64 << 20;
const MIN_STRETCH_BYTES: u64 = 4 << 20;
/// About how much the stretches of all files may take together.
const ALL_STRETCHES_BYTES: u64 = 512 << 20;
/// The most rows of a stretch; pages may say a great many rows in a few bytes.
const STRETCH_ROWS: u64 = 1 << 20;
/// The most values of a stretch, all columns together: a page may repeat one in next to no bytes, and columns may share their pages.
const STRETCH_VALUES: u64 = 1 << 26;
/// Below this many rows it is not worth while to open the pages again.
const MIN_STRETCH_ROWS: u64 = 1024;
const MAX_RAW: usize = 4096;
/// What a value of a nested column takes at least while it is decoded: its levels, and where it lies.
const NESTED_VALUE_BYTES: u64 = 8;

/// What is decoded of one file.
pub(super) struct FileLayout {
    pub(super) file: Arc<ParquetFile>,
    /// The file's columns, in the order of the decoded ones.
    pub(super) columns: Vec<FileColumn>,
    /// The decoded columns; their types are the same or wider.
    pub(super) fields: Vec<Field>,
    /// How many files the source has.
    pub(super) n_files: usize,
    /// The filter behind the source, where the source knows of it.
    pub(super) filter: Option<FileFilter>,
}

impl FileLayout {
    fn stretch_bytes(&self) -> u64 {
        (ALL_STRETCHES_BYTES / self.n_files.max(1) as u64).clamp(MIN_STRETCH_BYTES, STRETCH_BYTES)
    }
}

/// Reads one file row group by row group.
pub(super) struct ParquetReader {
    layout: Arc<FileLayout>,
    /// The next row of the file.
    row: u64,
    /// The row group that `row` lies in, and its first row.
    group: Arc<RowGroup>,
    group_start: u64,
    /// The row group's spans, where they have been looked for.
    spans: Option<Arc<[Span]>>,
    stretch: Option<Arc<Stretch>>,
    /// The most rows of a stretch.
    stretch_rows: u64,
}

impl ParquetReader {
    /// A reader from row `row` on.
    pub(super) fn new(layout: Arc<FileLayout>, row: u64) -> ParquetReader {
        let group = Arc::new(RowGroup::new(Arc::clone(&layout.file), 0));
        let stretch_rows = STRETCH_ROWS;
        ParquetReader { layout, row, group, group_start: 0, spans: None, stretch: None, stretch_rows }
    }

    /// A reader from the first row on, of which few rows are wanted.
    pub(super) fn of_few_rows(layout: Arc<FileLayout>) -> ParquetReader {
        ParquetReader { stretch_rows: MIN_STRETCH_ROWS, ..ParquetReader::new(layout, 0) }
    }
}

impl SplitReader for ParquetReader {
    fn next(&mut self, n_rows: usize) -> Result<Option<Box<dyn Morsel>>> {
        let file = &self.layout.file;
        if self.row >= file.footer.n_rows {
            return Ok(None);
        }
        while self.row >= self.group_start + file.group_rows(self.group.idx) {
            self.group_start += file.group_rows(self.group.idx);
            self.group = Arc::new(RowGroup::new(Arc::clone(file), self.group.idx + 1));
            (self.spans, self.stretch) = (None, None);
        }
        let in_group = self.row - self.group_start;
        let stretch = match &self.stretch {
            Some(stretch) if stretch.rows.contains(&in_group) => Arc::clone(stretch),
            _ => {
                let (layout, group) = (&self.layout, &self.group);
                let spans = self.spans.get_or_insert_with(|| spans(layout, group.idx));
                let span = spans.iter().find(|span| span.rows.contains(&in_group));
                let lost = || EngineError::internal(format!("row {in_group} lies in no span"));
                let span = span.ok_or_else(lost)?;
                let stretch = Arc::new(Stretch::new(layout, group, span, in_group, self.stretch_rows));
                self.stretch = Some(Arc::clone(&stretch));
                stretch
            }
        };
        let end = stretch.rows.end.min(in_group + n_rows.max(1) as u64);
        let morsel = ParquetMorsel { rows: in_group..end, first_row: self.row, stretch };
        self.row = self.group_start + end;
        Ok(Some(Box::new(morsel)))
    }
}

/// Rows of a row group that are decoded together, so that the pages of a chunk are opened once.
struct Stretch {
    layout: Arc<FileLayout>,
    group: Arc<RowGroup>,
    /// The rows within the row group.
    rows: Range<u64>,
    columns: Vec<OnceLock<Result<Converted>>>,
    /// The columns that are decoded first: all, unless no row passes the filter behind the source.
    first: Vec<usize>,
    /// The next of them that nobody has begun.
    next: AtomicUsize,
    pruned: Option<Arc<Pruned>>,
}

impl Stretch {
    /// The stretch of `span` in `group` that row `row` lies in, of not many more than `max_rows`. Stretches begin at the same rows
    /// wherever a reader was opened.
    fn new(layout: &Arc<FileLayout>, group: &Arc<RowGroup>, span: &Span, row: u64, max_rows: u64) -> Stretch {
        let n_rows = layout.file.group_rows(group.idx);
        let n_bytes: u64 = layout
            .columns
            .iter()
            .flat_map(|column| column.leaves.clone().map(|leaf| (leaf, column.is_nested())))
            .filter_map(|(leaf, is_nested)| Some((group.chunk_metadata(leaf).ok()?, is_nested)))
            .map(|(chunk, is_nested)| {
                let n_bytes = u64::try_from(chunk.uncompressed_size()).unwrap_or(0);
                let n_values = if is_nested { u64::try_from(chunk.num_values()).unwrap_or(0) } else { 0 };
                n_bytes.max(n_values.saturating_mul(NESTED_VALUE_BYTES))
            })
            .fold(0, u64::saturating_add);
        let n_values = n_rows.saturating_mul(layout.columns.len() as u64);
        let n_stretches = n_bytes
            .div_ceil(layout.stretch_bytes())
            .max(n_values.div_ceil(STRETCH_VALUES))
            .max(n_rows.div_ceil(max_rows))
            .max(1);
        let size = n_rows.div_ceil(n_stretches).max(MIN_STRETCH_ROWS);
        let start = span.rows.start + (row - span.rows.start) / size * size;
        let first = match (&span.pruned, &layout.filter) {
            (Some(_), Some(filter)) => filter.eager.clone(),
            _ => (0..layout.columns.len()).collect(),
        };
        Stretch {
            layout: Arc::clone(layout),
            group: Arc::clone(group),
            rows: start..span.rows.end.min(start + size),
            columns: layout.columns.iter().map(|_| OnceLock::new()).collect(),
            first,
            next: AtomicUsize::new(0),
            pruned: span.pruned.clone(),
        }
    }

    /// The first columns, decoded. Threads that come at the same time share the work: each takes the next column that is not begun.
    fn decode_first(&self) -> Result<Vec<Converted>> {
        loop {
            let at = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(idx) = self.first.get(at) else { break };
            self.columns[*idx].get_or_init(|| self.decode_column(*idx));
        }
        if self.first.is_empty() && self.rows.start == 0 {
            self.check_some_column()?;
        }
        self.first.iter().map(|idx| self.column(*idx)).collect()
    }

    /// All columns, decoded.
    fn decode(&self) -> Result<Vec<Converted>> {
        (0..self.columns.len()).map(|idx| self.column(idx)).collect()
    }

    fn column(&self, idx: usize) -> Result<Converted> {
        self.columns[idx].get_or_init(|| self.decode_column(idx)).clone()
    }

    /// Nobody needs a column: at least one is looked at, so that a footer cannot invent rows.
    fn check_some_column(&self) -> Result<()> {
        let columns = self.layout.file.footer.columns.iter();
        let smallest = columns.map(|column| (column.is_repeated, column.leaves.start)).min_by_key(
            |(is_repeated, leaf)| {
                let n_bytes = self.group.chunk_metadata(*leaf).map_or(u64::MAX, |chunk| {
                    let range = chunk.byte_range();
                    range.end - range.start
                });
                (*is_repeated, n_bytes)
            },
        );
        smallest.map_or(Ok(()), |(_, leaf)| self.group.chunk(leaf).map(drop))
    }

    fn decode_column(&self, idx: usize) -> Result<Converted> {
        let (column, field) = (&self.layout.columns[idx], &self.layout.fields[idx]);
        let name = &self.layout.file.name;
        let damaged = |error: &dyn std::fmt::Display| {
            let (group, cause) = (self.group.idx, error.to_string());
            // As the library begins all that it knows of, but does not do.
            let what = if cause.contains("Not yet supported") {
                "uses a form that is not supported"
            } else {
                "is damaged"
            };
            EngineError::data(format!("`{name}` {what} in row group {group}, column `{}`", field.name))
                .because(cause)
        };
        let mut chunks = Vec::with_capacity(column.leaves.len());
        for leaf in column.leaves.clone() {
            chunks.push((self.group.chunk(leaf)?, self.group.chunk_metadata(leaf)?));
        }
        guarded(name, || {
            let types = chunks.iter().map(|(_, metadata)| &metadata.descriptor().descriptor.primitive_type);
            let types = types.collect();
            let pages = chunks.iter().map(|(chunk, metadata)| {
                let pages = PageReader::new(Cursor::new(chunk.clone()), metadata, Vec::new(), usize::MAX);
                BasicDecompressor::new(pages, Vec::new())
            });
            let (mut arrays, _) = column_iter_to_arrays(
                pages.collect(),
                types,
                column.arrow.clone(),
                Some(Filter::new_ranged(self.rows.start as usize, self.rows.end as usize)),
            )
            .map_err(|error| damaged(&error))?;
            let array = match arrays.len() {
                1 => arrays.remove(0),
                _ => {
                    let parts: Vec<&dyn Array> = arrays.iter().map(|array| &**array).collect();
                    concatenate(&parts).map_err(|error| damaged(&error))?
                }
            };
            if array.len() as u64 != self.rows.end - self.rows.start {
                let n_expected = self.rows.end - self.rows.start;
                return Err(damaged(&format!("{} values where {n_expected} are expected", array.len())));
            }
            convert(column, &field.data_type, &*array)
        })
    }
}

/// Some rows of a stretch.
struct ParquetMorsel {
    stretch: Arc<Stretch>,
    /// The rows within the row group.
    rows: Range<u64>,
    /// The first of them within the file.
    first_row: u64,
}

impl Morsel for ParquetMorsel {
    fn decode(self: Box<Self>) -> Result<Decoded> {
        let (stretch, layout) = (&self.stretch, &self.stretch.layout);
        let fields = &layout.fields;
        let n_rows = (self.rows.end - self.rows.start) as usize;
        let start = (self.rows.start - stretch.rows.start) as usize;
        let n_records = n_rows as u64;
        let next_cursor = self.first_row + n_records;
        let mut decoded = stretch.decode_first()?;
        if let (Some(pruned), Some(filter)) = (&stretch.pruned, &layout.filter) {
            if !filter.rejects_any(&decoded) {
                let frame = pruned.frame(layout, &decoded, start, n_rows)?;
                return Ok(Decoded { frame, n_records, rejected: Vec::new(), next_cursor, is_pruned: true });
            }
            // A rejected row shows all that it holds.
            decoded = stretch.decode()?;
        }
        let columns: Vec<pl::Series> =
            decoded.iter().map(|column| column.series.slice(start as i64, n_rows)).collect();
        let rejected = self.reject(fields, &columns, &decoded, start);
        let columns = if rejected.is_empty() {
            columns
        } else {
            let mut keep = MutableBitmap::from_len_set(n_rows);
            for rejected in &rejected {
                keep.set(rejected.record as usize, false);
            }
            let keep = pl::BooleanChunked::from_bitmap("".into(), keep.freeze());
            columns.iter().map(|column| column.filter(&keep)).collect::<Result<_, _>>()?
        };
        let columns = columns.into_iter().map(IntoColumn::into_column).collect();
        let frame = pl::DataFrame::new(n_rows - rejected.len(), columns)?;
        Ok(Decoded { frame, n_records, rejected, next_cursor, is_pruned: false })
    }
}

impl ParquetMorsel {
    /// The rows that lack a value where one must be, or hold one that its type does not have.
    fn reject(
        &self,
        fields: &[Field],
        columns: &[pl::Series],
        decoded: &[Converted],
        start: usize,
    ) -> Vec<Rejected> {
        let mut faults: std::collections::BTreeMap<usize, (usize, String)> =
            std::collections::BTreeMap::new();
        for (idx, (field, column)) in fields.iter().zip(columns).enumerate() {
            let bad_values = &decoded[idx].bad_values;
            let first = bad_values.partition_point(|(row, _)| *row < start);
            for (row, reason) in bad_values[first..].iter().take_while(|(row, _)| *row < start + column.len())
            {
                faults.entry(row - start).or_insert_with(|| (idx, reason.clone()));
            }
            if !field.nullable && column.null_count() > 0 {
                for (row, is_null) in column.is_null().iter().enumerate() {
                    if is_null == Some(true) {
                        let reason = crate::node::NO_VALUE.to_owned();
                        faults.entry(row).or_insert((idx, reason));
                    }
                }
            }
        }
        faults
            .into_iter()
            .map(|(row, (idx, reason))| Rejected {
                record: row as u64,
                offset: self.first_row + row as u64,
                line: 0,
                column: Some(fields[idx].name.to_string()),
                reason,
                raw: raw(fields, columns, row),
            })
            .collect()
    }
}

/// A row as text: its columns and values.
fn raw(fields: &[Field], columns: &[pl::Series], row: usize) -> Vec<u8> {
    let mut text = String::new();
    for (field, column) in fields.iter().zip(columns) {
        let value = match field.data_type {
            // A time that is none has no text.
            DataType::Time => Value::Null,
            _ => Value::at(&column.clone().into_column(), &field.data_type, row),
        };
        let value = if value.is_null() { "NULL".to_owned() } else { value.to_string() };
        text.push_str(if text.is_empty() { "" } else { ", " });
        text.push_str(&field.name);
        text.push('=');
        text.push_str(&value);
        if text.len() > MAX_RAW {
            break;
        }
    }
    let mut raw = text.into_bytes();
    raw.truncate(MAX_RAW);
    raw
}
