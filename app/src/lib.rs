//! Tidemark's desktop program and command line, as a library with a thin `main`.

pub mod apart;
pub mod app;
pub mod cli;
pub mod command;
pub mod dialogs;
pub mod engine_link;
pub mod journal;
pub mod panels;
pub mod rows;
pub mod state;
pub mod ui_kit;
