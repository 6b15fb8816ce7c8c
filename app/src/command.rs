//! Everything the user can do: its text, its tooltip, its keys, and when it can be done.
//!
//! Panels and dialogs push [`Command`]s; `app/command_handling.rs` alone carries them out. What needs nothing but itself is an
//! [`Action`]: the menus, the keys and the search for commands are made from [`Action::ALL`].

use std::path::PathBuf;

use egui::{Context, Event, Key, KeyboardShortcut, Modifiers, Pos2};
use tidemark_engine::graph::Edit;
use tidemark_engine::ids::{EdgeId, NodeId, PortRef};
use tidemark_engine::runtime::Speed;

use crate::engine_link::Watch;
use crate::rows::RowExcerpt;
use crate::state::layout::{Layout, Pane, Side};
use crate::state::{
    AppState, Dialog, DockTab, Drawer, Drawn, FlowNumber, InspectorTab, Lens, Marks, RowTable, Selection,
    TableChange, Trial,
};
use crate::ui_kit::{Icon, Theme, t};

/// What panels and dialogs ask for, in order.
#[derive(Debug, Default)]
pub struct Commands {
    queue: Vec<Command>,
}

impl Commands {
    /// Asks for a command.
    pub fn push(&mut self, command: impl Into<Command>) {
        self.queue.push(command.into());
    }

    /// Asks for several commands, or for none.
    pub fn extend(&mut self, commands: impl IntoIterator<Item = Command>) {
        self.queue.extend(commands);
    }

    /// Whether nothing was asked for.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// How much was asked for.
    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// Takes everything that was asked for.
    pub fn take(&mut self) -> Vec<Command> {
        std::mem::take(&mut self.queue)
    }
}

