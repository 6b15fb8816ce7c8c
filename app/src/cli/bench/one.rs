//! One run of one query in a process of its own, which `tidemark bench` starts: our side of the measurement.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use serde::{Deserialize, Serialize};
use tidemark_engine::catalog;
use tidemark_engine::connector::{MemorySource, SumsSink};
use tidemark_engine::ids::NodeId;
use tidemark_engine::node::{FileAccess, PlanContext, Runs, SplitOffset};
use tidemark_engine::runtime::{JobConfig, JobHandle, JobSnapshot};

use super::data::{Form, finished, runnable};
use super::process::{cpu_seconds, peak_bytes};
use super::queries::{Holds, Query};
use crate::cli::Failure;

/// What one run takes.
#[derive(Args)]
pub(in crate::cli) struct OneArgs {
    /// The query
    #[arg(long)]
    query: String,
    /// How the bids lie there
    #[arg(long, value_enum)]
    from: Form,
    /// The file with the bids
    #[arg(long)]
    file: PathBuf,
    /// How many subtasks share the work of a node
    #[arg(long)]
    threads: u16,
    /// Whether times are added up
    #[arg(long)]
    check: bool,
}

/// What a run took, and what it answered: what every engine prints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Report {
    /// From the start of the query to its last row.
    pub(super) wall_seconds: f64,
    /// The processor time of all threads in between; `None` where the system does not say.
    pub(super) cpu_seconds: Option<f64>,
    /// The most memory of the process, in bytes; `None` where the system does not say.
    pub(super) peak_bytes: Option<u64>,
    /// Rows of the result.
    pub(super) rows: u64,
    /// What the columns of [`Query::results`] came to, whole numbers as text.
    pub(super) sums: Vec<String>,
}

/// Runs the query and prints its report.
pub(in crate::cli) fn one(args: &OneArgs) -> Result<(), Failure> {
    let query =
        Query::named(&args.query).ok_or_else(|| Failure::Call("there is no such query".to_owned()))?;
    let report = run(query, args.from, &args.file, args.threads.into(), args.check)?;
    println!("{}", serde_json::to_string(&report).map_err(|error| Failure::Run(error.to_string()))?);
    Ok(())
}

fn run(query: &Query, form: Form, file: &Path, threads: usize, is_check: bool) -> Result<Report, Failure> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let name = file.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let sink = Arc::new(SumsSink::default());
    let mut catalog = catalog::standard().with(Arc::clone(&sink) as _);
    if form == Form::Memory {
        catalog = catalog.with(Arc::new(held(query, folder, &name)?));
    }
    let config = JobConfig {
        parallelism: threads,
        uses_statistics: true,
        keeps_newest: false,
        ..JobConfig::default()
    };

    let (start, cpu_start) = (Instant::now(), cpu_seconds());
    let graph = runnable(&query.flow(form, &name), &catalog, folder)?;
    let job = JobHandle::start(&graph, &config).map_err(|error| Failure::before_run(&error))?;
    finished(&job)?;
    let wall_seconds = start.elapsed().as_secs_f64();
    let cpu_seconds = cpu_start.zip(cpu_seconds()).map(|(start, end)| end - start);

    nothing_set_aside(&job.snapshot())?;
    let sums = sink.sums();
    let came_to = |(name, holds): &(&str, Holds)| {
        let column = sums.columns.iter().find(|column| column.name == *name);
        let column = column.ok_or_else(|| Failure::Run(format!("the result has no column `{name}`")))?;
        match holds {
            Holds::Times if !is_check => Ok(column.max.unwrap_or_default().to_string()),
            _ => Ok(column.sum.to_string()),
        }
    };
    let answer = query.results.iter().map(came_to).collect::<Result<_, Failure>>()?;
    Ok(Report { wall_seconds, cpu_seconds, peak_bytes: peak_bytes(), rows: sums.n_rows, sums: answer })
}

/// The columns that the query needs, in memory.
fn held(query: &Query, folder: &Path, name: &str) -> Result<MemorySource, Failure> {
    let machine = |error: tidemark_engine::error::EngineError| Failure::before_run(&error);
    // Watermarks follow the time, whatever the query reads.
    let used: BTreeSet<String> =
        query.columns.iter().chain(&["date_time"]).map(|column| (*column).to_owned()).collect();
    let params = serde_json::json!({ "path": name });
    let catalog = catalog::standard();
    let plan = catalog.get("parquet_source").zip(params.as_object()).map(|(source, params)| {
        source.plan(&PlanContext {
            node: &NodeId::new("bid"),
            params,
            inputs: Vec::new(),
            used_columns: Some(&used),
            session_zone: "UTC",
            files: &FileAccess::new(folder, folder),
        })
    });
    let Some(Runs::Source(plan)) = plan.and_then(|plan| plan.runs) else {
        return Err(Failure::Call(format!("`{name}` cannot be read; remove it, and it is written anew")));
    };
    let mut frames = Vec::new();
    for split in plan.source.splits().map_err(machine)? {
        let mut reader = plan.source.open(&split, SplitOffset::START).map_err(machine)?;
        while let Some(morsel) = reader.next(JobConfig::default().batch_rows).map_err(machine)? {
            frames.push(morsel.decode().map_err(machine)?.frame);
        }
    }
    MemorySource::new((*plan.decoded).clone(), frames).map_err(machine)
}

/// Engines that read everything before they answer set no row aside: an answer is the same only if ours did not either.
fn nothing_set_aside(snapshot: &JobSnapshot) -> Result<(), Failure> {
    for node in &snapshot.nodes {
        let (late, rejected) = (node.account.late, node.account.rejected);
        if late + rejected > 0 {
            let message = format!(
                "{late} rows were late and {rejected} rejected at `{}`, which should take all",
                node.id
            );
            return Err(Failure::Run(message));
        }
    }
    Ok(())
}
