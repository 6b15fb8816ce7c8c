//! The program `tidemark`.

use std::process::ExitCode;
use std::time::Instant;

use tidemark::app::{AppOptions, run};
use tidemark::cli::Failure;

fn main() -> ExitCode {
    let started = Instant::now();
    tidemark::cli::main(|flow| {
        run(AppOptions { flow, started }).map_err(|error| Failure::Call(error.to_string()))
    })
}
