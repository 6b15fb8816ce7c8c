//! Per-frame work before anything is drawn: what came of things, what the engine says, and what follows from it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::{Context, Key, Modifiers, ViewportCommand};
use tidemark_engine::ids::NodeId;
use tidemark_engine::node::Catalog;
use tidemark_engine::runtime::JobConfig;

use super::App;
use super::background::{Answer, CheckWork, Outcome, Purpose};
use super::files::{FileWork, RowExport};
use super::run_folder::RunFolder;
use super::sources::moved;
use crate::command::{Action, Command, take_shortcuts};
use crate::engine_link::{LinkCommand, RunStatus};
use crate::state::layout::Pane;
use crate::state::{AppState, Banner, Dialog, FlowNumber, Log, LogPlace, OpenFlow, Workspace};
use crate::ui_kit::widgets::Tone;
use crate::ui_kit::{t, t_args};

impl App {
    /// Everything that has to be known before the frame is drawn.
    pub fn logic(&mut self, ctx: &Context) {
        self.frame_began = Some(Instant::now());
        // What was asked for in the last frame is meant for the flow that it showed.
        self.carry_out_commands(ctx);
        while let Some(outcome) = self.background.next() {
            self.hear(outcome);
        }
        self.read_snapshot();
        self.take_dropped(ctx);
        self.take_space(ctx);
        self.take_escape(ctx);
        self.take_clipboard(ctx);
        take_shortcuts(ctx, &self.state, &mut self.commands);
        self.carry_out_commands(ctx);
        self.read_folder_if_wanted();
        self.keep_find_current();
        self.sift_if_changed(ctx);
        self.check_if_changed();
        self.state.open.find_runtime_problems(&self.state.catalog);
        self.run_if_changed(ctx);
        self.try_if_wanted(ctx);
        self.survey_if_changed();
        self.close_if_asked(ctx);
        self.show_title(ctx);
        self.state.workspace.window.follow(ctx);
        self.save_settings_if_changed();
        self.save_workspace_if_changed();
        self.protect(ctx);
    }

    /// Acts on what came of something.
    pub(super) fn hear(&mut self, outcome: Outcome) {
        if matches!(outcome, Outcome::Loaded { .. } | Outcome::Fault) {
            self.state.is_opening = false;
        }
        match outcome {
            Outcome::Checked { flow, revision, checked } => {
                if let Some(desk) = self.desk_of(flow) {
                    desk.check_is_under_way = false;
                }
                if let Some(flow) = self.state.flow_mut(flow) {
                    flow.checked = checked;
                    flow.checked_revision = revision;
                }
            }
            Outcome::Loaded { origin, flow: Ok(flow), seen } => {
                if let Some(number) = origin.own_file().and_then(|path| self.flow_in(path)) {
                    self.show_flow(number);
                    return;
                }
                if let Some(path) = origin.own_file() {
                    self.note_recent(path);
                }
                self.open_flow(flow, origin, seen);
                let name = self.state.open.document.name();
                self.state.log.add(Tone::Neutral, t_args("file.opened", &[("name", &name)]));
            }
            Outcome::Loaded { flow: Err(error), .. } => self.complain(error.to_string()),
            Outcome::Saved { flow, path, revision, result: Ok(written), not_kept, then } => {
                self.end_save(flow);
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                self.state.log.add(Tone::Ok, t_args("file.saved", &[("name", &name)]));
                if let Some(reason) = not_kept {
                    self.note_not_kept(&reason);
                }
                if let Some(doubt) = written.doubt() {
                    self.state.log.add(Tone::Warning, doubt);
                }
                self.note_recent(&path);
                self.note_saved(flow, revision, path);
                if let Some(command) = then {
                    self.commands.push(*command);
                }
            }
            Outcome::Saved { flow, result: Err(error), .. } => {
                self.end_save(flow);
                self.stop_quitting();
                self.complain_of(flow, error.to_string());
            }
            Outcome::WouldReplace { flow, path, then } => {
                self.end_save(flow);
                if self.show_again(flow) {
                    self.state.dialog = Some(Dialog::Overwrite(path, then));
                } else {
                    self.complain_of_no_save(&path);
                }
            }
            Outcome::Picked { flow, purpose, answer } => self.use_answer(flow, purpose, answer),
            Outcome::Brought(brought) => self.add_brought(brought),
            Outcome::BroughtFlow(path) => self.commands.push(Command::Open(path)),
            Outcome::Tried(tried) => self.show_tried(tried),
            Outcome::Surveyed(surveyed) => self.show_surveyed(surveyed),
            Outcome::FolderRead(folder) => self.show_folder(folder),
            Outcome::Fault => {
                self.give_up_folder();
                self.complain(t("error.fault").to_owned());
            }
            Outcome::Sifted { flow, sifted, summary } => self.take_sifted(flow, sifted, summary),
            Outcome::SiftFailed { flow, watch, filter } => self.give_up_sifting(flow, &watch, filter),
            Outcome::RowsWritten { n_rows, text } => {
                self.commands.push(Command::CopyText(text));
                self.note_copied(n_rows);
            }
            Outcome::RowsExported { export, result: Ok(()) } => self.note_exported(&export),
            Outcome::RowsExported { result: Err(error), .. } => self.complain(error.to_string()),
            Outcome::RowsWouldReplace(RowExport { path, excerpt, .. }) => {
                self.state.dialog = Some(Dialog::ReplaceRows(path, excerpt));
            }
            Outcome::Recent(Ok(files)) => self.state.recent = files,
            Outcome::Recent(Err(error)) => {
                self.state.log.add(Tone::Warning, t_args("error.recent_not_kept", &[("reason", &error)]));
            }
            Outcome::Versions { flow, kept } => self.show_versions(flow, kept),
            Outcome::VersionLoaded(opened) => self.show_version(opened),
            Outcome::RecentGone(path) => self.forget_recent(path),
            Outcome::JournalsFound(left) => self.offer(left),
            Outcome::JournalDiscarded(Err(error)) => {
                self.state.log.add(Tone::Warning, t_args("error.journal_left", &[("reason", &error)]));
            }
            Outcome::SettingsSaved(Ok(())) | Outcome::JournalDiscarded(Ok(())) => {}
            Outcome::SettingsSaved(Err(error)) => {
                self.state.log.add(Tone::Warning, t_args("error.settings", &[("reason", &error)]));
            }
        }
    }

