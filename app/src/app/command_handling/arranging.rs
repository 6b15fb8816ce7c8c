//! Where panes stand: opening, closing and moving them, layouts with names, and taking that back.

use super::super::App;
use crate::state::layout::{Layout, Pane};
use crate::state::{DockTab, Workspace};
use crate::ui_kit::{t, t_args};

impl App {
    /// Brings the inspector into sight, beside the canvas and before what shares its place.
    pub(super) fn make_room_for_inspector(&mut self) {
        let view = &mut self.state.view;
        view.inspector = true;
        view.focus_mode = false;
        view.maximized = None;
        self.state.workspace.layout.show(Pane::Inspector);
    }

    /// Brings a tab of the dock into sight.
    pub(super) fn show_dock_tab(&mut self, tab: DockTab) {
        let view = &mut self.state.view;
        view.dock = true;
        view.focus_mode = false;
        view.dock_tab = tab;
        if view
            .maximized
            .is_some_and(|pane| !self.state.workspace.layout.beside(pane).contains(&Pane::Dock(tab)))
        {
            view.maximized = None;
        }
        self.state.workspace.layout.show(Pane::Dock(tab));
    }

    /// Hides the dock if the tab is seen in its place, and shows the tab otherwise.
    pub(super) fn toggle_dock_tab(&mut self, tab: DockTab) {
        let (view, layout) = (&self.state.view, &self.state.workspace.layout);
        let is_beside = |pane| layout.beside(pane).contains(&Pane::Dock(tab));
        let has_room = !view.focus_mode && view.maximized.is_none_or(is_beside);
        if view.dock && has_room && layout.is_in_front(tab) {
            self.toggle_dock();
        } else {
            self.show_dock_tab(tab);
        }
    }

    pub(super) fn toggle_dock(&mut self) {
        if self.leave_focus_mode() {
            self.show_dock_tab(self.state.view.dock_tab);
            return;
        }
        let view = &mut self.state.view;
        view.dock = !view.dock;
        view.maximized = view.maximized.filter(|pane| !matches!(pane, Pane::Dock(_)));
        // A dock of which every tab is closed comes back with the one that was seen last.
        let closed = &mut self.state.workspace.layout.closed;
        if view.dock && DockTab::ALL.iter().all(|tab| closed.contains(tab)) {
            closed.remove(&view.dock_tab);
        }
    }

    /// Shows more than the canvas again. Whether that was not so: what is asked for then is to see something, not to hide it.
    pub(super) fn leave_focus_mode(&mut self) -> bool {
        std::mem::take(&mut self.state.view.focus_mode)
    }

    pub(super) fn maximize(&mut self, pane: Option<Pane>) {
        self.state.view.maximized = pane;
    }

    pub(super) fn close_pane(&mut self, pane: Pane) {
        match pane {
            Pane::Canvas => return,
            Pane::Inspector => self.state.view.inspector = false,
            Pane::Dock(tab) => {
                let mut layout = self.layout();
                layout.closed.insert(tab);
                self.state.workspace.arrange(layout);
            }
        }
        if self.state.view.maximized == Some(pane) {
            self.state.view.maximized = None;
        }
    }

    /// The layout as it is seen.
    pub(super) fn layout(&self) -> Layout {
        let view = &self.state.view;
        Layout { inspector: view.inspector, dock: view.dock, ..self.state.workspace.layout.clone() }
    }

    /// Uses a layout. It can be taken back.
    pub(super) fn use_layout(&mut self, layout: Layout) {
        self.state.workspace.layout = self.layout();
        self.state.workspace.arrange(layout);
        self.show_as_arranged();
    }

    pub(super) fn undo_layout(&mut self) {
        if self.state.workspace.undo() {
            self.show_as_arranged();
        }
    }

    pub(super) fn keep_layout(&mut self, name: String) {
        self.state.workspace.layout = self.layout();
        if !self.state.workspace.keep_as(name) {
            self.complain(t_args("layout.too_many", &[("n", &Workspace::MAX_NAMED)]));
        }
    }

    /// Opens what the layout says is open.
    pub(in crate::app) fn show_as_arranged(&mut self) {
        let (view, layout) = (&mut self.state.view, &self.state.workspace.layout);
        view.inspector = layout.inspector;
        view.dock = layout.dock;
        view.focus_mode = false;
        view.maximized = None;
    }

    /// A name for a layout that no other has.
    pub(super) fn new_layout_name(&self) -> String {
        let is_free = |name: &String| !self.state.workspace.named.contains_key(name);
        let mut names = (1..).map(|n| format!("{} {n}", t("layout.name")));
        names.find(is_free).unwrap_or_default()
    }
}
