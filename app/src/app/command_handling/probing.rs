//! What a person does with tables of rows: freezing, selecting, sifting, pinning, copying, exporting.

use std::path::PathBuf;
use std::sync::Arc;

use tidemark_engine::ids::NodeId;

use super::super::App;
use super::super::background::Purpose;
use super::super::files::{FileWork, RowExport};
use super::super::row_work::RowWork;
use crate::engine_link::{LinkCommand, Watch};
use crate::rows::{RowExcerpt, RowFormat};
use crate::state::{MAX_PINNED, RowSelection, RowTable, TableChange};
use crate::ui_kit::format::count;
use crate::ui_kit::widgets::Tone;
use crate::ui_kit::{t, t_args, t_count};

impl App {
    pub(super) fn change_table(&mut self, watch: &Watch, change: TableChange) {
        if let TableChange::Pin(pinned) = change {
            self.pin(watch, pinned);
            return;
        }
        let tables = &mut self.state.open.tables;
        let is_fleeting = !tables.has_room_for(watch);
        let Some(table) = tables.get_mut(watch) else { return };
        match change {
            TableChange::Activate | TableChange::Pin(_) => {}
            TableChange::Freeze(rows) => table.freeze(rows, is_fleeting),
            TableChange::Follow => table.follow(),
            TableChange::Select(rows, selection) => {
                table.freeze(rows, is_fleeting);
                table.selection = Some(selection);
            }
            TableChange::ShowDetails(shown) => table.shows_details = shown && table.selection.is_some(),
            TableChange::ShowFilter(shown) => table.shows_filter = shown,
            TableChange::Filter(filter) => table.filter = Arc::new(filter),
        }
        tables.activate(watch);
    }

    /// Holds the active table still, or lets it follow again.
    pub(super) fn freeze_or_follow(&mut self) {
        let open = &self.state.open;
        let Some(table) = open.tables.active() else { return };
        let shown = table.shown(&open.run.snapshot).filter(|_| !table.is_frozen());
        let change = shown.map_or(TableChange::Follow, |shown| TableChange::Freeze(Arc::clone(shown.rows)));
        let watch = table.watch.clone();
        // Who asks for it wants to find the rows again, which whoever scrolls or clicks in them need not.
        if matches!(change, TableChange::Freeze(_)) && !open.tables.has_room_for(&watch) {
            self.refuse_to_keep();
            return;
        }
        self.change_table(&watch, change);
    }

    /// Does something to the active table.
    pub(super) fn change_active_table(&mut self, change: impl FnOnce(&RowTable) -> TableChange) {
        let Some(table) = self.state.open.tables.active() else { return };
        let (watch, change) = (table.watch.clone(), change(table));
        self.change_table(&watch, change);
    }

    /// Selects every row that a table shows.
    pub(super) fn select_all_rows(&mut self, watch: &Watch) {
        let open = &self.state.open;
        let Some(shown) = open.tables.get(watch).and_then(|table| table.shown(&open.run.snapshot)) else {
            return;
        };
        let ends = shown.row_at(0).zip(shown.row_at(shown.len().saturating_sub(1)));
        let Some((anchor, cursor)) = ends else { return };
        let rows = Arc::clone(shown.rows);
        self.change_table(watch, TableChange::Select(rows, RowSelection { anchor, cursor }));
    }

    fn pin(&mut self, watch: &Watch, pinned: bool) {
        let open = &mut self.state.open;
        if !open.tables.pin(watch, pinned, open.watched.as_ref()) {
            self.refuse_to_keep();
            return;
        }
        if pinned {
            open.tables.activate(watch);
        }
        self.tell_pins();
    }

    /// Says that as many tables stay as can.
    fn refuse_to_keep(&mut self) {
        self.state.view.refusal = Some(t_args("data.too_many_kept", &[("most", &MAX_PINNED)]));
    }

    /// Tells the engine whose rows are shown, besides what is selected.
    pub(in crate::app) fn tell_pins(&mut self) {
        self.tell(LinkCommand::Pin(self.state.open.tables.watches()));
    }

