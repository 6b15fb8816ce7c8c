//! Stretches of rows of which the statistics in a file say that none passes the filter behind the source.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use polars::prelude as pl;
use polars::prelude::IntoColumn;
use polars_arrow::array::{Array, BooleanArray, PrimitiveArray, Utf8ViewArray};
use polars_arrow::datatypes::ArrowDataType;
use polars_arrow::types::NativeType;
use polars_parquet::parquet::metadata::{ColumnOrder, SortOrder};
use polars_parquet::parquet::statistics::{PrimitiveStatistics, Statistics};

use self::pages::Pages;
use super::convert::{Converted, convert};
use super::decode::FileLayout;
use super::file::{ParquetFile, guarded};
use super::schema::FileColumn;
use crate::data::{DataType, Field, Value};
use crate::error::Result;
use crate::expr::{ColumnRange, Nulls, Predicate, Refusal, StandIn};
use crate::node::SourceFilter;

mod pages;
#[cfg(test)]
mod tests;

/// A filter as it concerns one file.
pub(super) struct FileFilter {
    filter: SourceFilter,
    /// The columns that are decoded of every row: those that are seen, and those that can reject a row.
    pub(super) eager: Vec<usize>,
    /// Those of them in which NULL makes a row leave before the filter.
    not_null: Vec<usize>,
}

impl FileFilter {
    pub(super) fn new(filter: &SourceFilter, columns: &[FileColumn], fields: &[Field]) -> FileFilter {
        let may_reject = |idx: usize| may_be_none(&columns[idx].field.data_type);
        let must_not_be_null = |idx: &usize| {
            filter.seen.contains(idx) || (!fields[*idx].nullable && columns[*idx].field.nullable)
        };
        let not_null: Vec<usize> = (0..fields.len()).filter(must_not_be_null).collect();
        let eager = (0..fields.len()).filter(|idx| not_null.contains(idx) || may_reject(*idx)).collect();
        FileFilter { filter: filter.clone(), eager, not_null }
    }

    /// Whether a row of a stretch leaves before the filter, if `decoded` are its eager columns.
    pub(super) fn rejects_any(&self, decoded: &[Converted]) -> bool {
        self.eager.iter().zip(decoded).any(|(idx, column)| {
            !column.bad_values.is_empty() || (self.not_null.contains(idx) && column.series.null_count() > 0)
        })
    }
}

/// Whether a file may hold what is no value of the type: times of day after its end, or decimals with too many digits.
fn may_be_none(data_type: &DataType) -> bool {
    match data_type {
        DataType::Time | DataType::Decimal(..) => true,
        DataType::Array(inner) => may_be_none(inner),
        DataType::Row(fields) => fields.iter().any(|(_, inner)| may_be_none(inner)),
        _ => false,
    }
}

/// Rows of a row group that follow each other.
pub(super) struct Span {
    /// Their numbers within the row group.
    pub(super) rows: Range<u64>,
    /// Why none of them passes the filter, where that is known.
    pub(super) pruned: Option<Arc<Pruned>>,
}

/// Fewer rows than this, or than one in so many of the group, are decoded with those around them: the pages of a chunk, and its
/// dictionary, are opened anew for every span.
const MIN_PRUNED_ROWS: u64 = 1024;
const MAX_PRUNED_SPANS: u64 = 16;

