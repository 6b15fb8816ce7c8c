//! Tidemark app.

pub mod ui_kit;
