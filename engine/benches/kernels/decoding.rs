//! Bids from files on one thread: all columns, and those that a window over prices uses.

use std::collections::BTreeMap;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use serde_json::json;
use tidemark_engine::catalog;
use tidemark_engine::graph::{CheckContext, FlowDocument, check};
use tidemark_engine::node::FileAccess;
use tidemark_engine::runtime::{JobConfig, JobHandle};

use crate::rows::{read, source};

const N_EVENTS: u64 = 250_000;
const N_BIDS: u64 = N_EVENTS / 50 * 46;

#[divan::bench(sample_count = 20)]
fn csv_all_columns(bencher: Bencher) {
    decode(bencher, "csv", None);
}

#[divan::bench(sample_count = 20)]
fn csv_two_columns(bencher: Bencher) {
    decode(bencher, "csv", Some(&["price", "date_time"]));
}

#[divan::bench(sample_count = 20)]
fn parquet_all_columns(bencher: Bencher) {
    decode(bencher, "parquet", None);
}

#[divan::bench(sample_count = 20)]
fn parquet_two_columns(bencher: Bencher) {
    decode(bencher, "parquet", Some(&["price", "date_time"]));
}

fn decode(bencher: Bencher, form: &str, used: Option<&[&str]>) {
    let folder = tempfile::tempdir().expect("a folder");
    let name = format!("bid.{form}");
    let flow = json!({
        "version": 1,
        "nodes": [
            { "id": "made", "kind": "nexmark_source", "params": { "table": "bid", "events": N_EVENTS } },
            { "id": "file", "kind": format!("{form}_sink"), "params": { "path": name } },
        ],
        "edges": [{ "from": "made.out", "to": "file.in" }],
    });
    let flow = FlowDocument::from_json(flow.to_string().as_bytes()).expect("a flow");
    let files = FileAccess::new(folder.path(), folder.path());
    let checked = check(&flow, &catalog::standard(), &CheckContext { files: &files, set: BTreeMap::new() });
    JobHandle::start(&checked.graph, &JobConfig::default()).expect("a job").wait();
    let n_bytes = std::fs::metadata(folder.path().join(&name)).expect("the file").len();

    let plan = source(&format!("{form}_source"), &json!({ "path": name }), folder.path(), used);
    bencher.counter(ItemsCount::new(N_BIDS)).counter(BytesCount::new(n_bytes)).bench_local(|| {
        let mut n_rows = 0;
        read(&plan, |frame| n_rows += frame.height() as u64);
        assert_eq!(n_rows, N_BIDS);
    });
}
