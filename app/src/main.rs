//! The program `tidemark`.

use std::process::ExitCode;

use tidemark::app::{AppOptions, run};
use tidemark::cli::Failure;

fn main() -> ExitCode {
    tidemark::cli::main(|flow| run(AppOptions { flow }).map_err(|error| Failure::Call(error.to_string())))
}