    /// The flow has another place to start from, and was saved so that it reads what it read before.
    fn note_saved(&mut self, number: FlowNumber, revision: u64, path: PathBuf) {
        let catalog = Arc::clone(&self.state.catalog);
        let Some(flow) = self.state.flow_mut(number) else { return };
        let to = path.parent().unwrap_or(Path::new(""));
        // It could be written, so that there is such a thing.
        let Ok(moved) = moved(flow.document.flow(), &catalog, &flow.file_access(), to) else { return };
        match flow.document.saved(revision, path, moved.edit.as_ref()) {
            // Who saved it elsewhere wants it to read the same files there.
            Ok(()) => moved.files.into_iter().for_each(|file| flow.document.allow(file)),
            Err(error) => self.complain_of(number, error.to_string()),
        }
    }

    fn end_save(&mut self, number: FlowNumber) {
        if let Some(flow) = self.state.flow_mut(number) {
            flow.n_saves = flow.n_saves.saturating_sub(1);
        }
    }

    /// Shows a flow because it has a question. `false` if it is not open any more.
    pub(super) fn show_again(&mut self, number: FlowNumber) -> bool {
        self.show_flow(number);
        self.state.open.number == number
    }

    fn use_answer(&mut self, flow: FlowNumber, purpose: Purpose, answer: Answer) {
        let is_first = !std::mem::replace(&mut self.knows_dialogs, true);
        match (purpose, answer) {
            (mut purpose, Answer::Cancelled) => {
                self.stop_quitting();
                if let Purpose::Save(then) = &mut purpose {
                    // Who saves later with our own dialog does not want the window to close any more.
                    then.take_if(|then| matches!(**then, Command::QuitFurther));
                }
                // A desktop without dialogs may take its time to say so.
                if is_first && self.state.open.number == flow {
                    self.state.own_dialog = Some(self.path_dialog(purpose));
                }
            }
            (Purpose::Open, Answer::Path(path)) => self.commands.push(Command::Open(path)),
            (Purpose::Open, Answer::NoDialog) => {
                self.state.dialog = Some(self.path_dialog(Purpose::Open));
            }
            (Purpose::Bring, Answer::Path(path)) => self.commands.push(Command::Bring { path, at: None }),
            // It was asked for a flow that is not open any more.
            (Purpose::Save(_), Answer::Path(path)) if !self.show_again(flow) => {
                self.complain_of_no_save(&path);
            }
            (Purpose::Save(_) | Purpose::Param(..), _) if !self.show_again(flow) => {}
            (Purpose::Save(then), Answer::Path(path)) => self.save_to(path, true, then),
            (Purpose::Param(node, param), Answer::Path(path)) => self.set_path(&node, &param, &path),
            (Purpose::ExportRows(rows), Answer::Path(path)) => self.export_rows(path, rows, true),
            (purpose, Answer::NoDialog) => {
                self.state.dialog = Some(self.path_dialog(purpose));
            }
        }
    }

