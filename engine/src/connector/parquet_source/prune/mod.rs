//! Stretches of rows of which the statistics in the footer say that none passes the filter behind the source.

use polars::prelude as pl;
use polars::prelude::IntoColumn;
use polars_arrow::array::{Array, BooleanArray, PrimitiveArray, Utf8ViewArray};
use polars_arrow::datatypes::ArrowDataType;
use polars_arrow::types::NativeType;
use polars_parquet::parquet::metadata::{ColumnOrder, SortOrder};
use polars_parquet::parquet::statistics::{PrimitiveStatistics, Statistics};
use polars_parquet::read::ColumnChunkMetadata;

use super::convert::{Converted, convert};
use super::decode::FileLayout;
use super::file::{ParquetFile, guarded};
use super::schema::FileColumn;
use crate::data::{DataType, Field, Value};
use crate::error::Result;
use crate::expr::{ColumnRange, Nulls, StandIn};
use crate::node::SourceFilter;

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
        let may_reject = |idx: usize| has_time(&fields[idx].data_type);
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
            !column.bad_times.is_empty() || (self.not_null.contains(idx) && column.series.null_count() > 0)
        })
    }
}

/// Whether there are times of day in it, which may be none.
fn has_time(data_type: &DataType) -> bool {
    match data_type {
        DataType::Time => true,
        DataType::Array(inner) => has_time(inner),
        DataType::Row(fields) => fields.iter().any(|(_, inner)| has_time(inner)),
        _ => false,
    }
}

/// That no row of a row group passes the filter, and what stands in for the values of the column that says so.
pub(super) struct Pruned {
    column: usize,
    /// `None` for NULL.
    value: Option<pl::Scalar>,
}

impl Pruned {
    /// Looks at the statistics of row group `group`; nothing if rows of it may pass.
    pub(super) fn of(layout: &FileLayout, group: usize) -> Option<Pruned> {
        let filter = layout.filter.as_ref()?;
        let chunks = layout.file.metadata.row_groups.get(group)?.parquet_columns();
        let known = |idx: usize| {
            let (column, field) = (layout.columns.get(idx)?, layout.fields.get(idx)?);
            // A column of several leaves has no values of its own.
            if column.is_nested() {
                return None;
            }
            let chunk = chunks.get(column.leaves.start)?;
            guarded(&layout.file.name, || Ok(Known::of(&layout.file, chunk, column, &field.data_type))).ok()
        };
        let refusal = filter.filter.predicate.refusal(|idx| Some(known(idx)?.range()))?;
        let value = match refusal.stand_in {
            StandIn::Null => None,
            StandIn::LowerBound => {
                let bounds = known(refusal.column)?.bounds?;
                Some(pl::Scalar::new(bounds.dtype().clone(), bounds.get(0).ok()?.into_static()))
            }
        };
        Some(Pruned { column: refusal.column, value })
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

/// What a footer says of the values of a chunk.
struct Known {
    /// The lower and the upper bound, as values of the decoded column.
    bounds: Option<pl::Series>,
    nulls: Nulls,
    data_type: DataType,
}

impl Known {
    fn of(file: &ParquetFile, chunk: &ColumnChunkMetadata, column: &FileColumn, to: &DataType) -> Known {
        // Statistics that cannot be read say nothing.
        let statistics = chunk.statistics(&file.metadata.footer_buf).and_then(|statistics| statistics.ok());
        let nulls = match statistics.as_ref().and_then(Statistics::null_count) {
            _ if !column.field.nullable => Nulls::None,
            Some(0) => Nulls::None,
            Some(n) if n == chunk.num_values() => Nulls::All,
            _ => Nulls::Some,
        };
        let orders = file.metadata.column_orders.as_ref();
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
            let at = |row: usize| match bounds.get(row).ok()? {
                // Exactly, as constants are, and not as its text reads.
                pl::AnyValue::Float32(value) => Some(Value::Double(value.into())),
                value => Some(Value::of(value, &self.data_type)),
            };
            Some((at(0)?, at(1)?))
        });
        ColumnRange { bounds, nulls: self.nulls }
    }
}

/// The two bounds as the library would decode values that are equal to them; nothing where it is not certain that they are bounds by the
/// order in which we compare.
fn bounds(
    statistics: &Statistics,
    arrow: &ArrowDataType,
    order: Option<ColumnOrder>,
) -> Option<Box<dyn Array>> {
    use ArrowDataType as A;
    let is_signed = matches!(
        order,
        None | Some(ColumnOrder::Undefined | ColumnOrder::TypeDefinedOrder(SortOrder::Signed))
    );
    let is_unsigned = matches!(order, Some(ColumnOrder::TypeDefinedOrder(SortOrder::Unsigned)));
    match (statistics, arrow) {
        (Statistics::Boolean(of), A::Boolean) => {
            Some(Box::new(BooleanArray::from_slice([of.min_value?, of.max_value?])))
        }
        (Statistics::Int32(of), A::Int8) if is_signed => pair(of, |value| i8::try_from(value).ok()),
        (Statistics::Int32(of), A::Int16) if is_signed => pair(of, |value| i16::try_from(value).ok()),
        (Statistics::Int32(of), A::Int32 | A::Date32) if is_signed => pair(of, Some),
        (Statistics::Int64(of), A::Int64 | A::Timestamp(..)) if is_signed => pair(of, Some),
        (Statistics::Int32(of), A::UInt8) if is_unsigned => pair(of, |value| u8::try_from(value as u32).ok()),
        (Statistics::Int32(of), A::UInt16) if is_unsigned => {
            pair(of, |value| u16::try_from(value as u32).ok())
        }
        (Statistics::Int32(of), A::UInt32) if is_unsigned => pair(of, |value| Some(value as u32)),
        (Statistics::Int64(of), A::UInt64) if is_unsigned => pair(of, |value| Some(value as u64)),
        // NaN lies beyond the bounds, but then it passes no test that is held against them.
        (Statistics::Float(of), A::Float32) => pair(of, Some),
        (Statistics::Double(of), A::Float64) => pair(of, Some),
        (Statistics::Int32(of), A::Decimal(..)) if is_signed => pair(of, |value| Some(i128::from(value))),
        (Statistics::Int64(of), A::Decimal(..)) if is_signed => pair(of, |value| Some(i128::from(value))),
        // Before orders were said, some writers compared the bytes.
        (Statistics::FixedLen(of), A::Decimal(..))
            if order == Some(ColumnOrder::TypeDefinedOrder(SortOrder::Signed)) =>
        {
            let (low, high) = (of.min_value.as_ref()?, of.max_value.as_ref()?);
            Some(PrimitiveArray::<i128>::from_vec(vec![unscaled(low)?, unscaled(high)?]).boxed())
        }
        (Statistics::Binary(of), A::Utf8View) if is_unsigned => {
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

/// A number in two's complement, the highest byte first.
fn unscaled(bytes: &[u8]) -> Option<i128> {
    let is_negative = bytes.first()? & 0x80 != 0;
    let mut wide = if is_negative { [0xff; 16] } else { [0; 16] };
    wide.get_mut(16_usize.checked_sub(bytes.len())?..)?.copy_from_slice(bytes);
    Some(i128::from_be_bytes(wide))
}
