//! The program `tidemark`.

use std::process::ExitCode;
use std::time::Instant;

use tidemark::app::{AppOptions, run};
use tidemark::cli::Failure;

/// Columns are made on one thread and let go of on another, megabytes at a time: the system's allocator gives such memory back and
/// takes it anew, page by page.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let started = Instant::now();
    tidemark::cli::main(|flow| {
        run(AppOptions { flow, started }).map_err(|error| Failure::Call(error.to_string()))
    })
}