    /// The dialog of our own that stands behind the desktop's.
    pub(super) fn path_dialog(&self, purpose: Purpose) -> Dialog {
        let folder = self.state.open.document.folder().join("").to_string_lossy().into_owned();
        match purpose {
            Purpose::Open => Dialog::OpenPath(folder),
            Purpose::Bring => Dialog::BringPath(folder),
            Purpose::Save(then) => {
                let (folder, name) = self.place_to_save();
                Dialog::SavePath(folder.join(name).to_string_lossy().into_owned(), then)
            }
            Purpose::Param(node, param) => Dialog::ParamPath { node, param, path: folder },
            Purpose::ExportRows(rows) => {
                let path = self.export_folder().join(self.name_for(&rows));
                Dialog::ExportRows(path.to_string_lossy().into_owned(), rows)
            }
        }
    }

    /// A flow was not saved, and another is open now.
    fn complain_of_no_save(&mut self, path: &Path) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        self.stop_quitting();
        self.complain(t_args("error.not_saved", &[("name", &name)]));
    }

    /// Says what went wrong, in the log and over the canvas.
    pub(super) fn complain(&mut self, text: String) {
        self.complain_of(self.state.open.number, text);
    }

    /// Says what went wrong with a flow, in the log and over its canvas; over the one that is shown if it is not open any more.
    pub(super) fn complain_of(&mut self, number: FlowNumber, text: String) {
        let banner = Some(Banner { tone: Tone::Error, text: text.clone(), node: None });
        let AppState { open, shelf, log, catalog, .. } = &mut self.state;
        let flow = shelf.iter_mut().find(|flow| flow.number == number);
        match flow {
            Some(flow) => {
                log.add_at(place_in(flow, None, catalog), Tone::Error, text);
                flow.banner = banner;
            }
            None => {
                log.add(Tone::Error, text);
                open.banner = banner;
            }
        }
    }

    fn read_snapshot(&mut self) {
        self.read_snapshots_of_others();
        let snapshot = self.desk.link.snapshot();
        let is_of_another_run = snapshot.run != self.state.open.run.asked;
        if is_of_another_run || Arc::ptr_eq(&snapshot, &self.state.open.run.snapshot) {
            return;
        }
        let before = std::mem::replace(&mut self.state.open.run.snapshot, Arc::clone(&snapshot));
        if before.status != snapshot.status || before.run != snapshot.run {
            let AppState { open, log, catalog, .. } = &mut self.state;
            note_status(open, log, catalog);
        }
    }

    /// Notes what the jobs of the flows are doing that are not shown.
    fn read_snapshots_of_others(&mut self) {
        for idx in 0..self.state.shelf.len() {
            let Some(desk) = self.shelved.get(&self.state.shelf[idx].number) else { continue };
            let (snapshot, run) = (desk.link.snapshot(), &mut self.state.shelf[idx].run);
            if snapshot.run != run.asked || Arc::ptr_eq(&snapshot, &run.snapshot) {
                continue;
            }
            let before = std::mem::replace(&mut run.snapshot, Arc::clone(&snapshot));
            if before.status != snapshot.status {
                let AppState { shelf, log, catalog, .. } = &mut self.state;
                note_status(&mut shelf[idx], log, catalog);
            }
        }
    }

    /// Space plays and pauses when it is let go, unless it was held to drag the canvas. No button gets it: Enter presses those.
    fn take_space(&mut self, ctx: &Context) {
        if ctx.text_edit_focused() || self.state.dialog.is_some() {
            self.space_held = false;
            return;
        }
        let (pressed, released, dragging) = ctx.input_mut(|input| {
            let pressed = input.consume_key(Modifiers::NONE, Key::Space);
            (pressed, input.key_released(Key::Space), input.pointer.any_down())
        });
        self.space_held |= pressed;
        if dragging {
            self.space_held = false;
        }
        if released && std::mem::take(&mut self.space_held) {
            self.commands.push(Action::PlayPause);
        }
    }

    /// Escape gives the other panes their room back, where nothing else wants it first.
    fn take_escape(&mut self, ctx: &Context) {
        let is_wanted_elsewhere =
            ctx.text_edit_focused() || self.state.dialog.is_some() || egui::Popup::is_any_open(ctx);
        let is_canvas = self.state.view.maximized.is_none_or(|pane| pane == Pane::Canvas);
        if !is_canvas
            && !is_wanted_elsewhere
            && ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape))
        {
            self.commands.push(Command::Maximize(None));
        }
    }

    fn check_if_changed(&mut self) {
        let meaning = self.state.open.document.meaning_revision();
        if self.desk.last_meaning != meaning {
            self.desk.last_meaning = meaning;
            self.desk.changed_at = Instant::now();
        }
        if self.desk.check_is_under_way || self.state.open.is_checked() {
            return;
        }
        self.claim_run_folder();
        let files = self.state.file_access();
        let (flow, catalog) = (Arc::clone(self.state.open.document.flow()), Arc::clone(&self.state.catalog));
        // What cannot be taken now is asked for again in the next frame.
        let number = self.state.open.number;
        self.desk.check_is_under_way =
            self.background.check(CheckWork { number, revision: meaning, flow, catalog, files });
    }

    /// Flows that write files of one name do not meet, nor do two windows of one flow.
    fn claim_run_folder(&mut self) {
        let files = self.state.open.file_access();
        let wanted = self.folders.runs_of(files.flow.as_deref(), self.state.open.document.path());
        if self.desk.run_folder.as_ref().is_none_or(|folder| folder.wanted() != wanted) {
            let claim =
                if self.state.open.document.path().is_some() { RunFolder::claim } else { RunFolder::only };
            let folder = claim(wanted);
            self.state.open.output_folder = folder.path().to_owned();
            self.desk.run_folder = Some(folder);
        }
    }

    /// Runs the flow again from the beginning if it plays and has changed. Sources are files, so nothing is lost.
    fn run_if_changed(&mut self, ctx: &Context) {
        self.state.open.run.restarts_in = None;
        let run = &self.state.open.run;
        let is_current = run.revision == self.state.open.document.meaning_revision();
        if is_current || !run.wants_to_play || !self.state.open.is_checked() || !self.state.open.can_run() {
            return;
        }
        let is_first = run.asked == 0 || run.revision == 0;
        let waits = self.restart_after.saturating_sub(self.desk.changed_at.elapsed());
        if is_first || waits.is_zero() {
            self.start_run(false);
        } else {
            self.state.open.run.restarts_in = Some(waits);
            // The tenths of a second that are left are shown.
            ctx.request_repaint_after(waits.min(Duration::from_millis(100)));
        }
    }

    /// Starts a run of the flow as it was checked last.
    pub(super) fn start_run(&mut self, paused: bool) {
        if !self.state.open.can_run() {
            return;
        }
        let run = &self.state.open.run;
        let config = JobConfig { speed: run.speed, paused, ..JobConfig::default() };
        let number = run.asked + 1;
        let start = LinkCommand::Start { run: number, checked: Arc::clone(&self.state.open.checked), config };
        if !self.tell(start) {
            return;
        }
        let run = &mut self.state.open.run;
        run.asked = number;
        run.revision = self.state.open.checked_revision;
        run.wants_to_play = !paused;
        self.state.open.banner = None;
        self.state.open.marks = self.state.open.marks.of_next_run();
        let name = self.state.open.document.name();
        let text = t_args("log.started", &[("name", &name)]);
        let place = place_in(&self.state.open, None, &self.state.catalog);
        self.state.log.add_at(place, Tone::Running, text);
    }

    fn close_if_asked(&mut self, ctx: &Context) {
        if !ctx.input(|input| input.viewport().close_requested()) || self.may_close {
            return;
        }
        // What was given up on the way to a quit that was called off was not given up for this one.
        if self.state.flows().iter().any(|flow| !flow.document.is_saved()) {
            ctx.send_viewport_cmd(ViewportCommand::CancelClose);
            self.commands.push(Action::Quit);
            ctx.request_repaint();
        }
    }

    fn show_title(&mut self, ctx: &Context) {
        let mark = if self.state.open.document.is_saved() { "" } else { " ●" };
        let title = format!("{}{mark} – {}", self.state.open.document.name(), t("app.name"));
        if title != self.shown_title {
            ctx.send_viewport_cmd(ViewportCommand::Title(title.clone()));
            self.shown_title = title;
        }
    }

    fn save_settings_if_changed(&mut self) {
        if self.state.settings == self.saved_settings {
            return;
        }
        let settings = self.state.settings.clone();
        let Some(path) = self.folders.settings.clone() else { return };
        // What cannot be taken now is asked for again in the next frame.
        if self.background.file(FileWork::SaveSettings(settings.clone(), path)) {
            self.saved_settings = settings;
        }
    }

    fn save_workspace_if_changed(&mut self) {
        let view = &self.state.view;
        let layout = &mut self.state.workspace.layout;
        (layout.inspector, layout.dock) = (view.inspector, view.dock);
        if self.state.workspace.is_saved_as(&self.saved_workspace) {
            return;
        }
        let Some(settings) = &self.folders.settings else { return };
        let workspace = self.state.workspace.clone();
        // What cannot be taken now is asked for again in the next frame.
        if self.background.file(FileWork::SaveWorkspace(workspace.clone(), Workspace::path(settings))) {
            self.saved_workspace = workspace;
        }
    }
}

