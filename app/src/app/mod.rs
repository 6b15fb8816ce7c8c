//! The window: per-frame work in `logic.rs`, layout in `ui.rs`, carrying out commands in `command_handling.rs`.

mod background;
mod bringing;
mod browsing;
mod command_handling;
mod files;
mod flows;
mod folders;
mod logic;
mod protection;
mod recent;
mod row_work;
mod run_folder;
mod samples;
mod sources;
mod start;
mod surveying;
#[cfg(test)]
mod test_window;
mod timing;
mod trying;
mod ui;
mod versions;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::Context;
use tidemark_engine::catalog;
use tidemark_engine::node::Apart;

use self::background::Background;
use self::browsing::Browsing;
use self::command_handling::clipboard::AskedPaste;
pub(crate) use self::command_handling::placing::behind;
use self::files::{FileWork, Seen};
pub use self::flows::MAX_FLOWS;
use self::flows::{Closing, Desk};
pub use self::folders::Folders;
use self::protection::Refused;
pub use self::samples::{SAMPLES, Sample};
pub use self::start::{AppError, AppOptions, run};
use self::surveying::Surveyor;
use self::timing::Timing;
use self::trying::Tryer;
use crate::command::{Command, Commands};
use crate::dialogs::Browser;
use crate::engine_link::{Haste, UiSnapshot, Wake};
use crate::journal::{Journal, Left};
use crate::panels::Panels;
use crate::state::{AppState, FlowNumber, Settings, Workspace};
use crate::ui_kit::widgets::Tone;
use crate::ui_kit::{self, fonts, t_args};

/// The folder of the journals of all windows, below that of the data.
const JOURNALS: &str = "journal";

/// What the window shows first.
#[derive(Clone, Debug)]
pub enum Opening {
    /// A flow file.
    Flow(PathBuf),
    /// A sample, by its number in [`SAMPLES`].
    Sample(usize),
    /// An empty flow.
    Nothing,
}

/// How a window is made.
#[derive(Clone, Debug)]
pub struct Setup {
    /// What it shows first.
    pub opening: Opening,
    /// Where things are kept.
    pub folders: Folders,
    /// How long after a change of a playing flow it is run again. Default 400 ms.
    pub restart_after: Duration,
    /// When the program began.
    pub started: Instant,
}

/// The window and everything behind it.
pub struct App {
    state: AppState,
    panels: Panels,
    /// The dialog for a path.
    browser: Browser,
    commands: Commands,
    /// What stands behind the flow that is shown.
    desk: Desk,
    /// What stands behind the others.
    shelved: BTreeMap<FlowNumber, Desk>,
    closing: Closing,
    /// The number of the flow that was opened last.
    last_number: u64,
    wake: Wake,
    background: Background,
    folders: Folders,
    restart_after: Duration,
    /// Flows whose unsaved changes a person has given up on the way to closing the window, as they were then.
    given_up: BTreeMap<FlowNumber, u64>,
    tryer: Tryer,
    journal: Journal,
    /// The number by which the journal says that something has changed about it.
    journal_version: u64,
    /// The flows that the journal follows.
    journaled: BTreeSet<FlowNumber>,
    /// The flows that the journal was too busy to hear of.
    refused: BTreeMap<FlowNumber, Refused>,
    /// What a crash has left, while it is offered.
    left: Vec<Left>,
    /// What a crash has left, until it can be offered.
    left_waiting: Vec<Left>,
    /// Whether a dialog of the desktop has been answered, or not been and that was said.
    knows_dialogs: bool,
    browsing: Browsing,
    surveyor: Surveyor,
    /// Whether unsaved changes have been asked about, so that the window may close.
    may_close: bool,
    saved_settings: Settings,
    saved_workspace: Workspace,
    shown_title: String,
    space_held: bool,
    /// Whether something other than the canvas had the keyboard in the last frame.
    keyboard_is_elsewhere: bool,
    /// The paste that waits for its text.
    asked_paste: Option<AskedPaste>,
    timing: Timing,
    /// When the work on the frame began that is not drawn yet.
    frame_began: Option<Instant>,
    /// What the frame before took, painted and all, where that is known.
    last_frame: Option<Duration>,
    /// Counts what was asked of the screen, for the test that nothing is painted while nothing happens.
    n_frames: u64,
}

impl App {
    /// Has files read in this way before they are read in this process.
    pub fn read_apart(&mut self, apart: Apart) {
        self.state.apart = Some(apart);
    }

