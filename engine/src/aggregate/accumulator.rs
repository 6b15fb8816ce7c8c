//! What an accumulator promises: columns in, one value for every group out. Types are resolved once for many rows, never once a row.

use polars::prelude::Column;

use super::argument::{Argument, Kind};
use super::chosen::{Chosen, ChosenBytes, Pick};
use super::count::Count;
use super::distinct::CountDistinct;
use super::sums::{DoubleSum, IntSum};
use super::{AggregateFunction, Grouped};
use crate::data::DataType;
use crate::error::{EngineError, Result};

/// Keeps the value of one aggregate for any number of groups, which are numbered from 0.
pub trait Accumulator: Send {
    /// Takes in rows, which come in arrival order. Their groups are below `n_groups`.
    ///
    /// # Errors
    /// If the argument is not of the type that the accumulator was made for, which is an internal fault.
    fn accumulate(&mut self, argument: &Argument, grouped: &Grouped<'_>, n_groups: usize) -> Result<()>;

    /// Takes what the rows of group `from` came to into group `into`, whose rows came before them. What `from` holds is left open.
    fn merge(&mut self, from: u32, into: u32);

    /// The values of `groups`, as a column of this name. The function is the one that the accumulator was made for, or another that is
    /// told from the same state.
    ///
    /// # Errors
    /// If a value does not fit the result's type.
    fn finish(&self, function: AggregateFunction, name: &str, groups: &[u32]) -> Result<Column>;

    /// Makes `groups` what they were before their first row, and lets go of what they held.
    fn forget(&mut self, groups: &[u32]);

    /// Writes one group down for a checkpoint.
    fn encode(&self, group: u32, into: &mut Vec<u8>);

    /// Reads one group back as the group `group`; `None` if the bytes are not one.
    fn decode(&mut self, group: u32, bytes: &mut &[u8]) -> Option<()>;
}

/// The accumulator of a function over a column of this type.
///
/// # Errors
/// If the function does not take the type; validation has said so.
pub fn accumulator(function: AggregateFunction, input: Option<&DataType>) -> Result<Box<dyn Accumulator>> {
    let result = function.result_type(input).map_err(EngineError::flow)?;
    let Some(input) = input else { return Ok(Box::new(Count::default())) };
    let chosen = |pick: Pick, result: DataType| -> Box<dyn Accumulator> {
        match Kind::of(input) {
            Kind::Int => Box::new(Chosen::<i64>::new(pick, result)),
            Kind::Double => Box::new(Chosen::<f64>::new(pick, result)),
            Kind::Decimal => Box::new(Chosen::<i128>::new(pick, result)),
            Kind::Text | Kind::Bytes => Box::new(ChosenBytes::new(pick, result)),
        }
    };
    Ok(match function {
        AggregateFunction::Count => Box::new(Count::default()),
        AggregateFunction::CountDistinct => Box::new(CountDistinct::default()),
        AggregateFunction::Sum | AggregateFunction::Avg => match Kind::of(input) {
            Kind::Double => Box::new(DoubleSum::new(input.clone())),
            _ => Box::new(IntSum::new(input.clone())),
        },
        AggregateFunction::Min => chosen(Pick::Min, result),
        AggregateFunction::Max => chosen(Pick::Max, result),
        AggregateFunction::First => chosen(Pick::First, result),
        AggregateFunction::Last => chosen(Pick::Last, result),
    })
}

pub(super) fn wrong_argument() -> EngineError {
    EngineError::internal("an aggregate was given a column of another type")
}
