//! How fast one thread reads a file through a source: `cargo run --release --example read_speed -- FILE [COLUMN,…]`.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;

use tidemark_engine::catalog;
use tidemark_engine::ids::NodeId;
use tidemark_engine::node::{FileAccess, PlanContext, Runs, SplitOffset};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let file = args.next().ok_or("which file?")?;
    let used: Option<BTreeSet<String>> =
        args.next().map(|names| names.split(',').map(str::to_owned).collect());
    let path = Path::new(&file).canonicalize()?;
    let text = file.trim_end_matches(".gz").trim_end_matches(".zst");
    let kind = match text.rsplit_once('.') {
        Some((_, "parquet")) => "parquet_source",
        Some((_, "ndjson" | "jsonl" | "json")) => "ndjson_source",
        _ => "csv_source",
    };
    let catalog = catalog::standard();
    let node_type = catalog.get(kind).ok_or("no such node type")?;
    let params = serde_json::json!({ "path": path });
    let folder = path.parent().ok_or("no folder")?;
    let plan = node_type.plan(&PlanContext {
        node: &NodeId::new("source"),
        params: params.as_object().ok_or("no parameters")?,
        inputs: Vec::new(),
        used_columns: used.as_ref(),
        session_zone: "UTC",
        files: &FileAccess::new(folder, folder),
    });
    for diagnostic in &plan.diagnostics {
        println!("{diagnostic}");
    }
    let Some(Runs::Source(plan)) = plan.runs else { return Err("the file cannot be read".into()) };
    for field in plan.decoded.fields() {
        print!("{} {}, ", field.name, field.data_type);
    }
    println!();
    for n_rows in [65_536, 65_536, 65_536, 8_192] {
        let start = Instant::now();
        let (mut finding, mut n_read, mut n_rejected) = (std::time::Duration::ZERO, 0, 0);
        let mut n_bytes = 0;
        for split in plan.source.splits()? {
            let mut text_bytes = 0;
            let mut reader = plan.source.open(&split, SplitOffset::START)?;
            loop {
                let before = Instant::now();
                let morsel = reader.next(n_rows)?;
                finding += before.elapsed();
                let Some(morsel) = morsel else { break };
                let decoded = morsel.decode()?;
                n_read += decoded.frame.height();
                n_rejected += decoded.rejected.len();
                // What a cursor counts in a text is its bytes, decompressed.
                text_bytes = decoded.next_cursor;
            }
            n_bytes +=
                if kind == "parquet_source" { std::fs::metadata(split.file()?)?.len() } else { text_bytes };
        }
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "{n_rows} rows a morsel: {n_read} rows, {n_rejected} rejected, {seconds:.3} s, {:.0} MB/s, {:.2} M rows/s, {:.0} % of it finding records",
            n_bytes as f64 / 1e6 / seconds,
            n_read as f64 / 1e6 / seconds,
            finding.as_secs_f64() / seconds * 100.0
        );
    }
    Ok(())
}
