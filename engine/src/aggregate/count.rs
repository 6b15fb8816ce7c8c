//! `count`: how many rows, or how many values.

use polars::prelude::{Column, IntoColumn, NamedFrom, Series};

use super::accumulator::{Accumulator, wrong_argument};
use super::states::States;
use super::{AggregateFunction, Argument, Grouped, take_bytes};
use crate::error::Result;

/// How many rows of each group count.
#[derive(Default)]
pub(super) struct Count {
    counts: States<i64>,
}

impl Accumulator for Count {
    fn accumulate(&mut self, argument: &Argument, grouped: &Grouped<'_>, n_groups: usize) -> Result<()> {
        self.counts.grow(n_groups);
        match argument {
            Argument::Every => match grouped {
                Grouped::One { rows, group } => *self.counts.at_mut(*group) += rows.len() as i64,
                _ => grouped.fold(&mut self.counts, |count, _| *count += 1),
            },
            Argument::Present(present) => {
                let bits = present.downcast_iter().next().map(polars_arrow::array::BooleanArray::values);
                let Some(bits) = bits else { return Ok(()) };
                grouped.fold(&mut self.counts, |count, row| *count += i64::from(bits.get_bit(row)));
            }
            _ => return Err(wrong_argument()),
        }
        Ok(())
    }

    fn merge(&mut self, from: u32, into: u32) {
        *self.counts.at_mut(into) += *self.counts.at(from);
    }

    fn finish(&self, _: AggregateFunction, name: &str, groups: &[u32]) -> Result<Column> {
        let counts: Vec<i64> = groups.iter().map(|group| *self.counts.at(*group)).collect();
        Ok(Series::new(name.into(), counts).into_column())
    }

    fn forget(&mut self, groups: &[u32]) {
        self.counts.forget(groups);
    }

    fn encode(&self, group: u32, into: &mut Vec<u8>) {
        into.extend_from_slice(&self.counts.at(group).to_le_bytes());
    }

    fn decode(&mut self, group: u32, bytes: &mut &[u8]) -> Option<()> {
        self.counts.grow(group as usize + 1);
        *self.counts.at_mut(group) = i64::from_le_bytes(take_bytes(bytes)?);
        Some(())
    }
}