    /// Pins what enters the selected node and what leaves it.
    pub(super) fn probe_node(&mut self) {
        let Some(node) = self.state.open.selection.single_node().cloned() else { return };
        let around = self.around(&node);
        if around.is_empty() {
            self.state.view.refusal =
                Some(t_args("data.nothing_to_probe", &[("node", &self.state.title(&node))]));
        }
        for watch in around {
            self.pin(&watch, true);
        }
        self.show_data();
    }

    /// What enters a node, and what leaves it by its first output that is joined; what a sink took stands for what enters it.
    fn around(&self, node: &NodeId) -> Vec<Watch> {
        let flow = self.state.open.document.flow();
        let Some(spec) = self.state.spec(node) else { return Vec::new() };
        let leaving = spec.outputs.iter().find_map(|output| {
            flow.edges.iter().find(|edge| edge.from.node == *node && *edge.from.port == *output.name)
        });
        let mut around: Vec<Watch> = flow.edges_into(node).cloned().map(Watch::Edge).collect();
        // What leaves is half of what is to be compared, however much enters.
        around.truncate(MAX_PINNED - 1);
        match leaving {
            Some(edge) => around.push(Watch::Edge(edge.clone())),
            None if spec.outputs.is_empty() && !around.is_empty() => around.push(Watch::Sink(node.clone())),
            None => {}
        }
        around
    }

    /// The rows that are selected in the active table, or all that it shows.
    fn excerpt(&self, only_selected: bool) -> Option<RowExcerpt> {
        let open = &self.state.open;
        let table = open.tables.active()?;
        let shown = table.shown(&open.run.snapshot).filter(|shown| !shown.is_empty())?;
        let chosen = shown.chosen(table.selection.filter(|_| only_selected));
        Some(RowExcerpt { rows: Arc::clone(shown.rows), chosen: chosen.into() })
    }

    pub(super) fn copy_rows(&mut self, format: RowFormat) {
        let Some(excerpt) = self.excerpt(true) else { return };
        if !self.background.rows(RowWork::Copy { excerpt, format }) {
            self.complain(t("error.files_busy").to_owned());
        }
    }

    /// Says that rows are in the clipboard.
    pub(in crate::app) fn note_copied(&mut self, n_rows: usize) {
        self.state.log.add(Tone::Ok, t_count("data.copied", n_rows as u64));
    }

    /// Says that rows are in a file: how many, and of how many they are the newest.
    pub(in crate::app) fn note_exported(&mut self, export: &RowExport) {
        let name = export.path.file_name().unwrap_or_default().to_string_lossy();
        let RowExcerpt { rows, chosen } = &export.excerpt;
        let (n_rows, n_kept) = (count(chosen.len() as u64), count(rows.len() as u64));
        let args: [(&str, &dyn std::fmt::Display); 4] =
            [("n", &n_rows), ("name", &name), ("kept", &n_kept), ("total", &count(rows.n_total))];
        self.state.log.add(Tone::Ok, t_args("data.exported", &args));
    }

    pub(super) fn ask_where_to_export(&mut self) {
        let Some(excerpt) = self.excerpt(false) else { return };
        let (folder, name) = (self.export_folder(), self.name_for(&excerpt));
        self.pick(Purpose::ExportRows(excerpt), folder, Some(name));
    }

    /// Where rows are written unless a person says otherwise: beside the flow, or at home if that is a sample.
    pub(in crate::app) fn export_folder(&self) -> PathBuf {
        self.place_to_save().0
    }

    /// The name that is offered for a file of rows.
    pub(in crate::app) fn name_for(&self, excerpt: &RowExcerpt) -> String {
        let node = match &excerpt.rows.watch {
            Watch::Edge(edge) => &edge.from.node,
            Watch::Sink(node) => node,
        };
        format!("{node}.csv")
    }

    /// Writes rows to a file, in the format that its name says.
    pub(in crate::app) fn export_rows(&mut self, path: PathBuf, excerpt: RowExcerpt, replace: bool) {
        let path = std::path::absolute(&path).unwrap_or(path);
        let extension = path.extension().unwrap_or_default().to_string_lossy();
        let Ok(format) = extension.parse::<RowFormat>() else {
            self.complain(t("error.export_format").to_owned());
            return;
        };
        self.work_on_file(FileWork::ExportRows(RowExport { path, excerpt, format, replace }));
    }
}