/// Notes that a run has come to something.
fn note_status(flow: &mut OpenFlow, log: &mut Log, catalog: &Catalog) {
    let records = crate::ui_kit::format::count(flow.run.snapshot.records);
    let snapshot = Arc::clone(&flow.run.snapshot);
    match &snapshot.status {
        RunStatus::Finished => {
            let text = t_args("log.finished", &[("records", &records)]);
            log.add_at(place_in(flow, None, catalog), Tone::Ok, text);
        }
        RunStatus::Stopped => log.add_at(place_in(flow, None, catalog), Tone::Paused, t("log.stopped")),
        RunStatus::Failed(failure) => {
            let text = match &failure.node {
                Some(node) => t_args(
                    "error.run_failed_because",
                    &[("node", &flow.title(node, catalog)), ("reason", &failure.message)],
                ),
                None => t_args("error.run_failed_somewhere", &[("reason", &failure.message)]),
            };
            log.add_at(place_in(flow, failure.node.as_ref(), catalog), Tone::Error, text.clone());
            flow.banner = Some(Banner { tone: Tone::Error, text, node: failure.node.clone() });
        }
        RunStatus::Paused(Some(reason)) => {
            let text = t_args("log.paused_because", &[("reason", reason)]);
            log.add_at(place_in(flow, None, catalog), Tone::Warning, text.clone());
            flow.run.wants_to_play = false;
            flow.banner = Some(Banner { tone: Tone::Warning, text, node: None });
        }
        RunStatus::Running | RunStatus::Paused(None) | RunStatus::None => {}
    }
}

