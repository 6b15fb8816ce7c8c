//! `sum` and `avg`.

use polars::prelude::{Column, Int128Chunked, IntoColumn, IntoSeries, NamedFrom, NewChunkedArray, Series};

use super::accumulator::{Accumulator, wrong_argument};
use super::argument::{Argument, Plain};
use super::keys::int_column;
use super::states::States;
use super::{AggregateFunction, ExactSum, Grouped, take_bytes};
use crate::data::DataType;
use crate::error::{EngineError, Result};

/// Sums and means of integers and decimals, in 128 bits.
pub(super) struct IntSum {
    input: DataType,
    sums: States<Sum>,
}

/// The sum of a group's values, and how many there are.
///
/// Decimals may leave the range of 128 bits on the way to a sum that lies within it. How often they did is kept beside the rest, so that
/// whether a sum fits depends on the values alone and not on their order, or on how they were put together.
#[derive(Clone, Copy, Default)]
pub(super) struct Sum {
    sum: i128,
    /// How often the sum went over the end of its range, less how often it went under.
    overflows: i64,
    count: i64,
}

impl Sum {
    pub(super) fn new(sum: i128, count: i64) -> Sum {
        Sum { sum, overflows: 0, count }
    }

    /// Adds an integer; there are not enough of them to reach the end of the range.
    #[inline(always)]
    fn add_int(&mut self, value: i64) {
        self.sum += i128::from(value);
        self.count += 1;
    }

    #[inline(always)]
    fn add(&mut self, other: Sum) {
        let (sum, is_over) = self.sum.overflowing_add(other.sum);
        // What overflows has two parts of one sign.
        let by = if other.sum < 0 { -1 } else { 1 };
        self.sum = sum;
        self.overflows += other.overflows + if is_over { by } else { 0 };
        self.count += other.count;
    }

    /// The sum, where 128 bits hold it.
    fn total(self) -> Option<i128> {
        (self.overflows == 0).then_some(self.sum)
    }
}

impl IntSum {
    pub(super) fn new(input: DataType) -> IntSum {
        IntSum { input, sums: States::default() }
    }

    #[cfg(test)]
    pub(super) fn of_one(input: DataType, sum: Sum) -> IntSum {
        let mut one = IntSum::new(input);
        one.sums.grow(1);
        *one.sums.at_mut(0) = sum;
        one
    }
}

/// The mean of values of the type `input` with the digits of `result`, rounded half up for decimals and truncated for integers; `None`
/// if 128 bits do not hold it.
pub(super) fn mean(input: &DataType, result: &DataType, sum: i128, count: i64) -> Option<i128> {
    let (DataType::Decimal(_, from), DataType::Decimal(_, to)) = (input, result) else {
        return Some(match i64::try_from(sum) {
            // Division of 64 bits is far quicker than that of 128.
            Ok(sum) => i128::from(sum / count),
            Err(_) => sum / i128::from(count),
        });
    };
    let (scale, count) = (10_i128.pow(u32::from(to - from)), i128::from(count));
    // The rest is below the count and the scale at most 10^6, so that of both parts only the first can be too large.
    let digits = sum % count * scale;
    let away = (digits % count).abs() * 2 >= count;
    let rounded = digits / count + if away { sum.signum() } else { 0 };
    (sum / count).checked_mul(scale)?.checked_add(rounded)
}

impl Accumulator for IntSum {
    fn accumulate(&mut self, argument: &Argument, grouped: &Grouped<'_>, n_groups: usize) -> Result<()> {
        self.sums.grow(n_groups);
        match argument {
            Argument::Int(values) => Plain::of(values)?.fold(grouped, &mut self.sums, Sum::add_int),
            Argument::Decimal(values) => {
                Plain::of(values)?.fold(grouped, &mut self.sums, |sum, value| sum.add(Sum::new(value, 1)));
            }
            _ => return Err(wrong_argument()),
        }
        Ok(())
    }

    fn merge(&mut self, from: u32, into: u32) {
        let from = *self.sums.at(from);
        self.sums.at_mut(into).add(from);
    }

