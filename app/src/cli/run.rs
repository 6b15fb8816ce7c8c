//! `tidemark run`: a flow without a window, to its end or until Ctrl-C.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use tidemark_engine::data::{Batch, EdgeType, Value};
use tidemark_engine::diagnostic::Severity;
use tidemark_engine::error::{EngineError, Origin};
use tidemark_engine::graph::LogicalGraph;
use tidemark_engine::ids::{NodeId, escaped};
use tidemark_engine::node::OutputRole;
use tidemark_engine::runtime::{JobConfig, JobHandle, JobSnapshot, JobStatus, Speed};

use super::figures::Figures;
use super::load::load;
use super::{Failure, FlowArgs, shown};
use crate::ui_kit::format;

/// What `run` takes.
#[derive(Args)]
pub(super) struct RunArgs {
    #[command(flatten)]
    flow: FlowArgs,
    /// How many subtasks share the work of a node; the number of cores unless set
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=128))]
    parallelism: Option<u16>,
    /// How fast recorded rows are replayed: `max`, `realtime`, or how many times faster than they arrived
    #[arg(long, value_name = "SPEED", default_value = "max", value_parser = speed)]
    speed: Speed,
    /// Does not use the statistics in files, for files in which they are wrong; rows that a filter drops are decoded whole then, and
    /// damage among them is found
    #[arg(long)]
    no_statistics: bool,
    /// Writes the run's final figures, every node and edge, to a JSON file
    #[arg(long, value_name = "FILE")]
    metrics_json: Option<PathBuf>,
    /// How rows of table sinks are printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// How rows are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Columns for people, at the end of the run
    Table,
    /// Comma-separated values with a header, as they come
    Csv,
    /// One JSON object a line, as they come
    Ndjson,
}

fn speed(text: &str) -> Result<Speed, String> {
    match text {
        "max" => Ok(Speed::Maximum),
        "realtime" => Ok(Speed::REAL_TIME),
        _ => match text.trim_start_matches('×').trim_start_matches('x').parse::<f64>() {
            Ok(factor) if (0.001..=1_000_000.0).contains(&factor) => Ok(Speed::Factor(factor)),
            _ => Err("use `max`, `realtime`, or a factor from 0.001 to 1000000".to_owned()),
        },
    }
}

/// Runs the flow and prints its rows, its progress and its summary.
pub(super) fn run(args: &RunArgs) -> Result<(), Failure> {
    let figures = args.metrics_json.as_deref().map(Figures::to).transpose()?;
    let checked = load(&args.flow)?;
    for diagnostic in checked.diagnostics.iter().filter(|diagnostic| diagnostic.severity != Severity::Hint) {
        eprintln!("{}", escaped(&diagnostic.to_string()));
    }
    if !checked.is_runnable() {
        let reason =
            if checked.graph.nodes.is_empty() { "the flow has no nodes" } else { "the flow cannot run yet" };
        return Err(Failure::Flow(format!("{}: {reason}", shown(&args.flow.flow))));
    }
    let uses_statistics = !args.no_statistics;
    let mut config =
        JobConfig { speed: args.speed, uses_statistics, keeps_newest: false, ..JobConfig::default() };
    if let Some(parallelism) = args.parallelism {
        config.parallelism = parallelism.into();
    }
    play(&args.flow.flow, &checked.graph, &config, args.format, figures)
}

/// Runs a checked flow, which `name` stands for, to its end or until Ctrl-C. The job is paused at first, so that no row goes by unseen.
pub(super) fn play(
    name: &Path,
    graph: &LogicalGraph,
    config: &JobConfig,
    format: Format,
    figures: Option<Figures>,
) -> Result<(), Failure> {
    let config = JobConfig { paused: true, ..config.clone() };
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&interrupted);
    ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed))
        .map_err(|error| Failure::Call(format!("Ctrl-C cannot be watched for: {error}")))?;

    let job = JobHandle::start(graph, &config).map_err(|error| Failure::before_run(&error))?;
    let mut tables = Tables::new(&job, graph, format);
    let mut progress = Progress::new();
    job.resume();
    let mut gave_up = None;
    let status = loop {
        if let Some(status) = job.wait_for(Duration::from_millis(50)) {
            break status;
        }
        tables.print_new()?;
        progress.show(&job);
        if let JobStatus::Paused(Some(reason)) = job.status() {
            // Nobody is here to let it go on.
            job.stop();
            gave_up = Some(reason);
        }
        if interrupted.load(Ordering::Relaxed) {
            job.stop();
        }
    };
    progress.clear();
    tables.print_new()?;
    tables.print_end()?;
    let snapshot = job.snapshot();
    if let Some(figures) = figures {
        figures.write(&snapshot.to_json())?;
    }
    print_summary(name, &snapshot, graph);
    match (status, gave_up) {
        (JobStatus::Finished, _) => Ok(()),
        (JobStatus::Failed(error), _) => Err(failed(&error)),
        (_, Some(reason)) => Err(Failure::Flow(reason)),
        _ => Err(Failure::Interrupted(format!("{}: stopped; sinks were left as they were", shown(name)))),
    }
}