/// The spans of row group `group`, which hold all its rows: one, unless the file says more than that of some of its pages.
pub(super) fn spans(layout: &FileLayout, group: usize) -> Arc<[Span]> {
    let n_rows = layout.file.group_rows(group);
    let pruned = layout.filter.as_ref().and_then(|filter| {
        Some((filter, layout.file.footer.metadata.row_groups.get(group)?.parquet_columns()))
    });
    let Some((filter, chunks)) = pruned else { return [Span { rows: 0..n_rows, pruned: None }].into() };
    // A column of several leaves has no values of its own.
    let flat = |idx: usize| {
        let column = layout.columns.get(idx).filter(|column| !column.is_nested())?;
        Some((column, chunks.get(column.leaves.start)?, &layout.fields[idx].data_type))
    };
    let predicate = &filter.filter.predicate;
    let known_of = |idx: usize| {
        let (column, chunk, to) = flat(idx)?;
        let known = guarded(&layout.file.name, || {
            // Statistics that cannot be read say nothing.
            let statistics = chunk.statistics(&layout.file.footer.metadata.footer_buf).and_then(Result::ok);
            Ok(Known::of(&layout.file, statistics, n_rows, column, to))
        });
        known.ok()
    };
    let of_group: BTreeMap<usize, Known> =
        predicate.columns().into_iter().filter_map(|idx| Some((idx, known_of(idx)?))).collect();
    let pruned = Pruned::by(predicate, |idx| of_group.get(&idx).cloned());
    // A nested column is decoded from the first of its pages, wherever a span begins.
    if pruned.is_some() || layout.columns.iter().any(FileColumn::is_nested) {
        return [Span { rows: 0..n_rows, pruned }].into();
    }
    let pages: BTreeMap<usize, Pages> = predicate
        .columns()
        .into_iter()
        .filter_map(|idx| {
            let (column, chunk, to) = flat(idx)?;
            Some((idx, Pages::read(&layout.file, chunk, column, to, n_rows)?))
        })
        .collect();
    let starts: BTreeSet<u64> = pages.values().flat_map(|pages| pages.starts.iter().copied()).collect();
    let spans = starts.iter().zip(starts.iter().skip(1).chain([&n_rows])).map(|(start, end)| {
        let known = |idx: usize| match pages.get(&idx) {
            Some(pages) => pages.at(*start).cloned(),
            None => of_group.get(&idx).cloned(),
        };
        Span { rows: *start..*end, pruned: Pruned::by(predicate, known) }
    });
    let long_enough = joined(spans).into_iter().map(|span| {
        let is_short = span.rows.end - span.rows.start < MIN_PRUNED_ROWS.max(n_rows / MAX_PRUNED_SPANS);
        Span { pruned: span.pruned.filter(|_| !is_short), ..span }
    });
    let spans = joined(long_enough);
    if spans.is_empty() { [Span { rows: 0..n_rows, pruned: None }].into() } else { spans.into() }
}

/// Spans that follow each other and of which no row passes for the sake of the same column, or rows may pass, as one.
fn joined(spans: impl Iterator<Item = Span>) -> Vec<Span> {
    let column = |span: &Span| span.pruned.as_ref().map(|pruned| pruned.column);
    let mut joined: Vec<Span> = Vec::new();
    for span in spans {
        match joined.last_mut() {
            Some(last) if column(last) == column(&span) => last.rows.end = span.rows.end,
            _ => joined.push(span),
        }
    }
    joined
}

/// That no row of a span passes the filter, and what stands in for the values of the column that says so.
pub(super) struct Pruned {
    column: usize,
    /// `None` for NULL.
    value: Option<pl::Scalar>,
}

impl Pruned {
    /// Holds what is known of columns against the filter; nothing if rows may pass.
    fn by(predicate: &Predicate, known: impl Fn(usize) -> Option<Known>) -> Option<Arc<Pruned>> {
        let Refusal { column, stand_in } = predicate.refusal(|idx| Some(known(idx)?.range()))?;
        let value = match stand_in {
            StandIn::Null => None,
            StandIn::LowerBound => {
                let bounds = known(column)?.bounds?;
                Some(pl::Scalar::new(bounds.dtype().clone(), bounds.get(0).ok()?.into_static()))
            }
        };
        Some(Arc::new(Pruned { column, value }))
    }

    /// `n_rows` rows that the filter drops, with these `decoded` columns of a stretch from its row `start` on.
    pub(super) fn frame(
        &self,
        layout: &FileLayout,
        decoded: &[Converted],
        start: usize,
        n_rows: usize,
    ) -> Result<pl::DataFrame> {
        let mut columns: Vec<pl::Column> = Vec::with_capacity(layout.fields.len());
        for (idx, field) in layout.fields.iter().enumerate() {
            let eager = layout.filter.as_ref().map_or(&[][..], |filter| &filter.eager);
            let (name, dtype) = ((&*field.name).into(), field.data_type.to_polars());
            columns.push(match (eager.iter().position(|eager| *eager == idx), &self.value) {
                (Some(at), _) => decoded[at].series.slice(start as i64, n_rows).into_column(),
                (None, Some(value)) if idx == self.column => {
                    pl::Column::new_scalar(name, value.clone(), n_rows)
                }
                _ => pl::Column::full_null(name, n_rows, &dtype),
            });
        }
        Ok(pl::DataFrame::new(n_rows, columns)?)
    }
}

