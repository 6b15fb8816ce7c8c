//! What an aggregate is computed of: a column with its type resolved, once for many rows.

use polars::prelude::{
    BinaryChunked, BooleanChunked, ChunkedArray, Column, DataType as Polars, Float64Chunked, Int64Chunked,
    Int128Chunked, PolarsNumericType, StringChunked,
};
use polars_arrow::bitmap::Bitmap;
use polars_arrow::types::NativeType;

use super::states::States;
use super::{AggregateFunction, Grouped};
use crate::data::DataType;
use crate::error::{EngineError, Result};

/// The values that an [`Accumulator`](super::Accumulator) takes in, in the form that its function asks for.
#[derive(Clone, Debug)]
pub enum Argument {
    /// Rows are counted, and every one counts.
    Every,
    /// Rows are counted that have a value.
    Present(BooleanChunked),
    /// Integers, dates, times and booleans.
    Int(Int64Chunked),
    /// FLOAT and DOUBLE.
    Double(Float64Chunked),
    /// DECIMAL, unscaled.
    Decimal(Int128Chunked),
    /// STRING.
    Text(StringChunked),
    /// BYTES.
    Bytes(BinaryChunked),
}

impl Argument {
    /// What `function` takes of a column of this type, or of no column.
    ///
    /// # Errors
    /// If the column is not of the type, which is an internal fault.
    pub fn new(function: AggregateFunction, column: Option<(&Column, &DataType)>) -> Result<Argument> {
        let Some((column, data_type)) = column else { return Ok(Argument::Every) };
        let series = column.as_materialized_series();
        if function == AggregateFunction::Count {
            return Ok(match series.null_count() {
                0 => Argument::Every,
                _ => Argument::Present(series.is_not_null()),
            });
        }
        let physical = series.to_physical_repr();
        Ok(match Kind::of(data_type) {
            Kind::Int => Argument::Int(physical.cast(&Polars::Int64)?.i64()?.clone()),
            Kind::Double => Argument::Double(series.cast(&Polars::Float64)?.f64()?.clone()),
            Kind::Decimal => Argument::Decimal(physical.i128()?.clone()),
            Kind::Text => Argument::Text(series.str()?.clone()),
            Kind::Bytes => Argument::Bytes(series.binary()?.clone()),
        })
    }
}

/// Values of one size without the wrapping: a slice, and which of them are there.
pub(super) struct Plain<'a, T> {
    values: &'a [T],
    validity: Option<&'a Bitmap>,
}

impl<'a, T: NativeType> Plain<'a, T> {
    /// The values of a column in one chunk, as those of a batch are.
    pub(super) fn of<P: PolarsNumericType<Native = T>>(column: &'a ChunkedArray<P>) -> Result<Plain<'a, T>> {
        let mut chunks = column.downcast_iter();
        match (chunks.next(), chunks.next()) {
            (Some(chunk), None) => Ok(Plain {
                values: chunk.values(),
                validity: chunk.validity().filter(|validity| validity.unset_bits() > 0),
            }),
            (None, None) => Ok(Plain { values: &[], validity: None }),
            _ => Err(EngineError::internal("a column of a batch is in several chunks")),
        }
    }

    /// Folds the values of rows into the states of their groups; rows without a value are passed over.
    #[inline(always)]
    pub(super) fn fold<S>(
        &self,
        grouped: &Grouped<'_>,
        states: &mut States<S>,
        mut fold: impl FnMut(&mut S, T),
    ) {
        let values = self.values;
        match self.validity {
            None => grouped.fold(states, |state, row| fold(state, values[row])),
            Some(validity) => grouped.fold(states, |state, row| {
                if validity.get_bit(row) {
                    fold(state, values[row]);
                }
            }),
        }
    }
}

/// How the values of a type are held while they are accumulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Integers, dates, times and booleans.
    Int,
    Double,
    Decimal,
    Text,
    Bytes,
}

impl Kind {
    pub(super) fn of(data_type: &DataType) -> Kind {
        match data_type {
            DataType::Float | DataType::Double => Kind::Double,
            DataType::Decimal(..) => Kind::Decimal,
            DataType::String => Kind::Text,
            DataType::Bytes => Kind::Bytes,
            _ => Kind::Int,
        }
    }
}