/// A place for the log: a node of a flow, or the flow as a whole.
fn place_in(flow: &OpenFlow, node: Option<&NodeId>, catalog: &Catalog) -> LogPlace {
    let name = node.map_or_else(|| flow.document.name(), |node| flow.title(node, catalog));
    LogPlace { flow: flow.number, node: node.cloned(), name }
}

#[cfg(test)]
mod tests {
    use tidemark_engine::graph::FlowDocument;

    use super::super::files::Seen;
    use super::super::test_window::{LONG, setup, window};
    use super::*;
    use crate::state::Origin;

    fn open(app: &mut App, path: PathBuf) -> FlowNumber {
        let flow = Ok(FlowDocument::default());
        app.hear(Outcome::Loaded { origin: Origin::File(path), flow, seen: Seen::default() });
        app.state.open.number
    }

    #[test]
    fn what_went_wrong_is_said_of_the_flow_that_it_happened_to() {
        let (mut app, _, root) = window();
        let a = open(&mut app, root.path().join("a"));
        let b = open(&mut app, root.path().join("b"));
        let result = Err(tidemark_engine::error::EngineError::machine("the disk is full"));
        let (path, not_kept) = (root.path().join("a"), None);
        app.hear(Outcome::Saved { flow: a, path, revision: 1, result, not_kept, then: None });
        assert!(app.state.open.number == b && app.state.open.banner.is_none());
        app.show_flow(a);
        assert!(app.state.open.banner.as_ref().is_some_and(|banner| banner.text.contains("is full")));
    }

