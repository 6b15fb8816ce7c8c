//! Reads hostile files for as long as it is told: `fuzz-readers READER MINUTES SEED FOLDER [MEMORY_MIB]`, where `READER` is `csv`,
//! `ndjson`, `parquet`, `gzip`, `zstd` or `all`.
//!
//! A file that panics, hangs, needs too much memory or breaks a promise of the engine is kept in `FOLDER`, and
//! `fuzz-readers --file PATH [NUMBER]` reads it alone, with the schedule of its number. The same seed gives the same files.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use tidemark_tests::fuzz::{Corpus, Outcome, Reader, Watch, try_out};

const USAGE: &str = "call it as `fuzz-readers csv|ndjson|parquet|gzip|zstd|all MINUTES SEED FOLDER [MEMORY_MIB]`, or as `fuzz-readers --file PATH [NUMBER]`";
/// How much memory a process may have unless told otherwise: several times what one needs that reads files of this size.
const MEMORY_MIB: u64 = 2048;
/// How much work one file may take. The longest takes a second.
const PATIENCE: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match *args {
        ["--worker", reader, seed, from, memory_mib, folder] => {
            let numbers = [seed, from, memory_mib].map(str::parse);
            let [Ok(seed), Ok(from), Ok(memory_mib)] = numbers else { return fail(USAGE) };
            let Some(reader) = Reader::named(reader) else { return fail(USAGE) };
            work(reader, seed, from, memory_mib, Path::new(folder))
        }
        ["--file", path] => return alone(Path::new(path), 0),
        ["--file", path, number] => {
            return number.parse().map_or_else(|_| fail(USAGE), |number| alone(Path::new(path), number));
        }
        [reader, minutes, seed, folder, ref rest @ ..] => {
            let (Ok(minutes), Ok(seed)) = (minutes.parse::<f64>(), seed.parse()) else { return fail(USAGE) };
            let Ok(duration) = Duration::try_from_secs_f64(minutes * 60.0) else { return fail(USAGE) };
            let memory_mib = rest.first().map_or(Ok(MEMORY_MIB), |text| text.parse());
            let Ok(memory_mib) = memory_mib else { return fail(USAGE) };
            let readers = match (reader, Reader::named(reader)) {
                ("all", _) => Reader::ALL.to_vec(),
                (_, Some(reader)) => vec![reader],
                (_, None) => return fail(USAGE),
            };
            let folder = PathBuf::from(folder);
            watch(
                &readers,
                Watch {
                    program: PathBuf::new(),
                    reader: readers[0],
                    duration,
                    patience: PATIENCE,
                    seed,
                    memory_mib,
                    folder,
                },
            )
        }
        _ => return fail(USAGE),
    };
    match done {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => fail(&error.to_string()),
    }
}

fn fail(what: &str) -> ExitCode {
    eprintln!("fuzz-readers: {what}");
    ExitCode::from(2)
}

/// Watches over each reader in turn; gives how many files were not handled well.
fn watch(readers: &[Reader], watch: Watch) -> std::io::Result<usize> {
    let program = std::env::current_exe()?;
    let mut watch = Watch { program, ..watch };
    let mut n_faults = 0;
    for reader in readers {
        watch.reader = *reader;
        let totals = watch.run(&mut |fault| println!("{fault}"))?;
        println!("{}: {totals}", reader.name());
        n_faults += totals.faults.len();
    }
    Ok(n_faults)
}

/// Reads one file after another and says a line of each, until nobody listens any more.
fn work(reader: Reader, seed: u64, from: u64, memory_mib: u64, folder: &Path) -> std::io::Result<usize> {
    hold_memory(memory_mib)?;
    // Whoever has started this keeps its input open.
    std::thread::Builder::new().name("parent".to_owned()).spawn(|| {
        drop(std::io::stdin().read(&mut [0]));
        std::process::exit(0);
    })?;
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/parquet");
    let corpus = Corpus::new(reader, &data)?;
    let mut out = std::io::stdout();
    let mut last: Option<PathBuf> = None;
    for number in from.. {
        let input = corpus.input(seed, number);
        let path = folder.join(format!("input{}", input.ending));
        // A file that is written over waits for the disk, as a new one does not.
        if let Some(last) = last.replace(path.clone()) {
            std::fs::remove_file(last)?;
        }
        std::fs::write(&path, &input.bytes)?;
        let started = Instant::now();
        let tried = try_out(&path, number);
        let (what, rest) = match tried {
            Ok(Outcome::Accepted { rows }) => ("accepted", rows.to_string()),
            Ok(Outcome::Refused) => ("refused", "0".to_owned()),
            Err(fault) => ("fault", fault.to_string().replace('\n', " ")),
        };
        let said = writeln!(out, "{what} {} {} {rest}", peak_mib(), started.elapsed().as_millis());
        if said.and_then(|()| out.flush()).is_err() {
            break;
        }
        if what == "fault" {
            // The file stays as it is for whoever listens.
            std::thread::park();
        }
    }
    Ok(0)
}

/// Reads one file, with the schedule of a number, and says what came of it.
fn alone(path: &Path, number: u64) -> ExitCode {
    match try_out(path, number) {
        Ok(outcome) => {
            println!("{outcome:?}, peak {} MiB", peak_mib());
            ExitCode::SUCCESS
        }
        Err(fault) => fail(&fault.to_string()),
    }
}

/// From here on no more memory can be had, where the system knows of such a limit.
fn hold_memory(mib: u64) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let limit = Some(mib << 20);
        setrlimit(Resource::As, Rlimit { current: limit, maximum: limit })?;
    }
    #[cfg(not(unix))]
    let _ = mib;
    Ok(())
}

/// The most memory that this process has had, in MiB; 0 where the system does not say.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.map_or(0, |kib| kib >> 10)
}
