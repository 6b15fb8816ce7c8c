//! Carrying out commands: the only place that changes the document, the run and the settings.

mod aligning;
mod arranging;
mod bridging;
pub(super) mod clipboard;
mod drawing;
mod editing;
mod filing;
pub(crate) mod placing;
mod probing;
mod running;
mod selecting;

use egui::Context;

use self::aligning::Align;
use super::App;
use super::background::Purpose;
use crate::command::{Action, Command};
use crate::engine_link::{LinkCommand, Watch};
use crate::panels::dock;
use crate::rows::RowFormat;
use crate::state::layout::Layout;
use crate::state::{Dialog, DockTab, Drawer, Drawn, RecentChange, Selection, TableChange};
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
            Command::Edit(edit) => drop(self.edit(&edit)),
            Command::EndGesture => self.state.open.document.seal(),
            Command::GiveUpGesture => self.give_up_gesture(),
            Command::Try(trial) => self.want_trial(trial),
            Command::Select(selection) => self.choose(selection),
            Command::Reveal(node) => self.reveal(node),
            Command::EditNode(node) => self.edit_node(node),
            Command::ShowProblem(number) => self.show_problem(number),
            Command::ShowRows(edge) => {
                self.watch(Some(Watch::Edge(edge)));
                self.show_data();
            }
            Command::Peek(edge) => self.peek(edge),
            Command::AddNode { kind, at, join } => drop(self.add_node(&kind, at, join.as_ref())),
            Command::AddNext { kind, at, join } => self.add_next(&kind, at, join.as_ref()),
            Command::InsertNode { kind, wire, at } => self.insert_node(&kind, &wire, at),
            Command::AddNote { at } => self.add_note(at),
            Command::Paste { text, at, keep_links } => self.paste(&text, at, keep_links),
            Command::AskForPaste { at } => self.ask_for_paste(ctx, Some(at), false),
            Command::GoToStep(n_done) => self.go_to_step(n_done),
            Command::Find(query) => self.find(query),
            Command::Open(path) => self.open_file(path),
            Command::OpenRecent(path) => self.open_recent(path),
            Command::OpenVersion(number) => self.open_version(number),
            Command::ClearRecent => self.change_recent(RecentChange::Clear),
            Command::Bring { path, at } => self.bring(path, at),
            Command::OpenSample(number) => self.open_sample(number),
            Command::ShowFlow(number) => self.show_flow(number),
            Command::Close(number) => self.close(number),
            Command::Table(watch, change) => self.change_table(&watch, change),
            Command::CopyText(text) => ctx.copy_text(text),
            Command::ExportRows { path, rows, replace } => self.export_rows(path, rows, replace),
            Command::SaveTo { path, replace, then } => self.save_to(path, replace, then),
            Command::SaveElsewhere(then) => self.save_as(then),
            Command::UsePath { node, param, path } => self.set_path(&node, &param, &path),
            Command::Allow(path) => self.state.open.document.allow(path),
            Command::Browse { node, param } => {
                let folder = self.state.open.document.folder();
                self.pick(Purpose::Param(node, param), folder, None);
            }
            Command::SetSpeed(speed) => self.set_speed(speed),
            Command::Mark(marks) => self.state.open.marks = marks,
            Command::SetLens(lens) => self.state.view.lens = lens,
            Command::SetDockTab(tab) => self.show_dock_tab(tab),
            Command::Arrange(layout) => self.state.workspace.arrange(layout),
            Command::MovePane(pane, side) => {
                let mut layout = self.layout();
                layout.move_to(pane, side);
                self.use_layout(layout);
            }
            Command::ClosePane(pane) => self.close_pane(pane),
            Command::Maximize(pane) => self.maximize(pane),
            Command::UseLayout(name) => {
                if let Some(layout) = self.state.workspace.named.get(&name).cloned() {
                    self.use_layout(layout);
                }
            }
            Command::KeepLayout(name) => self.keep_layout(name),
            Command::ForgetLayout(name) => drop(self.state.workspace.named.remove(&name)),
            Command::SetInspectorTab(tab) => self.state.view.inspector_tab = tab,
            Command::SetDrawer(drawer) => self.state.view.drawer = drawer,
            Command::SetTheme(theme) => {
                self.state.settings.theme = theme;
                self.apply_look(ctx);
            }
            Command::SetDialog(dialog) => {
                self.state.own_dialog = None;
                self.state.dialog = dialog;
            }
            Command::CancelDialog => {
                if self.state.dialog.take().is_some_and(|dialog| dialog.quits()) {
                    self.stop_quitting();
                }
            }
            Command::QuitFurther => self.quit_further(ctx),
            Command::Proceed { save } => self.proceed(save),
            Command::Recover(number) => self.recover(number),
            Command::DiscardLeft(number) => self.discard_left(number),
            Command::KeepLeft(number) => self.keep_left(number),
            Command::Refuse(reason) => self.state.view.refusal = Some(reason),
            // What is shown is what was refused, if anything was.
            Command::DismissBanner => {
                let (view, open) = (&mut self.state.view, &mut self.state.open);
                if view.refusal.take().is_none() && open.banner.take().is_none() {
                    self.state.own_dialog = None;
                }
            }
        }
    }

    fn act(&mut self, ctx: &Context, action: Action) {
        match action {
            Action::New => self.open_new(),
            Action::CloseFlow => self.close(self.state.open.number),
            Action::NextFlow | Action::PreviousFlow => self.show_next_flow(action == Action::NextFlow),
            Action::Quit => {
                self.stop_quitting();
                self.quit_further(ctx);
            }
            Action::Open => {
                let folder = self.state.open.document.folder();
                self.pick(Purpose::Open, folder, None);
            }
            Action::AddFile => {
                let folder = self.state.open.document.folder();
                self.pick(Purpose::Bring, folder, None);
            }
            Action::OpenPath => self.state.dialog = Some(self.path_dialog(Purpose::Open)),
            Action::Save => self.save(None),
            Action::SaveAs => self.save_as(None),
            Action::SaveAsPath => self.state.dialog = Some(self.path_dialog(Purpose::Save(None))),
            Action::Versions => self.find_versions(),
            Action::Undo | Action::Redo => self.travel(action == Action::Undo),
            Action::Copy => self.copy(ctx),
            Action::Cut => self.cut(ctx),
            Action::Paste => self.ask_for_paste(ctx, None, false),
            Action::PasteLinked => {
                let at = self.panels.canvas.under_pointer(ctx);
                self.ask_for_paste(ctx, at, true);
            }
            Action::Duplicate => self.duplicate(),
            Action::AddNode => self.panels.canvas.open_finder(&self.state),
            Action::AddNote => {
                let at = self.panels.canvas.under_pointer(ctx);
                self.add_note(at);
            }
            Action::FrameSelection => self.frame_selection(),
            Action::Delete | Action::DeleteKeepWire => self.delete(action == Action::DeleteKeepWire),
            Action::Rename if self.state.open.selection.single_drawn().is_some() => self.write_drawn(),
            Action::Rename => {
                self.make_room_for_inspector();
                self.panels.inspector.focus_title();
            }
            Action::SelectAll if let Some(watch) = dock::table_with_keyboard(ctx, &self.state) => {
                self.select_all_rows(&watch);
            }
            Action::SelectAll => {
                let flow = self.state.open.document.flow();
                let nodes = Selection::of_nodes(flow.nodes.keys().cloned());
                self.choose(Selection { drawn: Drawn::all_of(flow).collect(), ..nodes });
            }
            Action::SelectNone => self.choose(Selection::default()),
            Action::SelectUpstream => self.select_joined(true, false),
            Action::SelectDownstream => self.select_joined(false, true),
            Action::SelectConnected => self.select_joined(true, true),
            Action::SelectContents => {
                let all = self.panels.canvas.with_contents(&self.state.open.selection);
                self.choose(all);
            }
            Action::Back | Action::Forward => self.walk_trail(action == Action::Back),
            Action::Find => self.open_find(),
            Action::FindNext | Action::FindPrevious => self.find_next(action == Action::FindNext),
            Action::OpenMenu => self.panels.canvas.open_menu(&self.state),
            Action::Peek => self.show_card(),
            Action::Fit => self.panels.canvas.view.fit_all(),
            Action::FitSelection => self.panels.canvas.view.fit_selection(),
            Action::ZoomIn => self.zoom(self.panels.canvas.view.zoom * 1.25),
            Action::ZoomOut => self.zoom(self.panels.canvas.view.zoom / 1.25),
            Action::ZoomReset => self.zoom(1.0),
            Action::Arrange => self.arrange(),
            Action::AlignLeft => self.align(Align::Left),
            Action::AlignCenter => self.align(Align::Center),
            Action::AlignRight => self.align(Align::Right),
            Action::AlignTop => self.align(Align::Top),
            Action::AlignMiddle => self.align(Align::Middle),
            Action::AlignBottom => self.align(Align::Bottom),
            Action::DistributeAcross => self.align(Align::Across),
            Action::DistributeDown => self.align(Align::Down),
            Action::StraightenWires => self.straighten(),
            Action::TogglePalette => self.toggle_drawer(Drawer::Palette),
            Action::ToggleHistory => self.toggle_drawer(Drawer::History),
            Action::ToggleInspector => {
                if self.leave_focus_mode() {
                    self.make_room_for_inspector();
                } else {
                    self.state.view.inspector = !self.state.view.inspector;
                }
            }
            Action::ToggleDock => self.toggle_dock(),
            Action::FocusMode => self.state.view.focus_mode = !self.state.view.focus_mode,
            Action::MaximizePane => {
                let pane = self.panels.workbench.pane_with_keyboard();
                let is_maximized = self.state.view.maximized.is_some();
                self.maximize((!is_maximized).then_some(pane));
            }
            Action::NextPane | Action::PreviousPane => {
                self.panels.workbench.step(action == Action::NextPane);
            }
            Action::UndoLayout => self.undo_layout(),
            Action::ResetLayout => self.use_layout(Layout::default()),
            Action::SaveLayout => self.state.dialog = Some(Dialog::SaveLayout(self.new_layout_name())),
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
            Action::ShowTimeline => self.toggle_dock_tab(DockTab::Timeline),
            Action::ShowProblems => self.toggle_dock_tab(DockTab::Problems),
            Action::ShowLog => self.toggle_dock_tab(DockTab::Log),
            Action::NextProblem | Action::PreviousProblem => {
                self.show_next_problem(action == Action::NextProblem);
            }
            Action::CopyLog => ctx.copy_text(self.panels.log.text(&self.state.log)),
            Action::ClearLog => self.state.log.clear(),
            Action::Freeze => self.freeze_or_follow(),
            Action::FilterRows => {
                self.show_data();
                self.change_active_table(|table| TableChange::ShowFilter(!table.shows_filter));
            }
            Action::CopyRows => self.copy_rows(RowFormat::Tsv),
            Action::CopyRowsCsv => self.copy_rows(RowFormat::Csv),
            Action::CopyRowsJson => self.copy_rows(RowFormat::JsonLines),
            Action::ExportRows => self.ask_where_to_export(),
            Action::PinRows => {
                self.show_data();
                self.change_active_table(|table| TableChange::Pin(!table.is_pinned));
            }
            Action::ProbeNode => self.probe_node(),
            Action::FindCommand => self.panels.command_search.open(ctx),
            Action::Shortcuts => self.state.dialog = Some(Dialog::Shortcuts),
            Action::About => self.state.dialog = Some(Dialog::About),
        }
    }

    fn show_data(&mut self) {
        self.show_dock_tab(DockTab::Data);
    }

    fn toggle_drawer(&mut self, drawer: Drawer) {
        let is_open = !self.leave_focus_mode() && self.state.view.drawer == Some(drawer);
        self.state.view.drawer = (!is_open).then_some(drawer);
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
