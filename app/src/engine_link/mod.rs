//! The one place that holds the job: a thread of its own, commands in through a bounded channel, immutable snapshots out.
//!
//! The window never waits for the engine. It sends what it wants and reads the newest [`UiSnapshot`]; the thread asks for a repaint
//! only when a snapshot differs from the one before, so a window in which nothing happens is not painted.

mod history;
mod rates;
mod sample;
mod snapshot;
mod watch;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, bounded};
use tidemark_engine::error::EngineError;
use tidemark_engine::graph::Checked;
use tidemark_engine::ids::EdgeId;
use tidemark_engine::runtime::{JobConfig, JobHandle, Speed};

use self::history::Recorder;
pub use self::history::{Axis, History, Metric, Moment, Sample, Series};
use self::rates::Rates;
pub use self::sample::SampledRows;
pub use self::snapshot::{EdgeFigures, NodeFigures, RunFailure, RunStatus, UiSnapshot};
pub use self::watch::{MAX_PEEKED_ROWS, Row, Watch, WatchedRows};

/// How often a running job is looked at.
const TICK: Duration = Duration::from_millis(50);
/// How often a job is looked at in which nothing has changed for a while, such as a paused one.
const QUIET_TICK: Duration = Duration::from_millis(250);
/// How many commands may wait.
const MAX_COMMANDS: usize = 64;

/// What the thread is told.
pub enum LinkCommand {
    /// Ends the job that runs and starts this flow.
    Start {
        /// The number of the run, which its snapshots carry.
        run: u64,
        /// The flow.
        checked: Arc<Checked>,
        /// How it is run.
        config: JobConfig,
    },
    /// Stops reading.
    Pause,
    /// Goes on reading.
    Resume,
    /// Pauses and reads this many more records.
    Step(u64),
    /// Changes the speed.
    SetSpeed(Speed),
    /// Ends the job without its result.
    Stop,
    /// Ends the job and forgets it.
    Clear,
    /// Whose rows to hand out.
    Watch(Option<Watch>),
    /// Hands the newest rows of an edge out once, to who waits for them.
    Sample {
        /// The edge.
        edge: EdgeId,
        /// Who waits; there is room for one answer.
        reply: Sender<SampledRows>,
    },
    /// Whose rows to hand out besides.
    Pin(Vec<Watch>),
    /// Of which edge to hand out the last few rows besides.
    Peek(Option<EdgeId>),
}

/// The window's end of the thread that holds the job.
pub struct EngineLink {
    // `None` only while it is dropped: the thread ends when nobody can send any more.
    commands: Option<Sender<LinkCommand>>,
    board: Arc<Board>,
    is_shown: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// Where the newest snapshot hangs.
#[derive(Default)]
struct Board {
    newest: Mutex<Arc<UiSnapshot>>,
    changed: Condvar,
}

/// Asks for a repaint.
pub type Wake = Arc<dyn Fn(Haste) + Send + Sync>;

/// How soon something new is to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Haste {
    /// With the next frame: a person waits for it.
    Now,
    /// With one of the frames that come anyhow while a run is shown.
    Soon,
}

impl EngineLink {
    /// Starts the thread. `wake` is called whenever there is something new to show.
    ///
    /// # Errors
    /// If the machine gives no thread.
    pub fn start(wake: Wake) -> std::io::Result<EngineLink> {
        let (commands, received) = bounded(MAX_COMMANDS);
        let board = Arc::new(Board::default());
        let is_shown = Arc::new(AtomicBool::new(true));
        let holder = Holder {
            board: Arc::clone(&board),
            is_shown: Arc::clone(&is_shown),
            wake,
            job: None,
            watch: None,
            pins: Vec::new(),
            peek: None,
            shown: Arc::default(),
            retired: Vec::new(),
            watched: None,
            pinned: Vec::new(),
            peeked: None,
        };
        let thread =
            thread::Builder::new().name("tm-link".to_owned()).spawn(move || holder.run(&received))?;
        Ok(EngineLink { commands: Some(commands), board, is_shown, thread: Some(thread) })
    }

