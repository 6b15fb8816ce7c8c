//! Files of others, read once by a process of our own program that has little memory and little time, before they are read in this one.
//!
//! What is looked at is the beginning of the first row group: the columns in the file's order, until 8 MiB are decompressed.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Mutex, Once, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use tidemark_engine::ids::escaped;
use tidemark_engine::node::{Mishap, ReadApart};

/// The hidden command by which the program reads files for another of its kind.
pub const COMMAND: &str = "read-apart";
/// The line that it prints behind every file. Whatever else it prints are its last words.
pub const DONE: &str = "tidemark: the file was read";
/// Its last words when there is no memory for a file.
pub const NO_MEMORY: &str = "there is no memory to read the file";
/// The environment variable that allows it more memory, in MiB. At least 2,048; whatever else it says does not count.
pub const MEMORY_VARIABLE: &str = "TIDEMARK_PROBE_MIB";

/// How many files are remembered; when there are more, all are forgotten.
const MAX_KNOWN: usize = 1 << 16;
/// How long the names of the files may be together that one process reads, in bytes. Systems allow no more than 32 KiB for certain.
const MAX_NAMES: usize = 16 << 10;
/// How much is listened to of what a process prints, in bytes.
const MAX_PRINTED: u64 = 256 << 10;
/// How many bytes are told of its last words.
const MAX_WORDS: usize = 200;
/// How long a process may take to be gone once it prints no more, before it is killed.
const LAST_BREATH: Duration = Duration::from_secs(5);

// Signals have the same numbers on every Unix.
const SIGHUP: i32 = 1;
const SIGINT: i32 = 2;
const SIGKILL: i32 = 9;
const SIGTERM: i32 = 15;

/// Reads files in a process of its own, each once as long as it stays the same.
#[derive(Debug)]
pub struct ReadInChild {
    program: PathBuf,
    /// How much memory the process may have besides what it starts with, in MiB. Default 2,048.
    memory_mib: u64,
    /// How long a file may take. Default 10 s.
    patience: Duration,
    known: Mutex<BTreeMap<PathBuf, Known>>,
}

/// What is known of a file.
#[derive(Clone, Debug)]
struct Known {
    stamp: Stamp,
    mishap: Option<Mishap>,
}

/// By what a file is told to be the same as before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    n_bytes: u64,
    changed: Option<SystemTime>,
}

impl ReadInChild {
    /// How much memory a process may have unless told otherwise, in MiB.
    pub const MEMORY_MIB: u64 = 2048;
    /// How long a file may take.
    pub const PATIENCE: Duration = Duration::from_secs(10);

    /// By `program`, which knows [`COMMAND`].
    pub fn by(program: PathBuf) -> ReadInChild {
        ReadInChild {
            program,
            memory_mib: ReadInChild::MEMORY_MIB,
            patience: ReadInChild::PATIENCE,
            known: Mutex::default(),
        }
    }

    /// By the program that is running, with as much memory as the environment allows; `None` if the system does not say which it is.
    ///
    /// An environment that says it wrongly is told so on standard error, once.
    pub fn of_this_program() -> Option<ReadInChild> {
        // This leads to it even where its file was replaced since it was started.
        let linux = Path::new("/proc/self/exe");
        let program = if linux.exists() { linux.to_owned() } else { std::env::current_exe().ok()? };
        let asked = std::env::var_os(MEMORY_VARIABLE).filter(|text| !text.is_empty());
        let allowed = asked.map_or(Ok(ReadInChild::MEMORY_MIB), |text| allowed_mib(&text.to_string_lossy()));
        let memory_mib = allowed.unwrap_or_else(|problem| {
            static TOLD: Once = Once::new();
            TOLD.call_once(|| eprintln!("tidemark: {problem}"));
            ReadInChild::MEMORY_MIB
        });
        Some(ReadInChild { memory_mib, ..ReadInChild::by(program) })
    }

    /// With other limits than the usual ones.
    #[must_use]
    pub fn limited(self, memory_mib: u64, patience: Duration) -> ReadInChild {
        ReadInChild { memory_mib, patience, ..self }
    }

    fn known(&self, path: &Path, stamp: Option<Stamp>) -> Option<Option<Mishap>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.get(path).filter(|known| Some(known.stamp) == stamp)?;
        Some(known.mishap.clone())
    }

    fn remember(&self, path: &Path, stamp: Option<Stamp>, mishap: Option<&Mishap>) {
        let Some(stamp) = stamp else { return };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_KNOWN {
            known.clear();
        }
        known.insert(path.to_owned(), Known { stamp, mishap: mishap.cloned() });
    }

    /// Has files read by one process, up to the first that ends it. There is at least one file, and at least one answer.
    fn read_some(&self, files: &[&Path]) -> Vec<Befell> {
        let mut reader = match Reader::start(self, files) {
            Ok(reader) => reader,
            Err(error) => return files.iter().map(|_| Befell::NotStarted(error.to_string())).collect(),
        };
        let mut befell = Vec::with_capacity(files.len());
        for _ in files {
            let end = reader.wait(self.patience);
            let is_over = end != Befell::Nothing;
            befell.push(end);
            if is_over {
                break;
            }
        }
        befell
    }
}

