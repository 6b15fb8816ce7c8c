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
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, bounded};
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
    /// Writes below `root`. `wake` is called when [`Journal::failures`] has changed, and when there is something to
    /// [`Journal::take_lost`].
    ///
    /// # Errors
    /// If the machine gives no thread.
    pub fn start(root: PathBuf, wake: Arc<dyn Fn() + Send + Sync>) -> io::Result<Journal> {
        let (queue, messages) = bounded(MAX_WAITING);
        let (failures, lost) = (Failures::default(), Lost::default());
        let mut scribe = Scribe {
            root,
            wake,
            failures: Arc::clone(&failures),
            lost: Arc::clone(&lost),
            flows: BTreeMap::new(),
            due: None,
        };
        let thread = thread::Builder::new().name("tm-journal".to_owned());
        let thread = thread.spawn(move || scribe.work(&messages))?;
        Ok(Journal { queue: Some(queue), thread: Some(thread), failures, lost })
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

    /// A number that changes with [`Journal::failures`], and when there is something to [`Journal::take_lost`].
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

    fn send(&self, message: Message) -> bool {
        self.queue.as_ref().is_some_and(|queue| queue.try_send(message).is_ok())
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
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
                self.write_all();
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
                self.due.get_or_insert_with(|| Instant::now() + WRITE_AFTER);
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

    fn write_all(&mut self) {
        self.due = None;
        let numbers: Vec<_> = self.flows.keys().copied().collect();
        for number in numbers {
            let is_ready = |flow: &&mut Followed| flow.is_due && !flow.is_lost;
            let Some(flow) = self.flows.get_mut(&number).filter(is_ready) else { continue };
            let written = flow.write(&self.root);
            if written.is_err() {
                self.due = Some(Instant::now() + RETRY_AFTER);
            }
            self.note(number, written);
        }
    }

    /// Tells the window that a flow has to be sent whole.
    fn ask_for_whole(&self, number: FlowNumber) {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner).insert(number);
        self.failures.0.fetch_add(1, Ordering::Release);
        (self.wake)();
    }

    /// Tells the window whether a flow is protected, if that has changed.
    fn note(&self, number: FlowNumber, written: Result<(), String>) {
        let (version, failures) = &*self.failures;
        let mut failures = failures.lock().unwrap_or_else(PoisonError::into_inner);
        let before = failures.get(&number).cloned();
        if before == written.as_ref().err().cloned() {
            return;
        }
        match written {
            Ok(()) => failures.remove(&number),
            Err(reason) => failures.insert(number, reason),
        };
        drop(failures);
        version.fetch_add(1, Ordering::Release);
        (self.wake)();
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