    #[test]
    fn a_save_that_is_perhaps_not_durable_is_a_save() {
        let (mut app, _, root) = window();
        let a = open(&mut app, root.path().join("a"));
        app.state.open.document.mark_unsaved();
        let why = tidemark_engine::error::EngineError::machine("perhaps not on the disk yet");
        let (path, revision) = (root.path().join("a"), app.state.open.document.revision());
        let result = Ok(tidemark_engine::graph::Written::PerhapsNotDurably(why));
        app.hear(Outcome::Saved { flow: a, path, revision, result, not_kept: None, then: None });
        assert!(app.state.open.document.is_saved() && app.state.open.banner.is_none());
        let said = app.state.log.entries().any(|entry| entry.text.contains("perhaps not on the disk"));
        assert!(said, "nobody is told");
    }

    #[test]
    fn a_flow_is_being_saved_until_the_thread_has_done_so() {
        let (mut app, ctx, root) = window();
        open(&mut app, root.path().join("a"));
        app.save_to(root.path().join("a"), true, None);
        assert_eq!(app.state.open.n_saves, 1);
        assert!(app.settle(&ctx, LONG));
        assert_eq!(app.state.open.n_saves, 0);
    }

    #[test]
    fn work_after_a_flow_was_given_up_is_asked_about_and_kept_in_the_journal() {
        let (mut app, ctx, root) = window();
        let a = open(&mut app, root.path().join("a"));
        app.state.open.document.mark_unsaved();
        let b = open(&mut app, root.path().join("b"));
        app.state.open.document.mark_unsaved();
        app.ask(Action::Quit);
        assert!(app.settle(&ctx, LONG) && app.state.open.number == a);
        app.ask(Command::Proceed { save: false });
        assert!(app.settle(&ctx, LONG) && app.state.open.number == b, "the other is asked about");
        // While the other is being saved, somebody goes on with the first.
        app.ask(Command::Proceed { save: true });
        app.carry_out_commands(&ctx);
        app.show_flow(a);
        app.edit(&tidemark_engine::graph::Edit::SetName(Some("later".to_owned())));
        assert!(app.settle(&ctx, LONG) && app.state.flow_mut(b).is_some_and(|flow| flow.document.is_saved()));
        assert!(!app.may_close, "it closes without a question");
        assert!(app.state.open.number == a && matches!(app.state.dialog, Some(Dialog::Unsaved(_))));
        assert!(app.wait_for_journal(&ctx, LONG));
        app.end_protection();
        let n_journals = std::fs::read_dir(root.path().join("journal")).expect("the journals").count();
        assert_eq!(n_journals, 1, "the journal of the flow that is not saved");
    }

    #[test]
    fn the_first_dialog_that_nobody_answers_is_followed_by_the_offer_of_our_own() {
        let (mut app, ctx, _root) = window();
        let cancelled = |app: &mut App| {
            let (flow, answer) = (app.state.open.number, Answer::Cancelled);
            app.hear(Outcome::Picked { flow, purpose: Purpose::Open, answer });
        };
        cancelled(&mut app);
        let Some(dialog @ Dialog::OpenPath(_)) = app.state.own_dialog.clone() else {
            panic!("nothing is offered")
        };
        app.ask(Command::SetDialog(Some(dialog)));
        assert!(app.settle(&ctx, LONG));
        assert!(app.state.own_dialog.is_none() && matches!(app.state.dialog, Some(Dialog::OpenPath(_))));
        cancelled(&mut app);
        assert!(app.state.own_dialog.is_none(), "who cancels knows that there is a dialog");
    }

