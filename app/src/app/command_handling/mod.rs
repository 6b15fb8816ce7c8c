//! Carrying out commands: the only place that changes the document, the run and the settings.

mod editing;
mod filing;
mod running;
mod selecting;

use egui::Context;

use super::App;
use super::background::Purpose;
use crate::command::{Action, Command};
use crate::engine_link::{LinkCommand, Watch};
use crate::state::{Dialog, DockTab, Drawer};
use crate::ui_kit;

impl App {
    /// Carries out what was asked for, and what that asks for in turn.
    pub(super) fn carry_out_commands(&mut self, ctx: &Context) {
        loop {
            let commands = self.commands.take();
            if commands.is_empty() {
                return;
            }
            for command in commands {
                self.carry_out(ctx, command);
            }
            // What was pushed outside of a frame has to be seen as well.
            ctx.request_repaint();
        }
    }

    fn carry_out(&mut self, ctx: &Context, command: Command) {
        match command {
            Command::Do(action) => self.act(ctx, action),
            Command::Edit(edit) => self.edit(&edit),
            Command::EndGesture => self.state.open.document.seal(),
            Command::Select { nodes, wires } => self.select(nodes, wires),
            Command::Reveal(node) => {
                self.state.view.inspector = true;
                self.panels.canvas.reveal(&node);
                self.select(vec![node], Vec::new());
            }
            Command::ShowRows(edge) => {
                self.watch(Some(Watch::Edge(edge)));
                self.state.view.dock = true;
                self.state.view.dock_tab = DockTab::Data;
            }
            Command::AddNode { kind, at, join } => self.add_node(&kind, at, join.as_ref()),
            Command::Open(path) => self.open_file(path),
            Command::OpenSample(number) => self.open_sample(number),
            Command::ShowFlow(number) => self.show_flow(number),
            Command::Close(number) => self.close(number),
            Command::SaveTo { path, replace, then } => self.save_to(path, replace, then),
            Command::SaveElsewhere(then) => self.save_as(then),
            Command::UsePath { node, param, path } => self.set_path(&node, &param, &path),
            Command::Allow(path) => self.state.open.document.allow(path),
            Command::Browse { node, param } => {
                let folder = self.state.open.document.folder();
                self.pick(Purpose::Param(node, param), folder, None);
            }
            Command::SetSpeed(speed) => self.set_speed(speed),
            Command::SetLens(lens) => self.state.view.lens = lens,
            Command::SetDockTab(tab) => {
                self.state.view.dock = true;
                self.state.view.dock_tab = tab;
            }
            Command::SetInspectorTab(tab) => self.state.view.inspector_tab = tab,
            Command::SetDrawer(drawer) => self.state.view.drawer = drawer,
            Command::SetTheme(theme) => {
                self.state.settings.theme = theme;
                self.apply_look(ctx);
            }
            Command::SetDialog(dialog) => self.state.dialog = dialog,
            Command::QuitFurther => self.quit_further(ctx),
            Command::Proceed { save } => self.proceed(save),
            Command::Recover(number) => self.recover(number),
            Command::DiscardLeft(number) => self.discard_left(number),
            Command::Refuse(reason) => self.state.view.refusal = Some(reason),
            Command::DismissBanner => {
                self.state.open.banner = None;
                self.state.view.refusal = None;
            }
        }
    }

