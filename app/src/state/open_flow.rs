//! One open flow, with everything that belongs to it alone.

use std::path::PathBuf;
use std::sync::Arc;

use tidemark_engine::diagnostic::{Diagnostic, Severity};
use tidemark_engine::graph::Checked;
use tidemark_engine::ids::NodeId;

use super::{Banner, Document, RowTables, Run, Selection};
use crate::engine_link::Watch;

/// An open flow: its document, what was found about it, what is selected in it, and what runs.
#[derive(Default)]
pub struct OpenFlow {
    /// The flow.
    pub document: Document,
    /// What was found about the flow; of the revision before while a check is on its way.
    pub checked: Arc<Checked>,
    /// The revision of the document that was checked.
    pub checked_revision: u64,
    /// What is selected.
    pub selection: Selection,
    /// What runs.
    pub run: Run,
    /// Whose rows the data dock shows because of what is selected.
    pub watched: Option<Watch>,
    /// The tables of rows: of what is watched, and those that are pinned.
    pub tables: RowTables,
    /// Something that went wrong, until it is closed.
    pub banner: Option<Banner>,
    /// Where relative paths of sinks start in runs of this flow in a window.
    pub output_folder: PathBuf,
}

impl OpenFlow {
    /// Whether the flow as it was checked last could run.
    pub fn can_run(&self) -> bool {
        self.checked.is_runnable()
    }

    /// Whether the check speaks of the flow as it stands.
    pub fn is_checked(&self) -> bool {
        self.checked_revision == self.document.meaning_revision()
    }

    /// Whether what runs is not the flow as it stands.
    pub fn is_run_outdated(&self) -> bool {
        self.run.snapshot.run != 0 && self.run.revision != self.document.meaning_revision()
    }

    /// The findings about a node.
    pub fn diagnostics_of<'a>(&'a self, node: &'a NodeId) -> impl Iterator<Item = &'a Diagnostic> {
        self.checked.diagnostics.iter().filter(move |diagnostic| diagnostic.place.node() == Some(node))
    }

    /// How many errors and warnings there are.
    pub fn n_problems(&self) -> usize {
        self.checked.diagnostics.iter().filter(|diagnostic| diagnostic.severity > Severity::Hint).count()
    }
}
