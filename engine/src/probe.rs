//! A file that somebody brings: what it is, how a source would read it, and the nodes that would play it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde_json::{Map, Value};

use crate::data::{DataType, Schema};
use crate::diagnostic::Diagnostic;
use crate::error::{EngineError, Result};
use crate::graph::{Edit, FlowDocument, Point};
use crate::node::{Catalog, FileAccess};
use crate::runtime::Survey;

/// How a file can be read: plain data, nothing of which has been done yet.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// What the nodes are called: the file's name without its ending.
    pub title: String,
    /// The kind of the source: `csv_source` or `parquet_source`.
    pub kind: &'static str,
    /// The source's parameters, those left out that have their defaults.
    pub params: Map<String, Value>,
    /// The columns, as the source gives them out with these parameters.
    pub schema: Arc<Schema>,
    /// The columns that may be the event time, best first. The first whose [`TimeUse`] is not an expression is set in `params`.
    pub time_columns: Vec<TimeColumn>,
    /// The column that is set as event time in `params`.
    pub event_time: Option<String>,
    /// What is known of the beginning of the file; `None` where there is no event time.
    pub survey: Option<Survey>,
    /// What is doubtful about the file, without keeping it from being read.
    pub findings: Vec<Diagnostic>,
    /// Whether the survey has read the whole file.
    pub complete: bool,
}

/// A column that may be the event time.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeColumn {
    /// Its name.
    pub name: String,
    /// Its type as the file has it.
    pub data_type: DataType,
    /// Why it may be, in a few words: `a timestamp called like an event time`.
    pub reason: String,
    /// What it takes to use it.
    pub usable: TimeUse,
}

/// What it takes to use a column as event time.
#[derive(Clone, Debug, PartialEq)]
pub enum TimeUse {
    /// Nothing: it is a timestamp.
    AsItIs,
    /// This entry of the CSV source's `schema`.
    Schema(Value),
    /// A select node behind the source, with this expression. The source itself cannot take it.
    Expression(String),
}

/// Looks at the file at `path` and proposes how to read it. Reads a bounded part of it, and for a bounded time.
///
/// The path is taken as consented to. In the parameters it is relative if the file lies below the flow's folder.
///
/// # Errors
/// One sentence that says what is supported and what the file seems to be, or why it cannot be read.
pub fn probe(path: &Path, catalog: &Catalog, files: &FileAccess, cancelled: &AtomicBool) -> Result<Proposal> {
    let _ = (catalog, files, cancelled);
    Err(EngineError::internal(format!("the probe of `{}` is being written", path.display())))
}

impl Proposal {
    /// The bound of the watermark that the survey suggests, in milliseconds; 0 without one.
    pub fn bound_millis(&self) -> u64 {
        self.survey.as_ref().map_or(0, |survey| survey.disorder.suggested_bound_millis())
    }

    /// One step, called `add_file`, that adds source, watermarks and table to `doc`, connected, with the source at `at`; source and
    /// table alone where there is no event time.
    pub fn edit(&self, doc: &FlowDocument, at: Point) -> Edit {
        let _ = (doc, at);
        Edit::Batch { name: "add_file".to_owned(), edits: Vec::new() }
    }
}
