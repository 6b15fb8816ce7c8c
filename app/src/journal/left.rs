//! Journals that no window holds any more: what a crash has left.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::format::{self, Unreadable};
use super::{LOCK, Mark, RECORDS};
use crate::state::Content;

/// How many are looked at.
const MAX_FOUND: usize = 64;
/// How long a journal may be, in bytes: more than is ever written.
const MAX_BYTES: u64 = 256 << 20;

/// A journal that is held by nobody but this.
#[derive(Debug)]
pub struct Left {
    /// Its folder.
    pub(super) folder: PathBuf,
    /// Held until it is let go of, so that no other window offers it as well.
    pub(super) lock: File,
    /// What can be recovered, or why nothing can.
    pub found: Result<Found, Unreadable>,
}

/// What can be recovered.
#[derive(Clone, Debug)]
pub struct Found {
    /// The flow with its history.
    pub content: Content,
    /// How its file looked when it was opened or saved.
    pub mark: Option<Mark>,
    /// When it was changed last, in milliseconds since the epoch.
    pub at_millis: u64,
    /// How many changes were made since it was opened or saved.
    pub n_changes: u64,
    /// Whether the last changes are lost because the journal is damaged.
    pub damaged: bool,
    /// Whether its file is another than the flow was read from or saved to.
    pub file_changed: bool,
}

impl Left {
    /// The journals below `root` that no living window holds. What was saved after all is removed.
    pub fn find(root: &Path) -> Vec<Left> {
        let Ok(entries) = fs::read_dir(root) else { return Vec::new() };
        let mut folders: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        folders.sort();
        let left = folders.into_iter().filter_map(Left::take).filter_map(Left::unless_saved);
        left.take(MAX_FOUND).collect()
    }

    /// Takes a journal unless a window holds it. One that is just being made has no records yet.
    fn take(folder: PathBuf) -> Option<Left> {
        let is_there = fs::metadata(folder.join(RECORDS)).is_ok_and(|file| file.is_file());
        let lock = if is_there { lock(&folder).ok()? } else { return None };
        Some(Left { found: read(&folder), folder, lock })
    }

    fn unless_saved(self) -> Option<Left> {
        let is_saved = self.found.as_ref().is_ok_and(|found| {
            let file = found.content.origin.own_file().and_then(Mark::of_file);
            let is_in_file = file == Some(Mark::of(found.content.flow.to_json().as_bytes()));
            !found.damaged && (is_in_file || found.content.history.is_saved())
        });
        if is_saved {
            // What cannot be removed is looked at again next time.
            let _ = self.discard();
            return None;
        }
        Some(self)
    }

    /// Removes it.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub fn discard(self) -> io::Result<()> {
        remove(&self.folder)
    }
}

fn read(folder: &Path) -> Result<Found, Unreadable> {
    let mut bytes = Vec::new();
    let file = File::open(folder.join(RECORDS)).map_err(|_| Unreadable::NoFile)?;
    file.take(MAX_BYTES).read_to_end(&mut bytes).map_err(|_| Unreadable::NoFile)?;
    let format::Read { content, mark, at_millis, n_changes, damaged } = format::read(&bytes)?;
    let file_changed = content.origin.own_file().is_some_and(|file| Mark::of_file(file) != mark);
    Ok(Found { content, mark, at_millis, n_changes, damaged, file_changed })
}

/// Holds a journal.
pub(super) fn lock(folder: &Path) -> Result<File, TryLockError> {
    let opened = OpenOptions::new().write(true).create(true).truncate(false).open(folder.join(LOCK));
    let file = opened.map_err(TryLockError::Error)?;
    file.try_lock()?;
    Ok(file)
}

/// Removes a journal that is held: first what makes it one.
pub(super) fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_file(folder.join(RECORDS)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => fs::remove_dir_all(folder),
    }
}