/// Something to carry out.
#[derive(Clone, Debug)]
pub enum Command {
    /// What needs nothing but itself.
    Do(Action),
    /// Changes the flow. Changes of the same thing are one step until [`Command::EndGesture`].
    Edit(Edit),
    /// The next change is a step of its own.
    EndGesture,
    /// Takes back the changes since [`Command::EndGesture`], as if they had never been made.
    GiveUpGesture,
    /// Tries an expression on the rows that entered its node last, from now on.
    Try(Trial),
    /// Selects this and nothing else.
    Select(Selection),
    /// Selects a node and brings it into view.
    Reveal(NodeId),
    /// The same, and puts the keyboard into the first field of its parameters.
    EditNode(NodeId),
    /// Goes to a problem, by its number in the list: to its node, and into the field at fault.
    ShowProblem(usize),
    /// Shows the rows of a wire.
    ShowRows(EdgeId),
    /// Has the last few rows of a wire handed out while a card of it is shown, or of none.
    Peek(Option<EdgeId>),
    /// Changes the table of these rows.
    Table(Watch, TableChange),
    /// Puts a text into the clipboard.
    CopyText(String),
    /// Writes rows to a file.
    ExportRows {
        /// The file.
        path: PathBuf,
        /// The rows.
        rows: RowExcerpt,
        /// Whether a file that stands there is replaced; if not, there is a question first.
        replace: bool,
    },
    /// Adds a node of a kind, joined to a port if one is given, in one step.
    AddNode {
        /// The kind.
        kind: String,
        /// Where it belongs on the canvas; the middle of what is seen if `None`.
        at: Option<Pos2>,
        /// The port it is joined to.
        join: Option<PortRef>,
    },
    /// The same, and opens the finder again for what comes behind it.
    AddNext {
        /// The kind.
        kind: String,
        /// Where it belongs on the canvas.
        at: Option<Pos2>,
        /// The port it is joined to.
        join: Option<PortRef>,
    },
    /// Adds a node of a kind between the two ends of a wire, in one step.
    InsertNode {
        /// The kind.
        kind: String,
        /// The wire.
        wire: EdgeId,
        /// The middle of where it belongs on the canvas; halfway between the ends if `None`.
        at: Option<Pos2>,
    },
    /// Adds a note and puts the keyboard into its text.
    AddNote {
        /// Where its top left corner belongs on the canvas; the middle of what is seen if `None`.
        at: Option<Pos2>,
    },
    /// Adds the part of a flow that a text from the clipboard holds.
    Paste {
        /// The text.
        text: String,
        /// Where its top left corner belongs on the canvas; the middle of what is seen if `None`.
        at: Option<Pos2>,
        /// Whether the wires to nodes that were not copied are drawn as well.
        keep_links: bool,
    },
    /// Asks the system for the text on the clipboard, to paste it here.
    AskForPaste {
        /// Where its top left corner belongs on the canvas.
        at: Pos2,
    },
    /// Goes back or forward in the history until this many steps are done.
    GoToStep(usize),
    /// Searches the nodes of the flow for this; `None` ends the search.
    Find(Option<String>),
    /// Opens this flow file.
    Open(PathBuf),
    /// Opens this file of the recent ones.
    OpenRecent(PathBuf),
    /// Opens one of the listed earlier versions, by its number.
    OpenVersion(usize),
    /// Forgets the recent files.
    ClearRecent,
    /// Saves the flow to a file.
    SaveTo {
        /// The file.
        path: PathBuf,
        /// Whether another file of this name is replaced; if not, there is a question first.
        replace: bool,
        /// What is done after it.
        then: Option<Box<Command>>,
    },
    /// Asks where to save the flow, saves it there, and then does this.
    SaveElsewhere(Option<Box<Command>>),
    /// Adds a file as a source, or opens it if it is a flow.
    Bring {
        /// The file.
        path: PathBuf,
        /// Where it belongs on the canvas.
        at: Option<Pos2>,
    },
    /// Opens one of the samples, by its number.
    OpenSample(usize),
    /// Shows a flow that is open.
    ShowFlow(FlowNumber),
    /// Closes a flow, after a question if it has unsaved changes.
    Close(FlowNumber),
    /// Consents to a path that the flow names outside its folder, for as long as the window is open.
    Allow(PathBuf),
    /// Asks for a file for a parameter of a node.
    Browse {
        /// The node.
        node: NodeId,
        /// The parameter, or an entry of one such as `paths.0`.
        param: String,
    },
    /// Sets a parameter of a node to a file that a person has chosen.
    UsePath {
        /// The node.
        node: NodeId,
        /// The parameter, or an entry of one such as `paths.0`.
        param: String,
        /// The file.
        path: PathBuf,
    },
    /// Replays at this speed.
    SetSpeed(Speed),
    /// Marks this on the time axis, and nothing else.
    Mark(Marks),
    /// Shows this metric on the canvas.
    SetLens(Lens),
    /// Shows this tab of the dock.
    SetDockTab(DockTab),
    /// Arranges the panes as they were dragged.
    Arrange(Layout),
    /// Puts a pane elsewhere.
    MovePane(Pane, Side),
    /// Closes a pane.
    ClosePane(Pane),
    /// Gives a pane all the room, or gives the others theirs back.
    Maximize(Option<Pane>),
    /// Uses the layout of this name.
    UseLayout(String),
    /// Gives the layout this name.
    KeepLayout(String),
    /// Forgets the layout of this name.
    ForgetLayout(String),
    /// Shows this tab of the inspector.
    SetInspectorTab(InspectorTab),
    /// Opens a drawer, or closes it.
    SetDrawer(Option<Drawer>),
    /// Uses this theme.
    SetTheme(Theme),
    /// Shows a dialog, or closes the one that is shown.
    SetDialog(Option<Dialog>),
    /// Goes on closing the window after a flow with unsaved changes has been saved or given up.
    QuitFurther,
    /// The question about unsaved changes was answered: saves if asked to, then goes on with what waited for it.
    Proceed {
        /// Whether to save first.
        save: bool,
    },
    /// Recovers one of the flows that a crash has left, by its number.
    Recover(usize),
    /// Gives up one of the flows that a crash has left, by its number.
    DiscardLeft(usize),
    /// Says why something was not done.
    Refuse(String),
    /// Closes the banner.
    DismissBanner,
}