    fn finish(&self, function: AggregateFunction, name: &str, groups: &[u32]) -> Result<Column> {
        let result = function.result_type(Some(&self.input)).map_err(EngineError::flow)?;
        let too_large = || {
            EngineError::data(format!(
                "a value of `{name}` does not fit {result}; cast the column to a wider type first"
            ))
        };
        // NULL without values, and `None` where 128 bits do not hold the value.
        let value = |group: &u32| -> Option<Option<i128>> {
            let sum = *self.sums.at(*group);
            if sum.count == 0 {
                return Some(None);
            }
            let total = sum.total()?;
            let mean = || mean(&self.input, &result, total, sum.count);
            Some(Some(if function == AggregateFunction::Avg { mean()? } else { total }))
        };
        if let DataType::Decimal(precision, scale) = result {
            let limit = 10_u128.pow(u32::from(precision));
            let fits = |value: &Option<i128>| value.is_none_or(|value| value.unsigned_abs() < limit);
            let values: Option<_> = groups.iter().map(|group| value(group).filter(fits)).collect();
            return Ok(decimal_column(name, values.ok_or_else(too_large)?, precision, scale));
        }
        let int = |value: Option<i128>| value.map(i64::try_from).transpose().ok();
        let values: Option<_> = groups.iter().map(|group| value(group).and_then(int)).collect();
        int_column(name, values.ok_or_else(too_large)?, &result.to_polars()).map_err(|_| too_large())
    }

    fn forget(&mut self, groups: &[u32]) {
        self.sums.forget(groups);
    }

    fn encode(&self, group: u32, into: &mut Vec<u8>) {
        let sum = self.sums.at(group);
        into.extend_from_slice(&sum.sum.to_le_bytes());
        into.extend_from_slice(&sum.overflows.to_le_bytes());
        into.extend_from_slice(&sum.count.to_le_bytes());
    }

    fn decode(&mut self, group: u32, bytes: &mut &[u8]) -> Option<()> {
        self.sums.grow(group as usize + 1);
        *self.sums.at_mut(group) = Sum {
            sum: i128::from_le_bytes(take_bytes(bytes)?),
            overflows: i64::from_le_bytes(take_bytes(bytes)?),
            count: i64::from_le_bytes(take_bytes(bytes)?),
        };
        Some(())
    }
}

pub(super) fn decimal_column(name: &str, values: Vec<Option<i128>>, precision: u8, scale: u8) -> Column {
    Int128Chunked::from_iter_options(name.into(), values.into_iter())
        .into_decimal_unchecked(usize::from(precision), usize::from(scale))
        .into_series()
        .into_column()
}

/// Sums and means of doubles, exact until they are given out.
pub(super) struct DoubleSum {
    input: DataType,
    sums: States<(ExactSum, i64)>,
}

impl DoubleSum {
    pub(super) fn new(input: DataType) -> DoubleSum {
        DoubleSum { input, sums: States::default() }
    }
}

impl Accumulator for DoubleSum {
    fn accumulate(&mut self, argument: &Argument, grouped: &Grouped<'_>, n_groups: usize) -> Result<()> {
        self.sums.grow(n_groups);
        let Argument::Double(values) = argument else { return Err(wrong_argument()) };
        Plain::of(values)?.fold(grouped, &mut self.sums, |(sum, count), value| {
            sum.add(value);
            *count += 1;
        });
        Ok(())
    }

    fn merge(&mut self, from: u32, into: u32) {
        let (sum, count) = self.sums.take(from);
        let into = self.sums.at_mut(into);
        into.0.merge(&sum);
        into.1 += count;
    }

    fn finish(&self, function: AggregateFunction, name: &str, groups: &[u32]) -> Result<Column> {
        let result = function.result_type(Some(&self.input)).map_err(EngineError::flow)?;
        let divisor = |count: i64| if function == AggregateFunction::Avg { count as f64 } else { 1.0 };
        let value = |group: &u32| {
            let (sum, count) = self.sums.at(*group);
            (*count > 0).then(|| sum.value() / divisor(*count))
        };
        let values: Vec<Option<f64>> = groups.iter().map(value).collect();
        Ok(Series::new(name.into(), values).cast(&result.to_polars())?.into_column())
    }

    fn forget(&mut self, groups: &[u32]) {
        self.sums.forget(groups);
    }

    fn encode(&self, group: u32, into: &mut Vec<u8>) {
        let (sum, count) = self.sums.at(group);
        sum.encode(into);
        into.extend_from_slice(&count.to_le_bytes());
    }

    fn decode(&mut self, group: u32, bytes: &mut &[u8]) -> Option<()> {
        self.sums.grow(group as usize + 1);
        *self.sums.at_mut(group) = (ExactSum::decode(bytes)?, i64::from_le_bytes(take_bytes(bytes)?));
        Some(())
    }
}
