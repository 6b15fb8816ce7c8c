//! The watch over the process that reads hostile files: it is started anew where it hangs, dies or grows, and what it read then is kept.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};
use std::{fmt, io, thread};

use super::Reader;

/// How long a process may take to start and to read the good files.
const START: Duration = Duration::from_secs(60);
/// How many times as long as it may work a process may wait, for a processor or anything else.
const STARVED: u32 = 10;
/// The unit in which Linux says processor time.
const MILLIS_A_TICK: u64 = 10;
/// How many files are kept at most.
const MAX_KEPT: usize = 50;

/// What is watched.
pub struct Watch {
    /// The program that reads the files, with `--worker`.
    pub program: PathBuf,
    /// The reader.
    pub reader: Reader,
    /// For how long.
    pub duration: Duration,
    /// How long the process may work on one file, and a tenth of how long one may take if the process does not come to work.
    pub patience: Duration,
    /// From which seed the files are made.
    pub seed: u64,
    /// How much memory the process may have, in MiB.
    pub memory_mib: u64,
    /// Where the files are kept that were not handled well.
    pub folder: PathBuf,
}

/// What came of a run.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// Files that were read.
    pub inputs: u64,
    /// Files that were played to their end.
    pub accepted: u64,
    /// Files that were refused in a sentence.
    pub refused: u64,
    /// Rows that came out of them.
    pub rows: u64,
    /// The most memory that a process had, in MiB; 0 where the system does not say.
    pub peak_mib: u64,
    /// The longest that a file took, and the number of that file.
    pub slowest: (Duration, u64),
    /// What was not handled well: the file's number and what happened.
    pub faults: Vec<(u64, String)>,
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} inputs, {} accepted, {} refused, {} rows, peak {} MiB, slowest {} ms (number {}), {} faults",
            self.inputs,
            self.accepted,
            self.refused,
            self.rows,
            self.peak_mib,
            self.slowest.0.as_millis(),
            self.slowest.1,
            self.faults.len()
        )
    }
}

impl Watch {
    /// Watches until the time is over. `tell` hears of each fault when it happens.
    ///
    /// # Errors
    /// If the process cannot be started, or the folder not be written.
    pub fn run(&self, tell: &mut dyn FnMut(&str)) -> io::Result<Totals> {
        std::fs::create_dir_all(&self.folder)?;
        let scratch = tempfile::tempdir()?;
        let deadline = Instant::now() + self.duration;
        let mut totals = Totals::default();
        let mut next = 0;
        while Instant::now() < deadline && totals.faults.len() < MAX_KEPT {
            let mut worker = Worker::start(self, next, scratch.path())?;
            let before = next;
            while Instant::now() < deadline {
                let patience = if next == before { START.max(self.patience) } else { self.patience };
                let fault = match worker.next_line(patience) {
                    Ok(line) => {
                        let fault = totals.take(next, &line);
                        if fault.is_none() {
                            next += 1;
                            continue;
                        }
                        fault.unwrap_or_default()
                    }
                    Err(RecvTimeoutError::Timeout) => {
                        format!("no end after {} s of work{}", patience.as_secs(), worker.threads())
                    }
                    Err(RecvTimeoutError::Disconnected) => worker.last_words()?,
                };
                let kept = self.keep(scratch.path(), next)?;
                let line = format!(
                    "{} seed {} number {next}: {fault}; kept as {kept}",
                    self.reader.name(),
                    self.seed
                );
                tell(&line);
                totals.inputs += 1;
                totals.faults.push((next, fault));
                next += 1;
                break;
            }
        }
        Ok(totals)
    }

    /// Moves what was being read where it is kept.
    fn keep(&self, scratch: &Path, number: u64) -> io::Result<String> {
        let name = format!("{}-{}-{number}", self.reader.name(), self.seed);
        for entry in std::fs::read_dir(scratch)? {
            let path = entry?.path();
            let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if let Some(ending) = file.strip_prefix("input") {
                let kept = self.folder.join(format!("{name}{ending}"));
                std::fs::copy(&path, &kept)?;
                return Ok(kept.display().to_string());
            }
        }
        Ok("nothing, for there was no file yet".to_owned())
    }
}