impl From<Action> for Command {
    fn from(action: Action) -> Command {
        Command::Do(action)
    }
}

/// Declares the actions with their icon, text, tooltip and keys.
macro_rules! actions {
    ($($(#[$doc:meta])* $action:ident: $icon:expr, $text:literal, $tooltip:literal, $shortcut:expr;)+) => {
        /// What can be done without saying more.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Action {
            $($(#[$doc])* $action,)+
        }

        impl Action {
            /// Every action.
            pub const ALL: &[Action] = &[$(Action::$action,)+];

            /// The key of its text.
            fn key(self) -> &'static str {
                match self { $(Action::$action => $text,)+ }
            }

            /// What it does, in a sentence.
            pub fn tooltip(self) -> &'static str {
                match self { $(Action::$action => t($tooltip),)+ }
            }

            /// Its picture.
            pub fn icon(self) -> Option<Icon> {
                match self { $(Action::$action => $icon,)+ }
            }

            /// Its keys.
            pub fn shortcut(self) -> Option<KeyboardShortcut> {
                match self { $(Action::$action => $shortcut,)+ }
            }
        }
    };
}

const CTRL: Modifiers = Modifiers::COMMAND;
const SHIFT: Modifiers = Modifiers::SHIFT;
const ALT: Modifiers = Modifiers::ALT;
const CTRL_ALT: Modifiers = Modifiers::COMMAND.plus(Modifiers::ALT);
const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

const fn keys(modifiers: Modifiers, key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(modifiers, key))
}

const fn key(key: Key) -> Option<KeyboardShortcut> {
    keys(Modifiers::NONE, key)
}

