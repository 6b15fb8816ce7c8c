//! `tidemark read-apart`: reads files for another process, which wants to know whether they do harm. See [`crate::apart`].

use std::io::{ErrorKind, Read, Write};
use std::path::PathBuf;
use std::sync::mpsc::sync_channel;
use std::thread;

use clap::Args;
use tidemark_engine::connector::read_parquet_beginning;

use super::Failure;
use crate::apart::{DONE, NO_MEMORY};

/// What `read-apart` takes.
#[derive(Args)]
pub(super) struct ReadApartArgs {
    /// How much memory this process may have besides what it starts with, in MiB
    #[arg(long)]
    memory_mib: u64,
    /// The files to read
    files: Vec<PathBuf>,
}

/// Reads the files and prints a line behind each. Ends early when nobody holds its input open any more, and, with
/// [`NO_MEMORY`] for its last words, at a file for which there is no memory.
pub(super) fn read_apart(args: &ReadApartArgs) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::Call(error.to_string());
    // A panic of a library that is caught is nobody's business here.
    std::panic::set_hook(Box::new(|_| {}));
    end_with_parent().map_err(failed)?;
    hold_memory(args.memory_mib);
    let mut out = std::io::stdout();
    for file in &args.files {
        match read_parquet_beginning(file) {
            Err(error) if error.kind() == ErrorKind::OutOfMemory => {
                return Err(Failure::Call(NO_MEMORY.to_owned()));
            }
            // What else is wrong with it is said by whoever reads it next.
            Ok(()) | Err(_) => {}
        }
        writeln!(out, "{DONE}").and_then(|()| out.flush()).map_err(failed)?;
    }
    Ok(())
}

/// Ends this process when the one that has started it is gone, whatever it is doing then.
fn end_with_parent() -> std::io::Result<()> {
    let (send, begun) = sync_channel(1);
    thread::Builder::new().name("tm-parent".to_owned()).spawn(move || {
        let _ = send.send(());
        drop(std::io::stdin().read(&mut [0]));
        std::process::exit(1);
    })?;
    // Its stacks are not made under the limit on memory.
    begun.recv().map_err(std::io::Error::other)
}

/// From here on no more memory can be had than so much besides what the process has already, and when it dies it leaves no image of
/// itself. Where the system knows of no such limits, or has narrower ones, there is the time that a file may take.
fn hold_memory(mib: u64) {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
        let n_pages = statm.split(' ').next().and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0);
        let has_already = n_pages.saturating_mul(rustix::param::page_size() as u64);
        let memory = has_already.saturating_add(mib.saturating_mul(1 << 20));
        for (resource, limit) in [(Resource::As, memory), (Resource::Core, 0)] {
            let _ = setrlimit(resource, Rlimit { current: Some(limit), maximum: Some(limit) });
        }
    }
    #[cfg(not(unix))]
    let _ = mib;
}
