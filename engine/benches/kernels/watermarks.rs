//! The bounded strategy over timestamps that rise, and over some that come up to three seconds late.

use divan::Bencher;
use divan::counter::ItemsCount;
use tidemark_engine::time::{BoundedOutOfOrderness, DEFAULT_FUTURE_SKEW_MILLIS};

use crate::rows::{BATCH_ROWS, N_ROWS, scattered};

#[divan::bench(args = [0, 3_000])]
fn late_by_up_to_millis(bencher: Bencher, lateness: usize) {
    let late = |row: usize| scattered(row, lateness + 1) as i64;
    let timestamps: Vec<i64> =
        (0..N_ROWS).map(|row| 1_436_918_400_000 + row as i64 / 10 - late(row)).collect();
    bencher.counter(ItemsCount::new(N_ROWS)).bench_local(|| {
        let mut strategy = BoundedOutOfOrderness::new(4_000, DEFAULT_FUTURE_SKEW_MILLIS);
        let mut n_raises = 0;
        for batch in timestamps.chunks(BATCH_ROWS) {
            strategy.observe_all(batch, |_, _| n_raises += 1);
        }
        n_raises
    });
}
