//! What takes longer than a frame: checks, files that are written and files that are read, each in order on a thread of their own,
//! and the desktop's file dialogs.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam::channel::{self, Receiver, Sender, bounded};
use tidemark_engine::diagnostic::{Diagnostic, Place};
use tidemark_engine::error::Result;
use tidemark_engine::graph::{self, CheckContext, Checked, FlowDocument, Written};
use tidemark_engine::ids::NodeId;
use tidemark_engine::node::{Catalog, FileAccess};

use super::bringing::Brought;
use super::files::{self, FileWork, RowExport, Seen};
use super::row_work::{self, RowWork};
use super::surveying::{Remembered, SurveyWork, Surveyed};
use super::trying::{self, TryWork};
use super::versions::OpenedVersion;
use crate::command::Command;
use crate::engine_link::{Haste, Wake, Watch};
use crate::journal::Left;
use crate::rows::{RowExcerpt, RowFilter, Sifted, Summary};
use crate::state::folder::Folder;
use crate::state::{FlowNumber, KeptVersions, Origin, RecentFile, Tried};

/// How many outcomes may wait to be read.
const MAX_OUTCOMES: usize = 64;
/// How many things may wait for a thread.
const MAX_WORK: usize = 64;
/// A dialog that was answered sooner than this was answered by nobody: the desktop has none.
const NOBODY_IS_FASTER: Duration = Duration::from_millis(300);

/// What came of something.
pub(super) enum Outcome {
    /// A flow was checked.
    Checked {
        /// The flow.
        flow: FlowNumber,
        /// The revision of its meaning.
        revision: u64,
        /// What was found.
        checked: Arc<Checked>,
    },
    /// A flow was read.
    Loaded {
        /// Where it came from.
        origin: Origin,
        /// The flow.
        flow: Result<FlowDocument>,
        /// What is known of its file.
        seen: Seen,
    },
    /// A flow was written.
    Saved {
        /// The flow.
        flow: FlowNumber,
        /// Its file.
        path: PathBuf,
        /// The revision that was written.
        revision: u64,
        /// Whether it was, and how surely.
        result: Result<Written>,
        /// Why what it replaced was not kept.
        not_kept: Option<String>,
        /// What waited for it.
        then: Option<Box<Command>>,
    },
    /// Another file is in the way of a save, or the flow's own has been changed by another.
    WouldReplace {
        /// The flow.
        flow: FlowNumber,
        /// The file.
        path: PathBuf,
        /// What waits for the save.
        then: Option<Box<Command>>,
    },
    /// The desktop's dialog was answered.
    Picked {
        /// The flow for which it was asked.
        flow: FlowNumber,
        /// What for.
        purpose: Purpose,
        /// The answer.
        answer: Answer,
    },
    /// A file that was brought was looked at.
    Brought(Brought),
    /// A file that was brought is a flow.
    BroughtFlow(PathBuf),
    /// A folder was read for the dialog that asks for a path.
    FolderRead(Folder),
    /// The settings were written, or not, and why.
    SettingsSaved(std::result::Result<(), String>),
    /// An expression was tried on real rows.
    Tried(Tried),
    /// Rows were looked at.
    Sifted {
        /// The flow.
        flow: FlowNumber,
        /// What passed the filter.
        sifted: Arc<Sifted>,
        /// What the columns are like, if that was asked for.
        summary: Option<Arc<Summary>>,
    },
    /// A fault of ours kept rows from being looked at.
    SiftFailed {
        /// The flow.
        flow: FlowNumber,
        /// Whose rows.
        watch: Watch,
        /// The filter.
        filter: Arc<RowFilter>,
    },
    /// Rows were written for the clipboard.
    RowsWritten {
        /// How many.
        n_rows: usize,
        /// What they look like.
        text: String,
    },
    /// Rows were written to a file.
    RowsExported {
        /// Which, and where.
        export: RowExport,
        /// Whether they were.
        result: Result<()>,
    },
    /// A file is in the way of rows.
    RowsWouldReplace(RowExport),
    /// The list of recent files as it is now, or why it could not be changed.
    Recent(std::result::Result<Vec<RecentFile>, String>),
    /// The earlier versions of a flow's file were listed.
    Versions {
        /// The flow.
        flow: FlowNumber,
        /// They.
        kept: KeptVersions,
    },
    /// An earlier version was read.
    VersionLoaded(OpenedVersion),
    /// A recent file is not there any more.
    RecentGone(PathBuf),
    /// What a crash has left was looked for.
    JournalsFound(Vec<Left>),
    /// What a crash has left was removed, or not, and why.
    JournalDiscarded(std::result::Result<(), String>),
    /// The sources of a flow were surveyed.
    Surveyed(Surveyed),
    /// A fault of ours ended what was under way.
    Fault,
}

