//! Opening, saving and leaving flows.

use std::path::{Path, PathBuf};

use egui::{Context, ViewportCommand};
use tidemark_engine::graph::FlowDocument;
use tidemark_engine::ids::EdgeId;
use tidemark_engine::node::Category;

use super::super::App;
use super::super::background::Purpose;
use super::super::files::{FileWork, Save, Seen};
use super::super::samples::{SAMPLES, is_among_samples};
use super::super::sources::{Moved, moved};
use crate::command::{Action, Command};
use crate::engine_link::{LinkCommand, Watch};
use crate::state::{Dialog, Origin, RowTables, Selection};
use crate::ui_kit::{t, t_args};

impl App {
    /// Does what would lose unsaved changes, or asks about them first.
    pub(super) fn guarded(&mut self, ctx: &Context, command: Command) {
        if self.state.open.document.is_saved() {
            self.unguarded(ctx, command);
        } else {
            self.state.dialog = Some(Dialog::Unsaved(Box::new(command)));
        }
    }

    pub(super) fn unguarded(&mut self, ctx: &Context, command: Command) {
        match command {
            Command::Do(Action::New) => {
                self.show_document(FlowDocument::default(), Origin::New, Seen::default());
            }
            Command::Do(Action::Quit) => {
                self.may_close = true;
                ctx.send_viewport_cmd(ViewportCommand::Close);
            }
            Command::Open(path) => self.work_on_file(FileWork::Load(absolute(path))),
            Command::OpenSample(number) => {
                if let Some(sample) = SAMPLES.get(number) {
                    self.work_on_file(FileWork::LoadSample(*sample, self.folders.data.clone()));
                }
            }
            command => self.commands.push(command),
        }
    }

    /// Puts another flow into the window; it plays as soon as it has been checked.
    pub(in crate::app) fn show_document(&mut self, flow: FlowDocument, origin: Origin, seen: Seen) {
        self.state.open.document.replace(flow, origin);
        self.seen = seen;
        self.state.dialog.take_if(|dialog| dialog.is_about_flow());
        self.state.open.selection = Selection::default();
        self.state.open.banner = None;
        self.state.open.checked = std::sync::Arc::default();
        self.state.open.run.snapshot = std::sync::Arc::default();
        self.state.open.run.asked += 1;
        self.state.open.run.revision = 0;
        self.state.open.run.wants_to_play = true;
        self.state.view.refusal = None;
        self.watch(None);
        self.state.open.tables = RowTables::default();
        self.tell_pins();
        self.tell(LinkCommand::Clear);
        if self.state.open.document.flow().nodes.is_empty() {
            self.zoom(1.0);
        } else {
            self.panels.canvas.view.fit_all();
        }
        self.panels.canvas.select(&self.state.open.selection);
        let first = self.telling_edge();
        self.watch(first.map(Watch::Edge));
    }

    /// The edge whose rows say most of event time: one that leaves a watermark, or else the first.
    pub(super) fn telling_edge(&self) -> Option<EdgeId> {
        let edges = &self.state.open.document.flow().edges;
        let has_watermark = |edge: &&EdgeId| {
            self.state.spec(&edge.from.node).is_some_and(|spec| spec.category == Category::Time)
        };
        edges.iter().find(has_watermark).or_else(|| edges.first()).cloned()
    }

    pub(super) fn save(&mut self, then: Option<Box<Command>>) {
        match self.state.open.document.own_file().map(Path::to_owned) {
            Some(path) => self.save_to(path, false, then),
            None => self.save_as(then),
        }
    }

    pub(super) fn save_as(&mut self, then: Option<Box<Command>>) {
        let (folder, name) = self.place_to_save();
        self.pick(Purpose::Save(then), folder, Some(name));
    }

    /// Asks for a file for the open flow.
    pub(super) fn pick(&mut self, purpose: Purpose, folder: PathBuf, file_name: Option<String>) {
        self.background.pick(self.state.open.document.revision(), purpose, folder, file_name);
    }

    /// The folder and the name that are offered for a save. A sample's own are only its name's.
    pub(in crate::app) fn place_to_save(&self) -> (PathBuf, String) {
        let document = &self.state.open.document;
        let is_template = document.path().is_some() && document.own_file().is_none();
        let home = std::env::home_dir().filter(|_| is_template);
        let name = document.file_name().unwrap_or_else(|| "flow.flow.json".to_owned());
        (home.unwrap_or_else(|| document.folder()), name)
    }

    pub(in crate::app) fn save_to(&mut self, path: PathBuf, replace: bool, then: Option<Box<Command>>) {
        self.state.open.document.seal();
        let path = absolute(path);
        if is_among_samples(&path, &self.folders.data) {
            self.complain(t("error.save_on_sample").to_owned());
            return;
        }
        let mut flow = std::sync::Arc::clone(self.state.open.document.flow());
        let Some(moved) = self.moved_to(&path) else { return };
        if let Some(edit) = moved.edit
            && let Err(error) = edit.apply(std::sync::Arc::make_mut(&mut flow))
        {
            self.complain(error.to_string());
            return;
        }
        let (revision, seen) = (self.state.open.document.revision(), self.seen.clone());
        self.work_on_file(FileWork::Save(Save { path, flow, revision, seen, replace, then }));
    }

    /// What the flow needs in the folder of `file` to read what it reads now.
    /// Says so if there is no such thing.
    pub(in crate::app) fn moved_to(&mut self, file: &Path) -> Option<Moved> {
        let to = file.parent().unwrap_or(Path::new(""));
        let moved = moved(self.state.open.document.flow(), &self.state.catalog, &self.file_access(), to);
        moved.map_err(|path| self.complain(t_args("error.called_like_parameter", &[("path", &path)]))).ok()
    }

    pub(super) fn work_on_file(&mut self, work: FileWork) {
        if !self.background.file(work) {
            self.complain(t("error.files_busy").to_owned());
        }
    }

    /// Goes on after the question about unsaved changes.
    pub(super) fn proceed(&mut self, ctx: &Context, save: bool) {
        let Some(Dialog::Unsaved(command)) = self.state.dialog.take() else { return };
        if save {
            self.save(Some(command));
        } else {
            self.unguarded(ctx, *command);
        }
    }
}

/// The path from the root on, so that it means the same wherever it is looked at.
fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}
