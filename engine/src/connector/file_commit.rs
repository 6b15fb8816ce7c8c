//! One output file that appears whole or not at all, and a record beside it of who made it.
//!
//! Rows go to a hidden file in the target's folder. When the run is complete it is flushed to the disk and renamed over the target, so
//! that whoever looks sees the old file or the new one. A record beside the target (`.NAME.tidemark`) says which node of which flow made it
//! and what its content is; a target without such a record, or changed since, was made by another and is refused. The record is written
//! before the rename and still names the old content too: wherever the machine stops between the two, the file is known as our own.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

use crate::error::{EngineError, Result};
use crate::ids::{NodeId, escaped};
use crate::node::PlanContext;

/// The version of the record's form. Version 1 did not name the flow.
const FORMAT: u32 = 2;
/// A record is far smaller than this; a larger file is none.
const MAX_RECORD: u64 = 64 << 10;
/// A shorter file is not told by its time: it can be written, flushed and changed again within one tick of the file system's clock.
const TOLD_BY_TIME: u64 = 64 << 10;

/// Who makes a file: a node of a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Maker {
    /// What the flow is called; `None` while it has no file.
    pub(crate) flow: Option<String>,
    pub(crate) node: NodeId,
}

impl Maker {
    /// The node that is being planned.
    pub(crate) fn of(cx: &PlanContext<'_>) -> Maker {
        Maker { flow: cx.files.flow.clone(), node: cx.node.clone() }
    }

    /// Whether what the record of `target` says was made by `node` of `flow` is its own. One that names no flow is the node's in any
    /// flow.
    ///
    /// # Errors
    /// Whose it is, in a sentence.
    pub(crate) fn check(&self, flow: Option<&str>, node: &NodeId, target: &Path) -> Result<(), String> {
        if *node == self.node && (flow.is_none() || flow == self.flow.as_deref()) {
            return Ok(());
        }
        let flow = flow.filter(|flow| self.flow.as_deref() != Some(*flow));
        let of_flow = flow.map_or_else(String::new, |flow| format!(" of the flow `{}`", escaped(flow)));
        let shown = target.display();
        Err(format!("`{shown}` was made by the node `{node}`{of_flow}, so it is not replaced"))
    }
}

/// What is written beside a file that a sink made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnershipRecord {
    format: u32,
    /// What the flow was called, if it had a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    flow: Option<String>,
    node: NodeId,
    /// The contents that the file may have: the last first, then the one before it.
    made: Vec<Made>,
}

/// The content of a file that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Made {
    length: u64,
    modified_millis: u64,
    /// XXH3, 64 bits, in hexadecimal.
    hash: String,
}

impl Made {
    /// Which of `candidates` the file at `path` holds.
    pub(crate) fn find<'a>(
        candidates: impl Iterator<Item = &'a Made>,
        path: &Path,
        metadata: &std::fs::Metadata,
    ) -> Option<&'a Made> {
        let candidates: Vec<&Made> = candidates.filter(|made| made.length == metadata.len()).collect();
        let modified = modified_millis(metadata);
        let same = candidates.iter().find(|made| made.modified_millis == modified);
        if candidates.is_empty() || (same.is_some() && metadata.len() >= TOLD_BY_TIME) {
            return same.copied();
        }
        // Short, or copied or checked out: another time, though perhaps the same content.
        let hash = hash_file(path).ok()?;
        candidates.into_iter().find(|made| made.hash == hash)
    }

    /// The same content as it stands there now.
    pub(crate) fn as_of(&self, metadata: &std::fs::Metadata) -> Made {
        Made { modified_millis: modified_millis(metadata), ..self.clone() }
    }

    /// Whether the file at `path` is this one, of this length and time.
    pub(crate) fn is_at(&self, path: &Path) -> bool {
        std::fs::symlink_metadata(path).is_ok_and(|metadata| {
            metadata.is_file()
                && metadata.len() == self.length
                && modified_millis(&metadata) == self.modified_millis
        })
    }
}

/// A file that is written from its beginning to its end, with what is to be known of its content.
pub(crate) struct HashedFile {
    file: File,
    hash: Box<Xxh3>,
    length: u64,
}

impl HashedFile {
    /// Writes to `file`, which is empty.
    pub(crate) fn new(file: File) -> HashedFile {
        HashedFile { file, hash: Box::new(Xxh3::new()), length: 0 }
    }

