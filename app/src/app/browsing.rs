//! Reading the folder that the dialog for a path is in: on the thread for files, one at a time, the newest wish last.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::App;
use super::files::FileWork;
use crate::state::folder::{Folder, FolderEntry, split};

/// What is asked of the thread for files.
#[derive(Default)]
pub(super) struct Browsing {
    /// The folder that was asked for last, while the dialog is open.
    asked: Option<PathBuf>,
    is_under_way: bool,
}

impl App {
    /// Asks for the folder that the dialog shows, once it is another one; forgets it with the dialog.
    pub(super) fn read_folder_if_wanted(&mut self) {
        let text = self.state.dialog.as_ref().and_then(|dialog| dialog.typed_path());
        let wanted = text.map(|text| std::path::absolute(split(text).0).unwrap_or_default());
        if wanted.is_none() {
            self.browsing.asked = None;
            self.state.folder = None;
        }
        let Some(wanted) = wanted.filter(|wanted| self.browsing.asked.as_ref() != Some(wanted)) else {
            return;
        };
        // While one is read, the wish for another waits, so that quick fingers do not fill the queue.
        if !self.browsing.is_under_way {
            self.browsing.is_under_way = self.background.file(FileWork::ReadFolder(wanted.clone()));
            self.browsing.asked = self.browsing.is_under_way.then_some(wanted);
        }
    }

    /// Shows a folder that was read, unless another one is wanted by now.
    pub(super) fn show_folder(&mut self, folder: Folder) {
        self.browsing.is_under_way = false;
        if self.browsing.asked.as_ref() == Some(&folder.path) {
            self.state.folder = Some(folder);
        }
    }

    /// Nothing came of what was under way, and it is not tried again.
    pub(super) fn give_up_folder(&mut self) {
        self.browsing.is_under_way = false;
    }
}

/// Reads a folder.
pub(super) fn read(path: PathBuf) -> Folder {
    match entries(&path) {
        Ok((entries, is_cut)) => Folder { path, entries: Ok(entries), is_cut },
        Err(error) => Folder { path, entries: Err(error.kind()), is_cut: false },
    }
}

fn entries(path: &Path) -> io::Result<(Vec<FolderEntry>, bool)> {
    // An empty path is the folder that the program was started in.
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let now = SystemTime::now();
    let mut all = fs::read_dir(path)?;
    let mut entries = Vec::new();
    for entry in all.by_ref().take(Folder::MAX_ENTRIES) {
        let entry = entry?;
        // A name that is no text cannot be typed either.
        let Ok(name) = entry.file_name().into_string() else { continue };
        // A link that leads nowhere is still there.
        let Ok(metadata) = fs::metadata(entry.path()).or_else(|_| entry.metadata()) else { continue };
        let age = metadata.modified().ok().and_then(|then| now.duration_since(then).ok());
        let key = name.to_lowercase();
        entries.push(FolderEntry { name, key, is_folder: metadata.is_dir(), n_bytes: metadata.len(), age });
    }
    entries.sort_by(|a, b| (!a.is_folder, &a.key, &a.name).cmp(&(!b.is_folder, &b.key, &b.name)));
    Ok((entries, all.next().is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_come_first_and_each_has_its_size() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("zebra")).expect("a folder");
        fs::write(folder.path().join("B.csv"), "12345").expect("a file");
        fs::write(folder.path().join("a.csv"), "").expect("a file");
        let read = read(folder.path().to_owned());
        let entries = read.entries.as_ref().expect("readable");
        let names: Vec<_> = entries.iter().map(|entry| &*entry.name).collect();
        assert_eq!(names, ["zebra", "a.csv", "B.csv"]);
        assert!(entries[0].is_folder && read.entry("B.csv").is_some_and(|entry| entry.n_bytes == 5));
        assert!(!read.is_cut);
    }

    #[test]
    fn a_folder_that_is_not_there_says_so_and_a_large_one_is_cut() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(read(folder.path().join("gone")).entries, Err(io::ErrorKind::NotFound));
        for number in 0..=Folder::MAX_ENTRIES {
            fs::write(folder.path().join(number.to_string()), "").expect("a file");
        }
        let read = read(folder.path().to_owned());
        assert!(read.is_cut && read.entries.expect("readable").len() == Folder::MAX_ENTRIES);
    }
}
