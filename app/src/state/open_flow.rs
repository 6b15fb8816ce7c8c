//! One open flow, with everything that belongs to it alone.

use std::path::PathBuf;
use std::sync::Arc;

use tidemark_engine::diagnostic::{Diagnostic, Place, Severity};
use tidemark_engine::graph::{Checked, Edit};
use tidemark_engine::ids::{EdgeId, NodeId};
use tidemark_engine::node::{Catalog, FileAccess};

use super::document::has_meaning;
use super::{
    Banner, Document, Marks, Recording, RowTables, Run, RuntimeProblem, RuntimeProblems, Selection,
    TakesEffect, Trail, Trying,
};
use crate::engine_link::Watch;

/// What tells the flows apart that are or were open in one window: none is given twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlowNumber(pub u64);

/// An open flow: its document, what was found about it, what is selected in it, and what runs.
#[derive(Default)]
pub struct OpenFlow {
    /// Its number in this window.
    pub number: FlowNumber,
    /// The flow.
    pub document: Document,
    /// What was found about the flow; of the revision before while a check is on its way.
    pub checked: Arc<Checked>,
    /// What went wrong while it ran.
    pub runtime: RuntimeProblems,
    /// The problem that was gone to last, by its number among [`OpenFlow::problem_places`].
    pub at_problem: Option<usize>,
    /// The revision of the document that was checked.
    pub checked_revision: u64,
    /// How many saves of it are under way.
    pub n_saves: usize,
    /// What is selected.
    pub selection: Selection,
    /// What was selected before.
    pub trail: Trail,
    /// What runs.
    pub run: Run,
    /// What its sources hold, as far as that is known.
    pub recording: Option<Arc<Recording>>,
    /// Whether its sources are being read for that.
    pub is_surveying: bool,
    /// What is marked on the time axis.
    pub marks: Marks,
    /// Whose rows the data dock shows because of what is selected.
    pub watched: Option<Watch>,
    /// The wire whose last few rows are handed out because a card of it is shown on the canvas.
    pub peeked: Option<EdgeId>,
    /// The expression that is tried on real rows.
    pub trying: Trying,
    /// The tables of rows: of what is watched, and those that are pinned.
    pub tables: RowTables,
    /// Something that went wrong, until it is closed.
    pub banner: Option<Banner>,
    /// Where relative paths of sinks start in runs of this flow in a window.
    pub output_folder: PathBuf,
}

impl OpenFlow {
    /// A flow that has just been opened and is to play as soon as it can.
    pub fn new(number: FlowNumber, document: Document) -> OpenFlow {
        OpenFlow { number, document, ..OpenFlow::default() }
    }

    /// What people call a node: its own title, else its kind's.
    pub fn title(&self, node: &NodeId, catalog: &Catalog) -> String {
        let Some(in_flow) = self.document.flow().nodes.get(node) else { return node.to_string() };
        in_flow.title.clone().unwrap_or_else(|| {
            catalog.spec(&in_flow.kind).map_or_else(|| in_flow.kind.clone(), |spec| spec.title.to_owned())
        })
    }

    /// Which files the flow may touch.
    pub fn file_access(&self) -> FileAccess {
        let mut files = match self.document.path() {
            Some(path) => FileAccess::of_flow(path, &self.output_folder),
            None => FileAccess::new(self.document.folder(), &self.output_folder),
        };
        files.allowed = self.document.allowed().to_vec();
        files
    }

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

    /// When a change takes effect, were it made now.
    pub fn takes_effect(&self, edit: &Edit) -> TakesEffect {
        match (has_meaning(edit), self.run.wants_to_play) {
            (false, _) => TakesEffect::Now,
            (true, true) => TakesEffect::Restart,
            (true, false) => TakesEffect::NextRun,
        }
    }

    /// The findings about a node.
    pub fn diagnostics_of<'a>(&'a self, node: &'a NodeId) -> impl Iterator<Item = &'a Diagnostic> {
        self.checked.diagnostics.iter().filter(move |diagnostic| diagnostic.place.node() == Some(node))
    }

    /// How many errors and warnings there are, in the flow and in its run.
    pub fn n_problems(&self) -> usize {
        let design = self.checked.diagnostics.iter().map(|diagnostic| diagnostic.severity);
        let runtime = self.runtime.found().iter().map(RuntimeProblem::severity);
        design.chain(runtime).filter(|severity| *severity > Severity::Hint).count()
    }

    /// Whether an error is among the problems.
    pub fn has_error(&self) -> bool {
        self.checked.errors().next().is_some()
            || self.runtime.found().iter().any(|problem| problem.severity() == Severity::Error)
    }

    /// Where the problems are, in the order in which they are listed: those of the flow, then those of its run.
    pub fn problem_places(&self) -> impl Iterator<Item = Place> {
        let design = self.checked.diagnostics.iter().map(|diagnostic| diagnostic.place.clone());
        let of_node = |problem: &RuntimeProblem| problem.node.clone().map_or(Place::Flow, Place::Node);
        design.chain(self.runtime.found().iter().map(of_node))
    }
}