    /// Adds bytes.
    ///
    /// # Errors
    /// If they cannot be written.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.file.write_all(bytes)?;
        self.hash.update(bytes);
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Makes the file durable and says what it holds. A file whose flush failed is not to be trusted any more.
    ///
    /// # Errors
    /// If it cannot be flushed to the disk.
    pub(crate) fn finish(&self) -> std::io::Result<Made> {
        self.file.sync_all()?;
        let metadata = self.file.metadata()?;
        Ok(Made {
            length: self.length,
            modified_millis: modified_millis(&metadata),
            hash: format!("{:016x}", self.hash.digest()),
        })
    }
}

/// A file on the way to its place.
pub(crate) struct OutputFile {
    target: PathBuf,
    in_progress: PathBuf,
    maker: Maker,
    state: State,
}

/// How far a file has come. It stays open, for its lock keeps other runs away until it is in its place.
enum State {
    Writing(HashedFile),
    Prepared(File, Made),
    /// The record is written too, beside the one that holds so far.
    Checked {
        _lock: File,
    },
    Done,
}

impl OutputFile {
    /// Begins a file that is to stand at `target`.
    ///
    /// # Errors
    /// If the target was made by another, another run writes it, or its folder cannot be written.
    pub(crate) fn create(target: &Path, maker: &Maker) -> Result<OutputFile> {
        check_target(target, maker).map_err(EngineError::flow)?;
        let folder = folder_of(target);
        std::fs::create_dir_all(folder).map_err(|error| failed("make the folder", folder, &error))?;
        let in_progress = beside(target, &format!("{}.inprogress", maker.node));
        let file = lock_file(&in_progress)?;
        Ok(OutputFile {
            target: target.to_owned(),
            in_progress,
            maker: maker.clone(),
            state: State::Writing(HashedFile::new(file)),
        })
    }

    /// Adds bytes.
    ///
    /// # Errors
    /// If they cannot be written.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let State::Writing(file) = &mut self.state else {
            return Err(EngineError::internal("a file was written to after its end"));
        };
        file.write(bytes).map_err(|error| failed("write", &self.target, &error))
    }

    /// Ends the file and makes it durable, though not yet visible. A file whose flush failed is not to be trusted any more: the run fails.
    ///
    /// # Errors
    /// If it cannot be flushed to the disk.
    pub(crate) fn prepare(&mut self) -> Result<()> {
        let State::Writing(file) = &self.state else {
            return Err(EngineError::internal("a file was ended twice"));
        };
        let made = file.finish().map_err(|error| failed("write", &self.target, &error))?;
        self.state = match std::mem::replace(&mut self.state, State::Done) {
            State::Writing(file) => State::Prepared(file.file, made),
            other => other,
        };
        Ok(())
    }

    /// Makes sure that nothing that can be known keeps the file from its place: the target is still its maker's, and the record can
    /// be written, so that the folder is there and takes files. What is left is to give two files their names.
    ///
    /// # Errors
    /// If another has made a file there meanwhile, or there is no way to it any more.
    pub(crate) fn check(&mut self) -> Result<()> {
        let State::Prepared(file, made) = &self.state else {
            return Err(EngineError::internal("a file was checked before its end"));
        };
        let before = check_target(&self.target, &self.maker).map_err(EngineError::flow)?;
        if !is_still_at(file, &self.in_progress) {
            let message = format!("what was written for `{}` has been removed", self.target.display());
            return Err(EngineError::machine(message));
        }
        let record = OwnershipRecord {
            format: FORMAT,
            flow: self.maker.flow.clone(),
            node: self.maker.node.clone(),
            made: std::iter::once(made.clone()).chain(before).collect(),
        };
        write_durably(&self.next_record(), &record)
            .map_err(|error| failed("write beside", &self.target, &error))?;
        self.state = match std::mem::replace(&mut self.state, State::Done) {
            State::Prepared(file, _) => State::Checked { _lock: file },
            other => other,
        };
        Ok(())
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// If another has made a file there in the last moment, or it cannot be renamed; or if its folder cannot be flushed to the disk:
    /// then it stands in its place, but the machine may forget that if it fails.
    pub(crate) fn commit(&mut self) -> Result<()> {
        if !matches!(self.state, State::Checked { .. }) {
            return Err(EngineError::internal("a file was put in place without being checked"));
        }
        check_target(&self.target, &self.maker).map_err(EngineError::flow)?;
        let folder = folder_of(&self.target);
        std::fs::rename(self.next_record(), record_path(&self.target))
            .and_then(|()| sync_folder(folder))
            .map_err(|error| failed("write beside", &self.target, &error))?;
        std::fs::rename(&self.in_progress, &self.target)
            .map_err(|error| failed("write", &self.target, &error))?;
        self.state = State::Done;
        sync_folder(folder).map_err(|error| failed("flush the folder of", &self.target, &error))
    }

    /// Where the record lies until it takes effect.
    fn next_record(&self) -> PathBuf {
        beside(&self.target, &format!("tidemark.{}.inprogress", self.maker.node))
    }

    /// Removes what is not in its place yet.
    pub(crate) fn abort(&mut self) {
        if !matches!(self.state, State::Done) {
            self.state = State::Done;
            let _ = std::fs::remove_file(&self.in_progress);
            let _ = std::fs::remove_file(self.next_record());
        }
    }
}

