//! What lies in a folder, for the dialog that asks for a path.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A folder as it was read.
#[derive(Clone, Debug)]
pub struct Folder {
    /// The folder.
    pub path: PathBuf,
    /// What lies in it, folders first, each by its name; or why that could not be read.
    pub entries: Result<Vec<FolderEntry>, ErrorKind>,
    /// Whether more lies in it than was read.
    pub is_cut: bool,
}

/// A file or a folder in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderEntry {
    /// Its name.
    pub name: String,
    /// Its name in small letters, by which it is sought and sorted.
    pub key: String,
    /// Whether it is a folder, or leads to one.
    pub is_folder: bool,
    /// How long it is, if it is a file.
    pub n_bytes: u64,
    /// How long ago it was changed, if the system says so.
    pub age: Option<Duration>,
}

impl Folder {
    /// No more entries than this are read.
    pub const MAX_ENTRIES: usize = 4_000;

    /// The entry of this name.
    pub fn entry(&self, name: &str) -> Option<&FolderEntry> {
        self.entries.as_ref().ok()?.iter().find(|entry| entry.name == name)
    }
}

/// The folder that a path as it is typed is in, and what stands behind it.
pub fn split(text: &str) -> (&Path, &str) {
    let at = text.rfind(std::path::is_separator).map_or(0, |at| at + 1);
    (Path::new(&text[..at]), &text[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_split_behind_its_last_folder() {
        assert_eq!(split("/a/b/c.csv"), (Path::new("/a/b/"), "c.csv"));
        assert_eq!(split("/a/b/"), (Path::new("/a/b/"), ""));
        assert_eq!(split("c"), (Path::new(""), "c"));
        assert_eq!(split(""), (Path::new(""), ""));
    }
}