    /// Tells the thread something. `false` if it is so busy that it cannot be told.
    pub fn send(&self, command: LinkCommand) -> bool {
        self.commands.as_ref().is_some_and(|commands| commands.try_send(command).is_ok())
    }

    /// Whether the flow is the one that is shown. Of another, only a change of what its job is doing asks for a repaint.
    pub fn set_shown(&self, is_shown: bool) {
        self.is_shown.store(is_shown, Ordering::Relaxed);
    }

    /// The newest snapshot.
    pub fn snapshot(&self) -> Arc<UiSnapshot> {
        Arc::clone(&self.board.lock())
    }

    /// Waits until a snapshot is as wanted, not longer than `timeout`; for tests and for the end of the program.
    pub fn wait_until(&self, timeout: Duration, is_wanted: impl Fn(&UiSnapshot) -> bool) -> bool {
        let newest = self.board.lock();
        let (newest, _) = self
            .board
            .changed
            .wait_timeout_while(newest, timeout, |newest| !is_wanted(newest))
            .unwrap_or_else(PoisonError::into_inner);
        is_wanted(&newest)
    }
}

impl Drop for EngineLink {
    fn drop(&mut self) {
        drop(self.commands.take());
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has nothing more to say.
            let _ = thread.join();
        }
    }
}

