//! What the window knows: the flow and its history, what was found about it, what is selected, what runs, and the settings.

mod content;
mod document;
mod find;
mod fitting;
pub mod folder;
mod kept;
mod kept_version;
pub mod layout;
mod left_flow;
mod log;
mod marks;
mod open_flow;
mod pace;
mod recent;
mod recording;
mod row_table;
mod run;
mod runtime;
mod selection;
mod settings;
mod trail;
mod trying;
mod vetoes;
mod window_size;
mod workspace;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tidemark_engine::ids::{EdgeId, NodeId};
use tidemark_engine::node::{Apart, Catalog, FileAccess, NodeSpec};

pub use self::content::{Change, Content};
pub use self::document::{Document, Origin, TakesEffect};
pub use self::find::Find;
pub use self::fitting::{Fitting, Rows, Unfit};
use self::folder::Folder;
pub use self::kept_version::{Difference, KeptVersion, KeptVersions};
use self::layout::Pane;
pub use self::left_flow::LeftFlow;
pub use self::log::{Level, Log, LogEntry, LogPlace};
pub use self::marks::Marks;
pub use self::open_flow::{FlowNumber, OpenFlow};
pub use self::pace::Pace;
pub use self::recent::{RecentChange, RecentFile};
pub use self::recording::Recording;
pub use self::row_table::{MAX_PINNED, RowSelection, RowTable, RowTables, ShownRows, TableChange};
pub use self::run::Run;
pub use self::runtime::{Lost, RuntimeKind, RuntimeProblem, RuntimeProblems};
pub use self::selection::{Drawn, Selection};
pub use self::settings::Settings;
pub use self::trail::Trail;
pub use self::trying::{Trial, Tried, TriedRow, TriedRows, TriedValue, Trying, WhyNot};
pub use self::vetoes::{veto_text, wire_veto};
pub use self::window_size::WindowSize;
pub use self::workspace::Workspace;
use crate::command::Command;
use crate::engine_link::Watch;
use crate::rows::RowExcerpt;
use crate::ui_kit::widgets::Tone;

/// Everything that panels read.
pub struct AppState {
    /// The node types that there are.
    pub catalog: Arc<Catalog>,
    /// How files are read apart before they are read in this process; `None` if they are not.
    pub apart: Option<Apart>,
    /// The flow that is shown.
    pub open: OpenFlow,
    /// The flows that are open besides it.
    pub shelf: Vec<OpenFlow>,
    /// What a person has set.
    pub settings: Settings,
    /// Which parts of the window are open.
    pub view: View,
    /// Where they stand.
    pub workspace: Workspace,
    /// The dialog that is shown.
    pub dialog: Option<Dialog>,
    /// Our own dialog for a path, offered after one of the desktop that nobody has answered.
    pub own_dialog: Option<Dialog>,
    /// The folder that the dialog for a path is in, once it was read.
    pub folder: Option<Folder>,
    /// Whether what the window shows first is still being read.
    pub is_opening: bool,
    /// What happened.
    pub log: Log,
    /// The unsaved flows that a crash has left, while they are offered.
    pub left: Vec<LeftFlow>,
    /// The flow files that were opened or saved last, the newest first.
    pub recent: Vec<RecentFile>,
    /// The earlier versions of a flow file, while they are listed.
    pub versions: KeptVersions,
    /// Flows whose unsaved changes would be lost in a crash, and why.
    pub unprotected: BTreeMap<FlowNumber, String>,
    /// When the window paints by itself.
    pub pace: Pace,
}

impl AppState {
    /// The state with an empty flow.
    pub fn new(catalog: Arc<Catalog>, settings: Settings) -> AppState {
        AppState {
            catalog,
            apart: None,
            open: OpenFlow::default(),
            shelf: Vec::new(),
            settings,
            view: View::default(),
            workspace: Workspace::default(),
            dialog: None,
            own_dialog: None,
            folder: None,
            is_opening: false,
            log: Log::default(),
            left: Vec::new(),
            recent: Vec::new(),
            versions: KeptVersions::default(),
            unprotected: BTreeMap::new(),
            pace: Pace::default(),
        }
    }

    /// Which files the flow that is shown may touch, and how those are read that nobody trusts yet.
    pub fn file_access(&self) -> FileAccess {
        FileAccess { apart: self.apart.clone(), ..self.open.file_access() }
    }

    /// Every open flow, in the order in which they were opened.
    pub fn flows(&self) -> Vec<&OpenFlow> {
        let mut flows: Vec<_> = self.shelf.iter().chain([&self.open]).collect();
        flows.sort_by_key(|flow| flow.number);
        flows
    }

    /// An open flow.
    pub fn flow_mut(&mut self, number: FlowNumber) -> Option<&mut OpenFlow> {
        self.shelf.iter_mut().chain([&mut self.open]).find(|flow| flow.number == number)
    }

    /// The description of a node's kind.
    pub fn spec(&self, node: &NodeId) -> Option<&Arc<NodeSpec>> {
        self.catalog.spec(&self.open.document.flow().nodes.get(node)?.kind)
    }

    /// What people call a node: its own title, else its kind's.
    pub fn title(&self, node: &NodeId) -> String {
        self.open.title(node, &self.catalog)
    }
}

/// Which parts of the window are open.
#[derive(Clone, Debug)]
pub struct View {
    /// The drawer over the canvas.
    pub drawer: Option<Drawer>,
    /// The inspector at the right.
    pub inspector: bool,
    /// Its tab.
    pub inspector_tab: InspectorTab,
    /// The dock at the bottom.
    pub dock: bool,
    /// Its tab.
    pub dock_tab: DockTab,
    /// Only canvas and transport.
    pub focus_mode: bool,
    /// The pane that has all the room, with those that share its place.
    pub maximized: Option<Pane>,
    /// The metric on the canvas.
    pub lens: Lens,
    /// A sentence about what was just refused, shown over the canvas until the next click.
    pub refusal: Option<String>,
    /// The search over the nodes, while it is open.
    pub find: Option<Find>,
}

