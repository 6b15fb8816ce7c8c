//! Flow files: read whole, and replaced whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::document::FlowDocument;
use super::limits::MAX_FILE_BYTES;
use crate::error::{EngineError, Origin, Result};
use crate::ids::escaped;

/// Opens a flow file. Nothing but the file itself is touched.
///
/// # Errors
/// If it cannot be read, or is no flow: one sentence, with line and column where it has them.
pub fn load(path: &Path) -> Result<FlowDocument> {
    let failed = |error: &io::Error| failure("open", path, error);
    let metadata = fs::metadata(path).map_err(|error| failed(&error))?;
    if !metadata.is_file() {
        // A pipe would wait for ever.
        return Err(EngineError::machine(format!("`{}` is not a file", shown(path))));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| failed(&error))?;
    file.take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(|error| failed(&error))?;
    FlowDocument::from_json(&bytes).map_err(|error| named(path, &error))
}

/// What is certain of a file that was written.
#[derive(Debug)]
pub enum Written {
    /// It is on the disk, whatever happens.
    Durably,
    /// It is there, but if the machine stopped at once, the old one might be back; this is why.
    PerhapsNotDurably(EngineError),
}

impl Written {
    /// Why it may not be on the disk yet, in a sentence, if so.
    pub fn doubt(&self) -> Option<String> {
        match self {
            Written::Durably => None,
            Written::PerhapsNotDurably(why) => Some(why.to_string()),
        }
    }
}

/// Saves a flow as [`write_whole`] does.
///
/// # Errors
/// If the file cannot be written, or if it could not be opened again; the old one is then untouched.
pub fn save(doc: &FlowDocument, path: &Path) -> Result<Written> {
    let text = doc.to_json();
    match FlowDocument::from_json(text.as_bytes()) {
        Ok(read) if read.to_json() == text => {}
        Ok(_) => {
            return Err(EngineError::internal("the flow would not be read back as it is; it was not saved"));
        }
        Err(error) => {
            return Err(
                EngineError::flow("the flow could not be opened again; it was not saved").because(error)
            );
        }
    }
    write_whole(path, text.as_bytes())
}

/// Writes a file whole: a new one beside `path`, made durable, then put in the place of the old one at once. Whatever goes wrong,
/// `path` holds the old bytes or the new ones. A link stays a link, and a file keeps its permissions.
///
/// # Errors
/// One sentence if it cannot be written; the old file is then untouched.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<Written> {
    replace(path, |file| file.write_all(bytes), sync_folder)
}

fn replace(
    path: &Path,
    write: impl FnOnce(&mut File) -> io::Result<()>,
    sync_folder: impl FnOnce(&Path) -> io::Result<()>,
) -> Result<Written> {
    let failed = |error: &io::Error| failure("save", path, error);
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let permissions = match fs::metadata(&target) {
        Ok(metadata) if metadata.is_dir() => {
            return Err(EngineError::machine(format!("`{}` is a folder", shown(path))));
        }
        Ok(metadata) if metadata.permissions().readonly() => {
            return Err(EngineError::machine(format!(
                "`{}` is write-protected; save under another name, or lift the protection",
                shown(path)
            )));
        }
        Ok(metadata) => Some(metadata.permissions()),
        Err(_) => None,
    };
    let (unfinished, mut file) = create_beside(&target).map_err(|error| failed(&error))?;
    let done = write(&mut file)
        .and_then(|()| permissions.map_or(Ok(()), |permissions| file.set_permissions(permissions)))
        .and_then(|()| file.sync_all())
        .and_then(|()| {
            drop(file);
            fs::rename(&unfinished, &target)
        });
    if let Err(error) = done {
        // What cannot be removed is left; its name says what it is.
        let _ = fs::remove_file(&unfinished);
        return Err(failed(&error));
    }
    Ok(match sync_folder(&target) {
        // Not every file system can do that, and then there is nothing to wait for.
        Err(error) if !matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => {
            let message = format!("`{}` was saved, but is perhaps not on the disk yet", shown(path));
            Written::PerhapsNotDurably(EngineError::machine(message).because(error))
        }
        _ => Written::Durably,
    })
}

