//! The window: per-frame work in `logic.rs`, layout in `ui.rs`, carrying out commands in `command_handling.rs`.

mod background;
mod command_handling;
mod files;
mod folders;
mod logic;
mod run_folder;
mod samples;
mod sources;
mod start;
mod timing;
mod ui;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::Context;
use tidemark_engine::catalog;

use self::background::Background;
use self::files::Seen;
pub use self::folders::Folders;
use self::run_folder::RunFolder;
pub use self::samples::{SAMPLES, Sample};
pub use self::start::{AppError, AppOptions, run};
use self::timing::Timing;
use crate::command::{Command, Commands};
use crate::engine_link::{EngineLink, LinkCommand, Wake};
use crate::panels::Panels;
use crate::state::{AppState, Settings, Workspace};
use crate::ui_kit::widgets::Tone;
use crate::ui_kit::{self, fonts, t_args};

/// The time between two frames while only the run changes what is shown: 30 a second.
pub(crate) const FRAME: Duration = Duration::from_nanos(1_000_000_000 / 30);

/// How long a run that goes on is given to end when the window closes, before what it leaves is looked at.
const LONGEST_END: Duration = Duration::from_secs(1);

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
    commands: Commands,
    link: EngineLink,
    background: Background,
    folders: Folders,
    /// What is known of the open flow's file.
    seen: Seen,
    /// Where the flow as it was checked last writes to.
    run_folder: Option<RunFolder>,
    restart_after: Duration,
    /// When the meaning of the flow changed last.
    changed_at: Instant,
    last_meaning: u64,
    check_is_under_way: bool,
    /// Whether unsaved changes have been asked about, so that the window may close.
    may_close: bool,
    saved_settings: Settings,
    saved_workspace: Workspace,
    shown_title: String,
    space_held: bool,
    timing: Timing,
    /// Counts what was asked of the screen, for the test that nothing is painted while nothing happens.
    n_frames: u64,
}

impl App {
    /// Makes the window's inside and begins to open what it shows first.
    ///
    /// # Errors
    /// If the machine gives no thread.
    pub fn new(ctx: &Context, setup: Setup) -> std::io::Result<App> {
        let settings = setup.folders.settings.as_deref().map_or_else(Settings::default, Settings::load);
        fonts::install(ctx);
        ui_kit::apply(ctx, settings.theme, settings.ui_scale);
        // Ctrl+plus is for the canvas here, and the interface has keys of its own.
        ctx.options_mut(|options| options.zoom_with_keyboard = false);
        let painted = ctx.clone();
        let wake: Wake = Arc::new(move || painted.request_repaint());
        let painted = ctx.clone();
        // Soon, not at once: while wires move, a frame is on its way that can show what is new.
        let wake_of_link: Wake = Arc::new(move || painted.request_repaint_after(FRAME));
        let link = EngineLink::start(wake_of_link)?;
        let mut app = App {
            state: AppState::new(Arc::new(catalog::standard()), settings.clone()),
            panels: Panels::default(),
            commands: Commands::default(),
            link,
            background: Background::new(wake)?,
            folders: setup.folders,
            seen: Seen::default(),
            run_folder: None,
            restart_after: setup.restart_after,
            changed_at: Instant::now(),
            last_meaning: 0,
            check_is_under_way: false,
            may_close: false,
            saved_settings: settings,
            saved_workspace: Workspace::default(),
            shown_title: String::new(),
            space_held: false,
            timing: Timing::new(setup.started),
            n_frames: 0,
        };
        app.state.open.output_folder.clone_from(&app.folders.runs);
        app.restore_workspace();
        match setup.opening {
            Opening::Flow(path) => app.commands.push(Command::Open(path)),
            Opening::Sample(number) => app.commands.push(Command::OpenSample(number)),
            Opening::Nothing => {}
        }
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
    pub fn wait_for_run(
        &self,
        timeout: Duration,
        is_wanted: impl Fn(&crate::engine_link::UiSnapshot) -> bool,
    ) -> bool {
        self.link.wait_until(timeout, is_wanted)
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &Context, frame: &mut eframe::Frame) {
        self.timing.begin(frame.info().cpu_usage.map(Duration::from_secs_f32));
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
        // A run that has not come to its end takes what it began with it.
        if self.link.send(LinkCommand::Clear) {
            self.link.wait_until(LONGEST_END, |snapshot| snapshot.run == 0);
        }
        if let Some(folder) = &self.run_folder {
            folder.remove_if_empty();
        }
    }
}