impl Default for View {
    fn default() -> View {
        View {
            drawer: None,
            inspector: true,
            inspector_tab: InspectorTab::Config,
            dock: true,
            dock_tab: DockTab::Data,
            focus_mode: false,
            maximized: None,
            lens: Lens::Rate,
            refusal: None,
            find: None,
        }
    }
}

/// A drawer that the icon rail opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawer {
    /// Nodes to add.
    Palette,
    /// The nodes of the flow.
    Outline,
    /// The samples.
    Samples,
    /// The steps that were done.
    History,
}

/// A tab of the inspector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InspectorTab {
    /// The parameters.
    Config,
    /// The columns.
    Schema,
    /// The figures.
    Live,
    /// The remark.
    Notes,
}

/// A tab of the dock. A new one is named here and in [`DockTab::ALL`], and shown by `panels/dock`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DockTab {
    /// Rows.
    Data,
    /// How the figures of the run came about.
    Timeline,
    /// Findings.
    Problems,
    /// What happened.
    Log,
}

impl DockTab {
    /// Every tab, in the order in which they stand at first.
    pub const ALL: [DockTab; 4] = [DockTab::Data, DockTab::Timeline, DockTab::Problems, DockTab::Log];
}

/// One metric that the canvas shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lens {
    /// Rows per second.
    Rate,
    /// How much of their time nodes work.
    Busy,
    /// How full queues are.
    Queue,
    /// How far time has come.
    Watermark,
    /// How much nodes remember.
    State,
    /// Late rows.
    Late,
    /// Rejected rows, and what is wrong with nodes.
    Errors,
}

impl Lens {
    /// Every lens, in the order in which they are offered.
    pub const ALL: [Lens; 7] =
        [Lens::Rate, Lens::Busy, Lens::Queue, Lens::Watermark, Lens::State, Lens::Late, Lens::Errors];
}

/// A dialog that waits for an answer.
#[derive(Clone, Debug)]
pub enum Dialog {
    /// What becomes of unsaved changes, before this is done.
    Unsaved(Box<Command>),
    /// A path to open, as it is typed.
    OpenPath(String),
    /// A path to a file of rows, as it is typed.
    BringPath(String),
    /// A path to save to, as it is typed, and what is done after it.
    SavePath(String, Option<Box<Command>>),
    /// Whether a file that is there is replaced, and what is done after it.
    Overwrite(std::path::PathBuf, Option<Box<Command>>),
    /// A path for a parameter.
    ParamPath {
        /// The node.
        node: NodeId,
        /// The parameter.
        param: String,
        /// The path as it is typed.
        path: String,
    },
    /// A name for the layout, as it is typed.
    SaveLayout(String),
    /// A path for rows, as it is typed.
    ExportRows(String, RowExcerpt),
    /// Whether a file that is there is replaced by rows.
    ReplaceRows(std::path::PathBuf, RowExcerpt),
    /// What becomes of the unsaved flows that a crash has left.
    Recover,
    /// Which earlier version of the flow is opened.
    Versions,
    /// All keys.
    Shortcuts,
    /// What this is.
    About,
}

impl Dialog {
    /// The path as it is typed, if a path is asked for.
    pub fn typed_path(&self) -> Option<&str> {
        match self {
            Dialog::OpenPath(path)
            | Dialog::BringPath(path)
            | Dialog::SavePath(path, _)
            | Dialog::ExportRows(path, _)
            | Dialog::ParamPath { path, .. } => Some(path),
            _ => None,
        }
    }

    /// Whether the window is to be closed after the answer.
    pub fn quits(&self) -> bool {
        let then = match self {
            Dialog::Unsaved(then) => Some(then),
            Dialog::SavePath(_, then) | Dialog::Overwrite(_, then) => then.as_ref(),
            _ => None,
        };
        then.is_some_and(|then| matches!(**then, Command::QuitFurther))
    }

    /// Whether the answer is meant for the flow that was open when it was asked.
    pub fn is_about_flow(&self) -> bool {
        match self {
            Dialog::Unsaved(_)
            | Dialog::SavePath(..)
            | Dialog::Overwrite(..)
            | Dialog::ParamPath { .. }
            | Dialog::Versions => true,
            Dialog::OpenPath(_)
            | Dialog::BringPath(_)
            | Dialog::SaveLayout(_)
            | Dialog::ExportRows(..)
            | Dialog::ReplaceRows(..)
            | Dialog::Recover
            | Dialog::Shortcuts
            | Dialog::About => false,
        }
    }
}

/// Something that went wrong, in a sentence, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct Banner {
    /// How bad it is.
    pub tone: Tone,
    /// The sentence.
    pub text: String,
    /// The node that it happened to.
    pub node: Option<NodeId>,
}

/// What people call the rows of an edge or a sink.
pub fn title_of_watch(state: &AppState, watch: &Watch) -> String {
    match watch {
        Watch::Edge(edge) => {
            let port =
                if &*edge.from.port == "out" { String::new() } else { format!(" · {}", edge.from.port) };
            format!("{}{port}", title_of_edge(state, edge))
        }
        Watch::Sink(node) => state.title(node),
    }
}

/// What people call an edge: the titles of its two ends.
pub fn title_of_edge(state: &AppState, edge: &EdgeId) -> String {
    format!("{} → {}", state.title(&edge.from.node), state.title(&edge.to.node))
}
