//! Accumulators: columns in, one value for every group out. Types are resolved once for many rows, never once a row.

use foldhash::fast::FixedState;
use hashbrown::HashSet;
use polars::prelude::{Column, Int128Chunked, IntoColumn, IntoSeries, NamedFrom, NewChunkedArray, Series};

use super::argument::{Argument, Kind};
use super::keys::int_column;
use super::{AggregateFunction, ExactSum, put_text, take_bytes, take_text};
use crate::data::DataType;
use crate::error::{EngineError, Result};

/// Keeps the value of one aggregate for any number of groups, which are numbered from 0.
pub trait Accumulator: Send {
    /// Takes in rows: row `rows[i]` belongs to group `groups[i]`, which is below `n_groups`. Rows come in arrival order.
    ///
    /// # Errors
    /// If the argument is not of the type that the accumulator was made for, which is an internal fault.
    fn accumulate(
        &mut self,
        argument: &Argument,
        rows: &[u32],
        groups: &[u32],
        n_groups: usize,
    ) -> Result<()>;

    /// The values of `groups`, as a column of this name.
    ///
    /// # Errors
    /// If a value does not fit the result's type.
    fn finish(&self, name: &str, groups: &[u32]) -> Result<Column>;

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
    let kind = Kind::of(input);
    Ok(match (function, kind) {
        (AggregateFunction::Count, _) => Box::new(Count::default()),
        (AggregateFunction::CountDistinct, _) => Box::new(CountDistinct::default()),
        (AggregateFunction::Sum | AggregateFunction::Avg, kind) => {
            let mean = function == AggregateFunction::Avg;
            match kind {
                Kind::Double => Box::new(DoubleSum { result, mean, sums: Vec::new(), counts: Vec::new() }),
                _ => Box::new(IntSum {
                    input: input.clone(),
                    result,
                    mean,
                    sums: Vec::new(),
                    counts: Vec::new(),
                }),
            }
        }
        (AggregateFunction::Min | AggregateFunction::Max, kind) => {
            let greatest = function == AggregateFunction::Max;
            let pick = if greatest { Pick::Max } else { Pick::Min };
            Box::new(Chosen { result, kind, pick, values: Vec::new() })
        }
        (AggregateFunction::First | AggregateFunction::Last, kind) => {
            let pick = if function == AggregateFunction::First { Pick::First } else { Pick::Last };
            Box::new(Chosen { result, kind, pick, values: Vec::new() })
        }
    })
}

fn grow<T: Clone + Default>(values: &mut Vec<T>, n_groups: usize) {
    if values.len() < n_groups {
        values.resize(n_groups, T::default());
    }
}

fn forget<T: Default>(values: &mut [T], groups: &[u32]) {
    for group in groups {
        values[*group as usize] = T::default();
    }
}

fn wrong_argument() -> EngineError {
    EngineError::internal("an aggregate was given a column of another type")
}

#[derive(Default)]
struct Count {
    counts: Vec<i64>,
}

impl Accumulator for Count {
    fn accumulate(
        &mut self,
        argument: &Argument,
        rows: &[u32],
        groups: &[u32],
        n_groups: usize,
    ) -> Result<()> {
        grow(&mut self.counts, n_groups);
        match argument {
            Argument::Every => groups.iter().for_each(|group| self.counts[*group as usize] += 1),
            Argument::Present(present) => {
                for (row, group) in rows.iter().zip(groups) {
                    self.counts[*group as usize] += i64::from(present.get(*row as usize) == Some(true));
                }
            }
            _ => return Err(wrong_argument()),
        }
        Ok(())
    }

    fn finish(&self, name: &str, groups: &[u32]) -> Result<Column> {
        let counts: Vec<i64> = groups.iter().map(|group| self.counts[*group as usize]).collect();
        Ok(Series::new(name.into(), counts).into_column())
    }

    fn forget(&mut self, groups: &[u32]) {
        forget(&mut self.counts, groups);
    }

