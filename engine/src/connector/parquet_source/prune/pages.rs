//! The page index: what a file says of the values of every page of a column, where its writer left that.

use std::ops::Range;

use polars_parquet::parquet::statistics::{ParquetStatistics, Statistics};
use polars_parquet::read::ColumnChunkMetadata;
use polars_parquet_format::thrift::protocol::TCompactInputProtocol;
use polars_parquet_format::{ColumnIndex, OffsetIndex};

use super::super::file::{ParquetFile, guarded};
use super::super::schema::FileColumn;
use super::Known;
use crate::data::DataType;
use crate::error::EngineError;

/// The longest index of a chunk that is read, in bytes.
const MAX_INDEX_BYTES: u64 = 4 << 20;
/// The most pages of a chunk of which each is looked at.
const MAX_PAGES: usize = 1 << 14;

/// What is known of the pages of a flat column in a row group.
pub(super) struct Pages {
    /// The first row of each page, rising from 0.
    pub(super) starts: Vec<u64>,
    known: Vec<Known>,
}

impl Pages {
    /// Reads the index of a chunk of `n_rows` rows; nothing where there is none, or it does not fit the chunk.
    pub(super) fn read(
        file: &ParquetFile,
        chunk: &ColumnChunkMetadata,
        column: &FileColumn,
        to: &DataType,
        n_rows: u64,
    ) -> Option<Pages> {
        let values = place(chunk.column_index_offset(), chunk.column_index_length())?;
        let rows = place(chunk.offset_index_offset(), chunk.offset_index_length())?;
        let (values, rows) = (file.bytes(values).ok()?, file.bytes(rows).ok()?);
        let unreadable = |_| EngineError::data("the page index cannot be read");
        let pages = guarded(&file.name, || {
            let mut protocol = TCompactInputProtocol::new(&values[..], values.len().saturating_mul(16));
            let index = ColumnIndex::read_from_in_protocol(&mut protocol).map_err(unreadable)?;
            let mut protocol = TCompactInputProtocol::new(&rows[..], rows.len().saturating_mul(16));
            let rows = OffsetIndex::read_from_in_protocol(&mut protocol).map_err(unreadable)?;
            Ok(Pages::of(file, chunk, column, to, n_rows, &index, &rows))
        });
        pages.ok().flatten()
    }

    fn of(
        file: &ParquetFile,
        chunk: &ColumnChunkMetadata,
        column: &FileColumn,
        to: &DataType,
        n_rows: u64,
        index: &ColumnIndex,
        rows: &OffsetIndex,
    ) -> Option<Pages> {
        let starts: Vec<u64> = rows
            .page_locations
            .iter()
            .map(|page| u64::try_from(page.first_row_index).ok())
            .collect::<Option<_>>()?;
        let n_pages = starts.len();
        let is_sound = (1..=MAX_PAGES).contains(&n_pages)
            && starts.first() == Some(&0)
            && starts.is_sorted_by(|a, b| a < b)
            && starts.last() < Some(&n_rows)
            && [index.null_pages.len(), index.min_values.len(), index.max_values.len()] == [n_pages; 3]
            && index.null_counts.as_ref().is_none_or(|counts| counts.len() == n_pages);
        if !is_sound {
            return None;
        }
        let ends = starts.iter().skip(1).chain([&n_rows]);
        let known = starts.iter().zip(ends).enumerate().map(|(page, (start, end))| {
            // Some writers call pages NULL of which they only know no bounds; so only the count is believed.
            let bound = |bounds: &[Vec<u8>]| bounds.get(page).filter(|_| !index.null_pages[page]).cloned();
            let statistics = ParquetStatistics {
                min: None,
                max: None,
                null_count: index.null_counts.as_ref().map(|counts| counts[page]),
                distinct_count: None,
                min_value: bound(&index.min_values),
                max_value: bound(&index.max_values),
                is_min_value_exact: None,
                is_max_value_exact: None,
            };
            let statistics =
                Statistics::deserialize(&statistics, chunk.descriptor().descriptor.primitive_type.clone());
            Known::of(file, statistics.ok(), end - start, column, to)
        });
        Some(Pages { known: known.collect(), starts })
    }

    /// What is known of the page that row `row` lies in.
    pub(super) fn at(&self, row: u64) -> Option<&Known> {
        let page = self.starts.partition_point(|start| *start <= row).checked_sub(1)?;
        self.known.get(page)
    }
}

/// Where a part of an index lies.
fn place(offset: Option<i64>, length: Option<i32>) -> Option<Range<u64>> {
    let (offset, length) = (u64::try_from(offset?).ok()?, u64::try_from(length?).ok()?);
    (length <= MAX_INDEX_BYTES).then_some(offset..offset.checked_add(length)?)
}
