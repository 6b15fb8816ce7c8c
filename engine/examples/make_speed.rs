//! How fast one thread makes the rows of a source that needs no file:
//! `cargo run --release --example make_speed -- KIND PARAMETERS [COLUMN,…]`, the parameters in JSON.

use std::collections::BTreeSet;
use std::time::Instant;

use tidemark_engine::catalog;
use tidemark_engine::ids::NodeId;
use tidemark_engine::node::{FileAccess, PlanContext, Runs, SplitOffset};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let kind = args.next().ok_or("which kind of source?")?;
    let params: serde_json::Value = serde_json::from_str(&args.next().unwrap_or_else(|| "{}".to_owned()))?;
    let used: Option<BTreeSet<String>> =
        args.next().map(|names| names.split(',').map(str::to_owned).collect());
    let catalog = catalog::standard();
    let node_type = catalog.get(&kind).ok_or("no such node type")?;
    let plan = node_type.plan(&PlanContext {
        node: &NodeId::new("source"),
        params: params.as_object().ok_or("no parameters")?,
        inputs: Vec::new(),
        used_columns: used.as_ref(),
        session_zone: "UTC",
        files: &FileAccess::new(".", "."),
    });
    for diagnostic in &plan.diagnostics {
        println!("{diagnostic}");
    }
    let Some(Runs::Source(plan)) = plan.runs else { return Err("the rows cannot be made".into()) };
    let names: Vec<&str> = plan.decoded.fields().iter().map(|field| &*field.name).collect();
    println!("{}", names.join(", "));
    for n_rows in [32_768, 32_768, 32_768, 8_192] {
        let start = Instant::now();
        let mut n_made = 0;
        for split in plan.source.splits()? {
            let mut reader = plan.source.open(&split, SplitOffset::START)?;
            while let Some(morsel) = reader.next(n_rows)? {
                n_made += morsel.decode()?.n_records;
            }
        }
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "{n_rows} rows a morsel: {n_made} rows, {seconds:.3} s, {:.1} M rows/s",
            n_made as f64 / 1e6 / seconds
        );
    }
    Ok(())
}