impl Board {
    fn lock(&self) -> MutexGuard<'_, Arc<UiSnapshot>> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The thread.
struct Holder {
    board: Arc<Board>,
    is_shown: Arc<AtomicBool>,
    wake: Wake,
    job: Option<Held>,
    watch: Option<Watch>,
    pins: Vec<Watch>,
    peek: Option<EdgeId>,
    shown: Arc<UiSnapshot>,
    /// Earlier ones that the window may still hold: this thread takes them apart, which for many nodes takes a while.
    retired: Vec<Arc<UiSnapshot>>,
    watched: Option<Arc<WatchedRows>>,
    pinned: Vec<Arc<WatchedRows>>,
    peeked: Option<Arc<WatchedRows>>,
}

/// The job with what is needed to make snapshots of it.
struct Held {
    run: u64,
    // `None` if it could not be started.
    handle: Option<JobHandle>,
    failure: Option<EngineError>,
    rates: Rates,
    recorder: Recorder,
}

impl Holder {
    fn run(mut self, commands: &Receiver<LinkCommand>) {
        let mut quiet_since = Instant::now();
        loop {
            let command = match self.tick(quiet_since) {
                Some(tick) => commands.recv_timeout(tick),
                None => commands.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            let mut haste = Haste::Soon;
            match command {
                Ok(command) => {
                    haste = Haste::Now;
                    self.obey(command);
                    // What is waiting belongs together: one snapshot for all of it.
                    while let Ok(command) = commands.try_recv() {
                        self.obey(command);
                    }
                    quiet_since = Instant::now();
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if self.publish(haste) {
                quiet_since = Instant::now();
            }
        }
    }

    /// How long to wait before the next look at the job; `None` if it will not change by itself.
    fn tick(&self, quiet_since: Instant) -> Option<Duration> {
        let is_going =
            self.job.as_ref().is_some_and(|job| job.handle.is_some()) && !self.shown.status.is_over();
        is_going.then(|| if quiet_since.elapsed() > 4 * QUIET_TICK { QUIET_TICK } else { TICK })
    }

    fn obey(&mut self, command: LinkCommand) {
        match command {
            LinkCommand::Start { run, checked, config } => self.start(run, &checked, &config),
            LinkCommand::Clear => self.job = None,
            LinkCommand::Sample { edge, reply } => {
                let handle = self.job.as_ref().and_then(|job| job.handle.as_ref());
                if let Some(sample) = handle.and_then(|handle| SampledRows::of(handle, &edge)) {
                    // Who does not wait any more does not need it.
                    let _ = reply.try_send(sample);
                }
            }
            // What is watched already goes on from where it is.
            LinkCommand::Watch(watch) => self.watch = watch,
            LinkCommand::Pin(pins) => self.pins = pins,
            LinkCommand::Peek(edge) => self.peek = edge,
            command => {
                let Some(handle) = self.job.as_ref().and_then(|job| job.handle.as_ref()) else { return };
                match command {
                    LinkCommand::Pause => handle.pause(),
                    LinkCommand::Resume => handle.resume(),
                    LinkCommand::Step(n_rows) => handle.step(n_rows),
                    LinkCommand::SetSpeed(speed) => handle.set_speed(speed),
                    LinkCommand::Stop => handle.stop(),
                    LinkCommand::Start { .. }
                    | LinkCommand::Clear
                    | LinkCommand::Watch(_)
                    | LinkCommand::Sample { .. }
                    | LinkCommand::Pin(_)
                    | LinkCommand::Peek(_) => {}
                }
            }
        }
    }

    fn start(&mut self, run: u64, checked: &Checked, config: &JobConfig) {
        // The old job must have let go of its files before the new one takes them.
        self.job = None;
        self.forget_rows();
        let started = catch_unwind(AssertUnwindSafe(|| JobHandle::start(&checked.graph, config)));
        let (handle, failure) = match started {
            Ok(Ok(handle)) => (Some(handle), None),
            Ok(Err(error)) => (None, Some(error)),
            Err(_) => (
                None,
                Some(EngineError::internal("the run could not be started because of a fault in Tidemark")),
            ),
        };
        self.job =
            Some(Held { run, handle, failure, rates: Rates::default(), recorder: Recorder::default() });
    }

    fn forget_rows(&mut self) {
        self.watched = None;
        self.pinned.clear();
        self.peeked = None;
    }

    /// Hangs a new snapshot on the board if there is anything new in it.
    fn publish(&mut self, haste: Haste) -> bool {
        let mut snapshot = match &mut self.job {
            None => UiSnapshot::default(),
            Some(Held { run, handle: None, failure, .. }) => UiSnapshot::failed(*run, failure.as_ref()),
            Some(Held { run, handle: Some(handle), rates, recorder, .. }) => {
                let job = Arc::new(handle.snapshot());
                rates.note(Instant::now(), Arc::clone(&job));
                let known: Vec<_> = self.watched.take().into_iter().chain(self.pinned.drain(..)).collect();
                let read = |watch: &Watch| {
                    watch.rows(*run, handle, &job, known.iter().find(|rows| rows.watch == *watch))
                };
                self.watched = self.watch.as_ref().and_then(read);
                // What is watched is not read twice.
                let pins = self.pins.iter().filter(|pin| self.watch.as_ref() != Some(pin));
                self.pinned = pins.filter_map(read).collect();
                let before = self.peeked.take();
                let last = |edge: &EdgeId| Watch::last_rows(edge, *run, handle, before.as_ref());
                self.peeked = self.peek.as_ref().and_then(last);
                let history = recorder.note(&job);
                UiSnapshot { history, ..UiSnapshot::of(*run, &job, rates) }
            }
        };
        if self.job.is_none() {
            self.forget_rows();
        }
        snapshot.watched.clone_from(&self.watched);
        snapshot.pinned.clone_from(&self.pinned);
        snapshot.peeked.clone_from(&self.peeked);
        if snapshot == *self.shown {
            return false;
        }
        let is_noticed = self.is_shown.load(Ordering::Relaxed) || snapshot.status != self.shown.status;
        self.retired.push(std::mem::replace(&mut self.shown, Arc::new(snapshot)));
        *self.board.lock() = Arc::clone(&self.shown);
        self.board.changed.notify_all();
        self.retired.retain(|retired| Arc::strong_count(retired) > 1);
        if is_noticed {
            (self.wake)(haste);
        }
        true
    }
}
