//! Expressions over bids: conditions as filters have them, and columns as selects compute them.

use divan::Bencher;
use divan::counter::ItemsCount;
use polars::prelude::DataFrame;
use tidemark_engine::expr::{ExprContext, RowFaults, compile};

use crate::rows::bids;

const EXPRESSIONS: [&str; 6] = [
    "MOD(auction, 123) = 0",
    "price > 1000000",
    "price > 1000000 AND channel = 'Google'",
    "0.908 * price",
    "CASE WHEN price < 10000 THEN 1 END",
    "LOWER(channel)",
];

#[divan::bench(args = EXPRESSIONS)]
fn evaluate(bencher: Bencher, expression: &str) {
    let (schema, frames) = bids(250_000);
    let n_rows: usize = frames.iter().map(DataFrame::height).sum();
    let zone = ExprContext::new("UTC").expect("a zone");
    let compiled = compile(expression, &schema, &zone).expect("an expression");
    bencher.counter(ItemsCount::new(n_rows)).bench_local(|| {
        for frame in &frames {
            let mut faults = RowFaults::new(frame.height());
            divan::black_box(compiled.evaluate(frame, &mut faults).expect("values"));
        }
    });
}
