//! The folder that the runs of a window write to: the flow's, unless another window has the same flow open.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// How many windows of one flow are told apart.
const MAX_WINDOWS: usize = 64;

/// A folder for as long as it is held. Another window of the same flow gets one beside it.
pub(super) struct RunFolder {
    wanted: PathBuf,
    path: PathBuf,
    /// Whether no other window writes there.
    is_own: bool,
    _lock: Option<File>,
}

impl RunFolder {
    /// Takes `wanted`, or the first beside it that no window holds.
    pub(super) fn claim(wanted: PathBuf) -> RunFolder {
        for number in 1..=MAX_WINDOWS {
            let path = numbered(&wanted, number);
            match lock_of(&path) {
                Ok(lock) => return RunFolder { wanted, path, is_own: true, _lock: Some(lock) },
                Err(TryLockError::WouldBlock) => {}
                // Where nothing can be locked or written, the run says so.
                Err(TryLockError::Error(_)) => break,
            }
        }
        RunFolder { is_own: false, ..RunFolder::only(wanted) }
    }

    /// Takes `wanted`, which is no other window's by its name.
    pub(super) fn only(wanted: PathBuf) -> RunFolder {
        RunFolder { path: wanted.clone(), wanted, is_own: true, _lock: None }
    }

    /// The folder that was asked for.
    pub(super) fn wanted(&self) -> &Path {
        &self.wanted
    }

    /// The folder.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes the folder if runs have left nothing in it. No other is touched: a run of another window may be about to write there.
    pub(super) fn remove_if_empty(&self) {
        if self.is_own {
            // One that holds anything is not removed by this.
            let _ = fs::remove_dir(&self.path);
        }
    }
}

fn numbered(wanted: &Path, number: usize) -> PathBuf {
    let mut path = wanted.as_os_str().to_owned();
    if number > 1 {
        path.push(format!("-{number}"));
    }
    PathBuf::from(path)
}

/// Locks a hidden file beside the folder. It stays: if it were removed, two windows could each hold one of its name.
fn lock_of(folder: &Path) -> Result<File, TryLockError> {
    let name = folder.file_name().ok_or(TryLockError::Error(io::ErrorKind::InvalidInput.into()))?;
    let lock = folder.with_file_name(format!(".{}.lock", name.to_string_lossy()));
    let opened = folder
        .parent()
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| OpenOptions::new().write(true).create(true).truncate(false).open(lock));
    let file = opened.map_err(TryLockError::Error)?;
    file.try_lock()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_windows_of_one_flow_do_not_write_the_same_files() {
        let root = tempfile::tempdir().expect("a folder");
        let wanted = root.path().join("runs/delays-1234");
        let claim = || RunFolder::claim(wanted.clone());
        let first = claim();
        let second = claim();
        assert_eq!((first.path(), second.path()), (&*wanted, &*root.path().join("runs/delays-1234-2")));
        assert_eq!(second.wanted(), wanted);
        drop(first);
        assert_eq!(claim().path(), wanted);
    }

    #[test]
    fn a_folder_is_removed_by_the_window_that_holds_it_if_it_is_empty() {
        let root = tempfile::tempdir().expect("a folder");
        let wanted = root.path().join("delays-1234");
        let (first, second) = (RunFolder::claim(wanted.clone()), RunFolder::claim(wanted));
        for folder in [&first, &second] {
            fs::create_dir(folder.path()).expect("a folder");
        }
        second.remove_if_empty();
        assert!(first.path().exists() && !second.path().exists());
        fs::write(first.path().join("rows.csv"), "n\n").expect("a result");
        first.remove_if_empty();
        assert!(first.path().join("rows.csv").exists());
    }
}
