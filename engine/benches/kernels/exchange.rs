//! Rows of bids to the subtasks that hold their keys: the hash of each key, and a batch for each subtask.

use std::sync::Arc;

use divan::Bencher;
use divan::counter::ItemsCount;
use tidemark_engine::data::{
    Batch, DataType, EdgeType, KeyEncoder, KeyGroup, Origins, Position, Positions, Progress,
};
use tidemark_engine::time::Watermark;

use crate::rows::bids;

#[divan::bench(args = [2, 8, 64])]
fn by_auction_to(bencher: Bencher, n_subtasks: usize) {
    let (schema, frames) = bids(250_000);
    let key = schema.index_of("auction").expect("a column");
    let encoder = KeyEncoder::new(vec![(key, DataType::BigInt)]);
    let edge = Arc::new(EdgeType { schema, ..EdgeType::append(Default::default()) });
    let batches: Vec<Batch> = frames
        .into_iter()
        .map(|frame| {
            let arrivals = (0..frame.height() as i64).collect::<Vec<_>>().into();
            let positions = Positions::all(Origins::Run { source: 0, split: 0, first_offset: 0, arrivals });
            Batch::new(frame, Arc::clone(&edge), positions, Progress::flat(Watermark::NONE, Position::MAX))
        })
        .collect();
    let n_rows: usize = batches.iter().map(Batch::n_rows).sum();
    bencher.counter(ItemsCount::new(n_rows)).bench_local(|| {
        for batch in &batches {
            let mut rows_of = vec![Vec::with_capacity(batch.n_rows() / n_subtasks + 1); n_subtasks];
            let hashes = encoder.hashes(batch.frame()).expect("hashes");
            for (row, hash) in (0..).zip(hashes) {
                rows_of[KeyGroup::of_hash(hash).subtask(n_subtasks)].push(row);
            }
            for rows in &rows_of {
                divan::black_box(batch.gather(rows).expect("rows"));
            }
        }
    });
}
