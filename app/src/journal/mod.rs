//! The journal of unsaved changes: what was done to every open flow, on disk within a second, so that a crash loses next to nothing.
//!
//! Each flow with unsaved changes has a folder with a lock, held as long as its window lives, and the records of [`format`].
//! A thread of its own does again what was done and writes it down; the window only tells it.

mod format;
mod left;
mod mark;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};
use tidemark_engine::graph::write_whole;

pub use self::format::Unreadable;
use self::format::Writer;
pub use self::left::{Found, Left};
pub use self::mark::Mark;
use crate::state::{Change, Content, FlowNumber};

/// How long after a change it is written, together with what follows it.
const WRITE_AFTER: Duration = Duration::from_millis(250);
/// How long after a failure it is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(5);
/// How long the thread is given to end with its window: a disk that does not answer keeps none open.
const LONGEST_END: Duration = Duration::from_secs(2);
/// How many messages may wait for the thread.
const MAX_WAITING: usize = 64;
/// A journal is begun anew when it is longer than this and than four times its beginning, in bytes.
const MAX_APPENDED: u64 = 1 << 20;

/// The file of a journal that is locked.
const LOCK: &str = "lock";
/// The file of a journal that holds the records.
const RECORDS: &str = "records";

/// Writes down what is done to the flows of a window.
pub struct Journal {
    queue: Option<Sender<Message>>,
    thread: Option<JoinHandle<()>>,
    failures: Failures,
    lost: Lost,
    signs: Arc<Signs>,
}

/// What the window and the thread let each other know without a message.
#[derive(Default)]
struct Signs {
    /// The thread was too busy for a message, so that it says when it is not any more.
    was_busy: AtomicBool,
    /// A fault has ended the thread.
    has_ended: AtomicBool,
}

/// Why flows are not protected, and a number that changes with it.
type Failures = Arc<(AtomicU64, Mutex<BTreeMap<FlowNumber, String>>)>;

/// The flows of which the thread does not know any more what they are.
type Lost = Arc<Mutex<BTreeSet<FlowNumber>>>;

enum Message {
    Changes(FlowNumber, Vec<Change>, Option<Mark>),
    Adopt(FlowNumber, Box<Left>),
    Close(FlowNumber),
    Flush(Sender<()>),
}

impl Journal {
    /// Writes below `root`. `wake` is called whenever [`Journal::version`] has changed.
    ///
    /// # Errors
    /// If the machine gives no thread.
    pub fn start(root: PathBuf, wake: Arc<dyn Fn() + Send + Sync>) -> io::Result<Journal> {
        let (queue, messages) = bounded(MAX_WAITING);
        let (failures, lost, signs) = (Failures::default(), Lost::default(), Arc::<Signs>::default());
        let mut scribe = Scribe {
            root,
            wake,
            failures: Arc::clone(&failures),
            lost: Arc::clone(&lost),
            signs: Arc::clone(&signs),
            flows: BTreeMap::new(),
            due: None,
        };
        let thread = thread::Builder::new().name("tm-journal".to_owned());
        let thread = thread.spawn(move || {
            if catch_unwind(AssertUnwindSafe(|| scribe.work(&messages))).is_err() {
                scribe.signs.has_ended.store(true, Ordering::Release);
                scribe.say_news();
            }
        })?;
        Ok(Journal { queue: Some(queue), thread: Some(thread), failures, lost, signs })
    }

    /// What was done to a flow, whose file looks like `mark`. `false` if so much waits already that this cannot: then the whole flow
    /// is to be sent instead, later.
    #[must_use]
    pub fn write(&self, flow: FlowNumber, changes: Vec<Change>, mark: Option<Mark>) -> bool {
        self.send(Message::Changes(flow, changes, mark))
    }

    /// A flow was recovered from `left`, which is now its journal.
    #[must_use]
    pub fn adopt(&self, flow: FlowNumber, left: Left) -> bool {
        self.send(Message::Adopt(flow, Box::new(left)))
    }

    /// A flow was closed, and what is not saved of it was given up. `false` if so much waits already that this cannot.
    #[must_use]
    pub fn close(&self, flow: FlowNumber) -> bool {
        self.send(Message::Close(flow))
    }

