//! Carrying out commands: the only place that changes the document, the run and the settings.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use egui::{Context, Pos2, ViewportCommand};
use serde_json::{Map, Value};
use tidemark_engine::graph::{self, Edit, FlowDocument, FlowNode, Point, fresh_id};
use tidemark_engine::ids::{EdgeId, NodeId, PortRef};
use tidemark_engine::node::Category;
use tidemark_engine::runtime::Speed;

use super::App;
use super::background::Purpose;
use super::files::{FileWork, Save, Seen};
use super::samples::{SAMPLES, is_among_samples};
use super::sources::{Moved, moved};
use crate::command::{Action, Command};
use crate::engine_link::{LinkCommand, Watch};
use crate::state::{Dialog, DockTab, Drawer, Origin, Selection};
use crate::ui_kit::{self, t, t_args};

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
            Command::EndGesture => self.state.document.seal(),
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
            Command::Open(_) | Command::OpenSample(_) => self.guarded(ctx, command),
            Command::SaveTo { path, replace, then } => self.save_to(path, replace, then),
            Command::SaveElsewhere(then) => self.save_as(then),
            Command::UsePath { node, param, path } => self.set_path(&node, &param, &path),
            Command::Allow(path) => self.state.document.allow(path),
            Command::Browse { node, param } => {
                let folder = self.state.document.folder();
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
            Command::Proceed { save } => self.proceed(ctx, save),
            Command::Refuse(reason) => self.state.view.refusal = Some(reason),
            Command::DismissBanner => {
                self.state.banner = None;
                self.state.view.refusal = None;
            }
        }
    }

    fn act(&mut self, ctx: &Context, action: Action) {
        match action {
            Action::New | Action::Quit => self.guarded(ctx, Command::Do(action)),
            Action::Open => {
                let folder = self.state.document.folder();
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
                let nodes = self.state.document.flow().nodes.keys().cloned().collect();
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
                    self.state.run.wants_to_play = false;
                }
            }
            Action::Faster | Action::Slower => {
                self.set_speed(self.state.run.next_speed(action == Action::Faster));
            }
            Action::ShowData => self.toggle_dock_tab(DockTab::Data),
            Action::ShowProblems => self.toggle_dock_tab(DockTab::Problems),
            Action::ShowLog => self.toggle_dock_tab(DockTab::Log),
            Action::Freeze => {
                self.state.frozen = match self.state.frozen.take() {
                    Some(_) => None,
                    None => self.state.run.snapshot.watched.clone(),
                };
            }
            Action::FindCommand => self.panels.command_search.open(ctx),
            Action::Shortcuts => self.state.dialog = Some(Dialog::Shortcuts),
            Action::About => self.state.dialog = Some(Dialog::About),
        }
    }

    // The document

    fn edit(&mut self, edit: &Edit) {
        match self.state.document.apply(edit) {
            Ok(()) => self.forget_what_is_gone(),
            Err(error) => self.state.view.refusal = Some(error.to_string()),
        }
    }

    fn travel(&mut self, back: bool) {
        let step = if back { self.state.document.undo() } else { self.state.document.redo() };
        match step {
            Ok(_) => self.forget_what_is_gone(),
            Err(error) => self.complain(error.to_string()),
        }
    }

    /// Lets go of what the flow no longer has.
    fn forget_what_is_gone(&mut self) {
        let flow = self.state.document.flow();
        self.state.selection.retain_existing(flow);
        let is_there = match &self.state.watched {
            Some(Watch::Edge(edge)) => flow.edges.contains(edge),
            Some(Watch::Sink(node)) => flow.nodes.contains_key(node),
            None => true,
        };
        if !is_there {
            self.watch(None);
        }
    }

    fn select(&mut self, nodes: Vec<NodeId>, wires: Vec<EdgeId>) {
        let selection = Selection { nodes: nodes.into_iter().collect(), wires: wires.into_iter().collect() };
        self.state.document.seal();
        self.state.view.refusal = None;
        if selection != self.state.selection {
            self.state.selection = selection;
            self.panels.canvas.select(&self.state.selection);
        }
        if let Some(wire) = self.state.selection.single_wire().cloned() {
            self.watch(Some(Watch::Edge(wire)));
        } else if let Some(node) = self.state.selection.single_node().cloned() {
            self.watch_node(&node);
        }
    }

    /// Shows the rows of a node: what a sink took, or else what leaves by its first output.
    fn watch_node(&mut self, node: &NodeId) {
        let flow = self.state.document.flow();
        let Some(spec) = self.state.spec(node) else { return };
        let watch = match spec.outputs.first() {
            None => Some(Watch::Sink(node.clone())),
            Some(output) => {
                let mut leaving = flow.edges.iter().filter(|edge| edge.from.node == *node);
                leaving.find(|edge| *edge.from.port == *output.name).cloned().map(Watch::Edge)
            }
        };
        if watch.is_some() {
            self.watch(watch);
        }
    }

    fn watch(&mut self, watch: Option<Watch>) {
        if self.state.watched != watch && self.tell(LinkCommand::Watch(watch.clone())) {
            self.state.watched = watch;
            self.state.frozen = None;
        }
    }

    fn delete(&mut self, keep_wires: bool) {
        let Selection { nodes, wires } = self.state.selection.clone();
        let flow = self.state.document.flow();
        let mut edits: Vec<Edit> = wires
            .iter()
            .filter(|wire| !nodes.contains(&wire.from.node) && !nodes.contains(&wire.to.node))
            .map(|wire| Edit::Disconnect(wire.clone()))
            .collect();
        edits.extend(nodes.iter().cloned().map(Edit::RemoveNode));
        if edits.is_empty() {
            return;
        }
        if keep_wires {
            edits.extend(self.bridges(flow, &nodes).into_iter().map(Edit::Connect));
        }
        let edit = Edit::Batch { name: "remove".to_owned(), edits };
        self.edit(&edit);
        self.select(Vec::new(), Vec::new());
    }

    /// The edges that join what removed nodes connected, where that is possible.
    fn bridges(&self, flow: &FlowDocument, nodes: &std::collections::BTreeSet<NodeId>) -> Vec<EdgeId> {
        let mut without = flow.clone();
        for node in nodes {
            // A node that is not there needs no removing.
            let _ = Edit::RemoveNode(node.clone()).apply(&mut without);
        }
        let mut bridges = Vec::new();
        for node in nodes {
            let main = self.state.spec(node).and_then(|spec| spec.outputs.first()).map(|output| output.name);
            let entering = flow.edges_into(node).filter(|edge| !nodes.contains(&edge.from.node));
            for into in entering {
                for out in flow.edges.iter().filter(|edge| edge.from.node == *node) {
                    let is_main = main.is_some_and(|main| *out.from.port == *main);
                    let edge = EdgeId { from: into.from.clone(), to: out.to.clone() };
                    let possible =
                        graph::connection_veto(&without, &self.state.catalog, &edge.from, &edge.to).is_ok();
                    if is_main && possible && Edit::Connect(edge.clone()).apply(&mut without).is_ok() {
                        bridges.push(edge);
                    }
                }
            }
        }
        bridges
    }

    fn add_node(&mut self, kind: &str, at: Option<Pos2>, join: Option<&PortRef>) {
        let flow = self.state.document.flow();
        let id = fresh_id(flow, kind);
        let wanted = at.unwrap_or_else(|| self.panels.canvas.middle());
        let at = free_place(flow, wanted);
        let node = FlowNode::new(kind, Map::new());
        let mut edits = vec![Edit::AddNode { id: id.clone(), node, at: Some(at) }];
        if let Some(join) = join {
            edits.extend(self.joining(flow, &edits[0], &id, join).map(Edit::Connect));
        }
        let edit = Edit::Batch { name: "add_node".to_owned(), edits };
        self.edit(&edit);
        self.select(vec![id], Vec::new());
        self.panels.canvas.view.focus_canvas();
    }

    /// The edge from a port to a node that is about to be added.
    fn joining(&self, flow: &FlowDocument, add: &Edit, id: &NodeId, join: &PortRef) -> Option<EdgeId> {
        let mut with = flow.clone();
        add.apply(&mut with).ok()?;
        let spec = self.state.catalog.spec(&with.nodes.get(id)?.kind)?;
        let from_output =
            self.state.spec(&join.node)?.outputs.iter().any(|output| *join.port == *output.name);
        let mut edges: Box<dyn Iterator<Item = EdgeId>> = if from_output {
            Box::new(
                spec.inputs
                    .iter()
                    .map(|input| EdgeId { from: join.clone(), to: PortRef::new(id.clone(), input.name) }),
            )
        } else {
            Box::new(
                spec.outputs
                    .iter()
                    .map(|output| EdgeId { from: PortRef::new(id.clone(), output.name), to: join.clone() }),
            )
        };
        edges.find(|edge| graph::connection_veto(&with, &self.state.catalog, &edge.from, &edge.to).is_ok())
    }

    fn arrange(&mut self) {
        let places = graph::arrange(self.state.document.flow());
        let moves = places.into_iter().map(|(id, at)| (id, Some(at))).collect::<BTreeMap<_, _>>();
        let edit = Edit::Batch { name: "arrange".to_owned(), edits: vec![Edit::MoveNodes(moves)] };
        self.edit(&edit);
        self.state.document.seal();
        self.panels.canvas.view.fit_all();
    }

    /// Sets a path parameter, or an entry of one such as `paths.0`, to a file that a person has chosen. Choosing a file is
    /// consenting to it.
    pub(super) fn set_path(&mut self, node: &NodeId, param: &str, path: &Path) {
        let Some(in_flow) = self.state.document.flow().nodes.get(node) else { return };
        let mut params = Value::Object(in_flow.params.clone());
        let Some(place) = param.split('.').try_fold(&mut params, entry) else { return };
        let folder = self.state.document.folder();
        let text = match path.strip_prefix(&folder) {
            Ok(inside) => inside.to_string_lossy().into_owned(),
            Err(_) => {
                self.state.document.allow(path.to_owned());
                path.to_string_lossy().into_owned()
            }
        };
        *place = Value::String(text);
        let name = param.split('.').next().unwrap_or(param);
        let value = params.get_mut(name).map(Value::take);
        self.edit(&Edit::SetParam { node: node.clone(), name: name.to_owned(), value });
        self.state.document.seal();
    }

    // Files

    /// Does what would lose unsaved changes, or asks about them first.
    fn guarded(&mut self, ctx: &Context, command: Command) {
        if self.state.document.is_saved() {
            self.unguarded(ctx, command);
        } else {
            self.state.dialog = Some(Dialog::Unsaved(Box::new(command)));
        }
    }

    fn unguarded(&mut self, ctx: &Context, command: Command) {
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
    pub(super) fn show_document(&mut self, flow: FlowDocument, origin: Origin, seen: Seen) {
        self.state.document.replace(flow, origin);
        self.seen = seen;
        self.state.dialog.take_if(|dialog| dialog.is_about_flow());
        self.state.selection = Selection::default();
        self.state.banner = None;
        self.state.checked = std::sync::Arc::default();
        self.state.run.snapshot = std::sync::Arc::default();
        self.state.run.asked += 1;
        self.state.run.revision = 0;
        self.state.run.wants_to_play = true;
        self.state.view.refusal = None;
        self.watch(None);
        self.tell(LinkCommand::Clear);
        if self.state.document.flow().nodes.is_empty() {
            self.zoom(1.0);
        } else {
            self.panels.canvas.view.fit_all();
        }
        self.panels.canvas.select(&self.state.selection);
        let first = self.telling_edge();
        self.watch(first.map(Watch::Edge));
    }

    /// The edge whose rows say most of event time: one that leaves a watermark, or else the first.
    fn telling_edge(&self) -> Option<EdgeId> {
        let edges = &self.state.document.flow().edges;
        let has_watermark = |edge: &&EdgeId| {
            self.state.spec(&edge.from.node).is_some_and(|spec| spec.category == Category::Time)
        };
        edges.iter().find(has_watermark).or_else(|| edges.first()).cloned()
    }

    fn save(&mut self, then: Option<Box<Command>>) {
        match self.state.document.own_file().map(Path::to_owned) {
            Some(path) => self.save_to(path, false, then),
            None => self.save_as(then),
        }
    }

    fn save_as(&mut self, then: Option<Box<Command>>) {
        let (folder, name) = self.place_to_save();
        self.pick(Purpose::Save(then), folder, Some(name));
    }

    /// Asks for a file for the open flow.
    fn pick(&mut self, purpose: Purpose, folder: PathBuf, file_name: Option<String>) {
        self.background.pick(self.state.document.revision(), purpose, folder, file_name);
    }

    /// The folder and the name that are offered for a save. A sample's own are only its name's.
    pub(super) fn place_to_save(&self) -> (PathBuf, String) {
        let document = &self.state.document;
        let is_template = document.path().is_some() && document.own_file().is_none();
        let home = std::env::home_dir().filter(|_| is_template);
        let name = document.file_name().unwrap_or_else(|| "flow.flow.json".to_owned());
        (home.unwrap_or_else(|| document.folder()), name)
    }

    pub(super) fn save_to(&mut self, path: PathBuf, replace: bool, then: Option<Box<Command>>) {
        self.state.document.seal();
        let path = absolute(path);
        if is_among_samples(&path, &self.folders.data) {
            self.complain(t("error.save_on_sample").to_owned());
            return;
        }
        let mut flow = std::sync::Arc::clone(self.state.document.flow());
        let Some(moved) = self.moved_to(&path) else { return };
        if let Some(edit) = moved.edit
            && let Err(error) = edit.apply(std::sync::Arc::make_mut(&mut flow))
        {
            self.complain(error.to_string());
            return;
        }
        let (revision, seen) = (self.state.document.revision(), self.seen.clone());
        self.work_on_file(FileWork::Save(Save { path, flow, revision, seen, replace, then }));
    }

    /// What the flow needs in the folder of `file` to read what it reads now.
    /// Says so if there is no such thing.
    pub(super) fn moved_to(&mut self, file: &Path) -> Option<Moved> {
        let to = file.parent().unwrap_or(Path::new(""));
        let moved = moved(self.state.document.flow(), &self.state.catalog, &self.file_access(), to);
        moved.map_err(|path| self.complain(t_args("error.called_like_parameter", &[("path", &path)]))).ok()
    }

    fn work_on_file(&mut self, work: FileWork) {
        if !self.background.file(work) {
            self.complain(t("error.files_busy").to_owned());
        }
    }

    /// Goes on after the question about unsaved changes.
    fn proceed(&mut self, ctx: &Context, save: bool) {
        let Some(Dialog::Unsaved(command)) = self.state.dialog.take() else { return };
        if save {
            self.save(Some(command));
        } else {
            self.unguarded(ctx, *command);
        }
    }

    // The run

    fn play_or_pause(&mut self) {
        let run = &self.state.run;
        if run.is_playing() && !self.state.is_run_outdated() {
            if self.tell(LinkCommand::Pause) {
                self.state.run.wants_to_play = false;
            }
        } else if run.snapshot.is_going() && !self.state.is_run_outdated() {
            if self.tell(LinkCommand::Resume) {
                self.state.run.wants_to_play = true;
            }
        } else {
            self.start_run(false);
        }
    }

    fn step(&mut self) {
        if !self.state.run.snapshot.is_going() || self.state.is_run_outdated() {
            self.start_run(true);
        }
        if self.tell(LinkCommand::Step(1)) {
            self.state.run.wants_to_play = false;
        }
    }

    fn set_speed(&mut self, speed: Speed) {
        if self.tell(LinkCommand::SetSpeed(speed)) {
            self.state.run.speed = speed;
        }
    }

    /// Tells the engine something. If it is too busy to be told, that is said, and nothing has happened.
    pub(super) fn tell(&mut self, command: LinkCommand) -> bool {
        let is_told = self.link.send(command);
        if !is_told {
            self.complain(t("error.engine_busy").to_owned());
        }
        is_told
    }

    // The window

    fn toggle_dock_tab(&mut self, tab: DockTab) {
        let view = &mut self.state.view;
        view.dock = !(view.dock && view.dock_tab == tab);
        view.dock_tab = tab;
    }

    fn zoom(&mut self, zoom: f32) {
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

/// The path from the root on, so that it means the same wherever it is looked at.
fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}

/// What a value holds under a name or a number.
fn entry<'a>(value: &'a mut Value, at: &str) -> Option<&'a mut Value> {
    match value {
        Value::Array(items) => items.get_mut(at.parse::<usize>().ok()?),
        Value::Object(fields) => Some(fields.entry(at).or_insert(Value::Null)),
        _ => None,
    }
}

/// The nearest place at or below `wanted` where no node stands, on the grid.
fn free_place(flow: &FlowDocument, wanted: Pos2) -> Point {
    let snapped = |value: f32| (value / 16.0).round() as i32 * 16;
    let mut at = Point { x: snapped(wanted.x), y: snapped(wanted.y) };
    let is_taken = |at: Point| {
        flow.layout.nodes.values().any(|other| (other.x - at.x).abs() < 192 && (other.y - at.y).abs() < 96)
    };
    for _ in 0..100 {
        if !is_taken(at) {
            break;
        }
        at.y += 112;
    }
    at
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_entry_is_found_by_names_and_numbers() {
        let mut params = json!({ "paths": ["a", "b"], "group": {} });
        for (at, is_there) in [("paths.1", true), ("group.path", true), ("path", true), ("paths.2", false)] {
            let place = at.split('.').try_fold(&mut params, entry);
            assert_eq!(place.is_some(), is_there, "{at}");
            place.into_iter().for_each(|place| *place = json!(at));
        }
        let expected =
            json!({ "paths": ["a", "paths.1"], "group": { "path": "group.path" }, "path": "path" });
        assert_eq!(params, expected);
    }
}
