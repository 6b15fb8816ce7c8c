//! What takes longer than a frame: checks, files and the desktop's file dialogs, each on a thread of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, Sender, bounded};
use tidemark_engine::error::{EngineError, Result};
use tidemark_engine::graph::{self, CheckContext, Checked, FlowDocument};
use tidemark_engine::ids::NodeId;
use tidemark_engine::node::{Catalog, FileAccess};

use super::folders::Folders;
use super::samples::Sample;
use crate::command::Command;
use crate::engine_link::Wake;
use crate::state::Settings;

/// How many outcomes may wait to be read.
const MAX_OUTCOMES: usize = 64;
/// A dialog that was answered sooner than this was answered by nobody: the desktop has none.
const NOBODY_IS_FASTER: Duration = Duration::from_millis(300);

/// What came of something.
pub(super) enum Outcome {
    /// A flow was checked.
    Checked {
        /// The revision of its meaning.
        revision: u64,
        /// What was found.
        checked: Arc<Checked>,
    },
    /// A flow was read.
    Loaded {
        /// Its file.
        path: PathBuf,
        /// The flow.
        flow: Result<FlowDocument>,
    },
    /// A flow was written.
    Saved {
        /// Its file.
        path: PathBuf,
        /// The revision that was written.
        revision: u64,
        /// Whether it was.
        result: Result<()>,
        /// What waited for it.
        then: Option<Box<Command>>,
    },
    /// Another file is in the way of a save.
    WouldReplace(PathBuf, Option<Box<Command>>),
    /// The desktop's dialog was answered.
    Picked {
        /// What for.
        purpose: Purpose,
        /// The answer.
        answer: Answer,
    },
    /// The settings were written, or not, and why.
    SettingsSaved(std::result::Result<(), String>),
}

/// What a file is asked for.
#[derive(Clone, Debug)]
pub(super) enum Purpose {
    /// To open it.
    Open,
    /// To save to it, and then do something.
    Save(Option<Box<Command>>),
    /// For a parameter of a node.
    Param(NodeId, String),
}

/// How a dialog was answered.
#[derive(Debug)]
pub(super) enum Answer {
    /// With a path.
    Path(PathBuf),
    /// Not at all.
    Cancelled,
    /// There is no dialog on this desktop.
    NoDialog,
}

/// Starts threads and hears what came of them.
pub(super) struct Background {
    wake: Wake,
    outcomes: Sender<Outcome>,
    heard: Receiver<Outcome>,
    n_pending: usize,
}

impl Background {
    /// Nothing is under way yet. `wake` is called when there is something to hear.
    pub(super) fn new(wake: Wake) -> Background {
        let (outcomes, heard) = bounded(MAX_OUTCOMES);
        Background { wake, outcomes, heard, n_pending: 0 }
    }

    /// What has come of things since the last call.
    pub(super) fn next(&mut self) -> Option<Outcome> {
        let outcome = self.heard.try_recv().ok()?;
        self.n_pending -= 1;
        Some(outcome)
    }

    /// Waits for what comes next, not longer than `timeout`; `None` if nothing is under way.
    pub(super) fn wait(&mut self, timeout: Duration) -> Option<Outcome> {
        if self.n_pending == 0 {
            return None;
        }
        let outcome = self.heard.recv_timeout(timeout).ok()?;
        self.n_pending -= 1;
        Some(outcome)
    }

    /// Whether anything is under way.
    pub(super) fn is_busy(&self) -> bool {
        self.n_pending > 0
    }

    fn spawn(&mut self, name: &str, work: impl FnOnce() -> Outcome + Send + 'static) {
        let (outcomes, wake) = (self.outcomes.clone(), Arc::clone(&self.wake));
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || {
            // Nobody hears it only if the window is gone.
            let _ = outcomes.send(work());
            wake();
        });
        match thread {
            Ok(_) => self.n_pending += 1,
            Err(error) => tracing::error!(%error, "no thread could be started"),
        }
    }

    /// Checks a flow.
    pub(super) fn check(
        &mut self,
        revision: u64,
        flow: Arc<FlowDocument>,
        catalog: Arc<Catalog>,
        files: FileAccess,
    ) {
        self.spawn("tm-check", move || {
            let checked =
                catch_unwind(AssertUnwindSafe(|| graph::check(&flow, &catalog, &CheckContext::new(&files))));
            let checked = Arc::new(checked.unwrap_or_default());
            Outcome::Checked { revision, checked }
        });
    }

    /// Reads a flow file and places what has no place.
    pub(super) fn load(&mut self, path: PathBuf) {
        self.spawn("tm-files", move || Outcome::Loaded { flow: load(&path), path });
    }

    /// Writes a sample if it is not there yet, and reads it.
    pub(super) fn load_sample(&mut self, sample: Sample, data: PathBuf) {
        self.spawn("tm-files", move || {
            let unpacked = sample.unpack(&data).or_else(|_| sample.unpack(&Folders::fallback_data()));
            match unpacked {
                Ok(path) => Outcome::Loaded { flow: load(&path), path },
                Err(error) => {
                    let message = format!("the sample could not be written to `{}`", data.display());
                    Outcome::Loaded { path: data, flow: Err(EngineError::machine(message).because(error)) }
                }
            }
        });
    }

    /// Writes a flow file. If another file is there, it is replaced only if `replace` says so.
    pub(super) fn save(
        &mut self,
        path: PathBuf,
        flow: Arc<FlowDocument>,
        revision: u64,
        replace: bool,
        then: Option<Box<Command>>,
    ) {
        self.spawn("tm-files", move || {
            if !replace && path.exists() {
                return Outcome::WouldReplace(path, then);
            }
            let result = graph::save(&flow, &path);
            Outcome::Saved { path, revision, result, then }
        });
    }

    /// Writes the settings.
    pub(super) fn save_settings(&mut self, settings: Settings, path: PathBuf) {
        self.spawn("tm-files", move || {
            Outcome::SettingsSaved(settings.save(&path).map_err(|error| error.to_string()))
        });
    }

    /// Asks for a file with the desktop's dialog.
    pub(super) fn pick(&mut self, purpose: Purpose, folder: PathBuf, file_name: Option<String>) {
        self.spawn("tm-dialog", move || {
            let asked = Instant::now();
            let dialog = rfd::FileDialog::new().set_directory(folder);
            let path = match &purpose {
                Purpose::Open => dialog.add_filter("Tidemark", &["json"]).pick_file(),
                Purpose::Save(_) => {
                    let file_name = file_name.unwrap_or_else(|| "flow.flow.json".to_owned());
                    dialog.set_file_name(file_name).add_filter("Tidemark", &["json"]).save_file()
                }
                Purpose::Param(..) => dialog.pick_file(),
            };
            let answer = match path {
                Some(path) => Answer::Path(path),
                None if asked.elapsed() < NOBODY_IS_FASTER => Answer::NoDialog,
                None => Answer::Cancelled,
            };
            Outcome::Picked { purpose, answer }
        });
    }
}

/// Reads a flow file and places what has no place.
fn load(path: &Path) -> Result<FlowDocument> {
    let mut flow = graph::load(path)?;
    let places = graph::fill_missing_positions(&flow);
    flow.layout.nodes.extend(places);
    Ok(flow)
}