/// A new file of an unused name in the folder of `path`.
fn create_beside(path: &Path) -> io::Result<(PathBuf, File)> {
    static N_FILES: AtomicU64 = AtomicU64::new(0);
    let name = path.file_name().ok_or(ErrorKind::InvalidInput)?;
    loop {
        let number = N_FILES.fetch_add(1, Ordering::Relaxed);
        let mut unfinished = std::ffi::OsString::from(".");
        unfinished.push(name);
        unfinished.push(format!(".{}-{number}.inprogress", std::process::id()));
        let unfinished = path.with_file_name(unfinished);
        match OpenOptions::new().write(true).create_new(true).open(&unfinished) {
            Ok(file) => return Ok((unfinished, file)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

/// Makes the renaming itself durable, where folders can be synced.
fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(not(unix)) {
        return Ok(());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

fn failure(verb: &str, path: &Path, error: &io::Error) -> EngineError {
    let reason = match error.kind() {
        ErrorKind::NotFound if verb == "open" => "there is no such file",
        ErrorKind::NotFound => "its folder does not exist",
        ErrorKind::PermissionDenied => "permission is denied",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "the disk is full",
        ErrorKind::ReadOnlyFilesystem => "the disk is write-protected",
        ErrorKind::NotADirectory => "a part of the path is not a folder",
        _ => {
            let message = format!("`{}` could not be {verb}{}", shown(path), past(verb));
            return EngineError::machine(message).because(error);
        }
    };
    EngineError::machine(format!("`{}` could not be {verb}{}: {reason}", shown(path), past(verb)))
}

fn past(verb: &str) -> &'static str {
    if verb.ends_with('e') { "d" } else { "ed" }
}

fn named(path: &Path, error: &EngineError) -> EngineError {
    let name = path.file_name().map_or_else(|| shown(path), |name| shown(Path::new(name)));
    EngineError::new(Origin::Flow, format!("`{name}` is not a flow that can be opened")).because(error)
}

fn shown(path: &Path) -> String {
    escaped(&path.to_string_lossy()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::testing::usual;
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder");
        let mut names: Vec<_> = entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_saved_flow_is_opened_the_same_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.flow.json");
        save(&usual(), &path).expect("saved");
        save(&usual(), &path).expect("saved again");
        assert_eq!(load(&path).expect("opened"), usual());
        assert_eq!(names(folder.path()), ["a.flow.json"]);
    }

    #[test]
    fn a_disk_that_fills_up_leaves_the_old_file_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.flow.json");
        save(&usual(), &path).expect("saved");
        let write = |file: &mut File| {
            file.write_all(b"{ \"version\"")?;
            Err(ErrorKind::StorageFull.into())
        };
        let error = replace(&path, write, sync_folder);
        let error = error.expect_err("full").to_string();
        assert!(error.ends_with("a.flow.json` could not be saved: the disk is full"), "{error}");
        assert_eq!(load(&path).expect("opened"), usual());
        assert_eq!(names(folder.path()), ["a.flow.json"]);
    }

    #[test]
    fn what_is_in_its_place_is_saved_though_the_folder_cannot_be_synced() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.flow.json");
        let doubt_after = |kind: ErrorKind| {
            let written = replace(&path, |file| file.write_all(b"new"), |_| Err(kind.into()));
            assert_eq!(fs::read(&path).expect("a file"), b"new");
            written.expect("it is there").doubt()
        };
        assert_eq!(doubt_after(ErrorKind::InvalidInput), None);
        assert_eq!(doubt_after(ErrorKind::Unsupported), None);
        let doubt = doubt_after(ErrorKind::PermissionDenied).expect("nobody knows");
        assert!(doubt.contains("was saved, but is perhaps not on the disk yet"), "{doubt}");
        assert_eq!(names(folder.path()), ["a.flow.json"]);
    }

    #[test]
    fn a_flow_that_could_not_be_opened_again_is_not_saved() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.flow.json");
        let doc = FlowDocument { name: Some("x".repeat(5000)), ..usual() };
        let error = save(&doc, &path).expect_err("too long");
        assert_eq!(error.origin(), Origin::Flow);
        assert_eq!(names(folder.path()), Vec::<String>::new());
    }

    #[test]
    fn what_is_wrong_with_a_path_is_one_sentence() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::write(at("text"), "{\n \"version\": 1, x").expect("a file");
        let end = |result: Result<()>| {
            let error = result.expect_err("a failure");
            let text = error.to_string();
            (error.origin(), text.replace(&shown(folder.path()), ""))
        };
        let opened = |name: &str| end(load(&at(name)).map(|_| ()));
        assert_eq!(
            opened("no"),
            (Origin::Machine, "`/no` could not be opened: there is no such file".to_owned())
        );
        assert_eq!(opened(""), (Origin::Machine, "`/` is not a file".to_owned()));
        assert_eq!(opened("text/x").1, "`/text/x` could not be opened: a part of the path is not a folder");
        assert_eq!(
            opened("text"),
            (
                Origin::Flow,
                "`text` is not a flow that can be opened: line 2, column 16: key must be a string".to_owned()
            )
        );
        let saved = |name: &str| end(save(&usual(), &at(name)).map(drop)).1;
        assert_eq!(saved("no/x"), "`/no/x` could not be saved: its folder does not exist");
        fs::create_dir(at("folder")).expect("a folder");
        assert_eq!(saved("folder"), "`/folder` is a folder");
    }

    #[cfg(unix)]
    #[test]
    fn permissions_and_links_are_kept() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().expect("a folder");
        let (path, link) = (folder.path().join("a.flow.json"), folder.path().join("link"));
        fs::write(&path, "").expect("a file");
        symlink("a.flow.json", &link).expect("a link");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("permissions");
        save(&usual(), &link).expect("saved");
        assert!(fs::symlink_metadata(&link).expect("a link").is_symlink());
        assert_eq!(fs::metadata(&path).expect("a file").permissions().mode() & 0o777, 0o640);
        assert_eq!(load(&path).expect("opened"), usual());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o440)).expect("permissions");
        let error = save(&FlowDocument::default(), &path).expect_err("write-protected").to_string();
        assert!(error.contains("is write-protected; save under another name"), "{error}");
        assert_eq!(load(&path).expect("opened"), usual());
    }
}