    fn encode(&self, group: u32, into: &mut Vec<u8>) {
        into.extend_from_slice(&self.counts[group as usize].to_le_bytes());
    }

    fn decode(&mut self, group: u32, bytes: &mut &[u8]) -> Option<()> {
        grow(&mut self.counts, group as usize + 1);
        self.counts[group as usize] = i64::from_le_bytes(take_bytes(bytes)?);
        Some(())
    }
}

/// The different values of each group, in canonical bytes.
#[derive(Default)]
struct CountDistinct {
    seen: Vec<HashSet<Box<[u8]>, FixedState>>,
}

impl CountDistinct {
    fn offer(&mut self, group: u32, value: &[u8]) {
        let seen = &mut self.seen[group as usize];
        if !seen.contains(value) {
            seen.insert(value.into());
        }
    }
}

impl Accumulator for CountDistinct {
    fn accumulate(
        &mut self,
        argument: &Argument,
        rows: &[u32],
        groups: &[u32],
        n_groups: usize,
    ) -> Result<()> {
        grow(&mut self.seen, n_groups);
        let pairs = rows.iter().map(|row| *row as usize).zip(groups.iter().copied());
        match argument {
            Argument::Int(values) => {
                for (row, group) in pairs {
                    values.get(row).into_iter().for_each(|value| self.offer(group, &value.to_le_bytes()));
                }
            }
            Argument::Decimal(values) => {
                for (row, group) in pairs {
                    values.get(row).into_iter().for_each(|value| self.offer(group, &value.to_le_bytes()));
                }
            }
            Argument::Double(values) => {
                for (row, group) in pairs {
                    let Some(value) = values.get(row) else { continue };
                    let value = if value.is_nan() { f64::NAN } else { value + 0.0 };
                    self.offer(group, &value.to_bits().to_le_bytes());
                }
            }
            Argument::Text(values) => {
                for (row, group) in pairs {
                    values.get(row).into_iter().for_each(|value| self.offer(group, value.as_bytes()));
                }
            }
            Argument::Bytes(values) => {
                for (row, group) in pairs {
                    values.get(row).into_iter().for_each(|value| self.offer(group, value));
                }
            }
            Argument::Every | Argument::Present(_) => return Err(wrong_argument()),
        }
        Ok(())
    }

    fn finish(&self, name: &str, groups: &[u32]) -> Result<Column> {
        let counts: Vec<i64> = groups.iter().map(|group| self.seen[*group as usize].len() as i64).collect();
        Ok(Series::new(name.into(), counts).into_column())
    }

    fn forget(&mut self, groups: &[u32]) {
        forget(&mut self.seen, groups);
    }

    fn encode(&self, group: u32, into: &mut Vec<u8>) {
        let mut values: Vec<&[u8]> = self.seen[group as usize].iter().map(|value| &**value).collect();
        values.sort_unstable();
        into.extend_from_slice(&(values.len() as u32).to_le_bytes());
        values.into_iter().for_each(|value| put_text(value, into));
    }

    fn decode(&mut self, group: u32, bytes: &mut &[u8]) -> Option<()> {
        grow(&mut self.seen, group as usize + 1);
        for _ in 0..u32::from_le_bytes(take_bytes(bytes)?) {
            let value = take_text(bytes)?;
            self.offer(group, value);
        }
        Some(())
    }
}

/// Sums and means of integers and decimals, in 128 bits.
struct IntSum {
    input: DataType,
    result: DataType,
    mean: bool,
    sums: Vec<i128>,
    counts: Vec<i64>,
}

impl IntSum {
    fn add(&mut self, group: u32, value: i128) -> Result<()> {
        let sum = &mut self.sums[group as usize];
        *sum = sum.checked_add(value).ok_or_else(|| EngineError::data("a sum exceeds 38 digits"))?;
        self.counts[group as usize] += 1;
        Ok(())
    }