impl Totals {
    /// Adds what a line of the process says of a file; gives the fault where it says one.
    fn take(&mut self, file: u64, line: &str) -> Option<String> {
        let fields: Vec<&str> = line.splitn(4, ' ').collect();
        let number = |text: &str| text.parse::<u64>().ok();
        let [what, peak, millis, rest] = *fields else { return Some(line.to_owned()) };
        self.peak_mib = self.peak_mib.max(number(peak).unwrap_or(0));
        self.slowest = self.slowest.max((Duration::from_millis(number(millis).unwrap_or(0)), file));
        match what {
            "accepted" => self.accepted += 1,
            "refused" => self.refused += 1,
            _ => return Some(rest.to_owned()),
        }
        self.inputs += 1;
        self.rows += number(rest).unwrap_or(0);
        None
    }
}

/// The process, killed when it is let go.
struct Worker {
    child: Child,
    lines: Receiver<String>,
    /// What it says when it dies.
    errors: PathBuf,
}

impl Worker {
    fn start(watch: &Watch, from: u64, scratch: &Path) -> io::Result<Worker> {
        let errors = scratch.join("errors");
        let mut child = Command::new(&watch.program)
            .args(["--worker", watch.reader.name()])
            .args([watch.seed, from, watch.memory_mib].map(|number| number.to_string()))
            .arg(scratch)
            // Every thread would otherwise reserve an arena of its own, though it is hardly used.
            .env("MALLOC_ARENA_MAX", "2")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&errors)?)
            .spawn()?;
        let (send, lines) = sync_channel(64);
        let output = child.stdout.take();
        thread::Builder::new().name("lines".to_owned()).spawn(move || {
            let lines = output.into_iter().flat_map(|output| BufReader::new(output).lines());
            for line in lines.map_while(Result::ok) {
                if send.send(line).is_err() {
                    break;
                }
            }
        })?;
        Ok(Worker { child, lines, errors })
    }

    /// The next line that it prints.
    ///
    /// # Errors
    /// If it is at work for longer than `patience` before there is one, or there is none for ten times as long; or if it has ended.
    fn next_line(&self, patience: Duration) -> Result<String, RecvTimeoutError> {
        let begun = (Instant::now(), self.worked());
        loop {
            let line = self.lines.recv_timeout(patience);
            let has_worked = self.worked().zip(begun.1).map(|(now, begun)| now.saturating_sub(begun));
            let is_starved = has_worked.is_some_and(|has_worked| has_worked < patience)
                && begun.0.elapsed() < patience * STARVED;
            if line != Err(RecvTimeoutError::Timeout) || !is_starved {
                return line;
            }
        }
    }

    /// The processor time that it has had, where the system says it.
    fn worked(&self) -> Option<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).ok()?;
        let mut times = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
        let (user, system) = (times.next()?.parse::<u64>().ok()?, times.next()?.parse::<u64>().ok()?);
        Some(Duration::from_millis((user + system) * MILLIS_A_TICK))
    }

    /// Its threads and what each is doing, where the system says it: `D` waits for a disk, `S` for another thread, `R` runs.
    fn threads(&self) -> String {
        let tasks =
            std::fs::read_dir(format!("/proc/{}/task", self.child.id())).into_iter().flatten().flatten();
        let stats = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("stat")).ok());
        let threads = stats.filter_map(|stat| {
            let (name, rest) = stat.split_once('(')?.1.rsplit_once(')')?;
            Some(format!(" {name}:{}", rest.split_whitespace().next()?))
        });
        threads.collect()
    }

    /// How it ended, and what it said of that.
    fn last_words(&mut self) -> io::Result<String> {
        let status: ExitStatus = self.child.wait()?;
        let words = std::fs::read_to_string(&self.errors).unwrap_or_default();
        let words =
            words.lines().filter(|line| !line.trim().is_empty()).take(3).collect::<Vec<_>>().join(" ");
        Ok(format!("the process ended with {status}: {words}"))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may be gone already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
