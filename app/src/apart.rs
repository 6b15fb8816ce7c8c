//! Files of others, read once by a process of our own program that has little memory and little time, before they are read in this one.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use tidemark_engine::ids::escaped;
use tidemark_engine::node::{Mishap, ReadApart};

/// The hidden command by which the program reads files for another of its kind.
pub const COMMAND: &str = "read-apart";
/// The line that it prints behind every file. Whatever else it prints are its last words.
pub const DONE: &str = "tidemark: the file was read";
/// The environment variable that allows it more memory, in MiB.
pub const MEMORY_VARIABLE: &str = "TIDEMARK_PROBE_MIB";

/// How many files are remembered; when there are more, all are forgotten.
const MAX_KNOWN: usize = 1 << 16;
/// How long the names of the files may be together that one process reads, in bytes. Systems allow no more than 32 KiB for certain.
const MAX_NAMES: usize = 16 << 10;
/// How much is listened to of what a process prints, in bytes.
const MAX_PRINTED: u64 = 256 << 10;
/// How many bytes are told of its last words.
const MAX_WORDS: usize = 200;

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
    pub fn of_this_program() -> Option<ReadInChild> {
        // This leads to it even where its file was replaced since it was started.
        let linux = Path::new("/proc/self/exe");
        let program = if linux.exists() { linux.to_owned() } else { std::env::current_exe().ok()? };
        let allowed = std::env::var(MEMORY_VARIABLE).ok().and_then(|text| text.parse::<u64>().ok());
        let memory_mib = allowed.unwrap_or(0).max(ReadInChild::MEMORY_MIB);
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
            let (read, rest) = left.split_at(befell.len().clamp(1, left.len()));
            for (idx, befell) in read.iter().zip(befell) {
                let mishap = befell.told(self);
                if befell.comes_again() {
                    self.remember(files[*idx], stamps[*idx], mishap.as_ref());
                }
                answers[*idx] = Some(mishap);
            }
            left = rest;
        }
        answers.into_iter().map(Option::flatten).collect()
    }
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
    NeededMemory,
    /// How it ended.
    Ended(String),
}

impl Befell {
    /// Whether it would befall the next process as well.
    fn comes_again(&self) -> bool {
        !matches!(self, Befell::NotStarted(_) | Befell::TookTooLong)
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
            Befell::NeededMemory => (
                format!("needs more than {} MiB of memory to be looked at", limits.memory_mib),
                format!(
                    "write it anew with smaller pages, or, if you trust it, start Tidemark with more in `{MEMORY_VARIABLE}`"
                ),
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
        let mut child = Command::new(&limits.program)
            .args([COMMAND, "--memory-mib", &limits.memory_mib.to_string(), "--"])
            .args(files)
            // The allocator would reserve a gibibyte ahead, which the limit would not see being filled.
            .env("MIMALLOC_ARENA_RESERVE", "0")
            .stdin(Stdio::piped())
            .stdout(printed.try_clone()?)
            .stderr(printed)
            .spawn()?;
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
        drop(self.child.kill());
        // As Rust's allocator says it.
        if self.words.contains("memory allocation of") {
            return Befell::NeededMemory;
        }
        let status = self.child.wait().map_or_else(|error| error.to_string(), |status| status.to_string());
        let words: String = self.words.trim().chars().take(MAX_WORDS).collect();
        let behind = if words.is_empty() { String::new() } else { format!(": {}", escaped(&words)) };
        Befell::Ended(format!("{status}{behind}"))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // It may be gone already; then its end is still to be taken note of.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
