//! `count_distinct`: how many different values.

use foldhash::fast::FixedState;
use hashbrown::HashSet;
use polars::prelude::{Column, IntoColumn, NamedFrom, Series};

use super::accumulator::{Accumulator, wrong_argument};
use super::argument::Plain;
use super::states::States;
use super::{AggregateFunction, Argument, Grouped, put_text, take_bytes, take_text};
use crate::error::Result;

type Set<T> = HashSet<T, FixedState>;

/// The different values of each group: whole numbers as they are, all others in canonical bytes.
#[derive(Default)]
pub(super) struct CountDistinct {
    seen: States<Seen>,
}

/// What a group has seen. Only one of the two is ever used, by the type of the column.
#[derive(Default)]
struct Seen {
    ints: Set<i64>,
    bytes: Set<Box<[u8]>>,
}

impl Seen {
    fn offer(&mut self, value: &[u8]) {
        if !self.bytes.contains(value) {
            self.bytes.insert(value.into());
        }
    }

    fn len(&self) -> usize {
        self.ints.len() + self.bytes.len()
    }
}

impl Accumulator for CountDistinct {
    fn accumulate(&mut self, argument: &Argument, grouped: &Grouped<'_>, n_groups: usize) -> Result<()> {
        self.seen.grow(n_groups);
        let seen = &mut self.seen;
        match argument {
            Argument::Int(values) => Plain::of(values)?.fold(grouped, seen, |seen, value| {
                seen.ints.insert(value);
            }),
            Argument::Decimal(values) => {
                Plain::of(values)?.fold(grouped, seen, |seen, value| seen.offer(&value.to_le_bytes()));
            }
            Argument::Double(values) => Plain::of(values)?.fold(grouped, seen, |seen, value| {
                let value = if value.is_nan() { f64::NAN } else { value + 0.0 };
                seen.offer(&value.to_bits().to_le_bytes());
            }),
            Argument::Text(values) => grouped.fold(seen, |seen, row| {
                values.get(row).into_iter().for_each(|value| seen.offer(value.as_bytes()));
            }),
            Argument::Bytes(values) => grouped.fold(seen, |seen, row| {
                values.get(row).into_iter().for_each(|value| seen.offer(value));
            }),
            Argument::Every | Argument::Present(_) => return Err(wrong_argument()),
        }
        Ok(())
    }

    fn merge(&mut self, from: u32, into: u32) {
        let Seen { ints, bytes } = self.seen.take(from);
        let into = self.seen.at_mut(into);
        into.ints.extend(ints);
        into.bytes.extend(bytes);
    }

    fn finish(&self, _: AggregateFunction, name: &str, groups: &[u32]) -> Result<Column> {
        let counts: Vec<i64> = groups.iter().map(|group| self.seen.at(*group).len() as i64).collect();
        Ok(Series::new(name.into(), counts).into_column())
    }

    fn forget(&mut self, groups: &[u32]) {
        self.seen.forget(groups);
    }

    /// Whole numbers first, then the others, each kind rising.
    fn encode(&self, group: u32, into: &mut Vec<u8>) {
        let seen = self.seen.at(group);
        let mut ints: Vec<i64> = seen.ints.iter().copied().collect();
        ints.sort_unstable();
        into.extend_from_slice(&(ints.len() as u32).to_le_bytes());
        ints.into_iter().for_each(|value| into.extend_from_slice(&value.to_le_bytes()));
        let mut values: Vec<&[u8]> = seen.bytes.iter().map(|value| &**value).collect();
        values.sort_unstable();
        into.extend_from_slice(&(values.len() as u32).to_le_bytes());
        values.into_iter().for_each(|value| put_text(value, into));
    }

    fn decode(&mut self, group: u32, bytes: &mut &[u8]) -> Option<()> {
        self.seen.grow(group as usize + 1);
        let seen = self.seen.at_mut(group);
        for _ in 0..u32::from_le_bytes(take_bytes(bytes)?) {
            seen.ints.insert(i64::from_le_bytes(take_bytes(bytes)?));
        }
        for _ in 0..u32::from_le_bytes(take_bytes(bytes)?) {
            seen.offer(take_text(bytes)?);
        }
        Some(())
    }
}