/// A run that failed through its data is the data's fault; anything else is a failed run.
fn failed(error: &EngineError) -> Failure {
    match error.origin() {
        Origin::Flow | Origin::Data => Failure::Flow(error.to_string()),
        Origin::Machine | Origin::Internal => Failure::Run(error.to_string()),
    }
}

/// A line on the terminal that is drawn over itself.
struct Progress {
    on_terminal: bool,
    last: Instant,
    last_rows: u64,
    shown: bool,
}

impl Progress {
    fn new() -> Progress {
        Progress {
            on_terminal: std::io::stderr().is_terminal(),
            last: Instant::now(),
            last_rows: 0,
            shown: false,
        }
    }

    fn show(&mut self, job: &JobHandle) {
        let elapsed = self.last.elapsed();
        if !self.on_terminal || elapsed < Duration::from_millis(250) {
            return;
        }
        let snapshot = job.snapshot();
        let rows = rows_read(&snapshot);
        let rate = (rows - self.last_rows) as f64 / elapsed.as_secs_f64();
        let clock = snapshot.clock_millis.map_or_else(String::new, |millis| {
            format!(" · {}", tidemark_engine::data::value::format_timestamp(millis))
        });
        // Return to the line's beginning, and clear what the last one left.
        eprint!("\r{} rows · {}{clock}\x1b[K", format::count(rows), format::rate(rate));
        let _ = std::io::stderr().flush();
        (self.last, self.last_rows, self.shown) = (Instant::now(), rows, true);
    }

    fn clear(&self) {
        if self.shown {
            eprint!("\r\x1b[K");
        }
    }
}

fn rows_read(snapshot: &JobSnapshot) -> u64 {
    let sources =
        snapshot.nodes.iter().filter(|node| snapshot.edges.iter().all(|edge| edge.id.to.node != node.id));
    sources.map(|node| node.account.rows_in).sum()
}

fn print_summary(flow: &Path, snapshot: &JobSnapshot, graph: &LogicalGraph) {
    let rows = rows_read(snapshot);
    let seconds = snapshot.elapsed.as_secs_f64();
    eprintln!(
        "{}: {} rows in {seconds:.2} s ({})",
        shown(flow),
        format::count(rows),
        format::rate(rows as f64 / seconds.max(1e-9))
    );
    let titles: Vec<_> = graph.nodes.iter().map(|node| escaped(&node.title)).collect();
    let width = titles.iter().map(|title| title.chars().count()).max().unwrap_or(0).max(4);
    eprintln!(
        "  {:width$}  {:>12}  {:>12}  {:>10}  {:>10}  {:>10}",
        "node", "in", "out", "late", "rejected", "filtered"
    );
    for (title, figures) in titles.iter().zip(&snapshot.nodes) {
        let account = &figures.account;
        let out = figures.rows_out.first().map_or_else(|| "–".to_owned(), |rows| format::count(*rows));
        eprintln!(
            "  {:width$}  {:>12}  {out:>12}  {:>10}  {:>10}  {:>10}",
            title,
            format::count(account.rows_in),
            format::count(account.late),
            format::count(account.rejected),
            format::count(account.filtered)
        );
    }
    pruned(snapshot).chain(unread(snapshot, graph)).for_each(|sentence| eprintln!("{sentence}"));
}

/// Rows that did not have to be decoded: a sentence for each source that has some.
fn pruned(snapshot: &JobSnapshot) -> impl Iterator<Item = String> {
    snapshot.nodes.iter().filter(|node| node.account.pruned > 0).map(|node| {
        let (n_pruned, rows_were) = match node.account.pruned {
            1 => ("1".to_owned(), ("row", "was")),
            n => (format::count(n), ("rows", "were")),
        };
        let (rows, were) = rows_were;
        format!(
            "{n_pruned} {rows} of `{}` {were} not decoded whole: by the statistics in its files the filter drops {}",
            node.id,
            if rows == "row" { "it" } else { "them" }
        )
    })
}

/// Rows that were set aside at a port that nothing reads: a sentence for each such port.
fn unread(snapshot: &JobSnapshot, graph: &LogicalGraph) -> Vec<String> {
    let mut sentences = Vec::new();
    for (node, figures) in graph.nodes.iter().zip(&snapshot.nodes) {
        for ((port, edges), n_rows) in node.spec.outputs.iter().zip(&node.outputs).zip(&figures.rows_out) {
            let what = match port.role {
                OutputRole::Main => continue,
                OutputRole::Late => "late",
                OutputRole::Rejected => "rejected",
            };
            if *n_rows == 0 || !edges.is_empty() {
                continue;
            }
            let (rows, them) = if *n_rows == 1 { ("row", "it") } else { ("rows", "them") };
            sentences.push(format!(
                "{} {what} {rows} of `{}` went nowhere: connect its `{}` port to keep {them}",
                format::count(*n_rows),
                node.id,
                escaped(port.name)
            ));
        }
    }
    sentences
}

/// The rows of every table sink, on their way to standard output.
struct Tables<'a> {
    job: &'a JobHandle,
    nodes: Vec<(NodeId, String)>,
    format: Format,
    header_printed: Vec<bool>,
}

