//! An unsaved flow that a crash has left, as the window offers it.

use std::path::PathBuf;

use crate::journal::Unreadable;

/// What is known of an unsaved flow that a crash has left.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LeftFlow {
    /// What people call it.
    pub name: String,
    /// Its file, if it had one.
    pub file: Option<PathBuf>,
    /// When it was changed last, in milliseconds since the epoch, UTC.
    pub at_millis: i64,
    /// How many changes are not saved.
    pub n_changes: u64,
    /// Whether its file has been changed since then.
    pub file_changed: bool,
    /// Whether its last changes are lost.
    pub damaged: bool,
    /// Why it cannot be recovered.
    pub unreadable: Option<Unreadable>,
    /// Whether it is being asked if it is really to be discarded.
    pub is_discard_asked: bool,
}