    /// The mean with the digits of the result, rounded half up for decimals and truncated for integers.
    fn mean_of(&self, sum: i128, count: i64) -> Option<i128> {
        let (DataType::Decimal(_, from), DataType::Decimal(_, to)) = (&self.input, &self.result) else {
            return Some(sum / i128::from(count));
        };
        let (scale, count) = (10_i128.pow(u32::from(to - from)), i128::from(count));
        // The rest is below the count and the scale at most 10^6, so that of both parts only the first can be too large.
        let digits = sum % count * scale;
        let away = (digits % count).abs() * 2 >= count;
        let rounded = digits / count + if away { sum.signum() } else { 0 };
        (sum / count).checked_mul(scale)?.checked_add(rounded)
    }
}

impl Accumulator for IntSum {
    fn accumulate(
        &mut self,
        argument: &Argument,
        rows: &[u32],
        groups: &[u32],
        n_groups: usize,
    ) -> Result<()> {
        grow(&mut self.sums, n_groups);
        grow(&mut self.counts, n_groups);
        match argument {
            Argument::Int(values) => {
                for (row, group) in rows.iter().zip(groups) {
                    if let Some(value) = values.get(*row as usize) {
                        self.sums[*group as usize] += i128::from(value);
                        self.counts[*group as usize] += 1;
                    }
                }
            }
            Argument::Decimal(values) => {
                for (row, group) in rows.iter().zip(groups) {
                    if let Some(value) = values.get(*row as usize) {
                        self.add(*group, value)?;
                    }
                }
            }
            _ => return Err(wrong_argument()),
        }
        Ok(())
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
            let (sum, count) = (self.sums[*group as usize], self.counts[*group as usize]);
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
        forget(&mut self.counts, groups);
    }

    fn encode(&self, group: u32, into: &mut Vec<u8>) {
        into.extend_from_slice(&self.sums[group as usize].to_le_bytes());
        into.extend_from_slice(&self.counts[group as usize].to_le_bytes());
    }

    fn decode(&mut self, group: u32, bytes: &mut &[u8]) -> Option<()> {
        grow(&mut self.sums, group as usize + 1);
        grow(&mut self.counts, group as usize + 1);
        self.sums[group as usize] = i128::from_le_bytes(take_bytes(bytes)?);
        self.counts[group as usize] = i64::from_le_bytes(take_bytes(bytes)?);
        Some(())
    }
}

fn decimal_column(name: &str, values: Vec<Option<i128>>, precision: u8, scale: u8) -> Column {
    Int128Chunked::from_iter_options(name.into(), values.into_iter())
        .into_decimal_unchecked(usize::from(precision), usize::from(scale))
        .into_series()
        .into_column()
}

/// Sums and means of doubles, exact until they are given out.
struct DoubleSum {
    result: DataType,
    mean: bool,
    sums: Vec<ExactSum>,
    counts: Vec<i64>,
}

impl Accumulator for DoubleSum {
    fn accumulate(
        &mut self,
        argument: &Argument,
        rows: &[u32],
        groups: &[u32],
        n_groups: usize,
    ) -> Result<()> {
        grow(&mut self.sums, n_groups);
        grow(&mut self.counts, n_groups);
        let Argument::Double(values) = argument else { return Err(wrong_argument()) };
        for (row, group) in rows.iter().zip(groups) {
            if let Some(value) = values.get(*row as usize) {
                self.sums[*group as usize].add(value);
                self.counts[*group as usize] += 1;
            }
        }
        Ok(())
    }

    fn finish(&self, name: &str, groups: &[u32]) -> Result<Column> {
        let value = |group: &u32| {
            let (sum, count) = (&self.sums[*group as usize], self.counts[*group as usize]);
            (count > 0).then(|| if self.mean { sum.value() / count as f64 } else { sum.value() })
        };
        let values: Vec<Option<f64>> = groups.iter().map(value).collect();
        Ok(Series::new(name.into(), values).cast(&self.result.to_polars())?.into_column())
    }

    fn forget(&mut self, groups: &[u32]) {
        forget(&mut self.sums, groups);
        forget(&mut self.counts, groups);
    }