    #[test]
    fn a_quit_that_was_called_off_does_not_come_back_with_our_own_dialog() {
        let (mut app, _, _root) = window();
        let cancelled = |app: &mut App, then: Command| {
            app.knows_dialogs = false;
            let (flow, purpose) = (app.state.open.number, Purpose::Save(Some(Box::new(then))));
            app.hear(Outcome::Picked { flow, purpose, answer: Answer::Cancelled });
            match app.state.own_dialog.take() {
                Some(Dialog::SavePath(_, then)) => then,
                other => panic!("{other:?} is offered"),
            }
        };
        assert!(cancelled(&mut app, Command::QuitFurther).is_none(), "the window closes after the save");
        let number = app.state.open.number;
        assert!(cancelled(&mut app, Command::Close(number)).is_some());
    }

    #[test]
    fn our_own_dialog_is_a_click_away_from_the_sentence() {
        use egui_kittest::kittest::Queryable as _;
        let root = tempfile::tempdir().expect("a folder");
        let setup = setup(root.path());
        let show = move |ui: &mut egui::Ui, app: &mut Option<App>| {
            let Some(app) = app else {
                *app = Some(App::new(ui.ctx(), setup.clone()).expect("threads"));
                return;
            };
            app.logic(ui.ctx());
            app.ui(ui);
        };
        let mut harness =
            egui_kittest::Harness::builder().with_size([1440.0, 900.0]).build_ui_state(show, None);
        harness.run_steps(3);
        let app = harness.state_mut().as_mut().expect("the first frame made it");
        let (flow, answer) = (app.state.open.number, Answer::Cancelled);
        app.hear(Outcome::Picked { flow, purpose: Purpose::Open, answer });
        harness.run_steps(3);
        assert!(harness.query_by_label_contains("No file was chosen").is_some());
        harness.get_by_label("Use Tidemark's own dialog").click();
        harness.run_steps(3);
        let app = harness.state().as_ref().expect("the first frame made it");
        assert!(matches!(app.state.dialog, Some(Dialog::OpenPath(_))) && app.state.own_dialog.is_none());
        assert!(harness.query_by_label_contains("No file was chosen").is_none());
    }

    #[test]
    fn what_a_crash_has_left_is_offered_once_nothing_else_is_asked() {
        let (mut app, ctx, root) = window();
        let journal = root.path().join("journal/left");
        std::fs::create_dir_all(&journal).expect("a folder");
        std::fs::write(journal.join("records"), "damaged").expect("a file");
        app.state.dialog = Some(Dialog::About);
        app.hear(Outcome::JournalsFound(crate::journal::Left::find(&root.path().join("journal"))));
        assert!(app.settle(&ctx, LONG) && matches!(app.state.dialog, Some(Dialog::About)));
        app.ask(Command::CancelDialog);
        assert!(app.settle(&ctx, LONG) && matches!(app.state.dialog, Some(Dialog::Recover)));
        assert_eq!(app.state.left.len(), 1);
    }

    #[test]
    fn a_question_is_asked_about_its_own_flow_and_never_about_another() {
        let (mut app, _, root) = window();
        let path = |name: &str| root.path().join(name);
        let open = |app: &mut App, name: &str| open(app, path(name));
        let would_replace = |app: &mut App, flow: FlowNumber| {
            app.hear(Outcome::WouldReplace { flow, path: path("a"), then: None });
        };
        let picked = |app: &mut App, flow: FlowNumber| {
            let answer = Answer::Path(path("a"));
            app.hear(Outcome::Picked { flow, purpose: Purpose::Save(None), answer });
        };
        let a = open(&mut app, "a");
        would_replace(&mut app, a);
        assert!(matches!(app.state.dialog, Some(Dialog::Overwrite(..))));
        let b = open(&mut app, "b");
        assert!(a != b && app.state.flows().len() == 2, "the empty flow has made room");
        assert!(app.state.dialog.is_none(), "it asks about the flow that is not shown any more");
        assert_eq!(open(&mut app, "a"), a, "it is open already");
        app.show_flow(b);
        would_replace(&mut app, a);
        assert!(app.state.open.number == a && matches!(app.state.dialog, Some(Dialog::Overwrite(..))));
        app.state.dialog = None;
        app.close_flow(a);
        assert_eq!(app.state.open.number, b);
        would_replace(&mut app, a);
        assert!(app.state.dialog.is_none() && app.state.open.banner.is_some());
        picked(&mut app, a);
        assert!(!app.background.is_busy(), "the flow is written to the other's file");
        picked(&mut app, b);
        assert!(app.background.is_busy());
    }
}