actions! {
    /// Begins an empty flow.
    New: Some(Icon::New), "file.new", "tip.new", keys(CTRL, Key::N);
    /// Asks for a flow file with the desktop's dialog.
    Open: Some(Icon::Open), "file.open", "tip.open", keys(CTRL, Key::O);
    /// Asks for a path to open.
    OpenPath: None, "file.open_path", "tip.open_path", keys(CTRL_SHIFT, Key::O);
    /// Asks for a file of rows to add as a source.
    AddFile: Some(Icon::File), "file.add_file", "tip.add_file", keys(CTRL_SHIFT, Key::I);
    /// Saves the flow to its file.
    Save: Some(Icon::Save), "file.save", "tip.save", keys(CTRL, Key::S);
    /// Asks for a file to save to with the desktop's dialog.
    SaveAs: None, "file.save_as", "tip.save_as", keys(CTRL_SHIFT, Key::S);
    /// Asks for a path to save to.
    SaveAsPath: None, "file.save_as_path", "tip.save_as_path", None;
    /// Lists the earlier versions of the flow's file.
    Versions: Some(Icon::History), "versions.action", "tip.versions", None;
    /// Closes the flow that is shown.
    CloseFlow: Some(Icon::Close), "file.close", "tip.close_flow", keys(CTRL, Key::W);
    /// Shows the flow that was opened next.
    NextFlow: None, "file.next", "tip.next_flow", keys(CTRL, Key::PageDown);
    /// Shows the flow that was opened before.
    PreviousFlow: None, "file.previous", "tip.previous_flow", keys(CTRL, Key::PageUp);
    /// Closes the window.
    Quit: None, "file.quit", "tip.quit", keys(CTRL, Key::Q);
    /// Takes the last step back.
    Undo: Some(Icon::Undo), "edit.undo", "tip.undo", keys(CTRL, Key::Z);
    /// Does the step again that was taken back last.
    Redo: Some(Icon::Redo), "edit.redo", "tip.redo", keys(CTRL_SHIFT, Key::Z);
    /// Puts the selected nodes on the clipboard.
    Copy: Some(Icon::Copy), "edit.copy", "tip.copy", keys(CTRL, Key::C);
    /// Puts the selected nodes on the clipboard and deletes them.
    Cut: Some(Icon::Cut), "edit.cut", "tip.cut", keys(CTRL, Key::X);
    /// Adds what is on the clipboard.
    Paste: Some(Icon::Paste), "edit.paste", "tip.paste", keys(CTRL, Key::V);
    /// Adds what is on the clipboard and draws its wires to other nodes.
    PasteLinked: None, "edit.paste_linked", "tip.paste_linked", keys(CTRL_SHIFT, Key::V);
    /// Adds the selected nodes once more, reading from the same nodes.
    Duplicate: None, "edit.duplicate", "tip.duplicate", keys(CTRL, Key::D);
    /// Opens the finder of nodes.
    AddNode: Some(Icon::Add), "canvas.add_node", "tip.add_node", None;
    /// Adds a note at the pointer.
    AddNote: Some(Icon::Note), "drawn.add_note", "tip.add_note", keys(CTRL_SHIFT, Key::N);
    /// Draws a frame around what is selected.
    FrameSelection: Some(Icon::Grid), "drawn.frame_selection", "tip.frame_selection", keys(CTRL, Key::G);
    /// Deletes what is selected.
    Delete: Some(Icon::Delete), "edit.delete", "tip.delete", key(Key::Delete);
    /// Deletes what is selected and joins what it connected.
    DeleteKeepWire: None, "edit.delete_keep_wire", "tip.delete_keep_wire", keys(CTRL, Key::Delete);
    /// Puts the keyboard into the title of the selected node or frame, or into the text of the note.
    Rename: Some(Icon::Edit), "edit.rename", "tip.rename", key(Key::F2);
    /// Selects every node, frame and note.
    SelectAll: None, "edit.select_all", "tip.select_all", keys(CTRL, Key::A);
    /// Selects nothing.
    SelectNone: None, "edit.select_none", "tip.select_none", keys(CTRL_SHIFT, Key::A);
    /// Selects what the selected nodes read from, all the way up.
    SelectUpstream: None, "edit.select_upstream", "tip.select_upstream", keys(CTRL, Key::OpenBracket);
    /// Selects what reads from the selected nodes, all the way down.
    SelectDownstream: None, "edit.select_downstream", "tip.select_downstream", keys(CTRL, Key::CloseBracket);
    /// Selects everything that is joined to the selected nodes, however far.
    SelectConnected: None, "edit.select_connected", "tip.select_connected", keys(CTRL, Key::Backslash);
    /// Selects what lies in the selected frames as well.
    SelectContents: None, "edit.select_contents", "tip.select_contents", None;
    /// Selects what was selected before.
    Back: Some(Icon::ArrowLeft), "edit.back", "tip.back", keys(ALT, Key::ArrowLeft);
    /// Selects what was selected before going back.
    Forward: Some(Icon::ArrowRight), "edit.forward", "tip.forward", keys(ALT, Key::ArrowRight);
    /// Searches the nodes of the flow.
    Find: Some(Icon::Search), "edit.find", "tip.find", keys(CTRL, Key::F);
    /// Goes to the next node that was found.
    FindNext: None, "edit.find_next", "tip.find_next", key(Key::F3);
    /// Goes to the node before that was found.
    FindPrevious: None, "edit.find_previous", "tip.find_previous", keys(SHIFT, Key::F3);
    /// Opens the menu of what is selected on the canvas.
    OpenMenu: None, "edit.menu", "tip.menu", keys(SHIFT, Key::F10);
    /// Shows the card of the wire that is selected, or of the port that has the keyboard, or puts it away.
    Peek: Some(Icon::Eye), "peek.action", "tip.peek", key(Key::I);
    /// Shows the whole flow.
    Fit: Some(Icon::Fit), "view.fit", "tip.fit", keys(SHIFT, Key::F);
    /// Shows what is selected.
    FitSelection: None, "view.fit_selection", "tip.fit_selection", key(Key::F);
    /// Nearer.
    ZoomIn: Some(Icon::ZoomIn), "view.zoom_in", "tip.zoom_in", keys(CTRL, Key::Plus);
    /// Further away.
    ZoomOut: Some(Icon::ZoomOut), "view.zoom_out", "tip.zoom_out", keys(CTRL, Key::Minus);
    /// At its own size.
    ZoomReset: None, "view.zoom_reset", "tip.zoom_reset", keys(CTRL, Key::Num0);
    /// Lays the nodes out from left to right.
    Arrange: Some(Icon::Layout), "view.auto_layout", "tip.arrange", keys(CTRL, Key::L);
    /// Brings the left edges of the selected nodes into line.
    AlignLeft: None, "align.left", "tip.align_left", keys(SHIFT, Key::A);
    /// Brings the centres of the selected nodes under one another.
    AlignCenter: None, "align.center", "tip.align_center", keys(SHIFT, Key::E);
    /// Brings the right edges of the selected nodes into line.
    AlignRight: None, "align.right", "tip.align_right", keys(SHIFT, Key::D);
    /// Brings the top edges of the selected nodes into line.
    AlignTop: None, "align.top", "tip.align_top", keys(SHIFT, Key::W);
    /// Brings the centres of the selected nodes beside one another.
    AlignMiddle: None, "align.middle", "tip.align_middle", keys(SHIFT, Key::M);
    /// Brings the bottom edges of the selected nodes into line.
    AlignBottom: None, "align.bottom", "tip.align_bottom", keys(SHIFT, Key::S);
    /// Gives the selected nodes equal gaps from left to right.
    DistributeAcross: None, "align.distribute_across", "tip.distribute_across", keys(SHIFT, Key::H);
    /// Gives the selected nodes equal gaps from top to bottom.
    DistributeDown: None, "align.distribute_down", "tip.distribute_down", keys(SHIFT, Key::V);
    /// Brings the ports of wires between selected nodes to one height.
    StraightenWires: None, "align.straighten", "tip.straighten", key(Key::Q);
    /// Shows or hides the steps of the history.
    ToggleHistory: Some(Icon::History), "rail.history", "tip.history", keys(CTRL, Key::H);
    /// Shows or hides the palette.
    TogglePalette: Some(Icon::Palette), "rail.palette", "tip.palette", keys(CTRL, Key::P);
    /// Shows or hides the inspector.
    ToggleInspector: Some(Icon::Sidebar), "view.inspector", "tip.inspector", keys(CTRL, Key::I);
    /// Shows or hides the dock.
    ToggleDock: Some(Icon::Dock), "view.data_dock", "tip.dock", key(Key::Backtick);
    /// Hides everything but canvas and transport.
    FocusMode: Some(Icon::Maximize), "view.focus", "tip.focus", key(Key::F11);
    /// Gives the pane that has the keyboard all the room, or the others theirs back.
    MaximizePane: Some(Icon::Maximize), "pane.maximize", "tip.maximize", keys(CTRL, Key::Backtick);
    /// Gives the keyboard to the next pane.
    NextPane: None, "pane.next", "tip.next_pane", key(Key::F6);
    /// Gives the keyboard to the pane before.
    PreviousPane: None, "pane.previous", "tip.previous_pane", keys(SHIFT, Key::F6);
    /// Takes the last change of the layout back.
    UndoLayout: Some(Icon::Undo), "layout.undo", "tip.undo_layout", keys(CTRL_ALT, Key::Z);
    /// Arranges the panes as they were at first.
    ResetLayout: None, "layout.reset", "tip.reset_layout", None;
    /// Asks for a name for the layout.
    SaveLayout: Some(Icon::Bookmark), "layout.save", "tip.save_layout", None;
    /// Shows or hides the minimap.
    ToggleMinimap: Some(Icon::Minimap), "view.minimap", "tip.minimap", None;
    /// Stops or lets things move that only decorate.
    ToggleReducedMotion: None, "view.reduced_motion", "tip.reduced_motion", None;
    /// A larger interface.
    ScaleUp: None, "view.scale_up", "tip.scale_up", keys(CTRL_SHIFT, Key::Plus);
    /// A smaller interface.
    ScaleDown: None, "view.scale_down", "tip.scale_down", keys(CTRL_SHIFT, Key::Minus);
    /// The interface at its own size.
    ScaleReset: None, "view.scale_reset", "tip.scale_reset", keys(CTRL_SHIFT, Key::Num0);
    /// Plays, or pauses what plays.
    PlayPause: Some(Icon::Play), "run.play_pause", "tip.play", key(Key::Space);
    /// Pauses and reads one more record.
    Step: Some(Icon::StepForward), "run.step", "tip.step", key(Key::Period);
    /// Runs the flow as it stands from the beginning.
    Restart: Some(Icon::Restart), "run.restart", "tip.restart", keys(CTRL, Key::R);
    /// Ends the run without its result.
    Stop: Some(Icon::Stop), "run.stop", "tip.stop", keys(CTRL, Key::Period);
    /// The next higher speed.
    Faster: Some(Icon::FastForward), "run.faster", "tip.faster", key(Key::CloseBracket);
    /// The next lower speed.
    Slower: None, "run.slower", "tip.slower", key(Key::OpenBracket);
    /// Shows the rows of the selected wire.
    ShowData: Some(Icon::Table), "dock.data", "tip.data", keys(CTRL, Key::Num1);
    /// Shows how the figures of the run came about.
    ShowTimeline: Some(Icon::Chart), "dock.timeline", "tip.timeline", keys(CTRL, Key::Num4);
    /// Shows what is wrong with the flow.
    ShowProblems: Some(Icon::Warning), "dock.problems", "tip.problems", keys(CTRL, Key::Num2);
    /// Goes to the next problem.
    NextProblem: None, "problems.next", "tip.next_problem", key(Key::F8);
    /// Goes to the problem before.
    PreviousProblem: None, "problems.previous", "tip.previous_problem", keys(SHIFT, Key::F8);
    /// Shows what happened.
    ShowLog: Some(Icon::List), "dock.log", "tip.log", keys(CTRL, Key::Num3);
    /// Copies the selected entries of the log, or all that are shown.
    CopyLog: Some(Icon::Copy), "log.copy", "tip.copy_log", None;
    /// Forgets what happened.
    ClearLog: Some(Icon::Delete), "log.clear", "tip.clear_log", None;
    /// Stops the table from moving on.
    Freeze: Some(Icon::Freeze), "data.freeze", "tip.freeze", keys(CTRL, Key::E);
    /// Shows or hides the fields that filter the rows.
    FilterRows: Some(Icon::Filter), "data.filter", "tip.filter_rows", keys(CTRL_SHIFT, Key::F);
    /// Copies rows as a spreadsheet takes them.
    CopyRows: Some(Icon::Copy), "data.copy", "tip.copy_rows", None;
    /// Copies rows as CSV.
    CopyRowsCsv: None, "data.copy_csv", "tip.copy_rows_csv", None;
    /// Copies rows as JSON lines.
    CopyRowsJson: None, "data.copy_json", "tip.copy_rows_json", None;
    /// Writes rows to a file.
    ExportRows: Some(Icon::Export), "data.export", "tip.export_rows", None;
    /// Keeps the table of rows when something else is selected.
    PinRows: Some(Icon::Pin), "data.pin", "tip.pin_rows", keys(CTRL_SHIFT, Key::P);
    /// Pins what enters the selected node and what leaves it.
    ProbeNode: Some(Icon::Probe), "data.probe_node", "tip.probe_node", keys(CTRL_SHIFT, Key::E);
    /// Searches all commands.
    FindCommand: Some(Icon::Command), "commands.title", "tip.commands", keys(CTRL, Key::K);
    /// Lists all keys.
    Shortcuts: Some(Icon::Keyboard), "help.shortcuts", "tip.shortcuts", key(Key::F1);
    /// Says what this is.
    About: Some(Icon::Info), "help.about", "tip.about", None;
}