/// What a file is asked for.
#[derive(Clone, Debug)]
pub(super) enum Purpose {
    /// To open it.
    Open,
    /// To save to it, and then do something.
    Save(Option<Box<Command>>),
    /// To add it to the flow as a source.
    Bring,
    /// For a parameter of a node.
    Param(NodeId, String),
    /// To write rows to it.
    ExportRows(RowExcerpt),
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

/// A flow to check.
pub(super) struct CheckWork {
    /// Whose it is.
    pub(super) number: FlowNumber,
    /// The revision of its meaning.
    pub(super) revision: u64,
    /// The flow.
    pub(super) flow: Arc<FlowDocument>,
    /// The node types that there are.
    pub(super) catalog: Arc<Catalog>,
    /// Which files it may touch.
    pub(super) files: FileAccess,
}

/// Has things done by other threads and hears what came of them.
pub(super) struct Background {
    wake: Wake,
    outcomes: Sender<Outcome>,
    heard: Receiver<Outcome>,
    n_pending: usize,
    /// Whether a dialog of the desktop waits for its answer.
    is_picking: bool,
    /// The files that flows are being saved to.
    saving: Vec<PathBuf>,
    /// What writes, in order, and what reads something that is being saved.
    files: Worker<FileWork>,
    /// What only reads, so that no slow disk stands before a save or keeps a window open.
    reads: Worker<FileWork>,
    checks: Worker<CheckWork>,
    trials: Worker<TryWork>,
    rows: Worker<RowWork>,
    surveys: Worker<SurveyWork>,
}

impl Background {
    /// Nothing is under way yet. `wake` is called when there is something to hear.
    ///
    /// # Errors
    /// If the machine gives no thread.
    pub(super) fn new(wake: Wake) -> io::Result<Background> {
        let (outcomes, heard) = bounded(MAX_OUTCOMES);
        let report = || (outcomes.clone(), Arc::clone(&wake));
        let files = Worker::start("tm-files", report(), files::work)?;
        let reads = Worker::start("tm-reads", report(), files::work)?;
        let checks = Worker::start("tm-check", report(), check)?;
        let trials = Worker::start("tm-try", report(), trying::work)?;
        // Columns are summed up again and again while rows come: no frame is made for that alone.
        let later = Arc::clone(&wake);
        let later: Wake = Arc::new(move |_| later(Haste::Soon));
        let rows = Worker::start("tm-rows", (outcomes.clone(), later), row_work::work)?;
        let mut remembered = Remembered::default();
        let surveys = Worker::start("tm-survey", report(), move |work| remembered.work(&work))?;
        Ok(Background {
            wake,
            outcomes,
            heard,
            n_pending: 0,
            is_picking: false,
            saving: Vec::new(),
            files,
            reads,
            checks,
            trials,
            rows,
            surveys,
        })
    }

    /// What has come of things since the last call.
    pub(super) fn next(&mut self) -> Option<Outcome> {
        let outcome = self.heard.try_recv().ok()?;
        Some(self.take_in(outcome))
    }

    /// Waits for what comes next, not longer than `timeout`; `None` if nothing is under way.
    pub(super) fn wait(&mut self, timeout: Duration) -> Option<Outcome> {
        if self.n_pending == 0 {
            return None;
        }
        let outcome = self.heard.recv_timeout(timeout).ok()?;
        Some(self.take_in(outcome))
    }