    fn encode(&self, group: u32, into: &mut Vec<u8>) {
        self.sums[group as usize].encode(into);
        into.extend_from_slice(&self.counts[group as usize].to_le_bytes());
    }

    fn decode(&mut self, group: u32, bytes: &mut &[u8]) -> Option<()> {
        grow(&mut self.sums, group as usize + 1);
        grow(&mut self.counts, group as usize + 1);
        self.sums[group as usize] = ExactSum::decode(bytes)?;
        self.counts[group as usize] = i64::from_le_bytes(take_bytes(bytes)?);
        Some(())
    }
}

/// Which of a group's values is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pick {
    Min,
    Max,
    First,
    Last,
}

impl Pick {
    #[inline]
    fn replaces<T>(self, kept: &T, candidate: &T, compare: impl Fn(&T, &T) -> std::cmp::Ordering) -> bool {
        match self {
            Pick::Min => compare(candidate, kept).is_lt(),
            Pick::Max => compare(candidate, kept).is_gt(),
            Pick::First => false,
            Pick::Last => true,
        }
    }
}

/// Minimum, maximum, first and last: one of the group's own values.
struct Chosen {
    result: DataType,
    kind: Kind,
    pick: Pick,
    values: Vec<Held>,
}

/// A value that a group holds on to.
#[derive(Clone, Debug, Default, PartialEq)]
enum Held {
    #[default]
    Nothing,
    Int(i64),
    Double(f64),
    Decimal(i128),
    Bytes(Vec<u8>),
}

impl Chosen {
    #[inline]
    fn offer_bytes(&mut self, group: u32, candidate: &[u8]) {
        let held = &mut self.values[group as usize];
        match held {
            Held::Bytes(kept) => {
                if self.pick.replaces(&kept.as_slice(), &candidate, Ord::cmp) {
                    kept.clear();
                    kept.extend_from_slice(candidate);
                }
            }
            _ => *held = Held::Bytes(candidate.to_vec()),
        }
    }
}

impl Accumulator for Chosen {
    fn accumulate(
        &mut self,
        argument: &Argument,
        rows: &[u32],
        groups: &[u32],
        n_groups: usize,
    ) -> Result<()> {
        grow(&mut self.values, n_groups);
        let pick = self.pick;
        match argument {
            Argument::Int(values) => {
                for (row, group) in rows.iter().zip(groups) {
                    let Some(value) = values.get(*row as usize) else { continue };
                    match &mut self.values[*group as usize] {
                        Held::Int(kept) if !pick.replaces(kept, &value, i64::cmp) => {}
                        held => *held = Held::Int(value),
                    }
                }
            }
            Argument::Double(values) => {
                for (row, group) in rows.iter().zip(groups) {
                    let Some(value) = values.get(*row as usize) else { continue };
                    // One NaN, greater than every number, so that the choice does not depend on order.
                    let value = if value.is_nan() { f64::NAN } else { value };
                    match &mut self.values[*group as usize] {
                        Held::Double(kept) if !pick.replaces(kept, &value, f64::total_cmp) => {}
                        held => *held = Held::Double(value),
                    }
                }
            }
            Argument::Decimal(values) => {
                for (row, group) in rows.iter().zip(groups) {
                    let Some(value) = values.get(*row as usize) else { continue };
                    match &mut self.values[*group as usize] {
                        Held::Decimal(kept) if !pick.replaces(kept, &value, i128::cmp) => {}
                        held => *held = Held::Decimal(value),
                    }
                }
            }
            Argument::Text(values) => {
                for (row, group) in rows.iter().zip(groups) {
                    if let Some(value) = values.get(*row as usize) {
                        self.offer_bytes(*group, value.as_bytes());
                    }
                }
            }
            Argument::Bytes(values) => {
                for (row, group) in rows.iter().zip(groups) {
                    if let Some(value) = values.get(*row as usize) {
                        self.offer_bytes(*group, value);
                    }
                }
            }
            Argument::Every | Argument::Present(_) => return Err(wrong_argument()),
        }
        Ok(())
    }