impl Action {
    /// What it is called; for some that depends on what they would do.
    pub fn text(self, state: &AppState) -> String {
        match self {
            Action::Undo => state.open.document.undo_text(),
            Action::Redo => state.open.document.redo_text(),
            Action::PlayPause if state.open.run.is_playing() => t("run.pause").to_owned(),
            Action::PlayPause => t("run.play").to_owned(),
            Action::Freeze if active_table(state).is_some_and(RowTable::is_frozen) => {
                t("data.unfreeze").to_owned()
            }
            Action::PinRows if active_table(state).is_some_and(|table| table.is_pinned) => {
                t("data.unpin").to_owned()
            }
            Action::Rename if matches!(state.open.selection.single_drawn(), Some(Drawn::Note(_))) => {
                t("drawn.write_note").to_owned()
            }
            _ => self.name().to_owned(),
        }
    }

    /// What it is called in lists.
    pub fn name(self) -> &'static str {
        t(self.key())
    }

    /// Whether it can be done now.
    pub fn is_enabled(self, state: &AppState) -> bool {
        match self {
            Action::Versions => state.open.document.own_file().is_some(),
            Action::Undo => state.open.document.can_undo(),
            Action::Redo => state.open.document.can_redo(),
            Action::Delete => !state.open.selection.is_empty(),
            Action::DeleteKeepWire => !state.open.selection.nodes.is_empty(),
            Action::Rename => {
                let selection = &state.open.selection;
                selection.single_node().is_some() || selection.single_drawn().is_some()
            }
            Action::Copy | Action::Cut | Action::Duplicate | Action::FrameSelection => {
                state.open.selection.can_be_copied()
            }
            Action::SelectContents => {
                state.open.selection.drawn.iter().any(|drawn| matches!(drawn, Drawn::Frame(_)))
            }
            Action::SelectUpstream | Action::SelectDownstream | Action::SelectConnected => {
                !state.open.selection.nodes.is_empty()
            }
            Action::AlignLeft | Action::AlignCenter | Action::AlignRight => {
                state.open.selection.nodes.len() > 1
            }
            Action::AlignTop | Action::AlignMiddle | Action::AlignBottom => {
                state.open.selection.nodes.len() > 1
            }
            Action::StraightenWires => state.open.selection.nodes.len() > 1,
            Action::DistributeAcross | Action::DistributeDown => state.open.selection.nodes.len() > 2,
            Action::Back => state.open.trail.can_go_back(&state.open.selection),
            Action::Forward => state.open.trail.can_go_forward(),
            Action::Find => !state.open.document.flow().nodes.is_empty(),
            Action::FindNext | Action::FindPrevious => state.view.find.is_some(),
            Action::FitSelection | Action::SelectNone => !state.open.selection.is_empty(),
            Action::Arrange | Action::Peek => !state.open.document.flow().nodes.is_empty(),
            Action::Fit | Action::SelectAll => {
                let flow = state.open.document.flow();
                !flow.nodes.is_empty() || Drawn::all_of(flow).next().is_some()
            }
            Action::PlayPause | Action::Restart | Action::Step => state.open.can_run(),
            Action::NextFlow | Action::PreviousFlow => !state.shelf.is_empty(),
            Action::Stop => state.open.run.snapshot.is_going(),
            Action::UndoLayout => state.workspace.can_undo(),
            Action::NextProblem | Action::PreviousProblem => state.open.problem_places().next().is_some(),
            Action::CopyLog | Action::ClearLog => !state.log.is_empty(),
            Action::Freeze | Action::FilterRows | Action::PinRows => active_table(state).is_some(),
            Action::CopyRows | Action::CopyRowsCsv | Action::CopyRowsJson | Action::ExportRows => {
                active_table(state)
                    .and_then(|table| table.shown(&state.open.run.snapshot))
                    .is_some_and(|shown| !shown.is_empty())
            }
            Action::ProbeNode => state.open.selection.single_node().is_some(),
            _ => true,
        }
    }

    /// The keys as people write them; empty if there are none.
    pub fn keys_text(self, ctx: &Context) -> String {
        self.shortcut().map(|shortcut| keys_text(&shortcut, ctx)).unwrap_or_default()
    }

    /// Whether it copies or pastes: the system says so by events of their own, which a field may want first.
    fn is_of_clipboard(self) -> bool {
        matches!(self, Action::Copy | Action::Cut | Action::Paste | Action::PasteLinked)
    }

    /// Whether its keys are taken from a field that has the keyboard: not those by which people write and move in text.
    fn reaches_through_text(self) -> bool {
        let Some(shortcut) = self.shortcut() else { return false };
        let is_function_key =
            matches!(shortcut.logical_key, Key::F1 | Key::F2 | Key::F3 | Key::F6 | Key::F8 | Key::F11);
        let is_for_text =
            matches!(self, Action::Undo | Action::Redo | Action::SelectAll | Action::DeleteKeepWire)
                || self.is_of_clipboard();
        is_function_key || (shortcut.modifiers.command && !is_for_text)
    }
}