    fn take_in(&mut self, outcome: Outcome) -> Outcome {
        self.n_pending -= 1;
        self.is_picking &= !matches!(outcome, Outcome::Picked { .. });
        if let Outcome::Saved { path, .. } | Outcome::WouldReplace { path, .. } = &outcome
            && let Some(at) = self.saving.iter().position(|saving| saving == path)
        {
            self.saving.swap_remove(at);
        }
        outcome
    }

    /// Whether anything is under way.
    pub(super) fn is_busy(&self) -> bool {
        self.n_pending > 0
    }

    /// Checks a flow. `false` if so much waits already that this cannot.
    #[must_use]
    pub(super) fn check(&mut self, work: CheckWork) -> bool {
        let taken = self.checks.take(work);
        self.n_pending += usize::from(taken);
        taken
    }

    /// Tries an expression on rows. `false` if so much waits already that this cannot.
    #[must_use]
    pub(super) fn try_out(&mut self, work: TryWork) -> bool {
        let taken = self.trials.take(work);
        self.n_pending += usize::from(taken);
        taken
    }

    /// Surveys the sources of a flow. `false` if so much waits already that this cannot.
    #[must_use]
    pub(super) fn survey(&mut self, work: SurveyWork) -> bool {
        let taken = self.surveys.take(work);
        self.n_pending += usize::from(taken);
        taken
    }

    /// Does something with a file: writes after all that was to be written before, reads after all that was to be read, and a flow that
    /// is being saved after that. `false` if so much waits already that this cannot.
    #[must_use]
    pub(super) fn file(&mut self, work: FileWork) -> bool {
        let saved = if let FileWork::Save(save) = &work { Some(save.path.clone()) } else { None };
        // One file has many paths, so that the same name is enough to wait.
        let is_being_saved = work
            .flow_file()
            .is_some_and(|file| self.saving.iter().any(|saving| saving.file_name() == file.file_name()));
        let worker = if work.only_reads() && !is_being_saved { &self.reads } else { &self.files };
        let taken = worker.take(work);
        self.n_pending += usize::from(taken);
        self.saving.extend(saved.filter(|_| taken));
        taken
    }

    /// Does something with rows. `false` if so much waits already that this cannot.
    #[must_use]
    pub(super) fn rows(&mut self, work: RowWork) -> bool {
        let taken = self.rows.take(work);
        self.n_pending += usize::from(taken);
        taken
    }

    /// Asks for a file with the desktop's dialog, for a flow. `false` if another dialog waits for its answer.
    #[must_use]
    pub(super) fn pick(
        &mut self,
        flow: FlowNumber,
        purpose: Purpose,
        folder: PathBuf,
        file_name: Option<String>,
    ) -> bool {
        if self.is_picking {
            return false;
        }
        let (outcomes, wake) = (self.outcomes.clone(), Arc::clone(&self.wake));
        let asked_for = purpose.clone();
        let thread = thread::Builder::new().name("tm-dialog".to_owned()).spawn(move || {
            // Our own dialog stands behind a desktop's that fails.
            let answer = catch_unwind(AssertUnwindSafe(|| ask(&asked_for, folder, file_name)));
            let answer = answer.unwrap_or(Answer::NoDialog);
            // Nobody hears it only if the window is gone.
            let _ = outcomes.send(Outcome::Picked { flow, purpose: asked_for, answer });
            wake(Haste::Now);
        });
        let answered = match thread {
            Ok(_) => true,
            // Our own dialog needs no thread.
            Err(_) => {
                let picked = Outcome::Picked { flow, purpose, answer: Answer::NoDialog };
                self.outcomes.try_send(picked).is_ok()
            }
        };
        self.n_pending += usize::from(answered);
        self.is_picking = answered;
        answered
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // Nobody listens any more, so that no thread waits for that.
        self.heard = channel::never();
        self.files.finish();
    }
}

/// A thread that does one thing after the other.
struct Worker<W> {
    // Both are `None` once it has been finished.
    queue: Option<Sender<W>>,
    thread: Option<JoinHandle<()>>,
}

impl<W: Send + 'static> Worker<W> {
    fn start(
        name: &str,
        (outcomes, wake): (Sender<Outcome>, Wake),
        mut work: impl FnMut(W) -> Outcome + Send + 'static,
    ) -> io::Result<Worker<W>> {
        let (queue, asked) = bounded(MAX_WORK);
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || {
            for asked in asked {
                let outcome = catch_unwind(AssertUnwindSafe(|| work(asked)));
                // Nobody hears it only if the window is gone.
                let _ = outcomes.send(outcome.unwrap_or(Outcome::Fault));
                wake(Haste::Now);
            }
        })?;
        Ok(Worker { queue: Some(queue), thread: Some(thread) })
    }

    fn take(&self, work: W) -> bool {
        self.queue.as_ref().is_some_and(|queue| queue.try_send(work).is_ok())
    }

    /// Waits until all that was asked for is done. Without this the thread ends by itself after its owner.
    fn finish(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            // Faults are caught where they happen.
            let _ = thread.join();
        }
    }
}