/// What a file says of the values of a column in some rows.
#[derive(Clone)]
struct Known {
    /// The lower and the upper bound, as values of the decoded column.
    bounds: Option<pl::Series>,
    nulls: Nulls,
    data_type: DataType,
}

impl Known {
    /// What the statistics of `n_rows` rows say of a flat column, which is decoded as the type `to`.
    fn of(
        file: &ParquetFile,
        statistics: Option<Statistics>,
        n_rows: u64,
        column: &FileColumn,
        to: &DataType,
    ) -> Known {
        let nulls = match statistics.as_ref().and_then(Statistics::null_count) {
            _ if !column.field.nullable => Nulls::None,
            Some(0) => Nulls::None,
            Some(n) if u64::try_from(n) == Ok(n_rows) => Nulls::All,
            _ => Nulls::Some,
        };
        let orders = file.footer.metadata.column_orders.as_ref();
        let order = orders.and_then(|orders| orders.get(column.leaves.start)).copied();
        let bounds = statistics
            .and_then(|statistics| bounds(&statistics, &column.arrow.dtype, order))
            // Bounds go the way of the values, so that they stay bounds.
            .and_then(|array| convert(column, to, &*array).ok())
            .map(|converted| converted.series)
            .filter(|series| series.len() == 2 && series.null_count() == 0);
        Known { bounds, nulls, data_type: to.clone() }
    }

    fn range(&self) -> ColumnRange {
        let bounds = self.bounds.as_ref().and_then(|bounds| {
            let at = |row: usize| Some(Value::of(bounds.get(row).ok()?, &self.data_type));
            Some((at(0)?, at(1)?))
        });
        ColumnRange { bounds, nulls: self.nulls }
    }
}

/// The two bounds as the library would decode values that are equal to them; nothing where it is not certain that they are bounds by the
/// order in which we compare.
///
/// Not all that has an order is believed. Polars puts the bounds of a chunk together from those of its pages, and leaves out pages that
/// hold NaN, and compares unsigned integers and decimals in bytes as what they are not.
fn bounds(
    statistics: &Statistics,
    arrow: &ArrowDataType,
    order: Option<ColumnOrder>,
) -> Option<Box<dyn Array>> {
    use ArrowDataType as A;
    match (statistics, arrow) {
        (Statistics::Boolean(of), A::Boolean) => {
            Some(Box::new(BooleanArray::from_slice([of.min_value?, of.max_value?])))
        }
        (Statistics::Int32(of), A::Int8) => pair(of, |value| i8::try_from(value).ok()),
        (Statistics::Int32(of), A::Int16) => pair(of, |value| i16::try_from(value).ok()),
        (Statistics::Int32(of), A::Int32 | A::Date32) => pair(of, Some),
        (Statistics::Int64(of), A::Int64 | A::Timestamp(..)) => pair(of, Some),
        // So short that they are never negative.
        (Statistics::Int32(of), A::UInt8) => pair(of, |value| u8::try_from(value).ok()),
        (Statistics::Int32(of), A::UInt16) => pair(of, |value| u16::try_from(value).ok()),
        (Statistics::Int32(of), A::Decimal(..)) => pair(of, |value| Some(i128::from(value))),
        (Statistics::Int64(of), A::Decimal(..)) => pair(of, |value| Some(i128::from(value))),
        // Before orders were said, some writers compared bytes as signed.
        (Statistics::Binary(of), A::Utf8View)
            if order == Some(ColumnOrder::TypeDefinedOrder(SortOrder::Unsigned)) =>
        {
            let (low, high) = (of.min_value.as_ref()?, of.max_value.as_ref()?);
            // A bound that was cut off within a character is no text.
            let texts = [std::str::from_utf8(low).ok()?, std::str::from_utf8(high).ok()?];
            Some(Utf8ViewArray::from_slice_values(texts).boxed())
        }
        _ => None,
    }
}

fn pair<S: polars_parquet::parquet::types::NativeType, T: NativeType>(
    of: &PrimitiveStatistics<S>,
    each: impl Fn(S) -> Option<T>,
) -> Option<Box<dyn Array>> {
    let values = vec![each(of.min_value?)?, each(of.max_value?)?];
    Some(PrimitiveArray::<T>::from_vec(values).boxed())
}
