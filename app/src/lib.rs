//! Tidemark's desktop program and command line, as a library with a thin `main`.

pub mod cli;
pub mod ui_kit;
