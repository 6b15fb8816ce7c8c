//! The program `tidemark`.

use std::process::ExitCode;

fn main() -> ExitCode {
    tidemark::cli::main(|_| Err(tidemark::cli::Failure::Call("the window is not built yet".to_owned())))
}
