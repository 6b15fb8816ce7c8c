//! Keys into a table that numbers them: whole numbers, and texts.

use divan::Bencher;
use divan::counter::ItemsCount;
use polars::prelude::{Column, DataFrame, IntoColumn, NamedFrom, Series};
use tidemark_engine::aggregate::KeyTable;
use tidemark_engine::data::{DataType, KeyEncoder};

use crate::rows::{BATCH_ROWS, N_ROWS, scattered};

const N_KEYS: [usize; 3] = [1_000, 100_000, 1_000_000];

#[divan::bench(args = N_KEYS, sample_count = 20)]
fn ints(bencher: Bencher, n_keys: usize) {
    number(bencher, DataType::BigInt, |rows| {
        let keys: Vec<i64> = rows.map(|row| scattered(row, n_keys) as i64).collect();
        Series::new("key".into(), keys).into_column()
    });
}

#[divan::bench(args = N_KEYS, sample_count = 20)]
fn texts(bencher: Bencher, n_keys: usize) {
    number(bencher, DataType::String, |rows| {
        let keys: Vec<String> = rows.map(|row| format!("channel-{}", scattered(row, n_keys))).collect();
        Series::new("key".into(), keys).into_column()
    });
}

fn number(bencher: Bencher, data_type: DataType, column: impl Fn(std::ops::Range<usize>) -> Column) {
    let batches: Vec<DataFrame> = (0..N_ROWS)
        .step_by(BATCH_ROWS)
        .map(|first| DataFrame::new(BATCH_ROWS, vec![column(first..first + BATCH_ROWS)]).expect("a frame"))
        .collect();
    let encoder = KeyEncoder::new(vec![(0, data_type)]);
    let mut numbers = Vec::with_capacity(BATCH_ROWS);
    bencher.counter(ItemsCount::new(N_ROWS)).with_inputs(KeyTable::default).bench_local_values(
        |mut table| {
            for batch in &batches {
                numbers.clear();
                let mut keys = encoder.keys(batch).expect("keys");
                table.numbers(&mut keys, 0..BATCH_ROWS, &mut numbers);
            }
            table
        },
    );
}
