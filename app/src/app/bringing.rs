//! Files that somebody brings: dropped on the window or chosen, looked at in the background, and added as a source that plays.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use egui::{Context, Pos2, pos2};
use tidemark_engine::error::Result;
use tidemark_engine::graph::{Edit, Point};
use tidemark_engine::ids::NodeId;
use tidemark_engine::node::{Catalog, FileAccess};
use tidemark_engine::probe::{Proposal, probe};

use super::App;
use super::background::Outcome;
use super::command_handling::placing::{Spots, snapped};
use super::files::FileWork;
use crate::command::Command;
use crate::state::FlowNumber;
use crate::ui_kit::t_args;
use crate::ui_kit::widgets::Tone;

/// How many files of one drop are looked at.
const MAX_FILES: usize = 16;

/// A file to look at.
pub(super) struct Bring {
    /// The flow that it is brought to.
    pub(super) number: FlowNumber,
    /// The file.
    pub(super) path: PathBuf,
    /// Where it was dropped, on the canvas.
    pub(super) at: Option<Pos2>,
    pub(super) catalog: Arc<Catalog>,
    pub(super) files: FileAccess,
}

/// What was found about a file that was brought.
pub(super) struct Brought {
    pub(super) number: FlowNumber,
    pub(super) path: PathBuf,
    pub(super) at: Option<Pos2>,
    pub(super) proposal: Result<Box<Proposal>>,
}

/// Looks at a file.
pub(super) fn look(bring: Bring) -> Outcome {
    let Bring { number, path, at, catalog, files } = bring;
    if may_be_flow(&path) && holds_flow(&path) {
        return Outcome::BroughtFlow(path);
    }
    // It ends by itself: a bounded part of the file is read.
    let proposal = probe(&path, &catalog, &files, &AtomicBool::new(false)).map(Box::new);
    Outcome::Brought(Brought { number, path, at, proposal })
}

impl App {
    /// Takes the files that were dropped on the window in this frame.
    pub(super) fn take_dropped(&mut self, ctx: &Context) {
        let (paths, pointer) = ctx.input(|input| {
            let dropped = input.raw.dropped_files.iter().take(MAX_FILES);
            (dropped.map(|file| file.path().to_owned()).collect::<Vec<_>>(), input.pointer.latest_pos())
        });
        let at = pointer.and_then(|screen| self.panels.canvas.graph_from_screen(screen));
        for path in paths {
            self.commands.push(Command::Bring { path, at });
        }
    }

    /// Opens a flow file; looks at any other to add it to the flow that is shown, or to one of its own if that is untouched.
    pub(super) fn bring(&mut self, path: PathBuf, at: Option<Pos2>) {
        if is_flow(&path) {
            self.commands.push(Command::Open(path));
            return;
        }
        // The canvas of a sample is no place for somebody's own file. What may be a flow is looked at first.
        let is_rows = !may_be_flow(&path);
        if is_rows
            && self.state.open.document.is_untouched()
            && !self.state.open.document.flow().nodes.is_empty()
        {
            self.open_new();
        }
        let (number, files) = (self.state.open.number, self.state.file_access());
        let catalog = Arc::clone(&self.state.catalog);
        self.work_on_file(FileWork::Bring(Bring { number, path, at, catalog, files }));
    }

    /// Adds a file that was looked at to the flow that it was brought to, and plays it.
    pub(super) fn add_brought(&mut self, brought: Brought) {
        let Brought { number, path, at, proposal } = brought;
        if !self.show_again(number) {
            return;
        }
        let proposal = match proposal {
            Ok(proposal) => proposal,
            Err(error) => return self.complain_of(number, error.to_string()),
        };
        let document = &mut self.state.open.document;
        // Who brings a file consents to it.
        if !path.starts_with(document.folder()) {
            document.allow(path.clone());
        }
        let is_first = document.flow().nodes.is_empty();
        let wanted = match at {
            Some(at) => at,
            None if is_first => pos2(32.0, 32.0),
            None => self.panels.canvas.middle(),
        };
        let at = Spots::of(self.state.open.document.flow()).first_free(snapped(wanted));
        self.add_proposal(&path, &proposal, at, is_first);
    }

    fn add_proposal(&mut self, path: &Path, proposal: &Proposal, at: Point, is_first: bool) {
        let edit = proposal.edit(self.state.open.document.flow(), at);
        let added = added_nodes(&edit);
        if !self.edit(&edit) {
            return;
        }
        self.state.open.document.seal();
        let source = added.first().cloned();
        self.select(source.into_iter().collect(), Vec::new());
        if is_first {
            self.panels.canvas.view.fit_all();
        }
        self.state.open.run.wants_to_play = true;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let text = t_args("file.brought", &[("name", &name), ("summary", &proposal.summary())]);
        self.state.log.add(Tone::Ok, text);
        for finding in &proposal.findings {
            self.state.log.add(Tone::Warning, finding.message.clone());
        }
    }
}

/// The nodes that an edit adds, in order.
fn added_nodes(edit: &Edit) -> Vec<NodeId> {
    match edit {
        Edit::AddNode { id, .. } => vec![id.clone()],
        Edit::Batch { edits, .. } => edits.iter().flat_map(added_nodes).collect(),
        _ => Vec::new(),
    }
}

/// Whether a file is called as flows are.
fn is_flow(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(".flow.json"))
}

/// Whether a file is called as a flow may be. What is in it says whether it is one.
fn may_be_flow(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"))
}

/// Whether a file begins as flows do: an object with a version, and nodes.
fn holds_flow(path: &Path) -> bool {
    const HEAD: u64 = 64 << 10;
    // A pipe would wait for ever.
    if !fs::metadata(path).is_ok_and(|file| file.is_file()) {
        return false;
    }
    let mut head = Vec::new();
    let is_read = File::open(path).is_ok_and(|file| file.take(HEAD).read_to_end(&mut head).is_ok());
    let head = String::from_utf8_lossy(&head);
    let has = |key: &str| head.contains(key);
    is_read && head.trim_start().starts_with('{') && has("\"version\"") && has("\"nodes\"")
}