impl Drop for OutputFile {
    fn drop(&mut self) {
        self.abort();
    }
}

/// Whether `maker` may make a file at `target`: if there is none, or one that it made and nobody changed. Gives the content that stands
/// there and is its own.
///
/// # Errors
/// Why not, in a sentence.
fn check_target(target: &Path, maker: &Maker) -> Result<Option<Made>, String> {
    let shown = target.display();
    let metadata = match std::fs::symlink_metadata(target) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("`{shown}` cannot be looked at: {error}")),
    };
    if metadata.is_dir() {
        return Err(format!("`{shown}` is a folder; a file is needed"));
    }
    if !metadata.is_file() {
        return Err(format!("`{shown}` is not a plain file"));
    }
    let Some(record) = read_record(target) else {
        return Err(format!("`{shown}` exists and was not made by this flow, so it is not replaced"));
    };
    maker.check(record.flow.as_deref(), &record.node, target)?;
    if let Some(made) = Made::find(record.made.iter(), target, &metadata) {
        return Ok(Some(made.clone()));
    }
    Err(format!("`{shown}` was changed since this flow made it, so it is not replaced"))
}

/// Why `maker` may not make a file at `target`, if it may not.
pub(crate) fn refusal(target: &Path, maker: &Maker) -> Option<String> {
    check_target(target, maker).err()
}

/// The hidden file `.NAME.SUFFIX` in the folder of `target`.
fn beside(target: &Path, suffix: &str) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(".");
    name.push(suffix);
    target.with_file_name(name)
}

fn record_path(target: &Path) -> PathBuf {
    beside(target, "tidemark")
}

fn folder_of(target: &Path) -> &Path {
    target.parent().unwrap_or(target)
}

fn read_record(target: &Path) -> Option<OwnershipRecord> {
    let mut text = Vec::new();
    File::open(record_path(target)).ok()?.take(MAX_RECORD).read_to_end(&mut text).ok()?;
    let record: OwnershipRecord = serde_json::from_slice(&text).ok()?;
    (1..=FORMAT).contains(&record.format).then_some(record)
}

fn write_durably(path: &Path, record: &OwnershipRecord) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(&serde_json::to_vec(record)?)?;
    file.sync_all()
}

/// Opens the file at `path`, emptied, and keeps others from doing so at the same time.
///
/// # Errors
/// If another run has it open, or it cannot be written.
pub(crate) fn lock_file(path: &Path) -> Result<File> {
    for _ in 0..16 {
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(|error| failed("write", path, &error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                return Err(EngineError::flow(format!("another run is writing `{}`", path.display())));
            }
            // A file system without locks: two runs at once are the user's to avoid there.
            Err(std::fs::TryLockError::Error(_)) => {}
        }
        // Another run may have renamed it to its place between opening and locking; then it is not ours to empty.
        if is_still_at(&file, path) {
            file.set_len(0).map_err(|error| failed("write", path, &error))?;
            return Ok(file);
        }
    }
    Err(EngineError::flow(format!("another run is writing `{}`", path.display())))
}