impl ReadApart for ReadInChild {
    fn read(&self, files: &[&Path]) -> Vec<Option<Mishap>> {
        let stamps: Vec<Option<Stamp>> = files.iter().map(|file| Stamp::of(file)).collect();
        let mut answers: Vec<Option<Option<Mishap>>> =
            files.iter().zip(&stamps).map(|(file, stamp)| self.known(file, *stamp)).collect();
        let new: Vec<usize> = (0..files.len()).filter(|idx| answers[*idx].is_none()).collect();
        let mut left = &new[..];
        while !left.is_empty() {
            let together: Vec<&Path> = left[..n_together(left.iter().map(|idx| files[*idx]))]
                .iter()
                .map(|idx| files[*idx])
                .collect();
            let befell = self.read_some(&together);
            let took_too_long = befell.last() == Some(&Befell::TookTooLong);
            let (read, rest) = left.split_at(befell.len().clamp(1, left.len()));
            for (idx, befell) in read.iter().zip(befell) {
                let mishap = befell.told(self);
                if befell.comes_again() {
                    self.remember(files[*idx], stamps[*idx], mishap.as_ref());
                }
                answers[*idx] = Some(mishap);
            }
            left = rest;
            if took_too_long {
                // Where a disk does not answer, each of the others would take as long.
                for idx in left {
                    answers[*idx] = Some(Befell::PassedOver.told(self));
                }
                break;
            }
        }
        answers.into_iter().map(Option::flatten).collect()
    }
}

/// How much memory a value of [`MEMORY_VARIABLE`] allows, in MiB, or why it does not count.
fn allowed_mib(text: &str) -> Result<u64, String> {
    let mib = text.parse::<u64>().ok().filter(|mib| *mib >= ReadInChild::MEMORY_MIB);
    mib.ok_or_else(|| {
        format!(
            "`{MEMORY_VARIABLE}` does not count, for `{}` is no number from {} on; write it as in `{MEMORY_VARIABLE}=4096`, in MiB",
            escaped(text),
            ReadInChild::MEMORY_MIB
        )
    })
}

/// How many of the files one process reads.
fn n_together<'a>(files: impl Iterator<Item = &'a Path>) -> usize {
    let mut n_bytes = 0;
    let fitting = files.take_while(|file| {
        n_bytes += file.as_os_str().len() + 1;
        n_bytes <= MAX_NAMES
    });
    fitting.count().max(1)
}

impl Stamp {
    fn of(path: &Path) -> Option<Stamp> {
        let metadata = std::fs::metadata(path).ok()?;
        Some(Stamp { n_bytes: metadata.len(), changed: metadata.modified().ok() })
    }
}

/// What befell the process at a file.
#[derive(Debug, PartialEq, Eq)]
enum Befell {
    Nothing,
    NotStarted(String),
    TookTooLong,
    /// There was none any more, for it took too long over a file before.
    PassedOver,
    NeededMemory,
    /// Somebody else killed it: the system does so when its memory is used up.
    Killed,
    /// Somebody else asked it to end; how it ended.
    Stopped(String),
    /// How it ended.
    Ended(String),
}

impl Befell {
    /// Whether it would befall the next process as well.
    fn comes_again(&self) -> bool {
        match self {
            Befell::Nothing | Befell::NeededMemory | Befell::Ended(_) => true,
            Befell::NotStarted(_)
            | Befell::TookTooLong
            | Befell::PassedOver
            | Befell::Killed
            | Befell::Stopped(_) => false,
        }
    }

    fn told(&self, limits: &ReadInChild) -> Option<Mishap> {
        let (what, fix) = match self {
            Befell::Nothing => return None,
            Befell::NotStarted(error) => (
                format!("cannot be looked at, for no process can be started for that ({error})"),
                "close other programs, and try again".to_owned(),
            ),
            Befell::TookTooLong => (
                format!("takes more than {} s to be looked at", limits.patience.as_secs_f64()),
                "check that its disk answers and that it is whole, and try again".to_owned(),
            ),
            Befell::PassedOver => (
                "was not looked at, for another file before it took too long".to_owned(),
                "see to the other file, and try again".to_owned(),
            ),
            Befell::NeededMemory => (
                format!("needs more than {} MiB of memory to be looked at", limits.memory_mib),
                format!(
                    "write it anew with smaller pages, or, if you trust it, start Tidemark with `{MEMORY_VARIABLE}={}`, in MiB",
                    limits.memory_mib.max(ReadInChild::MEMORY_MIB).saturating_mul(2)
                ),
            ),
            Befell::Killed => (
                "needs more memory to be looked at than the system has left, which killed the process"
                    .to_owned(),
                "close other programs, and try again".to_owned(),
            ),
            Befell::Stopped(how) => (
                format!("was not looked at, for the process that was to do it was stopped ({how})"),
                "try again".to_owned(),
            ),
            Befell::Ended(how) => (
                format!("has ended the process that was to look at it ({how})"),
                "write it anew with another program, and report it to us".to_owned(),
            ),
        };
        Some(Mishap { what, fix })
    }
}

