//! `min`, `max`, `first` and `last`: one of the group's own values.

use std::cmp::Ordering;

use polars::prelude::{Column, IntoColumn, NamedFrom, Series};
use polars_arrow::types::NativeType;

use super::accumulator::{Accumulator, wrong_argument};
use super::argument::{Argument, Plain};
use super::keys::int_column;
use super::states::States;
use super::sums::decimal_column;
use super::{AggregateFunction, Grouped, put_text, take_bytes, take_text};
use crate::data::DataType;
use crate::error::{EngineError, Result};

/// Which of a group's values is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pick {
    Min,
    Max,
    First,
    Last,
}

impl Pick {
    #[inline(always)]
    fn replaces<T: ?Sized>(self, kept: &T, candidate: &T, compare: impl Fn(&T, &T) -> Ordering) -> bool {
        match self {
            Pick::Min => compare(candidate, kept).is_lt(),
            Pick::Max => compare(candidate, kept).is_gt(),
            Pick::First => false,
            Pick::Last => true,
        }
    }
}

/// Values of one size.
pub(super) struct Chosen<T> {
    result: DataType,
    pick: Pick,
    values: States<Option<T>>,
}

impl<T> Chosen<T> {
    pub(super) fn new(pick: Pick, result: DataType) -> Chosen<T> {
        Chosen { result, pick, values: States::default() }
    }
}

/// A type of values of one size, from among which one is chosen.
pub(super) trait Candidate: NativeType + Send + 'static {
    /// How values compare.
    fn compare(&self, other: &Self) -> Ordering;

    /// What a value counts as.
    fn canonical(self) -> Self {
        self
    }

    /// The values of an argument of this type.
    fn values(argument: &Argument) -> Result<Plain<'_, Self>>;

    /// The values of groups as a column of the type `data_type`.
    fn column(name: &str, values: Vec<Option<Self>>, data_type: &DataType) -> Result<Column>;

    /// A value's bytes, in 16.
    fn encode(self) -> [u8; 16];

    /// The value of these bytes.
    fn decode(bytes: [u8; 16]) -> Self;
}

impl Candidate for i64 {
    #[inline(always)]
    fn compare(&self, other: &i64) -> Ordering {
        self.cmp(other)
    }

    fn values(argument: &Argument) -> Result<Plain<'_, i64>> {
        let Argument::Int(values) = argument else { return Err(wrong_argument()) };
        Plain::of(values)
    }

    fn column(name: &str, values: Vec<Option<i64>>, data_type: &DataType) -> Result<Column> {
        if *data_type == DataType::Boolean {
            let values: Vec<Option<bool>> = values.into_iter().map(|value| value.map(|v| v != 0)).collect();
            return Ok(Series::new(name.into(), values).into_column());
        }
        Ok(int_column(name, values, &data_type.to_polars())?)
    }

    fn encode(self) -> [u8; 16] {
        i128::from(self).to_le_bytes()
    }

    fn decode(bytes: [u8; 16]) -> i64 {
        i128::from_le_bytes(bytes) as i64
    }
}

impl Candidate for f64 {
    #[inline(always)]
    fn compare(&self, other: &f64) -> Ordering {
        self.total_cmp(other)
    }

    /// One NaN, greater than every number, so that the choice does not depend on order.
    #[inline(always)]
    fn canonical(self) -> f64 {
        if self.is_nan() { f64::NAN } else { self }
    }

    fn values(argument: &Argument) -> Result<Plain<'_, f64>> {
        let Argument::Double(values) = argument else { return Err(wrong_argument()) };
        Plain::of(values)
    }

    fn column(name: &str, values: Vec<Option<f64>>, data_type: &DataType) -> Result<Column> {
        Ok(Series::new(name.into(), values).cast(&data_type.to_polars())?.into_column())
    }

    fn encode(self) -> [u8; 16] {
        u128::from(self.to_bits()).to_le_bytes()
    }

    fn decode(bytes: [u8; 16]) -> f64 {
        f64::from_bits(u128::from_le_bytes(bytes) as u64)
    }
}

impl Candidate for i128 {
    #[inline(always)]
    fn compare(&self, other: &i128) -> Ordering {
        self.cmp(other)
    }

    fn values(argument: &Argument) -> Result<Plain<'_, i128>> {
        let Argument::Decimal(values) = argument else { return Err(wrong_argument()) };
        Plain::of(values)
    }

    fn column(name: &str, values: Vec<Option<i128>>, data_type: &DataType) -> Result<Column> {
        let DataType::Decimal(precision, scale) = *data_type else { return Err(wrong_argument()) };
        Ok(decimal_column(name, values, precision, scale))
    }

    fn encode(self) -> [u8; 16] {
        self.to_le_bytes()
    }

    fn decode(bytes: [u8; 16]) -> i128 {
        i128::from_le_bytes(bytes)
    }
}

