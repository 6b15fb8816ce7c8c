//! `tidemark nexmark`: the tables of the Nexmark benchmark as files, written by the engine's own nodes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};
use tidemark_engine::catalog;
use tidemark_engine::graph::{CheckContext, FlowDocument, check};
use tidemark_engine::ids::escaped;
use tidemark_engine::node::FileAccess;
use tidemark_engine::runtime::{JobConfig, Speed};

use super::Failure;
use super::run::{Format, play};

/// What `nexmark` takes.
#[derive(Args)]
pub(super) struct NexmarkArgs {
    /// How many events there are, of all three kinds together
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    events: u64,
    /// The table to write; all three unless set
    #[arg(long, value_enum)]
    table: Option<Table>,
    /// The form of the files
    #[arg(long, value_enum, default_value_t = FileForm::Csv)]
    format: FileForm,
    /// The file to write one table to, or the folder for all three
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
    /// Events in a second of event time
    #[arg(long, value_name = "N", default_value_t = 10_000.0)]
    rate: f64,
    /// Decides every value
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Bidders as upstream's generator makes them, or as it means to
    #[arg(long, value_enum, default_value_t = Mode::Compat)]
    mode: Mode,
    /// Shuffles events within groups of so many
    #[arg(long, value_name = "N", default_value_t = 1)]
    group: u64,
    /// The share of events that arrive late, from 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    delayed: f64,
    /// How late they arrive, in milliseconds
    #[arg(long, value_name = "MILLIS", default_value_t = 3000)]
    delay: i64,
}

/// The tables, by the names that the node has for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Table {
    Bid,
    Auction,
    Person,
}

/// The forms of files, by the first word of the sink's kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FileForm {
    Csv,
    Parquet,
    Ndjson,
}

/// The modes of the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Mode {
    Compat,
    Fixed,
}

/// The name by which a choice is known on the command line and in flows.
fn name_of(choice: &impl ValueEnum) -> String {
    choice.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

/// Writes the files, with progress and a summary.
pub(super) fn nexmark(args: &NexmarkArgs) -> Result<(), Failure> {
    let catalog = catalog::standard();
    let kind = format!("{}_sink", name_of(&args.format));
    if catalog.spec(&kind).is_none() {
        return Err(Failure::Call(format!("`{}` files cannot be written", name_of(&args.format))));
    }
    let folder = match args.table {
        Some(_) => {
            args.out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
        }
        None => &args.out,
    };
    let files = FileAccess { flow: Some("nexmark".to_owned()), ..FileAccess::new(folder, folder) };
    let flow = flow(args, &kind)?;
    let checked = check(&flow, &catalog, &CheckContext { files: &files, set: BTreeMap::new() });
    if !checked.is_runnable() {
        let errors: Vec<String> =
            checked.errors().map(|error| escaped(&error.to_string()).into_owned()).collect();
        return Err(Failure::Call(errors.join("\n")));
    }
    let config = JobConfig { speed: Speed::Maximum, keeps_newest: false, ..JobConfig::default() };
    play(&args.out, &checked.graph, &config, Format::Table, None)
}

/// The flow that writes them: a source and a sink for each table.
fn flow(args: &NexmarkArgs, sink: &str) -> Result<FlowDocument, Failure> {
    let tables = args.table.map_or_else(|| Table::value_variants().to_vec(), |table| vec![table]);
    let mut nodes = Vec::new();
    let mut edges = Vec::new();
    for table in tables {
        let table = name_of(&table);
        let path = match (args.table, args.out.file_name()) {
            (None, _) => format!("{table}.{}", name_of(&args.format)),
            (Some(_), Some(name)) => name
                .to_str()
                .ok_or_else(|| Failure::Call("the name of the file is no UTF-8".to_owned()))?
                .to_owned(),
            (Some(_), None) => return Err(Failure::Call("`--out` names no file".to_owned())),
        };
        let params = json!({
            "table": table,
            "events": args.events,
            "rate": args.rate,
            "seed": args.seed,
            "mode": name_of(&args.mode),
            "group_size": args.group,
            "delayed_probability": args.delayed,
            "delay_millis": args.delay,
        });
        nodes.push(json!({ "id": format!("make_{table}"), "kind": "nexmark_source", "title": table, "params": params }));
        let mut path_alone = Map::new();
        path_alone.insert("path".to_owned(), Value::String(path.clone()));
        nodes.push(json!({ "id": table, "kind": sink, "title": path, "params": path_alone }));
        edges.push(json!({ "from": format!("make_{table}.out"), "to": format!("{table}.in") }));
    }
    let flow = json!({ "version": 1, "name": "Nexmark", "nodes": nodes, "edges": edges });
    FlowDocument::from_json(flow.to_string().as_bytes()).map_err(|error| Failure::Run(error.to_string()))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Call {
        #[command(flatten)]
        args: NexmarkArgs,
    }

    fn args(words: &[&str]) -> NexmarkArgs {
        Call::try_parse_from(["nexmark"].iter().chain(words)).expect("a call").args
    }

    #[test]
    fn one_table_goes_to_a_file_and_all_three_to_a_folder() {
        let one = flow(&args(&["--table", "bid", "--out", "some/where.csv"]), "csv_sink").expect("a flow");
        assert_eq!((one.nodes.len(), one.edges.len()), (2, 1));
        let all = flow(&args(&["--format", "ndjson", "--out", "folder"]), "ndjson_sink").expect("a flow");
        assert_eq!((all.nodes.len(), all.edges.len()), (6, 3));
        let text = all.to_json();
        for path in ["bid.ndjson", "auction.ndjson", "person.ndjson"] {
            assert!(text.contains(path), "{text}");
        }
        assert!(flow(&args(&["--table", "bid", "--out", "/"]), "csv_sink").is_err());
    }

    #[test]
    fn what_the_node_refuses_is_said_with_the_fix() {
        let dir = tempfile::tempdir().expect("a folder");
        let out = dir.path().join("bids.csv");
        let call = args(&["--table", "bid", "--rate", "0", "--out", &out.to_string_lossy()]);
        let Err(Failure::Call(message)) = nexmark(&call) else { panic!("a rate of 0 was taken") };
        assert!(message.contains("set it between 0.001 and 1,000,000,000"), "{message}");
        assert!(!out.exists());
    }
}