impl<'a> Tables<'a> {
    fn new(job: &'a JobHandle, graph: &LogicalGraph, format: Format) -> Tables<'a> {
        let tables = graph.nodes.iter().filter(|node| node.kind == "table_sink");
        let nodes: Vec<(NodeId, String)> = tables.map(|node| (node.id.clone(), node.title.clone())).collect();
        if format != Format::Table {
            nodes.iter().filter_map(|(node, _)| job.table(node)).for_each(|table| table.follow());
        }
        let header_printed = vec![false; nodes.len()];
        Tables { job, nodes, format, header_printed }
    }

    /// Prints what has come since the last time, unless rows are printed as a table at the end.
    fn print_new(&mut self) -> Result<(), Failure> {
        if self.format == Format::Table {
            return Ok(());
        }
        for (number, (node, _)) in self.nodes.iter().enumerate() {
            let Some(table) = self.job.table(node) else { continue };
            let edge = table.edge();
            let mut text = String::new();
            if self.format == Format::Csv && !self.header_printed[number] {
                let names: Vec<String> =
                    edge.schema.fields().iter().map(|field| csv_field(&field.name, false)).collect();
                text += &(names.join(",") + "\n");
                self.header_printed[number] = true;
            }
            for batch in table.drain() {
                for row in 0..batch.n_rows() {
                    match self.format {
                        Format::Csv => push_csv(&batch, edge, row, &mut text),
                        _ => push_ndjson(&batch, edge, row, &mut text),
                    }
                }
            }
            print(&text)?;
        }
        Ok(())
    }

    /// Prints the tables, the newest rows of each.
    fn print_end(&self) -> Result<(), Failure> {
        if self.format != Format::Table {
            return Ok(());
        }
        for (node, title) in &self.nodes {
            let Some(table) = self.job.table(node) else { continue };
            let edge = table.edge();
            let (batches, n_total) = table.batches();
            let mut rows: Vec<Vec<String>> = Vec::new();
            for batch in &batches {
                rows.extend(
                    (0..batch.n_rows())
                        .map(|row| values(batch, edge, row).map(|value| for_people(&value)).collect()),
                );
            }
            print(&as_table(title, edge, &rows, n_total))?;
        }
        Ok(())
    }
}

fn as_table(title: &str, edge: &EdgeType, rows: &[Vec<String>], n_total: u64) -> String {
    let names: Vec<String> =
        edge.schema.fields().iter().map(|field| escaped(&field.name).into_owned()).collect();
    let widths: Vec<usize> = (0..names.len())
        .map(|idx| rows.iter().chain([&names]).map(|row| row[idx].chars().count()).max().unwrap_or(0))
        .collect();
    let line = |row: &[String]| {
        let cells = row.iter().zip(&widths).zip(edge.schema.fields());
        let cells = cells.map(|((cell, width), field)| {
            let pad = " ".repeat(width - cell.chars().count());
            if field.data_type.is_numeric() { pad + cell } else { cell.clone() + &pad }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    let shown = if (rows.len() as u64) < n_total {
        format!(", the last {}", format::count(rows.len() as u64))
    } else {
        String::new()
    };
    let mut text = format!("{} ({} rows{shown})\n", escaped(title), format::count(n_total));
    text += &line(&names);
    rows.iter().for_each(|row| text += &line(row));
    text
}

/// A value on one line of a terminal, whatever the data holds.
fn for_people(value: &Value) -> String {
    escaped(&value.to_string()).into_owned()
}

fn values<'a>(batch: &'a Batch, edge: &'a EdgeType, row: usize) -> impl Iterator<Item = Value> + 'a {
    let fields = edge.schema.fields().iter().enumerate();
    fields.map(move |(idx, field)| Value::at(batch.column(idx), &field.data_type, row))
}

fn push_csv(batch: &Batch, edge: &EdgeType, row: usize, text: &mut String) {
    let fields: Vec<String> = values(batch, edge, row)
        .map(|value| csv_field(&value.to_string(), value == Value::String(String::new())))
        .collect();
    text.push_str(&fields.join(","));
    text.push('\n');
}

/// A field of a line; an empty text is quoted, so that it is not taken for NULL.
fn csv_field(text: &str, is_empty_text: bool) -> String {
    if is_empty_text || text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

fn push_ndjson(batch: &Batch, edge: &EdgeType, row: usize, text: &mut String) {
    let mut object = serde_json::Map::new();
    for (field, value) in edge.schema.fields().iter().zip(values(batch, edge, row)) {
        let json = match value {
            Value::Null => serde_json::Value::Null,
            Value::Boolean(value) => value.into(),
            Value::Int(value) => value.into(),
            // JSON has no NaN and no infinity; they are written as text.
            Value::Double(value) if value.is_finite() => value.into(),
            other => other.to_string().into(),
        };
        object.insert(field.name.to_string(), json);
    }
    text.push_str(&serde_json::Value::Object(object).to_string());
    text.push('\n');
}

fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(|error| Failure::Call(format!("rows could not be printed: {error}")))
}
