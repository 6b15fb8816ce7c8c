//! How many rows a second one subtask of a tumbling window takes in: `cargo run --release --example window_speed`.

use std::sync::Arc;
use std::time::Instant;

use polars::prelude::{DataFrame, IntoColumn, NamedFrom, Series};
use tidemark_engine::catalog;
use tidemark_engine::data::{
    Batch, DataType, EdgeType, Field, Origins, Position, Positions, Progress, Schema,
};
use tidemark_engine::ids::NodeId;
use tidemark_engine::node::{
    FileAccess, InputPort, NodeCounters, Operator, OperatorContext, Output, PlanContext, Runs, Segment,
};
use tidemark_engine::time::Watermark;

const N_ROWS: i64 = 1_000_000;
const BATCH_ROWS: i64 = 32_768;
const HOUR: i64 = 3_600_000;

/// A stream of [`N_ROWS`] rows whose keys and times are functions of the row's number.
struct Stream {
    name: &'static str,
    size_millis: i64,
    key: fn(i64) -> i64,
    time: fn(i64) -> i64,
    /// Whether the watermark follows the rows; otherwise it comes after the last.
    in_order: bool,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let streams = [
        Stream {
            name: "one key by the hour",
            size_millis: HOUR,
            key: |_| 0,
            time: |row| row * 1_000,
            in_order: true,
        },
        Stream {
            name: "10,000 keys by the hour",
            size_millis: HOUR,
            key: |row| scatter(row) % 10_000,
            time: |row| row * 10,
            in_order: true,
        },
        Stream {
            name: "5,000 windows open at once",
            size_millis: 1_000,
            key: |_| 0,
            time: |row| scatter(row) % 5_000_000,
            in_order: false,
        },
    ];
    for stream in streams {
        let batches = stream.batches()?;
        let mut best = f64::MAX;
        let mut n_out = 0;
        for _ in 0..3 {
            let mut operator = window(stream.size_millis)?;
            let start = Instant::now();
            n_out = stream.run(&mut *operator, &batches)?;
            best = best.min(start.elapsed().as_secs_f64());
        }
        println!("{}: {:.2} M rows/s, {n_out} results", stream.name, N_ROWS as f64 / 1e6 / best);
    }
    Ok(())
}

/// A number that looks random and is the same in every run.
fn scatter(row: i64) -> i64 {
    (row.wrapping_mul(0x9E37_79B9_7F4A_7C15_u64 as i64) >> 20) & 0xFFF_FFFF
}

fn edge() -> Arc<EdgeType> {
    let schema = Schema::new(vec![
        Field::not_null("at", DataType::Timestamp),
        Field::nullable("key", DataType::BigInt),
        Field::nullable("price", DataType::Double),
        Field::nullable("amount", DataType::Int),
    ]);
    Arc::new(EdgeType { event_time: Some(0), watermarked: true, ..EdgeType::append(schema) })
}

/// The operator of a window with four aggregates.
fn window(size_millis: i64) -> Result<Box<dyn Operator>, Box<dyn std::error::Error>> {
    let node = NodeId::new("window");
    let params = serde_json::json!({
        "size_millis": size_millis,
        "keys": ["key"],
        "aggregates": [
            { "function": "count" },
            { "function": "avg", "column": "price" },
            { "function": "sum", "column": "amount" },
            { "function": "max", "column": "amount" },
        ],
    });
    let folder = std::env::temp_dir();
    let plan = catalog::standard().get("tumbling_window").ok_or("no such node type")?.plan(&PlanContext {
        node: &node,
        params: params.as_object().ok_or("no parameters")?,
        inputs: vec![InputPort { name: "in", edges: vec![Some(edge())] }],
        used_columns: None,
        session_zone: "UTC",
        files: &FileAccess::new(&folder, &folder),
    });
    let Some(Runs::Operator(operator)) = plan.runs else { return Err("the window cannot be planned".into()) };
    let context = OperatorContext {
        node,
        subtask: 0,
        parallelism: 1,
        outputs: plan.outputs.into_iter().flatten().collect(),
        counters: Arc::new(NodeCounters::default()),
    };
    Ok((operator.make)(&context)?)
}

impl Stream {
    fn batches(&self) -> Result<Vec<Batch>, Box<dyn std::error::Error>> {
        let edge = edge();
        (0..N_ROWS)
            .step_by(BATCH_ROWS as usize)
            .map(|first| {
                let rows = first..(first + BATCH_ROWS).min(N_ROWS);
                let times: Vec<i64> = rows.clone().map(self.time).collect();
                let keys: Vec<i64> = rows.clone().map(self.key).collect();
                let prices: Vec<f64> = rows.clone().map(|row| scatter(row) as f64 / 100.0).collect();
                let amounts: Vec<i32> = rows.clone().map(|row| (scatter(row) % 1_000) as i32).collect();
                let columns = vec![
                    Series::new("at".into(), times).cast(&DataType::Timestamp.to_polars())?.into_column(),
                    Series::new("key".into(), keys).into_column(),
                    Series::new("price".into(), prices).into_column(),
                    Series::new("amount".into(), amounts).into_column(),
                ];
                let frame = DataFrame::new(columns[0].len(), columns)?;
                let positions = Positions::all(Origins::Run {
                    source: 0,
                    split: 0,
                    first_offset: first as u64,
                    arrivals: rows.collect::<Vec<_>>().into(),
                });
                let frontier = positions.last().unwrap_or(Position::MIN).with_all_it_causes();
                Ok(Batch::new(frame, Arc::clone(&edge), positions, Progress::flat(Watermark::NONE, frontier)))
            })
            .collect()
    }

    /// Pushes all rows through and answers how many results there were.
    fn run(
        &self,
        operator: &mut dyn Operator,
        batches: &[Batch],
    ) -> Result<usize, Box<dyn std::error::Error>> {
        let mut n_out = 0;
        let mut watermark = Watermark::NONE;
        let mut out = Output::new(2);
        for batch in batches {
            let mut first = 0;
            while first < batch.n_rows() {
                let end = if self.in_order { self.end_of_window(batch, first) } else { batch.n_rows() };
                operator.process(Segment { input: 0, batch, rows: first..end, watermark }, &mut out)?;
                first = end;
                if self.in_order && first < batch.n_rows() {
                    let at = batch.positions().at(end - 1).with_all_it_causes();
                    let time = (self.time)(batch.positions().at(first).arrival_millis);
                    watermark = Watermark::new(time - 1);
                    operator.on_watermark(at, watermark, &mut out)?;
                }
            }
            n_out += out.take(0).iter().map(Batch::n_rows).sum::<usize>();
        }
        let last = batches.last().map_or(Position::MIN, |batch| batch.progress().frontier);
        operator.on_watermark(last, Watermark::END, &mut out)?;
        Ok(n_out + out.take(0).iter().map(Batch::n_rows).sum::<usize>())
    }

    /// The first row of an ordered batch after `first` that lies in another window.
    fn end_of_window(&self, batch: &Batch, first: usize) -> usize {
        let window =
            |row: usize| (self.time)(batch.positions().at(row).arrival_millis).div_euclid(self.size_millis);
        (first + 1..batch.n_rows()).find(|row| window(*row) != window(first)).unwrap_or(batch.n_rows())
    }
}