    /// Waits until all that was sent is written, not longer than `timeout`; `false` if it is not.
    pub fn flush(&self, timeout: Duration) -> bool {
        let (done, is_done) = bounded(1);
        let sent = self
            .queue
            .as_ref()
            .is_some_and(|queue| queue.send_timeout(Message::Flush(done), timeout).is_ok());
        sent && is_done.recv_timeout(timeout).is_ok()
    }

    /// A number that changes with [`Journal::failures`] and [`Journal::has_ended`], when there is something to
    /// [`Journal::take_lost`], and when there is room again for what could not be sent.
    pub fn version(&self) -> u64 {
        self.failures.0.load(Ordering::Acquire)
    }

    /// The flows whose changes cannot be written, and why.
    pub fn failures(&self) -> BTreeMap<FlowNumber, String> {
        self.failures.1.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The flows to which something was done that does not fit what is known of them here. Nothing more is written of one until it
    /// is sent whole.
    pub fn take_lost(&self) -> BTreeSet<FlowNumber> {
        std::mem::take(&mut *self.lost.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether a fault of ours has ended it, so that nothing is written any more.
    pub fn has_ended(&self) -> bool {
        self.signs.has_ended.load(Ordering::Acquire)
    }

    fn send(&self, message: Message) -> bool {
        let Some(queue) = &self.queue else { return false };
        match queue.try_send(message) {
            Ok(()) => true,
            Err(TrySendError::Disconnected(_)) => false,
            Err(TrySendError::Full(message)) => {
                // If the thread has become free before it could see this, there is room now.
                self.signs.was_busy.store(true, Ordering::Release);
                queue.try_send(message).is_ok()
            }
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        let answers = self.flush(LONGEST_END);
        drop(self.queue.take());
        if let Some(thread) = self.thread.take().filter(|thread| answers || thread.is_finished()) {
            // What was written is written, whatever became of the thread.
            let _ = thread.join();
        }
    }
}

/// What the thread knows.
struct Scribe {
    root: PathBuf,
    wake: Arc<dyn Fn() + Send + Sync>,
    failures: Failures,
    lost: Lost,
    signs: Arc<Signs>,
    flows: BTreeMap<FlowNumber, Followed>,
    /// When something has to be written next.
    due: Option<Instant>,
}

/// A flow as it is in the window.
#[derive(Default)]
struct Followed {
    content: Content,
    mark: Option<Mark>,
    n_changes: u64,
    /// What is not written yet; `None` if the journal has to be begun anew.
    unwritten: Option<Vec<Change>>,
    /// Whether anything has happened since it was written.
    is_due: bool,
    /// When it is tried again, after it could not be written.
    again_at: Option<Instant>,
    /// Whether a change did not fit, so that `content` is not what the flow is.
    is_lost: bool,
    place: Option<Held>,
    open: Option<OpenRecords>,
}

/// The folder of a journal.
struct Held {
    folder: PathBuf,
    _lock: File,
}

/// Records that can be added to.
struct OpenRecords {
    file: File,
    writer: Writer,
    n_begin: u64,
    n_bytes: u64,
}

impl Scribe {
    fn work(&mut self, messages: &Receiver<Message>) {
        loop {
            let message = match self.due {
                Some(due) => messages.recv_deadline(due),
                None => messages.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match message {
                Ok(message) => self.hear(message),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return self.write_all(),
            }
            if self.due.is_some_and(|due| due <= Instant::now()) {
                self.write_due();
            }
            if self.signs.was_busy.swap(false, Ordering::AcqRel) {
                self.say_news();
            }
        }
    }

    fn hear(&mut self, message: Message) {
        match message {
            Message::Changes(number, changes, mark) => {
                let flow = self.flows.entry(number).or_default();
                let was_lost = flow.is_lost;
                changes.into_iter().for_each(|change| flow.follow(change));
                flow.mark = mark;
                flow.is_due = true;
                let is_newly_lost = flow.is_lost && !was_lost;
                let soon = Instant::now() + WRITE_AFTER;
                self.due = Some(self.due.map_or(soon, |due| due.min(soon)));
                if is_newly_lost {
                    self.ask_for_whole(number);
                }
            }
            Message::Adopt(number, left) => {
                let Left { folder, lock, found } = *left;
                let n_changes = found.map_or(0, |found| found.n_changes);
                let place = Some(Held { folder, _lock: lock });
                let flow = Followed { place, n_changes, ..Followed::default() };
                self.flows.insert(number, flow);
            }
            Message::Close(number) => {
                if let Some(mut flow) = self.flows.remove(&number) {
                    self.note(number, flow.remove());
                }
            }
            Message::Flush(done) => {
                self.write_all();
                // Nobody waits any more if that has taken too long.
                let _ = done.send(());
            }
        }
    }

    /// Writes everything, also what could not be written just before.
    fn write_all(&mut self) {
        self.flows.values_mut().for_each(|flow| flow.again_at = None);
        self.write_due();
    }

    /// Writes what has changed. A flow that could not be written has a time of its own, and holds no other up.
    fn write_due(&mut self) {
        let now = Instant::now();
        let numbers: Vec<_> = self.flows.keys().copied().collect();
        for number in numbers {
            let is_ready = |flow: &&mut Followed| {
                flow.is_due && !flow.is_lost && flow.again_at.is_none_or(|again| again <= now)
            };
            let Some(flow) = self.flows.get_mut(&number).filter(is_ready) else { continue };
            let written = flow.write(&self.root);
            flow.again_at = written.is_err().then(|| Instant::now() + RETRY_AFTER);
            self.note(number, written);
        }
        let waiting = self.flows.values().filter(|flow| flow.is_due && !flow.is_lost);
        self.due = waiting.filter_map(|flow| flow.again_at).min();
    }

    /// Tells the window that a flow has to be sent whole.
    fn ask_for_whole(&self, number: FlowNumber) {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner).insert(number);
        self.say_news();
    }

    fn say_news(&self) {
        self.failures.0.fetch_add(1, Ordering::Release);
        (self.wake)();
    }

    /// Tells the window whether a flow is protected, if that has changed.
    fn note(&self, number: FlowNumber, written: Result<(), String>) {
        let mut failures = self.failures.1.lock().unwrap_or_else(PoisonError::into_inner);
        let before = failures.get(&number).cloned();
        if before == written.as_ref().err().cloned() {
            return;
        }
        match written {
            Ok(()) => failures.remove(&number),
            Err(reason) => failures.insert(number, reason),
        };
        drop(failures);
        self.say_news();
    }
}

impl Followed {
    /// Does again what was done in the window. What does not fit, and what comes behind it, waits for the whole flow.
    fn follow(&mut self, change: Change) {
        self.n_changes = match &change {
            Change::Whole(content) if content.history.is_saved() => 0,
            // How many have come to this is not known here if the journal was too busy to hear of them.
            Change::Whole(_) => self.n_changes.max(1),
            Change::Edit(_) | Change::Undo | Change::Redo | Change::GiveUp => self.n_changes + 1,
            Change::Seal => self.n_changes,
        };
        if self.is_lost && !matches!(change, Change::Whole(_)) {
            return;
        }
        match (&change, &mut self.unwritten) {
            (Change::Whole(_), unwritten) => *unwritten = None,
            (_, Some(unwritten)) => unwritten.push(change.clone()),
            (_, None) => {}
        }
        self.is_lost = self.content.perform(change).is_err();
    }

    /// Brings the journal to where the flow is.
    fn write(&mut self, root: &Path) -> Result<(), String> {
        if self.content.history.is_saved() {
            self.is_due = false;
            return self.remove();
        }
        let written = match self.added() {
            Some(added) => added.map_err(|error| error.to_string()),
            None => self.begin(root),
        };
        match &written {
            Ok(()) => {
                self.unwritten = Some(Vec::new());
                self.is_due = false;
            }
            // A file that could not be written or synced is not touched again; another takes its place.
            Err(_) => self.open = None,
        }
        written
    }

    /// Adds what was done to the records. `None` if they have to be begun anew.
    fn added(&mut self) -> Option<io::Result<()>> {
        let changes = self.unwritten.take()?;
        let open = self.open.as_mut()?;
        if open.n_bytes > MAX_APPENDED.max(4 * open.n_begin) {
            return None;
        }
        let mut bytes = Vec::new();
        let encoded = changes.into_iter().try_for_each(|change| open.writer.change(&mut bytes, change));
        let checked = encoded
            .and_then(|()| open.writer.check(&mut bytes, &self.content.flow, now_millis(), self.n_changes));
        open.n_bytes += bytes.len() as u64;
        let written = checked.map_err(io::Error::from).and_then(|()| open.file.write_all(&bytes));
        Some(written.and_then(|()| open.file.sync_data()))
    }

    /// Puts records that begin with the whole flow in the place of those that are there.
    fn begin(&mut self, root: &Path) -> Result<(), String> {
        self.open = None;
        let place = match self.place.take() {
            Some(place) => place,
            None => Held::claim(root).map_err(|error| error.to_string())?,
        };
        let records = self.place.insert(place).folder.join(RECORDS);
        let begun = Writer::begin(&self.content, self.mark).and_then(|(mut writer, mut bytes)| {
            writer.check(&mut bytes, &self.content.flow, now_millis(), self.n_changes)?;
            Ok((writer, bytes))
        });
        let (writer, bytes) = begun.map_err(|error| error.to_string())?;
        write_whole(&records, &bytes).map_err(|error| error.to_string())?;
        let file = OpenOptions::new().append(true).open(&records).map_err(|error| error.to_string())?;
        let n_begin = bytes.len() as u64;
        self.open = Some(OpenRecords { file, writer, n_begin, n_bytes: n_begin });
        Ok(())
    }

    fn remove(&mut self) -> Result<(), String> {
        (self.open, self.unwritten) = (None, None);
        let Some(place) = self.place.take() else { return Ok(()) };
        left::remove(&place.folder).map_err(|error| error.to_string())
    }
}

impl Held {
    /// Makes a folder that no other has, and holds it.
    fn claim(root: &Path) -> io::Result<Held> {
        static N_FOLDERS: AtomicU64 = AtomicU64::new(0);
        fs::create_dir_all(root)?;
        let number = N_FOLDERS.fetch_add(1, Ordering::Relaxed);
        let folder = root.join(format!("{:012x}-{}-{number}", now_millis(), std::process::id()));
        fs::create_dir(&folder)?;
        let lock = left::lock(&folder).map_err(io::Error::from)?;
        Ok(Held { folder, _lock: lock })
    }
}

fn now_millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use tidemark_engine::graph::{Edit, FlowDocument};
    use tidemark_engine::ids::NodeId;

    use super::*;
    use crate::state::{Document, Origin};

    const LONG: Duration = Duration::from_secs(20);
    const FLOW: FlowNumber = FlowNumber(1);

    fn name(text: &str) -> Edit {
        Edit::SetName(Some(text.to_owned()))
    }

    fn records(root: &Path) -> Vec<u8> {
        let folder = fs::read_dir(root).expect("the root").next().expect("a journal").expect("readable");
        fs::read(folder.path().join(RECORDS)).expect("the records")
    }

    /// Waits for something that the journal's thread does.
    fn wait_for(what: &str, is_so: impl Fn() -> bool) -> Duration {
        let began = Instant::now();
        while !is_so() {
            assert!(began.elapsed() < LONG, "{what} never happens");
            thread::yield_now();
        }
        began.elapsed()
    }

    fn unsaved(text: &str) -> Document {
        let mut document = Document::new(FlowDocument::default(), Origin::New);
        document.apply(&name(text)).expect("it fits");
        document
    }

    #[test]
    fn a_flow_that_cannot_be_written_holds_no_other_up() {
        let root = tempfile::tempdir().expect("a folder");
        let journal = Journal::start(root.path().to_owned(), Arc::new(|| {})).expect("a thread");
        assert!(journal.write(FLOW, unsaved("stuck").take_changes(), None) && journal.flush(LONG));
        // What is in the place of its folder is in the way of one flow alone.
        let folder =
            fs::read_dir(root.path()).expect("the root").next().expect("a journal").expect("readable");
        fs::remove_dir_all(folder.path()).expect("removed");
        fs::write(folder.path(), "in the way").expect("a file");
        let mut stuck = unsaved("stuck again");
        assert!(journal.write(FLOW, stuck.take_changes(), None));
        wait_for("the failure", || journal.failures().contains_key(&FLOW));
        let other = FlowNumber(2);
        assert!(journal.write(other, unsaved("free").take_changes(), None));
        let n_journals = || fs::read_dir(root.path()).expect("the root").count();
        let took = wait_for("the journal of the other", || n_journals() == 2);
        assert!(took < RETRY_AFTER / 2, "it took {took:?}");
        assert!(journal.failures().contains_key(&FLOW), "it was not to be written yet");
    }

    #[test]
    fn a_fault_of_the_thread_is_said() {
        let root = tempfile::tempdir().expect("a folder");
        let in_the_way = root.path().join("file");
        fs::write(&in_the_way, "").expect("a file");
        let journal = Journal::start(in_the_way, Arc::new(|| panic!("a test"))).expect("a thread");
        assert!(!journal.has_ended());
        assert!(journal.write(FLOW, unsaved("a").take_changes(), None));
        wait_for("the end", || journal.has_ended());
        wait_for("the refusal", || !journal.write(FLOW, unsaved("b").take_changes(), None));
    }

    #[test]
    fn a_thread_that_was_too_busy_says_when_it_is_not() {
        let root = tempfile::tempdir().expect("a folder");
        let in_the_way = root.path().join("file");
        fs::write(&in_the_way, "").expect("a file");
        let (let_go, held) = bounded::<()>(0);
        // Its first news is that nothing can be written; there it is held until it is let go.
        let hold = move || _ = held.recv_timeout(LONG);
        let journal = Journal::start(in_the_way, Arc::new(hold)).expect("a thread");
        assert!(journal.write(FLOW, unsaved("a").take_changes(), None));
        wait_for("the failure", || journal.version() > 0);
        let mut n_sent = 0;
        while journal.write(FLOW, vec![Change::Seal], None) {
            n_sent += 1;
            assert!(n_sent <= 2 * MAX_WAITING, "it is never too busy");
        }
        let version = journal.version();
        drop(let_go);
        wait_for("the news that there is room", || journal.version() > version);
        assert!(journal.flush(LONG) && !journal.has_ended());
    }

    #[test]
    fn after_a_change_that_does_not_fit_nothing_is_written_until_the_whole_flow_is_there() {
        let root = tempfile::tempdir().expect("a folder");
        let journal = Journal::start(root.path().to_owned(), Arc::new(|| {})).expect("a thread");
        let mut document = Document::new(FlowDocument::default(), Origin::New);
        document.apply(&name("first")).expect("it fits");
        assert!(journal.write(FLOW, document.take_changes(), None) && journal.flush(LONG));
        assert!(journal.take_lost().is_empty());
        let (before, version) = (records(root.path()), journal.version());

        let unfit = Change::Edit(Edit::RemoveNode(NodeId::new("nowhere")));
        document.apply(&name("second")).expect("it fits");
        let changes = [document.take_changes(), vec![unfit]].concat();
        assert!(journal.write(FLOW, changes, None) && journal.flush(LONG));
        assert!(journal.write(FLOW, vec![Change::Edit(name("lost"))], None) && journal.flush(LONG));
        assert_eq!(records(root.path()), before, "a flow was written down that is not the window's");
        assert_ne!(journal.version(), version);
        assert_eq!(journal.take_lost(), BTreeSet::from([FLOW]));
        assert!(journal.take_lost().is_empty(), "it is asked for once");

        document.apply(&name("third")).expect("it fits");
        document.write_anew();
        assert!(journal.write(FLOW, document.take_changes(), None) && journal.flush(LONG));
        drop(journal);
        let left = Left::find(root.path());
        let found = left[0].found.as_ref().expect("it can be read");
        assert_eq!(&found.content.flow, document.flow());
        assert!(!found.damaged);
    }
}