    fn finish(&self, name: &str, groups: &[u32]) -> Result<Column> {
        let held = |group: &u32| &self.values[*group as usize];
        let dtype = self.result.to_polars();
        match self.kind {
            Kind::Int => {
                let values =
                    groups.iter().map(held).map(|held| if let Held::Int(v) = held { Some(*v) } else { None });
                let values: Vec<Option<i64>> = values.collect();
                if self.result == DataType::Boolean {
                    let values: Vec<Option<bool>> =
                        values.into_iter().map(|value| value.map(|v| v != 0)).collect();
                    return Ok(Series::new(name.into(), values).into_column());
                }
                Ok(int_column(name, values, &dtype)?)
            }
            Kind::Double => {
                let values = groups
                    .iter()
                    .map(held)
                    .map(|held| if let Held::Double(v) = held { Some(*v) } else { None });
                let values: Vec<Option<f64>> = values.collect();
                Ok(Series::new(name.into(), values).cast(&dtype)?.into_column())
            }
            Kind::Decimal => {
                let values = groups
                    .iter()
                    .map(held)
                    .map(|held| if let Held::Decimal(v) = held { Some(*v) } else { None });
                let DataType::Decimal(precision, scale) = self.result else { return Err(wrong_argument()) };
                Ok(decimal_column(name, values.collect(), precision, scale))
            }
            Kind::Text => {
                let mut values: Vec<Option<&str>> = Vec::with_capacity(groups.len());
                for group in groups {
                    values.push(match held(group) {
                        Held::Bytes(bytes) => Some(
                            std::str::from_utf8(bytes)
                                .map_err(|_| EngineError::internal("a text lost its encoding"))?,
                        ),
                        _ => None,
                    });
                }
                Ok(Series::new(name.into(), values).into_column())
            }
            Kind::Bytes => {
                let values = groups
                    .iter()
                    .map(held)
                    .map(|held| if let Held::Bytes(v) = held { Some(v.as_slice()) } else { None });
                let values: Vec<Option<&[u8]>> = values.collect();
                Ok(Series::new(name.into(), values).into_column())
            }
        }
    }

    fn forget(&mut self, groups: &[u32]) {
        forget(&mut self.values, groups);
    }

    fn encode(&self, group: u32, into: &mut Vec<u8>) {
        match &self.values[group as usize] {
            Held::Nothing => into.push(0),
            Held::Int(value) => {
                into.push(1);
                into.extend_from_slice(&value.to_le_bytes());
            }
            Held::Double(value) => {
                into.push(2);
                into.extend_from_slice(&value.to_bits().to_le_bytes());
            }
            Held::Decimal(value) => {
                into.push(3);
                into.extend_from_slice(&value.to_le_bytes());
            }
            Held::Bytes(value) => {
                into.push(4);
                put_text(value, into);
            }
        }
    }