/// Keys as people write them.
pub fn keys_text(shortcut: &KeyboardShortcut, ctx: &Context) -> String {
    const SIGNS: [(&str, &str); 4] =
        [("OpenBracket", "["), ("CloseBracket", "]"), ("Backslash", "\\"), ("Period", ".")];
    let text = ctx.format_shortcut(shortcut);
    let signed = SIGNS.iter().find_map(|(name, sign)| Some(text.strip_suffix(name)?.to_owned() + sign));
    signed.unwrap_or(text)
}

fn active_table(state: &AppState) -> Option<&RowTable> {
    state.open.tables.active()
}

/// Takes the keys of all actions out of the input. Keys that write text are left to a field that has the keyboard.
pub fn take_shortcuts(ctx: &Context, state: &AppState, commands: &mut Commands) {
    if state.dialog.is_some() {
        return;
    }
    let writing = ctx.text_edit_focused();
    // More modifiers first, so that Ctrl+Shift+Z is not taken for Ctrl+Z.
    let mut actions: Vec<Action> =
        Action::ALL.iter().copied().filter(|action| action.shortcut().is_some()).collect();
    actions.sort_by_key(|action| {
        action.shortcut().map_or(0, |shortcut| {
            let Modifiers { alt, ctrl, shift, command, .. } = shortcut.modifiers;
            usize::MAX - [alt, ctrl, shift, command].into_iter().filter(|held| *held).count()
        })
    });
    actions.retain(|action| {
        // The canvas has these keys while it has the keyboard, and play is decided when Space is let go.
        let is_elsewhere = matches!(
            action,
            Action::Delete
                | Action::DeleteKeepWire
                | Action::PlayPause
                | Action::Copy
                | Action::Cut
                | Action::Paste
        );
        !is_elsewhere && (!writing || action.reaches_through_text())
    });
    let meant_by = |event: &Event| {
        let Event::Key { key, pressed: true, modifiers, .. } = event else { return None };
        let is_its = |shortcut: KeyboardShortcut| {
            shortcut.logical_key == *key && modifiers.matches_logically(shortcut.modifiers)
        };
        actions.iter().copied().find(|action| action.shortcut().is_some_and(is_its))
    };
    ctx.input_mut(|input| {
        input.events.retain(|event| {
            // What cannot be done now leaves its keys to others: Shift+W aligns several nodes, and goes along the wires of one.
            let action = meant_by(event).filter(|action| action.is_enabled(state));
            action.into_iter().for_each(|action| commands.push(action));
            action.is_none()
        });
    });
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_actions_have_the_same_keys() {
        let mut seen = BTreeSet::new();
        for action in Action::ALL {
            if let Some(shortcut) = action.shortcut() {
                assert!(seen.insert(format!("{shortcut:?}")), "{action:?} shares its keys");
            }
        }
    }

    #[test]
    fn every_action_has_a_text_and_a_tooltip() {
        for action in Action::ALL {
            assert_ne!(action.name(), action.key(), "{action:?}");
            assert!(action.tooltip().contains(' ') || action.tooltip().len() > 3, "{action:?}");
        }
    }
}
