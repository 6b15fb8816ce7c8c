//! The flow files that were opened or saved last, kept beside the settings for all windows.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::kept;

/// The version of the list that is written.
const VERSION: u32 = 1;
/// How many files are remembered.
const MAX_FILES: usize = 20;
/// How often another window is waited for that is changing the file, and how long each time.
const WAITS: (u32, Duration) = (50, Duration::from_millis(10));

/// A flow file that was opened or saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecentFile {
    /// The file, from the root on.
    pub path: PathBuf,
    /// When that was, in milliseconds since the epoch, UTC.
    pub at_millis: u64,
}

/// The list as it is kept.
#[derive(Serialize, Deserialize)]
struct List {
    version: u32,
    files: Vec<RecentFile>,
}

/// The list as it may have been kept.
#[derive(Deserialize)]
#[serde(untagged)]
enum AnyList {
    Now(List),
    /// Before it had a version.
    First(Vec<RecentFile>),
}

/// What happens to the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecentChange {
    /// A file was opened or saved.
    Note(RecentFile),
    /// A file is not there any more.
    Remove(PathBuf),
    /// All of them are forgotten.
    Clear,
}

impl RecentFile {
    /// The file that keeps the list, beside that of the settings.
    pub fn list_beside(settings: &Path) -> PathBuf {
        settings.with_file_name("recent.json")
    }

    /// What people call the file.
    pub fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The end of the path of its folder, at most 40 characters of it.
    pub fn folder(&self) -> String {
        const MOST: usize = 40;
        let folder = self.path.parent().unwrap_or(Path::new("")).to_string_lossy().into_owned();
        let n_over = folder.chars().count().saturating_sub(MOST);
        if n_over == 0 {
            folder
        } else {
            format!("…{}", folder.chars().skip(n_over + 1).collect::<String>())
        }
    }

    /// The list in a file, the newest first; a file that cannot be read is an empty list.
    pub fn load(path: &Path) -> Vec<RecentFile> {
        RecentFile::read(path).unwrap_or_default()
    }

    fn read(path: &Path) -> Result<Vec<RecentFile>, String> {
        let mut files = match kept::read(path, VERSION)? {
            Some(AnyList::Now(List { files, .. }) | AnyList::First(files)) => files,
            None => Vec::new(),
        };
        files.truncate(MAX_FILES);
        Ok(files)
    }
}

impl RecentChange {
    /// Makes the change.
    pub fn apply(self, files: &mut Vec<RecentFile>) {
        match self {
            RecentChange::Note(noted) => {
                files.retain(|file| file.path != noted.path);
                files.insert(0, noted);
                files.sort_by_key(|file| std::cmp::Reverse(file.at_millis));
                files.truncate(MAX_FILES);
            }
            RecentChange::Remove(path) => files.retain(|file| file.path != path),
            RecentChange::Clear => files.clear(),
        }
    }

    /// Makes the change in the list that the file holds now, which other windows change as well, and returns what it holds then.
    ///
    /// # Errors
    /// If the folder or the file cannot be written.
    pub fn save(self, path: &Path) -> io::Result<Vec<RecentFile>> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let lock = File::create(path.with_extension("lock"))?;
        for _ in 0..WAITS.0 {
            match lock.try_lock() {
                Err(TryLockError::WouldBlock) => thread::sleep(WAITS.1),
                // Where files cannot be locked, the list is worth no error.
                Ok(()) | Err(TryLockError::Error(_)) => break,
            }
        }
        let read = RecentFile::read(path);
        let could_be_read = read.is_ok();
        let mut files = read.unwrap_or_default();
        self.apply(&mut files);
        let list = List { version: VERSION, files };
        kept::write(path, &list, could_be_read)?;
        Ok(list.files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(path: &str, at_millis: u64) -> RecentChange {
        RecentChange::Note(RecentFile { path: PathBuf::from(path), at_millis })
    }

    fn paths(files: &[RecentFile]) -> Vec<&str> {
        files.iter().filter_map(|file| file.path.to_str()).collect()
    }

    #[test]
    fn windows_that_change_the_list_at_once_lose_nothing_of_each_other() {
        let folder = tempfile::tempdir().expect("a folder");
        let list = folder.path().join("deep/recent.json");
        thread::scope(|scope| {
            for window in 0..4_u64 {
                let list = &list;
                scope.spawn(move || {
                    for file in 0..4_u64 {
                        let path = format!("/{window}/{file}");
                        note(&path, window * 4 + file).save(list).expect("saved");
                    }
                });
            }
        });
        let files = RecentFile::load(&list);
        let expected: Vec<_> =
            (0..16).rev().map(|number| format!("/{}/{}", number / 4, number % 4)).collect();
        assert_eq!(paths(&files), expected);
    }

    #[test]
    fn the_newest_come_first_once_each_and_are_few() {
        let mut files = Vec::new();
        (0..30).for_each(|number| note(&format!("/{number}"), number).apply(&mut files));
        note("/28", 99).apply(&mut files);
        assert_eq!(paths(&files)[..3], ["/28", "/29", "/27"]);
        assert_eq!(files.len(), MAX_FILES);
        RecentChange::Remove(PathBuf::from("/29")).apply(&mut files);
        assert_eq!(paths(&files)[..2], ["/28", "/27"]);
        RecentChange::Clear.apply(&mut files);
        assert!(files.is_empty());
    }

    #[test]
    fn a_damaged_file_is_an_empty_list_and_is_mended() {
        let folder = tempfile::tempdir().expect("a folder");
        let list = folder.path().join("recent.json");
        for damage in ["{ not json", "[{\"path\":3}]", "null"] {
            fs::write(&list, damage).expect("written");
            assert_eq!(RecentFile::load(&list), []);
        }
        assert_eq!(paths(&note("/a", 1).save(&list).expect("saved")), ["/a"]);
        assert_eq!(paths(&RecentFile::load(&list)), ["/a"]);
    }

    #[test]
    fn a_list_without_a_version_is_read_and_a_newer_one_is_set_aside() {
        let folder = tempfile::tempdir().expect("a folder");
        let list = folder.path().join("recent.json");
        fs::write(&list, r#"[{"path":"/a","at_millis":1}]"#).expect("written");
        assert_eq!(paths(&note("/b", 2).save(&list).expect("saved")), ["/b", "/a"]);
        assert_eq!(paths(&RecentFile::load(&list)), ["/b", "/a"]);
        let newer = r#"{"version":2,"files":{}}"#;
        fs::write(&list, newer).expect("written");
        assert_eq!(paths(&note("/c", 3).save(&list).expect("saved")), ["/c"]);
        let aside = list.with_file_name("recent.json.old");
        assert_eq!(fs::read_to_string(aside).expect("set aside"), newer);
    }

    #[test]
    fn a_long_folder_is_shown_by_its_end() {
        let file =
            RecentFile { path: PathBuf::from(format!("/{}/end/a.json", "ä".repeat(60))), at_millis: 0 };
        assert_eq!(file.folder().chars().count(), 40);
        assert!(file.folder().starts_with('…') && file.folder().ends_with("ä/end"));
    }
}
