//! The bids that all engines read: written once by the engine's own nodes, and used again by every later call.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde_json::json;
use tidemark_engine::catalog;
use tidemark_engine::graph::{CheckContext, FlowDocument, LogicalGraph, check};
use tidemark_engine::ids::escaped;
use tidemark_engine::node::{Catalog, FileAccess};
use tidemark_engine::runtime::{JobConfig, JobHandle, JobStatus};

use crate::cli::{Failure, shown};

/// How bids lie where an engine reads them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(super) enum Form {
    /// A Parquet file, compressed with Zstandard
    Parquet,
    /// A CSV file, whose columns and types every engine is told
    Csv,
    /// Columns in memory, as each engine holds them: only those that the query reads
    Memory,
}

impl Form {
    /// Its name on the command line.
    pub(super) fn name(self) -> &'static str {
        match self {
            Form::Parquet => "parquet",
            Form::Csv => "csv",
            Form::Memory => "memory",
        }
    }
}

/// The columns of bids and their types.
pub(super) const COLUMNS: [(&str, &str); 7] = [
    ("auction", "BIGINT"),
    ("bidder", "BIGINT"),
    ("price", "BIGINT"),
    ("channel", "STRING"),
    ("url", "STRING"),
    ("date_time", "TIMESTAMP"),
    ("extra", "STRING"),
];

/// Decides the values of all bids.
pub(super) const SEED: u64 = 0;
/// Bidders as in published figures.
pub(super) const MODE: &str = "compat";

/// The files of one number of events.
pub(super) struct Data {
    folder: PathBuf,
    events: u64,
}

impl Data {
    /// The files in `folder`, whether they are there or not.
    pub(super) fn new(folder: PathBuf, events: u64) -> Data {
        Data { folder, events }
    }

    /// How many bids there are: of 50 events, the last 46.
    pub(super) fn n_bids(&self) -> u64 {
        self.events / 50 * 46 + (self.events % 50).saturating_sub(4)
    }

    /// The file that is read for bids from there; those in memory are read from Parquet before time is taken.
    pub(super) fn file(&self, form: Form) -> PathBuf {
        self.folder.join(self.name(form))
    }

    /// The name says all that the content depends on.
    fn name(&self, form: Form) -> String {
        let ending = if form == Form::Csv { "csv" } else { "parquet" };
        format!("bid-{}-seed{SEED}-{MODE}.{ending}", self.events)
    }

    /// Writes the files that are missing, and says so.
    pub(super) fn write_missing(&self, forms: &[Form]) -> Result<(), Failure> {
        std::fs::create_dir_all(&self.folder).map_err(|error| {
            Failure::Call(format!(
                "the folder `{}` cannot be made: {error}; name another with `--data`",
                shown(&self.folder)
            ))
        })?;
        for form in forms {
            let path = self.file(*form);
            if !path.exists() {
                eprintln!("writing `{}`", shown(&path));
                self.write(*form)?;
            }
        }
        Ok(())
    }

    fn write(&self, form: Form) -> Result<(), Failure> {
        let sink = if form == Form::Csv { "csv_sink" } else { "parquet_sink" };
        let made = json!({ "table": "bid", "events": self.events, "seed": SEED, "mode": MODE });
        let flow = json!({
            "version": 1,
            "name": "Bids",
            "nodes": [
                { "id": "made", "kind": "nexmark_source", "params": made },
                { "id": "file", "kind": sink, "params": { "path": self.name(form) } },
            ],
            "edges": [{ "from": "made.out", "to": "file.in" }],
        });
        let graph = runnable(&flow, &catalog::standard(), &self.folder)?;
        let job =
            JobHandle::start(&graph, &JobConfig::default()).map_err(|error| Failure::before_run(&error))?;
        finished(&job)
    }
}

/// The graph of a flow whose files lie in `folder`.
pub(super) fn runnable(
    flow: &serde_json::Value,
    catalog: &Catalog,
    folder: &Path,
) -> Result<LogicalGraph, Failure> {
    let flow = FlowDocument::from_json(flow.to_string().as_bytes());
    let flow = flow.map_err(|error| Failure::Run(error.to_string()))?;
    let files = FileAccess { flow: Some("bench".to_owned()), ..FileAccess::new(folder, folder) };
    let checked = check(&flow, catalog, &CheckContext { files: &files, set: BTreeMap::new() });
    if checked.is_runnable() {
        return Ok(checked.graph);
    }
    let errors: Vec<String> =
        checked.errors().map(|error| escaped(&error.to_string()).into_owned()).collect();
    Err(Failure::Call(errors.join("; ")))
}

/// Waits for a job's good end.
pub(super) fn finished(job: &JobHandle) -> Result<(), Failure> {
    match job.wait() {
        JobStatus::Finished => Ok(()),
        JobStatus::Failed(error) => Err(Failure::Run(error.to_string())),
        other => Err(Failure::Run(format!("the run ended early: {other:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bids_are_the_last_46_of_every_50_events() {
        let n_bids = |events| Data::new(PathBuf::new(), events).n_bids();
        assert_eq!([1_000, 1_004, 1_005, 1_049].map(n_bids), [920, 920, 921, 965]);
        assert_eq!(n_bids(10_000_000), 9_200_000);
    }

    #[test]
    fn a_file_is_written_once_and_its_name_says_what_is_in_it() {
        let dir = tempfile::tempdir().expect("a folder");
        let data = Data::new(dir.path().join("new"), 1_049);
        data.write_missing(&[Form::Csv]).expect("written");
        let path = dir.path().join("new").join("bid-1049-seed0-compat.csv");
        let text = std::fs::read_to_string(&path).expect("it is there");
        assert_eq!(text.lines().count(), 966);
        let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
        assert_eq!(text.lines().next(), Some(&*names.join(",")));
        std::fs::write(&path, "kept").expect("writable");
        data.write_missing(&[Form::Csv]).expect("nothing to do");
        assert_eq!(std::fs::read_to_string(&path).expect("it is there"), "kept");
        assert_eq!(data.file(Form::Memory), data.file(Form::Parquet));
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named_with_the_fix() {
        let dir = tempfile::tempdir().expect("a folder");
        let file = dir.path().join("file");
        std::fs::write(&file, "").expect("writable");
        let data = Data::new(file.join("below"), 1_000);
        let Err(Failure::Call(message)) = data.write_missing(&[Form::Csv]) else { panic!("it was made") };
        assert!(message.contains("cannot be made") && message.contains("--data"), "{message}");
    }
}