    /// Makes the window's inside and begins to open what it shows first.
    ///
    /// # Errors
    /// If the machine gives no thread.
    pub fn new(ctx: &Context, setup: Setup) -> std::io::Result<App> {
        let read = setup.folders.settings.as_deref().map_or_else(|| Ok(Settings::default()), Settings::load);
        let (settings, unreadable) = match read {
            Ok(settings) => (settings, None),
            Err(reason) => (Settings::default(), Some(reason)),
        };
        fonts::install(ctx);
        ui_kit::apply(ctx, settings.theme, settings.ui_scale);
        // Ctrl+plus is for the canvas here, and the interface has keys of its own.
        ctx.options_mut(|options| options.zoom_with_keyboard = false);
        let state = AppState::new(Arc::new(catalog::standard()), settings.clone());
        let (painted, pace) = (ctx.clone(), state.pace.clone());
        let wake: Wake = Arc::new(move |haste| match haste {
            Haste::Now => painted.request_repaint(),
            // While wires move, a frame is on its way that can show what is new.
            Haste::Soon => pace.ask(&painted),
        });
        let wake_of_journal = Arc::clone(&wake);
        let mut app = App {
            state,
            panels: Panels::default(),
            browser: Browser::default(),
            commands: Commands::default(),
            desk: Desk::new(&wake, Seen::default())?,
            shelved: BTreeMap::new(),
            closing: Closing::default(),
            last_number: 0,
            journal: Journal::start(
                setup.folders.data.join(JOURNALS),
                Arc::new(move || wake_of_journal(Haste::Now)),
            )?,
            journal_version: 0,
            journaled: BTreeSet::new(),
            refused: BTreeMap::new(),
            left: Vec::new(),
            left_waiting: Vec::new(),
            knows_dialogs: false,
            background: Background::new(Arc::clone(&wake))?,
            wake,
            folders: setup.folders,
            restart_after: setup.restart_after,
            given_up: BTreeMap::new(),
            tryer: Tryer::new(),
            browsing: Browsing::default(),
            surveyor: Surveyor::default(),
            may_close: false,
            saved_settings: settings,
            saved_workspace: Workspace::default(),
            shown_title: String::new(),
            space_held: false,
            keyboard_is_elsewhere: false,
            asked_paste: None,
            timing: Timing::new(setup.started),
            frame_began: None,
            last_frame: None,
            n_frames: 0,
        };
        app.state.open.output_folder.clone_from(&app.folders.runs);
        if let Some(reason) = unreadable {
            let text = t_args("error.settings_unreadable", &[("reason", &reason)]);
            app.state.log.add(Tone::Warning, text);
        }
        app.restore_workspace();
        app.state.is_opening = !matches!(setup.opening, Opening::Nothing);
        app.read_recent();
        match setup.opening {
            Opening::Flow(path) => app.commands.push(Command::Open(path)),
            Opening::Sample(number) => app.commands.push(Command::OpenSample(number)),
            Opening::Nothing => {}
        }
        app.work_on_file(FileWork::FindJournals(app.folders.data.join(JOURNALS)));
        Ok(app)
    }

    /// Arranges the panes as they were when a window was closed last.
    fn restore_workspace(&mut self) {
        let Some(settings) = &self.folders.settings else { return };
        match Workspace::load(&Workspace::path(settings)) {
            Ok(workspace) => self.state.workspace = workspace,
            Err(reason) => {
                self.state.log.add(Tone::Warning, t_args("layout.unreadable", &[("reason", &reason)]));
            }
        }
        self.saved_workspace = self.state.workspace.clone();
        self.show_as_arranged();
    }

    /// Writes how large the window was, once it closes.
    fn keep_window_size(&self) {
        let Some(settings) = &self.folders.settings else { return };
        if self.state.workspace.window != self.saved_workspace.window {
            // Nobody is left to be told.
            let _ = self.state.workspace.save(&Workspace::path(settings));
        }
    }

    /// What the window knows.
    pub fn state(&self) -> &AppState {
        &self.state
    }

    /// How many frames have been painted.
    pub fn n_frames(&self) -> u64 {
        self.n_frames
    }

    /// Where a wire was painted last.
    pub fn wire_middle(&self, edge: &tidemark_engine::ids::EdgeId) -> Option<egui::Pos2> {
        self.panels.canvas.wire_middle(edge)
    }

    /// Where a port was painted last: an output, or an input.
    pub fn port_place(&self, port: &tidemark_engine::ids::PortRef, is_output: bool) -> Option<egui::Pos2> {
        self.panels.canvas.port_place(port, is_output)
    }

    /// Asks for something, as a panel would; for measurements and tests.
    pub fn ask(&mut self, command: impl Into<Command>) {
        self.commands.push(command);
    }

    /// Shows the figures of a job that is not there; for measurements and tests.
    pub fn show_figures(&mut self, snapshot: Arc<UiSnapshot>) {
        // What the thread that holds the job says is of another run, and not shown.
        self.state.open.run.asked = snapshot.run;
        self.state.open.run.snapshot = snapshot;
    }

    /// How large the canvas is shown.
    pub fn zoom_of_canvas(&self) -> f32 {
        self.panels.canvas.view.zoom
    }

    /// Waits until nothing is under way in the background, not longer than `timeout`; for tests.
    pub fn settle(&mut self, ctx: &Context, timeout: Duration) -> bool {
        let until = Instant::now() + timeout;
        loop {
            self.logic(ctx);
            let left = until.saturating_duration_since(Instant::now());
            match self.background.wait(left) {
                Some(outcome) => self.hear(outcome),
                None => return !self.background.is_busy(),
            }
        }
    }

    /// Waits until the job looks as wanted, not longer than `timeout`; for tests.
    pub fn wait_for_run(&self, timeout: Duration, is_wanted: impl Fn(&UiSnapshot) -> bool) -> bool {
        self.desk.link.wait_until(timeout, is_wanted)
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &Context, frame: &mut eframe::Frame) {
        self.last_frame = frame.info().cpu_usage.map(Duration::from_secs_f32);
        self.timing.begin(self.last_frame);
        App::logic(self, ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        App::ui(self, ui);
        let has_rows = self.state.open.run.snapshot.watched.as_ref().is_some_and(|rows| !rows.is_empty());
        if self.timing.drawn(has_rows) {
            ui.ctx().request_repaint();
        }
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        self.end_protection();
        self.clear_desks();
        self.keep_window_size();
    }
}