    fn act(&mut self, ctx: &Context, action: Action) {
        match action {
            Action::New => self.open_new(),
            Action::CloseFlow => self.close(self.state.open.number),
            Action::NextFlow | Action::PreviousFlow => self.show_next_flow(action == Action::NextFlow),
            Action::Quit => {
                self.given_up.clear();
                self.quit_further(ctx);
            }
            Action::Open => {
                let folder = self.state.open.document.folder();
                self.pick(Purpose::Open, folder, None);
            }
            Action::OpenPath => self.state.dialog = Some(self.path_dialog(Purpose::Open)),
            Action::Save => self.save(None),
            Action::SaveAs => self.save_as(None),
            Action::SaveAsPath => self.state.dialog = Some(self.path_dialog(Purpose::Save(None))),
            Action::Undo | Action::Redo => self.travel(action == Action::Undo),
            Action::AddNode => self.panels.canvas.open_finder(&self.state),
            Action::Delete | Action::DeleteKeepWire => self.delete(action == Action::DeleteKeepWire),
            Action::Rename => {
                self.state.view.inspector = true;
                self.panels.inspector.focus_title();
            }
            Action::SelectAll => {
                let nodes = self.state.open.document.flow().nodes.keys().cloned().collect();
                self.select(nodes, Vec::new());
            }
            Action::SelectNone => self.select(Vec::new(), Vec::new()),
            Action::Fit => self.panels.canvas.view.fit_all(),
            Action::FitSelection => self.panels.canvas.view.fit_selection(),
            Action::ZoomIn => self.zoom(self.panels.canvas.view.zoom * 1.25),
            Action::ZoomOut => self.zoom(self.panels.canvas.view.zoom / 1.25),
            Action::ZoomReset => self.zoom(1.0),
            Action::Arrange => self.arrange(),
            Action::TogglePalette => {
                let is_open = self.state.view.drawer == Some(Drawer::Palette);
                self.state.view.drawer = (!is_open).then_some(Drawer::Palette);
            }
            Action::ToggleInspector => self.state.view.inspector = !self.state.view.inspector,
            Action::ToggleDock => self.state.view.dock = !self.state.view.dock,
            Action::FocusMode => self.state.view.focus_mode = !self.state.view.focus_mode,
            Action::ToggleMinimap => self.state.settings.minimap = !self.state.settings.minimap,
            Action::ToggleReducedMotion => {
                self.state.settings.reduced_motion = !self.state.settings.reduced_motion;
            }
            Action::ScaleUp => self.scale(ctx, self.state.settings.ui_scale + 0.1),
            Action::ScaleDown => self.scale(ctx, self.state.settings.ui_scale - 0.1),
            Action::ScaleReset => self.scale(ctx, 1.0),
            Action::PlayPause => self.play_or_pause(),
            Action::Step => self.step(),
            Action::Restart => self.start_run(false),
            Action::Stop => {
                if self.tell(LinkCommand::Stop) {
                    self.state.open.run.wants_to_play = false;
                }
            }
            Action::Faster | Action::Slower => {
                self.set_speed(self.state.open.run.next_speed(action == Action::Faster));
            }
            Action::ShowData => self.toggle_dock_tab(DockTab::Data),
            Action::ShowProblems => self.toggle_dock_tab(DockTab::Problems),
            Action::ShowLog => self.toggle_dock_tab(DockTab::Log),
            Action::Freeze => {
                self.state.open.frozen = match self.state.open.frozen.take() {
                    Some(_) => None,
                    None => self.state.open.run.snapshot.watched.clone(),
                };
            }
            Action::FindCommand => self.panels.command_search.open(ctx),
            Action::Shortcuts => self.state.dialog = Some(Dialog::Shortcuts),
            Action::About => self.state.dialog = Some(Dialog::About),
        }
    }

    fn toggle_dock_tab(&mut self, tab: DockTab) {
        let view = &mut self.state.view;
        view.dock = !(view.dock && view.dock_tab == tab);
        view.dock_tab = tab;
    }

    pub(in crate::app) fn zoom(&mut self, zoom: f32) {
        self.panels.canvas.view.zoom_to(zoom);
    }

    fn scale(&mut self, ctx: &Context, scale: f32) {
        self.state.settings.ui_scale = (scale * 100.0).round().clamp(75.0, 250.0) / 100.0;
        self.apply_look(ctx);
    }

    fn apply_look(&self, ctx: &Context) {
        ui_kit::apply(ctx, self.state.settings.theme, self.state.settings.ui_scale);
    }
}
