//! Opening, saving and leaving flows.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::{Context, ViewportCommand};
use tidemark_engine::graph::FlowDocument;
use tidemark_engine::ids::EdgeId;
use tidemark_engine::node::Category;

use super::super::App;
use super::super::background::Purpose;
use super::super::files::{FileWork, Save, Seen};
use super::super::samples::{SAMPLES, is_among_samples};
use super::super::sources::moved;
use crate::command::Command;
use crate::state::{Dialog, FlowNumber, Origin};
use crate::ui_kit::{t, t_args};

impl App {
    /// Opens an empty flow.
    pub(in crate::app) fn open_new(&mut self) {
        self.open_flow(FlowDocument::default(), Origin::New, Seen::default());
    }

    /// Opens a flow file, or shows the flow if it is open already.
    pub(super) fn open_file(&mut self, path: PathBuf) {
        let path = absolute(path);
        match self.flow_in(&path) {
            Some(number) => self.show_flow(number),
            None => self.work_on_file(FileWork::Load(path)),
        }
    }

    pub(super) fn open_sample(&mut self, number: usize) {
        if let Some(sample) = SAMPLES.get(number) {
            self.work_on_file(FileWork::LoadSample(*sample, self.folders.data.clone()));
        }
    }

    /// Closes a flow, after a question if it has unsaved changes.
    pub(super) fn close(&mut self, number: FlowNumber) {
        if self.state.flow_mut(number).is_some_and(|flow| flow.document.is_saved()) {
            self.close_flow(number);
        } else {
            self.ask_about(number, Command::Close(number));
        }
    }

    /// Closes the window, or asks about the next flow with unsaved changes that were not given up.
    pub(super) fn quit_further(&mut self, ctx: &Context) {
        match self.first_unsaved() {
            Some(number) => self.ask_about(number, Command::QuitFurther),
            None => {
                self.may_close = true;
                ctx.send_viewport_cmd(ViewportCommand::Close);
            }
        }
    }

    /// Asks what becomes of the unsaved changes of a flow, which is shown meanwhile, before `command` is carried out.
    fn ask_about(&mut self, number: FlowNumber, command: Command) {
        self.show_flow(number);
        self.state.dialog = Some(Dialog::Unsaved(Box::new(command)));
    }

    /// The edge whose rows say most of event time: one that leaves a watermark, or else the first.
    pub(in crate::app) fn telling_edge(&self) -> Option<EdgeId> {
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
        self.state.own_dialog = None;
        if !self.background.pick(self.state.open.number, purpose, folder, file_name) {
            self.stop_quitting();
            self.state.view.refusal = Some(t("dialog.one_at_a_time").to_owned());
        }
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
        let is_own = self.state.open.document.own_file() == Some(&*path);
        let (path, is_named) = if is_own { (path, false) } else { with_ending(path) };
        // Whoever was asked about a file was asked about another one.
        let save = self.save_of(path, replace && !is_named, then).and_then(|save| {
            let is_taken = self.background.file(FileWork::Save(save));
            is_taken.then_some(()).ok_or_else(|| t("error.files_busy").to_owned())
        });
        match save {
            Ok(()) => self.state.open.n_saves += 1,
            Err(reason) => {
                self.stop_quitting();
                self.complain(reason);
            }
        }
    }

    /// The open flow on its way to a file, or why it cannot go there.
    fn save_of(&self, path: PathBuf, replace: bool, then: Option<Box<Command>>) -> Result<Save, String> {
        if is_among_samples(&path, &self.folders.data) {
            return Err(t("error.save_on_sample").to_owned());
        }
        let open = &self.state.open;
        let mut flow = Arc::clone(open.document.flow());
        // What it needs in the folder of the file to read what it reads now.
        let to = path.parent().unwrap_or(Path::new(""));
        let moved = moved(&flow, &self.state.catalog, &open.file_access(), to)
            .map_err(|path| t_args("error.called_like_parameter", &[("path", &path)]))?;
        if let Some(edit) = moved.edit {
            edit.apply(Arc::make_mut(&mut flow)).map_err(|error| error.to_string())?;
        }
        let (number, revision) = (open.number, open.document.revision());
        let (seen, data) = (self.desk.seen.clone(), self.folders.data.clone());
        Ok(Save { number, path, flow, revision, seen, data, replace, then })
    }

    pub(in crate::app) fn work_on_file(&mut self, work: FileWork) {
        if !self.background.file(work) {
            self.complain(t("error.files_busy").to_owned());
        }
    }

    /// Goes on after the question about unsaved changes.
    pub(super) fn proceed(&mut self, save: bool) {
        let Some(Dialog::Unsaved(command)) = self.state.dialog.take() else { return };
        match *command {
            command if save => self.save(Some(Box::new(command))),
            Command::Close(number) => self.close_flow(number),
            command => {
                let open = &self.state.open;
                self.given_up.insert(open.number, open.document.revision());
                self.commands.push(command);
            }
        }
    }
}

/// A path under which a flow is known again: what has no ending is given that of flows. `true` if it was.
fn with_ending(path: PathBuf) -> (PathBuf, bool) {
    let ending = match path.extension() {
        None => ".flow.json",
        Some(ending) if ending == "flow" => ".json",
        Some(_) => return (path, false),
    };
    let mut name = path.into_os_string();
    name.push(ending);
    (PathBuf::from(name), true)
}

/// The path from the root on, so that it means the same wherever it is looked at.
fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_ending_gets_that_of_flows_and_nothing_else_does() {
        let named = |path: &str| with_ending(PathBuf::from(path));
        assert_eq!(named("/a/delays"), (PathBuf::from("/a/delays.flow.json"), true));
        assert_eq!(named("/a/delays.flow"), (PathBuf::from("/a/delays.flow.json"), true));
        for path in ["/a/delays.flow.json", "/a/delays.json", "/a.b/delays.txt"] {
            assert_eq!(named(path), (PathBuf::from(path), false));
        }
    }
}
