//! Whole numbers into groups: in one group, in as many as fit the caches, and in more.

use divan::Bencher;
use divan::counter::ItemsCount;
use polars::prelude::{Column, IntoColumn, NamedFrom, Series};
use tidemark_engine::aggregate::{Accumulator, AggregateFunction, Argument, Grouped, accumulator};
use tidemark_engine::data::DataType;

use crate::rows::{BATCH_ROWS, N_ROWS, scattered};

const N_GROUPS: [usize; 4] = [1, 1_000, 100_000, 1_000_000];

#[divan::bench(args = N_GROUPS, sample_count = 20)]
fn count(bencher: Bencher, n_groups: usize) {
    fold(bencher, AggregateFunction::Count, n_groups);
}

#[divan::bench(args = N_GROUPS, sample_count = 20)]
fn sum(bencher: Bencher, n_groups: usize) {
    fold(bencher, AggregateFunction::Sum, n_groups);
}

#[divan::bench(args = N_GROUPS, sample_count = 20)]
fn max(bencher: Bencher, n_groups: usize) {
    fold(bencher, AggregateFunction::Max, n_groups);
}

fn fold(bencher: Bencher, function: AggregateFunction, n_groups: usize) {
    let batches: Vec<(Column, Vec<u32>)> = (0..N_ROWS)
        .step_by(BATCH_ROWS)
        .map(|first| {
            let rows = first..first + BATCH_ROWS;
            let prices: Vec<i64> = rows.clone().map(|row| scattered(row, 1_000_000) as i64).collect();
            let groups = rows.map(|row| scattered(row, n_groups) as u32).collect();
            (Series::new("price".into(), prices).into_column(), groups)
        })
        .collect();
    let input = function.needs_column().then_some(DataType::BigInt);
    let make = || -> Box<dyn Accumulator> { accumulator(function, input.as_ref()).expect("an accumulator") };
    bencher.counter(ItemsCount::new(N_ROWS)).with_inputs(make).bench_local_values(|mut accumulator| {
        for (prices, groups) in &batches {
            let column = input.as_ref().map(|data_type| (prices, data_type));
            let argument = Argument::new(function, column).expect("an argument");
            let grouped = match n_groups {
                1 => Grouped::One { rows: 0..BATCH_ROWS, group: 0 },
                _ => Grouped::Each { first: 0, groups },
            };
            accumulator.accumulate(&argument, &grouped, n_groups).expect("sums that fit");
        }
        accumulator
    });
}