/// The process. It is killed and its end is taken note of when it is let go; it ends by itself when this one does, for nobody holds its
/// input open then.
struct Reader {
    child: Child,
    lines: Receiver<String>,
    words: String,
}

impl Reader {
    fn start(limits: &ReadInChild, files: &[&Path]) -> io::Result<Reader> {
        let (output, printed) = io::pipe()?;
        let mut command = Command::new(&limits.program);
        command
            .args([COMMAND, "--memory-mib", &limits.memory_mib.to_string(), "--"])
            .args(files)
            // The allocator would reserve a gibibyte ahead, which the limit would not see being filled.
            .env("MIMALLOC_ARENA_RESERVE", "0")
            .stdin(Stdio::piped())
            .stdout(printed.try_clone()?)
            .stderr(printed);
        // Ctrl-C in the terminal is meant for us, who then let go of it.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn()?;
        // It holds the end of the pipe that only the process is to hold.
        drop(command);
        let (send, lines) = sync_channel(16);
        let listening = thread::Builder::new().name("tm-apart".to_owned()).spawn(move || {
            let lines = BufReader::new(output.take(MAX_PRINTED)).split(b'\n');
            for line in lines.map_while(Result::ok) {
                if send.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                    break;
                }
            }
        });
        if let Err(error) = listening {
            drop(child.kill());
            drop(child.wait());
            return Err(error);
        }
        Ok(Reader { child, lines, words: String::new() })
    }

    /// Waits until a file was read, or the process has come to an end over it.
    fn wait(&mut self, patience: Duration) -> Befell {
        let deadline = Instant::now() + patience;
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) if line == DONE => return Befell::Nothing,
                Ok(line) if self.words.len() < MAX_WORDS => {
                    self.words.push_str(line.trim());
                    self.words.push(' ');
                }
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => return Befell::TookTooLong,
                Err(RecvTimeoutError::Disconnected) => return self.ended(),
            }
        }
    }

    /// How it ended, once it prints no more.
    fn ended(&mut self) -> Befell {
        // As Rust's allocator says it, and as it says itself where that can be asked before.
        if ["memory allocation of", NO_MEMORY].iter().any(|said| self.words.contains(*said)) {
            return Befell::NeededMemory;
        }
        let by_itself = self.last_breath();
        drop(self.child.kill());
        let status = self.child.wait().map_or_else(|error| error.to_string(), |status| status.to_string());
        let words: String = self.words.trim().chars().take(MAX_WORDS).collect();
        let behind = if words.is_empty() { String::new() } else { format!(": {}", escaped(&words)) };
        let how = format!("{status}{behind}");
        match by_itself.and_then(signal) {
            Some(SIGKILL) => Befell::Killed,
            Some(SIGHUP | SIGINT | SIGTERM) => Befell::Stopped(how),
            _ => Befell::Ended(how),
        }
    }

    /// Waits for its end, which comes a little after it has let go of its output; `None` if it does not come.
    fn last_breath(&mut self) -> Option<ExitStatus> {
        let deadline = Instant::now() + LAST_BREATH;
        loop {
            match self.child.try_wait() {
                Ok(None) if Instant::now() < deadline => thread::sleep(Duration::from_millis(1)),
                ended => return ended.ok().flatten(),
            }
        }
    }
}

/// The signal that ended a process.
#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn signal(_: ExitStatus) -> Option<i32> {
    None
}

impl Drop for Reader {
    fn drop(&mut self) {
        // It may be gone already; then its end is still to be taken note of.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_allows_no_more_memory_is_told_with_an_example() {
        assert_eq!((allowed_mib("2048"), allowed_mib("16384")), (Ok(2048), Ok(16_384)));
        for text in ["2047", "0", "-1", "4g", "4096 MiB", "4,096"] {
            let problem = allowed_mib(text).expect_err(text);
            let expected = format!(
                "`TIDEMARK_PROBE_MIB` does not count, for `{text}` is no number from 2048 on; write it as in `TIDEMARK_PROBE_MIB=4096`, in MiB"
            );
            assert_eq!(problem, expected);
        }
    }
}