    fn decode(&mut self, group: u32, bytes: &mut &[u8]) -> Option<()> {
        grow(&mut self.values, group as usize + 1);
        self.values[group as usize] = match take_bytes(bytes)? {
            [0] => Held::Nothing,
            [1] => Held::Int(i64::from_le_bytes(take_bytes(bytes)?)),
            [2] => Held::Double(f64::from_bits(u64::from_le_bytes(take_bytes(bytes)?))),
            [3] => Held::Decimal(i128::from_le_bytes(take_bytes(bytes)?)),
            [4] => Held::Bytes(take_text(bytes)?.to_vec()),
            _ => return None,
        };
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Value;
    use proptest::prelude::*;

    /// The value of each of two groups after rows have gone to them in turn.
    fn over(function: AggregateFunction, data_type: &DataType, series: &Series) -> [String; 2] {
        let n_rows = series.len() as u32;
        let column = series.cast(&data_type.to_polars()).expect("castable").into_column();
        let mut accumulator = accumulator(function, Some(data_type)).expect("takes the type");
        let rows: Vec<u32> = (0..n_rows).collect();
        let groups: Vec<u32> = rows.iter().map(|row| row % 2).collect();
        let argument = Argument::new(function, Some((&column, data_type))).expect("typed");
        accumulator.accumulate(&argument, &rows, &groups, 2).expect("typed");
        // What is written down and read back in other groups must be the same.
        let mut restored = super::accumulator(function, Some(data_type)).expect("takes the type");
        for group in 0..2 {
            let mut bytes = Vec::new();
            accumulator.encode(group, &mut bytes);
            let mut rest = bytes.as_slice();
            restored.decode(1 - group, &mut rest).expect("its own bytes");
            assert!(rest.is_empty());
        }
        let result = function.result_type(Some(data_type)).expect("takes the type");
        let column = accumulator.finish("x", &[0, 1]).expect("fits");
        assert_eq!(column.dtype(), &result.to_polars());
        assert_eq!(column, restored.finish("x", &[1, 0]).expect("fits"));
        // A group that was forgotten starts anew, and leaves the other alone.
        accumulator.forget(&[0]);
        let without = accumulator.finish("x", &[0, 1]).expect("fits");
        assert_eq!(Value::at(&without, &result, 1).to_string(), Value::at(&column, &result, 1).to_string());
        accumulator.accumulate(&argument, &rows, &groups, 2).expect("typed");
        let anew = accumulator.finish("x", &[0]).expect("fits");
        assert_eq!(Value::at(&anew, &result, 0).to_string(), Value::at(&column, &result, 0).to_string());
        [0, 1].map(|group| Value::at(&column, &result, group).to_string())
    }

    #[test]
    fn nulls_count_for_nothing_and_no_value_is_null() {
        let values = || Series::new("x".into(), [Some(3_i64), None, Some(4), None, Some(4), None]);
        let expected = [
            (AggregateFunction::Count, "3", "0"),
            (AggregateFunction::CountDistinct, "2", "0"),
            (AggregateFunction::Sum, "11", ""),
            (AggregateFunction::Avg, "3", ""),
            (AggregateFunction::Min, "3", ""),
            (AggregateFunction::Max, "4", ""),
            (AggregateFunction::First, "3", ""),
            (AggregateFunction::Last, "4", ""),
        ];
        for (function, first, second) in expected {
            assert_eq!(over(function, &DataType::BigInt, &values()), [first, second], "{}", function.name());
        }
    }

    #[test]
    fn integer_means_truncate_toward_zero() {
        let values = Series::new("x".into(), [-3_i64, 7, -4, 8]);
        assert_eq!(over(AggregateFunction::Avg, &DataType::Int, &values), ["-3", "7"]);
    }

    #[test]
    fn every_type_can_be_chosen_from() {
        let texts = || Series::new("x".into(), ["b", "z", "a", "y", "c", "x"]);
        assert_eq!(over(AggregateFunction::Min, &DataType::String, &texts()), ["a", "x"]);
        assert_eq!(over(AggregateFunction::Last, &DataType::String, &texts()), ["c", "x"]);
        let times = Series::new("x".into(), [5_i64, 0, 3, 86_400_000]);
        let expected = ["1970-01-01 00:00:00.005", "1970-01-02 00:00:00.000"];
        assert_eq!(over(AggregateFunction::Max, &DataType::Timestamp, &times), expected);
        let flags = Series::new("x".into(), [true, false, false, false]);
        assert_eq!(over(AggregateFunction::Max, &DataType::Boolean, &flags), ["true", "false"]);
        let doubles = Series::new("x".into(), [1.5, f64::NAN, -0.0, 2.0]);
        assert_eq!(over(AggregateFunction::Max, &DataType::Double, &doubles), ["1.5", "NaN"]);
    }

    #[test]
    fn a_sum_that_does_not_fit_its_type_says_so() {
        let column = Series::new("x".into(), [i32::MAX, 1]).into_column();
        let mut sum = accumulator(AggregateFunction::Sum, Some(&DataType::Int)).expect("takes the type");
        let argument = Argument::new(AggregateFunction::Sum, Some((&column, &DataType::Int))).expect("typed");
        sum.accumulate(&argument, &[0, 1], &[0, 0], 1).expect("typed");
        let error = sum.finish("total", &[0]).expect_err("too large");
        assert!(error.to_string().contains("`total`") && error.to_string().contains("cast"));
    }

    /// The mean of decimals in schoolbook digits: `sum · 10^zeros / count`, rounded half up by magnitude.
    fn long_division(sum: i128, count: i64, zeros: usize) -> String {
        let divisor = i128::from(count);
        let (mut digits, mut rest) = (String::new(), 0_i128);
        for digit in (sum.unsigned_abs().to_string() + &"0".repeat(zeros)).bytes() {
            rest = rest * 10 + i128::from(digit - b'0');
            digits.push(char::from(b'0' + (rest / divisor) as u8));
            rest %= divisor;
        }
        let mut digits = digits.into_bytes();
        if rest * 2 >= divisor {
            let n_nines = digits.iter().rev().take_while(|digit| **digit == b'9').count();
            let n_kept = digits.len() - n_nines;
            digits[n_kept..].fill(b'0');
            match n_kept.checked_sub(1) {
                Some(last) => digits[last] += 1,
                None => digits.insert(0, b'1'),
            }
        }
        let digits: String = digits.into_iter().map(char::from).collect();
        let digits = digits.trim_start_matches('0');
        if digits.is_empty() { "0".to_owned() } else { "-".repeat((sum < 0).into()) + digits }
    }

    proptest! {
        #[test]
        fn decimal_means_are_those_of_arithmetic_without_bounds(
            sum in prop_oneof![any::<i128>(), any::<i64>().prop_map(i128::from), -2_000..2_000_i128],
            count in prop_oneof![1..1_000_i64, 1..i64::MAX],
            scale in 0..12_u8,
        ) {
            let input = DataType::Decimal(38, scale);
            let result = AggregateFunction::Avg.result_type(Some(&input)).expect("takes the type");
            let DataType::Decimal(_, to) = result else { panic!("the mean of decimals is one") };
            let mean = IntSum { input, result, mean: true, sums: vec![sum], counts: vec![count] };
            let expected = long_division(sum, count, usize::from(to - scale));
            let actual = mean.mean_of(sum, count).map(|mean| mean.to_string());
            prop_assert_eq!(actual, expected.parse::<i128>().ok().map(|_| expected.clone()));
        }
    }

    #[test]
    fn a_mean_fits_where_its_sum_has_no_room_for_more_digits() {
        let sum = 10_i128.pow(34);
        let (input, result) = (DataType::Decimal(38, 0), DataType::Decimal(38, 6));
        let mean = IntSum { input, result, mean: true, sums: vec![sum], counts: vec![10_000] };
        let column = mean.finish("m", &[0]).expect("fits");
        let value = Value::at(&column, &DataType::Decimal(38, 6), 0).to_string();
        assert_eq!(value, format!("1{}.000000", "0".repeat(30)));
    }

    #[test]
    fn decimal_means_have_six_digits_and_round_half_up() {
        let column = decimal_column("x", vec![Some(1), Some(1), Some(2)], 10, 1);
        let data_type = DataType::Decimal(10, 1);
        let mut mean = accumulator(AggregateFunction::Avg, Some(&data_type)).expect("takes the type");
        let argument = Argument::new(AggregateFunction::Avg, Some((&column, &data_type))).expect("typed");
        mean.accumulate(&argument, &[0, 1, 2], &[0, 0, 0], 1).expect("typed");
        let result = mean.finish("m", &[0]).expect("fits");
        assert_eq!(Value::at(&result, &DataType::Decimal(38, 6), 0).to_string(), "0.133333");
    }
}