#[cfg(unix)]
fn is_still_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(open), Ok(named)) => (open.dev(), open.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_still_at(_: &File, _: &Path) -> bool {
    // An open file cannot be renamed there.
    true
}

/// Makes durable which files a folder holds.
///
/// # Errors
/// If it cannot be flushed to the disk.
#[cfg(unix)]
pub(crate) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
pub(crate) fn sync_folder(_: &Path) -> std::io::Result<()> {
    // Folders cannot be flushed there.
    Ok(())
}

fn modified_millis(metadata: &std::fs::Metadata) -> u64 {
    let since = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

fn hash_file(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Xxh3::new();
    let mut block = vec![0; 1 << 20];
    loop {
        match file.read(&mut block)? {
            0 => return Ok(format!("{:016x}", hash.digest())),
            n => hash.update(&block[..n]),
        }
    }
}

/// What happened, to which file, and what to do.
pub(crate) fn failed(verb: &str, path: &Path, error: &std::io::Error) -> EngineError {
    let shown = path.display();
    let message = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            format!(
                "there is no room left on the disk to {verb} `{shown}`; make room, or choose another folder"
            )
        }
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            format!("there is no permission to {verb} `{shown}`; choose another folder")
        }
        _ => format!("it was not possible to {verb} `{shown}`"),
    };
    EngineError::machine(message).because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn maker(flow: Option<&str>, node: &str) -> Maker {
        Maker { flow: flow.map(str::to_owned), node: NodeId::new(node) }
    }

    fn ours() -> Maker {
        maker(Some("orders"), "sink")
    }

    fn write(target: &Path, text: &str) -> Result<()> {
        let mut file = OutputFile::create(target, &ours())?;
        file.write(text.as_bytes())?;
        file.prepare()?;
        file.check()?;
        file.commit()
    }

    fn listing(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_appears_at_commit_and_is_replaced_by_the_next_run() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = folder.path().join("new/out.csv");
        let mut file = OutputFile::create(&target, &ours()).expect("a file");
        file.write(b"one").expect("written");
        file.prepare().expect("durable");
        file.check().expect("free");
        assert!(!target.exists());
        file.commit().expect("in place");
        assert_eq!(std::fs::read_to_string(&target).expect("a file"), "one");
        write(&target, "two").expect("replaced");
        write(&target, "three").expect("replaced");
        assert_eq!(std::fs::read_to_string(&target).expect("a file"), "three");
        assert_eq!(listing(&folder.path().join("new")), [".out.csv.tidemark", "out.csv"]);
    }

    #[test]
    fn what_another_made_or_changed_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = folder.path().join("out.csv");
        std::fs::write(&target, "mine").expect("a file");
        let message = write(&target, "x").expect_err("refused").to_string();
        assert!(message.contains("exists and was not made by this flow"), "{message}");

        std::fs::remove_file(&target).expect("removed");
        write(&target, "one").expect("written");
        let other = refusal(&target, &maker(Some("orders"), "other")).expect("refused");
        assert!(other.contains("was made by the node `sink`, so"), "{other}");

        std::fs::write(&target, "two").expect("changed");
        let message = write(&target, "x").expect_err("refused").to_string();
        assert!(message.contains("was changed since this flow made it"), "{message}");
        assert_eq!(std::fs::read_to_string(&target).expect("a file"), "two");

        // The same content under another time is still the same file.
        std::fs::write(&target, "one").expect("changed back");
        assert_eq!(refusal(&target, &ours()), None);

        std::fs::write(record_path(&target), "{").expect("a broken record");
        assert!(refusal(&target, &ours()).is_some());
        assert!(refusal(folder.path(), &ours()).expect("refused").contains("is a folder"));
    }

    #[test]
    fn a_file_belongs_to_its_flow_too() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = folder.path().join("out.csv");
        write(&target, "one").expect("written");
        for other in [Some("returns"), None] {
            let message = refusal(&target, &maker(other, "sink")).expect("refused");
            assert!(message.contains("was made by the node `sink` of the flow `orders`, so"), "{message}");
        }
        assert_eq!(refusal(&target, &ours()), None);
    }

    #[test]
    fn a_record_that_names_no_flow_is_read_and_its_file_is_the_nodes() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = folder.path().join("out.csv");
        std::fs::write(&target, "one").expect("a file");
        // As version 1 wrote it, at another time.
        let hash = hash_file(&target).expect("a hash");
        let record = format!(
            r#"{{"format":1,"node":"sink","made":[{{"length":3,"modified_millis":1700000000000,"hash":"{hash}"}}]}}"#
        );
        std::fs::write(record_path(&target), record).expect("a record");
        assert_eq!(refusal(&target, &maker(None, "sink")), None);
        assert!(refusal(&target, &maker(None, "other")).is_some());
        write(&target, "two").expect("the first flow that writes it takes it over");
        assert!(refusal(&target, &maker(Some("returns"), "sink")).is_some());
        let text = std::fs::read_to_string(record_path(&target)).expect("a record");
        assert!(text.contains(r#""format":2,"flow":"orders","node":"sink""#), "{text}");
    }

    #[test]
    fn a_target_that_appears_during_the_run_is_not_replaced() {
        for is_checked in [false, true] {
            let folder = tempfile::tempdir().expect("a folder");
            let target = folder.path().join("out.csv");
            let mut file = OutputFile::create(&target, &ours()).expect("a file");
            file.prepare().expect("durable");
            if is_checked {
                file.check().expect("free");
            }
            std::fs::write(&target, "mine").expect("a file");
            let error = if is_checked { file.commit() } else { file.check() }.expect_err("refused");
            assert!(error.message().contains("was not made by this flow"), "{error}");
            drop(file);
            assert_eq!(std::fs::read_to_string(&target).expect("a file"), "mine");
            assert_eq!(listing(folder.path()), ["out.csv"]);
        }
    }

    #[test]
    fn a_folder_that_is_gone_or_emptied_is_found_before_the_commit() {
        let root = tempfile::tempdir().expect("a folder");
        let folder = root.path().join("new");
        for is_made_again in [false, true] {
            let mut file = OutputFile::create(&folder.join("out.csv"), &ours()).expect("a file");
            file.prepare().expect("durable");
            std::fs::remove_dir_all(&folder).expect("removed");
            if is_made_again {
                std::fs::create_dir(&folder).expect("a folder");
            }
            let error = file.check().expect_err("nothing is there");
            assert_eq!(error.origin(), crate::error::Origin::Machine, "{error}");
        }
    }

    #[test]
    fn abort_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = folder.path().join("out.csv");
        write(&target, "old").expect("written");
        for n_rounds in 0..3 {
            let mut file = OutputFile::create(&target, &ours()).expect("a file");
            file.write(b"new").expect("written");
            if n_rounds > 0 {
                file.prepare().expect("durable");
            }
            if n_rounds > 1 {
                file.check().expect("ours");
            }
            file.abort();
            assert!(file.commit().is_err());
        }
        drop(OutputFile::create(&target, &ours()).expect("a file"));
        assert_eq!(std::fs::read_to_string(&target).expect("a file"), "old");
        assert_eq!(listing(folder.path()), [".out.csv.tidemark", "out.csv"]);
        assert_eq!(refusal(&target, &ours()), None);
    }

    #[test]
    fn a_run_that_died_at_any_step_of_commit_does_not_lock_itself_out() {
        for is_recorded in [false, true] {
            let folder = tempfile::tempdir().expect("a folder");
            let target = folder.path().join("out.csv");
            write(&target, "old").expect("written");
            let mut file = OutputFile::create(&target, &ours()).expect("a file");
            file.write(b"new").expect("written");
            file.prepare().expect("durable");
            file.check().expect("ours");
            if is_recorded {
                std::fs::rename(file.next_record(), record_path(&target)).expect("the commit's first half");
            }
            // It dies: nobody tidies up.
            file.state = State::Done;
            drop(file);
            assert_eq!(listing(folder.path()).len(), if is_recorded { 3 } else { 4 });
            write(&target, "newer").expect("the next run takes over");
            assert_eq!(std::fs::read_to_string(&target).expect("a file"), "newer");
            assert_eq!(listing(folder.path()), [".out.csv.tidemark", "out.csv"]);
        }
    }

    #[test]
    fn two_runs_do_not_write_the_same_file_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = folder.path().join("out.csv");
        let first = OutputFile::create(&target, &ours()).expect("a file");
        let message = OutputFile::create(&target, &ours()).err().expect("refused").to_string();
        assert!(message.contains("another run is writing"), "{message}");
        drop(first);
        let mut first = OutputFile::create(&target, &ours()).expect("free again");
        first.prepare().expect("durable");
        first.check().expect("free");
        assert!(OutputFile::create(&target, &ours()).is_err(), "until it is in its place");
        first.commit().expect("in place");
        write(&target, "x").expect("free again");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_named_in_one_sentence() {
        let file = File::options().write(true).open("/dev/full").expect("a full disk");
        let mut output = OutputFile {
            target: PathBuf::from("out.csv"),
            in_progress: PathBuf::from("/nonexistent/x"),
            maker: ours(),
            state: State::Writing(HashedFile::new(file)),
        };
        let message = output.write(b"x").expect_err("full").to_string();
        assert!(message.starts_with("there is no room left on the disk to write `out.csv`"), "{message}");
    }
}
