//! `sum` and `avg`.

use polars::prelude::{Column, Int128Chunked, IntoColumn, IntoSeries, NamedFrom, NewChunkedArray, Series};

use super::accumulator::{Accumulator, forget, grow, wrong_argument};
use super::argument::{Argument, Plain};
use super::keys::int_column;
use super::{ExactSum, Grouped, take_bytes};
use crate::data::DataType;
use crate::error::{EngineError, Result};

/// Sums and means of integers and decimals, in 128 bits.
pub(super) struct IntSum {
    input: DataType,
    result: DataType,
    mean: bool,
    sums: Vec<Sum>,
}

/// The sum of a group's values, and how many there are.
#[derive(Clone, Copy, Default)]
pub(super) struct Sum {
    pub(super) sum: i128,
    pub(super) count: i64,
}

impl Sum {
    /// Adds decimals, whose digits may reach the end of the range.
    fn add(&mut self, other: Sum) -> Result<()> {
        let sum = self.sum.checked_add(other.sum);
        self.sum = sum.ok_or_else(|| EngineError::data("a sum exceeds 38 digits"))?;
        self.count += other.count;
        Ok(())
    }
}

impl IntSum {
    pub(super) fn new(input: DataType, result: DataType, mean: bool) -> IntSum {
        IntSum { input, result, mean, sums: Vec::new() }
    }

    /// The mean with the digits of the result, rounded half up for decimals and truncated for integers.
    pub(super) fn mean_of(&self, sum: i128, count: i64) -> Option<i128> {
        let (DataType::Decimal(_, from), DataType::Decimal(_, to)) = (&self.input, &self.result) else {
            return Some(match i64::try_from(sum) {
                // Division of 64 bits is far quicker than that of 128. Only one quotient has no room.
                Ok(sum) => sum.checked_div(count).map_or(-i128::from(sum), i128::from),
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

    #[cfg(test)]
    pub(super) fn of_one(input: DataType, result: DataType, sum: Sum) -> IntSum {
        IntSum { input, result, mean: true, sums: vec![sum] }
    }
}

impl Accumulator for IntSum {
    fn accumulate(&mut self, argument: &Argument, grouped: &Grouped<'_>, n_groups: usize) -> Result<()> {
        grow(&mut self.sums, n_groups);
        match argument {
            Argument::Int(values) => Plain::of(values)?.fold(grouped, &mut self.sums, |sum, value| {
                sum.sum += i128::from(value);
                sum.count += 1;
            }),
            Argument::Decimal(values) => {
                let mut failed = None;
                Plain::of(values)?.fold(grouped, &mut self.sums, |sum, value| {
                    if let Err(error) = sum.add(Sum { sum: value, count: 1 }) {
                        failed.get_or_insert(error);
                    }
                });
                return failed.map_or(Ok(()), Err);
            }
            _ => return Err(wrong_argument()),
        }
        Ok(())
    }

    fn merge(&mut self, from: u32, into: u32) -> Result<()> {
        let from = self.sums[from as usize];
        self.sums[into as usize].add(from)
    }

    fn finish(&self, name: &str, groups: &[u32]) -> Result<Column> {
        let too_large = || {
            EngineError::data(format!(
                "a value of `{name}` does not fit {}; cast the column to a wider type first",
                self.result
            ))
        };
        let mut values: Vec<Option<i128>> = Vec::with_capacity(groups.len());
        for group in groups {
            let Sum { sum, count } = self.sums[*group as usize];
            values.push(match count {
                0 => None,
                _ if self.mean => Some(self.mean_of(sum, count).ok_or_else(too_large)?),
                _ => Some(sum),
            });
        }
        if let DataType::Decimal(precision, scale) = self.result {
            let limit = 10_u128.pow(u32::from(precision));
            if values.iter().flatten().any(|value| value.unsigned_abs() >= limit) {
                return Err(too_large());
            }
            return Ok(decimal_column(name, values, precision, scale));
        }
        let ints: Option<Vec<Option<i64>>> =
            values.into_iter().map(|value| value.map(i64::try_from).transpose().ok()).collect();
        int_column(name, ints.ok_or_else(too_large)?, &self.result.to_polars()).map_err(|_| too_large())
    }

    fn forget(&mut self, groups: &[u32]) {
        forget(&mut self.sums, groups);
    }

    fn encode(&self, group: u32, into: &mut Vec<u8>) {
        let Sum { sum, count } = self.sums[group as usize];
        into.extend_from_slice(&sum.to_le_bytes());
        into.extend_from_slice(&count.to_le_bytes());
    }

    fn decode(&mut self, group: u32, bytes: &mut &[u8]) -> Option<()> {
        grow(&mut self.sums, group as usize + 1);
        self.sums[group as usize] = Sum {
            sum: i128::from_le_bytes(take_bytes(bytes)?),
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
    result: DataType,
    mean: bool,
    sums: Vec<(ExactSum, i64)>,
}

impl DoubleSum {
    pub(super) fn new(result: DataType, mean: bool) -> DoubleSum {
        DoubleSum { result, mean, sums: Vec::new() }
    }
}

impl Accumulator for DoubleSum {
    fn accumulate(&mut self, argument: &Argument, grouped: &Grouped<'_>, n_groups: usize) -> Result<()> {
        grow(&mut self.sums, n_groups);
        let Argument::Double(values) = argument else { return Err(wrong_argument()) };
        Plain::of(values)?.fold(grouped, &mut self.sums, |(sum, count), value| {
            sum.add(value);
            *count += 1;
        });
        Ok(())
    }

    fn merge(&mut self, from: u32, into: u32) -> Result<()> {
        let (sum, count) = std::mem::take(&mut self.sums[from as usize]);
        let into = &mut self.sums[into as usize];
        into.0.merge(&sum);
        into.1 += count;
        Ok(())
    }

    fn finish(&self, name: &str, groups: &[u32]) -> Result<Column> {
        let value = |group: &u32| {
            let (sum, count) = &self.sums[*group as usize];
            (*count > 0).then(|| if self.mean { sum.value() / *count as f64 } else { sum.value() })
        };
        let values: Vec<Option<f64>> = groups.iter().map(value).collect();
        Ok(Series::new(name.into(), values).cast(&self.result.to_polars())?.into_column())
    }

    fn forget(&mut self, groups: &[u32]) {
        forget(&mut self.sums, groups);
    }

    fn encode(&self, group: u32, into: &mut Vec<u8>) {
        let (sum, count) = &self.sums[group as usize];
        sum.encode(into);
        into.extend_from_slice(&count.to_le_bytes());
    }

    fn decode(&mut self, group: u32, bytes: &mut &[u8]) -> Option<()> {
        grow(&mut self.sums, group as usize + 1);
        self.sums[group as usize] = (ExactSum::decode(bytes)?, i64::from_le_bytes(take_bytes(bytes)?));
        Some(())
    }
}