impl<T: Candidate> Chosen<T> {
    /// Offers every value to its group; each pick is a loop of its own.
    fn offer(&mut self, values: &Plain<'_, T>, grouped: &Grouped<'_>) {
        macro_rules! pick {
            ($pick:expr) => {
                values.fold(grouped, &mut self.values, |held, value| {
                    let value = value.canonical();
                    if held.is_none_or(|held| $pick.replaces(&held, &value, T::compare)) {
                        *held = Some(value);
                    }
                })
            };
        }
        match self.pick {
            Pick::Min => pick!(Pick::Min),
            Pick::Max => pick!(Pick::Max),
            Pick::First => pick!(Pick::First),
            Pick::Last => pick!(Pick::Last),
        }
    }
}

impl<T: Candidate> Accumulator for Chosen<T> {
    fn accumulate(&mut self, argument: &Argument, grouped: &Grouped<'_>, n_groups: usize) -> Result<()> {
        self.values.grow(n_groups);
        self.offer(&T::values(argument)?, grouped);
        Ok(())
    }

    fn merge(&mut self, from: u32, into: u32) {
        let Some(value) = *self.values.at(from) else { return };
        let held = self.values.at_mut(into);
        if held.is_none_or(|held| self.pick.replaces(&held, &value, T::compare)) {
            *held = Some(value);
        }
    }

    fn finish(&self, _: AggregateFunction, name: &str, groups: &[u32]) -> Result<Column> {
        let values = groups.iter().map(|group| *self.values.at(*group)).collect();
        T::column(name, values, &self.result)
    }

    fn forget(&mut self, groups: &[u32]) {
        self.values.forget(groups);
    }

    fn encode(&self, group: u32, into: &mut Vec<u8>) {
        match *self.values.at(group) {
            None => into.push(0),
            Some(value) => {
                into.push(1);
                into.extend_from_slice(&value.encode());
            }
        }
    }

    fn decode(&mut self, group: u32, bytes: &mut &[u8]) -> Option<()> {
        self.values.grow(group as usize + 1);
        *self.values.at_mut(group) = match take_bytes(bytes)? {
            [0] => None,
            [1] => Some(T::decode(take_bytes(bytes)?)),
            _ => return None,
        };
        Some(())
    }
}

/// STRING and BYTES.
pub(super) struct ChosenBytes {
    result: DataType,
    pick: Pick,
    values: States<Option<Vec<u8>>>,
}

impl ChosenBytes {
    pub(super) fn new(pick: Pick, result: DataType) -> ChosenBytes {
        ChosenBytes { result, pick, values: States::default() }
    }
}

/// Offers a value to a group, which keeps the room of the one that it held.
fn offer_bytes(pick: Pick, held: &mut Option<Vec<u8>>, candidate: &[u8]) {
    match held {
        Some(held) if pick.replaces(held.as_slice(), candidate, Ord::cmp) => {
            held.clear();
            held.extend_from_slice(candidate);
        }
        Some(_) => {}
        None => *held = Some(candidate.to_vec()),
    }
}

impl Accumulator for ChosenBytes {
    fn accumulate(&mut self, argument: &Argument, grouped: &Grouped<'_>, n_groups: usize) -> Result<()> {
        self.values.grow(n_groups);
        let pick = self.pick;
        match argument {
            Argument::Text(values) => grouped.fold(&mut self.values, |held, row| {
                if let Some(value) = values.get(row) {
                    offer_bytes(pick, held, value.as_bytes());
                }
            }),
            Argument::Bytes(values) => grouped.fold(&mut self.values, |held, row| {
                if let Some(value) = values.get(row) {
                    offer_bytes(pick, held, value);
                }
            }),
            _ => return Err(wrong_argument()),
        }
        Ok(())
    }

    fn merge(&mut self, from: u32, into: u32) {
        if let Some(value) = self.values.at_mut(from).take() {
            offer_bytes(self.pick, self.values.at_mut(into), &value);
        }
    }

    fn finish(&self, _: AggregateFunction, name: &str, groups: &[u32]) -> Result<Column> {
        let values = groups.iter().map(|group| self.values.at(*group).as_deref());
        if self.result == DataType::Bytes {
            return Ok(Series::new(name.into(), values.collect::<Vec<_>>()).into_column());
        }
        let texts: Option<Vec<Option<&str>>> =
            values.map(|value| value.map(std::str::from_utf8).transpose().ok()).collect();
        let texts = texts.ok_or_else(|| EngineError::internal("a text lost its encoding"))?;
        Ok(Series::new(name.into(), texts).into_column())
    }

    fn forget(&mut self, groups: &[u32]) {
        self.values.forget(groups);
    }

    fn encode(&self, group: u32, into: &mut Vec<u8>) {
        match self.values.at(group) {
            None => into.push(0),
            Some(value) => {
                into.push(1);
                put_text(value, into);
            }
        }
    }

    fn decode(&mut self, group: u32, bytes: &mut &[u8]) -> Option<()> {
        self.values.grow(group as usize + 1);
        *self.values.at_mut(group) = match take_bytes(bytes)? {
            [0] => None,
            [1] => Some(take_text(bytes)?.to_vec()),
            _ => return None,
        };
        Some(())
    }
}