fn check(work: CheckWork) -> Outcome {
    let CheckWork { number, revision, flow, catalog, files } = work;
    let checked = or_fault(|| graph::check(&flow, &catalog, &CheckContext::new(&files)));
    Outcome::Checked { flow: number, revision, checked: Arc::new(checked) }
}

/// What a check finds; a fault of ours is a finding too, so that a flow that cannot run says why.
fn or_fault(check: impl FnOnce() -> Checked) -> Checked {
    catch_unwind(AssertUnwindSafe(check)).unwrap_or_else(|_| {
        let message = "the flow could not be checked because of a fault in Tidemark";
        let fault = Diagnostic::error("internal-fault", Place::Flow, message)
            .fix("take back the last change, and please report it with the flow");
        Checked { diagnostics: vec![fault], ..Checked::default() }
    })
}

fn ask(purpose: &Purpose, folder: PathBuf, file_name: Option<String>) -> Answer {
    let asked = Instant::now();
    let dialog = rfd::FileDialog::new().set_directory(folder);
    let path = match purpose {
        Purpose::Open => dialog.add_filter("Tidemark", &["json"]).pick_file(),
        Purpose::Save(_) => {
            let file_name = file_name.unwrap_or_else(|| "flow.flow.json".to_owned());
            dialog.set_file_name(file_name).add_filter("Tidemark", &["json"]).save_file()
        }
        Purpose::Bring | Purpose::Param(..) => dialog.pick_file(),
        Purpose::ExportRows(_) => {
            let dialog = dialog.add_filter("CSV", &["csv"]).add_filter("JSON lines", &["ndjson", "jsonl"]);
            dialog.set_file_name(file_name.unwrap_or_else(|| "rows.csv".to_owned())).save_file()
        }
    };
    match path {
        Some(path) => Answer::Path(path),
        None if asked.elapsed() < NOBODY_IS_FASTER => Answer::NoDialog,
        None => Answer::Cancelled,
    }
}

#[cfg(test)]
mod tests {
    use tidemark_engine::graph::FlowDocument;

    use super::super::files::Save;
    use super::super::samples::SAMPLES;
    use super::*;

    const LONG: Duration = Duration::from_secs(20);

    #[test]
    fn saves_land_in_the_order_in_which_they_were_asked_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.flow.json");
        let mut background = Background::new(Arc::new(|_| {})).expect("threads");
        let seen = Seen::default();
        for revision in 1..=20 {
            let flow = FlowDocument { name: Some(revision.to_string()), ..FlowDocument::default() };
            let (path, flow, seen) = (path.clone(), Arc::new(flow), seen.clone());
            let (number, data) = (FlowNumber(1), folder.path().join("data"));
            let save = Save { number, path, flow, revision, seen, data, replace: false, then: None };
            assert!(background.file(FileWork::Save(save)));
        }
        for expected in 1..=10 {
            let Some(Outcome::Saved { revision, result: Ok(_), .. }) = background.wait(LONG) else {
                panic!("save {expected} has failed");
            };
            assert_eq!(revision, expected);
        }
        // The window is closed, and what has been asked for is done all the same.
        drop(background);
        assert_eq!(graph::load(&path).expect("a flow").name.as_deref(), Some("20"));
    }

    #[test]
    fn a_flow_is_read_after_a_save_to_its_file_and_another_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, other) = (folder.path().join("a.flow.json"), folder.path().join("b.flow.json"));
        graph::save(&FlowDocument::default(), &other).expect("saved");
        let mut background = Background::new(Arc::new(|_| {})).expect("threads");
        // A disk that takes its time.
        let (hold, held) = bounded::<()>(0);
        let report = (background.outcomes.clone(), Arc::clone(&background.wake));
        let slow = move |work| {
            let _ = held.recv();
            files::work(work)
        };
        background.files = Worker::start("tm-files", report, slow).expect("a thread");
        let flow = Arc::new(FlowDocument { name: Some("new".to_owned()), ..FlowDocument::default() });
        let (number, seen, data) = (FlowNumber(1), Seen::default(), folder.path().join("data"));
        let save =
            Save { number, path: path.clone(), flow, revision: 1, seen, data, replace: false, then: None };
        assert!(background.file(FileWork::Save(save)));
        assert!(background.file(FileWork::Load(path)) && background.file(FileWork::Load(other.clone())));
        let Some(Outcome::Loaded { origin, .. }) = background.wait(LONG) else { panic!("nothing was read") };
        assert_eq!(origin.own_file(), Some(&*other), "it is read before it has been saved");
        drop(hold);
        assert!(matches!(background.wait(LONG), Some(Outcome::Saved { result: Ok(_), .. })));
        let Some(Outcome::Loaded { flow, .. }) = background.wait(LONG) else { panic!("it was not read") };
        assert_eq!(flow.expect("a flow").name.as_deref(), Some("new"));
        assert!(background.saving.is_empty());
    }

    #[test]
    fn a_sample_that_was_asked_for_is_whole_when_the_window_is_gone() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut background = Background::new(Arc::new(|_| {})).expect("threads");
        let [sample, _] = SAMPLES;
        assert!(background.file(FileWork::LoadSample(sample, folder.path().to_owned())));
        drop(background);
        let samples = std::fs::read_dir(folder.path().join("samples")).expect("samples").next();
        let files = std::fs::read_dir(samples.expect("one").expect("a folder").path()).expect("files");
        assert_eq!(files.count(), 2);
    }

    #[cfg(unix)]
    #[test]
    fn a_read_that_never_ends_holds_no_save_up_and_keeps_no_window_open() {
        let folder = tempfile::tempdir().expect("a folder");
        // Who looks whether somebody holds this journal waits until somebody reads the pipe.
        let journal = folder.path().join("journal/one");
        std::fs::create_dir_all(&journal).expect("a folder");
        std::fs::write(journal.join("records"), "").expect("a file");
        let pipe = journal.join("lock");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo");
        assert!(made.success());
        let mut background = Background::new(Arc::new(|_| {})).expect("threads");
        assert!(background.file(FileWork::FindJournals(folder.path().join("journal"))));
        let (path, flow) = (folder.path().join("a.flow.json"), Arc::new(FlowDocument::default()));
        let (number, seen, data) = (FlowNumber(1), Seen::default(), folder.path().join("data"));
        let save =
            Save { number, path: path.clone(), flow, revision: 1, seen, data, replace: false, then: None };
        assert!(background.file(FileWork::Save(save)));
        assert!(matches!(background.wait(LONG), Some(Outcome::Saved { result: Ok(_), .. })));
        assert!(background.is_busy(), "the read has come to its end");
        drop(background);
        assert!(path.exists());
        drop(std::fs::File::open(pipe).expect("the pipe"));
    }

    #[test]
    fn a_fault_in_a_check_is_a_finding_and_one_elsewhere_is_heard() {
        let checked = or_fault(|| panic!("a test"));
        assert!(!checked.is_runnable());
        assert!(checked.diagnostics[0].to_string().contains("a fault in Tidemark"));
        let (outcomes, heard) = bounded(2);
        let worker = Worker::start("test", (outcomes, Arc::new(|_| {})), |number: u32| {
            assert_ne!(number, 1, "a test");
            Outcome::SettingsSaved(Ok(()))
        });
        let worker = worker.expect("a thread");
        assert!(worker.take(1) && worker.take(2));
        assert!(matches!(heard.recv_timeout(LONG), Ok(Outcome::Fault)));
        assert!(matches!(heard.recv_timeout(LONG), Ok(Outcome::SettingsSaved(Ok(())))), "it goes on");
    }
}
